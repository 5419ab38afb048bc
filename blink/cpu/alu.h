// alu.h: the thirteen two- and one-operand integer operations as functions,
// for every handler that applies them: generic, specialised, locked.
#ifndef CPU_ALU_H_
#define CPU_ALU_H_
#include "cpu/flags.h"
#include "cpu/op.h"

// In the order of the operation table
enum alu {
	ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP, ALU_TEST,
	ALU_NOT, ALU_NEG, ALU_INC, ALU_DEC
};
STATIC_ASSERT(OP_OR - OP_ADD == ALU_OR && OP_TEST - OP_ADD == ALU_TEST && OP_DEC - OP_ADD == ALU_DEC, "table order");

// F(W, name, number) for those that read and write operand 0, with R for those
// that only read it, with U for those of one operand.
#define EACH_ALU(F, W, R, U) \
F(W, add, ALU_ADD) F(W, or, ALU_OR) F(W, adc, ALU_ADC) F(W, sbb, ALU_SBB) F(W, and, ALU_AND) F(W, sub, ALU_SUB) F(W, xor, ALU_XOR) \
F(R, cmp, ALU_CMP) F(R, test, ALU_TEST) F(U, not, ALU_NOT) F(U, neg, ALU_NEG) F(U, inc, ALU_INC) F(U, dec, ALU_DEC)

static inline enum alu
alu_of(int isa_op)
{
	return (enum alu)(isa_op - OP_ADD);
}

// A handler of one operation and form for s bits: `fast` may continue elsewhere
// and finds memory; a memory destination is written before the flags change.
// `cf` is CF before.
#define ALU_FORM(fn, k, s, fast, load_a, load_b, store, next, cf) \
static const struct op * \
fn(struct cpu *c, const struct op *op) \
{ \
	fast; \
	u##s a = load_a; \
	u##s b = load_b; \
	int cin = alu_needs_cf(k) ? cf : 0; \
	u64 r = alu_result(k, a, b, cin); \
	store; \
	alu_flags(c, k, s / 8, a, b, r, cin); \
	next; \
}

// The result, with garbage above the operand size. cin is CF before.
static ALWAYS_INLINE u64
alu_result(enum alu k, u64 a, u64 b, int cin)
{
	switch (k) {
	case ALU_ADD: return a + b;
	case ALU_OR: return a | b;
	case ALU_ADC: return a + b + (u64)cin;
	case ALU_SBB: return a - b - (u64)cin;
	case ALU_AND: case ALU_TEST: return a & b;
	case ALU_SUB: case ALU_CMP: return a - b;
	case ALU_XOR: return a ^ b;
	case ALU_NOT: return ~a;
	case ALU_NEG: return 0 - a;
	case ALU_INC: return a + 1;
	default: return a - 1;
	}
}

// Whether alu_result needs cin, or the flags need the old CF
static ALWAYS_INLINE int
alu_needs_cf(enum alu k)
{
	return k == ALU_ADC || k == ALU_SBB || k == ALU_INC || k == ALU_DEC;
}

static ALWAYS_INLINE void
alu_flags(struct cpu *c, enum alu k, int size, u64 a, u64 b, u64 result, int cin)
{
	switch (k) {
	case ALU_ADD: flags_lazy(c, LF_ADD, size, a, b); break;
	case ALU_ADC: flags_lazy(c, cin ? LF_ADC : LF_ADD, size, a, b); break;
	case ALU_SUB: case ALU_CMP: flags_lazy(c, LF_SUB, size, a, b); break;
	case ALU_SBB: flags_lazy(c, cin ? LF_SBB : LF_SUB, size, a, b); break;
	case ALU_NEG: flags_lazy(c, LF_SUB, size, 0, a); break;
	case ALU_INC: flags_lazy(c, LF_INC, size, result, (u64)cin); break;
	case ALU_DEC: flags_lazy(c, LF_DEC, size, result, (u64)cin); break;
	case ALU_NOT: break;
	default: flags_logic(c, size, result); break;
	}
}

#endif
