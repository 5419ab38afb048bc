// strace.c: the -s log, spelled as strace(1) spells it.
//
// What goes in is printed when the call begins, what comes out when it has
// returned; both go out as one line, unless -ss asked for the entries of calls
// that block or the call takes other calls' turn.
#include "linux/syscall.h"
#include "base/log.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SHOWN_BYTES = 32, RESULT_COLUMN = 40, MAX_ITEMS = 16 };

static void PRINTF_LIKE(2, 3)
put(struct strace *s, const char *fmt, ...)
{
	va_list va;
	int room = (int)sizeof s->buf - s->n, n;
	va_start(va, fmt);
	n = vsnprintf(s->buf + s->n, (size_t)room, fmt, va);
	va_end(va);
	s->n += n < 0 ? 0 : n < room ? n : room - 1;
}

// --- names of numbers -----------------------------------------------------------------
// A list is "NAME hex NAME hex ...", in the order in which strace shows them.

static const char n_oflags[] = "O_CREAT 40 O_EXCL 80 O_NOCTTY 100 O_TRUNC 200 O_APPEND 400 O_NONBLOCK 800 "
	"O_SYNC 101000 O_DSYNC 1000 O_DIRECT 4000 O_NOFOLLOW 20000 O_NOATIME 40000 O_CLOEXEC 80000 O_PATH 200000 "
	"O_TMPFILE 410000 O_DIRECTORY 10000 O_ASYNC 2000";
static const char n_accmode[] = "R_OK 4 W_OK 2 X_OK 1 F_OK 0";
static const char n_whence[] = "SEEK_SET 0 SEEK_CUR 1 SEEK_END 2 SEEK_DATA 3 SEEK_HOLE 4";
static const char n_mprot[] = "PROT_NONE 0 PROT_READ 1 PROT_WRITE 2 PROT_EXEC 4 PROT_GROWSDOWN 1000000 PROT_GROWSUP 2000000";
static const char n_mflags[] = "MAP_SHARED_VALIDATE 3 MAP_SHARED 1 MAP_PRIVATE 2 MAP_FIXED 10 MAP_ANONYMOUS 20 MAP_32BIT 40 "
	"MAP_GROWSDOWN 100 MAP_DENYWRITE 800 MAP_EXECUTABLE 1000 MAP_LOCKED 2000 MAP_NORESERVE 4000 "
	"MAP_POPULATE 8000 MAP_NONBLOCK 10000 MAP_STACK 20000 MAP_HUGETLB 40000 MAP_SYNC 80000 MAP_FIXED_NOREPLACE 100000";
static const char n_mremap[] = "MREMAP_MAYMOVE 1 MREMAP_FIXED 2 MREMAP_DONTUNMAP 4";
static const char n_msync[] = "MS_ASYNC 1 MS_INVALIDATE 2 MS_SYNC 4";
static const char n_madv[] = "MADV_NORMAL 0 MADV_RANDOM 1 MADV_SEQUENTIAL 2 MADV_WILLNEED 3 MADV_DONTNEED 4 MADV_FREE 8 "
	"MADV_REMOVE 9 MADV_DONTFORK a MADV_DOFORK b MADV_MERGEABLE c MADV_UNMERGEABLE d MADV_HUGEPAGE e "
	"MADV_NOHUGEPAGE f MADV_DONTDUMP 10 MADV_DODUMP 11 MADV_WIPEONFORK 12 MADV_KEEPONFORK 13 MADV_COLD 14 "
	"MADV_PAGEOUT 15 MADV_POPULATE_READ 16 MADV_POPULATE_WRITE 17";
static const char n_sighow[] = "SIG_BLOCK 0 SIG_UNBLOCK 1 SIG_SETMASK 2";
static const char n_ioctl[] = "TCGETS 5401 TCSETS 5402 TCSETSW 5403 TCSETSF 5404 TCSBRK 5409 TIOCSCTTY 540e TIOCGPGRP 540f "
	"TIOCSPGRP 5410 TIOCGWINSZ 5413 TIOCSWINSZ 5414 FIONREAD 541b FIONBIO 5421 TIOCNOTTY 5422 TIOCGPTN 80045430 "
	"FIONCLEX 5450 FIOCLEX 5451 FICLONE 40049409 SIOCGIFCONF 8912";
