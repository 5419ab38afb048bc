// siginfo.c: what a signal tells of itself, as the host and as the guest has it.
#include "linux/signal.h"

static int
is_fault_signal(int sig)
{
	return sig == L_SIGSEGV || sig == L_SIGBUS || sig == L_SIGFPE || sig == L_SIGILL || sig == L_SIGTRAP;
}

#if HOST_LINUX
#define CODE_FROM_HOST(code) (code)
#define CODE_TO_HOST(code) (code)
#else
static int
CODE_FROM_HOST(int code)
{
	return code == SI_USER ? L_SI_USER : code == SI_QUEUE ? L_SI_QUEUE : code == SI_TIMER ? L_SI_TIMER : code;
}
#endif

void
siginfo_from_host(struct l_siginfo *out, const siginfo_t *in)
{
	int sig = host_sig_to_linux(in->si_signo), code = CODE_FROM_HOST(in->si_code);
	memset(out, 0, sizeof *out);
	L_PUT(out->signo, sig);
	L_PUT(out->err, in->si_errno);
	L_PUT(out->code, code);
	// The kernel's rule for which view of the union is meant.
	if (code > L_SI_USER && code < L_SI_KERNEL) {
		if (is_fault_signal(sig)) {
			L_PUT(out->u.fault.addr, (uintptr_t)in->si_addr);
			return;
		}
		if (sig == L_SIGCHLD) {
			int st = in->si_status;
			L_PUT(out->u.chld.pid, in->si_pid);
			L_PUT(out->u.chld.uid, in->si_uid);
			L_PUT(out->u.chld.status, code == L_CLD_EXITED ? st : host_sig_to_linux(st));
#if HOST_LINUX
			L_PUT(out->u.chld.utime, in->si_utime);
			L_PUT(out->u.chld.stime, in->si_stime);
#endif
			return;
		}
#if HOST_LINUX
		if (sig == L_SIGSYS) {
			L_PUT(out->u.sys.call_addr, (uintptr_t)in->si_call_addr);
			L_PUT(out->u.sys.syscall, in->si_syscall);
			L_PUT(out->u.sys.arch, in->si_arch);
			return;
		}
#endif
		if (code <= L_POLL_HUP) {
			L_PUT(out->u.poll.band, in->si_band);
#if HOST_LINUX
			L_PUT(out->u.poll.fd, in->si_fd);
#endif
			return;
		}
	}
#if HOST_LINUX
	if (code == L_SI_TIMER) {
		L_PUT(out->u.timer.timerid, in->si_timerid);
		L_PUT(out->u.timer.overrun, in->si_overrun);
		L_PUT(out->u.timer.value, (uintptr_t)in->si_value.sival_ptr);
		return;
	}
	if (code == L_SI_SIGIO) {
		L_PUT(out->u.poll.band, in->si_band);
		L_PUT(out->u.poll.fd, in->si_fd);
		return;
	}
#endif
	L_PUT(out->u.rt.pid, in->si_pid);
	L_PUT(out->u.rt.uid, in->si_uid);
	if (code < 0)
		L_PUT(out->u.rt.value, (uintptr_t)in->si_value.sival_ptr);
}

#if HOST_LINUX
void
siginfo_to_host(siginfo_t *out, const struct l_siginfo *in)
{
	memset(out, 0, sizeof *out);
	out->si_signo = host_sig_from_linux((int)L_GET(in->signo));
	out->si_errno = (int)L_GET(in->err);
	out->si_code = (int)L_GET(in->code);
	out->si_pid = (pid_t)L_GET(in->u.rt.pid);
	out->si_uid = (uid_t)L_GET(in->u.rt.uid);
	out->si_value.sival_ptr = (void *)(uintptr_t)L_GET(in->u.rt.value);
}
#endif
