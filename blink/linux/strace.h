// strace.h: what strace.c, which has the log's lines, and strace_args.c, which has
// the spelling of values, share.
#ifndef LINUX_STRACE_H_
#define LINUX_STRACE_H_
#include "linux/syscall.h"

// These add to the line that s holds.
void strace_put(struct strace *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strace_put_signal(struct strace *s, u32 sig);
void strace_put_error(struct strace *s, i64 l_error);
// The arguments from s->next on that are known: those that come back from the
// call if outs_too, with its result.
void strace_put_args(struct strace *s, struct thread *t, const struct sysrow *row, const u64 *a, int outs_too, i64 result);
// How many of the row's arguments this very call has.
int strace_count_args(const struct sysrow *row, const u64 *a);

#endif
