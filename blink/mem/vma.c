// vma.c: the map of guest mappings. See map.h.
#include "mem/map.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
	MAX_VMAS = 65530,                           // sysctl vm.max_map_count
	STACK_GAP = 256 * PAGE_SIZE_GUEST,          // kernel parameter stack_guard_gap
	KEPT_FLAGS = 0xff | VMA_LOCKED | VMA_ACCOUNT
};

struct vma *
vma_find(struct mem *m, u64 addr)
{
	struct vma *v = m->v;
	size_t lo = 0, hi = m->n;
	if (m->last < m->n && v[m->last].start <= addr && addr < v[m->last].end)
		return v + m->last;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (v[mid].end > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	m->last = lo;
	return v + lo;
}

int
vma_reserve(struct mem *m, size_t extra)
{
	struct vma *v;
	size_t cap;
	if (m->n + extra > MAX_VMAS)
		return -ENOMEM;
	if (m->n + extra <= m->cap)
		return 0;
	cap = 2 * m->cap + 32;
	v = (struct vma *)realloc(m->v, cap * sizeof *v);
	if (!v)
		return -ENOMEM;
	m->v = v;
	m->cap = cap;
	return 0;
}

static void
open_slot(struct mem *m, size_t i)
{
	assert(m->n < m->cap);
	memmove(m->v + i + 1, m->v + i, (m->n++ - i) * sizeof *m->v);
}

static void
close_slots(struct mem *m, size_t i, size_t count)
{
	m->n -= count;
	memmove(m->v + i, m->v + i + count, (m->n - i) * sizeof *m->v);
}

struct vma *
vma_split(struct mem *m, u64 addr)
{
	struct vma *v = vma_find(m, addr);
	if (v == vma_end(m) || v->start >= addr)
		return v;
	open_slot(m, (size_t)(v - m->v));
	v[0] = v[1];
	if (v->file)
		v->file->refs++;
	v[0].end = v[1].start = addr;
	v[1].offset += addr - v[0].start;
	return v + 1;
}

void
vma_insert(struct mem *m, const struct vma *nv)
{
	struct vma *v = vma_find(m, nv->start);
	open_slot(m, (size_t)(v - m->v));
	*v = *nv;
	v->flags &= KEPT_FLAGS;
}

void
vma_delete(struct mem *m, u64 lo, u64 hi, struct changes *ch)
{
	struct vma *v = vma_split(m, lo);
	size_t i = (size_t)(v - m->v), j;
	v = vma_split(m, hi);
	for (j = i; m->v + j < v; j++)
		mfile_drop(m->v[j].file, ch);
	close_slots(m, i, j - i);
}

static int
joinable(struct mem *m, const struct vma *a, const struct vma *b)
{
	if (a->end != b->start || a->prot != b->prot || a->maxprot != b->maxprot || a->flags != b->flags)
		return 0;
	if (a->file != b->file) {
		if (!a->file || !b->file || a->dev != b->dev || a->ino != b->ino)
			return 0;
		if (a->file->host || b->file->host || !a->ino)
			return 0;
	}
	return !a->file || a->offset + (a->end - a->start) == b->offset;
}

void
vma_merge(struct mem *m, u64 lo, u64 hi, struct changes *ch)
{
	struct vma *v = vma_find(m, lo ? lo - 1 : 0);
	while (v + 1 < vma_end(m) && v->end <= hi) {
		if (joinable(m, v, v + 1)) {
			mfile_drop(v->file, ch);
			v[1].start = v->start;
			v[1].offset = v->offset;
			close_slots(m, (size_t)(v - m->v), 1);
		} else {
			v++;
		}
	}
}

int
vma_covered(struct mem *m, u64 lo, u64 hi)
{
	struct vma *v;
	VMA_EACH(m, v, lo, hi) {
		if (v->start > lo)
			return 0;
		lo = v->end;
	}
	return lo >= hi;
}

// Where new mappings below v must end.
static u64
floor_of(const struct vma *v)
{
	if (!(v->flags & VMA_GROWSDOWN))
		return v->start;
	return v->start > STACK_GAP ? v->start - STACK_GAP : 0;
}

int
vma_free(struct mem *m, u64 lo, u64 hi, int gap)
{
	struct vma *v = vma_find(m, lo);
	return v == vma_end(m) || (gap ? floor_of(v) : v->start) >= hi;
}

u64
vma_gap(struct mem *m, u64 len, u64 lo, u64 hi)
{
	struct vma *v;
	if (hi < lo || len > hi - lo)
		return 0;
	for (v = vma_find(m, hi - 1);; v--) {
		u64 below = v > m->v ? v[-1].end : 0;
		if (v < vma_end(m))
			hi = min_u64(hi, floor_of(v));
		below = max_u64(below, lo);
		if (hi >= below && hi - below >= len)
			return hi - len;
		if (below == lo || v == m->v)
			return 0;
		hi = below;
	}
}

struct mfile *
mfile_new(u64 dev, u64 ino, const char *path)
{
	struct mfile *f = (struct mfile *)calloc(1, sizeof *f + strlen(path));
	if (f) {
		f->dev = dev;
		f->ino = ino;
		f->refs = 1;
		strcpy(f->path, path);
	}
	return f;
}

void
mfile_drop(struct mfile *f, struct changes *ch)
{
	if (f && !--f->refs) {
		f->next = ch->dead;
		ch->dead = f;
	}
}

// Linux mm/vma.c expand_downwards(). True if v now covers gva.
static int
grow_down(struct mem *m, struct vma *v, u64 gva)
{
	struct changes none;
	struct rlimit lim;
	struct vma nv;
	u64 start = round_down(gva, PAGE_SIZE_GUEST);
	if (v == vma_end(m) || !(v->flags & VMA_GROWSDOWN))
		return 0;
	if (v > m->v && v[-1].prot && !(v[-1].flags & VMA_GROWSDOWN) && start - v[-1].end < STACK_GAP)
		return 0;
	if (!getrlimit(RLIMIT_STACK, &lim) && lim.rlim_cur != RLIM_INFINITY && v->end - start > lim.rlim_cur)
		return 0;
	nv = *v;
	nv.start = start;
	nv.end = v->start;
	nv.flags |= VMA_ANON;
	nv.file = 0;
	memset(&none, 0, sizeof none);
	if (start < MEM_LOWEST || m->model->map(m, &nv, -1, &none))
		return 0;
	v->start = start;
	return 1;
}

struct vma *
vma_access(struct mem *m, u64 gva, int access, enum mem_fault *why)
{
	struct vma *v;
	*why = MEM_UNMAPPED;
	if (gva >= MEM_TOP) {
		if (gva >> 47 && gva >> 47 != 0x1ffff)
			*why = MEM_NONCANONICAL;
		return 0;
	}
	v = vma_find(m, gva);
	if ((v == vma_end(m) || v->start > gva) && !grow_down(m, v, gva))
		return 0;
	*why = MEM_PROT;
	if (!v->prot || (access & ~v->prot & (MEM_W | MEM_X)))
		return 0;
	*why = MEM_OK;
	return v;
}
