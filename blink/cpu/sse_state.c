// sse_state.c: MXCSR, and the image of x87 and SSE state that FXSAVE, FXRSTOR
// and signal frames share.
//
// Sources: SDM vol 1 chapters 10.5, 11.6 and vol 2 FXSAVE; bytes 416 to 511
// belong to software.
#include "cpu/cpu_internal.h"
#include "cpu/sse_impl.h"

#ifndef TINY
u8 sse_forced_soft;
#endif

enum { FX_MXCSR = 24, FX_XMM = 160, FX_END = 416, FX_CHUNK = 16 };

static int
xmm_count(const struct cpu *c)
{
	return CPU_MODE(c) == MODE_64 ? 16 : 8;
}

static void
to_image(struct cpu *c, u8 *image, int wide)
{
	int i;
	x87_to_fxsave(c, image, wide);
	sse_sync(c);
	st32(image + FX_MXCSR, c->mxcsr);
	st32(image + FX_MXCSR + 4, MXCSR_VALID);
	for (i = 0; i < xmm_count(c); i++)
		memcpy(image + FX_XMM + 16 * i, xmm(c, i), 16);
}

static void
from_image(struct cpu *c, const u8 *image, int wide)
{
	int i;
	x87_from_fxsave(c, image, wide);
	c->mxcsr = ld32(image + FX_MXCSR) & MXCSR_VALID;
	for (i = 0; i < xmm_count(c); i++)
		memcpy(xmm(c, i), image + FX_XMM + 16 * i, 16);
}

// Outside cpu_run, where cpu.mxcsr is whole
void
cpu_to_fxsave(struct cpu *c, u8 *image)
{
	int i;
	memset(image, 0, 512);
	x87_to_fxsave(c, image, 1);
	st32(image + FX_MXCSR, c->mxcsr);
	st32(image + FX_MXCSR + 4, MXCSR_VALID);
	for (i = 0; i < 16; i++)
		memcpy(image + FX_XMM + 16 * i, xmm(c, i), 16);
}

void
cpu_from_fxsave(struct cpu *c, const u8 *image)
{
	from_image(c, image, 1);
}

// Alignment; that one of the first four bytes is not canonical or beyond the
// segment counts more
static void
check_image(struct cpu *c, const struct op *op, u64 gva)
{
	if (CPU_MODE(c) == MODE_64 && sext(gva + 3, 6) != gva + 3)
		access_probe(c, op, gva + 3, 1, MEM_R);
	if (CPU_MODE(c) != MODE_64)
		segment_check(c, op, gva, 4, MEM_R);
	if (c->sysflags & FLAG_AC && gva & 3)
		cpu_raise(c, op, VEC_AC, 0);
	vec_align(c, op, gva);
}

static NOINLINE void
fxsave(struct cpu *c, const struct op *op)
{
	u8 image[FX_END];
	u64 gva = ea(c, op);
	int i, end = FX_XMM + 16 * xmm_count(c);
	check_image(c, op, gva);
	// As silicon does, the last byte first: it decides the fault's address.
	access_probe(c, op, ea_at(c, op, 511), 1, MEM_W);
	for (i = 0; i < 512; i += FX_CHUNK)
		access_probe(c, op, ea_at(c, op, (u64)i), FX_CHUNK, MEM_W);
	to_image(c, image, op->d == 8);
	for (i = 0; i < end; i += FX_CHUNK)
		wrv(c, op, ea_at(c, op, (u64)i), image + i, FX_CHUNK);
}

static NOINLINE void
fxrstor(struct cpu *c, const struct op *op)
{
	u8 image[512];
	u64 gva = ea(c, op);
	int i;
	check_image(c, op, gva);
	access_probe(c, op, ea_at(c, op, 511), 1, MEM_R);
	for (i = 0; i < 512; i += FX_CHUNK)
		rdv(c, op, ea_at(c, op, (u64)i), image + i, FX_CHUNK);
	if (ld32(image + FX_MXCSR) & ~(u32)MXCSR_VALID)
		cpu_raise(c, op, VEC_GP, 0);
	from_image(c, image, op->d == 8);
	sse_enter(c);
}

const struct op *
op_fxsave(struct cpu *c, const struct op *op)
{
	RUN_NEXT(fxsave);
}

const struct op *
op_fxrstor(struct cpu *c, const struct op *op)
{
	RUN_NEXT(fxrstor);
}

static NOINLINE void
ldmxcsr(struct cpu *c, const struct op *op)
{
	u32 x = rd32(c, op, ea(c, op));
	if (x & ~(u32)MXCSR_VALID)
		cpu_raise(c, op, VEC_GP, 0);
	c->mxcsr = x;
	sse_enter(c);
}

const struct op *
op_ldmxcsr(struct cpu *c, const struct op *op)
{
	RUN_NEXT(ldmxcsr);
}

const struct op *
op_stmxcsr(struct cpu *c, const struct op *op)
{
	sse_sync(c);
	wr32(c, op, ea(c, op), c->mxcsr);
	NEXT();
}
