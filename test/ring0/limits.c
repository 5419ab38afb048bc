// limits.c: segment limits at their edges, for accesses of each size, strings,
// stacks and fetches; segments that grow down, in bytes and pages; types that
// cannot be read or written; the I/O bitmap; canonical addresses.
//
// As Bochs 2.7 has them (model corei7_icelake_u), except that IRET from a stack of
// 64 KiB goes on at its start, as pops do; there Bochs has #SS. EBP after ENTER on
// such a stack is as on Zen 4, and so are the registers that POPA loaded in front of
// a fault (Bochs loads none; test/cpu/diff -r popa). qemu checks no limits.
#include "cases.h"

static const char *const modes[] = MODE_NAMES;

#define BASE 0x300000  // what wraps around is below

static const u32 limits[] = { 0, 1, 0xf, 0xfff, 0xfffe, 0xffff };
static const u8 types[] = { 0xf2, 0xf0, 0xf6, 0xf4, 0xfa, 0xf8, 0xfe };

// Instructions at [edi] or [rdi], with bytes of access. 67 and 66 come in front
// as the mode needs them.
struct access {
	u32 code;
	u8 size, wide;  // wide: operand of 32 bits
};
static const struct access accesses[] = {
	{ 0x8a07, 1, 0 }, { 0x8807, 1, 0 }, { 0x668b07, 2, 0 }, { 0x668907, 2, 0 }, { 0x8b07, 4, 1 }, { 0x8907, 4, 1 },
	{ 0x0107, 4, 1 }, { 0x3907, 4, 1 }, { 0xf00fb10f, 4, 1 }, { 0xdd07, 8, 0 }, { 0xdd1f, 8, 0 }, { 0x0fc70f, 8, 0 },
	{ 0xdb2f, 10, 0 }, { 0xdb3f, 10, 0 }, { 0x0f1007, 16, 0 }, { 0x0f1107, 16, 0 }, { 0x0fb217, 6, 1 }, { 0xd937, 28, 1 },
	{ 0xd927, 28, 1 }, { 0x0fae07, 0, 0 }, { 0xff37, 4, 1 }, { 0x8f07, 4, 1 }, { 0x6207, 8, 1 }, { 0xff0f, 4, 1 },
	{ 0x0fa307, 4, 1 }, { 0x0f18cf, 0, 0 }, { 0x0fae3f, 1, 0 }, { 0x660fd607, 8, 0 }, { 0xd7, 1, 0 }
};
enum { ACCESSES = sizeof accesses / sizeof *accesses };

static void
emit(int mode, const struct access *a, u32 prefix)
{
	u32 op = a->code;
	code();
	if (prefix)
		byte(prefix);
	if (mode == MODE_16)
		byte(0x67);
	if (mode == MODE_16 && a->wide)
		byte(0x66);
	if (mode == MODE_16 && op >> 16 == 0x66 && !(op >> 8 == 0x660fd6))
		op &= 0xffff;
	bytes(op);
	byte(0xcc);
}

static void
one(void)
{
	__asm__ volatile("fninit");
	enter(&in);
	what_happened();
	if (got.vector == 14)
		word64(got.cr2);
	word64(got.sp);
	case_done();
}

static void
fill_words(u32 at)
{
	u32 i;
	for (i = 0; i < 0x80; i += 4)
		MEM32(at + i) = 0x18181818;
}

static void
data(int mode, int stack)
{
	u32 n = 0, i, type, flags, limit, off;
	group(modes[mode], stack ? "ss" : "ds");
	for (i = 0; i < ACCESSES; ++i) {
		emit(mode, &accesses[i], stack ? 0x36 : 0);
		for (type = 0; type < sizeof types; ++type) {
			if (stack && (types[type] & 0xa) != 2)
				continue;
			for (flags = 0; flags < 16; flags += 4)
				for (limit = 0; limit < sizeof limits / 4; ++limit) {
					u32 last = flags & 8 ? limits[limit] << 12 | 0xfff : limits[limit];
					set_gdt(SEL_TEST, segment(BASE, limits[limit], types[type], flags));
					for (off = 0; off < 52; ++off) {
						if (n++ % EVERY(17))
							continue;
						prepare(mode, 3);
						if (stack)
							in.ss = SEL_TEST | 3, in.sp = (types[type] & 4 ? last + 1 : 0) + 0x800;
						else
							in.ds = SEL_TEST | 3;
						in.di = off < 36 ? last - 30 + off : off < 44 ? off - 40 : 0xfffc + off - 44;
						in.bx = in.di;
						// Unaligned and beyond the limit: which comes first is left open
						if (stack && accesses[i].code == 0x0fae07 && in.di & 15)
							continue;
						fill_words((u32)(BASE + (in.di & 0xffffff) - 0x20));
						label(i, type << 4 | flags, limit, off);
						one();
					}
				}
		}
	}
	group_done();
}

