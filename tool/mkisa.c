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
// first are features to leave out: such a build loses their decoding, their
// CPUID bits and their handlers together. An operation without rows keeps a
// name behind OP_COUNT, for code that asks whether it is that one.
//
// The word NATIVE in front of those features moves operations that
// cpu/native.c leaves to the host's own unit behind all others. They decode
// as OP_NATIVE and its like, in their place: one operation for each effect on
// flags. Tests link the `full` tables, which tell them apart.
#define MKISA
#include "isa/table.h"
#include <stdio.h>
#include <stdlib.h>

#ifndef ISA_TABLES
#define ISA_TABLES "isa/tables.inc"
#endif

enum { MAXROWS = 4096, MAXOPS = 2048, MAXTRIE = 0x8000, MAXKINDS = 1024 };

struct feature {
	const char *name;
	u32 leaf;
	int subleaf, reg, bit, kind;
	int rows, undone;
};
enum { EAX, EBX, ECX, EDX };
enum { HIDDEN, ROWS, FIXED };

struct op {
	const char *name, *text, *feature, *reads, *writes, *undefs, *attrs;
	int done, flagset, rows;
};

// What a row demands, one mask per dimension of the tries.
struct row {
	const char *opname, *feature, *enc, *oprs, *flagtext;
	int op, map, opcode, nopcodes, attrs, kind, number;
	u8 spec[4];
	u8 want[BY_COUNT];
};

static const int by_size[BY_COUNT] = {2, 2, 8, 8, 4, 2, 3, 2};

static struct feature features[] = {
#define FEATURE(name, leaf, subleaf, reg, bit, kind) {#name, leaf, subleaf, reg, bit, kind, 0, 0},
#include "isa/features.tbl"
#undef FEATURE
};

#define DONE 1
#define UNDONE 0
static struct op ops[MAXOPS] = {
	{"none", "(bad)", "I86", "0", "0", "0", "0", 0, 0, 0},
#define INSN(op, text, feature, r, w, u, attrs, done) {#op, text, #feature, #r, #w, #u, #attrs, done, 0, 0},
#define ENC(op, enc, oprs, flags)
#define ENCF(op, feature, enc, oprs, flags)
#include ISA_TABLES
#undef INSN
#undef ENC
#undef ENCF
};

static struct row rows[MAXROWS] = {
#define INSN(op, text, feature, r, w, u, attrs, done)
#define ENC(op, enc, oprs, flags) {#op, 0, enc, oprs, #flags, 0, 0, 0, 0, 0, 0, 0, {0}, {0}},
#define ENCF(op, feature, enc, oprs, flags) {#op, #feature, enc, oprs, #flags, 0, 0, 0, 0, 0, 0, 0, {0}, {0}},
#include ISA_TABLES
#undef INSN
#undef ENC
#undef ENCF
};

enum { NATIVES = 3 };
static int native, merging, first_native, nnumbers, nops, nleft, nrows, nkinds, nspecs, ntrie;
static struct isa_kind kinds[MAXKINDS];
static struct isa_spec specs[256];
static u16 trie[MAXTRIE];
static u16 nodes[MAXTRIE];
static int nnodes;
static struct isa_root roots[MAP_COUNT];

static void
die(const struct row *r, const char *what)
{
	fprintf(stderr, "mkisa: ENC(%s, \"%s\", \"%s\"): %s\n", r->opname, r->enc, r->oprs, what);
	exit(1);
}

static int
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

// ---- operands ------------------------------------------------------------

