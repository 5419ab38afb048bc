// sig.c: the host's signals, raw on Linux, POSIX elsewhere.
#include "host/sig.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
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

// What handlers get as their third argument.
#if defined(__sparc__) && defined(__arch64__)
typedef struct sigcontext host_context;
#define CONTEXT_MASK(uc) ((uc)->sigc_mask)
#else
typedef ucontext_t host_context;
#define CONTEXT_MASK(uc) ((uc)->uc_sigmask)
#endif

void
host_sig_mask_after(void *context, u64 set)
{
	host_context *uc = (host_context *)context;
	struct host_sigset k;
	host_sigset(&k, set, 1);
	memcpy(&CONTEXT_MASK(uc), &k, sizeof k);
}

i64
host_call(long nr, long a, long b, long c, long d, long e, long f)
{
	long r = syscall(nr, a, b, c, d, e, f);
	return r == -1 ? -errno : r;
}

// The window: from the look at *cancel to the instruction that enters the
// kernel. A signal handler that finds the thread inside moves it to `cancel`,
// so nothing can happen between look and entry. args: nr and six arguments.
extern long host_window(volatile int *cancel, const long *args) __asm__("host_window");
extern char host_window_begin[], host_window_end[], host_window_cancel[];
#define WINDOW_HEAD ".text\n.globl host_window\n.hidden host_window\n.hidden host_window_begin\n.hidden host_window_end\n" \
	".hidden host_window_cancel\n.globl host_window_begin\n.globl host_window_end\n.globl host_window_cancel\n"

#if defined(__x86_64__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.gregs[REG_RIP])
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	mov %rdi,%r11\n"
	"	mov (%rsi),%rax\n"
	"	mov 8(%rsi),%rdi\n"
	"	mov 24(%rsi),%rdx\n"
	"	mov 32(%rsi),%r10\n"
	"	mov 40(%rsi),%r8\n"
	"	mov 48(%rsi),%r9\n"
	"	mov 16(%rsi),%rsi\n"
	"host_window_begin:\n"
	"	cmpl $0,(%r11)\n"
	"	jne host_window_cancel\n"
	"	syscall\n"
	"host_window_end:\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	mov $-4,%rax\n"
	"	ret\n");
#elif defined(__i386__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.gregs[REG_EIP])
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	push %ebp\n	push %edi\n	push %esi\n	push %ebx\n"
	"	mov 24(%esp),%eax\n"
	"	mov 4(%eax),%ebx\n"
	"	mov 8(%eax),%ecx\n"
	"	mov 12(%eax),%edx\n"
	"	mov 16(%eax),%esi\n"
	"	mov 20(%eax),%edi\n"
	"	mov 24(%eax),%ebp\n"
	"host_window_begin:\n"
	"	mov 20(%esp),%eax\n"
	"	cmpl $0,(%eax)\n"
	"	jne host_window_cancel\n"
	"	mov 24(%esp),%eax\n"
	"	mov (%eax),%eax\n"
	"	int $0x80\n"
	"host_window_end:\n"
	"	pop %ebx\n	pop %esi\n	pop %edi\n	pop %ebp\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	mov $-4,%eax\n"
	"	jmp host_window_end\n");
#elif defined(__aarch64__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.pc)
__asm__(WINDOW_HEAD
	".type host_window,%function\n"
	"host_window:\n"
	"	mov x9,x0\n"
	"	mov x10,x1\n"
	"	ldr x8,[x10]\n"
	"	ldp x0,x1,[x10,#8]\n"
	"	ldp x2,x3,[x10,#24]\n"
	"	ldp x4,x5,[x10,#40]\n"
	"host_window_begin:\n"
	"	ldr w11,[x9]\n"
	"	cbnz w11,host_window_cancel\n"
	"	svc #0\n"
	"host_window_end:\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	mov x0,#-4\n"
	"	ret\n");
