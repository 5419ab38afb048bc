// ioctl.c: device control (Linux fs/ioctl.c, drivers/tty/tty_ioctl.c).
//
// A row says what a request is on the host and what its argument points at.
#include "linux/pass.h"
#include "linux/termios.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>

// Arguments of ioctl(2) in the words of pass.h, by what the third is.
enum kind {
	NUMBER, OPEN_FLAGS, FILE_ARG, GET_INT, PUT_INT, PUT_BYTE, GET_LONG, GET_SIZE, PUT_SIZE, PUT_RANGE, IF_INT, IF_SHORT,
	GET_TERMIOS, PUT_TERMIOS, GET_TERMIO, PUT_TERMIO, KINDS
};
static const char g_kinds[KINDS][48] = {
	"fii", "fio", "fif", "fi[4]", "fi(4)", "fi(1)", "fi[8]", "fi[2222]", "fi(2222)", "fi(8888)",
	// struct ifreq: a name, and a number or address
	"fi{1111111111111111" "411111111111111111111}", "fi{1111111111111111" "21111111111111111111111}",
	// four words of flags, or half words; the discipline and control characters
	"fi[4444" "11111111111111111111]", "fi(4444" "11111111111111111111)", "fi[2222" "1111111111]", "fi(2222" "1111111111)"
};
static const struct request {
	u32 guest, host;
	u8 kind;
} g_requests[] = {
	{ L_TIOCGWINSZ, (u32)(TIOCGWINSZ), GET_SIZE },
	{ L_TIOCSWINSZ, (u32)(TIOCSWINSZ), PUT_SIZE },
	{ L_TIOCGPGRP, (u32)(TIOCGPGRP), GET_INT },
	{ L_TIOCOUTQ, (u32)(TIOCOUTQ), GET_INT },
	{ L_TIOCGETD, (u32)(TIOCGETD), GET_INT },
	{ L_TIOCMGET, (u32)(TIOCMGET), GET_INT },
	{ L_FIONREAD, (u32)(FIONREAD), GET_INT },
	{ L_FIOGETOWN, (u32)(FIOGETOWN), GET_INT },
	{ L_SIOCGPGRP, (u32)(SIOCGPGRP), GET_INT },
	{ L_SIOCATMARK, (u32)(SIOCATMARK), GET_INT },
	{ L_TIOCGSID, (u32)(TIOCGSID), GET_INT },
	{ L_TIOCSPGRP, (u32)(TIOCSPGRP), PUT_INT },
	{ L_TIOCSETD, (u32)(TIOCSETD), PUT_INT },
	{ L_TIOCPKT, (u32)(TIOCPKT), PUT_INT },
	{ L_FIONBIO, (u32)(FIONBIO), PUT_INT },
	{ L_FIOASYNC, (u32)(FIOASYNC), PUT_INT },
	{ L_FIOSETOWN, (u32)(FIOSETOWN), PUT_INT },
	{ L_SIOCSPGRP, (u32)(SIOCSPGRP), PUT_INT },
	{ L_TIOCSCTTY, (u32)(TIOCSCTTY), NUMBER },
	{ L_TIOCNOTTY, (u32)(TIOCNOTTY), NUMBER },
	{ L_TIOCEXCL, (u32)(TIOCEXCL), NUMBER },
	{ L_TIOCNXCL, (u32)(TIOCNXCL), NUMBER },
	{ L_FIOCLEX, (u32)(FIOCLEX), NUMBER },
	{ L_FIONCLEX, (u32)(FIONCLEX), NUMBER },
	{ L_TIOCSTI, (u32)(TIOCSTI), PUT_BYTE },
#if HOST_LINUX
	{ L_TIOCGPTN, (u32)(TIOCGPTN), GET_INT },
	{ L_TIOCSPTLCK, (u32)(TIOCSPTLCK), PUT_INT },
	{ L_TIOCGPTPEER, (u32)(TIOCGPTPEER), OPEN_FLAGS },
	{ L_FIGETBSZ, (u32)(_IO(0, 2)), GET_INT },
	{ L_FIOQSIZE, (u32)(FIOQSIZE), GET_LONG },
	{ L_FICLONE, (u32)(_IOW(0x94, 9, int)), FILE_ARG },
	{ L_FICLONERANGE, (u32)(_IOW(0x94, 13, u64[4])), PUT_RANGE },
	{ L_BLKROGET, (u32)(_IO(0x12, 94)), GET_INT },
	{ L_BLKSSZGET, (u32)(_IO(0x12, 104)), GET_INT },
	{ L_BLKGETSIZE64, (u32)(_IOR(0x12, 114, size_t)), GET_LONG },
	{ L_FS_IOC_GETFLAGS, (u32)(_IOR('f', 1, long)), GET_INT },
	{ L_FS_IOC_SETFLAGS, (u32)(_IOW('f', 2, long)), PUT_INT },
	{ L_FS_IOC_GETVERSION, (u32)(_IOR('v', 1, long)), GET_INT },
	{ L_TCSBRK, (u32)(TCSBRK), NUMBER },
	{ L_TCSBRKP, (u32)(TCSBRKP), NUMBER },
	{ L_TCXONC, (u32)(TCXONC), NUMBER },
	{ L_TCFLSH, (u32)(TCFLSH), NUMBER },
	{ L_SIOCGIFNAME, (u32)(SIOCGIFNAME), IF_INT },
	{ L_SIOCGIFMETRIC, (u32)(SIOCGIFMETRIC), IF_INT },
	{ L_SIOCGIFMTU, (u32)(SIOCGIFMTU), IF_INT },
	{ L_SIOCGIFINDEX, (u32)(SIOCGIFINDEX), IF_INT },
	{ L_SIOCGIFTXQLEN, (u32)(SIOCGIFTXQLEN), IF_INT },
	{ L_SIOCGIFFLAGS, (u32)(SIOCGIFFLAGS), IF_SHORT },
	{ L_SIOCGIFADDR, (u32)(SIOCGIFADDR), IF_SHORT },
	{ L_SIOCGIFDSTADDR, (u32)(SIOCGIFDSTADDR), IF_SHORT },
	{ L_SIOCGIFBRDADDR, (u32)(SIOCGIFBRDADDR), IF_SHORT },
	{ L_SIOCGIFNETMASK, (u32)(SIOCGIFNETMASK), IF_SHORT },
	{ L_SIOCGIFHWADDR, (u32)(SIOCGIFHWADDR), IF_SHORT },
#endif
#if TERMIOS_GENERIC
	{ L_TCGETS, (u32)(0x5401), GET_TERMIOS },
	{ L_TCSETS, (u32)(0x5402), PUT_TERMIOS },
	{ L_TCSETSW, (u32)(0x5403), PUT_TERMIOS },
	{ L_TCSETSF, (u32)(0x5404), PUT_TERMIOS },
	{ L_TCGETA, (u32)(0x5405), GET_TERMIO },
	{ L_TCSETA, (u32)(0x5406), PUT_TERMIO },
	{ L_TCSETAW, (u32)(0x5407), PUT_TERMIO },
	{ L_TCSETAF, (u32)(0x5408), PUT_TERMIO },
#endif
};

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

