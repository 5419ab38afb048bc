// devices_test.c: interrupt controllers, timer, clock and serial port: the
// sequences that drivers make, and the values that the chips give.
#include "machine.h"

// --- 8259A ----------------------------------------------------------------------

static void
pic_setup(u8 icw4)
{
	machine(0, -1, 0);
	out(0x20, 0x11);
	out(0x21, 0x20);
	out(0x21, 4);
	out(0x21, icw4);
	out(0xa0, 0x11);
	out(0xa1, 0x28);
	out(0xa1, 2);
	out(0xa1, icw4);
	out(0x21, 0);
	out(0xa1, 0);
}

static u8
in_service(unsigned port)
{
	out(port, 0x0b);
	return in(port);
}

static u8
requested(unsigned port)
{
	out(port, 0x0a);
	return in(port);
}

static void
pic_priorities(void)
{
	pic_setup(1);
	EQ(pc_interrupt(pc), -1);
	pic_line(pc, 4, 1);
	pic_line(pc, 3, 1);
	EQ(requested(0x20), 0x18);
	EQ(pc_interrupt(pc), 0x23);
	EQ(in_service(0x20), 8);
	EQ(requested(0x20), 0x10);
	// 4 waits for 3; 1 does not.
	EQ(pc_interrupt_pending(pc), 0);
	pic_line(pc, 1, 1);
	EQ(pc_interrupt(pc), 0x21);
	EQ(in_service(0x20), 0x0a);
	out(0x20, 0x20);
	EQ(in_service(0x20), 8);
	out(0x20, 0x63);  // specific
	EQ(in_service(0x20), 0);
	EQ(pc_interrupt(pc), 0x24);
	out(0x20, 0x20);
	// An edge counts once however long the line stays high.
	EQ(pc_interrupt(pc), -1);
	pic_line(pc, 4, 0);
	pic_line(pc, 4, 1);
	EQ(pc_interrupt(pc), 0x24);
	out(0x20, 0x20);
}

static void
pic_masks(void)
{
	pic_setup(1);
	out(0x21, 0xfb);
	EQ(in(0x21), 0xfb);
	pic_line(pc, 4, 1);
	EQ(pc_interrupt(pc), -1);
	EQ(requested(0x20), 0x10);
	out(0x21, 0);
	EQ(pc_interrupt(pc), 0x24);
	// In special mask mode a masked level in service holds back nobody.
	pic_line(pc, 5, 1);
	EQ(pc_interrupt(pc), -1);
	out(0x21, 0x10);
	EQ(pc_interrupt(pc), -1);
	out(0x20, 0x68);
	EQ(pc_interrupt(pc), 0x25);
	out(0x20, 0x48);
	out(0x20, 0x20);
	EQ(in_service(0x20), 0x20);
	out(0x20, 0x20);
	EQ(in_service(0x20), 0);
}

static void
pic_slave(void)
{
	pic_setup(1);
	pic_line(pc, 12, 1);
	EQ(pc_interrupt(pc), 0x2c);
	EQ(in_service(0x20), 4);
	EQ(in_service(0xa0), 0x10);
	// A higher one of the slave waits for the master, unless that nests.
	pic_line(pc, 8, 1);
	EQ(pc_interrupt(pc), -1);
	pic_line(pc, 1, 1);
	EQ(pc_interrupt(pc), 0x21);
	out(0x20, 0x20);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	EQ(pc_interrupt(pc), 0x28);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	EQ(pc_interrupt(pc), -1);
	pic_setup(0x11);
	pic_line(pc, 12, 1);
	EQ(pc_interrupt(pc), 0x2c);
	pic_line(pc, 8, 1);
	EQ(pc_interrupt(pc), 0x28);
	EQ(in_service(0xa0), 0x11);
}

