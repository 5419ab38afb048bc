// inotify.c: watching files (Linux fs/notify/inotify/inotify_user.c).
#include "linux/file.h"

i64
sys_inotify_init1(struct thread *t, const u64 *a)
{
	if ((u32)a[0] & ~(u32)(L_IN_CLOEXEC | L_IN_NONBLOCK))
		return -L_EINVAL;
	return l_res(HOST_CALL1(inotify_init1, oflags_to_host((u32)a[0])));
}

i64
sys_inotify_init(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL1(inotify_init1, 0));
}

i64
sys_inotify_add_watch(struct thread *t, const u64 *a)
{
	struct gpath p;
	int fd = guest_fd(a[0]);
	i64 r = fd_check(fd);
	if (!r)
		r = guest_path(t, &p, (u64)L_AT_FDCWD, a[1], 1);
	return r ? r : l_res(HOST_CALL3(inotify_add_watch, fd, p.buf, (u32)a[2]));
}

i64
sys_inotify_rm_watch(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL2(inotify_rm_watch, guest_fd(a[0]), (int)a[1]));
}
