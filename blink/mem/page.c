// page.c: the page table and the frames behind it. See map.h.
#include "mem/map.h"
#include <stdlib.h>
#include <sys/mman.h>

enum { LEVEL_BITS = 9, LEVELS = 4, FANOUT = 1 << LEVEL_BITS };

struct table { uintptr_t e[FANOUT]; };

static unsigned
level_shift(int level)
{
	return PAGE_BITS + LEVEL_BITS * (unsigned)level;
}

uintptr_t *
pt_entry(struct mem *m, u64 gva, int create)
{
	void **slot = &m->root;
	int level;
	for (level = LEVELS - 1;; level--) {
		struct table *t = (struct table *)*slot;
		uintptr_t *e;
		if (!t) {
			if (!create || !(t = (struct table *)calloc(1, sizeof *t)))
				return 0;
			*slot = t;
		}
		e = &t->e[gva >> level_shift(level) & (FANOUT - 1)];
		if (!level)
			return e;
		slot = (void **)(void *)e;
	}
}

struct walk {
	struct mem *m;
	u64 lo, last;
	pt_fn *fn;
	void *arg;
};

// Tells if the table holds nothing any more (known only if walked wholly).
static int
walk_table(struct walk *w, struct table *t, int level, u64 base)
{
	unsigned shift = level_shift(level), i, end, used = 0;
	u64 size = (u64)1 << shift;
	i = w->lo > base ? (unsigned)((w->lo - base) >> shift) : 0;
	end = (unsigned)min_u64(FANOUT - 1, (w->last - base) >> shift);
	used = i > 0 || end < FANOUT - 1;
	for (; i <= end; i++) {
		uintptr_t *e = &t->e[i];
		if (!*e)
			continue;
		if (!level) {
			w->fn(w->m, e, base + i * size, w->arg);
		} else if (walk_table(w, (struct table *)*e, level - 1, base + i * size)) {
			free((void *)*e);
			*e = 0;
		}
		used |= *e != 0;
	}
	return !used;
}

void
pt_walk(struct mem *m, u64 lo, u64 hi, pt_fn *fn, void *arg)
{
	struct walk w;
	if (!m->root || lo >= hi)
		return;
	w.m = m;
	w.lo = lo;
	w.last = hi - 1;
	w.fn = fn;
	w.arg = arg;
	walk_table(&w, (struct table *)m->root, LEVELS - 1, 0);
}

// Frames come in aligned chunks whose first frame links the free ones, so that
// a frame's own bytes stay untouched until it is used again.
enum { CHUNK = 1 << 20 };

static u8 **
frame_link(u8 *frame)
{
	u8 *chunk = (u8 *)((uintptr_t)frame & ~(uintptr_t)(CHUNK - 1));
	return (u8 **)(void *)chunk + ((frame - chunk) >> PAGE_BITS);
}

u8 *
frame_new(struct mem *m)
{
	u8 *f = m->free_frames;
	if (f) {
		m->free_frames = *frame_link(f);
		memset(f, 0, PAGE_SIZE_GUEST);
		return f;
	}
	if (m->fresh == m->fresh_end) {
		u8 *p, *at;
		p = (u8 *)mmap(0, 2 * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return 0;
		at = p + (-(uintptr_t)p & (CHUNK - 1));
		if (at > p)
			munmap(p, (size_t)(at - p));
		if (at < p + CHUNK)
			munmap(at + CHUNK, (size_t)(p + CHUNK - at));
		*frame_link(at) = m->chunks;  // its own link is free to chain chunks
		m->chunks = at;
		m->fresh = at + PAGE_SIZE_GUEST;
		m->fresh_end = at + CHUNK;
	}
	f = m->fresh;
	m->fresh += PAGE_SIZE_GUEST;
	return f;
}

u8 *
frame_free(struct mem *m, u8 *f)
{
	u8 **link = frame_link(f), *next = *link;
	*link = m->free_frames;
	m->free_frames = f;
	return next;
}

void
frame_retire(struct changes *ch, u8 *f)
{
	*frame_link(f) = ch->frames;
	ch->frames = f;
}

static void
free_tables(struct table *t, int level)
{
	int i;
	for (i = 0; level && i < FANOUT; i++)
		if (t->e[i])
			free_tables((struct table *)t->e[i], level - 1);
	free(t);
}

void
page_free_all(struct mem *m)
{
	u8 *chunk, *next;
	if (m->root)
		free_tables((struct table *)m->root, LEVELS - 1);
	for (chunk = m->chunks; chunk; chunk = next) {
		next = *frame_link(chunk);
		munmap(chunk, CHUNK);
	}
}
