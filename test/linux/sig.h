// sig.h: signals, processes and threads for freestanding test programs.
#ifndef SIG_H_
#define SIG_H_
#include "t.h"

enum {
	SYS_read = 0, SYS_write = 1, SYS_close = 3, SYS_poll = 7, SYS_mmap = 9, SYS_mprotect = 10, SYS_munmap = 11,
	SYS_rt_sigaction = 13, SYS_rt_sigprocmask = 14, SYS_pipe = 22, SYS_select = 23, SYS_sched_yield = 24,
	SYS_pause = 34, SYS_nanosleep = 35, SYS_getitimer = 36, SYS_alarm = 37, SYS_setitimer = 38, SYS_getpid = 39,
	SYS_clone = 56, SYS_fork = 57, SYS_vfork = 58, SYS_execve = 59, SYS_exit = 60, SYS_wait4 = 61, SYS_kill = 62,
	SYS_ftruncate = 77, SYS_getppid = 110, SYS_getpgrp = 111, SYS_setsid = 112, SYS_getpgid = 121, SYS_getsid = 124,
	SYS_setpgid = 109, SYS_rt_sigpending = 127,
	SYS_rt_sigtimedwait = 128, SYS_rt_sigqueueinfo = 129, SYS_rt_sigsuspend = 130, SYS_sigaltstack = 131,
	SYS_gettid = 186, SYS_tkill = 200, SYS_futex = 202, SYS_epoll_create = 213, SYS_set_tid_address = 218,
	SYS_restart_syscall = 219, SYS_timer_create = 222, SYS_timer_settime = 223, SYS_timer_gettime = 224,
	SYS_timer_getoverrun = 225, SYS_timer_delete = 226, SYS_clock_gettime = 228, SYS_clock_nanosleep = 230,
	SYS_exit_group = 231, SYS_epoll_wait = 232, SYS_epoll_ctl = 233, SYS_tgkill = 234, SYS_waitid = 247,
	SYS_pselect6 = 270, SYS_ppoll = 271, SYS_set_robust_list = 273, SYS_get_robust_list = 274, SYS_epoll_pwait = 281,
	SYS_signalfd = 282, SYS_timerfd_create = 283, SYS_eventfd = 284, SYS_timerfd_settime = 286,
	SYS_timerfd_gettime = 287, SYS_signalfd4 = 289, SYS_eventfd2 = 290, SYS_epoll_create1 = 291, SYS_pipe2 = 293,
	SYS_rt_tgsigqueueinfo = 297, SYS_process_vm_readv = 310, SYS_process_vm_writev = 311, SYS_memfd_create = 319,
	SYS_membarrier = 324, SYS_pidfd_send_signal = 424, SYS_pidfd_open = 434, SYS_clone3 = 435, SYS_pidfd_getfd = 438,
	SYS_epoll_pwait2 = 441
};
enum {
	SIGHUP = 1, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,
	SIGPIPE, SIGALRM, SIGTERM, SIGCHLD = 17, SIGCONT, SIGSTOP, SIGTSTP, SIGURG = 23, SIGWINCH = 28
};
enum { SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4, SA_ONSTACK = 0x8000000, SA_RESTART = 0x10000000, SA_NODEFER = 0x40000000 };
#define SA_RESETHAND 0x80000000u
#define SA_RESTORER 0x4000000
#define BIT(sig) (1ul << ((sig) - 1))

struct timespec { i64 sec, nsec; };
struct itimer { i64 isec, iusec, sec, usec; };
struct siginfo { i32 signo, err, code, pad; union { u64 addr; struct { i32 pid, uid; i64 value; }; u8 bytes[112]; }; };
struct ksigaction { void (*handler)(int, struct siginfo *, void *); u64 flags; void (*restorer)(void); u64 mask; };
struct stack { u64 sp; i32 flags, pad; u64 size; };
// The general registers in ucontext's order, then what follows them
enum { R_R8, R_R9, R_R10, R_R11, R_R12, R_R13, R_R14, R_R15, R_DI, R_SI, R_BP, R_BX, R_DX, R_AX, R_CX, R_SP, R_IP, R_FL, R_SEGS, R_ERR, R_TRAPNO, R_OLDMASK, R_CR2 };
struct fpstate { u16 fcw, fsw; u8 ftw, pad; u16 fop; u64 fip, fdp; u32 mxcsr, mxcsr_mask; u8 st[8][16]; u32 xmm[16][4]; u32 res[24]; };
struct ucontext { u64 flags, link; struct stack stack; u64 r[23]; struct fpstate *fp; u64 res[8]; u64 mask; };

void t_restorer(void);
__asm__("t_restorer: mov $15, %eax\n syscall\n");

// ` name value`: a part of a line
static UNUSED void
field(const char *name, u64 x)
{
	put(" ");
	put(name);
	put(" ");
	put_hex(x);
}

