// decode.c: from bytes to struct insn. What is specific to an instruction
// comes from the compiled table (table.h); this file knows the formats:
// prefixes, REX, VEX and EVEX, ModRM, SIB, displacements and immediates.
//
// Source: SDM vol 2 chapter 2, and silicon where the manual is silent.
#include "isa/insn.h"
#include "isa/table.h"

enum { LONGEST = 15 };

struct cursor {
	struct insn *in;
	const u8 *code;
	unsigned pos, end;  // end <= LONGEST
	size_t given;       // bytes that may be read
	unsigned reg, rm;   // ModRM fields with their REX extension
	unsigned vvvv;
	unsigned index, scale; // SIB fields, with the REX extension
	unsigned rex;       // REX bits, also those of VEX and EVEX
	unsigned opcode, opcode_end;
	bool has_rex;       // SPL BPL SIL DIL instead of AH CH DH BH
	bool w;
	bool short_of;      // ran past the end
};

static inline u64
fetch(struct cursor *c, unsigned bytes)
{
	const u8 *p = c->code + c->pos;
	if (UNLIKELY(c->end - c->pos < bytes)) {
		c->short_of = true;
		c->pos = c->end;
		return 0;
	}
	if (bytes == 1) {
		++c->pos;
		return *p;
	}
	c->pos += bytes;
	if (LIKELY(c->given - c->pos >= 8)) return trunc_to(ld64(p), bytes);
	return bytes == 2 ? ld16(p) : bytes == 4 ? ld32(p) : bytes == 8 ? ld64(p) : 0;
}

// What goes by the operand size, and what is fixed, by osize / 4
static const u16 sizes[3][16] = {
	{0, 1, 2, 4, 8, 16, 32, 10, 64, 512, 2, 2, 4, 4, 14, 94},
	{0, 1, 2, 4, 8, 16, 32, 10, 64, 512, 4, 4, 8, 6, 28, 108},
	{0, 1, 2, 4, 8, 16, 32, 10, 64, 512, 8, 4, 16, 10, 28, 108},
};
STATIC_ASSERT(SZ_512 == 9 && SZ_STATE == 15, "the order of enum isa_size");

static inline unsigned
size_bytes(const struct insn *in, bool w, unsigned size)
{
	if (LIKELY(size <= SZ_STATE)) return sizes[in->osize >> 2][size];
	switch (size) {
	case SZ_R:
		return w && in->mode == MODE_64 ? 8 : 4;
	case SZ_N:
		return in->mode == MODE_64 ? 8 : 4;
	case SZ_A:
		return in->asize;
	case SZ_DESC:
		return in->mode == MODE_64 ? 10 : 6;
	case SZ_L:
		return in->vl;
	default:
		return in->vl >> (size - SZ_L);
	}
}

// The memory operand of ModRM: base, index, scale, disp.
static void
memory_decode(struct cursor *c)
{
	static const u8 base16[] = {GPR_BX, GPR_BX, GPR_BP, GPR_BP, GPR_SI, GPR_DI, GPR_BP, GPR_BX};
	static const u8 index16[] = {GPR_SI, GPR_DI, GPR_SI, GPR_DI, GPR_NONE, GPR_NONE, GPR_NONE, GPR_NONE};
	struct insn *in = c->in;
	unsigned mod = in->modrm >> 6, rm = in->modrm & 7, disp = mod == 2 ? 4 : mod, sib;
	if (in->asize == 2) {
		in->base = base16[rm];
		in->index = index16[rm];
		if (mod == 2) disp = 2;
		if (mod == 0 && rm == 6) {
			in->base = GPR_NONE;
			disp = 2;
		}
	} else if (rm == 4) {
		sib = fetch(c, 1);
		in->base = (sib & 7) | (c->rex & 1) << 3;
		in->index = (sib >> 3 & 7) | (c->rex & 2) << 2;
		in->scale = sib >> 6;
		c->index = in->index;
		c->scale = in->scale;
		if (in->index == GPR_SP) {
			in->index = GPR_NONE;
			in->scale = 0;
		}
		if (mod == 0 && (sib & 7) == 5) {
			in->base = GPR_NONE;
			disp = 4;
		}
	} else if (mod == 0 && rm == 5) {
		in->base = in->mode == MODE_64 ? GPR_RIP : GPR_NONE;
		disp = 4;
	} else {
		in->base = rm | (c->rex & 1) << 3;
	}
	in->displen = disp;
	if (disp == 1) in->disp = (i8)fetch(c, 1);
	else if (disp) in->disp = (i64)sext(fetch(c, disp), disp);
}

