// fuzz_test.c: a million random accesses to ports and calls of services with
// random registers, clocks and memory; and hundreds of images of random sizes
// and partition tables, with calls of disk services. Nothing may crash, hang, or
// touch bytes outside guest memory (which MODE=asan and the guards around it
// show), and what is said of an image is one line.
#include "machine.h"
#include "../random.h"

// Mostly what drivers write, now and then anything
static unsigned
some_port(void)
{
	static const u16 ports[] = { 0x20, 0x21, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0xa0, 0xa1, 0xf0, 0x3b4, 0x3b5,
		0x3ba, 0x3c0, 0x3c1, 0x3c2, 0x3c4, 0x3c5, 0x3c6, 0x3c7, 0x3c8, 0x3c9, 0x3ce, 0x3cf, 0x3d4, 0x3d5, 0x3d8, 0x3da, 0x3f8, 0x3f9, 0x3fa,
		0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x4d0, 0x4d1 };
	u64 r = random64();
	return r % 16 ? ports[(r >> 8) % COUNTOF(ports)] : (unsigned)(r >> 8 & 0xffff);
}

static void
some_registers(void)
{
	static const u16 odd[] = { 0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfff0, 0xffff };
	int i;
	for (i = 0; i < 8; i++) {
		u64 r = random64();
		c->r[i] = r & 3 ? odd[(r >> 8) % COUNTOF(odd)] | (r & 4 ? r >> 16 & 0xff00 : 0) : r;
	}
	for (i = SEG_ES; i <= SEG_GS; i++) {
		u64 r = random64();
		bios_segment(pc, i, r & 1 ? odd[(r >> 8) % COUNTOF(odd)] : (u16)(r >> 16));
	}
}

static void
step(void)
{
	static const u8 entries[] = { 0x08, 0x09, 0x0e, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x19, 0x1a, 0x40, 0x70, 0x76, 0xff };
	static const int sizes[] = { 1, 1, 2, 4 };
	u64 r = random64();
	u8 bytes[16];
	switch (r >> 32 & 7) {
	case 0:
	case 1: pc_out(pc, some_port(), sizes[r & 3], (u32)(r >> 40)); break;
	case 2: pc_in(pc, some_port(), sizes[r & 3]); break;
	case 3:
	case 4:
	case 5:
		some_registers();
		// Functions that exist
		if (r & 1)
			set_high(pc, GPR_AX, (u8)(r >> 8) % 0x1c);
		if ((r & 6) == 6)
			set_low(pc, GPR_DX, 0x80);
		cpu_set_flags(c, 0x202 | (r >> 3 & 1));
		bios_call(pc, entries[(r >> 40) % sizeof entries]);
		break;
	case 6:
		st64(bytes, random64());
		st64(bytes + 8, random64());
		if (r & 7)
			ram_write(pc, BDA + (r >> 8 & 0xff), bytes, r & 15);
		else
			pc_input(pc, bytes, r >> 8 & 15, r >> 16 & 1);
		break;
	case 7:
		pc_advance(pc, pc->now + (r & 1 ? r >> 40 & 0xffffff : r >> 40 & 0xff));
		if (r & 2 && pc_interrupt_pending(pc))
			pc_interrupt(pc);
		if ((r & 0xff00) == 0) {
			struct pc_text t;
			char row[600];
			pc_text(pc, &t);
			pc_text_row(pc, (unsigned)(r >> 16) % t.rows, row, sizeof row);
			CHECK(pc_next_event(pc) > 0);
			pc_draw(pc);
		}
		break;
	}
	if (pc_reset_asked(pc) && (r & 0x70) == 0)
		pc_reset(pc);
}

// --- images -----------------------------------------------------------------------

static u64
some_size(void)
{
	static const u32 near[] = { 512, 160 << 10, 360 << 10, 1440 << 10, 2880 << 10, 64 << 10, 17 * 16 * 1024 * 512, 504 << 20, 0x7f000000 };
	switch (below(4)) {
	case 0: return below(4096) + 1;
	case 1: return below(64 << 20) + 1;
	default: return near[below(COUNTOF(near))] - 2 + below(4) * (below(2) ? 1 : 512);
	}
}

