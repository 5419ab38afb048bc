// pc.h: the machine that a boot sector sees: devices and BIOS services.
//
// Knows the cpu's registers and guest memory, but no run loop: the loop asks
// for ports, interrupts and BIOS calls, and says what time it is. One clock
// drives all devices: nanoseconds since start, which only pc_advance moves;
// pc_in, pc_out and bios_call happen at the time last given to it. One thread
// owns a struct pc. Whatever a guest writes to ports or passes to a service,
// no access leaves guest memory.
#ifndef PC_PC_H_
#define PC_PC_H_
#include "base/base.h"
#include "cpu/cpu.h"
#include "mem/mem.h"

struct pc_options {
	const char *image;  // 0: no disk, and the cpu is left alone
	int drive;          // 0x00, 0x80, or -1: by the image's size
	int snapshot;       // writes go to memory and are forgotten
	int screen;         // draws on the terminal; 0: teletype and serial go to standard output
	int serial;         // input is received by COM1, not typed
	u64 ram;            // bytes, for whoever makes the memory; 0: 64 MiB. 1 MiB to 3 GiB
	int counted;        // the clock is not the host's: the date is always the same too
	u64 limit;          // for the run loop: ends after so many instructions, 0: never
};

struct pc;

// The memory is mem_machine_new's. Fills in ROM, vectors, BDA and EBDA, loads the boot sector and sets the
// registers for 0000:7c00. 0 with the reason in why; a note worth showing may
// be there on success too, else it is empty. The image's name must stay valid.
struct pc *pc_new(const struct pc_options *, struct mem *, struct cpu *, char *why, size_t whysize);
void pc_free(struct pc *);
// After a reset was asked for and the loop has put the cpu into its reset
// state: boots again, or goes on at 0040:0067 if the guest left a shutdown code
// in CMOS for that. -1 if there is nothing to boot.
int pc_reset(struct pc *);

// Accesses of 1, 2 or 4 bytes; ports that nobody claims read all ones.
u32 pc_in(struct pc *, unsigned port, int size);
void pc_out(struct pc *, unsigned port, int size, u32 value);

// Acknowledges: the vector for an interrupt that is pending, which may be a
// spurious one; -1 if the controllers ask for none.
int pc_interrupt(struct pc *);
int pc_interrupt_pending(const struct pc *);

// An x87 error that is not reported as exception 16 (CR0.NE clear): interrupt 13
void pc_fpu_error(struct pc *);

// Devices catch up with the clock; the time when one wants that again, ~0: never.
void pc_advance(struct pc *, u64 now_ns);
u64 pc_next_event(const struct pc *);

// Bytes from the terminal or standard input become key presses, or are sent to
// COM1. Returns how
// many were taken: the rest has to wait until the guest has read some.
// end: no more will follow at once, so that ESC alone is the key; also with n 0.
size_t pc_input(struct pc *, const u8 *bytes, size_t n, int end);
// How many more pc_input takes at least.
size_t pc_input_room(const struct pc *);
// Presses wait for the guest.
int pc_input_waits(const struct pc *);
// Whether standard output is a terminal that the screen can be drawn on; if a
// person may wonder why not, one line in why, else it is empty.
int pc_can_draw(char *why, size_t whysize);
// Gives the terminal back, for who ends the process by a signal. Async-signal-safe.
void pc_leave_terminal(void);
// Shows what changed on the screen, or flushes standard output without one.
void pc_draw(struct pc *);

// -1 while it runs. Port 0xf4: (value << 1) | 1; 0 after Ctrl-A x.
int pc_exit_status(const struct pc *);
int pc_reset_asked(const struct pc *);  // 8042, port 92h, Ctrl-Alt-Del, INT 19h
int pc_a20(const struct pc *);          // address line 20 is on

// BIOS. The ROM's services begin with VMCALL. bios_entry says which one lies
// before this linear address (that of the instruction behind VMCALL), -1: none.
// bios_call serves it; BIOS_WAIT means that there is nothing to give yet: IF is
// set and pc is back at VMCALL. The loop may sleep until an interrupt or
// pc_next_event, whichever comes first, and then goes on running.
enum bios_result { BIOS_DONE, BIOS_WAIT };
int bios_entry(u64 linear_pc);
enum bios_result bios_call(struct pc *, unsigned entry);

// What a debugger shows. Looking changes nothing.
//
// Registers of all devices, numbered from 0; one byte each but for counts of the
// timer. 0: there are no more.
struct pc_register {
	const char *device, *name;
	int index;  // of a row of registers; -1: it stands alone
	u64 value;
};
int pc_register(const struct pc *, unsigned n, struct pc_register *);

// The text page.
struct pc_text {
	unsigned columns, rows;
	unsigned cursor_x, cursor_y;  // beyond the page: hidden
};
void pc_text(struct pc *, struct pc_text *);
// Character (CP437) in the low byte, attribute above it.
u16 pc_text_cell(struct pc *, unsigned x, unsigned y);
// A row as UTF-8 without blanks at its end, NUL-terminated; its length.
// size at least 3 * columns + 1.
size_t pc_text_row(struct pc *, unsigned y, char *out, size_t size);

#endif
