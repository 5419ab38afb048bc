// ia32.c: `int $0x80`: the system calls of 32-bit Linux, for helper code that
// makes them in a 64-bit process (ia32.tbl says which). All registers but rax
// stay as they are; the result is sign-extended. ia32_tiny.c knows none.
//
// Source: Linux arch/x86/entry/entry_64_compat.S, arch/x86/entry/syscalls/syscall_32.tbl.
#include "linux/ia32.h"
#include "base/log.h"

#define IA32(number, name, function) extern sys_fn function;
#define IA32_SAME(number, name, call) extern sys_fn sys_##call;
#define IA32_AS(number, name, call, how) extern sys_fn sys_##call;
#define IA32_NONE(number, name)
#define IA32_GAP(number)
#include "linux/ia32.tbl"
#undef IA32
#undef IA32_SAME
#undef IA32_AS
#undef IA32_NONE
#undef IA32_GAP

static const struct {
	sys_fn *fn;
	const char *name, *how;
} g_calls[] = {
#define IA32(number, name, function) { function, #name, 0 },
#define IA32_SAME(number, name, call) { sys_##call, #name, 0 },
#define IA32_AS(number, name, call, how) { sys_##call, #name, how },
#define IA32_NONE(number, name) { 0, #name, 0 },
#define IA32_GAP(number) { 0, "", 0 },
#include "linux/ia32.tbl"
#undef IA32
#undef IA32_SAME
#undef IA32_AS
#undef IA32_NONE
#undef IA32_GAP
};

static const char *
name_of(u32 number)
{
	return number < COUNTOF(g_calls) ? g_calls[number].name : "";
}

// --- structures -----------------------------------------------------------------------

// A structure as fields in order, each with its bytes here and there:
//   l  4 8 signed            L  4 8 unsigned       h  8 8, upper half 0 on the way in
//   R  4 8 a resource limit  O  the same as old programs knew it
//   w  2 4 a 16-bit id       p  0 4                1 2 4 8  the same
static const struct { char what; const char *fields; } ia32_structs[] = {
	{ 'l', "l" },                                 // off_t, time_t
	{ 't', "ll" },                                // timespec, timeval, utimbuf
	{ 'T', "llll" },                              // two of them, tms
	{ 'n', "8h" },                                // timespec of 64 bits
	{ 'N', "8h8h" },
	{ 'r', "llllllllllllllllll" },                // rusage
	{ 'R', "RR" },                                // rlimit
	{ 'O', "OO" },
	{ 'w', "w" },
	{ 'k', "L4pL" },                              // sigaltstack
	{ 'e', "L444" },                              // sigevent
	{ 'x', "4pllll4pllllllll4plllll4888884" },         // timex
	{ 'f', "LLLLLLL8LLLLLLL" },                   // statfs
	{ 'F', "LL888888LLLLLLL" },                   // statfs64
	{ 'c', "22pll4" },                            // flock
	{ 'C', "22p884" },                            // flock64
	{ 'a', "LLL8" },                              // sigaction
	{ 'g', "LL" },                                // pselect6's mask
	{ 's', "" }, { 'o', "" }, { 'i', "" }, { 'y', "" }  // stat64, stat, siginfo, sysinfo: below
};
enum { STRUCT_MAX = 256, STAT64_SIZE = 96, STAT_SIZE = 64, SYSINFO_SIZE = 64 };

static const char *
fields_of(char what)
{
	size_t i = 0;
	while (ia32_structs[i].what != what)
		i++;
	return ia32_structs[i].fields;
}

static int
width32(char f)
{
	return f == 'p' ? 0 : f == 'w' ? 2 : f == 'h' ? 8 : f >= '1' && f <= '8' ? f - '0' : 4;
}

static int
width64(char f)
{
	return f == 'p' || f == 'w' ? 4 : f >= '1' && f <= '8' ? f - '0' : 8;
}

