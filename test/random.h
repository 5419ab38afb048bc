// random.h: random numbers that are the same for the same seed.
#ifndef TEST_RANDOM_H_
#define TEST_RANDOM_H_
#include "base/base.h"

static u64 g_seed = 88172645463325252ull;

static u64
random64(void)
{
	g_seed ^= g_seed << 13;
	g_seed ^= g_seed >> 7;
	g_seed ^= g_seed << 17;
	return g_seed * 0x2545f4914f6cdd1dull;
}

static unsigned
below(unsigned n)
{
	return (unsigned)(random64() >> 32) % n;
}

#endif
