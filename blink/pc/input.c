// input.c: bytes of a terminal become key presses of a US keyboard.
//
// Characters, UTF-8, control characters and the escape sequences of xterm and
// the Linux console become a key with modifiers; characters that no key has but
// code page 437 does are typed as Alt and digits of the number pad. Presses
// wait here until the guest has taken the ones before. With a screen, Ctrl-A
// is a prefix: x quits, z suspends, another Ctrl-A sends one, ? tells so.
#include "pc/device.h"

enum { SHIFT = 0x10000, CTRL = 0x20000, ALT = 0x40000, TYPED = 0x80000 };  // TYPED: a CP437 code
enum { QUEUE = COUNTOF(((struct input *)0)->keys) };
enum { KEY_ESC = 1, KEY_BACKSPACE = 14, KEY_TAB = 15, KEY_ENTER = 28, KEY_CTRL = 29, KEY_SHIFT = 42, KEY_ALT = 56 };

const char kbd_plain[59] = "\0\0331234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
const char kbd_shifted[59] = "\0\033!@#$%^&*()_+\b\0QWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

static void
push(struct input *in, u32 key)
{
	in->keys[in->tail] = key;
	in->tail = (in->tail + 1) % QUEUE;
}

size_t
pc_input_room(const struct pc *pc)
{
	const struct input *in = &pc->input;
	// Bytes that are pending may still become a press each.
	unsigned used = (in->tail + QUEUE - in->head) % QUEUE + in->npending;
	return used + 1 < QUEUE ? QUEUE - 1 - used : 0;
}

int
pc_input_waits(const struct pc *pc)
{
	return pc->input.head != pc->input.tail || pc->uart.noutside;
}

static u32
key_of(unsigned c)
{
	unsigned i;
	if (c == 0x7f)
		c = '\b';
	for (i = 1; i < sizeof kbd_plain - 1; i++) {
		if (i == 0x37)
			continue;
		if (c && (u8)kbd_plain[i] == c)
			return i;
		if (c && (u8)kbd_shifted[i] == c)
			return i | SHIFT;
	}
	if (c == 0)
		return 3 | CTRL;
	if (c < 27)
		return key_of(c + 'a' - 1) | CTRL;
	if (c < 32)
		return key_of((u8) "[\\]6-"[c - 27]) | CTRL;
	return 0;
}

static void
character(struct pc *pc, unsigned code, u32 modifiers)
{
	u32 key;
	unsigned i;
	// A line's end in a file is Enter; at a terminal it is Ctrl-J.
	if (code == '\n' && !pc->screen.on)
		code = '\r';
	key = code < 128 ? key_of(code) : 0;
	if (key) {
		push(&pc->input, key | modifiers);
		return;
	}
	for (i = 1; i < 256; i++)
		if (vga_cp437[i] == code) {
			push(&pc->input, i | TYPED);
			return;
		}
}

// Keys of CSI number ~
static u32
numbered(unsigned n)
{
	static const struct { u8 n; u16 key; } keys[] = {
		{ 1, 0xe047 }, { 2, 0xe052 }, { 3, 0xe053 }, { 4, 0xe04f }, { 5, 0xe049 }, { 6, 0xe051 }, { 7, 0xe047 }, { 8, 0xe04f },
		{ 11, 0x3b }, { 12, 0x3c }, { 13, 0x3d }, { 14, 0x3e }, { 15, 0x3f }, { 17, 0x40 }, { 18, 0x41 }, { 19, 0x42 },
		{ 20, 0x43 }, { 21, 0x44 }, { 23, 0x57 }, { 24, 0x58 },
	};
	// The Linux console's F13 to F20 are F1 to F8 with Shift.
	static const u8 shifted[] = { 25, 26, 28, 29, 31, 32, 33, 34 };
	unsigned i;
	for (i = 0; i < COUNTOF(keys); i++)
		if (keys[i].n == n)
			return keys[i].key;
	for (i = 0; i < COUNTOF(shifted); i++)
		if (shifted[i] == n)
			return (0x3b + i) | SHIFT;
	return 0;
}

