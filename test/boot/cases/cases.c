// cases.c: runs each row of the instruction table in each mode of a processor
// without long mode, case by case, and prints to port 0xe9 a line for each row
// with one number for each mode: a hash of all registers, flags, selectors,
// vector, error code, DR6, what was pushed and the memory that changed, of all cases.
//
// `options` in the first sector change that, for people who look for a difference:
//   word  row whose cases are told one by one (65535: none)
//   byte  mode whose cases are told (255: all)
//   byte  1: flags that the manual leaves undefined, and x87's last addresses do
//         not count; 2: no hashes (with a row); 8: only cases that a program of
//         Linux can make with segments of its own (test/pc/cases_native_test.c)
//   word  cases of a row in a mode (0: as is)
//
// Cases are made here, from the row's number, the mode and the case's number alone.
#include "cases.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

struct row {
	const char *name;
	u16 attrs;
	u8 digit, prefix, code[4], ncode, vex, imm;
	u32 kind;
	u16 undefined;
};
static const struct row rows[] = {
#include "cases_rows.inc"
};
enum { ROWS = sizeof rows / sizeof *rows };

struct regs {
	u32 r[8];  // eax ebx ecx edx esi edi ebp esp
	u32 eip, eflags, cs, ss, ds, es, fs, gs, vector, error;
};
enum { WITHOUT_UNDEFINED = 1, QUIET = 2, USER = 8 };
enum { EAX, EBX, ECX, EDX, ESI, EDI, EBP, ESP };
static const u8 by_number[8] = { EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI };

struct options { u16 row; u8 mode, what; u16 cases; } __attribute__((packed));
#ifdef CASES_NATIVE
static struct regs regs;
static struct options options;
#else
extern struct options options;
extern struct regs regs;
extern u32 exit_cr0;
extern u16 data_selector;
extern u8 gdt[], idt[], tss[], tss_double[], rm_stubs[], pm_stubs[], gdt_ptr[], idt_ptr[], ivt_ptr[];
void run_real(void), run_protected(void), double_fault(void), cases_main(void);
#endif

// The modes. Segments begin at the same addresses in all.
enum { REAL, V86, PROT };
// wide: code of 32 bits; big: limits above 64 KiB; stack: addressed by ESP; down:
// ES expands down, DS is read-only
static const struct mode { u8 kind, ring, wide, big, stack, down; const char *name; } modes[] = {
	{ REAL, 0, 0, 0, 0, 0, "real" },
	{ REAL, 0, 0, 1, 0, 0, "unreal" },
	{ V86, 3, 0, 0, 0, 0, "v86" },
	{ PROT, 0, 0, 0, 0, 0, "16r0" },
	{ PROT, 3, 0, 0, 0, 0, "16r3" },
	{ PROT, 0, 1, 1, 1, 0, "32r0" },
	{ PROT, 3, 1, 1, 1, 0, "32r3" },
	{ PROT, 3, 0, 0, 1, 1, "16r3s" },
	{ PROT, 0, 1, 1, 0, 1, "32r0s" },
};
enum { MODES = sizeof modes / sizeof *modes };
enum { ARENA = 0x20000, ARENA_END = 0x80000, COPY = 0x400000, BIG_LIMIT = 0x2ffff };
enum { SEG_CS, SEG_SS, SEG_DS, SEG_ES, SEG_FS, SEG_GS };  // as in struct regs
static const u32 bases[6] = { 0x20000, 0x48000, 0x30000, 0x34000, 0x39000, 0x4f000 };
static const u8 case_selector[6] = { CASE_CODE16, CASE_SS, CASE_DS, CASE_ES, CASE_FS, CASE_GS };
// Parts of a segment that cases address, and where changes are looked for
static const struct window { u32 from, size; } windows[] = {
	{ 0, 0xa0 }, { 0x3f80, 0x180 }, { 0xff60, 0x140 }, { 0x2ff80, 0x80 },
};

// --- output --------------------------------------------------------------------

#ifndef CASES_NATIVE
static void
put(char c)
{
	__asm__ volatile("outb %0, $0xe9" : : "a"(c));
}
#endif
static void
text(const char *s)
{
	while (*s)
		put(*s++);
}
static void
hex(u32 x, int digits)
{
	while (digits--)
		put("0123456789abcdef"[x >> 4 * digits & 15]);
}

// --- the case ------------------------------------------------------------------

static u32 seed;
static u32
rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}
static int
one_in(u32 n)
{
	return (rnd() >> 8) % n == 0;
}
static u32
edge(void)
{
	static const u32 e[] = { 0, 1, 2, 0xff, 0x100, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
		0x99, 0x9a, 0x55, 0xaaaa, 0xfffffffe, 0xff80, 0xffffff80, 0xffff8000, 0x10, 0x1f };
	switch (rnd() >> 8 & 3) {
	case 0: return rnd();
	case 1: return rnd() & 0xff;
	default: return e[(rnd() >> 8) % (sizeof e / sizeof *e)];
	}
}

static struct regs in;
static u8 code[24];
static int length, prefixed, asize, osize, seg, segover, has_target;
static u32 target, control0, control4;
static u8 fx_in[512] __attribute__((aligned(16))), fx_out[512] __attribute__((aligned(16)));

