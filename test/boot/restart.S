# restart.S: the ways to start again: Ctrl-Alt-Del, port 92h, a jump to
# ffff:0000, shutdown code 5; what stays and what is new each time; INT 18h, which
# ends blink with 1 when there is no screen.
.include "guest.inc"
.set stage, 0x600		# memory stays
.set magic, 0x602
# What a start leaves: registers, vectors, devices, warm flag
state:	SAY "dx "
	mov boot_dx,%ax
	call hex
	SHOW 4*0x1c
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
	SAY "\n"
	# all is changed before the next
	movw $0x1234,4*0x1c
	mov $0xb4,%al		# but timer and keyboard
	out %al,$0x21
	mov $0x0507,%dx
	mov $2,%ah
	mov $0,%bh
	int $0x10
	ret
boot_dx: .word 0
main:	mov %dx,boot_dx
	cmpl $0x600dbee5,magic
	je 1f
	movl $0x600dbee5,magic
	movw $0,stage
1:	mov stage,%bx
	incw stage
	add %bx,%bx
	jmp *stages(%bx)
stages:	.word first, second, third, fourth, fifth
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
fifth:	END 0
