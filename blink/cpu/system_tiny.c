// system_tiny.c: privileged instructions, in builds that know user code only:
// they raise what ring 3 gets. See system.c.
#include "cpu/op.h"

#define REFUSED(name, vec) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	cpu_raise(c, op, vec, 0); \
}
REFUSED(in, VEC_GP)
REFUSED(out, VEC_GP)
REFUSED(ins, VEC_GP)
REFUSED(outs, VEC_GP)
REFUSED(cli, VEC_GP)
REFUSED(sti, VEC_GP)
REFUSED(clts, VEC_GP)
REFUSED(invd, VEC_GP)
REFUSED(wbinvd, VEC_GP)
REFUSED(wbnoinvd, VEC_GP)
REFUSED(invlpg, VEC_GP)
REFUSED(invpcid, VEC_GP)
REFUSED(rdmsr, VEC_GP)
REFUSED(wrmsr, VEC_GP)
REFUSED(rdpmc, VEC_GP)
REFUSED(lgdt, VEC_GP)
REFUSED(lidt, VEC_GP)
REFUSED(lldt, VEC_GP)
REFUSED(ltr, VEC_GP)
REFUSED(lmsw, VEC_GP)
REFUSED(mov_dr, VEC_GP)
REFUSED(swapgs, VEC_GP)
REFUSED(sysexit, VEC_GP)
REFUSED(sysret, VEC_GP)
REFUSED(xsetbv, VEC_GP)
REFUSED(clac, VEC_UD)
REFUSED(stac, VEC_UD)
REFUSED(sysenter, VEC_UD)  // as AMD processors in long mode
REFUSED(hlt, VEC_GP)

// CR0 2 3 4 8 exist.
const struct op *
op_mov_cr(struct cpu *c, const struct op *op)
{
	int cr = op_kind(op, 0) == K_REG ? op->b : op->a;
	cpu_raise(c, op, cr < 9 && 0x11d >> cr & 1 ? VEC_GP : VEC_UD, 0);
}
