// sse4.c: what SSE4.1 and SSE4.2 added beside lane arithmetic (mmx.c) and
// rounding and dot products (sse_fp.c): blends, tests, widening moves, block
// differences, string comparison. Source: SDM vol 2; vol 2 chapter 4.1 for
// PCMPxSTRx.
#include "cpu/flags.h"
#include "cpu/sse_impl.h"

// Blends: by the immediate, or by the sign bits of XMM0
#ifdef TINY
#define BLEND(name, w, vex) \
static void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	int i; \
	for (i = 0; i < 16 / w; i++) \
		if (imm >> i & 1) \
			lane_set(d, i, w, lane_get(s, i, w)); \
	(void)n; \
} \
VEC_HANDLER(name, 16)
#else
#define BLEND(name, w, vex) \
static ALWAYS_INLINE void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	v128_st(d, v128_choose(lanes_mask((unsigned)imm, w), v128_ld(s), v128_ld(d))); \
	(void)n; \
} \
VEC_HANDLER(name, 16) \
VEX_TWIN_ASM(name, vex)
#endif
BLEND(pblendw, 2, 16)
BLEND(blendps, 4, 16 | 4 * HOW_IMM)
BLEND(blendpd, 8, 16 | 2 * HOW_IMM)

#ifdef TINY
static NOINLINE void
blend_by_sign(struct cpu *c, const struct op *op, int w)
{
	union lanes buf, mask;
	const u8 *s = vec_source(c, op, 16, buf.b);
	u8 *d = xmm(c, op->a);
	int i;
	memcpy(mask.b, xmm(c, 0), 16);
	for (i = 0; i < 16; i++)
		if (mask.b[i | (w - 1)] & 0x80)
			d[i] = s[i];
}

#define BLENDV(name, w) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(blend_by_sign, w); \
}
#else
#define BLENDV(name, w) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	u8 *d = xmm(c, op->a); \
	v128_st(d, v128_choose(v128_signs(v128_ld(xmm(c, 0)), w), v128_ld(xmm(c, op->b)), v128_ld(d))); \
	NEXT(); \
}
#endif
BLENDV(pblendvb, 1)
BLENDV(blendvps, 4)
BLENDV(blendvpd, 8)

#ifdef TINY
static NOINLINE void
ptest(struct cpu *c, const struct op *op)
{
	union lanes buf;
	const u8 *s = vec_source(c, op, 16, buf.b), *d = xmm(c, op->a);
	u64 and_ = (ld64(s) & ld64(d)) | (ld64(s + 8) & ld64(d + 8));
	u64 andn = (ld64(s) & ~ld64(d)) | (ld64(s + 8) & ~ld64(d + 8));
	flags_set(c, (and_ ? 0 : FLAG_ZF) | (andn ? 0 : FLAG_CF));
}

const struct op *
op_ptest(struct cpu *c, const struct op *op)
{
	RUN_NEXT(ptest);
}
#else
op_fn op_vptest;
SAME_HANDLER(ptest, vptest)
#endif

// Widening moves: lanes of `from` bytes to lanes of `to` bytes
static void
widen(u8 *d, const u8 *s, int from, int to, int sign)
{
	union lanes in;
	int i;
	memcpy(in.b, s, 16);
	for (i = 0; i < 16 / to; i++) {
		u64 x = lane_get(in.b, i, from);
		lane_set(d, i, to, sign ? sext(x, (unsigned)from) : x);
	}
}

