// poll.c: poll, ppoll, select, pselect6.
#include "linux/file.h"
#include "linux/signal.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/select.h>

i64
timespec_in(struct thread *t, u64 gva, struct host_ts *ts)
{
	struct l_timespec l;
	if (copy_in(t, &l, gva, sizeof l))
		return -L_EFAULT;
	ts->sec = L_GETS(l.sec);
	ts->nsec = L_GETS(l.nsec);
	return ts->sec < 0 || ts->nsec < 0 || ts->nsec >= 1000000000 ? -L_EINVAL : 0;
}

i64
timespec_out(struct thread *t, u64 gva, const struct host_ts *ts)
{
	struct l_timespec l;
	L_PUT(l.sec, ts->sec);
	L_PUT(l.nsec, ts->nsec);
	return copy_out(t, gva, &l, sizeof l);
}

// A wait with the thread's mask replaced (if set) and a time limit (if ts);
// the kernel leaves the rest of the time in *ts. The result, or -L_EINTR if a
// signal came: then the mask is restored by delivery.
#if HOST_LINUX
static i64
masked_wait(struct thread *t, long nr, long a, long b, long c, long d, struct host_ts *ts, const u64 *mask)
{
	struct host_sigset k;
	struct { unsigned long set, size; } arg;
	i64 r;
	if (mask) {
		host_sigset(&k, *mask, 1);
		sigmask_swap(t, *mask);
	}
	if (nr == HOST_NR_ppoll) {
		r = l_block(t, nr, a, b, (long)ts, mask ? (long)&k : 0, HOST_SIGSET_SIZE, 0);
	} else {
		arg.set = mask ? (unsigned long)&k : 0;
		arg.size = HOST_SIGSET_SIZE;
		r = l_block(t, nr, a, b, c, d, (long)ts, (long)&arg);
	}
	if (mask && r != -L_ERESTARTSYS)
		sigmask_restore(t);
	return r;
}
#else
static sigset_t
posix_set(u64 mask)
{
	sigset_t s;
	sigemptyset(&s);
	for (int i = 1; i < 32; i++)
		if (mask >> (i - 1) & 1 && host_sig_from_linux(i) && i != L_SIGSEGV && i != L_SIGBUS)
			sigaddset(&s, host_sig_from_linux(i));
	return s;
}

// POSIX has a masked wait in pselect only: it closes the gap between look and
// wait for both calls. poll is pselect over its descriptors.
static i64
pselect_wait(struct thread *t, int n, fd_set *r, fd_set *w, fd_set *x, struct host_ts *ts, const u64 *mask)
{
	struct timespec pts;
	u64 own = sigmask_of(t);
	sigset_t s = posix_set(mask ? *mask : own);
	if (ts) {
		pts.tv_sec = (time_t)ts->sec;
		pts.tv_nsec = (long)ts->nsec;
	}
	if (mask)
		sigmask_swap(t, *mask);
	// With all signals blocked nothing can come between the look and pselect.
	host_sigmask(~(u64)0);
	i64 res = t->interrupt ? -L_ERESTARTSYS : pselect(n, r, w, x, ts ? &pts : 0, &s);
	int e = errno;
	if (res == -1)
		res = e == EINTR && t->interrupt ? -L_ERESTARTSYS : l_err(e);
	if (mask && res != -L_ERESTARTSYS)
		sigmask_restore(t);
	if (!t->interrupt)
		host_sigmask(sigmask_of(t));
	return res;
}
#endif

// --- poll -----------------------------------------------------------------------

#if POLLRDNORM == 0x40 && POLLWRNORM == 0x100 && POLLWRBAND == 0x200 && defined(POLLRDHUP) && POLLRDHUP == 0x2000
#define EVENTS_TO_HOST(x) (x)
#define EVENTS_TO_GUEST(t, gva, x) (x)
#else
static const struct l_pair g_events[] = {
	{ 1, POLLIN }, { 2, POLLPRI }, { 4, POLLOUT }, { 8, POLLERR }, { 0x10, POLLHUP }, { 0x20, POLLNVAL },
	{ 0x40, POLLRDNORM }, { 0x80, POLLRDBAND }, { 0x100, POLLWRNORM }, { 0x200, POLLWRBAND },
#ifdef POLLRDHUP
	{ 0x2000, POLLRDHUP }
#endif
};
#define EVENTS_TO_HOST(x) FLAGS_TO_HOST(g_events, x)
#define EVENTS_TO_GUEST(t, gva, x) events_to_guest(t, gva, x)

