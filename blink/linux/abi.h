// abi.h: numbers and structures of x86-64 Linux as the guest sees them.
//
// Structures are packed little-endian byte arrays, the same on every host:
// read fields with L_GET(s.field), write them with L_PUT(s.field, value).
// A host number never appears here; conversion happens where the system call
// is made. Sources: the man-pages project's descriptions and the published
// x86-64 ABI.
#ifndef LINUX_ABI_H_
#define LINUX_ABI_H_
#include "base/base.h"

static ALWAYS_INLINE u64
l_get(const u8 *p, size_t n)
{
	return n == 8 ? ld64(p) : n == 4 ? ld32(p) : n == 2 ? ld16(p) : *p;
}

static ALWAYS_INLINE void
l_put(u8 *p, size_t n, u64 x)
{
	if (n == 8)
		st64(p, x);
	else if (n == 4)
		st32(p, (u32)x);
	else if (n == 2)
		st16(p, (u16)x);
	else
		*p = (u8)x;
}
// The width is the field's own, so a field is named and nothing else.
#define L_GET(field) l_get((field), sizeof(field))
#define L_GETS(field) ((i64)sext(l_get((field), sizeof(field)), sizeof(field)))
#define L_PUT(field, x) l_put((field), sizeof(field), (u64)(x))
#define L_SIZE(type, n) STATIC_ASSERT(sizeof(struct type) == (n), #type)

// --- errno(3) ---------------------------------------------------------------
enum l_errno {
	L_EPERM = 1, L_ENOENT = 2, L_ESRCH = 3, L_EINTR = 4, L_EIO = 5, L_ENXIO = 6, L_E2BIG = 7,
	L_ENOEXEC = 8, L_EBADF = 9, L_ECHILD = 10, L_EAGAIN = 11, L_EWOULDBLOCK = 11, L_ENOMEM = 12,
	L_EACCES = 13, L_EFAULT = 14, L_ENOTBLK = 15, L_EBUSY = 16, L_EEXIST = 17, L_EXDEV = 18,
	L_ENODEV = 19, L_ENOTDIR = 20, L_EISDIR = 21, L_EINVAL = 22, L_ENFILE = 23, L_EMFILE = 24,
	L_ENOTTY = 25, L_ETXTBSY = 26, L_EFBIG = 27, L_ENOSPC = 28, L_ESPIPE = 29, L_EROFS = 30,
	L_EMLINK = 31, L_EPIPE = 32, L_EDOM = 33, L_ERANGE = 34, L_EDEADLK = 35, L_ENAMETOOLONG = 36,
	L_ENOLCK = 37, L_ENOSYS = 38, L_ENOTEMPTY = 39, L_ELOOP = 40, L_ENOMSG = 42, L_EIDRM = 43,
	L_ECHRNG = 44, L_EL2NSYNC = 45, L_EL3HLT = 46, L_EL3RST = 47, L_ELNRNG = 48, L_EUNATCH = 49,
	L_ENOCSI = 50, L_EL2HLT = 51, L_EBADE = 52, L_EBADR = 53, L_EXFULL = 54, L_ENOANO = 55,
	L_EBADRQC = 56, L_EBADSLT = 57, L_EBFONT = 59, L_ENOSTR = 60, L_ENODATA = 61, L_ETIME = 62,
	L_ENOSR = 63, L_ENONET = 64, L_ENOPKG = 65, L_EREMOTE = 66, L_ENOLINK = 67, L_EADV = 68,
	L_ESRMNT = 69, L_ECOMM = 70, L_EPROTO = 71, L_EMULTIHOP = 72, L_EDOTDOT = 73, L_EBADMSG = 74,
	L_EOVERFLOW = 75, L_ENOTUNIQ = 76, L_EBADFD = 77, L_EREMCHG = 78, L_ELIBACC = 79,
	L_ELIBBAD = 80, L_ELIBSCN = 81, L_ELIBMAX = 82, L_ELIBEXEC = 83, L_EILSEQ = 84,
	L_ERESTART = 85, L_ESTRPIPE = 86, L_EUSERS = 87, L_ENOTSOCK = 88, L_EDESTADDRREQ = 89,
	L_EMSGSIZE = 90, L_EPROTOTYPE = 91, L_ENOPROTOOPT = 92, L_EPROTONOSUPPORT = 93,
	L_ESOCKTNOSUPPORT = 94, L_EOPNOTSUPP = 95, L_EPFNOSUPPORT = 96, L_EAFNOSUPPORT = 97,
	L_EADDRINUSE = 98, L_EADDRNOTAVAIL = 99, L_ENETDOWN = 100, L_ENETUNREACH = 101,
	L_ENETRESET = 102, L_ECONNABORTED = 103, L_ECONNRESET = 104, L_ENOBUFS = 105, L_EISCONN = 106,
	L_ENOTCONN = 107, L_ESHUTDOWN = 108, L_ETOOMANYREFS = 109, L_ETIMEDOUT = 110,
	L_ECONNREFUSED = 111, L_EHOSTDOWN = 112, L_EHOSTUNREACH = 113, L_EALREADY = 114,
	L_EINPROGRESS = 115, L_ESTALE = 116, L_EUCLEAN = 117, L_ENOTNAM = 118, L_ENAVAIL = 119,
	L_EISNAM = 120, L_EREMOTEIO = 121, L_EDQUOT = 122, L_ENOMEDIUM = 123, L_EMEDIUMTYPE = 124,
	L_ECANCELED = 125, L_ENOKEY = 126, L_EKEYEXPIRED = 127, L_EKEYREVOKED = 128,
	L_EKEYREJECTED = 129, L_EOWNERDEAD = 130, L_ENOTRECOVERABLE = 131, L_ERFKILL = 132,
	L_EHWPOISON = 133
};

// --- limits ---------------------------------------------------------------------
enum { L_PATH_MAX = 4096, L_NAME_MAX = 255, L_IOV_MAX = 1024, L_MAX_RW = 0x7ffff000, L_ARG_MAX_STRING = 131072 };

