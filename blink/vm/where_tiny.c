// where_tiny.c: tiny builds have no symbols; the address has to do.
#include "vm/vm.h"

COLD void
vm_where(struct mem *mem, u64 gva, char text[VM_WHERE])
{
	text[0] = 0;
}
