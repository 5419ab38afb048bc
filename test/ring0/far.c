// far.c: far jumps, calls, returns and IRET: every type of target x DPL x RPL x
// CPL, operand sizes, call gates with their stacks, segments that an outer ring
// does not keep.
//
// As Bochs 2.7 has them (model corei7_icelake_u), except:
// - An inner stack's place in the TSS may end with SS: SDM vol 2 CALL compares the
//   limit with the address + 5 (+ 3). Bochs wants the whole doubleword there.
// - IRET to an SS that is not present is #SS (SDM vol 2 IRET); Bochs has #NP.
// - In 64-bit mode IRET pops SS:RSP with any operand size (SDM vol 3, IRET in
//   IA-32e mode; Zen 4 in user mode; qemu); Bochs with 64 bits only.
// qemu 7.2 leaves the accessed bit of code and EFLAGS.RF of faults, and gives a
// conforming segment the wrong RPL.
#include "cases.h"

static const char *const modes[] = MODE_NAMES;

// --- straight to a code segment -----------------------------------------------------

enum { JMP_DIRECT, CALL_DIRECT, JMP_MEMORY, CALL_MEMORY, HOWS };
static const char *const hows[HOWS] = { "jmp", "call", "jmp mem", "call mem" };

// size: 2, 4, 8 bytes of offset
static void
emit(int how, int mode, u32 size, u32 sel, u32 offset)
{
	u32 i;
	code();
	if (size == 8)
		byte(0x48);
	else if ((size == 2) != (mode == MODE_16))
		byte(0x66);
	if (how >= JMP_MEMORY) {
		byte(0xff);
		byte(how == JMP_MEMORY ? 0x2f : 0x1f);  // [bx], [rdi]
		MEM64(BUFFER) = offset;
		MEM32(BUFFER + size) = sel;
	} else {
		byte(how == JMP_DIRECT ? 0xea : 0x9a);
		for (i = 0; i < size; ++i)
			byte(offset >> 8 * i & 0xff);
		byte(sel & 0xff);
		byte(sel >> 8);
	}
	byte(0xcc);
}

static void
go(int mode, u32 ring)
{
	prepare(mode, ring);
	in.bx = in.di = BUFFER;
	enter(&in);
	where();
	word32(MEM8(GDT + SEL_TEST + 5));
	case_done();
}

static void
direct(int mode, int how, u32 size)
{
	static const char *const sizes[] = { "", "", "16 types", "", "32 types", "", "", "", "64 types" };
	u32 ring, rpl, access;
	group(modes[mode], hows[how]);
	text(sizes[size]);
	for (rpl = 0; rpl < 4; ++rpl) {
		emit(how, mode, size, SEL_TEST | rpl, TARGET);
		for (ring = 0; ring < 4; ++ring)
			for (access = ring; access < 256; access += EVERY(5)) {
				// A TSS is too small, gates lead nowhere
				set_gdt(SEL_TEST, (access & 0x1c) == 4 || (access & 0x1f) == 0xc ? gate(3, TARGET, access, 0) :
					segment(0, access & 0x10 ? 0xfffff : 0, access, access & 0x10 ? 12 : 0));
				MEM64(GDT + SEL_TEST + 8) = 0;
				label(ring, rpl, 0, access);
				go(mode, ring);
			}
	}
	group_done();
}

static void
code_flags(int mode, int how)
{
	u32 ring, rpl, access, flags, size;
	group(modes[mode], hows[how]);
	text(" flags");
	for (size = 2; size <= (mode == MODE_64 ? 8u : 4u); size *= 2)
		for (rpl = 0; rpl < 4; ++rpl) {
			emit(how, mode, size, SEL_TEST | rpl, TARGET);
			for (ring = 0; ring < 4; ++ring)
				for (access = 0x9a; access < 256; access += 4)
					for (flags = 2; flags < 16; flags += EVERY(4)) {
						if (!(access & 8))
							continue;
						set_gdt(SEL_TEST, segment(0, flags & 8 ? 0xfffff : TARGET - 1 + (access >> 5 & 1), access, flags));
						label(ring, rpl, size << 4 | flags, access);
						go(mode, ring);
					}
		}
	group_done();
}

