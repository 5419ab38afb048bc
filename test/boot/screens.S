# screens.S: three screens, for whoever looks at them from outside: a box in
# colours, 80 by 50 with another page shown, monochrome. After each it waits for
# the byte at 0:600 to say which comes next (test/pc/text_test.c); alone it shows
# one after the other, a tick each, and prints their cells.
# As SeaBIOS under qemu, where page 1 of 50 rows begins at 2000h, not 2040h.
.include "guest.inc"
.macro PUT where, attribute, text:vararg
	movw $\where,in_dx
	call put
	.byte \attribute
	.asciz \text
.endm
put:	pop %si
	lodsb
	mov %al,%bl
	mov $0,%bh
	mov %si,%bp
	xor %cx,%cx
1:	lodsb
	inc %cx
	test %al,%al
	jnz 1b
	dec %cx
	push %si
	mov in_dx,%dx
	mov $0x1301,%ax
	int $0x10
	ret
wait:	mov 0x600,%al
1:	hlt
	cmpb $0,0x601		# who is watching?
	je 2f
	cmp %al,0x600
	je 1b
2:	ret
main:	sti
	mov $3,%ax
	int $0x10
	PUT 0x0205,0x1f,"\311\315\315\315\315\315\315\315\315\315\273"
	PUT 0x0305,0x1f,"\272 \344 = \361\373x \272"
	PUT 0x0307,0x9e,"\344"
	PUT 0x0405,0x1f,"\310\315\315\315\315\315\315\315\315\315\274"
	PUT 0x0600,0x70,"black on white"
	PUT 0x0610,0x8c,"blinks"
	PUT 0x1840,0x4b,"the last cells:"
	mov $0x0007,%cx
	mov $1,%ah
	int $0x10
	mov $0x0309,%dx
	mov $2,%ah
	mov $0,%bh
	int $0x10
	SCREEN
	call wait
	mov $0x1112,%ax
	mov $0,%bl
	int $0x10
	mov $0x0600,%ax
	mov $7,%bh
	xor %cx,%cx
	mov $0x314f,%dx
	int $0x10
	PUT 0x0000,7,"page 0"
	PUT 0x3100,0x0a,"row 49"
	mov $0x0501,%ax
	int $0x10
	mov $0x1003,%ax		# bright backgrounds in place of blinking
	mov $0,%bl
	int $0x10
	mov $1,%bh
	mov $0x0120,%dx
	mov $2,%ah
	int $0x10
	mov $0x0931,%ax
	mov $0x01c3,%bx
	mov $10,%cx
	int $0x10
	mov $0x1010,%ax		# colour 3 becomes another
	mov $3,%bx
	mov $0x2010,%cx
	mov $0x30,%dh
	int $0x10
	SCREEN 0xb800+0x204, 80, 2
	call wait
	mov $7,%ax
	int $0x10
	PUT 0x0102,0x07,"plain"
	PUT 0x0202,0x01,"underlined"
	PUT 0x0302,0x0f,"bright"
	PUT 0x0402,0x70,"reverse"
	PUT 0x0502,0x00,"nothing"
	mov $0x2000,%cx		# no cursor
	mov $1,%ah
	int $0x10
	SCREEN 0xb000, 80, 6
	call wait
	END 13
