// 32-bit system calls whose structures differ: files, times, limits, sockets,
// processes. Each from 64-bit and from 32-bit code.
#include "int80.h"
#include "sig.h"

enum { PAGES = 16 };

static void
clear(void)
{
	memset(data, 0xaa, 0x4000);
}

static u32
text(u32 offset, const char *s)
{
	memcpy(data + offset, s, strlen(s) + 1);
	return P(offset);
}

static void
same(const char *name, int yes)
{
	show_str(name, yes ? "same" : "different");
}

static u64
pair(int i)
{
	return w[i] | (u64)w[i + 1] << 32;
}

static void
stats(void)
{
	static const struct { const char *name; u32 nr; int old; } calls[] = { { "stat64", 195, 0 }, { "lstat64", 196, 0 }, { "stat", 106, 1 }, { "lstat", 107, 1 } };
	u64 s[18];
	for (int i = 0; i < 4; i++) {
		clear();
		show(calls[i].name, C(calls[i].nr, text(0x1000, "/dev/null"), P(0)));
		sys(4, "/dev/null", s);
		if (calls[i].old) {
			same("device", w[0] == s[0] && w[1] == (u32)s[1]);
			words("stat", w + 2, 6);
			same("times", w[8] == s[9] && w[9] == s[10] && w[10] == s[11] && w[11] == s[12] && w[12] == s[13] && w[13] == s[14]);
			words("rest", w + 14, 4);
		} else {
			same("device", pair(0) == s[0] && w[3] == (u32)s[1] && pair(22) == s[1]);
			words("stat", w + 4, 4);
			words("device and size", w + 8, 8);
			same("times", w[16] == s[9] && w[17] == s[10] && w[18] == s[11] && w[19] == s[12] && w[20] == s[13] && w[21] == s[14]);
			words("pad", w + 2, 1);
			words("behind", w + 24, 2);
		}
		show("nothing", C(calls[i].nr, text(0x1000, "/nothing"), P(0)));
		show("nowhere", C(calls[i].nr, text(0x1000, "/dev/null"), 8));
	}
	i64 fd = sys(SYS_memfd_create, "x", 0L);
	sys(SYS_ftruncate, fd, 0x123456789aL);
	clear();
	show("fstat64", C(197, fd, P(0)));
	show_hex("size", w[11] | (u64)w[12] << 32);
	show("fstat", C(108, fd, P(0)));
	sys(SYS_ftruncate, fd, 1000L);
	show("fstat", C(108, fd, P(0)));
	show("size", w[5]);
	show("fstatat64", C(300, -100, text(0x1000, "/dev/zero"), P(0), 0));
	words("rdev", w + 8, 2);
	show("fstatat64 of fd", C(300, fd, text(0x1000, ""), P(0), 0x1000));
	show_hex("size", w[11]);
	clear();
	show("statfs64", C(268, text(0x1000, "/proc"), 84, P(0)));
	words("proc", w, 2);
	words("names", w + 14, 2);
	words("behind", w + 21, 2);
	show("statfs64 size", C(268, text(0x1000, "/proc"), 88, P(0)));
	show("fstatfs64", C(269, fd, 84, P(0)));
	show_hex("type", w[0]);
	clear();
	show("statfs", C(99, text(0x1000, "/proc"), P(0)));
	words("proc", w, 16);
	words("behind", w + 16, 1);
	show("fstatfs", C(100, fd, P(0)));
	sys(SYS_close, fd);
}

