// itimer.c: alarm and interval timers. They are the host's: what expires is a
// host signal.
#include "linux/signal.h"
#include <sys/time.h>
#include <unistd.h>

static const int whiches[3] = { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

static i64
itv_out(struct thread *t, u64 gva, const struct itimerval *h)
{
	struct l_itimerval l;
	L_PUT(l.interval.sec, h->it_interval.tv_sec);
	L_PUT(l.interval.usec, h->it_interval.tv_usec);
	L_PUT(l.value.sec, h->it_value.tv_sec);
	L_PUT(l.value.usec, h->it_value.tv_usec);
	return copy_out(t, gva, &l, sizeof l);
}

i64
sys_getitimer(struct thread *t, const u64 *a)
{
	struct itimerval h;
	if ((u32)a[0] > 2)
		return -L_EINVAL;
	i64 r = l_ret(getitimer((__typeof__(ITIMER_REAL))whiches[a[0]], &h));
	return r ? r : itv_out(t, a[1], &h);
}

i64
sys_setitimer(struct thread *t, const u64 *a)
{
	struct itimerval h, old;
	struct l_itimerval l;
	memset(&h, 0, sizeof h);
	if (a[1]) {
		if (copy_in(t, &l, a[1], sizeof l))
			return -L_EFAULT;
		i64 isec = L_GETS(l.interval.sec), iusec = L_GETS(l.interval.usec);
		i64 sec = L_GETS(l.value.sec), usec = L_GETS(l.value.usec);
		if (isec < 0 || sec < 0 || (u64)iusec >= 1000000 || (u64)usec >= 1000000)
			return -L_EINVAL;
		h.it_interval.tv_sec = (time_t)isec;
		h.it_interval.tv_usec = (suseconds_t)iusec;
		h.it_value.tv_sec = (time_t)sec;
		h.it_value.tv_usec = (suseconds_t)usec;
	}
	if ((u32)a[0] > 2)
		return -L_EINVAL;
	i64 r = l_ret(setitimer((__typeof__(ITIMER_REAL))whiches[a[0]], &h, &old));
	return r ? r : a[2] ? itv_out(t, a[2], &old) : 0;
}

i64
sys_alarm(struct thread *t, const u64 *a)
{
	return alarm((unsigned)a[0]);
}
