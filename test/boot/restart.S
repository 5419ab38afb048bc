# restart.S: the ways to start again: Ctrl-Alt-Del, port 92h, a jump to
# ffff:0000, the 8042's line with 0040:0072 1234h and 0, INT 19h, shutdown code 5;
# what stays and what is new each time: memory stays, above 1 MiB too, whatever
# 0040:0072 says. INT 18h ends blink with 1 when there is no screen.
#
# As Bochs's BIOS (on a p3_katmai: a processor with VMX has a lock that this BIOS
# writes twice, and so never starts again), and SeaBIOS under qemu, but: the second
# interrupt mask is 8fh, as they have a mouse, and 8eh in SeaBIOS, where the clock's
# interrupt is always on; the cursor's row is behind what each BIOS prints first.
# SeaBIOS clears memory below 640 KiB (8000:0, the last), with 1234h too. In qemu it
# does not know shutdown code 5 once the machine was reset, as that gives it its
# first bytes back: it boots. Bochs's prints nothing to port e9h for INT 18h.
.include "guest.inc"
.set stage, 0x600		# memory stays
.set magic, 0x602
# What a start leaves: registers, vectors, devices, warm flag
state:	SAY "dx "
	mov boot_dx,%ax
	call hex
	SHOW 4*0x1c
	SHOW 4*0x60
	in $0x21,%al
	call hexb
	in $0xa1,%al
	call hexb
	in $0x92,%al
	call hexb
	SHOW 0x472
	SHOWB 0x449
	mov $3,%ah
	mov $0,%bh
	int $0x10
	mov %dx,%ax
	call hex
	mov $from_high,%si
	call move
	mov 0x9000,%eax
	call hex32
	mov $0x8000,%ax
	mov %ax,%es
	mov %es:0,%eax
	call hex32
	SAY "\n"
	# all is changed before the next
	movw $0x1234,4*0x1c
	movw $0x1234,4*0x60
	mov $0xb4,%al		# but timer and keyboard
	out %al,$0x21
	mov $0x0507,%dx
	mov $2,%ah
	mov $0,%bh
	int $0x10
	ret
boot_dx: .word 0
# 15h 87h with the descriptors at SI
move:	xor %ax,%ax
	mov %ax,%es
	mov $2,%cx
	mov $0x8700,%ax
	int $0x15
	ret
.balign 8
from_high: .quad 0, 0
	.word 0xffff, 0, 0x9320, 0
	.word 0xffff, 0x9000, 0x9300, 0
	.quad 0, 0
to_high: .quad 0, 0
	.word 0xffff, 0, 0x9308, 0
	.word 0xffff, 0, 0x9320, 0
	.quad 0, 0
main:	mov %dx,boot_dx
	cmpl $0x600dbee5,magic
	je 1f
	movl $0x600dbee5,magic
	movw $0,stage
	mov $0x8000,%ax
	mov %ax,%es
	movl $0x5aa5c33c,%es:0
	mov $to_high,%si
	call move
1:	mov stage,%bx
	incw stage
	add %bx,%bx
	jmp *stages(%bx)
stages:	.word first, second, third, fourth, fifth, sixth, seventh, last
first:	SAY "first: "
	call state
	VEC 0x1c, 0xff53, 0xf000
	sti
	mov $0x1d,%al
	call typed
	mov $0x38,%al
	call typed
	mov $0x53,%al
	call typed
1:	hlt
	jmp 1b
second:	SAY "after Ctrl-Alt-Del: "
	call state
	in $0x92,%al
	and $0xfe,%al
	out %al,$0x92
	or $1,%al
	out %al,$0x92
	cli
1:	hlt
	jmp 1b
third:	SAY "after port 92h: "
	call state
	ljmp $0xffff,$0
fourth:	SAY "after ffff:0: "
	call state
	movw $0x1234,0x472
	jmp line
fifth:	SAY "after 8042, warm: "
	call state
	movw $0,0x472
line:	mov $0xfe,%al
	out %al,$0x64
	cli
1:	hlt
	jmp 1b
sixth:	SAY "after 8042, cold: "
	call state
	VEC 0x1c, 0xff53, 0xf000
	int $0x19
seventh: SAY "after INT 19h: "
	call state
	cli			# an interrupt in service, for code 5 to end
	mov $0x20,%al
	out %al,$0x20
	movw $back,0x467
	movw $0,0x469
	mov $0x0f,%al
	out %al,$0x70
	mov $5,%al
	out %al,$0x71
	VEC 8, irq0
	sti
1:	hlt
	jmp 1b
irq0:	mov $0xfe,%al		# within the timer's interrupt
	out %al,$0x64
1:	hlt
	jmp 1b
back:	SEGMENTS
	SAY "code 5: "
	mov $0x0b,%al		# nothing is in service
	out %al,$0x20
	in $0x20,%al
	call hexb
	mov $0x0f,%al
	out %al,$0x70
	in $0x71,%al
	call hexb
	SAY "\n"
	int $0x18
last:	END 0
