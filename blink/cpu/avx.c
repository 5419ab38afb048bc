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
		memset(c->v[VMEM].b, 0, 32);
		rdv(c, op, gva, c->v[VMEM].b, op->size);
		c->v[op->a] = c->v[VMEM];
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
	const u8 *s = c->v[op->b].b;
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
op_vinsertf128(struct cpu *c, const struct op *op)
{
	v128 x = v128_ld(c->v[op->d].b), lo = v128_ld(c->v[op->b].b), hi = v128_ld(c->v[op->b].b + 16);
	vex_set(c, op->a, op->imm & 1 ? lo : x, op->imm & 1 ? x : hi);
	NEXT();
}
SAME_HANDLER(vinserti128, vinsertf128)

static NOINLINE const struct op *
store_half_slow(struct cpu *c, const struct op *op)
{
	wrv(c, op, ea(c, op), c->v[op->b].b + 16 * (op->imm & 1), 16);
	NEXT();
}

static const struct op *
store_half(struct cpu *c, const struct op *op)
{
	u64 a = ea(c, op);
	uintptr_t h;
	if (UNLIKELY(!within_page(a, 16)) || UNLIKELY(!access_try(c, a, 16, 1, &h)))
		TAIL store_half_slow(c, op);
	hwr128(c, op, h, v128_ld(c->v[op->b].b + 16 * (op->imm & 1)));
	NEXT();
}

const struct op *
op_vextractf128(struct cpu *c, const struct op *op)
{
	const u8 *s = c->v[op->b].b + 16 * (op->imm & 1);
	if (op_kind(op, 0) == K_MEM)
		TAIL store_half(c, op);
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
	v128 x = v128_ld(c->v[op->b].b);
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

static NOINLINE const struct op *
vpermilps(struct cpu *c, const struct op *op)
{
	const u8 *s = vex_last(c, op, 16), *d = c->v[op->b].b;
	int i, by_imm = !vex_has_two(op);
	for (i = 0; i < op->size / 4; i++) {
		u32 at = by_imm ? (u32)op->imm >> 2 * (i & 3) : ld32(s + 4 * i);
		st32(c->vtmp.b + 4 * i, ld32(d + (i & 4) * 4 + 4 * (at & 3)));
	}
	TAIL finish(c, op);
}

const struct op *
op_vpermilps(struct cpu *c, const struct op *op)
{
#if SSE_HOST
	if (LIKELY(host_can(HOST_AVX2))) {
		const u8 *d = c->v[op->b].b;
		v128 which, high, hi = v128_make(0, 0);
		if (vex_has_two(op)) {
			which = v128_ld(c->v[op->d].b);
			high = v128_ld(c->v[op->d].b + 16);
		} else {
			which = high = selectors(op->imm);
		}
		if (op->size == 32)
			hi = permute4(v128_ld(d + 16), high);
		vex_set(c, op->a, permute4(v128_ld(d), which), hi);
		NEXT();
	}
#endif
	TAIL vpermilps(c, op);
}

const struct op *
op_vpermilpd(struct cpu *c, const struct op *op)
{
	const u8 *d = c->v[op->b].b;
	v128 lo, hi = v128_make(0, 0);
	if (vex_has_two(op)) {
		const u8 *s = c->v[op->d].b;
		lo = v128_make(ld64(d + (s[0] & 2) * 4), ld64(d + (s[8] & 2) * 4));
		if (op->size == 32)
			hi = v128_make(ld64(d + 16 + (s[16] & 2) * 4), ld64(d + 16 + (s[24] & 2) * 4));
	} else {
		int imm = op->imm;
		lo = v128_make(ld64(d + (imm & 1) * 8), ld64(d + (imm & 2) * 4));
		if (op->size == 32)
			hi = v128_make(ld64(d + 16 + (imm & 4) * 2), ld64(d + 16 + (imm & 8)));
	}
	vex_set(c, op->a, lo, hi);
	NEXT();
}

const struct op *
op_vperm2f128(struct cpu *c, const struct op *op)
{
	const u8 *s = c->v[op->d].b, *d = c->v[op->b].b;
	int sel = op->imm;
	v128 zero = v128_make(0, 0);
	v128 lo = sel & 8 ? zero : v128_ld((sel & 2 ? s : d) + 16 * (sel & 1));
	v128 hi = sel & 0x80 ? zero : v128_ld((sel & 0x20 ? s : d) + (sel & 0x10));
	vex_set(c, op->a, lo, hi);
	NEXT();
}
SAME_HANDLER(vperm2i128, vperm2f128)

// A lane of four bytes by an index
static inline u32
chosen(const u8 *s, const u8 *index, int i)
{
	return ld32(s + 4 * (index[4 * i] & 7));
}

const struct op *
op_vpermd(struct cpu *c, const struct op *op)
{
	const u8 *s = c->v[op->d].b, *x = c->v[op->b].b;
	vex_set(c, op->a, v128_make4(chosen(s, x, 0), chosen(s, x, 1), chosen(s, x, 2), chosen(s, x, 3)),
	        v128_make4(chosen(s, x, 4), chosen(s, x, 5), chosen(s, x, 6), chosen(s, x, 7)));
	NEXT();
}
SAME_HANDLER(vpermps, vpermd)

const struct op *
op_vpermq(struct cpu *c, const struct op *op)
{
	const u8 *s = c->v[op->b].b;
	u64 a = ld64(s + 8 * (op->imm & 3)), b = ld64(s + 8 * (op->imm >> 2 & 3));
	u64 d = ld64(s + 8 * (op->imm >> 4 & 3)), e = ld64(s + 8 * (op->imm >> 6 & 3));
	vex_set(c, op->a, v128_make(a, b), v128_make(d, e));
	NEXT();
}
SAME_HANDLER(vpermpd, vpermq)

// ---- blends -----------------------------------------------------------------

static ALWAYS_INLINE void
k_pblendd(u8 *d, const u8 *s, int n, int imm)
{
	v128_st(d, v128_choose(lanes_mask((unsigned)imm, 4), v128_ld(s), v128_ld(d)));
	(void)n;
}
VEX_TWIN_ASM(pblendd, 16 | 4 * HOW_IMM)

// By the sign bits of a fourth register, whose number is in op.imm
#define BLENDV(name, w) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	const u8 *s = c->v[op->d].b, *d = c->v[op->b].b, *m = c->v[op->imm].b; \
	v128 hi = v128_make(0, 0); \
	if (op->size == 32) \
		hi = v128_choose(v128_signs(v128_ld(m + 16), w), v128_ld(s + 16), v128_ld(d + 16)); \
	vex_set(c, op->a, v128_choose(v128_signs(v128_ld(m), w), v128_ld(s), v128_ld(d)), hi); \
	NEXT(); \
}
BLENDV(vpblendvb, 1)
BLENDV(vblendvps, 4)
BLENDV(vblendvpd, 8)

