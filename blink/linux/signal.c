// signal.c: dispositions, masks, pending signals and their delivery.
//
// The host kernel does the queueing. A signal that the guest catches has a
// host handler that saves the siginfo, asks the engine to stop, and leaves
// every signal blocked; delivery then builds the guest's frame and gives the
// host the mask that the guest's handler runs under, at which the next pending
// signal arrives in the same way. So what the guest blocks is blocked on the
// host, and sigpending, sigtimedwait and signalfd are the host's own. Only
// SIGSEGV and SIGBUS are never blocked on the host, as blink's own faults come
// by them: those sent by kill are kept in sigpend until they are unblocked.
#include "linux/signal.h"
#include "linux/syscall.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

THREAD_LOCAL struct thread *t_self;

static void
sigpend_set(struct thread *t, int sig)
{
	__atomic_fetch_or(&t->sigpend[(sig - 1) >> 5], (u32)1 << ((sig - 1) & 31), __ATOMIC_RELAXED);
}

static void
sigpend_clear(struct thread *t, int sig)
{
	__atomic_fetch_and(&t->sigpend[(sig - 1) >> 5], ~((u32)1 << ((sig - 1) & 31)), __ATOMIC_RELAXED);
}

// Runs in the host's signal context, all signals blocked.
static void
on_host_signal(int sig, siginfo_t *info, void *uc)
{
	struct thread *t = t_self;
	if (!t) {
		// A thread that is not the guest's: let one that is have it.
		host_sig_mask_after(uc, ~(u64)0);
		kill(getpid(), host_sig_from_linux(sig));
		return;
	}
	if (!(sigpend_get(t) & SIGBIT(sig))) {
		t->pending_info[sig] = *info;
		sigpend_set(t, sig);
#if HOST_LINUX
	} else if (sig > 31) {
		host_call(SYS_rt_tgsigqueueinfo, getpid(), host_gettid(), host_sig_from_linux(sig), (long)info, 0, 0);
#endif
	}
	if (SIGBIT(sig) & SIG_FAULTS & sigmask_of(t))
		return;
	t->interrupt = 1;
	host_sig_mask_after(uc, ~(u64)0);
	host_sig_cancel(uc);
	cpu_attention(t->cpu);
}

// SIGSEGV and SIGBUS that are no guest access: sent by somebody, or a bug of ours.
static void
on_host_fault(int host_sig, siginfo_t *info, void *uc)
{
	int sig = host_sig_to_linux(host_sig);
	struct thread *t = t_self;
	if (info->si_code > 0 || !t) {
		host_sigaction(sig, HOST_SIG_DFL, 0);
		return;
	}
	u64 handler = t->p->sig->act[sig].handler;
	if (handler == L_SIG_IGN)
		return;
	if (handler == L_SIG_DFL && !(sigmask_of(t) & SIGBIT(sig)))
		host_die(sig);
	on_host_signal(sig, info, uc);
}

void
linux_signals_init(struct process *p)
{
	p->sig = (struct sigstate *)calloc(1, sizeof *p->sig);
	if (!p->sig)
		abort();
	pthread_mutex_init(&p->sig->lock, 0);
	host_on_signal = on_host_signal;
	unsigned ignored = host_install_fault_handlers(on_host_fault);
	for (int sig = 1; sig < 32; sig++) {
		if (!(SIGBIT(sig) & SIG_FAULTS))
			continue;
		p->sig->act[sig].known = 1;
		p->sig->act[sig].handler = ignored >> host_sig_from_linux(sig) & 1 ? L_SIG_IGN : L_SIG_DFL;
	}
}

// Caller holds s->lock.
static struct sigact *
sigact_get(struct sigstate *s, int sig)
{
	struct sigact *a = &s->act[sig];
	if (!a->known) {
		a->known = 1;
		a->handler = host_sigdisp(sig) == HOST_SIG_IGN ? L_SIG_IGN : L_SIG_DFL;
	}
	return a;
}

