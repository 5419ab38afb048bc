// watch.c: notices writes to pages that decoded code comes from.
//
// A watched page that the guest may write is closed: the linear model takes
// the host's write permission away, the paged model keeps it out of TLBs. So
// is every writable page that shows the same file bytes. A write first drops
// the watches and tells hooks.code_changed, and only when nobody watched
// again meanwhile is the page opened. Who finds watches dropped while another
// thread is still telling tells as well, unless that one began before its own
// telling did: no thread can write to a page whose stale blocks still run.
#include "mem/map.h"
#include <sys/mman.h>
#include <sys/stat.h>
#include "host/host.h"

struct span {
	u64 lo, hi;
};

static void
clear_entry(struct mem *m, uintptr_t *e, u64 gva, void *arg)
{
	struct span *s = (struct span *)arg;
	if (!(*e & PT_WATCH))
		return;
	*e &= ~(uintptr_t)PT_WATCH;
	if (!s->hi)
		s->lo = gva;
	s->hi = gva + PAGE_SIZE_GUEST;
}

int
watch_clear(struct mem *m, u64 lo, u64 hi, struct changes *ch)
{
	struct span s = {0, 0};
	pt_walk(m, lo, hi, clear_entry, &s);
	if (s.hi)
		changes_code(ch, s.lo, s.hi);
	return s.hi != 0;
}

// The part of w that maps the same file bytes as [lo, hi) of v.
static int
alias_of(const struct vma *v, const struct vma *w, u64 lo, u64 hi, struct span *out)
{
	u64 olo = v->offset + (lo - v->start), ohi = olo + (hi - lo), wend = w->offset + (w->end - w->start);
	if (w->dev != v->dev || w->ino != v->ino)
		return 0;
	olo = max_u64(olo, w->offset);
	ohi = min_u64(ohi, wend);
	if (olo >= ohi)
		return 0;
	out->lo = w->start + (olo - w->offset);
	out->hi = out->lo + (ohi - olo);
	return 1;
}

void
watch_clear_aliases(struct mem *m, const struct vma *v, u64 lo, u64 hi, int all, struct changes *ch)
{
	struct vma *w;
	struct span s;
	if (!watch_clear(m, lo, hi, ch) && all)
		changes_code(ch, lo, hi);
	if (v->ino && (v->flags & VMA_SHARED) && m->root)
		for (w = m->v; w < vma_end(m); w++)
			if (alias_of(v, w, lo, hi, &s) && !watch_clear(m, s.lo, s.hi, ch) && all)
				changes_code(ch, s.lo, s.hi);
}

static void
open_entry(struct mem *m, uintptr_t *e, u64 gva, void *arg)
{
	if (!(*e & PT_CLOSED))
		return;
	*e &= ~(uintptr_t)PT_CLOSED;
	mprotect((void *)(uintptr_t)(gva + LINEAR_BASE), PAGE_SIZE_GUEST, PROT_READ | PROT_WRITE);
}

void
watch_reopen(struct mem *m, u64 lo, u64 hi)
{
	pt_walk(m, lo, hi, open_entry, 0);
}

int
watch_open(struct mem *m, const struct vma *v, u64 lo, u64 hi, struct changes *ch)
{
	struct span s = {0, 0};
	int others;
	if (!m->root)
		return 0;
	others = ch->told != m->drops && __atomic_load_n(&m->telling, __ATOMIC_ACQUIRE);
	lo = round_down(lo, PAGE_SIZE_GUEST);
	hi = round_up(hi, PAGE_SIZE_GUEST);
	pt_walk(m, lo, hi, clear_entry, &s);
	if (others) {
		// Another thread dropped watches, perhaps here, and may not have told yet.
		s.lo = lo;
		s.hi = hi;
	}
	if (s.hi) {
		watch_clear_aliases(m, v, s.lo, s.hi, 1, ch);
		return 1;
	}
	if (!mem_is_paged(m))
		watch_reopen(m, lo, hi);
	return 0;
}

