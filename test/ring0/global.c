// global.c: when changed page tables are seen: after MOV to CR3, INVLPG, changes of
// CR4.PGE and SMEP, CR0.PG and CR4.PAE, and task switches; global pages and others,
// pages of every size, by data and by code that runs from them, also when that code
// itself does it. PCIDE and INVPCID, which CPUID does not name.
//
// What is printed is what the SDM promises (vol 3, Operations that Invalidate TLBs
// and Paging-Structure Caches); what may be old or new counts as either. blink keeps
// no translation over any of these, global or not; Bochs 2.7 (model
// corei7_icelake_u) keeps global ones over MOV to CR3, and prints the same, but for
// an instruction on two pages (itself, 4K): the second has changed, and what it has
// decoded of the old one is run.
#include "tables.h"

#define ROOT2 (FREE + 0x9000)  // a copy of ROOT
#define TASK (TSS + 0x200)     // that runs with it
#define G 0x100
#define PGE 0x80u
#define SMEP 0x100000u

enum { NOTHING, CR3, CR3_OTHER, INVLPG_HERE, INVLPG_FIRST, INVLPG_LAST, PGE_OFF, PGE_ON, PGE_TWICE, SMEP_ON, PG_OFF, PAE_OTHER, TASK_CR3, OPS };
enum { OTHER_FRAME, ABSENT, READ_ONLY, FETCHLESS, CHANGES };
enum { LOAD, STORE, ADD, RUN, WAYS };

static u32 pge;   // CR4.PGE or 0
static u32 leaf;  // the entry that changes

static u64
size_of_page(void)
{
	u32 shift = 12;
	if (now->large)
		shift = !now->pae ? 22 : sizeof(word) == 8 && now->levels == 2 ? 30 : 21;
	return 1ull << shift;
}

// The leaf's page is as far from A's frame as this, in frame B.
static u64
distance(void)
{
	return now->large ? size_of_page() * 2 : 0x4000;
}

static void
mark(u64 at, u32 x)
{
	MEM32(at) = 0xcc00b0 | x << 8;  // mov al, x; int3
}

// Whether an operation shows the change for certain
static int
certain(u32 op, u32 global)
{
	switch (op) {
	case NOTHING: return 0;
	case CR3:
	case CR3_OTHER:
	case TASK_CR3: return !(global && pge);
	}
	return 1;
}

static void
copy_root(void)
{
	u32 i;
	for (i = 0; i < 0x1000; i += 4)
		MEM32(ROOT2 + i) = MEM32(ROOT + i);
}

// Changes the leaf, which may be in the root.
static void
put_leaf(u64 x)
{
	put(leaf, x);
	if (leaf - ROOT < 0x1000)
		put(leaf + (ROOT2 - ROOT), x);
}

static void
invlpg(u64 at)
{
	__asm__ volatile("invlpg (%0)" : : "r"((word)at) : "memory");
}

#ifndef LONG
// Goes to the task and stays there.
static void
switch_task(void)
{
	u32 i;
	kernel_task(TASK, ROOT2, TARGET, STACKS + 0x300);
	MEM32(TASK + 96) = SEL_LDT;
	set_gdt(SEL_TEST, segment(TASK, 0x67, 0x89, 0));
	set_gdt(SEL_TSS, segment(TSS, 0x67, 0x89, 0));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	prepare(MODE_32, 0);
	code();
	byte(0xea);
	for (i = 0; i < 4; ++i)
		byte(0);
	byte(SEL_TEST & 255);
	byte(SEL_TEST >> 8);
	enter(&in);
	set_gdt(SEL_TSS, segment(TSS, 0x67, 0x89, 0));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	__asm__ volatile("clts");
}
#endif

static void
operate(u32 op, u64 at)
{
	u32 cr4 = CR4 | pge;
	switch (op) {
	case CR3: set_cr3(ROOT); break;
	case CR3_OTHER: set_cr3(ROOT2); break;
	case INVLPG_HERE: invlpg(at); break;
	case INVLPG_FIRST: invlpg(at & ~(size_of_page() - 1)); break;
	case INVLPG_LAST: invlpg(at | (size_of_page() - 1)); break;
	case PGE_OFF:
	case PGE_ON: set_cr4(cr4 ^ PGE); break;
	case PGE_TWICE:
		set_cr4(cr4 ^ PGE);
		set_cr4(cr4);
		break;
	case SMEP_ON: set_cr4(cr4 | SMEP); break;
#ifndef LONG
	case PG_OFF:
		or_cr0(0, 0x80000000);
		or_cr0(0x80000000, 0);
		break;
	case PAE_OTHER:
		or_cr0(0, 0x80000000);
		set_cr4(cr4 ^ 0x20);
		set_cr4(cr4);
		or_cr0(0x80000000, 0);
		break;
	case TASK_CR3: switch_task(); break;
#endif
	}
}

