// avx.c: what AVX and AVX2 have beside VEX forms of SSE's lane operations
// (VEX_TWIN in the files of those): moves, broadcasts, permutations across
// lanes, variable shifts, blends, tests; and the forms that do as SSE's do.
//
// Every VEX instruction that writes a vector register clears the rest of its
// 32 bytes. Memory may lie anywhere but for the aligned moves.
// Source: SDM vol 1 chapter 14, vol 2.
#include "cpu/avx.h"
#include "cpu/flags.h"

// ---- moves -----------------------------------------------------------------

// op.size bytes: register, load or store
static NOINLINE void
move_slow(struct cpu *c, const struct op *op, int aligned)
{
	u64 gva = ea(c, op);
	if (aligned && gva & (op->size - 1u))
		cpu_raise(c, op, VEC_GP, 0);
	if (op_kind(op, 0) == K_MEM) {
		wrv(c, op, gva, c->v[op->b].b, op->size);
	} else {
		memset(c->vmem.b, 0, 32);
		rdv(c, op, gva, c->vmem.b, op->size);
		c->v[op->a] = c->vmem;
	}
}

// Whether a store of n bytes can be made of two: not if it crosses into
// another page.
static inline int
within_page(u64 gva, unsigned n)
{
	return (gva & (PAGE_SIZE_GUEST - 1)) <= PAGE_SIZE_GUEST - n;
}

#define MOVE(name, aligned) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	const v128 zero = v128_make(0, 0); \
	u64 a; \
	uintptr_t h; \
	if (vex_is_reg(op, 0) && vex_is_reg(op, 1)) { \
		const u8 *s = c->v[op->b].b; \
		vex_set(c, op->a, v128_ld(s), op->size == 32 ? v128_ld(s + 16) : zero); \
		NEXT(); \
	} \
	a = ea(c, op); \
	if (!(aligned) || LIKELY(!(a & (op->size - 1u)))) { \
		if (op_kind(op, 0) != K_MEM) { \
			if (LIKELY(access_try(c, a, op->size, 0, &h))) { \
				v128 lo = hrd128(c, op, h); \
				vex_set(c, op->a, lo, op->size == 32 ? hrd128(c, op, h + 16) : zero); \
				NEXT(); \
			} \
		} else if (LIKELY(within_page(a, op->size)) && LIKELY(access_try(c, a, op->size, 1, &h))) { \
			hwr128(c, op, h, v128_ld(c->v[op->b].b)); \
			if (op->size == 32) \
				hwr128(c, op, h + 16, v128_ld(c->v[op->b].b + 16)); \
			NEXT(); \
		} \
	} \
	move_slow(c, op, aligned); \
	NEXT(); \
}
MOVE(vmovaps, 1)
MOVE(vmovups, 0)
SAME_HANDLER(vmovapd, vmovaps)
SAME_HANDLER(vmovdqa, vmovaps)
SAME_HANDLER(vmovntps, vmovaps)
SAME_HANDLER(vmovntpd, vmovaps)
SAME_HANDLER(vmovntdq, vmovaps)
SAME_HANDLER(vmovntdqa, vmovaps)
SAME_HANDLER(vmovupd, vmovups)
SAME_HANDLER(vmovdqu, vmovups)
SAME_HANDLER(vlddqu, vmovups)

// One half of an XMM register from each source
static inline void
set_halves(struct cpu *c, const struct op *op, u64 lo, u64 hi)
{
	vex_set(c, op->a, v128_make(lo, hi), v128_make(0, 0));
}

static inline u64
low_half(struct cpu *c, int r)
{
	return ld64(c->v[r].b);
}

static inline u64
high_half(struct cpu *c, int r)
{
	return ld64(c->v[r].b + 8);
}

