# system.S: the data areas after the start, every vector, and the services that
# are neither disk, screen nor keys: INT 11h, 12h, 14h of no port, 15h, 17h, 18h,
# 1Ch, unexpected interrupts, port 92h, 80h, e9h; the way back from protected mode
# through CMOS, and INT 19h.
# As SeaBIOS under qemu, but: vectors 1Dh and 1Eh are where IBM's are; there are
# no second serial port, printer, APM, PCI tables below the end of memory and
# mouse, but the AT's device hooks (15h 80h-82h, 85h, 90h, 91h); the map has
# attributes for who has room; DS is 40h in 1Ch; moves beyond a limit are refused;
# interrupt 13 is not masked, so that x87 errors come to 02h.
.include "guest.inc"
# N bytes from segment:offset, 16 a line
dump:	push %es
	mov %ax,%es
1:	push %cx
	mov $16,%cx
	call bytes
	pop %cx
	SAY "\n"
	loop 1b
	pop %es
	ret
.macro DUMP seg, off, lines
	mov $\seg,%ax
	mov $\off,%si
	mov $\lines,%cx
	call dump
.endm
int2:	push %ax
	fnstsw %ax
	and $0x84,%ax
	call hexb
	fnclex
	pop %ax
	iret
hooked:	.byte 0
int1c:	incb %cs:hooked
	push %ax
	mov %ds,%ax
	cmp $0x40,%ax		# DS at the BDA
	jne 1f
	orb $0x80,%cs:hooked
1:	pop %ax
	iret
# 32 bits of what E820 and others give
e820:	movl $0,next
1:	mov $0xe820,%eax
	mov $0x534d4150,%edx
	mov next,%ebx
	mov $24,%ecx
	mov $0x9000,%di
	xor %bp,%bp
	mov %bp,%es
	int $0x15
	jc 2f
	mov %ebx,next
	call hex32
	mov %ecx,%eax
	call hexb
	movl 0x9000,%eax
	call hex32
	mov 0x9004,%eax
	call hexb
	mov 0x9008,%eax
	call hex32
	mov 0x900c,%eax
	call hexb
	mov 0x9010,%eax
	call hexb
	SAY "\n"
	cmpl $0,next
	jne 1b
	ret
2:	SAY "carry\n"
	ret
next:	.long 0
main:	cmpw $0x1234,0x600	# after INT 19h
	je second
	sti
	SAY "vectors\n"
	xor %bx,%bx
1:	mov 2(%bx),%ax
	cmp $0xf000,%ax
	je 2f
	SHOW %bx
	mov (%bx),%eax
	call hex32
	SAY "\n"
2:	add $4,%bx
	cmp $0x400,%bx
	jb 1b
	SAY "classic places\n"
	mov $places,%di
1:	mov (%di),%bx
	test %bx,%bx
	js 2f
	SHOW %bx
	shl $2,%bx
	SHOW (%bx)
	mov (%bx),%ax
	sub 2(%di),%ax
	call hex
	SAY "\n"
	add $4,%di
	jmp 1b
2:	SAY "data area\n"
	movl $0,0x46c
	DUMP 0x40, 0, 11
	SAY "extended: "
	mov 0x40e,%ax
	call hex
	mov 0x40e,%es
	mov %es:0,%al
	call hexb
	xor %ax,%ax
	mov %ax,%es
	SAY "\nROM: "
	DUMP 0xffff, 0, 1
	DUMP 0xf000, 0xe6f5, 1
	xor %bx,%bx		# its bytes add up to zero
	mov $0xf000,%ax
	mov %ax,%es
	xor %si,%si
	xor %cx,%cx
