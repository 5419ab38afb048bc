// mxcsr.c: the interrupted context's MXCSR, which the kernel replaces before
// it enters a signal handler. Where it is, only the system knows.
#include "host/host.h"
#if defined(__linux__) || defined(__APPLE__)
#include <ucontext.h>
#endif

u32
host_fault_mxcsr(const void *ucontext)
{
#if HOST_X86_64 && defined(__linux__)
	const ucontext_t *u = (const ucontext_t *)ucontext;
	if (u && u->uc_mcontext.fpregs)
		return u->uc_mcontext.fpregs->mxcsr;
#elif HOST_X86_64 && defined(__APPLE__)
	const ucontext_t *u = (const ucontext_t *)ucontext;
	if (u && u->uc_mcontext)
		return u->uc_mcontext->__fs.__fpu_mxcsr;
#endif
	(void)ucontext;
	return 0x1f80;
}
