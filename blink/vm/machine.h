// machine.h: runs a PC: blink -r. See pc/pc.h for what the options mean.
#ifndef VM_MACHINE_H_
#define VM_MACHINE_H_
#include "pc/pc.h"

// Boots the image and runs until the guest ends it, by port 0xF4, Ctrl-A x or a
// triple fault. The exit status of the process; what could not be done is told
// in one line on standard error.
int machine_run(const struct pc_options *o, int stats);

// The command line's flags for it, as getopt knows them, and what -h says.
#define MACHINE_FLAGS "racNuSi"
extern const char machine_usage[];
// Takes note of a flag, the options being reset before the first. 1: it asks
// for a PC; 0: for something else of one; -1: there is no such flag.
void machine_reset(struct pc_options *o);
int machine_flag(struct pc_options *o, int flag);
// Runs the image at argv[optind], or says in one line what is wrong with the
// command: that nothing asked for a PC, that a flag is misplaced (0: none), being
// the other's. The exit status.
int machine_main(struct pc_options *o, char **argv, int boot, int misplaced, int stats);

#endif