static void
vectors(void)
{
	i64 fd = sys(SYS_memfd_create, "x", 0L);
	clear();
	memcpy(data + 0x800, "abcdefgh", 8);
	w[0] = P(0x800), w[1] = 3, w[2] = 0, w[3] = 0, w[4] = P(0x804), w[5] = 4;
	show("writev", C(146, fd, P(0), 3));
	show("pwritev", C(334, fd, P(0), 3, 0x10, 1));
	show("pwritev2", C(379, fd, P(0), 3, 0x20, 1, 0));
	show("lseek", C(19, fd, -4, 1));
	w[0] = P(0x900), w[1] = 2, w[2] = P(0x910), w[3] = 9;
	show("readv", C(145, fd, P(0), 2));
	show("preadv", C(333, fd, P(0), 2, 0x10, 1));
	words("read", w + 0x240, 5);
	show("preadv2", C(378, fd, P(0), 2, 0x20, 1, 0));
	show("preadv2 here", C(378, fd, P(0), 2, -1, -1, 0));
	show("readv of 0", C(145, fd, P(0), 0));
	show("readv of many", C(145, fd, P(0), 1025));
	w[3] = 0x80000000;
	show("readv negative", C(145, fd, P(0), 2));
	show("readv nowhere", C(145, fd, 4, 2));
	show("truncate64", C(193, text(0x1000, "/nothing"), 0, 1));
	show("ftruncate64", C(194, fd, 0, 2));
	show("ftruncate", C(93, fd, -1));
	show("fallocate", C(324, fd, 1, 0, 1, 4096, 0));
	show("fadvise64", C(250, fd, 0, 1, 4096, 0));
	show("fadvise64_64", C(272, fd, 0, 1, 0, 1, 3));
	show("readahead", C(225, fd, 0, 1, 4096));
	show("sync_file_range", C(314, fd, 0, 1, 4096, 0, 2));
	i64 to = sys(SYS_memfd_create, "y", 0L);
	w[0] = 0x1, w[1] = 7;
	show("sendfile", C(187, to, fd, P(0), 5));
	words("offset", w, 2);
	w[1] = 0;
	show("sendfile64", C(239, to, fd, P(0), 5));
	words("offset", w, 2);
	i32 p[2];
	sys(SYS_pipe, p);
	w[0] = P(0x800), w[1] = 8;
	show("vmsplice", C(316, p[1], P(0), 1, 0));
	show("FIONREAD", C(54, p[0], 0x541b, P(4)));
	show("bytes", w[1]);
	w[0] = P(0x900), w[1] = 8, w[2] = P(0x800), w[3] = 8;
	show("process_vm_readv", C(347, sys(SYS_getpid), P(0), 1, P(8), 1, 0));
	words("read", w + 0x240, 2);
	sys(SYS_close, (i64)p[0]);
	sys(SYS_close, (i64)p[1]);
	// Locks
	memset(data, 0, 64);
	w[0] = 1, w[1] = 10, w[2] = 20;
	show("F_SETLK", C(55, fd, 6, P(0)));
	data[0] = 1, data[1] = 0;
	show("F_GETLK", C(55, fd, 5, P(0)));
	words("lock", w, 5);
	show("F_SETLK64 by fcntl", C(55, fd, 13, P(0)));
	w[0] = 0, w[1] = 0, w[2] = 1, w[3] = 5, w[4] = 0, w[5] = 0;
	show("F_OFD_SETLK", C(221, fd, 37, P(0)));
	w[5] = 0;
	show("F_OFD_GETLK", C(221, to, 36, P(0)));
	words("lock", w, 6);
	w[0] = 1, w[1] = 0, w[2] = 3, w[3] = 5, w[4] = 0;
	show("F_SETLK64", C(221, fd, 13, P(0)));
	i64 pid = sys(SYS_fork);
	if (!pid) {
		w[0] = 1, w[1] = w[2] = w[3] = w[4] = 0;
		show("F_GETLK64", C(221, fd, 12, P(0)));
		words("lock", w, 4);
		same("owner", w[5] == (u32)sys(SYS_getppid));
		w[0] = 1, w[1] = 1000, w[2] = w[3] = w[4] = 0;
		show("F_GETLK", C(221, fd, 5, P(0)));
		words("lock", w, 3);
		sys(SYS_exit_group, 0L);
	}
	sys(SYS_wait4, pid, 0L, 0L, 0L);
	show("F_GETLK nowhere", C(221, fd, 5, 4));
	show("F_DUPFD", C(221, fd, 0, 200));
	show("close", C(6, 200));
	sys(SYS_close, fd);
	sys(SYS_close, to);
}

