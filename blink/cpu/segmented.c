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

#define OPERAND_AT(address, s, write) \
	const struct op *in = op + 1; \
	uintptr_t h; \
	if (UNLIKELY(!segment_try(c, (u32)(address) & (u32)op->imm, op->a, s / 8, write, &h))) \
	TAIL op_ea32(c, op)
#define OPERAND(s, write) OPERAND_AT(ea(c, op), s, write)
#define BASED(s, write) OPERAND_AT(c->r[op->base] + (u64)op->disp, s, write)  // no index
#define NEXT_INSN() DISPATCH(op + 2)

// --- MOV, MOVZX, MOVSX -----------------------------------------------------------

#define MOVE(name, s, where) \
	static const struct op *name##_rm##s(struct cpu *c, const struct op *op) \
	{ \
		where(s, 0); \
		PUT##s(in->a, hrd##s(c, in, h)); \
		NEXT_INSN(); \
	} \
	static const struct op *name##_mr##s(struct cpu *c, const struct op *op) \
	{ \
		where(s, 1); \
		hwr##s(c, in, h, GET##s(in->b)); \
		NEXT_INSN(); \
	} \
	static const struct op *name##_mi##s(struct cpu *c, const struct op *op) \
	{ \
		where(s, 1); \
		hwr##s(c, in, h, (u##s)(i64)in->imm); \
		NEXT_INSN(); \
	}
#define MOVES(s) MOVE(mov, s, OPERAND) MOVE(movb, s, BASED)
MOVES(8)
MOVES(16)
MOVES(32)

#define EXTEND(name, to, from, T) \
static const struct op *name##_rm##to##_##from(struct cpu *c, const struct op *op) { OPERAND(from, 0); PUT##to(in->a, (T)hrd##from(c, in, h)); NEXT_INSN(); }
EXTEND(movzx, 16, 8, u8)
EXTEND(movzx, 32, 8, u8)
EXTEND(movzx, 32, 16, u16)
EXTEND(movsx, 16, 8, i8)
EXTEND(movsx, 32, 8, i8)
EXTEND(movsx, 32, 16, i16)

#define MOVE_ROW(s) \
	{ \
		mov_rm##s, mov_mr##s, mov_mi##s, movb_rm##s, movb_mr##s, movb_mi##s \
	}
static op_fn *const mov_forms[3][6] = { MOVE_ROW(8), MOVE_ROW(16), MOVE_ROW(32) };

// --- arithmetic ---------------------------------------------------------------------

