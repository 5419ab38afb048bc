# pit.S: the 8254: channel 2 through its six modes, by gate, output and status;
# ways to write and read counts; rates of interrupt 0 in each mode, against the
# count of channel 2; the speaker port.
# As Bochs, but: port 61h keeps its bits 2 and 3; counts written in mode 2 come
# with the next period, in mode 3 with the next half of one; the first byte of two
# stops mode 0 (data sheet). qemu has no null count, gives modes 6 and 7 as 4 and
# 5, counts while gates are low, and loads new counts at once.
.include "guest.inc"
.macro PIT port, value
	mov $\value,%al
	out %al,$\port
.endm
# Status of a channel: output, null count, and the control word
.macro STATUS n
	mov $0xe0|2<<\n,%al
	out %al,$0x43
	in $0x40+\n,%al
	call hexb
.endm
# Gate low, control word, count, gate high
.macro START control, count
	PIT 0x61,0
	PIT 0x43,\control
	PIT 0x42,\count&255
	PIT 0x42,\count>>8
	PIT 0x61,1
.endm
# Output of channel 2: 1 or 0
output:	in $0x61,%al
	shr $5,%al
	and $1,%al
	add $'0',%al
	out %al,$0xe9
	ret
# Latched count of channel 2
count:	PIT 0x43,0x80
	in $0x42,%al
	mov %al,%ah
	in $0x42,%al
	xchg %al,%ah
	ret
# Waits until the output is as BL says, 20h or 0; CX says how long at most, in
# reads. Prints `-` if it never was.
until:	mov $0xffff,%cx
1:	in $0x61,%al
	and $0x20,%al
	cmp %al,%bl
	je 2f
	loop 1b
	mov $'-',%al
	out %al,$0xe9
2:	ret
# Some 80 ticks and more
delay:	push %cx
	mov $3000,%cx
1:	in $0x61,%al
	loop 1b
	pop %cx
	ret
# What channel 2 counts in a while, and its output
counted: call count
	mov %ax,%dx
	mov $500,%cx
1:	in $0x61,%al
	loop 1b
	call count
	sub %dx,%ax
	call hex
	jmp output
# Whether AX lies between BX and CX
within:	cmp %bx,%ax
	jb 1f
	cmp %cx,%ax
	ja 1f
	SAY "within "
	ret
1:	call hex
	ret
# Interrupts of channel 0 while channel 2 counts 2386 ticks (2 ms)
n0:	.word 0
irq0:	push %ax
	incw n0
	mov $0x20,%al
	out %al,$0x20
	pop %ax
	iret
rate:	movw $0,n0
	START 0xb0, 2386
	sti
1:	in $0x61,%al
	test $0x20,%al
	jz 1b
	cli
	SHOW n0
	ret
main:	cli
	SAY "mode 0: "
	PIT 0x61,0
	PIT 0x43,0xb0
	STATUS 2
	call output
	PIT 0x42,0x00
	PIT 0x42,0x08
	PIT 0x61,1
	mov $0x20,%bl
	call until
	call output
	STATUS 2
	call count		# goes on from the top
	cmp $0xf000,%ax
	ja 1f
	call hex
1:	SAY "\nheld: "
	START 0xb0, 0x1000
	call count
	mov $0x0e00,%bx
	mov $0x1000,%cx
	call within
	PIT 0x61,0
	call counted
	PIT 0x61,1
	call until
	call output
	SAY "\nmode 0, first byte of two: "
	START 0xb0, 0x0800
	PIT 0x42,0x34		# stops it
	call counted
	PIT 0x42,0x02		# 0234h
	call count
	mov $0x180,%bx
	mov $0x234,%cx
	call within
	SAY "\nmode 1: "
	PIT 0x61,0
	PIT 0x43,0xb2
	STATUS 2
	call output
	PIT 0x42,0x00
	PIT 0x42,0x08
	STATUS 2
	call output
	PIT 0x61,1
	call output
	STATUS 2
	mov $0x20,%bl
	call until
	call output
	PIT 0x61,0
	PIT 0x61,1		# again
	call output
	mov $0x20,%bl
	call until
	call output
	SAY "\nmode 2: "
	START 0xb4, 0x1000
	call output
	call count
	mov $0x0e00,%bx
	mov $0x1000,%cx
	call within
	STATUS 2
	PIT 0x61,0		# high, and starts anew
	call output
	PIT 0x61,1
	call count
	call within
	PIT 0x42,0x00		# the next period's
	PIT 0x42,0x40
	STATUS 2
	call count
	call within
1:	call count		# until then
	cmp $0x1000,%ax
	jbe 1b
	mov $0x3c00,%bx
	mov $0x4000,%cx
	call within
	STATUS 2
	SAY "\nmode 3: "
	START 0xb6, 0x0800
	call output
	xor %bl,%bl
	call until
	call output
	call count
	mov $0x0600,%bx
	mov $0x0800,%cx
	call within
	test $1,%al		# by twos
	jz 1f
	SAY "odd "
1:	mov $0x20,%bl
	call until
	call output
	PIT 0x61,0
	call output
	STATUS 2
	SAY "\nmode 4: "
	START 0xb8, 0x0400
	call output
	STATUS 2
