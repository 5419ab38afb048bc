// vme.c: CR4.VME and CR4.PVI: what virtual-8086 mode and ring 3 do with VIF, VIP,
// and the map that sends INT n to the program's own handlers.
//
// As Bochs 2.7 has them (model corei7_icelake_u), except in the groups named
// "pending". VIF with VIP in ring 3 is #GP in front of the next instruction; not at
// IOPL 3, where neither means anything (SDM vol 3, system flags in EFLAGS), nor in
// virtual-8086 mode without CR4.VME. Bochs looks at no IOPL, takes either bit of CR4
// for virtual-8086 mode, and leaves out 64-bit mode, for which no manual makes an
// exception. qemu 7.2 has none of it.
#include "cases.h"

static const char *const modes[] = MODE_NAMES;

enum { TF = 0x100, IF = 0x200, NT = 0x4000, VM = 0x20000, AC = 0x40000, VIF = 0x80000, VIP = 0x100000, ID = 0x200000 };
enum { VME = 1, PVI = 2 };

static void
set_cr4(word x)
{
	word y;
	__asm__ volatile("mov %%cr4,%0" : "=r"(y));
	y = (y & ~(word)3) | x;
	__asm__ volatile("mov %0,%%cr4" : : "r"(y));
}

// Bit i of what puts VIF, VIP, IF into the flags to begin with
static u32
flags_of(u32 i)
{
	return (i & 1 ? VIF : 0) | (i & 2 ? VIP : 0) | (i & 4 ? IF : 0) | 2;
}

// Whether a case is of the group "pending"; IN_V86 is a mode of its own.
enum { IN_V86 = 3 };
static int
pends(int mode, u32 cr4, u32 iopl, u32 n)
{
	return (n & 3) == 3 && (mode == IN_V86 ? (cr4 && iopl == 3) || cr4 == PVI : (cr4 & PVI) && (iopl == 3 || mode == MODE_64));
}

static int
skip(void)
{
	static u32 turn;
	return turn++ % EVERY(3) != 0;
}

// What POPF and IRET are given
static const u32 images[] = { 2, IF, 0x3000, 0x3ad5 | IF, TF, TF | IF, NT, NT | IF | 0xc00, 0x7ed5 & ~TF, 0x3ffed5 & ~TF, VIF | VIP, AC | ID | VIF };
#define IMAGES (sizeof images / sizeof *images)

// In protected mode and long mode: only CLI and STI know of VIF.
static void
ring(int mode, int pending)
{
	// cli sti pushf popf, these with the other operand size
	static const u32 insns[] = { 0xfa, 0xfb, 0x9c, 0x9d, 0x669c, 0x669d, 0xfbfa, 0xfafb };
	u32 i, cr4, level, iopl, n, k;
	group(modes[mode], pending ? "pending" : "flags");
	for (cr4 = 0; cr4 < 4; ++cr4) {
		set_cr4(cr4);
		for (level = 0; level < 4; ++level)
			for (iopl = 0; iopl < 4; ++iopl)
				for (i = 0; i < sizeof insns / 4; ++i)
					for (n = 0; n < 8; ++n)
						for (k = 0; k < (insns[i] % 256 == 0x9d ? IMAGES : 1); ++k) {
							if (pends(mode, cr4, iopl, n) != pending || skip())
								continue;
							prepare(mode, level);
							in.flags = flags_of(n) | iopl << 12;
							MEM32(in.sp) = images[k];
							code();
							bytes(insns[i]);
							byte(0xf1);
							label(cr4 << 4 | level, iopl, i, k << 4 | n);
							enter(&in);
							where();
							case_done();
						}
	}
	// INT n in ring 3 has no map; IRET there leaves VIF and VIP.
	for (cr4 = 0; cr4 < 4; ++cr4) {
		set_cr4(cr4);
		for (level = 0; level < 4; ++level)
			for (iopl = 0; iopl < 4; ++iopl)
				for (k = 0; k <= IMAGES; ++k)
					for (n = 0; n < 4; ++n) {
						u32 size = mode == MODE_16 ? 2 : mode == MODE_32 ? 4 : 8;
						if (pends(mode, cr4, iopl, n) != pending || skip())
							continue;
						prepare(mode, level);
						in.flags = flags_of(n) | iopl << 12;
						code();
						bytes(k == IMAGES ? 0xcd40 : mode == MODE_64 ? 0x48cf : 0xcf);
						byte(0xf1);
						MEM32(in.sp) = TARGET;
						MEM32(in.sp + size) = (u32)in.cs;
						MEM32(in.sp + 2 * size) = images[k % IMAGES] & ~(NT | VM | TF);
						if (size == 8) {
							MEM32(in.sp + 24) = (u32)in.sp + 40;
							MEM32(in.sp + 32) = (u32)in.ss;
						}
						label(0x80 | cr4 << 4 | level, iopl, k, n);
						enter(&in);
						where();
						case_done();
					}
	}
	// Other ways to ring 3 with VIF and VIP set: RETF, SYSEXIT
	for (cr4 = 0; cr4 < 4; ++cr4) {
		set_cr4(cr4);
		for (iopl = 0; iopl < 4; ++iopl)
			for (k = 0; k < 2; ++k)
				for (n = 0; n < 8; ++n) {
					u32 size = mode == MODE_16 ? 2 : mode == MODE_32 ? 4 : 8;
					if (pends(mode, cr4, iopl, n) != pending || skip())
						continue;
					prepare(mode, 0);
					in.flags = flags_of(n) | iopl << 12;
					code();
					if (k) {
						in.dx = TARGET;
						in.cx = in.sp;
						bytes(0x0f35);
					} else {
						bytes(mode == MODE_64 ? 0x48cb : 0xcb);
						MEM32(in.sp) = TARGET;
						MEM32(in.sp + size) = (u32)in.cs + 27;
						MEM32(in.sp + 2 * size) = (u32)in.sp;
						MEM32(in.sp + 3 * size) = (u32)in.ss + 27;
					}
					label(0xc0 | cr4, iopl, k, n);
					enter(&in);
					where();
					case_done();
				}
	}
	set_cr4(0);
	group_done();
}

