// log.c: see log.h.
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const char *g_path;
static int g_fd = -1;

enum { FIRST_FD = 900 };  // out of the way of the guest's descriptors

void
log_open(const char *path)
{
	g_path = path && *path ? path : 0;
}

int
log_fd(void)
{
	return g_fd;
}

static int
open_log(void)
{
	static const char failed[] = "blink: cannot open the log file; logging to standard error\n";
	int fd, high;
	fd = g_path ? open(g_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : 2;
	if (fd < 0 && write(2, failed, sizeof failed - 1) >= 0)
		fd = 2;
	high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
	if (high < 0)
		high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	if (fd != 2 && high >= 0)
		close(fd);
	return high < 0 ? fd : high;
}

void
log_raw(const char *s, size_t n)
{
	int e = errno, fd = __atomic_load_n(&g_fd, __ATOMIC_ACQUIRE), none = -1;
	ssize_t k;
	if (fd < 0) {
		fd = open_log();
		if (!__atomic_compare_exchange_n(&g_fd, &none, fd, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			if (fd != 2)
				close(fd);
			fd = none;
		}
	}
	while (n && ((k = write(fd, s, n)) > 0 || (k < 0 && errno == EINTR)))
		if (k > 0) {
			s += k;
			n -= (size_t)k;
		}
	errno = e;
}

void
log_msg(const char *fmt, ...)
{
	char buf[LOG_MAX] = "blink: ";
	va_list va;
	int n;
	va_start(va, fmt);
	n = vsnprintf(buf + 7, sizeof buf - 8, fmt, va);
	va_end(va);
	n = n < 0 ? 7 : n > (int)sizeof buf - 9 ? (int)sizeof buf - 2 : n + 7;
	buf[n++] = '\n';
	log_raw(buf, (size_t)n);
}