#elif defined(__arm__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.arm_pc)
__asm__(WINDOW_HEAD
	".arm\n.type host_window,%function\n"
	"host_window:\n"
	"	push {r4,r5,r6,r7,r8,lr}\n"
	"	mov r8,r0\n"
	"	mov ip,r1\n"
	"	ldr r7,[ip]\n"
	"	ldr r0,[ip,#4]\n"
	"	ldr r1,[ip,#8]\n"
	"	ldr r2,[ip,#12]\n"
	"	ldr r3,[ip,#16]\n"
	"	ldr r4,[ip,#20]\n"
	"	ldr r5,[ip,#24]\n"
	"host_window_begin:\n"
	"	ldr ip,[r8]\n"
	"	cmp ip,#0\n"
	"	bne host_window_cancel\n"
	"	svc #0\n"
	"host_window_end:\n"
	"	pop {r4,r5,r6,r7,r8,pc}\n"
	"host_window_cancel:\n"
	"	mvn r0,#3\n"
	"	b host_window_end\n"
#if defined(__thumb__)
	".thumb\n"
#endif
	);
#elif defined(__s390x__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.psw.addr)
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	stmg %r6,%r9,48(%r15)\n"
	"	lgr %r8,%r2\n"
	"	lgr %r9,%r3\n"
	"	lg %r1,0(%r9)\n"
	"	lmg %r2,%r7,8(%r9)\n"
	"host_window_begin:\n"
	"	lt %r9,0(%r8)\n"
	"	jne host_window_cancel\n"
	"	svc 0\n"
	"host_window_end:\n"
	"	lmg %r6,%r9,48(%r15)\n"
	"	br %r14\n"
	"host_window_cancel:\n"
	"	lghi %r2,-4\n"
	"	j host_window_end\n");
#elif defined(__riscv) && __riscv_xlen == 64
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.__gregs[0])
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	mv t0,a0\n"
	"	mv t1,a1\n"
	"	ld a7,0(t1)\n"
	"	ld a0,8(t1)\n"
	"	ld a1,16(t1)\n"
	"	ld a2,24(t1)\n"
	"	ld a3,32(t1)\n"
	"	ld a4,40(t1)\n"
	"	ld a5,48(t1)\n"
	"host_window_begin:\n"
	"	lw t2,0(t0)\n"
	"	bnez t2,host_window_cancel\n"
	"	ecall\n"
	"host_window_end:\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	li a0,-4\n"
	"	ret\n");
#elif defined(__powerpc64__) && _CALL_ELF == 2
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.gp_regs[32])
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	mr 11,3\n"
	"	mr 12,4\n"
	"	ld 0,0(12)\n"
	"	ld 3,8(12)\n"
	"	ld 4,16(12)\n"
	"	ld 5,24(12)\n"
	"	ld 6,32(12)\n"
	"	ld 7,40(12)\n"
	"	ld 8,48(12)\n"
	"host_window_begin:\n"
	"	lwz 12,0(11)\n"
	"	cmpwi 12,0\n"
	"	bne host_window_cancel\n"
	"	sc\n"
	"host_window_end:\n"
	"	bnslr\n"
	"	neg 3,3\n"
	"	blr\n"
	"host_window_cancel:\n"
	"	li 3,-4\n"
	"	blr\n");
#elif defined(__sparc__) && defined(__arch64__)
#define CONTEXT_PC(uc) ((uc)->sigc_regs.tpc)
#define CONTEXT_NEXT_PC(uc) ((uc)->sigc_regs.tnpc)
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	save %sp,-176,%sp\n"
	"	ldx [%i1],%g1\n"
	"	ldx [%i1+8],%o0\n"
	"	ldx [%i1+16],%o1\n"
	"	ldx [%i1+24],%o2\n"
	"	ldx [%i1+32],%o3\n"
	"	ldx [%i1+40],%o4\n"
	"	ldx [%i1+48],%o5\n"
	"host_window_begin:\n"
	"	ld [%i0],%i2\n"
	"	brnz,pn %i2,host_window_cancel\n"
	"	nop\n"
	"	ta 0x6d\n"
	"host_window_end:\n"
	"	bcc,a,pt %xcc,1f\n"
	"	mov %o0,%i0\n"
	"	neg %o0,%i0\n"
	"1:	ret\n"
	"	restore\n"
	"host_window_cancel:\n"
	"	mov -4,%i0\n"
	"	ret\n"
	"	restore\n");
