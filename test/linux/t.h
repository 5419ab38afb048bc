// t.h: what freestanding x86-64 Linux test programs share: raw system calls,
// printing, a start routine. No libc, so that the programs stay small and do
// exactly what they say. Each file defines `static int test_main(int argc,
// char **argv, char **envp)`. Output must be deterministic: the same natively
// and under blink, on every machine.
#ifndef T_H_
#define T_H_

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long i64;
typedef u64 size_t;
#define NULL ((void *)0)
#define UNUSED __attribute__((unused))
#define NOINLINE __attribute__((noinline))

static inline i64
sys(i64 nr, ...)
{
	// All six arguments are always passed; unused ones are whatever they are.
	__builtin_va_list ap;
	i64 a[6], r;
	__builtin_va_start(ap, nr);
	for (int i = 0; i < 6; ++i)
		a[i] = __builtin_va_arg(ap, i64);
	__builtin_va_end(ap);
	register i64 r10 __asm__("r10") = a[3];
	register i64 r8 __asm__("r8") = a[4];
	register i64 r9 __asm__("r9") = a[5];
	__asm__ volatile("syscall"
	                 : "=a"(r)
	                 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
	                 : "rcx", "r11", "memory");
	return r;
}

static UNUSED void *
memset(void *p, int c, size_t n)
{
	u8 *d = (u8 *)p;
	while (n--)
		*d++ = (u8)c;
	return p;
}

static UNUSED void *
memcpy(void *p, const void *q, size_t n)
{
	u8 *d = (u8 *)p;
	const u8 *s = (const u8 *)q;
	while (n--)
		*d++ = *s++;
	return p;
}

static UNUSED int
memcmp(const void *p, const void *q, size_t n)
{
	const u8 *a = (const u8 *)p, *b = (const u8 *)q;
	for (; n; --n, ++a, ++b)
		if (*a != *b)
			return *a < *b ? -1 : 1;
	return 0;
}

static UNUSED size_t
strlen(const char *s)
{
	size_t n = 0;
	while (s[n])
		++n;
	return n;
}

static UNUSED int
streq(const char *a, const char *b)
{
	while (*a && *a == *b)
		++a, ++b;
	return *a == *b;
}

static UNUSED void
put(const char *s)
{
	sys(1, 1L, s, strlen(s));
}

static UNUSED void
put_hex(u64 x)
{
	char b[19];
	int i = 18;
	b[i] = 0;
	do
		b[--i] = "0123456789abcdef"[x & 15];
	while (x >>= 4);
	b[--i] = 'x';
	b[--i] = '0';
	put(b + i);
}

static UNUSED void
put_dec(i64 x)
{
	char b[22];
	int i = 21;
	u64 u = x < 0 ? -(u64)x : (u64)x;
	b[i] = 0;
	do
		b[--i] = (char)('0' + u % 10);
	while (u /= 10);
	if (x < 0)
		b[--i] = '-';
	put(b + i);
}

static char t_dir[64] = "/tmp/blink-test-";

// Makes a directory that no other run has, and goes there.
static UNUSED void
enter_own_dir(void)
{
	char *p = t_dir + strlen(t_dir);
	i64 pid = sys(39);
	for (; pid; pid /= 10)
		*p++ = (char)('0' + pid % 10);
	// A run that was killed may have left the name of this process behind.
	while (sys(83, t_dir, 0700L) == -17 && p < t_dir + sizeof t_dir - 1)
		*p++ = '+';
	sys(80, t_dir);
}

// Removes it; its files are gone already.
static UNUSED void
leave_own_dir(void)
{
	sys(80, "/");
	sys(84, t_dir);
}

// `name: value` lines: decimal (so errors show as -errno), hex, string, yes/no
static UNUSED void
show(const char *name, i64 x)
{
	put(name);
	put(": ");
	put_dec(x);
	put("\n");
}

static UNUSED void
show_hex(const char *name, u64 x)
{
	put(name);
	put(": ");
	put_hex(x);
	put("\n");
}

static UNUSED void
show_str(const char *name, const char *s)
{
	put(name);
	put(": ");
	put(s);
	put("\n");
}

// For results that differ from run to run: only whether it is an error.
static UNUSED void
show_ok(const char *name, i64 x)
{
	if (x < 0 && x > -4096)
		show(name, x);
	else
		show_str(name, "ok");
}

static int test_main(int argc, char **argv, char **envp);

__attribute__((used, noreturn)) static void
t_start(i64 *sp)
{
	int argc = (int)*sp;
	char **argv = (char **)(sp + 1);
	int status = test_main(argc, argv, argv + argc + 1);
	for (;;)
		sys(231, (i64)status);
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call t_start\n");
#endif
