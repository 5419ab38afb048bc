// bios.c: the way into BIOS services, and the small ones among them: 08h, 11h,
// 12h, 14h, 17h, 18h, 19h, 1Ah, 70h.
#include "pc/bios.h"

void
bios_segment(struct pc *pc, int seg, u16 selector)
{
	// Whoever gets here in protected mode has no use for a paragraph.
	if (pc->cpu->real)
		cpu_load_segment(pc->cpu, seg, selector);
}

void
bios_flag(struct pc *pc, u16 flag, int on)
{
	u64 image = (u32)(pc->cpu->segbase[SEG_SS] + (u16)(reg16(pc, GPR_SP) + 4));
	u16 flags = get16(pc, image);
	put16(pc, image, (u16)(on ? flags | flag : flags & ~flag));
}

int
bios_wait(struct pc *pc, struct bios_wait *w, u64 ns)
{
	u32 stack = (u32)at(pc, SEG_SS, GPR_SP);
	if (!w->until || w->stack != stack) {
		w->stack = stack;
		w->until = pc->now + ns + 1;
	}
	if (w->until > pc->now)
		return 1;
	w->until = 0;
	return 0;
}

// --- 08h: the timer ------------------------------------------------------------------

enum { TICKS_A_DAY = 0x1800b0 };

static void
int08(struct pc *pc)
{
	u32 ticks = bda32(pc, BDA_TICKS) + 1;
	u8 motor = bda8(pc, BDA_MOTOR_TICKS);
	if (ticks >= TICKS_A_DAY) {
		ticks = 0;
		set_bda8(pc, BDA_MIDNIGHT, 1);
	}
	set_bda32(pc, BDA_TICKS, ticks);
	// The floppies' motors
	if (motor)
		set_bda8(pc, BDA_MOTOR_TICKS, motor - 1);
	if (motor == 1)
		bda_bits(pc, BDA_MOTORS, 0x0f, 0);
}

// --- 14h: serial port ------------------------------------------------------------------

enum { COM1 = 0x3f8, LSR_THRE = 32 };

enum bios_result
bios_int14(struct pc *pc)
{
	static const u16 divisors[] = { 1047, 768, 384, 192, 96, 48, 24, 12 };
	u8 al = low(pc, GPR_AX), status;
	if (reg16(pc, GPR_DX))
		return BIOS_DONE;
	switch (high(pc, GPR_AX)) {
	case 0:
		pc_out(pc, COM1 + 3, 1, 0x80);
		pc_out(pc, COM1, 1, divisors[al >> 5] & 255);
		pc_out(pc, COM1 + 1, 1, divisors[al >> 5] >> 8);
		pc_out(pc, COM1 + 3, 1, al & 31);
		pc_out(pc, COM1 + 1, 1, 0);
		break;
	case 1:
		pc_out(pc, COM1 + 4, 1, 3);
		status = (u8)pc_in(pc, COM1 + 5, 1);
		if (!(status & LSR_THRE))
			return BIOS_WAIT;
		pc_out(pc, COM1, 1, al);
		set_high(pc, GPR_AX, status);
		return BIOS_DONE;
	case 2:
		pc_out(pc, COM1 + 4, 1, 1);
		if (!(pc->uart.lsr & 1) && bios_wait(pc, &pc->bios.serial, bda8(pc, BDA_SERIAL_WAIT) * (u64)NS_PER_S))
			return BIOS_WAIT;
		pc->bios.serial.until = 0;
		status = (u8)pc_in(pc, COM1 + 5, 1);
		// Nothing there: timed out
		if (status & 1)
			set_low(pc, GPR_AX, (u8)pc_in(pc, COM1, 1));
		set_high(pc, GPR_AX, status & 1 ? status & 0x1e : 0x80);
		return BIOS_DONE;
	case 3:
		break;
	default:
		return BIOS_DONE;
	}
	set_high(pc, GPR_AX, (u8)pc_in(pc, COM1 + 5, 1));
	set_low(pc, GPR_AX, (u8)pc_in(pc, COM1 + 6, 1));
	return BIOS_DONE;
}

