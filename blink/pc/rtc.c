// rtc.c: MC146818 real-time clock and CMOS memory at 70h.
//
// Source: Motorola MC146818A data sheet; IBM PC/AT technical reference for
// what CMOS bytes mean. The time registers are kept as the guest reads them,
// in BCD or binary, and count in steps of a second; pc_new sets them.
#include "pc/device.h"

enum { B_SET = 0x80, B_PIE = 0x40, B_AIE = 0x20, B_UIE = 0x10, B_BINARY = 4, B_24H = 2 };
enum { UPDATE_NS = 2228 * NS_PER_US };  // UIP rises 244 us before the update's 1984 us

unsigned
rtc_get(const struct pc *pc, int reg)
{
	const struct rtc *r = &pc->rtc;
	unsigned x = r->cmos[reg], afternoon = 0;
	int hour = reg == RTC_HOUR || reg == RTC_HOUR + 1;
	if (hour && !(r->cmos[RTC_B] & B_24H)) {
		afternoon = x & 0x80;
		x &= 0x7f;
	}
	if (!(r->cmos[RTC_B] & B_BINARY) || reg == CMOS_CENTURY)
		x = (x >> 4) * 10 + (x & 15);
	if (hour && !(r->cmos[RTC_B] & B_24H))
		x = x % 12 + (afternoon ? 12 : 0);
	return x;
}

void
rtc_set(struct pc *pc, int reg, unsigned value)
{
	struct rtc *r = &pc->rtc;
	unsigned afternoon = 0;
	if ((reg == RTC_HOUR || reg == RTC_HOUR + 1) && !(r->cmos[RTC_B] & B_24H)) {
		afternoon = value >= 12 ? 0x80 : 0;
		value = (value + 11) % 12 + 1;
	}
	if (!(r->cmos[RTC_B] & B_BINARY) || reg == CMOS_CENTURY)
		value = value / 10 % 10 << 4 | value % 10;
	r->cmos[reg] = (u8)(value | afternoon);
}

// Adds one; 1 if the register started again at its first value.
static int
advance(struct pc *pc, int reg, unsigned first, unsigned last)
{
	unsigned x = rtc_get(pc, reg);
	rtc_set(pc, reg, x >= last ? first : x + 1);
	return x >= last;
}

static unsigned
days_of(struct pc *pc)
{
	static const u8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned month = rtc_get(pc, RTC_MONTH), year = rtc_get(pc, RTC_YEAR), century = rtc_get(pc, CMOS_CENTURY);
	if (month == 2 && year % 4 == 0 && (year || century % 4 == 0))
		return 29;
	return month >= 1 && month <= 12 ? days[month - 1] : 31;
}

static void
next_second(struct pc *pc)
{
	if (!advance(pc, RTC_SECOND, 0, 59) || !advance(pc, RTC_MINUTE, 0, 59) || !advance(pc, RTC_HOUR, 0, 23))
		return;
	advance(pc, RTC_WEEKDAY, 1, 7);
	if (advance(pc, RTC_DAY, 1, days_of(pc)) && advance(pc, RTC_MONTH, 1, 12) && advance(pc, RTC_YEAR, 0, 99))
		advance(pc, CMOS_CENTURY, 0, 99);
}

static int
alarm_due(const struct rtc *r)
{
	int i;
	// Alarm registers with both high bits set match anything.
	for (i = 0; i <= RTC_HOUR; i += 2)
		if (r->cmos[i + 1] < 0xc0 && r->cmos[i + 1] != r->cmos[i])
			return 0;
	return 1;
}

static int
stopped(const struct rtc *r)
{
	return (r->cmos[RTC_A] & 0x70) > 0x20;
}

static u64
period(const struct rtc *r)
{
	unsigned rate = r->cmos[RTC_A] & 15;
	if (!rate || stopped(r))
		return 0;
	// Rates 1 and 2 are what 8 and 9 are with this crystal.
	return (u64)NS_PER_S * (1u << ((rate < 3 ? rate + 7 : rate) - 1)) / 32768;
}

