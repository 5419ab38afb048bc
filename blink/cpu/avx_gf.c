// avx_gf.c: GFNI: bytes as elements of the field with 256 elements that AES
// uses, and affine maps of their bits. Source: SDM vol 2.
#include "cpu/avx.h"

// Modulo x^8 + x^4 + x^3 + x + 1
static u8
multiply(u8 a, u8 b)
{
	u32 r = 0;
	int i;
	for (i = 7; i >= 0; i--) {
		r = r << 1 ^ (r >> 7) * 0x11b;
		if (b >> i & 1)
			r ^= a;
	}
	return (u8)r;
}

// x to the power of 254; 0 stays
static u8
inverse(u8 x)
{
	u8 r = 1, p = x;
	int i;
	for (i = 1; i < 8; i++) {
		p = multiply(p, p);
		r = multiply(r, p);
	}
	return r;
}

// Bit i of the result is the parity of x and row i, which is byte 7 - i.
static u8
affine(u64 matrix, u8 x)
{
	u32 r = 0;
	int i;
	for (i = 0; i < 8; i++)
		r |= (u32)__builtin_parity((u32)(matrix >> 8 * (7 - i) & 0xff) & x) << i;
	return (u8)r;
}

static void
k_gf2p8mulb(u8 *d, const u8 *s, int n, int imm)
{
	int i;
	TRY_HOST(HOST_GFNI, "gf2p8mulb %1,%0");
	for (i = 0; i < 16; i++)
		d[i] = multiply(d[i], s[i]);
	(void)n;
	(void)imm;
}

static void
add_constant(u8 *d, int imm)
{
	u64 x = (u8)imm * (u64)0x0101010101010101;
	v128_st(d, v128_make(ld64(d) ^ x, ld64(d + 8) ^ x));
}

static void
map_bits(u8 *d, const u8 *s)
{
	u64 m[2];
	int i;
	m[0] = ld64(s);
	m[1] = ld64(s + 8);
	for (i = 0; i < 16; i++)
		d[i] = affine(m[i / 8], d[i]);
}

static void
map_bits_of_inverse(u8 *d, const u8 *s)
{
	u64 m[2];
	int i;
	m[0] = ld64(s);
	m[1] = ld64(s + 8);
	for (i = 0; i < 16; i++)
		d[i] = affine(m[i / 8], inverse(d[i]));
}

static void
k_gf2p8affineqb(u8 *d, const u8 *s, int n, int imm)
{
	map_bits(d, s);
	add_constant(d, imm);
	(void)n;
}

static void
k_gf2p8affineinvqb(u8 *d, const u8 *s, int n, int imm)
{
	map_bits_of_inverse(d, s);
	add_constant(d, imm);
	(void)n;
}
LATER_HANDLERS(gf2p8mulb, HOST_GFNI, 16, 16)
#if SSE_HOST
#define AFFINE(name) \
static ALWAYS_INLINE void \
h_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	v128 x = v128_ld(d), y = v128_ld(s); \
	u64 all = (u8)imm * (u64)0x0101010101010101; \
	__asm__(#name " $0,%1,%0" : "+x"(x) : "x"(y)); \
	v128_st(d, x ^ v128_make(all, all)); \
	(void)n; \
} \
VEC_HANDLER_OF(h_##name, name, host_can(HOST_GFNI), vec_apply(c, op, k_##name, 16)) \
VEX_TWIN_ASM_OF(h_##name, name, 16, host_can(HOST_GFNI), vex_apply(c, op, k_##name, 16))
#else
#define AFFINE(name) \
VEC_HANDLER(name, 16) \
VEX_TWIN(name, 16)
#endif
AFFINE(gf2p8affineqb)
AFFINE(gf2p8affineinvqb)
