// access.c: the slow paths of guest memory access: page by page, with the
// VMA map's permissions, exact faults, and code watches.
#include "cpu/cpu_internal.h"
#include "cpu/int.h"
#include "cpu/system.h"
#include "mem/machine.h"

// Raises what an access gets when byte `at` is inaccessible.
static void NORETURN
refuse(struct cpu *c, const struct op *op, u64 at, int access, enum mem_fault why)
{
	u32 error = PF_USER | (access & MEM_W ? (u32)PF_WRITE : 0u);
	c->note = 0;
	if (CPU_SYS(c))
		system_refuse(c, op, at, why);
	switch (why) {
	case MEM_NONCANONICAL:
		cpu_raise(c, op, cpu_uses_stack_segment(c, op, at) ? VEC_SS : VEC_GP, 0);
	case MEM_BUS:
		c->cr2 = at;
		cpu_raise(c, op, VEC_BUS, error);
	case MEM_PROT:
		error |= PF_PRESENT;
		break;
	default:
		break;
	}
	// The kernel says so of its own half, and of the page in front of it.
	if (at >= MEM_TOP)
		error |= PF_PRESENT;
	cpu_raise_pf(c, op, at, error);
}

// Host address of bytes within one page, or 0 with the reason.
static u8 *
find(struct cpu *c, const struct op *op, u64 gva, int access, enum mem_fault *why)
{
	u8 *p;
	if (c->paged) {
		struct tlb_entry *e = &c->tlb.e[gva >> PAGE_BITS & (TLB_SIZE - 1)];
		if ((access & MEM_W ? e->wtag : e->rtag) == gva >> PAGE_BITS) {
			c->note = op;
			COMPILER_FENCE();
			return (u8 *)((uintptr_t)gva + e->delta);
		}
	}
	if (access & MEM_W && !c->stepping) {
		// Writing may change code, even the code that is running: if so, do
		// this one instruction by itself and go on with what is there then.
		u32 epoch = LOAD_ACQUIRE(&c->code->epoch);
		p = mem_slow(c->mem, &c->tlb, gva, access, why);
		if (p && LOAD_ACQUIRE(&c->code->epoch) != epoch) {
			if (CPU_SYS(c))
				c->sys->short_blocks = 16;
			if (!CPU_SYS(c) || !op || op_block(op)->dead)
				cpu_unwind(c, op, UNWIND_STEP);
		}
	} else {
		p = mem_slow(c->mem, &c->tlb, gva, access, why);
	}
	if (!p)
		return 0;
	// What a host SIGBUS would be about: see claim_fault
	if (!CPU_SYS(c))
		c->cr2 = gva;
	c->error = PF_USER | (access & MEM_W ? (u32)PF_WRITE : 0u);
	c->note = op;
	COMPILER_FENCE();
	return p;
}

// Bytes of [gva, gva+n) on the first page
static int
on_first_page(u64 gva, int n)
{
	int room = PAGE_SIZE_GUEST - (int)(gva & (PAGE_SIZE_GUEST - 1));
	return room < n ? room : n;
}

// Host address of the bytes of [gva, gva+n) on the page of `at`, which is gva
// or the start of the second page.
static u8 *
place(struct cpu *c, const struct op *op, u64 gva, int n, u64 at, int access)
{
	enum mem_fault why = MEM_OK;
	u64 last;
	int bytes = CPU_SYS(c) ? MEM_BYTES(at == gva ? on_first_page(gva, n) : n - on_first_page(gva, n)) : 0;
	if (CPU_MODE(c) != MODE_64)
		at = (u32)at;
	u8 *p = find(c, op, at, access | bytes, &why);
	if (LIKELY(p != 0))
		return p;
	// What will be written back is refused like a write, from its first byte.
	if (access == MEM_R && cpu_writes_back(c, op)) {
		access = MEM_W;
		for (at = gva; find(c, op, at, access, &why); at = gva + (u64)on_first_page(gva, n))
			if (at != gva)
				break;
	}
	// Ten bytes are two accesses; all else is looked at as a whole.
	last = gva + (u64)(n == 10 ? 8 : n) - 1;
	if (CPU_MODE(c) == MODE_64 && (u64)((i64)last >> 47) + 1 > 1)
		why = MEM_NONCANONICAL;
	refuse(c, op, at, access, why);
}

