// descriptor.c: descriptors of a PC: reading them from its tables, the checks
// of loading segment registers, LDTR and TR, and what LAR and its kin may see.
// See system.h; what a Linux program has instead is segment.c.
// Source: SDM vol 3 chapter 5, vol 2 MOV, POP, LLDT, LTR, LAR.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/system.h"

static int
dpl_of(u32 rights)
{
	return (int)(rights >> 13 & 3);
}

// The linear address of a selector's descriptor of n bytes; 0, or #GP(sel).
static u32
descriptor_at(const struct cpu *c, u32 sel, u32 n, u64 *at)
{
	const struct system *s = c->sys;
	u32 offset = sel & 0xfff8;
	u32 limit = sel & 4 ? s->ldt.limit : s->gdt.limit;
	if (sel & 4 && !(s->ldt.rights & R_PRESENT))
		return FAULT(VEC_GP, sel & 0xfffc);
	if (offset + n - 1 > limit)
		return FAULT(VEC_GP, sel & 0xfffc);
	*at = (sel & 4 ? s->ldt.base : s->gdt.base) + offset;
	return 0;
}

u32
descriptor_read(struct cpu *c, u32 sel, struct descriptor *d)
{
	u64 at = 0;
	u32 bad = descriptor_at(c, sel, 8, &at);
	memset(d, 0, sizeof *d);
	d->sel = (u16)sel;
	if (!bad)
		bad = system_read(c, at, 8, 1, &d->lo);
	if (bad)
		return bad;
	d->rights = (u32)(d->lo >> 32) & R_MASK;
	// In long mode, call gates, LDTs and TSSs have another eight bytes.
	if (long_mode(c) && !(d->rights & R_SYSTEM)) {
		bad = descriptor_at(c, sel, 16, &at);
		if (!bad)
			bad = system_read(c, at + 8, 8, 1, &d->hi);
	}
	return bad;
}

void
descriptor_segment(const struct descriptor *d, struct segment *s)
{
	s->rights = d->rights;
	s->base = (u32)(d->lo >> 16 & 0xffffff) | (u32)(d->lo >> 56) << 24;
	s->limit = (u32)(d->lo & 0xffff) | (u32)(d->lo >> 32 & 0xf0000);
	if (s->rights & R_PAGES)
		s->limit = s->limit << 12 | 0xfff;
}

u32
descriptor_touch(struct cpu *c, const struct descriptor *d)
{
	u64 at;
	if (d->rights & R_ACCESSED)
		return 0;
	if (descriptor_at(c, d->sel, 8, &at))
		return 0;
	return system_write(c, at + 5, 1, 1, (d->lo >> 40 & 0xff) | 1);
}

// --- registers ------------------------------------------------------------------------

void
system_set_segment(struct cpu *c, int seg, u32 sel, const struct segment *s)
{
	c->sel[seg] = (u16)sel;
	c->seg[seg] = *s;
	c->segbase[seg] = s->base;
	segment_settle(c);
	if (seg == SEG_SS)
		c->sys->shadow = ~(u64)0;
}

void
system_real_segment(struct cpu *c, int seg, u32 sel)
{
	struct segment s = c->seg[seg];
	s.base = (sel & 0xffff) << 4;
	if (c->sysflags & FLAG_VM) {
		s.limit = 0xffff;
		s.rights = R_PRESENT | R_DPL | R_SYSTEM | R_WRITE | R_ACCESSED;
	}
	system_set_segment(c, seg, sel, &s);
}

void
system_set_code(struct cpu *c, u32 sel, const struct segment *s, int cpl)
{
	u8 mode = c->mode;
	u32 base = c->code_base, limit = c->code_limit;
	c->sel[SEG_CS] = (u16)sel;
	c->seg[SEG_CS] = *s;
	c->mode = long_mode(c) && s->rights & R_LONG ? MODE_64 : s->rights & R_BIG ? MODE_32 : MODE_16;
	segment_settle(c);
	c->code_base = c->mode == MODE_64 ? 0 : s->base;
	c->code_limit = c->mode == MODE_64 ? 0 : s->limit;
	c->segbase[SEG_CS] = c->code_base;
	if (c->mode != mode || c->code_base != base || c->code_limit != limit)
		cpu_forget_jumps(c);
	system_set_cpl(c, cpl);
}

u32
system_load_stack(struct cpu *c, u32 sel, int cpl, struct segment *s)
{
	struct descriptor d;
	u32 bad;
	if (sel < 4) {
		// 64-bit code below ring 3 does without.
		if (!long_mode(c) || cpl == 3 || (int)(sel & 3) != cpl)
			return FAULT(VEC_GP, 0);
		memset(s, 0, sizeof *s);
		s->rights = (u32)cpl << 13;
		return 0;
	}
	bad = descriptor_read(c, sel, &d);
	if (bad)
		return bad;
	if ((int)(sel & 3) != cpl || (d.rights & (R_SYSTEM | R_CODE | R_WRITE)) != (R_SYSTEM | R_WRITE) || dpl_of(d.rights) != cpl)
		return FAULT(VEC_GP, sel & 0xfffc);
	if (!(d.rights & R_PRESENT))
		return FAULT(VEC_SS, sel & 0xfffc);
	bad = descriptor_touch(c, &d);
	d.rights |= R_ACCESSED;
	descriptor_segment(&d, s);
	return bad;
}

