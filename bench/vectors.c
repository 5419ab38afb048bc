// vectors.c: kernels of vector, x87 and cryptographic instructions for
// measuring: `vectors NAME [REPEAT]`. Each checks its own result: against plain
// C, a conserved quantity, or the standard's example; and prints a checksum of
// it, which is the same on every host.
#include <immintrin.h>
#include "guest.h"

#define TARGET(features) __attribute__((target(features)))
#define ALIGNED __attribute__((aligned(32)))

static u64
mix(u64 h, u64 x)
{
	h = (h ^ x) * 0x9e3779b97f4a7c15ul;
	return h ^ h >> 29;
}

static u64
double_bits(double x)
{
	union { double d; u64 u; } b;
	b.d = x;
	return b.u;
}

static u64
hash_bytes(const void *p, u64 n)
{
	u64 h = 1;
	for (u64 i = 0; i < n; ++i)
		h = mix(h, ((const u8 *)p)[i]);
	return h;
}

static void
expect(const void *a, const void *b, u64 n)
{
	for (u64 i = 0; i < n; ++i)
		wrong |= ((const u8 *)a)[i] != ((const u8 *)b)[i];
}

// ---- matrices: fused multiplication and addition, four doubles at once -------

enum { SIDE = 64 };
static double ma[SIDE][SIDE] ALIGNED, mb[SIDE][SIDE] ALIGNED, mc[SIDE][SIDE] ALIGNED;

TARGET("avx2,fma") static u64
k_matmul(void)
{
	u64 h = 1;
	for (int i = 0; i < SIDE; ++i)
		for (int j = 0; j < SIDE; ++j) {
			ma[i][j] = i * 3 - j;
			mb[i][j] = (i ^ j) + 1;
		}
	for (int i = 0; i < SIDE; i += 2)
		for (int j = 0; j < SIDE; j += 8) {
			__m256d r0 = _mm256_setzero_pd(), r1 = r0, r2 = r0, r3 = r0;
			for (int k = 0; k < SIDE; ++k) {
				__m256d x = _mm256_load_pd(&mb[k][j]), y = _mm256_load_pd(&mb[k][j + 4]);
				__m256d a = _mm256_broadcast_sd(&ma[i][k]), b = _mm256_broadcast_sd(&ma[i + 1][k]);
				r0 = _mm256_fmadd_pd(a, x, r0);
				r1 = _mm256_fmadd_pd(a, y, r1);
				r2 = _mm256_fmadd_pd(b, x, r2);
				r3 = _mm256_fmadd_pd(b, y, r3);
			}
			_mm256_store_pd(&mc[i][j], r0);
			_mm256_store_pd(&mc[i][j + 4], r1);
			_mm256_store_pd(&mc[i + 1][j], r2);
			_mm256_store_pd(&mc[i + 1][j + 4], r3);
		}
	// One row in integers
	for (int j = 0; j < SIDE; ++j) {
		i64 sum = 0;
		for (int k = 0; k < SIDE; ++k)
			sum += (5 * 3 - k) * ((k ^ j) + 1);
		wrong |= mc[5][j] != (double)sum;
	}
	for (int i = 0; i < SIDE; ++i)
		h = mix(h, double_bits(mc[i][63 - i]));
	return h;
}

// ---- bodies: their momentum is conserved ---------------------------------------

enum { BODIES = 8, STEPS = 200 };
static struct {
	double p[3][BODIES], v[3][BODIES], mass[BODIES];
} world ALIGNED;

static void
create(void)
{
	for (int i = 0; i < BODIES; ++i) {
		world.p[0][i] = i * 1.5;
		world.p[1][i] = 2.0 / (i + 1);
		world.p[2][i] = i * i * 0.25 - 0.3;
		world.v[0][i] = 0.1 * i;
		world.v[1][i] = 0.02 * (5 - i);
		world.v[2][i] = 0.01;
		world.mass[i] = 1.0 / (1 + i);
	}
}

