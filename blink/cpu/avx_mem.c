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
		int seg = (op - 1)->imm;
		gva = (u32)gva;
		if ((u32)(gva - c->segbase[seg]) + (u64)n - 1 > c->seg[seg].limit)
			return 0;
	}
	return !mem_read(c->mem, b, gva, (size_t)n);
}

// Elements of w bytes where the sign bits of operand 1 say so: from memory,
// zeros elsewhere, or to memory
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

#define MASKED(name, w) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(masked_move, w); \
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

#define GATHER(name, what) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(gather, what); \
}
GATHER(vpgatherdd, 4)
GATHER(vpgatherdq, 8)
GATHER(vpgatherqd, 4 | GATHER_Q)
GATHER(vpgatherqq, 8 | GATHER_Q)
SAME_HANDLER(vgatherdps, vpgatherdd)
SAME_HANDLER(vgatherdpd, vpgatherdq)
SAME_HANDLER(vgatherqps, vpgatherqd)
SAME_HANDLER(vgatherqpd, vpgatherqq)
