// boot_fuzz_test.c: random boot sectors, each for so many instructions on the
// machine that blink -r runs, its clock counting instructions. A guest may halt,
// loop or end in a triple fault; but blink may not crash, hang, or touch what
// is outside guest memory (guards around it, and MODE=asan, show that).
//
//   boot_fuzz_test [-v]                   a few hundred, until what is to be
//                                         reached was; then that planted faults
//                                         are found. -v: says what was reached
//   boot_fuzz_test -s SECONDS [SEED]      new ones for so long
//   boot_fuzz_test -n COUNT [SEED]        so many
//   boot_fuzz_test SEED [INSTRUCTIONS]    this one, output as it comes
//
// All but the first for a million instructions each. A child runs them; the
// parent names the seed of the one that it died of, and goes on after it.
#include "base/base.h"
#include "vm/machine.h"
#include "cpu/system.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The machine's own loop, but what the processor stops for is noted.
static enum stop noted_run(struct cpu *c);
static int noted_deliver(struct cpu *c, unsigned vector, enum deliver how);
static int noted_interrupt(struct pc *p);
static int noted_pending(const struct pc *p);
static u32 noted_in(struct pc *p, unsigned port, int size);
static void noted_out(struct pc *p, unsigned port, int size, u32 value);
static enum bios_result noted_bios_call(struct pc *p, unsigned entry);
#define cpu_run noted_run
#define cpu_deliver noted_deliver
#define pc_interrupt noted_interrupt
#define pc_interrupt_pending noted_pending
#define pc_in noted_in
#define pc_out noted_out
#define bios_call noted_bios_call
#include "vm/machine.c"
#undef cpu_run
#undef cpu_deliver
#undef pc_interrupt
#undef pc_interrupt_pending
#undef pc_in
#undef pc_out
#undef bios_call

enum { CHECK_SECTORS = 1000, CHECK_INSNS = 25000, CHECK_SECONDS = 2, FUZZ_INSNS = 1000000, HANG_SECONDS = 60, BATCH = 1000 };
enum { LOAD = 0x7c00, FLAT = 0x6000 };  // where an image goes, bytes of a flat one

// Offsets in an image. What is behind a sector is there in flat ones only.
enum { CODE = 0x60, POINTERS = 0x1a0, SMALL_GDT = 0x1b0, TABLES = 0x400, GDT = 0x4400, FLAT_POINTERS = 0x4600, IDT = 0x4800, TSS = 0x5000 };

// What a sector came to: how it ended, then what the processor was in when it
// stopped, then exceptions by vector. Each must happen in every run.
enum {
	RAN_ON,
	REPEATED,
	TRIPLE_FAULT,
	HALTED,
	OTHER_END,
	ENDS,
	PROTECTED = ENDS,
	PROTECTED_16,
	PAGING_4,
	PAE,
	LONG,
	COMPATIBILITY,
	V86,
	RING3,
	TASK,
	BREAKPOINTS,
	SERVICE,
	INTERRUPT,
	EXCEPTIONS,
	REACHED = EXCEPTIONS + 20
};
static const char *const reached_names[REACHED] = { "ran all their instructions", "came to what they had been before", "ended in a triple fault",
	"halted with interrupts off", "ended otherwise", "protected mode", "16-bit protected mode", "32-bit paging", "PAE paging", "long mode",
	"compatibility mode", "virtual-8086 mode", "ring 3", "a task register", "breakpoints on", "a BIOS service", "an interrupt", "#DE", "#DB", 0,
	"#BP", "#OF", "#BR", "#UD", "#NM", "#DF", 0, "#TS", "#NP", "#SS", "#GP", "#PF", 0, "#MF", "#AC", 0, "#XM" };

// What a child tells its parent, in shared memory
enum { SLOWEST = 8 };
struct tally {
	u64 seed;  // that runs, or ran last
	u64 done, insns, reached[REACHED];
	double seconds;  // of the processor's time
	struct {
		u64 seed;
		double seconds;
	} slow[SLOWEST];
};
static struct tally *g_tally;
static u64 g_seed, g_insns, g_reached;
static char g_image[64], g_err[80];

static u64
random64(void)
{
	g_seed ^= g_seed << 13;
	g_seed ^= g_seed >> 7;
	g_seed ^= g_seed << 17;
	return g_seed * 0x2545f4914f6cdd1dull;
}

static unsigned
below(unsigned n)
{
	return (unsigned)(random64() >> 32) % n;
}

static int
chance(unsigned percent)
{
	return below(100) < percent;
}

// --- bytes ---------------------------------------------------------------------------

struct out {
	u8 *p;
	unsigned at, end;
};

static void
put(struct out *o, const void *bytes, unsigned n)
{
	if (o->at + n <= o->end)
		memcpy(o->p + o->at, bytes, n);
	o->at += n;
}

static void
put_x(struct out *o, u64 x, unsigned n)
{
	u8 b[8];
	st64(b, x);
	put(o, b, n);
}

#define PUT(o, s) put(o, s, sizeof(s) - 1)

static u32
interesting(void)
{
	static const u32 odd[] = { 0, 1, 8, 0x10, 0x1b, 0x23, 0x28, 0x30, 0x7f, 0x80, 0xff, 0x7bfe, 0x7c00, 0x7dfe, 0x8000, 0xfffe, 0xffff, 0x10000,
		0x467, 0x9fc00, 0x9fffe, 0xa0000, 0xb8000, 0xbffff, 0xf0000, 0xfffff, 0x100000, 0x10ffef, 0x1fffff, 0x200000, 0x3ffffe, 0x400000,
		0x7fffffff, 0x80000000, 0xffff0000, 0xfffffffe, 0xffffffff };
	switch (below(4)) {
	case 0: return (u32)random64();
	case 1: return LOAD + below(FLAT);
	default: return odd[below(COUNTOF(odd))];
	}
}

