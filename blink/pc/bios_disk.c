// bios_disk.c: 13h, disks by cylinder, head and sector, and hard disks also by
// block number (the Enhanced Disk Drive functions 41h to 48h).
#include "pc/bios.h"

enum { ST_OK, ST_BAD_COMMAND, ST_NO_SECTOR = 4, ST_BAD_GEOMETRY = 7, ST_DMA_BOUNDARY = 9, ST_BAD_TYPE = 12, ST_NOT_READY = 0x80 };
enum { OP_READ, OP_WRITE, OP_VERIFY };

static enum bios_result
finish(struct pc *pc, u8 status)
{
	set_high(pc, GPR_AX, status);
	set_bda8(pc, low(pc, GPR_DX) < 0x80 ? BDA_FLOPPY_STATUS : BDA_DISK_STATUS, status);
	carry(pc, status != 0);
	return BIOS_DONE;
}

// Moves n sectors to or from a linear address; *done counts them.
static u8
transfer(struct pc *pc, int op, u64 lba, u64 linear, unsigned n, unsigned *done)
{
	u8 chunk[16 * SECTOR], status;
	unsigned k;
	if (pc->disk.number < 0x80) {
		bda_bits(pc, BDA_MOTORS, 0, 1);
		set_bda8(pc, BDA_MOTOR_TICKS, MOTOR_TICKS);
	}
	for (*done = 0; *done < n; *done += k) {
		k = n - *done < sizeof chunk / SECTOR ? n - *done : (unsigned)(sizeof chunk / SECTOR);
		// What lies behind the disk's end fails there, not before.
		if (lba < pc->disk.total && k > pc->disk.total - lba)
			k = (unsigned)(pc->disk.total - lba);
		if (op == OP_WRITE) {
			guest_read(pc, linear, chunk, k * SECTOR);
			status = disk_write(&pc->disk, lba, k, chunk);
		} else {
			status = disk_read(&pc->disk, lba, k, chunk);
		}
		if (status)
			return status;
		if (op == OP_READ)
			guest_write(pc, linear, chunk, k * SECTOR);
		lba += k;
		linear += k * SECTOR;
	}
	return ST_OK;
}

// Block number of CX, with that sector in CL, and DH; 0 if there is no such one.
static int
block_of(struct pc *pc, u8 cl, u64 *lba)
{
	const struct disk *d = &pc->disk;
	unsigned cylinder = high(pc, GPR_CX) | (cl & 0xc0) << 2, head = high(pc, GPR_DX), sector = cl & 63;
	if (!sector || sector > d->sectors || head >= d->heads || cylinder >= d->cylinders)
		return 0;
	*lba = ((u64)cylinder * d->heads + head) * d->sectors + sector - 1;
	return 1;
}

static enum bios_result
by_chs(struct pc *pc, int op)
{
	unsigned n = low(pc, GPR_AX), done = 0;
	u64 lba, to = at(pc, SEG_ES, GPR_BX);
	u8 status;
	if (!n || n > 128)
		return finish(pc, ST_BAD_COMMAND);
	if (!block_of(pc, low(pc, GPR_CX), &lba)) {
		set_low(pc, GPR_AX, 0);
		return finish(pc, ST_NO_SECTOR);
	}
	// A floppy's data come by DMA, whose page register does not count.
	if (op != OP_VERIFY && pc->disk.number < 0x80 && (to & 0xffff) + n * SECTOR > 0x10000) {
		set_low(pc, GPR_AX, 0);
		return finish(pc, ST_DMA_BOUNDARY);
	}
	status = transfer(pc, op, lba, to, n, &done);
	set_low(pc, GPR_AX, (u8)done);
	return finish(pc, status);
}

// Sectors of the track become what the drive's table says: F6 on floppies.
static enum bios_result
format_track(struct pc *pc)
{
	struct disk *d = &pc->disk;
	u8 sector[SECTOR], status = ST_OK;
	u64 lba;
	unsigned i;
	if (!block_of(pc, (low(pc, GPR_CX) & 0xc0) | 1, &lba))
		return finish(pc, ST_NO_SECTOR);
	memset(sector, d->number < 0x80 ? 0xf6 : 0, sizeof sector);
	for (i = 0; i < d->sectors && !status; i++)
		status = disk_write(d, lba + i, 1, sector);
	return finish(pc, status);
}

