// f80math.c: what the x87 has beyond arithmetic: scaling, remainders, and the
// transcendental functions with 128-bit significands, rounded once at the end.
//
// The functions' errors are a few units of the 128-bit form, so results differ
// from the true ones, correctly rounded, only where those are nearly halfway.
// Trigonometric arguments are reduced by the processors' own 66-bit pi.
#include "cpu/softnum.h"

struct f80
f80_scale(struct fpenv *env, struct f80 a, struct f80 b)
{
	struct num x, y, r;
	num_unpack80(&x, a);
	num_unpack80(&y, b);
	env->c1 = 0;
	if (num_pick_nan(env, &r, &x, &y, 1)) return num_pack80(&r);
	if (y.cls == INF && x.cls == (y.neg ? INF : ZERO)) {
		num_invalid(env, &r);
		return num_pack80(&r);
	}
	if (num_denormal(env, &r, x.den | y.den)) return a;
	if (y.cls == INF && x.cls == FINITE) {
		num_set(&x, y.neg ? ZERO : INF, x.neg);
	} else if (x.cls == FINITE && y.cls == FINITE && y.exp >= 0) {
		i32 n = y.exp > 16 ? 0x1ffff : (i32)(y.hi >> (63 - y.exp));
		x.exp += y.neg ? -n : n;
	}
	return num_round80(env, &x);
}

struct f80
f80_extract(struct fpenv *env, struct f80 a, struct f80 *m)
{
	struct num x, r;
	num_unpack80(&x, a);
	env->c1 = 0;
	*m = a;
	if (num_pick_nan(env, &r, &x, &x, 0)) {
		*m = num_pack80(&r);
		return *m;
	}
	if (x.cls == ZERO) env->flags |= FPX_Z;
	if (num_denormal(env, &r, x.den)) return a;
	if (x.cls != FINITE) {
		num_set(&r, INF, x.cls == ZERO);
	} else {
		num_from_int(&r, x.exp);
		x.exp = 0;
		*m = num_pack80(&x);
	}
	return num_pack80(&r);
}

struct f80
f80_rem(struct fpenv *env, struct f80 a, struct f80 b, int nearest, unsigned *quotient, int *partial)
{
	struct num x, y, r;
	u64 q = 0, carry = 0;
	int i, d, left = 0;
	*quotient = 0;
	*partial = 0;
	env->c1 = 0;
	num_unpack80(&x, a);
	num_unpack80(&y, b);
	if (num_pick_nan(env, &r, &x, &y, 1)) return num_pack80(&r);
	if (x.cls == INF || y.cls == ZERO) {
		num_invalid(env, &r);
		return num_pack80(&r);
	}
	if (num_denormal(env, &r, x.den | y.den)) return a;
	d = x.exp - y.exp;
	if (x.cls == ZERO || y.cls == INF || d < -1) return num_round80(env, &x);
	r = x;
	if (d >= 64) {  // reduce the exponent by 32..63 this time
		left = d - (d % 32 + 32);
		*partial = 1;
	}
	for (i = d; i >= left; i--) {
		q <<= 1;
		if (carry || r.hi >= y.hi) {
			r.hi -= y.hi;
			q |= 1;
		}
		if (i > left) {
			carry = r.hi >> 63;
			r.hi <<= 1;
		}
	}
	if (d >= 0) r.exp = y.exp + left;
	if (!*partial) {
		*quotient = (unsigned)q;
		if (nearest) {
			// d < 0: r is x itself, its exponent one below y's
			bool up = d < 0 ? r.hi > y.hi : r.hi >> 63 || r.hi << 1 > y.hi || (r.hi << 1 == y.hi && q & 1);
			if (up) {
				++*quotient;
				r.neg ^= 1;
				if (d < 0) {
					r.lo = -(r.hi << 63);
					r.hi = y.hi - (r.hi >> 1) - (r.lo != 0);
					r.exp = y.exp;
				} else {
					r.hi = y.hi - r.hi;
				}
			}
		}
	}
	if (r.hi | r.lo)
		num_normalize(&r);
	else
		num_set(&r, ZERO, x.neg);
	return num_round80(env, &r);
}

static const struct num one = {TOP, 0, 0, 0, FINITE, 0};
static const struct num pi = {0xc90fdaa22168c234, 0xc4c6628b80dc1cd1, 1, 0, FINITE, 0};
static const struct num half_pi66 = {0xc90fdaa22168c234, 0xc000000000000000, 0, 0, FINITE, 0};
static const struct num log2_e = {0xb8aa3b295c17f0bb, 0xbe87fed0691d3e88, 0, 0, FINITE, 0};
static const struct num ln_2 = {0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af, -1, 0, FINITE, 0};

