// ioctl.c: device control (Linux fs/ioctl.c, drivers/tty/tty_ioctl.c).
//
// A row says what a request's argument is; terminals, whose structure libc
// and kernels lay out in different ways, are converted flag by flag.
#include "linux/file.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

// --- terminals -------------------------------------------------------------------------

// Bits of Linux's flag words that POSIX or most systems know.
static const struct l_pair g_iflags[] = {
	{ 01, IGNBRK }, { 02, BRKINT }, { 04, IGNPAR }, { 010, PARMRK }, { 020, INPCK }, { 040, ISTRIP }, { 0100, INLCR },
	{ 0200, IGNCR }, { 0400, ICRNL }, { 02000, IXON }, { 04000, IXANY }, { 010000, IXOFF },
#ifdef IUCLC
	{ 01000, IUCLC },
#endif
#ifdef IMAXBEL
	{ 020000, IMAXBEL },
#endif
#ifdef IUTF8
	{ 040000, IUTF8 }
#endif
};
static const struct l_pair g_oflags[] = {
	{ 01, OPOST }, { 04, ONLCR }, { 010, OCRNL }, { 020, ONOCR }, { 040, ONLRET },
#ifdef OLCUC
	{ 02, OLCUC },
#endif
#ifdef OFILL
	{ 0100, OFILL }, { 0200, OFDEL },
#endif
#ifdef NL1
	{ 0400, NL1 }, { 01000, CR1 }, { 02000, CR2 }, { 04000, TAB1 }, { 010000, TAB2 }, { 020000, BS1 }, { 040000, VT1 },
	{ 0100000, FF1 }
#endif
};
static const struct l_pair g_cflags[] = {
	{ 020, CS6 }, { 040, CS7 }, { 0100, CSTOPB }, { 0200, CREAD }, { 0400, PARENB }, { 01000, PARODD }, { 02000, HUPCL },
	{ 04000, CLOCAL },
#ifdef CMSPAR
	{ 010000000000, CMSPAR },
#endif
#ifdef CRTSCTS
	{ 020000000000u, CRTSCTS }
#endif
};
static const struct l_pair g_lflags[] = {
	{ 01, ISIG }, { 02, ICANON }, { 010, ECHO }, { 020, ECHOE }, { 040, ECHOK }, { 0100, ECHONL }, { 0200, NOFLSH },
	{ 0400, TOSTOP }, { 0100000, IEXTEN },
#ifdef XCASE
	{ 04, XCASE },
#endif
#ifdef ECHOCTL
	{ 01000, ECHOCTL }, { 02000, ECHOPRT }, { 04000, ECHOKE }, { 010000, FLUSHO }, { 040000, PENDIN },
#endif
#ifdef EXTPROC
	{ 0200000, EXTPROC }
#endif
};
static const struct l_pair g_speeds[] = {
	{ 0, B0 }, { 1, B50 }, { 2, B75 }, { 3, B110 }, { 4, B134 }, { 5, B150 }, { 6, B200 }, { 7, B300 }, { 8, B600 },
	{ 9, B1200 }, { 10, B1800 }, { 11, B2400 }, { 12, B4800 }, { 13, B9600 }, { 14, B19200 }, { 15, B38400 },
#ifdef B57600
	{ 010001, B57600 }, { 010002, B115200 }, { 010003, B230400 },
#endif
#ifdef B460800
	{ 010004, B460800 }, { 010005, B500000 }, { 010006, B576000 }, { 010007, B921600 }, { 010010, B1000000 },
	{ 010011, B1152000 }, { 010012, B1500000 }, { 010013, B2000000 }, { 010014, B2500000 }, { 010015, B3000000 },
	{ 010016, B3500000 }, { 010017, B4000000 }
#endif
};
enum { L_CBAUD = 010017, L_CIBAUD_SHIFT = 16 };
// The host's index of each of Linux's control characters; 255: none.
static const u8 g_cc[19] = {
	VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN,
#ifdef VSWTC
	VSWTC,
#else
	255,
#endif
	VSTART, VSTOP, VSUSP, VEOL,
#ifdef VREPRINT
	VREPRINT,
#else
	255,
#endif
#ifdef VDISCARD
	VDISCARD,
#else
	255,
#endif
#ifdef VWERASE
	VWERASE, VLNEXT,
#else
	255, 255,
#endif
#ifdef VEOL2
	VEOL2,
#else
	255,
#endif
	255, 255
};

