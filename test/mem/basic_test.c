// basic_test.c: both memory models through the same cases: mapping, access,
// faults, strings at page ends, watches, aliases, truncated files.
#include "host/host.h"
#include "mem/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int g_failed;
static u64 g_lo, g_hi;
static int g_changes, g_stale;
static struct mem *m;

#define CHECK(x) check((x) != 0, #x, __LINE__)
#define EQ(a, b) equal((i64)(a), (i64)(b), #a " == " #b, __LINE__)

static void
check(int ok, const char *what, int line)
{
	if (!ok) {
		printf("basic_test.c:%d: %s: %s\n", line, mem_is_paged(m) ? "paged" : "linear", what);
		g_failed = 1;
	}
}

static void
equal(i64 a, i64 b, const char *what, int line)
{
	check(a == b, what, line);
	if (a != b)
		printf("\t%lld (%#llx), not %lld\n", (long long)a, (long long)a, (long long)b);
}

static void
on_code(void *arg, u64 lo, u64 hi)
{
	g_changes++;
	g_lo = lo;
	g_hi = hi;
}

static void
on_stale(void *arg, u64 lo, u64 hi)
{
	g_stale++;
}

static u64
map(u64 addr, u64 len, int prot, int flags)
{
	return (u64)mem_map(m, addr, len, prot, flags, -1, 0, 0);
}

static int
changed(u64 page)
{
	int r = g_changes && g_lo <= page && page < g_hi;
	g_changes = 0;
	return r;
}

static enum mem_fault
slow(u64 gva, int access)
{
	enum mem_fault why;
	u8 *p = mem_slow(m, 0, gva, access, &why);
	return p ? MEM_OK : why;
}

static void
mapping(void)
{
	u64 a = map(0, 3 * 4096, MEM_R | MEM_W, 0), b;
	struct vma v;
	char buf[64], path[4096];
	u8 code[16];
	CHECK((i64)a > 0);
	EQ(mem_write(m, a + 4090, "0123456789", 11), 0);
	EQ(mem_read(m, buf, a + 4090, 11), 0);
	CHECK(!strcmp(buf, "0123456789"));
	EQ(mem_read_str(m, buf, a + 4090, 64), 10);
	EQ(mem_read_str(m, buf, a + 4090, 5), -ENAMETOOLONG);
	EQ(mem_write(m, a + 3 * 4096 - 3, "abc", 3), 0);
	EQ(mem_read_str(m, buf, a + 3 * 4096 - 3, 64), -EFAULT);
	EQ(mem_write(m, a + 3 * 4096 - 3, "ab", 3), 0);
	EQ(mem_read_str(m, buf, a + 3 * 4096 - 3, 64), 2);
	EQ(mem_write(m, a + 3 * 4096 - 3, "abcd", 4), -EFAULT);
	EQ(mem_protect(m, a + 4096, 4096, MEM_R), 0);
	EQ(mem_write(m, a + 4096, "x", 1), -EFAULT);
	EQ(mem_read(m, buf, a + 4096, 1), 0);
	EQ(mem_poke(m, a + 4096, "x", 1), 0);
	EQ(mem_read(m, buf, a + 4096, 1), 0);
	EQ(buf[0], 'x');
	EQ(slow(a + 4096, MEM_W), MEM_PROT);
	EQ(slow(a + 4096, MEM_R), MEM_OK);
	EQ(slow(a + 3 * 4096, MEM_R), MEM_UNMAPPED);
	EQ(slow(0x800000000000, MEM_R), MEM_NONCANONICAL);
	EQ(slow(0xffff800000000000, MEM_R), MEM_UNMAPPED);
	EQ(mem_find(m, a + 4096, &v, path), 1);
	EQ(v.start, a + 4096);
	EQ(v.end, a + 8192);
	EQ(mem_protect(m, a + 4096, 4096, MEM_R | MEM_W), 0);
	mem_find(m, a, &v, path);
	EQ(v.end - v.start, 3 * 4096);
	EQ(mem_unmap(m, a + 4096, 4096), 0);
	EQ(mem_read(m, buf, a + 4095, 2), -EFAULT);
	EQ(mem_protect(m, a, 3 * 4096, MEM_R), -ENOMEM);
	EQ(mem_write(m, a, "x", 1), -EFAULT);
	EQ(mem_fetch(m, code, a, 16), 0);
	EQ(mem_protect(m, a, 4096, MEM_R | MEM_X), 0);
	EQ(mem_fetch(m, code, a + 4092, 16), 4);
	EQ(mem_map(m, a, 4096, 0, VMA_FIXED_NOREPLACE, -1, 0, 0), -EEXIST);
	EQ(mem_map(m, a + 1, 4096, 0, VMA_FIXED, -1, 0, 0), -EINVAL);
	EQ(mem_map(m, 0, 0, 0, 0, -1, 0, 0), -EINVAL);
	EQ(mem_map(m, 0, ~(u64)0, 0, 0, -1, 0, 0), -ENOMEM);
	EQ(mem_map(m, 0, MEM_TOP + 4096, 0, 0, -1, 0, 0), -ENOMEM);
	EQ(mem_map(m, MEM_TOP, 4096, 0, VMA_FIXED, -1, 0, 0), -ENOMEM);
	EQ(mem_map(m, 0, 4096, 0, 0, 1234, 0, 0), -EBADF);
	b = map(0x7654320000, 4096, MEM_R, 0);
	EQ(b, 0x7654320000);
	CHECK(map(0x7654320000, 4096, MEM_R, 0) != b);
	b = map(0, 64 * 4096, 0, VMA_32BIT);
	CHECK(b >= 0x40000000 && b < 0x80000000);
	b = map(0, (u64)200 << 30, 0, VMA_NORESERVE);
	CHECK((i64)b > 0);
	EQ(mem_unmap(m, b, (u64)200 << 30), 0);
	EQ(mem_fetch(m, code, 0xffffffffff600400, 16), 10);
	EQ(mem_fetch(m, code, 0xffffffffff600c00, 16), 0);
	mem_clear(m);
	EQ(mem_total(m), 0);
}

