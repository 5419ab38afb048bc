// terminal.c: the terminal that the screen is drawn on, and its state.
//
// It is given back on every exit: terminal_leave, exit(), signals that end
// blink, host faults that nobody claims, and while blink is stopped. One
// terminal per process: standard output, and standard input if that is one too.
#include "pc/device.h"
#include "host/host.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

// The other screen, no wrapping at its right edge, erased. Leaving, terminals
// that have no other screen get a new line below the picture.
#define ENTER "\033[?1049h\033[?7l\033[0m\033[2J"
#define LEAVE "\033[0m\033[?7h\033[?25h\033[999H\r\n\033[?1049l"

static struct termios g_saved, g_raw;
static volatile sig_atomic_t g_taken, g_keys, g_changed;
static const char *g_leave;
static const int ending[] = {
	SIGHUP,
	SIGINT,
	SIGQUIT,
	SIGTERM,
	SIGABRT,
	SIGILL,
	SIGTRAP,
	SIGPIPE,
	SIGALRM,
	SIGFPE,
	SIGUSR1,
	SIGUSR2,
	SIGSYS,
	SIGXCPU,
	SIGXFSZ,
	SIGVTALRM,
	SIGPROF,
#ifdef __linux__
	SIGIO,  // elsewhere it ends nobody
#endif
#ifdef SIGPWR
	SIGPWR,
#endif
#ifdef SIGSTKFLT
	SIGSTKFLT,
#endif
};

// --- what it can do ----------------------------------------------------------------

int
pc_can_draw(char *why, size_t whysize)
{
	const char *term = getenv("TERM");
	*why = 0;
	if (!isatty(STDOUT_FILENO))
		return 0;
	if (term && *term && strcmp(term, "dumb") && strcmp(term, "unknown"))
		return 1;
	snprintf(why, whysize, "TERM is %s: no screen, as with -N", term && *term ? term : "not set");
	return 0;
}

unsigned
terminal_colours(void)
{
	const char *colorterm = getenv("COLORTERM"), *term = getenv("TERM");
	if (colorterm && (!strcmp(colorterm, "truecolor") || !strcmp(colorterm, "24bit")))
		return 1 << 24;
	if (term && strstr(term, "direct"))
		return 1 << 24;
	return term && strstr(term, "256color") ? 256 : 16;
}

int
terminal_is_console(void)
{
	const char *term = getenv("TERM");
	return term && !strncmp(term, "linux", 5);
}

// The locale names a character set that is not UTF-8. Without any name the
// terminal may well know it.
int
terminal_is_ascii(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *set = 0;
	unsigned i;
	for (i = 0; i < COUNTOF(names) && !(set && *set); i++)
		set = getenv(names[i]);
	set = set ? strchr(set, '.') : 0;
	return set && strncmp(set, ".UTF-8", 6) && strncmp(set, ".utf8", 5) && strncmp(set, ".utf-8", 6) && strncmp(set, ".UTF8", 5);
}

// Unknown sizes are endless.
void
terminal_size(unsigned *columns, unsigned *rows)
{
	struct winsize w;
	*columns = *rows = 0xffff;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col && w.ws_row) {
		*columns = w.ws_col;
		*rows = w.ws_row;
	}
}

int
terminal_changed(void)
{
	int changed = g_changed;
	g_changed = 0;
	return changed;
}

// --- taking and leaving; all is async-signal-safe -------------------------------------

static void
say(const char *s)
{
	if (write(STDOUT_FILENO, s, strlen(s)) < 0) {
		// There is nowhere to say so.
	}
}

// Sets modes. In the background this waits until blink is brought to the
// foreground, which interrupts it.
static int
is_interrupted(const struct termios *modes)
{
	return tcsetattr(STDIN_FILENO, TCSADRAIN, modes) && errno == EINTR;
}

// What a shell has while blink is in the background are not the modes to save.
static void
save(void)
{
	do {
		g_keys = !tcgetattr(STDIN_FILENO, &g_saved);
	} while (g_keys && is_interrupted(&g_saved));
}

static void
enter(void)
{
	while (g_keys && is_interrupted(&g_raw)) {
	}
	g_taken = 1;
	g_changed = 1;
	say(ENTER);
}

// In the background, after SIGSTOP, the modes are the shell's.
static int
is_background(void)
{
	pid_t front = tcgetpgrp(STDOUT_FILENO);
	return front > 0 && front != getpgrp();
}

void
terminal_leave(void)
{
	sigset_t ttou, mask;
	if (!g_taken)
		return;
	g_taken = 0;
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &mask);
	say(g_leave);
	if (g_keys && !is_background())
		tcsetattr(STDIN_FILENO, TCSANOW, &g_saved);
	sigprocmask(SIG_SETMASK, &mask, 0);
}

void
pc_leave_terminal(void)
{
	terminal_leave();
}

static void
on_end(int sig)
{
	terminal_leave();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
on_resize(int sig)
{
	g_changed = 1;
}

static void
on_stop(int sig)
{
	int taken = g_taken, e = errno;
	terminal_leave();
	raise(SIGSTOP);
	if (taken) {
		save();
		enter();
	}
	errno = e;
}

// After a stop that could not be caught the shell has the terminal its way.
static void
on_continue(int sig)
{
	int e = errno;
	if (g_taken)
		enter();
	errno = e;
}

static void
on_fault(int sig, siginfo_t *info, void *ucontext)
{
	terminal_leave();
}

static void
hook(int sig, void (*handler)(int))
{
	struct sigaction sa, old;
	memset(&sa, 0, sizeof sa);
	sigemptyset(&sa.sa_mask);
	// What kills a stopped job comes with SIGCONT, which would wait for the foreground.
	if (handler == on_end)
		sigfillset(&sa.sa_mask);
	sa.sa_handler = handler;
	// What was ignored stays so: nohup.
	if (!sigaction(sig, 0, &old) && old.sa_handler != SIG_IGN)
		sigaction(sig, &sa, 0);
}

void
terminal_suspend(void)
{
	if (g_taken)
		raise(SIGTSTP);
}

void
terminal_take(void)
{
	static int hooked;
	unsigned i;
#ifdef SIGRTMIN
	int sig;
#endif
	g_leave = terminal_is_console() ? "\033[?0c" LEAVE : "\033[0 q" LEAVE;
	hook(SIGTSTP, on_stop);
	hook(SIGCONT, on_continue);
	save();
	g_raw = g_saved;
	g_raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
	g_raw.c_oflag &= ~(tcflag_t)OPOST;
	g_raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
	g_raw.c_cc[VMIN] = 1;
	g_raw.c_cc[VTIME] = 0;
	for (i = 0; i < COUNTOF(ending); i++)
		hook(ending[i], on_end);
#ifdef SIGRTMIN
	for (sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		hook(sig, on_end);
#endif
	hook(SIGWINCH, on_resize);
	if (!hooked) {
		hooked = 1;
		atexit(terminal_leave);
		host_claim_faults(on_fault);
	}
	enter();
}
