// posix.c: the part of host.h that POSIX alone gives, and plain stand-ins for
// the rest where linux.c is absent.
#include "host/host.h"
#if defined(__linux__)
#include <sys/syscall.h>
#endif
#include <sched.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifdef __SANITIZE_THREAD__
#include <ucontext.h>
#endif
#include <unistd.h>

enum { MAX_CLAIMS = 4, ALTSTACK_SIZE = 64 * 1024 };

static host_fault_claim *g_claims[MAX_CLAIMS];
static host_fault_claim *g_unclaimed;
static THREAD_LOCAL u8 *t_altstack;  // with its guard page

void
host_claim_faults(host_fault_claim *claim)
{
	int i;
	for (i = 0; i < MAX_CLAIMS; i++) {
		if (!g_claims[i])
			g_claims[i] = claim;
		if (g_claims[i] == claim)
			return;
	}
	assert(!"too many fault claimants");
}

static void
on_fault(int sig, siginfo_t *info, void *ucontext)
{
	int i;
#ifdef __SANITIZE_THREAD__
	// It blocks all signals in handlers, and claimants jump out of this one.
	pthread_sigmask(SIG_SETMASK, &((ucontext_t *)ucontext)->uc_sigmask, 0);
#endif
	if (info->si_code > 0)
		for (i = 0; i < MAX_CLAIMS && g_claims[i]; i++)
			g_claims[i](sig, info, ucontext);
	if (g_unclaimed) {
		g_unclaimed(sig, info, ucontext);
	} else {
		signal(sig, SIG_DFL);
		if (info->si_code <= 0)
			raise(sig);
	}
}

unsigned
host_install_fault_handlers(host_fault_claim *unclaimed)
{
	static const int sigs[] = { SIGSEGV, SIGBUS };
	struct sigaction sa, old;
	unsigned ignored = 0;
	size_t i;
	g_unclaimed = unclaimed;
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = on_fault;
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	sigemptyset(&sa.sa_mask);
	for (i = 0; i < COUNTOF(sigs); i++)
		if (!sigaction(sigs[i], &sa, &old) && old.sa_handler == SIG_IGN)
			ignored |= 1u << sigs[i];
#ifdef RUN_NATIVE
	sigaction(SIGFPE, &sa, 0);
#endif
	return ignored;
}

int
host_thread_init(void)
{
	stack_t ss;
	size_t guard = host_page_size();
	void *p;
	if (t_altstack)
		return 0;
	p = mmap(0, ALTSTACK_SIZE + guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	memset(&ss, 0, sizeof ss);
	ss.ss_sp = (u8 *)p + guard;
	ss.ss_size = ALTSTACK_SIZE;
	if (mprotect(p, guard, PROT_NONE) || sigaltstack(&ss, 0)) {
		int err = errno;
		munmap(p, ALTSTACK_SIZE + guard);
		return -err;
	}
	t_altstack = (u8 *)p;
	return 0;
}

void
host_thread_exit(void)
{
	stack_t ss;
	if (!t_altstack)
		return;
	memset(&ss, 0, sizeof ss);
	ss.ss_flags = SS_DISABLE;
	sigaltstack(&ss, 0);
	munmap(t_altstack, ALTSTACK_SIZE + host_page_size());
	t_altstack = 0;
}

#ifndef HOST_PAGE
size_t
host_page_size(void)
{
	static size_t size;
	if (!size)
		size = (size_t)sysconf(_SC_PAGESIZE);
	return size;
}
#endif

// Elsewhere, and for Linux before 4.17, the address is a hint.
#ifndef __linux__
enum { NOREPLACE = 0 };
#elif defined(MAP_FIXED_NOREPLACE)
enum { NOREPLACE = MAP_FIXED_NOREPLACE };
#else
enum { NOREPLACE = 0x100000 };
#endif

int
host_map_noreplace(void *addr, size_t len, int prot, int flags, int fd, u64 offset)
{
	void *p = mmap(addr, len, prot, flags | NOREPLACE, fd, (off_t)offset);
	if (p == MAP_FAILED)
		return -errno;
	if (p == addr)
		return 0;
	munmap(p, len);
	return -EEXIST;
}

#ifndef __linux__
int
host_remap(void *old, size_t oldlen, size_t newlen, int flags, void *addr, void **out)
{
	return -ENOSYS;
}

int
host_advise(void *addr, size_t len, int linux_advice)
{
	return -ENOSYS;
}

int
host_incore(void *addr, size_t len, u8 *vec)
{
	memset(vec, 1, len / host_page_size());
	return 0;
}

int
host_fd_path(int fd, char *buf, size_t size)
{
	return -ENOSYS;
}
#endif

#ifndef TINY
u32
host_cpu(void)
{
	unsigned cpu = 0, node = 0;
#if defined(__linux__) && defined(__GLIBC__) && __GLIBC_PREREQ(2, 29)
	getcpu(&cpu, &node);
#elif defined(__linux__)
	syscall(SYS_getcpu, &cpu, &node, 0);
#endif
	return (cpu & 0xfff) | node << 12;
}

u32
host_processors(void)
{
	static u32 n;
	long x;
	if (!n) {
		x = sysconf(_SC_NPROCESSORS_ONLN);
		n = x < 1 ? 1 : x > 4096 ? 4096 : (u32)x;
	}
	return n;
}
#endif
