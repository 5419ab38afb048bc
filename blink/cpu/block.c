// block.c: the code cache: blocks of lowered ops by guest address, their
// invalidation, and the exclusive section that lets memory be freed.
//
// Blocks are found without a lock (chains are only ever prepended to, and
// memory is freed only while no thread is inside cpu_run), and made under it.
#include <stdlib.h>
#include "cpu/cpu_internal.h"
#include "cpu/system.h"
#include "host/host.h"
#include "mem/machine.h"

enum { POPULATE_WRITE = 23 };  // madvise(2)

// Unlike any address that a guest can jump to: never matches in a lookup; and
// who really wants that address gets its fault.
static struct block no_block = { ~(u64)0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, { { op_stale, { 0 }, { { 0, 0, 0, 0, 0 } }, 0, 0, 0, 0, 0, 0, 0 } } };

#ifdef TINY
#define table_new(size) calloc(1, size)
#define table_free free
#else
// The tables of the first code cache and the first cpu come with the program
// image: as many host system calls less at start-up. They are aligned as
// hash_pc wants them.
enum { POOL_SIZE = ((1 << HASH_BITS) + (1 << PAGE_HASH_BITS) + (1 << JUMP_BITS)) * sizeof(void *) };
static u64 g_pool[POOL_SIZE / sizeof(u64)] __attribute__((aligned(1 << PAGE_BITS)));  // never used a second time: it is zero
static size_t g_pool_used;

static void *
table_new(size_t size)
{
	size_t at = __atomic_fetch_add(&g_pool_used, size, __ATOMIC_RELAXED);
	return at <= POOL_SIZE && size <= POOL_SIZE - at ? (void *)((u8 *)g_pool + at) : calloc(1, size);
}

static void
table_free(void *p)
{
	if ((uintptr_t)p - (uintptr_t)g_pool >= POOL_SIZE)
		free(p);
}
#endif

struct codecache *
codecache_new(struct mem *mem)
{
	struct codecache *code = (struct codecache *)calloc(1, sizeof *code);
	if (!code)
		return 0;
	code->mem = mem;
	code->hash = (struct block **)table_new(sizeof *code->hash << HASH_BITS);
	code->pages = (struct block **)table_new(sizeof *code->pages << PAGE_HASH_BITS);
	if (!code->hash || !code->pages) {
		codecache_free(code);
		return 0;
	}
	pthread_mutex_init(&code->lock, 0);
	pthread_cond_init(&code->parked, 0);
	struct mem_hooks hooks;
	hooks.arg = code;
	hooks.code_changed = cpu_invalidate_hook;
	hooks.tlb_stale = cpu_tlb_stale;
	hooks.shared = cpu_order_all;
	mem_set_hooks(mem, &hooks);
	return code;
}

static void
free_chunks(struct codecache *code)
{
	while (code->chunks) {
		struct chunk *c = code->chunks;
		code->chunks = c->next;
		free(c);
	}
	code->bytes = 0;
}

void
codecache_free(struct codecache *code)
{
	if (!code)
		return;
	free_chunks(code);
	table_free(code->hash);
	table_free(code->pages);
	free(code);
}

// Of a PC's code, which changes mode and segments often, few entries are in use.
void
cpu_forget_jumps(struct cpu *c)
{
#ifndef TINY
	u32 n = c->njumps;
	c->njumps = 0;
	if (n <= COUNTOF(c->jumps_used)) {
		while (n)
			c->jumps[c->jumps_used[--n]] = &no_block;
		return;
	}
#endif
	for (u32 i = 0; i < 1u << JUMP_BITS; ++i)
		c->jumps[i] = &no_block;
}

static void
note_jump(struct cpu *c, u64 pc, const struct block *b)
{
	u32 i = JUMP_HASH(pc);
#ifndef TINY
	if (c->jumps[i] == &no_block && c->njumps <= COUNTOF(c->jumps_used)) {
		if (c->njumps < COUNTOF(c->jumps_used))
			c->jumps_used[c->njumps] = (u16)i;
		++c->njumps;
	}
#endif
	c->jumps[i] = b;
}