#if !TERMIOS_GENERIC
static i64
terminal(struct thread *t, u32 request, const u64 *a)
{
	int fd = guest_fd(a[0]);
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
	default:
		return 1;
	}
}
#endif

i64
sys_ioctl(struct thread *t, const u64 *a)
{
	static u32 said;
	int fd = guest_fd(a[0]);
	u32 request = (u32)a[1];
	size_t i;
	i64 r;
	for (i = 0; i < COUNTOF(g_requests); i++)
		if (g_requests[i].guest == request) {
			u64 b[3];
			b[0] = a[0];
			b[1] = g_requests[i].host;
			b[2] = a[2];
			return pass(t, b, HOST_NR(ioctl), g_kinds[g_requests[i].kind]);
		}
	r = l_ret(fcntl(fd, F_GETFL));
	if (r >= 0)
		r = oflags_to_guest((u64)r) & L_O_PATH ? -L_EBADF : 0;
	if (r)
		return r;
	if (request == L_SIOCGIFCONF)
		return interfaces(t, fd, a[2]);
#if !TERMIOS_GENERIC
	if ((r = terminal(t, request, a)) <= 0)
		return r;
#endif
	if (__atomic_exchange_n(&said, request, __ATOMIC_RELAXED) != request)
		log_msg("ioctl request %#x is not supported; the program gets ENOTTY", request);
	return -L_ENOTTY;
}
