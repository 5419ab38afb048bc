// What programs built as Actually Portable Executables do with themselves:
// read files stored behind their image, map memory at high fixed addresses,
// execute themselves again by every name they have.
#include "../linux/t.h"

static u8 buf[65536];

static u32
get(const u8 *p, int n)
{
	u32 x = 0;
	while (n--)
		x = x << 8 | p[n];
	return x;
}

// Prints the stored files of the zip archive that ends the executable.
static void
list(const char *exe)
{
	i64 fd = sys(2, exe, 0L), size = sys(8, fd, 0L, 2L), n, at;
	u8 *end, *dir, *image;
	show_ok("open", fd);
	n = size < (i64)sizeof buf ? size : (i64)sizeof buf;
	show("pread", sys(17, fd, buf, n, size - n) == n);
	for (at = n - 22; at > 0 && memcmp(buf + at, "PK\5\6", 4); at--)
		;
	end = buf + at;
	// As Cosmopolitan does: the whole file mapped, read through the mapping.
	image = (u8 *)sys(9, 0L, size, 1L, 2L, fd, 0L);
	dir = image + get(end + 16, 4);
	for (n = get(end + 10, 2); n-- && !memcmp(dir, "PK\1\2", 4); dir += 46 + get(dir + 28, 2) + get(dir + 30, 2) + get(dir + 32, 2)) {
		const u8 *local = image + get(dir + 42, 4), *data = local + 30 + get(local + 26, 2) + get(local + 28, 2);
		sys(1, 1L, dir + 46, (i64)get(dir + 28, 2));
		put(": ");
		sys(1, 1L, data, (i64)get(dir + 24, 4));
	}
	sys(11, image, size);
	sys(3, fd);
}

static void
high(u64 at)
{
	u64 *p = (u64 *)sys(9, at, 65536L, 3L, 0x100022L, -1L, 0L);
	show_hex("mapped", (u64)p);
	if (p != (u64 *)at)
		return;
	p[0] = at;
	p[8191] = ~at;
	show("holds", p[0] == at && p[8191] == ~at && !p[1]);
	// another time over it, by force
	show_hex("again", (u64)sys(9, at, 4096L, 3L, 0x32L, -1L, 0L));
	show("fresh", p[0] == 0 && p[8191] == ~at);
	show("unmap", sys(11, at, 65536L));
}

static void
again(const char *name, const char *how, char **envp)
{
	char *argv[4] = { (char *)name, (char *)"child", (char *)how, 0 };
	int status = -1;
	i64 pid = sys(57);
	if (!pid) {
		show("execve", sys(59, name, argv, envp));
		sys(231, 99L);
	}
	sys(61, pid, &status, 0L, 0L);
	show("status", status >> 8);
}

static int
test_main(int argc, char **argv, char **envp)
{
	static char path[4096];
	if (argc > 1 && streq(argv[1], "child")) {
		show_str("child by", argv[2]);
		list("/proc/self/exe");
		return 5;
	}
	list("/proc/self/exe");
	list(argv[0]);
	path[sys(89, "/proc/self/exe", path, 4095L)] = 0;
	list(path);
	high(0x100080040000);
	high(0x6fe000000000);
	high(0x700000000000);
	again("/proc/self/exe", "/proc/self/exe", envp);
	again(argv[0], "argv[0]", envp);
	again(path, "its path", envp);
	return 3;
}
