// sse_crypto.c: AES rounds, carry-less multiplication, SHA-1 and SHA-256
// steps. Hosts that have the instruction use it, if they say so by CPUID.
// Sources: SDM vol 2; FIPS 197, FIPS 180-4.
#include "cpu/sse_impl.h"

static const u8 sbox[256] = {
	99, 124, 119, 123, 242, 107, 111, 197, 48, 1, 103, 43, 254, 215, 171, 118, 202, 130, 201, 125, 250, 89, 71, 240,
	173, 212, 162, 175, 156, 164, 114, 192, 183, 253, 147, 38, 54, 63, 247, 204, 52, 165, 229, 241, 113, 216, 49, 21,
	4, 199, 35, 195, 24, 150, 5, 154, 7, 18, 128, 226, 235, 39, 178, 117, 9, 131, 44, 26, 27, 110, 90, 160,
	82, 59, 214, 179, 41, 227, 47, 132, 83, 209, 0, 237, 32, 252, 177, 91, 106, 203, 190, 57, 74, 76, 88, 207,
	208, 239, 170, 251, 67, 77, 51, 133, 69, 249, 2, 127, 80, 60, 159, 168, 81, 163, 64, 143, 146, 157, 56, 245,
	188, 182, 218, 33, 16, 255, 243, 210, 205, 12, 19, 236, 95, 151, 68, 23, 196, 167, 126, 61, 100, 93, 25, 115,
	96, 129, 79, 220, 34, 42, 144, 136, 70, 238, 184, 20, 222, 94, 11, 219, 224, 50, 58, 10, 73, 6, 36, 92,
	194, 211, 172, 98, 145, 149, 228, 121, 231, 200, 55, 109, 141, 213, 78, 169, 108, 86, 244, 234, 101, 122, 174, 8,
	186, 120, 37, 46, 28, 166, 180, 198, 232, 221, 116, 31, 75, 189, 139, 138, 112, 62, 181, 102, 72, 3, 246, 14,
	97, 53, 87, 185, 134, 193, 29, 158, 225, 248, 152, 17, 105, 217, 142, 148, 155, 30, 135, 233, 206, 85, 40, 223,
	140, 161, 137, 13, 191, 230, 66, 104, 65, 153, 45, 15, 176, 84, 187, 22,
};
static const u8 inverse_sbox[256] = {
	82, 9, 106, 213, 48, 54, 165, 56, 191, 64, 163, 158, 129, 243, 215, 251, 124, 227, 57, 130, 155, 47, 255, 135,
	52, 142, 67, 68, 196, 222, 233, 203, 84, 123, 148, 50, 166, 194, 35, 61, 238, 76, 149, 11, 66, 250, 195, 78,
	8, 46, 161, 102, 40, 217, 36, 178, 118, 91, 162, 73, 109, 139, 209, 37, 114, 248, 246, 100, 134, 104, 152, 22,
	212, 164, 92, 204, 93, 101, 182, 146, 108, 112, 72, 80, 253, 237, 185, 218, 94, 21, 70, 87, 167, 141, 157, 132,
	144, 216, 171, 0, 140, 188, 211, 10, 247, 228, 88, 5, 184, 179, 69, 6, 208, 44, 30, 143, 202, 63, 15, 2,
	193, 175, 189, 3, 1, 19, 138, 107, 58, 145, 17, 65, 79, 103, 220, 234, 151, 242, 207, 206, 240, 180, 230, 115,
	150, 172, 116, 34, 231, 173, 53, 133, 226, 249, 55, 232, 28, 117, 223, 110, 71, 241, 26, 113, 29, 41, 197, 137,
	111, 183, 98, 14, 170, 24, 190, 27, 252, 86, 62, 75, 198, 210, 121, 32, 154, 219, 192, 254, 120, 205, 90, 244,
	31, 221, 168, 51, 136, 7, 199, 49, 177, 18, 16, 89, 39, 128, 236, 95, 96, 81, 127, 169, 25, 181, 74, 13,
	45, 229, 122, 159, 147, 201, 156, 239, 160, 224, 59, 77, 174, 42, 245, 176, 200, 235, 187, 60, 131, 83, 153, 97,
	23, 43, 4, 126, 186, 119, 214, 38, 225, 105, 20, 99, 85, 33, 12, 125,
};

