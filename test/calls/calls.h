// calls.h: what the programs that try every system call need, without a C
// library: raw calls and lines of output.
//
// Each line is `name: result` and the same on every run on one machine (no
// addresses, times or process numbers). What the kernel and its file systems
// answer differs between machines, so blink is compared with a native run made
// at the same time, not with a record. A program works in a directory of its
// own below /tmp and removes it in the end.
#ifndef TEST_CALLS_CALLS_H_
#define TEST_CALLS_CALLS_H_
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/unistd_64.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned u32;
typedef unsigned long u64;
typedef int i32;
typedef long i64;
typedef unsigned long size_t;

#define BAD ((void *)8)                       // page 0: never mapped
#define KERNEL ((void *)0xffff800000000000ul) // never the user's
#define AT_FDCWD (-100)
#define COUNTOF(a) (sizeof(a) / sizeof((a)[0]))

static inline long
sys6(long n, long a, long b, long c, long d, long e, long f)
{
	long r;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(r) : "0"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return r;
}
#define S0(n) sys6(__NR_##n, 0, 0, 0, 0, 0, 0)
#define S1(n, a) sys6(__NR_##n, (long)(a), 0, 0, 0, 0, 0)
#define S2(n, a, b) sys6(__NR_##n, (long)(a), (long)(b), 0, 0, 0, 0)
#define S3(n, a, b, c) sys6(__NR_##n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define S4(n, a, b, c, d) sys6(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define S5(n, a, b, c, d, e) sys6(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define S6(n, a, b, c, d, e, f) sys6(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static char t_line[4096];
static size_t t_len;

static void
flush(void)
{
	if (t_len)
		S3(write, 1, t_line, t_len);
	t_len = 0;
}

static void
put(const char *s)
{
	while (*s && t_len < sizeof t_line)
		t_line[t_len++] = *s++;
}

static void
put_u(u64 x, unsigned base)
{
	char b[24];
	int i = sizeof b;
	b[--i] = 0;
	do
		b[--i] = "0123456789abcdef"[x % base];
	while (x /= base);
	put(b + i);
}

static void
put_i(i64 x)
{
	if (x < 0)
		put("-");
	put_u(x < 0 ? -(u64)x : (u64)x, 10);
}

static const char *
error_name(long e)
{
#define E(x) if (e == x) return #x;
	E(EPERM) E(ENOENT) E(ESRCH) E(EINTR) E(EIO) E(ENXIO) E(E2BIG) E(ENOEXEC) E(EBADF) E(ECHILD) E(EAGAIN) E(ENOMEM) E(EACCES)
	E(EFAULT) E(ENOTBLK) E(EBUSY) E(EEXIST) E(EXDEV) E(ENODEV) E(ENOTDIR) E(EISDIR) E(EINVAL) E(ENFILE) E(EMFILE) E(ENOTTY)
	E(ETXTBSY) E(EFBIG) E(ENOSPC) E(ESPIPE) E(EROFS) E(EMLINK) E(EPIPE) E(EDOM) E(ERANGE) E(EDEADLK) E(ENAMETOOLONG) E(ENOLCK)
	E(ENOSYS) E(ENOTEMPTY) E(ELOOP) E(ENODATA) E(EOVERFLOW) E(ENOTSOCK) E(EDESTADDRREQ) E(EMSGSIZE) E(EPROTOTYPE)
	E(ENOPROTOOPT) E(EPROTONOSUPPORT) E(ESOCKTNOSUPPORT) E(EOPNOTSUPP) E(EAFNOSUPPORT) E(EADDRINUSE) E(EADDRNOTAVAIL)
	E(ENETUNREACH) E(ECONNABORTED) E(ECONNRESET) E(ENOBUFS) E(EISCONN) E(ENOTCONN) E(ETIMEDOUT) E(ECONNREFUSED) E(EALREADY)
	E(EINPROGRESS)
#undef E
	return 0;
}

// A result: an error's name or the number.
static void
R(const char *name, long r)
{
	const char *e = r < 0 && r > -4096 ? error_name(-r) : 0;
	put(name);
	put(": ");
	if (e)
		put(e);
	else
		put_i(r);
	put("\n");
	flush();
}

// Success or an error's name, where the number may vary.
static void
OK(const char *name, long r)
{
	if (r < 0 && r > -4096) {
		R(name, r);
		return;
	}
	put(name);
	put(": ok\n");
	flush();
}

static inline void
HEX(const char *name, u64 x)
{
	put(name);
	put(": 0x");
	put_u(x, 16);
	put("\n");
	flush();
}

static inline void
STR(const char *name, const char *s)
{
	put(name);
	put(": ");
	put(s);
	put("\n");
	flush();
}

static inline void
BYTES(const char *name, const void *p, size_t n)
{
	const u8 *b = (const u8 *)p;
	size_t i;
	put(name);
	put(": ");
	for (i = 0; i < n && i < 1000; i++) {
		put_u(b[i] >> 4, 16);
		put_u(b[i] & 15, 16);
	}
	put("\n");
	flush();
}

void *
memset(void *p, int c, size_t n)
{
	u8 *b = (u8 *)p;
	while (n--)
		*b++ = (u8)c;
	return p;
}

void *
memcpy(void *d, const void *s, size_t n)
{
	u8 *a = (u8 *)d;
	const u8 *b = (const u8 *)s;
	while (n--)
		*a++ = *b++;
	return d;
}

static inline size_t
length(const char *s)
{
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

static inline int
same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static inline void
make_file(const char *name, const char *text)
{
	long fd = S3(open, name, O_CREAT | O_TRUNC | O_WRONLY, 0644);
	S3(write, fd, text, length(text));
	S1(close, fd);
}

static void test(void);

// Empties and removes a directory.
static void
clean(const char *name)
{
	u8 buf[2048];
	long n, at, fd = S3(open, name, O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0 || S1(fchdir, fd))
		return;
	while ((n = S3(getdents64, fd, buf, sizeof buf)) > 0)
		for (at = 0; at < n; at += *(u16 *)(buf + at + 16)) {
			const char *e = (const char *)buf + at + 19;
			if (same(e, ".") || same(e, ".."))
				continue;
			if (S1(unlink, e))
				clean(e);
		}
	S1(close, fd);
	S1(chdir, "..");
	S1(rmdir, name);
}

// The stack is aligned by hand: this is the program's entry point.
__asm__(".globl _start\n_start:\n\txor %ebp,%ebp\n\tand $-16,%rsp\n\tcall t_start\n");
__attribute__((used)) static void
t_start(void)
{
	static char dir[64] = "/tmp/blink-calls-";
	char *p = dir + 17;
	long pid = S0(getpid);
	for (; pid; pid /= 10)
		*p++ = (char)('0' + pid % 10);
	// A run that was killed may have left the name of this process behind.
	while (S2(mkdir, dir, 0755) == -EEXIST && p < dir + sizeof dir - 1)
		*p++ = '+';
	S1(chdir, dir);
	test();
	S1(chdir, "/tmp");
	clean(dir);
	S1(exit_group, 0);
}

#endif
