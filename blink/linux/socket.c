// socket.c: sockets: their addresses, making, naming and joining them (Linux
// net/socket.c, net/compat.c). What goes through them is in sockmsg.c.
#include "linux/pass.h"
#include "linux/sock.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

// --- numbers ------------------------------------------------------------------------

static const struct l_pair g_families[] = {
	{ L_AF_UNSPEC, AF_UNSPEC },
	{ L_AF_UNIX, AF_UNIX },
	{ L_AF_INET, AF_INET },
	{ L_AF_INET6, AF_INET6 },
#ifdef AF_NETLINK
	{ L_AF_NETLINK, AF_NETLINK },
	{ L_AF_PACKET, AF_PACKET },
#endif
#ifdef AF_ALG
	{ L_AF_ALG, AF_ALG },
#endif
#ifdef AF_VSOCK
	{ L_AF_VSOCK, AF_VSOCK },
#endif
};

static const struct l_pair g_types[] = {
	{ L_SOCK_STREAM, SOCK_STREAM },
	{ L_SOCK_DGRAM, SOCK_DGRAM },
	{ L_SOCK_RAW, SOCK_RAW },
	{ L_SOCK_RDM, SOCK_RDM },
	{ L_SOCK_SEQPACKET, SOCK_SEQPACKET },
#ifdef SOCK_PACKET
	{ L_SOCK_DCCP, SOCK_DCCP },
	{ L_SOCK_PACKET, SOCK_PACKET }
#endif
};

// --- addresses --------------------------------------------------------------------------

// Swaps the host-order numbers of an address; ports and addresses are in
// network order everywhere.
static void
addr_swap(u8 *b, int family)
{
	switch (family) {
	case AF_INET6:
		le_fields(b + 24, "4");
		break;
#ifdef AF_NETLINK
	case AF_NETLINK:
		le_fields(b + 4, "44");
		break;
	case AF_PACKET:
		le_fields(b + 4, "42");
		break;
#endif
#ifdef AF_VSOCK
	case AF_VSOCK:
		le_fields(b + 4, "44");
		break;
#endif
	}
}

i64
addr_in(struct thread *t, struct haddr *h, u64 gva, u64 len)
{
	i64 family;
	h->len = (u32)len;
	if ((i32)len < 0 || (u32)len > sizeof h->u.b)
		return -L_EINVAL;
	memset(&h->u, 0, sizeof h->u);
	if (h->len && copy_in(t, h->u.b, gva, h->len))
		return -L_EFAULT;
	if (h->len >= 2) {
		family = VALUE_TO_HOST(g_families, ld16(h->u.b));
		h->u.sa.sa_family = (sa_family_t)(family < 0 ? ld16(h->u.b) : family);
		addr_swap(h->u.b, (int)family);
	}
	return 0;
}

i64
addr_out(struct thread *t, struct haddr *h, u64 gva, u64 len_gva)
{
	u8 b[4];
	i32 room;
	if (copy_in(t, b, len_gva, 4))
		return -L_EFAULT;
	room = (i32)ld32(b);
	if (room < 0)
		return -L_EINVAL;
	if ((u32)room > h->len)
		room = (i32)h->len;
	if (h->len >= 2) {
		int family = h->u.sa.sa_family;
		i64 l = VALUE_TO_GUEST(g_families, (u32)family);
		addr_swap(h->u.b, family);
		st16(h->u.b, (u16)(l < 0 ? family : l));
	}
	if (room && copy_out(t, gva, h->u.b, (size_t)min_u64((u32)room, sizeof h->u.b)))
		return -L_EFAULT;
	st32(b, h->len);
	return copy_out(t, len_gva, b, 4);
}

// --- making and naming ---------------------------------------------------------------------

// Splits type and flags: 0 or -L_Exxx.
static i64
socket_args(const u64 *a, int *family, int *type)
{
	u32 flags = (u32)a[1] & ~(u32)L_SOCK_TYPE_MASK;
	i64 f = VALUE_TO_HOST(g_families, (u32)a[0]), ty = VALUE_TO_HOST(g_types, (u32)a[1] & L_SOCK_TYPE_MASK);
	if (flags & ~(u32)(L_SOCK_CLOEXEC | L_SOCK_NONBLOCK))
		return -L_EINVAL;
	if (f < 0 || (ty < 0 && (u32)a[0] >= L_AF_MAX))
		return -L_EAFNOSUPPORT;
	if (ty < 0)
		return -L_EINVAL;
	*family = (int)f;
	*type = (int)ty;
#ifdef SOCK_CLOEXEC
	if (flags & L_SOCK_CLOEXEC)
		*type |= SOCK_CLOEXEC;
	if (flags & L_SOCK_NONBLOCK)
		*type |= SOCK_NONBLOCK;
#endif
	return 0;
}