static void
times(void)
{
	u64 ts[4];
	clear();
	w[0] = 0, w[1] = 1000000;
	show("nanosleep", C(162, P(0), P(8)));
	words("rest", w + 2, 2);
	w[1] = 1000000000;
	show("nanosleep bad", C(162, P(0), 0));
	w[0] = 0xffffffff, w[1] = 1;
	show("nanosleep negative", C(162, P(0), 0));
	show("nanosleep nowhere", C(162, 4, 0));
	sys(SYS_clock_gettime, 0L, ts);
	show("clock_gettime", C(265, 0, P(0)));
	same("seconds", w[0] - ts[0] < 2);
	show("clock_gettime bad", C(265, 77, P(0)));
	show("clock_gettime64", C(403, 0, P(0)));
	same("seconds", pair(0) - ts[0] < 2);
	clear();
	show("clock_getres", C(266, 1, P(0)));
	words("resolution", w, 3);
	show("clock_getres64", C(406, 1, P(0)));
	words("resolution", w, 5);
	show("clock_getres of none", C(266, 1, 0));
	w[0] = 0, w[1] = 500000;
	show("clock_nanosleep", C(267, 1, 0, P(0), 0));
	w[0] = 0, w[1] = 0, w[2] = 500000, w[3] = 0x77777777;
	show("clock_nanosleep64", C(407, 1, 0, P(0), 0));
	show("clock_settime", C(264, 1, P(0)));
	clear();
	show("times", C(43, P(0)) >= 0);
	words("behind", w + 4, 1);
	w[0] = 0, w[1] = 0, w[2] = 1000, w[3] = 500000;
	show("setitimer", C(104, 0, P(0), P(0x20)));
	words("old", w + 8, 5);
	show("getitimer", C(105, 0, P(0)));
	same("left", w[2] >= 999 && w[2] <= 1000 && w[4] == 0xaaaaaaaa);
	memset(data, 0, 16);
	show("setitimer", C(104, 0, P(0), 0));
	i64 fd = C(322, 1, 0);
	show_ok("timerfd_create", fd);
	w[0] = 0, w[1] = 0, w[2] = 100, w[3] = 5;
	show("timerfd_settime", C(325, fd, 0, P(0), P(0x20)));
	show("timerfd_gettime", C(326, fd, P(0)));
	same("left", w[2] == 99 || w[2] == 100);
	memset(data, 0, 64);
	w[4] = 50, w[7] = 0xffffffff;
	show("timerfd_settime64", C(411, fd, 0, P(0), P(0x40)));
	same("was", w[20] == 99 || w[20] == 100);
	show("timerfd_gettime64", C(410, fd, P(0)));
	same("left", w[4] == 49 || w[4] == 50);
	C(6, fd);
	// struct sigevent: value, signal, notify
	memset(data, 0, 64);
	w[0] = 0x1234, w[1] = 10, w[2] = 1;
	show("timer_create", C(259, 1, P(0), P(0x80)));
	u32 id = w[32];
	w[0] = 0, w[1] = 0, w[2] = 70, w[3] = 0;
	show("timer_settime", C(260, id, 0, P(0), P(0x20)));
	words("old", w + 8, 4);
	show("timer_gettime", C(261, id, P(0)));
	same("left", w[2] == 69 || w[2] == 70);
	show("timer_getoverrun", C(262, id));
	show("timer_delete", C(263, id));
	memset(data, 0, 256);
	show("adjtimex", C(124, P(0)) >= 0);
	words("modes", w, 1);
	same("tick", w[11] == 10000);
	show("sched_rr_get_interval", C(161, 0, P(0)));
	w[0] = 123, w[1] = 4000, w[2] = 456, w[3] = 5000;
	fd = sys(SYS_memfd_create, "x", 0L);
	show("utimensat", C(320, fd, 0, P(0), 0));
	show("fstat64", C(197, fd, P(0x100)));
	words("times", w + 0x40 + 16, 4);
	show("utimes of nothing", C(271, text(0x1000, "/nothing"), P(0)));
	show("utime of nothing", C(30, text(0x1000, "/nothing"), P(0)));
	show("futimesat of nothing", C(299, -100, text(0x1000, "/nothing"), P(0)));
	sys(SYS_close, fd);
}

