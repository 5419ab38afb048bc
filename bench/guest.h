// guest.h: what the measuring guests share: system calls, output, and the
// entry point, which runs the rows of `kernels`. Freestanding: no libc, so that
// the same instructions run everywhere. Without a name all kernels run once,
// shortly; `PROGRAM NAME [REPEAT]` runs one.
#ifndef BENCH_GUEST_H_
#define BENCH_GUEST_H_

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

static inline i64
sys(i64 n, i64 a, i64 b, i64 c)
{
	i64 r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}

void *
memset(void *p, int c, u64 n)
{
	u8 *d = (u8 *)p;
	while (n--)
		*d++ = (u8)c;
	return p;
}

void *
memcpy(void *p, const void *q, u64 n)
{
	u8 *d = (u8 *)p;
	const u8 *s = (const u8 *)q;
	while (n--)
		*d++ = *s++;
	return p;
}

static inline u64
length(const char *s)
{
	const char *p = s;
	while (*p)
		++p;
	return (u64)(p - s);
}

static inline void
print(const char *s)
{
	sys(1, 1, (i64)s, (i64)length(s));
}

static inline void
print_hex(u64 x)
{
	char b[18];
	for (int i = 0; i < 16; ++i)
		b[i] = "0123456789abcdef"[x >> (60 - 4 * i) & 15];
	b[16] = '\n';
	b[17] = 0;
	print(b);
}

struct kernel {
	const char *name;
	u64 (*run)(void);
};
static int wrong;  // set by a kernel whose result is not what it should be

static inline int
same(const char *a, const char *b)
{
	while (*a && *a == *b)
		++a, ++b;
	return *a == *b;
}

static inline void
run_kernels(i64 *sp, const struct kernel *kernels, int n)
{
	i64 argc = *sp;
	char **argv = (char **)(sp + 1);
	i64 repeat = 1;
	if (argc > 2) {
		repeat = 0;
		for (char *p = argv[2]; *p; ++p)
			repeat = repeat * 10 + (*p - '0');
	}
	for (int i = 0; i < n; ++i) {
		u64 r = 0;
		if (argc > 1 && !same(argv[1], kernels[i].name))
			continue;
		for (i64 k = 0; k < repeat; ++k)
			r = kernels[i].run();
		print(kernels[i].name);
		print(" ");
		print_hex(r);
		if (wrong) {
			print("wrong\n");
			break;
		}
	}
	sys(231, wrong, 0, 0);
}

#define KERNELS(rows) \
__attribute__((used)) static void \
start_c(i64 *sp) \
{ \
	run_kernels(sp, rows, (int)(sizeof rows / sizeof *rows)); \
} \
__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start_c\n")

#endif