// --- instructions ------------------------------------------------------------------------

// Length, then opcode; `m` stands for a ModRM byte, b, w and d for an
// immediate, p for a port, others for themselves.
struct shape {
	const char *bytes, *tail;
};
#define S(b, t) \
	{ \
		b, t \
	}
static const struct shape shapes[] = {
	S("\x0f\x20", "r"),
	S("\x0f\x22", "r"),
	S("\x0f\x21", "r"),
	S("\x0f\x23", "r"),
	S("\x0f\x01", "m"),
	S("\x0f\x01", "m"),
	S("\x0f\x00", "m"),
	S("\x0f\x00", "m"),
	S("\x0f\x02", "m"),
	S("\x0f\x03", "m"),
	S("\x0f\x06", ""),
	S("\x0f\x09", ""),
	S("\x0f\x30", ""),
	S("\x0f\x32", ""),
	S("\x0f\x05", ""),
	S("\x0f\x07", ""),
	S("\x0f\x34", ""),
	S("\x0f\x35", ""),
	S("\x0f\xa2", ""),
	S("\x0f\x31", ""),
	S("\x0f\xae", "m"),
	S("\x0f\xc7", "m"),
	S("\x0f\xb2", "m"),
	S("\x0f\xb4", "m"),
	S("\x0f\xb5", "m"),
	S("\x0f\xa0", ""),
	S("\x0f\xa1", ""),
	S("\x0f\xa8", ""),
	S("\x0f\xa9", ""),
	S("\x0f\x0b", ""),
	S("\x0f\xa3", "m"),
	S("\x0f\xab", "m"),
	S("\x0f\xb1", "m"),
	S("\x0f\x10", "m"),
	S("\x0f\x29", "m"),
	S("\x0f\x51", "m"),
	S("\x0f\x5e", "m"),
	S("\x0f\x6f", "m"),
	S("\x0f\x7f", "m"),
	S("\x0f\x84", "w"),
	S("\x0f\x38", "mm"),
	S("\x0f", "m"),
	S("\x0f", "mm"),
	S("\x8e", "m"),
	S("\x8e", "m"),
	S("\x8e", "r"),
	S("\x8c", "m"),
	S("\xc4", "m"),
	S("\xc5", "m"),
	S("\x62", "m"),
	S("\x63", "m"),
	S("\x06", ""),
	S("\x07", ""),
	S("\x0e", ""),
	S("\x16", ""),
	S("\x17", ""),
	S("\x1e", ""),
	S("\x1f", ""),
	S("\x60", ""),
	S("\x61", ""),
	S("\x9a", "ds"),
	S("\xea", "ds"),
	S("\xea", "ws"),
	S("\xca", "w"),
	S("\xcb", ""),
	S("\xcf", ""),
	S("\xcf", ""),
	S("\xc2", "w"),
	S("\xc3", ""),
	S("\xff", "m"),
	S("\xff", "m"),
	S("\xcc", ""),
	S("\xcd", "b"),
	S("\xcd", "i"),
	S("\xcd", "i"),
	S("\xce", ""),
	S("\xf1", ""),
	S("\xf4", ""),
	S("\xfa", ""),
	S("\xfb", ""),
	S("\xfc", ""),
	S("\xfd", ""),
	S("\x9c", ""),
	S("\x9d", ""),
	S("\x9d", ""),
	S("\x9e", ""),
	S("\xe4", "p"),
	S("\xe5", "p"),
	S("\xe6", "p"),
	S("\xe7", "p"),
	S("\xec", ""),
	S("\xed", ""),
	S("\xee", ""),
	S("\xef", ""),
	S("\x6c", ""),
	S("\x6d", ""),
	S("\x6e", ""),
	S("\x6f", ""),
	S("\xf3\x6c", ""),
	S("\xf3\x6d", ""),
	S("\xf3\x6e", ""),
	S("\xf3\x6f", ""),
	S("\xa4", ""),
	S("\xf3\xa4", ""),
	S("\xf3\xa5", ""),
	S("\xf3\xab", ""),
	S("\xf3\xaa", ""),
	S("\xf3\xac", ""),
	S("\xf3\xa6", ""),
	S("\xf2\xae", ""),
	S("\xf2\xa7", ""),
	S("\xc8", "wb"),
	S("\xc9", ""),
	S("\xd7", ""),
	S("\x27", ""),
	S("\x37", ""),
	S("\xd4", "b"),
	S("\xd5", "b"),
	S("\xd8", "m"),
	S("\xd9", "m"),
	S("\xdb", "m"),
	S("\xdd", "m"),
	S("\xdf", "m"),
	S("\x9b", ""),
	S("\x80", "mb"),
	S("\x81", "mw"),
	S("\x83", "mb"),
	S("\x01", "m"),
	S("\x03", "m"),
	S("\x31", "m"),
	S("\x39", "m"),
	S("\x87", "m"),
	S("\x88", "m"),
	S("\x89", "m"),
	S("\x8a", "m"),
	S("\x8b", "m"),
	S("\x8d", "m"),
	S("\x8f", "m"),
	S("\xc7", "md"),
	S("\xc6", "mb"),
	S("\xf6", "m"),
	S("\xf7", "m"),
	S("\xd3", "m"),
	S("\xfe", "m"),
	S("\x50", ""),
	S("\x54", ""),
	S("\x58", ""),
	S("\x5c", ""),
	S("\x68", "w"),
	S("\x68", "d"),
	S("\x6a", "b"),
	S("\xa1", "w"),
	S("\xa3", "w"),
	S("\x74", "j"),
	S("\x75", "j"),
	S("\xeb", "j"),
	S("\xe2", "j"),
	S("\xe0", "j"),
	S("\xe3", "j"),
	S("\xe8", "w"),
	S("\xe9", "w"),
	S("\x40", ""),
	S("\x91", ""),
	S("\xb0", "b"),
	S("\xb4", "b"),
	S("\xb8", "w"),
	S("\xb9", "w"),
	S("\xba", "p\0"),
	S("\xbb", "w"),
	S("\xbc", "w"),
	S("\xbe", "w"),
	S("\xbf", "w"),
	S("\x66\xb8", "d"),
	S("\x66\xb9", "d"),
	S("\x66\xbc", "d"),
	S("\x66\xbe", "d"),
	S("\x66\xbf", "d"),
	S("\xb9", "d"),
	S("\xb8", "d"),
	S("\x66\xb9\x80\0\0\xc0", ""),
	S("\x66\x0f\xb2", "m"),
	S("\x66\xcf", ""),
	S("\x48\xcf", ""),
	S("\x66\x9d", ""),
	S("\x66\xea", "ds"),
};

