// uart.c: 16550A serial port COM1 at 3f8h.
//
// Source: National PC16550D data sheet. What is sent reaches the listener at
// once, also when the guest does not wait for the transmitter, but that is busy
// for as long as the divisor says. Bytes from outside come at the same pace, when
// DTR or RTS shows that somebody is there and only while there is room for them.
#include "pc/device.h"

enum { IER_RX = 1, IER_TX = 2, IER_LINE = 4, IER_MODEM = 8 };
enum { LSR_DATA = 1, LSR_OVERRUN = 2, LSR_FRAMING = 8, LSR_BREAK = 16, LSR_THRE = 32, LSR_IDLE = 64, LSR_ERRORS = 0x1e };
enum { LCR_BREAK = 64, LCR_DLAB = 128, MCR_READY = 3, MCR_LOOP = 16 };

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
	// A pending timeout shows also when the FIFO has reached its trigger.
	if (u->ier & IER_RX && u->fcr & 1 && u->nfifo && u->timeout <= pc->now)
		return 12;
	if (u->ier & IER_RX && u->nfifo >= trigger(u))
		return 4;
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

// Start bit, data, parity and stop bits
static u64
character_time(const struct uart *u)
{
	unsigned divisor = u->dll | u->dlm << 8, bits = 7u + (u->lcr & 3) + (u->lcr >> 2 & 1) + (u->lcr >> 3 & 1);
	return (u64)(divisor ? divisor : 65536) * bits * NS_PER_S / 115200;
}

static unsigned
fifo_size(const struct uart *u)
{
	return u->fcr & 1 ? sizeof u->fifo : 1;
}

