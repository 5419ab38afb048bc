// control.c: loops, far transfers, interrupts, stack frames, flags on the
// stack, and what depends on a condition.
#include "cpu/flags.h"
#include "cpu/cpu_internal.h"
#include "cpu/int.h"
#include "cpu/op.h"
#include "cpu/system.h"

// --- conditions --------------------------------------------------------------------

const struct op *
op_setcc(struct cpu *c, const struct op *op)
{
	opr_set(c, op, 0, 1, (u64)flags_cond(c, op->d));
	NEXT();
}

// Memory is read whether or not the condition holds; a 32-bit destination
// loses its upper half either way.
const struct op *
op_cmovcc(struct cpu *c, const struct op *op)
{
	u64 x = opr_get(c, op, 1, op->size);
	if (!flags_cond(c, op->d))
		x = c->r[op->a];
	reg_set(c, op->a, op->size, x);
	NEXT();
}

// --- loops: slot 1 goes on, slot 2 is the target -------------------------------------

static ALWAYS_INLINE u64
count_down(struct cpu *c, const struct op *op)
{
	int size = op->flags & OPF_A32 ? 4 : op->flags & OPF_A16 ? 2 : 8;
	reg_set(c, GPR_CX, size, c->r[GPR_CX] - 1);
	return reg_get(c, GPR_CX, size);
}

const struct op *
op_loop(struct cpu *c, const struct op *op)
{
	if (count_down(c, op))
		GO(op + 2);
	GO(op + 1);
}

// The value of ZF that goes on. REP prefixes count more than the opcode: so AMD
// processors do it.
static ALWAYS_INLINE bool
loop_wants(const struct op *op, bool zf)
{
	return op->flags & OPF_REP ? true : op->flags & OPF_REPNE ? false : zf;
}

const struct op *
op_loope(struct cpu *c, const struct op *op)
{
	if (count_down(c, op) && flags_zf(c) == loop_wants(op, true))
		GO(op + 2);
	GO(op + 1);
}

const struct op *
op_loopne(struct cpu *c, const struct op *op)
{
	if (count_down(c, op) && flags_zf(c) == loop_wants(op, false))
		GO(op + 2);
	GO(op + 1);
}

const struct op *
op_jcxz(struct cpu *c, const struct op *op)
{
	int size = op->flags & OPF_A32 ? 4 : op->flags & OPF_A16 ? 2 : 8;
	if (!reg_get(c, GPR_CX, size))
		GO(op + 2);
	GO(op + 1);
}

#define IS_LONG(s) (CPU_ALL_64 || (s).rights & R_LONG)

// --- far transfers -------------------------------------------------------------------

static void
check_code(struct cpu *c, const struct op *op, u32 sel, u64 ip, struct segment *s)
{
	u32 bad = code_check(c, sel, ip, s);
	if (bad)
		cpu_raise(c, op, (enum vector)(bad >> 16), bad & 0xffff);
}

// The far pointer operand: offset of `size` bytes, then the selector
static u32
far_pointer(struct cpu *c, const struct op *op, int size, u64 *ip)
{
	if (op_kind(op, 0) == K_MEM) {
		*ip = rdn(c, op, ea(c, op), size);
		return rd16(c, op, ea_at(c, op, (u64)size));
	}
	*ip = (u64)op->disp;
	return (u32)op->imm & 0xffff;
}

// What a PC's far transfers say: on at c->pc, or a fault.
static void
far_done(struct cpu *c, const struct op *op, u32 bad)
{
	if (!bad)
		return;
	if (!c->sys->switched)
		cpu_raise_fault(c, op, bad);
	c->icount += op_block(op)->ninsns;  // it is done, and pc the new task's
	cpu_raise_fault(c, 0, bad);
}