static void
termios_to_guest(struct l_termios *l, const struct termios *h)
{
	i64 out = VALUE_TO_GUEST(g_speeds, cfgetospeed(h)), in = VALUE_TO_GUEST(g_speeds, cfgetispeed(h));
	u32 cflag = FLAGS_TO_GUEST(g_cflags, h->c_cflag);
	size_t i;
	memset(l, 0, sizeof *l);
	if (out < 0)
		out = 15;
	cflag |= (u32)out;
	if (in > 0 && in != out)
		cflag |= (u32)in << L_CIBAUD_SHIFT;
	L_PUT(l->iflag, FLAGS_TO_GUEST(g_iflags, h->c_iflag));
	L_PUT(l->oflag, FLAGS_TO_GUEST(g_oflags, h->c_oflag));
	L_PUT(l->cflag, cflag);
	L_PUT(l->lflag, FLAGS_TO_GUEST(g_lflags, h->c_lflag));
#if defined(__linux__)
	l->line[0] = h->c_line;
#endif
	for (i = 0; i < sizeof g_cc; i++)
		if (g_cc[i] != 255)
			l->cc[i] = h->c_cc[g_cc[i]];
}

static void
termios_to_host(struct termios *h, const struct l_termios *l)
{
	u32 cflag = (u32)L_GET(l->cflag);
	i64 speed = VALUE_TO_HOST(g_speeds, cflag & L_CBAUD);
	size_t i;
	h->c_iflag = FLAGS_TO_HOST(g_iflags, L_GET(l->iflag));
	h->c_oflag = FLAGS_TO_HOST(g_oflags, L_GET(l->oflag));
	h->c_cflag = FLAGS_TO_HOST(g_cflags, cflag);
	h->c_lflag = FLAGS_TO_HOST(g_lflags, L_GET(l->lflag));
#if defined(__linux__)
	h->c_line = l->line[0];
#endif
	for (i = 0; i < sizeof g_cc; i++)
		if (g_cc[i] != 255)
			h->c_cc[g_cc[i]] = l->cc[i];
	if (speed >= 0) {
		cfsetospeed(h, (speed_t)speed);
		cflag = cflag >> L_CIBAUD_SHIFT & L_CBAUD;
		if (cflag)
			speed = VALUE_TO_HOST(g_speeds, cflag);
		cfsetispeed(h, (speed_t)speed);
	}
}

// TCGETS and TCSETS*, and with `old` the short form TCGETA and TCSETA*.
static i64
get_termios(struct thread *t, int fd, u64 gva, int old)
{
	struct l_termios l;
	struct l_termio s;
	struct termios h;
	if (tcgetattr(fd, &h))
		return l_err(errno);
	termios_to_guest(&l, &h);
	if (!old)
		return copy_out(t, gva, &l, sizeof l);
	memset(&s, 0, sizeof s);
	L_PUT(s.iflag, L_GET(l.iflag));
	L_PUT(s.oflag, L_GET(l.oflag));
	L_PUT(s.cflag, L_GET(l.cflag));
	L_PUT(s.lflag, L_GET(l.lflag));
	s.line[0] = l.line[0];
	memcpy(s.cc, l.cc, sizeof s.cc);
	return copy_out(t, gva, &s, sizeof s);
}

static i64
set_termios(struct thread *t, int fd, u64 gva, int old, int when)
{
	static const int how[] = { TCSANOW, TCSADRAIN, TCSAFLUSH };
	struct l_termios l;
	struct l_termio s;
	struct termios h;
	int i;
	if (tcgetattr(fd, &h))
		return l_err(errno);
	if (old) {
		termios_to_guest(&l, &h);
		if (copy_in(t, &s, gva, sizeof s))
			return -L_EFAULT;
		for (i = 0; i < 4; i++)
			memcpy((u8 *)&l + 4 * i, (u8 *)&s + 2 * i, 2);
		l.line[0] = s.line[0];
		memcpy(l.cc, s.cc, sizeof s.cc);
	} else if (copy_in(t, &l, gva, sizeof l)) {
		return -L_EFAULT;
	}
	termios_to_host(&h, &l);
	return l_ret(tcsetattr(fd, how[when], &h));
}

// --- the rest -----------------------------------------------------------------------------

