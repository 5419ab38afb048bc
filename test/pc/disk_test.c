// disk_test.c: images as INT 13h shows them: which file is what disk, sectors
// by CHS and by block, writes to files and to snapshots, and refusals.
#include "machine.h"
#include <fcntl.h>
#include <sys/stat.h>

static const char *path;

static u8
read_chs(u8 drive, unsigned cylinder, unsigned head, unsigned sector, u8 n)
{
	int carried;
	set16(pc, GPR_AX, (u16)(0x200 | n));
	set16(pc, GPR_CX, (u16)((cylinder & 255) << 8 | (cylinder >> 2 & 0xc0) | sector));
	set16(pc, GPR_DX, (u16)(head << 8 | drive));
	bios_segment(pc, SEG_ES, 0x1000);
	set16(pc, GPR_BX, 0);
	memset(ram + 0x10000, 0xcc, 0x10000);
	carried = call(0x13);
	EQ(carried, high(pc, GPR_AX) != 0);
	return high(pc, GPR_AX);
}

static u8
write_chs(u8 drive, unsigned cylinder, unsigned head, unsigned sector, u8 n)
{
	int carried;
	set16(pc, GPR_AX, (u16)(0x300 | n));
	set16(pc, GPR_CX, (u16)((cylinder & 255) << 8 | (cylinder >> 2 & 0xc0) | sector));
	set16(pc, GPR_DX, (u16)(head << 8 | drive));
	bios_segment(pc, SEG_ES, 0x1000);
	set16(pc, GPR_BX, 0);
	carried = call(0x13);
	EQ(carried, high(pc, GPR_AX) != 0);
	return high(pc, GPR_AX);
}

// Packet at 0:600; the buffer at 1000:0 unless flat
static u8
by_block(u8 function, u8 drive, u64 lba, u16 n)
{
	u8 *p = ram + 0x600;
	int carried;
	memset(p, 0, 24);
	p[0] = 16;
	st16(p + 2, n);
	st16(p + 6, 0x1000);
	st64(p + 8, lba);
	bios_segment(pc, SEG_DS, 0);
	set16(pc, GPR_SI, 0x600);
	set16(pc, GPR_DX, drive);
	carried = call_ax(0x13, (u16)(function << 8));
	EQ(carried, high(pc, GPR_AX) != 0);
	return high(pc, GPR_AX);
}

// Marks each sector of the file with its number in its first eight bytes.
static void
number_sectors(unsigned n)
{
	FILE *f = fopen(path, "r+b");
	unsigned i;
	u8 b[8];
	for (i = 1; i < n; i++) {
		st64(b, i);
		fseek(f, (long)i * SECTOR, SEEK_SET);
		fwrite(b, 1, 8, f);
	}
	fclose(f);
}