static const u16 ports[] = { 0x20, 0x21, 0x40, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0xa0, 0xa1, 0xe9, 0xf0 };
static const u8 services[] = { 0x03, 0x08, 0x09, 0x10, 0x10, 0x11, 0x12, 0x13, 0x13, 0x14, 0x15, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1c, 0x40, 0x70,
	0x80 };

static void
instruction(struct out *o)
{
	static const u8 prefixes[] = { 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x48, 0x41, 0x4f };
	const struct shape *s = &shapes[below(COUNTOF(shapes))];
	const char *t;
	while (chance(15))
		put_x(o, prefixes[below(sizeof prefixes)], 1);
	put(o, s->bytes, (unsigned)strlen(s->bytes) + !*s->bytes);
	for (t = s->tail; *t; t++) {
		unsigned modrm;
		switch (*t) {
		case 'm':
			modrm = below(256);
			put_x(o, modrm, 1);
			// Addresses of 16 bits, as often as not
			if (modrm < 0xc0 && ((modrm & 0xc7) == 6 || modrm >> 6 == 2))
				put_x(o, interesting(), 2);
			else if (modrm >> 6 == 1)
				put_x(o, random64(), 1);
			break;
		case 'r': put_x(o, 0xc0 | below(64), 1); break;
		case 'b': put_x(o, random64(), 1); break;
		case 'i': put_x(o, services[below(sizeof services)], 1); break;
		case 'j': put_x(o, (u64)(i64)((int)below(40) - 20), 1); break;
		case 'p': put_x(o, ports[below(COUNTOF(ports))], s->bytes[0] == '\xba' ? 2 : 1); break;
		case 's': put_x(o, chance(70) ? 8 * below(20) + (chance(30) ? below(8) : 0) : below(0x10000), 2); break;
		case 'w': put_x(o, interesting(), 2); break;
		case 'd': put_x(o, interesting(), 4); break;
		}
	}
}

// --- tables --------------------------------------------------------------------------------

static u64
descriptor(u32 base, u32 limit, unsigned rights)
{
	return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)rights << 40 | (u64)(limit >> 16 & 15) << 48 | (u64)(base >> 24) << 56;
}

static void
damage(u8 *p, unsigned n, unsigned times)
{
	while (times--)
		p[below(n)] ^= (u8)(1 << below(8));
}

// 0 null, 8 code, 10 data, 1b and 23 those of ring 3, 28 TSS, 30 LDT, 38 code of
// 16 bits, 40 data of 16 bits, then gates, task states and whatever.
static void
fill_gdt(u8 *p, unsigned n, unsigned code)
{
	unsigned i;
	st64(p, 0);
	for (i = 1; i < n; i++) {
		u64 d;
		switch (i) {
		case 1: d = descriptor(0, 0xfffff, code); break;
		case 2: d = descriptor(0, 0xfffff, 0xc093); break;
		case 3: d = descriptor(0, 0xfffff, code | 0x60); break;
		case 4: d = descriptor(0, 0xfffff, 0xc0f3); break;
		case 5: d = descriptor(LOAD + TSS, chance(80) ? 0x2067 : below(0x100), 0x89); break;
		case 6: d = code == 0xa09b ? 0 : descriptor(LOAD + GDT, 0xff, 0x82); break;
		case 7: d = descriptor(0, 0xffff, 0x9b); break;
		case 8: d = descriptor(chance(50) ? 0 : interesting(), below(0x10000), 0x93); break;
		default:
			if (chance(40))
				d = (LOAD + CODE + below(0x140)) | (u64)(8 * below(12)) << 16 |
					(u64)((chance(90) ? 0x80u : 0u) | below(4) << 5 | (chance(50) ? 0xc : 5)) << 40 | (u64)below(32) << 32;
			else if (chance(50))
				d = descriptor(LOAD + TSS + below(0x200), below(0x100), 0x81 | below(2) << 3 | below(4) << 5);
			else
				d = chance(50) ? random64() : descriptor(interesting(), interesting(), (chance(90) ? 0x80u : 0u) | below(0x10000));
		}
		st64(p + 8 * i, d);
	}
}

