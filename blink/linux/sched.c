// sched.c: processors, priorities and policies (Linux kernel/sched/syscalls.c,
// block/ioprio.c).
#include "linux/pass.h"
#include <errno.h>
#include <sys/resource.h>

SYS_PASS(sys_sched_yield, sched_yield, "")

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

SYS_PASS(sys_getcpu, getcpu, "[4][4]0")

// --- policies: Linux's numbers are the same on all its processors ----------------------

SYS_PASS(sys_sched_setparam, sched_setparam, "i(4)")
SYS_PASS(sys_sched_getparam, sched_getparam, "i[4]")
SYS_PASS(sys_sched_setscheduler, sched_setscheduler, "ii(4)")
SYS_PASS(sys_sched_getscheduler, sched_getscheduler, "i")
SYS_PASS(sys_sched_get_priority_max, sched_get_priority_max, "i")
SYS_PASS(sys_sched_get_priority_min, sched_get_priority_min, "i")

#ifdef SYS_sched_rr_get_interval_time64
#define HOST_NR_rr SYS_sched_rr_get_interval_time64
#else
#define HOST_NR_rr HOST_NR(sched_rr_get_interval)
#endif

i64
sys_sched_rr_get_interval(struct thread *t, const u64 *a)
{
	return pass(t, a, HOST_NR_rr, "i[88]");
}

// The structure's first 48 bytes are what its first version had; the kernel
// reads on by itself where it lies in place.
SYS_PASS(sys_sched_setattr, sched_setattr, "i{44844888}i")
SYS_PASS(sys_sched_getattr, sched_getattr, "i[44844888]ii")

i64
sys_getpriority(struct thread *t, const u64 *a)
{
	// The system call's result differs between processors, libc's does not.
	int r;
	errno = 0;
	r = getpriority((int)a[0], (id_t)a[1]);
	return errno ? l_err(errno) : 20 - r;
}

SYS_PASS(sys_setpriority, setpriority, "iii")
SYS_PASS(sys_ioprio_get, ioprio_get, "ii")
SYS_PASS(sys_ioprio_set, ioprio_set, "iii")
