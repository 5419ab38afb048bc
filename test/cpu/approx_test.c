// approx_test.c: the recorded reciprocals of approx.c are those of this
// processor. With -r prints blink/cpu/approx.inc as recorded here:
//
//   o/test/cpu/approx_test -r >blink/cpu/approx.inc
#include "base/base.h"
#include <stdio.h>
#include "cpu/sse.h"
#if !HOST_X86_64
int
main(void)
{
	// A hash of what every host must compute
	u32 i, hash = 0;
	for (i = 0; i < 0xfffff000u; i += 997)
		hash = (hash ^ sse_approximate(i, 0) ^ sse_approximate(i, 1) << 1) * 0x9e3779b1u;
	printf("approx: hash %08x\n", hash);
	return hash != APPROX_HASH;
}
#else
#include <immintrin.h>

static u32
silicon(u32 x, int root)
{
	__m128 v = _mm_castsi128_ps(_mm_cvtsi32_si128((int)x));
	v = root ? _mm_rsqrt_ss(v) : _mm_rcp_ss(v);
	return (u32)_mm_cvtsi128_si32(_mm_castps_si128(v));
}

// Twelve bits of the mantissa of the result, for twelve bits of x's mantissa:
// 1/x, 1/sqrt(x) for x from 1 to 2, the same for x from 2 to 4
static u32
entry(int table, u32 i)
{
	return silicon((table == 2 ? 0x40000000u : 0x3f800000u) + (i << 11), table > 0) >> 11 & 0xfff;
}

static void
record(void)
{
	u32 i, j, hash = 0;
	int t;
	printf("// RCPSS and RSQRTSS of an AMD Zen 4 processor, recorded by\n"
	       "// `o/test/cpu/approx_test -r >blink/cpu/approx.inc`. Results fall slowly: of\n"
	       "// sixteen in a row the first, and how much each falls behind the one before.\n");
	for (t = 0; t < 3; ++t)
		for (i = 0; i < 256; ++i) {
			u32 falls = 0;
			for (j = 1; j < 16; ++j) {
				u32 d = entry(t, i * 16 + j - 1) - entry(t, i * 16 + j);
				if (d > 3) {
					fprintf(stderr, "falls by %d\n", (int)d);
					return;
				}
				falls |= d << 2 * j;
			}
			printf("{0x%03x, 0x%08x},%s", entry(t, i * 16), falls, i % 5 == 4 || i == 255 ? "\n" : " ");
		}
	for (i = 0; i < 0xfffff000u; i += 997)
		hash = (hash ^ silicon(i, 0) ^ silicon(i, 1) << 1) * 0x9e3779b1u;
	fprintf(stderr, "APPROX_HASH is 0x%08x\n", hash);
}

int
main(int argc, char *argv[])
{
	u32 i, hash = 0;
	int root, failures = 0;
	if (argc > 1) {
		record();
		return 0;
	}
	if (silicon(0x3f800800, 0) != sse_approximate(0x3f800800, 0)) {
		puts("skipped: needs the processor that the table was recorded on");
		return 0;
	}
	for (i = 0; i < 0xfffff000u; i += 997) {
		hash = (hash ^ sse_approximate(i, 0) ^ sse_approximate(i, 1) << 1) * 0x9e3779b1u;
		for (root = 0; root < 2; ++root)
			if (silicon(i, root) != sse_approximate(i, root) && failures++ < 10)
				printf("%s %08x: silicon %08x table %08x\n", root ? "rsqrt" : "rcp", i, silicon(i, root), sse_approximate(i, root));
	}
	if (hash != APPROX_HASH)
		printf("APPROX_HASH is %08x\n", hash);
	return failures || hash != APPROX_HASH;
}
#endif
