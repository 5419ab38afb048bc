// utimes.c: file times (Linux fs/utimes.c).
#include "linux/file.h"
#include <fcntl.h>
#include <utime.h>

// ts holds the guest's values, 0 means now. Without a path, dirfd is the file.
static i64
do_utimes(struct thread *t, u64 dirfd, u64 path, const struct host_ts *ts, u64 flags)
{
	struct timespec h[2];
	struct gpath p;
	int i;
	i64 r;
	if (ts) {
		for (i = 0; i < 2; i++) {
			h[i].tv_sec = (time_t)ts[i].sec;
			h[i].tv_nsec = ts[i].nsec == L_UTIME_NOW ? UTIME_NOW : ts[i].nsec == L_UTIME_OMIT ? UTIME_OMIT : (long)ts[i].nsec;
			if (ts[i].nsec != L_UTIME_NOW && ts[i].nsec != L_UTIME_OMIT && (u64)ts[i].nsec >= 1000000000u)
				return -L_EINVAL;
		}
		if (ts[0].nsec == L_UTIME_OMIT && ts[1].nsec == L_UTIME_OMIT)
			return 0;
	}
	if (!path && (int)dirfd != L_AT_FDCWD) {
		if ((u32)flags)
			return -L_EINVAL;
		return l_ret(futimens(guest_fd(dirfd), ts ? h : 0));
	}
	if ((u32)flags & ~(u32)(L_AT_SYMLINK_NOFOLLOW | L_AT_EMPTY_PATH))
		return -L_EINVAL;
	r = guest_path_empty(t, &p, dirfd, path, !(flags & L_AT_SYMLINK_NOFOLLOW), !!(flags & L_AT_EMPTY_PATH));
	return r ? r : l_ret(utimensat(p.dirfd, p.buf, ts ? h : 0, atflags_to_host(flags)));
}

i64
sys_utimensat(struct thread *t, const u64 *a)
{
	struct host_ts ts[2];
	if (a[2]) {
		if (get_timespec(t, ts, a[2]) || get_timespec(t, ts + 1, a[2] + sizeof(struct l_timespec)))
			return -L_EFAULT;
	}
	return do_utimes(t, a[0], a[1], a[2] ? ts : 0, a[3]);
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
	return do_utimes(t, (u64)L_AT_FDCWD, a[0], a[1] ? ts : 0, 0);
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
	return do_utimes(t, a[0], a[1], a[2] ? ts : 0, 0);
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