static void
waits(void)
{
	i32 p[2];
	clear();
	sys(SYS_pipe, p);
	sys(33, (i64)p[0], 40L);
	w[0] = 0, w[1] = 0x300, w[2] = 0xaaaaaaaa;
	w[8] = 0, w[9] = 1000;
	show("_newselect", C(142, 41, P(0), 0, 0, P(0x20)));
	words("set", w, 3);
	words("rest", w + 8, 3);
	sys(SYS_write, (i64)p[1], "x", 1L);
	w[0] = 0, w[1] = 0x100;
	w[8] = 5, w[9] = 0;
	show("_newselect", C(142, 41, P(0), 0, 0, P(0x20)));
	words("set", w, 3);
	w[0] = 0, w[1] = 0x100;
	w[0x10] = 41, w[0x11] = P(0), w[0x12] = 0, w[0x13] = 0, w[0x14] = P(0x20);
	show("select", C(82, P(0x40)));
	words("set", w, 3);
	u64 mask = BIT(SIGUSR1);
	memcpy(data + 0x80, &mask, 8);
	w[0x10] = P(0x80), w[0x11] = 8;
	w[8] = 0, w[9] = 1000;
	w[1] = 0x100;
	show("pselect6", C(308, 41, P(0), 0, 0, P(0x20), P(0x40)));
	words("set", w, 3);
	w[8] = 0, w[9] = 0, w[10] = 1000, w[11] = 0;
	show("pselect6_time64", C(413, 41, P(0), 0, 0, P(0x20), P(0x40)));
	w[0] = 40, w[1] = 1, w[8] = 1, w[9] = 0;
	show("poll", C(168, P(0), 1, 0));
	words("events", w, 2);
	show("ppoll", C(309, P(0), 1, P(0x20), P(0x80), 8));
	words("events", w, 2);
	w[8] = 1, w[9] = 0, w[10] = 0, w[11] = 0x11;
	show("ppoll_time64", C(414, P(0), 1, P(0x20), P(0x80), 8));
	show("ppoll bad", C(309, P(0), 1, P(0x20), P(0x80), 4));
	i64 ep = C(254, 1);
	w[0] = 1, w[1] = 0x11111111, w[2] = 0x22222222;
	show("epoll_ctl", C(255, ep, 1, 40, P(0)));
	clear();
	show("epoll_wait", C(256, ep, P(0), 1, 0));
	words("event", w, 4);
	show("epoll_pwait", C(319, ep, P(0), 1, 0, 0, 8));
	memset(data + 0x20, 0, 16);
	show("epoll_pwait2", C(441, ep, P(0), 1, P(0x20), 0, 8));
	C(6, ep);
	C(6, 40);
	sys(SYS_close, (i64)p[0]);
	sys(SYS_close, (i64)p[1]);
	// Futexes
	w[0] = 5, w[8] = 0, w[9] = 100000;
	show("futex", C(240, P(0), 0, 4, P(0x20)));
	show("futex", C(240, P(0), 0, 5, P(0x20)));
	w[10] = 1, w[9] = 0;
	show("futex_time64", C(422, P(0), 0, 5, P(0x20)));
	show("futex wake", C(240, P(0), 1, 1));
	show("futex requeue", C(240, P(0), 4, 1, 1, P(4), 5));
	w[9] = 2000000000;
	show("futex bad", C(240, P(0), 0, 5, P(0x20)));
}