static u8
times2(u8 x)
{
	return (u8)(x << 1 ^ (x >> 7) * 0x1b);
}

// Each column times 3x^3 + x^2 + x + 2
static void
mix_columns(u8 *b)
{
	int i, j;
	for (i = 0; i < 16; i += 4) {
		u8 first = b[i], all = b[i] ^ b[i + 1] ^ b[i + 2] ^ b[i + 3];
		for (j = 0; j < 4; j++) {
			u8 next = j < 3 ? b[i + j + 1] : first;
			b[i + j] ^= all ^ times2(b[i + j] ^ next);
		}
	}
}

// The inverse: first times 4x^2 + 5, then as above
static void
unmix_columns(u8 *b)
{
	int i;
	for (i = 0; i < 16; i += 4) {
		u8 u = times2(times2(b[i] ^ b[i + 2])), v = times2(times2(b[i + 1] ^ b[i + 3]));
		b[i] ^= u;
		b[i + 2] ^= u;
		b[i + 1] ^= v;
		b[i + 3] ^= v;
	}
	mix_columns(b);
}

// One round on d with round key s. step: 5 shifts rows to the left, 13 to the
// right.
static NOINLINE void
aes_round(u8 *d, const u8 *s, const u8 *box, int step, void mix(u8 *))
{
	u8 b[16];
	int i;
	for (i = 0; i < 16; i++)
		b[i] = box[d[(i + i % 4 * (step - 1)) & 15]];
	if (mix)
		mix(b);
	for (i = 0; i < 16; i++)
		d[i] = b[i] ^ s[i];
}

static void
k_aesenc(u8 *d, const u8 *s, int n, int imm)
{
	TRY_HOST(HOST_AES, "aesenc %1,%0");
	aes_round(d, s, sbox, 5, mix_columns);
	(void)n;
	(void)imm;
}

static void
k_aesenclast(u8 *d, const u8 *s, int n, int imm)
{
	TRY_HOST(HOST_AES, "aesenclast %1,%0");
	aes_round(d, s, sbox, 5, 0);
	(void)n;
	(void)imm;
}

static void
k_aesdec(u8 *d, const u8 *s, int n, int imm)
{
	TRY_HOST(HOST_AES, "aesdec %1,%0");
	aes_round(d, s, inverse_sbox, 13, unmix_columns);
	(void)n;
	(void)imm;
}

static void
k_aesdeclast(u8 *d, const u8 *s, int n, int imm)
{
	TRY_HOST(HOST_AES, "aesdeclast %1,%0");
	aes_round(d, s, inverse_sbox, 13, 0);
	(void)n;
	(void)imm;
}

static void
k_aesimc(u8 *d, const u8 *s, int n, int imm)
{
	memmove(d, s, 16);
	unmix_columns(d);
	(void)n;
	(void)imm;
}

static u32
substitute_word(u32 x)
{
	return sbox[x & 255] | (u32)sbox[x >> 8 & 255] << 8 | (u32)sbox[x >> 16 & 255] << 16 | (u32)sbox[x >> 24] << 24;
}

static void
k_aeskeygenassist(u8 *d, const u8 *s, int n, int imm)
{
	u32 x1 = substitute_word(ld32(s + 4)), x3 = substitute_word(ld32(s + 12)), rcon = (u8)imm;
	v128_st(d, v128_make4(x1, (x1 >> 8 | x1 << 24) ^ rcon, x3, (x3 >> 8 | x3 << 24) ^ rcon));
	(void)n;
}
LATER_HANDLERS(aesenc, HOST_AES, 16, 16)
LATER_HANDLERS(aesenclast, HOST_AES, 16, 16)
LATER_HANDLERS(aesdec, HOST_AES, 16, 16)
LATER_HANDLERS(aesdeclast, HOST_AES, 16, 16)
LATER_HANDLERS(aesimc, HOST_AES, 16, 16 | HOW_UNARY)
#if SSE_HOST
static ALWAYS_INLINE void
h_aeskeygenassist(u8 *d, const u8 *s, int n, int imm)
{
	v128 x = v128_ld(s);
	__asm__("aeskeygenassist $0,%0,%0" : "+x"(x));
	v128_st(d, x ^ v128_make4(0, (u8)imm, 0, (u8)imm));
	(void)n;
}

