// x87.c: x87 loads and stores, arithmetic, comparison. (x87ctl.c: control and
// images of the whole state; x87math.c: square root to transcendentals.)
//
// Every instruction first raises a pending #MF, then touches memory, then
// changes state. Flags become sticky in FSW; an unmasked one sets ES and B,
// and the next waiting instruction faults (SDM vol 1 chapter 8).
#include "cpu/flags.h"
#include "cpu/x87.h"

const struct f80 x87_indefinite = {0xc000000000000000, 0xffff};

void
x87_env(const struct cpu *c, struct fpenv *e)
{
	memset(e, 0, sizeof *e);
	e->rc = c->fcw >> 10 & 3;
	e->pc = c->fcw >> 8 & 3;
	e->masks = c->fcw & 63;
}

void
x87_settle(struct cpu *c, unsigned flags, int c1)
{
	c->fsw = (u16)((c->fsw & ~FSW_C1) | flags | (c1 ? FSW_C1 : 0));
	x87_summarize(c);
}

// Stack faults. True if masked, so that the default response is due.
bool
x87_underflow(struct cpu *c)
{
	x87_settle(c, FPX_I | FSW_SF, 0);
	return c->fcw & FPX_I;
}

bool
x87_overflow(struct cpu *c)
{
	x87_settle(c, FPX_I | FSW_SF, 1);
	return c->fcw & FPX_I;
}

void
x87_push(struct cpu *c, struct f80 v)
{
	if (!x87_empty(c, 7)) {
		if (!x87_overflow(c)) return;
		v = x87_indefinite;
	} else {
		x87_settle(c, 0, 0);
	}
	c->top = (c->top - 1) & 7;
	x87_put(c, 0, v);
}

// Ten bytes of memory are eight and two: the two may be at the other end of the
// addresses, or beyond the end of a segment that has to be looked at.
static bool
splits(struct cpu *c, const struct op *op)
{
	return op->size == 10 && (ea_at(c, op, 8) != ea(c, op) + 8 || (CPU_MODE(c) != MODE_64 && ea(c, op) >> 32));
}

static void
load80(struct cpu *c, const struct op *op, u8 *b)
{
	int n = splits(c, op) ? 8 : 10;
	rdv(c, op, ea(c, op), b, n);
	if (n == 8)
		rdv(c, op, ea_at(c, op, 8), b + 8, 2);
}

// The memory operand, a signalling NaN still being one. Its denormal goes to
// e->flags, as the conversion hides it.
static struct f80
load(struct cpu *c, const struct op *op, bool is_int, struct fpenv *e)
{
	u64 addr = ea(c, op), v;
	struct f80 r;
	u8 b[10];
	x87_wait(c, op);
	if (op->size == 10) {
		load80(c, op, b);
		r.m = ld64(b);
		r.se = ld16(b + 8);
	} else {
		v = rdn(c, op, addr, op->size);
		if (is_int)
			r = f80_from_int((i64)sext(v, op->size));
		else {
			u8 masks = e->masks;
			e->masks = 63;
			r = f80_from(e, op->size == 4 ? SF_F32 : SF_F64, v);
			e->masks = masks;
			if (e->flags & FPX_I) {
				e->flags &= ~FPX_I;
				r.m &= ~(1ull << 62);
			}
		}
	}
	x87_begin_mem(c, op, addr);
	return r;
}

static bool
is_nan(struct f80 v)
{
	return (v.se & 0x7fff) == 0x7fff && v.m << 1;
}

enum {
	ADD = SF_ADD, SUB = SF_SUB, MUL = SF_MUL, DIV = SF_DIV,
	KIND = 3,
	COM = 4,
	INT = 8,      // the memory operand is an integer
	QUIET = 16,   // FUCOM*: quiet NaNs are fine
	EFLAGS = 32,  // FCOMI*
	POP = 64,
	POPPOP = 192,
	REVERSED = 256,
	SUBR = SUB | REVERSED,
	DIVR = DIV | REVERSED
};