static void
add(struct num *r, const struct num *a, const struct num *b, int subtract)
{
	struct fpenv env;
	struct num x = *a, y = *b;
	y.neg ^= subtract;
	memset(&env, 0, sizeof env);
	if (x.cls == ZERO)
		*r = y;
	else if (y.cls == ZERO)
		*r = x;
	else
		num_add(&env, r, &x, &y);
}

static void
mul(struct num *r, const struct num *a, const struct num *b)
{
	u64 hi, lo, t, u;
	if (a->cls == ZERO || b->cls == ZERO) {
		num_set(r, ZERO, a->neg ^ b->neg);
		return;
	}
	num_mul64(a->hi, b->hi, &hi, &lo);
	num_mul64(a->hi, b->lo, &t, &u);
	lo += t;
	hi += lo < t;
	num_mul64(a->lo, b->hi, &t, &u);
	lo += t;
	hi += lo < t;
	r->exp = a->exp + b->exp + 1;
	r->neg = a->neg ^ b->neg;
	r->cls = FINITE;
	r->hi = hi;
	r->lo = lo;
	num_normalize(r);
}

static void
div(struct num *r, const struct num *a, const struct num *b)
{
	u64 hi = a->hi, lo = a->lo, qh = 0, ql = 0, carry = 0;
	int i;
	for (i = 0; i < 128; i++) {
		qh = qh << 1 | ql >> 63;
		ql <<= 1;
		if (carry || hi > b->hi || (hi == b->hi && lo >= b->lo)) {
			hi -= b->hi + (lo < b->lo);
			lo -= b->lo;
			ql |= 1;
		}
		carry = hi >> 63;
		hi = hi << 1 | lo >> 63;
		lo <<= 1;
	}
	r->exp = a->exp - b->exp;
	r->neg = a->neg ^ b->neg;
	r->cls = a->cls;
	r->hi = qh;
	r->lo = ql;
	if (r->cls != ZERO) num_normalize(r);
}

static void
div_small(struct num *r, u32 d)
{
	u64 q[4], rem = 0;
	int i;
	if (r->cls == ZERO) return;
	for (i = 0; i < 4; i++) {
		rem = rem << 32 | (u32)((i < 2 ? r->hi : r->lo) >> (i & 1 ? 0 : 32));
		q[i] = rem / d;
		rem %= d;
	}
	r->hi = q[0] << 32 | q[1];
	r->lo = q[2] << 32 | q[3];
	num_normalize(r);
}

// Moves x by less than anything that counts, so that rounding sees that it is
// not exact and on which side the true value is.
static void
nudge(struct num *x, int up)
{
	struct num e = *x;
	e.hi = TOP;
	e.lo = 0;
	e.exp = x->exp - 126;
	add(x, x, &e, !up);
}

// sum += t u / k + t u^2 / ..., beginning with k, until it does not matter.
enum series { EXPONENTIAL, TRIGONOMETRIC, ARCTANGENT };  // 1/k!, 1/k! by twos, 1/k by twos
static void
series(struct num *sum, struct num t, const struct num *u, enum series kind, u32 k)
{
	struct num d;
	for (;; k += kind == EXPONENTIAL ? 1 : 2) {
		mul(&t, &t, u);
		if (kind != ARCTANGENT) div_small(&t, kind == EXPONENTIAL ? k : k * (k - 1));
		d = t;
		if (kind == ARCTANGENT) div_small(&d, k);
		if (d.cls == ZERO) return;
		if (d.exp < sum->exp - 110) {
			nudge(sum, d.neg == sum->neg);
			return;
		}
		add(sum, sum, &d, 0);
	}
}

// For |r| below one
static void
sin_cos(struct num *s, struct num *c, const struct num *r)
{
	struct num u;
	mul(&u, r, r);
	u.neg = 1;
	*s = *r;
	series(s, *r, &u, TRIGONOMETRIC, 3);
	*c = one;
	series(c, one, &u, TRIGONOMETRIC, 2);
}

// Silicon takes all these results for inexact.
static struct f80
finish(struct fpenv *env, struct num *r)
{
	struct f80 v = num_round80(env, r);
	env->flags |= FPX_P;
	if (!(v.se & 0x7fff) && !(v.m >> 63)) env->flags |= FPX_U;
	return v;
}

static struct f80
zero(int neg)
{
	struct num r;
	num_set(&r, ZERO, neg);
	return num_pack80(&r);
}

static struct f80
infinity(int neg)
{
	struct num r;
	num_set(&r, INF, neg);
	return num_pack80(&r);
}