const struct op *
op_vmovss(struct cpu *c, const struct op *op)
{
	if (op_kind(op, 0) == K_MEM)
		wr32(c, op, ea(c, op), ld32(c->v[op->b].b));
	else if (op_kind(op, 1) == K_MEM)
		set_halves(c, op, rd32(c, op, ea(c, op)), 0);
	else
		set_halves(c, op, (low_half(c, op->b) & ~(u64)0xffffffff) | ld32(c->v[op->d].b), high_half(c, op->b));
	NEXT();
}

const struct op *
op_vmovsd(struct cpu *c, const struct op *op)
{
	if (op_kind(op, 0) == K_MEM)
		wr64(c, op, ea(c, op), low_half(c, op->b));
	else if (op_kind(op, 1) == K_MEM)
		set_halves(c, op, rd64(c, op, ea(c, op)), 0);
	else
		set_halves(c, op, low_half(c, op->d), high_half(c, op->b));
	NEXT();
}

const struct op *
op_vmovlps(struct cpu *c, const struct op *op)
{
	if (op_kind(op, 0) == K_MEM)
		wr64(c, op, ea(c, op), low_half(c, op->b));
	else
		set_halves(c, op, rd64(c, op, ea(c, op)), high_half(c, op->b));
	NEXT();
}

const struct op *
op_vmovhps(struct cpu *c, const struct op *op)
{
	if (op_kind(op, 0) == K_MEM)
		wr64(c, op, ea(c, op), high_half(c, op->b));
	else
		set_halves(c, op, low_half(c, op->b), rd64(c, op, ea(c, op)));
	NEXT();
}
SAME_HANDLER(vmovlpd, vmovlps)
SAME_HANDLER(vmovhpd, vmovhps)

const struct op *
op_vmovhlps(struct cpu *c, const struct op *op)
{
	set_halves(c, op, high_half(c, op->d), high_half(c, op->b));
	NEXT();
}

const struct op *
op_vmovlhps(struct cpu *c, const struct op *op)
{
	set_halves(c, op, low_half(c, op->b), low_half(c, op->d));
	NEXT();
}

const struct op *
op_vmovd(struct cpu *c, const struct op *op)
{
	if (op_kind(op, 0) != K_XMM)
		return op_movd(c, op);
	set_halves(c, op, op_kind(op, 1) == K_MEM ? rdn(c, op, ea(c, op), op->d) : reg_get(c, op->b, op->d), 0);
	NEXT();
}

const struct op *
op_vmovq(struct cpu *c, const struct op *op)
{
	if (op_kind(op, 0) == K_MEM)
		wr64(c, op, ea(c, op), low_half(c, op->b));
	else
		set_halves(c, op, op_kind(op, 1) == K_MEM ? rd64(c, op, ea(c, op)) : low_half(c, op->b), 0);
	NEXT();
}

const struct op *
op_vmovddup(struct cpu *c, const struct op *op)
{
	const u8 *s = vex_last(c, op, 0);
	u64 lo = ld64(s), hi = ld64(s + 16);
	vex_set(c, op->a, v128_make(lo, lo), op->size == 32 ? v128_make(hi, hi) : v128_make(0, 0));
	NEXT();
}

// Forms that write no vector register are SSE's own.
SAME_HANDLER(vmaskmovdqu, maskmovdqu)
SAME_HANDLER(vpextrb, pextrb)
SAME_HANDLER(vpextrw, pextrw)
SAME_HANDLER(vpextrd, pextrd)
SAME_HANDLER(vextractps, extractps)
SAME_HANDLER(vldmxcsr, ldmxcsr)
SAME_HANDLER(vstmxcsr, stmxcsr)
SAME_HANDLER(vpcmpestri, pcmpestri)
SAME_HANDLER(vpcmpistri, pcmpistri)

