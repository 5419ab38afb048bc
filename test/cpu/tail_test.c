// tail_test.c: handlers pass control on without using up the host's stack.
// A thread with a small stack runs millions of jumps that miss every cache.
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include "cpu/cpu.h"
#include "host/host.h"
#include "mem/mem.h"

enum { CODE = 0x11000000, ROUNDS = 1000000, STACK = 256 << 10 };

static void *
run_thread(void *arg)
{
	struct cpu *c = (struct cpu *)arg;
	enum stop why;
	host_thread_init();
	do
		why = cpu_run(c);
	while (why == STOP_ATTENTION);
	if (why != STOP_INT)
		printf("stop %d vector %u at %llx\n", why, c->vector, (unsigned long long)c->pc);
	host_thread_exit();
	return why == STOP_INT && !(u32)c->r[GPR_CX] ? arg : 0;
}

int
main(void)
{
	// dec ecx; jnz next; int3; next: xor rax, rdx; jmp rax
	static const u8 text[] = {0xff, 0xc9, 0x75, 0x01, 0xcc, 0x48, 0x31, 0xd0, 0xff, 0xe0};
	struct mem *m = mem_new(1);
	struct codecache *code = codecache_new(m);
	struct cpu *c = cpu_new(m, code);
	pthread_attr_t attr;
	pthread_t t;
	void *ok = 0;
	host_install_fault_handlers(0);
	if (mem_map(m, CODE, 8192, MEM_R | MEM_X, VMA_ANON | VMA_FIXED, -1, 0, 0) < 0 ||
	    mem_poke(m, CODE, text, sizeof text) || mem_poke(m, CODE + 0x1001, text, sizeof text)) {
		printf("cannot map guest memory\n");
		return 1;
	}
	// Both copies have the same place in the cache of indirect jumps.
	c->pc = CODE;
	c->r[GPR_AX] = CODE;
	c->r[GPR_DX] = 0x1001;
	c->r[GPR_CX] = ROUNDS;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK > PTHREAD_STACK_MIN ? STACK : PTHREAD_STACK_MIN);
	if (pthread_create(&t, &attr, run_thread, c)) {
		printf("cannot make a thread\n");
		return 1;
	}
	pthread_join(t, &ok);
	return !ok;
}
