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

// Of a hot form that sets a register, the one that leaves the flags alone; or 0.
op_fn *alu_quiet(const struct insn *in, const struct op *op);
op_fn *shift_quiet(const struct insn *in, const struct op *op);
op_fn *muldiv_quiet(const struct insn *in, const struct op *op);

// Leaves cpu_run at op itself: an instruction that repeats was interrupted.
const struct op *op_leave_at(struct cpu *c, const struct op *op);

static inline int
in_ring3(const struct cpu *c)
{
#ifdef TINY
	return 1;
#else
	return c->cpl == 3;
#endif
}

// Linear address of offset `at` in a segment, outside 64-bit mode. Where there
// is something to check, the instruction runs singly, on the slow path, and the
// upper half of the address tells that path which segment it is.
u64 segment_look(struct cpu *c, const struct op *op, int seg, u64 linear);
// What follows from mode and descriptors, after either changed.
void segment_settle(struct cpu *c);
static inline u64
segment_at(struct cpu *c, const struct op *op, int seg, u64 at)
{
	u64 linear = (u32)(at + c->segbase[seg]);
	return LIKELY(at < c->segfast[seg]) ? linear : segment_look(c, op, seg, linear);
}

// What user code may know of a descriptor; false if there is none for it.
int segment_of(const struct cpu *c, u32 sel, struct segment *s);

// Whether code may go to sel:ip; *s is what CS would hold. 0, or vector << 16 |
// error code.
u32 code_check(struct cpu *c, u32 sel, u64 ip, struct segment *s);
void code_load(struct cpu *c, u32 sel, const struct segment *s);

// Bytes of the offset in a far pointer in memory: REX.W means nothing here to
// AMD processors.
static inline int
far_size(const struct op *op)
{
	return op->flags & OPF_O16 ? 2 : 4;
}

// Linear address of offset sp on the stack
static inline u64
stack_at(struct cpu *c, const struct op *op, u64 sp)
{
	if (LIKELY(CPU_MODE(c) == MODE_64))
		return sp;
	return segment_at(c, op, SEG_SS, c->stack_size == 2 ? (u16)sp : (u32)sp);
}

static inline void
stack_set(struct cpu *c, u64 sp)
{
	reg_set(c, GPR_SP, CPU_MODE(c) == MODE_64 ? 8 : c->stack_size, sp);
}

// The value at `depth` bytes above the stack pointer, which stays.
static inline u64
stack_peek(struct cpu *c, const struct op *op, int size, u64 depth)
{
	return rdn(c, op, stack_at(c, op, c->r[GPR_SP] + depth), size);
}

#endif
