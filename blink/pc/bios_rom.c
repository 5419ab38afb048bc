// bios_rom.c: the ROM at F000:0000, the vectors, and the data areas as a BIOS
// leaves them.
//
// Services are VMCALL and IRET, at the addresses where programs expect them
// since the PC; handlers that call vectors which guests hook are a little code
// around that. Source: IBM PC/AT technical reference for addresses and tables.
#include "pc/bios.h"

enum { ROM = 0xf0000, ROM_SIZE = 0x10000, IRET_ONLY = 0xff53, IRQ_UNEXPECTED = 0xff23, SERVICES = 0xd000 };
#define VMCALL 0x0f, 0x01, 0xc1
#define IRET 0xcf

// Timer: counts, calls 1Ch with DS at the BDA, and ends the interrupt.
static const u8 code_08[] = {
	0x1e, 0x50, 0x52,          // push ds; push ax; push dx
	0xb8, 0x40, 0x00, 0x8e, 0xd8,  // mov ax, 40h; mov ds, ax
	VMCALL,
	0xcd, 0x1c,                // int 1ch
	0xb0, 0x20, 0xe6, 0x20,    // mov al, 20h; out 20h, al
	0x5a, 0x58, 0x1f, IRET,    // pop dx; pop ax; pop ds; iret
};
// Keyboard: shows the code to 15h function 4fh, and does what is left to do
// afterwards by what AH says.
static const u8 code_09[] = {
	0x50, 0xe4, 0x60, 0xb4, 0x4f,  // push ax; in al, 60h; mov ah, 4fh
	0xf9, 0xcd, 0x15,          // stc; int 15h
	VMCALL,
	0x80, 0xfc, 0x1b, 0x75, 0x04,  // cmp ah, 1bh; jne
	0xcd, 0x1b, 0xeb, 0x29,    // int 1bh; jmp end
	0x80, 0xfc, 0x05, 0x75, 0x04,  // cmp ah, 5; jne
	0xcd, 0x05, 0xeb, 0x20,    // int 5; jmp end
	0x80, 0xfc, 0x15, 0x75, 0x06,  // cmp ah, 15h; jne
	0xb4, 0x85, 0xcd, 0x15, 0xeb, 0x15,  // mov ah, 85h; int 15h; jmp end
	0x80, 0xfc, 0x01, 0x75, 0x10,  // cmp ah, 1; jne end
	0x1e, 0xb8, 0x40, 0x00, 0x8e, 0xd8,  // push ds; mov ax, 40h; mov ds, ax
	0xfb, 0xf4,                // wait: sti; hlt
	0xf6, 0x06, 0x18, 0x00, 0x08,  // test byte [18h], 8
	0x75, 0xf7, 0x1f,          // jnz wait; pop ds
	0x58, IRET,                // end: pop ax; iret
};
static const u8 code_18[] = { VMCALL, 0xfb, 0xf4, 0xeb, 0xfc };  // sti; hlt; jmp there
static const u8 code_70[] = {
	0x50, VMCALL,              // push ax
	0x08, 0xe4, 0x74, 0x02,    // or ah, ah; jz
	0xcd, 0x4a, 0x58, IRET,    // int 4ah; pop ax; iret
};
// What was IRQ 2 on PCs
static const u8 code_71[] = { 0x50, 0xb0, 0x20, 0xe6, 0xa0, 0x58, 0xcd, 0x0a, IRET };
// The coprocessor's error goes to NMI's vector.
static const u8 code_75[] = { 0x50, 0x30, 0xc0, 0xe6, 0xf0, 0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0x58, 0xcd, 0x02, IRET };
static const u8 code_service[] = { VMCALL, IRET };
// The classic address is four bytes in.
static const u8 code_back[] = { VMCALL, IRET, 0xeb, 0xfa };
static const u8 code_iret[] = { IRET };
static const u8 code_start[] = { 0xea, 0x5b, 0xe0, 0x00, 0xf0 };  // jmp f000:e05b

