// hardfloat.h: the host's own float and double for SSE's arithmetic on hosts
// that are no x86, where nothing can tell the results from software's.
#ifndef CPU_HARDFLOAT_H_
#define CPU_HARDFLOAT_H_
#include "cpu/softfloat.h"
#include "cpu/sse.h"

// They serve where they are IEEE 754's, evaluated as such, or float as double
// (rounding twice is then the same as once). The standard leaves no choice when
// the operands are zeros or normal numbers and so is the result (an exponent
// above the least: no doubt about underflow): what NaN a host makes, which of
// two it takes, whether it flushes denormals, never shows. Inexact is then the
// only exception there can be. So: round to nearest, and either the inexact bit
// is already set and masked, or the operation is exact. The host's own flags are
// not read; Alpha would trap on what is thrown away here, unless told not to.
#if !SSE_HOST && !defined(TINY) && defined(__FLT_EVAL_METHOD__) && (__FLT_EVAL_METHOD__ == 0 || __FLT_EVAL_METHOD__ == 1) && \
	__FLT_MANT_DIG__ == 24 && __FLT_MAX_EXP__ == 128 && __DBL_MANT_DIG__ == 53 && __DBL_MAX_EXP__ == 1024 && \
	(!defined(__FLOAT_WORD_ORDER__) || __FLOAT_WORD_ORDER__ == __BYTE_ORDER__) && !defined(__FAST_MATH__) && \
	(!defined(__alpha__) || defined(_IEEE_FP))
#define HARD_FLOAT 1
#else
#define HARD_FLOAT 0
#endif

#if HARD_FLOAT
static inline int
hard_rounding(const struct cpu *c)
{
	return (c->mxcsr & (0x6000 | FPX_P << 7 | FPX_P)) == (FPX_P << 7 | FPX_P);
}

static inline double
as_double(u64 x)
{
	double d;
	memcpy(&d, &x, 8);
	return d;
}

static inline float
as_float(u32 x)
{
	float f;
	memcpy(&f, &x, 4);
	return f;
}

static inline u64
double_bits(double d)
{
	u64 x;
	memcpy(&x, &d, 8);
	return x;
}

static inline u32
float_bits(float f)
{
	u32 x;
	memcpy(&x, &f, 4);
	return x;
}

// Zero or normal
static inline int
plain(u64 x, int wide)
{
	u32 exp = wide ? (u32)(x >> 52) & 0x7ff : (u32)x >> 23 & 0xff;
	return exp - 1 < (wide ? 0x7feu : 0xfeu) || !(wide ? x << 1 : (u64)((u32)x << 1));
}

static inline int
plain_result(u64 x, int wide)
{
	u32 exp = wide ? (u32)(x >> 52) & 0x7ff : (u32)x >> 23 & 0xff;
	return exp - 2 < (wide ? 0x7fdu : 0xfdu);
}

// The relation of two plain numbers
static inline enum fpcmp
hard_cmp(int wide, u64 a, u64 b)
{
	double x = wide ? as_double(a) : as_float((u32)a), y = wide ? as_double(b) : as_float((u32)b);
	return x > y ? FPCMP_GT : x < y ? FPCMP_LT : FPCMP_EQ;
}
#endif

#endif
