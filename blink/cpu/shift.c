// shift.c: shifts and rotates. Counts are masked to 5 bits, or 6 with 64-bit
// operands; a count of zero leaves the flags alone. What the manuals leave
// undefined is as AMD Zen processors have it: AF = 1 after a shift, OF
// computed for every count by the rule that is stated for a count of one.
#include "cpu/flags.h"
#include "cpu/forms.h"
#include "cpu/int.h"
#include "cpu/op.h"

enum shift { SH_ROL, SH_ROR, SH_RCL, SH_RCR, SH_SHL, SH_SHR, SH_SAR };

// OF after a shift or rotate to the left, and to the right
static ALWAYS_INLINE u32
left_of(u64 r, u32 cf, unsigned bits)
{
	return ((u32)(r >> (bits - 1) & 1) ^ cf) << 11;
}

static ALWAYS_INLINE u32
right_of(u64 r, unsigned bits)
{
	return (u32)((r >> (bits - 1) ^ r >> (bits - 2)) & 1) << 11;
}

// x is zero-extended. In the form that compilers have an instruction for
static ALWAYS_INLINE u64
rotate_left(u64 x, unsigned n, unsigned bits)
{
	unsigned m = n & (bits - 1), rest = (0 - n) & (bits - 1);
	return bits == 32 ? (u32)x << m | (u32)x >> rest : x << m | x >> rest;
}

// x is zero-extended, n is masked and not zero. Sets flags, returns the result
// with garbage above the operand size.
static ALWAYS_INLINE u64
shift(struct cpu *c, enum shift kind, u64 x, unsigned n, int size)
{
	unsigned bits = 8 * (unsigned)size, m;
	u64 r;
	u32 cf;
	switch (kind) {
	case SH_ROL:
		r = rotate_left(x, n, bits);
		cf = (u32)r & 1;
		flags_merge(c, FLAG_CF | FLAG_OF, cf | left_of(r, cf, bits));
		return r;
	case SH_ROR:
		r = rotate_left(x, 0 - n, bits);
		cf = (u32)(r >> (bits - 1)) & 1;
		flags_merge(c, FLAG_CF | FLAG_OF, cf | right_of(r, bits));
		return r;
	case SH_RCL:
		cf = (u32)flags_cf(c);
		m = n % (bits + 1);
		r = x;
		if (m) {
			r = x << m | (u64)cf << (m - 1);
			if (m > 1)
				r |= x >> (bits + 1 - m);
			cf = (u32)(x >> (bits - m)) & 1;
		}
		flags_merge(c, FLAG_CF | FLAG_OF, cf | left_of(r, cf, bits));
		return r;
	case SH_RCR:
		cf = (u32)flags_cf(c);
		m = n % (bits + 1);
		r = x;
		if (m) {
			r = x >> m | (u64)cf << (bits - m);
			if (m > 1)
				r |= x << (bits + 1 - m);
			cf = (u32)(x >> (m - 1)) & 1;
		}
		flags_merge(c, FLAG_CF | FLAG_OF, cf | right_of(r, bits));
		return r;
	case SH_SHL:
		r = x << n;
		cf = (u32)(x << (n - 1) >> (bits - 1)) & 1;
		flags_result(c, size, r, cf | FLAG_AF | left_of(r, cf, bits));
		return r;
	case SH_SHR:
		r = x >> n;
		cf = (u32)(x >> (n - 1)) & 1;
		flags_result(c, size, r, cf | FLAG_AF | right_of(r, bits));
		return r;
	default:
		r = sext(x, (unsigned)size);
		cf = (u32)((i64)r >> (n - 1)) & 1;
		r = (u64)((i64)r >> n);
		flags_result(c, size, r, cf | FLAG_AF);
		return r;
	}
}

static ALWAYS_INLINE unsigned
count_mask(int size)
{
	return size == 8 ? 63 : 31;
}

// A count of zero still writes the destination: a 32-bit register loses its
// upper half, memory must be writable.
static NOINLINE void
shift_any(struct cpu *c, const struct op *op, int what)
{
	enum shift kind = (enum shift)what;
	int size = op->size;
	unsigned n = (unsigned)opr_get(c, op, 1, 1) & count_mask(size);
	u64 x = opr_get(c, op, 0, size);
	struct lazy_flags before, after;
	if (!n) {
		opr_set(c, op, 0, size, x);
		return;
	}
	before = flags_save(c);
	x = shift(c, kind, x, n, size);
	after = flags_save(c);
	flags_restore(c, before);
	opr_set(c, op, 0, size, x);
	flags_restore(c, after);
}

#define SHIFT(name, kind) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(shift_any, kind); \
}
SHIFT(rol, SH_ROL)
SHIFT(ror, SH_ROR)
SHIFT(rcl, SH_RCL)
SHIFT(rcr, SH_RCR)
SHIFT(shl, SH_SHL)
SHIFT(shr, SH_SHR)
SHIFT(sar, SH_SAR)

