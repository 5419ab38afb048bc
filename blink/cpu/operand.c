// operand.c: generic operand access: any form of operand, at run time.
#include "cpu/int.h"
#include "cpu/op.h"

static int
opr_reg(const struct op *op, int i)
{
	return i == 0 ? op->a : i == 1 ? op->b : op->d;
}

// The address op in front knows segment and address size.
u64
ea_wrapped(struct cpu *c, const struct op *op, u64 delta)
{
	int seg = (op - 1)->a;
	u64 base = c->segbase[seg], at = ea(c, op) + delta - base;
	if (op->flags & OPF_A32)
		at = (u32)at;
	else if (op->flags & OPF_A16)
		at = (u16)at;
	return CPU_MODE(c) == MODE_64 ? at + base : segment_at(c, op, seg, at);
}

u64
opr_get(struct cpu *c, const struct op *op, int i, int size)
{
	int r = opr_reg(op, i);
	switch (op_kind(op, i)) {
	case K_REG:
		return reg_get(c, r, size);
	case K_HIGH:
		return c->r[r] >> 8 & 0xff;
	case K_MEM:
		return rdn(c, op, ea(c, op), size);
	case K_IMM:
		return trunc_to((u64)(i64)op->imm, (unsigned)size);
	case K_IMM64:
		return op->imm64;
	case K_SREG:
		return c->sel[r];
	case K_MM:
		return trunc_to(c->st[r].m, (unsigned)size);
	default:
		return trunc_to(ld64(c->v[r].b), (unsigned)size);
	}
}

void
opr_set(struct cpu *c, const struct op *op, int i, int size, u64 x)
{
	int r = opr_reg(op, i);
	switch (op_kind(op, i)) {
	case K_REG:
		reg_set(c, r, size, x);
		break;
	case K_HIGH:
		c->r[r] = (opaque(c->r[r]) & ~(u64)0xff00) | (x & 0xff) << 8;
		break;
	case K_MEM:
		wrn(c, op, ea(c, op), size, x);
		break;
	default:
		assert(!"an operand that integers are not written to");
	}
}

void
vec_get(struct cpu *c, const struct op *op, int i, void *v, int n)
{
	int r = opr_reg(op, i);
	switch (op_kind(op, i)) {
	case K_MEM:
		rdv(c, op, ea(c, op), v, n);
		break;
	case K_MM: {
		u8 b[8];
		st64(b, c->st[r].m);
		memcpy(v, b, (size_t)n);
		break;
	}
	case K_REG: {
		u8 b[8];
		st64(b, c->r[r]);
		memcpy(v, b, (size_t)n);
		break;
	}
	default:
		memcpy(v, c->v[r].b, (size_t)n);
	}
}

void
vec_set(struct cpu *c, const struct op *op, int i, const void *v, int n)
{
	int r = opr_reg(op, i);
	switch (op_kind(op, i)) {
	case K_MEM:
		wrv(c, op, ea(c, op), v, n);
		break;
	case K_MM: {
		u8 b[8];
		st64(b, c->st[r].m);
		memcpy(b, v, (size_t)n);
		c->st[r].m = ld64(b);
		c->st[r].se = 0xffff;
		break;
	}
	default:
		memcpy(c->v[r].b, v, (size_t)n);
	}
}
