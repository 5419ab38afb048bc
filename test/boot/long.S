# long.S: PAE and four-level paging, 64-bit exceptions, IST, gates, SYSCALL, MSRs,
# compatibility mode, back to real mode. As Bochs runs it; an unknown MSR is #GP.
.include "prot.inc"
	CH 'L'
	NL
	# PAE first: 2 MiB pages identity, and odd 4 KiB ones at 16 MiB
	mov $0x100000,%edi
	xor %eax,%eax
	mov $0x8000,%ecx
	cld
	rep stosl
	movl $0x101001,0x100000
	movl $0x102003,0x101000+8*8	# page table for 16 MiB: 16>>1=8
	mov $0x101000,%edi
	mov $0x87,%eax
	mov $8,%ecx
1:	mov %eax,(%edi)
	add $8,%edi
	add $0x200000,%eax
	loop 1b
	movl $0x102007,0x101000+8*8
	movl $0x300003,0x102000
	movl $0x301001,0x102008
	movl $0x302003,0x102010
	movl $0x80000000,0x102014	# NX
	movl $0x303003,0x102018
	movl $0x00100000,0x10201c	# reserved address bit
	mov %cr4,%eax
	or $0x20,%eax
	mov %eax,%cr4
	mov $0x100000,%eax
	mov %eax,%cr3
	mov %cr0,%eax
	or $0x80010000,%eax
	mov %eax,%cr0
	CH 'A'
	TRY movl $0xc3,0x1000000
	TRY movl $0,0x1001000
	TRY movl 0x1002000,%eax		# NX bit is reserved with NXE 0
	TRY movl 0x1003000,%eax
	TRY movl 0x1200000,%eax
	TRY movl 0x40000000,%eax
	mov $0xc0000080,%ecx
	rdmsr
	or $0x800,%eax
	wrmsr
	mov %cr3,%eax
	mov %eax,%cr3
	TRY movl 0x1002000,%eax
	mov $0x1002000,%eax
	TRY jmp *%eax
	mov $0x1000000,%eax
	call *%eax
	movl $0x101007,0x100008	# reserved bits in a PDPTE
	mov $0x100000,%eax
	TRY mov %eax,%cr3
	movl $0,0x100008
	mov %cr4,%eax
	and $~0x20,%eax
	HEX 0x101000
	HEX 0x102000
	HEX 0x102008
	NL
	TRY wrmsr	# ecx is still EFER: sets odd bits? eax=cr4
	mov $0x12345678,%ecx
	TRY rdmsr
	# off again, then long mode
	mov %cr0,%eax
	and $0x7fffffff,%eax
	mov %eax,%cr0
	movl $0x111027,0x110000		# PML4
	movl $0x112027,0x111000		# PDPT
	movl $0xa7,0x112000
	movl $0x2000a7,0x112008
	movl $0x4000a7,0x112010
	movl $0x6000a7,0x112018
	movl $0x113007,0x112020		# 8 MiB: a table
	movl $0x300003,0x113000
	movl $0x301001,0x113008
	movl $0x302007,0x113010
	movl $0x80000000,0x113014
	movl $0x303003,0x113018
	mov $0x110000,%eax
	mov %eax,%cr3
	mov $0xc0000080,%ecx
	rdmsr
	or $0x901,%eax
	wrmsr
	mov %cr0,%eax
	or $0x80000000,%eax
	mov %eax,%cr0
	rdmsr
	HEX %eax
	NL
	TRY wrmsr
	mov %cr4,%eax
	and $~0x20,%eax
	lidt idtr64
	lgdt gdtr64
	ljmp $0xd0,$l64
.code64
.macro C6 c
	push %rax
	mov $\c,%al
	out %al,$0xe9
	pop %rax
.endm
hex64:	push %rcx
	push %rax
	push %rdx
	mov $16,%ecx
1:	rol $4,%rax
	push %rax
	and $15,%al
	add $'0',%al
	cmp $'9',%al
	jbe 2f
	add $7,%al
2:	out %al,$0xe9
	pop %rax
	loop 1b
	mov $' ',%al
	out %al,$0xe9
	pop %rdx
	pop %rax
	pop %rcx
	ret
.macro HEX6 r
	push %rax
	mov \r,%rax
	call hex64
	pop %rax
.endm
.macro N6
	C6 '\n'
.endm
.macro HL n, err
l\n:
.if \err == 0
	push $0
.endif
	push $\n
	jmp common64
.endm
	HL 0,0
	HL 1,0
	HL 3,0
	HL 6,0
	HL 8,1
	HL 10,1
	HL 11,1
	HL 12,1
	HL 13,1
	HL 14,1
	HL 48,0
