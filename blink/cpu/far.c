// far.c: far jumps, calls and returns of a PC, through call gates and task
// gates too, and IRET. Nothing changes unless all checks have passed.
// See system.h. Source: SDM vol 2 CALL, JMP, RET, IRET; vol 3 chapter 5.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/ring0.h"

// Types of system descriptors, in bits 8..11 of rights
enum {
	TYPE_TSS16 = 0x100, TYPE_LDT = 0x200, TYPE_TSS16_BUSY = 0x300, TYPE_CALL16 = 0x400, TYPE_TASK = 0x500,
	TYPE_TSS32 = 0x900, TYPE_TSS32_BUSY = 0xb00, TYPE_CALL32 = 0xc00
};

static int
dpl_of(u32 rights)
{
	return (int)(rights >> 13 & 3);
}

// --- stacks ---------------------------------------------------------------------------

void
frame_here(const struct cpu *c, struct frame *f)
{
	f->seg = c->seg[SEG_SS];
	f->sp = c->r[GPR_SP];
	f->width = c->mode == MODE_64 ? 8 : c->stack_size;
	f->super = c->cpl != 3;
	f->sel = c->sel[SEG_SS];
}

// The linear address of n bytes at the stack pointer, or #SS.
static u32
frame_at(const struct frame *f, u64 sp, int n, u64 *at)
{
	u32 first = f->width == 2 ? (u16)sp : (u32)sp, last = first + (u32)n - 1;
	if (f->width == 8) {
		*at = sp;
		return canonical(sp) && canonical(sp + (u64)n - 1) ? 0 : FAULT(VEC_SS, 0);
	}
	*at = (u32)(f->seg.base + first);
	if (last < first)
		return FAULT(VEC_SS, 0);
	if ((f->seg.rights & (R_CODE | R_DOWN)) == R_DOWN)
		return first > f->seg.limit && (f->seg.rights & R_BIG || last <= 0xffff) ? 0 : FAULT(VEC_SS, 0);
	return last <= f->seg.limit ? 0 : FAULT(VEC_SS, 0);
}

static void
frame_set(struct frame *f, u64 sp)
{
	f->sp = f->width == 8 ? sp : f->width == 4 ? (u32)sp : (f->sp & ~(u64)0xffff) | (u16)sp;
}

u32
frame_push(struct cpu *c, struct frame *f, int n, u64 x)
{
	u64 sp = f->sp - (u64)n, at;
	u32 bad = frame_at(f, sp, n, &at);
	if (!bad)
		bad = system_write(c, at, n, f->super, x);
	if (!bad)
		frame_set(f, sp);
	return bad;
}

u32
frame_pop(struct cpu *c, struct frame *f, int n, u64 *x)
{
	u64 at, sp = f->sp + (u64)n;
	u32 bad = frame_at(f, f->sp, n, &at);
	if (!bad)
		bad = system_read(c, at, n, f->super, x);
	if (!bad)
		frame_set(f, sp);
	return bad;
}

u32
frame_inner(struct cpu *c, int cpl, struct frame *f)
{
	u32 bad;
	f->super = 1;
	if (long_mode(c)) {
		u32 at = 4u + 8u * (u32)cpl;
		f->sel = (u32)cpl;
		f->width = 8;
		memset(&f->seg, 0, sizeof f->seg);
		f->seg.rights = (u32)cpl << 13;
		if (at + 7 > c->sys->tr.limit)
			return FAULT(VEC_TS, c->sys->tr.sel & 0xfffc);
		bad = system_read(c, c->sys->tr.base + at, 8, 1, &f->sp);
		return bad ? bad : canonical(f->sp) ? 0 : FAULT(VEC_SS, 0);
	}
	bad = task_stack(c, cpl, &f->sp, &f->sel);
	if (bad)
		return bad;
	bad = f->sel < 4 ? FAULT(VEC_TS, f->sel & 0xfffc) : system_load_stack(c, f->sel, cpl, &f->seg);
	f->width = f->seg.rights & R_BIG ? 4 : 2;
	return bad >> 16 == VEC_GP ? FAULT(VEC_TS, bad & 0xffff) : bad;
}

