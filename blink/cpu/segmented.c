// segmented.c: forms for a PC's 16 and 32-bit code. One with a memory operand
// takes the place of the address op and does the instruction behind it too; where
// anything is to be looked at (segment, page, alignment) it continues as that
// address op, and the handlers behind it do the same more slowly.
#include "cpu/alu.h"
#include "cpu/cpu_internal.h"
#include "cpu/forms.h"
#include "cpu/int.h"

// Whether n bytes at offset `at` can be accessed without further ado, and where.
static ALWAYS_INLINE int
segment_try(struct cpu *c, u32 at, int seg, unsigned n, int write, uintptr_t *host)
{
	u64 gva = (u32)(at + c->segbase[seg]);
	const struct tlb_entry *e = &c->tlb.e[gva >> PAGE_BITS & (TLB_SIZE - 1)];
	*host = (uintptr_t)gva + e->delta;
	return LIKELY(at < c->segfast[seg]) && LIKELY((write ? e->wtag : e->rtag) == (gva + (n - 1)) >> PAGE_BITS) && LIKELY(c->slow == SLOW_TLB);
}

#define OPERAND(s, write) \
	const struct op *in = op + 1; \
	uintptr_t h; \
	if (UNLIKELY(!segment_try(c, (u32)ea(c, op) & (u32)op->imm, op->a, s / 8, write, &h))) TAIL op_ea32(c, op)
#define NEXT_INSN() DISPATCH(op + 2)

// --- MOV, MOVZX, MOVSX -----------------------------------------------------------

#define MOVE(s) \
static const struct op *mov_rm##s(struct cpu *c, const struct op *op) { OPERAND(s, 0); PUT##s(in->a, hrd##s(c, in, h)); NEXT_INSN(); } \
static const struct op *mov_mr##s(struct cpu *c, const struct op *op) { OPERAND(s, 1); hwr##s(c, in, h, GET##s(in->b)); NEXT_INSN(); } \
static const struct op *mov_mi##s(struct cpu *c, const struct op *op) { OPERAND(s, 1); hwr##s(c, in, h, (u##s)(i64)in->imm); NEXT_INSN(); }
MOVE(8)
MOVE(16)
MOVE(32)

#define EXTEND(name, to, from, T) \
static const struct op *name##_rm##to##_##from(struct cpu *c, const struct op *op) { OPERAND(from, 0); PUT##to(in->a, (T)hrd##from(c, in, h)); NEXT_INSN(); }
EXTEND(movzx, 16, 8, u8)
EXTEND(movzx, 32, 8, u8)
EXTEND(movzx, 32, 16, u16)
EXTEND(movsx, 16, 8, i8)
EXTEND(movsx, 32, 8, i8)
EXTEND(movsx, 32, 16, i16)

static op_fn *const mov_forms[3][3] = { { mov_rm8, mov_mr8, mov_mi8 }, { mov_rm16, mov_mr16, mov_mi16 }, { mov_rm32, mov_mr32, mov_mi32 } };

// --- arithmetic ---------------------------------------------------------------------

