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

// Command line and environment facts that main() hands down; process-wide.
struct options {
	int strace;        // -s count
	int paged;         // -m
	int nojit;         // -j
	int stats;         // -Z
	const char *log_path;
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
	struct sigstate *sig;      // dispositions; linux/signal.c
	int umask;
	u64 rlim_stack;
};

// One guest thread; one host thread runs it.
struct thread {
	struct cpu *cpu;
	struct process *p;
	struct thread *next;
	i32 tid;
	u64 clear_tid;             // set_tid_address / CLONE_CHILD_CLEARTID
	u64 robust_list;
	u64 sigmask;               // guest's blocked signals, bit n-1
	u64 saved_sigmask;         // to restore after sigsuspend-like calls
	int restore_sigmask;
	u64 altstack_sp, altstack_size;
	u32 altstack_flags;
	volatile u64 pending_host; // signals caught by the host handler, not yet delivered
	siginfo_t pending_info[65];
	int in_syscall;            // number, or -1
	u64 orig_rax;
	int exiting;
	int exit_status;
};

// The calling host thread's guest thread; 0 in helper threads.
extern THREAD_LOCAL struct thread *t_self;

// --- system call table (syscalls.tbl, syscall.h) ---------------------------
// Runs the system call that t->cpu's registers ask for and sets rax.
void linux_syscall(struct thread *t);
// int 0x80 is not served (ENOSYS is what a kernel without IA32 emulation gives by SIGSEGV).

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
// Around host calls that may block. begin returns nonzero if an unblocked
// guest signal is already pending: the call must then return
// -L_ERESTARTSYS (or its own restart code) without blocking. A signal that
// arrives between begin and the host call interrupts it all the same (see
// host_syscall_cancelpoint in host.h). Restart codes never reach the guest.
int block_begin(struct thread *t);
void block_end(struct thread *t);
// Kernel-internal results (Linux include/linux/errno.h), turned into EINTR or
// a restart by signal delivery.
enum { L_ERESTARTSYS = 512, L_ERESTARTNOINTR = 513, L_ERESTARTNOHAND = 514, L_ERESTART_RESTARTBLOCK = 516 };

// --- running --------------------------------------------------------------------
// Loads program `path` (argv[0] may differ) into a fresh address space of p
// and sets up t's registers and stack. 0, or -L_Exxx with a sentence in
// why[whysize] for people (which field is wrong).
int linux_load(struct process *p, struct thread *t, const char *path, int argc, char **argv, char **envp, char *why, size_t whysize);
// Delivers signals that are due; called by vm/ whenever cpu_run stopped for
// attention and after each system call.
void linux_deliver_signals(struct thread *t);
// An exception of the guest's (STOP_FAULT, STOP_INT) becomes a signal.
void linux_fault(struct thread *t, enum stop why);
// Runs t until it exits; the thread's main loop is in vm/.
extern void (*linux_run_thread)(struct thread *t);
// Ends the whole process as exit_group does.
void linux_exit_group(struct thread *t, int status) NORETURN;

#endif