// --- signal(7) ------------------------------------------------------------------
enum l_signal {
	L_SIGHUP = 1, L_SIGINT = 2, L_SIGQUIT = 3, L_SIGILL = 4, L_SIGTRAP = 5, L_SIGABRT = 6,
	L_SIGBUS = 7, L_SIGFPE = 8, L_SIGKILL = 9, L_SIGUSR1 = 10, L_SIGSEGV = 11, L_SIGUSR2 = 12,
	L_SIGPIPE = 13, L_SIGALRM = 14, L_SIGTERM = 15, L_SIGSTKFLT = 16, L_SIGCHLD = 17,
	L_SIGCONT = 18, L_SIGSTOP = 19, L_SIGTSTP = 20, L_SIGTTIN = 21, L_SIGTTOU = 22, L_SIGURG = 23,
	L_SIGXCPU = 24, L_SIGXFSZ = 25, L_SIGVTALRM = 26, L_SIGPROF = 27, L_SIGWINCH = 28,
	L_SIGIO = 29, L_SIGPWR = 30, L_SIGSYS = 31, L_SIGRTMIN = 32, L_SIGRTMAX = 64, L_NSIG = 64
};
enum { L_SIG_DFL = 0, L_SIG_IGN = 1 };
enum { L_SIG_BLOCK = 0, L_SIG_UNBLOCK = 1, L_SIG_SETMASK = 2 };
enum l_sa_flags {
	L_SA_NOCLDSTOP = 1, L_SA_NOCLDWAIT = 2, L_SA_SIGINFO = 4, L_SA_UNSUPPORTED = 0x400,
	L_SA_EXPOSE_TAGBITS = 0x800, L_SA_RESTORER = 0x04000000, L_SA_ONSTACK = 0x08000000,
	L_SA_RESTART = 0x10000000, L_SA_NODEFER = 0x40000000
};
#define L_SA_RESETHAND 0x80000000u
enum { L_SS_ONSTACK = 1, L_SS_DISABLE = 2, L_MINSIGSTKSZ = 2048 };
#define L_SS_AUTODISARM 0x80000000u
enum l_si_code {
	L_SI_USER = 0, L_SI_KERNEL = 0x80, L_SI_QUEUE = -1, L_SI_TIMER = -2, L_SI_MESGQ = -3,
	L_SI_ASYNCIO = -4, L_SI_SIGIO = -5, L_SI_TKILL = -6,
	L_ILL_ILLOPC = 1, L_ILL_ILLOPN = 2, L_ILL_ILLADR = 3, L_ILL_ILLTRP = 4, L_ILL_PRVOPC = 5,
	L_FPE_INTDIV = 1, L_FPE_INTOVF = 2, L_FPE_FLTDIV = 3, L_FPE_FLTOVF = 4, L_FPE_FLTUND = 5,
	L_FPE_FLTRES = 6, L_FPE_FLTINV = 7, L_FPE_FLTSUB = 8, L_FPE_FLTUNK = 14,
	L_SEGV_MAPERR = 1, L_SEGV_ACCERR = 2, L_SEGV_BNDERR = 3, L_SEGV_PKUERR = 4,
	L_BUS_ADRALN = 1, L_BUS_ADRERR = 2, L_BUS_OBJERR = 3,
	L_TRAP_BRKPT = 1, L_TRAP_TRACE = 2, L_TRAP_BRANCH = 3, L_TRAP_HWBKPT = 4,
	L_CLD_EXITED = 1, L_CLD_KILLED = 2, L_CLD_DUMPED = 3, L_CLD_TRAPPED = 4, L_CLD_STOPPED = 5,
	L_CLD_CONTINUED = 6,
	L_POLL_IN = 1, L_POLL_OUT = 2, L_POLL_MSG = 3, L_POLL_ERR = 4, L_POLL_PRI = 5, L_POLL_HUP = 6,
	L_SYS_SECCOMP = 1
};
struct l_sigaction { u8 handler[8], flags[8], restorer[8], mask[8]; };
L_SIZE(l_sigaction, 32);
// The union of siginfo_t begins at byte 16; each view has its own names.
struct l_siginfo {
	u8 signo[4], err[4], code[4], pad[4];
	union {
		struct { u8 pid[4], uid[4], value[8]; } rt;               // kill, tkill, sigqueue, mesgq
		struct { u8 timerid[4], overrun[4], value[8]; } timer;
		struct { u8 pid[4], uid[4], status[4], pad2[4], utime[8], stime[8]; } chld;
		struct { u8 addr[8], addr_lsb[2], pad2[6], lower[8], upper[8]; } fault;
		struct { u8 band[8], fd[4]; } poll;
		struct { u8 call_addr[8], syscall[4], arch[4]; } sys;
		u8 bytes[112];
	} u;
};
L_SIZE(l_siginfo, 128);
struct l_stack { u8 sp[8], flags[4], pad[4], size[8]; };
L_SIZE(l_stack, 24);
struct l_sigevent { u8 value[8], signo[4], notify[4], tid[4], pad[44]; };
L_SIZE(l_sigevent, 64);
enum { L_SIGEV_SIGNAL = 0, L_SIGEV_NONE = 1, L_SIGEV_THREAD = 2, L_SIGEV_THREAD_ID = 4 };
struct l_sigcontext {
	u8 r8[8], r9[8], r10[8], r11[8], r12[8], r13[8], r14[8], r15[8], rdi[8], rsi[8], rbp[8],
		rbx[8], rdx[8], rax[8], rcx[8], rsp[8], rip[8], eflags[8], cs[2], gs[2], fs[2], ss[2],
		err[8], trapno[8], oldmask[8], cr2[8], fpstate[8], reserved[64];
};
L_SIZE(l_sigcontext, 256);
struct l_ucontext {
	u8 flags[8], link[8];
	struct l_stack stack;
	struct l_sigcontext mc;
	u8 sigmask[8];
};
L_SIZE(l_ucontext, 304);
enum { L_UC_FP_XSTATE = 1, L_UC_SIGCONTEXT_SS = 2, L_UC_STRICT_RESTORE_SS = 4 };
// FXSAVE image plus what Linux stores in its last 48 bytes.
struct l_fpx_sw_bytes { u8 magic1[4], extended_size[4], xfeatures[8], xstate_size[4], pad[28]; };
L_SIZE(l_fpx_sw_bytes, 48);
struct l_fpstate {
	u8 fcw[2], fsw[2], ftw[1], res0[1], fop[2], fip[8], fdp[8], mxcsr[4], mxcsr_mask[4], st[8][16],
		xmm[16][16], res1[48];
	struct l_fpx_sw_bytes sw;
};
L_SIZE(l_fpstate, 512);
struct l_xstate_hdr { u8 xfeatures[8], xcomp_bv[8], reserved[48]; };
L_SIZE(l_xstate_hdr, 64);
#define L_FP_XSTATE_MAGIC1 0x46505853u
#define L_FP_XSTATE_MAGIC2 0x46505845u
// What the kernel pushes: return address, ucontext, siginfo; fpstate above.
struct l_rt_sigframe {
	u8 pretcode[8];
	struct l_ucontext uc;
	struct l_siginfo info;
};
L_SIZE(l_rt_sigframe, 440);
struct l_signalfd_siginfo {
	u8 signo[4], err[4], code[4], pid[4], uid[4], fd[4], tid[4], band[4], overrun[4], trapno[4],
		status[4], val[4], ptr[8], utime[8], stime[8], addr[8], addr_lsb[2], pad2[2], syscall[4],
		call_addr[8], arch[4], pad[28];
};
L_SIZE(l_signalfd_siginfo, 128);
enum { L_SFD_NONBLOCK = 04000, L_SFD_CLOEXEC = 02000000 };