// An offset in a segment, near what matters
static u32
place(const struct mode *m)
{
	u32 x = rnd() >> 8;
	switch (rnd() >> 8 & 15) {
	default: return 0x4000 + (x & 0x3f);
	case 6: case 7: case 8: return 0x4000 + (x & 0x30);
	case 9: case 10: return 0xffc0 + (x & 0x30);
	case 11: return 0xffc0 + (x & 0x3f);
	case 12: return 0xfff8 + (x & 7);
	case 13: return x & 0x3f;
	case 14:
		if (asize == 4)
			return m->big ? (x & 1 ? 0x2fff0 + (x >> 1 & 31) : 0xfff8 + (x >> 1 & 31)) : 0xfff8 + (x & 15);
		return 0xfff0 + (x & 15);
	case 15: return asize == 4 && (x & 7) == 0 ? edge() : 0x4000 + (x & 0x3f);
	}
}

static u32
selector(const struct mode *m)
{
	u32 x = rnd() >> 8;
	if (m->kind != PROT) {
		static const u16 s[] = { 0x2000, 0x2001, 0x3000, 0x3001, 0x3400, 0x4800, 0x4801, 0x4f00, 0x3900, 0x3907 };
		return s[x % (sizeof s / sizeof *s)];
	}
	switch (x & 7) {
	case 0: return (x >> 3) & 3;  // null
	case 1: case 2: return (CASE_CODE16 + (x >> 3) % 7 * 8) | (x >> 8 & 3);
	case 3: case 4: return (CASE_CODE16 + CASE_RING3 + (x >> 3) % 7 * 8) | (one_in(4) ? x >> 8 & 3 : 3);
	case 5: return (ODD_SELECTORS + (x >> 3) % 10 * 8) | (x >> 8 & 3);
	case 6: return (CASE_CODE16 + (m->ring ? CASE_RING3 : 0) + (x >> 3) % 7 * 8) | m->ring;
	default: return one_in(3) ? x & 0xffff : 0xf8 + (x >> 3 & 7);
	}
}

static void
poke(u32 at, u32 value, int size)
{
	u8 *p = (u8 *)(unsigned long)at;
	if (at < ARENA || at >= ARENA_END)
		return;
	for (; size--; value >>= 8)
		*p++ = (u8)value;
}

// The linear address of an offset in the case's segment
static u32
linear(u32 offset, int s)
{
	return bases[s] + offset;
}

// ModRM, SIB and displacement, and registers so that they lead to a place
static int
make_modrm(u8 *b, const struct row *r, const struct mode *m, int sure)
{
	int n = 0, mod, rm, reg, base = -1, index = -1, scale = 0, dsize = 0;
	u32 disp, others = 0, mask = asize == 4 ? 0xffffffff : 0xffff;
	for (;;) {
		u32 x = rnd() >> 8;
		mod = r->attrs & R_LOCKABLE && prefixed ? (int)(x & 3) % 3 : x & 4 ? 3 : (int)(x & 3);
		rm = (int)(x >> 3 & 7);
		reg = r->digit < 8 ? r->digit : (int)(x >> 6 & 7);
		// What makes SP odd and low leaves no stack to real mode.
		if ((m->kind == REAL || r->kind & K_OWN) && !(r->attrs & R_BYTE) &&
		    ((mod == 3 && rm == 4) || (r->digit == 8 && reg == 4 && !(r->kind & (K_CONTROL | K_DEBUG | K_SELECT)))))
			continue;
		break;
	}
	if (sure && mod == 3)
		mod = 0;
	if (sure && rm == 4 && asize == 4)
		rm = 5;
	b[n++] = (u8)(mod << 6 | reg << 3 | rm);
	if (mod == 3 || r->attrs & R_NOMEM) {
		if (r->kind & K_SELECT)
			in.r[by_number[rm]] = (in.r[by_number[rm]] & 0xffff0000) | selector(m);
		return n;
	}
	disp = rnd() >> 8;
	seg = SEG_DS;
	if (asize == 2) {
		static const u8 b16[8] = { EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX };
		base = mod == 0 && rm == 6 ? -1 : b16[rm];
		index = rm < 4 ? (rm & 1 ? EDI : ESI) : -1;
		dsize = mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 6) ? 2 : 0;
		if (base == EBP)
			seg = SEG_SS;
	} else {
		int sib;
		base = by_number[rm];
		if (rm == 4) {
			sib = (int)(rnd() >> 8 & 0xff);
			b[n++] = (u8)sib;
			rm = sib & 7;
			base = by_number[rm];
			index = (sib >> 3 & 7) == 4 ? -1 : by_number[sib >> 3 & 7];
			scale = sib >> 6;
		}
		dsize = mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0;
		if (mod == 0 && rm == 5)
			base = -1;
		if (base == ESP || base == EBP)
			seg = SEG_SS;
	}
	if (segover >= 0)
		seg = segover;
	target = place(m);
	if (index >= 0 && one_in(2))
		in.r[index] &= 0xf;
	if (index >= 0)
		others += in.r[index] << scale;
	if (dsize == 1)
		others += (u32)(signed char)disp;
	if (dsize > 1) {
		if (base >= 0)
			others += in.r[base];
		disp = target - others;
		has_target = 1;
	} else if (base >= 0 && base != ESP && base != index) {
		in.r[base] = (in.r[base] & ~mask) | ((target - others) & mask);
		has_target = 1;
	}
	if (dsize >= 1)
		b[n++] = (u8)disp;
	if (dsize >= 2)
		b[n++] = (u8)(disp >> 8);
	if (dsize == 4) {
		b[n++] = (u8)(disp >> 16);
		b[n++] = (u8)(disp >> 24);
	}
	if (has_target && r->kind & K_SELECT)
		poke(linear(target, seg), selector(m), 2);
	return n;
}

