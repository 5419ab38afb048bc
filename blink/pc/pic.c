// pic.c: two cascaded 8259A interrupt controllers at 20h and a0h, with the
// edge/level registers of EISA machines at 4d0h.
//
// Source: Intel 8259A data sheet. As on machines with 4d0h, ICW1's level bit
// is ignored, and controllers run in 8086 mode whatever ICW4 says.
#include "pc/device.h"

enum { ICW1_NEEDS_ICW4 = 1, ICW1_SINGLE = 2, ICW4_AUTO_EOI = 2, ICW4_NESTED = 16 };

static void
pic_reset(struct pc *pc)
{
	u8 lines[2] = { pc->pic.chip[0].lines, pc->pic.chip[1].lines };
	int i;
	memset(&pc->pic, 0, sizeof pc->pic);
	for (i = 0; i < 2; i++) {
		pc->pic.chip[i].lines = lines[i];
		pc->pic.chip[i].lowest = 7;
		pc->pic.chip[i].imr = 0xff;
	}
}

static u8
requests(const struct pic8259 *p)
{
	return (u8)((p->latch & ~p->elcr) | (p->lines & p->elcr));
}

// The input that asks for attention: one of higher priority than all in
// service. -1: none
static int
winner(const struct pic8259 *p, int master)
{
	u8 want = requests(p) & (u8)~p->imr, busy = p->isr;
	int i;
	// Then a masked level keeps no other from being served.
	if (p->special_mask)
		busy &= (u8)~p->imr;
	// Inputs of the slave may interrupt each other.
	if (master && p->icw4 & ICW4_NESTED)
		busy &= (u8) ~(1 << IRQ_CASCADE);
	for (i = 1; i <= 8; i++) {
		int n = (p->lowest + i) & 7;
		if (busy & 1 << n)
			return -1;
		if (want & 1 << n)
			return n;
	}
	return -1;
}

// The slave's output is input 2 of the master.
static void
cascade(struct pc *pc)
{
	struct pic8259 *m = &pc->pic.chip[0];
	if (winner(&pc->pic.chip[1], 0) >= 0) {
		if (!(m->lines & 1 << IRQ_CASCADE))
			m->latch |= 1 << IRQ_CASCADE;
		m->lines |= 1 << IRQ_CASCADE;
	} else {
		m->lines &= (u8) ~(1 << IRQ_CASCADE);
		m->latch &= (u8) ~(1 << IRQ_CASCADE);
	}
}

void
pic_line(struct pc *pc, int irq, int level)
{
	struct pic8259 *p = &pc->pic.chip[irq >> 3];
	u8 bit = (u8)(1 << (irq & 7));
	if (level) {
		if (!(p->lines & bit))
			p->latch |= bit;
		p->lines |= bit;
	} else {
		p->lines &= (u8)~bit;
		p->latch &= (u8)~bit;
	}
	cascade(pc);
}

void
pic_pulse(struct pc *pc, int irq)
{
	pc->pic.chip[irq >> 3].latch |= (u8)(1 << (irq & 7));
	cascade(pc);
}

int
pic_pending(const struct pc *pc)
{
	return winner(&pc->pic.chip[0], 1) >= 0;
}

static void
end_of(struct pic8259 *p, int n, int rotate)
{
	p->isr &= (u8) ~(1 << n);
	if (rotate)
		p->lowest = (u8)n;
}

// One INTA cycle: the input served, 7 if the request went away.
static int
acknowledge(struct pic8259 *p, int master)
{
	int n = winner(p, master);
	if (n < 0)
		return 7;
	p->latch &= (u8) ~(1 << n);
	p->isr |= (u8)(1 << n);
	if (p->icw4 & ICW4_AUTO_EOI)
		end_of(p, n, p->rotate_aeoi);
	return n;
}

int
pic_ack(struct pc *pc)
{
	struct pic8259 *m = &pc->pic.chip[0], *s = &pc->pic.chip[1];
	int n;
	if (winner(m, 1) < 0)
		return m->base + 7;
	n = acknowledge(m, 1);
	if (n != IRQ_CASCADE)
		return m->base + n;
	n = s->base + acknowledge(s, 0);
	// Another request of the slave is a new edge.
	m->lines &= (u8) ~(1 << IRQ_CASCADE);
	cascade(pc);
	return n;
}