// 16-bit addresses: what wraps within 64 KiB
static void
short_addresses(int mode)
{
	u32 i, limit, flags, off;
	group(modes[mode], "16-bit addresses");
	for (i = 0; i < ACCESSES; ++i) {
		struct access a = accesses[i];
		code();
		if (mode != MODE_16)
			byte(0x67);
		if (mode == MODE_16 && a.wide)
			byte(0x66);
		if (mode == MODE_16 && a.code >> 16 == 0x66 && a.code >> 8 != 0x660fd6)
			a.code &= 0xffff;
		bytes(a.code);  // [bx] in place of [edi]
		byte(0xcc);
		for (limit = 3; limit < 6; ++limit)
			for (flags = 0; flags < 16; flags += 4)
				for (off = 0; off < 20; ++off) {
					set_gdt(SEL_TEST, segment(BASE, limits[limit], limit & 1 && flags & 4 ? 0xf6 : 0xf2, flags));
					prepare(mode, 3);
					in.ds = SEL_TEST | 3;
					in.bx = 0x50000 + 0xffff - 17 + off;
					label(i, flags, limit, off);
					one();
				}
	}
	group_done();
}

static void
strings(int mode)
{
	static const u32 insns[] = { 0xa4, 0xa5, 0xaa, 0xab, 0xac, 0xad, 0xa6, 0xa7, 0xae, 0xaf, 0x6c, 0x6f };
	u32 i, flags, limit, rep, down, off, short_;
	group(modes[mode], "strings");
	for (i = 0; i < sizeof insns / 4; ++i)
		for (rep = 0; rep < 2; ++rep)
			for (short_ = 0; short_ < 2; ++short_) {
				code();
				if (short_ == (mode != MODE_16))
					byte(0x67);
				if (rep)
					byte(0xf3);
				bytes(insns[i]);
				byte(0xcc);
				for (flags = 0; flags < 2; ++flags)
					for (limit = 2; limit < 6; ++limit)
						for (down = 0; down < 2; ++down)
							for (off = 0; off < 12; ++off) {
								u32 type = flags ? 0xf6 : 0xf2, at = limits[limit] - 5 + off;
								if ((i + rep + short_ + flags + limit + down + off) % EVERY(3))
									continue;
								set_gdt(SEL_TEST, segment(BASE, limits[limit], type, 4));
								set_gdt(SEL_TEST + 8, segment(BASE, 0xfffff, 0xf2, 12));
								prepare(mode, 3);
								in.flags |= down << 10 | 0x3000;
								in.ds = (off & 1 ? SEL_TEST + 8 : SEL_TEST) | 3;
								in.es = (off & 2 ? SEL_TEST + 8 : SEL_TEST) | 3;
								in.si = in.di = at;
								in.cx = 6;
								in.dx = 0x300;
								in.ax = 0xffffffff;
								MEM32(BASE + 0xffc) = MEM32(BASE + 0xfffc) = 0;
								label(i << 4 | rep << 1 | short_, down << 1 | flags, limit, off);
								enter(&in);
								what_happened();
								word32((u32)got.si);
								word32((u32)got.di);
								word32((u32)got.cx);
								case_done();
							}
			}
	group_done();
}