static void
pic_spurious(void)
{
	pic_setup(1);
	pic_line(pc, 5, 1);
	CHECK(pc_interrupt_pending(pc));
	pic_line(pc, 5, 0);
	EQ(pic_ack(pc), 0x27);
	EQ(in_service(0x20), 0);
	// The slave's: the master has input 2 in service.
	pic_line(pc, 10, 1);
	pc->pic.chip[1].latch = pc->pic.chip[1].lines = 0;
	EQ(pic_ack(pc), 0x2f);
	EQ(in_service(0x20), 4);
	EQ(in_service(0xa0), 0);
}

static void
pic_rotation(void)
{
	int i;
	pic_setup(1);
	for (i = 0; i < 8; i++)
		if (i != 2)
			pic_line(pc, i, 1);
	EQ(pc_interrupt(pc), 0x20);
	out(0x20, 0xa0);  // the one served becomes the last
	pic_line(pc, 0, 0);
	pic_line(pc, 0, 1);
	EQ(pc_interrupt(pc), 0x21);
	out(0x20, 0xe1);  // specific, rotating
	out(0x20, 0xc5);  // 5 is the lowest: 6 comes first
	EQ(pc_interrupt(pc), 0x26);
	out(0x20, 0x20);
	EQ(pc_interrupt(pc), 0x27);
	out(0x20, 0x20);
	EQ(pc_interrupt(pc), 0x20);
	out(0x20, 0x20);
}

static void
pic_others(void)
{
	// Automatic end of interrupt
	pic_setup(3);
	pic_line(pc, 6, 1);
	EQ(pc_interrupt(pc), 0x26);
	EQ(in_service(0x20), 0);
	// Poll: acknowledges
	pic_setup(1);
	out(0x20, 0x0c);
	EQ(in(0x20) & 0x80, 0);
	pic_line(pc, 6, 1);
	out(0x20, 0x0c);
	EQ(in(0x20), 0x86);
	EQ(in_service(0x20), 0x40);
	EQ(pc_interrupt(pc), -1);
	// Level: asks again as long as the line is high
	pic_setup(1);
	out(0x4d1, 0x08);
	EQ(in(0x4d1), 0x08);
	pic_line(pc, 11, 1);
	EQ(pc_interrupt(pc), 0x2b);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	EQ(pc_interrupt(pc), 0x2b);
	pic_line(pc, 11, 0);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	EQ(pc_interrupt(pc), -1);
	out(0x4d0, 0xff);
	EQ(in(0x4d0), 0xf8);
	// ICW1 forgets requests and masks.
	pic_setup(1);
	pic_line(pc, 3, 1);
	out(0x21, 0xff);
	out(0x20, 0x11);
	EQ(requested(0x20), 0);
}

// --- 8254 ------------------------------------------------------------------------

static void
ticks(u64 n)
{
	// To the middle of a tick, so that rounding never matters
	static u64 at;
	if (!pc->now)
		at = 0;
	at += n;
	pc_advance(pc, (at * 2 + 1) * (u64)500000000 / PIT_HZ);
}

static u16
counter(int n)
{
	u8 lo;
	out(0x43, (u8)(n << 6));
	lo = in(0x40u + (unsigned)n);
	return (u16)(lo | in(0x40u + (unsigned)n) << 8);
}

static u8
pit_status(int n)
{
	out(0x43, (u8)(0xe0 | 2 << n));
	return in(0x40u + (unsigned)n);
}

static void
pit_setup(u8 control, u16 count)
{
	machine(0, -1, 0);
	out(0x21, 0xfe);
	out(0x20, 0x20);
	ticks(1);
	out(0x61, control >> 6 == 2);
	out(0x43, control);
	out(0x40u + (control >> 6), count & 255);
	out(0x40u + (control >> 6), count >> 8);
	while (pc_interrupt(pc) >= 0)
		out(0x20, 0x20);
}

