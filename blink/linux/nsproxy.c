// nsproxy.c: parts of the process that can be had for oneself (Linux
// kernel/fork.c, kernel/nsproxy.c). Guest threads and processes are the host's.
#include "linux/pass.h"

i64
sys_unshare(struct thread *t, const u64 *a)
{
	return PASS(unshare, "i");
}

i64
sys_setns(struct thread *t, const u64 *a)
{
	return PASS(setns, "fi");
}
