// xattr.c: extended attributes (Linux fs/xattr.c).
#include "linux/pass.h"

i64
sys_setxattr(struct thread *t, const u64 *a)
{
	return PASS(setxattr, "pl<i");
}

i64
sys_getxattr(struct thread *t, const u64 *a)
{
	return PASS(getxattr, "pl>");
}

i64
sys_listxattr(struct thread *t, const u64 *a)
{
	return PASS(listxattr, "p>");
}

i64
sys_removexattr(struct thread *t, const u64 *a)
{
	return PASS(removexattr, "pl");
}

i64
sys_lsetxattr(struct thread *t, const u64 *a)
{
	return PASS(lsetxattr, "ll<i");
}

i64
sys_lgetxattr(struct thread *t, const u64 *a)
{
	return PASS(lgetxattr, "ll>");
}

i64
sys_llistxattr(struct thread *t, const u64 *a)
{
	return PASS(llistxattr, "l>");
}

i64
sys_lremovexattr(struct thread *t, const u64 *a)
{
	return PASS(lremovexattr, "ll");
}

i64
sys_fsetxattr(struct thread *t, const u64 *a)
{
	return PASS(fsetxattr, "fl<i");
}

i64
sys_fgetxattr(struct thread *t, const u64 *a)
{
	return PASS(fgetxattr, "fl>");
}

i64
sys_flistxattr(struct thread *t, const u64 *a)
{
	return PASS(flistxattr, "f>");
}

i64
sys_fremovexattr(struct thread *t, const u64 *a)
{
	return PASS(fremovexattr, "fl");
}
