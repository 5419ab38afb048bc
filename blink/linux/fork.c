// fork.c: new processes and threads.
//
// A guest thread is a host thread; a guest process is a host process. A child
// that shares memory until it execs (vfork, posix_spawn) is a host process
// that shares all of blink's memory and runs on its parent's thread-local
// storage while the parent sleeps in the kernel. Without CLONE_VFORK it gets
// the storage of a thread that sleeps for its sake.
//
// Order of locks, all of which fork takes: process, dispositions, code cache,
// memory.
#include "linux/signal.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

struct clone_req {
	u64 flags, stack, tls, parent_tid, child_tid, pidfd;
	int exit_signal;
};

static void
put32(struct thread *t, u64 gva, u32 x)
{
	u8 b[4];
	st32(b, x);
	(void)copy_out(t, gva, b, 4);
}

// Gives a child's registers what clone asked for.
static void
child_registers(struct cpu *c, const struct clone_req *q)
{
	c->r[GPR_AX] = 0;
	if (q->stack)
		c->r[GPR_SP] = q->stack;
	if (q->flags & L_CLONE_SETTLS)
		c->segbase[SEG_FS] = q->tls;
}

// --- threads --------------------------------------------------------------------

struct start {
	struct thread *t;
	const struct clone_req *q;
	sem_t ready;
	i32 tid;
};

static void *
thread_main(void *arg)
{
	struct start *s = (struct start *)arg;
	struct thread *t = s->t;
	const struct clone_req *q = s->q;
	linux_thread_start(t);
#if HOST_LINUX
	if (~q->flags & (L_CLONE_FILES | L_CLONE_FS | L_CLONE_SYSVSEM))
		HOST_CALL1(unshare, ~q->flags & (L_CLONE_FILES | L_CLONE_FS | L_CLONE_SYSVSEM));
#endif
	if (q->flags & L_CLONE_PARENT_SETTID)
		put32(t, q->parent_tid, (u32)t->tid);
	if (q->flags & L_CLONE_CHILD_SETTID)
		put32(t, q->child_tid, (u32)t->tid);
	s->tid = t->tid;
	sem_post(&s->ready);
	host_sigmask(sigmask_of(t));
	linux_run_thread(t);
	linux_thread_end(t);
	return 0;
}

// The new guest thread for q: a copy of t with registers as asked for. 0 if
// memory is short.
static struct thread *
copy_thread(struct thread *t, struct process *p, const struct clone_req *q)
{
	struct cpu *c = cpu_new(p->mem, p->code);
	struct thread *n = c ? linux_thread_new(p, c) : 0;
	if (!n) {
		cpu_free(c);
		return 0;
	}
	cpu_copy(c, t->cpu);
	child_registers(c, q);
	n->sigmask = sigmask_of(t);
	n->trap_no = t->trap_no;
	n->trap_err = t->trap_err;
	n->trap_cr2 = t->trap_cr2;
	if (q->flags & L_CLONE_CHILD_CLEARTID)
		n->clear_tid = q->child_tid;
	return n;
}

static i64
clone_thread(struct thread *t, const struct clone_req *q)
{
	enum { HOST_STACK = 512 * 1024 };
	struct start s;
	pthread_t id;
	pthread_attr_t attr;
	s.t = copy_thread(t, t->p, q);
	if (!s.t)
		return -L_ENOMEM;
	s.q = q;
	altstack_reset(s.t);
	sem_init(&s.ready, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, HOST_STACK);
	int e = pthread_create(&id, &attr, thread_main, &s);
	pthread_attr_destroy(&attr);
	if (e) {
		cpu_free(s.t->cpu);
		free(s.t);
		return -L_EAGAIN;
	}
	while (sem_wait(&s.ready))
		;
	sem_destroy(&s.ready);
	return s.tid;
}

// --- processes -------------------------------------------------------------------

static i64
clone_fork(struct thread *t, const struct clone_req *q)
{
	struct process *p = t->p;
	u64 keep = q->flags & (L_CLONE_FS | L_CLONE_FILES | L_CLONE_VFORK | L_CLONE_PARENT | L_CLONE_SYSVSEM | L_CLONE_PTRACE |
		L_CLONE_UNTRACED | L_CLONE_IO | L_CLONE_NEWNS | L_CLONE_NEWCGROUP | L_CLONE_NEWUTS | L_CLONE_NEWIPC |
		L_CLONE_NEWUSER | L_CLONE_NEWPID | L_CLONE_NEWNET);
	pthread_mutex_lock(&p->lock);
	pthread_mutex_lock(&p->sig->lock);
	codecache_before_fork(p->code);
	mem_before_fork(p->mem);
	i64 pid = host_fork(keep, host_sig_from_linux(q->exit_signal));
	codecache_after_fork(p->code, pid == 0 ? t->cpu : 0);
	mem_after_fork(p->mem, pid == 0);  // may call the codecache
	if (pid) {
		pthread_mutex_unlock(&p->sig->lock);
		pthread_mutex_unlock(&p->lock);
		return pid < 0 ? l_err((int)-pid) : pid;
	}
	pthread_mutex_init(&p->sig->lock, 0);
	pthread_mutex_init(&p->lock, 0);
	// The other threads' structures are left alone: nobody can tell in which
	// state their owners were.
	p->threads = t;
	p->nthreads = 1;
	t->next = 0;
	t->tid = host_gettid();
	t->host_main = 1;
	t->vforked = 0;
	t->p->lock_future = 0;
	t->robust_list = 0;
	t->robust_list32 = 0;
	t->clear_tid = q->flags & L_CLONE_CHILD_CLEARTID ? q->child_tid : 0;
	t->sigpend[0] = t->sigpend[1] = 0;
	child_registers(t->cpu, q);
	if (q->flags & L_CLONE_CHILD_SETTID)
		put32(t, q->child_tid, (u32)t->tid);
	if (q->flags & L_CLONE_CLEAR_SIGHAND)
		sigstate_clear(p->sig);
	return 0;
}

