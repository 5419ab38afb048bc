# kbc.S: the 8042 and its keyboard by their ports: controller commands, keyboard
# commands, the scan codes of typed keys in sets 1 and 2, translated and not, by
# interrupt and by polling; A20 and reset. kbc.in is typed.
# As qemu, but: data clear the status's bit 3, and what follows EDh may be another
# command.
.include "guest.inc"
.include "kbc.inc"
# The next byte, or - when none comes
.macro GET
	call get
.endm
get:	push %cx
	mov $0x2fff,%cx
1:	in $0x64,%al
	test $1,%al
	jnz 2f
	loop 1b
	mov $'-',%al
	out %al,$0xe9
	pop %cx
	ret
2:	in $0x60,%al
	call hexb
	pop %cx
	ret
# All that come soon
drain:	push %cx
3:	mov $0x4000,%cx
1:	in $0x64,%al
	test $1,%al
	jnz 2f
	loop 1b
	pop %cx
	ret
2:	in $0x60,%al
	call hexb
	jmp 3b
# N bytes as they are typed
.macro KEYS n
	mov $\n,%cx
	call keys
.endm
keys:	push %cx
1:	in $0x64,%al
	test $1,%al
	jz 1b
	in $0x60,%al
	call hexb
	pop %cx
	loop keys
	ret
# F0h and the set that is asked for; 0 asks which it is, which is the answer's end
.macro SET n
	DAT 0xf0
	GET
	DAT \n
	GET
.endm
n:	.byte 0
irq1:	push %ax
	in $0x64,%al
	and $1,%al
	add $'0',%al
	out %al,$0xe9
	in $0x60,%al
	call hexb
	incb n
	mov $0x20,%al
	out %al,$0x20
	pop %ax
	iret
main:	cli
	cmpw $0x55aa,0x600	# after the reset: memory stays
	jne 1f
	movw $0,0x600
	SAY "again\n"
	END 9
1:	SAY "status: "
	in $0x64,%al
	call hexb
	SAY "\ncommand byte: "
	CTL 0x20
	GET
	CTL 0x60
	DAT 0x44		# translates, no interrupts
	CTL 0x20
	GET
	in $0x64,%al
	call hexb
	SAY "\nself tests: "
	CTL 0xaa
	GET
	CTL 0xab
	GET
	CTL 0x20
	GET
	CTL 0x60
	DAT 0x44
	SAY "\nports: "
	CTL 0xc0
	in $0x64,%al
	call hexb
	in $0x60,%al
	and $0x80,%al		# not locked
	call hexb
	CTL 0xd0
	in $0x60,%al
	call hexb
	SAY "\nhanded back: "
	CTL 0xd2
	in $0x64,%al
	and $8,%al		# the last write was a command
	call hexb
	DAT 0x77
	in $0x64,%al
	and $8,%al
	call hexb
	GET
	SAY "\nkeyboard: "
	DAT 0xee
	GET
	DAT 0xf2
	GET
	GET
	GET
	DAT 0xed
	GET
	DAT 0x07
	GET
	DAT 0xed		# another command in place of the lights
	GET
	DAT 0xf3
	GET
	DAT 0x20
	GET
	DAT 0xfe		# the last one again
	GET
	DAT 0xf6
	GET
	DAT 0xf5
	GET
	DAT 0xf4
	GET
	DAT 0xe0		# no such command
	GET
	SAY "\nsets: "
	SET 0
	GET
	CTL 0x60
	DAT 0x04		# no translation
	SET 0
	GET
	SET 0x09		# no such set
	call drain
	SET 1
	SET 0
	GET
	SET 2
	SAY "\nreset: "
	DAT 0xff
	GET
	GET
	SAY "\nset 2: "
	KEYS 3			# a
	SAY "/ "
	KEYS 6			# A
	SAY "/ "
	KEYS 5			# up
	SAY "\ntranslated: "
	CTL 0x60
	DAT 0x44
	KEYS 2			# b
	SAY "/ "
	KEYS 4			# Ctrl-C
	SAY "/ "
	KEYS 4			# Del
	SAY "/ "
	KEYS 4			# F11 F12
	SAY "\nset 1: "
	CTL 0x60
	DAT 0x04
	SET 1
	KEYS 2			# c
	SAY "/ "
	KEYS 4			# left
	SET 2
	SAY "\ndisabled, the interface: "
	CTL 0x60
	DAT 0x44
	CTL 0xad
	CTL 0x20
	GET
	GET
	CTL 0xae
	KEYS 2			# d
	SAY "\nby interrupt: "
	VEC 9, irq1
	CTL 0x60
	DAT 0x45
	CTL 0x20		# the controller's own answers too
	sti
1:	cmpb $1,n
	jb 1b
	cli
	DAT 0xee
	sti
1:	cmpb $2,n
	jb 1b
1:	cmpb $6,n		# e f
	jb 1b
	cli
	SAY "\nA20: "
	CTL 0xdd
	in $0x92,%al
	call hexb
	CTL 0xd0
	GET
	CTL 0xdf
	in $0x92,%al
	call hexb
	CTL 0xd1
	DAT 0xdd		# off
	in $0x92,%al
	call hexb
	CTL 0xd1
	DAT 0xdf
	in $0x92,%al
	call hexb
	SAY "\nreset: "
	movw $0x55aa,0x600
	CTL 0x60
	DAT 0x44
	CTL 0xfe
2:	hlt
	jmp 2b
