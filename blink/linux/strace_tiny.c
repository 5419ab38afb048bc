// strace_tiny.c: the -s log of tiny builds: numbers, bare arguments, results.
#include "linux/syscall.h"
#include "base/log.h"
#include <stdio.h>

static const char *
prefix(struct thread *t, char *buf, size_t size)
{
	buf[0] = 0;
	if (t->p->nthreads > 1)
		snprintf(buf, size, "[pid %d] ", thread_tid(t));
	return buf;
}

static void
line(struct strace *s, int n)
{
	log_raw(s->buf, min_u64((u64)n, sizeof s->buf - 1));
}

void
strace_enter(struct strace *s, struct thread *t, const struct sysrow *row, const u64 *a)
{
	char pid[24];
	int i, n = row ? row->nargs : 6;
	s->n = snprintf(s->buf, sizeof s->buf, "%ssyscall_%u(", prefix(t, pid, sizeof pid), (u32)t->orig_rax);
	for (i = 0; i < n; i++)
		s->n += snprintf(s->buf + s->n, sizeof s->buf - (size_t)s->n, "%s%#llx", i ? ", " : "", (unsigned long long)a[i]);
	t->log = s;
	if (row && row->result == RES_none)
		line(s, s->n + snprintf(s->buf + s->n, sizeof s->buf - (size_t)s->n, ") = ?\n"));
}

void
strace_leave(struct strace *s, struct thread *t, const struct sysrow *row, const u64 *a, i64 result)
{
	t->log = 0;
	if (row && row->result == RES_none)
		return;
	line(s, s->n + snprintf(s->buf + s->n, sizeof s->buf - (size_t)s->n,
		row && row->result == RES_hex && result >= 0 ? ") = %#llx\n" : ") = %lld\n", (unsigned long long)result));
}

void
strace_succeeds(struct thread *t)
{
	static const struct sysrow execve = { SYS_done, RES_dec, 3 };
	if (t->log)
		strace_leave(t->log, t, &execve, 0, 0);
}

void
strace_signal(struct thread *t, const struct l_siginfo *info)
{
	struct strace s;
	char pid[24];
	line(&s, snprintf(s.buf, sizeof s.buf, "%s--- signal %d code %d ---\n", prefix(t, pid, sizeof pid),
		(int)L_GET(info->signo), (int)L_GETS(info->code)));
}

void
strace_killed(struct thread *t, int sig)
{
	struct strace s;
	char pid[24];
	line(&s, snprintf(s.buf, sizeof s.buf, "%s+++ killed by signal %d +++\n", prefix(t, pid, sizeof pid), sig));
}
