// screen.c: the text page on a terminal, or teletype on standard output.
//
// Draws in place, only cells that changed, in as many colours as the terminal
// promises. A window that is smaller than the page shows the part where the
// cursor is. See terminal.c for the terminal's own state.
#include "pc/device.h"
#include "base/log.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ATTR_MODE = 0x10, MODE_BLINK = 8, NO_CURSOR = 0xffffffff, HIDDEN = 0xfffffffe, LATER = 65536 };

// What stands for code page 437 where there is no Unicode: its first 32, and 80h and on
static const char ascii_low[] = " oo*****ooomfnn*><|!PS-|^v><L-^v";
static const char ascii_high[] = "CueaaaaceeeiiiAA"
				 "EaAooouuyOUcLYPf"
				 "aiounNao?--24!<>"
				 ":%#|++++++|+++++"
				 "++++-++++++++=++"
				 "+++++++++++#####"
				 "aBGpSsutFTOd8fen"
				 "=+><()/=o..vn2# ";

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
			// The guest may have named its status before its last words are lost.
			if (!s->failed) {
				s->failed = 1;
				terminal_leave();
				log_msg("standard output: %s", strerror(errno));
				pc->exit_status = 1;
			}
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
	char buf[128];
	va_list ap;
	int n;
	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	screen_put(pc, buf, (size_t)n);
}

static void
glyph(struct pc *pc, u8 c)
{
	char buf[4];
	if (!pc->screen.ascii)
		screen_put(pc, buf, utf8_put(buf, vga_cp437[c]));
	else if (c == 0x7f)
		screen_put(pc, "^", 1);
	else
		screen_put(pc, c < 32 ? ascii_low + c : c < 0x80 ? (const char *)&c : ascii_high + (c - 0x80), 1);
}

void
screen_teletype(struct pc *pc, u8 c)
{
	char buf[1];
	pc->screen.held = 0;
	if (c == '\r')
		return;
	if (c == '\n' || c == '\b' || c == 7 || c == '\t') {
		buf[0] = (char)c;
		screen_put(pc, buf, 1);
	} else {
		glyph(pc, c);
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
	if (from >> 8 != to >> 8)
		screen_scrolled(pc);
}

void
screen_scrolled(struct pc *pc)
{
	if (pc->screen.within)
		screen_teletype(pc, '\n');
}

void
screen_open(struct pc *pc)
{
	struct screen *s = &pc->screen;
	s->on = pc->options.screen;
	s->cursor = NO_CURSOR;
	s->colours = terminal_colours();
	s->console = (u8)terminal_is_console();
	s->ascii = (u8)(isatty(STDOUT_FILENO) && terminal_is_ascii());
	if (s->on)
		terminal_take();
}

void
screen_later(struct pc *pc, u8 byte)
{
	struct screen *s = &pc->screen;
	if (!s->later)
		s->later = (char *)malloc(LATER);
	if (s->later && s->nlater < LATER)
		s->later[s->nlater] = (char)byte;
	s->nlater++;
}

void
screen_close(struct pc *pc)
{
	struct screen *s = &pc->screen;
	size_t kept;
	screen_flush(pc);
	terminal_leave();
	kept = s->later ? (size_t)min_u64(s->nlater, LATER) : 0;
	if (kept && write(STDERR_FILENO, s->later, kept) < 0) {
		// There is nowhere to say so.
	}
	if (s->nlater > kept)
		log_msg("port e9: %llu more bytes were not kept while there was the screen; 2>FILE takes them all",
			(unsigned long long)(s->nlater - kept));
	s->nlater = 0;
	free(s->later);
	free(s->shown);
	s->shown = 0;
	s->later = 0;
}

// --- drawing ---------------------------------------------------------------------------

static unsigned
distance(u32 a, u32 b)
{
	unsigned sum = 0, i;
	for (i = 0; i < 24; i += 8) {
		int d = (int)(a >> i & 255) - (int)(b >> i & 255);
		sum += (unsigned)(d * d);
	}
	return sum;
}

// Colours 16 to 231 are a cube, 232 to 255 greys.
static u32
xterm_colour(unsigned n)
{
	static const u8 steps[] = { 0, 95, 135, 175, 215, 255 };
	if (n >= 232)
		return (8 + 10 * (n - 232)) * 0x10101;
	n -= 16;
	return (u32)steps[n / 36] << 16 | (u32)steps[n / 6 % 6] << 8 | steps[n % 6];
}

// The colours of a PC, of which brown is the odd one
static u32
standard_colour(unsigned n)
{
	u32 bright = n & 8 ? 0x555555 : 0;
	return n == 6 ? 0xaa5500 : bright + (n & 4) / 4 * 0xaa0000 + (n & 2) / 2 * 0xaa00 + (n & 1) * 0xaa;
}

// The one of colours first to last that comes closest
static unsigned
nearest(u32 rgb, u32 (*colour)(unsigned), unsigned first, unsigned last)
{
	unsigned best = first, i;
	for (i = first; i <= last; i++)
		if (distance(rgb, colour(i)) < distance(rgb, colour(best)))
			best = i;
	return best;
}

static void
colour(struct pc *pc, unsigned n, int background)
{
	// The bits of a PC's colour are blue, green, red; a terminal's the other way.
	static const u8 ansi[] = { 0, 4, 2, 6, 1, 5, 3, 7 };
	struct screen *s = &pc->screen;
	u32 rgb = s->palette[n & 15];
	if (s->colours > 256)
		put(pc, ";%d;2;%u;%u;%u", background ? 48 : 38, rgb >> 16, rgb >> 8 & 255, rgb & 255);
	else if (s->colours == 256)
		put(pc, ";%d;5;%u", background ? 48 : 38, s->code[n & 15]);
	else
		put(pc, ";%u", ansi[s->code[n & 15] & 7] + (s->code[n & 15] & 8 ? 90u : 30u) + (background ? 10 : 0));
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
			back = 0, front = (front & 8) | 7;
		if ((a & 7) == 1)
			put(pc, ";4");
	}
	if (blink)
		put(pc, ";5");
	colour(pc, front, 0);
	colour(pc, back, 1);
	put(pc, "m");
}