static void
set_comparison(struct cpu *c, int how, enum fpcmp r)
{
	static const u16 codes[] = {FSW_C0, FSW_C3, 0, FSW_CC};
	u16 code = codes[r + 1];
	if (how & EFLAGS)
		flags_set(c, (code & FSW_C0 ? FLAG_CF : 0) | (code & FSW_C2 ? FLAG_PF : 0) | (code & FSW_C3 ? FLAG_ZF : 0));
	else
		c->fsw = (c->fsw & ~FSW_CC) | code;
}

static NOINLINE void
arith(struct cpu *c, const struct op *op, int how)
{
	struct fpenv e;
	struct f80 x, y, r;
	enum fpcmp cmp;
	int dst = 0, src = 1, den;
	bool ok;
	x87_env(c, &e);
	r = x87_indefinite;
	cmp = FPCMP_UN;
	if (op_kind(op, 0) == K_MEM) {
		y = load(c, op, how & INT, &e);
		src = 0;
	} else {
		x87_begin(c, op);
		if (op_kind(op, 1)) {
			dst = op->a;
			src = op->b;
		} else if (op_kind(op, 0)) {
			src = op->a;
		}
		y = x87_get(c, src);
	}
	if (x87_empty(c, dst) || x87_empty(c, src)) {
		ok = x87_underflow(c);
	} else {
		x = x87_get(c, dst);
		den = e.flags;
		e.flags = 0;
		if (how & COM)
			cmp = f80_cmp(&e, x, y, !(how & QUIET));
		else
			r = f80_arith(&e, (enum sf_op)(how & KIND), how & REVERSED ? y : x, how & REVERSED ? x : y);
		// a denormal that the load saw counts unless something worse happened
		if (den && !(e.flags & (FPX_I | FPX_Z)) && !is_nan(x)) e.flags = e.masks & FPX_D ? e.flags | den : den;
		ok = !(e.flags & ~e.masks & (FPX_I | FPX_D | FPX_Z));
		x87_settle(c, e.flags, how & EFLAGS ? c->fsw & FSW_C1 : ok && e.c1);
	}
	if (how & COM)
		set_comparison(c, how, cmp);
	if (!ok) return;
	if (!(how & COM))
		x87_put(c, dst, r);
	if (how & POP) x87_pop(c);
	if ((how & POPPOP) == POPPOP) x87_pop(c);
}

X87_ROUTINE(arith)
X87_OP(fadd, arith, ADD)
X87_OP(fmul, arith, MUL)
X87_OP(fsub, arith, SUB)
X87_OP(fsubr, arith, SUBR)
X87_OP(fdiv, arith, DIV)
X87_OP(fdivr, arith, DIVR)
X87_OP(faddp, arith, ADD | POP)
X87_OP(fmulp, arith, MUL | POP)
X87_OP(fsubp, arith, SUB | POP)
X87_OP(fsubrp, arith, SUBR | POP)
X87_OP(fdivp, arith, DIV | POP)
X87_OP(fdivrp, arith, DIVR | POP)
X87_OP(fiadd, arith, ADD | INT)
X87_OP(fimul, arith, MUL | INT)
X87_OP(fisub, arith, SUB | INT)
X87_OP(fisubr, arith, SUBR | INT)
X87_OP(fidiv, arith, DIV | INT)
X87_OP(fidivr, arith, DIVR | INT)
X87_OP(fcom, arith, COM)
X87_OP(fcomp, arith, COM | POP)
X87_OP(fcompp, arith, COM | POPPOP)
X87_OP(fucom, arith, COM | QUIET)
X87_OP(fucomp, arith, COM | QUIET | POP)
X87_OP(fucompp, arith, COM | QUIET | POPPOP)
X87_OP(fcomi, arith, COM | EFLAGS)
X87_OP(fcomip, arith, COM | EFLAGS | POP)
X87_OP(fucomi, arith, COM | EFLAGS | QUIET)
X87_OP(fucomip, arith, COM | EFLAGS | QUIET | POP)
X87_OP(ficom, arith, COM | INT)
X87_OP(ficomp, arith, COM | INT | POP)