static size_t
size32(char what)
{
	const char *f = fields_of(what);
	size_t n = 0;
	switch (what) {
	case 's': return STAT64_SIZE;
	case 'o': return STAT_SIZE;
	case 'i': return IA32_SIGINFO;
	case 'y': return SYSINFO_SIZE;
	}
	for (; *f; f++)
		n += (size_t)width32(*f);
	return n;
}

static void
widen(u8 *to, const u8 *b, const char *f)
{
	for (; *f; f++) {
		int n = width32(*f), m = width64(*f);
		u64 x = n ? l_get(b, (size_t)n) : 0;
		if (*f == 'l')
			x = (u64)(i64)(i32)x;
		else if (*f == 'h')
			x = (u32)x;
		else if (*f == 'R' && x == 0xffffffff)
			x = L_RLIM_INFINITY;
		l_put(to, (size_t)m, x);
		to += m;
		b += n;
	}
}

static void
narrow(u8 *b, const u8 *from, const char *f)
{
	for (; *f; f++) {
		int n = width32(*f), m = width64(*f);
		u64 x = l_get(from, (size_t)m);
		if (*f == 'R')
			x = min_u64(x, 0xffffffff);
		else if (*f == 'O')
			x = min_u64(x, 0x7fffffff);
		else if (*f == 'w')
			x = x > 0xffff ? 65534 : x;
		if (n)
			l_put(b, (size_t)n, x);
		b += n;
		from += m;
	}
}

static u32
id16(u64 id)
{
	return id > 0xffff ? 65534 : (u32)id;
}

static void
put3(u8 *b, const u8 *sec, const u8 *nsec)
{
	st32(b, (u32)ld64(sec));
	st32(b + 4, (u32)ld64(nsec));
}

// Its padding keeps what is there.
static void
stat64_out(u8 *b, const struct l_stat *s)
{
	st64(b, (u32)L_GET(s->dev));
	st32(b + 12, (u32)L_GET(s->ino));
	st32(b + 16, (u32)L_GET(s->mode));
	st32(b + 20, (u32)L_GET(s->nlink));
	st32(b + 24, (u32)L_GET(s->uid));
	st32(b + 28, (u32)L_GET(s->gid));
	st64(b + 32, (u32)L_GET(s->rdev));
	st64(b + 44, L_GET(s->size));
	st32(b + 52, (u32)L_GET(s->blksize));
	st64(b + 56, L_GET(s->blocks));
	put3(b + 64, s->atime, s->atime_nsec);
	put3(b + 72, s->mtime, s->mtime_nsec);
	put3(b + 80, s->ctime, s->ctime_nsec);
	st64(b + 88, L_GET(s->ino));
}

static i64
stat_out(u8 *b, const struct l_stat *s)
{
	if (L_GET(s->size) > 0x7fffffff || L_GET(s->ino) >> 32 || L_GET(s->nlink) >> 16)
		return -L_EOVERFLOW;
	memset(b, 0, STAT_SIZE);
	st32(b, (u32)L_GET(s->dev));
	st32(b + 4, (u32)L_GET(s->ino));
	st16(b + 8, (u16)L_GET(s->mode));
	st16(b + 10, (u16)L_GET(s->nlink));
	st16(b + 12, (u16)id16(L_GET(s->uid)));
	st16(b + 14, (u16)id16(L_GET(s->gid)));
	st32(b + 16, (u32)L_GET(s->rdev));
	st32(b + 20, (u32)L_GET(s->size));
	st32(b + 24, (u32)L_GET(s->blksize));
	st32(b + 28, (u32)L_GET(s->blocks));
	put3(b + 32, s->atime, s->atime_nsec);
	put3(b + 40, s->mtime, s->mtime_nsec);
	put3(b + 48, s->ctime, s->ctime_nsec);
	return 0;
}

