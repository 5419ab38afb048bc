// advise.c: madvise, msync, mlock and mincore. Each does what it can of a
// range with holes and then reports -ENOMEM, as Linux does.
#include "mem/map.h"
#include <errno.h>
#include <sys/mman.h>
#include "host/host.h"

// Linux mm/madvise.c madvise_behavior_valid(), as far as it is served
static int
known(int advice)
{
	return (advice >= 0 && advice <= 4) || (advice >= 8 && advice <= 25);
}

static int
advise_piece(struct mem *m, struct vma *v, u64 lo, u64 hi, int advice, struct changes *ch)
{
	int add = 0, remove = 0;
	switch (advice) {
	case L_MADV_DONTNEED:
		if (v->flags & VMA_LOCKED)
			return -EINVAL;
		break;
	case L_MADV_DONTNEED_LOCKED:
		advice = L_MADV_DONTNEED;
		break;
	case L_MADV_FREE:
		if (!(v->flags & VMA_ANON) || (v->flags & VMA_SHARED))
			return -EINVAL;
		break;
	case L_MADV_REMOVE:
		if (v->flags & VMA_LOCKED)
			return -EINVAL;
		if (!(v->flags & VMA_SHARED))
			return -EINVAL;
		if (!(v->maxprot & MEM_W))
			return -EACCES;
		break;
	case L_MADV_DONTFORK:
		add = VMA_DONTFORK;
		break;
	case L_MADV_DOFORK:
		remove = VMA_DONTFORK;
		break;
	case L_MADV_WIPEONFORK:
		if (!(v->flags & VMA_ANON) || (v->flags & VMA_SHARED))
			return -EINVAL;
		add = VMA_WIPEONFORK;
		break;
	case L_MADV_KEEPONFORK:
		remove = VMA_WIPEONFORK;
		break;
	}
	if (add | remove) {
		vma_split(m, lo);
		vma_split(m, hi);
		v = vma_find(m, lo);
		v->flags = (u16)((v->flags | add) & ~remove);
		return 0;  // mem_after_fork does the work
	}
	if (advice == L_MADV_DONTNEED || advice == L_MADV_FREE || advice == L_MADV_REMOVE)
		watch_clear_aliases(m, v, lo, hi, 0, ch);
	return m->model->advise(m, v, lo, hi, advice, ch);
}

typedef int piece_fn(struct mem *, struct vma *, u64 lo, u64 hi, int arg, struct changes *);

// Calls fn for all mapped pieces of [addr, addr + len).
static int
each_piece(struct mem *m, u64 addr, u64 len, piece_fn *fn, int arg)
{
	struct changes ch;
	u64 end = addr + len, at;
	int r = 0, hole = 0;
	memset(&ch, 0, sizeof ch);
	pthread_mutex_lock(&m->lock);
	for (at = addr; !r && at < end;) {
		struct vma *v;
		u64 hi;
		r = vma_reserve(m, 2);
		if (r)
			break;
		v = vma_find(m, at);
		hole |= v == vma_end(m) || v->start > at;
		if (v == vma_end(m) || v->start >= end)
			break;
		at = max_u64(at, v->start);
		hi = min_u64(end, v->end);
		r = fn(m, v, at, hi, arg, &ch);
		at = hi;
	}
	vma_merge(m, addr, end, &ch);
	mem_publish(m, &ch);
	return r ? r : hole ? -ENOMEM : 0;
}

int
mem_advise(struct mem *m, u64 addr, u64 len, int advice)
{
	u64 n = round_up(len, PAGE_SIZE_GUEST);
	if (!known(advice) || (addr & (PAGE_SIZE_GUEST - 1)) || (len && !n) || addr + n < addr)
		return -EINVAL;
	return each_piece(m, addr, n, advise_piece, advice);
}

static int
sync_piece(struct mem *m, struct vma *v, u64 lo, u64 hi, int flags, struct changes *ch)
{
	u8 *p;
	if ((flags & 2) && (v->flags & VMA_LOCKED))
		return -EBUSY;
	if (!(v->flags & VMA_SHARED) || !(flags & 4))
		return 0;
	for (; lo < hi; lo += PAGE_SIZE_GUEST) {
		u64 n = mem_is_paged(m) ? (u64)PAGE_SIZE_GUEST : hi - lo;
		p = mem_is_paged(m) ? m->model->page(m, v, lo) : (u8 *)(uintptr_t)(lo + LINEAR_BASE);
		if (p)
			p -= (v->offset + (lo - v->start)) & (host_page_size() - 1);
		if (p && msync(p, n, MS_SYNC))
			return -errno;
		if (!mem_is_paged(m))
			break;
	}
	return 0;
}

// flags: 1 ASYNC, 2 INVALIDATE, 4 SYNC
int
mem_sync(struct mem *m, u64 addr, u64 len, int flags)
{
	u64 n = round_up(len, PAGE_SIZE_GUEST);
	if ((flags & ~7) || (addr & (PAGE_SIZE_GUEST - 1)) || (flags & 5) == 5)
		return -EINVAL;
	if (addr + n < addr || (len && !n))
		return -ENOMEM;
	return each_piece(m, addr, n, sync_piece, flags);
}

static int
lock_piece(struct mem *m, struct vma *v, u64 lo, u64 hi, int on, struct changes *ch)
{
	if (!mem_is_paged(m)) {
		void *p = (void *)(uintptr_t)(lo + LINEAR_BASE);
		if (on ? mlock(p, hi - lo) : munlock(p, hi - lo))
			return -errno;
	}
	vma_split(m, lo);
	vma_split(m, hi);
	v = vma_find(m, lo);
	v->flags = (u16)(on ? v->flags | VMA_LOCKED : v->flags & ~VMA_LOCKED);
	return 0;
}

int
mem_lock(struct mem *m, u64 addr, u64 len, int on)
{
	u64 lo = round_down(addr, PAGE_SIZE_GUEST), n = round_up(len + (addr - lo), PAGE_SIZE_GUEST);
	if (lo + n < lo)
		return -EINVAL;
	return each_piece(m, lo, n, lock_piece, on);
}

int
mem_incore(struct mem *m, u64 addr, u64 len, u8 *vec)
{
	u64 end = addr + round_up(len, PAGE_SIZE_GUEST), at;
	int r = 0;
	if (addr & (PAGE_SIZE_GUEST - 1))
		return -EINVAL;
	if (end < addr || end > MEM_TOP)
		return -ENOMEM;
	pthread_mutex_lock(&m->lock);
	if (!vma_covered(m, addr, end))
		r = -ENOMEM;
	else if (!mem_is_paged(m))
		r = host_incore((void *)(uintptr_t)(addr + LINEAR_BASE), (size_t)(end - addr), vec);
	else
		for (at = addr; at < end; at += PAGE_SIZE_GUEST) {
			uintptr_t *e = pt_entry(m, at, 0);
			*vec++ = vma_find(m, at)->ino || (e && *e & ~(uintptr_t)PT_FLAGS);
		}
	pthread_mutex_unlock(&m->lock);
	return r;
}