static inline void
set_operand(struct isa_operand *o, unsigned kind, unsigned reg, unsigned size)
{
	o->kind = kind;
	o->reg = reg;
	o->size = size;
}

static inline void
set_gpr(struct cursor *c, struct isa_operand *o, unsigned reg, unsigned size)
{
	if (size == 1 && !c->has_rex && reg >= 4) set_operand(o, OPR_GPRH, reg - 4, 1);
	else set_operand(o, OPR_GPR, reg, size);
}

// Where the number of an operand's register is: low four bits of registers[].
enum { IN_REG, IN_RM, IN_OPC, IN_VVVV, IN_REG7, IN_RM7, OR_MEM, OR_MEM7, IS_0 };
enum { R = OPR_GPR << 4, S = OPR_SREG << 4, T = OPR_ST << 4, M = OPR_MM << 4, X = OPR_XMM << 4 };
// By enum isa_where; 0 for what is more than a register
static const u8 registers[] = {
	0, R | IN_REG, R | OR_MEM, R | IN_RM, R | IN_OPC, R | IN_VVVV, 0,
	X | IN_REG, X | OR_MEM, X | IN_RM, X | IN_VVVV, 0, 0, M | IN_REG7, M | OR_MEM7, M | IN_RM7, T | IN_RM7,
	0, 0, 0, 0, R | (IS_0 + 0), R | (IS_0 + 1), R | (IS_0 + 2), T | (IS_0 + 0), X | (IS_0 + 0), 0,
	S | (IS_0 + 0), S | (IS_0 + 1), S | (IS_0 + 2), S | (IS_0 + 3), S | (IS_0 + 4), S | (IS_0 + 5)
};
STATIC_ASSERT(AT_STI == 16 && AT_XMM0 == 25 && AT_GS + 1 == sizeof registers, "the order of enum isa_where");

// A vector, MMX, x87 or segment register, or one that no ModRM names.
static void
register_decode(struct cursor *c, struct isa_operand *o, unsigned how, unsigned size)
{
	unsigned reg, kind = how >> 4;
	how &= 15;
	switch (how) {
	case IN_REG:
		reg = c->reg;
		break;
	case IN_OPC:
		reg = (c->opcode & 7) | (c->rex & 1) << 3;
		break;
	case IN_VVVV:
		reg = c->vvvv;
		break;
	case IN_REG7:
		reg = c->reg & 7;
		break;
	case OR_MEM:
	case OR_MEM7:
		if (c->in->modrm < 0xc0) {
			set_operand(o, OPR_MEM, 0, size);
			return;
		}
		FALLTHROUGH;
	case IN_RM:
	case IN_RM7:
		reg = how == IN_RM || how == OR_MEM ? c->rm : c->rm & 7;
		break;
	default:
		reg = how - IS_0;
	}
	if (kind == OPR_GPR) set_gpr(c, o, reg, size);
	else if (ISA_ANY_VEX && kind == OPR_XMM && size == 32) set_operand(o, OPR_YMM, reg, size);
	else set_operand(o, kind, reg, size);
}

