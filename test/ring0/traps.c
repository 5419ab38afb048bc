// traps.c: what comes first between two instructions: an interrupt that is
// pending, held back by STI or a load of SS or let in by POPF and IRET, a single
// step, data and port breakpoints of the instruction before, code breakpoints of
// the next; HLT among them; general detect, and DR4 and DR5.
//
// As Bochs 2.7 has them (model corei7_icelake_u), except for the groups "contested"
// and those of HLT with TF:
// - An interrupt comes before a breakpoint on the code at which it is taken (SDM
//   vol 3, priority among events; APM vol 2 too). Bochs has it behind.
// - A trap does not note a breakpoint on the code behind it, which comes as
//   another (SDM, the same; so Zen 4 does). Bochs makes one of both.
// - Of loads of SS in a row each holds back traps and breakpoints (so Zen 4 does the
//   trap of TF); in Bochs the first. A code breakpoint behind a single load is held
//   back too, as SDM vol 3 has it; not on Zen 4.
// - The data breakpoint of a load of SS in front of INT n, INT1 or INT3 is told at
//   the handler's first instruction (SDM vol 2 MOV: it is inhibited until the next
//   instruction is done). Bochs forgets it.
// - A trap ends HLT (SDM vol 2 HLT: a debug exception resumes execution). Bochs
//   sleeps until an interrupt comes, and for good with IF clear.
// - Above ring 0 a MOV of debug registers is #GP: it does not get to access one,
//   which is what general detect is for. Bochs has #DB.
// - #DB leaves DR6.BT as it was (SDM vol 3 DR6: not cleared by the processor).
// qemu 7.2 stops at an assertion when a data breakpoint is hit in front of TF's
// trap; besides it has no INT1, holds back TF's trap behind STI and LSS, pushes no
// RF, and sleeps as Bochs does.
#include "cases.h"

static const char *const modes[] = MODE_NAMES;

enum { VECTOR = 0x40, OTHER = 0x41, TF = 0x100, IF = 0x200, IOPL = 0x3000, RF = 0x10000 };
enum { M16 = 1, M32 = 2, M64 = 4, OLD = M16 | M32, ALL = 7, RING0 = 8 };
#define WATCHED (BUFFER + 0x100)

// Instructions, each by a letter. A memory operand is BX in 16-bit code, DI in
// other: mod r/m 7.
enum { NOTHING, STACK_SS, FLAGS_ON, FLAGS_OFF, FRAME, MEMORY_SS, MEMORY_FAR };
struct piece {
	char name;
	u8 modes, takes, n;
	char bytes[8];
};
#define P(name, modes, takes, x) \
	{ \
		name, modes, takes, sizeof x - 1, x \
	}
static const struct piece pieces[] = {
	P('n', ALL, NOTHING, "\x90"),
	P('s', ALL, NOTHING, "\xfb"),
	P('c', ALL, NOTHING, "\xfa"),
	P('m', ALL, NOTHING, "\x8e\xd2"),         // mov ss, dx
	P('M', ALL, MEMORY_SS, "\x8e\x17"),       // mov ss, [di]
	P('p', OLD, STACK_SS, "\x17"),            // pop ss
	P('l', ALL, MEMORY_FAR, "\x0f\xb2\x27"),  // lss sp, [di]
	P('d', ALL, NOTHING, "\x8e\xda"),         // mov ds, dx
	P('f', ALL, FLAGS_ON, "\x9d"),            // popf
	P('g', ALL, FLAGS_OFF, "\x9d"),
	P('e', ALL, NOTHING, "\x9c\x9d"),  // pushf, popf
	P('i', OLD, FRAME, "\xcf"),        // iret
	P('i', M64, FRAME, "\x48\xcf"),
	P('h', ALL | RING0, NOTHING, "\xf4"),  // hlt
	P('t', ALL, NOTHING, "\xcd\x41"),      // int n
	P('1', ALL, NOTHING, "\xf1"),
	P('3', ALL, NOTHING, "\xcc"),
	P('u', ALL, NOTHING, "\x0f\x0b"),
	P('x', ALL, NOTHING, "\x8e\xd1"),  // mov ss, cx: #GP
	P('w', ALL, NOTHING, "\x89\x07"),
	P('r', ALL, NOTHING, "\x8b\x1f"),
	P('b', ALL, NOTHING, "\xf3\xaa"),  // rep stosb
	P('o', ALL, NOTHING, "\xe6\x80"),
	P('q', ALL, NOTHING, "\xe4\x80"),
	P('U', ALL, NOTHING, "\xe6\x21"),  // out 21h, al: the interrupt is no more masked
	P('j', ALL, NOTHING, "\xeb\x00"),
	P('C', M16, NOTHING, "\xe8\x00\x00"),
	P('C', M32 | M64, NOTHING, "\xe8\x00\x00\x00\x00"),
	P('k', ALL, NOTHING, "\x50"),  // push ax
	P('D', ALL | RING0, NOTHING, "\x0f\x21\xf8"),
	P('7', ALL | RING0, NOTHING, "\x0f\x20\xc0"),
	P('a', ALL, NOTHING, "\x0f\xa2"),
};
static const char *const firsts[] = { "n", "s", "m", "M", "p", "l", "d", "f", "i", "c", "ss", "ms", "sm", "mm", "pp", "Ms", "Mm", "sM", "sc", "sn",
	"mf", "mi", "mg", "sf", "si", "sg" };