static void
limits(void)
{
	u64 rl[2];
	clear();
	sys(97, 7L, rl);
	show("ugetrlimit", C(191, 7, P(0)));
	same("limit", w[0] == (u32)rl[0] && w[1] == (rl[1] > 0xffffffff ? 0xffffffff : (u32)rl[1]));
	show("ugetrlimit of core", C(191, 9, P(0)));
	words("limit", w, 3);
	show("getrlimit", C(76, 9, P(0)));
	words("limit", w, 3);
	w[0] = 3000, w[1] = 0xffffffff;
	show("setrlimit", C(75, 9, P(0)) <= 0);
	w[0] = w[1] = 0xffffffff;
	show("setrlimit", C(75, 9, P(0)));
	sys(97, 9L, rl);
	show_hex("limit", rl[0]);
	show("prlimit64", C(340, 0, 9, 0, P(0)));
	words("limit", w, 4);
	show("bad limit", C(191, 99, P(0)));
	show("nowhere", C(191, 7, 0));
	clear();
	show("getrusage", C(77, 0, P(0)));
	words("unused", w + 5, 3);
	words("behind", w + 18, 1);
	show("getrusage bad", C(77, 7, P(0)));
	clear();
	show("sysinfo", C(116, P(0)));
	u64 si[14];
	sys(99, si);
	same("memory", (u64)w[4] * w[13] == (si[4] >> 32 || si[8] >> 32 ? si[4] & ~4095ul : si[4]));
	show_hex("unit", w[13]);
	words("behind", w + 14, 3);
	show("uname", C(122, P(0)));
	show_str("machine", (char *)data + 4 * 65);
	// 20 minus the nice value that the test was started with, which ends at 19
	i64 priority = C(96, 0, 0);
	show("getpriority", priority == (i64)sys(140, 0L, 0L) && priority >= 1 && priority <= 40);
	show("nice", C(34, 1));
	show("getpriority after", C(96, 0, 0) == (priority > 1 ? priority - 1 : 1));
	show("nice", C(34, -1) <= 0);
	show("sched_getscheduler", C(157, 0));
	show("sched_getaffinity", C(242, 0, 128, P(0)) >= 4);
	show("personality", C(136, 0xffffffff));
	show("getuid", C(24) == (u16)sys(102));
	show("getgid", C(47) == (u16)sys(104));
	show("geteuid", C(49) == (u16)sys(107));
	clear();
	show("getresuid", C(165, P(0), P(2), P(4)));
	same("ids", *(u16 *)(void *)data == (u16)sys(102) && data[6] == 0xaa);
	show("setreuid", C(70, 0xffff, 0xffff));
	show("setresgid", C(170, 0xffff, 0xffff, 0xffff));
	show("setfsuid", C(138, 0xffff) == (u16)sys(107));
	show("getgroups", C(80, 0, 0) == sys(115, 0L, 0L));
	show("getgroups negative", C(80, -1, 0));
	show("chown", C(182, text(0x1000, "/nothing"), 0xffff, 0xffff));
	show("fchown", C(95, 99, 0xffff, 0xffff));
	show("lchown", C(16, text(0x1000, "/nothing"), 0, 0));
}

static void
files(void)
{
	char dir[] = "/tmp/blink-compat-XXXXXX";
	u32 n = (u32)sys(SYS_getpid);
	for (int i = 0; i < 6; i++, n /= 10)
		dir[24 - 1 - i] = (char)('0' + n % 10);
	clear();
	show("mkdir", C(39, text(0x1000, dir), 0755));
	show("chdir", C(12, P(0x1000)));
	show_ok("creat", C(8, text(0x1100, "a-name-that-is-longer-than-others"), 0644));
	show("mknod", C(14, text(0x1100, "b"), 010644, 0));
	i64 fd = C(5, text(0x1100, "."), 0200000, 0);
	show_ok("open", fd);
	i64 r = C(141, fd, P(0), 0x800);
	show("getdents", r);
	u32 seen = 0;
	for (u8 *d = data; d < data + r; d += *(u16 *)(void *)(d + 8)) {
		u32 k = *(u16 *)(void *)(d + 8), x = k << 16;
		for (u8 *s = d + 10; *s; s++)
			x = x * 31 + *s;
		seen ^= x ^ d[k - 1];
	}
	show_hex("seen", seen);
	show("end", C(141, fd, P(0), 0x800));
	show("lseek", C(19, fd, 0, 0));
	show("too little", C(141, fd, P(0), 8));
	r = C(141, fd, P(0), 48);
	u32 all = 0, times = 0;
	while (r > 0 && times < 9) {
		for (u8 *d = data; d < data + r; d += *(u16 *)(void *)(d + 8))
			all++;
		r = C(141, fd, P(0), 48);
		times++;
	}
	show("records", all);
	show("end", r);
	C(19, fd, 0, 0);
	show("getdents64", C(220, fd, P(0), 0x800));
	// long is 32 bits in these
	r = C(54, fd, 0x80046601, P(0));
	same("FS_IOC_GETFLAGS", r == 0 || r == -25 || r == -95);
	show("the long one", C(54, fd, 0x80086601, P(0)));
	C(6, fd);
	show("unlink", C(10, text(0x1100, "a-name-that-is-longer-than-others")));
	show("unlink", C(10, text(0x1100, "b")));
	show("chdir", C(12, text(0x1100, "/")));
	show("rmdir", C(40, P(0x1000)));
	u32 p = (u32)C(192, 0, 0x2000, 3, 0x22, -1, 0);
	*(u32 *)(u64)p = 0x12345678;
	u32 block = (u32)C(192, p + 0x2000, 0x1000, 3, 0x100022, -1, 0);
	u32 q = (u32)C(163, p, 0x2000, 0x8000, 1, 0);
	show("mremap", q && !(q & 4095) && *(u32 *)(u64)q == 0x12345678);
	show("mremap in place", (u32)C(163, q, 0x8000, 0x4000, 0, 0) == q);
	show("mremap nothing", C(163, 0x20000000, 0x1000, 0x2000, 1, 0));
	show("munmap", C(91, q, 0x4000));
	if (block < 0xfffff000)
		C(91, block, 0x1000);
	show("fallback", C(163, 0, 0, 0, 9, 0));
}