// Tells the host what *a is. Caller holds the lock.
static void
sigact_to_host(int sig, const struct sigact *a)
{
	if (SIGBIT(sig) & SIG_FAULTS)
		return;
	host_sigaction(sig, a->handler == L_SIG_DFL ? HOST_SIG_DFL : a->handler == L_SIG_IGN ? HOST_SIG_IGN : HOST_SIG_CATCH,
		(int)(a->flags & (L_SA_NOCLDSTOP | L_SA_NOCLDWAIT)));
}

void
sigstate_copy(struct sigstate *to, struct sigstate *from)
{
	pthread_mutex_lock(&from->lock);
	memcpy(to->act, from->act, sizeof to->act);
	pthread_mutex_unlock(&from->lock);
	pthread_mutex_init(&to->lock, 0);
}

void
sigstate_clear(struct sigstate *s)
{
	pthread_mutex_lock(&s->lock);
	for (int sig = 1; sig <= L_NSIG; sig++) {
		struct sigact *a = &s->act[sig];
		if (a->known && a->handler > L_SIG_IGN) {
			memset(a, 0, sizeof *a);
			a->known = 1;
			sigact_to_host(sig, a);
		}
	}
	pthread_mutex_unlock(&s->lock);
}

// --- masks --------------------------------------------------------------------

#ifndef TINY
u64
sigmask_learn(struct thread *t)
{
	t->sigmask = host_sigmask_get();
	t->sigmask_known = 1;
	return t->sigmask;
}
#endif

i64
sigmask_set(struct thread *t, u64 mask)
{
	u64 old = sigmask_of(t);
	mask &= ~SIG_UNBLOCKABLE;
	if (mask == old && !t->interrupt)
		return 0;
	t->sigmask = mask;
	host_sigmask(mask);
	u64 caught = sigpend_get(t);
	if (caught & mask & ~old) {
		// It came before the mask changed and must be seen so.
		host_sigmask(~(u64)0);
		t->sigmask = old;
		t->interrupt = 1;
		return -L_ERESTARTNOINTR;
	}
	if (caught & ~mask)
		t->interrupt = 1;
	return 0;
}

void
sigmask_swap(struct thread *t, u64 mask)
{
	t->saved_sigmask = sigmask_of(t);
	t->restore_sigmask = 1;
	t->sigmask = mask & ~SIG_UNBLOCKABLE;
	if (sigpend_get(t) & ~sigmask_of(t))
		t->interrupt = 1;
}

void
sigmask_restore(struct thread *t)
{
	t->restore_sigmask = 0;
	t->sigmask = t->saved_sigmask;
}

i64
sigmask_in(struct thread *t, u64 gva, u64 size, u64 *mask)
{
	u8 b[8];
	if (size != 8)
		return -L_EINVAL;
	if (copy_in(t, b, gva, 8))
		return -L_EFAULT;
	*mask = ld64(b) & ~SIG_UNBLOCKABLE;
	return 0;
}

// --- delivery ---------------------------------------------------------------------

static NORETURN void
die(struct thread *t, int sig)
{
	if (g_options.strace)
		strace_killed(t, sig);
	if (linux_at_exit && !t->vforked)
		linux_at_exit(t->p);
	host_die(sig);
}

static void
default_action(struct thread *t, int sig)
{
	switch (sig) {
	case L_SIGCHLD: case L_SIGCONT: case L_SIGURG: case L_SIGWINCH:
		return;
	case L_SIGSTOP: case L_SIGTSTP: case L_SIGTTIN: case L_SIGTTOU:
		// The host's disposition is SIG_DFL already: it stops here.
		host_sigaction(sig, HOST_SIG_DFL, 0);
		host_tgkill(getpid(), host_gettid(), sig);
		host_sigmask(~SIGBIT(sig));
		host_sigmask(~(u64)0);
		return;
	default:
		die(t, sig);
	}
}

// Enters the handler of act. Failure of the stack becomes SIGSEGV.
static void
enter_handler(struct thread *t, int sig, const struct sigact *act, const struct l_siginfo *info)
{
	if (sigframe_push(t, sig, act, info)) {
		if (sig == L_SIGSEGV)
			die(t, sig);
		signal_force_segv(t);
		return;
	}
	t->restore_sigmask = 0;
	t->sigmask |= act->mask;
	if (!(act->flags & L_SA_NODEFER))
		t->sigmask |= SIGBIT(sig);
	t->sigmask &= ~SIG_UNBLOCKABLE;
}

