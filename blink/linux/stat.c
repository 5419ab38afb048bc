// stat.c: what files are (Linux fs/stat.c).
#include "linux/pass.h"
#include <errno.h>
#include <fcntl.h>

void
stat_to_guest(struct l_stat *l, const struct stat *s)
{
	memset(l, 0, sizeof *l);
	L_PUT(l->dev, dev_to_guest(s->st_dev));
	L_PUT(l->ino, s->st_ino);
	L_PUT(l->nlink, s->st_nlink);
	L_PUT(l->mode, s->st_mode);
	L_PUT(l->uid, s->st_uid);
	L_PUT(l->gid, s->st_gid);
	L_PUT(l->rdev, dev_to_guest(s->st_rdev));
	L_PUT(l->size, s->st_size);
	L_PUT(l->blksize, s->st_blksize);
	L_PUT(l->blocks, s->st_blocks);
	L_PUT(l->atime, s->st_atim.tv_sec);
	L_PUT(l->atime_nsec, s->st_atim.tv_nsec);
	L_PUT(l->mtime, s->st_mtim.tv_sec);
	L_PUT(l->mtime_nsec, s->st_mtim.tv_nsec);
	L_PUT(l->ctime, s->st_ctim.tv_sec);
	L_PUT(l->ctime_nsec, s->st_ctim.tv_nsec);
}

static i64
put_stat(struct thread *t, u64 gva, const struct stat *s, int r)
{
	struct l_stat l;
	if (r)
		return l_err(errno);
	stat_to_guest(&l, s);
	return copy_out(t, gva, &l, sizeof l);
}

static i64
do_stat(struct thread *t, u64 dirfd, u64 path, u64 buf, u64 flags)
{
	struct gpath p;
	struct stat s;
	i64 r;
	if ((u32)flags & ~(u32)(L_AT_SYMLINK_NOFOLLOW | L_AT_NO_AUTOMOUNT | L_AT_EMPTY_PATH | L_AT_STATX_SYNC_TYPE))
		return -L_EINVAL;
	r = guest_path_empty(t, &p, dirfd, path, !(flags & L_AT_SYMLINK_NOFOLLOW), !!(flags & L_AT_EMPTY_PATH));
	if (r)
		return r;
	if (!p.buf[0] && p.dirfd != AT_FDCWD)
		return put_stat(t, buf, &s, fstat(p.dirfd, &s));
	return put_stat(t, buf, &s, fstatat(p.dirfd, p.buf[0] ? p.buf : ".", &s, atflags_to_host(flags & (L_AT_SYMLINK_NOFOLLOW | L_AT_NO_AUTOMOUNT))));
}

i64
sys_stat(struct thread *t, const u64 *a)
{
	return do_stat(t, (u64)L_AT_FDCWD, a[0], a[1], 0);
}

i64
sys_lstat(struct thread *t, const u64 *a)
{
	return do_stat(t, (u64)L_AT_FDCWD, a[0], a[1], L_AT_SYMLINK_NOFOLLOW);
}

i64
sys_newfstatat(struct thread *t, const u64 *a)
{
	return do_stat(t, a[0], a[1], a[2], a[3]);
}

i64
sys_fstat(struct thread *t, const u64 *a)
{
	struct stat s;
	return put_stat(t, a[1], &s, fstat(guest_fd(a[0]), &s));
}

SYS_PASS(sys_statx, statx, "dpii[4484442288888448448448444444844844444488888888]")

static i64
do_readlink(struct thread *t, const u64 *a, u64 gva, u64 buf, u64 size, const char *kinds)
{
	char path[L_PATH_MAX], out[L_PATH_MAX];
	i64 r;
	if ((i32)size > 0 && !copy_in_path(t, path, gva) && !strncmp(path, "/proc/", 6) && (r = proc_link(t, path, out, sizeof out)) >= 0) {
		r = (i64)min_u64((u64)r, (u32)size);
		return copy_out(t, buf, out, (size_t)r) ? -L_EFAULT : r;
	}
	return PASS(readlinkat, kinds);
}

i64
sys_readlink(struct thread *t, const u64 *a)
{
	return do_readlink(t, a, a[0], a[1], a[2], "cl>");
}

i64
sys_readlinkat(struct thread *t, const u64 *a)
{
	return do_readlink(t, a, a[1], a[2], a[3], "dl>");
}
