// sse.h: MXCSR, and the bracket that cpu_run puts around guest execution.
//
// On an x86-64 host the host's MXCSR holds the guest's control bits, all
// exceptions masked, while guest code runs; the sticky bits of the two are
// or-ed when somebody reads them. A guest that unmasks an exception gets its
// arithmetic from cpu/softfloat.c (cpu.fpsoft). Everywhere else cpu.mxcsr is
// the whole truth. SSE_PORTABLE makes an x86-64 host behave as such a host; so
// do tiny builds, whose RUN_NATIVE brackets each instruction instead.
#ifndef CPU_SSE_H_
#define CPU_SSE_H_
#include "cpu/cpu.h"

#if defined(SSE_PORTABLE) || defined(TINY)
#define SSE_HOST 0
#else
#define SSE_HOST HOST_X86_64
#endif

enum {
	MXCSR_FLAGS = 0x3f,
	MXCSR_DAZ = 0x40,
	MXCSR_MASKS = 0x1f80,
	MXCSR_FTZ = 0x8000,
	MXCSR_DEFAULT = 0x1f80,
	MXCSR_VALID = 0xffff  // MXCSR_MASK: other bits are #GP
};

static inline u32
sse_host_get(void)
{
	u32 x = MXCSR_DEFAULT;
#if SSE_HOST
	__asm__ volatile("stmxcsr %0" : "=m"(x));
#endif
	return x;
}

static inline void
sse_host_set(u32 x)
{
#if SSE_HOST
	__asm__ volatile("ldmxcsr %0" : : "m"(x));
#else
	(void)x;
#endif
}

// What the host has: handlers look only once somebody has asked.
#if SSE_HOST
int sse_ask_host(void);
#else
static inline int
sse_ask_host(void)
{
	return 0;
}
#endif

#ifndef TINY
extern u8 sse_forced_soft;  // tests set it: arithmetic in software, whatever the host has
#else
enum { sse_forced_soft = 0 };
#endif

// Before guest code runs on this thread, and after cpu.mxcsr was assigned.
static inline void
sse_enter(struct cpu *c)
{
	c->fpsoft = (c->mxcsr & MXCSR_MASKS) != MXCSR_MASKS || sse_forced_soft;
	if (SSE_HOST && sse_host_get() != (c->mxcsr | MXCSR_MASKS))
		sse_host_set(c->mxcsr | MXCSR_MASKS);
}

// Gathers the sticky bits into cpu.mxcsr.
static inline void
sse_sync(struct cpu *c)
{
	if (SSE_HOST)
		c->mxcsr |= sse_host_get() & MXCSR_FLAGS;
}

// After guest code: cpu.mxcsr is whole, the host's MXCSR is C's again.
static inline void
sse_leave(struct cpu *c)
{
	if (SSE_HOST) {
		u32 x = sse_host_get();
		c->mxcsr |= x & MXCSR_FLAGS;
		if ((x ^ MXCSR_DEFAULT) & ~(u32)MXCSR_FLAGS)
			sse_host_set(MXCSR_DEFAULT);
	}
}

// A host signal handler that leaves guest code by a jump calls this first
// with the MXCSR of the interrupted context (the kernel gave the handler a
// fresh one); afterwards cpu_run calls sse_enter again.
static inline void
sse_interrupted(struct cpu *c, u32 mxcsr)
{
	if (SSE_HOST)
		c->mxcsr |= mxcsr & MXCSR_FLAGS;
}

// RCPSS, or with root RSQRTSS, of a float's bits, as recorded on silicon
u32 sse_approximate(u32 x, int root);
enum { APPROX_HASH = 0x5d429585 };  // of many results: see approx_test.c

#endif
