# features.S: what CPUID promises a PC's system software, leaf by leaf, and that
# CR4 agrees: SMEP, SMAP, UMIP, TSD; XSAVE, AVX and the local APIC's register are
# not there. SMEP and SMAP are as Bochs has them; its processor has no UMIP.
# Of one processor are: leaf 1, EBX: APIC id 0, one logical processor, EDX without
# HTT; leaf 4, EAX: no cache shared, one core; leaf 0bh: one thread, no bits of an id;
# leaf 80000008h: 40 bits of physical addresses, with which test/ring0/paging.c and
# control.c find pages and reserved bits, 48 of linear ones (limits.c, canonical).
.include "prot.inc"
	CH 'F'
	NL
	mov $0x78,%ecx
	ltr %cx
	movl $0x6000,tss+4
	movl $0x10,tss+8
	# which bits of CR4 may be set
	xor %esi,%esi
	mov $1,%edi
0:	movl $1f,at
	movl $2f,cont
	mov %cr4,%eax
	or %edi,%eax
	mov %eax,%cr4
	or %edi,%esi
1:	xor %eax,%eax
	mov %eax,%cr4
2:	NL
	add %edi,%edi
	jnz 0b
	HEX %esi
	NL
	# low 4 MiB for the supervisor, 4 MiB more for users, the same bytes
	mov $0x100000,%edi
	xor %eax,%eax
	mov $0x400,%ecx
	cld
	rep stosl
	movl $0x83,0x100000
	movl $0x87,0x100004
	mov $0x100000,%eax
	mov %eax,%cr3
	mov $0x10,%eax
	mov %eax,%cr4
	mov %cr0,%eax
	or $0x80000000,%eax
	mov %eax,%cr0
	# SMEP
	mov $0x400000+return,%edx
	call *%edx
	mov $0x100010,%eax
	mov %eax,%cr4
	TRY call *%edx
	# SMAP
	mov $0x200010,%eax
	mov %eax,%cr4
	call *%edx
	TRY movl 0x400500,%eax
	TRY movl $1,0x400500
	stac
	movl 0x400500,%eax
	movl $1,0x400500
	pushf
	popl %eax
	and $0x40000,%eax
	HEX %eax
	clac
	TRY movl 0x400500,%eax
	push $0x40002
	popf
	movl 0x400500,%eax
	push $2
	popf
	TRY addl $1,0x400500
	movl $0x10,%eax
	mov %eax,%cr4
	TRY stac
	mov %cr0,%eax
	and $0x7fffffff,%eax
	mov %eax,%cr0
	# UMIP, TSD
	R3 "smsw %eax"
	R3 "sldt %eax"
	R3 "rdtsc"
	mov $0x804,%eax
	mov %eax,%cr4
	R3 "smsw %eax"
	R3 "sldt %eax"
	R3 "str %eax"
	R3 "mov $0x8b,%ecx; mov %ecx,%ds; sgdt 0x500"
	R3 "mov $0x8b,%ecx; mov %ecx,%ds; sidt 0x500"
	R3 "rdtsc"
	smsw %eax
	rdtsc
	xor %eax,%eax
	mov %eax,%cr4
	TRY xgetbv
	TRY vpxor %xmm0,%xmm0,%xmm0
	CH 'c'
	CH 'p'
	CH 'u'
	CH 'i'
	CH 'd'
	NL
	xor %ecx,%ecx
	TRY xsetbv
	TRY xsave 0x500
	.macro MSR n
	mov $\n,%ecx
	TRY rdmsr
	.endm
	MSR 0x1b
	MSR 0x179
	mov $leaves,%esi
1:	mov (%esi),%eax
	mov 4(%esi),%ecx
	HEX %eax
	HEX %ecx
	cpuid
	HEX %eax
	HEX %ebx
	HEX %ecx
	HEX %edx
	NL
	add $8,%esi
	cmp $leaves_end,%esi
	jb 1b
	mov $24,%al
	out %al,$0xf4
	hlt
return:	ret
leaves:	.long 0,0, 1,0, 2,0, 3,0, 4,0, 4,1, 4,2, 4,3, 4,4, 5,0, 6,0, 7,0, 7,1, 9,0, 10,0
	.long 11,0, 11,1, 11,2, 11,0x103, 13,0, 13,1, 13,2, 14,0, 0x1f,0
	.long 0x40000000,0, 0x40000001,0, 0x80000000,0, 0x80000001,0, 0x80000002,0
	.long 0x80000003,0, 0x80000004,0, 0x80000005,0, 0x80000006,0, 0x80000007,0
	.long 0x80000008,0, 0x80000009,0, 0x8000001e,0, 0xc0000000,0
leaves_end:
gatetarget: lret
.include "tables.inc"
