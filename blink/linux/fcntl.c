// fcntl.c: descriptors and locks (Linux fs/fcntl.c, fs/locks.c).
#include "linux/pass.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifdef SYS_fcntl64
#define HOST_NR_fcntl SYS_fcntl64
#else
#define HOST_NR_fcntl HOST_NR(fcntl)
#endif
#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

static const struct l_pair g_locktypes[] = { { L_F_RDLCK, F_RDLCK }, { L_F_WRLCK, F_WRLCK }, { L_F_UNLCK, F_UNLCK } };

static i64
lock(struct thread *t, int fd, int cmd, u64 arg)
{
	static const u8 cmds[] = { F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW };
	struct l_flock l;
	struct flock h;
	i64 r, type;
	int get = cmd == L_F_GETLK || cmd == L_F_OFD_GETLK;
	if (copy_in(t, &l, arg, sizeof l))
		return -L_EFAULT;
	type = VALUE_TO_HOST(g_locktypes, L_GET(l.type));
	if (type < 0 || L_GET(l.whence) > L_SEEK_END)
		return -L_EINVAL;
	memset(&h, 0, sizeof h);
	h.l_type = (short)type;
	h.l_whence = (short)L_GET(l.whence);
	h.l_start = (off_t)L_GET(l.start);
	h.l_len = (off_t)L_GET(l.len);
	h.l_pid = (pid_t)L_GET(l.pid);
	cmd = cmds[cmd >= L_F_OFD_GETLK ? cmd - L_F_OFD_GETLK + 3 : cmd - L_F_GETLK];
	r = l_block(t, HOST_NR_fcntl, fd, cmd, (long)(intptr_t)&h, 0, 0, 0);
	if (r || !get)
		return r;
	L_PUT(l.type, VALUE_TO_GUEST(g_locktypes, (u64)h.l_type));
	L_PUT(l.whence, h.l_whence);
	L_PUT(l.start, h.l_start);
	L_PUT(l.len, h.l_len);
	L_PUT(l.pid, h.l_pid);
	return copy_out(t, arg, &l, sizeof l);
}

// Linux's own commands have the same numbers on all its processors.
static i64
linux_fcntl(int fd, int cmd, long arg)
{
	return l_res(host_call(HOST_NR_fcntl, fd, cmd, arg, 0, 0, 0));
}

static i64
owner_ex(struct thread *t, int fd, int cmd, u64 arg)
{
	u8 b[8];
	i64 r;
	if (cmd == L_F_SETOWN_EX && copy_in(t, b, arg, sizeof b))
		return -L_EFAULT;
	le_fields(b, "44");
	r = linux_fcntl(fd, cmd, (long)(intptr_t)b);
	if (r || cmd == L_F_SETOWN_EX)
		return r;
	le_fields(b, "44");
	return copy_out(t, arg, b, sizeof b);
}

static i64
rw_hint(struct thread *t, int fd, int cmd, u64 arg)
{
	u8 b[8];
	int set = cmd == L_F_SET_RW_HINT || cmd == L_F_SET_FILE_RW_HINT;
	i64 r;
	memset(b, 0, sizeof b);
	if (set && copy_in(t, b, arg, sizeof b))
		return -L_EFAULT;
	le_fields(b, "8");
	r = linux_fcntl(fd, cmd, (long)(intptr_t)b);
	if (r || set)
		return r;
	le_fields(b, "8");
	return copy_out(t, arg, b, sizeof b);
}

i64
sys_fcntl(struct thread *t, const u64 *a)
{
	int fd = guest_fd(a[0]), cmd = (int)a[1];
	i64 r;
	// First what the host judges by itself.
	switch (cmd) {
	case L_F_DUPFD:
		return l_ret(fcntl(fd, F_DUPFD, (int)a[2]));
	case L_F_DUPFD_CLOEXEC:
		return l_ret(fcntl(fd, F_DUPFD_CLOEXEC, (int)a[2]));
	case L_F_GETFD:
		return l_ret(fcntl(fd, F_GETFD));
	case L_F_SETFD:
		return l_ret(fcntl(fd, F_SETFD, a[2] & L_FD_CLOEXEC ? FD_CLOEXEC : 0));
	case L_F_GETFL:
		r = l_ret(fcntl(fd, F_GETFL));
		return r < 0 ? r : (i64)oflags_to_guest((u64)r);
	case L_F_SETFL:
		return l_ret(fcntl(fd, F_SETFL, oflags_to_host(a[2] & (L_O_APPEND | L_O_NONBLOCK | L_O_DIRECT | L_O_NOATIME | L_O_ASYNC))));
	}
	r = fd_check(fd);
	if (r)
		return r;
	switch (cmd) {
	case L_F_GETLK:
	case L_F_SETLK:
	case L_F_SETLKW:
	case L_F_OFD_GETLK:
	case L_F_OFD_SETLK:
	case L_F_OFD_SETLKW:
		return lock(t, fd, cmd, a[2]);
	case L_F_SETOWN:
		return l_ret(fcntl(fd, F_SETOWN, (int)a[2]));
	case L_F_GETOWN:
		return linux_fcntl(fd, F_GETOWN, 0);
	case L_F_SETOWN_EX:
	case L_F_GETOWN_EX:
		return owner_ex(t, fd, cmd, a[2]);
	case L_F_SETSIG:
		if (a[2] > L_NSIG)
			return -L_EINVAL;
		return linux_fcntl(fd, cmd, a[2] ? host_sig_from_linux((int)a[2]) : 0);
	case L_F_GETSIG:
		r = linux_fcntl(fd, cmd, 0);
		return r > 0 ? host_sig_to_linux((int)r) : r;
	case L_F_SETLEASE:
		r = VALUE_TO_HOST(g_locktypes, a[2]);
		return r < 0 ? -L_EINVAL : linux_fcntl(fd, cmd, (long)r);
	case L_F_GETLEASE:
		r = linux_fcntl(fd, cmd, 0);
		return r < 0 ? r : VALUE_TO_GUEST(g_locktypes, (u64)r);
	case L_F_DUPFD_QUERY:
		return linux_fcntl(fd, cmd, guest_fd(a[2]));
	case L_F_NOTIFY:
	case L_F_CREATED_QUERY:
	case L_F_SETPIPE_SZ:
	case L_F_GETPIPE_SZ:
	case L_F_ADD_SEALS:
	case L_F_GET_SEALS:
		return linux_fcntl(fd, cmd, (long)a[2]);
	case L_F_GET_RW_HINT:
	case L_F_SET_RW_HINT:
	case L_F_GET_FILE_RW_HINT:
	case L_F_SET_FILE_RW_HINT:
		return rw_hint(t, fd, cmd, a[2]);
	default:
		return -L_EINVAL;
	}
}

SYS_PASS(sys_dup, dup, "f")

i64
sys_dup2(struct thread *t, const u64 *a)
{
	i64 r;
	if ((u32)a[0] != (u32)a[1])
		return PASS(dup3, "ff0");
	r = fd_check(guest_fd(a[0]));
	return r ? r : (i64)(u32)a[0];
}

SYS_PASS(sys_dup3, dup3, "ffo")
SYS_PASS(sys_flock, flock, "!fi")
