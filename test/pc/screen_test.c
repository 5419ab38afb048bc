// screen_test.c: the text page on a terminal. A child draws on a pseudo
// terminal; a small terminal plays what it wrote, and must show characters
// and colours of the page. However the child ends, the terminal is given back.
#include "machine.h"
#include "terminal.h"
#include "host/host.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

enum { WIDTH = 80, HEIGHT = 25, ROUNDS = 30 };
enum way { FREES, EXITS, TERMINATES, ABORTS, CRASHES };

// --- what the child does --------------------------------------------------------------

static u32 g_seed;
static volatile uintptr_t g_nowhere;  // an address that is nobody's

static unsigned
random_below(unsigned n)
{
	g_seed = g_seed * 1103515245 + 12345;
	return (g_seed >> 16) % n;
}

// Changes some cells, the same ones in each process.
static void
scribble(u8 *page)
{
	unsigned i, n = random_below(60);
	for (i = 0; i < n; i++) {
		unsigned at = random_below(WIDTH * HEIGHT);
		st16(page + at * 2, (u16)(random_below(256) << 8 | random_below(256)));
	}
}

static void
draws(enum way way)
{
	struct pc_options o;
	int i;
	memset(&o, 0, sizeof o);
	processor();
	o.screen = 1;
	o.drive = -1;
	host_install_fault_handlers(0);
	pc = pc_new(&o, m, c, why, sizeof why);
	g_seed = 1;
	for (i = 0; i < ROUNDS; i++) {
		scribble(ram + 0xb8000);
		pc_draw(pc);
	}
	pc_out(pc, 0x3d4, 2, 0x050e);
	pc_out(pc, 0x3d4, 2, 0x030f);
	pc_draw(pc);
	switch (way) {
	case FREES:
		pc_free(pc);
		_exit(0);
	case EXITS:
		exit(0);
	case TERMINATES:
		raise(SIGTERM);
		break;
	case ABORTS:
		raise(SIGABRT);
		break;
	case CRASHES:
		*(volatile char *)g_nowhere = 1;
	}
}

static struct term t;

// --- the test -----------------------------------------------------------------------------------

static char g_output[1 << 20];

static void
watch(enum way way)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, status = 0;
	struct winsize size = { HEIGHT, WIDTH, 0, 0 };
	struct termios before, after;
	size_t n = 0, leave;
	ssize_t k;
	pid_t pid;
	if (master < 0 || grantpt(master) || unlockpt(master) || (slave = open(ptsname(master), O_RDWR | O_NOCTTY)) < 0) {
		printf("skipped: needs pseudo terminals\n");
		exit(0);
	}
	ioctl(slave, TIOCSWINSZ, &size);
	tcgetattr(slave, &before);
	pid = fork();
	if (!pid) {
		dup2(slave, 0);
		dup2(slave, 1);
		close(master);
		setenv("COLORTERM", "truecolor", 1);
		draws(way);
		_exit(1);
	}
	fcntl(master, F_SETFL, O_NONBLOCK);
	for (;;) {
		k = read(master, g_output + n, sizeof g_output - n);
		if (k > 0)
			n += (size_t)k;
		else if (status)
			break;
		else if (waitpid(pid, &status, WNOHANG) == pid)
			status |= 1 << 30;
		else
			usleep(1000);
	}
	status &= ~(1 << 30);
	tcgetattr(slave, &after);
	CHECK(before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag && before.c_oflag == after.c_oflag);
	if (way <= EXITS)
		EQ(status, 0);
	else
		EQ(WIFSIGNALED(status), 1);
	// What gives the terminal back is at the end.
	for (leave = n; leave && strncmp(g_output + leave, "\033[0 q\033[0m", 9); leave--) {
	}
	term_reset(&t, WIDTH, HEIGHT);
	term_play(&t, g_output, leave);
	EQ(t.unknown, 0);
	EQ(t.alternate, 1);
	close(slave);
	close(master);
}

static void
compare(void)
{
	static u8 page[0x8000];
	unsigned x, y, bad = 0;
	int i;
	for (i = 0; i < WIDTH * HEIGHT; i++)
		st16(page + 2 * i, 0x0720);
	g_seed = 1;
	for (i = 0; i < ROUNDS; i++)
		scribble(page);
	machine(0, -1, 0);
	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++) {
			u16 cell = ld16(page + (y * WIDTH + x) * 2);
			struct cell *s = &t.cells[y][x];
			bad += s->code != vga_cp437[cell & 255] || s->front != (COLOUR_RGB | vga_colour(pc, cell >> 8 & 15)) ||
				s->back != (COLOUR_RGB | vga_colour(pc, cell >> 12 & 7)) || s->blink != cell >> 15;
		}
	EQ(bad, 0);
	// The cursor is where the registers say: offset 503h.
	EQ(t.hidden, 0);
	EQ(t.y, 0x503 / WIDTH);
	EQ(t.x, 0x503 % WIDTH);
	EQ(t.shape, 3);
}

int
main(void)
{
	watch(FREES);
	compare();
	watch(EXITS);
	watch(TERMINATES);
	watch(ABORTS);
	watch(CRASHES);
	return finish_test(0);
}