#ifndef LONG
static volatile u32 ivt;  // 0, which is no null pointer

static void
prepare_v86(u32 iopl, u32 n)
{
	prepare(MODE_16, 3);
	in.flags = flags_of(n) | iopl << 12 | VM;
	in.cs = 0x10;
	in.ip -= 0x100;
	in.ss = 0x20;
	in.sp -= 0x200;
	in.ds = in.es = in.fs = in.gs = 0;
}

static void
run_v86(void)
{
	enter(&in);
	what_happened();
	word32((u32)(got.cs << 16 | got.ss));
	word32((u32)got.flags);
	word32((u32)got.sp);
	word32(MEM32(0x200 + got.sp));
	word32(MEM32(0x204 + got.sp));
	case_done();
}

static void
set_tss(u32 limit, u32 map)
{
	set_gdt(SEL_TSS, segment(TSS, limit, 0x89, 0));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	MEM16(TSS + 102) = (u16)map;
}

// Which vectors the map sends to the program: none, all, even ones
static void
set_map(u32 kind)
{
	u32 i;
	for (i = 0; i < 32; ++i)
		MEM8(TSS + 0x68 + i) = kind == 0 ? 0xff : kind == 1 ? 0 : 0xaa;
}

static void
flags_v86(int pending)
{
	static const u32 insns[] = { 0xfa, 0xfb, 0x9c, 0x669c, 0x9d, 0x669d, 0xcf, 0x66cf };
	u32 vme, iopl, i, n, k;
	group("v86", pending ? "flags, pending" : "flags");
	for (vme = 0; vme < 4; ++vme) {
		set_cr4(vme);
		for (iopl = 0; iopl < 4; ++iopl)
			for (i = 0; i < sizeof insns / 4; ++i)
				for (n = 0; n < 8; ++n)
					for (k = 0; k < (i < 4 ? 1 : IMAGES); ++k) {
						u32 at;
						if (pends(IN_V86, vme, iopl, n) != pending || skip())
							continue;
						prepare_v86(iopl, n);
						at = 0x200 + in.sp;
						MEM32(at) = images[k];
						if (i == 6) {
							MEM16(at) = TARGET - 0x300;
							MEM16(at + 2) = 0x30;
							MEM32(at + 4) = images[k];
						} else if (i == 7) {
							MEM32(at) = TARGET - 0x300;
							MEM32(at + 4) = 0x30;
							MEM32(at + 8) = images[k];
						}
						code();
						bytes(insns[i]);
						bytes(0x8cd0);  // mov ax, ss: a trap of TF comes behind it
						byte(0xf1);
						label(vme << 4 | iopl, i, n, k);
						run_v86();
					}
	}
	set_cr4(0);
	group_done();
}