#define FORM(name, k, s, form, write, load_a, load_b, store) \
ALU_FORM(name##_##form##s, k, s, OPERAND(s, write), load_a, load_b, store, NEXT_INSN(), flags_cf(c))
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
EACH_ALU(SIZES, WRITES, READS, UNARY)

#define BINARY_ROW(name) \
	{ { name##_rm8, name##_mr8, name##_mi8 }, { name##_rm16, name##_mr16, name##_mi16 }, { name##_rm32, name##_mr32, name##_mi32 } }
static op_fn *const binary_forms[][3][3] = {
	BINARY_ROW(add), BINARY_ROW(or), BINARY_ROW(adc), BINARY_ROW(sbb), BINARY_ROW(and),
	BINARY_ROW(sub), BINARY_ROW(xor), BINARY_ROW(cmp), BINARY_ROW(test)
};
#define UNARY_ROW(name) { name##_m8, name##_m16, name##_m32 }
static op_fn *const unary_forms[][3] = { UNARY_ROW(not), UNARY_ROW(neg), UNARY_ROW(inc), UNARY_ROW(dec) };

// --- JMP, CALL, PUSH -----------------------------------------------------------------

op_fn op_push, op_pop, op_call, op_ret, op_jmp, op_leave;
#define STACK(name, sp, s, write, otherwise) \
	u32 name##_sp = (u32)(sp) & (u32)~c->stack_keep; \
	uintptr_t name; \
	if (UNLIKELY(!segment_try(c, name##_sp, SEG_SS, s / 8, write, &name))) \
	TAIL otherwise(c, op)
#define SET_SP(x) (c->r[GPR_SP] = (c->r[GPR_SP] & c->stack_keep) | ((u32)(x) & (u32)~c->stack_keep))

// A call's return address is in the slot behind it.
#define TRANSFERS(s) \
	static const struct op *jmp_m##s(struct cpu *c, const struct op *op) \
	{ \
		OPERAND(s, 0); \
		u64 t = hrd##s(c, in, h); \
		if (UNLIKELY(t > c->code_limit)) \
			TAIL op_ea32(c, op); \
		op = in; \
		JUMP(t); \
	} \
	static const struct op *jmp_r##s(struct cpu *c, const struct op *op) \
	{ \
		u64 t = GET##s(op->a); \
		if (UNLIKELY(t > c->code_limit)) \
			TAIL op_jmp(c, op); \
		JUMP(t); \
	} \
	static const struct op *call_m##s(struct cpu *c, const struct op *op) \
	{ \
		OPERAND(s, 0); \
		STACK(to, c->r[GPR_SP] - s / 8, s, 1, op_ea32); \
		u64 t = hrd##s(c, in, h); \
		if (UNLIKELY(t > c->code_limit)) \
			TAIL op_ea32(c, op); \
		hwr##s(c, in, to, (u##s)(in + 1)->disp); \
		SET_SP(to_sp); \
		op = in; \
		JUMP(t); \
	} \
	static const struct op *call_r##s(struct cpu *c, const struct op *op) \
	{ \
		u64 t = GET##s(op->a); \
		STACK(to, c->r[GPR_SP] - s / 8, s, 1, op_call); \
		if (UNLIKELY(t > c->code_limit)) \
			TAIL op_call(c, op); \
		hwr##s(c, op, to, (u##s)(op + 1)->disp); \
		SET_SP(to_sp); \
		JUMP(t); \
	} \
	static const struct op *call_i##s(struct cpu *c, const struct op *op) \
	{ \
		STACK(to, c->r[GPR_SP] - s / 8, s, 1, op_call); \
		hwr##s(c, op, to, (u##s)(op + 1)->disp); \
		SET_SP(to_sp); \
		GO(op + 2); \
	} \
	static const struct op *ret##s(struct cpu *c, const struct op *op) \
	{ \
		STACK(from, c->r[GPR_SP], s, 0, op_ret); \
		u64 t = hrd##s(c, op, from); \
		if (UNLIKELY(t > c->code_limit)) \
			TAIL op_ret(c, op); \
		SET_SP(from_sp + s / 8); \
		JUMP(t); \
	} \
	static const struct op *push_m##s(struct cpu *c, const struct op *op) \
	{ \
		OPERAND(s, 0); \
		STACK(to, c->r[GPR_SP] - s / 8, s, 1, op_ea32); \
		hwr##s(c, in, to, hrd##s(c, in, h)); \
		SET_SP(to_sp); \
		NEXT_INSN(); \
	} \
	static const struct op *push_r##s(struct cpu *c, const struct op *op) \
	{ \
		STACK(to, c->r[GPR_SP] - s / 8, s, 1, op_push); \
		hwr##s(c, op, to, GET##s(op->a)); \
		SET_SP(to_sp); \
		NEXT(); \
	} \
	static const struct op *push_i##s(struct cpu *c, const struct op *op) \
	{ \
		STACK(to, c->r[GPR_SP] - s / 8, s, 1, op_push); \
		hwr##s(c, op, to, (u##s)(i64)op->imm); \
		SET_SP(to_sp); \
		NEXT(); \
	} \
	static const struct op *pop_r##s(struct cpu *c, const struct op *op) \
	{ \
		STACK(from, c->r[GPR_SP], s, 0, op_pop); \
		u##s x = hrd##s(c, op, from); \
		SET_SP(from_sp + s / 8); \
		PUT##s(op->a, x); \
		NEXT(); \
	} \
	static const struct op *leave##s(struct cpu *c, const struct op *op) \
	{ \
		STACK(from, c->r[GPR_BP], s, 0, op_leave); \
		u##s x = hrd##s(c, op, from); \
		SET_SP(from_sp + s / 8); \
		PUT##s(GPR_BP, x); \
		NEXT(); \
	}
TRANSFERS(16)
TRANSFERS(32)

op_fn *
segmented_memory(const struct insn *in, const struct op *op)
{
	static const i8 places[FORM_COUNT] = { -1, 0, 1, -1, 2, -1, -1 };
	int form = form_of(op), place = form < 0 ? -1 : places[form], i = size_index(op->size);
	if (form < 0 || i > 2 || op->flags & OPF_LOCK)
		return 0;
	switch (in->op) {
	case OP_JMP: return i == 2 ? jmp_m32 : i == 1 ? jmp_m16 : 0;
	case OP_CALL: return i == 2 ? call_m32 : i == 1 ? call_m16 : 0;
	case OP_PUSH: return i == 2 ? push_m32 : i == 1 ? push_m16 : 0;
	case OP_MOV: return place < 0 ? 0 : mov_forms[i][place + (op[-1].index == GPR_NONE ? 3 : 0)];
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

// --- strings, an element at a time ---------------------------------------------------

#define ELEMENT(name, s, seg, reg, write, generic) \
	uintptr_t name; \
	if (UNLIKELY(!segment_try(c, GET_AT(reg), seg, s / 8, write, &name))) \
	TAIL generic(c, op)
#define STRING_FORMS(s, w) \
	static const struct op *lods##s##_a##w(struct cpu *c, const struct op *op) \
	{ \
		ELEMENT(h, s, op->base, GPR_SI, 0, op_lods); \
		PUT##s(GPR_AX, hrd##s(c, op, h)); \
		PUT##w(GPR_SI, c->r[GPR_SI] + (u64)(c->df * (s / 8))); \
		NEXT(); \
	} \
	static const struct op *stos##s##_a##w(struct cpu *c, const struct op *op) \
	{ \
		ELEMENT(h, s, SEG_ES, GPR_DI, 1, op_stos); \
		hwr##s(c, op, h, GET##s(GPR_AX)); \
		PUT##w(GPR_DI, c->r[GPR_DI] + (u64)(c->df * (s / 8))); \
		NEXT(); \
	} \
	static const struct op *movs##s##_a##w(struct cpu *c, const struct op *op) \
	{ \
		ELEMENT(from, s, op->base, GPR_SI, 0, op_movs); \
		ELEMENT(to, s, SEG_ES, GPR_DI, 1, op_movs); \
		hwr##s(c, op, to, hrd##s(c, op, from)); \
		PUT##w(GPR_SI, c->r[GPR_SI] + (u64)(c->df * (s / 8))); \
		PUT##w(GPR_DI, c->r[GPR_DI] + (u64)(c->df * (s / 8))); \
		NEXT(); \
	}
op_fn op_lods, op_stos, op_movs;
#define GET_AT GET16
STRING_FORMS(8, 16)
STRING_FORMS(16, 16)
STRING_FORMS(32, 16)
#undef GET_AT
#define GET_AT GET32
STRING_FORMS(8, 32)
STRING_FORMS(16, 32)
STRING_FORMS(32, 32)

static op_fn *
string_form(const struct insn *in, const struct op *op)
{
	static op_fn *const forms[3][2][3] = { { { lods8_a16, lods16_a16, lods32_a16 }, { lods8_a32, lods16_a32, lods32_a32 } },
		{ { stos8_a16, stos16_a16, stos32_a16 }, { stos8_a32, stos16_a32, stos32_a32 } },
		{ { movs8_a16, movs16_a16, movs32_a16 }, { movs8_a32, movs16_a32, movs32_a32 } } };
	int row = in->op == OP_LODS ? 0 : in->op == OP_STOS ? 1 : in->op == OP_MOVS ? 2 : -1;
	return row < 0 || in->rep ? 0 : forms[row][in->asize == 4][size_index(op->size)];
}

op_fn *
segmented_specialise(const struct insn *in, const struct op *op)
{
	int kind = op_kind(op, 0), wide = op->size == 4;
	if (isa_attrs[in->op] & ISA_STRING)
		return string_form(in, op);
	if (op->size != 2 && !wide)
		return 0;
	switch (in->op) {
	case OP_PUSH:
		return kind == K_REG ? wide ? push_r32 : push_r16 : kind == K_IMM ? wide ? push_i32 : push_i16 : 0;
	case OP_POP:
		return kind == K_REG ? wide ? pop_r32 : pop_r16 : 0;
	case OP_LEAVE: return wide ? leave32 : leave16;
	case OP_JMP: return kind == K_REG ? wide ? jmp_r32 : jmp_r16 : 0;
	case OP_CALL: return kind == K_REG ? wide ? call_r32 : call_r16 : kind == K_IMM ? wide ? call_i32 : call_i16 : 0;
	case OP_RET:
		return kind == K_NONE ? wide ? ret32 : ret16 : 0;
	}
	return 0;
}
