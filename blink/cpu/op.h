// op.h: the interpreter's private form of an instruction, and how handlers
// read operands, reach memory and pass control on.
//
// A handler is `const struct op *op_x(struct cpu *c, const struct op *op)`,
// one per INSN row of the table; it does all that can fault before it changes
// state and ends with NEXT() (or, if it ends a block, GO/LEAVE). No local whose
// address escapes may be live at NEXT(), else the compiler cannot make a tail
// call: put such work into a NOINLINE helper.
//
// Lowering (cpu/lower.c) turns each struct insn into one op, preceded by an
// address op where the memory operand needs a segment base or a truncated
// address: the handler then finds base = GPR_EA. So ea() below is always right.
#ifndef CPU_OP_H_
#define CPU_OP_H_
#include "base/atomic.h"
#include "cpu/cpu.h"

typedef const struct op *op_fn(struct cpu *, const struct op *);

// Kinds of operand, four bits for each in op.kinds
enum {
	K_NONE, K_REG, K_HIGH /* AH CH DH BH */, K_MEM, K_IMM, K_SREG, K_MM, K_XMM, K_YMM, K_ST, K_IMM64 /* in imm64 */, K_OTHER
};

// op.flags
enum {
	OPF_SCALE = 3,    // log2 of the index scale
	OPF_LOCK = 4,     // LOCK prefix (XCHG with memory locks without)
	OPF_REP = 8,      // F3
	OPF_VEXW = 8,     // VEX.W, where it makes the operand 64 bits wide
	OPF_REPNE = 16,   // F2
	OPF_A32 = 32,     // address size 32 (strings, LOOP, JrCXZ)
	OPF_A16 = 64,
	OPF_O16 = 128     // operand size 16 (insn.osize == 2)
};

struct op {
	op_fn *fn;
	union {
		i64 disp;        // displacement, made absolute for RIP-relative; or a
		u64 imm64;       // 64-bit immediate; or the target of a branch (slot: guest pc)
	};
	union {
		struct {
			i32 imm;         // immediate, sign-extended by struct insn's rules
			u8 a, b, d;      // registers of operands 0, 1, 2 (d: see below)
			u8 base;         // enum isa_reg
		};
		const struct op *link;  // slots: where to go; the slot itself while unlinked
	};
	u8 index;
	u8 flags;        // OPF_*
	u16 kinds;       // K_* of operand i at bits 4i
	u8 size;         // bytes of operand 0; insn.osize if there is none or it is an immediate
	u8 len;          // of the instruction
	u8 off;          // instruction's first byte, counted from the block's
	u8 idx;          // of this op in block->ops
};
// With two operands, or an immediate as the third, d is the size in bytes of
// operand 1; with another third it is operand 2's register; with one operand,
// and for PCMPESTRx, it is insn.osize. Strings: base holds the source segment (enum
// isa_seg), size the element size. cc ops: d is the condition, 0..15.
// ENTER, far pointers: the second immediate is in disp.
STATIC_ASSERT(sizeof(struct op) <= 32, "ops are packed");

struct block {
	u64 pc, end;      // guest bytes [pc, end)
	struct block *hash_next;
	struct block *page_next;  // once dead: what took its place, if known
	u32 nops;
	u8 ninsns;
	u8 dead;          // invalidated; freed when no thread can be in it
	u8 mode;
	u32 code_base, code_limit;  // as in struct cpu: pc counts from the base
	u64 at;           // of the first byte, as changes of code are told: linear; a PC's physical
	struct op ops[1];
};
STATIC_ASSERT(!((offsetof(struct block, ops) + offsetof(struct op, link)) % sizeof(void *)) && !(sizeof(struct op) % sizeof(void *)),
	"links are stored whole, also where the ABI aligns integers to two bytes");

static inline const struct block *
op_block(const struct op *op)
{
	return (const struct block *)((const char *)(op - op->idx) - offsetof(struct block, ops));
}

static inline u64
op_pc(const struct op *op)
{
	return op_block(op)->pc + op->off;
}