// The slots of a far call are as wide as the operand size, also with REX.W; the
// pointer's offset has 32 bits then in a Linux program, as on AMD processors, and
// 64 in a PC, as Intel documents.
static NOINLINE u64
far_jump(struct cpu *c, const struct op *op, int call)
{
	int size = op_kind(op, 0) == K_MEM ? op->size - 2 : op->size;
	u64 ip, sp = c->r[GPR_SP];
	u32 sel = far_pointer(c, op, CPU_SYS(c) ? size : far_size(op), &ip);
	struct segment s;
	if (CPU_SYS(c)) {
		far_done(c, op, far_transfer(c, op, sel, ip, size, call));
		return c->pc;
	}
	check_code(c, op, sel, ip, &s);
	// From 64-bit code to others the stack is already theirs.
	if (CPU_MODE(c) == MODE_64 && !IS_LONG(s))
		sp = (u32)sp;
	if (call) {
		wrn(c, op, stack_at(c, op, sp - (u64)size), size, c->sel[SEG_CS]);
		sp -= 2 * (u64)size;
		wrn(c, op, stack_at(c, op, sp), size, op_next_pc(op));
	}
	stack_set(c, sp);
	code_load(c, sel, &s);
	return ip;
}

const struct op *
op_jmpf(struct cpu *c, const struct op *op)
{
	u64 ip = far_jump(c, op, 0);
	JUMP(ip);
}

const struct op *
op_callf(struct cpu *c, const struct op *op)
{
	u64 ip = far_jump(c, op, 1);
	JUMP(ip);
}

static NOINLINE u64
far_return(struct cpu *c, const struct op *op)
{
	struct segment s;
	int size = op->size;
	u64 step = (u64)size, more = op_kind(op, 0) == K_IMM ? (u16)op->imm : 0;
	if (CPU_SYS(c)) {
		far_done(c, op, far_back(c, op, size, (u32)more));
		return c->pc;
	}
	u32 sel = (u32)stack_peek(c, op, size, step) & 0xffff;
	u64 ip = stack_peek(c, op, size, 0);
	if (in_ring3(c) && (sel & 3) != 3) {
		// A return to another ring: its stack pointer is fetched first.
		stack_peek(c, op, size, 3 * step + more);
		stack_peek(c, op, size, 2 * step + more);
		cpu_raise(c, op, VEC_GP, sel & 0xfffc);
	}
	check_code(c, op, sel, ip, &s);
	stack_set(c, c->r[GPR_SP] + 2 * step + more);
	code_load(c, sel, &s);
	return ip;
}

const struct op *
op_retf(struct cpu *c, const struct op *op)
{
	u64 ip = far_return(c, op);
	JUMP(ip);
}

// The flags that ring 3 may change with POPF and IRET
enum {
	USER_FLAGS = FLAGS_ARITH | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID
};

static void
pop_flags(struct cpu *c, u32 x, int size)
{
	u32 old = cpu_get_flags(c);
	u32 mask = USER_FLAGS;
	if (CPU_SYS(c))
		mask |= (c->cpl == 0 ? (u32)FLAG_IOPL : 0u) | (c->cpl <= (c->sysflags >> 12 & 3) ? (u32)FLAG_IF : 0u);
	if (size == 2)
		mask &= 0xffff;
	cpu_set_flags(c, ((old & ~mask) | (x & mask)) & ~(u32)FLAG_RF);
}

static NOINLINE u64
interrupt_return(struct cpu *c, const struct op *op)
{
	int size = op->size, wide = CPU_MODE(c) == MODE_64;
	struct segment s;
	u64 step = (u64)size;
	u64 ip, sp = 0, flags;
	u32 cs, ss = 0;
	if (CPU_SYS(c)) {
		far_done(c, op, far_iret(c, op, size));
		return c->pc;
	}
	if (in_ring3(c) && (c->sysflags & FLAG_NT))
		cpu_raise(c, op, VEC_GP, 0);
	// In this order they fault.
	flags = stack_peek(c, op, size, 2 * step);
	cs = (u32)stack_peek(c, op, size, step) & 0xffff;
	ip = stack_peek(c, op, size, 0);
	if (wide) {
		ss = (u32)stack_peek(c, op, size, 4 * step) & 0xffff;
		sp = stack_peek(c, op, size, 3 * step);
	}
	if (in_ring3(c) && (cs & 3) != 3) {
		if (!wide) {
			// A return to another ring: its stack is fetched first.
			stack_peek(c, op, size, 4 * step);
			stack_peek(c, op, size, 3 * step);
		}
		cpu_raise(c, op, VEC_GP, cs & 0xfffc);
	}
	check_code(c, op, cs, ip, &s);
	if (wide) {
		u32 bad = cpu_load_segment(c, SEG_SS, ss);
		if (bad)
			cpu_raise(c, op, (enum vector)(bad >> 16), bad & 0xffff);
		c->r[GPR_SP] = IS_LONG(s) ? sp : (u32)sp;
	} else {
		stack_set(c, c->r[GPR_SP] + 3 * step);
	}
	code_load(c, cs, &s);
	pop_flags(c, (u32)flags, size);
	return ip;
}

