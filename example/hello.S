# hello.S: a whole static ELF program in under 200 bytes. Built as a flat
# image: the ELF header, one program header that lies partly inside it, code.
	.code64
	.globl _start
base = 0x400000
start:
	.byte 0x7f, 'E', 'L', 'F', 2, 1, 1, 0
	.quad 0
	.short 2, 62          # executable, x86-64
	.long 1
	.quad base + (_start - start)
	.quad phdr - start
	.quad 0
	.long 0
	.short 64, 56         # sizes of the two headers
phdr:                         # its first eight bytes are e_phnum...e_shstrndx
	.long 1               # PT_LOAD; e_phnum = 1
	.long 5               # readable, executable
	.quad 0
	.quad base, base
	.quad end - start, end - start
	.quad 0x1000
_start:	mov $1, %eax
	mov $1, %edi
	lea text(%rip), %rsi
	mov $12, %edx
	syscall
	mov $60, %eax
	xor %edi, %edi
	syscall
text:	.ascii "hello world\n"
end:
