// interrupt.c: how a PC's processor gets to the handler of an interrupt or
// exception: through the vector table of real mode, gates of the IDT in
// protected and long mode, and task gates; what happens when that fails.
// See system.h. Source: SDM vol 3 chapter 6; vol 2 INT n.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/system.h"

enum { GATE_TASK = 0x500, GATE_INT16 = 0x600, GATE_TRAP16 = 0x700, GATE_INT32 = 0xe00, GATE_TRAP32 = 0xf00 };
enum { EXT = 1, IDT = 2 };  // bits of an error code

struct event {
	unsigned vector;
	enum deliver how;
	int has_error;
	u32 error;
	u64 next;        // the pc that is pushed
};

static u32
gate_fault(const struct event *e, enum vector vector)
{
	return FAULT(vector, e->vector * 8 + IDT + (e->how == DELIVER_SOFT ? 0 : EXT));
}

// #TS(sel) and others on the way of an external event say so.
static u32
marked(const struct event *e, u32 bad)
{
	return bad && bad >> 16 != VEC_PF && e->how != DELIVER_SOFT ? bad | EXT : bad;
}

// Through the vector table at `table`, in real mode and, if CR4.VME redirects
// INT n, in virtual-8086 mode: there the flags are those that the program sees.
static u32
deliver_real(struct cpu *c, struct event *e, u64 table, u32 flags, u32 clear)
{
	struct segment code = c->seg[SEG_CS];
	struct frame f;
	u32 sel, bad;
	u64 entry;
	frame_here(c, &f);
	bad = frame_push(c, &f, 2, flags);
	if (!bad)
		bad = frame_push(c, &f, 2, c->sel[SEG_CS]);
	if (!bad)
		bad = frame_push(c, &f, 2, e->next);
	if (!bad)
		bad = system_read(c, table + e->vector * 4, 4, 1, &entry);
	if (bad)
		return bad;
	frame_use(c, &f, 0);
	cpu_set_flags(c, cpu_get_flags(c) & ~clear);
	sel = (u32)(entry >> 16) & 0xffff;
	code.base = sel << 4;
	system_set_code(c, sel, &code, c->cpl);
	c->pc = entry & 0xffff;
	return 0;
}

// The gate of the vector
static u32
gate_read(struct cpu *c, struct event *e, u64 *lo, u64 *hi)
{
	struct system *s = c->sys;
	u32 size = long_mode(c) ? 16 : 8;
	u64 at = s->idt.base + e->vector * size;
	u32 bad;
	*hi = 0;
	if (e->vector * size + size - 1 > s->idt.limit)
		return gate_fault(e, VEC_GP);
	bad = system_read(c, at, 8, 1, lo);
	if (!bad && size == 16)
		bad = system_read(c, at + 8, 8, 1, hi);
	return bad;
}

static u32
push_all(struct cpu *c, struct frame *f, int n, const u64 *x, int count)
{
	u32 bad = 0;
	int i;
	for (i = 0; !bad && i < count; ++i)
		bad = frame_push(c, f, n, x[i]);
	return bad;
}

