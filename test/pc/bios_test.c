// bios_test.c: the memory that a BIOS leaves, and its services: display, memory
// map, time, serial port, boot.
#include "machine.h"

static void
rom_and_data(void)
{
	unsigned i, sum = 0;
	machine(0, -1, 0);
	for (i = 0xf0000; i < 0x100000; i++)
		sum += ram[i];
	EQ(sum & 255, 0);
	EQ(ram[0xffff0], 0xea);
	EQ(ld32(ram + 0xffff1), 0xf000e05b);
	EQ(ram[0xffffe], 0xfc);
	EQ(ram[0xffff7], '/');
	// Every vector that leads into the ROM leads to code: a service or IRET.
	for (i = 0; i < 0x100; i++) {
		u32 v = ld32(ram + i * 4);
		u8 *p = ram + 0xf0000 + (v & 0xffff);
		if (i == 0x1d || i == 0x1e || i == 0x1f || i == 0x41 || i == 0x43 || i == 0x46 || !v)
			continue;
		EQ(v >> 16, 0xf000);
		if (*p == 0xeb)
			p += 2 + (i8)p[1];
		CHECK(*p == 0xcf || *p == 0x0f || *p == 0x50 || *p == 0x1e);
		if (*p == 0x0f)
			CHECK(ld16(p + 1) == 0xc101 && bios_entry((u64)(p - ram) + 3) >= 0);
	}
	EQ(ld32(ram + 0x10 * 4), 0xf000f065);
	EQ(bios_entry(0xff065 + 3), 0x10);
	EQ(bios_entry(0xffea5 + 8 + 3), 8);
	EQ(bios_entry(0xfe05b + 3), ENTRY_RESET);
	EQ(bios_entry(0x7c03), -1);
	EQ(ld16(ram + 0x400), 0x3f8);
	EQ(ld16(ram + 0x40e), 0x9fc0);
	EQ(ram[0x9fc00], 1);
	EQ(ld16(ram + 0x413), 639);
	EQ(ld16(ram + 0x463), 0x3d4);
	EQ(call_ax(0x11, 0) | reg16(pc, GPR_AX), 0x222);
	call(0x12);
	EQ(reg16(pc, GPR_AX), 639);
	call_ax(0x15, 0xc000);
	EQ(c->sel[SEG_ES], 0xf000);
	EQ(ram[c->segbase[SEG_ES] + reg16(pc, GPR_BX) + 2], 0xfc);
	EQ(call_ax(0x15, 0xc100), 0);
	EQ(c->sel[SEG_ES], 0x9fc0);
	EQ(call_ax(0x15, 0x5300), 1);
	EQ(high(pc, GPR_AX), 0x86);
	EQ(call_ax(0x17, 0), 0);
	EQ(high(pc, GPR_AX), 1);
}

// --- display ----------------------------------------------------------------------------

#define ROW(y, text) row(y, text, __LINE__)
static void
row(unsigned y, const char *want, int line)
{
	char text[512];
	pc_text_row(pc, y, text, sizeof text);
	if (strcmp(text, want)) {
		printf("bios_test.c:%d: row %u is \"%s\", not \"%s\"\n", line, y, text, want);
		g_failed = 1;
	}
}

static void
say(const char *s)
{
	while (*s) {
		set16(pc, GPR_BX, 7);
		call_ax(0x10, (u16)(0x0e00 | (u8)*s++));
	}
}

static void
cursor(unsigned x, unsigned y, int line)
{
	struct pc_text t;
	pc_text(pc, &t);
	if (t.cursor_x != x || t.cursor_y != y) {
		printf("bios_test.c:%d: cursor at %u, %u\n", line, t.cursor_x, t.cursor_y);
		g_failed = 1;
	}
}
#define CURSOR(x, y) cursor(x, y, __LINE__)

static void
go(unsigned x, unsigned y)
{
	set16(pc, GPR_BX, 0);
	set16(pc, GPR_DX, (u16)(y << 8 | x));
	call_ax(0x10, 0x0200);
}

