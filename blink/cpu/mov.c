// mov.c: mov, movzx, movsx, movsxd, lea.
#include "cpu/cpu_internal.h"
#include "cpu/forms.h"

const struct op *
op_mov(struct cpu *c, const struct op *op)
{
	opr_set(c, op, 0, op->size, opr_get(c, op, 1, op->size));
	NEXT();
}

const struct op *
op_movzx(struct cpu *c, const struct op *op)
{
	reg_set(c, op->a, op->size, opr_get(c, op, 1, op->d));
	NEXT();
}

const struct op *
op_movsx(struct cpu *c, const struct op *op)
{
	reg_set(c, op->a, op->size, sext(opr_get(c, op, 1, op->d), op->d));
	NEXT();
}

const struct op *
op_movsxd(struct cpu *c, const struct op *op)
{
	// All four bytes are read, also for a 16-bit register: as silicon does it
	reg_set(c, op->a, op->size, sext(opr_get(c, op, 1, op->d), op->d));
	NEXT();
}

const struct op *
op_lea(struct cpu *c, const struct op *op)
{
	reg_set(c, op->a, op->size, ea(c, op));
	NEXT();
}

#ifndef TINY
// An address without an index
#define EA_BASE (c->r[op->base] + (u64)op->disp)
#define MOVE(s) \
static const struct op *op_mov_rr##s(struct cpu *c, const struct op *op) { PUT##s(op->a, GET##s(op->b)); NEXT(); } \
static const struct op *op_mov_ri##s(struct cpu *c, const struct op *op) { PUT##s(op->a, (u##s)(i64)op->imm); NEXT(); } \
static const struct op *op_mov_rm##s(struct cpu *c, const struct op *op) { FAST_RD(op_mov, ea(c, op), s); PUT##s(op->a, hrd##s(c, op, h)); NEXT(); } \
static const struct op *op_mov_rb##s(struct cpu *c, const struct op *op) { FAST_RD(op_mov, EA_BASE, s); PUT##s(op->a, hrd##s(c, op, h)); NEXT(); } \
static const struct op *op_mov_mr##s(struct cpu *c, const struct op *op) { FAST_WR(op_mov, ea(c, op), s); hwr##s(c, op, h, GET##s(op->b)); NEXT(); } \
static const struct op *op_mov_br##s(struct cpu *c, const struct op *op) { FAST_WR(op_mov, EA_BASE, s); hwr##s(c, op, h, GET##s(op->b)); NEXT(); } \
static const struct op *op_mov_mi##s(struct cpu *c, const struct op *op) { FAST_WR(op_mov, ea(c, op), s); hwr##s(c, op, h, (u##s)(i64)op->imm); NEXT(); }
MOVE(8)
MOVE(16)
MOVE(32)
MOVE(64)

static const struct op *
op_mov_imm64(struct cpu *c, const struct op *op)
{
	c->r[op->a] = op->imm64;
	NEXT();
}

#define EXTEND(name, to, from, T) \
static const struct op *op_##name##_r##to##_##from(struct cpu *c, const struct op *op) { PUT##to(op->a, (u##to)(T)GET##from(op->b)); NEXT(); } \
static const struct op *op_##name##_m##to##_##from(struct cpu *c, const struct op *op) { FAST_RD(op_##name, ea(c, op), from); PUT##to(op->a, (u##to)(T)hrd##from(c, op, h)); NEXT(); }
EXTEND(movzx, 16, 8, u8)
EXTEND(movzx, 32, 8, u8)
EXTEND(movzx, 32, 16, u16)
EXTEND(movsx, 16, 8, i8)
EXTEND(movsx, 32, 8, i8)
EXTEND(movsx, 32, 16, i16)
EXTEND(movsx, 64, 8, i8)
EXTEND(movsx, 64, 16, i16)
EXTEND(movsxd, 64, 32, i32)

static const struct op *op_lea64(struct cpu *c, const struct op *op) { c->r[op->a] = ea(c, op); NEXT(); }
static const struct op *op_lea64_base(struct cpu *c, const struct op *op) { c->r[op->a] = EA_BASE; NEXT(); }
static const struct op *op_lea32(struct cpu *c, const struct op *op) { c->r[op->a] = (u32)ea(c, op); NEXT(); }
static const struct op *op_lea16(struct cpu *c, const struct op *op) { PUT16(op->a, ea(c, op)); NEXT(); }

#define MOVE_ROW(s) { op_mov_rr##s, op_mov_rm##s, op_mov_mr##s, op_mov_ri##s, op_mov_mi##s }
static op_fn *const mov_forms[4][5] = { MOVE_ROW(8), MOVE_ROW(16), MOVE_ROW(32), MOVE_ROW(64) };
static op_fn *const mov_rb[4] = { op_mov_rb8, op_mov_rb16, op_mov_rb32, op_mov_rb64 };
static op_fn *const mov_br[4] = { op_mov_br8, op_mov_br16, op_mov_br32, op_mov_br64 };
#endif

op_fn *
mov_specialise(const struct insn *in, const struct op *op)
{
#ifndef TINY
	int form = form_of(op);
	int mem = form == FORM_RM, i = size_index(op->size);
	switch (in->op) {
	case OP_MOV:
		if (op_kind(op, 1) == K_IMM64 && op->size == 8)
			return op_mov_imm64;
		if (form < 0 || form > FORM_MI)
			return 0;
		if (op->index == GPR_NONE && form == FORM_RM)
			return mov_rb[i];
		if (op->index == GPR_NONE && form == FORM_MR)
			return mov_br[i];
		return mov_forms[i][form];
	case OP_LEA:
		return op->size == 8 ? op->index == GPR_NONE ? op_lea64_base : op_lea64 : op->size == 4 ? op_lea32 : op_lea16;
	case OP_MOVZX:
		if (form != FORM_RR && !mem)
			return 0;
		if (op->size == 2)
			return op->d == 1 ? mem ? op_movzx_m16_8 : op_movzx_r16_8 : 0;
		return op->d == 1 ? mem ? op_movzx_m32_8 : op_movzx_r32_8 : mem ? op_movzx_m32_16 : op_movzx_r32_16;
	case OP_MOVSX:
		if (form != FORM_RR && !mem)
			return 0;
		if (op->size == 2)
			return op->d == 1 ? mem ? op_movsx_m16_8 : op_movsx_r16_8 : 0;
		if (op->size == 8)
			return op->d == 1 ? mem ? op_movsx_m64_8 : op_movsx_r64_8 : mem ? op_movsx_m64_16 : op_movsx_r64_16;
		return op->d == 1 ? mem ? op_movsx_m32_8 : op_movsx_r32_8 : mem ? op_movsx_m32_16 : op_movsx_r32_16;
	case OP_MOVSXD:
		if ((form != FORM_RR && !mem) || op->size < 8)
			return 0;
		return mem ? op_movsxd_m64_32 : op_movsxd_r64_32;
	}
#endif
	return 0;
}
