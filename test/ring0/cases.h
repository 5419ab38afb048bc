// cases.h: what the programs share that test a PC's processor case by case. They
// enumerate cases in loops; each case runs a few instructions by enter() and puts
// what came of it into a hash. Each group of cases prints a line on port E9: its
// name, the number of cases, the hash. `build.sh NAME.c OUT -DDETAIL='"GROUP"'`
// has the cases of groups whose names begin so printed too, to be compared with
// other machines. With -DLONG the program runs in 64-bit mode.
//
// Each program says in its head which other machines agree, and where one does
// not, why this is right.
#ifndef CASES_H_
#define CASES_H_

// Memory: all flat, below 64 KiB what 16-bit code is to reach
#define CODE 0x1000            // instructions of the case
#define STACKS 0x2000          // of rings 0 to 3, 1 KiB each, growing down
#define BUFFER 0x3000          // data of the case
#define INNER 0x4000           // ring 0's stack, from the TSS; rings 1 and 2: below
#define HANDLER_STACK 0x6000
#define C_STACK 0x7c00
#define PAGES 0x100000
#define GDT 0x110000
#define LDT 0x111000
#define IDT 0x112000
#define TSS 0x114000
#define FREE 0x120000          // from here on

// Selectors
#define KCODE 0x08
#define DATA 0x10
#define SEL_CODE16 0x20        // of ring r: + 9 * r, for these
#define SEL_CODE32 0x40
#define SEL_CODE64 0x60
#define SEL_DATA 0x80
#define SEL_DATA16 0xa0        // B = 0
#define SEL_TSS 0xc0
#define SEL_LDT 0xd0
#define SEL_TEST 0x100         // whatever the case says, 64 bytes
#define GDT_LIMIT 0x1ff

#ifndef __ASSEMBLER__
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long word;

struct state {
	word ax, cx, dx, bx, sp, bp, si, di, r8, r9, r10, r11;
	word ip, cs, flags, ss, es, ds, fs, gs;
	// what happened
	word vector, error, cr2;
};

void enter(const struct state *s);
extern u8 stubs[];
static struct state got;

// --- output -------------------------------------------------------------------

static inline void
out8(u16 port, u8 x)
{
	__asm__ volatile("outb %0,%1" : : "a"(x), "Nd"(port));
}

static inline u8
in8(u16 port)
{
	u8 x;
	__asm__ volatile("inb %1,%0" : "=a"(x) : "Nd"(port));
	return x;
}

static void
text(const char *s)
{
	for (; *s; ++s)
		out8(0xe9, (u8)*s);
}

static void
hex(u32 x, int digits)
{
	while (digits--)
		out8(0xe9, (u8)"0123456789abcdef"[x >> 4 * digits & 15]);
}

static u32 hash, count, total;
static int detail;

static void
word32(u32 x)
{
	int i;
	for (i = 0; i < 4; ++i)
		hash = (hash ^ (x >> 8 * i & 0xff)) * 16777619u;
	if (detail) {
		out8(0xe9, ' ');
		hex(x, x >> 16 ? 8 : x >> 8 ? 4 : 2);
	}
}

static void
word64(u64 x)
{
	word32((u32)x);
	if (sizeof(word) == 8)
		word32((u32)(x >> 32));
}

static void
group(const char *name, const char *more)
{
	hash = 2166136261u;
	count = 0;
	text(name);
	out8(0xe9, ' ');
	text(more);
#ifdef DETAIL  // "NAME MORE", or the start of it
	{
		static const char wanted[] = DETAIL;
		const char *w = wanted, *a = name;
		while (*w && *a == *w)
			++w, ++a;
		if (*w == ' ' && !*a)
			for (++w, a = more; *w && *a == *w;)
				++w, ++a;
		detail = !*w;
		if (detail)
			out8(0xe9, '\n');
	}
#endif
}

// The case's numbers, which are no part of the hash
static void
label(u32 a, u32 b, u32 c, u32 d)
{
	++count;
	if (detail) {
		text("  ");
		hex(a, 2);
		out8(0xe9, ' ');
		hex(b, 2);
		out8(0xe9, ' ');
		hex(c, 2);
		out8(0xe9, ' ');
		hex(d, 4);
		out8(0xe9, ':');
	}
}

