// libm.c: every function of the C library's mathematics in its three types, on
// edge and random values, in all rounding modes. Prints a digest of results,
// exceptions and errno for each.
// usage: libm [CASES | -f]    (-f: the exit status tells whether the CPU has FMA)
#include <complex.h>
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "digest.h"

static int cases = 2000, count;

// Values of three kinds: special ones, about one, any exponent
static const long double special[] = {
    0.0L, -0.0L, 1, -1, 2, -2, 0.5L, -0.5L, 3, 10, 0.1L, 1e-8L, 1e8L, 1e300L, -1e-300L, 1e-310L, 1e-40L, 1e38L, 1e4000L, 1e-4940L, 3.14159265358979323846L,
    1.5707963267948966L, 1e22L, 0x1p63L, -0x1p63L, 0x1p64L, 0x1p52L, 0x1.8p52L, 0x1p31L, -0x1p31L, 2147483647.5L, 0.999999999999L, 1.000000000001L, -0.75L, 709.78L, 88.7L,
    11356.5L, -745.2L, 170.6L, 34.9L, -103.3L, 1755.4L, INFINITY, -INFINITY, NAN};

static float
any_f(void)
{
	uint64_t r = rnd();
	uint32_t u = (uint32_t)r;
	float f;
	if (!(r >> 60 & 3)) return (float)special[(r >> 32) % (sizeof special / sizeof *special)];
	if (r >> 62) u = (u & 0x807fffff) | (uint32_t)(117 + (r >> 40 & 15)) << 23;
	memcpy(&f, &u, 4);
	return f;
}

static double
any_d(void)
{
	uint64_t r = rnd(), u = rnd();
	double d;
	if (!(r >> 60 & 3)) return (double)special[(r >> 32) % (sizeof special / sizeof *special)];
	if (r >> 62) u = (u & 0x800fffffffffffff) | (1013 + (r >> 40 & 15)) << 52;
	memcpy(&d, &u, 8);
	return d;
}

static long double
any_l(void)
{
	uint64_t r = rnd(), u = rnd();
	uint16_t se = (uint16_t)r;
	unsigned char b[16] = {0};
	long double l;
	if (!(r >> 60 & 3)) return special[(r >> 32) % (sizeof special / sizeof *special)];
	if (r >> 62) se = (uint16_t)((se & 0x8000) | (16373 + (r >> 40 & 15)));
	if (se & 0x7fff) u |= 1ull << 63;
	memcpy(b, &u, 8);
	memcpy(b + 8, &se, 2);
	memcpy(&l, b, sizeof l);
	return l;
}