// There is no printer.
enum bios_result
bios_int17(struct pc *pc)
{
	if (high(pc, GPR_AX) <= 2)
		set_high(pc, GPR_AX, 1);
	return BIOS_DONE;
}

// --- 1Ah: time ---------------------------------------------------------------------------

static u8
bcd(unsigned x)
{
	return (u8)(x / 10 % 10 << 4 | x % 10);
}

static unsigned
number(u8 x)
{
	return (x >> 4) * 10u + (x & 15);
}

// A time or date register, whose format the guest may have changed
static void
set_clock(struct pc *pc, int reg, u8 x, unsigned last)
{
	unsigned n = number(x);
	rtc_set(pc, reg, n <= last ? n : last);
}

static void
rtc_interrupts(struct pc *pc, u8 clear, u8 set)
{
	u8 index = pc->rtc.index;
	pc_out(pc, 0x70, 1, RTC_B);
	pc_out(pc, 0x71, 1, (pc->rtc.cmos[RTC_B] & (u8)~clear) | set);
	pc->rtc.index = index;
}

static void
time_of_day(struct pc *pc)
{
	set_high(pc, GPR_CX, bcd(rtc_get(pc, RTC_HOUR)));
	set_low(pc, GPR_CX, bcd(rtc_get(pc, RTC_MINUTE)));
	set_high(pc, GPR_DX, bcd(rtc_get(pc, RTC_SECOND)));
	set_low(pc, GPR_DX, pc->rtc.cmos[RTC_B] & 1);
}

static void
date(struct pc *pc)
{
	set_high(pc, GPR_CX, bcd(rtc_get(pc, CMOS_CENTURY)));
	set_low(pc, GPR_CX, bcd(rtc_get(pc, RTC_YEAR)));
	set_high(pc, GPR_DX, bcd(rtc_get(pc, RTC_MONTH)));
	set_low(pc, GPR_DX, bcd(rtc_get(pc, RTC_DAY)));
}

static int
set_alarm(struct pc *pc)
{
	if (pc->rtc.cmos[RTC_B] & 0x20)
		return 1;
	set_clock(pc, RTC_HOUR + 1, high(pc, GPR_CX), 23);
	set_clock(pc, RTC_MINUTE + 1, low(pc, GPR_CX), 59);
	set_clock(pc, RTC_SECOND + 1, high(pc, GPR_DX), 59);
	pc_out(pc, 0xa1, 1, pc_in(pc, 0xa1, 1) & 0xfe);
	rtc_interrupts(pc, 0x80, 0x20);
	return 0;
}

enum bios_result
bios_int1a(struct pc *pc)
{
	rtc_advance(pc);
	switch (high(pc, GPR_AX)) {
	case 0:
		set16(pc, GPR_DX, bda16(pc, BDA_TICKS));
		set16(pc, GPR_CX, bda16(pc, BDA_TICKS + 2));
		set16(pc, GPR_AX, bda8(pc, BDA_MIDNIGHT));
		set_bda8(pc, BDA_MIDNIGHT, 0);
		carry(pc, 0);
		return BIOS_DONE;
	case 1:
		set_bda16(pc, BDA_TICKS, reg16(pc, GPR_DX));
		set_bda16(pc, BDA_TICKS + 2, reg16(pc, GPR_CX));
		set_bda8(pc, BDA_MIDNIGHT, 0);
		break;
	case 2:
		time_of_day(pc);
		break;
	case 3:
		set_clock(pc, RTC_HOUR, high(pc, GPR_CX), 23);
		set_clock(pc, RTC_MINUTE, low(pc, GPR_CX), 59);
		set_clock(pc, RTC_SECOND, high(pc, GPR_DX), 59);
		rtc_interrupts(pc, 0x81, low(pc, GPR_DX) & 1);
		break;
	case 4:
		date(pc);
		break;
	case 5:
		set_clock(pc, CMOS_CENTURY, high(pc, GPR_CX), 99);
		set_clock(pc, RTC_YEAR, low(pc, GPR_CX), 99);
		set_clock(pc, RTC_MONTH, high(pc, GPR_DX), 12);
		set_clock(pc, RTC_DAY, low(pc, GPR_DX), 31);
		rtc_interrupts(pc, 0x80, 0);
		break;
	case 6:
		set_high(pc, GPR_AX, 0);
		carry(pc, set_alarm(pc));
		return BIOS_DONE;
	case 7:
		rtc_interrupts(pc, 0x20, 0);
		break;
	default:
		// Among them b1h: there is no PCI.
		carry(pc, 1);
		return BIOS_DONE;
	}
	set_high(pc, GPR_AX, 0);
	carry(pc, 0);
	return BIOS_DONE;
}

