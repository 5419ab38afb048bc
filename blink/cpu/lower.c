// lower.c: from guest bytes to ops: decodes a block, gives each instruction
// its handler (a specialised form where there is one), fuses compare and
// branch, adds address ops and the slots through which blocks are linked.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/system.h"

// op_kind of an operand, by enum isa_operand_kind
static const u8 operand_kinds[] = {
	K_NONE, K_REG, K_HIGH, K_MEM, K_IMM, K_IMM, K_IMM, K_IMM, K_IMM, K_SREG, K_OTHER, K_OTHER,
	K_ST, K_MM, K_XMM, K_YMM, K_OTHER, K_OTHER
};
STATIC_ASSERT(OPR_MEM == 3 && OPR_SREG == 9 && OPR_YMM == 15 && sizeof operand_kinds == OPR_K + 1, "the order of OPR_");

// The form of in that every handler understands.
static void
lower_generic(struct op *op, const struct insn *in)
{
	const struct isa_operand *o = in->opr;
	memset(op, 0, sizeof *op);
	op->fn = handler_of(in->op);
	for (unsigned i = 0; i < in->nopr; ++i) {
		unsigned kind = o[i].kind == OPR_IMM && in->immlen == 8 ? (unsigned)K_IMM64 : operand_kinds[o[i].kind];
		op->kinds |= (u16)(kind << 4 * i);
	}
	op->a = o[0].reg;
	op->b = o[1].reg;
	op->d = in->nopr > 2 && o[2].kind != OPR_IMM ? o[2].reg : in->nopr > 1 ? (u8)o[1].size : in->osize;
	op->imm = (i32)in->imm;
	op->base = in->base;
	op->index = in->index;
	op->disp = in->disp;
	op->flags = in->scale;
	if (in->lock || in->rep || in->vex || in->asize != 8 || in->osize == 2)
		op->flags = (u8)(in->scale | (in->lock ? OPF_LOCK : 0) | (in->rep == 0xf3 || (in->vex && in->osize == 8) ? OPF_REP : 0) |
		                 (in->rep == 0xf2 ? OPF_REPNE : 0) | (in->asize == 4 ? OPF_A32 : 0) |
		                 (in->asize == 2 ? OPF_A16 : 0) | (in->osize == 2 ? OPF_O16 : 0));
	op->len = in->len;
	if (in->nopr > 3 && o[3].kind != OPR_IMM)
		op->imm = o[3].reg;
	if (in->vsib) {  // see cpu/avx_mem.c
		op->imm = in->vl;
		op->b = in->index;
		op->index = in->seg;
	}
	switch (o[0].kind) {
	case OPR_NONE:
	case OPR_IMM:
	case OPR_REL:
	case OPR_FAR:
	case OPR_ONE:
		op->size = in->osize;
		break;
	default:
		op->size = (u8)o[0].size;
	}
	switch (in->op) {
	case OP_JCC:
	case OP_SETCC:
	case OP_CMOVCC:
		op->d = in->cc;
		break;
	case OP_PCMPESTRI:
	case OP_PCMPESTRM:
		op->d = in->osize;
		break;
	case OP_VPCMPESTRI:
	case OP_VPCMPESTRM:
		op->d = in->osize;
		break;
	case OP_ENTER:
		op->disp = in->imm2;
		break;
	case OP_JMPF:
	case OP_CALLF:
		if (o[0].kind == OPR_FAR) {
			op->disp = (i64)in->imm;
			op->imm = (i32)in->imm2;
		}
		break;
	default:
		if (in->immlen == 8)
			op->imm64 = in->imm;
	}
}

static void
set_slot(struct op *slot, u64 pc, int count, const struct op *last, u8 idx)
{
	memset(slot, 0, sizeof *slot);
	slot->fn = op_unlinked;
	slot->disp = (i64)pc;
	slot->link = slot;
	slot->size = (u8)count;
	slot->off = last->off;
	slot->len = last->len;
	slot->idx = idx;
}

// A memory operand that ea() alone cannot address
static int
needs_address_op(const struct cpu *c, const struct insn *in)
{
#ifndef TINY
	if (LIKELY(in->asize == 8 && CPU_MODE(c) == MODE_64 && in->seg != SEG_FS && in->seg != SEG_GS))
		return 0;
	if (in->op == OP_NOP || (in->op == OP_LEA && in->osize <= in->asize))
		return 0;
#endif
	for (int i = 0; i < in->nopr; ++i)
		if (in->opr[i].kind == OPR_MEM)
			return in->asize != 8 || CPU_MODE(c) != MODE_64 ||
			       (in->op != OP_LEA && (in->seg == SEG_FS || in->seg == SEG_GS));
	return 0;
}

