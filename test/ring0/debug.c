// debug.c: #DB: single steps after each kind of instruction, data breakpoints of
// each type, length and offset under accesses of each size, and mixtures of
// breakpoints, TF, RF by chance, followed over several traps.
//
// As Bochs 2.7 has them (model corei7_icelake_u), except:
// - Of loads of SS in a row each holds back the trap (so Zen 4 does); in Bochs the first.
// - The trap after an instruction does not note a breakpoint on the next one in
//   DR6, which comes after it (SDM vol 3, priority among events).
// - RF that is set stays so in the trap after an iteration of REP that is not the
//   last (so Zen 4 does, but sets no RF that was clear); Bochs pushes it clear.
// - A trap ends HLT (SDM vol 2 HLT: a debug exception resumes execution), so HLT is
//   stepped as NOP is. Bochs sleeps on; qemu, see traps.c.
#include "cases.h"

static const char *const modes[] = MODE_NAMES;

enum { VECTOR = 0x40, TF = 0x100, RF = 0x10000 };
enum { M16 = 1, M32 = 2, M64 = 4, OLD = M16 | M32, ALL = 7 };
#define WATCHED (BUFFER + 0x100)

struct insn {
	u8 modes, n;
	char bytes[13];
};
#define I(modes, x) { modes, sizeof x - 1, x }

// A memory operand is BX in 16-bit code, DI in other: mod r/m 7.
static const struct insn insns[] = {
	I(ALL, "\x90"), I(ALL, "\x89\x07"), I(ALL, "\x8b\x07"), I(ALL, "\xff\x07"), I(ALL, "\xf0\xff\x07"), I(ALL, "\x87\x07"),
	I(ALL, "\xa4"), I(ALL, "\xf3\xa4"), I(ALL, "\xf3\xaa"), I(ALL, "\xf3\xac"), I(ALL, "\xf2\xa6"), I(ALL, "\xf3\xae"), I(ALL, "\xf3\xa5"),
	// flags
	I(ALL, "\xfa"), I(ALL, "\xfb"), I(ALL, "\xfb\xfb"), I(ALL, "\x9c\x58"), I(ALL, "\x9d"), I(OLD, "\xcf"), I(M64, "\x48\xcf"), I(M16, "\x66\xcf"),
	// exceptions and interrupts
	I(ALL, "\xcd\x40"), I(ALL, "\xcc"), I(OLD, "\xce"), I(ALL, "\xf1"), I(ALL, "\x0f\x0b"), I(ALL, "\xf6\xf6"), I(ALL, "\x8e\xc1"),
	// delays
	I(ALL, "\x8e\xd2"), I(ALL, "\x8e\xd2\x8e\xd2"), I(ALL, "\x8e\xd2\x89\x07"), I(ALL, "\x8e\xd2\xcd\x40"), I(ALL, "\x8e\xd2\xcc"), I(ALL, "\x8e\xd2\xf1"),
	I(ALL, "\x8e\xd2\x0f\x0b"), I(ALL, "\x8e\xd2\xf3\xa4"), I(OLD, "\x8e\xd2\xcf"), I(ALL, "\x8e\xd2\x9d"), I(ALL, "\x8e\xd2\xfb"), I(ALL, "\x8e\xd2\xe6\x80"),
	I(OLD, "\x17"), I(OLD, "\x17\x17"), I(OLD, "\x17\x89\x07"), I(OLD, "\x17\xcd\x40"), I(ALL, "\x8e\x17"), I(ALL, "\x8e\x17\x89\x07"),
	I(ALL, "\x8e\xda"), I(OLD, "\x1f"), I(ALL, "\x0f\xb2\x27"), I(ALL, "\x0f\xb2\x27\x89\x07"),
	// transfers
	I(ALL, "\xeb\x00"), I(ALL, "\xe8\x00\x00\x00\x00"), I(ALL, "\xc3"), I(ALL, "\xcb"), I(ALL, "\xe2\x00"), I(ALL, "\x74\x00"), I(ALL, "\xff\x17"), I(ALL, "\xff\x2f"), I(ALL, "\xff\x1f"),
	// stack
	I(ALL, "\x50"), I(ALL, "\x58"), I(ALL, "\xff\x37"), I(ALL, "\x8f\x07"), I(OLD, "\x60"), I(OLD, "\x61"), I(ALL, "\xc8\x08\x00\x02"), I(ALL, "\xc9"),
	// others
	I(ALL, "\xe6\x80"), I(ALL, "\xe7\x80"), I(ALL, "\xe4\x80"), I(ALL, "\xee"), I(ALL, "\xf3\x6e"), I(ALL, "\xf3\x6c"), I(ALL, "\x0f\x20\xc0"), I(ALL, "\x0f\x21\xf0"), I(ALL, "\x0f\x23\xf8"), I(ALL, "\x0f\x09"), I(ALL, "\x0f\x01\x3f"),
	I(ALL, "\xd9\xee"), I(ALL, "\xdd\x07"), I(ALL, "\x0f\x57\xc0"), I(ALL, "\x0f\x10\x07"), I(ALL, "\x0f\x11\x07"), I(ALL, "\x66\x0f\xd6\x07"), I(ALL, "\x0f\xc7\x0f"),
	I(ALL, "\x0f\xae\x07"), I(ALL, "\x0f\x01\x07"), I(ALL, "\xdd\x37"), I(OLD, "\x62\x07"), I(OLD, "\xc5\x07"), I(ALL, "\x0f\xbb\x07"), I(ALL, "\x0f\xae\x3f"), I(ALL, "\x0f\x18\x07"), I(ALL, "\x0f\x0d\x0f"),
	I(ALL, "\xd7"), I(OLD, "\x0f\x05"), I(M64, "\x0f\x05"), I(M64, "\x48\x0f\x07"), I(ALL, "\x0f\x34"),
};

