// branch.c: jmp, jcc, call, ret, push, pop, nop, syscall: what moves RIP and
// what every function does with the stack.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/forms.h"
#include "cpu/int.h"
#include "cpu/system.h"

// --- stack -----------------------------------------------------------------

void
stack_push(struct cpu *c, const struct op *op, int size, u64 x)
{
	u64 sp = c->r[GPR_SP] - (u64)size;
	wrn(c, op, stack_at(c, op, sp), size, x);
	stack_set(c, sp);
}

u64
stack_pop(struct cpu *c, const struct op *op, int size)
{
	u64 x = rdn(c, op, stack_at(c, op, c->r[GPR_SP]), size);
	stack_set(c, c->r[GPR_SP] + (u64)size);
	return x;
}

const struct op *
op_push(struct cpu *c, const struct op *op)
{
	stack_push(c, op, op->size, opr_get(c, op, 0, op->size));
	NEXT();
}

// POP to memory: the address counts from the stack pointer after the pop, and
// a fault of the store leaves the stack pointer as it was.
const struct op *
op_pop(struct cpu *c, const struct op *op)
{
	int size = op->size;
	u64 sp = c->r[GPR_SP];
	u64 x = rdn(c, op, stack_at(c, op, sp), size);
	if (op_kind(op, 0) == K_MEM) {
		// An address op in front may have used the stack pointer.
		int base = op->base == GPR_EA ? (op - 1)->base : op->base;
		u64 at = ea(c, op) + (base == GPR_SP ? (u64)size : 0);
		if (CPU_MODE(c) != MODE_64)
			at = (at & ~(u64)0xffffffff) | (u32)at;
		wrn(c, op, at, size, x);
		stack_set(c, sp + (u64)size);
	} else {
		stack_set(c, sp + (u64)size);
		reg_set(c, op->a, size, x);
	}
	NEXT();
}

// --- branches ----------------------------------------------------------------

static u64
cut_pc(const struct cpu *c, const struct op *op, u64 pc)
{
	return CPU_MODE(c) == MODE_64 ? pc : op->flags & OPF_O16 ? (u16)pc : (u32)pc;
}

// A target must be canonical, or within the segment: the branch itself raises #GP.
static u64
check_pc(struct cpu *c, const struct op *op, u64 pc)
{
	if (UNLIKELY(CPU_MODE(c) == MODE_64 ? (u64)((i64)pc >> 47) + 1 > 1 : pc > c->code_limit))
		cpu_raise(c, op, VEC_GP, 0);
	return pc;
}

const struct op *
op_nop(struct cpu *c, const struct op *op)
{
	NEXT();
}

const struct op *
op_jmp(struct cpu *c, const struct op *op)
{
	u64 t;
	if (op_kind(op, 0) == K_IMM)
		GO(op + 2);
	t = check_pc(c, op, cut_pc(c, op, opr_get(c, op, 0, op->size)));
	JUMP(t);
}

const struct op *
op_call(struct cpu *c, const struct op *op)
{
	u64 t, sp;
	if (op_kind(op, 0) == K_IMM) {
		stack_push(c, op, op->size, (u64)(op + 1)->disp);
		GO(op + 2);
	}
	t = cut_pc(c, op, opr_get(c, op, 0, op->size));
	sp = c->r[GPR_SP] - op->size;
	if (UNLIKELY(CPU_MODE(c) == MODE_64 ? (u64)((i64)t >> 47) + 1 > 1 : t > c->code_limit))
		access_probe(c, op, stack_at(c, op, sp), op->size, MEM_W);  // comes before #GP
	check_pc(c, op, t);
	stack_push(c, op, op->size, (u64)(op + 1)->disp);
	JUMP(t);
}

const struct op *
op_ret(struct cpu *c, const struct op *op)
{
	int size = op->size;
	u64 sp = c->r[GPR_SP];
	u64 t = check_pc(c, op, cut_pc(c, op, rdn(c, op, stack_at(c, op, sp), size)));
	stack_set(c, sp + (u64)size + (op_kind(op, 0) == K_IMM ? (u16)op->imm : 0));
	JUMP(t);
}

