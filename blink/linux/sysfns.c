// sysfns.c: which function serves which system call.
#include "linux/syscall.h"

// A row without its function is a link error that names it.
#define DECLARE_done(name) extern sys_fn sys_##name;
#define DECLARE_undone(name)
#define DECLARE_enosys(name)
#define SYS(number, name, status, ...) DECLARE_##status(name)
#include "linux/syscalls.tbl"
#undef SYS

#define POINTER_done(name) FN_ROW(sys_fns, sys_##name)
#define POINTER_undone(name) FN_NULL(sys_fns)
#define POINTER_enosys(name) FN_NULL(sys_fns)
FN_TABLE(sys_fn, sys_fns)
#define SYS(number, name, status, ...) POINTER_##status(name)
#include "linux/syscalls.tbl"
#undef SYS
FN_END(sys_fns)