static struct f80
bad(struct fpenv *env)
{
	struct num r;
	num_invalid(env, &r);
	return num_pack80(&r);
}

// The tangent of a small argument is a little more than it. Silicon (AMD Zen)
// has a quotient of polynomials whose constant terms are both 23.24..., so that
// the argument is off by how its product with that is rounded to 68 bits; rounding
// other than to nearest and C1 show it. The fraction of the product tells.
static void
small_tangent(struct num *t, struct num *r)
{
	u64 cut = r->hi * (r->hi < 0xb038f8fd92a8b3fe ? 0x3e4b4bddef8f3458 : 0x9f25a5eef7c79a2c);
	r->neg = t->neg;
	*t = *r;
	if (cut) nudge(t, cut >> 63);
}

int
f80_trig(struct fpenv *env, enum f80_trig kind, struct f80 a, struct f80 *first, struct f80 *second)
{
	struct num x, r, s, c, t;
	unsigned q = 0;
	u64 carry = 0;
	int i;
	num_unpack80(&x, a);
	env->c1 = 0;
	if (num_pick_nan(env, &r, &x, &x, 0)) {
		*first = *second = num_pack80(&r);
		return 1;
	}
	if (x.cls == INF) {
		*first = *second = bad(env);
		return 1;
	}
	r = one;
	*second = num_pack80(&r);
	*first = kind == F80_COS ? *second : a;
	if (x.cls == ZERO) return 1;
	if (x.exp >= 63) return 0;
	if (num_denormal(env, &r, x.den)) return 1;
	r = x;
	r.neg = 0;
	if (x.exp >= -1) {
		if (x.exp < 0) num_shift(&r, 1);
		r.exp = 0;
		for (i = x.exp < 0 ? 0 : x.exp; i >= 0; i--) {
			q <<= 1;
			if (carry || r.hi > half_pi66.hi || (r.hi == half_pi66.hi && r.lo >= half_pi66.lo)) {
				r.hi -= half_pi66.hi + (r.lo < half_pi66.lo);
				r.lo -= half_pi66.lo;
				q |= 1;
			}
			if (i) {
				carry = r.hi >> 63;
				r.hi = r.hi << 1 | r.lo >> 63;
				r.lo <<= 1;
			}
		}
		num_normalize(&r);
		add(&t, &half_pi66, &r, 1);
		if (t.neg || t.exp < r.exp || (t.exp == r.exp && t.hi < r.hi)) {  // beyond pi/4
			r = t;
			r.neg ^= 1;
			q++;
		}
	}
	sin_cos(&s, &c, &r);
	if (q & 1) {
		t = s;
		s = c;
		c = t;
		c.neg ^= 1;
	}
	if (q & 2) {
		s.neg ^= 1;
		c.neg ^= 1;
	}
	s.neg ^= x.neg;
	if (kind == F80_TAN) {
		div(&t, &s, &c);
		if (r.exp < -34 && !(q & 1))
			small_tangent(&t, &r);
		else if (r.exp < -55)
			nudge(&t, 0);  // a little less than 1 / r
	}
	if (kind == F80_SINCOS) {
		*second = num_round80(env, &c);
		env->flags &= ~(FPX_U | FPX_P);
	}
	*first = finish(env, kind == F80_TAN ? &t : kind == F80_COS ? &c : &s);
	return 1;
}

struct f80
f80_2xm1(struct fpenv *env, struct f80 a)
{
	struct num x, r, t;
	num_unpack80(&x, a);
	env->c1 = 0;
	if (num_pick_nan(env, &r, &x, &x, 0)) return num_pack80(&r);
	if (x.cls == ZERO || (x.cls == INF && !x.neg)) return a;
	if (x.cls == INF) {
		r = one;
		r.neg = 1;
		return num_pack80(&r);
	}
	if (num_denormal(env, &r, x.den)) return a;
	if (x.exp >= 0) {  // only -1 has a promised result among these
		env->flags |= FPX_P;
		if (x.neg && !x.exp && x.hi == TOP) x.exp = -1;
		return num_pack80(&x);
	}
	mul(&t, &x, &ln_2);
	r = t;
	series(&r, t, &t, EXPONENTIAL, 2);
	return finish(env, &r);
}

