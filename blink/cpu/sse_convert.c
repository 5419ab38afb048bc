// sse_convert.c: SSE conversions between floats and integers of all widths, in
// XMM, MMX and general registers; exceptions as in cpu/sse_fp.c.
#include "cpu/hardfloat.h"
#include "cpu/sse_impl.h"

// Conversions. A spec is the source's and the destination's type, the number
// of lanes, whether it truncates, and what becomes of the bytes behind them.
enum {
	T_F32, T_F64, T_I32, T_I64,  // as enum sf_type; bit 0: 8 bytes
	CVT_TRUNC = 16,
	CVT_LANES = 32,  // times 1, 2, 4
	CVT_ZERO = 256   // other bytes of the destination become zero
};
#define CVT(from, to, lanes) ((from) << 2 | (to) | (lanes) * CVT_LANES)

#if HARD_FLOAT
// One conversion by the host, if it is exact or inexact does not matter
// (rounds), and neither operand nor result is special.
static int
hard_convert(int spec, int rounds, u64 x, u64 *r)
{
	int trunc = spec & CVT_TRUNC;
	double d;
	i64 i;
	switch (spec & 15) {
	case T_F32 << 2 | T_F64:
		*r = double_bits(as_float((u32)x));
		return plain(x, 0);
	case T_F64 << 2 | T_F32:
		if (!rounds || !plain(x, 1))
			return 0;
		*r = float_bits((float)as_double(x));
		return plain_result(*r, 0);
	case T_I32 << 2 | T_F64:
		*r = double_bits((double)(i32)x);
		return 1;
	case T_I32 << 2 | T_F32:
		*r = float_bits((float)(i32)x);
		return rounds || (i32)x >> 24 == (i32)x >> 31;
	case T_I64 << 2 | T_F64:
		*r = double_bits((double)(i64)x);
		return rounds || (i64)x >> 53 == (i64)x >> 63;
	case T_I64 << 2 | T_F32:
		return 0;
	default:
		// to an integer: only inexact truncation or no rounding at all
		if (!plain(x, spec >> 2 & 1))
			return 0;
		d = spec & 4 ? as_double(x) : as_float((u32)x);
		if (!(d > -2147483648.0 && d < 2147483647.0))
			return 0;
		i = (i64)d;
		*r = spec & 1 ? (u64)i : (u32)i;
		return (double)i == d || (rounds && trunc);
	}
}
#endif

static u64
convert_lane(struct cpu *c, struct fpenv *e, int spec, u64 x)
{
#if HARD_FLOAT
	u64 r;
	if (hard_convert(spec, hard_rounding(c), x, &r))
		return r;
#endif
	(void)c;
	return sf_convert(e, (enum sf_type)(spec >> 2 & 3), (enum sf_type)(spec & 3), x, spec & CVT_TRUNC);
}

static NOINLINE void
cvt_soft(struct cpu *c, const struct op *op, int spec, int how)
{
	union lanes buf, out;
	struct fpenv e;
	int k0 = op_kind(op, 0), mm = k0 == K_MM || op_kind(op, 1) == K_MM;
	int sw = spec & 4 ? 8 : 4, dw = spec & 1 ? 8 : 4, i;
	const u8 *s;
	if (mm)
		x87_wait(c, op);
	s = vec_source(c, op, how, buf.b);
	sse_env(c, &e);
	memset(out.b, 0, 16);
	if (k0 == K_XMM && !(spec & CVT_ZERO))
		memcpy(out.b, xmm(c, op->a), 16);
	for (i = 0; i < (spec / CVT_LANES & 7); i++) {
		lane_set(out.b, i, dw, convert_lane(c, &e, spec, lane_get(s, i, sw)));
	}
	// The x87's state becomes MMX's even if the conversion faults.
	if (mm)
		x87_enter_mmx(c);
	sse_settle(c, op, e.flags);
	if (k0 == K_MM)
		x87_write_mmx(c, op->a & 7, ld64(out.b));
	else if (k0 == K_XMM)
		memcpy(xmm(c, op->a), out.b, 16);
	else
		c->r[op->a] = ld64(out.b);
}