// A Jcc that is not taken continues behind its slots: with the next instruction
// or, where the block ends, with op_past.
#ifdef TINY
#define NOT_TAKEN() GO(op + 1)
#else
#define NOT_TAKEN() DISPATCH(op + 3)
const struct op *
op_past(struct cpu *c, const struct op *op)
{
	GO(op - 2);
}
#endif

const struct op *
op_jcc(struct cpu *c, const struct op *op)
{
	if (flags_cond(c, op->d))
		GO(op + 2);
	NOT_TAKEN();
}

const struct op *
op_syscall(struct cpu *c, const struct op *op)
{
	if (CPU_SYS(c))
		TAIL system_syscall(c, op);
	if (CPU_MODE(c) != MODE_64)
		cpu_raise(c, op, VEC_UD, 0);  // as on the processors that CPUID names
	c->pc = op_next_pc(op);
	c->r[GPR_CX] = c->pc;
	c->r[GPR_R11] = cpu_get_flags(c);
	LEAVE(STOP_SYSCALL);
}

#ifndef TINY
static const struct op *
op_push_r64(struct cpu *c, const struct op *op)
{
	u64 sp = c->r[GPR_SP] - 8;
	FAST_WR(op_push, sp, 64);
	hwr64(c, op, h, c->r[op->a]);
	c->r[GPR_SP] = sp;
	NEXT();
}

static const struct op *
op_pop_r64(struct cpu *c, const struct op *op)
{
	u64 sp = c->r[GPR_SP];
	FAST_RD(op_pop, sp, 64);
	u64 x = hrd64(c, op, h);
	c->r[GPR_SP] = sp + 8;
	c->r[op->a] = x;
	NEXT();
}

static const struct op *
op_jmp_direct(struct cpu *c, const struct op *op)
{
	GO(op + 2);
}

static const struct op *
op_call_direct(struct cpu *c, const struct op *op)
{
	u64 sp = c->r[GPR_SP] - 8;
	FAST_WR(op_call, sp, 64);
	hwr64(c, op, h, (u64)(op + 1)->disp);
	c->r[GPR_SP] = sp;
	GO(op + 2);
}

// Targets below 2^47 are canonical; the generic form deals with others.
static const struct op *
op_call_r64(struct cpu *c, const struct op *op)
{
	u64 sp = c->r[GPR_SP] - 8, t = c->r[op->a];
	FAST_WR(op_call, sp, 64);
	if (UNLIKELY(t >> 47))
		TAIL op_call(c, op);
	hwr64(c, op, h, (u64)(op + 1)->disp);
	c->r[GPR_SP] = sp;
	JUMP(t);
}

static const struct op *
op_call_m64(struct cpu *c, const struct op *op)
{
	u64 sp = c->r[GPR_SP] - 8;
	FAST(from, op_call, ea(c, op), 8, 0);
	FAST_WR(op_call, sp, 64);
	u64 t = hrd64(c, op, from);
	if (UNLIKELY(t >> 47))
		TAIL op_call(c, op);
	hwr64(c, op, h, (u64)(op + 1)->disp);
	c->r[GPR_SP] = sp;
	JUMP(t);
}

static const struct op *
op_jmp_r64(struct cpu *c, const struct op *op)
{
	u64 t = c->r[op->a];
	if (UNLIKELY(t >> 47))
		TAIL op_jmp(c, op);
	JUMP(t);
}

static const struct op *
op_jmp_m64(struct cpu *c, const struct op *op)
{
	FAST_RD(op_jmp, ea(c, op), 64);
	u64 t = hrd64(c, op, h);
	if (UNLIKELY(t >> 47))
		TAIL op_jmp(c, op);
	JUMP(t);
}

static const struct op *
op_ret64(struct cpu *c, const struct op *op)
{
	u64 sp = c->r[GPR_SP];
	FAST_RD(op_ret, sp, 64);
	u64 t = hrd64(c, op, h);
	if (UNLIKELY(t >> 47))
		TAIL op_ret(c, op);
	c->r[GPR_SP] = sp + 8;
	JUMP(t);
}

// --- conditions on known flags ----------------------------------------------

