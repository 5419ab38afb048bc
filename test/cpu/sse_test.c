// sse_test.c: every row of mmx.tbl and sse.tbl, and the hints, fences and
// FXSAVE beside them, against the processor this runs on. The same bytes are
// executed natively, between FXRSTOR and FXSAVE of a random state, and by the
// interpreter; registers, memory, flags, MXCSR, the x87's state and exceptions
// must agree. Rows that were never compared are printed.
//
// What the interpreter makes of a fixed sequence of cases is also hashed per
// operation; hosts that are no x86-64 Linux compare with the hashes that one
// recorded (sse_hash.inc, made by -r where everything agrees with silicon).
//
// Arithmetic, comparisons and conversions are compared a second time with the
// software that hosts without such a unit use.
//
// usage: sse_test [-n CASES] [-s SEED] [-o OP] [-m] [-v] [-r]    (-m: paged memory)
#include "base/base.h"
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "cpu/cpu.h"
#include "cpu/sse.h"
#include "host/host.h"
#include "isa/table.h"

#if HOST_X86_64 && defined(__linux__)
#define NATIVE 1
#else
#define NATIVE 0
#endif

#if NATIVE
static int trap;  // what the native run raised, -1 if nothing
// --- native execution ----------------------------------------------------------

struct native {
	u64 gpr[16];
	u64 flags;
	u64 code;
	u64 rsp;
	u64 pad;
	u8 fx[512];
} __attribute__((aligned(64)));
struct native native __attribute__((visibility("hidden")));
void native_run(void);
void native_back(void);
__asm__(
	".text\n"
	".globl native_run, native_back\n"
	"native_run:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, 144+native(%rip)\n"
	"	fxrstor64 160+native(%rip)\n"
	"	push 128+native(%rip)\n"
	"	popf\n"
	"	mov 0+native(%rip), %rax\n"
	"	mov 8+native(%rip), %rcx\n"
	"	mov 16+native(%rip), %rdx\n"
	"	mov 24+native(%rip), %rbx\n"
	"	mov 40+native(%rip), %rbp\n"
	"	mov 48+native(%rip), %rsi\n"
	"	mov 56+native(%rip), %rdi\n"
	"	mov 64+native(%rip), %r8\n"
	"	mov 72+native(%rip), %r9\n"
	"	mov 80+native(%rip), %r10\n"
	"	mov 88+native(%rip), %r11\n"
	"	mov 96+native(%rip), %r12\n"
	"	mov 104+native(%rip), %r13\n"
	"	mov 112+native(%rip), %r14\n"
	"	mov 120+native(%rip), %r15\n"
	"	jmp *136+native(%rip)\n"
	"native_back:\n"
	"	mov %rax, 0+native(%rip)\n"
	"	mov %rcx, 8+native(%rip)\n"
	"	mov %rdx, 16+native(%rip)\n"
	"	mov %rbx, 24+native(%rip)\n"
	"	mov %rbp, 40+native(%rip)\n"
	"	mov %rsi, 48+native(%rip)\n"
	"	mov %rdi, 56+native(%rip)\n"
	"	mov %r8, 64+native(%rip)\n"
	"	mov %r9, 72+native(%rip)\n"
	"	mov %r10, 80+native(%rip)\n"
	"	mov %r11, 88+native(%rip)\n"
	"	mov %r12, 96+native(%rip)\n"
	"	mov %r13, 104+native(%rip)\n"
	"	mov %r14, 112+native(%rip)\n"
	"	mov %r15, 120+native(%rip)\n"
	"	pushf\n"
	"	pop 128+native(%rip)\n"
	"	fxsave64 160+native(%rip)\n"
	"	fninit\n"
	"	push $0x1f80\n"
	"	ldmxcsr (%rsp)\n"
	"	pop %rax\n"
	"	cld\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");
STATIC_ASSERT(offsetof(struct native, fx) == 160, "the stub above");

static sigjmp_buf escape;
static volatile int armed;
static u64 trap_cr2;

