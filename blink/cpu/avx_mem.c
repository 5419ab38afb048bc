// avx_mem.c: loads and stores under a mask, and gathers. Elements whose mask
// bit is clear are not accessed and cannot fault.
//
// Source: SDM vol 2; the order of accesses is silicon's.
#include "cpu/int.h"
#include "cpu/avx.h"

// Silicon loads all n bytes at once if it can. Only where that faults, and then
// element by element, addresses wrap at the end of the address size.
static bool
load_whole(struct cpu *c, const struct op *op, u8 *b, int n)
{
	u64 gva = ea(c, op);
	if (op->base != GPR_EA)
		return 0;
	if (CPU_MODE(c) != MODE_64) {
		int seg = (op - 1)->a;
		gva = (u32)gva;
		if ((u32)(gva - c->segbase[seg]) + (u64)n - 1 > c->seg[seg].limit)
			return 0;
	}
	return !mem_read(c->mem, b, gva, (size_t)n);
}

// Elements of w bytes where the sign bits of operand 1 say so: from memory,
// zeros elsewhere, or to memory
// Goes element by element: the others' memory may not be there.
static NOINLINE void
masked_move(struct cpu *c, const struct op *op, int w)
{
	const u8 *m = c->v[op->b].b;
	u8 b[32];
	int store = op_kind(op, 0) == K_MEM, n = op->size, i;
	if (store) {
		const u8 *s = c->v[op->d].b;
		for (i = 0; i < n; i += w)
			if (m[i + w - 1] & 0x80)
				access_probe(c, op, ea_at(c, op, (u64)i), w, MEM_W);
		for (i = 0; i < n; i += w)
			if (m[i + w - 1] & 0x80)
				wrn(c, op, ea_at(c, op, (u64)i), w, lane_get(s, i / w, w));
		return;
	}
	memset(c->vtmp.b, 0, 32);
	if (ea_at(c, op, (u64)n - 1) != ea(c, op) + (u64)n - 1 && load_whole(c, op, b, n)) {
		for (i = 0; i < n; i += w)
			if (m[i + w - 1] & 0x80)
				memcpy(c->vtmp.b + i, b + i, (size_t)w);
	} else {
		for (i = 0; i < n; i += w)
			if (m[i + w - 1] & 0x80)
				lane_set(c->vtmp.b, i / w, w, rdn(c, op, ea_at(c, op, (u64)i), w));
	}
	c->v[op->a] = c->vtmp;
}

// A load of everything within reach, of which the mask keeps its part: if the
// host faults the above runs. Stores go to one page, where all or none fault.
static ALWAYS_INLINE int
masked_fast(struct cpu *c, const struct op *op, int w)
{
	const u8 *m = c->v[op->b].b;
	u64 gva = ea(c, op);
	unsigned n = op->size, i;
	uintptr_t h;
	if (op_kind(op, 0) == K_MEM) {
		const u8 *s = c->v[op->d].b;
		if (UNLIKELY((gva & (PAGE_SIZE_GUEST - 1)) > PAGE_SIZE_GUEST - n) || UNLIKELY(!access_try(c, gva, n, 1, &h)))
			return 0;
		for (i = 0; i < n; i += (unsigned)w) {
			if (m[i + (unsigned)w - 1] & 0x80) {
				if (w == 4)
					hwr32(c, op, h + i, ld32(s + i));
				else
					hwr64(c, op, h + i, ld64(s + i));
			}
		}
	} else {
		v128 zero = v128_make(0, 0), lo, hi = zero;
		if (UNLIKELY(!access_try(c, gva, n, 0, &h)))
			return 0;
		lo = v128_choose(v128_signs(v128_ld(m), w), hrd128(c, op, h), zero);
		if (n == 32)
			hi = v128_choose(v128_signs(v128_ld(m + 16), w), hrd128(c, op, h + 16), zero);
		vex_set(c, op->a, lo, hi);
	}
	return 1;
}

#define MASKED(name, w) \
SLOW_HANDLER(name, masked_move(c, op, w)) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(masked_fast(c, op, w))) \
		NEXT(); \
	TAIL slow_##name(c, op); \
}
MASKED(vmaskmovps, 4)
MASKED(vmaskmovpd, 8)
SAME_HANDLER(vpmaskmovd, vmaskmovps)
SAME_HANDLER(vpmaskmovq, vmaskmovpd)

