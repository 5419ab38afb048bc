// as_test.c: what the disassembler prints assembles to what was disassembled.
// Every row of the table in every form, size and mode, in AT&T and in Intel
// syntax, goes through GNU as and comes back as the same instruction: same
// operation, same operands, same prefixes that matter. Another encoding of it
// is as good. What GNU as has no spelling for is listed by class, with its
// reason and the number of cases; a case outside of them fails.
#include "cases.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const row_ops[] = {
#define INSN(op, text, feature, r, w, u, attrs, done)
#define ENC(op, enc, oprs, flags) #op ": " enc,
#define ENCF(op, feature, enc, oprs, flags) #op ": " enc,
#include "isa_table.inc"
#undef INSN
#undef ENC
#undef ENCF
};

enum { SLOT = 16, MAXCASES = 400000, HASH = 1 << 21, PC = 0x400000 };

struct form {
	u8 code[16];
	struct insn in;
};

static struct form *cases[3];
static int ncases[3];
static u64 *seen;
static unsigned row_cases[COUNTOF(row_ops)];
static char dir[] = "/tmp/as_test.XXXXXX";
static long nfailed, nrun, limit = 40;

static struct {
	const char *name;
	char example[300];
	long count;
} classes[60];

// What distinguishes the forms of a row, in one number.
static u64
form_of(const struct insn *in)
{
	u64 h = in->row;
	unsigned i, seg = in->mode == MODE_64 ? in->seg >= SEG_FS ? in->seg : 0u : in->segover;
	const u8 part[] = {
		in->mode, in->osize, in->asize, in->lock, in->rep, in->vl, in->vexw, in->modrm >= 0xc0, (u8)seg, in->cc, in->base == GPR_NONE,
		in->base == GPR_RIP, in->base == GPR_SP || in->base == GPR_BP, in->index != GPR_NONE, in->displen
	};
	for (i = 0; i < sizeof part; ++i) h = h * 0x100000001b3 + part[i] + 1;
	for (i = 0; i < in->nopr; ++i) h = (h * 0x100000001b3 + in->opr[i].kind) * 0x100000001b3 + in->opr[i].size;
	h ^= h >> 29;
	return h | 1;
}

static void
collect(const u8 *code, enum isa_mode mode)
{
	struct form f;
	u64 h;
	unsigned at;
	memset(&f, 0, sizeof f);
	memcpy(f.code, code, 15);
	if (isa_decode(&f.in, code, 15, mode) <= 0) return;
	h = form_of(&f.in);
	for (at = (unsigned)(h >> 20) % HASH; seen[at]; at = (at + 1) % HASH)
		if (seen[at] == h) return;
	if (ncases[mode] == MAXCASES) return;
	seen[at] = h;
	++row_cases[f.in.row];
	cases[mode][ncases[mode]++] = f;
}

static void
print(char *text, size_t size, const struct insn *in, bool att)
{
	if (att) isa_format_att(text, size, in, PC);
	else isa_format(text, size, in, PC);
}

// Puts `to` where `from` first stands in the text, if it does.
static void
replace(char *text, const char *from, const char *to)
{
	char rest[300], *p = strstr(text, from);
	if (!p) return;
	snprintf(rest, sizeof rest, "%s", p + strlen(from));
	sprintf(p, "%s%s", to, rest);
}

