// sync.c: bytes reach the disk (Linux fs/sync.c).
#include "linux/pass.h"

SYS_PASS(sys_fsync, fsync, "f")
SYS_PASS(sys_fdatasync, fdatasync, "f")
SYS_PASS(sys_sync, sync, "")
SYS_PASS(sys_syncfs, syncfs, "f")

i64
sys_sync_file_range(struct thread *t, const u64 *a)
{
	return l_res(host_sync_file_range(guest_fd(a[0]), (i64)a[1], (i64)a[2], (u32)a[3]));
}
