// softfloat.c: every format is unpacked to one representation with a 128-bit
// significand, computed exactly or with a sticky last bit, and rounded once.
//
// Only integers are used, in portable C, so results do not depend on the host.
#include "cpu/softnum.h"

enum { F80_MIN = -16382, F80_MAX = 16383, WRAP = 24576 };

// Short cuts for common operands cost half a kilobyte.
#ifdef TINY
enum { FAST_PATHS = 0 };
#else
enum { FAST_PATHS = 1 };
#endif

struct fmt {
	u8 prec, ebits;
};
static const struct fmt fmts[] = {{24, 8}, {53, 11}, {11, 5}};  // by enum sf_type; HALF
enum { HALF = 2 };

void
num_set(struct num *r, enum cls cls, int neg)
{
	r->hi = cls >= INF ? TOP : 0;
	r->lo = 0;
	r->exp = 0;
	r->neg = neg;
	r->cls = cls;
	r->den = 0;
}

void
num_invalid(struct fpenv *env, struct num *r)
{
	env->flags |= FPX_I;
	num_set(r, QNAN, 1);
	r->hi |= TOP >> 1;
}

void
num_normalize(struct num *n)
{
	unsigned s;
	if (!n->hi) {
		n->hi = n->lo;
		n->lo = 0;
		n->exp -= 64;
	}
	s = __builtin_clzll(n->hi);
	if (s) {
		n->hi = n->hi << s | n->lo >> (64 - s);
		n->lo <<= s;
		n->exp -= s;
	}
}

// Shifts right; what falls out is kept as a sticky last bit.
void
num_shift(struct num *n, u32 s)
{
	u64 out;
	n->exp += s;
	if (s >= 128) {
		n->lo = (n->hi | n->lo) != 0;
		n->hi = 0;
		return;
	}
	out = 0;
	if (s >= 64) {
		out = n->lo;
		n->lo = n->hi;
		n->hi = 0;
		s -= 64;
	}
	if (s) {
		out |= n->lo << (64 - s);
		n->lo = n->lo >> s | n->hi << (64 - s);
		n->hi >>= s;
	}
	n->lo |= out != 0;
}

void
num_mul64(u64 a, u64 b, u64 *hi, u64 *lo)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 p = (unsigned __int128)a * b;
	*hi = (u64)(p >> 64);
	*lo = (u64)p;
#else
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 m = ah * bl, n = al * bh, l = al * bl;
	u64 c = (l >> 32) + (u32)m + (u32)n;
	*lo = c << 32 | (u32)l;
	*hi = ah * bh + (m >> 32) + (n >> 32) + (c >> 32);
#endif
}

// (hi:lo) / d for hi < d and d normalised: two base 2^32 digits.
static u64
div128(u64 hi, u64 lo, u64 d, u64 *rem)
{
#if HOST_X86_64
	u64 q;
	__asm__("divq %4" : "=a"(q), "=d"(*rem) : "0"(lo), "1"(hi), "rm"(d) : "cc");
	return q;
#else
	u64 q = 0, dh = d >> 32, dl = (u32)d;
	int i;
	for (i = 32; i >= 0; i -= 32) {
		u64 t = hi / dh, r = hi - t * dh, n = (u32)(lo >> i);
		while (t >> 32 || t * dl > (r << 32 | n)) {
			t--;
			r += dh;
			if (r >> 32) break;
		}
		hi = (hi << 32 | n) - t * d;
		q = q << 32 | t;
	}
	*rem = hi;
	return q;
#endif
}

static void
unpack_parts(struct num *n, u64 frac, int e, int emax, int neg)
{
	n->hi = frac;
	n->lo = 0;
	n->neg = neg;
	n->den = 0;
	n->exp = e - emax / 2;
	n->cls = FINITE;
	if (e == emax) {
		n->cls = !(frac << 1) ? INF : frac & TOP >> 1 ? QNAN : SNAN;
	} else if (!e) {
		n->cls = ZERO;
		if (frac) {
			n->cls = FINITE;
			n->den = 1;
			n->exp++;
			num_normalize(n);
		}
	}
}

