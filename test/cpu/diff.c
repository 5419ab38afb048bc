// diff.c: every instruction of the table, on this processor and on the
// interpreter, from the same state: registers, flags, memory, x87 and vector
// state and faults must come out the same.
//
//   diff [-n CASES per row] [-s SEED] [-r ROW or ENCODING] [-t SECONDS]
//        [-k CASE] [-v]
//
// -r takes an operation (`shl`) or an encoding (`0F A4 /r`); -k repeats one
// case by the number that a failure printed; -v lists the cases per row.
//
// A forked child runs a case natively: it sits in a signal handler, loads the
// case's state into the signal frame and returns into the instruction; what
// comes next is INT3 or, for branches, the single-step trap. The parent runs
// the same case by cpu_step and cpu_run in linear memory and by cpu_run in
// paged memory. Both have the same memory map: see enum place.
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#if !defined(__x86_64__) || !defined(__linux__) || defined(__SANITIZE_THREAD__)
int
main(void)
{
#ifdef __SANITIZE_THREAD__
	puts("skipped: needs signals that ThreadSanitizer does not hold back");
#else
	puts("skipped: needs an x86-64 host");
#endif
	return 0;
}
#else
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "cpu/cpu.h"
#include "host/host.h"
#include "mem/mem.h"
enum { UC_RIP = 16, UC_EFL = 17, UC_CSGSFS = 18, UC_ERR = 19, UC_TRAPNO = 20, UC_CR2 = 22 };

enum place {
	CODE = 0x10000000, CODE_SIZE = 0x2000,  // filled with INT3; targets are on the second page
	DATA = 0x20000000, DATA_SIZE = 0x2000,  // a hole in front of it,
	RO = DATA + DATA_SIZE, RO_SIZE = 0x1000,  // a page that may only be read, then a hole
	STACK = 0x30000000, STACK_SIZE = 0x1000,
	IMAGE = DATA_SIZE + RO_SIZE + STACK_SIZE
};

enum { BATCH = 32, PATCHES = 3, PATCH = 64 };
enum { FX_TESTED = 416, FX_MASK = 28 };
enum { FLAGS_TESTED = FLAGS_ARITH | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID };

struct patch { u64 at; int n; u8 b[PATCH]; };

struct test_case {
	u64 number;
	int row;
	u8 code[16];
	int len;
	u8 setter[16];  // an instruction in front of it that sets flags, so that
	int pre;       // they are there in every lazy form; its length or 0
	enum isa_mode mode;
	int traced;    // single-step it natively
	u64 pc, r[16], base[2];
	u64 mxcsr_mask;  // where FXSAVE stores the third byte of MXCSR_MASK
	u32 flags;
	u8 fx[512];
	struct patch patch[PATCHES];
	struct insn in;
};

struct outcome {
	int trap;  // exception vector, -1: went on to rip
	u32 error;
	u64 cr2, rip, r[16], base[2];
	u32 flags;
	u16 sel[6];
	u8 fx[512];
	u8 mem[IMAGE];
};

// --- rows --------------------------------------------------------------------------

struct operation { const char *name; int done; };
#define DONE 1
#define UNDONE 0
static const struct operation operations[] = {
	{"none", 0},
#define INSN(op, text, feature, r, w, u, attrs, done) {#op, done},
#define ENC(op, enc, oprs, flags)
#define ENCF(op, feature, enc, oprs, flags)
#include "isa_table.inc"
#undef INSN
#undef ENC
#undef ENCF
};

struct row {
	const char *name, *enc, *oprs, *flags;
	int op;
	u64 cases, failures, tries;
};
static struct row rows[] = {
#define INSN(op, text, feature, r, w, u, attrs, done)
#define ENC(op, enc, oprs, flags) {#op, enc, oprs, #flags, 0, 0, 0, 0},
#define ENCF(op, feature, enc, oprs, flags) {#op, enc, oprs, #flags, 0, 0, 0, 0},
#include "isa_table.inc"
#undef INSN
#undef ENC
#undef ENCF
};

struct reason { const char *name, *why; };
static const struct reason untested[] = {
	{"syscall", "enters the kernel"},
	{"sysenter", "enters the kernel on Intel processors"},
	{"cpuid", "the answer is our own"},
	{"rdtsc", "time"},
	{"rdtscp", "time"},
	{"rdpid", "depends on the processor that runs it"},
	{"rdrand", "random"},
	{"rdseed", "random"},
	{"movdiri", "the host may lack it"},
	{"movdir64b", "the host may lack it"},
	{"serialize", "the host may lack it"},
};

// Accepted differences, and what the generator does about them:
// - near branches with 66: as on Intel processors it means nothing; AMD cuts
//   RIP to 16 bits. No 66 on rows marked F64.
// - a return from the kernel turns null selectors 1..3 in DS, ES, FS, GS to 0:
//   both count as 0.
// - LSL of the selector that holds the processor's number: not asked.
// - 0F 0D with a register: #UD on AMD, no operation on Intel and here.
// - Bit 17 of MXCSR is AMD's; it is not in our MXCSR_MASK.
// - SLDT, STR, SMSW, SGDT, SIDT with 67 and a segment prefix: whether the
//   kernel emulates them depends on its version.
// - CMPS where both operands fault: either address.
// - INT1: some virtual machines report the address of the instruction itself.
static int
accepted(const struct insn *in)
{
	if (in->op == OP_NOP && in->modrm >= 0xc0)
		return 1;
	if (in->asize == 4 && in->segover != SEG_NONE && in->opr[0].kind == OPR_MEM &&
	    (in->op == OP_SLDT || in->op == OP_STR || in->op == OP_SMSW || in->op == OP_SGDT || in->op == OP_SIDT))
		return 1;
	return in->op == OP_INT1;
}

static const char *
why_untested(const struct row *r)
{
	size_t i;
	if (!operations[r->op].done)
		return "undone";
	if (!strcmp(r->oprs, "far"))
		return "a far transfer between 32-bit code segments";
	for (i = 0; i < COUNTOF(untested); ++i)
		if (!strcmp(untested[i].name, r->name))
			return untested[i].why;
	return 0;
}

// --- random numbers -----------------------------------------------------------------

static u64 rng;

