// start.c: what a program finds when it begins: stack, auxiliary vector,
// /proc/self, the vsyscall page.
#include "t.h"

static int
read_file(const char *path, char *b, int max)
{
	int fd = (int)sys(2, path, 0L, 0L), n = 0;
	i64 k;
	if (fd < 0)
		return fd;
	while (n < max && (k = sys(0, (i64)fd, b + n, (i64)(max - n))) > 0)
		n += (int)k;
	sys(3, (i64)fd);
	return n;
}

static u64
hex(const char **s)
{
	u64 x = 0;
	for (;; ++*s) {
		char c = **s;
		if (c >= '0' && c <= '9')
			x = x * 16 + (u64)(c - '0');
		else if (c >= 'a' && c <= 'f')
			x = x * 16 + (u64)(c - 'a' + 10);
		else
			return x;
	}
}

static int g_vsyscall;

static void
show_maps(u64 code, u64 stack, u64 heap)
{
	static char b[65536];
	int n = read_file("/proc/self/maps", b, sizeof b - 1);
	const char *s = b;
	b[n > 0 ? n : 0] = 0;
	while (*s) {
		const char *line = s, *perms, *name;
		u64 lo = hex(&s), hi;
		s++;
		hi = hex(&s);
		perms = ++s;
		name = line + 73;
		while (*s && *s != '\n')
			s++;
		if (s - line < 73)
			name = "";
		if (*s)
			*(char *)s++ = 0;
		if (code >= lo && code < hi) {
			show("maps: code executable", perms[0] == 'r' && perms[2] == 'x');
			show("maps: code has a path", name[0] == '/');
		}
		if (stack >= lo && stack < hi) {
			show_str("maps: stack", name);
			show("maps: stack permissions", perms[0] == 'r' && perms[1] == 'w' && perms[2] == '-' && perms[3] == 'p');
		}
		g_vsyscall |= lo == 0xffffffffff600000;
		if (heap && heap >= lo && heap < hi)
			show_str("maps: heap", name);
	}
}

static int
test_main(int argc, char **argv, char **envp)
{
	static char b[131072];
	u64 *aux, *a, at[64], i, heap;
	char *end;
	int n, k, same;
	while (*envp)
		envp++;
	aux = (u64 *)(envp + 1);
	for (i = 0; i < 64; i++)
		at[i] = 0;
	for (a = aux; *a; a += 2)
		if (*a < 64)
			at[*a] = a[1];
	show("stack aligned", ((u64)(argv - 1) & 15) == 0);
	show("argv[0] is the name given", streq(argv[0], (char *)at[31]));
	show("page size", (i64)at[6]);
	show("clock ticks", (i64)at[17]);
	show("size of a program header", (i64)at[4]);
	show("number of program headers > 0", at[5] > 0);
	show("program headers readable", *(u32 *)at[3] > 0 && *(u32 *)at[3] < 8);
	show_hex("entry", at[9] - at[9] % 4096 < 0x500000 ? 1 : at[9]);
	show("base", (i64)at[7]);
	show("flags", (i64)at[8]);
	show("uid", (i64)at[11] == sys(102) && (i64)at[12] == sys(107) && (i64)at[13] == sys(104) && (i64)at[14] == sys(108));
	show("secure", (i64)at[23]);
	show_str("platform", (char *)at[15]);
	for (same = 1, i = 1; i < 16; i++)
		same &= ((u8 *)at[25])[i] == ((u8 *)at[25])[0];
	show("16 random bytes", !same);
	show("SSE2 and FXSR", (at[16] >> 24 & 1) && (at[16] >> 26 & 1));

	n = read_file("/proc/self/cmdline", b, sizeof b);
	show("cmdline is argv", n == (int)(strlen(argv[0]) + 1) && streq(b, argv[0]));
	n = read_file("/proc/self/auxv", b, sizeof b);
	show("auxv", memcmp(b, aux, (u64)(a - aux) * 8) == 0);
	n = read_file("/proc/self/environ", b, sizeof b);
	for (end = b, k = 0; end < b + n; end += strlen(end) + 1)
		k += !streq(end, ((char **)(aux - 1))[0] ? ((char **)(aux - 1))[0] : "");
	show("environ has all variables", k == (int)(envp - (argv + argc + 1)));
	n = read_file("/proc/self/comm", b, sizeof b - 1);
	b[n > 0 ? n : 0] = 0;
	show_str("comm", b);
	n = read_file("/proc/self/stat", b, sizeof b - 1);
	b[n > 0 ? n : 0] = 0;
	for (k = 0, i = 0; i < (u64)n; i++)
		k += b[i] == ' ';
	show("fields in stat", k + 1);
	heap = (u64)sys(12, 0L);
	sys(12, heap + 4096);
	show_maps(at[9], (u64)argv, heap);

	// Kernels can be built without it.
	i = g_vsyscall ? ((u64 (*)(u64 *))0xffffffffff600400)(0) : (u64)sys(201, 0L);
	show("vsyscall time", i - (u64)sys(201, 0L) + 1 <= 1);
	show("vsyscall gettimeofday", g_vsyscall ? ((i64 (*)(u64 *, u64 *))0xffffffffff600000)((u64 *)b, 0) : 0);
	show("vsyscall getcpu", g_vsyscall ? ((i64 (*)(u32 *, u32 *, void *))0xffffffffff600800)((u32 *)b, 0, 0) : 0);
	return 0;
}