// Takes the disposition of sig, as one delivery uses it.
static struct sigact
take_action(struct thread *t, int sig)
{
	struct sigstate *s = t->p->sig;
	pthread_mutex_lock(&s->lock);
	struct sigact *a = sigact_get(s, sig), was = *a;
	if (was.handler > L_SIG_IGN && was.flags & L_SA_RESETHAND) {
		a->handler = L_SIG_DFL;
		sigact_to_host(sig, a);
	}
	pthread_mutex_unlock(&s->lock);
	return was;
}

void
signal_force(struct thread *t, int sig, const struct l_siginfo *info)
{
	struct sigact act = take_action(t, sig);
	if (g_options.strace)
		strace_signal(t, info);
	if (act.handler <= L_SIG_IGN || sigmask_of(t) & SIGBIT(sig))
		die(t, sig);
	enter_handler(t, sig, &act, info);
	t->interrupt = 1;  // so that the host learns the new mask
}

void
signal_force_segv(struct thread *t)
{
	struct l_siginfo info;
	memset(&info, 0, sizeof info);
	L_PUT(info.signo, L_SIGSEGV);
	L_PUT(info.code, L_SI_KERNEL);
	signal_force(t, L_SIGSEGV, &info);
}

// The kernel's order: faults first, then by number.
static int
next_signal(u64 due)
{
	u64 first = due & (SIG_FAULTS | SIGBIT(L_SIGILL) | SIGBIT(L_SIGTRAP) | SIGBIT(L_SIGFPE) | SIGBIT(L_SIGSYS));
	return __builtin_ctzll(first ? first : due) + 1;
}

// What an interrupted call returns when a handler with these flags runs. Or
// flags < 0: no handler runs.
static void
settle_restart(struct thread *t, i64 flags)
{
	struct cpu *c = t->cpu;
	int code = (int)-(i64)c->r[GPR_AX];
	if (flags >= 0 && (code == L_ERESTARTNOHAND || code == L_ERESTART_RESTARTBLOCK || (code == L_ERESTARTSYS && !(flags & L_SA_RESTART)))) {
		c->r[GPR_AX] = (u64)-(i64)L_EINTR;
	} else {
		t->resumed = 1;
		c->r[GPR_AX] = t->orig_rax;
		c->pc -= 2;
	}
	t->in_syscall = -1;
}

static int
must_restart(const struct thread *t)
{
	i64 rax = (i64)t->cpu->r[GPR_AX];
	return t->in_syscall >= 0 && rax <= -L_ERESTARTSYS && rax >= -L_ERESTART_RESTARTBLOCK && rax != -515;
}

void
linux_deliver_signals(struct thread *t)
{
	int sync = t->interrupt;
	if (LIKELY(!sync && !t->restore_sigmask && !must_restart(t))) {
		t->in_syscall = -1;
		return;
	}
	for (;;) {
		struct l_siginfo info;
		t->interrupt = 0;
		COMPILER_FENCE();
		u64 due = sigpend_get(t) & ~sigmask_of(t);
		if (!due && !sync)
			break;
		if (due) {
			int sig = next_signal(due);
			siginfo_from_host(&info, &t->pending_info[sig]);
			sigpend_clear(t, sig);
			struct sigact act = take_action(t, sig);
			if (g_options.strace && act.handler != L_SIG_IGN)
				strace_signal(t, &info);
			if (act.handler == L_SIG_DFL) {
				default_action(t, sig);
			} else if (act.handler != L_SIG_IGN) {
				if (must_restart(t))
					settle_restart(t, (i64)act.flags);
				t->in_syscall = -1;
				enter_handler(t, sig, &act, &info);
			}
			sync = 1;
			continue;
		}
		// Nothing more is due: the host may bring the next one.
		sync = 0;
		if (must_restart(t))
			settle_restart(t, -1);
		if (t->restore_sigmask)
			sigmask_restore(t);
		host_sigmask(sigmask_of(t));
	}
	if (must_restart(t))
		settle_restart(t, -1);
	if (t->restore_sigmask)
		sigmask_restore(t);
	t->in_syscall = -1;
}