static void
stack(void)
{
	u64 top = mem_layout(m)->stack_top, a;
	EQ(map(top - 16 * 4096, 16 * 4096, MEM_R | MEM_W, VMA_GROWSDOWN | VMA_STACK | VMA_FIXED), top - 16 * 4096);
	EQ(slow(top - 100 * 4096, MEM_W), MEM_OK);
	EQ(mem_total(m), 100 * 4096);
	EQ(mem_write(m, top - 101 * 4096 + 7, "x", 1), 0);
	EQ(mem_total(m), 101 * 4096);
	EQ(slow(top - ((u64)1 << 36), MEM_R), MEM_UNMAPPED);
	a = map(top - 500 * 4096, 4096, MEM_R, VMA_FIXED);
	EQ(a, top - 500 * 4096);
	EQ(slow(top - 300 * 4096, MEM_R), MEM_UNMAPPED);  // the guard gap
	EQ(slow(top - 200 * 4096, MEM_R), MEM_OK);
	mem_clear(m);
}

static void
watching(void)
{
	u64 a = map(0, 4 * 4096, MEM_R | MEM_W | MEM_X, 0), b;
	u8 x[16];
	size_t n;
	EQ(mem_write(m, a, "code", 4), 0);
	g_changes = 0;
	mem_watch_code(m, a + 4090, 10);
	EQ(mem_write(m, a + 2 * 4096, "y", 1), 0);
	EQ(g_changes, 0);
	EQ(mem_write(m, a + 4096, "y", 1), 0);
	CHECK(changed(a + 4096));
	EQ(mem_write(m, a + 4096, "y", 1), 0);
	EQ(g_changes, 0);
	EQ(slow(a, MEM_R), MEM_OK);
	EQ(g_changes, 0);
	EQ(slow(a, MEM_W), MEM_OK);
	CHECK(changed(a));
	mem_watch_code(m, a, 10);
	n = 4096;
	CHECK(mem_host(m, a, &n, MEM_R) != 0);
	EQ(g_changes, 0);
	CHECK(mem_host(m, a, &n, MEM_W) != 0);
	CHECK(changed(a));
	mem_watch_code(m, a, 10);
	EQ(mem_poke(m, a, "z", 1), 0);
	CHECK(changed(a));
	EQ(mem_write(m, a, "zz", 2), 0);
	mem_watch_code(m, a, 10);
	EQ(mem_protect(m, a, 4096, MEM_R | MEM_X), 0);
	EQ(g_changes, 0);
	EQ(mem_protect(m, a, 4096, MEM_R | MEM_W), 0);
	CHECK(changed(a));
	EQ(mem_write(m, a, "z", 1), 0);
	mem_watch_code(m, a, 10);
	EQ(mem_advise(m, a, 4096, 4), 0);
	CHECK(changed(a));
	EQ(mem_read(m, x, a, 1), 0);
	EQ(x[0], 0);
	EQ(mem_write(m, a, "z", 1), 0);
	mem_watch_code(m, a, 10);
	b = (u64)mem_remap(m, a, 4096, 8192, 1, 0);
	CHECK((i64)b > 0 && b != a);
	CHECK(changed(a));
	EQ(mem_read(m, x, b, 1), 0);
	EQ(x[0], 'z');
	EQ(mem_write(m, b, "q", 1), 0);
	mem_watch_code(m, b, 10);
	EQ(map(b, 4096, MEM_R | MEM_W, VMA_FIXED), b);
	CHECK(changed(b));
	EQ(mem_write(m, b, "q", 1), 0);
	mem_watch_code(m, b, 10);
	EQ(mem_unmap(m, b, 4096), 0);
	CHECK(changed(b));
	mem_clear(m);
	g_changes = 0;
}