// The text as GNU as has it.
static void
to_gas(char *text, const struct insn *in, bool att)
{
	char was[64], is[64], *p, *end;
	bool absolute = in->base == GPR_NONE && in->index == GPR_NONE;
	// Targets are absolute and must lie near, but the instructions stand
	// somewhere else here: as many bytes from there.
	if (in->opr[0].kind == OPR_REL && (p = strstr(text, " 0x"))) sprintf(p, " .%+lld", (long long)(in->imm + in->len));
	if (att) return;
	// RIP-relative operands are printed as what they come to; GNU as wants the displacement.
	if (in->base == GPR_RIP && (p = strchr(text, '[')) && (end = strchr(p, ']'))) {
		snprintf(was, sizeof was, "%.*s", (int)(end - p), p);
		snprintf(is, sizeof is, "[%s%+lld", in->asize == 4 ? "eip" : "rip", (long long)in->disp);
		replace(text, was, is);
	}
	// An address alone is one only behind a segment, and is cut to the mode's size.
	if (absolute && (p = strstr(text, "[0x"))) {
		if (p[-1] != ':') replace(text, "[0x", "ds:[0x");
		if (in->asize != (in->mode == MODE_64 ? 8 : 2 << in->mode)) {
			memmove(text + 7, text, strlen(text) + 1);
			memcpy(text, in->mode == MODE_32 ? "addr16 " : "addr32 ", 7);
		}
	}
	// Far branches show their size, those that are not the mode's have suffixes.
	if (in->mode != MODE_16) {
		replace(text, "call far dword ptr ", "lcallw ");
		replace(text, "jmp far dword ptr ", "ljmpw ");
	}
	replace(text, "ret far", "retf");
	replace(text, " far", "");
	if (in->mode == MODE_16 && (in->op == OP_JMP || in->op == OP_CALL)) {
		replace(text, "call dword ptr ", "calld ");
		replace(text, "jmp dword ptr ", "jmpd ");
	}
	if (in->osize == 2
		&& (in->op == OP_PUSHF || in->op == OP_POPF || in->op == OP_PUSHA || in->op == OP_POPA || in->op == OP_IRET))
		strcat(text, "w");
	if (in->mode == MODE_64 && in->osize != 8 && (in->op == OP_SYSRET || in->op == OP_SYSEXIT)) strcat(text, "d");
	if (in->op == OP_MOVDIR64B) replace(text, "zmmword ptr ", "");
	// Names that Zydis made up
	replace(text, "feni8087_nop", "fneni");
	replace(text, "fdisi8087_nop", "fndisi");
	replace(text, "fsetpm287_nop", "fnsetpm");
	// st(1)
	for (p = text; (p = strstr(p, " st")); ++p) {
		if (p[3] < '0' || p[3] > '7' || (p[4] && p[4] != ',')) continue;
		memmove(p + 6, p + 4, strlen(p + 4) + 1);
		p[5] = ')';
		p[4] = p[3];
		p[3] = '(';
	}
}

static u64
address(const struct insn *in)
{
	return in->asize < 8 ? trunc_to((u64)in->disp, in->asize) : (u64)in->disp;
}

static bool
same_memory(const struct insn *a, const struct insn *b)
{
	u64 x = address(a), y = address(b);
	if (a->base != b->base || a->index != b->index || a->scale != b->scale || a->vsib != b->vsib || (a->seg != b->seg && a->op != OP_LEA))
		return false;
	if (a->base == GPR_NONE && a->index == GPR_NONE) return x == y;
	return a->asize == b->asize && x == y;
}

static u64
immediate(const struct insn *in, unsigned i)
{
	unsigned size = in->opr[i].size;
	return size < 8 ? trunc_to(in->imm, size) : in->imm;
}

static bool
same_operand(const struct insn *a, unsigned i, const struct insn *b, unsigned k)
{
	const struct isa_operand *x = &a->opr[i], *y = &b->opr[k];
	unsigned kx = x->kind == OPR_ONE ? (unsigned)OPR_IMM : x->kind, ky = y->kind == OPR_ONE ? (unsigned)OPR_IMM : y->kind;
	if (kx != ky) return false;
	switch (kx) {
	case OPR_REL:
		return a->imm + a->len == b->imm + b->len;
	case OPR_IMM:
		return immediate(a, i) == immediate(b, k);
	case OPR_IMM2:
		return a->imm2 == b->imm2;
	case OPR_FAR:
		return x->size == y->size && a->imm == b->imm && a->imm2 == b->imm2;
	case OPR_MEM:
		return x->size == y->size && x->reg == y->reg && same_memory(a, b);
	case OPR_XMM:
		return x->reg == y->reg;  // how much of it is accessed is no part of the text
	default:
		return x->size == y->size && x->reg == y->reg;
	}
}

static bool
implies_memory(const struct insn *in)
{
	return in->op == OP_MASKMOVQ || in->op == OP_MASKMOVDQU || in->op == OP_VMASKMOVDQU || in->op == OP_MONITOR;
}

static bool
counts_in_cx(const struct insn *in)
{
	return in->op == OP_LOOP || in->op == OP_LOOPE || in->op == OP_LOOPNE || in->op == OP_JCXZ;
}

// Does the operand size matter though no operand shows it?
static bool
is_osize_used(const struct insn *in)
{
	if (in->op == OP_INT || in->op == OP_INT3 || in->op == OP_INT1 || in->op == OP_INTO) return false;
	if (in->op == OP_CBW || in->op == OP_CWD) return true;
	return isa_attrs[in->op] & (ISA_STACK | ISA_BRANCH);
}

