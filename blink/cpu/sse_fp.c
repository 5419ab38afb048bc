// sse_fp.c: SSE floating point: arithmetic and comparison.
//
// On an x86-64 host the host's instruction does the work, with the guest's
// control bits in the host's MXCSR (cpu/sse.h); as soon as the guest unmasks an
// exception, and on every other host, cpu/softfloat.c does. Exceptions of all
// lanes are merged, and an unmasked one is raised before the destination is
// written (SDM vol 1 chapter 11.5; vol 2 for each instruction).
#include "cpu/flags.h"
#include "cpu/hardfloat.h"
#include "cpu/sse_impl.h"

void
sse_env(const struct cpu *c, struct fpenv *e)
{
	memset(e, 0, sizeof *e);
	e->rc = c->mxcsr >> 13 & 3;
	e->ftz = c->mxcsr >> 15 & 1;
	e->daz = c->mxcsr >> 6 & 1;
	e->masks = c->mxcsr >> 7 & 0x3f;
}

// Makes the lanes' exceptions sticky; raises #XM if one is unmasked. With an
// unmasked exception of the operands, none of the results is reported.
void
sse_settle(struct cpu *c, const struct op *op, unsigned flags)
{
	unsigned unmasked = flags & ~(c->mxcsr >> 7);
	if (unmasked & (FPX_I | FPX_D | FPX_Z))
		flags &= FPX_I | FPX_D | FPX_Z;
	c->mxcsr |= flags;
	if (unmasked)
		cpu_raise(c, op, VEC_XM, 0);
}

// What the software versions compute, and on what
enum {
	FP_ADD, FP_SUB, FP_MUL, FP_DIV, FP_MIN, FP_MAX, FP_SQRT,  // as enum sf_op
	FP_CMP, FP_ROUND,
	FP_ADDSUB, FP_HADD, FP_HSUB, FP_WHAT = 15,
	PS = 0, PD = 16, SS = 32, SD = 48  // 16: 64-bit lanes; 32: lowest lane only
};
#ifdef TINY
#define FP_VEX 0
#else
enum { FP_VEX = 64 };  // the VEX form
#endif

// CMPxx predicates 0..31: from the relation to a truth value. Bit 3 is whether
// unordered counts the other way, bit 4 whether quiet NaNs do (see lane_fp).
static int
predicate(enum fpcmp r, int imm)
{
	int yes = (imm & 3) == 0 ? r == FPCMP_EQ : (imm & 3) == 1 ? r == FPCMP_LT
		: (imm & 3) == 2 ? r == FPCMP_LT || r == FPCMP_EQ : r == FPCMP_UN;
	return yes ^ (imm >> 2 & 1) ^ (imm >> 3 & 1 && r == FPCMP_UN);
}

static u64
lane_fp(struct fpenv *e, int what, int wide, u64 a, u64 b, int imm)
{
	enum sf_type t = wide ? SF_F64 : SF_F32;
	u8 rc = e->rc;
	u64 r;
	// LT, LE and their negations signal on quiet NaNs
	int signal = ((imm & 3) == 1 || (imm & 3) == 2) ^ (imm >> 4 & 1);
	switch (what) {
	case FP_CMP:
		return predicate(sf_cmp(e, t, a, b, signal), imm) ? ~(u64)0 : 0;
	case FP_ROUND:
		if (!(imm & 4))
			e->rc = imm & 3;
		r = sf_round_int(e, t, b, imm >> 3 & 1);
		e->rc = rc;
		return r;
	default:
		return sf_arith(e, t, (enum sf_op)what, a, b);
	}
}

#if HARD_FLOAT
// a op b where that is possible; needs hard_rounding() for the first four.
static ALWAYS_INLINE int
hard_fp(int what, int wide, u64 a, u64 b, u64 *r)
{
	int zero_ok = what == FP_ADD || what == FP_SUB;
	if (!plain(a, wide) || !plain(b, wide))
		return 0;
	switch (what) {
	case FP_ADD: *r = wide ? double_bits(as_double(a) + as_double(b)) : float_bits(as_float((u32)a) + as_float((u32)b)); break;
	case FP_SUB: *r = wide ? double_bits(as_double(a) - as_double(b)) : float_bits(as_float((u32)a) - as_float((u32)b)); break;
	case FP_MUL: *r = wide ? double_bits(as_double(a) * as_double(b)) : float_bits(as_float((u32)a) * as_float((u32)b)); break;
	case FP_DIV: *r = wide ? double_bits(as_double(a) / as_double(b)) : float_bits(as_float((u32)a) / as_float((u32)b)); break;
	case FP_MIN: *r = (wide ? as_double(a) < as_double(b) : as_float((u32)a) < as_float((u32)b)) ? a : b; return 1;
	case FP_MAX: *r = (wide ? as_double(a) > as_double(b) : as_float((u32)a) > as_float((u32)b)) ? a : b; return 1;
	default: return 0;
	}
	return plain_result(*r, wide) || (zero_ok && !(wide ? *r << 1 : (u64)((u32)*r << 1)));
}
#endif