// --- open(2), fcntl(2) ----------------------------------------------------------
enum l_open_flags {
	L_O_RDONLY = 0, L_O_WRONLY = 1, L_O_RDWR = 2, L_O_ACCMODE = 3, L_O_CREAT = 0100, L_O_EXCL = 0200,
	L_O_NOCTTY = 0400, L_O_TRUNC = 01000, L_O_APPEND = 02000, L_O_NONBLOCK = 04000,
	L_O_DSYNC = 010000, L_O_ASYNC = 020000, L_O_DIRECT = 040000, L_O_LARGEFILE = 0100000,
	L_O_DIRECTORY = 0200000, L_O_NOFOLLOW = 0400000, L_O_NOATIME = 01000000,
	L_O_CLOEXEC = 02000000, L_O_SYNC = 04010000, L_O_PATH = 010000000, L_O_TMPFILE = 020200000
};
enum l_at_flags {
	L_AT_FDCWD = -100, L_AT_SYMLINK_NOFOLLOW = 0x100, L_AT_REMOVEDIR = 0x200, L_AT_EACCESS = 0x200,
	L_AT_SYMLINK_FOLLOW = 0x400, L_AT_NO_AUTOMOUNT = 0x800, L_AT_EMPTY_PATH = 0x1000,
	L_AT_STATX_FORCE_SYNC = 0x2000, L_AT_STATX_DONT_SYNC = 0x4000, L_AT_STATX_SYNC_TYPE = 0x6000
};
struct l_open_how { u8 flags[8], mode[8], resolve[8]; };
L_SIZE(l_open_how, 24);
enum l_resolve {
	L_RESOLVE_NO_XDEV = 1, L_RESOLVE_NO_MAGICLINKS = 2, L_RESOLVE_NO_SYMLINKS = 4,
	L_RESOLVE_BENEATH = 8, L_RESOLVE_IN_ROOT = 16, L_RESOLVE_CACHED = 32
};
enum { L_CLOSE_RANGE_UNSHARE = 2, L_CLOSE_RANGE_CLOEXEC = 4 };
enum l_fcntl_cmd {
	L_F_DUPFD = 0, L_F_GETFD = 1, L_F_SETFD = 2, L_F_GETFL = 3, L_F_SETFL = 4, L_F_GETLK = 5,
	L_F_SETLK = 6, L_F_SETLKW = 7, L_F_SETOWN = 8, L_F_GETOWN = 9, L_F_SETSIG = 10,
	L_F_GETSIG = 11, L_F_SETOWN_EX = 15, L_F_GETOWN_EX = 16, L_F_OFD_GETLK = 36,
	L_F_OFD_SETLK = 37, L_F_OFD_SETLKW = 38, L_F_SETLEASE = 1024, L_F_GETLEASE = 1025,
	L_F_NOTIFY = 1026, L_F_DUPFD_QUERY = 1027, L_F_CREATED_QUERY = 1028, L_F_DUPFD_CLOEXEC = 1030,
	L_F_SETPIPE_SZ = 1031, L_F_GETPIPE_SZ = 1032, L_F_ADD_SEALS = 1033, L_F_GET_SEALS = 1034,
	L_F_GET_RW_HINT = 1035, L_F_SET_RW_HINT = 1036, L_F_GET_FILE_RW_HINT = 1037,
	L_F_SET_FILE_RW_HINT = 1038
};
enum { L_FD_CLOEXEC = 1 };
enum { L_F_RDLCK = 0, L_F_WRLCK = 1, L_F_UNLCK = 2 };
struct l_flock { u8 type[2], whence[2], pad[4], start[8], len[8], pid[4], pad2[4]; };
L_SIZE(l_flock, 32);
struct l_f_owner_ex { u8 type[4], pid[4]; };
enum { L_F_OWNER_TID = 0, L_F_OWNER_PID = 1, L_F_OWNER_PGRP = 2 };
enum { L_LOCK_SH = 1, L_LOCK_EX = 2, L_LOCK_NB = 4, L_LOCK_UN = 8 };
enum { L_SEEK_SET = 0, L_SEEK_CUR = 1, L_SEEK_END = 2, L_SEEK_DATA = 3, L_SEEK_HOLE = 4 };
enum { L_F_OK = 0, L_X_OK = 1, L_W_OK = 2, L_R_OK = 4 };
enum { L_RENAME_NOREPLACE = 1, L_RENAME_EXCHANGE = 2, L_RENAME_WHITEOUT = 4 };
enum l_falloc {
	L_FALLOC_FL_KEEP_SIZE = 1, L_FALLOC_FL_PUNCH_HOLE = 2, L_FALLOC_FL_COLLAPSE_RANGE = 8,
	L_FALLOC_FL_ZERO_RANGE = 16, L_FALLOC_FL_INSERT_RANGE = 32, L_FALLOC_FL_UNSHARE_RANGE = 64
};
enum l_rwf { L_RWF_HIPRI = 1, L_RWF_DSYNC = 2, L_RWF_SYNC = 4, L_RWF_NOWAIT = 8, L_RWF_APPEND = 16, L_RWF_NOAPPEND = 32 };
enum { L_MFD_CLOEXEC = 1, L_MFD_ALLOW_SEALING = 2, L_MFD_HUGETLB = 4, L_MFD_NOEXEC_SEAL = 8, L_MFD_EXEC = 16 };
enum { L_GRND_NONBLOCK = 1, L_GRND_RANDOM = 2, L_GRND_INSECURE = 4 };
enum { L_EFD_SEMAPHORE = 1, L_EFD_NONBLOCK = 04000, L_EFD_CLOEXEC = 02000000 };
struct l_iovec { u8 base[8], len[8]; };
L_SIZE(l_iovec, 16);

