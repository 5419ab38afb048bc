// sockopt.c: socket options (Linux net/core/sock.c, net/ipv4, net/ipv6).
#include "linux/file.h"
#include "linux/sock.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

// Options of SOL_SOCKET: Linux itself numbers them differently on some
// processors. Of other levels the numbers are the same on all; only their
// bytes need turning, which layouts say ("" or nothing: plain words).
static const struct l_pair g_sockopts[] = {
	{ L_SO_DEBUG, SO_DEBUG },
	{ L_SO_REUSEADDR, SO_REUSEADDR },
	{ L_SO_TYPE, SO_TYPE },
	{ L_SO_ERROR, SO_ERROR },
	{ L_SO_DONTROUTE, SO_DONTROUTE },
	{ L_SO_BROADCAST, SO_BROADCAST },
	{ L_SO_SNDBUF, SO_SNDBUF },
	{ L_SO_RCVBUF, SO_RCVBUF },
	{ L_SO_KEEPALIVE, SO_KEEPALIVE },
	{ L_SO_OOBINLINE, SO_OOBINLINE },
	{ L_SO_LINGER, SO_LINGER },
	{ L_SO_REUSEPORT, SO_REUSEPORT },
	{ L_SO_RCVLOWAT, SO_RCVLOWAT },
	{ L_SO_SNDLOWAT, SO_SNDLOWAT },
	{ L_SO_RCVTIMEO, SO_RCVTIMEO },
	{ L_SO_RCVTIMEO_NEW, SO_RCVTIMEO },
	{ L_SO_SNDTIMEO, SO_SNDTIMEO },
	{ L_SO_SNDTIMEO_NEW, SO_SNDTIMEO },
	{ L_SO_ACCEPTCONN, SO_ACCEPTCONN },
#ifdef SO_PROTOCOL
	{ L_SO_PROTOCOL, SO_PROTOCOL },
	{ L_SO_DOMAIN, SO_DOMAIN },
#endif
#ifdef SO_PASSCRED
	{ L_SO_PASSCRED, SO_PASSCRED },
	{ L_SO_PEERCRED, SO_PEERCRED },
	{ L_SO_NO_CHECK, SO_NO_CHECK },
	{ L_SO_PRIORITY, SO_PRIORITY },
	{ L_SO_BSDCOMPAT, SO_BSDCOMPAT },
	{ L_SO_BINDTODEVICE, SO_BINDTODEVICE },
	{ L_SO_ATTACH_FILTER, SO_ATTACH_FILTER },
	{ L_SO_DETACH_FILTER, SO_DETACH_FILTER },
	{ L_SO_TIMESTAMP, SO_TIMESTAMP },
	{ L_SO_PEERSEC, SO_PEERSEC },
	{ L_SO_SNDBUFFORCE, SO_SNDBUFFORCE },
	{ L_SO_RCVBUFFORCE, SO_RCVBUFFORCE },
	{ L_SO_PASSSEC, SO_PASSSEC },
	{ L_SO_TIMESTAMPNS, SO_TIMESTAMPNS },
	{ L_SO_MARK, SO_MARK },
	{ L_SO_TIMESTAMPING, SO_TIMESTAMPING },
	{ L_SO_RXQ_OVFL, SO_RXQ_OVFL },
	{ L_SO_PEEK_OFF, SO_PEEK_OFF },
	{ L_SO_LOCK_FILTER, SO_LOCK_FILTER },
	{ L_SO_BUSY_POLL, SO_BUSY_POLL },
	{ L_SO_INCOMING_CPU, SO_INCOMING_CPU },
	{ L_SO_COOKIE, SO_COOKIE },
	{ L_SO_PEERGROUPS, SO_PEERGROUPS },
	{ L_SO_ZEROCOPY, SO_ZEROCOPY },
	{ L_SO_TXTIME, SO_TXTIME },
#endif
#ifdef SO_PEERPIDFD
	{ L_SO_PEERPIDFD, SO_PEERPIDFD },
#endif
};