static void
pit_modes(void)
{
	// Mode 0: high after N + 1 ticks, then counts on from the top
	pit_setup(0x30, 100);
	EQ(pit_status(0) & 0xbf, 0x30);
	ticks(1);
	EQ(counter(0), 100);
	ticks(99);
	EQ(counter(0), 1);
	EQ(pit_status(0), 0x30);
	EQ(pc_interrupt_pending(pc), 0);
	ticks(1);
	EQ(counter(0), 0);
	EQ(pit_status(0), 0xb0);
	EQ(pc_interrupt(pc), 8);
	ticks(1);
	EQ(counter(0), 0xffff);
	EQ(pc_next_event(pc), NEVER);
	// Mode 2: low for the last tick of each period
	pit_setup(0x34, 100);
	ticks(1);
	EQ(counter(0), 100);
	ticks(98);
	EQ(counter(0), 2);
	EQ(pit_status(0), 0xb4);
	ticks(1);
	EQ(counter(0), 1);
	EQ(pit_status(0), 0x34);
	EQ(pc_interrupt_pending(pc), 0);
	ticks(1);
	EQ(counter(0), 100);
	EQ(pc_interrupt(pc), 8);
	// Mode 3: half high, half low, counting by two
	pit_setup(0x36, 101);
	ticks(1);
	EQ(counter(0), 100);
	ticks(1);
	EQ(counter(0), 98);
	ticks(49);
	EQ(pit_status(0), 0xb6);
	EQ(counter(0), 0);
	ticks(1);
	EQ(pit_status(0), 0x36);
	EQ(counter(0), 100);
	ticks(49);
	EQ(counter(0), 2);
	ticks(1);
	EQ(pit_status(0), 0xb6);
	EQ(pc_interrupt(pc), 8);
	// Mode 4: one low tick when the count ends
	pit_setup(0x38, 10);
	ticks(10);
	EQ(pit_status(0), 0xb8);
	ticks(1);
	EQ(pit_status(0), 0x38);
	ticks(1);
	EQ(pit_status(0), 0xb8);
	EQ(pc_interrupt(pc), 8);
}

static void
pit_gates(void)
{
	// Mode 1 on channel 2: the gate triggers.
	pit_setup(0xb2, 50);
	EQ(pit_status(2) & 0x80, 0x80);
	ticks(5);
	EQ(pit_status(2) & 0x80, 0x80);
	out(0x61, 0);
	out(0x61, 1);
	ticks(1);
	EQ(pit_status(2) & 0x80, 0);
	EQ(in(0x61) & 0x20, 0);
	EQ(counter(2), 50);
	ticks(20);
	// A second trigger starts again.
	out(0x61, 0);
	out(0x61, 1);
	ticks(50);
	EQ(pit_status(2) & 0x80, 0);
	ticks(1);
	EQ(in(0x61) & 0x20, 0x20);
	// Mode 0: the gate holds the count.
	pit_setup(0xb0, 50);
	ticks(21);
	EQ(counter(2), 30);
	out(0x61, 0);
	ticks(1000);
	EQ(counter(2), 30);
	out(0x61, 1);
	ticks(10);
	EQ(counter(2), 20);
	EQ(in(0x61) & 0x20, 0);
	ticks(20);
	EQ(in(0x61) & 0x20, 0x20);
	// Mode 2: the gate low makes the output high, and high starts it anew.
	pit_setup(0xb4, 50);
	ticks(50);
	EQ(in(0x61) & 0x20, 0);
	out(0x61, 0);
	EQ(in(0x61) & 0x20, 0x20);
	ticks(7);
	out(0x61, 1);
	ticks(1);
	EQ(counter(2), 50);
	// Mode 5 is mode 4 with a trigger.
	pit_setup(0xba, 10);
	ticks(100);
	EQ(in(0x61) & 0x20, 0x20);
	out(0x61, 0);
	out(0x61, 1);
	ticks(11);
	EQ(in(0x61) & 0x20, 0);
	ticks(1);
	EQ(in(0x61) & 0x20, 0x20);
}

