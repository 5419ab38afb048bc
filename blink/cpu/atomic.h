// atomic.h: locked read-modify-write of guest memory.
#ifndef CPU_ATOMIC_H_
#define CPU_ATOMIC_H_
#include "cpu/alu.h"

// Compare and exchange of 1, 2, 4 or 8 bytes: if memory holds `expect` it gets
// `desired`. Returns what memory held. Faults as a write, also when it differs.
u64 atomic_cas(struct cpu *c, const struct op *op, u64 gva, int size, u64 expect, u64 desired);

// A LOCKed ALU operation on memory operand 0, with its flags.
void atomic_alu(struct cpu *c, const struct op *op, enum alu k);

#endif
