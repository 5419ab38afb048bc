// terminal_test.c: `blink -r` on a terminal, as a person has it. It runs on a
// pseudo terminal; a small terminal here plays what it writes and is compared
// with what example/boot/screen.img has in its text page. Keys as terminals send
// them must arrive as INT 16h knows them. However it ends, the terminal must be
// as it was.
#include "pty.h"
#include "typed.h"
#include "pc/device.h"

static const char image[] = "example/boot/screen.img";

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

// All characters, as they are and shifted, and what is answered
static void
printable(char *want)
{
	unsigned i, k;
	for (i = 0; i < COUNTOF(g_printable); i++)
		for (k = 0; g_printable[i].plain[k]; k++) {
			char pair[3] = { g_printable[i].plain[k], g_printable[i].shifted[k], 0 };
			keys_n(pair, pair[1] == 'K' ? 1 : 2);
			want += sprintf(want, "%02X%02X", g_printable[i].first + k, pair[0]);
			if (pair[1] != 'K')
				want += sprintf(want, "%02X%02X", g_printable[i].first + k, pair[1]);
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
	// What means nothing is gone: one byte, many bytes, some of them later
	keys("3K");
	settle();
	keys("\001q\001\033[21~\001\303\244\001\033");
	usleep(5000);
	keys("[A\001\033x");
	keys("a");
	answers("1E61");
	keys("\001x");
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

// What is stopped between these two
static void
begins(void)
{
	start(0, image, 80, 25);
	text_mode(80, 25);
	ready();
	keys("f");
	shows("80x25");
}

static void
goes_on(void)
{
	keys("B");
	g_blinks = 0;
	shows("it goes on");
	keys("x");
	expect("status", end() == 43);
}

// Stopped, a shell has the terminal; continued, all is drawn again.
static void
stops(const char *name, int sig, const char *typed)
{
	g_case = name;
	begins();
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
	goes_on();
}

// A shell with modes of its own that starts blink in the background, brings it to
// the foreground when it waits for that, and lets it go on in the background when
// it is stopped, or kills it there.
static volatile int g_kills;
static void
shell(void)
{
	struct termios own = g_before, last;
	int status = 0, killed = 0;
	pid_t job;
	own.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	signal(SIGTTOU, SIG_IGN);
	tcsetattr(0, TCSANOW, &own);
	if (!(job = fork())) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_DFL);
		return;
	}
	while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
		tcsetpgrp(0, getpgrp());
		tcsetattr(0, TCSANOW, &own);
		if (killed)
			kill(job, SIGKILL);  // it waits for the foreground to end
		else if (WSTOPSIG(status) == SIGTTOU) {
			tcsetattr(0, TCSANOW, &g_before);
			tcsetpgrp(0, job);
		} else if (g_kills) {
			killed = 1;
			kill(job, SIGTERM);
		}
		kill(job, SIGCONT);
	}
	tcgetattr(0, &last);
	if (g_kills && last.c_lflag != own.c_lflag)
		_exit(99);
	if (g_kills)
		tcsetattr(0, TCSANOW, &g_before);
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static void
background(void)
{
	g_case = "background";
	g_shell = shell;
	begins();
	keys("\001z");
	settle();
	memset(g_term.cells, 0, sizeof g_term.cells);
	goes_on();
	g_case = "killed in the background";
	// Of two signals that wait, emulators may handle SIGCONT first: it stops again.
	if (!is_emulated()) {
		g_kills = 1;
		start(0, image, 80, 25);
		ready();
		kill(-tcgetpgrp(g_master), SIGSTOP);
		expect("it ends, and the shell's modes stay", end() == 128 + SIGTERM);
	}
	g_shell = 0;
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
	start(g_flag, image, 80, 25);
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
	ends_by_signal("SIGPROF", SIGPROF);
#ifdef __linux__
	ends_by_signal("SIGIO", SIGIO);
	ends_by_signal("a real-time signal", SIGRTMIN + 3);
#endif
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
	background();
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
	g_flag = "-rSi";
	idles("idle in HLT, counted", "i");
	idles("idle in INT 16h, counted", "");
	g_flag = 0;
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
