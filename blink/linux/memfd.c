// memfd.c: files without a name and bytes without a pattern (Linux mm/memfd.c,
// drivers/char/random.c).
#include "linux/pass.h"

i64
sys_memfd_create(struct thread *t, const u64 *a)
{
	return PASS(memfd_create, "li");
}

i64
sys_getrandom(struct thread *t, const u64 *a)
{
	return PASS(getrandom, "!>i");
}
