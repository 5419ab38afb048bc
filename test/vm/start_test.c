// start_test.c: a static hello costs at most 40 host system calls before its
// first own, blink's execve and libc's start included.
#include "base/atomic.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if !defined(__linux__) || TSAN || defined(UBSAN) || defined(HOST_PAGE) || defined(__SANITIZE_ADDRESS__)
int
main(void)
{
	puts("skipped: needs a Linux host, its own page size and no sanitizer: those have their own start");
	return 0;
}
#else
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Of struct ptrace_syscall_info (ptrace(2)), which libcs hide differently
struct call_info { u8 op, pad[3]; u32 arch; u64 pc, sp, nr, args[6]; };
enum { GET_SYSCALL_INFO = 0x420e, OP_ENTRY = 1, LIMIT = 40, OWN = 9, LIBC = LIMIT - OWN, SMALLER = 9 };

// System calls of argv from its execve (the first) until it writes to its
// standard output; -1 if that cannot be told.
static int
calls_until_write(const char **argv)
{
	struct call_info info;
	int status, n = 1, in = 0;
	pid_t pid = fork();
	if (!pid) {
		dup2(open("/dev/null", O_WRONLY), 1);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(99);
		execv(argv[0], (char **)(uintptr_t)argv);
		_exit(99);
	}
	// It stops behind execve.
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace((enum __ptrace_request)PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACESYSGOOD))
		return -1;
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, 0) || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
			n = -1;
			break;
		}
		if (WSTOPSIG(status) != (SIGTRAP | 0x80) || !(in = !in))
			continue;
		memset(&info, 0, sizeof info);
		if (ptrace((enum __ptrace_request)GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) <= 0 || info.op != OP_ENTRY) {
			n = -1;
			break;
		}
		if (info.nr == SYS_write && info.args[0] == 1)
			break;
		n++;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return n;
}

int
main(int argc, char **argv)
{
	static char blink[4096];
	const char *hello[] = { blink, "example/hello.elf", 0 }, *nothing[] = { argv[0], "nothing", 0 };
	char *room = strstr(argv[0], "test/vm/");
	int libc, n;
	if (argc > 1) {
		void *volatile p = malloc(1);
		free(p);
		return write(1, "", 1) != 1;
	}
	if (!room || access(hello[1], R_OK)) {
		puts("skipped: needs example/hello.elf and blink beside test/");
		return 0;
	}
	snprintf(blink, sizeof blink, "%.*sblink/blink", (int)(room - argv[0]), argv[0]);
	libc = calls_until_write(nothing);
	n = calls_until_write(hello);
	if (libc < 0 || n < 0) {
		puts("skipped: needs ptrace");
		return 0;
	}
	printf("%d system calls before the guest's first, %d of them libc's\n", n, libc);
#ifdef TINY
	libc += SMALLER;  // asks the host some things more, in less code
#endif
	if (n > libc + OWN || (n > LIMIT && libc <= LIBC)) {
		printf("more than %d, or more than %d of blink's own\n", LIMIT, OWN);
		return 1;
	}
	return 0;
}
#endif
