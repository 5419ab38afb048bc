// machine.c: the run loop of a PC: puts processor, memory and devices together
// and routes stop reasons. See machine.h.
//
// The one clock is the host's, or, when counted, the number of instructions:
// then HLT moves it on to the next event, and a run repeats exactly.
#include "vm/machine.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "cpu/system.h"
#include "host/host.h"
#include "isa/insn.h"
#include "mem/machine.h"

enum {
	SLICE = 20000,          // instructions between looks at the clock, at most
	IDLE_EFFORT = 1000,     // what waiting for an event counts as under a limit of instructions,
	SERVICE_EFFORT = 200,   // a call of the BIOS
	EXCEPTION_EFFORT = 20,  // and an exception, about as long as processors take
	NS_PER_INSN = 10,       // when counted
	DRAW_NS = 20000000,     // between updates of the screen
	INPUT_NS = 2000000,     // between looks at standard input
	ESC_NS = 30000000,      // after which an ESC is the key, and begins no sequence
	EXIT_FAILED = 1,
	EXIT_USAGE = 64,
	EXIT_LIMIT = 124,
	EXIT_CANNOT = 126
};
#define DEFAULT_RAM ((u64)64 << 20)
#define DEAF_NS ((u64)10 * 1000000000)  // how long a guest may wait for keys that cannot come

struct machine_loop {
	struct pc_options o;
	struct pc *pc;
	struct cpu *c;
	struct mem *mem;
	u64 start;        // of the host's clock
	u64 until;        // counted: when that look comes
	u64 skipped;      // counted: ns that HLT and exceptions moved the clock on
	u64 effort;       // what it did besides instructions, in instructions
	u64 drawn;        // when the screen was drawn, by the host's clock
	u64 asked;        // when the input was looked at, by the PC's
	u8 in[64];        // input that the keyboard had no room for yet
	size_t nin;
	u64 typed;  // host time of the latest input that may go on, 0: none
	u64 deaf;   // since when the guest waits for a key that cannot come, 0: it does not
	int eof, a20;
	int person;  // standard input is a terminal
};

static u64
host_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static u64
now(const struct machine_loop *m)
{
	return m->o.counted ? m->c->icount * NS_PER_INSN + m->skipped : host_ns() - m->start;
}

// --- ports -----------------------------------------------------------------------

// What an access may have changed is looked at before the next instruction.
static void
port_done(struct machine_loop *m)
{
	cpu_set_intr(m->c, pc_interrupt_pending(m->pc));
	if (pc_exit_status(m->pc) >= 0 || pc_reset_asked(m->pc) || pc_a20(m->pc) != m->a20 ||
		(m->o.counted && pc_next_event(m->pc) < m->until))
		cpu_attention(m->c);
}

static u32
port_in(void *arg, unsigned port, int size)
{
	struct machine_loop *m = (struct machine_loop *)arg;
	u32 x;
	pc_advance(m->pc, now(m));
	x = pc_in(m->pc, port, size);
	port_done(m);
	return x;
}

static void
port_out(void *arg, unsigned port, int size, u32 value)
{
	struct machine_loop *m = (struct machine_loop *)arg;
	pc_advance(m->pc, now(m));
	pc_out(m->pc, port, size, value);
	port_done(m);
}

// How many instructions run before the next look: where it is known which one
// the next event will be, no further than that.
static u64
slice(struct machine_loop *m)
{
	u64 t = now(m), next, n;
	if (!m->o.counted)
		return SLICE;
	next = pc_next_event(m->pc);
	n = next > t ? (next - t + NS_PER_INSN - 1) / NS_PER_INSN : 1;
	if (n > SLICE)
		n = SLICE;
	m->until = t + n * NS_PER_INSN;
	return n;
}

static u64
time_stamp(void *arg)
{
	return now((struct machine_loop *)arg);
}

// --- people --------------------------------------------------------------------------