// --- call gates -----------------------------------------------------------------

static void
one_gate(int mode, u32 ring, int counts)
{
	u32 i;
	prepare(mode, ring);
	in.bx = in.di = BUFFER;
	for (i = 0; i < 16; ++i)
		MEM32(in.sp + 4 * i) = 0x1111 * i + 0x10001;
	enter(&in);
	where();
	if (counts)
		for (i = 0; i < 160; i += 4)
			word32(MEM32((u32)got.sp + 32 + i));
	case_done();
}

static void
gates(int mode, int how)
{
	u32 ring, rpl, dpl, target, wide, type, count;
	group(modes[mode], hows[how]);
	text(" gate");
	for (rpl = 0; rpl < 4; ++rpl) {
		emit(how, mode, mode == MODE_16 ? 2 : 4, SEL_TEST | rpl, 0x12345678);
		for (wide = 0; wide < 2; ++wide)
			for (ring = 0; ring < 4; ++ring)
				for (dpl = 0; dpl < 4; ++dpl)
					for (target = (EVERY(2) - 1) & (rpl + dpl); target < 4; target += EVERY(2))
						for (type = 0x1a; type < 0x20; type += 4) {
							set_gdt(SEL_TEST + 32, segment(0, 0xfffff, 0x80 | target << 5 | type, sizeof(word) == 8 ? 10 : 12));
							set_gdt(SEL_TEST, gate((SEL_TEST + 32) | 3, TARGET, 0x84 | dpl << 5 | wide << 3, sizeof(word) == 8 ? 0 : 3));
							MEM64(GDT + SEL_TEST + 8) = 0;
							label(ring, rpl, dpl << 4 | target, type << 4 | wide);
							one_gate(mode, ring, 0);
						}
	}
	// what the gate leads to: all types, not present, null, beyond, in the LDT
	emit(how, mode, mode == MODE_16 ? 2 : 4, SEL_TEST | 3, 0);
	for (ring = 0; ring < 4; ++ring)
		for (wide = 0; wide < 4; ++wide)
			for (type = ring; type < 256; type += EVERY(3)) {
				if ((type & 0x70) != 0x10 && (type & 0x70) != 0x30 && type & 0x10)
					continue;
				MEM64(LDT + SEL_TEST + 32) = segment(0, 0xfffff, type, wide >> 1 ? 10 : 12);
				set_gdt(SEL_TEST + 32, segment(0, 0xfffff, type, wide >> 1 ? 10 : 12));
				set_gdt(SEL_TEST, gate((SEL_TEST + 32) | (type & 0x20 ? 4 : 0), TARGET, 0xe4 | (wide & 1) << 3, 0));
				label(ring, wide, 0xff, type);
				one_gate(mode, ring, 0);
			}
	for (ring = 0; ring < 4; ++ring)
		for (type = 0; type < 8; ++type) {
			static const u16 sels[8] = { 0, 3, 4, 7, 0x200, 0x203, 0x204, 0xffff };
			set_gdt(SEL_TEST, gate(sels[type], TARGET, 0xec, 0));
			label(ring, 0, 0xfe, sels[type]);
			one_gate(mode, ring, 0);
		}
	// not present, upper half of 16 bytes
	for (ring = 0; ring < 4; ++ring)
		for (dpl = 0; dpl < 4; ++dpl)
			for (type = 0; type < 32; ++type) {
				set_gdt(SEL_TEST + 32, segment(0, 0xfffff, 0x9b, sizeof(word) == 8 ? 10 : 12));
				set_gdt(SEL_TEST, gate(SEL_TEST + 32, TARGET, 0x0c | dpl << 5 | (type & 8) << 4, 0));
				MEM64(GDT + SEL_TEST + 8) = (u64)type << 40;
				label(ring, dpl, 0xfd, type);
				one_gate(mode, ring, 0);
			}
	MEM64(GDT + SEL_TEST + 8) = 0;
	// counts of words
	for (wide = 0; wide < 2; ++wide)
		for (ring = 1; ring < 4; ++ring)
			for (count = EVERY(7) / 3; count < 32; count += EVERY(7))
				for (target = 0; target < ring; ++target) {
					set_gdt(SEL_TEST + 32, segment(0, 0xfffff, 0x9b | target << 5, sizeof(word) == 8 ? 10 : 12));
					set_gdt(SEL_TEST, gate(SEL_TEST + 32, TARGET, 0xe4 | wide << 3, count));
					label(ring, wide, target, count);
					one_gate(mode, ring, 1);
				}
	group_done();
}

