// mmap.c: mappings, the program break, and what the kernel refuses of them.
#include "t.h"

enum { RW = 3, PRIV_ANON = 0x22, FIXED = 0x10, NOREPLACE = 0x100000 };

static i64
map(u64 addr, u64 len, int prot, int flags, int fd, u64 off)
{
	return sys(9, addr, len, (i64)prot, (i64)flags, (i64)fd, off);
}

static void
test_refusals(void)
{
	int fd = (int)sys(2, "/proc/self/exe", 0L, 0L);
	show("length 0", map(0, 0, RW, PRIV_ANON, -1, 0));
	show("no type", map(0, 4096, RW, 0x20, -1, 0));
	show("shared_validate anonymous", map(0, 4096, RW, 0x23, -1, 0));
	show("odd offset", map(0, 4096, RW, PRIV_ANON, -1, 123));
	show("bad descriptor", map(0, 4096, RW, 2, 99, 0));
	show("bad descriptor, length 0", map(0, 0, RW, 2, 99, 0));
	show("fixed at odd address", map(0x10000001, 4096, RW, PRIV_ANON | FIXED, -1, 0));
	show("fixed above the top", map(0x7ffffffff000, 4096, RW, PRIV_ANON | FIXED, -1, 0));
	show("huge", map(0, 1ul << 60, RW, PRIV_ANON, -1, 0));
	show("wraps", map(0, ~0ul, RW, PRIV_ANON, -1, 0));
	show("shared writable of read-only file", map(0, 4096, RW, 1, fd, 0));
	show_ok("private writable of read-only file", map(0, 4096, RW, 2, fd, 0));
	show("munmap odd", sys(11, 1L, 4096L));
	show("munmap 0", sys(11, 4096L, 0L));
	show("munmap nothing", sys(11, 0x10000000L, 4096L));
	show("mprotect odd", sys(10, 1L, 4096L, 0L));
	show("mprotect nothing", sys(10, 0x10000000L, 4096L, 1L));
	show("mprotect 0", sys(10, 0x10000000L, 0L, 1L));
	show("mprotect bad bits", sys(10, 0x10000000L, 4096L, 0x100L));
	show("madvise odd", sys(28, 1L, 4096L, 4L));
	show("madvise unknown", sys(28, 0x10000000L, 4096L, 77L));
	show("madvise nothing mapped", sys(28, 0x10000000L, 4096L, 4L));
	show("msync both", sys(26, 0x10000000L, 4096L, 5L));
	show("msync nothing mapped", sys(26, 0x10000000L, 4096L, 4L));
	show("mincore odd", sys(27, 1L, 4096L, 0x10000000L));
	show("mlock nothing mapped", sys(149, 0x10000000L, 4096L));
	show("munlock nothing mapped", sys(150, 0x10000000L, 4096L));
	show("mlock2 flags", sys(325, 0x10000000L, 4096L, 2L));
	show("mlockall 0", sys(151, 0L));
	sys(3, (i64)fd);
}

static void
test_mapping(void)
{
	u8 *p = (u8 *)map(0, 5 * 4096, RW, PRIV_ANON, -1, 0);
	u8 vec[8];
	int i, zero = 1;
	for (i = 0; i < 5 * 4096; i++)
		zero &= !p[i];
	show("zeroed", zero);
	for (i = 0; i < 5; i++)
		p[i * 4096] = (u8)(i + 1);
	show("noreplace over it", map((u64)p, 4096, RW, PRIV_ANON | NOREPLACE, -1, 0));
	show("mincore", sys(27, p, 5 * 4096L, vec));
	show("resident", vec[0] & vec[4] & 1);
	show("hole", sys(11, p + 2 * 4096, 4096L));
	show("mincore over the hole", sys(27, p, 5 * 4096L, vec));
	show("mprotect over the hole", sys(10, p, 5 * 4096L, 1L));
	show("madvise over the hole", sys(28, p, 5 * 4096L, 4L));
	zero = (int)sys(2, "/dev/zero", 0L, 0L);
	show("write into read-only memory", sys(0, (i64)zero, p, 1L));
	sys(3, (i64)zero);
	show("noreplace into the hole", map((u64)p + 2 * 4096, 4096, RW, PRIV_ANON | NOREPLACE, -1, 0) == (i64)p + 2 * 4096);
	show("first byte after madvise", p[0]);
	show("mprotect back", sys(10, p, 5 * 4096L, 3L));
	p[0] = 77;
	show("fixed replaces", map((u64)p, 4096, RW, PRIV_ANON | FIXED, -1, 0) == (i64)p);
	show("fresh", p[0]);
	show("munmap all", sys(11, p, 5 * 4096L));
	show("again", sys(11, p, 5 * 4096L));
}

