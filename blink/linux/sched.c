// sched.c: processors, priorities and policies (Linux kernel/sched/syscalls.c,
// block/ioprio.c).
#include "linux/file.h"
#include <errno.h>
#include <sched.h>

i64
sys_sched_yield(struct thread *t, const u64 *a)
{
	return l_ret(sched_yield());
}

// Processor masks are arrays of 64-bit words; the host's of its long.
enum { MASK_MAX = 1024 };

static void
mask_swap(u8 *mask)
{
	int i;
	for (i = 0; i < MASK_MAX && !HOST_LITTLE; i += (int)sizeof(long))
		le_fields(mask + i, HOST_64BIT ? "8" : "4");
}

i64
sys_sched_setaffinity(struct thread *t, const u64 *a)
{
	u8 mask[MASK_MAX];
	size_t n = (size_t)min_u64((u32)a[1], sizeof mask);
	memset(mask, 0, sizeof mask);
	if (copy_in(t, mask, a[2], n))
		return -L_EFAULT;
	mask_swap(mask);
	return l_res(HOST_CALL3(sched_setaffinity, (i32)a[0], n, mask));
}

i64
sys_sched_getaffinity(struct thread *t, const u64 *a)
{
	u8 mask[MASK_MAX];
	size_t n = (size_t)min_u64((u32)a[1], sizeof mask);
	i64 r;
	if (n & 7)
		return -L_EINVAL;
	memset(mask, 0, sizeof mask);
	r = l_res(HOST_CALL3(sched_getaffinity, (i32)a[0], n, mask));
	if (r < 0)
		return r;
	r = (i64)round_up((u64)r, 8);
	mask_swap(mask);
	return copy_out(t, a[2], mask, (size_t)r) ? -L_EFAULT : r;
}

i64
sys_getcpu(struct thread *t, const u64 *a)
{
	u32 v[2] = { 0, 0 };
	u8 b[4];
	int i;
	HOST_CALL3(getcpu, v, v + 1, 0);
	for (i = 0; i < 2; i++) {
		st32(b, v[i]);
		if (a[i] && copy_out(t, a[i], b, 4))
			return -L_EFAULT;
	}
	return 0;
}

// --- policies: Linux's numbers are the same on all its processors ----------------------

static int
get_param(struct thread *t, u64 gva, u8 *param)
{
	if (!gva)
		return -L_EINVAL;
	if (copy_in(t, param, gva, 4))
		return -L_EFAULT;
	le_fields(param, "4");
	return 0;
}

i64
sys_sched_setparam(struct thread *t, const u64 *a)
{
	u8 param[4];
	i64 r = (i32)a[0] < 0 ? -L_EINVAL : get_param(t, a[1], param);
	return r ? r : l_res(HOST_CALL2(sched_setparam, (i32)a[0], param));
}

i64
sys_sched_getparam(struct thread *t, const u64 *a)
{
	u8 param[4];
	i64 r;
	if (!a[1] || (i32)a[0] < 0)
		return -L_EINVAL;
	r = l_res(HOST_CALL2(sched_getparam, (i32)a[0], param));
	le_fields(param, "4");
	return r ? r : copy_out(t, a[1], param, 4);
}

i64
sys_sched_setscheduler(struct thread *t, const u64 *a)
{
	u8 param[4];
	i64 r = (i32)a[0] < 0 || (i32)a[1] < 0 ? -L_EINVAL : get_param(t, a[2], param);
	return r ? r : l_res(HOST_CALL3(sched_setscheduler, (i32)a[0], (i32)a[1], param));
}

i64
sys_sched_getscheduler(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL1(sched_getscheduler, (i32)a[0]));
}

i64
sys_sched_get_priority_max(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL1(sched_get_priority_max, (i32)a[0]));
}

i64
sys_sched_get_priority_min(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL1(sched_get_priority_min, (i32)a[0]));
}

i64
sys_sched_rr_get_interval(struct thread *t, const u64 *a)
{
	struct timespec ts;
	if (sched_rr_get_interval((pid_t)a[0], &ts))
		return l_err(errno);
	return put_timespec(t, a[1], ts.tv_sec, ts.tv_nsec);
}

static const char g_attr_layout[] = "4484488844";

i64
sys_sched_setattr(struct thread *t, const u64 *a)
{
	enum { VER0 = 48 };
	struct l_sched_attr l;
	u8 c;
	u64 size, i;
	if (!a[1] || (i32)a[0] < 0 || (u32)a[2])
		return -L_EINVAL;
	memset(&l, 0, sizeof l);
	if (copy_in(t, l.size, a[1], sizeof l.size))
		return -L_EFAULT;
	size = L_GET(l.size);
	if (!size)
		size = VER0;
	if (size < VER0 || size > PAGE_SIZE_GUEST)
		goto too_big;
	for (i = sizeof l; i < size; i++) {
		if (copy_in(t, &c, a[1] + i, 1))
			return -L_EFAULT;
		if (c)
			goto too_big;
	}
	if (copy_in(t, &l, a[1], (size_t)min_u64(size, sizeof l)))
		return -L_EFAULT;
	L_PUT(l.size, min_u64(size, sizeof l));
	le_fields(&l, g_attr_layout);
	return l_res(HOST_CALL3(sched_setattr, (i32)a[0], &l, 0));
too_big:
	L_PUT(l.size, sizeof l);
	copy_out(t, a[1], l.size, sizeof l.size);
	return -L_E2BIG;
}

i64
sys_sched_getattr(struct thread *t, const u64 *a)
{
	enum { VER0 = 48 };
	struct l_sched_attr l;
	u32 size = (u32)a[2];
	i64 r;
	if (!a[1] || (i32)a[0] < 0 || size > PAGE_SIZE_GUEST || size < VER0 || (u32)a[3])
		return -L_EINVAL;
	memset(&l, 0, sizeof l);
	size = (u32)min_u64(size, sizeof l);
	r = l_res(HOST_CALL4(sched_getattr, (i32)a[0], &l, size, 0));
	le_fields(&l, g_attr_layout);
	return r ? r : copy_out(t, a[1], &l, size);
}

i64
sys_getpriority(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL2(getpriority, (i32)a[0], (i32)a[1]));
}

i64
sys_setpriority(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL3(setpriority, (i32)a[0], (i32)a[1], (i32)a[2]));
}

i64
sys_ioprio_get(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL2(ioprio_get, (i32)a[0], (i32)a[1]));
}

i64
sys_ioprio_set(struct thread *t, const u64 *a)
{
	return l_res(HOST_CALL3(ioprio_set, (i32)a[0], (i32)a[1], (i32)a[2]));
}