#ifndef LONG
// The inner ring's stack: selector, limits, the TSS's own limit
static void
inner_stacks(int mode)
{
	u32 ring, target, rpl, access, ti, n;
	group(modes[mode], "inner stacks");
	emit(CALL_DIRECT, mode, mode == MODE_16 ? 2 : 4, SEL_TEST | 3, 0);
	set_gdt(SEL_TEST, gate(SEL_TEST + 32, TARGET, 0xec, 2));
	for (ring = 2; ring < 4; ++ring)
		for (target = 1; target < ring; ++target) {
			set_gdt(SEL_TEST + 32, segment(0, 0xfffff, 0x9b | target << 5, 12));
			for (ti = 0; ti < 2; ++ti)
				for (rpl = 0; rpl < 4; ++rpl)
					for (access = rpl; access < 256; access += EVERY(5)) {
						MEM64((ti ? LDT : GDT) + SEL_TEST + 16) = segment(0, (access & 0x1c) == 0x14 ? 0 : 0xfffff, access, access & 1 ? 12 : 8);
						MEM32(TSS + 8 + 8 * target) = SEL_TEST + 16 + ti * 4 + rpl;
						label(ring, target, ti << 4 | rpl, access);
						one_gate(mode, ring, 0);
					}
			for (n = 0; n < 12; ++n) {
				static const u16 sels[12] = { 0, 1, 2, 3, 4, 7, 0x1fa, 0x200, 0x201, 0x202, 0xfffd, 0xffff };
				MEM32(TSS + 8 + 8 * target) = sels[n];
				label(ring, target, 0xf0, sels[n]);
				one_gate(mode, ring, 0);
			}
			// limits that hold all, or not: 6 doublewords
			for (n = 0; n < 28; n += EVERY(3)) {
				MEM32(TSS + 8 + 8 * target) = SEL_TEST + 16 + target;
				set_gdt(SEL_TEST + 16, segment(0x3800 - n, 0x1f, 0x93 | target << 5, 4));
				MEM32(TSS + 4 + 8 * target) = 0x20 + (n & 7);
				label(ring, target, 0xf1, n);
				one_gate(mode, ring, 0);
				set_gdt(SEL_TEST + 16, segment(0x3800, 0xfff, 0x97 | target << 5, n & 1 ? 4 : 0));
				MEM32(TSS + 4 + 8 * target) = 0x1000 + n;
				label(ring, target, 0xf2, n);
				one_gate(mode, ring, 0);
				set_gdt(SEL_TEST + 16, segment(0, 0xfffff, 0x93 | target << 5, n & 1 ? 12 : 8));
				MEM32(TSS + 4 + 8 * target) = (n & 2 ? 0x10000 : 0x3800) + n;
				label(ring, target, 0xf3, n);
				one_gate(mode, ring, 0);
			}
			MEM32(TSS + 4 + 8 * target) = INNER - 0x200 * target;
			MEM32(TSS + 8 + 8 * target) = SEL_DATA + 9 * target;
		}
	for (n = 11; n < 0x20; ++n)
		for (target = 1; target < 3; ++target) {
			set_gdt(SEL_TEST + 32, segment(0, 0xfffff, 0x9b | target << 5, 12));
			set_gdt(SEL_TSS, segment(TSS, n, 0x89, 0));
			__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
			label(3, target, 0xf4, n);
			one_gate(mode, 3, 0);
		}
	// a TSS of 16 bits
	for (n = 0; n < 3; ++n) {
		MEM16(TSS + 0x202 + 4 * n) = INNER - 0x200 * n;
		MEM16(TSS + 0x204 + 4 * n) = SEL_DATA + 9 * n;
	}
	for (n = 5; n < 0x14; ++n)
		for (target = 1; target < 3; ++target) {
			set_gdt(SEL_TEST + 32, segment(0, 0xfffff, 0x9b | target << 5, 12));
			set_gdt(SEL_TSS, segment(TSS + 0x200, n, 0x81, 0));
			__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
			label(3, target, 0xf5, n);
			one_gate(mode, 3, 0);
		}
	set_gdt(SEL_TSS, segment(TSS, 0x67, 0x89, 0));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	group_done();
}
#endif