int
linux_signal_before_call(struct thread *t)
{
	if (LIKELY(!t->interrupt) || !(sigpend_get(t) & ~sigmask_of(t)))
		return 0;
	t->cpu->pc -= 2;
	t->in_syscall = -1;
	return 1;
}

// --- blocking ---------------------------------------------------------------------

int
block_begin(struct thread *t)
{
	return t->interrupt;
}

void
block_end(struct thread *t)
{
}

i64
l_block(struct thread *t, long nr, long a, long b, long c, long d, long e, long f)
{
	// Outside cpu_run the cpu is parked: nobody waits for us.
	i64 r = host_blocking(&t->interrupt, nr, a, b, c, d, e, f);
	if (LIKELY(r >= 0 || r < -4095))
		return r;
	// Without a caught signal EINTR is the host kernel's last word.
	if (r == -EINTR && t->interrupt)
		return -L_ERESTARTSYS;
	return l_err((int)-r);
}

// --- system calls -------------------------------------------------------------------

enum {
	SA_KNOWN = L_SA_NOCLDSTOP | L_SA_NOCLDWAIT | L_SA_SIGINFO | L_SA_EXPOSE_TAGBITS | L_SA_RESTORER | L_SA_ONSTACK |
		L_SA_RESTART | L_SA_NODEFER
};

i64
sys_rt_sigaction(struct thread *t, const u64 *a)
{
	int sig = (int)a[0];
	struct l_sigaction l;
	struct sigact act;
	if (a[3] != 8)
		return -L_EINVAL;
	if (a[1] && copy_in(t, &l, a[1], sizeof l))
		return -L_EFAULT;
	if (sig < 1 || sig > L_NSIG || (a[1] && (sig == L_SIGKILL || sig == L_SIGSTOP)))
		return -L_EINVAL;
	if (a[1]) {
		act.handler = L_GET(l.handler);
		act.flags = L_GET(l.flags) & ((u64)SA_KNOWN | L_SA_RESETHAND);
		if (t->ia32)
			act.flags |= SA_IA32;
		act.restorer = L_GET(l.restorer);
		act.mask = L_GET(l.mask) & ~SIG_UNBLOCKABLE;
		act.known = 1;
	}
	struct sigstate *s = t->p->sig;
	(void)sigmask_of(t);  // before a handler can run
	pthread_mutex_lock(&s->lock);
	struct sigact *p = sigact_get(s, sig), old = *p;
	if (a[1]) {
		*p = act;
		if (act.handler != old.handler || ((act.flags ^ old.flags) & (L_SA_NOCLDSTOP | L_SA_NOCLDWAIT)))
			if (act.handler <= L_SIG_IGN || old.handler <= L_SIG_IGN || sig == L_SIGCHLD)
				sigact_to_host(sig, p);
	}
	pthread_mutex_unlock(&s->lock);
	if (a[1] && act.handler == L_SIG_IGN && sigpend_get(t) & sigmask_of(t) & SIGBIT(sig))
		sigpend_clear(t, sig);
	if (a[2]) {
		L_PUT(l.handler, old.handler);
		L_PUT(l.flags, old.flags & ~(u64)SA_IA32);
		L_PUT(l.restorer, old.restorer);
		L_PUT(l.mask, old.mask);
		return copy_out(t, a[2], &l, sizeof l);
	}
	return 0;
}

i64
sys_rt_sigprocmask(struct thread *t, const u64 *a)
{
	u64 old = sigmask_of(t), set = 0;
	u8 b[8];
	if (a[3] != 8)
		return -L_EINVAL;
	if (a[1]) {
		if (copy_in(t, b, a[1], 8))
			return -L_EFAULT;
		set = ld64(b);
		switch ((int)a[0]) {
		case L_SIG_BLOCK: set |= old; break;
		case L_SIG_UNBLOCK: set = old & ~set; break;
		case L_SIG_SETMASK: break;
		default: return -L_EINVAL;
		}
		i64 r = sigmask_set(t, set);
		if (r)
			return r;
	}
	if (a[2]) {
		st64(b, old);
		return copy_out(t, a[2], b, 8);
	}
	return 0;
}

