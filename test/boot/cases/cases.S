// cases.S: the first sector, and the ways into a case and out of it, in every
// mode. cases.c has the rest, at 2 MiB, where A20 makes no difference.
//
// `make cases-image` makes example/boot/cases.img and cases_few.img of it. Bochs 2.7
// (model ryzen, port E9) runs the image too. Without the flags that the manual leaves
// undefined (option 1 in cases.c) 8,095 of the 8,379 numbers are its own; where it
// has another, the record is
// - as on Zen 4, through modify_ldt: all of ring 3 that a program can have is run
//   there by test/pc/cases_native_test.c, without a difference. It is what Bochs has
//   otherwise in SHLD and SHRD beyond the operand, 32-bit PUSH and POP of segment
//   registers (four bytes), LOOPcc with a REP prefix, ARPL that changes nothing in
//   code, BOUND of registers at the segment's end, CALL beyond the limit (stores
//   nothing), RETF (the selector's fault), SHA (alignment), x87's C1 and tags, FST
//   that waits for an exception but may not store, MMX shifts by nothing, MASKMOVQ
//   at 64 KiB, RCP, RSQRT, DPPS of NaNs, GF2P8AFFINE;
// - by the manual: ADOX's OF; DR6.BT stays as written; FXRSTOR that faults loads
//   nothing; MXCSR_MASK without AMD's bit 17; the flags of #DF's frame in rows whose
//   other flags are left out (TZCNT, LZCNT);
// - of a processor whose CPUID differs: RDPID, CLWB, MOVDIRI, MOVDIR64B, SERIALIZE,
//   GF2P8MULB.
// Flags that the manual leaves undefined are those of silicon (test/cpu/diff, and
// the test above). qemu-system-i386 is no oracle here: it checks no limits in real
// mode, pushes no RF, and stops by an assertion of its own where IP wraps.
//
// In real mode and virtual-8086 mode a case's registers are in `regs`; the frame
// from which IRET starts it is on its stack, put there by cases.c. Out of it
// leads every vector: through the IVT to rm_stubs, through the IDT to pm_stubs,
// and vector 8 of protected mode through a task gate, as stacks may be bad then.
#include "cases.h"
// Where they are in struct regs
	.set at, 0
	.irp r, eax, ebx, ecx, edx, esi, edi, ebp, esp, eip, eflags, cs, ss, ds, es, fs, gs, vector, error
	.set at_\r, at
	.set at, at + 4
	.endr

	.section .low, "awx"
// Registers from regs and to it; `by` is a segment's prefix
.macro LOAD by, names:vararg
	.irp r, \names
	mov \by\()regs+at_\r, %\r
	.endr
.endm
.macro STORE by, names:vararg
	.irp r, \names
	mov %\r, \by\()regs+at_\r
	.endr
.endm
// The same by way of the stack
.macro PUSH_REGS names:vararg
	.irp r, \names
	pushl regs+at_\r
	.endr
.endm
.macro POP_REGS names:vararg
	.irp r, \names
	popl regs+at_\r
	.endr
.endm
	.code16
	.globl _start
_start:
	cli
	cld
	xor %ax, %ax
	mov %ax, %ds
	mov %ax, %ss
	mov $0x7c00, %sp
	mov $0x7e0, %bx
	mov %bx, %es
	mov $2, %cx		// cylinder 0, sector 2; DH is the head
	mov $0, %dh
1:	xor %bx, %bx
	mov $0x201, %ax
	int $0x13
	jc 1b
	mov %es, %ax
	add $32, %ax
	mov %ax, %es
	inc %cl
	cmp $18, %cl
	jbe 2f
	mov $1, %cl
	xor $1, %dh
	jnz 2f
	inc %ch
2:	decw sectors
	jnz 1b
	cli
	mov $0xff, %al
	out %al, $0x21
	out %al, $0xa1
	in $0x92, %al
	or $2, %al
	and $0xfe, %al
	out %al, $0x92
	lgdt gdt_ptr
	mov %cr0, %eax
	and $0x9fffffff, %eax
	or $0x11, %eax
	mov %eax, %cr0
	ljmp $CODE32, $start32
	.code32
start32:
	mov $DATA32, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov $0x2f0000, %esp
	mov $high_start, %edi
	mov $high_from, %esi
	mov $high_size, %ecx
	rep movsb
	mov $bss_size, %ecx
	rep stosb
	call cases_main
	mov $0x21, %al
	out %al, $0xf4
	lidt no_idt		// a machine without that port stops
	int3
sectors:
	.word image_sectors
	.org 0x1d0
	.globl options