// --- returns --------------------------------------------------------------------------

enum { LRET, LRET_8, IRET, BACKS };
static const char *const backs[BACKS] = { "lret", "lret 8", "iret" };

static void
push_frame(u32 *at, u32 size, u32 x)
{
	MEM64(in.sp + *at) = x;
	*at += size;
}

static void
emit_back(int how, int mode, u32 size)
{
	code();
	if (size == 8)
		byte(0x48);
	else if ((size == 2) != (mode == MODE_16))
		byte(0x66);
	byte(how == LRET ? 0xcb : how == IRET ? 0xcf : 0xca);
	if (how == LRET_8) {
		byte(8);
		byte(0);
	}
	byte(0xcc);
}

static void
one_back(int how, int mode, u32 ring, u32 size, u32 cs, u32 ss, u32 flags)
{
	u32 at = 0;
	prepare(mode, ring);
	in.sp -= 0x40;
	push_frame(&at, size, TARGET);
	push_frame(&at, size, cs);
	if (how == IRET)
		push_frame(&at, size, flags);
	if (how == LRET_8)
		at += 8;
	push_frame(&at, size, STACKS + 0x1400);
	push_frame(&at, size, ss);
	in.ds = SEL_DATA + 9 * ring;
	in.es = SEL_DATA + 9 * ring;
	enter(&in);
	where();
	word32((u32)(got.ds << 16 | got.es));
	word32(MEM8(GDT + SEL_TEST + 5) << 8 | MEM8(GDT + SEL_TEST + 16 + 5));
	case_done();
}

static void
returns(int how, int mode)
{
	u32 ring, rpl, access, size, flags;
	group(modes[mode], backs[how]);
	for (size = 2; size <= (mode == MODE_64 ? 8u : 4u); size *= 2) {
		emit_back(how, mode, size);
		// to every type; stack as it should be
		for (ring = 0; ring < 4; ++ring)
			for (rpl = 0; rpl < 4; ++rpl)
				for (access = ring; access < 256; access += EVERY(7)) {
					set_gdt(SEL_TEST, segment(0, 0xfffff, access, 12));
					label(ring, rpl, size, access);
					one_back(how, mode, ring, size, SEL_TEST | rpl, SEL_DATA + 9 * rpl, 2);
				}
		// code of 16, 32, 64 bits and none; with a stack of every type
		for (flags = 0; flags < 16; flags += 2)
			for (ring = 0; ring < 4; ++ring)
				for (rpl = ring; rpl < 4; ++rpl) {
					set_gdt(SEL_TEST, segment(0, flags & 8 ? 0xfffff : TARGET - (rpl == 3), 0x9a | rpl << 5, flags));
					for (access = 0; access < 256; access += flags == 8 || flags == 10 ? EVERY(7) : EVERY(37)) {
						set_gdt(SEL_TEST + 16, segment(0, (access & 0x1c) == 0x14 ? 0 : 0xfffff, access, access & 1 ? 12 : 8));
						label(ring, rpl, size << 4 | flags, access);
						one_back(how, mode, ring, size, SEL_TEST | rpl, (SEL_TEST + 16) | (rpl ^ (access == 0xf3)), 2);
					}
					for (access = 0; access < 8; ++access) {
						static const u16 sels[8] = { 0, 1, 2, 3, 4, 7, 0x203, 0xffff };
						label(ring, rpl, size << 4 | flags, 0x100 | access);
						one_back(how, mode, ring, size, SEL_TEST | rpl, sels[access], 2);
						label(ring, rpl, size << 4 | flags, 0x200 | access);
						one_back(how, mode, ring, size, sels[access], SEL_DATA + 9 * rpl, 2);
					}
				}
		// flags
		if (how == IRET)
			for (ring = 0; ring < 4; ++ring)
				for (rpl = ring; rpl < 4; ++rpl)
					for (flags = 0; flags < 22; ++flags)
						for (access = EVERY(2) - 1; access < 4; access += EVERY(2)) {
							if (flags == 8 || flags == 14)  // TF; NT means something else
								continue;
							if (flags == 17 && (ring == 0 && mode != MODE_64 && sizeof(word) == 4))
								continue;
							label(ring, rpl, size, flags << 4 | access);
							// IOPL is that of `access`; flags from and to
							one_back(how, mode, ring, size, SEL_CODE32 + 9 * rpl, SEL_DATA + 9 * rpl, access & 1 ? 0x3 << 12 | 1u << flags : 1u << flags);
						}
	}
	group_done();
}

