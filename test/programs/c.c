// c.c: what a hosted C program does: printf of floats and long doubles,
// malloc, qsort, threads, signals, setjmp, sub-processes. Deterministic.
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter, atomic_counter;
static int turn;
static __thread int mine = 5;

static void *
worker(void *arg)
{
	long id = (long)arg;
	for (int i = 0; i < 3000; ++i) {
		pthread_mutex_lock(&lock);
		counter += id;
		pthread_mutex_unlock(&lock);
		__atomic_add_fetch(&atomic_counter, 1, __ATOMIC_SEQ_CST);
	}
	mine += (int)id;
	pthread_mutex_lock(&lock);
	while (turn != id)
		pthread_cond_wait(&cond, &lock);
	printf("thread %ld in turn, tls %d\n", id, mine);
	++turn;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&lock);
	return (void *)(id * id);
}

static sigjmp_buf jump;
static volatile sig_atomic_t hits;

static void
on_signal(int sig, siginfo_t *info, void *context)
{
	(void)context;
	++hits;
	if (sig == SIGSEGV || sig == SIGFPE)
		siglongjmp(jump, info->si_code);
}

static int
by_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	double v[200];
	pthread_t threads[6];
	struct sigaction sa;
	volatile int zero = 0;
	jmp_buf plain;
	int n, fds[2], status;
	char buf[64];
	pid_t pid;

	printf("argc %d, argv[1] %s\n", argc, argc > 1 ? argv[1] : "-");
	printf("%f %e %g %a %.20f\n", 3.14159, 1e-300, 123456789.0, 0.1, 1.0 / 3);
	printf("%Lf %Le %Lg %La\n", 3.14159L, 1e-4000L, 1.0L / 3, 0.1L);
	printf("%.10g %.10g %.10g %.10g\n", sin(1), exp(2), pow(2.5, 3.5), atan2(1, 3));
	printf("%.18Lg %.18Lg %.18Lg\n", sinl(1), expl(2), sqrtl(2));
	printf("%g %g %g %g\n", strtod("1e309", 0), strtod("nan", 0), strtod("0x1.8p3", 0), -0.0);
	printf("%d %lld %x %o %c %5s|%-5s|\n", -1, 1LL << 62, 255, 8, 'x', "ab", "cd");
	for (int i = 0; i < 200; ++i)
		v[i] = fmod(i * 37.7, 19.3);
	qsort(v, 200, sizeof *v, by_double);
	printf("%.6f %.6f %.6f\n", v[0], v[100], v[199]);

	size_t sum = 0;
	for (int i = 1; i < 400; ++i) {
		char *p = (char *)malloc((size_t)i * 997);
		memset(p, i, (size_t)i * 997);
		p = (char *)realloc(p, (size_t)i * 1500);
		sum += (unsigned char)p[i];
		if (i % 3)
			free(p);
	}
	printf("malloc %zu\n", sum);

	for (long i = 0; i < 6; ++i)
		pthread_create(&threads[i], 0, worker, (void *)i);
	for (int i = 0; i < 6; ++i) {
		void *r;
		pthread_join(threads[i], &r);
		sum += (size_t)r;
	}
	printf("joined %zu, counters %ld %ld\n", sum, counter, atomic_counter);

	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = on_signal;
	sa.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigaction(SIGSEGV, &sa, 0);
	sigaction(SIGFPE, &sa, 0);
	sigaction(SIGUSR1, &sa, 0);
	raise(SIGUSR1);
	if ((n = sigsetjmp(jump, 1)) == 0)
		*(volatile int *)16 = 1;
	printf("SEGV code %d\n", n);
	if ((n = sigsetjmp(jump, 1)) == 0)
		printf("%d\n", 1 / zero);
	printf("FPE code %d\n", n);
	char *page = (char *)mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if ((n = sigsetjmp(jump, 1)) == 0)
		page[5] = 1;
	printf("SEGV code %d, hits %d\n", n, (int)hits);
	if ((n = setjmp(plain)) < 3)
		longjmp(plain, n + 1);
	printf("setjmp %d\n", n);

	if (pipe(fds))
		return 9;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dprintf(fds[1], "child of mine");
		_exit(17);
	}
	n = (int)read(fds[0], buf, sizeof buf);
	waitpid(pid, &status, 0);
	printf("%.*s, %d\n", n, buf, WEXITSTATUS(status));
	printf("system %d\n", WEXITSTATUS(system("exit 4")));
	struct timespec t = { 0, 1000000 };
	printf("nanosleep %d\n", nanosleep(&t, 0));
	errno = 0;
	printf("open %d %s\n", (int)(fopen("/nonexistent/x", "r") != 0), strerror(errno));
	return 42;
}