static const struct word {
	const char *text;
	int where, msize;
} words[] = {
	{"al", AT_AX, SZ_B}, {"ax", AT_AX, SZ_W}, {"av", AT_AX, SZ_V}, {"az", AT_AX, SZ_Z},
	{"cl", AT_CL, SZ_B}, {"dx", AT_DX, SZ_W}, {"1", AT_ONE, SZ_B},
	{"es", AT_ES, SZ_W}, {"cs", AT_CS, SZ_W}, {"ss", AT_SS, SZ_W},
	{"ds", AT_DS, SZ_W}, {"fs", AT_FS, SZ_W}, {"gs", AT_GS, SZ_W},
	{"sreg", AT_SREG, SZ_W}, {"sregd", AT_SREGDST, SZ_W}, {"cr", AT_CR, SZ_N}, {"dr", AT_DR, SZ_N},
	{"st", AT_ST0, SZ_T}, {"sti", AT_STI, SZ_T}, {"xmm0", AT_XMM0, SZ_X},
	{"ib", AT_IMM, SZ_B}, {"iw", AT_IMM, SZ_W}, {"iv", AT_IMM, SZ_V},
	{"ibs", AT_IMMS, SZ_B}, {"iz", AT_IMMS, SZ_Z}, {"ib2", AT_IMM2, SZ_B},
	{"jb", AT_REL, SZ_B}, {"jz", AT_REL, SZ_Z}, {"far", AT_FAR, SZ_FARP},
	{"offb", AT_MOFFS, SZ_B}, {"offv", AT_MOFFS, SZ_V},
	{"x", AT_XREG, SZ_X}, {"ux", AT_XRMREG, SZ_X}, {"vx", AT_XVVVV, SZ_X},
	{"y", AT_XREG, SZ_Y}, {"vy", AT_XVVVV, SZ_Y},
	{"X", AT_XREG, SZ_L}, {"UX", AT_XRMREG, SZ_L}, {"VX", AT_XVVVV, SZ_L}, {"X4", AT_XIS4, SZ_L},
	{"mm", AT_MREG, SZ_Q}, {"umm", AT_MRMREG, SZ_Q}
};
static const struct word prefixes[] = {
	{"rm", AT_RM, 0}, {"r", AT_REG, 0}, {"u", AT_RMREG, 0}, {"o", AT_OPC, 0}, {"v", AT_VVVV, 0},
	{"m", AT_MEM, 0}, {"si:", AT_SI, 0}, {"di:", AT_DI, 0}, {"xl:", AT_XLAT, 0}
};
static const struct word sizes[] = {
	{"", 0, SZ_0}, {"0", 0, SZ_0}, {"b", 0, SZ_B}, {"w", 0, SZ_W}, {"d", 0, SZ_D}, {"q", 0, SZ_Q},
	{"x", 0, SZ_X}, {"y", 0, SZ_Y}, {"t", 0, SZ_T}, {"64", 0, SZ_64}, {"512", 0, SZ_512},
	{"v", 0, SZ_V}, {"z", 0, SZ_Z}, {"r", 0, SZ_R}, {"n", 0, SZ_N}, {"a", 0, SZ_A}, {"f", 0, SZ_FARP},
	{"pair", 0, SZ_PAIR}, {"desc", 0, SZ_DESC}, {"env", 0, SZ_ENV}, {"state", 0, SZ_STATE},
	{"l", 0, SZ_L}, {"l2", 0, SZ_L2}, {"l4", 0, SZ_L4}, {"l8", 0, SZ_L8}
};

static int
size_parse(const struct row *r, const char *s)
{
	size_t i;
	for (i = 0; i < COUNTOF(sizes); ++i)
		if (!strcmp(sizes[i].text, s)) return sizes[i].msize;
	die(r, "unknown operand size");
	return 0;
}

// One operand: a word of words[], or one of prefixes[] and one of sizes[]:
//   rv ModRM.reg, ur ModRM.rm as a register, ov opcode, vr VEX.vvvv,
//   mq memory, rmv register or memory, rd/mb either with two sizes,
//   x/mq xmm or memory, mm/mq mmx or memory, si:v [rSI], di:v es:[rDI];
//   X UX VX X/ml X4 as wide as VEX.L says; vmxq eight bytes at addresses
//   with an XMM register as index, vmlq with one as wide as VEX.L says.
static struct isa_spec
spec_parse(const struct row *r, const char *s)
{
	struct isa_spec p = {0, 0, 0};
	char left[16];
	const char *slash = strstr(s, "/m");
	size_t i;
	for (i = 0; i < COUNTOF(words); ++i)
		if (!strcmp(words[i].text, s)) {
			p.where = words[i].where;
			p.msize = p.rsize = words[i].msize;
			return p;
		}
	if (!strncmp(s, "vm", 2)) {
		snprintf(left, sizeof(left), "%.1s", s + 2);
		p.where = AT_VSIB;
		p.rsize = size_parse(r, left);
		p.msize = size_parse(r, s + 3);
		return p;
	}
	if (slash && slash > s) {
		snprintf(left, sizeof(left), "%.*s", (int)(slash - s), s);
		p.msize = size_parse(r, slash + 2);
		if (!strcmp(left, "x") || !strcmp(left, "X") || !strcmp(left, "y")) {
			p.where = AT_XRM;
			p.rsize = left[0] == 'x' ? SZ_X : left[0] == 'y' ? SZ_Y : SZ_L;
		} else if (!strcmp(left, "mm")) {
			p.where = AT_MRM;
			p.rsize = SZ_Q;
		} else if (left[0] == 'r') {
			p.where = AT_RM;
			p.rsize = size_parse(r, left + 1);
		} else {
			die(r, "unknown register in front of /m");
		}
		return p;
	}
	for (i = 0; i < COUNTOF(prefixes); ++i)
		if (!strncmp(prefixes[i].text, s, strlen(prefixes[i].text))) {
			p.where = prefixes[i].where;
			p.msize = p.rsize = size_parse(r, s + strlen(prefixes[i].text));
			return p;
		}
	die(r, "unknown operand");
	return p;
}

