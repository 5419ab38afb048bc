# multiboot.S: a kernel for loaders by both multiboot specifications: prints by
# COM1 what the loader left in registers and memory, exits with 33 through port
# 0xf4.
.set FLAGS, 0x10002	# memory wanted; addresses are in the header
.globl _start
_start:	jmp start
.balign 4
header:	.long 0x1badb002, FLAGS, -(0x1badb002 + FLAGS)
	.long header, _start, end, stack, start
.balign 8
header2: .long 0xe85250d6, 0, header2end - header2, -(0xe85250d6 + header2end - header2)
	.word 2, 0		# addresses
	.long 24, header2, _start, end, stack
	.word 3, 0		# entry
	.long 12, start, 0
	.word 0, 0
	.long 8
header2end:
start:	mov $stack,%esp
	mov %eax,%ebp
	mov $title,%esi
	call puts
	mov %ebp,%eax
	call hex		# the magic
	smsw %ax
	and $1,%eax
	call hex		# PE
	xor %eax,%eax
	mov %cs,%ax
	lar %ax,%eax
	shr $8,%eax
	and $0xd0fb,%eax	# present, DPL 0, 32-bit code of 4 GiB; A and reserved left out
	call hex
	pushf
	pop %eax
	and $0x20200,%eax	# no VM, no interrupts
	call hex
	mov bss,%eax
	call hex		# the loader cleared it
	mov $line,%esi
	call puts
	cmp $0x36d76289,%ebp
	je second
	mov (%ebx),%eax
	and $0x47,%eax		# memory, boot device, command line, map
	call hex
	mov 4(%ebx),%eax
	call hex		# KiB below 640 KiB
	mov 8(%ebx),%eax
	call hex		# and from 1 MiB on
	mov $line,%esi
	call puts
	mov 16(%ebx),%esi
	call puts
leave:	mov $line,%esi
	call puts
	mov $33/2,%al
	out %al,$0xf4
1:	hlt
	jmp 1b
# By the second specification: tags for the command line (1), memory (4), its map (6)
second:	mov %ebx,%edi
	add $8,%edi
1:	mov (%edi),%eax
	test %eax,%eax
	jz leave
	cmp $1,%eax
	jne 2f
	lea 8(%edi),%esi
	call puts
	mov $line,%esi
	call puts
2:	cmpl $4,(%edi)
	jne 3f
	mov 8(%edi),%eax
	call hex
	mov 12(%edi),%eax
	call hex
	mov $line,%esi
	call puts
3:	cmpl $6,(%edi)
	jne 4f
	mov 4(%edi),%eax	# 16 bytes and 24 an entry
	call hex
	mov $line,%esi
	call puts
4:	mov 4(%edi),%eax
	add $7,%eax
	and $-8,%eax
	add %eax,%edi
	jmp 1b
hex:	mov $8,%ecx
1:	rol $4,%eax
	push %eax
	and $15,%eax
	mov digits(%eax),%al
	call putc
	pop %eax
	loop 1b
	mov $' ',%al
putc:	push %edx
	mov $0x3f8,%edx
	out %al,%dx
	pop %edx
	ret
0:	call putc
puts:	lodsb
	test %al,%al
	jnz 0b
	ret
digits:	.ascii "0123456789abcdef"
title:	.asciz "a kernel of ours: "
line:	.asciz "\n"
.balign 16
end:
.bss
bss:	.long 0
	.fill 1020
stack:
