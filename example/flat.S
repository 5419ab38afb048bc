# flat.S: a flat program: no header, loaded at 0x400000 and entered there.
	.code64
	.globl _start
_start:	mov $1, %eax
	mov $1, %edi
	mov $(0x400000 + text - _start), %esi
	mov $(end - text), %edx
	syscall
	mov $231, %eax
	mov $7, %edi
	syscall
text:	.ascii "flat\n"
end:
