// switch.h: a task switch as tasks.c makes them: two TSSs and the way between
// them, what is unusual about each, and what is found behind it. reset() first,
// then what the case changes, then go().
#ifndef SWITCH_H_
#define SWITCH_H_
#include "cases.h"

// Where tasks are: each TSS on pages of its own, to be moved to where they meet
#define OLD_PAGES 0x130000
#define NEW_PAGES 0x134000
#define CATCHER 0x114800
#define PADDING 0x5a5a5a5a
#define SEL_NEW 0x140
#define SEL_GATE 0x148
#define SEL_CATCHER 0x150
#define SEL_LDT2 0x158
#define LDT2 0x111800
#define MAP 0x1000  // an I/O bitmap's place

enum { VECTOR = 0x40, NT = 0x4000, VM = 0x20000, RF = 0x10000, TF = 0x100, IF = 0x200 };

// The ways to another task: direct, by a task gate, by the IDT, back
enum { JMP_TSS, CALL_TSS, JMP_GATE, CALL_GATE, INT_N, UD, GP, PF, IRQ, INTO, INT1, IRET, WAYS };
static const char *const ways[WAYS] = { "jmp", "call", "jmp gate", "call gate", "int n", "#UD", "#GP", "#PF", "irq", "into", "int1", "iret" };
static const u8 vectors[WAYS] = { 0, 0, 0, 0, VECTOR, 6, 13, 14, VECTOR, 4, 1, 0 };

// What the next case is; reset() gives each its usual value.
static u32 old_at, new_at;  // the two TSSs
static int old_wide, new_wide;
static u32 sel;       // of the new TSS, as JMP, the gate, or the link has it
static u32 gate_sel;  // what JMP and CALL name
static u32 gate_access;
static u32 root, new_root;  // CR3 of the old and the new task, 0: no paging
static int pae;
static u32 flawed[2], flaw;  // entries of page tables that are other than usual, by these bits
static u32 old_access, new_access, old_limit, new_limit;
static u32 was[2][32];  // both TSSs as they were, WATCH words
enum { WATCH = 28 };

static void
reset(int wide, int to_wide)
{
	old_at = OLD_PAGES;
	new_at = NEW_PAGES;
	old_wide = wide;
	new_wide = to_wide;
	old_access = wide ? 0x89 : 0x81;
	new_access = to_wide ? 0x89 : 0x81;
	old_limit = new_limit = 0x67;
	sel = SEL_NEW;
	gate_sel = SEL_GATE | 3;
	gate_access = 0xe5;
}

// --- the handler of double faults is a task -----------------------------------------

void catcher(void);
void caught_task(const u32 *p);
__asm__("catcher: mov %esp,%eax\n"
	"	mov $0x6000,%esp\n"
	"	push $2\n"
	"	popf\n"
	"	push %eax\n"
	"	call caught_task\n"
	"	mov saved,%esp\n"
	"	popal\n"
	"	ret");

static void
set_tss(u32 at, u32 limit, u32 access, u32 flags, u32 n)
{
	set_gdt(n, segment(at, limit, access, flags));
}

void
caught_task(const u32 *p)
{
	u32 link = MEM16(CATCHER), at = link == SEL_NEW ? new_at : old_at;
	int wide = link == SEL_NEW ? new_wide : old_wide;
	u32 i;
	word *regs[8] = { &got.ax, &got.cx, &got.dx, &got.bx, &got.sp, &got.bp, &got.si, &got.di };
	word *segs[6] = { &got.es, &got.cs, &got.ss, &got.ds, &got.fs, &got.gs };
	got.vector = 0x108;
	got.error = *p;
	got.ip = wide ? MEM32(at + 32) : MEM16(at + 14);
	got.flags = wide ? MEM32(at + 36) : MEM16(at + 16);
	for (i = 0; i < 8; ++i)
		*regs[i] = wide ? MEM32(at + 40 + 4 * i) : MEM16(at + 18 + 2 * i);
	for (i = 0; i < 6; ++i)
		*segs[i] = wide ? MEM16(at + 72 + 4 * i) : i < 4 ? MEM16(at + 34 + 2 * i) : 0;
}

