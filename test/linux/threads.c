// clone with threads, every futex operation, robust locks, thread-directed
// signals, membarrier, exit of threads and of the process.
#include "sig.h"

enum {
	WAIT = 0, WAKE = 1, REQUEUE = 3, CMP_REQUEUE = 4, WAKE_OP = 5, LOCK_PI = 6, UNLOCK_PI = 7, TRYLOCK_PI = 8,
	WAIT_BITSET = 9, WAKE_BITSET = 10, PRIVATE = 128, REALTIME = 256
};
static struct t_thread threads[4];
static u32 word, word2, pi;
static volatile int woken, hits;
static volatile i64 results[4];

static i64
futex(u32 *w, int op, u64 val, const void *timeout, u32 *w2, u64 val3)
{
	return sys(SYS_futex, w, (i64)op, val, timeout, w2, val3);
}

static void
adder(void *arg)
{
	for (int i = 0; i < 250; i++)
		__atomic_fetch_add((u64 *)arg, 1, __ATOMIC_SEQ_CST);
}

// A lock of three states, as futex(7) has it
static u32 lock;
static u64 counter;
static void
locker(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		u32 c = 0;
		if (!__atomic_compare_exchange_n(&lock, &c, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			while (__atomic_exchange_n(&lock, 2, __ATOMIC_SEQ_CST))
				futex(&lock, WAIT | PRIVATE, 2, 0, 0, 0);
		counter++;
		if (__atomic_exchange_n(&lock, 0, __ATOMIC_SEQ_CST) == 2)
			futex(&lock, WAKE | PRIVATE, 1, 0, 0, 0);
	}
}

// Threads that are about to wait; a loaded machine may take its time to start them.
static int arrived;

static void
await(int n)
{
	while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < n)
		sleep_ms(5);
	sleep_ms(150);
	__atomic_store_n(&arrived, 0, __ATOMIC_SEQ_CST);
}

static void
waiter(void *arg)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
	results[(i64)arg] = futex(&word, WAIT | PRIVATE, 0, 0, 0, 0);
	__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
}

static void
bit_waiter(void *arg)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
	results[(i64)arg] = futex(&word, WAIT_BITSET | PRIVATE, 0, 0, 0, 1ul << (i64)arg);
	__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
}

static void
pi_waiter(void *arg)
{
	results[0] = futex(&pi, LOCK_PI | PRIVATE, 0, 0, 0, 0);
	results[2] = (pi & 0x3fffffff) == sys(SYS_gettid);
	results[1] = futex(&pi, UNLOCK_PI | PRIVATE, 0, 0, 0, 0);
}

// One robust lock, its list and a thread that dies with it
static struct { void *next; u64 offset; void *pending; } head;
static struct { void *next; u32 word; } node;
static void
robber(void *arg)
{
	head.next = &node;
	head.offset = (u64)&node.word - (u64)&node;
	head.pending = 0;
	node.next = &head;
	show("  set_robust_list", sys(SYS_set_robust_list, &head, 24L));
	show("  bad size", sys(SYS_set_robust_list, &head, 23L));
	node.word = (u32)sys(SYS_gettid) | 0x80000000u;
	sleep_ms(20);
}

static void
robust_waiter(void *arg)
{
	u32 seen = node.word;
	while (!(seen & 0x40000000)) {
		futex(&node.word, WAIT, seen, 0, 0, 0);
		seen = node.word;
	}
	show_hex("  owner died", seen & 0xc0000000);
}

static void
handler(int sig, struct siginfo *si, void *uc)
{
	hits++;
	results[3] = sys(SYS_gettid);
}

static void
sleeper(void *arg)
{
	struct timespec ts;
	ts.sec = 10;
	ts.nsec = 0;
	__atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
	results[0] = sys(SYS_nanosleep, &ts, 0L);
	results[1] = results[3] == sys(SYS_gettid);
}

static void
masked(void *arg)
{
	results[0] = (i64)get_mask();
	set_mask(0);
}

static void
tls_user(void *arg)
{
	u64 fs;
	__asm__("mov %%fs:8, %0" : "=r"(fs));
	show_hex("  fs:8", fs);
}

static void
wait_until_asleep(int n)
{
	while (woken < n)
		sleep_ms(1);
	sleep_ms(20);
}