static void
unpack(struct fpenv *env, struct num *n, const struct fmt *f, u64 v)
{
	int emax = (1 << f->ebits) - 1, fb = f->prec - 1, e = v >> fb & emax;
	unpack_parts(n, v << (64 - fb) >> 1 | (e ? TOP : 0), e, emax, v >> (fb + f->ebits) & 1);
	if (n->den && env->daz) num_set(n, ZERO, n->neg);
}

void
num_unpack80(struct num *n, struct f80 v)
{
	int e = v.se & 0x7fff;
	unpack_parts(n, v.m, e, 0x7fff, v.se >> 15);
	if (e && !(v.m & TOP)) n->cls = BAD;
}

// Rounds hi.lo at the given number of dropped low bits of hi. Returns what was
// lost; hi wraps to zero on carry.
static u64
round_bits(struct fpenv *env, struct num *n, unsigned drop, int rc)
{
	u64 one = 1ull << drop, rem = drop ? n->hi << (64 - drop) | (n->lo != 0) : n->lo;
	int up = 0;
	env->c1 = 0;
	n->lo = 0;
	if (!rem) return 0;
	if (rc == ROUND_NEAREST)
		up = rem > TOP || (rem == TOP && (n->hi & one));
	else if (rc != ROUND_ZERO)
		up = n->neg == (rc == ROUND_DOWN);
	n->hi &= -one;
	if (up) n->hi += one;
	env->c1 = up;
	return rem;
}

// Rounds a finite result to a precision and exponent range. Afterwards bit 63
// of hi is clear in a subnormal only.
static void
round_num(struct fpenv *env, struct num *n, unsigned prec, int emin, int emax)
{
	unsigned drop = 64 - prec;
	u64 rem;
	env->c1 = 0;
	if (n->cls != FINITE) return;
	if (n->exp < emin) {
		struct num t = *n;
		round_bits(env, &t, drop, env->rc);
		if (n->exp < emin - 1 || t.hi) {  // tiny after rounding
			if (!(env->masks & FPX_U)) {
				env->flags |= FPX_U;
				n->exp += emax == F80_MAX ? WRAP : emin - n->exp;
			} else if (env->ftz) {
				env->flags |= FPX_U | FPX_P;
				num_set(n, ZERO, n->neg);
				return;
			} else {
				num_shift(n, emin - n->exp);
				rem = round_bits(env, n, drop, env->rc);
				if (rem) env->flags |= FPX_U | FPX_P;
				if (!n->hi) n->cls = ZERO;
				return;
			}
		}
	}
	rem = round_bits(env, n, drop, env->rc);
	if (!n->hi) {
		n->hi = TOP;
		n->exp++;
	}
	if (n->exp > emax) {
		env->flags |= FPX_O;
		if (env->masks & FPX_O) {
			rem = 1;
			if (env->rc == ROUND_NEAREST || (env->rc != ROUND_ZERO && n->neg == (env->rc == ROUND_DOWN))) {
				num_set(n, INF, n->neg);
				env->c1 = 1;
			} else {
				n->hi = -(1ull << drop);
				n->exp = emax;
				env->c1 = 0;
			}
		} else {
			n->exp -= emax == F80_MAX ? WRAP : n->exp;
		}
	}
	if (rem) env->flags |= FPX_P;
}

static u64
pack(struct fpenv *env, const struct fmt *f, struct num *n)
{
	int bias = (1 << (f->ebits - 1)) - 1, fb = f->prec - 1;
	u64 e = 0;
	round_num(env, n, f->prec, 1 - bias, bias);
	if (n->cls >= INF)
		e = 2 * bias + 1;
	else if (n->hi & TOP)
		e = (n->exp + bias) & (2 * bias + 1);
	return (u64)n->neg << (fb + f->ebits) | e << fb | n->hi << 1 >> (64 - fb);
}

struct f80
num_pack80(struct num *n)
{
	struct f80 r;
	int e = 0;
	if (n->cls >= INF)
		e = 0x7fff;
	else if (n->hi & TOP)
		e = n->exp + F80_MAX;
	r.m = n->hi;
	r.se = n->neg << 15 | (e & 0x7fff);
	return r;
}

