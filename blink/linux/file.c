// file.c: file.h: conversions between the guest's view of files and the host's.
#include "linux/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#if defined(__linux__)
#include <sys/sysmacros.h>
#endif
#include <unistd.h>

// --- flags -------------------------------------------------------------------------

u32
flags_to_host(const struct l_pair *p, size_t n, u64 l)
{
	u32 h = 0;
	for (; n; n--, p++)
		if ((l & p->l) == p->l)
			h |= p->h;
	return h;
}

u32
flags_to_guest(const struct l_pair *p, size_t n, u64 h)
{
	u32 l = 0;
	for (; n; n--, p++)
		if (p->h && (h & p->h) == p->h)
			l |= p->l;
	return l;
}

int
flags_known(const struct l_pair *p, size_t n, u64 l)
{
	for (; n; n--, p++)
		l &= ~(u64)p->l;
	return !l;
}

i64
value_to_host(const struct l_pair *p, size_t n, u64 l)
{
	for (; n; n--, p++)
		if (p->l == l)
			return p->h;
	return -1;
}

i64
value_to_guest(const struct l_pair *p, size_t n, u64 h)
{
	for (; n; n--, p++)
		if (p->h == h)
			return p->l;
	return -1;
}

#ifndef O_DIRECT
#define O_DIRECT 0
#endif
#ifndef O_NOATIME
#define O_NOATIME 0
#endif
#ifndef O_PATH
#define O_PATH 0
#endif
#ifndef O_TMPFILE
#define O_TMPFILE O_DIRECTORY
#endif
#ifndef O_ASYNC
#define O_ASYNC 0
#endif
#ifndef O_DSYNC
#define O_DSYNC 0
#endif
static const struct l_pair g_oflags[] = {
	{ L_O_CREAT, O_CREAT },
	{ L_O_EXCL, O_EXCL },
	{ L_O_NOCTTY, O_NOCTTY },
	{ L_O_TRUNC, O_TRUNC },
	{ L_O_APPEND, O_APPEND },
	{ L_O_NONBLOCK, O_NONBLOCK },
	{ L_O_DSYNC, O_DSYNC },
	{ L_O_SYNC & ~L_O_DSYNC, O_SYNC & ~O_DSYNC },
	{ L_O_ASYNC, O_ASYNC },
	{ L_O_DIRECT, O_DIRECT },
	{ L_O_DIRECTORY, O_DIRECTORY },
	{ L_O_NOFOLLOW, O_NOFOLLOW },
	{ L_O_NOATIME, O_NOATIME },
	{ L_O_CLOEXEC, O_CLOEXEC },
	{ L_O_PATH, O_PATH },
	{ L_O_TMPFILE & ~L_O_DIRECTORY, (u32)(O_TMPFILE & ~O_DIRECTORY) }
};

u32
oflags_to_host(u64 l)
{
	// A bit that no host defines stands for those that Linux does not.
	u32 odd = FLAGS_KNOWN(g_oflags, l & ~(u64)(L_O_ACCMODE | L_O_LARGEFILE)) ? 0 : 1u << 30;
	return odd | FLAGS_TO_HOST(g_oflags, l) | (u32)(l & L_O_ACCMODE) | (l & L_O_LARGEFILE ? (u32)host_o_largefile : 0);
}

u32
oflags_to_guest(u64 h)
{
	u32 l = FLAGS_TO_GUEST(g_oflags, h) | (u32)(h & 3);
	return h & (u64)host_o_largefile ? l | L_O_LARGEFILE : l;
}

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0
#endif
#ifndef AT_NO_AUTOMOUNT
#define AT_NO_AUTOMOUNT 0
#endif
static const struct l_pair g_atflags[] = {
	{ L_AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW },
	{ L_AT_SYMLINK_FOLLOW, AT_SYMLINK_FOLLOW },
	{ L_AT_NO_AUTOMOUNT, AT_NO_AUTOMOUNT },
	{ L_AT_EMPTY_PATH, AT_EMPTY_PATH }
};

int
atflags_to_host(u64 l)
{
	return (int)FLAGS_TO_HOST(g_atflags, l);
}

void
le_fields(void *p, const char *widths)
{
#if HOST_LITTLE
	(void)p;
	(void)widths;
#else
	u8 *b = (u8 *)p;
	for (; *widths >= '0' && *widths <= '9'; widths++) {
		int n = *widths - '0', i;
		for (i = 0; i < n / 2; i++) {
			u8 c = b[i];
			b[i] = b[n - 1 - i];
			b[n - 1 - i] = c;
		}
		b += n;
	}
#endif
}

u64
dev_to_guest(dev_t d)
{
	u64 maj = major(d), min = minor(d);
	return (min & 0xff) | (maj & 0xfff) << 8 | (min & ~0xffull) << 12 | (maj & ~0xfffull) << 32;
}

dev_t
dev_to_host(u64 d)
{
	return makedev((unsigned)((d >> 8 & 0xfff) | (d >> 32 & ~0xfffull)), (unsigned)((d & 0xff) | (d >> 12 & ~0xffull)));
}

// --- descriptors and paths ------------------------------------------------------------

int
guest_dirfd(u64 a)
{
	return (int)a == L_AT_FDCWD ? AT_FDCWD : guest_fd(a);
}

int
fd_check(int fd)
{
	return fcntl(fd, F_GETFD) < 0 ? -L_EBADF : 0;
}

