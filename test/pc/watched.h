// watched.h: the machine's own loop, with notes of what the processor stops for
// and what devices are asked: which modes and events a guest got to, whether it
// repeats itself for ever; and faults planted in it.
#ifndef TEST_PC_WATCHED_H_
#define TEST_PC_WATCHED_H_
#include "vm/machine.h"
#include "cpu/system.h"
#include <stdlib.h>

static enum stop noted_run(struct cpu *c);
static int noted_deliver(struct cpu *c, unsigned vector, enum deliver how);
static int noted_interrupt(struct pc *p);
static int noted_pending(const struct pc *p);
static u32 noted_in(struct pc *p, unsigned port, int size);
static void noted_out(struct pc *p, unsigned port, int size, u32 value);
static enum bios_result noted_bios_call(struct pc *p, unsigned entry);
#define cpu_run noted_run
#define cpu_deliver noted_deliver
#define pc_interrupt noted_interrupt
#define pc_interrupt_pending noted_pending
#define pc_in noted_in
#define pc_out noted_out
#define bios_call noted_bios_call
#include "vm/machine.c"
#undef cpu_run
#undef cpu_deliver
#undef pc_interrupt
#undef pc_interrupt_pending
#undef pc_in
#undef pc_out
#undef bios_call

// What a sector came to: how it ended, then what the processor was in when it
// stopped, then exceptions by vector. Each must happen in every run.
enum {
	RAN_ON,
	REPEATED,
	TRIPLE_FAULT,
	HALTED,
	OTHER_END,
	ENDS,
	PROTECTED = ENDS,
	PROTECTED_16,
	PAGING_4,
	PAE,
	LONG,
	COMPATIBILITY,
	V86,
	RING3,
	TASK,
	BREAKPOINTS,
	SERVICE,
	INTERRUPT,
	EXCEPTIONS,
	REACHED = EXCEPTIONS + 20
};
static const char *const reached_names[REACHED] = { "ran all their instructions", "came to what they had been before", "ended in a triple fault",
	"halted with interrupts off", "ended otherwise", "protected mode", "16-bit protected mode", "32-bit paging", "PAE paging", "long mode",
	"compatibility mode", "virtual-8086 mode", "ring 3", "a task register", "breakpoints on", "a BIOS service", "an interrupt", "#DE", "#DB", 0,
	"#BP", "#OF", "#BR", "#UD", "#NM", "#DF", 0, "#TS", "#NP", "#SS", "#GP", "#PF", 0, "#MF", "#AC", 0, "#XM" };

// Faults planted in a run, to see that they are reported: TLB entries that lead
// to what is behind RAM, a byte behind an object of the heap, abort, no end.
enum plant { NO_PLANT, STRAY, OVERFLOW_HEAP, ABORT, HANG, PLANTS };
enum { PLANT_STOP = 3 };  // how often it stops before
static enum plant g_plant;
static unsigned g_stops;
#if defined(__SANITIZE_ADDRESS__)
#define HEAP_IS_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEAP_IS_WATCHED 1
#endif
#endif
#ifndef HEAP_IS_WATCHED
#define HEAP_IS_WATCHED 0
#endif

// ASan calls this before each jump out of a handler, to forget what it knows of
// the frames that are left. Its own makes system calls and clears all of the
// stack: half of the time of a guest that faults much. These are ours.
#if HEAP_IS_WATCHED && defined(__GNUC__) && !defined(__clang__)
void __asan_unpoison_memory_region(void const volatile *, size_t);
void __asan_handle_no_return(void);
static const u8 *g_frame;

__attribute__((no_sanitize_address)) void
__asan_handle_no_return(void)
{
	const u8 *here = (const u8 *)__builtin_frame_address(0);
	if (here < g_frame)
		__asan_unpoison_memory_region(here, (size_t)(g_frame - here));
}
#define NOTE_FRAME() (g_frame = (const u8 *)__builtin_frame_address(0))
#else
#define NOTE_FRAME() ((void)0)
#endif

static void
spring(struct cpu *c)
{
	u64 size = mem_ram_size(c->mem), i;
	volatile u64 forever = 0;
	switch (g_plant) {
	case STRAY:
		for (i = 0; i < TLB_SIZE; i++)
			c->tlb.e[i].delta = (uintptr_t)mem_ram(c->mem, 0, size) + (uintptr_t)size + (128 << 10) - (uintptr_t)(c->tlb.e[i].rtag << 12);
		break;
	case OVERFLOW_HEAP: ((volatile u8 *)c->sys)[sizeof *c->sys] = 1; break;
	case ABORT: abort();
	case HANG:
		while (!forever) {
		}
		break;
	default: break;
	}
}