// Keys of CSI letter and SS3 letter
static u32
lettered(u8 letter)
{
	switch (letter) {
	case 'A': return 0xe048;
	case 'B': return 0xe050;
	case 'C': return 0xe04d;
	case 'D': return 0xe04b;
	case 'E': return 0x4c;
	case 'F': return 0xe04f;
	case 'H': return 0xe047;
	case 'M': return 0xe01c;
	case 'P': case 'Q': case 'R': case 'S': return 0x3bu + letter - 'P';
	case 'Z': return KEY_TAB | SHIFT;
	}
	return 0;
}

// A whole escape sequence at s: its length, 0 if it is not complete.
static size_t
sequence(struct pc *pc, const u8 *s, size_t n)
{
	unsigned number[2] = { 0, 0 }, field = 0, bits;
	u32 key;
	size_t i = 2;
	if (n < 2)
		return 0;
	if (s[1] != '[' && s[1] != 'O') {
		if (s[1] == 27) {
			push(&pc->input, KEY_ESC);
			return 1;
		}
		if (s[1] >= 128) {
			push(&pc->input, KEY_ESC);
			return 1;
		}
		character(pc, s[1], ALT);
		return 2;
	}
	// The Linux console's F1 to F5
	if (n > 2 && s[1] == '[' && s[2] == '[') {
		if (n == 3)
			return 0;
		if (s[3] >= 'A' && s[3] <= 'E')
			push(&pc->input, 0x3bu + s[3] - 'A');
		return 4;
	}
	for (; i < n && ((s[i] >= '0' && s[i] <= '9') || s[i] == ';'); i++) {
		if (s[i] == ';')
			field++;
		else if (field < 2)
			number[field] = (number[field] * 10 + s[i] - '0') % 1000;
	}
	if (i == n)
		return 0;
	if (s[1] == 'O' && s[i] >= 'j' && s[i] <= 'y') {
		// The number pad as an application may ask for it
		character(pc, (u8) "*+,-./0123456789"[s[i] - 'j'], 0);
		return i + 1;
	}
	key = s[i] == '~' ? numbered(number[0]) : lettered(s[i]);
	bits = number[1] ? number[1] - 1 : 0;
	if (key)
		push(&pc->input, key | (bits & 1 ? SHIFT : 0) | (bits & (2 | 8) ? ALT : 0) | (bits & 4 ? CTRL : 0));
	return i + 1;
}

// One UTF-8 character at s: its length, 0 if it is not complete.
static size_t
utf8(struct pc *pc, const u8 *s, size_t n)
{
	size_t want = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4, i;
	unsigned code = s[0] & (0x7fu >> want);
	if (s[0] < 0xc0 || s[0] >= 0xf8)
		return 1;
	for (i = 1; i < want; i++) {
		if (i == n)
			return 0;
		if ((s[i] & 0xc0) != 0x80)
			return i;
		code = code << 6 | (s[i] & 0x3f);
	}
	character(pc, code, 0);
	return want;
}

// A key of many bytes at s: its length, 0 if more of it may come.
static size_t
escaped(struct pc *pc, const u8 *s, size_t n, int end)
{
	size_t k = s[0] == 27 ? sequence(pc, s, n) : utf8(pc, s, n);
	if (k || (!end && n < sizeof pc->input.pending))
		return k;
	if (s[0] == 27 && n == 2) {
		character(pc, s[1], ALT);
		return 2;
	}
	if (s[0] == 27)
		push(&pc->input, KEY_ESC);
	return 1;
}

static size_t
parse(struct pc *pc, const u8 *s, size_t n, int end)
{
	struct input *in = &pc->input;
	size_t k;
	if (in->prefix && (s[0] == 27 || s[0] >= 128)) {
		// A key of many bytes, which says nothing either: all of it goes.
		unsigned tail = in->tail;
		k = escaped(pc, s, n, end);
		in->tail = tail;
		in->prefix = !k;
		return k;
	}
	if (in->prefix) {
		in->prefix = 0;
		screen_help(pc, s[0] == '?' || s[0] == 'h');
		if (s[0] == 'x')
			pc->exit_status = 0;
		if (s[0] == 'z')
			terminal_suspend();
		if (s[0] == 1)
			character(pc, 1, 0);
		return 1;
	}
	if (pc->screen.help)
		screen_help(pc, 0);
	if (s[0] == 1 && pc->screen.on) {
		in->prefix = 1;
		return 1;
	}
	if (s[0] != 27 && s[0] < 128) {
		character(pc, s[0], 0);
		return 1;
	}
	return escaped(pc, s, n, end);
}