// At most n bytes; waits up to wait_ns for them, ~0: until they come.
static void
read_input(struct machine_loop *m, size_t n, u64 wait_ns)
{
	struct pollfd p;
	p.fd = m->eof || !n ? -1 : STDIN_FILENO;
	p.events = POLLIN;
	if (poll(&p, 1, wait_ns == ~(u64)0 ? -1 : (int)(wait_ns / 1000000)) > 0 && p.fd >= 0) {
		ssize_t k = read(STDIN_FILENO, m->in + m->nin, n);
		if (k > 0)
			m->nin += (size_t)k;
		else if (!k || (errno != EAGAIN && errno != EINTR))
			m->eof = 1;
	}
}

static void
type(struct machine_loop *m, int end)
{
	size_t k = pc_input(m->pc, m->in, m->nin, end);
	memmove(m->in, m->in + k, m->nin - k);
	m->nin -= k;
}

// Takes what standard input has; waits up to wait_ns for it.
static void
take_input(struct machine_loop *m, u64 wait_ns)
{
	u64 t;
	if (m->o.counted && !m->person) {
		// A run that repeats must not see how fast input comes: a byte is waited
		// for whenever the guest has had those before.
		while (!m->eof && !m->nin && !pc_input_waits(m->pc)) {
			pc_draw(m->pc);
			read_input(m, 1, ~(u64)0);
			type(m, m->eof);
		}
		if (m->nin)
			type(m, m->eof);
	} else {
		size_t had = m->nin;
		int end;
		if (m->typed && wait_ns > ESC_NS)
			wait_ns = ESC_NS;
		read_input(m, sizeof m->in - m->nin, wait_ns);
		t = host_ns();
		if (m->nin > had)
			m->typed = t;
		end = m->eof || (m->typed && t - m->typed >= ESC_NS);
		if (end)
			m->typed = 0;
		if (m->nin || end)
			type(m, end);
	}
	m->asked = now(m);
}

static void
look_after(struct machine_loop *m)
{
	u64 t = host_ns();
	if (now(m) - m->asked > INPUT_NS)
		take_input(m, 0);
	if (t - m->drawn > DRAW_NS) {
		pc_draw(m->pc);
		m->drawn = t;
	}
}

// Nothing to do until the next event: sleeps, or moves the counted clock, or both
// for a person, who has no use for a clock that races.
static void
idle(struct machine_loop *m)
{
	u64 t = now(m), next = pc_next_event(m->pc), wait = next > t ? next - t : 0, skips;
	pc_draw(m->pc);
	m->drawn = host_ns();
	if (m->o.counted && !m->person) {
		take_input(m, 0);
		if (pc_interrupt_pending(m->pc))
			return;
		if (next != ~(u64)0)
			m->skipped += wait;
		else
			take_input(m, DRAW_NS);
		return;
	}
	if (wait > DRAW_NS)
		wait = DRAW_NS;
	skips = m->o.counted ? wait : 0;
	if (wait < 1000000) {
		struct timespec s = { 0, (long)wait };
		nanosleep(&s, 0);
		wait = 0;
	}
	take_input(m, wait);
	m->skipped += skips;
}

// --- the end ------------------------------------------------------------------------------

static void
print_insns(struct machine_loop *m, u64 pc, u64 end)
{
	struct cpu *c = m->c;
	u64 base = c->mode == MODE_64 ? 0 : c->code_base;
	const char *syntax = getenv("BLINK_SYNTAX");
	bool att = syntax && !strcmp(syntax, "att");
	int count;
	for (count = 0; count < 12; ++count) {
		u8 code[15];
		struct insn in;
		char text[128];
		size_t have = mem_fetch(c->mem, code, base + pc, sizeof code);
		int n = isa_decode(&in, code, have, (enum isa_mode)c->mode);
		if (n > 0)
			(att ? isa_format_att : isa_format)(text, sizeof text, &in, pc);
		fprintf(stderr, "%c %04x:%08llx  %s\n", pc == end ? '>' : ' ', c->sel[SEG_CS], (unsigned long long)pc, n > 0 ? text : "(bad)");
		if (pc >= end || n <= 0)
			break;
		pc += (u64)n;
	}
}

