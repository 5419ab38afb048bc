// mmx.c: integer vector operations of MMX to SSE4.2, on MMX and XMM registers
// alike; and the bitwise and unpacking operations on packed floats, which are
// the same thing under other names.
//
// Sources: SDM vol 2; vol 1 chapter 9 for what MMX does to the x87.
#include "cpu/sse_impl.h"

#if SSE_HOST
// Around a kernel whose MMX form is that on the lower half, or which looks at n
#define MMX_PATH(k, how) \
	if (op_kind(op, 0) == K_MM) { \
		u64 x_; \
		if (LIKELY(mm_source(c, op, (how) & HOW_MM4 ? 4 : 8, &x_))) { \
			v128 d_ = v128_make(mm_get(c, op->a), 0), s_ = v128_make(x_, 0); \
			k((u8 *)&d_, (const u8 *)&s_, 8, op->imm); \
			x87_enter_mmx(c); \
			x87_write_mmx(c, op->a, (u64)d_[0]); \
			NEXT(); \
		} \
	}
#define MMX_HANDLER(name, how) \
SLOW_HANDLER(name, vec_apply(c, op, k_##name, how)) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(FORM(op) == FORM_XX)) { \
		k_##name(xmm(c, op->a), xmm(c, op->b), 16, op->imm); \
		NEXT(); \
	} \
	MMX_PATH(k_##name, how) \
	TAIL slow_##name(c, op); \
}
#endif

// LANES: present in every x86-64 processor. LANES4: came later.
#define LANES4(name, T, m, w, expr) \
	LANE_KERNEL(name, T, m, w, expr) \
	LATER_HANDLERS(name, HOST_V2, 16, 16)
#define LANES_UNARY(name, T, m, w, expr) \
	LANE_KERNEL(name, T, m, w, expr) \
	LATER_HANDLERS(name, HOST_V2, 16, 16 | HOW_UNARY)
#if SSE_HOST
#define LANES(name, T, m, w, expr) \
	X86_KERNEL(name) \
	MMX_HANDLER(name, 16) \
	VEX_TWIN_ASM(name, 16)
#define BASELINE(name) X86_KERNEL(name)
#define BASELINE_HANDLER(name) \
	MMX_HANDLER(name, 16) \
	VEX_TWIN_ASM(name, 16)
#else
#define LANES(name, T, m, w, expr) LANES4(name, T, m, w, expr)
#define BASELINE_HANDLER(name) \
	VEC_HANDLER(name, 16) \
	VEX_TWIN(name, 16)
#endif

// Upper half of a 32-bit product. Where there is no vector unit, gcc 12 makes
// of the plain expression one 32-bit multiplication of two lanes, which is wrong.
static inline UNUSED i32
high_half(i32 product)
{
#if !defined(__SSE2__) && !defined(__aarch64__)
	__asm__("" : "+r"(product));
#endif
	return product >> 16;
}

LANES(paddb, u8, b, 1, a + b)
LANES(paddw, u16, w, 2, a + b)
LANES(paddd, u32, d, 4, a + b)
LANES(paddq, u64, q, 8, a + b)
LANES(psubb, u8, b, 1, a - b)
LANES(psubw, u16, w, 2, a - b)
LANES(psubd, u32, d, 4, a - b)
LANES(psubq, u64, q, 8, a - b)
LANES(paddsb, i8, sb, 1, SAT_I8(a + b))
LANES(paddsw, i16, sw, 2, SAT_I16(a + b))
LANES(paddusb, u8, b, 1, SAT_U8(a + b))
LANES(paddusw, u16, w, 2, SAT_U16(a + b))
LANES(psubsb, i8, sb, 1, SAT_I8(a - b))
LANES(psubsw, i16, sw, 2, SAT_I16(a - b))
LANES(psubusb, u8, b, 1, SAT_U8(a - b))
LANES(psubusw, u16, w, 2, SAT_U16(a - b))
LANES(pmullw, u16, w, 2, (u32)a * b)
LANES(pmulhw, i16, sw, 2, high_half((i32)a * b))
LANES(pmulhuw, u16, w, 2, high_half((i32)((u32)a * b)))
LANES(pmuludq, u64, q, 8, (a & 0xffffffff) * (b & 0xffffffff))
LANES(pand, u64, q, 8, a & b)
LANES(pandn, u64, q, 8, ~a & b)
LANES(por, u64, q, 8, a | b)
LANES(pxor, u64, q, 8, a ^ b)
LANES(pcmpeqb, u8, b, 1, a == b ? -1 : 0)
LANES(pcmpeqw, u16, w, 2, a == b ? -1 : 0)
LANES(pcmpeqd, u32, d, 4, a == b ? -1 : 0)
LANES(pcmpgtb, i8, sb, 1, a > b ? -1 : 0)
LANES(pcmpgtw, i16, sw, 2, a > b ? -1 : 0)
LANES(pcmpgtd, i32, sd, 4, a > b ? -1 : 0)
LANES(pavgb, u8, b, 1, (a + b + 1) >> 1)
LANES(pavgw, u16, w, 2, (a + b + 1) >> 1)
LANES(pminsw, i16, sw, 2, a < b ? a : b)
LANES(pmaxsw, i16, sw, 2, a > b ? a : b)
LANES(pminub, u8, b, 1, a < b ? a : b)
LANES(pmaxub, u8, b, 1, a > b ? a : b)
LANES4(psignb, i8, sb, 1, b < 0 ? -a : b ? a : 0)
LANES4(psignw, i16, sw, 2, b < 0 ? -a : b ? a : 0)
LANES4(psignd, i32, sd, 4, b < 0 ? (i32)(0u - (u32)a) : b ? a : 0)
LANES_UNARY(pabsb, i8, sb, 1, b < 0 ? -b : b)
LANES_UNARY(pabsw, i16, sw, 2, b < 0 ? -b : b)
LANES_UNARY(pabsd, u32, d, 4, b >> 31 ? 0u - b : b)
LANES4(pmulhrsw, i16, sw, 2, (((i32)a * b >> 14) + 1) >> 1)
LANES4(pmuldq, u64, q, 8, (i64)(i32)a * (i32)b)
LANES4(pmulld, u32, d, 4, a * b)
LANES4(pcmpeqq, u64, q, 8, a == b ? ~(u64)0 : 0)
LANES4(pcmpgtq, i64, sq, 8, a > b ? -1 : 0)
LANES4(pminsb, i8, sb, 1, a < b ? a : b)
LANES4(pminsd, i32, sd, 4, a < b ? a : b)
LANES4(pminuw, u16, w, 2, a < b ? a : b)
LANES4(pminud, u32, d, 4, a < b ? a : b)
LANES4(pmaxsb, i8, sb, 1, a > b ? a : b)
LANES4(pmaxsd, i32, sd, 4, a > b ? a : b)
LANES4(pmaxuw, u16, w, 2, a > b ? a : b)
LANES4(pmaxud, u32, d, 4, a > b ? a : b)

SAME_HANDLER(andps, pand)
SAME_HANDLER(andpd, pand)
SAME_HANDLER(andnps, pandn)
SAME_HANDLER(andnpd, pandn)
SAME_HANDLER(orps, por)
SAME_HANDLER(orpd, por)
SAME_HANDLER(xorps, pxor)
SAME_HANDLER(xorpd, pxor)

#if SSE_HOST
BASELINE(pmaddwd)
BASELINE(psadbw)
#else
static void
k_pmaddwd(u8 *d, const u8 *s, int n, int imm)
{
	union lanes x, y;
	int i;
	lanes_ld(&x, d, 2);
	lanes_ld(&y, s, 2);
	for (i = 0; i < 4; i++)
		st32(d + 4 * i, (u32)((i32)x.sw[2 * i] * y.sw[2 * i]) + (u32)((i32)x.sw[2 * i + 1] * y.sw[2 * i + 1]));
	(void)n;
	(void)imm;
}

static void
k_psadbw(u8 *d, const u8 *s, int n, int imm)
{
	int i;
	u32 sum = 0;
	for (i = 0; i < 16; i++) {
		sum += (u32)(d[i] > s[i] ? d[i] - s[i] : s[i] - d[i]);
		if ((i & 7) == 7) {
			st64(d + i - 7, sum);
			sum = 0;
		}
	}
	(void)n;
	(void)imm;
}
#endif
BASELINE_HANDLER(pmaddwd)
BASELINE_HANDLER(psadbw)

static void
k_pmaddubsw(u8 *d, const u8 *s, int n, int imm)
{
	int i;
	TRY_HOST(HOST_V2, "pmaddubsw %1,%0");
	for (i = 0; i < 16; i += 2)
		st16(d + i, (u16)SAT_I16(d[i] * (i8)s[i] + d[i + 1] * (i8)s[i + 1]));
	(void)n;
	(void)imm;
}
LATER_HANDLERS(pmaddubsw, HOST_V2, 16, 16)

// Bodies shared by several kernels: copied into each where speed counts.
#if defined(TINY) || SSE_HOST
#define SHARED_BODY static NOINLINE UNUSED
#else
#define SHARED_BODY static ALWAYS_INLINE
#endif

// Narrowing with saturation: d's lanes to the lower half, s's to the upper.
// w is the source width; unsig: to unsigned.
SHARED_BODY void
pack(u8 *d, const u8 *s, int n, int w, int unsig)
{
	u8 out[16];
	int i, half = (n == 16 ? 16 : 8) / w;
	for (i = 0; i < 2 * half; i++) {
		u64 raw = lane_get(i < half ? d : s, i < half ? i : i - half, w);
		i32 x = (i32)(i64)sext(raw, (unsigned)w);
		if (w == 2)
			out[i] = (u8)(unsig ? SAT_U8(x) : SAT_I8(x));
		else
			st16(out + 2 * i, (u16)(unsig ? SAT_U16(x) : SAT_I16(x)));
	}
	memcpy(d, out, (size_t)n);
}

// Interleaves the lower (high = 0) or upper halves' w-byte lanes.
SHARED_BODY void
unpack(u8 *d, const u8 *s, int n, int w, int high)
{
	u8 out[16];
	int i, half = n / w / 2, from = high ? half : 0;
	for (i = 0; i < half; i++) {
		lane_set(out, 2 * i, w, lane_get(d, from + i, w));
		lane_set(out, 2 * i + 1, w, lane_get(s, from + i, w));
	}
	memcpy(d, out, (size_t)n);
}

// Kernels whose MMX form is not the lower half of the XMM form
#if SSE_HOST
#define BY_SIZE(name, portable, mmx) \
static ALWAYS_INLINE void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	v128 x = v128_ld(d), y = v128_ld(s); \
	if (n == 16) \
		__asm__ volatile(#name " %1,%0" : "+x"(x) : "x"(y)); \
	else \
		__asm__ volatile(mmx : "+x"(x) : "x"(y)); \
	v128_st(d, x); \
	(void)imm; \
}
#else
#define BY_SIZE(name, portable, mmx) \
static void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	portable; \
	(void)imm; \
}
#endif
// The MMX forms: both operands as one, packed; or a quarter of all eight results
#define PACKED(name) "punpcklqdq %1,%0\n " name " %0,%0"
#define UPPER(name) name " %1,%0\n psrldq $8,%0"

