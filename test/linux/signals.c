// Sending, blocking, queueing, handler masks, flags of sigaction, alternate
// stacks, default actions, and the errors of all of these.
#include "sig.h"

static volatile int calls, last_sig, last_code, order[32];
static volatile i64 last_value, last_pid_ok, on_stack;
static u8 alt[16384] __attribute__((aligned(16)));

static void
handler(int sig, struct siginfo *si, void *uc)
{
	int here;
	if (calls < 32)
		order[calls] = sig;
	calls++;
	last_sig = sig;
	last_code = si->code;
	last_value = si->value;
	last_pid_ok = si->pid == sys(SYS_getpid) && si->signo == sig;
	on_stack = (u8 *)&here >= alt && (u8 *)&here < alt + sizeof alt;
}

static void
mask_handler(int sig, struct siginfo *si, void *uc)
{
	calls++;
	show_hex("  mask in handler", get_mask());
}

static void
report(const char *name)
{
	put(name);
	put(": calls ");
	put_dec(calls);
	put(" last ");
	put_dec(last_sig);
	put(" code ");
	put_dec(last_code);
	put(" order");
	for (int i = 0; i < calls && i < 32; i++) {
		put(" ");
		put_dec(order[i]);
	}
	put("\n");
	calls = last_sig = last_code = 0;
}

static u64
pending(void)
{
	u64 set = 0;
	sys(SYS_rt_sigpending, &set, 8L);
	return set;
}

static i64
queue(int sig, int code, i64 value)
{
	struct siginfo si;
	memset(&si, 0, sizeof si);
	si.code = code;
	si.pid = (i32)sys(SYS_getpid);
	si.value = value;
	return sys(SYS_rt_sigqueueinfo, sys(SYS_getpid), (i64)sig, &si);
}

static void
child_term(void)
{
	self_kill(SIGTERM);
}

static void
write_somewhere(void)
{
	__asm__ volatile("movl $1, 8");
}

static void
child_segv(void)
{
	struct ksigaction a;
	memset(&a, 0, sizeof a);
	sys(SYS_rt_sigaction, (i64)SIGSEGV, &a, 0L, 8L);
	write_somewhere();
}

static void
child_segv_blocked(void)
{
	on_signal(SIGSEGV, handler, 0, 0);
	set_mask(BIT(SIGSEGV));
	write_somewhere();
}

static void
child_segv_ignored(void)
{
	struct ksigaction a;
	memset(&a, 0, sizeof a);
	a.handler = (void (*)(int, struct siginfo *, void *))1;
	sys(SYS_rt_sigaction, (i64)SIGSEGV, &a, 0L, 8L);
	self_kill(SIGSEGV);
	put("  sent SIGSEGV is ignored\n");
	write_somewhere();
}

static void
child_no_restorer(void)
{
	struct ksigaction a;
	memset(&a, 0, sizeof a);
	a.handler = handler;
	sys(SYS_rt_sigaction, (i64)SIGUSR1, &a, 0L, 8L);
	self_kill(SIGUSR1);
}

static void
child_bad_stack(void)
{
	on_signal(SIGUSR1, handler, 0, 0);
	sys(SYS_kill, sys(SYS_getpid), 0L);
	__asm__ volatile("mov $39, %%eax\n syscall\n mov %%eax, %%edi\n mov $10, %%esi\n mov $62, %%eax\n mov $0x1000, %%esp\n syscall" ::: "memory", "rax", "rdi", "rsi", "rcx", "r11");
}

static void
child_bad_sigreturn(void)
{
	__asm__ volatile("mov $0x1000, %%esp\n mov $15, %%eax\n syscall" ::: "memory");
}

static void
child_rt(void)
{
	self_kill(40);
}

static void
child_kill_blocked(void)
{
	set_mask(~0ul);
	self_kill(SIGKILL);
}

static void
child_ignored_by_default(void)
{
	self_kill(SIGCHLD);
	self_kill(SIGURG);
	self_kill(SIGWINCH);
	self_kill(SIGCONT);
	put("  still there\n");
}

static void
child_reset(void)
{
	on_signal(SIGUSR2, handler, SA_RESETHAND, 0);
	self_kill(SIGUSR2);
	put("  once\n");
	self_kill(SIGUSR2);
}

