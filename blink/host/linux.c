// linux.c: host.h on Linux.
#ifdef __linux__
#include "host/host.h"
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int
host_remap(void *old, size_t oldlen, size_t newlen, int flags, void *addr, void **out)
{
	void *p = mremap(old, oldlen, newlen, flags, addr);
	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return 0;
}

int
host_advise(void *addr, size_t len, int linux_advice)
{
	// The one that has another number on some processors.
	return madvise(addr, len, linux_advice == 4 ? MADV_DONTNEED : linux_advice) ? -errno : 0;
}

int
host_incore(void *addr, size_t len, u8 *vec)
{
	return mincore(addr, len, vec) ? -errno : 0;
}

#ifdef RUN_NATIVE
// Security modules that refuse memory that is both written and executed have
// nothing against a file that is mapped twice.
int
host_code_new(size_t len, void **w, void **x)
{
	enum { RW = PROT_READ | PROT_WRITE };
	int fd;
	*w = *x = mmap(0, len, RW | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (*w != MAP_FAILED)
		return 0;
	fd = memfd_create("blink", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)len))
		return -errno;
	*w = mmap(0, len, RW, MAP_SHARED, fd, 0);
	*x = mmap(0, len, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	close(fd);
	return *w == MAP_FAILED || *x == MAP_FAILED ? -errno : 0;
}
#endif

int
host_fd_path(int fd, char *buf, size_t size)
{
	char link[32];
	ssize_t n;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, buf, size - 1);
	if (n < 0)
		return -errno;
	buf[n] = 0;
	return (int)n;
}
#endif
