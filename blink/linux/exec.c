// exec.c: execve(2): a host execve of blink, see exec.h.
#include "linux/exec.h"
#include "linux/file.h"
#include "linux/syscall.h"
#include "host/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct options g_options;

enum { EXTRA_ENV = 3, PROGRAM_FD = 800 };
static const char g_marker[] = "BLINK_EXEC=";

char **
exec_receive(struct program *pg, char **argv, char **envp, struct why *why, int *err)
{
	char buf[L_PATH_MAX];
	static char level[4];
	int fd, argc, i, n;
	if (!envp[0] || strncmp(envp[0], g_marker, sizeof g_marker - 1))
		return 0;
	if (sscanf(envp[0] + sizeof g_marker - 1, "%d,%d,%d,%d,%d,%d,%u,%3s", &fd, &g_options.strace, &g_options.paged,
			&g_options.nojit, &g_options.stats, &g_options.root_pid, &g_options.personality, level) < 7 || !envp[1] || !envp[2])
		return 0;
	g_options.log_path = *envp[1] ? envp[1] : 0;
	g_options.cpu = level;
	isa_cpuid_cap(level);
	memset(pg, 0, sizeof *pg);
	for (argc = 0; argv[argc]; argc++)
		;
	pg->argv = (char **)calloc((size_t)argc + 1, sizeof *argv);
	pg->execfn = strdup(envp[2]);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	*err = pg->argv && pg->execfn ? image_read(&pg->im, fd, 0, why) : -L_ENOMEM;
	for (i = 0; i < argc && pg->argv; i++)
		pg->argv[i] = strdup(argv[i]);
	pg->argc = pg->argv ? argc : 0;
	n = host_fd_path(fd, buf, sizeof buf);
	pg->path = strdup(n > 0 ? buf : envp[2]);
	return envp + EXTRA_ENV;
}

static void
free_strings(char **v)
{
	size_t i;
	for (i = 0; v && v[i]; i++)
		free(v[i]);
	free(v);
}

// Copies an array of string pointers with `lead` free slots before them.
// Returns 0 or -L_Exxx; *room goes down by what Linux counts.
static i64
copy_strings(struct thread *t, u64 gva, int lead, char ***out, i64 *room)
{
	size_t n = 0, cap = 64;
	char *buf = (char *)malloc(L_ARG_MAX_STRING);
	char **v = (char **)calloc(cap + (size_t)lead, sizeof *v);
	i64 err = buf && v ? 0 : -L_ENOMEM;
	size_t pointer = t->ia32 ? 4 : 8;
	int i;
	for (i = 0; i < lead && !err; i++)
		if (!(v[i] = strdup("")))
			err = -L_ENOMEM;
	while (gva && !err) {
		u8 raw[8] = { 0 };
		i64 len;
		if ((err = copy_in(t, raw, gva + n * pointer, pointer)) || !ld64(raw))
			break;
		len = mem_read_str(t->p->mem, buf, ld64(raw), L_ARG_MAX_STRING);
		if (len < 0) {
			err = len == -ENAMETOOLONG ? -L_E2BIG : -L_EFAULT;
			break;
		}
		if ((*room -= len + 1 + (i64)pointer) < 0) {
			err = -L_E2BIG;
			break;
		}
		if (n + 1 >= cap) {
			char **w = (char **)realloc(v, (cap * 2 + (size_t)lead) * sizeof *v);
			if (!w) {
				err = -L_ENOMEM;
				break;
			}
			memset(w + cap + (size_t)lead, 0, cap * sizeof *w);
			v = w;
			cap *= 2;
		}
		if (!(v[(size_t)lead + n++] = strdup(buf)))
			err = -L_ENOMEM;
	}
	free(buf);
	*out = v;
	return err;
}

// What arguments and environment may take (Linux fs/exec.c)
static i64
argument_room(void)
{
	const u64 least = 131072, most = 6 << 20;
	struct rlimit rl;
	if (getrlimit(RLIMIT_STACK, &rl) || rl.rlim_cur / 4 >= most)
		return (i64)most;
	return (i64)max_u64(least, rl.rlim_cur / 4);
}

