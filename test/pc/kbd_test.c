// kbd_test.c: 8042 and keyboard as drivers use them, terminal bytes becoming
// scan codes, and the way from there through INT 09h to INT 16h.
#include "machine.h"

enum { DATA = 0x60, STATUS = 0x64 };

static u8
answer(void)
{
	EQ(in(STATUS)&1, 1);
	return in(DATA);
}

static u8
controller(u8 command)
{
	out(STATUS, command);
	return answer();
}

static u8
keyboard(u8 command)
{
	out(DATA, command);
	return answer();
}

static void
set_command(u8 value)
{
	out(STATUS, 0x60);
	out(DATA, value);
}

static void
controller_commands(void)
{
	machine(0, -1, 0);
	EQ(in(STATUS), 0x14);
	EQ(controller(0x20), 0x65);
	EQ(controller(0xaa), 0x55);
	EQ(controller(0xab), 0);
	EQ(controller(0xc0), 0xb0);
	out(STATUS, 0x6a);
	out(DATA, 0x77);
	EQ(controller(0x2a), 0x77);
	// A20 by output port, and by its short forms
	out(STATUS, 0xd1);
	out(DATA, 0xdd);
	EQ(pc_a20(pc), 0);
	EQ(controller(0xd0) & 2, 0);
	out(STATUS, 0xdf);
	EQ(pc_a20(pc), 1);
	EQ(controller(0xd0) & 3, 3);
	out(STATUS, 0xdd);
	EQ(pc_a20(pc), 0);
	// Pulse of the reset line
	out(STATUS, 0xff);
	EQ(pc_reset_asked(pc), 0);
	out(STATUS, 0xfe);
	EQ(pc_reset_asked(pc), 1);
	// What is written for the keyboard's side comes back with an interrupt.
	machine(0, -1, 0);
	set_command(0x65);
	out(STATUS, 0xd2);
	out(DATA, 0x1e);
	EQ(pc_interrupt(pc), 9);
	EQ(in(DATA), 0x1e);
	out(0x20, 0x20);
	// No auxiliary device: nothing answers.
	out(STATUS, 0xd4);
	out(DATA, 0xff);
	later(100 * MS);
	EQ(in(STATUS)&1, 0);
	out(STATUS, 0xa9);
	EQ(in(STATUS)&1, 0);
}

static void
keyboard_commands(void)
{
	machine(0, -1, 0);
	set_command(0x24);  // no translation, no interrupts
	EQ(keyboard(0xff), 0xfa);
	EQ(answer(), 0xaa);
	EQ(keyboard(0xee), 0xee);
	EQ(keyboard(0xf2), 0xfa);
	EQ(answer(), 0xab);
	EQ(answer(), 0x83);
	EQ(keyboard(0xed), 0xfa);
	EQ(keyboard(7), 0xfa);
	EQ(keyboard(0xf3), 0xfa);
	EQ(keyboard(0x20), 0xfa);
	EQ(keyboard(0xf0), 0xfa);
	EQ(keyboard(0), 0xfa);
	EQ(answer(), 2);
	EQ(keyboard(0xfe), 2);
	EQ(keyboard(0xf0), 0xfa);
	EQ(keyboard(3), 0xfe);
	EQ(keyboard(0x99), 0xfe);
	// Disabled: no keys
	EQ(keyboard(0xf5), 0xfa);
	kbd_key(pc, 0x1e, 1);
	later(10 * MS);
	EQ(in(STATUS)&1, 0);
	EQ(keyboard(0xf4), 0xfa);
	kbd_key(pc, 0x1e, 1);
	later(10 * MS);
	EQ(answer(), 0x1c);
	kbd_key(pc, 0x1e, 0);
	later(10 * MS);
	EQ(answer(), 0xf0);
	later(10 * MS);
	EQ(answer(), 0x1c);
	// Set 1 of its own
	EQ(keyboard(0xf0), 0xfa);
	EQ(keyboard(1), 0xfa);
	kbd_key(pc, 0xe048, 0);
	later(10 * MS);
	EQ(answer(), 0xe0);
	later(10 * MS);
	EQ(answer(), 0xc8);
	// With translation the identity is translated too.
	EQ(keyboard(0xf6), 0xfa);
	set_command(0x64);
	EQ(keyboard(0xf2), 0xfa);
	EQ(answer(), 0xab);
	EQ(answer(), 0x41);
	// A disabled interface holds codes back.
	out(STATUS, 0xad);
	kbd_key(pc, 0x39, 1);
	later(10 * MS);
	EQ(in(STATUS)&1, 0);
	out(STATUS, 0xae);
	later(10 * MS);
	EQ(answer(), 0x39);
}

// What pressing and releasing gives, as a string of hexadecimal codes
static const char *
codes(unsigned key, int presses)
{
	static char text[128];
	int i, n = 0;
	*text = 0;
	for (i = 0; i < 2; i++)
		if (presses & 1 << i)
			kbd_key(pc, key, !i);
	for (i = 0; i < 40; i++) {
		if (in(STATUS)&1)
			n += snprintf(text + n, sizeof text - (size_t)n, "%02x", in(DATA));
		later(2 * MS);
	}
	return text;
}

