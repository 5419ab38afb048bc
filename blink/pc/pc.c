// pc.c: the machine as a whole: ports, clock, reset, boot.
#include "pc/device.h"
#include "mem/machine.h"
#include "pc/bios.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOAD_AT = 0x7c00, LOAD_END = 0x9fc00 };

void
pc_set_a20(struct pc *pc, int on)
{
	pc->a20 = (u8)on;
	pc->port92 = (u8)((pc->port92 & ~2) | on << 1);
}

// --- ports that are no device's -----------------------------------------------------

// Fast A20 and reset
static u8
port92_in(struct pc *pc, unsigned port)
{
	return pc->port92;
}

static void
port92_out(struct pc *pc, unsigned port, u8 value)
{
	if (value & ~pc->port92 & 1)
		pc->reset_asked = 1;
	pc->port92 = value & 3;
	pc_set_a20(pc, value >> 1 & 1);
}

// DMA page registers, of which 80h shows how far a self test came: latches
static u8
post_in(struct pc *pc, unsigned port)
{
	return pc->post[port & 15];
}

static void
post_out(struct pc *pc, unsigned port, u8 value)
{
	pc->post[port & 15] = value;
}

// Debug output: reads give the port's number to say that it is there.
static u8
debug_in(struct pc *pc, unsigned port)
{
	return 0xe9;
}

static void
debug_out(struct pc *pc, unsigned port, u8 value)
{
	if (pc->screen.on && isatty(STDERR_FILENO))
		return;
	// Both may be one file: what was printed before stands before it.
	screen_flush(pc);
	if (write(STDERR_FILENO, &value, 1) < 0) {
		// Nobody listens.
	}
}

static void
exit_out(struct pc *pc, unsigned port, u8 value)
{
	pc->exit_status = (value << 1 | 1) & 0xff;
}

// Clears the coprocessor's busy line, with which its error asks for IRQ 13.
static void
fpu_out(struct pc *pc, unsigned port, u8 value)
{
	pic_line(pc, IRQ_FPU, 0);
}

typedef u8 in_fn(struct pc *, unsigned port);
typedef void out_fn(struct pc *, unsigned port, u8 value);
static const struct { u16 first, last; in_fn *in; out_fn *out; } ports[] = {
	{ 0x020, 0x021, pic_in, pic_out },
	{ 0x040, 0x043, pit_in, pit_out },
	{ 0x060, 0x060, kbd_in, kbd_out },
	{ 0x061, 0x061, pit_in, pit_out },
	{ 0x064, 0x064, kbd_in, kbd_out },
	{ 0x070, 0x071, rtc_in, rtc_out },
	{ 0x080, 0x08f, post_in, post_out },
	{ 0x092, 0x092, port92_in, port92_out },
	{ 0x0a0, 0x0a1, pic_in, pic_out },
	{ 0x0e9, 0x0e9, debug_in, debug_out },
	{ 0x0f0, 0x0f1, 0, fpu_out },
	{ 0x0f4, 0x0f4, 0, exit_out },
	{ 0x3b0, 0x3df, vga_in, vga_out },
	{ 0x3f8, 0x3ff, uart_in, uart_out },
	{ 0x4d0, 0x4d1, pic_in, pic_out },
};

static int
claimed(unsigned port)
{
	unsigned i;
	for (i = 0; i < COUNTOF(ports); i++)
		if (port <= ports[i].last)
			return port >= ports[i].first ? (int)i : -1;
	return -1;
}

// All devices are on an eight-bit bus: wider accesses are a byte at a port each.
u32
pc_in(struct pc *pc, unsigned port, int size)
{
	u32 x = 0;
	int i;
	for (i = 0; i < size; i++) {
		unsigned p = (port + (unsigned)i) & 0xffff;
		int k = claimed(p);
		x |= (u32)(k >= 0 && ports[k].in ? ports[k].in(pc, p) : 0xff) << 8 * i;
	}
	return x;
}

void
pc_out(struct pc *pc, unsigned port, int size, u32 value)
{
	int i;
	for (i = 0; i < size; i++) {
		unsigned p = (port + (unsigned)i) & 0xffff;
		int k = claimed(p);
		if (k >= 0)
			ports[k].out(pc, p, (u8)(value >> 8 * i));
	}
}

