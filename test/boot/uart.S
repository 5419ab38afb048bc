# uart.S: the 16550A of COM1: each register, FIFO, loopback, modem lines, the five
# interrupts, the pace of the transmitter, and INT 14h. Runs with -u: COM1 hears
# standard input, uart.in, which is more than its FIFO holds.
# As qemu, but: its transmitter never takes time, loopback keeps eight bits and no
# break, changes of modem lines are not noted, and 14h clears carry. Bochs shows a
# timeout only where the trigger was not reached.
.include "guest.inc"
.set COM, 0x3f8
.macro PUT reg, value
	mov $COM+\reg,%dx
	mov $\value,%al
	out %al,%dx
.endm
.macro GET reg
	mov $COM+\reg,%dx
	in %dx,%al
	call hexb
.endm
# Until LSR has a bit; AX is how many ticks of channel 0 this takes
wait_for: mov %al,%bl
	call ticks
	mov %ax,%cx
	mov $COM+5,%dx
1:	in %dx,%al
	test %bl,%al
	jz 1b
	call ticks
	sub %ax,%cx
	mov %cx,%ax
	ret
ticks:	xor %al,%al
	out %al,$0x43
	in $0x40,%al
	mov %al,%ah
	in $0x40,%al
	xchg %al,%ah
	ret
# Rounded to characters of 38400 baud, 311 ticks
.macro CHARS
	add $100,%ax
	xor %dx,%dx
	mov $311,%bx
	div %bx
	call hexb
.endm
n:	.byte 0
irq4:	push %ax
	push %dx
	mov $COM+2,%dx
	in %dx,%al
	call hexb		# IIR
	cmp $0xc6,%al
	jne 1f
	mov $COM+5,%dx		# errors
	in %dx,%al
	call hexb
	jmp 3f
1:	test $4,%al
	jz 2f
4:	mov $COM,%dx		# characters
	in %dx,%al
	call hexb
	mov $COM+5,%dx
	in %dx,%al
	test $1,%al
	jnz 4b
	jmp 3f
2:	test $2,%al
	jnz 3f
	mov $COM+6,%dx		# modem
	in %dx,%al
	call hexb
3:	incb n
	mov $0x20,%al
	out %al,$0x20
	pop %dx
	pop %ax
	iret
some:	sti
	mov $0x3fff,%cx
1:	loop 1b
	cli
	SAY "/ "
	ret
main:	cli
	mov $0x34,%al		# a clock of 18.2 Hz that counts by one
	out %al,$0x43
	xor %al,%al
	out %al,$0x40
	out %al,$0x40
	SAY "registers: "
	PUT 3,0x83
	PUT 0,3
	PUT 1,0
	GET 0
	GET 1
	PUT 3,3
	GET 3
	GET 1
	PUT 1,0xff
	GET 1
	PUT 1,0
	GET 2
	PUT 2,0x01
	GET 2
	PUT 2,0x00
	GET 2
	PUT 4,0xff
	GET 4
	PUT 4,0
	GET 5
	GET 6
	PUT 5,0xff		# cannot be written
	PUT 6,0xff
	GET 5
	PUT 7,0x5a
	GET 7
	SAY "\nmodem lines: "
	PUT 4,0x10
	mov $COM+6,%dx
	in %dx,%al
	PUT 4,0x11
	GET 6
	GET 6
	PUT 4,0x12
	GET 6
	PUT 4,0x14
	GET 6
	PUT 4,0x18
	GET 6
	PUT 4,0x1f
	GET 6
	PUT 4,0x10
	GET 6
	SAY "\nloopback: "
	PUT 2,0
	PUT 4,0x10
	PUT 0,0x41
	GET 5
	mov $1,%al
	call wait_for
	CHARS
	GET 5
	GET 0
	GET 5
	PUT 0,1			# overrun: without FIFO the last is what is left
	mov $0x20,%al
	call wait_for
	PUT 0,2
	GET 5
	mov $0x40,%al
	call wait_for
	GET 5
	GET 5
	GET 0
	PUT 3,0			# five bits
	PUT 0,0xff
	mov $1,%al
	call wait_for
	GET 0
	PUT 3,0x43		# break
	mov $1,%al
	call wait_for
	GET 5
	GET 0
	PUT 3,3
	SAY "\nFIFO: "
	PUT 2,0x07
	mov $16,%cx
	mov $COM,%dx
	mov $0x30,%al
1:	out %al,%dx
	inc %al
	loop 1b
	GET 5
	mov $0x40,%al
	call wait_for
	CHARS
	GET 5
	mov $16,%cx
	mov $COM,%dx
1:	in %dx,%al
	out %al,$0xe9
	loop 1b
	GET 5
	PUT 0,1
	mov $0x40,%al
	call wait_for
	PUT 2,0x03		# emptied
	GET 5
	SAY "\ninterrupts, the transmitter's: "
	VEC 0x0c, irq4
	mov $0xef,%al
	out %al,$0x21
	PUT 2,0x01
	PUT 4,0x08
	PUT 1,2
	call some
	PUT 1,2			# no news
	call some
	PUT 1,0
	PUT 1,2
	call some
	PUT 0,'x'
	call some
	PUT 1,0
	SAY "\nloopback: nothing outside: "
	PUT 4,0x18
	PUT 1,0x0f
	call some
	GET 2
	mov $COM+6,%dx
	in %dx,%al
	PUT 1,0
	SAY "\ntimeout, at a trigger of one: "
	PUT 2,0x07
	PUT 4,0x10
	PUT 1,1
	PUT 0,'x'
	xor %cx,%cx
1:	loop 1b
2:	loop 2b
3:	loop 3b
4:	loop 4b
	GET 2
	GET 0
	GET 2
	PUT 1,0
	SAY "\nmodem: "
	PUT 4,0x18		# the lines of outside come back
	mov $COM+6,%dx
	in %dx,%al
	PUT 1,8
	PUT 4,0x08
	call some
	PUT 1,0
	SAY "\nreceived: "
	PUT 2,0x87		# at eight, or four characters later
	PUT 4,0x0b
	PUT 1,1
	sti
1:	hlt
	cmpb $9,n
	jb 1b
	cli
	PUT 1,0
	PUT 4,8			# no more, please
	SAY "\n"
	BIOS 0x14, 0x00e3
	BIOS 0x14, 0x0300
	BIOS 0x14, 0x0158
	BIOS 0x14, 0x0159
	BIOS 0x14, 0x010a
	BIOS 0x14, 0x0200
	BIOS 0x14, 0x0200
	BIOS 0x14, 0x0300
	PUT 4,0
	movb $1,quiet
	jmp 2f
1:	out %al,$0xe9
2:	BIOS 0x14, 0x0200	# until there is no more
	test $0x80,%ah
	jz 1b
	movb $0,quiet
	BIOS 0x14, 0x0000, 0, 0, 1
	BIOS 0x14, 0x0400, 0, 0, 0
	END 6
