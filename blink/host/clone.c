// clone.c: processes and threads: making them, their numbers, signals to one, ends.
#include "host/sig.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#if HOST_LINUX

i32
host_gettid(void)
{
	return (i32)syscall(SYS_gettid);
}

int
host_tgkill(i32 pid, i32 tid, int sig)
{
	return syscall(SYS_tgkill, pid, tid, host_sig_from_linux(sig)) < 0 ? -errno : 0;
}

void
host_exit_thread(int status)
{
	for (;;)
		syscall(SYS_exit, status);
}

void
host_exit_group(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

i64
host_fork(u64 flags, int exit_sig)
{
	long r;
	// libc's fork leaves malloc usable in the child; it cannot do the rest.
	if (!flags && exit_sig == SIGCHLD) {
		r = fork();
	} else {
		unsigned long f = (unsigned long)flags | (unsigned)exit_sig;
#if defined(__s390__) || defined(__cris__)
		r = syscall(SYS_clone, 0, f, 0, 0, 0);
#elif defined(__sparc__) && defined(__arch64__)
		// %o0 is a process number on both sides; %o1 tells which is the child.
		register long o0 __asm__("o0") = (long)f;
		register long o1 __asm__("o1") = 0;
		register long o2 __asm__("o2") = 0;
		register long o3 __asm__("o3") = 0;
		register long o4 __asm__("o4") = 0;
		register long g1 __asm__("g1") = SYS_clone;
		__asm__ volatile("ta 0x6d\n\tbcs,a,pn %%xcc,1f\n\tneg %0\n1:"
			: "+r"(o0), "+r"(o1) : "r"(o2), "r"(o3), "r"(o4), "r"(g1) : "cc", "memory");
		return o0 > 0 && o1 ? 0 : o0;
#else
		r = syscall(SYS_clone, f, 0, 0, 0, 0);
#endif
	}
	return r < 0 ? -errno : r;
}

enum { STACK = 512 * 1024 };

// For a process in this one's memory; 0 without memory. ASan must forget the
// frames of who had a stack at this address before.
static char *
new_stack(void)
{
	char *stack = (char *)mmap(0, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return 0;
	mprotect(stack, 4096, PROT_NONE);
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region(stack, STACK);
#endif
	return stack;
}

i64
host_vfork(int (*fn)(void *), void *arg, u64 flags, int exit_sig)
{
	int r, e;
	char *stack = new_stack();
	if (!stack)
		return -ENOMEM;
	// With CLONE_VFORK the caller sleeps, so the child may use its TLS.
	r = clone(fn, stack + STACK - 64, (int)flags | CLONE_VM | CLONE_VFORK | exit_sig, arg);
	e = errno;
	munmap(stack, STACK);
	return r < 0 ? -e : r;
}

// Thread-local storage is libc's to make: a thread lends its own to the new
// process and sleeps, touching nothing, until that is gone.
struct lender {
	int (*fn)(void *);
	void (*done)(void *);
	void *arg;
	unsigned long flags;
	i64 pid;
	int alive;
	sem_t ready;
};

// What CLONE_SETTLS wants to have the calling thread's storage; 0 if unknown.
static void *
thread_pointer(void)
{
#if defined(__powerpc__)
	void *p;
	__asm__("mr %0,%1" : "=r"(p) : "i"(sizeof(long) == 8 ? 13 : 2));
	return p;
#elif defined(__x86_64__) || defined(__aarch64__) || defined(__arm__) || defined(__s390x__) || defined(__riscv) || \
	defined(__alpha__)
	return __builtin_thread_pointer();
#elif defined(__sparc__)
	void *p;
	__asm__("mov %%g7,%0" : "=r"(p));
	return p;
#else
	return 0;
#endif
}

static void *
lend(void *arg)
{
	struct lender *l = (struct lender *)arg;
	static volatile int never;
	char *stack = new_stack();
	l->pid = -EINVAL;
	l->alive = 1;
	if (stack && thread_pointer()) {
		l->pid = clone(l->fn, stack + STACK - 64, (int)(l->flags | CLONE_VM | CLONE_SETTLS | CLONE_CHILD_CLEARTID), l->arg, 0,
			thread_pointer(), &l->alive);
		if (l->pid < 0)
			l->pid = -errno;
	}
	i64 pid = l->pid;  // if negative, l is the caller's from here on
	sem_post(&l->ready);
	if (pid < 0) {
		if (stack)
			munmap(stack, STACK);
		return 0;
	}
	while (__atomic_load_n(&l->alive, __ATOMIC_SEQ_CST))
		host_blocking(&never, HOST_NR_futex, (long)&l->alive, 0 /* FUTEX_WAIT */, 1, 0, 0, 0);
	munmap(stack, STACK);
	l->done(l->arg);
	free(l);
	return 0;
}

i64
host_clone_vm(int (*fn)(void *), void (*done)(void *), void *arg, u64 flags, int exit_sig)
{
	struct lender *l = (struct lender *)calloc(1, sizeof *l);
	pthread_attr_t attr;
	pthread_t id;
	i64 pid;
	if (!l)
		return -ENOMEM;
	l->fn = fn;
	l->done = done;
	l->arg = arg;
	l->flags = (unsigned long)flags | (unsigned)exit_sig;
	sem_init(&l->ready, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&id, &attr, lend, l)) {
		free(l);
		return -EAGAIN;
	}
	while (sem_wait(&l->ready))
		;
	pid = l->pid;
	if (pid < 0)
		free(l);
	return pid;
}

#else  // POSIX

i32
host_gettid(void)
{
	static i32 last;
	static THREAD_LOCAL i32 id, pid;
	if (pid != getpid()) {
		// The first thread of a process has the process's number.
		id = !pid && last ? __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED) : getpid();
		if (!last)
			last = id;
		pid = getpid();
	}
	return id;
}

int
host_tgkill(i32 pid, i32 tid, int sig)
{
	return kill(pid, host_sig_from_linux(sig)) < 0 ? -errno : 0;
}

void
host_exit_thread(int status)
{
	for (;;)
		pthread_exit(0);
}

void
host_exit_group(int status)
{
	_exit(status);
}

i64
host_fork(u64 flags, int exit_sig)
{
	pid_t r = flags || exit_sig != SIGCHLD ? (errno = EINVAL, -1) : fork();
	return r < 0 ? -errno : r;
}

i64
host_vfork(int (*fn)(void *), void *arg, u64 flags, int exit_sig)
{
	pid_t r = fork();
	if (!r)
		_exit(fn(arg));
	return r < 0 ? -errno : r;
}

i64
host_clone_vm(int (*fn)(void *), void (*done)(void *), void *arg, u64 flags, int exit_sig)
{
	return -EINVAL;
}
#endif
