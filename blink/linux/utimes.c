// utimes.c: file times (Linux fs/utimes.c).
#include "linux/pass.h"

#ifdef SYS_utimensat_time64
#define HOST_NR_utimensat SYS_utimensat_time64
#else
#define HOST_NR_utimensat HOST_NR(utimensat)
#endif

i64
sys_utimensat(struct thread *t, const u64 *a)
{
	return pass(t, a, HOST_NR_utimensat, "dp(8888)i");
}

// The older calls, whose times are converted already.
static i64
do_utimes(struct thread *t, u64 dirfd, u64 path, const struct host_ts *ts)
{
	char buf[L_PATH_MAX + 1];
	return l_res(host_call(HOST_NR_utimensat, guest_dirfd(dirfd), (long)(intptr_t)path_arg(t, path, buf, 1), (long)(intptr_t)ts, 0, 0, 0));
}

i64
sys_utime(struct thread *t, const u64 *a)
{
	struct l_utimbuf l;
	struct host_ts ts[2];
	if (a[1]) {
		if (copy_in(t, &l, a[1], sizeof l))
			return -L_EFAULT;
		ts[0].sec = L_GETS(l.actime);
		ts[1].sec = L_GETS(l.modtime);
		ts[0].nsec = ts[1].nsec = 0;
	}
	return do_utimes(t, (u64)L_AT_FDCWD, a[0], a[1] ? ts : 0);
}

i64
sys_futimesat(struct thread *t, const u64 *a)
{
	struct host_ts ts[2];
	int i;
	if (a[2]) {
		for (i = 0; i < 2; i++)
			if (get_timespec(t, ts + i, a[2] + (u64)i * sizeof(struct l_timeval)))
				return -L_EFAULT;
		for (i = 0; i < 2; i++) {
			if ((u64)ts[i].nsec >= 1000000)
				return -L_EINVAL;
			ts[i].nsec *= 1000;
		}
	}
	return do_utimes(t, a[0], a[1], a[2] ? ts : 0);
}

i64
sys_utimes(struct thread *t, const u64 *a)
{
	u64 b[3];
	b[0] = (u64)L_AT_FDCWD;
	b[1] = a[0];
	b[2] = a[1];
	return sys_futimesat(t, b);
}
