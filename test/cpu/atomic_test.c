// atomic_test.c: locked instructions of several threads lose nothing: every
// width, aligned, misaligned, across a cache line and across a page.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/cpu.h"
#include "host/host.h"
#include "mem/mem.h"

enum { CODE = 0x11000000, DATA = 0x21000000, THREADS = 3, ROUNDS = 2000 };

struct kind { const char *name; int len; u8 code[16]; int size; };
// Each adds one, or two of them together (CMPXCHG16B on both halves).
static const struct kind kinds[] = {
	{"lock inc byte [rdi]", 3, {0xf0, 0xfe, 0x07}, 1},
	{"lock add word [rdi], 1", 5, {0xf0, 0x66, 0x83, 0x07, 0x01}, 2},
	{"lock sub dword [rdi], -1", 4, {0xf0, 0x83, 0x2f, 0xff}, 4},
	{"lock inc qword [rdi]", 4, {0xf0, 0x48, 0xff, 0x07}, 8},
	{"stc; lock adc dword [rdi], 0", 5, {0xf9, 0xf0, 0x83, 0x17, 0x00}, 4},
	{"mov eax, 1; lock xadd [rdi], rax", 10, {0xb8, 1, 0, 0, 0, 0xf0, 0x48, 0x0f, 0xc1, 0x07}, 8},
	// again: mov rax, [rdi]; lea rdx, [rax+1]; lock cmpxchg [rdi], rdx; jnz again
	{"lock cmpxchg [rdi], rdx", 14, {0x48, 0x8b, 0x07, 0x48, 0x8d, 0x50, 0x01, 0xf0, 0x48, 0x0f, 0xb1, 0x17, 0x75, 0xf2}, 8},
	// again: lea rbx, [rax+1]; lea rcx, [rdx+1]; lock cmpxchg16b [rdi]; jnz again
	{"lock cmpxchg16b [rdi]", 15, {0x48, 0x8d, 0x58, 0x01, 0x48, 0x8d, 0x4a, 0x01, 0xf0, 0x48, 0x0f, 0xc7, 0x0f, 0x75, 0xf1}, 16},
	// again: lea ebx, [rax+1]; lea ecx, [rdx+1]; lock cmpxchg8b [rdi]; jnz again
	{"lock cmpxchg8b [rdi]", 12, {0x8d, 0x58, 0x01, 0x8d, 0x4a, 0x01, 0xf0, 0x0f, 0xc7, 0x0f, 0x75, 0xf4}, 8}
};

static int failures;
static pthread_barrier_t barrier;

static void *
run_thread(void *arg)
{
	struct cpu *c = (struct cpu *)arg;
	enum stop why;
	host_thread_init();
	pthread_barrier_wait(&barrier);
	do
		why = cpu_run(c);
	while (why == STOP_ATTENTION);
	if (why != STOP_INT) {
		printf("stop %d vector %u at %llx\n", why, c->vector, (unsigned long long)c->pc);
		++failures;
	}
	host_thread_exit();
	return 0;
}

static void
run_kind(const struct kind *k, struct mem *m, struct codecache *code, u64 at)
{
	u8 text[32], b[16];
	struct cpu *c[THREADS];
	pthread_t t[THREADS];
	int i, n = k->len, ok;
	u64 want = (u64)THREADS * ROUNDS;
	memcpy(text, k->code, (size_t)n);
	// dec r8d; jnz start; int3
	text[n++] = 0x41;
	text[n++] = 0xff;
	text[n++] = 0xc8;
	text[n++] = 0x75;
	text[n] = (u8)(-(n + 1));
	++n;
	text[n++] = 0xcc;
	mem_poke(m, CODE, text, (size_t)n);
	cpu_invalidate(code, CODE, CODE + 64);
	memset(b, 0, sizeof b);
	mem_poke(m, at, b, 16);
	for (i = 0; i < THREADS; ++i) {
		c[i] = cpu_new(m, code);
		c[i]->pc = CODE;
		c[i]->r[GPR_DI] = at;
		c[i]->r[GPR_R8] = ROUNDS;
	}
	pthread_barrier_init(&barrier, 0, THREADS);
	for (i = 0; i < THREADS; ++i)
		pthread_create(&t[i], 0, run_thread, c[i]);
	for (i = 0; i < THREADS; ++i)
		pthread_join(t[i], 0);
	pthread_barrier_destroy(&barrier);
	for (i = 0; i < THREADS; ++i)
		cpu_free(c[i]);
	mem_read(m, b, at, 16);
	switch (k->size) {
	case 1: ok = b[0] == (u8)want; break;
	case 2: ok = ld16(b) == (u16)want; break;
	case 4: ok = ld32(b) == (u32)want; break;
	case 8: ok = k->code[8] == 0xc7 ? ld32(b) == want && ld32(b + 4) == want : ld64(b) == want; break;
	default: ok = ld64(b) == want && ld64(b + 8) == want;
	}
	if (!ok) {
		printf("%s at %llx: %llu instead of %llu\n", k->name, (unsigned long long)at, (unsigned long long)ld64(b), (unsigned long long)want);
		++failures;
	}
}

int
main(void)
{
	static const u64 places[] = {DATA, DATA + 1, DATA + 61, DATA + 4093};
	size_t i, j;
	int paged;
	host_install_fault_handlers(0);
	host_thread_init();
	for (paged = 0; paged < 2; ++paged) {
		struct mem *m;
		struct codecache *code;
		if (!paged && (!LINEAR_POSSIBLE || host_page_size() != PAGE_SIZE_GUEST))
			continue;
#ifdef MEM_DEFAULT_PAGED
		if (!paged)
			continue;
#endif
		m = mem_new(paged);
		code = codecache_new(m);
		if (mem_map(m, CODE, 4096, MEM_R | MEM_X, VMA_ANON | VMA_FIXED, -1, 0, 0) < 0 ||
		    mem_map(m, DATA, 8192, MEM_R | MEM_W, VMA_ANON | VMA_FIXED, -1, 0, 0) < 0) {
			printf("cannot map guest memory\n");
			return 1;
		}
		for (i = 0; i < COUNTOF(kinds); ++i)
			for (j = 0; j < COUNTOF(places); ++j)
				if (kinds[i].size < 16 || !(places[j] & 15))
					run_kind(&kinds[i], m, code, places[j]);
		mem_free(m);
		codecache_free(code);
	}
	return failures != 0;
}
