// sys.c: the system, its limits, and what a process says of itself (Linux
// kernel/sys.c).
#include "linux/pass.h"
#include <errno.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

i64
sys_uname(struct thread *t, const u64 *a)
{
	struct l_utsname l;
	memset(&l, 0, sizeof l);
#if HOST_LINUX
	HOST_CALL1(uname, &l);  // its own structure is the guest's
#else
	struct utsname h;
	uname(&h);
	strcpy(l.sysname, "Linux");
	strcpy(l.release, "6.1.0");
	memcpy(l.nodename, h.nodename, min_u64(strlen(h.nodename), sizeof l.nodename - 1));
	memcpy(l.version, h.version, min_u64(strlen(h.version), sizeof l.version - 1));
	strcpy(l.domainname, "(none)");
#endif
	memset(l.machine, 0, sizeof l.machine);
	strcpy(l.machine, "x86_64");
	return copy_out(t, a[0], &l, sizeof l);
}

SYS_PASS(sys_sethostname, sethostname, "<")
SYS_PASS(sys_setdomainname, setdomainname, "<")
SYS_PASS(sys_syslog, syslog, "!i>")

i64
sys_sysinfo(struct thread *t, const u64 *a)
{
#if HOST_LINUX && HOST_64BIT
	return PASS(sysinfo, "[88888888882248844]");
#else
	struct host_sysinfo h;
	struct l_sysinfo l;
	int r = host_sysinfo(&h), i;
	if (r)
		return l_res(r);
	memset(&l, 0, sizeof l);
	L_PUT(l.uptime, h.uptime);
	for (i = 0; i < 3; i++)
		L_PUT(l.loads[i], h.loads[i]);
	L_PUT(l.totalram, h.totalram);
	L_PUT(l.freeram, h.freeram);
	L_PUT(l.sharedram, h.sharedram);
	L_PUT(l.bufferram, h.bufferram);
	L_PUT(l.totalswap, h.totalswap);
	L_PUT(l.freeswap, h.freeswap);
	L_PUT(l.procs, h.procs);
	L_PUT(l.totalhigh, h.totalhigh);
	L_PUT(l.freehigh, h.freehigh);
	L_PUT(l.mem_unit, h.mem_unit);
	return copy_out(t, a[0], &l, sizeof l);
#endif
}

// --- limits and use ----------------------------------------------------------------------

static const struct l_pair g_rlimits[] = {
	{ L_RLIMIT_CPU, RLIMIT_CPU },
	{ L_RLIMIT_FSIZE, RLIMIT_FSIZE },
	{ L_RLIMIT_DATA, RLIMIT_DATA },
	{ L_RLIMIT_STACK, RLIMIT_STACK },
	{ L_RLIMIT_CORE, RLIMIT_CORE },
	{ L_RLIMIT_NOFILE, RLIMIT_NOFILE },
	{ L_RLIMIT_AS, RLIMIT_AS },
#ifdef RLIMIT_RSS
	{ L_RLIMIT_RSS, RLIMIT_RSS },
#endif
#ifdef RLIMIT_NPROC
	{ L_RLIMIT_NPROC, RLIMIT_NPROC },
#endif
#ifdef RLIMIT_MEMLOCK
	{ L_RLIMIT_MEMLOCK, RLIMIT_MEMLOCK },
#endif
#ifdef RLIMIT_RTTIME
	{ L_RLIMIT_LOCKS, RLIMIT_LOCKS },
	{ L_RLIMIT_SIGPENDING, RLIMIT_SIGPENDING },
	{ L_RLIMIT_MSGQUEUE, RLIMIT_MSGQUEUE },
	{ L_RLIMIT_NICE, RLIMIT_NICE },
	{ L_RLIMIT_RTPRIO, RLIMIT_RTPRIO },
	{ L_RLIMIT_RTTIME, RLIMIT_RTTIME }
#endif
};

