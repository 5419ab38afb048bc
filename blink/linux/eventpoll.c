// eventpoll.c: epoll. The events' bits are Linux's own everywhere; data is
// the guest's and passes through as a number.
#include "linux/signal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#if HOST_LINUX
#include <sys/epoll.h>

static i64
result(i64 r)
{
	return r < 0 ? l_err((int)-r) : r;
}

i64
sys_epoll_create(struct thread *t, const u64 *a)
{
	return (i32)a[0] <= 0 ? -L_EINVAL : result(HOST_CALL1(epoll_create1, 0));
}

i64
sys_epoll_create1(struct thread *t, const u64 *a)
{
	if (a[0] & ~(u64)L_EPOLL_CLOEXEC)
		return -L_EINVAL;
	return result(HOST_CALL1(epoll_create1, a[0] ? EPOLL_CLOEXEC : 0));
}

i64
sys_epoll_ctl(struct thread *t, const u64 *a)
{
	struct l_epoll_event l;
	struct epoll_event ev;
	memset(&ev, 0, sizeof ev);
	if ((i32)a[1] != L_EPOLL_CTL_DEL) {
		if (copy_in(t, &l, a[3], sizeof l))
			return -L_EFAULT;
		ev.events = (u32)L_GET(l.events);
		ev.data.u64 = L_GET(l.data);
	}
	return result(HOST_CALL4(epoll_ctl, (i32)a[0], (i32)a[1], (i32)a[2], &ev));
}

static i64
wait(struct thread *t, const u64 *a, long nr, long timeout, const u64 *mask)
{
	enum { ON_STACK = 64, MOST = 1024 };
	struct epoll_event few[ON_STACK], *evs = few;
	struct host_sigset k;
	i32 n = (i32)a[2];
	i64 r;
	if (n <= 0 || n > 0x7fffffff / 12)
		return -L_EINVAL;
	// Giving fewer at once than asked for is always right.
	n = n > MOST ? MOST : n;
	if (n > ON_STACK && !(evs = (struct epoll_event *)malloc((size_t)n * sizeof *evs)))
		return -L_ENOMEM;
	if (mask) {
		host_sigset(&k, *mask, 1);
		sigmask_swap(t, *mask);
	}
	r = l_block(t, nr, (i32)a[0], (long)evs, n, timeout, mask ? (long)&k : 0, HOST_SIGSET_SIZE);
	if (mask && r != -L_ERESTARTSYS)
		sigmask_restore(t);
	for (i64 i = 0; i < r; i++) {
		struct l_epoll_event l;
		L_PUT(l.events, evs[i].events);
		L_PUT(l.data, evs[i].data.u64);
		if (copy_out(t, a[1] + (u64)i * sizeof l, &l, sizeof l)) {
			r = i ? i : -L_EFAULT;
			break;
		}
	}
	if (evs != few)
		free(evs);
	return r;
}

// epoll_wait is never restarted; what the signal did not end keeps its mask.
static i64
interrupted(i64 r)
{
	return r == -L_ERESTARTSYS ? -L_EINTR : r;
}

i64
sys_epoll_wait(struct thread *t, const u64 *a)
{
	return interrupted(wait(t, a, SYS_epoll_pwait, (i32)a[3], 0));
}

i64
sys_epoll_pwait(struct thread *t, const u64 *a)
{
	u64 mask;
	i64 r;
	if (a[4] && (r = sigmask_in(t, a[4], a[5], &mask)))
		return r;
	return interrupted(wait(t, a, SYS_epoll_pwait, (i32)a[3], a[4] ? &mask : 0));
}

i64
sys_epoll_pwait2(struct thread *t, const u64 *a)
{
	struct host_ts ts;
	u64 mask;
	i64 r;
	if (a[3] && (r = timespec_in(t, a[3], &ts)))
		return r;
	if (a[4] && (r = sigmask_in(t, a[4], a[5], &mask)))
		return r;
#ifdef SYS_epoll_pwait2
	return interrupted(wait(t, a, SYS_epoll_pwait2, a[3] ? (long)&ts : 0, a[4] ? &mask : 0));
#else
	return -L_ENOSYS;
#endif
}
#else
LINUX_ONLY(epoll_create)
LINUX_ONLY(epoll_create1)
LINUX_ONLY(epoll_ctl)
LINUX_ONLY(epoll_wait)
LINUX_ONLY(epoll_pwait)
LINUX_ONLY(epoll_pwait2)
#endif
