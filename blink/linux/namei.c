// namei.c: names come and go (Linux fs/namei.c).
#include "linux/file.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static i64
do_mknod(struct thread *t, u64 dirfd, u64 path, u64 mode, u64 dev)
{
	struct gpath p;
	i64 r = guest_path(t, &p, dirfd, path, 0);
	return r ? r : l_ret(mknodat(p.dirfd, p.buf, (mode_t)(u16)mode, dev_to_host((u32)dev)));
}

i64
sys_mknod(struct thread *t, const u64 *a)
{
	return do_mknod(t, (u64)L_AT_FDCWD, a[0], a[1], a[2]);
}

i64
sys_mknodat(struct thread *t, const u64 *a)
{
	return do_mknod(t, a[0], a[1], a[2], a[3]);
}

static i64
do_mkdir(struct thread *t, u64 dirfd, u64 path, u64 mode)
{
	struct gpath p;
	i64 r = guest_path(t, &p, dirfd, path, 0);
	return r ? r : l_ret(mkdirat(p.dirfd, p.buf, (mode_t)(mode & 01777)));
}

i64
sys_mkdir(struct thread *t, const u64 *a)
{
	return do_mkdir(t, (u64)L_AT_FDCWD, a[0], a[1]);
}

i64
sys_mkdirat(struct thread *t, const u64 *a)
{
	return do_mkdir(t, a[0], a[1], a[2]);
}

static i64
do_unlink(struct thread *t, u64 dirfd, u64 path, u64 flags)
{
	struct gpath p;
	i64 r;
	if ((u32)flags & ~(u32)L_AT_REMOVEDIR)
		return -L_EINVAL;
	r = guest_path(t, &p, dirfd, path, 0);
	return r ? r : l_ret(unlinkat(p.dirfd, p.buf, flags & L_AT_REMOVEDIR ? AT_REMOVEDIR : 0));
}

i64
sys_unlink(struct thread *t, const u64 *a)
{
	return do_unlink(t, (u64)L_AT_FDCWD, a[0], 0);
}

i64
sys_rmdir(struct thread *t, const u64 *a)
{
	return do_unlink(t, (u64)L_AT_FDCWD, a[0], L_AT_REMOVEDIR);
}

i64
sys_unlinkat(struct thread *t, const u64 *a)
{
	return do_unlink(t, a[0], a[1], a[2]);
}

static i64
do_symlink(struct thread *t, u64 target, u64 dirfd, u64 path)
{
	struct gpath from, to;
	// The target is text; only its length and presence matter.
	i64 r = copy_in_path(t, from.buf, target);
	if (!r && !from.buf[0])
		r = -L_ENOENT;
	if (!r)
		r = guest_path(t, &to, dirfd, path, 0);
	return r ? r : l_ret(symlinkat(from.buf, to.dirfd, to.buf));
}

i64
sys_symlink(struct thread *t, const u64 *a)
{
	return do_symlink(t, a[0], (u64)L_AT_FDCWD, a[1]);
}

i64
sys_symlinkat(struct thread *t, const u64 *a)
{
	return do_symlink(t, a[0], a[1], a[2]);
}

static i64
do_link(struct thread *t, u64 fromfd, u64 from, u64 tofd, u64 to, u64 flags)
{
	struct gpath p, q;
	i64 r;
	if ((u32)flags & ~(u32)(L_AT_SYMLINK_FOLLOW | L_AT_EMPTY_PATH))
		return -L_EINVAL;
	r = guest_path_empty(t, &p, fromfd, from, !!(flags & L_AT_SYMLINK_FOLLOW), !!(flags & L_AT_EMPTY_PATH));
	if (!r)
		r = guest_path(t, &q, tofd, to, 0);
	return r ? r : l_ret(linkat(p.dirfd, p.buf, q.dirfd, q.buf, atflags_to_host(flags)));
}

i64
sys_link(struct thread *t, const u64 *a)
{
	return do_link(t, (u64)L_AT_FDCWD, a[0], (u64)L_AT_FDCWD, a[1], 0);
}

i64
sys_linkat(struct thread *t, const u64 *a)
{
	return do_link(t, a[0], a[1], a[2], a[3], a[4]);
}

static i64
do_rename(struct thread *t, u64 fromfd, u64 from, u64 tofd, u64 to, u64 flags)
{
	struct gpath p, q;
	i64 r;
	flags = (u32)flags;
	if (flags & ~(u64)(L_RENAME_NOREPLACE | L_RENAME_EXCHANGE | L_RENAME_WHITEOUT) ||
	    ((flags & (L_RENAME_NOREPLACE | L_RENAME_WHITEOUT)) && (flags & L_RENAME_EXCHANGE)))
		return -L_EINVAL;
	r = guest_path(t, &p, fromfd, from, 0);
	if (!r)
		r = guest_path(t, &q, tofd, to, 0);
	if (r)
		return r;
	if (flags)
		return l_res(HOST_CALL5(renameat2, p.dirfd, p.buf, q.dirfd, q.buf, flags));
	return l_ret(renameat(p.dirfd, p.buf, q.dirfd, q.buf));
}

i64
sys_rename(struct thread *t, const u64 *a)
{
	return do_rename(t, (u64)L_AT_FDCWD, a[0], (u64)L_AT_FDCWD, a[1], 0);
}

i64
sys_renameat(struct thread *t, const u64 *a)
{
	return do_rename(t, a[0], a[1], a[2], a[3], 0);
}

i64
sys_renameat2(struct thread *t, const u64 *a)
{
	return do_rename(t, a[0], a[1], a[2], a[3], a[4]);
}