static void
on_signal(int sig, siginfo_t *info, void *uc_)
{
	ucontext_t *uc = (ucontext_t *)uc_;
	if (!armed) {
		if (sig == SIGILL)
			signal(sig, SIG_DFL);
		return;
	}
	armed = 0;
	trap = (int)uc->uc_mcontext.gregs[20 /* TRAPNO */];
	trap_cr2 = (u64)uc->uc_mcontext.gregs[22 /* CR2 */];
	{
		// in the order of native.gpr
		static const u8 where[16] = {13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7};
		int i;
		for (i = 0; i < 16; i++)
			if (i != 4)
				native.gpr[i] = (u64)uc->uc_mcontext.gregs[where[i]];
		native.flags = (u64)uc->uc_mcontext.gregs[17];
		memcpy(native.fx, uc->uc_mcontext.fpregs, 512);
	}
	siglongjmp(escape, 1);
}

static void
on_bug(int sig, siginfo_t *info, void *uc_)
{
	ucontext_t *uc = (ucontext_t *)uc_;
	printf("signal %d at pc %llx, address %p (run_native is at %p)\n", sig, (unsigned long long)uc->uc_mcontext.gregs[16], info->si_addr, (void *)native_run);
	_exit(1);
}

static void
run_native(void)
{
	trap = -1;
	if (!sigsetjmp(escape, 1)) {
		armed = 1;
		native_run();
		armed = 0;
	}
}

#endif

// --- random states ---------------------------------------------------------------

