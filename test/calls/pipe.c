// pipe, pipe2, splice, tee, vmsplice.
#include "calls.h"
#include <linux/uio.h>

static char buf[70000];

static void
test(void)
{
	int p[2], q[2];
	long fd, off, r;
	struct iovec v[2] = { { "vec", 3 }, { "tor", 3 } };
	struct iovec bad[1] = { { BAD, 3 } };
	R("pipe", S1(pipe, p));
	R(" read end", p[0]);
	R(" write end", p[1]);
	R("pipe bad", S1(pipe, BAD));
	R("pipe2", S2(pipe2, q, O_CLOEXEC | O_NONBLOCK));
	R(" read end", q[0]);
	HEX(" flags", S2(fcntl, q[0], 3));
	HEX(" flags", S2(fcntl, q[1], 3));
	R(" fd flags", S2(fcntl, q[1], 1));
	R("pipe2 flags", S2(pipe2, p + 0, 1));
	R("pipe2 bad", S2(pipe2, BAD, 0));
	R("read empty", S3(read, q[0], buf, 1));
	R("write", S3(write, q[1], "hello", 5));
	R("read bad", S3(read, q[0], BAD, 5));
	R("read", S3(read, q[0], buf, 100));
	R("write wrong end", S3(write, q[0], "x", 1));
	R("read wrong end", S3(read, q[1], buf, 1));
	R("pread pipe", S4(pread64, q[0], buf, 1, 0));
	R("lseek pipe", S3(lseek, q[0], 0, 0));
	R("fill", S3(write, q[1], buf, 70000));
	R("fill more", S3(write, q[1], buf, 1));
	R("drain", S3(read, q[0], buf, 70000));
	make_file("f", "0123456789abcdef");
	fd = S3(open, "f", O_RDWR, 0);
	off = 3;
	R("splice in", S6(splice, fd, &off, q[1], 0, 5, 0));
	R(" offset", off);
	R("tee", S4(tee, q[0], p[1], 3, 0));
	R("splice out", S6(splice, q[0], 0, fd, 0, 5, 0));
	R("read tee", S3(read, p[0], buf, 100));
	BYTES(" bytes", buf, 3);
	R("splice empty", S6(splice, q[0], 0, p[1], 0, 5, 2));
	R("splice no pipe", S6(splice, fd, 0, fd, 0, 5, 0));
	R("splice pipe offset", S6(splice, q[0], &off, fd, 0, 5, 0));
	R("splice bad", S6(splice, fd, BAD, q[1], 0, 5, 0));
	R("splice fd", S6(splice, 99, 0, q[1], 0, 5, 0));
	R("splice flags", S6(splice, fd, 0, q[1], 0, 5, 64));
	R("tee file", S4(tee, fd, q[1], 5, 0));
	R("tee same", S4(tee, q[0], q[1], 5, 0));
	R("tee flags", S4(tee, q[0], p[1], 5, 64));
	R("vmsplice", S4(vmsplice, p[1], v, 2, 0));
	R("read vmsplice", S3(read, p[0], buf, 100));
	BYTES(" bytes", buf, 6);
	R("vmsplice bad", S4(vmsplice, p[1], bad, 1, 0));
	R("vmsplice bad array", S4(vmsplice, p[1], BAD, 1, 0));
	R("vmsplice file", S4(vmsplice, fd, v, 1, 0));
	R("vmsplice flags", S4(vmsplice, p[1], v, 1, 64));
	R("vmsplice fd", S4(vmsplice, 99, v, 1, 0));
	// one long write to a slow reader
	u8 *big = (u8 *)S6(mmap, 0, 9 << 20, 3, 0x22, -1, 0);
	S1(pipe, q);
	if (!S0(fork)) {
		i64 sum = 0;
		S1(close, q[1]);
		while ((r = S3(read, q[0], buf, sizeof buf)) > 0)
			sum += r;
		S1(exit_group, sum == 9 << 20 ? 7 : 8);
	}
	S1(close, q[0]);
	R("write 9M", S3(write, q[1], big, 9 << 20));
	S1(close, q[1]);
	u32 status = 0;
	S4(wait4, -1, &status, 0, 0);
	R(" reader saw all", status >> 8);
	S1(pipe, q);
	S1(close, p[1]);
	R("read closed", S3(read, p[0], buf, 1));
	// SIGPIPE is ignored, so the error shows
	struct { void (*handler)(int); u64 flags; void *restorer; u64 mask; } sa = { (void (*)(int))1, 0, 0, 0 };
	S4(rt_sigaction, 13, &sa, 0, 8);
	S1(close, q[0]);
	R("write closed", r = S3(write, q[1], "x", 1));
}
