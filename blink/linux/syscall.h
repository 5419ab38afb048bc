// syscall.h: the system call table as data, for dispatch and the -s log.
#ifndef LINUX_SYSCALL_H_
#define LINUX_SYSCALL_H_
#include "linux/linux.h"

typedef i64 sys_fn(struct thread *t, const u64 *a);
extern FN_SLOT(sys_fn, sys_fns)[];  // by row; 0 if not done

// What an argument is. A buffer's or vector's length is the argument behind it.
enum arg_kind {
	A_NONE, A_INT, A_UINT, A_HEX, A_PTR, A_SIZE, A_OFF, A_FD, A_DIRFD, A_PID, A_PATH, A_STR,
	A_INBUF, A_INIOVEC, A_STRV, A_ENVP, A_MODE, A_SIGSET, A_SIGACT, A_TIMESPEC, A_TIMEVAL, A_RLIM,
	A_SOCKADDR, A_ALTSTACK, A_POLLFDS,
	// Names of flags or numbers; see strace_args.c
	A_OFLAGS, A_ACCMODE, A_WHENCE, A_MPROT, A_MFLAGS, A_MREMAP, A_MSYNC, A_MADV, A_SIGNAL, A_SIGHOW,
	A_IOCTL, A_FAMILY, A_SOCKTYPE, A_CLONEFLAGS, A_WAIT, A_FCNTL, A_ATFLAGS, A_ATUNLINK, A_ARCHPRCTL,
	A_PRCTL, A_CLOCK, A_FUTEX, A_EPOLLOP, A_RLIMIT, A_FDFLAGS, A_GRND,
	// Whole calls of a kind of their own
	A_FCNTLARG, A_CLONE, A_SIGFRAME,
	// Written by the call: shown when it has returned
	A_FIRST_OUT, A_OUTBUF = A_FIRST_OUT, A_OUTSTR, A_IOVEC, A_FDS2, A_STAT, A_STATX, A_UTSNAME,
	A_OUTTIMESPEC, A_OUTTIMEVAL, A_OUTRLIM, A_OUTSIGACT, A_OUTSIGSET, A_OUTALTSTACK, A_WSTATUS
};
enum sys_status { SYS_done, SYS_undone, SYS_enosys };
enum sys_result { RES_dec, RES_hex, RES_oct, RES_none };

#ifdef TINY
struct sysrow { u8 status : 2, result : 2, nargs : 4; };
#else
struct sysrow { u8 status, result, kinds[6]; };
#endif

// The row of a system call number, or 0.
const struct sysrow *sys_row(u64 number);
// Its name; "?" if it has no row. Tiny builds know the names of undone ones only.
const char *sys_name(u64 number);

// The -s log: strace.c, or in tiny builds strace_tiny.c. One struct per call in
// flight, on the caller's stack.
struct strace {
	int n, next;     // bytes in buf; the first argument not yet printed
	int unfinished;  // the entry was logged already
#ifdef TINY
	char buf[256];
#else
	char buf[1800];
#endif
};
void strace_enter(struct strace *, struct thread *, const struct sysrow *, const u64 *a);
void strace_leave(struct strace *, struct thread *, const struct sysrow *, const u64 *a, i64 result);
// A system call that will not come back although it succeeded (execve).
void strace_succeeds(struct thread *t);
// A signal that is about to be delivered; called if g_options.strace.
void strace_signal(struct thread *t, const struct l_siginfo *info);
// The signal ends the process.
void strace_killed(struct thread *t, int sig);

#endif
