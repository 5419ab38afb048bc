// int.h: what the files of the integer handlers share.
#ifndef CPU_INT_H_
#define CPU_INT_H_
#include "cpu/op.h"

// Inlined for speed, except where size is all that counts.
#ifdef TINY
#define HOT NOINLINE
#else
#define HOT ALWAYS_INLINE
#endif

// Hot forms by family, for int_specialise: 0 where only the generic handler exists.
op_fn *shift_specialise(const struct insn *in, const struct op *op);
op_fn *muldiv_specialise(const struct insn *in, const struct op *op);
op_fn *bits_specialise(const struct insn *in, const struct op *op);
op_fn *control_specialise(const struct insn *in, const struct op *op);
op_fn *atomic_specialise(const struct insn *in, const struct op *op);

// Leaves cpu_run at op itself: an instruction that repeats was interrupted.
const struct op *op_leave_at(struct cpu *c, const struct op *op);

static inline int
in_ring3(const struct cpu *c)
{
	return c->mode == MODE_64 || (c->sel[SEG_CS] & 3) == 3;
}

// Bytes of the offset in a far pointer in memory: REX.W means nothing here to
// AMD processors.
static inline int
far_size(const struct op *op)
{
	return op->flags & OPF_O16 ? 2 : 4;
}

// Linear address of offset sp on the stack
static inline u64
stack_at(const struct cpu *c, u64 sp)
{
	if (LIKELY(c->mode == MODE_64))
		return sp;
	return (u32)(c->segbase[SEG_SS] + (c->mode == MODE_16 ? (u16)sp : (u32)sp));
}

static inline void
stack_set(struct cpu *c, u64 sp)
{
	reg_set(c, GPR_SP, c->mode == MODE_64 ? 8 : c->mode == MODE_32 ? 4 : 2, sp);
}

// The value at `depth` bytes above the stack pointer, which stays.
static inline u64
stack_peek(struct cpu *c, const struct op *op, int size, u64 depth)
{
	return rdn(c, op, stack_at(c, c->r[GPR_SP] + depth), size);
}

#endif