static void
initialise(struct pic8259 *p, u8 value)
{
	p->icw1 = value;
	p->icw4 = 0;
	p->latch = p->isr = p->imr = 0;
	p->lowest = 7;
	p->read_isr = p->poll = p->special_mask = p->rotate_aeoi = 0;
	p->expect = 2;
}

static int
highest_in_service(const struct pic8259 *p)
{
	u8 isr = p->isr;
	int i;
	// A masked level in special mask mode is not what a plain EOI ends.
	if (p->special_mask)
		isr &= (u8)~p->imr;
	for (i = 1; i <= 8; i++)
		if (isr & 1 << ((p->lowest + i) & 7))
			return (p->lowest + i) & 7;
	return -1;
}

static void
ocw2(struct pic8259 *p, u8 value)
{
	int rotate = value >> 7, specific = value >> 6 & 1, n = value & 7;
	if (value & 0x20) {
		if (!specific)
			n = highest_in_service(p);
		if (n >= 0)
			end_of(p, n, rotate);
	} else if (specific && rotate) {
		p->lowest = (u8)n;
	} else if (!specific) {
		p->rotate_aeoi = (u8)rotate;
	}
}

static void
ocw3(struct pic8259 *p, u8 value)
{
	if (value & 2)
		p->read_isr = value & 1;
	if (value & 0x40)
		p->special_mask = value >> 5 & 1;
	p->poll = value >> 2 & 1;
}

static void
initialisation_word(struct pic8259 *p, u8 value)
{
	switch (p->expect) {
	case 2:
		p->base = value & 0xf8;
		p->expect = p->icw1 & ICW1_SINGLE ? p->icw1 & ICW1_NEEDS_ICW4 ? 4 : 0 : 3;
		break;
	case 3:
		p->expect = p->icw1 & ICW1_NEEDS_ICW4 ? 4 : 0;
		break;
	default:
		p->icw4 = value;
		p->expect = 0;
	}
}

static void
pic_out(struct pc *pc, unsigned port, u8 value)
{
	if (port >= 0x4d0) {
		// Timer, keyboard, cascade, clock and coprocessor are edges for good.
		pc->pic.chip[port & 1].elcr = value & (port & 1 ? 0xde : 0xf8);
	} else {
		struct pic8259 *p = &pc->pic.chip[port >> 7];
		if (port & 1) {
			if (p->expect)
				initialisation_word(p, value);
			else
				p->imr = value;
		} else if (value & 0x10) {
			initialise(p, value);
		} else if (value & 8) {
			ocw3(p, value);
		} else {
			ocw2(p, value);
		}
	}
	cascade(pc);
}

static u8
pic_in(struct pc *pc, unsigned port)
{
	struct pic8259 *p = &pc->pic.chip[port >> 7 & 1];
	if (port >= 0x4d0)
		return pc->pic.chip[port & 1].elcr;
	if (p->poll) {
		int any = winner(p, port < 0x80) >= 0, n = acknowledge(p, port < 0x80);
		p->poll = 0;
		cascade(pc);
		return (u8)(any ? 0x80 | n : n);
	}
	if (port & 1)
		return p->imr;
	return p->read_isr ? p->isr : requests(p);
}

#define CHIP(what, n) \
	REGISTER(what " irr", pic.chip[n].latch), REGISTER(what " isr", pic.chip[n].isr), REGISTER(what " imr", pic.chip[n].imr), \
		REGISTER(what " lines", pic.chip[n].lines), REGISTER(what " base", pic.chip[n].base), REGISTER(what " lowest", pic.chip[n].lowest), \
		REGISTER(what " elcr", pic.chip[n].elcr)
static const struct device_register registers[] = { CHIP("master", 0), CHIP("slave", 1) };
const struct device pic_device = { "pic", pic_reset, pic_in, pic_out, 0, 0, { { 0x20, 0x21 }, { 0xa0, 0xa1 }, { 0x4d0, 0x4d1 } }, registers,
	COUNTOF(registers) };