static u32
stack_place(const struct mode *m)
{
	u32 x = rnd() >> 8;
	switch (rnd() >> 8 & 7) {
	default: return 0x4000 + (x & 0x3e);
	case 4: return 0x4000 + (x & 0x3f);
	case 5: return 0x50 + (x & 0xe);
	case 6: return 0xfff0 + (x & (m->kind == REAL ? 14 : 15));
	case 7: return m->kind == REAL ? 0 : m->ring ? x & 7 : 0x40;
	}
}

static u32
control_value(const struct mode *m, int reg)
{
	static const u32 zero[] = { 0x10, 0x12, 0x18, 0x30, 0x10010, 0x40010, 0x20000010, 0x60000010, 0x3a, 0x1e };
	static const u32 four[] = { 0, 4, 8, 0x200, 0x600, 0x80, 0x10, 0x1000, 0x80000000, 0x800000, 0x60c };
	u32 x = rnd() >> 8;
	if (reg == 4)
		return four[x % (sizeof four / sizeof *four)];
	if (reg == 0)
		return zero[x % (sizeof zero / sizeof *zero)] | (m->kind != REAL);
	return edge();
}

static void
make_state(const struct row *r, const struct mode *m)
{
	int i;
	for (i = 0; i < 8; ++i)
		in.r[i] = edge();
	in.r[ESP] = stack_place(m);
	in.eflags = 2 | (rnd() >> 8 & 0x8d5) | (one_in(3) ? 0x400 : 0) | (one_in(16) ? 0x4000 : 0);
	if (r->attrs & R_BRANCH || one_in(2))
		in.eflags |= 0x100;
	if (m->kind == V86)
		in.eflags |= 0x20000 | (one_in(4) ? 0 : 0x3000);
	else if (m->ring == 3)
		in.eflags |= one_in(4) ? 0x3000 : 0;
	else
		in.eflags |= rnd() >> 8 & 0x3000;
	if (m->kind == PROT && one_in(8))
		in.eflags |= rnd() >> 8 & 0x240000;
	for (i = 0; i < 6; ++i)
		(&in.cs)[i] = m->kind == PROT ? case_selector[i] + (m->ring ? CASE_RING3 + 3u : 0) : bases[i] >> 4;
	if (m->wide)
		in.cs += CASE_CODE32 - CASE_CODE16;
	control0 = r->attrs & (R_X87 | R_VECTOR) ? 0x30 : 0x10;
	control4 = 0x600;
	if (r->attrs & (R_X87 | R_VECTOR) && one_in(4)) {
		control0 |= rnd() >> 8 & 0xe;
		if (one_in(3))
			control4 &= rnd() >> 8;
	}
	if (options.what & USER) {
		in.eflags = (in.eflags & ~0x47000u) | 0x200;
		control0 = 0x30;
		control4 = 0x600;
		return;
	}
	// TSD, DE; which fault comes first where DR4 and DR5 are neither there nor
	// allowed is nowhere said
	if (one_in(8))
		control4 |= rnd() >> 8 & (r->kind & K_DEBUG && m->ring ? 4 : 12);
}

static void
random_fx(void)
{
	static const u32 parts[] = { 0, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x80000000, 1, 0x3ff00000, 0x40490fdb };
	static const u16 exponents[] = { 0, 0x3fff, 0xbfff, 0x4000, 0x7fff, 0xffff, 1, 0x3ffe, 0x4003, 0x401e };
	int i, j;
	for (i = 0; i < 512; ++i)
		fx_in[i] = 0;
	*(u16 *)fx_in = (u16)(one_in(3) ? 0x340 | (rnd() >> 8 & 0xc3f) : 0x37f);
	*(u16 *)(fx_in + 2) = (u16)(rnd() >> 8 & 0x7f00 & ~0x4000u);
	if (one_in(8)) {  // an exception waits; with CR0.NE, or the processor would too
		fx_in[2] |= (u8)(rnd() >> 8 & 0x3f);
		*(u16 *)fx_in &= (u16)~(rnd() >> 8 & 0x3f);
		if (fx_in[2] & ~fx_in[0] & 0x3f)
			fx_in[2] |= 0x80, fx_in[3] |= 0x80;
	}
	fx_in[4] = (u8)(one_in(2) ? 0xff : rnd() >> 8);
	*(u32 *)(fx_in + 24) = one_in(3) ? 0x1f80 | (rnd() >> 8 & 0xe040) : 0x1f80;
	for (i = 0; i < 8; ++i) {
		u32 *p = (u32 *)(fx_in + 32 + 16 * i);
		u32 e = one_in(4) ? rnd() >> 8 & 0xffff : exponents[(rnd() >> 8) % 10];
		p[0] = one_in(2) ? 0 : rnd();
		p[1] = one_in(2) ? 0x80000000 : rnd() | 0x80000000;
		if (!(e & 0x7fff))
			p[1] &= 0x7fffffff;
		p[2] = e;
	}
	for (i = 0; i < 8; ++i)
		for (j = 0; j < 4; ++j)
			((u32 *)(fx_in + 160 + 16 * i))[j] = one_in(2) ? rnd() : parts[(rnd() >> 8) % 11];
}

