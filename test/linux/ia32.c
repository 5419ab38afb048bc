// `int $0x80` from 64-bit and from 32-bit code, and thread areas.
#include "int80.h"
#include "sig.h"

static int got;
static void
handler(int sig, struct siginfo *si, void *p)
{
	got = sig;
}

static void
all(call_fn *call)
{
	u32 *buf = (u32 *)(void *)(low + 0x1800);
	u64 regs[6];
	show("unknown", call(999, 0, 0, 0, 0, 0, 0));
	show("getpid", call(20, 0, 0, 0, 0, 0, 0) - sys(39));
	show("gettid", call(224, 0, 0, 0, 0, 0, 0) - sys(186));
	show("getuid32", call(199, 0, 0, 0, 0, 0, 0) - sys(102));
	show("read", call(3, 99, (u32)(u64)buf, 1, 0, 0, 0));
	memcpy(buf, "written\n", 8);
	show("write", call(4, 1, (u32)(u64)buf, 8, 0, 0, 0));
	show("write to nowhere", call(4, 1, 1, 8, 0, 0, 0));
	memcpy(buf, "/dev/zero", 10);
	i64 fd = call(5, (u32)(u64)buf, 0, 0, 0, 0, 0);
	show_ok("open", fd);
	show("read", call(3, (u32)fd, (u32)(u64)buf, 16, 0, 0, 0));
	show("zero", buf[0]);
	show("close", call(6, (u32)fd, 0, 0, 0, 0, 0));
	memcpy(buf, "x", 2);
	fd = call(356, (u32)(u64)buf, 0, 0, 0, 0, 0);
	show_ok("memfd_create", fd);
	show("ftruncate64", call(194, (u32)fd, 0x1000, 1, 0, 0, 0));
	show("lseek end", call(19, (u32)fd, 0, 2, 0, 0, 0));
	show("_llseek", call(140, (u32)fd, 0, 0, (u32)(u64)buf, 2, 0));
	show_hex("position", buf[0] | (u64)buf[1] << 32);
	show("lseek back", call(19, (u32)fd, 100, 0, 0, 0, 0));
	show("lseek negative", call(19, (u32)fd, (u32)-50, 1, 0, 0, 0));
	show("pwrite64", call(181, (u32)fd, (u32)(u64)low, 4, 0x800, 1, 0));
	show("pread64", call(180, (u32)fd, (u32)(u64)buf, 4, 0x800, 1, 0));
	show_hex("bytes", buf[0] == *(u32 *)(void *)low);
	i64 p = (u32)call(192, 0, 4096, 3, 0x22, (u32)-1, 0);
	show("mmap2 below 4G", p > 0 && !(p & 4095));
	*(u8 *)p = 1;
	show("munmap", call(91, (u32)p, 4096, 0, 0, 0, 0));
	p = (u32)call(192, 0, 4096, 1, 2, (u32)fd, 1);
	show_ok("mmap2 of a file", p);
	show("munmap", call(91, (u32)p, 4096, 0, 0, 0, 0));
	buf[0] = 0, buf[1] = 4096, buf[2] = 3, buf[3] = 0x22, buf[4] = (u32)-1, buf[5] = 0;
	p = (u32)call(90, (u32)(u64)buf, 0, 0, 0, 0, 0);
	show("old mmap", p > 0 && !(p & 4095));
	show("munmap", call(91, (u32)p, 4096, 0, 0, 0, 0));
	show("mprotect", call(125, 0x10000000, 4096, 7, 0, 0, 0));
	show("dup2", call(63, (u32)fd, 100, 0, 0, 0, 0));
	show("fcntl64", call(221, 100, 1, 0, 0, 0, 0));
	show("close", call(6, 100, 0, 0, 0, 0, 0));
	show("close", call(6, (u32)fd, 0, 0, 0, 0, 0));
	sys(SYS_clock_gettime, 0L, regs);
	i64 now = call(13, (u32)(u64)buf, 0, 0, 0, 0, 0);
	show("time", now - (i64)regs[0] <= 1 && (i64)buf[0] == now);
	show("gettimeofday", call(78, (u32)(u64)buf, 0, 0, 0, 0, 0));
	show("seconds", buf[0] - regs[0] <= 1);
	show("clock_gettime", call(265, 0, (u32)(u64)buf, 0, 0, 0, 0));
	show("clock_gettime64", call(403, 1, (u32)(u64)buf, 0, 0, 0, 0));
	got = 0;
	show("kill", call(37, (u32)sys(39), 10, 0, 0, 0, 0));
	show("got", got);
	got = 0;
	show("tgkill", call(270, (u32)sys(39), (u32)sys(186), 12, 0, 0, 0));
	show("got", got);
	i64 pid = call(2, 0, 0, 0, 0, 0, 0);
	if (!pid)
		call(252, 7, 0, 0, 0, 0, 0);
	show("waitpid", call(7, (u32)pid, (u32)(u64)buf, 0, 0, 0, 0) - pid);
	show_hex("status", buf[0]);
	show("umask", call(60, 022, 0, 0, 0, 0, 0) >= 0);
	show("sched_yield", call(158, 0, 0, 0, 0, 0, 0));
	show("ioctl", call(54, 99, 0x5401, (u32)(u64)buf, 0, 0, 0));
	show("brk", (u32)call(45, 0, 0, 0, 0, 0, 0) == (u32)sys(12, 0L));
}

