// engine_test.c: the run loop itself: the host's stack does not grow with
// guest execution, budgets and attention end a run, an exclusive section
// stops other threads, invalidation reaches linked blocks.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "cpu/op.h"
#include "host/host.h"

static int failures;

static void
check(int ok, const char *what)
{
	if (!ok) {
		printf("failed: %s\n", what);
		++failures;
	}
}

static struct mem *mem;
static struct codecache *code;

static u64
place(const void *bytes, size_t n)
{
	u64 at = (u64)mem_map(mem, 0, 4096, MEM_R | MEM_W | MEM_X, VMA_ANON, -1, 0, 0);
	mem_write(mem, at, bytes, n);
	return at;
}

// Deepest host stack seen at a system call of the guest's, as an address
static char *
stack_here(void)
{
	char *volatile p = (char *)__builtin_frame_address(0);
	return p;
}

// mov $n,%ecx; 1: add, test, push, pop, call f, dec %ecx, jnz 1b; hlt-like
// syscall; f: ret
static const u8 mixed[] = {
	0xb9, 0x40, 0x42, 0x0f, 0x00,  // mov $1000000, %ecx
	0x48, 0x01, 0xc8,              // 1: add %rcx, %rax
	0x48, 0x8d, 0x54, 0x08, 0x05,  // lea 5(%rax,%rcx), %rdx
	0x52, 0x5b,                    // push %rdx; pop %rbx
	0x48, 0x39, 0xd8, 0x74, 0x00,  // cmp %rbx, %rax; je .+2
	0xe8, 0x06, 0x00, 0x00, 0x00,  // call f
	0xff, 0xc9, 0x75, 0xe8,        // dec %ecx; jnz 1b
	0x0f, 0x05,                    // syscall
	0xc3                           // f: ret
};

static void
test_stack_depth(void)
{
	struct cpu *c = cpu_new(mem, code);
	u64 stack = (u64)mem_map(mem, 0, 65536, MEM_R | MEM_W, VMA_ANON, -1, 0, 0);
	char *before = stack_here();
	u64 n = 0;
	c->pc = place(mixed, sizeof mixed);
	c->r[GPR_SP] = stack + 65536;
	c->budget = 10000;  // comes back to us all the time, never at the same place
	for (;;) {
		enum stop why = cpu_run(c);
		if (why == STOP_SYSCALL)
			break;
		if (why != STOP_ATTENTION) {
			check(0, "unexpected stop");
			return;
		}
		c->budget += 100000;
		++n;
	}
	check(c->icount > 9000000, "ten million instructions ran");
	check(n > 50, "budget ends runs");
	check(labs(stack_here() - before) < 4096, "the host's stack is where it was");
	cpu_free(c);
}

// Deep recursion in handlers would exhaust a small stack.
static void *
on_small_stack(void *arg)
{
	struct cpu *c = cpu_new(mem, code);
	u64 stack = (u64)mem_map(mem, 0, 65536, MEM_R | MEM_W, VMA_ANON, -1, 0, 0);
	(void)arg;
	host_thread_init();
	c->pc = place(mixed, sizeof mixed);
	c->r[GPR_SP] = stack + 65536;
	check(cpu_run(c) == STOP_SYSCALL, "ten million instructions on a small stack");
	cpu_free(c);
	host_thread_exit();
	return 0;
}

static int spinning, stop_seen;

// 1: inc (%rdi); jmp 1b
static const u8 spin[] = { 0x48, 0xff, 0x07, 0xeb, 0xfb };

static void *
spinner(void *arg)
{
	struct cpu *c = (struct cpu *)arg;
	host_thread_init();
	STORE_RELEASE(&spinning, 1);
	while (!LOAD_ACQUIRE(&stop_seen))
		cpu_run(c);
	host_thread_exit();
	return 0;
}

