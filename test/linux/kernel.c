// What needs a real kernel below blink (emulators' user modes lack it): memory
// shared by vfork, threads of forked processes, the end of a process from a
// thread, execve in a thread, exit signals, the time that ppoll leaves,
// epoll_pwait2.
#include "sig.h"

static volatile int shared;
static struct t_thread threads[2];

static void
handler(int sig, struct siginfo *si, void *uc)
{
}

static void
vfork_child(void *arg)
{
	char *const no_args[] = { (char *)"x", 0 };
	shared = (int)sys(SYS_execve, "/nonexistent", no_args, 0L);
	sys(SYS_exit, 6L);
}

static void
vm_child(void *arg)
{
	on_signal(SIGUSR1, handler, 0, 0);
	sleep_ms(20);
	for (int i = 0; i < 1000; i++)
		__atomic_fetch_add(&shared, 1, __ATOMIC_SEQ_CST);
	sys(SYS_exit, arg ? 8L : 7L);
}

static char **again_argv, **again_envp;
static void
exec_child(void *arg)
{
	char *const args[] = { again_argv[0], (char *)"by vfork", 0 };
	sys(SYS_execve, again_argv[0], args, again_envp);
	sys(SYS_exit, 1L);
}

static void
dying_child(void *arg)
{
	on_signal(SIGUSR1, handler, 0, 0);
	set_mask(BIT(SIGUSR2));
	self_kill(SIGTERM);
}

static volatile i64 results[1];
static void
nothing(void *arg)
{
}

static void
sleep_long(void *arg)
{
	sleep_ms(10000);
}

static void
child_killed(void)
{
	t_thread(&threads[0], sleep_long, 0);
	self_kill(SIGTERM);
}

static void
child_fork_in_thread(void *arg)
{
	u32 status = 0;
	i64 pid = sys(SYS_fork);
	if (!pid) {
		show("  child's tid is its pid", sys(SYS_gettid) == sys(SYS_getpid));
		t_thread(&threads[1], nothing, 0);
		t_join(&threads[1]);
		sys(SYS_exit, 7L);
	}
	sys(SYS_wait4, pid, &status, 0L, 0L);
	results[0] = status;
}

static void
exit_group_from_thread(void *arg)
{
	sleep_ms(20);
	sys(SYS_exit_group, 42L);
}

static void
child_exit_group(void)
{
	t_thread(&threads[0], sleep_long, 0);
	t_thread(&threads[1], exit_group_from_thread, 0);
	sys(SYS_pause);
}

static void
exec_in_thread(void *arg)
{
	char *const argv2[] = { (char *)arg, (char *)"again", 0 };
	sys(SYS_execve, arg, argv2, 0L);
}