const struct op *
op_iret(struct cpu *c, const struct op *op)
{
	u64 ip = interrupt_return(c, op);
	JUMP(ip);
}

// --- interrupts ------------------------------------------------------------------------

// Gates that ring 3 may call; the others refuse with #GP(vector * 8 + 2).
static int
gate_is_open(unsigned vector)
{
	return vector == VEC_BP || vector == VEC_OF || vector == 0x80;
}

// INT1 asks no gate for permission, INT3 and INTO no IOPL in virtual-8086 mode:
// `error` tells a PC's cpu_deliver that it was not INT n.
static const struct op *
interrupt(struct cpu *c, const struct op *op, unsigned vector, int special)
{
	c->vector = (u16)vector;
	c->error = special;
	c->int_pc = op_pc(op);
	c->pc = c->fault_next = op_next_pc(op);
	LEAVE(STOP_INT);
}

const struct op *
op_int(struct cpu *c, const struct op *op)
{
	unsigned vector = (unsigned)op->imm & 0xff;
	if (!CPU_SYS(c) && in_ring3(c) && !gate_is_open(vector))
		cpu_raise(c, op, VEC_GP, vector * 8 + 2);
	return interrupt(c, op, vector, 0);
}

const struct op *
op_int3(struct cpu *c, const struct op *op)
{
	return interrupt(c, op, VEC_BP, CPU_SYS(c) != 0);
}

const struct op *
op_int1(struct cpu *c, const struct op *op)
{
	return interrupt(c, op, VEC_DB, CPU_SYS(c) != 0);
}

const struct op *
op_into(struct cpu *c, const struct op *op)
{
	if (flags_cond(c, 0))
		return interrupt(c, op, VEC_OF, CPU_SYS(c) != 0);
	GO(op + 1);
}

const struct op *
op_bound(struct cpu *c, const struct op *op)
{
	int size = op->size;
	i64 i = (i64)sext(c->r[op->a], (unsigned)size);
	i64 lo = (i64)sext(rdn(c, op, ea(c, op), size), (unsigned)size);
	i64 hi = (i64)sext(rdn(c, op, ea_at(c, op, (u64)size), size), (unsigned)size);
	if (i < lo || i > hi)
		cpu_raise(c, op, VEC_BR, 0);
	NEXT();
}

#define UNDEFINED(name) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	cpu_raise(c, op, VEC_UD, 0); \
}
UNDEFINED(ud0)
UNDEFINED(ud1)
UNDEFINED(ud2)

// --- stack frames ------------------------------------------------------------------------


static NOINLINE void
enter(struct cpu *c, const struct op *op)
{
	int size = op->size;
	unsigned level = (unsigned)op->disp & 31, i;
	u64 step = (u64)size, sp = c->r[GPR_SP] - step, bp = c->r[GPR_BP], frame = sp;
	if (CPU_MODE(c) != MODE_64 && c->stack_size == 2)
		frame = (c->r[GPR_SP] & 0xffff0000) | (u16)sp;
	// It may copy its own frame: not to be begun twice.
	if (level > 1 && !c->stepping)
		cpu_unwind(c, op, UNWIND_STEP);
	wrn(c, op, stack_at(c, op, sp), size, bp);
	for (i = 1; i < level; ++i) {
		u64 x;
		bp -= step;
		x = rdn(c, op, stack_at(c, op, bp), size);
		sp -= step;
		wrn(c, op, stack_at(c, op, sp), size, x);
	}
	if (level) {
		sp -= step;
		wrn(c, op, stack_at(c, op, sp), size, frame);
	}
	sp -= (u16)op->imm;
	access_probe(c, op, stack_at(c, op, sp), size, MEM_W);
	reg_set(c, GPR_BP, size, frame);
	stack_set(c, sp);
}

