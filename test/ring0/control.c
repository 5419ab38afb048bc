// control.c: SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS in each mode and ring;
// control and model-specific registers: what each bit may become.
//
// CPUID's vendor is Intel, and so are SYSCALL and SYSRET outside of 64-bit mode
// (#UD), SYSENTER and SYSEXIT in long mode, and SYSRET's check of RCX. As Bochs 2.7
// has them (model corei7_icelake_u), except that it loads PAE's pointers again with
// every write of CR0 and CR4, not only with those of SDM vol 3, PDPTE registers.
#include "cases.h"

static const char *const modes[] = MODE_NAMES;

static void
wrmsr(u32 n, u64 x)
{
	__asm__ volatile("wrmsr" : : "c"(n), "a"((u32)x), "d"((u32)(x >> 32)));
}

static u64
rdmsr(u32 n)
{
	u32 lo, hi;
	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(n));
	return lo | (u64)hi << 32;
}

#define EFER 0xc0000080u
#define STAR 0xc0000081u

static void
calls(int mode)
{
	static const u32 insns[] = { 0x0f05, 0x0f07, 0x480f07, 0x0f34, 0x0f35, 0x480f35, 0x0f01f8 };
	static const u64 targets[] = { TARGET, 0x7fffffff1800, 0x800000001800, 0xffff800000001800, 0x100001800 };
	u32 i, ring, sce, cs, n, flags;
	u64 efer = rdmsr(EFER);
	group(modes[mode], "fast calls");
	for (i = 0; i < sizeof insns / 4; ++i) {
		if (insns[i] >> 16 == 0x48 && mode != MODE_64)
			continue;
		code();
		bytes(insns[i]);
		byte(0xcc);
		for (ring = 0; ring < 4; ++ring)
			for (sce = 0; sce < 2; ++sce)
				for (cs = 0; cs < 4; ++cs)
					for (n = 0; n < (sizeof(word) == 8 ? 5u : 1u); ++n)
						for (flags = 0; flags < 2; ++flags) {
							static const u16 selectors[4] = { 0, 0x43, 0x60, 0xfff8 };
							wrmsr(EFER, (efer & ~1ull) | sce);
							wrmsr(STAR, (u64)selectors[cs] << 32 | (u64)(selectors[cs] ^ 0x20) << 48 | TARGET);
							wrmsr(0x174, selectors[cs]);
							// That they are refused is another group's.
							wrmsr(0x175, INNER);
							wrmsr(0x176, n == 2 ? TARGET : targets[n]);
#ifdef LONG
							wrmsr(0xc0000082, n == 2 ? TARGET : targets[n]);
							wrmsr(0xc0000083, TARGET);
							wrmsr(0xc0000084, flags ? 0x247dd5 : 0);
#endif
							prepare(mode, ring);
							in.cx = in.dx = (word)targets[n];
							if (insns[i] << 24 == 0x35000000)
								in.cx = STACKS;
							in.r11 = flags ? 0x3c7ed7 & ~0x100u : 2;
							in.flags = flags ? 0x240cd7 : 2;
							if ((insns[i] & 0xff) == 0x35 && n)
								in.cx = (word)targets[5 - n];
							label(i, ring, sce << 4 | cs, n << 4 | flags);
							enter(&in);
							word32((u32)(got.vector << 16 | got.error));
							word64(got.ip);
							word32((u32)(got.cs << 16 | got.ss));
							word64(got.sp);
							word32((u32)got.flags);
							word64(got.cx);
							word64(got.r11);
							case_done();
						}
	}
	wrmsr(EFER, efer);
	group_done();
}

// --- registers -------------------------------------------------------------------

// Runs the instructions at CODE, which end with the register read back to ax.
static void
write_it(word x, int all)
{
	prepare(sizeof(word) == 8 ? MODE_64 : MODE_32, 0);
	in.cx = x;
	enter(&in);
	what_happened();
	if (all)
		word64(got.ax);
	case_done();
}

static void
emit_cr(u32 n)
{
	code();
	if (n == 8)
		byte(0x44);
	bytes(0x0f22c1 | (n & 7) << 3);
	if (n == 8)
		byte(0x44);
	bytes(0x0f20c0 | (n & 7) << 3);
	byte(0xcc);
}