#define WIDEN(name, from, to, sign) \
static void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	TRY_HOST(HOST_V2, #name " %1,%0"); \
	widen(d, s, from, to, sign); \
	(void)n; \
	(void)imm; \
} \
LATER_HANDLERS(name, HOST_V2, 16 * from / to, 16 * from / to | HOW_UNARY)
WIDEN(pmovsxbw, 1, 2, 1)
WIDEN(pmovsxbd, 1, 4, 1)
WIDEN(pmovsxbq, 1, 8, 1)
WIDEN(pmovsxwd, 2, 4, 1)
WIDEN(pmovsxwq, 2, 8, 1)
WIDEN(pmovsxdq, 4, 8, 1)
WIDEN(pmovzxbw, 1, 2, 0)
WIDEN(pmovzxbd, 1, 4, 0)
WIDEN(pmovzxbq, 1, 8, 0)
WIDEN(pmovzxwd, 2, 4, 0)
WIDEN(pmovzxwq, 2, 8, 0)
WIDEN(pmovzxdq, 4, 8, 0)

static void
k_phminposuw(u8 *d, const u8 *s, int n, int imm)
{
	u32 best = 0xffff, at = 0;
	int i;
	TRY_HOST(HOST_V2, "phminposuw %1,%0");
	for (i = 7; i >= 0; i--)
		if (ld16(s + 2 * i) <= best) {
			best = ld16(s + 2 * i);
			at = (u32)i;
		}
	v128_st(d, v128_make(best | at << 16, 0));
	(void)n;
	(void)imm;
}
LATER_HANDLERS(phminposuw, HOST_V2, 16, 16 | HOW_UNARY)

// Sums of four absolute differences: the group of s that imm names against
// eight overlapping groups of d
static void
k_mpsadbw(u8 *d, const u8 *s, int n, int imm)
{
	u8 x[16], y[4];
	int i, j;
	memcpy(x, d, 16);
	memcpy(y, s + 4 * (imm & 3), 4);
	for (i = 0; i < 8; i++) {
		const u8 *from = x + (imm & 4) + i;
		u32 sum = 0;
		for (j = 0; j < 4; j++)
			sum += (u32)(from[j] > y[j] ? from[j] - y[j] : y[j] - from[j]);
		st16(d + 2 * i, (u16)sum);
	}
	(void)n;
}
#if SSE_HOST
static ALWAYS_INLINE void
h_mpsadbw(u8 *d, const u8 *s, int n, int imm)
{
	v128 x = v128_ld(d), y = v128_ld(s);
#define MPSADBW(k) case k: __asm__("mpsadbw $" #k ",%1,%0" : "+x"(x) : "x"(y)); break;
	switch (imm & 7) {
	MPSADBW(0) MPSADBW(1) MPSADBW(2) MPSADBW(3) MPSADBW(4) MPSADBW(5) MPSADBW(6) MPSADBW(7)
	}
	v128_st(d, x);
	(void)n;
}
VEC_HANDLER_OF(h_mpsadbw, mpsadbw, host_can(HOST_V2), vec_apply(c, op, k_mpsadbw, 16))
VEX_TWIN_ASM_OF(h_mpsadbw, mpsadbw, 16 | 3 * HOW_IMM, host_can(HOST_V2), vex_apply(c, op, k_mpsadbw, 16 | 3 * HOW_IMM))
#else
VEC_HANDLER(mpsadbw, 16)
VEX_TWIN(mpsadbw, 16 | 3 * HOW_IMM)
#endif

// String comparison. imm: bit 0 words, bit 1 signed, bits 2..3 aggregation,
// bits 4..5 polarity, bit 6 which index or which kind of mask.
enum { STR_ANY, STR_RANGES, STR_EACH, STR_ORDERED };
enum { STR_EXPLICIT = 1, STR_MASK = 2 };

static i32
string_lane(const u8 *s, int i, int imm)
{
	if (imm & 1)
		return imm & 2 ? (i16)ld16(s + 2 * i) : ld16(s + 2 * i);
	return imm & 2 ? (i8)s[i] : s[i];
}

// Length in elements: up to the first zero, or |reg| at most
static int
string_length(const u8 *s, int imm)
{
	int i, n = imm & 1 ? 8 : 16;
	for (i = 0; i < n; i++)
		if (!string_lane(s, i, imm))
			break;
	return i;
}

