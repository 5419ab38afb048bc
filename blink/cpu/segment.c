// segment.c: protected-mode segments as user code meets them under Linux: the
// descriptors of the GDT and LDT, loading segment registers, limits and types
// in 16 and 32-bit code, and going from one code segment to another.
//
// In 64-bit code only the bases of FS and GS count. In the others, offsets that
// are safely inside a segment of writable data need its base only. Any other
// access runs singly on the slow path of access.c, which finds the segment's
// number in the address's upper half and checks.
//
// A tiny build has segment_tiny.c in its place. Source: SDM vol 3 chapters 3
// and 5; AMD64 vol 2 chapter 4.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/system.h"

enum { TAG_SHIFT = 40, TAG_BIAS = 1 << 4 };  // the bias keeps a borrow out of the tag

static u32
fault(enum vector vector, u32 sel)
{
	return (u32)vector << 16 | (sel & 0xfffc);
}

static u64
descriptor(const struct cpu *c, u32 sel)
{
	u32 i = sel >> 3 & 0x1fff;
	if (sel & 4)
		return i < c->ldt_entries ? ld64(c->ldt + 8 * i) : 0;
	switch (i) {
	case 4: return 0x00cffb000000ffff;  // 32-bit code
	case 5: return 0x00cff3000000ffff;  // data
	case 6: return 0x00affb000000ffff;  // 64-bit code
	case 12: case 13: case 14: return c->tls[i - 12];
	case 15: return 0x0040f50000000000 | (cpu_number(c) & 0xffff);  // its limit is the number of the processor
	}
	return 0;
}

int
segment_of(const struct cpu *c, u32 sel, struct segment *s)
{
	u64 d = descriptor(c, sel);
	s->rights = (u32)(d >> 32) & R_MASK;
	s->limit = (u32)(d & 0xffff) | (u32)(d >> 32 & 0xf0000);
	if (s->rights & R_PAGES)
		s->limit = s->limit << 12 | 0xfff;
	s->base = (u32)(d >> 16 & 0xffffff) | (u32)(d >> 56) << 24;
	s->rights = (u32)(d >> 32) & 0xffff00;
	return (s->rights & R_SYSTEM) != 0;
}

enum { FAST_BYTES = 32 };  // no access of a program but those of op_ea32_wide has more

// Offsets below this can be accessed without a look at the descriptor, and only
// those of a flat segment come to the end of all addresses.
static u64
fast_limit(const struct cpu *c, const struct segment *s)
{
	u32 type = s->rights & (R_PRESENT | R_SYSTEM | R_CODE | R_DOWN | R_WRITE);
	if (type != (R_PRESENT | R_SYSTEM | R_WRITE) && !(c->real && !(s->rights & R_DOWN)))
		return 0;
	if (s->limit == 0xffffffff && !s->base)
		return (u64)1 << 32;
	u32 last = s->limit < ~s->base ? s->limit : ~s->base;
	return last < FAST_BYTES ? 0 : last - (FAST_BYTES - 2);
}

void
segment_settle(struct cpu *c)
{
	int i;
	for (i = SEG_ES; i <= SEG_GS; i++) {
		const struct segment *s = &c->seg[i];
		if (i < SEG_FS)
			c->segbase[i] = c->mode == MODE_64 ? 0 : s->base;
		c->segfast[i] = fast_limit(c, s);
	}
	c->stack_size = c->mode == MODE_64 ? 8 : c->seg[SEG_SS].rights & R_BIG ? 4 : 2;
	c->stack_keep = c->stack_size == 2 ? ~(u64)0xffff : 0;
}

u32
cpu_load_segment(struct cpu *c, int seg, u32 sel)
{
	struct segment s;
	sel &= 0xffff;
	if (c->sys)
		return system_load_segment(c, seg, sel);
	if (sel < 4) {
		if (seg == SEG_SS)
			return fault(VEC_GP, 0);
		memset(&s, 0, sizeof s);
	} else {
		if (!segment_of(c, sel, &s))
			return fault(VEC_GP, sel);
		if (seg == SEG_SS ? (sel & 3) != 3 || (s.rights & (R_CODE | R_WRITE)) != R_WRITE : (s.rights & (R_CODE | R_WRITE)) == R_CODE)
			return fault(VEC_GP, sel);
		if (!(s.rights & R_PRESENT))
			return fault(seg == SEG_SS ? VEC_SS : VEC_NP, sel);
	}
	c->sel[seg] = (u16)sel;
	c->seg[seg] = s;
	c->segbase[seg] = s.base;
	segment_settle(c);
	return 0;
}

u32
code_check(struct cpu *c, u32 sel, u64 ip, struct segment *s)
{
	sel &= 0xffff;
	if (sel < 4)
		return fault(VEC_GP, 0);
	if (!segment_of(c, sel, s) || !(s->rights & R_CODE))
		return fault(VEC_GP, sel);
	if (!(s->rights & R_PRESENT))
		return fault(VEC_NP, sel);
	if (s->rights & R_LONG ? (u64)((i64)ip >> 47) + 1 > 1 : ip > s->limit)
		return fault(VEC_GP, 0);
	return 0;
}