static NOINLINE void
do_ftst(struct cpu *c, const struct op *op)
{
	static const struct f80 zero = {0, 0};
	struct fpenv e;
	enum fpcmp r;
	x87_begin(c, op);
	x87_env(c, &e);
	r = FPCMP_UN;
	if (x87_empty(c, 0)) {
		x87_underflow(c);
	} else {
		r = f80_cmp(&e, x87_get(c, 0), zero, 1);
		x87_settle(c, e.flags, 0);
	}
	set_comparison(c, 0, r);
}

const struct op *
op_ftst(struct cpu *c, const struct op *op)
{
	RUN_NEXT(do_ftst);
}

const struct op *
op_fxam(struct cpu *c, const struct op *op)
{
	struct f80 v = x87_get(c, 0);
	unsigned e = v.se & 0x7fff, code;
	x87_begin(c, op);
	if (x87_empty(c, 0))
		code = FSW_C3 | FSW_C0;
	else if (!e)
		code = v.m ? FSW_C3 | FSW_C2 : FSW_C3;
	else if (!(v.m >> 63))
		code = 0;
	else if (e < 0x7fff)
		code = FSW_C2;
	else
		code = v.m << 1 ? FSW_C0 : FSW_C2 | FSW_C0;
	c->fsw = (u16)((c->fsw & ~FSW_CC) | code);
	x87_settle(c, 0, v.se >> 15);
	NEXT();
}

// Loads, stores, constants

static NOINLINE void
do_fld(struct cpu *c, const struct op *op, int is_int)
{
	struct fpenv e;
	struct f80 v;
	x87_env(c, &e);
	if (op_kind(op, 0) == K_MEM) {
		v = load(c, op, is_int, &e);
		if (x87_empty(c, 7)) {
			if (op->size < 10 && !is_int && is_nan(v) && !(v.m & 1ull << 62)) {
				e.flags = FPX_I;
				v.m |= 1ull << 62;
			}
			if (e.flags & ~e.masks & FPX_I) {
				x87_settle(c, e.flags, 0);
				return;
			}
		}
	} else {
		x87_begin(c, op);
		v = x87_get(c, op->a);
		if (x87_empty(c, op->a)) {
			if (!x87_underflow(c)) return;
			c->top = (c->top - 1) & 7;
			x87_put(c, 0, x87_indefinite);
			return;
		}
	}
	if (!x87_empty(c, 7)) e.flags = 0;
	x87_push(c, v);
	c->fsw |= e.flags;
	x87_summarize(c);
}

X87_ROUTINE(do_fld)
X87_OP(fld, do_fld, 0)

X87_OP(fild, do_fld, 1)

// Writes b[0..size) unless an unmasked exception forbids it; pops.
static void
store(struct cpu *c, const struct op *op, const u8 *b, unsigned flags, int c1, bool pops)
{
	u64 addr = ea(c, op);
	bool ok = !(flags & ~c->fcw & (FPX_I | FPX_O | FPX_U));
	int n = splits(c, op) ? 8 : op->size;
	if (!ok || n != op->size)
		access_probe(c, op, addr, n, MEM_W);
	if (n != op->size) {
		access_probe(c, op, ea_at(c, op, 8), 2, MEM_W);
		if (ok)
			wrv(c, op, ea_at(c, op, 8), b + 8, 2);
	}
	if (ok)
		wrv(c, op, addr, b, n);
	x87_begin_mem(c, op, addr);
	x87_settle(c, flags, c1);
	if (ok && pops) x87_pop(c);
}

