// ring0.h: what the handlers of privileged instructions share: system.c and
// system_*.c. See system.h.
#ifndef CPU_RING0_H_
#define CPU_RING0_H_
#include "cpu/op.h"
#include "cpu/system.h"

// `user` is what a Linux program gets.
static inline void
ring0(struct cpu *c, const struct op *op, enum vector user)
{
	if (!c->sys)
		cpu_raise(c, op, user, 0);
	if (c->cpl)
		cpu_raise(c, op, VEC_GP, 0);
}

#define RING0(name, user) \
static NOINLINE void \
name##_(struct cpu *c, const struct op *op); \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	ring0(c, op, user); \
	RUN_NEXT(name##_); \
} \
static NOINLINE void \
name##_(struct cpu *c, const struct op *op)

static inline int
iopl(const struct cpu *c)
{
	return (int)(c->sysflags >> 12 & 3);
}

static inline int
canonical(u64 x)
{
	return (u64)((i64)x >> 47) + 1 <= 1;
}

#endif
