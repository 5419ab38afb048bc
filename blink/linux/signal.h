// signal.h: what the files of linux/ that deal in signals share.
#ifndef LINUX_SIGNAL_H_
#define LINUX_SIGNAL_H_
#include "host/sig.h"
#include "linux/linux.h"

struct sigact {
	u64 handler, flags, restorer, mask;
	int known;  // 0: still what the process inherited; ask the host
};

struct sigstate {
	pthread_mutex_t lock;  // last in the order of locks; guards act
	struct sigact act[L_NSIG + 1];
};

#define SIGBIT(sig) ((u64)1 << ((sig) - 1))
// Nobody can block these.
#define SIG_UNBLOCKABLE (SIGBIT(L_SIGKILL) | SIGBIT(L_SIGSTOP))
// blink keeps its own host handlers for these.
#ifdef RUN_NATIVE
#define SIG_FAULTS (SIGBIT(L_SIGSEGV) | SIGBIT(L_SIGBUS) | SIGBIT(L_SIGFPE))
#else
#define SIG_FAULTS (SIGBIT(L_SIGSEGV) | SIGBIT(L_SIGBUS))
#endif

// Signals caught by the host handler, deliverable or not.
static inline u64
sigpend_get(const struct thread *t)
{
	return __atomic_load_n(&t->sigpend[0], __ATOMIC_RELAXED) | (u64)__atomic_load_n(&t->sigpend[1], __ATOMIC_RELAXED) << 32;
}

// Sets the guest's mask and the host's with it. Returns 0, or
// -L_ERESTARTNOINTR when a signal came that must be delivered under the old
// mask first (nothing is changed then).
i64 sigmask_set(struct thread *t, u64 mask);
// Installs `mask` until the call's end: at once undone by sigmask_restore, or by
// signal delivery when the call returns a restart code.
void sigmask_swap(struct thread *t, u64 mask);
void sigmask_restore(struct thread *t);
// A mask argument of a system call: 0, -L_EINVAL (size), -L_EFAULT.
i64 sigmask_in(struct thread *t, u64 gva, u64 size, u64 *mask);

// A signal that cannot be refused: blocked or ignored means death.
void signal_force(struct thread *t, int sig, const struct l_siginfo *info);
// SIGSEGV with SI_KERNEL, as for a bad signal frame.
void signal_force_segv(struct thread *t);
// Writes the frame and points t's registers at the handler. 0 or -1 (stack unusable).
int sigframe_push(struct thread *t, int sig, const struct sigact *act, const struct l_siginfo *info);
// What 32-bit frames share with them. The state of x87 and vectors: its size
// as stored; edit changes its FXSAVE part by what b holds.
typedef void sigframe_edit(u8 *fxsave, const u8 *b);
size_t sigframe_state_store(struct cpu *c, u8 *image, u32 xcr0);
int sigframe_state_load(struct thread *t, u64 from, u32 xcr0, const u8 *b, sigframe_edit *edit);
void sigframe_fpu_reset(struct cpu *c);
void sigframe_handler_state(struct cpu *c);  // flags, x87 and vectors
int sigframe_on_altstack(const struct thread *t, u64 sp);
// The ends of sigreturn: their result is its. lenient: a bad SS is made good.
i64 sigframe_return(struct thread *t, u32 cs, u32 ss, int lenient);
i64 sigframe_bad(struct thread *t);
// A handler that a 32-bit call installed: ia32_signal.c.
#ifdef TINY
enum { SA_IA32 = 0 };
#define sigframe32_push(t, sig, act, info) (-1)
#else
enum { SA_IA32 = 0x2000000 };
int sigframe32_push(struct thread *t, int sig, const struct sigact *act, const struct l_siginfo *info);
#endif
i64 sys_rt_sigaction(struct thread *t, const u64 *a);
i64 sys_rt_sigprocmask(struct thread *t, const u64 *a);
i64 sys_rt_sigpending(struct thread *t, const u64 *a);
i64 sys_rt_sigsuspend(struct thread *t, const u64 *a);
// The state that exec gives an alternate stack.
void altstack_reset(struct thread *t);
i64 altstack_set(struct thread *t, const struct l_stack *ss, u64 sp, u64 min);

void siginfo_from_host(struct l_siginfo *out, const siginfo_t *in);
void siginfo_to_host(siginfo_t *out, const struct l_siginfo *in);
// Copies dispositions for a process that does not share them.
void sigstate_copy(struct sigstate *to, struct sigstate *from);
// CLONE_CLEAR_SIGHAND: handlers become SIG_DFL.
void sigstate_clear(struct sigstate *s);

// 0 or -L_EINVAL for a time that no call accepts.
i64 timespec_in(struct thread *t, u64 gva, struct host_ts *ts);
i64 timespec_out(struct thread *t, u64 gva, const struct host_ts *ts);
i64 rusage_out(struct thread *t, u64 gva, const long *host);
enum { HOST_RUSAGE_LONGS = 18 };
// Its microseconds are halves of longs on one host, with the other half behind.
#if defined(__sparc__) && defined(__arch64__)
#define RUSAGE_WORD(p, i) ((i) == 1 || (i) == 3 ? (p)[i] >> 32 : (p)[i])
#else
#define RUSAGE_WORD(p, i) ((p)[i])
#endif
// A wait status of the host as the guest's.
u32 wait_status(u32 host);

#endif
