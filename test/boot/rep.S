# rep.S: a long REP MOVSB in 32-bit code is interrupted by the timer and stands at
# the same instruction then, also while EFLAGS.AC makes each access be looked at
# and where the segment's end is near. As Bochs; qemu does not come out of the first.
.include "guest.inc"
.include "protect.inc"
main:	cli
	lidtl idtr
	PROTECT
	mov $0x7c00,%esp
	call long_copy
	pushf
	orl $0x40000,(%esp)	# AC
	popf
	call long_copy
	mov $0x18,%eax		# ends at 3 GiB
	mov %eax,%es
	call long_copy
	mov $1,%al
	out %al,$0xf4
	cli
	hlt
long_copy:
	mov $0x10000,%esi
	mov $0x20000,%edi
	mov $0xa0000000,%ecx
	sti
1:	rep movsb
	mov $'-',%al
	out %al,$0xe9
	ret
tick:	mov $'t',%al
	cmpl $1b,(%esp)
	je 1f
	mov $'?',%al
1:	out %al,$0xe9
	mov $0x20,%al
	out %al,$0x20
	add $12,%esp		# the copy is over
	ret
.code16
.balign 8
gdt:	.quad 0
	.quad 0x00cf9a000000ffff
	.quad 0x00cf92000000ffff
	.quad 0x00cb92000000ffff
gdtr:	.word .-gdt-1
	.long gdt
idt:	.fill 64
	.word tick, 8, 0x8e00, 0
idtr:	.word .-idt-1
	.long idt
