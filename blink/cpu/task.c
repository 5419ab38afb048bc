// task.c: task state segments: stacks of inner privilege levels, the I/O
// permission bitmap, and task switches. See system.h.
// Source: SDM vol 3 chapter 8 (task management), vol 1 chapter 19 (I/O).
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/system.h"

enum { TSS_BUSY = 0x200, TSS_32 = 0x800 };  // in the type of a TSS descriptor

static u32
tss_fault(const struct cpu *c)
{
	return FAULT(VEC_TS, c->sys->tr.sel & 0xfffc);
}

u32
task_stack(struct cpu *c, int cpl, u64 *sp, u32 *ss)
{
	const struct system_segment *t = &c->sys->tr;
	int wide = (t->rights & TSS_32) != 0, n = wide ? 4 : 2;
	u32 at = wide ? 4u + 8u * (u32)cpl : 2u + 4u * (u32)cpl, bad;
	u64 x;
	if (at + 2 * (u32)n - (wide ? 2 : 0) - 1 > t->limit)
		return tss_fault(c);
	bad = system_read(c, t->base + at, n, 1, sp);
	if (!bad)
		bad = system_read(c, t->base + at + (u32)n, 2, 1, &x);
	if (!bad)
		*ss = (u32)x;
	return bad;
}

u32
task_port(struct cpu *c, unsigned port, int size, int *allowed)
{
	const struct system_segment *t = &c->sys->tr;
	u64 map, bits;
	u32 bad;
	*allowed = 0;
	if (!(t->rights & TSS_32) || t->limit < 0x67)
		return 0;
	bad = system_read(c, t->base + 0x66, 2, 1, &map);
	if (bad)
		return bad;
	if (map + port / 8 + 1 > t->limit)
		return 0;
	bad = system_read(c, t->base + map + port / 8, 2, 1, &bits);
	if (!bad)
		*allowed = !(bits >> (port & 7) & ((1u << size) - 1));
	return bad;
}

u32
task_redirects(struct cpu *c, unsigned vector, int *redirects)
{
	const struct system_segment *t = &c->sys->tr;
	u64 map, bits;
	u32 bad;
	if (!(t->rights & TSS_32) || t->limit < 0x67)
		return FAULT(VEC_GP, 0);
	bad = system_read(c, t->base + 0x66, 2, 1, &map);
	if (bad)
		return bad;
	map += vector / 8;
	if (map < 32 || map - 32 > t->limit)
		return FAULT(VEC_GP, 0);
	bad = system_read(c, t->base + map - 32, 1, 1, &bits);
	*redirects = !bad && !(bits >> (vector & 7) & 1);
	return bad;
}

// --- task switch -----------------------------------------------------------------

// Offsets in the two layouts
enum {
	T32_CR3 = 28, T32_EIP = 32, T32_FLAGS = 36, T32_REGS = 40, T32_SEGS = 72, T32_LDT = 96, T32_TRAP = 100,
	T16_IP = 14, T16_FLAGS = 16, T16_REGS = 18, T16_SEGS = 34, T16_LDT = 42
};

struct task {
	u64 ip, flags, regs[8], segs[6], ldt, trap;
};

static u32
task_read(struct cpu *c, u64 base, int wide, struct task *t)
{
	int i, n = wide ? 4 : 2;
	u32 bad;
	memset(t, 0, sizeof *t);
	bad = system_read(c, base + (wide ? T32_EIP : T16_IP), n, 1, &t->ip);
	if (!bad)
		bad = system_read(c, base + (wide ? T32_FLAGS : T16_FLAGS), n, 1, &t->flags);
	for (i = 0; !bad && i < 8; ++i)
		bad = system_read(c, base + (u64)((wide ? T32_REGS : T16_REGS) + i * n), n, 1, &t->regs[i]);
	for (i = 0; !wide && i < 8; ++i)
		t->regs[i] |= 0xffff0000;  // undefined; so with most
	for (i = 0; !bad && i < (wide ? 6 : 4); ++i)
		bad = system_read(c, base + (u64)((wide ? T32_SEGS : T16_SEGS) + i * n), 2, 1, &t->segs[i]);
	if (!bad)
		bad = system_read(c, base + (wide ? T32_LDT : T16_LDT), 2, 1, &t->ldt);
	if (!bad && wide)
		bad = system_read(c, base + T32_TRAP, 1, 1, &t->trap);
	return bad;
}

// Saves what a task switch changes. All of it is known to be writable.
static u32
task_save(struct cpu *c, u64 base, int wide, u64 ip, u32 flags)
{
	int i, n = wide ? 4 : 2;
	u32 bad = system_write(c, base + (wide ? T32_EIP : T16_IP), n, 1, ip);
	if (!bad)
		bad = system_write(c, base + (wide ? T32_FLAGS : T16_FLAGS), n, 1, flags);
	for (i = 0; !bad && i < 8; ++i)
		bad = system_write(c, base + (u64)((wide ? T32_REGS : T16_REGS) + i * n), n, 1, c->r[i]);
	for (i = 0; !bad && i < (wide ? 6 : 4); ++i)
		bad = system_write(c, base + (u64)((wide ? T32_SEGS : T16_SEGS) + i * n), 2, 1, c->sel[i]);
	return bad;
}