static void
sockets(void)
{
	u32 *a = w + 0x100;
	clear();
	a[0] = 1, a[1] = 1, a[2] = 0, a[3] = P(0);
	show("socketpair", C(102, 8, P(0x400)));
	u32 s0 = w[0], s1 = w[1];
	memcpy(data + 0x800, "hello there", 11);
	a[0] = s0, a[1] = P(0x800), a[2] = 5, a[3] = 0;
	show("send", C(102, 9, P(0x400)));
	a[0] = s1, a[1] = P(0x900), a[2] = 50;
	show("recv", C(102, 10, P(0x400)));
	words("got", w + 0x240, 2);
	// Messages with descriptors
	u32 *m = w + 0x40, *iov = w + 0x60, *c = w + 0x80;
	for (int way = 0; way < 2; way++) {
		memset(data + 0x100, 0, 0x200);
		iov[0] = P(0x800), iov[1] = 5, iov[2] = P(0x806), iov[3] = 5;
		m[2] = P(0x180), m[3] = 2, m[4] = P(0x200), m[5] = 20;
		c[0] = 20, c[1] = 1, c[2] = 1, c[3] = s0, c[4] = s1;
		a[0] = s0, a[1] = P(0x100), a[2] = 0;
		show("sendmsg", way ? C(370, s0, P(0x100), 0) : C(102, 16, P(0x400)));
		iov[0] = P(0x900), iov[1] = 3, iov[2] = P(0x910), iov[3] = 50;
		m[5] = way ? 16 : 64;
		memset(c, 0xaa, 64);
		a[0] = s1;
		show("recvmsg", way ? C(372, s1, P(0x100), 0) : C(102, 17, P(0x400)));
		words("header", m + 1, 1);
		words("header", m + 3, 4);
		words("control", c, 3);
		same("new", c[3] > s1 && c[3] < 100);
		same("none behind", c[4] == 0xaaaaaaaa);
		C(6, c[3]);
		if (!way)
			C(6, c[4]);
	}
	// Credentials before descriptors
	w[0] = 1;
	show("setsockopt", C(366, s1, 1, 16, P(0), 4));
	iov[0] = P(0x800), iov[1] = 5;
	m[3] = 1, m[4] = P(0x200), m[5] = 16;
	c[0] = 16, c[1] = 1, c[2] = 1, c[3] = s0;
	show("sendmsg", C(370, s0, P(0x100), 0));
	iov[0] = P(0x900);
	m[5] = 40;
	show("recvmsg", C(372, s1, P(0x100), 0));
	words("length", m + 5, 2);
	words("first", c, 3);
	same("sender", c[3] == (u32)sys(SYS_getpid));
	words("second", c + 6, 3);
	C(6, c[9]);
	w[0] = 0;
	C(366, s1, 1, 16, P(0), 4);
	m[4] = 0, m[5] = 0;
	iov[0] = P(0x900), iov[1] = 5;
	show("none there", C(372, s1, P(0x100), 0x40));
	m[3] = 2000;
	show("many parts", C(370, s0, P(0x100), 0));
	m[3] = 1;
	m[4] = P(0x200), m[5] = 16;
	c[0] = 8;
	show("bad control", C(370, s0, P(0x100), 0));
	m[4] = m[5] = 0;
	// Several at once
	memset(data + 0x1000, 0, 64);
	memcpy(data + 0x1000, m, 28);
	memcpy(data + 0x1020, m, 28);
	show("sendmmsg", C(345, s0, P(0x1000), 2, 0));
	words("lengths", w + 0x407, 1);
	w[0] = 1, w[1] = 0;
	show("recvmmsg", C(337, s1, P(0x1000), 2, 0x10000, P(0)));
	words("lengths", w + 0x407, 1);
	C(337, s1, P(0x1000), 1, 0x40, 0);
	show("recvmmsg_time64", C(417, s1, P(0x1000), 1, 0x40, 0));
	// Time limits
	w[0] = 3, w[1] = 250000;
	show("SO_RCVTIMEO", C(366, s1, 1, 20, P(0), 8));
	w[0] = w[1] = w[2] = 0xaaaaaaaa, w[3] = 8;
	show("SO_RCVTIMEO", C(365, s1, 1, 20, P(0), P(12)));
	words("limit", w, 4);
	show("SO_RCVTIMEO short", C(366, s1, 1, 20, P(0), 4));
	w[3] = 4;
	show("SO_TYPE", C(365, s1, 1, 3, P(0), P(12)));
	words("type", w, 1);
	a[0] = s1, a[1] = 1, a[2] = 20, a[3] = P(0), a[4] = P(12);
	w[3] = 100;
	show("getsockopt", C(102, 15, P(0x400)));
	words("limit", w, 4);
	show("getsockname", C(367, s1, P(0), P(12)));
	words("length", w + 3, 1);
	a[0] = s0, a[1] = 2;
	show("shutdown", C(102, 13, P(0x400)));
	show("bad socketcall", C(102, 77, P(0x400)));
	C(6, s0);
	C(6, s1);
	// An interface by name: struct ifreq is 32 bytes
	i64 s = C(359, 2, 2, 0);
	clear();
	memset(data, 0, 32);
	memcpy(data, "lo", 3);
	show("SIOCGIFINDEX", C(54, s, 0x8933, P(0)));
	words("index", w + 4, 1);
	words("behind", w + 8, 1);
	w[0] = 0, w[1] = 0;
	show("SIOCGIFCONF", C(54, s, 0x8912, P(0)));
	same("whole", !(w[0] & 31));
	w[0] = 64, w[1] = P(0x100);
	show("SIOCGIFCONF", C(54, s, 0x8912, P(0)));
	same("whole", !(w[0] & 31) && w[0] <= 64);
	if (w[0])
		show_str("name", (char *)data + 0x100);
	C(6, s);
}