static int
set_string(char **slot, const char *s)
{
	free(*slot);
	*slot = strdup(s ? s : "");
	return *slot ? 0 : -L_ENOMEM;
}

static i64
hand_over(struct thread *t, struct program *pg, char **envp)
{
	const char *self = g_options.self ? g_options.self : host_self();
	char first[128];
	i64 err;
	int fd;
	if (!self)
		return -L_ENOSYS;
	if ((err = host_exec_check(pg->im.fd)))
		return l_err((int)-err);
	fd = fcntl(pg->im.fd, F_DUPFD, PROGRAM_FD);
	if (fd < 0)
		fd = fcntl(pg->im.fd, F_DUPFD, 10);
	if (fd < 0)
		return l_err(errno);
	snprintf(first, sizeof first, "%s%d,%d,%d,%d,%d,%d,%u,%s", g_marker, fd, g_options.strace, g_options.paged,
		g_options.nojit, g_options.stats, g_options.root_pid ? g_options.root_pid : (int)getpid(), g_options.personality, g_options.cpu ? g_options.cpu : "");
	if (set_string(envp, first) || set_string(envp + 1, g_options.log_path) || set_string(envp + 2, pg->execfn)) {
		close(fd);
		return -L_ENOMEM;
	}
	if (g_options.strace)
		strace_succeeds(t);
	err = linux_execve(t, self, pg->argv, envp);
	close(fd);
	// blink itself is emulated.
	if (err == -L_ENOEXEC)
		log_msg("cannot execute %s again: binfmt_misc must know its kind", self);
	return err;
}

// All that an execve allocates. A child of vfork leaves it behind in memory
// that it shares with its parent, which frees it then.
struct exec {
	struct program pg;
	char **argv, **envp;
};

void
linux_exec_forget(struct thread *t)
{
	struct exec *x = t->exec;
	t->exec = 0;
	if (!x)
		return;
	if (t != t_self)
		x->pg.im.fd = -1;  // was another process's descriptor
	program_free(&x->pg);
	free_strings(x->argv);
	free_strings(x->envp);
	free(x);
}

static i64
do_exec(struct thread *t, u64 dirfd, u64 path_gva, u64 argv_gva, u64 envp_gva, int flags)
{
	struct exec *x;
	struct why why = { "" };
	struct gpath path;
	char given[L_PATH_MAX], one[1];
	i64 err, room = argument_room();
	if (flags & ~(L_AT_EMPTY_PATH | L_AT_SYMLINK_NOFOLLOW))
		return -L_EINVAL;
	if ((err = guest_path_empty(t, &path, dirfd, path_gva, 0, flags & L_AT_EMPTY_PATH)))
		return err;
	memcpy(given, path.buf, sizeof given);
	if (!(flags & L_AT_SYMLINK_NOFOLLOW))
		proc_link(t, given, path.buf, sizeof path.buf);
	if ((flags & L_AT_SYMLINK_NOFOLLOW) && path.buf[0] && readlinkat(path.dirfd, path.buf, one, 1) >= 0)
		return -L_ELOOP;
	t->exec = x = (struct exec *)calloc(1, sizeof *x);
	if (!x)
		return -L_ENOMEM;
	x->pg.im.fd = -1;
	// The file's own errors come first, then those of the arguments, then
	// those of its format.
	if (path.buf[0] && faccessat(path.dirfd, path.buf, F_OK, 0) < 0)
		err = l_err(errno);
	if (!err)
		err = copy_strings(t, argv_gva, 0, &x->argv, &room);
	if (!err)
		err = copy_strings(t, envp_gva, EXTRA_ENV, &x->envp, &room);
	if (!err)
		err = program_find(&x->pg, path.dirfd, path.buf, given, x->argv, 0, &why);
	if (!err)
		err = hand_over(t, &x->pg, x->envp);
	linux_exec_forget(t);
	return err;
}

i64
sys_execve(struct thread *t, const u64 *a)
{
	return do_exec(t, (u64)L_AT_FDCWD, a[0], a[1], a[2], 0);
}

i64
sys_execveat(struct thread *t, const u64 *a)
{
	return do_exec(t, a[0], a[1], a[2], a[3], (int)a[4]);
}
