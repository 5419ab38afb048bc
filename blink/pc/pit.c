// pit.c: 8254 timer at 40h with its gates and the speaker's at 61h.
//
// Source: Intel 8254 data sheet. A channel is not counted down: it knows when
// its count was loaded, and everything else follows from the time. Channel 0
// interrupts when its output rises, channel 1 only makes the refresh bit of
// port 61h toggle, channel 2 is what the speaker would play.
#include "pc/device.h"

// Ticks begin with a number from which any period can be taken.
enum { FIRST_TICK = 72000 };

static u64
ticks_at(u64 ns)
{
	u64 s = ns / NS_PER_S;
	return FIRST_TICK + s * PIT_HZ + (ns - s * NS_PER_S) * PIT_HZ / NS_PER_S;
}

static u64
ns_at(u64 ticks)
{
	u64 s = (ticks -= FIRST_TICK) / PIT_HZ;
	return s * NS_PER_S + ((ticks - s * PIT_HZ) * NS_PER_S + PIT_HZ - 1) / PIT_HZ;
}

// Periods end after `period` ticks: mode 2 goes on with the count that was
// written meanwhile, mode 3 at the end of either half.
static int
periodic(const struct pit_channel *c)
{
	return c->mode == 2 || c->mode == 3;
}

// How long mode 3's output is high
static u32
high_half(u32 n)
{
	return (n + 1) / 2;
}

static void
settle(struct pit_channel *c, u64 now)
{
	// The gate keeps no count from being loaded but where it is the trigger.
	if (c->period && now >= c->start)
		c->null_count = c->null_count && c->next;
	if (periodic(c) && c->running && c->next && now >= c->reload) {
		c->start = c->reload - ((c->reload - c->start) % c->period ? high_half(c->next) : 0);
		c->period = c->next;
		c->next = 0;
		c->null_count = 0;
	}
}

// Ticks since the count was loaded
static u64
elapsed(const struct pit_channel *c, u64 now)
{
	return c->running ? now > c->start ? now - c->start : 0 : c->held;
}

static int
output(const struct pit_channel *c, u64 now)
{
	u64 d = elapsed(c, now);
	if (periodic(c)) {
		if (!c->running)
			return 1;
		d %= c->period;
		return c->mode == 2 ? d != c->period - 1 : d < high_half(c->period);
	}
	if (!c->period)
		return c->out;
	// A count in modes 0 and 4 may be held by the gate; 1 and 5 wait for it.
	switch (c->mode) {
	case 0:
		return d >= c->period;
	case 1:
		// It falls on the tick that follows the trigger.
		return c->running && now < c->start ? c->out : !c->running || d >= c->period;
	default:
		return !c->running || d != c->period;
	}
}

static u32
to_bcd(u32 x)
{
	return x % 10 | x / 10 % 10 << 4 | x / 100 % 10 << 8 | x / 1000 % 10 << 12;
}

// What the counting element shows
static u16
count(const struct pit_channel *c, u64 now)
{
	u64 d = elapsed(c, now);
	u32 whole = c->bcd ? 10000 : 65536, n = c->period, left;
	if (!n)
		return c->stood;
	if (c->mode == 3) {
		u32 high = high_half(n), k = (u32)(d % n);
		left = (n & ~1u) - 2 * (k < high ? k : k - high);
	} else if (c->mode == 2) {
		left = n - (u32)(d % n);
	} else {
		left = (n + whole - (u32)(d % whole)) % whole;
	}
	left %= whole;
	return (u16)(c->bcd ? to_bcd(left) : left);
}

