// pty.h: blink in the window of a small terminal, as a person has it: starts it on a
// pseudo terminal, types, plays what it writes, waits for what is to be seen, and
// looks whether it gives the terminal back as it was.
#ifndef TEST_VM_PTY_H_
#define TEST_VM_PTY_H_
#include "../pc/terminal.h"
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

static int
is_emulated(void)
{
	const char *emulator = getenv("EMULATOR");
	return emulator && *emulator;
}

// The child's part. Emulated hosts run it by a command.
static void
run_blink(const char *flag, const char *path)
{
	if (is_emulated())
		execl("/bin/sh", "sh", "-c", "exec $EMULATOR \"$@\"", "sh", g_blink, flag, path, (char *)0);
	else
		execl(g_blink, "blink", flag, path, (char *)0);
	_exit(98);
}

static void (*g_shell)(void);  // returns in the process that becomes blink

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
		if (g_shell)
			g_shell();
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

#endif
