// eventfd.c: eventfd, timerfd, signalfd: descriptors for events. The host's
// own, so that they can be polled, passed on and inherited; what is read from
// them is turned to the guest's byte order by anonfd_swap.
#include "linux/file.h"
#include "linux/signal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#if HOST_LINUX

static i64
result(i64 r)
{
	return r < 0 ? l_err((int)-r) : r;
}

// The flags that all three take, for the host; -1 if there is another.
static int
fd_flags(u64 flags)
{
	if ((u32)flags & ~(u32)(L_O_NONBLOCK | L_O_CLOEXEC))
		return -1;
	return (flags & L_O_NONBLOCK ? O_NONBLOCK : 0) | (flags & L_O_CLOEXEC ? O_CLOEXEC : 0);
}

i64
sys_eventfd2(struct thread *t, const u64 *a)
{
	int f = fd_flags(a[1] & ~(u64)L_EFD_SEMAPHORE);
	if (f < 0)
		return -L_EINVAL;
	return result(HOST_CALL2(eventfd2, (u32)a[0], f | (int)(a[1] & L_EFD_SEMAPHORE)));
}

i64
sys_eventfd(struct thread *t, const u64 *a)
{
	return result(HOST_CALL2(eventfd2, (u32)a[0], 0));
}

i64
sys_timerfd_create(struct thread *t, const u64 *a)
{
	int f = fd_flags(a[1]);
	return f < 0 ? -L_EINVAL : result(HOST_CALL2(timerfd_create, (i32)a[0], f));
}

struct host_its { struct host_ts interval, value; };

static i64
its_in(struct thread *t, u64 gva, struct host_its *h)
{
	struct l_itimerspec l;
	if (copy_in(t, &l, gva, sizeof l))
		return -L_EFAULT;
	h->interval.sec = L_GETS(l.interval.sec);
	h->interval.nsec = L_GETS(l.interval.nsec);
	h->value.sec = L_GETS(l.value.sec);
	h->value.nsec = L_GETS(l.value.nsec);
	return 0;
}

static i64
its_out(struct thread *t, u64 gva, const struct host_its *h)
{
	struct l_itimerspec l;
	L_PUT(l.interval.sec, h->interval.sec);
	L_PUT(l.interval.nsec, h->interval.nsec);
	L_PUT(l.value.sec, h->value.sec);
	L_PUT(l.value.nsec, h->value.nsec);
	return copy_out(t, gva, &l, sizeof l);
}

// The four calls that set or ask: nr(id[, flags, new][, old])
static i64
its_set(struct thread *t, const u64 *a, long nr)
{
	struct host_its now, old;
	i64 r = a[2] ? its_in(t, a[2], &now) : 0;
	if (r)
		return r;
	r = host_call(nr, (i32)a[0], (i32)a[1], a[2] ? (long)&now : 0, (long)&old, 0, 0);
	if (r < 0)
		return l_err((int)-r);
	return a[3] ? its_out(t, a[3], &old) : 0;
}

static i64
its_get(struct thread *t, const u64 *a, long nr)
{
	struct host_its now;
	i64 r = host_call(nr, (i32)a[0], (long)&now, 0, 0, 0, 0);
	return r < 0 ? l_err((int)-r) : its_out(t, a[1], &now);
}

i64
sys_timerfd_settime(struct thread *t, const u64 *a)
{
	return a[2] ? its_set(t, a, HOST_NR_timerfd_settime) : -L_EFAULT;
}

i64
sys_timerfd_gettime(struct thread *t, const u64 *a)
{
	return its_get(t, a, HOST_NR_timerfd_gettime);
}

i64
sys_timer_settime(struct thread *t, const u64 *a)
{
	return a[2] ? its_set(t, a, HOST_NR_timer_settime) : -L_EINVAL;
}

i64
sys_timer_gettime(struct thread *t, const u64 *a)
{
	return its_get(t, a, HOST_NR_timer_gettime);
}

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

