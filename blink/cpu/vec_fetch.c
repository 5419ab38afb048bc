// vec_fetch.c: a vector instruction's memory operand is loaded by an op of its
// own, in front of the instruction's: into cpu.v[VMEM], which the instruction
// then has for a register. So handlers know registers only. What moves memory
// as it is, and what takes part of it, has its own way: see own_access(); and
// the commonest arithmetic has handlers that do both.
#include "cpu/cpu_internal.h"
#include "cpu/sse_impl.h"

// Bit i of the index: lane i of four
#define LANE(k, i) (k) >> (i) & 1 ? 255 : 0, (k) >> (i) & 1 ? 255 : 0, (k) >> (i) & 1 ? 255 : 0, (k) >> (i) & 1 ? 255 : 0
#define LANES_OF(k) { LANE(k, 0), LANE(k, 1), LANE(k, 2), LANE(k, 3) }
const u8 vec_lanes4[16][16] __attribute__((aligned(16))) = {
	LANES_OF(0), LANES_OF(1), LANES_OF(2), LANES_OF(3), LANES_OF(4), LANES_OF(5), LANES_OF(6), LANES_OF(7),
	LANES_OF(8), LANES_OF(9), LANES_OF(10), LANES_OF(11), LANES_OF(12), LANES_OF(13), LANES_OF(14), LANES_OF(15),
};

// Any size; aligned to 16 bytes if op.imm says so
static NOINLINE void
fetch_slow(struct cpu *c, const struct op *op)
{
	u64 gva = ea(c, op);
	if (op->imm)
		vec_align(c, op, gva);
	memset(c->v[VMEM].b, 0, 32);
	rdv(c, op, gva, c->v[VMEM].b, op->d);
}

static NOINLINE const struct op *
op_fetch(struct cpu *c, const struct op *op)
{
	RUN_NEXT(fetch_slow);
}

#define FETCH(n, load) \
static const struct op * \
op_fetch##n(struct cpu *c, const struct op *op) \
{ \
	u64 a = ea(c, op); \
	FAST(h, op_fetch, a, n, 0); \
	v128_st(c->v[VMEM].b, load); \
	NEXT(); \
}
FETCH(1, v128_make(hrd8(c, op, h), 0))
FETCH(2, v128_make(hrd16(c, op, h), 0))
FETCH(4, v128_make(hrd32(c, op, h), 0))
FETCH(8, v128_make(hrd64(c, op, h), 0))
FETCH(16, hrd128(c, op, h))

static const struct op *
op_fetch16_aligned(struct cpu *c, const struct op *op)
{
	u64 a = ea(c, op);
	if (UNLIKELY(a & 15))
		TAIL op_fetch(c, op);
	FAST(h, op_fetch, a, 16, 0);
	v128_st(c->v[VMEM].b, hrd128(c, op, h));
	NEXT();
}

static const struct op *
op_fetch32(struct cpu *c, const struct op *op)
{
	u64 a = ea(c, op);
	FAST(h, op_fetch, a, 32, 0);
	vex_set(c, VMEM, hrd128(c, op, h), hrd128(c, op, h + 16));
	NEXT();
}

static int
own_access(int op)
{
	switch (op) {
	case OP_MOVAPS: case OP_MOVUPS: case OP_MOVAPD: case OP_MOVUPD: case OP_MOVDQA: case OP_MOVDQU: case OP_LDDQU: case OP_MOVNTDQA:
	case OP_VMOVAPS: case OP_VMOVUPS: case OP_VMOVAPD: case OP_VMOVUPD: case OP_VMOVDQA: case OP_VMOVDQU: case OP_VLDDQU: case OP_VMOVNTDQA:
	case OP_MOVSS: case OP_MOVSD: case OP_MOVD: case OP_MOVQ: case OP_MOVLPS: case OP_MOVHPS: case OP_MOVLPD: case OP_MOVHPD:
	case OP_VMOVSS: case OP_VMOVSD: case OP_VMOVD: case OP_VMOVQ: case OP_VMOVLPS: case OP_VMOVHPS: case OP_VMOVLPD: case OP_VMOVHPD:
	case OP_CVTSI2SS: case OP_CVTSI2SD: case OP_VCVTSI2SS: case OP_VCVTSI2SD:
	case OP_VBROADCASTSS: case OP_VBROADCASTSD: case OP_VPBROADCASTB: case OP_VPBROADCASTW: case OP_VPBROADCASTD: case OP_VPBROADCASTQ:
	case OP_VMASKMOVPS: case OP_VMASKMOVPD: case OP_VPMASKMOVD: case OP_VPMASKMOVQ:
		return 1;
	}
	return 0;
}

// SSE's 16 bytes lie aligned, but for these.
static int
any_address(const struct insn *in)
{
	switch (in->op) {
	case OP_PCMPESTRI: case OP_PCMPESTRM: case OP_PCMPISTRI: case OP_PCMPISTRM:
	case OP_SHA1NEXTE: case OP_SHA1MSG1: case OP_SHA1MSG2: case OP_SHA1RNDS4: case OP_SHA256MSG1: case OP_SHA256MSG2: case OP_SHA256RNDS2:
		return 1;
	}
	return in->vex;
}

int
vec_fetch_first(struct op *op, const struct insn *in)
{
	const struct isa_operand *o = in->opr;
	op_fn *fused;
	int i = 1, n;
	while (i < in->nopr && o[i].kind != OPR_MEM)
		++i;
	if (i >= in->nopr || i > 2 || in->vsib || own_access(in->op))
		return 0;
	fused = vec_fused(in->op);
	if (fused) {
		op->fn = fused;
		return 0;
	}
	n = o[i].size;
	op[1] = op[0];
	op[1].kinds = (u16)((op->kinds & ~(15 << 4 * i)) | (n == 32 ? K_YMM : K_XMM) << 4 * i);
	if (i == 1)
		op[1].b = VMEM;
	else
		op[1].d = VMEM;
	op->d = (u8)n;
	op->imm = n == 16 && !any_address(in);
	switch (n) {
	case 1: op->fn = op_fetch1; break;
	case 2: op->fn = op_fetch2; break;
	case 4: op->fn = op_fetch4; break;
	case 8: op->fn = op_fetch8; break;
	case 16: op->fn = op->imm ? op_fetch16_aligned : op_fetch16; break;
	default: op->fn = op_fetch32; break;
	}
	// Memory holds the one lane that a register's is chosen from.
	if (in->op == OP_INSERTPS || in->op == OP_VINSERTPS)
		op[1].imm &= 0x3f;
	return 1;
}