static void
control_registers(const char *name)
{
	static const u8 cr4_bits[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 15, 16, 19, 20, 21, 26, 27, 28, 29, 30, 31, 32, 40, 63 };
	word cr0, cr4, cr3;
	u32 i, j;
	group(name, "registers");
	GET_CR(0, cr0);
	GET_CR(3, cr3);
	GET_CR(4, cr4);
	emit_cr(0);
	for (i = 0; i < 1024; ++i) {
		// MP EM TS NE WP AM NW CD, and PE off: then PG on
		word x = (cr0 & 0x80000000) | (i & 7) << 1 | (i >> 3 & 1) << 5 | (i >> 4 & 1) << 16 | (i >> 5 & 1) << 18 | (i >> 6 & 3) << 29 | 1;
		if (i & 0x100)
			x = (x & ~(word)1) | 0x80000000;
		if (i & 0x200)
			x |= 0x1ffa5500 << (i & 3);
		if (i & 0x200 && x & 0x80000000 && !(cr0 & 0x80000000) && x & 1)
			continue;
		label(0, i >> 8, i & 255, 0);
		write_it(x, 1);
		SET_CR(0, cr0);
	}
	for (i = 32; i < 8 * sizeof(word); ++i) {
		label(0, 4, i, 0);
		write_it(cr0 | (word)1 << i, 1);
	}
	emit_cr(4);
	for (i = 0; i < sizeof cr4_bits; ++i)
		for (j = 0; j <= i; ++j) {
			if (cr4_bits[i] >= 8 * sizeof(word))
				continue;
			// PSE and PAE change what the tables mean that are used.
			if (sizeof(word) == 4 && cr0 & 0x80000000 && ((cr4_bits[i] | 1) == 5 || (cr4_bits[j] | 1) == 5))
				continue;
			label(4, i, j, cr4_bits[i] << 8 | cr4_bits[j]);
			write_it(cr4 ^ (word)1 << cr4_bits[i] ^ (i == j ? 0 : (word)1 << cr4_bits[j]), 1);
			SET_CR(4, cr4);
		}
	emit_cr(3);
	for (i = 0; i < 8 * sizeof(word); ++i) {
		if (i > 11 && i < 52)
			continue;
		label(3, i, 0, 0);
		write_it(cr3 ^ (word)1 << i, 1);
		SET_CR(3, cr3);
	}
#ifdef LONG
	emit_cr(8);
	for (i = 0; i < 64 + 32; ++i) {
		label(8, i, 0, 0);
		write_it(i < 32 ? i : (word)1 << (i - 32), 1);
		__asm__ volatile("mov %0,%%cr8" : : "r"((word)0));
	}
	// table registers
	for (i = 0; i < 4; ++i) {
		static const u64 bases[4] = { 0x7ffffffff000, 0x800000000000, 0xffff7ffffffff000, 0xffff800000000000 };
		for (j = 0; j < 2; ++j) {
			code();
			bytes(j ? 0x0f0119 : 0x0f0111);  // lidt, lgdt [rcx]
			bytes(j ? 0x0f010a : 0x0f0102);  // sidt, sgdt [rdx]
			bytes(j ? 0x0f011e : 0x0f0116);  // and back: [rsi]
			byte(0xcc);
			MEM16(BUFFER) = 0x1234;
			MEM64(BUFFER + 2) = bases[i];
			MEM64(BUFFER + 0x20) = MEM64(BUFFER + 0x28) = 0;
			MEM16(BUFFER + 0x40) = j ? 0xfff : GDT_LIMIT;
			MEM64(BUFFER + 0x42) = j ? IDT : GDT;
			prepare(MODE_64, 0);
			in.cx = BUFFER;
			in.dx = BUFFER + 0x20;
			in.si = BUFFER + 0x40;
			label(9, i, j, 0);
			enter(&in);
			what_happened();
			word64(MEM64(BUFFER + 0x20));
			word64(MEM64(BUFFER + 0x28));
			case_done();
		}
	}
#endif
	// LMSW
	code();
	bytes(0x0f01f1);
	bytes(0x0f20c0);
	byte(0xcc);
	for (i = 0; i < 64; ++i) {
		or_cr0(i >> 4 << 2, 0);
		label(10, i, 0, 0);
		write_it(i | 0xffffff00, 1);
		SET_CR(0, cr0);
	}
	// debug registers: from ring 3 not; aliases; upper halves
	for (i = 0; i < 8; ++i)
		for (j = 0; j < 8 * sizeof(word) * 2; ++j) {
			code();
			bytes(0x0f23c1 | i << 3);
			bytes(0x0f21c0 | i << 3);
			bytes(0x0f23f9 - 1);  // dr7 off again, from ax
			code_at -= 3;
			byte(0xcc);
			if (i == 7 && (j & 63) < 8)
				continue;  // these set breakpoints
			if (j & 1) {
				SET_CR(4, cr4 | 8);
			}
			label(11, i, j, 0);
			write_it((word)1 << j / 2, 1);
			SET_CR(4, cr4);
			__asm__ volatile("mov %0,%%dr7; mov %0,%%dr6" : : "r"((word)0));
		}
	group_done();
}

