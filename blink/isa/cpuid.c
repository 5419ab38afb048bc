// cpuid.c: what CPUID says. Feature bits come from the instruction table: a
// feature is advertised when each of its rows is done, unless BLINK_CPU caps it
// at a level of the x86-64 ABI. The rest describes a real processor of that
// generation: programs choose code by vendor, family and model, read the brand
// string, and glibc sizes its copies by the caches.
//
// Source: SDM vol 2 CPUID.
#include "isa/insn.h"
#include "isa/table.h"

enum {
	BASIC_MAX = 0xd,
	EXTENDED_MAX = 8,
	LEGACY_STATE = 0x240, // XSAVE area of x87 and SSE with its header
	AVX_STATE = 0x100    // upper halves of YMM
};

// Twelve or sixteen characters as they lie in the registers
static void
text(u32 *a, u32 *b, u32 *c, const char *s)
{
	*a = ld32(s);
	*b = ld32(s + 4);
	*c = ld32(s + 8);
}

// Who it is, by level: family 6; Core 2, Westmere, Haswell, Alder Lake (the one
// with SHA and GFNI but without AVX-512)
#ifdef TINY
static const u32 signature = 0x206c2;
static const char brand[49] = "Intel(R) Xeon(R) CPU X5670 @ 2.93GHz\0\0\0\0\0\0\0\0\0\0\0\0";
#define CAP(leaf, subleaf, reg, bits) (bits)
#else
static int g_level = 4;
static const u32 signatures[4] = {0x6fb, 0x206c2, 0x306f2, 0x90672};
static const char brands[4][49] = {
	"Intel(R) Core(TM)2 Duo CPU     E6750  @ 2.66GHz\0",
	"Intel(R) Xeon(R) CPU           X5670  @ 2.93GHz\0",
	"Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz\0\0\0\0\0\0\0",
	"12th Gen Intel(R) Core(TM) i9-12900K\0\0\0\0\0\0\0\0\0\0\0\0"
};

static u32
cap(u32 leaf, u32 subleaf, int reg, u32 bits)
{
	const struct isa_cpuid_cap *c = isa_cpuid_caps;
	unsigned i;
	for (i = 0; i < isa_cpuid_cap_count && g_level < 4; ++i, ++c)
		if (c->leaf == leaf && c->subleaf == subleaf && c->reg == reg) bits &= c->level[g_level - 1];
	return bits;
}
#define CAP cap

int
isa_cpuid_cap(const char *level)
{
	if (!level || !*level || !strcmp(level, "max")) g_level = 4;
	else if (level[0] == 'v' && level[1] >= '1' && level[1] <= '3' && !level[2]) g_level = level[1] - '0';
	else return -1;
	isa_capped = g_level < 4;
	return 0;
}
#endif

// Leaf 4: deterministic cache parameters. kind: 1 data, 2 code, 3 both
static void
cache(struct isa_cpuid *r, unsigned kind, unsigned level, unsigned ways, unsigned sets)
{
	r->eax = kind | level << 5 | 1 << 8; // self-initializing, one core
	r->ebx = (ways - 1) << 22 | 63;      // 64-byte lines
	r->ecx = sets - 1;
}

struct isa_cpuid
isa_cpuid(u32 leaf, u32 subleaf)
{
	struct isa_cpuid r;
	bool xsave = false, avx = false;
	unsigned i;
	memset(&r, 0, sizeof(r));
	for (i = 0; i < isa_cpuid_feature_count; ++i) {
		const struct isa_cpuid_bits *f = &isa_cpuid_features[i];
		if (f->leaf == 1) {
			u32 ecx = CAP(1, 0, 2, f->reg[2]);
			xsave = ecx >> 26 & 1;
			avx = xsave && ecx >> 28 & 1;
		}
		if (f->leaf != leaf || (f->subleaf != subleaf && leaf != 1 && leaf < 0x80000000)) continue;
		r.eax = CAP(leaf, f->subleaf, 0, f->reg[0]);
		r.ebx = CAP(leaf, f->subleaf, 1, f->reg[1]);
		r.ecx = CAP(leaf, f->subleaf, 2, f->reg[2]);
		r.edx = CAP(leaf, f->subleaf, 3, f->reg[3]);
	}
	// Nothing that needs YMM registers goes without the means to save them.
	if (!avx && leaf == 1) r.ecx &= ~(1u << 12 | 1u << 28 | 1u << 29);
	if (!avx && leaf == 7 && subleaf == 0) {
		r.ebx &= ~(1u << 5);
		r.ecx &= ~(1u << 9 | 1u << 10);
	}
#ifndef TINY
	const char *brand = brands[avx || g_level < 3 ? g_level - 1 : 1];
	u32 signature = signatures[avx || g_level < 3 ? g_level - 1 : 1];
#endif
	switch (leaf) {
	case 0:
		r.eax = BASIC_MAX;
		text(&r.ebx, &r.edx, &r.ecx, "GenuineIntel");
		break;
	case 1:
		r.eax = signature;
		r.ebx = 8 << 8 | 1 << 16; // CLFLUSH line 64, one logical processor
		break;
	case 2:
		r.eax = 0x00ffff01; // caches: see leaf 4; TLBs: not told
		break;
	case 4:
		if (subleaf == 0) cache(&r, 1, 1, 8, 64);
		else if (subleaf == 1) cache(&r, 2, 1, 8, 64);
		else if (subleaf == 2) cache(&r, 3, 2, 8, 512);
		else if (subleaf == 3) cache(&r, 3, 3, 16, 8192);
		break;
	case 0xb:
		r.ebx = subleaf < 2;
		r.ecx = (subleaf & 255) | (subleaf < 2 ? (subleaf + 1) << 8 : 0);
		break;
	case 0xd:
		if (!xsave) {
			memset(&r, 0, sizeof(r));
		} else if (subleaf == 0) {
			r.eax = avx ? 7 : 3;
			r.ebx = r.ecx = LEGACY_STATE + (avx ? AVX_STATE : 0);
		} else if (subleaf == 1 && (r.eax & 2)) {
			r.ebx = LEGACY_STATE + (avx ? AVX_STATE : 0);
		} else if (subleaf == 2 && avx) {
			r.eax = AVX_STATE;
			r.ebx = LEGACY_STATE;
		}
		break;
	case 0x40000000:
		r.eax = leaf;
		text(&r.ebx, &r.ecx, &r.edx, "blink\0\0\0\0\0\0\0");
		break;
	case 0x80000000:
		r.eax = leaf + EXTENDED_MAX;
		break;
	case 0x80000002: case 0x80000003: case 0x80000004:
		text(&r.eax, &r.ebx, &r.ecx, brand + (leaf - 0x80000002) * 16);
		r.edx = ld32(brand + (leaf - 0x80000002) * 16 + 12);
		break;
	case 0x80000006:
		r.ecx = 256 << 16 | 6 << 12 | 64; // L2 256 KiB, 8 ways, 64-byte lines
		break;
	case 0x80000007:
		r.edx = 1 << 8; // the time-stamp counter never changes its speed
		break;
	case 0x80000008:
		r.eax = 48 << 8 | 48;
		break;
	default:
		break;
	}
	return r;
}

#ifndef TINY
u32
isa_xcr0(void)
{
	u32 x = isa_cpuid(1, 0).ecx;
	return !(x >> 26 & 1) ? 0 : x >> 28 & 1 ? 7 : 3;
}
#endif
