// alu.c: add or adc sbb and sub xor cmp test not neg inc dec. One generic
// handler each, which takes any form, and forms for the common ones.
#include "cpu/alu.h"
#include "cpu/atomic.h"
#include "cpu/cpu_internal.h"
#include "cpu/forms.h"

static ALWAYS_INLINE void
alu_any(struct cpu *c, const struct op *op, enum alu k)
{
	int size = op->size;
	u64 a, b, r;
	int cin;
	if (op->flags & OPF_LOCK) {
		atomic_alu(c, op, k);
		return;
	}
	a = opr_get(c, op, 0, size);
	b = k >= ALU_NOT ? 0 : opr_get(c, op, 1, size);
	cin = alu_needs_cf(k) ? flags_cf(c) : 0;
	r = alu_result(k, a, b, cin);
	if (k != ALU_CMP && k != ALU_TEST)
		opr_set(c, op, 0, size, r);
	alu_flags(c, k, size, a, b, r, cin);
}

#ifdef TINY
static NOINLINE void
alu_dispatch(struct cpu *c, const struct op *op, int k)
{
	alu_any(c, op, (enum alu)k);
}
#define alu_generic alu_dispatch
#else
#define alu_generic alu_any
#endif

#define GENERIC(name, k) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(alu_generic, k); \
}
GENERIC(add, ALU_ADD)
GENERIC(or, ALU_OR)
GENERIC(adc, ALU_ADC)
GENERIC(sbb, ALU_SBB)
GENERIC(and, ALU_AND)
GENERIC(sub, ALU_SUB)
GENERIC(xor, ALU_XOR)
GENERIC(cmp, ALU_CMP)
GENERIC(test, ALU_TEST)
GENERIC(not, ALU_NOT)
GENERIC(neg, ALU_NEG)
GENERIC(inc, ALU_INC)
GENERIC(dec, ALU_DEC)

