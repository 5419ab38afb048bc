// terminal_test.c: `blink -r` on a terminal, as a person has it. It runs on a
// pseudo terminal; a small terminal here plays what it writes and is compared
// with what example/boot/screen.img has in its text page. Keys as terminals send
// them must arrive as INT 16h knows them. However it ends, the terminal must be
// as it was.
#include "../pc/terminal.h"
#include "pc/device.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 30 };  // seconds
static char g_blink[4096];
static const char *g_case = "";
static const char image[] = "example/boot/screen.img";
static int g_failures, g_master, g_slave, g_status;
static pid_t g_child;
static struct term g_term;
static struct termios g_before;

static void
expect(const char *what, int ok)
{
	if (ok)
		return;
	printf("%s: %s\n", g_case, what);
	g_failures++;
}

// --- running it ------------------------------------------------------------------------

static double
seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
resize(unsigned width, unsigned height)
{
	struct winsize w;
	memset(&w, 0, sizeof w);
	w.ws_col = (unsigned short)width;
	w.ws_row = (unsigned short)height;
	ioctl(g_master, TIOCSWINSZ, &w);
	g_term.width = width;
	g_term.height = height;
}

static void
set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

// The child's part. Emulated hosts run it by a command.
static void
run_blink(const char *flag, const char *path)
{
	const char *emulator = getenv("EMULATOR");
	if (emulator && *emulator)
		execl("/bin/sh", "sh", "-c", "exec $EMULATOR \"$@\"", "sh", g_blink, flag, path, (char *)0);
	else
		execl(g_blink, "blink", flag, path, (char *)0);
	_exit(98);
}

// A window with blink in it; flag may be 0.
static void
start(const char *flag, const char *path, unsigned width, unsigned height)
{
	g_master = posix_openpt(O_RDWR | O_NOCTTY);
	if (g_master < 0 || grantpt(g_master) || unlockpt(g_master) || (g_slave = open(ptsname(g_master), O_RDWR | O_NOCTTY)) < 0) {
		printf("skipped: needs pseudo terminals\n");
		exit(0);
	}
	term_reset(&g_term, width, height);
	resize(width, height);
	tcgetattr(g_slave, &g_before);
	g_child = fork();
	if (!g_child) {
		setsid();
		ioctl(g_slave, TIOCSCTTY, 0);
		dup2(g_slave, 0);
		dup2(g_slave, 1);
		dup2(g_slave, 2);
		close(g_slave);
		close(g_master);
		run_blink(flag ? flag : "-rS", path);
	}
	fcntl(g_master, F_SETFL, O_NONBLOCK);
}

// Plays what has come, waiting a little for it.
static void
listen(int ms)
{
	static char buf[65536];
	struct pollfd p = { g_master, POLLIN, 0 };
	ssize_t n;
	poll(&p, 1, ms);
	while ((n = read(g_master, buf, sizeof buf)) > 0)
		term_play(&g_term, buf, (size_t)n);
}

static void
keys_n(const char *s, size_t n)
{
	while (n) {
		ssize_t k = write(g_master, s, n);
		if (k > 0) {
			s += k;
			n -= (size_t)k;
		}
		listen(k > 0 ? 0 : 10);
	}
}

static void
keys(const char *s)
{
	keys_n(s, strlen(s));
}

static int
shows_at(unsigned x, unsigned y, const char *text)
{
	for (; *text && g_term.cells[y][x].code == (u8)*text; text++, x++) {
	}
	return !*text;
}

static int
is_ready(void)
{
	return g_term.alternate && shows_at(0, 0, "ready");
}

static int
wait_for(int (*is)(void))
{
	double end = seconds() + PATIENCE;
	while (!is()) {
		if (seconds() > end)
			return 0;
		listen(10);
	}
	return 1;
}

static void
ready(void)
{
	expect("gets ready", wait_for(is_ready));
}

// Until the guest has read its keys and its screen was drawn
static void
settle(void)
{
	double end = seconds() + 0.2;
	while (seconds() < end)
		listen(10);
}

static char g_again;  // a key typed until it is heeded: a reset loses what came before it

static int
ended(void)
{
	static double last;
	if (g_again && seconds() > last + 0.3) {
		last = seconds();
		if (write(g_master, &g_again, 1) != 1)
			g_again = 0;
	}
	return waitpid(g_child, &g_status, WNOHANG) == g_child;
}