// Whether two instructions do the same in all states.
static bool
same(const struct insn *a, const struct insn *b)
{
	unsigned i;
	bool swapped = (a->op == OP_XCHG || a->op == OP_TEST) && a->nopr == 2;
	if (a->op == OP_NOP && b->op == OP_NOP) return !a->nopr ? !b->nopr : b->nopr && same_operand(a, 0, b, 0);
	if (a->op != b->op || a->cc != b->cc || a->nopr != b->nopr || a->lock != b->lock) return false;
	if (a->rep != b->rep && (isa_attrs[a->op] & ISA_STRING)) return false;
	if ((implies_memory(a) || counts_in_cx(a) || (isa_attrs[a->op] & ISA_STRING)) && a->asize != b->asize) return false;
	if (implies_memory(a) && a->seg != b->seg) return false;
	for (i = 0; i < a->nopr; ++i)
		if (!same_operand(a, i, b, i)) break;
	if (i < a->nopr && !(swapped && same_operand(a, 0, b, 1) && same_operand(a, 1, b, 0))) return false;
	if (a->op == OP_SYSRET || a->op == OP_SYSEXIT) return (a->osize == 8) == (b->osize == 8);
	return a->osize == b->osize || !is_osize_used(a);
}

// Why GNU as does not take the text, or makes something else of it; 0: it
// should.
static const char *
excuse(const struct insn *in, bool att, const char *said, const struct insn *back)
{
	unsigned size = in->opr[0].size;
	switch (in->op) {
	case OP_SALC:
		return said ? "GNU as has no salc" : 0;
	case OP_FSTPNCE:
		return said ? "GNU as has no fstpnce, D9 D8+i" : 0;
	case OP_MOVZX: case OP_MOVSX:
		return said && size == 2 && in->opr[1].size == 2 ? "GNU as has no movzx and movsx of 16 bits to 16" : 0;
	case OP_MOVSXD:
		return said && size == 2 ? "GNU as has no movsxd to 16 bits from memory" : 0;
	case OP_BSWAP:
		return said && size == 2 ? "GNU as has no bswap of 16 bits, whose result is undefined" : 0;
	case OP_LSL:
		return said && size == 8 && in->opr[1].kind == OPR_GPR ? "GNU as wants 64-bit names for both registers of lsl" : 0;
	case OP_LOOP: case OP_LOOPE: case OP_LOOPNE: case OP_JCXZ:
		if (said && strstr(said, "too large for field")) return "without an idle prefix the target is out of reach by its length";
		return back && back->osize != in->osize && in->mode != MODE_64 ? "GNU as drops data16 and data32 in front of loop and jcxz" : 0;
	case OP_XCHG:
		return back && back->op == OP_NOP && !(in->mode == MODE_64 && size == 4) && in->opr[0].reg == GPR_AX && in->opr[1].reg == GPR_AX ? "xchg of eax with itself is nop" : 0;
	case OP_MOVD:
		return back && back->op == OP_MOVQ && in->osize == 8 ? "movq has two opcodes" : 0;
	case OP_VMOVD:
		return back && back->op == OP_VMOVQ && in->osize == 8 ? "movq has two opcodes" : 0;
	case OP_MOV_SREG: case OP_SLDT: case OP_STR: case OP_MOVMSKPS: case OP_MOVMSKPD:
		return back && back->op == in->op && size == 8 && back->opr[0].size == 4 && in->opr[0].reg == back->opr[0].reg
			? "GNU as drops REX.W where 32 bits are written and the rest cleared" : 0;
	case OP_FSUB: case OP_FSUBR: case OP_FDIV: case OP_FDIVR:
		return att && back && !in->opr[0].reg && !in->opr[1].reg && back->opr[0].kind == OPR_ST
			? "of st with itself GNU as makes the form with st as destination" : 0;
	default:
		return 0;
	}
}

static void
note(const char *name, const char *example)
{
	unsigned i;
	for (i = 0; i + 1 < COUNTOF(classes) && classes[i].name && strcmp(classes[i].name, name); ++i)
		;
	if (!classes[i].count++) snprintf(classes[i].example, sizeof classes[i].example, "%.290s", example);
	classes[i].name = name;
}

