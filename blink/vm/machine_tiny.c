// machine_tiny.c: tiny builds have no PC. See machine.c.
#include "vm/machine.h"
#include "base/log.h"

int
machine_run(const struct pc_options *o, int stats)
{
	log_msg("%s: this is a tiny build, which boots nothing; use another one", o->image);
	return 126;
}