// The part of the page that the window shows: the top left, or what has the cursor.
static unsigned
scrolled(unsigned from, unsigned at, unsigned n, unsigned window)
{
	if (n <= window)
		return 0;
	if (at < n && at < from)
		from = at;
	if (at < n && at >= from + window)
		from = at - window + 1;
	return from + window > n ? n - window : from;
}

// Everything is drawn anew when geometry, palette or the window change.
static void
check_geometry(struct pc *pc, const struct pc_text *t)
{
	struct screen *s = &pc->screen;
	u32 palette[16];
	u8 blink = pc->vga.attr[ATTR_MODE] & MODE_BLINK;
	unsigned i, width, height, left, top;
	int hidden = t->cursor_y >= t->rows;
	terminal_size(&width, &height);
	height -= height > 1 && s->help;
	left = scrolled(s->left, hidden ? t->columns : t->cursor_x, t->columns, width);
	top = scrolled(s->top, t->cursor_y, t->rows, height);
	for (i = 0; i < 16; i++)
		palette[i] = vga_colour(pc, i);
	if (s->shown && !terminal_changed() && s->columns == t->columns && s->rows == t->rows && s->blink == blink && s->left == left &&
		s->top == top && s->width == width && s->height == height && !memcmp(palette, s->palette, sizeof palette))
		return;
	for (i = 0; i < 16; i++)
		s->code[i] = (u8)(s->colours == 256 ? nearest(palette[i], xterm_colour, 16, 255) : nearest(palette[i], standard_colour, 0, 15));
	memcpy(s->palette, palette, sizeof palette);
	s->blink = blink;
	s->left = left;
	s->top = top;
	s->width = width;
	s->height = height;
	s->columns = t->columns;
	s->rows = t->rows;
	free(s->shown);
	s->shown = (u16 *)malloc(s->columns * s->rows * sizeof *s->shown);
	// No cell has this character and attribute until it is shown.
	for (i = 0; s->shown && i < s->columns * s->rows; i++)
		s->shown[i] = (u16)~pc_text_cell(pc, i % s->columns, i / s->columns);
	s->cursor = NO_CURSOR;
	put(pc, "\033[0m\033[2J");
	if (s->help)
		put(pc, "\033[%u;1H\033[7m%.*s\033[0m", height + 1, (int)min_u64(width, 60), "Ctrl-A and: x quits  z suspends  Ctrl-A sends one");
}

static int
is_symbol(unsigned code)
{
	return code >= 0x2000 && (code < 0x2500 || code >= 0x25a0);
}

static void
draw_cells(struct pc *pc)
{
	struct screen *s = &pc->screen;
	unsigned x, y, at = NO_CURSOR, a = 256, hidden = 0;
	for (y = s->top; y < s->rows && y < s->top + s->height; y++)
		for (x = s->left; x < s->columns && x < s->left + s->width; x++) {
			u16 cell = pc_text_cell(pc, x, y);
			if (cell == s->shown[y * s->columns + x])
				continue;
			s->shown[y * s->columns + x] = cell;
			if (!hidden++)
				put(pc, "\033[?25l");
			if (at != y * s->columns + x || x == s->left)
				put(pc, "\033[%u;%uH", y - s->top + 1, x - s->left + 1);
			if (a != (unsigned)cell >> 8)
				attribute(pc, (u8)(a = cell >> 8));
			glyph(pc, (u8)cell);
			// Terminals disagree on how wide symbols are.
			at = is_symbol(vga_cp437[cell & 255]) ? NO_CURSOR : y * s->columns + x + 1;
			s->cursor = NO_CURSOR;
		}
}

static void
draw_cursor(struct pc *pc, const struct pc_text *t)
{
	struct screen *s = &pc->screen;
	unsigned first = pc->vga.crtc[0x0a] & 31, last = pc->vga.crtc[0x0b] & 31, height = (pc->vga.crtc[9] & 31) + 1u;
	int block = (last - first + 1) * 2 > height;
	unsigned now = t->cursor_y >= t->rows ? HIDDEN : t->cursor_y * t->columns + t->cursor_x + (block ? 1u << 31 : 0);
	if (now == s->cursor)
		return;
	s->cursor = now;
	if (now == HIDDEN)
		put(pc, "\033[?25l");
	else
		put(pc, s->console ? "\033[%u;%uH\033[?%dc\033[?25h" : "\033[%u;%uH\033[%d q\033[?25h", t->cursor_y - s->top + 1,
			t->cursor_x - s->left + 1,
			s->console      ? block ? 6 : 2
				: block ? 1
					: 3);
}

void
screen_help(struct pc *pc, int on)
{
	pc->screen.help = (u8)on;
}

void
screen_draw(struct pc *pc)
{
	struct screen *s = &pc->screen;
	if (s->on) {
		struct pc_text t;
		pc_text(pc, &t);
		check_geometry(pc, &t);
		if (!s->shown)
			return;
		draw_cells(pc);
		draw_cursor(pc, &t);
	}
	if (s->nout)
		screen_flush(pc);
}
