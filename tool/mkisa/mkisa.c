// mkisa.c: turns the instruction table (blink/isa/*.tbl) into C, on the build
// machine. Its output is the same for every host and build mode.
//
//   mkisa ops       enum isa_op, enum isa_feature           -> isa_ops.h
//   mkisa handlers  H(op_add) or U(add) for each operation  -> isa_handlers.inc
//                   or N(op_addps)
//   mkisa decode    tries, rows, operations, CPUID bits     -> isa_gen.c
//   mkisa full      the same with all operations apart: see NATIVE below
//   mkisa table     INSN and ENC of what is left of the tables -> isa_table.inc
//   mkisa docs      the coverage page                       -> ISA.md
//                   (tested cases of each row on standard input, if any)
//   mkisa stat      what the tables cost, in bytes
//
// -DISA_TABLES=... may name another list of tables, and arguments behind the
// first are what to leave out, features or V2 for all beyond that level: such a
// build loses their decoding, their CPUID bits and their handlers together. An operation without rows keeps a
// name behind OP_COUNT, for code that asks whether it is that one.
//
// The word NATIVE in front of those moves operations that
// cpu/native.c leaves to the host's own unit behind all others. They decode
// as OP_NATIVE and its like, in their place: one operation for each effect on
// flags. Tests link the `full` tables, which tell them apart.
#include "mkisa.h"

struct feature features[] = {
#define FEATURE(name, leaf, subleaf, reg, bit, kind, level) {#name, leaf, subleaf, reg, bit, kind, level, 0, 0},
#include "isa/features.tbl"
#undef FEATURE
};
const size_t nfeatures = COUNTOF(features);

#define DONE 1
#define UNDONE 0
struct op ops[MAXOPS] = {
	{"none", "(bad)", "I86", "0", "0", "0", "0", 0, 0, 0},
#define INSN(op, text, feature, r, w, u, attrs, done) {#op, text, #feature, #r, #w, #u, #attrs, done, 0, 0},
#define ENC(op, enc, oprs, flags)
#define ENCF(op, feature, enc, oprs, flags)
#include ISA_TABLES
#undef INSN
#undef ENC
#undef ENCF
};

struct row rows[MAXROWS] = {
#define INSN(op, text, feature, r, w, u, attrs, done)
#define ENC(op, enc, oprs, flags) {#op, 0, enc, oprs, #flags, 0, 0, 0, 0, 0, 0, 0, {0}, {0}},
#define ENCF(op, feature, enc, oprs, flags) {#op, #feature, enc, oprs, #flags, 0, 0, 0, 0, 0, 0, 0, {0}, {0}},
#include ISA_TABLES
#undef INSN
#undef ENC
#undef ENCF
};

int native, merging, first_native, nops, nleft, nrows;

void
die(const struct row *r, const char *what)
{
	fprintf(stderr, "mkisa: ENC(%s, \"%s\", \"%s\"): %s\n", r->opname, r->enc, r->oprs, what);
	exit(1);
}

int
has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p;
	for (p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == '|' || p[-1] == ' ') && (!p[n] || p[n] == '|' || p[n] == ' '))
			return 1;
	return 0;
}

static struct feature *
feature_find(const char *name)
{
	size_t i;
	for (i = 0; i < COUNTOF(features); ++i)
		if (!strcmp(features[i].name, name)) return &features[i];
	fprintf(stderr, "mkisa: no feature %s in features.tbl\n", name);
	exit(1);
}
// Drops the rows of the features named, and moves operations that thereby
// lose all theirs behind the others.
static void
leave_out(char **names, int n)
{
	static struct op left[MAXOPS];
	int i, j, k, kept = 0, ndrop, keptops = 1;
	for (i = 0; rows[i].opname; ++i) {
		struct op *o = ops;
		struct feature *f;
		while (o->name && strcmp(o->name, rows[i].opname)) ++o;
		if (!o->name) die(&rows[i], "no INSN row of that name");
		f = feature_find(rows[i].feature ? rows[i].feature : o->feature);
		for (k = 0; k < n; ++k)
			if (names[k][0] == 'V' && names[k][1] >= '1' && names[k][1] <= '3' && !names[k][2] ? f->level > names[k][1] - '0' : f == feature_find(names[k]))
				break;
		ndrop = k < n;
		o->rows |= ndrop ? 1 : 2;
		if (!ndrop) rows[kept++] = rows[i];
	}
	memset(&rows[kept], 0, sizeof(rows[0]) * (size_t)(i - kept));
	for (i = 1; ops[i].name; ++i) {
		j = ops[i].rows;
		ops[i].rows = 0;
		if (j == 1) left[nleft++] = ops[i];
		else ops[keptops++] = ops[i];
	}
	nops = keptops;
	for (i = 0; i < nleft; ++i) ops[nops + i] = left[i];
}

