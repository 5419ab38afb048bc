// time.c: clocks and sleeping (Linux kernel/time/).
#include "linux/pass.h"
#include <errno.h>
#include <sys/time.h>
#include <time.h>

// Clocks that the host has under a name; the rest fail with EINVAL.
static const struct l_pair g_clocks[] = {
	{ L_CLOCK_REALTIME, CLOCK_REALTIME },
	{ L_CLOCK_MONOTONIC, CLOCK_MONOTONIC },
#ifdef CLOCK_PROCESS_CPUTIME_ID
	{ L_CLOCK_PROCESS_CPUTIME_ID, CLOCK_PROCESS_CPUTIME_ID },
	{ L_CLOCK_THREAD_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID },
#endif
#ifdef CLOCK_MONOTONIC_RAW
	{ L_CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC_RAW },
#else
	{ L_CLOCK_MONOTONIC_RAW, CLOCK_MONOTONIC },
#endif
#ifdef CLOCK_REALTIME_COARSE
	{ L_CLOCK_REALTIME_COARSE, CLOCK_REALTIME_COARSE },
	{ L_CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC_COARSE },
#else
	{ L_CLOCK_REALTIME_COARSE, CLOCK_REALTIME },
	{ L_CLOCK_MONOTONIC_COARSE, CLOCK_MONOTONIC },
#endif
#ifdef CLOCK_BOOTTIME
	{ L_CLOCK_BOOTTIME, CLOCK_BOOTTIME },
#else
	{ L_CLOCK_BOOTTIME, CLOCK_MONOTONIC },
#endif
#ifdef CLOCK_BOOTTIME_ALARM
	{ L_CLOCK_REALTIME_ALARM, CLOCK_REALTIME_ALARM },
	{ L_CLOCK_BOOTTIME_ALARM, CLOCK_BOOTTIME_ALARM },
#endif
#ifdef CLOCK_TAI
	{ L_CLOCK_TAI, CLOCK_TAI }
#else
	{ L_CLOCK_TAI, CLOCK_REALTIME }
#endif
};

// 0 and the host's clock, or -L_EINVAL. Negative ones (CPU clocks of other
// threads, clocks of descriptors) are Linux's own.
static i64
clock_to_host(u64 l, clockid_t *h)
{
	i64 x = (i32)l < 0 && HOST_LINUX ? (i32)l : VALUE_TO_HOST(g_clocks, (u32)l);
	*h = (clockid_t)x;
	return x == -1 && (i32)l >= 0 ? -L_EINVAL : 0;
}

i64
sys_clock_gettime(struct thread *t, const u64 *a)
{
	struct timespec ts;
	clockid_t c;
	i64 r = clock_to_host(a[0], &c);
	if (r)
		return r;
	if (clock_gettime(c, &ts))
		return l_err(errno);
	return put_timespec(t, a[1], ts.tv_sec, ts.tv_nsec);
}

i64
sys_clock_getres(struct thread *t, const u64 *a)
{
	struct timespec ts;
	clockid_t c;
	i64 r = clock_to_host(a[0], &c);
	if (r)
		return r;
	if (clock_getres(c, &ts))
		return l_err(errno);
	return a[1] ? put_timespec(t, a[1], ts.tv_sec, ts.tv_nsec) : 0;
}

#ifdef SYS_clock_settime64
#define HOST_NR_clock_settime SYS_clock_settime64
#else
#define HOST_NR_clock_settime HOST_NR(clock_settime)
#endif

i64
sys_clock_settime(struct thread *t, const u64 *a)
{
	return pass(t, a, HOST_NR_clock_settime, "i(88)");
}

i64
sys_gettimeofday(struct thread *t, const u64 *a)
{
	struct timespec ts;
	struct l_timezone tz;
	if (a[0]) {
		clock_gettime(CLOCK_REALTIME, &ts);
		if (put_timeval(t, a[0], ts.tv_sec, ts.tv_nsec / 1000))
			return -L_EFAULT;
	}
	if (a[1]) {
		memset(&tz, 0, sizeof tz);
		if (copy_out(t, a[1], &tz, sizeof tz))
			return -L_EFAULT;
	}
	return 0;
}