// A process that shares this one's memory: what it has of its own.
struct borrower {
	struct process p;
	struct sigstate sig;
	struct thread *t;
	struct clone_req q;
	struct process *parent;
};

static int
borrower_main(void *arg)
{
	struct borrower *b = (struct borrower *)arg;
	struct thread *t = b->t;
	linux_thread_start(t);
	if (b->q.flags & L_CLONE_CHILD_SETTID)
		put32(t, b->q.child_tid, (u32)t->tid);
	if (b->q.flags & L_CLONE_CLEAR_SIGHAND)
		sigstate_clear(t->p->sig);
	host_sigmask(sigmask_of(t));
	linux_run_thread(t);
	linux_thread_end(t);
	return 0;
}

static void
borrower_done(void *arg)
{
	struct borrower *b = (struct borrower *)arg;
	if (b->t) {
		if (b->t->vforked == VFORKED)
			b->parent->brk = b->p.brk;
		else
			host_thread_exit();  // its stack for signals
		cpu_park(b->t->cpu);  // it may have died in the middle of something
		cpu_free(b->t->cpu);
		free(b->t);
	}
	free(b);
}

static i64
clone_vm(struct thread *t, const struct clone_req *q)
{
	struct borrower *b = (struct borrower *)calloc(1, sizeof *b);
	u64 keep = q->flags & (L_CLONE_FS | L_CLONE_FILES | L_CLONE_SIGHAND | L_CLONE_PARENT | L_CLONE_SYSVSEM | L_CLONE_IO);
	int sig = host_sig_from_linux(q->exit_signal);
	i64 pid;
	if (!b)
		return -L_ENOMEM;
	pthread_mutex_lock(&t->p->lock);
	memcpy((void *)&b->p, t->p, sizeof b->p);
	pthread_mutex_unlock(&t->p->lock);
	pthread_mutex_init(&b->p.lock, 0);
	b->p.threads = 0;
	b->p.nthreads = 0;
	b->parent = t->p;
	b->q = *q;
	if (!(q->flags & L_CLONE_SIGHAND)) {
		b->p.sig = &b->sig;
		sigstate_copy(&b->sig, t->p->sig);
	}
	b->t = copy_thread(t, &b->p, q);
	if (!b->t) {
		pid = -ENOMEM;
	} else if (q->flags & L_CLONE_VFORK) {
		b->t->vforked = VFORKED;
		b->t->altstack_sp = t->altstack_sp;
		b->t->altstack_size = t->altstack_size;
		b->t->altstack_flags = t->altstack_flags;
		pid = host_vfork(borrower_main, b, keep, sig);
		t_self = t;
	} else {
		b->t->vforked = CLONED_VM;
		altstack_reset(b->t);
		pid = host_clone_vm(borrower_main, borrower_done, b, keep, sig);
		if (pid >= 0)
			return pid;
	}
	borrower_done(b);
	return pid < 0 ? l_err((int)-pid) : pid;
}

static i64
do_clone(struct thread *t, struct clone_req *q)
{
	u64 f = q->flags;
	i64 r;
	if ((f & L_CLONE_THREAD && !(f & L_CLONE_SIGHAND)) || (f & L_CLONE_SIGHAND && !(f & L_CLONE_VM)))
		return -L_EINVAL;
	if (f & L_CLONE_FS && f & (L_CLONE_NEWNS | L_CLONE_NEWUSER))
		return -L_EINVAL;
	if (f & L_CLONE_THREAD && f & (L_CLONE_NEWUSER | L_CLONE_NEWPID | L_CLONE_PIDFD))
		return -L_EINVAL;
	if (f & L_CLONE_SIGHAND && f & L_CLONE_CLEAR_SIGHAND)
		return -L_EINVAL;
	if (f & L_CLONE_VM && f & L_CLONE_NEWTIME & ~(u64)L_CSIGNAL)
		return -L_EINVAL;
	if (f & L_CLONE_SETTLS && q->tls >= MEM_TOP)
		return -L_EPERM;
	if ((u32)q->exit_signal > L_NSIG)
		return -L_EINVAL;
	// Signals wait until the new thread is complete; one that is due comes first.
	process_show_comm(t->p);
	(void)sigmask_of(t);
	host_sigmask(~(u64)0);
	if (t->interrupt)
		return -L_ERESTARTNOINTR;
	if (f & L_CLONE_THREAD) {
		r = clone_thread(t, q);
	} else {
		r = f & L_CLONE_VM ? clone_vm(t, q) : clone_fork(t, q);
#if HOST_LINUX
		if (r > 0 && f & L_CLONE_PIDFD)
			put32(t, q->pidfd, (u32)HOST_CALL2(pidfd_open, r, 0));
#endif
		if (r > 0 && f & L_CLONE_PARENT_SETTID)
			put32(t, q->parent_tid, (u32)r);
	}
	host_sigmask(sigmask_of(t));
	return r;
}

