// paged.c: guest pages are frames or pages of host file mappings, found
// through the page table. See map.h.
//
// Private anonymous pages get a frame at first touch. Everything else is
// mapped whole by the host, somewhere: it reads lazily, shares between
// processes and copies private pages on write.
#include "mem/map.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "host/host.h"

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

static void
drop_entry(struct mem *m, uintptr_t *e, u64 gva, void *arg)
{
	struct changes *ch = (struct changes *)arg;
	if (*e & ~(uintptr_t)PT_FLAGS)
		changes_tlb(ch, gva, gva + PAGE_SIZE_GUEST);
	if (*e & PT_FRAME)
		frame_retire(ch, (u8 *)(*e & ~(uintptr_t)PT_FLAGS));
	*e = *e & PT_WATCH;
}

static int
paged_map(struct mem *m, struct vma *nv, int fd, struct changes *ch)
{
	u64 delta = nv->offset & (host_page_size() - 1), len = nv->end - nv->start + delta;
	int flags = nv->flags & VMA_SHARED ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE;
	void *p;
	if (!nv->file) {
		pt_walk(m, nv->start, nv->end, drop_entry, ch);
		return 0;
	}
	if (len > SIZE_MAX)
		return -ENOMEM;
	if (fd < 0)
		flags |= MAP_ANONYMOUS;
	p = mmap(0, (size_t)len, nv->flags & VMA_SHARED ? host_prot(nv->maxprot) : PROT_READ | PROT_WRITE, flags, fd, (off_t)(nv->offset - delta));
	if (p == MAP_FAILED)
		return -errno;
	nv->file->host = (u8 *)p + delta;
	nv->file->offset = nv->offset;
	nv->file->len = (size_t)(nv->end - nv->start);
	pt_walk(m, nv->start, nv->end, drop_entry, ch);
	return 0;
}

static void
paged_unmap(struct mem *m, u64 lo, u64 hi, struct changes *ch)
{
	pt_walk(m, lo, hi, drop_entry, ch);
}

static void
stale_entry(struct mem *m, uintptr_t *e, u64 gva, void *arg)
{
	changes_tlb((struct changes *)arg, gva, gva + PAGE_SIZE_GUEST);
}

static int
paged_protect(struct mem *m, u64 lo, u64 hi, int prot, struct changes *ch)
{
	pt_walk(m, lo, hi, stale_entry, ch);
	return 0;
}

// A host mapping of its own, with refs 0, for [lo, lo + len) of v's file made
// newlen long. Private pages leave their old host mapping, which then shows
// the file again. 0 without memory or without the host's mremap.
static struct mfile *
regrow(const struct vma *v, u64 lo, u64 len, u64 newlen)
{
	u64 offset = v->offset + (lo - v->start), mask = host_page_size() - 1;
	struct mfile *f = v->file, *nf;
	u8 *from = f->host + (offset - f->offset);
	size_t delta = (size_t)(offset & mask);
	void *p = 0, *back;
	int r;
	from -= delta;
	if (newlen > SIZE_MAX / 2 || !(nf = mfile_new(f->dev, f->ino, f->path)))
		return 0;
	if (from + delta == f->host && len == f->len && newlen > len && f->refs == 1) {
		r = host_remap(from, (size_t)len + delta, (size_t)newlen + delta, 1, 0, &p);
		if (!r)
			f->host = 0;
	} else if (v->flags & VMA_SHARED) {
		r = host_remap(from, 0, (size_t)newlen + delta, 1, 0, &p);
	} else if (delta || (len & mask)) {
		r = -ENOMEM;
	} else {
		r = host_remap(from, (size_t)len, (size_t)len, 1 | 4, 0, &p);
		if (!r && newlen > len && (r = host_remap(p, (size_t)len, (size_t)newlen, 1, 0, &p)))
			host_remap(p, (size_t)len, (size_t)len, 1 | 2, from, &back);
	}
	if (r) {
		free(nf);
		return 0;
	}
	nf->host = (u8 *)p + delta;
	nf->offset = offset;
	nf->size = f->size;
	nf->nameless = f->nameless;
	nf->len = (size_t)newlen;
	nf->refs = 0;
	return nf;
}

// Does [.., end) of a file need a new host mapping? Shared anonymous memory
// keeps its size: SIGBUS behind it. A private file shows fresh pages there.
static int
outgrown(const struct vma *v, u64 end)
{
	struct mfile *f = v->file;
	if (!f || !f->host || (v->flags & VMA_ANON))
		return 0;
	return !(v->flags & VMA_SHARED) || end - f->offset > f->len;
}

