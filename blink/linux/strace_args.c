// strace_args.c: values as strace(1) spells them: numbers, what guest memory
// holds, arguments of each kind.
#include "linux/strace.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "linux/strace_names.h"

enum { SHOWN_BYTES = 32, MAX_ITEMS = 16 };

void
strace_put(struct strace *s, const char *fmt, ...)
{
	va_list va;
	int room = (int)sizeof s->buf - s->n, n;
	va_start(va, fmt);
	n = vsnprintf(s->buf + s->n, (size_t)room, fmt, va);
	va_end(va);
	s->n += n < 0 ? 0 : n < room ? n : room - 1;
}

// --- numbers ------------------------------------------------------------------------

// Takes the next pair of a list; 0 at its end.
static const char *
next_name(const char *list, const char **name, int *len, u64 *value)
{
	char *end;
	if (!*list)
		return 0;
	*name = list;
	*len = (int)strcspn(list, " ");
	*value = strtoull(list + *len, &end, 16);
	return *end ? end + 1 : end;
}

static void
put_enum(struct strace *s, const char *list, u64 x)
{
	const char *name;
	int len;
	u64 v;
	while ((list = next_name(list, &name, &len, &v)))
		if (v == x) {
			strace_put(s, "%.*s", len, name);
			return;
		}
	strace_put(s, x < 10 ? "%llu" : "0x%llx", (unsigned long long)x);
}

// sep is printed before the first name, if there is any.
static void
put_flags(struct strace *s, const char *list, u64 x, const char *sep)
{
	const char *name;
	u64 v, whole = x;
	int len;
	while ((list = next_name(list, &name, &len, &v)))
		if (v ? (x & v) == v : !whole) {
			strace_put(s, "%s%.*s", sep, len, name);
			sep = "|";
			x &= ~v;
			if (!v)
				return;
		}
	if (x)
		strace_put(s, "%s0x%llx", sep, (unsigned long long)x);
	else if (!whole && !*sep)
		strace_put(s, "0");
}

void
strace_put_signal(struct strace *s, u32 sig)
{
	if (sig > 31 && sig <= 64)
		strace_put(s, "SIGRT_%u", sig - 32);
	else if (sig && sig < 32)
		put_enum(s, n_signal, sig);
	else
		strace_put(s, "%d", (i32)sig);
}

static void
put_sigset(struct strace *s, u64 set)
{
	const char *name = "";
	int len = 0, i, few = __builtin_popcountll(set) <= 32;
	const char *sep = "";
	strace_put(s, few ? "[" : "~[");
	if (!few)
		set = ~set;
	for (i = 1; i <= 64; i++) {
		const char *list = n_signal;
		u64 v = 0;
		if (!(set >> (i - 1) & 1))
			continue;
		while (i < 32 && (list = next_name(list, &name, &len, &v)) && v != (u64)i)
			;
		if (i < 32)
			strace_put(s, "%s%.*s", sep, len - 3, name + 3);
		else
			strace_put(s, "%sRT_%d", sep, i - 32);
		sep = " ";
	}
	strace_put(s, "]");
}

void
strace_put_error(struct strace *s, i64 l_error)
{
	put_enum(s, n_errno, (u64)l_error);
}

// --- guest memory -------------------------------------------------------------------

static void
put_quoted(struct strace *s, const u8 *b, size_t n, int more)
{
	size_t i;
	strace_put(s, "\"");
	for (i = 0; i < n; i++) {
		static const char special[] = "\nn\tt\rr\vv\ff\"\"\\\\";
		const char *p = special;
		while (*p && (u8)*p != b[i])
			p += 2;
		if (*p && b[i])
			strace_put(s, "\\%c", p[1]);
		else if (b[i] >= 32 && b[i] < 127)
			strace_put(s, "%c", b[i]);
		else if (i + 1 < n && b[i + 1] >= '0' && b[i + 1] <= '9')
			strace_put(s, "\\%03o", b[i]);
		else
			strace_put(s, "\\%o", b[i]);
	}
	strace_put(s, "\"%s", more ? "..." : "");
}

static void
put_ptr(struct strace *s, u64 x)
{
	if (x)
		strace_put(s, "0x%llx", (unsigned long long)x);
	else
		strace_put(s, "NULL");
}

