// uart.c: 16550A serial port COM1 at 3f8h.
//
// Source: National PC16550D data sheet. Bytes leave at once, whatever the
// divisor says, so the transmitter is always empty; bytes that come in below
// the trigger level are reported after four characters' time.
#include "pc/device.h"

enum { IER_RX = 1, IER_TX = 2, IER_LINE = 4, IER_MODEM = 8 };
enum { LSR_DATA = 1, LSR_OVERRUN = 2, LSR_EMPTY = 0x60, LSR_ERRORS = 0x1e };
enum { MCR_LOOP = 0x10 };

static unsigned
trigger(const struct uart *u)
{
	static const u8 level[] = { 1, 4, 8, 14 };
	return u->fcr & 1 ? level[u->fcr >> 6] : 1;
}

// The interrupt that is identified: highest priority first
static u8
identify(const struct pc *pc)
{
	const struct uart *u = &pc->uart;
	if (u->ier & IER_LINE && u->lsr & LSR_ERRORS)
		return 6;
	if (u->ier & IER_RX && u->nfifo >= trigger(u))
		return 4;
	if (u->ier & IER_RX && u->nfifo && u->timeout <= pc->now)
		return 12;
	if (u->ier & IER_TX && u->thre)
		return 2;
	if (u->ier & IER_MODEM && u->msr & 15)
		return 0;
	return 1;
}

static void
update(struct pc *pc)
{
	// OUT2 is the gate of the interrupt on PCs, open in loopback only inside.
	int on = identify(pc) != 1 && (pc->uart.mcr & (8 | MCR_LOOP)) == 8;
	pic_line(pc, IRQ_COM1, on);
}

static u64
character_time(const struct uart *u)
{
	unsigned divisor = u->dll | u->dlm << 8;
	return (u64)(divisor ? divisor : 65536) * 10 * NS_PER_S / 115200;
}

static void
into_fifo(struct pc *pc, u8 byte)
{
	struct uart *u = &pc->uart;
	unsigned size = u->fcr & 1 ? sizeof u->fifo : 1;
	if (u->nfifo < size)
		u->fifo[u->nfifo++] = byte;
	else
		u->lsr |= LSR_OVERRUN;
	// Without FIFO the newcomer wins.
	if (size == 1)
		u->fifo[0] = byte;
	u->lsr |= LSR_DATA;
	u->timeout = pc->now + 4 * character_time(u);
	update(pc);
}

void
uart_receive(struct pc *pc, u8 byte)
{
	if (!(pc->uart.mcr & MCR_LOOP))
		into_fifo(pc, byte);
}

// Modem inputs: a terminal that is always there, or MCR's outputs in loopback
static void
modem(struct pc *pc)
{
	struct uart *u = &pc->uart;
	u8 m = u->mcr, now, was = u->msr & 0xf0;
	now = (u8)(m & MCR_LOOP ? (m & 2) << 3 | (m & 1) << 5 | (m & 0xc) << 4 : 0xb0);
	u->msr = (u8)(now | (u->msr & 15) | ((now ^ was) >> 4 & 0xb) | (was & ~now & 0x40) >> 4);
}

void
uart_reset(struct pc *pc)
{
	struct uart *u = &pc->uart;
	memset(u, 0, sizeof *u);
	u->lsr = LSR_EMPTY;
	u->msr = 0xb0;
	u->dll = 12;
	update(pc);
}

void
uart_advance(struct pc *pc)
{
	if (pc->uart.nfifo)
		update(pc);
}

u64
uart_next(const struct pc *pc)
{
	const struct uart *u = &pc->uart;
	return u->nfifo && u->ier & IER_RX && u->timeout > pc->now ? u->timeout : NEVER;
}

static u8
received(struct pc *pc)
{
	struct uart *u = &pc->uart;
	u8 byte = u->fifo[0];
	if (u->nfifo) {
		u->nfifo--;
		memmove(u->fifo, u->fifo + 1, u->nfifo);
		u->timeout = pc->now + 4 * character_time(u);
		if (!u->nfifo)
			u->lsr &= (u8)~LSR_DATA;
	}
	return byte;
}

static void
fifo_control(struct pc *pc, u8 value)
{
	struct uart *u = &pc->uart;
	if ((u->fcr ^ value) & 1 || value & 2) {
		u->nfifo = 0;
		u->lsr &= (u8)~LSR_DATA;
	}
	u->fcr = value & 1 ? value & 0xc9 : 0;
}

static void
transmit(struct pc *pc, u8 byte)
{
	static const u8 bits[] = { 0x1f, 0x3f, 0x7f, 0xff };
	struct uart *u = &pc->uart;
	u->thre = 1;
	if (u->mcr & MCR_LOOP) {
		into_fifo(pc, byte & bits[u->lcr & 3]);
	} else if (!pc->screen.on) {
		char c = (char)byte;
		screen_put(pc, &c, 1);
	}
}

u8
uart_in(struct pc *pc, unsigned port)
{
	struct uart *u = &pc->uart;
	u8 x = 0xff;
	switch (port & 7) {
	case 0:
		x = u->lcr & 0x80 ? u->dll : received(pc);
		break;
	case 1:
		x = u->lcr & 0x80 ? u->dlm : u->ier;
		break;
	case 2:
		x = identify(pc);
		if (x == 2)
			u->thre = 0;
		x |= u->fcr & 1 ? 0xc0 : 0;
		break;
	case 3:
		x = u->lcr;
		break;
	case 4:
		x = u->mcr;
		break;
	case 5:
		x = u->lsr;
		u->lsr &= (u8)~LSR_ERRORS;
		break;
	case 6:
		x = u->msr;
		u->msr &= 0xf0;
		break;
	case 7:
		x = u->scr;
		break;
	}
	update(pc);
	return x;
}

void
uart_out(struct pc *pc, unsigned port, u8 value)
{
	struct uart *u = &pc->uart;
	switch (port & 7) {
	case 0:
		if (u->lcr & 0x80)
			u->dll = value;
		else
			transmit(pc, value);
		break;
	case 1:
		if (u->lcr & 0x80) {
			u->dlm = value;
		} else {
			// Asking for it reports a transmitter that is empty already.
			if (value & ~u->ier & IER_TX)
				u->thre = 1;
			u->ier = value & 15;
		}
		break;
	case 2:
		fifo_control(pc, value);
		break;
	case 3:
		u->lcr = value;
		break;
	case 4:
		u->mcr = value & 0x1f;
		modem(pc);
		break;
	case 7:
		u->scr = value;
		break;
	}
	update(pc);
}
