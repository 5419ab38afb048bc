// diff_state.c: random numbers, the state that a case starts from, and memory.
// The recorded vectors build on it: the same numbers whatever the compiler, so
// never two of them in one expression.
#include "diff.h"

u64 rng;

u64
case_seed(u64 number)
{
	return number * 0x2545f4914f6cdd1du + 12345;
}

u64
rnd(void)
{
	u64 z = rng += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

int
one_in(unsigned n)
{
	return rnd() % n == 0;
}

u64
edge(void)
{
	static const u64 e[] = {
		0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
		0xfffffffffffffffe, 0xffffffffffffffff
	};
	u64 x = rnd(), y = rnd();
	switch (rnd() % 4) {
	case 0: return x;
	case 1: return x >> (y & 63);
	case 2: return e[y % COUNTOF(e)];
	default: return (x << 32) | (u32)e[y % COUNTOF(e)];
	}
}

// Eight bytes that may be two floats, a double or part of a long double
u64
vector_edge(void)
{
	static const u32 f[] = {
		0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc12345, 1,
		0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000, 0x5f000000, 0x3f000000, 0x3effffff, 0x4b000001, 0x3fc00000
	};
	static const u64 d[] = {
		0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
		0x7ff8000000000000, 0x7ff0000000000001, 0xfff8123456789abc, 1, 0x000fffffffffffff, 0x0010000000000000,
		0x7fefffffffffffff, 0x41e0000000000000, 0xc1e0000000000000, 0x43e0000000000000, 0x3fe0000000000000,
		0x4330000000000001, 0x3ff8000000000000, 0x47efffffe0000000, 0x3690000000000000
	};
	u64 x = rnd(), y = rnd();
	switch (rnd() % 6) {
	case 0: return x;
	case 1: return (u64)f[x % COUNTOF(f)] << 32 | f[y % COUNTOF(f)];
	case 2: return d[x % COUNTOF(d)];
	case 3: return (x & 0x800fffffffffffff) | (0x3f0 + y % 32) << 52;
	case 4:
		// two floats near 1
		x = (x & 0x807fffff807fffff) | (0x78 + (y & 15)) << 23;
		return x | (0x78 + (y >> 4 & 15)) << 55;
	default: return edge();
	}
}

static void
random_fx(u8 *fx)
{
	int i;
	u32 fsw, fcw = 0x37f, mxcsr;
	memset(fx, 0, 512);
	if (one_in(2)) {
		static const u16 pc[] = {0, 2, 3, 3};
		fcw = 0x7fu | (u32)pc[rnd() & 3] << 8;
		fcw |= (u32)(rnd() & 3) << 10;
	}
	if (one_in(16))
		fcw = (fcw & ~0x3fu) | (u32)(rnd() & 0x3f);
	fsw = (u32)rnd() & 0x477f;
	if (fcw != 0x37f && (fsw & ~fcw & 0x3f) && one_in(2))
		fsw &= ~0x3fu;
	if (fsw & ~fcw & 0x3f)
		fsw |= 0x8080;
	fsw |= (u32)(rnd() & 7) << 11;
	st16(fx, (u16)fcw);
	st16(fx + 2, (u16)fsw);
	fx[4] = one_in(3) ? (u8)rnd() : one_in(4) ? 0 : 0xff;
	mxcsr = 0x1f80u | (u32)(rnd() & 3) << 13;
	mxcsr |= (u32)(rnd() & 0x3f);
	if (one_in(6))
		mxcsr |= 0x8000u;
	if (one_in(6))
		mxcsr |= 0x40u;
	st32(fx + 24, mxcsr);
	if (one_in(12))
		st32(fx + 24, ld32(fx + 24) & ~((u32)(rnd() & 0x3f) << 7));
	for (i = 0; i < 8; ++i) {
		static const u16 e[] = {0, 0x8000, 0x3fff, 0xbfff, 0x7fff, 0xffff, 1, 0x3ffe, 0x403e, 0x7ffe, 0x4000, 0xc01e};
		u64 m = vector_edge();
		u16 se = one_in(2) ? e[rnd() % COUNTOF(e)] : (u16)(0x3ff0 + rnd() % 80);
		if (se & 0x7fff && !one_in(8))
			m |= (u64)1 << 63;
		if (one_in(6))
			m = one_in(2) ? (u64)1 << 63 : (u64)3 << 62;
		if (one_in(8))
			m = 0, se &= 0x8000;
		st64(fx + 32 + 16 * i, m);
		st16(fx + 40 + 16 * i, se);
	}
	for (i = 0; i < 32; ++i)
		st64(fx + 160 + 8 * i, vector_edge());
}

void
state_random(struct state *s)
{
	int i, j;
	memset(s, 0, sizeof *s);
	for (i = 0; i < 16; ++i)
		s->r[i] = edge();
	s->flags = (u32)(rnd() & FLAGS_ARITH) | 0x202;
	if (one_in(3))
		s->flags |= (u32)FLAG_DF;
	s->base[0] = (rnd() & 0xf) << 12;
	s->base[1] = rnd() & 0xffffff;
	random_fx(s->fx);
	for (i = 0; i < 16; ++i)
		for (j = 0; j < 16; j += 8)
			st64(s->high[i] + j, vector_edge());
}

int
code_there(const struct test_case *t)
{
	return (int)min_u64((u64)t->len, CODE + CODE_SIZE - t->s.pc);
}

// --- segments ----------------------------------------------------------------------------

u8 case_ldt[8 * LDT_ENTRIES];
int have_ldt = 1;

u16
code_selector(enum isa_mode mode)
{
	return mode == MODE_64 ? 0x33 : mode == MODE_32 ? 0x23 : LDT_CODE16;
}

// As modify_ldt(2) makes them
static void
put_descriptor(int selector, u32 base, u32 limit, u32 type, u32 flags)
{
	st32(case_ldt + (selector & ~7), base << 16 | (limit & 0xffff));
	st32(case_ldt + (selector & ~7) + 4, (base >> 16 & 0xff) | (0xf0 | type) << 8 | (limit & 0xf0000) | flags << 20 | (base & 0xff000000));
}

// --- memory ----------------------------------------------------------------------------

u8 *image, *image_ro;

void
make_image(void)
{
	int i;
	put_descriptor(LDT_FS, FS_BASE, 0xfffff, 3, 12);
	put_descriptor(LDT_GS, GS_BASE, GS_LIMIT, 3, 4);
	put_descriptor(LDT_CODE16, 0, 0xfffff, 11, 8);
	rng = 42;
	image = (u8 *)malloc(RW_SIZE + RO_SIZE);
	image_ro = image + RW_SIZE;
	for (i = 0; i < RW_SIZE + RO_SIZE; i += 8)
		st64(image + i, one_in(4) ? vector_edge() : edge());
}

// Copies what of the patch lies within [lo, hi) to m, which holds that range.
static void
clip_patch(u8 *m, u64 lo, u64 hi, const struct patch *p)
{
	u64 a = max_u64(p->at, lo), z = min_u64(p->at + (u64)p->n, hi);
	if (a < z)
		memcpy(m + (a - lo), p->b + (a - p->at), (size_t)(z - a));
}

void
patch_image(u8 *data, u8 *stack, const struct test_case *t)
{
	int i;
	for (i = 0; i < PATCHES; ++i) {
		clip_patch(data, DATA, DATA + DATA_SIZE, &t->patch[i]);
		clip_patch(stack, STACK, STACK + STACK_SIZE, &t->patch[i]);
	}
}
