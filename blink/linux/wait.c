// wait.c: wait4, waitid.
#include "linux/signal.h"
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

// The encoding of wait statuses is the same everywhere but for signal numbers.
u32
wait_status(u32 s)
{
	if ((s & 0xff) == 0x7f && s != 0xffff)
		return (s & ~0xff00u) | (u32)host_sig_to_linux((int)(s >> 8 & 0xff)) << 8;
	if (s & 0x7f && (s & 0x7f) != 0x7f)
		return (s & ~0x7fu) | (u32)host_sig_to_linux((int)(s & 0x7f));
	return s;
}

// The kernel's struct rusage is 18 longs, in the order of the guest's 64-bit words.
i64
rusage_out(struct thread *t, u64 gva, const long *host)
{
	u8 b[sizeof(struct l_rusage)];
	for (int i = 0; i < HOST_RUSAGE_LONGS; i++)
		st64(b + 8 * i, (u64)(i64)RUSAGE_WORD(host, i));
	return copy_out(t, gva, b, sizeof b);
}

#if HOST_LINUX
i64
sys_wait4(struct thread *t, const u64 *a)
{
	long ru[HOST_RUSAGE_LONGS];
	int status = 0;
	i64 r = L_BLOCK4(t, wait4, (i32)a[0], &status, (u32)a[2], a[3] ? ru : 0);
	if (r > 0) {
		u8 b[4];
		st32(b, wait_status((u32)status));
		if (a[1] && copy_out(t, a[1], b, 4))
			return -L_EFAULT;
		if (a[3] && rusage_out(t, a[3], ru))
			return -L_EFAULT;
	}
	return r;
}

i64
sys_waitid(struct thread *t, const u64 *a)
{
	long ru[HOST_RUSAGE_LONGS];
	siginfo_t hi;
	struct l_siginfo l;
	memset(&hi, 0, sizeof hi);
	i64 r = L_BLOCK6(t, waitid, (i32)a[0], (i32)a[1], &hi, (u32)a[3], a[4] ? ru : 0, 0);
	memset(&l, 0, sizeof l);
	if (r >= 0 && hi.si_signo) {
		siginfo_from_host(&l, &hi);
		if (a[4] && rusage_out(t, a[4], ru))
			return -L_EFAULT;
	}
	// The kernel writes these fields, also on failure, and leaves the others.
	if (a[2] && (copy_out(t, a[2], &l, 12) || copy_out(t, a[2] + 16, l.u.bytes, 12)))
		return -L_EFAULT;
	return r;
}
#else
i64
sys_wait4(struct thread *t, const u64 *a)
{
	struct rusage ru;
	int status = 0, options = 0;
	if ((u32)a[2] & ~(u32)(L_WNOHANG | L_WUNTRACED | L_WCONTINUED | L___WALL | L___WNOTHREAD | L___WCLONE))
		return -L_EINVAL;
	options = (a[2] & L_WNOHANG ? WNOHANG : 0) | (a[2] & L_WUNTRACED ? WUNTRACED : 0) | (a[2] & L_WCONTINUED ? WCONTINUED : 0);
	if (block_begin(t)) {
		block_end(t);
		return -L_ERESTARTSYS;
	}
	i64 r = waitpid((pid_t)a[0], &status, options);
	int e = errno;
	block_end(t);
	if (r < 0)
		return e == EINTR && t->interrupt ? -L_ERESTARTSYS : l_err(e);
	if (r > 0) {
		u8 b[4];
		long longs[HOST_RUSAGE_LONGS] = { 0 };
		st32(b, wait_status((u32)status));
		if (a[1] && copy_out(t, a[1], b, 4))
			return -L_EFAULT;
		getrusage(RUSAGE_CHILDREN, &ru);
		longs[0] = (long)ru.ru_utime.tv_sec;
		longs[1] = (long)ru.ru_utime.tv_usec;
		longs[2] = (long)ru.ru_stime.tv_sec;
		longs[3] = (long)ru.ru_stime.tv_usec;
		if (a[3] && rusage_out(t, a[3], longs))
			return -L_EFAULT;
	}
	return r;
}

LINUX_ONLY(waitid)
#endif