// Where a TSS's descriptor has its type
static u64
busy_at(const struct cpu *c, u32 sel)
{
	return c->sys->gdt.base + (sel & 0xfff8) + 4;
}

// Sets or clears the busy bit of a TSS descriptor in the GDT.
static u32
set_busy(struct cpu *c, u32 sel, int busy)
{
	u64 at = busy_at(c, sel), hi;
	u32 bad = system_read(c, at, 4, 1, &hi);
	return bad ? bad : system_write(c, at, 4, 1, busy ? hi | TSS_BUSY : hi & ~(u64)TSS_BUSY);
}

// The descriptor of a TSS that may be switched to: available, or with IRET busy.
static u32
task_descriptor(struct cpu *c, u32 sel, enum task_switch how, struct system_segment *to)
{
	struct descriptor d;
	struct segment seg;
	u32 vector = how == TASK_IRET ? VEC_TS : VEC_GP, bad;
	if (sel & 4 || sel < 4)
		return FAULT(vector, sel & 0xfffc);
	bad = descriptor_read(c, sel, &d);
	if (bad)
		return bad >> 16 == VEC_GP ? FAULT(vector, bad & 0xffff) : bad;
	if ((d.rights & R_TYPE & ~(u32)(TSS_32 | TSS_BUSY)) != 0x100 || !(d.rights & TSS_BUSY) != (how != TASK_IRET))
		return FAULT(vector, sel & 0xfffc);
	if (!(d.rights & R_PRESENT))
		return FAULT(VEC_NP, sel & 0xfffc);
	descriptor_segment(&d, &seg);
	if (seg.limit < (d.rights & TSS_32 ? 0x67u : 0x2bu))
		return FAULT(VEC_TS, sel & 0xfffc);
	to->sel = (u16)sel;
	to->base = seg.base;
	to->limit = seg.limit;
	to->rights = seg.rights | TSS_BUSY;
	return 0;
}

// The new task's CR3, and with PAE paging what it leads to if it is another: a
// fault of these is still the old task's (step 12 of the SDM's list).
static u32
task_space(struct cpu *c, const struct system_segment *to, u64 *cr3, u64 *pdpte)
{
	const struct system *s = c->sys;
	u32 bad = 0;
	*cr3 = s->cr3;
	memcpy(pdpte, s->pdpte, sizeof s->pdpte);
	if (to->rights & TSS_32 && s->cr0 & CR0_PG)
		bad = system_read(c, to->base + T32_CR3, 4, 1, cr3);
	if (!bad && s->cr4 & CR4_PAE && *cr3 != s->cr3)
		bad = system_pdptes(c, *cr3, pdpte);
	return bad;
}

// The new task's SS; that it is not present counts more than its privilege level.
static u32
task_stack_segment(struct cpu *c, u32 sel, int rpl, struct segment *s)
{
	struct descriptor d;
	u32 bad = sel < 4 ? FAULT(VEC_TS, 0) : descriptor_read(c, sel, &d);
	if (bad)
		return bad;
	if ((d.rights & (R_SYSTEM | R_CODE | R_WRITE | R_PRESENT)) == (R_SYSTEM | R_WRITE))
		return FAULT(VEC_SS, sel & 0xfffc);
	return system_load_stack(c, sel, rpl, s);
}

// Its CS, of whose RPL the CPL is
static u32
task_code_segment(struct cpu *c, u32 sel, int rpl, struct segment *s)
{
	struct descriptor d;
	u32 bad = sel < 4 ? FAULT(VEC_TS, 0) : descriptor_read(c, sel, &d);
	int dpl;
	if (bad)
		return bad;
	dpl = (int)(d.rights >> 13 & 3);
	if ((d.rights & (R_SYSTEM | R_CODE)) != (R_SYSTEM | R_CODE) || (d.rights & R_CONFORMING ? dpl > rpl : dpl != rpl))
		return FAULT(VEC_TS, sel & 0xfffc);
	if (!(d.rights & R_PRESENT))
		return FAULT(VEC_NP, sel & 0xfffc);
	bad = descriptor_touch(c, &d);
	d.rights |= R_ACCESSED;
	descriptor_segment(&d, s);
	return bad;
}

