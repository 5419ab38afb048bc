// xattr.c: extended attributes (Linux fs/xattr.c).
#include "linux/pass.h"

SYS_PASS(sys_setxattr, setxattr, "pl<i")
SYS_PASS(sys_getxattr, getxattr, "pl>")
SYS_PASS(sys_listxattr, listxattr, "p>")
SYS_PASS(sys_removexattr, removexattr, "pl")
SYS_PASS(sys_lsetxattr, lsetxattr, "ll<i")
SYS_PASS(sys_lgetxattr, lgetxattr, "ll>")
SYS_PASS(sys_llistxattr, llistxattr, "l>")
SYS_PASS(sys_lremovexattr, lremovexattr, "ll")
SYS_PASS(sys_fsetxattr, fsetxattr, "fl<i")
SYS_PASS(sys_fgetxattr, fgetxattr, "fl>")
SYS_PASS(sys_flistxattr, flistxattr, "f>")
SYS_PASS(sys_fremovexattr, fremovexattr, "fl")
