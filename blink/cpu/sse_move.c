// sse_move.c: moves between vector registers, general registers and memory;
// shuffles with an immediate; insertion and extraction; hints and fences.
//
// Every form reads and checks all it needs before it writes a register.
// Source: SDM vol 2.
#include "cpu/sse_impl.h"
#include "cpu/int.h"

// 16-byte moves: register, load or store
static NOINLINE void
move16_slow(struct cpu *c, const struct op *op, int aligned)
{
	union lanes t;
	u64 gva = ea(c, op);
	if (aligned)
		vec_align(c, op, gva);
	if (FORM(op) == FORM_MX) {
		wrv(c, op, gva, xmm(c, op->b), 16);
	} else {
		rdv(c, op, gva, t.b, 16);
		memcpy(xmm(c, op->a), t.b, 16);
	}
}

// Whether a store of 16 bytes writes all of them or faults: elsewhere than on
// x86 one that crosses into another page may not.
static inline int
one_access(u64 gva)
{
	return HOST_X86_64 || (gva & (PAGE_SIZE_GUEST - 1)) <= PAGE_SIZE_GUEST - 16;
}

#ifdef TINY
#define MOVE16(name, aligned) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (FORM(op) == FORM_XX) \
		memcpy(xmm(c, op->a), xmm(c, op->b), 16); \
	else \
		move16_slow(c, op, aligned); \
	NEXT(); \
}
#else
#define MOVE16(name, aligned) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (FORM(op) == FORM_XX) { \
		v128_st(xmm(c, op->a), v128_ld(xmm(c, op->b))); \
		NEXT(); \
	} \
	u64 a_ = ea(c, op); \
	uintptr_t h_; \
	if (aligned ? LIKELY(!(a_ & 15)) : one_access(a_)) { \
		if (FORM(op) == FORM_XM) { \
			if (LIKELY(access_try(c, a_, 16, 0, &h_))) { \
				v128_st(xmm(c, op->a), hrd128(c, op, h_)); \
				NEXT(); \
			} \
		} else if (LIKELY(access_try(c, a_, 16, 1, &h_))) { \
			hwr128(c, op, h_, v128_ld(xmm(c, op->b))); \
			NEXT(); \
		} \
	} \
	move16_slow(c, op, aligned); \
	NEXT(); \
}
#endif
MOVE16(movaps, 1)
MOVE16(movups, 0)
SAME_HANDLER(movapd, movaps)
SAME_HANDLER(movdqa, movaps)
SAME_HANDLER(movntps, movaps)
SAME_HANDLER(movntpd, movaps)
SAME_HANDLER(movntdq, movaps)
SAME_HANDLER(movntdqa, movaps)
SAME_HANDLER(movupd, movups)
SAME_HANDLER(movdqu, movups)
SAME_HANDLER(lddqu, movups)

const struct op *
op_movss(struct cpu *c, const struct op *op)
{
	if (FORM(op) == FORM_XM) {
		u32 x = rd32(c, op, ea(c, op));
		v128_st(xmm(c, op->a), v128_make(x, 0));
	} else if (FORM(op) == FORM_MX) {
		wr32(c, op, ea(c, op), ld32(xmm(c, op->b)));
	} else {
		u8 *d = xmm(c, op->a);
		v128_st(d, v128_make((ld64(d) & ~(u64)0xffffffff) | ld32(xmm(c, op->b)), ld64(d + 8)));
	}
	NEXT();
}

const struct op *
op_movsd(struct cpu *c, const struct op *op)
{
	if (FORM(op) == FORM_XM) {
		u64 x = rd64(c, op, ea(c, op));
		v128_st(xmm(c, op->a), v128_make(x, 0));
	} else if (FORM(op) == FORM_MX) {
		wr64(c, op, ea(c, op), ld64(xmm(c, op->b)));
	} else {
		u8 *d = xmm(c, op->a);
		v128_st(d, v128_make(ld64(xmm(c, op->b)), ld64(d + 8)));
	}
	NEXT();
}

