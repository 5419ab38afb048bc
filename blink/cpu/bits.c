// bits.c: bit tests, scans, counts, byte swaps, CRC-32C, carry chains, BMI1
// and BMI2 except shifts and MULX. Flags that the manuals leave undefined are
// as AMD Zen processors have them.
#include "cpu/atomic.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/op.h"

// --- bit test ------------------------------------------------------------------

enum bit_op { BIT_TEST, BIT_SET, BIT_RESET, BIT_COMPLEMENT };

static HOT u64
bit_change(u64 x, u64 bit, enum bit_op k)
{
	return k == BIT_SET ? x | bit : k == BIT_RESET ? x & ~bit : k == BIT_COMPLEMENT ? x ^ bit : x;
}

static HOT void
set_cf(struct cpu *c, int cf)
{
	flags_merge(c, FLAG_CF, cf ? (u32)FLAG_CF : 0u);
}

// A register offset is signed and reaches beyond the operand: its upper bits
// select the element, counted from the effective address.
static u64
bit_string_at(struct cpu *c, const struct op *op, u64 offset, int size)
{
	return ea_at(c, op, (u64)((i64)sext(offset, (unsigned)size) >> (size == 8 ? 6 : size == 4 ? 5 : 4)) * (u64)size);
}

static NOINLINE void
bit_any(struct cpu *c, const struct op *op, int what)
{
	enum bit_op k = (enum bit_op)what;
	int size = op->size;
	u64 offset = opr_get(c, op, 1, size), x, seen, gva;
	u64 bit = (u64)1 << (offset & (8 * (u64)size - 1));
	if (op_kind(op, 0) != K_MEM) {
		x = opr_get(c, op, 0, size);
		if (k != BIT_TEST)
			opr_set(c, op, 0, size, bit_change(x, bit, k));
		set_cf(c, (x & bit) != 0);
		return;
	}
	gva = op_kind(op, 1) == K_REG ? bit_string_at(c, op, offset, size) : ea(c, op);
	x = rdn(c, op, gva, size);
	if (op->flags & OPF_LOCK) {
		while ((seen = atomic_cas(c, op, gva, size, x, bit_change(x, bit, k))) != x)
			x = seen;
	} else if (k != BIT_TEST) {
		wrn(c, op, gva, size, bit_change(x, bit, k));
	}
	set_cf(c, (x & bit) != 0);
}

#define BIT(name, k) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(bit_any, k); \
}
BIT(bt, BIT_TEST)
BIT(bts, BIT_SET)
BIT(btr, BIT_RESET)
BIT(btc, BIT_COMPLEMENT)

// --- scans and counts ----------------------------------------------------------

// Index of the lowest and highest set bit; x is not zero
static HOT u64
lowest(u64 x)
{
	return (u64)__builtin_ctzll(x);
}

static HOT u64
highest(u64 x)
{
	return 63 - (u64)__builtin_clzll(x);
}

// A zero source leaves the whole destination alone. PF is that of the index.
static HOT void
scan(struct cpu *c, const struct op *op, int size, u64 x, int up)
{
	u64 i = 0;
	if (x) {
		i = up ? lowest(x) : highest(x);
		reg_set(c, op->a, size, i);
	}
	flags_set(c, flags_pf(i) | (x ? 0u : (u32)FLAG_ZF));
}

static NOINLINE void
scan_any(struct cpu *c, const struct op *op, int up)
{
	scan(c, op, op->size, opr_get(c, op, 1, op->size), up);
}

const struct op *
op_bsf(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(scan_any, 1);
}

const struct op *
op_bsr(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(scan_any, 0);
}

// OF stays; CF: the source is zero, ZF: the result is.
static HOT void
count_zeros(struct cpu *c, const struct op *op, int size, u64 x, int up)
{
	u64 bits = 8 * (u64)size;
	u64 n = !x ? bits : up ? lowest(x) : bits - 1 - highest(x);
	reg_set(c, op->a, size, n);
	flags_update(c, FLAGS_ARITH & ~(u32)FLAG_OF, (x ? 0u : (u32)FLAG_CF) | (n ? 0u : (u32)FLAG_ZF));
}

