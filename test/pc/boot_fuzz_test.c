// boot_fuzz_test.c: random boot sectors, each for so many instructions on the
// machine that blink -r runs, its clock counting instructions. A guest may halt,
// loop or end in a triple fault; but blink may not crash, hang, or touch what
// is outside guest memory (guards around it, and MODE=asan, show that).
//
//   boot_fuzz_test [-v]                   a few hundred, until what is to be
//                                         reached was; then that planted faults
//                                         are found. -v: says what was reached
//   boot_fuzz_test -s SECONDS [SEED]      new ones for so long
//   boot_fuzz_test -n COUNT [SEED]        so many
//   boot_fuzz_test SEED [INSTRUCTIONS]    this one, output as it comes
//
// All but the first for a million instructions each. A child runs them; the
// parent names the seed of the one that it died of, and goes on after it.
#include "boot_image.h"
#include "watched.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHECK_SECTORS = 1000, CHECK_INSNS = 25000, CHECK_SECONDS = 2, FUZZ_INSNS = 1000000, HANG_SECONDS = 60, BATCH = 1000 };
enum { PLANT_SEED = 14 };

// What a child tells its parent, in shared memory
enum { SLOWEST = 8 };
struct tally {
	u64 seed;  // that runs, or ran last
	u64 done, insns, reached[REACHED];
	double seconds;  // of the processor's time
	struct {
		u64 seed;
		double seconds;
	} slow[SLOWEST];
};
static struct tally *g_tally;
static enum plant g_planted;  // in PLANT_SEED's run
static char g_image[64], g_err[80];

static void
run(u64 seed, u64 insns)
{
	struct pc_options o;
	boot_file(&o, g_image, seed, insns);
	o.snapshot = chance(50);
	o.drive = chance(20) ? (int)(below(2) * 0x80) : -1;
	g_plant = seed == PLANT_SEED ? g_planted : NO_PLANT;
	watched_run(&o);
}

// --- running them -----------------------------------------------------------------------------

