// access.h: guest memory access from handlers. Included by op.h.
//
// Fast path (linear model): one host access at the guest's address, between
// compiler fences, with the op noted so that a host fault can be unwound and
// the instruction run again by the slow path. Specialised handlers have one for
// the paged model too: a hit in the TLB. Slow path: TLB, VMA map, exact faults,
// code watches. Addresses are full linear addresses from ea().
#ifndef CPU_ACCESS_H_
#define CPU_ACCESS_H_

struct una8 { u8 x; };
struct una16 { u16 x; } __attribute__((packed, may_alias));
struct una32 { u32 x; } __attribute__((packed, may_alias));
struct una64 { u64 x; } __attribute__((packed, may_alias));
struct whole8 { u8 x; };
struct whole16 { u16 x; } __attribute__((may_alias));
struct whole32 { u32 x; } __attribute__((may_alias));
struct whole64 { u64 x; } __attribute__((may_alias));

// Slow paths. n is 1..64 and may cross pages: nothing is written unless all
// bytes are accessible. They raise the guest's fault and do not return then.
u64 access_rd(struct cpu *c, const struct op *op, u64 gva, int n);
void access_wr(struct cpu *c, const struct op *op, u64 gva, int n, u64 x);
void access_rdv(struct cpu *c, const struct op *op, u64 gva, void *dst, int n);
void access_wrv(struct cpu *c, const struct op *op, u64 gva, const void *src, int n);
// Faults exactly as a write (access MEM_W) or read of n bytes would, does nothing else.
void access_probe(struct cpu *c, const struct op *op, u64 gva, int n, int access);

#if !LINEAR_POSSIBLE
#define ACCESS_FAST(c, gva) 0
#elif defined(__aarch64__)
#define ACCESS_FAST(c, gva) LIKELY(!((c)->slow | (gva) >> 56))  // the host ignores the top byte
#else
#define ACCESS_FAST(c, gva) LIKELY(!(c)->slow)
#endif
#define ACCESS_HOST(gva) ((uintptr_t)((gva) + LINEAR_BASE))

// Hosts that load unaligned words byte by byte: aligned ones must not tear,
// and stores that cross a page are not all or nothing.
#if defined(__riscv) || defined(__mips__) || defined(__sparc__) || defined(__loongarch__)
#define HOST_STRICT 1
#else
#define HOST_STRICT 0
#endif

// Whether n <= 4096 bytes at gva can be accessed without further ado, and where.
static ALWAYS_INLINE int
access_try(struct cpu *c, u64 gva, unsigned n, int write, uintptr_t *host)
{
	*host = ACCESS_HOST(gva);
	if (ACCESS_FAST(c, gva) && !(HOST_STRICT && write && (gva & (PAGE_SIZE_GUEST - 1)) + n > PAGE_SIZE_GUEST))
		return 1;
#ifndef TINY
	// Compared with the page of the last byte: the next page's tag cannot be here.
	const struct tlb_entry *e = &c->tlb.e[gva >> PAGE_BITS & (TLB_SIZE - 1)];
	*host = (uintptr_t)gva + e->delta;
	return LIKELY((write ? e->wtag : e->rtag) == (gva + (n - 1)) >> PAGE_BITS && c->slow == SLOW_TLB);
#else
	return 0;
#endif
}

// x86 orders loads with loads, stores with stores, and loads with later
// stores; hosts that do not are told to, once somebody else can see the memory.
#if defined(__x86_64__) || defined(__i386__) || defined(__s390x__)
#define ORDER_AFTER_LOAD(c) COMPILER_FENCE()
#define ORDER_BEFORE_STORE(c) COMPILER_FENCE()
#else
#define ORDER(c, how) do { if (LOAD_RELAXED(&(c)->ordered)) __atomic_thread_fence(how); else COMPILER_FENCE(); } while (0)
#define ORDER_AFTER_LOAD(c) ORDER(c, __ATOMIC_ACQUIRE)
#define ORDER_BEFORE_STORE(c) ORDER(c, __ATOMIC_RELEASE)
#endif

// hrdN/hwrN: the bare access. A specialised handler starts with FAST, so that
// no call (and no saved register) remains in it.
#define FAST(host, generic, gva, n, write) \
	uintptr_t host; \
	if (UNLIKELY(!access_try(c, gva, n, write, &host))) TAIL generic(c, op)
#define FAST_RD(generic, gva, bits) FAST(h, generic, gva, bits / 8, 0)
#define FAST_WR(generic, gva, bits) FAST(h, generic, gva, bits / 8, 1)