#ifndef TINY
// Twice as many lanes where either side is 32 bytes. With two sources, the
// first gives the bytes above.
static NOINLINE void
vex_cvt_soft(struct cpu *c, const struct op *op, int spec, int how)
{
	union lanes out[2];
	struct fpenv e;
	int sw = spec & 4 ? 8 : 4, dw = spec & 1 ? 8 : 4, two = vex_has_two(op), n = spec / CVT_LANES & 7, i;
	const u8 *s = vex_source(c, op, how);
	if (op->size == 32 || (!two && op->d == 32))
		n *= 2;
	sse_env(c, &e);
	memset(out, 0, sizeof out);
	if (two)
		memcpy(out, c->v[op->b].b, 16);
	for (i = 0; i < n; i++)
		lane_set(out[0].b, i, dw, convert_lane(c, &e, spec, lane_get(s, i, sw)));
	sse_settle(c, op, e.flags);
	memcpy(c->v[op->a].b, out, 32);
}

#if SSE_HOST
static NOINLINE void
vex_cvt_apply(struct cpu *c, const struct op *op, vec_kernel *k, int spec, int how)
{
	if (c->fpsoft)
		vex_cvt_soft(c, op, spec, how);
	else
		vex_apply(c, op, k, how);
}
#endif
#endif

#define CVT_SOFT_HANDLER(name, spec, how) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	cvt_soft(c, op, spec, how); \
	NEXT(); \
}

