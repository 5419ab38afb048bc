# os.S: a small operating system: long mode with paging, both PICs moved to 20h
# and 28h, a 1 kHz timer by the PIT, the keyboard, one ring-3 program that calls
# by INT 80h and by SYSCALL. Prints to the text screen and to COM1; os.in is
# typed. `q` ends it with 43 through port 0xf4.
.include "boot.inc"
.include "protect.inc"
.set HIGH, 0xffffffff80000000
.set TICKS, 20		# of 1 ms, before keys are looked at
main:	mov $0x03,%ax
	int $0x10
	cli
	PROTECT
	# Tables at 1 MiB: 2 MiB for the kernel, below and at 0xffffffff80000000; the
	# program's code and stack at 1 GiB, one page each, the only user pages.
	mov $0x100000,%edi
	xor %eax,%eax
	mov $0x7000/4,%ecx
	cld
	rep stosl
	movl $0x101007,0x100000
	movl $0x105003,0x100000+511*8
	movl $0x102003,0x101000		# PDPT: 0
	movl $0x103007,0x101000+8	# 1 GiB
	movl $0x83,0x102000
	movl $0x104007,0x103000
	movl $user+5,0x104000		# code: user, read-only
	movl $0x200007,0x104008		# stack: user, written, not run
	movl $0x80000000,0x10400c
	movl $0x102003,0x105000+510*8
	mov $0x20,%eax
	mov %eax,%cr4
	mov $0x100000,%eax
	mov %eax,%cr3
	mov $0xc0000080,%ecx
	rdmsr
	or $0x901,%eax			# NXE, LME, SCE
	wrmsr
	mov %cr0,%eax
	or $0x80010000,%eax		# PG, WP
	mov %eax,%cr0
	ljmp $0x18,$low64
.code64
low64:	mov $HIGH+high64,%rax		# to the upper half
	jmp *%rax
high64:	mov $HIGH+0x7000,%rsp
	lgdt gdtr64(%rip)
	# gates
.macro GATE n, to, attr
	lea \to(%rip),%rax
	mov %ax,idt+16*\n(%rip)
	movw $0x18,idt+16*\n+2(%rip)
	movw $\attr,idt+16*\n+4(%rip)
	shr $16,%rax
	mov %ax,idt+16*\n+6(%rip)
	movl $0xffffffff,idt+16*\n+8(%rip)
.endm
	GATE 13,fault,0x8e00
	GATE 14,fault,0x8e00
	GATE 0x20,timer,0x8e00
	GATE 0x21,keyboard,0x8e00
	GATE 0x80,int80,0xee00
	lidt idtr64(%rip)
	mov $HIGH+0x6000,%rax
	mov %rax,tss+4(%rip)
	movw $104,tss+102(%rip)	# no port is the program's
	mov $0x40,%eax
	ltr %ax
	# PICs: only the timer and the keyboard
.macro OUTB port, value
	mov $\value,%al
	out %al,$\port
.endm
	OUTB 0x20,0x11
	OUTB 0xa0,0x11
	OUTB 0x21,0x20
	OUTB 0xa1,0x28
	OUTB 0x21,4
	OUTB 0xa1,2
	OUTB 0x21,1
	OUTB 0xa1,1
	OUTB 0x21,0xfc
	OUTB 0xa1,0xff
	OUTB 0x43,0x34		# 1193182 Hz / 1193
	OUTB 0x40,(1193&255)
	OUTB 0x40,(1193>>8)
	lea text(%rip),%rsi
	call puts
	lea (%rip),%rax
	call hex
	mov %cr3,%rax
	call hex
	call newline
	# SYSCALL goes to `fast`, SYSRET to 33h and 2bh
	mov $0xc0000081,%ecx
	mov $0x00230018,%edx
	xor %eax,%eax
	wrmsr
	inc %ecx
	mov $-1,%edx
	lea fast(%rip),%rax
	wrmsr
	mov $0xc0000084,%ecx
	mov $0x40700,%eax
	xor %edx,%edx
	wrmsr
	# TICKS of the timer, asleep
	sti
1:	hlt
	cmpl $TICKS,ticks(%rip)
	jb 1b
	lea ticked(%rip),%rsi
	call puts
	mov $TICKS,%eax
	call hex
	call newline
	# the program, interrupts on
	pushq $0x2b
	pushq $0x40001ff0
	pushq $0x202
	pushq $0x33
	pushq $0x40000000
	iretq

# --- interrupts
timer:	push %rax
	incl ticks(%rip)
	mov $0x20,%al
	out %al,$0x20
	pop %rax
	iretq
keyboard:
	push %rax
	push %rcx
	in $0x60,%al
	test $0x80,%al
	jnz 1f
	movzbl %al,%eax
	lea keys(%rip),%rcx
	cmp $keys_end-keys,%eax
	jae 1f
	mov (%rcx,%rax),%al
	movzbl head(%rip),%ecx
	incb head(%rip)
	and $63,%ecx
	push %rdx
	lea ring(%rip),%rdx
	mov %al,(%rdx,%rcx)
	pop %rdx
1:	mov $0x20,%al
	out %al,$0x20
	pop %rcx
	pop %rax
	iretq
# A fault of the program: says so, goes on behind the two bytes of the
# instruction, or at its return address when it is what could not be run.
fault:	push %rsi
	push %rax
	lea faulted(%rip),%rsi
	call puts
	mov 16(%rsp),%rax	# error code
	call hex
	mov 24(%rsp),%rax	# rip
	call hex
	mov 32(%rsp),%rax	# cs
	call hex
	mov %cr2,%rax
	call hex
	call newline
	addq $2,24(%rsp)
	testb $0x10,16(%rsp)
	jz 1f
	mov 48(%rsp),%rax	# rsp
	mov (%rax),%rax
	mov %rax,24(%rsp)
	addq $8,48(%rsp)
