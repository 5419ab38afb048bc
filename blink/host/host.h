// host.h: what blink needs of the operating system beyond POSIX.1-2008.
//
// Upper floors call POSIX functions directly and everything else through
// here, so that one file per system (linux.c, ...) is all a port writes.
// Errors are negative host errno values.
#ifndef HOST_HOST_H_
#define HOST_HOST_H_
#include "base/base.h"
#include <signal.h>

// --- faults (posix.c) -----------------------------------------------------
// A claimant looks at a host SIGSEGV or SIGBUS. It does not return if the
// fault was its own (it jumps away); it returns if not. Called in order of
// registration, in signal context. At most four; install before threads exist.
typedef void host_fault_claim(int sig, siginfo_t *info, void *ucontext);
void host_claim_faults(host_fault_claim *);
// Installs the SIGSEGV and SIGBUS handlers (SA_ONSTACK | SA_NODEFER), in RUN_NATIVE
// builds, which run guest arithmetic on the host's unit, SIGFPE's too. An
// unclaimed fault is a bug in blink or a signal sent by kill (si_code <= 0;
// claimants are not asked then): `unclaimed` decides; if 0 the default action
// is taken. Returns which were ignored before: bit n for signal n.
unsigned host_install_fault_handlers(host_fault_claim *unclaimed);
// MXCSR of the interrupted code, where the host is an x86-64 that tells; else
// the reset value.
u32 host_fault_mxcsr(const void *ucontext);
// Gives the calling thread an alternate signal stack with a guard page below
// it; call once per thread.
int host_thread_init(void);
void host_thread_exit(void);

// Pages of the system. -DHOST_PAGE=n pretends that they are larger, to test
// what other hosts need.
#if HOST_X86_64 && !defined(HOST_PAGE)
#define HOST_PAGE 4096
#endif
#ifdef HOST_PAGE
static inline size_t
host_page_size(void)
{
	return HOST_PAGE;
}
#else
size_t host_page_size(void);
#endif

// --- memory (linux.c, or posix.c where there is nothing better) ------------
// mmap(2) exactly at addr over nothing: 0, -EEXIST if anything is there.
int host_map_noreplace(void *addr, size_t len, int prot, int flags, int fd, u64 offset);
// mremap(2) with Linux flags (1 MAYMOVE, 2 FIXED); -ENOSYS where there is none.
int host_remap(void *old, size_t oldlen, size_t newlen, int flags, void *addr, void **out);
// madvise(2) with Linux numbers; -ENOSYS where the host cannot.
int host_advise(void *addr, size_t len, int linux_advice);
int host_incore(void *addr, size_t len, u8 *vec);
// Executable memory of len bytes, zeros: written at *w, run at *x (mostly the
// same address). A child process sees a copy of what is there, or all of it
// for ever. 0 or negative. For RUN_NATIVE builds.
int host_code_new(size_t len, void **w, void **x);
#ifndef TINY
// The processor that the caller runs on, with its node from bit 12 on, as
// Linux has it in TSC_AUX; and how many there are.
u32 host_cpu(void);
u32 host_processors(void);
#endif
// Absolute path of an open descriptor: its length, or negative.
int host_fd_path(int fd, char *buf, size_t size);

#endif
