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
// Cases are made in make.h, from the row's number, the mode and the case's number alone.
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

#include "make.h"
#ifndef CASES_NATIVE
#include "run.h"
#endif

// --- what is told of it ----------------------------------------------------------

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
