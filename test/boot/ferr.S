# ferr.S: x87 errors with CR0.NE clear: interrupt 13, port f0h, which lets waiting
# instructions go on until the error is gone, and what that is.
# As SDM vol 1, Guidelines for Writing x87 FPU Exception Handlers, has FERR# and
# IGNNE# behind port f0h; port f1h does nothing, as on chipsets since the PIIX.
# Bochs agrees where the handler clears the error, but has no IGNNE#: there it is
# called again and again. qemu 7.2 aborts on the first such error (its TCG asserts
# that a lock is held).
.include "guest.inc"
events:	.byte 0
act:	.word 0			# what the handler does
int75:	push %ax
	incb events
	call *act
	mov $0x20,%al
	out %al,$0xa0
	out %al,$0x20
	pop %ax
	iret
clear:	fnclex
	out %al,$0xf0
	ret
leave:	out %al,$0xf0
	ret
twice:	out %al,$0xf0		# waiting ones, with the error pending
	fwait
	fstsw 0x9010
	fld1
	fstps 0x9014
	fstcw 0x9012
	fclex
	ret
mf:	SAY "#MF "
	fnclex
	iret
# 1/0 with this control word
.macro BAD cw=0x33b
	movw $\cw,0x9000
	fninit
	fldcw 0x9000
	fld1
	fldz
	fdivrp
.endm
.macro CASE do, text:vararg
	SAY \text
	movw $\do,act
	movb $0,events
.endm
# How many times the handler came; status, exceptions and B
tell:	nop
	SHOWB events
	fnstsw %ax
	and $0x80bf,%ax
	call hex
	SAY "\n"
	ret
main:	VEC 0x75, int75
	VEC 16, mf
	mov $0xff,%al		# only interrupt 13
	out %al,$0xa1
	mov $0xfb,%al
	out %al,$0x21
	mov $0xdf,%al
	out %al,$0xa1
	mov %cr0,%eax
	and $~0x2e,%eax
	mov %eax,%cr0
	sti
	CASE clear, "cleared: "
	BAD
	fwait
	call tell
	CASE clear, "again: "
	BAD
	fld1			# is what waits
	call tell
	CASE leave, "left: "
	BAD
	fwait
	fwait
	fld1
	fsqrt
	fstps 0x9020
	call tell
	mov 0x9020,%eax
	call hex32
	CASE leave, "functions: "
	BAD
	fwait
	fld1
	fptan
	fsin
	fldl2e
	f2xm1
	fyl2x
	fstps 0x9020
	call tell
	CASE leave, "another error: "
	BAD
	fwait
	fldz
	fld1
	fchs
	fsqrt			# invalid, but masked
	fwait
	fldz
	fdivp			# by zero once more
	fwait
	call tell
	CASE leave, "gone by FNCLEX, then another: "
	BAD
	fwait
	fnclex
	fldz
	fld1
	fdivp %st,%st(1)
	fld1
	fldz
	fdivrp
	fwait
	call tell
	CASE leave, "gone by FLDCW: "
	BAD
	fwait
	movw $0x37f,0x9000
	fldcw 0x9000
	fwait
	call tell
	movw $0x33b,0x9000
	fnstcw 0x9002
	fldcw 0x9000		# and here again
	fwait
	call tell
	CASE leave, "gone by FNSAVE, back by FRSTOR: "
	BAD
	fwait
	fnsave 0x9100
	fwait
	call tell
	frstor 0x9100
	fwait
	call tell
	CASE leave, "gone by FLDENV: "
	BAD
	fwait
	fnstenv 0x9100
	andw $0xff00,0x9102
	fldenv 0x9100
	fwait
	call tell
	CASE leave, "MMX: "
	BAD
	fwait
	movd %mm0,%eax
	emms
	call tell
	CASE twice, "waiting ones in the handler: "
	BAD
	fwait
	call tell
	SHOW 0x9010
	SHOW 0x9014
	SHOW 0x9016
	SHOW 0x9012
	SAY "\n"
	CASE clear, "no error at port f0h: "
	fninit
	out %al,$0xf0
	BAD
	fwait
	call tell
	CASE clear, "f0h before the instruction that waits: "
	cli
	BAD
	out %al,$0xf0
	fwait
	fwait
	sti
	call tell
	fnclex
	CASE clear, "not by port f1h: "
	cli
	BAD
	out %al,$0xf1
	sti
	fwait
	call tell
	CASE clear, "with CR0.NE: "
	BAD
	out %al,$0xf0
	mov %cr0,%eax
	or $0x20,%al
	mov %eax,%cr0
	fwait
	call tell
	BAD
	fwait
	call tell
	END 7