void
path_follow(struct thread *t, char *path)
{
	char out[L_PATH_MAX];
	if (!strncmp(path, "/proc/", 6) && proc_link(t, path, out, sizeof out) >= 0)
		strcpy(path, out);
}

int
guest_path_empty(struct thread *t, struct gpath *p, u64 dirfd, u64 gva, int follow, int empty_ok)
{
	i64 r;
	p->dirfd = guest_dirfd(dirfd);
	p->buf[0] = 0;
	r = gva || !empty_ok ? copy_in_path(t, p->buf, gva) : 0;
	if (r)
		return (int)r;
	if (!p->buf[0] && !empty_ok)
		return -L_ENOENT;
	if (follow)
		path_follow(t, p->buf);
	return 0;
}

int
guest_path(struct thread *t, struct gpath *p, u64 dirfd, u64 gva, int follow)
{
	return guest_path_empty(t, p, dirfd, gva, follow, 0);
}

// --- buffers ----------------------------------------------------------------------------

enum { FAULT_SIZE = 65536 };

void *
fault_address(void)
{
	static void *page;
	void *p = __atomic_load_n(&page, __ATOMIC_ACQUIRE), *none = 0;
	if (!p) {
		p = mmap(0, FAULT_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return (void *)16;  // nobody maps page 0
		if (!__atomic_compare_exchange_n(&page, &none, p, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
			munmap(p, FAULT_SIZE);
			p = none;
		}
	}
	return p;
}

static void
bufs_init(struct bufs *b)
{
	b->v = b->small;
	b->n = 0;
	b->max = COUNTOF(b->small);
	b->partial = b->refused = 0;
	b->total = 0;
}

void
bufs_free(struct bufs *b)
{
	if (b->v != b->small)
		free(b->v);
}

static int
bufs_put(struct bufs *b, void *p, size_t n)
{
	struct iovec *v;
	if (b->n == b->max) {
		if (b->max == L_IOV_MAX)
			return 0;
		v = (struct iovec *)malloc(L_IOV_MAX * sizeof *v);
		if (!v)
			return 0;
		memcpy(v, b->v, (size_t)b->n * sizeof *v);
		b->v = v;
		b->max = L_IOV_MAX;
	}
	v = b->v + b->n++;
	v->iov_base = p;
	v->iov_len = n;
	b->total += n;
	return 1;
}

// Appends guest bytes; 0 if the rest does not matter any more or has no room.
static int
bufs_add(struct thread *t, struct bufs *b, u64 gva, u64 len, int access)
{
	if (!len)
		return bufs_put(b, fault_address(), 0);
	while (len) {
		size_t k = (size_t)len;
		void *p = mem_host(t->p->mem, gva, &k, access);
		if (!p) {
			bufs_put(b, fault_address(), (size_t)min_u64(len, FAULT_SIZE));
			return 0;
		}
		if (!bufs_put(b, p, k)) {
			b->partial = 1;
			return 0;
		}
		gva += k;
		len -= k;
	}
	return 1;
}

// What the kernel's access_ok() refuses.
static int
beyond(u64 gva, u64 len)
{
	return gva > MEM_TOP || len > MEM_TOP - gva;
}

// Makes the host's own access_ok() refuse.
static void
bufs_refused(struct bufs *b)
{
	b->n = 0;
	b->refused = 1;
	bufs_put(b, bad_address(), 4096);
}

void
bufs_one(struct thread *t, struct bufs *b, u64 gva, u64 len, int access)
{
	bufs_init(b);
	if (beyond(gva, len))
		bufs_refused(b);
	else
		bufs_add(t, b, gva, min_u64(len, L_MAX_RW), access);
}

int
bufs_vec(struct thread *t, struct bufs *b, u64 iov, u64 iovcnt, int access)
{
	struct l_iovec g[16];
	u64 i, k, room = L_MAX_RW;
	int more = 1;
	bufs_init(b);
	if (iovcnt > L_IOV_MAX)
		return -L_EINVAL;
	for (i = 0; i < iovcnt; i++) {
		u64 base, len;
		k = i % COUNTOF(g);
		if (!k && copy_in(t, g, iov + i * sizeof *g, (size_t)min_u64(COUNTOF(g), iovcnt - i) * sizeof *g))
			return -L_EFAULT;
		base = L_GET(g[k].base);
		len = L_GET(g[k].len);
		if ((i64)len < 0)
			return -L_EINVAL;
		if (beyond(base, len))
			return -L_EFAULT;
		if (len > room)
			len = room;
		room -= len;
		if (more && (len || !b->n))
			more = bufs_add(t, b, base, len, access);
	}
	return 0;
}

// --- times ----------------------------------------------------------------------------------

int
get_timespec(struct thread *t, struct host_ts *ts, u64 gva)
{
	struct l_timespec l;
	if (copy_in(t, &l, gva, sizeof l))
		return -L_EFAULT;
	ts->sec = L_GETS(l.sec);
	ts->nsec = L_GETS(l.nsec);
	return 0;
}

int
put_timespec(struct thread *t, u64 gva, i64 sec, i64 nsec)
{
	struct l_timespec l;
	L_PUT(l.sec, sec);
	L_PUT(l.nsec, nsec);
	return (int)copy_out(t, gva, &l, sizeof l);
}

int
put_timeval(struct thread *t, u64 gva, i64 sec, i64 usec)
{
	return put_timespec(t, gva, sec, usec);
}
