// sockmsg.c: what is sent and received by sockets, with addresses and control
// messages.
#include "linux/pass.h"
#include "linux/sock.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#if HOST_LINUX
#define SAME(flag) { L_##flag, (u32)flag }
// A bit that nobody defines makes the host refuse or ignore it as Linux does.
static const struct l_pair g_msgflags[] = {
	SAME(MSG_OOB), SAME(MSG_PEEK), SAME(MSG_DONTROUTE), SAME(MSG_CTRUNC), SAME(MSG_TRUNC), SAME(MSG_DONTWAIT),
	SAME(MSG_EOR), SAME(MSG_WAITALL), SAME(MSG_CONFIRM), SAME(MSG_ERRQUEUE), SAME(MSG_NOSIGNAL), SAME(MSG_MORE),
	SAME(MSG_WAITFORONE), SAME(MSG_FASTOPEN), SAME(MSG_CMSG_CLOEXEC), { L_MSG_ZEROCOPY, 0x4000000 }
};
#else
static const struct l_pair g_msgflags[] = {
	{ L_MSG_OOB, MSG_OOB }, { L_MSG_PEEK, MSG_PEEK }, { L_MSG_DONTROUTE, MSG_DONTROUTE }, { L_MSG_CTRUNC, MSG_CTRUNC },
	{ L_MSG_TRUNC, MSG_TRUNC }, { L_MSG_EOR, MSG_EOR }, { L_MSG_WAITALL, MSG_WAITALL }, { L_MSG_DONTWAIT, MSG_DONTWAIT },
	{ L_MSG_NOSIGNAL, MSG_NOSIGNAL }
};
#endif

static int
msg_to_host(u64 l)
{
	return (int)FLAGS_TO_HOST(g_msgflags, (u32)l);
}

// A call on a socket with a timeout of its own ends for good when interrupted.
static i64
sock_result(int fd, int option, i64 r)
{
	struct timeval tv;
	socklen_t len = sizeof tv;
	if (r == -L_ERESTARTSYS && !getsockopt(fd, SOL_SOCKET, option, &tv, &len) && (tv.tv_sec || tv.tv_usec))
		return -L_EINTR;
	return r;
}

enum { CONTROL_MAX = 20480 };

struct hmsg {
	struct msghdr h;
	struct haddr addr;
	struct bufs b;
	u64 control;       // of the guest
	u64 controllen;
	u64 name, iov, iovlen;
	u32 namelen;
	u8 *cbuf;          // the host's, allocated
	u8 csmall[256];
};

static void
msg_free(struct hmsg *m)
{
	bufs_free(&m->b);
	if (m->cbuf != m->csmall)
		free(m->cbuf);
}

static i64
msg_alloc_control(struct hmsg *m, size_t n)
{
	m->cbuf = m->csmall;
	if (n > sizeof m->csmall) {
		m->cbuf = (u8 *)malloc(n);
		if (!m->cbuf) {
			m->cbuf = m->csmall;
			return -L_ENOBUFS;
		}
	}
	memset(m->cbuf, 0, n);
	m->h.msg_control = m->cbuf;
	return 0;
}

// Reads the guest's header; buffers are for reading if `sending`.
static i64
msg_in(struct thread *t, struct hmsg *m, u64 gva, int sending)
{
	struct l_msghdr l;
	i64 r;
	memset(&m->h, 0, sizeof m->h);
	m->cbuf = m->csmall;
	m->b.v = m->b.small;
	if (copy_in(t, &l, gva, sizeof l))
		return -L_EFAULT;
	m->name = L_GET(l.name);
	m->namelen = (u32)L_GET(l.namelen);
	m->iov = L_GET(l.iov);
	m->iovlen = L_GET(l.iovlen);
	m->control = L_GET(l.control);
	m->controllen = L_GET(l.controllen);
	if (!m->name)
		m->namelen = 0;
	if ((i32)m->namelen < 0)
		return -L_EINVAL;
	if (m->namelen > sizeof m->addr.u.b)
		m->namelen = sizeof m->addr.u.b;
	if (m->iovlen > L_IOV_MAX)
		return -L_EMSGSIZE;
	if (m->name && m->namelen && sending) {
		r = addr_in(t, &m->addr, m->name, m->namelen);
		if (r)
			return r;
		m->h.msg_name = &m->addr.u.sa;
		m->h.msg_namelen = m->namelen;
	}
	r = bufs_vec(t, &m->b, m->iov, m->iovlen, sending ? MEM_R : MEM_W);
	if (r)
		return r;
	m->h.msg_iov = m->b.v;
	m->h.msg_iovlen = (size_t)m->b.n;
	return 0;
}

