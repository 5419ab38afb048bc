// tasks.c: task switches: every way to switch x 16 and 32-bit TSS x what the
// descriptor, the gate, the link and the new TSS hold; what is saved, loaded and
// left as it was, busy bits, links, NT, TS; in which task a fault comes, with which
// error code; under paging, from and to virtual-8086 mode; ports of the new task.
//
// As Bochs 2.7 has them (model corei7_icelake_u; build with -DBOCHS), except:
// - An interrupt comes before a breakpoint on the first instruction, as in the
//   SDM's priorities among events; in Bochs after it.
// - The error code is pushed before EIP is found beyond CS's limit (SDM vol 2
//   INT n, TASK-GATE); in Bochs not, which a double fault then shows.
// - After an external interrupt, too, the T bit traps before the first instruction
//   (SDM vol 3, Task-Switch Exception Condition), and of TF no trap is noted in DR6
//   when a breakpoint refused it; Bochs runs that instruction.
// - CS is checked before DS to GS, as on the P6 family (SDM vol 3, Exception
//   Conditions Checked During a Task Switch); in Bochs after them.
// - A fault before the switch leaves busy bits and TSSs alone (SDM vol 3, Task
//   Switching: the state prior to the instruction); Bochs has cleared the old busy
//   bit if the old TSS cannot be written, and saved there if the GDT cannot.
// - Reserved bits in PAE's pointers are #GP(0) of the old task (SDM vol 3, PDPTE
//   Registers; Task Switching, step 12); Bochs switches to what they say and stops.
// Undefined, but of both: a 16-bit TSS sets the upper halves of registers; a TSS on
// two pages is looked for at its first and its last byte.
#include "switch.h"

// --- descriptors ------------------------------------------------------------------------

static void
pair_name(int way, int wide, const char *what)
{
	char name[24], *p = name;
	const char *s;
	for (s = ways[way]; *s;)
		*p++ = *s++;
	*p++ = wide ? '3' : '1';
	*p++ = wide ? '2' : '6';
	*p = 0;
	group(name, what);
}

// Of limits, those around two bounds, and some
static int
picked(u32 x, u32 a, u32 b)
{
	return x % EVERY(15) == 0 || x - a < 4 || x - b < 4;
}

static void
descriptors(int way, int wide)
{
	u32 access, ring, rpl, i, to;
	pair_name(way, wide, "tss");
	// every type, present or not, of every privilege level
	for (ring = 0; ring < 4; ++ring)
		for (rpl = 0; rpl < (way <= CALL_TSS ? 4u : 1u); ++rpl)
			for (access = (ring * 5 + rpl * 3 + (u32)way) % EVERY(31); access < 256; access += EVERY(31)) {
				reset(wide, access >> 3 & 1);
				new_task(0);
				sel = SEL_NEW | rpl;
				start(way, MODE_32, ring);
				new_access = access;
				label(ring, rpl, 0, access);
				go(way, MODE_32);
			}
	// limits of both
	for (to = 0; to < 2; ++to)
		for (i = 0; i < 0x70; ++i) {
			if (!picked(i, 0x29, 0x65))
				continue;
			reset(wide, (int)to);
			new_task(3);
			start(way, MODE_32, 3);
			new_limit = i;
			label(3, to, 1, i);
			go(way, MODE_32);
		}
	// of the old one, which LTR takes as it is
	for (to = 0; to < 2 && way != GP && way != PF; ++to)  // which would be a double fault, that cannot be saved either
		for (i = wide ? 12 : 6; i < 0x70; ++i) {
			if (!picked(i, 0x27, 0x5d))
				continue;
			reset(wide, (int)to);
			new_task(0);
			start(way, MODE_32, 0);
			old_limit = i;
			label(0, to, 2, i);
			go(way, MODE_32);
		}
	// where the selector leads
	for (ring = 0; ring < 4; ring += 3)
		for (i = 0; i < 14; ++i) {
			static const u16 sels[14] = { 0, 1, 3, 4, 7, SEL_NEW | 4, SEL_NEW | 7, 0x1f8, 0x1fb, 0x200, 0x203, 0xfff8, SEL_TSS,
				SEL_TSS | 3 };
			for (to = 0; to < 2; ++to) {
				reset(wide, (int)to);
				new_task(3);
				sel = sels[i];
				MEM64(LDT + SEL_NEW) = segment(new_at, 0x67, to ? 0xe9 : 0xe1, 0);
				start(way, MODE_32, ring);
				set_gdt(0x1f8, segment(new_at, 0x67, new_access, 0));
				label(ring, i, 3 + to, sels[i]);
				go(way, MODE_32);
			}
		}
	group_done();
}

