// open.c: opening, closing, and what changes a file by its name or descriptor
// (Linux fs/open.c, fs/file.c).
#include "linux/file.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static i64
do_open(struct thread *t, u64 dirfd, u64 path, u64 flags, u64 mode)
{
	struct gpath p;
	i64 r = guest_path(t, &p, dirfd, path, !(flags & L_O_NOFOLLOW));
	if (r)
		return r;
	if (!strncmp(p.buf, "/proc/", 6) && !(flags & L_O_PATH)) {
		r = proc_open(t, p.buf, (int)flags);
		if (r != PROC_NOT_OURS)
			return r;
	}
	return L_BLOCK4(t, openat, p.dirfd, p.buf, oflags_to_host(flags | L_O_LARGEFILE), mode & 07777);
}

i64
sys_open(struct thread *t, const u64 *a)
{
	return do_open(t, (u64)L_AT_FDCWD, a[0], a[1], a[2]);
}

i64
sys_openat(struct thread *t, const u64 *a)
{
	return do_open(t, a[0], a[1], a[2], a[3]);
}

i64
sys_creat(struct thread *t, const u64 *a)
{
	return do_open(t, (u64)L_AT_FDCWD, a[0], L_O_CREAT | L_O_WRONLY | L_O_TRUNC, a[1]);
}

i64
sys_openat2(struct thread *t, const u64 *a)
{
	enum { KNOWN = L_O_ACCMODE | L_O_CREAT | L_O_EXCL | L_O_NOCTTY | L_O_TRUNC | L_O_APPEND | L_O_NONBLOCK |
		L_O_SYNC | L_O_ASYNC | L_O_DIRECT | L_O_LARGEFILE | L_O_DIRECTORY | L_O_NOFOLLOW | L_O_NOATIME |
		L_O_CLOEXEC | L_O_PATH | L_O_TMPFILE };
	struct l_open_how l;
	u64 how[3], i;
	struct gpath p;
	i64 r;
	if (a[3] < sizeof l)
		return -L_EINVAL;
	if (a[3] > PAGE_SIZE_GUEST)
		return -L_E2BIG;
	if (copy_in(t, &l, a[2], sizeof l))
		return -L_EFAULT;
	for (i = sizeof l; i < a[3]; i++) {
		u8 c;
		if (copy_in(t, &c, a[2] + i, 1))
			return -L_EFAULT;
		if (c)
			return -L_E2BIG;
	}
	how[0] = L_GET(l.flags);
	if (how[0] & ~(u64)KNOWN)
		return -L_EINVAL;
	how[0] = oflags_to_host(how[0]);
	how[1] = L_GET(l.mode);
	how[2] = L_GET(l.resolve);
	r = guest_path(t, &p, a[0], a[1], 0);
	if (r)
		return r;
	return L_BLOCK4(t, openat2, p.dirfd, p.buf, how, sizeof how);
}

i64
sys_close(struct thread *t, const u64 *a)
{
	return l_ret(close(guest_fd(a[0])));
}

static i64
close_span(u32 lo, u32 hi, u32 flags)
{
	u32 max = (u32)sysconf(_SC_OPEN_MAX);
	i64 r = lo > hi ? 0 : HOST_CALL3(close_range, lo, hi, flags);
	if (r != -ENOSYS)
		return l_res(r);
	for (; lo <= hi && lo < max; lo++)
		if (flags & L_CLOSE_RANGE_CLOEXEC)
			fcntl((int)lo, F_SETFD, FD_CLOEXEC);
		else
			close((int)lo);
	return 0;
}

i64
sys_close_range(struct thread *t, const u64 *a)
{
	u32 lo = (u32)a[0], hi = (u32)a[1], flags = (u32)a[2], own = (u32)log_fd();
	i64 r;
	if (flags & ~(u32)(L_CLOSE_RANGE_UNSHARE | L_CLOSE_RANGE_CLOEXEC) || lo > hi)
		return -L_EINVAL;
	if (!host_is_own_fd((int)own) || own < lo || own > hi)
		return close_span(lo, hi, flags);
	r = close_span(lo, own - 1, flags);
	return r ? r : close_span(own + 1, hi, flags);
}

static i64
do_access(struct thread *t, u64 dirfd, u64 path, u64 mode, u64 flags)
{
	struct gpath p;
	i64 r;
	if ((u32)mode & ~7u || (u32)flags & ~(u32)(L_AT_EACCESS | L_AT_SYMLINK_NOFOLLOW | L_AT_EMPTY_PATH))
		return -L_EINVAL;
	r = guest_path_empty(t, &p, dirfd, path, !(flags & L_AT_SYMLINK_NOFOLLOW), !!(flags & L_AT_EMPTY_PATH));
	if (r)
		return r;
	if (!(u32)flags)
		return l_ret(faccessat(p.dirfd, p.buf, (int)mode, 0));
	return l_res(HOST_CALL4(faccessat2, p.dirfd, p.buf, (u32)mode, (u32)flags));
}

i64
sys_access(struct thread *t, const u64 *a)
{
	return do_access(t, (u64)L_AT_FDCWD, a[0], a[1], 0);
}

i64
sys_faccessat(struct thread *t, const u64 *a)
{
	return do_access(t, a[0], a[1], a[2], 0);
}

i64
sys_faccessat2(struct thread *t, const u64 *a)
{
	return do_access(t, a[0], a[1], a[2], a[3]);
}

// --- directories ---------------------------------------------------------------------

i64
sys_chdir(struct thread *t, const u64 *a)
{
	struct gpath p;
	i64 r = guest_path(t, &p, (u64)L_AT_FDCWD, a[0], 1);
	return r ? r : l_ret(chdir(p.buf));
}