static void
areas(void)
{
	u32 *d = (u32 *)(void *)(low + 0x1900), fs = 0, x = 0;
	u64 base = 0;
	for (int i = 0; i < 4; i++) {
		d[0] = (u32)-1, d[1] = 0x10001000u + 16 * (u32)i, d[2] = 0xfffff, d[3] = 0x51;
		show("set_thread_area", call64(243, (u32)(u64)d, 0, 0, 0, 0, 0));
		show("entry", d[0]);
	}
	*(u32 *)(void *)(low + 0x1010) = 0x12345678;
	__asm__ volatile("mov %2, %%gs\n mov %%gs:0, %0\n mov %%gs, %1" : "=&r"(x), "=&r"(fs) : "r"(0x6b));
	show_hex("gs:0", x);
	show_hex("gs", fs);
	sys(158, 0x1004L, &base);
	show_hex("base", base);
	d[0] = 13, d[1] = 0x10001020, d[2] = 0xfff, d[3] = 0x41;
	*(u32 *)(void *)(low + 0x1020) = 0x9abcdef0;
	show("change", call64(243, (u32)(u64)d, 0, 0, 0, 0, 0));
	__asm__ volatile("mov %%gs:0, %0" : "=&r"(x));
	show_hex("gs:0", x);
	__asm__ volatile("lsl %1, %0" : "=&r"(x) : "r"(0x6b));
	show_hex("limit", x);
	__asm__ volatile("lar %1, %0" : "=&r"(x) : "r"(0x6b));
	show_hex("rights", x);
	d[1] = d[2] = d[3] = 0x55;
	show("get_thread_area", call64(244, (u32)(u64)d, 0, 0, 0, 0, 0));
	show_hex("base", d[1]);
	show_hex("limit", d[2]);
	show_hex("flags", d[3]);
	d[0] = 13, d[1] = 0, d[2] = 0, d[3] = 0x28;
	show("clear", call64(243, (u32)(u64)d, 0, 0, 0, 0, 0));
	__asm__ volatile("mov %%gs, %0" : "=&r"(fs));
	show_hex("gs", fs);
	d[0] = 13;
	show("get cleared", call64(244, (u32)(u64)d, 0, 0, 0, 0, 0));
	show_hex("flags", d[3]);
	d[0] = 3;
	show("bad entry", call64(243, (u32)(u64)d, 0, 0, 0, 0, 0));
	d[0] = 12, d[1] = 1, d[3] = 0x50;
	show("16 bits", call64(243, (u32)(u64)d, 0, 0, 0, 0, 0));
	show("nowhere", call64(243, 1, 0, 0, 0, 0, 0));
}

static int
test_main(int argc, char **argv, char **envp)
{
	on_signal(SIGUSR1, handler, 0, 0);
	on_signal(SIGUSR2, handler, 0, 0);
	low = (u8 *)sys(SYS_mmap, 0x10000000L, 3 * 4096L, 7L, 0x32L, -1L, 0L);
	put("64-bit code\n");
	all(call64);
	put("32-bit code\n");
	all(call32);
	put("thread areas\n");
	areas();
	call32(252, 3, 0, 0, 0, 0, 0);
	return 0;
}
