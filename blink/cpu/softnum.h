// softnum.h: the unpacked numbers of softfloat.c, for it and f80math.c alone.
#ifndef CPU_SOFTNUM_H_
#define CPU_SOFTNUM_H_
#include "cpu/softfloat.h"

enum cls { ZERO, FINITE, INF, QNAN, SNAN, BAD };  // BAD: an f80 encoding that no x87 produces
#define TOP (1ull << 63)

// The value is +-hi.lo * 2^exp, where bit 63 of hi is worth one; a FINITE one
// has it set until it is rounded. NaNs keep their payload aligned the same.
struct num {
	u64 hi, lo;
	i32 exp;
	u8 neg, cls, den;
};

void num_set(struct num *r, enum cls cls, int neg);
void num_invalid(struct fpenv *env, struct num *r);  // FPX_I, the default NaN
void num_normalize(struct num *n);                   // hi.lo must not be zero
void num_shift(struct num *n, u32 s);                // right, the last bit sticky
void num_mul64(u64 a, u64 b, u64 *hi, u64 *lo);
void num_unpack80(struct num *n, struct f80 v);
struct f80 num_pack80(struct num *n);                // must be rounded
struct f80 num_round80(struct fpenv *env, struct num *n);  // to 64 bits, whatever env->pc says
void num_from_int(struct num *n, i64 v);
// Settles the result where an operand is not a number.
bool num_pick_nan(struct fpenv *env, struct num *r, const struct num *x, const struct num *y, int x87);
// Notes a denormal operand; true if that faults, so that no result is due.
bool num_denormal(struct fpenv *env, struct num *r, int den);
// Both finite and not zero; overwrites its operands.
void num_add(struct fpenv *env, struct num *r, struct num *x, struct num *y);

#endif