// The first gates may lead to a handler that goes on a byte further: `skip` is
// the address of that for exceptions with an error code.
static void
fill_idt(u8 *p, unsigned size, int wide, u32 skip)
{
	static const u32 errors = 1 << VEC_DF | 1 << VEC_TS | 1 << VEC_NP | 1 << VEC_SS | 1 << VEC_GP | 1 << VEC_PF | 1 << VEC_AC;
	unsigned i;
	for (i = 0; i + (wide ? 16 : 8) <= size; i += wide ? 16 : 8) {
		static const u8 types[] = { 0x8e, 0x8e, 0x8f, 0x86, 0x87, 0x85, 0xee, 0xef, 0x0e };
		u64 to = LOAD + CODE + below(0x140), type = chance(95) ? types[below(wide ? 3 : sizeof types)] : below(256);
		u64 sel = chance(80) ? 8 : 8 * below(16);
		unsigned vector = i / (wide ? 16 : 8);
		if (skip && vector < 32 && chance(95)) {
			to = skip + (errors >> vector & 1 ? 0 : wide ? 4 : 3);
			type = chance(50) ? 0x8e : 0xef;
			sel = 8;
		}
		st64(p + i, (to & 0xffff) | sel << 16 | (wide && chance(20) ? (u64)below(8) << 32 : 0) | type << 40 | to >> 16 << 48);
	}
}

// The root, then tables for PAE and 4-level paging, with PT of 8-byte entries
// (or the 4-byte directory's PT) last: the first 2 or 4 MiB are where they are.
static void
fill_pages(u8 *p, int pae, int wide)
{
	const u32 at = LOAD + TABLES;
	unsigned i;
	if (pae) {
		st64(p, (at + 0x1000) | 7);
		for (i = 0; i < 4; i++)
			st64(p + 0x1000 + 8 * i, (at + 0x2000) | 1 | (chance(90) ? 0 : below(8)));
		st64(p + 0x1000, (at + 0x2000) | (chance(90) == wide ? 7u : 1u));
		st64(p + 0x2000, chance(80) ? (u64)(at + 0x3000) | 7 : 0x87);
		for (i = 1; i < 4; i++)
			st64(p + 0x2000 + 8 * i, (u64)i << 21 | 0x87);
		for (i = 0; i < 512; i++)
			st64(p + 0x3000 + 8 * i, (u64)i << 12 | 7);
	} else {
		st32(p, chance(80) ? (at + 0x3000) | 7 : 0x87);
		for (i = 1; i < 4; i++)
			st32(p + 4 * i, i << 22 | 0x87);
		for (i = 0; i < 1024; i++)
			st32(p + 0x3000 + 4 * i, i << 12 | 7);
	}
	if (chance(60))
		damage(p, 0x4000, below(40));
	if (chance(60))
		damage(p, 32, below(6));
	if (chance(40))
		damage(p + 0x3000, 0x100, below(20));
}

static void
fill_tss(u8 *p, int wide)
{
	unsigned i;
	for (i = 0; i < 104; i += 4)
		st32(p + i, 8 * below(9));
	for (i = 4; i < 28; i += 8) {
		st32(p + i, chance(80) ? 0x7800 - 0x100 * i : interesting());
		st32(p + i + 4, wide ? 0 : chance(75) ? 0x10 + (i - 4) / 8 : 8 * below(9));
	}
	for (i = 36; wide && i < 92; i += 8)
		st64(p + i, chance(80) ? 0x7000 + i : random64());
	if (!wide) {
		st32(p + 28, LOAD + TABLES);
		st32(p + 32, LOAD + CODE + below(0x100));
		st32(p + 36, chance(50) ? 2 : (u32)random64());
		st32(p + 56, 0x7600);
		for (i = 72; i < 96; i += 4)
			st32(p + i, 0x10);
		st32(p + 76, 8);
	}
	st16(p + 102, (u16)(chance(80) ? 104 : below(0x10000)));
	if (chance(50))
		damage(p + 4, 16, 1 + below(8));
}

// --- images -----------------------------------------------------------------------------------

// The timer interrupts every 16 to 4096 of its ticks, which are 838 ns each.
static void
timer(struct out *o)
{
	PUT(o, "\xb0\x34\xe6\x43\xb0");
	put_x(o, 16 + below(240), 1);
	PUT(o, "\xe6\x40\xb0");
	put_x(o, chance(70) ? 0 : below(16), 1);
	PUT(o, "\xe6\x40");
}

// Real mode's exceptions get a handler that goes on a byte further, where the
// ROM's would return to the same place for ever.
static void
handlers(struct out *o)
{
	static const u8 vectors[] = { 0, 5, 6, 7, 12, 13 };
	unsigned at = LOAD + o->at + 2, i;
	PUT(o, "\xeb\x08\x55\x89\xe5\xff\x46\x02\x5d\xcf\x31\xc0\x8e\xd8");
	for (i = 0; i < sizeof vectors; i++) {
		PUT(o, "\xc7\x06");
		put_x(o, 4u * vectors[i] | (u64)at << 16, 4);
		PUT(o, "\xa3");
		put_x(o, 4u * vectors[i] + 2, 2);
	}
}

