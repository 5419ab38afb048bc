// open.c: opening, closing, and what changes a file by its name or descriptor
// (Linux fs/open.c, fs/file.c).
#include "linux/pass.h"
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
	if ((p.buf[0] != '/' || !strncmp(p.buf, "/proc/", 6)) && !(flags & L_O_PATH)) {
		r = proc_open(t, p.dirfd, p.buf, (int)flags);
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
	u64 how[3];
	struct gpath p;
	i64 r;
	// The kernel knows the sizes; the flags have other bits on some hosts.
	if (a[3] != sizeof how || copy_in(t, how, a[2], sizeof how))
		return PASS(openat2, "dl(888)i");
	for (r = 0; r < 3; r++)
		le_fields(how + r, "8");
	r = guest_path_empty(t, &p, a[0], a[1], 0, 1);
	if (r)
		return r;
	how[0] = how[0] >> 32 << 32 | oflags_to_host((u32)how[0]);
	return L_BLOCK4(t, openat2, p.dirfd, p.buf, how, sizeof how);
}

SYS_PASS(sys_close, close, "f")

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

SYS_PASS(sys_access, faccessat, "cpi")
SYS_PASS(sys_faccessat, faccessat, "dpi")
SYS_PASS(sys_faccessat2, faccessat2, "dpii")

// --- directories ---------------------------------------------------------------------

SYS_PASS(sys_chdir, chdir, "p")
SYS_PASS(sys_fchdir, fchdir, "f")
SYS_PASS(sys_chroot, chroot, "p")
SYS_PASS(sys_getcwd, getcwd, ">")

// --- modes and owners ------------------------------------------------------------------

SYS_PASS(sys_chmod, fchmodat, "cpi")
SYS_PASS(sys_fchmod, fchmod, "fi")
SYS_PASS(sys_fchmodat, fchmodat, "dpi")
SYS_PASS(sys_fchmodat2, fchmodat2, "dpii")
SYS_PASS(sys_chown, fchownat, "cpii0")
SYS_PASS(sys_lchown, fchownat, "cliiN")
SYS_PASS(sys_fchownat, fchownat, "dpiii")

i64
sys_fchown(struct thread *t, const u64 *a)
{
	return pass(t, a, HOST_NR_ID(fchown), "fii");
}

SYS_PASS(sys_umask, umask, "i")

// --- sizes ------------------------------------------------------------------------------

i64
sys_truncate(struct thread *t, const u64 *a)
{
#if HOST_64BIT
	return PASS(truncate, "pi");
#else
	struct gpath p;
	i64 r = guest_path(t, &p, (u64)L_AT_FDCWD, a[0], 1);
	return r ? r : l_ret(truncate(p.buf, (off_t)a[1]));
#endif
}

i64
sys_ftruncate(struct thread *t, const u64 *a)
{
#if HOST_64BIT
	i64 r = PASS(ftruncate, "fi");
#else
	i64 r = l_ret(ftruncate(guest_fd(a[0]), (off_t)a[1]));
#endif
	if (!r)
		mem_file_resized(t->p->mem, guest_fd(a[0]));
	return r;
}

i64
sys_fallocate(struct thread *t, const u64 *a)
{
#if HOST_64BIT
	i64 r = PASS(fallocate, "fiii");
#else
	i64 r = l_res(host_fallocate(guest_fd(a[0]), (int)a[1], (i64)a[2], (i64)a[3]));
#endif
	if (!r)
		mem_file_resized(t->p->mem, guest_fd(a[0]));
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

SYS_PASS(sys_cachestat, cachestat, "f(88)[88888]i")