// Swaps the data of a control message; descriptors to hide become invalid.
static void
control_swap(int level, int type, u8 *d, size_t n, int sending)
{
	size_t i;
	if (level == SOL_SOCKET && type == SCM_RIGHTS) {
		for (i = 0; i + 4 <= n; i += 4) {
			int fd;
			if (!sending)
				le_fields(d + i, "4");
			else {
				fd = guest_fd(ld32(d + i));
				memcpy(d + i, &fd, 4);
			}
		}
		return;
	}
#ifdef SCM_CREDENTIALS
	if (level == SOL_SOCKET && type == SCM_CREDENTIALS && n >= 12) {
		le_fields(d, "444");
		return;
	}
#endif
	// Counts, indices and times: words, or pairs of 64-bit numbers.
	if (n == 4)
		le_fields(d, "4");
	else if (level == SOL_SOCKET && n >= 16 && n % 8 == 0)
		for (i = 0; i < n; i += 8)
			le_fields(d + i, "8");
}

static const struct l_pair g_levels[] = { { L_SOL_SOCKET, SOL_SOCKET } };

static int
level_to_host(u64 l)
{
	i64 h = VALUE_TO_HOST(g_levels, (u32)l);
	return h < 0 ? (int)l : (int)h;
}

static u32
level_to_guest(int h)
{
	i64 l = VALUE_TO_GUEST(g_levels, (u32)h);
	return l < 0 ? (u32)h : (u32)l;
}

static i64
control_in(struct thread *t, struct hmsg *m)
{
	u8 *g;
	size_t at = 0, out = 0, n = (size_t)m->controllen;
	i64 r = 0;
	if (!m->control || !m->controllen)
		return 0;
	if (m->controllen > CONTROL_MAX)
		return -L_ENOBUFS;
	g = (u8 *)malloc(n);
	if (!g)
		return -L_ENOBUFS;
	if (copy_in(t, g, m->control, n))
		r = -L_EFAULT;
	else
		r = msg_alloc_control(m, n + 64);
	while (!r && at + sizeof(struct l_cmsghdr) <= n) {
		struct l_cmsghdr l;
		struct cmsghdr *c = (struct cmsghdr *)(m->cbuf + out);
		u64 len;
		size_t data;
		memcpy(&l, g + at, sizeof l);
		len = L_GET(l.len);
		if (len < sizeof l || len > n - at) {
			r = -L_EINVAL;
			break;
		}
		data = (size_t)len - sizeof l;
		c->cmsg_level = level_to_host(L_GET(l.level));
		c->cmsg_type = (int)L_GETS(l.type);
		c->cmsg_len = CMSG_LEN(data);
		memcpy(CMSG_DATA(c), g + at + sizeof l, data);
		control_swap(c->cmsg_level, c->cmsg_type, CMSG_DATA(c), data, 1);
		out += CMSG_SPACE(data);
		at += (size_t)round_up(len, 8);
	}
	free(g);
	m->h.msg_controllen = out;
	return r;
}