static void
pit_reading(void)
{
	unsigned i, seen = 0;
	// A latched count stays until it is read; status comes before count.
	pit_setup(0x34, 1000);
	ticks(1);
	out(0x43, 0xc2);
	ticks(500);
	EQ(in(0x40), 0xb4);
	EQ(in(0x40), 1000 & 255);
	EQ(in(0x40), 1000 >> 8);
	EQ(counter(0), 500);
	// BCD
	pit_setup(0x35, 0x1000);
	ticks(1);
	EQ(counter(0), 0x1000);
	ticks(1);
	EQ(counter(0), 0x0999);
	ticks(998);
	EQ(counter(0), 0x0001);
	// A count of zero is the largest.
	pit_setup(0x34, 0);
	ticks(2);
	EQ(counter(0), 0xffff);
	// The low byte alone
	pit_setup(0x34, 100);
	out(0x43, 0x14);
	out(0x40, 50);
	ticks(11);
	EQ(in(0x40), 40);
	EQ(in(0x40), 40);
	// A new count in mode 2 begins with the next period.
	pit_setup(0x34, 100);
	ticks(50);
	out(0x40, 200);
	out(0x40, 0);
	EQ(pit_status(0) & 0x40, 0x40);
	EQ(counter(0), 51);
	ticks(51);
	EQ(counter(0), 200);
	EQ(pit_status(0) & 0x40, 0);
	// Control words without a count: null count
	out(0x43, 0x34);
	EQ(pit_status(0), 0xf4);
	// Memory refresh toggles.
	for (i = 0; i < 1000; i++) {
		seen |= 1u << (in(0x61) >> 4 & 1);
		ticks(1);
	}
	EQ(seen, 3);
}

static void
pit_rate(void)
{
	int n = 0;
	u64 next;
	// The BIOS's 18.2 Hz: an hour has 65543 of them.
	machine(0, -1, 0);
	out(0x21, 0xfe);
	while ((next = pc_next_event(pc)) < (u64)3600 * NS_PER_S) {
		pc_advance(pc, next);
		if (pc_interrupt(pc) >= 0) {
			n++;
			out(0x20, 0x20);
		}
	}
	EQ(n, 65543);
}

// --- MC146818 -----------------------------------------------------------------------

static u8
cmos(u8 reg)
{
	out(0x70, reg);
	return in(0x71);
}

static void
set_cmos(u8 reg, u8 value)
{
	out(0x70, reg);
	out(0x71, value);
}

static void
rtc_time(void)
{
	machine(0, -1, 0);
	EQ(cmos(RTC_YEAR), 0);
	EQ(cmos(CMOS_CENTURY), 0x20);
	EQ(cmos(RTC_WEEKDAY), 7);
	EQ(cmos(RTC_D), 0x80);
	later((u64)59 * NS_PER_S);
	EQ(cmos(RTC_SECOND), 0x59);
	later(NS_PER_S);
	EQ(cmos(RTC_SECOND), 0);
	EQ(cmos(RTC_MINUTE), 1);
	// 29 February 2000, 23:59:59, a Tuesday
	set_cmos(RTC_B, 0x82);
	set_cmos(RTC_SECOND, 0x59);
	set_cmos(RTC_MINUTE, 0x59);
	set_cmos(RTC_HOUR, 0x23);
	set_cmos(RTC_WEEKDAY, 3);
	set_cmos(RTC_DAY, 0x28);
	set_cmos(RTC_MONTH, 2);
	later((u64)5 * NS_PER_S);
	EQ(cmos(RTC_SECOND), 0x59);
	EQ(cmos(RTC_A) & 0x80, 0);
	set_cmos(RTC_B, 2);
	later(NS_PER_S);
	EQ(cmos(RTC_SECOND), 0);
	EQ(cmos(RTC_HOUR), 0);
	EQ(cmos(RTC_DAY), 0x29);
	EQ(cmos(RTC_WEEKDAY), 4);
	later((u64)86400 * NS_PER_S);
	EQ(cmos(RTC_DAY), 1);
	EQ(cmos(RTC_MONTH), 3);
	// 31 December 1999
	set_cmos(RTC_DAY, 0x31);
	set_cmos(RTC_MONTH, 0x12);
	set_cmos(RTC_YEAR, 0x99);
	set_cmos(CMOS_CENTURY, 0x19);
	later((u64)86400 * NS_PER_S);
	EQ(cmos(RTC_YEAR), 0);
	EQ(cmos(CMOS_CENTURY), 0x20);
	// Binary and 12 hours
	set_cmos(RTC_B, 4);
	set_cmos(RTC_HOUR, 0x80 | 11);
	set_cmos(RTC_MINUTE, 59);
	set_cmos(RTC_SECOND, 59);
	later(NS_PER_S);
	EQ(cmos(RTC_HOUR), 12);
	later((u64)3600 * NS_PER_S);
	EQ(cmos(RTC_HOUR), 1);
	later((u64)11 * 3600 * NS_PER_S);
	EQ(cmos(RTC_HOUR), 0x80 | 12);
}