// Forms that are another one under a second name
SAME_HANDLER(vandps, vpand)
SAME_HANDLER(vandpd, vpand)
SAME_HANDLER(vandnps, vpandn)
SAME_HANDLER(vandnpd, vpandn)
SAME_HANDLER(vorps, vpor)
SAME_HANDLER(vorpd, vpor)
SAME_HANDLER(vxorps, vpxor)
SAME_HANDLER(vxorpd, vpxor)
SAME_HANDLER(vunpcklps, vpunpckldq)
SAME_HANDLER(vunpcklpd, vpunpcklqdq)
SAME_HANDLER(vunpckhps, vpunpckhdq)
SAME_HANDLER(vunpckhpd, vpunpckhqdq)

// Masks of sign bits, to a general register
const struct op *
op_vpmovmskb(struct cpu *c, const struct op *op)
{
	const u8 *s = c->v[op->b].b;
#if SSE_HOST
	u32 lo, hi = 0;
	v128 x = v128_ld(s);
	__asm__("pmovmskb %1,%0" : "=r"(lo) : "x"(x));
	if (op->d == 32) {
		v128 y = v128_ld(s + 16);
		__asm__("pmovmskb %1,%0" : "=r"(hi) : "x"(y));
	}
	c->r[op->a] = lo | hi << 16;
#else
	u32 m = 0;
	int i;
	for (i = 0; i < op->d; i++)
		m |= (u32)(s[i] >> 7) << i;
	c->r[op->a] = m;
#endif
	NEXT();
}

static ALWAYS_INLINE u32
signs(const u8 *s, int n, int w)
{
	u32 m = 0;
#if SSE_HOST
	v128 x = v128_ld(s), y = v128_ld(s + 16);
	u32 high;
	if (w == 4) {
		__asm__("movmskps %1,%0" : "=r"(m) : "x"(x));
		__asm__("movmskps %1,%0" : "=r"(high) : "x"(y));
	} else {
		__asm__("movmskpd %1,%0" : "=r"(m) : "x"(x));
		__asm__("movmskpd %1,%0" : "=r"(high) : "x"(y));
	}
	return n == 32 ? m | high << 16 / w : m;
#endif
	int i;
	for (i = 0; i < n / w; i++)
		m |= (u32)(s[w * i + w - 1] >> 7) << i;
	return m;
}

const struct op *
op_vmovmskps(struct cpu *c, const struct op *op)
{
	c->r[op->a] = signs(c->v[op->b].b, op->d, 4);
	NEXT();
}

const struct op *
op_vmovmskpd(struct cpu *c, const struct op *op)
{
	c->r[op->a] = signs(c->v[op->b].b, op->d, 8);
	NEXT();
}

// ---- insertion, extraction, broadcasts --------------------------------------

const struct op *
op_vinsertps(struct cpu *c, const struct op *op)
{
	int i, imm = op->imm;
	u32 x = op_kind(op, 2) == K_MEM ? rd32(c, op, ea(c, op)) : ld32(c->v[op->d].b + 4 * (imm >> 6 & 3));
	u8 *t = c->vtmp.b;
	memcpy(t, c->v[op->b].b, 16);
	st32(t + 4 * (imm >> 4 & 3), x);
	for (i = 0; i < 4; i++)
		if (imm >> i & 1)
			st32(t + 4 * i, 0);
	vex_set(c, op->a, v128_ld(t), v128_make(0, 0));
	NEXT();
}

const struct op *
op_vinsertf128(struct cpu *c, const struct op *op)
{
	v128 x = v128_ld(vex_last(c, op, 16 | HOW_COUNT)), lo = v128_ld(c->v[op->b].b), hi = v128_ld(c->v[op->b].b + 16);
	vex_set(c, op->a, op->imm & 1 ? lo : x, op->imm & 1 ? x : hi);
	NEXT();
}
SAME_HANDLER(vinserti128, vinsertf128)

const struct op *
op_vextractf128(struct cpu *c, const struct op *op)
{
	const u8 *s = c->v[op->b].b + 16 * (op->imm & 1);
	if (op_kind(op, 0) == K_MEM)
		wrv(c, op, ea(c, op), s, 16);
	else
		vex_set(c, op->a, v128_ld(s), v128_make(0, 0));
	NEXT();
}
SAME_HANDLER(vextracti128, vextractf128)