const struct op *
op_enter(struct cpu *c, const struct op *op)
{
	RUN_NEXT(enter);
}

const struct op *
op_leave(struct cpu *c, const struct op *op)
{
	int size = op->size;
	u64 bp = c->r[GPR_BP];
	u64 x = rdn(c, op, stack_at(c, op, bp), size);
	stack_set(c, bp + (u64)size);
	reg_set(c, GPR_BP, size, x);
	NEXT();
}

// Whether virtual-8086 mode sees VIF as IF, and IOPL 3, as it does below that if
// CR4.VME is set; there are no 32 bits of such flags.
static int
sees_vif(struct cpu *c, const struct op *op)
{
	if (!(c->sysflags & FLAG_VM) || (c->sysflags & FLAG_IOPL) == FLAG_IOPL)
		return 0;
	if (!(c->sys->cr4 & CR4_VME) || op->size != 2)
		cpu_raise(c, op, VEC_GP, 0);
	return 1;
}

const struct op *
op_pushf(struct cpu *c, const struct op *op)
{
	u32 flags = cpu_get_flags(c) & ~(u32)(FLAG_RF | FLAG_VM);
	if (CPU_SYS(c) && sees_vif(c, op))
		flags = system_virtual_flags(c);
	stack_push(c, op, op->size, flags);
	NEXT();
}

const struct op *
op_popf(struct cpu *c, const struct op *op)
{
	int size = op->size, vif = CPU_SYS(c) && sees_vif(c, op);
	u64 x = stack_peek(c, op, size, 0);
	if (vif && system_set_vif(c, (u32)x))
		cpu_raise(c, op, VEC_GP, 0);
	stack_set(c, c->r[GPR_SP] + (u64)size);
	pop_flags(c, (u32)x, size);
	NEXT();
}

const struct op *
op_pusha(struct cpu *c, const struct op *op)
{
	int i, size = op->size;
	u64 sp = c->r[GPR_SP];
	for (i = 0; i < 8; ++i)
		wrn(c, op, stack_at(c, op, sp - (u64)((i + 1) * size)), size, c->r[i]);
	stack_set(c, sp - (u64)(8 * size));
	NEXT();
}

// Registers that were popped in front of a fault keep their new values.
static NOINLINE void
popa(struct cpu *c, const struct op *op)
{
	int i, size = op->size;
	for (i = 7; i >= 0; --i) {
		u64 x = stack_peek(c, op, size, (u64)((7 - i) * size));
		if (i != GPR_SP)
			reg_set(c, i, size, x);
	}
	stack_set(c, c->r[GPR_SP] + (u64)(8 * size));
}

const struct op *
op_popa(struct cpu *c, const struct op *op)
{
	RUN_NEXT(popa);
}

// An instruction that repeats was interrupted: what stands in front of it in
// its block is done.
const struct op *
op_leave_at(struct cpu *c, const struct op *op)
{
	c->icount += cpu_insns_before(op);
	c->pc = op_pc(op);
	return cpu_leave(c, STOP_ATTENTION);
}