static int
same_termios(void)
{
	struct termios t;
	memset(&t, 0, sizeof t);
	return !tcgetattr(g_slave, &t) && t.c_iflag == g_before.c_iflag && t.c_oflag == g_before.c_oflag && t.c_cflag == g_before.c_cflag &&
		t.c_lflag == g_before.c_lflag && !memcmp(t.c_cc, g_before.c_cc, sizeof t.c_cc);
}

static void
given_back(void)
{
	listen(0);
	expect("modes of the terminal are as before", same_termios());
	expect("the screen is as before", !g_term.alternate && g_term.entered == g_term.left);
	expect("the cursor is as before", !g_term.hidden && !g_term.shape);
	expect("lines wrap again", !g_term.nowrap);
	expect("attributes are as before", !g_term.pen.front && !g_term.pen.back && !g_term.pen.blink);
	if (g_term.unknown)
		printf("%s: %u unknown\n", g_case, g_term.unknown);
	expect("all of it is known", !g_term.unknown);
}

// The status as a shell shows it
static int
end(void)
{
	int done = wait_for(ended);
	expect("ends", done);
	if (!done) {
		kill(g_child, SIGKILL);
		waitpid(g_child, &g_status, 0);
	}
	given_back();
	close(g_slave);
	close(g_master);
	g_term.plain[g_term.nplain] = 0;
	return WIFSIGNALED(g_status) ? 128 + WTERMSIG(g_status) : WEXITSTATUS(g_status);
}

// --- what it shows ------------------------------------------------------------------------

static unsigned g_columns, g_rows, g_left, g_top, g_colours;
static int g_blinks, g_ascii;
static u32 g_seven;  // what colour 7 is: it may be changed

static u32
colour_wanted(unsigned n)
{
	// Black blue green cyan red magenta brown grey, and bright
	static const u32 rgb[] = { 0, 0xaa, 0xaa00, 0xaaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa, 0x555555, 0x5555ff, 0x55ff55, 0x55ffff, 0xff5555,
		0xff55ff, 0xffff55, 0xffffff };
	static const u8 of16[] = { 0, 4, 2, 6, 1, 5, 3, 7, 8, 12, 10, 14, 9, 13, 11, 15 };
	static const u8 of256[] = { 16, 19, 34, 37, 124, 127, 130, 248, 240, 63, 83, 87, 203, 207, 227, 231 };
	if (g_colours > 256)
		return COLOUR_RGB | (n == 7 && g_seven ? g_seven : rgb[n]);
	if (n == 7 && g_seven)
		return COLOUR_INDEX | (g_colours == 256 ? 209 : 9);
	return COLOUR_INDEX | (g_colours == 256 ? of256[n] : of16[n]);
}

static int
differs(unsigned x, unsigned y, u16 cell)
{
	const struct cell *s = &g_term.cells[y - g_top][x - g_left];
	unsigned a = cell >> 8, c = cell & 255;
	if (g_ascii ? s->code < 32 || s->code > 126 || (c >= 32 && c < 127 && s->code != c) : s->code != vga_cp437[c])
		return 1;
	return s->front != colour_wanted(a & 15) || s->back != colour_wanted(a >> 4 & (g_blinks ? 7 : 15)) || s->blink != (g_blinks && a >> 7);
}

static u16
filled(unsigned i)
{
	return (u16)(((37 * (i >> 8) + i) & 255) << 8 | (i & 255));
}

// How many cells of the window are not what the guest's page has there
static unsigned
wrong(void)
{
	unsigned x, y, bad = 0;
	for (y = g_top; y < g_rows && y - g_top < g_term.height; y++)
		for (x = g_left; x < g_columns && x - g_left < g_term.width; x++)
			bad += (unsigned)differs(x, y, filled(y * g_columns + x));
	for (y = 0; y < g_term.height; y++)
		for (x = 0; x < g_term.width; x++)
			bad += (y >= g_rows || x >= g_columns) && g_term.cells[y][x].code;
	return bad;
}

static int
is_filled(void)
{
	return !wrong();
}

static void
shows(const char *what)
{
	if (wait_for(is_filled))
		return;
	printf("%s: %s: %u cells differ\n", g_case, what, wrong());
	g_failures++;
}

static unsigned g_cursor_x, g_cursor_y;
static int g_shape;
static int
is_cursor(void)
{
	return !g_term.hidden && g_term.x == g_cursor_x && g_term.y == g_cursor_y && g_term.shape == g_shape;
}

