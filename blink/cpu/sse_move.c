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

static NOINLINE const struct op *
movq_slow(struct cpu *c, const struct op *op)
{
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
	if (op_kind(op, 0) == K_MM && op_kind(op, 1) != K_XMM && op->size == 8) {
		u64 x;
		if (LIKELY(mm_source(c, op, 8, &x))) {
			x87_enter_mmx(c);
			x87_write_mmx(c, op->a, x);
			NEXT();
		}
	}
	if (FORM(op) == (K_MEM | K_MM << 4) && LIKELY(!(c->fsw & FSW_ES) && access_try(c, ea(c, op), 8, 1, &h))) {
		hwr64(c, op, h, mm_get(c, op->b));
		x87_enter_mmx(c);
		NEXT();
	}
#endif
	TAIL movq_slow(c, op);
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
LATER_HANDLERS(movsldup, HOST_V2, 16, 16 | HOW_UNARY)

static void
k_movshdup(u8 *d, const u8 *s, int n, int imm)
{
	u32 a = ld32(s + 4), b = ld32(s + 12);
	v128_st(d, v128_make4(a, a, b, b));
	(void)n;
	(void)imm;
}
LATER_HANDLERS(movshdup, HOST_V2, 16, 16 | HOW_UNARY)

// Shuffles with an immediate: two bits select each of four lanes
static void
k_pshufd(u8 *d, const u8 *s, int n, int imm)
{
	u32 a = ld32(s + 4 * (imm & 3)), b = ld32(s + 4 * (imm >> 2 & 3));
	u32 e = ld32(s + 4 * (imm >> 4 & 3)), f = ld32(s + 4 * (imm >> 6 & 3));
	v128_st(d, v128_make4(a, b, e, f));
	(void)n;
}

static inline u64
shuffle_words(const u8 *s, int imm)
{
	return ld16(s + 2 * (imm & 3)) | (u64)ld16(s + 2 * (imm >> 2 & 3)) << 16
		| (u64)ld16(s + 2 * (imm >> 4 & 3)) << 32 | (u64)ld16(s + 2 * (imm >> 6 & 3)) << 48;
}

static void
k_pshuflw(u8 *d, const u8 *s, int n, int imm)
{
	u64 lo = shuffle_words(s, imm), hi = ld64(s + 8);
	v128_st(d, v128_make(lo, hi));
	(void)n;
}

static void
k_pshufhw(u8 *d, const u8 *s, int n, int imm)
{
	u64 lo = ld64(s), hi = shuffle_words(s + 8, imm);
	v128_st(d, v128_make(lo, hi));
	(void)n;
}

static void
k_shufps(u8 *d, const u8 *s, int n, int imm)
{
	u32 a = ld32(d + 4 * (imm & 3)), b = ld32(d + 4 * (imm >> 2 & 3));
	u32 e = ld32(s + 4 * (imm >> 4 & 3)), f = ld32(s + 4 * (imm >> 6 & 3));
	v128_st(d, v128_make4(a, b, e, f));
	(void)n;
}

#if SSE_HOST
static ALWAYS_INLINE void
h_pshufd(u8 *d, const u8 *s, int n, int imm)
{
	v128_st(d, permute4(v128_ld(s), selectors(imm)));
	(void)n;
}

static ALWAYS_INLINE void
h_shufps(u8 *d, const u8 *s, int n, int imm)
{
	v128 which = selectors(imm), x = permute4(v128_ld(d), which), y = permute4(v128_ld(s), which);
	__asm__("shufps $0xe4,%1,%0" : "+x"(x) : "x"(y));
	v128_st(d, x);
	(void)n;
}

// For PSHUFB: which bytes four words come from
static ALWAYS_INLINE u64
word_bytes(int imm)
{
	u64 which = (u8)imm * (u64)0x0000040010004001 & 0x0003000300030003;
	return which * 0x0202 + 0x0100010001000100;
}

static ALWAYS_INLINE void
shuffle_bytes(u8 *d, const u8 *s, u64 lo, u64 hi)
{
	v128 x = v128_ld(s), which = v128_make(lo, hi);
	__asm__("pshufb %1,%0" : "+x"(x) : "x"(which));
	v128_st(d, x);
}

static ALWAYS_INLINE void
h_pshuflw(u8 *d, const u8 *s, int n, int imm)
{
	shuffle_bytes(d, s, word_bytes(imm), 0x0f0e0d0c0b0a0908);
	(void)n;
}

static ALWAYS_INLINE void
h_pshufhw(u8 *d, const u8 *s, int n, int imm)
{
	shuffle_bytes(d, s, 0x0706050403020100, word_bytes(imm) + 0x0808080808080808);
	(void)n;
}
#define SHUFFLE(name, feature, vex) \
VEC_HANDLER_OF(h_##name, name, host_can(feature), vec_apply(c, op, k_##name, 16)) \
VEX_TWIN_ASM_OF(h_##name, name, vex, host_can(feature), vex_apply(c, op, k_##name, vex))
#else
#define SHUFFLE(name, feature, vex) \
VEC_HANDLER(name, 16) \
VEX_TWIN(name, vex)
#endif
SHUFFLE(pshufd, HOST_AVX2, 16 | HOW_UNARY)
SHUFFLE(pshuflw, HOST_V2, 16 | HOW_UNARY)
SHUFFLE(pshufhw, HOST_V2, 16 | HOW_UNARY)
SHUFFLE(shufps, HOST_AVX2, 16)
SAME_HANDLER(pshufw, pshuflw)

static void
k_shufpd(u8 *d, const u8 *s, int n, int imm)
{
	u64 lo = ld64(d + 8 * (imm & 1)), hi = ld64(s + 8 * (imm >> 1 & 1));
	v128_st(d, v128_make(lo, hi));
	(void)n;
}
VEC_HANDLER(shufpd, 16)

#ifndef TINY
const struct op *
op_vshufpd(struct cpu *c, const struct op *op)
{
	const u8 *d = c->v[op->b].b, *s = c->v[op->d].b;
	int imm = op->imm;
	v128 lo = v128_make(ld64(d + 8 * (imm & 1)), ld64(s + 4 * (imm & 2))), hi = v128_make(0, 0);
	if (op->size == 32)
		hi = v128_make(ld64(d + 16 + 2 * (imm & 4)), ld64(s + 16 + (imm & 8)));
	vex_set(c, op->a, lo, hi);
	NEXT();
}
#endif

// Insertion of an integer
static void
k_pinsrw(u8 *d, const u8 *s, int n, int imm)
{
	st16(d + (2 * imm & (n - 1)), ld16(s));
}

#ifdef TINY
static void
k_pinsrb(u8 *d, const u8 *s, int n, int imm)
{
	d[imm & 15] = s[0];
	(void)n;
}
VEC_HANDLER(pinsrb, 1)

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
#else
// 16 of these from 16 - i on: w ones from byte i on, zeros elsewhere
static const u8 ones1[32] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255};
static const u8 ones2[32] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};

// The register d with lane imm of w bytes from general register r or, if
// memory was fetched, from vector register r
static ALWAYS_INLINE v128
inserted(struct cpu *c, const u8 *d, int r, int kind, int imm, int w)
{
	u64 x = kind == K_REG ? c->r[r] : ld64(c->v[r].b);
	int i = imm & (16 / w - 1);
	v128 mask, y;
	if (w == 8)
		return i ? v128_make(ld64(d), x) : v128_make(x, ld64(d + 8));
	x = w == 1 ? (u8)x * (u64)0x0101010101010101 : w == 2 ? (u16)x * (u64)0x0001000100010001 : (u32)x | x << 32;
	y = v128_make(x, x);
	mask = w == 4 ? lanes_mask(1u << i, 4) : v128_ld(w == 1 ? ones1 + 16 - i : ones2 + 16 - 2 * i);
	return v128_choose(mask, y, v128_ld(d));
}

#define INSERT(name, w) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	vex_set(c, op->a, inserted(c, xmm(c, op->b), op->d, op_kind(op, 2), op->imm, w), v128_make(0, 0)); \
	NEXT(); \
}
INSERT(pinsrb, 1)
INSERT(pinsrw, 2)

