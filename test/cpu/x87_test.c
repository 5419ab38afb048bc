// x87_test.c: every x87 encoding D8..DF and FWAIT, on random states, against
// the host's own execution: registers, tags, FCW, FSW, memory, AX, EFLAGS,
// pending #MF, the last instruction and data pointers.
//
// The handler runs on an op whose guest address is the native code's, so that
// pointers agree. usage: x87_test [-n CASES] [-v] [HEX PAIR of opcode, modrm]
#include <stdio.h>
#include "base/base.h"
#if !HOST_X86_64
int
main(void)
{
	printf("x87: skipped: needs an x86-64 host\n");
	return 0;
}
#else
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/x87.h"
#include "fpgen.h"

struct state {
	u8 fx[512];     // first: FXRSTOR wants it aligned
	u8 env[32];     // FNSTENV afterwards
	u8 mem[128];    // operand
	u64 ax, flags;
	int fault;      // 0, VEC_MF or VEC_UD
} __attribute__((aligned(64)));

typedef void native_fn(const u8 *fx_in, u8 *mem, u8 *fx_out, u64 *ax_flags, u8 *env_out);

enum { GREG_RIP = 16 };  // the kernel.s sigcontext, as glibc orders it

static u8 *code;                  // one stub
static u8 *code_insn, *code_land; // where its instruction is, and what follows
static struct cpu *cpu;
static u8 *operand;               // its memory operand, in guest memory too
static volatile int fault;

static void
on_signal(int sig, siginfo_t *si, void *ucp)
{
	ucontext_t *uc = (ucontext_t *)ucp;
	(void)si;
	fault = sig == SIGFPE ? VEC_MF : VEC_UD;
	if ((u8 *)uc->uc_mcontext.gregs[GREG_RIP] != code_insn) abort();
	uc->uc_mcontext.gregs[GREG_RIP] = (greg_t)code_land;
}

// native_fn(rdi fx_in, rsi mem, rdx fx_out, rcx ax_flags, r8 env_out)
static void
build(const u8 *insn, int len)
{
	static const u8 before[] = {0x48, 0x0f, 0xae, 0x0f,        // fxrstor64 [rdi]
	                            0x48, 0x8b, 0x01,              // mov rax, [rcx]
	                            0xff, 0x71, 0x08, 0x9d};       // push [rcx+8]; popf
	static const u8 after[] = {0x9c, 0x8f, 0x41, 0x08,         // pushf; pop [rcx+8]
	                           0x48, 0x89, 0x01,               // mov [rcx], rax
	                           0x48, 0x0f, 0xae, 0x02,         // fxsave64 [rdx]
	                           0x41, 0xd9, 0x30,               // fnstenv [r8]
	                           0xdb, 0xe3, 0xc3};              // fninit; ret
	memcpy(code, before, sizeof before);
	code_insn = code + sizeof before;
	memcpy(code_insn, insn, len);
	code_land = code_insn + len;
	memcpy(code_land, after, sizeof after);
}

static void
run_native(struct state *s)
{
	struct state in = *s;
	u64 ax_flags[2];
	native_fn *f;
	memcpy(&f, &code, sizeof f);
	ax_flags[0] = s->ax;
	ax_flags[1] = s->flags;
	fault = 0;
	memcpy(operand, s->mem, sizeof s->mem);
	f(in.fx, operand, s->fx, ax_flags, s->env);
	memcpy(s->mem, operand, sizeof s->mem);
	s->ax = ax_flags[0];
	s->flags = ax_flags[1] & FLAGS_ARITH;
	s->fault = fault;
}

static const struct op *
end(struct cpu *c, const struct op *op)
{
	(void)c, (void)op;
	return 0;
}

static struct block *block;

