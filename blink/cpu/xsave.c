// xsave.c: the XSAVE family, and the same image for signal frames. Components:
// x87, SSE (XMM and MXCSR), AVX (upper halves of YMM); which there are, XCR0,
// follows from CPUID.
//
// Whether a component is in use is decided by its contents, as on AMD's
// processors. Source: SDM vol 1 chapter 13.
#include "cpu/sse_impl.h"

enum { X87 = 1, SSE = 2, AVX = 4 };
enum {
	AT_MXCSR = 24, AT_ST = 32, AT_XMM = 160, AT_HEADER = 512, AT_COMPACT = 520, AT_AVX = 576, SIZE = 832,
	HEADER_SIZE = 64, CHUNK = 64
};
STATIC_ASSERT((int)SIZE == (int)CPU_XSTATE_SIZE, "cpu.h");
#define COMPACT ((u64)1 << 63)

static int
registers(const struct cpu *c)
{
	return c->mode == MODE_64 ? 16 : 8;
}

static bool
all_zero(const u8 *p, int n)
{
	while (n && !*p) {
		p++;
		n--;
	}
	return !n;
}

// All components of n vector registers, without the header; returns those that
// are in use, not looking at MXCSR.
static u64
to_image(struct cpu *c, u8 *image, int n, int wide)
{
	int i;
	u64 used = 0;
	memset(image, 0, SIZE);
	x87_to_fxsave(c, image, wide);
	if (ld16(image) != 0x37f || !all_zero(image + 2, AT_MXCSR - 2) || !all_zero(image + AT_ST, 128))
		used |= X87;
	st32(image + AT_MXCSR, c->mxcsr);
	st32(image + AT_MXCSR + 4, MXCSR_VALID);
	for (i = 0; i < n; i++) {
		memcpy(image + AT_XMM + 16 * i, c->v[i].b, 16);
		memcpy(image + AT_AVX + 16 * i, c->v[i].b + 16, 16);
	}
	if (!all_zero(image + AT_XMM, 16 * n))
		used |= SSE;
	if (!all_zero(image + AT_AVX, 16 * n))
		used |= AVX;
	return used;
}

// Looks at header and MXCSR: whether the latter is to be loaded; -1 is #GP.
static int
check_image(const u8 *image, u64 rfbm)
{
	u64 bv = ld64(image + AT_HEADER), comp = ld64(image + AT_COMPACT), have = isa_xcr0();
	int load_mxcsr;
	if (comp & COMPACT) {
		comp &= ~COMPACT;
		if (comp & ~have || bv & ~comp || !all_zero(image + AT_HEADER + 16, HEADER_SIZE - 16))
			return -1;
		load_mxcsr = (rfbm & bv & SSE) != 0;
	} else {
		if (bv & ~have || comp || !all_zero(image + AT_HEADER + 16, 8))
			return -1;
		load_mxcsr = (rfbm & (SSE | AVX)) != 0;
	}
	return load_mxcsr && ld32(image + AT_MXCSR) & ~(u32)MXCSR_VALID ? -1 : load_mxcsr;
}

// Puts the components of rfbm into c: from the image, or reset. -1 is #GP.
static int
from_image(struct cpu *c, const u8 *image, u64 rfbm, int n, int wide)
{
	static const u8 initial[AT_XMM] = {0x7f, 3};
	u64 bv = ld64(image + AT_HEADER);
	int i, load_mxcsr = check_image(image, rfbm);
	if (load_mxcsr < 0)
		return -1;
	if (rfbm & X87)
		x87_from_fxsave(c, bv & X87 ? image : initial, wide);
	if (load_mxcsr)
		c->mxcsr = ld32(image + AT_MXCSR);
	else if (rfbm & SSE)
		c->mxcsr = MXCSR_DEFAULT;
	for (i = 0; i < n; i++) {
		if (rfbm & SSE)
			v128_st(c->v[i].b, bv & SSE ? v128_ld(image + AT_XMM + 16 * i) : v128_make(0, 0));
		if (rfbm & AVX)
			v128_st(c->v[i].b + 16, bv & AVX ? v128_ld(image + AT_AVX + 16 * i) : v128_make(0, 0));
	}
	return 0;
}

static u64
requested(const struct cpu *c)
{
	return (c->r[GPR_DX] << 32 | (u32)c->r[GPR_AX]) & isa_xcr0();
}

static void
check_alignment(struct cpu *c, const struct op *op, u64 gva)
{
	if (gva & 63)
		cpu_raise(c, op, VEC_GP, 0);
}

static void
write_part(struct cpu *c, const struct op *op, const u8 *image, int from, int to)
{
	int n;
	for (; from < to; from += n) {
		n = to - from < CHUNK ? to - from : CHUNK;
		wrv(c, op, ea_at(c, op, (u64)from), image + from, n);
	}
}

