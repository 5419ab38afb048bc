// getdents, getdents64.
#include "calls.h"

static u8 buf[32768];
static u64 seen_xor, seen_sum;
static int count;

// Names arrive in the file system's order: add them up.
static void
note(const char *name, u8 type)
{
	u64 h = 5381;
	for (; *name; name++)
		h = h * 33 + (u8)*name;
	h = h * 33 + type;
	seen_xor ^= h;
	seen_sum += h;
	count++;
}

static void
walk(const char *what, int old, long fd, size_t size)
{
	long n, at;
	seen_xor = seen_sum = 0;
	count = 0;
	S3(lseek, fd, 0, 0);
	for (;;) {
		n = old ? S3(getdents, fd, buf, size) : S3(getdents64, fd, buf, size);
		if (n <= 0)
			break;
		for (at = 0; at < n;) {
			u16 len = *(u16 *)(buf + at + 16);
			if (old)
				note((char *)buf + at + 18, buf[at + len - 1]);
			else
				note((char *)buf + at + 19, buf[at + 18]);
			at += len;
		}
	}
	STR("walk", what);
	R(" end", n);
	R(" count", count);
	HEX(" xor", seen_xor);
	HEX(" sum", seen_sum);
}

static void
test(void)
{
	long fd, f;
	char name[] = "d/file-00";
	int i;
	S2(mkdir, "d", 0755);
	for (i = 0; i < 60; i++) {
		name[7] = (char)('0' + i / 10);
		name[8] = (char)('0' + i % 10);
		make_file(name, "");
	}
	S2(mkdir, "d/sub", 0755);
	S2(symlink, "x", "d/link");
	S3(mknod, "d/fifo", 0010644, 0);
	fd = S3(open, "d", O_RDONLY | O_DIRECTORY, 0);
	f = S3(open, "d/file-00", O_RDONLY, 0);
	walk("64, large", 0, fd, sizeof buf);
	walk("64, small", 0, fd, 64);
	walk("old, large", 1, fd, sizeof buf);
	walk("old, small", 1, fd, 64);
	S3(lseek, fd, 0, 0);
	R("getdents64 tiny", S3(getdents64, fd, buf, 16));
	R("getdents tiny", S3(getdents, fd, buf, 16));
	R("getdents64 zero", S3(getdents64, fd, buf, 0));
	R("getdents64 bad", S3(getdents64, fd, BAD, 1000));
	R("getdents64 fd", S3(getdents64, 99, buf, 1000));
	R("getdents fd", S3(getdents, 99, buf, 1000));
	R("getdents64 file", S3(getdents64, f, buf, 1000));
	R("getdents file", S3(getdents, f, buf, 1000));
}