static u64
judge(void)
{
	u64 h = 1;
	for (int k = 0; k < 3; ++k) {
		double now = 0, was = 0;
		for (int i = 0; i < BODIES; ++i) {
			double first = k == 0 ? 0.1 * i : k == 1 ? 0.02 * (5 - i) : 0.01;
			now += world.mass[i] * world.v[k][i];
			was += world.mass[i] * first;
			h = mix(h, double_bits(world.p[k][i]));
		}
		wrong |= !(now - was < 1e-12 && was - now < 1e-12);
	}
	return h;
}

// The pull of all bodies on body i, `lanes` at once, and all bodies' motion
#define NBODY(name, features, V, lanes, op) \
TARGET(features) static u64 \
name(void) \
{ \
	const V step = op(set1_pd)(0.001), soft = op(set1_pd)(0.01); \
	create(); \
	for (int n = 0; n < STEPS; ++n) { \
		for (int i = 0; i < BODIES; ++i) { \
			V a[3] = { op(setzero_pd)(), op(setzero_pd)(), op(setzero_pd)() }; \
			for (int j = 0; j < BODIES; j += lanes) { \
				V d[3], d2 = soft, pull; \
				for (int k = 0; k < 3; ++k) { \
					d[k] = op(sub_pd)(op(load_pd)(&world.p[k][j]), op(set1_pd)(world.p[k][i])); \
					d2 = op(add_pd)(d2, op(mul_pd)(d[k], d[k])); \
				} \
				pull = op(div_pd)(op(load_pd)(&world.mass[j]), op(mul_pd)(d2, op(sqrt_pd)(d2))); \
				for (int k = 0; k < 3; ++k) \
					a[k] = op(add_pd)(a[k], op(mul_pd)(d[k], pull)); \
			} \
			for (int k = 0; k < 3; ++k) { \
				double part[lanes] ALIGNED, sum = 0; \
				op(store_pd)(part, a[k]); \
				for (int j = 0; j < lanes; ++j) \
					sum += part[j]; \
				world.v[k][i] += 0.001 * sum; \
			} \
		} \
		for (int k = 0; k < 3; ++k) \
			for (int i = 0; i < BODIES; i += lanes) \
				op(store_pd)(&world.p[k][i], op(add_pd)(op(load_pd)(&world.p[k][i]), \
				                                         op(mul_pd)(step, op(load_pd)(&world.v[k][i])))); \
	} \
	return judge(); \
}
#define SSE(name) _mm_##name
#define AVX(name) _mm256_##name
NBODY(k_nbody_sse2, "sse2", __m128d, 2, SSE)
NBODY(k_nbody_avx, "avx", __m256d, 4, AVX)

// ---- the Mandelbrot set, four points at once -----------------------------------

enum { WIDTH = 48, HEIGHT = 32, LIMIT = 100 };
static i64 picture[HEIGHT][WIDTH] ALIGNED;

TARGET("avx2,fma") static u64
k_mandelbrot(void)
{
	const __m256d four = _mm256_set1_pd(4);
	u64 h = 1;
	for (int y = 0; y < HEIGHT; ++y) {
		__m256d ci = _mm256_set1_pd(y * 0.0625 - 1);
		for (int x = 0; x < WIDTH; x += 4) {
			__m128i at = _mm_add_epi32(_mm_set1_epi32(x), _mm_setr_epi32(0, 1, 2, 3));
			__m256d cr = _mm256_fmsub_pd(_mm256_cvtepi32_pd(at), _mm256_set1_pd(0.0625), _mm256_set1_pd(2.25));
			__m256d r = cr, i = ci;
			__m256i count = _mm256_setzero_si256();
			for (int n = 0; n < LIMIT; ++n) {
				__m256d rr = _mm256_mul_pd(r, r), ii = _mm256_mul_pd(i, i), ri = _mm256_mul_pd(r, i);
				__m256d inside = _mm256_cmp_pd(_mm256_add_pd(rr, ii), four, _CMP_LT_OQ);
				if (_mm256_testz_pd(inside, inside))
					break;
				count = _mm256_sub_epi64(count, _mm256_castpd_si256(inside));
				r = _mm256_add_pd(_mm256_sub_pd(rr, ii), cr);
				i = _mm256_add_pd(_mm256_add_pd(ri, ri), ci);
			}
			_mm256_store_si256((__m256i *)&picture[y][x], count);
		}
	}
	// One row in plain C
	for (int x = 0; x < WIDTH; ++x) {
		double cr = x * 0.0625 - 2.25, ci = 11 * 0.0625 - 1, r = cr, i = ci;
		i64 n = 0;
		for (; n < LIMIT && r * r + i * i < 4; ++n) {
			double t = r * r - i * i + cr;
			i = r * i + r * i + ci;
			r = t;
		}
		wrong |= picture[11][x] != n;
	}
	for (int y = 0; y < HEIGHT; ++y)
		for (int x = 0; x < WIDTH; ++x)
			h = mix(h, (u64)picture[y][x]);
	return h;
}

