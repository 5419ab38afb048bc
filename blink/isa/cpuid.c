// cpuid.c: what CPUID says. Feature bits come from the instruction table: a
// feature is advertised when each of its rows is done. The rest describes a
// plausible processor of the x86-64-v2 generation: programs choose code by
// vendor and family, and glibc sizes its copies by the caches.
//
// Source: SDM vol 2 CPUID.
#include "isa/insn.h"
#include "isa/table.h"

enum {
	BASIC_MAX = 0xd,
	EXTENDED_MAX = 8,
	SIGNATURE = 0x206c2, // family 6, model 0x2c, stepping 2
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
	static const char brand[49] = "blink x86-64 processor @ 2.00GHz\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	struct isa_cpuid r;
	bool xsave = false, avx = false;
	unsigned i;
	memset(&r, 0, sizeof(r));
	for (i = 0; i < isa_cpuid_feature_count; ++i) {
		const struct isa_cpuid_bits *f = &isa_cpuid_features[i];
		if (f->leaf == 1) {
			xsave = f->reg[2] >> 26 & 1;
			avx = xsave && f->reg[2] >> 28 & 1;
		}
		if (f->leaf != leaf || (f->subleaf != subleaf && leaf != 1 && leaf < 0x80000000)) continue;
		r.eax = f->reg[0];
		r.ebx = f->reg[1];
		r.ecx = f->reg[2];
		r.edx = f->reg[3];
	}
	// Nothing that needs YMM registers goes without the means to save them.
	if (!avx && leaf == 1) r.ecx &= ~(1u << 12 | 1u << 28 | 1u << 29);
	if (!avx && leaf == 7 && subleaf == 0) {
		r.ebx &= ~(1u << 5);
		r.ecx &= ~(1u << 9 | 1u << 10);
	}
	switch (leaf) {
	case 0:
		r.eax = BASIC_MAX;
		text(&r.ebx, &r.edx, &r.ecx, "GenuineIntel");
		break;
	case 1:
		r.eax = SIGNATURE;
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