static struct f80
round80(struct fpenv *env, struct num *n)
{
	round_num(env, n, env->pc == 0 ? 24 : env->pc == 2 ? 53 : 64, F80_MIN, F80_MAX);
	return num_pack80(n);
}

// Settles the result where an operand is not a number.
bool
num_pick_nan(struct fpenv *env, struct num *r, const struct num *x, const struct num *y, int x87)
{
	const struct num *n = x;
	if (x->cls < QNAN && y->cls < QNAN) return false;
	if (x->cls == BAD || y->cls == BAD) {
		num_invalid(env, r);
		return true;
	}
	if (x->cls == SNAN || y->cls == SNAN) env->flags |= FPX_I;
	if (x->cls < QNAN) {
		n = y;
	} else if (x87 && y->cls >= QNAN) {
		if (x->cls != y->cls)
			n = x->cls == QNAN ? x : y;
		else if (y->hi > x->hi || (y->hi == x->hi && !y->neg))
			n = y;
	}
	*r = *n;
	r->cls = QNAN;
	r->hi |= TOP >> 1;
	return true;
}

// Notes a denormal operand; true if that faults, so that no result is due.
bool
num_denormal(struct fpenv *env, struct num *r, int den)
{
	if (!den) return false;
	env->flags |= FPX_D;
	if (env->masks & FPX_D) return false;
	num_set(r, ZERO, 0);
	return true;
}

void
num_add(struct fpenv *env, struct num *r, struct num *x, struct num *y)
{
	struct num *t;
	u64 lo;
	if (x->exp < y->exp || (x->exp == y->exp && (x->hi < y->hi || (x->hi == y->hi && x->lo < y->lo)))) {
		t = x;
		x = y;
		y = t;
	}
	num_shift(y, x->exp - y->exp);
	*r = *x;
	if (x->neg == y->neg) {
		r->lo = x->lo + y->lo;
		lo = r->lo < y->lo;
		r->hi = x->hi + y->hi + lo;
		if (r->hi < x->hi || (lo && r->hi == x->hi)) {
			num_shift(r, 1);
			r->hi |= TOP;
		}
	} else {
		r->lo = x->lo - y->lo;
		r->hi = x->hi - y->hi - (x->lo < y->lo);
		if (r->hi | r->lo)
			num_normalize(r);
		else
			num_set(r, ZERO, env->rc == ROUND_DOWN);
	}
}

static void
mul_finite(struct num *r, const struct num *x, const struct num *y)
{
	r->exp = x->exp + y->exp + 1;
	num_mul64(x->hi, y->hi, &r->hi, &r->lo);
	num_normalize(r);
}

// What a remainder is worth below the quotient's last bit.
static u64
half_and_sticky(u64 rem, u64 d)
{
	return rem >= d - rem ? TOP | (rem != d - rem) : rem != 0;
}

static void
arith(struct fpenv *env, enum sf_op op, struct num *r, struct num *x, struct num *y, int x87)
{
	u64 hi, lo, rem;
	env->c1 = 0;
	if (num_pick_nan(env, r, x, y, x87)) return;
	if (op == SF_SUB) y->neg ^= 1;
	num_set(r, FINITE, x->neg ^ y->neg);
	if (op <= SF_SUB) {
		if (x->cls == INF && y->cls == INF && r->neg) {
			num_invalid(env, r);
			return;
		}
		if (num_denormal(env, r, x->den | y->den)) return;
		if (x->cls == INF || (y->cls == ZERO && x->cls == FINITE))
			*r = *x;
		else if (y->cls == INF || (x->cls == ZERO && y->cls == FINITE))
			*r = *y;
		else if (x->cls == ZERO)
			num_set(r, ZERO, r->neg ? env->rc == ROUND_DOWN : x->neg);
		else
			num_add(env, r, x, y);
		return;
	}
	if (op == SF_MUL ? x->cls + y->cls == INF + ZERO && x->cls != y->cls : x->cls == y->cls && x->cls != FINITE) {
		num_invalid(env, r);
		return;
	}
	if (op == SF_DIV && y->cls == ZERO && x->cls != INF) {
		env->flags |= FPX_Z;
		num_set(r, INF, r->neg);
		return;
	}
	if (num_denormal(env, r, x->den | y->den)) return;
	if (x->cls == INF || (op == SF_MUL && y->cls == INF)) {
		num_set(r, INF, r->neg);
	} else if (x->cls == ZERO || y->cls != FINITE) {
		num_set(r, ZERO, r->neg);
	} else if (op == SF_MUL) {
		mul_finite(r, x, y);
	} else {
		hi = x->hi;
		lo = 0;
		r->exp = x->exp - y->exp;
		if (hi >= y->hi) {
			lo = hi << 63;
			hi >>= 1;
		} else {
			r->exp--;
		}
		r->hi = div128(hi, lo, y->hi, &rem);
		r->lo = half_and_sticky(rem, y->hi);
	}
}

