// One success and one error of calls that the other programs leave out; some
// in a child of its own, because they change a whole process or need one
// without privilege.
#include "calls.h"

struct timespec { i64 sec, nsec; };

static void
child(void (*fn)(void))
{
	i32 status = 0;
	long pid = S0(fork);
	if (!pid) {
		fn();
		S1(exit_group, 7);
	}
	S4(wait4, pid, &status, 0, 0);
	HEX(" child", (u32)status);
}

static void
unprivileged(void)
{
	OK("setresgid", S3(setresgid, 65534, 65534, 65534));
	OK("setresuid", S3(setresuid, 65534, 65534, 65534));
	R("setgid", S1(setgid, 65534));
	R("setgid root", S1(setgid, 0));
	R("setregid root", S2(setregid, 0, 0));
	R("setresgid root", S3(setresgid, 0, 0, 0));
	R("chroot", S1(chroot, "/"));
	R("sethostname", S2(sethostname, "x", 1));
	R("settimeofday", S2(settimeofday, 0, 0));
	R("setns", S2(setns, S3(open, "/proc/self/ns/uts", 0, 0), 0));
}

static void
privileged(void)
{
	char name[390];
	R("setns", S2(setns, S3(open, "/proc/self/ns/uts", 0, 0), 0x04000000));
	if (S1(unshare, 0x04000000)) {
		STR("unshare", "no");
		return;
	}
	R("sethostname", S2(sethostname, "guest", 5));
	R("setdomainname", S2(setdomainname, "domain", 6));
	S1(uname, name);
	STR(" nodename", name + 65);
	STR(" domainname", name + 325);
	R("settimeofday nothing", S2(settimeofday, 0, 0));
	make_file("inside", "");
	R("chroot", S1(chroot, "."));
	OK("open inside", S3(open, "/inside", 0, 0));
}

static void
no_descriptors(void)
{
	u64 limit[2] = { 3, 3 };
	R("setrlimit", S2(setrlimit, 7, limit));
	R("inotify_init", S0(inotify_init));
	R("eventfd", S1(eventfd, 0));
}

static void
test(void)
{
	struct timespec none = { 0, 0 }, bad = { 0, -1 };
	u64 set[16];
	u8 buf[64];
	long fd, p[2], ep;
	i32 pair[2];
	u8 *page = (u8 *)S6(mmap, 0, 8192, 3, 0x22, -1, 0);
	R("lstat none", S2(lstat, "none", buf));
	R("creat none", S2(creat, "none/x", 0644));
	R("lchown none", S3(lchown, "none", 0, 0));
	page[0] = 5;
	R("mlock", S2(mlock, page, 4096));
	R("madvise locked", S3(madvise, page, 8192, 4));
	R("munlock", S2(munlock, page, 4096));
	R("mlock2", S3(mlock2, page, 4096, 1));
	R("munlock", S2(munlock, page, 8192));
	R("madvise", S3(madvise, page, 8192, 4));
	R(" byte", page[0]);
	R("mlockall future", S1(mlockall, 2));
	R("munlockall", S0(munlockall));
	S4(socketpair, 1, 1, 0, pair);
	R("shutdown", S2(shutdown, pair[0], 1));
	R("read", S3(read, pair[1], buf, 8));
	make_file("f", "contents");
	R("lsetxattr", S5(lsetxattr, "f", "user.name", "value", 5, 0));
	R("lgetxattr", S4(lgetxattr, "f", "user.name", buf, sizeof buf));
	BYTES(" value", buf, 5);
	R("llistxattr none", S3(llistxattr, "none", buf, sizeof buf));
	R("lremovexattr", S2(lremovexattr, "f", "user.name"));
	R("timer_getoverrun", S1(timer_getoverrun, 99));
	R("signalfd size", S3(signalfd, -1, set, 4));
	memset(set, 0, sizeof set);
	R("pselect6", S6(pselect6, 0, 0, 0, 0, &none, 0));
	R("pselect6 n", S6(pselect6, -1, 0, 0, 0, &none, 0));
	set[0] = 1ul << pair[1];
	R("pselect6 readable", S6(pselect6, pair[1] + 1, set, 0, 0, &none, 0));
	R("pselect6 time", S6(pselect6, 0, 0, 0, 0, &bad, 0));
	R("pwritev fd", S5(pwritev, 99, 0, 0, 0, 0));
	R("process_vm_writev flags", S6(process_vm_writev, S0(getpid), 0, 0, 0, 0, 1));
	OK("epoll_create", ep = S1(epoll_create, 5));
	R("epoll_pwait2", S6(epoll_pwait2, ep, buf, 1, &none, 0, 8));
	R("epoll_pwait2 fd", S6(epoll_pwait2, 99, buf, 1, &none, 0, 8));
	R("epoll_pwait2 time", S6(epoll_pwait2, ep, buf, 1, &bad, 0, 8));
	child(privileged);
	child(unprivileged);
	child(no_descriptors);
}
