// approx.c: RCPSS and RSQRTSS to the bit, from a table recorded on silicon, for
// hosts that do not have them. They look at twelve bits of the mantissa and
// give twelve, know no exceptions, and take denormals for zero.
#include "cpu/sse.h"

// 1/x, 1/sqrt(x) for x from 1 to 2, the same for x from 2 to 4
static const struct { u16 first; u32 falls; } table[3 * 256] = {
#include "cpu/approx.inc"
};

u32
sse_approximate(u32 x, int root)
{
	u32 sign = x & 0x80000000u, exp = x >> 23 & 255, m = x & 0x7fffff, i = m >> 11, falls, r;
	i32 e;
	int k, odd = ~exp & 1;  // of the exponent without its bias
	if (exp == 255 && m)
		return x | 0x400000;
	if (exp == 0)
		return sign | 0x7f800000;
	if (root && sign)
		return 0xffc00000;
	if (exp == 255)
		return sign;
	k = (int)(i >> 4) + (root ? 256 + 256 * odd : 0);
	falls = table[k].falls & (((u32)4 << 2 * (i & 15)) - 1);
	for (r = table[k].first; falls; falls >>= 2)
		r -= falls & 3;
	// Results lie below a power of two: 1/1 is a little less than 1.
	e = root ? 126 - (((i32)exp - 127 - odd) / 2) : 253 - (i32)exp;
	if (e <= 0)
		return sign;
	return sign | (u32)e << 23 | r << 11;
}