// ---- x87 --------------------------------------------------------------------------

// pi by means of means (Gauss), and e and the golden ratio by series
static u64
k_x87(void)
{
	long double sum = 0, a, b, t, p, e, phi;
	u64 h = 1;
	for (int n = 0; n < 200; ++n) {
		a = 1;
		b = 0.70710678118654752440L;
		t = 0.25L;
		p = 1;
		for (int i = 0; i < 5; ++i) {
			long double next = (a + b) / 2, root = a * b;
			__asm__("fsqrt" : "+t"(root));
			t -= p * (a - next) * (a - next);
			b = root;
			a = next;
			p *= 2;
		}
		sum += (a + b) * (a + b) / (4 * t);
		e = 1;
		for (int i = 24; i; --i)
			e = 1 + e / i;
		sum += e;
		phi = 1;
		for (int i = 0; i < 48; ++i)
			phi = 1 + 1 / phi;
		sum -= phi;
	}
	sum /= 200;
	// pi + e - phi
	t = sum - 4.24184049329894362562L;
	wrong |= !(t < 1e-15L && t > -1e-15L);
	for (u64 i = 0; i < 10; ++i)
		h = mix(h, ((const u8 *)&sum)[i]);
	return h;
}

// ---- SHA-256 ------------------------------------------------------------------------

// The first 32 bits of the fraction of the square or cube root of p
static u32
root_bits(u64 p, int cube)
{
	u64 x = 0;
	for (int i = 37; i >= 0; --i) {
		unsigned __int128 y = x | 1ul << i, n = (unsigned __int128)p << (cube ? 96 : 64);
		if (cube ? y < 1ul << 36 && y * y * y <= n : y * y <= n)
			x = (u64)y;
	}
	return (u32)x;
}

static u32 sha_first[8] ALIGNED, sha_k[64] ALIGNED;

static void
sha_tables(void)
{
	int n = 0;
	for (u64 p = 2; n < 64; ++p) {
		u64 d = 2;
		while (d < p && p % d)
			++d;
		if (d < p)
			continue;
		if (n < 8)
			sha_first[n] = root_bits(p, 0);
		sha_k[n++] = root_bits(p, 1);
	}
}

TARGET("sha,sse4.1") static void
sha_blocks(u32 *state, const u8 *p, u64 n)
{
	const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
	__m128i dcba = _mm_load_si128((const __m128i *)state), hgfe = _mm_load_si128((const __m128i *)state + 1);
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
	__m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
	for (; n; --n, p += 64) {
		__m128i w[4], x = abef, y = cdgh;
#pragma GCC unroll 16
		for (int i = 0; i < 16; ++i) {
			__m128i now, wk;
			if (i < 4) {
				now = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p + i), order);
			} else {
				now = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
				now = _mm_add_epi32(now, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
				now = _mm_sha256msg2_epu32(now, w[(i + 3) & 3]);
			}
			w[i & 3] = now;
			wk = _mm_add_epi32(now, _mm_load_si128((const __m128i *)sha_k + i));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
		}
		abef = _mm_add_epi32(abef, x);
		cdgh = _mm_add_epi32(cdgh, y);
	}
	// abef is now f e b a from the top down, cdgh h g d c
	_mm_store_si128((__m128i *)state, _mm_shuffle_epi32(_mm_unpackhi_epi64(cdgh, abef), 0x1b));
	_mm_store_si128((__m128i *)state + 1, _mm_shuffle_epi32(_mm_unpacklo_epi64(cdgh, abef), 0x1b));
}