// Bytes and state of one case; 0 if there is none
static int
make_case(const struct row *r, const struct mode *m)
{
	static const u8 overrides[6] = { 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65 };
	static const u8 override_seg[6] = { SEG_CS, SEG_SS, SEG_DS, SEG_ES, SEG_FS, SEG_GS };
	int n = 0, i, sure, p66 = 0, p67 = 0, imm, opcode;
	u32 x;
	if ((r->kind & K_SKIP && !m->ring) || (options.what & USER && (r->kind & K_SYSTEM || !m->ring || !m->stack)))
		return 0;
	make_state(r, m);
	has_target = 0;
	segover = -1;
	prefixed = 0;
	if (r->kind & K_ENV && !one_in(4)) {  // FADD of a word: the addresses to be stored
		code[n++] = 0xd8;
		code[n++] = m->wide ? 5 : 6;
		code[n++] = 0x10;
		code[n++] = 0x40;
		if (m->wide)
			code[n++] = 0, code[n++] = 0;
		in.eflags &= ~0x100u;
	}
	if (one_in(r->attrs & R_LOCKABLE ? 5 : 24) && !(r->kind & K_CONTROL)) {
		code[n++] = 0xf0;
		prefixed = 1;
	}
	if (r->attrs & R_STRING ? !one_in(3) : !r->prefix && !(r->attrs & (R_NOPREFIX | R_VEX)) && r->code[0] != 0x0f && one_in(24))
		code[n++] = one_in(2) ? 0xf2 : 0xf3;
	if (!r->prefix && !(r->attrs & (R_NOPREFIX | R_VEX)) && one_in(3))
		code[n++] = 0x66, p66 = 1;
	if (one_in(4))
		code[n++] = 0x67, p67 = 1;
	if (one_in(4)) {
		i = (int)((rnd() >> 8) % 6);
		code[n++] = overrides[i];
		segover = override_seg[i];
	}
	if (one_in(64) && !(r->kind & K_SHORT))
		for (i = (int)(rnd() >> 8) & 15; i >= 0 && n < 13; --i)
			code[n++] = segover >= 0 ? overrides[(rnd() >> 8 & 1)] : 0x3e, segover = code[n - 1] == 0x2e ? SEG_CS : code[n - 1] == 0x36 ? SEG_SS : SEG_DS;
	if (r->prefix) {
		code[n++] = r->prefix;
		if (r->prefix == 0x66)
			p66 = 1;
	}
	asize = m->wide ^ p67 ? 4 : 2;
	osize = m->wide ^ p66 ? 4 : 2;
	if (r->attrs & R_VEX) {
		code[n++] = 0xc4;
		code[n++] = (u8)(0xe0 | (r->vex & 3));
		code[n++] = (u8)((r->vex & 32) << 2 | (one_in(2) ? 0x78 : 0x40 | (rnd() >> 8 & 0x38)) | (r->vex & 16) >> 2 | (r->vex >> 2 & 3));
	}
	for (i = 0; i < r->ncode; ++i)
		code[n++] = r->code[i];
	opcode = code[n - 1];
	if (r->attrs & (R_PLUS8 | R_PLUS16)) {
		x = rnd() >> 8 & (r->attrs & R_PLUS8 ? 7 : 15);
		// POP SP, MOV SP, DEC SP...: see make_modrm
		if (m->kind == REAL && (x & 7) == 4 && !(r->attrs & (R_BYTE | R_PLUS16 | R_X87)) && opcode != 0x50)
			x ^= 1;
		code[n - 1] = (u8)(opcode + (int)x);
	}
	if (r->kind & (K_TABLE | K_FARPTR | K_IMAGE))
		sure = !one_in(8) || r->kind & K_TABLE;
	else
		sure = 0;
	if (r->kind & K_CONTROL && r->digit < 8)  // LMSW
		for (i = 0; i < 7; ++i)
			in.r[i] = (in.r[i] & ~15u) | (control_value(m, 0) & 15);
	if (r->attrs & R_MODRM) {
		int at = n;
		if (r->kind & K_BITS && !one_in(8))
			for (i = 0; i < 7; ++i)
				in.r[i] = (u32)((int)(rnd() >> 8 & 0xff) - 128);
		n += make_modrm(code + n, r, m, sure);
		if (r->kind & K_CONTROL) {
			if (r->code[1] == 0x22)
				in.r[by_number[code[at] & 7]] = control_value(m, code[at] >> 3 & 7);
			else if (has_target)
				poke(linear(target, seg), control_value(m, 0), 2);
			else if (r->digit < 8 && code[at] < 0xc0)
				return 0;
		}
		// No breakpoints; and some processors clear what hit with the next #DB.
		if (r->kind & K_DEBUG && r->code[1] == 0x23 && (code[at] >> 3 & 7) > 3)
			in.r[by_number[code[at] & 7]] &= code[at] >> 3 & 1 ? 0xffff0400 : 0xfffffff0;
		if (r->kind & K_TABLE) {
			// With a register in the place of memory these opcodes are others.
			const u8 *p = code[at] >> 3 & 1 ? m->kind == REAL ? ivt_ptr : idt_ptr : gdt_ptr;
			// A table's address that goes on behind the last 16-bit address may wrap.
			if (asize == 2 && target > 0xfffa)
				return 0;
			// On the stack is what starts the case, and behind CS the case itself.
			if (code[at] >= 0xc0 || !has_target || seg == SEG_SS || seg == SEG_CS)
				return 0;
			for (i = 0; i < 6 && (r->digit & 6) == 2; ++i)
				poke(linear(target, seg) + (u32)i, p[i], 1);
		}
		if (r->kind & K_FARPTR && has_target) {
			poke(linear(target, seg), place(m), osize);
			poke(linear(target, seg) + (u32)osize, selector(m), 2);
		}
		if (r->kind & K_IMAGE && has_target)
			for (i = 0; i < 512; i += 4)
				poke(linear(target, seg) + (u32)i, *(u32 *)(fx_in + i), 4);
	}
	imm = n;
	if (r->imm & I_ADDRESS) {
		x = place(m);
		for (i = 0; i < asize; ++i, x >>= 8)
			code[n++] = (u8)x;
	}
	if (r->imm & (I_OSIZE | I_FAR)) {
		x = r->imm & I_BRANCH ? (u32)((int)(rnd() >> 8 & 0x1ff) - 256) : r->imm & I_FAR ? place(m) : edge();
		if (r->imm & I_BRANCH && one_in(8))
			x = edge();
		if (opcode == 0xb8 && m->kind == REAL)
			x = (x & ~1u) | 0x10;
		for (i = 0; i < osize; ++i, x >>= 8)
			code[n++] = (u8)x;
	}
	if (r->imm & I_FAR) {
		x = selector(m);
		code[n++] = (u8)x;
		code[n++] = (u8)(x >> 8);
	}
	if (r->imm & I_WORD) {
		x = one_in(2) ? edge() : rnd() >> 8 & 0x1e;
		if (m->kind == REAL)
			x &= 0xfffe;
		code[n++] = (u8)x;
		code[n++] = (u8)(x >> 8);
	}
	if (r->imm & I_BYTE) {
		code[n++] = r->kind & K_IO ? 0xe0 : (u8)edge();
		if (!(opcode ^ 0xc8) && one_in(2))
			code[n - 1] &= 3;
	}
	(void)imm;
	length = n;
	while (n < 24)
		code[n++] = 0xcc;
	// implied operands
	if (r->attrs & R_STRING) {
		u32 mask = asize == 4 ? 0xffffffff : 0xffff;
		in.r[ESI] = (in.r[ESI] & ~mask) | (place(m) & mask);
		in.r[EDI] = (in.r[EDI] & ~mask) | (place(m) & mask);
		in.r[ECX] = (asize == 4 || one_in(2) ? 0 : in.r[ECX] & ~mask) | (rnd() >> 8 & 15);
		if (one_in(8))
			in.r[ECX] &= ~mask;
	}
	if (r->attrs & R_XLAT) {
		in.r[EBX] = place(m) - (in.r[EAX] & 0xff);
		if (asize == 2)
			in.r[EBX] &= 0xffff;
	}
	if (r->kind & K_COUNT && one_in(2))
		in.r[ECX] = (rnd() >> 8 & 3) | (one_in(2) ? 0x10000 : 0);
	if (r->attrs & R_COUNTED && one_in(2))
		in.r[ECX] = rnd() >> 8 & 0x3f;
	if (r->kind & K_IO)
		in.r[EDX] = (in.r[EDX] & 0xffff0000) | (m->ring && one_in(6) ? 0xffff : 0x2f0 + (rnd() >> 8 & 4));
	if (r->kind & K_OWN && !m->ring)
		in.r[ECX] = one_in(2) ? 0x175 : 0x176;
	if (r->kind & K_SP && m->kind == REAL)
		in.r[EBP] = (in.r[EBP] & 0xffff0000) | (stack_place(m) & 0xfffe);
	if (r->kind & (K_FARSTACK | K_FLAGS)) {
		u32 at = linear(in.r[ESP], SEG_SS);
		if (r->kind & K_FLAGS) {
			poke(at, rnd() >> 8, 4);
		} else if (opcode == 0xca || opcode == 0xcb || opcode == 0xcf) {
			poke(at, place(m), osize);
			poke(at + (u32)osize, selector(m), 2);
			poke(at + 2 * (u32)osize, rnd() >> 8 & (one_in(4) ? 0x27fff : 0x7fff), osize);
			x = code[length - 2];
			i = opcode == 0xcf ? 3 * osize : 2 * osize + (opcode == 0xca ? code[length - 1] << 8 | (int)x : 0);
			if (m->kind == PROT && i < 64) {
				poke(at + (u32)i, place(m), osize);
				poke(at + (u32)(i + osize), selector(m), 2);
			}
		} else {
			poke(at, selector(m), 2);
		}
	}
	in.eip = one_in(16) && !(r->attrs & (R_BRANCH | R_VECTOR) || r->kind & K_SHORT) ? 0xffffu - (u32)length + (rnd() >> 8) % ((u32)length + 1) : 0x4000 + (rnd() >> 8 & 0x1f);
	for (i = 0; i < 24; ++i)
		poke(linear((in.eip + (u32)i) & (m->wide ? 0x1ffff : 0xffff), SEG_CS), code[i], 1);
	return 1;
}