static void
int_v86(int pending)
{
	// int n, int3, into, int1, int 3, int 4, int 1, int 13, int 255
	static const u32 insns[] = { 0xcd40, 0xcd41, 0xcc, 0xce, 0xf1, 0xcd03, 0xcd04, 0xcd01, 0xcd0d, 0xcdff };
	u32 vme, iopl, i, n, map;
	group("v86", pending ? "int n, pending" : "int n");
	set_tss(0xff, 0x88);
	for (i = 0; i < 256; ++i)
		MEM32((word)ivt + 4 * i) = 0x300000 | (TARGET - 0x300 + (i & 15));
	for (map = 0; map < 3; ++map) {
		set_map(map);
		for (vme = 0; vme < 4; ++vme) {
			set_cr4(vme);
			for (iopl = 0; iopl < 4; ++iopl)
				for (i = 0; i < sizeof insns / 4; ++i)
					for (n = 0; n < 32; ++n) {
						if (pends(IN_V86, vme, iopl, n) != pending || skip())
							continue;
						prepare_v86(iopl, n);
						in.flags |= (n & 8 ? NT | 0xcd5 : 0) | (n & 16 ? AC | ID : 0);
						if (insns[i] == 0xce)
							in.flags |= 0x800;
						code();
						bytes(insns[i]);
						byte(0xf1);
						label(map << 4 | vme, iopl, i, n);
						run_v86();
					}
		}
	}
	// a trap of TF, an exception, an interrupt in the program's own handler
	set_cr4(VME);
	set_map(1);
	for (iopl = 0; iopl < 4; ++iopl)
		for (n = 0; n < 8; ++n)
			for (i = 0; i < 3; ++i) {
				if (pends(IN_V86, VME, iopl, n) != pending)
					continue;
				prepare_v86(iopl, n);
				if (i == 0)
					in.flags |= TF;
				code();
				bytes(i < 2 ? 0xcd40 : 0x0f0b);
				byte(0xf1);
				if (i == 1) {
					set_pic(0x50);
					ask_irq0();
					MEM16(ivt + 4 * 0x40) = CODE - 0x300 + 0x40;
					code_at = (u8 *)CODE + 0x40;
					bytes(0xfb90);  // sti nop
					byte(0xf1);
				}
				label(0x80, iopl, i, n);
				run_v86();
				out8(0x21, 0xff);
				MEM16(ivt + 4 * 0x40) = TARGET - 0x300;
			}
	set_cr4(0);
	group_done();
}

// Where the map must be
static void
maps(void)
{
	static const u16 limits[] = { 0x67, 0x68, 0x6f, 0x70, 0x71, 0x87, 0x88, 0xff, 0x66, 0x65, 0xffff };
	static const u16 bases[] = { 0x68, 0x88, 0x89, 0x87, 0x20, 0x1f, 0x18, 0x17, 0, 0x100, 0x108, 0x107, 0x11f, 0xffff };
	u32 l, b, iopl, v;
	group("v86", "maps");
	set_cr4(VME);
	for (l = 0; l < 0x100; ++l)
		MEM8(TSS + 0x68 + l) = (u8)(l * 0x35);
	for (l = 0; l < sizeof limits / 2; ++l)
		for (b = 0; b < sizeof bases / 2; ++b) {
			set_tss(limits[l], bases[b]);
			for (iopl = 2; iopl < 4; ++iopl)
				for (v = 0x20; v < 0x100; v += 13) {
					if (skip())
						continue;
					prepare_v86(iopl, 1);
					code();
					byte(0xcd);
					byte(v);
					byte(0xf1);
					label(l, b, iopl, v);
					run_v86();
				}
		}
	set_cr4(0);
	set_tss(0x67, 0x68);
	group_done();
}

