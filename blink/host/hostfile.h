// hostfile.h: files beyond POSIX.1-2008, and blink's own descriptors.
//
// What Linux alone has and takes only integers and pointers goes straight
// through HOST_CALLn of host/sig.h (ENOSYS elsewhere); here is the rest.
// Errors are negative host errno values.
#ifndef HOST_HOSTFILE_H_
#define HOST_HOSTFILE_H_
#include "base/log.h"
#include "host/sig.h"
#include <sys/types.h>

// Calls of 32-bit hosts that go by another name for the same thing.
#if HOST_LINUX && defined(SYS_setuid32)
#define HOST_NR_ID(name) SYS_##name##32
#else
#define HOST_NR_ID(name) HOST_NR(name)
#endif
#if HOST_LINUX
// Newer than some headers; the same number everywhere, counted from where a
// processor's numbers begin.
#ifdef __alpha__
#define SYS_BASE 110
#elif defined(__mips__)
#define SYS_BASE (SYS_syslog / 1000 * 1000)
#else
#define SYS_BASE 0
#endif
#ifndef SYS_cachestat
#define SYS_cachestat (SYS_BASE + 451)
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 (SYS_BASE + 452)
#endif
#endif

// --- blink's own descriptors ------------------------------------------------------
// Only the log keeps one; it is high and close-on-exec, and the guest sees it
// as closed.
static inline int
host_is_own_fd(int fd)
{
	return fd > 2 && fd == log_fd();
}

// --- structures and numbers that differ between systems ---------------------------
struct host_statfs { u64 type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize, flags; };
// Of path, or of fd if path is 0.
int host_statfs(const char *path, int fd, struct host_statfs *);
struct host_sysinfo {
	u64 uptime, loads[3], totalram, freeram, sharedram, bufferram, totalswap, freeswap, procs, totalhigh,
		freehigh, mem_unit;
};
int host_sysinfo(struct host_sysinfo *);
// The bit of F_GETFL that says "large files allowed", 0 if there is none.
extern const int host_o_largefile;

// --- calls with 64-bit arguments, which 32-bit hosts split ------------------------
int host_fallocate(int fd, int mode, i64 off, i64 len);
int host_sync_file_range(int fd, i64 off, i64 len, unsigned flags);
int host_fadvise(int fd, i64 off, i64 len, int linux_advice);
int host_readahead(int fd, i64 off, size_t n);

#endif