static void
square_root(struct fpenv *env, struct num *r, const struct num *x)
{
	u64 hi, lo, s, rem, q, t;
	int i;
	env->c1 = 0;
	if (num_pick_nan(env, r, x, x, 0)) return;
	if (x->neg && x->cls != ZERO) {
		num_invalid(env, r);
		return;
	}
	if (num_denormal(env, r, x->den)) return;
	*r = *x;
	if (x->cls != FINITE) return;
	// The radicand hi:lo is in [2^126, 2^128), its root has 64 bits: the upper
	// half bit by bit, the lower half by one division.
	hi = x->hi;
	lo = 0;
	if (!(x->exp & 1)) {
		lo = hi << 63;
		hi >>= 1;
	}
	r->exp = (x->exp - (x->exp & 1)) / 2;
	s = 0;
	rem = hi;
	for (i = 31; i >= 0; i--) {
		t = (2 * s + (1ull << i)) << i;
		if (rem >= t) {
			rem -= t;
			s += 1ull << i;
		}
	}
	// rem = hi - s^2 <= 2s; divide rem:(upper half of lo) by 2s
	t = rem << 31 | lo >> 33;
	q = t / s;
	rem = (t - q * s) << 1 | (lo >> 32 & 1);
	if (q >> 32) {
		rem += 2 * s;
		q--;
	}
	// what is left of the radicand, hi:rem, is now (rem << 32) - q^2; it may be negative
	t = q * q;
	r->hi = (s << 32) + q;
	hi = rem >> 32;
	rem <<= 32;
	hi -= rem < t;
	rem -= t;
	if (hi >> 63) {
		r->hi--;
		t = r->hi << 1 | 1;
		rem += t;
		hi += (r->hi >> 63) + (rem < t);
	}
	r->lo = (hi || rem > r->hi ? TOP : 0) | ((hi | rem) != 0);
}

static enum fpcmp
compare(struct fpenv *env, const struct num *x, const struct num *y, int signal_qnan)
{
	int c;
	if (x->cls >= QNAN || y->cls >= QNAN) {
		if (signal_qnan || x->cls >= SNAN || y->cls >= SNAN) env->flags |= FPX_I;
		return FPCMP_UN;
	}
	if (x->den | y->den) env->flags |= FPX_D;
	if (x->cls == ZERO && y->cls == ZERO) return FPCMP_EQ;
	if (x->cls == ZERO) return y->neg ? FPCMP_GT : FPCMP_LT;
	if (y->cls == ZERO || x->neg != y->neg) return x->neg ? FPCMP_LT : FPCMP_GT;
	c = x->cls != y->cls ? x->cls - y->cls : x->cls == INF ? 0 : x->exp != y->exp ? x->exp - y->exp : x->hi < y->hi ? -1 : x->hi > y->hi;
	if (!c) return FPCMP_EQ;
	return (c < 0) == x->neg ? FPCMP_GT : FPCMP_LT;
}

// Rounds a finite number below 2^64 to an integer in hi.
static u64
round_int(struct fpenv *env, struct num *n, int rc)
{
	num_shift(n, 63 - n->exp);
	return round_bits(env, n, 0, rc);
}