// Options that are not made of words in the host's order.
enum { IP_ADD_MEMBERSHIP_ = 35, IPV6_JOIN_ = 20, TCP_INFO_ = 11, TCP_CONGESTION_ = 13, IP_OPTIONS_ = 4, TCP_FASTOPEN_KEY_ = 33, TCP_ULP_ = 31 };

#if !HOST_LITTLE
static void
opt_swap(int level, int name, u8 *b, size_t n)
{
	size_t i;
	if (level == L_SOL_IP && ((name >= 32 && name <= 41) || name == IP_OPTIONS_)) {
		if (n == 4 && name == 33)
			le_fields(b, "4");      // IP_MULTICAST_TTL
		else if (n >= 12)
			le_fields(b + 8, "4");  // the interface of ip_mreqn
		return;
	}
	if (level == L_SOL_IPV6 && (name == 20 || name == 21) && n >= 20) {
		le_fields(b + 16, "4");
		return;
	}
	if (level == L_SOL_TCP && (name == TCP_CONGESTION_ || name == TCP_ULP_ || name == TCP_FASTOPEN_KEY_))
		return;
	if (level == L_SOL_TCP && name == TCP_INFO_) {
		for (i = 8; i + 4 <= n && i < 104; i += 4)
			le_fields(b + i, "4");
		for (; i + 8 <= n && i < 136; i += 8)
			le_fields(b + i, "8");
		return;
	}
	if (level == L_SOL_SOCKET && (name == L_SO_BINDTODEVICE || name == L_SO_PEERSEC))
		return;
	if (level == L_SOL_SOCKET && name == L_SO_COOKIE) {
		le_fields(b, "8");
		return;
	}
	for (i = 0; i + 4 <= n; i += 4)
		le_fields(b + i, "4");
}
#else
#define opt_swap(level, name, b, n) ((void)0)
#endif

static int
is_timeout(int level, int name)
{
	return level == L_SOL_SOCKET && (name == L_SO_RCVTIMEO || name == L_SO_SNDTIMEO || name == L_SO_RCVTIMEO_NEW || name == L_SO_SNDTIMEO_NEW);
}

// The host's level and name; 0, or an errno for what cannot be.
static i64
opt_to_host(int *level, int *name)
{
	i64 h;
	if (*level == L_SOL_SOCKET) {
		h = VALUE_TO_HOST(g_sockopts, (u32)*name);
		if (h < 0)
			return -L_ENOPROTOOPT;
		*level = SOL_SOCKET;
		*name = (int)h;
	}
	return 0;
}

#ifdef SO_ATTACH_FILTER
// struct sock_fprog points at the program.
static i64
attach_filter(struct thread *t, int fd, u64 gva)
{
	enum { BPF_MAXINSNS_ = 4096 };
	struct { unsigned short len; void *insns; } prog;
	u8 g[16], *insns;
	size_t n, i;
	i64 r;
	if (copy_in(t, g, gva, sizeof g))
		return -L_EFAULT;
	n = ld16(g);
	if (!n || n > BPF_MAXINSNS_)
		return -L_EINVAL;
	insns = (u8 *)malloc(n * 8);
	if (!insns)
		return -L_ENOMEM;
	prog.len = (unsigned short)n;
	prog.insns = insns;
	r = copy_in(t, insns, ld64(g + 8), n * 8);
	for (i = 0; i < n; i++)
		le_fields(insns + i * 8, "2114");
	if (!r)
		r = l_ret(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog));
	free(insns);
	return r;
}
#endif

enum { OPT_MAX = 65536 };

// Whether the descriptor is a socket: 0, -L_EBADF, -L_ENOTSOCK.
static i64
sock_type(int fd)
{
	int type;
	socklen_t n = sizeof type;
	return l_ret(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n));
}

