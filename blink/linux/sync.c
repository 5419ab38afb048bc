// sync.c: bytes reach the disk (Linux fs/sync.c).
#include "linux/pass.h"

i64
sys_fsync(struct thread *t, const u64 *a)
{
	return PASS(fsync, "f");
}

i64
sys_fdatasync(struct thread *t, const u64 *a)
{
	return PASS(fdatasync, "f");
}

i64
sys_sync(struct thread *t, const u64 *a)
{
	return PASS(sync, "");
}

i64
sys_syncfs(struct thread *t, const u64 *a)
{
	return PASS(syncfs, "f");
}

i64
sys_sync_file_range(struct thread *t, const u64 *a)
{
	return l_res(host_sync_file_range(guest_fd(a[0]), (i64)a[1], (i64)a[2], (u32)a[3]));
}
