// misc.c: conversions within the accumulator, single flags, XLAT, and decimal
// arithmetic.
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/op.h"

// CBW, CWDE, CDQE
const struct op *
op_cbw(struct cpu *c, const struct op *op)
{
	int size = op->size;
	reg_set(c, GPR_AX, size, sext(c->r[GPR_AX], (unsigned)size / 2));
	NEXT();
}

// CWD, CDQ, CQO
const struct op *
op_cwd(struct cpu *c, const struct op *op)
{
	int size = op->size;
	reg_set(c, GPR_DX, size, (u64)((i64)sext(c->r[GPR_AX], (unsigned)size) >> 63));
	NEXT();
}

// base holds the segment; the table is at BX in the address size.
const struct op *
op_xlat(struct cpu *c, const struct op *op)
{
	int size = op->flags & OPF_A32 ? 4 : op->flags & OPF_A16 ? 2 : 8;
	u64 at = trunc_to(c->r[GPR_BX] + (c->r[GPR_AX] & 0xff), (unsigned)size);
	at = CPU_MODE(c) == MODE_64 ? at + c->segbase[op->base] : segment_at(c, op, op->base, at);
	reg_set(c, GPR_AX, 1, rd8(c, op, at));
	NEXT();
}

enum { AH_FLAGS = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF };

const struct op *
op_lahf(struct cpu *c, const struct op *op)
{
	u64 f = (flags_arith(c) & AH_FLAGS) | 2;
	c->r[GPR_AX] = (opaque(c->r[GPR_AX]) & ~(u64)0xff00) | f << 8;
	NEXT();
}

const struct op *
op_sahf(struct cpu *c, const struct op *op)
{
	flags_update(c, AH_FLAGS, (u32)(c->r[GPR_AX] >> 8));
	NEXT();
}

const struct op *
op_clc(struct cpu *c, const struct op *op)
{
	flags_merge(c, FLAG_CF, 0);
	NEXT();
}

const struct op *
op_stc(struct cpu *c, const struct op *op)
{
	flags_merge(c, FLAG_CF, FLAG_CF);
	NEXT();
}

const struct op *
op_cmc(struct cpu *c, const struct op *op)
{
	flags_set(c, flags_arith(c) ^ FLAG_CF);
	NEXT();
}

const struct op *
op_cld(struct cpu *c, const struct op *op)
{
	c->df = 1;
	NEXT();
}

const struct op *
op_std(struct cpu *c, const struct op *op)
{
	c->df = -1;
	NEXT();
}

// --- decimal arithmetic: not in 64-bit mode ------------------------------------------

// OF is that of the addition or subtraction that was made.
static NOINLINE void
decimal_adjust(struct cpu *c, int subtract)
{
	u32 old = flags_arith(c), f = 0, al = (u32)c->r[GPR_AX] & 0xff, by = 0, r;
	if ((al & 15) > 9 || (old & FLAG_AF)) {
		by = 6;
		f = FLAG_AF;
	}
	if (al > 0x99 || (old & FLAG_CF)) {
		by += 0x60;
		f |= FLAG_CF;
	} else if (subtract && al < by) {
		f |= FLAG_CF;
	}
	r = subtract ? al - by : al + by;
	f |= ((subtract ? al ^ by : ~(al ^ by)) & (al ^ r) & 0x80) << 4;
	reg_set(c, GPR_AX, 1, r);
	flags_result(c, 1, r, f);
}

const struct op *
op_daa(struct cpu *c, const struct op *op)
{
	decimal_adjust(c, 0);
	NEXT();
}

const struct op *
op_das(struct cpu *c, const struct op *op)
{
	decimal_adjust(c, 1);
	NEXT();
}

// The other flags are those of AX before AL loses its upper half.
static NOINLINE void
ascii_adjust(struct cpu *c, int subtract)
{
	u64 ax = c->r[GPR_AX] & 0xffff, r = ax;
	u32 f = 0;
	if ((ax & 15) > 9 || (flags_arith(c) & FLAG_AF)) {
		r = subtract ? ax - 0x106 : ax + 0x106;
		f = FLAG_CF | FLAG_AF;
	}
	f |= (u32)((subtract ? ax & ~r : r & ~ax) >> 15 & 1) << 11;
	reg_set(c, GPR_AX, 2, r & 0xff0f);
	flags_result(c, 2, r, f);
}

const struct op *
op_aaa(struct cpu *c, const struct op *op)
{
	ascii_adjust(c, 0);
	NEXT();
}

const struct op *
op_aas(struct cpu *c, const struct op *op)
{
	ascii_adjust(c, 1);
	NEXT();
}

const struct op *
op_aam(struct cpu *c, const struct op *op)
{
	u32 al = (u32)c->r[GPR_AX] & 0xff, base = (u32)op->imm & 0xff;
	if (!base)
		cpu_raise(c, op, VEC_DE, 0);
	reg_set(c, GPR_AX, 2, (u64)(al / base) << 8 | al % base);
	flags_result(c, 1, al % base, 0);
	NEXT();
}

const struct op *
op_aad(struct cpu *c, const struct op *op)
{
	u64 al = c->r[GPR_AX] & 0xff, more = (c->r[GPR_AX] >> 8) * (u64)(op->imm & 0xff) & 0xff;
	reg_set(c, GPR_AX, 2, (al + more) & 0xff);
	flags_lazy(c, LF_ADD, 1, al, more);
	NEXT();
}

const struct op *
op_salc(struct cpu *c, const struct op *op)
{
	reg_set(c, GPR_AX, 1, flags_cf(c) ? 0xff : 0);
	NEXT();
}
