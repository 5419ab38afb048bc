// system.h: what a processor has that user code does not see: control, debug
// and model-specific registers, descriptor tables, privilege levels, ports and
// interrupts. A PC's cpu has a struct system; that of a Linux program has none,
// and its privileged instructions fault (cpu/sys.c). Tiny builds know no PC.
//
// The PC calls cpu_run as ever; what it returns is now the machine's to handle:
//   STOP_FAULT  an exception: cpu_deliver
//   STOP_INT    INT n and its kin: cpu_deliver with DELIVER_SOFT
//   STOP_HALT   HLT: wait for an interrupt
//   STOP_ATTENTION  look at devices; cpu_accepts tells if an interrupt may come
// Source: SDM vol 3 chapters 2 to 7; AMD64 vol 2 where the two differ.
#ifndef CPU_SYSTEM_H_
#define CPU_SYSTEM_H_
#include "cpu/op.h"

enum {
	CR0_PE = 1, CR0_MP = 2, CR0_EM = 4, CR0_TS = 8, CR0_ET = 16, CR0_NE = 32, CR0_WP = 1 << 16,
	CR0_AM = 1 << 18, CR0_NW = 1 << 29, CR0_CD = 1 << 30
};
#define CR0_PG 0x80000000u
enum {
	CR4_VME = 1,
	CR4_PVI = 2,
	CR4_TSD = 4,
	CR4_DE = 8,
	CR4_PSE = 16,
	CR4_PAE = 32,
	CR4_PGE = 128,
	CR4_PCE = 256,
	CR4_OSFXSR = 512,
	CR4_OSXMMEXCPT = 1024,
	CR4_UMIP = 2048,
	CR4_FSGSBASE = 1 << 16,
	CR4_SMEP = 1 << 20,
	CR4_SMAP = 1 << 21
};
enum { EFER_SCE = 1, EFER_LME = 1 << 8, EFER_LMA = 1 << 10, EFER_NXE = 1 << 11 };
// Bits of segment.rights, as LAR gives them
enum {
	R_ACCESSED = 0x100, R_WRITE = 0x200, R_DOWN = 0x400, R_CODE = 0x800,
	R_SYSTEM = 0x1000,  // clear for system segments
	R_DPL = 0x6000, R_PRESENT = 0x8000, R_LONG = 0x200000, R_BIG = 0x400000, R_PAGES = 0x800000,
	R_CONFORMING = R_DOWN, R_TYPE = 0x1f00, R_MASK = 0xf0ff00
};
enum { DR6_BS = 1 << 14, DR6_BT = 1 << 15, DR6_BD = 1 << 13, DR7_GD = 1 << 13 };

struct table_register { u64 base; u32 limit; };
struct system_segment { u64 base; u32 limit, rights; u16 sel; };

// The ports, as the machine answers them; size is 1, 2 or 4.
struct cpu_io {
	void *arg;
	u32 (*in)(void *arg, unsigned port, int size);
	void (*out)(void *arg, unsigned port, int size, u32 value);
	u64 (*clock)(void *arg);  // of a run that repeats exactly: what RDTSC gives; 0: the host's
};

enum { EVENTS = 8 };
struct system_event { u32 vector, error; u16 cs; u64 pc; };

struct system {
	u64 cr0, cr3, cr4, cr8, efer;  // CR2 is cpu.cr2
	u64 pdpte[4];      // PAE paging: loaded with CR3
	struct table_register gdt, idt;
	struct system_segment ldt, tr;
	u64 dr[4];
	u32 dr6, dr7;
	u64 star, lstar, cstar, fmask, kernel_gs;
	u64 sysenter_cs, sysenter_sp, sysenter_ip;
	u64 pat, tsc_offset, misc;
	u64 mtrr_fixed[11], mtrr_var[16], mtrr_type;
	u64 shadow;        // pc in front of which no interrupt may come, ~0: none
	u8 intr;           // the interrupt controller asks
	// For whoever looks at what went wrong: the latest exceptions (vector + 1) in
	// a ring, the newest in front of nevents; the block that the last was in.
	struct system_event events[EVENTS];
	u32 nevents;
	u64 block_pc;
	u8 switched;       // the latest task switch got into the new task
	u8 hits;           // breakpoints of this instruction, as DR6 has them
	u8 held;           // SS was loaded: no breakpoint in front of the next
	// So many more blocks are made short: code changed and may again, or an
	// instruction had to run by itself and so may the next.
	u8 short_blocks;
	u64 random;
	struct cpu_io io;
};

// Makes c, fresh from cpu_new, a PC's processor just reset. Its mem must be
// mem_machine_new's. 0, or -1 without memory.
int cpu_make_system(struct cpu *c, const struct cpu_io *io);
// What the RESET line does.
void cpu_reset(struct cpu *c);

