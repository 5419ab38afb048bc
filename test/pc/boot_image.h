// boot_image.h: random boot sectors and flat programs: instructions that an
// operating system uses, often with operands that make sense, behind tables,
// pages and a prologue into one of the modes. A seed gives the same one always.
#ifndef TEST_PC_BOOT_IMAGE_H_
#define TEST_PC_BOOT_IMAGE_H_
#include "../random.h"
#include "cpu/system.h"
#include "vm/machine.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOAD = 0x7c00, FLAT = 0x6000 };  // where an image goes, bytes of a flat one

// Offsets in an image. What is behind a sector is there in flat ones only.
enum { CODE = 0x60, POINTERS = 0x1a0, SMALL_GDT = 0x1b0, TABLES = 0x400, GDT = 0x4400, FLAT_POINTERS = 0x4600, IDT = 0x4800, TSS = 0x5000 };

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

// The image of a seed, FLAT bytes at most; its size. What is random after that
// belongs to the seed too.
static unsigned
boot_image(u64 seed, u8 *p)
{
	struct out o;
	unsigned i, kind, flat, size;
	g_seed = seed * 0x9e3779b97f4a7c15ull | 1;
	random64();
	kind = below(8);
	flat = kind >= 3;
	size = flat ? (unsigned)FLAT : 512u;
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

// Writes the image to path and fills in *o: a run of so many instructions, which
// are the clock.
enum { RAM = 2 << 20 };
static inline void
boot_file(struct pc_options *o, const char *path, u64 seed, u64 insns)
{
	static u8 bytes[FLAT];
	unsigned size = boot_image(seed, bytes);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd)) {
		perror(path);
		exit(1);
	}
	machine_reset(o);
	o->image = path;
	o->screen = 0;
	o->counted = 1;
	o->ram = RAM;
	o->limit = insns;
}

#endif