static ALWAYS_INLINE void
h_pclmulqdq(u8 *d, const u8 *s, int n, int imm)
{
	v128 x = v128_ld(d), y = v128_ld(s);
	switch (imm & 0x11) {
	case 0x00: __asm__("pclmulqdq $0,%1,%0" : "+x"(x) : "x"(y)); break;
	case 0x01: __asm__("pclmulqdq $1,%1,%0" : "+x"(x) : "x"(y)); break;
	case 0x10: __asm__("pclmulqdq $16,%1,%0" : "+x"(x) : "x"(y)); break;
	default: __asm__("pclmulqdq $17,%1,%0" : "+x"(x) : "x"(y)); break;
	}
	v128_st(d, x);
	(void)n;
}
#define CRYPTO(name, feature, vex) \
VEC_HANDLER_OF(h_##name, name, host_can(feature), vec_apply(c, op, k_##name, 16)) \
VEX_TWIN_ASM_OF(h_##name, name, vex, host_can(feature), vex_apply(c, op, k_##name, vex))
#else
#define CRYPTO(name, feature, vex) \
VEC_HANDLER(name, 16) \
VEX_TWIN(name, vex)
#endif
CRYPTO(aeskeygenassist, HOST_AES, 16 | HOW_UNARY)

static void
k_pclmulqdq(u8 *d, const u8 *s, int n, int imm)
{
	u64 a, b, lo = 0, hi = 0;
	int i;
	a = ld64(d + (imm & 1) * 8);
	b = ld64(s + (imm >> 4 & 1) * 8);
	for (i = 0; i < 64; i++)
		if (b >> i & 1) {
			lo ^= a << i;
			hi ^= i ? a >> (64 - i) : 0;
		}
	v128_st(d, v128_make(lo, hi));
	(void)n;
}
CRYPTO(pclmulqdq, HOST_CLMUL, 16)

// SHA. The manual counts the four words of a register from the top: word 0 is
// lane 3. Silicon takes memory operands at any address here.
static u32
rol32(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

static u32
sigma(u32 x, int a, int b, int shift)
{
	return rol32(x, 32 - a) ^ rol32(x, 32 - b) ^ x >> shift;
}

static u32
big_sigma(u32 x, int a, int b, int c)
{
	return rol32(x, 32 - a) ^ rol32(x, 32 - b) ^ rol32(x, 32 - c);
}

static void
k_sha1nexte(u8 *d, const u8 *s, int n, int imm)
{
	u32 e = ld32(s + 12) + rol32(ld32(d + 12), 30);
	v128_st(d, v128_make(ld64(s), ld32(s + 8) | (u64)e << 32));
	(void)n;
	(void)imm;
}

static void
k_sha1msg1(u8 *d, const u8 *s, int n, int imm)
{
	v128_st(d, v128_make(ld64(d) ^ ld64(s + 8), ld64(d + 8) ^ ld64(d)));
	(void)n;
	(void)imm;
}

static void
k_sha1msg2(u8 *d, const u8 *s, int n, int imm)
{
	u32 w16 = rol32(ld32(d + 12) ^ ld32(s + 8), 1), w17 = rol32(ld32(d + 8) ^ ld32(s + 4), 1);
	u32 w18 = rol32(ld32(d + 4) ^ ld32(s), 1), w19 = rol32(ld32(d) ^ w16, 1);
	v128_st(d, v128_make4(w19, w18, w17, w16));
	(void)n;
	(void)imm;
}

static u32
sha1_f(int which, u32 b, u32 c, u32 d)
{
	switch (which) {
	case 0: return ((b & c) ^ (~b & d)) + 0x5a827999;
	case 1: return (b ^ c ^ d) + 0x6ed9eba1;
	case 2: return ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdc;
	default: return (b ^ c ^ d) + 0xca62c1d6;
	}
}

static void
k_sha1rnds4(u8 *d, const u8 *s, int n, int imm)
{
	u32 a = ld32(d + 12), b = ld32(d + 8), c = ld32(d + 4), e = 0, f = ld32(d);
	int i;
	switch (imm & 3) {
	case 0: TRY_HOST(HOST_SHA, "sha1rnds4 $0,%1,%0"); break;
	case 1: TRY_HOST(HOST_SHA, "sha1rnds4 $1,%1,%0"); break;
	case 2: TRY_HOST(HOST_SHA, "sha1rnds4 $2,%1,%0"); break;
	default: TRY_HOST(HOST_SHA, "sha1rnds4 $3,%1,%0"); break;
	}
	for (i = 3; i >= 0; i--) {
		u32 t = sha1_f(imm & 3, b, c, f) + rol32(a, 5) + ld32(s + 4 * i) + e;
		e = f;
		f = c;
		c = rol32(b, 30);
		b = a;
		a = t;
	}
	v128_st(d, v128_make4(f, c, b, a));
	(void)n;
}

static void
k_sha256msg1(u8 *d, const u8 *s, int n, int imm)
{
	u32 w0 = ld32(d), w1 = ld32(d + 4), w2 = ld32(d + 8), w3 = ld32(d + 12);
	TRY_HOST(HOST_SHA, "sha256msg1 %1,%0");
	v128_st(d, v128_make4(w0 + sigma(w1, 7, 18, 3), w1 + sigma(w2, 7, 18, 3), w2 + sigma(w3, 7, 18, 3),
	                      w3 + sigma(ld32(s), 7, 18, 3)));
	(void)n;
	(void)imm;
}

static void
k_sha256msg2(u8 *d, const u8 *s, int n, int imm)
{
	u32 w16, w17;
	TRY_HOST(HOST_SHA, "sha256msg2 %1,%0");
	w16 = ld32(d) + sigma(ld32(s + 8), 17, 19, 10);
	w17 = ld32(d + 4) + sigma(ld32(s + 12), 17, 19, 10);
	v128_st(d, v128_make4(w16, w17, ld32(d + 8) + sigma(w16, 17, 19, 10), ld32(d + 12) + sigma(w17, 17, 19, 10)));
	(void)n;
	(void)imm;
}
VEC_HANDLER(sha1nexte, 16 | HOW_UNALIGNED)
VEC_HANDLER(sha1msg1, 16 | HOW_UNALIGNED)
VEC_HANDLER(sha1msg2, 16 | HOW_UNALIGNED)
VEC_HANDLER(sha1rnds4, 16 | HOW_UNALIGNED)
VEC_HANDLER(sha256msg1, 16 | HOW_UNALIGNED)
VEC_HANDLER(sha256msg2, 16 | HOW_UNALIGNED)

// Two rounds; XMM0 holds the two message words with their constants added.
static void
rounds(u8 *d, const u8 *s, const u8 *wk)
{
	u32 a = ld32(s + 12), b = ld32(s + 8), e = ld32(s + 4), f = ld32(s);
	u32 c = ld32(d + 12), dd = ld32(d + 8), g = ld32(d + 4), h = ld32(d);
	int i;
#if SSE_HOST
	if (host_has(HOST_SHA)) {
		v128 x = v128_ld(d), y = v128_ld(s), z = v128_ld(wk);
		__asm__("sha256rnds2 %%xmm0,%1,%0" : "+x"(x) : "x"(y), "Yz"(z));
		v128_st(d, x);
		return;
	}
#endif
	for (i = 0; i < 2; i++) {
		u32 t = ((e & f) ^ (~e & g)) + big_sigma(e, 6, 11, 25) + ld32(wk + 4 * i) + h;
		u32 u = ((a & b) ^ (a & c) ^ (b & c)) + big_sigma(a, 2, 13, 22);
		h = g;
		g = f;
		f = e;
		e = t + dd;
		dd = c;
		c = b;
		b = a;
		a = t + u;
	}
	v128_st(d, v128_make4(f, e, b, a));
}

static NOINLINE void
sha256rnds2(struct cpu *c, const struct op *op)
{
	union lanes buf, wk;
	const u8 *s = vec_source(c, op, 16 | HOW_UNALIGNED, buf.b);
	memcpy(wk.b, xmm(c, 0), 16);
	rounds(xmm(c, op->a), s, wk.b);
}

const struct op *
op_sha256rnds2(struct cpu *c, const struct op *op)
{
	RUN_NEXT(sha256rnds2);
}
