// fpgen.h: floating-point operands that are likely to show differences: edge
// exponents, sparse and full fractions, NaNs, denormals, odd encodings.
#ifndef TEST_CPU_FPGEN_H_
#define TEST_CPU_FPGEN_H_
#include "cpu/softfloat.h"

static u64 seed;

static u64
rnd(void)
{
	u64 z = seed += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

// A fraction of the given width, often sparse, full, or next to a halfway case.
static u64
rnd_frac(int bits)
{
	u64 r = rnd(), f = rnd();
	switch (r & 7) {
	case 0:
		f = 0;
		break;
	case 1:
		f = 1ull << (r >> 8) % bits;
		break;
	case 2:
		f = -(1ull << (r >> 8) % bits);
		break;
	case 3:
		f = (1ull << (r >> 8) % bits) - 1;
		break;
	case 4:
		f = (1ull << (r >> 8) % bits) + (1ull << (r >> 16) % bits) - (r >> 24 & 1);
		break;
	case 5:
		f &= -(1ull << (r >> 8) % bits);
		break;
	default:
		break;
	}
	return bits == 64 ? f : f & ((1ull << bits) - 1);
}

static int
rnd_exp(int max, int frac)
{
	u64 r = rnd();
	int k = (int)(r >> 8 & 0xff);
	switch (r & 15) {
	case 0:
		return 0;
	case 1:
		return max;
	case 2:
		return k % 3;
	case 3:
		return max - k % 4;
	case 4:
		return (k * 2) % (frac + 4);
	case 5:
	case 6:
		return max / 2 + k % 68;
	case 7:
	case 8:
	case 9:
	case 10:
		return max / 2 - 8 + k % 17;
	case 11:
		return max / 4 + k % 70 - 35;
	case 12:
		return max / 2 + max / 4 + k % 70 - 35;
	case 13:
		return max / 2 - frac + k % 9;
	default:
		return (int)(r >> 16) & max;
	}
}

static u64
rnd_f(int fb, int eb)
{
	u64 e = rnd_exp((1 << eb) - 1, fb) & ((1 << eb) - 1);
	u64 v = rnd_frac(fb) | e << fb;
	return v | (rnd() & 1) << (fb + eb);
}

static struct f80
rnd_operand(int kind)
{
	struct f80 v = {0, 0};
	u64 r;
	switch (kind) {
	case 's':
		v.m = rnd_f(23, 8);
		break;
	case 'd':
		v.m = rnd_f(52, 11);
		break;
	case 'h':
		v.m = rnd_f(10, 5);
		break;
	case 'i':
		v.m = rnd_frac(64);
		if (rnd() & 1) v.m = (i64)v.m >> (rnd() & 63);
		break;
	default:
		r = rnd();
		switch (r & 15) {
		case 0:
			v.m = rnd_frac(64);  // any encoding, supported or not
			break;
		case 1:
		case 2:
			v.m = rnd_frac(24) << 40;
			break;
		case 3:
		case 4:
			v.m = rnd_frac(53) << 11;
			break;
		default:
			v.m = rnd_frac(63);
		}
		v.se = rnd_exp(0x7fff, 63) & 0x7fff;
		if ((r & 15) && v.se) v.m |= 1ull << 63;
		if (r >> 16 & 1) v.se |= 0x8000;
	}
	return v;
}

#endif