static void
put_bytes(struct strace *s, struct thread *t, u64 gva, u64 n)
{
	u8 b[SHOWN_BYTES];
	size_t k = (size_t)min_u64(n, sizeof b);
	if (!gva || copy_in(t, b, gva, k))
		put_ptr(s, gva);
	else
		put_quoted(s, b, k, n > k);
}

static void
put_str(struct strace *s, struct thread *t, u64 gva, size_t max)
{
	char *b = (char *)malloc(L_PATH_MAX + 1);
	size_t n = 0;
	if (!gva || !b) {
		put_ptr(s, gva);
		free(b);
		return;
	}
	while (n <= max && n < L_PATH_MAX && !copy_in(t, b + n, gva + n, 1) && b[n])
		n++;
	if (!n && copy_in(t, b, gva, 1))
		put_ptr(s, gva);
	else
		put_quoted(s, (u8 *)b, n > max ? max : n, n > max);
	free(b);
}

static void
put_strv(struct strace *s, struct thread *t, u64 gva, int count_only)
{
	const char *sep = "";
	u8 b[8];
	int i;
	if (count_only) {
		for (i = 0; gva && !copy_in(t, b, gva + 8 * (u64)i, 8) && ld64(b); i++)
			;
		put_ptr(s, gva);
		if (gva)
			strace_put(s, " /* %d vars */", i);
		return;
	}
	if (!gva) {
		strace_put(s, "NULL");
		return;
	}
	strace_put(s, "[");
	for (i = 0; !copy_in(t, b, gva + 8 * (u64)i, 8) && ld64(b); i++) {
		strace_put(s, "%s", sep);
		sep = ", ";
		if (i >= 32 || s->n > (int)sizeof s->buf / 2) {
			strace_put(s, "...");
			break;
		}
		put_str(s, t, ld64(b), SHOWN_BYTES);
	}
	strace_put(s, "]");
}

static void
put_iovec(struct strace *s, struct thread *t, u64 gva, u64 n, u64 limit)
{
	struct l_iovec v;
	u64 i;
	strace_put(s, "[");
	for (i = 0; i < n; i++) {
		u64 len;
		if (i)
			strace_put(s, ", ");
		if (i >= MAX_ITEMS || copy_in(t, &v, gva + i * sizeof v, sizeof v)) {
			strace_put(s, "...");
			break;
		}
		len = L_GET(v.len);
		strace_put(s, "{iov_base=");
		put_bytes(s, t, L_GET(v.base), min_u64(len, limit));
		strace_put(s, ", iov_len=%llu}", (unsigned long long)len);
		limit -= min_u64(len, limit);
	}
	strace_put(s, "]");
}

static void
put_sigaction(struct strace *s, struct thread *t, u64 gva)
{
	struct l_sigaction sa;
	u64 h;
	if (!gva || copy_in(t, &sa, gva, sizeof sa)) {
		put_ptr(s, gva);
		return;
	}
	h = L_GET(sa.handler);
	strace_put(s, "{sa_handler=");
	if (h <= 1)
		strace_put(s, h ? "SIG_IGN" : "SIG_DFL");
	else
		put_ptr(s, h);
	strace_put(s, ", sa_mask=");
	put_sigset(s, L_GET(sa.mask));
	strace_put(s, ", sa_flags=");
	put_flags(s, n_saflags, L_GET(sa.flags), "");
	if (L_GET(sa.flags) & L_SA_RESTORER) {
		strace_put(s, ", sa_restorer=");
		put_ptr(s, L_GET(sa.restorer));
	}
	strace_put(s, "}");
}

static void
put_stat(struct strace *s, struct thread *t, u64 gva)
{
	struct l_stat st;
	u32 mode;
	if (copy_in(t, &st, gva, sizeof st)) {
		put_ptr(s, gva);
		return;
	}
	mode = (u32)L_GET(st.mode);
	strace_put(s, "{st_mode=");
	put_enum(s, n_ftype, mode & 0xf000);
	strace_put(s, "|0%o, ", mode & 07777);
	if ((mode & 0xf000) == 0x2000 || (mode & 0xf000) == 0x6000)
		strace_put(s, "st_rdev=makedev(%#x, %#x), ...}", (unsigned)(L_GET(st.rdev) >> 8 & 0xfff), (unsigned)(L_GET(st.rdev) & 0xff));
	else
		strace_put(s, "st_size=%llu, ...}", (unsigned long long)L_GET(st.size));
}

