// nsproxy.c: parts of the process that can be had for oneself (Linux
// kernel/fork.c, kernel/nsproxy.c). Guest threads and processes are the host's.
#include "linux/pass.h"

SYS_PASS(sys_unshare, unshare, "i")
SYS_PASS(sys_setns, setns, "fi")
