// poll, select, epoll, eventfd, timerfd, signalfd, interval and POSIX timers:
// results and errors.
#include "sig.h"

struct epoll_event { u32 events; u64 data; } __attribute__((packed));
struct pollfd { i32 fd; i16 events, revents; };
struct itimerspec { struct timespec interval, value; };
static volatile int calls, code;
static volatile i64 value;

static void
handler(int sig, struct siginfo *si, void *uc)
{
	calls++;
	code = si->code;
	value = si->value;
}

static void
set_time(struct itimerspec *t, i64 ms, i64 interval_ms)
{
	memset(t, 0, sizeof *t);
	t->value.sec = ms / 1000;
	t->value.nsec = ms % 1000 * 1000000;
	t->interval.sec = interval_ms / 1000;
	t->interval.nsec = interval_ms % 1000 * 1000000;
}

static void
test_poll(int *p)
{
	struct pollfd f[4];
	f[0].fd = p[0];
	f[0].events = 1;
	f[1].fd = p[1];
	f[1].events = 4;
	f[2].fd = -7;
	f[2].events = 1;
	f[2].revents = 0x55;
	f[3].fd = 999;
	f[3].events = 0;
	show("poll", sys(SYS_poll, f, 4L, 1000L));
	for (int i = 0; i < 4; i++)
		show_hex("revents", (u64)f[i].revents);
	show("poll nothing", sys(SYS_poll, f, 1L, 0L));
	show("poll none", sys(SYS_poll, 0L, 0L, 1L));
	show("poll fault", sys(SYS_poll, 8L, 1L, 0L));
	show("poll many", sys(SYS_poll, f, 0x7fffffffL, 0L));
}

static void
test_select(int *p)
{
	u64 r[16], w[16], x[16];
	i64 tv[2];
	memset(r, 0, sizeof r);
	memset(w, 0, sizeof w);
	memset(x, 0, sizeof x);
	r[0] = 1ul << p[0];
	w[0] = 1ul << p[1];
	x[0] = 1ul << p[0];
	tv[0] = 1;
	tv[1] = 0;
	show("select", sys(SYS_select, (i64)p[1] + 1, r, w, x, tv));
	show("sets", !r[0] && w[0] == 1ul << p[1] && !x[0]);
	r[0] = 1ul << p[0];
	tv[0] = 0;
	tv[1] = 2000;
	show("select timeout", sys(SYS_select, (i64)p[0] + 1, r, 0L, 0L, tv));
	show("time left", tv[0] * 1000000 + tv[1]);
	tv[1] = -1;
	show("select bad time", sys(SYS_select, 0L, 0L, 0L, 0L, tv));
	show("select negative", sys(SYS_select, -1L, 0L, 0L, 0L, tv));
	r[0] = 1ul << 60;
	tv[1] = 0;
	sys(SYS_close, 60L); // within the smallest descriptor table: bits beyond the table are not looked at
	show("select closed", sys(SYS_select, 61L, r, 0L, 0L, tv));
	show("select fault", sys(SYS_select, 10L, 8L, 0L, 0L, tv));
}