// What a condition means right after a - b, for operands of s bits
#define SUB_B(s) (a < b)
#define SUB_AE(s) (a >= b)
#define SUB_E(s) (a == b)
#define SUB_NE(s) (a != b)
#define SUB_BE(s) (a <= b)
#define SUB_A(s) (a > b)
#define SUB_S(s) ((i##s)(u##s)(a - b) < 0)
#define SUB_NS(s) ((i##s)(u##s)(a - b) >= 0)
#define SUB_L(s) ((i##s)a < (i##s)b)
#define SUB_GE(s) ((i##s)a >= (i##s)b)
#define SUB_LE(s) ((i##s)a <= (i##s)b)
#define SUB_G(s) ((i##s)a > (i##s)b)
// The same after a logic operation with result r
#define LOG_B(s) 0
#define LOG_AE(s) 1
#define LOG_E(s) (r == 0)
#define LOG_NE(s) (r != 0)
#define LOG_BE(s) (r == 0)
#define LOG_A(s) (r != 0)
#define LOG_S(s) ((i##s)r < 0)
#define LOG_NS(s) ((i##s)r >= 0)
#define LOG_L(s) ((i##s)r < 0)
#define LOG_GE(s) ((i##s)r >= 0)
#define LOG_LE(s) ((i##s)r <= 0)
#define LOG_G(s) ((i##s)r > 0)

