// rows.c: prints the rows of the instruction table as test/boot/cases/cases.c
// reads them. Runs on the machine that makes the image.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"

struct operation { const char *name, *feature, *undefined, *attrs; };
static const struct operation operations[] = {
#define INSN(op, text, feature, r, w, u, attrs, done) {#op, #feature, #u, #attrs},
#define ENC(op, enc, oprs, flags)
#define ENCF(op, feature, enc, oprs, flags)
#include "isa_table.inc"
#undef INSN
#undef ENC
#undef ENCF
	{0, 0, 0, 0}
};
static const struct encoding { const char *name, *enc, *oprs, *flags; } encodings[] = {
#define INSN(op, text, feature, r, w, u, attrs, done)
#define ENC(op, enc, oprs, flags) {#op, enc, oprs, #flags},
#define ENCF(op, feature, enc, oprs, flags) {#op, enc, oprs, #flags},
#include "isa_table.inc"
	{0, 0, 0, 0}
};

static int
word_in(const char *words, const char *w)
{
	size_t n = strlen(w);
	const char *p = words;
	while ((p = strstr(p, w))) {
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return 1;
		p += n;
	}
	return 0;
}

// What cases need besides their bytes
static unsigned
kinds(const char *name)
{
	static const struct { unsigned kind; const char *names; } k[] = {
		{ K_IO, "in out ins outs" },
		{ K_OWN, "cpuid rdtsc rdtscp rdpid rdrand rdseed rdpmc xgetbv rdmsr wrmsr" },
		{ K_SKIP, "hlt mwait monitor rsm invd wbinvd wbnoinvd xsetbv sysenter sysexit syscall sysret rdpmc" },
		{ K_TABLE, "lgdt lidt sgdt sidt invlpg" },
		{ K_SHORT, "ud0 ud1" },
		{ K_ENV, "fnstenv fnsave" },
		{ K_SYSTEM, "mov_sreg push_sreg pop_sreg lar lsl verr verw les lds lss lfs lgs jmpf callf retf iret int int1 in out ins outs "
			"cpuid rdtsc rdtscp rdpid rdrand rdseed rdpmc xgetbv xsetbv rdmsr wrmsr lgdt lidt sgdt sidt smsw lmsw sldt str lldt ltr "
			"syscall sysenter sysexit sysret xsave xrstor xsaveopt xsavec xsaves xrstors rdpkru wrpkru movdiri movdir64b serialize "
			"ud0 ud1 monitor mwait fxsave fxrstor fnsave fnstenv ldmxcsr stmxcsr "
			"vmovups vldmxcsr vstmxcsr prefetch prefetchw prefetchwt1 invpcid" },
		{ K_CONTROL, "mov_cr lmsw" },
		{ K_DEBUG, "mov_dr" },
		{ K_SELECT, "lldt ltr mov_sreg lar lsl verr verw arpl" },
		{ K_FARPTR, "les lds lss lfs lgs jmpf callf" },
		{ K_FARSTACK, "retf iret pop_sreg" },
		{ K_SP, "pop leave enter mov xchg" },
		{ K_COUNT, "loop loope loopne jcxz" },
		{ K_BITS, "bt bts btr btc" },
		{ K_IMAGE, "fxrstor xrstor frstor fldenv fldcw ldmxcsr xrstors" },
		{ K_FLAGS, "popf" },
		{ K_APPROX, "fsin fcos fsincos fptan fpatan f2xm1 fyl2x fyl2xp1" }
	};
	unsigned i, all = 0;
	for (i = 0; i < sizeof k / sizeof *k; ++i)
		if (word_in(k[i].names, name))
			all |= k[i].kind;
	return all;
}

static unsigned
flag_mask(const char *s)
{
	unsigned m = 0;
	if (!strcmp(s, "0"))
		return 0;
	for (; *s; ++s) {
		const char *at = strchr("C P A ZSTIDO", *s);
		if (at && *s != ' ')
			m |= 1u << (at - "C P A ZSTIDO");
	}
	return m;
}

static unsigned
immediates(const char *oprs)
{
	unsigned k = 0;
	if (word_in(oprs, "ib") || word_in(oprs, "ibs") || word_in(oprs, "ib2") || word_in(oprs, "jb"))
		k |= I_BYTE;
	if (word_in(oprs, "iw")) k |= I_WORD;
	if (word_in(oprs, "iz") || word_in(oprs, "iv")) k |= I_OSIZE;
	if (word_in(oprs, "jz")) k |= I_OSIZE;
	if (word_in(oprs, "jb") || word_in(oprs, "jz")) k |= I_BRANCH;
	if (word_in(oprs, "far")) k |= I_FAR;
	if (strstr(oprs, "off")) k |= I_ADDRESS;
	if (strstr(oprs, "X4")) k |= I_BYTE;
	return k;
}