static void
gates(int way, int wide)
{
	u32 access, ring, rpl, ti;
	pair_name(way, wide, "gate");
	for (ring = 0; ring < 4; ++ring)
		for (rpl = 0; rpl < (way <= CALL_GATE ? 4u : 1u); ++rpl)
			for (ti = 0; ti < (way <= CALL_GATE ? 2u : 1u); ++ti)
				for (access = (ring + rpl + ti) % EVERY(2) * 32; access < 256; access += 32 * EVERY(2))
					for (sel = SEL_NEW + rpl % EVERY(3); sel < SEL_NEW + 4; sel += EVERY(3)) {
						u32 to = sel;
						reset(wide, 1);
						sel = to;
						new_task(ring);
						start(way, MODE_32, ring);
						gate_sel = SEL_GATE | rpl | ti << 2;
						gate_access = access | 5;
						MEM64(LDT + SEL_GATE) = gate(sel, 0xffff, gate_access, 0);
						label(ring, rpl, ti << 4 | (sel & 3), gate_access);
						go(way, MODE_32);
					}
	group_done();
}

// --- what is saved and loaded ---------------------------------------------------------------

static void
registers(int way, int wide)
{
	u32 to, ring, from, mode, i;
	pair_name(way, wide, "registers");
	regs_too = 1;
	for (to = 0; to < 2; ++to)
		for (from = 0; from < 4; ++from)
			for (ring = 0; ring < 4; ++ring)
				for (mode = 0; mode < 2; ++mode) {
					if (EVERY(2) > 1 && ((from ^ ring ^ mode ^ (u32)way) & 1))
						continue;
					reset(wide, (int)to);
					new_task(ring);
					start(way, (int)mode, from);
					in.ds = SEL_DATA + 27;
					in.es = 0;
					in.gs = 3;
					in.flags |= 0x8d5 | 0x40000 | 0x200000;
					label(from, ring, to, mode);
					go(way, (int)mode);
				}
	// flags of the old and the new task
	for (to = 0; to < 2; ++to)
		for (i = (u32)way % EVERY(7); i < 64; i += EVERY(7)) {
			u32 bit = 1u << (i & 31);
			if ((i < 32 && bit & (VM | TF | IF | RF)) || (way == INTO && i < 32 && bit == 0x800) || (i < 32 && way != IRET && bit == NT))
				continue;
			for (ring = 0; ring < 4; ring += 3) {
				reset(wide, (int)to);
				new_task(ring);
				start(way, MODE_32, ring);
				if (i < 32)
					in.flags ^= bit & 0x3f7fd7;
				else
					put(new_at + at_other((int)to, OF_FLAGS), to ? 4 : 2, 2 ^ (bit & ~(u32)VM));
				label(0x10 + i, ring, to, i);
				go(way, MODE_32);
			}
		}
	// NT when it is set where it is not needed
	for (i = 0; i < 4; ++i)
		for (to = 0; to < 2; ++to) {
			reset(wide, (int)to);
			new_task(i & 1 ? 3 : 0);
			start(way, MODE_32, 3);
			in.flags |= NT;
			if (i & 2)
				put(new_at + at_other((int)to, OF_FLAGS), to ? 4 : 2, NT);
			label(0x80, i, to, 0);
			go(way, MODE_32);
		}
	regs_too = 0;
	group_done();
}

// --- segments of the new task ----------------------------------------------------------------

static const char *const seg_names[7] = { "es", "cs", "ss", "ds", "fs", "gs", "ldt" };

