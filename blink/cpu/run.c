// run.c: running blocks, single steps, and the ways out: stop reasons,
// exceptions, and host faults that were guest accesses.
#include <stdio.h>
#include <stdlib.h>
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/sse.h"
#include "cpu/system.h"
#include "host/host.h"

static THREAD_LOCAL struct cpu *t_cpu;

struct cpu *
cpu_self(void)
{
	return t_cpu;
}

void
cpu_out_of_memory(void)
{
	fputs("blink: out of memory for the code cache; free some memory or lower the guest's thread count\n", stderr);
	abort();
}

void
cpu_attention(struct cpu *c)
{
	STORE_SEQ(&c->attn, 1);
	cpu_limit_zero(c);
}

// A budget of instructions that are the clock is kept exactly: so many before it
// blocks run one at a time, and what would go beyond it, singly. Iterations count
// too; with the limit reached there is one for each instruction that repeats.
enum { NEAR = 2 * MAX_BLOCK_INSNS };

static u64
chain_limit(const struct cpu *c)
{
	return system_counted(c) ? c->budget - min_u64(c->budget, NEAR) : c->budget;
}

// Restores the limit after it was used to stop, without losing an attention
// request that comes at this moment.
static void
reset_limit(struct cpu *c)
{
	// The requester writes them in the other order.
#if HOST_ATOMIC64
	STORE_SEQ(&c->limit, chain_limit(c));
#else
	c->limit = chain_limit(c);
	FENCE_SEQ();
#endif
	if (LOAD_SEQ(&c->attn) || LOAD_SEQ(&c->code->stopping))
		cpu_limit_zero(c);
}

u32
cpu_insns_before(const struct op *op)
{
	const struct op *p = op_block(op)->ops;
	u32 n = 0;
	for (; p < op; ++p)
		n += p->off != (p + 1)->off;
	return n;
}

u64
cpu_pc(struct cpu *c, const struct op *op)
{
	return op ? op_pc(op) : c->pc;
}

void
cpu_unwind(struct cpu *c, const struct op *op, enum unwind why)
{
	if (op) {
		c->pc = op_pc(op);
		c->icount += cpu_insns_before(op);
	}
	c->note = 0;
	sse_sync(c);
	siglongjmp(*c->unwind, why);
}

void
cpu_raise(struct cpu *c, const struct op *op, enum vector vector, u32 error)
{
	c->vector = (u16)vector;
	c->error = error;
	c->fault_next = op ? op_next_pc(op) : c->pc;
	if (CPU_SYS(c))
		c->sys->block_pc = op ? op_block(op)->pc : c->pc;
	cpu_unwind(c, op, UNWIND_FAULT);
}

void
cpu_raise_pf(struct cpu *c, const struct op *op, u64 gva, u32 error)
{
	c->cr2 = gva;
	cpu_raise(c, op, VEC_PF, error);
}

// Host SIGSEGV or SIGBUS: ours if an access was noted. The fast path's fault
// is looked at again by the slow path, which knows the guest's map; the slow
// path itself can only be hit when the map changed behind it (look again) or
// when a mapped file ended (a guest SIGBUS). A PC's memory is all there: a
// host fault is a bug, and stays one.
static void
claim_fault(int sig, siginfo_t *info, void *uc)
{
	struct cpu *c = t_cpu;
	const struct op *op;
	if (!c || !c->unwind || !c->note || info->si_code <= 0 || CPU_SYS(c))
		return;
	op = c->note;
	sse_interrupted(c, host_fault_mxcsr(uc));
	if (c->stepping && sig == SIGBUS)
		cpu_raise(c, op, VEC_BUS, c->error);
	tlb_flush(&c->tlb);  // so that the slow path tells where it is
	cpu_unwind(c, op, UNWIND_STEP);
}

void
cpu_install_fault_claim(void)
{
	static int done;
	if (!done) {
		done = 1;
		cpu_init_native();
		host_claim_faults(claim_fault);
	}
}

static void
run_ops(struct cpu *c, const struct op *op)
{
#if TAIL_CALLS
	LOAD_HOT(&op->fn)(c, op);
#else
	while (op)
		op = LOAD_HOT(&op->fn)(c, op);
#endif
}

// For faults only: op's instruction from the guest's bytes
static NOINLINE bool
decode_again(struct cpu *c, const struct op *op, struct insn *in)
{
	u8 code[MAX_INSN_BYTES];
	size_t n = mem_fetch(c->mem, code, block_start(op_block(op)) + op->off, sizeof code);
	return isa_decode(in, code, n, (enum isa_mode)CPU_MODE(c)) > 0;
}

