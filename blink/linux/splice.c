// splice.c: moving pipe contents (Linux fs/splice.c).
#include "linux/file.h"

i64 copy_between(struct thread *t, long nr, const u64 *a);  // read_write.c

i64
sys_splice(struct thread *t, const u64 *a)
{
	return copy_between(t, HOST_NR(splice), a);
}

i64
sys_tee(struct thread *t, const u64 *a)
{
	return L_BLOCK4(t, tee, guest_fd(a[0]), guest_fd(a[1]), min_u64(a[2], L_MAX_RW), (u32)a[3]);
}

i64
sys_vmsplice(struct thread *t, const u64 *a)
{
	struct bufs b;
	int fd = guest_fd(a[0]);
	i64 r = fd_check(fd);
	if (r)
		return r;
	// Into the pipe or out of it: the descriptor decides, so ask for both.
	r = bufs_vec(t, &b, a[1], a[2], MEM_R);
	if (!r)
		r = L_BLOCK4(t, vmsplice, fd, b.v, b.n, (u32)a[3]);
	bufs_free(&b);
	return r;
}
