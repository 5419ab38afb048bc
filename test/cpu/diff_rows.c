// diff_rows.c: the rows of the instruction table as the test sees them, what is
// not compared and why.
#include "diff.h"

struct operation { const char *name, *feature; int done; };
#define DONE 1
#define UNDONE 0
static const struct operation operations[] = {
	{"none", "I86", 0},
#define INSN(op, text, feature, r, w, u, attrs, done) {#op, #feature, done},
#define ENC(op, enc, oprs, flags)
#define ENCF(op, feature, enc, oprs, flags)
#include "isa_table.inc"
#undef INSN
#undef ENC
#undef ENCF
};

struct row rows[] = {
#define INSN(op, text, feature, r, w, u, attrs, done)
#define ENC(op, enc, oprs, flags) {#op, enc, oprs, #flags, 0, 0, 0, 0, {0}, 0},
#define ENCF(op, feature, enc, oprs, flags) {#op, enc, oprs, #flags, #feature, 0, 0, 0, {0}, 0},
#include "isa_table.inc"
#undef INSN
#undef ENC
#undef ENCF
};

const int row_count = COUNTOF(rows);

// CPUID bits of the features
struct feature { const char *name; u32 leaf; u8 subleaf, reg, bit, kind; };
enum { EAX, EBX, ECX, EDX };
enum { HIDDEN, ROWS, FIXED };
static const struct feature features[] UNUSED = {
#define FEATURE(name, leaf, subleaf, reg, bit, kind, level) {#name, leaf, subleaf, reg, bit, kind},
#include "isa/features.tbl"
#undef FEATURE
};

// Whether this processor has the feature (other hosts: true)
static int
present(const char *name)
{
#if DIFF_NATIVE
	const struct feature *f;
	u32 r[4], max, unused;
	for (f = features; strcmp(f->name, name); ++f)
		;
	// Privileged ones are refused in any case, and hints do nothing.
	if (f->kind != ROWS || !strcmp(name, "CLDEMOTE") || !strcmp(name, "PREFETCHWT1"))
		return 1;
	__asm__("cpuid" : "=a"(max), "=b"(unused), "=c"(unused), "=d"(unused) : "0"(f->leaf & 0x80000000), "2"(0));
	if (f->leaf > max)
		return 0;
	__asm__("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "0"(f->leaf), "2"(f->subleaf));
	return r[f->reg] >> f->bit & 1;
#else
	return 1;
#endif
}

// What is not compared, and why
const char *const exceptions[] = {
	"EFLAGS: every flag of every instruction is compared, undefined ones too",
	"near branches with 66 in 64-bit code: AMD cuts RIP to 16 bits, Intel and we ignore 66; no 66 on rows marked F64",
	"DS, ES, FS, GS with null selectors 1 to 3: a return from the kernel makes them 0; both count as 0",
	"LSL of the selector that holds the processor's number: not asked",
	"0F 0D with a register: #UD on AMD, no operation on Intel and here (manual_test)",
	"MOVDIRI, MOVDIR64B, SERIALIZE where the processor lacks them (manual_test)",
	"bit 17 of MXCSR and of MXCSR_MASK in FXSAVE and XSAVE images: AMD's, not ours; the rest of the mask is compared",
	"SLDT, STR, SMSW, SGDT, SIDT with 67 and a segment prefix: whether the kernel emulates them depends on its version",
	"INT1: some virtual machines report the address of the instruction, others that of the next; either",
	"CPUID, RDTSC(P), RDPID, RDRAND, RDSEED, XGETBV: the bits that are the processor's own; all else is compared",
	"RDRAND, RDSEED where the processor had no number ready (CF 0): ours always has one",
	"SYSCALL: with a number that no call has",
	"VPEXTRD, VPINSRD with VEX.W outside 64-bit code: #UD on AMD, ignored on Intel and here",
	"random bytes (see beyond() in diff_soup.c): AVX-512, SSE4A, XOP and what AMD has behind 0F 01; UD0 and UD1 "
	"without ModRM; LOCK VERW and LOCK MOV CR0; VPERMQ and VPERMPD without VEX.W",
	"random bytes: instructions whose state a row's own cases have to set up (far transfers, SYSCALL, XSAVE...)",
	0
};

int
accepted(const struct insn *in)
{
	if (in->op == OP_NOP && in->modrm >= 0xc0 && !strncmp(rows[in->row].enc, "0F 0D", 5))
		return 1;
	if (in->asize != 2 << in->mode && in->segover != SEG_NONE && in->opr[0].kind == OPR_MEM &&
	    (in->op == OP_SLDT || in->op == OP_STR || in->op == OP_SMSW || in->op == OP_SGDT || in->op == OP_SIDT))
		return 1;
	if ((in->op == OP_VPEXTRD || in->op == OP_VPINSRD) && in->vexw && in->mode != MODE_64)
		return 1;
	return 0;
}

const char *
why_untested(const struct row *r)
{
	return r->why;
}

static const char *
reason_of(const struct row *r)
{
	if (!present(operations[r->op].feature) || (r->feature && !present(r->feature)))
		return "this processor lacks it";
	if (!operations[r->op].done)
		return "undone";
#ifdef TINY
	if (strstr(r->flags, "I64") || named(r, "callf jmpf"))
		return "tiny knows 64-bit code only";
#endif
	if (!strcmp(r->name, "nop") && !strncmp(r->enc, "0F 0D", 5))
		return "#UD on AMD processors, no operation on Intel's and here";
	return 0;
}

int
named(const struct row *r, const char *names)
{
	size_t n = strlen(r->name);
	const char *p = names;
	while ((p = strstr(p, r->name))) {
		if ((p == names || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return 1;
		p += n;
	}
	return 0;
}


void
rows_init(void)
{
	int i;
	for (i = 0; i < row_count; ++i) {
		while (strcmp(operations[rows[i].op].name, rows[i].name))
			++rows[i].op;
		rows[i].done = operations[rows[i].op].done;
		rows[i].why = reason_of(&rows[i]);
	}
}

u64
row_cases(const struct row *r)
{
	return r->cases[FORM_REG] + r->cases[FORM_MEM] + r->cases[FORM_32];
}

enum form
form_of(const struct test_case *t)
{
	int i;
	if (t->mode != MODE_64)
		return FORM_32;
	for (i = 0; i < t->in.nopr; ++i)
		if (t->in.opr[i].kind == OPR_MEM)
			return FORM_MEM;
	return FORM_REG;
}
