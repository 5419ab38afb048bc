// fuzz_test.c: a million random accesses to ports and calls of services with
// random registers, clocks and memory. Nothing may crash, hang, or touch bytes
// outside guest memory (which MODE=asan and the guards around it show).
#include "machine.h"

static u64 g_seed = 88172645463325252ull;

static u64
random64(void)
{
	g_seed ^= g_seed << 13;
	g_seed ^= g_seed >> 7;
	g_seed ^= g_seed << 17;
	return g_seed * 0x2545f4914f6cdd1dull;
}

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
	i = (unsigned)finish_test(path);
	fflush(stdout);
	dup2(out_fd, 1);
	return (int)i;
}
