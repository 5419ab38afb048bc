// softfloat_test.c: cpu/softfloat against silicon, result and flags and C1.
//
// Every host computes a fixed stream of cases and compares a hash per
// operation with the one recorded from silicon (-r prints that table). An
// x86-64 host also compares case by case with its own instructions, except for
// f80math.c, which x87_test compares.
// usage: softfloat_test [-r] [-n CASES_PER_OP] [OP]
#include "cpu/softfloat.h"
#include "fpgen.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

struct io {
	struct f80 a, b, c, r;  // f32, f64 and integers are in .m
	u16 fcw;
	u32 mxcsr;
	u8 flags, c1;
};

// name, kind (h: f16, s: f32, d: f64, x: f80, i: integers; one letter per operand), x87
#define OPS(X)                                                                                        \
	X(f32_add, "ss") X(f32_sub, "ss") X(f32_mul, "ss") X(f32_div, "ss") X(f32_sqrt, "s")          \
	X(f32_min, "ss") X(f32_max, "ss") X(f32_ucomi, "ss") X(f32_comi, "ss") X(f32_round, "s")      \
	X(f32_to_i32, "s") X(f32_to_i64, "s") X(f32_to_i32t, "s") X(f32_to_i64t, "s")                 \
	X(i32_to_f32, "i") X(i64_to_f32, "i") X(f32_to_f64, "s") X(f32_fma, "sss") X(f32_fnmsub, "sss") \
	X(f64_add, "dd") X(f64_sub, "dd") X(f64_mul, "dd") X(f64_div, "dd") X(f64_sqrt, "d")          \
	X(f64_min, "dd") X(f64_max, "dd") X(f64_ucomi, "dd") X(f64_comi, "dd") X(f64_round, "d")      \
	X(f64_to_i32, "d") X(f64_to_i64, "d") X(f64_to_i32t, "d") X(f64_to_i64t, "d")                 \
	X(i32_to_f64, "i") X(i64_to_f64, "i") X(f64_to_f32, "d") X(f64_fma, "ddd") X(f64_fnmsub, "ddd") \
	X(f16_to_f32, "h") X(f32_to_f16, "s") X(f32_to_f16up, "s")                                    \
	X(f80_add, "xx") X(f80_sub, "xx") X(f80_mul, "xx") X(f80_div, "xx") X(f80_sqrt, "x")          \
	X(f80_ucom, "xx") X(f80_com, "xx") X(f80_round, "x") X(f32_to_f80, "s") X(f64_to_f80, "d")    \
	X(f80_to_f32, "x") X(f80_to_f64, "x") X(i64_to_f80, "i") X(f80_to_i16, "x") X(f80_to_i32, "x") \
	X(f80_to_i64, "x") X(f80_to_i16t, "x") X(f80_to_i32t, "x") X(f80_to_i64t, "x") \
	X(f80_scale, "xx") X(f80_rem, "xx") X(f80_rem1, "xx") X(f80_extract, "x")                     \
	X(f80_sincos, "x") X(f80_tan, "x") X(f80_atan2, "xx") X(f80_2xm1, "x") X(f80_yl2x, "xx")      \
	X(f80_yl2xp1, "xx")

enum { // clang-format off
#define X(n, k) T_##n,
	OPS(X)
#undef X
	T_COUNT
}; // clang-format on
static const char *const names[] = {
#define X(n, k) #n,
    OPS(X)
#undef X
};
static const char *const kinds[] = {
#define X(n, k) k,
    OPS(X)
#undef X
};

static void
make_case(struct io *io, int op)
{
	const char *k = kinds[op];
	u64 r = rnd();
	memset(io, 0, sizeof *io);
	io->a = rnd_operand(k[0]);
	if (k[1]) io->b = rnd_operand(k[1]);
	if (k[1] && k[2]) io->c = rnd_operand(k[2]);
	if (k[1] && !(r >> 32 & 15)) io->b = io->a;
	if (k[1] && !(r >> 36 & 15)) {
		io->b = io->a;
		io->b.m ^= 1;
	}
	io->mxcsr = 0x1f80 | (r & 3) << 13 | (r >> 2 & 7 ? 0 : 0x8000) | (r >> 5 & 7 ? 0 : 0x40);
	io->fcw = 0x3f | (r >> 8 & 3) << 8 | (r & 3) << 10;
	if (!(r >> 10 & 7)) {  // some exceptions unmasked
		io->fcw &= ~(r >> 40 & 63);
		io->mxcsr &= ~((r >> 40 & 63) << 7);
	}
}

