// vm.h: the embedding interface: from a program file to a running guest.
//
// A host process runs one guest process at a time. Start with program_find
// (linux/image.h), then:
#ifndef VM_VM_H_
#define VM_VM_H_
#include "linux/image.h"

// Makes an address space and a first thread for the calling host thread, and
// loads pg into it. g_options says which memory model. 0 and *out, or -L_Exxx
// and a sentence. pg may be freed afterwards.
int vm_boot(struct program *pg, char **envp, struct thread **out, struct why *why);
// Runs the guest to its end; the host process ends with it.
void vm_run(struct thread *t) NORETURN;

// Says what stopped the guest after #UD, if it is our lack and not the
// program's doing.
void vm_note_unsupported(struct thread *t);
// ": INSTRUCTION in SYMBOL of FILE" for what is at c->pc, or nothing in tiny
// builds; in is 0 for bytes that are no instruction.
enum { VM_DESCRIPTION = L_PATH_MAX + 320 };
void vm_describe(struct cpu *, const struct insn *in, char text[VM_DESCRIPTION]);

#endif
