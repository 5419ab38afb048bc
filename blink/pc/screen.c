// screen.c: the text page on a terminal, or teletype on standard output.
//
// Draws in place on the terminal's other screen, only cells that changed, in
// as many colours as COLORTERM and TERM promise. The terminal gets back its
// state on every exit: pc_free, exit(), signals that end blink, and host
// faults that nobody claims. One screen per process.
#include "pc/device.h"
#include "host/host.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { ATTR_MODE = 0x10, MODE_BLINK = 8, NO_CURSOR = 0xffffffff };

static struct termios g_saved;
static volatile sig_atomic_t g_raw, g_resized;
static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGABRT, SIGILL };

void
screen_flush(struct pc *pc)
{
	struct screen *s = &pc->screen;
	size_t done = 0;
	while (done < s->nout) {
		ssize_t n = write(STDOUT_FILENO, s->out + done, s->nout - done);
		if (n > 0) {
			done += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { STDOUT_FILENO, POLLOUT, 0 };
			poll(&p, 1, -1);
		} else if (errno != EINTR) {
			break;
		}
	}
	s->nout = 0;
}

void
screen_put(struct pc *pc, const char *bytes, size_t n)
{
	struct screen *s = &pc->screen;
	while (n--) {
		if (s->nout == sizeof s->out)
			screen_flush(pc);
		s->out[s->nout++] = *bytes++;
	}
}

static void PRINTF_LIKE(2, 3)
put(struct pc *pc, const char *fmt, ...)
{
	char buf[64];
	va_list ap;
	int n;
	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	screen_put(pc, buf, (size_t)n);
}

void
screen_teletype(struct pc *pc, u8 c)
{
	char buf[4];
	pc->screen.held = 0;
	if (c == '\r')
		return;
	if (c == '\n' || c == '\b' || c == 7 || c == '\t') {
		buf[0] = (char)c;
		screen_put(pc, buf, 1);
	} else {
		screen_put(pc, buf, utf8_put(buf, vga_cp437[c]));
	}
	pc->screen.within = c != '\n';
	// Whoever waits for a line on a pipe gets it.
	if (c == '\n')
		screen_flush(pc);
}

void
screen_char(struct pc *pc, u8 c, u16 where)
{
	pc->screen.held = (u16)(0x100 | c);
	pc->screen.held_at = where;
}

void
screen_moved(struct pc *pc, u16 from, u16 to)
{
	struct screen *s = &pc->screen;
	if (s->held && s->held_at == from && from != to)
		screen_teletype(pc, (u8)s->held);
	s->held = 0;
	if (from >> 8 != to >> 8 && s->within)
		screen_teletype(pc, '\n');
}

// --- the terminal's state --------------------------------------------------------------

// Async-signal-safe
static void
restore(void)
{
	static const char leave[] = "\033[0m\033[0 q\033[?25h\033[?1049l";
	if (!g_raw)
		return;
	g_raw = 0;
	if (write(STDOUT_FILENO, leave, sizeof leave - 1) < 0) {
		// There is nowhere to say so.
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &g_saved);
}

