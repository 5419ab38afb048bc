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

// What in does to the flags, as its handlers have it: 0 if it may do more than
// read and write registers and flags, or may read memory.
static int
flag_use(const struct insn *in, const struct op *op, u32 *reads, u32 *kills)
{
	*reads = *kills = 0;
	switch (in->op) {
	case OP_ADC: case OP_SBB:
		*reads = FLAG_CF;
		*kills = FLAGS_ARITH;
		break;
	case OP_ADD: case OP_OR: case OP_AND: case OP_SUB: case OP_XOR: case OP_CMP: case OP_TEST: case OP_NEG:
		*kills = FLAGS_ARITH;
		break;
	case OP_INC: case OP_DEC:
		*reads = FLAGS_ARITH;  // CF only, but from the lazy flags whose kind lowering knows
		*kills = FLAGS_ARITH & ~FLAG_CF;
		break;
	case OP_SHL: case OP_SHR: case OP_SAR:
		// A count of zero changes none; one in CL may be zero.
		*kills = op_kind(op, 1) == K_REG || !(op->imm & (op->size == 8 ? 63 : 31)) ? 0 : FLAGS_ARITH;
		break;
	case OP_ROL: case OP_ROR:
		*kills = op_kind(op, 1) == K_REG || !(op->imm & (op->size == 8 ? 63 : 31)) ? 0 : FLAG_CF | FLAG_OF;
		break;
	case OP_IMUL:
		*kills = FLAG_CF | FLAG_OF;
		break;
	case OP_SETCC: case OP_CMOVCC:
		*reads = isa_flag_effect(in).reads;
		break;
	case OP_LEA: case OP_NOP:
		return 1;  // memory is not looked at: see needs_address_op in lower.c
	case OP_NOT: case OP_MOV: case OP_MOVZX: case OP_MOVSX: case OP_MOVSXD: case OP_BSWAP:
		break;
	default:
		return 0;
	}
	return is_simple(op_kind(op, 0)) && is_simple(op_kind(op, 1));
}

void
dead_flags(struct dead_flags *d, const struct insn *in, struct op *op, int hot)
{
	u32 reads, kills;
	int i, n = 0;
	op_fn *quiet = 0;
	if (!flag_use(in, op, &reads, &kills))
		d->n = 0;
	for (i = 0; i < d->n; ++i) {
		struct waiting w = d->of[i];
		if (w.left & reads)
			continue;
		w.left &= ~kills;
		if (w.left)
			d->of[n++] = w;
		else
			w.op->fn = w.quiet;
	}
	if (hot && kills) {
		quiet = alu_quiet(in, op);
		if (!quiet)
			quiet = shift_quiet(in, op);
		if (!quiet)
			quiet = muldiv_quiet(in, op);
	}
	if (quiet && n < (int)COUNTOF(d->of)) {
		d->of[n].op = op;
		d->of[n].quiet = quiet;
		d->of[n++].left = kills;
	}
	d->n = n;
}
