// muldiv.c: multiplication and division. MUL and IMUL set CF and OF when the
// upper half says something and keep the other flags; DIV and IDIV keep CF
// and OF, set AF and clear the rest: so AMD Zen processors do it.
#include "cpu/flags.h"
#include "cpu/forms.h"
#include "cpu/int.h"
#include "cpu/op.h"

struct wide { u64 lo, hi; };

static ALWAYS_INLINE struct wide
mul_u64(u64 a, u64 b)
{
	struct wide w;
#ifdef __SIZEOF_INT128__
	__extension__ unsigned __int128 p = (unsigned __int128)a * b;
	w.lo = (u64)p;
	w.hi = (u64)(p >> 64);
#else
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 ll = al * bl, lh = al * bh, hl = ah * bl;
	u64 mid = (ll >> 32) + (u32)lh + (u32)hl;
	w.lo = mid << 32 | (u32)ll;
	w.hi = ah * bh + (lh >> 32) + (hl >> 32) + (mid >> 32);
#endif
	return w;
}

static ALWAYS_INLINE struct wide
mul_i64(u64 a, u64 b)
{
	struct wide w = mul_u64(a, b);
	w.hi -= (a >> 63 ? b : 0) + (b >> 63 ? a : 0);
	return w;
}

// (n.hi:n.lo) / d where n.hi < d: quotient in lo, remainder in hi
static ALWAYS_INLINE struct wide
div_u64(struct wide n, u64 d)
{
#if HOST_X86_64
	struct wide w;
	__asm__("divq %4" : "=a"(w.lo), "=d"(w.hi) : "0"(n.lo), "1"(n.hi), "r"(d) : "cc");
	return w;
#else
	int i;
	if (!n.hi) {
		struct wide w;
		w.lo = n.lo / d;
		w.hi = n.lo % d;
		return w;
	}
	for (i = 0; i < 64; ++i) {
		u64 carry = n.hi >> 63;
		n.hi = n.hi << 1 | n.lo >> 63;
		n.lo <<= 1;
		if (carry || n.hi >= d) {
			n.hi -= d;
			n.lo |= 1;
		}
	}
	return n;
#endif
}

// Writes AX, DX:AX, EDX:EAX or RDX:RAX.
static HOT void
put_pair(struct cpu *c, int size, u64 lo, u64 hi)
{
	if (size == 1) {
		reg_set(c, GPR_AX, 2, (lo & 0xff) | hi << 8);
	} else {
		reg_set(c, GPR_AX, size, lo);
		reg_set(c, GPR_DX, size, hi);
	}
}

static HOT void
set_overflow(struct cpu *c, int yes)
{
	flags_merge(c, FLAG_CF | FLAG_OF, yes ? (u32)(FLAG_CF | FLAG_OF) : 0u);
}

static HOT void
mul(struct cpu *c, int size, u64 y)
{
	u64 x = reg_get(c, GPR_AX, size);
	struct wide w;
	if (size == 8) {
		w = mul_u64(x, y);
	} else {
		w.lo = x * y;
		w.hi = w.lo >> 8 * size;
	}
	put_pair(c, size, w.lo, w.hi);
	set_overflow(c, w.hi != 0);
}

static HOT void
imul(struct cpu *c, int size, u64 y)
{
	u64 x = sext(c->r[GPR_AX], (unsigned)size);
	struct wide w;
	y = sext(y, (unsigned)size);
	if (size == 8) {
		w = mul_i64(x, y);
	} else {
		w.lo = x * y;
		w.hi = (u64)((i64)w.lo >> 8 * size);
	}
	put_pair(c, size, w.lo, w.hi);
	set_overflow(c, size == 8 ? w.hi != (u64)((i64)w.lo >> 63) : sext(w.lo, (unsigned)size) != w.lo);
}

// The product of two signed values, cut to size; sets flags.
static HOT u64
imul_cut(struct cpu *c, int size, u64 x, u64 y)
{
	u64 r;
	int over;
	if (size == 8) {
		i64 p;
		over = __builtin_mul_overflow((i64)x, (i64)y, &p);
		r = (u64)p;
	} else {
		r = sext(x, (unsigned)size) * sext(y, (unsigned)size);
		over = sext(r, (unsigned)size) != r;
	}
	set_overflow(c, over);
	return r;
}