// The clock's interrupt: AH says whether 4Ah is to be called.
enum bios_result
bios_int70(struct pc *pc)
{
	u8 index = pc->rtc.index, why;
	pc_out(pc, 0x70, 1, RTC_C);
	why = (u8)pc_in(pc, 0x71, 1);
	pc->rtc.index = index;
	set_high(pc, GPR_AX, why & pc->rtc.cmos[RTC_B] & 0x20 ? 1 : 0);
	pc_out(pc, 0xa0, 1, 0x20);
	pc_out(pc, 0x20, 1, 0x20);
	return BIOS_DONE;
}

// --- others --------------------------------------------------------------------------------

// An interrupt that nobody wants: it is noted and ended.
static void
unexpected(struct pc *pc)
{
	u8 master, slave;
	pc_out(pc, 0x20, 1, 0x0b);
	master = (u8)pc_in(pc, 0x20, 1);
	pc_out(pc, 0xa0, 1, 0x0b);
	slave = (u8)pc_in(pc, 0xa0, 1);
	if (slave)
		pc_out(pc, 0xa0, 1, 0x20);
	if (master)
		pc_out(pc, 0x20, 1, 0x20);
	set_bda8(pc, BDA_UNEXPECTED, master ? master : 0xff);
}

static void
no_boot(struct pc *pc)
{
	bios_print(pc, "\r\nNo disk to boot from.\r\n");
	// A script would wait for ever.
	if (!pc->screen.on)
		pc->exit_status = 1;
}

enum bios_result
bios_call(struct pc *pc, unsigned entry)
{
	enum bios_result result = BIOS_DONE;
	switch (entry) {
	case 0x05:
		// The screen, on a printer: there is none.
		set_bda8(pc, BDA_PRINT_SCREEN, 0xff);
		break;
	case 0x08:
		int08(pc);
		break;
	case 0x09:
		return bios_int09(pc);
	case 0x0e:
		bda_bits(pc, BDA_SEEK, 0, 0x80);
		pc_out(pc, 0x20, 1, 0x20);
		break;
	case 0x10:
		return bios_int10(pc);
	case 0x11:
		set16(pc, GPR_AX, bda16(pc, BDA_EQUIPMENT));
		break;
	case 0x12:
		set16(pc, GPR_AX, bda16(pc, BDA_MEMORY));
		break;
	case 0x13: case 0x40:
		return bios_int13(pc);
	case 0x14:
		result = bios_int14(pc);
		break;
	case 0x15:
		result = bios_int15(pc);
		break;
	case 0x16:
		result = bios_int16(pc);
		break;
	case 0x17:
		return bios_int17(pc);
	case 0x18:
		no_boot(pc);
		break;
	case 0x19:
		if (pc_boot(pc))
			no_boot(pc);
		break;
	case 0x1a:
		return bios_int1a(pc);
	case 0x70:
		return bios_int70(pc);
	case 0x76:
		set_bda8(pc, BDA_DISK_DONE, 0xff);
		pc_out(pc, 0xa0, 1, 0x20);
		pc_out(pc, 0x20, 1, 0x20);
		break;
	case ENTRY_IRQ:
		unexpected(pc);
		break;
	case ENTRY_RESET:
		pc->reset_asked = 1;
		break;
	}
	if (result == BIOS_WAIT) {
		pc->cpu->pc -= 3;
		cpu_set_flags(pc->cpu, cpu_get_flags(pc->cpu) | 0x200);
	}
	return result;
}
