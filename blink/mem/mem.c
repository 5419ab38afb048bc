// mem.c: mmap, munmap, mprotect, mremap and their kin, with the checks of
// Linux mm/ in their order; what they do to bytes is left to the model.
#include "mem/map.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "host/host.h"

// Linear layouts keep away from where hosts put the emulator: executables
// at 2/3 of the address space, libraries and stack at its end. The second row
// is for hosts with 38 or 39 address bits.
static const struct mem_layout g_layouts[] = {
	{0x555555554000, 0x7ff7fffff000, 0x7ffffffff000},  // paged: as without ASLR
	{0x550000000000, 0x6d0000000000, 0x6e0000000000},
	{0x1000000000, 0x2000000000, 0x2100000000},
};

void
changes_code(struct changes *ch, u64 lo, u64 hi)
{
	int i = ch->ncode;
	if (i < (int)COUNTOF(ch->code)) {
		ch->code[i].lo = lo;
		ch->code[i].hi = hi;
		ch->ncode++;
	} else {
		i--;
		ch->code[i].lo = min_u64(ch->code[i].lo, lo);
		ch->code[i].hi = max_u64(ch->code[i].hi, hi);
	}
}

void
changes_tlb(struct changes *ch, u64 lo, u64 hi)
{
	ch->tlb_lo = ch->tlb_hi ? min_u64(ch->tlb_lo, lo) : lo;
	ch->tlb_hi = max_u64(ch->tlb_hi, hi);
}

static void
begin(struct mem *m, struct changes *ch)
{
	memset(ch, 0, sizeof *ch);
	pthread_mutex_lock(&m->lock);
}

void
mem_publish(struct mem *m, struct changes *ch)
{
	struct mfile *f;
	int i, tell = ch->ncode && m->hooks.code_changed;
	u32 told = ch->told;
	if (tell) {
		__atomic_add_fetch(&m->telling, 1, __ATOMIC_ACQ_REL);
		told = ++m->drops;
	}
	pthread_mutex_unlock(&m->lock);
	for (i = 0; tell && i < ch->ncode; i++)
		m->hooks.code_changed(m->hooks.arg, ch->code[i].lo, ch->code[i].hi);
	if (tell)
		__atomic_sub_fetch(&m->telling, 1, __ATOMIC_ACQ_REL);
	if (ch->tlb_hi && m->hooks.tlb_stale)
		m->hooks.tlb_stale(m->hooks.arg, ch->tlb_lo, ch->tlb_hi);
	if (ch->frames) {
		u8 *f0 = ch->frames;
		pthread_mutex_lock(&m->lock);
		while (f0)
			f0 = frame_free(m, f0);
		pthread_mutex_unlock(&m->lock);
	}
	while ((f = ch->dead)) {
		ch->dead = f->next;
		if (f->host) {
			size_t delta = (size_t)(f->offset & (host_page_size() - 1));
			munmap(f->host - delta, f->len + delta);
		}
		free(f);
	}
	memset(ch, 0, sizeof *ch);
	ch->told = told;
}

static void
claim_fault(int sig, siginfo_t *info, void *ucontext)
{
	mem_on_host_fault(info->si_addr);
}

#if LINEAR_POSSIBLE && !defined(MEM_DEFAULT_PAGED)
#define HAVE_LINEAR
static const struct mem_layout *
linear_layout(void)
{
	const struct mem_layout *l = &g_layouts[1];
#if !HOST_X86_64
	void *top = (void *)(uintptr_t)(l->stack_top - host_page_size());
	int r = host_map_noreplace(top, host_page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!r)
		munmap(top, host_page_size());
	else if (r != -EEXIST)
		l++;
#endif
	return l;
}
#endif

struct mem *
mem_new(int paged)
{
	struct mem *m = (struct mem *)calloc(1, sizeof *m);
	if (!m)
		return 0;
	pthread_mutex_init(&m->lock, 0);
	m->next_ino = 1;
	m->model = &paged_model;
	m->layout = &g_layouts[0];
#ifdef HAVE_LINEAR
	if (!paged && host_page_size() == PAGE_SIZE_GUEST) {
		m->model = &linear_model;
		m->layout = linear_layout();
	}
#endif
	host_claim_faults(claim_fault);
	return m;
}

const struct mem_layout *
mem_layout(const struct mem *m)
{
	return m->layout;
}

int
mem_is_paged(const struct mem *m)
{
	return m->model == &paged_model;
}

void
mem_set_hooks(struct mem *m, const struct mem_hooks *hooks)
{
	m->hooks = *hooks;
}