#elif defined(__alpha__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.sc_pc)
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	mov $16,$1\n"
	"	mov $17,$2\n"
	"	ldq $0,0($2)\n"
	"	ldq $16,8($2)\n"
	"	ldq $17,16($2)\n"
	"	ldq $18,24($2)\n"
	"	ldq $19,32($2)\n"
	"	ldq $20,40($2)\n"
	"	ldq $21,48($2)\n"
	"host_window_begin:\n"
	"	ldl $3,0($1)\n"
	"	bne $3,host_window_cancel\n"
	"	callsys\n"
	"host_window_end:\n"
	"	subq $31,$0,$1\n"
	"	cmovne $19,$1,$0\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	lda $0,-4($31)\n"
	"	ret\n");
#endif

i64
host_blocking(volatile int *cancel, long nr, long a, long b, long c, long d, long e, long f)
{
#ifdef CONTEXT_PC
	long args[7] = { nr, a, b, c, d, e, f };
	return host_window(cancel, args);
#else
	// No window here: a signal between look and entry waits for the call's end.
	return *cancel ? -EINTR : host_call(nr, a, b, c, d, e, f);
#endif
}

void
host_sig_cancel(void *context)
{
#ifdef CONTEXT_PC
	host_context *uc = (host_context *)context;
	unsigned long pc = (unsigned long)CONTEXT_PC(uc);
	if (pc < (unsigned long)host_window_begin || pc >= (unsigned long)host_window_end)
		return;
	CONTEXT_PC(uc) = (unsigned long)host_window_cancel;
#ifdef CONTEXT_NEXT_PC
	CONTEXT_NEXT_PC(uc) = (unsigned long)host_window_cancel + 4;
#endif
#endif
}

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

i64
host_vfork(int (*fn)(void *), void *arg, u64 flags, int exit_sig)
{
	enum { STACK = 512 * 1024 };
	int r, e;
	char *stack = (char *)mmap(0, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return -ENOMEM;
	mprotect(stack, 4096, PROT_NONE);
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
	enum { STACK = 512 * 1024 };
	struct lender *l = (struct lender *)arg;
	static volatile int never;
	char *stack = (char *)mmap(0, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	l->pid = -EINVAL;
	l->alive = 1;
	if (stack != MAP_FAILED && thread_pointer()) {
		mprotect(stack, 4096, PROT_NONE);
		l->pid = clone(l->fn, stack + STACK - 64, (int)(l->flags | CLONE_VM | CLONE_SETTLS | CLONE_CHILD_CLEARTID), l->arg, 0,
			thread_pointer(), &l->alive);
		if (l->pid < 0)
			l->pid = -errno;
	}
	i64 pid = l->pid;  // if negative, l is the caller's from here on
	sem_post(&l->ready);
	if (pid < 0) {
		if (stack != MAP_FAILED)
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

i64
host_clone_vm(int (*fn)(void *), void (*done)(void *), void *arg, u64 flags, int exit_sig)
{
	return -EINVAL;
}

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

void
host_sig_cancel(void *uc)
{
}

i64
host_call(long nr, long a, long b, long c, long d, long e, long f)
{
	return -ENOSYS;
}

i64
host_blocking(volatile int *cancel, long nr, long a, long b, long c, long d, long e, long f)
{
	return -ENOSYS;
}

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
#endif

void
host_die(int sig)
{
	host_sigaction(sig, HOST_SIG_DFL, 0);
	host_sigmask(~((u64)1 << (sig - 1)));
	host_tgkill(getpid(), host_gettid(), sig);
	host_exit_group(128 + sig);
}
