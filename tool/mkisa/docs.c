// docs.c: the coverage page, and what the tables cost.
#include "mkisa.h"

// The name column as a reader knows it: b, w, d, q for a size, cc for a
// condition; in AT&T syntax where that has a name of its own.
static void
print_name(const char *s)
{
	for (; *s; ++s) {
		if (*s == '|' || *s == ';') printf(*s == ';' ? " (AT&amp;T " : " ");
		else if (*s == '%') printf("cc");
		else if (*s == '#' || *s == '<' || *s == '>') printf("[bwdq]");
		else if (*s == ']') printf("r");
		else if (!strchr("@~!^&?[*", *s)) putchar(*s);
	}
}

void
print_docs(void)
{
	static unsigned long tested[MAXROWS][3];
	int i, j, done = 0;
	size_t f;
	for (i = 1; i < nops; ++i) done += ops[i].done;
	printf("# The instructions\n\nGenerated from `blink/isa/*.tbl` by `make docs`.\n"
		"%d operations, %d of them done, in %d encodings. An operation that is not\n"
		"done decodes and prints, raises #UD, and keeps its CPUID feature switched off.\n\n"
		"## CPUID features\n\n| feature | leaf | bit | encodings | advertised |\n| --- | --- | --- | --- | --- |\n",
		nops - 1, done, nrows);
	for (f = 0; f < nfeatures; ++f) {
		static const char *const regs[] = {"eax", "ebx", "ecx", "edx"};
		struct feature *p = &features[f];
		if (!p->leaf) continue;
		printf("| %s | 0x%x.%d | %s.%d | %d | ", p->name, p->leaf, p->subleaf, regs[p->reg], p->bit, p->rows);
		if (p->kind == HIDDEN) printf("never |\n");
		else if (p->kind == FIXED) printf("yes |\n");
		else if (p->rows && !p->undone) printf("yes |\n");
		else printf("no: %d encodings undone |\n", p->undone);
	}
	for (j = 0; j < nrows; ++j)
		if (scanf("%lu %lu %lu", &tested[j][0], &tested[j][1], &tested[j][2]) != 3) break;
	printf("\n## Operations\n\nCases compared with silicon in one run of `test/cpu/diff`: with registers only,\n"
		"with memory, in 16 and 32-bit code. `make report-isa` says why a row has none;\n"
		"`test/cpu/manual_test` has what the manual says of such.\n\n"
		"| operation | mnemonic | feature | done | encoding | operands | registers | memory | 32-bit |\n"
		"| --- | --- | --- | --- | --- | --- | ---: | ---: | ---: |\n");
	for (i = 1; i < nops; ++i)
		for (j = 0; j < nrows; ++j)
			if (rows[j].op == i) {
				printf("| %s | ", ops[i].name);
				print_name(ops[i].text);
				printf("%s | %s | %s | `%s` | %s | %lu | %lu | %lu |\n", strchr(ops[i].text, ';') ? ")" : "", rows[j].feature,
					ops[i].done ? "yes" : "no", rows[j].enc, rows[j].oprs, tested[j][0], tested[j][1], tested[j][2]);
			}
}

void
print_stat(void)
{
	int i, names = 0;
	for (i = 0; i < nops; ++i) names += strlen(ops[i].text) + 1;
	printf("%d operations, %d rows\ntrie %d\nrows %d\nkinds %d\nspecs %d\nnames %d\nops %d\n", nops - 1, nrows,
		ntrie * 2, nrows * (nkinds > 256 ? 2 : 1) + nrows / 4, nkinds * 6, nspecs * 3, names, nops * 2);
}
