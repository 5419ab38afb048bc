// stat.c: what files are (Linux fs/stat.c).
#include "linux/file.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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

// statx by way of stat, for hosts that have no statx.
static i64
statx_from_stat(struct l_statx *l, const struct gpath *p, u64 flags)
{
	struct stat s;
	u64 d;
	if (!p->buf[0] && p->dirfd != AT_FDCWD ? fstat(p->dirfd, &s) :
	    fstatat(p->dirfd, p->buf[0] ? p->buf : ".", &s, atflags_to_host(flags & L_AT_SYMLINK_NOFOLLOW)))
		return l_err(errno);
	memset(l, 0, sizeof *l);
	L_PUT(l->mask, L_STATX_BASIC_STATS);
	L_PUT(l->blksize, s.st_blksize);
	L_PUT(l->nlink, s.st_nlink);
	L_PUT(l->uid, s.st_uid);
	L_PUT(l->gid, s.st_gid);
	L_PUT(l->mode, s.st_mode);
	L_PUT(l->ino, s.st_ino);
	L_PUT(l->size, s.st_size);
	L_PUT(l->blocks, s.st_blocks);
	L_PUT(l->atime.sec, s.st_atim.tv_sec);
	L_PUT(l->atime.nsec, s.st_atim.tv_nsec);
	L_PUT(l->mtime.sec, s.st_mtim.tv_sec);
	L_PUT(l->mtime.nsec, s.st_mtim.tv_nsec);
	L_PUT(l->ctime.sec, s.st_ctim.tv_sec);
	L_PUT(l->ctime.nsec, s.st_ctim.tv_nsec);
	d = dev_to_guest(s.st_dev);
	L_PUT(l->dev_major, (d >> 8 & 0xfff) | (d >> 32 & ~0xfffull));
	L_PUT(l->dev_minor, (d & 0xff) | (d >> 12 & ~0xffull));
	d = dev_to_guest(s.st_rdev);
	L_PUT(l->rdev_major, (d >> 8 & 0xfff) | (d >> 32 & ~0xfffull));
	L_PUT(l->rdev_minor, (d & 0xff) | (d >> 12 & ~0xffull));
	return 0;
}

i64
sys_statx(struct thread *t, const u64 *a)
{
	struct gpath p;
	struct l_statx l;
	u32 flags = (u32)a[2], mask = (u32)a[3];
	i64 r;
	if (mask & L_STATX__RESERVED || (flags & L_AT_STATX_SYNC_TYPE) == L_AT_STATX_SYNC_TYPE ||
	    flags & ~(u32)(L_AT_SYMLINK_NOFOLLOW | L_AT_NO_AUTOMOUNT | L_AT_EMPTY_PATH | L_AT_STATX_SYNC_TYPE))
		return -L_EINVAL;
	r = guest_path_empty(t, &p, a[0], a[1], !(flags & L_AT_SYMLINK_NOFOLLOW), !!(flags & L_AT_EMPTY_PATH));
	if (r)
		return r;
	// Linux has one layout of it, in the host's byte order.
	r = HOST_CALL5(statx, p.dirfd, p.buf, flags, mask, &l);
	if (r == -ENOSYS) {
		r = statx_from_stat(&l, &p, flags);
		if (r)
			return r;
	} else if (r) {
		return l_res(r);
	} else {
		le_fields(&l, "4484442288888484848484844448448444444");
	}
	return copy_out(t, a[4], &l, sizeof l);
}

static i64
do_readlink(struct thread *t, u64 dirfd, u64 path, u64 buf, u64 size)
{
	struct gpath p;
	char out[L_PATH_MAX];
	i64 r;
	if ((i32)size <= 0)
		return -L_EINVAL;
	r = guest_path_empty(t, &p, dirfd, path, 0, 1);
	if (r)
		return r;
	r = proc_link(t, p.buf, out, sizeof out);
	if (r == PROC_NOT_OURS)
		r = l_ret(readlinkat(p.dirfd, p.buf, out, sizeof out));
	if (r < 0)
		return r;
	r = (i64)min_u64((u64)r, (u32)size);
	return copy_out(t, buf, out, (size_t)r) ? -L_EFAULT : r;
}

i64
sys_readlink(struct thread *t, const u64 *a)
{
	return do_readlink(t, (u64)L_AT_FDCWD, a[0], a[1], a[2]);
}

i64
sys_readlinkat(struct thread *t, const u64 *a)
{
	return do_readlink(t, a[0], a[1], a[2], a[3]);
}