static u8 message[8192] ALIGNED;

static void
write_message(void)
{
	if (!message[8191])
		for (u64 i = 0; i < sizeof message; ++i)
			message[i] = (u8)(i * i >> 3);
}

static u64
k_sha256ni(void)
{
	static const u32 abc[8] = {
		0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad
	};  // FIPS 180-4's example
	u32 h[8] ALIGNED;
	u8 one[64];
	if (!sha_k[0])
		sha_tables();
	write_message();
	memset(one, 0, sizeof one);
	one[0] = 'a';
	one[1] = 'b';
	one[2] = 'c';
	one[3] = 0x80;
	one[63] = 24;
	memcpy(h, sha_first, sizeof h);
	sha_blocks(h, one, 1);
	expect(h, abc, sizeof h);
	sha_blocks(h, message, sizeof message / 64);
	return hash_bytes(h, sizeof h);
}

// ---- AES-128 -------------------------------------------------------------------------

TARGET("aes") static void
aes_keys(__m128i *k, const u8 *key)
{
	k[0] = _mm_loadu_si128((const __m128i *)key);
#define AES_KEY(i, rcon) do { \
		__m128i t_ = k[i - 1], g_ = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(t_, rcon), 0xff); \
		t_ = _mm_xor_si128(t_, _mm_slli_si128(t_, 4)); \
		t_ = _mm_xor_si128(t_, _mm_slli_si128(t_, 8)); \
		k[i] = _mm_xor_si128(t_, g_); } while (0)
	AES_KEY(1, 1); AES_KEY(2, 2); AES_KEY(3, 4); AES_KEY(4, 8); AES_KEY(5, 16);
	AES_KEY(6, 32); AES_KEY(7, 64); AES_KEY(8, 128); AES_KEY(9, 27); AES_KEY(10, 54);
}

TARGET("aes") static inline __m128i
aes_one(const __m128i *k, __m128i x)
{
	x = _mm_xor_si128(x, k[0]);
	for (int i = 1; i < 10; ++i)
		x = _mm_aesenc_si128(x, k[i]);
	return _mm_aesenclast_si128(x, k[10]);
}

