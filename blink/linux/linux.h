// linux.h: the kernel that the guest sees: its process, its threads, and how
// system calls are written.
//
// A system call is `i64 sys_name(struct thread *t, const u64 *a)`: the six
// arguments in a[], the result or -L_Exxx as the kernel returns it. Guest
// pointers are checked by copy_in/copy_out and friends; guest structures are
// the packed little-endian layouts of abi.h. Calls that block in the host do
// it between block_begin and block_end (see there).
#ifndef LINUX_LINUX_H_
#define LINUX_LINUX_H_
#include "cpu/cpu.h"
#include "host/host.h"
#include "linux/abi.h"
#include <pthread.h>

struct sigstate;   // linux/signal.c
struct program;    // linux/image.h
struct why;
struct exec;       // linux/exec.c
struct strace;     // linux/syscall.h

// Command line and environment facts that main() hands down; process-wide.
struct options {
	int strace;        // -s count
	int paged;         // -m
	int nojit;         // -j
	int stats;         // -Z
	const char *log_path;
	u32 personality;   // personality(2); survives execve
	int root_pid;      // first process of a -s log; 0: this one
	const char *cpu;   // BLINK_CPU: what CPUID is capped at; 0 or "": nothing
	const char *self;  // absolute path of the running blink binary, for execve
};
extern struct options g_options;

// What all threads of a guest process share.
struct process {
	struct mem *mem;
	struct codecache *code;
	pthread_mutex_t lock;      // guards all below unless said otherwise
	struct thread *threads;    // all live threads
	int nthreads;
	u64 brk_start, brk;        // program break
	u64 entry, phdr, base;     // of the main image; base of the interpreter
	u64 stack_top, stack_base;
	u64 arg_start, arg_end, env_start, env_end, auxv_start, auxv_len;
	char *exe;                 // absolute path of the guest program (/proc/self/exe)
	char comm[16];
	int comm_told;             // the host shows it
	struct sigstate *sig;      // dispositions; linux/signal.c
	int umask;
	int lock_future;           // mlockall(MCL_FUTURE)
};

// One guest thread; one host thread runs it.
struct thread {
	struct cpu *cpu;
	struct process *p;
	struct thread *next;
	i32 tid;                   // 0: not known yet, see thread_tid
	u64 clear_tid;             // set_tid_address / CLONE_CHILD_CLEARTID
	u64 robust_list;
	u32 robust_list32;         // the one of 32-bit calls
	u64 sigmask;               // guest's blocked signals, bit n-1: see sigmask_of
	int sigmask_known;         // else it is the host's
	u64 saved_sigmask;         // to restore after sigsuspend-like calls
	int restore_sigmask;
	u64 altstack_sp, altstack_size;
	u32 altstack_flags;
	volatile int interrupt;    // a caught signal waits for delivery: host calls must not block
	u32 sigpend[2];            // caught by the host handler, not yet delivered (bit n-1)
	siginfo_t pending_info[65];
	u64 trap_no, trap_err, trap_cr2;  // of the last fault, as signal frames show them
	u32 trap_flags;            // EFLAGS bits that only the next frame shows (RF after a fault)
	int in_syscall;            // number while a call is made and until its result is settled, or -1
	u64 orig_rax;
	int resumed;               // the call is made again because no handler ran (ERESTART_RESTARTBLOCK)
	i64 sleep_until[2];        // when an interrupted relative sleep ends: seconds, nanoseconds
	int exiting;               // the thread called exit: leave its main loop
	int exit_status;
	int host_main;             // runs on the process's first host thread
	struct exec *exec;         // what an execve under way allocated
	struct strace *log;        // -s: the call in flight, if any
	int ia32;                  // the call is a 32-bit one
	int vforked;               // a process of its own that borrows its parent's memory:
	                           // VFORKED while that waits, else CLONED_VM
};

enum { VFORKED = 1, CLONED_VM = 2 };

// What the first thread of a program asks its host only when it matters (in
// TINY builds at once, in less code). On t's own host thread. sigmask_of also
// in the handlers of SIGSEGV and SIGBUS; others are installed once it is known.
#ifdef TINY
#define thread_tid(t) ((t)->tid)
#define sigmask_of(t) ((t)->sigmask)
#else
i32 thread_tid(struct thread *t);
u64 sigmask_learn(struct thread *t);
static inline u64
sigmask_of(struct thread *t)
{
	return LIKELY(t->sigmask_known) ? t->sigmask : sigmask_learn(t);
}
#endif

// The calling host thread's guest thread; 0 in helper threads.
extern THREAD_LOCAL struct thread *t_self;

// --- system call table (syscalls.tbl, syscall.h) ---------------------------
// Runs the system call that t->cpu's registers ask for and sets rax.
void linux_syscall(struct thread *t);
// The same for int 0x80: 32-bit numbers and arguments. 0 if there are none here
// (the instruction then faults).
int linux_syscall32(struct thread *t);

// --- errors ---------------------------------------------------------------
// Host errno value to guest -L_Exxx and back.
i64 l_err(int host_errno);
// Result of a host call that returns -1 and sets errno.
i64 l_ret(i64 host_result);