static u64
rnd(void)
{
	u64 z = rng += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static int
one_in(unsigned n)
{
	return rnd() % n == 0;
}

static u64
edge(void)
{
	static const u64 e[] = {
		0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
		0xfffffffffffffffe, 0xffffffffffffffff
	};
	switch (rnd() % 4) {
	case 0: return rnd();
	case 1: return rnd() >> (rnd() & 63);
	case 2: return e[rnd() % COUNTOF(e)];
	default: return (rnd() << 32) | (u32)e[rnd() % COUNTOF(e)];
	}
}

// Eight bytes that may be two floats, a double or part of a long double
static u64
vector_edge(void)
{
	static const u32 f[] = {
		0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc12345, 1,
		0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000, 0x5f000000, 0x3f000000, 0x3effffff, 0x4b000001, 0x3fc00000
	};
	static const u64 d[] = {
		0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
		0x7ff8000000000000, 0x7ff0000000000001, 0xfff8123456789abc, 1, 0x000fffffffffffff, 0x0010000000000000,
		0x7fefffffffffffff, 0x41e0000000000000, 0xc1e0000000000000, 0x43e0000000000000, 0x3fe0000000000000,
		0x4330000000000001, 0x3ff8000000000000, 0x47efffffe0000000, 0x3690000000000000
	};
	switch (rnd() % 6) {
	case 0: return rnd();
	case 1: return (u64)f[rnd() % COUNTOF(f)] << 32 | f[rnd() % COUNTOF(f)];
	case 2: return d[rnd() % COUNTOF(d)];
	case 3: return (rnd() & 0x800fffffffffffff) | (0x3f0 + rnd() % 32) << 52;
	case 4: return ((rnd() & 0x807fffff) | (0x78 + rnd() % 16) << 23) << 32 | ((rnd() & 0x807fffff) | (0x78 + rnd() % 16) << 23);
	default: return edge();
	}
}

// --- making a case --------------------------------------------------------------------

struct plan {
	int prefix;    // mandatory: 0, 0x66, 0xf2, 0xf3
	int np, nfx, rexw, vex, vexmap, vexpp, vexl, vexw;
	int bytes[4], nbytes, plus;
	int modrm, digit;  // ModRM byte is needed; its reg field or -1
};

static int
plan_row(struct plan *p, const struct row *r)
{
	char text[64], *w, *end;
	memset(p, 0, sizeof *p);
	p->digit = -1;
	p->vexw = p->vexl = -1;
	snprintf(text, sizeof text, "%s", r->enc);
	for (w = strtok_r(text, " ", &end); w; w = strtok_r(0, " ", &end)) {
		if (!strncmp(w, "EVEX.", 5))
			return -1;
		if (!strncmp(w, "VEX.", 4)) {
			char *part, *e2;
			p->vex = 1;
			for (part = strtok_r(w + 4, ".", &e2); part; part = strtok_r(0, ".", &e2)) {
				if (!strcmp(part, "0F")) p->vexmap = 1;
				else if (!strcmp(part, "0F38")) p->vexmap = 2;
				else if (!strcmp(part, "0F3A")) p->vexmap = 3;
				else if (!strcmp(part, "LZ") || !strcmp(part, "128") || !strcmp(part, "L0")) p->vexl = 0;
				else if (!strcmp(part, "256") || !strcmp(part, "L1")) p->vexl = 1;
				else if (!strcmp(part, "66")) p->vexpp = 1;
				else if (!strcmp(part, "F3")) p->vexpp = 2;
				else if (!strcmp(part, "F2")) p->vexpp = 3;
				else if (!strcmp(part, "W0")) p->vexw = 0;
				else if (!strcmp(part, "W1")) p->vexw = 1;
			}
		} else if (!strcmp(w, "NP")) {
			p->np = 1;
		} else if (!strcmp(w, "NFx")) {
			p->nfx = 1;
		} else if (!strcmp(w, "REX.W")) {
			p->rexw = 1;
		} else if (!strcmp(w, "/r")) {
			p->modrm = 1;
		} else if (w[0] == '/') {
			p->modrm = 1;
			p->digit = w[1] - '0';
		} else {
			int b = (int)strtol(w, 0, 16);
			char *plus = strchr(w, '+');
			if (!p->nbytes && !p->vex && !p->prefix && !plus && (b == 0x66 || b == 0xf2 || b == 0xf3)) {
				p->prefix = b;
			} else {
				p->bytes[p->nbytes++] = b;
				if (plus)
					p->plus = !strcmp(plus, "+cc") ? 16 : 8;
			}
		}
	}
	return 0;
}

static u8
byte_edge(void)
{
	static const u8 e[] = {0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 127, 128, 254, 255};
	return one_in(2) ? (u8)rnd() : e[rnd() & 15];
}

// The bytes of an instruction of this row; *modrm and *disp tell where those are.
static int
make_bytes(u8 *b, const struct plan *p, const struct row *r, enum isa_mode mode, int *modrm_at, int *disp_at)
{
	int n = 0, i, attrs = isa_attrs[r->op], mod, rm, modrm;
	int lock = (attrs & ISA_LOCKABLE) && one_in(4);
	*modrm_at = 0;
	if (lock)
		b[n++] = 0xf0;
	if ((attrs & ISA_STRING) && !one_in(3))
		b[n++] = one_in(2) ? 0xf2 : 0xf3;
	if (!p->prefix && !p->np && !p->vex && !strstr(r->flags, "F64") && one_in(3))
		b[n++] = 0x66;
	if (one_in(12))
		b[n++] = 0x67;
	if (one_in(12) && mode == MODE_64)
		b[n++] = one_in(2) ? 0x64 : 0x65;
	if (p->prefix)
		b[n++] = (u8)p->prefix;
	if (p->vex) {
		u8 w = p->vexw >= 0 ? (u8)p->vexw : (u8)(rnd() & 1);
		u8 l = p->vexl >= 0 ? (u8)p->vexl : (u8)(rnd() & 1);
		b[n++] = 0xc4;
		b[n++] = (u8)((mode == MODE_64 ? rnd() & 0xe0 : 0xe0) | (unsigned)p->vexmap);
		b[n++] = (u8)(w << 7 | (rnd() & 15) << 3 | l << 2 | (unsigned)p->vexpp);
	} else if (mode == MODE_64 && (p->rexw || one_in(2))) {
		b[n++] = (u8)(0x40 | (rnd() & 15) | (p->rexw ? 8u : 0u));
	}
	for (i = 0; i < p->nbytes; ++i)
		b[n++] = (u8)p->bytes[i];
	if (p->plus)
		b[n - 1] = (u8)(b[n - 1] + rnd() % (unsigned)p->plus);
	*disp_at = n;
	if (p->modrm) {
		mod = (one_in(2) && !lock) ? 3 : (int)(rnd() % 4);
		rm = (int)(rnd() & 7);
		modrm = mod << 6 | (p->digit >= 0 ? p->digit : (int)(rnd() & 7)) << 3 | rm;
		*modrm_at = n;
		b[n++] = (u8)modrm;
		if (mod != 3 && rm == 4)
			b[n++] = (u8)rnd();
		*disp_at = n;
	}
	while (n < 15)
		b[n++] = byte_edge();
	return n;
}

// An address for an operand of `size` bytes
static u64
place_operand(int size, int align)
{
	u64 small = rnd() % 64;
	switch (rnd() % 32) {
	case 0: case 1: return DATA + 0x1000 - small;
	case 2: return RO + (rnd() & 0xf00) + small;
	case 3: return RO - small;
	case 4: return RO + RO_SIZE - small;
	case 5: return one_in(2) ? DATA - small : RO + RO_SIZE + 0x100;
	case 6: return one_in(4) ? 0x800000000000 - small : DATA + 0x1000 - (u64)size / 2;
	default: return DATA + 0x400 + (rnd() & 0x17c0) + (align || one_in(2) ? 0 : small);
	}
}

static struct patch *
add_patch(struct test_case *t, u64 at)
{
	int i;
	for (i = 0; i < PATCHES - 1 && t->patch[i].n; ++i)
		;
	t->patch[i].at = at;
	t->patch[i].n = PATCH;
	return &t->patch[i];
}

static u16
selector(void)
{
	static const u16 s[] = {0, 1, 3, 0x2b, 0x2b, 0x33, 0x33, 0x2a, 0x28, 0x30, 0x10, 0x10, 0x40, 0x65, 0x80};
	return one_in(8) ? (u16)((rnd() & 0xffff) | 4) : s[rnd() % COUNTOF(s)];
}

static u64
landing(void)
{
	if (one_in(16))
		return edge();
	return CODE + 0x1040 + (rnd() & 0x7ff);  // the case itself may reach a little into this page
}

static int
named(const struct row *r, const char *names)
{
	size_t n = strlen(r->name);
	const char *p = names;
	while ((p = strstr(p, r->name))) {
		if ((p == names || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return 1;
		p += n;
	}
	return 0;
}

static void
random_fx(u8 *fx)
{
	int i;
	u32 fsw, fcw = 0x37f;
	memset(fx, 0, 512);
	if (one_in(2)) {
		static const u16 pc[] = {0, 2, 3, 3};
		fcw = 0x7fu | (u32)pc[rnd() & 3] << 8 | (u32)(rnd() & 3) << 10;
	}
	if (one_in(16))
		fcw = (fcw & ~0x3fu) | (u32)(rnd() & 0x3f);
	fsw = (u32)rnd() & 0x477f;
	if (fcw != 0x37f && (fsw & ~fcw & 0x3f) && one_in(2))
		fsw &= ~0x3fu;
	if (fsw & ~fcw & 0x3f)
		fsw |= 0x8080;
	fsw |= (u32)(rnd() & 7) << 11;
	st16(fx, (u16)fcw);
	st16(fx + 2, (u16)fsw);
	fx[4] = one_in(3) ? (u8)rnd() : one_in(4) ? 0 : 0xff;
	st32(fx + 24, 0x1f80u | (u32)(rnd() & 3) << 13 | (u32)(rnd() & 0x3f) | (one_in(6) ? 0x8000u : 0u) | (one_in(6) ? 0x40u : 0u));
	if (one_in(12))
		st32(fx + 24, ld32(fx + 24) & ~((u32)(rnd() & 0x3f) << 7));
	for (i = 0; i < 8; ++i) {
		static const u16 e[] = {0, 0x8000, 0x3fff, 0xbfff, 0x7fff, 0xffff, 1, 0x3ffe, 0x403e, 0x7ffe, 0x4000, 0xc01e};
		u64 m = vector_edge();
		u16 se = one_in(2) ? e[rnd() % COUNTOF(e)] : (u16)(0x3ff0 + rnd() % 80);
		if (se & 0x7fff && !one_in(8))
			m |= (u64)1 << 63;
		if (one_in(6))
			m = one_in(2) ? (u64)1 << 63 : (u64)3 << 62;
		if (one_in(8))
			m = 0, se &= 0x8000;
		st64(fx + 32 + 16 * i, m);
		st16(fx + 40 + 16 * i, se);
	}
	for (i = 0; i < 32; ++i)
		st64(fx + 160 + 8 * i, vector_edge());
}

// Writes a far pointer or a stack frame of `size`-byte slots.
static void
make_frame(u8 *b, int size)
{
	st64(b, landing());
	st64(b + size, 0x33);
	if (one_in(6))
		st16(b + size, selector());
	st64(b + 2 * size, (rnd() & 0x244fd5) | 0x202);
	st64(b + 3 * size, STACK + 0x100);
	st64(b + 4 * size, one_in(6) ? selector() : 0x2b);
}

// Flag setters: they write R8 to R15 only, never what t's address needs. Some
// of them are compares that a branch behind them is fused with.
static void
make_setter(struct test_case *t)
{
	static const u8 op[] = {0x01, 0x09, 0x11, 0x19, 0x21, 0x29, 0x31, 0x39, 0x39, 0x85, 0x85, 0xff, 0xff, 0xf7, 0xc1, 0xd1};
	unsigned k = (unsigned)(rnd() % COUNTOF(op)), dst = 8 + (unsigned)(rnd() & 7), size = (unsigned)(rnd() & 3), reg;
	u8 *b = t->setter;
	int n = 0, form = (int)(rnd() % 8), test = one_in(3);
	if (dst == t->in.base || dst == t->in.index || isa_attrs[t->in.op] & ISA_STRING)
		k = 7;
	if (size == 1)
		b[n++] = 0x66;
	b[n++] = (u8)((form < 4 ? 0x41 : 0x44) | (size == 3 ? 8 : 0));
	switch (form) {
	case 0:
	case 1:
	case 2:
		reg = k == 11 ? 0 : k == 12 ? 1 : k == 13 ? 3 : k == 14 ? 4 + (unsigned)(rnd() & 1) : k == 15 ? 4 : (unsigned)(rnd() & 7);
		b[n++] = (u8)(op[k] - (size == 0));
		b[n++] = (u8)(0xc0 | reg << 3 | (dst & 7));
		if (k == 14)
			b[n++] = (u8)(1 + rnd() % 7);
		break;
	case 3:  // CMP or TEST with an immediate
		b[n++] = (u8)((test ? 0xf7 : 0x81) - (size == 0));
		b[n++] = (u8)(0xc0 | (test ? 0 : 7) << 3 | (dst & 7));
		st32(b + n, (u32)edge());
		n += size == 0 ? 1 : size == 1 ? 2 : 4;
		break;
	default:  // with memory at an absolute address
		b[n++] = (u8)((form < 6 ? test ? 0x85 : 0x39 + 2 * (form & 1) : test ? 0xf7 : 0x83) - (size == 0 ? form < 6 ? 1 : test : 0));
		if (form >= 6 && size == 0 && !test)
			b[n - 1] = 0x80;
		b[n++] = (u8)(0x04 | (form < 6 ? (dst & 7) << 3 : test ? 0 : 7 << 3));
		b[n++] = 0x25;
		st32(b + n, DATA + (u32)(rnd() & 0x1ff0));
		n += 4;
		if (form >= 6) {
			st32(b + n, (u32)edge());
			n += !test || size == 0 ? 1 : size == 1 ? 2 : 4;
		}
	}
	t->pre = n;
}

static int
make_case(struct test_case *t, int rowno, u64 number)
{
	const struct row *r = &rows[rowno];
	struct plan plan;
	int modrm_at = 0, disp_at = 0, i, n, tries, attrs = isa_attrs[r->op], memopr = -1, prefixes;
	u64 target = 0;
	rng = number * 0x2545f4914f6cdd1du + 12345;
	memset(t, 0, sizeof *t);
	t->row = rowno;
	t->number = number;
	if (plan_row(&plan, r))
		return -1;
	t->mode = MODE_64;
	if (strstr(r->flags, "I64") || (one_in(6) && !named(r, "jmpf callf retf iret sgdt sidt sldt str smsw int1")))
		t->mode = MODE_32;
	for (tries = 0;; ++tries) {
		if (tries == 200)
			return -1;
		make_bytes(t->code, &plan, r, t->mode, &modrm_at, &disp_at);
		n = isa_decode(&t->in, t->code, 15, t->mode);
		if (n > 0 && t->in.op == r->op)
			break;
	}
	t->len = n;
	t->pc = one_in(8) ? CODE + 0x1000 - rnd() % (u64)n : CODE + 0x800 + (rnd() & 0xff);
	if (t->mode == MODE_64 && one_in(2)) {
		make_setter(t);
		t->pc += (u64)t->pre;
	}
	for (i = 0; i < 16; ++i)
		t->r[i] = edge();
	if (t->pre && one_in(3)) {
		u8 m = t->setter[t->setter[0] == 0x66 ? 3 : 2];
		if (m >= 0xc0)
			t->r[8 + (m & 7)] = t->r[m >> 3 & 7];
	}
	t->flags = (u32)(rnd() & FLAGS_ARITH) | 0x202 | (one_in(3) ? (u32)FLAG_DF : 0u);
	t->base[0] = (rnd() & 0xf) << 12;
	t->base[1] = rnd() & 0xffffff;
	random_fx(t->fx);
	t->r[GPR_SP] = STACK + 0x600 + (rnd() & 0x1f8);
	if (attrs & ISA_STACK || named(r, "leave enter retf iret")) {
		if (one_in(8))
			t->r[GPR_SP] = STACK + (one_in(2) ? 0 : STACK_SIZE) + (rnd() & 31) - 16;
		else if (one_in(4))
			t->r[GPR_SP] += rnd() & 7;
		t->r[GPR_BP] = one_in(6) ? STACK + (rnd() & 31) : STACK + 0x800 + (rnd() & 0x1ff);
	}
	if (named(r, "ret retf iret popf pop_sreg pop")) {
		struct patch *p = add_patch(t, t->r[GPR_SP]);
		for (i = 0; i < PATCH; i += 8)
			st64(p->b + i, edge());
		if (named(r, "pop_sreg"))
			st16(p->b, selector());
		else if (one_in(8))
			;
		else if (named(r, "popf"))
			st32(p->b, (u32)rnd() & ~(u32)FLAG_TF);
		else if (!named(r, "pop"))
			make_frame(p->b, t->in.osize);
		if (named(r, "retf iret") && (ld16(p->b + t->in.osize) & ~3) == 0x20)
			st16(p->b + t->in.osize, 0x33);  // not into 32-bit code
	}
	for (i = 0; i < t->in.nopr; ++i)
		if (t->in.opr[i].kind == OPR_MEM)
			memopr = i;
	if (attrs & ISA_STRING) {
		int k = one_in(6) ? 4000 : one_in(3) ? 200 : 20;
		int s = t->in.opr[0].size;
		u64 far = t->flags & FLAG_DF ? RO - 64 : DATA;
		t->r[GPR_SI] = one_in(3) ? place_operand(s, 0) : far + rnd() % 0xf00 * (t->flags & FLAG_DF ? (u64)-1 : 1);
		t->r[GPR_DI] = one_in(3) ? place_operand(s, 0) : one_in(3) ? t->r[GPR_SI] + rnd() % 40 - 20 : DATA + 0x1000 + rnd() % 0x800 - 0x400;
		t->r[GPR_CX] = rnd() % (unsigned)k;
		if (t->in.seg == SEG_FS || t->in.seg == SEG_GS)
			t->r[GPR_SI] -= t->base[t->in.seg - SEG_FS];
		if (t->in.asize == 4 && t->mode == MODE_64) {
			t->r[GPR_SI] = (u32)t->r[GPR_SI] | rnd() << 32;
			t->r[GPR_DI] = (u32)t->r[GPR_DI] | rnd() << 32;
			t->r[GPR_CX] |= rnd() << 32;
		}
		if (named(r, "scas cmps")) {
			// runs of equal elements
			struct patch *p = add_patch(t, t->r[GPR_DI] & 0xffffffff), *q = add_patch(t, t->r[GPR_SI] & 0xffffffff);
			memset(p->b, (int)(rnd() & 1), PATCH);
			memcpy(q->b, p->b, PATCH);
			if (one_in(2))
				p->b[rnd() % PATCH] ^= 1;
			if (named(r, "scas") && one_in(2))
				t->r[GPR_AX] = one_in(2) ? 0 : 0x0101010101010101;
		}
	} else if (named(r, "xlat")) {
		target = place_operand(1, 0);
		t->r[GPR_BX] = target - (t->r[GPR_AX] & 0xff);
		if (t->in.seg == SEG_FS || t->in.seg == SEG_GS)
			t->r[GPR_BX] -= t->base[t->in.seg - SEG_FS];
	} else if (named(r, "maskmovdqu maskmovq")) {
		t->r[GPR_DI] = place_operand(16, 0);
		if (t->in.seg == SEG_FS || t->in.seg == SEG_GS)
			t->r[GPR_DI] -= t->base[t->in.seg - SEG_FS];
	} else if (memopr >= 0) {
		int size = t->in.opr[memopr].size;
		u64 want, index = 0;
		struct patch *p;
		if (named(r, "fxsave fxrstor"))
			size = 512;
		do
			target = place_operand(size, size >= 16);
		while (t->in.asize < 8 && target >> 32);
		if (named(r, "fxsave"))
			t->mxcsr_mask = target + 30;
		p = add_patch(t, target);
		for (i = 0; i < PATCH; i += 8)
			st64(p->b + i, size >= 4 && one_in(2) ? vector_edge() : edge());
		if (size == 10 && one_in(2)) {
			memcpy(p->b, t->fx + 32 + 16 * (rnd() & 7), 10);
		} else if (one_in(3)) {
			int half = size == 16 ? 8 : 4;
			st64(p->b, t->r[GPR_AX]);
			if (named(r, "cmpxchg8b cmpxchg16b"))
				memcpy(p->b + half, &t->r[GPR_DX], (size_t)half);
		}
		if (named(r, "ldmxcsr"))
			p->b[2] &= (u8)~2;
		if (named(r, "fxrstor"))
			p->b[26] &= (u8)~2;
		if (named(r, "jmp call"))
			st64(p->b, landing());
		if (named(r, "jmpf callf"))
			make_frame(p->b, t->in.osize == 2 ? 2 : t->in.osize == 8 && one_in(2) ? 8 : 4);
		if (named(r, "lss lfs lgs"))
			st16(p->b + (one_in(2) ? 4 : t->in.osize), selector());
		if (named(r, "mov_sreg lar lsl verr verw lldt ltr"))
			st16(p->b, selector());
		want = target - (u64)t->in.disp;
		if (t->in.seg == SEG_FS || t->in.seg == SEG_GS)
			want -= t->base[t->in.seg - SEG_FS];
		if (t->in.base == GPR_RIP || (t->in.base == GPR_NONE && t->in.index == GPR_NONE)) {
			u64 d = want + (u64)t->in.disp;
			if (t->in.base == GPR_RIP)
				d -= t->pc + (u64)t->len;
			if (t->in.displen == 4)
				st32(t->code + disp_at, (u32)d);
			else if (t->in.displen == 8)
				st64(t->code + disp_at, d);
		} else {
			if (t->in.index != GPR_NONE && t->in.index == t->in.base) {
				t->r[t->in.base] = want / ((u64)1 + ((u64)1 << t->in.scale));
			} else {
				if (t->in.index != GPR_NONE)
					index = t->r[t->in.index];
				if (t->in.base != GPR_NONE)
					t->r[t->in.base] = want - (index << t->in.scale);
				else
					t->r[t->in.index] = (u64)((i64)want >> t->in.scale);
			}
			if (t->in.asize == 4 && t->mode == MODE_64 && t->in.base != GPR_NONE && t->in.base != t->in.index)
				t->r[t->in.base] = (u32)t->r[t->in.base] | rnd() << 32;
		}
		// Bit offsets that stay near
		if (named(r, "bt bts btr btc") && t->in.opr[1].kind == OPR_GPR && t->in.opr[1].reg != t->in.base && t->in.opr[1].reg != t->in.index)
			t->r[t->in.opr[1].reg] = one_in(4) ? edge() : (rnd() & 0x3fff) - 0x2000;
	} else if (named(r, "jmp call") && t->in.opr[0].kind == OPR_GPR) {
		t->r[t->in.opr[0].reg] = landing();
	}
	if (named(r, "mov_sreg lar lsl verr verw") && t->in.nopr) {
		const struct isa_operand *o = &t->in.opr[t->in.nopr - 1];
		if (o->kind == OPR_GPR)
			t->r[o->reg] = (t->r[o->reg] & ~(u64)0xffff) | selector();
	}
	if (named(r, "div idiv") && t->in.base != GPR_DX && t->in.index != GPR_DX && t->in.base != GPR_AX && t->in.index != GPR_AX && !one_in(4)) {
		t->r[GPR_DX] = one_in(2) ? (u64)((i64)t->r[GPR_AX] >> 63) : rnd() % 4;
		if (t->in.opr[0].size == 1)
			t->r[GPR_AX] = (u64)(i64)(i16)(rnd() % 0x1000 - 0x800);
	}
	if (named(r, "loop loope loopne jcxz"))
		t->r[GPR_CX] = (one_in(2) ? rnd() << 32 : 0) | rnd() % 3;
	if (named(r, "wrfsbase wrgsbase") && !one_in(3))
		t->r[t->in.opr[0].reg] &= 0x7fffffffffff;
	// A relative branch must not lead into itself.
	if (t->in.nopr && t->in.opr[0].kind == OPR_REL) {
		i64 d = t->in.immlen == 1 ? (i64)(i8)(rnd() & 0x7f) : (i64)(rnd() & 0x3ff);
		if (one_in(3))
			d = -32 - (i64)(rnd() & 0x3f);
		memcpy(t->code + t->len - t->in.immlen, &d, t->in.immlen);
	}
	prefixes = isa_decode(&t->in, t->code, 15, t->mode);
	if (prefixes != t->len || t->in.op != r->op || accepted(&t->in))
		return -1;
	if (named(r, "int") && (u8)t->in.imm == 0x80)
		return -1;
	t->traced = (attrs & ISA_BRANCH) && !named(r, "int int1 int3 into");
	if (t->mode != MODE_64)
		for (i = 0; i < 16; ++i)
			t->r[i] = (u32)t->r[i];
	memset(t->code + t->len, 0xcc, (size_t)(16 - t->len));
	return 0;
}

// --- memory ----------------------------------------------------------------------------

static u8 *image;  // what DATA, RO and STACK hold at the start of every case

static void
make_image(void)
{
	int i;
	rng = 42;
	image = (u8 *)malloc(IMAGE);
	for (i = 0; i < IMAGE; i += 8)
		st64(image + i, one_in(4) ? vector_edge() : edge());
}

// The part of a patch that lies within [lo, hi): its start, or 0
static u64
clip(const struct patch *p, u64 lo, u64 hi, u64 *end)
{
	u64 a = max_u64(p->at, lo), z = min_u64(p->at + (u64)p->n, hi);
	*end = z;
	return p->n && a < z ? a : 0;
}

// The image with the patches of t, RW parts only
static void
fill_image(u8 *m, const struct test_case *t)
{
	int i;
	u64 a, z;
	memcpy(m, image, IMAGE);
	for (i = 0; i < PATCHES; ++i) {
		const struct patch *p = &t->patch[i];
		if ((a = clip(p, DATA, DATA + DATA_SIZE, &z)))
			memcpy(m + (a - DATA), p->b + (a - p->at), (size_t)(z - a));
		if ((a = clip(p, STACK, STACK + STACK_SIZE, &z)))
			memcpy(m + DATA_SIZE + RO_SIZE + (a - STACK), p->b + (a - p->at), (size_t)(z - a));
	}
}

// --- native ------------------------------------------------------------------------------

struct shared {
	volatile int count, now;
	struct test_case cases[BATCH];
	struct outcome outcomes[BATCH];
};
static struct shared *shared;
static int to_child[2], to_parent[2];
static pid_t child;

#if defined(__has_attribute)
#if __has_attribute(no_stack_protector)
#define NATIVE __attribute__((noinline, no_stack_protector))
#endif
#endif
#ifndef NATIVE
#define NATIVE __attribute__((noinline))
#endif
static u64 own_fs;
static volatile int busy, passed;
static gregset_t idle_regs;
static u8 idle_fx[512];
static u8 *native_mem;
static u8 *native_code, *code_view;  // two views of the same pages: to run and to write
static int code_fd;

static inline long
raw_prctl(long code, unsigned long x)
{
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "0"((long)SYS_arch_prctl), "D"(code), "S"(x) : "rcx", "r11", "memory");
	return r;
}
enum { SET_GS = 0x1001, SET_FS = 0x1002, GET_FS = 0x1003, GET_GS = 0x1004 };

static void
native_load(ucontext_t *u, const struct test_case *t)
{
	static const u8 order[16] = {13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7};
	int i;
	u8 *fp = (u8 *)u->uc_mcontext.fpregs;
	memset(code_view + 0x7e0, 0xcc, 0x860);
	memcpy(code_view + (t->pc - CODE), t->code, (size_t)t->len);
	memcpy(code_view + (t->pc - CODE) - t->pre, t->setter, (size_t)t->pre);
	fill_image(native_mem, t);
	memcpy((void *)(uintptr_t)DATA, native_mem, DATA_SIZE);
	memcpy((void *)(uintptr_t)STACK, native_mem + DATA_SIZE + RO_SIZE, STACK_SIZE);
	for (i = 0; i < 16; ++i)
		u->uc_mcontext.gregs[order[i]] = (greg_t)t->r[i];
	u->uc_mcontext.gregs[UC_RIP] = (greg_t)(t->pc - (u64)t->pre);
	u->uc_mcontext.gregs[UC_EFL] = (greg_t)(t->flags | (t->traced ? (u32)FLAG_TF : 0u));
	u->uc_mcontext.gregs[UC_CSGSFS] = (t->mode == MODE_64 ? 0x33 : 0x23) | (greg_t)0x2b << 48;
	memcpy(fp, t->fx, FX_MASK);
	memcpy(fp + 32, t->fx + 32, FX_TESTED - 32);
	fp[512] |= 3;
	__asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %1, %%fs\n\tmov %1, %%gs"
	                 : : "r"(t->mode == MODE_64 ? 0 : 0x2b), "r"(0));
	raw_prctl(SET_GS, t->base[1]);
	raw_prctl(SET_FS, t->base[0]);
}

static void
native_save(struct outcome *o, const struct test_case *t, const ucontext_t *u, int code, u64 fs, u64 gs)
{
	static const u8 order[16] = {13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7};
	const greg_t *g = u->uc_mcontext.gregs;
	int i;
	o->trap = (int)g[UC_TRAPNO];
	o->error = (u32)g[UC_ERR];
	o->cr2 = o->trap == VEC_PF ? (u64)g[UC_CR2] : 0;
	o->rip = (u64)g[UC_RIP];
	o->flags = (u32)g[UC_EFL];
	if (t->traced && o->trap == VEC_DB) {
		o->trap = -1;
	} else if (o->trap == VEC_BP && t->in.op != OP_INT3 && t->in.op != OP_INT) {
		o->trap = -1;
		o->rip--;
	}
	for (i = 0; i < 16; ++i)
		o->r[i] = (u64)g[order[i]];
	o->base[0] = fs;
	o->base[1] = gs;
	o->sel[SEG_CS] = (u16)g[UC_CSGSFS];
	o->sel[SEG_SS] = (u16)((u64)g[UC_CSGSFS] >> 48);
	memcpy(o->fx, u->uc_mcontext.fpregs, 512);
	memcpy(o->mem, (void *)(uintptr_t)DATA, DATA_SIZE + RO_SIZE);
	memcpy(o->mem + DATA_SIZE + RO_SIZE, (void *)(uintptr_t)STACK, STACK_SIZE);
	(void)code;
}

static NATIVE void
native_signal(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *u = (ucontext_t *)ctx;
	u64 fs = 0, gs = 0;
	u16 sel[4];
	__asm__ volatile("pushfq\n\tandl $~0x244000, (%%rsp)\n\tpopfq\n\t"
	                 "mov %%ds, %0\n\tmov %%es, %1\n\tmov %%fs, %2\n\tmov %%gs, %3"
	                 : "=r"(sel[0]), "=r"(sel[1]), "=r"(sel[2]), "=r"(sel[3]) : : "memory", "cc");
	if (!busy) {
		if (sig != SIGTRAP)
			_exit(3);
		busy = 1;
		memcpy(&idle_regs, &u->uc_mcontext.gregs, sizeof idle_regs);
		memcpy(idle_fx, u->uc_mcontext.fpregs, FX_TESTED);
		shared->now = 0;
	} else if (shared->cases[shared->now].traced && u->uc_mcontext.gregs[UC_TRAPNO] == VEC_DB &&
	           (u64)u->uc_mcontext.gregs[UC_RIP] == shared->cases[shared->now].pc && shared->cases[shared->now].pre && !passed) {
		passed = 1;  // the setter is done
		return;
	} else {
		struct outcome *o = &shared->outcomes[shared->now];
		raw_prctl(GET_FS, (unsigned long)&fs);
		raw_prctl(SET_FS, own_fs);
		raw_prctl(GET_GS, (unsigned long)&gs);
		native_save(o, &shared->cases[shared->now], u, info->si_code, fs, gs);
		o->sel[SEG_DS] = sel[0];
		o->sel[SEG_ES] = sel[1];
		o->sel[SEG_FS] = sel[2];
		o->sel[SEG_GS] = sel[3];
		++shared->now;
	}
	passed = 0;
	if (shared->now < shared->count) {
		native_load(u, &shared->cases[shared->now]);
	} else {
		memcpy(&u->uc_mcontext.gregs, &idle_regs, sizeof idle_regs);
		memcpy(u->uc_mcontext.fpregs, idle_fx, FX_TESTED);
		__asm__ volatile("mov %0, %%fs\n\tmov %0, %%gs" : : "r"(0));
		raw_prctl(SET_FS, own_fs);
		busy = 0;
	}
}

static void *
map_at(u64 at, size_t n, int prot)
{
	void *p = mmap((void *)(uintptr_t)at, n, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED) {
		perror("diff: mmap");
		exit(1);
	}
	return p;
}

static void
native_child(void)
{
	static const int sigs[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
	struct sigaction sa;
	stack_t ss;
	size_t i;
	char c;
	native_code = (u8 *)mmap((void *)(uintptr_t)CODE, CODE_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE, code_fd, 0);
	code_view = (u8 *)mmap(0, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, code_fd, 0);
	if (native_code == MAP_FAILED || code_view == MAP_FAILED)
		_exit(4);
	map_at(DATA, DATA_SIZE, PROT_READ | PROT_WRITE);
	map_at(RO, RO_SIZE, PROT_READ | PROT_WRITE);
	map_at(STACK, STACK_SIZE, PROT_READ | PROT_WRITE);
	memset(code_view, 0xcc, CODE_SIZE);
	memcpy((void *)(uintptr_t)RO, image + DATA_SIZE, RO_SIZE);
	mprotect((void *)(uintptr_t)RO, RO_SIZE, PROT_READ);
	native_mem = (u8 *)malloc(IMAGE);
	memset(&ss, 0, sizeof ss);
	ss.ss_size = 256 << 10;
	ss.ss_sp = malloc(ss.ss_size);
	sigaltstack(&ss, 0);
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = native_signal;
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	for (i = 0; i < COUNTOF(sigs); ++i)
		sigaction(sigs[i], &sa, 0);
	raw_prctl(GET_FS, (unsigned long)&own_fs);
	while (read(to_child[0], &c, 1) == 1) {
		__asm__ volatile("int3" : : : "memory");
		if (write(to_parent[1], &c, 1) != 1)
			break;
	}
	_exit(0);
}

static void
start_child(void)
{
	if (child) {
		close(to_child[1]);
		close(to_parent[0]);
	}
	if (pipe(to_child) || pipe(to_parent) || (child = fork()) < 0) {
		perror("diff");
		exit(1);
	}
	if (!child) {
		close(to_child[1]);
		close(to_parent[0]);
		native_child();
	}
	close(to_child[0]);
	close(to_parent[1]);
}

// --- the interpreter -------------------------------------------------------------------------

enum { ENGINES = 3 };
static const char *const engine_names[] = {"step, linear", "run, linear", "run, paged"};
struct machine { struct mem *mem; struct codecache *code; struct cpu *cpu; };
static struct machine machines[2];

static void
unclaimed_fault(int sig, siginfo_t *info, void *ctx)
{
	static const char msg[] = "diff: host fault outside the guest\n";
	if (write(2, msg, sizeof msg - 1)) {}
	signal(sig, SIG_DFL);
}

static void
start_machine(struct machine *m, int paged)
{
	u8 fill[CODE_SIZE];
	int anon = VMA_ANON | VMA_FIXED;
	memset(fill, 0xcc, sizeof fill);
	m->mem = mem_new(paged);
	m->code = codecache_new(m->mem);
	m->cpu = cpu_new(m->mem, m->code);
	if (mem_map(m->mem, CODE, CODE_SIZE, MEM_R | MEM_X, anon, -1, 0, 0) < 0 ||
	    mem_map(m->mem, DATA, DATA_SIZE, MEM_R | MEM_W, anon, -1, 0, 0) < 0 ||
	    mem_map(m->mem, RO, RO_SIZE, MEM_R, anon, -1, 0, 0) < 0 ||
	    mem_map(m->mem, STACK, STACK_SIZE, MEM_R | MEM_W, anon, -1, 0, 0) < 0 ||
	    mem_poke(m->mem, CODE, fill, CODE_SIZE) || mem_poke(m->mem, RO, image + DATA_SIZE, RO_SIZE)) {
		fprintf(stderr, "diff: cannot map guest memory\n");
		exit(1);
	}
}

static void
emulate(struct outcome *o, const struct test_case *t, int engine, u8 *before)
{
	struct machine *m = &machines[engine == 2];
	struct cpu *c = m->cpu;
	enum stop stop;
	int i, limit = 0;
	u8 filler[16];
	mem_write(m->mem, DATA, before, DATA_SIZE);
	mem_write(m->mem, STACK, before + DATA_SIZE + RO_SIZE, STACK_SIZE);
	mem_poke(m->mem, t->pc, t->code, (size_t)t->len);
	mem_poke(m->mem, t->pc - (u64)t->pre, t->setter, (size_t)t->pre);
	cpu_invalidate(m->code, CODE, CODE + CODE_SIZE);
	for (i = 0; i < 16; ++i)
		c->r[i] = t->r[i];
	c->r[GPR_EA] = 0xdead;
	c->pc = t->pc - (u64)t->pre;
	cpu_set_flags(c, t->flags);
	memset(c->segbase, 0, sizeof c->segbase);
	memset(c->sel, 0, sizeof c->sel);
	c->segbase[SEG_FS] = t->base[0];
	c->segbase[SEG_GS] = t->base[1];
	c->mode = (u8)t->mode;
	c->sel[SEG_CS] = t->mode == MODE_64 ? 0x33 : 0x23;
	c->sel[SEG_SS] = 0x2b;
	if (t->mode != MODE_64)
		c->sel[SEG_DS] = c->sel[SEG_ES] = 0x2b;
	c->cr2 = 0;
	c->error = 0;
	cpu_from_fxsave(c, t->fx);
	if (!engine && t->pre)
		cpu_step(c);
	do {
		stop = engine ? cpu_run(c) : cpu_step(c);
	} while (stop == STOP_ATTENTION && ++limit < 100000 && (engine || ((isa_attrs[t->in.op] & ISA_STRING) && c->pc == t->pc)));
	memset(o, 0, offsetof(struct outcome, fx));
	o->rip = c->pc;
	o->trap = -1;
	switch (stop) {
	case STOP_ATTENTION:
		break;
	case STOP_INT:
		o->trap = c->vector;
		if (c->vector == VEC_BP && (engine && t->in.op != OP_INT3 && t->in.op != OP_INT)) {
			o->trap = -1;
			o->rip--;
		}
		break;
	case STOP_FAULT:
		o->trap = c->vector;
		o->error = c->error;
		o->cr2 = c->vector == VEC_PF ? c->cr2 : 0;
		if (c->vector == VEC_PF && (c->error & PF_FETCH))
			o->trap = -1;
		break;
	case STOP_SYSCALL:
		o->trap = 1000;
		break;
	case STOP_HALT:
		o->trap = 1001;
		break;
	}
	for (i = 0; i < 16; ++i)
		o->r[i] = c->r[i];
	o->flags = cpu_get_flags(c);
	o->base[0] = c->segbase[SEG_FS];
	o->base[1] = c->segbase[SEG_GS];
	memcpy(o->sel, c->sel, sizeof o->sel);
	cpu_to_fxsave(c, o->fx);
	memset(o->mem, 0, sizeof o->mem);
	if (mem_read(m->mem, o->mem, DATA, DATA_SIZE + RO_SIZE) || mem_read(m->mem, o->mem + DATA_SIZE + RO_SIZE, STACK, STACK_SIZE))
		fprintf(stderr, "diff: cannot read guest memory\n");
	memset(filler, 0xcc, sizeof filler);
	mem_poke(m->mem, t->pc, filler, (size_t)t->len);
	mem_poke(m->mem, t->pc - (u64)t->pre, filler, (size_t)t->pre);
}

// --- comparison -------------------------------------------------------------------------------

static const char *const reg_names[] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
};

static void
flag_text(char *s, u32 f)
{
	static const u32 bit[] = {FLAG_OF, FLAG_DF, FLAG_SF, FLAG_ZF, FLAG_AF, FLAG_PF, FLAG_CF, FLAG_NT, FLAG_AC, FLAG_ID};
	static const char name[] = "ODSZAPCNaI";
	size_t i;
	for (i = 0; i < COUNTOF(bit); ++i)
		s[i] = f & bit[i] ? name[i] : '-';
	s[i] = 0;
}

static u64
mem_address(size_t i)
{
	return i < DATA_SIZE + RO_SIZE ? DATA + i : STACK + (i - DATA_SIZE - RO_SIZE);
}

// Prints differences (if say), returns whether there are any.
static int
differ(const struct outcome *n, const struct outcome *e, const u8 *before, const struct test_case *t, int say)
{
	int i, bad = 0;
	size_t j;
	u32 mask = FLAGS_TESTED;
	char a[16], b[16];
#define DIFFER(...) do { bad = 1; if (!say) return 1; printf(__VA_ARGS__); } while (0)
	if (ld32(n->fx + 24) & 0x20000)
		return 0;  // AMD's bit of MXCSR was loaded
	if (say && n->trap >= 0)
		printf("    native trap %d error %x cr2 %llx rip %llx\n", n->trap, n->error, (unsigned long long)n->cr2, (unsigned long long)n->rip);
	if (n->trap != e->trap)
		DIFFER("    trap native %d blink %d (-1: none)\n", n->trap, e->trap);
	if (n->rip != e->rip)
		DIFFER("    rip native %llx blink %llx\n", (unsigned long long)n->rip, (unsigned long long)e->rip);
	if (n->trap >= 0 && n->trap == e->trap) {
		if (n->error != e->error)
			DIFFER("    error native %x blink %x\n", n->error, e->error);
		if (n->cr2 != e->cr2 && t->in.op != OP_CMPS)
			DIFFER("    cr2 native %llx blink %llx\n", (unsigned long long)n->cr2, (unsigned long long)e->cr2);
	}
	for (i = 0; i < 16; ++i)
		if (n->r[i] != e->r[i])
			DIFFER("    %s native %llx blink %llx\n", reg_names[i], (unsigned long long)n->r[i], (unsigned long long)e->r[i]);
	for (i = 0; i < 6; ++i)
		if (n->sel[i] != e->sel[i] && (i == SEG_CS || i == SEG_SS || (n->sel[i] | e->sel[i]) > 3))
			DIFFER("    segment %c native %x blink %x\n", "ecsdfg"[i], n->sel[i], e->sel[i]);
	for (i = 0; i < 2; ++i)
		if (n->base[i] != e->base[i])
			DIFFER("    %cs base native %llx blink %llx\n", "fg"[i], (unsigned long long)n->base[i], (unsigned long long)e->base[i]);
	if ((n->flags ^ e->flags) & mask) {
		flag_text(a, n->flags);
		flag_text(b, e->flags);
		DIFFER("    flags native %s blink %s\n", a, b);
	}
	for (i = 0; i < (t->mode == MODE_64 ? FX_TESTED : FX_TESTED - 128); i += i == 24 ? 8 : i < 24 ? (i < 4 || i == 6 ? 2 : i == 4 ? 2 : 8) : 16) {
		int k = i == 24 ? 4 : i < 24 ? (i < 8 ? 2 : 8) : 16;
		if (i == 4)
			k = 1;
		if (memcmp(n->fx + i, e->fx + i, (size_t)k)) {
			static const char *const low[] = {"fcw", "fsw", "ftw", "fop", "fip", 0, 0, 0, "fdp", 0, 0, 0, "mxcsr"};
			char name[16];
			if (i < 32)
				snprintf(name, sizeof name, "%s", low[i / 2]);
			else if (i < 160)
				snprintf(name, sizeof name, "st%d", (i - 32) / 16);
			else
				snprintf(name, sizeof name, "xmm%d", (i - 160) / 16);
			bad = 1;
			if (!say)
				return 1;
			printf("    %s native", name);
			for (int x = k; x--;)
				printf("%s%02x", x % 8 == 7 ? " " : "", n->fx[i + x]);
			printf(" blink");
			for (int x = k; x--;)
				printf("%s%02x", x % 8 == 7 ? " " : "", e->fx[i + x]);
			printf("\n");
		}
	}
	for (j = 0, i = 0; j < IMAGE && i < 12; ++j)
		if (n->mem[j] != e->mem[j] && mem_address(j) != t->mxcsr_mask) {
			DIFFER("    byte at %llx was %02x native %02x blink %02x\n", (unsigned long long)mem_address(j), before[j], n->mem[j], e->mem[j]);
			++i;
		}
	return bad;
}

static void
print_case(const struct test_case *t, const char *engine)
{
	char text[128], f[16];
	int i;
	isa_format(text, sizeof text, &t->in, t->pc);
	flag_text(f, t->flags);
	if (t->pre) {
		struct insn in;
		isa_decode(&in, t->setter, sizeof t->setter, MODE_64);
		isa_format(text, sizeof text, &in, 0);
		printf("after %s:\n", text);
		isa_format(text, sizeof text, &t->in, t->pc);
	}
	printf("%s \"%s\" (%s): ", rows[t->row].name, rows[t->row].enc, engine);
	for (i = 0; i < t->len; ++i)
		printf("%02x ", t->code[i]);
	printf("  %s%s\n  at %llx, flags %s, repeat with -r %s -k %llu\n ", text, t->mode == MODE_64 ? "" : " (32-bit code)", (unsigned long long)t->pc, f, rows[t->row].name,
	       (unsigned long long)t->number);
	for (i = 0; i < 16; ++i)
		printf(" %s=%llx%s", reg_names[i], (unsigned long long)t->r[i], i == 7 ? "\n " : "");
	printf("\n");
	for (i = 0; i < PATCHES; ++i)
		if (t->patch[i].n) {
			printf("  at %llx:", (unsigned long long)t->patch[i].at);
			for (int j = 0; j < 16; ++j)
				printf(" %02x", t->patch[i].b[j]);
			printf("\n");
		}
}

static void
print_vectors(const struct test_case *t)
{
	int i, j, x87 = 0;
	for (i = 0; i < t->in.nopr; ++i) {
		const struct isa_operand *o = &t->in.opr[i];
		if (o->kind == OPR_XMM) {
			printf("  xmm%d =", o->reg);
			for (j = 16; j--;)
				printf("%s%02x", j == 7 ? " " : "", t->fx[160 + 16 * o->reg + j]);
			printf(", mxcsr %x\n", ld32(t->fx + 24));
		} else if (o->kind == OPR_MM) {
			printf("  mm%d = %016llx\n", o->reg, (unsigned long long)ld64(t->fx + 32 + 16 * ((o->reg - (ld16(t->fx + 2) >> 11 & 7)) & 7)));
		}
		x87 |= o->kind == OPR_ST;
	}
	if (x87 || rows[t->row].name[0] == 'f') {
		printf("  fcw %x fsw %x ftw %02x mxcsr %x", ld16(t->fx), ld16(t->fx + 2), t->fx[4], ld32(t->fx + 24));
		for (i = 0; i < 8; ++i)
			printf("%s st%d=%04x:%016llx", i % 4 ? "" : "\n ", i, ld16(t->fx + 40 + 16 * i), (unsigned long long)ld64(t->fx + 32 + 16 * i));
		printf("\n");
	}
}

// --- the whole ----------------------------------------------------------------------------------

static u64 total, failed;
static int fail_limit = 2;

static void
run_batch(int n)
{
	static u8 before[IMAGE];
	static struct outcome e;
	char c = 0;
	int i, engine;
	shared->count = n;
	shared->now = 0;
	if (write(to_child[1], &c, 1) != 1 || read(to_parent[0], &c, 1) != 1) {
		int status = 0;
		waitpid(child, &status, 0);
		printf("the native child died (status %x) of:\n", status);
		print_case(&shared->cases[shared->now < n ? shared->now : n - 1], "native");
		++failed;
		++rows[shared->cases[shared->now < n ? shared->now : n - 1].row].failures;
		start_child();
		return;
	}
	for (i = 0; i < n; ++i) {
		struct test_case *t = &shared->cases[i];
		struct row *r = &rows[t->row];
		++total;
		++r->cases;
		fill_image(before, t);
		for (engine = 0; engine < ENGINES; ++engine) {
			emulate(&e, t, engine, before);
			if (differ(&shared->outcomes[i], &e, before, t, 0)) {
				++failed;
				if (r->failures++ < (u64)fail_limit) {
					print_case(t, engine_names[engine]);
					print_vectors(t);
					differ(&shared->outcomes[i], &e, before, t, 1);
					fflush(stdout);
				}
				break;
			}
		}
	}
}

static double
seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char *argv[])
{
	u64 cases = 60, seed = 1, one = 0;
	double limit = 20, start = seconds();
	const char *only = 0;
	int verbose = 0, have_one = 0, o, i, n = 0, rowsrun = 0, rowsnone = 0;
	u64 k;
	while ((o = getopt(argc, argv, "n:s:r:t:k:f:v")) != -1) {
		switch (o) {
		case 'n': cases = strtoull(optarg, 0, 0); break;
		case 's': seed = strtoull(optarg, 0, 0); break;
		case 'r': only = optarg; break;
		case 't': limit = atof(optarg); break;
		case 'k': one = strtoull(optarg, 0, 0); have_one = 1; break;
		case 'f': fail_limit = atoi(optarg); break;
		case 'v': verbose = 1; break;
		default:
			fprintf(stderr, "usage: diff [-n CASES] [-s SEED] [-r ROW] [-t SECONDS] [-k CASE] [-f FAILURES] [-v]\n");
			return 2;
		}
	}
	for (i = 0; i < (int)COUNTOF(rows); ++i)
		while (strcmp(operations[rows[i].op].name, rows[i].name))
			++rows[i].op;
	make_image();
	shared = (struct shared *)mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	code_fd = memfd_create("diff code", 0);
	if (code_fd < 0 || ftruncate(code_fd, CODE_SIZE)) {
		perror("diff");
		return 1;
	}
	start_child();
	host_install_fault_handlers(unclaimed_fault);
	host_thread_init();
	start_machine(&machines[0], 0);
	start_machine(&machines[1], 1);
	for (k = 0; k < cases && seconds() - start < limit; ++k) {
		for (i = 0; i < (int)COUNTOF(rows); ++i) {
			struct row *r = &rows[i];
			if (why_untested(r) || (only && strcmp(only, r->name) && strcmp(only, r->enc)))
				continue;
			if (make_case(&shared->cases[n], i, have_one ? one : (seed << 40) + ((u64)i << 24) + k))
				continue;
			if (++n == BATCH) {
				run_batch(n);
				n = 0;
			}
		}
		if (have_one)
			break;
	}
	if (n)
		run_batch(n);
	for (i = 0; i < (int)COUNTOF(rows); ++i) {
		const struct row *r = &rows[i];
		const char *why = why_untested(r);
		if (only && strcmp(only, r->name) && strcmp(only, r->enc))
			continue;
		rowsrun += r->cases != 0;
		rowsnone += r->cases == 0;
		if (verbose && why)
			printf("%-12s %-24s no cases: %s\n", r->name, r->enc, why);
		else if (!why && !r->cases)
			printf("%-12s %-24s no cases\n", r->name, r->enc);
		else if (verbose || r->failures)
			printf("%-12s %-24s %llu cases, %llu failed\n", r->name, r->enc, (unsigned long long)r->cases, (unsigned long long)r->failures);
	}
	printf("diff: %llu cases of %d rows, %d rows without, %llu failed\n", (unsigned long long)total, rowsrun, rowsnone, (unsigned long long)failed);
	close(to_child[1]);
	return failed != 0;
}
#endif
