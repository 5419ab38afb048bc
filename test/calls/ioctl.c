// ioctl on terminals, files, pipes and sockets.
#include "calls.h"

struct termios19 { u32 iflag, oflag, cflag, lflag; u8 line, cc[19]; };
struct ifreq { char name[16]; u8 u[24]; };

static void
show(const char *name, const struct termios19 *t)
{
	STR("termios", name);
	HEX(" iflag", t->iflag);
	HEX(" oflag", t->oflag);
	HEX(" cflag", t->cflag);
	HEX(" lflag", t->lflag);
	R(" line", t->line);
	BYTES(" cc", t->cc, 17);
}

static void
test(void)
{
	long m, s, f;
	int n, p[2];
	u16 ws[4] = { 24, 80, 1, 2 };
	struct termios19 t;
	u16 old[9];
	u64 size;
	char name[] = "/dev/pts/000";
	struct ifreq r;
	m = S3(open, "/dev/ptmx", O_RDWR | O_NOCTTY, 0);
	OK("ptmx", m);
	n = 0;
	R("TIOCSPTLCK", S3(ioctl, m, 0x40045431, &n));
	R("TIOCSPTLCK bad", S3(ioctl, m, 0x40045431, BAD));
	OK("TIOCGPTN", S3(ioctl, m, 0x80045430, &n));
	if (n > 99) {
		name[9] = '0' + n / 100;
		name[10] = '0' + n / 10 % 10;
		name[11] = '0' + n % 10;
	} else if (n > 9) {
		name[9] = '0' + n / 10;
		name[10] = '0' + n % 10;
		name[11] = 0;
	} else {
		name[9] = '0' + n;
		name[10] = 0;
	}
	s = S3(open, name, O_RDWR | O_NOCTTY, 0);
	OK("pts", s);
	R("TCGETS", S3(ioctl, s, 0x5401, &t));
	show("fresh", &t);
	R("TCGETS bad", S3(ioctl, s, 0x5401, BAD));
	t.lflag &= ~0xau;
	t.iflag |= 0x4000 | 1;
	t.cflag = (t.cflag & ~0x100fu) | 0x1002;
	t.cc[6] = 3;
	t.cc[2] = 9;
	R("TCSETS", S3(ioctl, s, 0x5402, &t));
	memset(&t, 0, sizeof t);
	R("TCGETS", S3(ioctl, s, 0x5401, &t));
	show("changed", &t);
	t.cflag = 0xfff & t.cflag;
	R("TCSETSW", S3(ioctl, s, 0x5403, &t));
	R("TCSETSF", S3(ioctl, s, 0x5404, &t));
	R("TCSETS bad", S3(ioctl, s, 0x5402, BAD));
	R("TCGETA", S3(ioctl, s, 0x5405, old));
	BYTES(" old", old, 17);
	R("TCSETA", S3(ioctl, s, 0x5406, old));
	R("TIOCSWINSZ", S3(ioctl, s, 0x5414, ws));
	memset(ws, 0, sizeof ws);
	R("TIOCGWINSZ", S3(ioctl, s, 0x5413, ws));
	BYTES(" size", ws, 8);
	R("TIOCGWINSZ bad", S3(ioctl, s, 0x5413, BAD));
	R("TIOCGPGRP", S3(ioctl, s, 0x540f, &n));
	R("TIOCSPGRP", S3(ioctl, s, 0x5410, &n));
	R("TIOCGSID", S3(ioctl, s, 0x5429, &n));
	R("TIOCNOTTY", S3(ioctl, s, 0x5422, 0));
	R("TIOCOUTQ", S3(ioctl, s, 0x5411, &n));
	R("TCFLSH", S3(ioctl, s, 0x540b, 2));
	R("TCFLSH queue", S3(ioctl, s, 0x540b, 9));
	R("TCXONC", S3(ioctl, s, 0x540a, 1));
	R("TCXONC action", S3(ioctl, s, 0x540a, 9));
	R("TCSBRK drain", S3(ioctl, s, 0x5409, 1));
	R("TIOCEXCL", S3(ioctl, s, 0x540c, 0));
	R("TIOCNXCL", S3(ioctl, s, 0x540d, 0));
	R("TIOCGETD", S3(ioctl, s, 0x5424, &n));
	R(" discipline", n);
	S3(write, m, "ab\n", 3);
	i64 pause[2] = { 0, 20000000 };
	S2(nanosleep, pause, 0);
	R("FIONREAD tty", S3(ioctl, s, 0x541b, &n));
	R("FIONREAD count", n);
	R("FIONREAD bad", S3(ioctl, s, 0x541b, BAD));
	// files
	make_file("f", "12345");
	f = S3(open, "f", O_RDWR, 0);
	R("TCGETS file", S3(ioctl, f, 0x5401, &t));
	R("TCGETS file bad", S3(ioctl, f, 0x5401, BAD));
	R("TIOCGWINSZ file", S3(ioctl, f, 0x5413, ws));
	R("TCSETS file", S3(ioctl, f, 0x5402, &t));
	R("FIONREAD file", S3(ioctl, f, 0x541b, &n));
	R(" count", n);
	R("FIOQSIZE", S3(ioctl, f, 0x5460, &size));
	R(" size", size);
	R("FIGETBSZ", S3(ioctl, f, 2, &n));
	R("FIOCLEX", S3(ioctl, f, 0x5451, 0));
	R(" getfd", S2(fcntl, f, 1));
	R("FIONCLEX", S3(ioctl, f, 0x5450, 0));
	R(" getfd", S2(fcntl, f, 1));
	n = 1;
	R("FIONBIO", S3(ioctl, f, 0x5421, &n));
	HEX(" getfl", S2(fcntl, f, 3));
	R("FIONBIO bad", S3(ioctl, f, 0x5421, BAD));
	R("FIOASYNC", S3(ioctl, f, 0x5452, &n));
	R("FS_IOC_GETFLAGS", S3(ioctl, f, 0x80086601, &n) <= 0);
	R("FICLONE fd", S3(ioctl, f, 0x40049409, 99));
	R("BLKGETSIZE64 file", S3(ioctl, f, 0x80081272, &size));
	R("unknown", S3(ioctl, f, 0x12345678, 0));
	R("ioctl fd", S3(ioctl, 99, 0x5401, &t));
	R("ioctl fd unknown", S3(ioctl, 99, 0x12345678, 0));
	// pipes
	S1(pipe, p);
	S3(write, p[1], "xyz", 3);
	R("FIONREAD pipe", S3(ioctl, p[0], 0x541b, &n));
	R(" count", n);
	R("TCGETS pipe", S3(ioctl, p[0], 0x5401, &t));
	// sockets
	f = S3(socket, 2, 2, 0);
	memset(&r, 0, sizeof r);
	r.name[0] = 'l';
	r.name[1] = 'o';
	R("SIOCGIFINDEX", S3(ioctl, f, 0x8933, &r));
	R(" index", *(int *)r.u);
	R("SIOCGIFFLAGS", S3(ioctl, f, 0x8913, &r));
	HEX(" flags", *(u16 *)r.u);
	R("SIOCGIFADDR", S3(ioctl, f, 0x8915, &r));
	BYTES(" addr", r.u, 8);
	R("SIOCGIFMTU", S3(ioctl, f, 0x8921, &r));
	R(" mtu", *(int *)r.u);
	r.name[0] = '?';
	R("SIOCGIFINDEX none", S3(ioctl, f, 0x8933, &r));
	R("SIOCGIFADDR bad", S3(ioctl, f, 0x8915, BAD));
	struct { int len; char *buf; } conf = { 1024, 0 };
	static char list[1024];
	conf.buf = list;
	R("SIOCGIFCONF", S3(ioctl, f, 0x8912, &conf));
	R(" len", conf.len);
	R("FIONREAD socket", S3(ioctl, f, 0x541b, &n));
	R("SIOCATMARK", S3(ioctl, f, 0x8905, &n) <= 0);
}