i64
sys_fchdir(struct thread *t, const u64 *a)
{
	return l_ret(fchdir(guest_fd(a[0])));
}

i64
sys_chroot(struct thread *t, const u64 *a)
{
	struct gpath p;
	i64 r = guest_path(t, &p, (u64)L_AT_FDCWD, a[0], 1);
	return r ? r : l_res(HOST_CALL1(chroot, p.buf));
}

i64
sys_getcwd(struct thread *t, const u64 *a)
{
	char buf[L_PATH_MAX];
	size_t n;
	if (!getcwd(buf, sizeof buf))
		return l_err(errno);
	n = strlen(buf) + 1;
	if (n > a[1])
		return -L_ERANGE;
	return copy_out(t, a[0], buf, n) ? -L_EFAULT : (i64)n;
}

// --- modes and owners ------------------------------------------------------------------

static i64
do_chmod(struct thread *t, u64 dirfd, u64 path, u64 mode, u64 flags)
{
	struct gpath p;
	i64 r;
	if ((u32)flags & ~(u32)(L_AT_SYMLINK_NOFOLLOW | L_AT_EMPTY_PATH))
		return -L_EINVAL;
	r = guest_path_empty(t, &p, dirfd, path, !(flags & L_AT_SYMLINK_NOFOLLOW), !!(flags & L_AT_EMPTY_PATH));
	if (r)
		return r;
	if (!(u32)flags)
		return l_ret(fchmodat(p.dirfd, p.buf, (mode_t)(mode & 07777), 0));
	return l_res(HOST_CALL4(fchmodat2, p.dirfd, p.buf, mode & 07777, (u32)flags));
}

i64
sys_chmod(struct thread *t, const u64 *a)
{
	return do_chmod(t, (u64)L_AT_FDCWD, a[0], a[1], 0);
}

i64
sys_fchmodat(struct thread *t, const u64 *a)
{
	return do_chmod(t, a[0], a[1], a[2], 0);
}

i64
sys_fchmodat2(struct thread *t, const u64 *a)
{
	return do_chmod(t, a[0], a[1], a[2], a[3]);
}

i64
sys_fchmod(struct thread *t, const u64 *a)
{
	return l_ret(fchmod(guest_fd(a[0]), (mode_t)(a[1] & 07777)));
}

static i64
do_chown(struct thread *t, u64 dirfd, u64 path, u64 uid, u64 gid, u64 flags)
{
	struct gpath p;
	i64 r;
	if ((u32)flags & ~(u32)(L_AT_SYMLINK_NOFOLLOW | L_AT_EMPTY_PATH))
		return -L_EINVAL;
	r = guest_path_empty(t, &p, dirfd, path, !(flags & L_AT_SYMLINK_NOFOLLOW), !!(flags & L_AT_EMPTY_PATH));
	return r ? r : l_ret(fchownat(p.dirfd, p.buf, (uid_t)uid, (gid_t)gid, atflags_to_host(flags)));
}

i64
sys_chown(struct thread *t, const u64 *a)
{
	return do_chown(t, (u64)L_AT_FDCWD, a[0], a[1], a[2], 0);
}

i64
sys_lchown(struct thread *t, const u64 *a)
{
	return do_chown(t, (u64)L_AT_FDCWD, a[0], a[1], a[2], L_AT_SYMLINK_NOFOLLOW);
}

i64
sys_fchownat(struct thread *t, const u64 *a)
{
	return do_chown(t, a[0], a[1], a[2], a[3], a[4]);
}

i64
sys_fchown(struct thread *t, const u64 *a)
{
	return l_ret(fchown(guest_fd(a[0]), (uid_t)a[1], (gid_t)a[2]));
}

// --- sizes ------------------------------------------------------------------------------

i64
sys_truncate(struct thread *t, const u64 *a)
{
	struct gpath p;
	i64 r;
	if ((i64)a[1] < 0)
		return -L_EINVAL;
	r = guest_path(t, &p, (u64)L_AT_FDCWD, a[0], 1);
	return r ? r : l_ret(truncate(p.buf, (off_t)a[1]));
}

i64
sys_ftruncate(struct thread *t, const u64 *a)
{
	if ((i64)a[1] < 0)
		return -L_EINVAL;
	i64 r = l_ret(ftruncate(guest_fd(a[0]), (off_t)a[1]));
	mem_file_changed(t->p->mem, guest_fd(a[0]));
	return r;
}

i64
sys_fallocate(struct thread *t, const u64 *a)
{
	i64 r = l_res(host_fallocate(guest_fd(a[0]), (int)a[1], (i64)a[2], (i64)a[3]));
	mem_file_changed(t->p->mem, guest_fd(a[0]));
	return r;
}

i64
sys_fadvise64(struct thread *t, const u64 *a)
{
	return l_res(host_fadvise(guest_fd(a[0]), (i64)a[1], (i64)a[2], (int)a[3]));
}

i64
sys_readahead(struct thread *t, const u64 *a)
{
	return l_res(host_readahead(guest_fd(a[0]), (i64)a[1], (size_t)a[2]));
}

i64
sys_cachestat(struct thread *t, const u64 *a)
{
	u8 range[16], out[40];
	int fd = guest_fd(a[0]);
	i64 r = fd_check(fd);
	if (r)
		return r;
	if (copy_in(t, range, a[1], sizeof range))
		return -L_EFAULT;
	le_fields(range, "88");
	r = HOST_CALL4(cachestat, fd, range, out, (u32)a[3]);
	if (r)
		return l_res(r);
	le_fields(out, "88888");
	return copy_out(t, a[2], out, sizeof out);
}