// --- running it ------------------------------------------------------------------

#ifndef CASES_NATIVE
static void
copy(void *to, const void *from, u32 n)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

static void
descriptor(u8 *table, u32 at, u32 base, u32 limit, u32 type, u32 flags)
{
	u32 *d = (u32 *)(table + at);
	d[0] = base << 16 | (limit & 0xffff);
	d[1] = (base & 0xff000000) | flags << 20 | (limit & 0xf0000) | type << 8 | (base >> 16 & 0xff);
}

static u8 first_gdt[GDT_SIZE];

static void
make_tables(void)
{
	int i, ring;
	for (ring = 0; ring < 2; ++ring) {
		u32 at = ring ? CASE_RING3 : 0, dpl = ring ? 0x60 : 0;
		descriptor(gdt, CASE_CODE16 + at, bases[SEG_CS], 0xffff, 0x9b | dpl, 0);
		descriptor(gdt, CASE_CODE32 + at, bases[SEG_CS], 0xffff, 0x9b | dpl, 4);
	}
	descriptor(gdt, TSS_MAIN, (u32)tss, 207, 0x89, 0);
	descriptor(gdt, TSS_DOUBLE, (u32)tss_double, 103, 0x89, 0);
	descriptor(gdt, ODD_SELECTORS, bases[SEG_DS], 0xffff, 0xf1, 0);             // read only
	descriptor(gdt, ODD_SELECTORS + 0x08, bases[SEG_DS], 0xffff, 0x73, 0);      // not present
	descriptor(gdt, ODD_SELECTORS + 0x10, bases[SEG_CS], 0xffff, 0xf9, 0);      // execute only
	descriptor(gdt, ODD_SELECTORS + 0x18, bases[SEG_CS], 0xffff, 0x9f, 4);      // conforming
	descriptor(gdt, ODD_SELECTORS + 0x20, (u32)gdt, 0xff, 0x82, 0);             // LDT
	descriptor(gdt, ODD_SELECTORS + 0x28, bases[SEG_DS], 0x3fff, 0xf7, 4);      // expands down
	descriptor(gdt, ODD_SELECTORS + 0x30, bases[SEG_ES], 0xfff, 0xf3, 0xc);     // pages
	descriptor(gdt, ODD_SELECTORS + 0x38, bases[SEG_CS], 0xffff, 0x1b, 4);      // code, not present
	descriptor(gdt, ODD_SELECTORS + 0x40, 0, 0, 0x80, 0);                       // no type
	descriptor(gdt, ODD_SELECTORS + 0x48, bases[SEG_CS], 0x3fff, 0x9b, 0);      // short code
	for (i = 0; i < 256; ++i) {
		u32 to = (u32)pm_stubs + 9 * (u32)i, *g = (u32 *)(idt + 8 * i);
		g[0] = CODE32 << 16 | (to & 0xffff);
		g[1] = (to & 0xffff0000) | (i == 3 || i == 4 || (i >= 0x20 && i & 1) ? 0xee00 : 0x8e00);
		((u16 *)0)[2 * i] = (u16)((u32)rm_stubs + 9 * (u32)i);
		((u16 *)0)[2 * i + 1] = 0;
	}
	((u32 *)(idt + 64))[0] = TSS_DOUBLE << 16;
	((u32 *)(idt + 64))[1] = 0x8500;
	*(u32 *)(tss + 4) = 0x2e0000;
	*(u32 *)(tss + 8) = DATA32;
	*(u16 *)(tss + 102) = 104;
	for (i = 104; i < 208; ++i)
		tss[i] = 0xff;
	tss[104 + 0x2f0 / 8] = 0xf0;
	tss[104 + 0xe0 / 8] = 0xfe;
	*(u32 *)(tss_double + 32) = (u32)double_fault;
	*(u32 *)(tss_double + 36) = 2;
	*(u32 *)(tss_double + 56) = 0x2f4000;
	*(u32 *)(tss_double + 76) = CODE32;
	for (i = 72; i <= 92; i += 4)
		if (i != 76)
			*(u32 *)(tss_double + i) = DATA32;
	copy(first_gdt, gdt, GDT_SIZE);
}