// The new task's LDT and segments, in the order that CPUs have. What is not
// loaded when one of them is bad is null. Until there is a stack faults come as if
// in ring 3, so that the handler has one of the TSS.
static u32
task_segments(struct cpu *c, const struct task *t)
{
	static const u8 order[4] = { SEG_DS, SEG_ES, SEG_FS, SEG_GS };
	struct segment seg;
	u32 csel = (u32)t->segs[SEG_CS], ssel = (u32)t->segs[SEG_SS];
	u32 bad = t->ldt < 4 ? 0 : system_lldt(c, (u32)t->ldt);
	int i, rpl = (int)(csel & 3);
	if (bad)
		return FAULT(bad >> 16 == VEC_PF ? VEC_PF : VEC_TS, bad & 0xffff);
	if (c->real)
		return 0;
	bad = task_stack_segment(c, ssel, rpl, &seg);
	if (bad)
		return bad;
	system_set_segment(c, SEG_SS, ssel, &seg);
	system_set_cpl(c, rpl);
	bad = task_code_segment(c, csel, rpl, &seg);
	if (bad)
		return bad;
	system_set_code(c, csel, &seg, rpl);
	for (i = 0; !bad && i < 4; ++i)
		bad = system_load_segment(c, order[i], (u32)t->segs[order[i]]);
	return bad;
}

// Makes c what the new task's TSS says, but for what needs descriptors.
static void
task_load(struct cpu *c, const struct task *t)
{
	struct system *s = c->sys;
	struct segment seg;
	int i;
	s->cr0 |= CR0_TS;
	s->dr7 &= ~(u32)0x155;
	for (i = 0; i < 8; ++i)
		c->r[i] = t->regs[i];
	cpu_set_flags(c, ((u32)t->flags & 0x3f7fd5) | 2);
	c->real = (t->flags & FLAG_VM) != 0;
	c->pc = t->ip;
	memset(&seg, 0, sizeof seg);
	for (i = SEG_ES; i <= SEG_GS; ++i) {
		system_set_segment(c, i, (u32)t->segs[i], &seg);
		if (c->real)
			system_real_segment(c, i, (u32)t->segs[i]);
	}
	system_set_code(c, (u32)t->segs[SEG_CS], &c->seg[SEG_CS], 3);
	s->ldt.sel = (u16)t->ldt;
	s->ldt.rights = 0;
}

u32
task_switch(struct cpu *c, u32 sel, enum task_switch how, u64 next_pc, int has_error, u32 error)
{
	struct system *s = c->sys;
	struct system_segment to, from = s->tr;
	struct task t;
	int wide, was_wide = (from.rights & TSS_32) != 0, nested = how == TASK_CALL || how == TASK_GATE;
	u32 flags = cpu_get_flags(c), bad, old_last = was_wide ? T32_SEGS + 21 : T16_SEGS + 7;
	u64 x, cr3, pdpte[4];
	s->switched = 0;
	bad = task_descriptor(c, sel, how, &to);
	if (bad)
		return bad;
	if (from.limit < (was_wide ? 0x5fu : 0x29u))
		return tss_fault(c);
	wide = (to.rights & TSS_32) != 0;
	// What faults in the old task does so before anything is changed.
	bad = system_read(c, to.base, 1, 1, &x);
	if (!bad)
		bad = system_read(c, to.base + (wide ? 103 : 43), 1, 1, &x);
	if (!bad && nested)
		bad = system_probe(c, to.base, 2, 1);
	if (!bad && !nested)
		bad = system_probe(c, busy_at(c, from.sel), 4, 1);
	if (!bad)
		bad = system_probe(c, from.base + (was_wide ? T32_EIP : T16_IP), 1, 1);
	if (!bad)
		bad = system_probe(c, from.base + old_last, 1, 1);
	if (!bad && how != TASK_IRET)
		bad = system_probe(c, busy_at(c, sel), 4, 1);
	if (!bad)
		bad = task_space(c, &to, &cr3, pdpte);
	if (!bad && !nested)
		bad = set_busy(c, from.sel, 0);
	if (bad)
		return bad;
	if (how == TASK_IRET)
		flags &= ~(u32)FLAG_NT;
	bad = task_save(c, from.base, was_wide, next_pc, flags);
	if (!bad && nested)
		bad = system_write(c, to.base, 2, 1, from.sel);
	if (!bad && how != TASK_IRET)
		bad = set_busy(c, sel, 1);
	// Only now: the two may be one.
	if (!bad)
		bad = task_read(c, to.base, wide, &t);
	if (bad)
		return bad;
	if (nested)
		t.flags |= FLAG_NT;
	// From here on faults belong to the new task.
	s->switched = 1;
	s->tr = to;
	task_load(c, &t);
	if (cr3 != s->cr3) {
		s->cr3 = cr3;
		memcpy(s->pdpte, pdpte, sizeof pdpte);
		system_settle(c);
	}
	bad = task_segments(c, &t);
	if (bad)
		return bad >> 16 == VEC_GP ? FAULT(VEC_TS, bad & 0xffff) : bad;
	if (has_error) {
		struct frame f;
		frame_here(c, &f);
		bad = frame_push(c, &f, wide ? 4 : 2, error);
		if (bad)
			return bad;
		frame_use(c, &f, 0);
	}
	if (c->pc > c->code_limit)
		return FAULT(VEC_GP, 0);
	if (wide && t.trap & 1) {
		s->dr6 |= DR6_BT;
		return FAULT(VEC_DB, 0);
	}
	return 0;
}