static void
load(struct pit_channel *c, u32 n, u64 now)
{
	if (c->bcd)
		n = (n >> 12) % 10 * 1000 + (n >> 8 & 15) % 10 * 100 + (n >> 4 & 15) % 10 * 10 + (n & 15) % 10;
	if (!n)
		n = c->bcd ? 10000 : 65536;
	// A count of one is not allowed where the output has to fall and rise.
	if (n == 1 && periodic(c))
		n = 2;
	if (periodic(c) && c->running && now >= c->start) {
		u64 d = (now - c->start) % c->period, high = high_half(c->period);
		c->reload = now - d + (c->mode == 3 && d < high ? high : c->period);
		c->next = n;
		c->null_count = 1;
		return;
	}
	c->held = 0;
	c->next = 0;
	c->null_count = 1;
	if (c->mode == 1 || c->mode == 5) {
		// Loaded by the next trigger
		c->next = n;
		return;
	}
	c->period = n;
	c->start = now + 1;
	c->running = c->gate;
}

// The counting element keeps what it shows until a count is loaded.
static void
stand(struct pit_channel *c, u64 now)
{
	c->stood = count(c, now);
	c->running = 0;
	c->period = 0;
}

static void
control(struct pit_channel *c, u8 value, u64 now)
{
	stand(c, now);
	c->control = value & 63;
	c->access = value >> 4 & 3;
	c->mode = value >> 1 & 7;
	if (c->mode > 5)
		c->mode &= 3;
	c->bcd = value & 1;
	c->write_high = c->read_high = c->latched = c->latched_status = 0;
	c->null_count = 1;
	c->next = c->held = 0;
	c->out = c->mode != 0;
}

static void
set_gate(struct pit_channel *c, u8 gate, u64 now)
{
	u8 was = c->gate, level;
	settle(c, now);
	level = (u8)output(c, now);
	c->gate = gate;
	if (gate == was)
		return;
	if (gate && (c->mode == 1 || c->mode == 5)) {
		if (c->next)
			c->period = c->next;
		c->next = 0;
		if (c->period) {
			c->out = level;
			c->running = 1;
			c->start = now + 1;
		}
	} else if (gate && c->period) {
		// Modes 2 and 3 start anew, 0 and 4 go on.
		if (c->next)
			c->period = c->next;
		c->next = 0;
		c->running = 1;
		c->start = periodic(c) ? now + 1 : now - c->held;
	} else if (!gate && c->mode != 1 && c->mode != 5) {
		c->held = elapsed(c, now);
		c->running = 0;
	}
}

// The two bytes of a count that is held are read low byte first.
static void
latch(struct pit_channel *c, u64 now)
{
	if (c->latched)
		return;
	c->latch = count(c, now);
	c->latched = 1;
	c->read_high = 0;
}

static void
read_back(struct pit *p, u8 value, u64 now)
{
	int i;
	for (i = 0; i < 3; i++) {
		struct pit_channel *c = &p->ch[i];
		if (!(value & 2 << i))
			continue;
		settle(c, now);
		if (!(value & 0x20))
			latch(c, now);
		if (!(value & 0x10) && !c->latched_status) {
			c->status = (u8)(output(c, now) << 7 | c->null_count << 6 | c->control);
			c->latched_status = 1;
		}
	}
}

static void
count_out(struct pit_channel *c, u8 value, u64 now)
{
	settle(c, now);
	if (c->access == 3 && !c->write_high) {
		c->low = value;
		c->write_high = 1;
		if (c->mode == 0) {
			// The first byte of two stops the count.
			stand(c, now);
			c->out = 0;
		}
		return;
	}
	c->write_high = 0;
	load(c, c->access == 3 ? (u32)value << 8 | c->low : c->access == 2 ? (u32)value << 8 : value, now);
}

static u8
count_in(struct pit_channel *c, u64 now)
{
	u16 x;
	int high;
	settle(c, now);
	if (c->latched_status) {
		c->latched_status = 0;
		return c->status;
	}
	x = c->latched ? c->latch : count(c, now);
	high = c->access == 2 || (c->access == 3 && c->read_high);
	if (c->access == 3)
		c->read_high ^= 1;
	if (c->access != 3 || high)
		c->latched = 0;
	return (u8)(high ? x >> 8 : x);
}