static u32 dr7, seed;

static u32
next_random(u32 n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void
wrmsr(u32 n, u64 x)
{
	__asm__ volatile("wrmsr" : : "c"(n), "a"((u32)x), "d"((u32)(x >> 32)));
}

static void
put_insn(const struct insn *x)
{
	u32 i;
	code();
	for (i = 0; i < x->n; ++i)
		byte((u8)x->bytes[i]);
	for (i = 0; i < 4; ++i)
		byte(0x90);
	byte(0xcc);
}

// The case's stack and data, so that each instruction has what it takes: an
// image for IRET, which POPF and POP SS take for theirs too.
static void
provide(int mode, u32 ring, const struct insn *x, u32 flags)
{
	u32 n = mode == MODE_16 && (u8)x->bytes[0] != 0x66 ? 2 : (u8)x->bytes[0] == 0x48 ? 8 : 4;
	u32 at, i, op = (u8)x->bytes[0] == 0x8e && x->n > 2 ? (u8)x->bytes[2] : (u8)x->bytes[0];
	word image[5];
	prepare(mode, ring);
	at = (u32)in.sp;
	image[0] = CODE + x->n;
	image[1] = in.cs;
	image[2] = flags;
	image[3] = in.sp + 5 * n;
	image[4] = in.ss;
	if (op == 0x9d)
		image[0] = flags;
	if (op == 0x17 || op == 0x1f)
		image[0] = image[1] = in.ss;
	for (i = 0; i < 5; ++i) {
		if (n == 2)
			MEM16(at + 2 * i) = (u16)image[i];
		else if (n == 4)
			MEM32(at + 4 * i) = (u32)image[i];
		else
			MEM64(at + 8 * i) = image[i];
	}
	if (mode == MODE_64 && (op == 0x9d || op == 0xc3))
		MEM64(at) = image[0];
	for (i = 0; i < 0x300; i += 4)
		MEM32(BUFFER + i) = 0;
	in.bx = in.di = WATCHED;
	in.si = WATCHED + 0x10;
	in.cx = 3;
	in.bp = in.sp;
	in.dx = in.ss;
	in.ax = 0;
	if ((x->bytes[0] & 0xff) == 0x8e && (x->bytes[1] & 0xff) == 0x17)
		MEM32(WATCHED) = (u32)in.ss;
	if (op == 0xff && (x->bytes[1] == 0x17 || x->bytes[1] == 0x1f || x->bytes[1] == 0x2f))
		MEM32(WATCHED) = CODE + x->n;
	if (op == 0xff && x->bytes[1] >= 0x18) {
		MEM16(WATCHED + (mode == MODE_16 ? 2 : 4)) = (u16)in.cs;
	}
	if ((x->bytes[0] & 0xff) == 0xc5 || (x->bytes[1] & 0xff) == 0xb2) {
		if (mode == MODE_16)
			MEM16(WATCHED) = (u16)in.sp;
		else
			MEM32(WATCHED) = (u32)in.sp;
		MEM16(WATCHED + (mode == MODE_16 ? 2 : 4)) = (u16)in.ss;
	}
	if (x->n == 3 && op == 0x48 && x->bytes[1] == 0x0f) {
		in.cx = CODE + x->n;
		in.r11 = flags;
	}
	if (op == 0xee)
		in.dx = 0x80;
	__asm__ volatile("fninit");
	put_insn(x);
}

// Runs the case, and on after each trap
static void
walk(int steps, u32 dr6)
{
	for (;;) {
		SET_DR(6, dr6);
		SET_DR(7, dr7);
		enter(&in);
		dr6 = GET_DR(6);
		if (detail)
			text("\n   ");
		word32(GET_DR(7));
		SET_DR(7, 0x400);
		word32(dr6);
		what_happened();
		word32((u32)(got.cs << 16 | got.ss));
		word32((u32)got.flags);
		word64(got.sp);
		word32((u32)got.cx);
		if (got.vector != 1 || !--steps)
			break;
		in = got;
	}
	if ((u32)got.flags & TF)
		word32((u32)got.ax & ~0xffu);
}

enum { COUNT = sizeof insns / sizeof insns[0] };

static int
usable(int mode, const struct insn *x)
{
	return x->modes >> mode & 1;
}

static void
singly(int mode)
{
	u32 i, ring, flags;
	group(modes[mode], "single steps");
	dr7 = 0x400;
	for (i = 0; i < COUNT; ++i)
		for (ring = 0; ring < 4; ring += 3)
			for (flags = 0; flags < 8; ++flags) {
				if (!usable(mode, &insns[i]))
					continue;
				// TF, IF or OF before; TF in what is popped
				provide(mode, ring, &insns[i], 0x3002 | (flags & 4 ? TF : 0) | (flags & 1 ? 0x10000 : 0));
				in.flags = 0x3002 | (flags & 1 ? TF : 0) | (flags & 2 ? 0x840 : 0);
				if (!(flags & 5))
					continue;
				label(i, ring, flags, (u32)(insns[i].bytes[0] & 0xff) << 8 | (insns[i].bytes[1] & 0xff));
				walk(7, 0);
				case_done();
			}
	group_done();
}

// HLT, with interrupts off or none there: its trap ends it.
static void
halts(int mode)
{
	static const struct insn sequences[] = { I(ALL, "\xf4"), I(ALL, "\xfb\xf4"), I(ALL, "\xf4\xf4"), I(ALL, "\x8e\xd2\xf4"),
		I(ALL, "\x89\x07\xf4") };
	u32 i, ring, flags;
	group(modes[mode], "hlt");
	SET_DR(0, WATCHED);
	for (i = 0; i < sizeof sequences / sizeof sequences[0]; ++i)
		for (ring = 0; ring < 4; ring += 3)
			for (flags = 0; flags < 4; ++flags) {
				dr7 = flags & 2 ? 0xf0401 : 0x400;
				provide(mode, ring, &sequences[i], 2);
				in.flags = 0x3102 | (flags & 1 ? 0x200 : 0);
				label(i, ring, flags, 0);
				walk(7, 0);
				case_done();
			}
	group_done();
}

static void
data(int mode)
{
	static const struct insn accesses[] = {
		I(ALL, "\x88\x07"), I(ALL, "\x8a\x07"), I(ALL, "\x89\x07"), I(ALL, "\x8b\x07"), I(ALL, "\xfe\x07"), I(ALL, "\xdd\x07"), I(ALL, "\xdd\x1f"), I(ALL, "\x0f\x10\x07"), I(ALL, "\x0f\x11\x07"),
		I(ALL, "\xdb\x2f"), I(ALL, "\xdf\x07"), I(ALL, "\x0f\xae\x07"), I(ALL, "\x84\x07"), I(ALL, "\x0f\xb1\x07"), I(ALL, "\xaa"), I(ALL, "\xf3\xaa"), I(ALL, "\xf3\xab"), I(ALL, "\x0f\xc7\x0f"), I(ALL, "\x8f\x07"), I(ALL, "\xff\x37"),
	};
	u32 i, type, len, at, from;
	group(modes[mode], "data");
	for (i = 0; i < sizeof accesses / sizeof accesses[0]; ++i)
		for (type = 1; type < 4; type += 2)
			for (len = 0; len < 4; ++len)
				for (at = 0; at < 8; ++at)
					for (from = (at + i) % EVERY(11); from < 16; from += EVERY(11)) {
						u32 bp = (at + from + i) & 3;
						provide(mode, 3, &accesses[i], 2);
						in.bx = in.di = WATCHED - 8 + from - (accesses[i].bytes[1] == (char)0xae ? (WATCHED + from) & 15 : 0);
						__asm__ volatile("fninit");
						SET_DR(0, 0);
						SET_DR(1, 0);
						SET_DR(2, 0);
						SET_DR(3, 0);
						switch (bp) {
						case 0: SET_DR(0, WATCHED + at); break;
						case 1: SET_DR(1, WATCHED + at); break;
						case 2: SET_DR(2, WATCHED + at); break;
						case 3: SET_DR(3, WATCHED + at); break;
						}
						dr7 = 0x400 | 1u << (2 * bp + (from & 1)) | (type | len << 2) << (16 + 4 * bp);
						label(i, type | len << 4, at, from);
						walk(4, 0);
						case_done();
					}
	group_done();
}

// Breakpoints and TF as chance has them
static void
mixed(int mode)
{
	u32 i, n, k;
	group(modes[mode], "mixed");
	seed = 1;
	for (i = 0; i < COUNT; ++i) {
		for (n = 0; n < 24 / EVERY(6); ++n) {
			u32 ring = 3 * next_random(2), dr[4], image, sticky;
			if (!usable(mode, &insns[i]))
				continue;
			image = 0x3002 | (next_random(2) ? TF : 0) | (next_random(2) ? RF : 0);
			provide(mode, ring, &insns[i], image);
			dr7 = 0x400;
			for (k = 0; k < 4; ++k) {
				u32 kind = next_random(4), len = next_random(4);
				switch (kind) {
				case 0:
					dr[k] = CODE + next_random(insns[i].n + 3);
					len = 0;
					break;
				case 2: dr[k] = 0x7e + next_random(4); break;
				default: dr[k] = ring && next_random(2) ? (u32)in.sp - 8 + next_random(12) : WATCHED + next_random(20); break;
				}
				if (kind == 2)
					kind = 3;  // I/O: another group
				dr7 |= (kind | len << 2) << (16 + 4 * k) | 1u << (2 * k + next_random(2));
				if (!next_random(4)) {  // one that is off is nowhere near
					dr7 &= ~(3u << 2 * k);
					dr[k] = FREE;
				}
			}
			SET_DR(0, dr[0]);
			SET_DR(1, dr[1]);
			SET_DR(2, dr[2]);
			SET_DR(3, dr[3]);
			in.flags = 0x3002 | (next_random(2) ? TF : 0) | (next_random(3) ? 0 : RF);
			sticky = next_random(3) ? 0 : 0x600f;
			label(i, ring, n, (u32)(insns[i].bytes[0] & 0xff) << 8 | (insns[i].bytes[1] & 0xff));
			if (detail) {
				text(" dr7 ");
				hex(dr7, 8);
				for (k = 0; k < 4; ++k) {
					out8(0xe9, ' ');
					hex(dr[k], 4);
				}
				text(" fl ");
				hex((u32)in.flags, 5);
			}
			walk(6, sticky);
			case_done();
		}
	}
	group_done();
}

void
main(void)
{
	int mode;
	word x;
	set_up();
	set_pic(VECTOR);
	out8(0x21, 0xff);
	fill_target();
	wrmsr(0x174, KCODE);
	wrmsr(0x175, INNER);
	wrmsr(0x176, TARGET);
#ifdef LONG
	wrmsr(0xc0000080, 0x501 | 0);
	wrmsr(0xc0000081, (u64)SEL_CODE64 << 32 | (u64)0x60 << 48);
	wrmsr(0xc0000082, TARGET);
	wrmsr(0xc0000084, TF);
#endif
	or_cr0(0x20, 0);
	__asm__ volatile("mov %%cr4,%0; or $0x600,%0; mov %0,%%cr4" : "=r"(x));
	for (mode = 0; mode < MODES; ++mode)
		singly(mode);
	for (mode = 0; mode < MODES; ++mode)
		data(mode);
	for (mode = 0; mode < MODES; ++mode)
		mixed(mode);
	for (mode = 0; mode < MODES; ++mode)
		halts(mode);
	finish(12);
}