static ALWAYS_INLINE void
broadcast(struct cpu *c, const struct op *op, int w)
{
	u64 x = op_kind(op, 1) == K_MEM ? rdn(c, op, ea(c, op), w) : lane_get(c->v[op->b].b, 0, w);
	v128 v;
	if (w == 1)
		x *= 0x0101010101010101;
	else if (w == 2)
		x *= 0x0001000100010001;
	else if (w == 4)
		x |= x << 32;
	v = v128_make(x, x);
	vex_set(c, op->a, v, op->size == 32 ? v : v128_make(0, 0));
}

#define BROADCAST(name, w) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	broadcast(c, op, w); \
	NEXT(); \
}
BROADCAST(vpbroadcastb, 1)
BROADCAST(vpbroadcastw, 2)
BROADCAST(vpbroadcastd, 4)
BROADCAST(vpbroadcastq, 8)
SAME_HANDLER(vbroadcastss, vpbroadcastd)
SAME_HANDLER(vbroadcastsd, vpbroadcastq)

const struct op *
op_vbroadcastf128(struct cpu *c, const struct op *op)
{
	v128 x = v128_ld(vex_last(c, op, 16 | HOW_COUNT));
	vex_set(c, op->a, x, x);
	NEXT();
}
SAME_HANDLER(vbroadcasti128, vbroadcastf128)

// ---- permutations -----------------------------------------------------------

static inline const struct op *
finish(struct cpu *c, const struct op *op)
{
	if (op->size != 32)
		memset(c->vtmp.b + 16, 0, 16);
	vex_set(c, op->a, v128_ld(c->vtmp.b), v128_ld(c->vtmp.b + 16));
	NEXT();
}

const struct op *
op_vpermilps(struct cpu *c, const struct op *op)
{
	const u8 *s = vex_last(c, op, 16), *d = vex_has_two(op) ? c->v[op->b].b : s;
	int i, by_imm = !vex_has_two(op);
#if SSE_HOST
	if (host_has(HOST_AVX2)) {
		static const u32 counts[4] = {0, 2, 4, 6};
		v128 which = v128_ld(s), high = which, lo, hi = v128_make(0, 0);
		if (by_imm) {
			which = v128_make(op->imm | (u64)op->imm << 32, op->imm | (u64)op->imm << 32);
			__asm__("vpsrlvd %1,%0,%0" : "+x"(which) : "m"(counts));
			high = which;
		} else if (op->size == 32) {
			high = v128_ld(s + 16);
		}
		lo = v128_ld(d);
		__asm__("vpermilps %1,%0,%0" : "+x"(lo) : "x"(which));
		if (op->size == 32) {
			hi = v128_ld(d + 16);
			__asm__("vpermilps %1,%0,%0" : "+x"(hi) : "x"(high));
		}
		vex_set(c, op->a, lo, hi);
		NEXT();
	}
#endif
	for (i = 0; i < op->size / 4; i++) {
		u32 at = by_imm ? (u32)op->imm >> 2 * (i & 3) : ld32(s + 4 * i);
		st32(c->vtmp.b + 4 * i, ld32(d + (i & 4) * 4 + 4 * (at & 3)));
	}
	TAIL finish(c, op);
}

const struct op *
op_vpermilpd(struct cpu *c, const struct op *op)
{
	const u8 *s = vex_last(c, op, 16), *d = vex_has_two(op) ? c->v[op->b].b : s;
	int i, by_imm = !vex_has_two(op);
	for (i = 0; i < op->size / 8; i++) {
		u32 at = by_imm ? (u32)op->imm >> i : ld32(s + 8 * i) >> 1;
		st64(c->vtmp.b + 8 * i, ld64(d + (i & 2) * 8 + 8 * (at & 1)));
	}
	TAIL finish(c, op);
}

