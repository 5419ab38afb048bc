// blink.c: the command line.
#include "base/log.h"
#include "host/host.h"
#include "host/proc.h"
#include "linux/exec.h"
#include "vm/machine.h"
#include "vm/vm.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef BLINK_VERSION
#define BLINK_VERSION "0.1"
#endif

enum { EXIT_USAGE = 64, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

static const char g_usage[] =
	"usage: blink [-hvsmj0Z] [-L PATH] PROGRAM [ARG...]\n"
	"runs an x86-64 Linux program\n"
	"\n"
	"  -h       this help\n"
	"  -v       version and build facts\n"
	"  -s       log system calls; twice: also at entry of those that block\n"
	"  -L PATH  write logs to PATH instead of standard error\n"
	"  -0       the first ARG is argv[0] of the program\n"
	"  -m       paged memory: the program cannot reach blink's own memory\n"
	"  -j       no JIT\n"
	"  -Z       statistics at exit\n";

extern char **environ;

static void
print_usage(FILE *f)
{
	fputs(g_usage, f);
	fputs(machine_usage, f);
}

static void
print_version(void)
{
	printf("blink %s\n%s, %d-bit %s-endian host, %s memory, interpreter"
#ifdef TINY
		", tiny"
#endif
#ifdef MEAN
		", mean limits"
#endif
#ifndef NDEBUG
		", assertions"
#endif
		"\ncompiled by "
#ifdef __clang__
		"%s\n",
#else
		"gcc %s\n",
#endif
		BLINK_VERSION,
#if defined(__linux__)
		"Linux",
#elif defined(__APPLE__)
		"macOS",
#else
		"POSIX",
#endif
		(int)sizeof(void *) * 8, HOST_LITTLE ? "little" : "big",
#if LINEAR_POSSIBLE && !defined(MEM_DEFAULT_PAGED)
		host_page_size() == PAGE_SIZE_GUEST ? "linear" : "paged",
#else
		"paged",
#endif
		__VERSION__);
}

static int
env_number(const char *name)
{
	const char *s = getenv(name);
	return s ? (*s ? atoi(s) : 1) : 0;
}

static void
options_from_env(void)
{
	g_options.strace = env_number("BLINK_STRACE");
	g_options.paged = env_number("BLINK_PAGED");
	g_options.nojit = env_number("BLINK_NOJIT");
	g_options.stats = env_number("BLINK_STATS");
	g_options.log_path = getenv("BLINK_LOG");
	g_options.cpu = getenv("BLINK_CPU") ? strdup(getenv("BLINK_CPU")) : 0;
	if (isa_cpuid_cap(g_options.cpu)) {
		fputs("blink: BLINK_CPU is none of v1, v2, v3 and max\n", stderr);
		exit(EXIT_USAGE);
	}
}

// Paths that must still be right when the guest has changed its directory, and
// its arguments are where ours were.
static void
options_settle(const char *self)
{
	static char path[2 * L_PATH_MAX];
	const char *log = g_options.log_path;
	size_t n = 0;
	if (log && *log) {
		if (*log != '/' && getcwd(path, L_PATH_MAX)) {
			n = strlen(path);
			path[n++] = '/';
		}
		snprintf(path + n, sizeof path - n, "%s", log);
		g_options.log_path = path;
	}
#ifndef __linux__
	if (strchr(self, '/'))
		g_options.self = realpath(self, 0);
#else
	(void)self;
#endif
	log_open(g_options.log_path);
}

// The path of program `name` as a shell would find it: malloc'd; 0 if nowhere.
static char *
search_path(const char *name)
{
	const char *path = getenv("PATH"), *end;
	char *found = 0, *denied = 0;
	struct stat st;
	if (!path)
		path = "/usr/local/bin:/usr/bin:/bin";
	for (;; path = end + 1) {
		size_t n;
		end = strchr(path, ':');
		if (!end)
			end = path + strlen(path);
		n = (size_t)(end - path);
		found = (char *)malloc(n + strlen(name) + 3);
		if (!found)
			break;
		sprintf(found, "%.*s%s%s", (int)n, path, n ? "/" : "./", name);
		if (!stat(found, &st) && S_ISREG(st.st_mode)) {
			if (!access(found, X_OK))
				break;
			if (!denied) {
				denied = found;
				found = 0;
			}
		}
		free(found);
		found = 0;
		if (!*end)
			break;
	}
	if (found) {
		free(denied);
		return found;
	}
	return denied;
}

static int
refuse(const char *program, int err, const struct why *why)
{
	log_msg("%s: %s", program, why->text[0] ? why->text : "cannot be run");
	return err == -L_ENOENT || err == -L_ENOTDIR ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

static int
start(struct program *pg, char **envp, struct why *why)
{
	struct thread *t;
	int err = vm_boot(pg, envp, &t, why);
	if (err)
		return err;
	program_free(pg);
	vm_run(t);
}

int
main(int argc, char **argv)
{
	static struct program pg;
	struct why why = { "" };
	static char *program, *path;  // live as long as the process
	char **envp, **args;
	struct pc_options pc;
	int opt, boot = 0, only_program = 0, only_pc = 0, zero = 0, err = 0, flat;
	size_t n;
	machine_reset(&pc);
	if ((envp = exec_receive(&pg, argv, environ, &why, &err))) {
		log_open(g_options.log_path);
		if (!err)
			err = start(&pg, envp, &why);
		refuse(pg.execfn, err, &why);
		signal(SIGSEGV, SIG_DFL);  // what the kernel does this late in execve
		raise(SIGSEGV);
		return EXIT_CANNOT_RUN;
	}
	options_from_env();
	while ((opt = getopt(argc, argv, "+hvsmj0ZL:" MACHINE_FLAGS)) != -1) {
		switch (opt) {
		case 'h':
			print_usage(stdout);
			return fflush(stdout) ? 1 : 0;
		case 'v':
			print_version();
			return fflush(stdout) ? 1 : 0;
		case 's': g_options.strace++; only_program = opt; break;
		case 'm': g_options.paged = 1; break;
		case 'j': g_options.nojit = 1; break;
		case 'Z': g_options.stats = 1; break;
		case '0': zero = 1; only_program = opt; break;
		case 'L': g_options.log_path = optarg; break;
		default:
			if ((err = machine_flag(&pc, opt)) < 0) {
				print_usage(stderr);
				return EXIT_USAGE;
			}
			boot |= err;
			only_pc = err ? only_pc : opt;
		}
	}
	options_settle(argv[0]);
	if (optind >= argc) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (boot || only_pc)
		return machine_main(&pc, argv, boot, boot ? only_program : only_pc, g_options.stats);
	program = strdup(argv[optind]);
	args = argv + optind + zero;
	path = strchr(program, '/') ? program : search_path(program);
	if (!path) {
		log_msg("%s: not found on $PATH", program);
		return EXIT_NOT_FOUND;
	}
	n = strlen(path);
	flat = n > 4 && !strcmp(path + n - 4, ".bin");
	if (!args[0])
		args = argv + optind;
	err = program_find(&pg, AT_FDCWD, path, path, args, flat, &why);
	if (err) {
		if (path != program)
			free(path);
		return refuse(program, err, &why);
	}
	host_set_cmdline(argv, (int)(args - argv));
	err = start(&pg, environ, &why);
	return refuse(program, err, &why);
}