static const char *const unmasking[] = { "U", "mU", "MU", "Um", "sU", "nU", "Un" };
static const char seconds[] = "nscmMpfgeithxuw1rboqjCkD7ad3";

static u32 dr7, starts[6], last, frame;
static int mode, ring, pending, waits;

static const struct piece *
find(char name)
{
	u32 i;
	for (i = 0; i < sizeof pieces / sizeof pieces[0]; ++i)
		if (pieces[i].name == name && pieces[i].modes >> mode & 1 && !(ring && pieces[i].modes & RING0))
			return &pieces[i];
	return 0;
}

static void
put(u32 size, word x)
{
	if (size == 2)
		MEM16(frame) = (u16)x;
	else if (size == 4)
		MEM32(frame) = (u32)x;
	else
		MEM64(frame) = x;
	frame += size;
}

// An instruction, and what it takes from the stack or from memory
static int
emit(char name)
{
	const struct piece *p = find(name);
	u32 i, size = mode == MODE_16 ? 2 : mode == MODE_32 ? 4 : 8, offset = size == 2 ? 2 : 4;
	u32 flags = IOPL | 2 | ((u32)in.flags & TF);
	if (!p)
		return -1;
	starts[last++] = (u32)(word)code_at;
	for (i = 0; i < p->n; ++i)
		byte((u8)p->bytes[i]);
	switch (p->takes) {
	case STACK_SS: put(size, in.ss); break;
	case FLAGS_ON: put(size, flags | IF); break;
	case FLAGS_OFF: put(size, flags); break;
	case FRAME:
		put(size, (word)code_at);
		put(size, in.cs);
		put(size, flags | IF);
		if (size == 8) {
			put(size, frame + 16);
			put(size, in.ss);
		}
		break;
	case MEMORY_SS:
		if (MEM32(WATCHED) && MEM32(WATCHED) != in.ss)
			return -1;  // another operand is there
		MEM32(WATCHED) = (u32)in.ss;
		break;
	case MEMORY_FAR:
		MEM32(WATCHED) = frame;
		MEM16(WATCHED + offset) = (u16)in.ss;
		break;
	}
	return 0;
}

// The timer's next interrupt comes when HLT waits for it.
static void
ask_later(void)
{
	out8(0x43, 0x30);
	out8(0x40, 0xb8);
	out8(0x40, 0x0b);
}

static void
record(u32 dr6)
{
	u32 at = (u32)(got.ip - (word)stubs);
	if (at < 0x1000)
		got.ip = CODE + 0x4000 + at;  // whatever program this is
	word32(dr6);
	what_happened();
	if (at < 0x1000)
		got.ip = (word)stubs + at;
	word32((u32)(got.cs << 16 | got.ss));
	word32((u32)got.flags);
	word64(got.sp);
	word32((u32)got.cx);
}

// Which breakpoints are on code
static u32
code_points(void)
{
	u32 i, n = 0;
	for (i = 0; i < 4; ++i)
		n |= (u32)(dr7 >> 2 * i & 1 && !(dr7 >> (16 + 4 * i) & 3)) << i;
	return n;
}