static void
test_epoll(int *p)
{
	struct epoll_event e, got[4];
	i64 ep = sys(SYS_epoll_create1, 02000000L);
	show_ok("epoll_create1", ep);
	show("epoll_create1 flags", sys(SYS_epoll_create1, 1L));
	show("epoll_create 0", sys(SYS_epoll_create, 0L));
	e.events = 1;
	e.data = 0xfedcba9876543210;
	show("add", sys(SYS_epoll_ctl, ep, 1L, (i64)p[0], &e));
	show("add again", sys(SYS_epoll_ctl, ep, 1L, (i64)p[0], &e));
	show("modify another", sys(SYS_epoll_ctl, ep, 3L, (i64)p[1], &e));
	show("delete another", sys(SYS_epoll_ctl, ep, 2L, (i64)p[1], 0L));
	show("add itself", sys(SYS_epoll_ctl, ep, 1L, ep, &e));
	show("add closed", sys(SYS_epoll_ctl, ep, 1L, 999L, &e));
	show("add fault", sys(SYS_epoll_ctl, ep, 1L, (i64)p[1], 8L));
	show("bad operation", sys(SYS_epoll_ctl, ep, 9L, (i64)p[1], &e));
	e.events = 4;
	e.data = 2;
	show("add writer", sys(SYS_epoll_ctl, ep, 1L, (i64)p[1], &e));
	show("wait", sys(SYS_epoll_wait, ep, got, 4L, -1L));
	show_hex("events", got[0].events);
	show_hex("data", got[0].data);
	sys(SYS_write, (i64)p[1], "x", 1L);
	show("wait", sys(SYS_epoll_wait, ep, got, 4L, -1L));
	show("both", got[0].data + got[1].data == 0xfedcba9876543212);
	show("room for one", sys(SYS_epoll_wait, ep, got, 1L, -1L));
	show("no room", sys(SYS_epoll_wait, ep, got, 0L, 0L));
	show("fault", sys(SYS_epoll_wait, ep, 8L, 4L, 0L));
	show("not an epoll", sys(SYS_epoll_wait, (i64)p[0], got, 4L, 0L));
	show("closed", sys(SYS_epoll_wait, 999L, got, 4L, 0L));
	e.events = 1u << 30 | 1;  // EPOLLONESHOT
	show("modify", sys(SYS_epoll_ctl, ep, 3L, (i64)p[0], &e));
	show("delete writer", sys(SYS_epoll_ctl, ep, 2L, (i64)p[1], 0L));
	show("once", sys(SYS_epoll_wait, ep, got, 4L, 1L));
	show("twice", sys(SYS_epoll_wait, ep, got, 4L, 1L));
	char c;
	sys(SYS_read, (i64)p[0], &c, 1L);
}

static void
test_fds(void)
{
	u64 x = 0;
	u8 info[128];
	struct itimerspec t, old;
	u64 set = BIT(SIGUSR2);
	i64 fd = sys(SYS_eventfd2, 3L, 04000L);
	show("eventfd read", sys(SYS_read, fd, &x, 8L));
	show("value", (i64)x);
	show("empty", sys(SYS_read, fd, &x, 8L));
	x = 7;
	show("eventfd write", sys(SYS_write, fd, &x, 8L));
	show("short", sys(SYS_read, fd, &x, 4L));
	sys(SYS_read, fd, &x, 8L);
	show("value", (i64)x);
	fd = sys(SYS_eventfd2, 2L, 1L);
	sys(SYS_read, fd, &x, 8L);
	show("semaphore", (i64)x);
	show("eventfd2 flags", sys(SYS_eventfd2, 0L, 0x100L));
	show_ok("eventfd", sys(SYS_eventfd, 0L));
	fd = sys(SYS_timerfd_create, 1L, 0L);
	set_time(&t, 5, 0);
	show("timerfd_settime", sys(SYS_timerfd_settime, fd, 0L, &t, &old));
	show("timerfd read", sys(SYS_read, fd, &x, 8L));
	show("expirations", (i64)x);
	show("timerfd_gettime", sys(SYS_timerfd_gettime, fd, &t));
	show("disarmed", t.value.sec + t.value.nsec);
	set_time(&t, 100000, 3000);
	sys(SYS_timerfd_settime, fd, 0L, &t, 0L);
	sys(SYS_timerfd_gettime, fd, &t);
	show("remaining", t.value.sec == 99 && t.interval.sec == 3);
	t.value.nsec = -1;
	show("timerfd bad time", sys(SYS_timerfd_settime, fd, 0L, &t, 0L));
	show("timerfd fault", sys(SYS_timerfd_settime, fd, 0L, 8L, 0L));
	show("not a timerfd", sys(SYS_timerfd_gettime, 1L, &t));
	show("timerfd_create clock", sys(SYS_timerfd_create, 55L, 0L));
	show("timerfd_create flags", sys(SYS_timerfd_create, 1L, 1L));
	set_mask(set);
	fd = sys(SYS_signalfd4, -1L, &set, 8L, 04000L);
	show_ok("signalfd4", fd);
	show("nothing", sys(SYS_read, fd, info, 128L));
	self_kill(SIGUSR2);
	show("signalfd read", sys(SYS_read, fd, info, 128L));
	show("signo", *(u32 *)info);
	show("code", *(i32 *)(info + 8));
	show("pid", *(u32 *)(info + 12) == sys(SYS_getpid));
	set = BIT(SIGUSR1);
	show("change its mask", sys(SYS_signalfd4, fd, &set, 8L, 0L) == fd);
	show("signalfd4 flags", sys(SYS_signalfd4, -1L, &set, 8L, 1L));
	show("signalfd4 size", sys(SYS_signalfd4, -1L, &set, 4L, 0L));
	show("not a signalfd", sys(SYS_signalfd4, 1L, &set, 8L, 0L));
	show_ok("signalfd", sys(SYS_signalfd, -1L, &set, 8L));
	set_mask(0);
}

