// where.c: which function of which file holds an address.
#include "vm/vm.h"
#include <stdio.h>

COLD void
vm_where(struct mem *mem, u64 gva, char text[VM_WHERE])
{
	char path[L_PATH_MAX], name[128];
	struct vma v;
	u64 offset;
	text[0] = 0;
	if (!mem_find(mem, gva, &v, path) || v.start > gva || !path[0])
		return;
	offset = gva - v.start + v.offset;
	if (elf_symbol(path, offset, name, sizeof name))
		snprintf(text, VM_WHERE, " in %s of %s", name, path);
	else
		snprintf(text, VM_WHERE, " in %s+0x%llx", path, (unsigned long long)offset);
}