static void
writing(void)
{
	unsigned i;
	machine(0, -1, 0);
	say("Hello,\r\nworld\b!\a");
	ROW(0, "Hello,");
	ROW(1, "worl!");
	CURSOR(5, 1);
	set16(pc, GPR_BX, 0);
	call_ax(0x10, 0x0300);
	EQ(reg16(pc, GPR_DX), 0x0105);
	EQ(reg16(pc, GPR_CX), 0x0607);
	// Characters of code page 437
	go(0, 3);
	say("\x01\x80\xb0\xdb");
	ROW(3, "\342\230\272\303\207\342\226\221\342\226\210");
	// 09h and 0ah repeat and leave the cursor.
	go(2, 4);
	set16(pc, GPR_BX, 0x4e);
	set16(pc, GPR_CX, 3);
	call_ax(0x10, 0x0900 | '*');
	ROW(4, "  ***");
	CURSOR(2, 4);
	call_ax(0x10, 0x0800);
	EQ(reg16(pc, GPR_AX), 0x4e00 | '*');
	set16(pc, GPR_CX, 1);
	set16(pc, GPR_BX, 1);
	call_ax(0x10, 0x0a00 | '+');
	call_ax(0x10, 0x0800);
	EQ(reg16(pc, GPR_AX), 0x4e00 | '+');
	EQ(pc_text_cell(pc, 2, 4), 0x4e00 | '+');
	// 13h, with attributes in the string and not
	memcpy(ram + 0x8000,
		"a\x1f"
		"b\x2f"
		"c\x3f",
		6);
	bios_segment(pc, SEG_ES, 0x800);
	set16(pc, GPR_BP, 0);
	set16(pc, GPR_CX, 3);
	set16(pc, GPR_DX, 0x0602);
	set16(pc, GPR_BX, 0);
	call_ax(0x10, 0x1303);
	EQ(pc_text_cell(pc, 4, 6), 0x3f00 | 'c');
	CURSOR(5, 6);
	memcpy(ram + 0x8000, "xy\r\nz", 5);
	set16(pc, GPR_CX, 5);
	set16(pc, GPR_DX, 0x0802);
	set16(pc, GPR_BX, 0x5e);
	call_ax(0x10, 0x1300);
	ROW(8, "  xy");
	ROW(9, "z");
	EQ(pc_text_cell(pc, 3, 8), 0x5e00 | 'y');
	CURSOR(5, 6);
	// Lines wrap, the last one scrolls.
	go(78, 24);
	say("abcd");
	ROW(23, "                                                                              ab");
	ROW(24, "cd");
	ROW(3, "  +**");
	// Windows
	machine(0, -1, 0);
	for (i = 0; i < 25; i++) {
		go(0, i);
		set16(pc, GPR_BX, 7);
		set16(pc, GPR_CX, 5);
		call_ax(0x10, (u16)(0x0900 | ('a' + i)));
	}
	set16(pc, GPR_CX, 0x0501);
	set16(pc, GPR_DX, 0x0a03);
	set16(pc, GPR_BX, 0x1700);
	call_ax(0x10, 0x0602);
	ROW(4, "eeeee");
	ROW(5, "fhhhf");
	ROW(8, "ikkki");
	ROW(9, "j   j");
	EQ(pc_text_cell(pc, 2, 10), 0x1720);
	call_ax(0x10, 0x0701);
	ROW(5, "f   f");
	ROW(6, "ghhhg");
	call_ax(0x10, 0x0600);
	ROW(7, "h   h");
	ROW(11, "lllll");
}