// Of 32 and 64-bit code: breakpoints, and a MXCSR that masks less.
static void
debug_and_mxcsr(struct out *o, int sse)
{
	unsigned i;
	if (chance(15)) {
		for (i = 0; i < 2; i++) {
			PUT(o, "\xb8");
			put_x(o, chance(80) ? (u32)LOAD + CODE + below(0x140) : interesting(), 4);
			PUT(o, "\x0f\x23");
			put_x(o, 0xc0 + 8 * i, 1);
		}
		PUT(o, "\xb8");
		put_x(o, 0x400 | (random64() & 0xff000f), 4);
		PUT(o, "\x0f\x23\xf8");
	}
	if (sse) {
		PUT(o, "\x68");
		put_x(o, random64() & 0x7f00, 4);
		PUT(o, "\x0f\xae\x14\x24\x0f\x5e\xc0");
	}
}

// Into protected mode with the tables above, and perhaps on from there.
static void
prologue(struct out *o, int flat)
{
	unsigned pointers = flat ? (unsigned)FLAT_POINTERS : (unsigned)POINTERS;
	int wide = flat && chance(35), pages = wide || (flat && chance(50)), pae = wide || chance(40), bits16 = !wide && chance(20),
	    sse = flat && chance(15);
	unsigned n = flat ? 32 : 8, at = flat ? (unsigned)GDT : (unsigned)SMALL_GDT, i;
	u32 skip = chance(60) ? LOAD + o->at + 2 : 0;
	fill_gdt(o->p + at, n, wide ? 0xa09b : bits16 ? 0x9b : 0xc09b);
	if (chance(30))
		damage(o->p + at, n * 8, below(10));
	st16(o->p + pointers, (u16)(n * 8 - 1));
	st32(o->p + pointers + 2, LOAD + at);
	st16(o->p + pointers + 6, (u16)(chance(90) ? 0x7ff : below(0x1000)));
	st32(o->p + pointers + 8, chance(95) ? LOAD + IDT : interesting());
	if (flat) {
		fill_idt(o->p + IDT, 0x800, wide, skip);
		fill_pages(o->p + TABLES, pae, wide);
		fill_tss(o->p + TSS, wide);
		if (chance(30))
			damage(o->p + IDT, 0x200, below(20));
	}
	if (wide)
		PUT(o, "\xeb\x09\x48\x83\xc4\x08\xff\x04\x24\x48\xcf");
	else
		PUT(o, "\xeb\x07\x83\xc4\x04\xff\x04\x24\xcf");
	PUT(o, "\xfa\x31\xc0\x8e\xd8\x0f\x01\x16");  // cli; ds = 0; lgdt, lidt
	put_x(o, LOAD + pointers, 2);
	PUT(o, "\x0f\x01\x1e");
	put_x(o, LOAD + pointers + 6, 2);
	PUT(o, "\x66\xb8");
	put_x(o,
		(pae ? 0x20u : 0) | (chance(70) ? 0x10u : 0) | (sse || chance(50) ? 0x600u : 0) |
			(chance(20) ? random64() & (chance(80) ? 0x3108bcu : 0x7fffffu) : 0),
		4);
	PUT(o, "\x0f\x22\xe0\x66\xb8");
	put_x(o, LOAD + TABLES + (pae && !wide ? 0x1000 : 0), 4);
	PUT(o, "\x0f\x22\xd8");
	if (wide)
		PUT(o, "\x66\xb9\x80\0\0\xc0\x0f\x32\x66\x0d\x01\x09\0\0\x0f\x30");
	PUT(o, "\x0f\x20\xc0\x66\x0d");
	put_x(o, 1 | (pages ? 0x80000000u : 0) | (!sse && chance(40) ? random64() & 0x1003e : 0) | (chance(50) ? 0x40000 : 0), 4);
	PUT(o, "\x0f\x22\xc0\xea");
	put_x(o, LOAD + o->at + 4, 2);
	put_x(o, 8, 2);
	if (bits16)
		PUT(o, "\xb8\x10\0\x8e\xd8\x8e\xc0\x8e\xd0\xbc\0\x7c");
	else
		PUT(o, "\x66\xb8\x10\0\x8e\xd8\x8e\xc0\x8e\xd0\xbc\0\x7c\0\0");
	if (flat && !bits16) {
		debug_and_mxcsr(o, sse);
		if (chance(70))
			PUT(o, "\x66\xb8\x28\0\x0f\0\xd8");
		if (!wide && chance(40))
			PUT(o, "\x66\xb8\x30\0\x0f\0\xd0");
		if (!wide && chance(35)) {
			u32 to = LOAD + o->at + 9 * 5 + 1;
			for (i = 0; i < 9; i++) {  // gs fs ds es ss esp eflags cs eip
				PUT(o, "\x68");
				put_x(o, i == 5 ? 0x7b00 : i == 6 ? 0x20002 | (below(4) << 12) | (random64() & 0x40200) : i == 8 ? to : 0, 4);
			}
			PUT(o, "\xcf");
		} else if (chance(50)) {
			u32 to = LOAD + o->at + 5 * 5 + 1 + wide;
			static const u32 words[] = { 0x23, 0x7b00, 0, 0x1b, 0 };
			for (i = 0; i < 5; i++) {
				PUT(o, "\x68");
				put_x(o, i == 2 ? 2 | (below(4) << 12) | (random64() & 0x40200) : i == 4 ? to : words[i], 4);
			}
			if (wide)
				PUT(o, "\x48");
			PUT(o, "\xcf");
			if (chance(40))  // an address that EFLAGS.AC does not like, in 32-bit code
				PUT(o, "\x8b\x05\x01\x7c\0\0");
		}
	}
	if (chance(50))
		PUT(o, "\xfb");
}