// Writes received control messages; the guest's length, and whether they were cut.
static i64
control_out(struct thread *t, struct hmsg *m, u64 *used)
{
	struct cmsghdr *c;
	u64 at = 0;
	for (c = CMSG_FIRSTHDR(&m->h); c; c = CMSG_NXTHDR(&m->h, c)) {
		struct l_cmsghdr l;
		size_t data = c->cmsg_len - CMSG_LEN(0);
		u64 len = sizeof l + data;
		if (m->controllen - at < sizeof l) {
			m->h.msg_flags |= MSG_CTRUNC;
			break;
		}
		if (len > m->controllen - at) {
			m->h.msg_flags |= MSG_CTRUNC;
			len = m->controllen - at;
			data = (size_t)len - sizeof l;
		}
		control_swap(c->cmsg_level, c->cmsg_type, CMSG_DATA(c), data, 0);
		L_PUT(l.len, len);
		L_PUT(l.level, level_to_guest(c->cmsg_level));
		L_PUT(l.type, c->cmsg_type);
		if (copy_out(t, m->control + at, &l, sizeof l) || copy_out(t, m->control + at + sizeof l, CMSG_DATA(c), data))
			return -L_EFAULT;
		at += min_u64(round_up(len, 8), m->controllen - at);
	}
	*used = at;
	return 0;
}

static i64
send_one(struct thread *t, int fd, u64 gva, u64 flags)
{
	struct hmsg m;
	i64 r = msg_in(t, &m, gva, 1);
	if (!r)
		r = control_in(t, &m);
	if (!r)
		r = L_BLOCK3(t, sendmsg, fd, &m.h, msg_to_host(flags));
	msg_free(&m);
	return r;
}

static i64
recv_one(struct thread *t, int fd, u64 gva, u64 flags)
{
	struct hmsg m;
	struct l_msghdr l;
	u64 used = 0;
	i64 r = msg_in(t, &m, gva, 0), e = 0;
	if (!r && m.control && m.controllen) {
		// Room for as many messages as the guest's has, whose headers may be longer.
		size_t n = (size_t)min_u64(m.controllen, CONTROL_MAX);
		m.h.msg_controllen = HOST_64BIT ? n : n + n / 2;
		r = msg_alloc_control(&m, n + n / 2 + 64);
	}
	if (!r) {
		m.h.msg_name = m.name ? m.addr.u.b : 0;
		m.h.msg_namelen = m.name ? sizeof m.addr.u.b : 0;
		r = L_BLOCK3(t, recvmsg, fd, &m.h, msg_to_host(flags));
	}
	if (r >= 0) {
		m.addr.len = m.h.msg_namelen;
		if (m.name) {
			// The length is the header's own field; the kernel asks how much room was promised.
			u8 b[4];
			st32(b, m.namelen);
			if (copy_out(t, gva + offsetof(struct l_msghdr, namelen), b, 4))
				e = -L_EFAULT;
			else
				e = addr_out(t, &m.addr, m.name, gva + offsetof(struct l_msghdr, namelen));
		}
		if (!e && m.control)
			e = control_out(t, &m, &used);
		L_PUT(l.flags, FLAGS_TO_GUEST(g_msgflags, (u32)m.h.msg_flags));
		L_PUT(l.controllen, used);
		if (!e && (copy_out(t, gva + offsetof(struct l_msghdr, flags), l.flags, sizeof l.flags) ||
			copy_out(t, gva + offsetof(struct l_msghdr, controllen), l.controllen, sizeof l.controllen)))
			e = -L_EFAULT;
		if (e)
			r = e;
	}
	msg_free(&m);
	return r;
}

i64
sys_sendmsg(struct thread *t, const u64 *a)
{
	int fd = guest_fd(a[0]);
	i64 r = sock_check(fd);
	return r ? r : sock_result(fd, SO_SNDTIMEO, send_one(t, fd, a[1], a[2]));
}

i64
sys_recvmsg(struct thread *t, const u64 *a)
{
	int fd = guest_fd(a[0]);
	i64 r = sock_check(fd);
	return r ? r : sock_result(fd, SO_RCVTIMEO, recv_one(t, fd, a[1], a[2]));
}

static i64
put_msg_len(struct thread *t, u64 gva, i64 n)
{
	u8 b[4];
	st32(b, (u32)n);
	return copy_out(t, gva + offsetof(struct l_mmsghdr, len), b, 4);
}

i64
sys_sendmmsg(struct thread *t, const u64 *a)
{
	u32 n = (u32)min_u64((u32)a[2], L_IOV_MAX), i;
	int fd = guest_fd(a[0]);
	i64 r = sock_check(fd);
	if (r)
		return r;
	for (i = 0; i < n; i++) {
		u64 gva = a[1] + i * sizeof(struct l_mmsghdr);
		r = send_one(t, fd, gva, a[3]);
		if (r >= 0)
			r = put_msg_len(t, gva, r);
		if (r < 0)
			return i ? (i64)i : sock_result(fd, SO_SNDTIMEO, r);
	}
	return i;
}