static int
lower(const struct insn *in)
{
	struct op *op = block->ops;
	int i;
	memset(op, 0, sizeof *op);
	for (i = 0; i < 2; i++) {
		int k = in->opr[i].kind;
		op->kinds |= (k == OPR_MEM ? K_MEM : k == OPR_ST ? K_ST : k == OPR_GPR ? K_REG : K_NONE) << 4 * i;
	}
	op->a = in->opr[0].reg;
	op->b = in->opr[1].reg;
	op->base = in->base;
	op->index = in->index;
	op->size = (u8)in->opr[0].size;
	op->len = in->len;
	op->fn = handler_of(in->op);
	lower_native(op, in, code_insn);
	op[1].fn = end;
	op[1].idx = 1;
	block->pc = (u64)(uintptr_t)code_insn;
	return op->fn != 0;
}

static void
run_handler(struct state *s)
{
	sigjmp_buf jb;
	struct cpu *c = cpu;
	c->r[GPR_AX] = s->ax;
	c->r[GPR_SI] = (u64)(uintptr_t)operand;
	memcpy(operand, s->mem, sizeof s->mem);
	flags_set(c, (u32)s->flags);
	x87_from_fxsave(c, s->fx, 1);
	c->unwind = &jb;
	s->fault = 0;
	if (!sigsetjmp(jb, 0))
		block->ops[0].fn(c, block->ops);
	else
		s->fault = c->vector;
	memcpy(s->mem, operand, sizeof s->mem);
	s->ax = c->r[GPR_AX];
	s->flags = flags_arith(c);
	x87_to_fxsave(c, s->fx, 1);
	x87_to_env(c, s->env, false);
}

static int soft_kind;

static const struct op *
soft_transcendental(struct cpu *c, const struct op *op)
{
	x87_begin(c, op);
	x87_transcend(c, soft_kind);
	return 0;
}

// Units in the last place between two encodings, up to 99
static int
ulps(const u8 *a, const u8 *b)
{
	u64 x = ld64(a), y = ld64(b);
	int e = ld16(a + 8) - ld16(b + 8);
	if (e == 1) {
		x = (x << 1) - y;  // next to a power of two: in the smaller unit
		return x > 99 ? 99 : (int)x;
	} else if (e == -1) {
		return ulps(b, a);
	}
	x = x > y ? x - y : y - x;
	return e || x > 99 ? 99 : (int)x;
}

// Software against the processor: results at most one unit apart, all else the
// same; C1 says which side of the result the processor's longer one was, so
// that it is as uncertain as the last bit.
static bool
close_enough(const struct state *native, const struct state *ours, int *worst, int *side)
{
	struct state n = *native, o = *ours;
	int i, u;
	for (i = 0; i < 8; i++) {
		u = ulps(n.fx + 32 + 16 * i, o.fx + 32 + 16 * i);
		if (u > *worst) *worst = u;
	}
	if (*worst > 1) return false;
	*side = (ld16(n.fx + 2) ^ ld16(o.fx + 2)) & 0x200;
	st16(n.fx + 2, ld16(n.fx + 2) & ~0x200);
	st16(o.fx + 2, ld16(o.fx + 2) & ~0x200);
	memset(n.fx + 32, 0, 128);
	memset(o.fx + 32, 0, 128);
	memset(n.fx + 6, 0, 26);
	memset(o.fx + 6, 0, 26);
	return !memcmp(n.fx, o.fx, 160);
}

static void
random_operand(u8 *b, int size)
{
	static const char kinds[] = "sdxi";
	struct f80 v;
	int k = size == 4 ? 's' : size == 8 ? 'd' : 'x';
	if (!(rnd() & 7)) k = kinds[rnd() & 3];
	v = rnd_operand(k);
	st64(b, v.m);
	st16(b + 8, v.se);
}

