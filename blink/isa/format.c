// format.c: prints struct insn as Intel assembly, spelled as Zydis spells it
// with memory sizes forced, numbers in lower case and without padding.
#include "isa/insn.h"
#include "isa/table.h"

struct text {
	char *buf;
	size_t size, len;
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
	for (; *list && *list != '|'; ++list) put_char(t, *list);
}

static void
put_numbered(struct text *t, const char *name, unsigned n)
{
	put(t, name);
	if (n >= 10) put_char(t, '1');
	put_char(t, (char)('0' + n % 10));
}

static void
put_gpr(struct text *t, unsigned reg, unsigned size)
{
	if (reg == GPR_RIP) {
		put(t, "rip");
	} else if (reg >= GPR_R8) {
		put_numbered(t, "r", reg);
		if (size < 8) put_char(t, size == 4 ? 'd' : size == 2 ? 'w' : 'b');
	} else if (size == 1) {
		put_item(t, "al|cl|dl|bl|spl|bpl|sil|dil", reg);
	} else {
		if (size > 2) put_char(t, size == 4 ? 'e' : 'r');
		put_item(t, "ax|cx|dx|bx|sp|bp|si|di", reg);
	}
}

static u64
in_bytes(u64 x, unsigned bytes)
{
	return bytes && bytes < 8 ? trunc_to(x, bytes) : x;
}

// Is the DS prefix of this instruction one that switches off CET's indirect
// branch tracking?
static bool
is_notrack(const struct insn *in)
{
	return in->segover == SEG_DS && in->seg < SEG_FS && (in->op == OP_JMP || in->op == OP_CALL) && in->opr[0].kind != OPR_REL;
}

static void
put_memory(struct text *t, const struct insn *in, unsigned size, u64 pc)
{
	const char *name = 0;
	u64 disp = (u64)in->disp;
	bool any = in->base != GPR_NONE || in->index != GPR_NONE;
	switch (size) {
	case 1:
		name = "byte";
		break;
	case 2:
		name = "word";
		break;
	case 4:
		name = "dword";
		break;
	case 6:
		name = "fword";
		break;
	case 8:
		name = "qword";
		break;
	case 10:
		name = "tbyte";
		break;
	case 16:
		name = "xmmword";
		break;
	case 32:
		name = "ymmword";
		break;
	case 64:
		name = "zmmword";
		break;
	default:
		break;
	}
	if (name) {
		put(t, name);
		put(t, " ptr ");
	}
	if (in->op != OP_LEA && !is_notrack(in) && (in->mode == MODE_64 ? in->seg >= SEG_FS : in->segover != SEG_NONE)) {
		put_item(t, "es|cs|ss|ds|fs|gs", in->seg);
		put_char(t, ':');
	}
	put_char(t, '[');
	if (in->base == GPR_RIP) {
		put_hex(t, in_bytes(pc + in->len + disp, in->asize));
	} else if (!any) {
		put_hex(t, in_bytes(disp, in->asize));
	} else {
		if (in->base != GPR_NONE) put_gpr(t, in->base, in->asize);
		if (in->index != GPR_NONE) {
			if (in->base != GPR_NONE) put_char(t, '+');
			if (in->vsib) put_numbered(t, in->vsib == 32 ? "ymm" : "xmm", in->index);
			else put_gpr(t, in->index, in->asize);
			put_char(t, '*');
			put_char(t, (char)('0' + (1 << in->scale)));
		}
		if (disp) {
			put_char(t, in->disp < 0 ? '-' : '+');
			put_hex(t, in->disp < 0 ? 0 - disp : disp);
		}
	}
	put_char(t, ']');
}

static void
put_operand(struct text *t, const struct insn *in, const struct isa_operand *o, u64 pc)
{
	unsigned size;
	switch (o->kind) {
	case OPR_GPR:
		put_gpr(t, o->reg, o->size);
		break;
	case OPR_GPRH:
		put_item(t, "ah|ch|dh|bh", o->reg);
		break;
	case OPR_MEM:
		put_memory(t, in, o->size, pc);
		break;
	case OPR_IMM:
	case OPR_ONE:
		put_hex(t, in_bytes(in->imm, o->size));
		break;
	case OPR_IMM2:
		put_hex(t, in->imm2);
		break;
	case OPR_REL:
		size = in->mode == MODE_64 ? 8 : in->osize == 2 ? 2 : 4;
		put_hex(t, in_bytes(pc + in->len + in->imm, size));
		break;
	case OPR_FAR:
		put_hex(t, in->imm2);
		put_char(t, ':');
		put_hex(t, in->imm);
		break;
	case OPR_SREG:
		put_item(t, "es|cs|ss|ds|fs|gs", o->reg);
		break;
	case OPR_CR:
		put_numbered(t, "cr", o->reg);
		break;
	case OPR_DR:
		put_numbered(t, "dr", o->reg);
		break;
	case OPR_ST:
		put_numbered(t, "st", o->reg);
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

static void
put_prefixes(struct text *t, const struct insn *in, unsigned attrs)
{
	bool store = in->opr[0].kind == OPR_MEM && (attrs & ROW_MODRM);
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

static void
put_mnemonic(struct text *t, const struct insn *in)
{
	const char *name = isa_names;
	unsigned size = in->osize, i;
	for (i = in->op; i; --i) name += strlen(name) + 1;
	if (*name == '@') {
		++name;
		size = in->asize;
	}
	if (strchr(name, '|')) {
		put_item(t, name, size == 2 ? 0 : size == 4 ? 1 : 2);
		return;
	}
	for (; *name; ++name) {
		if (*name == '%') {
			put_item(t, "o|no|b|nb|z|nz|be|nbe|s|ns|p|np|l|nl|le|nle", in->cc);
		} else if (*name == '#') {
			size = in->opr[0].kind == OPR_MEM ? in->opr[0].size : in->opr[1].size;
			put_char(t, size == 1 ? 'b' : size == 2 ? 'w' : size == 4 ? 'd' : 'q');
		} else {
			put_char(t, *name);
		}
	}
}

size_t
isa_format(char *buf, size_t size, const struct insn *in, u64 pc)
{
	const struct isa_kind *kind = &isa_kinds[isa_rows[in->row]];
	unsigned i, attrs = kind->attrs;
	struct text t;
	t.buf = buf;
	t.size = size;
	t.len = 0;
	put_prefixes(&t, in, attrs);
	put_mnemonic(&t, in);
	for (i = 0; i < in->nopr && !(attrs & ROW_HIDE); ++i) {
		if (isa_specs[kind->spec[i]].where == AT_XMM0) break;
		put(&t, i ? ", " : " ");
		put_operand(&t, in, &in->opr[i], pc);
	}
	if (size) buf[t.len < size ? t.len : size - 1] = 0;
	return t.len;
}
