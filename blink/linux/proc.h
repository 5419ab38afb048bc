// proc.h: the files under /proc that would show blink instead of the guest.
//
// The path-taking system calls ask here first. Only absolute paths below
// /proc/self, /proc/thread-self, /proc/<own pid>, and /proc/cpuinfo are known.
#ifndef LINUX_PROC_H_
#define LINUX_PROC_H_
#include "linux/linux.h"

// An open file with the guest's contents of `path`: a host descriptor (close-
// on-exec if the guest's flags say so), or -L_Exxx; -1000 if the path is none of ours.
enum { PROC_NOT_OURS = -1000 };
// A relative path is one below the host's descriptor dirfd.
i64 proc_open(struct thread *t, int dirfd, const char *path, int l_flags);
// Where the magic link `path` (/proc/self/exe and so on) leads: its length, or
// PROC_NOT_OURS. out is NUL-terminated.
i64 proc_link(struct thread *t, const char *path, char *out, size_t size);

#endif