// Any other operand. Returns false for #UD.
static bool
other_decode(struct cursor *c, struct isa_operand *o, const struct isa_spec *spec, unsigned size)
{
	struct insn *in = c->in;
	unsigned bytes;
	if (!ISA_ANY_VEX && (spec->where == AT_XIS4 || spec->where == AT_VSIB)) return false;
	switch (spec->where) {
	case AT_MEM:
		set_operand(o, OPR_MEM, 0, size);
		break;
	case AT_VSIB:
		// the index is a vector register, and there is no value for none
		if ((in->modrm & 7) != 4 || in->asize == 2) return false;
		in->vsib = size_bytes(in, c->w, spec->rsize);
		in->index = c->index;
		in->scale = c->scale;
		set_operand(o, OPR_MEM, 0, size);
		break;
	case AT_XIS4:
		bytes = fetch(c, 1) >> 4;
		in->immlen = 1;
		set_operand(o, size == 32 ? OPR_YMM : OPR_XMM, in->mode == MODE_64 ? bytes : bytes & 7, size);
		break;
	case AT_SREG:
	case AT_SREGDST:
		size = in->modrm >> 3 & 7;
		if (size > SEG_GS || (size == SEG_CS && spec->where == AT_SREGDST)) return false;
		set_operand(o, OPR_SREG, size, 2);
		break;
	case AT_CR:
		if (!(0x11d >> c->reg & 1)) return false;
		set_operand(o, OPR_CR, c->reg, size);
		break;
	case AT_DR:
		if (c->reg > 7) return false;
		set_operand(o, OPR_DR, c->reg, size);
		break;
	case AT_ONE:
		set_operand(o, OPR_ONE, 0, 1);
		in->imm = 1;
		break;
	case AT_IMM:
	case AT_IMMS:
	case AT_REL:
		in->immlen = size;
		in->imm = fetch(c, size);
		if (spec->where != AT_IMM) in->imm = sext(in->imm, size);
		set_operand(o, spec->where == AT_REL ? OPR_REL : OPR_IMM, 0, spec->where == AT_IMMS ? in->osize : size);
		break;
	case AT_IMM2:
		in->imm2 = (u32)fetch(c, size);
		set_operand(o, OPR_IMM2, 0, size);
		break;
	case AT_FAR:
		in->immlen = size - 2;
		in->imm = fetch(c, size - 2);
		in->imm2 = (u32)fetch(c, 2);
		set_operand(o, OPR_FAR, 0, size);
		break;
	case AT_MOFFS:
		in->displen = in->asize;
		in->disp = (i64)fetch(c, in->asize);
		set_operand(o, OPR_MEM, 0, size);
		break;
	case AT_SI:
	case AT_DI:
	case AT_XLAT:
		bytes = spec->where == AT_SI ? GPR_SI : spec->where == AT_DI ? GPR_DI : GPR_BX;
		if (in->base == GPR_NONE || bytes != GPR_DI) in->base = bytes;
		set_operand(o, OPR_MEM, bytes, size);
		break;
	default:
		break;
	}
	return true;
}

// Fills in operand number i. Returns false for #UD.
static ALWAYS_INLINE bool
operand_decode(struct cursor *c, unsigned i, const struct isa_spec *spec)
{
	struct insn *in = c->in;
	struct isa_operand *o = &in->opr[i];
	unsigned size = size_bytes(in, c->w, spec->msize);
	if (LIKELY(spec->where <= AT_RM)) {
		if (spec->where == AT_REG) set_gpr(c, o, c->reg, size);
		else if (in->modrm < 0xc0) set_operand(o, OPR_MEM, 0, size);
		else set_gpr(c, o, c->rm, size_bytes(in, c->w, spec->rsize));
		return true;
	}
	if (spec->where < sizeof registers && registers[spec->where]) {
		register_decode(c, o, registers[spec->where], size);
		return true;
	}
	return other_decode(c, o, spec, size);
}

static inline bool
has_vex(const struct insn *in)
{
	return ISA_ANY_VEX && in->vex;
}