static int
is_cursor_hidden(void)
{
	return g_term.hidden;
}

static void
cursor(unsigned x, unsigned y, int shape)
{
	g_cursor_x = x;
	g_cursor_y = y;
	g_shape = shape;
	if (wait_for(is_cursor))
		return;
	printf("%s: cursor at %u, %u, shape %d%s, not %u, %u, %d\n", g_case, g_term.x, g_term.y, g_term.shape, g_term.hidden ? ", hidden" : "", x, y,
		shape);
	g_failures++;
}

static void
text_mode(unsigned columns, unsigned rows)
{
	g_columns = columns;
	g_rows = rows;
	g_left = g_top = 0;
	g_blinks = 1;
	g_seven = 0;
}

// Modes, attributes, palette and cursor; every terminal must show them.
static void
pictures(void)
{
	int console = !strcmp(getenv("TERM"), "linux");
	start(0, image, 80, 25);
	text_mode(80, 25);
	ready();
	cursor(0, 1, console ? 2 : 3);
	keys("f");
	shows("80x25");
	keys("B");
	g_blinks = 0;
	shows("bright backgrounds");
	keys("b");
	g_blinks = 1;
	shows("blinking again");
	keys("s");
	g_seven = 0xff8241;
	shows("another palette");
	keys("c");
	cursor(0, 1, console ? 6 : 1);
	keys("h");
	expect("a hidden cursor is", wait_for(is_cursor_hidden));
	keys("u");
	cursor(0, 1, console ? 2 : 3);
	keys("m");
	cursor(39, 24, console ? 2 : 3);
	keys("1f");
	text_mode(40, 25);
	shows("40x25");
	resize(80, 50);
	keys("8f");
	text_mode(80, 50);
	shows("80x50");
	keys("x");
	expect("status", end() == 43);
}

static int
is_page1(void)
{
	unsigned i, bad = 0;
	for (i = 0; i < 2000; i++) {
		const struct cell *s = &g_term.cells[i / 80][i % 80];
		bad += s->code != 'P' || s->front != colour_wanted(15) || s->back != colour_wanted(1);
	}
	return !bad;
}

static int
is_mono(void)
{
	unsigned i, bad = 0;
	for (i = 0; i < 2000; i++) {
		const struct cell *s = &g_term.cells[i / 80][i % 80];
		unsigned a = filled(i) >> 8, invisible = !(a & 0x77), reverse = (a & 0x77) == 0x70;
		u32 black = COLOUR_RGB, bright = COLOUR_RGB | (a & 8 ? 0xffffff : 0xaaaaaa), front = invisible || reverse ? black : bright;
		bad += s->code != vga_cp437[filled(i) & 255] || s->underline != ((a & 7) == 1) || s->blink != a >> 7;
		if (!reverse)
			bad += s->front != front || s->back != black;
		else
			bad += s->back == black;
	}
	return !bad;
}

static void
pages(void)
{
	start(0, image, 80, 25);
	text_mode(80, 25);
	ready();
	keys("fp");
	expect("another page", wait_for(is_page1));
	keys("q");
	shows("the first page");
	keys("7f");
	expect("monochrome", wait_for(is_mono));
	keys("x");
	expect("status", end() == 43);
}

// Smaller windows show where the cursor is.
static void
windows(void)
{
	start(0, image, 60, 20);
	text_mode(80, 25);
	ready();
	keys("f");
	shows("the top left");
	keys("m");
	g_top = 5;
	shows("the bottom");
	cursor(39, 19, 3);
	resize(30, 10);
	g_top = 15;
	g_left = 10;
	shows("the middle of the bottom");
	cursor(29, 9, 3);
	resize(132, 60);
	g_top = g_left = 0;
	shows("all of it");
	cursor(39, 24, 3);
	resize(80, 24);
	g_top = 1;
	shows("25 rows in 24");
	resize(1, 1);
	g_left = 39;
	g_top = 24;
	shows("a cell");
	keys("\001x");
	expect("Ctrl-A x is 0", end() == 0);
}

// --- keys -------------------------------------------------------------------------------------