static NOINLINE void
do_fst(struct cpu *c, const struct op *op, int pops)
{
	struct fpenv e;
	struct f80 v = x87_empty(c, 0) ? x87_indefinite : x87_get(c, 0);
	u8 b[10];
	x87_wait(c, op);
	if (op_kind(op, 0) == K_ST) {
		c->fip = op_pc(op);
		if (x87_empty(c, 0)) {
			if (!x87_underflow(c)) return;
		} else {
			x87_settle(c, 0, 0);
		}
		x87_put(c, op->a, v);
		if (pops) x87_pop(c);
		return;
	}
	x87_env(c, &e);
	if (op->size == 10)
		x87_st80(b, v);
	else
		st64(b, f80_to(&e, op->size == 4 ? SF_F32 : SF_F64, v));
	if (x87_empty(c, 0)) e.flags = FPX_I | FSW_SF;
	store(c, op, b, e.flags, e.c1, pops);
}

X87_ROUTINE(do_fst)
X87_OP(fst, do_fst, 0)

X87_OP(fstp, do_fst, 1)

// D9 D8+i: FSTP that takes no notice of an empty stack
const struct op *
op_fstpnce(struct cpu *c, const struct op *op)
{
	x87_begin(c, op);
	x87_settle(c, 0, 0);
	if (!x87_empty(c, 0)) x87_put(c, op->a, x87_get(c, 0));
	x87_pop(c);
	NEXT();
}

static NOINLINE void
do_fist(struct cpu *c, const struct op *op, int how)
{
	struct fpenv e;
	struct f80 v = x87_empty(c, 0) ? x87_indefinite : x87_get(c, 0);
	u8 b[8];
	x87_wait(c, op);
	x87_env(c, &e);
	st64(b, (u64)f80_to_int(&e, v, 8u * op->size, how & 2));
	if (x87_empty(c, 0)) e.flags = FPX_I | FSW_SF;
	store(c, op, b, e.flags, e.c1, how);
}

X87_ROUTINE(do_fist)
X87_OP(fist, do_fist, 0)

X87_OP(fistp, do_fist, 1)

X87_OP(fisttp, do_fist, 3)

static NOINLINE void
do_fbld(struct cpu *c, const struct op *op)
{
	u64 addr = ea(c, op), x = 0;
	u8 b[10];
	struct f80 v;
	int i;
	x87_wait(c, op);
	load80(c, op, b);
	for (i = 8; i >= 0; i--) x = x * 100 + (b[i] >> 4) * 10 + (b[i] & 15);
	x87_begin_mem(c, op, addr);
	v = f80_from_int((i64)x);
	v.se |= (b[9] & 0x80) << 8;
	x87_push(c, v);
}

const struct op *
op_fbld(struct cpu *c, const struct op *op)
{
	RUN_NEXT(do_fbld);
}

static NOINLINE void
do_fbstp(struct cpu *c, const struct op *op)
{
	struct fpenv e;
	struct f80 v = x87_empty(c, 0) ? x87_indefinite : x87_get(c, 0);
	i64 n;
	u64 x;
	u8 b[10];
	int i;
	x87_wait(c, op);
	x87_env(c, &e);
	n = f80_to_int(&e, v, 64, 0);
	x = n < 0 ? -(u64)n : (u64)n;
	if (x > 999999999999999999) {
		e.flags = FPX_I;
		e.c1 = 0;
		memset(b, 0, 7);
		st16(b + 7, 0xffc0);
		b[9] = 0xff;
	} else {
		for (i = 0; i < 9; i++, x /= 100) b[i] = (u8)(x / 10 % 10 << 4 | x % 10);
		b[9] = v.se >> 8 & 0x80;
	}
	if (x87_empty(c, 0)) e.flags = FPX_I | FSW_SF;
	store(c, op, b, e.flags, e.c1, true);
}

const struct op *
op_fbstp(struct cpu *c, const struct op *op)
{
	RUN_NEXT(do_fbstp);
}