// 16 bytes; out holds the result's untouched lanes.
static inline void
fp_lanes(struct cpu *c, struct fpenv *e, int what, int imm, const u8 *d, const u8 *s, u8 *out)
{
	int w = what & PD ? 8 : 4, n = what & SS ? 1 : 16 / w, i;
	for (i = 0; i < n; i++) {
		int one = what & FP_WHAT;
		u64 a = lane_get(d, i, w), b = lane_get(s, i, w);
		if (one == FP_HADD || one == FP_HSUB) {
			const u8 *from = i < n / 2 ? d : s;
			int at = 2 * (i & (n / 2 - 1));
			a = lane_get(from, at, w);
			b = lane_get(from, at + 1, w);
			one = one == FP_HADD ? FP_ADD : FP_SUB;
		} else if (one == FP_ADDSUB) {
			one = i & 1 ? FP_ADD : FP_SUB;
		}
#if HARD_FLOAT
		{
			u64 r;
			if (hard_rounding(c) && hard_fp(one, w == 8, a, b, &r)) {
				lane_set(out, i, w, r);
				continue;
			}
			if (one == FP_CMP && plain(a, w == 8) && plain(b, w == 8)) {
				lane_set(out, i, w, predicate(hard_cmp(w == 8, a, b), imm) ? ~(u64)0 : 0);
				continue;
			}
		}
#endif
		lane_set(out, i, w, lane_fp(e, one, w == 8, a, b, imm));
	}
	(void)c;
}

static NOINLINE void
fp_soft(struct cpu *c, const struct op *op, int what, int how)
{
	union lanes buf, out;
	struct fpenv e;
	const u8 *s = vec_source(c, op, how, buf.b), *d = xmm(c, op->a);
	sse_env(c, &e);
	memcpy(out.b, d, 16);
	fp_lanes(c, &e, what, op->imm & ((what & FP_WHAT) == FP_CMP ? 7 : 15), d, s, out.b);
	sse_settle(c, op, e.flags);
	memcpy(xmm(c, op->a), out.b, 16);
}

#ifndef TINY
static NOINLINE void
vex_soft(struct cpu *c, const struct op *op, int what, int how)
{
	union lanes out[2];
	struct fpenv e;
	const u8 *s = vex_source(c, op, how), *d = c->v[op->b].b;
	sse_env(c, &e);
	memset(out, 0, sizeof out);
	memcpy(out, d, 16);
	fp_lanes(c, &e, what, op->imm, d, s, out[0].b);
	if (op->size == 32)
		fp_lanes(c, &e, what, op->imm, d + 16, s + 16, out[1].b);
	sse_settle(c, op, e.flags);
	memcpy(c->v[op->a].b, out, 32);
}

#if SSE_HOST
static NOINLINE void
vex_fp_apply(struct cpu *c, const struct op *op, vec_kernel *k, int what, int how)
{
	if (c->fpsoft)
		vex_soft(c, op, what, how);
	else
		vex_apply(c, op, k, how);
}
#endif
#define VEX_SOFT_HANDLER(name, what, how) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	vex_soft(c, op, what, how); \
	NEXT(); \
}
#else
#define VEX_SOFT_HANDLER(name, what, how)
#endif

#if SHARED_NEXT
static NOINLINE const struct op *
fp_soft_next(struct cpu *c, const struct op *op, int what, int how)
{
	fp_soft(c, op, what, how);
	NEXT();
}
#define FP_SOFT_NEXT(what, how) return fp_soft_next(c, op, what, how)
#else
#define FP_SOFT_NEXT(what, how) do { fp_soft(c, op, what, how); NEXT(); } while (0)
#endif
#define FP_SOFT_HANDLER(name, what, how) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	FP_SOFT_NEXT(what, how); \
}