// What an outer ring keeps of ES, DS, FS, GS
static void
hidden(int how, int mode)
{
	u32 ring, rpl, access, cpl;
	group(modes[mode], backs[how]);
	text(" hides");
	emit_back(how, mode, mode == MODE_16 ? 2 : mode == MODE_32 ? 4 : 8);
	for (ring = 0; ring < 3; ++ring)
		for (rpl = ring + 1; rpl < 4; ++rpl)
			for (cpl = 0; cpl < 4; ++cpl)
				for (access = rpl; access < 256; access += EVERY(5)) {
					u32 at = 0, type = access & 0x1f, dpl = access >> 5 & 3, n = mode == MODE_16 ? 2 : mode == MODE_32 ? 4 : 8;
					int conforming = (type & 0x1c) == 0x1c, readable = (type & 0x18) == 0x10 || (type & 0x1a) == 0x1a;
					if (!(access & 0x80) || !readable || (!conforming && (dpl < ring || dpl < cpl)))
						continue;
					prepare(mode, ring);
					push_frame(&at, n, TARGET);
					push_frame(&at, n, (mode == MODE_16 ? SEL_CODE16 : mode == MODE_32 ? SEL_CODE32 : SEL_CODE64) + 9 * rpl);
					if (how == IRET)
						push_frame(&at, n, 2);
					if (how == LRET_8)
						at += 8;
					push_frame(&at, n, STACKS + 0x1400);
					push_frame(&at, n, SEL_DATA + 9 * rpl);
					set_gdt(SEL_TEST, segment(0, 0xfffff, access, 12));
					code();
					bytes(0x8ec0);  // mov es, ax
					bytes(0x8ed8);  // ds
					bytes(0x8ee0);  // fs
					bytes(0x8ee9);  // gs, cx
					if (n == 8)
						byte(0x48);
					byte(how == LRET ? 0xcb : how == IRET ? 0xcf : 0xca);
					byte(8);
					byte(0);
					in.ax = SEL_TEST | cpl;
					in.cx = 3;
					label(ring, rpl, cpl, access);
					enter(&in);
					what_happened();
					word32((u32)(got.es << 16 | got.ds));
					word32((u32)(got.fs << 16 | got.gs));
					case_done();
				}
	group_done();
}

void
main(void)
{
	int mode, how;
	u32 size;
	set_up();
	fill_target();
	for (mode = 0; mode < MODES; ++mode) {
		for (how = mode == MODE_64 ? JMP_MEMORY : JMP_DIRECT; how < HOWS; ++how) {
			for (size = 2; size <= (mode == MODE_64 ? 8u : 4u); size *= 2)
				if (size == (mode == MODE_16 ? 2u : 4u) || how == CALL_MEMORY)
					direct(mode, how, size);
			code_flags(mode, how);
			gates(mode, how);
		}
#ifndef LONG
		inner_stacks(mode);
#endif
		for (how = 0; how < BACKS; ++how) {
			returns(how, mode);
			hidden(how, mode);
		}
	}
	finish(11);
}