static void
stacks(int mode)
{
	// push, pop, call, ret, pusha, popa, enter, leave, pushf, push mem, lcall, int
	static const u32 insns[] = { 0x50, 0x58, 0xe8000000, 0xc3, 0x60, 0x61, 0xc8040000, 0xc9, 0x9c, 0xff37, 0x06, 0x07, 0x6a00, 0xc20400, 0xc8040002, 0xcf, 0xcb };
	u32 i, flags, limit, size, off, down;
	group(modes[mode], "stacks");
	for (i = 0; i < sizeof insns / 4; ++i)
		for (size = 0; size < 2; ++size) {
			code();
			if (size)
				byte(0x66);
			bytes(insns[i]);
			if (insns[i] == 0xe8000000 && (mode == MODE_16) == size)
				byte(0);
			else if (insns[i] == 0xe8000000)
				--code_at;
			byte(0xcc);
			for (flags = 0; flags < 8; flags += 4)
				for (limit = 2; limit < 6; ++limit)
					for (down = 0; down < 2; ++down)
						for (off = 0; off < 48; ++off) {
							// Selectors as 32 bits: AMD processors write all, Intel's 16 bits.
							if ((i + size + flags + limit + down + off) % EVERY(5) || ((insns[i] | 1) == 7 && size == (mode == MODE_16)))
								continue;
							set_gdt(SEL_TEST, segment(BASE, limits[limit], down ? 0xf6 : 0xf2, flags));
							prepare(mode, 3);
							in.ss = SEL_TEST | 3;
							in.ax = in.cx = in.dx = 0x18181818;  // where INT3 is, as a word
							fill_words(BASE - 0x40);
							fill_words(BASE + limits[limit] - 0x40);
							in.sp = in.bp = off < 30 ? limits[limit] - 20 + off : off < 40 ? off - 30 : off - 44;
							in.di = in.bx = BUFFER;
							// Above a 16-bit SP, EBP takes all of ESP from ENTER on Zen 4, none in Bochs.
							if (!flags)
								in.sp &= 0xffff;
							label(i << 4 | size, flags | down, limit, off);
							enter(&in);
							what_happened();
							word32((u32)got.sp);
							word32((u32)got.bp);
							word32(MEM32(BASE + ((got.sp + 4) & 0xffff)));
							case_done();
						}
		}
	group_done();
}

// Instructions at the end of the code segment; branches beyond it
static void
fetches(int mode)
{
	static const u32 insns[] = { 0x90, 0xb012, 0xb834, 0xeb10, 0xe80d00, 0xc3, 0x7510, 0xe30e, 0xffe0, 0xe210, 0x0f8410, 0xf7c0, 0x0f0b };
	u32 i, n, big;
	group(modes[mode], "fetches");
	for (i = 0; i < sizeof insns / 4; ++i) {
		code();
		bytes(insns[i]);
		byte(0);
		byte(0);
		byte(0);
		for (n = 0; n < 0x40; ++n)
			byte(0xcc);
		for (big = 0; big < 2; ++big)
			for (n = 0; n < 0x30; ++n) {
				set_gdt(SEL_TEST, segment(0, CODE + n - 1, 0xfa, big << 2));
				prepare(mode, 3);
				in.cs = SEL_TEST | 3;
				in.ax = CODE + 0x18;
				in.cx = 5;
				MEM32(in.sp) = CODE + 0x18;
				label(i, big, n, 0);
				one();
			}
		// code that starts at the end of 64 KiB, and of pages
		set_gdt(SEL_TEST, segment(0, 0, 0xfa, 12));
		prepare(mode, 3);
		in.cs = SEL_TEST | 3;
		label(i, 2, 0, 0);
		one();
	}
	group_done();
}

// --- the I/O bitmap ---------------------------------------------------------------

static void
ports(int mode)
{
	// in al, ax, eax; with dx and an immediate; ins, outs
	static const u32 insns[] = { 0xec, 0xed, 0x66ed, 0xe480, 0x6c, 0x6e };
	u32 i, n, port, iopl, v86;
	group(modes[mode], "ports");
	for (n = 0; n < 0x60; ++n)
		MEM8(TSS + 0x68 + n) = (u8)(n * 0x35);
	for (i = 0; i < sizeof insns / 4; ++i) {
		code();
		bytes(insns[i]);
		byte(0xcc);
		for (v86 = 0; v86 < (sizeof(word) == 4 && mode == MODE_16 ? 2u : 1u); ++v86)
			for (iopl = 0; iopl < 4; iopl += 3)
				for (n = 0; n < 24; ++n) {
					// map base, limit
					static const u16 maps[24][2] = {
						{ 0x68, 0xff }, { 0x68, 0xc8 }, { 0x68, 0xc9 }, { 0x68, 0xca }, { 0x67, 0xff }, { 0x66, 0xff }, { 0, 0xff }, { 0x9f, 0xff },
						{ 0xa0, 0xff }, { 0x68, 0x67 }, { 0x68, 0x68 }, { 0x68, 0x69 }, { 0xfe, 0xff }, { 0xff, 0xff }, { 0x100, 0xff }, { 0x60, 0x66 },
						{ 0xffff, 0xff }, { 0x3000, 0xff }, { 0x68, 0xa0 }, { 0x88, 0xa0 }, { 0xa0, 0xa0 }, { 0x9f, 0xa0 }, { 0x68, 0x65 }, { 0xffff, 0xffff } };
					set_gdt(SEL_TSS, segment(TSS, maps[n][1], 0x89, 0));
					__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
					MEM16(TSS + 0x66) = maps[n][0];
					for (port = 0x300; port < 0x320; port += iopl ? 7 : EVERY(3)) {
						prepare(mode, 3);
						in.flags |= iopl << 12;
						if (v86) {
							in.flags |= 0x20000;
							in.cs = in.ss = in.ds = in.es = in.fs = in.gs = 0;
						}
						in.dx = port;
						in.di = in.si = BUFFER;
						label(i << 4 | v86, iopl, n, port);
						one();
					}
				}
	}
	set_gdt(SEL_TSS, segment(TSS, 0x67, 0x89, 0));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	group_done();
}

