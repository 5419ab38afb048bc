// flags.c: reading the lazy arithmetic flags, and EFLAGS as a whole.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/system.h"

static ALWAYS_INLINE u32
of_operation(const struct cpu *c)
{
	u64 a = c->lf_a, b = c->lf_b, r, carries, overflow;
	int size = (int)(c->lf_type & 15);
	u64 cin = 0;
	enum lf_kind kind = (enum lf_kind)((c->lf_type & ~(u32)LF_SPLIT) >> 4);
	switch (kind) {
	case LF_FLAGS:
		return (u32)a;
	case LF_LOGIC:
		return flags_szp(a, size);
	case LF_RESULT:
		return flags_szp(a, size) | (u32)b;
	case LF_INC:
	case LF_DEC:
		r = trunc_to(a, (unsigned)size);
		overflow = (u64)1 << (8 * size - 1);
		return flags_szp(r, size) | ((u32)b & 1) |
		       ((a & 15) == (kind == LF_INC ? 0 : 15) ? (u32)FLAG_AF : 0u) |
		       (r == (kind == LF_INC ? overflow : overflow - 1) ? (u32)FLAG_OF : 0u);
	case LF_ADC:
		cin = 1;
		FALLTHROUGH;
	case LF_ADD:
		r = a + b + cin;
		carries = (a & b) | ((a | b) & ~r);
		overflow = (a ^ r) & (b ^ r);
		break;
	case LF_SBB:
		cin = 1;
		FALLTHROUGH;
	default:
		r = a - b - cin;
		carries = (~a & b) | ((~a | b) & r);
		overflow = (a ^ b) & (a ^ r);
		break;
	}
	return flags_szp(r, size) | (u32)(carries >> (8 * size - 1) & 1) |
	       (u32)((carries >> 3 & 1) << 4) | (u32)((overflow >> (8 * size - 1) & 1) << 11);
}

u32
flags_arith(const struct cpu *c)
{
	u32 x = of_operation(c);
	return c->lf_type & LF_SPLIT ? (x & ~(u32)(FLAG_CF | FLAG_OF)) | c->lf_split : x;
}

int
flags_cond(const struct cpu *c, int cc)
{
	u32 f;
	int yes;
	switch (cc >> 1) {
	case 1:
		yes = flags_cf(c);
		break;
	case 2:
		yes = flags_zf(c);
		break;
	case 3:
		yes = flags_cf(c) | flags_zf(c);
		break;
	default:
		f = flags_arith(c);
		switch (cc >> 1) {
		case 0:
			yes = f >> 11 & 1;
			break;
		case 4:
			yes = f >> 7 & 1;
			break;
		case 5:
			yes = f >> 2 & 1;
			break;
		case 6:
			yes = (f >> 7 ^ f >> 11) & 1;
			break;
		default:
			yes = (f >> 6 | (f >> 7 ^ f >> 11)) & 1;
			break;
		}
	}
	return yes ^ (cc & 1);
}

u32
cpu_get_flags(struct cpu *c)
{
	return flags_arith(c) | c->sysflags | 2 | (c->df < 0 ? (u32)FLAG_DF : 0u);
}

void
cpu_set_flags(struct cpu *c, u32 x)
{
	u32 old = c->sysflags;
	flags_set(c, x);
	c->df = x & FLAG_DF ? -1 : 1;
	c->sysflags = x & (FLAG_TF | FLAG_IF | FLAG_IOPL | FLAG_NT | FLAG_RF | FLAG_VM | FLAG_AC | FLAG_VIF | FLAG_VIP | FLAG_ID);
	if (!c->stepping)
		c->slow = x & FLAG_AC ? (u8)SLOW_ALL : c->paged;
	if (CPU_SYS(c) && old != c->sysflags)
		system_flags(c, old);
	if (x & FLAG_TF)
		cpu_limit_zero(c);  // leave the block: the run loop single-steps
}