static void
tables_read(void)
{
	int i, j, last = 0;
	struct isa_spec none = {0, 0, 0};
	spec_index(none);
	for (i = 1; i < nops; ++i)
		for (j = 1; j < i; ++j)
			if (!strcmp(ops[i].name, ops[j].name)) {
				fprintf(stderr, "mkisa: two rows INSN(%s\n", ops[i].name);
				exit(1);
			}
	for (; rows[nrows].opname; ++nrows) {
		struct row *r = &rows[nrows];
		struct feature *f;
		if (strcmp(ops[last].name, r->opname)) {
			for (last = 1; last < nops; ++last)
				if (!strcmp(ops[last].name, r->opname)) break;
			if (last == nops) die(r, "no INSN row of that name");
		}
		r->op = last;
		ops[last].rows++;
		if (!r->feature) r->feature = ops[last].feature;
		f = feature_find(r->feature);
		f->rows++;
		f->undone += !ops[last].done;
		encoding_parse(r);
		operands_parse(r);
	}
	for (i = 1; i < nops; ++i)
		if (!ops[i].rows) {
			fprintf(stderr, "mkisa: INSN(%s) has no ENC row\n", ops[i].name);
			exit(1);
		}
}

// Whether every encoding of an operation is an x87 one or has a vector operand.
static int
runs_natively(int op)
{
	static const char *const vectors[] = {"x", "ux", "mm", "umm"};
	char text[64], *w;
	int i, n;
	if (!ops[op].done || has_word(ops[op].attrs, "SOFT")) return 0;
	for (i = 0; i < nrows; ++i) {
		const struct row *r = &rows[i];
		if (r->op != op || (r->map == MAP_1 && r->opcode >= 0xd8 && r->opcode <= 0xdf)) continue;
		if (r->map > MAP_0F3A) return 0;
		snprintf(text, sizeof(text), "%s", r->oprs);
		n = 0;
		for (w = strtok(text, " /"); w; w = strtok(0, " /"))
			for (size_t j = 0; j < COUNTOF(vectors); ++j) n += !strcmp(w, vectors[j]);
		if (!n) return 0;
	}
	return 1;
}

const struct op merged[NATIVES] = {
	{"native", "(native)", "I86", "0", "0", "0", "0", 1, 0, 1},
	{"native_reads", "(native)", "I86", "C|Z|P", "0", "0", "0", 1, 0, 1},
	{"native_writes", "(native)", "I86", "0", "OSZAPC", "0", "0", 1, 0, 1}
};

// Operations that are run natively go behind all others.
static void
natives_apart(void)
{
	static struct op order[MAXOPS];
	static int place[MAXOPS];
	int i, n = 0;
	for (i = 0; i < nops; ++i)
		if (!runs_natively(i)) {
			place[i] = n;
			order[n++] = ops[i];
		}
	first_native = n;
	for (i = 0; i < nops; ++i)
		if (runs_natively(i)) {
			place[i] = n;
			order[n++] = ops[i];
		}
	for (i = 0; i < nleft; ++i) order[n + i] = ops[nops + i];
	nops = n;
	memcpy(ops, order, sizeof(ops));
	for (i = 0; i < nrows; ++i) rows[i].op = place[rows[i].op];
}

// Rows of those become rows of OP_NATIVE and its like, which need no more than
// the operands: the prefix is seen from the bytes.
static void
natives_merge(void)
{
	int i, k;
	for (i = 0; i < nrows; ++i) {
		struct row *r = &rows[i];
		const struct op *o = &ops[r->op], *m = merged;
		if (r->op < first_native) continue;
		for (k = 0; k < NATIVES; ++k, ++m)
			if (!strcmp(m->reads, o->reads) && !strcmp(m->writes, o->writes) && !strcmp(m->undefs, o->undefs)) break;
		if (k == NATIVES) die(r, "no native operation with its effect on flags");
		r->op = first_native + k;
		r->attrs &= ~(ROW_66 | ROW_REP);
	}
	memcpy(ops + first_native, merged, sizeof(merged));
	nops = first_native + NATIVES;
}
int
main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";
	if (argc > 2 && !strcmp(argv[2], "NATIVE")) {
		native = 1;
		++argv;
		--argc;
	}
	leave_out(argv + 2, argc > 2 ? argc - 2 : 0);
	tables_read();
	if (native) natives_apart();
	if (native && !strcmp(what, "decode")) {
		natives_merge();
		merging = 1;
	}
	rows_number();
	tries_build();
	if (!merging) rows_reachable();
	rows_sort();
	if (!strcmp(what, "ops")) print_ops();
	else if (!strcmp(what, "handlers")) print_handlers();
	else if (!strcmp(what, "decode") || !strcmp(what, "full")) print_decode();
	else if (!strcmp(what, "table")) print_table();
	else if (!strcmp(what, "docs")) print_docs();
	else if (!strcmp(what, "stat")) print_stat();
	else {
		fprintf(stderr, "usage: mkisa ops|handlers|decode|full|table|docs|stat [FEATURE...]\n");
		return 1;
	}
	return 0;
}