static void
make_catcher(void)
{
	kernel_task(CATCHER, root, (u32)catcher, 0x6800);
	set_tss(CATCHER, 0x67, 0x89, 0, SEL_CATCHER);
	set_idt(8, gate(SEL_CATCHER, 0, 0xe5, 0));
}

// --- a case ---------------------------------------------------------------------------

static void
put(u32 at, int n, u32 x)
{
	if (n == 2)
		MEM16(at) = (u16)x;
	else
		MEM32(at) = x;
}

// Offsets in a TSS, by its width
static u32
at_reg(int wide, u32 i)
{
	return wide ? 40 + 4 * i : 18 + 2 * i;
}

static u32
at_seg(int wide, u32 i)
{
	return wide ? 72 + 4 * i : 34 + 2 * i;
}

enum { OF_IP, OF_FLAGS, OF_LDT };
static u32
at_other(int wide, int which)
{
	static const u8 offsets[2][3] = { { 14, 16, 42 }, { 32, 36, 96 } };
	return offsets[wide][which];
}

enum { ES, CS, SS, DS, FS, GS };

// Inner stacks, and elsewhere a pattern
static void
blank(u32 at, int wide, u32 stack)
{
	u32 i, n = wide ? 4 : 2;
	for (i = 0; i < 4 * WATCH; i += 4)
		MEM32(at + i) = PADDING;
	for (i = 0; i < 3; ++i) {
		put(at + n + 2 * n * i, (int)n, stack - 0x200 * i);
		MEM16(at + 2 * n + 2 * n * i) = (u16)(SEL_DATA + 9 * i);
	}
	if (wide) {
		MEM32(at + 28) = at == new_at ? new_root : root;
		MEM32(at + 100) = 0x680000;
	}
}

// A new task that runs at TARGET in a ring
static void
new_task(u32 ring)
{
	int wide = new_wide;
	u32 i, n = wide ? 4 : 2;
	blank(new_at, wide, INNER + 0xc00);
	put(new_at + at_other(wide, OF_IP), (int)n, TARGET);
	put(new_at + at_other(wide, OF_FLAGS), (int)n, 2);
	for (i = 0; i < 8; ++i)
		put(new_at + at_reg(wide, i), (int)n, 0x10203040 + 0x01111111 * i);
	put(new_at + at_reg(wide, 4), (int)n, STACKS + 0x400 * (ring + 1) - 0x180);
	for (i = 0; i < (wide ? 6u : 4u); ++i)
		MEM16(new_at + at_seg(wide, i)) = (u16)(SEL_DATA + 9 * (i == SS ? ring : 3));
	if (!wide)  // the upper half of its stack pointer is not 0
		MEM16(new_at + at_seg(wide, SS)) = (u16)(SEL_DATA16 + 9 * ring);
	MEM16(new_at + at_seg(wide, CS)) = (u16)(SEL_CODE32 + 9 * ring);
	MEM16(new_at + at_other(wide, OF_LDT)) = SEL_LDT2;
	MEM32(STACKS + 0x400 * (ring + 1) - 0x184) = 0;
}

// The code of a way and what it needs; the state to begin with is in `in`.
static void
way_code(int way, int mode)
{
	u32 i;
	code();
	switch (way) {
	case JMP_TSS:
	case CALL_TSS:
	case JMP_GATE:
	case CALL_GATE:
		byte(way & 1 ? 0x9a : 0xea);
		for (i = 0; i < (mode == MODE_16 ? 2u : 4u); ++i)
			byte(0xef);
		byte((way < JMP_GATE ? sel : gate_sel) & 255);
		byte((way < JMP_GATE ? sel : gate_sel) >> 8);
		break;
	case INT_N: bytes(0xcd40); break;
	case UD: bytes(0x0f0b); break;
	case GP: bytes(0x8ec1); break;  // mov es, cx
	case PF: bytes(0x8a07); break;  // mov al, [edi]
	case IRQ: byte(0x90); break;
	case INTO: byte(0xce); break;
	case INT1: byte(0xf1); break;
	case IRET: byte(0xcf); break;
	}
	byte(0xcc);
}

