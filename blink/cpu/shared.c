// shared.c: the small functions of op.h, access.h and flags.h that a TINY build
// keeps once; elsewhere they are inline and this file holds next to nothing.
#define SHARED_HERE 1
#include "cpu/flags.h"
#include "cpu/op.h"

const struct op *
cpu_go(struct cpu *c, const struct op *op)
{
	GO(op);
}

const struct op *
cpu_jump_counted(struct cpu *c, const struct op *op)
{
	JUMP(c->pc);
}

#if SHARED_NEXT
const struct op *
op_run(struct cpu *c, const struct op *op, op_routine *fn)
{
	fn(c, op);
	NEXT();
}

const struct op *
op_run_with(struct cpu *c, const struct op *op, int arg, op_routine_with *fn)
{
	fn(c, op, arg);
	NEXT();
}
#endif