BY_SIZE(packsswb, pack(d, s, n, 2, 0), PACKED("packsswb"))
BY_SIZE(packuswb, pack(d, s, n, 2, 1), PACKED("packuswb"))
BY_SIZE(packssdw, pack(d, s, n, 4, 0), PACKED("packssdw"))
BY_SIZE(punpcklbw, unpack(d, s, n, 1, 0), "punpcklbw %1,%0")
BY_SIZE(punpcklwd, unpack(d, s, n, 2, 0), "punpcklwd %1,%0")
BY_SIZE(punpckldq, unpack(d, s, n, 4, 0), "punpckldq %1,%0")
BY_SIZE(punpcklqdq, unpack(d, s, n, 8, 0), "punpcklqdq %1,%0")
BY_SIZE(punpckhbw, unpack(d, s, n, 1, 1), UPPER("punpcklbw"))
BY_SIZE(punpckhwd, unpack(d, s, n, 2, 1), UPPER("punpcklwd"))
BY_SIZE(punpckhdq, unpack(d, s, n, 4, 1), UPPER("punpckldq"))
BY_SIZE(punpckhqdq, unpack(d, s, n, 8, 1), "punpckhqdq %1,%0")
#if SSE_HOST
#define BY_SIZE_HANDLER(name, how) \
	MMX_HANDLER(name, how) \
	VEX_TWIN_ASM(name, how)