// Whether op's memory access goes through SS: a non-canonical address is then
// #SS instead of #GP.
int
cpu_uses_stack_segment(struct cpu *c, const struct op *op, u64 at)
{
	struct insn in;
	if (!decode_again(c, op, &in))
		return 0;
	if ((isa_attrs[in.op] & ISA_STACK) && at - (c->r[GPR_SP] - 64) < 128)
		return 1;
	if (isa_attrs[in.op] & ISA_STRING && in.seg == SEG_SS) {
		// The source, not the destination: which of them `at` is the way ahead of
		u64 way = (u64)(i64)c->df;
		return trunc_to((at - c->r[GPR_SI]) * way, in.asize) <= trunc_to((at - c->r[GPR_DI]) * way, in.asize);
	}
	for (int i = 0; i < in.nopr; ++i)
		if (in.opr[i].kind == OPR_MEM)
			return in.seg == SEG_SS;
	return (isa_attrs[in.op] & ISA_STACK) != 0 || in.seg == SEG_SS;
}

// Whether the memory operand of op's instruction is read to be written back.
// For faults only: it decodes the instruction again.
int
cpu_writes_back(struct cpu *c, const struct op *op)
{
	struct insn in;
	int attrs;
	if (!decode_again(c, op, &in))
		return 0;
	attrs = isa_attrs[in.op];
	return in.opr[0].kind == OPR_MEM && (attrs & (ISA_LOCKABLE | ISA_COND)) && !(attrs & ISA_STRING);
}

// Whether the instruction's accesses are no matter of EFLAGS.AC: elements under
// a mask.
int
cpu_ignores_alignment(struct cpu *c, const struct op *op)
{
	struct insn in;
	if (!decode_again(c, op, &in))
		return 0;
	return in.vsib || in.op == OP_VMASKMOVPS || in.op == OP_VMASKMOVPD || in.op == OP_VPMASKMOVD || in.op == OP_VPMASKMOVQ;
}

// No block can be had at c->pc: the fetch faults.
static void
fetch_fault(struct cpu *c, u64 va)
{
	struct vma v;
	u32 error = PF_USER | PF_FETCH;
	if (CPU_SYS(c))
		system_fetch_fault(c, va);
	if (va >> 47 && va >> 47 != 0x1ffff)  // BEYOND_LIMIT too
		cpu_raise(c, 0, VEC_GP, 0);
	if (mem_find(c->mem, va, &v, 0) && v.start <= va && (v.prot & (MEM_R | MEM_W | MEM_X)))
		error |= PF_PRESENT;
	cpu_raise_pf(c, 0, va, error);
}

static void
step(struct cpu *c)
{
	u64 fault_va, at = c->pc;
	u32 rf = c->sysflags & FLAG_RF;
	u8 held = CPU_SYS(c) ? c->sys->held : 0;
	struct insn in;
	c->slow = SLOW_ALL;
	c->stepping = 1;
	if (CPU_SYS(c) && system_steps(c))
		system_break(c);
	if (lower_block(c, c->stepbuf, c->pc, 1, &fault_va))
		fetch_fault(c, fault_va);
	for (u32 i = 0; i < c->stepbuf->nops; ++i)
		if (c->stepbuf->ops[i].fn == op_unlinked)
			c->stepbuf->ops[i].link = &c->stepbuf->ops[i];
	cpu_limit_zero(c);
	++c->steps;
	if (CPU_SYS(c))
		c->sysflags &= ~(u32)FLAG_RF;  // what IRET loads is for the next
	run_ops(c, c->stepbuf->ops);
	// REP is not done.
	if (CPU_SYS(c) && (rf || held) && c->pc == at && decode_again(c, c->stepbuf->ops, &in) && isa_attrs[in.op] & ISA_STRING) {
		c->sysflags |= rf;
		c->sys->held = held;
	}
	c->stepping = 0;
	c->slow = cpu_slow(c);
	reset_limit(c);
}

op_fn op_pop_sreg, op_mov_sreg;

// A load of SS holds back the trap of TF until the next instruction is done.
static int
delays_trap(const struct cpu *c)
{
	const struct op *op = &c->stepbuf->ops[0];
	if (op->fn == op_ea || (CPU_MODE(c) != MODE_64 && op->fn == op_ea32))
		++op;
	return op->a == SEG_SS && (op->fn == op_pop_sreg ||
	                           (op->fn == op_mov_sreg && op_kind(op, 0) == K_SREG));
}