static void
print_state(struct machine_loop *m, const char *what)
{
	static const char names[16][4] = { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "8", "9", "10", "11", "12", "13", "14", "15" };
	static const char segs[6][3] = { "es", "cs", "ss", "ds", "fs", "gs" };
	struct cpu *c = m->c;
	struct system *s = c->sys;
	int i, wide = c->mode == MODE_64;
	fprintf(stderr, "blink: %s in %s\n", what,
		!(s->cr0 & CR0_PE) ? "real mode" : c->sysflags & FLAG_VM ? "virtual-8086 mode" :
		wide ? "64-bit mode" : c->mode == MODE_32 ? "32-bit protected mode" : "16-bit protected mode");
	for (i = 0; i < (wide ? 16 : 8); ++i)
		fprintf(stderr, "%s%s%s%s=%0*llx", i % 4 ? " " : i ? "\n" : "", wide ? "r" : "e", names[i], "", wide ? 16 : 8, (unsigned long long)c->r[i]);
	fprintf(stderr, "\n%s=%0*llx eflags=%08x cpl=%d\n", wide ? "rip" : "eip", wide ? 16 : 8, (unsigned long long)c->pc, cpu_get_flags(c), c->cpl);
	for (i = 0; i < 6; ++i)
		fprintf(stderr, "%s%s=%04x base %08llx limit %08x", i % 3 ? "  " : i ? "\n" : "", segs[i], c->sel[i],
			(unsigned long long)(i >= SEG_FS ? c->segbase[i] : c->seg[i].base), c->seg[i].limit);
	fprintf(stderr, "\ngdt %llx/%x idt %llx/%x ldt %04x tr %04x\ncr0=%08llx cr2=%llx cr3=%llx cr4=%08llx efer=%llx\n",
		(unsigned long long)s->gdt.base, s->gdt.limit, (unsigned long long)s->idt.base, s->idt.limit, s->ldt.sel, s->tr.sel,
		(unsigned long long)s->cr0, (unsigned long long)c->cr2, (unsigned long long)s->cr3, (unsigned long long)s->cr4, (unsigned long long)s->efer);
	for (i = 0; i < EVENTS; ++i) {
		const struct system_event *e = &s->events[(s->nevents + (unsigned)i) % EVENTS];
		if (e->vector)
			fprintf(stderr, "exception %u error %x at %04x:%llx\n", e->vector - 1u, e->error, e->cs, (unsigned long long)e->pc);
	}
	print_insns(m, s->block_pc <= c->pc && c->pc - s->block_pc < 240 ? s->block_pc : c->pc, c->pc);
}

// --- the loop ------------------------------------------------------------------------------------

// An exception. The BIOS's services begin with VMCALL, which is none of ours;
// one that waits may also wait for a time, and is called again after each event.
// -1 after a triple fault.
enum { WAITS_AGAIN = 2 };
static int
exception(struct machine_loop *m, int *waits)
{
	struct cpu *c = m->c;
	int entry = -1;
	if (c->vector == VEC_UD && c->real)
		entry = bios_entry(c->code_base + c->pc + 3);
	// A handler that itself faults at once may do so for ever: time goes on.
	m->effort += entry < 0 ? EXCEPTION_EFFORT : SERVICE_EFFORT;
	m->skipped += NS_PER_INSN;
	// Then the processor stands still until the PC's interrupt comes.
	if (c->vector == VEC_MF && !(c->sys->cr0 & CR0_NE)) {
		pc_fpu_error(m->pc);
		return 0;
	}
	if (entry < 0)
		return cpu_deliver(c, c->vector, DELIVER_EXCEPTION);
	c->pc += 3;
	pc_advance(m->pc, now(m));
	*waits = bios_call(m->pc, (unsigned)entry) == BIOS_WAIT ? WAITS_AGAIN : 0;
	if (entry == 0x16)
		m->deaf = !*waits || !m->eof || m->o.screen || pc_input_waits(m->pc) ? 0 : m->deaf ? m->deaf : now(m);
	return 0;
}