// Runs the case, and on after each event
static void
walk(void)
{
	u32 steps = 9, dr6 = 0;
	for (;;) {
		if (waits && !pending)
			ask_later();
		SET_DR(6, dr6);
		SET_DR(7, dr7);
		enter(&in);
		__asm__ volatile("cli");
		dr6 = GET_DR(6);
		SET_DR(7, 0x400);
		if (detail)
			text("\n   ");
		record(dr6);
		if (got.vector == VECTOR)
			pending = 0;
		if ((got.vector != VECTOR && got.vector != OTHER && got.vector != 1) || !--steps)
			break;
		in = got;
		if (got.vector == 1 && dr6 & 15 & code_points())
			in.flags |= RF;
	}
	case_done();
	out8(0x21, 0xff);
	if (waits) {
		set_pic(VECTOR);
		out8(0x21, 0xff);
		out8(0x43, 0x30);
		pending = 0;
	}
}

// Bits of a case
enum { STEP = 1, DATUM = 2, HERE = 4, NEXT = 8, ASKS = 16, OPEN = 32, BITS = 64 };

// The gates of traps and of INT n: interrupt gates, or those that leave IF; with
// no stack of their own, for there may be several at once
static void
set_gates(u32 access)
{
	static const u8 vectors[] = { 1, 6, OTHER };
	u32 i;
	for (i = 0; i < sizeof vectors; ++i)
		set_idt(vectors[i], gate(KCODE, (u32)(word)stubs + vectors[i] * 16u, access, 0));
}

// 0 if there is no such case
static int
make(const char *first, char second, u32 bits, u32 flags)
{
	u32 i, n;
	prepare(mode, (u32)ring);
	in.flags = IOPL | 2 | (bits & STEP ? TF : 0) | flags;
	in.bx = in.di = WATCHED;
	in.dx = in.ss;
	in.cx = 3;
	in.ax = 0xfe;
	frame = (u32)in.sp;
	last = 0;
	for (i = 0; i < 16; i += 4)
		MEM32(WATCHED + i) = 0;
	code();
	for (; *first; ++first)
		if (emit(*first))
			return 0;
	n = last;
	if (emit(second))
		return 0;
	starts[last] = (u32)(word)code_at;
	for (i = 0; i < 3; ++i)
		byte(0x90);
	byte(0xcc);
	dr7 = 0x400;
	if (bits & DATUM)
		dr7 |= 0xf0001;  // memory, read or written, 4 bytes
	if (bits & DATUM && n == 1)
		dr7 |= 0x200008;  // a port
	if (bits & HERE)
		dr7 |= n == 1 ? 0x10 : 0x14;
	if (bits & NEXT)
		dr7 |= 0x40;
	SET_DR(0, WATCHED);
	SET_DR(1, n == 1 ? 0x80 : bits & HERE ? starts[1] : FREE);
	SET_DR(2, bits & HERE ? starts[n] : FREE);
	SET_DR(3, bits & NEXT ? starts[last] : FREE);
	return 1;
}

static void
ask(u32 bits)
{
	if (!(bits & ASKS))
		return;
	if (!pending)
		ask_irq0();
	pending = 1;
}

static u32 turn;

static int
loads_stack(char name)
{
	return name == 'm' || name == 'M' || name == 'p';
}

// Where Bochs has it otherwise: see above.
static int
contested(const char *first, char second, u32 bits)
{
	for (; *first; ++first) {
		char next = first[1] ? first[1] : second;
		if (loads_stack(*first) && loads_stack(next))
			return 1;
		if (*first == 'M' && bits & DATUM && (next == 'h' || next == 't' || next == '1' || next == '3'))
			return 1;
	}
	if (bits & (STEP | DATUM | ASKS) && bits & (HERE | NEXT))
		return 1;
	return second == 'h' && bits & NEXT;
}

static void
matrix(const char *name, const char *const *list, u32 n, u32 flags, int two)
{
	u32 i, k, bits;
	group(modes[mode], name);
	for (i = 0; i < n; ++i)
		for (k = 0; seconds[k]; ++k)
			for (ring = 0; ring < 4; ring += 3)
				for (bits = 0; bits < BITS; ++bits) {
					if (contested(list[i], seconds[k], bits) != two || seconds[k] == 'h' || (flags && !(bits & ASKS)) ||
						turn++ % EVERY(149) || !make(list[i], seconds[k], bits, flags))
						continue;
					set_gates(bits & OPEN ? 0xef : 0xee);
					ask(bits);
					if (!flags)
						out8(0x21, bits & ASKS ? 0xfe : 0xff);
					label(i, (u32)seconds[k], bits, (u32)ring);
					walk();
				}
	set_gates(0xee);
	group_done();
}

