// Waiting calls that a signal ends, restarts or changes the mask of; and that
// no signal is lost between the look and the wait.
#include "sig.h"

static volatile int calls;

static void
handler(int sig, struct siginfo *si, void *uc)
{
	calls++;
}

static void
result(const char *name, i64 r)
{
	alarm_ms(0);
	put(name);
	put(": ");
	put_dec(r);
	put(" called ");
	put_dec(calls > 0);
	put(" mask ");
	put_hex(get_mask());
	put("\n");
	calls = 0;
}

static void
writer(void *arg)
{
	sleep_ms(60);
	sys(SYS_write, (i64)*(int *)arg, "x", 1L);
}

static int
test_main(int argc, char **argv, char **envp)
{
	static struct t_thread thread;
	struct timespec ts, left;
	struct { i32 fd; i16 events, revents; } p;
	struct { u64 *set, size; } ps;
	struct { u32 events; u64 data; } __attribute__((packed)) ev;
	struct siginfo si;
	u64 none = 0, fds, set;
	int pipe[2];
	u32 word = 0;
	char c;
	i64 pid, me = sys(SYS_getpid), ep;
	set_mask(0);
	sys(SYS_pipe, pipe);
	// read
	on_signal(SIGALRM, handler, 0, 0);
	alarm_ms(30);
	result("read", sys(SYS_read, (i64)pipe[0], &c, 1L));
	on_signal(SIGALRM, handler, SA_RESTART, 0);
	alarm_ms(20);
	t_thread(&thread, writer, &pipe[1]);
	result("read, SA_RESTART", sys(SYS_read, (i64)pipe[0], &c, 1L));
	t_join(&thread);
	// Calls that SA_RESTART does not restart
	ts.sec = 5;
	ts.nsec = 0;
	alarm_ms(30);
	result("nanosleep", sys(SYS_nanosleep, &ts, &left));
	show("time left", left.sec == 4 && left.nsec > 0);
	alarm_ms(30);
	result("clock_nanosleep", sys(SYS_clock_nanosleep, 1L, 0L, &ts, &left));
	p.fd = pipe[0];
	p.events = 1;
	alarm_ms(30);
	result("poll", sys(SYS_poll, &p, 1L, -1L));
	result("poll timeout", sys(SYS_poll, &p, 1L, 5L));
	alarm_ms(30);
	result("ppoll", sys(SYS_ppoll, &p, 1L, &ts, 0L, 8L));
	fds = 1ul << pipe[0];
	alarm_ms(30);
	result("select", sys(SYS_select, (i64)pipe[0] + 1, &fds, 0L, 0L, 0L));
	alarm_ms(30);
	result("pselect6", sys(SYS_pselect6, (i64)pipe[0] + 1, &fds, 0L, 0L, 0L, 0L));
	ep = sys(SYS_epoll_create1, 0L);
	ev.events = 1;
	ev.data = 0x123456789abcdef0;
	sys(SYS_epoll_ctl, ep, 1L, (i64)pipe[0], &ev);
	alarm_ms(30);
	result("epoll_wait", sys(SYS_epoll_wait, ep, &ev, 1L, -1L));
	alarm_ms(30);
	result("pause", sys(SYS_pause));
	alarm_ms(30);
	ts.sec = 5;
	result("futex with timeout", sys(SYS_futex, &word, 0L, 0L, &ts));
	on_signal(SIGALRM, handler, 0, 0);
	alarm_ms(30);
	result("futex", sys(SYS_futex, &word, 0L, 0L, 0L));
	alarm_ms(30);
	set = BIT(SIGUSR2);
	result("sigtimedwait interrupted", sys(SYS_rt_sigtimedwait, &set, &si, 0L, 8L));
	pid = sys(SYS_fork);
	if (!pid) {
		sleep_ms(3000);
		sys(SYS_exit, 0L);
	}
	alarm_ms(30);
	result("wait4", sys(SYS_wait4, -1L, 0L, 0L, 0L));
	sys(SYS_kill, pid, (i64)SIGKILL);
	result("wait4", sys(SYS_wait4, pid, 0L, 0L, 0L) == pid);
	// Masks for the time of the call
	set_mask(BIT(SIGALRM));
	alarm_ms(20);
	result("sigsuspend", sys(SYS_rt_sigsuspend, &none, 8L));
	self_kill(SIGALRM);
	result("sigsuspend, pending before", sys(SYS_rt_sigsuspend, &none, 8L));
	self_kill(SIGALRM);
	ts.sec = 1;
	result("ppoll, pending before", sys(SYS_ppoll, &p, 1L, &ts, &none, 8L));
	ps.set = &none;
	ps.size = 8;
	self_kill(SIGALRM);
	result("pselect6, pending before", sys(SYS_pselect6, (i64)pipe[0] + 1, &fds, 0L, 0L, 0L, &ps));
	self_kill(SIGALRM);
	result("epoll_pwait, pending before", sys(SYS_epoll_pwait, ep, &ev, 1L, -1L, &none, 8L));
	sys(SYS_write, (i64)pipe[1], "y", 1L);
	self_kill(SIGALRM);
	result("ppoll, pending and ready", sys(SYS_ppoll, &p, 1L, 0L, &none, 8L));
	result("epoll_pwait, pending and ready", sys(SYS_epoll_pwait, ep, &ev, 1L, -1L, &none, 8L));
	show_hex("event data", ev.data);
	set = BIT(SIGALRM);
	result("sigtimedwait takes it", sys(SYS_rt_sigtimedwait, &set, &si, 0L, 8L));
	show("signo", si.signo);
	ts.sec = 0;
	ts.nsec = 5000000;
	result("sigtimedwait timeout", sys(SYS_rt_sigtimedwait, &set, &si, &ts, 8L));
	ts.nsec = 1000000000;
	result("sigtimedwait bad time", sys(SYS_rt_sigtimedwait, &set, &si, &ts, 8L));
	show("sigsuspend size", sys(SYS_rt_sigsuspend, &none, 4L));
	show("sigsuspend fault", sys(SYS_rt_sigsuspend, 8L, 8L));
	show("ppoll size", sys(SYS_ppoll, &p, 1L, 0L, &none, 4L));
	// Wake-ups must not get lost: a child answers each byte with a signal.
	on_signal(SIGUSR2, handler, 0, 0);
	set_mask(BIT(SIGUSR2));
	sys(SYS_read, (i64)pipe[0], &c, 1L);
	pid = sys(SYS_fork);
	if (!pid) {
		while (sys(SYS_read, (i64)pipe[0], &c, 1L) == 1 && c)
			sys(SYS_kill, me, (i64)SIGUSR2);
		sys(SYS_exit, 0L);
	}
	for (int i = 0; i < 1000; i++) {
		sys(SYS_write, (i64)pipe[1], "x", 1L);
		sys(SYS_rt_sigsuspend, &none, 8L);
	}
	show("sigsuspend race", calls);
	calls = 0;
	for (int i = 0; i < 1000; i++) {
		sys(SYS_write, (i64)pipe[1], "x", 1L);
		sys(SYS_ppoll, 0L, 0L, 0L, &none, 8L);
	}
	show("ppoll race", calls);
	sys(SYS_write, (i64)pipe[1], "", 1L);
	sys(SYS_wait4, pid, 0L, 0L, 0L);
	return 0;
}
