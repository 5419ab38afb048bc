# pic.S: both 8259A with real requests: the timer's, the keyboard's (a byte by
# the 8042), COM1's in loopback, the clock's. Handlers print their name and what
# is in service. Priorities, masks, kinds of EOI, rotation, automatic EOI, special
# mask, poll, cascade, nesting, levels, initialisation.
# As the data sheet; qemu, whose clock goes on by the host's time, agrees but for
# requests that are taken back, which it keeps, and Bochs where a key comes later.
.include "guest.inc"
.macro PIC port, value
	mov $\value,%al
	out %al,$\port
.endm
.macro ISR
	PIC 0x20,0x0b
	in $0x20,%al
	call hexb
	PIC 0xa0,0x0b
	in $0xa0,%al
	call hexb
.endm
.macro IRR
	PIC 0x20,0x0a
	in $0x20,%al
	call hexb
	PIC 0xa0,0x0a
	in $0xa0,%al
	call hexb
.endm
# What the handlers end with: commands for either chip, 0: none
eoi0:	.byte 0x20
eoi8:	.byte 0x20
nest:	.byte 0		# handlers enable interrupts
.macro HANDLER name, slave
	push %ax
	push %dx
	mov $\name,%al
	out %al,$0xe9
	call served
	.if \slave
	mov eoi8,%al
	test %al,%al
	jz 1f
	out %al,$0xa0
	.endif
1:	mov eoi0,%al
	test %al,%al
	jz 1f
	out %al,$0x20
1:	pop %dx
	pop %ax
	iret
.endm
served:	ISR
	cmpb $0,nest
	je 1f
	sti
	nop
	nop
	cli
1:	ret
irq0:	HANDLER 'T', 0
irq1:	push %ax
	in $0x60,%al
	pop %ax
	HANDLER 'K', 0
irq4:	push %ax
	push %dx
	mov $0x3fa,%dx		# the transmitter is empty, so it was
	in %dx,%al
	pop %dx
	pop %ax
	HANDLER 'S', 0
irq8:	push %ax
	mov $0x0c,%al
	out %al,$0x70
	in $0x71,%al
	pop %ax
	HANDLER 'C', 1
other:	push %ax
	mov $'?',%al
	out %al,$0xe9
	pop %ax
	iret
# Requests, one each, with interrupts off
timer:	PIC 0x43,0x30
	PIC 0x40,20
	PIC 0x40,0
1:	PIC 0x20,0x0a
	in $0x20,%al
	test $1,%al
	jz 1b
	ret
key:	PIC 0x64,0xd2
	PIC 0x60,0x1e
1:	in $0x64,%al
	test $1,%al
	jz 1b
	ret
serial:	mov $0x3f9,%dx
	xor %al,%al
	out %al,%dx
	mov $2,%al		# asks for the transmitter's
	out %al,%dx
	ret
clock:	PIC 0x70,0x0c
	in $0x71,%al
1:	PIC 0x70,0x0c
	PIC 0xa0,0x0a
	in $0xa0,%al
	test $1,%al
	jz 1b
	ret
all:	call timer
	call key
	call serial
	jmp clock
# Takes what is pending
take:	sti
	nop
	nop
	nop
	cli
	ret
.macro SETUP icw4
	mov $\icw4,%bl
	call setup
.endm
setup:	PIC 0x20,0x11
	PIC 0x21,0x50
	PIC 0x21,4
	mov %bl,%al
	out %al,$0x21
	PIC 0xa0,0x11
	PIC 0xa1,0x58
	PIC 0xa1,2
	mov %bl,%al
	and $0xef,%al
	out %al,$0xa1
	PIC 0x21,0xe8		# timer, keyboard, cascade, COM1
	PIC 0xa1,0xfe		# clock
	ret
main:	cli
	mov $0x50*4,%di
	mov $other,%ax
	mov $16,%cx
