// termios.h: terminal settings, where the host's are not the guest's.
#ifndef LINUX_TERMIOS_H_
#define LINUX_TERMIOS_H_
#include "linux/linux.h"

// Whether the host's kernel has the guest's structure and numbers, but for the
// order of bytes.
#if defined(__linux__) && !defined(__powerpc__) && !defined(__mips__) && !defined(__sparc__) && !defined(__alpha__) && !defined(__hppa__)
#define TERMIOS_GENERIC 1
#else
#define TERMIOS_GENERIC 0
// TCGETS and TCSETS* (when: 0 at once, 1 after output, 2 and drop input), and
// with `old` the short form TCGETA and TCSETA*.
i64 get_termios(struct thread *t, int fd, u64 gva, int old);
i64 set_termios(struct thread *t, int fd, u64 gva, int old, int when);
#endif

#endif
