# v86.S: the BIOS called where it was not written for: from virtual-8086 mode,
# under paging with a page that lies elsewhere, with and without VME, its
# interrupts passed on by a monitor; from big real mode; and through programs that
# hook its vectors and go on to the old ones.
# As SeaBIOS under qemu and Bochs's BIOS as far as these get, but: what is read
# from a floppy goes where pages say, as a monitor would see to it: DMA, which
# knows no pages, is not there; 15h 86h waits also when a monitor calls it.
.include "guest.inc"
.set TSS, 0x30000
.set PAGES, 0x40000
# --- hooks
hooks:	.fill 32		# calls by vector
.macro HOOK n
	mov 4*\n,%eax
	mov %eax,9f
	movw $8f,4*\n
	movw $0,4*\n+2
	jmp 7f
8:	incb %cs:hooks+\n
	.byte 0xea		# ljmp
9:	.long 0
7:
.endm
# A round of calls
calls:	BIOS 0x10, 0x0f00
	BIOS 0x10, 0x0e2a
	BIOS 0x11
	BIOS 0x12
	BIOS 0x13, 0x0201, 0x9000, 0x0001
	SHOW 0x91fe
	BIOS 0x13, 0x0299, 0x9000, 0x0001
	BIOS 0x15, 0x8800
	BIOS 0x15, 0xc000
	BIOS 0x16, 0x0100
	BIOS 0x16, 0x0500, 0, 0x1e61
	BIOS 0x16, 0x0000
	BIOS 0x1a, 0x0100, 0, 0, 0x0010
	mov 0x46c,%ax		# the timer goes on
1:	cmp %ax,0x46c
	je 1b
	movb $1,quiet
	BIOS 0x1a, 0x0000
	movb $0,quiet
	SHOW out_cx
	mov out_dx,%ax
	sub $0x11,%ax		# 11h, or one or two more
	and $0xfffc,%ax
	call hex
	BIOS 0x15, 0x8600, 0, 0, 0x2000
	movw $0x9000,in_di	# ES:DI
	mov in_es,%es
	mov $0xe820,%eax
	xor %ebx,%ebx
	mov $20,%ecx
	mov $0x534d4150,%edx
	mov $0x9000,%edi
	int $0x15
	mov %ecx,%eax
	call hex32
	mov 0x9008,%eax
	call hex32
	movw $0,in_di
	SAY "\n"
	ret
round:	.byte 0
main:	sti
	SAY "hooked\n"
	HOOK 0x08
	HOOK 0x10
	HOOK 0x11
	HOOK 0x12
	HOOK 0x13
	HOOK 0x15
	HOOK 0x16
	HOOK 0x1a
	call calls
	mov $hooks+0x10,%si
	mov $11,%cx
1:	lodsb
	call hexb
	loop 1b
	mov hooks+8,%al
	test %al,%al
	jz 2f
	SAY "ticks"
2:	SAY "\nbig real mode\n"
	cli
	lgdtl gdtr
	mov %cr0,%eax
	or $1,%al
	mov %eax,%cr0
	mov $0x10,%bx
	mov %bx,%es
	mov %bx,%fs
	and $0xfe,%al
	mov %eax,%cr0
	ljmp $0,$1f
1:	xor %ax,%ax
	mov %ax,%es
	mov %ax,%fs
	sti
	call calls
	mov $0x180000,%ebx	# limits stay
	movl $0x600df00d,%fs:(%ebx)
	mov %fs:(%ebx),%eax
	call hex32
	SAY "\nvirtual mode\n"
start:	cli
	mov %cr0,%eax
	or $1,%al
	mov %eax,%cr0
	ljmp $8,$pm
.code32
pm:	mov $0x10,%eax
	mov %eax,%ds
	mov %eax,%es
	mov %eax,%ss
	mov $0x28000,%esp
	mov $PAGES,%edi		# tables: identity, but 9000h is at 29000h
	xor %eax,%eax
	mov $0x2000/4,%ecx
	rep stosl
	movl $PAGES+0x1007,PAGES
	mov $PAGES+0x1000,%edi
	mov $7,%eax
	mov $1024,%ecx
