// exit.c: the beginning and the end of threads and of the process.
#include "linux/signal.h"
#include <pthread.h>
#include <stdlib.h>

void (*linux_at_exit)(struct process *p);
void (*linux_run_thread)(struct thread *t);

struct thread *
linux_thread_new(struct process *p, struct cpu *c)
{
	struct thread *t = (struct thread *)calloc(1, sizeof *t);
	if (!t)
		return 0;
	t->p = p;
	t->cpu = c;
	t->in_syscall = -1;
	c->owner = t;
	return t;
}

#ifndef TINY
i32
thread_tid(struct thread *t)
{
	if (!t->tid)
		t->tid = host_gettid();
	return t->tid;
}
#endif

void
linux_thread_start(struct thread *t)
{
	struct process *p = t->p;
	t_self = t;
	t->sigmask_known = !t->host_main;
#ifdef TINY
	if (t->host_main)
		t->sigmask = host_sigmask_get();
	t->tid = host_gettid();
#else
	if (!t->host_main)
		t->tid = host_gettid();
#endif
	// A stack for signals is needed by those whose own is small.
	if (!t->host_main && t->vforked != VFORKED)
		host_thread_init();
	pthread_mutex_lock(&p->lock);
	t->next = p->threads;
	p->threads = t;
	p->nthreads++;
	pthread_mutex_unlock(&p->lock);
}

// --- robust futexes (Linux Documentation/locking/robust-futex-ABI) --------------