static int
explicit_length(u64 reg, int wide, int n)
{
	i64 x = wide ? (i64)reg : (i32)reg;
	return x < -n || x > n ? n : (int)(x < 0 ? -x : x);
}

// IntRes1: bit j tells about element j of b, with la and lb valid elements.
static u32
string_match(const u8 *a, int la, const u8 *b, int lb, int imm)
{
	int i, j, n = imm & 1 ? 8 : 16;
	u32 res = 0;
	switch (imm >> 2 & 3) {
	case STR_ANY:
		for (j = 0; j < lb; j++)
			for (i = 0; i < la; i++)
				if (string_lane(a, i, imm) == string_lane(b, j, imm)) {
					res |= 1u << j;
					break;
				}
		return res;
	case STR_RANGES:
		for (j = 0; j < lb; j++) {
			i32 x = string_lane(b, j, imm);
			for (i = 0; i + 1 < la; i += 2)
				if (string_lane(a, i, imm) <= x && x <= string_lane(a, i + 1, imm)) {
					res |= 1u << j;
					break;
				}
		}
		return res;
	case STR_EACH:
		// Past both ends elements are equal, past one of them they are not.
		for (j = 0; j < n; j++)
			if (j < la && j < lb ? string_lane(a, j, imm) == string_lane(b, j, imm) : j >= la && j >= lb)
				res |= 1u << j;
		return res;
	default:
		// a as a substring of b at j, as far as b's register goes
		for (j = 0; j < n; j++) {
			for (i = 0; i < la && i + j < n; i++)
				if (i + j >= lb || string_lane(a, i, imm) != string_lane(b, i + j, imm))
					break;
			if (i >= la || i + j >= n)
				res |= 1u << j;
		}
		return res;
	}
}

static NOINLINE void
compare_strings(struct cpu *c, const struct op *op, int what)
{
	union lanes buf;
	int imm = op->imm, n = imm & 1 ? 8 : 16, la, lb;
	const u8 *b = vec_source(c, op, 16 | HOW_UNALIGNED, buf.b), *a = xmm(c, op->a);
	u32 all = (1u << n) - 1, res;
	if (what & STR_EXPLICIT) {
		int wide = op->d == 8;
		la = explicit_length(c->r[GPR_AX], wide, n);
		lb = explicit_length(c->r[GPR_DX], wide, n);
	} else {
		la = string_length(a, imm);
		lb = string_length(b, imm);
	}
	res = string_match(a, la, b, lb, imm);
	if (imm & 0x10)
		res ^= imm & 0x20 ? (1u << lb) - 1 : all;
	if (what & STR_MASK) {
		u8 *d = xmm(c, 0);
		if (imm & 0x40) {
			int i;
			for (i = 0; i < 16; i++)
				d[i] = res >> (imm & 1 ? i / 2 : i) & 1 ? 0xff : 0;
		} else {
			v128_st(d, v128_make(res, 0));
		}
	} else {
		u32 at = (u32)n;
		if (res)
			at = imm & 0x40 ? 31 - (u32)__builtin_clz(res) : (u32)__builtin_ctz(res);
		c->r[GPR_CX] = at;
	}
	flags_set(c, (res ? FLAG_CF : 0) | (lb < n ? FLAG_ZF : 0) | (la < n ? FLAG_SF : 0) | (res & 1 ? FLAG_OF : 0));
}

#define STRINGS(name, what) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(compare_strings, what); \
}
STRINGS(pcmpestrm, STR_EXPLICIT | STR_MASK)
STRINGS(pcmpestri, STR_EXPLICIT)
STRINGS(pcmpistrm, STR_MASK)
STRINGS(pcmpistri, 0)

#ifndef TINY
#define STRINGS_MASK(name, what) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	compare_strings(c, op, what); \
	memset(c->v[0].b + 16, 0, 16); \
	NEXT(); \
}
STRINGS_MASK(vpcmpestrm, STR_EXPLICIT | STR_MASK)
STRINGS_MASK(vpcmpistrm, STR_MASK)
#endif