static int
spec_index(struct isa_spec p)
{
	int i;
	for (i = 0; i < nspecs; ++i)
		if (!memcmp(&specs[i], &p, sizeof(p))) return i;
	if (nspecs == 256) abort();
	specs[nspecs] = p;
	return nspecs++;
}

static void
operands_parse(struct row *r)
{
	char text[64], *word;
	int n = 0;
	snprintf(text, sizeof(text), "%s", r->oprs);
	for (word = strtok(text, " "); word; word = strtok(0, " ")) {
		struct isa_spec p = spec_parse(r, word);
		if (n == 4) die(r, "more than four operands");
		r->spec[n++] = (u8)spec_index(p);
		switch (p.where) {
		case AT_MEM: case AT_VSIB:
			r->want[BY_MOD] &= 1;
			break;
		case AT_RMREG: case AT_XRMREG: case AT_MRMREG:
			if (!(r->attrs & ROW_NOMEM)) r->want[BY_MOD] &= 2;
			break;
		case AT_VVVV: case AT_XVVVV:
			r->attrs |= ROW_VVVV;
			break;
		default:
			break;
		}
	}
}

// ---- encodings -----------------------------------------------------------

enum { PFX_NONE = 1, PFX_66 = 2, PFX_F3 = 4, PFX_F2 = 8 };

static void
vex_parse(struct row *r, char *w)
{
	static const char *const maps[] = {"", "0F", "0F38", "0F3A"};
	char *part;
	int i, base = !strncmp(w, "EVEX", 4) ? MAP_EVEX : MAP_VEX;
	char *end;
	r->want[BY_PREFIX] = PFX_NONE;
	for (part = strtok_r(w, ".", &end); part; part = strtok_r(0, ".", &end)) {
		for (i = 1; i <= 3; ++i)
			if (!strcmp(part, maps[i])) r->map = base + i - 1;
		if (!strcmp(part, "128") || !strcmp(part, "LZ") || !strcmp(part, "L0")) r->want[BY_L] = 1;
		else if (!strcmp(part, "256") || !strcmp(part, "L1")) r->want[BY_L] = 2;
		else if (!strcmp(part, "512")) r->want[BY_L] = 4;
		else if (!strcmp(part, "66")) r->want[BY_PREFIX] = PFX_66;
		else if (!strcmp(part, "F3")) r->want[BY_PREFIX] = PFX_F3;
		else if (!strcmp(part, "F2")) r->want[BY_PREFIX] = PFX_F2;
		else if (!strcmp(part, "W0")) r->want[BY_W] = 1;
		else if (!strcmp(part, "W1")) r->want[BY_W] = 2;
	}
}