static const char n_family[] = "AF_UNSPEC 0 AF_UNIX 1 AF_INET 2 AF_INET6 a AF_NETLINK 10 AF_PACKET 11";
static const char n_socktype[] = "SOCK_STREAM 1 SOCK_DGRAM 2 SOCK_RAW 3 SOCK_SEQPACKET 5";
static const char n_sockflags[] = "SOCK_CLOEXEC 80000 SOCK_NONBLOCK 800";
static const char n_clone[] = "CLONE_VM 100 CLONE_FS 200 CLONE_FILES 400 CLONE_SIGHAND 800 CLONE_PIDFD 1000 CLONE_PTRACE 2000 "
	"CLONE_VFORK 4000 CLONE_PARENT 8000 CLONE_THREAD 10000 CLONE_NEWNS 20000 CLONE_SYSVSEM 40000 CLONE_SETTLS 80000 "
	"CLONE_PARENT_SETTID 100000 CLONE_CHILD_CLEARTID 200000 CLONE_UNTRACED 800000 CLONE_CHILD_SETTID 1000000 "
	"CLONE_NEWCGROUP 2000000 CLONE_NEWUTS 4000000 CLONE_NEWIPC 8000000 CLONE_NEWUSER 10000000 CLONE_NEWPID 20000000 "
	"CLONE_NEWNET 40000000 CLONE_IO 80000000";
static const char n_wait[] = "WNOHANG 1 WSTOPPED 2 WEXITED 4 WCONTINUED 8 WNOWAIT 1000000 __WALL 40000000 __WCLONE 80000000";
static const char n_fcntl[] = "F_DUPFD 0 F_GETFD 1 F_SETFD 2 F_GETFL 3 F_SETFL 4 F_GETLK 5 F_SETLK 6 F_SETLKW 7 F_SETOWN 8 "
	"F_GETOWN 9 F_SETSIG a F_GETSIG b F_OFD_GETLK 24 F_OFD_SETLK 25 F_OFD_SETLKW 26 F_SETLEASE 400 F_GETLEASE 401 "
	"F_DUPFD_CLOEXEC 406 F_SETPIPE_SZ 407 F_GETPIPE_SZ 408 F_ADD_SEALS 409 F_GET_SEALS 40a";
static const char n_atflags[] = "AT_SYMLINK_NOFOLLOW 100 AT_EACCESS 200 AT_SYMLINK_FOLLOW 400 AT_NO_AUTOMOUNT 800 AT_EMPTY_PATH 1000 "
	"AT_STATX_FORCE_SYNC 2000 AT_STATX_DONT_SYNC 4000";
static const char n_atunlink[] = "AT_REMOVEDIR 200";
static const char n_archprctl[] = "ARCH_SET_GS 1001 ARCH_SET_FS 1002 ARCH_GET_FS 1003 ARCH_GET_GS 1004 ARCH_GET_CPUID 1011 ARCH_SET_CPUID 1012";
static const char n_prctl[] = "PR_SET_PDEATHSIG 1 PR_GET_PDEATHSIG 2 PR_GET_DUMPABLE 3 PR_SET_DUMPABLE 4 PR_SET_KEEPCAPS 8 PR_SET_NAME f "
	"PR_GET_NAME 10 PR_GET_SECCOMP 15 PR_SET_SECCOMP 16 PR_CAPBSET_READ 17 PR_CAPBSET_DROP 18 PR_SET_TIMERSLACK 1d "
	"PR_SET_MM 23 PR_SET_CHILD_SUBREAPER 24 PR_SET_NO_NEW_PRIVS 26 PR_GET_NO_NEW_PRIVS 27 PR_SET_VMA 53564d41";
static const char n_clock[] = "CLOCK_REALTIME 0 CLOCK_MONOTONIC 1 CLOCK_PROCESS_CPUTIME_ID 2 CLOCK_THREAD_CPUTIME_ID 3 "
	"CLOCK_MONOTONIC_RAW 4 CLOCK_REALTIME_COARSE 5 CLOCK_MONOTONIC_COARSE 6 CLOCK_BOOTTIME 7";