static enum bios_result
parameters(struct pc *pc)
{
	const struct disk *d = &pc->disk;
	unsigned last = d->cylinders - 1u;
	set16(pc, GPR_CX, (u16)((last & 255) << 8 | (last >> 2 & 0xc0) | d->sectors));
	set16(pc, GPR_DX, (u16)((d->heads - 1u) << 8 | 1));
	set_low(pc, GPR_AX, 0);
	if (d->number < 0x80) {
		set16(pc, GPR_BX, d->type);
		bios_segment(pc, SEG_ES, 0xf000);
		set16(pc, GPR_DI, ROM_FLOPPY_TABLE);
	}
	set_high(pc, GPR_AX, 0);
	set_bda8(pc, d->number < 0x80 ? BDA_FLOPPY_STATUS : BDA_DISK_STATUS, 0);
	carry(pc, 0);
	return BIOS_DONE;
}

static enum bios_result
type(struct pc *pc)
{
	const struct disk *d = &pc->disk;
	if (d->number < 0x80) {
		// Drives of 40 tracks have no change line.
		set_high(pc, GPR_AX, d->cylinders <= 40 ? 1 : 2);
	} else {
		// But for the last cylinder, which was kept for diagnostics
		u64 blocks = min_u64((d->cylinders - 1u) * (u64)d->heads * d->sectors, d->total);
		set_bda8(pc, BDA_DISK_STATUS, 0);
		set_high(pc, GPR_AX, 3);
		set16(pc, GPR_CX, (u16)(blocks >> 16));
		set16(pc, GPR_DX, (u16)blocks);
	}
	carry(pc, 0);
	return BIOS_DONE;
}

// --- by block number ---------------------------------------------------------------------

static enum bios_result
by_block(struct pc *pc, int op)
{
	u8 packet[24];
	u64 at_packet = at(pc, SEG_DS, GPR_SI), linear, lba;
	unsigned n, done = 0;
	u8 status;
	guest_read(pc, at_packet, packet, sizeof packet);
	n = ld16(packet + 2);
	lba = ld64(packet + 8);
	if (packet[0] < 16 || (packet[0] < 24 && n > 127))
		return finish(pc, ST_BAD_COMMAND);
	linear = (u32)(ld16(packet + 6) * 16u + ld16(packet + 4));
	if (packet[0] >= 24 && ld32(packet + 4) == 0xffffffff)
		linear = ld64(packet + 16);
	if (lba >= pc->disk.total || n > pc->disk.total - lba) {
		put16(pc, at_packet + 2, 0);
		return finish(pc, ST_NO_SECTOR);
	}
	status = transfer(pc, op, lba, linear, n, &done);
	put16(pc, at_packet + 2, (u16)done);
	return finish(pc, status);
}

static enum bios_result
block_parameters(struct pc *pc)
{
	const struct disk *d = &pc->disk;
	u64 to = at(pc, SEG_DS, GPR_SI);
	unsigned size = get16(pc, to);
	u8 b[30] = { 0 };
	if (size < 26)
		return finish(pc, ST_BAD_COMMAND);
	size = size < 30 ? 26 : 30;
	st16(b, (u16)size);
	// DMA boundary errors are handled; the geometry is valid.
	st16(b + 2, 3);
	st32(b + 4, d->cylinders);
	st32(b + 8, d->heads);
	st32(b + 12, d->sectors);
	st64(b + 16, d->total);
	st16(b + 24, SECTOR);
	// No configuration that could be pointed to
	st32(b + 26, 0xffffffff);
	guest_write(pc, to, b, size);
	return finish(pc, ST_OK);
}

