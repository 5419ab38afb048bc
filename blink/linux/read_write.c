// read_write.c: moving bytes between files and memory (Linux fs/read_write.c).
#include "linux/pass.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

// One transfer. off -1 is the file position; flags are L_RWF_*.
static i64
transfer(struct thread *t, int write, int fd, struct bufs *b, i64 off, int flags)
{
	struct iovec *v = b->v;
	if (off == -1 && !flags) {
		if (b->n == 1)
			return write ? L_BLOCK3(t, write, fd, v->iov_base, v->iov_len) : L_BLOCK3(t, read, fd, v->iov_base, v->iov_len);
		return write ? L_BLOCK3(t, writev, fd, v, b->n) : L_BLOCK3(t, readv, fd, v, b->n);
	}
	if (!flags) {
		if (b->n == 1)
			return l_ret(write ? pwrite(fd, v->iov_base, v->iov_len, off) : pread(fd, v->iov_base, v->iov_len, off));
		return write ? L_BLOCK6(t, pwritev, fd, v, b->n, off, HOST_64BIT ? 0 : off >> 32, 0) : L_BLOCK6(t, preadv, fd, v, b->n, off, HOST_64BIT ? 0 : off >> 32, 0);
	}
	// The offset goes as two words on every host; a 64-bit one ignores the second.
	return write ? L_BLOCK6(t, pwritev2, fd, v, b->n, off, HOST_64BIT ? 0 : off >> 32, flags) : L_BLOCK6(t, preadv2, fd, v, b->n, off, HOST_64BIT ? 0 : off >> 32, flags);
}

// Whether a second transfer may follow a complete first one: a write goes on
// until it is stopped, but only files are read until the buffer is full.
static int
may_continue(int write, int fd)
{
	struct stat st;
	return write || (!fstat(fd, &st) && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)));
}

// The paged model describes long buffers piece by piece: go on while the host
// takes everything, so that the guest sees one call.
static i64
transfer_one(struct thread *t, int write, u64 gfd, u64 gva, u64 len, i64 off)
{
	int fd = guest_fd(gfd);
	u64 done = 0;
	for (;;) {
		struct bufs b;
		int partial;
		u64 total;
		i64 r;
		bufs_one(t, &b, gva + done, len - done, write ? MEM_R : MEM_W);
		partial = b.partial;
		total = b.total;
#if !HOST_LITTLE
		u8 word[8];
		if (write && off == -1 && b.n == 1 && total == 8 && !copy_in(t, word, gva, 8)) {
			anonfd_swap(fd, word, 8);
			b.v->iov_base = word;
		}
#endif
		r = transfer(t, write, fd, &b, off == -1 ? -1 : off + (i64)done, 0);
#if !HOST_LITTLE || !HOST_SIG_SAME
		if (!write && r > 0 && b.n == 1)
			anonfd_swap(fd, (u8 *)b.v->iov_base, (size_t)r);
#endif
		bufs_free(&b);
		if (r < 0)
			return done ? (i64)done : r;
		if (write)
			mem_file_changed(t->p->mem, fd);
		done += (u64)r;
		if (!partial || (u64)r < total || !may_continue(write, fd))
			return (i64)done;
	}
}

static i64
transfer_vec(struct thread *t, int write, u64 gfd, u64 iov, u64 iovcnt, i64 off, int flags)
{
	struct bufs b;
	int fd = guest_fd(gfd);
	i64 r = bufs_vec(t, &b, iov, iovcnt, write ? MEM_R : MEM_W);
	if (!r) {
		r = transfer(t, write, fd, &b, off, flags);
	} else {
		// The kernel would have looked at the descriptor first.
		int mode = fcntl(fd, F_GETFL);
		if (mode < 0 || oflags_to_guest((u64)mode) & L_O_PATH || (mode & O_ACCMODE) == (write ? O_RDONLY : O_WRONLY))
			r = -L_EBADF;
	}
	bufs_free(&b);
	return r;
}

i64
sys_read(struct thread *t, const u64 *a)
{
	return transfer_one(t, 0, a[0], a[1], a[2], -1);
}

i64
sys_write(struct thread *t, const u64 *a)
{
	return transfer_one(t, 1, a[0], a[1], a[2], -1);
}

i64
sys_pread64(struct thread *t, const u64 *a)
{
	return (i64)a[3] < 0 ? -L_EINVAL : transfer_one(t, 0, a[0], a[1], a[2], (i64)a[3]);
}

i64
sys_pwrite64(struct thread *t, const u64 *a)
{
	return (i64)a[3] < 0 ? -L_EINVAL : transfer_one(t, 1, a[0], a[1], a[2], (i64)a[3]);
}

i64
sys_readv(struct thread *t, const u64 *a)
{
	return transfer_vec(t, 0, a[0], a[1], a[2], -1, 0);
}

i64
sys_writev(struct thread *t, const u64 *a)
{
	return transfer_vec(t, 1, a[0], a[1], a[2], -1, 0);
}

i64
sys_preadv(struct thread *t, const u64 *a)
{
	return (i64)a[3] < 0 ? -L_EINVAL : transfer_vec(t, 0, a[0], a[1], a[2], (i64)a[3], 0);
}

i64
sys_pwritev(struct thread *t, const u64 *a)
{
	return (i64)a[3] < 0 ? -L_EINVAL : transfer_vec(t, 1, a[0], a[1], a[2], (i64)a[3], 0);
}

i64
sys_preadv2(struct thread *t, const u64 *a)
{
	if ((i64)a[3] < -1)
		return -L_EINVAL;
	return transfer_vec(t, 0, a[0], a[1], a[2], (i64)a[3], (int)a[5]);
}

i64
sys_pwritev2(struct thread *t, const u64 *a)
{
	if ((i64)a[3] < -1)
		return -L_EINVAL;
	return transfer_vec(t, 1, a[0], a[1], a[2], (i64)a[3], (int)a[5]);
}

i64
sys_lseek(struct thread *t, const u64 *a)
{
#if HOST_LINUX && HOST_64BIT
	return PASS(lseek, "fii");
#else
#ifdef SEEK_HOLE
	static const u8 whence[] = { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };
#else
	static const u8 whence[] = { SEEK_SET, SEEK_CUR, SEEK_END };
#endif
	int fd = guest_fd(a[0]);
	if ((u32)a[2] < COUNTOF(whence))
		return l_ret(lseek(fd, (off_t)a[1], whence[(u32)a[2]]));
	return fd_check(fd) ? -L_EBADF : -L_EINVAL;
#endif
}
