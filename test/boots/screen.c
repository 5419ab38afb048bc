// screen.c: screen [TEXT KEYS]... TEXT -- COMMAND...
// Runs COMMAND on a terminal of 80 columns and 25 rows; whenever the screen shows
// TEXT, types KEYS (with \r, \e, and \1 to \9 for Ctrl-A to Ctrl-I); when it shows the last TEXT, prints the
// screen without blanks at lines' ends and quits by Ctrl-A x. An empty TEXT is
// the command's end. Exit status: 1 if a TEXT did not come, else the command's,
// or 0 if it was made to quit.
#include "../pc/terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 80, HEIGHT = 25, PATIENCE = 60 };
static struct term g_term;
static int g_master, g_status, g_ended;
static pid_t g_child;

static void
listen_a_while(void)
{
	static char buf[65536];
	struct pollfd p = { g_master, POLLIN, 0 };
	ssize_t n;
	poll(&p, 1, 20);
	while ((n = read(g_master, buf, sizeof buf)) > 0)
		term_play(&g_term, buf, (size_t)n);
	if (!g_ended && waitpid(g_child, &g_status, WNOHANG) == g_child)
		g_ended = 1;
}

static size_t
row(unsigned y, char *out)
{
	size_t n = 0, end = 0;
	unsigned x;
	for (x = 0; x < WIDTH; x++) {
		unsigned code = g_term.cells[y][x].code;
		if (code < 0x80) {
			out[n++] = (char)(code < 32 ? ' ' : code);
		} else if (code < 0x800) {
			out[n++] = (char)(0xc0 | code >> 6);
			out[n++] = (char)(0x80 | (code & 63));
		} else {
			out[n++] = (char)(0xe0 | code >> 12);
			out[n++] = (char)(0x80 | (code >> 6 & 63));
			out[n++] = (char)(0x80 | (code & 63));
		}
		if (code > 32)
			end = n;
	}
	out[end] = 0;
	return end;
}

static void
print(void)
{
	char line[WIDTH * 3 + 1];
	unsigned y, last = 0;
	for (y = 0; y < HEIGHT; y++)
		if (row(y, line))
			last = y + 1;
	for (y = 0; y < last; y++) {
		row(y, line);
		puts(line);
	}
}

static int
shows(const char *text)
{
	char line[WIDTH * 3 + 1];
	unsigned y;
	if (!*text)
		return g_ended;
	for (y = 0; y < HEIGHT; y++)
		if (row(y, line) && strstr(line, text))
			return 1;
	return 0;
}

static int
wait_for(const char *text)
{
	time_t end = time(0) + PATIENCE;
	while (!shows(text)) {
		if ((g_ended && *text) || time(0) > end) {
			print();
			printf("%s before \"%s\"\n%s", g_ended ? "it ended" : "time is over", text, g_term.plain);
			return 0;
		}
		listen_a_while();
	}
	return 1;
}

static void
type(const char *s)
{
	for (; *s; s++) {
		char c = *s;
		if (c == '\\' && s[1]) {
			s++;
			c = *s == 'r' ? '\r' : *s == 'e' ? 27 : *s >= '1' && *s <= '9' ? (char)(*s - '0') : *s;
		}
		while (write(g_master, &c, 1) < 0 && errno == EAGAIN)
			listen_a_while();
	}
}

int
main(int argc, char **argv)
{
	struct winsize w;
	int i, command, ok = 1;
	for (command = 1; command < argc && strcmp(argv[command], "--"); command++) {
	}
	if (command + 1 >= argc)
		return 2;
	g_master = posix_openpt(O_RDWR | O_NOCTTY);
	if (g_master < 0 || grantpt(g_master) || unlockpt(g_master))
		return 2;
	memset(&w, 0, sizeof w);
	w.ws_col = WIDTH;
	w.ws_row = HEIGHT;
	ioctl(g_master, TIOCSWINSZ, &w);
	term_reset(&g_term, WIDTH, HEIGHT);
	if (!(g_child = fork())) {
		int slave;
		setsid();
		slave = open(ptsname(g_master), O_RDWR);
		dup2(slave, 0);
		dup2(slave, 1);
		setenv("TERM", "xterm", 1);
		execvp(argv[command + 1], argv + command + 1);
		_exit(127);
	}
	fcntl(g_master, F_SETFL, O_NONBLOCK);
	for (i = 1; i < command && ok; i++) {
		ok = i & 1 ? wait_for(argv[i]) : 1;
		if (!(i & 1))
			type(argv[i]);
	}
	if (ok)
		print();
	if (!g_ended) {
		type("\\1x");
		for (i = 0; i < 500 && !g_ended; i++)
			listen_a_while();
	} else if (ok) {
		return WIFEXITED(g_status) ? WEXITSTATUS(g_status) : 1;
	}
	if (!g_ended)
		kill(g_child, SIGKILL);
	return !ok;
}