static void
test_mremap(void)
{
	u8 *p = (u8 *)map(0, 4 * 4096, RW, PRIV_ANON, -1, 0), *q, *room;
	p[0] = 1;
	p[3 * 4096] = 4;
	show("mremap flags", sys(25, p, 4096L, 4096L, 16L, 0L));
	show("mremap fixed alone", sys(25, p, 4096L, 4096L, 2L, p));
	show("mremap to 0", sys(25, p, 4096L, 0L, 0L, 0L));
	show("mremap odd", sys(25, p + 1, 4096L, 4096L, 0L, 0L));
	show("mremap nothing", sys(25, 0x10000000L, 4096L, 8192L, 1L, 0L));
	show("shrinks in place", sys(25, p, 4 * 4096L, 2 * 4096L, 0L, 0L) == (i64)p);
	show("tail is gone", sys(10, p + 3 * 4096, 4096L, 1L));
	room = (u8 *)map(0, 16 * 4096, 0, PRIV_ANON, -1, 0);
	q = (u8 *)sys(25, p, 2 * 4096L, 3 * 4096L, 3L, room + 4096);
	show("moves to a fixed place", q == room + 4096);
	show("content", q[0]);
	show("old place is gone", sys(10, p, 4096L, 1L));
	show("cannot grow in place", sys(25, q, 3 * 4096L, 4 * 4096L, 0L, 0L));
	p = (u8 *)sys(25, q, 3 * 4096L, 64 * 4096L, 1L, 0L);
	show("grows by moving", p[0]);
	show("new tail", p[63 * 4096]);
	show("dontunmap", (q = (u8 *)sys(25, p, 4096L, 4096L, 5L, 0L)) != p && q[0] == 1 && p[0] == 0);
	sys(11, room, 16 * 4096L);
}

static void
test_brk(void)
{
	i64 start = sys(12, 0L), b;
	u8 *p;
	show("brk below", sys(12, 4096L) == start);
	b = sys(12, start + 10000);
	show("brk grows", b - start);
	p = (u8 *)start;
	p[0] = 5;
	p[9999] = 6;
	show("brk shrinks", sys(12, start + 1) - start);
	show("brk grows again", sys(12, start + 20000) - start);
	show("kept", p[0]);
	show("cleared", p[9999]);
	show("brk too far", sys(12, 0x7ffffffff000L) - start);
	show("brk back", sys(12, start) - start);
}

static void
test_shared(void)
{
	int fd;
	u8 *p, *q, b[4] = { 0 };
	enter_own_dir();
	fd = (int)sys(2, "file", 0x242L, 0600L);
	sys(87, "file");
	leave_own_dir();
	sys(77, (i64)fd, 8192L);
	p = (u8 *)map(0, 8192, RW, 1, fd, 0);
	q = (u8 *)map(0, 4096, RW, 2, fd, 4096);
	p[0] = 'a';
	p[4096] = 'b';
	show("private sees the file", q[0]);
	q[0] = 'c';
	show("and keeps its own", p[4096]);
	show("msync", sys(26, p, 8192L, 4L));
	sys(17, (i64)fd, b, 1L, 0L);
	show("read sees the mapping", b[0]);
	b[0] = 'z';
	sys(18, (i64)fd, b, 1L, 1L);
	show("mapping sees the write", p[1]);
	show("offset overflows", map(0, 4096, 1, 2, fd, 0xfffffffffffff000));
	sys(11, p, 8192L);
	sys(11, q, 4096L);
	sys(3, (i64)fd);
}

static void
test_bases(void)
{
	u64 x = 0, y;
	show("get fs", sys(158, 0x1003L, &x));
	show("set gs", sys(158, 0x1001L, 0x12345678L));
	show("get gs", sys(158, 0x1004L, &x));
	show_hex("gs", x);
	show("set gs high", sys(158, 0x1001L, 0x800000000000L));
	show("bad code", sys(158, 0x9999L, 0L));
	show("bad pointer", sys(158, 0x1004L, 8L));
	x = 0x1122334455667788;
	show("set fs", sys(158, 0x1002L, &x));
	__asm__ volatile("mov %%fs:0, %0" : "=r"(y));
	show_hex("through fs", y);
	show_hex("personality", (u64)sys(135, 0xffffffffL));
}

static int
test_main(int argc, char **argv, char **envp)
{
	test_refusals();
	test_mapping();
	test_mremap();
	test_brk();
	test_shared();
	test_bases();
	return 0;
}
