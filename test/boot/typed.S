# typed.S: what is typed on standard input, as INT 16h gives it: characters, keys
# by their escape sequences, modifiers, characters of code page 437 that no key
# has. Two bytes of input that wait stay in the buffer while the guest is busy.
# As SeaBIOS under qemu, with these keys pressed by QMP's input-send-event, but: it
# knows no characters by Alt and digits of the number pad, and no state of Insert
# (bit 7 of 02h), which are IBM's.
.include "guest.inc"
main:	sti
1:	mov $0x10,%ah
	int $0x16
	call hex
	cmp $'\r',%al
	jne 2f
	push %ax
	mov $'\n',%al
	out %al,$0xe9
	pop %ax
2:	cmp $'~',%al
	jne 1b
	SAY "\n"
	mov $100,%cx		# busy for some ticks: keys fill the buffer
3:	mov 0x46c,%ax
4:	cmp 0x46c,%ax
	hlt
	je 4b
	loop 3b
	mov 0x41c,%ax		# tail behind head: all of its room but one
	sub 0x41a,%ax
	and $0x1f,%ax
	call hex
	SAY "\n"
5:	mov $0x10,%ah
	int $0x16
	out %al,$0xe9
	cmp $'.',%al
	jne 5b
	mov $0x02,%ah
	int $0x16
	call hexb
	SAY "\n"
	END 12
