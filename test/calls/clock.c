// Clocks and sleeping.
#include "calls.h"

struct ts { i64 sec, nsec; };

static i64
now(void)
{
	struct ts t;
	S2(clock_gettime, 1, &t);
	return t.sec * 1000000000 + t.nsec;
}

static void
on_alarm(int sig)
{
	put("alarm\n");
	flush();
}

__attribute__((naked)) static void
restore(void)
{
	__asm__("mov $15,%eax\n\tsyscall");
}

static void
test(void)
{
	struct ts t, r;
	i64 a, b;
	u8 timex[208];
	struct { i64 is, iu, vs, vu; } it;
	struct { void *handler; u64 flags; void *restorer; u64 mask; } sa = { (void *)on_alarm, 0x04000000, (void *)restore, 0 };
	int i;
	for (i = -1; i < 14; i++) {
		put("clock ");
		put_i(i);
		put("\n");
		R(" gettime", S2(clock_gettime, i, &t));
		R(" getres", S2(clock_getres, i, &t));
		R(" getres null", S2(clock_getres, i, 0));
	}
	R("gettime null", S2(clock_gettime, 0, 0));
	R("gettime bad", S2(clock_gettime, 1, BAD));
	R("gettime bad clock", S2(clock_gettime, 77, BAD));
	R("monotonic", (a = now(), b = now(), b >= a));
	R("gettimeofday", S2(gettimeofday, &t, 0));
	R("sane", t.sec > 1600000000 && t.nsec < 1000000);
	R("gettimeofday zone", S2(gettimeofday, 0, &t));
	R("gettimeofday nothing", S2(gettimeofday, 0, 0));
	R("gettimeofday bad", S2(gettimeofday, BAD, 0));
	R("time", S1(time, &t.sec) == t.sec);
	R("time null", S1(time, 0) > 1600000000);
	R("time bad", S1(time, BAD));
	t.sec = 0;
	t.nsec = 1000000000;
	R("clock_settime nsec", S2(clock_settime, 0, &t));
	R("clock_settime monotonic", S2(clock_settime, 1, &t));
	R("clock_settime bad", S2(clock_settime, 0, BAD));
	R("clock_settime clock", S2(clock_settime, 77, &t));
	t.nsec = -1;
	R("settimeofday usec", S2(settimeofday, &t, 0));
	R("settimeofday bad", S2(settimeofday, BAD, 0));
	memset(timex, 0, sizeof timex);
	OK("adjtimex", S1(adjtimex, timex));
	R("adjtimex bad", S1(adjtimex, BAD));
	OK("clock_adjtime", S2(clock_adjtime, 0, timex));
	R("clock_adjtime clock", S2(clock_adjtime, 1, timex));
	R("clock_adjtime bad", S2(clock_adjtime, 0, BAD));
	// sleeping
	t.sec = 0;
	t.nsec = 20000000;
	a = now();
	R("nanosleep", S2(nanosleep, &t, 0));
	R("slept", now() - a >= 20000000);
	t.nsec = 1000000000;
	R("nanosleep nsec", S2(nanosleep, &t, 0));
	t.nsec = 0;
	t.sec = -1;
	R("nanosleep neg", S2(nanosleep, &t, 0));
	R("nanosleep bad", S2(nanosleep, BAD, 0));
	R("nanosleep null", S2(nanosleep, 0, 0));
	t.sec = 0;
	R("nanosleep zero", S2(nanosleep, &t, BAD));
	t.nsec = 5000000;
	R("clock_nanosleep", S4(clock_nanosleep, 0, 0, &t, 0));
	R("clock_nanosleep monotonic", S4(clock_nanosleep, 1, 0, &t, 0));
	R("clock_nanosleep absolute past", S4(clock_nanosleep, 1, 1, &t, 0));
	R("clock_nanosleep thread", S4(clock_nanosleep, 3, 0, &t, 0));
	R("clock_nanosleep raw", S4(clock_nanosleep, 4, 0, &t, 0));
	R("clock_nanosleep clock", S4(clock_nanosleep, 77, 0, &t, 0));
	R("clock_nanosleep bad", S4(clock_nanosleep, 1, 0, BAD, 0));
	// interrupted
	S4(rt_sigaction, 14, &sa, 0, 8);
	memset(&it, 0, sizeof it);
	it.vu = 30000;
	S3(setitimer, 0, &it, 0);
	t.sec = 5;
	t.nsec = 0;
	r.sec = r.nsec = -1;
	R("nanosleep interrupted", S2(nanosleep, &t, &r));
	R("remaining", r.sec == 4 && r.nsec > 500000000 && r.nsec < 1000000000);
	S3(setitimer, 0, &it, 0);
	R("nanosleep rem bad", S2(nanosleep, &t, BAD));
	S3(setitimer, 0, &it, 0);
	S2(clock_gettime, 1, &t);
	t.sec += 5;
	r.sec = -1;
	R("absolute interrupted", S4(clock_nanosleep, 1, 1, &t, &r));
	R("remaining untouched", r.sec);
	// an ignored signal does not end a sleep; stop and continue resume it
	long pid = S0(getpid), child = S0(fork);
	if (!child) {
		t.sec = 0;
		t.nsec = 50000000;
		S2(nanosleep, &t, 0);
		S2(kill, pid, 17);
		S2(kill, pid, 19);
		t.nsec = 350000000;
		S2(nanosleep, &t, 0);
		S2(kill, pid, 18);
		S1(exit_group, 0);
	}
	a = now();
	t.sec = 0;
	t.nsec = 600000000;
	R("nanosleep stopped", S2(nanosleep, &t, &r));
	b = now() - a;
	R("slept to the end", b >= 600000000 && b < 1000000000);
	S4(wait4, child, 0, 0, 0);
}