// Two of Linux's events may be one of the host's: those that were asked for.
static u32
events_to_guest(struct thread *t, u64 gva, u32 revents)
{
	enum { ALWAYS = 0x38 };
	struct l_pollfd l;
	u32 asked = copy_in(t, &l, gva, sizeof l) ? 0 : (u32)L_GET(l.events);
	return FLAGS_TO_GUEST(g_events, revents) & (asked | ALWAYS);
}
#endif

static i64
do_poll(struct thread *t, u64 gva, u64 nfds, struct host_ts *ts, const u64 *mask)
{
	enum { ON_STACK = 64 };
	struct pollfd few[ON_STACK], *fds = few;
	struct l_pollfd l;
	struct rlimit lim;
	i64 r = 0;
	if (nfds > ON_STACK) {
		if (nfds > 0x7fffffff || (!getrlimit(RLIMIT_NOFILE, &lim) && nfds > lim.rlim_cur))
			return -L_EINVAL;
		fds = (struct pollfd *)malloc(nfds * sizeof *fds);
		if (!fds)
			return -L_ENOMEM;
	}
	for (u64 i = 0; i < nfds && !r; i++) {
		r = copy_in(t, &l, gva + i * sizeof l, sizeof l);
		fds[i].fd = (int)L_GET(l.fd);
		fds[i].events = (short)EVENTS_TO_HOST(L_GET(l.events));
		fds[i].revents = 0;
	}
	if (!r) {
#if HOST_LINUX
		r = masked_wait(t, HOST_NR_ppoll, (long)fds, (long)nfds, 0, 0, ts, mask);
#else
		fd_set rd, wr, ex;
		int top = 0;
		FD_ZERO(&rd);
		FD_ZERO(&wr);
		FD_ZERO(&ex);
		for (u64 i = 0; i < nfds; i++) {
			int fd = fds[i].fd;
			if (fd < 0 || fd >= FD_SETSIZE)
				continue;
			if (fds[i].events & (POLLIN | POLLRDNORM))
				FD_SET(fd, &rd);
			if (fds[i].events & (POLLOUT | POLLWRNORM))
				FD_SET(fd, &wr);
			if (fds[i].events & POLLPRI)
				FD_SET(fd, &ex);
			top = fd >= top ? fd + 1 : top;
		}
		r = poll(fds, (nfds_t)nfds, 0);
		if (!r && !(r = pselect_wait(t, top, &rd, &wr, &ex, ts, mask)))
			r = 0;
		else if (r > 0)
			r = poll(fds, (nfds_t)nfds, 0);
#endif
	}
	for (u64 i = 0; i < nfds && r >= 0; i++) {
		u8 b[2];
		st16(b, (u16)EVENTS_TO_GUEST(t, gva + i * sizeof l, (u16)fds[i].revents));
		if (copy_out(t, gva + i * sizeof l + offsetof(struct l_pollfd, revents), b, 2))
			r = -L_EFAULT;
	}
	if (fds != few)
		free(fds);
	return r;
}

i64
sys_poll(struct thread *t, const u64 *a)
{
	struct host_ts ts;
	i32 ms = (i32)a[2];
	if (ms >= 0) {
		ts.sec = ms / 1000;
		ts.nsec = (i64)(ms % 1000) * 1000000;
	}
	i64 r = do_poll(t, a[0], (u32)a[1], ms >= 0 ? &ts : 0, 0);
	return r == -L_ERESTARTSYS ? -L_ERESTART_RESTARTBLOCK : r;
}

i64
sys_ppoll(struct thread *t, const u64 *a)
{
	struct host_ts ts;
	u64 mask;
	i64 r, w;
	if (a[2] && (r = timespec_in(t, a[2], &ts)))
		return r;
	if (a[3] && (r = sigmask_in(t, a[3], a[4], &mask)))
		return r;
	r = do_poll(t, a[0], (u32)a[1], a[2] ? &ts : 0, a[3] ? &mask : 0);
	// The time that is left is written even if nobody asked; not being able to
	// write it is no error.
	if (a[2]) {
		w = timespec_out(t, a[2], &ts);
		(void)w;
	}
	return r == -L_ERESTARTSYS ? -L_ERESTARTNOHAND : r;
}

// --- select ---------------------------------------------------------------------

enum { SET_BYTES = 128, LONG_BITS = 8 * (int)sizeof(long) };