static const int rounding[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

static void
begin(int i)
{
	fesetround(rounding[i & 3]);
	feclearexcept(FE_ALL_EXCEPT);
	errno = 0;
}

static void
end(const void *p, int n)
{
	int e = fetestexcept(FE_ALL_EXCEPT), r = errno;
	mix(p, n);
	mix(&e, sizeof e);
	mix(&r, sizeof r);
}

static void
done(const char *name)
{
	fesetround(FE_TONEAREST);
	printf("%-14s %016llx\n", name, (unsigned long long)hash);
	count++;
}

#define RUN(name, T, A, size, body)             \
	static void                             \
	run_##name(void)                        \
	{                                       \
		int i;                          \
		seed = sizeof(T);               \
		hash = 0xcbf29ce484222325;      \
		for (i = 0; i < cases; i++) {   \
			T x = any_##A(), y = any_##A(), z = any_##A(); \
			int e = (int)(rnd() >> 40) % 40 - 20, k = 0; \
			(void)x, (void)y, (void)z, (void)e, (void)k; \
			begin(i);               \
			body                    \
		}                               \
		done(#name);                    \
	}
#define R1(name, T, A, size, expr) RUN(name, T, A, size, T r = expr; end(&r, size); if (k) mix(&k, sizeof k);)
#define RI(name, T, A, size, R, expr) RUN(name, T, A, size, R r = expr; end(&r, sizeof r);)
#define RC(name, T, A, size, expr) RUN(name, T, A, size, T _Complex w = CMPLXL(x, y); T r[2]; w = expr; r[0] = __real__ w; r[1] = __imag__ w; end(&r[0], size); mix(&r[1], size);)

#define UNARY(X) \
	X(acos) X(acosh) X(asin) X(asinh) X(atan) X(atanh) X(cbrt) X(ceil) X(cos) X(cosh) X(erf) X(erfc) X(exp) X(exp10) X(exp2) X(expm1) \
	X(fabs) X(floor) X(lgamma) X(log) X(log10) X(log1p) X(log2) X(logb) X(nearbyint) X(rint) X(round) X(roundeven) X(sin) X(sinh) X(sqrt) \
	X(tan) X(tanh) X(tgamma) X(trunc) X(j0) X(j1) X(y0) X(y1) X(significand) X(nextup) X(nextdown) X(gamma)
#define BINARY(X) \
	X(atan2) X(copysign) X(drem) X(fdim) X(fmax) X(fmin) X(fmod) X(hypot) X(nextafter) X(pow) X(remainder) X(scalb) X(fmaxmag) X(fminmag) \
	X(fmaximum) X(fminimum) X(fmaximum_num) X(fminimum_num) X(fmaximum_mag) X(fminimum_mag) X(fmaximum_mag_num) X(fminimum_mag_num)
#define INTEGER(X) X(ilogb) X(llogb) X(lrint) X(llrint) X(lround) X(llround)
#define COMPLEX(X) \
	X(cacos) X(cacosh) X(casin) X(casinh) X(catan) X(catanh) X(ccos) X(ccosh) X(cexp) X(clog) X(clog10) X(conj) X(cproj) X(csin) X(csinh) \
	X(csqrt) X(ctan) X(ctanh)
#define NARROW(X) X(add, (x, y)) X(sub, (x, y)) X(mul, (x, y)) X(div, (x, y)) X(sqrt, (x)) X(fma, (x, y, z))

#define F1(n) R1(n##f, float, f, 4, n##f(x)) R1(n, double, d, 8, n(x)) R1(n##l, long double, l, 10, n##l(x))
#define F2(n) R1(n##f, float, f, 4, n##f(x, y)) R1(n, double, d, 8, n(x, y)) R1(n##l, long double, l, 10, n##l(x, y))
#define FI(n) RI(n##f, float, f, 4, long, n##f(x)) RI(n, double, d, 8, long, n(x)) RI(n##l, long double, l, 10, long, n##l(x))
#define FC(n) RC(n##f, float, f, 4, n##f(w)) RC(n, double, d, 8, n(w)) RC(n##l, long double, l, 10, n##l(w))
#define FN(n, args) \
	RI(f##n, double, d, 8, float, f##n args) RI(f##n##l, long double, l, 10, float, f##n##l args) RI(d##n##l, long double, l, 10, double, d##n##l args)
#define F3(id, call) \
	R1(id##f, float, f, 4, call(f, float)) R1(id, double, d, 8, call(, double)) R1(id##l, long double, l, 10, call(l, long double))
#define GLUE(a, b) a##b
#define GLUE3(a, b, c) a##b##c
UNARY(F1)
BINARY(F2)
INTEGER(FI)
COMPLEX(FC)
NARROW(FN)
#define C_fma(s, T) GLUE(fma, s)(x, y, z)
#define C_ldexp(s, T) GLUE(ldexp, s)(x, e * 50)
#define C_scalbn(s, T) GLUE(scalbn, s)(x, e)
#define C_scalbln(s, T) GLUE(scalbln, s)(x, e * 800L)
#define C_nexttoward(s, T) GLUE(nexttoward, s)(x, (long double)y)
#define C_jn(s, T) GLUE(jn, s)(e / 4, x)
#define C_yn(s, T) GLUE(yn, s)(e / 4, x)
#define C_frexp(s, T) GLUE(frexp, s)(x, &k)
#define C_remquo(s, T) GLUE(remquo, s)(x, y, &k)
#define C_lgamma_r(s, T) GLUE3(lgamma, s, _r)(x, &k)
#define C_modf(s, T) (GLUE(modf, s)(x, &y) + y)
#define C_sincos(s, T) (GLUE(sincos, s)(x, &y, &z), y * 3 + z)
#define C_cabs(s, T) GLUE(cabs, s)(CMPLXL(x, y))
#define C_carg(s, T) GLUE(carg, s)(CMPLXL(x, y))
#define C_getpayload(s, T) GLUE(getpayload, s)(&x)
#define C_canonicalize(s, T) (k = GLUE(canonicalize, s)(&y, &x), y)
#define C_totalorder(s, T) (T)(GLUE(totalorder, s)(&x, &y) + 2 * GLUE(totalordermag, s)(&x, &y))
#define C_fromfp(s, T) (T)GLUE(fromfp, s)(x, e & 3, 33)
#define C_ufromfp(s, T) (T)GLUE(ufromfp, s)(x, e & 3, 33)
#define C_fromfpx(s, T) (T)GLUE(fromfpx, s)(x, e & 3, 33)
#define C_ufromfpx(s, T) (T)GLUE(ufromfpx, s)(x, e & 3, 33)
#define C_setpayload(s, T) (k = GLUE(setpayload, s)(&y, (T)(e * e)) + 2 * GLUE(setpayload, s)(&z, x), y)
#define C_setpayloadsig(s, T) (k = GLUE(setpayloadsig, s)(&y, (T)(e * e)) + 2 * GLUE(setpayloadsig, s)(&z, x), y)
#define C_nan(s, T) GLUE(nan, s)(e < 0 ? "" : e < 10 ? "77" : "0x1234567")
#define C_creal(s, T) (GLUE(creal, s)(CMPLXL(x, y)) + GLUE(cimag, s)(CMPLXL(y, z)))
#define C_classify(s, T) (T)(GLUE(finite, s)(x) * 512 + fpclassify(x) + 8 * !!signbit(x) + 16 * issignaling(x) + 32 * isgreater(x, y) + 64 * (x < y) + 128 * isunordered(x, y) + 256 * (x == y))
F3(fma, C_fma)
F3(ldexp, C_ldexp)
F3(scalbn, C_scalbn)
F3(scalbln, C_scalbln)
F3(nexttoward, C_nexttoward)
F3(jn, C_jn)
F3(yn, C_yn)
F3(frexp, C_frexp)
F3(remquo, C_remquo)
F3(lgamma_r, C_lgamma_r)
F3(modf, C_modf)
F3(sincos, C_sincos)
F3(cabs, C_cabs)
F3(carg, C_carg)
F3(getpayload, C_getpayload)
F3(canonicalize, C_canonicalize)
F3(totalorder, C_totalorder)
F3(fromfp, C_fromfp)
F3(ufromfp, C_ufromfp)
F3(fromfpx, C_fromfpx)
F3(ufromfpx, C_ufromfpx)
F3(setpayload, C_setpayload)
F3(setpayloadsig, C_setpayloadsig)
F3(nan, C_nan)
F3(creal, C_creal)
F3(classify, C_classify)
RC(cpowf, float, f, 4, cpowf(w, CMPLXF(z, y)))
RC(cpow, double, d, 8, cpow(w, CMPLX(z, y)))
RC(cpowl, long double, l, 10, cpowl(w, CMPLXL(z, y)))

// Conversions, and text to number and back
static void
run_convert(void)
{
	int i;
	seed = 99;
	hash = 0xcbf29ce484222325;
	for (i = 0; i < cases; i++) {
		volatile long double l = any_l();
		volatile double d = any_d();
		volatile float f = any_f();
		char buf[400];
		begin(i);
		float a = (float)l, b = (float)d;
		double c = (double)l;
		int64_t p = (int64_t)d, q = (int64_t)l, r = (int32_t)f;
		uint64_t s = (uint64_t)(d < 0 ? 0 : d), t = (uint64_t)(l < 0 ? 0 : l);
		end(&a, 4), mix(&b, 4), mix(&c, 8), mix(&p, 8), mix(&q, 8), mix(&r, 8), mix(&s, 8), mix(&t, 8);
		mix(buf, snprintf(buf, sizeof buf, "%.17g %.21Lg %a %La %.9e", d, l, d, l, (double)f));
		c = strtod(buf, 0);
		end(&c, 8);
		l = strtold(strchr(buf, ' '), 0);
		c = (double)l;
		end(&c, 8);
	}
	done("convert");
}

// The environment: both units' flags, modes and masks
static void
run_fenv(void)
{
	int i;
	seed = 98;
	hash = 0xcbf29ce484222325;
	for (i = 0; i < cases; i++) {
		int a = (int)(rnd() >> 33) & FE_ALL_EXCEPT, b = (int)(rnd() >> 33) & FE_ALL_EXCEPT, got[12];
		fenv_t env, held;
		femode_t mode;
		fexcept_t flags;
		begin(i);
		got[0] = fegetenv(&env), got[1] = fegetmode(&mode), got[2] = feraiseexcept(a);
		got[3] = fegetexceptflag(&flags, b), got[4] = fetestexceptflag(&flags, FE_ALL_EXCEPT);
		got[5] = feholdexcept(&held), got[6] = fesetexcept(b);
		got[7] = fesetround(rounding[a & 3]), got[8] = feenableexcept(~(a | b) & FE_ALL_EXCEPT) | fegetexcept() << 8;
		end(got, sizeof got[0] * 9);
		got[0] = fegetround(), got[1] = fedisableexcept(FE_ALL_EXCEPT), got[2] = fesetmode(&mode), got[3] = fegetround();
		got[4] = feupdateenv(&held), got[5] = fetestexcept(FE_ALL_EXCEPT), got[6] = fesetexceptflag(&flags, a | b);
		got[7] = fetestexcept(FE_ALL_EXCEPT), got[8] = fesetenv(&env), got[9] = fetestexcept(FE_ALL_EXCEPT);
		got[10] = fesetenv(FE_DFL_ENV), got[11] = fegetround() | fegetexcept() << 16;
		end(got, sizeof got);
	}
	done("fenv");
}

int
main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "-f")) return !__builtin_cpu_supports("fma");
	if (argc > 1) cases = atoi(argv[1]);
#define CALL(n) run_##n##f(), run_##n(), run_##n##l();
	UNARY(CALL)
	BINARY(CALL)
	INTEGER(CALL)
	COMPLEX(CALL)
	CALL(fma) CALL(ldexp) CALL(scalbn) CALL(scalbln) CALL(nexttoward) CALL(jn) CALL(yn) CALL(frexp) CALL(remquo) CALL(lgamma_r) CALL(modf)
	CALL(sincos) CALL(cabs) CALL(carg) CALL(getpayload) CALL(canonicalize) CALL(totalorder) CALL(fromfp) CALL(ufromfp) CALL(classify) CALL(cpow)
	CALL(fromfpx) CALL(ufromfpx) CALL(setpayload) CALL(setpayloadsig) CALL(nan) CALL(creal)
#define CALLN(n, args) run_f##n(), run_f##n##l(), run_d##n##l();
	NARROW(CALLN)
	run_convert();
	run_fenv();
	printf("%d functions\n", count);
	return 0;
}