// HLT after an interrupt was let in, or none: it comes later.
static void
halts(const char *name, u32 step, int two)
{
	static const char *const lets[] = { "s", "f", "i", "ss", "ms", "sm", "sM", "sn", "mf", "mi", "sf" };
	u32 i, bits;
	group(modes[mode], name);
	ring = 0;
	for (i = 0; i < sizeof lets / sizeof lets[0]; ++i)
		for (bits = step; bits < OPEN; bits += 2) {
			if (contested(lets[i], 'h', bits & ~(u32)step) != two || turn++ % EVERY(3) || !make(lets[i], 'h', bits, 0))
				continue;
			waits = 1;
			ask(bits);
			out8(0x21, 0xfe);
			label(i, 'h', bits, 0);
			walk();
			waits = 0;
		}
	group_done();
}

// HLT that nothing but its trap ends
static void
halts_for_good(void)
{
	static const char *const shuts[] = { "n", "m", "M", "p", "l", "c", "mm", "Mm", "sc", "mg" };
	u32 i, bits;
	group(modes[mode], "hlt cli tf");
	ring = 0;
	for (i = 0; i < sizeof shuts / sizeof shuts[0]; ++i)
		for (bits = STEP; bits < OPEN; bits += 2) {
			if (turn++ % EVERY(3) || !make(shuts[i], 'h', bits, 0))
				continue;
			ask(bits);
			out8(0x21, bits & ASKS ? 0xfe : 0xff);
			label(i, 'h', bits, 0);
			walk();
		}
	group_done();
}

// REP OUTSB, one of whose bytes lets the interrupt in
static void
repeats(void)
{
	u32 i, at, bits;
	group(modes[mode], "rep");
	for (bits = 0; bits < DATUM; ++bits)
		for (ring = 0; ring < 4; ring += 3)
			for (at = 0; at < 5; ++at) {
				make("n", 'n', bits, IF);
				code();
				byte(0x90);
				bytes(0xf36e);
				for (i = 0; i < 3; ++i)
					byte(0x90);
				byte(0xcc);
				in.dx = 0x21;
				in.cx = 4;
				in.si = BUFFER + 0x40;
				for (i = 0; i < 4; ++i)
					MEM8(BUFFER + 0x40 + i) = i < at ? 0xff : 0xfe;
				ask(ASKS);
				label(0, at, bits, (u32)ring);
				walk();
			}
	group_done();
}

// --- debug registers ----------------------------------------------------------------

static void
cr4_de(u32 on)
{
	word x;
	__asm__ volatile("mov %%cr4,%0" : "=r"(x));
	x = (x & ~(word)8) | on * 8;
	__asm__ volatile("mov %0,%%cr4" : : "r"(x));
}

// DR7 as it is behind the case: where GD is on, reading it is a case of its own.
static u32
dr7_now(void)
{
	struct state was = got;
	u32 x, n;
	for (n = 0;; ++n) {
		prepare(sizeof(word) == 8 ? MODE_64 : MODE_32, 0);
		code();
		bytes(0x0f21f8);
		byte(0xcc);
		enter(&in);
		if (got.vector != 1 || n)
			break;
	}
	x = (u32)got.ax | n << 13;
	got = was;
	return x;
}

