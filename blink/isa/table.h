// table.h: the shape of the compiled instruction table. tool/mkisa reads
// the rows in isa/*.tbl and prints isa_gen.c; decode.c, format.c and cpuid.c
// read the result. Nobody else includes this file.
//
// Columns of the rows:
//
//   INSN(op, "name", FEATURE, reads, writes, undefined, attributes, DONE)
//     op          enum isa_op and the handler: OP_ADD, op_add()
//     name        what is printed; a|b|c by operand size 2, 4, 8; @a|b|c by
//                 address size; % the condition; # the element size;
//                 intel;att where AT&T syntax has a name of its own. Signs
//                 for what only AT&T syntax prints:
//                 ~ size of memory that no register tells: b w l q;
//                 ^ of a real number s l t; & of an x87 integer s l ll;
//                 ? of a vector that becomes a narrower one: x y;
//                 < and > size of the second and the first operand;
//                 [ r, and ] none, where the destination is ST(i); Intel
//                 syntax prints r for ] alone.
//                 For what both print: ! an operand size that is not the
//                 mode's and cannot be seen otherwise, as a suffix or a
//                 prefix; * whether it is 2, as a prefix
//     FEATURE     row of features.tbl: which CPUID bit promises it
//     flags       O S Z A P C D I T or OSZAPC, joined by |; "writes" get a
//                 result that the manual states, "undefined" get another one
//     attributes  ISA_* of insn.h without the prefix, joined by |; SOFT: not
//                 for cpu/native.c, though it is x87 or has a vector operand
//     DONE        or UNDONE: decodes and prints, but raises #UD
//   ENC(op, "encoding", "operands", flags)
//   ENCF(op, FEATURE, ...)  where one encoding needs another feature
//     encoding    as in the manual; immediates are seen from the operands;
//                 +cc: sixteen opcodes, the condition in the low four bits
//     operands    see tool/mkisa/spelling.c, spec_parse()
//     flags       I64 invalid in 64-bit mode, O64 only there; D64 64-bit
//                 operand there unless 66 says 16; F64 always 64-bit there;
//                 NOREXB not with REX.B; HIDE operands are not printed;
//                 NOMEM ModRM.mod is ignored and taken for 3
// Where several rows match, the first one wins.
#ifndef ISA_TABLE_H_
#define ISA_TABLE_H_
#include "base/base.h"
#ifndef MKISA
#include "isa_ops.h"
#endif

// Where an operand is found
enum isa_where {
	AT_NONE,
	// registers and memory through ModRM, opcode or VEX prefix
	AT_REG,     // general register ModRM.reg
	AT_RM,      // general register or memory
	AT_RMREG,   // general register ModRM.rm
	AT_OPC,     // general register in the low opcode bits
	AT_VVVV,    // general register VEX.vvvv
	AT_MEM,     // memory
	AT_XREG, AT_XRM, AT_XRMREG, AT_XVVVV, AT_XIS4,  // vector registers
	AT_VSIB,    // memory with a vector register as index; rsize: that one's
	AT_MREG, AT_MRM, AT_MRMREG,                     // MMX registers
	AT_STI,     // ST(ModRM.rm)
	AT_SREG,    // segment register ModRM.reg
	AT_SREGDST, // the same, loaded: CS is #UD
	AT_CR, AT_DR,
	// constants
	AT_AX, AT_CL, AT_DX, AT_ST0, AT_XMM0, AT_ONE,
	AT_ES, AT_CS, AT_SS, AT_DS, AT_FS, AT_GS,
	// immediates
	AT_IMM, AT_IMMS, AT_IMM2, AT_REL, AT_FAR,
	// memory without ModRM
	AT_MOFFS, AT_SI, AT_DI, AT_XLAT
};

// How large it is
enum isa_size {
	SZ_0, SZ_B, SZ_W, SZ_D, SZ_Q, SZ_X, SZ_Y, SZ_T,  // 0 1 2 4 8 16 32 10 bytes
	SZ_64, SZ_512,
	// by operand size
	SZ_V,      // 2 4 8
	SZ_Z,      // 2 4 4
	SZ_PAIR,   // twice the operand size
	SZ_FARP,   // far pointer: 2 more than the operand size
	SZ_ENV,    // x87 environment: 14 or 28
	SZ_STATE,  // x87 state: 94 or 108
	// by mode and prefixes
	SZ_R,      // 4, or 8 with REX.W / VEX.W
	SZ_N,      // 4, in 64-bit mode 8
	SZ_A,      // address size
	SZ_DESC,   // descriptor table register: 6, in 64-bit mode 10
	SZ_L,      // vector length
	SZ_L2, SZ_L4, SZ_L8  // a half, a quarter, an eighth of it
};