static double
seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// How it ended, from what was said
static void
note_end(struct tally *t)
{
	char text[1024];
	ssize_t n = pread(2, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = 0;
	if (strstr(text, "triple fault"))
		g_reached |= 1u << TRIPLE_FAULT;
	else if (strstr(text, "halted with"))
		g_reached |= 1u << HALTED;
	else if (!(g_reached & (1u << RAN_ON | 1u << REPEATED)))
		g_reached |= 1u << OTHER_END;
	for (int i = 0; i < REACHED; i++)
		t->reached[i] += g_reached >> i & 1;
}

static void
note_time(struct tally *t, double took)
{
	unsigned i = SLOWEST;
	t->seconds += took;
	t->insns += g_insns;
	t->done++;
	if (took <= t->slow[SLOWEST - 1].seconds)
		return;
	while (--i && took > t->slow[i - 1].seconds)
		t->slow[i] = t->slow[i - 1];
	t->slow[i].seed = t->seed;
	t->slow[i].seconds = took;
}

// Whether all that there is to be reached was; or says what was not. Some
// exceptions come once in hundreds of sectors, which slow hosts do not get to.
static int
all_reached(const struct tally *t, int say)
{
	int i, missing = 0;
	for (i = 0; i < REACHED; i++) {
		if (t->reached[i] || !reached_names[i] || ((i < ENDS || i >= EXCEPTIONS) && t->done < CHECK_SECTORS))
			continue;
		missing++;
		if (say)
			printf("no boot sector got to: %s\n", reached_names[i]);
	}
	return !missing;
}

struct job {
	u64 first, count, insns;
	double limit;   // seconds, but not before all is reached
	int patient;    // it is: only time counts
	unsigned hang;  // seconds
};

static void
child(const struct job *j)
{
	double start = seconds(CLOCK_MONOTONIC);
	u64 i;
	int null = open("/dev/null", O_RDWR), err = open(g_err, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	dup2(null, 0);
	dup2(null, 1);
	dup2(err, 2);
	for (i = 0; i < j->count && (seconds(CLOCK_MONOTONIC) - start < j->limit || (j->patient && !all_reached(g_tally, 0))); i++) {
		double from = seconds(CLOCK_PROCESS_CPUTIME_ID);
		g_tally->seed = j->first + i;
		if (ftruncate(2, 0))
			exit(1);
		alarm(j->hang);
		run(j->first + i, j->insns);
		note_end(g_tally);
		note_time(g_tally, seconds(CLOCK_PROCESS_CPUTIME_ID) - from);
	}
	exit(0);
}

// 0, or how the child died: g_tally->seed tells of which.
static int
try_all(const struct job *j)
{
	int status;
	pid_t pid = fork();
	if (!pid)
		child(j);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("fork");
		exit(1);
	}
	return status;
}

static void
report(int status)
{
	char text[4096];
	int fd = open(g_err, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text);
	printf("seed %llu: %s %d%s\n%.*s\n", (unsigned long long)g_tally->seed, WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? ", it hangs" : "",
		n > 0 ? (int)n : 0, text);
	close(fd);
}

static int
try_and_report(const struct job *j)
{
	int status = try_all(j);
	if (status)
		report(status);
	return status != 0;
}

// Whether each planted fault is found, and its seed named.
static int
plants_found(void)
{
	static const struct {
		const char *name;
		int signal;
	} plants[PLANTS] = { { 0, 0 }, { "a stray access", SIGSEGV }, { "a heap overflow", 0 }, { "an abort", SIGABRT }, { "a loop", SIGALRM } };
	struct tally before = *g_tally;
	struct job j = { PLANT_SEED - 2, 5, 5000, HANG_SECONDS, 0, 0 };
	int i, bad = 0;
	for (i = 1; i < PLANTS; i++) {
		int status;
		if (i == OVERFLOW_HEAP && !HEAP_IS_WATCHED)
			continue;
		g_planted = (enum plant)i;
		j.hang = i == HANG ? 1 : HANG_SECONDS;
		status = try_all(&j);
		if (g_tally->seed != PLANT_SEED || !status || (plants[i].signal && WIFSIGNALED(status) && WTERMSIG(status) != plants[i].signal)) {
			printf("%s planted in seed %d is not found there\n", plants[i].name, PLANT_SEED);
			report(status);
			bad = 1;
		}
	}
	g_planted = NO_PLANT;
	*g_tally = before;
	return !bad;
}

static void
print_tally(const struct tally *t)
{
	unsigned i;
	printf("%llu boot sectors, %.1f s: %.1f ms and %.0f instructions each, %.1f ns each\n", (unsigned long long)t->done, t->seconds,
		t->seconds * 1e3 / (double)t->done, (double)t->insns / (double)t->done, t->seconds * 1e9 / (double)t->insns);
	for (i = 0; i < REACHED; i++)
		if (reached_names[i])
			printf("%8llu  %s\n", (unsigned long long)t->reached[i], reached_names[i]);
	printf("slowest:");
	for (i = 0; i < SLOWEST; i++)
		printf("  %llu %.2f s", (unsigned long long)t->slow[i].seed, t->slow[i].seconds);
	printf("\n");
	fflush(stdout);
}

// Batches, each in a child of its own, until time or count is up or too many fail.
static int
fuzz(u64 first, u64 count, double limit)
{
	double end = seconds(CLOCK_MONOTONIC) + limit, now;
	u64 last = first + count;
	int bad = 0;
	while (bad < 20 && first < last && (now = seconds(CLOCK_MONOTONIC)) < end) {
		struct job j = { first, min_u64(BATCH, last - first), FUZZ_INSNS, end - now, 0, HANG_SECONDS };
		bad += try_and_report(&j);
		first = g_tally->seed + 1;
		print_tally(g_tally);
	}
	if (g_tally->done > CHECK_SECTORS / 2 && !all_reached(g_tally, 1))
		bad++;
	printf("%llu boot sectors of %d instructions each, %d failed\n", (unsigned long long)g_tally->done, FUZZ_INSNS, bad);
	return bad;
}

static u64
number(const char *s, u64 otherwise)
{
	return s ? strtoull(s, 0, 0) : otherwise;
}

int
main(int argc, char **argv)
{
	int bad = 0;
	u64 some = (u64)time(0) << 20;
	const char *dir = getenv("TMPDIR");
	snprintf(g_image, sizeof g_image, "%s/blink-boot-%d.img", dir && strlen(dir) < 30 ? dir : "/tmp", (int)getpid());
	snprintf(g_err, sizeof g_err, "%s.err", g_image);
	g_tally = (struct tally *)mmap(0, sizeof *g_tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if ((void *)g_tally == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	if (argc > 2 && !strcmp(argv[1], "-s")) {
		bad = fuzz(number(argv[3], some), ~(u64)0 - some, atof(argv[2]));
	} else if (argc > 2 && !strcmp(argv[1], "-n")) {
		bad = fuzz(number(argv[3], some), number(argv[2], 0), 1e9);
	} else if (argc > 1 && strcmp(argv[1], "-v")) {
		run(number(argv[1], 0), number(argv[2], FUZZ_INSNS));
	} else {
		struct job j = { 1, CHECK_SECTORS, CHECK_INSNS, CHECK_SECONDS, 1, HANG_SECONDS };
		bad = try_and_report(&j) || !all_reached(g_tally, 1) || !plants_found();
		if (argc > 1)
			print_tally(g_tally);
	}
	unlink(g_image);
	unlink(g_err);
	return bad != 0;
}
