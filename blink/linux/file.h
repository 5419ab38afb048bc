// file.h: what the system calls on files share: descriptors, paths, flags and
// buffers of the guest in terms of the host.
#ifndef LINUX_FILE_H_
#define LINUX_FILE_H_
#include "host/hostfile.h"
#include "linux/linux.h"
#include "linux/proc.h"
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

// Result of host_call: a value or -L_Exxx.
static inline i64
l_res(i64 r)
{
	return r < 0 ? l_err((int)-r) : r;
}

// The host's descriptor, or -1 (EBADF everywhere) if it is one of blink's own.
static inline int
guest_fd(u64 a)
{
	return host_is_own_fd((int)a) ? -1 : (int)a;
}
// The same for a directory argument, where L_AT_FDCWD becomes the host's.
int guest_dirfd(u64 a);
// 0 if fd is open, else -L_EBADF.
int fd_check(int fd);
// Hands two new descriptors to the guest; closes them if gva is bad.
int put_fds(struct thread *t, u64 gva, const int *fd);

// --- flags ------------------------------------------------------------------------
// Pairs of guest and host values.
struct l_pair { u32 l, h; };
// Bits: unknown ones are dropped, or reported by -1 from flags_known.
u32 flags_to_host(const struct l_pair *, size_t n, u64 l);
u32 flags_to_guest(const struct l_pair *, size_t n, u64 h);
int flags_known(const struct l_pair *, size_t n, u64 l);
// Values: the partner of x, or -1.
i64 value_to_host(const struct l_pair *, size_t n, u64 l);
i64 value_to_guest(const struct l_pair *, size_t n, u64 h);
#define FLAGS_TO_HOST(tab, l) flags_to_host(tab, COUNTOF(tab), l)
#define FLAGS_TO_GUEST(tab, h) flags_to_guest(tab, COUNTOF(tab), h)
#define FLAGS_KNOWN(tab, l) flags_known(tab, COUNTOF(tab), l)
#define VALUE_TO_HOST(tab, l) value_to_host(tab, COUNTOF(tab), l)
#define VALUE_TO_GUEST(tab, h) value_to_guest(tab, COUNTOF(tab), h)
// O_* as open, F_GETFL, pipe2 and others take them.
u32 oflags_to_host(u64 l);
u32 oflags_to_guest(u64 h);
// L_AT_* that the host's libc understands.
int atflags_to_host(u64 l);
// Turns a structure whose layout is the same on every Linux from the host's
// byte order into the guest's or back; widths lists its fields' sizes ("448").
void le_fields(void *p, const char *widths);
u64 dev_to_guest(dev_t);
dev_t dev_to_host(u64);
void stat_to_guest(struct l_stat *, const struct stat *);

// --- paths ---------------------------------------------------------------------------
// A path argument in terms of the host. follow: the call follows a final
// symbolic link. 0 or -L_Exxx.
struct gpath {
	int dirfd;
	char buf[L_PATH_MAX];
};
// Replaces a magic link (/proc/self/exe) that leads elsewhere for the guest.
void path_follow(struct thread *t, char *path);
int guest_path(struct thread *t, struct gpath *, u64 dirfd, u64 gva, int follow);
// guest_path for calls with L_AT_EMPTY_PATH: an absent path is an empty one.
int guest_path_empty(struct thread *t, struct gpath *, u64 dirfd, u64 gva, int follow, int empty_ok);

// --- buffers -------------------------------------------------------------------------
// Guest buffers as host iovecs. Bytes that the guest cannot access become an
// address at which the host's kernel faults as the guest's would, so that
// partial transfers and the order of errors are the host kernel's own.
enum { BUF_MAX = 256 };
struct bufs {
	struct iovec *v;  // small, or allocated
	int n, max;
	int refused;      // beyond the guest's address space: access_ok() fails
	int partial;      // the guest's buffers are longer than what v describes
	u64 total;        // bytes described
	struct iovec small[BUF_MAX < 16 ? BUF_MAX : 16];
};
// access: MEM_W for buffers that the call fills, MEM_R for those it reads.
void bufs_one(struct thread *t, struct bufs *, u64 gva, u64 len, int access);
// From a guest iovec array; 0 or -L_EINVAL, -L_EFAULT, -L_ENOMEM.
int bufs_vec(struct thread *t, struct bufs *, u64 iov, u64 iovcnt, int access);
void bufs_free(struct bufs *);
// A host address of which no byte is accessible; one that is not the user's.
void *fault_address(void);
static inline void *
bad_address(void)
{
	return HOST_64BIT ? (void *)(uintptr_t)-65536 : fault_address();
}

// --- times ------------------------------------------------------------------------------
int get_timespec(struct thread *t, struct host_ts *, u64 gva);   // 0, -L_EFAULT
int put_timespec(struct thread *t, u64 gva, i64 sec, i64 nsec);
int put_timeval(struct thread *t, u64 gva, i64 sec, i64 usec);
static inline int
timespec_valid(const struct host_ts *ts)
{
	return ts->sec >= 0 && (u64)ts->nsec < 1000000000u;
}

#endif
