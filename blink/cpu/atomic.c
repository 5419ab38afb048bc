// atomic.c: locked read-modify-write: host atomics where the host can do it
// at that address and width, else the exclusive section.
#include "cpu/atomic.h"

// gcc before 14 compares 32 bits on RISC-V with all of a register that need not
// be their sign extension.
#ifdef __riscv
#define EXTENDED(x) do { long whole = (long)(x); __asm__("" : "+r"(whole)); (x) = whole; } while (0)
#else
#define EXTENDED(x) ((void)0)
#endif
#define CAS(bits, swap) \
static u64 \
cas##bits(void *p, u64 expect, u64 desired) \
{ \
	i##bits e = (i##bits)(HOST_LITTLE ? (u##bits)expect : swap((u##bits)expect)); \
	i##bits d = (i##bits)(HOST_LITTLE ? (u##bits)desired : swap((u##bits)desired)); \
	EXTENDED(e); \
	__atomic_compare_exchange_n((i##bits *)p, &e, d, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	return (u##bits)(HOST_LITTLE ? e : (i##bits)swap((u##bits)e)); \
}
#if __GCC_ATOMIC_SHORT_LOCK_FREE == 2
#define SAME8(x) (x)
CAS(8, SAME8)
CAS(16, __builtin_bswap16)
#else
// Hosts whose atomics are words (RISC-V): within the word around it.
static u64
cas_part(void *p, u64 expect, u64 desired, unsigned n)
{
	unsigned at = (unsigned)((uintptr_t)p & 3);
	i32 *w = (i32 *)((uintptr_t)p - at), old = __atomic_load_n(w, __ATOMIC_RELAXED), want;
	u8 seen[8] = {0}, b[8];
	for (;;) {
		memcpy(seen, (u8 *)&old + at, n);
		if (ld64(seen) != expect) {
			FENCE_SEQ();
			return ld64(seen);
		}
		st64(b, desired);
		want = old;
		memcpy((u8 *)&want + at, b, n);
		EXTENDED(old);
		if (__atomic_compare_exchange_n(w, &old, want, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return expect;
	}
}
#define cas8(p, expect, desired) cas_part(p, expect, desired, 1)
#define cas16(p, expect, desired) cas_part(p, expect, desired, 2)
#endif
CAS(32, __builtin_bswap32)
#if HOST_ATOMIC64
CAS(64, __builtin_bswap64)
#endif

// x86 writes what was there where it differs, and so faults. Hosts whose
// atomics are a load and a conditional store would only have read.
#if defined(__x86_64__) || defined(__i386__) || defined(__s390x__)
#define WRITE_BACK(p) ((void)0)
#else
#define WRITE_BACK(p) write_back(p)
static NOINLINE void
write_back(void *p)
{
	u32 none = 0;
	__asm__("" : "+r"(none));
	__atomic_fetch_or((u32 *)((uintptr_t)p & ~(uintptr_t)3), none, __ATOMIC_RELAXED);
}
#endif

u64
atomic_cas(struct cpu *c, const struct op *op, u64 gva, int size, u64 expect, u64 desired)
{
	void *p = access_atomic(c, op, gva, size);
	u8 e[8], d[8], old[8];
	if (p) {
		u64 r;
		switch (size) {
		case 1: r = cas8(p, expect, desired); break;
		case 2: r = cas16(p, expect, desired); break;
#if HOST_ATOMIC64
		case 8: r = cas64(p, expect, desired); break;
#endif
		default: r = cas32(p, expect, desired); break;
		}
		if (r != expect)
			WRITE_BACK(p);
		COMPILER_FENCE();
		return r;
	}
	st64(e, expect);
	st64(d, desired);
	memset(old, 0, sizeof old);
	access_cas_exclusive(c, op, gva, size, e, d, old);
	return ld64(old);
}

void
atomic_alu(struct cpu *c, const struct op *op, enum alu k)
{
	int size = op->size;
	u64 gva = ea(c, op), old, r, seen;
	u64 b = k >= ALU_NOT ? 0 : opr_get(c, op, 1, size);
	int cin = alu_needs_cf(k) ? flags_cf(c) : 0;
	old = rdn(c, op, gva, size);
	for (;;) {
		r = alu_result(k, old, b, cin);
		seen = atomic_cas(c, op, gva, size, old, trunc_to(r, (unsigned)size));
		if (seen == old)
			break;
		old = seen;
	}
	alu_flags(c, k, size, old, b, r, cin);
}