struct typed {
	const char *bytes;
	const char *answer;
};
static const struct typed g_typed[] = {
	{ "\r", "1C0D" },
	{ "\t", "0F09" },
	{ "\033[Z", "0F00" },
	{ "\177", "0E08" },
	{ "\b", "0E08" },
	{ "\n", "240A" },
	{ " ", "3920" },
	{ "\033[A", "48E0" },
	{ "\033[B", "50E0" },
	{ "\033[C", "4DE0" },
	{ "\033[D", "4BE0" },
	{ "\033OA", "48E0" },
	{ "\033OD", "4BE0" },
	{ "\033[H", "47E0" },
	{ "\033[F", "4FE0" },
	{ "\033OH", "47E0" },
	{ "\033OF", "4FE0" },
	{ "\033[1~", "47E0" },
	{ "\033[4~", "4FE0" },
	{ "\033[7~", "47E0" },
	{ "\033[8~", "4FE0" },
	{ "\033[2~", "52E0" },
	{ "\033[3~", "53E0" },
	{ "\033[5~", "49E0" },
	{ "\033[6~", "51E0" },
	{ "\033OP", "3B00" },
	{ "\033OQ", "3C00" },
	{ "\033OR", "3D00" },
	{ "\033OS", "3E00" },
	{ "\033[11~", "3B00" },
	{ "\033[14~", "3E00" },
	{ "\033[15~", "3F00" },
	{ "\033[17~", "4000" },
	{ "\033[18~", "4100" },
	{ "\033[19~", "4200" },
	{ "\033[20~", "4300" },
	{ "\033[21~", "4400" },
	{ "\033[23~", "8500" },
	{ "\033[24~", "8600" },
	{ "\033[[A", "3B00" },
	{ "\033[[E", "3F00" },
	{ "\033[1;2P", "5400" },
	{ "\033[1;5P", "5E00" },
	{ "\033[1;3P", "6800" },
	{ "\033[15;2~", "5800" },
	{ "\033[24;5~", "8A00" },
	{ "\033[24;3~", "8C00" },
	{ "\033[25~", "5400" },
	{ "\033[34~", "5B00" },
	{ "\033[1;5D", "73E0" },
	{ "\033[1;5C", "74E0" },
	{ "\033[1;5A", "8DE0" },
	{ "\033[1;5B", "91E0" },
	{ "\033[1;5H", "77E0" },
	{ "\033[1;5F", "75E0" },
	{ "\033[5;5~", "84E0" },
	{ "\033[6;5~", "76E0" },
	{ "\033[2;5~", "92E0" },
	{ "\033[3;5~", "93E0" },
	{ "\033[1;3A", "9800" },
	{ "\033[1;3H", "9700" },
	{ "\033[3;3~", "A300" },
	{ "\033[1;2A", "48E0" },
	{ "\033[1;2D", "4BE0" },
	{ "\033OM", "E00D" },
	{ "\033Ok", "0D2B" },
	{ "\033Op", "0B30" },
	{ "\033Oy", "0A39" },
	{ "\033[E", "4C00" },
	{ "\033a", "1E00" },
	{ "\033x", "2D00" },
	{ "\0331", "7800" },
	{ "\0330", "8100" },
	{ "\033-", "8200" },
	{ "\033=", "8300" },
	{ "\033\r", "1C00" },
	{ "\033\177", "0E00" },
	{ "\033\t", "A500" },
	{ "\033 ", "3920" },
	{ "\033/", "3500" },
	{ "\033A", "1E00" },
	{ "\001\001", "1E01" },
	{ "\002", "3002" },
	{ "\003", "2E03" },
	{ "\004", "2004" },
	{ "\021", "1011" },
	{ "\023", "1F13" },
	{ "\032", "2C1A" },
	{ "\034", "2B1C" },
	{ "\035", "1B1D" },
	{ "\036", "071E" },
	{ "\037", "0C1F" },
	{ "\303\251", "0082" },
	{ "\303\237", "00E1" },
	{ "\317\200", "00E3" },
	{ "\342\226\210", "00DB" },
	{ "\303\204", "008E" },
	{ "\342\202\254", "" },
	{ "\360\237\230\200", "" },
	{ "\377", "" },
	{ "\303", "" },  // no such character there; no UTF-8
	{ "\033[200~a\033[201~", "1E61" },
	{ "\033[99~", "" },
	{ "\033[I", "" },
	{ "\033[1;2;3;4;5x", "" },
};

static char g_answers[8192];