common64:	# vector err rip cs rflags rsp ss
	push %rax
	C6 '['
	mov 8(%rsp),%rax
	call hex64
	mov 16(%rsp),%rax
	call hex64
	mov 24(%rsp),%rax
	sub at,%rax
	call hex64
	mov 32(%rsp),%rax
	call hex64
	mov 40(%rsp),%rax
	and $0x37700,%eax
	call hex64
	mov 48(%rsp),%rax
	call hex64
	mov 56(%rsp),%rax
	call hex64
	cmpl $14,8(%rsp)
	jne 1f
	mov %cr2,%rax
	call hex64
1:	mov %rsp,%rax
	call hex64
	C6 ']'
	mov cont,%eax
	mov $0x10,%ecx
	mov %ecx,%ss
	mov $0x7000,%esp
	pushq $2
	popfq
	jmp *%rax
.macro TRY6 insn:vararg
	movl $88f,at
	movl $89f,cont
88:	\insn
89:	N6
.endm
.macro GATE6 n, attr
	mov $l\n,%eax
	mov %ax,idt64+16*\n
	movw $0xd0,idt64+16*\n+2
	movw $\attr,idt64+16*\n+4
	shr $16,%eax
	mov %ax,idt64+16*\n+6
	movl $0,idt64+16*\n+8
	movl $0,idt64+16*\n+12
.endm
# To 64-bit code of ring 3; faults go on at 1 ahead.
.macro USER entry
	mov $1f,%eax
	mov %eax,cont
	pushq $0x8b
	pushq $0x5800
	pushq $0x202
	pushq $0xdb
	pushq $\entry
	iretq
.endm
l64:	mov $0x10,%eax
	mov %eax,%ss
	mov $0x7000,%esp
	GATE6 0,0x8e00
	GATE6 1,0x8e00
	GATE6 3,0xee00
	GATE6 6,0x8e00
	GATE6 8,0x8e01
	GATE6 10,0x8e00
	GATE6 11,0x8e00
	GATE6 12,0x8e00
	GATE6 13,0x8e00
	GATE6 14,0x8e02
	GATE6 48,0xee00
	movq $0x6000,tss64+4
	movq $0x6800,tss64+36
	movq $0x6c08,tss64+44
	mov $0xe8,%eax
	ltr %ax
	C6 '6'
	N6
	xor %ebx,%ebx
	TRY6 div %bl
	TRY6 int3
	TRY6 int $0x30
	TRY6 int $0x31
	TRY6 ud2
	mov $0x800000000000,%rbx
	TRY6 mov (%rbx),%rax
	TRY6 mov (%rsp,%rbx),%rax
	TRY6 jmp *%rbx
	TRY6 push (%rbx)
	TRY6 mov 0x800000,%rax
	TRY6 movq $0,0x801000
	TRY6 mov 0x804000,%rax
	mov $0x802000,%eax
	TRY6 jmp *%rax
	xor %ecx,%ecx
	TRY6 mov %ecx,%ss
	mov %ss,%eax
	HEX6 %rax
	N6
	mov $0x10,%ecx
	mov %ecx,%ss
	mov $3,%ecx
	TRY6 mov %ecx,%ss
	mov $0xe8,%ecx
	TRY6 ltr %cx
	TRY6 mov %ecx,%ds
	# far transfers
	pushq $0xd0
	movabs $1f,%rax
	push %rax
	lretq
1:	C6 'r'
	N6
	# iretq pops the stack always
	mov $0x5ff3,%eax
	pushq $0x10
	push %rax
	pushq $0x2
	pushq $0xd0
	pushq $1f
	iretq
1:	HEX6 %rsp
	N6
	mov $0x7000,%esp
	# call gate
	movl $2f,cont
	lcall *gateptr
2:	N6
	# compatibility mode
	ljmp *compat
.code32
cm:	mov $0x10,%eax
	mov %eax,%ds
	mov %cs,%eax
	CH 'c'
	HEX %eax
	movl $1f,cont
	movl $88f,at
88:	ud2
1:	# the handler went on in 64-bit mode at cont
.code64
	N6
	# ring 3, 64-bit
	USER u64
u64:	mov %cs,%eax
	mov %ss,%ebx
	movl $u64,at
	int $0x30
1:	N6
	USER 2f
2:	movl $2b,at
	mov 0x803000,%rax
1:	N6
	USER 2f
2:	movl $2b,at
	hlt
1:	N6
	# syscall and sysret
	mov $0xc0000081,%ecx
	mov $0x00c300d0,%edx
	mov $0x11223344,%eax
	wrmsr
	inc %ecx
	xor %edx,%edx
	mov $sysent,%eax
	wrmsr
	mov $0xc0000084,%ecx
	mov $0x300,%eax
	wrmsr
	mov $u2,%ecx
	mov $0x202,%r11d
	mov $0x5800,%esp
	sysretq
u2:	mov %cs,%eax
	mov %ss,%ebx
	mov $0x7,%r8d
	syscall
