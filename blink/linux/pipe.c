// pipe.c: pipes (Linux fs/pipe.c).
#include "linux/file.h"
#include <fcntl.h>
#include <unistd.h>

int
put_fds(struct thread *t, u64 gva, const int *fd)
{
	u8 b[8];
	st32(b, (u32)fd[0]);
	st32(b + 4, (u32)fd[1]);
	if (!copy_out(t, gva, b, sizeof b))
		return 0;
	close(fd[0]);
	close(fd[1]);
	return -L_EFAULT;
}

static i64
do_pipe(struct thread *t, u64 fds, u64 flags)
{
	int fd[2];
	if ((u32)flags & ~(u32)(L_O_CLOEXEC | L_O_NONBLOCK | L_O_DIRECT | L_O_EXCL))
		return -L_EINVAL;
	if (pipe2(fd, (int)oflags_to_host(flags)))
		return l_ret(-1);
	return put_fds(t, fds, fd);
}

i64
sys_pipe(struct thread *t, const u64 *a)
{
	return do_pipe(t, a[0], 0);
}

i64
sys_pipe2(struct thread *t, const u64 *a)
{
	return do_pipe(t, a[0], a[1]);
}
