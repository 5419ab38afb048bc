// bios_key.c: 09h, the keyboard's interrupt, and 16h, which reads its buffer.
//
// Codes of set 1 become a character and a scan code in the ring at 40:1e, by
// the layout of an American 101-key keyboard.
#include "pc/bios.h"

enum { RSHIFT = 1, LSHIFT = 2, CTRL = 4, ALT = 8, SCROLL = 16, NUM = 32, CAPS = 64, INSERT = 128 };  // 40:17
enum { LCTRL = 1, LALT = 2, SYSREQ = 4, PAUSED = 8 };  // 40:18; the locks' keys above
enum { E1_LAST = 1, E0_LAST = 2, RCTRL = 4, RALT = 8 };  // 40:96
enum { AFTER_NOTHING, AFTER_PAUSE, AFTER_PRINT = 0x05, AFTER_SYSREQ = 0x15, AFTER_BREAK = 0x1b };  // for the ROM's code

// --- the ring ---------------------------------------------------------------------------

static u16
next_of(struct pc *pc, u16 p)
{
	p = (u16)(p + 2);
	return p >= bda16(pc, BDA_BUFFER_END) ? bda16(pc, BDA_BUFFER_START) : p;
}

// 0 if it is full
static int
store(struct pc *pc, u16 key)
{
	u16 tail = bda16(pc, BDA_TAIL), next = next_of(pc, tail);
	if (next == bda16(pc, BDA_HEAD))
		return 0;
	set_bda16(pc, BDA + (u32)tail, key);
	set_bda16(pc, BDA_TAIL, next);
	return 1;
}

static int
is_empty(struct pc *pc)
{
	return bda16(pc, BDA_HEAD) == bda16(pc, BDA_TAIL);
}

// --- codes to characters -----------------------------------------------------------------

// Scan codes 47h to 53h: what Ctrl makes of the number pad
static const u8 pad_ctrl[] = { 0x77, 0x8d, 0x84, 0x8e, 0x73, 0x8f, 0x74, 0x90, 0x75, 0x91, 0x76, 0x92, 0x93 };
static const char pad_digits[] = "789-456+1230.";

// Keys that follow E0
static u16
extended(u8 code, u8 shift)
{
	if (code == 0x1c)
		return shift & ALT ? 0xa600 : shift & CTRL ? 0xe00a : 0xe00d;
	if (code == 0x35)
		return shift & ALT ? 0xa400 : shift & CTRL ? 0x9500 : 0xe02f;
	if (code < 0x47 || code > 0x53 || code == 0x4a || code == 0x4c || code == 0x4e)
		return 0;
	if (shift & ALT)
		return (u16)((code + 0x50) << 8);
	if (shift & CTRL)
		return (u16)(pad_ctrl[code - 0x47] << 8 | 0xe0);
	return (u16)(code << 8 | 0xe0);
}

static u16
function_key(u8 code, u8 shift)
{
	static const u8 first[] = { 0x3b, 0x54, 0x5e, 0x68 }, late[] = { 0x85, 0x87, 0x89, 0x8b };
	int k = shift & ALT ? 3 : shift & CTRL ? 2 : shift & (LSHIFT | RSHIFT) ? 1 : 0;
	return (u16)((code >= 0x57 ? late[k] + code - 0x57 : first[k] + code - 0x3b) << 8);
}

static u16
pad(struct pc *pc, u8 code, u8 shift)
{
	char c = pad_digits[code - 0x47];
	int numbers = !(shift & NUM) != !(shift & (LSHIFT | RSHIFT));
	if (shift & ALT) {
		if (c == '-' || c == '+')
			return (u16)(code << 8);
		// Digits typed with Alt held make a character.
		if (c != '.')
			set_bda8(pc, BDA_KEYPAD, (u8)(bda8(pc, BDA_KEYPAD) * 10 + c - '0'));
		return 0;
	}
	if (shift & CTRL)
		return (u16)(pad_ctrl[code - 0x47] << 8);
	if (numbers || c == '-' || c == '+')
		return (u16)(code << 8 | (u8)c);
	return code == 0x4c ? 0x4c00 : (u16)(code << 8);
}

static u16
with_alt(u8 code)
{
	if (code >= 2 && code <= 13)
		return (u16)((code + 0x76) << 8);
	if (code == 15)
		return 0xa500;
	if (code == 0x39)
		return 0x3920;
	return (u16)(code << 8);
}

static u16
with_ctrl(u8 code, u8 c)
{
	if (c >= 'a' && c <= 'z')
		return (u16)(code << 8 | (c - 'a' + 1));
	switch (code) {
	case 0x01: return 0x011b;
	case 0x03: return 0x0300;
	case 0x07: return 0x071e;
	case 0x0c: return 0x0c1f;
	case 0x0e: return 0x0e7f;
	case 0x0f: return 0x9400;
	case 0x1a: return 0x1a1b;
	case 0x1b: return 0x1b1d;
	case 0x1c: return 0x1c0a;
	case 0x2b: return 0x2b1c;
	case 0x37: return 0x9600;
	case 0x39: return 0x3920;
	}
	return 0;
}