// Whether more than 32 bytes may be accessed
static int
is_wide(const struct insn *in)
{
	for (int i = 0; i < in->nopr; ++i)
		if (in->opr[i].kind == OPR_MEM)
			return in->op != OP_LEA && (!in->opr[i].size || in->opr[i].size > 32);
	return 0;
}

static int
implied_addresses(const struct insn *in)
{
	switch (in->op) {
	case OP_XLAT:
	case OP_MASKMOVQ:
	case OP_MASKMOVDQU:
	case OP_VMASKMOVDQU:
		return 1;
	}
	return isa_attrs[in->op] & ISA_STRING;
}

// Code bytes up to the end of pc's page; watched before they are read, so that
// no change is missed.
static NOINLINE size_t
fetch_page(struct cpu *c, u8 *dst, u64 pc, size_t n)
{
	size_t room = PAGE_SIZE_GUEST - (size_t)(pc & (PAGE_SIZE_GUEST - 1));
	if (n > room)
		n = room;
	return mem_fetch_code(c->mem, dst, pc, n);
}

// Which kind of lazy flags (LF(kind, size), 0 if unknown) is there after in.
static u32
flags_after(const struct insn *in, u32 before)
{
	int size = in->opr[0].size;
	switch (in->op) {
	case OP_ADD:
		return LF(LF_ADD, size);
	case OP_SUB:
	case OP_CMP:
	case OP_NEG:
		return LF(LF_SUB, size);
	case OP_AND:
	case OP_OR:
	case OP_XOR:
	case OP_TEST:
		return LF(LF_LOGIC, size);
	case OP_INC:
		return LF(LF_INC, size);
	case OP_DEC:
		return LF(LF_DEC, size);
	}
	return isa_flag_effect(in).writes & FLAGS_ARITH ? 0 : before;
}

// A Jcc forward is likely not taken: among a block's first instructions it does
// not end it. More of them than this cost more to lower than they save.
enum { PAST_INSNS = 6 };

