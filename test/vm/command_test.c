// The command line: exit statuses, the one line that says what is wrong, the
// log of system calls, statistics.
#include "base/base.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char g_blink[4096], g_dir[] = "/tmp/command_testXXXXXX";
static char g_err[16384], g_out[16384];
static int g_failures, g_unusable;

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

// Runs blink with arguments a..d; the status as a shell shows it.
static int
run(const char *a, const char *b, const char *c, const char *d)
{
	char out[4200], err[4200];
	int status = 0;
	pid_t pid = fork();
	if (!pid) {
		snprintf(out, sizeof out, "%s/out", g_dir);
		snprintf(err, sizeof err, "%s/err", g_dir);
		dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
		dup2(open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
		execl(g_blink, "blink", a, b, c, d, (char *)0);
		_exit(errno == ENOEXEC ? 99 : 98);
	}
	if (waitpid(pid, &status, 0) < 0)
		perror("waitpid");
	slurp("out", g_out, sizeof g_out);
	slurp("err", g_err, sizeof g_err);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
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

int
main(int argc, char **argv)
{
	static u8 elf[4096];
	char log[4200];
	struct stat st;
	const char *room = strstr(argv[0], "test/vm/");
	size_t n = example("example/hello.elf", elf, sizeof elf);
	(void)argc;
	if (!room || n < 120 || !mkdtemp(g_dir)) {
		printf("skipped: needs example/hello.elf and blink beside test/\n");
		return 0;
	}
	snprintf(g_blink, sizeof g_blink, "%.*sblink/blink", (int)(room - argv[0]), argv[0]);
	if (access(g_blink, X_OK) || (g_unusable = run("-v", 0, 0, 0)) >= 98) {
		printf("skipped: needs %s that the host can execute\n", g_blink);
		return 0;
	}
	expect("-v names itself", strstr(g_out, "blink ") && !*g_err);
	expect("-h is 0", run("-h", 0, 0, 0) == 0 && strstr(g_out, "usage: blink"));
	expect("no program is 64", run(0, 0, 0, 0) == 64 && strstr(g_err, "usage: blink"));
	expect("unknown flag is 64", run("-?", "example/hello.elf", 0, 0) == 64);
	expect("hello", run("example/hello.elf", 0, 0, 0) == 0 && !strcmp(g_out, "hello world\n") && !*g_err);
	expect("hello -m", run("-m", "example/hello.elf", 0, 0) == 0 && !strcmp(g_out, "hello world\n"));
	expect("hello -j", run("-j", "example/hello.elf", 0, 0) == 0 && !strcmp(g_out, "hello world\n"));
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

	expect("-s logs", run("-s", "example/hello.elf", 0, 0) == 0 && (strstr(g_err, "write(1, \"hello world\\n\", 12)") || strstr(g_err, "syscall_1(")));
	expect("-s of a call", strstr(g_err, " = 12\n") != 0);
	snprintf(log, sizeof log, "%s/log", g_dir);
	expect("-L creates nothing", run("-L", log, "example/hello.elf", 0) == 0 && stat(log, &st) < 0);
	setenv("BLINK_STRACE", "1", 1);
	expect("-L takes the log", run("-L", log, "example/hello.elf", 0) == 0 && !*g_err && !stat(log, &st) && st.st_size);
	unsetenv("BLINK_STRACE");
	expect("-Z", run("-Z", "example/hello.elf", 0, 0) == 0 && strstr(g_err, "instructions in"));

	// Flat images: ud2; and CR4 access, which faults; hlt
	expect("SIGILL is SIGILL", run(make_file("x.bin", "\x0f\x0b", 2, 0600), 0, 0, 0) == 128 + SIGILL && !*g_err);
	expect("SIGSEGV is SIGSEGV", run(make_file("x.bin", "\xf4", 1, 0600), 0, 0, 0) == 128 + SIGSEGV);
	expect("unsupported instruction", run(make_file("x.bin", "\x62\xf1\x7c\x48\x58\xc0\x90\x90\x90", 9, 0600), 0, 0, 0) == 128 + SIGILL
		&& one_line("unsupported instruction at 0x400000: 62 f1"));
	// mov eax, 300000; syscall; mov edi, eax; neg edi; mov eax, 60; syscall: exits with the errno
	expect("unknown system call", run(make_file("x.bin", "\xb8\xe0\x93\x04\x00\x0f\x05\x89\xc7\xf7\xdf\xb8\x3c\x00\x00\x00\x0f\x05", 18, 0600), 0, 0, 0) == 38
		&& one_line("unknown system call 300000"));
	unlink(make_file("x", "", 0, 0600));
	unlink(make_file("x.bin", "", 0, 0600));
	unlink(make_file("out", "", 0, 0600));
	unlink(make_file("err", "", 0, 0600));
	unlink(log);
	rmdir(g_dir);
	return g_failures != 0;
}
