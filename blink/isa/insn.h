// insn.h: one decoded x86 instruction, and the functions that make and print
// it. Everything that reads guest code goes through here: the interpreter's
// lowering, liveness, the JITs, the disassembler and the debugger.
//
// All functions are pure: no allocation, no locks, no state; any thread and
// any signal handler may call them. Source: SDM vol 2 chapters 2 to 6.
#ifndef ISA_INSN_H_
#define ISA_INSN_H_
#include "base/base.h"
#include "isa_ops.h"  // generated: enum isa_op { OP_NONE, OP_ADD, ... OP_COUNT },
                      // enum isa_feature

// What the code segment says: the processor's operating mode.
enum isa_mode { MODE_16, MODE_32, MODE_64 };

// General registers, as numbered by ModRM and REX. The two slots behind them
// exist in struct cpu only: a zero, and the result of an address pre-op.
enum isa_reg {
	GPR_AX, GPR_CX, GPR_DX, GPR_BX, GPR_SP, GPR_BP, GPR_SI, GPR_DI,
	GPR_R8, GPR_R9, GPR_R10, GPR_R11, GPR_R12, GPR_R13, GPR_R14, GPR_R15,
	GPR_NONE,  // no base or no index; reads as zero
	GPR_EA,    // used by lowered ops only, never by struct insn
	GPR_RIP,   // RIP-relative: disp counts from the next instruction
	REG_SLOTS = 18
};

enum isa_seg { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_NONE };

enum isa_operand_kind {
	OPR_NONE,
	OPR_GPR,   // reg 0..15
	OPR_GPRH,  // AH CH DH BH: reg 0..3 is the register that holds it
	OPR_MEM,   // insn.base/index/scale/disp/seg; reg unused
	OPR_IMM,   // insn.imm (the second immediate of ENTER and EXTRQ: imm2)
	OPR_IMM2,
	OPR_REL,   // branch displacement in insn.imm, sign-extended
	OPR_FAR,   // direct far pointer: offset in imm, selector in imm2
	OPR_ONE,   // the constant 1 of D0/D1 shifts
	OPR_SREG, OPR_CR, OPR_DR,
	OPR_ST,    // x87 ST(reg)
	OPR_MM, OPR_XMM, OPR_YMM,
	OPR_BND, OPR_K  // reserved for MPX and AVX-512 rows
};

struct isa_operand {
	u8 kind;
	u8 reg;
	u16 size;  // bytes that are accessed, also for registers (ADDSS xmm, xmm: 4);
	           // 0 where memory is named but not accessed (LEA) or its size is
	           // not fixed (XSAVE)
};

struct insn {
	u16 op;      // enum isa_op: the operation (INSN row)
	u16 row;     // index of the encoding (ENC row), for isa_rows[]
	u8 len;      // 1..15
	u8 mode;     // enum isa_mode it was decoded in
	u8 osize;    // effective operand size: 2, 4, 8
	u8 asize;    // effective address size: 2, 4, 8
	u8 lock;     // LOCK prefix present and legal here (else decode fails)
	u8 rep;      // 0, 0xf2, 0xf3 (0 where it is a mandatory prefix)
	u8 rex;      // 0 or the REX byte that took effect
	u8 vex;      // 0: legacy, 2: C5, 3: C4, 4: 62 (EVEX)
	u8 vl;       // vector length in bytes for VEX/EVEX: 16, 32, 64
	u8 vexw;     // VEX.W / EVEX.W
	u8 seg;      // effective segment of the OPR_MEM operand (enum isa_seg)
	u8 segover;  // segment override prefix given, else SEG_NONE
	u8 modrm;    // raw byte, 0 if none
	u8 cc;       // condition of Jcc, SETcc, CMOVcc: 0 O, 1 NO, ... 15 G
	u8 base, index, scale;  // enum isa_reg; scale is log2: 0..3
	u8 vsib;     // bytes of the vector register that index then is, else 0
	u8 immlen;   // bytes of the first immediate, 0 if none
	u8 displen;  // bytes of the displacement
	u8 nopr;     // operands, explicit and implied ones that the manual prints
	struct isa_operand opr[4];
	i64 disp;
	u64 imm;     // sign-extended where the operation sign-extends it
	u32 imm2;
};