// Takes away whatever is mapped in [lo, hi).
static void
discard(struct mem *m, u64 lo, u64 hi, struct changes *ch)
{
	watch_clear(m, lo, hi, ch);
	m->model->unmap(m, lo, hi, ch);
	vma_delete(m, lo, hi, ch);
}

void
mem_clear(struct mem *m)
{
	struct changes ch;
	begin(m, &ch);
	if (!vma_reserve(m, 2))
		discard(m, 0, MEM_TOP, &ch);
	mem_publish(m, &ch);
}

void
mem_free(struct mem *m)
{
	mem_clear(m);
	page_free_all(m);
	if (MACHINE(m))
		machine_free(m->machine);
	pthread_mutex_destroy(&m->lock);
	free(m->v);
	free(m);
}

void
mem_before_fork(struct mem *m)
{
	pthread_mutex_lock(&m->lock);
}

void
mem_after_fork(struct mem *m, int is_child)
{
	struct changes ch;
	struct vma *v;
	memset(&ch, 0, sizeof ch);
	if (is_child)
		m->telling = 0;  // those threads are not here
	for (v = m->v; is_child && v < vma_end(m);) {
		u64 end = v->end;
		if (v->flags & VMA_DONTFORK)
			discard(m, v->start, end, &ch);
		else if (v->flags & VMA_WIPEONFORK)
			m->model->advise(m, v, v->start, end, L_MADV_DONTNEED, &ch);
		v = vma_find(m, end);
	}
	mem_publish(m, &ch);
}

// Linux counts what a private mapping may dirty (VM_ACCOUNT), and does not
// join what is counted with what is not. It shows in /proc/self/maps.
static void
account(struct vma *v)
{
	if ((v->prot & MEM_W) && !(v->flags & (VMA_SHARED | VMA_NORESERVE)))
		v->flags |= VMA_ACCOUNT;
	else if (v->flags & VMA_ANON)
		v->flags &= ~VMA_ACCOUNT;
}

// New writable views of a file drop the watches of what shows the same bytes.
static void
guard_aliases(struct mem *m, u64 lo, u64 hi, struct changes *ch)
{
	struct vma *v;
	VMA_EACH(m, v, lo, hi)
		if ((v->flags & VMA_SHARED) && (v->prot & MEM_W))
			watch_clear_aliases(m, v, v->start, v->end, 0, ch);
}