static int
test_main(int argc, char **argv, char **envp)
{
	struct timespec ts;
	u64 total = 0, *tls;
	i64 r;
	for (int i = 0; i < 4; i++)
		show_ok("clone", t_thread(&threads[i], adder, &total));
	for (int i = 0; i < 4; i++)
		t_join(&threads[i]);
	show("added", (i64)total);
	for (int i = 0; i < 4; i++)
		t_thread(&threads[i], locker, 0);
	for (int i = 0; i < 4; i++)
		t_join(&threads[i]);
	show("counted", (i64)counter);
	// futex without anybody else
	ts.sec = 0;
	ts.nsec = 5000000;
	show("value differs", futex(&word, WAIT, 1, 0, 0, 0));
	show("timeout", futex(&word, WAIT, 0, &ts, 0, 0));
	ts.nsec = 1000000000;
	show("bad timeout", futex(&word, WAIT, 0, &ts, 0, 0));
	show("timeout fault", futex(&word, WAIT, 0, (void *)8, 0, 0));
	ts.nsec = 0;
	show("absolute in the past", futex(&word, WAIT_BITSET, 0, &ts, 0, ~0u));
	show("absolute, real time", futex(&word, WAIT_BITSET | REALTIME, 0, &ts, 0, ~0u));
	show("WAIT on real time", futex(&word, WAIT | REALTIME, 1, &ts, 0, 0));
	show("WAKE on real time", futex(&word, WAKE | REALTIME, 1, 0, 0, 0));
	show("not aligned", futex((u32 *)((u8 *)&word + 1), WAIT, 0, 0, 0, 0));
	show("wait at nothing", futex((u32 *)8, WAIT, 0, 0, 0, 0));
	show("wake at nothing", futex((u32 *)8, WAKE, 0, 0, 0, 0));
	show("private wake at nothing", futex((u32 *)8, WAKE | PRIVATE, 1, 0, 0, 0));
	show("wake nobody", futex(&word, WAKE, 1, 0, 0, 0));
	show("no bits", futex(&word, WAIT_BITSET, 0, 0, 0, 0));
	show("no bits to wake", futex(&word, WAKE_BITSET, 0, 0, 0, 0));
	show("unknown operation", futex(&word, 99, 0, 0, 0, 0));
	show("negative requeue", futex(&word, REQUEUE, 1, (void *)-1l, &word2, 0));
	// Wake, requeue
	for (i64 i = 0; i < 4; i++)
		t_thread(&threads[i], waiter, (void *)i);
	await(4);
	show("wake one", futex(&word, WAKE | PRIVATE, 1, 0, 0, 0));
	show("requeue, value differs", futex(&word, CMP_REQUEUE | PRIVATE, 1, (void *)9, &word2, 5));
	show("requeue", futex(&word, CMP_REQUEUE | PRIVATE, 1, (void *)1, &word2, 0));
	show("wake the requeued", futex(&word2, WAKE | PRIVATE, 9, 0, 0, 0));
	show("requeue without compare", futex(&word, REQUEUE | PRIVATE, 0, (void *)9, &word2, 0));
	show("wake the requeued", futex(&word2, WAKE | PRIVATE, 9, 0, 0, 0));
	for (int i = 0; i < 4; i++) {
		t_join(&threads[i]);
		show("waiter", results[i]);
	}
	for (i64 i = 0; i < 2; i++)
		t_thread(&threads[i], bit_waiter, (void *)i);
	await(2);
	show("wake bit 2", futex(&word, WAKE_BITSET | PRIVATE, 9, 0, 0, 4));
	show("wake bit 1", futex(&word, WAKE_BITSET | PRIVATE, 9, 0, 0, 2));
	t_join(&threads[1]);
	show("wake bit 0", futex(&word, WAKE_BITSET | PRIVATE, 9, 0, 0, 1));
	t_join(&threads[0]);
	// WAKE_OP: op << 28 | cmp << 24 | oparg << 12 | cmparg
	static const u32 ops[] = { 0u << 28 | 0 << 24 | 7 << 12 | 5, 1u << 28 | 1 << 24 | 0xfff << 12 | 7, 2u << 28 | 2 << 24 | 0x10 << 12 | 9,
		3u << 28 | 3 << 24 | 2 << 12 | 0x16, 4u << 28 | 4 << 24 | 0xff << 12 | 1, 8u << 28 | 5 << 24 | 5 << 12 | 0, 5u << 28 };
	word2 = 5;
	for (int i = 0; i < 7; i++) {
		show("wake_op", futex(&word, WAKE_OP | PRIVATE, 1, (void *)1, &word2, ops[i]));
		show_hex("word", word2);
	}
	t_thread(&threads[0], waiter, (void *)0);
	await(1);
	word2 = 1;
	show("wake_op wakes", futex(&word2, WAKE_OP | PRIVATE, 1, (void *)1, &word, 1u << 28 | 0 << 24 | 1 << 12 | 0));
	t_join(&threads[0]);
	word = 0;
	// Priority inheritance
	show("lock_pi", futex(&pi, LOCK_PI | PRIVATE, 0, 0, 0, 0));
	show("mine", pi == sys(SYS_gettid));
	show("again", futex(&pi, LOCK_PI | PRIVATE, 0, 0, 0, 0));
	show("try", futex(&pi, TRYLOCK_PI | PRIVATE, 0, 0, 0, 0));
	t_thread(&threads[0], pi_waiter, 0);
	while (!(__atomic_load_n(&pi, __ATOMIC_SEQ_CST) & 0x80000000u))
		sleep_ms(1);
	sleep_ms(20);
	show("unlock_pi", futex(&pi, UNLOCK_PI | PRIVATE, 0, 0, 0, 0));
	t_join(&threads[0]);
	show("waiter locked", results[0]);
	show("owner", results[2]);
	show("waiter unlocked", results[1]);
	show_hex("pi free", pi);
	show("unlock_pi, not mine", futex(&pi, UNLOCK_PI | PRIVATE, 0, 0, 0, 0));
	// Robust
	t_thread(&threads[0], robber, 0);
	sleep_ms(10);
	t_thread(&threads[1], robust_waiter, 0);
	t_join(&threads[0]);
	t_join(&threads[1]);
	u64 where = 1, size = 1;
	show("get_robust_list", sys(SYS_get_robust_list, 0L, &where, &size));
	show("size", (i64)size);
	show("of nobody", sys(SYS_get_robust_list, 0x3fffffffL, &where, &size));
	// Signals to one thread; masks are inherited
	on_signal(SIGUSR1, handler, 0, 0);
	woken = 0;
	t_thread(&threads[0], sleeper, 0);
	wait_until_asleep(1);
	show("tgkill", sys(SYS_tgkill, sys(SYS_getpid), (i64)threads[0].tid, (i64)SIGUSR1));
	t_join(&threads[0]);
	show("sleep", results[0]);
	show("in that thread", results[1]);
	show("hits", hits);
	set_mask(0x1234);
	t_thread(&threads[0], masked, 0);
	t_join(&threads[0]);
	show_hex("inherited", (u64)results[0]);
	show_hex("own", get_mask());
	// A signal for the process goes to the thread that does not block it
	set_mask(BIT(SIGUSR1));
	woken = hits = 0;
	u64 keep = get_mask();
	set_mask(0);
	t_thread(&threads[0], sleeper, 0);
	wait_until_asleep(1);
	set_mask(keep);
	self_kill(SIGUSR1);
	t_join(&threads[0]);
	show("other thread took it", results[1] && hits == 1);
	set_mask(0);
	// TLS
	tls = (u64 *)sys(SYS_mmap, 0L, 4096L, 3L, 0x22L, -1L, 0L);
	tls[1] = 0xabcdef;
	threads[0].tid = -1;
	t_clone(0x350f00 | 0x80000, threads[0].stack + sizeof threads[0].stack, &threads[0].tid, &threads[0].tid, (u64)tls, tls_user, 0);
	t_join(&threads[0]);
	r = sys(SYS_set_tid_address, 0L);
	show("set_tid_address", r == sys(SYS_gettid));
	show_ok("membarrier query", sys(SYS_membarrier, 0L, 0L));
	show("membarrier unknown", sys(SYS_membarrier, 0x40000000L, 0L));
	show("membarrier flags", sys(SYS_membarrier, 0L, 77L));
	// Errors of clone
	show("THREAD without SIGHAND", sys(SYS_clone, 0x10100L, 0L, 0L, 0L, 0L));
	show("SIGHAND without VM", sys(SYS_clone, 0x800L, 0L, 0L, 0L, 0L));
	show("NEWNS and FS", sys(SYS_clone, 0x20200L, 0L, 0L, 0L, 0L));
	show("clone3 small", sys(SYS_clone3, 0L, 8L));
	show("clone3 fault", sys(SYS_clone3, 8L, 64L));
	show("clone3 large", sys(SYS_clone3, 0L, 5000L));
	return 0;
}