#else
#define BY_SIZE_HANDLER(name, how) \
	VEC_HANDLER(name, how) \
	VEX_TWIN(name, how)
#endif
BY_SIZE_HANDLER(packsswb, 16)
BY_SIZE_HANDLER(packuswb, 16)
BY_SIZE_HANDLER(packssdw, 16)
BY_SIZE_HANDLER(punpcklbw, 16 | HOW_MM4)
BY_SIZE_HANDLER(punpcklwd, 16 | HOW_MM4)
BY_SIZE_HANDLER(punpckldq, 16 | HOW_MM4)
BY_SIZE_HANDLER(punpcklqdq, 16)
BY_SIZE_HANDLER(punpckhbw, 16)
BY_SIZE_HANDLER(punpckhwd, 16)
BY_SIZE_HANDLER(punpckhdq, 16)
BY_SIZE_HANDLER(punpckhqdq, 16)
SAME_HANDLER(unpcklps, punpckldq)
SAME_HANDLER(unpcklpd, punpcklqdq)
SAME_HANDLER(unpckhps, punpckhdq)
SAME_HANDLER(unpckhpd, punpckhqdq)

static void
k_packusdw(u8 *d, const u8 *s, int n, int imm)
{
	TRY_HOST(HOST_V2, "packusdw %1,%0");
	pack(d, s, n, 4, 1);
	(void)imm;
}
LATER_HANDLERS(packusdw, HOST_V2, 16, 16)