// A lock that the dying thread may have held. pending: only about to take or
// release it.
static void
robust_death(struct thread *t, u64 gva, int pending)
{
	size_t n = 4;
	u8 *p = gva & 3 ? 0 : (u8 *)mem_host(t->p->mem, gva, &n, MEM_R | MEM_W);
	if (!p || n < 4)
		return;
	u32 raw = __atomic_load_n((u32 *)p, __ATOMIC_SEQ_CST);
	for (;;) {
		u32 val = ld32(&raw), dead;
		if (pending && !val) {
			host_call(HOST_NR_futex, (long)p, L_FUTEX_WAKE, 1, 0, 0, 0);
			return;
		}
		if ((val & L_FUTEX_TID_MASK) != (u32)thread_tid(t))
			return;
		st32(&dead, (val & L_FUTEX_WAITERS) | L_FUTEX_OWNER_DIED);
		if (__atomic_compare_exchange_n((u32 *)p, &raw, dead, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
			if (val & L_FUTEX_WAITERS)
				host_call(HOST_NR_futex, (long)p, L_FUTEX_WAKE, 1, 0, 0, 0);
			return;
		}
	}
}

// Where the host kernel can read the guest's list it also frees the locks of
// threads that are killed.
static void
robust_on_host(struct thread *t, u64 head)
{
#if HOST_LINUX
	if (HOST_LITTLE && HOST_64BIT && LINEAR_BASE == 0 && !mem_is_paged(t->p->mem))
		HOST_CALL2(set_robust_list, head, sizeof(struct l_robust_list_head));
#endif
}

// Lists of 32-bit calls have words of four bytes.
static i64
robust_word(struct thread *t, u64 gva, size_t size, u64 *x)
{
	u8 b[8];
	i64 r = copy_in(t, b, gva, size);
	*x = r ? 0 : l_get(b, size);
	return r;
}

static void
robust_walk(struct thread *t, u64 head, size_t size)
{
	enum { LIMIT = 2048 };
	u64 at, next, offset, pending;
	if (robust_word(t, head, size, &at) || robust_word(t, head + size, size, &offset) || robust_word(t, head + 2 * size, size, &pending))
		return;
	offset = (u64)sext(offset, (int)size);
	// Bit 0 of a link says that the lock is a priority-inheriting one.
	for (int i = 0; (at & ~(u64)1) != head && i < LIMIT; i++) {
		int bad = robust_word(t, at & ~(u64)1, size, &next) != 0;
		if ((at & ~(u64)1) != (pending & ~(u64)1))
			robust_death(t, (at & ~(u64)1) + offset, 0);
		if (bad)
			break;
		at = next;
	}
	if (pending)
		robust_death(t, (pending & ~(u64)1) + offset, 1);
}

static void
robust_exit(struct thread *t)
{
	u64 head = t->robust_list;
	t->robust_list = 0;
	if (head) {
		robust_on_host(t, 0);
		robust_walk(t, head, 8);
	}
#ifndef TINY
	if (t->robust_list32)
		robust_walk(t, t->robust_list32, 4);
	t->robust_list32 = 0;
#endif
}

i64
sys_set_robust_list(struct thread *t, const u64 *a)
{
	if (a[1] != sizeof(struct l_robust_list_head))
		return -L_EINVAL;
	t->robust_list = a[0];
	robust_on_host(t, a[0]);
	return 0;
}

i64
sys_get_robust_list(struct thread *t, const u64 *a)
{
	u8 b[8];
	u64 head = t->robust_list;
	if ((i32)a[0] && (i32)a[0] != thread_tid(t)) {
		struct thread *o;
		pthread_mutex_lock(&t->p->lock);
		for (o = t->p->threads; o && o->tid != (i32)a[0]; o = o->next)
			;
		if (o)
			head = o->robust_list;
		pthread_mutex_unlock(&t->p->lock);
		// Another process's list is known to its own blink only.
		if (!o)
			return kill((pid_t)a[0], 0) ? -L_ESRCH : -L_EPERM;
	}
	st64(b, sizeof(struct l_robust_list_head));
	if (copy_out(t, a[2], b, 8))
		return -L_EFAULT;
	st64(b, head);
	return copy_out(t, a[1], b, 8);
}

i64
sys_set_tid_address(struct thread *t, const u64 *a)
{
	t->clear_tid = a[0];
	return thread_tid(t);
}

// --- ends ---------------------------------------------------------------------

// What others may wait for: locks and CLONE_CHILD_CLEARTID.
static void
release_memory(struct thread *t, int others)
{
	robust_exit(t);
	if (t->clear_tid && others) {
		static const u8 zero[4] = { 0 };
		size_t n = 4;
		void *p;
		if (!copy_out(t, t->clear_tid, zero, 4) && (p = mem_host(t->p->mem, t->clear_tid, &n, MEM_R)))
			host_call(HOST_NR_futex, (long)p, L_FUTEX_WAKE, 1, 0, 0, 0);
	}
	t->clear_tid = 0;
}

static void
at_exit(struct thread *t)
{
	static int done;
	if (linux_at_exit && !t->vforked && !__atomic_exchange_n(&done, 1, __ATOMIC_SEQ_CST))
		linux_at_exit(t->p);
}

void
linux_thread_end(struct thread *t)
{
	struct process *p = t->p;
	int status = t->exit_status, leader = t->host_main, last;
	host_sigmask(~(u64)0);
	if (t->vforked) {
		release_memory(t, 1);
		host_exit_group(status);
	}
	// It is gone before anybody can be told: who ends last decides the status.
	pthread_mutex_lock(&p->lock);
	last = --p->nthreads == 0;
	for (struct thread **o = &p->threads; !last && *o; o = &(*o)->next) {
		if (*o == t) {
			*o = t->next;
			break;
		}
	}
	pthread_mutex_unlock(&p->lock);
	release_memory(t, !last);
	if (last) {
		at_exit(t);
		host_exit_group(status);
	}
	t_self = 0;
	cpu_free(t->cpu);
	free(t);
	if (leader)
		host_exit_thread(status);
	host_thread_exit();
}

void
linux_exit_group(struct thread *t, int status)
{
	release_memory(t, t->vforked);
	at_exit(t);
	host_exit_group(status);
}

i64
sys_exit(struct thread *t, const u64 *a)
{
	t->exiting = 1;
	t->exit_status = (int)a[0] & 255;
	return 0;
}

i64
sys_exit_group(struct thread *t, const u64 *a)
{
	linux_exit_group(t, (int)a[0] & 255);
}
