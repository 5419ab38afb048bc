# rtc.S: the MC146818: its registers and CMOS, formats, update, alarm, periodic
# rates, interrupt 8, INT 1Ah on it and 15h 83h and 86h. By the counted clock
# it starts at midnight of Saturday, 1 January 2000.
# As qemu with SeaBIOS, but: that reckons the day of the week and a century above
# 20 in binary, sets flags only for interrupts that are on, leaves its scratch in
# AL and AH of INT 1Ah and 15h, and has PCI.
.include "guest.inc"
.macro PUT reg, value
	mov $\reg|\value<<8,%ax
	call put
.endm
.macro GET reg
	mov $\reg,%al
	call get
	call hexb
.endm
put:	out %al,$0x70
	mov %ah,%al
	out %al,$0x71
	ret
get:	out %al,$0x70
	in $0x71,%al
	ret
# Time and date as they stand in the registers
clock:	push %bx
	xor %bx,%bx
1:	mov order(%bx),%al
	call get
	call hexb
	inc %bx
	cmp $8,%bx
	jb 1b
	pop %bx
	ret
order:	.byte 0x32, 9, 8, 7, 6, 4, 2, 0
# Sets them, from eight bytes at SI in that order
set:	PUT 0x0b, 0x82
setting: xor %bx,%bx
1:	mov order(%bx),%al
	mov (%bx,%si),%ah
	call put
	inc %bx
	cmp $8,%bx
	jb 1b
	ret
# Until the next second begins, asleep between the timer's interrupts
second:	push %bx
	mov $0,%al
	call get
	mov %al,%bl
1:	sti
	hlt
	cli
	mov $0,%al
	call get
	cmp %al,%bl
	je 1b
	pop %bx
	ret
.macro ROLL values:vararg
	mov $7f,%si
	jmp 8f
7:	.byte \values
8:	call set
	PUT 0x0b, 0x02
	call second
	call clock
	SAY "\n"
.endm
n:	.word 0
flags:	.byte 0
irq8:	push %ax
	incw n
	mov $0x0c,%al
	call get
	or %al,flags
	mov $0x20,%al
	out %al,$0xa0
	out %al,$0x20
	pop %ax
	iret
# Interrupts in a second, divided by 16
rate:	mov $0x0c,%al
	call get
	PUT 0x0b,0x42
	call second
	movw $0,n
	call second
	PUT 0x0b,0x02
	mov n,%ax
	add $4,%ax
	shr $4,%ax
	call hex
	ret
alarms:	.byte 0
int4a:	push %ax
	mov $'A',%al
	out %al,$0xe9
	pop %ax
	incb alarms
	iret
old70:	.long 0
main:	cli
	mov 4*0x70,%eax
	mov %eax,old70
	SAY "as it starts: "
	mov $0x0a,%al
	call get
	and $0x7f,%al		# UIP aside
	call hexb
	GET 0x0b
	mov $0x0c,%al
	call get
	GET 0x0d
	GET 0x10
	GET 0x12
	GET 0x14
	GET 0x15
	GET 0x16
	SAY "\n"
	PUT 0x0d,0		# cannot be written
	GET 0x0d
	PUT 0x40,0x5a
	GET 0x40
	mov $0xc0,%al		# bit 7 is NMI's
	call get
	call hexb
	PUT 0x40,0
	SAY "\n"
	ROLL 0x20,0x00,0x01,0x01,0x07, 0x00,0x00,0x00
	ROLL 0x20,0x00,0x01,0x01,0x07, 0x09,0x59,0x59
	ROLL 0x20,0x00,0x01,0x31,0x07, 0x23,0x59,0x59
	ROLL 0x20,0x00,0x02,0x28,0x02, 0x23,0x59,0x59
	ROLL 0x20,0x01,0x02,0x28,0x04, 0x23,0x59,0x59
	ROLL 0x20,0x04,0x02,0x29,0x01, 0x23,0x59,0x59
	ROLL 0x20,0x99,0x12,0x31,0x05, 0x23,0x59,0x59
	SAY "binary: "
	PUT 0x0b,0x86
	mov $1f,%si
	jmp 2f
1:	.byte 0x20,99,9,9,7, 19,59,59
2:	call setting
	PUT 0x0b,0x06
	call second
	call clock
	SAY "\n12 hours: "
	PUT 0x0b,0x80
	mov $1f,%si
	jmp 2f
1:	.byte 0x20,0x24,0x06,0x15,0x07, 0x11,0x59,0x59
2:	call setting
	PUT 0x0b,0x00
	call second
	call clock
	PUT 0x0b,0x80
	PUT 4,0x92
	PUT 2,0x59
	PUT 0,0x59
	PUT 0x0b,0x00
	call second
	call clock
	PUT 0x0b,0x80
	PUT 4,0x91
	PUT 2,0x59
	PUT 0,0x59
	PUT 0x0b,0x00
	call second
	call clock
	SAY "\nset holds it: "
	mov $1f,%si
	jmp 2f