static int
test_main(int argc, char **argv, char **envp)
{
	static u8 stack[65536] __attribute__((aligned(16)));
	struct epoll_event { u32 events; u64 data; } __attribute__((packed)) e, got[4];
	struct { i32 fd; i16 events, revents; } f;
	struct timespec ts;
	u64 none = 0;
	u32 status;
	i64 pid, ep;
	int p[2];
	if (argc > 1) {
		show_str("executed", argv[1]);
		show("tid is pid", sys(SYS_gettid) == sys(SYS_getpid));
		return 11;
	}
	// vfork semantics: memory is shared, the parent waits
	__asm__ volatile("mov $58, %%eax\n"
	                 "	syscall\n"
	                 "	test %%eax, %%eax\n"
	                 "	jnz 1f\n"
	                 "	movl $5, %1\n"
	                 "	mov $12, %%edi\n"
	                 "	mov $60, %%eax\n"
	                 "	syscall\n"
	                 "1:"
	                 : "=&a"(pid), "+m"(shared)
	                 :
	                 : "rdi", "rcx", "r11", "memory");
	show("vfork shares", shared);
	show_hex("vfork exit", reap(pid));
	pid = t_clone(0x4100 | SIGCHLD, stack + sizeof stack, 0, 0, 0, vfork_child, 0);
	show("exec error through memory", shared);
	show_hex("its exit", reap(pid));
	again_argv = argv;
	again_envp = envp;
	pid = t_clone(0x4100 | SIGCHLD, stack + sizeof stack, 0, 0, 0, exec_child, 0);
	show_hex("exec after vfork", reap(pid));
	pid = t_clone(0x4100 | SIGCHLD, stack + sizeof stack, 0, 0, 0, dying_child, 0);
	show_hex("killed in vfork", reap(pid));
	struct ksigaction sa;
	sys(SYS_rt_sigaction, (i64)SIGUSR1, 0L, &sa, 8L);
	show("handlers are not shared", (i64)sa.handler);
	show_hex("mask is not shared", get_mask());
	// Sharing memory without waiting
	shared = 0;
	pid = t_clone(0x100 | SIGCHLD, stack + sizeof stack, 0, 0, 0, vm_child, 0);
	i64 pid2 = t_clone(0x100 | SIGCHLD, stack + sizeof stack / 2, 0, 0, 0, vm_child, stack);
	show("not yet", shared);
	for (int i = 0; i < 1000; i++)
		__atomic_fetch_add(&shared, 1, __ATOMIC_SEQ_CST);
	show_hex("first", reap(pid));
	show_hex("second", reap(pid2));
	show("shared", shared);
	sys(SYS_rt_sigaction, (i64)SIGUSR1, 0L, &sa, 8L);
	show("handlers are not shared", (i64)sa.handler);
	pid = t_clone(0xb00 | SIGCHLD, stack + sizeof stack, 0, 0, 0, vm_child, 0);
	reap(pid);
	sys(SYS_rt_sigaction, (i64)SIGUSR1, 0L, &sa, 8L);
	show("SIGHAND shares handlers", sa.handler == handler);
	// Threads of a child
	show_hex("killed", child_status(child_killed));
	t_thread(&threads[0], child_fork_in_thread, 0);
	t_join(&threads[0]);
	show_hex("fork in a thread", (u64)results[0]);
	show_hex("exit_group in a thread", child_status(child_exit_group));
	pid = sys(SYS_fork);
	if (!pid) {
		t_thread(&threads[0], exec_in_thread, argv[0]);
		sleep_ms(5000);
		sys(SYS_exit, 1L);
	}
	sys(SYS_wait4, pid, &status, 0L, 0L);
	show_hex("exec in a thread", status);
	// An end that is told by another signal than SIGCHLD
	on_signal(SIGUSR1, handler, 0, 0);
	set_mask(BIT(SIGUSR1));
	pid = sys(SYS_clone, (i64)SIGUSR1, 0L, 0L, 0L, 0L);
	if (!pid)
		sys(SYS_exit, 3L);
	show("only with __WALL", sys(SYS_wait4, pid, &status, 0L, 0L));
	show("__WALL", sys(SYS_wait4, pid, &status, 0x40000000L, 0L) == pid);
	set_mask(0);
	// No zombies
	on_signal(SIGCHLD, handler, SA_NOCLDWAIT, 0);
	set_mask(BIT(SIGCHLD));
	pid = sys(SYS_fork);
	if (!pid)
		sys(SYS_exit, 2L);
	show("SA_NOCLDWAIT", sys(SYS_wait4, pid, &status, 0L, 0L));
	set_mask(0);
	sys(SYS_pipe, p);
	on_signal(SIGALRM, handler, 0, 0);
	f.fd = p[0];
	f.events = 1;
	ts.sec = 5;
	ts.nsec = 0;
	alarm_ms(30);
	show("ppoll", sys(SYS_ppoll, &f, 1L, &ts, 0L, 8L));
	alarm_ms(0);
	show("time left", ts.sec == 4 && ts.nsec > 0);
	ep = sys(SYS_epoll_create1, 0L);
	e.events = 1;
	e.data = 77;
	sys(SYS_epoll_ctl, ep, 1L, (i64)p[0], &e);
	ts.sec = 0;
	ts.nsec = 1000000;
	show("epoll_pwait2", sys(SYS_epoll_pwait2, ep, got, 4L, &ts, 0L, 0L));
	sys(SYS_write, (i64)p[1], "x", 1L);
	show("epoll_pwait2", sys(SYS_epoll_pwait2, ep, got, 4L, 0L, &none, 8L));
	show("data", (i64)got[0].data);
	show("epoll_pwait2 size", sys(SYS_epoll_pwait2, ep, got, 4L, 0L, &none, 4L));
	return 0;
}