// A guest's set of n descriptors into host words. words has room for them.
static i64
set_in(struct thread *t, u64 gva, int n, unsigned long *words)
{
	size_t bytes = (size_t)(n + 63) / 64 * 8;
	u8 b[8];
	for (size_t i = 0; i < bytes; i += 8) {
		if (copy_in(t, b, gva + i, 8))
			return -L_EFAULT;
		u64 x = ld64(b);
		words[i / sizeof(long)] = (unsigned long)x;
		if (sizeof(long) == 4)
			words[i / sizeof(long) + 1] = (unsigned long)(x >> 32);
	}
	return 0;
}

static i64
set_out(struct thread *t, u64 gva, int n, const unsigned long *words)
{
	size_t bytes = (size_t)(n + 63) / 64 * 8;
	u8 b[8];
	for (size_t i = 0; i < bytes; i += 8) {
		u64 x = words[i / sizeof(long)];
		if (sizeof(long) == 4)
			x |= (u64)words[i / sizeof(long) + 1] << 32;
		st64(b, x);
		if (copy_out(t, gva + i, b, 8))
			return -L_EFAULT;
	}
	return 0;
}

static i64
do_select(struct thread *t, i32 n, const u64 *sets, struct host_ts *ts, const u64 *mask)
{
	unsigned long few[3][SET_BYTES / sizeof(long)], *host[3];
	void *many = 0;
	i64 r = 0;
	if (n < 0)
		return -L_EINVAL;
	if (n > SET_BYTES * 8) {
		struct rlimit lim;
		// The kernel looks at no more descriptors than there can be.
		if (!getrlimit(RLIMIT_NOFILE, &lim) && (u64)n > lim.rlim_cur)
			n = (i32)round_up(lim.rlim_cur, 64);
	}
	if (n > SET_BYTES * 8) {
		size_t bytes = (size_t)(n + 63) / 64 * 8;
		many = calloc(3, bytes);
		if (!many)
			return -L_ENOMEM;
		for (int i = 0; i < 3; i++)
			host[i] = (unsigned long *)((char *)many + bytes * (size_t)i);
	} else {
		memset(few, 0, sizeof few);
		for (int i = 0; i < 3; i++)
			host[i] = few[i];
	}
	for (int i = 0; i < 3 && !r; i++)
		if (sets[i])
			r = set_in(t, sets[i], n, host[i]);
	if (!r) {
#if HOST_LINUX
		r = masked_wait(t, HOST_NR_pselect6, n, sets[0] ? (long)host[0] : 0, sets[1] ? (long)host[1] : 0, sets[2] ? (long)host[2] : 0, ts, mask);
#else
		r = pselect_wait(t, n, sets[0] ? (fd_set *)host[0] : 0, sets[1] ? (fd_set *)host[1] : 0, sets[2] ? (fd_set *)host[2] : 0, ts, mask);
#endif
		for (int i = 0; i < 3 && r >= 0; i++)
			if (sets[i] && set_out(t, sets[i], n, host[i]))
				r = -L_EFAULT;
	}
	free(many);
	return r == -L_ERESTARTSYS ? -L_ERESTARTNOHAND : r;
}

i64
sys_select(struct thread *t, const u64 *a)
{
	struct host_ts ts;
	struct l_timeval l;
	if (a[4]) {
		if (copy_in(t, &l, a[4], sizeof l))
			return -L_EFAULT;
		i64 us = L_GETS(l.usec);
		ts.sec = L_GETS(l.sec) + us / 1000000;
		ts.nsec = us % 1000000 * 1000;
		if (ts.sec < 0 || ts.nsec < 0)
			return -L_EINVAL;
	}
	i64 r = do_select(t, (i32)a[0], a + 1, a[4] ? &ts : 0, 0);
	if (a[4]) {
		L_PUT(l.sec, ts.sec);
		L_PUT(l.usec, ts.nsec / 1000);
		i64 w = copy_out(t, a[4], &l, sizeof l);
		(void)w;
	}
	return r;
}

i64
sys_pselect6(struct thread *t, const u64 *a)
{
	struct host_ts ts;
	struct l_pselect6_mask m;
	u64 mask, set = 0;
	i64 r;
	if (a[5]) {
		if (copy_in(t, &m, a[5], sizeof m))
			return -L_EFAULT;
		set = L_GET(m.mask);
	}
	if (a[4] && (r = timespec_in(t, a[4], &ts)))
		return r;
	if (set && (r = sigmask_in(t, set, L_GET(m.size), &mask)))
		return r;
	r = do_select(t, (i32)a[0], a + 1, a[4] ? &ts : 0, set ? &mask : 0);
	if (a[4]) {
		i64 w = timespec_out(t, a[4], &ts);
		(void)w;
	}
	return r;
}