i64
sys_setsockopt(struct thread *t, const u64 *a)
{
	int fd = guest_fd(a[0]), level = (int)a[1], name = (int)a[2], glevel = level, gname = name;
	i32 len = (i32)a[4];
	u8 small[64], *b = small;
	i64 r = len < 0 ? -L_EINVAL : sock_type(fd);
	if (r)
		return r;
	r = opt_to_host(&level, &name);
	if (r)
		return r;
	if (is_timeout(glevel, gname)) {
		struct host_ts ts;
		struct timeval tv;
		if (len < (i32)sizeof(struct l_timeval))
			return -L_EINVAL;
		if (get_timespec(t, &ts, a[3]))
			return -L_EFAULT;
		if ((u64)ts.nsec >= 1000000)
			return -L_EDOM;
		tv.tv_sec = (time_t)ts.sec;
		tv.tv_usec = (suseconds_t)ts.nsec;
		return l_ret(setsockopt(fd, level, name, &tv, sizeof tv));
	}
#ifdef SO_ATTACH_FILTER
	if (glevel == L_SOL_SOCKET && gname == L_SO_ATTACH_FILTER && len >= 16)
		return attach_filter(t, fd, a[3]);
#endif
	if (len > OPT_MAX)
		len = OPT_MAX;
	if (len > (i32)sizeof small && !(b = (u8 *)malloc((size_t)len)))
		return -L_ENOMEM;
	if (len && copy_in(t, b, a[3], (size_t)len)) {
		// A bad address may still meet a better reason to fail.
		r = l_ret(setsockopt(fd, level, name, fault_address(), (socklen_t)len));
		if (r >= 0)
			r = -L_EFAULT;
	} else {
		opt_swap(glevel, gname, b, (size_t)len);
		r = l_ret(setsockopt(fd, level, name, b, (socklen_t)len));
	}
	if (b != small)
		free(b);
	return r;
}

i64
sys_getsockopt(struct thread *t, const u64 *a)
{
	int fd = guest_fd(a[0]), level = (int)a[1], name = (int)a[2], glevel = level, gname = name;
	u8 small[256], *b = small, lenbuf[4];
	socklen_t len;
	i64 r = sock_type(fd);
	if (r)
		return r;
	if (copy_in(t, lenbuf, a[4], 4))
		return -L_EFAULT;
	if ((i32)ld32(lenbuf) < 0)
		return -L_EINVAL;
	r = opt_to_host(&level, &name);
	if (r)
		return r;
	len = (socklen_t)min_u64(ld32(lenbuf), OPT_MAX);
	if (is_timeout(glevel, gname)) {
		struct timeval tv;
		struct l_timeval l;
		socklen_t n = sizeof tv;
		r = l_ret(getsockopt(fd, level, name, &tv, &n));
		if (r)
			return r;
		L_PUT(l.sec, tv.tv_sec);
		L_PUT(l.usec, tv.tv_usec);
		memcpy(small, &l, sizeof l);
		len = (socklen_t)min_u64(len, sizeof l);
	} else {
		socklen_t room = len;
		if (len > sizeof small && !(b = (u8 *)malloc(len)))
			return -L_ENOMEM;
		r = l_ret(getsockopt(fd, level, name, b, &len));
		opt_swap(glevel, gname, b, min_u64(len, room));
		// Domains and types have guest numbers.
		if (r < 0 && r == -L_ERANGE) {
			st32(lenbuf, len);
			copy_out(t, a[4], lenbuf, 4);
		}
		if (!r && len > room)
			len = room;
	}
	if (!r && glevel == L_SOL_SOCKET && gname == L_SO_ERROR && len >= 4 && ld32(b))
		st32(b, (u32)-l_err((int)ld32(b)));
	if (!r) {
		st32(lenbuf, len);
		if (copy_out(t, a[3], b, len) || copy_out(t, a[4], lenbuf, 4))
			r = -L_EFAULT;
	}
	if (b != small)
		free(b);
	return r;
}