static void
into_fifo(struct pc *pc, u8 byte)
{
	struct uart *u = &pc->uart;
	unsigned size = fifo_size(u);
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

// Modem inputs: a terminal that is always there, or MCR's outputs in loopback
static void
modem(struct pc *pc)
{
	struct uart *u = &pc->uart;
	u8 m = u->mcr, now, was = u->msr & 0xf0;
	now = (u8)(m & MCR_LOOP ? (m & 2) << 3 | (m & 1) << 5 | (m & 0xc) << 4 : 0xb0);
	u->msr = (u8)(now | (u->msr & 15) | ((now ^ was) >> 4 & 0xb) | (was & ~now & 0x40) >> 4);
}

static void
uart_reset(struct pc *pc)
{
	struct uart *u = &pc->uart;
	memset(u, 0, sizeof *u);
	u->thre_seen = 1;
	u->msr = 0xb0;
	u->dll = 12;
	update(pc);
}

// --- the line ---------------------------------------------------------------------

// When the holding register is empty: the last character is being shifted out.
static u64
holding_until(const struct uart *u)
{
	u64 t = character_time(u);
	return u->sent > t ? u->sent - t : 0;
}

// Characters in loopback arrive when they have been sent; the last of them with
// the transmitter empty.
static u64
loop_next(const struct uart *u)
{
	u64 t = (u->nloop - 1u) * character_time(u);
	return !u->nloop ? NEVER : u->sent > t ? u->sent - t : 0;
}

static u64
outside_next(const struct uart *u)
{
	return u->noutside && u->nfifo < fifo_size(u) && u->mcr & MCR_READY && !(u->mcr & MCR_LOOP) ? u->arrives : NEVER;
}

static void
uart_advance(struct pc *pc)
{
	struct uart *u = &pc->uart;
	static const u8 bits[] = { 0x1f, 0x3f, 0x7f, 0xff };
	if (!u->thre_seen && holding_until(u) <= pc->now)
		u->thre = u->thre_seen = 1;
	while (loop_next(u) <= pc->now)
		into_fifo(pc, queue_take(u->loop, &u->nloop) & bits[u->lcr & 3]);
	while (outside_next(u) <= pc->now) {
		u->arrives = pc->now + character_time(u);
		into_fifo(pc, queue_take(u->outside, &u->noutside) & bits[u->lcr & 3]);
	}
	update(pc);
}

static u64
uart_next(const struct pc *pc)
{
	const struct uart *u = &pc->uart;
	u64 next = u->nfifo && u->ier & IER_RX && u->timeout > pc->now ? u->timeout : NEVER;
	if (!u->thre_seen && u->ier & IER_TX)
		next = min_u64(next, holding_until(u));
	next = min_u64(next, loop_next(u));
	return min_u64(next, outside_next(u));
}

size_t
uart_outside(struct pc *pc, const u8 *bytes, size_t n)
{
	struct uart *u = &pc->uart;
	size_t taken = 0;
	while (taken < n && u->noutside < sizeof u->outside)
		u->outside[u->noutside++] = bytes[taken++];
	uart_advance(pc);
	return taken;
}

static void
transmit(struct pc *pc, u8 byte)
{
	struct uart *u = &pc->uart;
	u64 t = character_time(u), most = pc->now + (fifo_size(u) + 1) * t;
	u->sent = min_u64(max_u64(u->sent, pc->now) + t, most);
	u->thre = 0;
	u->thre_seen = 0;
	if (u->mcr & MCR_LOOP) {
		if (u->nloop < sizeof u->loop)
			u->loop[u->nloop++] = byte;
	} else if (!pc->screen.on) {
		char c = (char)byte;
		screen_put(pc, &c, 1);
	}
	uart_advance(pc);
}

// --- registers ----------------------------------------------------------------------

static u8
received(struct pc *pc)
{
	struct uart *u = &pc->uart;
	u8 byte = u->fifo[0];
	if (u->nfifo) {
		queue_take(u->fifo, &u->nfifo);
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
	// A transmitter that is emptied still sends what it has begun.
	if (value & 4) {
		u->sent = min_u64(u->sent, pc->now + character_time(u));
		u->nloop = u->nloop ? 1 : 0;
	}
}

static u8
line_status(const struct pc *pc)
{
	const struct uart *u = &pc->uart;
	return (u8)(u->lsr | (holding_until(u) <= pc->now ? LSR_THRE : 0) | (u->sent <= pc->now ? LSR_IDLE : 0));
}

static u8
uart_in(struct pc *pc, unsigned port)
{
	struct uart *u = &pc->uart;
	u8 x = 0xff;
	switch (port & 7) {
	case 0:
		x = u->lcr & LCR_DLAB ? u->dll : received(pc);
		break;
	case 1:
		x = u->lcr & LCR_DLAB ? u->dlm : u->ier;
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
		x = line_status(pc);
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

static void
uart_out(struct pc *pc, unsigned port, u8 value)
{
	struct uart *u = &pc->uart;
	switch (port & 7) {
	case 0:
		if (u->lcr & LCR_DLAB)
			u->dll = value;
		else
			transmit(pc, value);
		break;
	case 1:
		if (u->lcr & LCR_DLAB) {
			u->dlm = value;
		} else {
			// Asking for it reports a transmitter that is empty already.
			if (value & ~u->ier & IER_TX && line_status(pc) & LSR_THRE)
				u->thre = 1;
			u->ier = value & 15;
		}
		break;
	case 2:
		fifo_control(pc, value);
		break;
	case 3:
		if (value & ~u->lcr & LCR_BREAK && u->mcr & MCR_LOOP) {
			u->lsr |= LSR_BREAK | LSR_FRAMING;
			into_fifo(pc, 0);
		}
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

static u64
line_shown(const struct pc *pc, unsigned i)
{
	return line_status(pc);
}

static u64
identified_shown(const struct pc *pc, unsigned i)
{
	return identify(pc) | (pc->uart.fcr & 1 ? 0xc0u : 0);
}

static const struct device_register registers[] = { REGISTER("ier", uart.ier), REGISTERS_BY("iir", 1, identified_shown), REGISTER("fcr", uart.fcr),
	REGISTER("lcr", uart.lcr), REGISTER("mcr", uart.mcr), REGISTERS_BY("lsr", 1, line_shown), REGISTER("msr", uart.msr),
	REGISTER("scr", uart.scr), REGISTER("dll", uart.dll), REGISTER("dlm", uart.dlm), REGISTER("received", uart.nfifo) };
const struct device uart_device = { "com1", uart_reset, uart_in, uart_out, uart_advance, uart_next, { { 0x3f8, 0x3ff } }, registers,
	COUNTOF(registers) };