int
cpu_init_jumps(struct cpu *c)
{
	c->jumps = (const struct block **)table_new(sizeof *c->jumps << JUMP_BITS);
	if (!c->jumps)
		return -1;
#ifndef TINY
	c->njumps = COUNTOF(c->jumps_used) + 1;
#endif
	cpu_forget_jumps(c);
	return 0;
}

void
cpu_free_jumps(struct cpu *c)
{
	table_free(c->jumps);
}

// --- the exclusive section -------------------------------------------------

// Waits, parked, until no other thread owns the section. Under code->lock.
static void
wait_for_turn(struct codecache *code, struct cpu *c)
{
	while (code->exclusive && code->exclusive != c) {
		STORE_SEQ(&c->parked, 1);
		pthread_cond_broadcast(&code->parked);
		pthread_cond_wait(&code->parked, &code->lock);
	}
}

static void
begin_locked(struct codecache *code, struct cpu *c)
{
	u8 was = c->parked;
	wait_for_turn(code, c);
	STORE_SEQ(&c->parked, was);
	code->exclusive = c;
	STORE_SEQ(&code->stopping, 1);
	for (struct cpu *o = code->cpus; o;) {
		if (o != c)
			cpu_limit_zero(o);
		if (o == c || LOAD_SEQ(&o->parked)) {
			o = o->next;
		} else {
			// While we wait a thread may end and its cpu be freed: start over.
			pthread_cond_wait(&code->parked, &code->lock);
			o = code->cpus;
		}
	}
}

static void
end_locked(struct codecache *code)
{
	code->exclusive = 0;
	STORE_SEQ(&code->stopping, 0);
	pthread_cond_broadcast(&code->parked);
}

void
cpu_exclusive_begin(struct cpu *c)
{
	struct codecache *code = c->code;
	pthread_mutex_lock(&code->lock);
	if (!c->parked && code->exclusive && code->exclusive != c) {
		// Inside the noted instruction: others may wait for us to reach a
		// safepoint, and nothing of it has happened yet: run it again.
		pthread_mutex_unlock(&code->lock);
		cpu_unwind(c, c->note, UNWIND_RETRY);
	}
	begin_locked(code, c);
	pthread_mutex_unlock(&code->lock);
}

void
cpu_exclusive_end(struct cpu *c)
{
	pthread_mutex_lock(&c->code->lock);
	end_locked(c->code);
	pthread_mutex_unlock(&c->code->lock);
}

void
cpu_park(struct cpu *c)
{
	STORE_SEQ(&c->parked, 1);
	if (UNLIKELY(LOAD_SEQ(&c->code->stopping))) {
		pthread_mutex_lock(&c->code->lock);
		pthread_cond_broadcast(&c->code->parked);
		pthread_mutex_unlock(&c->code->lock);
	}
}

void
cpu_unpark(struct cpu *c)
{
	STORE_SEQ(&c->parked, 0);
	if (UNLIKELY(LOAD_SEQ(&c->code->stopping))) {
		struct codecache *code = c->code;
		pthread_mutex_lock(&code->lock);
		wait_for_turn(code, c);
		STORE_SEQ(&c->parked, 0);
		pthread_mutex_unlock(&code->lock);
	}
}

// --- making and finding blocks ---------------------------------------------

// Drops everything. Under code->lock and in the exclusive section.
static void
flush_locked(struct codecache *code)
{
	memset(code->hash, 0, sizeof *code->hash << HASH_BITS);
	memset(code->pages, 0, sizeof *code->pages << PAGE_HASH_BITS);
	for (struct cpu *o = code->cpus; o; o = o->next)
		cpu_forget_jumps(o);
	free_chunks(code);
	STORE_RELEASE(&code->epoch, code->epoch + 1);
}