static void
mode_tables(const struct mode *m)
{
	int i, ring;
	for (ring = 0; ring < 2; ++ring)
		for (i = SEG_SS; i <= SEG_GS; ++i) {
			u32 type = ring ? 0xf3 : 0x93, limit = m->big || i >= SEG_FS ? BIG_LIMIT : 0xffff;
			if (options.what & USER)
				limit = BIG_LIMIT;
			else if (m->down && i == SEG_ES)
				type |= 4, limit = 0x4008;
			if (m->down && i == SEG_DS && !(options.what & USER))
				type &= ~2u;
			descriptor(first_gdt, case_selector[i] + (ring ? CASE_RING3 : 0u), bases[i], limit, type, i == SEG_SS && m->stack ? 4 : 0);
		}
	data_selector = m->big ? DATABIG : DATA16;
}

static void
load_tr(void)
{
	gdt[TSS_MAIN + 5] = 0x89;
	__asm__ volatile("ltr %w0" : : "r"(TSS_MAIN));
}

static void
run(const struct row *r, const struct mode *m)
{
	u32 zero = 0, dr6 = 0xffff0ff0, at;
	int i;
	copy(gdt + CASE_CODE16, first_gdt + CASE_CODE16, GDT_SIZE - CASE_CODE16);
	regs = in;
	regs.vector = regs.error = 0;
	if (m->kind == REAL) {
		u16 frame[3];
		frame[0] = (u16)in.eip;
		frame[1] = (u16)in.cs;
		frame[2] = (u16)in.eflags;
		at = (in.r[ESP] - 6) & 0xffff;
		regs.r[ESP] = (in.r[ESP] & 0xffff0000) | at;
		for (i = 0; i < 3; ++i)
			poke(linear((at + 2 * (u32)i) & 0xffff, SEG_SS), frame[i], 2);
	} else if (m->kind == PROT && !m->ring) {
		at = in.r[ESP] - 12;
		if (!m->stack)
			at = (at & 0xffff) | (in.r[ESP] & 0xffff0000);
		regs.r[ESP] = at;
		for (i = 0; i < 3; ++i)
			poke(linear((at + 4 * (u32)i) & (m->stack ? 0xffffffff : 0xffff), SEG_SS), i == 0 ? in.eip : i == 1 ? in.cs : in.eflags, 4);
	}
	__asm__ volatile("mov %0, %%dr6" : : "r"(dr6));
	if (r->attrs & (R_X87 | R_VECTOR))
		__asm__ volatile("fxrstor %0" : : "m"(fx_in));
	__asm__ volatile("mov %0, %%cr4" : : "r"(control4));
	__asm__ volatile("mov %0, %%cr0" : : "r"(control0 | 1));
	if (m->kind == REAL)
		run_real();
	else
		run_protected();
	__asm__ volatile("mov %0, %%cr4" : : "r"(0x600));
	if (r->attrs & (R_X87 | R_VECTOR))
		__asm__ volatile("fxsave %0" : "=m"(fx_out));
	if (m->kind == REAL) {
		const u8 *f = (const u8 *)(regs.ss << 4);
		u32 sp = regs.r[ESP];
		regs.eip = *(u16 *)(f + (sp & 0xffff));
		regs.cs = *(u16 *)(f + ((sp + 2) & 0xffff));
		regs.eflags = *(u16 *)(f + ((sp + 4) & 0xffff));
	} else if (regs.vector == 8) {
		const u32 *t = (const u32 *)tss;
		static const u8 from[] = { 10, 13, 11, 12, 16, 17, 15, 14, 8, 9, 19, 20, 21, 18, 22, 23 };
		for (i = 0; i < 16; ++i)
			((u32 *)&regs)[i] = t[from[i]];
		__asm__ volatile("mov %%cr0, %0" : "=r"(exit_cr0));
		__asm__ volatile("mov %0, %%cr0" : : "r"(0x11));
	}
	if (m->kind == PROT && !m->ring) {
		__asm__ volatile("lldt %w0" : : "r"(zero));
		load_tr();
	}
	for (i = 10; i < 16; ++i)
		((u32 *)&regs)[i] &= 0xffff;
}