// The image of g_seed; its size
static unsigned
generate(u8 *p)
{
	struct out o;
	unsigned i, kind = below(8), flat = kind >= 3, size = flat ? (unsigned)FLAT : 512u;
	memset(p, 0, FLAT);
	o.p = p;
	o.at = 0;
	o.end = flat ? (unsigned)TABLES : (unsigned)POINTERS;
	if (!kind) {
		for (i = 0; i < 512; i++)
			p[i] = (u8)(random64() >> 32);
	} else {
		if (chance(40))
			timer(&o);
		if (chance(70))
			handlers(&o);
		if (kind >= 2)
			prologue(&o, (int)flat);
		while (o.at < o.end - 2)
			instruction(&o);
		if (chance(80)) {  // and again
			o.at = o.end - 2;
			PUT(&o, "\xeb\x80");
		}
	}
	st16(p + 510, flat ? 0 : 0xaa55);
	return size;
}

// --- what is noted -----------------------------------------------------------------------------

// Faults planted in a run, to see that they are reported: TLB entries that lead
// to what is behind RAM, a byte behind an object of the heap, abort, no end.
enum plant { NO_PLANT, STRAY, OVERFLOW_HEAP, ABORT, HANG, PLANTS };
enum { PLANT_SEED = 14, PLANT_STOP = 3 };
static enum plant g_plant;
static unsigned g_stops;
#if defined(__SANITIZE_ADDRESS__)
#define HEAP_IS_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEAP_IS_WATCHED 1
#endif
#endif
#ifndef HEAP_IS_WATCHED
#define HEAP_IS_WATCHED 0
#endif

// ASan calls this before each jump out of a handler, to forget what it knows of
// the frames that are left. Its own makes system calls and clears all of the
// stack: half of the time of a guest that faults much. These are ours.
#if HEAP_IS_WATCHED && defined(__GNUC__) && !defined(__clang__)
void __asan_unpoison_memory_region(void const volatile *, size_t);
void __asan_handle_no_return(void);
static const u8 *g_frame;

__attribute__((no_sanitize_address)) void
__asan_handle_no_return(void)
{
	const u8 *here = (const u8 *)__builtin_frame_address(0);
	if (here < g_frame)
		__asan_unpoison_memory_region(here, (size_t)(g_frame - here));
}
#define NOTE_FRAME() (g_frame = (const u8 *)__builtin_frame_address(0))
#else
#define NOTE_FRAME() ((void)0)
#endif

static void
spring(struct cpu *c)
{
	u64 size = mem_ram_size(c->mem), i;
	volatile u64 forever = 0;
	switch (g_plant) {
	case STRAY:
		for (i = 0; i < TLB_SIZE; i++)
			c->tlb.e[i].delta = (uintptr_t)mem_ram(c->mem, 0, size) + (uintptr_t)size + (128 << 10) - (uintptr_t)(c->tlb.e[i].rtag << 12);
		break;
	case OVERFLOW_HEAP: ((volatile u8 *)c->sys)[sizeof *c->sys] = 1; break;
	case ABORT: abort();
	case HANG:
		while (!forever) {
		}
		break;
	default: break;
	}
}

// Whether a guest, at an exception, is what it was at an earlier one: registers
// and RAM, no device asked nor told anything since, none with anything to do
// before its instructions are over. It would go on so to their end: most that
// fault for ever do. What it was is kept after so many exceptions, four times
// as many, and so on.
enum { RAM = 2 << 20, FIRST_KEPT = 1000, LOOKS = 50 };
static struct cpu g_was;
static struct system g_was_system;
static u8 g_was_ram[RAM];
static u64 g_exceptions, g_next_kept, g_limit;
static unsigned g_looks;  // left; 0: it is not worth while, or a device changed
static const struct pc *g_pc;
static u64 (*g_clock)(void *);

static u64
noted_clock(void *arg)
{
	g_looks = 0;
	return g_clock(arg);
}

static int
repeats(struct cpu *c)
{
	const size_t from = offsetof(struct cpu, mode), size = offsetof(struct cpu, ldt_entries) - from;
	if (++g_exceptions == g_next_kept) {
		g_next_kept *= 4;
		g_looks = LOOKS;
		memcpy((u8 *)&g_was + from, (u8 *)c + from, size);
		g_was.cr2 = c->cr2;
		g_was_system = *c->sys;
		memcpy(g_was_ram, mem_ram(c->mem, 0, RAM), RAM);
		return 0;
	}
	if (!g_looks || c->pc != g_was.pc || memcmp((u8 *)&g_was + from, (u8 *)c + from, size) || c->cr2 != g_was.cr2 ||
		memcmp(&g_was_system, c->sys, offsetof(struct system, events)))
		return 0;
	g_looks--;
	return !memcmp(g_was_ram, mem_ram(c->mem, 0, RAM), RAM) && pc_next_event(g_pc) > g_clock(c->sys->io.arg) + 2 * g_limit * NS_PER_INSN;
}