// Accesses at; returns what was there, or 0x1000 and more for a fault.
static u32
access(u32 way, u64 at)
{
	prepare(MODE, 0);
	in.di = at;
	code();
	switch (way) {
	case LOAD: bytes(0x8a4701); break;  // mov al, [di + 1]
	case STORE: bytes(0x884703); break;
	case ADD: bytes(0x004701); break;  // with al 0
	case RUN: bytes(0xffe7); break;
	}
	if (way == STORE || way == ADD)
		bytes(0x8a4701);
	byte(0xcc);
	enter(&in);
	return got.vector == 3 ? (u32)got.ax & 0xff : 0x1000 | (u32)got.vector << 4 | ((u32)got.error & 15);
}

static u64
offset(u32 n)
{
	u64 size = size_of_page();
	return n == 0 ? 0 : n == 1 ? 0x800 : n == 2 ? size - 0x800 : size / 2;
}

// T is in frame A, and that is seen; then its entry changes.
static void
one(u32 op, u32 change, u32 way, u32 where, u32 global)
{
	u64 first = t & ~(size_of_page() - 1), at = first + offset(where), a, b, changed;
	u32 before, after;
	u64 entry = below(now->levels - 1u) | P | W | A | D | (global ? G : 0);
	set_cr4(CR4);
	put_leaf(entry);
	set_cr3(ROOT);
	set_cr4(CR4 | pge);
	a = (entry & ~0x1fffull & ~NX) + (at & (size_of_page() - 1));
	if (!now->large)
		a = FRAME + (at & 0xfff);
	b = a + distance();
	mark(a, 0xa0 + where);
	if (change == OTHER_FRAME)
		mark(b, 0xb0 + where);
	before = access(way, at);
	changed = change == OTHER_FRAME ? entry + distance()
		: change == ABSENT      ? entry & ~(u64)P
		: change == READ_ONLY   ? entry & ~(u64)W
					: entry | NX;
	put_leaf(changed);
	operate(op, at);
	after = access(way, at);
	if (certain(op, global)) {
		word32(after);
	} else {
		int writes = way == STORE || way == ADD,
		    faults = change == ABSENT || (change == READ_ONLY && writes) || (change == FETCHLESS && way == RUN);
		u32 fault = 0x10e0 | (change != ABSENT) | (writes ? 2 : 0);
		word32(after == before || after == (faults ? fault : change == OTHER_FRAME ? 0xb0 + where : before));
	}
	word32(before);
	case_done();
	set_cr4(CR4);
	set_cr3(ROOT);
}

static void
changes(void)
{
	u32 op, change, way, where, global, n = 0;
	group(now->name, "changes");
	leaf = places[now->levels - 1];
	for (op = 0; op < now->levels; ++op)
		put(places[op], below(op) | P | W | A);
	copy_root();
	for (pge = 0; pge <= PGE; pge += PGE)
		for (op = 0; op < OPS; ++op)
			for (change = 0; change < CHANGES; ++change)
				for (way = 0; way < WAYS; ++way)
					for (where = 0; where < 4; ++where)
						for (global = 0; global < 2; ++global, ++n) {
							if ((op == PGE_OFF && !pge) || (op == PGE_ON && pge))
								continue;
							if (sizeof(word) == 8 && (op == PG_OFF || op == PAE_OTHER || op == TASK_CR3))
								continue;
							if (change == FETCHLESS && !now->pae)
								continue;
							// There is no other frame of such a size, and the last is no RAM.
							if (size_of_page() >> 30 && (change == OTHER_FRAME || where > 1))
								continue;
							if (n % EVERY(5))
								continue;
							label(op, change << 4 | way, where, pge << 1 | global);
							one(op, change, way, where, global);
						}
	pge = 0;
	group_done();
}

// INVLPG of one place in a large page, and another is used: one entry or several
static void
elsewhere(void)
{
	u32 from, to, global, way;
	u64 first = t & ~(size_of_page() - 1);
	if (!now->large || size_of_page() >> 30)
		return;
	group(now->name, "elsewhere");
	for (pge = 0; pge <= PGE; pge += PGE)
		for (global = 0; global < 2; ++global)
			for (way = 0; way < WAYS; ++way)
				for (from = 0; from < 4; ++from)
					for (to = 0; to < 4; ++to) {
						u64 entry = below(now->levels - 1u) | P | W | A | D | (global ? G : 0);
						u32 i, seen = 0;
						set_cr4(CR4);
						put(leaf, entry);
						set_cr3(ROOT);
						set_cr4(CR4 | pge);
						for (i = 0; i < 4; ++i) {
							u64 at = (entry & ~0x1fffull) + offset(i);
							mark(at, 0xa0 + i);
							mark(at + distance(), 0xb0 + i);
							seen = seen << 4 | (access(way, first + offset(i)) & 0xf);
						}
						put(leaf, entry + distance());
						invlpg(first + offset(from) + 0x123);
						label(from, to, way, pge << 1 | global);
						word32(access(way, first + offset(to)));
						word32(seen);
						case_done();
					}
	set_cr4(CR4);
	pge = 0;
	group_done();
}