// When channel 0's output rises for the first time after tick t
static u64
next_rise(const struct pit_channel *c, u64 t)
{
	u64 at;
	if (!c->running || !c->period)
		return NEVER;
	if (periodic(c)) {
		at = c->start + (t < c->start ? c->period : ((t - c->start) / c->period + 1) * c->period);
		// Loaded when it falls: the low half is one of the new count.
		return c->next && at > c->reload ? c->reload + c->next / 2 : at;
	}
	at = c->start + c->period + (c->mode >= 4);
	return at > t ? at : NEVER;
}

static void
deliver(struct pc *pc, u64 now)
{
	struct pit *p = &pc->pit;
	u64 rise = next_rise(&p->ch[0], p->seen);
	if (rise <= now)
		pic_pulse(pc, IRQ_TIMER);
	p->seen = now;
	settle(&p->ch[0], now);
}

static void
pit_advance(struct pc *pc)
{
	u64 now = ticks_at(pc->now);
	if (now > pc->pit.seen)
		deliver(pc, now);
}

static u64
pit_next(const struct pc *pc)
{
	u64 rise = next_rise(&pc->pit.ch[0], pc->pit.seen);
	return rise == NEVER ? NEVER : ns_at(rise);
}

static void
pit_reset(struct pc *pc)
{
	struct pit *p = &pc->pit;
	u64 now = ticks_at(pc->now);
	int i;
	memset(p, 0, sizeof *p);
	p->seen = now;
	for (i = 0; i < 3; i++)
		p->ch[i].gate = i < 2;
}

static void
pit_out(struct pc *pc, unsigned port, u8 value)
{
	struct pit *p = &pc->pit;
	u64 now = ticks_at(pc->now);
	pit_advance(pc);
	if (port == 0x61) {
		p->port61 = value & 15;
		set_gate(&p->ch[2], value & 1, now);
	} else if (port == 0x43) {
		struct pit_channel *c = &p->ch[(value >> 6) % 3];
		if (value >> 6 == 3) {
			read_back(p, value, now);
		} else if (!(value & 0x30)) {
			settle(c, now);
			latch(c, now);
		} else {
			int was = output(c, now);
			control(c, value, now);
			// The output rises at once with a mode that idles high.
			if (c == &p->ch[0] && !was && c->out)
				pic_pulse(pc, IRQ_TIMER);
		}
	} else {
		count_out(&p->ch[port & 3], value, now);
	}
}

static u8
pit_in(struct pc *pc, unsigned port)
{
	struct pit *p = &pc->pit;
	u64 now = ticks_at(pc->now);
	if (port == 0x61) {
		settle(&p->ch[2], now);
		// Refresh is every 15 microseconds.
		return (u8)(p->port61 | (now / 18 & 1) << 4 | output(&p->ch[2], now) << 5);
	}
	return port == 0x43 ? 0xff : count_in(&p->ch[port & 3], now);
}

static u64
count_shown(const struct pc *pc, unsigned i)
{
	struct pit_channel c = pc->pit.ch[i];
	u64 now = ticks_at(pc->now);
	settle(&c, now);
	return count(&c, now);
}

static u64
output_shown(const struct pc *pc, unsigned i)
{
	return (u64)output(&pc->pit.ch[i], ticks_at(pc->now));
}

static const struct device_register registers[] = { REGISTER("control0", pit.ch[0].control), REGISTER("control1", pit.ch[1].control),
	REGISTER("control2", pit.ch[2].control), REGISTERS_BY("count", 3, count_shown), REGISTERS_BY("output", 3, output_shown),
	REGISTER("port61", pit.port61) };
const struct device pit_device = { "pit", pit_reset, pit_in, pit_out, pit_advance, pit_next, { { 0x40, 0x43 }, { 0x61, 0x61 } }, registers,
	COUNTOF(registers) };