struct f80
f80_yl2x(struct fpenv *env, struct f80 ax, struct f80 ay, int plus1)
{
	struct num x, y, r, s, t, e;
	num_unpack80(&x, ax);
	num_unpack80(&y, ay);
	env->c1 = 0;
	if (num_pick_nan(env, &r, &x, &y, 1)) return num_pack80(&r);
	if (plus1) {
		if (x.cls == INF && (x.neg || y.cls == ZERO)) return bad(env);
		if (x.cls == ZERO && y.cls == INF) return bad(env);
		if (num_denormal(env, &r, x.den | y.den)) return ay;
		if (x.cls == INF || y.cls == INF) return infinity(x.neg ^ y.neg);
		if (x.cls == ZERO || y.cls == ZERO) return zero(x.neg ^ y.neg);
		add(&t, &one, &x, 0);
		if (t.cls == ZERO || t.neg) {  // beyond what the manual allows
			env->flags |= FPX_P;
			return ax;
		}
	} else {
		int is_one = x.cls == FINITE && !x.exp && x.hi == TOP && !x.neg;
		int below = x.cls == ZERO || (x.cls == FINITE && x.exp < 0);
		if (x.neg && x.cls != ZERO) return bad(env);
		if ((x.cls == ZERO || x.cls == INF) && y.cls == ZERO) return bad(env);
		if (is_one && y.cls == INF) return bad(env);
		if (x.cls == ZERO && y.cls == FINITE)
			env->flags |= FPX_Z;
		else if (num_denormal(env, &r, x.den | y.den)) return ay;
		if (x.cls == ZERO || x.cls == INF || y.cls == INF) return infinity(y.neg ^ below);
		if (is_one || y.cls == ZERO) return zero(y.neg ^ below);
		t = x;
	}
	if (plus1 && x.exp < -2) {
		// log(1 + x), x / (2 + x) being exact to the end
		e = one;
		e.exp = 1;
		add(&s, &e, &x, 0);
		div(&s, &x, &s);
		num_set(&e, ZERO, 0);
	} else {
		// t = m 2^e with m about one
		int n = t.exp;
		t.exp = 0;
		if (t.hi > 0xb504f333f9de6484) {
			t.exp = -1;
			n++;
		}
		num_from_int(&e, n);
		add(&s, &t, &one, 1);
		add(&r, &t, &one, 0);
		div(&s, &s, &r);
	}
	if (s.cls == ZERO) {  // a power of two
		mul(&r, &e, &y);
		return finish(env, &r);
	}
	// its logarithm is that of (1 + s) / (1 - s)
	mul(&t, &s, &s);
	r = s;
	series(&r, s, &t, ARCTANGENT, 3);
	r.exp++;
	mul(&r, &r, &log2_e);
	add(&r, &r, &e, 0);
	mul(&r, &r, &y);
	return finish(env, &r);
}

struct f80
f80_atan2(struct fpenv *env, struct f80 ay, struct f80 ax)
{
	struct num x, y, r, t, s, c, d, u;
	int swap;
	num_unpack80(&y, ay);
	num_unpack80(&x, ax);
	env->c1 = 0;
	if (num_pick_nan(env, &r, &x, &y, 1)) return num_pack80(&r);
	if (num_denormal(env, &r, x.den | y.den)) return ay;
	if (y.cls == ZERO || (x.cls == INF && y.cls != INF)) {
		if (!x.neg) return zero(y.neg);
		r = pi;
	} else if (y.cls == INF && x.cls == INF) {
		r = pi;
		r.exp = -1;
		if (x.neg) add(&r, &pi, &r, 1);
	} else if (y.cls == INF || x.cls == ZERO) {
		r = pi;
		r.exp = 0;
	} else {
		int xneg = x.neg, i;
		u32 k;
		x.neg = y.neg = 0;
		swap = y.exp > x.exp || (y.exp == x.exp && y.hi > x.hi);
		div(&t, swap ? &x : &y, swap ? &y : &x);
		num_set(&r, ZERO, 0);
		d = t;
		if (t.exp >= -5) {
			// r is a first guess, d the tangent of what it lacks
			k = (u32)(t.hi >> (47 - t.exp));
			k = k * (51472 + (17891 * (65536 - k) >> 16)) >> 16;
			num_from_int(&r, k);
			r.exp -= 16;
			sin_cos(&s, &c, &r);
			mul(&d, &t, &c);
			add(&d, &d, &s, 1);
			mul(&u, &t, &s);
			add(&u, &u, &c, 0);
			div(&d, &d, &u);
		}
		if (d.cls != ZERO) {
			mul(&u, &d, &d);
			u.neg = 1;
			t = d;
			series(&t, d, &u, ARCTANGENT, 3);
			add(&r, &r, &t, 0);
		}
		for (i = 0; i < 2; i++) {
			if (!(i ? xneg : swap)) continue;
			t = pi;
			t.exp = i;
			add(&r, &t, &r, 1);
		}
	}
	r.neg = ay.se >> 15;
	return finish(env, &r);
}