static void
on_end(int sig)
{
	restore();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
on_resize(int sig)
{
	g_resized = 1;
}

static void
on_fault(int sig, siginfo_t *info, void *ucontext)
{
	restore();
}

static void
take_terminal(struct pc *pc)
{
	static int hooked;
	struct sigaction sa;
	struct termios raw;
	unsigned i;
	if (tcgetattr(STDIN_FILENO, &g_saved))
		return;
	raw = g_saved;
	raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	memset(&sa, 0, sizeof sa);
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_end;
	for (i = 0; i < COUNTOF(ending); i++)
		sigaction(ending[i], &sa, 0);
	sa.sa_handler = on_resize;
	sigaction(SIGWINCH, &sa, 0);
	if (!hooked) {
		hooked = 1;
		atexit(restore);
		host_claim_faults(on_fault);
	}
	g_raw = 1;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	put(pc, "\033[?1049h\033[0m\033[2J");
	screen_flush(pc);
}

void
screen_open(struct pc *pc)
{
	struct screen *s = &pc->screen;
	const char *colorterm = getenv("COLORTERM"), *term = getenv("TERM");
	s->on = pc->options.screen;
	s->cursor = NO_CURSOR;
	s->colours = 16;
	if (term && strstr(term, "256color"))
		s->colours = 256;
	if (colorterm && (!strcmp(colorterm, "truecolor") || !strcmp(colorterm, "24bit")))
		s->colours = 1 << 24;
	if (s->on)
		take_terminal(pc);
}

void
screen_close(struct pc *pc)
{
	screen_flush(pc);
	restore();
	free(pc->screen.shown);
	pc->screen.shown = 0;
}

// --- drawing ---------------------------------------------------------------------------

static void
colour(struct pc *pc, unsigned n, int background)
{
	// The bits of a PC's colour are blue, green, red; a terminal's the other way.
	static const u8 ansi[] = { 0, 4, 2, 6, 1, 5, 3, 7 };
	u32 rgb = pc->screen.palette[n & 15];
	unsigned r = rgb >> 16, g = rgb >> 8 & 255, b = rgb & 255;
	if (pc->screen.colours > 256)
		put(pc, ";%d;2;%u;%u;%u", background ? 48 : 38, r, g, b);
	else if (pc->screen.colours == 256)
		put(pc, ";%d;5;%u", background ? 48 : 38, 16 + 36 * ((r + 25) / 51) + 6 * ((g + 25) / 51) + (b + 25) / 51);
	else
		put(pc, ";%u", ansi[n & 7] + (n & 8 ? 90u : 30u) + (background ? 10 : 0));
}

static void
attribute(struct pc *pc, u8 a)
{
	unsigned front = a & 15, back = a >> 4;
	int blink = 0;
	if (pc->vga.attr[ATTR_MODE] & MODE_BLINK) {
		blink = back >> 3;
		back &= 7;
	}
	put(pc, "\033[0");
	if (!(pc->vga.misc & 1)) {
		// MDA: invisible, underlined, reversed or plain, and bright
		if ((a & 0x77) == 0x70)
			front = 0, back = 7;
		else if (!(a & 0x77))
			front = back = 0;
		else
			back = 0;
		if ((a & 7) == 1)
			put(pc, ";4");
	}
	if (blink)
		put(pc, ";5");
	colour(pc, front, 0);
	colour(pc, back, 1);
	put(pc, "m");
}

// Everything is drawn anew when geometry, palette or the window change.
static void
check_geometry(struct pc *pc, const struct pc_text *t)
{
	struct screen *s = &pc->screen;
	u32 palette[16];
	u8 blink = pc->vga.attr[ATTR_MODE] & MODE_BLINK;
	unsigned i;
	for (i = 0; i < 16; i++)
		palette[i] = vga_colour(pc, i);
	if (s->shown && !g_resized && s->columns == t->columns && s->rows == t->rows && s->blink == blink &&
		!memcmp(palette, s->palette, sizeof palette))
		return;
	g_resized = 0;
	memcpy(s->palette, palette, sizeof palette);
	s->blink = blink;
	s->columns = t->columns;
	s->rows = t->rows;
	free(s->shown);
	s->shown = (u16 *)malloc(s->columns * s->rows * sizeof *s->shown);
	// No cell has this character and attribute until it is shown.
	for (i = 0; s->shown && i < s->columns * s->rows; i++)
		s->shown[i] = (u16)~pc_text_cell(pc, i % s->columns, i / s->columns);
	s->cursor = NO_CURSOR;
	put(pc, "\033[0m\033[2J");
}

static void
draw_cells(struct pc *pc, unsigned width, unsigned height)
{
	struct screen *s = &pc->screen;
	unsigned x, y, at = NO_CURSOR, a = 256;
	for (y = 0; y < s->rows && y < height; y++)
		for (x = 0; x < s->columns && x < width; x++) {
			u16 cell = pc_text_cell(pc, x, y);
			char buf[4];
			if (cell == s->shown[y * s->columns + x])
				continue;
			s->shown[y * s->columns + x] = cell;
			if (at == NO_CURSOR)
				put(pc, "\033[?25l");
			if (at != y * s->columns + x || !x)
				put(pc, "\033[%u;%uH", y + 1, x + 1);
			if (a != (unsigned)cell >> 8)
				attribute(pc, (u8)(a = cell >> 8));
			screen_put(pc, buf, utf8_put(buf, vga_cp437[cell & 255]));
			at = y * s->columns + x + 1;
			s->cursor = NO_CURSOR;
		}
}

static void
draw_cursor(struct pc *pc, const struct pc_text *t)
{
	struct screen *s = &pc->screen;
	unsigned first = pc->vga.crtc[0x0a] & 31, last = pc->vga.crtc[0x0b] & 31, height = (pc->vga.crtc[9] & 31) + 1u;
	int block = (last - first + 1) * 2 > height;
	unsigned now = t->cursor_y >= t->rows ? 0xfffffffe : t->cursor_y * t->columns + t->cursor_x + (block ? 1u << 31 : 0);
	if (now == s->cursor)
		return;
	s->cursor = now;
	if (t->cursor_y >= t->rows)
		put(pc, "\033[?25l");
	else
		put(pc, "\033[%u;%uH\033[%d q\033[?25h", t->cursor_y + 1, t->cursor_x + 1, block ? 1 : 3);
}

void
screen_draw(struct pc *pc)
{
	struct screen *s = &pc->screen;
	if (s->on) {
		struct winsize w;
		struct pc_text t;
		unsigned width = ~0u, height = ~0u;
		if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col && w.ws_row) {
			width = w.ws_col;
			height = w.ws_row;
		}
		pc_text(pc, &t);
		check_geometry(pc, &t);
		if (!s->shown)
			return;
		draw_cells(pc, width, height);
		draw_cursor(pc, &t);
	}
	if (s->nout)
		screen_flush(pc);
}
