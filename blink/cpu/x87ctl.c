// x87ctl.c: x87 control: stack, control and status words, the environment, and
// the images of FNSAVE and FXSAVE.
#include "cpu/x87.h"

const struct op *
op_fnop(struct cpu *c, const struct op *op)
{
	RUN_NEXT(x87_begin);
}

const struct op *
op_fwait(struct cpu *c, const struct op *op)
{
	RUN_NEXT(x87_wait);
}

// Leftovers of the 8087 and 80287
const struct op *
op_fneni(struct cpu *c, const struct op *op)
{
	NEXT();
}

const struct op *
op_fndisi(struct cpu *c, const struct op *op)
{
	NEXT();
}

const struct op *
op_fnsetpm(struct cpu *c, const struct op *op)
{
	NEXT();
}

const struct op *
op_ffree(struct cpu *c, const struct op *op)
{
	x87_begin(c, op);
	x87_settle(c, 0, 0);
	c->ftags &= ~(1 << ((c->top + op->a) & 7));
	NEXT();
}

const struct op *
op_ffreep(struct cpu *c, const struct op *op)
{
	x87_begin(c, op);
	x87_settle(c, 0, 0);
	c->ftags &= ~(1 << ((c->top + op->a) & 7));
	x87_pop(c);
	NEXT();
}

const struct op *
op_fincstp(struct cpu *c, const struct op *op)
{
	x87_begin(c, op);
	c->top = (c->top + 1) & 7;
	x87_settle(c, 0, 0);
	NEXT();
}

const struct op *
op_fdecstp(struct cpu *c, const struct op *op)
{
	x87_begin(c, op);
	c->top = (c->top - 1) & 7;
	x87_settle(c, 0, 0);
	NEXT();
}

static void
set_fcw(struct cpu *c, unsigned fcw)
{
	c->fcw = (u16)((fcw & 0x1f3f) | 0x40);
	x87_summarize(c);
}

static void
init(struct cpu *c)
{
	c->fcw = 0x37f;
	c->fsw = 0;
	x87_no_error(c);
	c->top = 0;
	c->ftags = 0;
	c->fip = c->fdp = 0;
	c->fop = c->fcs = c->fds = 0;
}

const struct op *
op_fninit(struct cpu *c, const struct op *op)
{
	init(c);
	NEXT();
}

const struct op *
op_fnclex(struct cpu *c, const struct op *op)
{
	c->fsw &= 0x7f00;
	x87_no_error(c);
	NEXT();
}

const struct op *
op_fldcw(struct cpu *c, const struct op *op)
{
	x87_wait(c, op);
	set_fcw(c, rd16(c, op, ea(c, op)));
	NEXT();
}

const struct op *
op_fnstcw(struct cpu *c, const struct op *op)
{
	wr16(c, op, ea(c, op), c->fcw);
	NEXT();
}

const struct op *
op_fnstsw(struct cpu *c, const struct op *op)
{
	if (op_kind(op, 0) == K_MEM)
		wr16(c, op, ea(c, op), x87_status(c));
	else
		reg_set(c, GPR_AX, 2, x87_status(c));
	NEXT();
}

// A pointer of 57 bits
static u64
pointer(u64 p)
{
	return (u64)((i64)(p << 7) >> 7);
}

// Bits 62 and 63 of fip differ where fop and fcs came with it.
static void
set_fip(struct cpu *c, u64 fip)
{
	c->fip = pointer(fip) ^ 1ull << 62;
}

// Makes fop and fcs those of the last instruction. Returns its address.
static u64
find_last(struct cpu *c)
{
	u64 fip = pointer(c->fip);
	u64 at = CPU_MODE(c) == MODE_64 ? fip : (u32)(fip + c->segbase[SEG_CS]);
	u8 b[15];
	int i;
	if (!c->fip || fip != c->fip) return fip;
	c->fop = 0;
	c->fcs = c->sel[SEG_CS];
	if (mem_read(c->mem, b, at, sizeof b)) {  // then byte by byte: a page may end
		memset(b, 0, sizeof b);
		for (i = 0; i < 15 && !mem_read(c->mem, b + i, at + i, 1);) i++;
	}
	for (i = 0; i < 14; i++) {
		if ((b[i] & 0xf8) == 0xd8) {
			c->fop = (u16)((b[i] & 7) << 8 | b[i + 1]);
			break;
		}
	}
	set_fip(c, fip);
	return fip;
}

// Two bits for each physical register: valid, zero, special, empty
static u16
full_tags(struct cpu *c)
{
	unsigned r, tags = 0;
	for (r = 0; r < 8; r++) {
		struct f80 v = c->st[r];
		unsigned e = v.se & 0x7fff, t = 0;
		if (!(c->ftags >> r & 1))
			t = 3;
		else if (!e && !v.m)
			t = 1;
		else if (!e || e == 0x7fff || !(v.m >> 63))
			t = 2;
		tags |= t << 2 * r;
	}
	return (u16)tags;
}

static void
from_full_tags(struct cpu *c, unsigned tags)
{
	unsigned r;
	c->ftags = 0;
	for (r = 0; r < 8; r++)
		if ((tags >> 2 * r & 3) != 3) c->ftags |= 1 << r;
}