static void
case_done(void)
{
	if (detail)
		out8(0xe9, '\n');
}

static void
decimal(u32 x)
{
	if (x > 9)
		decimal(x / 10);
	out8(0xe9, (u8)('0' + x % 10));
}

static void
group_done(void)
{
	out8(0xe9, ' ');
	decimal(count);
	out8(0xe9, ' ');
	hex(hash, 8);
	out8(0xe9, '\n');
	total += count;
	detail = 0;
}

// --- memory ---------------------------------------------------------------------

#define MEM8(at) (*(volatile u8 *)(word)(at))
#define MEM16(at) (*(volatile u16 *)(word)(at))
#define MEM32(at) (*(volatile u32 *)(word)(at))
#define MEM64(at) (*(volatile u64 *)(word)(at))

// Descriptor: access is the byte with P, DPL, S, type; flags G, D, L, AVL
static u64
segment(u32 base, u32 limit, u32 access, u32 flags)
{
	return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)access << 40 | (u64)(limit >> 16 & 15) << 48 |
	       (u64)flags << 52 | (u64)(base >> 24) << 56;
}

static u64
gate(u32 sel, u32 offset, u32 access, u32 words)
{
	return (offset & 0xffff) | (u64)sel << 16 | (u64)words << 32 | (u64)access << 40 | (u64)(offset >> 16) << 48;
}

static void
set_gdt(u32 sel, u64 x)
{
	MEM64(GDT + (sel & ~7u)) = x;
}

static void
set_idt(u32 vector, u64 x)
{
	MEM64(IDT + vector * (2 * sizeof(word))) = x;
	if (sizeof(word) == 8)
		MEM64(IDT + vector * 16 + 8) = 0;
}

// The 32-bit TSS of a task in ring 0 with flat segments
static void
kernel_task(u32 at, u32 cr3, u32 eip, u32 esp)
{
	u32 i;
	for (i = 0; i < 104; i += 4)
		MEM32(at + i) = 0;
	MEM32(at + 28) = cr3;
	MEM32(at + 32) = eip;
	MEM32(at + 36) = 2;
	MEM32(at + 56) = esp;
	for (i = 72; i < 96; i += 4)
		MEM32(at + i) = DATA;
	MEM32(at + 76) = KCODE;
}

// Paging, identity, for all rings, but for the last 4 MiB of the first 64: there
// nothing is. The page tables are 4-level in long mode, else 32-bit.
static void
paging_on(void)
{
#ifndef LONG
	u32 i;
	for (i = 0; i < 1024; ++i)
		MEM32(PAGES + 4 * i) = i < 15 ? i << 22 | 0x87 : 0;
	__asm__ volatile("mov %0,%%cr3; mov %%cr4,%%eax; or $0x610,%%eax; mov %%eax,%%cr4; mov %%cr0,%%eax; or $0x80010020,%%eax; mov %%eax,%%cr0"
		: : "r"(PAGES) : "eax", "memory");
#else
	MEM64(PAGES + 0x2000 + 8 * 30) = MEM64(PAGES + 0x2000 + 8 * 31) = 0;
	__asm__ volatile("mov %%cr3,%%rax; mov %%rax,%%cr3" : : : "rax", "memory");
#endif
}
#define NOWHERE 0x3c00000

// The handler of a vector that stops the case, open to all rings
static void
set_handler(u32 vector)
{
	set_idt(vector, gate(KCODE, (u32)(word)stubs + vector * 16, 0xee, sizeof(word) == 8));
}

static u8 *code_at;

static void
code(void)
{
	code_at = (u8 *)CODE;
}

static void
byte(u32 x)
{
	*code_at++ = (u8)x;
}

// Big end first, as they are read; no leading zero byte
static void
bytes(u32 x)
{
	if (x >> 24)
		byte(x >> 24);
	if (x >> 16)
		byte(x >> 16 & 0xff);
	if (x >> 8)
		byte(x >> 8 & 0xff);
	byte(x & 0xff);
}

// --- the machine ------------------------------------------------------------------

#define GET_CR(n, x) __asm__ volatile("mov %%cr" #n ",%0" : "=r"(x))
#define SET_CR(n, x) __asm__ volatile("mov %0,%%cr" #n : : "r"((word)(x)) : "memory")