const struct op *
op_vperm2f128(struct cpu *c, const struct op *op)
{
	const u8 *s = vex_last(c, op, 16), *d = c->v[op->b].b;
	int sel = op->imm;
	v128 zero = v128_make(0, 0);
	v128 lo = sel & 8 ? zero : v128_ld((sel & 2 ? s : d) + 16 * (sel & 1));
	v128 hi = sel & 0x80 ? zero : v128_ld((sel & 0x20 ? s : d) + (sel & 0x10));
	vex_set(c, op->a, lo, hi);
	NEXT();
}
SAME_HANDLER(vperm2i128, vperm2f128)

const struct op *
op_vpermd(struct cpu *c, const struct op *op)
{
	const u8 *s = vex_last(c, op, 16), *index = c->v[op->b].b;
	int i;
#if SSE_HOST
	if (host_has(HOST_AVX2)) {
		__asm__ volatile("vmovdqu (%0),%%ymm0\n vpermd (%1),%%ymm0,%%ymm0\n vmovdqu %%ymm0,(%2)\n vzeroupper"
		                 : : "r"(index), "r"(s), "r"(c->v[op->a].b) : "xmm0", "memory");
		NEXT();
	}
#endif
	for (i = 0; i < 8; i++)
		st32(c->vtmp.b + 4 * i, ld32(s + 4 * (ld32(index + 4 * i) & 7)));
	TAIL finish(c, op);
}
SAME_HANDLER(vpermps, vpermd)

const struct op *
op_vpermq(struct cpu *c, const struct op *op)
{
	const u8 *s = vex_last(c, op, 16);
	u64 a = ld64(s + 8 * (op->imm & 3)), b = ld64(s + 8 * (op->imm >> 2 & 3));
	u64 d = ld64(s + 8 * (op->imm >> 4 & 3)), e = ld64(s + 8 * (op->imm >> 6 & 3));
	vex_set(c, op->a, v128_make(a, b), v128_make(d, e));
	NEXT();
}
SAME_HANDLER(vpermpd, vpermq)

// ---- blends -----------------------------------------------------------------

const struct op *
op_vpblendd(struct cpu *c, const struct op *op)
{
	const u8 *s = vex_last(c, op, 16), *d = c->v[op->b].b;
	u64 x[4];
	int i;
	for (i = 0; i < 4; i++) {
		u64 m = ((unsigned)op->imm >> 2 * i & 1 ? 0xffffffff : 0) | ((unsigned)op->imm >> 2 * i & 2 ? (u64)0xffffffff << 32 : 0);
		x[i] = (ld64(s + 8 * i) & m) | (ld64(d + 8 * i) & ~m);
	}
	vex_set(c, op->a, v128_make(x[0], x[1]), op->size == 32 ? v128_make(x[2], x[3]) : v128_make(0, 0));
	NEXT();
}

// By the sign bits of a fourth register, whose number is in op.imm
static ALWAYS_INLINE u64
blend_by_sign(const u8 *d, const u8 *s, const u8 *mask, int w)
{
	u64 m = ld64(mask);
	m = w == 8 ? 0 - (m >> 63) : w == 4 ? (m >> 31 & 0x0000000100000001) * 0xffffffff : (m >> 7 & 0x0101010101010101) * 0xff;
	return (ld64(s) & m) | (ld64(d) & ~m);
}

#define BLENDV(name, w) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	const u8 *s = vex_last(c, op, 16), *d = c->v[op->b].b, *m = c->v[op->imm].b; \
	v128 lo = v128_make(blend_by_sign(d, s, m, w), blend_by_sign(d + 8, s + 8, m + 8, w)), hi = v128_make(0, 0); \
	if (op->size == 32) \
		hi = v128_make(blend_by_sign(d + 16, s + 16, m + 16, w), blend_by_sign(d + 24, s + 24, m + 24, w)); \
	vex_set(c, op->a, lo, hi); \
	NEXT(); \
}
BLENDV(vpblendvb, 1)
BLENDV(vblendvps, 4)
BLENDV(vblendvpd, 8)