static NOINLINE void
imul_any(struct cpu *c, const struct op *op)
{
	int size = op->size;
	if (op_kind(op, 1) == K_NONE) {
		imul(c, size, opr_get(c, op, 0, size));
	} else {
		int two = op_kind(op, 2) == K_NONE;
		u64 x = opr_get(c, op, 1, size);
		u64 y = two ? reg_get(c, op->a, size) : (u64)(i64)op->imm;
		reg_set(c, op->a, size, imul_cut(c, size, x, y));
	}
}

const struct op *
op_imul(struct cpu *c, const struct op *op)
{
	RUN_NEXT(imul_any);
}

const struct op *
op_mul(struct cpu *c, const struct op *op)
{
	mul(c, op->size, opr_get(c, op, 0, op->size));
	NEXT();
}

static HOT void
divide(struct cpu *c, const struct op *op, int size, u64 d)
{
	struct wide n;
	unsigned bits = 8 * (unsigned)size;
	if (size == 1) {
		n.lo = c->r[GPR_AX] & 0xff;
		n.hi = c->r[GPR_AX] >> 8 & 0xff;
	} else {
		n.lo = reg_get(c, GPR_AX, size);
		n.hi = reg_get(c, GPR_DX, size);
	}
	if (n.hi >= d)  // also where d is zero
		cpu_raise(c, op, VEC_DE, 0);
	if (size == 8) {
		n = div_u64(n, d);
	} else {
		u64 x = n.hi << bits | n.lo;
		n.lo = x / d;
		n.hi = x % d;
	}
	put_pair(c, size, n.lo, n.hi);
	flags_update(c, FLAGS_ARITH & ~(u32)(FLAG_CF | FLAG_OF), FLAG_AF);
}

// By magnitudes: the quotient rounds to zero, the remainder has the
// dividend's sign. Fits when the quotient does.
static HOT void
divide_signed(struct cpu *c, const struct op *op, int size, u64 d)
{
	struct wide n;
	unsigned bits = 8 * (unsigned)size;
	int neg_n, neg_d;
	u64 limit;
	d = sext(d, (unsigned)size);
	if (size == 8) {
		n.lo = c->r[GPR_AX];
		n.hi = c->r[GPR_DX];
	} else {
		n.lo = size == 1 ? sext(c->r[GPR_AX], 2) : sext(reg_get(c, GPR_DX, size), (unsigned)size) << bits | reg_get(c, GPR_AX, size);
		n.hi = (u64)((i64)n.lo >> 63);
	}
	neg_n = (int)(n.hi >> 63);
	neg_d = (int)(d >> 63);
	if (neg_n) {
		n.lo = 0 - n.lo;
		n.hi = ~n.hi + !n.lo;
	}
	if (neg_d)
		d = 0 - d;
	limit = ((u64)1 << (bits - 1)) - (neg_n == neg_d);
	if (n.hi >= d)
		cpu_raise(c, op, VEC_DE, 0);
	if (n.hi) {
		n = div_u64(n, d);
	} else {
		n.hi = n.lo % d;
		n.lo /= d;
	}
	if (n.lo > limit)
		cpu_raise(c, op, VEC_DE, 0);
	put_pair(c, size, neg_n != neg_d ? 0 - n.lo : n.lo, neg_n ? 0 - n.hi : n.hi);
	flags_update(c, FLAGS_ARITH & ~(u32)(FLAG_CF | FLAG_OF), FLAG_AF);
}

static NOINLINE void
divide_any(struct cpu *c, const struct op *op, int is_signed)
{
	u64 d = opr_get(c, op, 0, op->size);
	if (is_signed)
		divide_signed(c, op, op->size, d);
	else
		divide(c, op, op->size, d);
}

const struct op *
op_div(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(divide_any, 0);
}

const struct op *
op_idiv(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(divide_any, 1);
}

// Both halves may name one register: then it gets the upper half.
const struct op *
op_mulx(struct cpu *c, const struct op *op)
{
	int size = op->size;
	u64 y = opr_get(c, op, 2, size), x = reg_get(c, GPR_DX, size);
	struct wide w = mul_u64(x, y);
	if (size == 4)
		w.hi = w.lo >> 32;
	reg_set(c, op->b, size, w.lo);
	reg_set(c, op->a, size, w.hi);
	NEXT();
}

