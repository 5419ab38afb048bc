// cpu_internal.h: what the files of the engine share: the code cache and the
// ways out of a handler. Not for handlers, nor for anybody above cpu/.
#ifndef CPU_CPU_INTERNAL_H_
#define CPU_CPU_INTERNAL_H_
#include <pthread.h>
#include "base/atomic.h"
#include "cpu/op.h"

#if defined(TINY) || defined(MEAN)
enum { HASH_BITS = 12, PAGE_HASH_BITS = 10 };
#else
enum { HASH_BITS = 16, PAGE_HASH_BITS = 12 };
#endif
#ifdef MEAN
enum { MAX_BLOCK_INSNS = 3, CODECACHE_BYTES = 32 << 10, CHUNK_BYTES = 8 << 10 };
#else
enum { MAX_BLOCK_INSNS = 60, CODECACHE_BYTES = 96 << 20, CHUNK_BYTES = 64 << 10 };
#endif
enum {
	MAX_BLOCK_BYTES = 240,  // op.off is a byte
	MAX_INSN_BYTES = 15,
	MAX_BLOCK_OPS = 3 * MAX_BLOCK_INSNS + 4,  // op and what is in front of it, and the end; see INSN_OPS
};

struct chunk { struct chunk *next; size_t used; };

// All fields under `lock` except: hash heads and chains, stopping and epoch are
// read without it.
struct codecache {
	struct mem *mem;
	pthread_mutex_t lock;
	pthread_cond_t parked;     // somebody parked, or the section ended
	struct cpu *cpus;
	struct cpu *exclusive;     // owner of the exclusive section
	int stopping;              // exclusive != 0
	u32 epoch;                 // counts invalidations and flushes
	struct chunk *chunks;
	size_t bytes;
	u8 ordered;                // more than one cpu, or shared memory, now or before
	struct block **hash;       // 1 << HASH_BITS chains by pc
	struct block **pages;      // 1 << PAGE_HASH_BITS chains by page of the first byte
};

static inline u32
hash_pc(u64 pc)
{
	// Eight pages of code keep to a page of the table, so that a short program
	// touches little of it: every page is a fault or two.
	enum { LOW = HASH_BITS > 12 ? 9 : 4 };
	u32 group = ((u32)(pc >> (PAGE_BITS + 3)) * 0x9e3779b1u) >> (32 - (HASH_BITS - LOW));
	return group << LOW | ((u32)(pc >> 5) & ((1u << LOW) - 1));
}

static inline u32
hash_page(u64 pc)
{
	// Neighbours are neighbours here too, for the same reason.
	return (u32)(pc >> PAGE_BITS) & ((1u << PAGE_HASH_BITS) - 1);
}

// Makes c leave at its next block boundary; any thread, any signal handler.
// Where 64 bits are no single store the owner may see halves: the later of
// them stops it, and reset_limit looks at why it should.
static inline void
cpu_limit_zero(struct cpu *c)
{
#if HOST_ATOMIC64
	STORE_SEQ(&c->limit, 0);
#else
	FENCE_SEQ();
	*(volatile u64 *)&c->limit = 0;
	FENCE_SEQ();
#endif
}

// What cpu.slow is when no instruction runs singly. EFLAGS.AC makes each
// access be looked at.
static inline u8
cpu_slow(const struct cpu *c)
{
	return c->sysflags & FLAG_AC ? (u8)SLOW_ALL : c->paged;
}

// Not canonical: a byte behind the limit of the code segment, for lower_block.
#define BEYOND_LIMIT (1ull << 62)

enum {
	INSN_OPS = 7  // an instruction takes at most, with the slots behind it or the block's end
};

// Why cpu.unwind was jumped to
enum unwind {
	UNWIND_FAULT = 1,  // STOP_FAULT is complete in *c
	UNWIND_STEP,       // run the instruction at c->pc by cpu_step
	UNWIND_RETRY       // go to c->pc again, after parking if asked to
};
void cpu_unwind(struct cpu *c, const struct op *op, enum unwind why) NORETURN;

