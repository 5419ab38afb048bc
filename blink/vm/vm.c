// vm.c: puts engine, memory and personality together and routes stop reasons.
#include "vm/vm.h"
#include "base/log.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct timespec g_started;

// The vsyscall page of old: three entries that do a system call and return
// (Linux arch/x86/entry/vsyscall). Nothing is mapped there.
#define VSYSCALL_BASE 0xffffffffff600000ull

static int
vsyscall(struct thread *t)
{
	static const u16 numbers[3] = { 96, 201, 309 };  // gettimeofday time getcpu
	struct cpu *c = t->cpu;
	u64 offset = c->pc - VSYSCALL_BASE;
	u8 ret[8];
	if (offset > 0x800 || (offset & 0x3ff) || mem_read(c->mem, ret, c->r[GPR_SP], 8))
		return 0;
	c->r[GPR_AX] = numbers[offset >> 10];
	linux_syscall(t);
	c->pc = ld64(ret);
	c->r[GPR_SP] += 8;
	return 1;
}

static void
run_thread(struct thread *t)
{
	struct cpu *c = t->cpu;
	while (!t->exiting) {
		enum stop why = cpu_run(c);
		switch (why) {
		case STOP_SYSCALL:
			if (!linux_signal_before_call(t))
				linux_syscall(t);
			break;
		case STOP_FAULT:
			if (c->pc >= VSYSCALL_BASE && vsyscall(t))
				break;
			if (c->vector == VEC_UD)
				vm_note_unsupported(t);
			linux_fault(t, why);
			break;
		case STOP_INT:
			if (c->vector != 0x80 || !linux_syscall32(t))
				linux_fault(t, why);
			break;
		case STOP_HALT:
		case STOP_ATTENTION:
			break;
		}
		linux_deliver_signals(t);
	}
}

static void
print_statistics(struct process *p)
{
	struct timespec now;
	struct thread *t;
	u64 insns = 0, blocks = 0, lowered = 0, steps = 0;
	double ns;
	char line[320];
	int n;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (double)(now.tv_sec - g_started.tv_sec) * 1e9 + (double)(now.tv_nsec - g_started.tv_nsec);
	pthread_mutex_lock(&p->lock);
	for (t = p->threads; t; t = t->next) {
		insns += t->cpu->icount;
		blocks += t->cpu->nblocks;
		lowered += t->cpu->nlowered;
		steps += t->cpu->steps;
	}
	pthread_mutex_unlock(&p->lock);
	n = snprintf(line, sizeof line,
		"blink: %llu instructions in %.6f s, %.2f ns each\n"
		"blink: %llu blocks of %llu instructions made, %llu instructions run singly\n",
		(unsigned long long)insns, ns / 1e9, insns ? ns / (double)insns : 0.0,
		(unsigned long long)blocks, (unsigned long long)lowered, (unsigned long long)steps);
	log_raw(line, (size_t)n);
}

int
vm_boot(struct program *pg, char **envp, struct thread **out, struct why *why)
{
	struct process *p = (struct process *)calloc(1, sizeof *p);
	struct cpu *c;
	*out = 0;
#ifdef MEM_DEFAULT_PAGED
	g_options.paged = 1;
#endif
	clock_gettime(CLOCK_MONOTONIC, &g_started);
	if (!p)
		return -L_ENOMEM;
	pthread_mutex_init(&p->lock, 0);
	p->mem = mem_new(g_options.paged);
	p->code = p->mem ? codecache_new(p->mem) : 0;
	c = p->code ? cpu_new(p->mem, p->code) : 0;
	*out = c ? linux_thread_new(p, c) : 0;
	if (!*out)
		return why_set(why, -L_ENOMEM, "not enough memory");
	(*out)->host_main = 1;
	linux_signals_init(p);
	linux_run_thread = run_thread;
	if (g_options.stats)
		linux_at_exit = print_statistics;
	return linux_load(p, *out, pg, envp, why);
}

void
vm_run(struct thread *t)
{
	linux_thread_start(t);
	linux_run_thread(t);
	linux_thread_end(t);
	linux_exit_group(t, 0);
}