// What the argument points at, and who knows the request.
enum arg {
	NONE,   // the argument is a number
	GET,    // the call fills it
	PUT,    // the call reads it
	BOTH
};
struct request {
	u32 guest, host;
	u8 arg;
	char layout[7];  // of what it points at, for le_fields
};
#if HOST_LINUX
#define LINUX_ONLY(guest, host, arg, layout) { guest, (u32)(host), arg, layout },
#else
#define LINUX_ONLY(guest, host, arg, layout)
#endif
static const struct request g_requests[] = {
	{ L_TIOCGWINSZ, TIOCGWINSZ, GET, "2222" },
	{ L_TIOCSWINSZ, TIOCSWINSZ, PUT, "2222" },
	{ L_TIOCGPGRP, TIOCGPGRP, GET, "4" },
	{ L_TIOCSPGRP, TIOCSPGRP, PUT, "4" },
	{ L_TIOCSCTTY, TIOCSCTTY, NONE, "" },
	{ L_TIOCNOTTY, TIOCNOTTY, NONE, "" },
	{ L_TIOCEXCL, TIOCEXCL, NONE, "" },
	{ L_TIOCNXCL, TIOCNXCL, NONE, "" },
	{ L_TIOCOUTQ, TIOCOUTQ, GET, "4" },
	{ L_TIOCSTI, TIOCSTI, PUT, "" },
	{ L_TIOCGETD, TIOCGETD, GET, "4" },
	{ L_TIOCSETD, TIOCSETD, PUT, "4" },
	{ L_TIOCMGET, TIOCMGET, GET, "4" },
	{ L_TIOCPKT, TIOCPKT, PUT, "4" },
	{ L_FIONREAD, FIONREAD, GET, "4" },
	{ L_FIOCLEX, FIOCLEX, NONE, "" },
	{ L_FIONCLEX, FIONCLEX, NONE, "" },
	{ L_FIONBIO, FIONBIO, PUT, "4" },
	{ L_FIOASYNC, FIOASYNC, PUT, "4" },
	{ L_FIOSETOWN, FIOSETOWN, PUT, "4" },
	{ L_FIOGETOWN, FIOGETOWN, GET, "4" },
	{ L_SIOCSPGRP, SIOCSPGRP, PUT, "4" },
	{ L_SIOCGPGRP, SIOCGPGRP, GET, "4" },
	{ L_SIOCATMARK, SIOCATMARK, GET, "4" },
#ifdef TIOCGSID
	{ L_TIOCGSID, TIOCGSID, GET, "4" },
#endif
	LINUX_ONLY(L_TIOCGPTN, TIOCGPTN, GET, "4")
	LINUX_ONLY(L_TIOCSPTLCK, TIOCSPTLCK, PUT, "4")
	LINUX_ONLY(L_FIGETBSZ, 2, GET, "4")
	LINUX_ONLY(L_FIOQSIZE, FIOQSIZE, GET, "8")
	LINUX_ONLY(L_FICLONERANGE, 0x4020940d, PUT, "8888")
	LINUX_ONLY(L_BLKROGET, _IO(0x12, 94), GET, "4")
	LINUX_ONLY(L_BLKSSZGET, _IO(0x12, 104), GET, "4")
	LINUX_ONLY(L_BLKGETSIZE64, _IOR(0x12, 114, size_t), GET, "8")
	LINUX_ONLY(L_FS_IOC_GETFLAGS, _IOR('f', 1, long), GET, "4")
	LINUX_ONLY(L_FS_IOC_SETFLAGS, _IOW('f', 2, long), PUT, "4")
	LINUX_ONLY(L_FS_IOC_GETVERSION, _IOR('v', 1, long), GET, "4")
};

static size_t
layout_size(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += (size_t)(*s - '0');
	return n ? n : 1;
}

static i64
by_row(struct thread *t, int fd, const struct request *q, u64 arg)
{
	u8 b[64];
	size_t n = layout_size(q->layout);
	i64 r;
	if (q->arg == NONE)
		return l_res(HOST_CALL3(ioctl, fd, q->host, (long)arg));
	memset(b, 0, sizeof b);
	if ((q->arg & PUT) && copy_in(t, b, arg, n)) {
		// What cannot be read may be a request that this file does not know.
		r = l_res(HOST_CALL3(ioctl, fd, q->host, fault_address()));
		return r < 0 ? r : -L_EFAULT;
	}
	le_fields(b, q->layout);
	r = l_res(HOST_CALL3(ioctl, fd, q->host, b));
	if (r < 0 || !(q->arg & GET))
		return r;
	le_fields(b, q->layout);
	return copy_out(t, arg, b, n) ? -L_EFAULT : r;
}

// Network interfaces: a name and a union of an address, a number, or two words.
static i64
interface(struct thread *t, int fd, u32 request, u64 arg)
{
	struct l_ifreq l;
	struct ifreq h;
	i64 r;
	if (copy_in(t, &l, arg, sizeof l))
		return -L_EFAULT;
	memset(&h, 0, sizeof h);
	memcpy(h.ifr_name, l.name, sizeof h.ifr_name < sizeof l.name ? sizeof h.ifr_name : sizeof l.name);
	if (request == L_SIOCGIFNAME)
		le_fields(l.u, "4");
	memcpy(&h.ifr_addr, l.u, sizeof h.ifr_addr);
	r = l_res(HOST_CALL3(ioctl, fd, request, &h));
	if (r)
		return r;
	memcpy(l.name, h.ifr_name, sizeof l.name < sizeof h.ifr_name ? sizeof l.name : sizeof h.ifr_name);
	memcpy(l.u, &h.ifr_addr, sizeof h.ifr_addr);
	if (request == L_SIOCGIFFLAGS || (request >= L_SIOCGIFADDR && request <= L_SIOCGIFNETMASK) || request == L_SIOCGIFHWADDR)
		le_fields(l.u, "2");
	else if (request != L_SIOCGIFNAME)
		le_fields(l.u, "4");
	return copy_out(t, arg, &l, sizeof l);
}

