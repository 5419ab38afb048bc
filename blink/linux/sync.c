// sync.c: bytes reach the disk (Linux fs/sync.c).
#include "linux/file.h"
#include <unistd.h>

i64
sys_fsync(struct thread *t, const u64 *a)
{
	return l_ret(fsync(guest_fd(a[0])));
}

i64
sys_fdatasync(struct thread *t, const u64 *a)
{
	return l_ret(fdatasync(guest_fd(a[0])));
}

i64
sys_sync(struct thread *t, const u64 *a)
{
	sync();
	return 0;
}

i64
sys_syncfs(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL1(syncfs, guest_fd(a[0])));
}

i64
sys_sync_file_range(struct thread *t, const u64 *a)
{
	return l_res(host_sync_file_range(guest_fd(a[0]), (i64)a[1], (i64)a[2], (u32)a[3]));
}
