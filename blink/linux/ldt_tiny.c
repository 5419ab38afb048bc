// ldt_tiny.c: modify_ldt(2) for builds that know 64-bit code only.
#include "linux/linux.h"
#include "base/log.h"

i64
sys_modify_ldt(struct thread *t, const u64 *a)
{
	log_msg("modify_ldt is not supported by a tiny build; the program gets ENOSYS");
	return (u32)-L_ENOSYS;
}