#ifdef TINY
op_fn *
int_specialise(const struct insn *in, const struct op *op)
{
	return 0;
}
#else
// Conditions: after a compare, subtraction or logic operation they come
// straight from its operands, moved up to the top of the word.
#define AFTER_SUB_B (a < b)
#define AFTER_SUB_AE (a >= b)
#define AFTER_SUB_E (a == b)
#define AFTER_SUB_NE (a != b)
#define AFTER_SUB_BE (a <= b)
#define AFTER_SUB_A (a > b)
#define AFTER_SUB_S ((i64)(a - b) < 0)
#define AFTER_SUB_NS ((i64)(a - b) >= 0)
#define AFTER_SUB_L ((i64)a < (i64)b)
#define AFTER_SUB_GE ((i64)a >= (i64)b)
#define AFTER_SUB_LE ((i64)a <= (i64)b)
#define AFTER_SUB_G ((i64)a > (i64)b)
#define AFTER_LOGIC_B 0
#define AFTER_LOGIC_AE 1
#define AFTER_LOGIC_E (a == 0)
#define AFTER_LOGIC_NE (a != 0)
#define AFTER_LOGIC_BE (a == 0)
#define AFTER_LOGIC_A (a != 0)
#define AFTER_LOGIC_S ((i64)a < 0)
#define AFTER_LOGIC_NS ((i64)a >= 0)
#define AFTER_LOGIC_L ((i64)a < 0)
#define AFTER_LOGIC_GE ((i64)a >= 0)
#define AFTER_LOGIC_LE ((i64)a <= 0)
#define AFTER_LOGIC_G ((i64)a > 0)

#define CC_FORMS(cc, number) \
static ALWAYS_INLINE int \
cond_##cc(const struct cpu *c) \
{ \
	u32 shift = 64 - 8 * (c->lf_type & 15); \
	u64 a = c->lf_a << shift, b = c->lf_b << shift; \
	if (LIKELY(c->lf_type >> 4 == LF_SUB)) \
		return AFTER_SUB_##cc; \
	if (LIKELY(c->lf_type >> 4 == LF_LOGIC)) \
		return AFTER_LOGIC_##cc; \
	return flags_cond(c, number); \
} \
static const struct op * \
cmov4_##cc(struct cpu *c, const struct op *op) \
{ \
	u32 x = (u32)c->r[op->b], y = (u32)c->r[op->a]; \
	c->r[op->a] = cond_##cc(c) ? x : y; \
	NEXT(); \
} \
static const struct op * \
cmov8_##cc(struct cpu *c, const struct op *op) \
{ \
	u64 x = c->r[op->b], y = c->r[op->a]; \
	c->r[op->a] = cond_##cc(c) ? x : y; \
	NEXT(); \
} \
static const struct op * \
set_##cc(struct cpu *c, const struct op *op) \
{ \
	c->r[op->a] = (opaque(c->r[op->a]) & ~(u64)0xff) | (u64)cond_##cc(c); \
	NEXT(); \
}
#define EACH_CC(F) \
F(B, 2) F(AE, 3) F(E, 4) F(NE, 5) F(BE, 6) F(A, 7) F(S, 8) F(NS, 9) F(L, 12) F(GE, 13) F(LE, 14) F(G, 15)
EACH_CC(CC_FORMS)

// SETcc, CMOVcc of 4 and 8 bytes, registers only
static op_fn *
cc_form(int cc, int which)
{
	switch (cc) {
#define CC_CASE(name, number) \
	case number: \
		return which == 0 ? set_##name : which == 4 ? cmov4_##name : cmov8_##name;
	EACH_CC(CC_CASE)
	}
	return 0;
}

static const struct op *
leave8(struct cpu *c, const struct op *op)
{
	u64 bp = c->r[GPR_BP];
	FAST_RD(op_leave, bp, 64);
	u64 x = hrd64(c, op, h);
	c->r[GPR_SP] = bp + 8;
	c->r[GPR_BP] = x;
	NEXT();
}

op_fn *
control_specialise(const struct insn *in, const struct op *op)
{
	int wide = op->size == 8;
	switch (in->op) {
	case OP_SETCC:
		return op_kind(op, 0) == K_REG ? cc_form(in->cc, 0) : 0;
	case OP_CMOVCC:
		return op->size >= 4 && op_kind(op, 1) == K_REG ? cc_form(in->cc, op->size) : 0;
	case OP_LEAVE:
		return in->mode == MODE_64 && wide ? leave8 : 0;
	}
	return 0;
}

op_fn *
int_specialise(const struct insn *in, const struct op *op)
{
	op_fn *fn = shift_specialise(in, op);
	if (!fn)
		fn = muldiv_specialise(in, op);
	if (!fn)
		fn = bits_specialise(in, op);
	if (!fn)
		fn = atomic_specialise(in, op);
	return fn ? fn : control_specialise(in, op);
}
#endif
