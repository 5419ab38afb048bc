// rom_test.c: the ROM's code around services, run by the processor: interrupts
// chain to the vectors that a program hooked, and leave its registers alone.
#include "runs.h"

// Hooks 1Ch, 1Bh, 5, 4Ah, 0Ah and 2, then halts for ever with interrupts on.
// Each handler counts in a byte at 0:600; 1Ch also stores the low byte of DS at
// 0:606, and 0Ah ends its interrupt.
static const u8 program[] = {
	0xfa,                                                                    // cli
	0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0,                                      // xor ax, ax; mov ds, ax; mov es, ax
	0xbe, 0x1b, 0x7c,                                                        // mov si, table
	0xad, 0x85, 0xc0, 0x74, 0x08,                                            // next: lodsw; test ax, ax; jz done
	0x97, 0xad, 0xab, 0x31, 0xc0, 0xab,                                      // xchg di, ax; lodsw; stosw; xor ax, ax; stosw
	0xeb, 0xf3,                                                              // jmp next
	0xfb, 0xf4, 0xeb, 0xfd,                                                  // done: sti; hlt; jmp to hlt
	0x70, 0x00, 0x35, 0x7c, 0x6c, 0x00, 0x43, 0x7c, 0x14, 0x00, 0x49, 0x7c,  // table
	0x28, 0x01, 0x4f, 0x7c, 0x28, 0x00, 0x55, 0x7c, 0x08, 0x00, 0x61, 0x7c, 0x00, 0x00, 0x2e, 0xfe, 0x06, 0x00, 0x06,  // 1Ch: inc byte cs:[600h]
	0x50, 0x8c, 0xd8, 0x2e, 0xa2, 0x06, 0x06, 0x58, 0xcf,                    // push ax; mov ax, ds; mov cs:[606h], al; pop ax; iret
	0x2e, 0xfe, 0x06, 0x01, 0x06, 0xcf,                                      // 1Bh
	0x2e, 0xfe, 0x06, 0x02, 0x06, 0xcf,                                      // 5
	0x2e, 0xfe, 0x06, 0x03, 0x06, 0xcf,                                      // 4Ah
	0x50, 0x2e, 0xfe, 0x06, 0x04, 0x06, 0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf,  // 0Ah
	0x2e, 0xfe, 0x06, 0x05, 0x06, 0xcf,                                      // 2
};

static void
start(void)
{
	const char *path = image(1440 * 1024, program, sizeof program, 1);
	boot(path);
	unlink(path);
}

static void
key(unsigned k)
{
	kbd_key(pc, k, 1);
	run(10 * MS);
	kbd_key(pc, k, 0);
	run(10 * MS);
}

static void
chains(void)
{
	u16 head;
	u64 before[8];
	start();
	memcpy(before, c->r, sizeof before);
	run((u64)1000 * MS);
	EQ(ram[0x600], 18);
	EQ(ram[0x606], 0x40);
	EQ(ld32(ram + 0x46c), 18);
	// Keys
	head = ld16(ram + 0x41a);
	key(0x1e);
	EQ(ld16(ram + 0x400 + head), 0x1e61);
	key(0xe050);
	EQ(ld16(ram + 0x400 + head + 2), 0x50e0);
	key(KEY_PRINT);
	EQ(ram[0x602], 1);
	kbd_key(pc, 0x1d, 1);
	key(KEY_BREAK);
	kbd_key(pc, 0x1d, 0);
	run(10 * MS);
	EQ(ram[0x601], 1);
	EQ(ram[0x471], 0x80);
	// Pause waits in the handler, with the timer running, for another key.
	kbd_key(pc, KEY_PAUSE, 1);
	run(100 * MS);
	CHECK(c->sel[SEG_CS] == 0xf000);
	ram[0x600] = 0;
	run(200 * (u64)MS);
	CHECK(ram[0x600] >= 3);
	key(0x39);
	CHECK(c->sel[SEG_CS] == 0);
	// An alarm
	set16(pc, GPR_AX, 0);
	pc_out(pc, 0xa1, 1, 0);
	pc->rtc.cmos[RTC_SECOND + 1] = pc->rtc.cmos[RTC_MINUTE + 1] = pc->rtc.cmos[RTC_HOUR + 1] = 0xff;
	pc->rtc.cmos[RTC_B] |= 0x20;
	run((u64)1000 * MS);
	EQ(ram[0x603], 1);
	pc->rtc.cmos[RTC_B] &= 0xdf;
	// IRQ 9 is what IRQ 2 was; IRQ 13 is the coprocessor's.
	pic_line(pc, 9, 1);
	pic_line(pc, IRQ_FPU, 1);
	run(10 * MS);
	EQ(ram[0x604], 1);
	EQ(ram[0x605], 1);
	// What nobody wants is ended and noted.
	pc_out(pc, 0x21, 1, 0);
	pic_line(pc, 5, 1);
	run(10 * MS);
	EQ(ram[0x46b], 0x20);
	EQ(pc->pic.chip[0].isr | pc->pic.chip[1].isr, 0);
	EQ(c->sel[SEG_CS], 0);
	EQ(reg16(pc, GPR_SP), 0x7c00);
	before[GPR_AX] = c->r[GPR_AX];
	CHECK(!memcmp(before, c->r, sizeof before));
}

// From the reset vector to the boot sector
static void
restart(void)
{
	start();
	cpu_reset(c);
	CHECK(c->code_base + c->pc == 0xfffffff0);
	cpu_step(c);
	EQ(c->sel[SEG_CS], 0xf000);
	EQ(c->pc, 0xe05b);
	EQ(cpu_step(c), STOP_FAULT);
	EQ(bios_entry(c->code_base + c->pc + 3), ENTRY_RESET);
	bios_call(pc, ENTRY_RESET);
	EQ(pc_reset_asked(pc), 1);
	// INT 19h boots in place, by its old address as well.
	cpu_load_segment(c, SEG_CS, 0xf000);
	c->pc = 0xe6f2;
	memset(ram + 0x7c00, 0xcc, SECTOR);
	while (cpu_step(c) != STOP_FAULT) {
	}
	EQ(bios_entry(c->code_base + c->pc + 3), 0x19);
	bios_call(pc, 0x19);
	EQ(c->sel[SEG_CS], 0);
	EQ(c->pc, 0x7c00);
	EQ(ram[0x7c00], 0xfa);
}

int
main(void)
{
	chains();
	restart();
	return finish_test(0);
}