static enum stop
noted_run(struct cpu *c)
{
	enum stop why;
	const struct system *s = c->sys;
	int on, v86, paged;
	if (g_plant && g_tally->seed == PLANT_SEED && ++g_stops >= PLANT_STOP)
		spring(c);
	if (c->sys->io.clock != noted_clock) {
		g_clock = c->sys->io.clock;
		c->sys->io.clock = noted_clock;
	}
	NOTE_FRAME();
	why = cpu_run(c);
	on = (s->cr0 & CR0_PE) != 0;
	v86 = on && c->sysflags & FLAG_VM;
	paged = (s->cr0 & CR0_PG) != 0;
	g_insns = c->icount;
	g_reached |= (u64)on << PROTECTED | (u64)(on && !v86 && c->mode == MODE_16) << PROTECTED_16 |
		(u64)(paged && !(s->cr4 & CR4_PAE)) << PAGING_4 | (u64)(paged && s->cr4 & CR4_PAE && !(s->efer & EFER_LMA)) << PAE |
		(u64)(c->mode == MODE_64) << LONG | (u64)(s->efer & EFER_LMA && c->mode != MODE_64) << COMPATIBILITY | (u64)v86 << V86 |
		(u64)(on && !v86 && c->cpl == 3) << RING3 | (u64)(s->tr.sel != 0) << TASK | (u64)((s->dr7 & 0xff) != 0) << BREAKPOINTS;
	if (why == STOP_INT && c->vector <= VEC_OF)
		g_reached |= 1ull << (EXCEPTIONS + c->vector);
	if ((why == STOP_FAULT || why == STOP_INT) && repeats(c)) {
		g_reached |= 1ull << REPEATED;
		c->icount += g_limit;
		return STOP_ATTENTION;
	}
	return why;
}

// Exceptions, those met on the way to a handler too
static int
noted_deliver(struct cpu *c, unsigned vector, enum deliver how)
{
	const struct system *s = c->sys;
	u32 before = s->nevents;
	int dead = cpu_deliver(c, vector, how);
	for (; before != s->nevents; before++)
		g_reached |= 1ull << (EXCEPTIONS + (s->events[before % EVENTS].vector - 1) % (REACHED - EXCEPTIONS));
	return dead;
}

static int
noted_interrupt(struct pc *p)
{
	g_reached |= 1ull << INTERRUPT;
	g_looks = 0;
	return pc_interrupt(p);
}

static int
noted_pending(const struct pc *p)
{
	g_pc = p;
	return pc_interrupt_pending(p);
}

static u32
noted_in(struct pc *p, unsigned port, int size)
{
	g_looks = 0;
	return pc_in(p, port, size);
}

static void
noted_out(struct pc *p, unsigned port, int size, u32 value)
{
	g_looks = 0;
	pc_out(p, port, size, value);
}

static enum bios_result
noted_bios_call(struct pc *p, unsigned entry)
{
	g_reached |= 1ull << SERVICE;
	g_looks = 0;
	return bios_call(p, entry);
}

static void
run(u64 seed, u64 insns)
{
	static u8 bytes[FLAT];
	struct pc_options o;
	unsigned size;
	int fd;
	g_seed = seed * 0x9e3779b97f4a7c15ull | 1;
	random64();
	size = generate(bytes);
	fd = open(g_image, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd)) {
		perror(g_image);
		exit(1);
	}
	machine_reset(&o);
	o.image = g_image;
	o.screen = 0;
	o.counted = 1;
	o.ram = RAM;
	o.limit = insns;
	o.snapshot = chance(50);
	o.drive = chance(20) ? (int)(below(2) * 0x80) : -1;
	g_reached = g_insns = g_exceptions = 0;
	g_looks = 0;
	g_next_kept = FIRST_KEPT;
	g_limit = insns;
	if (machine_run(&o, 0) == EXIT_LIMIT && !(g_reached & 1u << REPEATED))
		g_reached |= 1u << RAN_ON;
}

// --- running them -----------------------------------------------------------------------------