#define FORM(name, k, s, form, write, load_a, load_b, store) \
static const struct op * \
name##_##form##s(struct cpu *c, const struct op *op) \
{ \
	OPERAND(s, write); \
	u##s a = load_a; \
	u##s b = load_b; \
	int cin = alu_needs_cf(k) ? flags_cf(c) : 0; \
	u64 r = alu_result(k, a, b, cin); \
	store; \
	alu_flags(c, k, s / 8, a, b, r, cin); \
	NEXT_INSN(); \
}
#define READS(name, k, s) \
FORM(name, k, s, rm, 0, GET##s(in->a), hrd##s(c, in, h), (void)0) \
FORM(name, k, s, mr, 0, hrd##s(c, in, h), GET##s(in->b), (void)0) \
FORM(name, k, s, mi, 0, hrd##s(c, in, h), (u##s)(i64)in->imm, (void)0)
#define WRITES(name, k, s) \
FORM(name, k, s, rm, 0, GET##s(in->a), hrd##s(c, in, h), PUT##s(in->a, r)) \
FORM(name, k, s, mr, 1, hrd##s(c, in, h), GET##s(in->b), hwr##s(c, in, h, (u##s)r)) \
FORM(name, k, s, mi, 1, hrd##s(c, in, h), (u##s)(i64)in->imm, hwr##s(c, in, h, (u##s)r))
#define UNARY(name, k, s) FORM(name, k, s, m, 1, hrd##s(c, in, h), 0, hwr##s(c, in, h, (u##s)r))
#define SIZES(M, name, k) M(name, k, 8) M(name, k, 16) M(name, k, 32)
SIZES(WRITES, add, ALU_ADD)
SIZES(WRITES, or, ALU_OR)
SIZES(WRITES, adc, ALU_ADC)
SIZES(WRITES, sbb, ALU_SBB)
SIZES(WRITES, and, ALU_AND)
SIZES(WRITES, sub, ALU_SUB)
SIZES(WRITES, xor, ALU_XOR)
SIZES(READS, cmp, ALU_CMP)
SIZES(READS, test, ALU_TEST)
SIZES(UNARY, not, ALU_NOT)
SIZES(UNARY, neg, ALU_NEG)
SIZES(UNARY, inc, ALU_INC)
SIZES(UNARY, dec, ALU_DEC)

#define BINARY_ROW(name) \
	{ { name##_rm8, name##_mr8, name##_mi8 }, { name##_rm16, name##_mr16, name##_mi16 }, { name##_rm32, name##_mr32, name##_mi32 } }
static op_fn *const binary_forms[][3][3] = {
	BINARY_ROW(add), BINARY_ROW(or), BINARY_ROW(adc), BINARY_ROW(sbb), BINARY_ROW(and),
	BINARY_ROW(sub), BINARY_ROW(xor), BINARY_ROW(cmp), BINARY_ROW(test)
};
#define UNARY_ROW(name) { name##_m8, name##_m16, name##_m32 }
static op_fn *const unary_forms[][3] = { UNARY_ROW(not), UNARY_ROW(neg), UNARY_ROW(inc), UNARY_ROW(dec) };

op_fn *
segmented_memory(const struct insn *in, const struct op *op)
{
	static const i8 places[FORM_COUNT] = { -1, 0, 1, -1, 2, -1, -1 };
	int form = form_of(op), place = form < 0 ? -1 : places[form], i = size_index(op->size);
	if (form < 0 || i > 2 || op->flags & OPF_LOCK)
		return 0;
	switch (in->op) {
	case OP_MOV:
		return place < 0 ? 0 : mov_forms[i][place];
	case OP_MOVZX:
		return i == 2 ? op->d == 1 ? movzx_rm32_8 : movzx_rm32_16 : i == 1 && op->d == 1 ? movzx_rm16_8 : 0;
	case OP_MOVSX:
		return i == 2 ? op->d == 1 ? movsx_rm32_8 : movsx_rm32_16 : i == 1 && op->d == 1 ? movsx_rm16_8 : 0;
	}
	if (in->op < OP_ADD || in->op > OP_DEC)
		return 0;
	if (in->op <= OP_TEST)
		return place < 0 ? 0 : binary_forms[in->op - OP_ADD][i][place];
	return form == FORM_M ? unary_forms[in->op - OP_NOT][i] : 0;
}

// --- the stack ------------------------------------------------------------------------

op_fn op_push, op_pop, op_call, op_ret;

#define STACK(sp, s, write, generic) \
	u32 at = (u32)(sp) & (u32)~c->stack_keep; \
	uintptr_t h; \
	if (UNLIKELY(!segment_try(c, at, SEG_SS, s / 8, write, &h))) TAIL generic(c, op)
#define SET_SP(x) (c->r[GPR_SP] = (c->r[GPR_SP] & c->stack_keep) | ((u32)(x) & (u32)~c->stack_keep))

#define STACK_FORMS(s) \
static const struct op * \
push_r##s(struct cpu *c, const struct op *op) \
{ \
	STACK(c->r[GPR_SP] - s / 8, s, 1, op_push); \
	hwr##s(c, op, h, GET##s(op->a)); \
	SET_SP(at); \
	NEXT(); \
} \
static const struct op * \
push_i##s(struct cpu *c, const struct op *op) \
{ \
	STACK(c->r[GPR_SP] - s / 8, s, 1, op_push); \
	hwr##s(c, op, h, (u##s)(i64)op->imm); \
	SET_SP(at); \
	NEXT(); \
} \
static const struct op * \
pop_r##s(struct cpu *c, const struct op *op) \
{ \
	STACK(c->r[GPR_SP], s, 0, op_pop); \
	u##s x = hrd##s(c, op, h); \
	SET_SP(at + s / 8); \
	PUT##s(op->a, x); \
	NEXT(); \
} \
static const struct op * \
call_i##s(struct cpu *c, const struct op *op) \
{ \
	STACK(c->r[GPR_SP] - s / 8, s, 1, op_call); \
	hwr##s(c, op, h, (u##s)(op + 1)->disp); \
	SET_SP(at); \
	GO(op + 2); \
} \
static const struct op * \
ret##s(struct cpu *c, const struct op *op) \
{ \
	STACK(c->r[GPR_SP], s, 0, op_ret); \
	u64 t = hrd##s(c, op, h); \
	if (UNLIKELY(t > c->code_limit)) \
		TAIL op_ret(c, op); \
	SET_SP(at + s / 8); \
	JUMP(t); \
}
STACK_FORMS(16)
STACK_FORMS(32)

op_fn *
segmented_stack(const struct insn *in, const struct op *op)
{
	int kind = op_kind(op, 0), wide = op->size == 4;
	if (op->size != 2 && !wide)
		return 0;
	switch (in->op) {
	case OP_PUSH:
		return kind == K_REG ? wide ? push_r32 : push_r16 : kind == K_IMM ? wide ? push_i32 : push_i16 : 0;
	case OP_POP:
		return kind == K_REG ? wide ? pop_r32 : pop_r16 : 0;
	case OP_CALL:
		return kind == K_IMM ? wide ? call_i32 : call_i16 : 0;
	case OP_RET:
		return kind == K_NONE ? wide ? ret32 : ret16 : 0;
	}
	return 0;
}