// The block at pc, made if need be. 0 if the first instruction cannot be
// fetched: *fault_va tells the byte. May free other blocks (epoch changes).
const struct block *block_at(struct cpu *c, u64 pc, u64 *fault_va);
// Fills b from code bytes of at most max_insns instructions.
// 0, or -1 with *fault_va.
int lower_block(struct cpu *c, struct block *b, u64 pc, int max_insns, u64 *fault_va);
struct cpu *cpu_self(void);  // the cpu that this host thread runs, or last ran
int cpu_init_jumps(struct cpu *c);
void cpu_forget_jumps(struct cpu *c);  // mode or code segment changed
void cpu_free_jumps(struct cpu *c);
void codecache_add_cpu(struct codecache *code, struct cpu *c);
void codecache_remove_cpu(struct codecache *code, struct cpu *c);
void cpu_invalidate_hook(void *code, u64 lo, u64 hi);
void cpu_tlb_stale(void *code, u64 lo, u64 hi);
void cpu_order_all(void *code);
int cpu_uses_stack_segment(struct cpu *c, const struct op *op, u64 at);
// Limit and type of the segment that segment_look noted in gva; the linear address.
u64 segment_check(struct cpu *c, const struct op *op, u64 gva, int n, int access);
int cpu_writes_back(struct cpu *c, const struct op *op);
int cpu_ignores_alignment(struct cpu *c, const struct op *op);
void cpu_install_fault_claim(void);
void cpu_out_of_memory(void) NORETURN;

// Handlers of the engine's own ops
extern FN_SLOT(op_fn, cpu_handlers)[];  // by enum isa_op
op_fn op_ea, op_ea32, op_ea32_wide, op_branch_beyond, op_past, op_go, op_unlinked, op_stale, op_undefined, op_toolong;
// Hot forms: 0 where only the generic handler exists.
// `flags` is what lazy flags are known to be there: LF(kind, size), or 0.
op_fn *alu_specialise(const struct insn *in, const struct op *op, u32 flags);
op_fn *branch_specialise(const struct insn *in, const struct op *op, u32 flags);
// One op for the compare `prev` (an OP_CMP or OP_TEST as lowered) and the jcc behind it.
op_fn *branch_fuse(int prev_op, const struct op *prev, const struct insn *jcc);
op_fn *stack_specialise(const struct insn *in, const struct op *op);
op_fn *mov_specialise(const struct insn *in, const struct op *op);
op_fn *int_specialise(const struct insn *in, const struct op *op);
// dead.c: forms without flags, for what the block overwrites unread. The caller
// zeroes n at the beginning and at every branch; `hot`: op has a hot form.
struct waiting { struct op *op; op_fn *quiet; u32 left; };
struct dead_flags { int n; struct waiting of[4]; };
#ifdef TINY
static inline void
dead_flags(struct dead_flags *d, const struct insn *in, struct op *op, int hot)
{
	(void)d, (void)in, (void)op, (void)hot;
}
#else
void dead_flags(struct dead_flags *d, const struct insn *in, struct op *op, int hot);
#endif
// segmented.c: forms for a PC's 16 and 32-bit code: of the stack and strings; and of in's
// memory operand, in place of the address op in front of op.
#ifdef TINY
static inline op_fn *
segmented_specialise(const struct insn *in, const struct op *op)
{
	(void)in, (void)op;
	return 0;
}
#define segmented_memory segmented_specialise
#else
op_fn *segmented_specialise(const struct insn *in, const struct op *op);
op_fn *segmented_memory(const struct insn *in, const struct op *op);
#endif
// vec_fetch.c: makes of op, just lowered, one that fetches its memory operand,
// and of op[1] the instruction without it. 0 if there is nothing to do.
#ifdef TINY
static inline int
vec_fetch(struct op *op, const struct insn *in)
{
	(void)op, (void)in;
	return 0;
}
#else
int vec_fetch_first(struct op *op, const struct insn *in);
static inline int
vec_fetch(struct op *op, const struct insn *in)
{
	return (in->opr[0].kind == OPR_XMM || in->opr[0].kind == OPR_YMM) && vec_fetch_first(op, in);
}
#endif
// native.c: op, just lowered from the instruction at `bytes`, is made one for
// op_native if that is its handler.
#ifdef RUN_NATIVE
op_fn op_native;
static inline op_fn *
handler_of(int op)
{
	return op < OP_NATIVE ? FN_AT(op_fn, cpu_handlers, op) : op_native;
}
void cpu_init_native(void);
u32 native_features(void);  // CPUID.1:ECX without what the host's unit lacks
void lower_native(struct op *op, const struct insn *in, const u8 *bytes);
#else
static inline op_fn *
handler_of(int op)
{
	return FN_AT(op_fn, cpu_handlers, op);
}
static inline u32
native_features(void)
{
	return ~(u32)0;
}
static inline void
cpu_init_native(void)
{
}
static inline void
lower_native(struct op *op, const struct insn *in, const u8 *bytes)
{
	(void)op, (void)in, (void)bytes;
}
#endif

// The processor's number, as RDPID gives it.
#ifdef TINY
#define cpu_number(c) ((c)->tid)
#else
u32 cpu_number(const struct cpu *);
#endif

#endif