static void
segments(u32 which, int wide, int to)
{
	char name[12] = "16-16 ";
	u32 access, ring, rpl, ti, i, n = 0;
	static const u8 some[4] = { CALL_TSS, GP, IRET, JMP_GATE };
	name[0] = wide ? '3' : '1';
	name[1] = wide ? '2' : '6';
	name[3] = to ? '3' : '1';
	name[4] = to ? '2' : '6';
	name[5] = 0;
	if (!to && (which == FS || which == GS))
		return;
	group(seg_names[which], name);
	for (ring = 0; ring < 4; ++ring)
		for (rpl = 0; rpl < 4; ++rpl)
			for (ti = 0; ti < 2; ++ti)
				for (access = (ring * 4 + rpl * 3 + ti + which) % EVERY(53); access < 256; access += EVERY(53), ++n) {
					int way = some[n & 3];
					u32 seg = SEL_TEST | rpl | ti << 2;
					reset(wide, to);
					new_task(ring);
					start(way, MODE_32, n >> 2 & 3);
					MEM16(new_at + (which == 6 ? at_other(to, OF_LDT) : at_seg(to, which))) = (u16)seg;
					MEM64((ti ? LDT2 : GDT) + SEL_TEST) = which == 6 ? segment(LDT2, 0x1ff, access, 0)
											 : segment(0, 0xfffff, access, which == SS && !to ? 8 : 12);
					label(ring, rpl, ti << 4 | (n & 15), access);
					go(way, MODE_32);
				}
	// null, beyond the limits, of an LDT that is not there
	for (ring = 0; ring < 4; ++ring)
		for (i = ring % EVERY(7); i < 20; i += EVERY(7), ++n) {
			static const u16 sels[10] = { 0, 1, 2, 3, 0x1f8, 0x1fb, 0x200, 0x203, 0x204, SEL_DATA | 7 };
			int way = some[n & 3];
			reset(wide, to);
			new_task(ring);
			start(way, MODE_32, 3);
			MEM64(GDT + 0x1f8) = which == 6
				? segment(LDT2, 0x1ff, 0x82, 0)
				: segment(0, 0xfffff, which == CS ? 0x9b | ring << 5 : 0x93 | ring << 5, which == SS && !to ? 8 : 12);
			MEM64(LDT2 + (SEL_DATA & 0x1f8)) = MEM64(GDT + 0x1f8);
			MEM16(new_at + (which == 6 ? at_other(to, OF_LDT) : at_seg(to, which))) = sels[i % 10];
			if (i >= 10 && which != 6)
				MEM16(new_at + at_other(to, OF_LDT)) = 0;
			label(ring, i, n & 15, sels[i % 10]);
			go(way, MODE_32);
		}
	group_done();
}

// Two of them are bad: which comes first
static void
order(int to)
{
	u32 a, b, n, ring;
	group(to ? "32" : "16", "order");
	for (ring = 0; ring < 4; ring += 3)
		for (a = 0; a < 8; ++a)
			for (b = a + 1; b < 9; ++b)
				for (n = 0; n < 4; n += EVERY(2)) {
					u32 k;
					reset(1, to);
					new_task(ring);
					start(n & 1 ? GP : CALL_TSS, MODE_32, 3);
					for (k = 0; k < 2; ++k) {
						u32 x = k ? b : a;
						u32 bad = 0x108 + 8 * x + ring;
						set_gdt(bad, segment(0, 0xfffff, n & 2 ? 0x13 | ring << 5 : 0xe2, 12));
						if (x == CS)
							set_gdt(bad, segment(0, 0xfffff, n & 2 ? 0x1b | ring << 5 : 0xe2, 12));
						if (x < (to ? 6u : 4u))
							MEM16(new_at + at_seg(to, x)) = (u16)bad;
						else if (x == 6)
							MEM16(new_at + at_other(to, OF_LDT)) = (u16)bad;
						else if (x == 7)
							put(new_at + at_other(to, OF_IP), to ? 4 : 2, 0x8000);
						else if (x == 8 && to)
							MEM32(new_at + 100) = 0x680001;
					}
					if (b == 7 || a == 7) {
						set_gdt(SEL_TEST, segment(0, 0x7fff, 0x9b | ring << 5, 4));
						if (a != CS)
							MEM16(new_at + at_seg(to, CS)) = (u16)(SEL_TEST | ring);
					}
					label(ring, a, b, n);
					go(n & 1 ? GP : CALL_TSS, MODE_32);
				}
	group_done();
}

// --- EIP, the T bit, flags that act at once, breakpoints ------------------------------------