// --- clock and interrupts --------------------------------------------------------------

int
pc_interrupt_pending(const struct pc *pc)
{
	return pic_pending(pc);
}

int
pc_interrupt(struct pc *pc)
{
	return pic_pending(pc) ? pic_ack(pc) : -1;
}

void
pc_advance(struct pc *pc, u64 now)
{
	if (now < pc->now)
		return;
	pc->now = now;
	pit_advance(pc);
	rtc_advance(pc);
	input_advance(pc);
	kbd_advance(pc);
	uart_advance(pc);
	bios_advance(pc);
}

u64
pc_next_event(const struct pc *pc)
{
	u64 next = min_u64(pit_next(pc), rtc_next(pc));
	next = min_u64(next, min_u64(kbd_next(pc), input_next(pc)));
	return min_u64(next, min_u64(uart_next(pc), bios_next(pc)));
}

int
pc_exit_status(const struct pc *pc)
{
	return pc->exit_status;
}

int
pc_reset_asked(const struct pc *pc)
{
	return pc->reset_asked;
}

int
pc_a20(const struct pc *pc)
{
	return pc->a20;
}

void
pc_draw(struct pc *pc)
{
	screen_draw(pc);
}

// --- boot ---------------------------------------------------------------------------------

// Reads the boot sector, or all of a flat program, and goes there.
int
pc_boot(struct pc *pc)
{
	struct disk *d = &pc->disk;
	u8 sector[SECTOR];
	struct cpu *c = pc->cpu;
	int i;
	if (d->fd < 0 || disk_read(d, 0, 1, sector))
		return -1;
	if (pc->flat) {
		size_t n = (size_t)d->size;
		u8 *all = (u8 *)malloc(n);
		if (!all || disk_load(d, all, n)) {
			free(all);
			return -1;
		}
		ram_write(pc, LOAD_AT, all, n);
		free(all);
	} else if (ld16(sector + 510) != 0xaa55) {
		return -1;
	} else {
		ram_write(pc, LOAD_AT, sector, SECTOR);
	}
	for (i = 0; i < 16; i++)
		c->r[i] = 0;
	for (i = SEG_ES; i <= SEG_GS; i++)
		if (i != SEG_CS)
			bios_segment(pc, i, 0);
	c->r[GPR_DX] = d->number;
	c->r[GPR_SP] = LOAD_AT;
	c->pc = LOAD_AT;
	cpu_load_segment(c, SEG_CS, 0);
	cpu_set_flags(c, 0x202);
	return 0;
}

static void
reset_devices(struct pc *pc)
{
	pic_reset(pc);
	pit_reset(pc);
	rtc_reset(pc);
	kbd_reset(pc);
	uart_reset(pc);
	pc->port92 = 0;
	pc_set_a20(pc, 1);
	pc->reset_asked = 0;
	memset(&pc->bios, 0, sizeof pc->bios);
}

int
pc_reset(struct pc *pc)
{
	u8 why = pc->rtc.cmos[CMOS_SHUTDOWN];
	pc->rtc.cmos[CMOS_SHUTDOWN] = 0;
	if (why == 5 || why == 10) {
		// Back from protected mode as a 286 had to do it
		u8 far[4];
		if (why == 5)
			pc_out(pc, 0x20, 1, 0x20);
		pc->reset_asked = 0;
		ram_read(pc, 0x467, far, 4);
		cpu_load_segment(pc->cpu, SEG_CS, ld16(far + 2));
		pc->cpu->pc = ld16(far);
		return 0;
	}
	reset_devices(pc);
	vga_reset(pc);
	bios_init(pc);
	return pc_boot(pc);
}

