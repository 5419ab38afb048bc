// segment_tiny.c: the segments of 64-bit code, for builds that know no other:
// only selectors count. See segment.c.
#include <stdio.h>
#include "cpu/int.h"

// What user code finds in the GDT of 64-bit Linux: by selector >> 3
static const struct { u8 index; u32 rights; } gdt[] = {
	{4, 0xcffb00}, {5, 0xcff300}, {6, 0xaffb00}, {15, 0x40f500}
};

int
segment_of(const struct cpu *c, u32 sel, struct segment *s)
{
	size_t i;
	s->base = 0;
	s->limit = sel >> 3 == 15 ? c->tid : 0xffffffff;
	for (i = 0; i < COUNTOF(gdt); ++i)
		if (sel >> 2 == (u32)gdt[i].index << 1) {
			s->rights = gdt[i].rights;
			return 1;
		}
	return 0;
}

u32
cpu_load_segment(struct cpu *c, int seg, u32 sel)
{
	struct segment s;
	sel &= 0xffff;
	if (seg == SEG_SS ? sel != 0x2b : sel > 3 && !segment_of(c, sel, &s))
		return VEC_GP << 16 | (sel & 0xfffc);
	c->sel[seg] = (u16)sel;
	c->segbase[seg] = 0;
	return 0;
}

u32
code_check(struct cpu *c, u32 sel, u64 ip, struct segment *s)
{
	sel &= 0xffff;
	if (sel == 0x23 || sel == 0x20)
		fputs("blink: unsupported: 32-bit code in a tiny build; use another one\n", stderr);
	if ((sel | 3) != 0x33)
		return VEC_GP << 16 | (sel & 0xfffc);
	return (u64)((i64)ip >> 47) + 1 > 1 ? VEC_GP << 16 : 0;
}

void
code_load(struct cpu *c, u32 sel, const struct segment *s)
{
	c->sel[SEG_CS] = (u16)(sel | 3);
}

u32
cpu_return(struct cpu *c, u32 cs, u32 ss)
{
	struct segment s;
	u32 bad = code_check(c, cs, 0, &s);
	return bad ? bad : cpu_load_segment(c, SEG_SS, ss);
}

void
cpu_enter_64(struct cpu *c)
{
	c->sel[SEG_CS] = 0x33;
}