static void
start(int way, int mode, u32 ring)
{
	prepare(mode, ring);
	in.ax = 0xa0a1a2a3;
	in.cx = 0x0ff81ff8;
	in.dx = 0xd0d1d2d3;
	in.bx = 0xb0b1b2b3;
	in.bp = 0xe0e1e2e3;
	in.si = 0xc0c1c2c3;
	in.di = 0xf0f1f2f3;
	in.fs = SEL_DATA16 + 27;
	if (way <= CALL_TSS)
		new_access |= 0x60;
	if (way == PF)
		in.di = NOWHERE + 0x678;
	if (way == IRET)
		in.flags |= NT;
	if (way == INTO)
		in.flags |= 0x800;
	if (way == IRQ)
		in.flags |= IF;
	blank(old_at, old_wide, INNER);
	MEM16(old_at) = (u16)(way == IRET ? sel : 0x7b7b);
	if (way == IRET)
		new_access |= 2;
}

static int regs_too;

static void
tss_changes(u32 at, int which)
{
	u32 i;
	for (i = 0; i < WATCH; ++i) {
		u32 x = MEM32(at + 4 * i);
		if (x != was[which][i]) {
			word32(0xe0 | (u32)which << 4);
			word32(i);
			word32(x);
		}
	}
}

// Runs it and notes what came of it.
static void
go(int way, int mode)
{
	u32 i, str, sldt, cr0, cr3 = 0;
	set_tss(old_at, old_limit, old_access, 0, SEL_TSS);
	set_tss(new_at, new_limit, new_access, 0, SEL_NEW);
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	if (way == JMP_GATE || way == CALL_GATE)
		set_gdt(SEL_GATE, gate(sel, 0x1234, gate_access, 0));
	if (vectors[way])
		set_idt(vectors[way], gate(sel, 0x1234, gate_access, 0));
	way_code(way, mode);
	for (i = 0; i < WATCH; ++i) {
		was[0][i] = MEM32(old_at + 4 * i);
		was[1][i] = MEM32(new_at + 4 * i);
	}
	if (way == IRQ)
		ask_irq0();
	if (pae)
		SET_CR(3, root);
	for (i = 0; i < 2; ++i)
		if (flawed[i])
			MEM32(flawed[i]) ^= flaw;
	if (root && !pae)  // PAE's pointers are in registers, to which the flaw does not get
		SET_CR(3, root);
	enter(&in);
	for (i = 0; i < 2; ++i)
		if (flawed[i])
			MEM32(flawed[i]) ^= flaw;
	GET_CR(0, cr0);
	if (root) {
		GET_CR(3, cr3);
		SET_CR(3, root);
	}
	__asm__ volatile("str %0; sldt %1" : "=r"(str), "=r"(sldt));
	what_happened();
	word32((u32)(got.cs << 16 | got.ss));
	word32((u32)got.flags);
	word32((u32)got.sp);
	word32((u32)(got.ds << 16 | got.es));
	word32((u32)(got.gs << 16 | got.fs));
	word32(str << 16 | (sldt & 0xffff));
	word32((cr0 & 8) | (u32)MEM8(GDT + SEL_TSS + 5) << 8 | (u32)MEM8(GDT + SEL_NEW + 5) << 16);
	word32((u32)MEM8(GDT + SEL_TEST + 5) | (u32)MEM8(LDT2 + SEL_TEST + 5) << 8);
	if (root) {
		word32(cr3);
		if (got.vector == 14)
			word32((u32)got.cr2);
	}
	if (regs_too) {
		word32((u32)got.ax);
		word32((u32)got.cx);
		word32((u32)got.dx);
		word32((u32)got.bx);
		word32((u32)got.bp);
		word32((u32)got.si);
		word32((u32)got.di);
	}
	if (got.vector == 0x108) {
		// The catcher's switch away saved this there, which is told above.
	} else {
		tss_changes(old_at, 0);
	}
	tss_changes(new_at, 1);
	// the error code that the new task has on its stack
	if (way == GP || way == PF)
		word32(MEM32(STACKS + 0x400 * ((u32)(got.cs & 3) + 1) - 0x184));
	case_done();
	// as it was
	__asm__ volatile("clts");
	__asm__ volatile("lldt %w0" : : "r"(SEL_LDT));
	set_tss(CATCHER, 0x67, 0x89, 0, SEL_CATCHER);
	if (vectors[way])
		set_handler(vectors[way]);
	if (way == IRQ)
		set_pic(VECTOR);
}

#endif