// Neighbours added or subtracted (sign: +1 or -1), w bytes; sat: saturating
static NOINLINE void
horizontal(u8 *d, const u8 *s, int n, int w, int sign, int sat)
{
	u8 out[16];
	int i, half = n / w / 2;
	for (i = 0; i < 2 * half; i++) {
		const u8 *from = i < half ? d : s;
		int at = 2 * (i < half ? i : i - half);
		i64 a = (i64)sext(lane_get(from, at, w), (unsigned)w);
		i64 b = (i64)sext(lane_get(from, at + 1, w), (unsigned)w);
		i64 r = a + sign * b;
		lane_set(out, i, w, (u64)(sat ? SAT_I16((i32)r) : r));
	}
	memcpy(d, out, (size_t)n);
}

#define HORIZONTAL(name, w, sign, sat) \
static void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	if (n == 16) \
		TRY_HOST(HOST_V2, #name " %1,%0"); \
	horizontal(d, s, n, w, sign, sat); \
	(void)imm; \
} \
LATER_HANDLERS(name, HOST_V2, 16, 16)
HORIZONTAL(phaddw, 2, 1, 0)
HORIZONTAL(phaddd, 4, 1, 0)
HORIZONTAL(phaddsw, 2, 1, 1)
HORIZONTAL(phsubw, 2, -1, 0)
HORIZONTAL(phsubd, 4, -1, 0)
HORIZONTAL(phsubsw, 2, -1, 1)

