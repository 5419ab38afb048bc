// x87math.c: square root, rounding, scaling, remainders and the transcendental
// instructions.
//
// A processor's own algorithm decides the last bit of a transcendental result,
// so on x86 hosts the processor computes it, on the guest's registers and
// control word. Elsewhere f80math.c does, to within one unit in the last place.
#include "cpu/x87.h"

enum { SQRT, RNDINT, SCALE, REM, REM1 };

static NOINLINE void
unary(struct cpu *c, const struct op *op, int kind)
{
	struct fpenv e;
	struct f80 x, y, r;
	unsigned q = 0;
	int partial = 0;
	x87_begin(c, op);
	x87_env(c, &e);
	if (x87_empty(c, 0) || (kind >= SCALE && x87_empty(c, 1))) {
		if (kind >= REM) c->fsw &= ~FSW_C2;
		if (x87_underflow(c)) x87_put(c, 0, x87_indefinite);
		return;
	}
	x = x87_get(c, 0);
	y = x87_get(c, 1);
	switch (kind) {
	case SQRT: r = f80_arith(&e, SF_SQRT, x, x); break;
	case RNDINT: r = f80_round_int(&e, x); break;
	case SCALE: r = f80_scale(&e, x, y); break;
	default:
		r = f80_rem(&e, x, y, kind == REM1, &q, &partial);
		c->fsw &= ~FSW_C2;
		if ((r.se & 0x7fff) == 0x7fff || (e.flags & ~e.masks & FPX_D)) break;
		c->fsw &= ~FSW_CC;
		c->fsw |= (partial ? FSW_C2 : 0) | (q & 4 ? FSW_C0 : 0) | (q & 2 ? FSW_C3 : 0);
		e.c1 = q & 1;
	}
	if (!(e.flags & ~e.masks & (FPX_I | FPX_D | FPX_Z))) x87_put(c, 0, r);
	x87_settle(c, e.flags, e.c1);
}

X87_ROUTINE(unary)
X87_OP(fsqrt, unary, SQRT)
X87_OP(frndint, unary, RNDINT)
X87_OP(fscale, unary, SCALE)
X87_OP(fprem, unary, REM)
X87_OP(fprem1, unary, REM1)

static NOINLINE void
do_fxtract(struct cpu *c, const struct op *op)
{
	struct fpenv e;
	struct f80 x, m;
	x87_begin(c, op);
	x87_env(c, &e);
	if (x87_empty(c, 0) || !x87_empty(c, 7)) {
		if (!(x87_empty(c, 0) ? x87_underflow(c) : x87_overflow(c))) return;
		x = m = x87_indefinite;
	} else {
		x = f80_extract(&e, x87_get(c, 0), &m);
		x87_settle(c, e.flags, 0);
		if (e.flags & ~e.masks) return;
	}
	x87_put(c, 0, x);
	c->top = (c->top - 1) & 7;
	x87_put(c, 0, m);
}

const struct op *
op_fxtract(struct cpu *c, const struct op *op)
{
	RUN_NEXT(do_fxtract);
}

// Software; the tests compare it with the processor.
void
x87_transcend(struct cpu *c, int kind)
{
	struct fpenv e;
	struct f80 x = x87_get(c, 0), y = x87_get(c, 1), r, pushed;
	bool two = kind >= FYL2X && kind <= FYL2XP1, pushes = kind == FPTAN || kind == FSINCOS;
	x87_env(c, &e);
	r = pushed = x87_indefinite;
	if (kind >= FPTAN) c->fsw &= ~FSW_C2;
	if (x87_empty(c, 0) || (two && x87_empty(c, 1))) {
		if (!x87_underflow(c)) return;
	} else if (pushes && !x87_empty(c, 7)) {
		if (!x87_overflow(c)) return;
	} else {
		switch (kind) {
		case F2XM1:
			r = f80_2xm1(&e, x);
			break;
		case FPATAN:
			r = f80_atan2(&e, y, x);
			break;
		case FYL2X:
		case FYL2XP1:
			r = f80_yl2x(&e, x, y, kind == FYL2XP1);
			break;
		default:
			if (!f80_trig(&e, kind == FPTAN ? F80_TAN : kind == FSINCOS ? F80_SINCOS : kind == FSIN ? F80_SIN : F80_COS, x, &r, &pushed)) {
				x87_settle(c, 0, 0);
				c->fsw |= FSW_C2;
				return;
			}
		}
		x87_settle(c, e.flags, e.c1);
		if (e.flags & ~e.masks & (FPX_I | FPX_D | FPX_Z)) return;
	}
	x87_put(c, two, r);
	if (two) {
		x87_pop(c);
	} else if (pushes) {
		c->top = (c->top - 1) & 7;
		x87_put(c, 0, pushed);
	}
}

#if defined(__x86_64__) || defined(__i386__)
// The guest's registers go into the processor, and come back changed. FNSAVE
// leaves the host's own FPU as the calling convention wants it.
static void
x87_transcend_host(struct cpu *c, int kind)
{
	u8 b[108];
	unsigned i, tags = 0, had = c->fsw & (63 | FSW_ES | FSW_B);  // pending, but ignored
	memset(b, 0, 28);
	for (i = 0; i < 8; i++) {
		tags |= c->ftags >> i & 1 ? 0 : 3u << 2 * i;
		x87_st80(b + 28 + 10 * i, x87_get(c, (int)i));
	}
	st16(b, c->fcw);
	st16(b + 4, x87_status(c) & ~had);
	st16(b + 8, (u16)tags);
#define ON_HOST(insn) __asm__ volatile("frstor %0\n\t" insn "\n\tfnsave %0" : "+m"(b))
	switch (kind) {
	case F2XM1: ON_HOST("f2xm1"); break;
	case FYL2X: ON_HOST("fyl2x"); break;
	case FPTAN: ON_HOST("fptan"); break;
	case FPATAN: ON_HOST("fpatan"); break;
	case FYL2XP1: ON_HOST("fyl2xp1"); break;
	case FSINCOS: ON_HOST("fsincos"); break;
	case FSIN: ON_HOST("fsin"); break;
	default: ON_HOST("fcos"); break;
	}
	c->fsw = (ld16(b + 4) & ~0x3800) | had;
	c->top = ld16(b + 4) >> 11 & 7;
	tags = ld16(b + 8);
	for (i = 0; i < 8; i++) {
		x87_set(c, (int)i, x87_ld80(b + 28 + 10 * i));
		if ((tags >> 2 * i & 3) == 3)
			c->ftags &= ~(1 << i);
		else
			c->ftags |= 1 << i;
	}
}
#endif

static NOINLINE void
transcend(struct cpu *c, const struct op *op, int kind)
{
	x87_begin(c, op);
#if defined(__x86_64__) || defined(__i386__)
	x87_transcend_host(c, kind);
#else
	x87_transcend(c, kind);
#endif
}

X87_ROUTINE(transcend)
X87_OP(f2xm1, transcend, F2XM1)
X87_OP(fyl2x, transcend, FYL2X)
X87_OP(fptan, transcend, FPTAN)
X87_OP(fpatan, transcend, FPATAN)
X87_OP(fyl2xp1, transcend, FYL2XP1)
X87_OP(fsincos, transcend, FSINCOS)
X87_OP(fsin, transcend, FSIN)
X87_OP(fcos, transcend, FCOS)