static int
reset(struct machine_loop *m)
{
	cpu_reset(m->c);
	cpu_invalidate(m->c->code, 0, ~(u64)0);
	return pc_reset(m->pc);
}

// The last picture is drawn, and the terminal is given back.
static void
close_pc(struct machine_loop *m)
{
	if (m->pc)
		pc_draw(m->pc);
	pc_free(m->pc);
	m->pc = 0;
}

static int
over_limit(const struct machine_loop *m)
{
	return m->o.limit && m->c->icount + m->effort >= m->o.limit;
}

// The instruction in front of which no interrupt may come; REP may take one
// after its first iteration.
static enum stop
step_in_shadow(struct cpu *c)
{
	u64 held = c->sys->shadow;
	enum stop why = cpu_step(c);
	if (c->sys->shadow == held)
		c->sys->shadow = ~(u64)0;
	return why;
}

static int
loop(struct machine_loop *m)
{
	struct cpu *c = m->c;
	int dead = 0, status, waits, shadow;
	for (;;) {
		pc_advance(m->pc, now(m));
		look_after(m);
		status = pc_exit_status(m->pc);
		if (status >= 0) {
			pc_draw(m->pc);
			return pc_exit_status(m->pc);  // another, if that failed
		}
		if (over_limit(m))
			return EXIT_LIMIT;
		if (m->eof && m->person && m->o.screen)
			return EXIT_FAILED;  // the terminal hung up
		if (m->deaf && now(m) - m->deaf > DEAF_NS) {
			log_msg("the guest waits for a key, and standard input has ended");
			return EXIT_FAILED;
		}
		if (pc_reset_asked(m->pc) && reset(m)) {
			close_pc(m);
			log_msg("%s: nothing to boot", m->o.image);
			return EXIT_FAILED;
		}
		if (pc_a20(m->pc) != m->a20) {
			m->a20 = pc_a20(m->pc);
			mem_set_a20(m->mem, m->a20);
			tlb_flush(&c->tlb);
			cpu_invalidate(c->code, 0, ~(u64)0);
		}
		shadow = 0;
		waits = 0;
		if (pc_interrupt_pending(m->pc)) {
			cpu_set_intr(c, 1);
			if (cpu_accepts(c)) {
				int v = pc_interrupt(m->pc);
				if (v >= 0 && cpu_deliver(c, (unsigned)v, DELIVER_EXTERNAL))
					dead = 1;
			} else {
				shadow = (c->sysflags & FLAG_IF) != 0;
			}
		} else {
			cpu_set_intr(c, 0);
		}
		c->budget = c->icount + slice(m);
		switch (dead ? STOP_ATTENTION : shadow ? step_in_shadow(c) : cpu_run(c)) {
		case STOP_FAULT:
			dead = exception(m, &waits) != 0;
			break;
		case STOP_INT:
			dead = cpu_deliver(c, c->vector, c->vector == VEC_DB && c->error ? DELIVER_INT1 : DELIVER_SOFT) != 0;
			break;
		case STOP_HALT:
			waits = 1;
			if (!(c->sysflags & FLAG_IF) && !m->o.screen && pc_exit_status(m->pc) < 0 && !pc_reset_asked(m->pc)) {
				pc_draw(m->pc);
				print_state(m, "halted with interrupts off");
				return EXIT_FAILED;
			}
			break;
		default:
			break;
		}
		if (dead) {
			close_pc(m);
			print_state(m, "triple fault");
			return EXIT_FAILED;
		}
		while (waits && pc_exit_status(m->pc) < 0 && !pc_reset_asked(m->pc) && !over_limit(m)) {
			pc_advance(m->pc, now(m));
			m->effort += IDLE_EFFORT;
			if (c->sysflags & FLAG_IF && pc_interrupt_pending(m->pc))
				break;
			idle(m);
			if (waits == WAITS_AGAIN)
				break;
		}
	}
}

