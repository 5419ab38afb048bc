// fcntl, dup, flock.
#include "calls.h"

struct lk { short type, whence; long start, len; int pid; };
struct owner { int type, pid; };

static void
test(void)
{
	long fd, fd2, r;
	struct lk l;
	struct owner o;
	u64 hint;
	int pfd[2];
	make_file("f", "0123456789");
	fd = S3(open, "f", O_RDWR, 0);
	fd2 = S3(open, "f", O_RDWR, 0);
	R("dup", S1(dup, fd));
	R("dup fd", S1(dup, 99));
	R("dup2", S2(dup2, fd, 20));
	R("dup2 self", S2(dup2, fd, fd));
	R("dup2 self closed", S2(dup2, 99, 99));
	R("dup2 fd", S2(dup2, 99, 21));
	R("dup2 neg", S2(dup2, fd, -1));
	R("dup2 huge", S2(dup2, fd, 0x7fffffff));
	R("dup3", S3(dup3, fd, 21, O_CLOEXEC));
	R("dup3 cloexec", S2(fcntl, 21, F_GETFD));
	R("dup3 self", S3(dup3, fd, fd, 0));
	R("dup3 flags", S3(dup3, fd, 22, 1));
	R("dup3 fd", S3(dup3, 99, 22, 0));
	R("F_DUPFD", S3(fcntl, fd, F_DUPFD, 30));
	R("F_DUPFD cloexec", S3(fcntl, fd, 1030, 30));
	R("F_DUPFD neg", S3(fcntl, fd, F_DUPFD, -1));
	R("F_DUPFD huge", S3(fcntl, fd, F_DUPFD, 0x7fffffff));
	R("F_GETFD", S2(fcntl, 31, F_GETFD));
	R("F_SETFD", S3(fcntl, 31, F_SETFD, 0));
	R("F_GETFD", S2(fcntl, 31, F_GETFD));
	R("F_SETFD odd", S3(fcntl, 31, F_SETFD, 0xfe));
	R("F_GETFD", S2(fcntl, 31, F_GETFD));
	HEX("F_GETFL", S2(fcntl, fd, F_GETFL));
	R("F_SETFL", S3(fcntl, fd, F_SETFL, O_APPEND | O_NONBLOCK | O_WRONLY | O_CREAT));
	HEX("F_GETFL", S2(fcntl, fd, F_GETFL));
	R("F_SETFL 0", S3(fcntl, fd, F_SETFL, 0));
	R("fcntl fd", S3(fcntl, 99, F_GETFD, 0));
	R("fcntl cmd", S3(fcntl, fd, 77, 0));
	R("fcntl cmd fd", S3(fcntl, 99, 77, 0));
	HEX("F_GETFL stdin", S2(fcntl, 0, F_GETFD));
	// locks
	memset(&l, 0, sizeof l);
	l.type = F_WRLCK;
	l.start = 2;
	l.len = 3;
	R("F_SETLK", S3(fcntl, fd, F_SETLK, &l));
	R("F_SETLKW", S3(fcntl, fd, F_SETLKW, &l));
	R("F_GETLK own", S3(fcntl, fd2, F_GETLK, &l));
	R(" type", l.type);
	l.type = F_RDLCK;
	l.whence = 9;
	R("F_SETLK whence", S3(fcntl, fd, F_SETLK, &l));
	l.whence = 0;
	l.type = 9;
	R("F_SETLK type", S3(fcntl, fd, F_SETLK, &l));
	l.type = F_RDLCK;
	l.start = -1;
	R("F_SETLK start", S3(fcntl, fd, F_SETLK, &l));
	R("F_SETLK bad", S3(fcntl, fd, F_SETLK, BAD));
	R("F_SETLK bad fd", S3(fcntl, 99, F_SETLK, BAD));
	l.start = 0;
	l.len = 0;
	R("F_OFD_SETLK", S3(fcntl, fd, 37, &l));
	l.pid = 5;
	R("F_OFD_SETLK pid", S3(fcntl, fd, 37, &l));
	l.pid = 0;
	l.type = F_WRLCK;
	R("F_OFD_SETLK conflict", S3(fcntl, fd2, 37, &l));
	R("F_OFD_GETLK", S3(fcntl, fd2, 36, &l));
	R(" type", l.type);
	R(" start", l.start);
	R(" len", l.len);
	R(" pid", l.pid == S0(getpid) ? 1 : l.pid);
	l.type = F_UNLCK;
	l.pid = 0;
	R("F_OFD_SETLK unlock", S3(fcntl, fd, 37, &l));
	// a child holds a lock
	l.type = F_UNLCK;
	S3(fcntl, fd, F_SETLK, &l);
	S1(pipe, pfd);
	r = S0(fork);
	if (!r) {
		char c;
		l.type = F_WRLCK;
		l.start = 4;
		l.len = 2;
		S3(fcntl, fd, F_SETLK, &l);
		S3(write, pfd[1], "x", 1);
		S3(read, 0x7fff, &c, 1);
		for (;;)
			S0(pause);
	}
	char c;
	S3(read, pfd[0], &c, 1);
	memset(&l, 0, sizeof l);
	l.type = F_RDLCK;
	R("F_GETLK of child", S3(fcntl, fd, F_GETLK, &l));
	R(" type", l.type);
	R(" whence", l.whence);
	R(" start", l.start);
	R(" len", l.len);
	R(" pid", l.pid == r);
	l.type = F_WRLCK;
	l.start = 0;
	l.len = 0;
	R("F_SETLK of child", S3(fcntl, fd, F_SETLK, &l));
	S2(kill, r, 9);
	R("F_SETLKW after child", S3(fcntl, fd, F_SETLKW, &l));
	S4(wait4, r, 0, 0, 0);
	// owners and signals
	R("F_SETOWN", S3(fcntl, pfd[0], F_SETOWN, S0(getpid)));
	R("F_GETOWN", S2(fcntl, pfd[0], F_GETOWN) == S0(getpid));
	o.type = 1;
	o.pid = (int)S0(getpid);
	R("F_SETOWN_EX", S3(fcntl, pfd[0], 15, &o));
	memset(&o, 0xee, sizeof o);
	R("F_GETOWN_EX", S3(fcntl, pfd[0], 16, &o));
	R(" type", o.type);
	R(" pid", o.pid == S0(getpid));
	R("F_SETOWN_EX bad", S3(fcntl, pfd[0], 15, BAD));
	o.type = 9;
	R("F_SETOWN_EX type", S3(fcntl, pfd[0], 15, &o));
	R("F_SETSIG", S3(fcntl, pfd[0], 10, 12));
	R("F_GETSIG", S2(fcntl, pfd[0], 11));
	R("F_SETSIG big", S3(fcntl, pfd[0], 10, 65));
	// pipes and seals
	R("F_SETPIPE_SZ", S3(fcntl, pfd[0], 1031, 8192));
	R("F_GETPIPE_SZ", S2(fcntl, pfd[0], 1032));
	R("F_GETPIPE_SZ file", S2(fcntl, fd, 1032));
	R("F_GET_SEALS file", S2(fcntl, pfd[0], 1034));
	R("F_GETLEASE", S2(fcntl, fd, 1025));
	R("F_SETLEASE type", S3(fcntl, fd, 1024, 77));
	hint = 2;
	R("F_SET_RW_HINT", S3(fcntl, fd, 1036, &hint));
	hint = 0;
	R("F_GET_RW_HINT", S3(fcntl, fd, 1035, &hint));
	R(" hint", hint);
	hint = 99;
	R("F_SET_RW_HINT value", S3(fcntl, fd, 1036, &hint));
	R("F_SET_RW_HINT bad", S3(fcntl, fd, 1036, BAD));
	R("F_DUPFD_QUERY", S3(fcntl, fd, 1027, fd));
	R("F_DUPFD_QUERY other", S3(fcntl, fd, 1027, fd2));
	// flock
	R("flock", S2(flock, fd, 2));
	R("flock conflict", S2(flock, fd2, 2 | 4));
	R("flock unlock", S2(flock, fd, 8));
	R("flock shared", S2(flock, fd2, 1));
	R("flock op", S2(flock, fd, 99));
	R("flock fd", S2(flock, 99, 2));
}
