// sig.c: the host's signals: numbers, dispositions, masks. Raw on Linux, POSIX
// elsewhere.
#include "host/sig.h"
#include <errno.h>
#include <pthread.h>
#include <ucontext.h>
#include <unistd.h>

host_sig_catch *host_on_signal;

#ifdef __SANITIZE_THREAD__
// Guests may well start threads in a forked child.
extern const char *__tsan_default_options(void);
const char *
__tsan_default_options(void)
{
	return "die_after_fork=0";
}
#endif

// Linux gives signals 1 to 31 the same numbers on most architectures; on the
// others, and on other systems, names decide.
#if HOST_SIG_SAME
int
host_sig_from_linux(int sig)
{
	return sig;
}

int
host_sig_to_linux(int sig)
{
	return sig;
}
#else
#ifndef SIGSTKFLT
#define SIGSTKFLT 0
#endif
#ifndef SIGPWR
#define SIGPWR 0
#endif
#ifndef SIGIO
#define SIGIO 0
#endif
static const u8 sig_numbers[32] = {
	0, SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV,
	SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGSTKFLT, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN,
	SIGTTOU, SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPWR, SIGSYS
};

int
host_sig_from_linux(int sig)
{
	if (sig < 32)
		return sig_numbers[sig];
#if HOST_LINUX
	return sig;
#else
	return 0;
#endif
}

int
host_sig_to_linux(int sig)
{
	for (int i = 1; i < 32; i++)
		if (sig_numbers[i] == sig)
			return i;
	return HOST_LINUX ? sig : 0;
}
#endif

#ifdef RUN_NATIVE
#define FAULTS ((u64)1 << 10 | (u64)1 << 6 | (u64)1 << 7)  // SIGSEGV 11, SIGBUS 7, SIGFPE 8
#else
#define FAULTS ((u64)1 << 10 | (u64)1 << 6)
#endif

static void
on_signal(int sig, siginfo_t *info, void *uc)
{
	int e = errno;
	int l = host_sig_to_linux(sig);
	if (l && host_on_signal)
		host_on_signal(l, info, uc);
	errno = e;
}

#if HOST_LINUX

enum { BITS_PER_LONG = 8 * (int)sizeof(long) };

void
host_sigset(struct host_sigset *k, u64 set, int blocking)
{
	if (blocking)
		set &= ~FAULTS;
	memset(k, 0, sizeof *k);
	for (int i = 1; i <= 64; i++) {
		int h = set >> (i - 1) & 1 ? host_sig_from_linux(i) : 0;
		if (h)
			k->w[(h - 1) / BITS_PER_LONG] |= 1ul << (h - 1) % BITS_PER_LONG;
	}
}

static u64
from_sigset(const struct host_sigset *k)
{
	u64 set = 0;
	for (int i = 1; i <= 64; i++) {
		int h = host_sig_from_linux(i);
		if (h && k->w[(h - 1) / BITS_PER_LONG] >> (h - 1) % BITS_PER_LONG & 1)
			set |= (u64)1 << (i - 1);
	}
	return set;
}

// The kernel's struct sigaction.
#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
#if defined(__riscv) || defined(__loongarch__) || defined(__alpha__)
#define HAVE_RESTORER 0
#else
#define HAVE_RESTORER 1
#endif
struct ksigaction {
#if defined(__mips__)
	unsigned flags;
	void *handler;
	struct host_sigset mask;
#else
	void *handler;
	unsigned long flags;
#if HAVE_RESTORER
	void (*restorer)(void);
#endif
	struct host_sigset mask;
#endif
};

#if defined(__x86_64__)
#define OWN_RESTORER SA_RESTORER
__asm__(".text\n.globl host_sigreturn\n.hidden host_sigreturn\n.type host_sigreturn,@function\n"
	"nop\nhost_sigreturn:\tmov $15,%eax\n\tsyscall\n");
extern void host_sigreturn(void) __asm__("host_sigreturn");
#elif defined(__i386__)
#define OWN_RESTORER SA_RESTORER
__asm__(".text\n.globl host_sigreturn\n.hidden host_sigreturn\n.type host_sigreturn,@function\n"
	"nop\nhost_sigreturn:\tmov $173,%eax\n\tint $0x80\n");
extern void host_sigreturn(void) __asm__("host_sigreturn");
#else
#define OWN_RESTORER 0
#endif
// Two hosts take the way back from a handler as an argument.
#if defined(__sparc__) && defined(__arch64__)
__asm__(".text\n.globl host_sigreturn\n.hidden host_sigreturn\n.type host_sigreturn,@function\n"
	"host_sigreturn:\n\tnop\n\tnop\n\tmov 101,%g1\n\tta 0x6d\n\tnop\n");
extern void host_sigreturn(void) __asm__("host_sigreturn");
#define SIGACTION_SIZE (long)host_sigreturn, HOST_SIGSET_SIZE
#elif defined(__alpha__)
__asm__(".text\n.globl host_sigreturn\n.hidden host_sigreturn\n.type host_sigreturn,@function\n"
	"host_sigreturn:\n\tmov $30,$16\n\tlda $0,351($31)\n\tcallsys\n");
extern void host_sigreturn(void) __asm__("host_sigreturn");
#define SIGACTION_SIZE HOST_SIGSET_SIZE, (long)host_sigreturn
#else
#define SIGACTION_SIZE HOST_SIGSET_SIZE
#endif