1:	stosw
	movw $0,(%di)
	inc %di
	inc %di
	loop 1b
	VEC 0x50, irq0
	VEC 0x51, irq1
	VEC 0x54, irq4
	VEC 0x58, irq8
	SETUP 1
	mov $0x3fc,%dx		# loopback would close the gate: OUT2 only
	mov $8,%al
	out %al,%dx
	PIC 0x70,0x0a		# 8192 Hz
	PIC 0x71,0x23
	PIC 0x70,0x0b
	PIC 0x71,0x42
	SAY "one each: "
	call timer
	call take
	call key
	call take
	call serial
	call take
	call clock
	call take
	SAY "\nby priority: "
	call all
	IRR
	call take
	IRR
	ISR
	SAY "\nmasked: "
	PIC 0x21,0xfb
	call timer
	call key
	call serial
	IRR
	call take
	in $0x21,%al
	call hexb
	in $0xa1,%al
	call hexb
	PIC 0x21,0xea		# not the keyboard
	call take
	IRR
	PIC 0x21,0xe8
	call take
	SAY "\nthe slave's needs the cascade: "
	PIC 0x21,0xec
	call clock
	call take
	IRR
	PIC 0x21,0xe8
	call take
	SAY "\nno EOI: "
	movb $0,eoi0
	call key
	call take		# 1 stays in service
	ISR
	call serial
	call take		# which holds 4 back
	IRR
	call timer
	movb $0x20,eoi0
	call take		# but not 0
	ISR
	PIC 0x20,0x61		# specific
	ISR
	call take
	ISR
	SAY "\nEOI to the slave only: "
	movb $0,eoi0
	call clock
	call take
	ISR
	call key
	call take		# 1 is above 2
	call serial
	call take
	ISR
	PIC 0x20,0x20		# the keyboard's
	PIC 0x20,0x20		# the slave's
	ISR
	movb $0x20,eoi0
	call take
	SAY "\nnested: "
	movb $1,nest
	call serial
	call key
	call timer
	call take		# 4 is last, as those above come at once
	call serial
	call take
	movb $0,nest
	SAY "\nrotation: "
	movb $0xa0,eoi0
	call all
	call take
	ISR
	call all
	call take
	movb $0x20,eoi0
	PIC 0x20,0xc1		# 1 is the last, 2 the first
	call all
	call take
	PIC 0x20,0xe7		# specific: nothing was in service
	call all
	call take
	PIC 0x20,0xc7
	SAY "\nautomatic: "
	movb $0,eoi0
	movb $0,eoi8
	SETUP 3
	call all
	call take
	ISR
	PIC 0x20,0x80		# rotating
	call timer
	call take
	call all
	call take
	PIC 0x20,0x00
	movb $0x20,eoi0
	movb $0x20,eoi8
	SETUP 1
	SAY "\nspecial mask: "
	movb $0,eoi0
	call timer
	call take		# 0 in service
	call key
	call take
	PIC 0x21,0xe9
	PIC 0x20,0x68
	call take		# masked: holds nobody back
	ISR
	PIC 0x20,0x20		# the keyboard's: the masked one is skipped
	ISR
	PIC 0x20,0x60
	ISR
	PIC 0x20,0x48
	movb $0x20,eoi0
	PIC 0x21,0xe8
	SAY "\npoll: "
	PIC 0x20,0x0c
	in $0x20,%al
	and $0x80,%al		# nothing
	call hexb
	call key
	call serial
	PIC 0x20,0x0c
	in $0x20,%al
	call hexb
	ISR
	PIC 0x20,0x0c		# 4 waits for 1
	in $0x20,%al
	and $0x80,%al
	call hexb
	in $0x60,%al
	PIC 0x20,0x20
	PIC 0x20,0x0c
	in $0x21,%al		# either port
	call hexb
	in $0x21,%al		# once
	call hexb
	PIC 0x20,0x20
	call serial
	mov $0x3fa,%dx
	in %dx,%al
	SAY "\nfully nested: "
	SETUP 0x11
	movb $0,eoi0
	movb $0,eoi8
	call clock
	call take
	ISR
	PIC 0xa0,0x20		# ends the slave's, the master's stays
	call clock
	call take		# the same input of the master again
	ISR
	PIC 0xa0,0x20
	PIC 0x20,0x20
	ISR
	movb $0x20,eoi0
	movb $0x20,eoi8
	SETUP 1
	SAY "\nlevels: "
	mov $0x4d0,%dx
	in %dx,%al
	call hexb
	inc %dx
	in %dx,%al
	call hexb
	dec %dx
	mov $0x10,%al
	out %al,%dx
	in %dx,%al
	call hexb
	call serial
	call take
	call take		# taken back by reading IIR
	mov $0x4d0,%dx
	xor %al,%al
	out %al,%dx
	SAY "\nwithdrawn: "
	call serial
	mov $0x3fa,%dx
	in %dx,%al
	IRR
	call take
	SAY "\ninitialised: "
	movb $0,eoi0
	call timer
	call take
	PIC 0x21,0xff
	ISR
	PIC 0x20,0x11
	in $0x20,%al		# reads requests again
	call hexb
	PIC 0x21,0x50
	PIC 0x21,4
	PIC 0x21,1
	in $0x21,%al
	call hexb
	ISR
	SAY "\n"
	END 4