static void
test_exclusive(void)
{
	struct cpu *c = cpu_new(mem, code), *me = cpu_new(mem, code);
	u64 cell = (u64)mem_map(mem, 0, 4096, MEM_R | MEM_W, VMA_ANON, -1, 0, 0);
	u64 a = 0, b = 0;
	pthread_t thread;
	c->pc = place(spin, sizeof spin);
	c->r[GPR_DI] = cell;
	pthread_create(&thread, 0, spinner, c);
	while (!LOAD_ACQUIRE(&spinning) || !a)
		mem_read(mem, &a, cell, 8);
	for (int i = 0; i < 50; ++i) {
		cpu_exclusive_begin(me);
		mem_read(mem, &a, cell, 8);
		usleep(500);
		mem_read(mem, &b, cell, 8);
		check(a == b, "nobody runs in an exclusive section");
		cpu_exclusive_end(me);
	}
	for (int i = 0; i < 10000 && a == b; ++i) {
		usleep(1000);
		mem_read(mem, &a, cell, 8);
	}
	check(a != b, "and they go on afterwards");
	STORE_RELEASE(&stop_seen, 1);
	cpu_attention(c);
	pthread_join(thread, 0);
	cpu_free(c);
	cpu_free(me);
}

static void
test_invalidate(void)
{
	// jmp over to a second block, which is changed while linked
	static const u8 two[] = { 0xeb, 0x0e };
	static const u8 second[] = { 0xb8, 1, 0, 0, 0, 0x0f, 0x05 };
	struct cpu *c = cpu_new(mem, code);
	u64 at = place(two, sizeof two);
	mem_write(mem, at + 16, second, sizeof second);
	for (int i = 0; i < 3; ++i) {
		c->pc = at;
		check(cpu_run(c) == STOP_SYSCALL && c->r[GPR_AX] == 1, "linked block runs");
	}
	for (u8 changed = 9; changed < 12; ++changed) {
		mem_write(mem, at + 17, &changed, 1);
		for (int i = 0; i < 3; ++i) {
			c->pc = at;
			check(cpu_run(c) == STOP_SYSCALL && c->r[GPR_AX] == changed, "a changed block is seen through its link");
		}
	}
	c->pc = 0x123456000;
	check(cpu_run(c) == STOP_FAULT && c->vector == VEC_PF && c->cr2 == 0x123456000 && c->error == (PF_USER | PF_FETCH),
	      "fetch from nowhere faults");
	cpu_free(c);
}

// Order between accesses costs weakly ordered hosts fences: only when somebody
// else can see the memory, and then from before he can.
static void
test_order(int paged)
{
	struct mem *own = mem_new(paged);
	struct codecache *cache = codecache_new(own);
	struct cpu *first = cpu_new(own, cache), *second;
	mem_map(own, 0, 4096, MEM_R | MEM_W, VMA_ANON, -1, 0, 0);
	check(!first->ordered, "one thread with memory of its own needs no order");
	second = cpu_new(own, cache);
	check(first->ordered && second->ordered, "two threads need it");
	cpu_free(second);
	check(first->ordered, "and keep it");
	cpu_free(first);
	codecache_free(cache);
	cache = codecache_new(own);
	first = cpu_new(own, cache);
	check(!first->ordered, "a new process does not inherit it");
	mem_map(own, 0, 4096, MEM_R, VMA_ANON | VMA_SHARED, -1, 0, 0);
	check(first->ordered, "shared memory needs it");
	cpu_free(first);
	codecache_free(cache);
	mem_free(own);
}

static void
run_all(int paged)
{
	test_order(paged);
	pthread_t thread;
	pthread_attr_t attr;
	mem = mem_new(paged);
	code = codecache_new(mem);
	spinning = stop_seen = 0;
	test_stack_depth();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	pthread_create(&thread, &attr, on_small_stack, 0);
	pthread_join(thread, 0);
	test_exclusive();
	test_invalidate();
}

int
main(void)
{
	host_install_fault_handlers(0);
	host_thread_init();
#if LINEAR_POSSIBLE && !defined(MEM_DEFAULT_PAGED)
	if (host_page_size() == 4096)
		run_all(0);
#endif
	run_all(1);
	printf("%s\n", failures ? "engine: failures" : "engine: ok");
	return failures != 0;
}
