# modify.S: code that changes: the next instruction, a loop's own, what a jump
# into an instruction meets, an invalid one, by string instructions, pushes,
# services and through another address; data beside code. As Bochs and qemu.
.include "guest.inc"
# Changes a byte of code
.macro PATCH where, value
	movb $\value,\where
.endm
main:	VEC 6,undefined
	SAY "next "
	PATCH 1f+1,0x22
1:	mov $0x11,%al
	call hexb
	SAY "loop "
	xor %bl,%bl
	mov $5,%cx
1:	mov $0,%al
	add %al,%bl
	incb 1b+1
	loop 1b
	mov %bl,%al
	call hexb
	# In front of the loop's block and behind it, and a word in between
	SAY "beside "
	mov $9000,%cx
	jmp 2f
1:	.word 0
2:	incw 1b
	incw 3f
	loop 2b
	jmp 4f
3:	.word 0
4:	SHOW 1b
	SHOW 3b
	SAY "still "
	mov $3,%dx
	xor %bx,%bx
2:	mov $3000,%cx
1:	mov $0,%al
	incw 5f
	loop 1b
	add %al,%bl
	incb 1b+1
	dec %dx
	jnz 2b
	jmp 6f
5:	.word 0
6:	mov %bl,%al
	call hexb
	SHOW 5b
	SAY "function "
	call function
	call hexb
	PATCH function+1,7
	call function
	call hexb
	SAY "last of a long block "
	call long
	call hexb
	PATCH long_last+1,9
	call long
	call hexb
	SAY "inside "
	call inside
	call hexb
	call inside+1
	call hexb
	PATCH inside+2,0x34
	call inside
	call hexb
	call inside+1
	call hexb
	SAY "invalid "
	mov $'v',%al
	call invalid
	PATCH invalid+1,0x06	# what is none is CLTS
	mov $'v',%al
	call invalid
	PATCH invalid+1,0x04
	mov $'v',%al
	call invalid
	SAY " strings "
	mov $6f,%si
	mov $5f,%di
	mov $7f-6f,%cx
	rep movsb
5:	mov $0x11,%al
	mov $0x12,%ah
	jmp 8f
6:	mov $0x33,%al
	mov $0x44,%ah
7:
8:	call hex
	SAY "pushes "
	mov %sp,%bp
	mov $5f+3,%sp
	push $0x66b0		# mov $0x66,%al
	mov %bp,%sp
	jmp 4f
4:	nop
5:	nop
	mov $0x55,%al
	call hexb
	call stacked
	mov $stacked+2,%sp
	push $0x77b0
	mov %bp,%sp
	call stacked
	SAY "services "
	PATCH 0x9000,0xb0	# mov $0x10,%al; ret
	PATCH 0x9001,0x10
	PATCH 0x9002,0xc3
	mov $0x9000,%bx
	call *%bx
	call hexb
	mov $0x0201,%ax
	mov $(sector-_start)/512%18+1,%cx
	mov $(sector-_start)/512/18<<8,%dx
	int $0x13
	mov $0x9000,%bx
	call *%bx
	call hexb
	SAY "two pages "
	mov $0x6fff,%bx
	movw $0x20b0,(%bx)	# mov $0x20,%al; ret
	movb $0xc3,2(%bx)
	call *%bx
	call hexb
	movb $0x21,1(%bx)
	call *%bx
	call hexb
	movb $0xb4,(%bx)	# mov $0x21,%ah
	mov $0,%ax
	call *%bx
	call hex
	SAY "alias "
	cli
	lgdtl gdtr
	movl $0x83,0x5000
	movl $0x83,0x5004	# 4 MiB is 0 again
	mov $0x10,%eax
	mov %eax,%cr4
	mov $0x5000,%eax
	mov %eax,%cr3
	mov %cr0,%eax
	or $0x80000001,%eax
	mov %eax,%cr0
	ljmpl $8,$pm
.code32
pm:	mov $0x10,%eax
	mov %eax,%ds
	mov %eax,%ss
	xor %ebx,%ebx
	mov $4,%ecx
1:	mov $0,%al
	add %al,%bl
	incb 0x400000+1b+1
	loop 1b
	lea 0x400000+pages,%esi
	call *%esi
	shl $8,%ebx
	mov %al,%bl
	movb $0x55,pages+1
	call *%esi
	shl $8,%ebx
	mov %al,%bl
	ljmp $0x18,$1f
.code16
1:	mov %cr0,%eax
	and $0x7ffffffe,%eax
	mov %eax,%cr0
	ljmp $0,$1f
1:	xor %ax,%ax
	mov %ax,%ds
	mov %ax,%ss
	mov %ebx,%eax
	shr $16,%eax
	call hex
	mov %bx,%ax
	call hex
	END

pages:	mov $0x44,%al
	ret
function:
	mov $6,%al
	ret
long:	mov $0,%al
.rept 40
	inc %ah
.endr
long_last:
	mov $8,%al
	ret
inside:	mov $0x12b0,%ax		# at its second byte: mov $0x12,%al
	ret
stacked:
	mov $0x76,%al
	call hexb
	ret
invalid:
	.byte 0x0f,0x04
	out %al,$0xe9
	ret
undefined:
	push %bp
	mov %sp,%bp
	addw $2,2(%bp)
	mov $'U',%al
	pop %bp
	iret
.balign 8
gdt:	.quad 0
	.quad 0x00cf9a000000ffff
	.quad 0x00cf92000000ffff
	.quad 0x00009a000000ffff
gdtr:	.word .-gdt-1
	.long gdt
.balign 512
sector:	mov $0x20,%al
	ret
.balign 512
