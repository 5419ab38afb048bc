// device.h: the parts of a PC, as they see each other. A device is a file that
// ends with its struct device, a row of the table in pc.c, and its state in
// struct pc.
#ifndef PC_DEVICE_H_
#define PC_DEVICE_H_
#include "pc/pc.h"

// The first of *n bytes that wait, at least one
static inline u8
queue_take(u8 *queue, u8 *n)
{
	u8 byte = queue[0];
	memmove(queue, queue + 1, --*n);
	return byte;
}

enum { NS_PER_US = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };
#define NEVER (~0ull)

// --- what a device is ------------------------------------------------------------
struct device_ports {
	u16 first, last;
};
// What a debugger is shown: bytes of struct pc, or what `get` says of an index.
struct device_register {
	const char *name;
	unsigned at, count;
	u64 (*get)(const struct pc *, unsigned index);
};
#define REGISTERS(name, field, count) \
	{ \
		name, (unsigned)offsetof(struct pc, field), count, 0 \
	}
#define REGISTER(name, field) REGISTERS(name, field, 1)
#define REGISTERS_BY(name, count, get) \
	{ \
		name, 0, count, get \
	}
struct device {
	const char *name;
	void (*reset)(struct pc *);
	u8 (*in)(struct pc *, unsigned port);  // a byte; 0: reads ones
	void (*out)(struct pc *, unsigned port, u8 value);
	void (*advance)(struct pc *);    // to pc->now; 0: time is nothing to it
	u64 (*next)(const struct pc *);  // when it wants that again
	struct device_ports ports[4];    // up to the first that ends with 0
	const struct device_register *registers;
	unsigned nregisters;
};
extern const struct device pic_device, pit_device, rtc_device, kbd_device, uart_device, vga_device;

// --- interrupt controllers ---------------------------------------------------
enum { IRQ_TIMER, IRQ_KEYBOARD, IRQ_CASCADE, IRQ_COM1 = 4, IRQ_FLOPPY = 6, IRQ_RTC = 8, IRQ_FPU = 13, IRQ_DISK = 14 };
struct pic8259 {
	u8 lines;      // inputs as they are
	u8 latch;      // edges seen
	u8 isr, imr, elcr;
	u8 base;       // ICW2
	u8 icw1, icw4;
	u8 expect;     // the ICW that comes next, 0: none
	u8 lowest;     // the input of lowest priority
	u8 read_isr, poll, special_mask, rotate_aeoi;
};
struct pic {
	struct pic8259 chip[2];
};
void pic_line(struct pc *, int irq, int level);
void pic_pulse(struct pc *, int irq);  // an edge that stays latched
int pic_pending(const struct pc *);
int pic_ack(struct pc *);

// --- timer ---------------------------------------------------------------------
#define PIT_HZ 1193182u
struct pit_channel {
	u8 control;            // the control word but for its channel, as written
	u8 mode, bcd, access;  // access: 1 low byte, 2 high byte, 3 both
	u8 gate;
	u8 write_high, read_high;  // the next byte of two is the high one
	u8 latched, latched_status;
	u8 null_count;     // written, not loaded yet
	u8 running;        // counting since start
	u8 out;            // level until it counts
	u16 latch;
	u8 status, low;
	u16 stood;         // count shown while there is no period
	u32 period;        // what counts now, 1..65536
	u32 next;          // becomes period at the end of it, 0: none
	u64 start;         // clock at which period was loaded
	u64 reload;        // modes 2 and 3: when next becomes period
	u64 held;          // ticks counted so far while the gate is low
};
struct pit {
	struct pit_channel ch[3];
	u64 seen;          // ticks up to which channel 0's edges were delivered
	u8 port61;
};

// --- clock and CMOS --------------------------------------------------------------
enum { RTC_SECOND, RTC_MINUTE = 2, RTC_HOUR = 4, RTC_WEEKDAY = 6, RTC_DAY, RTC_MONTH, RTC_YEAR, RTC_A, RTC_B, RTC_C, RTC_D,
	CMOS_SHUTDOWN = 0x0f, CMOS_CENTURY = 0x32 };
struct rtc {
	u8 index;
	u8 cmos[128];    // also time and alarm, in the format that register B says
	u64 second;      // when the next one begins
	u64 periodic;    // when the next periodic event comes, NEVER: rate 0
};
void rtc_advance(struct pc *);
// Time and alarm registers as numbers.
unsigned rtc_get(const struct pc *, int reg);
void rtc_set(struct pc *, int reg, unsigned value);