u32
system_load_segment(struct cpu *c, int seg, u32 sel)
{
	struct segment s;
	struct descriptor d;
	u32 bad;
	sel &= 0xffff;
	if (!protected_mode(c)) {
		system_real_segment(c, seg, sel);
		if (seg == SEG_CS)
			system_set_code(c, sel, &c->seg[SEG_CS], c->cpl);
		return 0;
	}
	if (seg == SEG_SS) {
		if (sel < 4 && CPU_MODE(c) != MODE_64)
			return FAULT(VEC_GP, 0);
		bad = system_load_stack(c, sel, c->cpl, &s);
		if (!bad)
			system_set_segment(c, seg, sel, &s);
		return bad;
	}
	if (sel < 4) {
		memset(&s, 0, sizeof s);
		system_set_segment(c, seg, sel, &s);
		return 0;
	}
	bad = descriptor_read(c, sel, &d);
	if (bad)
		return bad;
	if (!(d.rights & R_SYSTEM) || (d.rights & (R_CODE | R_WRITE)) == R_CODE)
		return FAULT(VEC_GP, sel & 0xfffc);
	if ((d.rights & (R_CODE | R_CONFORMING)) != (R_CODE | R_CONFORMING) &&
	    ((int)(sel & 3) > dpl_of(d.rights) || c->cpl > dpl_of(d.rights)))
		return FAULT(VEC_GP, sel & 0xfffc);
	if (!(d.rights & R_PRESENT))
		return FAULT(VEC_NP, sel & 0xfffc);
	bad = descriptor_touch(c, &d);
	if (bad)
		return bad;
	d.rights |= R_ACCESSED;
	descriptor_segment(&d, &s);
	system_set_segment(c, seg, sel, &s);
	return 0;
}

// --- LDTR, TR ----------------------------------------------------------------------------

static void
set_system(struct system_segment *t, u32 sel, const struct descriptor *d)
{
	struct segment s;
	descriptor_segment(d, &s);
	t->sel = (u16)sel;
	t->base = s.base | d->hi << 32;
	t->limit = s.limit;
	t->rights = s.rights;
}

u32
system_lldt(struct cpu *c, u32 sel)
{
	struct descriptor d;
	u32 bad;
	if (sel < 4) {
		c->sys->ldt.sel = (u16)sel;
		c->sys->ldt.rights = 0;
		return 0;
	}
	if (sel & 4)
		return FAULT(VEC_GP, sel & 0xfffc);
	bad = descriptor_read(c, sel, &d);
	if (bad)
		return bad;
	if ((d.rights & R_TYPE) != 0x200)
		return FAULT(VEC_GP, sel & 0xfffc);
	if (!(d.rights & R_PRESENT))
		return FAULT(VEC_NP, sel & 0xfffc);
	set_system(&c->sys->ldt, sel, &d);
	return 0;
}

u32
system_ltr(struct cpu *c, u32 sel)
{
	struct descriptor d;
	u64 at;
	u32 bad, type;
	if (sel < 4)
		return FAULT(VEC_GP, 0);
	if (sel & 4)
		return FAULT(VEC_GP, sel & 0xfffc);
	bad = descriptor_read(c, sel, &d);
	if (bad)
		return bad;
	type = d.rights & R_TYPE;
	if (type != 0x900 && (type != 0x100 || long_mode(c)))
		return FAULT(VEC_GP, sel & 0xfffc);
	if (!(d.rights & R_PRESENT))
		return FAULT(VEC_NP, sel & 0xfffc);
	bad = descriptor_at(c, sel, 8, &at);
	if (!bad)
		bad = system_write(c, at + 5, 1, 1, (d.lo >> 40 & 0xff) | 2);  // busy
	if (bad)
		return bad;
	d.rights |= 0x200;
	set_system(&c->sys->tr, sel, &d);
	return 0;
}

// --- LAR, LSL, VERR, VERW ------------------------------------------------------------------

int
system_ask(struct cpu *c, const struct op *op, u32 sel, u32 types, struct segment *s)
{
	struct descriptor d;
	u32 bad;
	sel &= 0xffff;
	if (sel < 4)
		return 0;
	bad = descriptor_read(c, sel, &d);
	if (bad >> 16 == VEC_PF)
		cpu_raise_fault(c, op, bad);
	if (bad || (!(d.rights & R_SYSTEM) && !(types >> (d.rights >> 8 & 15) & 1)))
		return 0;
	descriptor_segment(&d, s);
	s->rights = (u32)(d.lo >> 32) & 0xffff00;
	if ((d.rights & (R_SYSTEM | R_CODE | R_CONFORMING)) == (R_SYSTEM | R_CODE | R_CONFORMING))
		return 1;
	return (int)(sel & 3) <= dpl_of(d.rights) && c->cpl <= dpl_of(d.rights);
}