static u64 seed = 1, seed_given = 1;
static u64
rnd(void)
{
	u64 z = seed += 0x9e3779b97f4a7c15ull;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static const u32 edge32[] = {
	0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7fc12345, 0xffd54321,
	0x7f800001, 0xff812345, 0x7fbfffff, 1, 0x80000001, 0x7fffff, 0x807fffff, 0x400000, 0x800000, 0x80800000, 0x800001,
	0x7f7fffff, 0xff7fffff, 0x3f000000, 0xbf000000, 0x3fc00000, 0x40200000, 0xc0200000, 0x4f000000, 0xcf000000,
	0x4effffff, 0xcf000001, 0x4b000000, 0x4b800000, 0x4b000001, 0x5f000000, 0xdf000000, 0x5effffff, 0x3effffff,
	0x3f7fffff, 0x34000000, 0x33800000, 0x1f800000, 0x20000000, 0x7fffffff, 0xffffffff, 0x7f, 0x80, 0x8000, 0x7fff,
	0xff80ff80, 0x7fff8000, 0x80008000, 0x40490fdb, 0x00ff00ff, 0x4f800000
};
static const u64 edge64[] = {
	0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
	0x7ff8000000000000, 0xfff8000000000000, 0x7ff8000012345678, 0xfff9000000000321, 0x7ff0000000000001,
	0xfff4000000000123, 1, 0x8000000000000001, 0xfffffffffffff, 0x800fffffffffffff, 0x10000000000000,
	0x8010000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x3fe0000000000000, 0xbfe0000000000000,
	0x3ff8000000000000, 0x4004000000000000, 0xc004000000000000, 0x41dfffffffc00000, 0x41e0000000000000,
	0xc1e0000000000000, 0xc1e0000000100000, 0x41dfffffffe00000, 0xc1e00000001fffff, 0x43e0000000000000,
	0xc3e0000000000000, 0x43dfffffffffffff, 0x4330000000000000, 0x4340000000000000, 0x4330000000000001,
	0x36a0000000000000, 0x3690000000000000, 0x380fffffffffffff, 0x3810000000000000, 0x380ffffff0000000,
	0x47efffffe0000000, 0x47effffff0000000, 0x47f0000000000000, 0x3fefffffffffffff, 0x3cb0000000000000,
	0xffffffffffffffff, 0x7fffffffffffffff, 0x8000000080000000, 0x400921fb54442d18, 0x36b0000000000001
};

static u32
rnd32(void)
{
	u64 r = rnd();
	switch (r >> 60) {
	case 0: case 1: case 2: case 3: case 4: case 5: return edge32[(u32)r % COUNTOF(edge32)];
	case 6: case 7: return edge32[(u32)r % COUNTOF(edge32)] + (u32)(r >> 32 & 7) - 3;
	case 8: case 9: return (u32)(r & 0x807fffff) | ((u32)(r >> 32 & 31) + 112) << 23;  // near 1
	case 10: return (u32)(r & 0x807fffff) | (u32)(r >> 32 & 31) << 23;               // small
	case 11: return (u32)(r & 0x807fffff) | (u32)(224 + (r >> 32 & 31)) << 23;       // large
	case 12: return (u32)(i32)(i8)r;
	default: return (u32)r;
	}
}

static u64
rnd64(void)
{
	u64 r = rnd();
	switch (rnd() >> 60) {
	case 0: case 1: case 2: case 3: case 4: case 5: return edge64[(u32)r % COUNTOF(edge64)];
	case 6: case 7: return edge64[(u32)r % COUNTOF(edge64)] + (r >> 32 & 7) - 3;
	case 8: case 9: return (r & 0x800fffffffffffff) | ((r >> 52 & 63) + 992) << 52;
	case 10: return (r & 0x800fffffffffffff) | (r >> 52 & 63) << 52;
	case 11: return (r & 0x800fffffffffffff) | (1983 + (r >> 52 & 63)) << 52;
	case 12: return (u64)(i64)(i8)r;
	case 13: return (r & 0x800fffffffffffff) | ((r >> 52 & 255) + 896 + 64) << 52;  // about float's range
	default: return r;
	}
}

static void
rnd_vec(u8 *p)
{
	u64 how = rnd();
	int i;
	switch (how & 7) {
	case 0: case 1:
		for (i = 0; i < 16; i += 4)
			st32(p + i, rnd32());
		break;
	case 2: case 3:
		st64(p, rnd64());
		st64(p + 8, rnd64());
		break;
	case 4:
		// bytes of a small alphabet, some zero: strings, masks, shuffles
		for (i = 0; i < 16; i++)
			p[i] = "abcdABz\0\x80\xff\x7f\x01"[rnd() % 12];
		break;
	case 5:
		for (i = 0; i < 16; i += 2)
			st16(p + i, (u16)(rnd() & 1 ? rnd() : 0x7fff + rnd() % 3));
		break;
	case 6:
		// small counts for shifts
		st64(p, rnd() % 70);
		st64(p + 8, rnd());
		break;
	default:
		st64(p, rnd());
		st64(p + 8, rnd());
	}
}

struct state {
	u64 gpr[16];
	u32 flags;
	u8 fx[512];
};

static void
rnd_fx(u8 *fx, int quiet)
{
	u32 mxcsr = 0x1f80;
	u64 r = rnd();
	int i;
	memset(fx, 0, 512);
	st16(fx, 0x37f);
	if (!quiet) {
		st16(fx + 2, (u16)(rnd() & 0x7f00));
		fx[4] = (u8)rnd();
		if (r % 61 == 0) {
			st16(fx, 0x37e);
			st16(fx + 2, ld16(fx + 2) | 0x8081);
		}
	}
	if (r & 0x1000)
		mxcsr |= (u32)(rnd() & 0xe000);
	if (r & 0x2000)
		mxcsr |= (u32)(rnd() & 0x40);
	if (r & 0x4000)
		mxcsr |= (u32)(rnd() & 0x3f);
	if (!(r >> 16 & 3))
		mxcsr &= ~(u32)(rnd() & rnd() & 0x1f80);
	st32(fx + 24, mxcsr);
	st32(fx + 28, 0xffff);
	for (i = 0; i < 8; i++) {
		u8 t[16];
		rnd_vec(t);
		memcpy(fx + 32 + 16 * i, t, 8);
		st16(fx + 32 + 16 * i + 8, rnd() & 1 ? 0xffff : (u16)rnd());
	}
	for (i = 0; i < 16; i++) {
		if (i && rnd() % 4 == 0)
			memcpy(fx + 160 + 16 * i, fx + 160 + 16 * (rnd() % (u64)i), 16);
		else
			rnd_vec(fx + 160 + 16 * i);
	}
}

static void
rnd_state(struct state *s)
{
	int i;
	for (i = 0; i < 16; i++)
		s->gpr[i] = rnd() & 1 ? rnd64() : rnd() & 1 ? (u64)(i64)(i32)rnd32() : rnd() % 40 - 20;
	s->flags = 0x202 | (u32)(rnd() & FLAGS_ARITH);
	rnd_fx(s->fx, 0);
}

// --- the comparison ----------------------------------------------------------------

enum { CASES = 20, AREA = 8192, GUEST_DATA = 0x10000000, GUEST_CODE = 0x20000000, CODE_BYTES = 16 << 20, WINDOW = 1024 };
#if NATIVE
static u8 *native_area, *native_code;
#endif
static struct mem *mem;
static struct cpu *cpu;
static u64 code_used;
static u64 compared, trapped, failed, illegal;
static int verbose;
static const char *only;
static char mine[OP_COUNT];
static u32 row_cases[4096];
#define H(x) #x,
#define N(x) #x,
#define U(x) #x,
static const char *const op_names[OP_COUNT + 1] = {
#include "isa_handlers.inc"
};
#undef H
#undef N
#undef U

static void
set_cpu(struct cpu *c, const struct state *s, u64 pc)
{
	int i;
	memcpy(c->r, s->gpr, sizeof s->gpr);
	c->pc = pc;
	cpu_set_flags(c, s->flags);
	cpu_from_fxsave(c, s->fx);
	for (i = 0; i < 16; i++)
		if (i == 6 || i == 7)
			c->r[i] = s->gpr[i];
}

static int
is_estimate(const char *name)
{
	return !strncmp(name, "op_rcp", 6) || !strncmp(name, "op_rsqrt", 8);
}

#if NATIVE
static void
dump(const char *what, const u8 *a, const u8 *b, int n)
{
	int i;
	printf("    %-10s native ", what);
	for (i = n; i-- > 0;)
		printf("%02x%s", a[i], i && i % 4 == 0 ? "_" : "");
	printf("\n    %-10s blink  ", "");
	for (i = n; i-- > 0;)
		printf("%02x%s", b[i], i && i % 4 == 0 ? "_" : "");
	printf("\n");
}

// Estimates differ between processors; off x86-64 they only promise accuracy.
static int
estimates_agree(const u8 *a, const u8 *b)
{
	int i;
	for (i = 0; i < 4; i++) {
		u32 x = ld32(a + 4 * i), y = ld32(b + 4 * i);
		if (x != y && (x ^ y) >> 31)
			return 0;
		if ((x > y ? x - y : y - x) > 0x1800)
			return 0;
	}
	return 1;
}

#endif

struct op_hash { const char *name; u32 hash; };
static const struct op_hash recorded[] = {
#include "sse_hash.inc"
	{0, 0}
};
static u32 hashes[OP_COUNT];

static u32
fnv(u32 h, const void *p, int n)
{
	const u8 *b = (const u8 *)p;
	int i;
	for (i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x01000193;
	return h;
}

static u32
fnv64(u32 h, u64 x)
{
	u8 b[8];
	st64(b, x);
	return fnv(h, b, 8);
}

// One instruction in one state. Memory operands lie at `at` in the area.
static void
compare(const struct insn *in, const u8 *code, int len, u64 gcode, const struct state *s0, const u8 *image, int at, int step)
{
	static u8 after[AREA], fx[512];
	struct state s = *s0;
	const char *name = op_names[in->op];
	enum stop stop;
	int i, vector = -1;
	int lo = at - 64 < 0 ? 0 : at - 64, hi = at + WINDOW > AREA ? AREA : at + WINDOW;
	u32 flags;
#if NATIVE
	u64 base = (u64)(uintptr_t)native_area + (u64)at - 16;
	int bad = 0;
	memcpy(native_area + lo, image, (size_t)(hi - lo));
	memcpy(native.gpr, s.gpr, sizeof s.gpr);
	native.gpr[6] = base;
	if (in->op == OP_MASKMOVQ || in->op == OP_MASKMOVDQU)
		native.gpr[7] = base + 16;
	native.flags = s.flags;
	memcpy(native.fx, s.fx, 512);
	native.code = (u64)(uintptr_t)native_code;
	run_native();
#endif
	if (mem_poke(mem, (u64)GUEST_DATA + (u64)lo, image, (size_t)(hi - lo)))
		abort();
	s.gpr[6] = GUEST_DATA + (u64)at - 16;
	if (in->op == OP_MASKMOVQ || in->op == OP_MASKMOVDQU)
		s.gpr[7] = s.gpr[6] + 16;
	set_cpu(cpu, &s, gcode);
	stop = step ? cpu_step(cpu) : cpu_run(cpu);
	if (stop == STOP_FAULT)
		vector = cpu->vector;
	cpu_to_fxsave(cpu, fx);
	mem_read(mem, after, (u64)GUEST_DATA + (u64)lo, (size_t)(hi - lo));
	flags = cpu_get_flags(cpu);
	if (!is_estimate(name) && !sse_forced_soft) {
		u32 h = fnv64(hashes[in->op], (u64)(i64)vector);
		h = fnv64(h, vector == VEC_PF ? cpu->cr2 : 0);
		for (i = 0; i < 16; i++)
			h = fnv64(h, cpu->r[i]);
		h = fnv64(h, flags & FLAGS_ARITH);
		h = fnv(h, fx, 416);
		hashes[in->op] = fnv(h, after, hi - lo);
	}
#if NATIVE
	if (trap == 6) {
		++illegal;
		return;
	}
	++compared;
	++row_cases[in->row];
	if (trap >= 0)
		++trapped;
	if (vector != trap)
		bad |= 1;
	for (i = 0; i < 16; i++) {
		u64 want = native.gpr[i];
		if (i == 4)
			continue;
		if (i == 6 || (i == 7 && (in->op == OP_MASKMOVQ || in->op == OP_MASKMOVDQU)))
			want += (u64)GUEST_DATA - (u64)(uintptr_t)native_area;
		if (cpu->r[i] != want)
			bad |= 2;
	}
	if ((flags ^ native.flags) & FLAGS_ARITH)
		bad |= 4;
	if (ld32(fx + 24) != ld32(native.fx + 24))
		bad |= 8;
	for (i = 0; i < 16; i++)
		if (memcmp(fx + 160 + 16 * i, native.fx + 160 + 16 * i, 16) &&
		    !(!SSE_HOST && is_estimate(name) && estimates_agree(native.fx + 160 + 16 * i, fx + 160 + 16 * i)))
			bad |= 16;
	if (ld16(fx + 2) != ld16(native.fx + 2) || fx[4] != native.fx[4])
		bad |= 32;
	for (i = 0; i < 8; i++)
		if (memcmp(fx + 32 + 16 * i, native.fx + 32 + 16 * i, 10))
			bad |= 64;
	if (in->op == OP_FXSAVE && trap < 0) {
		// MXCSR_MASK is the processor's own.
		memcpy(after + at - lo + 28, native_area + at + 28, 4);
	}
	if (memcmp(after, native_area + lo, (size_t)(hi - lo)))
		bad |= 128;
	if (trap == VEC_PF && vector == VEC_PF && cpu->cr2 - GUEST_DATA != trap_cr2 - (u64)(uintptr_t)native_area)
		bad |= 256;
	if (bad) {
		char text[96];
		isa_format(text, sizeof text, in, gcode);
		++failed;
		if (failed > 40 && !verbose)
			return;
		printf("%s: %s%s%s:%s%s%s%s%s%s%s%s%s differ; mxcsr %04x imm %02x at %x\n   ", name, text, step ? " (step)" : "", sse_forced_soft ? " (software)" : "",
		       bad & 1 ? " exception" : "", bad & 2 ? " gpr" : "", bad & 4 ? " flags" : "", bad & 8 ? " mxcsr" : "",
		       bad & 16 ? " xmm" : "", bad & 32 ? " x87-status" : "", bad & 64 ? " mm" : "", bad & 128 ? " memory" : "",
		       bad & 256 ? " fault-address" : "", ld32(s0->fx + 24), (unsigned)in->imm & 0xff, at);
		for (i = 0; i < len; i++)
			printf(" %02x", code[i]);
		printf("\n");
		if (bad & 1)
			printf("    trap %d, vector %d\n", trap, vector);
		if (bad & 4)
			printf("    flags %03x, %03x\n", (unsigned)native.flags & FLAGS_ARITH, flags & FLAGS_ARITH);
		if (bad & 8)
			printf("    mxcsr %04x, %04x\n", ld32(native.fx + 24), ld32(fx + 24));
		if (bad & 32)
			printf("    fsw %04x ftw %02x, fsw %04x ftw %02x\n", ld16(native.fx + 2), native.fx[4], ld16(fx + 2), fx[4]);
		if (bad & 256)
			printf("    address %llx, %llx\n", (unsigned long long)(trap_cr2 - (u64)(uintptr_t)native_area), (unsigned long long)(cpu->cr2 - GUEST_DATA));
		for (i = 0; i < 16; i++)
			if (i != 6 && i != 4 && bad & 2 && cpu->r[i] != native.gpr[i])
				printf("    r%d before %llx native %llx blink %llx\n", i, (unsigned long long)s.gpr[i], (unsigned long long)native.gpr[i], (unsigned long long)cpu->r[i]);
		for (i = 0; i < 2; i++)
			if (in->opr[i].kind == OPR_XMM || in->opr[i].kind == OPR_MM) {
				int r = in->opr[i].reg, off = in->opr[i].kind == OPR_XMM ? 160 + 16 * r : 32 + 16 * r;
				dump(i ? "source" : "before", s0->fx + off, s0->fx + off, in->opr[i].kind == OPR_XMM ? 16 : 8);
			} else if (in->opr[i].kind == OPR_MEM && at + 16 <= AREA) {
				dump("memory", image + at - lo, image + at - lo, 16);
			}
		for (i = 0; i < 16; i++)
			if (memcmp(fx + 160 + 16 * i, native.fx + 160 + 16 * i, 16))
				dump("xmm", native.fx + 160 + 16 * i, fx + 160 + 16 * i, 16);
		for (i = 0; i < 8; i++)
			if (memcmp(fx + 32 + 16 * i, native.fx + 32 + 16 * i, 10))
				dump("mm", native.fx + 32 + 16 * i, fx + 32 + 16 * i, 10);
		if (bad & 128 && at + 16 <= AREA)
			dump("memory", native_area + at, after + at - lo, 16);
	}
#else
	++compared;
	++row_cases[in->row];
	(void)code;
	(void)len;
#endif
}

static int
place(int which, int size)
{
	switch (which & 15) {
	case 0:
		return AREA - (size && size < 64 ? size : 512);   // the last that fits
	case 1:
		return AREA - (int)(rnd() & 15) - 1;   // may not fit
	case 2:
		return 4096 - (int)(rnd() & 15);       // may cross pages
	case 3: case 4:
		return 512 + (int)(rnd() & 31);        // may be misaligned
	default:
		return 512 + (int)(rnd() & 63) * 16;
	}
}

static void
try_code(const u8 *code, int len, int cases)
{
	static u8 image[AREA];
	struct insn in;
	struct state s;
	u8 buf[32];
	u64 gcode = (u64)GUEST_CODE + code_used;
	int i, j, at, lo, hi;
	if (isa_decode(&in, code, (size_t)len, MODE_64) != len || !mine[in.op] || isa_attrs[in.op] & ISA_UNDONE)
		return;
	if (only && strcmp(only, op_names[in.op] + 3))
		return;
#if NATIVE
	memcpy(native_code, code, (size_t)len);
	native_code[len] = 0xff;  // jmp *0(%rip)
	native_code[len + 1] = 0x25;
	st32(native_code + len + 2, 0);
	st64(native_code + len + 6, (u64)(uintptr_t)native_back);
#endif
	memcpy(buf, code, (size_t)len);
	buf[len] = 0xcc;
	if (code_used + 32 > CODE_BYTES) {
		printf("the code area is too small\n");
		exit(1);
	}
	if (mem_poke(mem, gcode, buf, (size_t)len + 1))
		abort();
	code_used += 32;
	for (i = 0; i < cases; i++) {
		int size = 0;
		rnd_state(&s);
		for (j = 0; j < in.nopr; j++)
			if (in.opr[j].kind == OPR_MEM)
				size = in.opr[j].size;
		at = place((int)rnd(), size);
		lo = at - 64;
		hi = at + WINDOW > AREA ? AREA : at + WINDOW;
		for (j = 0; j < hi - lo; j += 16)
			rnd_vec(image + j);
		if (in.op == OP_FXRSTOR) {
			u8 fx[512];
			rnd_fx(fx, rnd() & 1);
			if (rnd() % 8 == 0)
				st32(fx + 24, (u32)rnd() & 0xfffdffff);
			for (j = 0; j < 512 && 64 + j < hi - lo; j++)
				image[64 + j] = fx[j];
		}
		if (in.op == OP_LDMXCSR && 64 + 4 <= hi - lo)
			st32(image + 64, (u32)rnd() & (rnd() % 4 ? 0xffff : 0xfffdffff));
		compare(&in, code, len, gcode, &s, image, at, i % 8 == 7);
	}
}

// Encodes and tries: prefix (0, 66, F2, F3), REX bits, escape (0, 38, 3A),
// opcode, ModRM, and an immediate where the decoder wants one.
static void
try_encoding(int prefix, int rex, int map, int opcode, int modrm, int cases)
{
	u8 code[16];
	struct insn in;
	int n = 0, len;
	if (prefix)
		code[n++] = (u8)prefix;
	if (rex)
		code[n++] = (u8)(0x40 | rex);
	code[n++] = 0x0f;
	if (map)
		code[n++] = (u8)map;
	code[n++] = (u8)opcode;
	code[n++] = (u8)modrm;
	if (modrm >> 6 == 1)
		code[n++] = 16;
	memset(code + n, 0x25, sizeof code - (size_t)n);
	len = isa_decode(&in, code, sizeof code, MODE_64);
	if (len == n - 1 && in.modrm == 0)
		n = len;  // no ModRM byte: EMMS
	if (len != n && len != n + 1)
		return;
	if (!mine[in.op])
		return;
	if (in.immlen == 1) {
		int i;
		for (i = 0; i < 256; i++) {
			code[n] = (u8)i;
			try_code(code, n + 1, (cases + 19) / 20);
		}
	} else {
		try_code(code, len, cases);
	}
}

#define INSN(op, name, feature, r, w, u, attrs, done) "op_" #op,
#define ENC(op, enc, opr, flags)
#define ENCF(op, feature, enc, opr, flags)
static const char *const my_names[] = {
#include "isa/mmx.tbl"
#include "isa/sse.tbl"
	"op_movnti", "op_lfence", "op_mfence", "op_sfence", "op_clflush", "op_prefetch", "op_prefetchw", "op_prefetchnta",
	"op_prefetcht0", "op_prefetcht1", "op_prefetcht2", "op_fxsave", "op_fxrstor"
};
#undef INSN
#undef ENC
#undef ENCF
#define INSN(op, name, feature, r, w, u, attrs, done)
#define ENC(op, enc, opr, flags) +1
#define ENCF(op, feature, enc, opr, flags) +1
enum {
	ROWS = 0
#include "isa_table.inc"
};
#undef INSN
#undef ENC
#undef ENCF

static char
is_mine(const char *name)
{
	unsigned j;
	for (j = 0; name && j < COUNTOF(my_names); j++)
		if (!strcmp(name, my_names[j])) return 1;
	return 0;
}

// What computes with numbers, and has a version in software
static UNUSED char
is_float(const char *name)
{
	static const char *const stems[] = {"add", "sub", "mul", "div", "min", "max", "sqrt", "cmp", "comis", "ucomis", "cvt", "round", "hadd", "hsub", "dpp"};
	const char *end = name + strlen(name) - 2;
	unsigned j;
	for (j = 0; j < COUNTOF(stems); j++)
		if (!strncmp(name, stems[j], strlen(stems[j])))
			return !strncmp(name, "cvt", 3) || !strcmp(end, "ps") || !strcmp(end, "pd") || !strcmp(end, "ss") || !strcmp(end, "sd");
	return 0;
}

static void
try_all(int cases)
{
	static const u8 prefixes[] = {0, 0x66, 0xf3, 0xf2}, maps[] = {0, 0x38, 0x3a};
	int i, j, k, m;
	for (i = 0; i < 4; i++)
		for (m = 0; m < 3; m++)
			for (j = 0; j < 256; j++) {
				int group = !m && (j == 0x71 || j == 0x72 || j == 0x73 || j == 0xae || j == 0x18 || j == 0x0d);
				for (k = 0; k < (group ? 8 : 1); k++) {
					static const u8 regs[][3] = {{1, 2, 0}, {3, 3, 0}, {1, 2, 5}, {0, 1, 0}};  // reg, rm, REX
					int w;
					for (w = 0; w < 2; w++) {
						unsigned f;
						for (f = 0; f < COUNTOF(regs); f++)
							try_encoding(prefixes[i], regs[f][2] | w << 3, maps[m], j,
							             0xc0 | (group ? k : regs[f][0]) << 3 | regs[f][1], cases);
						try_encoding(prefixes[i], w << 3, maps[m], j, 0x46 | (group ? k : 2) << 3, cases * 2);
						try_encoding(prefixes[i], w << 3 | 4, maps[m], j, 0x46 | (group ? k : 3) << 3, cases);
					}
				}
			}
}

int
main(int argc, char **argv)
{
	int i, j, opt, cases = CASES, missing = 0;
	struct codecache *cc;
	int record = 0, checked = 0, paged = !HOST_64BIT;
#if NATIVE
	struct sigaction sa;
#endif
	while ((opt = getopt(argc, argv, "n:s:o:vrm")) != -1)
		switch (opt) {
		case 'n': cases = atoi(optarg); break;
		case 's': seed = seed_given = strtoull(optarg, 0, 0); break;
		case 'o': only = optarg; break;
		case 'v': verbose = 1; break;
		case 'r': record = 1; break;
		case 'm': paged = 1; break;
		default: return 2;
		}
	setvbuf(stdout, 0, _IOLBF, 0);
	for (i = 0; i < OP_COUNT; i++) mine[i] = is_mine(op_names[i]);
#if NATIVE
	native_area = (u8 *)mmap(0, AREA + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	native_code = (u8 *)mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(native_area + AREA, 4096, PROT_NONE);
#endif
#ifdef MEM_DEFAULT_PAGED
	paged = 1;
#endif
	mem = mem_new(paged);
	cc = codecache_new(mem);
	cpu = cpu_new(mem, cc);
	if (mem_map(mem, GUEST_DATA, AREA, MEM_R | MEM_W, VMA_ANON | VMA_FIXED, -1, 0, 0) != GUEST_DATA ||
	    mem_map(mem, GUEST_CODE, CODE_BYTES, MEM_R | MEM_X, VMA_ANON | VMA_FIXED, -1, 0, 0) != GUEST_CODE) {
		printf("cannot map guest memory\n");
		return 1;
	}
#if NATIVE
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = on_signal;
	sa.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigaction(SIGILL, &sa, 0);
	sigaction(SIGFPE, &sa, 0);  // unless blink takes it for a fault
	host_claim_faults(on_signal);
	host_install_fault_handlers(on_bug);
#else
	host_install_fault_handlers(0);
#endif
	try_all(cases);
#if SSE_HOST
	if (!record) {
		for (i = 0; i < OP_COUNT; i++) mine[i] = mine[i] && is_float(op_names[i] + 3);
		sse_forced_soft = 1;
		try_all(cases);
		sse_forced_soft = 0;
		for (i = 0; i < OP_COUNT; i++) mine[i] = is_mine(op_names[i]);
	}
#endif
	for (i = 0; i < ROWS; i++) {
		int op = (int)isa_row_op((unsigned)i);
		if (mine[op] && !only && !row_cases[i]) {
			++missing;
			if (!record)
				printf("never compared: row %d of %s%s\n", i, op_names[op] + 3, isa_attrs[op] & ISA_UNDONE ? " (undone)" : "");
		}
	}
	// A build that leaves operations out makes other cases.
	if (cases == CASES && !only && seed_given == 1 && OP_END == OP_COUNT + 1)
		for (i = 0; i < OP_COUNT; i++) {
			if (!hashes[i])
				continue;
			if (record && !failed)
				printf("{\"%s\", 0x%08x},\n", op_names[i] + 3, hashes[i]);
			for (j = 0; recorded[j].name; j++)
				if (!strcmp(recorded[j].name, op_names[i] + 3)) {
					++checked;
					if (recorded[j].hash != hashes[i] && !record) {
						++failed;
						printf("%s: results are not the recorded ones\n", recorded[j].name);
					}
				}
		}
	if (record)
		return failed != 0;
	printf("%d operations' results as recorded\n", checked);
	printf("%llu compared (%llu trapped), %llu differ, %llu not on this processor, %d rows missing\n", (unsigned long long)compared,
	       (unsigned long long)trapped, (unsigned long long)failed, (unsigned long long)illegal, missing);
	return failed || (missing && !only) ? 1 : 0;
}