const struct op *
op_pinsrb(struct cpu *c, const struct op *op)
{
	u8 *d = xmm(c, op->a);
	v128_st(d, inserted(c, d, op->b, op_kind(op, 1), op->imm, 1));
	NEXT();
}
#endif

static NOINLINE const struct op *
pinsrw_slow(struct cpu *c, const struct op *op)
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

const struct op *
op_pinsrw(struct cpu *c, const struct op *op)
{
#ifndef TINY
	if (LIKELY(op_kind(op, 0) == K_XMM)) {
		u8 *d = xmm(c, op->a);
		v128_st(d, inserted(c, d, op->b, op_kind(op, 1), op->imm, 2));
		NEXT();
	}
#endif
	TAIL pinsrw_slow(c, op);
}

const struct op *
op_pinsrd(struct cpu *c, const struct op *op)
{
#ifndef TINY
	u8 *d = xmm(c, op->a);
	if (op->d == 8)
		v128_st(d, inserted(c, d, op->b, op_kind(op, 1), op->imm, 8));
	else
		v128_st(d, inserted(c, d, op->b, op_kind(op, 1), op->imm, 4));
	NEXT();
#else
	if (op->d == 8)
		vec_apply(c, op, k_pinsrq, 8);
	else
		vec_apply(c, op, k_pinsrd, 4);
	NEXT();
#endif
}

#ifndef TINY
const struct op *
op_vpinsrd(struct cpu *c, const struct op *op)
{
	const u8 *d = xmm(c, op->b);
	if (op->flags & OPF_VEXW)
		vex_set(c, op->a, inserted(c, d, op->d, op_kind(op, 2), op->imm, 8), v128_make(0, 0));
	else
		vex_set(c, op->a, inserted(c, d, op->d, op_kind(op, 2), op->imm, 4), v128_make(0, 0));
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
#ifdef TINY
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
#else
static ALWAYS_INLINE v128
float_inserted(const u8 *d, const u8 *s, int imm)
{
	u32 x = ld32(s + 4 * (imm >> 6 & 3));
	v128 y = v128_choose(lanes_mask(1u << (imm >> 4 & 3), 4), v128_make4(x, x, x, x), v128_ld(d));
	return v128_choose(lanes_mask((unsigned)imm & 15, 4), v128_make(0, 0), y);
}

const struct op *
op_insertps(struct cpu *c, const struct op *op)
{
	v128_st(xmm(c, op->a), float_inserted(xmm(c, op->a), xmm(c, op->b), op->imm));
	NEXT();
}

const struct op *
op_vinsertps(struct cpu *c, const struct op *op)
{
	vex_set(c, op->a, float_inserted(xmm(c, op->b), xmm(c, op->d), op->imm), v128_make(0, 0));
	NEXT();
}
#endif

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