// MOVLPS, MOVHPS: 8 bytes between memory and one half
const struct op *
op_movlps(struct cpu *c, const struct op *op)
{
	if (FORM(op) == FORM_XM) {
		u64 x = rd64(c, op, ea(c, op));
		v128_st(xmm(c, op->a), v128_make(x, ld64(xmm(c, op->a) + 8)));
	} else {
		wr64(c, op, ea(c, op), ld64(xmm(c, op->b)));
	}
	NEXT();
}

const struct op *
op_movhps(struct cpu *c, const struct op *op)
{
	if (FORM(op) == FORM_XM) {
		u64 x = rd64(c, op, ea(c, op));
		v128_st(xmm(c, op->a), v128_make(ld64(xmm(c, op->a)), x));
	} else {
		wr64(c, op, ea(c, op), ld64(xmm(c, op->b) + 8));
	}
	NEXT();
}
SAME_HANDLER(movlpd, movlps)
SAME_HANDLER(movhpd, movhps)

const struct op *
op_movhlps(struct cpu *c, const struct op *op)
{
	v128_st(xmm(c, op->a), v128_make(ld64(xmm(c, op->b) + 8), ld64(xmm(c, op->a) + 8)));
	NEXT();
}

const struct op *
op_movlhps(struct cpu *c, const struct op *op)
{
	v128_st(xmm(c, op->a), v128_make(ld64(xmm(c, op->a)), ld64(xmm(c, op->b))));
	NEXT();
}

// MOVD, MOVQ with MMX operands and every form that is not inlined below. The
// destination becomes x, zero-extended.
static NOINLINE void
move8_slow(struct cpu *c, const struct op *op)
{
	int k0 = op_kind(op, 0), k1 = op_kind(op, 1), size = op->size;
	u64 x;
	if (k0 == K_MM || k1 == K_MM)
		x87_wait(c, op);
	if (k1 == K_MM)
		x = mm_get(c, op->b);
	else if (k1 == K_XMM)
		x = ld64(xmm(c, op->b));
	else if (k1 == K_MEM)
		x = rdn(c, op, ea(c, op), op->d);
	else
		x = reg_get(c, op->b, op->d);
	if (k0 == K_MEM)
		wrn(c, op, ea(c, op), size, x);
	if (k0 == K_MM || k1 == K_MM)
		x87_enter_mmx(c);
	if (k0 == K_MM) {
		x87_write_mmx(c, op->a, x);
	} else if (k0 == K_XMM) {
		v128_st(xmm(c, op->a), v128_make(x, 0));
	} else if (k0 == K_REG) {
		reg_set(c, op->a, size, x);
	}
}

const struct op *
op_movd(struct cpu *c, const struct op *op)
{
	if (FORM(op) == (K_XMM | K_REG << 4)) {
		u64 x = op->d == 8 ? c->r[op->b] : (u32)c->r[op->b];
		v128_st(xmm(c, op->a), v128_make(x, 0));
		NEXT();
	}
	if (FORM(op) == (K_REG | K_XMM << 4)) {
		u64 x = ld64(xmm(c, op->b));
		c->r[op->a] = op->size == 8 ? x : (u32)x;
		NEXT();
	}
	move8_slow(c, op);
	NEXT();
}

const struct op *
op_movq(struct cpu *c, const struct op *op)
{
#ifndef TINY
	uintptr_t h;
	if (FORM(op) == FORM_XM && LIKELY(access_try(c, ea(c, op), 8, 0, &h))) {
		u64 x = hrd64(c, op, h);
		v128_st(xmm(c, op->a), v128_make(x, 0));
		NEXT();
	}
	if (FORM(op) == FORM_MX && LIKELY(access_try(c, ea(c, op), 8, 1, &h))) {
		hwr64(c, op, h, ld64(xmm(c, op->b)));
		NEXT();
	}
#endif
	move8_slow(c, op);
	NEXT();
}
SAME_HANDLER(movntq, movq)
SAME_HANDLER(movq2dq, movq)
SAME_HANDLER(movdq2q, movq)