#ifndef TINY
#define FORMS(size, T) \
	static const struct op *imul##size##_rr(struct cpu *c, const struct op *op) \
	{ \
		PUT##T(op->a, imul_cut(c, size, c->r[op->a], c->r[op->b])); \
		NEXT(); \
	} \
	static const struct op *imul##size##_rm(struct cpu *c, const struct op *op) \
	{ \
		FAST_RD(op_imul, ea(c, op), T); \
		PUT##T(op->a, imul_cut(c, size, c->r[op->a], hrd##T(c, op, h))); \
		NEXT(); \
	} \
	static const struct op *imul##size##_rri(struct cpu *c, const struct op *op) \
	{ \
		PUT##T(op->a, imul_cut(c, size, c->r[op->b], (u64)(i64)op->imm)); \
		NEXT(); \
	} \
	static const struct op *imul##size##_rr_quiet(struct cpu *c, const struct op *op) \
	{ \
		PUT##T(op->a, c->r[op->a] * c->r[op->b]); \
		NEXT(); \
	} \
	static const struct op *imul##size##_rm_quiet(struct cpu *c, const struct op *op) \
	{ \
		FAST_RD(op_imul, ea(c, op), T); \
		PUT##T(op->a, c->r[op->a] * hrd##T(c, op, h)); \
		NEXT(); \
	} \
	static const struct op *imul##size##_rri_quiet(struct cpu *c, const struct op *op) \
	{ \
		PUT##T(op->a, c->r[op->b] * (u64)(i64)op->imm); \
		NEXT(); \
	} \
	static const struct op *mul##size##_r(struct cpu *c, const struct op *op) \
	{ \
		mul(c, size, trunc_to(c->r[op->a], size)); \
		NEXT(); \
	} \
	static const struct op *div##size##_r(struct cpu *c, const struct op *op) \
	{ \
		divide(c, op, size, trunc_to(c->r[op->a], size)); \
		NEXT(); \
	} \
	static const struct op *idiv##size##_r(struct cpu *c, const struct op *op) \
	{ \
		divide_signed(c, op, size, c->r[op->a]); \
		NEXT(); \
	}
FORMS(2, 16)
FORMS(4, 32)
FORMS(8, 64)

// Of an IMUL that sets a register, which row of forms; -1 for others
static int
imul_row(const struct insn *in, const struct op *op)
{
	int kind = op_kind(op, 1);
	if (in->op != OP_IMUL || kind == K_NONE || (op_kind(op, 2) != K_NONE && kind != K_REG))
		return -1;
	return op_kind(op, 2) != K_NONE ? 0 : kind == K_MEM ? 1 : 2;
}

op_fn *
muldiv_quiet(const struct insn *in, const struct op *op)
{
	static op_fn *const forms[][3] = {
		{ imul2_rri_quiet, imul4_rri_quiet, imul8_rri_quiet }, { imul2_rm_quiet, imul4_rm_quiet, imul8_rm_quiet },
		{ imul2_rr_quiet, imul4_rr_quiet, imul8_rr_quiet }
	};
	int row = imul_row(in, op);
	return row < 0 ? 0 : forms[row][size_index(op->size) - 1];
}

op_fn *
muldiv_specialise(const struct insn *in, const struct op *op)
{
	static op_fn *const forms[][3] = {
		{ imul2_rri, imul4_rri, imul8_rri }, { imul2_rm, imul4_rm, imul8_rm }, { imul2_rr, imul4_rr, imul8_rr },
		{ mul2_r, mul4_r, mul8_r }, { div2_r, div4_r, div8_r }, { idiv2_r, idiv4_r, idiv8_r }
	};
	int row = imul_row(in, op);
	if (op->size < 2)
		return 0;
	switch (in->op) {
	case OP_IMUL:
		if (row < 0)
			return 0;
		break;
	case OP_MUL: row = 3; break;
	case OP_DIV: row = 4; break;
	case OP_IDIV: row = 5; break;
	default: return 0;
	}
	return row > 2 && op_kind(op, 0) != K_REG ? 0 : forms[row][size_index(op->size) - 1];
}
#endif