#define SAME(a, b) same(a, b, __LINE__)
static void
same(const char *a, const char *b, int line)
{
	if (strcmp(a, b)) {
		printf("kbd_test.c:%d: \"%s\", not \"%s\"\n", line, a, b);
		g_failed = 1;
	}
}

static void
scan_codes(void)
{
	unsigned i;
	machine(0, -1, 0);
	SAME(codes(0x1e, 3), "1e9e");
	SAME(codes(0xe048, 3), "e048e0c8");
	SAME(codes(KEY_PAUSE, 1), "e11d45e19dc5");
	SAME(codes(KEY_PAUSE, 2), "");
	SAME(codes(KEY_BREAK, 3), "e046e0c6");
	SAME(codes(KEY_PRINT, 3), "e02ae037e0b7e0aa");
	// Every key comes through sets and translation as it is.
	for (i = 1; i <= 0x58; i++) {
		char want[8];
		if (i > 0x54 && i < 0x57)
			continue;
		snprintf(want, sizeof want, "%02x%02x", i, i | 0x80);
		SAME(codes(i, 3), want);
	}
	set_command(0x25);
	SAME(codes(0x41, 3), "83f083");
	SAME(codes(KEY_PAUSE, 1), "e11477e1f014f077");
}

// --- to the guest's programs ----------------------------------------------------------

// Lets interrupts happen for a while.
static void
run(u64 ns)
{
	u64 end = pc->now + ns;
	interrupts(-1);
	while (pc->now < end) {
		u64 next = pc_next_event(pc);
		pc_advance(pc, next < end ? next : end);
		interrupts(-1);
	}
}

static void
type(const char *s)
{
	pc_input(pc, (const u8 *)s, strlen(s), 1);
	run(200 * (u64)MS);
}

// Keys that INT 16h function 10h gives, as a string
static const char *
keys(u16 function)
{
	static char text[256];
	int n = 0;
	*text = 0;
	for (;;) {
		call_ax(0x16, (u16)(function + 0x100));
		if (zero_flag())
			return text;
		if (call_ax(0x16, function) < 0)
			return "waits";
		n += snprintf(text + n, sizeof text - (size_t)n, "%s%04x", n ? " " : "", reg16(pc, GPR_AX));
	}
}

static const char *
typed(const char *s)
{
	type(s);
	return keys(0x1000);
}

static void
characters(void)
{
	machine(0, -1, 0);
	EQ(call_ax(0x16, 0), -1);
	EQ(c->pc, 0x1000);
	SAME(typed("aA1!"), "1e61 1e41 0231 0221");
	SAME(typed("-_=+[{]}"), "0c2d 0c5f 0d3d 0d2b 1a5b 1a7b 1b5d 1b7d");
	SAME(typed(";:'\"`~\\|,<.>/?"), "273b 273a 2827 2822 2960 297e 2b5c 2b7c 332c 333c 342e 343e 352f 353f");
	SAME(typed("\r"), "1c0d");
	SAME(typed("\n \t"), "1c0d 3920 0f09");
	SAME(typed("\177\010"), "0e08 0e08");
	SAME(typed("\003\032\034\035\036\037"), "2e03 2c1a 2b1c 1b1d 071e 0c1f");
	SAME(typed("\033"), "011b");
	SAME(typed("\033\033"), "011b 011b");
	SAME(typed("\033x\0331\033-"), "2d00 7800 8200");
	SAME(typed("\033[A\033[B\033[C\033[D"), "48e0 50e0 4de0 4be0");
	SAME(typed("\033OH\033[F\033[2~\033[3~\033[5~\033[6~"), "47e0 4fe0 52e0 53e0 49e0 51e0");
	SAME(typed("\033OP\033[[B\033[13~\033[21~\033[23~\033[24~"), "3b00 3c00 3d00 4400 8500 8600");
	SAME(typed("\033[1;2P\033[15;5~\033[1;3Q\033[1;5D\033[Z"), "5400 6200 6900 73e0 0f00");
	SAME(typed("\033[1;3A"), "9800");
	// Code page 437 by Alt and digits; what it lacks is nothing.
	SAME(typed("\303\251\342\202\254\316\261"), "0082 00e0");
	SAME(typed("\342\202x"), "2d78");
	// The functions for 83 keys
	type("\033[A\033[23~a\033OM");
	SAME(keys(0), "4800 1e61 1c0d");
	// Bytes that come one by one
	pc_input(pc, (const u8 *)"\033", 1, 0);
	pc_input(pc, (const u8 *)"[", 1, 0);
	SAME(typed("A"), "48e0");
}

