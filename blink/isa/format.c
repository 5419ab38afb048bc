// format.c: prints struct insn as assembly. Intel syntax is spelled as Zydis
// spells it with memory sizes forced, numbers in lower case and without
// padding; AT&T syntax as GNU as reads it. Where the usual spelling does not
// show a prefix that matters, a word in front does: data16, addr32, fs.
#include "isa/insn.h"
#include "isa/table.h"

struct text {
	char *buf;
	size_t size, len;
	const struct insn *in;
	const struct isa_kind *kind;
	u64 pc;
	unsigned n;  // operands that are printed
	bool att;
};

static void
put_char(struct text *t, char c)
{
	if (t->len + 1 < t->size) t->buf[t->len] = c;
	++t->len;
}

static void
put(struct text *t, const char *s)
{
	while (*s) put_char(t, *s++);
}

static void
put_hex(struct text *t, u64 x)
{
	int shift = 60;
	put(t, "0x");
	while (shift && !(x >> shift)) shift -= 4;
	for (; shift >= 0; shift -= 4) put_char(t, "0123456789abcdef"[x >> shift & 15]);
}

// Prints item number n of a list separated by bars.
static void
put_item(struct text *t, const char *list, unsigned n)
{
	for (; n; ++list) n -= *list == '|';
	for (; *list && *list != '|' && *list != ';'; ++list) put_char(t, *list);
}

// The letter of an integer of that many bytes
static void
put_size(struct text *t, unsigned size)
{
	put_char(t, size == 1 ? 'b' : size == 2 ? 'w' : size == 8 ? 'q' : t->att ? 'l' : 'd');
}

// ---- registers -----------------------------------------------------------

static void
put_sigil(struct text *t, char c)
{
	if (t->att) put_char(t, c);
}

static void
put_numbered(struct text *t, const char *name, unsigned n)
{
	put_sigil(t, '%');
	put(t, name);
	if (n >= 10) put_char(t, '1');
	put_char(t, (char)('0' + n % 10));
}

static void
put_gpr(struct text *t, unsigned reg, unsigned size)
{
	if (reg >= GPR_R8 && reg < GPR_NONE) {
		put_numbered(t, "r", reg);
		if (size < 8) put_char(t, size == 4 ? 'd' : size == 2 ? 'w' : 'b');
		return;
	}
	put_sigil(t, '%');
	if (size == 1) {
		put_item(t, "al|cl|dl|bl|spl|bpl|sil|dil", reg);
		return;
	}
	if (size > 2) put_char(t, size == 4 ? 'e' : 'r');
	if (reg == GPR_RIP) put(t, "ip");
	else put_item(t, "ax|cx|dx|bx|sp|bp|si|di", reg);
}

static void
put_segment(struct text *t, unsigned seg)
{
	put_sigil(t, '%');
	put_item(t, "es|cs|ss|ds|fs|gs", seg);
}

// ---- what prefixes did ---------------------------------------------------

static bool
has_operand(const struct insn *in, unsigned kind)
{
	unsigned i;
	for (i = 0; i < in->nopr; ++i)
		if (in->opr[i].kind == kind) return true;
	return false;
}

// Does a general register tell the size of the operands? CL as a count does
// not.
static bool
register_tells(const struct text *t)
{
	unsigned i;
	for (i = 0; i < t->n; ++i)
		if ((t->in->opr[i].kind == OPR_GPR || t->in->opr[i].kind == OPR_GPRH) && isa_specs[t->kind->spec[i]].where != AT_CL)
			return true;
	return false;
}

static unsigned
usual_osize(const struct text *t)
{
	if (t->in->mode == MODE_64) return t->kind->attrs & (ROW_D64 | ROW_F64) ? 8 : 4;
	return t->in->mode == MODE_32 ? 4 : 2;
}

static bool
is_asize_usual(const struct insn *in)
{
	return in->asize == (in->mode == MODE_64 ? 8 : in->mode == MODE_32 ? 4 : 2);
}

// Is the DS prefix of this instruction one that switches off CET's indirect
// branch tracking?
static bool
is_notrack(const struct insn *in)
{
	return in->segover == SEG_DS && in->seg < SEG_FS && (in->op == OP_JMP || in->op == OP_CALL) && in->opr[0].kind != OPR_REL;
}

static bool
is_seg_given(const struct insn *in)
{
	return in->op != OP_LEA && !is_notrack(in) && (in->mode == MODE_64 ? in->seg >= SEG_FS : in->segover != SEG_NONE);
}

