// kill.c: signals to other threads and processes.
#include "linux/signal.h"
#include "linux/syscall.h"
#include <errno.h>
#include <unistd.h>

// An invalid number goes to the host as it is: whether it or the target is
// refused first is the host's business.
static int
sig_arg(u64 sig)
{
	return (u32)sig <= L_NSIG ? host_sig_from_linux((int)sig) : -1;
}

i64
sys_kill(struct thread *t, const u64 *a)
{
	return l_ret(kill((pid_t)a[0], sig_arg(a[1])));
}

i64
sys_tkill(struct thread *t, const u64 *a)
{
	if ((i32)a[0] <= 0)
		return -L_EINVAL;
#if HOST_LINUX
	i64 r = HOST_CALL2(tkill, (i32)a[0], sig_arg(a[1]));
#else
	i64 r = host_tgkill(getpid(), (i32)a[0], (int)a[1]);
#endif
	return r < 0 ? l_err((int)-r) : 0;
}

i64
sys_tgkill(struct thread *t, const u64 *a)
{
	if ((i32)a[0] <= 0 || (i32)a[1] <= 0)
		return -L_EINVAL;
	int r = host_tgkill((i32)a[0], (i32)a[1], (int)a[2]);
	return r < 0 ? l_err(-r) : 0;
}

#if HOST_LINUX
static i64
queueinfo(struct thread *t, u64 sig, u64 gva, siginfo_t *info)
{
	struct l_siginfo l;
	if (copy_in(t, &l, gva, sizeof l))
		return -L_EFAULT;
	L_PUT(l.signo, sig);
	siginfo_to_host(info, &l);
	return 0;
}

i64
sys_rt_sigqueueinfo(struct thread *t, const u64 *a)
{
	siginfo_t info;
	i64 r = queueinfo(t, a[1], a[2], &info);
	if (r)
		return r;
	r = HOST_CALL3(rt_sigqueueinfo, (i32)a[0], sig_arg(a[1]), &info);
	return r < 0 ? l_err((int)-r) : 0;
}

i64
sys_rt_tgsigqueueinfo(struct thread *t, const u64 *a)
{
	siginfo_t info;
	i64 r = queueinfo(t, a[2], a[3], &info);
	if (r)
		return r;
	r = HOST_CALL4(rt_tgsigqueueinfo, (i32)a[0], (i32)a[1], sig_arg(a[2]), &info);
	return r < 0 ? l_err((int)-r) : 0;
}

i64
sys_pidfd_send_signal(struct thread *t, const u64 *a)
{
	siginfo_t info;
	i64 r = 0;
	if (a[2] && (r = queueinfo(t, a[1], a[2], &info)))
		return r;
	r = HOST_CALL4(pidfd_send_signal, (i32)a[0], sig_arg(a[1]), a[2] ? &info : 0, (u32)a[3]);
	return r < 0 ? l_err((int)-r) : 0;
}
#else
LINUX_ONLY(rt_sigqueueinfo)
LINUX_ONLY(rt_tgsigqueueinfo)
LINUX_ONLY(pidfd_send_signal)
#endif
