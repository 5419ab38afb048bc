// system_port.c: IN, OUT, INS and OUTS of a PC, with the I/O permission bitmap.
// See system.h.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/ring0.h"

static void
may_use_port(struct cpu *c, const struct op *op, unsigned port, int size)
{
	int allowed = 1;
	u32 bad = 0;
	if (!c->sys)
		cpu_raise(c, op, VEC_GP, 0);
	if (c->sys->cr0 & CR0_PE && (c->sysflags & FLAG_VM || c->cpl > iopl(c)))
		bad = task_port(c, port, size, &allowed);
	if (!bad && !allowed)
		bad = FAULT(VEC_GP, 0);
	if (bad)
		cpu_raise_fault(c, op, bad);
}

// Devices look at the clock, which may count instructions: for their time what
// is done of the block is counted.
static NOINLINE u32
read_port(struct cpu *c, const struct op *op, unsigned port, int size)
{
	u32 done = system_uncounted(c, op), x;
	if (system_watching(c))
		system_watch_port(c, port, size);
	c->icount += done;
	x = c->sys->io.in(c->sys->io.arg, port, size);
	c->icount -= done;
	return x;
}

static NOINLINE void
write_port(struct cpu *c, const struct op *op, unsigned port, int size, u32 x)
{
	u32 done = system_uncounted(c, op);
	if (system_watching(c))
		system_watch_port(c, port, size);
	c->icount += done;
	c->sys->io.out(c->sys->io.arg, port, size, x);
	c->icount -= done;
}

// AL, AX or EAX with the port in imm8 or DX: i is the port's operand.
static NOINLINE void
port_in(struct cpu *c, const struct op *op)
{
	unsigned port = op_kind(op, 1) == K_IMM ? (unsigned)op->imm & 0xff : (u16)c->r[GPR_DX];
	may_use_port(c, op, port, op->size);
	reg_set(c, GPR_AX, op->size, read_port(c, op, port, op->size));
}

static NOINLINE void
port_out(struct cpu *c, const struct op *op)
{
	unsigned port = op_kind(op, 0) == K_IMM ? (unsigned)op->imm & 0xff : (u16)c->r[GPR_DX];
	int size = op->d;
	may_use_port(c, op, port, size);
	write_port(c, op, port, size, (u32)reg_get(c, GPR_AX, size));
}

const struct op *
op_in(struct cpu *c, const struct op *op)
{
	RUN_NEXT(port_in);
}

const struct op *
op_out(struct cpu *c, const struct op *op)
{
	RUN_NEXT(port_out);
}

static int
string_size(const struct op *op)
{
	return op->flags & OPF_A32 ? 4 : op->flags & OPF_A16 ? 2 : 8;
}

static u64
string_at(struct cpu *c, const struct op *op, int reg, int seg)
{
	u64 a = reg_get(c, reg, string_size(op));
	return CPU_MODE(c) == MODE_64 ? a + c->segbase[seg] : segment_at(c, op, seg, a);
}

// One element of INS or OUTS.
static void
port_string(struct cpu *c, const struct op *op, int out)
{
	int n = string_size(op), reg = out ? GPR_SI : GPR_DI, size = out ? op->d : op->size;
	unsigned port = (u16)c->r[GPR_DX];
	u64 at = string_at(c, op, reg, out ? op->base : (int)SEG_ES);
	if (out) {
		write_port(c, op, port, size, (u32)rdn(c, op, at, size));
	} else {
		access_probe(c, op, at, size, MEM_W);
		wrn(c, op, at, size, read_port(c, op, port, size));
	}
	reg_set(c, reg, n, c->r[reg] + (u64)(c->df * size));
}

// Returns whether it was interrupted before the end; an iteration counts as an
// instruction.
static NOINLINE int
port_strings(struct cpu *c, const struct op *op, int out)
{
	may_use_port(c, op, (u16)c->r[GPR_DX], out ? op->d : op->size);
	if (!(op->flags & (OPF_REP | OPF_REPNE))) {
		port_string(c, op, out);
		return 0;
	}
	while (reg_get(c, GPR_CX, string_size(op))) {
		port_string(c, op, out);
		reg_set(c, GPR_CX, string_size(op), c->r[GPR_CX] - 1);
		if (++c->icount >= LOAD_HOT((const volatile u64 *)&c->limit))
			return reg_get(c, GPR_CX, string_size(op)) != 0;
	}
	return 0;
}

const struct op *
op_ins(struct cpu *c, const struct op *op)
{
	if (port_strings(c, op, 0))
		return op_leave_at(c, op);
	NEXT();
}

const struct op *
op_outs(struct cpu *c, const struct op *op)
{
	if (port_strings(c, op, 1))
		return op_leave_at(c, op);
	NEXT();
}
