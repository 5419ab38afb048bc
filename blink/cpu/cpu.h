// cpu.h: one hardware thread, and the engine's entry points.
//
// Owned by the thread that runs it. Other threads and signal handlers may
// touch `limit` only (cpu_attention). Registers are host-order integers;
// vectors are byte arrays in guest order.
#ifndef CPU_CPU_H_
#define CPU_CPU_H_
#include "base/base.h"
#include <setjmp.h>
#include "cpu/softfloat.h"
#include "isa/insn.h"
#include "mem/mem.h"

struct op;
struct block;
struct system;

// The hidden part of a segment register; the base of FS and GS is in cpu.segbase.
struct segment { u32 base, limit, rights; };  // rights as LAR gives them; 0: null

struct vec { u8 b[32]; } __attribute__((aligned(32)));  // xmm: b[0..15]; ymm: all
#ifdef TINY
enum { VEC_REGS = 16 };
#else
enum { VMEM = 16, VEC_REGS };  // one more, for a memory operand: see cpu/vec_fetch.c
#endif

// Why cpu_run returned
enum stop {
	STOP_ATTENTION,  // icount passed limit: signals, budget, safepoint; pc is next
	STOP_SYSCALL,    // SYSCALL executed; pc is behind it, rcx/r11 are set
	STOP_INT,        // INT n, INT3, INTO, INT1: cpu.vector, error if INT1; pc is behind it
	STOP_FAULT,      // an exception: cpu.vector, cpu.error, cpu.cr2; pc is at the instruction
	STOP_HALT        // HLT in ring 0
};

// What keeps accessors from the linear path
enum slow {
	SLOW_ALL = 1,  // each access is looked at: watch points, stepping
	SLOW_TLB       // the paged model: hits in the TLB are fast
};

// Exception vectors (SDM vol 3 chapter 6)
enum vector {
	VEC_DE, VEC_DB, VEC_NMI, VEC_BP, VEC_OF, VEC_BR, VEC_UD, VEC_NM, VEC_DF,
	VEC_TS = 10, VEC_NP, VEC_SS, VEC_GP, VEC_PF, VEC_MF = 16, VEC_AC, VEC_MC, VEC_XM,
	VEC_BUS = 256  // not x86: the host's SIGBUS on a guest mapping (beyond end of file)
};
// Page fault error code bits in cpu.error
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_FETCH = 16 };
enum { PF_EMULATED = 0x10000 };  // not of x86: a kernel that emulates the instruction met the fault

struct cpu {
	// What every handler touches comes first, within a byte's displacement.
	u64 icount, limit;  // leave when icount >= limit; see cpu_attention
	const struct op *note;  // the op whose guest access is in flight, else 0
	const struct block **jumps;  // direct-mapped cache: pc -> block
	u8 slow;            // enum slow: accessors do not take the linear path
	u8 paged;           // what slow is when nobody looks on: SLOW_TLB or 0
	u8 stepping;        // one instruction outside any cached block

	// From here to ldt_entries: the guest's own state. cpu_copy copies it whole.
	u8 mode;            // enum isa_mode; read it by CPU_MODE
	// Lazy arithmetic flags: see cpu/flags.h, which alone may look inside.
	u32 lf_type;
	u64 lf_a, lf_b;
	u64 pc;             // valid outside cpu_run; inside, see cpu_pc()
	u64 r[REG_SLOTS];   // r[GPR_NONE] is always 0; r[GPR_EA] is scratch
	u32 sysflags;       // TF IF IOPL NT RF AC ID...: all but the six arithmetic ones and DF
	u32 lf_split;       // cpu/flags.h
	i64 df;             // +1 or -1
	u64 segbase[7];     // by enum isa_seg; 0 for CS DS ES SS in 64-bit mode, and for SEG_NONE
	struct vec v[VEC_REGS];
	struct f80 st[8];   // physical registers R0..R7; ST(i) is st[(top + i) & 7]; MMX is m
	u8 top;
	u8 ftags;           // bit i set: physical register i is in use (FXSAVE's FTW)
	u16 fcw, fsw;       // fsw without TOP
	u16 fop;
	u16 fcs, fds;
	u64 fip, fdp;
	u32 mxcsr;          // SSE: see cpu/sse.h
	u8 fpsoft;          // the guest unmasked an SSE exception; set by sse_enter
	u16 sel[6];         // segment selectors
	// Segments as 16 and 32-bit code sees them: see cpu/segment.c
	struct segment seg[6];
	u64 segfast[6];     // accesses of up to 32 bytes below this offset need no check
#ifndef TINY
	u64 stack_keep;     // bits of the stack pointer that do not count, outside 64-bit mode
#endif
	u8 stack_size;      // bytes of the stack pointer: 8, 4, 2
	u8 real;            // real or virtual-8086 mode: selectors are paragraphs
	u8 cpl;             // privilege level
	u8 ignne;           // a PC's IGNNE#: see cpu_ignore_x87
	u8 code_paged;      // a PC with paging on: linear addresses of code may change
	u32 code_base, code_limit;  // of CS; 0 in 64-bit mode
	u64 tls[3];         // descriptors 12 to 14 of the GDT
	const u8 *ldt;      // guest order, eight bytes each
	u32 ldt_entries;

