// image.c: opens program files and follows `#!` lines as Linux fs/exec.c and
// fs/binfmt_script.c do.
#include "linux/image.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRIPT_HEAD = 256, SCRIPT_DEPTH = 5, ELF_MAGIC = 0x464c457f };

void
image_close(struct image *im)
{
	if (im->fd >= 0)
		close(im->fd);
	free(im->seg);
	free(im->interp);
	im->fd = -1;
	im->seg = 0;
	im->interp = 0;
}

static int
may_execute(const struct stat *st)
{
	unsigned bit = 01;
	gid_t groups[64];
	int i, n;
	uid_t uid;
	if ((st->st_mode & 0111) == 0111)
		return 1;
	uid = geteuid();
	if (!uid)
		return (st->st_mode & 0111) != 0;
	if (st->st_uid == uid)
		return (st->st_mode & 0100) != 0;
	if (st->st_gid == getegid())
		bit = 010;
	n = getgroups(COUNTOF(groups), groups);
	for (i = 0; i < n; i++)
		if (groups[i] == st->st_gid)
			bit = 010;
	return (st->st_mode & bit) != 0;
}

int
image_open(struct image *im, int dirfd, const char *path, struct why *why)
{
	int fd;
	im->fd = -1;
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		int err = errno == ENXIO ? EACCES : errno;  // a socket or a FIFO
		return why_set(why, (int)l_err(err), "%s", strerror(err));
	}
	im->fd = fd;
	return 0;
}