static double
seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// How it ended, from what was said
static void
note_end(struct tally *t)
{
	char text[1024];
	ssize_t n = pread(2, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = 0;
	if (strstr(text, "triple fault"))
		g_reached |= 1u << TRIPLE_FAULT;
	else if (strstr(text, "halted with"))
		g_reached |= 1u << HALTED;
	else if (!(g_reached & (1u << RAN_ON | 1u << REPEATED)))
		g_reached |= 1u << OTHER_END;
	for (int i = 0; i < REACHED; i++)
		t->reached[i] += g_reached >> i & 1;
}

static void
note_time(struct tally *t, double took)
{
	unsigned i = SLOWEST;
	t->seconds += took;
	t->insns += g_insns;
	t->done++;
	if (took <= t->slow[SLOWEST - 1].seconds)
		return;
	while (--i && took > t->slow[i - 1].seconds)
		t->slow[i] = t->slow[i - 1];
	t->slow[i].seed = t->seed;
	t->slow[i].seconds = took;
}

// Whether all that there is to be reached was; or says what was not. Some
// exceptions come once in hundreds of sectors, which slow hosts do not get to.
static int
all_reached(const struct tally *t, int say)
{
	int i, missing = 0;
	for (i = 0; i < REACHED; i++) {
		if (t->reached[i] || !reached_names[i] || ((i < ENDS || i >= EXCEPTIONS) && t->done < CHECK_SECTORS))
			continue;
		missing++;
		if (say)
			printf("no boot sector got to: %s\n", reached_names[i]);
	}
	return !missing;
}

struct job {
	u64 first, count, insns;
	double limit;   // seconds, but not before all is reached
	int patient;    // it is: only time counts
	unsigned hang;  // seconds
};

static void
child(const struct job *j)
{
	double start = seconds(CLOCK_MONOTONIC);
	u64 i;
	int null = open("/dev/null", O_RDWR), err = open(g_err, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	dup2(null, 0);
	dup2(null, 1);
	dup2(err, 2);
	for (i = 0; i < j->count && (seconds(CLOCK_MONOTONIC) - start < j->limit || (j->patient && !all_reached(g_tally, 0))); i++) {
		double from = seconds(CLOCK_PROCESS_CPUTIME_ID);
		g_tally->seed = j->first + i;
		if (ftruncate(2, 0))
			exit(1);
		alarm(j->hang);
		run(j->first + i, j->insns);
		note_end(g_tally);
		note_time(g_tally, seconds(CLOCK_PROCESS_CPUTIME_ID) - from);
	}
	exit(0);
}

// 0, or how the child died: g_tally->seed tells of which.
static int
try_all(const struct job *j)
{
	int status;
	pid_t pid = fork();
	if (!pid)
		child(j);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("fork");
		exit(1);
	}
	return status;
}

static void
report(int status)
{
	char text[4096];
	int fd = open(g_err, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
	printf("seed %llu: %s %d%s\n%.*s\n", (unsigned long long)g_tally->seed, WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? ", it hangs" : "",
		n > 0 ? (int)n : 0, text);
	close(fd);
}

static int
try_and_report(const struct job *j)
{
	int status = try_all(j);
	if (status)
		report(status);
	return status != 0;
}

// Whether each planted fault is found, and its seed named.
static int
plants_found(void)
{
	static const struct {
		const char *name;
		int signal;
	} plants[PLANTS] = { { 0, 0 }, { "a stray access", SIGSEGV }, { "a heap overflow", 0 }, { "an abort", SIGABRT }, { "a loop", SIGALRM } };
	struct tally before = *g_tally;
	struct job j = { PLANT_SEED - 2, 5, 5000, HANG_SECONDS, 0, 0 };
	int i, bad = 0;
	for (i = 1; i < PLANTS; i++) {
		int status;
		if (i == OVERFLOW_HEAP && !HEAP_IS_WATCHED)
			continue;
		g_plant = (enum plant)i;
		j.hang = i == HANG ? 1 : HANG_SECONDS;
		status = try_all(&j);
		if (g_tally->seed != PLANT_SEED || !status || (plants[i].signal && WIFSIGNALED(status) && WTERMSIG(status) != plants[i].signal)) {
			printf("%s planted in seed %d is not found there\n", plants[i].name, PLANT_SEED);
			report(status);
			bad = 1;
		}
	}
	g_plant = NO_PLANT;
	*g_tally = before;
	return !bad;
}

static void
print_tally(const struct tally *t)
{
	unsigned i;
	printf("%llu boot sectors, %.1f s: %.1f ms and %.0f instructions each, %.1f ns each\n", (unsigned long long)t->done, t->seconds,
		t->seconds * 1e3 / (double)t->done, (double)t->insns / (double)t->done, t->seconds * 1e9 / (double)t->insns);
	for (i = 0; i < REACHED; i++)
		if (reached_names[i])
			printf("%8llu  %s\n", (unsigned long long)t->reached[i], reached_names[i]);
	printf("slowest:");
	for (i = 0; i < SLOWEST; i++)
		printf("  %llu %.2f s", (unsigned long long)t->slow[i].seed, t->slow[i].seconds);
	printf("\n");
	fflush(stdout);
}

// Batches, each in a child of its own, until time or count is up or too many fail.
static int
fuzz(u64 first, u64 count, double limit)
{
	double end = seconds(CLOCK_MONOTONIC) + limit, now;
	u64 last = first + count;
	int bad = 0;
	while (bad < 20 && first < last && (now = seconds(CLOCK_MONOTONIC)) < end) {
		struct job j = { first, min_u64(BATCH, last - first), FUZZ_INSNS, end - now, 0, HANG_SECONDS };
		bad += try_and_report(&j);
		first = g_tally->seed + 1;
		print_tally(g_tally);
	}
	if (g_tally->done > CHECK_SECTORS / 2 && !all_reached(g_tally, 1))
		bad++;
	printf("%llu boot sectors of %d instructions each, %d failed\n", (unsigned long long)g_tally->done, FUZZ_INSNS, bad);
	return bad;
}

static u64
number(const char *s, u64 otherwise)
{
	return s ? strtoull(s, 0, 0) : otherwise;
}

int
main(int argc, char **argv)
{
	int bad = 0;
	u64 some = (u64)time(0) << 20;
	const char *dir = getenv("TMPDIR");
	snprintf(g_image, sizeof g_image, "%s/blink-boot-%d.img", dir && strlen(dir) < 30 ? dir : "/tmp", (int)getpid());
	snprintf(g_err, sizeof g_err, "%s.err", g_image);
	g_tally = (struct tally *)mmap(0, sizeof *g_tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if ((void *)g_tally == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	if (argc > 2 && !strcmp(argv[1], "-s")) {
		bad = fuzz(number(argv[3], some), ~(u64)0 - some, atof(argv[2]));
	} else if (argc > 2 && !strcmp(argv[1], "-n")) {
		bad = fuzz(number(argv[3], some), number(argv[2], 0), 1e9);
	} else if (argc > 1 && strcmp(argv[1], "-v")) {
		run(number(argv[1], 0), number(argv[2], FUZZ_INSNS));
	} else {
		struct job j = { 1, CHECK_SECTORS, CHECK_INSNS, CHECK_SECONDS, 1, HANG_SECONDS };
		bad = try_and_report(&j) || !all_reached(g_tally, 1) || !plants_found();
		if (argc > 1)
			print_tally(g_tally);
	}
	unlink(g_image);
	unlink(g_err);
	return bad != 0;
}