static void
modes(void)
{
	struct pc_text t;
	unsigned i;
	machine(0, -1, 0);
	call_ax(0x10, 0x0f00);
	EQ(reg16(pc, GPR_AX), 0x5003);
	EQ(high(pc, GPR_BX), 0);
	call_ax(0x10, 1);
	pc_text(pc, &t);
	EQ(t.columns, 40);
	EQ(t.rows, 25);
	say("forty");
	ROW(0, "forty");
	call_ax(0x10, 0x83);
	pc_text(pc, &t);
	EQ(t.columns, 80);
	ROW(0, "forty");
	call_ax(0x10, 0x0f00);
	EQ(low(pc, GPR_AX), 0x83);
	// Eight lines per character: 50 rows
	call_ax(0x10, 3);
	ROW(0, "");
	set16(pc, GPR_BX, 0);
	call_ax(0x10, 0x1112);
	pc_text(pc, &t);
	EQ(t.rows, 50);
	EQ(ram[0x484], 49);
	go(0, 49);
	say("bottom\r\n");
	ROW(48, "bottom");
	CURSOR(0, 49);
	set16(pc, GPR_BX, 0);
	call_ax(0x10, 0x1130);
	EQ(reg16(pc, GPR_CX), 8);
	EQ(low(pc, GPR_DX), 49);
	call_ax(0x10, 3);
	pc_text(pc, &t);
	EQ(t.rows, 25);
	// Monochrome has its own memory and ports.
	call_ax(0x10, 7);
	say("mono");
	ROW(0, "mono");
	EQ(ram[0xb0000], 'm');
	EQ(ld16(ram + 0x463), 0x3b4);
	EQ(in(0x3d4), 0xff);
	EQ(in(0x3b4) != 0xff, 1);
	// Graphics modes are not taken.
	call_ax(0x10, 3);
	call_ax(0x10, 0x13);
	call_ax(0x10, 0x0f00);
	EQ(low(pc, GPR_AX), 3);
	call_ax(0x10, 0x4f00);
	CHECK(low(pc, GPR_AX) != 0x4f);
	call_ax(0x10, 0x1a00);
	EQ(low(pc, GPR_AX), 0x1a);
	EQ(reg16(pc, GPR_BX), 8);
	set16(pc, GPR_BX, 0x10);
	call_ax(0x10, 0x1200);
	EQ(reg16(pc, GPR_BX), 3);
	// Pages
	call_ax(0x10, 0x0502);
	EQ(ld16(ram + 0x44e), 0x2000);
	say("page two");
	ROW(0, "page two");
	EQ(ram[0xba000], 'p');
	CURSOR(8, 0);
	call_ax(0x10, 0x0500);
	ROW(0, "");
	CURSOR(0, 0);
	// The start address scrolls within memory and wraps.
	ram[0xb8000 + 160] = 'X';
	pc_out(pc, 0x3d4, 2, 0x000c);
	pc_out(pc, 0x3d4, 2, 0x500d);
	ROW(0, "X");
	pc_out(pc, 0x3d4, 2, 0x3f0c);
	pc_out(pc, 0x3d4, 2, 0xb00d);
	ROW(2, "X");
	// Cursor: hidden, and shapes of eight lines on sixteen
	call_ax(0x10, 3);
	set16(pc, GPR_CX, 0x2000);
	call_ax(0x10, 0x0100);
	pc_text(pc, &t);
	EQ(t.cursor_y, t.rows);
	set16(pc, GPR_CX, 0x0607);
	call_ax(0x10, 0x0100);
	CURSOR(0, 0);
	EQ(pc->vga.crtc[10], 13);
	EQ(pc->vga.crtc[11], 14);
	set16(pc, GPR_CX, 0x0007);
	call_ax(0x10, 0x0100);
	EQ(pc->vga.crtc[10], 0);
	EQ(pc->vga.crtc[11], 15);
	// Registers: protection, flip-flop, palette
	out(0x3d4, 1);
	out(0x3d5, 0x13);
	EQ(in(0x3d5), 0x4f);
	in(0x3da);
	out(0x3c0, 0x30);
	out(0x3c0, 0);
	EQ(pc->vga.attr[0x10], 0);
	set16(pc, GPR_BX, 1);
	call_ax(0x10, 0x1003);
	EQ(pc->vga.attr[0x10], 8);
	EQ(vga_colour(pc, 4), 0xaa0000);
	EQ(vga_colour(pc, 6), 0xaa5500);
	EQ(vga_colour(pc, 15), 0xffffff);
	out(0x3c8, 0x3f);
	out(0x3c9, 1);
	out(0x3c9, 2);
	out(0x3c9, 3);
	out(0x3c7, 0x3f);
	EQ(in(0x3c9), 1);
	EQ(in(0x3c9), 2);
	EQ(in(0x3c9), 3);
	// Retrace comes seventy times a second.
	for (i = 0; i < 100000; i++) {
		static int was, n;
		int now = in(0x3da) >> 3 & 1;
		n += now && !was;
		was = now;
		later(10 * US);
		if (i == 99999)
			EQ(n, 70);
	}
}