static void
floppies(void)
{
	static const struct {
		unsigned kib, cylinders, heads, sectors, type;
	} f[] = {
		{ 160, 40, 1, 8, 1 },
		{ 180, 40, 1, 9, 1 },
		{ 320, 40, 2, 8, 1 },
		{ 360, 40, 2, 9, 1 },
		{ 720, 80, 2, 9, 3 },
		{ 1200, 80, 2, 15, 2 },
		{ 1440, 80, 2, 18, 4 },
		{ 2880, 80, 2, 36, 5 },
	};
	unsigned i;
	for (i = 0; i < COUNTOF(f); i++) {
		path = image(f[i].kib * 1024, 0, 0, 1);
		machine(path, -1, 0);
		if (!CHECK(pc))
			continue;
		EQ(low(pc, GPR_DX), 0);
		EQ(c->pc, 0x7c00);
		EQ(*why, 0);
		EQ(ld16(ram + 0x410) & 0xc1, 1);
		EQ(ram[0x475], 0);
		number_sectors(f[i].kib * 2);
		set16(pc, GPR_DX, 0);
		EQ(call_ax(0x13, 0x800), 0);
		EQ(high(pc, GPR_CX), f[i].cylinders - 1);
		EQ(low(pc, GPR_CX), f[i].sectors);
		EQ(high(pc, GPR_DX), f[i].heads - 1);
		EQ(low(pc, GPR_DX), 1);
		EQ(low(pc, GPR_BX), f[i].type);
		EQ(read_chs(0, f[i].cylinders - 1, f[i].heads - 1, f[i].sectors, 1), 0);
		EQ(ld64(ram + 0x10000), f[i].kib * 2 - 1);
		EQ(read_chs(0, 1, 0, 2, 3), 0);
		EQ(low(pc, GPR_AX), 3);
		EQ(ld64(ram + 0x10000), f[i].heads * f[i].sectors + 1);
		EQ(ld64(ram + 0x10400), f[i].heads * f[i].sectors + 3);
		EQ(ram[0x10600], 0xcc);
		EQ(read_chs(0, f[i].cylinders, 0, 1, 1), 4);
		EQ(ram[0x441], 4);
		set16(pc, GPR_DX, 0);
		EQ(call_ax(0x13, 0x100), 1);
		EQ(high(pc, GPR_AX), 4);
		EQ(read_chs(0, 0, f[i].heads, 1, 1), 4);
		EQ(read_chs(0, 0, 0, f[i].sectors + 1, 1), 4);
		EQ(read_chs(0, 0, 0, 0, 1), 4);
		EQ(read_chs(0, 0, 0, 1, 0), 1);
		EQ(read_chs(1, 0, 0, 1, 1), 0x80);
		EQ(read_chs(0x80, 0, 0, 1, 1), 1);
		set16(pc, GPR_DX, 0);
		EQ(call_ax(0x13, 0x1500), 0);
		EQ(high(pc, GPR_AX), pc->disk.cylinders > 40 ? 2 : 1);
		EQ(call_ax(0x13, 0x1600), 0);
		set16(pc, GPR_BX, 0x55aa);
		EQ(call_ax(0x13, 0x4100), 1);
	}
	// The end of the disk in the middle of a read
	EQ(read_chs(0, 79, 1, 35, 4), 4);
	EQ(low(pc, GPR_AX), 2);
}

static void
short_floppy(void)
{
	static const u8 code[] = { 0xeb, 0xfe };
	FILE *f;
	path = image(1000, code, 2, 1);
	machine(path, -1, 0);
	EQ(low(pc, GPR_DX), 0);
	EQ(ram[0x7c00], 0xeb);
	EQ(ld16(ram + 0x7dfe), 0xaa55);
	// Beyond its end there are zeros,
	EQ(read_chs(0, 0, 0, 2, 2), 0);
	EQ(ram[0x10000 + 487], 0);
	EQ(ram[0x10000 + 488], 0);
	EQ(ram[0x10000 + 1023], 0);
	EQ(read_chs(0, 79, 1, 18, 1), 0);
	// until something is written.
	memset(ram + 0x10000, 0x77, SECTOR);
	EQ(write_chs(0, 0, 0, 10, 1), 0);
	EQ(read_chs(0, 0, 0, 10, 1), 0);
	EQ(ram[0x10000], 0x77);
	f = fopen(path, "rb");
	fseek(f, 0, SEEK_END);
	EQ(ftell(f), 10 * SECTOR);
	fclose(f);
}

