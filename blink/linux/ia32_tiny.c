// ia32_tiny.c: no 32-bit system calls: `int $0x80` faults, as on a kernel
// without them.
#include "linux/linux.h"

int
linux_syscall32(struct thread *t)
{
	return 0;
}