static void
random_state(struct state *s, const struct insn *in)
{
	u64 r = rnd(), q = rnd();
	int i;
	memset(s, 0, sizeof *s);
	st16(s->fx, 0x40 | (r & 0xf00) | (r >> 12 & 7 ? 0x3f : r >> 16 & 0x3f));
	st16(s->fx + 2, (r >> 24 & 0x3800) | (r >> 30 & 0x4700) | (q & 7 ? q >> 8 & 0x7f & ~(r >> 12 & 7 ? 0 : ~ld16(s->fx)) : q >> 8 & 0x7f));
	s->fx[4] = q >> 16 & 3 ? (q >> 18 & 3 ? 0xff : (u8)(q >> 20 | q >> 28)) : (u8)(q >> 20);
	// usually room to push
	if (q >> 40 & 3) s->fx[4] &= ~(1 << (((ld16(s->fx + 2) >> 11) + 7) & 7));
	st32(s->fx + 24, 0x1f80);
	st32(s->fx + 28, 0xffff);
	for (i = 0; i < 8; i++) random_operand(s->fx + 32 + 16 * i, 10);
	if (!(q >> 44 & 7)) memcpy(s->fx + 48, s->fx + 32, 10);
	if (in->op == OP_FBLD) {
		for (i = 0; i < 10; i++) s->mem[i] = q >> 60 & 3 ? (u8)(rnd() % 10 << 4 | rnd() % 10) : (u8)rnd();
		if (q >> 48 & 1) memset(s->mem + (q >> 50 & 7), 0, 8 - (q >> 50 & 7));
	} else if (in->op == OP_FBSTP && q >> 48 & 3) {
		i64 v = (i64)rnd() >> (rnd() & 63);
		struct f80 x = f80_from_int(v);
		if (x.m && (q >> 60 & 1)) x.se -= q >> 52 & 15;
		st64(s->fx + 32, x.m);
		st16(s->fx + 40, x.se);
	} else if (in->op == OP_FLDENV || in->op == OP_FRSTOR) {
		for (i = 0; i < 108; i++) s->mem[i] = (u8)rnd();
		memcpy(s->mem, s->fx, 2);
	} else if (in->op == OP_FLDCW) {
		st16(s->mem, (u16)rnd());
	} else {
		random_operand(s->mem, in->opr[0].size);
		if (in->op >= OP_FILD && in->opr[0].size <= 8 && (q >> 48 & 3)) st64(s->mem, rnd() >> (rnd() & 63));
	}
	s->ax = rnd();
	s->flags = rnd() & FLAGS_ARITH;
}

static void
show_regs(const char *who, const struct state *s)
{
	int i;
	printf("  %-6s fcw %04x fsw %04x tags %02x fault %d ax %04x fl %03x env %08x %08x %08x %08x\n", who, ld16(s->fx), ld16(s->fx + 2), s->fx[4],
	       s->fault, (unsigned)s->ax & 0xffff, (unsigned)s->flags, ld32(s->env + 8), ld32(s->env + 12), ld32(s->env + 16), ld32(s->env + 20));
	printf("        ");
	for (i = 0; i < 8; i++) printf("%s %04x:%016llx", i == 4 ? "\n        " : "", ld16(s->fx + 40 + 16 * i), (unsigned long long)ld64(s->fx + 32 + 16 * i));
	printf("\n         mem");
	for (i = 0; i < 32; i++) printf("%s%02x", i & 3 ? "" : " ", s->mem[i]);
	printf("\n");
}

static bool
same(const struct state *a, const struct state *b)
{
	return !memcmp(a->fx, b->fx, 160) && !memcmp(a->mem, b->mem, sizeof a->mem) && a->ax == b->ax && a->flags == b->flags &&
	       a->fault == b->fault && !memcmp(a->env, b->env, 28);
}

// A context switch of the host's kernel loses the pointers (FXSAVE writes them
// only while an exception is pending), so that the run must be repeated.
static bool
pointers_lost(const struct state *native, const struct state *ours)
{
	return memcmp(native->env + 12, ours->env + 12, 12) && (!ld32(native->env + 12) || !ld16(native->env + 16));
}

static long cases = 300;
static int verbose, encodings, failed, undone;