static void
first_steps(int way, int wide)
{
	u32 i, to, ring, n;
	pair_name(way, wide, "start");
	// EIP at the limit of CS, 16 and 32-bit code
	for (to = 0; to < 2; ++to)
		for (ring = 0; ring < 4; ring += 3)
			for (i = 0; i < 8; ++i) {
				static const u32 ips[4] = { TARGET, TARGET + 1, 0x7fff1800, 0xfff0 };
				reset(wide, (int)to);
				new_task(ring);
				start(way, MODE_32, 3);
				set_gdt(SEL_TEST, segment(0, TARGET, 0x9b | ring << 5, i & 4));
				MEM16(new_at + at_seg((int)to, CS)) = (u16)(SEL_TEST | ring);
				put(new_at + at_other((int)to, OF_IP), to ? 4 : 2, ips[i & 3]);
				MEM8(TARGET) = 0x90;  // Bochs would not look at the limit again
				label(ring, to, 0, i);
				go(way, MODE_32);
			}
	// an error code on every kind of stack
	for (to = 0; to < 2; ++to)
		for (ring = 0; ring < 4; ++ring)
			for (i = (ring + (u32)way) % EVERY(7); i < 20; i += EVERY(7)) {
				static const u32 sps[10] = { 0, 1, 2, 3, 4, 5, 0xffe, 0x1000, 0x1002, 0x10002 };
				if (!to && !ring && i & 1)
					continue;
				reset(wide, (int)to);
				new_task(ring);
				start(way, MODE_32, 3);
				set_gdt(SEL_TEST, segment(0, i >= 10 ? 0xfff : 0xffff, 0x93 | ring << 5, i & 1 ? 4 : 0));
				MEM16(new_at + at_seg((int)to, SS)) = (u16)(SEL_TEST | ring);
				put(new_at + at_reg((int)to, 4), to ? 4 : 2, sps[i % 10]);
				label(ring, to, 1, i);
				go(way, MODE_32);
			}
	// T, TF, RF, IF in all combinations; a breakpoint at the first instruction
	for (to = 0; to < 2; ++to)
		for (ring = 0; ring < 4; ring += 3)
			for (i = (ring + to + (u32)way) % EVERY(13); i < 64; i += EVERY(13)) {
				if (way == IRQ && i & 8)
					continue;
				reset(wide, (int)to);
				new_task(ring);
				start(way, MODE_32, 3);
				put(new_at + at_other((int)to, OF_FLAGS), to ? 4 : 2,
					2 | (i & 1 ? TF : 0) | (i & 2 ? IF : 0) | (i & 4 && to ? RF : 0));
				if (to && i & 16)
					MEM8(new_at + 100) = 1;
				if (i & 8)
					ask_irq0();
				SET_DR(0, TARGET);
				SET_DR(6, 0xffff0ff0);
				SET_DR(7, i & 32 ? 0x402 | 0x155 : 0x500);
				if (way == INT1)
					SET_DR(7, 0x500);
				label(ring, to, 2, i);
				go(way, MODE_32);
				label(ring, to, 3, i);
				word32(GET_DR(6));
				word32(GET_DR(7));
				case_done();
				SET_DR(7, 0x400);
				if (i & 8)
					set_pic(VECTOR);
			}
	// other bits beside T
	for (n = 0; n < 16 && way != INT1; ++n) {
		reset(wide, 1);
		new_task(3);
		start(way, MODE_32, 3);
		MEM16(new_at + 100) = (u16)(1 << n);
		label(0, 0, 4, n);
		go(way, MODE_32);
	}
	group_done();
}

// --- virtual-8086 mode --------------------------------------------------------------------------

static void
from_v86(int way, int wide)
{
	u32 to, iopl, ring, dpl;
	pair_name(way, wide, "from v86");
	regs_too = 1;
	for (to = 0; to < 3; ++to)  // 16, 32, v86 again
		for (iopl = 0; iopl < 4; ++iopl)
			for (dpl = 0; dpl < 4; ++dpl)
				for (ring = 0; ring < 4; ring += 3) {
					reset(wide, to > 0);
					new_task(ring);
					start(way, MODE_16, 3);
					in.flags = 0x20002 | iopl << 12 | (way == IRQ ? IF : 0) | (way == INTO ? 0x800 : 0) | (way == IRET ? NT : 0);
					in.cs = in.ss = 0;
					in.ds = 0x22;
					in.es = 0x33;
					in.fs = 0x44;
					in.gs = 0x55;
					if (way == IRET) {
						MEM16(in.sp) = TARGET;
						MEM16(in.sp + 2) = 0;
						MEM16(in.sp + 4) = 0x7000;
					}
					gate_access = 0x85 | dpl << 5;
					if (to == 2) {
						MEM32(new_at + 36) = 2 | VM | ring << 12;
						MEM16(new_at + 76) = 0;
						MEM16(new_at + 80) = 0;
					}
					label(to, iopl, dpl, ring);
					go(way, MODE_16);
				}
	regs_too = 0;
	group_done();
}

