// namei.c: names come and go (Linux fs/namei.c).
#include "linux/pass.h"

SYS_PASS(sys_mknod, mknodat, "clii")
SYS_PASS(sys_mknodat, mknodat, "dlii")
SYS_PASS(sys_mkdir, mkdirat, "cli")
SYS_PASS(sys_mkdirat, mkdirat, "dli")
SYS_PASS(sys_unlink, unlinkat, "cl0")
SYS_PASS(sys_rmdir, unlinkat, "clR")
SYS_PASS(sys_unlinkat, unlinkat, "dli")
SYS_PASS(sys_symlink, symlinkat, "lcl")
SYS_PASS(sys_symlinkat, symlinkat, "ldl")
SYS_PASS(sys_link, linkat, "clcl0")
SYS_PASS(sys_linkat, linkat, "dldli")
SYS_PASS(sys_rename, renameat2, "clcl0")
SYS_PASS(sys_renameat, renameat2, "dldl0")
SYS_PASS(sys_renameat2, renameat2, "dldli")