#if SSE_HOST
static NOINLINE void
cvt_apply(struct cpu *c, const struct op *op, vec_kernel *k, int spec, int how)
{
	if (c->fpsoft)
		cvt_soft(c, op, spec, how);
	else
		vec_apply(c, op, k, how);
}
#define CVT_HANDLER(name, kernel, spec, how) VEC_HANDLER_OF(kernel, name, !c->fpsoft, cvt_apply(c, op, kernel, spec, how))
#define CVT_OP(name, spec, how) \
X86_KERNEL(name) \
CVT_HANDLER(name, k_##name, spec, how)
#else
#define CVT_OP(name, spec, how) CVT_SOFT_HANDLER(name, spec, how)
#define CVT_HANDLER(name, kernel, spec, how) CVT_SOFT_HANDLER(name, spec, how)
#endif
#ifdef TINY
#define CVT_VEX(name, spec, how) CVT_OP(name, spec, (how) & ~HOW_UNARY)
#define CVT_NARROW(name, spec) CVT_OP(name, spec, 16)
#elif SSE_HOST
#define CVT_VEX(name, spec, how) \
CVT_OP(name, spec, (how) & ~HOW_UNARY) \
VEX_TWIN_ASM_IF(name, how, !c->fpsoft, vex_cvt_apply(c, op, k_##name, spec, how))
// Each lane's result is 8 bytes.
#define CVT_NARROW(name, spec) \
CVT_OP(name, spec, 16) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(!c->fpsoft)) { \
		const u8 *s = c->v[op->b].b; \
		v128 lo = v128_ld(s), hi = v128_ld(s + 16); \
		__asm__ volatile(#name " %0,%0" : "+x"(lo)); \
		if (op->d == 32) { \
			__asm__ volatile(#name " %0,%0" : "+x"(hi)); \
			__asm__("punpcklqdq %1,%0" : "+x"(lo) : "x"(hi)); \
		} \
		vex_set(c, op->a, lo, v128_make(0, 0)); \
		NEXT(); \
	} \
	vex_cvt_soft(c, op, spec, 16); \
	NEXT(); \
}
#else
#define CVT_VEX(name, spec, how) \
CVT_OP(name, spec, (how) & ~HOW_UNARY) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	vex_cvt_soft(c, op, spec, how); \
	NEXT(); \
}
#define CVT_NARROW(name, spec) CVT_VEX(name, spec, 16)
#endif
CVT_VEX(cvtps2pd, CVT(T_F32, T_F64, 2), 8 | HOW_UNARY)
CVT_NARROW(cvtpd2ps, CVT(T_F64, T_F32, 2) | CVT_ZERO)
CVT_VEX(cvtss2sd, CVT(T_F32, T_F64, 1), 4)
CVT_VEX(cvtsd2ss, CVT(T_F64, T_F32, 1), 8)
CVT_VEX(cvtdq2ps, CVT(T_I32, T_F32, 4), 16 | HOW_UNARY)
CVT_VEX(cvtdq2pd, CVT(T_I32, T_F64, 2), 8 | HOW_UNARY)
CVT_VEX(cvtps2dq, CVT(T_F32, T_I32, 4), 16 | HOW_UNARY)
CVT_VEX(cvttps2dq, CVT(T_F32, T_I32, 4) | CVT_TRUNC, 16 | HOW_UNARY)
CVT_NARROW(cvtpd2dq, CVT(T_F64, T_I32, 2) | CVT_ZERO)
CVT_NARROW(cvttpd2dq, CVT(T_F64, T_I32, 2) | CVT_ZERO | CVT_TRUNC)

// With MMX registers: on x86 hosts by the XMM instruction, with zeros above
#if SSE_HOST
static ALWAYS_INLINE void
k_cvtpi2ps(u8 *d, const u8 *s, int n, int imm)
{
	v128 x = v128_make(ld64(s), 0);
	__asm__ volatile("cvtdq2ps %0,%0" : "+x"(x));
	st64(d, (u64)x[0]);
	(void)n;
	(void)imm;
}

static void
k_cvtps2pi(u8 *d, const u8 *s, int n, int imm)
{
	v128 x = v128_make(ld64(s), 0);
	__asm__ volatile("cvtps2dq %0,%0" : "+x"(x));
	st64(d, (u64)x[0]);
	(void)n;
	(void)imm;
}

static void
k_cvttps2pi(u8 *d, const u8 *s, int n, int imm)
{
	v128 x = v128_make(ld64(s), 0);
	__asm__ volatile("cvttps2dq %0,%0" : "+x"(x));
	st64(d, (u64)x[0]);
	(void)n;
	(void)imm;
}
#endif
CVT_HANDLER(cvtpi2ps, k_cvtpi2ps, CVT(T_I32, T_F32, 2), 8)
CVT_HANDLER(cvtpi2pd, k_cvtdq2pd, CVT(T_I32, T_F64, 2), 8)
CVT_HANDLER(cvtps2pi, k_cvtps2pi, CVT(T_F32, T_I32, 2), 8)
CVT_HANDLER(cvttps2pi, k_cvttps2pi, CVT(T_F32, T_I32, 2) | CVT_TRUNC, 8)
CVT_HANDLER(cvtpd2pi, k_cvtpd2dq, CVT(T_F64, T_I32, 2), 16 | HOW_MM16)
CVT_HANDLER(cvttpd2pi, k_cvttpd2dq, CVT(T_F64, T_I32, 2) | CVT_TRUNC, 16 | HOW_MM16)

// Between a general register and the lowest lane
static NOINLINE void
cvtsi_soft(struct cpu *c, const struct op *op, int to)
{
	cvt_soft(c, op, CVT(op->d == 8 ? T_I64 : T_I32, to, 1), op->d);
}

static NOINLINE void
cvt2si_soft(struct cpu *c, const struct op *op, int from)
{
	cvt_soft(c, op, CVT(from & 3, op->size == 8 ? T_I64 : T_I32, 1) | (from & CVT_TRUNC), from & 1 ? 8 : 4);
}

#if SSE_HOST
#define CVTSI(name, to) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	int reg = op_kind(op, 1) == K_REG; \
	uintptr_t h_ = 0; \
	if (LIKELY(!c->fpsoft && (reg || access_try(c, ea(c, op), op->d, 0, &h_)))) { \
		v128 x = v128_ld(xmm(c, op->a)); \
		if (op->d == 8) { \
			u64 v = reg ? c->r[op->b] : hrd64(c, op, h_); \
			__asm__ volatile(#name "q %1,%0" : "+x"(x) : "r"(v)); \
		} else { \
			u32 v = reg ? (u32)c->r[op->b] : hrd32(c, op, h_); \
			__asm__ volatile(#name "l %1,%0" : "+x"(x) : "r"(v)); \
		} \
		v128_st(xmm(c, op->a), x); \
		NEXT(); \
	} \
	cvtsi_soft(c, op, to); \
	NEXT(); \
}
#define CVT2SI(name, from) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	int reg = op_kind(op, 1) == K_XMM; \
	uintptr_t h_ = 0; \
	if (LIKELY(!c->fpsoft && (reg || access_try(c, ea(c, op), (from) & 1 ? 8 : 4, 0, &h_)))) { \
		v128 y; \
		u64 r; \
		u32 r32; \
		if (reg) \
			y = v128_ld(xmm(c, op->b)); \
		else \
			y = v128_make((from) & 1 ? hrd64(c, op, h_) : hrd32(c, op, h_), 0); \
		if (op->size == 8) { \
			__asm__ volatile(#name " %1,%q0" : "=r"(r) : "x"(y)); \
		} else { \
			__asm__ volatile(#name " %1,%k0" : "=r"(r32) : "x"(y)); \
			r = r32; \
		} \
		c->r[op->a] = r; \
		NEXT(); \
	} \
	cvt2si_soft(c, op, from); \
	NEXT(); \
}
#else
#define CVTSI(name, to) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(cvtsi_soft, to); \
}
#define CVT2SI(name, from) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(cvt2si_soft, from); \
}
#endif
CVTSI(cvtsi2ss, T_F32)
CVTSI(cvtsi2sd, T_F64)
CVT2SI(cvtss2si, T_F32)
CVT2SI(cvtsd2si, T_F64)
CVT2SI(cvttss2si, T_F32 | CVT_TRUNC)
CVT2SI(cvttsd2si, T_F64 | CVT_TRUNC)
#ifndef TINY
SAME_HANDLER(vcvtss2si, cvtss2si)
SAME_HANDLER(vcvtsd2si, cvtsd2si)
SAME_HANDLER(vcvttss2si, cvttss2si)
SAME_HANDLER(vcvttsd2si, cvttsd2si)

static NOINLINE void
vcvtsi_soft(struct cpu *c, const struct op *op, int to)
{
	int wide = op->flags & OPF_VEXW;
	vex_cvt_soft(c, op, CVT(wide ? T_I64 : T_I32, to, 1), wide ? 8 : 4);
}
#if SSE_HOST
#define VCVTSI(name, to) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(!c->fpsoft)) { \
		v128 x = v128_ld(c->v[op->b].b); \
		int reg = op_kind(op, 2) == K_REG; \
		if (op->flags & OPF_VEXW) { \
			u64 v = reg ? c->r[op->d] : rd64(c, op, ea(c, op)); \
			__asm__ volatile(#name "q %1,%0" : "+x"(x) : "r"(v)); \
		} else { \
			u32 v = reg ? (u32)c->r[op->d] : rd32(c, op, ea(c, op)); \
			__asm__ volatile(#name "l %1,%0" : "+x"(x) : "r"(v)); \
		} \
		vex_set(c, op->a, x, v128_make(0, 0)); \
		NEXT(); \
	} \
	vcvtsi_soft(c, op, to); \
	NEXT(); \
}
#else
#define VCVTSI(name, to) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	vcvtsi_soft(c, op, to); \
	NEXT(); \
}
#endif
VCVTSI(cvtsi2ss, T_F32)
VCVTSI(cvtsi2sd, T_F64)
#endif