// MASKMOVQ, MASKMOVDQU: the bytes whose mask has its top bit set go to
// DS:rDI. Faults are those of a write of all bytes, as on AMD's processors.
static NOINLINE void
maskmov(struct cpu *c, const struct op *op)
{
	u8 data[16], mask[16];
	int i, j, n = 16, mm = op_kind(op, 0) == K_MM;
	u64 gva, a[16];
	if (mm) {
		x87_wait(c, op);
		x87_enter_mmx(c);
		n = 8;
		st64(data, mm_get(c, op->a));
		st64(mask, mm_get(c, op->b));
	} else {
		memcpy(data, xmm(c, op->a), 16);
		memcpy(mask, xmm(c, op->b), 16);
	}
	for (i = 0; i < n; i++) {
		gva = c->r[GPR_DI] + (u64)i;
		gva = op->flags & OPF_A32 ? (u32)gva : op->flags & OPF_A16 ? (u16)gva : gva;
		a[i] = CPU_MODE(c) == MODE_64 ? gva + c->segbase[op->base] : segment_at(c, op, op->base, gva);
	}
	for (i = 0; i < n; i += 8)
		access_probe(c, op, a[i], 8, MEM_W);  // aligned by eight bytes
	for (i = 0; i < n; i = j) {
		for (j = i; j < n && mask[j] & 0x80; j++)
			if (j > i && (c->sysflags & FLAG_AC || a[j] != a[j - 1] + 1))
				break;
		if (j > i)
			wrv(c, op, a[i], data + i, j - i);
		else
			j++;
	}
}

const struct op *
op_maskmovdqu(struct cpu *c, const struct op *op)
{
	RUN_NEXT(maskmov);
}
SAME_HANDLER(maskmovq, maskmovdqu)

// Duplication
static void
k_movddup(u8 *d, const u8 *s, int n, int imm)
{
	u64 x = ld64(s);
	v128_st(d, v128_make(x, x));
	(void)n;
	(void)imm;
}
VEC_HANDLER(movddup, 8)

static void
k_movsldup(u8 *d, const u8 *s, int n, int imm)
{
	u32 a = ld32(s), b = ld32(s + 8);
	v128_st(d, v128_make4(a, a, b, b));
	(void)n;
	(void)imm;
}
VEC_HANDLER(movsldup, 16)
VEX_TWIN(movsldup, 16 | HOW_UNARY)

static void
k_movshdup(u8 *d, const u8 *s, int n, int imm)
{
	u32 a = ld32(s + 4), b = ld32(s + 12);
	v128_st(d, v128_make4(a, a, b, b));
	(void)n;
	(void)imm;
}
VEC_HANDLER(movshdup, 16)
VEX_TWIN(movshdup, 16 | HOW_UNARY)

// Shuffles with an immediate: two bits select each of four lanes
#ifdef TINY
#define SHUFFLE_INLINE static
#else
#define SHUFFLE_INLINE static ALWAYS_INLINE
#endif
SHUFFLE_INLINE void
k_pshufd(u8 *d, const u8 *s, int n, int imm)
{
	u32 a = ld32(s + 4 * (imm & 3)), b = ld32(s + 4 * (imm >> 2 & 3));
	u32 e = ld32(s + 4 * (imm >> 4 & 3)), f = ld32(s + 4 * (imm >> 6 & 3));
	v128_st(d, v128_make4(a, b, e, f));
	(void)n;
}
VEC_HANDLER(pshufd, 16)
VEX_TWIN(pshufd, 16 | HOW_UNARY)