static void
parse_all(struct pc *pc, int end)
{
	struct input *in = &pc->input;
	size_t k;
	while (in->npending && (k = parse(pc, in->pending, in->npending, end)) != 0) {
		in->npending = (u8)(in->npending - k);
		memmove(in->pending, in->pending + k, in->npending);
	}
}

size_t
pc_input(struct pc *pc, const u8 *bytes, size_t n, int end)
{
	struct input *in = &pc->input;
	size_t taken = 0;
	if (pc->options.serial)
		return uart_outside(pc, bytes, n);
	while (taken < n && pc_input_room(pc)) {
		in->pending[in->npending++] = bytes[taken++];
		parse_all(pc, end && taken == n);
	}
	if (!n && end)
		parse_all(pc, 1);
	input_advance(pc);
	return taken;
}

// --- to the keyboard ---------------------------------------------------------------

static void
modifiers(struct pc *pc, u32 key, int press)
{
	if (key & CTRL)
		kbd_key(pc, KEY_CTRL, press);
	if (key & SHIFT)
		kbd_key(pc, KEY_SHIFT, press);
	if (key & ALT)
		kbd_key(pc, KEY_ALT, press);
}

static void
typed(struct pc *pc, u8 code)
{
	static const u8 pad[] = { 0x52, 0x4f, 0x50, 0x51, 0x4b, 0x4c, 0x4d, 0x47, 0x48, 0x49 };
	unsigned unit;
	kbd_key(pc, KEY_ALT, 1);
	for (unit = 100; unit; unit /= 10) {
		kbd_key(pc, pad[code / unit % 10], 1);
		kbd_key(pc, pad[code / unit % 10], 0);
	}
	kbd_key(pc, KEY_ALT, 0);
}

// The ROM's keyboard buffer is full, and it is what the guest uses.
static int
bios_is_full(struct pc *pc)
{
	u8 b[4], ends[4];
	unsigned head, tail, lo, hi;
	if (!pc->kbd.by_bios)
		return 0;
	ram_read(pc, 0x41a, b, 4);
	ram_read(pc, 0x480, ends, 4);
	head = ld16(b);
	tail = ld16(b + 2);
	lo = ld16(ends);
	hi = ld16(ends + 2);
	return (tail + 2 >= hi ? lo : tail + 2) == head;
}

void
input_advance(struct pc *pc)
{
	struct input *in = &pc->input;
	struct kbd *k = &pc->kbd;
	u32 key;
	if (in->head == in->tail || in->hold > pc->now || k->nkeys || k->status & 1 || (!in->down && bios_is_full(pc)))
		return;
	key = in->keys[in->head];
	if (key & TYPED) {
		typed(pc, (u8)key);
	} else if (!in->down) {
		modifiers(pc, key, 1);
		kbd_key(pc, key & 0xffff, 1);
		in->down = 1;
		// A key pressed alone is held for a while; what is pasted is not.
		in->hold = pc->now + (pc->screen.on && (in->head + 1) % QUEUE == in->tail ? 30 : 1) * (u64)NS_PER_MS;
		return;
	} else {
		kbd_key(pc, key & 0xffff, 0);
		modifiers(pc, key, 0);
	}
	in->down = 0;
	in->hold = pc->now + NS_PER_MS;
	in->head = (in->head + 1) % QUEUE;
}

u64
input_next(const struct pc *pc)
{
	const struct input *in = &pc->input;
	if (in->head == in->tail || pc->kbd.nkeys || pc->kbd.status & 1)
		return NEVER;
	// A full BIOS buffer is looked at again now and then.
	return max_u64(in->hold, pc->now + NS_PER_MS);
}