options:			// row to tell about, mode, flags, cases of a row; see cases.c
	.word 0xffff
	.byte 0xff, 0
	.word 0
	.org 510
	.word 0xaa55

	.globl regs, exit_cr0, data_selector
	.balign 4
regs:	.fill 80
sup_esp:
	.long 0
exit_cr0:
	.long 0
data_selector:			// of unreal mode or real mode
	.word 0
	.globl gdt_ptr, idt_ptr, ivt_ptr
	.balign 8
gdt_ptr:
	.word GDT_SIZE - 1
	.long gdt
idt_ptr:
	.word 0x7ff
	.long idt
ivt_ptr:
	.word 0x3ff
	.long 0
no_idt:	.fill 6
	.balign 8
	.globl gdt, idt, tss, tss_double
gdt:	.quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
	.quad 0x00009b000000ffff, 0x000093000000ffff, 0x000293000000ffff
	.fill GDT_SIZE - 0x30
idt:	.fill 0x800
tss:	.fill 208
tss_double:
	.fill 104

	// into a case of real mode
	.code32
	.globl run_real
run_real:
	pushal
	mov %esp, sup_esp
	lidt ivt_ptr
	ljmp $CODE16, $1f
	.code16
1:	mov %cs:data_selector, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %fs
	mov %ax, %gs
	mov $DATA16, %ax
	mov %ax, %ss
	mov %cr0, %eax
	and $0xfe, %al
	mov %eax, %cr0
	ljmp $0, $2f
2:	LOAD %cs:, ds, es, fs, gs, ss, esp, eax, ebx, ecx, edx, esi, edi, ebp
	iretw

	.globl rm_stubs
rm_stubs:
	.set n, 0
	.rept 256
	movb $n, %cs:regs+at_vector
	.byte 0xe9
	.word rm_common - . - 2
	.set n, n + 1
	.endr
rm_common:
	STORE %cs:, eax, ebx, ecx, edx, esi, edi, ebp, esp, ds, es, fs, gs, ss
	lgdtl %cs:gdt_ptr
	mov %cr0, %eax
	mov %eax, %cs:exit_cr0
	mov $0x11, %eax
	mov %eax, %cr0
	ljmpl $CODE32, $leave
	.code32
leave:
	mov $DATA32, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov sup_esp, %esp
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	lgdt gdt_ptr
	lidt idt_ptr
	push $2
	popfl
	popal
	ret

	// into a case of virtual-8086 or protected mode
	.globl run_protected
run_protected:
	pushal
	mov %esp, sup_esp
	testl $0x20000, regs+at_eflags
	jnz 1f
	testb $3, regs+at_cs
	jnz 2f
	LOAD %cs:, ss, esp
	jmp 3f
1:	PUSH_REGS gs, fs, ds, es
2:	PUSH_REGS ss, esp, eflags, cs, eip
	testl $0x20000, regs+at_eflags
	jnz 4f
3:	LOAD %cs:, es, fs, gs, ds
4:	LOAD %cs:, eax, ebx, ecx, edx, esi, edi, ebp
	iretl

	.globl pm_stubs
pm_stubs:
	.set n, 0
	.rept 256
	.if n == 8 || (n >= 10 && n <= 14) || n == 17
	nop
	nop
	.else
	push $0
	.endif
	pushl $n - 128
	.byte 0xe9
	.long pm_common - . - 4
	.set n, n + 1
	.endr
pm_common:
	push %eax
	mov %ds, %eax		// PUSH DS may write two bytes or four
	push %eax
	mov $DATA32, %eax
	mov %eax, %ds
	POP_REGS ds, eax
	STORE %ds:, ebx, ecx, edx, esi, edi, ebp, es, fs, gs
	POP_REGS vector
	addl $128, regs+at_vector
	POP_REGS error, eip, cs, eflags
	testl $0x20000, regs+at_eflags
	jnz 1f
	testb $3, regs+at_cs
	jz 2f
1:	POP_REGS esp, ss
	testl $0x20000, regs+at_eflags
	jz 3f
	POP_REGS es, ds, fs, gs
	jmp 3f
2:	STORE %ds:, esp, ss
3:	mov %cr0, %eax
	mov %eax, exit_cr0
	mov $0x11, %eax
	mov %eax, %cr0
	jmp leave

	// vector 8: the case's registers are in tss
	.globl double_fault
double_fault:
	POP_REGS error
	movl $8, regs+at_vector
	andb $0xfd, gdt+TSS_MAIN+5
	andb $0xfd, gdt+TSS_DOUBLE+5
	lgdt gdt_ptr
	mov $TSS_MAIN, %eax
	ltr %ax
	mov $0x2f8000, %esp
	push $2
	popfl
	jmp 3b
