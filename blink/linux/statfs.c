// statfs.c: what file systems are (Linux fs/statfs.c).
#include "linux/file.h"

static i64
put_statfs(struct thread *t, u64 gva, const char *path, int fd)
{
	struct host_statfs h;
	struct l_statfs l;
	int r = host_statfs(path, fd, &h);
	if (r)
		return l_res(r);
	memset(&l, 0, sizeof l);
	L_PUT(l.type, h.type);
	L_PUT(l.bsize, h.bsize);
	L_PUT(l.blocks, h.blocks);
	L_PUT(l.bfree, h.bfree);
	L_PUT(l.bavail, h.bavail);
	L_PUT(l.files, h.files);
	L_PUT(l.ffree, h.ffree);
	L_PUT(l.fsid, h.fsid);
	L_PUT(l.namelen, h.namelen);
	L_PUT(l.frsize, h.frsize);
	L_PUT(l.flags, h.flags);
	return copy_out(t, gva, &l, sizeof l);
}

i64
sys_statfs(struct thread *t, const u64 *a)
{
	struct gpath p;
	i64 r = guest_path(t, &p, (u64)L_AT_FDCWD, a[0], 1);
	return r ? r : put_statfs(t, a[1], p.buf, -1);
}

i64
sys_fstatfs(struct thread *t, const u64 *a)
{
	return put_statfs(t, a[1], 0, guest_fd(a[0]));
}