static const char n_futex[] = "FUTEX_WAIT 0 FUTEX_WAKE 1 FUTEX_REQUEUE 3 FUTEX_CMP_REQUEUE 4 FUTEX_WAKE_OP 5 FUTEX_LOCK_PI 6 "
	"FUTEX_UNLOCK_PI 7 FUTEX_TRYLOCK_PI 8 FUTEX_WAIT_BITSET 9 FUTEX_WAKE_BITSET a";
static const char n_epollop[] = "EPOLL_CTL_ADD 1 EPOLL_CTL_DEL 2 EPOLL_CTL_MOD 3";
static const char n_rlimit[] = "RLIMIT_CPU 0 RLIMIT_FSIZE 1 RLIMIT_DATA 2 RLIMIT_STACK 3 RLIMIT_CORE 4 RLIMIT_RSS 5 RLIMIT_NPROC 6 "
	"RLIMIT_NOFILE 7 RLIMIT_MEMLOCK 8 RLIMIT_AS 9 RLIMIT_LOCKS a RLIMIT_SIGPENDING b RLIMIT_MSGQUEUE c RLIMIT_NICE d "
	"RLIMIT_RTPRIO e RLIMIT_RTTIME f";
static const char n_saflags[] = "SA_RESTORER 4000000 SA_ONSTACK 8000000 SA_RESTART 10000000 SA_NODEFER 40000000 SA_RESETHAND 80000000 "
	"SA_SIGINFO 4 SA_NOCLDSTOP 1 SA_NOCLDWAIT 2";
static const char n_poll[] = "POLLIN 1 POLLPRI 2 POLLOUT 4 POLLERR 8 POLLHUP 10 POLLNVAL 20 POLLRDNORM 40 POLLRDBAND 80 POLLWRNORM 100";
static const char n_ftype[] = "S_IFREG 8000 S_IFDIR 4000 S_IFCHR 2000 S_IFBLK 6000 S_IFIFO 1000 S_IFLNK a000 S_IFSOCK c000";
static const char n_signal[] = "SIGHUP 1 SIGINT 2 SIGQUIT 3 SIGILL 4 SIGTRAP 5 SIGABRT 6 SIGBUS 7 SIGFPE 8 SIGKILL 9 SIGUSR1 a SIGSEGV b "
	"SIGUSR2 c SIGPIPE d SIGALRM e SIGTERM f SIGSTKFLT 10 SIGCHLD 11 SIGCONT 12 SIGSTOP 13 SIGTSTP 14 SIGTTIN 15 SIGTTOU 16 "
	"SIGURG 17 SIGXCPU 18 SIGXFSZ 19 SIGVTALRM 1a SIGPROF 1b SIGWINCH 1c SIGIO 1d SIGPWR 1e SIGSYS 1f";
static const char n_errno[] = "EPERM 1 ENOENT 2 ESRCH 3 EINTR 4 EIO 5 ENXIO 6 E2BIG 7 ENOEXEC 8 EBADF 9 ECHILD a EAGAIN b ENOMEM c EACCES d "
	"EFAULT e ENOTBLK f EBUSY 10 EEXIST 11 EXDEV 12 ENODEV 13 ENOTDIR 14 EISDIR 15 EINVAL 16 ENFILE 17 EMFILE 18 ENOTTY 19 "
	"ETXTBSY 1a EFBIG 1b ENOSPC 1c ESPIPE 1d EROFS 1e EMLINK 1f EPIPE 20 EDOM 21 ERANGE 22 EDEADLK 23 ENAMETOOLONG 24 ENOLCK 25 "
	"ENOSYS 26 ENOTEMPTY 27 ELOOP 28 ENOMSG 2a EIDRM 2b ENODATA 3d ETIME 3e EPROTO 47 EBADMSG 4a EOVERFLOW 4b ELIBBAD 50 EILSEQ 54 "
	"EUSERS 57 ENOTSOCK 58 EDESTADDRREQ 59 EMSGSIZE 5a EPROTOTYPE 5b ENOPROTOOPT 5c EPROTONOSUPPORT 5d ESOCKTNOSUPPORT 5e "
	"EOPNOTSUPP 5f EPFNOSUPPORT 60 EAFNOSUPPORT 61 EADDRINUSE 62 EADDRNOTAVAIL 63 ENETDOWN 64 ENETUNREACH 65 ENETRESET 66 "
	"ECONNABORTED 67 ECONNRESET 68 ENOBUFS 69 EISCONN 6a ENOTCONN 6b ESHUTDOWN 6c ETIMEDOUT 6e ECONNREFUSED 6f EHOSTDOWN 70 "
	"EHOSTUNREACH 71 EALREADY 72 EINPROGRESS 73 ESTALE 74 EDQUOT 7a ECANCELED 7d EOWNERDEAD 82 ENOTRECOVERABLE 83 "
	"ERESTARTSYS 200 ERESTARTNOINTR 201 ERESTARTNOHAND 202 ERESTART_RESTARTBLOCK 204";

