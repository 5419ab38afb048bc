// base.h: the vocabulary every other file uses: integer names, compiler
// attributes, bit tricks and little-endian access to bytes.
//
// Nothing here allocates, locks or calls the system; everything may be used
// from a signal handler. Guest memory and guest structures are little-endian
// byte sequences: ldN/stN are the only way from bytes to integers, so that
// big-endian and alignment-strict hosts need no second thought.
#ifndef BASE_BASE_H_
#define BASE_BASE_H_
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;

#ifdef __cplusplus
#define STATIC_ASSERT(x, why) static_assert(x, why)
#else
#define STATIC_ASSERT(x, why) _Static_assert(x, why)
#endif
#define THREAD_LOCAL __thread
#define NORETURN __attribute__((noreturn))
#define NOINLINE __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define COLD __attribute__((noinline, cold))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define UNUSED __attribute__((unused))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define FALLTHROUGH __attribute__((fallthrough))
#define COUNTOF(a) (sizeof(a) / sizeof((a)[0]))
// Small functions in headers that a TINY build keeps once, in the file that
// defines SHARED_HERE, instead of inlining them everywhere:
//   #if SHARED_INLINE
//   SHARED int f(int x) { ... }
//   #else
//   int f(int x);
//   #endif
#if !defined(TINY)
#define SHARED_INLINE 1
#define SHARED static inline
#elif defined(SHARED_HERE)
#define SHARED_INLINE 1
#define SHARED
#else
#define SHARED_INLINE 0
#endif

// Tables of functions. On common hosts a tiny build keeps each function's
// distance from its table in four bytes that need no relocation:
//   FN_TABLE(fn_type, table)  a file of its own, which the Makefile keeps out of
//   FN_ROW(table, function)   link-time optimisation
//   FN_NULL(table)
//   FN_END(table)
//   extern FN_SLOT(fn_type, table)[];   in a header; FN_AT(fn_type, table, i) reads it
#if defined(TINY) && defined(__ELF__) && (defined(__x86_64__) || defined(__aarch64__)) && !defined(__ILP32__)
#define FN_OFFSETS 1
#define FN_SLOT(type, table) const i32 table
#define FN_AT(type, table, i) ((table)[i] ? (type *)((uintptr_t)(table) + (uintptr_t)(intptr_t)(table)[i]) : (type *)0)
#define FN_TABLE(type, table) \
	__asm__(".pushsection .rodata." #table ",\"a\"\n.balign 4\n.globl " #table "\n.hidden " #table "\n" #table ":\n"
#define FN_ROW(table, function) ".long " #function " - " #table "\n"
#define FN_NULL(table) ".long 0\n"
#define FN_END(table) ".popsection\n");
#else
#define FN_OFFSETS 0
#define FN_SLOT(type, table) type *const table
#define FN_AT(type, table, i) ((table)[i])
#define FN_TABLE(type, table) FN_SLOT(type, table)[] = {
#define FN_ROW(table, function) function,
#define FN_NULL(table) 0,
#define FN_END(table) };
#endif

// Keeps the compiler (not the processor) from moving accesses across.
#define COMPILER_FENCE() __asm__ volatile("" ::: "memory")

#if defined(__x86_64__)
#define HOST_X86_64 1
#else
#define HOST_X86_64 0
#endif
#define HOST_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
#define HOST_64BIT (UINTPTR_MAX > 0xffffffffu)
#define HOST_ATOMIC64 (__GCC_ATOMIC_LLONG_LOCK_FREE == 2)

static inline u64
min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64
max_u64(u64 a, u64 b)
{
	return a > b ? a : b;
}

static inline u64
round_down(u64 x, u64 align)
{
	return x & ~(align - 1);
}

static inline u64
round_up(u64 x, u64 align)
{
	return (x + align - 1) & ~(align - 1);
}

static inline u16
ld16(const void *p)
{
	u16 x;
	memcpy(&x, p, 2);
	return HOST_LITTLE ? x : __builtin_bswap16(x);
}

static inline u32
ld32(const void *p)
{
	u32 x;
	memcpy(&x, p, 4);
	return HOST_LITTLE ? x : __builtin_bswap32(x);
}

static inline u64
ld64(const void *p)
{
	u64 x;
	memcpy(&x, p, 8);
	return HOST_LITTLE ? x : __builtin_bswap64(x);
}

static inline void
st16(void *p, u16 x)
{
	x = HOST_LITTLE ? x : __builtin_bswap16(x);
	memcpy(p, &x, 2);
}

static inline void
st32(void *p, u32 x)
{
	x = HOST_LITTLE ? x : __builtin_bswap32(x);
	memcpy(p, &x, 4);
}

static inline void
st64(void *p, u64 x)
{
	x = HOST_LITTLE ? x : __builtin_bswap64(x);
	memcpy(p, &x, 8);
}

// Sign-extends the low `bytes` (1, 2, 4, 8) of x.
static inline u64
sext(u64 x, unsigned bytes)
{
	unsigned s = 64 - 8 * bytes;
	return (u64)((i64)(x << s) >> s);
}

// Keeps the low `bytes` (1, 2, 4, 8) of x.
static inline u64
trunc_to(u64 x, unsigned bytes)
{
	unsigned s = 64 - 8 * bytes;
	return x << s >> s;
}

#endif
