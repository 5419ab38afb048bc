// libmvec.c: the C library's vector mathematics, versions for SSE, AVX and AVX2,
// on edge and random values. Prints a digest of the results for each function
// that the C library finds the processor to have.
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/platform/x86.h>
#include "digest.h"

enum { CASES = 1000 };


static const double special[] = {0.0, -0.0, 1, -1, 0.5, 3, 1e-8, 1e300, 1e-310, 1e-40, 3.14159265358979323846, 1e22, 709.78, -745.2, 88.7, INFINITY, -INFINITY, NAN};

// One in four special, half about one, the others of any exponent
static void
fill(void *out, size_t size, int n)
{
	while (n--) {
		uint64_t r = rnd(), u = rnd();
		double d = special[(r >> 32) % (sizeof special / sizeof *special)];
		float f = (float)d;
		if (size == 8) {
			if (r >> 63) u = (u & 0x800fffffffffffff) | (1013 + (r >> 40 & 15)) << 52;
			if (r >> 62) memcpy(&d, &u, 8);
			memcpy(out, &d, 8);
		} else {
			uint32_t v = (uint32_t)u;
			if (r >> 63) v = (v & 0x807fffff) | (uint32_t)(117 + (r >> 40 & 15)) << 23;
			if (r >> 62) memcpy(&f, &v, 4);
			memcpy(out, &f, 4);
		}
		out = (char *)out + size;
	}
}

#define ONE(X) \
	X(acos) X(acosh) X(asin) X(asinh) X(atan) X(atanh) X(cbrt) X(cos) X(cosh) X(erf) X(erfc) X(exp) X(exp10) X(exp2) X(expm1) X(log) X(log10) \
	X(log1p) X(log2) X(sin) X(sinh) X(tan) X(tanh)
#define TWO(X) X(atan2) X(hypot) X(pow)

// A version of a function: its name, register and element, and what it needs
#define RUN(name, V, T, isa, call)                                                           \
	__attribute__((target(isa))) static void run##name(void)                             \
	{                                                                                    \
		int i;                                                                       \
		hash = 0xcbf29ce484222325, seed = sizeof(V);                                 \
		for (i = 0; i < CASES; i++) {                                                \
			T a[2][sizeof(V) / sizeof(T)];                                       \
			V x, y, r;                                                           \
			fill(a, sizeof(T), 2 * sizeof(V) / sizeof(T));                       \
			memcpy(&x, a[0], sizeof x), memcpy(&y, a[1], sizeof y);              \
			(void)y;                                                             \
			r = call;                                                            \
			mix(&r, sizeof r);                                                   \
		}                                                                            \
		printf("%-18s %016llx\n", #name + 1, (unsigned long long)hash);              \
	}
#define R1(name, V, T, isa) V name(V) __attribute__((target(isa))); RUN(name, V, T, isa, name(x))
#define R2(name, V, T, isa) V name(V, V) __attribute__((target(isa))); RUN(name, V, T, isa, name(x, y))
#define DEFINE1(n) \
	R1(_ZGVbN2v_##n, __m128d, double, "sse2") R1(_ZGVbN4v_##n##f, __m128, float, "sse2") R1(_ZGVcN4v_##n, __m256d, double, "avx") \
	R1(_ZGVcN8v_##n##f, __m256, float, "avx") R1(_ZGVdN4v_##n, __m256d, double, "avx2") R1(_ZGVdN8v_##n##f, __m256, float, "avx2")
#define DEFINE2(n) \
	R2(_ZGVbN2vv_##n, __m128d, double, "sse2") R2(_ZGVbN4vv_##n##f, __m128, float, "sse2") R2(_ZGVcN4vv_##n, __m256d, double, "avx") \
	R2(_ZGVcN8vv_##n##f, __m256, float, "avx") R2(_ZGVdN4vv_##n, __m256d, double, "avx2") R2(_ZGVdN8vv_##n##f, __m256, float, "avx2")
ONE(DEFINE1)
TWO(DEFINE2)

int
main(void)
{
#define SSE1(n) run_ZGVbN2v_##n(), run_ZGVbN4v_##n##f();
#define SSE2(n) run_ZGVbN2vv_##n(), run_ZGVbN4vv_##n##f();
#define AVX1(n) run_ZGVcN4v_##n(), run_ZGVcN8v_##n##f();
#define AVX2(n) run_ZGVcN4vv_##n(), run_ZGVcN8vv_##n##f();
#define AVX21(n) run_ZGVdN4v_##n(), run_ZGVdN8v_##n##f();
#define AVX22(n) run_ZGVdN4vv_##n(), run_ZGVdN8vv_##n##f();
	ONE(SSE1)
	TWO(SSE2)
	if (CPU_FEATURE_ACTIVE(AVX)) {
		ONE(AVX1)
		TWO(AVX2)
	}
	if (CPU_FEATURE_ACTIVE(AVX2)) {
		ONE(AVX21)
		TWO(AVX22)
	}
	return 0;
}