// A boot sector with a partition table or a FAT's parameters that mostly make
// sense, and some damage
static void
some_boot_sector(u8 *s, u64 size)
{
	static const u8 jumps[] = { 0xeb, 0xe9, 0xfa, 0 };
	unsigned i, sectors = below(63) + 1, heads = below(255) + 1;
	memset(s, 0, SECTOR);
	s[0] = jumps[below(4)];
	st16(s + 11, below(4) ? (unsigned)SECTOR : below(0x10000));
	s[13] = (u8)below(3);
	st16(s + 14, below(3));
	s[16] = (u8)below(4);
	st16(s + 19, below(2) ? 0 : below(0x10000));
	st32(s + 32, (u32)random64());
	for (i = 0; i < 4; i++) {
		u8 *p = s + 446 + 16 * i;
		u64 start = below(4) * 63u, end = size / SECTOR / (heads * sectors) * (heads * sectors);
		p[0] = (u8)(below(4) ? 0x80 * below(2) : below(256));
		p[4] = (u8)below(256);
		p[5] = (u8)(heads - 1);
		p[6] = (u8)(sectors | below(4) << 6);
		st32(p + 8, (u32)(below(8) ? start : random64()));
		st32(p + 12, (u32)(below(8) ? end - start : random64()));
	}
	if (below(8))
		st16(s + 510, 0xaa55);
	for (i = below(2) * below(20); i; i--)
		s[below(SECTOR)] ^= (u8)(1 << below(8));
}

static void
disk_call(void)
{
	static const u8 functions[] = { 0, 2, 2, 3, 4, 5, 8, 0x0c, 0x15, 0x18, 0x42, 0x42, 0x43, 0x44, 0x47, 0x48 };
	u8 *packet = ram + 0x600;
	some_registers();
	set_low(pc, GPR_DX, below(8) ? pc->disk.number : (u8)below(256));
	if (below(4)) {
		set_low(pc, GPR_AX, (u8)below(20));
		set_low(pc, GPR_CX, (u8)(below(4) << 6 | (below(pc->disk.sectors + 1u) + below(2))));
		set_high(pc, GPR_CX, (u8)below(pc->disk.cylinders));
		set_high(pc, GPR_DX, (u8)below(pc->disk.heads + 1u));
	}
	if (below(4)) {
		bios_segment(pc, SEG_DS, 0);
		set16(pc, GPR_SI, 0x600);
		st16(packet, below(4) ? 16 + below(2) * 8 : below(256));
		st16(packet + 2, below(4) ? below(130) : below(0x10000));
		st32(packet + 4, below(4) ? (u32)random64() : ~0u);
		st64(packet + 8, below(4) ? below((unsigned)pc->disk.total + 2) : random64());
		st64(packet + 16, below(2) ? below(RAM_SIZE + 0x10000) : random64());
	}
	set_high(pc, GPR_AX, functions[below(sizeof functions)]);
	call(0x13);
}

static const char *
some_image(void)
{
	u64 size = some_size();
	u8 sector[SECTOR];
	const char *path, *end;
	int i;
	some_boot_sector(sector, size);
	path = image(size, sector, min_u64(size, SECTOR), 0);
	machine(path, below(3) ? -1 : below(2) ? 0x80 : 0, 1);
	end = strchr(why, '\n');
	CHECK(!end && (pc || *why) && (!*why || strstr(why, path) == why));
	if (!pc)
		return path;
	CHECK(pc->disk.sectors >= 1 && pc->disk.sectors <= 63 && pc->disk.heads >= 1 && pc->disk.heads <= 255);
	CHECK(pc->disk.cylinders >= 1 && pc->disk.cylinders <= 1024 && pc->disk.total >= 1);
	for (i = 0; i < 60; i++)
		disk_call();
	return path;
}

int
main(void)
{
	static const size_t sizes[] = { 1440 * 1024, 5 << 20 };
	const char *path = 0;
	unsigned i, k;
	int out_fd = dup(1);
	if (!freopen("/dev/null", "w", stdout))
		return 1;
	for (i = 0; i < 2; i++) {
		path = image(sizes[i], 0, 0, 1);
		machine(path, -1, 1);
		for (k = 0; pc && k < 500000; k++)
			step();
	}
	for (i = 0; i < 400; i++)
		path = some_image();
	i = (unsigned)finish_test(path);
	fflush(stdout);
	dup2(out_fd, 1);
	return (int)i;
}