// Character and scan code of a key that was pressed; 0: none
static u16
translate(struct pc *pc, u8 code, u8 shift)
{
	u8 c;
	int upper = (shift & (LSHIFT | RSHIFT)) != 0;
	if ((code >= 0x3b && code <= 0x44) || code == 0x57 || code == 0x58)
		return function_key(code, shift);
	if (code >= 0x47 && code <= 0x53)
		return pad(pc, code, shift);
	if (code == 0x56)
		return shift & (ALT | CTRL) ? 0 : upper ? 0x567c : 0x565c;
	if (code > 0x39)
		return 0;
	c = (u8)kbd_plain[code];
	if (!c)
		return 0;
	if (shift & ALT)
		return with_alt(code);
	if (shift & CTRL)
		return with_ctrl(code, c);
	if (c >= 'a' && c <= 'z' && shift & CAPS)
		upper = !upper;
	return (u16)(code << 8 | (u8)(upper ? kbd_shifted[code] : c));
}

// --- 09h ----------------------------------------------------------------------------------

// Keys that change the state; 0 if it is none of them.
static int
modifier(struct pc *pc, u8 code, int extended_key, int press)
{
	static const struct { u8 code, flag, side, other; } keys[] = {
		{ 0x1d, CTRL, LCTRL, RCTRL }, { 0x38, ALT, LALT, RALT }, { 0x2a, LSHIFT, 0, 0 }, { 0x36, RSHIFT, 0, 0 },
	};
	static const struct { u8 code, flag; } locks[] = { { 0x3a, CAPS }, { 0x45, NUM }, { 0x46, SCROLL }, { 0x52, INSERT } };
	u8 shift = bda8(pc, BDA_SHIFT), shift2 = bda8(pc, BDA_SHIFT2), board = bda8(pc, BDA_KEYBOARD);
	unsigned i;
	for (i = 0; i < COUNTOF(keys); i++) {
		if (keys[i].code != code)
			continue;
		// Shift behind E0 is no key's.
		if (extended_key && !keys[i].other)
			return 1;
		if (extended_key)
			board = (u8)(press ? board | keys[i].other : board & ~keys[i].other);
		else
			shift2 = (u8)(press ? shift2 | keys[i].side : shift2 & ~keys[i].side);
		if (press)
			shift |= keys[i].flag;
		else if (!keys[i].side || !((shift2 & keys[i].side) | (board & keys[i].other)))
			shift &= (u8)~keys[i].flag;
		set_bda8(pc, BDA_SHIFT, shift);
		set_bda8(pc, BDA_SHIFT2, shift2);
		set_bda8(pc, BDA_KEYBOARD, board);
		if (code == 0x38 && !press && bda8(pc, BDA_KEYPAD)) {
			store(pc, bda8(pc, BDA_KEYPAD));
			set_bda8(pc, BDA_KEYPAD, 0);
		}
		return 1;
	}
	for (i = 0; i < COUNTOF(locks); i++) {
		if (locks[i].code != code || (code != 0x52 && extended_key))
			continue;
		// Insert on the pad is one only when it types no 0.
		if (code == 0x52 && !extended_key && (shift & (ALT | CTRL) || !(shift & NUM) != !(shift & (LSHIFT | RSHIFT))))
			return 0;
		if (shift & CTRL && code != 0x3a)
			return 0;
		if (press && !(shift2 & locks[i].flag))
			shift ^= locks[i].flag;
		shift2 = (u8)(press ? shift2 | locks[i].flag : shift2 & ~locks[i].flag);
		set_bda8(pc, BDA_SHIFT, shift);
		set_bda8(pc, BDA_SHIFT2, shift2);
		pc->kbd.leds = shift >> 4 & 7;
		bda_bits(pc, BDA_LEDS, 7, pc->kbd.leds);
		// Insert is also a key to be read.
		return code != 0x52;
	}
	return 0;
}

static void
control_break(struct pc *pc)
{
	u16 start = bda16(pc, BDA_BUFFER_START);
	set_bda8(pc, BDA_BREAK, 0x80);
	set_bda16(pc, BDA_HEAD, start);
	set_bda16(pc, BDA_TAIL, start);
	store(pc, 0);
}

