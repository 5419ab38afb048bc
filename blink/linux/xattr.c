// xattr.c: extended attributes (Linux fs/xattr.c).
#include "linux/file.h"
#include <stdlib.h>

enum how { BY_PATH, BY_LINK, BY_FD };
#define NUMBERS(path, link, fd) { HOST_NR(path), HOST_NR(link), HOST_NR(fd) }

// The file as the host's call wants it: a path or a descriptor.
static i64
subject(struct thread *t, struct gpath *p, u64 a, enum how how, long *arg)
{
	i64 r;
	if (how == BY_FD) {
		*arg = guest_fd(a);
		return fd_check((int)*arg);
	}
	r = guest_path(t, p, (u64)L_AT_FDCWD, a, how == BY_PATH);
	*arg = (long)(intptr_t)p->buf;
	return r;
}

static i64
get_name(struct thread *t, char *name, u64 gva)
{
	i64 n = mem_read_str(t->p->mem, name, gva, L_XATTR_NAME_MAX + 1);
	if (n < 0)
		return l_res(n) == -L_EFAULT ? -L_EFAULT : -L_ERANGE;
	return n ? 0 : -L_ERANGE;
}

static i64
set(struct thread *t, const u64 *a, enum how how)
{
	static const int nr[] = NUMBERS(setxattr, lsetxattr, fsetxattr);
	struct gpath p;
	char name[L_XATTR_NAME_MAX + 1];
	u8 *value = 0;
	long arg;
	i64 r;
	if ((u32)a[4] & ~(u32)(L_XATTR_CREATE | L_XATTR_REPLACE))
		return -L_EINVAL;
	r = get_name(t, name, a[1]);
	if (r)
		return r;
	if (a[3] > L_XATTR_SIZE_MAX)
		return -L_E2BIG;
	if (a[3]) {
		value = (u8 *)malloc((size_t)a[3]);
		if (!value)
			return -L_ENOMEM;
		r = copy_in(t, value, a[2], (size_t)a[3]);
	}
	if (!r)
		r = subject(t, &p, a[0], how, &arg);
	if (!r)
		r = l_res(host_call(nr[how], arg, (long)(intptr_t)name, (long)(intptr_t)value, (long)a[3], (long)(u32)a[4], 0));
	free(value);
	return r;
}

// getxattr, or listxattr if nr says so, whose arguments lack the name.
static i64
get(struct thread *t, const int *nr, const u64 *a, const char *name, enum how how, u64 buf, u64 size)
{
	struct gpath p;
	u8 *value = 0;
	long arg;
	i64 r = subject(t, &p, a[0], how, &arg);
	if (r)
		return r;
	if (size > L_XATTR_SIZE_MAX)
		size = L_XATTR_SIZE_MAX;
	if (size) {
		value = (u8 *)malloc((size_t)size);
		if (!value)
			return -L_ENOMEM;
	}
	if (name)
		r = host_call(nr[how], arg, (long)(intptr_t)name, (long)(intptr_t)value, (long)size, 0, 0);
	else
		r = host_call(nr[how], arg, (long)(intptr_t)value, (long)size, 0, 0, 0);
	r = l_res(r);
	if (r > 0 && size && copy_out(t, buf, value, (size_t)r))
		r = -L_EFAULT;
	free(value);
	return r;
}

static i64
get_named(struct thread *t, const u64 *a, enum how how)
{
	static const int nr[] = NUMBERS(getxattr, lgetxattr, fgetxattr);
	char name[L_XATTR_NAME_MAX + 1];
	i64 r = get_name(t, name, a[1]);
	return r ? r : get(t, nr, a, name, how, a[2], a[3]);
}

static i64
list(struct thread *t, const u64 *a, enum how how)
{
	static const int nr[] = NUMBERS(listxattr, llistxattr, flistxattr);
	return get(t, nr, a, 0, how, a[1], a[2]);
}

static i64
discard(struct thread *t, const u64 *a, enum how how)
{
	static const int nr[] = NUMBERS(removexattr, lremovexattr, fremovexattr);
	struct gpath p;
	char name[L_XATTR_NAME_MAX + 1];
	long arg;
	i64 r = get_name(t, name, a[1]);
	if (!r)
		r = subject(t, &p, a[0], how, &arg);
	return r ? r : l_res(host_call(nr[how], arg, (long)(intptr_t)name, 0, 0, 0, 0));
}

#define CALLS(verb, function) \
	i64 sys_##verb##xattr(struct thread *t, const u64 *a) { return function(t, a, BY_PATH); } \
	i64 sys_l##verb##xattr(struct thread *t, const u64 *a) { return function(t, a, BY_LINK); } \
	i64 sys_f##verb##xattr(struct thread *t, const u64 *a) { return function(t, a, BY_FD); }
CALLS(set, set)
CALLS(get, get_named)
CALLS(list, list)
CALLS(remove, discard)