static void
test_encoding(const u8 *b, int len)
{
	static struct state in, native, ours;
	struct insn insn;
	char name[64];
	long i, bad = 0;
	int k;
	bool ud = isa_decode(&insn, b, (size_t)len, MODE_64) != len;
	encodings++;
	build(b, len);
	if (ud) {
		memset(&insn, 0, sizeof insn);
		random_state(&in, &insn);
		run_native(&in);
		if (in.fault != VEC_UD) {
			failed++;
			printf("x87: %02x %02x is valid here but not decoded\n", b[0], b[1]);
		}
		return;
	}
	if (!lower(&insn)) {
		undone++;
		return;
	}
	isa_format(name, sizeof name, &insn, 0);
	seed = b[0] << 8 | b[1];
	for (i = 0; i < cases; i++) {
		random_state(&in, &insn);
		ours = in;
		run_handler(&ours);
		for (k = 0; k < 5 && (!k || pointers_lost(&native, &ours)); k++) {
			native = in;
			run_native(&native);
		}
		if (native.fault == VEC_UD) {
			printf("x87: %02x %02x %s: #UD here\n", b[0], b[1], name);
			failed++;
			return;
		}
		memcpy(native.fx + 24, ours.fx + 24, 8);
		if (same(&native, &ours)) continue;
		if (bad++ < (verbose ? 4 : 1)) {
			printf("x87: %02x %02x %s\n", b[0], b[1], name);
			show_regs("in", &in);
			show_regs("native", &native);
			show_regs("ours", &ours);
		}
	}
	if (bad) {
		failed++;
		printf("x87: %02x %02x %s: %ld of %ld cases differ\n", b[0], b[1], name, bad, cases);
	}
}

// Arguments where these functions are hard: next to multiples of pi/2, about
// 2^63, next to one, exact powers, the ends of the intervals they are made for.
static struct f80
hard_argument(void)
{
	static const struct f80 ends[] = {{0xc90fdaa22168c235, 0x3fff}, {0xc90fdaa22168c234, 0x3fff}, {0xc90fdaa22168c235, 0x3ffe}, {0x95f619980c4336f7, 0x3ffd},
	                                  {0x95f619980c4336f6, 0x3ffd}, {0xd413cccfe7799211, 0x3ffd}, {0xb504f333f9de6484, 0x3ffe}, {0xb504f333f9de6485, 0x3fff},
	                                  {0x8000000000000000, 0x403e}, {0xffffffffffffffff, 0x403d}, {0x8000000000000000, 0x3fff}, {0x8000000000000001, 0x3fff},
	                                  {0xffffffffffffffff, 0x3ffe}, {0x8000000000000000, 0x3ffe}, {0x8000000000000000, 0x0001}, {0x0000000000000001, 0x0000}};
	struct fpenv e;
	struct f80 v, half_pi = {0xc90fdaa22168c235, 0x3fff};
	u64 r = rnd();
	memset(&e, 0, sizeof e);
	e.pc = 3;
	e.masks = 63;
	e.rc = r >> 8 & 3;
	v.m = 1ull << 63;
	v.se = (u16)(16383 + (r >> 16 & 127) - 63);
	if (r & 1) {
		v = ends[r >> 32 & 15];
		if (v.m << 1) v.m += (r >> 40 & 7) - 4;
	} else if (r & 2) {
		v = f80_arith(&e, SF_MUL, half_pi, f80_from_int((i64)(rnd() >> (1 + (r >> 16) % 63))));
	} else if (r & 4) {
		v.se = 0x3fff - (r >> 32 & 1);
		v.m = (r & 8) ? -(rnd() >> (r >> 16 & 63)) | 1ull << 63 : v.m | rnd() >> (1 + (r >> 16 & 31));
	}
	v.se |= (u16)(r >> 48 & 0x8000);
	return v;
}