// One instruction, HLT too, and the trap that follows it. Whether to leave.
static int
step_and_trap(struct cpu *c)
{
	u32 tf = c->sysflags & FLAG_TF;
	step(c);
	if (c->stop != STOP_ATTENTION && !(CPU_SYS(c) && c->stop == STOP_HALT))
		return 1;
	if (delays_trap(c)) {
		if (CPU_SYS(c))
			c->sys->held = (u8)system_watching(c);
		return 0;
	}
	if (CPU_SYS(c) && !system_traps(c, tf != 0))
		return 0;
	c->vector = VEC_DB;
	c->error = 0;
	c->stop = STOP_FAULT;
	return 1;
}

static enum stop
run(struct cpu *c, int one)
{
	sigjmp_buf here;
	sigjmp_buf *outer = c->unwind;
	t_cpu = c;
	cpu_unpark(c);
	sse_enter(c);
	switch (sigsetjmp(here, 0)) {
	case UNWIND_FAULT:
		c->stop = STOP_FAULT;
		goto out;
	case UNWIND_RETRY:
		cpu_park(c);
		cpu_unpark(c);
		break;
	case UNWIND_STEP:
		if (CPU_SYS(c) && !c->sys->short_blocks)
			c->sys->short_blocks = 1;
		sse_enter(c);
		c->note = 0;
		c->slow = cpu_slow(c);
		c->unwind = &here;
		step(c);
		// The next may have to run by itself again, as REP does for long.
		if (one || c->stop != STOP_ATTENTION || LOAD_RELAXED(&c->attn) || c->icount >= c->budget)
			goto out;
		break;
	}
	c->unwind = &here;
	c->slow = cpu_slow(c);
	c->stepping = 0;
	reset_limit(c);
	if (one) {
		if (CPU_SYS(c))
			step_and_trap(c);
		else
			step(c);
	} else {
		do {
			u64 fault_va;
			const struct block *b;
			if (UNLIKELY(LOAD_RELAXED(&c->code->stopping))) {
				cpu_park(c);
				cpu_unpark(c);
			}
			if (UNLIKELY(c->sysflags & FLAG_TF || (CPU_SYS(c) && system_steps(c)))) {
				if (step_and_trap(c))
					break;
				continue;
			}
			reset_limit(c);
			b = c->jumps[JUMP_HASH(c->pc)];
			if (b->pc != c->pc && !(b = block_at(c, c->pc, &fault_va)))
				fetch_fault(c, fault_va);
			if (UNLIKELY(system_counted(c) && c->budget - c->icount <= NEAR)) {
				if (2u * b->ninsns > c->budget - c->icount) {
					if (step_and_trap(c))
						break;
					continue;
				}
				cpu_limit_zero(c);
			}
			run_ops(c, b->ops);
		} while (c->stop == STOP_ATTENTION && !LOAD_RELAXED(&c->attn) && c->icount < c->budget);
	}
out:
	c->note = 0;
	c->stepping = 0;
	c->slow = cpu_slow(c);
	if (c->stop == STOP_ATTENTION)
		STORE_RELAXED(&c->attn, 0);
	c->unwind = outer;
	sse_leave(c);
	cpu_park(c);
	return (enum stop)c->stop;
}

enum stop
cpu_run(struct cpu *c)
{
	return run(c, 0);
}

enum stop
cpu_step(struct cpu *c)
{
	return run(c, 1);
}

// --- ops of the engine -------------------------------------------------------

// The address of the next op's memory operand, where it needs a segment base
// or an address size: a is the segment.
const struct op *
op_ea(struct cpu *c, const struct op *op)
{
	u64 a = ea(c, op);
	if (op->flags & OPF_A32)
		a = (u32)a;
	a += c->segbase[op->a];
	c->r[GPR_EA] = a;
	NEXT();
}

// Falls through to the next block.
const struct op *
op_go(struct cpu *c, const struct op *op)
{
	GO(op + 1);
}

// The block at c->pc, or its fault. A function of its own because fault_va's
// address escapes: a handler with such a local could not make tail calls.
static NOINLINE const struct block *
block_here(struct cpu *c)
{
	u64 fault_va;
	const struct block *b = block_at(c, c->pc, &fault_va);
	if (!b)
		fetch_fault(c, fault_va);
	return b;
}

