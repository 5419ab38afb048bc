// emit.c: the compiled tables, as C.
#include "mkisa.h"

static void
upper(const char *s)
{
	for (; *s; ++s) putchar(*s >= 'a' && *s <= 'z' ? *s - 32 : *s);
}

static void
banner(const char *what)
{
	printf("// %s; generated from blink/isa/*.tbl by tool/mkisa.\n", what);
}

static int
any_vex(void)
{
	int i;
	for (i = 0; i < nrows; ++i)
		if (rows[i].map >= MAP_VEX) return 1;
	return 0;
}

void
print_ops(void)
{
	int i;
	size_t f;
	banner("The operations of the instruction table");
	printf("#ifndef ISA_OPS_H_\n#define ISA_OPS_H_\n\nenum isa_op {\n");
	for (i = 0; i < nops; ++i) {
		printf("\tOP_");
		upper(ops[i].name);
		printf(",\n");
	}
	printf("\tOP_COUNT,\n");
	for (i = nops; i < nops + nleft; ++i) {
		printf("\tOP_");
		upper(ops[i].name);
		printf(",\n");
	}
	printf("\tOP_END");
	for (i = 0; native && i < NATIVES; ++i) {
		printf(",\n\tOP_");
		upper(merged[i].name);
		printf(" = %d", first_native + i);
	}
	printf("\n};\n\nenum isa_feature {\n");
	for (f = 0; f < nfeatures; ++f) printf("\tFEATURE_%s,\n", features[f].name);
	printf("\tFEATURE_COUNT\n};\n\n// Index of isa_kinds[]\ntypedef %s isa_row;\n", nkinds > 256 ? "u16" : "u8");
	printf("// Whether any row has a VEX or EVEX encoding\nenum { ISA_ANY_VEX = %d };\n\n#endif\n", any_vex());
}

void
print_handlers(void)
{
	int i;
	banner("One line per operation, in the order of enum isa_op");
	for (i = 0; i < nops; ++i)
		if (native && i >= first_native) printf("N(op_%s)\n", ops[i].name);
		else if (ops[i].done) printf("H(op_%s)\n", ops[i].name);
		else printf("U(%s)\n", ops[i].name);
}

// "O|S|ZF" columns become FLAG_ names; "0" stays.
static void
print_flags(const char *s)
{
	static const char letters[] = "OSZAPCDIT";
	char text[64], *w;
	int first = 1;
	snprintf(text, sizeof(text), "%s", s);
	for (w = strtok(text, "| "); w; w = strtok(0, "| ")) {
		printf("%s", first ? "" : " | ");
		first = 0;
		if (!strcmp(w, "0")) printf("0");
		else if (!strcmp(w, "OSZAPC")) printf("FLAGS_ARITH");
		else if (strlen(w) == 1 && strchr(letters, w[0])) printf("FLAG_%cF", w[0]);
		else {
			fprintf(stderr, "mkisa: unknown flag %s\n", w);
			exit(1);
		}
	}
}

static void
print_attrs(const struct op *o)
{
	char text[64], *w;
	snprintf(text, sizeof(text), "%s", o->attrs);
	if (!o->done) printf("ISA_UNDONE");
	else printf("0");
	for (w = strtok(text, "| "); w; w = strtok(0, "| "))
		if (strcmp(w, "0") && strcmp(w, "SOFT")) printf(" | ISA_%s", w);
}

static void
print_cpuid(void)
{
	size_t i, j;
	int n = 0, r;
	printf("\nconst struct isa_cpuid_bits isa_cpuid_features[] = {\n");
	for (i = 0; i < nfeatures; ++i) {
		u32 reg[4] = {0, 0, 0, 0};
		if (!features[i].leaf) continue;
		for (j = 0; j < i; ++j)
			if (features[j].leaf == features[i].leaf && features[j].subleaf == features[i].subleaf) break;
		if (j < i) continue;
		for (j = i; j < nfeatures; ++j) {
			struct feature *f = &features[j];
			if (f->leaf != features[i].leaf || f->subleaf != features[i].subleaf) continue;
			if (f->kind == FIXED || (f->kind == ROWS && f->rows && !f->undone)) reg[f->reg] |= 1u << f->bit;
		}
		printf("\t{0x%xu, %d, {", features[i].leaf, features[i].subleaf);
		for (r = 0; r < 4; ++r) printf("%s0x%xu", r ? ", " : "", reg[r]);
		printf("}},\n");
		++n;
	}
	printf("};\nconst unsigned isa_cpuid_feature_count = %d;\n", n);
}