// Does it access memory that is no operand: at rAX or rDI?
static bool
has_implied_memory(const struct insn *in)
{
	return in->op == OP_MASKMOVQ || in->op == OP_MASKMOVDQU || in->op == OP_VMASKMOVDQU || in->op == OP_MONITOR;
}

// Are the operands of a string instruction other ones than its name says?
static bool
is_string_unusual(const struct text *t)
{
	const struct insn *in = t->in;
	bool only_di = in->opr[in->opr[0].kind != OPR_MEM].reg == GPR_DI && in->op != OP_MOVS;
	return !is_asize_usual(in) || (is_seg_given(in) && !only_di);
}

// Is the operand size not the usual one, and shown by no register? AT&T syntax
// has a letter behind most mnemonics for it, else a word goes in front.
static bool
is_osize_hidden(const struct text *t)
{
	return t->in->osize != usual_osize(t) && !register_tells(t);
}

static bool
is_osize_suffix(const struct text *t)
{
	const struct insn *in = t->in;
	return t->att && !has_operand(in, OPR_REL) && !(in->osize == 8 && (in->op == OP_JMPF || in->op == OP_CALLF));
}

static void
put_size_words(struct text *t, const char *name)
{
	const struct insn *in = t->in;
	bool implied = has_implied_memory(in), memory = has_operand(in, OPR_MEM), word = false;
	for (; *name && *name != ';'; ++name) {
		if (*name == '!') word = is_osize_hidden(t) && !is_osize_suffix(t) && (t->att || !memory);
		else if (*name == '*') word = (in->osize == 2) != (usual_osize(t) == 2);
	}
	if (word) put(t, in->osize == 2 ? "data16 " : in->osize == 4 ? "data32 " : "rex.w ");
	if (!is_asize_usual(in)
		&& (implied || in->op == OP_LOOP || in->op == OP_LOOPE || in->op == OP_LOOPNE
			|| (t->att && memory && in->base == GPR_NONE && in->index == GPR_NONE)))
		put(t, in->mode == MODE_32 ? "addr16 " : "addr32 ");
	if (implied && is_seg_given(in)) {
		put_item(t, "es|cs|ss|ds|fs|gs", in->seg);
		put_char(t, ' ');
	}
}

static void
put_prefixes(struct text *t)
{
	const struct insn *in = t->in;
	bool store = in->opr[0].kind == OPR_MEM && (t->kind->attrs & ROW_MODRM);
	if (isa_attrs[in->op] & ISA_STRING) {
		if (in->rep == 0xf2) put(t, "repne ");
		else if (in->rep) put(t, in->op == OP_CMPS || in->op == OP_SCAS ? "repe " : "rep ");
	} else if (in->op == OP_JMP || in->op == OP_CALL || in->op == OP_JCC || in->op == OP_RET) {
		if (in->rep == 0xf2 && !(in->op == OP_JMP && in->opr[0].size == 1)) put(t, "bnd ");
		if (is_notrack(in)) put(t, "notrack ");
	} else if (in->rep && store && (in->lock || in->op == OP_XCHG)) {
		put(t, in->rep == 0xf2 ? "xacquire " : "xrelease ");
	} else if (in->rep == 0xf3 && store && in->op == OP_MOV) {
		put(t, "xrelease ");
	}
	if (in->lock) put(t, "lock ");
}

// ---- the mnemonic --------------------------------------------------------

static const char *
name_of(const struct text *t)
{
	const char *name = isa_names, *own;
	unsigned i;
	for (i = t->in->op; i; --i) name += strlen(name) + 1;
	own = t->att ? strchr(name, ';') : 0;
	return own ? own + 1 : name;
}

// A sign of the name column that only AT&T syntax prints.
static void
put_att_sign(struct text *t, char sign)
{
	const struct insn *in = t->in;
	bool memory = has_operand(in, OPR_MEM), to_sti = isa_specs[t->kind->spec[0]].where == AT_STI;
	unsigned i, size = 0;
	for (i = 0; i < in->nopr; ++i)
		if (in->opr[i].kind == OPR_MEM) size = in->opr[i].size;
	switch (sign) {
	case '~':
		if (memory && !register_tells(t)) put_size(t, size);
		break;
	case '!':
		if (is_osize_hidden(t) && is_osize_suffix(t) && (!memory || (isa_attrs[in->op] & ISA_BRANCH))) put_size(t, in->osize);
		break;
	case '^':
		if (memory) put_char(t, size == 4 ? 's' : size == 8 ? 'l' : 't');
		break;
	case '&':
		put(t, size == 2 ? "s" : size == 4 ? "l" : "ll");
		break;
	case '?':
		if (memory) put_char(t, in->vl == 16 ? 'x' : 'y');
		break;
	case '<': case '>':
		put_size(t, in->opr[sign == '<'].size);
		break;
	case '[':
		if (to_sti) put_char(t, 'r');
		break;
	case ']':
		if (!to_sti) put_char(t, 'r');
		break;
	default:
		break;
	}
}