1:	add %es:(%si),%bl
	inc %si
	loop 1b
	mov %bl,%al
	call hexb
	movb $0x55,%es:0xe000	# and stay
	movb %es:0xe000,%al
	call hexb
	xor %ax,%ax
	mov %ax,%es
	SAY "\n"
	BIOS 0x11
	BIOS 0x12
	BIOS 0x14, 0x0300, 0, 0, 1
	BIOS 0x17, 0x0041
	BIOS 0x17, 0x0100
	BIOS 0x17, 0x0200
	BIOS 0x17, 0x0200, 0, 0, 3
	BIOS 0x15, 0x2400
	mov $0xffff,%ax
	mov %ax,%es
	movw $0x1111,0x500
	movw $0x2222,%es:0x510
	SHOW 0x500
	BIOS 0x15, 0x2402
	BIOS 0x15, 0x2401
	mov $0xffff,%ax
	mov %ax,%es
	movw $0x3333,%es:0x510
	SHOW 0x500
	BIOS 0x15, 0x2402
	BIOS 0x15, 0x2403
	BIOS 0x15, 0x2404
	BIOS 0x15, 0x4f1e
	BIOS 0x15, 0x8000
	BIOS 0x15, 0x8100
	BIOS 0x15, 0x8200
	BIOS 0x15, 0x8400
	BIOS 0x15, 0x8500
	BIOS 0x15, 0x8800
	BIOS 0x15, 0x9000
	BIOS 0x15, 0x9100
	BIOS 0x15, 0xc000
	BIOS 0x15, 0xc100
	BIOS 0x15, 0xc200
	BIOS 0x15, 0xe801
	BIOS 0x15, 0xe802
	BIOS 0x15, 0x5300
	BIOS 0x15, 0x1234
	call e820
	movw $table,in_si	# moves
	movw $0x9000,table+0x12
	movw $0xa000,table+0x1a
	movl $0x12345678,0x9000
	BIOS 0x15, 0x8700, 0, 2
	mov 0xa000,%eax
	call hex32
	BIOS 0x15, 0x8700, 0, 9
	BIOS 0x15, 0x8700, 0, 0
	movw $0,in_si
	SAY "1ch: "
	VEC 0x1c, int1c
	movb $0,hooked
1:	hlt
	cmpb $0x82,hooked
	jb 1b
	SHOWB hooked
	SAY "\nmotor: "
	movb $1,quiet
	BIOS 0x13, 0x0201, 0x9000, 0x0001
	movb $0,quiet
	SHOWB 0x43f
	movb $2,0x440
1:	hlt
	cmpb $0,0x440
	jne 1b
	SHOWB 0x43f
	SAY "\nunexpected: "
	movb $0,0x46b
	int $0x0d		# as if from IRQ 5, which did not ask
	SHOWB 0x46b
	int $0x75		# clears the coprocessor's busy line, calls 02h
	int $0x71		# calls 0ah
	int $0x76
	SHOWB 0x48e
	int $0x68
	movb $0,0x500
	int $5			# prints the screen: no printer
	SHOWB 0x500
	SAY "\nx87 error: "
	VEC 2, int2
	fninit
	movw $0x33b,0x9000	# division by zero
	fldcw 0x9000
	fld1
	fldz
	fdivrp
	nop
	fwait			# here interrupt 13 comes, by 75h to 02h
	SAY "end "
	in $0xa0,%al
	call hexb
	SAY "\nports: "
	in $0xe9,%al
	call hexb
	mov $0x5a,%al
	out %al,$0x80
	in $0x80,%al
	call hexb
	in $0x92,%al
	call hexb
	mov $0,%al
	out %al,$0x92
	in $0x92,%al
	call hexb
	mov $2,%al
	out %al,$0x92
	in $0x92,%al
	call hexb
	mov $0x300,%dx
	in %dx,%al
	call hexb
	in %dx,%ax
	call hex
	in %dx,%eax
	call hex32
	SAY "\nshutdown codes: "
	movw $back,0x467
	movw $0,0x469
	cli
	mov $0x0f,%al
	out %al,$0x70
	mov $0x0a,%al
	out %al,$0x71
	mov $0xfe,%al
	out %al,$0x64
1:	hlt
	jmp 1b
back:	SEGMENTS
	SAY "here\n"
	mov $0x0f,%al
	out %al,$0x70
	in $0x71,%al
	call hexb
	SAY "INT 19h\n"
	movw $0x1234,0x600
	sti
	int $0x19
second:	SAY "again\n"
	movw $0,0x600
	END 8
places:	.word 0x05, 0xff54, 0x08, 0xfea5, 0x09, 0xe987, 0x0e, 0xef57, 0x10, 0xf065, 0x11, 0xf84d, 0x12, 0xf841
	.word 0x13, 0xe3fe, 0x14, 0xe739, 0x15, 0xf859, 0x16, 0xe82e, 0x17, 0xefd2, 0x19, 0xe6f2, 0x1a, 0xfe6e
	.word 0x1c, 0xff53, 0x1d, 0xf0a4, 0x1e, 0xefc7, 0x40, 0xec59, 0xffff
.balign 8
table:	.quad 0, 0
	.word 7, 0, 0x9300, 0
	.word 7, 0, 0x9300, 0
	.quad 0, 0