	struct vec vtmp;    // a vector handler's result: no local whose address escapes
	u64 budget;         // what limit is when nobody wants attention; ~0: no budget
	struct mem *mem;
	struct system *sys; // of a PC: see cpu/system.h
	// What cpu_run reported
	u16 vector;
	u32 error;
	u64 cr2;
	u64 fault_next;     // pc behind a faulting trap-like instruction, for INT stops
	u64 int_pc;         // of the instruction, for INT stops
	sigjmp_buf *unwind; // where cpu_raise and host faults go; set while cpu_run is active
	struct block *stepbuf; // the block that cpu_step makes
	struct codecache *code;  // shared by all threads of the address space
	struct cpu *next;   // all cpus of the process, under the codecache lock
	u8 parked;          // not inside cpu_run: may be ignored by an exclusive section
	u8 attn;            // cpu_attention was called
	u8 ordered;         // others can see this memory: weakly ordered hosts need fences
	u8 stop;            // enum stop, set by the handler that leaves
	u32 tid;            // TSC_AUX / RDPID
	u64 steps;          // statistics: instructions executed singly
	u64 nblocks, nlowered;
	void *owner;        // the personality's thread
#ifndef TINY
	u32 njumps;         // how many of `jumps` are in use, if few: these
	u16 jumps_used[64];
#endif
	struct tlb tlb;
};

STATIC_ASSERT(offsetof(struct cpu, mode) == offsetof(struct cpu, stepping) + 1, "the guest's state follows the engine's");
STATIC_ASSERT(offsetof(struct cpu, vtmp) < offsetof(struct cpu, ldt_entries) + 4 + sizeof(struct vec), "it ends with ldt_entries");
STATIC_ASSERT(offsetof(struct cpu, r) + 7 * 8 < 128, "registers are within a byte's displacement");

// A cpu for mem, with reset state: registers zero, MXCSR 0x1f80, FCW 0x37f,
// EFLAGS 0x202, 64-bit mode. `code` is shared between threads that share mem.
struct cpu *cpu_new(struct mem *, struct codecache *);
// Copies the architectural state (clone).
void cpu_copy(struct cpu *dst, const struct cpu *src);
void cpu_free(struct cpu *);
struct codecache *codecache_new(struct mem *);
void codecache_free(struct codecache *);

// Runs until something needs the caller. Exact state in *c on return.
enum stop cpu_run(struct cpu *);
// Executes exactly one instruction (with all its REP iterations or up to a
// limit of them), outside any block. Same results as cpu_run, but that TF traps
// a PC's program only.
enum stop cpu_step(struct cpu *);
// Makes cpu_run return STOP_ATTENTION at the next block boundary. Any thread,
// any signal handler.
void cpu_attention(struct cpu *);

// Tiny builds know 64-bit code only.
#ifdef TINY
#define CPU_MODE(c) MODE_64
#define CPU_SYS(c) ((struct system *)0)
#define CPU_ALL_64 1
#else
#define CPU_ALL_64 0
#define CPU_MODE(c) ((c)->mode)
#define CPU_SYS(c) ((c)->sys)
#endif

// What the kernel does to segments. All check as the processor does and return
// 0, or vector << 16 | error code. cpu_return goes to cs:pc with stack segment
// ss, as IRET to user code; pc is not looked at.
u32 cpu_load_segment(struct cpu *, int seg, u32 sel);
u32 cpu_return(struct cpu *, u32 cs, u32 ss);
// CS is 64-bit user code; SS stays if it is usable.
void cpu_enter_64(struct cpu *);
// Loads a register again after descriptors changed: null if that fails.
void cpu_reload_segment(struct cpu *, int seg);

// EFLAGS as PUSHF would see them, with bit 1 and IF set.
u32 cpu_get_flags(struct cpu *);
void cpu_set_flags(struct cpu *, u32);

// Raises an exception from inside a handler: never returns. The instruction's
// state changes must not have begun.
void cpu_raise(struct cpu *, const struct op *, enum vector, u32 error) NORETURN;
void cpu_raise_pf(struct cpu *, const struct op *, u64 gva, u32 error) NORETURN;

// pc of the instruction that op belongs to.
u64 cpu_pc(struct cpu *, const struct op *);

// Drops every block made from guest bytes [lo, hi). Any thread.
void cpu_invalidate(struct codecache *, u64 lo, u64 hi);

// The exclusive section: between begin and end no other cpu of this codecache
// executes guest code. A thread calls cpu_park around anything that blocks in
// the host, and cpu_unpark (which waits for a section to end) before it goes on.
void cpu_exclusive_begin(struct cpu *);
void cpu_exclusive_end(struct cpu *);
void cpu_park(struct cpu *);
void cpu_unpark(struct cpu *);
void codecache_before_fork(struct codecache *);
void codecache_after_fork(struct codecache *, struct cpu *survivor_in_child);

// XSAVE-style images for signal frames and FXSAVE: 512 bytes, guest order.
void cpu_to_fxsave(struct cpu *, u8 *image);
void cpu_from_fxsave(struct cpu *, const u8 *image);
// The same with the upper halves of YMM, in XSAVE's standard form, where
// isa_xcr0() says that there are such: CPU_XSTATE_SIZE bytes. The other way,
// components outside the mask are reset; -1 if XRSTOR would raise #GP.
enum { CPU_XSTATE_SIZE = 832 };
void cpu_to_xstate(struct cpu *, u8 *image);
int cpu_from_xstate(struct cpu *, const u8 *image, u64 mask);

#endif
