// termios.c: terminal settings on hosts that lay them out in their own way
// (drivers/tty/tty_ioctl.c): flag by flag, by way of POSIX.
#include "linux/termios.h"
#if !TERMIOS_GENERIC
#include "linux/file.h"
#include <errno.h>
#include <termios.h>
#include <unistd.h>

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
	{ 010011, B1152000 }, { 010012, B1500000 }, { 010013, B2000000 },
#endif
#ifdef B4000000
	{ 010014, B2500000 }, { 010015, B3000000 }, { 010016, B3500000 }, { 010017, B4000000 }
#endif
};
enum { L_VEOF = 4, L_VTIME, L_VMIN, L_VEOL = 11 };
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
#if VMIN == VEOF
	// One place for two, of which ICANON says which: the other one is as at first.
	if (h->c_lflag & ICANON) {
		l->cc[L_VMIN] = 1;
		l->cc[L_VTIME] = 0;
	} else {
		l->cc[L_VEOF] = 4;
		l->cc[L_VEOL] = 0;
	}
#endif
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
#if VMIN == VEOF
	h->c_cc[VMIN] = l->cc[h->c_lflag & ICANON ? L_VEOF : L_VMIN];
	h->c_cc[VTIME] = l->cc[h->c_lflag & ICANON ? L_VEOL : L_VTIME];
#endif
	if (speed >= 0) {
		cfsetospeed(h, (speed_t)speed);
		cflag = cflag >> L_CIBAUD_SHIFT & L_CBAUD;
		if (cflag)
			speed = VALUE_TO_HOST(g_speeds, cflag);
		cfsetispeed(h, (speed_t)speed);
	}
}

i64
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

i64
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

#endif