i64
sys_rt_sigpending(struct thread *t, const u64 *a)
{
	u8 b[8];
	if (a[1] > 8)
		return -L_EINVAL;
	st64(b, (host_sigpending() | sigpend_get(t)) & sigmask_of(t));
	return copy_out(t, a[0], b, a[1]);
}

i64
sys_rt_sigsuspend(struct thread *t, const u64 *a)
{
	u64 mask;
	i64 r = sigmask_in(t, a[0], a[1], &mask);
	if (r)
		return r;
	sigmask_swap(t, mask);
#if HOST_LINUX
	struct host_sigset k;
	host_sigset(&k, mask, 1);
	r = l_block(t, SYS_rt_sigsuspend, (long)&k, HOST_SIGSET_SIZE, 0, 0, 0, 0);
#else
	sigset_t s;
	sigfillset(&s);
	for (int i = 1; i < 32; i++)
		if (!(sigmask_of(t) >> (i - 1) & 1) && host_sig_from_linux(i))
			sigdelset(&s, host_sig_from_linux(i));
	if (!block_begin(t))
		sigsuspend(&s);
	block_end(t);
#endif
	return -L_ERESTARTNOHAND;
}

i64
sys_pause(struct thread *t, const u64 *a)
{
#if HOST_LINUX
	l_block(t, HOST_NR_ppoll, 0, 0, 0, 0, 0, 0);
#else
	if (!block_begin(t))
		pause();
	block_end(t);
#endif
	return -L_ERESTARTNOHAND;
}

i64
sys_rt_sigtimedwait(struct thread *t, const u64 *a)
{
	u64 set;
	struct host_ts ts;
	struct l_siginfo info;
	i64 r = sigmask_in(t, a[0], a[3], &set);
	if (r)
		return r;
	if (a[2] && (r = timespec_in(t, a[2], &ts)))
		return r;
	// A caught SIGSEGV or SIGBUS that the guest blocks is known here only.
	u64 held = sigpend_get(t) & set & sigmask_of(t);
	if (held) {
		int sig = next_signal(held);
		siginfo_from_host(&info, &t->pending_info[sig]);
		sigpend_clear(t, sig);
		r = sig;
	} else {
#if HOST_LINUX
		struct host_sigset k;
		siginfo_t hi;
		host_sigset(&k, set, 0);
		r = l_block(t, HOST_NR_rt_sigtimedwait, (long)&k, (long)&hi, a[2] ? (long)&ts : 0, HOST_SIGSET_SIZE, 0, 0);
		if (r == -L_ERESTARTSYS)
			return -L_EINTR;
		if (r < 0)
			return r;
		siginfo_from_host(&info, &hi);
		r = host_sig_to_linux((int)r);
#else
		return -L_ENOSYS;
#endif
	}
	if (a[1] && copy_out(t, a[1], &info, sizeof info))
		return -L_EFAULT;
	return r;
}

// The kernel forgets how to resume a call once a handler has run.
i64
sys_restart_syscall(struct thread *t, const u64 *a)
{
	return -L_EINTR;
}

// --- execve -----------------------------------------------------------------------

i64
linux_execve(struct thread *t, const char *path, char **argv, char **envp)
{
	struct sigstate *s = t->p->sig;
	int ignored = 0;
	for (int sig = 1; sig < 32; sig++)
		if (SIGBIT(sig) & SIG_FAULTS && s->act[sig].handler == L_SIG_IGN)
			ignored = 1, host_sigaction(sig, HOST_SIG_IGN, 0);
#if HOST_LINUX
	i64 r = L_BLOCK3(t, execve, path, argv, envp);
	if (r == -L_ERESTARTSYS)
		r = -L_ERESTARTNOINTR;
#else
	i64 r = l_ret(execve(path, argv, envp));
#endif
	if (ignored)
		host_install_fault_handlers(on_host_fault);
	return r;
}
