// runs.h: machine.h's PC with its processor: programs run until they halt, and
// the clock moves on.
#ifndef TEST_PC_RUNS_H_
#define TEST_PC_RUNS_H_
#include "machine.h"
#include "isa/insn.h"

static u32
port_in(void *arg, unsigned port, int size)
{
	return pc_in(pc, port, size);
}

static void
port_out(void *arg, unsigned port, int size, u32 value)
{
	pc_out(pc, port, size, value);
}

// Runs until the processor halts. Services are called as the loop does.
static void
to_halt(void)
{
	int budget = 100000;
	while (--budget) {
		if (pc_interrupt_pending(pc) && cpu_accepts(c))
			CHECK(!cpu_deliver(c, (unsigned)pc_interrupt(pc), DELIVER_EXTERNAL));
		switch (cpu_step(c)) {
		case STOP_FAULT: {
			int entry = c->vector == VEC_UD ? bios_entry(c->code_base + c->pc + 3) : -1;
			if (!CHECK(entry >= 0))
				return;
			c->pc += 3;
			bios_call(pc, (unsigned)entry);
			break;
		}
		case STOP_INT: CHECK(!cpu_deliver(c, c->vector, DELIVER_SOFT)); break;
		case STOP_HALT:
			if (!pc_interrupt_pending(pc) || !(c->sysflags & 0x200))
				return;
			break;
		default: break;
		}
	}
	CHECK(!"halts");
}

static void
run(u64 ns)
{
	u64 end = pc->now + ns;
	to_halt();
	while (pc->now < end) {
		u64 next = pc_next_event(pc);
		pc_advance(pc, next < end ? next : end);
		to_halt();
	}
}

// Boots an image, until it halts.
static void
boot(const char *path)
{
	machine(path, -1, 1);
	if (!CHECK(pc))
		exit(1);
	c->sys->io.in = port_in;
	c->sys->io.out = port_out;
	to_halt();
}

#endif
