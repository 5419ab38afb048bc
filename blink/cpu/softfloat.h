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

// Numbers are passed as their bits, binary32 in the low half of a u64.
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

enum sf_op { SF_ADD, SF_SUB, SF_MUL, SF_DIV, SF_MIN, SF_MAX, SF_SQRT };
enum sf_type { SF_F32, SF_F64, SF_I32, SF_I64 };  // bit 0: 8 bytes

// SSE scalar arithmetic; t is SF_F32 or SF_F64. SQRT is of b. NaN rule: the
// first operand if it is a NaN (made quiet), else the second; invalid
// operations give the default NaN. muladd is a * b + c rounded once, its NaN
// the first of a, b, c (which is FMA's rule: of 213 a is the second operand, b
// the destination; of 132 a is the destination; of 231 c is). MIN and MAX give b where either is a NaN or both are
// equal. Where an unmasked exception forbids a result (I, D, Z; for SSE also
// O, U, P), what is returned means nothing, and flags are those that the
// fault reports.
u64 sf_arith(struct fpenv *, enum sf_type t, enum sf_op, u64 a, u64 b);
u64 sf_muladd(struct fpenv *, enum sf_type t, u64 a, u64 b, u64 c, int neg_product, int neg_c);
enum fpcmp sf_cmp(struct fpenv *, enum sf_type t, u64 a, u64 b, int signal_qnan);
u64 sf_round_int(struct fpenv *, enum sf_type t, u64 a, int suppress_inexact);
// From any type to any other, but not integer to integer. Out of range and NaN
// give the integer indefinite (0x80..0) and FPX_I. `trunc` rounds toward zero
// whatever rc says (CVTT*).
u64 sf_convert(struct fpenv *, enum sf_type from, enum sf_type to, u64 x, int trunc);
// F16C: binary16, in the low bits. Neither FTZ nor, for the first, DAZ counts;
// the first reports no denormal. The caller puts the immediate's rounding into rc.
u32 sf_from_half(struct fpenv *, u32 h);
u32 sf_to_half(struct fpenv *, u32 f32);

// x87 arithmetic: rounds to env->pc. NaN rule of the x87: the larger
// significand of two NaNs. Unsupported encodings are FPX_I and the default NaN.
struct f80 f80_arith(struct fpenv *, enum sf_op, struct f80 a, struct f80 b);
enum fpcmp f80_cmp(struct fpenv *, struct f80, struct f80, int signal_qnan);
struct f80 f80_from(struct fpenv *, enum sf_type, u64);  // SF_F32, SF_F64
u64 f80_to(struct fpenv *, enum sf_type, struct f80);    // likewise
struct f80 f80_from_int(i64);
i64 f80_to_int(struct fpenv *, struct f80, unsigned bits, int trunc);
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

#endif