i64
sys_timer_create(struct thread *t, const u64 *a)
{
	struct l_sigevent l;
	struct sigevent ev;
	int id = 0;
	u8 b[4];
	if (a[1]) {
		if (copy_in(t, &l, a[1], sizeof l))
			return -L_EFAULT;
		memset(&ev, 0, sizeof ev);
		ev.sigev_value.sival_ptr = (void *)(uintptr_t)L_GET(l.value);
		u32 sig = (u32)L_GET(l.signo);
		ev.sigev_signo = sig <= L_NSIG ? host_sig_from_linux((int)sig) : -1;
		ev.sigev_notify = (int)L_GET(l.notify);
		ev.sigev_notify_thread_id = (pid_t)L_GET(l.tid);
	}
	i64 r = HOST_CALL3(timer_create, (i32)a[0], a[1] ? &ev : 0, &id);
	if (r < 0)
		return l_err((int)-r);
	st32(b, (u32)id);
	if (copy_out(t, a[2], b, 4)) {
		HOST_CALL1(timer_delete, id);
		return -L_EFAULT;
	}
	return 0;
}

i64
sys_timer_getoverrun(struct thread *t, const u64 *a)
{
	return result(HOST_CALL1(timer_getoverrun, (i32)a[0]));
}

i64
sys_timer_delete(struct thread *t, const u64 *a)
{
	return result(HOST_CALL1(timer_delete, (i32)a[0]));
}

i64
sys_signalfd4(struct thread *t, const u64 *a)
{
	u64 mask;
	struct host_sigset k;
	int f = fd_flags(a[3]);
	i64 r = sigmask_in(t, a[1], a[2], &mask);
	if (r || f < 0)
		return r ? r : -L_EINVAL;
	host_sigset(&k, mask, 0);
	return result(HOST_CALL4(signalfd4, (i32)a[0], &k, HOST_SIGSET_SIZE, f));
}

i64
sys_signalfd(struct thread *t, const u64 *a)
{
	u64 b[4] = { a[0], a[1], a[2], 0 };
	return sys_signalfd4(t, b);
}

#if !HOST_LITTLE || !HOST_SIG_SAME
static void
signalfd_out(u8 *p)
{
	static const char widths[] = "44444444444488882244844";
	enum { SIGCHLD_GUEST = 17, CODE = 8, STATUS = 40, KILLED = 2, CONTINUED = 6 };
	u32 sig, code;
	le_fields(p, widths);
	sig = (u32)host_sig_to_linux((int)ld32(p));
	st32(p, sig);
	code = ld32(p + CODE);
	if (sig == SIGCHLD_GUEST && code >= KILLED && code <= CONTINUED)
		st32(p + STATUS, (u32)host_sig_to_linux((int)ld32(p + STATUS)));
}
#endif

void
anonfd_swap(int fd, u8 *buf, size_t n)
{
#if !HOST_LITTLE || !HOST_SIG_SAME
	char path[40], name[32];
	u8 *p;
	if (n < 8 || (n != 8 && n % 16))
		return;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ssize_t len = readlink(path, name, sizeof name - 1);
	if (len <= 0)
		return;
	name[len] = 0;
	if (n == 8 && (!strcmp(name, "anon_inode:[eventfd]") || !strcmp(name, "anon_inode:[timerfd]"))) {
		le_fields(buf, "8");
	} else if (!strcmp(name, "anon_inode:inotify") || !strcmp(name, "inotify")) {
		for (p = buf; p + 16 <= buf + n; p += 16 + ld32(p + 12))
			le_fields(p, "4444");
	} else if (!strcmp(name, "anon_inode:[signalfd]") && n % sizeof(struct l_signalfd_siginfo) == 0) {
		for (p = buf; p < buf + n; p += sizeof(struct l_signalfd_siginfo))
			signalfd_out(p);
	}
#endif
}
#else
LINUX_ONLY(eventfd)
LINUX_ONLY(eventfd2)
LINUX_ONLY(timerfd_create)
LINUX_ONLY(timerfd_settime)
LINUX_ONLY(timerfd_gettime)
LINUX_ONLY(timer_create)
LINUX_ONLY(timer_settime)
LINUX_ONLY(timer_gettime)
LINUX_ONLY(timer_getoverrun)
LINUX_ONLY(timer_delete)
LINUX_ONLY(signalfd)
LINUX_ONLY(signalfd4)

void
anonfd_swap(int fd, u8 *buf, size_t n)
{
}
#endif
