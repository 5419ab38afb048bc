// fork, vfork, clone of processes; wait4 and waitid; process groups; pidfd;
// another process's memory.
#include "sig.h"

static void
handler(int sig, struct siginfo *si, void *uc)
{
	put("  SIGCHLD code ");
	put_dec(si->code);
	put(" status ");
	put_dec((i32)si->value);
	put("\n");
}

static void
waitid(const char *name, i64 type, i64 id, i64 options)
{
	struct siginfo si;
	memset(&si, 0x77, sizeof si);
	i64 r = sys(SYS_waitid, type, id, &si, options, 0L);
	put(name);
	put(": ");
	put_dec(r);
	put(" signo ");
	put_dec(si.signo);
	put(" code ");
	put_dec(si.code);
	put(" status ");
	put_dec((i32)si.value);
	put(" pid ");
	put(si.pid == id ? "same" : si.pid ? "other" : "0");
	put("\n");
}

static i64
spawn(int status)
{
	i64 pid = sys(SYS_fork);
	if (!pid)
		sys(SYS_exit, (i64)status);
	return pid;
}

static int
test_main(int argc, char **argv, char **envp)
{
	static u8 stack[4096];
	struct { u64 flags; int *pidfd; i32 *child_tid, *parent_tid; u64 exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup; } c3;
	struct { void *base; u64 len; } l[2], rv[2];
	u64 rusage[18];
	u32 status;
	i32 tid = 0, tid2 = 0;
	int fd = -1;
	i64 pid, r, me = sys(SYS_getpid);
	char buf[64];
	show("tid", sys(SYS_gettid) == me);
	// Statuses
	show_hex("exit 3", reap(spawn(3)));
	show_hex("exit 0x1ff", reap(spawn(0x1ff)));
	pid = sys(SYS_fork);
	if (!pid) {
		self_kill(SIGSTOP);
		sys(SYS_pause);
	}
	show("wait for a stop", sys(SYS_wait4, pid, &status, 2L, 0L) == pid);
	show_hex("stopped", status);
	show("nothing new", sys(SYS_wait4, pid, &status, 3L, 0L));
	sys(SYS_kill, pid, (i64)SIGCONT);
	show("wait for continuation", sys(SYS_wait4, pid, &status, 8L, 0L) == pid);
	show_hex("continued", status);
	sys(SYS_kill, pid, (i64)SIGTERM);
	show_hex("end", reap(pid));
	show("no child", sys(SYS_wait4, -1L, 0L, 0L, 0L));
	show("no such child", sys(SYS_wait4, me, 0L, 0L, 0L));
	show("bad options", sys(SYS_wait4, -1L, 0L, 0x100L, 0L));
	pid = spawn(0);
	memset(rusage, 0xff, sizeof rusage);
	show("rusage", sys(SYS_wait4, pid, 0L, 0L, rusage) == pid && rusage[0] < 5 && rusage[1] < 1000000 && rusage[5] == 0);
	pid = spawn(0);
	show("status fault", sys(SYS_wait4, pid, 8L, 0L, 0L));
	pid = spawn(9);
	waitid("waitid, not reaped", 1, pid, 4 | 0x1000000);
	waitid("waitid", 1, pid, 4);
	waitid("waitid again", 1, pid, 4);
	waitid("waitid without WEXITED", 0, 0, 1);
	pid = sys(SYS_fork);
	if (!pid)
		sys(SYS_pause);
	waitid("waitid, nothing yet", 0, 0, 5);
	sys(SYS_kill, pid, (i64)SIGKILL);
	waitid("waitid killed", 1, pid, 4);
	// tids
	pid = sys(SYS_clone, 0x1300000L | SIGCHLD, 0L, &tid, &tid2, 0L);
	if (!pid) {
		put(tid2 == sys(SYS_gettid) ? "  child has its tid\n" : "  child has no tid\n");
		sys(SYS_exit, 0L);
	}
	reap(pid);
	show("parent has the tid", tid == pid);
	show("its child tid is untouched", tid2);
	memset(&c3, 0, sizeof c3);
	c3.flags = 0x1000 | 0x100000;
	c3.pidfd = &fd;
	c3.parent_tid = &tid;
	c3.exit_signal = SIGCHLD;
	pid = sys(SYS_clone3, &c3, 64L);
	if (!pid)
		sys(SYS_exit, 13L);
	show("clone3", tid == pid && fd > 2);
	waitid("by pidfd", 3, fd, 4);
	c3.exit_signal = 0x100;
	show("clone3 bad signal", sys(SYS_clone3, &c3, 64L));
	c3.exit_signal = SIGCHLD;
	c3.stack = (u64)stack;
	show("clone3 stack without size", sys(SYS_clone3, &c3, 64L));
	// No SIGCHLD, another signal
	on_signal(SIGCHLD, handler, 0, 0);
	pid = spawn(2);
	reap(pid);
	struct ksigaction dfl;
	memset(&dfl, 0, sizeof dfl);
	sys(SYS_rt_sigaction, (i64)SIGCHLD, &dfl, 0L, 8L);
	// Groups and sessions
	pid = sys(SYS_fork);
	if (!pid) {
		me = sys(SYS_getpid);
		show("  parent", sys(SYS_getppid) > 0);
		show("  setpgid", sys(SYS_setpgid, 0L, 0L));
		show("  getpgrp", sys(SYS_getpgrp) == me);
		show("  getpgid", sys(SYS_getpgid, 0L) == me);
		show("  setsid as leader", sys(SYS_setsid));
		r = sys(SYS_fork);
		if (!r) {
			show("    setsid", sys(SYS_setsid) == sys(SYS_getpid));
			show("    getsid", sys(SYS_getsid, 0L) == sys(SYS_getpid));
			show("    setpgid as session leader", sys(SYS_setpgid, 0L, 0L));
			sys(SYS_exit, 0L);
		}
		reap(r);
		sys(SYS_exit, 0L);
	}
	reap(pid);
	show("getpgid of nobody", sys(SYS_getpgid, 0x3fffffffL));
	show("setpgid of nobody", sys(SYS_setpgid, 0x3fffffffL, 0L));
	show("getsid of nobody", sys(SYS_getsid, 0x3fffffffL));
	// pidfd
	pid = sys(SYS_fork);
	if (!pid)
		sys(SYS_pause);
	r = sys(SYS_pidfd_open, pid, 0L);
	show_ok("pidfd_open", r);
	show("pidfd_send_signal", sys(SYS_pidfd_send_signal, r, (i64)SIGTERM, 0L, 0L));
	show_hex("died", reap(pid));
	show("pidfd_send_signal to the dead", sys(SYS_pidfd_send_signal, r, 0L, 0L, 0L));
	show("pidfd_open of nobody", sys(SYS_pidfd_open, 0x3fffffffL, 0L));
	show("pidfd_open flags", sys(SYS_pidfd_open, sys(SYS_getpid), 1L));
	r = sys(SYS_pidfd_open, sys(SYS_getpid), 0L);
	show_ok("pidfd_getfd", sys(SYS_pidfd_getfd, r, 1L, 0L));
	show("pidfd_getfd bad", sys(SYS_pidfd_getfd, r, 999L, 0L));
	// Memory
	memset(buf, 0, sizeof buf);
	l[0].base = buf;
	l[0].len = 3;
	l[1].base = buf + 10;
	l[1].len = 20;
	rv[0].base = (void *)"hello, ";
	rv[0].len = 7;
	rv[1].base = (void *)"world";
	rv[1].len = 5;
	show("process_vm_readv", sys(SYS_process_vm_readv, sys(SYS_getpid), l, 2L, rv, 2L, 0L));
	show_str("first", buf);
	show_str("second", buf + 10);
	rv[1].base = (void *)8;
	show("partly", sys(SYS_process_vm_readv, sys(SYS_getpid), l, 2L, rv, 2L, 0L));
	rv[0].base = (void *)8;
	show("fault", sys(SYS_process_vm_readv, sys(SYS_getpid), l, 2L, rv, 2L, 0L));
	show("flags", sys(SYS_process_vm_readv, sys(SYS_getpid), l, 2L, rv, 2L, 1L));
	show("nobody", sys(SYS_process_vm_readv, 0x3fffffffL, l, 2L, rv, 2L, 0L));
	rv[0].base = buf + 40;
	rv[0].len = 2;
	l[0].base = (void *)"ok";
	show("process_vm_writev", sys(SYS_process_vm_writev, sys(SYS_getpid), l, 1L, rv, 1L, 0L));
	show_str("written", buf + 40);
	return 0;
}