// Task switches from ring 0 to ring 3 and to virtual-8086 mode: flags that are
// saved and loaded
static void
tasks(int pending)
{
	u32 cr4, iopl, n, v86, call, i;
	group("tasks", pending ? "pending" : "");
	for (cr4 = 0; cr4 < 4; ++cr4) {
		set_cr4(cr4);
		for (iopl = 0; iopl < 4; ++iopl)
			for (n = 0; n < 8; ++n)
				for (v86 = 0; v86 < 2; ++v86)
					for (call = 0; call < 2; ++call) {
						if (pends(v86 ? IN_V86 : MODE_32, cr4, iopl, n) != pending)
							continue;
						for (i = 0; i < 0x68; i += 4)
							MEM32(FREE + i) = 0;
						MEM32(FREE + 4) = INNER;
						MEM32(FREE + 8) = DATA;
						MEM32(FREE + 32) = TARGET - (v86 ? 0x100 : 0);
						MEM32(FREE + 36) = flags_of(n) | iopl << 12 | (v86 ? VM | AC : ID);
						MEM32(FREE + 56) = STACKS + 0x800;
						for (i = 0; i < 6; ++i)
							MEM32(FREE + 72 + 4 * i) = v86 ? 0x10 : SEL_DATA + 27;
						if (!v86)
							MEM32(FREE + 76) = SEL_CODE32 + 27;
						MEM32(FREE + 100) = 0x680000;
						set_gdt(SEL_TEST, segment(FREE, 0x67, 0x89, 0));
						prepare(MODE_32, 0);
						in.flags = flags_of(7 - n) | (3 - iopl) << 12;
						code();
						byte(call ? 0x9a : 0xea);
						for (i = 0; i < 5; ++i)
							byte(0);  // an offset, the low byte of the selector
						byte(SEL_TEST >> 8);
						label(cr4, iopl, n, v86 << 4 | call);
						enter(&in);
						what_happened();
						word32((u32)(got.cs << 16 | got.ss));
						word32((u32)got.flags);
						word32(MEM32(TSS + 36));
						word32(MEM32(TSS + 32) - CODE);
						case_done();
						set_tss(0x67, 0x68);
					}
	}
	set_cr4(0);
	group_done();
}

#define TABLE 0x130000

// Faults on the way to the program's handler: its stack, its vector
static void
pages(void)
{
	u32 i, iopl, n;
	group("v86", "pages");
	paging_on();
	for (i = 0; i < 1024; ++i)
		MEM32(TABLE + 4 * i) = i << 12 | 7;
	MEM32(PAGES) = TABLE | 7;
	set_cr4(VME);
	set_tss(0x1fff, 0x1020);  // on two pages
	for (n = 0; n < 9; ++n)
		for (iopl = 2; iopl < 4; ++iopl) {
			static const u16 page[9] = { 0, 0, 0, 0x50, 0x50, 0x50, 0x50, (TSS >> 12) + 1, (TSS >> 12) + 1 };
			static const u8 bits[9] = { 7, 6, 3, 7, 6, 3, 5, 6, 3 };
			MEM32(TABLE + 4 * page[n]) = (u32)page[n] << 12 | bits[n];
			__asm__ volatile("mov %%cr3,%%eax; mov %%eax,%%cr3" : : : "eax", "memory");
			prepare_v86(iopl, 1);
			if (page[n] == 0x50) {
				in.ss = 0x5000;
				in.sp = 0x1000;
			}
			code();
			bytes(0xcd40);
			byte(0xf1);
			label(n, iopl, 0, 0);
			enter(&in);
			what_happened();
			word32((u32)(got.vector == 14 ? got.cr2 & ~3u : 0));  // of the vector's two words either may be first
			word32((u32)got.flags);
			word32((u32)got.sp);
			case_done();
			MEM32(TABLE + 4 * page[n]) = (u32)page[n] << 12 | 7;
			__asm__ volatile("mov %%cr3,%%eax; mov %%eax,%%cr3" : : : "eax", "memory");
		}
	// The end of its stack
	for (i = 0; i < 0x10000; i += 4)
		if (i < 0x10 || i > 0xffe0)
			MEM32(0x50000 + i) = 0x03000500;
	for (n = 0; n < 8; ++n)
		for (i = 0; i < (n & 1 ? 1u : 2u); ++i) {
			prepare_v86(2, 1);
			in.ss = 0x5000;
			in.sp = n;
			code();
			bytes(i ? 0xcf : 0xcd40);
			byte(0xf1);
			label(n, i, 1, 0);
			enter(&in);
			what_happened();
			word32((u32)got.sp);
			case_done();
		}
	set_cr4(0);
	group_done();
}
#endif

void
main(void)
{
	int mode;
	set_up();
	fill_target();
	__asm__ volatile("wrmsr" : : "c"(0x174), "a"(SEL_CODE32 + 24 - 16), "d"(0));
	for (mode = 0; mode < MODES; ++mode)
		ring(mode, 0), ring(mode, 1);
#ifndef LONG
	flags_v86(0);
	flags_v86(1);
	int_v86(0);
	int_v86(1);
	maps();
	tasks(0);
	tasks(1);
	pages();
#endif
	finish(24);
}