static void
aliases(void)
{
	int fd = fileno(tmpfile());
	u64 a, b;
	u8 x;
	size_t n = 1;
	CHECK(!ftruncate(fd, 3 * 4096));
	a = (u64)mem_map(m, 0, 3 * 4096, MEM_R | MEM_X, VMA_SHARED, fd, 0, 0);
	b = (u64)mem_map(m, 0, 2 * 4096, MEM_R | MEM_W, VMA_SHARED, fd, 4096, 0);
	CHECK((i64)a > 0 && (i64)b > 0);
	mem_watch_code(m, a + 4096, 8);
	EQ(mem_write(m, b + 4096, "k", 1), 0);
	EQ(g_changes, 0);
	EQ(mem_write(m, b, "k", 1), 0);
	EQ(mem_read(m, &x, a + 4096, 1), 0);
	EQ(x, 'k');
	CHECK(changed(a + 4096));
	mem_watch_code(m, a + 4096, 8);
	CHECK(mem_host(m, b, &n, MEM_W) != 0);
	CHECK(changed(a + 4096));
	// a writable alias that comes later
	mem_watch_code(m, a, 8);
	b = (u64)mem_map(m, 0, 4096, MEM_R, VMA_SHARED, fd, 0, 0);
	EQ(g_changes, 0);
	EQ(mem_protect(m, b, 4096, MEM_R | MEM_W), 0);
	CHECK(changed(a));
	// past the end of the file
	EQ(slow(a + 2 * 4096, MEM_R), MEM_OK);
	CHECK(!ftruncate(fd, 4096 + 1));
	EQ(slow(a + 2 * 4096, MEM_R), MEM_BUS);
	EQ(slow(a + 4096, MEM_R), MEM_OK);
	EQ(mem_read(m, &x, a + 2 * 4096, 1), -EFAULT);
	EQ(mem_unmap(m, a, 4096), 0);
	EQ(slow(a + 4096, MEM_R), MEM_OK);
	close(fd);
	mem_clear(m);
	g_changes = 0;
}