static void
round_integral(struct fpenv *env, struct num *n, int suppress)
{
	struct num r = *n;
	env->c1 = 0;
	if (num_pick_nan(env, n, &r, &r, 0)) return;
	if (n->cls != FINITE || n->exp >= 63) return;
	if (round_int(env, n, env->rc) && !suppress) env->flags |= FPX_P;
	if (n->hi)
		num_normalize(n);
	else
		num_set(n, ZERO, n->neg);
}

static i64
to_int(struct fpenv *env, struct num *n, unsigned bits, int trunc)
{
	u64 min = 1ull << (bits - 1), rem;
	env->c1 = 0;
	if (n->cls == ZERO) return 0;
	if (n->cls == FINITE && n->exp < 64) {
		rem = round_int(env, n, trunc ? (int)ROUND_ZERO : env->rc);
		if (n->hi < min + n->neg) {
			if (rem) env->flags |= FPX_P;
			return n->neg ? -n->hi : n->hi;
		}
	}
	env->c1 = 0;
	env->flags |= FPX_I;
	return -min;
}

void
num_from_int(struct num *n, i64 v)
{
	num_set(n, v ? FINITE : ZERO, v < 0);
	n->hi = v < 0 ? -(u64)v : (u64)v;
	n->exp = 63;
	if (v) num_normalize(n);
}

// What most x87 arithmetic is: two normal numbers, and 64 bits rounded to
// nearest, without overflow or underflow. Returns false for anything else.
// (The host's own x87 is no faster: its flags must be cleared and read.)
static bool
fast80(struct fpenv *env, enum sf_op op, struct f80 a, struct f80 b, struct f80 *r)
{
	u64 hi, lo, t;
	int ea = a.se & 0x7fff, eb = b.se & 0x7fff, e, s = (a.se ^ b.se) & 0x8000;
	if (op > SF_DIV || env->rc != ROUND_NEAREST || env->pc != 3 || !((a.m & b.m) >> 63) || !ea || !eb || ea == 0x7fff || eb == 0x7fff) return false;
	if (op == SF_DIV) {
		e = ea - eb + 16383;
		t = a.m < b.m;
		e -= (int)t;
		hi = div128(t ? a.m : a.m >> 1, t ? 0 : a.m << 63, b.m, &lo);
		lo = half_and_sticky(lo, b.m);
	} else if (op == SF_MUL) {
		num_mul64(a.m, b.m, &hi, &lo);
		e = ea + eb - 16382;
		if (!(hi >> 63)) {
			hi = hi << 1 | lo >> 63;
			lo <<= 1;
			e--;
		}
	} else {
		if (op == SF_SUB) s ^= 0x8000;
		if (ea < eb || (ea == eb && a.m < b.m)) {
			struct f80 c = a;
			a = b;
			b = c;
			e = ea;
			ea = eb;
			eb = e;
			if (op == SF_SUB) a.se ^= 0x8000;
		}
		e = ea - eb;
		if (e > 63) return false;
		lo = e ? b.m << (64 - e) : 0;
		hi = b.m >> e;
		e = ea;
		if (!s) {
			hi += a.m;
			if (hi < a.m) {
				lo = lo >> 1 | (lo & 1) | hi << 63;
				hi = hi >> 1 | TOP;
				e++;
			}
		} else {
			hi = a.m - hi - (lo != 0);
			lo = -lo;
			if (!hi) return false;
			t = (unsigned)__builtin_clzll(hi);
			if (t) {
				hi = hi << t | lo >> (64 - t);
				lo <<= t;
				e -= (int)t;
			}
		}
		s = a.se & 0x8000;
	}
	t = lo > TOP || (lo == TOP && (hi & 1));
	hi += t;
	if (!hi) {
		hi = TOP;
		e++;
	}
	if (e < 1 || e > 0x7ffe) return false;
	env->c1 = (u8)t;
	if (lo) env->flags |= FPX_P;
	r->m = hi;
	r->se = (u16)(s | e);
	return true;
}