static void
put_sockaddr(struct strace *s, struct thread *t, u64 gva, u64 len)
{
	u8 b[110];
	size_t n = (size_t)min_u64((u32)len, sizeof b);
	if (n < 2 || copy_in(t, b, gva, n)) {
		put_ptr(s, gva);
		return;
	}
	strace_put(s, "{sa_family=");
	put_enum(s, n_family, ld16(b));
	if (ld16(b) == 1 && n > 2) {
		int abstract = !b[2] && n > 3;
		size_t k = abstract ? n - 3 : strnlen((char *)b + 2, n - 2);
		strace_put(s, ", sun_path=%s", abstract ? "@" : "");
		put_quoted(s, b + 2 + abstract, k, 0);
	} else if (ld16(b) == 2 && n >= 8) {
		strace_put(s, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")", b[2] << 8 | b[3], b[4], b[5], b[6], b[7]);
	} else {
		strace_put(s, ", sa_data=");
		put_quoted(s, b + 2, min_u64(n - 2, 14), n > 16);
	}
	strace_put(s, "}");
}

// Two 64-bit numbers as a struct
static void
put_pair(struct strace *s, struct thread *t, u64 gva, const char *first, const char *second, int rlim)
{
	u8 b[16];
	int i;
	if (!gva || copy_in(t, b, gva, 16)) {
		put_ptr(s, gva);
		return;
	}
	strace_put(s, "{");
	for (i = 0; i < 2; i++) {
		i64 x = (i64)ld64(b + 8 * i);
		strace_put(s, "%s%s=", i ? ", " : "", i ? second : first);
		if (rlim && x == -1)
			strace_put(s, "RLIM64_INFINITY");
		else if (rlim && x && !(x % 1024))
			strace_put(s, "%lld*1024", (long long)x / 1024);
		else
			strace_put(s, "%lld", (long long)x);
	}
	strace_put(s, "}");
}

static void
put_pollfds(struct strace *s, struct thread *t, u64 gva, u64 n)
{
	struct l_pollfd f;
	u64 i;
	strace_put(s, "[");
	for (i = 0; i < n && i < MAX_ITEMS && !copy_in(t, &f, gva + i * sizeof f, sizeof f); i++) {
		strace_put(s, "%s{fd=%d, events=", i ? ", " : "", (int)L_GETS(f.fd));
		put_flags(s, n_poll, L_GET(f.events), "");
		strace_put(s, "}");
	}
	strace_put(s, i < n ? ", ...]" : "]");
}

static void
put_altstack(struct strace *s, struct thread *t, u64 gva)
{
	struct l_stack st;
	if (!gva || copy_in(t, &st, gva, sizeof st)) {
		put_ptr(s, gva);
		return;
	}
	strace_put(s, "{ss_sp=");
	put_ptr(s, L_GET(st.sp));
	strace_put(s, ", ss_flags=");
	put_flags(s, "SS_ONSTACK 1 SS_DISABLE 2 SS_AUTODISARM 80000000", L_GET(st.flags), "");
	strace_put(s, ", ss_size=%llu}", (unsigned long long)L_GET(st.size));
}

static void
put_clone(struct strace *s, const u64 *a)
{
	strace_put(s, "child_stack=");
	put_ptr(s, a[1]);
	strace_put(s, ", flags=");
	put_flags(s, n_clone, a[0] & ~(u64)255, "");
	if (a[0] & 255)
		strace_put(s, "|"), strace_put_signal(s, (u32)a[0] & 255);
	if (a[0] & L_CLONE_PARENT_SETTID)
		strace_put(s, ", parent_tid=[%#llx]", (unsigned long long)a[2]);
	if (a[0] & L_CLONE_SETTLS)
		strace_put(s, ", tls=0x%llx", (unsigned long long)a[4]);
	if (a[0] & (L_CLONE_CHILD_SETTID | L_CLONE_CHILD_CLEARTID))
		strace_put(s, ", child_tidptr=0x%llx", (unsigned long long)a[3]);
}