static u8 cipher[4096] ALIGNED;
static const u8 aes_key[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

TARGET("aes") static u64
k_aes_cbc(void)
{
	static const u8 plain[16] = {
		0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff
	}, want[16] = {
		0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30, 0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a
	};  // FIPS 197's example
	__m128i k[11], x;
	u8 got[16];
	aes_keys(k, aes_key);
	x = aes_one(k, _mm_loadu_si128((const __m128i *)plain));
	_mm_storeu_si128((__m128i *)got, x);
	expect(got, want, 16);
	for (u64 i = 0; i < sizeof cipher; i += 16) {
		x = aes_one(k, _mm_xor_si128(x, _mm_set1_epi8((char)i)));
		_mm_store_si128((__m128i *)(cipher + i), x);
	}
	return hash_bytes(cipher + sizeof cipher - 64, 64);
}

// The key stream, eight blocks at once
TARGET("aes,sse4.1") static u64
k_aes_ctr(void)
{
	__m128i k[11], x[8];
	u8 got[16];
	aes_keys(k, aes_key);
	for (u64 i = 0; i < sizeof cipher / 16; i += 8) {
		for (int j = 0; j < 8; ++j)
			x[j] = _mm_xor_si128(_mm_set_epi64x((i64)(i + (u64)j) << 56, 0x01020304), k[0]);
		for (int r = 1; r < 10; ++r) {
			__m128i key = k[r];
#pragma GCC unroll 8
			for (int j = 0; j < 8; ++j)
				x[j] = _mm_aesenc_si128(x[j], key);
		}
		for (u64 j = 0; j < 8; ++j)
			_mm_store_si128((__m128i *)(cipher + 16 * (i + j)), _mm_aesenclast_si128(x[j], k[10]));
	}
	_mm_storeu_si128((__m128i *)got, aes_one(k, _mm_set_epi64x((i64)77 << 56, 0x01020304)));
	expect(got, cipher + 16 * 77, 16);
	return hash_bytes(cipher + sizeof cipher - 64, 64);
}

// ---- GHASH: carry-less multiplication modulo x^128 + x^7 + x^2 + x + 1 -----------

// Bit i of an operand stands for x^(127-i): so the product is doubled, and what
// is too low in it is folded up twice, by 64 bits each.
TARGET("pclmul,ssse3") static __m128i
ghash_times(__m128i a, __m128i b)
{
	const __m128i fold = _mm_set_epi64x(0, (i64)0xc200000000000000);
	__m128i lo = _mm_clmulepi64_si128(a, b, 0x00), hi = _mm_clmulepi64_si128(a, b, 0x11);
	__m128i mid = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10));
	__m128i lo_top, hi_top;
	lo = _mm_xor_si128(lo, _mm_slli_si128(mid, 8));
	hi = _mm_xor_si128(hi, _mm_srli_si128(mid, 8));
	lo_top = _mm_srli_epi64(lo, 63);
	hi_top = _mm_srli_epi64(hi, 63);
	hi = _mm_or_si128(_mm_slli_epi64(hi, 1), _mm_alignr_epi8(hi_top, lo_top, 8));
	lo = _mm_or_si128(_mm_slli_epi64(lo, 1), _mm_slli_si128(lo_top, 8));
	lo = _mm_xor_si128(_mm_shuffle_epi32(lo, 0x4e), _mm_clmulepi64_si128(lo, fold, 0));
	lo = _mm_xor_si128(_mm_shuffle_epi32(lo, 0x4e), _mm_clmulepi64_si128(lo, fold, 0));
	return _mm_xor_si128(hi, lo);
}

// The same bit by bit: x and y are in the order of the standard's bytes.
static void
ghash_slowly(u64 *x, const u64 *y)
{
	u64 z0 = 0, z1 = 0, v0 = y[0], v1 = y[1];
	for (int i = 0; i < 128; ++i) {
		u64 low = v1 & 1;
		if (x[i / 64] >> (63 - i % 64) & 1) {
			z0 ^= v0;
			z1 ^= v1;
		}
		v1 = v1 >> 1 | v0 << 63;
		v0 = v0 >> 1 ^ (low ? 0xe1ul << 56 : 0);
	}
	x[0] = z0;
	x[1] = z1;
}

TARGET("pclmul,ssse3") static u64
k_ghash(void)
{
	const __m128i order = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	const u64 key[2] = { 0x66e94bd4ef8a2c3b, 0x884cfa59ca342b2e };
	__m128i h = _mm_set_epi64x((i64)key[0], (i64)key[1]), x = _mm_setzero_si128();
	u64 slow[2] = { 0, 0 }, got[2];
	write_message();
	for (u64 i = 0; i < sizeof message; i += 16) {
		__m128i block = _mm_shuffle_epi8(_mm_load_si128((const __m128i *)(message + i)), order);
		x = ghash_times(_mm_xor_si128(x, block), h);
		if (i < 64) {
			for (int j = 0; j < 16; ++j)
				slow[j / 8] ^= (u64)message[i + (u64)j] << (56 - 8 * (j % 8));
			ghash_slowly(slow, key);
		}
		if (i == 48) {
			_mm_storeu_si128((__m128i *)got, x);
			wrong |= got[0] != slow[1] || got[1] != slow[0];
		}
	}
	_mm_storeu_si128((__m128i *)got, x);
	return mix(got[0], got[1]);
}

static const struct kernel kernels[] = {
	{ "matmul-avx2", k_matmul }, { "nbody-sse2", k_nbody_sse2 }, { "nbody-avx", k_nbody_avx },
	{ "mandelbrot", k_mandelbrot }, { "x87", k_x87 }, { "sha256-ni", k_sha256ni },
	{ "aes-cbc", k_aes_cbc }, { "aes-ctr", k_aes_ctr }, { "ghash", k_ghash },
};
KERNELS(kernels);
