// inotify.c: watching files (Linux fs/notify/inotify/inotify_user.c).
#include "linux/pass.h"

i64
sys_inotify_init1(struct thread *t, const u64 *a)
{
	return PASS(inotify_init1, "o");
}

i64
sys_inotify_init(struct thread *t, const u64 *a)
{
	return PASS(inotify_init1, "0");
}

i64
sys_inotify_add_watch(struct thread *t, const u64 *a)
{
	return PASS(inotify_add_watch, "fpi");
}

i64
sys_inotify_rm_watch(struct thread *t, const u64 *a)
{
	return PASS(inotify_rm_watch, "fi");
}
