# task.S: task switches by calls, jumps, gates and exceptions, 16-bit TSS, and
# virtual-8086 mode. As Bochs runs it, but for OF after rotating by four.
.include "prot.inc"
	CH 'T'
	NL
	mov $0x78,%ecx
	ltr %cx
	movl $0x6000,tss+4
	movl $0x10,tss+8
	# a second task
	movl $task2,tss2+32
	movl $2,tss2+36
	movl $0x5000,tss2+56	# esp
	movl $0x1234,tss2+40	# eax
	movl $0x10,tss2+72
	movl $0x08,tss2+76
	movl $0x10,tss2+80
	movl $0x10,tss2+84
	movl $0x10,tss2+88
	movl $0x10,tss2+92
	mov $0x77,%ebx
	lcall $0x98,$0
	HEX %ebx
	HEX gdt+0x7c
	HEX gdt+0x9c
	NL
	lcall $0x98,$0	# goes on behind its IRET
	mov %cr0,%eax
	and $0xf,%eax
	HEX %eax
	clts
	NL
	lcall $0xa8,$0	# the task gate
	CH 'b'
	NL
	# errors
	TRY lcall $0x78,$0
	TRY ljmp $0x78,$0
	movw $0x66,gdt+0x98
	TRY lcall $0x98,$0
	movw $0x67,gdt+0x98
	movl $0x3f8,tss2+72	# a bad ES
	movl $task2,tss2+32
	TRY lcall $0x98,$0
	str %eax
	HEX %eax
	pushf
	popl %eax
	HEX %eax
	mov $0x10,%eax
	mov %eax,%ss
	NL
	# back to the first task by a jump
	movl $0x10,tss2+72
	movl $88f,tss+32
	movl $2,tss+36
	movl $0x7000,tss+56
	movl $0x10,tss+72
	movl $0x08,tss+76
	movl $0x10,tss+80
	movl $0x10,tss+84
	andb $0xfd,gdt+0x7d
	ljmp $0x78,$0
88:	str %eax
	HEX %eax
	HEX gdt+0x7c
	HEX gdt+0x9c
	NL
	# an exception through a task gate
	andb $0xfd,gdt+0x9d
	movl $0x10,tss2+80
	movl $task3,tss2+32
	movl $0x5000,tss2+56
	movl $2,tss2+36
	movl $0x00980000,idt+6*8
	movl $0x8500,idt+6*8+4
	ud2
	CH 'u'
	andb $0xfd,gdt+0x9d
	movl $task4,tss2+32
	movl $0x5000,tss2+56
	movl $2,tss2+36
	movl $0x00980000,idt+13*8
	movl $0x8500,idt+13*8+4
	mov $0x3f8,%eax
	mov %eax,%es
	CH 'v'
	NL
	GATE 6,0
	GATE 13,0
	# T bit
	andb $0xfd,gdt+0x9d
	movl $task2,tss2+32
	movl $0x5000,tss2+56
	movl $2,tss2+36
	movw $1,tss2+100
	movl $task2,at
	movl $88f,cont
	ljmp $0x98,$0
88:	NL
	movw $0,tss2+100
	mov %db6,%eax
	HEX %eax
	NL
	pushl $2
	popf
	# 16-bit TSS
	movw $0x8100,gdt+0x9c
	movw $task2,tss2+14
	movw $2,tss2+16
	movw $0x5000,tss2+26
	movw $0x10,tss2+34
	movw $0x08,tss2+36
	movw $0xb8,tss2+38
	movw $0x10,tss2+40
	movw $0,tss2+42
	mov $0x11110000,%edi
	andb $0xfd,gdt+0x7d
	str %eax
	movw $0x8b00,gdt+0x7c
	movb $0x89,gdt+0x7d
	mov $0x78,%eax
	ltr %ax
	lcall $0x98,$0
	CH 's'
	movzwl %di,%edi
	HEX %edi
	NL

	# --- virtual-8086 mode
.macro V86 entry
	movl $2f,cont
	movl $\entry,at
	push $0		# gs
	push $0
	push $0
	push $0
	push $0
	push $0x5000
	push $(0x20000+\entry\()_flags)
	push $0
	push $\entry
	iretl
2:	NL
.endm
	movl $0x68,tss+0x64	# an I/O map
	movw $0x68,tss+0x66
	mov $tss+0x68,%edi
	mov $0x2000/4,%ecx
	xor %eax,%eax
	movw $0x2067,gdt+0x78
	mov $0x78,%eax
	movb $0x89,gdt+0x7d
	ltr %ax
	V86 v1
	V86 v2
	V86 v3
	V86 v4
	V86 v5
	V86 v6
	V86 v7
	V86 v8
	V86 v9
	V86 v10
	mov $22,%al
	out %al,$0xf4
	hlt
.code16
v1_flags=0x3000
v1:	mov $'V',%al
	out %al,$0xe9
	mov %cs,%ax
	mov $0x0040,%ax
	mov %ax,%ds
	mov %ds,%bx
	pushf
	pop %ax
	cli
	sti
	int $0x30
v2_flags=0
v2:	cli
v3_flags=0
v3:	pushf
v4_flags=0
v4:	int $0x30
v5_flags=0
v5:	hlt
v6_flags=0x3000
v6:	mov $0xffff,%bx
	mov (%bx),%ax
v7_flags=0
v7:	int3
v8_flags=0x3000
v8:	mov %cr0,%eax
v9_flags=0x3000
v9:	lar %ax,%ax
v10_flags=0x3000
v10:	push $0x3202
	push $0
	push $1f
	iret
1:	lcall $0,$1f
1:	int $0x20
.code32
gatetarget: lret
task2:	CH '2'
	HEX %eax
	HEX %ebx
	pushf
	popl %eax
	HEX %eax
	HEX tss2
	str %eax
	HEX %eax
	HEX %esp
	mov $0x99,%eax
	iretl
	CH 'n'
	HEX %eax
	iretl
	jmp task2
task3:	CH 't'
	HEX %esp
	addl $2,tss+32
	iretl
task4:	CH 'q'
	HEX %esp
	popl %eax
	HEX %eax
	addl $2,tss+32
	iretl
.include "tables.inc"
