// linear.c: guest mappings are host mappings. See map.h.
//
// MAP_FIXED goes to the host only over ranges that the guest owns; free
// ranges are taken with MAP_FIXED_NOREPLACE, so blink's own memory is safe.
#include "mem/map.h"
#if LINEAR_POSSIBLE
#include <errno.h>
#include <sys/mman.h>
#include "host/host.h"

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#ifndef MAP_POPULATE
#define MAP_POPULATE 0
#endif
#ifndef MAP_LOCKED
#define MAP_LOCKED 0
#endif

static void *
at(u64 gva)
{
	return (void *)(uintptr_t)(gva + LINEAR_BASE);
}

// Reserves the free parts of [lo, hi), or gives them back.
static int
gaps(struct mem *m, u64 lo, u64 hi, int undo)
{
	struct vma *v = vma_find(m, lo);
	u64 from = lo;
	int r = 0;
	for (; from < hi; v++) {
		u64 end = v < vma_end(m) ? min_u64(hi, v->start) : hi;
		if (end > from) {
			if (undo)
				munmap(at(from), end - from);
			else
				r = host_map_noreplace(at(from), end - from, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
			if (r) {
				gaps(m, lo, from, 1);
				return r;
			}
		}
		from = v < vma_end(m) ? v->end : hi;
	}
	return 0;
}

static void
forget_entry(struct mem *m, uintptr_t *e, u64 gva, void *arg)
{
	*e &= ~(uintptr_t)PT_CLOSED;
}

static int
linear_map(struct mem *m, struct vma *nv, int fd, struct changes *ch)
{
	int flags = nv->flags & VMA_SHARED ? MAP_SHARED : MAP_PRIVATE, r;
	if (fd < 0)
		flags |= MAP_ANONYMOUS;
	if (nv->flags & VMA_NORESERVE)
		flags |= MAP_NORESERVE;
	if (nv->flags & VMA_POPULATE)
		flags |= MAP_POPULATE;
	if (nv->flags & VMA_LOCKED)
		flags |= MAP_LOCKED;
	if (vma_free(m, nv->start, nv->end, 0))
		return host_map_noreplace(at(nv->start), nv->end - nv->start, host_prot(nv->prot), flags, fd, nv->offset);
	r = gaps(m, nv->start, nv->end, 0);
	if (r)
		return r;
	if (mmap(at(nv->start), nv->end - nv->start, host_prot(nv->prot), flags | MAP_FIXED, fd, (off_t)nv->offset) == MAP_FAILED) {
		r = -errno;
		gaps(m, nv->start, nv->end, 1);
		return r;
	}
	pt_walk(m, nv->start, nv->end, forget_entry, 0);
	return 0;
}

static void
linear_unmap(struct mem *m, u64 lo, u64 hi, struct changes *ch)
{
	struct vma *v;
	VMA_EACH(m, v, lo, hi)
		munmap(at(max_u64(lo, v->start)), min_u64(hi, v->end) - max_u64(lo, v->start));
	pt_walk(m, lo, hi, forget_entry, 0);
}

static int
linear_protect(struct mem *m, u64 lo, u64 hi, int prot, struct changes *ch)
{
	if (mprotect(at(lo), hi - lo, host_prot(prot)))
		return -errno;
	pt_walk(m, lo, hi, forget_entry, 0);
	return 0;
}

static int
linear_extend(struct mem *m, struct vma *v, u64 lo, u64 newend, struct changes *ch)
{
	void *out;
	int r;
	watch_reopen(m, lo, v->end);
	r = host_remap(at(lo), v->end - lo, newend - lo, 0, 0, &out);
	if (r != -ENOSYS || v->file)
		return r;
	return host_map_noreplace(at(v->end), newend - v->end, host_prot(v->prot), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ? -ENOMEM : 0;
}

// Where the host has no mremap, private anonymous memory is copied.
static int
copy_move(struct vma *nv, u64 old, u64 oldlen, int dontunmap)
{
	size_t n = min_u64(oldlen, nv->end - nv->start);
	if (nv->file)
		return -ENOMEM;
	if (mprotect(at(old), n, PROT_READ) || mmap(at(nv->start), nv->end - nv->start, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	memcpy(at(nv->start), at(old), n);
	mprotect(at(nv->start), nv->end - nv->start, host_prot(nv->prot));
	if (!dontunmap)
		munmap(at(old), oldlen);
	else if (mmap(at(old), oldlen, host_prot(nv->prot), MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	return 0;
}

static int
linear_move(struct mem *m, struct vma *nv, u64 old, u64 oldlen, int dontunmap, struct changes *ch)
{
	void *out;
	int r;
	watch_reopen(m, old, old + oldlen);
	r = gaps(m, nv->start, nv->end, 0);
	if (r)
		return r;
	r = host_remap(at(old), oldlen, nv->end - nv->start, dontunmap ? 7 : 3, at(nv->start), &out);
	if (r == -ENOSYS)
		r = copy_move(nv, old, oldlen, dontunmap);
	if (r)
		gaps(m, nv->start, nv->end, 1);
	else
		pt_walk(m, nv->start, nv->end, forget_entry, 0);
	return r;
}

static int
linear_advise(struct mem *m, const struct vma *v, u64 lo, u64 hi, int advice, struct changes *ch)
{
	int r = host_advise(at(lo), hi - lo, advice);
	if (r != -ENOSYS || advice != L_MADV_DONTNEED || v->file)
		return r == -ENOSYS ? 0 : r;
	return mmap(at(lo), hi - lo, host_prot(v->prot), MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? -errno : 0;
}

// Only a file that became shorter can be missing behind a mapping.
static u8 *
linear_page(struct mem *m, const struct vma *v, u64 page)
{
	u8 *p = (u8 *)at(page), x;
	return v->file && mem_guarded_copy(&x, p, 1) ? 0 : p;
}

const struct mem_model linear_model = {
	linear_map, linear_unmap, linear_protect, linear_extend, linear_move, linear_advise, linear_page,
};
#endif