// The status that wait(2) gives
static void
put_wstatus(struct strace *s, u32 w)
{
	if ((w & 127) == 0)
		strace_put(s, "[{WIFEXITED(s) && WEXITSTATUS(s) == %u}]", w >> 8 & 255);
	else if ((w & 255) == 127)
		strace_put(s, "[{WIFSTOPPED(s) && WSTOPSIG(s) == "), strace_put_signal(s, w >> 8 & 255), strace_put(s, "}]");
	else if (w == 0xffff)
		strace_put(s, "[{WIFCONTINUED(s)}]");
	else
		strace_put(s, "[{WIFSIGNALED(s) && WTERMSIG(s) == "), strace_put_signal(s, w & 127), strace_put(s, w & 128 ? " && WCOREDUMP(s)}]" : "}]");
}

static void
put_fcntl_arg(struct strace *s, int cmd, u64 x)
{
	if (cmd == L_F_SETFD)
		put_flags(s, "FD_CLOEXEC 1", (u32)x, "");
	else if (cmd == L_F_SETFL)
		strace_put(s, "%s", (x & 3) == 0 ? "O_RDONLY" : (x & 3) == 1 ? "O_WRONLY" : "O_RDWR"),
			put_flags(s, n_oflags, (u32)x & ~3u & ~0x8000u, "|");
	else if (x < 65536)
		strace_put(s, "%llu", (unsigned long long)x);
	else
		put_ptr(s, x);
}

// --- arguments ----------------------------------------------------------------------

static const char *
list_of(int kind)
{
	switch (kind) {
	case A_ACCMODE: return n_accmode;
	case A_MPROT: return n_mprot;
	case A_MFLAGS: return n_mflags;
	case A_MREMAP: return n_mremap;
	case A_MSYNC: return n_msync;
	case A_CLONEFLAGS: return n_clone;
	case A_WAIT: return n_wait;
	case A_ATFLAGS: return n_atflags;
	case A_ATUNLINK: return n_atunlink;
	case A_FDFLAGS: return n_fdflags;
	case A_GRND: return n_grnd;
	default: return 0;
	}
}

static const char *
enum_of(int kind)
{
	switch (kind) {
	case A_WHENCE: return n_whence;
	case A_MADV: return n_madv;
	case A_SIGHOW: return n_sighow;
	case A_IOCTL: return n_ioctl;
	case A_FAMILY: return n_family;
	case A_FCNTL: return n_fcntl;
	case A_ARCHPRCTL: return n_archprctl;
	case A_PRCTL: return n_prctl;
	case A_CLOCK: return n_clock;
	case A_EPOLLOP: return n_epollop;
	case A_RLIMIT: return n_rlimit;
	default: return 0;
	}
}

