# shutdown.S: a push with SP 1 in real mode: #SS has no stack for its frame, nor has
# the double fault, and the processor shuts down (SDM vol 2, PUSH), as in Bochs.
# blink ends there, with what the processor was about.
.include "guest.inc"
main:	cli
	lidt short
	SAY "vectors 0 to 8: "
	VEC 8, df
	int $0x40		# no vector, no 13: double fault
back:	lidt long
	SAY "sp 1\n"
	mov $1,%sp
	push %ax
	SAY "not here\n"
	END 3
df:	SAY "double fault "
	pop %ax			# at the INT
	sub $back,%ax
	call hex
	add $4,%sp
	jmp back
short:	.word 4*9-1
	.long 0
long:	.word 0x3ff
	.long 0