// --- stat(2) ------------------------------------------------------------------------
enum l_mode {
	L_S_IFMT = 0170000, L_S_IFSOCK = 0140000, L_S_IFLNK = 0120000, L_S_IFREG = 0100000,
	L_S_IFBLK = 0060000, L_S_IFDIR = 0040000, L_S_IFCHR = 0020000, L_S_IFIFO = 0010000,
	L_S_ISUID = 04000, L_S_ISGID = 02000, L_S_ISVTX = 01000
};
struct l_stat {
	u8 dev[8], ino[8], nlink[8], mode[4], uid[4], gid[4], pad0[4], rdev[8], size[8], blksize[8],
		blocks[8], atime[8], atime_nsec[8], mtime[8], mtime_nsec[8], ctime[8], ctime_nsec[8],
		unused[24];
};
L_SIZE(l_stat, 144);
struct l_statx_timestamp { u8 sec[8], nsec[4], pad[4]; };
struct l_statx {
	u8 mask[4], blksize[4], attributes[8], nlink[4], uid[4], gid[4], mode[2], pad0[2], ino[8],
		size[8], blocks[8], attributes_mask[8];
	struct l_statx_timestamp atime, btime, ctime, mtime;
	u8 rdev_major[4], rdev_minor[4], dev_major[4], dev_minor[4], mnt_id[8], dio_mem_align[4],
		dio_offset_align[4], subvol[8], atomic_write_unit_min[4], atomic_write_unit_max[4],
		atomic_write_segments_max[4], dio_read_offset_align[4], atomic_write_unit_max_opt[4],
		spare2[4], spare[64];
};
L_SIZE(l_statx, 256);
#define L_STATX__RESERVED 0x80000000u
enum { L_STATX_BASIC_STATS = 0x7ff, L_STATX_BTIME = 0x800, L_STATX_MNT_ID = 0x1000, L_STATX_DIOALIGN = 0x2000, L_STATX_MNT_ID_UNIQUE = 0x4000 };
struct l_statfs {
	u8 type[8], bsize[8], blocks[8], bfree[8], bavail[8], files[8], ffree[8], fsid[8], namelen[8],
		frsize[8], flags[8], spare[32];
};
L_SIZE(l_statfs, 120);
struct l_ustat { u8 tfree[4], pad[4], tinode[8], fname[6], fpack[6], pad2[4]; };
L_SIZE(l_ustat, 32);
// Followed by the NUL-terminated name; l_dirent's type is its last byte.
struct l_dirent64 { u8 ino[8], off[8], reclen[2], type[1]; };
L_SIZE(l_dirent64, 19);
struct l_dirent { u8 ino[8], off[8], reclen[2]; };
L_SIZE(l_dirent, 18);
enum { L_DT_UNKNOWN = 0, L_DT_FIFO = 1, L_DT_CHR = 2, L_DT_DIR = 4, L_DT_BLK = 6, L_DT_REG = 8, L_DT_LNK = 10, L_DT_SOCK = 12 };
enum { L_XATTR_CREATE = 1, L_XATTR_REPLACE = 2, L_XATTR_NAME_MAX = 255, L_XATTR_SIZE_MAX = 65536 };
struct l_inotify_event { u8 wd[4], mask[4], cookie[4], len[4]; };
enum { L_IN_NONBLOCK = 04000, L_IN_CLOEXEC = 02000000 };

// --- time -----------------------------------------------------------------------------
struct l_timespec { u8 sec[8], nsec[8]; };
struct l_timeval { u8 sec[8], usec[8]; };
struct l_timezone { u8 minuteswest[4], dsttime[4]; };
struct l_itimerspec { struct l_timespec interval, value; };
struct l_itimerval { struct l_timeval interval, value; };
struct l_tms { u8 utime[8], stime[8], cutime[8], cstime[8]; };
struct l_utimbuf { u8 actime[8], modtime[8]; };
L_SIZE(l_itimerspec, 32);
struct l_timex {
	u8 modes[4], pad0[4], offset[8], freq[8], maxerror[8], esterror[8], status[4], pad1[4],
		constant[8], precision[8], tolerance[8];
	struct l_timeval time;
	u8 tick[8], ppsfreq[8], jitter[8], shift[4], pad2[4], stabil[8], jitcnt[8], calcnt[8],
		errcnt[8], stbcnt[8], tai[4], pad3[44];
};
L_SIZE(l_timex, 208);
enum l_clock {
	L_CLOCK_REALTIME = 0, L_CLOCK_MONOTONIC = 1, L_CLOCK_PROCESS_CPUTIME_ID = 2,
	L_CLOCK_THREAD_CPUTIME_ID = 3, L_CLOCK_MONOTONIC_RAW = 4, L_CLOCK_REALTIME_COARSE = 5,
	L_CLOCK_MONOTONIC_COARSE = 6, L_CLOCK_BOOTTIME = 7, L_CLOCK_REALTIME_ALARM = 8,
	L_CLOCK_BOOTTIME_ALARM = 9, L_CLOCK_TAI = 11
};
enum { L_TIMER_ABSTIME = 1 };
enum { L_TFD_TIMER_ABSTIME = 1, L_TFD_TIMER_CANCEL_ON_SET = 2, L_TFD_NONBLOCK = 04000, L_TFD_CLOEXEC = 02000000 };
enum { L_ITIMER_REAL = 0, L_ITIMER_VIRTUAL = 1, L_ITIMER_PROF = 2 };
#define L_UTIME_NOW 0x3fffffff
#define L_UTIME_OMIT 0x3ffffffe