// --- 15h ------------------------------------------------------------------------------------

static void
memory(void)
{
	static const u64 want[][3] = { { 0, 0x9fc00, 1 }, { 0x9fc00, 0x400, 2 }, { 0xf0000, 0x10000, 2 }, { 0x100000, RAM_SIZE - 0x100000, 1 } };
	unsigned i;
	machine(0, -1, 0);
	bios_segment(pc, SEG_ES, 0);
	set32(pc, GPR_BX, 0);
	for (i = 0; i < COUNTOF(want); i++) {
		set32(pc, GPR_AX, 0xe820);
		set32(pc, GPR_DX, 0x534d4150);
		set32(pc, GPR_CX, 20);
		set16(pc, GPR_DI, 0x800);
		ram[0x814] = 0xcc;
		EQ(call(0x15), 0);
		EQ(reg32(pc, GPR_AX), 0x534d4150);
		EQ(reg32(pc, GPR_CX), 20);
		EQ(ld64(ram + 0x800), want[i][0]);
		EQ(ld64(ram + 0x808), want[i][1]);
		EQ(ld32(ram + 0x810), want[i][2]);
		EQ(ram[0x814], 0xcc);
		EQ(reg32(pc, GPR_BX), i == 3 ? 0 : i + 1);
	}
	set32(pc, GPR_BX, 4);
	set32(pc, GPR_DX, 0x534d4150);
	EQ(call_ax(0x15, 0xe820), 1);
	set32(pc, GPR_BX, 0);
	set32(pc, GPR_DX, 0);
	EQ(call_ax(0x15, 0xe820), 1);
	EQ(call_ax(0x15, 0xe801), 0);
	EQ(reg16(pc, GPR_AX), 15 * 1024);
	EQ(reg16(pc, GPR_DX), (RAM_SIZE >> 16) - 256);
	EQ(call_ax(0x15, 0x8800), 0);
	EQ(reg16(pc, GPR_AX), RAM_SIZE / 1024 - 1024);
	// A20 wraps addresses beyond 1 MiB.
	EQ(call_ax(0x15, 0x2400), 0);
	EQ(pc_a20(pc), 0);
	EQ(call_ax(0x15, 0x2402), 0);
	EQ(low(pc, GPR_AX), 0);
	mem_set_a20(m, 0);
	put8(pc, 0x100800, 0x42);
	EQ(ram[0x800], 0x42);
	EQ(call_ax(0x15, 0x2401), 0);
	mem_set_a20(m, 1);
	put8(pc, 0x100800, 0x43);
	EQ(ram[0x800], 0x42);
	EQ(ram[0x100800], 0x43);
	EQ(call_ax(0x15, 0x2403), 0);
	EQ(reg16(pc, GPR_BX), 3);
	// Moves
	memset(ram + 0x800, 0, 48);
	st32(ram + 0x810, 0x0000ffff);
	st32(ram + 0x814, 0x00009301);
	st32(ram + 0x818, 0x4560ffff);
	st32(ram + 0x81c, 0x00009312);
	memcpy(ram + 0x10000, "moved up", 8);
	set16(pc, GPR_SI, 0x800);
	set16(pc, GPR_CX, 4);
	EQ(call_ax(0x15, 0x8700), 0);
	EQ(memcmp(ram + 0x124560, "moved up", 8), 0);
	st16(ram + 0x818, 6);
	EQ(call_ax(0x15, 0x8700), 1);
	set16(pc, GPR_CX, 0x8001);
	EQ(call_ax(0x15, 0x8700), 1);
	// To nowhere: swallowed
	st16(ram + 0x818, 0xffff);
	ram[0x81f] = 0xff;
	set16(pc, GPR_CX, 0x8000);
	EQ(call_ax(0x15, 0x8700), 0);
}