static void
put_mnemonic(struct text *t, const char *name)
{
	const struct insn *in = t->in;
	unsigned size = in->osize;
	const char *end;
	if (*name == '@') {
		++name;
		size = in->asize;
	}
	for (end = name; *end && *end != ';' && *end != '|'; ++end)
		;
	if (*end == '|') {
		put_item(t, name, size == 2 ? 0 : size == 4 ? 1 : 2);
		return;
	}
	for (; name != end; ++name) {
		if (*name == '%') {
			put_item(t, "o|no|b|nb|z|nz|be|nbe|s|ns|p|np|l|nl|le|nle", in->cc);
		} else if (*name == '#') {
			put_size(t, in->opr[0].kind == OPR_MEM ? in->opr[0].size : in->opr[1].size);
		} else if (strchr("~!^&?<>[]*", *name)) {
			if (t->att) put_att_sign(t, *name);
			else if (*name == ']') put_char(t, 'r');
		} else {
			put_char(t, *name);
		}
	}
}

// ---- operands ------------------------------------------------------------

static u64
in_bytes(u64 x, unsigned bytes)
{
	return bytes && bytes < 8 ? trunc_to(x, bytes) : x;
}

static void
put_disp(struct text *t, bool plus)
{
	i64 disp = t->in->disp;
	if (disp < 0) put_char(t, '-');
	else if (plus) put_char(t, '+');
	put_hex(t, disp < 0 ? 0 - (u64)disp : (u64)disp);
}

static void
put_index(struct text *t)
{
	const struct insn *in = t->in;
	if (in->vsib) put_numbered(t, in->vsib == 32 ? "ymm" : "xmm", in->index);
	else put_gpr(t, in->index, in->asize);
}

// 16-bit addresses have none.
static void
put_scale(struct text *t, char sign)
{
	if (t->in->asize == 2) return;
	put_char(t, sign);
	put_char(t, (char)('0' + (1 << t->in->scale)));
}

// [base+index*scale+disp], or what it comes to
static void
put_intel_address(struct text *t)
{
	const struct insn *in = t->in;
	put_char(t, '[');
	if (in->base == GPR_RIP) {
		put_hex(t, in_bytes(t->pc + in->len + (u64)in->disp, in->asize));
	} else if (in->base == GPR_NONE && in->index == GPR_NONE) {
		put_hex(t, in_bytes((u64)in->disp, in->asize));
	} else {
		if (in->base != GPR_NONE) put_gpr(t, in->base, in->asize);
		if (in->index != GPR_NONE) {
			if (in->base != GPR_NONE) put_char(t, '+');
			put_index(t);
			put_scale(t, '*');
		}
		if (in->disp) put_disp(t, true);
	}
	put_char(t, ']');
}

// disp(base,index,scale)
static void
put_att_address(struct text *t)
{
	const struct insn *in = t->in;
	if (in->base == GPR_NONE && in->index == GPR_NONE) {
		put_hex(t, in_bytes((u64)in->disp, in->asize));
		return;
	}
	if (in->disp) put_disp(t, false);
	put_char(t, '(');
	if (in->base != GPR_NONE) put_gpr(t, in->base, in->asize);
	if (in->index != GPR_NONE) {
		put_char(t, ',');
		put_index(t);
		put_scale(t, ',');
	}
	put_char(t, ')');
}

