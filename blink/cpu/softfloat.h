// softfloat.h: IEEE 754 binary32, binary64 and the x87's 80-bit format in
// integers, with the results, NaN choices and exception bits of x86
// processors, the same on every host.
//
// Stateless: rounding and denormal controls come in, and exception flags go
// out, through struct fpenv. Nothing here knows a register, memory or faults.
// Sources: SDM vol 1 chapters 4.8, 8 and 11.5; what silicon does.
#ifndef CPU_SOFTFLOAT_H_
#define CPU_SOFTFLOAT_H_
#include "base/base.h"

typedef u32 f32;  // bits of a binary32
typedef u64 f64;  // bits of a binary64
struct f80 { u64 m; u16 se; };  // significand with its explicit integer bit; sign and exponent

enum { ROUND_NEAREST, ROUND_DOWN, ROUND_UP, ROUND_ZERO };  // as in MXCSR.RC and FCW.RC
// Exception bits as in MXCSR and FSW bits 0..5
enum { FPX_I = 1, FPX_D = 2, FPX_Z = 4, FPX_O = 8, FPX_U = 16, FPX_P = 32 };

struct fpenv {
	u8 rc;        // rounding
	u8 pc;        // x87 precision control: 0 = 24, 2 = 53, 3 = 64 bits
	u8 ftz, daz;  // MXCSR.FTZ (honoured only where underflow is masked), DAZ
	u8 masks;     // FPX_* bits that are masked. An unmasked O or U gives the
	              // x87 its biased result; the caller decides about faulting
	u8 flags;     // out: FPX_* bits are or-ed in
	u8 c1;        // out: x87 C1, the last rounding went away from zero
};

enum fpcmp { FPCMP_LT = -1, FPCMP_EQ = 0, FPCMP_GT = 1, FPCMP_UN = 2 };

// SSE scalar arithmetic. NaN rule: the first operand if it is a NaN (made
// quiet), else the second; invalid operations give the default NaN. muladd is
// a * b + c rounded once, its NaN the first of a, b, c. Where an unmasked
// exception forbids a result (I, D, Z; for SSE also O, U, P), what is returned
// means nothing, and flags are those that the fault reports.
f32 f32_add(struct fpenv *, f32, f32);
f32 f32_sub(struct fpenv *, f32, f32);
f32 f32_mul(struct fpenv *, f32, f32);
f32 f32_div(struct fpenv *, f32, f32);
f32 f32_sqrt(struct fpenv *, f32);
f32 f32_min(struct fpenv *, f32, f32);  // MINSS: second operand on NaN or equal
f32 f32_max(struct fpenv *, f32, f32);
f32 f32_muladd(struct fpenv *, f32 a, f32 b, f32 c, int neg_product, int neg_c);
enum fpcmp f32_cmp(struct fpenv *, f32, f32, int signal_qnan);
f32 f32_round_int(struct fpenv *, f32, int suppress_inexact);
f64 f64_add(struct fpenv *, f64, f64);
f64 f64_sub(struct fpenv *, f64, f64);
f64 f64_mul(struct fpenv *, f64, f64);
f64 f64_div(struct fpenv *, f64, f64);
f64 f64_sqrt(struct fpenv *, f64);
f64 f64_min(struct fpenv *, f64, f64);
f64 f64_max(struct fpenv *, f64, f64);
f64 f64_muladd(struct fpenv *, f64 a, f64 b, f64 c, int neg_product, int neg_c);
enum fpcmp f64_cmp(struct fpenv *, f64, f64, int signal_qnan);
f64 f64_round_int(struct fpenv *, f64, int suppress_inexact);
// Conversions. Out of range and NaN give the integer indefinite (0x80..0) and
// FPX_I. `trunc` rounds toward zero whatever rc says (CVTT*).
f64 f32_to_f64(struct fpenv *, f32);
f32 f64_to_f32(struct fpenv *, f64);
i32 f32_to_i32(struct fpenv *, f32, int trunc);
i64 f32_to_i64(struct fpenv *, f32, int trunc);
i32 f64_to_i32(struct fpenv *, f64, int trunc);
i64 f64_to_i64(struct fpenv *, f64, int trunc);
f32 i32_to_f32(struct fpenv *, i32);
f32 i64_to_f32(struct fpenv *, i64);
f64 i32_to_f64(struct fpenv *, i32);
f64 i64_to_f64(struct fpenv *, i64);

// x87 arithmetic: rounds to env->pc. NaN rule of the x87: the larger
// significand of two NaNs. Unsupported encodings are FPX_I and the default NaN.
struct f80 f80_add(struct fpenv *, struct f80, struct f80);
struct f80 f80_sub(struct fpenv *, struct f80, struct f80);
struct f80 f80_mul(struct fpenv *, struct f80, struct f80);
struct f80 f80_div(struct fpenv *, struct f80, struct f80);
struct f80 f80_sqrt(struct fpenv *, struct f80);
enum fpcmp f80_cmp(struct fpenv *, struct f80, struct f80, int signal_qnan);
struct f80 f80_round_int(struct fpenv *, struct f80);
struct f80 f80_scale(struct fpenv *, struct f80, struct f80);  // FSCALE: a * 2^trunc(b)
// FXTRACT: the exponent is returned, the significand goes to *m.
struct f80 f80_extract(struct fpenv *, struct f80, struct f80 *m);
// FPREM, with `nearest` FPREM1. *quotient gets the low bits of the quotient,
// *partial whether the reduction is incomplete.
struct f80 f80_rem(struct fpenv *, struct f80, struct f80, int nearest, unsigned *quotient, int *partial);
// Transcendental functions, to within one unit in the last place (f80math.c).
// f80_trig: *first replaces the argument, *second (F80_TAN: one; F80_SINCOS:
// the cosine) is what is pushed. Returns 0 for an argument beyond 2^63.
enum f80_trig { F80_TAN, F80_SINCOS, F80_SIN, F80_COS };
int f80_trig(struct fpenv *, enum f80_trig, struct f80, struct f80 *first, struct f80 *second);
struct f80 f80_2xm1(struct fpenv *, struct f80);
struct f80 f80_yl2x(struct fpenv *, struct f80 x, struct f80 y, int plus1);  // y * log2(x), or of x + 1
struct f80 f80_atan2(struct fpenv *, struct f80 y, struct f80 x);
struct f80 f32_to_f80(struct fpenv *, f32);
struct f80 f64_to_f80(struct fpenv *, f64);
f32 f80_to_f32(struct fpenv *, struct f80);
f64 f80_to_f64(struct fpenv *, struct f80);
struct f80 i64_to_f80(i64);
i16 f80_to_i16(struct fpenv *, struct f80, int trunc);
i32 f80_to_i32(struct fpenv *, struct f80, int trunc);
i64 f80_to_i64(struct fpenv *, struct f80, int trunc);

#endif
