// diff_print.c: a case and its state, for people.
#include "diff.h"

const char *const reg_names[] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
};

void
flag_text(char *s, u32 f)
{
	static const u32 bit[] = {FLAG_OF, FLAG_DF, FLAG_SF, FLAG_ZF, FLAG_AF, FLAG_PF, FLAG_CF, FLAG_NT, FLAG_AC, FLAG_ID, FLAG_RF, FLAG_TF, FLAG_IF};
	static const char name[] = "ODSZAPCNaIRTi";
	size_t i;
	for (i = 0; i < COUNTOF(bit); ++i)
		s[i] = f & bit[i] ? name[i] : '-';
	s[i] = 0;
}

void
print_case(const struct test_case *t, const char *engine)
{
	char text[128], f[32];
	int i;
	isa_format(text, sizeof text, &t->in, t->s.pc);
	flag_text(f, t->s.flags);
	if (t->pre) {
		struct insn in;
		isa_decode(&in, t->setter, sizeof t->setter, MODE_64);
		isa_format(text, sizeof text, &in, 0);
		printf("after %s:\n", text);
		isa_format(text, sizeof text, &t->in, t->s.pc);
	}
	if (t->row < 0)
		printf("soup (%s): ", engine);
	else
		printf("%s \"%s\" (%s): ", rows[t->row].name, rows[t->row].enc, engine);
	for (i = 0; i < t->len; ++i)
		printf("%02x ", t->code[i]);
	printf("  %s%s\n  at %llx, flags %s, repeat with %s%s -k %llu\n ", t->in.op == OP_NONE ? "(bad)" : text, t->mode == MODE_64 ? "" : t->mode == MODE_32 ? " (32-bit code)" : " (16-bit code)",
	       (unsigned long long)t->s.pc, f, t->row < 0 ? "-p" : "-r ", t->row < 0 ? "" : rows[t->row].name, (unsigned long long)t->number);
	for (i = 0; i < 16; ++i)
		printf(" %s=%llx%s", reg_names[i], (unsigned long long)t->s.r[i], i == 7 ? "\n " : "");
	printf("\n");
	for (i = 0; i < PATCHES; ++i)
		if (t->patch[i].n) {
			printf("  at %llx:", (unsigned long long)t->patch[i].at);
			for (int j = 0; j < 16; ++j)
				printf(" %02x", t->patch[i].b[j]);
			printf("\n");
		}
}

void
print_vectors(const struct test_case *t)
{
	int i, j, x87 = 0;
	for (i = 0; i < t->in.nopr; ++i) {
		const struct isa_operand *o = &t->in.opr[i];
		if (o->kind == OPR_XMM || o->kind == OPR_YMM) {
			printf("  %cmm%d =", o->kind == OPR_YMM ? 'y' : 'x', o->reg);
			for (j = o->kind == OPR_YMM ? 16 : 0; j--;)
				printf("%s%02x", j == 7 ? " " : "", t->s.high[o->reg][j]);
			if (o->kind == OPR_YMM)
				printf(" ");
			for (j = 16; j--;)
				printf("%s%02x", j == 7 ? " " : "", t->s.fx[160 + 16 * o->reg + j]);
			printf(", mxcsr %x\n", ld32(t->s.fx + 24));
		} else if (o->kind == OPR_MM) {
			printf("  mm%d = %016llx\n", o->reg, (unsigned long long)ld64(t->s.fx + 32 + 16 * ((o->reg - (ld16(t->s.fx + 2) >> 11 & 7)) & 7)));
		}
		x87 |= o->kind == OPR_ST;
	}
	if (x87 || (t->row >= 0 && rows[t->row].name[0] == 'f')) {
		printf("  fcw %x fsw %x ftw %02x mxcsr %x", ld16(t->s.fx), ld16(t->s.fx + 2), t->s.fx[4], ld32(t->s.fx + 24));
		for (i = 0; i < 8; ++i)
			printf("%s st%d=%04x:%016llx", i % 4 ? "" : "\n ", i, ld16(t->s.fx + 40 + 16 * i), (unsigned long long)ld64(t->s.fx + 32 + 16 * i));
		printf("\n");
	}
}

