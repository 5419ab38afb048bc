# prot.S: 32-bit protected mode: faults, segment loads, limits, gates, ring 3,
# breakpoints, paging. What it prints is what Bochs prints, but for one line: an
# access that wraps at the end of an expand-down segment is #GP.
.include "prot.inc"
	CH 'P'
	NL
	xor %ebx,%ebx
	TRY div %bl
	TRY int3
	TRY int $0x30
	TRY int $0x20
	TRY int $0x31
	TRY int $0x80
	TRY ud2
	# segment loads
	mov $0x20,%ecx
	TRY mov %ecx,%ds
	mov $0x18,%ecx
	TRY mov %ecx,%ss
	mov $0x08,%ecx
	TRY mov %ecx,%ss
	TRY mov %ecx,%es
	mov $0x0,%ecx
	TRY mov %ecx,%ss
	TRY mov %ecx,%es
	TRY movl %es:0,%eax
	mov $0x28,%ecx
	TRY mov %ecx,%es
	mov $0x30,%ecx
	TRY mov %ecx,%es
	mov $0x3f8,%ecx
	TRY mov %ecx,%es
	mov $0x44,%ecx
	TRY mov %ecx,%es
	mov $0x13,%ecx
	TRY mov %ecx,%es
	mov $0x13,%ecx
	TRY mov %ecx,%ss
	# limits: 0x38 is 4 KiB of data at 0x10000; 0x40 expand-down
	mov $0x38,%ecx
	mov %ecx,%es
	TRY movb %es:0xfff,%al
	TRY movb %es:0x1000,%al
	TRY movw %es:0xfff,%ax
	TRY movl %es:0xffc,%eax
	TRY movl %es:0xffd,%eax
	TRY movb $1,%es:0x1000
	mov $0x40,%ecx
	mov %ecx,%es
	TRY movb %es:0xfff,%al
	TRY movb %es:0x1000,%al
	TRY movl %es:0xffffffff,%eax
	TRY movl %es:0xfffffffc,%eax
	mov $0x48,%ecx
	mov %ecx,%es
	TRY movb %es:0,%al
	TRY movb $0,%es:0
	TRY movb $0,%cs:0x500
	TRY movb %cs:0x500,%al
	# accessed bits
	HEX gdt+0x3c
	HEX gdt+0x44
	HEX gdt+0x14
	NL
	# far calls and jumps
	TRY ljmp $0x0,$0
	TRY ljmp $0x10,$0
	TRY ljmp $0x50,$0
	TRY ljmp $0x58,$ring0code
	TRY ljmp $0x60,$0x1000
	TRY lcall $0x08,$farret
	TRY lcall $0x68,$0
	TRY lcall $0x70,$0
	# TSS
	mov $0x78,%ecx
	TRY ltr %cx
	TRY ltr %cx
	str %eax
	HEX %eax
	HEX gdt+0x7c
	mov $0x80,%ecx
	TRY lldt %cx
	sldt %eax
	HEX %eax
	mov $0x0c,%ecx
	TRY mov %ecx,%es
	mov $0x04,%ecx
	TRY mov %ecx,%es
	mov $0x10,%ecx
	TRY lldt %cx
	xor %ecx,%ecx
	TRY lldt %cx
	mov $0x0c,%ecx
	TRY mov %ecx,%es
	# LAR LSL VERR VERW
	mov $0,%esi
1:	xor %eax,%eax
	xor %edx,%edx
	lar %esi,%eax
	setz %dl
	HEX %eax
	lsl %esi,%eax
	setz %dh
	HEX %eax
	verr %si
	mov $0,%eax
	setz %al
	shl $16,%eax
	or %eax,%edx
	mov $0,%eax
	verw %si
	setz %al
	shl $20,%eax
	or %eax,%edx
	HEX %edx
	NL
	add $8,%esi
	cmp $0xc0,%esi
	jb 1b
	# ring 3
	movl $0x6000,tss+4
	movl $0x10,tss+8
	movl $2f,cont
	movl $ring3,at
	pushl $0x8b
	pushl $0x5800
	pushl $0x3002
	pushl $0x93
	pushl $ring3
	iretl
2:	NL
	R3 "cli"
	R3 "hlt"
	R3 "in $0x21,%al"
	R3 "in $0xe9,%al"
	R3 "mov %cr0,%eax"
	R3 "mov %db0,%eax"
	R3 "lgdt gdtr"
	R3 "sgdt 0x500"
	R3 "int $0x20"
	R3 "int3"
	R3 "mov $0x10,%ecx; mov %ecx,%ds"
	R3 "mov $0x10,%ecx; mov %ecx,%ss"
	R3 "mov $0x8b,%ecx; mov %ecx,%ds"
	R3 "mov $0x8b,%ecx; mov %ecx,%ss"
	R3 "lcall $0xa3,$0"
	R3 "lcall $0x08,$0"
	R3 "ljmp $0x5b,$conform3"
	R3 "pushf; popl %eax; or $0x3200,%eax; push %eax; popf; pushf; popl %eax; and $0x3200,%eax; mov %eax,%ebx"
	R3 "mov %ds,%ebx"
	R3 "lret"
	R3 "rdmsr"
	R3 "wbinvd"
	R3 "clts"
	R3 "smsw %eax"
	# single step over instructions in ring 0
	movl $1,resume
	movl $88f,at
	movl $89f,cont
	pushf
	orl $0x100,(%esp)
	popf
88:	nop
	nop
89:	NL
	movl $0,resume
	# breakpoints
	movl $88f,%eax
	mov %eax,%db0
	mov $0x500,%eax
	mov %eax,%db1
	mov $0x00d00005,%eax
	mov %eax,%db7
	movl $88f,at
	movl $89f,cont
88:	nop
	nop
