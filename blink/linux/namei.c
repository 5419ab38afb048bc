// namei.c: names come and go (Linux fs/namei.c).
#include "linux/pass.h"

i64
sys_mknod(struct thread *t, const u64 *a)
{
	return PASS(mknodat, "clii");
}

i64
sys_mknodat(struct thread *t, const u64 *a)
{
	return PASS(mknodat, "dlii");
}

i64
sys_mkdir(struct thread *t, const u64 *a)
{
	return PASS(mkdirat, "cli");
}

i64
sys_mkdirat(struct thread *t, const u64 *a)
{
	return PASS(mkdirat, "dli");
}

i64
sys_unlink(struct thread *t, const u64 *a)
{
	return PASS(unlinkat, "cl0");
}

i64
sys_rmdir(struct thread *t, const u64 *a)
{
	return PASS(unlinkat, "clR");
}

i64
sys_unlinkat(struct thread *t, const u64 *a)
{
	return PASS(unlinkat, "dli");
}

i64
sys_symlink(struct thread *t, const u64 *a)
{
	return PASS(symlinkat, "lcl");
}

i64
sys_symlinkat(struct thread *t, const u64 *a)
{
	return PASS(symlinkat, "ldl");
}

i64
sys_link(struct thread *t, const u64 *a)
{
	return PASS(linkat, "clcl0");
}

i64
sys_linkat(struct thread *t, const u64 *a)
{
	return PASS(linkat, "dldli");
}

i64
sys_rename(struct thread *t, const u64 *a)
{
	return PASS(renameat2, "clcl0");
}

i64
sys_renameat(struct thread *t, const u64 *a)
{
	return PASS(renameat2, "dldl0");
}

i64
sys_renameat2(struct thread *t, const u64 *a)
{
	return PASS(renameat2, "dldli");
}
