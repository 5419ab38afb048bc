// splice.c: moving bytes between descriptors (Linux fs/splice.c,
// fs/read_write.c).
#include "linux/pass.h"

#ifdef SYS_sendfile64
#define HOST_NR_sendfile SYS_sendfile64
#else
#define HOST_NR_sendfile HOST_NR(sendfile)
#endif

SYS_PASS(sys_splice, splice, "!f{8}f{8}ii")
SYS_PASS(sys_copy_file_range, copy_file_range, "!f{8}f{8}ii")

i64
sys_sendfile(struct thread *t, const u64 *a)
{
	return pass(t, a, HOST_NR_sendfile, "!ff{8}i");
}

SYS_PASS(sys_tee, tee, "!ffii")

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