// --- process resources --------------------------------------------------------------------
enum l_rlimit_id {
	L_RLIMIT_CPU = 0, L_RLIMIT_FSIZE = 1, L_RLIMIT_DATA = 2, L_RLIMIT_STACK = 3, L_RLIMIT_CORE = 4,
	L_RLIMIT_RSS = 5, L_RLIMIT_NPROC = 6, L_RLIMIT_NOFILE = 7, L_RLIMIT_MEMLOCK = 8,
	L_RLIMIT_AS = 9, L_RLIMIT_LOCKS = 10, L_RLIMIT_SIGPENDING = 11, L_RLIMIT_MSGQUEUE = 12,
	L_RLIMIT_NICE = 13, L_RLIMIT_RTPRIO = 14, L_RLIMIT_RTTIME = 15, L_RLIM_NLIMITS = 16
};
#define L_RLIM_INFINITY (~0ull)
struct l_rlimit { u8 cur[8], max[8]; };
struct l_rusage {
	struct l_timeval utime, stime;
	u8 maxrss[8], ixrss[8], idrss[8], isrss[8], minflt[8], majflt[8], nswap[8], inblock[8],
		oublock[8], msgsnd[8], msgrcv[8], nsignals[8], nvcsw[8], nivcsw[8];
};
L_SIZE(l_rusage, 144);
enum { L_RUSAGE_SELF = 0, L_RUSAGE_CHILDREN = -1, L_RUSAGE_THREAD = 1 };
struct l_sysinfo {
	u8 uptime[8], loads[3][8], totalram[8], freeram[8], sharedram[8], bufferram[8], totalswap[8],
		freeswap[8], procs[2], pad[2], pad1[4], totalhigh[8], freehigh[8], mem_unit[4], pad2[4];
};
L_SIZE(l_sysinfo, 112);
struct l_utsname { char sysname[65], nodename[65], release[65], version[65], machine[65], domainname[65]; };
L_SIZE(l_utsname, 390);
struct l_cap_header { u8 version[4], pid[4]; };
struct l_cap_data { u8 effective[4], permitted[4], inheritable[4]; };
struct l_sched_param { u8 priority[4]; };
struct l_sched_attr {
	u8 size[4], policy[4], flags[8], nice[4], priority[4], runtime[8], deadline[8], period[8],
		util_min[4], util_max[4];
};
L_SIZE(l_sched_attr, 56);
enum { L_SCHED_OTHER = 0, L_SCHED_FIFO = 1, L_SCHED_RR = 2, L_SCHED_BATCH = 3, L_SCHED_IDLE = 5, L_SCHED_DEADLINE = 6, L_SCHED_EXT = 7, L_SCHED_RESET_ON_FORK = 0x40000000 };