// Fills in what is mapped. 0 or -errno.
static int
describe(struct mem *m, struct vma *nv, int fd, const struct stat *st, const char *path)
{
	char buf[4096];
	nv->maxprot = MEM_R | MEM_W | MEM_X;
	if (fd >= 0) {
		nv->dev = st->st_dev;
		nv->ino = st->st_ino;
		if ((nv->flags & VMA_SHARED) && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
			nv->maxprot &= ~MEM_W;
		if (!path)
			path = host_fd_path(fd, buf, sizeof buf) > 0 ? buf : "";
	} else {
		nv->flags |= VMA_ANON;
		nv->offset = 0;
		if (!(nv->flags & VMA_SHARED) && !path)
			return 0;
		if (nv->flags & VMA_SHARED) {
			nv->dev = 1;
			nv->ino = m->next_ino++;
			if (!path)
				path = "/dev/zero (deleted)";
		}
	}
	nv->file = mfile_new(nv->dev, nv->ino, path);
	if (!nv->file)
		return -ENOMEM;
	nv->path = nv->file->path;
	if (fd >= 0 && host_page_size() > PAGE_SIZE_GUEST && !st->st_nlink) {
		nv->file->size = (u64)st->st_size;
		nv->file->nameless = m->sizes = 1;
	}
	return 0;
}

// Finds room and backs nv there, from the hint down. 0 or -errno.
static int
place(struct mem *m, struct vma *nv, u64 hint, u64 len, int fd, struct changes *ch)
{
	int low = nv->flags & VMA_32BIT, round, r = -EEXIST;
	hint = round_down(hint, PAGE_SIZE_GUEST);
	if (hint && hint < MEM_LOWEST)
		hint = MEM_LOWEST;
	if (hint && !low && hint <= MEM_TOP - len && vma_free(m, hint, hint + len, 1)) {
		nv->start = hint;
		nv->end = hint + len;
		r = m->model->map(m, nv, fd, ch);
	}
	// Below the mmap base, then above it, as Linux does when that is full.
	for (round = 0; round < 2 && r == -EEXIST; round++) {
		u64 lo = round ? m->layout->mmap_base : (u64)MEM_LOWEST, hi = round ? MEM_TOP : m->layout->mmap_base, step = 1 << 20;
		if (low) {
			lo = 0x40000000;
			hi = 0x80000000;
		}
		for (; r == -EEXIST && hi > lo; step *= 2) {
			nv->start = vma_gap(m, len, lo, hi);
			if (!nv->start)
				break;
			nv->end = nv->start + len;
			r = m->model->map(m, nv, fd, ch);
			hi = nv->end > step ? nv->end - step : 0;
		}
	}
	return r == -EEXIST ? -ENOMEM : r;
}

// The demands on a fixed address. 0 or -errno.
static int
check_fixed(u64 addr, u64 len)
{
	if (addr > MEM_TOP - len)
		return -ENOMEM;
	if (addr & (PAGE_SIZE_GUEST - 1))
		return -EINVAL;
	return addr < MEM_LOWEST && geteuid() ? -EPERM : 0;
}

static int
collision(const struct vma *nv)
{
	log_msg("cannot map %#llx-%#llx for the guest: the emulator itself is there; try -m", (unsigned long long)nv->start, (unsigned long long)nv->end);
	return -ENOMEM;
}

i64
mem_map_file(struct mem *m, u64 addr, u64 len, int prot, int flags, int fd, const struct stat *known, u64 offset, const char *path)
{
	struct changes ch;
	struct vma nv;
	struct stat st;
	int r, fixed = flags & (VMA_FIXED | VMA_FIXED_NOREPLACE);
	if (known)
		st = *known;
	else if (fd >= 0 && fstat(fd, &st))
		return -errno;
	if ((offset & (PAGE_SIZE_GUEST - 1)) || !len)
		return -EINVAL;
	len = round_up(len, PAGE_SIZE_GUEST);
	if (!len)
		return -ENOMEM;
	if (offset + len < offset)
		return -EOVERFLOW;
	if (len > MEM_TOP)
		return -ENOMEM;
	if (fixed && (r = check_fixed(addr, len)))
		return r;
	if (fd < 0 && (flags & VMA_SHARED) && (flags & VMA_GROWSDOWN))
		return -EINVAL;
	memset(&nv, 0, sizeof nv);
	nv.prot = (u8)(prot & 7);
	nv.flags = (u16)flags;
	nv.offset = offset;
	begin(m, &ch);
	r = vma_reserve(m, 3);
	if (!r && (flags & VMA_FIXED_NOREPLACE) && !vma_free(m, addr, addr + len, 0))
		r = -EEXIST;
	if (!r)
		r = describe(m, &nv, fd, &st, path);
	if (!r && (nv.prot & ~nv.maxprot))
		r = -EACCES;
	if (!r && fixed) {
		nv.start = addr;
		nv.end = addr + len;
		r = m->model->map(m, &nv, fd, &ch);
		if (r == -EEXIST && (flags & VMA_FIXED))
			r = collision(&nv);
	} else if (!r) {
		r = place(m, &nv, addr, len, fd, &ch);
	}
	if (r) {
		mfile_drop(nv.file, &ch);
	} else {
		watch_clear(m, nv.start, nv.end, &ch);
		vma_delete(m, nv.start, nv.end, &ch);
		account(&nv);
		vma_insert(m, &nv);
		guard_aliases(m, nv.start, nv.end, &ch);
		vma_merge(m, nv.start, nv.end, &ch);
	}
	mem_publish(m, &ch);
	if (!r && (flags & VMA_SHARED) && m->hooks.shared)
		m->hooks.shared(m->hooks.arg);
	return r ? r : (i64)nv.start;
}

i64
mem_map(struct mem *m, u64 addr, u64 len, int prot, int flags, int fd, u64 offset, const char *path)
{
	return mem_map_file(m, addr, len, prot, flags, fd, 0, offset, path);
}

int
mem_unmap(struct mem *m, u64 addr, u64 len)
{
	struct changes ch;
	int r;
	if ((addr & (PAGE_SIZE_GUEST - 1)) || addr > MEM_TOP || len > MEM_TOP - addr || !len)
		return -EINVAL;
	len = round_up(len, PAGE_SIZE_GUEST);
	begin(m, &ch);
	r = vma_reserve(m, 2);
	if (!r)
		discard(m, addr, addr + len, &ch);
	mem_publish(m, &ch);
	return r;
}

// Changes the part [lo, hi) of one VMA.
static int
protect_piece(struct mem *m, struct vma *v, u64 lo, u64 hi, int prot, struct changes *ch)
{
	int r;
	if (prot & ~v->maxprot)
		return -EACCES;
	r = m->model->protect(m, lo, hi, prot, ch);
	if (r)
		return r;
	vma_split(m, lo);
	vma_split(m, hi);
	v = vma_find(m, lo);
	v->prot = (u8)prot;
	account(v);
	if ((prot & (MEM_W | MEM_X)) != MEM_X)
		watch_clear(m, lo, hi, ch);
	if (prot & MEM_W)
		guard_aliases(m, lo, hi, ch);
	return 0;
}

int
mem_protect(struct mem *m, u64 addr, u64 len, int prot)
{
	enum { GROWSDOWN = 0x01000000, GROWSUP = 0x02000000, SEM = 8 };
	int grow = prot & (GROWSDOWN | GROWSUP), r;
	u64 end, at;
	struct changes ch;
	struct vma *v;
	prot &= ~(GROWSDOWN | GROWSUP);
	if (grow == (GROWSDOWN | GROWSUP) || (addr & (PAGE_SIZE_GUEST - 1)))
		return -EINVAL;
	if (!len)
		return 0;
	end = addr + round_up(len, PAGE_SIZE_GUEST);
	if (end <= addr)
		return -ENOMEM;
	if ((prot & ~(7 | SEM)) || grow == GROWSUP)
		return -EINVAL;
	prot &= 7;
	begin(m, &ch);
	r = vma_reserve(m, 2);
	v = vma_find(m, addr);
	if (!r && v == vma_end(m))
		r = -ENOMEM;
	if (!r && grow) {
		if (v->start >= end)
			r = -ENOMEM;
		else if (!(v->flags & VMA_GROWSDOWN))
			r = -EINVAL;
		else
			addr = v->start;
	}
	for (at = addr; !r && at < end;) {
		u64 hi;
		r = vma_reserve(m, 2);
		v = vma_find(m, at);
		if (r || v == vma_end(m) || v->start > at) {
			r = -ENOMEM;
			break;
		}
		hi = min_u64(end, v->end);
		r = protect_piece(m, v, at, hi, prot, &ch);
		if (!r)
			at = hi;
	}
	vma_merge(m, addr, at, &ch);
	mem_publish(m, &ch);
	return r;
}

enum { MAYMOVE = 1, FIXED = 2, DONTUNMAP = 4 };

struct remap {
	u64 addr, oldlen, newlen, newaddr;
	int flags;
};

// Linux mm/mremap.c check_mremap_params()
static int
check_remap(const struct remap *q)
{
	if ((q->flags & ~7) || (q->addr & (PAGE_SIZE_GUEST - 1)) || !q->newlen || q->newlen > MEM_TOP)
		return -EINVAL;
	if (!(q->flags & (FIXED | DONTUNMAP)))
		return 0;
	if (!(q->flags & MAYMOVE) || ((q->flags & DONTUNMAP) && q->oldlen != q->newlen))
		return -EINVAL;
	if ((q->newaddr & (PAGE_SIZE_GUEST - 1)) || q->newaddr > MEM_TOP - q->newlen)
		return -EINVAL;
	if (q->addr < q->newaddr + q->newlen && q->newaddr < q->addr + q->oldlen)
		return -EINVAL;
	return 0;
}

// Moves q's pages to a place of the guest's or mem's choice. New address or -errno.
static i64
remap_move(struct mem *m, struct remap *q, struct changes *ch)
{
	struct vma *v = vma_find(m, q->addr), nv = *v;
	int r;
	nv.offset += q->addr - v->start;
	if (q->flags & FIXED) {
		r = check_fixed(q->newaddr, q->newlen);
		if (r)
			return r;
		nv.start = q->newaddr;
		nv.end = nv.start + q->newlen;
		if (nv.start <= q->addr && q->addr < nv.end) {
			discard(m, nv.start, nv.end, ch);  // oldlen is 0: it buries itself
			return -EFAULT;
		}
		r = m->model->move(m, &nv, q->addr, q->oldlen, q->flags & DONTUNMAP, ch);
		if (r == -EEXIST)
			r = collision(&nv);
	} else {
		u64 hi = m->layout->mmap_base, step = 1 << 20;
		do {
			nv.start = 0;
			if ((q->flags & DONTUNMAP) && q->newaddr && vma_free(m, q->newaddr, q->newaddr + q->newlen, 1))
				nv.start = q->newaddr;
			q->newaddr = 0;
			if (!nv.start)
				nv.start = vma_gap(m, q->newlen, MEM_LOWEST, hi);
			if (!nv.start)
				return -ENOMEM;
			nv.end = nv.start + q->newlen;
			hi = min_u64(hi, nv.end) > step ? min_u64(hi, nv.end) - step : 0;
			step *= 2;
			r = m->model->move(m, &nv, q->addr, q->oldlen, q->flags & DONTUNMAP, ch);
		} while (r == -EEXIST);
	}
	if (r)
		return r;
	if (nv.file)
		nv.file->refs++;
	watch_clear(m, nv.start, nv.end, ch);
	vma_delete(m, nv.start, nv.end, ch);
	watch_clear(m, q->addr, q->addr + q->oldlen, ch);
	if (q->flags & DONTUNMAP) {
		vma_find(m, q->addr)->flags &= ~VMA_LOCKED;
	} else if (q->oldlen) {
		vma_delete(m, q->addr, q->addr + q->oldlen, ch);
	}
	vma_insert(m, &nv);
	guard_aliases(m, nv.start, nv.end, ch);
	vma_merge(m, nv.start, nv.end, ch);
	return (i64)nv.start;
}

static i64
remap(struct mem *m, struct remap *q, struct changes *ch)
{
	struct vma *v = vma_find(m, q->addr);
	int moves = q->flags & (FIXED | DONTUNMAP), r;
	u64 end = q->addr + q->oldlen, newend = q->addr + q->newlen;
	if (v == vma_end(m) || v->start > q->addr)
		return -EFAULT;
	if (!q->oldlen && !(v->flags & VMA_SHARED))
		return -EINVAL;
	if (q->oldlen >= q->newlen && !moves) {
		if (end > newend)
			discard(m, newend, end, ch);
		return (i64)q->addr;
	}
	if (q->oldlen > v->end - q->addr && q->oldlen > q->newlen && q->newlen <= v->end - q->addr) {
		// the tail that is cut off may reach into other mappings
	} else if (q->oldlen > v->end - q->addr) {
		return -EFAULT;
	}
	if (q->newlen > q->oldlen && v->offset + (newend - v->start) < v->offset)
		return -EINVAL;
	if (moves) {
		if (q->oldlen > q->newlen) {
			if (q->flags & FIXED) {
				r = check_fixed(q->newaddr, q->newlen);
				if (r)
					return r;
			}
			discard(m, newend, end, ch);
			q->oldlen = q->newlen;
		}
		return remap_move(m, q, ch);
	}
	if (end == v->end && newend > q->addr && newend <= MEM_TOP && vma_free(m, end, newend, 0)) {
		r = m->model->extend(m, v, q->addr, newend, ch);
		if (!r) {
			watch_clear(m, q->addr, end, ch);
			v->end = newend;
			vma_merge(m, v->start, newend, ch);
			return (i64)q->addr;
		}
	}
	return q->flags & MAYMOVE ? remap_move(m, q, ch) : -ENOMEM;
}

i64
mem_remap(struct mem *m, u64 addr, u64 oldlen, u64 newlen, int flags, u64 newaddr)
{
	struct changes ch;
	struct remap q;
	i64 r;
	q.addr = addr;
	q.oldlen = round_up(oldlen, PAGE_SIZE_GUEST);
	q.newlen = round_up(newlen, PAGE_SIZE_GUEST);
	q.newaddr = newaddr;
	q.flags = flags;
	r = check_remap(&q);
	if (r)
		return r;
	begin(m, &ch);
	r = vma_reserve(m, 6);
	if (!r)
		r = remap(m, &q, &ch);
	mem_publish(m, &ch);
	return r;
}

void
mem_set_name(struct mem *m, u64 addr, int flags_to_set, const char *path)
{
	struct changes ch;
	struct vma *v;
	struct mfile *f;
	begin(m, &ch);
	v = vma_find(m, addr);
	if (v < vma_end(m) && v->start <= addr) {
		v->flags |= (u16)flags_to_set;
		if (path && !(v->file && v->file->host) && (f = mfile_new(v->dev, v->ino, path))) {
			mfile_drop(v->file, &ch);
			v->file = f;
			v->path = f->path;
		}
	}
	mem_publish(m, &ch);
}

int
mem_find(struct mem *m, u64 addr, struct vma *out, char *pathbuf)
{
	struct vma *v;
	int found;
	pthread_mutex_lock(&m->lock);
	v = vma_find(m, addr);
	found = v < vma_end(m);
	if (found) {
		*out = *v;
		if (pathbuf) {
			pathbuf[0] = 0;
			if (v->path)
				strncat(pathbuf, v->path, 4095);
		}
	}
	pthread_mutex_unlock(&m->lock);
	return found;
}

u64
mem_total(struct mem *m)
{
	struct vma *v;
	u64 sum = 0;
	pthread_mutex_lock(&m->lock);
	for (v = m->v; v < vma_end(m); v++)
		sum += v->end - v->start;
	pthread_mutex_unlock(&m->lock);
	return sum;
}
