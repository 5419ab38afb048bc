// mmap.c: the program break and mappings (Linux mm/), and arch_prctl(2).
//
// What a mapping is and does lives in mem/; here are the system calls' own
// checks, in the kernel's order.
#include "linux/linux.h"
#include <errno.h>
#include <fcntl.h>

enum { PAGE_MASK_GUEST = PAGE_SIZE_GUEST - 1, MMAP_MIN_ADDR = 65536 };
enum {
	// What existed before MAP_SHARED_VALIDATE, which refuses all else
	MAP_LEGACY = L_MAP_SHARED | L_MAP_PRIVATE | L_MAP_FIXED | L_MAP_ANONYMOUS | L_MAP_32BIT | L_MAP_GROWSDOWN
		| L_MAP_DENYWRITE | L_MAP_EXECUTABLE | L_MAP_LOCKED | L_MAP_NORESERVE | L_MAP_POPULATE
		| L_MAP_NONBLOCK | L_MAP_STACK | L_MAP_HUGETLB | 0x4000000
};

// What a guest that asks for PROT_READ gets (personality(2), READ_IMPLIES_EXEC)
static int
implied_exec(int prot)
{
	enum { READ_IMPLIES_EXEC = 0x400000 };
	return (g_options.personality & READ_IMPLIES_EXEC) && (prot & MEM_R) ? prot | MEM_X : prot;
}

// mem's results are host errno values.
static i64
from_mem(i64 r)
{
	return r < 0 ? l_err((int)-r) : r;
}

static int
in_user(u64 addr, u64 len)
{
	return len <= MEM_TOP && addr <= MEM_TOP - len;
}

i64
sys_brk(struct thread *t, const u64 *a)
{
	struct process *p = t->p;
	u64 want = a[0], from, to, result;
	pthread_mutex_lock(&p->lock);
	if (want >= p->brk_start && want < MEM_TOP) {
		from = round_up(p->brk, PAGE_SIZE_GUEST);
		to = round_up(want, PAGE_SIZE_GUEST);
		if (to < from) {
			if (!mem_unmap(p->mem, to, from - to))
				p->brk = want;
		} else if (to == from || mem_map(p->mem, from, to - from, MEM_R | MEM_W,
				VMA_FIXED_NOREPLACE | VMA_ANON | VMA_HEAP, -1, 0, 0) >= 0) {
			p->brk = want;
		}
	}
	result = p->brk;
	pthread_mutex_unlock(&p->lock);
	return (i64)result;
}

// mode is what F_GETFL says of the file.
static i64
check_file(int mode, int prot, int flags)
{
	switch (flags & L_MAP_TYPE) {
	case L_MAP_SHARED_VALIDATE:
		if (flags & ~(int)MAP_LEGACY)
			return -L_EOPNOTSUPP;
		FALLTHROUGH;
	case L_MAP_SHARED:
		if ((prot & MEM_W) && (mode & O_ACCMODE) != O_RDWR)
			return -L_EACCES;
		FALLTHROUGH;
	case L_MAP_PRIVATE:
		return (mode & O_ACCMODE) == O_WRONLY ? -L_EACCES : 0;
	default:
		return -L_EINVAL;
	}
}

i64
sys_mmap(struct thread *t, const u64 *a)
{
	static const struct { int guest; u16 vma; } flag_map[] = {
		{ L_MAP_ANONYMOUS, VMA_ANON }, { L_MAP_32BIT, VMA_32BIT }, { L_MAP_GROWSDOWN, VMA_GROWSDOWN },
		{ L_MAP_LOCKED, VMA_LOCKED | VMA_POPULATE }, { L_MAP_NORESERVE, VMA_NORESERVE },
		{ L_MAP_POPULATE, VMA_POPULATE }, { L_MAP_FIXED, VMA_FIXED }
	};
	u64 addr = a[0], len = a[1], off = a[5];
	int mode = 0, prot = implied_exec((int)a[2] & 7), flags = (int)a[3], fd = (int)a[4], vma = 0, type = flags & L_MAP_TYPE;
	char path[L_PATH_MAX];
	size_t i;
	i64 r;
	if (off & PAGE_MASK_GUEST)
		return -L_EINVAL;
	if (!(flags & L_MAP_ANONYMOUS) && (mode = fcntl(fd, F_GETFL)) < 0)
		return -L_EBADF;
	if (!len)
		return -L_EINVAL;
	if (flags & L_MAP_FIXED_NOREPLACE)
		flags |= L_MAP_FIXED;
	len = round_up(len, PAGE_SIZE_GUEST);
	if (!len || len > MEM_TOP)
		return -L_ENOMEM;
	if (off + len < off)
		return -L_EOVERFLOW;
	if (flags & L_MAP_FIXED) {
		if (!in_user(round_down(addr, PAGE_SIZE_GUEST), len))
			return -L_ENOMEM;
		if (addr & PAGE_MASK_GUEST)
			return -L_EINVAL;
	} else {
		addr = round_down(addr, PAGE_SIZE_GUEST);
		if (addr && addr < MMAP_MIN_ADDR)
			addr = MMAP_MIN_ADDR;
		if (!in_user(addr, len))
			addr = 0;
	}
	if (flags & L_MAP_ANONYMOUS) {
		if (type != L_MAP_SHARED && type != L_MAP_PRIVATE)
			return -L_EINVAL;
		if (flags & L_MAP_HUGETLB)
			return -L_ENOMEM;  // the guest's pool of huge pages is empty
		fd = -1;
	} else if ((r = check_file(mode, prot, flags))) {
		return r;
	}
	for (i = 0; i < COUNTOF(flag_map); i++)
		if (flags & flag_map[i].guest)
			vma |= flag_map[i].vma;
	if (flags & L_MAP_FIXED_NOREPLACE)
		vma = (vma & ~VMA_FIXED) | VMA_FIXED_NOREPLACE;
	if (type != L_MAP_PRIVATE)
		vma |= VMA_SHARED;
	if (t->p->lock_future)
		vma |= VMA_LOCKED;
	path[0] = 0;
	if (fd >= 0)
		host_fd_path(fd, path, sizeof path);
	return from_mem(mem_map(t->p->mem, addr, len, prot, vma, fd, fd < 0 ? 0 : off, path[0] ? path : 0));
}