static void
model_registers(const char *name)
{
	static const u32 numbers[] = { 0x174, 0x175, 0x176, 0x277, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102 };
	u32 i, j;
	group(name, "msrs");
	code();
	bytes(0x0f30);
	bytes(0x0f32);
	byte(0xcc);
	for (i = 0; i < sizeof numbers / 4; ++i) {
		u64 old = rdmsr(numbers[i]);
		for (j = 0; j < 70; ++j) {
			u64 x = j < 64 ? 1ull << j : j < 66 ? 0xffff800000000000 : j < 68 ? 0x00007fffffffffff : 0x0706050401000604ull + (j & 1);
			// The upper half of STAR and others is what is set there.
			if (numbers[i] == 0x277 && j < 64)
				x = old ^ 1ull << j;
			if ((numbers[i] == 0x174 || numbers[i] == 0xc0000084) && x >> 32)
				continue;  // some keep 32 bits, some 64
			prepare(sizeof(word) == 8 ? MODE_64 : MODE_32, 0);
			in.cx = numbers[i];
			in.ax = (u32)x;
			in.dx = (u32)(x >> 32);
			label(i, j, 0, 0);
			enter(&in);
			what_happened();
			word32((u32)got.ax);
			word32((u32)got.dx);
			case_done();
			wrmsr(numbers[i], old);
		}
	}
	// EFER
	for (j = 0; j < 64; ++j) {
		u64 old = rdmsr(EFER), x = old ^ 1ull << j;
		prepare(sizeof(word) == 8 ? MODE_64 : MODE_32, 0);
		in.cx = EFER;
		in.ax = (u32)x;
		in.dx = (u32)(x >> 32);
		label(0x80, j, 0, 0);
		enter(&in);
		what_happened();
		word32((u32)got.ax);
		case_done();
		wrmsr(EFER, old);
	}
	group_done();
}

#ifndef LONG
// PAE's four entries: reserved bits, and which writes load them
static void
pointers(void)
{
	u32 i, j, k;
	word cr4, cr0;
	group("PAE", "pointers");
	for (i = 0; i < 2048; ++i)
		MEM64(FREE + 0x1000 + 8 * i) = (u64)i << 21 | 0xe3;
	for (i = 0; i < 4; ++i)
		MEM64(FREE + 8 * i) = FREE + 0x1000 + 0x1000 * i + 1;
	SET_CR(3, FREE);
	SET_CR(4, 0x620);
	or_cr0(0x80000000, 0);
	GET_CR(4, cr4);
	GET_CR(0, cr0);
	emit_cr(3);
	for (i = 0; i < 4; ++i)
		for (j = 0; j < 64; ++j)
			for (k = 0; k < 2; ++k) {
				u64 old = MEM64(FREE + 8 * i);
				if (j == 0 || (j > 11 && j < 52))
					continue;
				MEM64(FREE + 8 * i) = (old & ~(u64)k) ^ 1ull << j;
				if (i == 0 && k)
					MEM64(FREE) |= 1;  // it is being used
				label(0, i, j, k);
				write_it(FREE, 1);
				MEM64(FREE + 8 * i) = old;
				SET_CR(3, FREE);
			}
	// writes that load them again
	for (i = 0; i < 32; ++i) {
		static const u8 cr4_bits[] = { 2, 3, 4, 7, 8, 9, 10, 16, 20, 21 };
		static const u8 cr0_bits[] = { 1, 2, 3, 5, 16, 18, 30 };
		u64 old = MEM64(FREE + 8);
		MEM64(FREE + 8) |= 2;  // reserved
		if (i < sizeof cr4_bits) {
			emit_cr(4);
			label(1, i, 0, cr4_bits[i]);
			write_it(cr4 ^ 1u << cr4_bits[i], 1);
		} else if (i >= 16 && i < 16 + sizeof cr0_bits) {
			emit_cr(0);
			label(2, i, 0, cr0_bits[i - 16]);
			write_it(cr0 ^ 1u << cr0_bits[i - 16], 1);
		}
		MEM64(FREE + 8) = old;
		SET_CR(4, cr4);
		SET_CR(0, cr0);
	}
	or_cr0(0, 0x80000000);
	SET_CR(4, 0x600);
	group_done();
}
#endif

// CPUID names SYSCALL to 64-bit code only.
static void
names(int mode)
{
	u32 ring;
	group(modes[mode], "cpuid");
	code();
	bytes(0x0fa2);
	byte(0xf1);
	for (ring = 0; ring < 4; ++ring) {
		prepare(mode, ring);
		in.ax = 0x80000001;
		label(ring, 0, 0, 0);
		enter(&in);
		what_happened();
		word32((u32)got.dx & 0x20100800);  // LM NX SYSCALL
		case_done();
	}
	group_done();
}

void
main(void)
{
	int mode;
	set_up();
	fill_target();
	for (mode = 0; mode < MODES; ++mode) {
		calls(mode);
		names(mode);
	}
#ifndef LONG
	SET_CR(4, 0x600);
	control_registers("unpaged");
	pointers();
	paging_on();
	for (mode = 0; mode < 15; ++mode)
		MEM8(PAGES + 4 * mode) &= ~4;  // for SMEP and SMAP
	control_registers("paged");
	model_registers("legacy");
#else
	for (mode = 0; mode < 32; ++mode)
		MEM8(PAGES + 0x2000 + 8 * mode) &= ~4;
	SET_CR(3, PAGES);
	control_registers("long");
	model_registers("long");
#endif
	finish(15);
}
