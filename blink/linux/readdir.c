// readdir.c: directory entries (Linux fs/readdir.c).
#include "linux/file.h"
#include <errno.h>
#include <stdlib.h>

// Linux's own records in the host's byte order, as getdents64 gives them.
enum { D_INO = 0, D_OFF = 8, D_RECLEN = 16, D_TYPE = 18, D_NAME = 19 };

static i64
do_getdents(struct thread *t, const u64 *a, int old)
{
	size_t size = (size_t)min_u64((u32)a[2], 32768);
	int fd = guest_fd(a[0]);
	u8 *buf = (u8 *)malloc(size + 1);
	i64 r, at;
	if (!buf)
		return -L_ENOMEM;
	r = l_res(HOST_CALL3(getdents64, fd, buf, size));
	for (at = 0; at < r;) {
		u8 *d = buf + at;
		u16 len;
		memcpy(&len, d + D_RECLEN, 2);
		le_fields(d, "882");
		if (old) {
			// The old record has the type in its last byte; both round to the same length.
			u8 type = d[D_TYPE];
			memmove(d + D_TYPE, d + D_NAME, (size_t)len - D_NAME);
			d[len - 1] = type;
		}
		at += len;
	}
	if (r > 0 && copy_out(t, a[1], buf, (size_t)r))
		r = -L_EFAULT;
	free(buf);
	return r;
}

i64
sys_getdents(struct thread *t, const u64 *a)
{
	return do_getdents(t, a, 1);
}

i64
sys_getdents64(struct thread *t, const u64 *a)
{
	return do_getdents(t, a, 0);
}
