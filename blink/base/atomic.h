// atomic.h: memory that threads share without a lock: one name for each kind
// of access, in every build and under ThreadSanitizer.
#ifndef BASE_ATOMIC_H_
#define BASE_ATOMIC_H_
#include "base/base.h"

#if defined(__SANITIZE_THREAD__)
#define TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN 1
#endif
#endif
#ifndef TSAN
#define TSAN 0
#endif

#define LOAD_RELAXED(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define LOAD_ACQUIRE(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define LOAD_SEQ(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define STORE_RELAXED(p, x) __atomic_store_n((p), (x), __ATOMIC_RELAXED)
#define STORE_RELEASE(p, x) __atomic_store_n((p), (x), __ATOMIC_RELEASE)
#define STORE_SEQ(p, x) __atomic_store_n((p), (x), __ATOMIC_SEQ_CST)

// What hot code reads while others store it atomically: an aligned word, in
// one host load. It is spelled as a plain load because compilers keep atomic
// ones out of addressing modes and compares. What is reached through a pointer
// loaded so was complete before it was stored: no host but Alpha reorders that.
#if TSAN
#define LOAD_HOT(p) LOAD_ACQUIRE(p)
#else
#define LOAD_HOT(p) (*(p))
#endif

// ThreadSanitizer knows no fences; a read-modify-write orders as well.
#if TSAN
static u8 fence_byte UNUSED;
#define FENCE_SEQ() ((void)__atomic_fetch_add(&fence_byte, 0, __ATOMIC_SEQ_CST))
#else
#define FENCE_SEQ() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

// Functions that touch guest memory: guests may race with themselves, as they
// may on a processor, so ThreadSanitizer looks away there and at nothing else.
// They copy by guest_move: memcpy and its kin are looked at wherever they are.
#if TSAN
#define GUEST_RACES __attribute__((no_sanitize_thread))
static GUEST_RACES UNUSED NOINLINE void
guest_move(void *dst, const void *src, size_t n)
{
	volatile u8 *d = (volatile u8 *)dst;
	const volatile u8 *s = (const volatile u8 *)src;
	size_t i;
	if ((uintptr_t)dst - (uintptr_t)src >= n)
		for (i = 0; i < n; i++)
			d[i] = s[i];
	else
		while (n--)
			d[n] = s[n];
}
static GUEST_RACES UNUSED NOINLINE void
guest_fill(void *dst, int x, size_t n)
{
	volatile u8 *d = (volatile u8 *)dst;
	while (n--)
		*d++ = (u8)x;
}
#define guest_copy guest_move
#else
#define GUEST_RACES
#define guest_move memmove
#define guest_copy memcpy
#define guest_fill memset
#endif

#endif