// A code behind its prefixes: what the ROM's code is to do afterwards
static u8
key(struct pc *pc, u8 code, int e0, int e1)
{
	int press = !(code & 0x80);
	u8 shift, shift2;
	u16 what;
	code &= 0x7f;
	if (e1) {
		// Pause is E1 1D 45, and its release the same.
		if (code == 0x1d)
			bda_bits(pc, BDA_KEYBOARD, 0, E1_LAST);
		if (code != 0x45 || !press)
			return AFTER_NOTHING;
		bda_bits(pc, BDA_SHIFT2, 0, PAUSED);
		return AFTER_PAUSE;
	}
	shift = bda8(pc, BDA_SHIFT);
	if (modifier(pc, code, e0, press))
		return AFTER_NOTHING;
	if (code == 0x54) {
		set_low(pc, GPR_AX, (u8)!press);
		return AFTER_SYSREQ;
	}
	if (!press)
		return AFTER_NOTHING;
	shift2 = bda8(pc, BDA_SHIFT2);
	if (code == 0x53 && (shift & (CTRL | ALT)) == (CTRL | ALT)) {
		set_bda16(pc, BDA_RESET, 0x1234);
		pc->reset_asked = 1;
		return AFTER_NOTHING;
	}
	if (code == 0x46 && (e0 || shift & CTRL)) {
		control_break(pc);
		return AFTER_BREAK;
	}
	if (code == 0x45 && shift & CTRL) {
		set_bda8(pc, BDA_SHIFT2, shift2 | PAUSED);
		return AFTER_PAUSE;
	}
	if (shift2 & PAUSED) {
		set_bda8(pc, BDA_SHIFT2, shift2 & (u8)~PAUSED);
		return AFTER_NOTHING;
	}
	if (e0 && code == 0x37) {
		if (!(shift & (ALT | CTRL)))
			return AFTER_PRINT;
		if (shift & CTRL)
			store(pc, 0x7200);
		return AFTER_NOTHING;
	}
	what = e0 ? extended(code, shift) : translate(pc, code, shift);
	if (what)
		store(pc, what);
	return AFTER_NOTHING;
}

enum bios_result
bios_int09(struct pc *pc)
{
	u8 code = low(pc, GPR_AX), board = bda8(pc, BDA_KEYBOARD), after = AFTER_NOTHING;
	pc->kbd.by_bios = 2;  // the read in front of the next call is its own
	// The intercept clears carry to keep a key.
	if (cpu_get_flags(pc->cpu) & F_CARRY) {
		bda_bits(pc, BDA_KEYBOARD, E0_LAST | E1_LAST, 0);
		if (code == 0xe0)
			bda_bits(pc, BDA_KEYBOARD, 0, E0_LAST);
		else if (code == 0xe1)
			bda_bits(pc, BDA_KEYBOARD, 0, E1_LAST);
		else if (code < 0xe2)
			after = key(pc, code, board & E0_LAST, board & E1_LAST);
	}
	set_high(pc, GPR_AX, after);
	pc_out(pc, 0x20, 1, 0x20);
	return BIOS_DONE;
}

// --- 16h ------------------------------------------------------------------------------------

// The key as the functions that know 83 keys give it; -1: they know it not.
static int
reduce(u16 what)
{
	if (what >> 8 == 0xe0)
		return (what & 255) == 0x2f ? 0x352f : 0x1c00 | (what & 255);
	if ((what & 255) == 0xe0 && what >> 8)
		return what & 0xff00;
	if (what >> 8 > 0x84)
		return -1;
	return what;
}

static enum bios_result
read_key(struct pc *pc, int enhanced, int take)
{
	int what, i;
	// The ring's bounds are the guest's: they may lead anywhere.
	for (i = 0;; i++) {
		if (is_empty(pc) || i == 256) {
			if (take)
				return BIOS_WAIT;
			bios_flag(pc, F_ZERO, 1);
			return BIOS_DONE;
		}
		what = bda16(pc, BDA + (u32)bda16(pc, BDA_HEAD));
		if (!enhanced)
			what = reduce((u16)what);
		if (take || what < 0)
			set_bda16(pc, BDA_HEAD, next_of(pc, bda16(pc, BDA_HEAD)));
		if (what >= 0)
			break;
	}
	set16(pc, GPR_AX, (u16)what);
	if (!take)
		bios_flag(pc, F_ZERO, 0);
	return BIOS_DONE;
}

enum bios_result
bios_int16(struct pc *pc)
{
	u8 ah = high(pc, GPR_AX);
	switch (ah) {
	case 0x00: case 0x10:
		return read_key(pc, ah == 0x10, 1);
	case 0x01: case 0x11:
		return read_key(pc, ah == 0x11, 0);
	case 0x02:
		set_low(pc, GPR_AX, bda8(pc, BDA_SHIFT));
		break;
	case 0x03:
		// Rate and delay, for the keyboard
		if (low(pc, GPR_AX) == 5)
			pc->kbd.rate = (u8)((high(pc, GPR_BX) & 3) << 5 | (low(pc, GPR_BX) & 31));
		break;
	case 0x05:
		set_low(pc, GPR_AX, !store(pc, reg16(pc, GPR_CX)));
		break;
	case 0x09:
		// 0ah, the enhanced functions, and rate and delay are there.
		set_low(pc, GPR_AX, 0x34);
		break;
	case 0x0a:
		set16(pc, GPR_BX, 0x41ab);
		break;
	case 0x92:
		// 10h to 12h are there.
		set_high(pc, GPR_AX, 0x80);
		break;
	case 0x12: {
		u8 s2 = bda8(pc, BDA_SHIFT2), board = bda8(pc, BDA_KEYBOARD);
		set_low(pc, GPR_AX, bda8(pc, BDA_SHIFT));
		set_high(pc, GPR_AX, (u8)((s2 & 0x73) | (s2 & SYSREQ) << 5 | (board & (RCTRL | RALT))));
		break;
	}
	}
	return BIOS_DONE;
}