// All answers from the screen's top, without blanks between
static int
is_answered(void)
{
	unsigned x, y;
	char *p = g_answers;
	for (y = 0; y < 24; y++)
		for (x = 0; x < 80; x++)
			if (g_term.cells[y][x].code > ' ')
				*p++ = (char)g_term.cells[y][x].code;
	*p = 0;
	return p - g_answers >= 4 && !strcmp(p - 4, "7100");
}

// What was typed between two K is answered, Alt-F10 behind it.
static void
answers(const char *want)
{
	int ok = (keys("\033[21;3~"), wait_for(is_answered));
	size_t n = strlen(g_answers), i;
	if (ok)
		g_answers[n - 4] = 0;
	if (!ok || strcmp(g_answers, want)) {
		for (i = 0; want[i] && want[i] == g_answers[i]; i++) {
		}
		printf("%s: answer %u is %.4s, not %.4s\n", g_case, (unsigned)i / 4, g_answers + i / 4 * 4, want + i / 4 * 4);
		g_failures++;
	}
	keys("K3K");
	settle();
}

// Where characters are on an American keyboard: scan codes 02h, 10h, 1eh, 29h, 2bh on
static void
printable(char *want)
{
	static const struct {
		u8 first;
		const char *plain, *shifted;
	} rows[] = {
		{ 0x02, "1234567890-=", "!@#$%^&*()_+" },
		{ 0x10, "qwertyuiop[]", "QWERTYUIOP{}" },
		{ 0x1e, "asdfghjkl;'`", "ASDFGHJKL:\"~" },
		{ 0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?" },
	};
	unsigned i, k;
	for (i = 0; i < COUNTOF(rows); i++)
		for (k = 0; rows[i].plain[k]; k++) {
			char pair[3] = { rows[i].plain[k], rows[i].shifted[k], 0 };
			keys_n(pair, pair[1] == 'K' ? 1 : 2);
			want += sprintf(want, "%02X%02X", rows[i].first + k, pair[0]);
			if (pair[1] != 'K')
				want += sprintf(want, "%02X%02X", rows[i].first + k, pair[1]);
		}
}

static void
typing(void)
{
	static char want[8192];
	unsigned i;
	start(0, image, 80, 25);
	text_mode(80, 25);
	ready();
	keys("3K");
	settle();
	*want = 0;
	for (i = 0; i < COUNTOF(g_typed); i++) {
		keys(g_typed[i].bytes);
		strcat(want, g_typed[i].answer);
	}
	keys_n("\0", 1);
	strcat(want, "0300");
	answers(want);
	printable(want);
	answers(want);
	// An ESC alone, and one that is the first of a sequence
	keys("\033");
	settle();
	keys("\033[");
	settle();
	keys("\033");
	usleep(5000);
	keys("[");
	usleep(5000);
	keys("A\033\033");
	settle();
	answers("011B1A0048E0011B011B");
	// A paste that is larger than all buffers
	for (i = 0, *want = 0; i < 300; i++) {
		keys("a");
		strcat(want, "1E61");
	}
	answers(want);
	keys("K");
	settle();
	keys("x");
	expect("status", end() == 43);
}

static int
has_help(void)
{
	return shows_at(0, g_term.height - 1, "Ctrl-A and: x quits");
}

static void
help(void)
{
	start(0, image, 80, 25);
	text_mode(80, 25);
	ready();
	keys("f");
	shows("80x25");
	keys("\001?");
	expect("help is shown", wait_for(has_help));
	keys("\002");
	shows("help goes away");
	keys("\001q\001x");
	expect("Ctrl-A x is 0", end() == 0);
}

// --- how it ends --------------------------------------------------------------------------------

static const char *g_flag;
static void
ends_by_keys(const char *name, const char *typed, int status, const char *says)
{
	g_case = name;
	start(g_flag, image, 80, 25);
	ready();
	keys(typed);
	settle();
	expect("the status", end() == status);
	if (says)
		expect(says, strstr(g_term.plain, says) != 0);
	else
		expect("nothing is printed", strspn(g_term.plain, "\r\n") == g_term.nplain);
}

static void
ends_by_signal(const char *name, int sig)
{
	g_case = name;
	start(0, image, 80, 25);
	ready();
	kill(g_child, sig);
	expect("the signal", end() == 128 + sig);
}

static int
stopped(void)
{
	return waitpid(g_child, &g_status, WNOHANG | WUNTRACED) == g_child && WIFSTOPPED(g_status);
}

// Stopped, a shell has the terminal; continued, all is drawn again.
static void
stops(const char *name, int sig, const char *typed)
{
	g_case = name;
	start(0, image, 80, 25);
	text_mode(80, 25);
	ready();
	keys("f");
	shows("80x25");
	if (sig)
		kill(g_child, sig);
	keys(typed);
	expect("it stops", wait_for(stopped));
	listen(10);
	if (sig != SIGSTOP)
		given_back();
	tcsetattr(g_slave, TCSANOW, &g_before);
	memset(g_term.cells, 0, sizeof g_term.cells);
	kill(g_child, SIGCONT);
	shows("drawn again");
	keys("B");
	g_blinks = 0;
	shows("it goes on");
	keys("x");
	expect("status", end() == 43);
}

static void
hangs_up(void)
{
	g_case = "hang-up";
	start(0, image, 80, 25);
	ready();
	close(g_slave);
	close(g_master);
	expect("ends", wait_for(ended));
	expect("by a signal or a failure", WIFSIGNALED(g_status) ? WTERMSIG(g_status) == SIGHUP : WEXITSTATUS(g_status) == 1);
}

static const char *
boot_sector(const char *code, size_t n)
{
	static char path[] = "/tmp/terminal_testXXXXXX";
	char sector[512];
	int fd = mkstemp(path);
	memset(sector, 0, sizeof sector);
	memcpy(sector, code, n);
	sector[510] = 0x55;
	sector[511] = (char)0xaa;
	if (fd < 0 || write(fd, sector, sizeof sector) != (ssize_t)sizeof sector)
		perror(path);
	close(fd);
	return path;
}

static int
has_entered(void)
{
	return g_term.alternate;
}

static void
reset_loop(void)
{
	const char *path = boot_sector("\xb0\xfe\xe6\x64\xeb\xfe", 6);
	g_case = "reset loop";
	start(0, path, 80, 25);
	expect("draws", wait_for(has_entered));
	keys("\001x");
	expect("Ctrl-A x ends it", end() == 0);
	unlink(path);
}

static int
says_ready(void)
{
	g_term.plain[g_term.nplain] = 0;
	return strstr(g_term.plain, "ready") != 0;
}

// A terminal without cursor positions, and -N: lines only
static void
lines(const char *name, const char *flag, const char *term, const char *note)
{
	g_case = name;
	set("TERM", term);
	start(flag, image, 80, 25);
	expect("ready", wait_for(says_ready));
	expect("a note", !note || strstr(g_term.plain, note));
	keys("x\n");
	expect("status", end() == 43);
	expect("nothing but lines", !g_term.entered && !g_term.unknown);
	set("TERM", "xterm");
}

// How often an idle guest wakes blink up in a second; -1: cannot be told
static long
wakeups(void)
{
	char name[64], line[256];
	long n = -1;
	FILE *f;
	snprintf(name, sizeof name, "/proc/%d/status", (int)g_child);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof line, f))
		sscanf(line, "voluntary_ctxt_switches: %ld", &n);
	if (f)
		fclose(f);
	return n;
}