// Gathers: op.b is the index register, op.index the segment, op.d the mask
// register, op.imm the vector length. The mask is cleared on the way: where an element faults, those before
// it are done and the instruction goes on from there when it runs again.
enum { GATHER_Q = 16 };  // indexes of 8 bytes
static NOINLINE void
gather(struct cpu *c, const struct op *op, int what)
{
	int w = what & 15, iw = what & GATHER_Q ? 8 : 4, i, n;
	u8 *d = c->v[op->a].b, *m = c->v[op->d].b;
	const u8 *index = c->v[op->b].b;
	u64 base = c->r[op->base] + (u64)op->disp;
	n = op->imm / (w > iw ? w : iw);
	for (i = 0; i < n; i++) {
		if (m[w * i + w - 1] & 0x80) {
			u64 at = lane_get(index, i, iw);
			if (iw == 4)
				at = sext(at, 4);
			at = base + (at << (op->flags & OPF_SCALE));
			if (op->flags & OPF_A32)
				at = (u32)at;
			at = CPU_MODE(c) == MODE_64 ? at + c->segbase[op->index] : segment_at(c, op, op->index, at);
			lane_set(d, i, w, rdn(c, op, at, w));
		}
		lane_set(m, i, w, 0);
	}
	memset(m, 0, 32);
	memset(d + n * w, 0, (size_t)(32 - n * w));
}

// Up to four elements of w bytes from position `at` on, into x[]; 0 if one of
// them needs the above, which then starts anew: nothing was changed.
static ALWAYS_INLINE int
gather_some(struct cpu *c, const struct op *op, int what, int at, int n, u64 *x)
{
	int w = what & 15, i;
	const u8 *d = c->v[op->a].b, *m = c->v[op->d].b, *index = c->v[op->b].b;
	u64 base = c->r[op->base] + (u64)op->disp + c->segbase[op->index];
	for (i = 0; i < n; i++) {
		int k = at + i;
		x[i] = lane_get(d, k, w);
		if (m[w * k + w - 1] & 0x80) {
			u64 gva = what & GATHER_Q ? ld64(index + 8 * k) : (u64)(i64)(i32)ld32(index + 4 * k);
			uintptr_t h;
			gva = base + (gva << (op->flags & OPF_SCALE));
			if (UNLIKELY(!access_try(c, gva, (unsigned)w, 0, &h)))
				return 0;
			x[i] = w == 4 ? hrd32(c, op, h) : hrd64(c, op, h);
		}
	}
	return 1;
}

// The vector of 16 bytes from position `at` on, of which n elements are gathered
#define GATHER_VECTOR(v, what, at, n) do { \
	u64 x_[4] = {0, 0, 0, 0}; \
	if (!gather_some(c, op, what, at, n, x_)) \
		return 0; \
	v = ((what) & 15) == 4 ? v128_make4((u32)x_[0], (u32)x_[1], (u32)x_[2], (u32)x_[3]) : v128_make(x_[0], x_[1]); } while (0)

static ALWAYS_INLINE int
gather_fast(struct cpu *c, const struct op *op, int what)
{
	int each = 16 / (what & 15);
	v128 lo, hi = v128_make(0, 0);
	if (UNLIKELY(op->flags & OPF_A32 || CPU_MODE(c) != MODE_64))
		return 0;
	if (what == (4 | GATHER_Q) && op->imm == 16) {
		GATHER_VECTOR(lo, what, 0, 2);
	} else {
		GATHER_VECTOR(lo, what, 0, each);
		if (op->imm == 32 && what != (4 | GATHER_Q))
			GATHER_VECTOR(hi, what, each, each);
	}
	vex_set(c, op->d, v128_make(0, 0), v128_make(0, 0));
	vex_set(c, op->a, lo, hi);
	return 1;
}

#define GATHER(name, what) \
SLOW_HANDLER(name, gather(c, op, what)) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(gather_fast(c, op, what))) \
		NEXT(); \
	TAIL slow_##name(c, op); \
}
GATHER(vpgatherdd, 4)
GATHER(vpgatherdq, 8)
GATHER(vpgatherqd, 4 | GATHER_Q)
GATHER(vpgatherqq, 8 | GATHER_Q)
SAME_HANDLER(vgatherdps, vpgatherdd)
SAME_HANDLER(vgatherdpd, vpgatherdq)
SAME_HANDLER(vgatherqps, vpgatherqd)
SAME_HANDLER(vgatherqpd, vpgatherqq)
