// dead.c: flags that nobody reads. While a block is lowered, hot forms whose
// flags may turn out to be overwritten wait here; once every flag of one has a
// new value, it gets the form that sets none. In between nothing may look: an
// instruction that can fault, or leave the block, ends the wait.
#include "cpu/cpu_internal.h"
#include "cpu/int.h"

static int
is_simple(int kind)
{
	return kind == K_NONE || kind == K_REG || kind == K_HIGH || kind == K_IMM || kind == K_IMM64;
}

// What in does to the flags; 0 if it may do more than read and write registers
// and flags, or may read memory.
static int
flag_use(const struct insn *in, const struct op *op, struct isa_effect *e)
{
	switch (in->op) {
	case OP_LEA: case OP_NOP:
		*e = isa_flag_effect(in);
		return 1;  // memory is not looked at: see needs_address_op in lower.c
	case OP_ADD: case OP_OR: case OP_ADC: case OP_SBB: case OP_AND: case OP_SUB: case OP_XOR: case OP_CMP: case OP_TEST:
	case OP_NEG: case OP_INC: case OP_DEC: case OP_SHL: case OP_SHR: case OP_SAR: case OP_ROL: case OP_ROR:
		*e = isa_flag_effect(in);
		// What is undefined has a value of its own here.
		if (e->kills)
			e->kills = e->writes;
		break;
	case OP_IMUL: case OP_SETCC: case OP_CMOVCC: case OP_NOT: case OP_MOV: case OP_MOVZX: case OP_MOVSX: case OP_MOVSXD: case OP_BSWAP:
		*e = isa_flag_effect(in);
		break;
	default:
		memset(e, 0, sizeof *e);
		return 0;
	}
	// CF only, but from the lazy flags whose kind lowering knows
	if (in->op == OP_INC || in->op == OP_DEC)
		e->reads = FLAGS_ARITH;
	return is_simple(op_kind(op, 0)) && is_simple(op_kind(op, 1));
}

void
dead_flags(struct dead_flags *d, const struct insn *in, struct op *op, int hot)
{
	struct isa_effect e;
	int i, n = 0;
	op_fn *quiet = 0;
	if (!flag_use(in, op, &e))
		d->n = 0;
	for (i = 0; i < d->n; ++i) {
		struct waiting w = d->of[i];
		if (w.left & e.reads)
			continue;
		w.left &= ~(u32)e.kills;
		if (w.left)
			d->of[n++] = w;
		else
			w.op->fn = w.quiet;
	}
	if (hot && e.kills) {
		quiet = alu_quiet(in, op);
		if (!quiet)
			quiet = shift_quiet(in, op);
		if (!quiet)
			quiet = muldiv_quiet(in, op);
	}
	if (quiet && n < (int)COUNTOF(d->of)) {
		d->of[n].op = op;
		d->of[n].quiet = quiet;
		d->of[n++].left = e.kills;
	}
	d->n = n;
}