static void
rtc_interrupts(void)
{
	int n = 0, i;
	machine(0, -1, 0);
	out(0xa1, 0xfe);
	out(0x21, 0xfb);
	// Update in progress: for the last 2228 us of a second
	later((u64)997 * MS);
	EQ(cmos(RTC_A), 0x26);
	later(MS);
	EQ(cmos(RTC_A), 0xa6);
	later(2 * MS);
	EQ(cmos(RTC_A), 0x26);
	// Flags come without interrupts too; reading clears them.
	EQ(cmos(RTC_C) & 0x70, 0x50);
	EQ(cmos(RTC_C), 0);
	EQ(pc_interrupt(pc), -1);
	// 1024 Hz
	set_cmos(RTC_B, 0x42);
	while (pc->now < (u64)2000 * MS) {
		pc_advance(pc, pc_next_event(pc));
		if (pc_interrupt(pc) == 0x70) {
			n++;
			CHECK(cmos(RTC_C) & 0xc0);
			out(0xa0, 0x20);
			out(0x20, 0x20);
		}
	}
	CHECK(n >= 1023 && n <= 1025);
	// Update
	set_cmos(RTC_B, 0x12);
	cmos(RTC_C);
	EQ(pc_next_event(pc) < pc->now + NS_PER_S + 1, 1);
	later(NS_PER_S);
	EQ(pc_interrupt(pc), 0x70);
	out(0xa0, 0x20);
	out(0x20, 0x20);
	later(NS_PER_S);
	EQ(pc_interrupt(pc), -1);  // not read: no new edge
	EQ(cmos(RTC_C) & 0x90, 0x90);
	// An alarm in ten seconds, any minute and hour
	set_cmos(RTC_B, 0x22);
	set_cmos(RTC_SECOND, 0);
	set_cmos(RTC_SECOND + 1, 0x10);
	set_cmos(RTC_MINUTE + 1, 0xff);
	set_cmos(RTC_HOUR + 1, 0xc0);
	cmos(RTC_C);
	for (i = 1; i <= 10; i++) {
		later(NS_PER_S);
		EQ(pc_interrupt_pending(pc), i == 10);
	}
	EQ(cmos(RTC_C) & 0xb0, 0xb0);
	// Memory keeps what is written.
	set_cmos(0x40, 0x5a);
	EQ(cmos(0x40), 0x5a);
	EQ(cmos(0x15) | cmos(0x16) << 8, 640);
	EQ(cmos(0x30) | cmos(0x31) << 8, RAM_SIZE / 1024 - 1024);
	EQ(cmos(0x34) | cmos(0x35) << 8, (RAM_SIZE >> 16) - 256);
}

// --- 16550A ------------------------------------------------------------------------------

enum { COM = 0x3f8, CHARACTER = 12 * 10 * (u64)NS_PER_S / 115200 };