struct isa_spec {
	u8 where;  // enum isa_where
	u8 msize;  // enum isa_size of memory, immediates and everything else
	u8 rsize;  // of the register, where ModRM chooses between the two
};

// Attributes of a compiled row
enum {
	ROW_MODRM = 1,
	ROW_D64 = 2,
	ROW_F64 = 4,
	ROW_66 = 8,       // 66 is part of the opcode
	ROW_REP = 16,     // F2 or F3 is part of the opcode
	ROW_VVVV = 32,    // VEX.vvvv is used; otherwise it must be 1111b
	ROW_HIDE = 64,    // no operands are printed
	ROW_CC = 128,     // low opcode bits are a condition
	ROW_NOMEM = 256   // ModRM.mod is ignored and taken for 3
};

// What a row says but for its operation; many rows say the same.
struct isa_kind {
	u16 attrs;
	u8 spec[4];  // indices of isa_specs[]; 0 ends them
};
// The rows of an operation follow one another, in the order of operations. Of
// 16 rows: the operation of the row before, and one bit for each row that
// begins the next operation.
struct isa_starts {
	u16 op, bits;
};

// The tries. A root covers opcodes lo..lo+n-1 of one map. An entry is 0 for
// #UD, TRIE_LEAF + row, or the index of a node: a kind in the low byte, a mask
// of the values that lead anywhere in the high byte, then an entry for each of
// those values.
enum {
	MAP_1, MAP_0F, MAP_0F38, MAP_0F3A, MAP_VEX, // VEX maps 1..3 follow
	MAP_EVEX = MAP_VEX + 3,                     // EVEX maps 1..7
	MAP_COUNT = MAP_EVEX + 7
};
enum { TRIE_LEAF = 0x8000 };
enum {
	BY_MODE,   // 2: 16/32-bit, 64-bit
	BY_MOD,    // 2: memory, register
	BY_REG,    // 8: ModRM.reg
	BY_RM,     // 8: ModRM.rm
	BY_PREFIX, // 4: none, 66, F3, F2
	BY_W,      // 2: REX.W, VEX.W
	BY_L,      // 3: vector length
	BY_REXB,   // 2
	BY_COUNT
};
struct isa_root {
	u16 first;
	u8 lo, hi;  // empty when hi < lo
};

#ifndef MKISA
extern const struct isa_root isa_roots[];
extern const u16 isa_trie[];
extern const isa_row isa_rows[];  // generated type; indices of isa_kinds[]
extern const struct isa_kind isa_kinds[];
extern const struct isa_starts isa_starts[];
extern const u16 isa_row_ops[];  // the same spelled out; tiny builds have none
extern const struct isa_spec isa_specs[];
extern const char isa_names[];  // one string for each operation, in order

static const u8 isa_ones[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

static inline unsigned
isa_row_op(unsigned row)
{
#ifdef TINY
	const struct isa_starts *s = &isa_starts[row >> 4];
	unsigned bits = s->bits & ((2u << (row & 15)) - 1);
	return s->op + isa_ones[bits & 15] + isa_ones[bits >> 4 & 15] + isa_ones[bits >> 8 & 15] + isa_ones[bits >> 12];
#else
	return isa_row_ops[row];
#endif
}

#endif

// CPUID bits of the features whose rows are all done
struct isa_cpuid_bits {
	u32 leaf;
	u8 subleaf;
	u32 reg[4];  // eax ebx ecx edx
};
// What levels 1 to 3 of the ABI leave of a register; of others, everything.
struct isa_cpuid_cap {
	u32 leaf;
	u8 subleaf, reg;
	u32 level[3];
};
extern const struct isa_cpuid_cap isa_cpuid_caps[];
extern const unsigned isa_cpuid_cap_count;
extern const struct isa_cpuid_bits isa_cpuid_features[];
extern const unsigned isa_cpuid_feature_count;

#endif
