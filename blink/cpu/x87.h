// x87.h: the floating-point stack, for the files that share it: x87 itself,
// MMX (whose registers are the significands), FXSAVE and signal frames.
//
// The last instruction pointer is kept at every instruction. Its opcode and
// code segment are derived when somebody asks, unless FLDENV or FXRSTOR brought
// them together with fip (x87ctl.c). fdp and fds are of the last instruction
// that had a memory operand.
#ifndef CPU_X87_H_
#define CPU_X87_H_
#include "cpu/op.h"

enum {
	FSW_SF = 0x40, FSW_ES = 0x80, FSW_C0 = 0x100, FSW_C1 = 0x200, FSW_C2 = 0x400, FSW_C3 = 0x4000, FSW_B = 0x8000,
	FSW_CC = FSW_C0 | FSW_C2 | FSW_C3
};

// Waiting instructions begin with this: raises a pending #MF. A PC may have said
// that they go on: see cpu_ignore_x87.
int system_ignores_x87(const struct cpu *c);
static inline void
x87_wait(struct cpu *c, const struct op *op)
{
	if (UNLIKELY(c->fsw & FSW_ES) && !(CPU_SYS(c) && system_ignores_x87(c)))
		cpu_raise(c, op, VEC_MF, 0);
}

static inline void
x87_no_error(struct cpu *c)
{
	c->fsw &= ~(FSW_ES | FSW_B);
	if (CPU_SYS(c))
		c->ignne = 0;
}

// The same, and the instruction pointer: what does not touch memory begins so.
static inline void
x87_begin(struct cpu *c, const struct op *op)
{
	x87_wait(c, op);
	c->fip = op_pc(op);
}

// What has accessed its memory operand at addr: all three pointers.
static inline void
x87_begin_mem(struct cpu *c, const struct op *op, u64 addr)
{
	int seg = op->base == GPR_EA ? (int)(op - 1)->a : op->base == GPR_SP || op->base == GPR_BP ? SEG_SS : SEG_DS;
	c->fip = op_pc(op);
	// The offset; the address op in front added the segment.
	c->fdp = addr - c->segbase[seg];
	if (CPU_MODE(c) != MODE_64)
		c->fdp = (u32)c->fdp;
	c->fds = c->sel[seg];
}

// An MMX instruction other than EMMS: after all that can fault otherwise.
static inline void
x87_enter_mmx(struct cpu *c)
{
	c->top = 0;
	c->ftags = 0xff;
}

static inline void
x87_write_mmx(struct cpu *c, int r, u64 x)
{
	c->st[r].m = x;
	c->st[r].se = 0xffff;
}

// By members: a 16-byte load behind an 8 and a 2-byte store is slow on hosts.
static inline struct f80
x87_get(const struct cpu *c, int i)
{
	const struct f80 *p = &c->st[(c->top + i) & 7];
	struct f80 v;
	v.m = p->m;
	v.se = p->se;
	return v;
}

static inline void
x87_set(struct cpu *c, int i, struct f80 v)
{
	struct f80 *p = &c->st[(c->top + i) & 7];
	p->m = v.m;
	p->se = v.se;
}

static inline bool
x87_empty(const struct cpu *c, int i)
{
	return !(c->ftags >> ((c->top + i) & 7) & 1);
}

// Sets ST(i) and marks it valid.
static inline void
x87_put(struct cpu *c, int i, struct f80 v)
{
	x87_set(c, i, v);
	c->ftags |= (u8)(1 << ((c->top + i) & 7));
}

// The FSW as the guest sees it, TOP included.
static inline u16
x87_status(const struct cpu *c)
{
	return (u16)(c->fsw | c->top << 11);
}

// Sets ES and B if an unmasked exception is pending.
static inline void
x87_summarize(struct cpu *c)
{
	if (c->fsw & ~c->fcw & 63)
		c->fsw |= FSW_ES | FSW_B;
	else
		x87_no_error(c);
}

static inline void
x87_pop(struct cpu *c)
{
	c->ftags &= ~(1 << c->top);
	c->top = (c->top + 1) & 7;
}

// The ten bytes of a register in memory
static inline void
x87_st80(u8 *b, struct f80 v)
{
	st64(b, v.m);
	st16(b + 8, v.se);
}

static inline struct f80
x87_ld80(const u8 *b)
{
	struct f80 v;
	v.m = ld64(b);
	v.se = ld16(b + 8);
	return v;
}

// Bytes 0..23 and 32..159 of the FXSAVE image. wide: the form with 64-bit
// pointers (REX.W, signal frames), else 32-bit offsets with selectors.
void x87_to_fxsave(struct cpu *, u8 *image, int wide);
void x87_from_fxsave(struct cpu *, const u8 *image, int wide);
// The environment as FNSTENV writes it, `small` with 16-bit fields. Returns 14 or 28.
int x87_to_env(struct cpu *, u8 *b, bool small);

// Handlers that are one routine with an argument. X87_ROUTINE(fn) follows its
// definition. In TINY builds the routine's continuation is shared too.
#if SHARED_NEXT
#define X87_ROUTINE(fn)                                                     \
	static NOINLINE const struct op *                                   \
	fn##_next(struct cpu *c, const struct op *op, int arg)              \
	{                                                                   \
		fn(c, op, arg);                                             \
		NEXT();                                                     \
	}
#define X87_OP(name, fn, arg)                                               \
	const struct op *                                                   \
	op_##name(struct cpu *c, const struct op *op)                       \
	{                                                                   \
		return fn##_next(c, op, arg);                               \
	}
#else
#define X87_ROUTINE(fn)
#define X87_OP(name, fn, arg)                                               \
	const struct op *                                                   \
	op_##name(struct cpu *c, const struct op *op)                       \
	{                                                                   \
		fn(c, op, arg);                                             \
		NEXT();                                                     \
	}
#endif

// For x87.c and x87math.c
void x87_env(const struct cpu *, struct fpenv *);
void x87_settle(struct cpu *, unsigned flags, int c1);
void x87_push(struct cpu *, struct f80 v);
bool x87_underflow(struct cpu *);
bool x87_overflow(struct cpu *);
// In software, on registers and flags alone: what hosts other than x86 use.
enum { F2XM1, FYL2X, FPATAN, FYL2XP1, FPTAN, FSINCOS, FSIN, FCOS };
void x87_transcend(struct cpu *, int kind);
extern const struct f80 x87_indefinite;

#endif