#if SSE_HOST
static NOINLINE void
fp_apply(struct cpu *c, const struct op *op, vec_kernel *k, int what, int how)
{
	if (c->fpsoft)
		fp_soft(c, op, what, how);
	else
		vec_apply(c, op, k, how);
}
#define FP_HANDLER(name, what, how) VEC_HANDLER_OF(k_##name, name, !c->fpsoft, fp_apply(c, op, k_##name, what, how))
#define FP(name, what, how) \
X86_KERNEL(name) \
FP_HANDLER(name, what, (how) & ~HOW_UNARY) \
VEX_TWIN_ASM_IF(name, how, !c->fpsoft, vex_fp_apply(c, op, k_##name, what, how))
#elif HARD_FLOAT
// Scalars; everything else is left to fp_soft.
#define FP(name, what, how) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if ((what) & SS && hard_rounding(c) && FORM(op) == FORM_XX) { \
		int wide = (what) & PD; \
		u8 *d = xmm(c, op->a), *s = xmm(c, op->b); \
		u64 a = wide ? ld64(d) : ld32(d), b = wide ? ld64(s) : ld32(s), r; \
		if (LIKELY(hard_fp((what) & FP_WHAT, wide, a, b, &r))) { \
			u64 lo = wide ? r : (ld64(d) & ~(u64)0xffffffff) | r; \
			v128_st(d, v128_make(lo, ld64(d + 8))); \
			NEXT(); \
		} \
	} \
	fp_soft(c, op, what, (how) & ~HOW_UNARY); \
	NEXT(); \
} \
VEX_SOFT_HANDLER(name, what, how)
#else
#define FP(name, what, how) \
FP_SOFT_HANDLER(name, what, (how) & ~HOW_UNARY) \
VEX_SOFT_HANDLER(name, what, how)
#endif

// Arithmetic on memory: fetched and used at once
#if SSE_HOST
#define FUSED_LD(h, n) ((n) == 4 ? v128_make(hrd32(c, op, h), 0) : (n) == 8 ? v128_make(hrd64(c, op, h), 0) : hrd128(c, op, h))
#define FUSED(name, n) \
static const struct op * \
fused_##name(struct cpu *c, const struct op *op) \
{ \
	u64 a = ea(c, op); \
	uintptr_t h; \
	if (LIKELY(!c->fpsoft) && ((n) != 16 || LIKELY(!(a & 15))) && LIKELY(access_try(c, a, n, 0, &h))) { \
		v128 x = FUSED_LD(h, n); \
		k_##name(xmm(c, op->a), (const u8 *)&x, 16, 0); \
		NEXT(); \
	} \
	TAIL slow_##name(c, op); \
} \
static const struct op * \
fused_v##name(struct cpu *c, const struct op *op) \
{ \
	u64 a = ea(c, op); \
	uintptr_t h; \
	if (LIKELY(!c->fpsoft) && LIKELY(access_try(c, a, (n) < 16 ? (n) : op->size, 0, &h))) { \
		v128 lo = v128_ld(c->v[op->b].b), hi = v128_make(0, 0), x = FUSED_LD(h, n); \
		if ((n) == 16 && op->size == 32) { \
			v128 y = hrd128(c, op, h + 16); \
			hi = v128_ld(c->v[op->b].b + 16); \
			k_##name((u8 *)&hi, (const u8 *)&y, 16, 0); \
		} \
		k_##name((u8 *)&lo, (const u8 *)&x, 16, 0); \
		vex_set(c, op->a, lo, hi); \
		NEXT(); \
	} \
	TAIL slow_v##name(c, op); \
}
#else
#define FUSED(name, n)
#endif