// Reads VEX or EVEX behind its first byte. Returns the opcode map, or -1.
static int
vex_decode(struct cursor *c, unsigned first, unsigned *prefix)
{
	struct insn *in = c->in;
	unsigned b0, b1, b2, map;
	if (first == 0xc5) {
		b1 = (unsigned)fetch(c, 1);
		c->rex = (b1 >> 5 & 4) ^ 4;
		map = 1;
		in->vex = 2;
	} else {
		b0 = (unsigned)fetch(c, 1);
		b1 = (unsigned)fetch(c, 1);
		c->rex = (b0 >> 5) ^ 7;
		c->w = b1 >> 7;
		in->vex = 3;
		map = b0 & 31;
		if (first == 0x62) {
			b2 = (unsigned)fetch(c, 1);
			in->vex = 4;
			map &= 7;
			if ((b0 & 8) || !(b1 & 4) || !map) return -1;
			in->vl = 16 << (b2 >> 5 & 3);
			map += 3;
		} else if (map < 1 || map > 3) {
			return -1;
		}
	}
	if (in->vex < 4) in->vl = b1 & 4 ? 32 : 16;
	if (in->mode != MODE_64) c->rex = 0;
	in->vexw = c->w;
	c->vvvv = (b1 >> 3 & 15) ^ 15;
	*prefix = b1 & 3;
	return (int)(MAP_VEX + map - 1);
}

// Whether an undefined instruction goes on beyond the bytes that are there:
// longer than any may be, or into the next page, counts more. Its operands
// look like those of its neighbours in the map.
static bool
undefined_goes_on(struct cursor *c, int map, bool modrm, bool opsize)
{
	// opcodes of the 0F map without ModRM, a bit each
	static const u32 bare[8] = {0x5ff0, 0xffff00f0, 0, 0xc800000, 0xffff, 0x20007c7, 0xff00, 0x80000000};
	unsigned b = c->opcode, imm = 0, small = c->in->mode == MODE_16;
	if (map == MAP_0F || map == MAP_VEX) {
		imm = b == 0x0f || (b >= 0x70 && b <= 0x73) || b == 0xa4 || b == 0xac || b == 0xba || b == 0xc2 || (b >= 0xc4 && b <= 0xc6);
		modrm = !(bare[b >> 5] >> (b & 31) & 1);
		if (b == 0x78) imm = 2;
		if (map == MAP_VEX && b >> 4 == 8) imm = small ? 2 : 4;
	} else if (map == MAP_1) {
		imm = b == 0xc6 ? 1 : b != 0xc7 ? 0 : small != opsize && !c->w ? 2 : 4;
	} else {
		imm = map == MAP_0F3A || map == MAP_VEX + 2;
		modrm = true;
	}
	// back to ModRM, wherever decoding stopped
	c->pos = c->opcode_end;
	if (modrm) c->in->modrm = (u8)fetch(c, 1);
	if (modrm && c->in->modrm < 0xc0 && !((map == MAP_0F || map == MAP_VEX) && b >> 2 == 8)) memory_decode(c);
	if (imm) fetch(c, imm);
	return c->short_of;
}