// --- copying -----------------------------------------------------------------
// All return 0 or -L_EFAULT.
static inline i64
copy_in(struct thread *t, void *dst, u64 gva, size_t n)
{
	return mem_read(t->p->mem, dst, gva, n) ? -L_EFAULT : 0;
}

static inline i64
copy_out(struct thread *t, u64 gva, const void *src, size_t n)
{
	return mem_write(t->p->mem, gva, src, n) ? -L_EFAULT : 0;
}
// A path argument: 0, -L_EFAULT, -L_ENAMETOOLONG; buf has L_PATH_MAX bytes.
i64 copy_in_path(struct thread *t, char *buf, u64 gva);

// --- blocking -----------------------------------------------------------------
// Makes a host call that may block, so that a guest signal always ends it: one
// that is already pending, one that arrives just before the kernel has the
// call, and one that comes later. nr is a host number (HOST_NR of host/sig.h);
// the result is the guest's: a value, -L_Exxx, or -L_ERESTARTSYS after a
// signal, which calls with other restart rules replace by their own code.
i64 l_block(struct thread *t, long nr, long a, long b, long c, long d, long e, long f);
#define L_BLOCK3(t, name, a, b, c) l_block((t), HOST_NR(name), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define L_BLOCK4(t, name, a, b, c, d) l_block((t), HOST_NR(name), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define L_BLOCK6(t, name, a, b, c, d, e, f) l_block((t), HOST_NR(name), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
// For host functions that are no single system call: begin returns nonzero if
// a signal is pending already; then do not call, return -L_ERESTARTSYS. A
// signal that arrives between begin and the call is noticed only after it, so
// such calls must not wait for long.
int block_begin(struct thread *t);
void block_end(struct thread *t);
// Kernel-internal results (Linux include/linux/errno.h), turned into EINTR or
// a restart by signal delivery.
enum { L_ERESTARTSYS = 512, L_ERESTARTNOINTR = 513, L_ERESTARTNOHAND = 514, L_ERESTART_RESTARTBLOCK = 516 };

// On big-endian hosts: what read() got from the descriptor kinds whose bytes
// are numbers (eventfd, timerfd, signalfd), as the guest expects it; the same
// before write(). Nothing on other hosts.
void anonfd_swap(int fd, u8 *buf, size_t n);

// --- running --------------------------------------------------------------------
// Loads pg (image.h) into the fresh address space of p and sets up t's
// registers and stack. 0, or -L_Exxx and a sentence for people.
int linux_load(struct process *p, struct thread *t, struct program *pg, char **envp, struct why *why);
// Sets comm; the host shows it from process_show_comm on, which comes before
// anything that inherits or changes a thread's name, at the latest after the
// first system call.
void process_set_comm(struct process *p, const char *path);
#ifdef TINY
#define process_show_comm(p) ((void)0)
#else
void process_show_comm(struct process *p);
#endif
// Delivers signals that are due and settles restarts; called by vm/ whenever
// cpu_run stopped for attention and after each system call. Cheap when
// nothing is due.
void linux_deliver_signals(struct thread *t);
// Before a system call is begun: nonzero if a signal is due, which natively
// would have arrived before it. The call must then not be made: pc has been
// moved back to the SYSCALL instruction; deliver signals and run on.
int linux_signal_before_call(struct thread *t);
// Prepares p->sig and the host's signal handling (also installs the handlers of
// host_install_fault_handlers); once, before threads exist.
void linux_signals_init(struct process *p);
// A guest thread for c, not yet in p's list; 0 if memory is short.
struct thread *linux_thread_new(struct process *p, struct cpu *c);
// On the host thread that will run t: sets t_self and t->tid, enters it in
// p's list.
void linux_thread_start(struct thread *t);
// The host's execve with everything a new program inherits in place (mask,
// ignored signals). Returns only on failure: -L_Exxx or a restart code.
i64 linux_execve(struct thread *t, const char *path, char **argv, char **envp);
// Frees what t's execve left behind: for the parent of a vfork.
void linux_exec_forget(struct thread *t);
// After main loop ended with t->exiting: ends the host thread (and the process
// if it was the last).
void linux_thread_end(struct thread *t);
// What Linux makes of an exception that c stopped for (STOP_FAULT, STOP_INT).
struct linux_trap {
	int sig, code;  // of siginfo
	u64 addr;       // si_addr; with a page fault CR2 too
	int no;         // trapno
	u32 err;
	u64 pc;         // where the signal's context resumes
	u32 flags;      // RF or 0
};
void linux_trap(struct linux_trap *trap, struct cpu *c, enum stop why);
// The exception becomes a signal of t's.
void linux_fault(struct thread *t, enum stop why);
// Runs t until it exits; the thread's main loop is in vm/.
extern void (*linux_run_thread)(struct thread *t);
// Called once before the process ends, if not 0: statistics, logs.
extern void (*linux_at_exit)(struct process *p);
// Ends the whole process as exit_group does.
void linux_exit_group(struct thread *t, int status) NORETURN;

// A system call that only Linux hosts can do.
#define LINUX_ONLY(name) \
i64 \
sys_##name(struct thread *t, const u64 *a) \
{ \
	return -L_ENOSYS; \
}

#endif