static enum bios_result
extended(struct pc *pc)
{
	u8 lba[8];
	switch (high(pc, GPR_AX)) {
	case 0x41:
		if (reg16(pc, GPR_BX) != 0x55aa)
			return finish(pc, ST_BAD_COMMAND);
		set16(pc, GPR_BX, 0xaa55);
		// Version 3.0; access by block and drive parameters
		set_high(pc, GPR_AX, 0x30);
		set16(pc, GPR_CX, 5);
		carry(pc, 0);
		return BIOS_DONE;
	case 0x42:
		return by_block(pc, OP_READ);
	case 0x43:
		if (low(pc, GPR_AX) > 2)
			return finish(pc, ST_BAD_COMMAND);
		return by_block(pc, OP_WRITE);
	case 0x44:
		return by_block(pc, OP_VERIFY);
	case 0x47:
		guest_read(pc, at(pc, SEG_DS, GPR_SI) + 8, lba, sizeof lba);
		return finish(pc, ld64(lba) < pc->disk.total ? ST_OK : ST_NO_SECTOR);
	case 0x48:
		return block_parameters(pc);
	}
	return finish(pc, ST_BAD_COMMAND);
}

// --- 13h -------------------------------------------------------------------------------------

// What is asked of a drive that is not there
static enum bios_result
absent(struct pc *pc)
{
	u8 ah = high(pc, GPR_AX), dl = low(pc, GPR_DX);
	switch (ah) {
	case 0x00: case 0x0d:
		// The controller is there.
		if (dl < 0x80 && !pc->disk.number)
			return finish(pc, ST_OK);
		break;
	case 0x08:
		set16(pc, GPR_CX, 0);
		set16(pc, GPR_DX, (u16)(dl < 0x80 && !pc->disk.number ? 1 : 0));
		if (dl < 0x80) {
			set16(pc, GPR_BX, 0);
			set16(pc, GPR_AX, 0);
			carry(pc, 0);
			return BIOS_DONE;
		}
		set_high(pc, GPR_AX, ST_BAD_GEOMETRY);
		carry(pc, 1);
		return BIOS_DONE;
	case 0x15:
		set_high(pc, GPR_AX, 0);
		carry(pc, 0);
		return BIOS_DONE;
	}
	// A PC has room for two floppies.
	return finish(pc, dl < 2 && ah < 0x40 ? ST_NOT_READY : ST_BAD_COMMAND);
}

enum bios_result
bios_int13(struct pc *pc)
{
	struct disk *d = &pc->disk;
	u8 ah = high(pc, GPR_AX), status;
	int floppy = low(pc, GPR_DX) < 0x80;
	if (ah == 1) {
		status = bda8(pc, floppy ? BDA_FLOPPY_STATUS : BDA_DISK_STATUS);
		set_high(pc, GPR_AX, status);
		carry(pc, status != 0);
		return BIOS_DONE;
	}
	if (d->fd < 0 || low(pc, GPR_DX) != d->number)
		return absent(pc);
	switch (ah) {
	case 0x00: case 0x09: case 0x0d: case 0x10: case 0x11: case 0x14:
		if (floppy && ah)
			break;
		return finish(pc, ST_OK);
	case 0x02:
		return by_chs(pc, OP_READ);
	case 0x03:
		return by_chs(pc, OP_WRITE);
	case 0x04:
		return by_chs(pc, OP_VERIFY);
	case 0x05:
		return format_track(pc);
	case 0x08:
		return parameters(pc);
	case 0x0c: {
		u64 lba;
		if (floppy)
			break;
		return finish(pc, block_of(pc, low(pc, GPR_CX) | 1, &lba) ? ST_OK : ST_NO_SECTOR);
	}
	case 0x15:
		return type(pc);
	case 0x16:
		// The image stays the same.
		if (!floppy)
			break;
		return finish(pc, ST_OK);
	case 0x17:
		return finish(pc, floppy ? ST_OK : ST_BAD_COMMAND);
	case 0x18:
		// Media type for formatting: what the image has, or nothing
		if (!floppy)
			break;
		if ((high(pc, GPR_CX) | (low(pc, GPR_CX) & 0xc0) << 2) != d->cylinders - 1 || (low(pc, GPR_CX) & 63) != d->sectors)
			return finish(pc, ST_BAD_TYPE);
		bios_segment(pc, SEG_ES, 0xf000);
		set16(pc, GPR_DI, ROM_FLOPPY_TABLE);
		return finish(pc, ST_OK);
	}
	if (ah >= 0x41 && ah <= 0x48 && !floppy)
		return extended(pc);
	return finish(pc, ST_BAD_COMMAND);
}