// What the type argument asked for, where the host takes no flags there.
static void
socket_flags(int fd, u64 type)
{
#ifndef SOCK_CLOEXEC
	if (type & L_SOCK_CLOEXEC)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (type & L_SOCK_NONBLOCK)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
#endif
}

i64
sys_socket(struct thread *t, const u64 *a)
{
	int family, type, fd;
	i64 r = socket_args(a, &family, &type);
	if (r)
		return r;
	fd = socket(family, type, (int)a[2]);
	if (fd < 0)
		return l_err(errno);
	socket_flags(fd, a[1]);
	return fd;
}

i64
sys_socketpair(struct thread *t, const u64 *a)
{
	u64 b[4];
	int family, type;
	i64 r = socket_args(a, &family, &type);
	if (r == -L_EINVAL && (a[1] & ~(u64)(L_SOCK_TYPE_MASK | L_SOCK_CLOEXEC | L_SOCK_NONBLOCK)))
		return r;
	// The kernel hands out the numbers before it looks at the rest.
	b[0] = r ? (u32)a[0] : (u32)family;
	b[1] = r ? 99 : (u32)type;
	b[2] = a[2];
	b[3] = a[3];
	return pass(t, b, HOST_NR(socketpair), "iii[44]");
}

i64
sock_check(int fd)
{
	struct stat st;
	if (fstat(fd, &st))
		return l_err(errno);
	return S_ISSOCK(st.st_mode) ? 0 : -L_ENOTSOCK;
}

i64
sys_bind(struct thread *t, const u64 *a)
{
	struct haddr h;
	int fd = guest_fd(a[0]);
	i64 r = sock_check(fd);
	if (!r)
		r = addr_in(t, &h, a[1], a[2]);
	return r ? r : l_ret(bind(fd, &h.u.sa, h.len));
}

i64
sys_connect(struct thread *t, const u64 *a)
{
	struct haddr h;
	int fd = guest_fd(a[0]);
	i64 r = sock_check(fd);
	if (!r)
		r = addr_in(t, &h, a[1], a[2]);
	return r ? r : L_BLOCK3(t, connect, fd, &h.u.sa, h.len);
}

SYS_PASS(sys_listen, listen, "fi")

static i64
do_accept(struct thread *t, const u64 *a, u64 flags)
{
	struct haddr h;
	socklen_t len = sizeof h.u.b;
	int type = 0;
	i64 fd, r;
	if ((u32)flags & ~(u32)(L_SOCK_CLOEXEC | L_SOCK_NONBLOCK))
		return -L_EINVAL;
#ifdef SOCK_CLOEXEC
	type |= flags & L_SOCK_CLOEXEC ? SOCK_CLOEXEC : 0;
	type |= flags & L_SOCK_NONBLOCK ? SOCK_NONBLOCK : 0;
#endif
	fd = L_BLOCK4(t, accept4, guest_fd(a[0]), a[1] ? h.u.b : 0, a[1] ? &len : 0, type);
	if (fd < 0)
		return fd;
	socket_flags((int)fd, flags);
	h.len = len;
	if (a[1] && (r = addr_out(t, &h, a[1], a[2]))) {
		close((int)fd);
		return r;
	}
	return fd;
}

i64
sys_accept(struct thread *t, const u64 *a)
{
	return do_accept(t, a, 0);
}

i64
sys_accept4(struct thread *t, const u64 *a)
{
	return do_accept(t, a, a[3]);
}

static i64
do_name(struct thread *t, const u64 *a, int peer)
{
	struct haddr h;
	socklen_t len = sizeof h.u.b;
	if (peer ? getpeername(guest_fd(a[0]), &h.u.sa, &len) : getsockname(guest_fd(a[0]), &h.u.sa, &len))
		return l_err(errno);
	h.len = len;
	return addr_out(t, &h, a[1], a[2]);
}

i64
sys_getsockname(struct thread *t, const u64 *a)
{
	return do_name(t, a, 0);
}

i64
sys_getpeername(struct thread *t, const u64 *a)
{
	return do_name(t, a, 1);
}

SYS_PASS(sys_shutdown, shutdown, "fi")