// 16-bit double shifts by more than 16 take the source twice and clear CF. OF
// of SHLD is CF there, and from a count of 16 on.
static NOINLINE void
shift_double(struct cpu *c, const struct op *op, int left)
{
	int size = op->size;
	unsigned bits = 8 * (unsigned)size;
	unsigned n = (unsigned)opr_get(c, op, 2, 1) & count_mask(size);
	u64 y = opr_get(c, op, 1, size);
	u64 x = opr_get(c, op, 0, size), r;
	u32 cf, of;
	if (!n) {
		opr_set(c, op, 0, size, x);
		return;
	}
	if (n > bits) {
		x = y;
		n -= bits;
		r = left ? x << n | x >> (bits - n) : x >> n | x << (bits - n);
		cf = 0;
		of = left ? 0u : right_of(r, bits);
	} else if (left) {
		r = n == bits ? y : x << n | y >> (bits - n);
		cf = (u32)(x >> (bits - n)) & 1;
		of = n == bits ? cf << 11 : left_of(r, cf, bits);
	} else {
		r = n == bits ? y : x >> n | y << (bits - n);
		cf = (u32)(x >> (n - 1)) & 1;
		of = right_of(r, bits);
	}
	opr_set(c, op, 0, size, r);
	flags_result(c, size, r, cf | of | FLAG_AF);
}

const struct op *
op_shld(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(shift_double, 1);
}

const struct op *
op_shrd(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(shift_double, 0);
}

// BMI2: no flags

static NOINLINE void
shift_x(struct cpu *c, const struct op *op, int kind)
{
	int size = op->size;
	unsigned n = (unsigned)opr_get(c, op, 2, 1) & count_mask(size);
	u64 x = opr_get(c, op, 1, size);
	switch (kind) {
	case SH_ROR:
		x = n ? x >> n | x << (8 * (unsigned)size - n) : x;
		break;
	case SH_SHL:
		x <<= n;
		break;
	case SH_SHR:
		x >>= n;
		break;
	default:
		x = (u64)((i64)sext(x, (unsigned)size) >> n);
	}
	reg_set(c, op->a, size, x);
}

#define SHIFTX(name, kind) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(shift_x, kind); \
}
SHIFTX(rorx, SH_ROR)
SHIFTX(shlx, SH_SHL)
SHIFTX(shrx, SH_SHR)
SHIFTX(sarx, SH_SAR)

#ifndef TINY
// Register operands: the count is in the instruction (nonzero), or in CL. One
// that leaves nothing of 8 or 16 bits is for the generic form.
#define FORMS(name, kind, size, s) \
	static const struct op *name##size##_imm(struct cpu *c, const struct op *op) \
	{ \
		PUT##s(op->a, shift(c, kind, GET##s(op->a), op->imm & (s - 1), size)); \
		NEXT(); \
	} \
	static const struct op *name##size##_cl(struct cpu *c, const struct op *op) \
	{ \
		unsigned n = (unsigned)c->r[GPR_CX] & count_mask(size); \
		u64 x = GET##s(op->a); \
		if (UNLIKELY(n >= s)) \
			TAIL op_##name(c, op); \
		if (LIKELY(n)) \
			x = shift(c, kind, x, n, size); \
		PUT##s(op->a, x); \
		NEXT(); \
	}
#define QUIET(name, kind, size, s) \
	static const struct op *name##size##_quiet(struct cpu *c, const struct op *op) \
	{ \
		PUT##s(op->a, shifted(kind, GET##s(op->a), op->imm & (s - 1), size)); \
		NEXT(); \
	}
#define EACH_FORM(F) F(rol, SH_ROL) F(ror, SH_ROR) F(shl, SH_SHL) F(shr, SH_SHR) F(sar, SH_SAR)
#define FORMS2(name, kind) FORMS(name, kind, 1, 8) FORMS(name, kind, 2, 16) FORMS(name, kind, 4, 32) FORMS(name, kind, 8, 64)
EACH_FORM(FORMS2)

// Without flags
static ALWAYS_INLINE u64
shifted(enum shift kind, u64 x, unsigned n, int size)
{
	switch (kind) {
	case SH_ROL: return rotate_left(x, n, 8 * (unsigned)size);
	case SH_ROR: return rotate_left(x, 0 - n, 8 * (unsigned)size);
	case SH_SHL: return x << n;
	case SH_SHR: return x >> n;
	default: return (u64)((i64)sext(x, (unsigned)size) >> n);
	}
}
#define QUIET3(name, kind) QUIET(name, kind, 2, 16) QUIET(name, kind, 4, 32) QUIET(name, kind, 8, 64)
EACH_FORM(QUIET3)

static int
shift_row(int isa_op)
{
	switch (isa_op) {
	case OP_ROL: return 0;
	case OP_ROR: return 1;
	case OP_SHL: return 2;
	case OP_SHR: return 3;
	case OP_SAR: return 4;
	}
	return -1;
}

// Of the forms with an immediate count
op_fn *
shift_quiet(const struct insn *in, const struct op *op)
{
	static op_fn *const forms[][3] = {
#define QUIET_ROW(name, kind) { name##2_quiet, name##4_quiet, name##8_quiet },
		EACH_FORM(QUIET_ROW)
	};
	int row = shift_row(in->op);
	return row < 0 || op_kind(op, 1) == K_REG || op->size < 2 ? 0 : forms[row][size_index(op->size) - 1];
}

op_fn *
shift_specialise(const struct insn *in, const struct op *op)
{
	static op_fn *const forms[][8] = {
#define FORM_ROW(name, kind) { name##1_imm, name##2_imm, name##4_imm, name##8_imm, name##1_cl, name##2_cl, name##4_cl, name##8_cl },
		EACH_FORM(FORM_ROW)
	};
	unsigned count;
	int row = shift_row(in->op), cl;
	if (row < 0)
		return 0;
	cl = op_kind(op, 1) == K_REG;
	count = (unsigned)op->imm & count_mask(op->size);
	if (op_kind(op, 0) != K_REG || (!cl && (!count || count >= 8u * op->size)))
		return 0;
	return forms[row][4 * cl + size_index(op->size)];
}
#endif