// --- processes, threads -------------------------------------------------------------------
#define L_CLONE_IO 0x80000000u
enum l_clone_flags {
	L_CSIGNAL = 0xff, L_CLONE_NEWTIME = 0x80, L_CLONE_VM = 0x100, L_CLONE_FS = 0x200,
	L_CLONE_FILES = 0x400, L_CLONE_SIGHAND = 0x800, L_CLONE_PIDFD = 0x1000,
	L_CLONE_PTRACE = 0x2000, L_CLONE_VFORK = 0x4000, L_CLONE_PARENT = 0x8000,
	L_CLONE_THREAD = 0x10000, L_CLONE_NEWNS = 0x20000, L_CLONE_SYSVSEM = 0x40000,
	L_CLONE_SETTLS = 0x80000, L_CLONE_PARENT_SETTID = 0x100000,
	L_CLONE_CHILD_CLEARTID = 0x200000, L_CLONE_DETACHED = 0x400000, L_CLONE_UNTRACED = 0x800000,
	L_CLONE_CHILD_SETTID = 0x1000000, L_CLONE_NEWCGROUP = 0x2000000, L_CLONE_NEWUTS = 0x4000000,
	L_CLONE_NEWIPC = 0x8000000, L_CLONE_NEWUSER = 0x10000000, L_CLONE_NEWPID = 0x20000000,
	L_CLONE_NEWNET = 0x40000000
};
#define L_CLONE_CLEAR_SIGHAND 0x100000000ull
#define L_CLONE_INTO_CGROUP 0x200000000ull
struct l_clone_args {
	u8 flags[8], pidfd[8], child_tid[8], parent_tid[8], exit_signal[8], stack[8], stack_size[8],
		tls[8], set_tid[8], set_tid_size[8], cgroup[8];
};
L_SIZE(l_clone_args, 88);
enum l_wait {
	L_WNOHANG = 1, L_WUNTRACED = 2, L_WSTOPPED = 2, L_WEXITED = 4, L_WCONTINUED = 8,
	L_WNOWAIT = 0x1000000, L___WNOTHREAD = 0x20000000, L___WALL = 0x40000000
};
#define L___WCLONE 0x80000000u
enum { L_P_ALL = 0, L_P_PID = 1, L_P_PGID = 2, L_P_PIDFD = 3 };
struct l_robust_list_head { u8 next[8], offset[8], pending[8]; };
enum l_futex_op {
	L_FUTEX_WAIT = 0, L_FUTEX_WAKE = 1, L_FUTEX_FD = 2, L_FUTEX_REQUEUE = 3,
	L_FUTEX_CMP_REQUEUE = 4, L_FUTEX_WAKE_OP = 5, L_FUTEX_LOCK_PI = 6, L_FUTEX_UNLOCK_PI = 7,
	L_FUTEX_TRYLOCK_PI = 8, L_FUTEX_WAIT_BITSET = 9, L_FUTEX_WAKE_BITSET = 10,
	L_FUTEX_WAIT_REQUEUE_PI = 11, L_FUTEX_CMP_REQUEUE_PI = 12, L_FUTEX_LOCK_PI2 = 13,
	L_FUTEX_PRIVATE_FLAG = 128, L_FUTEX_CLOCK_REALTIME = 256, L_FUTEX_CMD_MASK = ~(128 | 256),
	L_FUTEX_TID_MASK = 0x3fffffff, L_FUTEX_OWNER_DIED = 0x40000000
};
#define L_FUTEX_WAITERS 0x80000000u
#define L_FUTEX_BITSET_MATCH_ANY 0xffffffffu
struct l_futex_waitv { u8 val[8], uaddr[8], flags[4], reserved[4]; };
enum { L_ARCH_SET_GS = 0x1001, L_ARCH_SET_FS = 0x1002, L_ARCH_GET_FS = 0x1003, L_ARCH_GET_GS = 0x1004, L_ARCH_GET_CPUID = 0x1011, L_ARCH_SET_CPUID = 0x1012 };
enum l_prctl {
	L_PR_SET_PDEATHSIG = 1, L_PR_GET_PDEATHSIG = 2, L_PR_GET_DUMPABLE = 3, L_PR_SET_DUMPABLE = 4,
	L_PR_GET_UNALIGN = 5, L_PR_SET_UNALIGN = 6, L_PR_GET_KEEPCAPS = 7, L_PR_SET_KEEPCAPS = 8,
	L_PR_GET_FPEMU = 9, L_PR_SET_FPEMU = 10, L_PR_GET_FPEXC = 11, L_PR_SET_FPEXC = 12,
	L_PR_GET_TIMING = 13, L_PR_SET_TIMING = 14, L_PR_SET_NAME = 15, L_PR_GET_NAME = 16,
	L_PR_GET_ENDIAN = 19, L_PR_SET_ENDIAN = 20, L_PR_GET_SECCOMP = 21, L_PR_SET_SECCOMP = 22,
	L_PR_CAPBSET_READ = 23, L_PR_CAPBSET_DROP = 24, L_PR_GET_TSC = 25, L_PR_SET_TSC = 26,
	L_PR_GET_SECUREBITS = 27, L_PR_SET_SECUREBITS = 28, L_PR_SET_TIMERSLACK = 29,
	L_PR_GET_TIMERSLACK = 30, L_PR_TASK_PERF_EVENTS_DISABLE = 31,
	L_PR_TASK_PERF_EVENTS_ENABLE = 32, L_PR_MCE_KILL = 33, L_PR_MCE_KILL_GET = 34,
	L_PR_SET_MM = 35, L_PR_SET_CHILD_SUBREAPER = 36, L_PR_GET_CHILD_SUBREAPER = 37,
	L_PR_SET_NO_NEW_PRIVS = 38, L_PR_GET_NO_NEW_PRIVS = 39, L_PR_GET_TID_ADDRESS = 40,
	L_PR_SET_THP_DISABLE = 41, L_PR_GET_THP_DISABLE = 42, L_PR_CAP_AMBIENT = 47,
	L_PR_GET_SPECULATION_CTRL = 52, L_PR_SET_SPECULATION_CTRL = 53, L_PR_SET_IO_FLUSHER = 57,
	L_PR_GET_IO_FLUSHER = 58, L_PR_SET_SYSCALL_USER_DISPATCH = 59, L_PR_SCHED_CORE = 62,
	L_PR_SET_MDWE = 65, L_PR_GET_MDWE = 66,
	L_PR_SET_MEMORY_MERGE = 67, L_PR_GET_MEMORY_MERGE = 68, L_PR_GET_AUXV = 0x41555856,
	L_PR_SET_VMA = 0x53564d41, L_PR_SET_PTRACER = 0x59616d61
};
enum l_auxv {
	L_AT_NULL = 0, L_AT_IGNORE = 1, L_AT_EXECFD = 2, L_AT_PHDR = 3, L_AT_PHENT = 4, L_AT_PHNUM = 5,
	L_AT_PAGESZ = 6, L_AT_BASE = 7, L_AT_FLAGS = 8, L_AT_ENTRY = 9, L_AT_UID = 11, L_AT_EUID = 12,
	L_AT_GID = 13, L_AT_EGID = 14, L_AT_PLATFORM = 15, L_AT_HWCAP = 16, L_AT_CLKTCK = 17,
	L_AT_SECURE = 23, L_AT_BASE_PLATFORM = 24, L_AT_RANDOM = 25, L_AT_HWCAP2 = 26,
	L_AT_RSEQ_FEATURE_SIZE = 27, L_AT_RSEQ_ALIGN = 28, L_AT_EXECFN = 31, L_AT_SYSINFO_EHDR = 33,
	L_AT_MINSIGSTKSZ = 51
};

