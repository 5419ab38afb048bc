// level.c: what BLINK_CPU takes away beyond CPUID's bits: an instruction that
// a level does not announce is #UD, or the older instruction that its bytes
// were before. Not in tiny builds, which have one level.
#include "isa/insn.h"
#include "isa/table.h"

int isa_capped;

enum { EAX, EBX, ECX, EDX, ROWS, FIXED, HIDDEN };
static const struct { u32 leaf; u8 subleaf, reg, bit, kind; } g_features[] = {
#define FEATURE(name, leaf, subleaf, reg, bit, kind, level) {leaf, subleaf, reg, bit, kind},
#include "isa/features.tbl"
#undef FEATURE
};
static const u8 g_feature_of[] = {
#define INSN(op, name, feature, ...) FEATURE_##feature,
#define ENC(...)
#define ENCF(...)
#include "isa/tables.inc"
#undef INSN
#undef ENC
#undef ENCF
};
STATIC_ASSERT(COUNTOF(g_feature_of) == OP_COUNT - 1, "a row for each operation but OP_NONE");

static bool
hidden(u32 f)
{
	struct isa_cpuid r = isa_cpuid(g_features[f].leaf, g_features[f].subleaf);
	u32 x = g_features[f].reg == EAX ? r.eax : g_features[f].reg == EBX ? r.ebx : g_features[f].reg == ECX ? r.ecx : r.edx;
	return g_features[f].kind == ROWS && !(x >> g_features[f].bit & 1);
}

int
isa_level_check(struct insn *in, int n)
{
	u32 f = g_feature_of[in->op - 1];
	switch (in->op) {
	case OP_PEXTRW:  // to memory since SSE4.1
		if (in->opr[0].kind == OPR_MEM) f = FEATURE_SSE41;
		break;
	case OP_VAESENC: case OP_VAESENCLAST: case OP_VAESDEC: case OP_VAESDECLAST:
		f = in->vl == 32 ? FEATURE_VAES : FEATURE_AES;
		break;
	case OP_VAESIMC: case OP_VAESKEYGENASSIST:
		f = FEATURE_AES;
		break;
	case OP_VPCLMULQDQ:
		f = in->vl == 32 ? FEATURE_VPCLMULQDQ : FEATURE_PCLMULQDQ;
		break;
	default:
		break;
	}
	if (!hidden(f)) return n;
	switch (in->op) {
	case OP_TZCNT:
		in->op = OP_BSF;
		return n;
	case OP_LZCNT:
		in->op = OP_BSR;
		return n;
	case OP_PREFETCHW: case OP_PREFETCHWT1: case OP_CLDEMOTE:
		return n;  // were no-operations before
	default:
		return ISA_UD;
	}
}