static void
soft(struct io *io, int op)
{
	struct fpenv env;
	struct fpenv *e = &env;
	u64 a = io->a.m, b = io->b.m, c = io->c.m;
	struct f80 other = {0, 0};
	unsigned q = 0;
	int partial = 0;
	bool x87 = op >= T_f80_add;
	memset(e, 0, sizeof *e);
	e->pc = io->fcw >> 8 & 3;
	if (x87) {
		e->rc = io->fcw >> 10 & 3;
		e->masks = io->fcw & 63;
	} else {
		e->rc = io->mxcsr >> 13 & 3;
		e->ftz = io->mxcsr >> 15;
		e->daz = io->mxcsr >> 6 & 1;
		e->masks = io->mxcsr >> 7 & 63;
	}
	io->r.m = io->r.se = 0;
	switch (op) {
#define BOTH(f, F)                                                                   \
	case T_##f##_add: io->r.m = sf_arith(e, F, SF_ADD, a, b); break;             \
	case T_##f##_sub: io->r.m = sf_arith(e, F, SF_SUB, a, b); break;             \
	case T_##f##_mul: io->r.m = sf_arith(e, F, SF_MUL, a, b); break;             \
	case T_##f##_div: io->r.m = sf_arith(e, F, SF_DIV, a, b); break;             \
	case T_##f##_sqrt: io->r.m = sf_arith(e, F, SF_SQRT, 0, a); break;           \
	case T_##f##_min: io->r.m = sf_arith(e, F, SF_MIN, a, b); break;             \
	case T_##f##_max: io->r.m = sf_arith(e, F, SF_MAX, a, b); break;             \
	case T_##f##_ucomi: io->r.m = sf_cmp(e, F, a, b, 0) & 3; break;              \
	case T_##f##_comi: io->r.m = sf_cmp(e, F, a, b, 1) & 3; break;               \
	case T_##f##_round: io->r.m = sf_round_int(e, F, a, 0); break;               \
	case T_##f##_to_i32: io->r.m = sf_convert(e, F, SF_I32, a, 0); break;        \
	case T_##f##_to_i64: io->r.m = sf_convert(e, F, SF_I64, a, 0); break;        \
	case T_##f##_to_i32t: io->r.m = sf_convert(e, F, SF_I32, a, 1); break;       \
	case T_##f##_to_i64t: io->r.m = sf_convert(e, F, SF_I64, a, 1); break;       \
	case T_i32_to_##f: io->r.m = sf_convert(e, SF_I32, F, a, 0); break;          \
	case T_i64_to_##f: io->r.m = sf_convert(e, SF_I64, F, a, 0); break;          \
	case T_##f##_to_f80: io->r = f80_from(e, F, a); break;                       \
	case T_f80_to_##f: io->r.m = f80_to(e, F, io->a); break;                     \
	case T_##f##_fma: io->r.m = sf_muladd(e, F, a, b, c, 0, 0); break;           \
	case T_##f##_fnmsub: io->r.m = sf_muladd(e, F, a, b, c, 1, 1); break;
		BOTH(f32, SF_F32)
		BOTH(f64, SF_F64)
	case T_f32_to_f64: io->r.m = sf_convert(e, SF_F32, SF_F64, a, 0); break;
	case T_f64_to_f32: io->r.m = sf_convert(e, SF_F64, SF_F32, a, 0); break;
	case T_f16_to_f32: io->r.m = sf_from_half(e, (u32)a); break;
	case T_f32_to_f16: io->r.m = sf_to_half(e, (u32)a); break;
	case T_f32_to_f16up: e->rc = ROUND_UP; io->r.m = sf_to_half(e, (u32)a); break;
	case T_f80_add: io->r = f80_arith(e, SF_ADD, io->a, io->b); break;
	case T_f80_sub: io->r = f80_arith(e, SF_SUB, io->a, io->b); break;
	case T_f80_mul: io->r = f80_arith(e, SF_MUL, io->a, io->b); break;
	case T_f80_div: io->r = f80_arith(e, SF_DIV, io->a, io->b); break;
	case T_f80_sqrt: io->r = f80_arith(e, SF_SQRT, io->a, io->a); break;
	case T_f80_ucom: io->r.m = f80_cmp(e, io->a, io->b, 0) & 3; break;
	case T_f80_com: io->r.m = f80_cmp(e, io->a, io->b, 1) & 3; break;
	case T_f80_round: io->r = f80_round_int(e, io->a); break;
	case T_i64_to_f80: io->r = f80_from_int((i64)a); break;
	case T_f80_to_i16: io->r.m = (u16)f80_to_int(e, io->a, 16, 0); break;
	case T_f80_to_i32: io->r.m = (u32)f80_to_int(e, io->a, 32, 0); break;
	case T_f80_to_i64: io->r.m = (u64)f80_to_int(e, io->a, 64, 0); break;
	case T_f80_to_i16t: io->r.m = (u16)f80_to_int(e, io->a, 16, 1); break;
	case T_f80_to_i32t: io->r.m = (u32)f80_to_int(e, io->a, 32, 1); break;
	case T_f80_to_i64t: io->r.m = (u64)f80_to_int(e, io->a, 64, 1); break;
	case T_f80_scale: io->r = f80_scale(e, io->a, io->b); break;
	case T_f80_rem: io->r = f80_rem(e, io->a, io->b, 0, &q, &partial); break;
	case T_f80_rem1: io->r = f80_rem(e, io->a, io->b, 1, &q, &partial); break;
	case T_f80_extract: io->r = f80_extract(e, io->a, &other); break;
	case T_f80_sincos: partial = !f80_trig(e, F80_SINCOS, io->a, &io->r, &other); break;
	case T_f80_tan: partial = !f80_trig(e, F80_TAN, io->a, &io->r, &other); break;
	case T_f80_atan2: io->r = f80_atan2(e, io->a, io->b); break;
	case T_f80_2xm1: io->r = f80_2xm1(e, io->a); break;
	case T_f80_yl2x: io->r = f80_yl2x(e, io->a, io->b, 0); break;
	case T_f80_yl2xp1: io->r = f80_yl2x(e, io->a, io->b, 1); break;
	}
	io->r.m ^= (other.m ^ other.se) * 3 + q * 5 + (unsigned)partial * 7;  // into the hash
	io->flags = e->flags;
	io->c1 = x87 && e->c1;
}