u32
frame_fault(const struct frame *f, u32 bad)
{
	return bad >> 16 == VEC_SS ? FAULT(VEC_SS, f->sel & 0xfffc) : bad;
}

void
frame_use(struct cpu *c, const struct frame *f, int switched)
{
	if (switched) {
		system_set_segment(c, SEG_SS, f->sel, &f->seg);
		c->r[GPR_SP] = f->width == 2 ? (c->r[GPR_SP] & ~(u64)0xffff) | (u16)f->sp : f->sp;
	} else {
		reg_set(c, GPR_SP, f->width, f->sp);
	}
}

// --- code segments --------------------------------------------------------------------

u32
code_descriptor(struct cpu *c, u32 sel, struct descriptor *d)
{
	u32 bad;
	if ((sel & 0xffff) < 4)
		return FAULT(VEC_GP, 0);
	bad = descriptor_read(c, sel & 0xffff, d);
	if (!bad && (d->rights & (R_SYSTEM | R_CODE)) != (R_SYSTEM | R_CODE))
		bad = FAULT(VEC_GP, sel & 0xfffc);
	if (!bad && long_mode(c) && (d->rights & (R_LONG | R_BIG)) == (R_LONG | R_BIG))
		bad = FAULT(VEC_GP, sel & 0xfffc);
	return bad;
}

// Whether ip is within the segment.
static u32
ip_check(struct cpu *c, const struct segment *s, u64 ip)
{
	int wide = long_mode(c) && s->rights & R_LONG;
	return (wide ? canonical(ip) : (u32)ip <= s->limit) ? 0 : FAULT(VEC_GP, 0);
}

static void
go(struct cpu *c, u32 sel, const struct segment *s, u64 ip, int cpl)
{
	system_set_code(c, (sel & 0xfffc) | (u32)cpl, s, cpl);
	c->pc = c->mode == MODE_64 ? ip : (u32)ip;
}

static u32
real_transfer(struct cpu *c, u32 sel, u64 ip, int size, u64 next, int call)
{
	struct segment s = c->seg[SEG_CS];
	struct frame f;
	u32 bad = 0;
	s.base = sel << 4;
	if (c->sysflags & FLAG_VM) {
		s.limit = 0xffff;
		s.rights = R_PRESENT | R_DPL | R_SYSTEM | R_WRITE | R_ACCESSED;
	}
	if (ip > s.limit)
		return FAULT(VEC_GP, 0);
	frame_here(c, &f);
	if (call) {
		bad = frame_push(c, &f, size, c->sel[SEG_CS]);
		if (!bad)
			bad = frame_push(c, &f, size, next);
	}
	if (bad)
		return bad;
	frame_use(c, &f, 0);
	system_set_code(c, sel, &s, c->cpl);
	c->pc = ip;
	return 0;
}