static void
to_v86(int way, int wide)
{
	u32 i, ring, n;
	pair_name(way, wide, "to v86");
	regs_too = 1;
	for (ring = 0; ring < 4; ++ring)
		for (i = (ring + (u32)way) % EVERY(13); i < 64; i += EVERY(13)) {
			reset(wide, 1);
			new_task(3);
			start(way, MODE_32, ring);
			MEM32(new_at + 36) =
				2 | VM | (i & 3) << 12 | (i & 4 ? NT : 0) | (i & 8 ? TF : 0) | (i & 16 ? 0x180000 : 0) | (i & 32 ? 0x200ad5 : 0);
			for (n = 0; n < 6; ++n)
				MEM16(new_at + at_seg(1, n)) = (u16)(0x1111 * (n + 1));
			MEM16(new_at + at_seg(1, CS)) = (u16)(i >> 4 & 0x81);
			MEM16(new_at + at_seg(1, SS)) = 0x10;
			MEM32(new_at + 32) = TARGET - 16 * (i >> 4 & 0x81);
			label(ring, i, 0, 0);
			go(way, MODE_32);
		}
	for (i = 0; i < 12; ++i) {
		static const u32 ips[4] = { TARGET, 0x11800, 0xffff, 0x10000 };
		static const u16 ldts[3] = { 0, 0x1f8, SEL_DATA };
		reset(wide, 1);
		new_task(3);
		start(way, MODE_32, 0);
		MEM32(new_at + 36) = 2 | VM;
		MEM16(new_at + at_seg(1, CS)) = 0;
		MEM16(new_at + at_seg(1, SS)) = 0x200;
		MEM32(new_at + 32) = ips[i & 3];
		MEM8(0xffff) = 0xcc;
		MEM32(new_at + 56) = i & 1 ? 0x10002 : 1;
		MEM16(new_at + 96) = ldts[i >> 2];
		set_gdt(0x1f8, 0);
		label(0, i, 1, 0);
		go(way, MODE_32);
	}
	regs_too = 0;
	group_done();
}

// --- back again -----------------------------------------------------------------------------------

// The new task returns by IRET, having changed its link or NT or neither.
static void
there_and_back(int way, int wide)
{
	u32 to, ring, i, from, n;
	pair_name(way, wide, "back");
	regs_too = 1;
	for (to = 0; to < 2; ++to)
		for (from = 0; from < 4; ++from)
			for (ring = 0; ring < 4; ++ring)
				for (i = (from + ring + to) % EVERY(5); i < 8; i += EVERY(5)) {
					reset(wide, (int)to);
					new_task(ring);
					start(way, MODE_32, from);
					in.flags |= i & 1 ? 0xc5 : 0;
					if (!wide)
						in.ss = SEL_DATA16 + 9 * from;
					MEM16(old_at + at_other(wide, OF_LDT)) = i & 1 ? SEL_LDT : SEL_LDT2;
					code_at = (u8 *)TARGET;
					if (way == GP || way == PF)
						byte(0x58);  // pop eax
					if (i & 2) {
						bytes(0x66c705);  // mov word [new_at], 1f8h
						for (n = 0; n < 4; ++n)
							byte(new_at >> 8 * n & 255);
						byte(0xf8);
						byte(1);
					}
					if (i & 4) {
						bytes(0x9c812424);  // pushf; and dword [esp], ~NT; popf
						bytes(0xffbfffff);
						byte(0x9d);
					}
					byte(0xcf);
					byte(0xcc);
					set_gdt(0x1f8, segment(old_at, 0x67, wide ? 0x89 : 0x81, 0));
					label(to, from, ring, i);
					go(way, MODE_32);
				}
	fill_target();
	MEM8(TARGET) = 0x90;
	regs_too = 0;
	group_done();
}

// --- paging -------------------------------------------------------------------------------------

#define ROOT2 (PAGES + 0x1000)
#define TABLE (PAGES + 0x2000)  // of the first 4 MiB, in both spaces
#define TABLE2 (PAGES + 0x3000)