1:	stosl
	add $0x1000,%eax
	loop 1b
	movl $0x29007,PAGES+0x1000+9*4
	mov $PAGES,%eax
	mov %eax,%cr3
	mov %cr0,%eax
	or $0x80000000,%eax
	mov %eax,%cr0
	mov $TSS,%edi		# interrupt redirection and ports: all allowed
	xor %eax,%eax
	mov $0x2100/4,%ecx
	rep stosl
	movl $0x28000,TSS+4
	movl $0x10,TSS+8
	movw $0x88,TSS+102
	movb $0xff,TSS+0x2088
	movb $0x89,gdt+0x18+5	# not busy
	mov $0x18,%eax
	ltr %ax
	mov $idt,%edi		# 256 gates, to stubs of 8 bytes
	mov $stubs,%eax
	mov $256,%ecx
1:	mov %ax,(%edi)
	movl $0xee000008,2(%edi)
	movw $0xee00,4(%edi)
	movw $0,6(%edi)
	add $8,%edi
	add $8,%eax
	loop 1b
	mov $stubs,%edi
	xor %edx,%edx
1:	movb $0x6a,(%edi)	# push the vector; jmp common
	mov %dl,1(%edi)
	movb $0xe9,2(%edi)
	mov $common-7,%eax
	sub %edi,%eax
	mov %eax,3(%edi)
	add $8,%edi
	inc %edx
	cmp $256,%edx
	jb 1b
	lidt idtr
	cmpb $0,round
	je 1f
	mov %cr4,%eax		# VME: interrupts go to the vectors themselves
	or $1,%eax
	mov %eax,%cr4
1:	push $0
	push $0
	push $0
	push $0
	push $0
	push $0x7000
	push $0x23202		# VM, IOPL 3, IF
	push $0
	push $virtual
	iretl
common:	push %eax
	push %ebx
	push %edx
	mov $0x10,%eax
	mov %eax,%ds
	mov %esp,%ebx		# edx ebx eax vector eip cs eflags esp ss
	movzbl 12(%ebx),%eax
	cmp $0xff,%eax
	je again
	incb reflected
	subw $6,28(%ebx)
	movzwl 32(%ebx),%edx
	shl $4,%edx
	push %ecx
	movzwl 28(%ebx),%ecx
	add %ecx,%edx
	mov 16(%ebx),%ecx
	mov %cx,(%edx)
	mov 20(%ebx),%ecx
	mov %cx,2(%edx)
	mov 24(%ebx),%ecx
	mov %cx,4(%edx)
	mov (,%eax,4),%ecx
	movzwl %cx,%edx
	mov %edx,16(%ebx)
	shr $16,%ecx
	mov %ecx,20(%ebx)
	andl $~0x300,24(%ebx)
	pop %ecx
	pop %edx
	pop %ebx
	pop %eax
	add $4,%esp
	iretl
again:	mov $0x28000,%esp
	mov %cr0,%eax
	and $0x7fffffff,%eax
	mov %eax,%cr0
	movb $0x89,gdt+0x18+5
	jmp pm
.code16
reflected: .byte 0
virtual: movb $0,reflected
	call calls
	SAY "passed on: "
	movb reflected,%al	# or only what comes from outside
	cmp $12,%al
	jb 1f
	SAY "all"
1:	mov $0x9000,%bx		# what was read lies elsewhere
	mov $0x2900,%ax
	mov %ax,%es
	SAY " "
	SHOW %es:0x08
	mov $0x0900,%ax
	mov %ax,%es
	SHOW %es:0x08
	xor %ax,%ax
	mov %ax,%es
	incb round
	cmpb $2,round
	je 2f
	mov $1,%eax
	cpuid
	test $2,%dl
	jz 2f
	SAY "\nwith VME\n"
	int $0xff		# back to the monitor, which starts again
2:	SAY "\n"
	END 11
.balign 8
gdt:	.quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
	.word 0x2088, TSS&0xffff
	.byte TSS>>16, 0x89, 0, 0
gdtr:	.word .-gdt-1
	.long gdt
idtr:	.word 0x7ff
	.long idt
.balign 8
.set idt, 0x20000
.set stubs, 0xa000