i64
sys_clone(struct thread *t, const u64 *a)
{
	struct clone_req q;
	q.flags = a[0] & 0xffffff00u;
	q.exit_signal = (int)(a[0] & L_CSIGNAL);
	q.stack = a[1];
	q.parent_tid = q.pidfd = a[2];
	q.child_tid = a[3];
	q.tls = a[4];
	if (q.flags & L_CLONE_PIDFD && q.flags & (L_CLONE_PARENT_SETTID | L_CLONE_DETACHED))
		return -L_EINVAL;
	return do_clone(t, &q);
}

static i64
plain(struct thread *t, u64 flags)
{
	struct clone_req q;
	memset(&q, 0, sizeof q);
	q.flags = flags;
	q.exit_signal = L_SIGCHLD;
	return do_clone(t, &q);
}

i64
sys_fork(struct thread *t, const u64 *a)
{
	return plain(t, 0);
}

i64
sys_vfork(struct thread *t, const u64 *a)
{
	return plain(t, L_CLONE_VM | L_CLONE_VFORK);
}

i64
sys_clone3(struct thread *t, const u64 *a)
{
	struct l_clone_args l;
	struct clone_req q;
	u64 size = a[1];
	if (size > PAGE_SIZE_GUEST)
		return -L_E2BIG;
	if (size < 64)
		return -L_EINVAL;
	memset(&l, 0, sizeof l);
	if (copy_in(t, &l, a[0], size < sizeof l ? size : sizeof l))
		return -L_EFAULT;
	for (u64 i = sizeof l; i < size; i++) {
		u8 b;
		if (copy_in(t, &b, a[0] + i, 1))
			return -L_EFAULT;
		if (b)
			return -L_E2BIG;
	}
	q.flags = L_GET(l.flags);
	q.exit_signal = (int)L_GET(l.exit_signal);
	q.stack = L_GET(l.stack);
	q.parent_tid = L_GET(l.parent_tid);
	q.child_tid = L_GET(l.child_tid);
	q.pidfd = L_GET(l.pidfd);
	q.tls = L_GET(l.tls);
	u64 known = 0xffffff00u | L_CLONE_CLEAR_SIGHAND | L_CLONE_INTO_CGROUP | L_CLONE_NEWTIME;
	if (q.flags & (~known | L_CLONE_DETACHED | (L_CSIGNAL & ~L_CLONE_NEWTIME)) || L_GET(l.exit_signal) & ~(u64)L_CSIGNAL)
		return -L_EINVAL;
	if (q.flags & (L_CLONE_THREAD | L_CLONE_PARENT) && q.exit_signal)
		return -L_EINVAL;
	if (!q.stack != !L_GET(l.stack_size))
		return -L_EINVAL;
	if (q.flags & (L_CLONE_INTO_CGROUP | L_CLONE_NEWTIME) || L_GET(l.set_tid_size))
		return L_GET(l.set_tid_size) > 32 ? -L_EINVAL : -L_EPERM;
	if (q.stack)
		q.stack += L_GET(l.stack_size);
	return do_clone(t, &q);
}

// --- who am I -----------------------------------------------------------------------

i64
sys_getpid(struct thread *t, const u64 *a)
{
	return getpid();
}

i64
sys_gettid(struct thread *t, const u64 *a)
{
	return thread_tid(t);
}

i64
sys_getppid(struct thread *t, const u64 *a)
{
	return getppid();
}

i64
sys_getpgid(struct thread *t, const u64 *a)
{
	return l_ret(getpgid((pid_t)a[0]));
}

i64
sys_setpgid(struct thread *t, const u64 *a)
{
	return l_ret(setpgid((pid_t)a[0], (pid_t)a[1]));
}

i64
sys_getpgrp(struct thread *t, const u64 *a)
{
	return getpgrp();
}

i64
sys_setsid(struct thread *t, const u64 *a)
{
	return l_ret(setsid());
}

i64
sys_getsid(struct thread *t, const u64 *a)
{
	return l_ret(getsid((pid_t)a[0]));
}