// ---- shifts by the lanes of another register ----------------------------------

#define SHIFTV_KERNEL(name, w, T, expr) \
static void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	int i; \
	for (i = 0; i < 16 / w; i++) { \
		u64 n_ = lane_get(s, i, w); \
		T x = (T)lane_get(d, i, w); \
		lane_set(d, i, w, (u64)(expr)); \
	} \
	(void)n; \
	(void)imm; \
}
#if SSE_HOST
#define SHIFTV(name, w, T, expr) \
SHIFTV_KERNEL(name, w, T, expr) \
X86_NAMED(h_##name, "v" #name " %1,%0,%0") \
VEX_TWIN_ASM_OF(h_##name, name, 16, host_can(HOST_AVX2), vex_apply(c, op, k_##name, 16))
#else
#define SHIFTV(name, w, T, expr) \
SHIFTV_KERNEL(name, w, T, expr) \
VEX_TWIN(name, 16)
#endif
SHIFTV(psllvd, 4, u32, n_ > 31 ? 0 : x << n_)
SHIFTV(psrlvd, 4, u32, n_ > 31 ? 0 : x >> n_)
SHIFTV(psravd, 4, i32, x >> (n_ > 31 ? 31 : n_))
SHIFTV(psllvq, 8, u64, n_ > 63 ? 0 : x << n_)
SHIFTV(psrlvq, 8, u64, n_ > 63 ? 0 : x >> n_)

// ---- tests --------------------------------------------------------------------

static ALWAYS_INLINE void
test_bits(struct cpu *c, const struct op *op, u64 which)
{
	const u8 *s = c->v[op->b].b, *d = c->v[op->a].b;
#if SSE_HOST
	if (LIKELY(host_can(HOST_V2))) {
		v128 x = v128_ld(s), y = v128_ld(d), mask = v128_make(which, which), both = x & y, only = x & ~y;
		u8 zf, cf;
		if (op->size == 32) {
			x = v128_ld(s + 16);
			y = v128_ld(d + 16);
			both |= x & y;
			only |= x & ~y;
		}
		__asm__("ptest %2,%1" : "=@ccz"(zf) : "x"(both), "x"(mask) : "cc");
		__asm__("ptest %2,%1" : "=@ccz"(cf) : "x"(only), "x"(mask) : "cc");
		flags_set(c, (u32)(zf << 6 | cf));
		return;
	}
#endif
	int i, n = op->size == 32 ? 2 : 1;
	u64 both = 0, only = 0;
	for (i = 0; i < 16 * n; i += 16) {
		u64 x = ld64(s + i), y = ld64(d + i), z = ld64(s + i + 8), w = ld64(d + i + 8);
		both |= (x & y) | (z & w);
		only |= (x & ~y) | (z & ~w);
	}
	flags_set(c, (both & which ? 0 : FLAG_ZF) | (only & which ? 0 : FLAG_CF));
}

#define TEST(name, which) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	test_bits(c, op, which); \
	NEXT(); \
}
TEST(vptest, ~(u64)0)
TEST(vtestps, 0x8000000080000000)
TEST(vtestpd, (u64)1 << 63)

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
