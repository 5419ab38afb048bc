// ia32.h: what the files of 32-bit system calls share. A structure that the
// 64-bit call has otherwise is converted into a window of mem.h.
#ifndef LINUX_IA32_H_
#define LINUX_IA32_H_
#include "linux/syscall.h"

// The windows of one call; arena feeds them.
struct ia32_call {
	struct thread *t;
	struct mem_window w[MEM_WINDOWS];
	struct {
		u64 gva;     // the guest's
		char what;   // of ia32_structs; 'f' a descriptor set of size bytes
		char how;    // < > =
		u32 size;
	} from[MEM_WINDOWS];
	int n;
	u32 used;
	u8 arena[40960];
};
void ia32_begin(struct ia32_call *, struct thread *);
// Ends the call: writes back what it wrote. The result, or -L_EFAULT.
i64 ia32_end(struct ia32_call *, i64 result);
// The guest address of n zero bytes; *at, if not 0, is told where they are.
u64 ia32_window(struct ia32_call *, size_t n, u8 **at);
// The structure at gva as the 64-bit call sees it: see ia32_structs. *to is 0 for 0.
i64 ia32_struct(struct ia32_call *, char how, char what, u64 gva, u64 *to);
i64 ia32_iovec(struct ia32_call *, u64 gva, u64 n, u64 *to);
// sys_fn with arguments as `how` says (ia32.tbl).
i64 ia32_convert(struct thread *t, sys_fn *fn, const char *how, const u64 *a);

// Signals: ia32_signal.c.
void ia32_siginfo_out(u8 *b, const struct l_siginfo *info);
void ia32_siginfo_in(struct l_siginfo *info, const u8 *b);
enum { IA32_SIGINFO = 128 };

#endif
