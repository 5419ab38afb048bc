// exec.h: how one blink hands a program to the next.
//
// A guest's execve becomes a host execve of blink itself. argv is exactly the
// guest's, so that ps and /proc/PID/cmdline are right; what blink has to know
// besides travels in strings before the guest's environment, the first of
// which is "BLINK_EXEC=...".
#ifndef LINUX_EXEC_H_
#define LINUX_EXEC_H_
#include "linux/image.h"

// If envp begins with what exec_send made: sets g_options, fills pg from the
// open program file that was handed over and argv, and returns the guest's
// environment; else 0. *err is 0 or -L_Exxx if the program cannot be used.
char **exec_receive(struct program *pg, char **argv, char **envp, struct why *why, int *err);

#endif
