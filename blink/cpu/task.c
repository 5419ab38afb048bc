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
	u64 cr3, ip, flags, regs[8], segs[6], ldt, trap;
};

static u32
task_read(struct cpu *c, u64 base, int wide, struct task *t)
{
	int i, n = wide ? 4 : 2;
	u32 bad = 0;
	memset(t, 0, sizeof *t);
	t->cr3 = c->sys->cr3;
	if (wide)
		bad = system_read(c, base + T32_CR3, 4, 1, &t->cr3);
	if (!bad)
		bad = system_read(c, base + (wide ? T32_EIP : T16_IP), n, 1, &t->ip);
	if (!bad)
		bad = system_read(c, base + (wide ? T32_FLAGS : T16_FLAGS), n, 1, &t->flags);
	for (i = 0; !bad && i < 8; ++i)
		bad = system_read(c, base + (u64)((wide ? T32_REGS : T16_REGS) + i * n), n, 1, &t->regs[i]);
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

// Sets or clears the busy bit of a TSS descriptor in the GDT.
static u32
set_busy(struct cpu *c, u32 sel, int busy)
{
	u64 at = c->sys->gdt.base + (sel & 0xfff8) + 5, type;
	u32 bad = system_read(c, at, 1, 1, &type);
	return bad ? bad : system_write(c, at, 1, 1, busy ? type | 2 : type & ~(u64)2);
}

// A segment register of the new task. Null is what a failed load leaves.
static u32
task_segment(struct cpu *c, int seg, u32 sel)
{
	struct segment s;
	u32 bad;
	if (seg == SEG_SS) {
		bad = sel < 4 ? FAULT(VEC_TS, sel & 0xfffc) : system_load_stack(c, sel, c->cpl, &s);
		if (!bad)
			system_set_segment(c, seg, sel, &s);
	} else {
		bad = system_load_segment(c, seg, sel);
	}
	if (bad >> 16 == VEC_GP)
		bad = FAULT(VEC_TS, bad & 0xffff);
	return bad;
}

u32
task_switch(struct cpu *c, u32 sel, enum task_switch how, u64 next_pc, int has_error, u32 error)
{
	struct system *s = c->sys;
	struct descriptor d;
	struct segment seg, null;
	struct task t;
	u64 base, old_base = s->tr.base;
	int wide, was_wide = (s->tr.rights & TSS_32) != 0, i;
	u32 old_sel = s->tr.sel, flags = cpu_get_flags(c), bad, vector = how == TASK_IRET ? VEC_TS : VEC_GP;
	static const u8 order[5] = { SEG_SS, SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	s->switched = 0;
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
	base = seg.base;
	wide = (d.rights & TSS_32) != 0;
	if (seg.limit < (wide ? 0x67u : 0x2bu))
		return FAULT(VEC_TS, sel & 0xfffc);
	// All that can be told beforehand faults in the old task.
	bad = task_read(c, base, wide, &t);
	if (!bad)
		bad = system_probe(c, base, wide ? 104 : 44, 1);
	if (!bad)
		bad = system_probe(c, old_base, was_wide ? 104 : 44, 1);
	if (!bad && how != TASK_CALL && how != TASK_GATE)
		bad = set_busy(c, old_sel, 0);
	if (bad)
		return bad;
	if (how == TASK_IRET)
		flags &= ~(u32)FLAG_NT;
	bad = task_save(c, old_base, was_wide, next_pc, flags);
	if (!bad && (how == TASK_CALL || how == TASK_GATE))
		bad = system_write(c, base, 2, 1, old_sel);
	if (!bad && how != TASK_IRET)
		bad = set_busy(c, sel, 1);
	if (bad)
		return bad;
	// From here on faults belong to the new task.
	s->switched = 1;
	s->tr.sel = (u16)sel;
	s->tr.base = base;
	s->tr.limit = seg.limit;
	s->tr.rights = seg.rights | TSS_BUSY;
	s->cr0 |= CR0_TS;
	s->dr7 &= ~(u32)0x155;
	if (wide && s->cr0 & CR0_PG && t.cr3 != s->cr3) {
		s->cr3 = t.cr3;
		system_settle(c);
	}
	for (i = 0; i < 8; ++i)
		c->r[i] = t.regs[i];
	if (how == TASK_CALL || how == TASK_GATE)
		t.flags |= FLAG_NT;
	cpu_set_flags(c, ((u32)t.flags & 0x3f7fd5) | 2);
	c->pc = t.ip;
	memset(&null, 0, sizeof null);
	for (i = SEG_ES; i <= SEG_GS; ++i) {
		null.rights = 0;
		if (i != SEG_CS)
			system_set_segment(c, i, (u32)t.segs[i], &null);
		else
			c->sel[i] = (u16)t.segs[i];
	}
	s->ldt.sel = (u16)t.ldt;
	s->ldt.rights = 0;
	if (t.ldt >= 4) {
		bad = system_lldt(c, (u32)t.ldt);
		if (bad)
			return FAULT(VEC_TS, t.ldt & 0xfffc);
	}
	if (t.flags & FLAG_VM) {
		struct segment code;
		for (i = SEG_ES; i <= SEG_GS; ++i)
			if (i != SEG_CS)
				system_real_segment(c, i, (u32)t.segs[i]);
		code = c->seg[SEG_DS];
		code.base = (u32)t.segs[SEG_CS] << 4;
		system_set_code(c, (u32)t.segs[SEG_CS], &code, 3);
	} else {
		struct descriptor cs;
		u32 csel = (u32)t.segs[SEG_CS];
		int rpl = (int)(csel & 3);
		bad = csel < 4 ? FAULT(VEC_TS, csel & 0xfffc) : descriptor_read(c, csel, &cs);
		if (!bad && ((cs.rights & (R_SYSTEM | R_CODE)) != (R_SYSTEM | R_CODE) ||
		             (cs.rights & R_CONFORMING ? (int)(cs.rights >> 13 & 3) > rpl : (int)(cs.rights >> 13 & 3) != rpl)))
			bad = FAULT(VEC_TS, csel & 0xfffc);
		if (!bad && !(cs.rights & R_PRESENT))
			bad = FAULT(VEC_NP, csel & 0xfffc);
		if (bad)
			return bad >> 16 == VEC_GP ? FAULT(VEC_TS, bad & 0xffff) : bad;
		descriptor_touch(c, &cs);
		cs.rights |= R_ACCESSED;
		descriptor_segment(&cs, &seg);
		system_set_code(c, csel, &seg, rpl);
		for (i = 0; i < 5; ++i) {
			bad = task_segment(c, order[i], (u32)t.segs[order[i]]);
			if (bad)
				return bad;
		}
	}
	if (has_error) {
		int n = wide ? 4 : 2;
		u64 sp = c->r[GPR_SP] - (u64)n;
		u64 at = c->segbase[SEG_SS] + (c->stack_size == 2 ? (u16)sp : (u32)sp);
		bad = system_write(c, at, n, 0, error);
		if (bad)
			return bad;
		stack_set(c, sp);
	}
	if (c->mode != MODE_64 && c->pc > c->code_limit)
		return FAULT(VEC_GP, 0);
	if (wide && t.trap & 1) {
		s->dr6 |= DR6_BT;
		return FAULT(VEC_DB, 0);
	}
	return 0;
}