static void
shifts(void)
{
	machine(0, -1, 0);
	EQ(call_ax(0x16, 0x1200), 0);
	EQ(reg16(pc, GPR_AX), 0);
	kbd_key(pc, 0x2a, 1);
	kbd_key(pc, 0xe01d, 1);
	kbd_key(pc, 0x38, 1);
	run(20 * MS);
	call_ax(0x16, 0x1200);
	EQ(reg16(pc, GPR_AX), 0x060e);
	kbd_key(pc, 0x2a, 0);
	kbd_key(pc, 0xe01d, 0);
	kbd_key(pc, 0x38, 0);
	kbd_key(pc, 0x3a, 1);
	run(20 * MS);
	call_ax(0x16, 0x1200);
	EQ(reg16(pc, GPR_AX), 0x4040);
	kbd_key(pc, 0x3a, 0);
	kbd_key(pc, 0x45, 1);
	kbd_key(pc, 0x45, 0);
	run(20 * MS);
	call_ax(0x16, 0x0200);
	EQ(low(pc, GPR_AX), 0x60);
	// Caps Lock makes letters large, and Shift small again.
	kbd_key(pc, 0x1e, 1);
	kbd_key(pc, 0x02, 1);
	kbd_key(pc, 0x2a, 1);
	kbd_key(pc, 0x1e, 1);
	kbd_key(pc, 0x2a, 0);
	kbd_key(pc, 0x47, 1);  // Num Lock: 7
	run(30 * MS);
	SAME(keys(0x1000), "1e41 0231 1e61 4737");
	kbd_key(pc, 0x52, 1);
	kbd_key(pc, 0x52, 0);
	kbd_key(pc, 0xe052, 1);
	kbd_key(pc, 0xe052, 0);
	run(30 * MS);
	SAME(keys(0x1000), "5230 52e0");
	call_ax(0x16, 0x0200);
	EQ(low(pc, GPR_AX), 0xe0);
}

static void
specials(void)
{
	static const u8 plus[] = { 0x38, 0x4f, 0x4c, 0x48, 0xb8 };
	unsigned i;
	machine(0, -1, 0);
	// Alt and 1 5 8 on the number pad
	for (i = 0; i < sizeof plus; i++)
		kbd_key(pc, plus[i] & 0x7f, plus[i] < 0x80);
	run(30 * MS);
	SAME(keys(0x1000), "009e");
	// Ctrl-Break empties the buffer; its flag and INT 1Bh
	type("abc");
	kbd_key(pc, 0x1d, 1);
	kbd_key(pc, KEY_BREAK, 1);
	run(30 * MS);
	EQ(ram[0x471], 0x80);
	kbd_key(pc, 0x1d, 0);
	run(30 * MS);
	SAME(keys(0x1000), "0000");
	// Pause, ended by a key that nobody reads
	kbd_key(pc, KEY_PAUSE, 1);
	run(30 * MS);
	EQ(ram[0x418] & 8, 8);
	type("x");
	EQ(ram[0x418] & 8, 0);
	SAME(keys(0x1000), "");
	// Ctrl-Alt-Del
	kbd_key(pc, 0x1d, 1);
	kbd_key(pc, 0x38, 1);
	kbd_key(pc, 0xe053, 1);
	run(30 * MS);
	EQ(pc_reset_asked(pc), 1);
	EQ(ld16(ram + 0x472), 0x1234);
	// The intercept swallows with carry clear.
	machine(0, -1, 0);
	set_low(pc, GPR_AX, 0x1e);
	cpu_set_flags(c, 0x202);
	call(9);
	SAME(keys(0x1000), "");
	// What the ROM's code does after a key is in AH.
	set_low(pc, GPR_AX, 0xe0);
	cpu_set_flags(c, 0x203);
	call(9);
	set_low(pc, GPR_AX, 0x37);
	call(9);
	EQ(high(pc, GPR_AX), 5);
	set_low(pc, GPR_AX, 0x54);
	call(9);
	EQ(high(pc, GPR_AX), 0x15);
	// The ring holds fifteen.
	for (i = 0; i < 15; i++) {
		set16(pc, GPR_CX, 0x1e61);
		call_ax(0x16, 0x0500);
		EQ(low(pc, GPR_AX), 0);
	}
	call_ax(0x16, 0x0500);
	EQ(low(pc, GPR_AX), 1);
}

// More than the ring holds waits in line until it is read.
static void
flood(void)
{
	char text[400];
	unsigned i, n = 0;
	machine(0, -1, 0);
	memset(text, 'q', sizeof text);
	EQ(pc_input(pc, (const u8 *)text, sizeof text, 1), sizeof text);
	for (i = 0; i < 100; i++) {
		run(50 * MS);
		while (call_ax(0x16, 0x1000) >= 0) {
			EQ(reg16(pc, GPR_AX), 0x1071);
			n++;
		}
	}
	EQ(n, sizeof text);
	for (i = 0; i < 10; i++)
		pc_input(pc, (const u8 *)text, sizeof text, 1);
	EQ(pc_input_room(pc), 0);
	EQ(pc_input(pc, (const u8 *)text, 1, 1), 0);
}

int
main(void)
{
	controller_commands();
	keyboard_commands();
	scan_codes();
	characters();
	shifts();
	specials();
	flood();
	return finish_test(0);
}