struct f80
f80_arith(struct fpenv *env, enum sf_op op, struct f80 a, struct f80 b)
{
	struct num x, y, n;
	struct f80 r;
	if (FAST_PATHS && fast80(env, op, a, b, &r)) return r;
	num_unpack80(&x, a);
	num_unpack80(&y, b);
	if (op == SF_SQRT)
		square_root(env, &n, &y);
	else
		arith(env, op, &n, &x, &y, 1);
	return round80(env, &n);
}

u64
sf_arith(struct fpenv *env, enum sf_type t, enum sf_op op, u64 a, u64 b)
{
	const struct fmt *f = &fmts[t];
	struct num x, y, n;
	u64 r;
	unpack(env, &x, f, a);
	unpack(env, &y, f, b);
	if (op == SF_MIN || op == SF_MAX) {
		n = y;
		r = b;
		if (compare(env, &x, &y, 1) == (op == SF_MIN ? FPCMP_LT : FPCMP_GT)) {
			n = x;
			r = a;
		}
		return n.cls == ZERO ? r & 1ull << (f->prec + f->ebits - 1) : r;  // DAZ
	}
	if (op == SF_SQRT)
		square_root(env, &n, &y);
	else
		arith(env, op, &n, &x, &y, 0);
	return pack(env, f, &n);
}

enum fpcmp
sf_cmp(struct fpenv *env, enum sf_type t, u64 a, u64 b, int signal_qnan)
{
	struct num x, y;
	unpack(env, &x, &fmts[t], a);
	unpack(env, &y, &fmts[t], b);
	return compare(env, &x, &y, signal_qnan);
}

u64
sf_round_int(struct fpenv *env, enum sf_type t, u64 a, int suppress)
{
	struct num x;
	unpack(env, &x, &fmts[t], a);
	round_integral(env, &x, suppress);
	return pack(env, &fmts[t], &x);
}

// Quiets a NaN, and notes a denormal if the conversion reports it.
static void
convert(struct fpenv *env, struct num *n, int report_denormal)
{
	struct num x = *n;
	env->c1 = 0;
	if (!num_pick_nan(env, n, &x, &x, 0) && report_denormal) num_denormal(env, n, x.den);
}

u64
sf_convert(struct fpenv *env, enum sf_type from, enum sf_type to, u64 v, int trunc)
{
	struct num x;
	if (from >= SF_I32) {
		num_from_int(&x, from == SF_I32 ? (i32)v : (i64)v);
	} else {
		unpack(env, &x, &fmts[from], v);
		if (to >= SF_I32) {
			i64 i = to_int(env, &x, to == SF_I32 ? 32 : 64, trunc);
			return to == SF_I32 ? (u32)i : (u64)i;
		}
		convert(env, &x, 1);
	}
	return pack(env, &fmts[to], &x);
}

u32
sf_from_half(struct fpenv *env, u32 h)
{
	struct fpenv e = *env;
	struct num x;
	e.daz = 0;
	unpack(&e, &x, &fmts[HALF], h);
	convert(env, &x, 0);
	return (u32)pack(env, &fmts[SF_F32], &x);
}

u32
sf_to_half(struct fpenv *env, u32 v)
{
	u8 ftz = env->ftz;
	struct num x;
	unpack(env, &x, &fmts[SF_F32], v);
	convert(env, &x, 1);
	env->ftz = 0;
	v = (u32)pack(env, &fmts[HALF], &x);
	env->ftz = ftz;
	return v;
}

struct f80
f80_from(struct fpenv *env, enum sf_type t, u64 a)
{
	const struct fmt *f = &fmts[t];
	struct num x;
	struct fpenv e;
	struct f80 r;
	int max = (1 << f->ebits) - 1, exp = a >> (f->prec - 1) & max;
	env->c1 = 0;
	if (FAST_PATHS && exp && exp != max) {
		r.m = TOP | a << (64 - f->prec);
		r.se = (u16)((a >> (f->prec + f->ebits - 1)) << 15 | (unsigned)(exp + F80_MAX - max / 2));
		return r;
	}
	e = *env;
	e.daz = 0;
	unpack(&e, &x, f, a);
	convert(env, &x, 1);
	return num_pack80(&x);
}