static void *
alloc_locked(struct codecache *code, size_t size)
{
	size = (size_t)round_up(size, 32);
	if (!code->chunks || code->chunks->used + size > CHUNK_BYTES) {
		struct chunk *n = 0;
		if (posix_memalign((void **)&n, 32, CHUNK_BYTES))
			return 0;
		// All of its pages at once cost less than a fault each; the first chunk
		// may stay almost empty.
		u64 at = round_up((u64)(uintptr_t)n, host_page_size()), end = round_down((u64)(uintptr_t)n + CHUNK_BYTES, host_page_size());
		if (code->chunks && at < end)
			host_advise((void *)(uintptr_t)at, (size_t)(end - at), POPULATE_WRITE);
		n->next = code->chunks;
		n->used = 32;
		code->chunks = n;
		code->bytes += CHUNK_BYTES;
	}
	void *p = (char *)code->chunks + code->chunks->used;
	code->chunks->used += size;
	return p;
}

static struct block *
find(struct codecache *code, const struct cpu *c, u64 pc, u64 at)
{
	struct block *b = LOAD_ACQUIRE(&code->hash[hash_pc(pc)]);
	while (b && !(b->pc == pc && b->mode == CPU_MODE(c) && b->code_base == c->code_base &&
	              b->code_limit == c->code_limit && !(CPU_SYS(c) && b->at != at) && !LOAD_RELAXED(&b->dead)))
		b = LOAD_ACQUIRE(&b->hash_next);
	return b;
}

const struct block *
block_at(struct cpu *c, u64 pc, u64 *fault_va)
{
	struct codecache *code = c->code;
	struct block *b;
	u64 at = 0;
	if (CPU_SYS(c) && system_code_at(c, pc, &at, fault_va))
		return 0;
	b = find(code, c, pc, at);
	// No guest access is in flight: a host fault from here on is our own, and
	// must not be taken for that of the last op that made one.
	c->note = 0;
	if (!b) {
		// Lowering reads guest memory, which may need a code watch and so
		// mem's lock, which is never taken under code->lock.
		struct block *tmp = c->stepbuf;
		u32 epoch = LOAD_ACQUIRE(&code->epoch);
		int insns = MAX_BLOCK_INSNS;
		if (CPU_SYS(c) && c->sys->short_blocks) {
			--c->sys->short_blocks;
			insns = min_u64(insns, 4);
		}
		if (lower_block(c, tmp, pc, insns, fault_va))
			return 0;
		if (CPU_SYS(c))
			tmp->at = at;
		size_t size = offsetof(struct block, ops) + tmp->nops * sizeof(struct op);
		pthread_mutex_lock(&code->lock);
		if (code->exclusive && code->exclusive != c) {
			pthread_mutex_unlock(&code->lock);
			cpu_unwind(c, 0, UNWIND_RETRY);
		}
		if (code->bytes + CHUNK_BYTES > CODECACHE_BYTES) {
			begin_locked(code, c);
			flush_locked(code);
			end_locked(code);
		} else if (code->epoch != epoch) {
			// Somebody changed code while we looked at it: look again.
			pthread_mutex_unlock(&code->lock);
			cpu_unwind(c, 0, UNWIND_RETRY);
		}
		b = find(code, c, pc, at);
		if (!b) {
			b = (struct block *)alloc_locked(code, size);
			if (!b) {
				pthread_mutex_unlock(&code->lock);
				cpu_out_of_memory();
			}
			memcpy(b, tmp, size);
			if (CPU_SYS(c))
				mem_ram_code(code->mem, at, b->end - b->pc);
			for (u32 i = 0; i < b->nops; ++i)
				if (b->ops[i].fn == op_unlinked)
					b->ops[i].link = &b->ops[i];
			struct block **page = &code->pages[hash_page(b->at)];
			b->page_next = *page;
			*page = b;
			b->hash_next = code->hash[hash_pc(pc)];
			STORE_RELEASE(&code->hash[hash_pc(pc)], b);
			++c->nblocks;
			c->nlowered += b->ninsns;
		}
		pthread_mutex_unlock(&code->lock);
	}
	note_jump(c, pc, b);
	return b;
}

// --- invalidation ------------------------------------------------------------

// Readers may be walking the hash chain: b keeps its hash_next.
static void
kill_block(struct codecache *code, struct block *b)
{
	struct block **p = &code->hash[hash_pc(b->pc)];
	while (*p && *p != b)
		p = &(*p)->hash_next;
	if (*p)
		STORE_RELEASE(p, b->hash_next);
	STORE_RELEASE(&b->dead, 1);
	STORE_RELEASE(&b->ops[0].fn, &op_stale);
}