static void
watch_page(struct mem *m, const struct vma *v, u64 page, struct changes *ch)
{
	uintptr_t *e = pt_entry(m, page, 1);
	if (!e || (*e & PT_WATCH))
		return;
	*e |= PT_WATCH;
	if (!(v->prot & MEM_W))
		return;
	if (mem_is_paged(m)) {
		changes_tlb(ch, page, page + PAGE_SIZE_GUEST);
	} else if (!(*e & PT_CLOSED)) {
		*e |= PT_CLOSED;
		mprotect((void *)(uintptr_t)(page + LINEAR_BASE), PAGE_SIZE_GUEST, PROT_READ);
	}
}

void
mem_watch_code(struct mem *m, u64 gva, size_t len)
{
	u64 page = round_down(gva, PAGE_SIZE_GUEST);
	struct changes ch;
	struct vma *v, *w;
	struct span s;
	if (MACHINE(m)) {
		machine_watch(m, gva);
		return;
	}
	if (gva >= MEM_TOP)
		return;
	memset(&ch, 0, sizeof ch);
	pthread_mutex_lock(&m->lock);
	for (; page < gva + len; page += PAGE_SIZE_GUEST) {
		uintptr_t *e = pt_entry(m, page, 0);
		if (e && (*e & PT_WATCH))
			continue;
		v = vma_find(m, page);
		if (v == vma_end(m) || v->start > page)
			continue;
		watch_page(m, v, page, &ch);
		if (!v->ino)
			continue;
		if (v->flags & VMA_SHARED)
			__atomic_store_n(&m->shared_code, 1, __ATOMIC_RELAXED);
		for (w = m->v; w < vma_end(m); w++)
			if (w != v && (w->flags & VMA_SHARED) && (w->prot & MEM_W) &&
			    alias_of(v, w, page, page + PAGE_SIZE_GUEST, &s))
				watch_page(m, w, s.lo, &ch);
	}
	mem_publish(m, &ch);
}

#ifndef TINY
size_t
mem_fetch_code(struct mem *m, u8 *dst, u64 gva, size_t n)
{
	// Most blocks begin on a page that is watched: one locking, no changes.
	if (!MACHINE(m) && !mem_is_paged(m) && gva < MEM_TOP) {
		enum mem_fault why;
		uintptr_t *e;
		int watched, ok = 0;
		pthread_mutex_lock(&m->lock);
		e = pt_entry(m, gva, 0);
		watched = e && (*e & PT_WATCH);
		if (watched)
			ok = vma_access(m, gva, MEM_X, &why) && !mem_guarded_copy(dst, (const void *)(uintptr_t)(gva + LINEAR_BASE), n);
		pthread_mutex_unlock(&m->lock);
		if (watched)
			return ok ? n : 0;
	}
	mem_watch_code(m, gva, 1);
	return mem_fetch(m, dst, gva, n);
}
#endif

static void
forget_page(struct mem *m, uintptr_t *e, u64 gva, void *arg)
{
	*e &= PT_WATCH;
	changes_tlb((struct changes *)arg, gva, gva + PAGE_SIZE_GUEST);
}

static void
file_changed(struct mem *m, int fd, int resized)
{
	struct changes ch;
	struct stat st;
	struct vma *v;
	if (fstat(fd, &st))
		return;
	memset(&ch, 0, sizeof ch);
	pthread_mutex_lock(&m->lock);
	for (v = m->v; v < vma_end(m); v++) {
		if (v->ino != st.st_ino || v->dev != st.st_dev || (v->flags & VMA_ANON))
			continue;
		if (v->flags & VMA_SHARED)
			watch_clear(m, v->start, v->end, &ch);
		// Its pages are looked for anew, in its new size.
		if (resized && mem_is_paged(m))
			pt_walk(m, v->start, v->end, forget_page, &ch);
		v->file->size = (u64)st.st_size;
	}
	mem_publish(m, &ch);
}

void
mem_file_changed(struct mem *m, int fd)
{
	if (__atomic_load_n(&m->shared_code, __ATOMIC_RELAXED) || (host_page_size() > PAGE_SIZE_GUEST && m->sizes))
		file_changed(m, fd, 0);
}

void
mem_file_resized(struct mem *m, int fd)
{
	if (host_page_size() > PAGE_SIZE_GUEST)
		file_changed(m, fd, 1);
	else
		mem_file_changed(m, fd);
}