// Bytes that an access of n must be aligned to when EFLAGS.AC asks for it:
// FSAVE's and FLDENV's images by their words.
static u64
alignment(int n)
{
	switch (n) {
	case 10: return 8;
	case 14: case 94: return 2;
	case 28: case 108: return 4;
	case 32: return 16;
	}
	return n <= 16 && !(n & (n - 1)) ? (u64)n : 1;
}

static NOINLINE u64
access_check(struct cpu *c, const struct op *op, u64 gva, int n, int access)
{
	if (CPU_MODE(c) != MODE_64)
		gva = segment_check(c, op, gva, n, access);
	if (CPU_SYS(c) && system_watching(c))
		system_watch(c, gva, n, access);
	if (c->sysflags & FLAG_AC && in_ring3(c) && (!CPU_SYS(c) || c->sys->cr0 & CR0_AM) && (gva & (alignment(n) - 1)) && (u64)((i64)gva >> 47) + 1 < 2 &&
	    (u64)((i64)(gva + (u64)(n == 10 ? 8 : n) - 1) >> 47) + 1 < 2 && !cpu_ignores_alignment(c, op))
		cpu_raise(c, op, VEC_AC, 0);
	return gva;
}

static inline u64
look(struct cpu *c, const struct op *op, u64 gva, int n, int access)
{
	if (LIKELY(CPU_MODE(c) == MODE_64 && !(c->sysflags & FLAG_AC) && !CPU_SYS(c)))
		return gva;
	return access_check(c, op, gva, n, access);
}

void
access_rdv(struct cpu *c, const struct op *op, u64 gva, void *dst, int n)
{
	int k;
	u8 *p;
	gva = look(c, op, gva, n, MEM_R);
	k = on_first_page(gva, n);
	p = place(c, op, gva, n, gva, MEM_R);
	if (k == n) {
		guest_copy(dst, p, (size_t)n);
	} else {
		guest_copy(dst, p, (size_t)k);
		p = place(c, op, gva, n, gva + (u64)k, MEM_R);
		guest_copy((u8 *)dst + k, p, (size_t)(n - k));
	}
	ORDER_AFTER_LOAD(c);
}

void
access_wrv(struct cpu *c, const struct op *op, u64 gva, const void *src, int n)
{
	int k;
	u8 *p;
	gva = look(c, op, gva, n, MEM_W);
	k = on_first_page(gva, n);
	p = place(c, op, gva, n, gva, MEM_W);
	ORDER_BEFORE_STORE(c);
	if (k == n) {
		guest_copy(p, src, (size_t)n);
	} else {
		u8 *q = place(c, op, gva, n, gva + (u64)k, MEM_W);
		guest_copy(p, src, (size_t)k);
		guest_copy(q, (const u8 *)src + k, (size_t)(n - k));
	}
	COMPILER_FENCE();
}

// Where eight bytes are two host accesses, threads would see halves.
#if !HOST_64BIT && HOST_ATOMIC64
#define PAIRED(c, gva) (!((gva) & 7) && ((c)->next || (c)->code->cpus != (c)))
#define WHOLE_RD(p) __atomic_load_n((const u64 *)(const void *)(p), __ATOMIC_RELAXED)
#define WHOLE_WR(p, x) __atomic_store_n((u64 *)(void *)(p), (x), __ATOMIC_RELAXED)
#else
#define PAIRED(c, gva) 0
#define WHOLE_RD(p) 0
#define WHOLE_WR(p, x) ((void)0)
#endif