// --- mmap(2) ---------------------------------------------------------------------------------
enum { L_PROT_NONE = 0, L_PROT_READ = 1, L_PROT_WRITE = 2, L_PROT_EXEC = 4, L_PROT_SEM = 8, L_PROT_GROWSDOWN = 0x1000000, L_PROT_GROWSUP = 0x2000000 };
enum l_map_flags {
	L_MAP_SHARED = 1, L_MAP_PRIVATE = 2, L_MAP_SHARED_VALIDATE = 3, L_MAP_TYPE = 15,
	L_MAP_FIXED = 0x10, L_MAP_ANONYMOUS = 0x20, L_MAP_32BIT = 0x40, L_MAP_ABOVE4G = 0x80,
	L_MAP_GROWSDOWN = 0x100, L_MAP_DENYWRITE = 0x800, L_MAP_EXECUTABLE = 0x1000,
	L_MAP_LOCKED = 0x2000, L_MAP_NORESERVE = 0x4000, L_MAP_POPULATE = 0x8000,
	L_MAP_NONBLOCK = 0x10000, L_MAP_STACK = 0x20000, L_MAP_HUGETLB = 0x40000, L_MAP_SYNC = 0x80000,
	L_MAP_FIXED_NOREPLACE = 0x100000
};
enum { L_MREMAP_MAYMOVE = 1, L_MREMAP_FIXED = 2, L_MREMAP_DONTUNMAP = 4 };
enum { L_MS_ASYNC = 1, L_MS_INVALIDATE = 2, L_MS_SYNC = 4 };
enum { L_MCL_CURRENT = 1, L_MCL_FUTURE = 2, L_MCL_ONFAULT = 4 };
enum l_madvise {
	L_MADV_NORMAL = 0, L_MADV_RANDOM = 1, L_MADV_SEQUENTIAL = 2, L_MADV_WILLNEED = 3,
	L_MADV_DONTNEED = 4, L_MADV_FREE = 8, L_MADV_REMOVE = 9, L_MADV_DONTFORK = 10,
	L_MADV_DOFORK = 11, L_MADV_MERGEABLE = 12, L_MADV_UNMERGEABLE = 13, L_MADV_HUGEPAGE = 14,
	L_MADV_NOHUGEPAGE = 15, L_MADV_DONTDUMP = 16, L_MADV_DODUMP = 17, L_MADV_WIPEONFORK = 18,
	L_MADV_KEEPONFORK = 19, L_MADV_COLD = 20, L_MADV_PAGEOUT = 21, L_MADV_POPULATE_READ = 22,
	L_MADV_POPULATE_WRITE = 23, L_MADV_DONTNEED_LOCKED = 24, L_MADV_COLLAPSE = 25
};

// --- poll, select, epoll ---------------------------------------------------------------------
enum l_poll {
	L_POLLIN = 1, L_POLLPRI = 2, L_POLLOUT = 4, L_POLLERR = 8, L_POLLHUP = 16, L_POLLNVAL = 32,
	L_POLLRDNORM = 64, L_POLLRDBAND = 128, L_POLLWRNORM = 256, L_POLLWRBAND = 512,
	L_POLLMSG = 1024, L_POLLREMOVE = 4096, L_POLLRDHUP = 8192
};
struct l_pollfd { u8 fd[4], events[2], revents[2]; };
struct l_epoll_event { u8 events[4], data[8]; };
L_SIZE(l_epoll_event, 12);
enum { L_EPOLL_CTL_ADD = 1, L_EPOLL_CTL_DEL = 2, L_EPOLL_CTL_MOD = 3, L_EPOLL_CLOEXEC = 02000000 };
enum { L_EPOLLEXCLUSIVE = 1 << 28, L_EPOLLWAKEUP = 1 << 29, L_EPOLLONESHOT = 1 << 30 };
#define L_EPOLLET 0x80000000u
struct l_pselect6_mask { u8 mask[8], size[8]; };

// --- ioctl(2) ----------------------------------------------------------------------------------
#define L_IOC(dir, type, nr, size) ((u32)(dir) << 30 | (u32)(size) << 16 | (u32)(type) << 8 | (u32)(nr))
enum l_ioctl {
	L_TCGETS = 0x5401, L_TCSETS = 0x5402, L_TCSETSW = 0x5403, L_TCSETSF = 0x5404, L_TCGETA = 0x5405,
	L_TCSETA = 0x5406, L_TCSETAW = 0x5407, L_TCSETAF = 0x5408, L_TCSBRK = 0x5409, L_TCXONC = 0x540a,
	L_TCFLSH = 0x540b, L_TIOCEXCL = 0x540c, L_TIOCNXCL = 0x540d, L_TIOCSCTTY = 0x540e,
	L_TIOCGPGRP = 0x540f, L_TIOCSPGRP = 0x5410, L_TIOCOUTQ = 0x5411, L_TIOCSTI = 0x5412,
	L_TIOCGWINSZ = 0x5413, L_TIOCSWINSZ = 0x5414, L_TIOCMGET = 0x5415, L_FIONREAD = 0x541b,
	L_TIOCINQ = 0x541b, L_FIONBIO = 0x5421, L_TIOCNOTTY = 0x5422, L_TIOCSETD = 0x5423,
	L_TIOCGETD = 0x5424, L_TCSBRKP = 0x5425, L_TIOCGSID = 0x5429, L_FIONCLEX = 0x5450,
	L_FIOCLEX = 0x5451, L_FIOASYNC = 0x5452, L_FIOQSIZE = 0x5460, L_TIOCPKT = 0x5420,
	L_TIOCSPTLCK = 0x40045431, L_TIOCGPTPEER = 0x5441,
	L_FIOSETOWN = 0x8901, L_SIOCSPGRP = 0x8902, L_FIOGETOWN = 0x8903, L_SIOCGPGRP = 0x8904,
	L_SIOCATMARK = 0x8905, L_SIOCGIFNAME = 0x8910, L_SIOCGIFCONF = 0x8912, L_SIOCGIFFLAGS = 0x8913,
	L_SIOCGIFADDR = 0x8915, L_SIOCGIFDSTADDR = 0x8917, L_SIOCGIFBRDADDR = 0x8919,
	L_SIOCGIFNETMASK = 0x891b, L_SIOCGIFMETRIC = 0x891d, L_SIOCGIFMTU = 0x8921,
	L_SIOCGIFHWADDR = 0x8927, L_SIOCGIFINDEX = 0x8933, L_SIOCGIFTXQLEN = 0x8942,
	L_BLKROGET = 0x125e, L_BLKGETSIZE = 0x1260, L_BLKSSZGET = 0x1268, L_FIBMAP = 1, L_FIGETBSZ = 2,
	L_FICLONE = 0x40049409, L_FICLONERANGE = 0x4020940d
};
#define L_TIOCGPTN 0x80045430u
#define L_BLKGETSIZE64 0x80081272u
#define L_FS_IOC_GETFLAGS 0x80086601u
#define L_FS_IOC_SETFLAGS 0x40086602u
#define L_FS_IOC_GETVERSION 0x80087601u
struct l_winsize { u8 row[2], col[2], xpixel[2], ypixel[2]; };
// The kernel's struct termios (19 control characters), not libc's.
struct l_termios { u8 iflag[4], oflag[4], cflag[4], lflag[4], line[1], cc[19]; };
L_SIZE(l_termios, 36);
struct l_termio { u8 iflag[2], oflag[2], cflag[2], lflag[2], line[1], cc[8], pad[1]; };
L_SIZE(l_termio, 18);
struct l_ifreq { char name[16]; u8 u[24]; };
L_SIZE(l_ifreq, 40);
struct l_ifconf { u8 len[4], pad[4], buf[8]; };