1:	.byte 0x20,0x24,0x06,0x15,0x07, 0x12,0x34,0x56
2:	call set
	BIOS 0x15, 0x8600, 0, 0x000f, 0x4240	# a second
	call clock
	GET 0x0c
	PUT 0x0b,0x02
	SAY "\nupdate in progress: "
	call second
	xor %dx,%dx
	mov $0x34,%al		# looks every millisecond
	out %al,$0x43
	mov $0xa9,%al
	out %al,$0x40
	mov $0x04,%al
	out %al,$0x40
1:	sti
	hlt
	cli
	mov $0x0a,%al		# rises once before the next second
	call get
	test $0x80,%al
	jz 2f
	or $1,%dx
	jmp 3f
2:	or $2,%dx
3:	mov $0,%al
	call get
	cmp $0x58,%al
	jne 1b
	mov $0x36,%al
	out %al,$0x43
	mov $0,%al
	out %al,$0x40
	out %al,$0x40
	mov %dl,%al
	call hexb
	GET 0x0c
	GET 0x0c
	SAY "\ninterrupts of update: "
	VEC 0x70, irq8
	mov $0xb8,%al
	out %al,$0x21
	mov $0xfe,%al
	out %al,$0xa1
	call second
	GET 0x0c
	movw $0,n
	PUT 0x0b,0x12
	call second
	call second
	PUT 0x0b,0x02
	SHOW n
	SHOWB flags
	SAY "\nalarm: "
	movw $0,n
	movb $0,flags
	mov $1f,%si
	jmp 2f
1:	.byte 0x20,0x24,0x06,0x15,0x07, 0x12,0x34,0x56
2:	call set
	PUT 1,0x58
	PUT 3,0x34
	PUT 5,0x12
	PUT 0x0b,0x22
1:	sti
	hlt
	cli
	cmpw $0,n
	je 1b
	call clock
	SHOWB flags
	PUT 1,0xff		# every second
	PUT 3,0xff
	PUT 5,0xff
	movw $0,n
1:	sti
	hlt
	cli
	cmpw $2,n
	jb 1b
	call clock
	PUT 0x0b,0x02
	SAY "\nperiodic: "
	PUT 0x0a,0x26
	call rate
	PUT 0x0a,0x23
	call rate
	PUT 0x0a,0x2a
	call rate
	PUT 0x0a,0x21		# as 28h
	call rate
	PUT 0x0a,0x20
	call rate
	SAY "flag without interrupt: "
	PUT 0x0a,0x26
	GET 0x0c
	call second
	GET 0x0c
	SAY "\nstopped: "
	PUT 0x0a,0x76
	mov $0,%al
	call get
	mov %al,%cl
	movw $0,0x46c
1:	sti
	hlt
	cli
	cmpw $20,0x46c
	jb 1b
	mov $0,%al
	call get
	sub %cl,%al
	call hexb
	PUT 0x0a,0x26
	call second
	SAY "runs\n"
	# services
	mov old70,%eax
	mov %eax,4*0x70
	sti
	BIOS 0x1a, 0x0500, 0, 0x2024, 0x0229
	BIOS 0x1a, 0x0400
	BIOS 0x1a, 0x0300, 0, 0x2359, 0x5800
	BIOS 0x1a, 0x0200
	VEC 0x4a, int4a
	GET 0x0c
	BIOS 0x1a, 0x0600, 0, 0x0000, 0x0100
	BIOS 0x1a, 0x0600, 0, 0x0000, 0x0100
1:	hlt
	cmpb $0,alarms
	je 1b
	SAY "\n"
	BIOS 0x1a, 0x0200
	BIOS 0x1a, 0x0400
	BIOS 0x1a, 0x0700
	BIOS 0x1a, 0x0300, 0, 0x1200, 0x0001	# summer time
	GET 0x0b
	SAY "\n"
	BIOS 0x1a, 0x0100, 0, 0x0018, 0x00ae
	BIOS 0x1a, 0x0000
1:	hlt
	cmpw $0xaf,0x46c
	jb 1b
	BIOS 0x1a, 0x0000
	movl $0x1800af,0x46c	# midnight
1:	hlt
	cmpb $0,0x470
	je 1b
	SHOW 0x46c
	SHOW 0x46e
	BIOS 0x1a, 0x0000
	BIOS 0x1a, 0x0000
	BIOS 0x1a, 0xb101
	BIOS 0x1a, 0x7f00
	# 83h: sets a bit when the time has gone
	BIOS 0x15, 0x8300, byte, 0x0000, 0x8000
	BIOS 0x15, 0x8300, byte, 0x0000, 0x8000
1:	hlt
	testb $0x80,byte
	jz 1b
	SHOWB byte
	BIOS 0x15, 0x8300, byte, 0x00ff, 0x8000
	BIOS 0x15, 0x8301
	# 86h: the ticks that pass
	cli
	movl $0,0x46c
	sti
	BIOS 0x15, 0x8600, 0, 0x000f, 0x4240
	mov 0x46c,%ax
	sub $17,%ax		# 18 or 19
	shr $2,%ax
	call hex
	SAY "\n"
	END 5
byte:	.byte 1