#if HOST_X86_64
static bool have_fma, have_f16c;

// Runs one instruction under io's MXCSR; in an unmasked case the handler
// below notes the flags and masks everything, so that it completes.
#define SSE(t, insn)                                                                          \
	do {                                                                                  \
		t x = (t)io->a.m, y = (t)io->b.m, z = (t)io->c.m;                             \
		__asm__ volatile("movq %4,%%xmm0\n\tmovq %5,%%xmm1\n\tmovq %6,%%xmm2\n\t"     \
				 "ldmxcsr %7\n\t" insn "\n\tstmxcsr %1\n\tldmxcsr %8\n\t"    \
				 "movq %%xmm0,%0"                                             \
				 : "=&r"(r), "=m"(csr), "+r"(g), "=@cca"(above)              \
				 : "r"((u64)x), "r"((u64)y), "r"((u64)z), "m"(io->mxcsr), "m"(dflt) \
				 : "xmm0", "xmm1", "xmm2", "memory");                         \
		io->r.m = r;                                                                  \
	} while (0)

#define X87(pre, insn, post)                                                                       \
	do {                                                                                       \
		__asm__ volatile(pre "\n\tfnclex\n\tfldcw %4\n\t" insn "\n\tfnstsw %1\n\tfnclex\n\tfldcw %5\n\t" post "\n\tfninit" \
				 : "=m"(out), "=m"(sw), "=m"(sink)                                 \
				 : "m"(in), "m"(io->fcw), "m"(fdflt), "m"(in2)                     \
				 : "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)"); \
	} while (0)

struct bytes10 {
	u8 b[16];
};

static struct bytes10
to_bytes(struct f80 v)
{
	struct bytes10 b;
	memset(&b, 0, sizeof b);
	st64(b.b, v.m);
	st16(b.b + 8, v.se);
	return b;
}

static volatile u32 fault_csr;

// Notes the flags of the faulting instruction and lets it run again masked.
static void
on_fpe(int sig, siginfo_t *si, void *ucp)
{
	(void)sig, (void)si;
	ucontext_t *uc = (ucontext_t *)ucp;
	fault_csr = uc->uc_mcontext.fpregs->mxcsr;
	uc->uc_mcontext.fpregs->mxcsr = fault_csr | 0x1f80;
}

static int
cmp_result(u64 fl)
{
	return fl & 4 ? FPCMP_UN : fl & 64 ? FPCMP_EQ : fl & 1 ? FPCMP_LT & 3 : FPCMP_GT;
}