static void
registers(const char *name, int two)
{
	static const u32 values[] = { 0, 0xffffffff, 0x2000, 0xe00f, 0x1234 };
	u32 dr, to, de, gd, r, v;
	group(modes[mode], name);
	for (dr = 0; dr < 8; ++dr)
		for (to = 0; to < 2; ++to)
			for (de = 0; de < 2; ++de)
				for (gd = 0; gd < 2; ++gd)
					for (r = 0; r < 4; ++r)
						for (v = 0; v < sizeof values / sizeof values[0]; ++v) {
							u32 step = v & 1 && !gd ? TF : 0, seven;
							int bt = step && to && (dr | 2) == 6 && values[v] & 0x8000;
							if ((bt || (gd && r)) != two || turn++ % EVERY(13))
								continue;
							cr4_de(de);
							prepare(mode, r);
							in.flags = 2 | step;
							in.ax = values[v];
							code();
							bytes(to ? 0x0f23c0 + 8 * dr : 0x0f21c0 + 8 * dr);
							byte(0x90);
							byte(0xcc);
							SET_DR(0, 0x11);
							SET_DR(1, 0x22);
							SET_DR(2, 0x33);
							SET_DR(3, 0x44);
							SET_DR(6, v & 2 ? 0x600f : 0);
							label(dr | to << 4, de, gd | r << 4, v);
							SET_DR(7, gd << 13);
							enter(&in);
							seven = dr7_now();
							SET_DR(7, 0);
							word32(seven);
							word32(GET_DR(6));
							word32(GET_DR(0));
							word32(GET_DR(1));
							word32(GET_DR(2));
							word32(GET_DR(3));
							what_happened();
							word32((u32)got.flags);
							word64(got.ax);
							case_done();
						}
	SET_DR(0, 0);
	SET_DR(1, 0);
	SET_DR(2, 0);
	SET_DR(3, 0);
	cr4_de(1);
	group_done();
}

// Which ways to #DB's handler turn general detect off
static void
detect(void)
{
	static const char ways[] = "ntw1ou3x";
	u32 i, bits;
	group(modes[mode], "general detect");
	set_idt(OTHER, gate(KCODE, (u32)(word)stubs + OTHER * 16u, 0xee, sizeof(word) == 8));
	for (i = 0; ways[i]; ++i)
		for (ring = 0; ring < 4; ring += 3)
			for (bits = 0; bits < ASKS; ++bits) {
				u32 seven;
				if (contested("n", ways[i], bits) || turn++ % EVERY(3) || !make("n", ways[i], bits, 0))
					continue;
				label(i, (u32)ways[i], bits, (u32)ring);
				SET_DR(6, 0);
				SET_DR(7, dr7 | 0x2000);
				enter(&in);
				seven = dr7_now();
				SET_DR(7, 0);
				word32(seven);
				record(GET_DR(6));
				case_done();
			}
	// INT 1 is no #DB.
	for (ring = 0; ring < 4; ring += 3)
		for (bits = 0; bits < 2; ++bits) {
			u32 seven;
			make("n", 'n', bits, 0);
			code();
			bytes(0xcd01);
			label(0xff, 0, bits, (u32)ring);
			SET_DR(6, 0);
			SET_DR(7, 0x2400);
			enter(&in);
			seven = dr7_now();
			SET_DR(7, 0);
			word32(seven);
			record(GET_DR(6));
			case_done();
		}
	group_done();
}

void
main(void)
{
	set_up();
	set_pic(VECTOR);
	out8(0x21, 0xff);
	cr4_de(1);
	for (mode = 0; mode < MODES; ++mode)
		matrix("pairs", firsts, sizeof firsts / sizeof firsts[0], 0, 0);
	for (mode = 0; mode < MODES; ++mode)
		matrix("unmasked", unmasking, sizeof unmasking / sizeof unmasking[0], IF, 0);
	for (mode = 0; mode < MODES; ++mode)
		halts("hlt", 0, 0);
	for (mode = 0; mode < MODES; ++mode)
		registers("debug registers", 0);
	for (mode = 0; mode < MODES; ++mode)
		detect();
	for (mode = 0; mode < MODES; ++mode)
		matrix("contested pairs", firsts, sizeof firsts / sizeof firsts[0], 0, 1);
	for (mode = 0; mode < MODES; ++mode)
		matrix("contested unmasked", unmasking, sizeof unmasking / sizeof unmasking[0], IF, 1);
	for (mode = 0; mode < MODES; ++mode)
		repeats();
	for (mode = 0; mode < MODES; ++mode)
		registers("contested debug registers", 1);
	for (mode = 0; mode < MODES; ++mode)
		halts("contested hlt", 0, 1);
	for (mode = 0; mode < MODES; ++mode)
		halts("hlt tf", STEP, 0);
	for (mode = 0; mode < MODES; ++mode)
		halts("contested hlt tf", STEP, 1);
	for (mode = 0; mode < MODES; ++mode)
		halts_for_good();
	finish(14);
}
