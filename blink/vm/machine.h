// machine.h: runs a PC: blink -r. See pc/pc.h for what the options mean.
#ifndef VM_MACHINE_H_
#define VM_MACHINE_H_
#include "pc/pc.h"

// Boots the image and runs until the guest ends it, by port 0xF4, Ctrl-A x or a
// triple fault. The exit status of the process; what could not be done is told
// in one line on standard error.
int machine_run(const struct pc_options *o, int stats);

#endif