static int
cmp_sw(u16 sw)
{
	return sw & 0x400 ? FPCMP_UN : sw & 0x4000 ? FPCMP_EQ : sw & 0x100 ? FPCMP_LT & 3 : FPCMP_GT;
}

static bool
hard(struct io *io, int op)
{
	u64 r = 0, g = 0;
	u32 csr = 0, dflt = 0x1f80;
	u16 sw = 0, sink = 0, fdflt = 0x37f;
	int above;
	struct bytes10 in = to_bytes(io->a), in2 = to_bytes(io->b), out = to_bytes(io->c);
	memset(&out, 0, sizeof out);
	io->r.se = 0;
	io->c1 = 0;
	fault_csr = 0;
	switch (op) {
	case T_f32_add: SSE(u32, "addss %%xmm1,%%xmm0"); break;
	case T_f32_sub: SSE(u32, "subss %%xmm1,%%xmm0"); break;
	case T_f32_mul: SSE(u32, "mulss %%xmm1,%%xmm0"); break;
	case T_f32_div: SSE(u32, "divss %%xmm1,%%xmm0"); break;
	case T_f32_sqrt: SSE(u32, "sqrtss %%xmm0,%%xmm0"); break;
	case T_f32_min: SSE(u32, "minss %%xmm1,%%xmm0"); break;
	case T_f32_max: SSE(u32, "maxss %%xmm1,%%xmm0"); break;
	case T_f32_ucomi: SSE(u32, "ucomiss %%xmm1,%%xmm0;pushf;pop %2"); io->r.m = cmp_result(g); break;
	case T_f32_comi: SSE(u32, "comiss %%xmm1,%%xmm0;pushf;pop %2"); io->r.m = cmp_result(g); break;
	case T_f32_round: SSE(u32, "roundss $4,%%xmm0,%%xmm0"); break;
	case T_f32_to_i32: SSE(u32, "cvtss2si %%xmm0,%k2"); io->r.m = (u32)g; break;
	case T_f32_to_i64: SSE(u32, "cvtss2si %%xmm0,%q2"); io->r.m = g; break;
	case T_f32_to_i32t: SSE(u32, "cvttss2si %%xmm0,%k2"); io->r.m = (u32)g; break;
	case T_f32_to_i64t: SSE(u32, "cvttss2si %%xmm0,%q2"); io->r.m = g; break;
	case T_i32_to_f32: SSE(u64, "movq %%xmm0,%2;pxor %%xmm0,%%xmm0;cvtsi2ss %k2,%%xmm0"); break;
	case T_i64_to_f32: SSE(u64, "movq %%xmm0,%2;pxor %%xmm0,%%xmm0;cvtsi2ss %q2,%%xmm0"); break;
	case T_f32_to_f64: SSE(u32, "cvtss2sd %%xmm0,%%xmm0"); break;
	case T_f64_add: SSE(u64, "addsd %%xmm1,%%xmm0"); break;
	case T_f64_sub: SSE(u64, "subsd %%xmm1,%%xmm0"); break;
	case T_f64_mul: SSE(u64, "mulsd %%xmm1,%%xmm0"); break;
	case T_f64_div: SSE(u64, "divsd %%xmm1,%%xmm0"); break;
	case T_f64_sqrt: SSE(u64, "sqrtsd %%xmm0,%%xmm0"); break;
	case T_f64_min: SSE(u64, "minsd %%xmm1,%%xmm0"); break;
	case T_f64_max: SSE(u64, "maxsd %%xmm1,%%xmm0"); break;
	case T_f64_ucomi: SSE(u64, "ucomisd %%xmm1,%%xmm0;pushf;pop %2"); io->r.m = cmp_result(g); break;
	case T_f64_comi: SSE(u64, "comisd %%xmm1,%%xmm0;pushf;pop %2"); io->r.m = cmp_result(g); break;
	case T_f64_round: SSE(u64, "roundsd $4,%%xmm0,%%xmm0"); break;
	case T_f64_to_i32: SSE(u64, "cvtsd2si %%xmm0,%k2"); io->r.m = (u32)g; break;
	case T_f64_to_i64: SSE(u64, "cvtsd2si %%xmm0,%q2"); io->r.m = g; break;
	case T_f64_to_i32t: SSE(u64, "cvttsd2si %%xmm0,%k2"); io->r.m = (u32)g; break;
	case T_f64_to_i64t: SSE(u64, "cvttsd2si %%xmm0,%q2"); io->r.m = g; break;
	case T_i32_to_f64: SSE(u64, "movq %%xmm0,%2;pxor %%xmm0,%%xmm0;cvtsi2sd %k2,%%xmm0"); break;
	case T_i64_to_f64: SSE(u64, "movq %%xmm0,%2;pxor %%xmm0,%%xmm0;cvtsi2sd %q2,%%xmm0"); break;
	case T_f64_to_f32: SSE(u64, "cvtsd2ss %%xmm0,%%xmm0;movd %%xmm0,%k2;movd %k2,%%xmm0"); break;
	case T_f32_fma:
		if (!have_fma) return false;
		SSE(u32, "vfmadd213ss %%xmm2,%%xmm0,%%xmm1;movaps %%xmm1,%%xmm0");
		break;
	case T_f32_fnmsub:
		if (!have_fma) return false;
		SSE(u32, "vfnmsub213ss %%xmm2,%%xmm0,%%xmm1;movaps %%xmm1,%%xmm0");
		break;
	case T_f64_fma:
		if (!have_fma) return false;
		SSE(u64, "vfmadd213sd %%xmm2,%%xmm0,%%xmm1;movaps %%xmm1,%%xmm0");
		break;
	case T_f64_fnmsub:
		if (!have_fma) return false;
		SSE(u64, "vfnmsub213sd %%xmm2,%%xmm0,%%xmm1;movaps %%xmm1,%%xmm0");
		break;
	case T_f16_to_f32:
		if (!have_f16c) return false;
		SSE(u16, "vcvtph2ps %%xmm0,%%xmm0;movd %%xmm0,%k2;movd %k2,%%xmm0");
		break;
	case T_f32_to_f16:
		if (!have_f16c) return false;
		SSE(u32, "vcvtps2ph $4,%%xmm0,%%xmm0;movd %%xmm0,%k2;movzwl %w2,%k2;movd %k2,%%xmm0");
		break;
	case T_f32_to_f16up:
		if (!have_f16c) return false;
		SSE(u32, "vcvtps2ph $2,%%xmm0,%%xmm0;movd %%xmm0,%k2;movzwl %w2,%k2;movd %k2,%%xmm0");
		break;
	case T_f80_add: X87("fldt %6;fldt %3", "fadd %%st(1),%%st", "fstpt %0;fstp %%st(0)"); break;
	case T_f80_sub: X87("fldt %6;fldt %3", "fsub %%st(1),%%st", "fstpt %0;fstp %%st(0)"); break;
	case T_f80_mul: X87("fldt %6;fldt %3", "fmul %%st(1),%%st", "fstpt %0;fstp %%st(0)"); break;
	case T_f80_div: X87("fldt %6;fldt %3", "fdiv %%st(1),%%st", "fstpt %0;fstp %%st(0)"); break;
	case T_f80_sqrt: X87("fldt %3", "fsqrt", "fstpt %0"); break;
	case T_f80_ucom: X87("fldt %6;fldt %3", "fucom %%st(1)", "fstp %%st(0);fstp %%st(0)"); break;
	case T_f80_com: X87("fldt %6;fldt %3", "fcom %%st(1)", "fstp %%st(0);fstp %%st(0)"); break;
	case T_f80_round: X87("fldt %3", "frndint", "fstpt %0"); break;
	case T_f32_to_f80: X87("", "flds %3", "fstpt %0"); break;
	case T_f64_to_f80: X87("", "fldl %3", "fstpt %0"); break;
	case T_i64_to_f80: X87("", "fildll %3", "fstpt %0"); break;
	case T_f80_to_f32: X87("fldt %3", "fstps %0", ""); break;
	case T_f80_to_f64: X87("fldt %3", "fstpl %0", ""); break;
	case T_f80_to_i16: X87("fldt %3", "fistps %0", ""); break;
	case T_f80_to_i32: X87("fldt %3", "fistpl %0", ""); break;
	case T_f80_to_i64: X87("fldt %3", "fistpll %0", ""); break;
	case T_f80_to_i16t: X87("fldt %3", "fisttps %0", ""); break;
	case T_f80_to_i32t: X87("fldt %3", "fisttpl %0", ""); break;
	case T_f80_to_i64t: X87("fldt %3", "fisttpll %0", ""); break;
	default: return false;
	}
	if (op < T_f80_add && op != T_f32_to_f80 && op != T_f64_to_f80) {
		io->flags = (fault_csr ? fault_csr : csr) & 63;
		return true;
	}
	io->flags = sw & 63;
	io->r.m = ld64(out.b);
	io->r.se = ld16(out.b + 8);
	io->c1 = sw >> 9 & 1;
	if (op == T_f80_ucom || op == T_f80_com) io->r.m = cmp_sw(sw);
	return true;
}
#endif