// How an interrupt or exception came about
enum deliver {
	DELIVER_EXTERNAL,   // an interrupt request
	DELIVER_SOFT,       // INT n, or INT3, INTO if cpu.error is set: gates check the privilege level
	DELIVER_EXCEPTION,  // a fault or trap, with cpu.error where it has one
	DELIVER_INT1        // INT1: no check
};
// Goes to the handler of a vector through IVT or IDT. What goes wrong on the way
// becomes further exceptions; -1 if that ends in a shutdown (triple fault).
int cpu_deliver(struct cpu *c, unsigned vector, enum deliver how);
// The line from the interrupt controller; also from a port's handler.
void cpu_set_intr(struct cpu *c, int level);
// Port F0h was written: while CR0.NE is clear, x87 instructions no longer wait for
// the error that is pending, if one is, until it is gone.
void cpu_ignore_x87(struct cpu *c);
// Whether an interrupt may be taken now.
int cpu_accepts(const struct cpu *c);

// --- for the files of cpu/ ------------------------------------------------------

// Functions that can fault return 0 or FAULT(vector, error code), with cpu.cr2
// set for a page fault: the caller raises it or makes another of it.
#define FAULT(vector, error) ((u32)(vector) << 16 | ((u32)(error) & 0xffff))
void cpu_raise_fault(struct cpu *c, const struct op *op, u32 fault) NORETURN;

static inline int
protected_mode(const struct cpu *c)
{
	return (c->sys->cr0 & CR0_PE) && !(c->sysflags & FLAG_VM);
}
static inline int
long_mode(const struct cpu *c)
{
	return (c->sys->efer & EFER_LMA) != 0;
}

// Linear memory, as the processor itself accesses it (super) or as the program
// does. n is 1, 2, 4 or 8.
u32 system_read(struct cpu *c, u64 at, int n, int super, u64 *x);
u32 system_write(struct cpu *c, u64 at, int n, int super, u64 x);
// Faults like a write of n bytes.
u32 system_probe(struct cpu *c, u64 at, int n, int super);

// --- sys.c
u64 cpu_time_stamp(void);  // the host's counter, or nanoseconds

// --- system.c
// What a PC's processor says that it is: what a Linux program sees, less what
// its system software would have to manage and cannot here (XSAVE and so AVX,
// APIC, machine checks), and with what only system software uses. One processor
// with one thread: no leaf tells of more.
struct isa_cpuid system_cpuid(const struct cpu *c, u32 leaf, u32 subleaf);
enum { CPUID_1_EDX_VME = 2, CPUID_7_EBX_FSGSBASE = 1, CPUID_7_EBX_SMEP = 1 << 7, CPUID_7_EBX_SMAP = 1 << 20, CPUID_7_ECX_UMIP = 4 };
u64 system_time_stamp(struct cpu *c, const struct op *op);
u64 system_random(struct cpu *c);  // the same in each run
// Whether instructions are the clock: the engine counts all that they do then.
static inline int
system_counted(const struct cpu *c)
{
	return CPU_SYS(c) && CPU_SYS(c)->io.clock;
}
// What the clock that counts instructions has not seen yet at op: those of its block.
static inline u32
system_uncounted(const struct cpu *c, const struct op *op)
{
	return system_counted(c) ? cpu_insns_before(op) : 0;
}
op_fn system_syscall;
// SLDT, STR (protected mode only), SMSW; SGDT, SIDT
void system_store(struct cpu *c, const struct op *op, u64 x, int protected_only);
void system_store_table(struct cpu *c, const struct op *op, const struct table_register *t);
void system_settle(struct cpu *c);  // paging, privilege and AC to mem; forgets translations
void system_set_cpl(struct cpu *c, int cpl);
// What refuses an access: raises the page fault or #GP.
void system_refuse(struct cpu *c, const struct op *op, u64 at, enum mem_fault why) NORETURN;
void system_fetch_fault(struct cpu *c, u64 va) NORETURN;
// Where the code at pc is in memory, and that it may be executed: 0, or -1 with
// *fault_va as in lower_block.
int system_code_at(struct cpu *c, u64 pc, u64 *at, u64 *fault_va);
// Which unit an instruction needs that may be switched off, for op_unit in
// front of it; 0: none.
int system_unit(const struct insn *in);
op_fn op_unit;
// EFLAGS were written: what they were, without the arithmetic ones.
void system_flags(struct cpu *c, u32 old);
// Whether CLI, STI and others change VIF in place of IF: in ring 3 below IOPL 3,
// if CR4 says so.
static inline int
system_has_vif(const struct cpu *c)
{
	return c->cpl == 3 && (c->sysflags & FLAG_IOPL) != FLAG_IOPL && c->sys->cr4 & (c->sysflags & FLAG_VM ? CR4_VME : CR4_PVI);
}
// The 16 bits that virtual-8086 mode below IOPL 3 sees as flags under CR4.VME
u32 system_virtual_flags(struct cpu *c);
// VIF becomes what flags has for IF. -1: #GP, as TF is set, or IF and VIP are.
int system_set_vif(struct cpu *c, u32 flags);
// The four pointers that CR3 leads to in PAE paging: 0 or #GP(0)
u32 system_pdptes(struct cpu *c, u64 cr3, u64 *e);
// Data breakpoints: notes those that [gva, gva+n) hits.
void system_watch(struct cpu *c, u64 gva, int n, int access);
// Likewise those on ports, which CR4.DE allows
void system_watch_port(struct cpu *c, unsigned port, int n);
// Whether instructions run singly because breakpoints are on.
static inline int
system_watching(const struct cpu *c)
{
	return c->sys && c->sys->dr7 & 0xff;
}
// VIF with VIP may be #GP in ring 3.
static inline int
system_pends(const struct cpu *c)
{
	return c->cpl == 3 && !(~c->sysflags & (FLAG_VIF | FLAG_VIP));
}
// Whether the next instruction runs singly; RF lasts for one.
static inline int
system_steps(const struct cpu *c)
{
	return system_watching(c) || c->sysflags & FLAG_RF || system_pends(c);
}
// Whether #DB follows the instruction that was run by itself; notes why in DR6.
int system_traps(struct cpu *c, int stepped);
// Delivers #DB for these breakpoints, as cpu_deliver does.
int system_debug(struct cpu *c, u32 hits);
// Whether a slot of block `from` may lead to `to` for good.
static inline int
system_may_link(const struct cpu *c, const struct block *from, const struct block *to)
{
	return !c->code_paged || !((block_start(from) ^ block_start(to)) >> PAGE_BITS);
}
// Raises #DB if an instruction breakpoint is at pc, #GP if a virtual interrupt
// is pending and no longer held back.
void system_break(struct cpu *c);