// Kills the blocks of one page chain that touch [lo, hi).
static void
kill_chain(struct codecache *code, u32 chain, u64 lo, u64 hi)
{
	struct block **p = &code->pages[chain];
	while (*p) {
		struct block *b = *p;
		u64 start = b->at;
		if (start < hi && start + (b->end - b->pc) > lo) {
			*p = b->page_next;
			STORE_RELAXED(&b->page_next, 0);
			kill_block(code, b);
		} else {
			p = &b->page_next;
		}
	}
}

void
cpu_invalidate(struct codecache *code, u64 lo, u64 hi)
{
	pthread_mutex_lock(&code->lock);
	STORE_RELEASE(&code->epoch, code->epoch + 1);
	u64 first = lo >> PAGE_BITS, last = (hi - 1) >> PAGE_BITS;
	if (first)
		--first;  // a block may begin on the page before
	if (last - first >= 1u << PAGE_HASH_BITS) {
		for (u32 i = 0; i < 1u << PAGE_HASH_BITS; ++i)
			kill_chain(code, i, lo, hi);
	} else {
		for (u64 page = first; page <= last; ++page)
			kill_chain(code, hash_page(page << PAGE_BITS), lo, hi);
	}
	pthread_mutex_unlock(&code->lock);
}

void
cpu_invalidate_hook(void *code, u64 lo, u64 hi)
{
	cpu_invalidate((struct codecache *)code, lo, hi);
}

// Flushes all threads' TLBs. Waiting until each has reached a safepoint makes
// it true before munmap returns to the guest.
void
cpu_tlb_stale(void *arg, u64 lo, u64 hi)
{
	struct codecache *code = (struct codecache *)arg;
	struct cpu *self = cpu_self();
	pthread_mutex_lock(&code->lock);
	if (self && self->code == code && code->exclusive != self && code->cpus && (code->cpus != self || self->next)) {
		u8 was = self->parked;
		STORE_SEQ(&self->parked, 1);
		wait_for_turn(code, self);
		begin_locked(code, self);
		for (struct cpu *o = code->cpus; o; o = o->next)
			tlb_flush(&o->tlb);
		end_locked(code);
		STORE_SEQ(&self->parked, was);
	} else {
		for (struct cpu *o = code->cpus; o; o = o->next)
			tlb_flush(&o->tlb);
	}
	pthread_mutex_unlock(&code->lock);
}

// Under code->lock, or where there is one thread.
static void
order_all(struct codecache *code)
{
	for (struct cpu *o = code->cpus; o; o = o->next)
		STORE_RELAXED(&o->ordered, 1);
}

void
cpu_order_all(void *arg)
{
	struct codecache *code = (struct codecache *)arg;
	pthread_mutex_lock(&code->lock);
	code->ordered = 1;
	order_all(code);
	pthread_mutex_unlock(&code->lock);
}

// --- fork and the list of cpus ---------------------------------------------

void
codecache_before_fork(struct codecache *code)
{
	pthread_mutex_lock(&code->lock);
}

void
codecache_after_fork(struct codecache *code, struct cpu *survivor)
{
	if (survivor) {
		pthread_mutex_init(&code->lock, 0);
		pthread_cond_init(&code->parked, 0);
		code->exclusive = 0;
		STORE_RELAXED(&code->stopping, 0);
		code->cpus = survivor;
		survivor->next = 0;
	} else {
		pthread_mutex_unlock(&code->lock);
	}
}

void
codecache_add_cpu(struct codecache *code, struct cpu *c)
{
	pthread_mutex_lock(&code->lock);
	code->ordered |= code->cpus != 0;
	c->next = code->cpus;
	code->cpus = c;
	if (code->ordered)
		order_all(code);
	pthread_mutex_unlock(&code->lock);
}

void
codecache_remove_cpu(struct codecache *code, struct cpu *c)
{
	pthread_mutex_lock(&code->lock);
	for (struct cpu **p = &code->cpus; *p; p = &(*p)->next) {
		if (*p == c) {
			*p = c->next;
			break;
		}
	}
	pthread_mutex_unlock(&code->lock);
}
