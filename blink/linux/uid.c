// uid.c: who the process is (Linux kernel/sys.c, kernel/groups.c,
// kernel/capability.c).
//
// Identities are per thread in the kernel and libc makes them agree; so the
// host is asked without its libc, or it would do so a second time.
#include "linux/file.h"
#include <stdlib.h>
#include <unistd.h>

#define ID_CALL(name, n) \
	i64 sys_##name(struct thread *t, const u64 *a) \
	{ \
		return l_res(host_call(HOST_NR_ID(name), (long)(u32)a[0], n > 1 ? (long)(u32)a[1] : 0, n > 2 ? (long)(u32)a[2] : 0, 0, 0, 0)); \
	}
ID_CALL(getuid, 0)
ID_CALL(geteuid, 0)
ID_CALL(getgid, 0)
ID_CALL(getegid, 0)
ID_CALL(setuid, 1)
ID_CALL(setgid, 1)
ID_CALL(setfsuid, 1)
ID_CALL(setfsgid, 1)
ID_CALL(setreuid, 2)
ID_CALL(setregid, 2)
ID_CALL(setresuid, 3)
ID_CALL(setresgid, 3)

static i64
put_three(struct thread *t, const u64 *a, const u32 *id)
{
	u8 b[4];
	int i;
	for (i = 0; i < 3; i++) {
		st32(b, id[i]);
		if (copy_out(t, a[i], b, 4))
			return -L_EFAULT;
	}
	return 0;
}

i64
sys_getresuid(struct thread *t, const u64 *a)
{
	u32 id[3];
	i64 r = l_res(host_call(HOST_NR_ID(getresuid), (long)(intptr_t)id, (long)(intptr_t)(id + 1), (long)(intptr_t)(id + 2), 0, 0, 0));
	return r ? r : put_three(t, a, id);
}

i64
sys_getresgid(struct thread *t, const u64 *a)
{
	u32 id[3];
	i64 r = l_res(host_call(HOST_NR_ID(getresgid), (long)(intptr_t)id, (long)(intptr_t)(id + 1), (long)(intptr_t)(id + 2), 0, 0, 0));
	return r ? r : put_three(t, a, id);
}

enum { GROUPS_MAX = 65536 };

i64
sys_getgroups(struct thread *t, const u64 *a)
{
	u32 *id;
	i64 r = l_res(host_call(HOST_NR_ID(getgroups), 0, 0, 0, 0, 0, 0)), i;
	if ((i32)a[0] < 0)
		return -L_EINVAL;
	if (r <= 0 || !(i32)a[0])
		return r;
	if (r > (i32)a[0])
		return -L_EINVAL;
	id = (u32 *)malloc((size_t)r * 4);
	if (!id)
		return -L_ENOMEM;
	r = l_res(host_call(HOST_NR_ID(getgroups), (long)r, (long)(intptr_t)id, 0, 0, 0, 0));
	for (i = 0; i < r; i++)
		le_fields(id + i, "4");
	if (r > 0 && copy_out(t, a[1], id, (size_t)r * 4))
		r = -L_EFAULT;
	free(id);
	return r;
}

i64
sys_setgroups(struct thread *t, const u64 *a)
{
	u32 n = (u32)a[0], i;
	u32 *id;
	i64 r;
	// EPERM comes before all else: setting too many asks without changing.
	r = l_res(host_call(HOST_NR_ID(setgroups), GROUPS_MAX + 1, 0, 0, 0, 0, 0));
	if (r != -L_EINVAL)
		return r;
	if (n > GROUPS_MAX)
		return -L_EINVAL;
	id = (u32 *)malloc(n ? n * 4 : 1);
	if (!id)
		return -L_ENOMEM;
	r = n ? copy_in(t, id, a[1], n * 4) : 0;
	for (i = 0; i < n; i++)
		le_fields(id + i, "4");
	if (!r)
		r = l_res(host_call(HOST_NR_ID(setgroups), (long)n, (long)(intptr_t)id, 0, 0, 0, 0));
	free(id);
	return r;
}

// Header and up to two data blocks; the version says how many.
static i64
cap(struct thread *t, const u64 *a, int set)
{
	enum { VERSION_1 = 0x19980330, VERSION_2 = 0x20071026, VERSION_3 = 0x20080522 };
	u8 hdr[8], data[24];
	u32 version;
	size_t n;
	i64 r;
	if (copy_in(t, hdr, a[0], sizeof hdr))
		return -L_EFAULT;
	version = ld32(hdr);
	n = version == VERSION_1 ? 12 : version == VERSION_2 || version == VERSION_3 ? 24 : 0;
	if (set && n && copy_in(t, data, a[1], n))
		return -L_EFAULT;
	le_fields(hdr, "44");
	le_fields(data, "444444");
	if (set)
		r = HOST_CALL2(capset, hdr, data);
	else
		r = HOST_CALL2(capget, hdr, a[1] ? data : 0);
	le_fields(hdr, "44");
	le_fields(data, "444444");
	// An unknown version is answered with the preferred one.
	if (!n && copy_out(t, a[0], hdr, 4))
		return -L_EFAULT;
	if (!r && !set && n && a[1] && copy_out(t, a[1], data, n))
		return -L_EFAULT;
	return l_res(r);
}

i64
sys_capget(struct thread *t, const u64 *a)
{
	return cap(t, a, 0);
}

i64
sys_capset(struct thread *t, const u64 *a)
{
	return cap(t, a, 1);
}