int
image_read(struct image *im, int fd, int flat, struct why *why)
{
	u8 ehdr[ELF_EHDR_SIZE];
	struct stat st;
	ssize_t n;
	im->fd = fd;
	if (fstat(fd, &st) < 0)
		return (int)l_err(errno);
	if (!S_ISREG(st.st_mode))
		return why_set(why, -L_EACCES, S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
	if (!flat && !may_execute(&st))
		return why_set(why, -L_EACCES, "is not executable");
	im->size = (u64)st.st_size;
	im->st = st;
	n = pread(fd, im->head, HEAD_SIZE, 0);
	if (n < 0)
		return why_set(why, (int)l_err(errno), "cannot be read: %s", strerror(errno));
	im->nhead = (size_t)n;
	memset(im->head + n, 0, HEAD_SIZE - (size_t)n);
	if (n >= 4 && ld32(im->head) == ELF_MAGIC) {
		im->kind = IMAGE_ELF;
		if (n < ELF_EHDR_SIZE)
			return why_set(why, -L_ENOEXEC, "truncated: the ELF header has only %d of 64 bytes", (int)n);
		return elf_parse(im, im->head, why);
	}
	if (is_ape(im->head, im->nhead)) {
		im->kind = IMAGE_APE;
		if (!ape_find_elf(im->head, im->nhead, ehdr))
			return why_set(why, -L_ENOEXEC, "is an Actually Portable Executable without x86-64 ELF header in its first 8192 bytes");
		return elf_parse(im, ehdr, why);
	}
	if (im->head[0] == '#' && im->head[1] == '!') {
		im->kind = IMAGE_SCRIPT;
		return 0;
	}
	if (flat && im->size) {
		im->kind = IMAGE_FLAT;
		im->entry = 0x400000;
		return 0;
	}
	return why_set(why, -L_ENOEXEC, im->size ? "is no ELF program, Actually Portable Executable, script or .bin file" : "is an empty file");
}

static int
is_blank(u8 c)
{
	return c == ' ' || c == '\t';
}

// The interpreter and its one optional argument out of a script's first line;
// NUL-terminates them in buf (SCRIPT_HEAD bytes).
static int
parse_script(u8 *buf, char **name, char **arg)
{
	u8 *limit = buf + SCRIPT_HEAD - 1, *end = (u8 *)memchr(buf, '\n', SCRIPT_HEAD), *s = buf + 2, *sep;
	if (!end) {
		for (end = s; end < limit && is_blank(*end); end++)
			;
		if (end == limit)
			return -L_ENOEXEC;
		for (; end < limit && *end && !is_blank(*end); end++)
			;
		if (end == limit)
			return -L_ENOEXEC;  // the interpreter's path may be cut off
		end = limit;
	}
	while (end > s && is_blank(end[-1]))
		end--;
	while (s < end && is_blank(*s))
		s++;
	if (s == end)
		return -L_ENOEXEC;
	*end = 0;
	*name = (char *)s;
	*arg = 0;
	for (sep = s; *sep && !is_blank(*sep); sep++)
		;
	if (*sep) {
		*sep++ = 0;
		while (is_blank(*sep))
			sep++;
		*arg = (char *)sep;
	}
	return **name ? 0 : -L_ENOEXEC;
}

// argv = name, [arg], path, argv[1]...
static int
prepend(struct program *pg, const char *name, const char *arg, const char *path)
{
	int extra = arg ? 2 : 1, i, drop = pg->argc > 0;
	char **v = (char **)calloc((size_t)pg->argc + 4, sizeof *v);
	if (!v)
		return -L_ENOMEM;
	v[0] = strdup(name);
	if (arg)
		v[1] = strdup(arg);
	v[extra] = strdup(path);
	for (i = drop; i < pg->argc; i++)
		v[extra + 1 + i - drop] = pg->argv[i];
	if (drop)
		free(pg->argv[0]);
	free(pg->argv);
	pg->argv = v;
	pg->argc = pg->argc - drop + extra + 1;
	return v[0] && v[extra] ? 0 : -L_ENOMEM;
}

void
program_free(struct program *pg)
{
	int i;
	image_close(&pg->im);
	free(pg->execfn);
	free(pg->path);
	for (i = 0; i < pg->argc; i++)
		free(pg->argv[i]);
	free(pg->argv);
	memset(pg, 0, sizeof *pg);
	pg->im.fd = -1;
}

static int
set_path(struct program *pg, const char *fallback)
{
	char buf[L_PATH_MAX];
	int n = host_fd_path(pg->im.fd, buf, sizeof buf);
	pg->path = strdup(n > 0 ? buf : fallback);
	return pg->path ? 0 : -L_ENOMEM;
}

// The trouble is not with the file that was named but with its interpreter.
static int
blame(struct why *why, const char *interpreter, int err)
{
	struct why inner = *why;
	if (interpreter)
		snprintf(why->text, sizeof why->text, "#! interpreter %.100s: %.100s", interpreter, inner.text);
	return err;
}

static int
copy_args(struct program *pg, char **argv)
{
	int n = 0;
	while (argv[n])
		n++;
	pg->argv = (char **)calloc((size_t)n + 2, sizeof *pg->argv);
	if (!pg->argv)
		return -L_ENOMEM;
	// An empty argv becomes one empty string (Linux fs/exec.c)
	for (pg->argc = 0; pg->argc < (n ? n : 1); pg->argc++)
		if (!(pg->argv[pg->argc] = strdup(n ? argv[pg->argc] : "")))
			return -L_ENOMEM;
	return 0;
}

int
program_find(struct program *pg, int dirfd, const char *path, const char *given, char **argv, int flat, struct why *why)
{
	char at[64 + L_PATH_MAX], *name = 0, *arg;
	int depth, err, fd = -1;
	memset(pg, 0, sizeof *pg);
	pg->im.fd = -1;
	if (!*path && dirfd != AT_FDCWD) {
		// execveat with AT_EMPTY_PATH
		snprintf(at, sizeof at, "/dev/fd/%d", dirfd);
		if ((fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3)) < 0)
			return (int)l_err(errno);
	} else if (*path == '/' || dirfd == AT_FDCWD) {
		snprintf(at, sizeof at, "%s", given);
	} else {
		snprintf(at, sizeof at, "/dev/fd/%d/%s", dirfd, given);
	}
	if (!(pg->execfn = strdup(at)) || copy_args(pg, argv)) {
		if (fd >= 0)
			close(fd);
		return -L_ENOMEM;
	}
	for (depth = 0;; depth++) {
		if (depth > SCRIPT_DEPTH)
			return why_set(why, -L_ELOOP, "too many nested #! interpreters");
		if (fd < 0) {
			err = image_open(&pg->im, name ? AT_FDCWD : dirfd, name ? name : path, why);
			if (err)
				return blame(why, name, err);
			fd = pg->im.fd;
		}
		err = image_read(&pg->im, fd, flat && !name, why);
		if (err)
			return blame(why, name, err);
		if (pg->im.kind != IMAGE_SCRIPT)
			return set_path(pg, name ? name : at);
		if (!name && !*path && (fcntl(dirfd, F_GETFD) & FD_CLOEXEC))
			return -L_ENOENT;  // the interpreter could not open it
		pg->im.head[SCRIPT_HEAD - 1] = 0;
		if ((err = parse_script(pg->im.head, &name, &arg)))
			return why_set(why, err, "has no interpreter behind #!");
		if ((err = prepend(pg, name, arg, at)))
			return err;
		snprintf(at, sizeof at, "%s", name);
		name = at;
		image_close(&pg->im);
		fd = -1;
		snprintf(why->text, sizeof why->text, "%s", "");
	}
}