enum { ALL, USED, COMPACTED };
static NOINLINE void
save(struct cpu *c, const struct op *op, int how)
{
	u8 image[SIZE];
	u64 gva = ea(c, op), rfbm = requested(c), used, part;
	int i, end, n = registers(c);
	check_alignment(c, op, gva);
	end = rfbm & AVX ? SIZE : AT_AVX;
	// silicon looks at the beginning and at the last byte first
	access_probe(c, op, gva, 1, MEM_W);
	access_probe(c, op, ea_at(c, op, (u64)end - 1), 1, MEM_W);
	for (i = 0; i < end; i += CHUNK)
		access_probe(c, op, ea_at(c, op, (u64)i), CHUNK, MEM_W);
	sse_sync(c);
	used = to_image(c, image, n, op->d == 8);
	if (how == COMPACTED && c->mxcsr != MXCSR_DEFAULT)
		used |= SSE;
	used &= rfbm;
	part = how == ALL ? rfbm : used;
	if (part & X87) {
		write_part(c, op, image, 0, AT_MXCSR);
		write_part(c, op, image, AT_ST, AT_XMM);
	}
	if (how == COMPACTED ? part & SSE : rfbm & (SSE | AVX))
		write_part(c, op, image, AT_MXCSR, AT_ST);
	if (part & SSE)
		write_part(c, op, image, AT_XMM, AT_XMM + 16 * n);
	if (part & AVX)
		write_part(c, op, image, AT_AVX, AT_AVX + 16 * n);
	if (how == COMPACTED) {
		wr64(c, op, ea_at(c, op, AT_HEADER), used);
		wr64(c, op, ea_at(c, op, AT_COMPACT), rfbm | COMPACT);
	} else {
		wr64(c, op, ea_at(c, op, AT_HEADER), (rd64(c, op, ea_at(c, op, AT_HEADER)) & ~rfbm) | used);
	}
}

const struct op *
op_xsave(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(save, ALL);
}

const struct op *
op_xsaveopt(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(save, USED);
}

const struct op *
op_xsavec(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(save, COMPACTED);
}

static NOINLINE void
restore(struct cpu *c, const struct op *op)
{
	u8 image[SIZE];
	u64 gva = ea(c, op), rfbm = requested(c);
	int i, n;
	check_alignment(c, op, gva);
	memset(image, 0, sizeof image);
	// silicon looks at the beginning, the header, the last byte if it matters and
	// the rest, in this order
	rdv(c, op, gva, image, CHUNK);
	rdv(c, op, ea_at(c, op, AT_HEADER), image + AT_HEADER, CHUNK);
	n = rfbm & ld64(image + AT_HEADER) & AVX ? SIZE : AT_AVX;
	if (op->flags & OPF_A16 && rfbm & AVX)
		(void)rd8(c, op, ea_at(c, op, SIZE - 1));
	for (i = 0; i < AT_AVX; i += CHUNK)
		rdv(c, op, ea_at(c, op, (u64)i), image + i, CHUNK);
	if (check_image(image, rfbm) < 0)
		cpu_raise(c, op, VEC_GP, 0);
	for (; i < n; i += CHUNK)
		rdv(c, op, ea_at(c, op, (u64)i), image + i, CHUNK);
	sse_sync(c);
	if (from_image(c, image, rfbm, registers(c), op->d == 8))
		cpu_raise(c, op, VEC_GP, 0);
	sse_enter(c);
}

const struct op *
op_xrstor(struct cpu *c, const struct op *op)
{
	RUN_NEXT(restore);
}

static NOINLINE void
get_xcr(struct cpu *c, const struct op *op)
{
	u8 image[SIZE];
	u64 x = isa_xcr0();
	if ((u32)c->r[GPR_CX] > 1)
		cpu_raise(c, op, VEC_GP, 0);
	if ((u32)c->r[GPR_CX] == 1) {
		sse_sync(c);
		x &= to_image(c, image, registers(c), 1) | (c->mxcsr != MXCSR_DEFAULT ? SSE : 0);
	}
	c->r[GPR_AX] = (u32)x;
	c->r[GPR_DX] = x >> 32;
}

const struct op *
op_xgetbv(struct cpu *c, const struct op *op)
{
	RUN_NEXT(get_xcr);
}

// Outside cpu_run, where cpu.mxcsr is whole
void
cpu_to_xstate(struct cpu *c, u8 *image)
{
	u64 used = to_image(c, image, 16, 1) & isa_xcr0();
	st64(image + AT_HEADER, used | X87 | SSE);
}

int
cpu_from_xstate(struct cpu *c, const u8 *image, u64 mask)
{
	int i;
	mask &= isa_xcr0();
	if (from_image(c, image, mask, 16, 1))
		return -1;
	if (~mask & (X87 | SSE)) {
		u8 reset[SIZE];
		memset(reset, 0, SIZE);
		st32(reset + AT_MXCSR, MXCSR_DEFAULT);
		from_image(c, reset, ~mask & (X87 | SSE), 16, 1);
	}
	for (i = 0; i < 16 && !(mask & AVX); i++)
		memset(c->v[i].b + 16, 0, 16);
	return 0;
}
