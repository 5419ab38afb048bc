// The command line: exit statuses, the one line that says what is wrong, the
// log of system calls, statistics.
#include "base/base.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char g_blink[4096], g_dir[] = "/tmp/command_testXXXXXX";
static char g_err[16384], g_out[65536];
static int g_failures, g_tiny;

static void
slurp(const char *name, char *buf, size_t size)
{
	char path[4200];
	ssize_t n;
	int fd;
	snprintf(path, sizeof path, "%s/%s", g_dir, name);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : read(fd, buf, size - 1);
	buf[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

// Waits for a child and reads what it wrote: the status as a shell shows it.
static int
outcome(pid_t pid)
{
	int status = 0;
	if (waitpid(pid, &status, 0) < 0)
		perror("waitpid");
	slurp("out", g_out, sizeof g_out);
	slurp("err", g_err, sizeof g_err);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Runs blink with arguments a..d; the status as a shell shows it.
static int
run(const char *a, const char *b, const char *c, const char *d)
{
	char out[4200], err[4200];
	pid_t pid = fork();
	if (!pid) {
		snprintf(out, sizeof out, "%s/out", g_dir);
		snprintf(err, sizeof err, "%s/err", g_dir);
		dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
		dup2(open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
		execl(g_blink, "blink", a, b, c, d, (char *)0);
		_exit(errno == ENOEXEC ? 99 : 98);
	}
	return outcome(pid);
}

static void
expect(const char *what, int ok)
{
	if (!ok) {
		printf("%s\n  stdout: %.300s\n  stderr: %.300s\n", what, g_out, g_err);
		g_failures++;
	}
}

static int
one_line(const char *text)
{
	const char *end = strchr(g_err, '\n');
	return end && !end[1] && strstr(g_err, text) != 0 && !strncmp(g_err, "blink: ", 7);
}

// A file in the scratch directory; its path stays valid until the next call.
static const char *
make_file(const char *name, const void *bytes, size_t n, int mode)
{
	static char path[4200];
	int fd;
	snprintf(path, sizeof path, "%s/%s", g_dir, name);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT, 0700);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || fchmod(fd, (mode_t)mode) || close(fd))
		perror(path);
	return path;
}

static size_t
example(const char *name, u8 *b, size_t size)
{
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, b, size);
	if (fd >= 0)
		close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static int
hello(void)
{
	return !strcmp(g_out, "hello world\n");
}

// Runs a flat image with flag a.
static int
run_flat(const char *a, const char *code, size_t n)
{
	const char *path = make_file("x.bin", code, n, 0600);
	return a ? run(a, path, 0, 0) : run(path, 0, 0, 0);
}

static void
test_refusals(u8 *elf, size_t n)
{
	expect("no program is 64", run(0, 0, 0, 0) == 64 && strstr(g_err, "usage: blink"));
	expect("unknown flag is 64", run("-?", "example/hello.elf", 0, 0) == 64);
	expect("no such file is 127", run("/no/such/file", 0, 0, 0) == 127 && one_line("No such file"));
	expect("not on $PATH is 127", run("no-such-program", 0, 0, 0) == 127 && one_line("$PATH"));
	expect("directory is 126", run("/", 0, 0, 0) == 126 && one_line("directory"));
	expect("not executable is 126", run(make_file("x", elf, n, 0600), 0, 0, 0) == 126 && one_line("executable"));
	expect("empty is 126", run(make_file("x", elf, 0, 0700), 0, 0, 0) == 126 && one_line("empty"));
	expect("truncated is 126", run(make_file("x", elf, 50, 0700), 0, 0, 0) == 126 && one_line("truncated"));
	expect("truncated headers are 126", run(make_file("x", elf, 70, 0700), 0, 0, 0) == 126 && one_line("e_phoff"));
	elf[18] = 183;
	expect("aarch64 is 126", run(make_file("x", elf, n, 0700), 0, 0, 0) == 126 && one_line("aarch64"));
	elf[18] = 62;
	expect("script", run(make_file("x", "#!/no/such/interpreter\n", 23, 0700), 0, 0, 0) == 127
		&& one_line("#! interpreter /no/such/interpreter: No such file"));
}

static void
test_path(const u8 *elf, size_t n)
{
	char *path = getenv("PATH") ? strdup(getenv("PATH")) : 0;
	char both[8400];
	make_file("x", elf, n, 0700);
	snprintf(both, sizeof both, "/no/such/directory:%s", g_dir);
	setenv("PATH", both, 1);
	expect("found on $PATH", run("x", 0, 0, 0) == 0 && hello());
	make_file("x", elf, n, 0600);
	expect("found, but not executable", run("x", 0, 0, 0) == 126 && one_line("executable"));
	if (path)
		setenv("PATH", path, 1);
	free(path);
}

// --- what -h and the man page say -----------------------------------------------------

// Notes in seen[] the letters behind each of the marks in the text, up to `end`.
static void
note_options(u8 *seen, const char *text, const char *end, const char *const *marks)
{
	const char *s;
	for (; *marks; marks++)
		for (s = text; s && (s = strstr(s, *marks)) && (!end || s < end);)
			for (s += strlen(*marks); isalnum((u8)*s); s++)
				seen[(u8)*s] = 1;
}

// Those that blink takes, perhaps not alone. Of others getopt says so in front of the usage.
static void
try_options(u8 *taken)
{
	char option[] = "-x";
	unsigned i;
	for (i = '0'; i <= 'z'; i++) {
		if (!isalnum((int)i))
			continue;
		option[1] = (char)i;
		taken[i] = run(option, "/dev/null", 0, 0) != 64 || !strncmp(g_err, "usage: ", 7) || !strncmp(g_err, "blink: -", 8);
	}
}

static void
test_usage(void)
{
	static const char *const in_usage[] = { "blink -", "[-", 0 }, *const in_list[] = { "\n  -", ", -", 0 }, *const in_synopsis[] = { "\\-", 0 },
				 *const in_options[] = { "\n.TP\n.B \\-", "\n.TP\n.BI \\-", "\n.TP\n.BR \\-", "\", \" \\-", 0 };
	static u8 page[32768];
	const char *man = (const char *)page, *synopsis, *options;
	u8 taken[128] = { 0 }, usage[128] = { 0 }, list[128] = { 0 }, brief[128] = { 0 }, described[128] = { 0 };
	unsigned i;
	if (!example("blink/blink.1", page, sizeof page - 1) || !(synopsis = strstr(man, "\n.SH SYNOPSIS")) ||
		!(options = strstr(man, "\n.SH OPTIONS"))) {
		expect("the man page can be read", 0);
		return;
	}
	try_options(taken);
	run("-h", 0, 0, 0);
	note_options(usage, g_out, 0, in_usage);
	note_options(list, g_out, 0, in_list);
	note_options(brief, synopsis, strstr(synopsis + 1, "\n.SH"), in_synopsis);
	note_options(described, options, strstr(options + 1, "\n.SH"), in_options);
	for (i = 0; i < sizeof taken; i++) {
		if (taken[i] == usage[i] && taken[i] == list[i] && taken[i] == brief[i] && taken[i] == described[i])
			continue;
		printf("-%c:%s taken; -h:%s above,%s listed; man page:%s in the synopsis,%s described\n", (int)i, taken[i] ? "" : " not",
			usage[i] ? "" : " not", list[i] ? "" : " not", brief[i] ? "" : " not", described[i] ? "" : " not");
		g_failures++;
	}
}

// Whether a running guest's memory is the host's at the same address: a flat
// image writes one byte, then waits to be killed. -1: cannot be told.
static int
is_linear(const char *flag)
{
	const char *image = make_file("x.bin", "\xba\x01\x00\x00\x00\xbf\x01\x00\x00\x00\xb8\x01\x00\x00\x00\x48\x89\xe6\x0f\x05"
		"\xb8\x22\x00\x00\x00\x0f\x05", 27, 0600);
	char line[512], name[64];
	int p[2], found = -1;
	pid_t pid;
	FILE *f;
	if (pipe(p))
		return -1;
	if (!(pid = fork())) {
		dup2(p[1], 1);
		close(p[0]);
		close(p[1]);
		execl(g_blink, "blink", flag ? flag : image, flag ? image : (char *)0, (char *)0);
		_exit(98);
	}
	close(p[1]);
	snprintf(name, sizeof name, "/proc/%d/maps", (int)pid);
	if (read(p[0], line, 1) == 1 && (f = fopen(name, "r"))) {
		for (found = 0; fgets(line, sizeof line, f);)
			found |= !strncmp(line, "00400000-", 9) || !strncmp(line, "400000-", 7);
		fclose(f);
	}
	kill(pid, SIGKILL);
	waitpid(pid, 0, 0);
	close(p[0]);
	return found;
}

static void
test_flags(int linear)
{
	static const char argv0[] = "\x48\x8b\x74\x24\x08\xba\x04\x00\x00\x00\xbf\x01\x00\x00\x00\xb8\x01\x00\x00\x00\x0f\x05"
		"\x31\xff\xb8\x3c\x00\x00\x00\x0f\x05";  // writes four bytes of argv[0]
	char log[4200];
	struct stat st;
	expect("-h is 0", run("-h", 0, 0, 0) == 0 && strstr(g_out, "usage: blink"));
	expect("hello", run("example/hello.elf", 0, 0, 0) == 0 && hello() && !*g_err);
	expect("hello -m", run("-m", "example/hello.elf", 0, 0) == 0 && hello());
	expect("hello -j", run("-j", "example/hello.elf", 0, 0) == 0 && hello());
	expect("argv[0]", run_flat(0, argv0, sizeof argv0 - 1) == 0 && !strncmp(g_out, g_dir, 4));
	expect("-0", run("-0", make_file("x.bin", argv0, sizeof argv0 - 1, 0600), "zero", "one") == 0 && !strcmp(g_out, "zero"));
	expect("-s logs", run("-s", "example/hello.elf", 0, 0) == 0 && (strstr(g_err, "write(1, \"hello world\\n\", 12)") || strstr(g_err, "syscall_1(")));
	expect("-s of a call", strstr(g_err, " = 12\n") != 0);
	if (!g_tiny)
		expect("-s twice", run("-s", "-s", "example/hello.elf", 0) == 0 && strstr(g_err, "write(1, \"hello world\\n\", 12 <unfinished ...>\n"));
	snprintf(log, sizeof log, "%s/log", g_dir);
	expect("-L creates nothing", run("-L", log, "example/hello.elf", 0) == 0 && stat(log, &st) < 0);
	setenv("BLINK_STRACE", "1", 1);
	expect("-L takes the log", run("-L", log, "example/hello.elf", 0) == 0 && !*g_err && !stat(log, &st) && st.st_size);
	unlink(log);
	setenv("BLINK_LOG", log, 1);
	expect("BLINK_LOG takes it too", run("example/hello.elf", 0, 0, 0) == 0 && !*g_err && !stat(log, &st) && st.st_size);
#if defined(__x86_64__) && defined(__linux__)
	// Programs that the program executes run with the same flags.
	expect("exec", run("example/linux/exec.elf", 0, 0, 0) == 0);
	slurp("log", g_out, sizeof g_out);
	expect("exec keeps the flags", strstr(g_out, "exit_group(7)") || strstr(g_out, "syscall_231(0x7"));
#endif
	unsetenv("BLINK_LOG");
	unsetenv("BLINK_STRACE");
	unlink(log);
	expect("-Z", run("-Z", "example/hello.elf", 0, 0) == 0 && strstr(g_err, "instructions in") && strstr(g_err, " ns each\n") && strstr(g_err, " blocks of "));
	setenv("BLINK_STATS", "", 1);
	expect("BLINK_STATS", run("example/hello.elf", 0, 0, 0) == 0 && strstr(g_err, "instructions in"));
	setenv("BLINK_STATS", "0", 1);
	expect("BLINK_STATS=0", run("example/hello.elf", 0, 0, 0) == 0 && !*g_err);
	unsetenv("BLINK_STATS");
	setenv("BLINK_NOJIT", "1", 1);
	expect("BLINK_NOJIT", run("example/hello.elf", 0, 0, 0) == 0 && hello());
	unsetenv("BLINK_NOJIT");
#if defined(__x86_64__) && defined(__linux__)
	expect("linear or paged", is_linear(0) == linear);
#endif
	expect("-m is paged", is_linear("-m") <= 0);
	setenv("BLINK_PAGED", "1", 1);
	expect("BLINK_PAGED is paged", is_linear(0) <= 0);
	unsetenv("BLINK_PAGED");
}

// The status is CPUID's answer about AVX.
static int
has_avx(const char *level)
{
	setenv("BLINK_CPU", level, 1);
	return run_flat(0, "\xb8\x01\x00\x00\x00\x0f\xa2\x89\xcf\xc1\xef\x1c\x83\xe7\x01\xb8\x3c\x00\x00\x00\x0f\x05", 22);
}

static void
test_cpu(void)
{
	expect("v2 has no AVX", has_avx("v2") == 0);
	expect("v3 has AVX", has_avx("v3") == !g_tiny);
	expect("max has AVX", has_avx("max") == !g_tiny);
	if (!g_tiny) {  // those do not look at it
		setenv("BLINK_CPU", "v1", 1);
		// popcnt %edi, %edi; lzcnt of 8: BSR; both end with exit(edi)
		expect("v1 has no POPCNT", run_flat(0, "\xf3\x0f\xb8\xff\xb8\x3c\x00\x00\x00\x0f\x05", 11) == 128 + 4);
		expect("v1's LZCNT is BSR", run_flat(0, "\xb9\x08\x00\x00\x00\xf3\x0f\xbd\xf9\xb8\x3c\x00\x00\x00\x0f\x05", 16) == 3);
		setenv("BLINK_CPU", "v2", 1);
		expect("v2 has POPCNT", run_flat(0, "\xf3\x0f\xb8\xff\xb8\x3c\x00\x00\x00\x0f\x05", 11) == 0);
		expect("v9 is 64", has_avx("v9") == 64 && one_line("BLINK_CPU is none of v1, v2, v3 and max"));
	}
	unsetenv("BLINK_CPU");
}

// A PC that stops for good prints where: cli; hlt; mov ax, [bx+16].
static void
test_syntax(void)
{
	const char *image = make_file("x.img", "\xfa\xf4\x8b\x47\x10", 5, 0600);
	expect("a PC stops in Intel syntax", run("-r", "-N", image, 0) == 1 && strstr(g_err, "mov ax, word ptr [bx+0x10]\n"));
	setenv("BLINK_SYNTAX", "att", 1);
	expect("a PC stops in AT&T syntax", run("-r", "-N", image, 0) == 1 && strstr(g_err, "mov 0x10(%bx), %ax\n"));
	unsetenv("BLINK_SYNTAX");
	unlink(image);
}

// An image of n bytes that begins with mov al, 0; out 0xf4, al, and its
// signature; 0 if there can be no such file.
static const char *
make_image(u64 n, int signature)
{
	static const u8 code[] = { 0xb0, 0, 0xe6, 0xf4 };
	u8 sector[512];
	const char *path;
	memset(sector, 0, sizeof sector);
	memcpy(sector, code, sizeof code);
	st16(sector + 510, signature ? 0xaa55 : 0);
	path = make_file("x.img", sector, sizeof sector, 0600);
	return truncate(path, (off_t)n) ? 0 : path;
}

// The same, whose boot sector names the number of sectors: as a floppy's file
// system does, or where a partition ends.
static const char *
make_claim(u64 n, int partition)
{
	static const u8 bpb[] = { 0, 2, 1, 1, 0, 2, 224, 0, 0x40, 0x0b }, part[] = { 0x80, 0, 0, 0, 6, 0, 0, 0, 0x40, 0, 0, 0, 0, 0x27 };
	const char *path = make_image(n, 1);
	int fd = open(path, O_WRONLY);
	ssize_t k = partition ? pwrite(fd, part, sizeof part, 446)
			      : pwrite(fd, "\xeb\x3c\x90", 3, 0) + pwrite(fd, bpb, sizeof bpb, 11) + pwrite(fd, "\xb0\x00\xe6\xf4", 4, 62);
	if (k < 0 || close(fd))
		perror(path);
	return path;
}

// What cannot be booted is said in a line, and so is what is odd about the rest.
static void
test_images(void)
{
	const char *image;
	u8 elf[128] = { 0 };
	char name[1001] = "";
	expect("no image is 126", run("-r", "-N", "/no/such/file", 0) == 126 && one_line("/no/such/file: No such file"));
	memset(name, '/', sizeof name - 1);
	memcpy(name + sizeof name - 5, "none", 4);
	expect("a name of 1000 bytes", run("-r", "-N", name, 0) == 126 && one_line("//none: No such file"));
	expect("a directory is 126", run("-r", "-N", "/", 0) == 126 && one_line("/: a directory, not a disk image"));
	expect("a device is 126", run("-r", "-N", "/dev/null", 0) == 126 && one_line("/dev/null: not a file that holds a disk image"));
	expect("an empty image is 126", run("-r", "-N", make_image(0, 0), 0) == 126 && one_line("x.img: empty, nothing to boot"));
	expect("a floppy too large is 126", run("-r", "-Na", make_image(3 << 20, 1), 0) == 126 && one_line("x.img: larger than a floppy"));
	expect("nothing to boot is 126", run("-r", "-N", make_image(3 << 20, 0), 0) == 126 && one_line("x.img: no boot signature"));
	expect("a boot sector", run("-r", "-N", make_image(512, 1), 0) == 1 && !*g_err);
	expect("a short floppy", run("-r", "-Na", make_image(1024, 1), 0) == 1 && !*g_err);
	expect("a truncated floppy", run("-r", "-Na", make_image(700, 1), 0) == 1 && one_line("x.img: truncated, 324 bytes"));
	expect("a truncated file system",
		run("-r", "-N", make_claim(1000 * 512, 0), 0) == 1 &&
			one_line("x.img: truncated, it is made of 2880 sectors, of which 1000 are in the file"));
	expect("a whole file system", run("-r", "-N", make_claim(2880 * 512, 0), 0) == 1 && !*g_err);
	expect("a truncated partition",
		run("-r", "-N", make_claim(9000 * 512, 1), 0) == 1 &&
			one_line("x.img: truncated, it is made of 10048 sectors, of which 9000 are in the file"));
	expect("a whole partition", run("-r", "-N", make_claim(10048 * 512, 1), 0) == 1 && !*g_err);
	expect("a truncated disk", run("-r", "-N", make_image(70000, 1), 0) == 1 && one_line("x.img: truncated, 144 bytes"));
	expect("a flat program", run("-r", "-N", make_image(100, 0), 0) == 1 && one_line("loaded as a flat program"));
	expect("a flat program on a hard disk", run("-r", "-Nc", make_image(100, 0), 0) == 1 && one_line("(55 aa at 510), loaded as a flat program"));
	// It begins with a jump over 45h bytes, to the code.
	memcpy(elf, "\177ELF", 4);
	memcpy(elf + 0x47, "\xb0\x00\xe6\xf4", 4);
	expect("a program for Linux", run("-r", "-N", make_file("x.img", elf, sizeof elf, 0600), 0) == 1 && one_line("; without -r it runs"));
	image = make_image(0, 0);
	unlink(image);
	if (!mkfifo(image, 0600))
		expect("a FIFO's snapshot is 126", run("-r", "-NS", image, 0) == 126 && one_line("x.img: not a file that holds a disk image"));
	image = make_image((u64)3 << 40, 1);  // if there can be such files
	if (image)
		expect("2 TiB", !truncate(image, (off_t)2 << 40) && run("-r", "-N", image, 0) == 1 && !*g_err);
	image = make_image((u64)3 << 40, 1);
	if (image)
		expect("3 TiB", run("-r", "-N", image, 0) == 1 && one_line("x.img: larger than 2 TiB"));
	image = make_image(512, 1);
	if (geteuid() && !chmod(image, 0400)) {
		expect("a read-only image", run("-r", "-N", image, 0) == 1 && one_line("x.img: read-only, the guest's writes to it will fail; -S"));
		expect("its snapshot", run("-r", "-NS", image, 0) == 1 && !*g_err);
		chmod(image, 0);
		expect("an unreadable image is 126", run("-r", "-N", image, 0) == 126 && one_line("x.img: Permission denied"));
	}
	unlink(image);
}

// Flags that do not go together
static void
test_machine_flags(void)
{
	const char *image = make_image(512, 1);
	expect("flags behind the image are 64", run("-r", image, "-N", 0) == 64 && one_line("-N: behind the image ") && strstr(g_err, "x.img "));
	expect("-s -r is 64", run("-s", "-rN", image, 0) == 64 && one_line("-s is for Linux programs"));
	expect("-r -0 is 64", run("-rN0", image, 0, 0) == 64 && one_line("-0 is for Linux programs"));
	expect("-N alone is 64", run("-N", image, 0, 0) == 64 && one_line("-N is for a PC: to boot ") && strstr(g_err, "x.img, add -r\n"));
	expect("-L's argument is no flag", run("-Ls", "-rN", image, 0) == 1 && !*g_err && run("-L", "-s", "-rN", image) == 1 && !*g_err);
	expect("-Zmj -r", run("-ZmjrN", image, 0, 0) == 1 && one_line("2 instructions in "));
	setenv("BLINK_STRACE", "1", 1);
	expect("what programs inherit", run("-rN", image, 0, 0) == 1 && !*g_err);
	unsetenv("BLINK_STRACE");
	expect("the last of -a and -c", run("-rNac", image, 0, 0) == 1 && !*g_err);
	unlink(image);
}

// Without a screen: a shell's view, in one line of its own
static int
shell(const char *script)
{
	char line[8192];
	pid_t pid;
	snprintf(line, sizeof line, "exec 2>%s/err >%s/out; %s", g_dir, g_dir, script);
	setenv("BLINK", g_blink, 1);
	if (!(pid = fork())) {
		execl("/bin/sh", "sh", "-c", line, (char *)0);
		_exit(99);
	}
	return outcome(pid);
}

static void
test_pipes(void)
{
	static char once[sizeof g_out];
	u8 sector[512] = { 0 };
	if (access("example/boot/screen.img", R_OK))
		return;
	setenv("TERM", "xterm", 1);
	setenv("IMAGE", "example/boot/screen.img", 1);
	setenv("DIR", g_dir, 1);
	expect("a screen that is no terminal is lines", shell("echo x | $BLINK -rS $IMAGE") == 43 && !strcmp(g_out, "ready\n") && !*g_err);
	expect("port e9 is standard error", shell("echo ex | $BLINK -rNS $IMAGE") == 43 && !strcmp(g_err, "E9\n"));
	expect("-i, with pauses",
		shell("(printf 'Ka\\033[A'; sleep 0.2; printf '\\033'; sleep 0.1; printf '[BKx') | $BLINK -rNSiZ $IMAGE") == 43 &&
			!strcmp(g_out, "ready\n1E61 48E0 50E0 "));
	snprintf(once, sizeof once, "%.20s", strchr(g_err, ' '));
	expect("-i, at once",
		shell("printf 'Ka\\033[A\\033[BKx' | $BLINK -rNSiZ $IMAGE") == 43 && !strcmp(g_out, "ready\n1E61 48E0 50E0 ") &&
			strstr(g_err, once) && strstr(once, "instr"));
	expect("-i, no more keys",
		shell("$BLINK -rNSi $IMAGE </dev/null") == 1 && one_line("the guest waits for a key, and standard input has ended"));
	expect("-i, no input", shell("$BLINK -rNSi $IMAGE <&-") == 1 && one_line("the guest waits for a key, and standard input has ended"));
	expect("ESC at the end", shell("printf 'K\\033' | $BLINK -rNSi $IMAGE") == 1 && !strcmp(g_out, "ready\n011B "));
	expect("halted for good", shell("echo z | $BLINK -rNS $IMAGE") == 1 && strstr(g_err, "blink: halted with interrupts off in real mode\n"));
	expect("triple fault", shell("echo t | $BLINK -rNS $IMAGE") == 1 && strstr(g_err, "blink: triple fault in real mode\n"));
	// mov ax, 0e41h; int 10h; mov al, 0; out 0f4h, al
	memcpy(sector, "\xb8\x41\x0e\xcd\x10\xb0\x00\xe6\xf4", 9);
	st16(sector + 510, 0xaa55);
	make_file("x.img", sector, sizeof sector, 0600);
	expect("last words", shell("$BLINK -rN $DIR/x.img") == 1 && !strcmp(g_out, "A") && !*g_err);
	expect("last words and a full disk",
		access("/dev/full", W_OK) || (shell("$BLINK -rN $DIR/x.img >/dev/full") == 1 && one_line("standard output: ")));
	expect("no output", shell("$BLINK -rN $DIR/x.img >&-") == 1 && one_line("standard output: "));
	// mov ax, 301h; mov cx, 10; xor dx, dx; mov bx, 7c00h; int 13h; mov al, ah; out 0f4h, al
	memcpy(sector, "\xb8\x01\x03\xb9\x0a\x00\x31\xd2\xbb\x00\x7c\xcd\x13\x88\xe0\xe6\xf4", 17);
	make_file("x.img", sector, sizeof sector, 0600);
	expect("an image that cannot grow",
		shell("trap '' XFSZ; ulimit -f 1; $BLINK -rN $DIR/x.img") == 0x41 && one_line("; the guest was told that its disk failed"));
	expect("an image that grows", shell("$BLINK -rN $DIR/x.img") == 1 && !*g_err);
	shell("rm $DIR/x.img");
	expect("a full disk", access("/dev/full", W_OK) || (shell("echo w | $BLINK -rNS $IMAGE >/dev/full") == 1 && one_line("standard output: ")));
	shell("trap '' PIPE; mkfifo $DIR/fifo; : <$DIR/fifo & echo w | (sleep 0.1; $BLINK -rNS $IMAGE; echo $? >&2) >$DIR/fifo; rm $DIR/fifo");
	expect("nobody reads", !strncmp(g_err, "blink: standard output: ", 24) && !strcmp(g_err + strlen(g_err) - 3, "\n1\n"));
	// The reader is gone for certain when the first loop ends.
	expect("SIGPIPE",
		shell("{ (trap '' PIPE; while echo; do sleep 0.01; done) 2>/dev/null; (echo w; sleep 1) | $BLINK -rNS $IMAGE; echo $? >&2; } | :") == 0 &&
			!strcmp(g_err, "141\n"));
}

// An instruction that nobody has, 8 bytes into a function.
static void
test_symbol(void)
{
	static u8 b[384];
	u8 *sym = b + 136, *sh = b + 192;
	memcpy(b, "\177ELF\2\1\1", 7);
	st16(b + 16, 2);
	st16(b + 18, 62);
	st32(b + 20, 1);
	st64(b + 24, 0x400078);
	st64(b + 32, 64);
	st64(b + 40, 192);
	st16(b + 52, 64);
	st16(b + 54, 56);
	st16(b + 56, 1);
	st16(b + 58, 64);
	st16(b + 60, 3);
	st32(b + 64, 1);  // PT_LOAD
	st32(b + 68, 5);
	st64(b + 80, 0x400000);
	st64(b + 96, sizeof b);
	st64(b + 104, sizeof b);
	st64(b + 112, 4096);
	memcpy(b + 120, "\x62\xf1\x7c\x48\x58\xc0", 6);
	st32(sym + 24, 1);
	sym[28] = 0x12;  // global function
	st64(sym + 32, 0x400070);
	st64(sym + 40, 100);
	memcpy(b + 184, "\0outer", 7);
	st32(sh + 64 + 4, 2);  // SHT_SYMTAB
	st64(sh + 64 + 24, 136);
	st64(sh + 64 + 32, 48);
	st32(sh + 64 + 40, 2);
	st32(sh + 128 + 4, 3);  // SHT_STRTAB
	st64(sh + 128 + 24, 184);
	st64(sh + 128 + 32, 7);
	expect("unsupported instruction's function", run(make_file("x", b, sizeof b, 0700), 0, 0, 0) == 128 + SIGILL
		&& one_line("unsupported instruction at 0x400078: 62 f1 7c 48 58 c0") && strstr(g_err, " in outer+0x8 of /"));
}

static void
test_ends(void)
{
	// Flat images: ud2; and hlt, which faults
	expect("SIGILL is SIGILL", run_flat(0, "\x0f\x0b", 2) == 128 + SIGILL && !*g_err);
	expect("SIGSEGV is SIGSEGV", run_flat(0, "\xf4", 1) == 128 + SIGSEGV);
	expect("unsupported instruction", run_flat(0, "\x62\xf1\x7c\x48\x58\xc0\x90\x90\x90", 9) == 128 + SIGILL
		&& one_line("unsupported instruction at 0x400000: 62 f1"));
	if (!g_tiny)
		test_symbol();
	// mov eax, 300000; syscall; mov edi, eax; neg edi; mov eax, 60; syscall: exits with the errno
	expect("unknown system call", run_flat(0, "\xb8\xe0\x93\x04\x00\x0f\x05\x89\xc7\xf7\xdf\xb8\x3c\x00\x00\x00\x0f\x05", 18) == 38
		&& one_line("unknown system call 300000"));
	// shmget twice, said once
	expect("undone system call", run_flat(0, "\xb8\x1d\x00\x00\x00\x0f\x05\xb8\x1d\x00\x00\x00\x0f\x05"
		"\x89\xc7\xf7\xdf\xb8\x3c\x00\x00\x00\x0f\x05", 25) == 38 && one_line("(29) is not supported; the program gets ENOSYS"));
}

static void
tidy_up(void)
{
	unlink(make_file("x", "", 0, 0600));
	unlink(make_file("x.bin", "", 0, 0600));
	unlink(make_file("out", "", 0, 0600));
	unlink(make_file("err", "", 0, 0600));
	rmdir(g_dir);
}

int
main(int argc, char **argv)
{
	static u8 elf[4096];
	const char *room = strstr(argv[0], "test/vm/");
	size_t n = example("example/hello.elf", elf, sizeof elf);
	int linear;
	(void)argc;
	if (!room || n < 120 || !mkdtemp(g_dir)) {
		printf("skipped: needs example/hello.elf and blink beside test/\n");
		return 0;
	}
	snprintf(g_blink, sizeof g_blink, "%.*sblink/blink", (int)(room - argv[0]), argv[0]);
	if (access(g_blink, X_OK) || run("-v", 0, 0, 0) >= 98) {
		tidy_up();
		printf("skipped: needs %s that the host can execute\n", g_blink);
		return 0;
	}
	expect("-v names itself", strstr(g_out, "blink ") && !*g_err);
	g_tiny = strstr(g_out, ", tiny") != 0;
	linear = strstr(g_out, "linear memory") != 0;
	test_refusals(elf, n);
	test_path(elf, n);
	test_flags(linear);
	test_cpu();
	if (!g_tiny) {
		test_usage();
		test_syntax();
		test_images();
		test_machine_flags();
		test_pipes();
	}
	test_ends();
	tidy_up();
	return g_failures != 0;
}