// A call gate. Its selector and offset take the place of the pointer's.
static u32
through_gate(struct cpu *c, const struct descriptor *gate, int call, u64 next)
{
	struct descriptor d;
	struct segment s;
	struct frame f, old;
	int wide = long_mode(c), n = wide ? 8 : (gate->rights & R_TYPE) == TYPE_CALL32 ? 4 : 2;
	int cpl = c->cpl, target, i, count = wide ? 0 : (int)(gate->lo >> 32 & 31), inner;
	u32 sel = (u32)(gate->lo >> 16) & 0xffff, bad;
	u64 ip = (gate->lo & 0xffff) | (n > 2 ? gate->lo >> 32 & 0xffff0000 : 0) | (wide ? gate->hi << 32 : 0);
	u64 words[32];
	if (dpl_of(gate->rights) < cpl || dpl_of(gate->rights) < (gate->sel & 3))
		return FAULT(VEC_GP, gate->sel & 0xfffc);
	if (!(gate->rights & R_PRESENT))
		return FAULT(VEC_NP, gate->sel & 0xfffc);
	if (gate->hi >> 40 & 31)
		return FAULT(VEC_GP, gate->sel & 0xfffc);
	bad = code_descriptor(c, sel, &d);
	if (bad)
		return bad;
	target = dpl_of(d.rights);
	if (target > cpl || (wide && !(d.rights & R_LONG)))
		return FAULT(VEC_GP, sel & 0xfffc);
	if (!call && !(d.rights & R_CONFORMING) && target != cpl)
		return FAULT(VEC_GP, sel & 0xfffc);
	if (!(d.rights & R_PRESENT))
		return FAULT(VEC_NP, sel & 0xfffc);
	descriptor_segment(&d, &s);
	inner = call && !(d.rights & R_CONFORMING) && target < cpl;
	frame_here(c, &f);
	old = f;
	if (inner) {
		for (i = 0; !bad && i < count; ++i)
			bad = frame_pop(c, &f, n, &words[i]);
		if (!bad)
			bad = frame_inner(c, target, &f);
		if (!bad && !wide)
			old.sp = old.width == 2 ? (u16)old.sp : (u32)old.sp;
		if (!bad)
			bad = frame_push(c, &f, n, c->sel[SEG_SS]);
		if (!bad)
			bad = frame_push(c, &f, n, old.sp);
		for (i = count; !bad && i--;)
			bad = frame_push(c, &f, n, words[i]);
	}
	if (!bad && call)
		bad = frame_push(c, &f, n, c->sel[SEG_CS]);
	if (!bad && call)
		bad = frame_push(c, &f, n, next);
	if (inner)
		bad = frame_fault(&f, bad);
	if (!bad)
		bad = ip_check(c, &s, ip);
	if (!bad)
		bad = descriptor_touch(c, &d);
	if (bad)
		return bad;
	s.rights |= R_ACCESSED;
	go(c, sel, &s, ip, inner ? target : cpl);
	frame_use(c, &f, inner);
	return 0;
}

u32
far_transfer(struct cpu *c, const struct op *op, u32 sel, u64 ip, int size, int call)
{
	struct descriptor d;
	struct segment s;
	struct frame f;
	u64 next = op_next_pc(op);
	int rpl = (int)(sel & 3), dpl;
	u32 bad;
	c->sys->switched = 0;
	if (!protected_mode(c))
		return real_transfer(c, sel, ip, size, next, call);
	if (sel < 4)
		return FAULT(VEC_GP, 0);
	bad = descriptor_read(c, sel, &d);
	if (bad)
		return bad;
	dpl = dpl_of(d.rights);
	if (!(d.rights & R_SYSTEM)) {
		switch (d.rights & R_TYPE) {
		case TYPE_CALL16:
			if (long_mode(c))
				break;
			FALLTHROUGH;
		case TYPE_CALL32:
			return through_gate(c, &d, call, next);
		case TYPE_TASK:
			if (long_mode(c))
				break;
			if (dpl < c->cpl || dpl < rpl)
				return FAULT(VEC_GP, sel & 0xfffc);
			if (!(d.rights & R_PRESENT))
				return FAULT(VEC_NP, sel & 0xfffc);
			return task_switch(c, (u32)(d.lo >> 16) & 0xffff, call ? TASK_CALL : TASK_JMP, next, 0, 0);
		case TYPE_TSS16:
		case TYPE_TSS32:
			if (long_mode(c))
				break;
			if (dpl < c->cpl || dpl < rpl)
				return FAULT(VEC_GP, sel & 0xfffc);
			return task_switch(c, sel, call ? TASK_CALL : TASK_JMP, next, 0, 0);
		}
		return FAULT(VEC_GP, sel & 0xfffc);
	}
	bad = code_descriptor(c, sel, &d);
	if (bad)
		return bad;
	if (d.rights & R_CONFORMING ? dpl > c->cpl : rpl > c->cpl || dpl != c->cpl)
		return FAULT(VEC_GP, sel & 0xfffc);
	if (!(d.rights & R_PRESENT))
		return FAULT(VEC_NP, sel & 0xfffc);
	descriptor_segment(&d, &s);
	bad = ip_check(c, &s, ip);
	frame_here(c, &f);
	if (!bad && call)
		bad = frame_push(c, &f, size, c->sel[SEG_CS]);
	if (!bad && call)
		bad = frame_push(c, &f, size, next);
	if (!bad)
		bad = descriptor_touch(c, &d);
	if (bad)
		return bad;
	s.rights |= R_ACCESSED;
	frame_use(c, &f, 0);
	go(c, sel, &s, ip, c->cpl);
	return 0;
}