static void
k_pshufb(u8 *d, const u8 *s, int n, int imm)
{
	u8 out[16];
	int i;
#if SSE_HOST
	if (host_has(HOST_V2)) {
		v128 x = v128_ld(d), which = v128_ld(s);
		if (n == 8)
			which &= v128_make(0x8787878787878787, 0);
		__asm__("pshufb %1,%0" : "+x"(x) : "x"(which));
		v128_st(d, x);
		return;
	}
#endif
	for (i = 0; i < n; i++)
		out[i] = s[i] & 0x80 ? 0 : d[s[i] & (n - 1)];
	memcpy(d, out, (size_t)n);
	(void)imm;
}
LATER_HANDLERS(pshufb, HOST_V2, 16, 16)

#if SSE_HOST
// Sixteen of these from 16 + n on shift a register right by n bytes, from
// 16 - n on left.
static const u8 byte_shifts[64] = {
	128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
	128, 128, 128, 128, 128
};

static ALWAYS_INLINE v128
shift_bytes(v128 x, int from)
{
	v128 which = v128_ld(byte_shifts + from);
	__asm__("pshufb %1,%0" : "+x"(x) : "x"(which));
	return x;
}
#endif

static void
k_palignr(u8 *d, const u8 *s, int n, int imm)
{
	u8 both[64];
	memset(both, 0, sizeof both);
	memcpy(both, s, (size_t)n);
	memcpy(both + n, d, (size_t)n);
	imm &= 0xff;
	memcpy(d, both + (imm > 2 * n ? 2 * n : imm), (size_t)n);
}

#if SSE_HOST
static ALWAYS_INLINE void
h_palignr(u8 *d, const u8 *s, int n, int imm)
{
	int by = (imm & 0xff) > 32 ? 32 : imm & 0xff;
	v128_st(d, shift_bytes(v128_ld(s), 16 + by) | shift_bytes(v128_ld(d), by));
	(void)n;
}
VEC_HANDLER_OF(h_palignr, palignr, host_can(HOST_V2), vec_apply(c, op, k_palignr, 16))
VEX_TWIN_ASM_OF(h_palignr, palignr, 16, host_can(HOST_V2), vex_apply(c, op, k_palignr, 16))
#else
VEC_HANDLER(palignr, 16)
VEX_TWIN(palignr, 16)
#endif

// Shifts. The count is the low 64 bits of the source, or the immediate.
enum { SHIFT_L, SHIFT_R, SHIFT_A };
SHARED_BODY void
shift(u8 *d, const u8 *s, int w, int kind)
{
	int i, bits = 8 * w;
	u64 count = ld64(s);
	if (count >= (u64)bits) {
		if (kind != SHIFT_A) {
			memset(d, 0, 16);
			return;
		}
		count = (u64)bits - 1;
	}
	for (i = 0; i < 16 / w; i++) {
		u64 x = lane_get(d, i, w);
		lane_set(d, i, w, kind == SHIFT_L ? x << count : kind == SHIFT_R ? x >> count
			: (u64)((i64)sext(x, (unsigned)w) >> count));
	}
}

