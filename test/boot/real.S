# real.S: real mode: exceptions, limits, flags, far calls, stepping, unreal mode.
# As Bochs runs it, but for OF after a rotation by four, which is silicon's.
.include "boot.inc"
.macro CH c
	pushw %ax
	mov $\c,%al
	out %al,$0xe9
	popw %ax
.endm
hex4:	# AX as four digits
	push %cx
	push %ax
	mov $4,%cx
1:	rol $4,%ax
	push %ax
	and $15,%al
	cmp $10,%al
	sbb $0x69,%al
	das
	out %al,$0xe9
	pop %ax
	loop 1b
	mov $' ',%al
	out %al,$0xe9
	pop %ax
	pop %cx
	ret
.macro HEX r
	push %ax
	mov \r,%ax
	call hex4
	pop %ax
.endm
.macro VEC n, h
	movw $\h,4*\n
	movw $0,4*\n+2
.endm
h0:	CH '0'
	jmp hshow
h1:	CH 'D'
	push %bp
	mov %sp,%bp
	andw $0xfeff,6(%bp)
	pop %bp
	jmp hshow
h3:	CH '3'
	jmp hshow
h4:	CH '4'
	jmp hshow
h5:	CH '5'
	jmp hshow
h6:	CH '6'
	jmp hshow
h12:	CH 'C'
	jmp hshow
h13:	CH 'G'
	jmp hshow
h80:	CH 'i'
hshow:	# ip offset from `at`, flags; then goes on at cont
	push %bp
	mov %sp,%bp
	push %ax
	mov 2(%bp),%ax
	sub at,%ax
	call hex4
	mov 6(%bp),%ax
	and $0xf3ff,%ax
	and $0x7400,%ax
	call hex4
	mov cont,%ax
	mov %ax,2(%bp)
	pop %ax
	pop %bp
	iret
at:	.word 0
cont:	.word 0
.macro TRY insn:vararg
	movw $88f,at
	movw $89f,cont
88:	\insn
89:	CH '\n'
.endm
main:
	VEC 0,h0
	VEC 1,h1
	VEC 3,h3
	VEC 4,h4
	VEC 5,h5
	VEC 6,h6
	VEC 12,h12
	VEC 13,h13
	VEC 0x80,h80
	xor %bx,%bx
	TRY div %bl
	TRY int3
	mov $0x7f,%al
	add $1,%al
	TRY into
	TRY int $0x80
	TRY ud2
	mov $0xffff,%bx
	TRY mov (%bx),%ax
	TRY mov (%bx),%al
	mov $0xfffe,%bx
	TRY movl (%bx),%eax
	TRY mov %ax,0xffff
	mov %sp,%di
	mov $0xffff,%bp
	TRY mov (%bp),%ax
	mov $1,%sp
	mov $0x7c00,%sp
	mov $0x10000,%ebx
	TRY mov (%ebx),%al
	TRY movw %cs:0xffff,%ax
	# wrap at 64 KiB of a segment in byte accesses, and of the stack
	mov $bnd,%bx
	mov $5,%ax
	TRY bound %ax,(%bx)
	mov $50,%ax
	TRY bound %ax,(%bx)
	# A20: FFFF:0010 is 1 MiB
	mov $0xffff,%ax
	mov %ax,%es
	movw $0x1234,0x500
	movw $0x5678,%es:0x510
	HEX 0x500
	CH '\n'
	# flags: pushf in real mode
	cli
	pushf
	pop %ax
	HEX %ax
	mov $0x7ed7,%ax
	push %ax
	popf
	nop
	pushf
	pop %ax
	and $0xfeff,%ax
	HEX %ax
	push $2
	popf
	CH '\n'
	# far calls
	lcall $0,$far1
	lcall *ptr
	pushl $0
	popl %eax
	HEX %ax
	# pusha
	mov $1,%ax
	mov $2,%bx
	mov $3,%cx
	mov $4,%dx
	mov $5,%si
	mov $6,%di
	mov $7,%bp
	pusha
	pop %ax
	HEX %ax
	pop %ax
	HEX %ax
	pop %ax
	HEX %ax
	pop %ax
	HEX %ax
	sub $8,%sp
	popa
	HEX %bp
	pushal
	popal
	CH '\n'
	# smsw, sgdt, lgdt
	smsw %ax
	and $0xf,%ax
	HEX %ax
	lgdt gdtr
	sgdt out6
	HEX out6
	HEX out6+2
	HEX out6+4
	sidt out6
	HEX out6
	HEX out6+2
	TRY sldt %ax
	TRY str %ax
	TRY lldt %ax
	TRY lar %ax,%ax
	TRY verr %ax
	# single step
	movw $88f,at
	movw $87f,cont
	pushf
	pop %ax
	or $0x100,%ax
	push %ax
	popf
88:	nop
	nop
87:	CH '\n'
	pushf
	pop %ax
	and $0xfeff,%ax
	push %ax
	popf
	# unreal mode
	cli
	mov %cr0,%eax
	or $1,%al
	mov %eax,%cr0
	mov $8,%bx
	mov %bx,%es
	and $0xfe,%al
	mov %eax,%cr0
	xor %ax,%ax
	mov %ax,%es
	mov $0x200000,%ebx
	movl $0xcafebabe,%es:(%ebx)
	movl %es:(%ebx),%eax
	HEX %ax
	CH '\n'
	# 32-bit addressing and BCD
	mov $0x1239,%ax
	add $0x48,%al
	daa
	HEX %ax
	mov $0x0035,%ax
	aam
	HEX %ax
	aad
	HEX %ax
	mov $0x0305,%ax
	sub $0x08,%al
	aas
	HEX %ax
	CH '\n'
	# idt limit
	lidt shortidt
	mov $0,%al
	TRY movw $1,0x600
	lidt realidt
	# strings at segment ends
	mov $0xfffc,%si
	mov $0x1000,%di
	mov $8,%cx
	cld
	TRY rep lodsb
	HEX %cx
	HEX %si
	mov $0xfffd,%si
	mov $4,%cx
	TRY rep lodsw
	HEX %cx
	HEX %si
	CH '\n'
	mov $21,%al
	out %al,$0xf4
	hlt
far1:	HEX %cs:(zero)
	lret
far2:	CH 'f'
	lret
zero:	.word 0x77
ptr:	.word far2,0
bnd:	.word 1,10
.balign 8
gdt:	.quad 0, 0x00cf92000000ffff
gdtr:	.word 15
	.long gdt
out6:	.fill 8
shortidt: .word 0x3ff
	.long 0
realidt: .word 0x3ff
	.long 0