int
host_sigaction(int sig, enum host_disp disp, int flags)
{
	struct ksigaction k;
	long r;
	memset(&k, 0, sizeof k);
	if (disp == HOST_SIG_CATCH) {
		k.handler = (void *)on_signal;
		k.flags = SA_SIGINFO | SA_ONSTACK;
	} else {
		k.handler = disp == HOST_SIG_IGN ? (void *)SIG_IGN : (void *)SIG_DFL;
	}
	if (flags & HOST_SA_NOCLDSTOP)
		k.flags |= SA_NOCLDSTOP;
	if (flags & HOST_SA_NOCLDWAIT)
		k.flags |= SA_NOCLDWAIT;
#if OWN_RESTORER
	k.flags |= OWN_RESTORER;
	k.restorer = host_sigreturn;
#endif
	host_sigset(&k.mask, ~(u64)0, 1);
	r = syscall(SYS_rt_sigaction, host_sig_from_linux(sig), &k, 0, SIGACTION_SIZE);
	return r < 0 ? -errno : 0;
}

enum host_disp
host_sigdisp(int sig)
{
	struct ksigaction k;
	memset(&k, 0, sizeof k);
	syscall(SYS_rt_sigaction, host_sig_from_linux(sig), 0, &k, SIGACTION_SIZE);
	return k.handler == (void *)SIG_DFL ? HOST_SIG_DFL : k.handler == (void *)SIG_IGN ? HOST_SIG_IGN : HOST_SIG_CATCH;
}

u64
host_sigmask(u64 set)
{
	struct host_sigset k, old;
	host_sigset(&k, set, 1);
	memset(&old, 0, sizeof old);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &k, &old, HOST_SIGSET_SIZE);
	return from_sigset(&old);
}

u64
host_sigmask_get(void)
{
	struct host_sigset old;
	memset(&old, 0, sizeof old);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, 0, &old, HOST_SIGSET_SIZE);
	return from_sigset(&old);
}

u64
host_sigpending(void)
{
	struct host_sigset k;
	memset(&k, 0, sizeof k);
	syscall(SYS_rt_sigpending, &k, HOST_SIGSET_SIZE);
	return from_sigset(&k);
}

// Handlers get the interrupted thread's registers and mask as third argument.
#if defined(__sparc__) && defined(__arch64__)
#define CONTEXT_MASK(context) (((struct sigcontext *)(context))->sigc_mask)
#else
#define CONTEXT_MASK(context) (((ucontext_t *)(context))->uc_sigmask)
#endif

void
host_sig_mask_after(void *context, u64 set)
{
	struct host_sigset k;
	host_sigset(&k, set, 1);
	memcpy(&CONTEXT_MASK(context), &k, sizeof k);
}

#else  // POSIX

static void
to_sigset(sigset_t *s, u64 set)
{
	sigemptyset(s);
	for (int i = 1; i < 32; i++)
		if (set >> (i - 1) & 1 && host_sig_from_linux(i))
			sigaddset(s, host_sig_from_linux(i));
}

static u64
from_sigset(const sigset_t *s)
{
	u64 set = 0;
	for (int i = 1; i < 32; i++)
		if (host_sig_from_linux(i) && sigismember(s, host_sig_from_linux(i)) == 1)
			set |= (u64)1 << (i - 1);
	return set;
}

void
host_sigset(struct host_sigset *k, u64 set, int blocking)
{
	memset(k, 0, sizeof *k);
}

int
host_sigaction(int sig, enum host_disp disp, int flags)
{
	struct sigaction a;
	memset(&a, 0, sizeof a);
	if (disp == HOST_SIG_CATCH) {
		a.sa_sigaction = on_signal;
		a.sa_flags = SA_SIGINFO | SA_ONSTACK;
	} else {
		a.sa_handler = disp == HOST_SIG_IGN ? SIG_IGN : SIG_DFL;
	}
	if (flags & HOST_SA_NOCLDSTOP)
		a.sa_flags |= SA_NOCLDSTOP;
	if (flags & HOST_SA_NOCLDWAIT)
		a.sa_flags |= SA_NOCLDWAIT;
	to_sigset(&a.sa_mask, ~FAULTS);
	sig = host_sig_from_linux(sig);
	return sig && sigaction(sig, &a, 0) < 0 ? -errno : 0;
}

enum host_disp
host_sigdisp(int sig)
{
	struct sigaction a;
	sig = host_sig_from_linux(sig);
	if (!sig || sigaction(sig, 0, &a) < 0)
		return HOST_SIG_DFL;
	return a.sa_handler == SIG_DFL ? HOST_SIG_DFL : a.sa_handler == SIG_IGN ? HOST_SIG_IGN : HOST_SIG_CATCH;
}

u64
host_sigmask(u64 set)
{
	sigset_t s, old;
	to_sigset(&s, set & ~FAULTS);
	pthread_sigmask(SIG_SETMASK, &s, &old);
	return from_sigset(&old);
}

u64
host_sigmask_get(void)
{
	sigset_t old;
	pthread_sigmask(SIG_BLOCK, 0, &old);
	return from_sigset(&old);
}

u64
host_sigpending(void)
{
	sigset_t s;
	sigpending(&s);
	return from_sigset(&s);
}

void
host_sig_mask_after(void *uc, u64 set)
{
	to_sigset(&((ucontext_t *)uc)->uc_sigmask, set & ~FAULTS);
}

#endif

void
host_die(int sig)
{
	host_sigaction(sig, HOST_SIG_DFL, 0);
	host_sigmask(~((u64)1 << (sig - 1)));
	host_tgkill(getpid(), host_gettid(), sig);
	host_exit_group(128 + sig);
}