1:	pop %rax
	pop %rsi
	add $8,%rsp
	iretq

# --- system calls: eax 0 puts string rsi, 1 hex of rdi, 2 reads a key into eax,
# 3 exit with edi, 4 ticks into eax
int80:	push %rcx
	call service
	pop %rcx
	iretq
fast:	mov %rsp,userstack(%rip)
	mov $HIGH+0x5000,%rsp
	push %rcx
	push %r11
	call service
	pop %r11
	pop %rcx
	mov userstack(%rip),%rsp
	sysretq
service:
	cmp $1,%eax
	jb puts
	je 5f
	cmp $3,%eax
	jb 2f
	je 4f
	mov ticks(%rip),%eax
	ret
4:	mov $HIGH+0xb8000,%rsi	# the screen's first line, from its memory
	mov $80,%ecx
1:	lodsw
	out %al,$0xe9
	loop 1b
	mov $'\n',%al
	out %al,$0xe9
	mov %edi,%eax
	out %al,$0xf4
	hlt
5:	mov %rdi,%rax
	call hex
	jmp newline
2:	mov tail(%rip),%al
	cmp head(%rip),%al
	jne 3f
	sti
	hlt
	cli
	jmp 2b
3:	incb tail(%rip)
	and $63,%eax
	lea ring(%rip),%rcx
	movzbl (%rcx,%rax),%eax
	ret

# --- the screen and COM1
putc:	push %rdx
	push %rcx
	mov $0x3f8,%edx
	out %al,%dx
	mov cursor(%rip),%ecx
	cmp $'\n',%al
	je 1f
	mov $HIGH+0xb8000,%rdx
	mov %al,(%rdx,%rcx)
	movb $0x1f,1(%rdx,%rcx)
	add $2,%ecx
	jmp 2f
1:	push %rax
	mov %ecx,%eax
	xor %edx,%edx
	mov $160,%ecx
	div %ecx
	inc %eax
	mul %ecx
	mov %eax,%ecx
	pop %rax
2:	mov %ecx,cursor(%rip)
	pop %rcx
	pop %rdx
	ret
puts:	lodsb
	test %al,%al
	jz 1f
	call putc
	jmp puts
1:	ret
newline: mov $'\n',%al
	jmp putc
hex:	push %rcx
	push %rdx
	mov $16,%ecx
1:	rol $4,%rax
	mov %al,%dl
	and $15,%edx
	push %rax
	lea digits(%rip),%rax
	mov (%rax,%rdx),%al
	call putc
	pop %rax
	loop 1b
	mov $' ',%al
	call putc
	pop %rdx
	pop %rcx
	ret
digits:	.ascii "0123456789abcdef"
text:	.asciz "long mode "
ticked:	.asciz "ticks "
faulted: .asciz "fault "
# set 1; keys without a character are 0
keys:	.ascii "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 "
keys_end:
head:	.byte 0
tail:	.byte 0
.balign 8
ring:	.fill 64
userstack: .quad 0
ticks:	.long 0
cursor:	.long 0

.balign 16
gdt:	.quad 0
	.quad 0x00cf9a000000ffff	# 08 32-bit code
	.quad 0x00cf92000000ffff	# 10 data
	.quad 0x00af9a000000ffff	# 18 64-bit code
	.quad 0x00cf92000000ffff	# 20 its stack, after SYSCALL
	.quad 0x00cff2000000ffff	# 28 the program's data
	.quad 0x00affa000000ffff	# 30 and code
	.quad 0
	.word 0x67, tss, 0x8900, 0x8000	# 40 TSS, in the upper half
	.long 0xffffffff, 0
gdtr:	.word .-gdt-1
	.long gdt
gdtr64:	.word gdtr-gdt-1
	.quad HIGH+gdt
idtr64:	.word 0x80*16+15
	.quad HIGH+idt
.balign 8
tss:	.fill 104
.balign 16
idt:	.fill 0x810

# --- the program, alone on its page, at 1 GiB in ring 3
.org 0xa000-0x7c00
user:	lea hello(%rip),%rsi
	xor %eax,%eax
	int $0x80
	mov %cs,%edi
	mov $1,%eax
	syscall
	mov %rcx,%rdi		# where SYSCALL left off
	mov $1,%eax
	int $0x80
	# the timer interrupts it
	mov $4,%eax
	syscall
	lea 5(%rax),%ebx
1:	mov $4,%eax
	syscall
	cmp %ebx,%eax
	jb 1b
	# what it may not do
	mov $0x7c00,%ebx	# the kernel's page
	mov (%rbx),%eax
	lea user(%rip),%rbx	# its own code
	mov %eax,(%rbx)
	in $0x60,%al
	mov $0x40001000,%eax	# its stack
	call *%rax
	# echoes keys
1:	mov $2,%eax
	syscall
	cmp $'q',%al
	je 2f
	mov %rax,(%rsp)
	mov %rsp,%rsi
	xor %eax,%eax
	int $0x80
	jmp 1b
2:	mov $4,%eax
	syscall
	mov %eax,%edi
	mov $1,%eax
	syscall
	mov $3,%eax
	mov $43/2,%edi
	syscall
hello:	.asciz "hello from ring 3\n"