// The wait status of a child
static UNUSED u32
reap(i64 pid)
{
	u32 status = 0x5555;
	i64 r = sys(SYS_wait4, pid, &status, 0L, 0L);
	if (r != pid)
		show("  wait4", r);
	return status;
}

static UNUSED i64
on_signal(int sig, void (*fn)(int, struct siginfo *, void *), u64 flags, u64 mask)
{
	struct ksigaction a;
	a.handler = fn;
	a.flags = flags | SA_RESTORER | SA_SIGINFO;
	a.restorer = t_restorer;
	a.mask = mask;
	return sys(SYS_rt_sigaction, (i64)sig, &a, 0L, 8L);
}

// fn for each fault, on a stack of its own, as the fault's may be of no use
static UNUSED void
on_faults(void (*fn)(int, struct siginfo *, void *))
{
	static const int sigs[] = { SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS };
	static u8 alt[32768];
	struct stack ss;
	memset(&ss, 0, sizeof ss);
	ss.sp = (u64)alt;
	ss.size = sizeof alt;
	sys(SYS_sigaltstack, &ss, 0L);
	for (int i = 0; i < 5; i++)
		on_signal(sigs[i], fn, SA_NODEFER | SA_ONSTACK, 0);
}

static UNUSED u64
set_mask(u64 mask)
{
	u64 old = 0;
	sys(SYS_rt_sigprocmask, 2L, &mask, &old, 8L);
	return old;
}

static UNUSED u64
get_mask(void)
{
	u64 old = 0;
	sys(SYS_rt_sigprocmask, 0L, 0L, &old, 8L);
	return old;
}

static UNUSED void
sleep_ms(i64 ms)
{
	struct timespec ts;
	ts.sec = ms / 1000;
	ts.nsec = ms % 1000 * 1000000;
	while (sys(SYS_nanosleep, &ts, &ts) == -4)
		;
}

// SIGALRM in ms, and again every 200 ms, lest a slow machine sleep for ever.
static UNUSED void
alarm_ms(i64 ms)
{
	struct itimer t;
	t.isec = 0;
	t.iusec = ms ? 200000 : 0;
	t.sec = ms / 1000;
	t.usec = ms % 1000 * 1000;
	sys(SYS_setitimer, 0L, &t, 0L);
}

static UNUSED i64
self_kill(int sig)
{
	return sys(SYS_kill, sys(SYS_getpid), (i64)sig);
}

// The status of a child that runs fn and then exits with 99.
static UNUSED u32
child_status(void (*fn)(void))
{
	u32 status = 0xdead;
	i64 pid = sys(SYS_fork);
	if (!pid) {
		fn();
		sys(SYS_exit_group, 99L);
	}
	sys(SYS_wait4, pid, &status, 0L, 0L);
	return status & ~0x80u;  // a core dump depends on the surroundings
}

// A thread of this process: fn(arg) on its own stack; *tid becomes 0 at its end.
struct t_thread { i32 tid; u8 stack[32768] __attribute__((aligned(16))); };
static UNUSED i64
t_clone(u64 flags, void *stack_top, i32 *ptid, i32 *ctid, u64 tls, void (*fn)(void *), void *arg)
{
	i64 r;
	void **sp = (void **)stack_top;
	*--sp = arg;
	*--sp = (void *)fn;
	register i32 *r10 __asm__("r10") = ctid;
	register u64 r8 __asm__("r8") = tls;
	__asm__ volatile("syscall\n"
	                 "	test %%rax, %%rax\n"
	                 "	jnz 1f\n"
	                 "	xor %%ebp, %%ebp\n"
	                 "	pop %%rax\n"
	                 "	pop %%rdi\n"
	                 "	call *%%rax\n"
	                 "	xor %%edi, %%edi\n"
	                 "	mov $60, %%eax\n"
	                 "	syscall\n"
	                 "1:"
	                 : "=a"(r)
	                 : "a"(56L), "D"(flags), "S"(sp), "d"(ptid), "r"(r10), "r"(r8)
	                 : "rcx", "r11", "memory");
	return r;
}

static UNUSED i64
t_thread(struct t_thread *t, void (*fn)(void *), void *arg)
{
	t->tid = -1;
	// VM FS FILES SIGHAND THREAD SYSVSEM PARENT_SETTID CHILD_CLEARTID
	return t_clone(0x350f00, t->stack + sizeof t->stack, &t->tid, &t->tid, 0, fn, arg);
}

static UNUSED void
t_join(struct t_thread *t)
{
	i32 tid;
	while ((tid = __atomic_load_n(&t->tid, __ATOMIC_SEQ_CST)))
		sys(SYS_futex, &t->tid, 0L, (i64)tid, 0L);
}
#endif