static void
judge(const struct form *f, bool att, const char *said, const u8 *slot)
{
	char text[200], example[900], other[200] = "-";
	struct insn back;
	const char *why;
	unsigned k;
	int n, r = said ? 0 : isa_decode(&back, slot, 15, (enum isa_mode)f->in.mode);
	++nrun;
	if (r > 0 && same(&f->in, &back)) return;
	print(text, sizeof text, &f->in, att);
	if (r > 0) print(other, sizeof other, &back, att);
	to_gas(text, &f->in, att);
	n = sprintf(example, "%d-bit", 16 << f->in.mode);
	for (k = 0; k < f->in.len; ++k) n += sprintf(example + n, " %02x", f->code[k]);
	n += sprintf(example + n, " (%s): %s", row_ops[f->in.row], text);
	if (said) n += sprintf(example + n, "; as: %.100s", said);
	else {
		n += sprintf(example + n, "; as:");
		for (k = 0; (int)k < r; ++k) n += sprintf(example + n, " %02x", slot[k]);
		sprintf(example + n, " %s", other);
	}
	why = excuse(&f->in, att, said, r > 0 ? &back : 0);
	if (why) note(why, example);
	else if (nfailed++ < limit) printf("FAIL %s\n", example);
}

static bool
run(enum isa_mode mode, bool att)
{
	char path[3][64], command[400], line[1000], text[300], *p;
	char **said = (char **)calloc((size_t)ncases[mode] + 1, sizeof *said);
	u8 *bytes = (u8 *)calloc((size_t)ncases[mode] + 1, SLOT);
	FILE *f;
	int i, n;
	size_t got;
	snprintf(path[0], sizeof path[0], "%s/a.s", dir);
	snprintf(path[1], sizeof path[1], "%s/a.log", dir);
	snprintf(path[2], sizeof path[2], "%s/a.bin", dir);
	if (!(f = fopen(path[0], "w"))) return false;
	fprintf(f, ".code%d; %s\n", 16 << mode, att ? ".att_syntax" : ".intel_syntax noprefix");
	for (i = 0; i < ncases[mode]; ++i) {
		print(text, sizeof text, &cases[mode][i].in, att);
		to_gas(text, &cases[mode][i].in, att);
		fprintf(f, ".org %d; %s\n", i * SLOT, text);
	}
	fprintf(f, ".org %d\n", ncases[mode] * SLOT);
	fclose(f);
	snprintf(command, sizeof command, "cd %s && { as -Z -mintel64 --%d -o a.o a.s; objcopy -O binary -j .text a.o a.bin; } 2>a.log", dir, mode == MODE_64 ? 64 : 32);
	if (system(command) < 0 || !(f = fopen(path[2], "r"))) return false;
	got = fread(bytes, SLOT, (size_t)ncases[mode], f);
	fclose(f);
	if (!(f = fopen(path[1], "r"))) return false;
	while (fgets(line, sizeof line, f)) {
		if ((p = strchr(line, '\n'))) *p = 0;
		if ((p = strstr(line, ": Error: ")) && sscanf(line, "a.s:%d:", &n) == 1 && n >= 2 && n - 2 < ncases[mode] && !said[n - 2])
			said[n - 2] = strdup(p + 9);
	}
	fclose(f);
	if ((int)got != ncases[mode]) return false;
	for (i = 0; i < ncases[mode]; ++i) {
		judge(&cases[mode][i], att, said[i], bytes + (size_t)i * SLOT);
		free(said[i]);
	}
	for (i = 0; i < 3; ++i) unlink(path[i]);
	snprintf(path[0], sizeof path[0], "%s/a.o", dir);
	unlink(path[0]);
	free(said);
	free(bytes);
	return true;
}

int
main(int argc, char *argv[])
{
	unsigned mode, k, empty = 0;
	bool ran = true;
	if (argc > 1) limit = atol(argv[1]);
	if (system("{ echo nop | as --64 -mintel64 -o /dev/null -; objcopy --version; } >/dev/null 2>&1") || !mkdtemp(dir)) {
		printf("skipped: needs GNU as for x86\n");
		return 0;
	}
	seen = (u64 *)calloc(HASH, sizeof *seen);
	for (mode = 0; mode < 3; ++mode) cases[mode] = (struct form *)calloc(MAXCASES, sizeof(struct form));
	systematic(collect);
	for (mode = 0; mode < 3 && ran; ++mode) ran = run((enum isa_mode)mode, true) && run((enum isa_mode)mode, false);
	rmdir(dir);
	if (!ran) {
		printf("FAIL as or objcopy did not do it\n");
		return 1;
	}
	for (k = 0; k < COUNTOF(row_ops); ++k)
		if (!row_cases[k]) {
			++empty;
			printf("FAIL row without a case: %s\n", row_ops[k]);
		}
	for (k = 0; k < COUNTOF(classes) && classes[k].name; ++k)
		printf("%7ld %s\n        e.g. %s\n", classes[k].count, classes[k].name, classes[k].example);
	printf("as_test: %ld cases of %u rows, %ld failed\n", nrun, (unsigned)COUNTOF(row_ops), nfailed);
	return nfailed || empty;
}