void
code_load(struct cpu *c, u32 sel, const struct segment *s)
{
	u8 mode = c->mode;
	u32 base = c->code_base, limit = c->code_limit;
	c->sel[SEG_CS] = (u16)(sel | 3);
	c->seg[SEG_CS] = *s;
	c->mode = s->rights & R_LONG ? MODE_64 : s->rights & R_BIG ? MODE_32 : MODE_16;
	segment_settle(c);
	c->code_base = (u32)c->segbase[SEG_CS];
	c->code_limit = c->mode == MODE_64 ? 0 : s->limit;
	if (c->mode != mode || c->code_base != base || c->code_limit != limit)
		cpu_forget_jumps(c);
}

u32
cpu_return(struct cpu *c, u32 cs, u32 ss)
{
	struct segment s;
	u32 bad = code_check(c, cs, 0, &s);
	if (!bad)
		bad = cpu_load_segment(c, SEG_SS, ss);
	if (!bad)
		code_load(c, cs, &s);
	return bad;
}

void
cpu_enter_64(struct cpu *c)
{
	struct segment s;
	if (c->sel[SEG_CS] != 0x33) {
		segment_of(c, 0x33, &s);
		code_load(c, 0x33, &s);
	}
	// What a handler gets is checked again: the LDT may have changed.
	if (c->sel[SEG_SS] != 0x2b && cpu_load_segment(c, SEG_SS, c->sel[SEG_SS]))
		cpu_load_segment(c, SEG_SS, 0x2b);
}

void
cpu_reload_segment(struct cpu *c, int seg)
{
	if (cpu_load_segment(c, seg, c->sel[seg]))
		cpu_load_segment(c, seg, 0);
}

// --- access ----------------------------------------------------------------------

u64
segment_look(struct cpu *c, const struct op *op, int seg, u64 linear)
{
	if (!c->stepping)
		cpu_unwind(c, op, UNWIND_STEP);
	return linear | (u64)((seg + 1) << 8 | TAG_BIAS) << (TAG_SHIFT - 8);
}

u64
segment_check(struct cpu *c, const struct op *op, u64 gva, int n, int access)
{
	int seg = (int)(gva >> TAG_SHIFT) - 1, ok;
	u32 at, last;
	const struct segment *s = &c->seg[seg < 0 ? 0 : seg];
	gva = (u32)gva;
	if (seg < 0) {
		if (gva + (u64)(n == 10 ? 8 : n) - 1 > 0xffffffff)
			cpu_raise(c, op, cpu_uses_stack_segment(c, op, gva) ? VEC_SS : VEC_GP, 0);
		return gva;
	}
	at = (u32)(gva - c->segbase[seg]);
	last = at + (u32)n - 1;
	if ((s->rights & (R_CODE | R_DOWN)) == R_DOWN)
		ok = at > s->limit && last >= at && (s->rights & R_BIG || last <= 0xffff);
	else
		ok = last >= at && last <= s->limit;
	if (c->real)
		return ok ? gva : (cpu_raise(c, op, seg == SEG_SS ? VEC_SS : VEC_GP, 0), 0);
	if (!(s->rights & R_PRESENT))
		ok = 0;
	else if ((s->rights & (R_CODE | R_WRITE)) != R_WRITE)
		ok &= !(access & MEM_W) && !cpu_writes_back(c, op) && (s->rights & (R_CODE | R_WRITE)) != R_CODE;
	if (!ok)
		cpu_raise(c, op, seg == SEG_SS ? VEC_SS : VEC_GP, 0);
	return gva;
}

// As op_ea, outside 64-bit mode; imm is the mask of the address size.
const struct op *
op_ea32(struct cpu *c, const struct op *op)
{
	u32 a = (u32)ea(c, op) & (u32)op->imm;
	c->r[GPR_EA] = op->a == SEG_NONE ? a : segment_at(c, op, op->a, a);
	NEXT();
}

// Likewise for operands of up to 1 KiB.
const struct op *
op_ea32_wide(struct cpu *c, const struct op *op)
{
	u64 a = (u32)ea(c, op) & (u32)op->imm;
	u32 linear = (u32)(a + c->segbase[op->a]);
	c->r[GPR_EA] = a + 1024 <= c->segfast[op->a] ? linear : segment_look(c, op, op->a, linear);
	NEXT();
}

// A direct branch whose target lies behind the limit of the code segment; imm
// is the operation.
const struct op *
op_branch_beyond(struct cpu *c, const struct op *op)
{
	int size = op->flags & OPF_A16 ? 2 : 4, taken = 1;
	u64 count = reg_get(c, GPR_CX, size);
	switch (op->imm) {
	case OP_JCC:
		taken = flags_cond(c, op->d);
		break;
	case OP_JCXZ:
		taken = !count;
		break;
	case OP_CALL:  // the stack's fault comes first
		access_probe(c, op, stack_at(c, op, c->r[GPR_SP] - op->size), op->size, MEM_W);
		break;
	case OP_LOOP:
		taken = count != 1;
		break;
	case OP_LOOPE:
		taken = count != 1 && flags_zf(c);
		break;
	case OP_LOOPNE:
		taken = count != 1 && !flags_zf(c);
		break;
	}
	if (taken)
		cpu_raise(c, op, VEC_GP, 0);
	if (op->imm == OP_LOOP || op->imm == OP_LOOPE || op->imm == OP_LOOPNE)
		reg_set(c, GPR_CX, size, count - 1);
	GO(op + 1);
}
