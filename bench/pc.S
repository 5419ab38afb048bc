// pc.S: the PC's compute kernels, in real mode (16-bit code) or, with -DWIDE,
// in 32-bit protected mode with flat segments: a sector that is all of the
// program. KERNEL is one of the names below, COUNT how often. Ends through the
// exit ports of blink and qemu (status 3) and of Bochs.
	.include "test/boot/protect.inc"
#ifdef WIDE
#define AX %eax
#define BX %ebx
#define CX %ecx
#define DX %edx
#define SI %esi
#define DI %edi
#define W 4
#else
#define AX %ax
#define BX %bx
#define CX %cx
#define DX %dx
#define SI %si
#define DI %di
#define W 2
#endif
#define DATA 0x8000

	.code16
	.globl _start
_start:	cli
	xor %ax,%ax
	mov %ax,%ds
	mov %ax,%es
	mov %ax,%ss
	mov $0x7000,%sp
	ljmp $0,$0f
0:
#ifdef WIDE
	PROTECT
	mov $0x7000,%esp
#endif
	cld
	movl $COUNT,count
again:	call KERNEL
	decl count
	jnz again
	mov $1,%al
	out %al,$0xf4
	mov $shutdown,SI
	mov $0x8900,DX
	mov $8,CX
	rep outsb
	hlt

// Recursion: the 17th Fibonacci number
fib:	mov $17,AX
fib1:	cmp $2,AX
	jb 1f
	push AX
	dec AX
	call fib1
	pop BX
	push AX
	lea -2(BX),AX
	call fib1
	pop BX
	add BX,AX
1:	ret

// The sieve of Eratosthenes over 8191 bytes
sieve:	mov $DATA,DI
	mov $8191,CX
	mov $1,%al
	rep stosb
	xor DX,DX
	mov $2,BX
1:	cmpb $0,DATA(BX)
	je 3f
	inc DX
	mov BX,SI
2:	add BX,SI
	cmp $8191,SI
	jae 3f
	movb $0,DATA(SI)
	jmp 2b
3:	inc BX
	cmp $8191,BX
	jb 1b
	ret

// Insertion sort of 256 words from a congruential generator
sort:	mov $DATA,DI
	mov $256,CX
	mov $12345,AX
1:	imul $20077,AX,AX
	add $12345,AX
	mov AX,(DI)
	add $W,DI
	loop 1b
	mov $DATA+W,DI
1:	mov (DI),AX
	mov DI,SI
2:	mov -W(SI),BX
	cmp AX,BX
	jbe 3f
	mov BX,(SI)
	sub $W,SI
	cmp $DATA,SI
	jne 2b
3:	mov AX,(SI)
	add $W,DI
	cmp $DATA+256*W,DI
	jne 1b
	ret

// A checksum of 8 KiB, byte by byte
hash:	mov $DATA,SI
	mov $8192,CX
	mov $5381,BX
1:	lodsb
	movzx %al,AX
	xor AX,BX
	imul $31,BX,BX
	rol $3,BX
	add CX,BX
	dec CX
	jnz 1b
	ret

// Bits by table, as interpreters jump
table:	mov $4096,CX
	mov $1,BX
1:	mov BX,SI
	and $6,SI
	mov cases(SI),%ax
#ifdef WIDE
	movzwl %ax,%eax
#endif
	jmp *AX
case0:	add CX,BX
	jmp 2f
case1:	shr $1,BX
	adc CX,BX
	jmp 2f
case2:	neg BX
	sub CX,BX
	jmp 2f
case3:	xor CX,BX
	rol $1,BX
2:	dec CX
	jnz 1b
	ret
cases:	.word case0,case1,case2,case3

#ifndef WIDE
// Waits for the timer's interrupt, 18.2 times a second
idle:	sti
	hlt
	cli
	ret
#endif

// Copies and looks through 8 KiB
string:	mov $DATA,SI
	mov $DATA+0x2000,DI
	mov $0x2000/W,CX
#ifdef WIDE
	rep movsl
#else
	rep movsw
#endif
	mov $DATA+0x2000,DI
	mov $0x2000,CX
	mov $0xa7,%al
	repne scasb
	ret

	.balign 4
count:	.long 0
shutdown: .ascii "Shutdown"
#ifdef WIDE
	.balign 8
gdt:	.quad 0
	.quad 0x00cf9a000000ffff
	.quad 0x00cf92000000ffff
gdtr:	.word .-gdt-1
	.long gdt
#endif
	.org 510
	.word 0xaa55