// --- keyboard --------------------------------------------------------------------
struct kbd {
	u8 status, out;          // the controller's status and output buffer
	u8 command;              // command byte
	u8 ram[32];
	u8 wants;                // controller command that waits for its data byte
	u8 argument;             // keyboard command that waits for its argument
	u8 set, leds, rate;      // of the keyboard
	u8 scanning;
	u8 release;              // F0 seen, translation
	u8 last;                 // what the keyboard sent last, for a resend
	u8 answer[8], nanswers;  // of the controller
	u8 reply[8], nreplies;   // of the keyboard
	u8 keys[64];             // scan codes of set 1 still to be sent
	u8 nkeys;
	u8 break_sent;           // f0 of the first
	u8 by_bios;              // not 0: the ROM's INT 09h takes the bytes; counts those read since
	u64 ready;               // when the next byte may follow
};
// A key by its code of set 1 (0xe0 in the high byte for extended ones); 0 if
// there is no room now.
enum { KEY_PAUSE = 0xe11d, KEY_BREAK = 0xe046, KEY_PRINT = 0xe037 };
int kbd_key(struct pc *, unsigned key, int press);

// Characters of an American keyboard by scan code, 0 where a key has none
extern const char kbd_plain[59], kbd_shifted[59];

// --- serial ------------------------------------------------------------------------
struct uart {
	u8 ier, fcr, lcr, mcr, lsr, msr, scr, dll, dlm;
	u8 fifo[16], nfifo;
	u8 loop[17], nloop;         // being sent in loopback
	u8 outside[16], noutside;   // on the way to the guest
	u64 arrives;     // when the first of those may
	u64 sent;        // when the transmitter has sent everything
	u8 thre;         // the transmitter's interrupt is wanted
	u8 thre_seen;    // it was, since the last byte was written
	u64 timeout;     // when bytes below the trigger level are reported
};
// Bytes from outside; how many it took.
size_t uart_outside(struct pc *, const u8 *bytes, size_t n);

// --- display -------------------------------------------------------------------------
struct vga {
	u8 misc, feature;
	u8 crtc_index, crtc[25];
	u8 attr_index, attr_data, attr[21];  // attr_data: the flip-flop
	u8 seq_index, seq[5];
	u8 gc_index, gc[9];
	u8 dac[256][3];
	u8 dac_mask, dac_read, dac_write, dac_part, dac_reading, dac_new[3];
	u8 cga_mode, cga_colour;
};
// Registers of BIOS mode 0..3 or 7 with 200, 350 or 400 scan lines for 25 rows
void vga_set_mode(struct pc *, unsigned mode, unsigned lines);
u32 vga_colour(const struct pc *, unsigned attribute);  // 0..15 -> 0xrrggbb
unsigned vga_page_base(const struct pc *);  // physical address of display memory
unsigned vga_page_size(const struct pc *);
extern const u16 vga_cp437[256];

// --- screen and terminal ----------------------------------------------------------------
struct screen {
	int on;                 // draws; else teletype
	unsigned columns, rows;
	u16 *shown;             // cells as they are on the terminal
	unsigned cursor;        // how it was shown last
	unsigned colours;       // 16, 256 or 1 << 24
	u32 palette[16];
	u8 code[16];                        // what 16 and 256 have for it
	unsigned left, top, width, height;  // the part that the window shows
	u8 blink, ascii, help;
	u8 failed;   // what cannot be written was told
	u8 console;  // Linux's, where the cursor's shape is told otherwise
	char *later;  // for standard error when the terminal is given back
	size_t nlater;
	// Without a screen
	u16 held, held_at;      // 100h | a character that teletype may overwrite, and where
	u8 within;              // a line was begun
	char out[4096];         // on its way to standard output
	size_t nout;
};
void screen_open(struct pc *);
void screen_close(struct pc *);
void screen_draw(struct pc *);
void screen_put(struct pc *, const char *bytes, size_t n);
void screen_flush(struct pc *);
// Without a screen: teletype output as it is; characters that a program puts at
// the cursor when it moves the cursor on; moves to other rows, and the scrolling
// of a row, begin lines.
void screen_teletype(struct pc *, u8 cp437);
void screen_char(struct pc *, u8 cp437, u16 where);
void screen_moved(struct pc *, u16 from, u16 to);
void screen_scrolled(struct pc *);  // by a row, as at the end of a line
// A byte for standard error, which is the terminal that the screen is drawn on
void screen_later(struct pc *, u8 byte);
// A line about Ctrl-A at the window's bottom
void screen_help(struct pc *, int on);
size_t utf8_put(char *out, unsigned code);