static void
test_timers(void)
{
	struct { i64 value; i32 signo, notify, tid; u8 pad[44]; } ev;
	struct itimerspec t, old;
	struct itimer it;
	i32 id = -1;
	on_signal(SIGALRM, handler, 0, 0);
	on_signal(SIGUSR1, handler, 0, 0);
	show("alarm", sys(SYS_alarm, 100L));
	show("alarm again", sys(SYS_alarm, 0L));
	it.isec = it.iusec = it.sec = 0;
	it.usec = 2000;
	show("setitimer", sys(SYS_setitimer, 0L, &it, 0L));
	while (!calls)
		sleep_ms(1);
	show("calls", calls);
	it.usec = 1000000;
	show("setitimer bad", sys(SYS_setitimer, 0L, &it, 0L));
	it.usec = 0;
	show("setitimer which", sys(SYS_setitimer, 3L, &it, 0L));
	show("setitimer fault", sys(SYS_setitimer, 0L, 8L, 0L));
	it.sec = 1000;
	it.isec = 5;
	sys(SYS_setitimer, 2L, &it, 0L);
	show("getitimer", sys(SYS_getitimer, 2L, &it));
	show("remaining", it.sec >= 999 && it.isec == 5);
	show("getitimer which", sys(SYS_getitimer, -1L, &it));
	memset(&ev, 0, sizeof ev);
	ev.value = 0x11223344;
	ev.signo = SIGUSR1;
	show("timer_create", sys(SYS_timer_create, 1L, &ev, &id));
	set_time(&t, 2, 0);
	calls = 0;
	show("timer_settime", sys(SYS_timer_settime, (i64)id, 0L, &t, &old));
	while (!calls)
		sleep_ms(1);
	show("code", code);
	show_hex("value", (u64)value);
	show("overrun", sys(SYS_timer_getoverrun, (i64)id));
	set_time(&t, 50000, 7000);
	sys(SYS_timer_settime, (i64)id, 0L, &t, 0L);
	show("timer_gettime", sys(SYS_timer_gettime, (i64)id, &t));
	show("remaining", t.value.sec == 49 && t.interval.sec == 7);
	show("timer_settime, no time", sys(SYS_timer_settime, (i64)id, 0L, 0L, 0L));
	t.value.nsec = -1;
	show("timer_settime, bad time", sys(SYS_timer_settime, (i64)id, 0L, &t, 0L));
	show("timer_delete", sys(SYS_timer_delete, (i64)id));
	show("timer_delete again", sys(SYS_timer_delete, (i64)id));
	show("timer_gettime deleted", sys(SYS_timer_gettime, (i64)id, &t));
	ev.notify = 4;
	ev.tid = (i32)sys(SYS_gettid);
	ev.signo = SIGALRM;
	show("to a thread", sys(SYS_timer_create, 0L, &ev, &id));
	set_time(&t, 1, 0);
	calls = 0;
	sys(SYS_timer_settime, (i64)id, 0L, &t, 0L);
	while (!calls)
		sleep_ms(1);
	show("code", code);
	sys(SYS_timer_delete, (i64)id);
	ev.tid = 1;
	show("to another's thread", sys(SYS_timer_create, 0L, &ev, &id));
	ev.notify = 0;
	ev.signo = 65;
	show("bad signal", sys(SYS_timer_create, 0L, &ev, &id));
	ev.signo = SIGALRM;
	ev.notify = 9;
	show("bad notify", sys(SYS_timer_create, 0L, &ev, &id));
	show("bad clock", sys(SYS_timer_create, 77L, 0L, &id));
	show("without event", sys(SYS_timer_create, 1L, 0L, &id));
	sys(SYS_timer_delete, (i64)id);
}

static int
test_main(int argc, char **argv, char **envp)
{
	int p[2];
	sys(SYS_pipe, p);
	set_mask(0);
	test_poll(p);
	test_select(p);
	test_epoll(p);
	test_fds();
	test_timers();
	return 0;
}