#if HOST_X86_64
static void
show(const char *who, int op, const struct io *io)
{
	const char *k = kinds[op];
	printf("  %-4s %s(%04x:%016llx", who, names[op], io->a.se, (unsigned long long)io->a.m);
	if (k[1]) printf(", %04x:%016llx", io->b.se, (unsigned long long)io->b.m);
	if (k[1] && k[2]) printf(", %016llx", (unsigned long long)io->c.m);
	printf(") fcw %03x mxcsr %04x = %04x:%016llx flags %02x c1 %d\n", io->fcw, (unsigned)io->mxcsr, io->r.se,
	       (unsigned long long)io->r.m, io->flags, io->c1);
}
#endif

static const u32 recorded[] = {
#include "softfloat_hash.inc"
    0};

static u32
hash_case(u32 h, const struct io *io)
{
	u64 x[3];
	int i;
	x[0] = io->r.m;
	x[1] = io->r.se;
	x[2] = io->flags << 1 | io->c1;
	for (i = 0; i < 3; i++) {
		h = (h ^ (u32)x[i]) * 0x01000193;
		h = (h ^ (u32)(x[i] >> 32)) * 0x01000193;
		h ^= h >> 15;
	}
	return h;
}

int
main(int argc, char **argv)
{
	long n = 60000, i, compared = 0;
	int op, k, failures = 0, record = 0, bad;
	const char *only = 0;
	struct io io;
#if HOST_X86_64
	struct sigaction sa;
#endif
	for (k = 1; k < argc; k++) {
		if (!strcmp(argv[k], "-r"))
			record = 1;
		else if (!strcmp(argv[k], "-n") && k + 1 < argc)
			n = atol(argv[++k]);
		else
			only = argv[k];
	}
	for (op = 0; op < T_COUNT; op++) {
		u32 h = 0x811c9dc5;
		if (only && strcmp(only, names[op])) continue;
		seed = op;
		for (i = 0; i < 3000; i++) {
			make_case(&io, op);
			soft(&io, op);
			h = hash_case(h, &io);
		}
		if (record) {
			printf("    0x%08x,  // %s\n", (unsigned)h, names[op]);
		} else if (h != recorded[op]) {
			printf("softfloat: %s: hash 0x%08x is not the recorded 0x%08x\n", names[op], (unsigned)h, (unsigned)recorded[op]);
			failures++;
		}
	}
	if (record) return 0;
#if HOST_X86_64
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = on_fpe;
	sa.sa_flags = SA_SIGINFO;
	sigaction(SIGFPE, &sa, 0);
	have_fma = __builtin_cpu_supports("fma");
	have_f16c = __builtin_cpu_supports("avx2");  // F16C came before it; clang 14 has no name for it
	for (op = 0; op < T_COUNT; op++) {
		if (only && strcmp(only, names[op])) continue;
		seed = op;
		bad = 0;
		for (i = 0; i < n; i++) {
			struct io s, h;
			make_case(&io, op);
			s = io;
			h = io;
			soft(&s, op);
			if (!hard(&h, op)) break;  // FMA or F16C on an old processor, f80math.c
			compared++;
			// An unmasked exception leaves the destination alone,
			// except for an x87 overflow or underflow in a register.
			k = s.flags & ~(op < T_f80_add ? io.mxcsr >> 7 : io.fcw);
			if ((k & (FPX_I | FPX_D | FPX_Z)) || (k && (op < T_f80_add || (op >= T_f80_to_f32 && op != T_i64_to_f80)))) {
				s.r = h.r;
				if (op < T_f80_add) s.c1 = h.c1;
			}
			if (s.r.m != h.r.m || s.r.se != h.r.se || s.flags != h.flags || s.c1 != h.c1) {
				if (!bad) failures++;
				if (bad++ < 5) {
					show("soft", op, &s);
					show("hard", op, &h);
				}
			}
		}
		if (bad) printf("softfloat: %s: %d of %ld cases differ from silicon\n", names[op], bad, n);
	}
#else
	(void)bad;
	(void)n;
	printf("softfloat: case by case comparison skipped: needs an x86-64 host\n");
#endif
	printf("softfloat: %d operations, %ld cases on silicon, %d failed\n", T_COUNT, compared, failures);
	return failures != 0;
}