#define ACCESS_BARE(bits, swap) \
static inline GUEST_RACES u##bits \
hrd##bits(struct cpu *c, const struct op *op, uintptr_t host) \
{ \
	u##bits x; \
	c->note = op; \
	COMPILER_FENCE(); \
	if (HOST_STRICT && LIKELY(!(host & (bits / 8 - 1)))) \
		x = ((const volatile struct whole##bits *)host)->x; \
	else \
		x = ((const volatile struct una##bits *)host)->x; \
	ORDER_AFTER_LOAD(c); \
	return HOST_LITTLE ? x : swap(x); \
} \
static inline GUEST_RACES void \
hwr##bits(struct cpu *c, const struct op *op, uintptr_t host, u##bits x) \
{ \
	c->note = op; \
	x = HOST_LITTLE ? x : swap(x); \
	ORDER_BEFORE_STORE(c); \
	if (HOST_STRICT && LIKELY(!(host & (bits / 8 - 1)))) \
		((volatile struct whole##bits *)host)->x = x; \
	else \
		((volatile struct una##bits *)host)->x = x; \
	COMPILER_FENCE(); \
}
#define ACCESS_SAME(x) (x)
ACCESS_BARE(8, ACCESS_SAME)
ACCESS_BARE(16, __builtin_bswap16)
ACCESS_BARE(32, __builtin_bswap32)
ACCESS_BARE(64, __builtin_bswap64)

#if SHARED_INLINE
#define ACCESS(bits) \
SHARED u##bits \
rd##bits(struct cpu *c, const struct op *op, u64 gva) \
{ \
	uintptr_t h; \
	return access_try(c, gva, bits / 8, 0, &h) ? hrd##bits(c, op, h) : (u##bits)access_rd(c, op, gva, bits / 8); \
} \
SHARED void \
wr##bits(struct cpu *c, const struct op *op, u64 gva, u##bits x) \
{ \
	uintptr_t h; \
	if (access_try(c, gva, bits / 8, 1, &h)) \
		hwr##bits(c, op, h, x); \
	else \
		access_wr(c, op, gva, bits / 8, x); \
}
ACCESS(8)
ACCESS(16)
ACCESS(32)
ACCESS(64)

// By run-time size 1, 2, 4, 8
SHARED u64
rdn(struct cpu *c, const struct op *op, u64 gva, int size)
{
	switch (size) {
	case 1: return rd8(c, op, gva);
	case 2: return rd16(c, op, gva);
	case 4: return rd32(c, op, gva);
	default: return rd64(c, op, gva);
	}
}

SHARED void
wrn(struct cpu *c, const struct op *op, u64 gva, int size, u64 x)
{
	switch (size) {
	case 1: wr8(c, op, gva, (u8)x); break;
	case 2: wr16(c, op, gva, (u16)x); break;
	case 4: wr32(c, op, gva, (u32)x); break;
	default: wr64(c, op, gva, x);
	}
}

// n bytes (up to 64), as vectors and x87 images need them
SHARED void
rdv(struct cpu *c, const struct op *op, u64 gva, void *dst, int n)
{
	if (ACCESS_FAST(c, gva)) {
		c->note = op;
		COMPILER_FENCE();
		guest_copy(dst, (const void *)ACCESS_HOST(gva), (size_t)n);
		ORDER_AFTER_LOAD(c);
	} else {
		access_rdv(c, op, gva, dst, n);
	}
}

SHARED void
wrv(struct cpu *c, const struct op *op, u64 gva, const void *src, int n)
{
	// A copy may be several stores: all or none only within one page.
	if (ACCESS_FAST(c, gva) && (gva & (PAGE_SIZE_GUEST - 1)) + (u64)n <= PAGE_SIZE_GUEST) {
		c->note = op;
		ORDER_BEFORE_STORE(c);
		guest_copy((void *)ACCESS_HOST(gva), src, (size_t)n);
		COMPILER_FENCE();
	} else {
		access_wrv(c, op, gva, src, n);
	}
}
#else
u8 rd8(struct cpu *c, const struct op *op, u64 gva);
u16 rd16(struct cpu *c, const struct op *op, u64 gva);
u32 rd32(struct cpu *c, const struct op *op, u64 gva);
u64 rd64(struct cpu *c, const struct op *op, u64 gva);
void wr8(struct cpu *c, const struct op *op, u64 gva, u8 x);
void wr16(struct cpu *c, const struct op *op, u64 gva, u16 x);
void wr32(struct cpu *c, const struct op *op, u64 gva, u32 x);
void wr64(struct cpu *c, const struct op *op, u64 gva, u64 x);
u64 rdn(struct cpu *c, const struct op *op, u64 gva, int size);
void wrn(struct cpu *c, const struct op *op, u64 gva, int size, u64 x);
void rdv(struct cpu *c, const struct op *op, u64 gva, void *dst, int n);
void wrv(struct cpu *c, const struct op *op, u64 gva, const void *src, int n);
#endif

// Locked read-modify-write. Gives the host address of n bytes (1, 2, 4, 8, 16)
// at gva that may be written, or 0 when the host cannot do it atomically there
// (misaligned, too wide): then access_locked_slow must be used.
void *access_atomic_slow(struct cpu *c, const struct op *op, u64 gva, int n);
static inline void *
access_atomic(struct cpu *c, const struct op *op, u64 gva, int n)
{
	if (!HOST_X86_64 && (gva & (u64)(n - 1)))
		return 0;
	if (n > (HOST_X86_64 ? 16 : HOST_ATOMIC64 ? 8 : 4))
		return 0;
	if (ACCESS_FAST(c, gva)) {
		c->note = op;
		COMPILER_FENCE();
		return (void *)ACCESS_HOST(gva);
	}
	return access_atomic_slow(c, op, gva, n);
}
// Compare and exchange of n <= 16 bytes in an exclusive section: reads the
// current bytes to old; if they equal `expect`, writes `desired`. Returns whether.
int access_cas_exclusive(struct cpu *c, const struct op *op, u64 gva, int n, const void *expect, const void *desired, void *old);

#endif