u3:	jmp .
sysent:	mov %cs,%edx
	mov %ss,%esi
	HEX6 %rax
	HEX6 %rbx
	HEX6 %rcx
	HEX6 %r11
	HEX6 %rdx
	HEX6 %rsi
	N6
	# gs
	mov $0xc0000101,%ecx
	mov $0x1234,%eax
	mov $0xffff8000,%edx
	wrmsr
	inc %ecx
	mov $0x5678,%eax
	xor %edx,%edx
	wrmsr
	swapgs
	dec %ecx
	rdmsr
	HEX6 %rax
	HEX6 %rdx
	mov $0x00008000,%edx
	TRY6 wrmsr
	mov %cr8,%rax
	HEX6 %rax
	mov $9,%eax
	mov %rax,%cr8
	mov %cr8,%rax
	HEX6 %rax
	mov $0x100,%eax
	TRY6 mov %rax,%cr8
	mov $1,%eax
	shl $32,%rax
	TRY6 mov %rax,%cr0
	mov %cr4,%rax
	and $~0x20,%rax
	TRY6 mov %rax,%cr4
	mov %cr0,%rax
	and $0x7fffffff,%eax
	TRY6 mov %rax,%cr0
	# accessed and dirty bits
	HEX6 0x113000
	HEX6 0x113010
	HEX6 0x110000
	N6
	# pages of 1 GiB
	movq $0x87,0x111008
	mov $0x40000500,%ebx
	movl $0x1234,0x500
	mov (%rbx),%eax
	HEX6 %rax
	movq $0x2087,0x111008	# a reserved bit
	mov %cr3,%rax
	mov %rax,%cr3
	TRY6 mov (%rbx),%eax
	# bases
	TRY6 rdfsbase %rax
	TRY6 wrgsbase %rax
	mov %cr4,%rax
	or $0x10000,%rax
	mov %rax,%cr4
	mov $0x123456789a,%rax
	wrfsbase %rax
	rdfsbase %rdx
	HEX6 %rdx
	mov $0x800000000000,%rax
	TRY6 wrfsbase %rax
	rdfsbase %edx
	HEX6 %rdx
	N6
	# leave long mode
	ljmp *leave
.code32
out32:	mov $0x10,%eax
	mov %eax,%ds
	mov %eax,%ss
	mov $0x7000,%esp
	mov %cr0,%eax
	and $0x7fffffff,%eax
	mov %eax,%cr0
	mov $0xc0000080,%ecx
	rdmsr
	HEX %eax
	and $~0x100,%eax
	wrmsr
	lidt idtr
	ljmp $0xb0,$out16
.code16
out16:	mov $0xb8,%ax
	mov %ax,%ds
	mov %ax,%ss
	mov %cr0,%eax
	and $0xfe,%al
	mov %eax,%cr0
	ljmp $0,$outreal
outreal: xor %ax,%ax
	mov %ax,%ds
	mov %ax,%ss
	mov $'R',%al
	out %al,$0xe9
	# a triple fault: no IDT
	lidt nothing
	cmp $0,%ax
	mov $23,%al
	out %al,$0xf4
	hlt
.code64
gate64:	C6 'g'
	HEX6 %rsp
	lretq
.balign 8
gateptr: .long 0
	.word 0xf8
compat:	.long cm
	.word 0x08
leave:	.long out32
	.word 0x08
nothing: .word 0
	.long 0
.balign 16
gdt64:	.quad 0
	.quad 0x00cf9a000000ffff	# 08 code
	.quad 0x00cf92000000ffff	# 10 data
	.fill 14,8,0			# 18..80
	.quad 0x00cff2000000ffff	# 88 data, DPL 3
	.fill 4,8,0			# 90..a8
	.quad 0x000f9a000000ffff	# b0 16-bit code
	.quad 0x000092000000ffff	# b8 16-bit data
	.quad 0x00cffa000000ffff	# c0 32-bit code, DPL 3
	.quad 0x00cff2000000ffff	# c8
	.quad 0x00af9a000000ffff	# d0 64-bit code
	.quad 0x00affa000000ffff	# d8 64-bit code, DPL 3
	.quad 0
	.word 0x67, tss64, 0x8900, 0	# e8 TSS
	.quad 0
	.word gate64, 0xd0, 0x8c00, 0	# f8 call gate
	.quad 0
gdtr64:	.word .-gdt64-1
	.long gdt64, 0
idtr64:	.word 0x310-1
	.long idt64, 0
.balign 16
tss64:	.fill 104
.balign 16
idt64:	.fill 0x400
gatetarget: ret
.balign 16
gdt:	.quad 0
	.quad 0x00cf9a000000ffff	# 08 code
	.quad 0x00cf92000000ffff	# 10 data
gdtr:	.word .-gdt-1
	.long gdt
idtr:	.word 0x188-1
	.long idt
.balign 16
idt:	.fill 0x200
