# sector.S: a boot sector that another loader starts: prints where it runs, waits
# for a key, exits with 35 through port 0xf4.
.code16
.globl _start
_start:	call 1f
1:	pop %si
	sub $1b,%si		# 0 where org and address agree
	jnz 3f
	xor %ax,%ax
	mov %ax,%ds
	mov $text,%si
0:	lodsb
	test %al,%al
	jz 2f
	mov $0x0e,%ah
	mov $7,%bx
	int $0x10
	jmp 0b
2:	mov $0,%ah
	int $0x16
	mov $0x0e,%ah
	int $0x10
	mov $'\n',%al
	int $0x10
	mov $35/2,%al
	out %al,$0xf4
3:	hlt
	jmp 3b
text:	.asciz "a boot sector of ours; key "
.org 510
.word 0xaa55
