// xchg.c: exchange, exchange and add, compare and exchange. XCHG with memory
// always locks. CMPXCHG always writes memory, the old value if it differs, so
// both are compare-and-swap loops with or without LOCK.
#include "cpu/atomic.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/op.h"

// Stores x, or what was there plus x. Returns what was there.
static u64
swap_memory(struct cpu *c, const struct op *op, int size, u64 x, int add)
{
	u64 gva = ea(c, op);
	u64 old = rdn(c, op, gva, size), seen;
	while ((seen = atomic_cas(c, op, gva, size, old, trunc_to(add ? old + x : x, (unsigned)size))) != old)
		old = seen;
	return old;
}

static NOINLINE void
exchange(struct cpu *c, const struct op *op, int add)
{
	int size = op->size;
	u64 y = opr_get(c, op, 1, size), x;
	if (op_kind(op, 0) == K_MEM) {
		x = swap_memory(c, op, size, y, add);
		opr_set(c, op, 1, size, x);
	} else {
		x = opr_get(c, op, 0, size);
		opr_set(c, op, 1, size, x);
		opr_set(c, op, 0, size, add ? x + y : y);
	}
	if (add)
		flags_lazy(c, LF_ADD, size, x, y);
}

const struct op *
op_xchg(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(exchange, 0);
}

const struct op *
op_xadd(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(exchange, 1);
}

static HOT void
compare_exchange(struct cpu *c, const struct op *op, int size)
{
	u64 acc = reg_get(c, GPR_AX, size), y = opr_get(c, op, 1, size), x;
	if (op_kind(op, 0) == K_MEM) {
		x = atomic_cas(c, op, ea(c, op), size, acc, y);
	} else {
		x = opr_get(c, op, 0, size);
		if (x == acc)
			opr_set(c, op, 0, size, y);
	}
	if (x != acc)
		reg_set(c, GPR_AX, size, x);
	flags_lazy(c, LF_SUB, size, acc, x);
}

static NOINLINE void
compare_exchange_any(struct cpu *c, const struct op *op)
{
	compare_exchange(c, op, op->size);
}

const struct op *
op_cmpxchg(struct cpu *c, const struct op *op)
{
	RUN_NEXT(compare_exchange_any);
}

#if HOST_X86_64
struct pair128 { u64 x[2]; } __attribute__((may_alias));
#endif

// 16 aligned bytes; returns whether they were `expect`, and what they were.
static int
atomic_cas16(struct cpu *c, const struct op *op, u64 gva, const u8 *expect, const u8 *desired, u8 *old)
{
#if HOST_X86_64
	void *p = access_atomic(c, op, gva, 16);
	if (p) {
		u64 lo = ld64(expect), hi = ld64(expect + 8);
		u8 same;
		__asm__ volatile("lock cmpxchg16b %1\n\tsete %0"
		                 : "=q"(same), "+m"(*(struct pair128 *)p), "+a"(lo), "+d"(hi)
		                 : "b"(ld64(desired)), "c"(ld64(desired + 8)) : "memory", "cc");
		st64(old, lo);
		st64(old + 8, hi);
		return same;
	}
#endif
	return access_cas_exclusive(c, op, gva, 16, expect, desired, old);
}

// DX:AX against twice `half` bytes, CX:BX in its place; ZF only
static NOINLINE void
compare_exchange_pair(struct cpu *c, const struct op *op, int half)
{
	u8 expect[16], desired[16], old[16];
	u64 gva = ea(c, op);
	int same;
	if (half == 8 && (gva & 15))
		cpu_raise(c, op, VEC_GP, 0);
	st64(expect, c->r[GPR_AX]);
	st64(expect + half, c->r[GPR_DX]);
	st64(desired, c->r[GPR_BX]);
	st64(desired + half, c->r[GPR_CX]);
	if (half == 4) {
		u64 x = atomic_cas(c, op, gva, 8, ld64(expect), ld64(desired));
		same = x == ld64(expect);
		st64(old, x);
	} else {
		same = atomic_cas16(c, op, gva, expect, desired, old);
	}
	if (!same) {
		c->r[GPR_AX] = half == 4 ? ld32(old) : ld64(old);
		c->r[GPR_DX] = half == 4 ? ld32(old + 4) : ld64(old + 8);
	}
	flags_update(c, FLAG_ZF, same ? FLAG_ZF : 0);
}

const struct op *
op_cmpxchg8b(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(compare_exchange_pair, 4);
}

const struct op *
op_cmpxchg16b(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(compare_exchange_pair, 8);
}

#ifndef TINY
#define FORMS(size, T) \
static const struct op * \
xchg##size##_rr(struct cpu *c, const struct op *op) \
{ \
	u64 x = trunc_to(c->r[op->a], size); \
	c->r[op->a] = trunc_to(c->r[op->b], size); \
	c->r[op->b] = x; \
	NEXT(); \
}
FORMS(4, 32)
FORMS(8, 64)
#if HOST_X86_64
#define HOST_FORMS(size, T) \
static const struct op * \
xchg##size##_mr(struct cpu *c, const struct op *op) \
{ \
	FAST(h, op_xchg, ea(c, op), size, 1); \
	u##T x = (u##T)c->r[op->b]; \
	c->note = op; \
	__asm__ volatile("xchg %0, %1" : "+r"(x), "+m"(*(struct una##T *)h) : : "memory"); \
	c->r[op->b] = x; \
	NEXT(); \
} \
static const struct op * \
cmpxchg##size##_mr(struct cpu *c, const struct op *op) \
{ \
	FAST(h, op_cmpxchg, ea(c, op), size, 1); \
	u##T acc = (u##T)c->r[GPR_AX], x = acc, y = (u##T)c->r[op->b]; \
	c->note = op; \
	__asm__ volatile("lock cmpxchg %2, %1" : "+a"(x), "+m"(*(struct una##T *)h) : "r"(y) : "memory", "cc"); \
	if (x != acc) \
		c->r[GPR_AX] = x; \
	flags_lazy(c, LF_SUB, size, acc, x); \
	NEXT(); \
} \
static const struct op * \
xadd##size##_mr(struct cpu *c, const struct op *op) \
{ \
	FAST(h, op_xadd, ea(c, op), size, 1); \
	u##T y = (u##T)c->r[op->b], x = y; \
	c->note = op; \
	__asm__ volatile("lock xadd %0, %1" : "+r"(x), "+m"(*(struct una##T *)h) : : "memory", "cc"); \
	c->r[op->b] = x; \
	flags_lazy(c, LF_ADD, size, x, y); \
	NEXT(); \
}
HOST_FORMS(4, 32)
HOST_FORMS(8, 64)
#endif

op_fn *
atomic_specialise(const struct insn *in, const struct op *op)
{
	int wide = op->size == 8;
	if (op->size < 4 || op_kind(op, 1) != K_REG)
		return 0;
	if (op_kind(op, 0) == K_REG)
		return in->op != OP_XCHG ? 0 : wide ? xchg8_rr : xchg4_rr;
#if HOST_X86_64
	switch (in->op) {
	case OP_XCHG:
		return wide ? xchg8_mr : xchg4_mr;
	case OP_CMPXCHG:
		return wide ? cmpxchg8_mr : cmpxchg4_mr;
	case OP_XADD:
		return wide ? xadd8_mr : xadd4_mr;
	}
#endif
	return 0;
}
#endif