// What needs nothing to be done: an entry that comes to be there, and one that
// allows more after the fault that it may still cost
static void
more(void)
{
	u32 from, way, global, tries, after = 0;
	group(now->name, "more");
	for (pge = 0; pge <= PGE; pge += PGE)
		for (global = 0; global < 2; ++global)
			for (way = 0; way < WAYS; ++way)
				for (from = 0; from < 3; ++from) {
					u64 entry = below(now->levels - 1u) | P | W | A | D | (global ? G : 0);
					u64 a = now->large ? (entry & ~0x1fffull) + (t & (size_of_page() - 1)) : FRAME;
					set_cr4(CR4);
					put(leaf, from == 0 ? entry & ~(u64)P : from == 1 ? entry & ~(u64)W : entry & ~(u64)(A | D));
					set_cr3(ROOT);
					set_cr4(CR4 | pge);
					mark(a, 0xaa);
					label(way, from, global, pge);
					word32(access(way, t));
					put(leaf, entry);
					for (tries = 0; tries < (from ? 2u : 1u); ++tries)
						after = access(way, t);
					word32(after);
					word32((u32)get(leaf) & 0x1ff);
					case_done();
				}
	set_cr4(CR4);
	pge = 0;
	group_done();
}

// Code on the page changes its entry and goes on, in the other frame.
static void
itself(void)
{
	u32 op, n, edge;
	if (size_of_page() >> 30)
		return;
	group(now->name, "itself");
	for (op = 0; op < 4; ++op)  // INVLPG, CR3, CR4.PGE, CR0.PG
		for (edge = 0; edge < (now->large ? 1u : 2u); ++edge)
			for (n = 0; n < 2; ++n) {
				u64 entry = below(now->levels - 1u) | P | W | A | D | (n ? G : 0), at = t + 0x100, a, b;
				u32 i, k;
				u8 image[32];
				if ((op == 1 && n) || (op == 3 && sizeof(word) == 8))
					continue;
				set_cr4(CR4);
				put(leaf, entry);
				if (leaf2)
					put(leaf2, (FRAME + 0x1000) | P | W | A | D);
				set_cr3(ROOT);
				set_cr4(CR4 | PGE);
				a = (now->large ? (entry & ~0x1fffull) + (t & (size_of_page() - 1)) : FRAME) + 0x100;
				b = a + distance();
				if (edge) {  // the change is on the second page, in the middle of an instruction
					at = t + 0xff9;
					a = FRAME + 0xff9;
					b = FRAME + 0x5000 - 7;
				}
				code_at = image;
				bytes(0x890e);  // mov [esi], ecx
				switch (op) {
				case 0: bytes(0x0f013f); break;  // invlpg [edi]
				case 1: bytes(0x0f22d8); break;  // mov cr3, eax
				case 2: bytes(0x0f22e2); break;  // mov cr4, edx
				case 3: bytes(0x0f22c3); break;  // mov cr0, ebx: to itself
				}
				byte(0x90);
				k = (u32)(code_at - image);
				byte(0xb0);
				byte(0);
				byte(0xcc);
				for (i = 0; i < k + 3; ++i) {
					u8 x = image[i];
					MEM8(a + i) = i == k + 1 ? 0xaa : x;
					if (!edge || i > k)
						MEM8(b + i) = i == k + 1 ? 0xbb : i < k ? 0x90 : x;
				}
				for (i = 0; i < 2; ++i) {
					word cr0;
					GET_CR(0, cr0);
					prepare(MODE, 0);
					in.ip = at;
					in.si = edge ? leaf2 : leaf;
					in.cx = (word)((edge ? ((FRAME + 0x1000) | P | W | A | D) : entry) + (i ? distance() : 0));
					in.di = edge ? t + 0x1000 : at;
					in.ax = ROOT;
					in.dx = CR4;
					in.bx = cr0;
					if (op == 3 && i)
						break;
					label(op, edge, n, i);
					enter(&in);
					word32((u32)(got.vector << 16 | got.error));
					word32((u32)got.ax & 0xff);
					case_done();
					if (!i)
						set_cr4(CR4 | PGE);
				}
				set_cr4(CR4);
			}
	group_done();
}

// What CPUID does not name is not there.
static void
absent(void)
{
	u32 eax, ebx, ecx, edx;
	group("CPUID", "PCID");
	__asm__ volatile("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(1), "c"(0));
	prepare(MODE, 0);
	in.ax = CR4 | 1u << 17;
	code();
	bytes(0x0f22e0);
	byte(0xcc);
	label(0, 0, 0, 0);
	enter(&in);
	set_cr4(CR4);
	word32((ecx >> 17 & 1) || (got.vector == 13 && !got.error));
	case_done();
	__asm__ volatile("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(7), "c"(0));
	prepare(MODE, 0);
	in.di = BUFFER;
	code();
	bytes(0x660f3882);
	byte(0x07);
	byte(0xcc);
	label(0, 1, 0, 0);
	enter(&in);
	word32((ebx >> 10 & 1) || got.vector == 6);
	case_done();
	group_done();
}

void
main(void)
{
	u32 i;
	set_up();
	fill_target();
	for (i = 0; i < KINDS; ++i) {
		make_tables(&kinds[i]);
		if (now->pae)
			set_nxe(1);
		changes();
		elsewhere();
		more();
		itself();
	}
	absent();
	finish(17);
}