int
main(void)
{
	const struct encoding *e;
	for (e = encodings; e->name; ++e) {
		const struct operation *o = operations;
		unsigned attrs = 0, digit = 8, prefix = 0, map = 0, pp = 0, l = 0, w = 0, nb = 0, b[4] = {0, 0, 0, 0};
		char text[64], *word, *save;
		const char *enc;
		if (strstr(e->flags, "O64") || strstr(e->enc, "REX.W") || strstr(e->enc, "EVEX"))
			continue;
		while (strcmp(o->name, e->name))
			++o;
		// A PC's processor has no AVX; one row shows it.
		if (!strncmp(e->enc, "VEX", 3) && !strstr(e->enc, "VEX.LZ") && strcmp(e->name, "vmovups"))
			continue;
		snprintf(text, sizeof text, "%s", e->enc);
		enc = strncmp(e->enc, "NP ", 3) ? strncmp(e->enc, "NFx ", 4) ? e->enc : e->enc + 4 : e->enc + 3;
		for (word = strtok_r(text, " ", &save); word; word = strtok_r(0, " ", &save)) {
			if (!strncmp(word, "VEX.", 4)) {
				attrs |= R_VEX;
				map = strstr(word, ".0F38") ? 2 : strstr(word, ".0F3A") ? 3 : 1;
				pp = strstr(word, ".66.") ? 1 : strstr(word, ".F3.") ? 2 : strstr(word, ".F2.") ? 3 : 0;
				l = strstr(word, ".256") || strstr(word, ".L1") ? 1 : 0;
				w = strstr(word, ".W1") ? 1 : 0;
			} else if (!strcmp(word, "NP") || !strcmp(word, "NFx")) {
				attrs |= R_NOPREFIX;
			} else if (!strcmp(word, "/r")) {
				attrs |= R_MODRM;
			} else if (word[0] == '/') {
				attrs |= R_MODRM;
				digit = (unsigned)word[1] - '0';
			} else {
				unsigned x = (unsigned)strtol(word, 0, 16);
				if (!nb && !prefix && !(attrs & R_VEX) && (x == 0x66 || x == 0xf2 || x == 0xf3)) {
					prefix = x;
				} else {
					b[nb++] = x;
					if (strchr(word, '+'))
						attrs |= strstr(word, "+cc") ? R_PLUS16 : R_PLUS8;
				}
			}
		}
		if (strstr(o->attrs, "LOCKABLE")) attrs |= R_LOCKABLE;
		if (strstr(o->attrs, "STRING")) attrs |= R_STRING;
		if (strstr(o->attrs, "BRANCH")) attrs |= R_BRANCH;
		if (strstr(o->attrs, "COND")) attrs |= R_COUNTED;
		if (strstr(e->flags, "NOMEM")) attrs |= R_NOMEM;
		if (word_in(e->oprs, "xl:b")) attrs |= R_XLAT;
		if (word_in(e->oprs, "rb") || word_in(e->oprs, "rmb") || word_in(e->oprs, "ob")) attrs |= R_BYTE;
		if (strcmp(o->feature, "I86") && strcmp(o->feature, "CMOV") && strcmp(o->feature, "CX8") && strcmp(o->feature, "X87") &&
		    (strstr(e->oprs, "x") || strstr(e->oprs, "mm") || strstr(e->oprs, "512") || strstr(e->oprs, "X") || word_in(e->oprs, "y")))
			attrs |= R_VECTOR;
		if (!strcmp(o->feature, "X87") || (b[0] >= 0xd8 && b[0] <= 0xdf && nb <= 2) || !strcmp(o->name, "emms"))
			attrs |= R_X87;
		if (!strcmp(o->name, "xlat"))
			attrs &= ~(unsigned)(R_VECTOR | R_X87);
		if (kinds(e->name) & K_OWN && !strncmp(e->name, "rdtsc", 5))
			attrs &= ~(unsigned)R_VECTOR;
		printf("\t{\"%s %s\", 0x%x, %u, 0x%x, {0x%x,0x%x,0x%x,0x%x}, %u, %u, 0x%x, 0x%x, 0x%x},\n", e->name, enc, attrs, digit,
			prefix, b[0], b[1], b[2], b[3], nb, map | pp << 2 | l << 4 | w << 5, immediates(e->oprs), kinds(e->name) | (strncmp(e->enc, "0F 0D", 5) ? 0 : K_SYSTEM), flag_mask(o->undefined));
	}

	return 0;
}
