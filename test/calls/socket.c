// Sockets: local, UDP and TCP over loopback, messages with descriptors and
// credentials, options.
#include "calls.h"

struct in { u16 family; u16 port; u32 addr; u8 zero[8]; };
struct in6 { u16 family; u16 port; u32 flow; u8 addr[16]; u32 scope; };
struct un { u16 family; char path[108]; };
struct iov { const void *base; size_t len; };
struct msg { void *name; u32 namelen; struct iov *iov; size_t iovlen; void *control; size_t controllen; u32 flags; };
struct mmsg { struct msg h; u32 len; };
struct cmsg { size_t len; int level, type; u8 data[48]; };

#define LOOP 0x0100007f

static char buf[300000];

static long
tcp_listener(struct in *a)
{
	u32 len = sizeof *a;
	long fd = S3(socket, 2, 1, 0);
	memset(a, 0, sizeof *a);
	a->family = 2;
	a->addr = LOOP;
	S3(bind, fd, a, sizeof *a);
	S2(listen, fd, 5);
	S3(getsockname, fd, a, &len);
	return fd;
}

static void
local(void)
{
	long fd, c, s;
	int p[2];
	u32 len;
	struct un un = { 1, "sock" }, none = { 1, "none" }, got;
	R("socketpair", S4(socketpair, 1, 1, 0, p));
	R(" first", p[0]);
	R("socketpair flags", S4(socketpair, 1, 1 | 04000 | 02000000, 0, p));
	R("  getfd", S2(fcntl, p[0], 1));
	HEX("  getfl", S2(fcntl, p[0], 3));
	R("socketpair inet", S4(socketpair, 2, 1, 0, p));
	R("socketpair bad", S4(socketpair, 1, 1, 0, BAD));
	R("socketpair type", S4(socketpair, 1, 99, 0, p));
	R("socketpair flag", S4(socketpair, 1, 1 | 0x10000, 0, p));
	R("recv empty", S6(recvfrom, p[0], buf, 1, 0, 0, 0));
	R("send", S6(sendto, p[1], "hello", 5, 0, 0, 0));
	R("peek", S6(recvfrom, p[0], buf, 3, 2, 0, 0));
	R("recv", S6(recvfrom, p[0], buf, 100, 0, 0, 0));
	R("recv dontwait", S6(recvfrom, p[0], buf, 100, 0x40, 0, 0));
	R("send bad", S6(sendto, p[1], BAD, 5, 0, 0, 0));
	R("send kernel", S6(sendto, p[1], KERNEL, 5, 0, 0, 0));
	R("send fd", S6(sendto, 99, "x", 1, 0, 0, 0));
	R("send file", S6(sendto, S3(open, ".", 0, 0), "x", 1, 0, 0, 0));
	R("shutdown", S2(shutdown, p[1], 1));
	R("recv end", S6(recvfrom, p[0], buf, 100, 0, 0, 0));
	R("send after", S6(sendto, p[1], "x", 1, 0x4000, 0, 0));
	R("shutdown how", S2(shutdown, p[1], 9));
	R("shutdown fd", S2(shutdown, 99, 0));
	fd = S3(socket, 1, 1, 0);
	R("bind", S3(bind, fd, &un, 7));
	R("bind again", S3(bind, fd, &un, 7));
	R("bind fd", S3(bind, 99, &un, 7));
	R("bind bad", S3(bind, S3(socket, 1, 1, 0), BAD, 7));
	R("bind in use", S3(bind, S3(socket, 1, 1, 0), &un, 7));
	R("bind length", S3(bind, S3(socket, 1, 1, 0), &un, 200));
	R("bind neg", S3(bind, S3(socket, 1, 1, 0), &un, -1));
	c = S3(socket, 1, 1, 0);
	R("connect early", S3(connect, c, &un, 7));
	R("listen", S2(listen, fd, 5));
	R("listen fd", S2(listen, 99, 5));
	R("listen pair", S2(listen, p[0], 5));
	R("connect", S3(connect, c, &un, 7));
	R("connect missing", S3(connect, S3(socket, 1, 1, 0), &none, 7));
	R("connect fd", S3(connect, 99, &un, 7));
	R("connect bad", S3(connect, c, BAD, 7));
	len = sizeof got;
	R("accept", s = S3(accept, fd, &got, &len));
	R(" len", len);
	len = sizeof got;
	memset(&got, 0, sizeof got);
	R("getpeername", S3(getpeername, c, &got, &len));
	R(" len", len);
	R(" family", got.family);
	STR(" path", got.path);
	len = 4;
	R("getpeername short", S3(getpeername, c, &got, &len));
	R(" len", len);
	R("getpeername neg", S3(getpeername, c, &got, (len = -1, &len)));
	R("getpeername bad", S3(getpeername, c, &got, BAD));
	len = 10;
	R("getsockname bad", S3(getsockname, c, BAD, &len));
	R("getsockname fd", S3(getsockname, 99, &got, &len));
	R("getpeername none", S3(getpeername, fd, &got, &len));
	S3(fcntl, fd, 4, 04000);
	R("accept none", S3(accept, fd, 0, 0));
	R("accept fd", S3(accept, 99, 0, 0));
	R("accept4 flags", S4(accept4, fd, 0, 0, 1));
	R("accept not listening", S3(accept, c, 0, 0));
	R("accept pipe", S3(accept, 1, 0, 0) < 0);
}