#define FP4(name, what) \
FP(name##ps, what | PS, 16) \
FP(name##pd, what | PD, 16) \
FP(name##ss, what | SS, 4) \
FP(name##sd, what | SD, 8)
FP4(add, FP_ADD)
FP4(sub, FP_SUB)
FP4(mul, FP_MUL)
FP4(div, FP_DIV)
FP4(min, FP_MIN)
FP4(max, FP_MAX)
FP(sqrtps, FP_SQRT | PS, 16 | HOW_UNARY)
FP(sqrtpd, FP_SQRT | PD, 16 | HOW_UNARY)
FP(sqrtss, FP_SQRT | SS, 4)
FP(sqrtsd, FP_SQRT | SD, 8)

FUSED(addps, 16)
FUSED(addpd, 16)
FUSED(addss, 4)
FUSED(addsd, 8)
FUSED(subps, 16)
FUSED(subpd, 16)
FUSED(subss, 4)
FUSED(subsd, 8)
FUSED(mulps, 16)
FUSED(mulpd, 16)
FUSED(mulss, 4)
FUSED(mulsd, 8)

#ifndef TINY
op_fn *
vec_fused(int op)
{
#if SSE_HOST
	switch (op) {
	case OP_ADDPS: return fused_addps;
	case OP_VADDPS: return fused_vaddps;
	case OP_ADDPD: return fused_addpd;
	case OP_VADDPD: return fused_vaddpd;
	case OP_ADDSS: return fused_addss;
	case OP_VADDSS: return fused_vaddss;
	case OP_ADDSD: return fused_addsd;
	case OP_VADDSD: return fused_vaddsd;
	case OP_SUBPS: return fused_subps;
	case OP_VSUBPS: return fused_vsubps;
	case OP_SUBPD: return fused_subpd;
	case OP_VSUBPD: return fused_vsubpd;
	case OP_SUBSS: return fused_subss;
	case OP_VSUBSS: return fused_vsubss;
	case OP_SUBSD: return fused_subsd;
	case OP_VSUBSD: return fused_vsubsd;
	case OP_MULPS: return fused_mulps;
	case OP_VMULPS: return fused_vmulps;
	case OP_MULPD: return fused_mulpd;
	case OP_VMULPD: return fused_vmulpd;
	case OP_MULSS: return fused_mulss;
	case OP_VMULSS: return fused_vmulss;
	case OP_MULSD: return fused_mulsd;
	case OP_VMULSD: return fused_vmulsd;
	}
#endif
	(void)op;
	return 0;
}
#endif

// What came after the baseline: by the host if it has it, else in software
#if SSE_HOST
#define FP_LATER(name, what, how) \
X86_NAMED(k_##name, #name " %1,%0") \
VEC_HANDLER_OF(k_##name, name, !c->fpsoft && host_can(HOST_V2), fp_soft(c, op, what, (how) & ~HOW_UNARY)) \
VEX_TWIN_ASM_IF(name, how, !c->fpsoft && host_can(HOST_V2), vex_soft(c, op, what, how))

// What has its immediate in the host's instruction: CASES does it to x and y,
// the low lanes, and to hx and hy, the high ones or again the low ones.
#define FP_CASES(name, what, how, CASES) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(!c->fpsoft && FORM(op) == FORM_XX && host_can(HOST_V2))) { \
		v128 x = v128_ld(xmm(c, op->a)), y = v128_ld(xmm(c, op->b)); \
		CASES(ONCE, name) \
		v128_st(xmm(c, op->a), x); \
		NEXT(); \
	} \
	fp_soft(c, op, what, (how) & ~HOW_UNARY); \
	NEXT(); \
}
#define VEX_CASES(name, what, how, condition, CASES) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(!c->fpsoft && (condition))) { \
		const u8 *d = c->v[op->b].b, *s = c->v[VEX_LAST(op, how)].b; \
		v128 x = v128_ld(d), y = v128_ld(s); \
		if ((what) & SS) { \
			CASES(ONCE, name) \
			vex_set(c, op->a, x, v128_make(0, 0)); \
		} else { \
			int up = op->size == 32 ? 16 : 0; \
			v128 hx = v128_ld(d + up), hy = v128_ld(s + up); \
			CASES(TWICE, name) \
			vex_set(c, op->a, x, up ? hx : v128_make(0, 0)); \
		} \
		NEXT(); \
	} \
	vex_soft(c, op, what, how); \
	NEXT(); \
}
#define ONCE(text) __asm__ volatile(text ",%1,%0" : "+x"(x) : "x"(y))
#define TWICE(text) __asm__ volatile(text ",%2,%0\n" text ",%3,%1" : "+x"(x), "+x"(hx) : "x"(y), "x"(hy))
#define ROUND_CASES(DO, name) \
	switch (op->imm & 8 ? (op->imm & 4 ? 12 : op->imm & 11) : op->imm & 4 ? 4 : op->imm & 3) { \
	case 0: DO(#name " $0"); break; \
	case 1: DO(#name " $1"); break; \
	case 2: DO(#name " $2"); break; \
	case 3: DO(#name " $3"); break; \
	case 4: DO(#name " $4"); break; \
	case 8: DO(#name " $8"); break; \
	case 9: DO(#name " $9"); break; \
	case 10: DO(#name " $10"); break; \
	case 11: DO(#name " $11"); break; \
	default: DO(#name " $12"); break; \
	}
#define FP_ROUNDING(name, what, how) \
FP_CASES(name, what, how, ROUND_CASES) \
VEX_CASES(name, what, how, host_can(HOST_V2), ROUND_CASES)
#else
#define FP_LATER(name, what, how) \
FP_SOFT_HANDLER(name, what, (how) & ~HOW_UNARY) \
VEX_SOFT_HANDLER(name, what, how)
#define FP_ROUNDING(name, what, how) FP_LATER(name, what, how)
#endif
FP_LATER(addsubps, FP_ADDSUB | PS, 16)
FP_LATER(addsubpd, FP_ADDSUB | PD, 16)
FP_LATER(haddps, FP_HADD | PS, 16)
FP_LATER(haddpd, FP_HADD | PD, 16)
FP_LATER(hsubps, FP_HSUB | PS, 16)
FP_LATER(hsubpd, FP_HSUB | PD, 16)
FP_ROUNDING(roundps, FP_ROUND | PS, 16 | HOW_UNARY)
FP_ROUNDING(roundpd, FP_ROUND | PD, 16 | HOW_UNARY)
FP_ROUNDING(roundss, FP_ROUND | SS, 4)
FP_ROUNDING(roundsd, FP_ROUND | SD, 8)

// CMPxx: bits 0..2 of the immediate
#if SSE_HOST
#define CMP_CASES(DO, name) \
	switch (op->imm & 7) { \
	case 0: DO(#name " $0"); break; \
	case 1: DO(#name " $1"); break; \
	case 2: DO(#name " $2"); break; \
	case 3: DO(#name " $3"); break; \
	case 4: DO(#name " $4"); break; \
	case 5: DO(#name " $5"); break; \
	case 6: DO(#name " $6"); break; \
	default: DO(#name " $7"); break; \
	}
#define CMP(name, fmt, how) FP_CASES(name, FP_CMP | fmt, how, CMP_CASES)
#else
#define CMP(name, fmt, how) FP_SOFT_HANDLER(name, FP_CMP | fmt, how)
#endif
CMP(cmpps, PS, 16)
CMP(cmppd, PD, 16)
CMP(cmpss, SS, 4)
CMP(cmpsd, SD, 8)

// VCMPxx: bits 0..4. The host's VEX instruction has all 32.
#ifndef TINY
#if SSE_HOST
#define VEX_ONCE(text) __asm__ volatile(text ",%1,%0,%0" : "+x"(x) : "x"(y))
#define VEX_TWICE(text) __asm__ volatile(text ",%2,%0,%0\n" text ",%3,%1,%1" : "+x"(x), "+x"(hx) : "x"(y), "x"(hy))
#define VCMP_CASE(k, DO, name) case k: VEX_##DO("v" #name " $" #k); break;
#define VCMP_8(a, b, e, f, g, h, i, j, DO, name) VCMP_CASE(a, DO, name) VCMP_CASE(b, DO, name) VCMP_CASE(e, DO, name) \
	VCMP_CASE(f, DO, name) VCMP_CASE(g, DO, name) VCMP_CASE(h, DO, name) VCMP_CASE(i, DO, name) VCMP_CASE(j, DO, name)
#define VCMP_CASES(DO, name) \
	switch (op->imm & 31) { \
	VCMP_8(0, 1, 2, 3, 4, 5, 6, 7, DO, name) VCMP_8(8, 9, 10, 11, 12, 13, 14, 15, DO, name) \
	VCMP_8(16, 17, 18, 19, 20, 21, 22, 23, DO, name) VCMP_8(24, 25, 26, 27, 28, 29, 30, 31, DO, name) \
	}
#define VCMP(name, fmt, how) VEX_CASES(name, FP_CMP | fmt, how, host_can(HOST_AVX), VCMP_CASES)
#else
#define VCMP(name, fmt, how) VEX_SOFT_HANDLER(name, FP_CMP | fmt, how)
#endif
VCMP(cmpps, PS, 16)
VCMP(cmppd, PD, 16)
VCMP(cmpss, SS, 4)
VCMP(cmpsd, SD, 8)
#endif

// COMISx, UCOMISx: ZF PF CF = 000 greater, 001 less, 100 equal, 111 unordered
enum { COMI_WIDE = 1, COMI_SIGNAL = 2 };
static NOINLINE void
comi_soft(struct cpu *c, const struct op *op, int what)
{
	union lanes buf;
	struct fpenv e;
	int w = what & COMI_WIDE ? 8 : 4;
	const u8 *s = vec_source(c, op, w, buf.b), *d = xmm(c, op->a);
	enum fpcmp r;
	sse_env(c, &e);
	r = sf_cmp(&e, w == 8 ? SF_F64 : SF_F32, ld64(d), ld64(s), what & COMI_SIGNAL);
	sse_settle(c, op, e.flags);
	flags_set(c, r == FPCMP_GT ? 0 : r == FPCMP_LT ? FLAG_CF : r == FPCMP_EQ ? FLAG_ZF : FLAG_ZF | FLAG_PF | FLAG_CF);
}

#if SSE_HOST
#define COMI(name, how, what) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(!c->fpsoft && FORM(op) == FORM_XX)) { \
		v128 x = v128_ld(xmm(c, op->a)), y = v128_ld(xmm(c, op->b)); \
		u8 zf, pf, cf; \
		__asm__ volatile(#name " %4,%3" : "=@ccz"(zf), "=@ccp"(pf), "=@ccc"(cf) : "x"(x), "x"(y)); \
		flags_set(c, (u32)(zf << 6 | pf << 2 | cf)); \
		NEXT(); \
	} \
	comi_soft(c, op, what); \
	NEXT(); \
}
#else
#if HARD_FLOAT
#define COMI_HARD(how) \
	if (FORM(op) == FORM_XX) { \
		int wide = (how) == 8; \
		u64 a = lane_get(xmm(c, op->a), 0, how), b = lane_get(xmm(c, op->b), 0, how); \
		if (LIKELY(plain(a, wide) && plain(b, wide))) { \
			enum fpcmp r = hard_cmp(wide, a, b); \
			flags_set(c, r == FPCMP_GT ? 0 : r == FPCMP_LT ? FLAG_CF : FLAG_ZF); \
			NEXT(); \
		} \
	}
#else
#define COMI_HARD(how)
#endif
#define COMI(name, how, what) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	COMI_HARD(how) \
	RUN_NEXT_WITH(comi_soft, what); \
}
#endif
COMI(ucomiss, 4, 0)
COMI(ucomisd, 8, COMI_WIDE)
COMI(comiss, 4, COMI_SIGNAL)
COMI(comisd, 8, COMI_WIDE | COMI_SIGNAL)
#ifndef TINY
SAME_HANDLER(vucomiss, ucomiss)
SAME_HANDLER(vucomisd, ucomisd)
SAME_HANDLER(vcomiss, comiss)
SAME_HANDLER(vcomisd, comisd)
#endif

// RCPxx, RSQRTxx: approximations from a table in the processor, without
// exceptions; denormals count as zero. Hosts without them have a recording.
#if SSE_HOST
X86_KERNEL(rcpps)
X86_KERNEL(rcpss)
X86_KERNEL(rsqrtps)
X86_KERNEL(rsqrtss)
#else
#define APPROXIMATE(name, lanes, root) \
static void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	int i; \
	for (i = 0; i < lanes; i++) \
		st32(d + 4 * i, sse_approximate(ld32(s + 4 * i), root)); \
	(void)n; \
	(void)imm; \
}
APPROXIMATE(rcpps, 4, 0)
APPROXIMATE(rcpss, 1, 0)
APPROXIMATE(rsqrtps, 4, 1)
APPROXIMATE(rsqrtss, 1, 1)
#endif
#if SSE_HOST
#define APPROXIMATE_VEX VEX_TWIN_ASM
#else
#define APPROXIMATE_VEX VEX_TWIN
#endif
VEC_HANDLER(rcpps, 16)
APPROXIMATE_VEX(rcpps, 16 | HOW_UNARY)
VEC_HANDLER(rcpss, 4)
APPROXIMATE_VEX(rcpss, 4)
VEC_HANDLER(rsqrtps, 16)
APPROXIMATE_VEX(rsqrtps, 16 | HOW_UNARY)
VEC_HANDLER(rsqrtss, 4)
APPROXIMATE_VEX(rsqrtss, 4)

// DPPS, DPPD: products, then sums of neighbours, then the sum of those. An
// unmasked exception of one step keeps the next from being computed.
static NOINLINE void
dot_product(struct cpu *c, const struct op *op, int what)
{
	union lanes buf, out[2];
	struct fpenv e;
	int wide = what & PD, w = wide ? 8 : 4, vex = what & FP_VEX, lanes = vex && op->size == 32 ? 2 : 1, i, k;
	const u8 *d = xmm(c, vex ? op->b : op->a), *s;
	u64 p[8], sum[2];
#ifndef TINY
	s = vex ? vex_source(c, op, 16) : vec_source(c, op, 16, buf.b);
#else
	s = vec_source(c, op, 16, buf.b);
#endif
	sse_env(c, &e);
	memset(p, 0, sizeof p);
	for (i = 0; i < 16 / w * lanes; i++)
		if (op->imm >> (4 + (i & (16 / w - 1))) & 1)
			p[i] = lane_fp(&e, FP_MUL, wide, lane_get(d, i, w), lane_get(s, i, w), 0);
	sse_settle(c, op, e.flags);
	e.flags = 0;
	for (k = 0; k < lanes; k++) {
		sum[k] = lane_fp(&e, FP_ADD, wide, p[4 * k], p[4 * k + 1], 0);
		if (!wide)
			p[4 * k] = lane_fp(&e, FP_ADD, wide, p[4 * k + 2], p[4 * k + 3], 0);
	}
	if (!wide) {
		sse_settle(c, op, e.flags);
		e.flags = 0;
		for (k = 0; k < lanes; k++)
			sum[k] = lane_fp(&e, FP_ADD, wide, sum[k], p[4 * k], 0);
	}
	sse_settle(c, op, e.flags);
	memset(out, 0, sizeof out);
	for (i = 0; i < 16 / w * lanes; i++)
		if (op->imm >> (i & (16 / w - 1)) & 1)
			lane_set(out[0].b, i, w, sum[i * w / 16]);
	memcpy(xmm(c, op->a), out, vex ? 32 : 16);
}

#if SSE_HOST
// By the host's SSE3, whose sums of neighbours have the same order
static ALWAYS_INLINE v128
lanes_of(const u8 *p, unsigned bits, int w)
{
	return v128_ld(p) & lanes_mask(bits, w);
}

static ALWAYS_INLINE void
k_dpps(u8 *d, const u8 *s, int n, int imm)
{
	v128 x = lanes_of(d, (unsigned)imm >> 4, 4), y = lanes_of(s, (unsigned)imm >> 4, 4);
	__asm__ volatile("mulps %1,%0\n haddps %0,%0\n haddps %0,%0" : "+x"(x) : "x"(y));
	v128_st(d, lanes_of((const u8 *)&x, (unsigned)imm, 4));
	(void)n;
}

static ALWAYS_INLINE void
k_dppd(u8 *d, const u8 *s, int n, int imm)
{
	v128 x = lanes_of(d, (unsigned)imm >> 4, 8), y = lanes_of(s, (unsigned)imm >> 4, 8);
	__asm__ volatile("mulpd %1,%0\n haddpd %0,%0" : "+x"(x) : "x"(y));
	v128_st(d, lanes_of((const u8 *)&x, (unsigned)imm, 8));
	(void)n;
}
VEC_HANDLER_OF(k_dpps, dpps, !c->fpsoft && host_can(HOST_V2), dot_product(c, op, PS))
VEC_HANDLER_OF(k_dppd, dppd, !c->fpsoft && host_can(HOST_V2), dot_product(c, op, PD))
VEX_TWIN_ASM_IF(dpps, 16, !c->fpsoft && host_can(HOST_V2), dot_product(c, op, PS | FP_VEX))
VEX_TWIN_ASM_IF(dppd, 16, !c->fpsoft && host_can(HOST_V2), dot_product(c, op, PD | FP_VEX))
#else
const struct op *
op_dpps(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(dot_product, PS);
}

const struct op *
op_dppd(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(dot_product, PD);
}

#ifndef TINY
const struct op *
op_vdpps(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(dot_product, PS | FP_VEX);
}

const struct op *
op_vdppd(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(dot_product, PD | FP_VEX);
}
#endif
#endif
