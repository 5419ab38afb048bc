// memfd.c: files without a name and bytes without a pattern (Linux mm/memfd.c,
// drivers/char/random.c).
#include "linux/pass.h"

SYS_PASS(sys_memfd_create, memfd_create, "li")
SYS_PASS(sys_getrandom, getrandom, "!>i")