static void
uart_registers(void)
{
	machine(0, -1, 0);
	out(0x21, 0xef);
	EQ(in(COM + 5), 0x60);
	EQ(in(COM + 6), 0xb0);
	out(COM + 7, 0x5a);
	EQ(in(COM + 7), 0x5a);
	out(COM + 3, 0x83);
	out(COM, 1);
	out(COM + 1, 0);
	EQ(in(COM), 1);
	out(COM + 3, 3);
	EQ(in(COM + 1), 0);
	EQ(in(COM + 2), 1);
	out(COM + 2, 1);
	EQ(in(COM + 2), 0xc1);
	// Upper bits of IER and MCR are not there.
	out(COM + 1, 0xf0);
	EQ(in(COM + 1), 0);
	out(COM + 4, 0xe0);
	EQ(in(COM + 4), 0);
}

static void
uart_loopback(void)
{
	int i;
	machine(0, -1, 0);
	out(COM + 2, 7);
	out(COM + 3, 3);
	out(COM + 4, 0x1a);  // RTS and OUT2 come back as CTS and DCD
	EQ(in(COM + 6) & 0xf0, 0x90);
	out(COM + 4, 0x15);
	EQ(in(COM + 6) & 0xf0, 0x60);
	out(COM + 4, 0x10);
	EQ(in(COM + 6), 0x06);  // DSR changed, RI ended
	EQ(in(COM + 6), 0);
	// The transmitter passes the first on at once, and has sent it ten bits later.
	EQ(in(COM + 5), 0x60);
	out(COM, 0xae);
	EQ(in(COM + 5), 0x20);
	later(CHARACTER - 1);
	EQ(in(COM + 5), 0x20);
	later(1);
	EQ(in(COM + 5), 0x61);
	EQ(in(COM), 0xae);
	EQ(in(COM + 5), 0x60);
	for (i = 0; i < 17; i++)
		out(COM, (u8)i);
	EQ(in(COM + 5), 0);
	later(16 * CHARACTER);
	EQ(in(COM + 5), 0x21);
	later(CHARACTER);
	EQ(in(COM + 5), 0x63);
	EQ(in(COM + 5), 0x61);
	for (i = 0; i < 16; i++)
		EQ(in(COM), i);
	EQ(in(COM + 5), 0x60);
	// Five bits and a break
	out(COM + 3, 0);
	out(COM, 0xff);
	later(CHARACTER);
	EQ(in(COM), 0x1f);
	out(COM + 3, 0x43);
	EQ(in(COM + 5), 0x79);
	EQ(in(COM), 0);
}

static void
uart_interrupts(void)
{
	int i;
	machine(0, -1, 0);
	out(0x21, 0xef);
	out(COM + 3, 0x83);
	out(COM, 12);
	out(COM + 1, 0);
	out(COM + 3, 3);
	out(COM + 2, 0x87);  // trigger at 8
	out(COM + 4, 0x0b);
	out(COM + 1, 1);
	EQ(uart_outside(pc, (const u8 *)"\0\1\2\3\4\5\6\7", 8), 8);
	for (i = 0; i < 6; i++)
		later(CHARACTER);
	EQ(pc_interrupt(pc), -1);
	later(CHARACTER);
	EQ(pc_interrupt(pc), 0x0c);
	EQ(in(COM + 2), 0xc4);
	EQ(in(COM), 0);
	EQ(in(COM + 2), 0xc1);
	out(0x20, 0x20);
	// Four characters at 9600 later the rest is reported.
	pc_advance(pc, pc_next_event(pc) - 1);
	EQ(in(COM + 2), 0xc1);
	later(1);
	EQ(in(COM + 2), 0xcc);
	EQ(pc_interrupt(pc), 0x0c);
	out(0x20, 0x20);
	for (i = 1; i < 8; i++)
		EQ(in(COM), i);
	EQ(in(COM + 2), 0xc1);
	// The transmitter, empty when asked about; identifying it ends it.
	out(COM + 1, 2);
	EQ(pc_interrupt(pc), 0x0c);
	EQ(in(COM + 2), 0xc2);
	EQ(in(COM + 2), 0xc1);
	out(0x20, 0x20);
	// Without OUT2 nothing reaches the controller.
	out(COM + 4, 3);
	out(COM + 1, 0);
	out(COM + 1, 2);
	EQ(in(COM + 2), 0xc2);
	EQ(pc_interrupt(pc), -1);
}

