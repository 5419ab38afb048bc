# head.S: boots a program in C that runs case after case: loads it, goes to flat
# 32-bit protected mode, or with -DLONG to 64-bit mode, and calls main. `enter`
# runs a few instructions in any mode and ring until an exception or interrupt
# comes, whichever, and returns with what was then. See cases.h.
#include "cases.h"
.code16
.globl _start
_start:
	cli
	cld
	xor %ax,%ax
	mov %ax,%ds
	mov %ax,%ss
	mov $0x7c00,%sp
	mov $0x7e0,%ax
	mov %ax,%es
	mov $1,%di			# sector, from 0
	mov %dl,%bl
1:	mov %di,%ax
	mov $36,%cl
	div %cl				# track, rest
	mov %al,%ch
	mov %ah,%al
	xor %ah,%ah
	mov $18,%cl
	div %cl				# side, sector
	mov %al,%dh
	mov %ah,%cl
	inc %cl
	mov %bl,%dl
	push %bx
	xor %bx,%bx
	mov $0x0201,%ax
	push %di
	int $0x13
	pop %di
	pop %bx
	mov %es,%ax
	add $32,%ax
	mov %ax,%es
	inc %di
	cmp $sectors,%di
	jb 1b
	in $0x92,%al
	or $2,%al
	out %al,$0x92
	lgdtl gdt0r
	mov %cr0,%eax
	or $1,%al
	mov %eax,%cr0
	ljmpl $0x18,$start32
gdt0:	.quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff, 0x00cf9a000000ffff
gdt0r:	.word .-gdt0-1
	.long gdt0
.code32
start32: mov $0x10,%eax
	mov %eax,%ds
	mov %eax,%es
	mov %eax,%ss
	mov $C_STACK,%esp
	mov $__bss_start,%edi
	mov $_end,%ecx
	sub %edi,%ecx
	xor %eax,%eax
	rep stosb
#ifdef LONG
	mov $PAGES,%edi			# identity, 1 GiB for all
	mov $0x1000,%ecx
	rep stosl
	movl $PAGES+0x1007,PAGES
	movl $PAGES+0x2007,PAGES+0x1000
	mov $PAGES+0x2000,%edi
	mov $0x87,%eax
1:	mov %eax,(%edi)
	add $8,%edi
	add $0x200000,%eax
	cmp $0x40000000,%eax
	jb 1b
	mov $PAGES,%eax
	mov %eax,%cr3
	mov $0x620,%eax			# PAE OSFXSR OSXMMEXCPT
	mov %eax,%cr4
	mov $0xc0000080,%ecx
	rdmsr
	or $0x101,%eax
	wrmsr
	mov %cr0,%eax
	or $0x80010020,%eax
	mov %eax,%cr0
	ljmp $0x08,$start64
#else
	ljmp $0x18,$1f
1:	call main
	hlt
#endif
.org 510
	.word 0xaa55

# DS, ES, FS, GS; `by` is EAX as it is pushed
.macro PUSH_SEGMENTS by
	.irp s, ds, es, fs, gs
	mov %\s,%eax
	push \by
	.endr
.endm

# stubs, 16 bytes each
.balign 16
.globl stubs
stubs:
#ifdef LONG
.code64
.macro HANDLER n
	.balign 16
	push $\n
	jmp common
.endm
#else
.macro HANDLER n
	.balign 16
	pushl $\n
	jmp common
.endm
#endif
.altmacro
.set i,0
.rept 256
	HANDLER %i
	.set i,i+1
.endr
.noaltmacro

#ifdef LONG
start64: mov $C_STACK,%esp
	call main
	hlt
common:	push %r15
	push %r14
	push %r13
	push %r12
	push %r11
	push %r10
	push %r9
	push %r8
	push %rdi
	push %rsi
	push %rbp
	push %rbx
	push %rdx
	push %rcx
	push %rax
	PUSH_SEGMENTS %rax
	mov %ss,%eax
	push %rax
	mov $DATA,%eax
	mov %eax,%ss
	mov %eax,%ds
	mov %eax,%es
	mov %rsp,%rdi
	mov $HANDLER_STACK,%esp
	cld
	call caught
	mov saved,%rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbp
	pop %rbx
	ret
.globl enter
enter:	push %rbx
	push %rbp
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp,saved
	push 15*8(%rdi)			# ss
	push 4*8(%rdi)			# sp
	push 14*8(%rdi)
	push 13*8(%rdi)
	push 12*8(%rdi)
	mov 16*8(%rdi),%es
	mov 17*8(%rdi),%ds
	mov 18*8(%rdi),%fs
	mov 19*8(%rdi),%gs
	mov 0*8(%rdi),%rax
	mov 1*8(%rdi),%rcx
	mov 2*8(%rdi),%rdx
	mov 3*8(%rdi),%rbx
	mov 5*8(%rdi),%rbp
	mov 6*8(%rdi),%rsi
	mov 8*8(%rdi),%r8
	mov 9*8(%rdi),%r9
	mov 10*8(%rdi),%r10
	mov 11*8(%rdi),%r11
	mov 7*8(%rdi),%rdi
	iretq
#else
common:	push %edi
	push %esi
	push %ebp
	push %ebx
	push %edx
	push %ecx
	push %eax
	PUSH_SEGMENTS %eax
	mov %ss,%ecx
	push %ecx
	mov $DATA,%eax
	mov %eax,%ds
	mov %eax,%es
	mov %esp,%ebx
	lar %ecx,%edx
	bt $22,%edx
	jc 1f
	movzwl %bx,%ebx
1:	mov %eax,%ss
	mov $HANDLER_STACK,%esp
	cld
	push %ebx
	call caught
	mov saved,%esp
	popal
	ret
.globl enter
enter:	pushal
	mov 36(%esp),%ebx
	mov %esp,saved
	testl $0x20000,14*4(%ebx)
	jz 1f
	push 19*4(%ebx)
	push 18*4(%ebx)
	push 17*4(%ebx)
	push 16*4(%ebx)
	mov $DATA,%eax
	mov %eax,%fs
	mov %eax,%gs
	mov %eax,%es
	jmp 2f
1:	mov 18*4(%ebx),%fs
	mov 19*4(%ebx),%gs
	mov 16*4(%ebx),%es
	testb $3,13*4(%ebx)
	jnz 2f
	mov 15*4(%ebx),%ss
	mov 4*4(%ebx),%esp
	jmp 3f
2:	push 15*4(%ebx)
	push 4*4(%ebx)
3:	push 14*4(%ebx)
	push 13*4(%ebx)
	push 12*4(%ebx)
	mov 0*4(%ebx),%eax
	mov 1*4(%ebx),%ecx
	mov 2*4(%ebx),%edx
	mov 5*4(%ebx),%ebp
	mov 6*4(%ebx),%esi
	mov 7*4(%ebx),%edi
	testb $2,14*4+2(%ebx)
	jnz 4f
	mov 17*4(%ebx),%ds
4:	mov %cs:3*4(%ebx),%ebx
	iretl
#endif
.bss
.globl saved
saved:	.skip 8