static void
hard_disks(void)
{
	static const struct {
		u64 sectors;
		unsigned cylinders, heads, spt;
	} d[] = {
		{ 65536 / 512, 1, 16, 17 },
		{ 20 * 2048, 150, 16, 17 },
		{ 200 * 2048, 406, 16, 63 },
		{ 600 * 2048, 609, 32, 63 },
		{ 4000 * 2048, 1015, 128, 63 },
		{ 10000ull * 2048, 1024, 255, 63 },
	};
	unsigned i;
	for (i = 0; i < COUNTOF(d); i++) {
		path = image(d[i].sectors * SECTOR, 0, 0, 1);
		machine(path, -1, 0);
		if (!CHECK(pc))
			continue;
		EQ(low(pc, GPR_DX), 0x80);
		EQ(ram[0x475], 1);
		number_sectors(100);
		set16(pc, GPR_DX, 0x80);
		EQ(call_ax(0x13, 0x800), 0);
		EQ(((low(pc, GPR_CX) & 0xc0) << 2 | high(pc, GPR_CX)) + 1, d[i].cylinders);
		EQ(low(pc, GPR_CX) & 63, d[i].spt);
		EQ(high(pc, GPR_DX) + 1u, d[i].heads);
		EQ(low(pc, GPR_DX), 1);
		set16(pc, GPR_DX, 0x80);
		EQ(call_ax(0x13, 0x1500), 0);
		EQ(high(pc, GPR_AX), 3);
		EQ(read_chs(0x80, 0, 1, 2, 1), 0);
		EQ(ld64(ram + 0x10000), d[i].spt + 1);
		// Enhanced functions
		set16(pc, GPR_BX, 0x55aa);
		set16(pc, GPR_DX, 0x80);
		EQ(call_ax(0x13, 0x4100), 0);
		EQ(reg16(pc, GPR_BX), 0xaa55);
		EQ(high(pc, GPR_AX), 0x30);
		EQ(reg16(pc, GPR_CX), 5);
		EQ(by_block(0x42, 0x80, 77, 3), 0);
		EQ(ld64(ram + 0x10000), 77);
		EQ(ld64(ram + 0x10400), 79);
		EQ(ld16(ram + 0x602), 3);
		EQ(by_block(0x42, 0x80, d[i].sectors - 1, 1), 0);
		EQ(by_block(0x42, 0x80, d[i].sectors - 1, 2), 4);
		EQ(ld16(ram + 0x602), 0);
		EQ(by_block(0x42, 0x80, ~0ull, 1), 4);
		EQ(by_block(0x42, 0x80, 0, 128), 1);
		EQ(by_block(0x42, 0x81, 0, 1), 1);
		EQ(by_block(0x44, 0x80, 1, 1), 0);
		EQ(by_block(0x47, 0x80, 1, 0), 0);
		memset(ram + 0x10000, 0x5a, SECTOR);
		EQ(by_block(0x43, 0x80, 50, 1), 0);
		EQ(by_block(0x42, 0x80, 50, 1), 0);
		EQ(ram[0x10000 + 511], 0x5a);
		st16(ram + 0x600, 30);
		set16(pc, GPR_DX, 0x80);
		EQ(call_ax(0x13, 0x4800), 0);
		EQ(ld16(ram + 0x600), 30);
		EQ(ld64(ram + 0x610), d[i].sectors);
		EQ(ld16(ram + 0x618), SECTOR);
		EQ(ld32(ram + 0x604), d[i].cylinders);
		st16(ram + 0x600, 25);
		EQ(call_ax(0x13, 0x4800), 1);
		// Table of the disk, as vector 41h points to it
		EQ(ld16(ram + 0xfe401), d[i].cylinders);
		EQ(ram[0xfe401 + 14], d[i].spt);
		EQ(ld32(ram + 0x41 * 4), 0xf000e401);
	}
	// A buffer by its 64-bit address
	memset(ram + 0x600, 0, 24);
	ram[0x600] = 24;
	ram[0x602] = 1;
	st32(ram + 0x604, 0xffffffff);
	st64(ram + 0x608, 3);
	st64(ram + 0x610, 0x200000);
	set16(pc, GPR_DX, 0x80);
	EQ(call_ax(0x13, 0x4200), 0);
	EQ(ld64(ram + 0x200000), 3);
}

// Where the first partition ends says under which geometry it was made.
static void
partition_geometry(void)
{
	u8 mbr[SECTOR] = { 0 };
	u8 *p = mbr + 446;
	p[0] = 0x80;
	p[1] = 1;
	p[2] = 1;
	p[4] = 6;
	p[5] = 254;
	p[6] = 63;
	p[7] = 9;
	st32(p + 8, 63);
	st32(p + 12, 10 * 255 * 63 - 63);
	path = image((size_t)100 << 20, mbr, sizeof mbr, 1);
	machine(path, -1, 0);
	set16(pc, GPR_DX, 0x80);
	call_ax(0x13, 0x800);
	EQ(high(pc, GPR_DX), 254);
	EQ(low(pc, GPR_CX) & 63, 63);
	EQ(high(pc, GPR_CX) + 1, (100 << 11) / (255 * 63));
}

static int
file_byte(long at)
{
	FILE *f = fopen(path, "rb");
	int x;
	fseek(f, at, SEEK_SET);
	x = fgetc(f);
	fclose(f);
	return x;
}