// --- descriptor.c
struct descriptor { u64 lo, hi; u32 rights; u16 sel; };
u32 descriptor_read(struct cpu *c, u32 sel, struct descriptor *d);  // #GP(sel) beyond its table; *d is zero for it
void descriptor_segment(const struct descriptor *d, struct segment *s);
u32 descriptor_touch(struct cpu *c, const struct descriptor *d);  // sets the accessed bit
u32 system_load_segment(struct cpu *c, int seg, u32 sel);
u32 system_load_stack(struct cpu *c, u32 sel, int cpl, struct segment *s);  // checks SS for a privilege level; VEC_TS or VEC_GP by the caller
void system_set_segment(struct cpu *c, int seg, u32 sel, const struct segment *s);
void system_set_code(struct cpu *c, u32 sel, const struct segment *s, int cpl);
void system_real_segment(struct cpu *c, int seg, u32 sel);
u32 system_lldt(struct cpu *c, u32 sel);
u32 system_ltr(struct cpu *c, u32 sel);
// LAR, LSL, VERR, VERW: whether a segment is visible at this privilege; bit t of
// `types` is set if system descriptors of type t are.
int system_ask(struct cpu *c, const struct op *op, u32 sel, u32 types, struct segment *s);

// --- far.c: a stack that is pushed to before it becomes the current one
struct frame {
	struct segment seg;
	u64 sp;
	int width;   // bytes of the stack pointer
	int super;
	u32 sel;
};
// The current one.
void frame_here(const struct cpu *c, struct frame *f);
u32 frame_push(struct cpu *c, struct frame *f, int n, u64 x);  // #SS(0), #PF
u32 frame_pop(struct cpu *c, struct frame *f, int n, u64 *x);
// The stack of an inner privilege level, from the TSS: 0 or #TS, #SS, #NP, #PF.
u32 frame_inner(struct cpu *c, int cpl, struct frame *f);
// What a fault of pushing to an inner stack is: #SS with its selector.
u32 frame_fault(const struct frame *f, u32 bad);
void frame_use(struct cpu *c, const struct frame *f, int switched);
// Whether sel may be what CS becomes at privilege level cpl, for gates, far
// returns and IRET: 0 or the fault with its selector.
u32 code_descriptor(struct cpu *c, u32 sel, struct descriptor *d);
// far transfers; each returns 0 or a fault, with registers unchanged
u32 far_transfer(struct cpu *c, const struct op *op, u32 sel, u64 ip, int size, int call);
u32 far_back(struct cpu *c, const struct op *op, int size, u32 more);
u32 far_iret(struct cpu *c, const struct op *op, int size);

// --- task.c
enum task_switch { TASK_JMP, TASK_CALL, TASK_IRET, TASK_GATE };
u32 task_switch(struct cpu *c, u32 sel, enum task_switch how, u64 next_pc, int has_error, u32 error);
// Stack pointer and selector for a privilege level from the TSS
u32 task_stack(struct cpu *c, int cpl, u64 *sp, u32 *ss);
// Whether the I/O permission bitmap allows a port.
u32 task_port(struct cpu *c, unsigned port, int size, int *allowed);
// Whether the map below it sends INT n in virtual-8086 mode to the program.
u32 task_redirects(struct cpu *c, unsigned vector, int *redirects);

#endif
