// ia32.c: `int $0x80`: the system calls of 32-bit Linux, for helper code that
// makes them in a 64-bit process (ia32.tbl says which). All registers but rax
// stay as they are; the result is sign-extended. ia32_tiny.c knows none.
//
// Source: Linux arch/x86/entry/entry_64_compat.S, arch/x86/entry/syscalls/syscall_32.tbl.
#include "linux/ldt.h"
#include "linux/syscall.h"
#include "base/log.h"
#include <time.h>

#define DECLARE(name) extern sys_fn sys_##name;
#define IA32(number, name, function) static sys_fn function;
#define IA32_SAME(number, name, call) DECLARE(call)
#define IA32_NONE(number, name)
#define IA32_GAP(number)
#include "linux/ia32.tbl"
#undef IA32
#undef IA32_SAME
#undef IA32_NONE
#undef IA32_GAP
DECLARE(wait4)
DECLARE(mmap)
DECLARE(lseek)
DECLARE(truncate)
DECLARE(ftruncate)
DECLARE(pread64)
DECLARE(pwrite64)

static sys_fn *const g_calls[] = {
#define IA32(number, name, function) function,
#define IA32_SAME(number, name, call) sys_##call,
#define IA32_NONE(number, name) 0,
#define IA32_GAP(number) 0,
#include "linux/ia32.tbl"
#undef IA32
#undef IA32_SAME
#undef IA32_NONE
#undef IA32_GAP
};

static const char g_names[] =
#define IA32(number, name, function) #name "\0"
#define IA32_SAME(number, name, call) #name "\0"
#define IA32_NONE(number, name) #name "\0"
#define IA32_GAP(number) "\0"
#include "linux/ia32.tbl"
#undef IA32
#undef IA32_SAME
#undef IA32_NONE
#undef IA32_GAP
	;

static const char *
name_of(u32 number)
{
	const char *s = g_names;
	if (number >= COUNTOF(g_calls))
		return "";
	while (number--)
		s += strlen(s) + 1;
	return s;
}

// --- calls whose arguments or structures differ -------------------------------------

static i64
put_pair(struct thread *t, u64 gva, i64 sec, i64 frac)
{
	u8 b[8];
	st32(b, (u32)sec);
	st32(b + 4, (u32)frac);
	return copy_out(t, gva, b, sizeof b);
}

static i64
ia32_time(struct thread *t, const u64 *a)
{
	u8 b[4];
	u32 now = (u32)time(0);
	st32(b, now);
	return a[0] && copy_out(t, a[0], b, 4) ? -L_EFAULT : (i64)(i32)now;
}

static i64
ia32_gettimeofday(struct thread *t, const u64 *a)
{
	struct timespec ts;
	u8 zone[8];
	clock_gettime(CLOCK_REALTIME, &ts);
	memset(zone, 0, sizeof zone);
	if (a[0] && put_pair(t, a[0], ts.tv_sec, ts.tv_nsec / 1000))
		return -L_EFAULT;
	return a[1] ? copy_out(t, a[1], zone, sizeof zone) : 0;
}

// The clocks that a host is sure to have; others are for clock_gettime64.
static i64
ia32_clock_gettime(struct thread *t, const u64 *a)
{
	struct timespec ts;
	if (a[0] > 1)
		return -L_EINVAL;
	clock_gettime(a[0] ? CLOCK_MONOTONIC : CLOCK_REALTIME, &ts);
	return put_pair(t, a[1], ts.tv_sec, ts.tv_nsec);
}

static i64
ia32_lseek(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0], (u64)(i64)(i32)a[1], a[2], 0, 0, 0 };
	return sys_lseek(t, b);
}

static i64
ia32__llseek(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0], a[1] << 32 | a[2], a[4], 0, 0, 0 };
	u8 pos[8];
	i64 r = sys_lseek(t, b);
	if (r < 0)
		return r;
	st64(pos, (u64)r);
	return copy_out(t, a[3], pos, sizeof pos);
}