i64
sys_munmap(struct thread *t, const u64 *a)
{
	u64 len = round_up(a[1], PAGE_SIZE_GUEST);
	if ((a[0] & PAGE_MASK_GUEST) || !len || !in_user(a[0], len))
		return -L_EINVAL;
	return from_mem(mem_unmap(t->p->mem, a[0], len));
}

i64
sys_mprotect(struct thread *t, const u64 *a)
{
	u64 len = round_up(a[1], PAGE_SIZE_GUEST), start = a[0];
	int prot = (int)a[2] & ~(L_PROT_GROWSDOWN | L_PROT_GROWSUP);
	struct vma v;
	if ((a[2] & L_PROT_GROWSDOWN) && (a[2] & L_PROT_GROWSUP))
		return -L_EINVAL;
	if (start & PAGE_MASK_GUEST)
		return -L_EINVAL;
	if (!a[1])
		return 0;
	if (!len || start + len <= start)
		return -L_ENOMEM;
	if ((prot & ~(7 | L_PROT_SEM)) || ((u64)a[2] >> 32))
		return -L_EINVAL;
	if (!in_user(start, len))
		return -L_ENOMEM;
	if (a[2] & L_PROT_GROWSUP)
		return -L_EINVAL;
	if (a[2] & L_PROT_GROWSDOWN) {
		if (!mem_find(t->p->mem, start, &v, 0) || v.start >= start + len)
			return -L_ENOMEM;
		if (!(v.flags & VMA_GROWSDOWN))
			return -L_EINVAL;
		len += start - v.start;
		start = v.start;
	}
	return from_mem(mem_protect(t->p->mem, start, len, implied_exec(prot & 7)));
}

i64
sys_pkey_mprotect(struct thread *t, const u64 *a)
{
	// CPUID has no protection keys; -1 is mprotect(2)
	return (i32)a[3] == -1 ? sys_mprotect(t, a) : -L_EINVAL;
}

i64
sys_pkey_alloc(struct thread *t, const u64 *a)
{
	return -L_EINVAL;
}

i64
sys_pkey_free(struct thread *t, const u64 *a)
{
	return -L_EINVAL;
}

i64
sys_mremap(struct thread *t, const u64 *a)
{
	u64 old = a[0], oldlen = round_up(a[1], PAGE_SIZE_GUEST), newlen = round_up(a[2], PAGE_SIZE_GUEST);
	int flags = (int)a[3];
	if ((a[3] & ~(u64)(L_MREMAP_MAYMOVE | L_MREMAP_FIXED | L_MREMAP_DONTUNMAP)) || ((flags & L_MREMAP_FIXED) && !(flags & L_MREMAP_MAYMOVE)))
		return -L_EINVAL;
	if ((flags & L_MREMAP_DONTUNMAP) && (!(flags & L_MREMAP_MAYMOVE) || oldlen != newlen))
		return -L_EINVAL;
	if ((old & PAGE_MASK_GUEST) || !newlen)
		return -L_EINVAL;
	if (!in_user(old, oldlen))
		return -L_EFAULT;
	if (flags & (L_MREMAP_FIXED | L_MREMAP_DONTUNMAP)) {
		if ((a[4] & PAGE_MASK_GUEST) || !in_user(a[4], newlen))
			return -L_EINVAL;
		if (old < a[4] + newlen && a[4] < old + oldlen && (flags & L_MREMAP_FIXED))
			return -L_EINVAL;
	} else if (newlen > MEM_TOP) {
		return -L_ENOMEM;
	}
	return from_mem(mem_remap(t->p->mem, old, oldlen, newlen, flags, a[4]));
}

