// pipe.c: pipes (Linux fs/pipe.c).
#include "linux/pass.h"

SYS_PASS(sys_pipe, pipe2, "[44]0")
SYS_PASS(sys_pipe2, pipe2, "[44]o")
