// flags.h: the six arithmetic flags, kept as the last operation and its
// operands until somebody reads them. Nobody else looks at cpu.lf_*.
//
// Writers store a kind and two words. Readers compute. The kinds' operands:
//   LF_FLAGS  a = the flag bits themselves, as in EFLAGS
//   LF_ADD    a + b           LF_ADC  a + b + 1
//   LF_SUB    a - b           LF_SBB  a - b - 1
//   LF_LOGIC  a = result, CF = OF = AF = 0
//   LF_INC    a = result, b = CF     LF_DEC likewise
//   LF_RESULT a = result, b = CF, AF and OF as in EFLAGS
// Values may have garbage above the operand size; readers cut it off. With
// LF_SPLIT in the type, CF and OF are those of lf_split instead: what rotates
// and multiplications write.
#ifndef CPU_FLAGS_H_
#define CPU_FLAGS_H_
#include "cpu/cpu.h"

enum lf_kind { LF_FLAGS, LF_ADD, LF_ADC, LF_SUB, LF_SBB, LF_LOGIC, LF_INC, LF_DEC, LF_RESULT };
// lf_type = kind << 4 | operand size in bytes
#define LF(kind, size) ((u32)(kind) << 4 | (u32)(size))
#ifdef TINY
enum { LF_SPLIT = 0 };
#else
enum { LF_SPLIT = 0x1000 };
#endif

static inline void
flags_lazy(struct cpu *c, enum lf_kind kind, int size, u64 a, u64 b)
{
	c->lf_type = LF(kind, size);
	c->lf_a = a;
	c->lf_b = b;
}

static inline void
flags_logic(struct cpu *c, int size, u64 result)
{
	c->lf_type = LF(LF_LOGIC, size);
	c->lf_a = result;
}

// SF ZF PF from the result, CF AF OF from bits (which has no others).
static inline void
flags_result(struct cpu *c, int size, u64 result, u32 bits)
{
	c->lf_type = LF(LF_RESULT, size);
	c->lf_a = result;
	c->lf_b = bits;
}

// The lazy state as a whole, for handlers that know their flags before their
// last access that may fault.
struct lazy_flags {
	u32 type;
#ifndef TINY
	u32 split;
#endif
	u64 a, b;
};

static inline struct lazy_flags
flags_save(const struct cpu *c)
{
	struct lazy_flags f;
	f.type = c->lf_type;
#ifndef TINY
	f.split = c->lf_split;
#endif
	f.a = c->lf_a;
	f.b = c->lf_b;
	return f;
}

static inline void
flags_restore(struct cpu *c, struct lazy_flags f)
{
	c->lf_type = f.type;
#ifndef TINY
	c->lf_split = f.split;
#endif
	c->lf_a = f.a;
	c->lf_b = f.b;
}

// All six arithmetic flags as EFLAGS bits.
u32 flags_arith(const struct cpu *c);

// Sets all six from EFLAGS bits.
static inline void
flags_set(struct cpu *c, u32 bits)
{
	c->lf_type = LF(LF_FLAGS, 8);
	c->lf_a = bits & FLAGS_ARITH;
}

#if SHARED_INLINE
// Sets those in mask, keeps the others.
SHARED void
flags_update(struct cpu *c, u32 mask, u32 bits)
{
	flags_set(c, (flags_arith(c) & ~mask) | (bits & mask));
}
#else
void flags_update(struct cpu *c, u32 mask, u32 bits);
#endif

#if SHARED_INLINE
// CF as 0 or 1
SHARED int
flags_cf(const struct cpu *c)
{
	u64 a = c->lf_a, b = c->lf_b;
	int size = (int)(c->lf_type & 15);
	if (c->lf_type & LF_SPLIT)
		return (int)(c->lf_split & 1);
	switch (c->lf_type >> 4) {
	case LF_FLAGS: return (int)(a & 1);
	case LF_LOGIC: return 0;
	case LF_ADD: return trunc_to(a + b, (unsigned)size) < trunc_to(a, (unsigned)size);
	case LF_SUB: return trunc_to(a, (unsigned)size) < trunc_to(b, (unsigned)size);
	case LF_ADC: return trunc_to(a + b + 1, (unsigned)size) <= trunc_to(a, (unsigned)size);
	case LF_SBB: return trunc_to(a, (unsigned)size) <= trunc_to(b, (unsigned)size);
	default: return (int)(b & 1);
	}
}

// ZF as 0 or 1
SHARED int
flags_zf(const struct cpu *c)
{
	u64 a = c->lf_a, b = c->lf_b;
	unsigned size = c->lf_type & 15;
	switch ((c->lf_type & ~(u32)LF_SPLIT) >> 4) {
	case LF_FLAGS: return (int)(a >> 6 & 1);
	case LF_ADD: return !trunc_to(a + b, size);
	case LF_SUB: return !trunc_to(a - b, size);
	case LF_ADC: return !trunc_to(a + b + 1, size);
	case LF_SBB: return !trunc_to(a - b - 1, size);
	default: return !trunc_to(a, size);
	}
}

// PF of a result: even parity of the low byte
SHARED u32
flags_pf(u64 result)
{
	u32 x = (u32)(result & 0xff);
	x ^= x >> 4;
	return (0x9669u >> (x & 15) & 1) << 2;
}

// SF, ZF and PF of a result of `size` bytes
SHARED u32
flags_szp(u64 result, int size)
{
	u64 r = trunc_to(result, (unsigned)size);
	return flags_pf(r) | (r ? 0u : (u32)FLAG_ZF) | (r >> (8 * size - 1) ? (u32)FLAG_SF : 0u);
}
#else
int flags_cf(const struct cpu *c);
int flags_zf(const struct cpu *c);
u32 flags_pf(u64 result);
u32 flags_szp(u64 result, int size);
#endif

// The condition of Jcc/SETcc/CMOVcc, 0..15
int flags_cond(const struct cpu *c, int cc);

// Sets the flags of mask (CF, or CF and OF), keeps the others. As flags_update
// does, but without working out what nobody may ever read.
static ALWAYS_INLINE void
flags_merge(struct cpu *c, u32 mask, u32 bits)
{
#ifndef TINY
	if (mask == (FLAG_CF | FLAG_OF)) {
		c->lf_type |= LF_SPLIT;
		c->lf_split = bits;
		return;
	}
	if (c->lf_type & LF_SPLIT) {
		c->lf_split = (c->lf_split & ~mask) | bits;
		return;
	}
	switch (c->lf_type >> 4) {
	case LF_RESULT: c->lf_b = (c->lf_b & ~(u64)mask) | bits; return;
	case LF_LOGIC:
		c->lf_type = LF(LF_RESULT, c->lf_type & 15);
		c->lf_b = bits;
		return;
	case LF_FLAGS: c->lf_a = (c->lf_a & ~(u64)mask) | bits; return;
	}
#endif
	flags_update(c, mask, bits);
}

#endif