i64
sys_recvmmsg(struct thread *t, const u64 *a)
{
	u32 n = (u32)a[2], i;
	u64 flags = a[3];
	int fd = guest_fd(a[0]);
	struct host_ts limit;
	struct timespec now;
	i64 r;
	if (a[4]) {
		if (get_timespec(t, &limit, a[4]))
			return -L_EFAULT;
		if (!timespec_valid(&limit))
			return -L_EINVAL;
		clock_gettime(CLOCK_MONOTONIC, &now);
		limit.sec += now.tv_sec;
		limit.nsec += now.tv_nsec;
	}
	r = sock_check(fd);
	if (r)
		return r;
	for (i = 0; i < n;) {
		u64 gva = a[1] + i * sizeof(struct l_mmsghdr);
		r = recv_one(t, fd, gva, flags & ~(u64)L_MSG_WAITFORONE);
		if (r >= 0)
			r = put_msg_len(t, gva, r);
		if (r < 0)
			break;
		i++;
		if (flags & L_MSG_WAITFORONE)
			flags |= L_MSG_DONTWAIT;
		// The kernel looks at the clock after each message only.
		if (a[4]) {
			i64 left;
			clock_gettime(CLOCK_MONOTONIC, &now);
			left = (limit.sec - now.tv_sec) * 1000000000 + limit.nsec - now.tv_nsec;
			if (left < 0)
				left = 0;
			if (put_timespec(t, a[4], left / 1000000000, left % 1000000000))
				return i ? (i64)i : -L_EFAULT;
			if (!left)
				break;
		}
	}
	return i || r >= 0 ? (i64)i : sock_result(fd, SO_RCVTIMEO, r);
}

i64
sys_sendto(struct thread *t, const u64 *a)
{
	struct haddr h;
	struct bufs b;
	struct msghdr m;
	int fd = guest_fd(a[0]), have;
	i64 r;
	bufs_one(t, &b, a[1], a[2], MEM_R);
	r = b.refused ? -L_EFAULT : sock_check(fd);
	have = a[4] != 0;
	if (!r && have)
		r = addr_in(t, &h, a[4], a[5]);
	if (!r && b.n == 1) {
		r = L_BLOCK6(t, sendto, fd, b.v->iov_base, b.v->iov_len, msg_to_host(a[3]), have ? &h.u.sa : 0, have ? h.len : 0);
	} else if (!r) {
		memset(&m, 0, sizeof m);
		m.msg_iov = b.v;
		m.msg_iovlen = (size_t)b.n;
		m.msg_name = have ? &h.u.sa : 0;
		m.msg_namelen = have ? h.len : 0;
		r = L_BLOCK3(t, sendmsg, fd, &m, msg_to_host(a[3]));
	}
	bufs_free(&b);
	return sock_result(fd, SO_SNDTIMEO, r);
}

i64
sys_recvfrom(struct thread *t, const u64 *a)
{
	struct haddr h;
	struct bufs b;
	struct msghdr m;
	int fd = guest_fd(a[0]);
	i64 r, e;
	bufs_one(t, &b, a[1], a[2], MEM_W);
	r = b.refused ? -L_EFAULT : sock_check(fd);
	memset(&m, 0, sizeof m);
	m.msg_iov = b.v;
	m.msg_iovlen = (size_t)b.n;
	m.msg_name = a[4] ? h.u.b : 0;
	m.msg_namelen = a[4] ? sizeof h.u.b : 0;
	if (!r)
		r = L_BLOCK3(t, recvmsg, fd, &m, msg_to_host(a[3]));
	bufs_free(&b);
	if (r >= 0 && a[4]) {
		h.len = m.msg_namelen;
		e = addr_out(t, &h, a[4], a[5]);
		if (e)
			return e;
	}
	return sock_result(fd, SO_RCVTIMEO, r);
}