static NOINLINE void
count_any(struct cpu *c, const struct op *op, int up)
{
	count_zeros(c, op, op->size, opr_get(c, op, 1, op->size), up);
}

const struct op *
op_tzcnt(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(count_any, 1);
}

const struct op *
op_lzcnt(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(count_any, 0);
}

const struct op *
op_popcnt(struct cpu *c, const struct op *op)
{
	u64 x = opr_get(c, op, 1, op->size);
	x -= x >> 1 & 0x5555555555555555u;
	x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
	x = ((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56;
	reg_set(c, op->a, op->size, x);
	flags_set(c, x ? 0 : FLAG_ZF);
	NEXT();
}

// --- bytes -----------------------------------------------------------------------

static u64
swap_bytes(u64 x, int size)
{
	return __builtin_bswap64(x) >> (64 - 8 * size);
}

// A 16-bit operand becomes zero.
const struct op *
op_bswap(struct cpu *c, const struct op *op)
{
	int size = op->size;
	reg_set(c, op->a, size, size == 2 ? 0 : swap_bytes(c->r[op->a], size));
	NEXT();
}

const struct op *
op_movbe(struct cpu *c, const struct op *op)
{
	opr_set(c, op, 0, op->size, swap_bytes(opr_get(c, op, 1, op->size), op->size));
	NEXT();
}

static NOINLINE u32
crc32c(u32 crc, u64 x, int size)
{
	u64 r = crc ^ x;
	int i;
	for (i = 0; i < 8 * size; ++i)
		r = r >> 1 ^ (r & 1 ? 0x82f63b78u : 0);
	return (u32)r;
}

const struct op *
op_crc32(struct cpu *c, const struct op *op)
{
	u64 x = opr_get(c, op, 1, op->d);
	c->r[op->a] = crc32c((u32)c->r[op->a], x, op->d);
	NEXT();
}

// --- carry chains ------------------------------------------------------------------

static NOINLINE void
add_chain(struct cpu *c, const struct op *op, int chain)
{
	u32 flag = (u32)chain;
	int size = op->size;
	u64 y = opr_get(c, op, 1, size), x = reg_get(c, op->a, size), r;
	u64 in = (flags_arith(c) & flag) != 0;
	r = trunc_to(x + y + in, (unsigned)size);
	reg_set(c, op->a, size, r);
	flags_update(c, flag, r < x || (in && r == x) ? flag : 0);
}

const struct op *
op_adcx(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(add_chain, FLAG_CF);
}

const struct op *
op_adox(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(add_chain, FLAG_OF);
}

// --- BMI ---------------------------------------------------------------------------

const struct op *
op_andn(struct cpu *c, const struct op *op)
{
	u64 r = ~c->r[op->b] & opr_get(c, op, 2, op->size);
	reg_set(c, op->a, op->size, r);
	flags_logic(c, op->size, r);
	NEXT();
}

const struct op *
op_bextr(struct cpu *c, const struct op *op)
{
	int size = op->size;
	u64 x = opr_get(c, op, 1, size), how = c->r[op->d];
	unsigned start = how & 0xff, len = how >> 8 & 0xff;
	x = start < 64 ? x >> start : 0;
	if (len < 64)
		x &= ((u64)1 << len) - 1;
	reg_set(c, op->a, size, x);
	// The sign is not looked at.
	flags_set(c, (flags_szp(x, size) & ~(u32)FLAG_SF) | FLAG_AF);
	NEXT();
}

static NOINLINE void
lowest_bit(struct cpu *c, const struct op *op, int op2)
{
	int size = op->size;
	u64 x = opr_get(c, op, 1, size), r;
	int cf = !x;
	switch (op2) {
	case 0: r = x & (x - 1); break;
	case 1: r = x ^ (x - 1); break;
	default: r = x & (0 - x); cf = !cf; break;
	}
	reg_set(c, op->a, size, r);
	flags_result(c, size, r, cf ? FLAG_CF : 0);
}

const struct op *
op_blsr(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(lowest_bit, 0);
}

const struct op *
op_blsmsk(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(lowest_bit, 1);
}

const struct op *
op_blsi(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(lowest_bit, 2);
}

const struct op *
op_bzhi(struct cpu *c, const struct op *op)
{
	int size = op->size;
	u64 x = opr_get(c, op, 1, size);
	unsigned n = c->r[op->d] & 0xff;
	int over = n > 8 * (unsigned)size - 1;
	if (!over)
		x &= ((u64)1 << n) - 1;
	reg_set(c, op->a, size, x);
	flags_result(c, size, x, over ? FLAG_CF : 0);
	NEXT();
}

static NOINLINE u64
deposit(u64 x, u64 mask, int extract)
{
	u64 r = 0, low = 1;
	for (; mask; mask &= mask - 1, low <<= 1) {
		u64 bit = mask & (0 - mask);
		if (x & (extract ? bit : low))
			r |= extract ? low : bit;
	}
	return r;
}

const struct op *
op_pdep(struct cpu *c, const struct op *op)
{
	u64 mask = opr_get(c, op, 2, op->size);
	reg_set(c, op->a, op->size, deposit(c->r[op->b], mask, 0));
	NEXT();
}

const struct op *
op_pext(struct cpu *c, const struct op *op)
{
	u64 mask = opr_get(c, op, 2, op->size);
	reg_set(c, op->a, op->size, deposit(c->r[op->b], mask, 1));
	NEXT();
}

#ifndef TINY
#define FORMS(size) \
static const struct op * \
bsf##size##_rr(struct cpu *c, const struct op *op) \
{ \
	scan(c, op, size, trunc_to(c->r[op->b], size), 1); \
	NEXT(); \
} \
static const struct op * \
bsr##size##_rr(struct cpu *c, const struct op *op) \
{ \
	scan(c, op, size, trunc_to(c->r[op->b], size), 0); \
	NEXT(); \
} \
static const struct op * \
tzcnt##size##_rr(struct cpu *c, const struct op *op) \
{ \
	count_zeros(c, op, size, trunc_to(c->r[op->b], size), 1); \
	NEXT(); \
} \
static const struct op * \
bt##size##_ri(struct cpu *c, const struct op *op) \
{ \
	set_cf(c, (int)(c->r[op->a] >> (op->imm & (8 * size - 1))) & 1); \
	NEXT(); \
} \
static const struct op * \
bt##size##_rr(struct cpu *c, const struct op *op) \
{ \
	set_cf(c, (int)(c->r[op->a] >> (c->r[op->b] & (8 * size - 1))) & 1); \
	NEXT(); \
}
FORMS(4)
FORMS(8)

static const struct op *
bswap4_r(struct cpu *c, const struct op *op)
{
	c->r[op->a] = __builtin_bswap32((u32)c->r[op->a]);
	NEXT();
}

static const struct op *
bswap8_r(struct cpu *c, const struct op *op)
{
	c->r[op->a] = __builtin_bswap64(c->r[op->a]);
	NEXT();
}

op_fn *
bits_specialise(const struct insn *in, const struct op *op)
{
	int wide = op->size == 8;
	if (op->size < 4 || op_kind(op, 0) != K_REG)
		return 0;
	switch (in->op) {
	case OP_BSWAP:
		return wide ? bswap8_r : bswap4_r;
	case OP_BT:
		return op_kind(op, 1) == K_REG ? (wide ? bt8_rr : bt4_rr) : wide ? bt8_ri : bt4_ri;
	}
	if (op_kind(op, 1) != K_REG)
		return 0;
	switch (in->op) {
	case OP_BSF:
		return wide ? bsf8_rr : bsf4_rr;
	case OP_BSR:
		return wide ? bsr8_rr : bsr4_rr;
	case OP_TZCNT:
		return wide ? tzcnt8_rr : tzcnt4_rr;
	}
	return 0;
}
#endif