static void
two_spaces(void)
{
	u32 i;
	for (i = 0; i < 1024; ++i) {
		MEM32(PAGES + 4 * i) = MEM32(ROOT2 + 4 * i) = i < 15 ? i << 22 | 0xe7 : 0;
		MEM32(TABLE + 4 * i) = MEM32(TABLE2 + 4 * i) = i << 12 | 0x67;
	}
	MEM32(PAGES) = TABLE | 0x67;
	MEM32(ROOT2) = TABLE2 | 0x67;
	root = PAGES;
	new_root = ROOT2;
	SET_CR(3, PAGES);
	SET_CR(4, 0x610);
	or_cr0(0x80000020, 0);
}

// Both TSSs on two pages each, one of which is not there or not to be written, in
// one space or in both; so the GDT, LDT, stack, code.
static void
pages(int way, int wide)
{
	static const u8 splits[] = { 0, 2, 6, 16, 28, 34, 42, 46, 74, 90, 98, 102, 104 };
	u32 page, n, space, to, ring, i, last = sizeof splits;
	pair_name(way, wide, "pages");
	for (page = 0; page < 8; ++page)
		for (n = 0; n < 3; ++n)  // not there; not to be written, WP 0 and 1
			for (space = 1; space < 4; ++space)
				for (to = 0; to < 2; ++to)
					for (i = (page + n + space + to + (u32)way) % EVERY(11); i < last; i += EVERY(11)) {
						static const u32 others[4] = { GDT, LDT, STACKS, CODE };
						u32 at, from = i & 1 && !(page < 2 && !n) ? 3 : 0;
						ring = i & 2 && !((page < 4 && space & 2 && !n) || page == 6) ? 3 : 0;
						// These cannot be told by anybody.
						if ((way == PF && (page < 2 || page == 4)) || (page == 4 && !n))
							continue;
						// There only the new task needs them.
						if (page > 4 && (space != 2 || i > 3))
							continue;
						reset(wide, (int)to);
						old_at = OLD_PAGES + 0x1000 - splits[i];
						new_at = NEW_PAGES + 0x1000 - splits[i];
						new_task(ring);
						start(way, MODE_32, from);
						at = page < 2      ? OLD_PAGES + page * 0x1000
							: page < 4 ? NEW_PAGES + (page - 2) * 0x1000
								   : others[page - 4];
						if (page == 5) {
							MEM16(new_at + at_seg((int)to, ES)) = SEL_TEST | 4 | ring;
							MEM64(LDT2 + SEL_TEST) = segment(0, 0xfffff, 0xf2, 12);
						}
						flaw = n ? 2 : 1;
						flawed[0] = space & 1 ? TABLE + (at >> 10) : 0;
						flawed[1] = space & 2 ? TABLE2 + (at >> 10) : 0;
						or_cr0(n == 2 ? 0x10000 : 0, n == 2 ? 0 : 0x10000);
						label(page, n << 4 | space, to, i);
						go(way, MODE_32);
						or_cr0(0, 0x10000);
						flawed[0] = flawed[1] = 0;
					}
	group_done();
}

// --- PAE's pointers -----------------------------------------------------------------------------

#define POINTERS FREE     // of the old task; 20h behind of the new
#define HIGH 0xc0000000u  // where the last of them leads to the low memory, too

static void
pae_spaces(void)
{
	u32 i;
	or_cr0(0, 0x80000000);
	for (i = 0; i < 512; ++i)
		MEM64(FREE + 0x1000 + 8 * i) = (u64)i << 21 | 0xe7;
	for (i = 0; i < 8; ++i)
		MEM64(POINTERS + 8 * i) = FREE + 0x1001;
	pae = 1;
	root = POINTERS;
	new_root = POINTERS + 0x20;
	SET_CR(3, root);
	SET_CR(4, 0x620);
	or_cr0(0x80000000, 0);
}

// One of the pointers has other bits, in the new task's table, or, if it has the
// same, in memory alone. The new task reads by the last of them.
static void
pointers(int way, int wide, int reserved)
{
	static const u8 bits[2][11] = { { 0, 3, 4, 9, 10, 11, 0, 3, 4, 9, 10 }, { 1, 2, 5, 6, 7, 8, 52, 53, 58, 62, 63 } };
	u32 to, i, n, bit, same;
	pair_name(way, wide, reserved ? "reserved" : "pointers");
	code_at = (u8 *)TARGET;
	bytes(0x8a07);
	byte(0xcc);
	for (to = 0; to < 2; ++to)
		for (same = 0; same < 2; ++same)
			for (i = 0; i < 4; ++i)
				for (n = 0; n < (reserved ? 11u : 6u); ++n) {
					bit = bits[reserved][n];
					if ((!i && !bit) || (n && (to + i + same + n) % EVERY(3)))
						continue;
					reset(wide, (int)to);
					new_root = same ? root : root + 0x20;
					new_task(0);
					start(way, MODE_32, 3);
					put(new_at + at_reg((int)to, 7), to ? 4 : 2, to ? HIGH + BUFFER : BUFFER);
					flaw = 1u << (bit & 31);
					flawed[0] = new_root + 8 * i + (bit >> 5) * 4;
					label(i, bit, same, to);
					go(way, MODE_32);
					flawed[0] = 0;
				}
	fill_target();
	MEM8(TARGET) = 0x90;
	group_done();
}