int
lower_block(struct cpu *c, struct block *b, u64 pc, int max_insns, u64 *fault_va)
{
	u8 code[MAX_BLOCK_BYTES + MAX_INSN_BYTES];
	size_t room = sizeof code;
	struct insn in;
	struct op *op = b->ops, *prev = 0;
	size_t have, at = 0;
	int count = 0, ended = 0, slots = 0, prev_op = 0, unit, segmented;
	int pc16 = CPU_SYS(c) && CPU_MODE(c) != MODE_64 && !c->stepping;
	u32 flags = 0;
	struct dead_flags dead;
	u64 next;
	u64 start = CPU_MODE(c) == MODE_64 ? pc : (u32)(pc + c->code_base);
	*fault_va = start;
	if (CPU_MODE(c) != MODE_64) {
		if (pc > c->code_limit) {
			*fault_va = BEYOND_LIMIT;
			return -1;
		}
		room = (size_t)min_u64(room, (u64)c->code_limit - pc + 1);
	}
	have = fetch_page(c, code, start, room);
	if (!have)
		return -1;
	b->at = start;
	b->pc = pc;
	b->mode = CPU_MODE(c);
	b->code_base = c->code_base;
	b->code_limit = c->code_limit;
	b->dead = 0;
	b->hash_next = b->page_next = 0;
	dead.n = 0;
	while (!ended && count < max_insns && at < MAX_BLOCK_BYTES && at < have && op - b->ops < MAX_BLOCK_OPS - INSN_OPS) {
		int n = isa_decode(&in, code + at, have - at, (enum isa_mode)CPU_MODE(c));
		op_fn *fast, *whole;  // whole: in the place of the address op
		if (n == ISA_SHORT && CPU_SYS(c) && c->code_paged && !c->stepping && have < room) {
			// What lies on two pages that may be mapped anew is run by itself.
			if (!count)
				cpu_unwind(c, 0, UNWIND_STEP);
			break;
		}
		if (n == ISA_SHORT && have - at < MAX_INSN_BYTES && at + MAX_INSN_BYTES <= sizeof code && have < room) {
			// It crosses into the next page.
			have += fetch_page(c, code + have, start + have, (size_t)min_u64(MAX_INSN_BYTES - (have - at), room - have));
			n = isa_decode(&in, code + at, have - at, (enum isa_mode)CPU_MODE(c));
		}
		if (n == ISA_SHORT) {
			*fault_va = have == room ? BEYOND_LIMIT : start + have;
			if (!count)
				return -1;
			break;
		}
		n = isa_level(&in, n);
		if (n < 0) {
			memset(op, 0, sizeof *op);
			op->fn = n == ISA_TOOLONG ? op_toolong : op_undefined;
			op->off = (u8)at;
			op->idx = (u8)(op - b->ops);
			++op;
			++count;
			at += MAX_INSN_BYTES;  // those that were looked at
			slots = 1;
			break;
		}
		next = pc + at + (u64)n;
		if (CPU_MODE(c) != MODE_64)
			next = (u32)next;
		if (in.base == GPR_RIP) {
			in.base = GPR_NONE;
			in.disp += (i64)next;
		}
		segmented = 0;
		unit = CPU_SYS(c) ? system_unit(&in) : 0;
		if (unit) {
			memset(op, 0, sizeof *op);
			op->fn = op_unit;
			op->imm = unit;
			op->len = in.len;
			op->off = (u8)at;
			op->idx = (u8)(op - b->ops);
			++op;
		}
		if (implied_addresses(&in)) {
			in.base = in.seg;
			in.index = GPR_NONE;
		} else if (!in.vsib && needs_address_op(c, &in)) {
			lower_generic(op, &in);
			op->fn = CPU_MODE(c) == MODE_64 ? op_ea : is_wide(&in) ? op_ea32_wide : op_ea32;
			op->a = in.op == OP_LEA ? (u8)SEG_NONE : in.seg;
			if (CPU_MODE(c) != MODE_64) {
				op->imm = in.asize == 2 ? 0xffff : -1;
				segmented = pc16 && op->fn == op_ea32;
			}
			op->off = (u8)at;
			op->idx = (u8)(op - b->ops);
			++op;
			in.base = GPR_EA;
			in.index = GPR_NONE;
			in.scale = 0;
			if (in.immlen != 8)
				in.disp = 0;
		}
		lower_generic(op, &in);
		lower_native(op, &in, code + at);
		op->off = (u8)at;
		op->idx = (u8)(op - b->ops);
		if (vec_fetch(op, &in)) {
			++op;
			op->idx = (u8)(op - b->ops);
		}
		++count;
		at += (size_t)n;
		if (isa_attrs[in.op] & ISA_BRANCH) {
			u64 target = next + in.imm;
			int beyond = 0;
			dead.n = 0;
			if (CPU_MODE(c) != MODE_64)
				target = in.osize == 2 ? (u16)target : (u32)target;
			ended = 1;
			if (CPU_MODE(c) != MODE_64 && in.opr[0].kind == OPR_REL && target > c->code_limit) {
				op->fn = op_branch_beyond;
				op->imm = in.op;
				beyond = 1;
			}
			fast = beyond || !prev ? 0 : branch_fuse(prev_op, prev, &in);
			if (fast) {
				op = prev;
				op->d = (u8)(in.cc | (prev_op == OP_TEST ? 16 : 0));
			} else if (!beyond) {
				fast = branch_specialise(&in, op, flags);
				if (!fast && pc16)
					fast = segmented_specialise(&in, op);
				whole = !fast && segmented ? segmented_memory(&in, op) : 0;
				if (whole)
					op[-1].fn = whole;
			}
			if (fast)
				op->fn = fast;
			set_slot(op + 1, next, count, op, (u8)(op + 1 - b->ops));
			set_slot(op + 2, target, count, op, (u8)(op + 2 - b->ops));
			op[1].off = op[2].off = (u8)(at - (size_t)n);  // of the jump, where it is fused
			op += 3;
#ifndef TINY
			if (in.op == OP_JCC && !beyond) {
				if (!c->stepping && (i64)in.imm > 0 && count < PAST_INSNS) {
					ended = 0;
					prev = 0;
					continue;
				}
				*op = op[-1];
				op->fn = op_past;
				++op->idx;
				++op;
			}
#endif
			slots = 1;
			break;
		}
		fast = mov_specialise(&in, op);
		if (!fast)
			fast = alu_specialise(&in, op, flags);
		if (!fast)
			fast = stack_specialise(&in, op);
		if (!fast && pc16)
			fast = segmented_specialise(&in, op);
		if (!fast)
			fast = int_specialise(&in, op);
		flags = flags_after(&in, flags);
		if (fast)
			op->fn = fast;
		whole = segmented ? segmented_memory(&in, op) : 0;
		if (whole)
			op[-1].fn = whole;
		dead_flags(&dead, &in, op, fast && !whole);
		prev = whole ? 0 : op;
		prev_op = in.op;
		ended = (isa_attrs[in.op] & ISA_ENDS) != 0;
		++op;
	}
	if (!slots) {
		struct op *last = op - 1;
		memset(op, 0, sizeof *op);
		op->fn = op_go;
		op->off = last->off;
		op->len = last->len;
		op->idx = (u8)(op - b->ops);
		next = pc + at;
		if (CPU_MODE(c) != MODE_64)
			next = (u32)next;
		set_slot(op + 1, next, count, last, (u8)(op + 1 - b->ops));
		op += 2;
	}
	b->end = pc + at;
	b->nops = (u32)(op - b->ops);
	b->ninsns = (u8)count;
	assert(b->nops <= MAX_BLOCK_OPS);
	return 0;
}
