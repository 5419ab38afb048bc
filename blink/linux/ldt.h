// ldt.h: segment descriptors that programs make: the LDT, which all threads
// share, and three entries of the GDT for each thread.
#ifndef LINUX_LDT_H_
#define LINUX_LDT_H_
#include "linux/linux.h"

// set_thread_area(2) and get_thread_area(2), which only 32-bit system calls have.
i64 thread_area_set(struct thread *t, u64 desc);
i64 thread_area_get(struct thread *t, u64 desc);

#endif
