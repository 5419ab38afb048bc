// machine.h: a PC without an engine, for tests of devices and services: the
// test writes ports as a driver would, calls services as an INT would, and
// moves the clock.
#ifndef TEST_PC_MACHINE_H_
#define TEST_PC_MACHINE_H_
#include "pc/device.h"
#include "pc/bios.h"
#include "cpu/system.h"
#include "mem/machine.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int g_failed;
static struct cpu *c;
static struct mem *m;
static struct pc *pc;
static u8 *ram;
static char why[256];
enum { RAM_SIZE = 20 << 20, STACK = 0x500 };
enum { NS = 1, US = NS_PER_US, MS = NS_PER_MS };

#define CHECK(x) check((x) != 0, #x, __FILE__, __LINE__)
#define EQ(a, b) equal((u64)(a), (u64)(b), #a " == " #b, __FILE__, __LINE__)

static inline int
check(int ok, const char *what, const char *file, int line)
{
	if (!ok) {
		printf("%s:%d: %s\n", file, line, what);
		g_failed = 1;
	}
	return ok;
}

static inline void
equal(u64 a, u64 b, const char *what, const char *file, int line)
{
	if (!check(a == b, what, file, line))
		printf("\t%#llx, not %#llx\n", (unsigned long long)a, (unsigned long long)b);
}

static inline void
machine_free(void)
{
	pc_free(pc);
	if (c) {
		struct codecache *code = c->code;
		cpu_free(c);
		codecache_free(code);
		mem_free(m);
	}
	pc = 0;
	c = 0;
}

// Memory and processor, just reset
static inline void
processor(void)
{
	static struct cpu_io io;
	m = mem_machine_new(RAM_SIZE);
	c = cpu_new(m, codecache_new(m));
	cpu_make_system(c, &io);
	ram = mem_ram(m, 0, RAM_SIZE);
}

// A new machine; the old one is gone.
static inline void
machine(const char *image, int drive, int snapshot)
{
	struct pc_options o;
	memset(&o, 0, sizeof o);
	machine_free();
	processor();
	o.image = image;
	o.drive = drive;
	o.snapshot = snapshot;
	o.counted = 1;
	pc = pc_new(&o, m, c, why, sizeof why);
}

static inline void
out(unsigned port, u8 value)
{
	pc_out(pc, port, 1, value);
}

static inline u8
in(unsigned port)
{
	return (u8)pc_in(pc, port, 1);
}

static inline void
later(u64 ns)
{
	pc_advance(pc, pc->now + ns);
}

// INT n with flags 0x202 on the stack at 0:500. The result is the carry flag,
// -1 when the service waits.
static inline int
call(unsigned n)
{
	enum bios_result r;
	bios_segment(pc, SEG_SS, 0);
	set16(pc, GPR_SP, STACK);
	st16(ram + STACK + 4, 0x202);
	c->pc = 0x1003;
	r = bios_call(pc, n);
	return r == BIOS_WAIT ? -1 : ram[STACK + 4] & 1;
}

static inline int
zero_flag(void)
{
	return ram[STACK + 4] >> 6 & 1;
}

static inline int
call_ax(unsigned n, u16 ax)
{
	set16(pc, GPR_AX, ax);
	return call(n);
}

// What the processor does when interrupts are on: takes all that is pending
// through the ROM's handlers. Counts those of one vector.
static inline int
interrupts(int vector)
{
	int n = 0, v;
	while ((v = pc_interrupt(pc)) >= 0) {
		n += v == vector;
		if (v == 9) {
			set_low(pc, GPR_AX, in(0x60));
			cpu_set_flags(c, 0x203);
			call(9);
		} else {
			u8 before = v == 8 || v == 0x70 ? (u8)v : (u8)ENTRY_IRQ;
			call(before);
			if (v == 8)
				out(0x20, 0x20);
		}
	}
	return n;
}

// The name of a file with n bytes of which the first are those given, and 55 aa
// at 510 if signature. It is overwritten by the next.
static inline const char *
image(u64 n, const void *start, size_t nstart, int signature)
{
	static char path[64];
	FILE *f;
	static const u8 mark[2] = { 0x55, 0xaa };
	if (!*path) {
		snprintf(path, sizeof path, "%s/blink-pc-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
		close(mkstemp(path));
	}
	f = fopen(path, "wb");
	if (start)
		fwrite(start, 1, nstart, f);
	if (signature) {
		fseek(f, 510, SEEK_SET);
		fwrite(mark, 1, 2, f);
	}
	fclose(f);
	if (truncate(path, (off_t)n))
		perror(path);
	return path;
}

static inline int
finish_test(const char *path)
{
	machine_free();
	if (path)
		unlink(path);
	return g_failed;
}

#endif