#endif

static void
hash(u32 *h, u32 x)
{
	*h = (*h ^ x) * 16777619u;
	*h ^= *h >> 15;
}

static u32
count_changes(u32 *h, int tell)
{
	u32 n = 0;
	unsigned w, s;
	for (s = 0; s < 6; ++s)
		for (w = 0; w < sizeof windows / sizeof *windows; ++w) {
			const u32 *p = (const u32 *)(unsigned long)(bases[s] + windows[w].from), *q = p + (COPY - ARENA) / 4;
			unsigned long left = windows[w].size / 4;
			for (;;) {
				u8 same;
				__asm__ volatile("cmp %0, %0; repe cmpsl; sete %3" : "+c"(left), "+S"(p), "+D"(q), "=q"(same) : : "memory", "cc");
				if (same)
					break;
				if (tell) {
					text(" [");
					hex((u32)(unsigned long)(p - 1), 5);
					put(']');
					hex(p[-1], 8);
				} else {
					hash(h, (u32)(unsigned long)(p - 1));
					hash(h, p[-1]);
				}
				++n;
				if (!left)
					break;
			}
		}
	return n;
}

static void
restore(void)
{
	unsigned w, s;
	for (s = 0; s < 6; ++s)
		for (w = 0; w < sizeof windows / sizeof *windows; ++w) {
			u32 *p = (u32 *)(unsigned long)(bases[s] + windows[w].from);
			u32 *q = p + (COPY - ARENA) / 4;
			unsigned long n = windows[w].size / 4;
			__asm__ volatile("rep movsl" : "+c"(n), "+S"(q), "+D"(p) : : "memory");
		}
}

