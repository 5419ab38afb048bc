// proc.c: see proc.h.
#include "host/sig.h"
#include "host/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#if HOST_LINUX
#include <sys/auxv.h>
#include <sys/prctl.h>
#endif

void
host_set_name(const char *name)
{
#if HOST_LINUX
	prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
#else
	(void)name;
#endif
}

// The kernel shows the bytes where argv was at start; they may be rewritten.
void
host_set_cmdline(char **main_argv, int skip)
{
	char *start = main_argv[0], *end, *from = main_argv[skip];
	int i, n;
	size_t shift;
	for (n = 0; main_argv[n]; n++)
		;
	if (!skip || !n || skip >= n)
		return;
	for (i = 1; i < n; i++)
		if (main_argv[i] != main_argv[i - 1] + strlen(main_argv[i - 1]) + 1)
			return;
	end = main_argv[n - 1] + strlen(main_argv[n - 1]) + 1;
	shift = (size_t)(from - start);
	memmove(start, from, (size_t)(end - from));
	memset(end - shift, 0, shift);
	for (i = skip; i < n; i++)
		main_argv[i] -= shift;
}

struct host_ids
host_start_ids(void)
{
	struct host_ids ids;
#if HOST_LINUX
	ids.uid = (u32)getauxval(AT_UID);
	ids.euid = (u32)getauxval(AT_EUID);
	ids.gid = (u32)getauxval(AT_GID);
	ids.egid = (u32)getauxval(AT_EGID);
#else
	ids.uid = getuid();
	ids.euid = geteuid();
	ids.gid = getgid();
	ids.egid = getegid();
#endif
	return ids;
}

int
host_start_random(u8 *bytes)
{
#if HOST_LINUX && !defined(TINY)
	// Made from those that the kernel gave this process, which libc keeps
	// its own secrets from.
	const u8 *given = (const u8 *)getauxval(AT_RANDOM);
	if (given) {
		u64 x = ld64(given), y = ld64(given + 8);
		for (int i = 0; i < 4; i++) {
			x = (x ^ x >> 29 ^ y) * 0x9e3779b97f4a7c15u;
			y = (y ^ y >> 31 ^ x) * 0xd6e8feb86659fd93u;
		}
		st64(bytes, x ^ ld64(given));
		st64(bytes + 8, y ^ ld64(given + 8));
		return 0;
	}
#endif
	return getentropy(bytes, 16) ? -errno : 0;
}

int
host_exec_check(int fd)
{
#if HOST_LINUX && defined(SYS_execveat)
	// AT_EXECVE_CHECK is new; where it is unknown, a read lease tells writers
	static char *none[1] = { 0 };
	enum { EMPTY_PATH = 0x1000, EXECVE_CHECK = 0x10000 };
	i64 r = HOST_CALL5(execveat, fd, "", none, none, EMPTY_PATH | EXECVE_CHECK);
	if (r != -EINVAL && r != -ENOSYS)
		return r == -ETXTBSY || r == -EACCES ? (int)r : 0;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN ? -ETXTBSY : 0;
	fcntl(fd, F_SETLEASE, F_UNLCK);
#else
	(void)fd;
#endif
	return 0;
}

const char *
host_self(void)
{
	static char path[PATH_MAX];
	ssize_t n;
	if (path[0])
		return path;
#if HOST_LINUX
	n = readlink("/proc/self/exe", path, sizeof path - 1);
#elif defined(__NetBSD__)
	n = readlink("/proc/curproc/exe", path, sizeof path - 1);
#else
	n = readlink("/proc/curproc/file", path, sizeof path - 1);
#endif
	path[n > 0 ? n : 0] = 0;
	return n > 0 ? path : 0;
}