static inline u64
shuffle_words(const u8 *s, int imm)
{
	return ld16(s + 2 * (imm & 3)) | (u64)ld16(s + 2 * (imm >> 2 & 3)) << 16
		| (u64)ld16(s + 2 * (imm >> 4 & 3)) << 32 | (u64)ld16(s + 2 * (imm >> 6 & 3)) << 48;
}

SHUFFLE_INLINE void
k_pshuflw(u8 *d, const u8 *s, int n, int imm)
{
	u64 lo = shuffle_words(s, imm), hi = ld64(s + 8);
	v128_st(d, v128_make(lo, hi));
	(void)n;
}
VEC_HANDLER(pshuflw, 16)
VEX_TWIN(pshuflw, 16 | HOW_UNARY)
SAME_HANDLER(pshufw, pshuflw)

SHUFFLE_INLINE void
k_pshufhw(u8 *d, const u8 *s, int n, int imm)
{
	u64 lo = ld64(s), hi = shuffle_words(s + 8, imm);
	v128_st(d, v128_make(lo, hi));
	(void)n;
}
VEC_HANDLER(pshufhw, 16)
VEX_TWIN(pshufhw, 16 | HOW_UNARY)

SHUFFLE_INLINE void
k_shufps(u8 *d, const u8 *s, int n, int imm)
{
	u32 a = ld32(d + 4 * (imm & 3)), b = ld32(d + 4 * (imm >> 2 & 3));
	u32 e = ld32(s + 4 * (imm >> 4 & 3)), f = ld32(s + 4 * (imm >> 6 & 3));
	v128_st(d, v128_make4(a, b, e, f));
	(void)n;
}
VEC_HANDLER(shufps, 16)
VEX_TWIN(shufps, 16)

SHUFFLE_INLINE void
k_shufpd(u8 *d, const u8 *s, int n, int imm)
{
	u64 lo = ld64(d + 8 * (imm & 1)), hi = ld64(s + 8 * (imm >> 1 & 1));
	v128_st(d, v128_make(lo, hi));
	(void)n;
}
VEC_HANDLER(shufpd, 16)
VEX_TWIN(shufpd, 16 | 2 * HOW_IMM)

// Insertion of an integer. HOW says what memory holds.
static void
k_pinsrb(u8 *d, const u8 *s, int n, int imm)
{
	d[imm & 15] = s[0];
	(void)n;
}
VEC_HANDLER(pinsrb, 1)
VEX_TWIN(pinsrb, 1)

static void
k_pinsrw(u8 *d, const u8 *s, int n, int imm)
{
	st16(d + (2 * imm & (n - 1)), ld16(s));
}

VEX_TWIN(pinsrw, 2)

const struct op *
op_pinsrw(struct cpu *c, const struct op *op)
{
	if (op_kind(op, 0) == K_MM && op_kind(op, 1) == K_MEM) {
		x87_wait(c, op);
		{
			u16 x = rd16(c, op, ea(c, op));
			int at = 16 * (op->imm & 3);
			u64 old = mm_get(c, op->a);
			x87_enter_mmx(c);
			x87_write_mmx(c, op->a, (old & ~((u64)0xffff << at)) | (u64)x << at);
		}
		NEXT();
	}
	VEC_APPLY_NEXT(k_pinsrw, 2);
}

static void
k_pinsrd(u8 *d, const u8 *s, int n, int imm)
{
	st32(d + 4 * (imm & 3), ld32(s));
	(void)n;
}

static void
k_pinsrq(u8 *d, const u8 *s, int n, int imm)
{
	st64(d + 8 * (imm & 1), ld64(s));
	(void)n;
}

const struct op *
op_pinsrd(struct cpu *c, const struct op *op)
{
	if (op->d == 8)
		vec_apply(c, op, k_pinsrq, 8);
	else
		vec_apply(c, op, k_pinsrd, 4);
	NEXT();
}