// --- returns ---------------------------------------------------------------------------

// Data segments that the outer level must not have become null.
static void
hide_inner(struct cpu *c)
{
	static const u8 segs[4] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	struct segment null;
	int i;
	memset(&null, 0, sizeof null);
	for (i = 0; i < 4; ++i) {
		u32 r = c->seg[segs[i]].rights;
		if (c->sel[segs[i]] < 4)
			c->sel[segs[i]] = 0;  // its base stays
		else if ((r & (R_CODE | R_CONFORMING)) != (R_CODE | R_CONFORMING) && dpl_of(r) < c->cpl)
			system_set_segment(c, segs[i], 0, &null);
	}
}

// CS and IP were popped; to an outer level SS and SP follow.
static u32
return_to(struct cpu *c, struct frame *f, u32 sel, u64 ip, int n, u32 more, int iret, u32 flags, u32 flag_mask)
{
	struct descriptor d;
	struct segment s;
	struct frame out;
	u64 sp, ss;
	int rpl = (int)(sel & 3), outer = rpl > c->cpl;
	int pops_stack = outer || (iret && CPU_MODE(c) == MODE_64);
	u32 bad = code_descriptor(c, sel, &d);
	if (bad)
		return bad;
	if (rpl < c->cpl || (d.rights & R_CONFORMING ? dpl_of(d.rights) > rpl : dpl_of(d.rights) != rpl))
		return FAULT(VEC_GP, sel & 0xfffc);
	if (!(d.rights & R_PRESENT))
		return FAULT(VEC_NP, sel & 0xfffc);
	descriptor_segment(&d, &s);
	f->sp += more;
	if (pops_stack) {
		int to64 = long_mode(c) && d.rights & R_LONG;
		bad = frame_pop(c, f, n, &sp);
		if (!bad)
			bad = frame_pop(c, f, n, &ss);
		if (bad)
			return bad;
		ss &= 0xffff;
		// A null SS of any RPL will do for 64-bit code below ring 3.
		if (ss < 4 && !(to64 && rpl < 3))
			return FAULT(VEC_GP, 0);
		bad = system_load_stack(c, ss < 4 ? (u32)rpl : (u32)ss, rpl, &out.seg);
		if (bad)
			return bad;
		out.sel = (u32)ss;
		out.sp = sp + (iret ? 0 : more);
		out.width = to64 ? 8 : out.seg.rights & R_BIG ? 4 : 2;
	}
	bad = ip_check(c, &s, ip);
	if (!bad)
		bad = descriptor_touch(c, &d);
	if (bad)
		return bad;
	s.rights |= R_ACCESSED;
	if (iret)
		cpu_set_flags(c, ((cpu_get_flags(c) & ~flag_mask) | (flags & flag_mask)) | 2);
	go(c, sel, &s, ip, rpl);
	if (pops_stack) {
		system_set_segment(c, SEG_SS, out.sel, &out.seg);
		c->r[GPR_SP] = out.width == 8 ? out.sp : out.width == 2 ? (c->r[GPR_SP] & 0xffff0000) | (u16)out.sp : (u32)out.sp;
	} else {
		frame_use(c, f, 0);
	}
	if (outer)
		hide_inner(c);
	return 0;
}

u32
far_back(struct cpu *c, const struct op *op, int size, u32 more)
{
	struct frame f;
	u64 ip, sel;
	u32 bad;
	(void)op;
	c->sys->switched = 0;
	frame_here(c, &f);
	bad = frame_pop(c, &f, size, &ip);
	if (!bad)
		bad = frame_pop(c, &f, size, &sel);
	if (bad)
		return bad;
	sel &= 0xffff;
	if (!protected_mode(c)) {
		bad = real_transfer(c, (u32)sel, ip, size, 0, 0);
		f.sp += more;
		if (!bad)
			frame_use(c, &f, 0);
		return bad;
	}
	return return_to(c, &f, (u32)sel, ip, size, more, 0, 0, 0);
}

// --- IRET -----------------------------------------------------------------------------------