// --- ports of the new task ----------------------------------------------------------------------

static void
ports(int way, int wide)
{
	u32 to, i, limit, v86;
	static const u16 bases[] = { 0x60, 0x67, 0x68, 0x70, 0x80, 0xffff };
	pair_name(way, wide, "ports");
	code_at = (u8 *)TARGET;
	bytes(0xe480);  // in al, 80h
	byte(0xcc);
	for (to = 0; to < 2; ++to)
		for (v86 = 0; v86 < 1 + to; ++v86)
			for (i = 0; i < sizeof bases / 2; ++i)
				for (limit = 0x67 + i % EVERY(2); limit < 0x92; limit += (limit - bases[i] > 14 && limit - bases[i] < 18) ? 1 : 3) {
					u32 n;
					reset(wide, (int)to);
					new_task(3);
					start(way, MODE_32, 3);
					new_limit = limit;
					MEM16(new_at + 102) = bases[i];
					for (n = 0x68; n < 0xa0; ++n)
						MEM8(new_at + n) = (u8)(n & 3 ? 0xfe : 0xff);
					if (v86) {
						MEM32(new_at + 36) = 0x23002;
						MEM16(new_at + at_seg(1, CS)) = MEM16(new_at + at_seg(1, SS)) = 0;
					}
					label(to, v86, i, limit);
					go(way, MODE_32);
				}
	fill_target();
	MEM8(TARGET) = 0x90;
	group_done();
}

void
main(void)
{
	int way, wide, to;
	u32 i;
	set_up();
	set_pic(VECTOR);
	ask_irq0();  // the timer's last
	set_pic(VECTOR);
	fill_target();
	MEM8(TARGET) = 0x90;
	for (i = 0; i < 0x200; i += 8)
		MEM64(LDT2 + i) = segment(0, 0xfffff, 0xf3, 12);
	set_gdt(SEL_LDT2, segment(LDT2, 0x1ff, 0x82, 0));
	make_catcher();
	for (way = 0; way < WAYS; ++way)
		for (wide = 0; wide < 2 && way != PF; ++wide) {
			if (wide == 0 || way % EVERY(2) == 0)
				descriptors(way, wide);
			if (wide == 1 || way % EVERY(2) == 0)
				registers(way, wide);
			if ((way + wide) % EVERY(2))
				continue;
			if (way > CALL_TSS && way < IRET)
				gates(way, wide);
			first_steps(way, wide);
			to_v86(way, wide);
			if (way > CALL_GATE)
				from_v86(way, wide);
			if (way != JMP_TSS && way != JMP_GATE && way != IRET)
				there_and_back(way, wide);
		}
	for (wide = 0; wide < 2; ++wide)
		for (to = 0; to < 2; ++to)
			for (i = 0; i < 7; ++i)
				segments(i, wide, to);
	for (to = 0; to < 2; ++to)
		order(to);
	for (way = CALL_TSS; way < WAYS; way += IRET - CALL_TSS)
		ports(way, 1);
	two_spaces();
	make_catcher();
	for (way = 0; way < WAYS; ++way)
		for (wide = way % EVERY(2); wide < 2; wide += EVERY(2))
			pages(way, wide);
	for (wide = 0; wide < 2; ++wide) {
		descriptors(PF, wide);
		gates(PF, wide);
		there_and_back(PF, wide);
	}
	pae_spaces();
	make_catcher();
	for (way = 0; way < WAYS; way += EVERY(2))
		if (way != PF)
			pointers(way, 1, 0);
#ifndef BOCHS  // which comes to a stop
	for (way = 0; way < WAYS; way += EVERY(2))
		if (way != PF)
			pointers(way, 1, 1);
#endif
	finish(16);
}
