// sig.h: signals, masks, threads and interruptible calls of the host system.
//
// Signal numbers and masks are x86-64 Linux's on every host (bit n-1 is
// signal n); this file's functions translate where the host differs. On Linux
// everything here is a raw system call, because libc refuses signals 32 and
// 33, which the guest's libc owns. Results are 0 or more, or negative host
// errno values. All may be called from signal handlers.
#ifndef HOST_SIG_H_
#define HOST_SIG_H_
#include "host/host.h"

#if defined(__linux__) && !defined(HOST_POSIX)
#define HOST_LINUX 1
#include <sys/syscall.h>
#else
#define HOST_LINUX 0
#endif

enum host_disp { HOST_SIG_DFL, HOST_SIG_IGN, HOST_SIG_CATCH };
enum { HOST_SA_NOCLDSTOP = 1, HOST_SA_NOCLDWAIT = 2 };
// Called for every signal whose disposition is HOST_SIG_CATCH, on the
// thread's alternate stack with all signals blocked. Set before the first one.
typedef void host_sig_catch(int sig, siginfo_t *info, void *ucontext);
extern host_sig_catch *host_on_signal;

int host_sigaction(int sig, enum host_disp disp, int flags);
enum host_disp host_sigdisp(int sig);
// Replaces the calling thread's mask; returns the former one. SIGSEGV and
// SIGBUS are never blocked: blink's own faults come by them.
u64 host_sigmask(u64 set);
u64 host_sigmask_get(void);
u64 host_sigpending(void);
// For handlers: the mask that is in force when the handler returns.
void host_sig_mask_after(void *ucontext, u64 set);
// For handlers: if the thread is in host_blocking but not yet in the kernel,
// makes that return -EINTR.
void host_sig_cancel(void *ucontext);
#if HOST_LINUX && !defined(__mips__) && !defined(__alpha__) && !defined(__sparc__) && !defined(__hppa__)
#define HOST_SIG_SAME 1
#else
#define HOST_SIG_SAME 0
#endif
int host_sig_to_linux(int host_sig);
int host_sig_from_linux(int sig);

// Issues a system call that may block, unless *cancel is or becomes nonzero
// before the kernel has it: then -EINTR. A handler that sets *cancel must call
// host_sig_cancel. nr is the host's number; the result is the kernel's.
i64 host_blocking(volatile int *cancel, long nr, long a, long b, long c, long d, long e, long f);
// The same without the check.
i64 host_call(long nr, long a, long b, long c, long d, long e, long f);

#if HOST_LINUX
#define HOST_NR(name) SYS_##name
#else
// Calls that only Linux has fail with ENOSYS elsewhere.
#define HOST_NR(name) (-1)
#endif
#define HOST_CALL1(n, a) host_call(HOST_NR(n), (long)(a), 0, 0, 0, 0, 0)
#define HOST_CALL2(n, a, b) host_call(HOST_NR(n), (long)(a), (long)(b), 0, 0, 0, 0)
#define HOST_CALL3(n, a, b, c) host_call(HOST_NR(n), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define HOST_CALL4(n, a, b, c, d) host_call(HOST_NR(n), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define HOST_CALL5(n, a, b, c, d, e) host_call(HOST_NR(n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
// Kernel time as 64-bit seconds and nanoseconds on every Linux host: these
// names give the call that takes struct host_ts.
struct host_ts { i64 sec, nsec; };
#if HOST_LINUX && !HOST_64BIT && defined(SYS_futex_time64)
#define HOST_NR_futex SYS_futex_time64
#define HOST_NR_ppoll SYS_ppoll_time64
#define HOST_NR_pselect6 SYS_pselect6_time64
#define HOST_NR_rt_sigtimedwait SYS_rt_sigtimedwait_time64
#define HOST_NR_timer_settime SYS_timer_settime64
#define HOST_NR_timer_gettime SYS_timer_gettime64
#define HOST_NR_timerfd_settime SYS_timerfd_settime64
#define HOST_NR_timerfd_gettime SYS_timerfd_gettime64
#define HOST_NR_clock_nanosleep SYS_clock_nanosleep_time64
#else
#define HOST_NR_futex HOST_NR(futex)
#define HOST_NR_ppoll HOST_NR(ppoll)
#define HOST_NR_pselect6 HOST_NR(pselect6)
#define HOST_NR_rt_sigtimedwait HOST_NR(rt_sigtimedwait)
#define HOST_NR_timer_settime HOST_NR(timer_settime)
#define HOST_NR_timer_gettime HOST_NR(timer_gettime)
#define HOST_NR_timerfd_settime HOST_NR(timerfd_settime)
#define HOST_NR_timerfd_gettime HOST_NR(timerfd_gettime)
#define HOST_NR_clock_nanosleep HOST_NR(clock_nanosleep)
#endif
// A mask as this kernel's system calls want it.
#if defined(__mips__)
enum { HOST_SIGSET_SIZE = 16 };
#else
enum { HOST_SIGSET_SIZE = 8 };
#endif
struct host_sigset { unsigned long w[HOST_SIGSET_SIZE / sizeof(long)]; };
// Keeps SIGSEGV and SIGBUS out if `blocking`.
void host_sigset(struct host_sigset *, u64 set, int blocking);

i32 host_gettid(void);
// Sends a signal to one thread of a process. 0 or -errno.
int host_tgkill(i32 pid, i32 tid, int sig);
// Ends the calling thread only, or the process, without libc's clean-up.
void host_exit_thread(int status) NORETURN;
void host_exit_group(int status) NORETURN;
// Dies by sig as a process with default disposition would; falls back to
// exit status 128 + sig.
void host_die(int sig) NORETURN;
// A new process that shares `flags` (CLONE_* of Linux without VM) with this
// one and signals its end by exit_sig. Like fork: 0 in the child.
i64 host_fork(u64 flags, int exit_sig);
// A new process that shares this one's memory, running fn(arg) on its own
// stack; the calling thread waits until it execs or exits. Its pid or -errno.
i64 host_vfork(int (*fn)(void *), void *arg, u64 flags, int exit_sig);
// The same, but the caller goes on: the new process has thread-local storage of
// its own. done(arg) is called, in a thread of this process, when it has ended
// or given up this memory.
i64 host_clone_vm(int (*fn)(void *), void (*done)(void *), void *arg, u64 flags, int exit_sig);

#endif