static void
interrupt(struct pc *pc, u8 flags)
{
	struct rtc *r = &pc->rtc;
	r->cmos[RTC_C] |= flags;
	if (r->cmos[RTC_C] & r->cmos[RTC_B] & 0x70) {
		r->cmos[RTC_C] |= 0x80;
		pic_line(pc, IRQ_RTC, 1);
	} else {
		r->cmos[RTC_C] &= 0x7f;
		pic_line(pc, IRQ_RTC, 0);
	}
}

void
rtc_advance(struct pc *pc)
{
	struct rtc *r = &pc->rtc;
	u8 flags = 0;
	if (r->periodic <= pc->now) {
		u64 step = period(r);
		flags = 0x40;
		r->periodic += ((pc->now - r->periodic) / step + 1) * step;
	}
	while (r->second <= pc->now) {
		r->second += NS_PER_S;
		if (r->cmos[RTC_B] & B_SET)
			continue;
		next_second(pc);
		flags |= 0x10;
		if (alarm_due(r))
			flags |= 0x20;
	}
	if (flags)
		interrupt(pc, flags);
}

static u64
rtc_next(const struct pc *pc)
{
	const struct rtc *r = &pc->rtc;
	u64 next = NEVER;
	if (r->cmos[RTC_B] & (B_AIE | B_UIE))
		next = r->second;
	if (r->cmos[RTC_B] & B_PIE && r->periodic < next)
		next = r->periodic;
	return next;
}

static void
rtc_reset(struct pc *pc)
{
	struct rtc *r = &pc->rtc;
	// The clock runs on; what RESET clears are interrupts.
	r->cmos[RTC_B] &= (u8) ~(B_PIE | B_AIE | B_UIE | 8);
	r->cmos[RTC_C] = 0;
	pic_line(pc, IRQ_RTC, 0);
}

static void
register_a(struct pc *pc, u8 value)
{
	struct rtc *r = &pc->rtc;
	int was = stopped(r);
	u8 rate = r->cmos[RTC_A] & 15;
	r->cmos[RTC_A] = value & 0x7f;
	if (stopped(r))
		r->second = NEVER;
	else if (was)
		r->second = pc->now + NS_PER_S / 2;
	if (!period(r))
		r->periodic = NEVER;
	else if (was || rate != (value & 15) || r->periodic == NEVER)
		r->periodic = (pc->now / period(r) + 1) * period(r);
}

static void
rtc_out(struct pc *pc, unsigned port, u8 value)
{
	struct rtc *r = &pc->rtc;
	rtc_advance(pc);
	if (!(port & 1)) {
		r->index = value & 0x7f;
		return;
	}
	switch (r->index) {
	case RTC_A:
		register_a(pc, value);
		break;
	case RTC_B:
		r->cmos[RTC_B] = value & B_SET ? value & (u8)~B_UIE : value;
		interrupt(pc, 0);
		break;
	case RTC_C:
	case RTC_D:
		break;
	default:
		r->cmos[r->index] = value;
	}
}

static u8
rtc_in(struct pc *pc, unsigned port)
{
	struct rtc *r = &pc->rtc;
	u8 x;
	rtc_advance(pc);
	if (!(port & 1))
		return 0xff;
	x = r->cmos[r->index];
	if (r->index == RTC_A && !(r->cmos[RTC_B] & B_SET) && r->second != NEVER && r->second - pc->now <= UPDATE_NS)
		x |= 0x80;
	if (r->index == RTC_C) {
		r->cmos[RTC_C] = 0;
		pic_line(pc, IRQ_RTC, 0);
	}
	return x;
}

static const struct device_register registers[] = { REGISTER("index", rtc.index), REGISTERS("cmos", rtc.cmos, 128) };
const struct device rtc_device = { "rtc", rtc_reset, rtc_in, rtc_out, rtc_advance, rtc_next, { { 0x70, 0x71 } }, registers, COUNTOF(registers) };