static const char n_fdflags[] = "O_NONBLOCK 800 O_CLOEXEC 80000 EFD_SEMAPHORE 1";
static const char n_grnd[] = "GRND_NONBLOCK 1 GRND_RANDOM 2 GRND_INSECURE 4";

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
			put(s, "%.*s", len, name);
			return;
		}
	put(s, x < 10 ? "%llu" : "0x%llx", (unsigned long long)x);
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
			put(s, "%s%.*s", sep, len, name);
			sep = "|";
			x &= ~v;
			if (!v)
				return;
		}
	if (x)
		put(s, "%s0x%llx", sep, (unsigned long long)x);
	else if (!whole && !*sep)
		put(s, "0");
}

static void
put_signal(struct strace *s, u32 sig)
{
	if (sig > 31 && sig <= 64)
		put(s, "SIGRT_%u", sig - 32);
	else if (sig && sig < 32)
		put_enum(s, n_signal, sig);
	else
		put(s, "%d", (i32)sig);
}

static void
put_sigset(struct strace *s, u64 set)
{
	const char *name = "";
	int len = 0, i, few = __builtin_popcountll(set) <= 32;
	const char *sep = "";
	put(s, few ? "[" : "~[");
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
			put(s, "%s%.*s", sep, len - 3, name + 3);
		else
			put(s, "%sRT_%d", sep, i - 32);
		sep = " ";
	}
	put(s, "]");
}

// --- guest memory -------------------------------------------------------------------

static void
put_quoted(struct strace *s, const u8 *b, size_t n, int more)
{
	size_t i;
	put(s, "\"");
	for (i = 0; i < n; i++) {
		static const char special[] = "\nn\tt\rr\vv\ff\"\"\\\\";
		const char *p = special;
		while (*p && (u8)*p != b[i])
			p += 2;
		if (*p && b[i])
			put(s, "\\%c", p[1]);
		else if (b[i] >= 32 && b[i] < 127)
			put(s, "%c", b[i]);
		else if (i + 1 < n && b[i + 1] >= '0' && b[i + 1] <= '9')
			put(s, "\\%03o", b[i]);
		else
			put(s, "\\%o", b[i]);
	}
	put(s, "\"%s", more ? "..." : "");
}

static void
put_ptr(struct strace *s, u64 x)
{
	if (x)
		put(s, "0x%llx", (unsigned long long)x);
	else
		put(s, "NULL");
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
			put(s, " /* %d vars */", i);
		return;
	}
	if (!gva) {
		put(s, "NULL");
		return;
	}
	put(s, "[");
	for (i = 0; !copy_in(t, b, gva + 8 * (u64)i, 8) && ld64(b); i++) {
		put(s, "%s", sep);
		sep = ", ";
		if (i >= 32 || s->n > (int)sizeof s->buf / 2) {
			put(s, "...");
			break;
		}
		put_str(s, t, ld64(b), SHOWN_BYTES);
	}
	put(s, "]");
}

