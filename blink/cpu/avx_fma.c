// avx_fma.c: fused multiplication and addition, and conversion from and to
// half precision. Rounded once, on every host: by the host's instruction where
// an x86-64 has it and no exception is unmasked, by cpu/softfloat.c else.
//
// Of the digits in the names, the last one is the addend's operand: 132 is
// o1 * o3 + o2. Source: SDM vol 2; which NaN wins is silicon's choice.
#include "cpu/avx.h"
#include "cpu/hardfloat.h"

enum { FMA_WIDE = 1, FMA_SCALAR = 2, FMA_NEG_PRODUCT = 4, FMA_NEG_ADDEND = 8, FMA_ALTERNATE = 16, FMA_ORDER = 32 };
enum { ORDER_132, ORDER_213, ORDER_231 };

#if HARD_FLOAT && defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF) && __FLT_EVAL_METHOD__ == 0
static int
hard_muladd(const struct cpu *c, int wide, u64 a, u64 b, u64 z, u64 *r)
{
	if (!hard_rounding(c) || !plain(a, wide) || !plain(b, wide) || !plain(z, wide))
		return 0;
	if (wide)
		*r = double_bits(__builtin_fma(as_double(a), as_double(b), as_double(z)));
	else
		*r = float_bits(__builtin_fmaf(as_float((u32)a), as_float((u32)b), as_float((u32)z)));
	return plain_result(*r, wide);
}
#else
static int
hard_muladd(const struct cpu *c, int wide, u64 a, u64 b, u64 z, u64 *r)
{
	(void)c, (void)wide, (void)a, (void)b, (void)z, (void)r;
	return 0;
}
#endif

static NOINLINE void
fma_soft(struct cpu *c, const struct op *op, int what)
{
	struct vec out;
	struct fpenv e;
	int w = what & FMA_WIDE ? 8 : 4, n = what & FMA_SCALAR ? 1 : op->size / w, i;
	const u8 *s = vex_source(c, op, what & FMA_SCALAR ? w : 16);
	u64 sign = w == 8 ? (u64)1 << 63 : 0x80000000;
	sse_env(c, &e);
	memset(&out, 0, sizeof out);
	if (what & FMA_SCALAR)
		memcpy(out.b, c->v[op->a].b, 16);
	for (i = 0; i < n; i++) {
		u64 o1 = lane_get(c->v[op->a].b, i, w), o2 = lane_get(c->v[op->b].b, i, w), o3 = lane_get(s, i, w), r;
		int order = what / FMA_ORDER, negp = (what & FMA_NEG_PRODUCT) != 0, negc = (what & FMA_NEG_ADDEND) != 0;
		u64 a = order == ORDER_132 ? o1 : o2, b = order == ORDER_213 ? o1 : o3;
		u64 z = order == ORDER_132 ? o2 : order == ORDER_213 ? o3 : o1;
		if (what & FMA_ALTERNATE)
			negc ^= i & 1;
		if (!hard_muladd(c, w == 8, negp ? a ^ sign : a, b, negc ? z ^ sign : z, &r))
			r = sf_muladd(&e, w == 8 ? SF_F64 : SF_F32, a, b, z, negp, negc);
		lane_set(out.b, i, w, r);
	}
	sse_settle(c, op, e.flags);
	c->v[op->a] = out;
}