// Gets and sets in one step, as the kernel does. Either address may be 0.
static i64
do_prlimit(struct thread *t, i32 pid, u32 resource, u64 new_gva, u64 old_gva)
{
	struct l_rlimit l;
	u64 set[2], old[2];
	i64 which = VALUE_TO_HOST(g_rlimits, resource), r;
	if (new_gva) {
		if (copy_in(t, &l, new_gva, sizeof l))
			return -L_EFAULT;
		set[0] = L_GET(l.cur);
		set[1] = L_GET(l.max);
	}
	if (which < 0)
		return -L_EINVAL;
#if HOST_LINUX
	r = l_res(HOST_CALL4(prlimit64, pid, (long)which, new_gva ? set : 0, old_gva ? old : 0));
	if (r)
		return r;
#else
	{
		struct rlimit h;
		if (pid && pid != getpid())
			return -L_ESRCH;
		if (getrlimit((int)which, &h))
			return l_err(errno);
		old[0] = h.rlim_cur == RLIM_INFINITY ? L_RLIM_INFINITY : (u64)h.rlim_cur;
		old[1] = h.rlim_max == RLIM_INFINITY ? L_RLIM_INFINITY : (u64)h.rlim_max;
		h.rlim_cur = set[0] == L_RLIM_INFINITY ? RLIM_INFINITY : (rlim_t)set[0];
		h.rlim_max = set[1] == L_RLIM_INFINITY ? RLIM_INFINITY : (rlim_t)set[1];
		r = new_gva && setrlimit((int)which, &h) ? l_err(errno) : 0;
		if (r)
			return r;
	}
#endif
	if (!old_gva)
		return 0;
	L_PUT(l.cur, old[0]);
	L_PUT(l.max, old[1]);
	return copy_out(t, old_gva, &l, sizeof l);
}

i64
sys_prlimit64(struct thread *t, const u64 *a)
{
	return do_prlimit(t, (i32)a[0], (u32)a[1], a[2], a[3]);
}

i64
sys_getrlimit(struct thread *t, const u64 *a)
{
	// Address 0 is an address here.
	return a[1] || (u32)a[0] >= L_RLIM_NLIMITS ? do_prlimit(t, 0, (u32)a[0], 0, a[1]) : -L_EFAULT;
}

i64
sys_setrlimit(struct thread *t, const u64 *a)
{
	return a[1] ? do_prlimit(t, 0, (u32)a[0], a[1], 0) : -L_EFAULT;
}

void
rusage_to_guest(struct l_rusage *l, const struct rusage *h)
{
	L_PUT(l->utime.sec, h->ru_utime.tv_sec);
	L_PUT(l->utime.usec, h->ru_utime.tv_usec);
	L_PUT(l->stime.sec, h->ru_stime.tv_sec);
	L_PUT(l->stime.usec, h->ru_stime.tv_usec);
	L_PUT(l->maxrss, h->ru_maxrss);
	L_PUT(l->ixrss, h->ru_ixrss);
	L_PUT(l->idrss, h->ru_idrss);
	L_PUT(l->isrss, h->ru_isrss);
	L_PUT(l->minflt, h->ru_minflt);
	L_PUT(l->majflt, h->ru_majflt);
	L_PUT(l->nswap, h->ru_nswap);
	L_PUT(l->inblock, h->ru_inblock);
	L_PUT(l->oublock, h->ru_oublock);
	L_PUT(l->msgsnd, h->ru_msgsnd);
	L_PUT(l->msgrcv, h->ru_msgrcv);
	L_PUT(l->nsignals, h->ru_nsignals);
	L_PUT(l->nvcsw, h->ru_nvcsw);
	L_PUT(l->nivcsw, h->ru_nivcsw);
}

i64
sys_getrusage(struct thread *t, const u64 *a)
{
	struct l_rusage l;
	struct rusage h;
	int who;
	switch ((i32)a[0]) {
	case L_RUSAGE_SELF:
		who = RUSAGE_SELF;
		break;
	case L_RUSAGE_CHILDREN:
		who = RUSAGE_CHILDREN;
		break;
	case L_RUSAGE_THREAD:
#ifdef RUSAGE_THREAD
		who = RUSAGE_THREAD;
#else
		who = RUSAGE_SELF;
#endif
		break;
	default:
		return -L_EINVAL;
	}
	if (getrusage(who, &h))
		return l_err(errno);
	rusage_to_guest(&l, &h);
	return copy_out(t, a[1], &l, sizeof l);
}

i64
sys_times(struct thread *t, const u64 *a)
{
	enum { L_HZ = 100 };
	struct tms h;
	struct l_tms l;
	i64 hz = sysconf(_SC_CLK_TCK), now = (i64)times(&h);
	if (hz <= 0)
		hz = L_HZ;
	L_PUT(l.utime, (i64)h.tms_utime * L_HZ / hz);
	L_PUT(l.stime, (i64)h.tms_stime * L_HZ / hz);
	L_PUT(l.cutime, (i64)h.tms_cutime * L_HZ / hz);
	L_PUT(l.cstime, (i64)h.tms_cstime * L_HZ / hz);
	if (a[0] && copy_out(t, a[0], &l, sizeof l))
		return -L_EFAULT;
	return now * L_HZ / hz;
}

// --- prctl --------------------------------------------------------------------------------