static int
paged_extend(struct mem *m, struct vma *v, u64 lo, u64 newend, struct changes *ch)
{
	struct mfile *nf;
	if (!outgrown(v, v->offset + (newend - v->start)))
		return 0;
	nf = regrow(v, v->start, v->end - v->start, newend - v->start);
	if (!nf)
		return -ENOMEM;
	pt_walk(m, v->start, v->end, drop_entry, ch);
	mfile_drop(v->file, ch);
	nf->refs = 1;
	v->file = nf;
	v->path = nf->path;
	return 0;
}

struct move {
	u64 delta;
	struct changes *ch;
	int failed;
};

static void
move_entry(struct mem *m, uintptr_t *e, u64 gva, void *arg)
{
	struct move *mv = (struct move *)arg;
	uintptr_t *to = pt_entry(m, gva + mv->delta, 1);
	if (to) {
		*to = *e & ~(uintptr_t)PT_WATCH;
		*e &= PT_WATCH;
		changes_tlb(mv->ch, gva, gva + PAGE_SIZE_GUEST);
	} else {
		mv->failed = 1;
	}
}

static int
paged_move(struct mem *m, struct vma *nv, u64 old, u64 oldlen, int dontunmap, struct changes *ch)
{
	struct vma *v = vma_find(m, old);
	struct move mv;
	u64 newlen = nv->end - nv->start;
	if (v->file && v->file->host) {
		// The pages are found again from the file.
		if ((newlen > oldlen && outgrown(v, nv->offset + newlen)) || (dontunmap && !(v->flags & VMA_SHARED))) {
			nv->file = regrow(v, old, oldlen, newlen);
			if (!nv->file)
				return -ENOMEM;
			nv->path = nv->file->path;
		}
		pt_walk(m, nv->start, nv->end, drop_entry, ch);
		pt_walk(m, old, old + oldlen, drop_entry, ch);
		return 0;
	}
	pt_walk(m, nv->start, nv->end, drop_entry, ch);
	mv.delta = nv->start - old;
	mv.ch = ch;
	mv.failed = 0;
	pt_walk(m, old, old + min_u64(oldlen, newlen), move_entry, &mv);
	return mv.failed ? -ENOMEM : 0;
}

// Where the host's pages are larger than the guest's, a part of one cannot be
// given back: private file pages keep what was written to them.
static int
paged_advise(struct mem *m, const struct vma *v, u64 lo, u64 hi, int advice, struct changes *ch)
{
	struct mfile *f = v->file;
	u8 *p;
	if (!f || !f->host) {
		if (advice == L_MADV_DONTNEED)
			pt_walk(m, lo, hi, drop_entry, ch);
		return 0;
	}
	p = f->host + (v->offset - f->offset) + (lo - v->start);
	if (((v->offset + (lo - v->start)) | (hi - lo)) & (host_page_size() - 1))
		return 0;
	if (advice == L_MADV_DONTNEED || advice == L_MADV_REMOVE)
		return host_advise(p, (size_t)(hi - lo), advice);
	return 0;
}

// Does the file end below `at`? The host, whose pages are larger than the
// guest's, gives zeros to the end of its own page.
static int
beyond_file(const struct vma *v, u64 at)
{
	struct mfile *f = v->file;
	struct stat st;
	if (!(at & (host_page_size() - 1)) || (v->flags & VMA_ANON))
		return 0;
	if (f->nameless)
		return at >= f->size;
	return !stat(f->path, &st) && st.st_dev == (dev_t)f->dev && st.st_ino == (ino_t)f->ino && at >= (u64)st.st_size;
}

static u8 *
paged_page(struct mem *m, const struct vma *v, u64 page)
{
	uintptr_t *e = pt_entry(m, page, 1);
	struct mfile *f = v->file;
	u8 *p, x;
	if (!e)
		return 0;
	p = (u8 *)(*e & ~(uintptr_t)PT_FLAGS);
	if (*e & PT_FRAME)
		return p;
	if (!f || !f->host) {
		p = frame_new(m);
		if (p)
			*e |= (uintptr_t)p | PT_FRAME;
		return p;
	}
	if (!p) {
		u64 at = v->offset + (page - v->start) - f->offset;
		if (at >= f->len || (host_page_size() > PAGE_SIZE_GUEST && beyond_file(v, at + f->offset)))
			return 0;
		p = f->host + at;
		*e |= (uintptr_t)p;
	}
	return mem_guarded_copy(&x, p, 1) ? 0 : p;
}

const struct mem_model paged_model = {
	paged_map, paged_unmap, paged_protect, paged_extend, paged_move, paged_advise, paged_page,
};