// Does the host's mremap map pages twice? (qemu's does not.)
static int
host_doubles(void)
{
	size_t n = host_page_size();
	void *p = mmap(0, n, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q;
	int ok = !host_remap(p, 0, n, 1, 0, &q);
	if (ok)
		munmap(q, n);
	munmap(p, n);
	return ok;
}

static void
files(void)
{
	char name[] = "/tmp/mem_testXXXXXX", path[4096];
	int fd = mkstemp(name), ro = open(name, O_RDONLY);
	u64 a, b;
	u8 x[3];
	struct vma v;
	unlink(name);
	CHECK(write(fd, "abc", 3) == 3);
	a = (u64)mem_map(m, 0, 4096, MEM_R, VMA_SHARED, ro, 0, "/a/name");
	EQ(mem_protect(m, a, 4096, MEM_R | MEM_W), -EACCES);
	EQ(mem_map(m, 0, 4096, MEM_W, VMA_SHARED, ro, 0, 0), -EACCES);
	EQ(mem_find(m, a, &v, path), 1);
	CHECK(!strcmp(path, "/a/name") && v.ino);
	b = (u64)mem_map(m, 0, 8192, MEM_R | MEM_W, 0, ro, 0, 0);
	mem_find(m, b, &v, path);
	CHECK(strstr(path, "mem_test") && strstr(path, "(deleted)"));
	EQ(mem_write(m, b, "x", 1), 0);
	EQ(mem_read(m, x, b, 3), 0);
	CHECK(!memcmp(x, "xbc", 3));
	EQ(mem_read(m, x, a, 3), 0);
	CHECK(!memcmp(x, "abc", 3));
	EQ(mem_read(m, x, b + 4095, 1), 0);
	EQ(mem_read(m, x, b + 4096, 1), -EFAULT);
	EQ(slow(b + 4096, MEM_W), MEM_BUS);
	EQ(mem_advise(m, b, 4096, 4), 0);
	EQ(mem_read(m, x, b, 3), 0);
	// Part of a larger host page cannot be given back.
	CHECK(!memcmp(x, "abc", 3) || host_page_size() > 4096);
	// growing and doubling shared mappings
	CHECK(!ftruncate(fd, 16384));
	b = (u64)mem_map(m, 0, 4096, MEM_R | MEM_W, VMA_SHARED, fd, 4096, 0);
	EQ(mem_write(m, b, "one", 3), 0);
	a = (u64)mem_remap(m, b, 4096, 3 * 4096, 1, 0);
	CHECK((i64)a > 0);
	EQ(mem_read(m, x, a, 3), 0);
	CHECK(!memcmp(x, "one", 3));
	EQ(mem_write(m, a + 8192, "two", 3), 0);
	CHECK(pread(fd, x, 3, 12288) == 3 && !memcmp(x, "two", 3));
	b = (u64)mem_remap(m, a, 0, 4096, 1, 0);
	if (host_doubles()) {
		CHECK((i64)b > 0 && a != b);
		EQ(mem_write(m, b, "six", 3), 0);
		EQ(mem_read(m, x, a, 3), 0);
		CHECK(!memcmp(x, "six", 3));
	}
	close(fd);
	close(ro);
	mem_clear(m);
}

static void
forking(void)
{
	u64 a = map(0, 4 * 4096, MEM_R | MEM_W, 0), s = map(0, 4096, MEM_R | MEM_W, VMA_SHARED);
	u8 x;
	pid_t pid;
	int status;
	EQ(mem_write(m, a, "p", 1), 0);
	EQ(mem_write(m, a + 4096, "q", 1), 0);
	EQ(mem_write(m, a + 2 * 4096, "r", 1), 0);
	EQ(mem_advise(m, a + 4096, 4096, 10), 0);
	EQ(mem_advise(m, a + 2 * 4096, 4096, 18), 0);
	mem_before_fork(m);
	fflush(stdout);
	pid = fork();
	mem_after_fork(m, !pid);
	if (!pid) {
		EQ(mem_read(m, &x, a, 1), 0);
		EQ(x, 'p');
		EQ(mem_read(m, &x, a + 4096, 1), -EFAULT);
		EQ(mem_read(m, &x, a + 2 * 4096, 1), 0);
		EQ(x, 0);
		EQ(mem_write(m, a, "c", 1), 0);
		EQ(mem_write(m, s, "c", 1), 0);
		fflush(stdout);
		_exit(g_failed);
	}
	waitpid(pid, &status, 0);
	EQ(status, 0);
	EQ(mem_read(m, &x, a, 1), 0);
	EQ(x, 'p');
	EQ(mem_read(m, &x, s, 1), 0);
	EQ(x, 'c');
	mem_clear(m);
}

// The emulator's own memory is out of reach of copies and fixed mappings.
static void
own_memory(void)
{
	static u8 own[8192];
	u8 x;
	u64 page = (u64)(uintptr_t)own & ~(u64)4095;
	if (mem_is_paged(m))
		return;
	EQ(mem_read(m, &x, (u64)(uintptr_t)own, 1), -EFAULT);
	EQ(mem_map(m, page, 4096, MEM_R, VMA_FIXED, -1, 0, 0), -ENOMEM);
	EQ(mem_map(m, page - 4096, 16384, MEM_R, VMA_FIXED_NOREPLACE, -1, 0, 0), -EEXIST);
	EQ(mem_total(m), 0);
}

int
main(void)
{
	struct mem_hooks hooks = {0, on_code, on_stale, 0};
	int paged;
	host_install_fault_handlers(0);
	host_thread_init();
	for (paged = 0; paged < 2; paged++) {
		m = mem_new(paged);
		mem_set_hooks(m, &hooks);
		mapping();
		stack();
		watching();
		aliases();
		files();
		forking();
		own_memory();
		mem_free(m);
	}
	host_thread_exit();
	return g_failed;
}
