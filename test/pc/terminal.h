// terminal.h: a small terminal, as xterm is one: plays what a program writes.
// What it does not know it counts in `unknown`.
#ifndef TEST_PC_TERMINAL_H_
#define TEST_PC_TERMINAL_H_
#include "base/base.h"
#include <stdio.h>

enum { TERM_WIDTH = 140, TERM_HEIGHT = 70 };
// Colours: 0xrrggbb; or COLOUR_INDEX | n of 256, 16 of them by 30 to 37 and 90
// to 97; 0 by default.
enum { COLOUR_INDEX = 1 << 24, COLOUR_RGB = 1 << 25 };
struct cell {
	u32 code, front, back;
	u8 blink, underline, reverse;
};
struct term {
	struct cell cells[TERM_HEIGHT][TERM_WIDTH], pen;
	unsigned width, height;
	unsigned x, y;
	unsigned home_x, home_y;  // of the screen that comes back
	int alternate, hidden, nowrap, shape;
	unsigned entered, left;  // how often the other screen came and went
	unsigned unknown;
	u8 part[64];  // of a sequence that is not complete
	size_t npart;
	char plain[4096];  // what was written outside the other screen
	size_t nplain;
};

static void
term_reset(struct term *t, unsigned width, unsigned height)
{
	memset(t, 0, sizeof *t);
	t->width = width;
	t->height = height;
}

static u32
term_colour(struct term *t, const unsigned *n, unsigned *i, unsigned fields)
{
	u32 colour = 0;
	if (*i + 4 < fields && n[*i + 1] == 2) {
		colour = COLOUR_RGB | n[*i + 2] << 16 | n[*i + 3] << 8 | n[*i + 4];
		*i += 4;
	} else if (*i + 2 < fields && n[*i + 1] == 5) {
		colour = COLOUR_INDEX | n[*i + 2];
		*i += 2;
	} else {
		t->unknown++;
	}
	return colour;
}

static void
term_rendition(struct term *t, const unsigned *n, unsigned fields)
{
	unsigned i;
	for (i = 0; i < fields; i++) {
		unsigned k = n[i];
		if (k == 0)
			memset(&t->pen, 0, sizeof t->pen);
		else if (k == 4)
			t->pen.underline = 1;
		else if (k == 5)
			t->pen.blink = 1;
		else if (k == 7)
			t->pen.reverse = 1;
		else if (k == 38)
			t->pen.front = term_colour(t, n, &i, fields);
		else if (k == 48)
			t->pen.back = term_colour(t, n, &i, fields);
		else if (k >= 30 && k <= 37)
			t->pen.front = COLOUR_INDEX | (k - 30);
		else if (k >= 40 && k <= 47)
			t->pen.back = COLOUR_INDEX | (k - 40);
		else if (k >= 90 && k <= 97)
			t->pen.front = COLOUR_INDEX | (k - 90 + 8);
		else if (k >= 100 && k <= 107)
			t->pen.back = COLOUR_INDEX | (k - 100 + 8);
		else
			t->unknown++;
	}
}

static void
term_mode(struct term *t, unsigned n, int on)
{
	if (n == 25) {
		t->hidden = !on;
	} else if (n == 7) {
		t->nowrap = on ? 0 : 1;
	} else if (n == 1049) {
		if (on && !t->alternate) {
			t->entered++;
			t->home_x = t->x;
			t->home_y = t->y;
			memset(t->cells, 0, sizeof t->cells);
		} else if (!on && t->alternate) {
			t->left++;
			t->x = t->home_x;
			t->y = t->home_y;
		}
		t->alternate = on;
	} else {
		t->unknown++;
	}
}

// Behind ESC [: the length of the rest of the sequence, 0 if it is not complete.
static size_t
term_control(struct term *t, const u8 *s, size_t len)
{
	unsigned n[16] = { 0 }, fields = 1;
	size_t i = 0;
	int question, blank = 0;
	if (!len)
		return 0;
	question = s[0] == '?';
	for (i += (size_t)question; i < len && ((s[i] >= '0' && s[i] <= '9') || s[i] == ';' || s[i] == ' '); i++)
		if (s[i] == ';' && fields < 15)
			fields++;
		else if (s[i] == ' ')
			blank = 1;
		else
			n[fields - 1] = n[fields - 1] * 10 + (unsigned)(s[i] - '0');
	if (i == len)
		return 0;
	if (s[i] == 'm' && !question && !blank) {
		term_rendition(t, n, fields);
	} else if (s[i] == 'H' && !question) {
		t->y = min_u64(n[0] ? n[0] - 1 : 0, t->height - 1);
		t->x = min_u64(n[1] ? n[1] - 1 : 0, t->width - 1);
	} else if (s[i] == 'J' && n[0] == 2) {
		memset(t->cells, 0, sizeof t->cells);
	} else if (question && (s[i] == 'h' || s[i] == 'l')) {
		term_mode(t, n[0], s[i] == 'h');
	} else if (s[i] == 'q' && blank) {
		t->shape = (int)n[0];
	} else if (s[i] == 'c' && question) {
		t->shape = (int)n[0];
	} else {
		t->unknown++;
	}
	return i + 1;
}

static void
term_char(struct term *t, unsigned code)
{
	if (!t->alternate && t->nplain < sizeof t->plain - 1 && code < 128)
		t->plain[t->nplain++] = (char)code;
	if (code == '\r') {
		t->x = 0;
	} else if (code == '\n') {
		t->y += t->y + 1 < t->height;
	} else if (code < 32) {
		t->unknown += t->alternate;
	} else if (t->x < t->width && t->y < t->height) {
		t->pen.code = code;
		t->cells[t->y][t->x] = t->pen;
		// Without wrapping the last column is written again and again.
		t->unknown += t->x + 1 == t->width && !t->nowrap && t->alternate;
		t->x += t->x + 1 < t->width;
	}
}

// One character or sequence at s: its length, 0 if it is not complete.
static size_t
term_item(struct term *t, const u8 *s, size_t len)
{
	unsigned code = s[0], more = code < 0x80 ? 0 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3, i;
	if (code == 27) {
		size_t k;
		if (len < 2)
			return 0;
		if (s[1] != '[') {
			t->unknown++;
			return 2;
		}
		k = term_control(t, s + 2, len - 2);
		return k ? k + 2 : 0;
	}
	if (len <= more)
		return 0;
	if (more) {
		t->unknown += code < 0xc0;
		code &= 0x3fu >> more;
		for (i = 1; i <= more; i++) {
			t->unknown += (s[i] & 0xc0) != 0x80;
			code = code << 6 | (s[i] & 63);
		}
	}
	term_char(t, code);
	return more + 1;
}

static void
term_play(struct term *t, const char *s, size_t len)
{
	while (len) {
		size_t k;
		t->part[t->npart++] = (u8)*s++;
		len--;
		k = term_item(t, t->part, t->npart);
		if (k || t->npart == sizeof t->part)
			t->npart = 0;
	}
}

#endif