// Sets the clock from the host's, or to a date that is always the same.
static void
set_clock(struct pc *pc)
{
	time_t t = time(0);
	struct tm tm;
	memset(&tm, 0, sizeof tm);
	if (pc->options.counted) {
		// Saturday, 1 January 2000, 00:00:00
		tm.tm_year = 100;
		tm.tm_mday = 1;
		tm.tm_wday = 6;
	} else {
		localtime_r(&t, &tm);
	}
	pc->rtc.cmos[RTC_A] = 0x26;
	pc->rtc.cmos[RTC_B] = 2;
	pc->rtc.cmos[RTC_D] = 0x80;
	rtc_set(pc, RTC_SECOND, (unsigned)(tm.tm_sec > 59 ? 59 : tm.tm_sec));
	rtc_set(pc, RTC_MINUTE, (unsigned)tm.tm_min);
	rtc_set(pc, RTC_HOUR, (unsigned)tm.tm_hour);
	rtc_set(pc, RTC_WEEKDAY, (unsigned)tm.tm_wday + 1);
	rtc_set(pc, RTC_DAY, (unsigned)tm.tm_mday);
	rtc_set(pc, RTC_MONTH, (unsigned)tm.tm_mon + 1);
	rtc_set(pc, RTC_YEAR, (unsigned)tm.tm_year % 100);
	rtc_set(pc, CMOS_CENTURY, 19 + (unsigned)tm.tm_year / 100);
	pc->rtc.second = NS_PER_S;
	pc->rtc.periodic = NS_PER_S / 1024;
}

// What set-up leaves in CMOS
static void
fill_cmos(struct pc *pc)
{
	u8 *m = pc->rtc.cmos;
	u64 above = pc->ram / 1024 - 1024, above16 = pc->ram > 16 << 20 ? (pc->ram - (16 << 20)) >> 16 : 0;
	unsigned sum = 0, i;
	m[0x10] = (u8)((pc->disk.fd >= 0 && pc->disk.number < 0x80 ? pc->disk.type : 0) << 4);
	m[0x12] = pc->disk.fd >= 0 && pc->disk.number >= 0x80 ? 0xf0 : 0;
	m[0x19] = m[0x12] ? 47 : 0;
	m[0x14] = (u8)bios_equipment(pc);
	st16(m + 0x15, 640);
	st16(m + 0x17, (u16)min_u64(above, 0xffff));
	st16(m + 0x30, (u16)min_u64(above, 0xffff));
	st16(m + 0x34, (u16)min_u64(above16, 0xffff));
	for (i = 0x10; i < 0x2e; i++)
		sum += m[i];
	m[0x2e] = (u8)(sum >> 8);
	m[0x2f] = (u8)sum;
}

// Whether the image is a boot sector's or a flat program; -1 if it is neither.
static int
find_signature(struct pc *pc, char *why, size_t whysize)
{
	u8 sector[SECTOR];
	const char *what = "no boot signature (55 aa at 510), loaded as a flat program";
	if (disk_read(&pc->disk, 0, 1, sector) || ld16(sector + 510) == 0xaa55)
		return 0;
	pc->flat = pc->disk.size <= LOAD_END - LOAD_AT;
	if (!pc->flat)
		what = "no boot signature (55 aa at 510), and too large for a flat program";
	if (!pc->flat || !*why)
		snprintf(why, whysize, "%s: %s", pc->options.image, what);
	return pc->flat ? 0 : -1;
}

struct pc *
pc_new(const struct pc_options *o, struct mem *mem, struct cpu *cpu, char *why, size_t whysize)
{
	struct pc *pc = (struct pc *)calloc(1, sizeof *pc);
	*why = 0;
	if (!pc) {
		snprintf(why, whysize, "out of memory");
		return 0;
	}
	pc->options = *o;
	pc->ram = mem_ram_size(mem);
	pc->mem = mem;
	pc->cpu = cpu;
	pc->exit_status = -1;
	pc->disk.fd = -1;
	pc->a20 = 1;
	if (pc->ram < 1 << 20 || pc->ram > 3ull << 30) {
		snprintf(why, whysize, "a PC has from 1 MiB to 3 GiB of memory here");
		goto fail;
	}
	if (o->image && disk_open(&pc->disk, o, why, whysize))
		goto fail;
	set_clock(pc);
	fill_cmos(pc);
	reset_devices(pc);
	vga_reset(pc);
	bios_rom(pc);
	bios_init(pc);
	if (o->image && find_signature(pc, why, whysize))
		goto fail;
	if (o->image && pc_boot(pc)) {
		snprintf(why, whysize, "%s: cannot be read", o->image);
		goto fail;
	}
	screen_open(pc);
	return pc;
fail:
	disk_close(&pc->disk);
	free(pc);
	return 0;
}

void
pc_free(struct pc *pc)
{
	if (!pc)
		return;
	screen_close(pc);
	disk_close(&pc->disk);
	free(pc);
}
