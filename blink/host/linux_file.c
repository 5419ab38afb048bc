// linux_file.c: hostfile.h on Linux.
#include "host/hostfile.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

#if defined(__arm__) || defined(__aarch64__) || defined(__m68k__)
const int host_o_largefile = 0400000;
#elif defined(__powerpc__)
const int host_o_largefile = 0200000;
#elif defined(__mips__)
const int host_o_largefile = 0x2000;
#elif defined(__sparc__)
const int host_o_largefile = 0x40000;
#elif defined(__alpha__)
const int host_o_largefile = 0400000;
#else
const int host_o_largefile = 0100000;
#endif

int
host_statfs(const char *path, int fd, struct host_statfs *r)
{
	struct statfs s;
	if (path ? statfs(path, &s) : fstatfs(fd, &s))
		return -errno;
	r->type = (u64)s.f_type;
	r->bsize = (u64)s.f_bsize;
	r->blocks = s.f_blocks;
	r->bfree = s.f_bfree;
	r->bavail = s.f_bavail;
	r->files = s.f_files;
	r->ffree = s.f_ffree;
	r->fsid = (u32)s.f_fsid.__val[0] | (u64)(u32)s.f_fsid.__val[1] << 32;
	r->namelen = (u64)s.f_namelen;
	r->frsize = (u64)s.f_frsize;
	r->flags = (u64)s.f_flags;
	return 0;
}

int
host_sysinfo(struct host_sysinfo *r)
{
	struct sysinfo s;
	int i;
	if (sysinfo(&s))
		return -errno;
	r->uptime = (u64)s.uptime;
	for (i = 0; i < 3; i++)
		r->loads[i] = s.loads[i];
	r->totalram = s.totalram;
	r->freeram = s.freeram;
	r->sharedram = s.sharedram;
	r->bufferram = s.bufferram;
	r->totalswap = s.totalswap;
	r->freeswap = s.freeswap;
	r->procs = s.procs;
	r->totalhigh = s.totalhigh;
	r->freehigh = s.freehigh;
	r->mem_unit = s.mem_unit;
	return 0;
}

int
host_fallocate(int fd, int mode, i64 off, i64 len)
{
	return fallocate(fd, mode, off, len) ? -errno : 0;
}

int
host_sync_file_range(int fd, i64 off, i64 len, unsigned flags)
{
	return sync_file_range(fd, off, len, flags) ? -errno : 0;
}

int
host_fadvise(int fd, i64 off, i64 len, int advice)
{
#if defined(__s390x__)
	// Its DONTNEED and NOREUSE are 6 and 7.
	if (advice >= 4)
		advice = advice < 6 ? advice + 2 : -1;
#endif
	return -posix_fadvise(fd, off, len, advice);
}

int
host_readahead(int fd, i64 off, size_t n)
{
	return readahead(fd, off, n) ? -errno : 0;
}