static void
encoding_parse(struct row *r)
{
	char text[64], *w, *end, *plus;
	int i, nbytes = 0, bytes[4], vex = 0;
	for (i = 0; i < BY_COUNT; ++i) r->want[i] = (1 << by_size[i]) - 1;
	r->nopcodes = 1;
	snprintf(text, sizeof(text), "%s", r->enc);
	for (w = strtok_r(text, " ", &end); w; w = strtok_r(0, " ", &end)) {
		plus = strchr(w, '+');
		if (!strncmp(w, "VEX.", 4) || !strncmp(w, "EVEX.", 5)) {
			vex_parse(r, w);
			vex = 1;
		} else if (!strcmp(w, "NP")) {
			r->want[BY_PREFIX] = PFX_NONE;
		} else if (!strcmp(w, "NFx")) {
			r->want[BY_PREFIX] = PFX_NONE | PFX_66;
		} else if (!strcmp(w, "REX.W")) {
			r->want[BY_W] = 2;
		} else if (!strcmp(w, "/r")) {
			r->attrs |= ROW_MODRM;
		} else if (w[0] == '/') {
			r->attrs |= ROW_MODRM;
			r->want[BY_REG] = 1 << (w[1] - '0');
		} else if (!nbytes && !vex && r->want[BY_PREFIX] == 15 && !plus
				&& (!strcmp(w, "66") || !strcmp(w, "F2") || !strcmp(w, "F3"))) {
			if (w[0] == '6') {
				r->want[BY_PREFIX] = PFX_66;
				r->attrs |= ROW_66;
			} else {
				r->want[BY_PREFIX] = w[1] == '2' ? PFX_F2 : PFX_F3;
				r->attrs |= ROW_REP;
			}
		} else {
			if (nbytes == 4) die(r, "too many opcode bytes");
			bytes[nbytes++] = strtol(w, 0, 16);
			if (plus && !strcmp(plus, "+cc")) {
				r->nopcodes = 16;
				r->attrs |= ROW_CC;
			} else if (plus && !strcmp(plus, "+i")) {
				r->nopcodes = -8;
			} else if (plus) {
				r->nopcodes = 8;
			}
		}
	}
	i = 0;
	if (!vex) {
		r->map = MAP_1;
		if (nbytes > 1 && bytes[0] == 0x0f) {
			r->map = MAP_0F;
			i = 1;
			if (nbytes > 2 && bytes[1] == 0x38) {
				r->map = MAP_0F38;
				i = 2;
			} else if (nbytes > 2 && bytes[1] == 0x3a) {
				r->map = MAP_0F3A;
				i = 2;
			}
		}
	}
	if (i == nbytes) die(r, "no opcode");
	r->opcode = bytes[i++];
	if (i < nbytes) { // the rest is a ModRM byte
		r->attrs |= ROW_MODRM;
		r->want[BY_MOD] = 2;
		r->want[BY_REG] = 1 << (bytes[i] >> 3 & 7);
		if (r->nopcodes != -8) r->want[BY_RM] = 1 << (bytes[i] & 7);
		r->nopcodes = 1;
	}
	if (has_word(r->flagtext, "I64")) r->want[BY_MODE] = 1;
	if (has_word(r->flagtext, "O64")) r->want[BY_MODE] = 2;
	if (has_word(r->flagtext, "D64")) r->attrs |= ROW_D64;
	if (has_word(r->flagtext, "F64")) r->attrs |= ROW_F64;
	if (has_word(r->flagtext, "NOMEM")) r->attrs |= ROW_NOMEM;
	if (has_word(r->flagtext, "HIDE")) r->attrs |= ROW_HIDE;
	if (has_word(r->flagtext, "NOREXB")) r->want[BY_REXB] = 1;
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
		while (o->name && strcmp(o->name, rows[i].opname)) ++o;
		if (!o->name) die(&rows[i], "no INSN row of that name");
		for (k = 0; k < n; ++k) {
			feature_find(names[k]);
			if (!strcmp(rows[i].feature ? rows[i].feature : o->feature, names[k])) break;
		}
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

static const struct op merged[NATIVES] = {
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

// Numbers the rows, if merging then equally those that say the same.
static void
rows_number(void)
{
	int i, j;
	for (i = 0; i < nrows; ++i) {
		for (j = merging ? 0 : i; rows[j].op != rows[i].op || rows[j].attrs != rows[i].attrs || memcmp(rows[j].spec, rows[i].spec, 4); ++j)
			;
		rows[i].number = j < i ? rows[j].number : nnumbers++;
	}
}

// ---- tries ---------------------------------------------------------------

// Narrows the candidates to those that accept value v of dimension d. Only
// the candidates that can still win matter: everything behind a row that
// accepts all the rest is dead.
static int
narrow(const int *in, int n, int d, int v, int *out, unsigned tested)
{
	int i, j, m = 0;
	for (i = 0; i < n; ++i) {
		const struct row *r = &rows[in[i]];
		int all = 1;
		if (!(r->want[d] >> v & 1)) continue;
		out[m++] = in[i];
		for (j = 0; j < BY_COUNT; ++j)
			if (!(tested >> j & 1) && r->want[j] != (1 << by_size[j]) - 1) all = 0;
		if (all) break;
	}
	return m;
}

static int
decided(int row, unsigned tested)
{
	int j;
	for (j = 0; j < BY_COUNT; ++j)
		if (!(tested >> j & 1) && rows[row].want[j] != (1 << by_size[j]) - 1) return 0;
	return 1;
}

// Cost in entries of the smallest trie for the candidates; *best is the
// dimension that it tests first.
static int
trie_cost(const int *set, int n, unsigned tested, int *best)
{
	int d, v, i, sub[256], cost, min = 1 << 30, ignored;
	*best = -1;
	if (!n || decided(set[0], tested)) return 0;
	for (d = 0; d < BY_COUNT; ++d) {
		int useful = 0;
		if (tested >> d & 1) continue;
		for (i = 0; i < n && !useful; ++i) useful = rows[set[i]].want[d] != (1 << by_size[d]) - 1;
		if (!useful) continue;
		cost = 1;
		for (v = 0; v < by_size[d] && cost < min; ++v) {
			int m = narrow(set, n, d, v, sub, tested | 1u << d);
			cost += (m > 0) + trie_cost(sub, m, tested | 1u << d, &ignored);
		}
		if (cost < min) {
			min = cost;
			*best = d;
		}
	}
	return min;
}

static u16
trie_build(const int *set, int n, unsigned tested)
{
	int d, v, sub[256], i, len = 1;
	u16 node[9];
	if (!n) return 0;
	if (decided(set[0], tested)) return TRIE_LEAF | rows[set[0]].number;
	trie_cost(set, n, tested, &d);
	node[0] = d;
	for (v = 0; v < by_size[d]; ++v) {
		int m = narrow(set, n, d, v, sub, tested | 1u << d);
		node[len] = trie_build(sub, m, tested | 1u << d);
		if (!node[len]) continue;
		++len;
		node[0] |= 1 << (8 + v);
	}
	if (len == by_size[d] + 1) {
		for (v = 2; v < len && node[v] == node[1]; ++v)
			;
		if (v == len) return node[1];
	}
	for (i = 0; i < nnodes; ++i)
		if (!memcmp(trie + nodes[i], node, 2 * len)) return nodes[i];
	nodes[nnodes++] = ntrie;
	memcpy(trie + ntrie, node, 2 * len);
	ntrie += len;
	if (ntrie > MAXTRIE - 300) abort();
	return nodes[nnodes - 1];
}

static void
tries_build(void)
{
	int map, c, i, n, set[256];
	u16 entry[256];
	ntrie = 1; // entry 0 stands for #UD
	for (map = 0; map < MAP_COUNT; ++map) {
		int lo = 256, hi = -1;
		for (c = 0; c < 256; ++c) {
			n = 0;
			for (i = 0; i < nrows; ++i) {
				int span = rows[i].nopcodes < 1 ? 1 : rows[i].nopcodes;
				if (rows[i].map == map && c >= rows[i].opcode && c < rows[i].opcode + span) set[n++] = i;
			}
			entry[c] = trie_build(set, n, 0);
			if (entry[c]) {
				if (lo == 256) lo = c;
				hi = c;
			}
		}
		if (hi < 0) {
			roots[map].lo = 1;
			roots[map].hi = 0;
			continue;
		}
		roots[map].first = ntrie;
		roots[map].lo = lo;
		roots[map].hi = hi;
		for (c = lo; c <= hi; ++c) trie[ntrie++] = entry[c];
	}
}

// A row that no bit pattern reaches is a mistake in the table.
static void
rows_reachable(void)
{
	int i, j, bad = 0;
	for (i = 0; i < nrows; ++i) {
		for (j = 1; j < ntrie; ++j)
			if (trie[j] == (TRIE_LEAF | i)) break;
		if (j == ntrie) {
			fprintf(stderr, "mkisa: ENC(%s, \"%s\") is hidden behind rows before it\n", rows[i].opname, rows[i].enc);
			bad = 1;
		}
	}
	if (bad) exit(1);
}

static int
entries(u16 node)
{
	int n = 0;
	for (node >>= 8; node; node &= (u16)(node - 1)) ++n;
	return n;
}

static void
leaf_move(u16 *entry, const int *to)
{
	if (*entry & TRIE_LEAF) *entry = (u16)(TRIE_LEAF | to[*entry & ~TRIE_LEAF]);
}

// Keeps one row of each number, in the order of their operations, as decode.c
// expects them; finds their kinds.
static void
rows_sort(void)
{
	static struct row sorted[MAXROWS];
	static int to[MAXROWS];
	int i, j, k, n = 0;
	for (i = 0; i < nops; ++i)
		for (j = k = 0; j < nrows; ++j) {
			if (rows[j].number < k) continue;
			k = rows[j].number + 1;
			if (rows[j].op != i) continue;
			to[rows[j].number] = n;
			sorted[n++] = rows[j];
		}
	nrows = n;
	memcpy(rows, sorted, sizeof(rows[0]) * (size_t)n);
	for (i = 0; i < nnodes; ++i)
		for (j = 1; j <= entries(trie[nodes[i]]); ++j) leaf_move(&trie[nodes[i] + j], to);
	for (i = 0; i < MAP_COUNT; ++i)
		for (j = 0; j <= roots[i].hi - roots[i].lo; ++j) leaf_move(&trie[roots[i].first + j], to);
	for (i = 0; i < nrows; ++i) {
		struct isa_kind kind;
		memset(&kind, 0, sizeof(kind));
		kind.attrs = (u16)rows[i].attrs;
		memcpy(kind.spec, rows[i].spec, 4);
		for (j = 0; j < nkinds; ++j)
			if (!memcmp(&kinds[j], &kind, sizeof(kind))) break;
		if (j == nkinds) {
			if (nkinds == MAXKINDS) abort();
			kinds[nkinds++] = kind;
		}
		rows[i].kind = j;
	}
}

// ---- printing ------------------------------------------------------------

static void
upper(const char *s)
{
	for (; *s; ++s) putchar(*s >= 'a' && *s <= 'z' ? *s - 32 : *s);
}

static void
banner(const char *what)
{
	printf("// %s; generated from blink/isa/*.tbl by tool/mkisa.c.\n", what);
}

static int
any_vex(void)
{
	int i;
	for (i = 0; i < nrows; ++i)
		if (rows[i].map >= MAP_VEX) return 1;
	return 0;
}

static void
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
	for (f = 0; f < COUNTOF(features); ++f) printf("\tFEATURE_%s,\n", features[f].name);
	printf("\tFEATURE_COUNT\n};\n\n// Index of isa_kinds[]\ntypedef %s isa_row;\n", nkinds > 256 ? "u16" : "u8");
	printf("// Whether any row has a VEX or EVEX encoding\nenum { ISA_ANY_VEX = %d };\n\n#endif\n", any_vex());
}

static void
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
	for (i = 0; i < COUNTOF(features); ++i) {
		u32 reg[4] = {0, 0, 0, 0};
		if (!features[i].leaf) continue;
		for (j = 0; j < i; ++j)
			if (features[j].leaf == features[i].leaf && features[j].subleaf == features[i].subleaf) break;
		if (j < i) continue;
		for (j = i; j < COUNTOF(features); ++j) {
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

static void
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
	printf("};\nconst unsigned isa_row_count = %d;\n\nconst struct isa_starts isa_starts[] = {\n", nrows);
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
}

static void
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

static void
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
	for (f = 0; f < COUNTOF(features); ++f) {
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
		"| operation | feature | done | encoding | operands | registers | memory | 32-bit |\n"
		"| --- | --- | --- | --- | --- | ---: | ---: | ---: |\n");
	for (i = 1; i < nops; ++i)
		for (j = 0; j < nrows; ++j)
			if (rows[j].op == i)
				printf("| %s | %s | %s | `%s` | %s | %lu | %lu | %lu |\n", ops[i].name, ops[i].feature, ops[i].done ? "yes" : "no",
					rows[j].enc, rows[j].oprs, tested[j][0], tested[j][1], tested[j][2]);
}

static void
print_stat(void)
{
	int i, names = 0;
	for (i = 0; i < nops; ++i) names += strlen(ops[i].text) + 1;
	printf("%d operations, %d rows\ntrie %d\nrows %d\nkinds %d\nspecs %d\nnames %d\nops %d\n", nops - 1, nrows,
		ntrie * 2, nrows * (nkinds > 256 ? 2 : 1) + nrows / 4, nkinds * 6, nspecs * 3, names, nops * 2);
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