// The environment in its four layouts: 16 or 32-bit, protected or real mode.
// Returns its size.
int
x87_to_env(struct cpu *c, u8 *b, bool small)
{
	int i;
	u32 w[7];
	u64 fip = find_last(c);
	w[0] = c->fcw;
	w[1] = x87_status(c);
	w[2] = full_tags(c);
	w[3] = (u32)fip;
	w[4] = c->fcs | (small ? 0 : (u32)c->fop << 16);
	w[5] = (u32)c->fdp;
	w[6] = c->fds;
	if (CPU_MODE(c) == MODE_16 && c->real) {  // linear addresses in halves
		u32 ip = ((u32)c->fcs << 4) + (u32)fip, dp = ((u32)c->fds << 4) + (u32)c->fdp;
		w[3] = ip | 0xffff0000;
		w[4] = (ip >> 16 << 12) | c->fop;
		w[5] = dp | 0xffff0000;
		w[6] = dp >> 16 << 12;
	} else {
		w[6] |= 0xffff0000;
	}
	for (i = 0; i < 7; i++) {
		if (small)
			st16(b + 2 * i, (u16)w[i]);
		else
			st32(b + 4 * i, i < 3 ? w[i] | 0xffff0000 : w[i]);
	}
	return small ? 14 : 28;
}

static int
get_env(struct cpu *c, const u8 *b, bool small)
{
	u32 w[7];
	int i;
	for (i = 0; i < 7; i++) w[i] = small ? ld16(b + 2 * i) : ld32(b + 4 * i);
	c->top = w[1] >> 11 & 7;
	c->fsw = w[1] & ~0x3800;
	set_fcw(c, w[0]);
	from_full_tags(c, w[2]);
	set_fip(c, w[3]);
	c->fdp = w[5];
	c->fop = small ? 0 : w[4] >> 16 & 0x7ff;
	c->fcs = (u16)w[4];
	c->fds = (u16)w[6];
	if (CPU_MODE(c) == MODE_16 && c->real) {
		set_fip(c, (w[3] & 0xffff) | (u64)(w[4] >> 12) << 16);
		c->fdp = (w[5] & 0xffff) | (u64)(w[6] >> 12) << 16;
		c->fop = w[4] & 0x7ff;
		c->fcs = c->fds = 0;
	}
	return small ? 14 : 28;
}

// An image faults at its first word, then at its last byte.
static void
probe_image(struct cpu *c, const struct op *op, int access)
{
	access_probe(c, op, ea(c, op), op->size == 14 || op->size == 94 ? 2 : 4, access);
	access_probe(c, op, ea_at(c, op, op->size - 1), 1, access);
}

// One piece of an image that wraps at the end of the address size
static int
piece(const struct op *op, int at)
{
	int word = op->size == 14 || op->size == 94 ? 2 : 4;
	return at < 7 * word ? word : (at - 7 * word) % 10 ? 2 : 8;
}

static void
move_image(struct cpu *c, const struct op *op, u8 *b, bool write)
{
	bool whole = ea_at(c, op, op->size - 1) == ea(c, op) + op->size - 1;
	int i, n;
	for (i = 0; i < op->size; i += n) {
		n = !whole ? piece(op, i) : op->size - i < 64 ? op->size - i : 64;
		if (write)
			wrv(c, op, ea_at(c, op, (u64)i), b + i, n);
		else
			rdv(c, op, ea_at(c, op, (u64)i), b + i, n);
	}
}

// FNSTENV, FLDENV, FNSAVE, FRSTOR by op->size: 14, 28, 94, 108
static NOINLINE void
save(struct cpu *c, const struct op *op, int unused)
{
	u8 b[108];
	int i, n = x87_to_env(c, b, op->size == 14 || op->size == 94);
	if (n != op->size)
		for (i = 0; i < 8; i++) x87_st80(b + n + 10 * i, x87_get(c, i));
	probe_image(c, op, MEM_W);
	move_image(c, op, b, true);
	if (n == op->size)
		set_fcw(c, c->fcw | 63);
	else
		init(c);
}

static NOINLINE void
restore(struct cpu *c, const struct op *op, int unused)
{
	u8 b[108];
	int i, n;
	x87_wait(c, op);
	probe_image(c, op, MEM_R);
	move_image(c, op, b, false);
	n = get_env(c, b, op->size == 14 || op->size == 94);
	if (n != op->size)
		for (i = 0; i < 8; i++) x87_set(c, i, x87_ld80(b + n + 10 * i));
}

X87_ROUTINE(save)
X87_OP(fnstenv, save, 0)

X87_OP(fnsave, save, 0)

X87_ROUTINE(restore)
X87_OP(fldenv, restore, 0)

X87_OP(frstor, restore, 0)

// AMD's way, which the test machine has: pointers are saved only while an
// unmasked exception is pending, else zeros; they are always restored.
void
x87_to_fxsave(struct cpu *c, u8 *b, int wide)
{
	int i;
	memset(b, 0, 24);
	memset(b + 32, 0, 128);
	st16(b, c->fcw);
	st16(b + 2, x87_status(c));
	b[4] = c->ftags;
	if (c->fsw & FSW_ES) {
		st64(b + 8, find_last(c));
		st16(b + 6, c->fop);
		st64(b + 16, c->fdp);
		if (!wide) {
			st32(b + 12, c->fcs);
			st32(b + 20, c->fds);
		}
	}
	for (i = 0; i < 8; i++) x87_st80(b + 32 + 16 * i, x87_get(c, i));
}

void
x87_from_fxsave(struct cpu *c, const u8 *b, int wide)
{
	int i;
	c->top = b[3] >> 3 & 7;
	c->fsw = ld16(b + 2) & ~0x3800;
	set_fcw(c, ld16(b));
	c->ftags = b[4];
	c->fop = ld16(b + 6) & 0x7ff;
	set_fip(c, wide ? ld64(b + 8) : ld32(b + 8));
	c->fdp = wide ? pointer(ld64(b + 16)) : ld32(b + 16);
	c->fcs = wide ? 0 : ld16(b + 12);
	c->fds = wide ? 0 : ld16(b + 20);
	for (i = 0; i < 8; i++) x87_set(c, i, x87_ld80(b + 32 + 16 * i));
}