static inline u64
op_next_pc(const struct op *op)
{
	return op_block(op)->pc + op->off + op->len;
}

// Instructions of the block that were completed before op
u32 cpu_insns_before(const struct op *op);

// Linear address of the block's first byte
static inline u64
block_start(const struct block *b)
{
	return b->code_base ? (u32)(b->pc + b->code_base) : b->pc;
}

static inline int
op_kind(const struct op *op, int i)
{
	return op->kinds >> 4 * i & 15;
}

// Where compilers are known to make indirect sibling calls: tail_test shows it.
// The conventions of PowerPC, SPARC, Alpha and 68000 rule them out, MIPS's some.
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__) || defined(__riscv) || defined(__s390__)
#define HOST_TAIL_CALLS 1
#else
#define HOST_TAIL_CALLS 0
#endif
#if defined(__clang__) && defined(__has_attribute)
#if __has_attribute(musttail) && HOST_TAIL_CALLS
#define TAIL_CALLS 1
#define TAIL __attribute__((musttail)) return
#endif
#elif defined(__GNUC__) && defined(__OPTIMIZE__) && HOST_TAIL_CALLS && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) && !defined(NO_TAIL_CALLS)
#define TAIL_CALLS 1
#define TAIL return
#endif
#ifdef TAIL_CALLS
#define DISPATCH(next_op) do { const struct op *n_ = (next_op); TAIL LOAD_HOT(&n_->fn)(c, n_); } while (0)
#else
#define TAIL_CALLS 0
#define TAIL return
#define DISPATCH(next_op) return (next_op)
#endif
#define NEXT() DISPATCH(op + 1)

// Ends a handler: runs fn(c, op) or fn(c, op, int arg), a routine that several
// share or whose locals have addresses, then goes on. TINY builds do both in
// one place; that needs a compiler that makes a sibling call between functions
// of different types.
typedef void op_routine(struct cpu *c, const struct op *op);
typedef void op_routine_with(struct cpu *c, const struct op *op, int arg);
#if defined(TINY) && TAIL_CALLS && !defined(__clang__) && (defined(__x86_64__) || defined(__aarch64__))
#define SHARED_NEXT 1
const struct op *op_run(struct cpu *c, const struct op *op, op_routine *fn);
const struct op *op_run_with(struct cpu *c, const struct op *op, int arg, op_routine_with *fn);
#define RUN_NEXT(fn) return op_run(c, op, fn)
#define RUN_NEXT_WITH(fn, arg) return op_run_with(c, op, arg, fn)
#else
#define SHARED_NEXT 0
#define RUN_NEXT(fn) do { fn(c, op); NEXT(); } while (0)
#define RUN_NEXT_WITH(fn, arg) do { fn(c, op, arg); NEXT(); } while (0)
#endif

// Leaves the block through a slot (an op that follows the block's last one):
// to the linked block, or out of cpu_run when the count reaches the limit.
#if !SHARED_INLINE
#define GO(slot_op) TAIL cpu_go(c, (slot_op))
#else
#define GO(slot_op) do { \
	const struct op *s_ = (slot_op); \
	if (UNLIKELY((c->icount += s_->size) >= LOAD_HOT(&c->limit))) { c->pc = (u64)s_->disp; return cpu_leave(c, STOP_ATTENTION); } \
	DISPATCH(LOAD_HOT(&s_->link)); } while (0)
#endif
// Leaves cpu_run; c->pc must be set.
#define LEAVE(stop_reason) do { c->icount += op_block(op)->ninsns; return cpu_leave(c, (stop_reason)); } while (0)

