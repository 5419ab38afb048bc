// digest.h: random numbers (splitmix64) and a hash (FNV-1a) of what a program
// computes with them.
#ifndef TEST_PROGRAMS_DIGEST_H_
#define TEST_PROGRAMS_DIGEST_H_
#include <stddef.h>
#include <stdint.h>

static uint64_t seed, hash;

static uint64_t
rnd(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void
mix(const void *p, size_t n)
{
	const unsigned char *b = (const unsigned char *)p;
	while (n--) hash = (hash ^ *b++) * 0x100000001b3;
}

#endif