static int
test_main(int argc, char **argv, char **envp)
{
	struct ksigaction a;
	struct stack ss;
	u64 set;
	set_mask(0);
	on_signal(SIGUSR1, handler, 0, 0);
	show("kill", self_kill(SIGUSR1));
	show("from us", last_pid_ok);
	report("kill");
	show("tkill", sys(SYS_tkill, sys(SYS_gettid), (i64)SIGUSR1));
	report("tkill");
	show("tgkill", sys(SYS_tgkill, sys(SYS_getpid), sys(SYS_gettid), (i64)SIGUSR1));
	report("tgkill");
	show("queue", queue(SIGUSR1, -1, 0x12345678));
	show_hex("value", (u64)last_value);
	report("queue");
	struct siginfo qi;
	memset(&qi, 0, sizeof qi);
	qi.code = -1;
	qi.value = 99;
	show("rt_tgsigqueueinfo", sys(SYS_rt_tgsigqueueinfo, sys(SYS_getpid), sys(SYS_gettid), (i64)SIGUSR1, &qi));
	show("value", last_value);
	report("rt_tgsigqueueinfo");
	show("rt_tgsigqueueinfo to nobody", sys(SYS_rt_tgsigqueueinfo, sys(SYS_getpid), 0x3fffffffL, (i64)SIGUSR1, &qi));
	show("rt_tgsigqueueinfo 0", sys(SYS_rt_tgsigqueueinfo, 0L, 0L, (i64)SIGUSR1, &qi));
	show("rt_sigqueueinfo fault", sys(SYS_rt_sigqueueinfo, sys(SYS_getpid), (i64)SIGUSR1, 8L));
	show("rt_sigqueueinfo to nobody", sys(SYS_rt_sigqueueinfo, 0x3fffffffL, (i64)SIGUSR1, &qi));
	show("queue as kernel to self", queue(SIGUSR1, 0x80, 7));
	report("queue as kernel");
	// Standard signals are pending once, real-time signals as often as sent
	show_hex("old mask", set_mask(BIT(SIGUSR1) | BIT(34) | BIT(35) | BIT(32)));
	for (int i = 32; i <= 35; i++)
		on_signal(i, handler, 0, 0);
	self_kill(35);
	self_kill(SIGUSR1);
	self_kill(34);
	self_kill(SIGUSR1);
	queue(35, -1, 5);
	self_kill(32);
	queue(34, -6, 6);
	report("blocked");
	show_hex("pending", pending());
	set_mask(0);
	report("unblocked");
	show_hex("pending", pending());
	// Blocking SIGSEGV that somebody sends
	on_signal(SIGSEGV, handler, 0, 0);
	set_mask(BIT(SIGSEGV) | BIT(SIGBUS));
	self_kill(SIGSEGV);
	report("SIGSEGV blocked");
	show_hex("pending", pending());
	show_hex("mask", get_mask());
	set_mask(0);
	report("SIGSEGV unblocked");
	// Masks of handlers
	on_signal(SIGUSR2, mask_handler, 0, BIT(SIGUSR1) | BIT(50) | BIT(SIGKILL));
	self_kill(SIGUSR2);
	on_signal(SIGUSR2, mask_handler, SA_NODEFER, BIT(40));
	self_kill(SIGUSR2);
	show_hex("mask after", get_mask());
	set_mask(~0ul);
	show_hex("all but KILL and STOP", get_mask());
	set_mask(0);
	calls = 0;
	// What sigaction returns
	on_signal(SIGUSR2, handler, SA_RESETHAND | SA_ONSTACK | 0x400 | 0x800 | 8, 0x11);
	memset(&a, 0, sizeof a);
	sys(SYS_rt_sigaction, (i64)SIGUSR2, 0L, &a, 8L);
	show("same handler", a.handler == handler);
	show_hex("flags", a.flags);
	show_hex("mask", a.mask);
	show("same restorer", a.restorer == t_restorer);
	show("size 4", sys(SYS_rt_sigaction, (i64)SIGUSR2, 0L, &a, 4L));
	show("signal 0", sys(SYS_rt_sigaction, 0L, 0L, &a, 8L));
	show("signal 65", sys(SYS_rt_sigaction, 65L, 0L, &a, 8L));
	show("set SIGKILL", on_signal(SIGKILL, handler, 0, 0));
	show("get SIGKILL", sys(SYS_rt_sigaction, (i64)SIGKILL, 0L, &a, 8L));
	show("action fault", sys(SYS_rt_sigaction, (i64)SIGUSR1, 8L, 0L, 8L));
	show("mask how", sys(SYS_rt_sigprocmask, 7L, &set, 0L, 8L));
	show("mask how, no set", sys(SYS_rt_sigprocmask, 7L, 0L, &set, 8L));
	show("mask size", sys(SYS_rt_sigprocmask, 0L, &set, 0L, 16L));
	show("mask fault", sys(SYS_rt_sigprocmask, 0L, 8L, 0L, 8L));
	show("pending size", sys(SYS_rt_sigpending, &set, 9L));
	show("kill 65", self_kill(65));
	show("kill nobody", sys(SYS_kill, 0x3fffffffL, 0L));
	show("tkill 0", sys(SYS_tkill, 0L, 1L));
	show("tgkill of another", sys(SYS_tgkill, sys(SYS_getpid), 0x3fffffffL, 1L));
	// Alternate stack
	on_signal(SIGUSR1, handler, SA_ONSTACK, 0);
	memset(&ss, 0x55, sizeof ss);
	show("altstack none", sys(SYS_sigaltstack, 0L, &ss));
	show_hex("sp", ss.sp);
	show("flags", ss.flags);
	show("size", (i64)ss.size);
	ss.sp = (u64)alt;
	ss.size = 2047;
	ss.flags = 0;
	show("too small", sys(SYS_sigaltstack, &ss, 0L));
	ss.size = sizeof alt;
	ss.flags = 4;
	show("bad flags", sys(SYS_sigaltstack, &ss, 0L));
	ss.flags = 0;
	show("set", sys(SYS_sigaltstack, &ss, 0L));
	self_kill(SIGUSR1);
	show("handler on it", on_stack);
	on_signal(SIGUSR1, handler, 0, 0);
	self_kill(SIGUSR1);
	show("handler without SA_ONSTACK", on_stack);
	memset(&ss, 0, sizeof ss);
	ss.flags = 2;
	show("disable", sys(SYS_sigaltstack, &ss, 0L));
	show("restart_syscall", sys(SYS_restart_syscall));
	// How children die
	show_hex("SIGTERM", child_status(child_term));
	show_hex("SIGSEGV", child_status(child_segv));
	show_hex("SIGSEGV blocked", child_status(child_segv_blocked));
	show_hex("SIGSEGV ignored", child_status(child_segv_ignored));
	show_hex("no restorer", child_status(child_no_restorer));
	show_hex("bad stack", child_status(child_bad_stack));
	show_hex("bad sigreturn", child_status(child_bad_sigreturn));
	show_hex("real-time", child_status(child_rt));
	show_hex("SIGKILL blocked", child_status(child_kill_blocked));
	show_hex("ignored by default", child_status(child_ignored_by_default));
	show_hex("SA_RESETHAND", child_status(child_reset));
	return 0;
}