static NOINLINE bool
fxch_underflow(struct cpu *c, int i)
{
	if (!x87_underflow(c)) return false;
	if (x87_empty(c, 0)) x87_put(c, 0, x87_indefinite);
	if (x87_empty(c, i)) x87_put(c, i, x87_indefinite);
	return true;
}

const struct op *
op_fxch(struct cpu *c, const struct op *op)
{
	x87_begin(c, op);
	c->fsw &= ~FSW_C1;
	if (!(x87_empty(c, 0) || x87_empty(c, op->a)) || fxch_underflow(c, op->a)) {
		struct f80 a = x87_get(c, 0), b = x87_get(c, op->a);
		x87_set(c, 0, b);
		x87_set(c, op->a, a);
	}
	NEXT();
}

// Rounded down; `ups` has a bit for each rounding mode that rounds up.
static const struct {
	u64 m;
	u16 se, ups;
} constants[] = {
    {0x8000000000000000, 0x3fff, 0},                                        // 1
    {0xd49a784bcd1b8afe, 0x4000, 1 << ROUND_UP},                            // log2(10)
    {0xb8aa3b295c17f0bb, 0x3fff, 1 << ROUND_UP | 1 << ROUND_NEAREST},       // log2(e)
    {0xc90fdaa22168c234, 0x4000, 1 << ROUND_UP | 1 << ROUND_NEAREST},       // pi
    {0x9a209a84fbcff798, 0x3ffd, 1 << ROUND_UP | 1 << ROUND_NEAREST},       // log10(2)
    {0xb17217f7d1cf79ab, 0x3ffe, 1 << ROUND_UP | 1 << ROUND_NEAREST},       // ln(2)
    {0, 0, 0},
};

static NOINLINE void
constant(struct cpu *c, const struct op *op, int i)
{
	struct f80 v;
	x87_begin(c, op);
	v.m = constants[i].m + (constants[i].ups >> (c->fcw >> 10 & 3) & 1);
	v.se = constants[i].se;
	x87_push(c, v);
}
X87_ROUTINE(constant)
X87_OP(fld1, constant, 0)
X87_OP(fldl2t, constant, 1)
X87_OP(fldl2e, constant, 2)
X87_OP(fldpi, constant, 3)
X87_OP(fldlg2, constant, 4)
X87_OP(fldln2, constant, 5)
X87_OP(fldz, constant, 6)

static NOINLINE void
do_fcmov(struct cpu *c, const struct op *op, int cc)
{
	x87_begin(c, op);
	if (x87_empty(c, 0) || x87_empty(c, op->b)) {
		if (x87_underflow(c)) x87_put(c, 0, x87_indefinite);
		return;
	}
	if (flags_cond(c, cc)) x87_set(c, 0, x87_get(c, op->b));
}

X87_ROUTINE(do_fcmov)
X87_OP(fcmovb, do_fcmov, 2)
X87_OP(fcmovnb, do_fcmov, 3)
X87_OP(fcmove, do_fcmov, 4)
X87_OP(fcmovne, do_fcmov, 5)
X87_OP(fcmovbe, do_fcmov, 6)
X87_OP(fcmovnbe, do_fcmov, 7)
X87_OP(fcmovu, do_fcmov, 10)
X87_OP(fcmovnu, do_fcmov, 11)

// FCHS and FABS
static NOINLINE void
set_sign(struct cpu *c, const struct op *op, int keep)
{
	struct f80 v;
	x87_begin(c, op);
	if (x87_empty(c, 0)) {
		if (x87_underflow(c)) x87_put(c, 0, x87_indefinite);
		return;
	}
	v = x87_get(c, 0);
	v.se = (u16)((v.se & (keep | 0x7fff)) ^ keep);
	x87_set(c, 0, v);
	x87_settle(c, 0, 0);
}
X87_ROUTINE(set_sign)
X87_OP(fchs, set_sign, 0x8000)
X87_OP(fabs, set_sign, 0)