// Sizes that do not fit are counted in larger units.
static void
sysinfo_out(u8 *b, const struct l_sysinfo *s)
{
	const u8 *sizes[8] = { s->totalram, s->freeram, s->sharedram, s->bufferram, s->totalswap, s->freeswap, s->totalhigh, s->freehigh };
	u64 unit = L_GET(s->mem_unit);
	int i, shift = 0;
	if ((ld64(s->totalram) | ld64(s->totalswap)) >> 32)
		for (; unit < PAGE_SIZE_GUEST; unit <<= 1)
			shift++;
	memset(b, 0, SYSINFO_SIZE);
	st32(b, (u32)L_GET(s->uptime));
	for (i = 0; i < 3; i++)
		st32(b + 4 + 4 * i, (u32)L_GET(s->loads[i]));
	for (i = 0; i < 6; i++)
		st32(b + 16 + 4 * i, (u32)(ld64(sizes[i]) >> shift));
	st16(b + 40, (u16)L_GET(s->procs));
	st32(b + 44, (u32)(ld64(sizes[6]) >> shift));
	st32(b + 48, (u32)(ld64(sizes[7]) >> shift));
	st32(b + 52, (u32)unit);
}

static i64
struct_out(u8 *b, const u8 *from, char what)
{
	switch (what) {
	case 's':
		stat64_out(b, (const struct l_stat *)from);
		return 0;
	case 'o':
		return stat_out(b, (const struct l_stat *)from);
	case 'i':
		ia32_siginfo_out(b, (const struct l_siginfo *)from);
		return 0;
	case 'y':
		sysinfo_out(b, (const struct l_sysinfo *)from);
		return 0;
	case 'f':
		if ((ld64(from + 16) | ld64(from + 24) | ld64(from + 32)) >> 32)
			return -L_EOVERFLOW;
	}
	narrow(b, from, fields_of(what));
	return 0;
}

// --- windows ----------------------------------------------------------------------------

void
ia32_begin(struct ia32_call *x, struct thread *t)
{
	x->t = t;
	x->n = 0;
	x->used = 0;
	memset(x->w, 0, sizeof x->w);
	mem_windows = x->w;
}

u64
ia32_window(struct ia32_call *x, size_t n, u8 **at)
{
	struct mem_window *w = x->w + x->n;
	if (x->n == MEM_WINDOWS || n > sizeof x->arena - x->used)
		return MEM_TOP;
	w->at = x->arena + x->used;
	w->n = n;
	memset(w->at, 0, n);
	x->used += (u32)round_up(n, 8);
	x->from[x->n].how = 0;
	if (at)
		*at = w->at;
	return MEM_WINDOW + (u64)x->n++ * MEM_WINDOW_SIZE;
}

i64
ia32_struct(struct ia32_call *x, char how, char what, u64 gva, u64 *to)
{
	u8 b[STRUCT_MAX], *at;
	*to = 0;
	if (!gva)
		return 0;
	if (how != '>' && copy_in(x->t, b, gva, size32(what)))
		return -L_EFAULT;
	*to = ia32_window(x, STRUCT_MAX, &at);
	x->from[x->n - 1].gva = gva;
	x->from[x->n - 1].how = how;
	x->from[x->n - 1].what = what;
	if (how == '>')
		return 0;
	if (what == 'i')
		ia32_siginfo_in((struct l_siginfo *)at, b);
	else
		widen(at, b, fields_of(what));
	return 0;
}

static i64
fd_set_arg(struct ia32_call *x, u64 n, u64 gva, u64 *to)
{
	size_t size = n > 8192 ? 1024 : (size_t)round_up(n, 32) / 8;
	u8 *at;
	*to = 0;
	if (!gva)
		return 0;
	*to = ia32_window(x, 1024, &at);
	x->from[x->n - 1].gva = gva;
	x->from[x->n - 1].how = '=';
	x->from[x->n - 1].what = 0;
	x->from[x->n - 1].size = (u32)size;
	return copy_in(x->t, at, gva, size);
}