static void
idles(const char *name, const char *typed)
{
	long before;
	double t;
	g_case = name;
	start(0, image, 80, 25);
	ready();
	keys(typed);
	settle();
	before = wakeups();
	for (t = seconds(); seconds() < t + 1;)
		listen(100);
	// 18.2 ticks a second, and looks at the input
	if (before >= 0)
		expect("sleeps", wakeups() - before < 150);
	keys("\001x");
	expect("Ctrl-A x ends it", end() == 0);
}

// --- the cases, side by side: they wait most of the time -----------------------------------------------

static void
other_terminal(unsigned which)
{
	static const struct {
		const char *name, *term, *colorterm, *lang;
		unsigned colours;
		int ascii;
	} terminals[] = {
		{ "xterm", "xterm", 0, 0, 16, 0 },
		{ "xterm-256color", "xterm-256color", 0, "C.UTF-8", 256, 0 },
		{ "truecolor", "xterm-256color", "truecolor", "de_DE.utf8", 1 << 24, 0 },
		{ "24bit", "vt100", "24bit", "C", 1 << 24, 0 },
		{ "xterm-direct", "xterm-direct", 0, "", 1 << 24, 0 },
		{ "linux", "linux", 0, 0, 16, 0 },
		{ "Latin-1", "xterm", 0, "de_DE.ISO-8859-1", 16, 1 },
	};
	if (which >= COUNTOF(terminals))
		return;
	g_case = terminals[which].name;
	set("TERM", terminals[which].term);
	set("COLORTERM", terminals[which].colorterm);
	set("LANG", terminals[which].lang);
	g_colours = terminals[which].colours;
	g_ascii = terminals[which].ascii;
	pictures();
}