static i64
interfaces(struct thread *t, int fd, u64 arg)
{
	struct l_ifconf l;
	struct ifconf h;
	struct l_ifreq g;
	int i, n, room;
	i64 r = 0;
	if (copy_in(t, &l, arg, sizeof l))
		return -L_EFAULT;
	room = (int)L_GETS(l.len);
	if (room < 0)
		return -L_EINVAL;
	n = L_GET(l.buf) ? room / (int)sizeof g : 0;
	if (n > 256)
		n = 256;
	h.ifc_len = n * (int)sizeof(struct ifreq);
	h.ifc_buf = n ? (char *)malloc((size_t)h.ifc_len) : 0;
	if (n && !h.ifc_buf)
		return -L_ENOMEM;
	r = l_ret(ioctl(fd, SIOCGIFCONF, &h));
	n = h.ifc_len / (int)sizeof(struct ifreq);
	for (i = 0; i < n && !r && h.ifc_buf; i++) {
		memset(&g, 0, sizeof g);
		memcpy(g.name, h.ifc_req[i].ifr_name, sizeof g.name);
		memcpy(g.u, &h.ifc_req[i].ifr_addr, sizeof h.ifc_req[i].ifr_addr);
		le_fields(g.u, "2");
		r = copy_out(t, L_GET(l.buf) + (u64)i * sizeof g, &g, sizeof g);
	}
	free(h.ifc_buf);
	L_PUT(l.len, n * (int)sizeof g);
	return r ? r : copy_out(t, arg, &l, sizeof l.len);
}

i64
sys_ioctl(struct thread *t, const u64 *a)
{
	int fd = guest_fd(a[0]);
	u32 request = (u32)a[1];
	size_t i;
	i64 r = l_ret(fcntl(fd, F_GETFL));
	if (r >= 0)
		r = oflags_to_guest((u64)r) & L_O_PATH ? -L_EBADF : 0;
	if (r)
		return r;
	for (i = 0; i < COUNTOF(g_requests); i++)
		if (g_requests[i].guest == request)
			return by_row(t, fd, g_requests + i, a[2]);
	switch (request) {
	case L_TCGETS:
		return get_termios(t, fd, a[2], 0);
	case L_TCGETA:
		return get_termios(t, fd, a[2], 1);
	case L_TCSETS:
	case L_TCSETSW:
	case L_TCSETSF:
		return set_termios(t, fd, a[2], 0, (int)(request - L_TCSETS));
	case L_TCSETA:
	case L_TCSETAW:
	case L_TCSETAF:
		return set_termios(t, fd, a[2], 1, (int)(request - L_TCSETA));
	case L_TCSBRK:
		return l_ret(a[2] ? tcdrain(fd) : tcsendbreak(fd, 0));
	case L_TCSBRKP:
		return l_ret(tcsendbreak(fd, (int)a[2]));
	case L_TCXONC: {
		static const int action[] = { TCOOFF, TCOON, TCIOFF, TCION };
		return l_ret(tcflow(fd, a[2] < COUNTOF(action) ? action[a[2]] : -1));
	}
	case L_TCFLSH: {
		static const int queue[] = { TCIFLUSH, TCOFLUSH, TCIOFLUSH };
		return l_ret(tcflush(fd, a[2] < COUNTOF(queue) ? queue[a[2]] : -1));
	}
#if HOST_LINUX
	case L_TIOCGPTPEER:
		return l_res(HOST_CALL3(ioctl, fd, TIOCGPTPEER, oflags_to_host(a[2])));
	case L_FICLONE:
		return l_res(HOST_CALL3(ioctl, fd, 0x40049409, guest_fd(a[2])));
	case L_SIOCGIFNAME:
	case L_SIOCGIFFLAGS:
	case L_SIOCGIFADDR:
	case L_SIOCGIFDSTADDR:
	case L_SIOCGIFBRDADDR:
	case L_SIOCGIFNETMASK:
	case L_SIOCGIFMETRIC:
	case L_SIOCGIFMTU:
	case L_SIOCGIFHWADDR:
	case L_SIOCGIFINDEX:
	case L_SIOCGIFTXQLEN:
		return interface(t, fd, request, a[2]);
#endif
	case L_SIOCGIFCONF:
		return interfaces(t, fd, a[2]);
	default: {
		static u32 said;
		if (__atomic_exchange_n(&said, request, __ATOMIC_RELAXED) != request)
			log_msg("ioctl request %#x is not supported; the program gets ENOTTY", request);
		return -L_ENOTTY;
	}
	}
}