static i64
put_int(struct thread *t, u64 gva, u32 x)
{
	u8 b[4];
	st32(b, x);
	return copy_out(t, gva, b, 4);
}

static i64
set_vma_name(struct thread *t, const u64 *a)
{
	char name[96] = "[anon:";
	size_t n = strlen(name);
	i64 r = 0;
	if (a[1])
		return -L_EINVAL;
	if (a[4]) {
		r = mem_read_str(t->p->mem, name + n, a[4], 80);
		if (r < 0)
			return l_res(r) == -L_EFAULT ? -L_EFAULT : -L_EINVAL;
		for (; name[n]; n++)
			if ((u8)name[n] < 0x20 || (u8)name[n] > 0x7e || strchr("\\`$[]", name[n]))
				return -L_EINVAL;
		name[n++] = ']';
		name[n] = 0;
	}
	if (a[2] & (PAGE_SIZE_GUEST - 1))
		return -L_EINVAL;
	return 0;
}

// Options whose arguments are numbers.
static const u8 g_plain_options[] = {
	L_PR_GET_DUMPABLE, L_PR_SET_DUMPABLE, L_PR_GET_KEEPCAPS, L_PR_SET_KEEPCAPS, L_PR_GET_TIMING, L_PR_SET_TIMING,
	L_PR_CAPBSET_READ, L_PR_CAPBSET_DROP, L_PR_GET_SECUREBITS, L_PR_SET_SECUREBITS, L_PR_SET_TIMERSLACK,
	L_PR_GET_TIMERSLACK, L_PR_TASK_PERF_EVENTS_DISABLE, L_PR_TASK_PERF_EVENTS_ENABLE, L_PR_MCE_KILL, L_PR_MCE_KILL_GET,
	L_PR_SET_CHILD_SUBREAPER, L_PR_SET_NO_NEW_PRIVS, L_PR_GET_NO_NEW_PRIVS, L_PR_SET_THP_DISABLE, L_PR_GET_THP_DISABLE,
	L_PR_CAP_AMBIENT, L_PR_SET_IO_FLUSHER, L_PR_GET_IO_FLUSHER, L_PR_SET_MEMORY_MERGE, L_PR_GET_MEMORY_MERGE
};

i64
sys_prctl(struct thread *t, const u64 *a)
{
	char name[16];
	u8 buf[512];
	u32 op = (u32)a[0], x = 0;
	u64 n;
	i64 r;
	if ((op < 256 && memchr(g_plain_options, (int)op, sizeof g_plain_options)) || op == L_PR_SET_PTRACER)
		return PASS(prctl, "iiiii");
	process_show_comm(t->p);
	switch (op) {
	case L_PR_SET_NAME:
		r = mem_read_str(t->p->mem, name, a[1], sizeof name);
		if (r < 0 && (l_res(r) == -L_EFAULT || copy_in(t, name, a[1], 15)))
			return -L_EFAULT;
		name[15] = 0;
		return l_res(HOST_CALL2(prctl, L_PR_SET_NAME, name));
	case L_PR_GET_NAME:
		return PASS(prctl, "i[1111111111111111]");
	case L_PR_SET_PDEATHSIG:
		if (a[1] > L_NSIG)
			return -L_EINVAL;
		return l_res(HOST_CALL2(prctl, L_PR_SET_PDEATHSIG, a[1] ? host_sig_from_linux((int)a[1]) : 0));
	case L_PR_GET_PDEATHSIG:
		r = l_res(HOST_CALL2(prctl, L_PR_GET_PDEATHSIG, &x));
		return r ? r : put_int(t, a[1], x ? (u32)host_sig_to_linux((int)x) : 0);
	case L_PR_GET_CHILD_SUBREAPER:
		return PASS(prctl, "i[4]");
	case L_PR_GET_TSC:
		return put_int(t, a[1], 1);
	case L_PR_SET_TSC:
		return a[1] == 1 ? 0 : -L_EINVAL;
	case L_PR_GET_SECCOMP:
		return 0;
	case L_PR_GET_TID_ADDRESS:
		st64(buf, t->clear_tid);
		return copy_out(t, a[1], buf, 8);
	case L_PR_SET_VMA:
		return set_vma_name(t, a);
	case L_PR_GET_AUXV:
		n = min_u64(a[2], t->p->auxv_len);
		if (a[3] || a[4])
			return -L_EINVAL;
		if (n > sizeof buf || copy_in(t, buf, t->p->auxv_start, (size_t)n) || copy_out(t, a[1], buf, (size_t)n))
			return -L_EFAULT;
		return (i64)t->p->auxv_len;
	default:
		return -L_EINVAL;
	}
}