i64
sys_settimeofday(struct thread *t, const u64 *a)
{
#if HOST_64BIT
	return PASS(settimeofday, "(88)(44)");
#else
	struct host_ts ts;
	if (!a[0])
		return -L_EPERM;
	if (get_timespec(t, &ts, a[0]))
		return -L_EFAULT;
	if ((u64)ts.nsec > 1000000)
		return -L_EINVAL;
	ts.nsec *= 1000;
	return l_res(host_call(HOST_NR_clock_settime, 0, (long)(intptr_t)&ts, 0, 0, 0, 0));
#endif
}

i64
sys_time(struct thread *t, const u64 *a)
{
	u8 b[8];
	i64 now = (i64)time(0);
	st64(b, (u64)now);
	return a[0] && copy_out(t, a[0], b, 8) ? -L_EFAULT : now;
}

// --- sleeping ------------------------------------------------------------------------

// Sleeps until `until`, or for that long, and keeps in t when it should have
// ended, for the case that the call is resumed without a handler having run.
static i64
sleep_on(struct thread *t, clockid_t c, int absolute, struct host_ts ts, u64 rem)
{
	struct timespec now;
	i64 r;
	if (!absolute) {
		if (t->resumed) {
			ts.sec = t->sleep_until[0];
			ts.nsec = t->sleep_until[1];
		} else {
			if (clock_gettime(c == CLOCK_REALTIME ? CLOCK_MONOTONIC : c, &now))
				return l_err(errno);
			ts.nsec += now.tv_nsec;
			ts.sec = ts.sec > INT64_MAX - now.tv_sec - 1 ? INT64_MAX : ts.sec + now.tv_sec + ts.nsec / 1000000000;
			ts.nsec %= 1000000000;
		}
		// A relative sleep does not feel the clock being set.
		if (c == CLOCK_REALTIME)
			c = CLOCK_MONOTONIC;
	}
	r = l_block(t, HOST_NR_clock_nanosleep, (long)c, TIMER_ABSTIME, (long)(intptr_t)&ts, 0, 0, 0);
	if (r != -L_ERESTARTSYS)
		return r;
	if (absolute)
		return -L_ERESTARTNOHAND;
	t->sleep_until[0] = ts.sec;
	t->sleep_until[1] = ts.nsec;
	if (rem && !clock_gettime(c, &now)) {
		i64 sec = ts.sec - now.tv_sec, nsec = ts.nsec - now.tv_nsec;
		if (nsec < 0) {
			nsec += 1000000000;
			sec--;
		}
		if (sec < 0)
			return 0;
		if (put_timespec(t, rem, sec, nsec))
			return -L_EFAULT;
	}
	return -L_ERESTART_RESTARTBLOCK;
}

i64
sys_nanosleep(struct thread *t, const u64 *a)
{
	struct host_ts ts;
	if (get_timespec(t, &ts, a[0]))
		return -L_EFAULT;
	if (!timespec_valid(&ts))
		return -L_EINVAL;
	return sleep_on(t, CLOCK_MONOTONIC, 0, ts, a[1]);
}

i64
sys_clock_nanosleep(struct thread *t, const u64 *a)
{
	struct host_ts ts;
	clockid_t c;
	i64 r = clock_to_host(a[0], &c);
	if (r)
		return r;
	if ((i32)a[0] == L_CLOCK_THREAD_CPUTIME_ID || (i32)a[0] == L_CLOCK_MONOTONIC_RAW || (i32)a[0] == L_CLOCK_REALTIME_COARSE ||
	    (i32)a[0] == L_CLOCK_MONOTONIC_COARSE)
		return -L_EOPNOTSUPP;
	if (get_timespec(t, &ts, a[2]))
		return -L_EFAULT;
	if (!timespec_valid(&ts))
		return -L_EINVAL;
	return sleep_on(t, c, (int)a[1] & L_TIMER_ABSTIME, ts, a[3]);
}

// --- tuning ---------------------------------------------------------------------------

#ifdef SYS_clock_adjtime64
#define HOST_NR_clock_adjtime SYS_clock_adjtime64
#else
#define HOST_NR_clock_adjtime HOST_NR(clock_adjtime)
#endif
#define TIMEX "{448888448888888844888884" "44444444444}"

i64
sys_adjtimex(struct thread *t, const u64 *a)
{
	return pass(t, a, HOST_NR_clock_adjtime, "0" TIMEX);
}

i64
sys_clock_adjtime(struct thread *t, const u64 *a)
{
	return pass(t, a, HOST_NR_clock_adjtime, "i" TIMEX);
}
