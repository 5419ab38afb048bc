// syscall.c: from the guest's registers to the sys_ function and back.
#include "linux/pass.h"
#include "linux/syscall.h"
#include "base/log.h"
#include <errno.h>

// Rows are dense: 0..334, then 424..462.
enum { GAP_LO = 335, GAP_HI = 424 };
#define ROW_INDEX(n) ((n) < GAP_LO ? (n) : (n) - (GAP_HI - GAP_LO))

enum {
#define SYS(number, name, ...) ROW_##name,
#include "linux/syscalls.tbl"
#undef SYS
	NROWS
};
#define SYS(number, name, ...) STATIC_ASSERT(ROW_##name == ROW_INDEX(number), "rows ascend without holes");
#include "linux/syscalls.tbl"
#undef SYS

static const struct sysrow g_rows[NROWS] = {
#ifdef TINY
#define COUNT(...) COUNT7(__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)
#define COUNT7(a, b, c, d, e, f, n, ...) n
#define SYS(number, name, status, result, ...) { SYS_##status, RES_##result, COUNT(__VA_ARGS__) },
#else
#define SYS(number, name, status, result, ...) { SYS_##status, RES_##result, { __VA_ARGS__ } },
#endif
#include "linux/syscalls.tbl"
#undef SYS
};

// A tiny build knows the names that note_missing needs.
#ifdef TINY
#define NAME_done(name) ""
#else
#define NAME_done(name) #name
#endif
#define NAME_undone(name) #name
#define NAME_enosys(name) NAME_done(name)
static const char g_names[] =
#define SYS(number, name, status, ...) NAME_##status(name) "\0"
#include "linux/syscalls.tbl"
#undef SYS
	;

const struct sysrow *
sys_row(u64 number)
{
	if (number >= GAP_LO && number < GAP_HI)
		return 0;
	number = ROW_INDEX(number);
	return number < NROWS ? g_rows + number : 0;
}

const char *
sys_name(u64 number)
{
	const struct sysrow *row = sys_row(number);
	const char *s = g_names;
	size_t i;
	if (!row)
		return "?";
	for (i = (size_t)(row - g_rows); i; i--)
		s += strlen(s) + 1;
	return s;
}

i64
copy_in_path(struct thread *t, char *buf, u64 gva)
{
	i64 n = mem_read_str(t->p->mem, buf, gva, L_PATH_MAX);
	return n >= 0 ? 0 : n == -ENAMETOOLONG ? -L_ENAMETOOLONG : -L_EFAULT;
}

// Says once for each number that the guest asked for something that is missing.
static void
note_missing(u32 number, const struct sysrow *row)
{
	static u32 said[16];
	u32 bit = (u32)1 << (number & 31);
	if (row && row->status == SYS_enosys)
		return;
	if (number < 512 && (__atomic_fetch_or(said + number / 32, bit, __ATOMIC_RELAXED) & bit))
		return;
	if (row)
		log_msg("system call %s (%u) is not supported; the program gets ENOSYS", sys_name(number), number);
	else
		log_msg("unknown system call %u; the program gets ENOSYS", number);
}

void
linux_syscall(struct thread *t)
{
	struct cpu *c = t->cpu;
	u32 number = (u32)c->r[GPR_AX];
	const struct sysrow *row = sys_row(number);
	sys_fn *fn = row ? FN_AT(sys_fn, sys_fns, row - g_rows) : 0;
	struct strace log;
	u64 a[6];
	i64 res;
	a[0] = c->r[GPR_DI];
	a[1] = c->r[GPR_SI];
	a[2] = c->r[GPR_DX];
	a[3] = c->r[GPR_R10];
	a[4] = c->r[GPR_R8];
	a[5] = c->r[GPR_R9];
	t->orig_rax = c->r[GPR_AX];
	t->in_syscall = (int)number;
	if (g_options.strace)
		strace_enter(&log, t, row, a);
	if (fn) {
		res = sys_invoke(fn, t, a);
		t->resumed = 0;
	} else {
		note_missing(number, row);
		res = -L_ENOSYS;
	}
	if (g_options.strace)
		strace_leave(&log, t, row, a, res);
	if (UNLIKELY(!t->p->comm_told))
		process_show_comm(t->p);
	c->r[GPR_AX] = (u64)res;
}