// One host access where it is aligned: other threads must not see it torn.
GUEST_RACES u64
access_rd(struct cpu *c, const struct op *op, u64 gva, int n)
{
	u8 b[8];
	u8 *p;
	u64 x;
	u64 linear = look(c, op, gva, n, MEM_R);
	if (on_first_page(gva, n) == n) {
		p = place(c, op, linear, n, linear, MEM_R);
		switch (n) {
		case 1: x = *(const volatile u8 *)p; break;
		case 2: x = ((const volatile struct una16 *)p)->x; x = HOST_LITTLE ? x : __builtin_bswap16((u16)x); break;
		case 4: x = ((const volatile struct una32 *)p)->x; x = HOST_LITTLE ? x : __builtin_bswap32((u32)x); break;
		default:
			x = PAIRED(c, gva) ? WHOLE_RD(p) : ((const volatile struct una64 *)p)->x;
			x = HOST_LITTLE ? x : __builtin_bswap64(x);
			break;
		}
		ORDER_AFTER_LOAD(c);
		return x;
	}
	memset(b, 0, 8);
	access_rdv(c, op, gva, b, n);
	return ld64(b);
}

GUEST_RACES void
access_wr(struct cpu *c, const struct op *op, u64 gva, int n, u64 x)
{
	u8 b[8];
	u8 *p;
	u64 linear = look(c, op, gva, n, MEM_W);
	if (on_first_page(gva, n) == n) {
		p = place(c, op, linear, n, linear, MEM_W);
		ORDER_BEFORE_STORE(c);
		switch (n) {
		case 1: *(volatile u8 *)p = (u8)x; break;
		case 2: ((volatile struct una16 *)p)->x = HOST_LITTLE ? (u16)x : __builtin_bswap16((u16)x); break;
		case 4: ((volatile struct una32 *)p)->x = HOST_LITTLE ? (u32)x : __builtin_bswap32((u32)x); break;
		default:
			x = HOST_LITTLE ? x : __builtin_bswap64(x);
			if (PAIRED(c, gva))
				WHOLE_WR(p, x);
			else
				((volatile struct una64 *)p)->x = x;
			break;
		}
		COMPILER_FENCE();
		return;
	}
	st64(b, x);
	access_wrv(c, op, gva, b, n);
}

void
access_probe(struct cpu *c, const struct op *op, u64 gva, int n, int access)
{
	int k;
	gva = look(c, op, gva, n, access);
	k = on_first_page(gva, n);
	place(c, op, gva, n, gva, access);
	if (k != n)
		place(c, op, gva, n, gva + (u64)k, access);
	c->note = 0;
}

void *
access_atomic_slow(struct cpu *c, const struct op *op, u64 gva, int n)
{
	gva = look(c, op, gva, n, MEM_W);
	if (on_first_page(gva, n) != n)
		return 0;
	return place(c, op, gva, n, gva, MEM_W);
}

int
access_cas_exclusive(struct cpu *c, const struct op *op, u64 gva, int n, const void *expect, const void *desired, void *old)
{
	u8 now[16];
	int same;
	gva = look(c, op, gva, n, MEM_W);
	// Everything that can fault comes before the section: nobody may unwind
	// out of it. Pages stay as they are while all others stand still.
	access_probe(c, op, gva, n, MEM_W);
	if (CPU_SYS(c)) {  // the only processor, and its addresses are not the map's
		access_rdv(c, op, gva, now, n);
		same = !memcmp(now, expect, (size_t)n);
		if (same)
			access_wrv(c, op, gva, desired, n);
		memcpy(old, now, (size_t)n);
		return same;
	}
	c->note = op;
	cpu_exclusive_begin(c);
	c->note = 0;
	if (mem_read(c->mem, now, gva, (size_t)n))
		memset(now, 0, sizeof now);
	same = !memcmp(now, expect, (size_t)n);
	if (same)
		mem_poke(c->mem, gva, desired, (size_t)n);
	cpu_exclusive_end(c);
	memcpy(old, now, (size_t)n);
	return same;
}