// Whether a guest, at an exception, is what it was at an earlier one: registers
// and RAM, no device asked nor told anything since, none with anything to do
// before its instructions are over. It would go on so to their end: most that
// fault for ever do. What it was is kept after so many exceptions, four times
// as many, and so on.
enum { FIRST_KEPT = 1000, LOOKS = 50 };
static u64 g_insns, g_reached;  // of this run: instructions, bits of what is above
static struct cpu g_was;
static struct system g_was_system;
static u8 g_was_ram[RAM];
static u64 g_exceptions, g_next_kept, g_limit;
static unsigned g_looks;  // left; 0: it is not worth while, or a device changed
static const struct pc *g_pc;
static u64 (*g_clock)(void *);

static u64
noted_clock(void *arg)
{
	g_looks = 0;
	return g_clock(arg);
}

static int
repeats(struct cpu *c)
{
	const size_t from = offsetof(struct cpu, mode), size = offsetof(struct cpu, ldt_entries) - from;
	if (++g_exceptions == g_next_kept) {
		g_next_kept *= 4;
		g_looks = LOOKS;
		memcpy((u8 *)&g_was + from, (u8 *)c + from, size);
		g_was.cr2 = c->cr2;
		g_was_system = *c->sys;
		memcpy(g_was_ram, mem_ram(c->mem, 0, RAM), RAM);
		return 0;
	}
	if (!g_looks || c->pc != g_was.pc || memcmp((u8 *)&g_was + from, (u8 *)c + from, size) || c->cr2 != g_was.cr2 ||
		memcmp(&g_was_system, c->sys, offsetof(struct system, events)))
		return 0;
	g_looks--;
	return !memcmp(g_was_ram, mem_ram(c->mem, 0, RAM), RAM) && pc_next_event(g_pc) > g_clock(c->sys->io.arg) + 2 * g_limit * NS_PER_INSN;
}

static enum stop
noted_run(struct cpu *c)
{
	enum stop why;
	const struct system *s = c->sys;
	int on, v86, paged;
	if (g_plant && ++g_stops >= PLANT_STOP)
		spring(c);
	if (c->sys->io.clock != noted_clock) {
		g_clock = c->sys->io.clock;
		c->sys->io.clock = noted_clock;
	}
	NOTE_FRAME();
	why = cpu_run(c);
	on = (s->cr0 & CR0_PE) != 0;
	v86 = on && c->sysflags & FLAG_VM;
	paged = (s->cr0 & CR0_PG) != 0;
	g_insns = c->icount;
	g_reached |= (u64)on << PROTECTED | (u64)(on && !v86 && c->mode == MODE_16) << PROTECTED_16 |
		(u64)(paged && !(s->cr4 & CR4_PAE)) << PAGING_4 | (u64)(paged && s->cr4 & CR4_PAE && !(s->efer & EFER_LMA)) << PAE |
		(u64)(c->mode == MODE_64) << LONG | (u64)(s->efer & EFER_LMA && c->mode != MODE_64) << COMPATIBILITY | (u64)v86 << V86 |
		(u64)(on && !v86 && c->cpl == 3) << RING3 | (u64)(s->tr.sel != 0) << TASK | (u64)((s->dr7 & 0xff) != 0) << BREAKPOINTS;
	if (why == STOP_INT && c->vector <= VEC_OF)
		g_reached |= 1ull << (EXCEPTIONS + c->vector);
	if ((why == STOP_FAULT || why == STOP_INT) && repeats(c)) {
		g_reached |= 1ull << REPEATED;
		c->icount += g_limit;
		return STOP_ATTENTION;
	}
	return why;
}

// Exceptions, those met on the way to a handler too
static int
noted_deliver(struct cpu *c, unsigned vector, enum deliver how)
{
	const struct system *s = c->sys;
	u32 before = s->nevents;
	int dead = cpu_deliver(c, vector, how);
	for (; before != s->nevents; before++)
		g_reached |= 1ull << (EXCEPTIONS + (s->events[before % EVENTS].vector - 1) % (REACHED - EXCEPTIONS));
	return dead;
}

static int
noted_interrupt(struct pc *p)
{
	g_reached |= 1ull << INTERRUPT;
	g_looks = 0;
	return pc_interrupt(p);
}

static int
noted_pending(const struct pc *p)
{
	g_pc = p;
	return pc_interrupt_pending(p);
}

static u32
noted_in(struct pc *p, unsigned port, int size)
{
	g_looks = 0;
	return pc_in(p, port, size);
}

static void
noted_out(struct pc *p, unsigned port, int size, u32 value)
{
	g_looks = 0;
	pc_out(p, port, size, value);
}

static enum bios_result
noted_bios_call(struct pc *p, unsigned entry)
{
	g_reached |= 1ull << SERVICE;
	g_looks = 0;
	return bios_call(p, entry);
}

// Runs a machine; g_insns and g_reached tell of it then.
static void
watched_run(const struct pc_options *o)
{
	g_reached = g_insns = g_exceptions = 0;
	g_looks = 0;
	g_next_kept = FIRST_KEPT;
	g_limit = o->limit;
	if (machine_run(o, 0) == EXIT_LIMIT && !(g_reached & 1u << REPEATED))
		g_reached |= 1u << RAN_ON;
}

#endif
