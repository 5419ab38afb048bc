// unsupported.c: the line about an instruction that stopped the guest.
#include "base/log.h"
#include "vm/vm.h"
#include <stdio.h>

COLD void
vm_note_unsupported(struct thread *t)
{
	static int said;
	struct cpu *c = t->cpu;
	char hex[48], where[VM_WHERE];
	struct insn in;
	u8 code[15];
	size_t n = mem_fetch(c->mem, code, c->pc, sizeof code), i;
	int len = isa_decode(&in, code, n, (enum isa_mode)CPU_MODE(c));
	if (n >= 2 && code[0] == 0x0f && (code[1] == 0x0b || code[1] == 0xb9 || code[1] == 0xff))
		return;  // UD2, UD1, UD0 mean it
	if (len > 0 && !(isa_attrs[in.op] & ISA_UNDONE))
		return;
	if (__atomic_fetch_add(&said, 1, __ATOMIC_RELAXED) >= 8)
		return;
	hex[0] = 0;
	for (i = 0; i < (len > 0 ? (size_t)len : n); i++)
		snprintf(hex + 3 * i, 4, " %02x", code[i]);
	vm_where(c->mem, c->pc, where);
	log_msg("unsupported instruction at 0x%llx:%s%s", (unsigned long long)c->pc, hex, where);
}