static u32
deliver_protected(struct cpu *c, struct event *e)
{
	struct system *s = c->sys;
	struct descriptor d;
	struct segment code, null;
	struct frame f;
	int wide = long_mode(c), v86 = (c->sysflags & FLAG_VM) != 0;
	int n, target, inner, count = 0, i;
	u32 flags = cpu_get_flags(c), rights, type, sel, bad, clear;
	u64 lo, hi, ip, x[10];
	bad = gate_read(c, e, &lo, &hi);
	if (bad)
		return bad;
	rights = (u32)(lo >> 32) & R_MASK;
	type = rights & R_TYPE;
	if (!(type == GATE_INT32 || type == GATE_TRAP32 || (!wide && (type == GATE_INT16 || type == GATE_TRAP16 || type == GATE_TASK))))
		return gate_fault(e, VEC_GP);
	if (e->how == DELIVER_SOFT && (int)(rights >> 13 & 3) < c->cpl)
		return gate_fault(e, VEC_GP);
	if (!(rights & R_PRESENT))
		return gate_fault(e, VEC_NP);
	sel = (u32)(lo >> 16) & 0xffff;
	if (type == GATE_TASK) {
		return marked(e, task_switch(c, sel, TASK_GATE, e->next, e->has_error, e->error));
	}
	n = wide ? 8 : type & 0x800 ? 4 : 2;
	ip = (lo & 0xffff) | (n > 2 ? lo >> 32 & 0xffff0000 : 0) | (wide ? hi << 32 : 0);
	bad = code_descriptor(c, sel, &d);
	if (bad)
		return marked(e, bad);
	target = (int)(d.rights >> 13 & 3);
	if (target > c->cpl || (wide && !(d.rights & R_LONG)))
		return marked(e, FAULT(VEC_GP, sel & 0xfffc));
	if (!(d.rights & R_PRESENT))
		return marked(e, FAULT(VEC_NP, sel & 0xfffc));
	if (d.rights & R_CONFORMING)
		target = c->cpl;
	if (v86 && target)
		return marked(e, FAULT(VEC_GP, sel & 0xfffc));
	inner = target < c->cpl;
	descriptor_segment(&d, &code);
	frame_here(c, &f);
	if (wide && lo >> 32 & 7) {
		u32 at = 0x1c + 8 * (u32)(lo >> 32 & 7);
		if (at + 7 > s->tr.limit)
			return FAULT(VEC_TS, s->tr.sel & 0xfffc);
		bad = system_read(c, s->tr.base + at, 8, 1, &f.sp);
		if (!bad && (u64)((i64)f.sp >> 47) + 1 > 1)
			bad = FAULT(VEC_SS, 0);
		f.super = 1;
		if (inner) {
			memset(&f.seg, 0, sizeof f.seg);
			f.sel = (u32)target;
		}
	} else if (inner) {
		bad = frame_inner(c, target, &f);
	}
	if (bad)
		return marked(e, bad);
	if (wide) {
		f.width = 8;
		f.sp &= ~(u64)15;
	}
	if (v86) {
		static const u8 segs[4] = { SEG_GS, SEG_FS, SEG_DS, SEG_ES };
		for (i = 0; i < 4; ++i)
			x[count++] = c->sel[segs[i]];
	}
	if (inner || wide) {
		x[count++] = c->sel[SEG_SS];
		x[count++] = wide ? c->r[GPR_SP] : (u32)c->r[GPR_SP];
	}
	x[count++] = flags;
	x[count++] = c->sel[SEG_CS];
	x[count++] = e->next;
	if (e->has_error)
		x[count++] = e->error;
	bad = push_all(c, &f, n, x, count);
	if (bad)
		return marked(e, inner ? frame_fault(&f, bad) : bad);
	if (wide ? (u64)((i64)ip >> 47) + 1 > 1 : (u32)ip > code.limit)
		return marked(e, FAULT(VEC_GP, 0));
	bad = descriptor_touch(c, &d);
	if (bad)
		return bad;
	code.rights |= R_ACCESSED;
	clear = FLAG_TF | FLAG_NT | FLAG_VM | FLAG_RF | (type & 0x100 ? 0u : (u32)FLAG_IF);
	cpu_set_flags(c, flags & ~clear);
	if (v86) {
		c->real = 0;
		memset(&null, 0, sizeof null);
		system_set_segment(c, SEG_ES, 0, &null);
		system_set_segment(c, SEG_DS, 0, &null);
		system_set_segment(c, SEG_FS, 0, &null);
		system_set_segment(c, SEG_GS, 0, &null);
	}
	system_set_code(c, (sel & 0xfffc) | (u32)target, &code, target);
	frame_use(c, &f, inner);
	if (!inner)
		reg_set(c, GPR_SP, f.width, f.sp);
	c->pc = n == 8 ? ip : (u32)ip;
	return 0;
}

// Those that push an error code
static int
pushes_error(unsigned vector)
{
	return vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) || vector == VEC_AC;
}

// Of two exceptions, the second met on the way to the first
enum severity { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE_FAULT };
static enum severity
severity(unsigned vector)
{
	switch (vector) {
	case VEC_DE: case VEC_TS: case VEC_NP: case VEC_SS: case VEC_GP: return CONTRIBUTORY;
	case VEC_PF: return PAGE_FAULT;
	case VEC_DF: return DOUBLE_FAULT;
	}
	return BENIGN;
}

