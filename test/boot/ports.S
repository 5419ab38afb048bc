# ports.S: breakpoints on ports, which CR4.DE allows, and general detect: #DB
# behind each IN, OUT, INS and OUTS that touches one. As Bochs prints it, but that
# Bochs notes B3, of a breakpoint that is not on, beside B1 (the SDM allows both),
# and stops behind REP OUTSB with ECX = 0, which touches no port.
.include "prot.inc"
	CH 'P'
	NL
	# #DB goes on behind what it stopped
	mov $debug,%eax
	mov %ax,idt+8
	shr $16,%eax
	mov %ax,idt+8+6
.macro PORT insn:vararg
	movl $0,told
	\insn
	nop
	HEX told
	HEX %ecx
	NL
.endm
	mov $8,%eax
	mov %eax,%cr4
	xor %eax,%eax
	mov %eax,%dr6
	mov $0x80,%eax
	mov %eax,%dr0
	mov $0x84,%eax
	mov %eax,%dr1
	mov $0x8000,%eax
	mov %eax,%dr2
	mov $0x84,%eax
	mov %eax,%dr3
	# 0: a byte, 1: a word, 2: a double word of memory, 3: a double word, not on
	mov $0xed620400+0x2a,%eax
	and $~0xc0,%al
	mov %eax,%dr7
	xor %ecx,%ecx
	PORT out %al,$0x80
	PORT in $0x80,%al
	PORT out %al,$0x81
	PORT out %ax,$0x7f
	PORT out %eax,$0x7d
	PORT out %eax,$0x7c
	PORT out %al,$0x84
	PORT out %al,$0x85
	PORT out %al,$0x86
	PORT out %ax,$0x83
	mov $0x80,%edx
	PORT in %dx,%ax
	mov $0x700,%esi
	PORT outsb
	mov $0x600,%edi
	PORT insb
	mov $3,%ecx
	PORT rep outsb
	xor %ecx,%ecx
	PORT rep outsb
	mov $3,%ecx
	PORT rep insb
	# memory at the same address is none of theirs
	PORT movb 0x80,%al
	# without CR4.DE
	mov %cr4,%eax
	and $~8,%eax
	mov %eax,%cr4
	mov $0x402,%eax
	or $0x20000,%eax
	xor %ecx,%ecx
	mov %eax,%dr7
	mov $0x400,%eax
	mov %eax,%dr7
	# general detect: the access is refused, and GD goes off
	mov $0x2400,%eax
	mov %eax,%dr7
	movl $0,told
	movl $1f,skip
	mov %dr0,%ebx
	CH 'n'
1:	HEX told
	movl $0,skip
	mov %dr7,%eax
	HEX %eax
	NL
	mov $0x2400,%eax
	mov %eax,%dr7
	movl $0,told
	movl $1f,skip
	mov %eax,%dr3
	CH 'n'
1:	HEX told
	NL
	mov $0x10,%al
	out %al,$0xf4
	hlt
# Adds up what DR6 says; goes on at `skip` if there is one.
debug:	push %eax
	mov %dr6,%eax
	add %eax,told
	xor %eax,%eax
	mov %eax,%dr6
	mov skip,%eax
	test %eax,%eax
	jz 1f
	mov %eax,4(%esp)
1:	pop %eax
	iretl
gatetarget: lret
told:	.long 0
skip:	.long 0
.include "tables.inc"