static ALWAYS_INLINE int
decode(struct insn *in, const u8 *code, size_t n, enum isa_mode mode)
{
	struct cursor c;
	unsigned b, prefix = 0, opsize = 0, addrsize = 0, lock = 0, rep = 0, rex = 0, attrs, seg, i;
	unsigned segover = SEG_NONE, segfar = SEG_NONE, row, entry;
	int map = MAP_1;
	bool illegal = false, modrm = false;
#ifndef TINY
	// those of 64-bit code, REX included, a bit each
	static const u32 prefixes[8] = {0, 0x40404040, 0x0000ffff, 0x000000f0, 0, 0, 0, 0x000d0000};
#endif
	const struct isa_root *root;
	const struct isa_kind *what;
	memset(in, 0, sizeof(*in));
	in->mode = mode;
	in->base = in->index = GPR_NONE;
	memset(&c, 0, sizeof(c));
	c.in = in;
	c.code = code;
	c.given = n;
	c.end = (unsigned)min_u64(n, LONGEST);
#ifndef TINY
	// Most instructions have no prefix, or REX alone.
	if (LIKELY(mode == MODE_64 && c.end > 1)) {
		b = code[0];
		rex = (b & 0xf0) == 0x40 ? b : 0;
		if (rex) b = code[1];
		if (LIKELY(!(prefixes[b >> 5] >> (b & 31) & 1))) {
			c.pos = rex ? 2 : 1;
			goto Opcode;
		}
		rex = 0;
	}
#endif
	// Prefixes. REX counts only right in front of the opcode.
	for (;;) {
		if (UNLIKELY(c.pos == c.end)) goto Short;
		b = code[c.pos++];
		switch (b) {
		case 0x26: case 0x2e: case 0x36: case 0x3e:
			segover = b >> 3 & 3;
			break;
		case 0x64: case 0x65:
			segover = segfar = b - 0x64 + SEG_FS;
			break;
		case 0x66:
			opsize = 1;
			break;
		case 0x67:
			addrsize = 1;
			break;
		case 0xf0:
			lock = 1;
			break;
		case 0xf2: case 0xf3:
			rep = b;
			break;
		case 0x40: case 0x41: case 0x42: case 0x43: case 0x44: case 0x45: case 0x46: case 0x47:
		case 0x48: case 0x49: case 0x4a: case 0x4b: case 0x4c: case 0x4d: case 0x4e: case 0x4f:
			if (mode != MODE_64) goto Opcode;
			rex = b;
			continue;
		default:
			goto Opcode;
		}
		rex = 0;
	}
Opcode:
	if (b == 0x0f) {
		b = (unsigned)fetch(&c, 1);
		map = MAP_0F;
		if (b == 0x38 || b == 0x3a) {
			map = b == 0x38 ? MAP_0F38 : MAP_0F3A;
			b = (unsigned)fetch(&c, 1);
		}
	} else if ((b == 0xc4 || b == 0xc5 || b == 0x62)) {
		// LES, LDS and BOUND are spared where they exist: memory operand
		if (c.pos == c.end) goto Short;
		if (mode == MODE_64 || code[c.pos] >= 0xc0) {
			if (rex) {
				modrm = illegal = true;  // as long as LES and LDS would be
			} else {
				map = ISA_ANY_VEX ? vex_decode(&c, b, &prefix) : -1;
				illegal = map < 0 || rep || opsize || lock;
				b = (unsigned)fetch(&c, 1);
			}
		}
	}
	if (UNLIKELY(c.short_of)) goto Short;
	c.opcode = b;
	c.opcode_end = c.pos;
	in->asize = mode == MODE_64 ? 8 >> addrsize : (mode == MODE_32) ^ addrsize ? 4 : 2;
	if (UNLIKELY(illegal)) goto Undefined;
	if (!has_vex(in)) {
		in->rex = rex;
		c.rex = rex & 15;
		c.has_rex = rex != 0;
		c.w = rex >> 3 & 1;
		prefix = rep ? 0xf5 - rep : opsize;
	}
	// The trie
	root = &isa_roots[map];
	if (b < root->lo || b > root->hi) goto Undefined;
	entry = isa_trie[root->first + b - root->lo];
	while (!(entry & TRIE_LEAF)) {
		unsigned kind, mask, value = 0;
		if (!entry) goto Undefined;
		kind = isa_trie[entry] & 255;
		mask = isa_trie[entry] >> 8;
		if (kind == BY_MOD || kind == BY_REG || kind == BY_RM) {
			modrm = true;
			if (UNLIKELY(c.pos == c.end)) goto Short;
			value = code[c.pos];
			if (kind == BY_MOD) value = value >= 0xc0;
			else if (kind == BY_REG) value = value >> 3 & 7;
			else value &= 7;
		} else if (kind == BY_PREFIX) {
			value = prefix;
		} else if (kind == BY_MODE) {
			value = mode == MODE_64;
		} else if (kind == BY_W) {
			value = c.w;
		} else if (kind == BY_L) {
			value = in->vl >> 5;
		} else {
			value = c.rex & 1;
		}
		if (!(mask >> value & 1)) goto Undefined;
		mask &= (1 << value) - 1;
		entry = isa_trie[entry + 1 + isa_ones[mask & 15] + isa_ones[mask >> 4]];
	}
	row = entry & ~TRIE_LEAF;
	what = &isa_kinds[isa_rows[row]];
	attrs = what->attrs;
	in->row = row;
	in->op = isa_row_op(row);
	// Sizes
	in->osize = c.w && mode == MODE_64 ? 8 : has_vex(in) || (attrs & ROW_66) ? 4 : (mode != MODE_16) ^ opsize ? 4 : 2;
	if (mode == MODE_64) {
		if ((attrs & ROW_F64) || ((attrs & ROW_D64) && in->osize == 4)) in->osize = 8;
	}
	in->rep = attrs & ROW_REP || has_vex(in) ? 0 : rep;
	if (attrs & ROW_CC) in->cc = b & 15;
	if (has_vex(in) && c.vvvv && !(attrs & ROW_VVVV)) goto Undefined;
	if (mode != MODE_64) c.vvvv &= 7;
	// Operands
	if (attrs & ROW_MODRM) {
		in->modrm = b = (unsigned)fetch(&c, 1);
		c.reg = (b >> 3 & 7) | (c.rex & 4) << 1;
		c.rm = (b & 7) | (c.rex & 1) << 3;
		if (b < 0xc0 && !(attrs & ROW_NOMEM)) memory_decode(&c);
	}
	for (i = 0; i < 4 && what->spec[i]; ++i) {
		if (!operand_decode(&c, i, &isa_specs[what->spec[i]])) goto Undefined;
	}
	in->nopr = i;
	if (UNLIKELY(c.short_of)) goto Short;
	// Gathers want three different registers.
	if (in->vsib && (in->opr[0].reg == in->index || in->opr[2].reg == in->index || in->opr[0].reg == in->opr[2].reg))
		goto Undefined;
	// In 64-bit mode ES, CS, SS and DS prefixes are without effect.
	in->segover = segover;
	if (mode == MODE_64) segover = segfar;
	seg = in->base == GPR_BP || in->base == GPR_SP ? SEG_SS : SEG_DS;
	in->seg = segover != SEG_NONE ? segover : seg;
	if ((attrs & ROW_HIDE) && in->base == GPR_DI) in->seg = SEG_ES; // STOS SCAS INS
	if (lock) {
		if (!(isa_attrs[in->op] & ISA_LOCKABLE) || in->opr[0].kind != OPR_MEM) goto Undefined;
		in->lock = 1;
	}
	in->len = c.pos;
	return (int)c.pos;
Short:
	in->len = c.pos;
	return n >= LONGEST ? ISA_TOOLONG : ISA_SHORT;
Undefined:
	if (undefined_goes_on(&c, map, modrm, opsize)) goto Short;
	in->len = c.pos;
	return ISA_UD;
}