89:	NL
	mov %db6,%eax
	HEX %eax
	mov $0xffff0ff0,%eax
	mov %eax,%db6
	TRY movb $1,0x501
	mov %db6,%eax
	HEX %eax
	TRY movb 0x501,%al
	mov $0x400,%eax
	mov %eax,%db7
	NL
	# x87 and TS
	mov %cr0,%eax
	or $8,%eax
	mov %eax,%cr0
	TRY fninit
	TRY fwait
	TRY movd %eax,%mm0
	TRY movups %xmm0,%xmm1
	clts
	mov %cr0,%eax
	or $2,%eax
	mov %eax,%cr0
	TRY fwait
	TRY fninit
	TRY movups %xmm0,%xmm1
	mov %cr4,%eax
	or $0x200,%eax
	mov %eax,%cr4
	TRY movups %xmm0,%xmm1
	jmp paging
farret:	CH 'f'
	lret
ring0code:
conform3:
	CH 'c'
	HEX %esp
	mov %cs,%eax
	HEX %eax
	jmp *cont
ring3:	mov %cs,%eax
	mov %ss,%ebx
	CH '3'
	HEX %eax
	HEX %ebx
	mov %ds,%eax
	HEX %eax
	HEX %esp
	cli
	sti
	int $0x30
gatetarget:
	mov $0x10,%eax
	mov %eax,%ds
	CH 'g'
	mov %cs,%eax
	HEX %eax
	mov %ss,%eax
	HEX %eax
	HEX %esp
	HEX 4(%esp)
	HEX 4(%esp)
	HEX 8(%esp)
	HEX 12(%esp)
	HEX 16(%esp)
	HEX 20(%esp)
	mov $0x8b,%eax
	mov %eax,%ds
	lret $8

# --- paging, 32-bit
paging:	mov $0x100000,%edi
	xor %eax,%eax
	mov $0x2000,%ecx
	cld
	rep stosl
	movl $0x101007,0x100000		# low 4 MiB by pages
	movl $0x00400087,0x100004	# a large page: 4..8 MiB
	movl $0x00000087,0x100008	# 8..12 MiB shows 0..4 MiB
	movl $0x102007,0x10000c		# 12..: pages with odd rights
	movl $0x00600087,0x100010	# reserved bits set
	mov $0x101000,%edi
	mov $0x007,%eax
1:	stosl
	add $0x1000,%eax
	cmp $0x400007,%eax
	jb 1b
	movl $0x300000,0x102000		# not present
	movl $0x301001,0x102004		# supervisor, read only
	movl $0x302003,0x102008		# supervisor, writable
	movl $0x303005,0x10200c		# user, read only
	movl $0x304007,0x102010		# user, writable
	mov $0x100000,%eax
	mov %eax,%cr3
	mov %cr4,%eax
	or $0x10,%eax
	mov %eax,%cr4
	mov %cr0,%eax
	or $0x80000000,%eax
	mov %eax,%cr0
	CH 'p'
	NL
	mov 0x800000+at,%eax
	sub at,%eax
	HEX %eax
	NL
	TRY movl 0xc00000,%eax
	TRY movl $0,0xc00000
	TRY movl 0xc01000,%eax
	TRY movl $0,0xc01000
	TRY movl $0,0xc02000
	TRY movl 0xc03ffe,%eax
	TRY movl 0xc04ffe,%eax
	TRY movl $1,0xc04ffe
	TRY movl 0x1000000,%eax
	TRY movl 0x1400000,%eax
	mov $0xc00000,%eax
	TRY jmp *%eax
	mov %cr0,%eax
	or $0x10000,%eax
	mov %eax,%cr0
	TRY movl $0,0xc01000
	TRY movl $0,0xc03000
	TRY lock addl $1,0xc01000
	TRY cmpxchg %ecx,0xc01000
	HEX 0x102004
	HEX 0x102008
	HEX 0x10200c
	HEX 0x102010
	HEX 0x100008
	NL
	R3 "mov $0x8b,%ecx; mov %ecx,%ds; movl 0xc01000,%eax"
	R3 "mov $0x8b,%ecx; mov %ecx,%ds; movl 0xc03000,%eax"
	R3 "mov $0x8b,%ecx; mov %ecx,%ds; movl $1,0xc03000"
	R3 "mov $0x8b,%ecx; mov %ecx,%ds; movl $1,0xc04000"
	R3 "mov $0x8b,%ecx; mov %ecx,%ds; movl $1,0xc02000"
	R3 "mov $0x8b,%ecx; mov %ecx,%ds; movl $0xc02000,%eax; jmp *%eax"
	R3 "mov $0x8b,%ecx; mov %ecx,%ds; movl 0xc00000,%eax"
	HEX 0x102010
	# a mapping changes, with INVLPG and CR3
	movl $0xdddd,0x305000
	movl $0xeeee,0x306000
	movl $0x305003,0x102014
	movl 0xc05000,%eax
	HEX %eax
	movl $0x306003,0x102014
	invlpg 0xc05000
	movl 0xc05000,%eax
	HEX %eax
	movl $0x305003,0x102014
	mov %cr3,%eax
	mov %eax,%cr3
	movl 0xc05000,%eax
	HEX %eax
	NL
	# code in a page that is mapped anew
	movl $0xc3c30bb0,0x305000	# mov $11,%al; ret
	movl $0xc3c316b0,0x306000	# mov $22,%al; ret
	xor %eax,%eax
	mov $0xc05000,%edx
	call *%edx
	HEX %eax
	movl $0x306003,0x102014
	invlpg 0xc05000
	call *%edx
	HEX %eax
	movb $33,0x306001
	call *%edx
	HEX %eax
	NL
	mov $20,%al
	out %al,$0xf4
	hlt
.include "tables.inc"