static void
snapshot(void)
{
	unsigned i;
	path = image(2 << 20, 0, 0, 1);
	machine(path, -1, 1);
	for (i = 1; i < 2000; i++) {
		memset(ram + 0x10000, (int)i, SECTOR);
		EQ(by_block(0x43, 0x80, i, 1), 0);
	}
	for (i = 1; i < 2000; i++) {
		EQ(by_block(0x42, 0x80, i, 1), 0);
		EQ(ram[0x10000], i & 255);
		EQ(ram[0x101ff], i & 255);
	}
	EQ(file_byte(SECTOR), 0);
	EQ(by_block(0x42, 0x80, 3000, 1), 0);
	EQ(ram[0x10000], 0);
	machine(path, -1, 0);
	memset(ram + 0x10000, 9, SECTOR);
	EQ(by_block(0x43, 0x80, 1, 1), 0);
	EQ(file_byte(SECTOR), 9);
}

static void
formats_and_checks(void)
{
	path = image(1440 * 1024, 0, 0, 1);
	machine(path, -1, 0);
	number_sectors(2880);
	set16(pc, GPR_CX, 0x0501);
	set16(pc, GPR_DX, 0x0100);
	EQ(call_ax(0x13, 0x0512), 0);
	EQ(read_chs(0, 5, 1, 18, 1), 0);
	EQ(ram[0x10000], 0xf6);
	EQ(read_chs(0, 6, 0, 1, 1), 0);
	EQ(ld64(ram + 0x10000), 6 * 36);
	// Verify moves nothing.
	set16(pc, GPR_CX, 0x0001);
	set16(pc, GPR_DX, 0);
	set16(pc, GPR_AX, 0x0412);
	memset(ram + 0x10000, 0xcc, 16);
	EQ(call(0x13), 0);
	EQ(ram[0x10000], 0xcc);
	set16(pc, GPR_CX, 0x4f12);
	EQ(call_ax(0x13, 0x1800), 0);
	EQ(reg16(pc, GPR_DI), ROM_FLOPPY_TABLE);
	set16(pc, GPR_CX, 0x2709);
	EQ(call_ax(0x13, 0x1800), 1);
	EQ(high(pc, GPR_AX), 0x0c);
	EQ(call_ax(0x13, 0), 0);
	EQ(call_ax(0x13, 0x7700), 1);
	EQ(high(pc, GPR_AX), 1);
}

#define SAYS(text) says(text, __LINE__)
static void
says(const char *text, int line)
{
	if (strncmp(why, path, strlen(path)) || !strstr(why, text) || strchr(why, '\n')) {
		printf("disk_test.c:%d: \"%s\" does not say \"%s\"\n", line, why, text);
		g_failed = 1;
	}
}

static void
refusals(void)
{
	static const u8 code[] = { 0xb0, 0x2a };
	path = image(0, 0, 0, 0);
	machine(path, -1, 0);
	CHECK(!pc);
	SAYS("empty");
	path = image(3 << 20, 0, 0, 1);
	machine(path, 0, 0);
	CHECK(!pc);
	SAYS("larger than a floppy");
	path = image((3 << 20) + 100, 0, 0, 1);
	machine(path, -1, 0);
	CHECK(pc);
	SAYS("truncated, 412 bytes");
	path = image(1 << 20, 0, 0, 0);
	machine(path, -1, 0);
	CHECK(!pc);
	SAYS("no boot signature");
	path = image(40000, code, 2, 0);
	machine(path, -1, 0);
	CHECK(pc);
	SAYS("loaded as a flat program");
	EQ(ram[0x7c00], 0xb0);
	// Of both kinds
	path = image(1440 * 1024, 0, 0, 1);
	machine(path, 0x80, 0);
	EQ(low(pc, GPR_DX), 0x80);
	if (geteuid()) {
		chmod(path, 0400);
		machine(path, -1, 0);
		CHECK(pc);
		SAYS("read-only");
		EQ(write_chs(0, 0, 0, 1, 1), 3);
		machine(path, -1, 1);
		EQ(*why, 0);
		EQ(write_chs(0, 0, 0, 1, 1), 0);
	} else {
		machine(path, -1, 0);
		pc->disk.readonly = 1;
		EQ(write_chs(0, 0, 0, 1, 1), 3);
	}
	unlink(path);
	machine(path, -1, 0);
	CHECK(!pc);
	SAYS("No such file");
	machine("/tmp", -1, 1);
	CHECK(!pc);
	CHECK(strstr(why, "/tmp: a directory") != 0);
}

int
main(void)
{
	floppies();
	short_floppy();
	hard_disks();
	partition_geometry();
	snapshot();
	formats_and_checks();
	refusals();
	return finish_test(path);
}