i64
ia32_iovec(struct ia32_call *x, u64 gva, u64 n, u64 *to)
{
	u64 i;
	u8 b[8], *at;
	*to = 0;
	if (n > L_IOV_MAX)
		return 0;  // the call says so
	*to = ia32_window(x, n * sizeof(struct l_iovec), &at);
	for (i = 0; i < n; i++) {
		if (copy_in(x->t, b, gva + 8 * i, sizeof b))
			return -L_EFAULT;
		if (ld32(b + 4) >> 31)
			return -L_EINVAL;
		widen(at + 16 * i, b, "LL");
	}
	return 0;
}

i64
ia32_end(struct ia32_call *x, i64 r)
{
	int i;
	mem_windows = 0;
	for (i = 0; i < x->n; i++) {
		u8 b[STRUCT_MAX];
		u64 gva = x->from[i].gva;
		char what = x->from[i].what;
		size_t j, n;
		i64 e;
		if (!x->w[i].written || !x->from[i].how || x->from[i].how == '<')
			continue;
		if (!what) {
			if (r >= 0 && copy_out(x->t, gva, x->w[i].at, x->from[i].size))
				return -L_EFAULT;
			continue;
		}
		// A failed call has written what it had to say, if anything.
		for (j = 0; r < 0 && j < STRUCT_MAX && !x->w[i].at[j];)
			j++;
		if (r < 0 && j == STRUCT_MAX)
			continue;
		n = size32(what);
		if (what == 's' && copy_in(x->t, b, gva, n))
			return -L_EFAULT;
		e = struct_out(b, x->w[i].at, what);
		if (!e)
			e = copy_out(x->t, gva, b, n);
		if (e)
			return e;
	}
	return r;
}

i64
ia32_convert(struct thread *t, sys_fn *fn, const char *how, const u64 *a)
{
	struct ia32_call x;
	const u64 *first = a;
	u64 b[8], *to = b;
	i64 r = 0;
	memset(b, 0, sizeof b);
	ia32_begin(&x, t);
	for (; *how && *how != 'U' && !r; how++, to++) {
		switch (*how) {
		case '.':
			*to = *a++;
			break;
		case 's':
			*to = (u64)(i64)(i32)*a++;
			break;
		case 'q':
			*to = a[0] | a[1] << 32;
			a += 2;
			break;
		case 'u':
			*to = (u16)*a == 0xffff ? 0xffffffff : (u16)*a;
			a++;
			break;
		case 'v':
			r = ia32_iovec(&x, a[0], a[1], to);
			*++to = a[1];
			a += 2;
			break;
		case 'f':
			r = fd_set_arg(&x, first[0], *a++, to);
			break;
		case '<':
		case '>':
		case '=':
			r = ia32_struct(&x, how[0], how[1], *a++, to);
			how++;
			break;
		}
	}
	if (!r)
		r = fn(t, b);
	r = ia32_end(&x, r);
	return *how == 'U' && r >= 0 ? (i64)id16((u64)r) : r;
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
	sys_fn *fn = number < COUNTOF(g_calls) ? g_calls[number].fn : 0;
	u64 a[6];
	i64 r;
	int i;
	if (linux_signal_before_call(t))
		return 1;
	for (i = 0; i < 6; i++)
		a[i] = (u32)c->r[regs[i]];
	t->orig_rax = number;
	t->in_syscall = (int)number;
	t->ia32 = 1;
	if (fn) {
		r = g_calls[number].how ? ia32_convert(t, fn, g_calls[number].how, a) : fn(t, a);
		t->resumed = 0;
	} else {
		note_missing32(number);
		r = -L_ENOSYS;
	}
	t->ia32 = 0;
	if (g_options.strace)
		log_msg("int 0x80: %s(0x%x, 0x%x, 0x%x, 0x%x, 0x%x, 0x%x) = %lld", name_of(number), (u32)a[0], (u32)a[1],
		        (u32)a[2], (u32)a[3], (u32)a[4], (u32)a[5], (long long)r);
	c->r[GPR_AX] = (u64)r;
	return 1;
}