// --- sockets -----------------------------------------------------------------------------------
enum l_af { L_AF_UNSPEC = 0, L_AF_UNIX = 1, L_AF_INET = 2, L_AF_INET6 = 10, L_AF_NETLINK = 16, L_AF_PACKET = 17, L_AF_ALG = 38, L_AF_VSOCK = 40, L_AF_MAX = 46 };
enum l_sock_type {
	L_SOCK_STREAM = 1, L_SOCK_DGRAM = 2, L_SOCK_RAW = 3, L_SOCK_RDM = 4, L_SOCK_SEQPACKET = 5,
	L_SOCK_DCCP = 6, L_SOCK_PACKET = 10, L_SOCK_TYPE_MASK = 15, L_SOCK_NONBLOCK = 04000, L_SOCK_CLOEXEC = 02000000
};
enum { L_SHUT_RD = 0, L_SHUT_WR = 1, L_SHUT_RDWR = 2 };
enum l_msg_flags {
	L_MSG_OOB = 1, L_MSG_PEEK = 2, L_MSG_DONTROUTE = 4, L_MSG_CTRUNC = 8, L_MSG_TRUNC = 0x20,
	L_MSG_DONTWAIT = 0x40, L_MSG_EOR = 0x80, L_MSG_WAITALL = 0x100, L_MSG_CONFIRM = 0x800,
	L_MSG_ERRQUEUE = 0x2000, L_MSG_NOSIGNAL = 0x4000, L_MSG_MORE = 0x8000,
	L_MSG_WAITFORONE = 0x10000, L_MSG_ZEROCOPY = 0x4000000, L_MSG_FASTOPEN = 0x20000000,
	L_MSG_CMSG_CLOEXEC = 0x40000000
};
enum { L_SOL_IP = 0, L_SOL_SOCKET = 1, L_SOL_TCP = 6, L_SOL_UDP = 17, L_SOL_IPV6 = 41, L_SOL_RAW = 255, L_SOL_PACKET = 263, L_SOL_NETLINK = 270 };
enum l_so {
	L_SO_DEBUG = 1, L_SO_REUSEADDR = 2, L_SO_TYPE = 3, L_SO_ERROR = 4, L_SO_DONTROUTE = 5,
	L_SO_BROADCAST = 6, L_SO_SNDBUF = 7, L_SO_RCVBUF = 8, L_SO_KEEPALIVE = 9, L_SO_OOBINLINE = 10,
	L_SO_NO_CHECK = 11, L_SO_PRIORITY = 12, L_SO_LINGER = 13, L_SO_BSDCOMPAT = 14,
	L_SO_REUSEPORT = 15, L_SO_PASSCRED = 16, L_SO_PEERCRED = 17, L_SO_RCVLOWAT = 18,
	L_SO_SNDLOWAT = 19, L_SO_RCVTIMEO = 20, L_SO_SNDTIMEO = 21, L_SO_BINDTODEVICE = 25,
	L_SO_ATTACH_FILTER = 26, L_SO_DETACH_FILTER = 27, L_SO_TIMESTAMP = 29, L_SO_ACCEPTCONN = 30,
	L_SO_PEERSEC = 31, L_SO_SNDBUFFORCE = 32, L_SO_RCVBUFFORCE = 33, L_SO_PASSSEC = 34,
	L_SO_TIMESTAMPNS = 35, L_SO_MARK = 36, L_SO_TIMESTAMPING = 37, L_SO_PROTOCOL = 38,
	L_SO_DOMAIN = 39, L_SO_RXQ_OVFL = 40, L_SO_PEEK_OFF = 42, L_SO_LOCK_FILTER = 44,
	L_SO_BUSY_POLL = 46, L_SO_INCOMING_CPU = 49, L_SO_COOKIE = 57, L_SO_PEERGROUPS = 59,
	L_SO_ZEROCOPY = 60, L_SO_TXTIME = 61, L_SO_RCVTIMEO_NEW = 66, L_SO_SNDTIMEO_NEW = 67,
	L_SO_PREFER_BUSY_POLL = 69, L_SO_NETNS_COOKIE = 71, L_SO_PEERPIDFD = 77
};
enum { L_SCM_RIGHTS = 1, L_SCM_CREDENTIALS = 2, L_SCM_SECURITY = 3, L_SCM_PIDFD = 4 };
struct l_msghdr { u8 name[8], namelen[4], pad0[4], iov[8], iovlen[8], control[8], controllen[8], flags[4], pad1[4]; };
L_SIZE(l_msghdr, 56);
struct l_mmsghdr { struct l_msghdr hdr; u8 len[4], pad[4]; };
L_SIZE(l_mmsghdr, 64);
struct l_cmsghdr { u8 len[8], level[4], type[4]; };
struct l_ucred { u8 pid[4], uid[4], gid[4]; };
struct l_linger { u8 onoff[4], linger[4]; };
struct l_sockaddr { u8 family[2], data[14]; };
struct l_sockaddr_in { u8 family[2], port[2], addr[4], zero[8]; };       // port, addr: network order
struct l_sockaddr_in6 { u8 family[2], port[2], flowinfo[4], addr[16], scope_id[4]; };
struct l_sockaddr_un { u8 family[2], path[108]; };
L_SIZE(l_sockaddr_in6, 28);
L_SIZE(l_sockaddr_un, 110);

#endif