static inline const struct op *
cpu_leave(struct cpu *c, int why)
{
	c->stop = (u8)why;
	return 0;
}
// Goes to a computed guest address: the end of indirect branches.
// Continues at c->pc; op is not looked at.
op_fn cpu_jump;
// GO and JUMP as functions: op is the slot; where to is in c->pc.
op_fn cpu_go, cpu_jump_counted;
// The jump cache of the calling thread: indirect branches try it first.
#ifdef MEAN
enum { JUMP_BITS = 2 };
#else
enum { JUMP_BITS = 12 };
#endif
#define JUMP_HASH(pc) (((pc) ^ (pc) >> JUMP_BITS) & ((1u << JUMP_BITS) - 1))
// Ends an indirect branch: op + 1 is a slot that holds the instruction count.
#if !SHARED_INLINE
#define JUMP(target_pc) do { c->pc = (target_pc); TAIL cpu_jump_counted(c, op); } while (0)
#else
#define JUMP(target_pc) do { \
	u64 t_ = (target_pc); \
	const struct block *b_; \
	if (UNLIKELY((c->icount += (op + 1)->size) >= LOAD_HOT(&c->limit))) { c->pc = t_; return cpu_leave(c, STOP_ATTENTION); } \
	b_ = c->jumps[JUMP_HASH(t_)]; \
	if (LIKELY(b_->pc == t_)) DISPATCH(b_->ops); \
	c->pc = t_; \
	TAIL cpu_jump(c, op); } while (0)
#endif

// Effective address
#if SHARED_INLINE
SHARED u64
ea(const struct cpu *c, const struct op *op)
{
	return c->r[op->base] + (c->r[op->index] << (op->flags & OPF_SCALE)) + (u64)op->disp;
}
#else
u64 ea(const struct cpu *c, const struct op *op);
#endif

// Address of what lies delta bytes from the operand's beginning, for accesses
// that are several: each of them wraps at the end of the address size.
u64 ea_wrapped(struct cpu *c, const struct op *op, u64 delta);
static inline u64
ea_at(struct cpu *c, const struct op *op, u64 delta)
{
	return LIKELY(op->base != GPR_EA) ? ea(c, op) + delta : ea_wrapped(c, op, delta);
}

#include "cpu/access.h"

// x, which the compiler can't look through: a register's part is written by a
// store of the whole, because hosts forward a store to a load only if it has all
// that the load wants. (In 32-bit hosts the whole is two words: not worth it.)
static ALWAYS_INLINE u64
opaque(u64 x)
{
#if UINTPTR_MAX > 0xffffffffu
	__asm__("" : "+r"(x));
#endif
	return x;
}

// General registers by size in bytes. 32-bit writes clear the upper half.
static inline u64
reg_get(const struct cpu *c, int r, int size)
{
	return trunc_to(c->r[r], (unsigned)size);
}

#if SHARED_INLINE
SHARED void
reg_set(struct cpu *c, int r, int size, u64 x)
{
	switch (size) {
	case 1:
		c->r[r] = (opaque(c->r[r]) & ~(u64)0xff) | (x & 0xff);
		break;
	case 2:
		c->r[r] = (opaque(c->r[r]) & ~(u64)0xffff) | (x & 0xffff);
		break;
	case 4:
		c->r[r] = (u32)x;
		break;
	default:
		c->r[r] = x;
	}
}
#else
void reg_set(struct cpu *c, int r, int size, u64 x);
#endif

// The stack, in the width of the current mode (cpu/branch.c).
void stack_push(struct cpu *c, const struct op *op, int size, u64 x);
u64 stack_pop(struct cpu *c, const struct op *op, int size);

// Generic access to integer operand i (0..2) of `size` bytes, zero-extended;
// slower than a specialised form, and right for every form.
u64 opr_get(struct cpu *c, const struct op *op, int i, int size);
void opr_set(struct cpu *c, const struct op *op, int i, int size, u64 x);

// Vector operands: operand i as n bytes (n <= 32) into *v; MM, XMM, YMM or
// memory (unaligned). Bytes of *v above n are not written.
void vec_get(struct cpu *c, const struct op *op, int i, void *v, int n);
// Writes the low n bytes of operand i; the rest of the register stays.
void vec_set(struct cpu *c, const struct op *op, int i, const void *v, int n);

#endif