i64
sys_msync(struct thread *t, const u64 *a)
{
	enum { ASYNC = 1, INVALIDATE = 2, SYNC = 4 };
	u64 len = round_up(a[1], PAGE_SIZE_GUEST);
	int flags = (int)a[2];
	if ((a[2] & ~(u64)(ASYNC | INVALIDATE | SYNC)) || (a[0] & PAGE_MASK_GUEST) || ((flags & ASYNC) && (flags & SYNC)))
		return -L_EINVAL;
	if (a[0] + len < a[0] || (a[1] && !len))
		return -L_ENOMEM;
	if (!len)
		return 0;
	if (!in_user(a[0], len))
		return -L_ENOMEM;
	return from_mem(mem_sync(t->p->mem, a[0], len, flags));
}

i64
sys_mincore(struct thread *t, const u64 *a)
{
	u8 vec[1024];
	u64 addr = a[0], pages = a[1] / PAGE_SIZE_GUEST + !!(a[1] & PAGE_MASK_GUEST), out = a[2];
	if (addr & PAGE_MASK_GUEST)
		return -L_EINVAL;
	if (!in_user(addr, a[1]))
		return -L_ENOMEM;
	if (!in_user(out, pages))
		return -L_EFAULT;
	while (pages) {
		u64 n = min_u64(pages, sizeof vec);
		int r = mem_incore(t->p->mem, addr, n * PAGE_SIZE_GUEST, vec);
		if (r < 0)
			return from_mem(r);
		if (copy_out(t, out, vec, (size_t)n))
			return -L_EFAULT;
		pages -= n;
		out += n;
		addr += n * PAGE_SIZE_GUEST;
	}
	return 0;
}

static int
known_advice(int x)
{
	return (x >= 0 && x <= 4) || (x >= 8 && x <= 25) || x == 100 || x == 101;
}

i64
sys_madvise(struct thread *t, const u64 *a)
{
	u64 len = round_up(a[1], PAGE_SIZE_GUEST);
	if (!known_advice((int)a[2]) || (a[0] & PAGE_MASK_GUEST) || (a[1] && !len) || a[0] + len < a[0])
		return -L_EINVAL;
	if (!len)
		return 0;
	if (!in_user(a[0], len))
		return -L_ENOMEM;
	return from_mem(mem_advise(t->p->mem, a[0], len, (int)a[2]));
}

static i64
lock_range(struct thread *t, u64 addr, u64 len, int on)
{
	u64 end = addr + len;
	addr = round_down(addr, PAGE_SIZE_GUEST);
	if (end < addr)
		return -L_EINVAL;
	end = round_up(end, PAGE_SIZE_GUEST);
	if (end <= addr)
		return end == addr ? 0 : -L_EINVAL;
	if (!in_user(addr, end - addr))
		return -L_ENOMEM;
	return from_mem(mem_lock(t->p->mem, addr, end - addr, on));
}

i64
sys_mlock(struct thread *t, const u64 *a)
{
	return lock_range(t, a[0], a[1], 1);
}

i64
sys_mlock2(struct thread *t, const u64 *a)
{
	return a[2] & ~(u64)1 ? -L_EINVAL : lock_range(t, a[0], a[1], 1);
}

i64
sys_munlock(struct thread *t, const u64 *a)
{
	return lock_range(t, a[0], a[1], 0);
}

static i64
lock_all(struct thread *t, int on)
{
	struct vma v;
	u64 at;
	for (at = 0; mem_find(t->p->mem, at, &v, 0); at = v.end)
		if (mem_lock(t->p->mem, v.start, v.end - v.start, on) && on)
			return -L_ENOMEM;
	return 0;
}

i64
sys_mlockall(struct thread *t, const u64 *a)
{
	enum { CURRENT = 1, FUTURE = 2, ONFAULT = 4 };
	if (!a[0] || (a[0] & ~(u64)7) || a[0] == ONFAULT)
		return -L_EINVAL;
	t->p->lock_future = (a[0] & FUTURE) != 0;
	return a[0] & CURRENT ? lock_all(t, 1) : 0;
}

i64
sys_munlockall(struct thread *t, const u64 *a)
{
	t->p->lock_future = 0;
	return lock_all(t, 0);
}

// --- per-thread bases -------------------------------------------------------------

i64
sys_arch_prctl(struct thread *t, const u64 *a)
{
	struct cpu *c = t->cpu;
	int seg = (int)a[0] == L_ARCH_SET_FS || (int)a[0] == L_ARCH_GET_FS ? SEG_FS : SEG_GS;
	u8 b[8];
	switch ((int)a[0]) {
	case L_ARCH_SET_FS:
	case L_ARCH_SET_GS:
		if (a[1] >= MEM_TOP)
			return -L_EPERM;
		c->segbase[seg] = a[1];
		c->sel[seg] = 0;
		return 0;
	case L_ARCH_GET_FS:
	case L_ARCH_GET_GS:
		st64(b, c->segbase[seg]);
		return copy_out(t, a[1], b, 8);
	case L_ARCH_GET_CPUID:
		return 1;
	case L_ARCH_SET_CPUID:
		return -L_ENODEV;  // as on processors that cannot make CPUID fault
	default:
		return -L_EINVAL;
	}
}

i64
sys_personality(struct thread *t, const u64 *a)
{
	u32 old = g_options.personality;
	if ((u32)a[0] != 0xffffffff)
		g_options.personality = (u32)a[0];
	return old;
}