// A slot that was never gone through: finds its block, links it.
const struct op *
op_unlinked(struct cpu *c, const struct op *op)
{
	u32 epoch = LOAD_ACQUIRE(&c->code->epoch);
	const struct block *b;
	c->pc = (u64)op->disp;
	if (CPU_SYS(c) && c->code_paged && (b = c->jumps[JUMP_HASH(c->pc)])->pc == c->pc)
		DISPATCH(b->ops);
	b = block_here(c);
	if (LOAD_RELAXED(&c->code->epoch) == epoch && (!CPU_SYS(c) || system_may_link(c, op_block(op), b)))
		STORE_RELEASE(&((struct op *)(uintptr_t)op)->link, &b->ops[0]);
	DISPATCH(b->ops);
}

const struct op *
cpu_jump(struct cpu *c, const struct op *op)
{
	const struct block *b = block_here(c);
	DISPATCH(b->ops);
}

// The block that took the place of b; b remembers it, because slots that are
// linked to b stay so.
static NOINLINE const struct block *
block_instead(struct cpu *c, struct block *b)
{
	u32 epoch = LOAD_ACQUIRE(&c->code->epoch);
	const struct block *n;
	c->pc = b->pc;
	n = block_here(c);
	if (LOAD_ACQUIRE(&c->code->epoch) == epoch && LOAD_ACQUIRE(&b->dead))
		STORE_RELEASE(&b->page_next, (struct block *)(uintptr_t)n);
	return n;
}

// The first op of an invalidated block: whoever comes here wants its pc.
const struct op *
op_stale(struct cpu *c, const struct op *op)
{
	struct block *b = (struct block *)(uintptr_t)op_block(op);
	const struct block *n = LOAD_ACQUIRE(&b->page_next);
	u32 i = JUMP_HASH(b->pc);
	if (CPU_SYS(c)) {
		n = c->jumps[i];
		if (n != b && n->pc == b->pc)
			DISPATCH(n->ops);
		c->pc = b->pc;
		TAIL cpu_jump(c, op);
	}
	if (!n || n->pc != b->pc || n->mode != CPU_MODE(c) || n->code_base != c->code_base ||
	    n->code_limit != c->code_limit || LOAD_ACQUIRE(&n->dead))
		n = block_instead(c, b);
	else if (c->jumps[i] == b)
		c->jumps[i] = n;
	DISPATCH(n->ops);
}

const struct op *
op_undefined(struct cpu *c, const struct op *op)
{
	cpu_raise(c, op, VEC_UD, 0);
}

const struct op *
op_toolong(struct cpu *c, const struct op *op)
{
	cpu_raise(c, op, VEC_GP, 0);
}

// --- life --------------------------------------------------------------------

struct cpu *
cpu_new(struct mem *mem, struct codecache *code)
{
	struct cpu *c = 0;
	if (posix_memalign((void **)&c, 64, sizeof *c))
		return 0;
	memset(c, 0, sizeof *c);
	c->stepbuf = (struct block *)calloc(1, offsetof(struct block, ops) + MAX_BLOCK_OPS * sizeof(struct op));
	if (!c->stepbuf || cpu_init_jumps(c)) {
		free(c->stepbuf);
		free(c);
		return 0;
	}
	sse_ask_host();
	c->mem = mem;
	c->code = code;
	c->budget = c->limit = ~(u64)0;
	c->mode = MODE_64;
	c->cpl = 3;
	c->df = 1;
	c->mxcsr = 0x1f80;
	c->fcw = 0x37f;
	c->paged = mem_is_paged(mem) ? SLOW_TLB : 0;
	c->slow = c->paged;
	c->parked = 1;
	cpu_load_segment(c, SEG_SS, 0x2b);
	cpu_enter_64(c);
	cpu_set_flags(c, 0x202);
	tlb_flush(&c->tlb);
	codecache_add_cpu(code, c);
	cpu_install_fault_claim();
	return c;
}

void
cpu_copy(struct cpu *dst, const struct cpu *src)
{
	size_t from = offsetof(struct cpu, mode), to = offsetof(struct cpu, ldt_entries) + sizeof src->ldt_entries;
	memcpy((u8 *)dst + from, (const u8 *)src + from, to - from);
}

void
cpu_free(struct cpu *c)
{
	if (!c)
		return;
	codecache_remove_cpu(c->code, c);
	if (t_cpu == c)
		t_cpu = 0;
	cpu_free_jumps(c);
	if (CPU_SYS(c))
		free(c->sys);
	free(c->stepbuf);
	free(c);
}