// --- ports -----------------------------------------------------------------------------------

static void
ports(void)
{
	machine(0, -1, 0);
	EQ(pc_in(pc, 0x300, 1), 0xff);
	EQ(pc_in(pc, 0x300, 4), 0xffffffff);
	EQ(pc_in(pc, 0xe9, 1), 0xe9);
	EQ(pc_in(pc, 0xffff, 4) >> 24, 0xff);
	// Wider accesses are bytes at ports in a row.
	pc_out(pc, 0x3d4, 2, 0x340f);
	EQ(in(0x3d4), 0x0f);
	EQ(pc_in(pc, 0x3d4, 2), 0x340f);
	EQ(pc_exit_status(pc), -1);
	out(0xf4, 0x21);
	EQ(pc_exit_status(pc), 0x43);
	EQ(pc_a20(pc), 1);
	out(0x92, 0);
	EQ(pc_a20(pc), 0);
	EQ(in(0x92), 0);
	out(0x92, 2);
	EQ(pc_a20(pc), 1);
	EQ(pc_reset_asked(pc), 0);
	out(0x92, 3);
	EQ(pc_reset_asked(pc), 1);
}

// --- what a debugger is shown ------------------------------------------------------------------

static u64
shown(const char *device, const char *name, int index)
{
	struct pc_register r;
	unsigned n;
	for (n = 0; pc_register(pc, n, &r); n++)
		if (!strcmp(r.device, device) && !strcmp(r.name, name) && r.index == index)
			return r.value;
	CHECK(!"such a register");
	return ~0ull;
}

static void
registers(void)
{
	static struct pc before;
	struct pc_register r, other;
	unsigned n, k, all = 0;
	machine(0, -1, 0);
	out(0x21, 0xb5);
	out(0x70, 0x0b);
	out(0x3d4, 0x0e);
	out(0x3d5, 0x12);
	out(COM + 7, 0x77);
	out(0x80, 0x99);
	// A look at MSR ends nothing.
	out(COM + 4, 0x1f);
	out(COM, 'x');
	later(MS);
	out(COM + 4, 0x10);
	before = *pc;
	EQ(shown("pic", "master imr", -1), 0xb5);
	EQ(shown("pic", "slave base", -1), 0x70);
	EQ(shown("rtc", "cmos", 0x0b), 2);
	EQ(shown("rtc", "index", -1), 0x0b);
	EQ(shown("vga", "crtc", 0x0e), 0x12);
	EQ(shown("com1", "scr", -1), 0x77);
	EQ(shown("com1", "lsr", -1), 0x61);
	EQ(shown("com1", "msr", -1), 0x0f);
	EQ(shown("post", "page", 0), 0x99);
	EQ(shown("port92", "port", -1), 2);
	EQ(shown("keyboard", "status", -1), 0x14);
	EQ(shown("pit", "control0", -1), 0x36);
	EQ(shown("pit", "output", 2), 1);
	k = (unsigned)shown("pit", "count", 0);
	EQ(memcmp(&before, pc, sizeof before), 0);
	EQ(k, counter(0));
	// No two have one name.
	for (n = 0; pc_register(pc, n, &r); n++, all++)
		for (k = 0; k < n && n < 300; k++) {
			pc_register(pc, k, &other);
			CHECK(strcmp(r.device, other.device) || strcmp(r.name, other.name) || r.index != other.index);
		}
	CHECK(all > 900);
}

int
main(void)
{
	pic_priorities();
	pic_masks();
	pic_slave();
	pic_spurious();
	pic_rotation();
	pic_others();
	pit_modes();
	pit_gates();
	pit_reading();
	pit_rate();
	rtc_time();
	rtc_interrupts();
	uart_registers();
	uart_loopback();
	uart_interrupts();
	ports();
	registers();
	return finish_test(0);
}