static void
inet(void)
{
	struct in a, b, got;
	struct in6 a6;
	u32 len;
	long l = tcp_listener(&a), c, s, u, v, six;
	int x;
	R("socket family", S3(socket, 99, 1, 0));
	R("socket type", S3(socket, 2, 99, 0));
	R("socket flags", S3(socket, 2, 1 | 0x10000, 0));
	R("socket protocol", S3(socket, 2, 1, 17));
	R("socket neg", S3(socket, -1, 1, 0));
	R("port", a.port != 0);
	c = S3(socket, 2, 1 | 02000000, 0);
	R("connect", S3(connect, c, &a, sizeof a));
	R("connect again", S3(connect, c, &a, sizeof a));
	len = sizeof got;
	R("accept4", s = S4(accept4, l, &got, &len, 04000));
	R(" family", got.family);
	HEX(" addr", got.addr);
	R(" len", len);
	R("nonblocking recv", S6(recvfrom, s, buf, 10, 0, 0, 0));
	R("send", S6(sendto, c, "over tcp", 8, 0, 0, 0));
	S3(fcntl, s, 4, 0);
	R("recv waitall", S6(recvfrom, s, buf, 8, 0x100, 0, 0));
	BYTES(" bytes", buf, 8);
	R("oob", S6(sendto, c, "!", 1, 1, 0, 0));
	R("recv oob", S6(recvfrom, s, buf, 1, 1, 0, 0));
	S1(close, s);
	R("recv end", S6(recvfrom, c, buf, 8, 0, 0, 0));
	R("connect length", S3(connect, S3(socket, 2, 1, 0), &a, 3));
	S1(close, l);
	R("connect refused", S3(connect, S3(socket, 2, 1, 0), &a, sizeof a));
	// UDP
	u = S3(socket, 2, 2, 0);
	v = S3(socket, 2, 2, 0);
	memset(&a, 0, sizeof a);
	a.family = 2;
	a.addr = LOOP;
	b = a;
	S3(bind, u, &a, sizeof a);
	S3(bind, v, &b, sizeof b);
	len = sizeof a;
	S3(getsockname, u, &a, &len);
	len = sizeof b;
	S3(getsockname, v, &b, &len);
	R("sendto", S6(sendto, u, "datagram", 8, 0, &b, sizeof b));
	len = sizeof got;
	R("recvfrom short", S6(recvfrom, v, buf, 4, 0x20, &got, &len));
	R(" from", got.port == a.port && got.addr == LOOP);
	R("sendto none", S6(sendto, u, "datagram", 8, 0, 0, 0));
	R("sendto big", S6(sendto, u, buf, 70000, 0, &b, sizeof b));
	R("sendto empty", S6(sendto, u, buf, 0, 0, &b, sizeof b));
	R("recvfrom empty", S6(recvfrom, v, buf, 10, 0, 0, 0));
	R("sendto 60000", S6(sendto, u, buf, 60000, 0, &b, sizeof b));
	R("recvfrom 60000", S6(recvfrom, v, buf, sizeof buf, 0, 0, 0));
	R("sendto bad address", S6(sendto, u, "x", 1, 0, BAD, sizeof b));
	six = S3(socket, 10, 2, 0);
	OK("socket v6", six);
	if (six >= 0) {
		memset(&a6, 0, sizeof a6);
		a6.family = 10;
		a6.addr[15] = 1;
		x = S3(bind, six, &a6, sizeof a6);
		R("bind v6", x);
		if (!x) {
			len = sizeof a6;
			R("getsockname v6", S3(getsockname, six, &a6, &len));
			R(" len", len);
			BYTES(" addr", a6.addr, 16);
		}
	}
	// options
	x = 1;
	R("SO_REUSEADDR", S5(setsockopt, u, 1, 2, &x, 4));
	x = 99;
	len = 4;
	R("get SO_REUSEADDR", S5(getsockopt, u, 1, 2, &x, &len));
	R(" value", x);
	R(" len", len);
	R("get SO_TYPE", S5(getsockopt, u, 1, 3, &x, &len));
	R(" value", x);
	R("get SO_DOMAIN", S5(getsockopt, u, 1, 39, &x, &len));
	R(" value", x);
	R("get SO_PROTOCOL", S5(getsockopt, u, 1, 38, &x, &len));
	R(" value", x);
	R("get SO_ERROR", S5(getsockopt, u, 1, 4, &x, &len));
	R(" value", x);
	x = 4096;
	R("SO_SNDBUF", S5(setsockopt, u, 1, 7, &x, 4));
	R("get SO_SNDBUF", S5(getsockopt, u, 1, 7, &x, &len));
	R(" value", x);
	R("setsockopt short", S5(setsockopt, u, 1, 2, &x, 2));
	R("setsockopt name", S5(setsockopt, u, 1, 9999, &x, 4));
	R("setsockopt level", S5(setsockopt, u, 9999, 1, &x, 4));
	R("setsockopt bad", S5(setsockopt, u, 1, 2, BAD, 4));
	R("setsockopt neg", S5(setsockopt, u, 1, 2, &x, -1));
	R("setsockopt fd", S5(setsockopt, 99, 1, 2, &x, 4));
	R("getsockopt name", S5(getsockopt, u, 1, 9999, &x, &len));
	R("getsockopt bad", S5(getsockopt, u, 1, 2, BAD, &len));
	R("getsockopt bad len", S5(getsockopt, u, 1, 2, &x, BAD));
	len = -1;
	R("getsockopt neg", S5(getsockopt, u, 1, 2, &x, &len));
	len = 2;
	x = 0;
	R("getsockopt short", S5(getsockopt, u, 1, 2, &x, &len));
	R(" len", len);
	i64 tv[2] = { 0, 20000 };
	R("SO_RCVTIMEO", S5(setsockopt, v, 1, 20, tv, 16));
	tv[0] = tv[1] = 77;
	len = 16;
	R("get SO_RCVTIMEO", S5(getsockopt, v, 1, 20, tv, &len));
	R(" sec", tv[0]);
	R(" usec", tv[1]);
	R("recv timeout", S6(recvfrom, v, buf, 10, 0, 0, 0));
	tv[1] = 1000000;
	R("SO_RCVTIMEO usec", S5(setsockopt, v, 1, 20, tv, 16));
	R("SO_RCVTIMEO short", S5(setsockopt, v, 1, 20, tv, 8));
	int linger[2] = { 1, 5 };
	R("SO_LINGER", S5(setsockopt, c, 1, 13, linger, 8));
	len = 8;
	linger[0] = linger[1] = 0;
	R("get SO_LINGER", S5(getsockopt, c, 1, 13, linger, &len));
	R(" value", linger[1]);
	x = 1;
	R("TCP_NODELAY", S5(setsockopt, c, 6, 1, &x, 4));
	len = 4;
	x = 0;
	R("get TCP_NODELAY", S5(getsockopt, c, 6, 1, &x, &len));
	R(" value", x);
	x = 33;
	R("IP_TTL", S5(setsockopt, u, 0, 2, &x, 4));
	len = 4;
	R("get IP_TTL", S5(getsockopt, u, 0, 2, &x, &len));
	R(" value", x);
	R("IP_TTL value", S5(setsockopt, u, 0, 2, (x = 999, &x), 4));
	len = 4;
	R("get IPV6_V6ONLY", S5(getsockopt, six, 41, 26, &x, &len));
	R(" value", x);
	struct { u16 code; u8 jt, jf; u32 k; } insns[] = { { 6, 0, 0, 3 }, { 0xffff, 0, 0, 0 } };
	struct { u16 len; void *p; } prog = { 1, insns };
	R("SO_ATTACH_FILTER", S5(setsockopt, v, 1, 26, &prog, 16));
	R("filtered", S6(sendto, u, "datagram", 8, 0, &b, sizeof b));
	R("filtered recv", S6(recvfrom, v, buf, 100, 0, 0, 0));
	prog.len = 2;
	R("SO_ATTACH_FILTER invalid", S5(setsockopt, v, 1, 26, &prog, 16));
	prog.len = 0;
	R("SO_ATTACH_FILTER empty", S5(setsockopt, v, 1, 26, &prog, 16));
	prog.len = 1;
	prog.p = BAD;
	R("SO_ATTACH_FILTER bad", S5(setsockopt, v, 1, 26, &prog, 16));
	R("SO_ATTACH_FILTER short", S5(setsockopt, v, 1, 26, &prog, 8));
	R("SO_DETACH_FILTER", S5(setsockopt, v, 1, 27, &prog, 4));
	R("SO_DETACH_FILTER again", S5(setsockopt, v, 1, 27, &prog, 4));
	len = 100;
	R("get TCP_CONGESTION", S5(getsockopt, c, 6, 13, buf, &len));
}

