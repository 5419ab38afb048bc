// describe_tiny.c: in builds without disassembler and symbols an instruction's
// address and bytes say all.
#include "vm/vm.h"

COLD void
vm_describe(struct cpu *c, const struct insn *in, char text[VM_DESCRIPTION])
{
	text[0] = 0;
}