int
isa_decode(struct insn *in, const u8 *code, size_t n, enum isa_mode mode)
{
#ifndef TINY
	// a copy that knows its mode
	if (LIKELY(mode == MODE_64)) return decode(in, code, n, MODE_64);
#endif
	return decode(in, code, n, mode);
}

struct isa_effect
isa_flag_effect(const struct insn *in)
{
	// flags that condition cc / 2 looks at
	static const u16 cc_reads[8] = {
		FLAG_OF, FLAG_CF, FLAG_ZF, FLAG_CF | FLAG_ZF, FLAG_SF, FLAG_PF,
		FLAG_SF | FLAG_OF, FLAG_SF | FLAG_OF | FLAG_ZF
	};
	const struct isa_flagset *f = &isa_flagsets[isa_flagset_of[in->op]];
	struct isa_effect e;
	u64 count;
	e.reads = f->reads;
	e.writes = f->writes | f->undefs;
	e.kills = f->writes; // what silicon does to undefined ones may be nothing
	if (in->op == OP_JCC || in->op == OP_SETCC || in->op == OP_CMOVCC) e.reads = cc_reads[in->cc >> 1];
	if (isa_attrs[in->op] & ISA_COND) {
		if (isa_attrs[in->op] & ISA_STRING) {
			if (in->rep) e.kills = 0;
		} else if (in->nopr && in->opr[in->nopr - 1].kind == OPR_GPR) {
			e.kills = 0; // count in CL
		} else {
			count = in->imm & (in->opr[0].size == 8 ? 63 : 31);  // REX.W is nothing to bytes
			if (!count) e.writes = e.kills = 0;
			else if (in->opr[0].size < 4 && (in->op == OP_RCL || in->op == OP_RCR || in->op == OP_SHLD
					|| in->op == OP_SHRD)) e.kills = 0;
		}
	}
	return e;
}