1:	call count		# over when it is beyond zero
	cmp $0x400,%ax
	jbe 1b
	call output
	STATUS 2
	SAY "\nmode 5: "
	START 0xba, 0x0400
	call output
	STATUS 2
	PIT 0x61,0
	PIT 0x61,1
	call count
	mov $0x0200,%bx
	mov $0x0400,%cx
	call within
	STATUS 2
	SAY "\nmodes 6 and 7: "
	PIT 0x43,0xbc
	STATUS 2
	PIT 0x43,0xbe
	STATUS 2
	SAY "\ndecimal: "
	START 0xb1, 0x2000
	mov $300,%cx
1:	call count
	test $8,%al
	jz 2f
	test $6,%al
	jnz 3f
2:	test $0x80,%al
	jz 4f
	test $0x60,%al
	jz 4f
3:	SAY "no digit "
	call hex
	jmp 5f
4:	loop 1b
5:	STATUS 2
	START 0xb5, 0		# 10000
	call delay
	call count
	mov $0x9000,%bx
	mov $0x9999,%cx
	call within
	SAY "\nlow byte: "
	PIT 0x61,0
	PIT 0x43,0x90
	PIT 0x42,0x55
	STATUS 2
	PIT 0x61,1
	PIT 0x61,0
	PIT 0x43,0x80
	in $0x42,%al
	mov %al,%ah
	in $0x42,%al
	sub %ah,%al		# the same byte twice
	call hexb
	SAY "\nhigh byte: "
	PIT 0x43,0xa0
	PIT 0x42,0x12
	STATUS 2
	PIT 0x61,1
	PIT 0x61,0
	in $0x42,%al
	call hexb
	in $0x42,%al
	call hexb
	SAY "\nlatches: "
	START 0xb0, 0xffff
	PIT 0x43,0x80
	call delay
	PIT 0x43,0x80		# ignored
	in $0x42,%al
	mov %al,%dl
	in $0x42,%al
	mov %al,%dh
	call count
	sub %ax,%dx		# the first one is older
	mov %dx,%ax
	mov $50,%bx
	mov $0x3000,%cx
	call within
	PIT 0x43,0xc8		# read-back: status and count of channel 2
	in $0x42,%al
	call hexb
	in $0x42,%al
	mov %al,%dl
	in $0x42,%al
	mov %al,%dh
	call count
	sub %ax,%dx
	mov %dx,%ax
	mov $0,%bx
	mov $100,%cx
	call within
	PIT 0x43,0xd8		# neither
	PIT 0x43,0xee		# status of all three
	in $0x40,%al
	and $0x3f,%al
	call hexb
	in $0x41,%al
	and $0x3f,%al
	call hexb
	in $0x42,%al
	call hexb
	in $0x43,%al		# nothing to read
	call hexb
	SAY "\nport 61h: "
	PIT 0x61,0xff
	in $0x61,%al
	and $0xcf,%al
	call hexb
	PIT 0x61,2
	in $0x61,%al
	and $0xcf,%al
	call hexb
	xor %dx,%dx		# refresh toggles
	mov $1000,%cx
1:	in $0x61,%al
	and $0x10,%al
	cmp %al,%ah
	mov %al,%ah
	je 2f
	inc %dx
2:	loop 1b
	mov %dx,%ax
	mov $4,%bx
	mov $1000,%cx
	call within
	SAY "\ncounts follow: "
	PIT 0x61,0		# held
	PIT 0x43,0xb0
	PIT 0x42,0x34
	PIT 0x42,0x12
	call delay
	in $0x42,%al
	call hexb
	call count		# low byte first
	call hex
	PIT 0x43,0xb8		# stays until there is another
	call count
	call hex
	PIT 0x61,1
	PIT 0x43,0xb6		# from the end of this half
	PIT 0x42,0x00
	PIT 0x42,0x10
	call delay
	PIT 0x42,0x00
	PIT 0x42,0x01
	call count
	SHOWB %ah
	mov $0,%bl
	call until
	call count
	SHOWB %ah
	PIT 0x43,0x94		# before the first is loaded
	PIT 0x42,0xff
	PIT 0x42,0x10
	call delay
	in $0x42,%al
	and $0xe0,%al
	call hexb
	SAY "\ninterrupts: "
	VEC 8, irq0
	PIT 0x21,0xfe
	PIT 0x43,0x34
	PIT 0x40,0x77		# 119: 10 kHz
	PIT 0x40,0x00
	call rate
	PIT 0x43,0x36
	PIT 0x40,0x77
	PIT 0x40,0x00
	call rate
	PIT 0x40,0xee		# half the rate
	PIT 0x40,0x00
	call rate
	PIT 0x43,0x30		# once
	PIT 0x40,0x77
	PIT 0x40,0x00
	call rate
	PIT 0x43,0x38
	PIT 0x40,0x77
	PIT 0x40,0x00
	call rate
	PIT 0x43,0x32		# never: no gate
	PIT 0x40,0x77
	PIT 0x40,0x00
	call rate
	PIT 0x43,0x3a
	PIT 0x40,0x77
	PIT 0x40,0x00
	call rate
	PIT 0x43,0x24		# 2.33 kHz
	PIT 0x40,0x02
	call rate
	PIT 0x43,0x14		# 4.66 kHz
	PIT 0x40,0xff
	call rate
	PIT 0x43,0x35		# 119, decimal
	PIT 0x40,0x19
	PIT 0x40,0x01
	call rate
	SAY "\n"
	END 3