static void
put_memory(struct text *t, const struct isa_operand *o)
{
	static const struct {
		u8 size;
		const char *name;
	} names[] = {
		{1, "byte"}, {2, "word"}, {4, "dword"}, {6, "fword"}, {8, "qword"}, {10, "tbyte"}, {16, "xmmword"}, {32, "ymmword"}, {64, "zmmword"}
	};
	const struct insn *in = t->in;
	bool string = t->kind->attrs & ROW_HIDE, es = string && o->reg == GPR_DI;
	unsigned i;
	for (i = 0; i < COUNTOF(names) && !t->att; ++i)
		if (names[i].size == o->size) {
			put(t, names[i].name);
			put(t, " ptr ");
		}
	if (es || is_seg_given(in)) {
		put_segment(t, es ? (int)SEG_ES : in->seg);
		put_char(t, ':');
	}
	if (string) {
		put_char(t, t->att ? '(' : '[');
		put_gpr(t, o->reg, in->asize);
		put_char(t, t->att ? ')' : ']');
	} else if (t->att) {
		put_att_address(t);
	} else {
		put_intel_address(t);
	}
}

static void
put_operand(struct text *t, unsigned i)
{
	const struct insn *in = t->in;
	const struct isa_operand *o = &in->opr[i];
	unsigned where = isa_specs[t->kind->spec[i]].where, size;
	bool branch = in->op == OP_JMP || in->op == OP_CALL || in->op == OP_JMPF || in->op == OP_CALLF;
	if (branch && (o->kind == OPR_GPR || o->kind == OPR_MEM)) put_sigil(t, '*');
	switch (o->kind) {
	case OPR_GPR:
		if (t->att && where == AT_DX) put(t, "(%dx)");
		else put_gpr(t, o->reg, o->size);
		break;
	case OPR_GPRH:
		put_sigil(t, '%');
		put_item(t, "ah|ch|dh|bh", o->reg);
		break;
	case OPR_MEM:
		put_memory(t, o);
		break;
	case OPR_IMM:
	case OPR_ONE:
		put_sigil(t, '$');
		put_hex(t, in_bytes(in->imm, o->size));
		break;
	case OPR_IMM2:
		put_sigil(t, '$');
		put_hex(t, in->imm2);
		break;
	case OPR_REL:
		size = in->mode == MODE_64 ? 8 : in->osize == 2 ? 2 : 4;
		put_hex(t, in_bytes(t->pc + in->len + in->imm, size));
		break;
	case OPR_FAR:
		put_sigil(t, '$');
		put_hex(t, in->imm2);
		put(t, t->att ? ", $" : ":");
		put_hex(t, in->imm);
		break;
	case OPR_SREG:
		put_segment(t, o->reg);
		break;
	case OPR_CR:
		put_numbered(t, "cr", o->reg);
		break;
	case OPR_DR:
		put_numbered(t, "dr", o->reg);
		break;
	case OPR_ST:
		if (!t->att) {
			put_numbered(t, "st", o->reg);
			break;
		}
		put(t, "%st");
		if (where == AT_ST0) break;
		put_char(t, '(');
		put_char(t, (char)('0' + o->reg));
		put_char(t, ')');
		break;
	case OPR_MM:
		put_numbered(t, "mm", o->reg);
		break;
	case OPR_XMM:
		put_numbered(t, "xmm", o->reg);
		break;
	case OPR_YMM:
		put_numbered(t, "ymm", o->reg);
		break;
	default:
		break;
	}
}

static size_t
format(char *buf, size_t size, const struct insn *in, u64 pc, bool att)
{
	struct text t;
	const char *name;
	unsigned i;
	// in AT&T syntax the destination is last, but for these
	bool reversed = att && in->op != OP_ENTER && in->op != OP_BOUND;
	t.buf = buf;
	t.size = size;
	t.len = 0;
	t.in = in;
	t.kind = &isa_kinds[isa_rows[in->row]];
	t.pc = pc;
	t.att = att;
	t.n = in->op == OP_NOP && in->nopr ? 1 : in->nopr;
	if (t.n && isa_specs[t.kind->spec[t.n - 1]].where == AT_XMM0) --t.n;
	if ((t.kind->attrs & ROW_HIDE) && !is_string_unusual(&t)) t.n = 0;
	name = name_of(&t);
	put_prefixes(&t);
	put_size_words(&t, name);
	put_mnemonic(&t, name);
	for (i = 0; i < t.n; ++i) {
		put(&t, i ? ", " : " ");
		put_operand(&t, reversed ? t.n - 1 - i : i);
	}
	if (size) buf[t.len < size ? t.len : size - 1] = 0;
	return t.len;
}

size_t
isa_format(char *buf, size_t size, const struct insn *in, u64 pc)
{
	return format(buf, size, in, pc, false);
}

size_t
isa_format_att(char *buf, size_t size, const struct insn *in, u64 pc)
{
	return format(buf, size, in, pc, true);
}