const char machine_usage[] =
	"\n"
	"       blink -r [-acNuSiZ] IMAGE\n"
	"boots a PC; Ctrl-A x quits, Ctrl-A ? tells more\n"
	"\n"
	"  -r       boot IMAGE: a floppy, a hard disk, or a flat program\n"
	"  -a, -c   IMAGE is a floppy, a hard disk, whatever its size\n"
	"  -N       no screen: text and COM1 to standard output, keys from standard input\n"
	"  -u       as -N, but standard input is received by COM1\n"
	"  -S       snapshot: writes to IMAGE are forgotten at exit\n"
	"  -i       the PC's clock counts instructions: each run is the same\n";

void
machine_reset(struct pc_options *o)
{
	memset(o, 0, sizeof *o);
	o->drive = -1;
	o->screen = 1;
}

int
machine_flag(struct pc_options *o, int flag)
{
	switch (flag) {
	case 'r': return 1;
	case 'a': o->drive = 0; return 0;
	case 'c': o->drive = 0x80; return 0;
	case 'u': o->serial = 1; o->screen = 0; return 0;
	case 'N': o->screen = 0; return 0;
	case 'S': o->snapshot = 1; return 0;
	case 'i': o->counted = 1; return 0;
	}
	return -1;
}

int
machine_main(struct pc_options *o, char **argv, int boot, int misplaced, int stats)
{
	o->image = argv[optind];
	if (!boot)
		log_msg("-%c is for a PC: to boot %s, add -r", misplaced, o->image);
	else if (misplaced)
		log_msg("-%c is for Linux programs, it says nothing to the PC that -r boots", misplaced);
	else if (argv[optind + 1])
		log_msg("%s: behind the image %s there is no more; flags come before it", argv[optind + 1], o->image);
	else
		return machine_run(o, stats);
	return EXIT_USAGE;
}

// Sent by kill, or a bug in blink
static void
on_fault(int sig, siginfo_t *info, void *ucontext)
{
	pc_leave_terminal();
	signal(sig, SIG_DFL);
	if (info->si_code <= 0)
		raise(sig);
}

static void
free_all(struct machine_loop *m, struct codecache *code)
{
	pc_free(m->pc);
	cpu_free(m->c);
	if (code)
		codecache_free(code);
	if (m->mem)
		mem_free(m->mem);
}

int
machine_run(const struct pc_options *o, int stats)
{
	static struct machine_loop m;
	struct cpu_io io;
	struct codecache *code;
	char why[LOG_MAX];
	int status = EXIT_CANNOT, fd;
	// The image must not become standard input, nor what is printed get lost unnoticed.
	while ((fd = open("/dev/null", O_RDONLY)) >= 0 && fd <= STDERR_FILENO) {
	}
	close(fd);
	memset(&m, 0, sizeof m);
	m.o = *o;
	if (!m.o.ram)
		m.o.ram = DEFAULT_RAM;
	m.a20 = 1;
	m.start = host_ns();
	io.arg = &m;
	io.in = port_in;
	io.out = port_out;
	io.clock = o->counted ? time_stamp : 0;
	m.mem = mem_machine_new(m.o.ram);
	code = m.mem ? codecache_new(m.mem) : 0;
	m.c = code ? cpu_new(m.mem, code) : 0;
	if (!m.c || cpu_make_system(m.c, &io)) {
		log_msg("not enough memory for a PC of %llu MiB", (unsigned long long)(m.o.ram >> 20));
	} else {
		host_install_fault_handlers(on_fault);
		m.person = isatty(STDIN_FILENO);
		if (m.o.screen && !pc_can_draw(why, sizeof why)) {
			m.o.screen = 0;
			if (*why)
				log_msg("%s", why);
		}
		m.pc = pc_new(&m.o, m.mem, m.c, why, sizeof why);
		if (*why)
			log_msg("%s", why);
		if (m.pc) {
			status = loop(&m);
			close_pc(&m);
			if (stats)
				log_msg("%llu instructions in %.6f s, %llu run singly", (unsigned long long)m.c->icount,
					(double)(host_ns() - m.start) / 1e9, (unsigned long long)m.c->steps);
		}
	}
	free_all(&m, code);
	return status;
}