#ifdef LONG
static void
canonical(void)
{
	static const u64 edges[] = { 0x800000000000, 0xffff800000000000, 0, 0x7fffffffffffffff, 0x8000000000000000 };
	static const struct access more[] = { { 0x488b07, 8, 0 }, { 0x48890f, 8, 0 }, { 0x480fc70f, 16, 0 }, { 0x0f013f, 0, 0 }, { 0x0f0117, 0, 0 }, { 0xfe07, 1, 0 } };
	u32 i, edge, off, how;
	group("long64", "canonical");
	for (i = 0; i < ACCESSES + sizeof more / sizeof *more; ++i)
		for (how = 0; how < 4; ++how) {
			// [rdi]; with SS and FS prefixes; through rbp
			struct access a = i < ACCESSES ? accesses[i] : more[i - ACCESSES];
			// In which order LSS, FLDENV and FXSAVE access their parts is left open.
			if (a.code == 0x6207 || a.code == 0x0fb217 || a.code == 0xd927 || a.code == 0x0fae07 || (how == 3 && a.code == 0xd7))
				continue;
			if (how == 3) {  // [rbp+0]
				a.code = (a.code & ~7u) | 0x45;
			}
			code();
			if (how == 1)
				byte(0x36);
			if (how == 2)
				byte(0x64);
			bytes(a.code);
			if (how == 3)
				byte(0);
			byte(0xcc);
			for (edge = 0; edge < 5; ++edge)
				for (off = 0; off < 40; off += EVERY(3)) {
					prepare(MODE_64, 3);
					in.di = in.bx = in.bp = edges[edge] - 34 + off;
					label(i, how, edge, off);
					one();
				}
		}
	// stacks
	for (i = 0; i < 12; ++i) {
		static const u32 insns[] = { 0x50, 0x58, 0xe8000000, 0xc3, 0xc8080000, 0xc9, 0x9c, 0xff37, 0x8f07, 0x6a00, 0xc20800, 0xc21000 };
		code();
		bytes(insns[i]);
		if (insns[i] == 0xe8000000)
			byte(0);
		byte(0xcc);
		for (edge = 0; edge < 5; ++edge)
			for (off = 0; off < (edge == 2 ? 0u : 50u); ++off) {  // not to 0
				prepare(MODE_64, 3);
				in.di = BUFFER;
				in.sp = in.bp = edges[edge] - 40 + off;
				if (i == 3)
					MEM64(BUFFER) = CODE;
				label(0x80 | i, 0, edge, off);
				one();
			}
	}
	// jumps
	for (i = 0; i < 4; ++i) {
		static const u32 insns[] = { 0xffe7, 0xffd7, 0xff27, 0xc3 };
		code();
		bytes(insns[i]);
		byte(0xcc);
		for (edge = 0; edge < 5; ++edge)
			for (off = 0; off < (edge == 2 ? 0u : 6u); ++off) {
				prepare(MODE_64, 3);
				in.di = edges[edge] - 3 + off;
				MEM64(in.sp) = in.di;
				if (i == 2) {
					MEM64(BUFFER) = in.di;
					in.di = BUFFER;
				}
				label(0x90 | i, 0, edge, off);
				one();
			}
	}
	group_done();
}
#endif

void
main(void)
{
	int mode;
	set_up();
	fill_target();
#ifdef LONG
	paging_on();
#else
	__asm__ volatile("mov %%cr4,%%eax; or $0x600,%%eax; mov %%eax,%%cr4" : : : "eax");
#endif
	__asm__ volatile("fninit");
	for (mode = 0; mode < (MODES < 2 ? MODES : 2); ++mode) {
		data(mode, 0);
		data(mode, 1);
		short_addresses(mode);
		strings(mode);
		stacks(mode);
		fetches(mode);
		ports(mode);
	}
#ifdef LONG
	ports(MODE_64);
	canonical();
#endif
	finish(14);
}