static const struct routine { u16 offset; u8 entry; u8 before; const u8 *code; u8 size; } routines[] = {
#define CODE(offset, entry, before, code) { offset, entry, before, code, sizeof code }
	CODE(0xff54, 0x05, 0, code_service),
	CODE(0xfea5, 0x08, 8, code_08),
	CODE(0xe987, 0x09, 8, code_09),
	CODE(0xef57, 0x0e, 0, code_service),
	CODE(0xf065, 0x10, 0, code_service),
	CODE(0xf84d, 0x11, 0, code_service),
	CODE(0xf841, 0x12, 0, code_service),
	CODE(0xe3fa, 0x13, 0, code_back),
	CODE(0xe739, 0x14, 0, code_service),
	CODE(0xf859, 0x15, 0, code_service),
	CODE(0xe82e, 0x16, 0, code_service),
	CODE(0xefd2, 0x17, 0, code_service),
	CODE(SERVICES, 0x18, 0, code_18),
	CODE(0xe6ee, 0x19, 0, code_back),
	CODE(0xfe6e, 0x1a, 0, code_service),
	CODE(0xec59, 0x40, 0, code_service),
	CODE(SERVICES + 0x10, 0x70, 1, code_70),
	CODE(SERVICES + 0x40, 0x76, 0, code_service),
	CODE(IRQ_UNEXPECTED, ENTRY_IRQ, 0, code_service),
	CODE(0xe05b, ENTRY_RESET, 0, code_service),
#undef CODE
};
enum { AT_71 = SERVICES + 0x20, AT_75 = SERVICES + 0x30 };

int
bios_entry(u64 linear_pc)
{
	unsigned i;
	for (i = 0; i < COUNTOF(routines); i++)
		if (linear_pc == ROM + routines[i].offset + routines[i].before + 3u)
			return routines[i].entry;
	return -1;
}

// --- tables -------------------------------------------------------------------------------

// Step rate, motor off after ticks, bytes of a sector, its number on a track, gaps
static void
floppy_table(const struct disk *d, u8 *t)
{
	static const u8 table[11] = { 0xdf, 2, MOTOR_TICKS, 2, 18, 0x1b, 0xff, 0x6c, 0xf6, 0x0f, 8 };
	memcpy(t, table, sizeof table);
	if (d->fd < 0 || d->number >= 0x80)
		return;
	t[4] = (u8)d->sectors;
	t[5] = d->sectors < 15 ? 0x2a : 0x1b;
	t[7] = d->sectors < 15 ? 0x50 : d->sectors == 18 ? 0x6c : 0x54;
}

// Two interrupt controllers, a clock, 15h function 4fh, an EBDA
static const u8 config_table[] = { 8, 0, 0xfc, 1, 0, 0x74, 0, 0, 0, 0 };
// 6845 registers of CGA's and MDA's modes, page lengths, columns, mode registers
static const u8 video_table[] = {
	0x38, 0x28, 0x2d, 0x0a, 0x1f, 6, 0x19, 0x1c, 2, 7, 6, 7, 0, 0, 0, 0,
	0x71, 0x50, 0x5a, 0x0a, 0x1f, 6, 0x19, 0x1c, 2, 7, 6, 7, 0, 0, 0, 0,
	0x38, 0x28, 0x2d, 0x0a, 0x7f, 6, 0x64, 0x70, 2, 1, 6, 7, 0, 0, 0, 0,
	0x61, 0x50, 0x52, 0x0f, 0x19, 6, 0x19, 0x19, 2, 0x0d, 0x0b, 0x0c, 0, 0, 0, 0,
	0, 8, 0, 0x10, 0, 0x40, 0, 0x40,
	0x28, 0x28, 0x50, 0x50, 0x28, 0x28, 0x50, 0x50,
	0x2c, 0x28, 0x2d, 0x29, 0x2a, 0x2e, 0x1e, 0x29,
};
// What 10h function 1bh points to: modes 0 to 3 and 7, 400 lines, two fonts
static const u8 state_table[16] = { 0x8f, 0, 0, 0, 0, 0, 0, 4, 2, 8, 0xe7, 0x0c, 0, 0, 0, 0 };

