// machine_tiny.c: tiny builds have no PC. See machine.c.
#include "vm/machine.h"

const char machine_usage[] = "";

void
machine_reset(struct pc_options *o)
{
}

int
machine_flag(struct pc_options *o, int flag)
{
	return -1;
}

int
machine_main(struct pc_options *o, char **argv, int boot, int misplaced, int stats)
{
	return -1;
}
