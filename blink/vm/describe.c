// describe.c: an instruction and its place in words.
#include "vm/vm.h"
#include <stdio.h>

COLD void
vm_describe(struct cpu *c, const struct insn *in, char text[VM_DESCRIPTION])
{
	char insn[160] = "unknown", path[L_PATH_MAX], name[128];
	struct vma v;
	u64 offset;
	int n;
	if (in)
		isa_format(insn, sizeof insn, in, c->pc);
	n = snprintf(text, VM_DESCRIPTION, ": %s", insn);
	if (!mem_find(c->mem, c->pc, &v, path) || v.start > c->pc || !path[0])
		return;
	offset = c->pc - v.start + v.offset;
	if (elf_symbol(path, offset, name, sizeof name))
		snprintf(text + n, VM_DESCRIPTION - (size_t)n, " in %s of %s", name, path);
	else
		snprintf(text + n, VM_DESCRIPTION - (size_t)n, " in %s+0x%llx", path, (unsigned long long)offset);
}