// ---- shifts by the lanes of another register ----------------------------------

#if SSE_HOST
#define SHIFTV_HOST(name) \
	if (host_has(HOST_AVX2)) { \
		v128 x_ = v128_ld(d), y_ = v128_ld(s), hi_ = v128_make(0, 0); \
		__asm__(#name " %1,%0,%0" : "+x"(x_) : "x"(y_)); \
		if (op->size == 32) { \
			hi_ = v128_ld(d + 16); \
			y_ = v128_ld(s + 16); \
			__asm__(#name " %1,%0,%0" : "+x"(hi_) : "x"(y_)); \
		} \
		vex_set(c, op->a, x_, hi_); \
		NEXT(); \
	}
#else
#define SHIFTV_HOST(name)
#endif
#define SHIFTV(name, w, T, expr) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	const u8 *s = vex_last(c, op, 16), *d = c->v[op->b].b; \
	int i; \
	SHIFTV_HOST(name) \
	for (i = 0; i < op->size / w; i++) { \
		u64 n = lane_get(s, i, w); \
		T x = (T)lane_get(d, i, w); \
		lane_set(c->vtmp.b, i, w, (u64)(expr)); \
	} \
	TAIL finish(c, op); \
}
SHIFTV(vpsllvd, 4, u32, n > 31 ? 0 : x << n)
SHIFTV(vpsrlvd, 4, u32, n > 31 ? 0 : x >> n)
SHIFTV(vpsravd, 4, i32, x >> (n > 31 ? 31 : n))
SHIFTV(vpsllvq, 8, u64, n > 63 ? 0 : x << n)
SHIFTV(vpsrlvq, 8, u64, n > 63 ? 0 : x >> n)

// ---- tests --------------------------------------------------------------------

static inline void
test_bits(struct cpu *c, const struct op *op, u64 which)
{
	const u8 *s = vex_last(c, op, 16), *d = c->v[op->a].b;
	u64 both = 0, only = 0;
	int i;
	for (i = 0; i < op->size; i += 8) {
		u64 x = ld64(s + i), y = ld64(d + i);
		both |= x & y & which;
		only |= x & ~y & which;
	}
	flags_set(c, (both ? 0 : FLAG_ZF) | (only ? 0 : FLAG_CF));
}

const struct op *
op_vptest(struct cpu *c, const struct op *op)
{
	test_bits(c, op, ~(u64)0);
	NEXT();
}

const struct op *
op_vtestps(struct cpu *c, const struct op *op)
{
	test_bits(c, op, 0x8000000080000000);
	NEXT();
}

const struct op *
op_vtestpd(struct cpu *c, const struct op *op)
{
	test_bits(c, op, (u64)1 << 63);
	NEXT();
}

// ---- state ----------------------------------------------------------------------

// In 32-bit code there are eight registers, and the others stay as they are.
static inline int
registers(const struct cpu *c)
{
	return CPU_MODE(c) == MODE_64 ? 16 : 8;
}

const struct op *
op_vzeroupper(struct cpu *c, const struct op *op)
{
	const v128 zero = v128_make(0, 0);
	int i;
	for (i = 0; i < 8; i += 2) {
		v128_st(c->v[i].b + 16, zero);
		v128_st(c->v[i + 1].b + 16, zero);
	}
	for (; i < registers(c); i += 2) {
		v128_st(c->v[i].b + 16, zero);
		v128_st(c->v[i + 1].b + 16, zero);
	}
	NEXT();
}

const struct op *
op_vzeroall(struct cpu *c, const struct op *op)
{
	int i;
	for (i = 0; i < registers(c); i++)
		vex_set(c, i, v128_make(0, 0), v128_make(0, 0));
	NEXT();
}
