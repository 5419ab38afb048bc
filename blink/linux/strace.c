// strace.c: the -s log, spelled as strace(1) spells it.
//
// What goes in is printed when the call begins, what comes out when it has
// returned; both go out as one line, unless -ss asked for the entries of calls
// that block or the call takes other calls' turn.
#include "linux/strace.h"
#include "base/log.h"
#include <unistd.h>

enum { RESULT_COLUMN = 40 };

static void
begin_line(struct strace *s, struct thread *t)
{
	int root = g_options.root_pid ? g_options.root_pid : (g_options.root_pid = (int)getpid());
	s->n = 0;
	if (t->p->nthreads > 1 || thread_tid(t) != root)
		strace_put(s, "[pid %5d] ", thread_tid(t));
}

static void
end_line(struct strace *s)
{
	if (s->n > (int)sizeof s->buf - 2)
		s->n = (int)sizeof s->buf - 2;
	s->buf[s->n++] = '\n';
	log_raw(s->buf, (size_t)s->n);
	s->n = 0;
}

static int
may_block(u64 number)
{
	static const u16 blockers[] = { 0, 1, 7, 17, 18, 19, 20, 23, 34, 35, 42, 43, 44, 45, 46, 47, 61, 65, 69, 70, 72, 73,
		128, 130, 202, 220, 230, 232, 240, 242, 243, 247, 270, 271, 275, 281, 288, 299, 307, 425, 441, 449, 455 };
	size_t i;
	for (i = 0; i < COUNTOF(blockers); i++)
		if (blockers[i] == number)
			return 1;
	return 0;
}

void
strace_enter(struct strace *s, struct thread *t, const struct sysrow *row, const u64 *a)
{
	static const struct sysrow unknown = { SYS_undone, RES_dec, { A_HEX, A_HEX, A_HEX, A_HEX, A_HEX, A_HEX } };
	s->next = 0;
	s->unfinished = 0;
	begin_line(s, t);
	if (row)
		strace_put(s, "%s(", sys_name((u32)t->orig_rax));
	else
		strace_put(s, "syscall_0x%x(", (u32)t->orig_rax);
	strace_put_args(s, t, row ? row : &unknown, a, 0, 0);
	if (row && row->result == RES_none) {
		strace_put(s, ")");
		while (s->n < RESULT_COLUMN - 1)
			strace_put(s, " ");
		strace_put(s, " = ?");
		end_line(s);
		if ((u32)t->orig_rax == 231) {
			begin_line(s, t);
			strace_put(s, "+++ exited with %d +++", (int)a[0] & 255);
			end_line(s);
		}
	} else if (row && g_options.strace > 1 && may_block((u32)t->orig_rax)) {
		strace_put(s, "%s <unfinished ...>", s->next && s->next < strace_count_args(row, a) ? ", " : "");
		end_line(s);
		s->unfinished = 1;
	}
	t->log = s;
}

// The words of the host, whose numbers may be others.
static const char *
error_text(i64 l_error)
{
	int e = 1;
	while (e < 300 && l_err(e) != -l_error)
		e++;
	return strerror(e < 300 ? e : (int)l_error);
}

static void
put_result(struct strace *s, const struct sysrow *row, const u64 *a, i64 r)
{
	int restart = r <= -L_ERESTARTSYS && r >= -L_ERESTART_RESTARTBLOCK;
	if (r < 0 && (r > -134 || restart)) {
		strace_put(s, restart ? "? " : "-1 ");
		strace_put_error(s, -r);
		strace_put(s, " (%s)", restart ? "To be restarted" : error_text(-r));
	} else if (row && row->result == RES_hex) {
		strace_put(s, "0x%llx", (unsigned long long)r);
	} else if (row && row->result == RES_oct) {
		strace_put(s, r ? "0%llo" : "%llo", (unsigned long long)r);
	} else {
		strace_put(s, "%lld", (long long)r);
		if (r == 1 && row && row->kinds[1] == A_FCNTL && a[1] == L_F_GETFD)
			s->n--, strace_put(s, "0x1 (flags FD_CLOEXEC)");
		if (!r && row && (row->kinds[0] == A_POLLFDS || row->kinds[4] == A_TIMEVAL))
			strace_put(s, " (Timeout)");
	}
}

void
strace_leave(struct strace *s, struct thread *t, const struct sysrow *row, const u64 *a, i64 result)
{
	t->log = 0;
	if (row && row->result == RES_none)
		return;
	if (!result && row && (row->kinds[0] == A_CLONE || (u32)t->orig_rax == 57 || (u32)t->orig_rax == 58 || (u32)t->orig_rax == 435))
		return;  // the child's return from the parent's call
	if (s->unfinished) {
		begin_line(s, t);
		strace_put(s, "<... %s resumed>", row ? sys_name((u32)t->orig_rax) : "");
	}
	if (row)
		strace_put_args(s, t, row, a, 1, result);
	strace_put(s, ")");
	while (s->n < RESULT_COLUMN - 1)
		strace_put(s, " ");
	strace_put(s, " = ");
	put_result(s, row, a, result);
	end_line(s);
}

void
strace_succeeds(struct thread *t)
{
	struct strace *s = t->log;
	if (!s)
		return;
	strace_put(s, ")");
	while (s->n < RESULT_COLUMN - 1)
		strace_put(s, " ");
	strace_put(s, " = 0");
	end_line(s);
}

void
strace_signal(struct thread *t, const struct l_siginfo *info)
{
	struct strace s;
	int code = (int)L_GETS(info->code);
	begin_line(&s, t);
	strace_put(&s, "--- ");
	strace_put_signal(&s, (u32)L_GET(info->signo));
	strace_put(&s, " {si_signo=");
	strace_put_signal(&s, (u32)L_GET(info->signo));
	strace_put(&s, ", si_code=%d", code);
	if (code > 0 && L_GET(info->signo) != L_SIGCHLD && code < 0x80)
		strace_put(&s, ", si_addr=0x%llx", (unsigned long long)L_GET(info->u.fault.addr));
	else if (code <= 0 || L_GET(info->signo) == L_SIGCHLD)
		strace_put(&s, ", si_pid=%d, si_uid=%u", (int)L_GETS(info->u.rt.pid), (u32)L_GET(info->u.rt.uid));
	strace_put(&s, "} ---");
	end_line(&s);
}

void
strace_killed(struct thread *t, int sig)
{
	struct strace s;
	begin_line(&s, t);
	strace_put(&s, "+++ killed by ");
	strace_put_signal(&s, (u32)sig);
	strace_put(&s, " +++");
	end_line(&s);
}