#define GET_DR(n) \
	({ \
		word x_; \
		__asm__ volatile("mov %%dr" #n ",%0" : "=r"(x_)); \
		(u32) x_; \
	})
#define SET_DR(n, x) __asm__ volatile("mov %0,%%dr" #n : : "r"((word)(x)))

struct table {
	u16 limit;
	word base;
} __attribute__((packed));

static inline struct table
table(u32 limit, word base)
{
	struct table t;
	t.limit = (u16)limit;
	t.base = base;
	return t;
}

static void
load_gdt(u32 limit)
{
	struct table t = table(limit, GDT);
	__asm__ volatile("lgdt %0" : : "m"(t));
}

static void
load_idt(u32 limit)
{
	struct table t = table(limit, IDT);
	__asm__ volatile("lidt %0" : : "m"(t));
}

static int
has_error(word vector)
{
	return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

// Called by the stubs: gs fs es ds general registers vector frame
void
caught(const word *p);
void
caught(const word *p)
{
	__asm__ volatile("mov %%cr2,%0" : "=r"(got.cr2));
	got.ss = p[0] & 0xffff;
	got.gs = p[1] & 0xffff;
	got.fs = p[2] & 0xffff;
	got.es = p[3] & 0xffff;
	got.ds = p[4] & 0xffff;
	got.ax = p[5];
	got.cx = p[6];
	got.dx = p[7];
	got.bx = p[8];
	got.bp = p[9];
	got.si = p[10];
	got.di = p[11];
	p += 12;
#ifdef LONG
	got.r8 = p[0];
	got.r9 = p[1];
	got.r10 = p[2];
	got.r11 = p[3];
	p += 8;
#endif
	got.vector = *p++;
	got.error = has_error(got.vector) ? *p++ : 0;
	got.ip = p[0];
	got.cs = p[1] & 0xffff;
	got.flags = p[2];
	if (sizeof(word) == 8 || got.cs & 3 || got.flags & 0x20000) {
		got.sp = p[3];
		got.ss = p[4] & 0xffff;
	} else {
		got.sp = (word)(p + 3);
	}
	if (got.flags & 0x20000) {
		got.es = p[5] & 0xffff;
		got.ds = p[6] & 0xffff;
		got.fs = p[7] & 0xffff;
		got.gs = p[8] & 0xffff;
	}
}

// A program as committed leaves out most of the many; with -DFULL there are all.
#ifdef FULL
#define EVERY(n) 1
#else
#define EVERY(n) (n)
#endif

enum { MODE_16, MODE_32, MODE_64 };

static struct state in;

// A state in which code at CODE runs in this mode and ring
static void
prepare(int mode, u32 ring)
{
	u32 i;
	in.ax = in.cx = in.dx = in.bx = in.bp = in.si = in.di = in.r8 = in.r9 = in.r10 = in.r11 = 0;
	in.ip = CODE;
	in.cs = (mode == MODE_64 ? SEL_CODE64 : mode == MODE_32 ? SEL_CODE32 : SEL_CODE16) + 9 * ring;
	in.flags = 2;
	in.ss = (mode == MODE_16 ? SEL_DATA16 : SEL_DATA) + 9 * ring;
	in.sp = STACKS + 0x400 * (ring + 1) - 0x80;
	in.es = in.ds = in.fs = in.gs = SEL_DATA + 9 * 3;
	for (i = 0; i < 0x80; i += 4)
		MEM32(in.sp + i) = 0;
}

static void
what_happened(void)
{
	word32((u32)(got.vector << 16 | got.error));
	word64(got.ip - CODE);
}

#define TARGET (CODE + 0x800)  // where far transfers go: filled with INT3

// Where it went, and what is on the stack there
static void
where(void)
{
	u32 i;
	what_happened();
	word32((u32)(got.cs << 16 | got.ss));
	word32((u32)got.flags);
	word64(got.sp);
	for (i = 0; i < 32; i += 4)
		word32(MEM32((u32)got.sp + i));
}

static void
fill_target(void)
{
	u32 i;
	for (i = 0; i < 0x100; ++i)
		MEM8(TARGET + i) = 0xcc;
}

static void
or_cr0(u32 set, u32 clear)
{
	word x;
	__asm__ volatile("mov %%cr0,%0" : "=r"(x));
	x = (x | set) & ~(word)clear;
	__asm__ volatile("mov %0,%%cr0" : : "r"(x));
}

// The interrupt controllers: IRQ 0 and up at this vector; only IRQ 0 passes
static void
set_pic(u32 vector)
{
	out8(0x20, 0x11);
	out8(0xa0, 0x11);
	out8(0x21, (u8)vector);
	out8(0xa1, (u8)(vector + 8));
	out8(0x21, 4);
	out8(0xa1, 2);
	out8(0x21, 3);  // ends interrupts by itself
	out8(0xa1, 1);
	out8(0x21, 0xfe);
	out8(0xa1, 0xff);
}

// The timer asks for an interrupt, which is left pending.
static void
ask_irq0(void)
{
	u32 i;
	out8(0x43, 0x30);
	out8(0x40, 2);
	out8(0x40, 0);
	for (i = 0; i < 1000000; ++i) {
		out8(0x20, 0x0a);
		if (in8(0x20) & 1)
			return;
	}
	text("no interrupt\n");
}

static void
set_up(void)
{
	u32 i;
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
	for (i = 0; i < 0x600; i += 4)
		MEM32(i) = 0;  // the BIOS's, which cases may come to read
	for (i = 0; i < 0x1000; i += 8)
		MEM64(GDT + i) = 0, MEM64(LDT + i) = 0, MEM64(TSS + i) = 0;
	set_gdt(KCODE, segment(0, 0xfffff, 0x9b, sizeof(word) == 8 ? 10 : 12));
	set_gdt(DATA, segment(0, 0xfffff, 0x93, 12));
	for (i = 0; i < 4; ++i) {
		set_gdt(SEL_CODE16 + 8 * i, segment(0, 0xfffff, 0x9b | i << 5, 8));
		set_gdt(SEL_CODE32 + 8 * i, segment(0, 0xfffff, 0x9b | i << 5, 12));
		set_gdt(SEL_CODE64 + 8 * i, segment(0, 0xfffff, 0x9b | i << 5, 10));
		set_gdt(SEL_DATA + 8 * i, segment(0, 0xfffff, 0x93 | i << 5, 12));
		set_gdt(SEL_DATA16 + 8 * i, segment(0, 0xfffff, 0x93 | i << 5, 8));
	}
	set_gdt(SEL_TSS, segment(TSS, 0x67, 0x89, 0));
	set_gdt(SEL_LDT, segment(LDT, 0x1ff, 0x82, 0));
#ifdef LONG
	for (i = 0; i < 3; ++i)
		MEM32(TSS + 4 + 8 * i) = INNER - 0x200 * i;
	MEM32(TSS + 36) = INNER + 0x1000;
	MEM32(TSS + 44) = INNER + 0xc00;
#else
	for (i = 0; i < 3; ++i) {
		MEM32(TSS + 4 + 8 * i) = INNER - 0x200 * i;
		MEM32(TSS + 8 + 8 * i) = SEL_DATA + 9 * i;
	}
#endif
	MEM16(TSS + 102) = 0x68;
	for (i = 0; i < 256; ++i)
		set_handler(i);
	load_gdt(GDT_LIMIT);
	load_idt(256 * 2 * sizeof(word) - 1);
	__asm__ volatile("mov %0,%%ds; mov %0,%%es; mov %0,%%ss; mov %0,%%fs; mov %0,%%gs" : : "r"(DATA));
#ifdef LONG
	__asm__ volatile("pushq %0; leaq 1f(%%rip),%%rax; pushq %%rax; lretq; 1:" : : "i"(KCODE) : "rax", "memory");
#else
	__asm__ volatile("ljmp %0,$1f; 1:" : : "i"(KCODE));
#endif
	__asm__ volatile("lldt %w0" : : "r"(SEL_LDT));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
}

static void
finish(u32 status)
{
	const char *s;
	text("all ");
	decimal(total);
	out8(0xe9, '\n');
	out8(0xf4, (u8)status);
	for (s = "Shutdown"; *s; ++s)
		out8(0x8900, (u8)*s);
	for (;;)
		__asm__ volatile("cli; hlt");
}

// The modes of this build
#ifdef LONG
#define MODES 3
#define MODE_NAMES { "compat16", "compat32", "long64" }
#else
#define MODES 2
#define MODE_NAMES { "prot16", "prot32" }
#endif
void main(void);
#endif
#endif