u32 thread_result;

// A thread with an area of its own, whose gs:0 it tells, and two locks of a
// robust list that it leaves behind: one listed, one being taken.
static void
thread(const char *name, u32 nr, u32 a, u32 b, u32 *area)
{
	volatile u32 *tid = w + 0x84;
	u32 *list = w + 0x240, r;
	area[0] = 12, area[1] = P(0x800), area[2] = 0xfffff, area[3] = 0x51;
	*(u32 *)(void *)(data + 0x800) = 0x600d;
	list[0] = P(0x910), list[1] = 4, list[2] = P(0x920);
	list[4] = P(0x900), list[5] = list[8] = list[9] = 0;
	thread_result = 0;
	*tid = 1;
	__asm__ volatile("push %%rbp\n mov %2, %%ebx\n mov %3, %%ecx\n xor %%edx, %%edx\n mov %4, %%esi\n mov %5, %%edi\n int $0x80\n"
	                 "test %%eax, %%eax\n jnz 1f\n mov $0x63, %%eax\n mov %%eax, %%gs\n mov %%gs:0, %%eax\n mov %%eax, thread_result\n"
	                 "mov $311, %%eax\n mov $0x10004900, %%ebx\n mov $12, %%ecx\n int $0x80\n"
	                 "mov $224, %%eax\n int $0x80\n mov %%eax, 0x10004924\n or $0x80000000, %%eax\n mov %%eax, 0x10004914\n"
	                 "mov $1, %%eax\n xor %%ebx, %%ebx\n int $0x80\n1: pop %%rbp"
	                 : "=a"(r)
	                 : "0"(nr), "r"(a), "r"(b), "r"((u32)(u64)area), "r"(P(0x210))
	                 : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "memory");
	show(name, (i32)r > 0);
	while ((i32)r > 0 && *tid)
		sys(SYS_sched_yield);
	show_hex("thread's gs:0", thread_result);
	words("locks left behind", list + 5, 1);
	words("one of them being taken", list + 9, 1);
}

