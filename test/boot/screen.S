# screen.S: does what keys say, for tests of terminals: modes, cursor, pages,
# colours, and every way to end. K and another K: keys between them are printed
# as INT 16h gives them. screen.in is typed.
.include "boot.inc"
main:	sti
	mov $0x0003,%ax
	int $0x10
	mov $hello,%si
	call print
next:	mov $0x10,%ah
	int $0x16
	mov $table,%si
0:	cmpb $0,(%si)
	je next
	cmp %al,(%si)
	je 1f
	add $3,%si
	jmp 0b
1:	mov $next,%bp
	push %bp
	mov 1(%si),%bp
	jmp *%bp
table:	.byte '1'
	.word mode1
	.byte '3'
	.word mode3
	.byte '7'
	.word mode7
	.byte '8'
	.word rows50
	.byte 'f'
	.word fill
	.byte 'b'
	.word blinks
	.byte 'B'
	.word bright
	.byte 'c'
	.word block
	.byte 'u'
	.word under
	.byte 'h'
	.word hide
	.byte 'm'
	.word move
	.byte 'p'
	.word page1
	.byte 'q'
	.word page0
	.byte 's'
	.word colour
	.byte 'K'
	.word keys
	.byte 'e'
	.word debug
	.byte 'w'
	.word lines
	.byte 'l'
	.word spin
	.byte 'x'
	.word leave
	.byte 't'
	.word triple
	.byte 'z'
	.word stop
	.byte 'r'
	.word reset
	.byte 'i'
	.word idle
	.byte 'g'
	.word glyphs
	.byte 0
hello:	.asciz "ready\r\n"

# Thirty lines without teletype: characters, cursor, scrolling
glyphs:	mov $30,%bp
0:	mov $2,%di
1:	mov $0x09,%ah
	mov $'g',%al
	mov $7,%bx
	mov $1,%cx
	int $0x10
	mov $3,%ah
	xor %bh,%bh
	int $0x10
	inc %dl
	mov $2,%ah
	int $0x10
	dec %di
	jnz 1b
	xor %dl,%dl
	cmp $24,%dh
	je 2f
	inc %dh
	jmp 3f
2:	push %dx
	mov $0x0601,%ax
	mov $7,%bh
	xor %cx,%cx
	mov $0x184f,%dx
	int $0x10
	pop %dx
3:	mov $2,%ah
	xor %bh,%bh
	int $0x10
	dec %bp
	jnz 0b
	ret

print:	lodsb
	test %al,%al
	jz 0f
	call put
	jmp print
0:	ret
put:	mov $0x0e,%ah
	mov $7,%bx
	int $0x10
	ret
hex:	push %ax			# AX and a blank
	mov $4,%cx
	pop %dx
0:	rol $4,%dx
	mov %dl,%al
	and $15,%al
	add $'0',%al
	cmp $'9',%al
	jbe 1f
	add $7,%al
1:	call put
	loop 0b
	mov $' ',%al
	jmp put

mode1:	mov $0x0001,%ax
	int $0x10
	ret
mode3:	mov $0x0003,%ax
	int $0x10
	ret
mode7:	mov $0x0007,%ax
	int $0x10
	ret
rows50:	mov $0x0003,%ax
	int $0x10
	mov $0x1112,%ax
	xor %bl,%bl
	int $0x10
	ret
# Cell i: character i, attribute i + 37 * (i / 256)
fill:	mov $0xb800,%ax
	cmpb $7,0x449
	jne 0f
	mov $0xb000,%ax
0:	mov %ax,%es
	xor %di,%di
	xor %dx,%dx
	cld
0:	mov $37,%al
	mul %dh
	add %dl,%al
	mov %al,%ah
	mov %dl,%al
	stosw
	inc %dx
	cmp $4000,%dx
	jb 0b
	xor %ax,%ax
	mov %ax,%es
	ret
blinks:	mov $1,%bl
	jmp 0f
bright:	mov $0,%bl
0:	mov $0x1003,%ax
	int $0x10
	ret
block:	mov $0x000f,%cx
	jmp 0f
under:	mov $0x0607,%cx
	jmp 0f
hide:	mov $0x2000,%cx
0:	mov $1,%ah
	int $0x10
	ret
move:	mov $0x1827,%dx			# the last row, column 39
	mov $2,%ah
	xor %bh,%bh
	int $0x10
	ret
page1:	mov $0xb900,%ax
	mov %ax,%es
	xor %di,%di
	mov $0x1f50,%ax
	mov $2000,%cx
	cld
	rep stosw
	xor %ax,%ax
	mov %ax,%es
	mov $0x0501,%ax
	int $0x10
	ret
page0:	mov $0x0500,%ax
	int $0x10
	ret
colour:	mov $0x1010,%ax			# colour 7 becomes 3f 20 10
	mov $7,%bx
	mov $0x3f,%dh
	mov $0x20,%ch
	mov $0x10,%cl
	int $0x10
	ret
keys:	mov $0x10,%ah
	int $0x16
	cmp $0x254b,%ax
	je 0f
	call hex
	jmp keys
0:	ret
debug:	mov $'E',%al
	out %al,$0xe9
	mov $'9',%al
	out %al,$0xe9
	mov $'\n',%al
	out %al,$0xe9
	ret
lines:	mov $100,%bp			# a hundred lines, and one
0:	mov %bp,%ax
	call hex
	mov $crlf,%si
	call print
	dec %bp
	jnz 0b
	mov $done,%si
	jmp print
done:	.ascii "done"
crlf:	.asciz "\r\n"
spin:	jmp spin
idle:	hlt
	jmp idle
leave:	mov $21,%al
	out %al,$0xf4
triple:	lidtw none
	int3
stop:	cli
	hlt
reset:	mov $0xfe,%al
	out %al,$0x64
0:	jmp 0b
none:	.word 0,0,0
