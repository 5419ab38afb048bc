// timeit.c: timeit [-c] ROUNDS COMMAND... [, COMMAND...]...: runs the commands
// (separated by a lone comma) in turn, ROUNDS times, output discarded, and
// prints the median wall time of each in milliseconds, on one line; with -c
// the processor time, which other load on the machine disturbs less. A
// command that fails prints `-`.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COMMANDS = 16, MAX_ROUNDS = 1001 };

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int processor_time;

static double
once(char **argv)
{
	struct rusage use;
	int status;
	double start = now();
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid || !WIFEXITED(status) || WEXITSTATUS(status))
		return -1;
	if (processor_time)
		return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
	return now() - start;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	static double times[MAX_COMMANDS][MAX_ROUNDS];
	char **commands[MAX_COMMANDS];
	int n = 0, rounds;
	if (argc > 1 && strcmp(argv[1], "-c") == 0) {
		processor_time = 1;
		--argc;
		++argv;
	}
	rounds = argc > 2 ? atoi(argv[1]) : 0;
	if (rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: timeit [-c] ROUNDS COMMAND... [, COMMAND...]...\n");
		return 2;
	}
	commands[n++] = argv + 2;
	for (int i = 2; i < argc; ++i) {
		if (strcmp(argv[i], ",") == 0 && n < MAX_COMMANDS) {
			argv[i] = 0;
			commands[n++] = argv + i + 1;
		}
	}
	for (int r = 0; r < rounds; ++r)
		for (int i = 0; i < n; ++i)
			times[i][r] = once(commands[i]);
	for (int i = 0; i < n; ++i) {
		qsort(times[i], (size_t)rounds, sizeof times[i][0], by_value);
		if (times[i][0] < 0)
			printf("- ");
		else
			printf("%.3f ", times[i][rounds / 2]);
	}
	printf("\n");
	return 0;
}