// What levels 1 to 3 leave of registers with features beyond them.
static void
print_caps(void)
{
	size_t i, j;
	int n = 0, level;
	printf("\nconst struct isa_cpuid_cap isa_cpuid_caps[] = {\n");
	for (i = 0; i < nfeatures; ++i) {
		u32 left[3] = {0, 0, 0};
		bool beyond = false;
		for (j = 0; j < nfeatures; ++j) {
			struct feature *f = &features[j];
			if (!f->leaf || f->leaf != features[i].leaf || f->subleaf != features[i].subleaf || f->reg != features[i].reg) continue;
			if (j < i) break;
			beyond |= f->level > V1;
			for (level = V1; level <= V3; ++level)
				if (f->level <= level) left[level - 1] |= 1u << f->bit;
		}
		if (j < nfeatures || !beyond) continue;
		printf("\t{0x%xu, %d, %d, {0x%xu, 0x%xu, 0x%xu}},\n", features[i].leaf, features[i].subleaf, features[i].reg, left[0], left[1], left[2]);
		++n;
	}
	printf("};\nconst unsigned isa_cpuid_cap_count = %d;\n", n);
}

void
print_decode(void)
{
	int i, j, n;
	banner("The compiled instruction table");
	printf("#include \"isa/insn.h\"\n#include \"isa/table.h\"\n\nconst struct isa_root isa_roots[] = {\n");
	for (i = 0; i < (any_vex() ? MAP_COUNT : MAP_VEX); ++i) printf("\t{%d, %d, %d},\n", roots[i].first, roots[i].lo, roots[i].hi);
	printf("};\n\nconst u16 isa_trie[] = {");
	for (i = 0; i < ntrie; ++i) printf("%s%d,", i % 16 ? " " : "\n\t", trie[i]);
	printf("\n};\n\nconst isa_row isa_rows[] = {\n");
	for (i = 0; i < nrows; ++i) printf("\t%d, // %s: %s\n", rows[i].kind, ops[rows[i].op].name, rows[i].enc);
	printf("};\nconst unsigned isa_row_count = %d;\n\n#ifndef TINY\nconst u16 isa_row_ops[] = {", nrows);
	for (i = 0; i < nrows; ++i) printf("%s%d,", i % 16 ? " " : "\n\t", rows[i].op);
	printf("\n};\n#endif\n\nconst struct isa_starts isa_starts[] = {\n");
	for (i = 0; i < nrows; i += 16) {
		int bits = 0, before = i ? rows[i - 1].op : 0;
		for (j = i, n = before; j < nrows && j < i + 16; n = rows[j++].op)
			if (rows[j].op != n) bits |= 1 << (j - i);
		printf("\t{%d, 0x%x},\n", before, bits);
	}
	printf("};\n\nconst struct isa_kind isa_kinds[] = {\n");
	for (i = 0; i < nkinds; ++i)
		printf("\t{%d, {%d, %d, %d, %d}},\n", kinds[i].attrs, kinds[i].spec[0], kinds[i].spec[1], kinds[i].spec[2],
			kinds[i].spec[3]);
	printf("};\n\nconst struct isa_spec isa_specs[] = {\n");
	for (i = 0; i < nspecs; ++i) printf("\t{%d, %d, %d},\n", specs[i].where, specs[i].msize, specs[i].rsize);
	printf("};\n\nconst struct isa_flagset isa_flagsets[] = {\n");
	for (i = n = 0; i < nops; ++i) {
		for (j = 0; j < i; ++j)
			if (!strcmp(ops[i].reads, ops[j].reads) && !strcmp(ops[i].writes, ops[j].writes)
					&& !strcmp(ops[i].undefs, ops[j].undefs)) break;
		if (j < i) {
			ops[i].flagset = ops[j].flagset;
			continue;
		}
		ops[i].flagset = n++;
		printf("\t{");
		print_flags(ops[i].reads);
		printf(", ");
		print_flags(ops[i].writes);
		printf(", ");
		print_flags(ops[i].undefs);
		printf("},\n");
	}
	printf("};\n\nconst char isa_names[] =\n");
	for (i = 0; i < nops; ++i) printf("\t\"%s\\0\"\n", ops[i].text);
	printf("\t;\n\nconst u8 isa_attrs[] = {\n");
	for (i = 0; i < nops; ++i) {
		printf("\t");
		print_attrs(&ops[i]);
		printf(",\n");
	}
	printf("};\n\nconst u8 isa_flagset_of[] = {");
	for (i = 0; i < nops; ++i) printf("%s%d,", i % 16 ? " " : "\n\t", ops[i].flagset);
	printf("\n};\n");
	print_cpuid();
	print_caps();
}

void
print_table(void)
{
	int i, j;
	banner("The rows of this build, for the tests");
	for (i = 1; i < nops; ++i) {
		struct op *o = &ops[i];
		printf("INSN(%s, \"%s\", %s, %s, %s, %s, %s, %s)\n", o->name, o->text, o->feature, o->reads, o->writes,
			o->undefs, o->attrs, o->done ? "DONE" : "UNDONE");
	}
	for (j = 0; j < nrows; ++j)
		printf("ENC(%s, \"%s\", \"%s\", %s)\n", rows[j].opname, rows[j].enc, rows[j].oprs, rows[j].flagtext);
}