#define JCC_SUB(cc, s) \
static const struct op * \
op_jcc_sub##s##_##cc(struct cpu *c, const struct op *op) \
{ \
	u##s a = (u##s)c->lf_a, b = (u##s)c->lf_b; \
	if (SUB_##cc(s)) \
		GO(op + 2); \
	NOT_TAKEN(); \
}
#define JCC_LOG(cc, s) \
static const struct op * \
op_jcc_log##s##_##cc(struct cpu *c, const struct op *op) \
{ \
	u##s r = (u##s)c->lf_a; \
	(void)r; \
	if (LOG_##cc(s)) \
		GO(op + 2); \
	NOT_TAKEN(); \
}
#define JCC_ADD(cc, s) \
static const struct op * \
op_jcc_add##s##_##cc(struct cpu *c, const struct op *op) \
{ \
	u##s r = (u##s)(c->lf_a + c->lf_b); \
	if (LOG_##cc(s)) \
		GO(op + 2); \
	NOT_TAKEN(); \
}
#define FUSED_CMP(cc, form, s, fast, load_a, load_b) \
static const struct op * \
op_cmp_##form##s##_j##cc(struct cpu *c, const struct op *op) \
{ \
	fast; \
	u##s a = load_a, b = load_b; \
	flags_lazy(c, LF_SUB, s / 8, a, b); \
	if (SUB_##cc(s)) \
		GO(op + 2); \
	NOT_TAKEN(); \
}
#define FUSED_TEST(cc, form, s, fast, load_a, load_b) \
static const struct op * \
op_test_##form##s##_j##cc(struct cpu *c, const struct op *op) \
{ \
	fast; \
	u##s a = load_a, b = load_b, r = (u##s)(a & b); \
	flags_logic(c, s / 8, r); \
	if (LOG_##cc(s)) \
		GO(op + 2); \
	NOT_TAKEN(); \
}

// Any fused form, on the slow path. d: the condition, 16 for TEST
static const struct op *
op_fused_slow(struct cpu *c, const struct op *op)
{
	u64 a = opr_get(c, op, 0, op->size), b = opr_get(c, op, 1, op->size);
	if (op->d & 16)
		flags_logic(c, op->size, a & b);
	else
		flags_lazy(c, LF_SUB, op->size, a, b);
	if (flags_cond(c, op->d & 15))
		GO(op + 2);
	NOT_TAKEN();
}
#define FUSED_FAST(bits) FAST_RD(op_fused_slow, ea(c, op), bits)

#define ALL_OF(cc) \
JCC_SUB(cc, 8) JCC_SUB(cc, 16) JCC_SUB(cc, 32) JCC_SUB(cc, 64) \
JCC_LOG(cc, 8) JCC_LOG(cc, 16) JCC_LOG(cc, 32) JCC_LOG(cc, 64) \
FUSED_CMP(cc, rr, 8, (void)0, GET8(op->a), GET8(op->b)) \
FUSED_CMP(cc, rr, 16, (void)0, GET16(op->a), GET16(op->b)) \
FUSED_CMP(cc, rr, 32, (void)0, GET32(op->a), GET32(op->b)) \
FUSED_CMP(cc, rr, 64, (void)0, GET64(op->a), GET64(op->b)) \
FUSED_CMP(cc, ri, 8, (void)0, GET8(op->a), (u8)(i64)op->imm) \
FUSED_CMP(cc, ri, 16, (void)0, GET16(op->a), (u16)(i64)op->imm) \
FUSED_CMP(cc, ri, 32, (void)0, GET32(op->a), (u32)(i64)op->imm) \
FUSED_CMP(cc, ri, 64, (void)0, GET64(op->a), (u64)(i64)op->imm) \
FUSED_CMP(cc, rm, 32, FUSED_FAST(32), GET32(op->a), hrd32(c, op, h)) \
FUSED_CMP(cc, rm, 64, FUSED_FAST(64), GET64(op->a), hrd64(c, op, h)) \
FUSED_CMP(cc, mr, 32, FUSED_FAST(32), hrd32(c, op, h), GET32(op->b)) \
FUSED_CMP(cc, mr, 64, FUSED_FAST(64), hrd64(c, op, h), GET64(op->b)) \
FUSED_CMP(cc, mi, 8, FUSED_FAST(8), hrd8(c, op, h), (u8)(i64)op->imm) \
FUSED_CMP(cc, mi, 32, FUSED_FAST(32), hrd32(c, op, h), (u32)(i64)op->imm) \
FUSED_CMP(cc, mi, 64, FUSED_FAST(64), hrd64(c, op, h), (u64)(i64)op->imm) \
FUSED_TEST(cc, rr, 8, (void)0, GET8(op->a), GET8(op->b)) \
FUSED_TEST(cc, rr, 16, (void)0, GET16(op->a), GET16(op->b)) \
FUSED_TEST(cc, rr, 32, (void)0, GET32(op->a), GET32(op->b)) \
FUSED_TEST(cc, rr, 64, (void)0, GET64(op->a), GET64(op->b)) \
FUSED_TEST(cc, ri, 8, (void)0, GET8(op->a), (u8)(i64)op->imm) \
FUSED_TEST(cc, ri, 16, (void)0, GET16(op->a), (u16)(i64)op->imm) \
FUSED_TEST(cc, ri, 32, (void)0, GET32(op->a), (u32)(i64)op->imm)
ALL_OF(B)
ALL_OF(AE)
ALL_OF(E)
ALL_OF(NE)
ALL_OF(BE)
ALL_OF(A)
ALL_OF(S)
ALL_OF(NS)
ALL_OF(L)
ALL_OF(GE)
ALL_OF(LE)
ALL_OF(G)
JCC_ADD(E, 16)
JCC_ADD(NE, 16)
JCC_ADD(S, 16)
JCC_ADD(NS, 16)
JCC_ADD(E, 32)
JCC_ADD(NE, 32)
JCC_ADD(S, 32)
JCC_ADD(NS, 32)
JCC_ADD(E, 64)
JCC_ADD(NE, 64)
JCC_ADD(S, 64)
JCC_ADD(NS, 64)

// In the order of the condition codes; O, NO, P and NP have no fast forms.
#define BY_CC(p) { 0, 0, p##B, p##AE, p##E, p##NE, p##BE, p##A, p##S, p##NS, 0, 0, p##L, p##GE, p##LE, p##G }
static op_fn *const jcc_sub[4][16] = { BY_CC(op_jcc_sub8_), BY_CC(op_jcc_sub16_), BY_CC(op_jcc_sub32_), BY_CC(op_jcc_sub64_) };
static op_fn *const jcc_log[4][16] = { BY_CC(op_jcc_log8_), BY_CC(op_jcc_log16_), BY_CC(op_jcc_log32_), BY_CC(op_jcc_log64_) };
static op_fn *const jcc_add[3][16] = {
	{ 0, 0, 0, 0, op_jcc_add16_E, op_jcc_add16_NE, 0, 0, op_jcc_add16_S, op_jcc_add16_NS, 0, 0, 0, 0, 0, 0 },
	{ 0, 0, 0, 0, op_jcc_add32_E, op_jcc_add32_NE, 0, 0, op_jcc_add32_S, op_jcc_add32_NS, 0, 0, 0, 0, 0, 0 },
	{ 0, 0, 0, 0, op_jcc_add64_E, op_jcc_add64_NE, 0, 0, op_jcc_add64_S, op_jcc_add64_NS, 0, 0, 0, 0, 0, 0 }
};
struct fused_row { op_fn *form[FORM_MI + 1][16]; };
static const struct fused_row fused_cmp[4] = {
	{ { BY_CC(op_cmp_rr8_j), { 0 }, { 0 }, BY_CC(op_cmp_ri8_j), BY_CC(op_cmp_mi8_j) } },
	{ { BY_CC(op_cmp_rr16_j), { 0 }, { 0 }, BY_CC(op_cmp_ri16_j), { 0 } } },
	{ { BY_CC(op_cmp_rr32_j), BY_CC(op_cmp_rm32_j), BY_CC(op_cmp_mr32_j), BY_CC(op_cmp_ri32_j), BY_CC(op_cmp_mi32_j) } },
	{ { BY_CC(op_cmp_rr64_j), BY_CC(op_cmp_rm64_j), BY_CC(op_cmp_mr64_j), BY_CC(op_cmp_ri64_j), BY_CC(op_cmp_mi64_j) } }
};
static const struct fused_row fused_test[4] = {
	{ { BY_CC(op_test_rr8_j), { 0 }, { 0 }, BY_CC(op_test_ri8_j), { 0 } } },
	{ { BY_CC(op_test_rr16_j), { 0 }, { 0 }, BY_CC(op_test_ri16_j), { 0 } } },
	{ { BY_CC(op_test_rr32_j), { 0 }, { 0 }, BY_CC(op_test_ri32_j), { 0 } } },
	{ { BY_CC(op_test_rr64_j), { 0 }, { 0 }, { 0 }, { 0 } } }
};
#endif

op_fn *
branch_specialise(const struct insn *in, const struct op *op, u32 flags)
{
#ifndef TINY
	int kind = op_kind(op, 0), i = flags ? size_index(flags & 15) : -1;
	switch (in->op) {
	case OP_JMP:
		return kind == K_IMM ? op_jmp_direct : in->mode != MODE_64 || op->size != 8 ? 0 : kind == K_REG ? op_jmp_r64 : op_jmp_m64;
	case OP_CALL:
		if (in->mode != MODE_64 || op->size != 8)
			return 0;
		return kind == K_IMM ? op_call_direct : kind == K_REG ? op_call_r64 : op_call_m64;
	case OP_RET:
		return in->mode == MODE_64 && op->size == 8 && kind == K_NONE ? op_ret64 : 0;
	case OP_JCC:
		if (i < 0)
			return 0;
		switch (flags >> 4) {
		case LF_SUB:
			return jcc_sub[i][in->cc];
		case LF_LOGIC:
			return jcc_log[i][in->cc];
		case LF_INC:
		case LF_DEC:
			return in->cc >> 1 == 2 || in->cc >> 1 == 4 ? jcc_log[i][in->cc] : 0;
		case LF_ADD:
			return i > 0 ? jcc_add[i - 1][in->cc] : 0;
		}
	}
#endif
	return 0;
}

op_fn *
branch_fuse(int prev_op, const struct op *prev, const struct insn *jcc)
{
#ifndef TINY
	int i = size_index(prev->size), form = form_of(prev);
	if (jcc->op != OP_JCC || form < 0 || form > FORM_MI)
		return 0;
	if (prev_op == OP_CMP)
		return fused_cmp[i].form[form][jcc->cc];
	if (prev_op == OP_TEST)
		return fused_test[i].form[form][jcc->cc];
#endif
	return 0;
}

// Stack and no-operation forms
op_fn *
stack_specialise(const struct insn *in, const struct op *op)
{
#ifndef TINY
	if (in->mode == MODE_64 && op->size == 8 && op_kind(op, 0) == K_REG) {
		if (in->op == OP_PUSH)
			return op_push_r64;
		if (in->op == OP_POP)
			return op_pop_r64;
	}
#endif
	return 0;
}