// A transcendental instruction in software: random states and hard arguments,
// those too that the manual does not allow.
static void
test_software(int kind, u8 opcode)
{
	static struct state in, native, ours;
	struct insn insn;
	u8 b[2];
	long i, bad = 0, off = 0, sides = 0, n = cases * 340;
	int worst = 0;
	char name[64];
	b[0] = 0xd9;
	b[1] = opcode;
	isa_decode(&insn, b, 2, MODE_64);
	isa_format(name, sizeof name, &insn, 0);
	build(b, 2);
	lower(&insn);
	soft_kind = kind;
	block->ops[0].fn = soft_transcendental;
	seed = opcode;
	for (i = 0; i < n; i++) {
		int u = 0, side = 0;
		random_state(&in, &insn);
		if (i & 1) x87_st80(in.fx + 32, hard_argument());
		if ((i & 3) == 3) x87_st80(in.fx + 48, hard_argument());
		ours = native = in;
		run_native(&native);
		run_handler(&ours);
		if (!close_enough(&native, &ours, &u, &side)) {
			if (bad++ < (verbose ? 4 : 1)) {
				printf("x87: software %s\n", name);
				show_regs("in", &in);
				show_regs("native", &native);
				show_regs("ours", &ours);
			}
		} else {
			off += u;
			sides += !u && side;
		}
		if (u > worst) worst = u;
	}
	printf("x87: %s in software: %ld of %ld results one unit off, %ld with another C1, worst %d units\n", name, off, n, sides, worst);
	if (bad) {
		failed++;
		printf("x87: software %s: %ld of %ld cases differ\n", name, bad, n);
	}
}

int
main(int argc, char **argv)
{
	struct sigaction sa;
	u8 b[3];
	int op, m, k, only = -1;
	i64 at;
	struct mem *mem;
	for (k = 1; k < argc; k++) {
		if (!strcmp(argv[k], "-n") && k + 1 < argc)
			cases = atol(argv[++k]);
		else if (!strcmp(argv[k], "-v"))
			verbose = 1;
		else
			only = (int)strtol(argv[k], 0, 16);
	}
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = on_signal;
	sa.sa_flags = SA_SIGINFO;
	sigaction(SIGFPE, &sa, 0);
	sigaction(SIGILL, &sa, 0);
	// guest memory, for the handlers find the last opcode there; executable for us
	mem = mem_new(0);
	at = mem ? mem_map(mem, 0, 4096, MEM_R | MEM_W | MEM_X, VMA_ANON, -1, 0, 0) : -1;
	code = (u8 *)(uintptr_t)at;
	operand = code + 2048;
	cpu = mem ? cpu_new(mem, codecache_new(mem)) : 0;
	block = (struct block *)calloc(1, sizeof *block + 4 * sizeof(struct op));
	if (at < 0 || LINEAR_BASE || !block || !cpu || mprotect(code, 4096, PROT_READ | PROT_WRITE | PROT_EXEC)) {
		printf("x87: skipped: needs linear memory that is writable and executable\n");
		return 0;
	}
	cpu->sel[SEG_CS] = 0x33;
	cpu->mode = MODE_64;
	for (op = 0xd8; op <= 0xdf; op++) {
		for (m = 0; m < 256; m++) {
			if (m < 0xc0 && (m & 0xc7) != 6) continue;  // memory is [rsi]
			if (only >= 0 && only != (op << 8 | m)) continue;
			b[0] = (u8)op;
			b[1] = (u8)m;
			test_encoding(b, 2);
			if (m < 0xc0 && (op == 0xd9 || op == 0xdd)) {
				b[0] = 0x66;
				b[1] = (u8)op;
				b[2] = (u8)m;
				test_encoding(b, 3);
			}
		}
	}
	b[0] = 0x9b;
	if (only < 0 || only == 0x9b) test_encoding(b, 1);
	if (only < 0 || only == 0xd9) {
		static const u8 opcodes[] = {0xf0, 0xf1, 0xf3, 0xf9, 0xf2, 0xfb, 0xfe, 0xff};
		for (k = 0; k < 8; k++) test_software(k, opcodes[k]);
	}
	printf("x87: %d encodings, %d failed, %d without a handler\n", encodings, failed, undone);
	return failed != 0;
}
#endif
