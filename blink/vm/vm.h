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
// " in FUNCTION of FILE" for an address, or nothing.
enum { VM_WHERE = L_PATH_MAX + 160 };
void vm_where(struct mem *, u64 gva, char text[VM_WHERE]);

#endif