static void
disk_table(const struct disk *d, u8 *t)
{
	if (d->fd < 0 || d->number < 0x80)
		return;
	st16(t, d->cylinders);
	t[2] = (u8)d->heads;
	st16(t + 5, 0xffff);
	t[8] = d->heads > 8 ? 8 : 0;
	st16(t + 12, d->cylinders);
	t[14] = (u8)d->sectors;
}

// Sixteen lines are eight twice; fourteen of them leave out the first and last.
static void
fonts(struct pc *pc)
{
	u8 tall[256 * 16], middle[256 * 14];
	unsigned c, y;
	for (c = 0; c < 256; c++) {
		for (y = 0; y < 16; y++)
			tall[c * 16 + y] = bios_font[c][y / 2];
		memcpy(middle + c * 14, tall + c * 16 + 1, 14);
	}
	ram_rom(pc, ROM + ROM_8X8, bios_font, sizeof bios_font);
	ram_rom(pc, ROM + ROM_FONT, bios_font, sizeof bios_font / 2);
	ram_rom(pc, ROM + ROM_8X14, middle, sizeof middle);
	ram_rom(pc, ROM + ROM_8X16, tall, sizeof tall);
}

void
bios_rom(struct pc *pc)
{
	static const u8 zeros[4096] = { 0 };
	u8 table[16] = { 0 }, b, sum = 0;
	unsigned i;
	for (i = 0; i < ROM_SIZE; i += sizeof zeros)
		ram_rom(pc, ROM + i, zeros, sizeof zeros);
	for (i = 0; i < COUNTOF(routines); i++)
		ram_rom(pc, ROM + routines[i].offset, routines[i].code, routines[i].size);
	ram_rom(pc, ROM + AT_71, code_71, sizeof code_71);
	ram_rom(pc, ROM + AT_75, code_75, sizeof code_75);
	ram_rom(pc, ROM + IRET_ONLY, code_iret, sizeof code_iret);
	ram_rom(pc, ROM + ROM_CONFIG, config_table, sizeof config_table);
	disk_table(&pc->disk, table);
	ram_rom(pc, ROM + ROM_DISK_TABLE, table, sizeof table);
	floppy_table(&pc->disk, table);
	ram_rom(pc, ROM + ROM_FLOPPY_TABLE, table, 11);
	ram_rom(pc, ROM + ROM_VIDEO_TABLE, video_table, sizeof video_table);
	ram_rom(pc, ROM + ROM_STATE, state_table, sizeof state_table);
	fonts(pc);
	ram_rom(pc, ROM + 0xe000, "blink PC BIOS", 13);
	ram_rom(pc, ROM + 0xfff0, code_start, sizeof code_start);
	ram_rom(pc, ROM + 0xfff5, "01/01/26\0\xfc", 10);
	for (i = 0; i < ROM_SIZE; i++) {
		ram_read(pc, ROM + i, &b, 1);
		sum = (u8)(sum + b);
	}
	b = (u8)-sum;
	ram_rom(pc, ROM + 0xffff, &b, 1);
}

// --- memory after the self test --------------------------------------------------------------

static void
vector(struct pc *pc, unsigned n, u16 offset, u16 segment)
{
	set_bda32(pc, n * 4, (u32)segment << 16 | offset);
}

static void
vectors(struct pc *pc)
{
	unsigned i;
	for (i = 0; i < 256; i++)
		vector(pc, i, IRET_ONLY, 0xf000);
	// For users' programs
	for (i = 0x60; i < 0x68; i++)
		vector(pc, i, 0, 0);
	for (i = 0x0a; i < 0x10; i++)
		vector(pc, i, IRQ_UNEXPECTED, 0xf000);
	for (i = 0x72; i < 0x78; i++)
		vector(pc, i, IRQ_UNEXPECTED, 0xf000);
	for (i = 0; i < COUNTOF(routines); i++)
		if (routines[i].entry < ENTRY_RESET)
			vector(pc, routines[i].entry, (u16)(routines[i].offset + (routines[i].code == code_back ? 4 : 0)), 0xf000);
	vector(pc, 0x71, AT_71, 0xf000);
	vector(pc, 0x75, AT_75, 0xf000);
	vector(pc, 0x1d, ROM_VIDEO_TABLE, 0xf000);
	vector(pc, 0x1e, ROM_FLOPPY_TABLE, 0xf000);
	vector(pc, 0x1f, ROM_8X8 + 128 * 8, 0xf000);
	vector(pc, 0x41, ROM_DISK_TABLE, 0xf000);
	vector(pc, 0x43, ROM_8X16, 0xf000);
	vector(pc, 0x46, ROM_DISK_TABLE, 0xf000);
}