// An unmasked overflow or underflow leaves memory alone, so nothing was rounded.
u64
f80_to(struct fpenv *env, enum sf_type t, struct f80 a)
{
	const struct fmt *f = &fmts[t];
	struct num x;
	u64 r, drop = 64 - f->prec, rem = a.m << (64 - drop);
	u8 old = env->flags;
	int bias = (1 << (f->ebits - 1)) - 1, e = (a.se & 0x7fff) - F80_MAX + bias;
	if (FAST_PATHS && env->rc == ROUND_NEAREST && e > 0 && e < 2 * bias && a.m >> 63) {  // normal before and after
		env->c1 = rem > TOP || (rem == TOP && a.m >> drop & 1);
		if (rem) env->flags |= FPX_P;
		r = (u64)(a.se >> 15) << (f->prec + f->ebits - 1) | (u64)(e - 1) << (f->prec - 1);
		return r + (a.m >> drop) + env->c1;
	}
	env->flags = 0;
	num_unpack80(&x, a);
	convert(env, &x, 0);
	r = pack(env, f, &x);
	if (env->flags & ~env->masks & (FPX_O | FPX_U)) {
		env->flags &= ~FPX_P;
		env->c1 = 0;
	}
	env->flags |= old;
	return r;
}

u64
sf_muladd(struct fpenv *env, enum sf_type type, u64 a, u64 b, u64 c, int neg_product, int neg_c)
{
	const struct fmt *f = &fmts[type];
	struct num x, y, z, p, r;
	unpack(env, &x, f, a);
	unpack(env, &y, f, b);
	unpack(env, &z, f, c);
	if (x.cls >= QNAN || y.cls >= QNAN || z.cls >= QNAN) {
		if (x.cls == SNAN || y.cls == SNAN || z.cls == SNAN) env->flags |= FPX_I;
		convert(env, x.cls >= QNAN ? &x : y.cls >= QNAN ? &y : &z, 0);
		return pack(env, f, x.cls >= QNAN ? &x : y.cls >= QNAN ? &y : &z);
	}
	z.neg ^= neg_c;
	num_set(&p, FINITE, x.neg ^ y.neg ^ neg_product);
	if (x.cls + y.cls == INF + ZERO && x.cls != y.cls) {
		num_invalid(env, &r);
		return pack(env, f, &r);
	}
	if (x.cls == INF || y.cls == INF)
		num_set(&p, INF, p.neg);
	else if (x.cls == ZERO || y.cls == ZERO)
		num_set(&p, ZERO, p.neg);
	else
		mul_finite(&p, &x, &y);
	p.den = x.den | y.den;
	arith(env, SF_ADD, &r, &p, &z, 0);
	return pack(env, f, &r);
}

enum fpcmp
f80_cmp(struct fpenv *env, struct f80 a, struct f80 b, int signal_qnan)
{
	struct num x, y;
	num_unpack80(&x, a);
	num_unpack80(&y, b);
	return compare(env, &x, &y, signal_qnan);
}

struct f80
f80_round_int(struct fpenv *env, struct f80 a)
{
	struct num x;
	num_unpack80(&x, a);
	if (x.cls < QNAN && num_denormal(env, &x, x.den)) return a;
	round_integral(env, &x, 0);
	return num_pack80(&x);
}

struct f80
num_round80(struct fpenv *env, struct num *n)
{
	round_num(env, n, 64, F80_MIN, F80_MAX);
	if (n->cls == FINITE && (n->exp < F80_MIN || n->exp > F80_MAX)) {  // too far even for the bias
		num_set(n, n->exp < 0 ? ZERO : INF, n->neg);
		env->c1 = n->cls == INF;
		env->flags |= FPX_P;
	}
	return num_pack80(n);
}

struct f80
f80_from_int(i64 v)
{
	struct num x;
	num_from_int(&x, v);
	return num_pack80(&x);
}

i64
f80_to_int(struct fpenv *env, struct f80 a, unsigned bits, int trunc)
{
	struct num x;
	num_unpack80(&x, a);
	return to_int(env, &x, bits, trunc);
}