#ifndef TINY
#define FORM(name, k, s, form, fast, load_a, load_b, store) \
ALU_FORM(op_##name##_##form##s, k, s, fast, load_a, load_b, store, NEXT(), flags_cf(c))
#define READS(name, k, s) \
FORM(name, k, s, rr, (void)0, GET##s(op->a), GET##s(op->b), (void)0) \
FORM(name, k, s, rm, FAST_RD(op_##name, ea(c, op), s), GET##s(op->a), hrd##s(c, op, h), (void)0) \
FORM(name, k, s, mr, FAST_RD(op_##name, ea(c, op), s), hrd##s(c, op, h), GET##s(op->b), (void)0) \
FORM(name, k, s, ri, (void)0, GET##s(op->a), (u##s)(i64)op->imm, (void)0) \
FORM(name, k, s, mi, FAST_RD(op_##name, ea(c, op), s), hrd##s(c, op, h), (u##s)(i64)op->imm, (void)0)
#define WRITES(name, k, s) \
FORM(name, k, s, rr, (void)0, GET##s(op->a), GET##s(op->b), PUT##s(op->a, r)) \
FORM(name, k, s, rm, FAST_RD(op_##name, ea(c, op), s), GET##s(op->a), hrd##s(c, op, h), PUT##s(op->a, r)) \
FORM(name, k, s, mr, FAST_WR(op_##name, ea(c, op), s), hrd##s(c, op, h), GET##s(op->b), hwr##s(c, op, h, (u##s)r)) \
FORM(name, k, s, ri, (void)0, GET##s(op->a), (u##s)(i64)op->imm, PUT##s(op->a, r)) \
FORM(name, k, s, mi, FAST_WR(op_##name, ea(c, op), s), hrd##s(c, op, h), (u##s)(i64)op->imm, hwr##s(c, op, h, (u##s)r))
#define UNARY(name, k, s) \
FORM(name, k, s, r, (void)0, GET##s(op->a), 0, PUT##s(op->a, r)) \
FORM(name, k, s, m, FAST_WR(op_##name, ea(c, op), s), hrd##s(c, op, h), 0, hwr##s(c, op, h, (u##s)r))
#define SIZES(M, name, k) M(name, k, 8) M(name, k, 16) M(name, k, 32) M(name, k, 64)
EACH_ALU(SIZES, WRITES, READS, UNARY)

// Of those that write a register, where nobody reads the flags (see dead.c)
#define QUIET(name, k, s, form, fast, b) \
static const struct op * \
op_##name##_##form##s##_quiet(struct cpu *c, const struct op *op) \
{ \
	fast; \
	PUT##s(op->a, alu_result(k, GET##s(op->a), b, 0)); \
	NEXT(); \
}
#define QUIET_BINARY(name, k, s) \
QUIET(name, k, s, rr, (void)0, GET##s(op->b)) \
QUIET(name, k, s, rm, FAST_RD(op_##name, ea(c, op), s), hrd##s(c, op, h)) \
QUIET(name, k, s, ri, (void)0, (u##s)(i64)op->imm)
#define QUIET_UNARY(name, k, s) QUIET(name, k, s, r, (void)0, 0)
#define EACH_SIZE(M, name, k) M(name, k, 16) M(name, k, 32) M(name, k, 64)
EACH_SIZE(QUIET_BINARY, add, ALU_ADD)
EACH_SIZE(QUIET_BINARY, or, ALU_OR)
EACH_SIZE(QUIET_BINARY, and, ALU_AND)
EACH_SIZE(QUIET_BINARY, sub, ALU_SUB)
EACH_SIZE(QUIET_BINARY, xor, ALU_XOR)
EACH_SIZE(QUIET_UNARY, neg, ALU_NEG)
EACH_SIZE(QUIET_UNARY, inc, ALU_INC)
EACH_SIZE(QUIET_UNARY, dec, ALU_DEC)

// xor r,r: a constant
static const struct op *
op_zero(struct cpu *c, const struct op *op)
{
	c->r[op->a] = 0;
	flags_logic(c, 4, 0);
	NEXT();
}

static const struct op *
op_zero_quiet(struct cpu *c, const struct op *op)
{
	c->r[op->a] = 0;
	NEXT();
}

// INC and DEC of a register where the lazy flags are of a known kind: CF is kept from
// where it is to be found (LF_DEC's is LF_INC's).
#define CARRY_ADD(s) ((u##s)(c->lf_a + c->lf_b) < (u##s)c->lf_a)
#define CARRY_SUB(s) ((u##s)c->lf_a < (u##s)c->lf_b)
#define CARRY_LOGIC(s) 0
#define CARRY_INC(s) ((int)c->lf_b)
#define KEEPING(name, k, s, kind) \
ALU_FORM(op_##name##_r##s##_after_##kind, k, s, (void)0, GET##s(op->a), 0, PUT##s(op->a, r), NEXT(), CARRY_##kind(s))
#define KEEPING_EACH(name, k, s) KEEPING(name, k, s, ADD) KEEPING(name, k, s, SUB) KEEPING(name, k, s, LOGIC) KEEPING(name, k, s, INC)
EACH_SIZE(KEEPING_EACH, inc, ALU_INC)
EACH_SIZE(KEEPING_EACH, dec, ALU_DEC)

#define BINARY_ROW(name) \
	{ { op_##name##_rr8, op_##name##_rm8, op_##name##_mr8, op_##name##_ri8, op_##name##_mi8 }, \
	  { op_##name##_rr16, op_##name##_rm16, op_##name##_mr16, op_##name##_ri16, op_##name##_mi16 }, \
	  { op_##name##_rr32, op_##name##_rm32, op_##name##_mr32, op_##name##_ri32, op_##name##_mi32 }, \
	  { op_##name##_rr64, op_##name##_rm64, op_##name##_mr64, op_##name##_ri64, op_##name##_mi64 } }
#define UNARY_ROW(name) \
	{ { op_##name##_r8, op_##name##_m8 }, { op_##name##_r16, op_##name##_m16 }, \
	  { op_##name##_r32, op_##name##_m32 }, { op_##name##_r64, op_##name##_m64 } }
static op_fn *const binary_forms[][4][5] = {
	BINARY_ROW(add), BINARY_ROW(or), BINARY_ROW(adc), BINARY_ROW(sbb), BINARY_ROW(and),
	BINARY_ROW(sub), BINARY_ROW(xor), BINARY_ROW(cmp), BINARY_ROW(test)
};
static op_fn *const unary_forms[][4][2] = {
	UNARY_ROW(not), UNARY_ROW(neg), UNARY_ROW(inc), UNARY_ROW(dec)
};
#define QUIET_FORM(name, form) { op_##name##_##form##16_quiet, op_##name##_##form##32_quiet, op_##name##_##form##64_quiet }
#define QUIET_ROW(name) { QUIET_FORM(name, rr), QUIET_FORM(name, rm), { 0 }, QUIET_FORM(name, ri) }
#define QUIET_ROW1(name) { QUIET_FORM(name, r) }
// By the kinds of lazy flags that flags_after() names
#define KEEPING_FORM(name, s) \
	{ 0, op_##name##_r##s##_after_ADD, 0, op_##name##_r##s##_after_SUB, 0, op_##name##_r##s##_after_LOGIC, \
	  op_##name##_r##s##_after_INC, op_##name##_r##s##_after_INC }
static op_fn *const keeping_forms[2][3][LF_RESULT] = {
	{ KEEPING_FORM(inc, 16), KEEPING_FORM(inc, 32), KEEPING_FORM(inc, 64) },
	{ KEEPING_FORM(dec, 16), KEEPING_FORM(dec, 32), KEEPING_FORM(dec, 64) }
};
// By operation, form (the unary ones have but one), size
static op_fn *const quiet_forms[][4][3] = {
	QUIET_ROW(add), QUIET_ROW(or), { { 0 } }, { { 0 } }, QUIET_ROW(and), QUIET_ROW(sub), QUIET_ROW(xor),
	{ { 0 } }, { { 0 } }, { { 0 } }, QUIET_ROW1(neg), QUIET_ROW1(inc), QUIET_ROW1(dec)
};
#endif

op_fn *
alu_specialise(const struct insn *in, const struct op *op, u32 flags)
{
#ifndef TINY
	int form = form_of(op);
	if (in->op < OP_ADD || in->op > OP_DEC || form < 0 || (op->flags & OPF_LOCK))
		return 0;
	if (in->op == OP_XOR && form == FORM_RR && op->a == op->b && op->size >= 4)
		return op_zero;
	if (in->op <= OP_TEST && form <= FORM_MI)
		return binary_forms[in->op - OP_ADD][size_index(op->size)][form];
	if (in->op >= OP_INC && form == FORM_R && op->size > 1 && (flags & 15) == op->size)
		return keeping_forms[in->op - OP_INC][size_index(op->size) - 1][flags >> 4];
	if (in->op >= OP_NOT && form >= FORM_R)
		return unary_forms[in->op - OP_NOT][size_index(op->size)][form - FORM_R];
#endif
	return 0;
}

#ifndef TINY
op_fn *
alu_quiet(const struct insn *in, const struct op *op)
{
	int form = form_of(op), i = size_index(op->size) - 1;
	if (op->fn == op_zero)
		return op_zero_quiet;
	if (in->op < OP_ADD || in->op > OP_DEC || i < 0)
		return 0;
	if (in->op >= OP_NOT)
		return form == FORM_R ? quiet_forms[in->op - OP_ADD][0][i] : 0;
	return form >= 0 && form <= FORM_RI ? quiet_forms[in->op - OP_ADD][form][i] : 0;
}
#endif