// INT n in virtual-8086 mode: if CR4.VME is set, a bit in front of the TSS's I/O
// bitmap tells if the program's own handler takes it; else it needs IOPL 3.
static u32
deliver_v86(struct cpu *c, struct event *e)
{
	int privileged = (c->sysflags & FLAG_IOPL) == FLAG_IOPL;
	if (c->sys->cr4 & CR4_VME) {
		int redirect;
		u32 bad = task_redirects(c, e->vector, &redirect);
		if (bad)
			return bad;
		if (redirect)
			return deliver_real(c, e, 0, privileged ? cpu_get_flags(c) : system_virtual_flags(c),
				FLAG_TF | FLAG_RF | (privileged ? (u32)FLAG_IF : (u32)FLAG_VIF));
	}
	return privileged ? deliver_protected(c, e) : FAULT(VEC_GP, 0);
}

static u32
deliver(struct cpu *c, struct event *e, int int_n)
{
	struct system *s = c->sys;
	if (s->cr0 & CR0_PE)
		return int_n && c->sysflags & FLAG_VM ? deliver_v86(c, e) : deliver_protected(c, e);
	if (e->vector * 4 + 3 > s->idt.limit)
		return gate_fault(e, VEC_GP);
	return deliver_real(c, e, s->idt.base, cpu_get_flags(c), FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF);
}

int
cpu_deliver(struct cpu *c, unsigned vector, enum deliver how)
{
	struct system *s = c->sys;
	struct event e;
	u64 fault_pc = c->pc;
	// Breakpoints that a load of SS in front of INT n met are told in its handler.
	u32 pending = system_watching(c) && (how == DELIVER_SOFT || how == DELIVER_INT1) ? s->hits : 0;
	e.vector = vector;
	e.how = how;
	e.next = c->pc;
	e.error = how == DELIVER_EXCEPTION ? c->error & 0xffff : 0;
	s->shadow = ~(u64)0;
	s->held = 0;
	s->hits = 0;
	// A soft interrupt's own fault is at the instruction, not behind it; RF is
	// cleared as that begins.
	if (how == DELIVER_SOFT || how == DELIVER_INT1) {
		fault_pc = c->int_pc;
		c->sysflags &= ~(u32)FLAG_RF;
	}
	for (;;) {
		struct system_event *note = &s->events[s->nevents % EVENTS];
		u32 bad;
		if (e.how == DELIVER_EXCEPTION) {
			note->vector = e.vector + 1;
			note->error = e.error;
			note->cs = c->sel[SEG_CS];
			note->pc = e.next;
			++s->nevents;
		}
		// Faults (not traps) are pushed with RF, so that breakpoints hit once.
		if (e.how == DELIVER_EXCEPTION && e.vector != VEC_DB && s->cr0 & CR0_PE)
			cpu_set_flags(c, cpu_get_flags(c) | FLAG_RF);
		if (e.how == DELIVER_EXCEPTION && e.vector == VEC_DB)
			s->dr7 &= ~(u32)DR7_GD;  // the handler uses the registers
		enum severity first = e.how == DELIVER_EXCEPTION ? severity(e.vector) : BENIGN, second;
		e.has_error = e.how == DELIVER_EXCEPTION && s->cr0 & CR0_PE && pushes_error(e.vector);
		s->switched = 0;
		bad = deliver(c, &e, e.how == DELIVER_SOFT && !c->error);
		if (!bad && pending)
			return system_debug(c, pending);
		if (!bad)
			return 0;
		if (first == DOUBLE_FAULT)
			return -1;
		second = severity(bad >> 16);
		if ((first == CONTRIBUTORY && second == CONTRIBUTORY) || (first == PAGE_FAULT && second >= CONTRIBUTORY)) {
			e.vector = VEC_DF;
			e.error = 0;
		} else {
			e.vector = bad >> 16;
			e.error = bad & 0xffff;
		}
		e.how = DELIVER_EXCEPTION;
		if (s->switched)
			fault_pc = c->pc;
		e.next = fault_pc;
		if (!(s->cr0 & CR0_PE))
			e.error = 0;
	}
}
