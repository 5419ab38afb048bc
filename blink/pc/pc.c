// pc.c: the machine as a whole: ports, clock, reset, boot.
#include "pc/device.h"
#include "base/log.h"
#include "cpu/system.h"
#include "mem/machine.h"
#include "pc/bios.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOAD_AT = 0x7c00, LOAD_END = 0x9fc00, ELF_MAGIC = 0x464c457f };

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
	if (pc->screen.on && isatty(STDERR_FILENO)) {
		screen_later(pc, value);
		return;
	}
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

// Takes back IRQ 13, which an x87 error asked for, and lets the handler use the
// x87 before it has cleared the error.
static void
fpu_out(struct pc *pc, unsigned port, u8 value)
{
	cpu_ignore_x87(pc->cpu);
	pic_line(pc, IRQ_FPU, 0);
}

// --- the devices -------------------------------------------------------------------

static const struct device_register port92_registers[] = { REGISTER("port", port92) }, post_registers[] = { REGISTERS("page", post, 16) };
static const struct device port92_device = { "port92", 0, port92_in, port92_out, 0, 0, { { 0x92, 0x92 } }, port92_registers, 1 };
static const struct device post_device = { "post", 0, post_in, post_out, 0, 0, { { 0x80, 0x8f } }, post_registers, 1 };
static const struct device debug_device = { "debug", 0, debug_in, debug_out, 0, 0, { { 0xe9, 0xe9 } }, 0, 0 };
static const struct device exit_device = { "exit", 0, 0, exit_out, 0, 0, { { 0xf4, 0xf4 } }, 0, 0 };
static const struct device fpu_device = { "fpu", 0, 0, fpu_out, 0, 0, { { 0xf0, 0xf0 } }, 0, 0 };
// Who types, and services that wait
static const struct device input_device = { "input", 0, 0, 0, input_advance, input_next, { { 0, 0 } }, 0, 0 };
static const struct device bios_device = { "bios", 0, 0, 0, bios_advance, bios_next, { { 0, 0 } }, 0, 0 };

// Reset and brought up to time in this order
static const struct device *const devices[] = { &pic_device, &pit_device, &rtc_device, &input_device, &kbd_device, &uart_device, &vga_device,
	&bios_device, &port92_device, &post_device, &debug_device, &exit_device, &fpu_device };

static void
claim_ports(struct pc *pc)
{
	unsigned i, k, port;
	for (i = 0; i < COUNTOF(devices); i++)
		for (k = 0; k < COUNTOF(devices[i]->ports) && devices[i]->ports[k].last; k++)
			for (port = devices[i]->ports[k].first; port <= devices[i]->ports[k].last; port++) {
				assert(port < sizeof pc->owner && !pc->owner[port]);
				pc->owner[port] = (u8)(i + 1);
			}
}

// 0: nobody's
static const struct device *
owner_of(const struct pc *pc, unsigned port)
{
	return port < sizeof pc->owner && pc->owner[port] ? devices[pc->owner[port] - 1] : 0;
}

int
pc_register(const struct pc *pc, unsigned n, struct pc_register *r)
{
	unsigned i, k;
	for (i = 0; i < COUNTOF(devices); i++)
		for (k = 0; k < devices[i]->nregisters; n -= devices[i]->registers[k++].count) {
			const struct device_register *d = &devices[i]->registers[k];
			if (n >= d->count)
				continue;
			r->device = devices[i]->name;
			r->name = d->name;
			r->index = d->count > 1 ? (int)n : -1;
			r->value = d->get ? d->get(pc, n) : *((const u8 *)pc + d->at + n);
			return 1;
		}
	return 0;
}

// All devices are on an eight-bit bus: wider accesses are a byte at a port each.
u32
pc_in(struct pc *pc, unsigned port, int size)
{
	u32 x = 0;
	int i;
	for (i = 0; i < size; i++) {
		unsigned p = (port + (unsigned)i) & 0xffff;
		const struct device *d = owner_of(pc, p);
		x |= (u32)(d && d->in ? d->in(pc, p) : 0xff) << 8 * i;
	}
	return x;
}

void
pc_out(struct pc *pc, unsigned port, int size, u32 value)
{
	int i;
	for (i = 0; i < size; i++) {
		unsigned p = (port + (unsigned)i) & 0xffff;
		const struct device *d = owner_of(pc, p);
		if (d && d->out)
			d->out(pc, p, (u8)(value >> 8 * i));
	}
}

// --- clock and interrupts --------------------------------------------------------------

void
pc_fpu_error(struct pc *pc)
{
	pic_line(pc, IRQ_FPU, 1);
}

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
	unsigned i;
	if (now < pc->now)
		return;
	pc->now = now;
	for (i = 0; i < COUNTOF(devices); i++)
		if (devices[i]->advance)
			devices[i]->advance(pc);
}

u64
pc_next_event(const struct pc *pc)
{
	u64 next = NEVER;
	unsigned i;
	for (i = 0; i < COUNTOF(devices); i++)
		if (devices[i]->next)
			next = min_u64(next, devices[i]->next(pc));
	return next;
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
	unsigned i;
	for (i = 0; i < COUNTOF(devices); i++)
		if (devices[i]->reset)
			devices[i]->reset(pc);
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
	const char *what = "loaded as a flat program";
	u8 sector[SECTOR];
	if (disk_read(&pc->disk, 0, 1, sector) || ld16(sector + 510) == 0xaa55)
		return 0;
	pc->flat = pc->disk.size <= LOAD_END - LOAD_AT;
	// This matters more than what else there is to say.
	if (!pc->flat)
		what = "and too large for a flat program";
	else if (ld32(sector) == ELF_MAGIC)
		what = "an ELF file, loaded as a flat program; without -r it runs as one of Linux";
	snprintf(why, whysize, "%s: no boot signature (55 aa at 510), %s%s", pc->options.image, what, pc->flat && pc->disk.readonly ? "; read-only" : "");
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
	claim_ports(pc);
	reset_devices(pc);
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
	if (pc->disk.error)
		log_msg("%s: %s; the guest was told that its disk failed", pc->options.image, strerror(pc->disk.error));
	disk_close(&pc->disk);
	free(pc);
}
