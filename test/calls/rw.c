// read, write, their vector and positioned forms, lseek, sendfile,
// copy_file_range.
#include "calls.h"
#include <linux/uio.h>
#define V(p, n) { (void *)(p), n }

static char buf[65536];

static void
test(void)
{
	long fd, ro, wo, d;
	struct iovec v[3] = { V("abc", 3), V("", 0), V("defgh", 5) };
	struct iovec in[2] = { V(buf, 4), V(buf + 100, 100) };
	struct iovec bad[2] = { V(buf, 4), V(BAD, 4) };
	struct iovec neg[1] = { V(buf, -1) };
	long off;
	u8 *hole;
	static struct iovec many[1025];
	fd = S3(open, "f", O_CREAT | O_RDWR | O_TRUNC, 0644);
	R("open", fd);
	R("write", S3(write, fd, "hello world", 11));
	R("write zero", S3(write, fd, "x", 0));
	R("write zero bad", S3(write, fd, BAD, 0));
	R("write bad", S3(write, fd, BAD, 4));
	R("write kernel", S3(write, fd, KERNEL, 4));
	R("write fd", S3(write, 77, "x", 1));
	R("write fd bad", S3(write, 77, BAD, 1));
	R("write huge", S3(write, 77, buf, -1));
	R("write huge count", S3(write, fd, buf, -1));
	R("lseek set", S3(lseek, fd, 2, 0));
	R("lseek cur", S3(lseek, fd, 1, 1));
	R("lseek end", S3(lseek, fd, -1, 2));
	R("lseek neg", S3(lseek, fd, -100, 0));
	R("lseek whence", S3(lseek, fd, 0, 9));
	R("lseek fd", S3(lseek, 77, 0, 9));
	R("lseek data", S3(lseek, fd, 0, 3));
	R("lseek hole", S3(lseek, fd, 0, 4));
	R("lseek data end", S3(lseek, fd, 100, 3));
	R("lseek 0", S3(lseek, fd, 0, 0));
	R("read", S3(read, fd, buf, 5));
	BYTES("read bytes", buf, 5);
	R("read bad", S3(read, fd, BAD, 5));
	R("read kernel", S3(read, fd, KERNEL, 5));
	R("read fd", S3(read, -1, buf, 5));
	R("read rest", S3(read, fd, buf, 100));
	R("read eof", S3(read, fd, buf, 100));
	R("read eof bad", S3(read, fd, BAD, 100));
	R("pread", S4(pread64, fd, buf, 3, 4));
	BYTES("pread bytes", buf, 3);
	R("pread neg", S4(pread64, fd, buf, 3, -1));
	R("pread neg fd", S4(pread64, 77, buf, 3, -1));
	R("pread past", S4(pread64, fd, buf, 3, 1000));
	R("pwrite", S4(pwrite64, fd, "XY", 2, 20));
	R("pwrite neg", S4(pwrite64, fd, "XY", 2, -5));
	R("pread hole", S4(pread64, fd, buf, 30, 0));
	BYTES("hole bytes", buf, 22);
	// a transfer that meets the end of memory
	hole = (u8 *)S6(mmap, 0, 8192, 3, 0x22, -1, 0);
	S2(munmap, hole + 4096, 4096);
	R("pread partial", S4(pread64, fd, hole + 4090, 20, 0));
	BYTES("partial bytes", hole + 4090, 6);
	R("pwrite partial", S4(pwrite64, fd, hole + 4090, 20, 40));
	R("pwrite at hole", S4(pwrite64, fd, hole + 4096, 20, 40));
	R("size", S3(lseek, fd, 0, 2));
	// vectors
	R("writev", S3(writev, fd, v, 3));
	R("writev none", S3(writev, fd, v, 0));
	R("writev many", S3(writev, fd, many, 1025));
	R("writev neg count", S3(writev, fd, v, -1));
	R("writev bad array", S3(writev, fd, BAD, 1));
	R("writev fd", S3(writev, 77, BAD, 1));
	R("writev neg len", S3(writev, fd, neg, 1));
	R("writev second bad", S3(writev, fd, bad, 2));
	S3(lseek, fd, 0, 0);
	R("readv", S3(readv, fd, in, 2));
	BYTES("readv 0", buf, 4);
	BYTES("readv 1", buf + 100, 8);
	S3(lseek, fd, 0, 0);
	R("readv second bad", S3(readv, fd, bad, 2));
	R("preadv", S4(preadv, fd, in, 2, 2));
	R("preadv neg", S4(preadv, fd, in, 2, -2));
	R("pwritev", S4(pwritev, fd, v, 3, 1));
	R("preadv2", S6(preadv2, fd, in, 1, 0, 0, 0));
	BYTES("preadv2 bytes", buf, 4);
	R("preadv2 cur", S6(preadv2, fd, in, 1, -1, -1, 0));
	R("preadv2 flags", S6(preadv2, fd, in, 1, 0, 0, 0x4000));
	R("preadv2 neg", S6(preadv2, fd, in, 1, -2, -1, 0));
	R("pwritev2 append", S6(pwritev2, fd, v, 3, 0, 0, 0x10));
	R("pwritev2 dsync", S6(pwritev2, fd, v, 1, 0, 0, 2));
	R("pwritev2 flags", S6(pwritev2, fd, v, 1, 0, 0, 0x8000));
	// access modes
	ro = S3(open, "f", O_RDONLY, 0);
	wo = S3(open, "f", O_WRONLY, 0);
	d = S3(open, ".", O_RDONLY | O_DIRECTORY, 0);
	R("write read-only", S3(write, ro, "x", 1));
	R("read write-only", S3(read, wo, buf, 1));
	R("read write-only bad", S3(read, wo, BAD, 1));
	R("writev read-only", S3(writev, ro, v, 1));
	R("readv write-only", S3(readv, wo, in, 1));
	R("read directory", S3(read, d, buf, 1));
	R("pread directory", S4(pread64, d, buf, 1, 0));
	// between files
	off = 2;
	long to = S3(open, "g", O_CREAT | O_RDWR | O_TRUNC, 0644);
	R("sendfile", S4(sendfile, to, ro, &off, 5));
	R("sendfile offset", off);
	R("sendfile position", S4(sendfile, to, ro, 0, 4));
	R("sendfile bad", S4(sendfile, to, ro, BAD, 4));
	R("sendfile fd", S4(sendfile, to, 77, 0, 4));
	R("sendfile out", S4(sendfile, ro, ro, 0, 4));
	off = -1;
	R("sendfile neg", S4(sendfile, to, ro, &off, 4));
	off = 0;
	R("copy_file_range", S6(copy_file_range, ro, &off, to, 0, 6, 0));
	R("copy_file_range offset", off);
	R("copy_file_range flags", S6(copy_file_range, ro, &off, to, 0, 6, 5));
	R("copy_file_range bad", S6(copy_file_range, ro, BAD, to, 0, 6, 0));
	R("copy_file_range fd", S6(copy_file_range, ro, 0, 77, 0, 6, 0));
	R("size g", S3(lseek, to, 0, 2));
	R("pread g", S4(pread64, to, buf, 64, 0));
	BYTES("bytes g", buf, 15);
	// a long one
	S2(ftruncate, to, 0);
	for (int i = 0; i < 65536; i++)
		buf[i] = (char)(i * 7 + (i >> 8));
	R("long write", S4(pwrite64, to, buf, 65536, 0));
	memset(buf, 0, 65536);
	R("long read", S4(pread64, to, buf, 65536, 0));
	int wrong = 0;
	for (int i = 0; i < 65536; i++)
		wrong += buf[i] != (char)(i * 7 + (i >> 8));
	R("wrong bytes", wrong);
	u8 *big = (u8 *)S6(mmap, 0, 8 << 20, 3, 0x22, -1, 0);
	memset(big, 0x5a, 8 << 20);
	R("write 8M", S4(pwrite64, to, big, 8 << 20, 0));
	memset(big, 0, 8 << 20);
	R("read 8M", S4(pread64, to, big, 8 << 20, 0));
	wrong = 0;
	for (int i = 0; i < 8 << 20; i++)
		wrong += big[i] != 0x5a;
	R("wrong bytes 8M", wrong);
}
