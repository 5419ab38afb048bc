// inotify.c: watching files (Linux fs/notify/inotify/inotify_user.c).
#include "linux/pass.h"

SYS_PASS(sys_inotify_init1, inotify_init1, "o")
SYS_PASS(sys_inotify_init, inotify_init1, "0")
SYS_PASS(sys_inotify_add_watch, inotify_add_watch, "fpi")
SYS_PASS(sys_inotify_rm_watch, inotify_rm_watch, "fi")
