// uid.c: who the process is (Linux kernel/sys.c, kernel/groups.c,
// kernel/capability.c).
//
// Identities are per thread in the kernel and libc makes them agree; so the
// host is asked without its libc, or it would do so a second time.
#include "linux/pass.h"
#include <stdlib.h>

#define ID_PASS(name, kinds) pass(t, a, HOST_NR_ID(name), kinds)

i64
sys_getuid(struct thread *t, const u64 *a)
{
	return ID_PASS(getuid, "");
}

i64
sys_geteuid(struct thread *t, const u64 *a)
{
	return ID_PASS(geteuid, "");
}

i64
sys_getgid(struct thread *t, const u64 *a)
{
	return ID_PASS(getgid, "");
}

i64
sys_getegid(struct thread *t, const u64 *a)
{
	return ID_PASS(getegid, "");
}

i64
sys_setuid(struct thread *t, const u64 *a)
{
	return ID_PASS(setuid, "i");
}

i64
sys_setgid(struct thread *t, const u64 *a)
{
	return ID_PASS(setgid, "i");
}

i64
sys_setfsuid(struct thread *t, const u64 *a)
{
	return ID_PASS(setfsuid, "i");
}

i64
sys_setfsgid(struct thread *t, const u64 *a)
{
	return ID_PASS(setfsgid, "i");
}

i64
sys_setreuid(struct thread *t, const u64 *a)
{
	return ID_PASS(setreuid, "ii");
}

i64
sys_setregid(struct thread *t, const u64 *a)
{
	return ID_PASS(setregid, "ii");
}

i64
sys_setresuid(struct thread *t, const u64 *a)
{
	return ID_PASS(setresuid, "iii");
}

i64
sys_setresgid(struct thread *t, const u64 *a)
{
	return ID_PASS(setresgid, "iii");
}

i64
sys_getresuid(struct thread *t, const u64 *a)
{
	return ID_PASS(getresuid, "[4][4][4]");
}

i64
sys_getresgid(struct thread *t, const u64 *a)
{
	return ID_PASS(getresgid, "[4][4][4]");
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

SYS_PASS(sys_capget, capget, "{44}[444444]")
SYS_PASS(sys_capset, capset, "{44}(444444)")
