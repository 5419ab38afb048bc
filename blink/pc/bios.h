// bios.h: what the files of the BIOS share.
//
// A service reads registers and guest memory, and answers in registers and in
// the flags that its caller's INT pushed. The BIOS data area (BDA) is in guest
// memory at 400h and is believed no more than registers are: guests write there.
#ifndef PC_BIOS_H_
#define PC_BIOS_H_
#include "pc/device.h"

// Entries of the ROM are numbered as the vectors that lead there, and:
enum { ENTRY_IRQ = 0xff, ENTRY_RESET = 0xfe };
enum { BDA = 0x400, EBDA = 0x9fc00, MOTOR_TICKS = 37 };
enum {
	BDA_EBDA = BDA + 0x0e, BDA_EQUIPMENT = BDA + 0x10, BDA_MEMORY = BDA + 0x13, BDA_SHIFT = BDA + 0x17, BDA_SHIFT2 = BDA + 0x18,
	BDA_KEYPAD = BDA + 0x19, BDA_HEAD = BDA + 0x1a, BDA_TAIL = BDA + 0x1c, BDA_BUFFER = BDA + 0x1e, BDA_SEEK = BDA + 0x3e,
	BDA_MOTORS = BDA + 0x3f, BDA_MOTOR_TICKS = BDA + 0x40, BDA_FLOPPY_STATUS = BDA + 0x41, BDA_MODE = BDA + 0x49, BDA_COLUMNS = BDA + 0x4a, BDA_PAGE_SIZE = BDA + 0x4c,
	BDA_PAGE_START = BDA + 0x4e, BDA_CURSOR = BDA + 0x50, BDA_SHAPE = BDA + 0x60, BDA_PAGE = BDA + 0x62, BDA_CRTC = BDA + 0x63,
	BDA_CGA_MODE = BDA + 0x65, BDA_CGA_COLOUR = BDA + 0x66, BDA_UNEXPECTED = BDA + 0x6b, BDA_TICKS = BDA + 0x6c, BDA_MIDNIGHT = BDA + 0x70,
	BDA_BREAK = BDA + 0x71, BDA_RESET = BDA + 0x72, BDA_DISK_STATUS = BDA + 0x74, BDA_DISKS = BDA + 0x75, BDA_SERIAL_WAIT = BDA + 0x7c, BDA_BUFFER_START = BDA + 0x80,
	BDA_BUFFER_END = BDA + 0x82, BDA_ROWS = BDA + 0x84, BDA_HEIGHT = BDA + 0x85, BDA_VIDEO = BDA + 0x87, BDA_SWITCHES = BDA + 0x88,
	BDA_VGA = BDA + 0x89, BDA_DISPLAY = BDA + 0x8a, BDA_DISK_DONE = BDA + 0x8e, BDA_DRIVES = BDA + 0x8f, BDA_MEDIA = BDA + 0x90, BDA_KEYBOARD = BDA + 0x96, BDA_LEDS = BDA + 0x97, BDA_PRINT_SCREEN = BDA + 0x100
};

void bios_rom(struct pc *);   // writes the ROM
void bios_init(struct pc *);  // vectors, data areas, devices
void bios_advance(struct pc *);
u64 bios_next(const struct pc *);
unsigned bios_equipment(const struct pc *);
int pc_boot(struct pc *);     // -1: nothing to boot

enum bios_result bios_int09(struct pc *);
enum bios_result bios_int10(struct pc *);
enum bios_result bios_int13(struct pc *);
enum bios_result bios_int14(struct pc *);
enum bios_result bios_int15(struct pc *);
enum bios_result bios_int16(struct pc *);
enum bios_result bios_int17(struct pc *);
enum bios_result bios_int1a(struct pc *);
enum bios_result bios_int70(struct pc *);
void bios_video_init(struct pc *);
void bios_print(struct pc *, const char *);

// Offsets in the ROM of what vectors and services point to
enum {
	ROM_CONFIG = 0xe6f5,
	ROM_DISK_TABLE = 0xe401,
	ROM_FLOPPY_TABLE = 0xefc7,
	ROM_VIDEO_TABLE = 0xf0a4,
	ROM_FONT = 0xfa6e,
	ROM_STATE = 0xd800,
	ROM_8X8 = 0xa000,
	ROM_8X14 = 0xa800,
	ROM_NO_GLYPHS = 0xb600,
	ROM_8X16 = 0xc000
};
extern const u8 bios_font[256][8];

// --- registers ----------------------------------------------------------------------
enum { F_CARRY = 1, F_ZERO = 0x40 };

static inline u16
reg16(const struct pc *pc, int r)
{
	return (u16)pc->cpu->r[r];
}

static inline u32
reg32(const struct pc *pc, int r)
{
	return (u32)pc->cpu->r[r];
}

static inline u8
low(const struct pc *pc, int r)
{
	return (u8)pc->cpu->r[r];
}

static inline u8
high(const struct pc *pc, int r)
{
	return (u8)(pc->cpu->r[r] >> 8);
}

static inline void
set16(struct pc *pc, int r, u16 x)
{
	pc->cpu->r[r] = (pc->cpu->r[r] & ~0xffffull) | x;
}

static inline void
set32(struct pc *pc, int r, u32 x)
{
	pc->cpu->r[r] = x;
}

static inline void
set_low(struct pc *pc, int r, u8 x)
{
	pc->cpu->r[r] = (pc->cpu->r[r] & ~0xffull) | x;
}

static inline void
set_high(struct pc *pc, int r, u8 x)
{
	pc->cpu->r[r] = (pc->cpu->r[r] & ~0xff00ull) | (u64)x << 8;
}

// Linear address of segment:register
static inline u64
at(const struct pc *pc, int seg, int r)
{
	return (u32)(pc->cpu->segbase[seg] + reg16(pc, r));
}

// A segment register as real mode loads it
void bios_segment(struct pc *, int seg, u16 selector);
// Whether a call, known again by where its flags lie on the stack, has to go on
// waiting; it may until ns have passed since it was made.
int bios_wait(struct pc *, struct bios_wait *, u64 ns);
// The flags that the caller's INT pushed
void bios_flag(struct pc *, u16 flag, int on);
static inline void
carry(struct pc *pc, int on)
{
	bios_flag(pc, F_CARRY, on);
}

// --- BIOS data area -------------------------------------------------------------------
MEMORY_WORDS(bda, set_bda, ram_read, ram_write)

static inline void
bda_bits(struct pc *pc, u32 address, u8 clear, u8 set)
{
	set_bda8(pc, address, (u8)((bda8(pc, address) & ~clear) | set));
}

#endif