static void
threads(void)
{
	enum { FLAGS = 0x2d0f00 };
	static const u32 sizes[] = { 64, 88, 96 };
	u32 *own = w + 0x80;
	u64 *l = (u64 *)(void *)(w + 0x280);
	// clone(flags, stack, parent_tid, tls, child_tid)
	thread("clone", 120, FLAGS, P(0x3000), own);
	own[0] = 12;
	show("get_thread_area", C(244, P(0x200)));
	words("own", own + 1, 3);
	for (int i = 0; i < 3; i++) {
		memset(l, 0, 96);
		l[0] = FLAGS, l[2] = P(0x210), l[5] = P(0x2000), l[6] = 0x1000, l[7] = P(0x200);
		show("size", sizes[i]);
		thread("clone3", 435, (u32)(u64)l, sizes[i], own);
	}
	l[11] = 1;
	show("clone3 unknown", C(435, (u32)(u64)l, 96));
	show("clone3 short", C(435, (u32)(u64)l, 56));
	show("clone3 long", C(435, (u32)(u64)l, 4097));
}

static void
processes(void)
{
	clear();
	i64 pid = C(2);
	if (!pid)
		C(252, 7);
	show("waitid", C(284, 1, pid, P(0), 4, P(0x100)));
	same("pid", w[3] == (u32)pid);
	words("info", w, 3);
	words("status", w + 5, 3);
	words("rusage", w + 0x45, 3);
	words("behind", w + 0x40 + 18, 1);
	pid = C(190);
	if (!pid) {
		__asm__ volatile("int $0x80" : : "a"(252), "b"(8));
	}
	show("wait4", C(114, pid, P(0), 0, P(0x100)) == pid);
	show_hex("status", w[0]);
	words("behind", w + 0x40 + 18, 1);
	show("wait4 none", C(114, -1, P(0), 0, 0));
	show("waitid none", C(284, 0, 0, P(0), 4, 0));
	// execve: pointers of four bytes
	pid = sys(SYS_fork);
	if (!pid) {
		w[0] = text(0x1000, "me"), w[1] = text(0x1010, "one"), w[2] = text(0x1020, "two"), w[3] = 0;
		w[8] = text(0x1060, "X=three"), w[9] = 0;
		C(11, text(0x1070, "/proc/self/exe"), P(0), P(0x20));
		C(252, 9);
	}
	C(7, pid, P(0x40), 0);
	show_hex("status", w[16]);
	show("execve", C(11, text(0x1000, "/nothing"), 0, 0));
	if (call == call64)
		threads();
	show("set_robust_list", C(311, P(0), 12));
	show("set_robust_list bad", C(311, P(0), 24));
	show("get_robust_list", C(312, 0, P(0x10), P(0x14)));
	words("list", w + 4, 2);
	C(311, 0, 12);
}

static void
all(call_fn *fn)
{
	call = fn;
	stats();
	vectors();
	times();
	waits();
	limits();
	files();
	sockets();
	processes();
}

static int
test_main(int argc, char **argv, char **envp)
{
	if (argc > 1) {
		for (int i = 0; i < argc; i++)
			show_str("argument", argv[i]);
		show_str("environment", envp[0]);
		return envp[1] != 0;
	}
	low = (u8 *)sys(SYS_mmap, 0x10000000L, PAGES * 4096L, 7L, 0x32L, -1L, 0L);
	put("64-bit code\n");
	all(call64);
	put("32-bit code\n");
	all(call32);
	return 0;
}