// isa_decode results that are no length
enum {
	ISA_SHORT = 0,   // n bytes are not enough; more are needed to tell
	ISA_UD = -1,     // #UD: no such instruction, or an illegal prefix on it
	ISA_TOOLONG = -2 // #GP(0): more than 15 bytes
};

// Decodes the instruction at code[0..n). n may be anything; 15 always suffice.
// Returns its length or one of the values above. On success *in is complete;
// otherwise in->len tells how many bytes were looked at.
int isa_decode(struct insn *in, const u8 *code, size_t n, enum isa_mode mode);

// Flag bits as in EFLAGS, for the masks below.
enum {
	FLAG_CF = 1, FLAG_PF = 4, FLAG_AF = 16, FLAG_ZF = 64, FLAG_SF = 128,
	FLAG_TF = 0x100, FLAG_IF = 0x200, FLAG_DF = 0x400, FLAG_OF = 0x800,
	FLAG_IOPL = 0x3000, FLAG_NT = 0x4000, FLAG_RF = 0x10000, FLAG_VM = 0x20000,
	FLAG_AC = 0x40000, FLAG_VIF = 0x80000, FLAG_VIP = 0x100000, FLAG_ID = 0x200000,
	FLAGS_ARITH = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF
};

// Attributes of an operation (INSN row)
enum {
	ISA_LOCKABLE = 1,   // LOCK is legal when the destination is memory
	ISA_BRANCH = 2,     // changes RIP: ends a block
	ISA_ENDS = 4,       // ends a block for another reason (syscall, hlt, int)
	ISA_STRING = 8,     // REP or REPE/REPNE means something
	ISA_STACK = 16,     // implied stack access; 64-bit operand by default
	ISA_PRIV = 32,      // #GP above ring 0
	ISA_UNDONE = 64,    // no handler yet: decodes, prints, raises #UD
	ISA_COND = 128      // flag effect depends on a count that may be zero
};

extern const u8 isa_flagset_of[];  // index into isa_flagsets[]
extern const u8 isa_attrs[];  // ISA_*

// EFLAGS bits (arithmetic ones, DF, IF, TF) of an operation: what it looks
// at, what it gives a defined result, what it changes without a promise.
struct isa_flagset {
	u16 reads, writes, undefs;
};
extern const struct isa_flagset isa_flagsets[];

// The same for one instruction, sharper: a condition reads its own flags
// only. `kills` are the flags that surely have a new value afterwards;
// `writes` those that may have one.
struct isa_effect {
	u16 reads, writes, kills;
};
struct isa_effect isa_flag_effect(const struct insn *in);

// Prints *in (at address pc, for branch targets) as Intel assembly, lower
// case, as `objdump -M intel` and Zydis do. Always NUL-terminates; returns the
// length it would have needed.
size_t isa_format(char *buf, size_t size, const struct insn *in, u64 pc);
// The same as AT&T assembly, as GNU as and `objdump -d` have it: what it prints
// at address pc assembles to the same instruction there.
size_t isa_format_att(char *buf, size_t size, const struct insn *in, u64 pc);

struct isa_cpuid { u32 eax, ebx, ecx, edx; };
// What CPUID answers for user code; features come from the table's done rows.
// The caller fills in what only it knows (OSXSAVE, APIC id, core counts).
struct isa_cpuid isa_cpuid(u32 leaf, u32 subleaf);
// Lets CPUID promise no more than a level of the x86-64 ABI: "v1", "v2", "v3";
// "max" or 0: all. -1 for anything else. Before there are threads; tiny builds
// are v2.
#ifdef TINY
static inline int isa_cpuid_cap(const char *level) { return 0; }
#define isa_level(in, n) (n)
#else
int isa_cpuid_cap(const char *level);
// What isa_decode's result n becomes at that level: ISA_UD for what it has not.
extern int isa_capped;  // there is a cap
int isa_level_check(struct insn *in, int n);
static inline int
isa_level(struct insn *in, int n)
{
	return LIKELY(!isa_capped) || n <= 0 ? n : isa_level_check(in, n);
}
#endif
// XCR0: the state components that XSAVE knows; 0 without XSAVE.
#ifdef TINY
static inline u32
isa_xcr0(void)
{
	return 0;
}
#else
u32 isa_xcr0(void);
#endif

#endif