// One argument; result is the call's, for outputs, and negative if it failed.
static void
put_arg(struct strace *s, struct thread *t, int kind, const u64 *a, i64 result)
{
	u64 x = *a;
	u8 b[16];
	if (kind >= A_FIRST_OUT && (result < 0 || !x)) {
		put_ptr(s, x);
		return;
	}
	if (list_of(kind)) {
		put_flags(s, list_of(kind), (u32)x, "");
		return;
	}
	if (enum_of(kind)) {
		put_enum(s, enum_of(kind), (u32)x);
		return;
	}
	switch (kind) {
	case A_INT: case A_FD: case A_PID: strace_put(s, "%d", (i32)x); break;
	case A_UINT: strace_put(s, "%u", (u32)x); break;
	case A_SIZE: strace_put(s, "%llu", (unsigned long long)x); break;
	case A_OFF: strace_put(s, "%lld", (long long)x); break;
	case A_HEX: strace_put(s, x ? "0x%llx" : "%llu", (unsigned long long)x); break;
	case A_DIRFD:
		if ((i32)x == L_AT_FDCWD)
			strace_put(s, "AT_FDCWD");
		else
			strace_put(s, "%d", (i32)x);
		break;
	case A_PATH: put_str(s, t, x, L_PATH_MAX); break;
	case A_STR: put_str(s, t, x, SHOWN_BYTES); break;
	case A_INBUF: put_bytes(s, t, x, a[1]); break;
	case A_OUTBUF: put_bytes(s, t, x, min_u64((u64)result, a[1])); break;
	case A_OUTSTR: put_str(s, t, x, L_PATH_MAX); break;
	case A_INIOVEC: put_iovec(s, t, x, a[1], ~0ull); break;
	case A_IOVEC: put_iovec(s, t, x, a[1], (u64)result); break;
	case A_STRV: put_strv(s, t, x, 0); break;
	case A_ENVP: put_strv(s, t, x, 1); break;
	case A_MODE: strace_put(s, x & 0xffff ? "0%o" : "%o", (u32)x & 0xffff); break;
	case A_SIGSET: case A_OUTSIGSET:
		if (!x || copy_in(t, b, x, 8))
			put_ptr(s, x);
		else
			put_sigset(s, ld64(b));
		break;
	case A_SIGACT: case A_OUTSIGACT: put_sigaction(s, t, x); break;
	case A_TIMESPEC: case A_OUTTIMESPEC: put_pair(s, t, x, "tv_sec", "tv_nsec", 0); break;
	case A_TIMEVAL: case A_OUTTIMEVAL: put_pair(s, t, x, "tv_sec", "tv_usec", 0); break;
	case A_RLIM: case A_OUTRLIM: put_pair(s, t, x, "rlim_cur", "rlim_max", 1); break;
	case A_SOCKADDR: put_sockaddr(s, t, x, a[1]); break;
	case A_ALTSTACK: case A_OUTALTSTACK: put_altstack(s, t, x); break;
	case A_POLLFDS: put_pollfds(s, t, x, (u32)a[1]); break;
	case A_OFLAGS:
		strace_put(s, "%s", (x & 3) == 0 ? "O_RDONLY" : (x & 3) == 1 ? "O_WRONLY" : "O_RDWR");
		put_flags(s, n_oflags, (u32)x & ~3u & ~0x8000u, "|");
		break;
	case A_SOCKTYPE:
		put_enum(s, n_socktype, (u32)x & 15);
		put_flags(s, n_sockflags, (u32)x & ~15u, "|");
		break;
	case A_SIGNAL: strace_put_signal(s, (u32)x); break;
	case A_FUTEX:
		put_enum(s, n_futex, (u32)x & 127);
		strace_put(s, "%s%s", x & 128 ? "_PRIVATE" : "", x & 256 ? "|FUTEX_CLOCK_REALTIME" : "");
		break;
	case A_FDS2:
		if (copy_in(t, b, x, 8))
			put_ptr(s, x);
		else
			strace_put(s, "[%d, %d]", (i32)ld32(b), (i32)ld32(b + 4));
		break;
	case A_STAT: put_stat(s, t, x); break;
	case A_CLONE: put_clone(s, a); break;
	case A_FCNTLARG: put_fcntl_arg(s, (int)a[-1], x); break;
	case A_WSTATUS:
		if (!result || copy_in(t, b, x, 4))
			put_ptr(s, x);
		else
			put_wstatus(s, ld32(b));
		break;
	case A_SIGFRAME:
		strace_put(s, "{mask=");
		if (!copy_in(t, b, t->cpu->r[GPR_SP] + offsetof(struct l_ucontext, sigmask), 8))
			put_sigset(s, ld64(b));
		strace_put(s, "}");
		break;
	default: put_ptr(s, x);
	}
}

int
strace_count_args(const struct sysrow *row, const u64 *a)
{
	int n = 0, i;
	while (n < 6 && row->kinds[n] != A_NONE)
		n++;
	for (i = 0; i < n; i++) {
		if (row->kinds[i] == A_OFLAGS && i + 1 < n && row->kinds[i + 1] == A_MODE && !(a[i] & (L_O_CREAT | 0x400000)))
			return i + 1;
		if (row->kinds[i] == A_FCNTL && (a[i] == 1 || a[i] == 3 || a[i] == 9 || a[i] == 11 || a[i] == 0x401 || a[i] == 0x408))
			return i + 1;
		if (row->kinds[i] == A_FUTEX) {
			u32 op = (u32)a[i] & 127;
			return op == 1 ? 3 : op == 0 || op == 6 ? 4 : op == 7 || op == 8 ? 2 : 6;
		}
	}
	return n;
}

void
strace_put_args(struct strace *s, struct thread *t, const struct sysrow *row, const u64 *a, int outs_too, i64 result)
{
	int n = strace_count_args(row, a);
	while (s->next < n && (outs_too || row->kinds[s->next] < A_FIRST_OUT)) {
		int i = s->next++;
		if (i)
			strace_put(s, ", ");
		put_arg(s, t, row->kinds[i], a + i, result);
	}
}