static void
put_iovec(struct strace *s, struct thread *t, u64 gva, u64 n, u64 limit)
{
	struct l_iovec v;
	u64 i;
	put(s, "[");
	for (i = 0; i < n; i++) {
		u64 len;
		if (i)
			put(s, ", ");
		if (i >= MAX_ITEMS || copy_in(t, &v, gva + i * sizeof v, sizeof v)) {
			put(s, "...");
			break;
		}
		len = L_GET(v.len);
		put(s, "{iov_base=");
		put_bytes(s, t, L_GET(v.base), min_u64(len, limit));
		put(s, ", iov_len=%llu}", (unsigned long long)len);
		limit -= min_u64(len, limit);
	}
	put(s, "]");
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
	put(s, "{sa_handler=");
	if (h <= 1)
		put(s, h ? "SIG_IGN" : "SIG_DFL");
	else
		put_ptr(s, h);
	put(s, ", sa_mask=");
	put_sigset(s, L_GET(sa.mask));
	put(s, ", sa_flags=");
	put_flags(s, n_saflags, L_GET(sa.flags), "");
	if (L_GET(sa.flags) & L_SA_RESTORER) {
		put(s, ", sa_restorer=");
		put_ptr(s, L_GET(sa.restorer));
	}
	put(s, "}");
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
	put(s, "{st_mode=");
	put_enum(s, n_ftype, mode & 0xf000);
	put(s, "|0%o, ", mode & 07777);
	if ((mode & 0xf000) == 0x2000 || (mode & 0xf000) == 0x6000)
		put(s, "st_rdev=makedev(%#x, %#x), ...}", (unsigned)(L_GET(st.rdev) >> 8 & 0xfff), (unsigned)(L_GET(st.rdev) & 0xff));
	else
		put(s, "st_size=%llu, ...}", (unsigned long long)L_GET(st.size));
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
	put(s, "{sa_family=");
	put_enum(s, n_family, ld16(b));
	if (ld16(b) == 1 && n > 2) {
		int abstract = !b[2] && n > 3;
		size_t k = abstract ? n - 3 : strnlen((char *)b + 2, n - 2);
		put(s, ", sun_path=%s", abstract ? "@" : "");
		put_quoted(s, b + 2 + abstract, k, 0);
	} else if (ld16(b) == 2 && n >= 8) {
		put(s, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")", b[2] << 8 | b[3], b[4], b[5], b[6], b[7]);
	} else {
		put(s, ", sa_data=");
		put_quoted(s, b + 2, min_u64(n - 2, 14), n > 16);
	}
	put(s, "}");
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
	put(s, "{");
	for (i = 0; i < 2; i++) {
		i64 x = (i64)ld64(b + 8 * i);
		put(s, "%s%s=", i ? ", " : "", i ? second : first);
		if (rlim && x == -1)
			put(s, "RLIM64_INFINITY");
		else if (rlim && x && !(x % 1024))
			put(s, "%lld*1024", (long long)x / 1024);
		else
			put(s, "%lld", (long long)x);
	}
	put(s, "}");
}

static void
put_pollfds(struct strace *s, struct thread *t, u64 gva, u64 n)
{
	struct l_pollfd f;
	u64 i;
	put(s, "[");
	for (i = 0; i < n && i < MAX_ITEMS && !copy_in(t, &f, gva + i * sizeof f, sizeof f); i++) {
		put(s, "%s{fd=%d, events=", i ? ", " : "", (int)L_GETS(f.fd));
		put_flags(s, n_poll, L_GET(f.events), "");
		put(s, "}");
	}
	put(s, i < n ? ", ...]" : "]");
}

static void
put_altstack(struct strace *s, struct thread *t, u64 gva)
{
	struct l_stack st;
	if (!gva || copy_in(t, &st, gva, sizeof st)) {
		put_ptr(s, gva);
		return;
	}
	put(s, "{ss_sp=");
	put_ptr(s, L_GET(st.sp));
	put(s, ", ss_flags=");
	put_flags(s, "SS_ONSTACK 1 SS_DISABLE 2 SS_AUTODISARM 80000000", L_GET(st.flags), "");
	put(s, ", ss_size=%llu}", (unsigned long long)L_GET(st.size));
}

