// proc.h: what the host shows of this process, and may refuse it.
#ifndef HOST_PROC_H_
#define HOST_PROC_H_
#include "host/host.h"

// Names the calling thread for ps and top, where the host can.
void host_set_name(const char *name);
// 16 random bytes, the same at each call. 0 or -errno.
int host_start_random(u8 *bytes);
// Replaces the command line that ps shows by argv, where the host can: argv's
// strings end where blink's own began in main()'s argv.
void host_set_cmdline(char **main_argv, int skip);
// Who the process was when it started.
struct host_ids { u32 uid, euid, gid, egid; };
struct host_ids host_start_ids(void);
// Whether execve(2) would refuse the open file: 0, -ETXTBSY, -EACCES.
int host_exec_check(int fd);
// The path by which the host executes the running program again, or 0.
const char *host_self(void);

#endif