unsigned
bios_equipment(const struct pc *pc)
{
	// Coprocessor, 80x25 colour, one serial port
	return 0x0222u | (pc->disk.fd >= 0 && pc->disk.number < 0x80);
}

static void
data_areas(struct pc *pc)
{
	static const u8 zeros[256] = { 0 };
	// What a floppy that was found is like, by its drive's type
	static const u8 media[] = { 0, 0x93, 0x15, 0x97, 0x17, 0xd7 };
	u8 ebda[1024] = { 1 };
	int hard = pc->disk.fd >= 0 && pc->disk.number >= 0x80, i;
	ram_write(pc, BDA, zeros, sizeof zeros);
	ram_write(pc, EBDA, ebda, sizeof ebda);
	set_bda16(pc, BDA, 0x3f8);
	set_bda16(pc, BDA_EBDA, EBDA >> 4);
	set_bda16(pc, BDA_EQUIPMENT, (u16)bios_equipment(pc));
	set_bda16(pc, BDA_MEMORY, EBDA / 1024);
	set_bda16(pc, BDA_HEAD, BDA_BUFFER - BDA);
	set_bda16(pc, BDA_TAIL, BDA_BUFFER - BDA);
	set_bda16(pc, BDA_BUFFER_START, BDA_BUFFER - BDA);
	set_bda16(pc, BDA_BUFFER_END, BDA_BUFFER - BDA + 32);
	set_bda8(pc, BDA_DISKS, (u8)hard);
	for (i = 0; i < 4; i++) {
		set_bda8(pc, BDA + 0x78 + (u32)i, 20);
		set_bda8(pc, BDA + 0x7c + (u32)i, 1);
	}
	if (pc->disk.fd >= 0 && !hard) {
		set_bda8(pc, BDA_DRIVES, pc->disk.type == 1 ? 4 : 7);
		set_bda8(pc, BDA_MEDIA, media[pc->disk.type]);
	}
	set_bda8(pc, BDA_KEYBOARD, 0x10);
	set_bda32(pc, BDA_TICKS, (u32)((rtc_get(pc, RTC_HOUR) * 3600u + rtc_get(pc, RTC_MINUTE) * 60u + rtc_get(pc, RTC_SECOND)) * (u64)PIT_HZ >> 16));
}

void
bios_init(struct pc *pc)
{
	static const struct {
		u8 port, value;
	} start[] = {
		// 18.2 Hz, refresh, a tone that is off
		{ 0x43, 0x36 },
		{ 0x40, 0 },
		{ 0x40, 0 },
		{ 0x43, 0x54 },
		{ 0x41, 18 },
		{ 0x43, 0xb6 },
		{ 0x42, 0x33 },
		{ 0x42, 5 },
		// Interrupts 08h and 70h on: timer, keyboard, cascade, floppy; coprocessor, disk
		{ 0x20, 0x11 },
		{ 0x21, 0x08 },
		{ 0x21, 4 },
		{ 0x21, 1 },
		{ 0x21, 0xb8 },
		{ 0xa0, 0x11 },
		{ 0xa1, 0x70 },
		{ 0xa1, 2 },
		{ 0xa1, 1 },
		{ 0xa1, 0x9f },
	};
	unsigned i;
	for (i = 0; i < COUNTOF(start); i++)
		pc_out(pc, start[i].port, 1, start[i].value);
	memset(&pc->bios, 0, sizeof pc->bios);
	vectors(pc);
	data_areas(pc);
	bios_video_init(pc);
}