// The terminal (terminal.c)
unsigned terminal_colours(void);  // 16, 256 or 1 << 24
int terminal_is_console(void);
int terminal_is_ascii(void);
void terminal_size(unsigned *columns, unsigned *rows);
int terminal_changed(void);  // since it was asked last: all is to be drawn
void terminal_take(void);
void terminal_leave(void);
void terminal_suspend(void);

struct input {
	u32 keys[512];          // presses that wait: key | modifiers
	unsigned head, tail;
	u8 pending[32], npending;
	u8 prefix;              // Ctrl-A seen
	u8 down;                // step in sending the first press
	u64 hold;               // when the next may follow
};
void input_advance(struct pc *);
u64 input_next(const struct pc *);

// --- disks ---------------------------------------------------------------------------------
enum { SECTOR = 512 };
struct disk {
	int fd;                   // -1: there is none
	int error;                // errno of the first transfer that failed, 0: none did
	u8 number;                // 0x00 or 0x80
	u8 readonly, snapshot;
	u8 type;                  // floppies: what CMOS calls the drive
	u16 cylinders, heads, sectors;          // as INT 13h sees it
	u64 total;                // sectors
	u64 size;                 // bytes of the file
	struct disk_written **written;  // hash table of what a snapshot holds
	unsigned nwritten, table;
};
// Opens the image. -1 with one line in why; a note may be there on success.
int disk_open(struct disk *, const struct pc_options *, char *why, size_t whysize);
void disk_close(struct disk *);
// n sectors. 0 or a status of INT 13h.
u8 disk_read(struct disk *, u64 lba, unsigned n, u8 *out);
u8 disk_write(struct disk *, u64 lba, unsigned n, const u8 *in);
// Bytes of the file from its start, for flat programs.
int disk_load(struct disk *, u8 *out, size_t n);

// --- BIOS state that is not in guest memory -----------------------------------------------
struct bios_wait {
	u64 until;        // 0: none is going on
	u32 stack;        // whose call it is
};
struct bios {
	struct bios_wait wait;    // INT 15h function 86h
	struct bios_wait serial;  // INT 14h function 02h
	u64 post_until;   // 83h
	u32 post_at;      // linear address of the byte that 83h sets
};

struct pc {
	u64 now;
	u64 ram;
	struct mem *mem;
	struct cpu *cpu;
	struct pc_options options;
	u8 port92, post[16];
	u8 owner[0x500];  // of each port, the row of its device plus one
	u8 reset_asked, a20;
	u8 flat;  // the image is a program without a boot sector's signature
	int exit_status;
	struct pic pic;
	struct pit pit;
	struct rtc rtc;
	struct kbd kbd;
	struct uart uart;
	struct vga vga;
	struct screen screen;
	struct input input;
	struct disk disk;
	struct bios bios;
};
void pc_set_a20(struct pc *, int on);

// --- guest memory (ram.c) ---------------------------------------------------------------------
// Physical: host address or 0 if any of it is not RAM.
const u8 *ram_at(struct pc *, u64 physical, u64 n);
// Copies; what is not RAM reads as all ones and swallows writes, as ROM does.
void ram_read(struct pc *, u64 physical, void *dst, size_t n);
void ram_write(struct pc *, u64 physical, const void *src, size_t n);
void ram_rom(struct pc *, u64 physical, const void *src, size_t n);
// As the guest addresses it: linear, through its page tables and A20.
void guest_read(struct pc *, u64 linear, void *dst, size_t n);
void guest_write(struct pc *, u64 linear, const void *src, size_t n);

// NAME8(pc, address), NAME16, NAME32 and SET8(pc, address, x)... of them
#define MEMORY_WORDS(name, set, read, write) \
static inline u8 name##8(struct pc *pc, u64 at) { u8 b; read(pc, at, &b, 1); return b; } \
static inline u16 name##16(struct pc *pc, u64 at) { u8 b[2]; read(pc, at, b, 2); return ld16(b); } \
static inline u32 name##32(struct pc *pc, u64 at) { u8 b[4]; read(pc, at, b, 4); return ld32(b); } \
static inline void set##8(struct pc *pc, u64 at, u8 x) { write(pc, at, &x, 1); } \
static inline void set##16(struct pc *pc, u64 at, u16 x) { u8 b[2]; st16(b, x); write(pc, at, b, 2); } \
static inline void set##32(struct pc *pc, u64 at, u32 x) { u8 b[4]; st32(b, x); write(pc, at, b, 4); }
MEMORY_WORDS(get, put, guest_read, guest_write)

#endif
