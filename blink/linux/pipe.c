// pipe.c: pipes (Linux fs/pipe.c).
#include "linux/pass.h"

i64
sys_pipe(struct thread *t, const u64 *a)
{
	return PASS(pipe2, "[44]0");
}

i64
sys_pipe2(struct thread *t, const u64 *a)
{
	return PASS(pipe2, "[44]o");
}