static void
messages(void)
{
	int p[2];
	struct iov v[2] = { { "one", 3 }, { "two!", 4 } }, in[1] = { { buf, 100 } };
	struct msg m;
	struct mmsg mm[3];
	struct cmsg c;
	struct iov w[3] = { { "a", 1 }, { "bb", 2 }, { "ccc", 3 } }, x[3] = { { buf, 10 }, { buf + 100, 10 }, { buf + 200, 10 } };
	int one = 1, i;
	S4(socketpair, 1, 5, 0, p);
	memset(&m, 0, sizeof m);
	m.iov = v;
	m.iovlen = 2;
	R("sendmsg", S3(sendmsg, p[0], &m, 0));
	m.iov = in;
	m.iovlen = 1;
	m.flags = 77;
	R("recvmsg", S3(recvmsg, p[1], &m, 0));
	HEX(" flags", m.flags);
	R("sendmsg bad", S3(sendmsg, p[0], BAD, 0));
	R("recvmsg bad", S3(recvmsg, p[1], BAD, 0x40));
	R("sendmsg fd", S3(sendmsg, 99, &m, 0));
	m.iovlen = 1025;
	R("sendmsg many", S3(sendmsg, p[0], &m, 0));
	m.iovlen = 1;
	m.iov = BAD;
	R("sendmsg bad iov", S3(sendmsg, p[0], &m, 0));
	R("recvmsg bad iov", S3(recvmsg, p[1], &m, 0x40));
	// a descriptor travels
	m.iov = v;
	memset(&c, 0, sizeof c);
	c.len = 20;
	c.level = 1;
	c.type = 1;
	make_file("passed", "contents");
	i = (int)S3(open, "passed", O_RDWR, 0);
	memcpy(c.data, &i, 4);
	m.control = &c;
	m.controllen = 24;
	R("send descriptor", S3(sendmsg, p[0], &m, 0));
	i = 99;
	memcpy(c.data, &i, 4);
	R("send bad descriptor", S3(sendmsg, p[0], &m, 0));
	c.len = 5;
	R("send bad control", S3(sendmsg, p[0], &m, 0));
	m.control = BAD;
	R("send control at bad", S3(sendmsg, p[0], &m, 0));
	memset(&c, 0, sizeof c);
	m.iov = in;
	m.control = &c;
	m.controllen = sizeof c;
	R("receive descriptor", S3(recvmsg, p[1], &m, 0x40000000));
	R(" controllen", m.controllen);
	R(" len", c.len);
	R(" level", c.level);
	R(" type", c.type);
	HEX(" flags", m.flags);
	memcpy(&i, c.data, 4);
	R(" getfd", S2(fcntl, i, 1));
	R(" read", S4(pread64, i, buf, 100, 0));
	// no room for it
	m.iov = v;
	c.len = 20;
	c.level = c.type = 1;
	m.controllen = 24;
	S3(sendmsg, p[0], &m, 0);
	m.iov = in;
	m.controllen = 4;
	R("receive cut", S3(recvmsg, p[1], &m, 0));
	HEX(" flags", m.flags);
	R(" controllen", m.controllen);
	// credentials
	R("SO_PASSCRED", S5(setsockopt, p[1], 1, 16, &one, 4));
	m.control = 0;
	m.controllen = 0;
	m.iov = v;
	R("send", S3(sendmsg, p[0], &m, 0));
	m.iov = in;
	m.control = &c;
	m.controllen = sizeof c;
	R("receive credentials", S3(recvmsg, p[1], &m, 0));
	R(" len", c.len);
	R(" type", c.type);
	R(" pid", *(int *)c.data == S0(getpid));
	R(" uid", *(int *)(c.data + 4) == S0(getuid));
	one = 0;
	S5(setsockopt, p[1], 1, 16, &one, 4);
	u32 cred[3], len = 12;
	R("SO_PEERCRED", S5(getsockopt, p[0], 1, 17, cred, &len));
	R(" pid", cred[0] == S0(getpid));
	// several at once
	memset(mm, 0, sizeof mm);
	for (i = 0; i < 3; i++) {
		mm[i].h.iov = w + i;
		mm[i].h.iovlen = 1;
	}
	R("sendmmsg", S4(sendmmsg, p[0], mm, 3, 0));
	R(" len", mm[2].len);
	for (i = 0; i < 3; i++) {
		mm[i].h.iov = x + i;
		mm[i].len = 0;
	}
	R("recvmmsg", S5(recvmmsg, p[1], mm, 2, 0, 0));
	R(" len", mm[1].len);
	R("recvmmsg waitforone", S5(recvmmsg, p[1], mm, 3, 0x10000, 0));
	R("recvmmsg none", S5(recvmmsg, p[1], mm, 3, 0x40, 0));
	i64 ts[2] = { 0, 1000000000 };
	R("recvmmsg timeout", S5(recvmmsg, p[1], mm, 3, 0, ts));
	R("recvmmsg bad", S5(recvmmsg, p[1], mm, 3, 0, BAD));
	R("recvmmsg fd", S5(recvmmsg, 99, mm, 3, 0, 0));
	R("sendmmsg bad", S4(sendmmsg, p[0], BAD, 3, 0));
	R("sendmmsg zero", S4(sendmmsg, p[0], mm, 0, 0));
	// a datagram socket with a name
	S4(socketpair, 1, 2, 0, p);
	struct un un = { 1, "dgram" }, from;
	long d = S3(socket, 1, 2, 0);
	S3(bind, d, &un, 8);
	S6(sendto, d, "x", 1, 0, &un, 8);
	memset(&m, 0, sizeof m);
	memset(&from, 0, sizeof from);
	m.name = &from;
	m.namelen = sizeof from;
	m.iov = in;
	m.iovlen = 1;
	R("recvmsg name", S3(recvmsg, d, &m, 0));
	R(" namelen", m.namelen);
	STR(" path", from.path);
}

static void
test(void)
{
	local();
	inet();
	messages();
}