enum { ARITH_ETC = FLAGS_ARITH | FLAG_TF | FLAG_DF | FLAG_NT };

static u32
iret_real(struct cpu *c, struct frame *f, int size, u32 sel, u64 ip, u32 flags)
{
	u32 mask = ARITH_ETC | FLAG_IF | (c->sysflags & FLAG_VM ? 0u : (u32)FLAG_IOPL) | (size == 4 ? (u32)FLAG_RF | FLAG_AC | FLAG_ID : 0u);
	int vif = c->sysflags & FLAG_VM && iopl(c) < 3;  // CR4.VME let it come here.
	u32 bad = vif && system_set_vif(c, flags) ? FAULT(VEC_GP, 0) : real_transfer(c, sel, ip, size, 0, 0);
	if (bad)
		return bad;
	if (vif)
		mask &= ~(u32)FLAG_IF;
	frame_use(c, f, 0);
	cpu_set_flags(c, (cpu_get_flags(c) & ~mask) | (flags & mask) | 2);
	return 0;
}

// From ring 0 to virtual-8086 mode
static u32
iret_to_v86(struct cpu *c, struct frame *f, u32 sel, u64 ip, u32 flags)
{
	static const u8 order[4] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	struct segment s;
	u64 sp, x[5];
	u32 bad = frame_pop(c, f, 4, &sp);
	int i;
	for (i = 0; !bad && i < 5; ++i)
		bad = frame_pop(c, f, 4, &x[i]);  // SS ES DS FS GS
	if (!bad && (u32)ip > 0xffff)
		bad = FAULT(VEC_GP, 0);
	if (bad)
		return bad;
	cpu_set_flags(c, (flags & 0x3f7fd5) | FLAG_VM | 2);
	c->real = 1;
	memset(&s, 0, sizeof s);
	s.base = sel << 4;
	s.limit = 0xffff;
	s.rights = R_PRESENT | R_DPL | R_SYSTEM | R_WRITE | R_ACCESSED;
	system_set_code(c, sel, &s, 3);
	system_real_segment(c, SEG_SS, (u32)x[0]);
	for (i = 0; i < 4; ++i)
		system_real_segment(c, order[i], (u32)x[i + 1]);
	c->r[GPR_SP] = (u32)sp;
	c->pc = ip;
	return 0;
}

u32
far_iret(struct cpu *c, const struct op *op, int size)
{
	struct frame f;
	u64 ip, sel, flags;
	u32 bad, mask;
	int level = iopl(c);
	c->sys->switched = 0;
	if (c->sysflags & FLAG_VM && level < 3 && (!(c->sys->cr4 & CR4_VME) || size != 2))
		return FAULT(VEC_GP, 0);
	if (protected_mode(c) && c->sysflags & FLAG_NT) {
		u64 link;
		if (long_mode(c))
			return FAULT(VEC_GP, 0);
		bad = system_read(c, c->sys->tr.base, 2, 1, &link);
		return bad ? bad : task_switch(c, (u32)link, TASK_IRET, op_next_pc(op), 0, 0);
	}
	frame_here(c, &f);
	bad = frame_pop(c, &f, size, &ip);
	if (!bad)
		bad = frame_pop(c, &f, size, &sel);
	if (!bad)
		bad = frame_pop(c, &f, size, &flags);
	if (bad)
		return bad;
	sel &= 0xffff;
	if (!protected_mode(c))
		return iret_real(c, &f, size, (u32)sel, ip, (u32)flags);
	if (flags & FLAG_VM && c->cpl == 0 && size == 4 && !long_mode(c))
		return iret_to_v86(c, &f, (u32)sel, ip, (u32)flags);
	mask = ARITH_ETC | (size > 2 ? (u32)FLAG_RF | FLAG_AC | FLAG_ID : 0u) | (c->cpl <= level ? (u32)FLAG_IF : 0u) |
		(c->cpl == 0 ? (u32)FLAG_IOPL | (size > 2 ? (u32)FLAG_VIF | FLAG_VIP : 0u) : 0u);
	return return_to(c, &f, (u32)sel, ip, size, 0, 1, (u32)flags, mask);
}