static const char *const names[] = { "eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "fl", "cs", "ss", "ds", "es", "fs", "gs", "vec", "err" };

static void
tell(const struct row *r, const struct mode *m, int number)
{
	int i;
	text(r->name);
	put(' ');
	text(m->name);
	put(' ');
	hex((u32)number, 2);
	text(":");
	for (i = 0; i < length; ++i) {
		put(' ');
		hex(code[i], 2);
	}
	for (i = 0; i < 8; ++i) {
		put(' ');
		text(names[i]);
		put(' ');
		hex(in.r[i], 8);
	}
	text(" ip ");
	hex(in.eip, 4);
	text(" fl ");
	hex(in.eflags, 6);
	if (r->attrs & (R_X87 | R_VECTOR)) {
		text(" cr0 ");
		hex(control0, 2);
		text(" cr4 ");
		hex(control4, 3);
	}
	text("\n ");
}

static void
tell_result(const struct row *r, u32 dr6)
{
	int i;
	text(" ->");
	for (i = 0; i < 18; ++i)
		if (((u32 *)&regs)[i] != ((u32 *)&in)[i]) {
			put(' ');
			text(names[i]);
			put(' ');
			hex(((u32 *)&regs)[i], 8);
		}
	text(" dr6 ");
	hex(dr6, 8);
	text(" cr0 ");
	hex(exit_cr0, 8);
	count_changes(0, 1);
	if (r->attrs & (R_X87 | R_VECTOR))
		for (i = 0; i < 288; i += 4)
			if (i != 28 && *(u32 *)(fx_in + i) != *(u32 *)(fx_out + i)) {
				text(" fx");
				hex((u32)i, 3);
				put(' ');
				hex(*(u32 *)(fx_out + i), 8);
			}
	put('\n');
}

static u32
run_row(int number, const struct mode *m)
{
	const struct row *r = &rows[number];
	int i, k, n = options.cases ? options.cases : r->attrs & (R_X87 | R_VECTOR | R_VEX) ? 3 : 12;
	int told = options.row == number && (options.mode == 255 || options.mode == m - modes);
	u32 h = 2166136261u, dr6, skip = options.what & WITHOUT_UNDEFINED ? r->undefined : 0;
	if (r->kind & K_OWN)
		skip |= 0x8d5;
	if (options.what & WITHOUT_UNDEFINED && r->attrs & R_COUNTED && !(r->attrs & R_STRING))
		skip |= 0x810;
#ifndef CASES_NATIVE
	mode_tables(m);
#endif
	for (k = 0; k < n; ++k) {
		seed = (u32)(number * 64 + (int)(m - modes) + 1) * 2654435761u ^ (u32)(k + 1) * 0x9e3779b1u;
		for (i = 0; i < 4; ++i)
			rnd();
		if (r->attrs & (R_X87 | R_VECTOR))
			random_fx();
		if (!make_case(r, m)) {
			restore();
			continue;
		}
		if (told)
			tell(r, m, k);
		run(r, m);
#ifndef CASES_NATIVE
		__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
#endif
		if (options.what & USER) {
			dr6 = exit_cr0 = 0;
			for (i = 10; i < 16; ++i)
				((u32 *)&regs)[i] = ((u32 *)&in)[i];
		}
		regs.eflags &= ~skip;
		if (skip && regs.vector != 8) {  // where they were pushed, too
			if (m->kind == REAL)
				*(u16 *)(unsigned long)((regs.ss << 4) + ((regs.r[ESP] + 4) & 0xffff)) = (u16)regs.eflags;
			else if (m->kind == PROT && !m->ring && regs.ss == in.ss)
				poke(linear((regs.r[ESP] - 4) & (m->stack ? 0xffffffff : 0xffff), SEG_SS), regs.eflags, 4);
		}
		if (r->kind & K_OWN) {
			for (i = EAX; i < ESP; ++i)
				regs.r[i] = 0;
			if (m->kind == PROT && !m->ring)  // pushed by pm_stubs
				for (i = 0; i < 8; ++i)
					poke(linear((in.r[ESP] - 40 + 4 * (u32)i) & (m->stack ? 0xffffffff : 0xffff), SEG_SS), 0, 4);
		}
		if (options.what & (WITHOUT_UNDEFINED | USER))  // x87's last addresses
			for (i = 6; i < 24; ++i)
				fx_out[i] = fx_in[i];
		if (told)
			tell_result(r, dr6);
		for (i = 0; i < 18; ++i)
			hash(&h, ((u32 *)&regs)[i]);
		hash(&h, dr6);
		hash(&h, exit_cr0);
		count_changes(&h, 0);
		if (r->attrs & (R_X87 | R_VECTOR)) {
			// Hosts without an x87 may have another last bit in what these compute.
			for (i = r->kind & K_APPROX && r->attrs & R_X87 ? 64 : 0; i < 288; i += 4)
				if (i != 28)
					hash(&h, *(u32 *)(fx_out + i));
		}
		restore();
	}
	return h;
}

#ifdef CASES_NATIVE
static
#endif
void
cases_main(void)
{
	u32 i, m;
#ifndef CASES_NATIVE
	make_tables();
	__asm__ volatile("lgdt gdt_ptr; lidt idt_ptr");
	load_tr();
	__asm__ volatile("mov %0, %%cr4; fninit" : : "r"(0x600));
#endif
	seed = 2463534242u;
	for (i = ARENA; i < ARENA_END; i += 4) {
		u32 x = i < ARENA + 0x10000 ? 0xcccccccc : edge();
		*(u32 *)(unsigned long)i = x;
		*(u32 *)(unsigned long)(i + COPY - ARENA) = x;
	}
	for (i = 0; i < ROWS; ++i) {
		if (options.what & QUIET && options.row != i)
			continue;
		if (!(options.what & QUIET))
			text(rows[i].name);
		for (m = 0; m < MODES; ++m) {
			u32 h;
			if (options.what & QUIET && options.mode != 255 && options.mode != m)
				continue;
			h = run_row((int)i, &modes[m]);
			if (options.what & QUIET)
				continue;
			put(' ');
			hex(h >> 12, 5);
		}
		if (!(options.what & QUIET))
			put('\n');
	}
}