#ifndef TINY
const struct op *
op_vpinsrd(struct cpu *c, const struct op *op)
{
	int wide = op->flags & OPF_VEXW;
	u64 lo = ld64(xmm(c, op->b)), hi = ld64(xmm(c, op->b) + 8), x;
	if (op_kind(op, 2) == K_MEM)
		x = wide ? rd64(c, op, ea(c, op)) : rd32(c, op, ea(c, op));
	else
		x = wide ? c->r[op->d] : (u32)c->r[op->d];
	if (!wide) {
		u64 old = op->imm & 2 ? hi : lo;
		x = op->imm & 1 ? (u32)old | x << 32 : (old & ~(u64)0xffffffff) | x;
	}
	if (op->imm & (wide ? 1 : 2))
		hi = x;
	else
		lo = x;
	vex_set(c, op->a, v128_make(lo, hi), v128_make(0, 0));
	NEXT();
}
#endif

// Extraction of lane imm of w bytes, to memory of w bytes or zero-extended to
// a general register
static NOINLINE void
extract(struct cpu *c, const struct op *op, int w)
{
	u64 x;
	if (op_kind(op, 1) == K_MM) {
		x87_wait(c, op);
		x87_enter_mmx(c);
		x = mm_get(c, op->b) >> 16 * (op->imm & 3) & 0xffff;
	} else {
		x = lane_get(xmm(c, op->b), op->imm & (16 / w - 1), w);
	}
	if (op_kind(op, 0) == K_MEM)
		wrn(c, op, ea(c, op), w, x);
	else
		c->r[op->a] = x;
}

const struct op *
op_pextrb(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(extract, 1);
}

const struct op *
op_pextrw(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(extract, 2);
}

const struct op *
op_pextrd(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(extract, op->size == 8 ? 8 : 4);
}

const struct op *
op_extractps(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(extract, 4);
}

// INSERTPS: memory gives the float itself, a register the one that imm names.
static NOINLINE void
insertps(struct cpu *c, const struct op *op)
{
	u8 *d = xmm(c, op->a);
	int i, imm = op->imm;
	u32 x = op_kind(op, 1) == K_MEM ? rd32(c, op, ea(c, op)) : ld32(xmm(c, op->b) + 4 * (imm >> 6 & 3));
	st32(d + 4 * (imm >> 4 & 3), x);
	for (i = 0; i < 4; i++)
		if (imm >> i & 1)
			st32(d + 4 * i, 0);
}

const struct op *
op_insertps(struct cpu *c, const struct op *op)
{
	RUN_NEXT(insertps);
}

// Masks of sign bits, to a general register
static ALWAYS_INLINE u32
sign_bytes(u64 x)
{
	return (u32)((x >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56);
}

const struct op *
op_pmovmskb(struct cpu *c, const struct op *op)
{
	if (LIKELY(op_kind(op, 1) == K_XMM)) {
#if SSE_HOST
		u32 m;
		v128 x = v128_ld(xmm(c, op->b));
		__asm__("pmovmskb %1,%0" : "=r"(m) : "x"(x));
		c->r[op->a] = m;
#else
		c->r[op->a] = sign_bytes(ld64(xmm(c, op->b))) | sign_bytes(ld64(xmm(c, op->b) + 8)) << 8;
#endif
	} else {
		x87_wait(c, op);
		x87_enter_mmx(c);
		c->r[op->a] = sign_bytes(mm_get(c, op->b));
	}
	NEXT();
}

const struct op *
op_movmskps(struct cpu *c, const struct op *op)
{
	const u8 *s = xmm(c, op->b);
	c->r[op->a] = (u32)(s[3] >> 7 | s[7] >> 7 << 1 | s[11] >> 7 << 2 | s[15] >> 7 << 3);
	NEXT();
}

const struct op *
op_movmskpd(struct cpu *c, const struct op *op)
{
	const u8 *s = xmm(c, op->b);
	c->r[op->a] = (u32)(s[7] >> 7 | s[15] >> 7 << 1);
	NEXT();
}