static i64
ia32_waitpid(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0], a[1], a[2], 0, 0, 0 };
	return sys_wait4(t, b);
}

// struct rusage has longs in it.
static i64
ia32_wait4(struct thread *t, const u64 *a)
{
	if (a[3]) {
		log_msg("32-bit system call wait4 with rusage is not supported; the program gets ENOSYS");
		return -L_ENOSYS;
	}
	return ia32_waitpid(t, a);
}

// Addresses are chosen where 32-bit code reaches them.
static i64
map32(struct thread *t, u64 addr, u64 len, u64 prot, u64 flags, u64 fd, u64 offset)
{
	u64 b[6] = { addr, len, prot, flags, fd, offset };
	if (!(flags & (L_MAP_FIXED | L_MAP_FIXED_NOREPLACE)))
		b[3] |= L_MAP_32BIT;
	return sys_mmap(t, b);
}

static i64
ia32_mmap(struct thread *t, const u64 *a)
{
	u8 m[24];
	if (copy_in(t, m, a[0], sizeof m))
		return -L_EFAULT;
	return map32(t, ld32(m), ld32(m + 4), ld32(m + 8), ld32(m + 12), ld32(m + 16), ld32(m + 20));
}

static i64
ia32_mmap2(struct thread *t, const u64 *a)
{
	return map32(t, a[0], a[1], a[2], a[3], a[4], a[5] << PAGE_BITS);
}

static i64
ia32_truncate64(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0], a[2] << 32 | a[1], 0, 0, 0, 0 };
	return sys_truncate(t, b);
}

static i64
ia32_ftruncate64(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0], a[2] << 32 | a[1], 0, 0, 0, 0 };
	return sys_ftruncate(t, b);
}

static i64
ia32_pread64(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0], a[1], a[2], a[4] << 32 | a[3], 0, 0 };
	return sys_pread64(t, b);
}

static i64
ia32_pwrite64(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0], a[1], a[2], a[4] << 32 | a[3], 0, 0 };
	return sys_pwrite64(t, b);
}

static i64
ia32_set_thread_area(struct thread *t, const u64 *a)
{
	return thread_area_set(t, a[0]);
}

static i64
ia32_get_thread_area(struct thread *t, const u64 *a)
{
	return thread_area_get(t, a[0]);
}

// --- dispatch ---------------------------------------------------------------------------

static void
note_missing32(u32 number)
{
	static u32 said[16];
	u32 bit = (u32)1 << (number & 31);
	const char *name = name_of(number);
	if (number < 512 && (__atomic_fetch_or(said + number / 32, bit, __ATOMIC_RELAXED) & bit))
		return;
	if (*name)
		log_msg("32-bit system call %s (%u) is not supported; the program gets ENOSYS", name, number);
	else
		log_msg("unknown 32-bit system call %u; the program gets ENOSYS", number);
}

int
linux_syscall32(struct thread *t)
{
	static const u8 regs[6] = { GPR_BX, GPR_CX, GPR_DX, GPR_SI, GPR_DI, GPR_BP };
	struct cpu *c = t->cpu;
	u32 number = (u32)c->r[GPR_AX];
	sys_fn *fn = number < COUNTOF(g_calls) ? g_calls[number] : 0;
	u64 a[6];
	i64 r;
	int i;
	if (linux_signal_before_call(t))
		return 1;
	for (i = 0; i < 6; i++)
		a[i] = (u32)c->r[regs[i]];
	t->orig_rax = number;
	t->in_syscall = (int)number;
	if (fn) {
		r = fn(t, a);
		t->resumed = 0;
	} else {
		note_missing32(number);
		r = -L_ENOSYS;
	}
	if (g_options.strace)
		log_msg("int 0x80: %s(0x%x, 0x%x, 0x%x, 0x%x, 0x%x, 0x%x) = %lld", name_of(number), (u32)a[0], (u32)a[1],
		        (u32)a[2], (u32)a[3], (u32)a[4], (u32)a[5], (long long)r);
	c->r[GPR_AX] = (u64)r;
	return 1;
}