#if SSE_HOST
#define SHIFT_KERNEL(name, w, kind) X86_KERNEL(name)
#else
#define SHIFT_KERNEL(name, w, kind) \
static void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	shift(d, s, w, kind); \
	(void)n; \
	(void)imm; \
}
#endif
#if SSE_HOST
#define SHIFT(name, w, kind) \
SHIFT_KERNEL(name, w, kind) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	v128 s_ = op_kind(op, 2) == K_IMM ? v128_make((u8)op->imm, 0) : v128_ld(c->v[op->d].b); \
	v128 lo_ = v128_ld(c->v[op->b].b), hi_ = v128_make(0, 0); \
	k_##name((u8 *)&lo_, (const u8 *)&s_, 16, 0); \
	if (op->size == 32) { \
		hi_ = v128_ld(c->v[op->b].b + 16); \
		k_##name((u8 *)&hi_, (const u8 *)&s_, 16, 0); \
	} \
	vex_set(c, op->a, lo_, hi_); \
	NEXT(); \
} \
SLOW_HANDLER(name, vec_apply(c, op, k_##name, 16)) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(FORM(op) == FORM_XI || FORM(op) == FORM_XX)) { \
		v128 s_ = FORM(op) == FORM_XI ? v128_make((u8)op->imm, 0) : v128_ld(xmm(c, op->b)); \
		k_##name(xmm(c, op->a), (const u8 *)&s_, 16, 0); \
		NEXT(); \
	} \
	MMX_PATH(k_##name, 16) \
	TAIL slow_##name(c, op); \
}
#else
#define SHIFT(name, w, kind) \
SHIFT_KERNEL(name, w, kind) \
VEC_HANDLER(name, 16) \
VEX_TWIN(name, 16 | HOW_COUNT)
#endif
SHIFT(psllw, 2, SHIFT_L)
SHIFT(pslld, 4, SHIFT_L)
SHIFT(psllq, 8, SHIFT_L)
SHIFT(psrlw, 2, SHIFT_R)
SHIFT(psrld, 4, SHIFT_R)
SHIFT(psrlq, 8, SHIFT_R)
SHIFT(psraw, 2, SHIFT_A)
SHIFT(psrad, 4, SHIFT_A)

// Whole-register byte shifts: the count is an immediate.
static void
shift_left(u8 *d, unsigned count)
{
	u64 lo = count > 15 ? 0 : ld64(d), hi = count > 15 ? 0 : ld64(d + 8);
	unsigned bits = 8 * (count & 7);
	if (count & 8) {
		hi = lo;
		lo = 0;
	}
	if (bits) {
		hi = hi << bits | lo >> (64 - bits);
		lo <<= bits;
	}
	v128_st(d, v128_make(lo, hi));
}

static void
shift_right(u8 *d, unsigned count)
{
	u64 lo = count > 15 ? 0 : ld64(d), hi = count > 15 ? 0 : ld64(d + 8);
	unsigned bits = 8 * (count & 7);
	if (count & 8) {
		lo = hi;
		hi = 0;
	}
	if (bits) {
		lo = lo >> bits | hi << (64 - bits);
		hi >>= bits;
	}
	v128_st(d, v128_make(lo, hi));
}

#ifndef TINY
static void
k_pslldq(u8 *d, const u8 *s, int n, int imm)
{
	v128_st(d, v128_ld(s));
	shift_left(d, (u8)imm);
	(void)n;
}
#if SSE_HOST
static ALWAYS_INLINE void
h_pslldq(u8 *d, const u8 *s, int n, int imm)
{
	v128_st(d, shift_bytes(v128_ld(s), (u8)imm > 15 ? 0 : 16 - (u8)imm));
	(void)n;
}
VEX_TWIN_ASM_OF(h_pslldq, pslldq, 16 | HOW_UNARY, host_can(HOST_V2), vex_apply(c, op, k_pslldq, 16 | HOW_UNARY))
#else
VEX_TWIN(pslldq, 16 | HOW_UNARY)
#endif

static void
k_psrldq(u8 *d, const u8 *s, int n, int imm)
{
	v128_st(d, v128_ld(s));
	shift_right(d, (u8)imm);
	(void)n;
}
#if SSE_HOST
static ALWAYS_INLINE void
h_psrldq(u8 *d, const u8 *s, int n, int imm)
{
	v128_st(d, shift_bytes(v128_ld(s), (u8)imm > 15 ? 32 : 16 + (u8)imm));
	(void)n;
}
VEX_TWIN_ASM_OF(h_psrldq, psrldq, 16 | HOW_UNARY, host_can(HOST_V2), vex_apply(c, op, k_psrldq, 16 | HOW_UNARY))
#else
VEX_TWIN(psrldq, 16 | HOW_UNARY)
#endif
#endif

const struct op *
op_pslldq(struct cpu *c, const struct op *op)
{
	shift_left(xmm(c, op->a), (u8)op->imm);
	NEXT();
}

const struct op *
op_psrldq(struct cpu *c, const struct op *op)
{
	shift_right(xmm(c, op->a), (u8)op->imm);
	NEXT();
}

const struct op *
op_emms(struct cpu *c, const struct op *op)
{
	x87_wait(c, op);
	c->top = 0;
	c->ftags = 0;
	NEXT();
}