static void
waiting(void)
{
	machine(0, -1, 0);
	set16(pc, GPR_CX, 1);
	set16(pc, GPR_DX, 0);
	EQ(call_ax(0x15, 0x8600), -1);
	EQ(pc_next_event(pc) <= pc->now + 65537 * (u64)US, 1);
	later(65000 * US);
	EQ(call(0x15), -1);
	later(600 * US);
	EQ(call(0x15), 0);
	// A byte is set later.
	bios_segment(pc, SEG_ES, 0);
	set16(pc, GPR_BX, 0x800);
	ram[0x800] = 1;
	set16(pc, GPR_CX, 0);
	set16(pc, GPR_DX, 1000);
	EQ(call_ax(0x15, 0x8300), 0);
	EQ(call_ax(0x15, 0x8300), 1);
	later(999 * US);
	EQ(ram[0x800], 1);
	later(2 * US);
	EQ(ram[0x800], 0x81);
	EQ(call_ax(0x15, 0x8300), 0);
	EQ(call_ax(0x15, 0x8301), 0);
	later(5000 * US);
}

// --- 1Ah, 08h, 70h ----------------------------------------------------------------------------

static void
time_services(void)
{
	unsigned before;
	machine(0, -1, 0);
	EQ(call_ax(0x1a, 0x0200), 0);
	EQ(reg16(pc, GPR_CX), 0);
	EQ(reg16(pc, GPR_DX), 0);
	EQ(call_ax(0x1a, 0x0400), 0);
	EQ(reg16(pc, GPR_CX), 0x2000);
	EQ(reg16(pc, GPR_DX), 0x0101);
	set16(pc, GPR_CX, 0x2358);
	set16(pc, GPR_DX, 0x5900);
	EQ(call_ax(0x1a, 0x0300), 0);
	set16(pc, GPR_CX, 0x1999);
	set16(pc, GPR_DX, 0x1231);
	EQ(call_ax(0x1a, 0x0500), 0);
	later((u64)61 * NS_PER_S);
	call_ax(0x1a, 0x0200);
	EQ(reg16(pc, GPR_CX), 0);
	EQ(high(pc, GPR_DX), 0);
	call_ax(0x1a, 0x0400);
	EQ(reg16(pc, GPR_CX), 0x2000);
	EQ(reg16(pc, GPR_DX), 0x0101);
	// Ticks, and midnight
	while (pc_interrupt(pc) >= 0)
		out(0x20, 0x20);
	call_ax(0x1a, 0);
	before = reg16(pc, GPR_DX);
	later(60 * MS);
	EQ(interrupts(8), 1);
	call_ax(0x1a, 0);
	EQ(reg16(pc, GPR_DX), before + 1);
	set16(pc, GPR_CX, 0x18);
	set16(pc, GPR_DX, 0x00af);
	call_ax(0x1a, 0x0100);
	call(8);
	call_ax(0x1a, 0);
	EQ(reg16(pc, GPR_AX), 1);
	EQ(reg16(pc, GPR_CX), 0);
	EQ(reg16(pc, GPR_DX), 0);
	call_ax(0x1a, 0);
	EQ(reg16(pc, GPR_AX), 0);
	// Alarm
	set16(pc, GPR_CX, 0);
	set16(pc, GPR_DX, 0x0500);
	EQ(call_ax(0x1a, 0x0600), 0);
	EQ(call_ax(0x1a, 0x0600), 1);
	later((u64)5 * NS_PER_S);
	while (pc_interrupt_pending(pc)) {
		int v = pc_interrupt(pc);
		call((unsigned)v);
		if (v == 0x70) {
			EQ(high(pc, GPR_AX), 1);
			break;
		}
		out(0x20, 0x20);
	}
	EQ(call_ax(0x1a, 0x0700), 0);
	EQ(pc->rtc.cmos[RTC_B] & 0x20, 0);
	EQ(call_ax(0x1a, 0xb101), 1);
}