static void
put_clone(struct strace *s, const u64 *a)
{
	put(s, "child_stack=");
	put_ptr(s, a[1]);
	put(s, ", flags=");
	put_flags(s, n_clone, a[0] & ~(u64)255, "");
	if (a[0] & 255)
		put(s, "|"), put_signal(s, (u32)a[0] & 255);
	if (a[0] & L_CLONE_PARENT_SETTID)
		put(s, ", parent_tid=[%#llx]", (unsigned long long)a[2]);
	if (a[0] & L_CLONE_SETTLS)
		put(s, ", tls=0x%llx", (unsigned long long)a[4]);
	if (a[0] & (L_CLONE_CHILD_SETTID | L_CLONE_CHILD_CLEARTID))
		put(s, ", child_tidptr=0x%llx", (unsigned long long)a[3]);
}

// The status that wait(2) gives
static void
put_wstatus(struct strace *s, u32 w)
{
	if ((w & 127) == 0)
		put(s, "[{WIFEXITED(s) && WEXITSTATUS(s) == %u}]", w >> 8 & 255);
	else if ((w & 255) == 127)
		put(s, "[{WIFSTOPPED(s) && WSTOPSIG(s) == "), put_signal(s, w >> 8 & 255), put(s, "}]");
	else if (w == 0xffff)
		put(s, "[{WIFCONTINUED(s)}]");
	else
		put(s, "[{WIFSIGNALED(s) && WTERMSIG(s) == "), put_signal(s, w & 127), put(s, w & 128 ? " && WCOREDUMP(s)}]" : "}]");
}

static void
put_fcntl_arg(struct strace *s, int cmd, u64 x)
{
	if (cmd == L_F_SETFD)
		put_flags(s, "FD_CLOEXEC 1", (u32)x, "");
	else if (cmd == L_F_SETFL)
		put(s, "%s", (x & 3) == 0 ? "O_RDONLY" : (x & 3) == 1 ? "O_WRONLY" : "O_RDWR"),
			put_flags(s, n_oflags, (u32)x & ~3u & ~0x8000u, "|");
	else if (x < 65536)
		put(s, "%llu", (unsigned long long)x);
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
	case A_INT: case A_FD: case A_PID: put(s, "%d", (i32)x); break;
	case A_UINT: put(s, "%u", (u32)x); break;
	case A_SIZE: put(s, "%llu", (unsigned long long)x); break;
	case A_OFF: put(s, "%lld", (long long)x); break;
	case A_HEX: put(s, x ? "0x%llx" : "%llu", (unsigned long long)x); break;
	case A_DIRFD:
		if ((i32)x == L_AT_FDCWD)
			put(s, "AT_FDCWD");
		else
			put(s, "%d", (i32)x);
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
	case A_MODE: put(s, x & 0xffff ? "0%o" : "%o", (u32)x & 0xffff); break;
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
		put(s, "%s", (x & 3) == 0 ? "O_RDONLY" : (x & 3) == 1 ? "O_WRONLY" : "O_RDWR");
		put_flags(s, n_oflags, (u32)x & ~3u & ~0x8000u, "|");
		break;
	case A_SOCKTYPE:
		put_enum(s, n_socktype, (u32)x & 15);
		put_flags(s, n_sockflags, (u32)x & ~15u, "|");
		break;
	case A_SIGNAL: put_signal(s, (u32)x); break;
	case A_FUTEX:
		put_enum(s, n_futex, (u32)x & 127);
		put(s, "%s%s", x & 128 ? "_PRIVATE" : "", x & 256 ? "|FUTEX_CLOCK_REALTIME" : "");
		break;
	case A_FDS2:
		if (copy_in(t, b, x, 8))
			put_ptr(s, x);
		else
			put(s, "[%d, %d]", (i32)ld32(b), (i32)ld32(b + 4));
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
		put(s, "{mask=");
		if (!copy_in(t, b, t->cpu->r[GPR_SP] + offsetof(struct l_ucontext, sigmask), 8))
			put_sigset(s, ld64(b));
		put(s, "}");
		break;
	default: put_ptr(s, x);
	}
}

// How many of the row's arguments this very call has.
static int
count_args(const struct sysrow *row, const u64 *a)
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

