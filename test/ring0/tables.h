// tables.h: page tables of each kind for what tests paging: the low memory is mapped
// as it is, and one place, T, as the program says.
#ifndef TABLES_H_
#define TABLES_H_
#include "cases.h"

// The low 16 MiB are the supervisor's; users run code in a second view of them.
#define VIEW 0x3000000
#ifdef LONG
#define T 0x8000000000
#define MODE MODE_64
#else
#define T 0x2000000
#define MODE MODE_32
#endif
#define ROOT FREE
#define TABLES (FREE + 0x1000)  // of T, one for each level below
#define PD (FREE + 0x8000)      // of the low memory
#define FRAME 0x200000          // two pages for T, on which large ones begin too

enum { P = 1, W = 2, U = 4, A = 32, D = 64, LARGE = 128 };
#define NX (1ull << 63)

// Kinds of paging: levels that vary, by the size of their entries
struct kind {
	const char *name;
	u8 pae, levels, large;
};
static const struct kind kinds[] = {
#ifdef LONG
	{ "4-level 4K", 1, 4, 0 },
	{ "4-level 2M", 1, 3, 1 },
	{ "4-level 1G", 1, 2, 1 },
#else
	{ "32-bit 4K", 0, 2, 0 },
	{ "32-bit 4M", 0, 1, 1 },
	{ "PAE 4K", 1, 2, 0 },
	{ "PAE 2M", 1, 1, 1 },
#endif
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static u32 places[4], leaf2;  // where the entries are; that of the second page
static const struct kind *now;
static u64 t;  // where FRAME is seen

static void
put(u32 at, u64 x)
{
	if (now->pae)
		MEM64(at) = x;
	else
		MEM32(at) = (u32)x;
}

static u64
get(u32 at)
{
	return now->pae ? MEM64(at) : MEM32(at);
}

static void
set_cr3(u32 x)
{
	__asm__ volatile("mov %0,%%cr3" : : "r"((word)x) : "memory");
}

static void
set_cr4(u32 x)
{
	__asm__ volatile("mov %0,%%cr4" : : "r"((word)x) : "memory");
}

static void
set_nxe(int on)
{
	u32 lo, hi;
	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(0xc0000080));
	lo = on ? lo | 0x800 : lo & ~0x800u;
	__asm__ volatile("wrmsr" : : "a"(lo), "d"(hi), "c"(0xc0000080));
}

#ifdef LONG
#define CR4 0x620u
#else
#define CR4 (0x610u | (now->pae ? 0x20u : 0))
#endif

static void
make_tables(const struct kind *k)
{
	u32 i;
	now = k;
#ifdef LONG
	set_cr3(PAGES);
#else
	or_cr0(0, 0x80000000);
#endif
	// Pages of 4 MiB and 1 GiB begin at 0.
	t = T + (k->large && (!k->pae || (k->levels == 2 && sizeof(word) == 8)) ? FRAME : 0);
	// An LDT on the page, entries at 0x800
	set_gdt(SEL_LDT, segment((u32)t, 0xfff, 0x82, 0));
	if (sizeof(word) == 8)
		MEM32(GDT + SEL_LDT + 8) = (u32)(t >> 32);
	__asm__ volatile("lldt %w0" : : "r"(SEL_LDT));
	for (i = ROOT; i < FREE + 0xa000; i += 4)
		MEM32(i) = 0;
#ifdef LONG
	MEM64(ROOT) = (PAGES + 0x1000) | P | W | U;
	for (i = 0; i < 8; ++i)
		MEM64(PAGES + 0x2000 + 8 * i) = i << 21 | P | W | LARGE | A | D;
	MEM64(PAGES + 0x2000 + 8 * 24) = P | W | U | LARGE | A | D;
	places[0] = ROOT + 8;
	for (i = 1; i < k->levels; ++i)
		places[i] = TABLES + 0x1000 * (i - 1);
	leaf2 = k->large ? 0 : places[3] + 8;
	set_cr3(ROOT);
#else
	if (k->pae) {
		MEM64(ROOT) = PD | P;
		for (i = 0; i < 8; ++i)
			MEM64(PD + 8 * i) = i << 21 | P | W | LARGE | A | D;
		MEM64(PD + 8 * 24) = P | W | U | LARGE | A | D;
		places[0] = PD + 8 * 16;
		places[1] = TABLES;
		leaf2 = k->large ? 0 : TABLES + 8;
	} else {
		for (i = 0; i < 4; ++i)
			MEM32(ROOT + 4 * i) = i << 22 | P | W | LARGE | A | D;
		MEM32(ROOT + 4 * 12) = P | W | U | LARGE | A | D;
		places[0] = ROOT + 4 * 8;
		places[1] = TABLES;
		leaf2 = k->large ? 0 : TABLES + 4;
	}
	set_cr3(ROOT);
	set_cr4(CR4);
	or_cr0(0x80000000, 0);
#endif
}

// The entry of a level without its rights
static u64
below(u32 level)
{
	if (level + 1u < now->levels)
		return places[level + 1] & ~0xfffu;
	return now->large ? (t == T ? FRAME : 0) | LARGE : FRAME;
}
#endif
