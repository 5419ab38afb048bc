// pidfd.c: descriptors of processes, and reading another process's memory.
#include "linux/signal.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

static i64
result(i64 r)
{
	return r < 0 ? l_err((int)-r) : r;
}

i64
sys_pidfd_open(struct thread *t, const u64 *a)
{
	return result(HOST_CALL2(pidfd_open, (i32)a[0], (u32)a[1]));
}

i64
sys_pidfd_getfd(struct thread *t, const u64 *a)
{
	return result(HOST_CALL3(pidfd_getfd, (i32)a[0], (i32)a[1], (u32)a[2]));
}

// One contiguous piece between two vectors of guest memory.
struct cursor {
	struct thread *t;
	u64 vec, count, base, len;
};

// Makes c->len nonzero, or leaves it 0 at the end. 0 or -L_EFAULT.
static i64
refill(struct cursor *c)
{
	struct l_iovec v;
	while (!c->len && c->count) {
		if (copy_in(c->t, &v, c->vec, sizeof v))
			return -L_EFAULT;
		c->base = L_GET(v.base);
		c->len = L_GET(v.len);
		c->vec += sizeof v;
		c->count--;
	}
	return 0;
}

// In the linear model a guest address of another blink is its host address.
static i64
transfer(struct thread *t, pid_t pid, u64 local, u64 remote, u8 *buf, size_t n, int writing)
{
	struct mem *m = t->p->mem;
	if (writing && mem_read(m, buf, local, n))
		return -L_EFAULT;
	if (pid == getpid()) {
		if (writing ? mem_write(m, remote, buf, n) : mem_read(m, buf, remote, n))
			return -L_EFAULT;
	} else {
#if HOST_LINUX
		struct iovec l, r;
		if (mem_is_paged(m))
			return -L_EPERM;
		l.iov_base = buf;
		r.iov_base = (void *)(uintptr_t)(remote + LINEAR_BASE);
		l.iov_len = r.iov_len = n;
		i64 got = writing ? process_vm_writev(pid, &l, 1, &r, 1, 0) : process_vm_readv(pid, &l, 1, &r, 1, 0);
		if (got < 0)
			return l_err(errno);
		n = (size_t)got;
#else
		return -L_ENOSYS;
#endif
	}
	if (!writing && mem_write(m, local, buf, n))
		return -L_EFAULT;
	return (i64)n;
}

static i64
process_vm(struct thread *t, const u64 *a, int writing)
{
	enum { PIECE = 4096 };
	u8 buf[PIECE];
	struct cursor l = { t, a[1], a[2], 0, 0 }, r = { t, a[3], a[4], 0, 0 };
	i64 done = 0;
	if (a[5] || a[2] > L_IOV_MAX || a[4] > L_IOV_MAX)
		return -L_EINVAL;
	if (kill((pid_t)a[0], 0) && errno == ESRCH)
		return -L_ESRCH;
	for (;;) {
		if (refill(&l) || refill(&r))
			return done ? done : -L_EFAULT;
		if (!l.len || !r.len)
			return done;
		// Pieces end at the remote's pages: what is before an unmapped page counts.
		size_t n = (size_t)min_u64(min_u64(l.len, r.len), PIECE - (r.base & (PIECE - 1)));
		i64 got = transfer(t, (pid_t)a[0], l.base, r.base, buf, n, writing);
		if (got <= 0)
			return done ? done : got;
		done += got;
		l.base += (u64)got;
		l.len -= (u64)got;
		r.base += (u64)got;
		r.len -= (u64)got;
	}
}

i64
sys_process_vm_readv(struct thread *t, const u64 *a)
{
	return process_vm(t, a, 0);
}

i64
sys_process_vm_writev(struct thread *t, const u64 *a)
{
	return process_vm(t, a, 1);
}