static void
put_args(struct strace *s, struct thread *t, const struct sysrow *row, const u64 *a, int outs_too, i64 result)
{
	int n = count_args(row, a);
	while (s->next < n && (outs_too || row->kinds[s->next] < A_FIRST_OUT)) {
		int i = s->next++;
		if (i)
			put(s, ", ");
		put_arg(s, t, row->kinds[i], a + i, result);
	}
}

// --- lines --------------------------------------------------------------------------

static void
begin_line(struct strace *s, struct thread *t)
{
	int root = g_options.root_pid ? g_options.root_pid : (g_options.root_pid = (int)getpid());
	s->n = 0;
	if (t->p->nthreads > 1 || thread_tid(t) != root)
		put(s, "[pid %5d] ", thread_tid(t));
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
		put(s, "%s(", sys_name((u32)t->orig_rax));
	else
		put(s, "syscall_0x%x(", (u32)t->orig_rax);
	put_args(s, t, row ? row : &unknown, a, 0, 0);
	if (row && row->result == RES_none) {
		put(s, ")");
		while (s->n < RESULT_COLUMN - 1)
			put(s, " ");
		put(s, " = ?");
		end_line(s);
		if ((u32)t->orig_rax == 231) {
			begin_line(s, t);
			put(s, "+++ exited with %d +++", (int)a[0] & 255);
			end_line(s);
		}
	} else if (row && g_options.strace > 1 && may_block((u32)t->orig_rax)) {
		put(s, "%s <unfinished ...>", s->next && s->next < count_args(row, a) ? ", " : "");
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
		put(s, restart ? "? " : "-1 ");
		put_enum(s, n_errno, (u64)-r);
		put(s, " (%s)", restart ? "To be restarted" : error_text(-r));
	} else if (row && row->result == RES_hex) {
		put(s, "0x%llx", (unsigned long long)r);
	} else if (row && row->result == RES_oct) {
		put(s, r ? "0%llo" : "%llo", (unsigned long long)r);
	} else {
		put(s, "%lld", (long long)r);
		if (r == 1 && row && row->kinds[1] == A_FCNTL && a[1] == L_F_GETFD)
			s->n--, put(s, "0x1 (flags FD_CLOEXEC)");
		if (!r && row && (row->kinds[0] == A_POLLFDS || row->kinds[4] == A_TIMEVAL))
			put(s, " (Timeout)");
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
		put(s, "<... %s resumed>", row ? sys_name((u32)t->orig_rax) : "");
	}
	if (row)
		put_args(s, t, row, a, 1, result);
	put(s, ")");
	while (s->n < RESULT_COLUMN - 1)
		put(s, " ");
	put(s, " = ");
	put_result(s, row, a, result);
	end_line(s);
}

void
strace_succeeds(struct thread *t)
{
	struct strace *s = t->log;
	if (!s)
		return;
	put(s, ")");
	while (s->n < RESULT_COLUMN - 1)
		put(s, " ");
	put(s, " = 0");
	end_line(s);
}

void
strace_signal(struct thread *t, const struct l_siginfo *info)
{
	struct strace s;
	int code = (int)L_GETS(info->code);
	begin_line(&s, t);
	put(&s, "--- ");
	put_signal(&s, (u32)L_GET(info->signo));
	put(&s, " {si_signo=");
	put_signal(&s, (u32)L_GET(info->signo));
	put(&s, ", si_code=%d", code);
	if (code > 0 && L_GET(info->signo) != L_SIGCHLD && code < 0x80)
		put(&s, ", si_addr=0x%llx", (unsigned long long)L_GET(info->u.fault.addr));
	else if (code <= 0 || L_GET(info->signo) == L_SIGCHLD)
		put(&s, ", si_pid=%d, si_uid=%u", (int)L_GETS(info->u.rt.pid), (u32)L_GET(info->u.rt.uid));
	put(&s, "} ---");
	end_line(&s);
}

void
strace_killed(struct thread *t, int sig)
{
	struct strace s;
	begin_line(&s, t);
	put(&s, "+++ killed by ");
	put_signal(&s, (u32)sig);
	put(&s, " +++");
	end_line(&s);
}