static void
serial(void)
{
	machine(0, -1, 0);
	set16(pc, GPR_DX, 0);
	call_ax(0x14, 0x00e3);
	EQ(reg16(pc, GPR_AX), 0x60b0);
	EQ(pc->uart.dll, 12);
	EQ(pc->uart.lcr, 3);
	// A second passes before nothing has come.
	EQ(call_ax(0x14, 0x0200), -1);
	EQ(pc_next_event(pc) > pc->now, 1);
	later(NS_PER_S + 1);
	call_ax(0x14, 0x0200);
	EQ(high(pc, GPR_AX), 0x80);
	EQ(uart_outside(pc, (const u8 *)"k", 1), 1);
	call_ax(0x14, 0x0300);
	EQ(high(pc, GPR_AX), 0x61);
	call_ax(0x14, 0x0200);
	EQ(reg16(pc, GPR_AX), 'k');
}

// --- start and restart ------------------------------------------------------------------------

static void
boots(void)
{
	static const u8 code[] = { 0xfa, 0xf4 };
	const char *path = image(1440 * 1024, code, 2, 1);
	machine(path, -1, 0);
	c->r[GPR_DX] = 0x1234;
	c->pc = 0x9999;
	memset(ram + 0x7c00, 0, 512);
	call(0x19);
	EQ(c->pc, 0x7c00);
	EQ(low(pc, GPR_DX), 0);
	EQ(ram[0x7c00], 0xfa);
	// Shutdown code 10: on to 40:67
	out(0x70, CMOS_SHUTDOWN);
	out(0x71, 10);
	st32(ram + 0x467, 0x20000010);
	out(0x64, 0xfe);
	EQ(pc_reset_asked(pc), 1);
	EQ(pc_reset(pc), 0);
	EQ(pc_reset_asked(pc), 0);
	EQ(c->sel[SEG_CS], 0x2000);
	EQ(c->pc, 0x10);
	EQ(pc->rtc.cmos[CMOS_SHUTDOWN], 0);
	// Without: from the start
	call(ENTRY_RESET);
	EQ(pc_reset_asked(pc), 1);
	EQ(pc_reset(pc), 0);
	EQ(c->pc, 0x7c00);
	EQ(pc_exit_status(pc), -1);
	machine(0, -1, 0);
	EQ(pc_reset(pc), -1);
	call(0x19);
	EQ(pc_exit_status(pc), 1);
	ROW(1, "No disk to boot from.");
	unlink(path);
}

// Without a screen teletype output is standard output: UTF-8, lines end in LF.
static void
teletype(FILE *to)
{
	char text[64];
	size_t n;
	machine(0, -1, 0);
	say("ab\r\n\x84\xdb|");
	pc_draw(pc);
	if (ftruncate(fileno(to), 0))
		return;
	lseek(1, 0, SEEK_SET);
	say("ab\r\n\x84\xdb|");
	out(0x3f8, 'S');
	pc_draw(pc);
	fseek(to, 0, SEEK_SET);
	n = fread(text, 1, sizeof text - 1, to);
	text[n] = 0;
	CHECK(!strcmp(text, "ab\n\303\244\342\226\210|S"));
}

int
main(void)
{
	static char said[1 << 16];
	FILE *to = tmpfile();
	int out_fd = dup(1);
	setvbuf(stdout, said, _IOFBF, sizeof said);
	if (!to || dup2(fileno(to), 1) < 0)
		return 1;
	rom_and_data();
	writing();
	modes();
	memory();
	waiting();
	time_services();
	serial();
	boots();
	teletype(to);
	machine_free();
	dup2(out_fd, 1);
	fflush(stdout);
	return g_failed;
}
