# a20.S: address line 20 by each way that a PC has: what the others then say, and
# what ffff:0010 is; what is read, written, pushed and executed there. The latest
# write counts, whoever asks, as in Bochs with its BIOS, which prints the same. In
# qemu it counts too, but port 92h and the 8042 show what was last written to each,
# and SeaBIOS's 15h uses port 92h only if that bit is to change, so that the line
# may stay as it was.
.include "guest.inc"
.include "kbc.inc"
# Whether ffff:9010 is 0:9000 (0) or not (1); port 92h; the 8042's output port;
# 15h 2402h
tell:	mov $0xffff,%ax
	mov %ax,%es
	movw $0x1234,0x9000
	movw $0x5678,%es:0x9010
	xor %al,%al
	cmpw $0x1234,0x9000
	sete %al
	call hexb
	in $0x92,%al
	and $2,%al
	call hexb
	CTL 0xd0
1:	in $0x64,%al
	test $1,%al
	jz 1b
	in $0x60,%al
	and $2,%al
	call hexb
	mov $0x2402,%ax
	int $0x15
	setc %ah
	call hex
	xor %ax,%ax
	mov %ax,%es
	SAY "\n"
	ret
.macro WAY name, off, on
	SAY "\name\() off "
	\off
	call tell
	SAY "\name\() on "
	\on
	call tell
.endm
.macro PORT92 x
	mov $\x,%al
	out %al,$0x92
.endm
.macro OUTPUT x
	CTL 0xd1
	DAT \x
.endm
.macro SHORT x
	CTL \x
.endm
.macro INT15 x
	mov $\x,%ax
	int $0x15
.endm
main:	cli
	CTL 0xad		# keys would come between
	SAY "at first "
	call tell
	WAY "92h", "PORT92 0", "PORT92 2"
	WAY "d1h", "OUTPUT 0xdd", "OUTPUT 0xdf"
	WAY "ddh", "SHORT 0xdd", "SHORT 0xdf"
	WAY "15h", "INT15 0x2400", "INT15 0x2401"
	WAY "92h d1h", "PORT92 0", "OUTPUT 0xdf"
	WAY "15h 92h", "INT15 0x2400", "PORT92 2"
	WAY "d1h 15h", "OUTPUT 0xdd", "INT15 0x2401"
	SAY "15h 2403h "
	mov $0x2403,%ax
	int $0x15
	pushf
	call hex
	mov %bx,%ax
	call hex
	pop %ax
	and $1,%ax
	call hexb
	SAY "\nacross: "
	mov $0xffff,%ax
	mov %ax,%es
	mov %es:0x0f,%bl		# the ROM's last byte
	mov %bl,rom
	xor %ax,%ax
	call across
	PORT92 0
	call across
	PORT92 2
	SAY "\nstack: "
	mov $0xffff,%ax
	mov %ax,%es
	movw $0,0x9000
	movw $0,%es:0x9010
	call stack
	PORT92 0
	call stack
	PORT92 2
	SHOW 0x9000
	SHOW %es:0x9010
	SAY "\ncode: "
	movl $0xcb01b0,0x9000		# mov al, 1; retf
	movl $0xcb02b0,%es:0x9010
	call code
	PORT92 0
	call code
	lcall $0,$0x9000		# and changed by its other name
	movb $3,%es:0x9011
	lcall $0,$0x9000
	call hexb
	movb $4,0x9001
	call code
	PORT92 2
	call code
	lcall $0,$0x9000
	call hexb
	SAY "\nmoved: "
	movl $0x03020100,0x9000
	movl $0x13121110,%es:0x9010
	PORT92 0
	mov $0xffff,%ax
	mov %ax,%ds
	xor %ax,%ax
	mov %ax,%es
	mov $0x9010,%si
	mov $0x9100,%di
	movsl
	mov %ax,%ds
	PORT92 2
	mov 0x9100,%eax
	call hex32
	SAY "\n15h 87h with the line off: "
	movl $0x23222120,0x9000
	mov $0xffff,%ax
	mov %ax,%es
	movl $0x33323130,%es:0x9010
	xor %ax,%ax
	mov %ax,%es
	INT15 0x2400
	mov $gdt,%si
	mov $2,%cx
	mov $0x8700,%ax
	int $0x15
	setc %al
	mov $0,%ah
	call hex
	mov 0x9200,%eax
	call hex32
	call tell
	END 5
rom:	.byte 0
.balign 8
gdt:	.quad 0, 0
	.word 0xffff, 0x9000, 0x9310, 0	# 109000h
	.word 0xffff, 0x9200, 0x9300, 0
	.quad 0, 0
# A word and a dword at ffff:f: whether the first byte is the ROM's, the others
across:	movl $0x03020100,0
	movb $0xa1,%es:0x10
	movw $0xa3a2,%es:0x11
	mov %es:0x0f,%ax
	cmp rom,%al
	setne %al
	call hex
	mov %es:0x0e,%eax
	shr $16,%eax
	call hex
	movw $0x5544,%es:0x0f
	movl $0x99887766,%es:0x0f	# 99 88 77 behind the ROM
	mov 0,%eax
	call hex32
	mov %es:0x10,%eax
	call hex32
	ret
stack:	mov %sp,%bp
	mov $0xffff,%ax
	mov %ax,%ss
	mov $0x9014,%sp
	pushl $0x12345678
	pushf
	pop %dx
	pop %ax
	xor %cx,%cx
	mov %cx,%ss
	mov %bp,%sp
	call hex
	SHOW 0x9000
	SHOW %es:0x9010
	incw 0x9000
	ret
code:	lcall $0xffff,$0x9010
	call hexb
	ret
