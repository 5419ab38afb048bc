// watch_test.c: writers and a decoder race for one page. Once a write has
// returned, nothing decoded before it may still be in use: the crowd tries it
// at random, one known sequence of events is played through step by step.
#include "host/host.h"
#include "mem/mem.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <unistd.h>

enum { WRITERS = 3, ROUNDS = 1500 };

static struct mem *m;
static u64 g_page;
static pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
static u64 g_epoch, g_drops;
static int g_valid, g_failed, g_done;
static u8 g_code[8 * WRITERS];  // what the decoder saw
static THREAD_LOCAL sigjmp_buf *t_env;

static void
on_code(void *arg, u64 lo, u64 hi)
{
	pthread_mutex_lock(&g_lock);
	g_epoch++;
	g_drops++;
	g_valid = 0;
	pthread_mutex_unlock(&g_lock);
}

static void
on_fault(int sig, siginfo_t *info, void *uc)
{
	if (t_env)
		siglongjmp(*t_env, 1);
}

static void *
decode(void *arg)
{
	u8 buf[sizeof g_code];
	while (!__atomic_load_n(&g_done, __ATOMIC_RELAXED)) {
		u64 epoch;
		pthread_mutex_lock(&g_lock);
		epoch = g_epoch;
		pthread_mutex_unlock(&g_lock);
		mem_watch_code(m, g_page, sizeof buf);
		if (mem_fetch(m, buf, g_page, sizeof buf) != sizeof buf)
			g_failed = 1;
		pthread_mutex_lock(&g_lock);
		if (g_epoch == epoch && !g_valid) {
			memcpy(g_code, buf, sizeof buf);
			__atomic_store_n(&g_valid, 1, __ATOMIC_RELEASE);
		}
		pthread_mutex_unlock(&g_lock);
	}
	return 0;
}

// As the engine writes in linear memory: directly, and after a fault again.
static void
store(u64 gva, volatile u64 x)
{
	sigjmp_buf env;
	enum mem_fault why;
	if (sigsetjmp(env, 0) && !mem_slow(m, 0, gva, MEM_W, &why))
		g_failed = 1;
	t_env = &env;
	COMPILER_FENCE();
#if HOST_ATOMIC64
	__atomic_store_n((u64 *)(uintptr_t)(gva + LINEAR_BASE), x, __ATOMIC_SEQ_CST);
#else
	*(volatile u64 *)(uintptr_t)(gva + LINEAR_BASE) = x;
#endif
	COMPILER_FENCE();
	t_env = 0;
}

static void *
write_words(void *arg)
{
	u64 i = (u64)(uintptr_t)arg, gva = g_page + 8 * i, k;
	host_thread_init();
	for (k = 1; k <= ROUNDS && !g_failed; k++) {
		u8 word[8];
		u64 x = k;
		if (!HOST_LITTLE)
			x = __builtin_bswap64(x);
		memcpy(word, &x, 8);
		if (mem_is_paged(m) || k % 3 == 0) {
			if (mem_write(m, gva, word, 8)) {
				printf("mem_write failed in round %llu\n", (unsigned long long)k);
				g_failed = 1;
			}
		} else {
			store(gva, x);
		}
		pthread_mutex_lock(&g_lock);
		if (g_valid && ld64(g_code + 8 * i) < k) {
			printf("%s: writer %d wrote %llu, but %llu is decoded\n", mem_is_paged(m) ? "paged" : "linear", (int)i, (unsigned long long)k, (unsigned long long)ld64(g_code + 8 * i));
			g_failed = 1;
		}
		pthread_mutex_unlock(&g_lock);
	}
	host_thread_exit();
	return 0;
}

// One writer tells; meanwhile the page is decoded again, and a second writer
// drops that watch but is held up before it has told. The first one finds the
// page unwatched and must tell again before its write is done.
static pthread_t g_second;
static int g_tells, g_second_told, g_second_may_go;
static THREAD_LOCAL int t_is_second;

static void *
write_second(void *arg)
{
	host_thread_init();
	t_is_second = 1;
	g_failed |= mem_write(m, g_page + 8, "second", 7) != 0;
	host_thread_exit();
	return 0;
}

static void
on_code_step(void *arg, u64 lo, u64 hi)
{
	u8 buf[8];
	if (t_is_second) {
		__atomic_store_n(&g_second_told, 1, __ATOMIC_SEQ_CST);
		while (!__atomic_load_n(&g_second_may_go, __ATOMIC_SEQ_CST))
			sched_yield();
	} else if (++g_tells == 1) {
		mem_watch_code(m, g_page, sizeof buf);
		g_failed |= mem_fetch(m, buf, g_page, sizeof buf) != sizeof buf;
		pthread_create(&g_second, 0, write_second, 0);
		while (!__atomic_load_n(&g_second_told, __ATOMIC_SEQ_CST))
			sched_yield();
	}
}

static void
told_before_but_dropped_since(int paged)
{
	struct mem_hooks hooks = {0, on_code_step, 0, 0};
	g_tells = g_second_told = g_second_may_go = 0;
	m = mem_new(paged);
	mem_set_hooks(m, &hooks);
	g_page = (u64)mem_map(m, 0, 4096, MEM_R | MEM_W | MEM_X, 0, -1, 0, 0);
	mem_watch_code(m, g_page, 8);
	g_failed |= mem_write(m, g_page, "first", 6) != 0;
	if (g_tells < 2) {
		printf("%s: a write whose watch another thread dropped told %d times, not twice\n", paged ? "paged" : "linear", g_tells);
		g_failed = 1;
	}
	__atomic_store_n(&g_second_may_go, 1, __ATOMIC_SEQ_CST);
	pthread_join(g_second, 0);
	mem_free(m);
}

int
main(void)
{
	struct mem_hooks hooks = {0, on_code, 0, 0};
	pthread_t decoder, writer[WRITERS];
	int paged, i;
	host_install_fault_handlers(0);
	told_before_but_dropped_since(0);
	told_before_but_dropped_since(1);
	for (paged = 0; paged < 2; paged++) {
		m = mem_new(paged);
		host_claim_faults(on_fault);
		mem_set_hooks(m, &hooks);
		g_page = (u64)mem_map(m, 0, 4096, MEM_R | MEM_W | MEM_X, 0, -1, 0, 0);
		g_valid = g_done = 0;
		g_drops = 0;
		pthread_create(&decoder, 0, decode, 0);
		while (!__atomic_load_n(&g_valid, __ATOMIC_ACQUIRE))
			sched_yield();
		for (i = 0; i < WRITERS; i++)
			pthread_create(&writer[i], 0, write_words, (void *)(uintptr_t)i);
		for (i = 0; i < WRITERS; i++)
			pthread_join(writer[i], 0);
		__atomic_store_n(&g_done, 1, __ATOMIC_RELAXED);
		pthread_join(decoder, 0);
		if (!g_drops) {
			puts("nothing was ever dropped");
			g_failed = 1;
		}
		mem_free(m);
	}
	return g_failed;
}