static void
ends(void)
{
	ends_by_keys("port f4", "x", 43, 0);
	ends_by_keys("triple fault", "t", 1, "blink: triple fault in real mode\r\neax=");
	ends_by_keys("halted", "z\001x", 0, 0);
	ends_by_keys("spinning", "l\001x", 0, 0);
	g_again = 'x';
	ends_by_keys("reset", "r", 43, 0);
	g_again = 0;
	ends_by_keys("port e9", "eex", 43, "E9\r\nE9\r\n");
	g_flag = "-rSZ";
	ends_by_keys("statistics", "x", 43, " instructions in ");
	g_flag = 0;
	reset_loop();
}

static void
signals(void)
{
	ends_by_signal("SIGTERM", SIGTERM);
	ends_by_signal("SIGINT", SIGINT);
	ends_by_signal("SIGHUP", SIGHUP);
	ends_by_signal("SIGQUIT", SIGQUIT);
	ends_by_signal("SIGUSR1", SIGUSR1);
	ends_by_signal("SIGABRT", SIGABRT);
	ends_by_signal("SIGFPE", SIGFPE);
#ifndef __SANITIZE_ADDRESS__
	ends_by_signal("SIGSEGV", SIGSEGV);
	ends_by_signal("SIGBUS", SIGBUS);
#endif
	hangs_up();
}

static void
job_control(void)
{
	stops("SIGTSTP", SIGTSTP, "");
	stops("SIGSTOP", SIGSTOP, "");
	stops("Ctrl-A z", 0, "\001z");
}

static void
without(void)
{
	lines("dumb", 0, "dumb", "blink: TERM is dumb: no screen, as with -N\r\n");
	lines("TERM unset", 0, 0, "blink: TERM is not set: no screen, as with -N\r\n");
	lines("-N", "-rSN", "xterm", 0);
}

static void
idle(void)
{
	idles("idle in INT 16h", "");
	idles("idle in HLT", "i");
}

// One of the parts below in a process of its own
static void
part(unsigned which)
{
	static void (*const parts[])(void) = { pages, windows, typing, help, ends, signals, job_control, without, idle };
	char name[16];
	set("LANG", 0);
	set("TERM", "xterm");
	set("COLORTERM", "truecolor");
	g_colours = 1 << 24;
	snprintf(name, sizeof name, "part %u", which);
	g_case = name;
	if (which < COUNTOF(parts))
		parts[which]();
	else
		other_terminal(which - COUNTOF(parts));
	exit(g_failures != 0);
}

// Whether this blink runs, and has PCs
static int
can_run(void)
{
	char text[512];
	ssize_t n;
	int p[2], status;
	pid_t pid;
	if (access(image, R_OK) || access(g_blink, X_OK) || pipe(p))
		return 0;
	if (!(pid = fork())) {
		dup2(p[1], 1);
		close(p[0]);
		run_blink("-v", 0);
	}
	close(p[1]);
	n = read(p[0], text, sizeof text - 1);
	text[n > 0 ? n : 0] = 0;
	close(p[0]);
	waitpid(pid, &status, 0);
	return status == 0 && !strstr(text, ", tiny");
}

int
main(int argc, char **argv)
{
	enum { PARTS = 16 };
	const char *room = strstr(argv[0], "test/vm/");
	pid_t pids[PARTS];
	int i, status, failed = 0;
	(void)argc;
	snprintf(g_blink, sizeof g_blink, "%.*sblink/blink", room ? (int)(room - argv[0]) : 0, argv[0]);
	if (!can_run()) {
		printf("skipped: needs %s and a blink beside test/ that boots it\n", image);
		return 0;
	}
	set("LC_ALL", 0);
	set("LC_CTYPE", 0);
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, 0, _IOLBF, 0);
	for (i = 0; i < PARTS; i++)
		if (!(pids[i] = fork()))
			part((unsigned)i);
	for (i = 0; i < PARTS; i++) {
		waitpid(pids[i], &status, 0);
		failed |= status;
	}
	return failed != 0;
}