#if SSE_HOST
#define FMA(name, what) \
SLOW_HANDLER(name, fma_soft(c, op, what)) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(!c->fpsoft && host_can(HOST_FMA))) { \
		const u8 *s = c->v[op->d].b; \
		v128 x = v128_ld(c->v[op->a].b), y = v128_ld(c->v[op->b].b), z = v128_ld(s), hi = v128_make(0, 0); \
		__asm__ volatile(#name " %2,%1,%0" : "+x"(x) : "x"(y), "x"(z)); \
		if (!((what) & FMA_SCALAR) && op->size == 32) { \
			hi = v128_ld(c->v[op->a].b + 16); \
			y = v128_ld(c->v[op->b].b + 16); \
			z = v128_ld(s + 16); \
			__asm__ volatile(#name " %2,%1,%0" : "+x"(hi) : "x"(y), "x"(z)); \
		} \
		vex_set(c, op->a, x, hi); \
		NEXT(); \
	} \
	TAIL slow_##name(c, op); \
}
#else
#define FMA(name, what) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	fma_soft(c, op, what); \
	NEXT(); \
}
#endif
#define FMA_ORDERS(name, type, what) \
FMA(name##132##type, (what) | ORDER_132 * FMA_ORDER) \
FMA(name##213##type, (what) | ORDER_213 * FMA_ORDER) \
FMA(name##231##type, (what) | ORDER_231 * FMA_ORDER)
#define FMA_PACKED(name, what) \
FMA_ORDERS(name, ps, what) \
FMA_ORDERS(name, pd, (what) | FMA_WIDE)
#define FMA_ALL(name, what) \
FMA_PACKED(name, what) \
FMA_ORDERS(name, ss, (what) | FMA_SCALAR) \
FMA_ORDERS(name, sd, (what) | FMA_SCALAR | FMA_WIDE)
FMA_ALL(vfmadd, 0)
FMA_ALL(vfmsub, FMA_NEG_ADDEND)
FMA_ALL(vfnmadd, FMA_NEG_PRODUCT)
FMA_ALL(vfnmsub, FMA_NEG_PRODUCT | FMA_NEG_ADDEND)
FMA_PACKED(vfmaddsub, FMA_NEG_ADDEND | FMA_ALTERNATE)
FMA_PACKED(vfmsubadd, FMA_ALTERNATE)

// ---- half precision -----------------------------------------------------------

static NOINLINE void
from_half(struct cpu *c, const struct op *op)
{
	struct vec out;
	struct fpenv e;
	int i;
	const u8 *s = vex_source(c, op, 16);
	sse_env(c, &e);
	memset(&out, 0, sizeof out);
	for (i = 0; i < op->size / 4; i++)
		st32(out.b + 4 * i, sf_from_half(&e, ld16(s + 2 * i)));
	sse_settle(c, op, e.flags);
	c->v[op->a] = out;
}

const struct op *
op_vcvtph2ps(struct cpu *c, const struct op *op)
{
#if SSE_HOST
	if (LIKELY(!c->fpsoft && host_can(HOST_F16C))) {
		const u8 *s = c->v[op->b].b;
		v128 lo = v128_make(ld64(s), 0), hi = v128_make(ld64(s + 8), 0);
		__asm__ volatile("vcvtph2ps %0,%0" : "+x"(lo));
		if (op->size == 32)
			__asm__ volatile("vcvtph2ps %0,%0" : "+x"(hi));
		else
			hi = v128_make(0, 0);
		vex_set(c, op->a, lo, hi);
		NEXT();
	}
#endif
	from_half(c, op);
	NEXT();
}

// Bits 0..1 of the immediate round, unless bit 2 says that MXCSR does.
static NOINLINE void
to_half(struct cpu *c, const struct op *op)
{
	u8 out[16];
	struct fpenv e;
	const u8 *s = c->v[op->b].b;
	int mem = op_kind(op, 0) == K_MEM, n = op_kind(op, 1) == K_YMM ? 8 : 4, i;
	u64 gva = mem ? ea(c, op) : 0;
	sse_env(c, &e);
	if (!(op->imm & 4))
		e.rc = op->imm & 3;
	memset(out, 0, sizeof out);
	for (i = 0; i < n; i++)
		st16(out + 2 * i, (u16)sf_to_half(&e, ld32(s + 4 * i)));
	if (mem)
		access_probe(c, op, gva, 2 * n, MEM_W);
	sse_settle(c, op, e.flags);
	if (mem)
		wrv(c, op, gva, out, 2 * n);
	else
		vex_set(c, op->a, v128_ld(out), v128_make(0, 0));
}

#if SSE_HOST
// The host's results: four or eight halves
static ALWAYS_INLINE v128
halves(const u8 *s, int imm, int wide)
{
	int up = wide ? 16 : 0;
	v128 lo = v128_ld(s), hi = v128_ld(s + up);
#define TO_HALF(k) \
	case k: \
		__asm__ volatile("vcvtps2ph $" #k ",%0,%0\n vcvtps2ph $" #k ",%1,%1" : "+x"(lo), "+x"(hi)); \
		break;
	switch (imm & 4 ? 4 : imm & 3) {
	TO_HALF(0) TO_HALF(1) TO_HALF(2) TO_HALF(3)
	default:
	TO_HALF(4)
	}
	if (up)
		__asm__("punpcklqdq %1,%0" : "+x"(lo) : "x"(hi));
	return lo;
}
#endif

static NOINLINE void
to_half_or_new(struct cpu *c, const struct op *op)
{
	to_half(c, op);
	// So that they are not new the next time
	if (SSE_HOST && !c->fpsoft)
		sse_host_set(sse_host_get() | (c->mxcsr & MXCSR_FLAGS));
}
SLOW_HANDLER(vcvtps2ph, to_half_or_new(c, op))

const struct op *
op_vcvtps2ph(struct cpu *c, const struct op *op)
{
#if SSE_HOST
	if (LIKELY(!c->fpsoft && host_can(HOST_F16C))) {
		int wide = op_kind(op, 1) == K_YMM;
		if (op_kind(op, 0) != K_MEM) {
			vex_set(c, op->a, halves(c->v[op->b].b, op->imm, wide), v128_make(0, 0));
			NEXT();
		}
		u64 a = ea(c, op);
		uintptr_t h;
		// Within one page; and if exceptions are new, first the store, then they:
		// the other way does that.
		if (LIKELY((a & (PAGE_SIZE_GUEST - 1)) <= PAGE_SIZE_GUEST - 16) && LIKELY(access_try(c, a, 16, 1, &h))) {
			u32 before = sse_host_get();
			v128 x = halves(c->v[op->b].b, op->imm, wide);
			if (LIKELY(sse_host_get() == before)) {
				if (wide)
					hwr128(c, op, h, x);
				else
					hwr64(c, op, h, (u64)x[0]);
				NEXT();
			}
			sse_host_set(before);
		}
	}
#endif
	TAIL slow_vcvtps2ph(c, op);
}
