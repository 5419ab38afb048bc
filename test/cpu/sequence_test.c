// sequence_test.c: random sequences of integer instructions come to the same as
// blocks, which leave out flags that nobody reads, and one at a time: registers,
// flags and memory at the end, at faults, and wherever a run may be interrupted.
// In 64, 32 and 16-bit code, of a program and of a PC.
//
//   sequence_test [-n SEQUENCES] [-s SEED]
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "cpu/cpu.h"
#include "cpu/int.h"
#include "cpu/system.h"
#include "host/host.h"
#include "mem/machine.h"
#include "mem/mem.h"
#include "../random.h"

enum { CODE = 0x11000000, CODE_SIZE = 1 << 16, DATA = 0x21000000, DATA_SIZE = 4096, LONGEST = 16, LENGTH = 14, ROOM = LENGTH * LONGEST + 8 };
enum { PC_CODE = 0x10000, PC_DATA = 0x20000, PC_RAM = 0x100000 };
enum { LDT_CODE = 7, LDT_DATA = 15 };  // selectors

// Where sequences run, and as what
static struct world {
	const char *name;
	enum isa_mode mode;
	u8 pc, paged, segmented;  // segmented: addresses count from DATA, up to DATA_SIZE
	struct mem *mem;
	struct cpu *start, *block, *single;
	u64 faults;
} worlds[] = {
	{ "64-bit", MODE_64, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ "64-bit, paged", MODE_64, 0, 1, 0, 0, 0, 0, 0, 0 },
#ifndef TINY
	{ "32-bit", MODE_32, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ "32-bit, paged", MODE_32, 0, 1, 1, 0, 0, 0, 0, 0 },
	{ "16-bit, paged", MODE_16, 0, 1, 1, 0, 0, 0, 0, 0 },
	{ "a PC's 32-bit", MODE_32, 1, 1, 1, 0, 0, 0, 0, 0 },
	{ "a PC's 16-bit", MODE_16, 1, 1, 1, 0, 0, 0, 0, 0 },
#endif
};
static const struct world *w;

// --- sequences ----------------------------------------------------------------------

static u8 *at, *skip;  // where the next byte goes; what a branch just put skips begins here
static int address16;  // of the instruction

static void
put(u32 b)
{
	*at++ = (u8)b;
}

static void
put_immediate(u32 n)
{
	static const u8 bytes[] = { 0, 1, 2, 0x7f, 0x80, 0xff, 0xfe, 16, 31, 32, 33 };
	while (n--)
		put(below(3) ? bytes[below(COUNTOF(bytes))] : below(256));
}

// A register that is no pointer; of bytes, likewise
static u32
reg(void)
{
	static const u8 regs[] = {GPR_AX, GPR_CX, GPR_DX, GPR_BP, GPR_SI, GPR_DI};
	return regs[below(COUNTOF(regs))];
}

static u32
byte_reg(void)
{
	u32 r = below(6);
	return r + r / 3;
}

static void
put_register(u32 r)
{
	put(0xc0 | r << 3 | reg());
}

// [BX + displacement]: in the data, at its end, or behind it
static void
put_memory(u32 r)
{
	u32 there = below(8) ? below(256) : DATA_SIZE - 8 + below(16);
	put((address16 ? 0x87 : 0x83) | r << 3);
	st32(at, there);
	at += address16 ? 2 : 4;
}

// Mostly a register
static void
put_rm(u32 r)
{
	if (below(8))
		put_register(r);
	else
		put_memory(r);
}

static void
put_byte_rm(u32 r)
{
	if (below(8))
		put(0xc0 | r << 3 | byte_reg());
	else
		put_memory(r);
}

static void
put_prefixes(void)
{
	int other = !below(12);
	if (!below(64))
		put(0xf0);
	if (other)
		put(0x67);
	address16 = w->mode == MODE_16 ? !other : w->mode == MODE_32 && other;
}

// Prefixes for an operand size, which is the result
static u32
put_size(void)
{
	u32 size = below(w->mode == MODE_64 ? 3 : 2);
	put_prefixes();
	if (size == (w->mode == MODE_16))
		put(0x66);
	if (size == 2)
		put(0x48);
	return 2u << size;
}

static void
put_bytes(void)
{
	static const u8 shifts[] = { 0xc0, 0xc0, 0xd0, 0xd2 };
	u32 op;
	put_prefixes();
	switch (below(5)) {
	case 0:
	case 1:
		put(below(32) << 1 & 0x3a);
		put_byte_rm(byte_reg());
		break;
	case 2:
		put(0x80);
		put_byte_rm(below(8));
		put_immediate(1);
		break;
	case 3:
		op = shifts[below(COUNTOF(shifts))];
		put(op);
		put_byte_rm(below(8));
		if (op == 0xc0)
			put_immediate(1);
		break;
	default: put(0xfe); put_byte_rm(below(2));
	}
}

// MOV, MOVZX, MOVSX, LEA, NOP, BSWAP
static void
put_move(void)
{
	put_size();
	switch (below(6)) {
	case 0:
		put(0x89 | below(2) << 1);
		put_rm(reg());
		break;
	case 1:
		put(0x8d);
		put_memory(reg());
		break;
	case 2:
		put(0x0f);
		put(0x1f);
		put_memory(0);
		break;
	case 3:
		put(0x0f);
		put(0xc8 | reg());
		break;
	default:
		put(0x0f);
		put(0xb6 | (below(16) & 9));
		put_byte_rm(reg());
	}
}

// Who reads flags: SETcc, CMOVcc, a branch over the next instruction, PUSHF
static void
put_reader(void)
{
	switch (below(4)) {
	case 0:
		put_prefixes();
		put(0x0f);
		put(0x90 | below(16));
		put_byte_rm(0);
		break;
	case 1:
		put_size();
		put(0x0f);
		put(0x40 | below(16));
		put_rm(reg());
		break;
	case 2:
		put(0x70 | below(16));
		put(0);
		skip = at;
		break;
	default: put(0x9c);
	}
}

// XADD, CMPXCHG, SHLD, SHRD, BT and its kin
static void
put_rare(void)
{
	static const u8 codes[] = { 0xc1, 0xb1, 0xa4, 0xac, 0xa5, 0xa3, 0xab, 0xba };
	u32 code = codes[below(COUNTOF(codes))];
	put_size();
	put(0x0f);
	put(code);
	put_rm(code == 0xba ? 4 + below(4) : reg());
	if (code == 0xba || code == 0xa4 || code == 0xac)
		put_immediate(1);
}

static void
put_instruction(void)
{
	static const u8 shifts[] = {0, 1, 2, 3, 4, 5, 7, 4, 5, 0, 1};
	static const u8 others[] = {0xf5, 0xf8, 0xf9, 0x9e, 0x9f, 0x90, 0x98, 0x99};
	u32 size;
	switch (below(17)) {
	case 0:
	case 1:
	case 2:
	case 3:  // two registers
		put_size();
		put(1 | (below(32) << 1 & 0x3a));
		put_register(reg());
		break;
	case 4:
	case 5:
		size = put_size();
		if (below(2)) {
			put(0x83);
			put_rm(below(8));
			put_immediate(1);
		} else {
			put(0x81);
			put_rm(below(8));
			put_immediate(size == 2 ? 2 : 4);
		}
		break;
	case 6:
	case 7:  // INC, DEC; NOT, NEG, rarely multiplication and division
		if (w->mode != MODE_64 && below(2)) {
			put_size();
			size = below(2) << 3;
			put(0x40 | size | reg());
			break;
		}
		put_size();
		size = below(5);
		put(size < 2 ? 0xf7 : 0xff);
		put_rm(size > 1 ? size & 1 : below(8) ? size + 2 : 4 + below(4));
		break;
	case 8:
	case 9:  // shifts by a constant, by 1, by CL
		put_size();
		size = below(6);
		put(size > 1 ? 0xc1 : size ? 0xd1 : 0xd3);
		put_rm(shifts[below(COUNTOF(shifts))]);
		if (size > 1)
			put_immediate(1);
		break;
	case 10:  // IMUL, in three forms
		put_size();
		if (below(2)) {
			put(0x6b);
			put_rm(reg());
			put_immediate(1);
		} else {
			put(0x0f);
			put(0xaf);
			if (below(2))
				put_register(reg());
			else
				put_memory(reg());
		}
		break;
	case 11: put_move(); break;
	case 12: put_reader(); break;
	case 13:  // memory to register, register to memory
		put_size();
		put(1 | (below(32) << 1 & 0x3a));
		put_memory(reg());
		break;
	case 14: put_bytes(); break;
	case 15: put_rare(); break;
	default:
		if (w->pc && below(2)) {  // CLAC, STAC
			put(0x0f);
			put(0x01);
			put(0xca | below(2));
		} else {
			put(others[below(COUNTOF(others))]);
		}
	}
}

static void
put_sequence(void)
{
	u32 n = 2 + below(LONGEST - 1);
	skip = 0;
	while (n--) {
		u8 *over = skip;
		skip = 0;
		put_instruction();
		if (over)
			over[-1] = (u8)(at - over);
	}
}

// --- worlds ---------------------------------------------------------------------------

static void
set_segment(struct segment *s, u32 base, u32 limit, u32 rights)
{
	s->base = base;
	s->limit = limit;
	s->rights = R_PRESENT | R_SYSTEM | R_ACCESSED | R_WRITE | rights;
}

#ifndef TINY
static void
start_pc(struct cpu *c)
{
	static struct cpu_io none;
	struct segment code;
	u32 wide = w->mode == MODE_32 ? R_BIG : 0;
	cpu_make_system(c, &none);
	c->real = !wide;
	c->sys->cr0 |= wide ? CR0_PE : 0;
	set_segment(&c->seg[SEG_DS], PC_DATA, DATA_SIZE - 1, wide);
	c->seg[SEG_SS] = c->seg[SEG_DS];
	set_segment(&code, PC_CODE, CODE_SIZE - 1, R_CODE | wide);
	system_set_code(c, 8, &code, 0);
}
#endif

static void
put_descriptor(u8 *d, u32 base, u32 limit, u32 access)
{
	st64(d, (u64)(base >> 24) << 56 | (u64)access << 40 | (u64)(base & 0xffffff) << 16 | limit);
}

static struct cpu *
new_cpu(struct codecache *code)
{
	struct cpu *c = cpu_new(w->mem, code);
	static u8 ldt[16];
#ifndef TINY
	if (w->pc) {
		start_pc(c);
		return c;
	}
#endif
	put_descriptor(ldt, CODE, CODE_SIZE - 1, 0xfb);  // 16-bit code
	put_descriptor(ldt + 8, DATA, DATA_SIZE - 1, 0xf3);
	c->ldt = ldt;
	c->ldt_entries = 2;
	if (w->mode != MODE_64)
		cpu_return(c, w->mode == MODE_32 ? 0x23 : LDT_CODE, 0x2b);
	cpu_load_segment(c, SEG_DS, w->segmented ? LDT_DATA : 0x2b);
	return c;
}

static int
start_world(struct world *world)
{
	int anon = VMA_ANON | VMA_FIXED, shared = world > worlds && !world->paged;  // there is one linear memory
	struct codecache *code;
	w = world;
	if (shared)
		world->mem = worlds[0].mem;
#ifndef TINY
	else if (w->pc)
		world->mem = mem_machine_new(PC_RAM);
#endif
	else
		world->mem = mem_new(w->paged || !LINEAR_POSSIBLE || sysconf(_SC_PAGESIZE) > DATA_SIZE);
	if (!shared && !w->pc &&
		(mem_map(w->mem, CODE, CODE_SIZE, MEM_R | MEM_X, anon, -1, 0, 0) < 0 ||
			mem_map(w->mem, DATA, DATA_SIZE, MEM_R | MEM_W, anon, -1, 0, 0) < 0)) {
		printf("cannot map guest memory\n");
		return -1;
	}
	code = shared ? worlds[0].start->code : codecache_new(w->mem);
	world->start = new_cpu(code);
	world->block = new_cpu(code);
	world->single = new_cpu(code);
	return 0;
}

static void
write_data(const u8 *image)
{
#ifndef TINY
	if (w->pc) {
		mem_ram_write(w->mem, PC_DATA, image, DATA_SIZE);
		return;
	}
#endif
	mem_write(w->mem, DATA, image, DATA_SIZE);
}

static void
read_data(u8 *image)
{
#ifndef TINY
	if (w->pc) {
		memcpy(image, mem_ram(w->mem, PC_DATA, DATA_SIZE), DATA_SIZE);
		return;
	}
#endif
	mem_read(w->mem, image, DATA, DATA_SIZE);
}

// Returns the program counter there.
static u64
write_code(u32 offset, const u8 *bytes)
{
#ifndef TINY
	if (w->pc) {
		mem_ram_write(w->mem, PC_CODE + offset, bytes, ROOM);
		return offset;
	}
#endif
	mem_poke(w->mem, CODE + offset, bytes, ROOM);
	return w->mode == MODE_16 ? offset : CODE + offset;
}

// --- comparison -----------------------------------------------------------------------

// Where a run came out
struct place {
	enum stop why;
	u64 insns, pc, r[16], cr2;
	u32 flags, error;
	u16 vector;
};

static void
note(struct place *p, struct cpu *c, enum stop why)
{
	memset(p, 0, sizeof *p);
	p->why = why;
	p->insns = c->icount;
	p->pc = c->pc;
	p->flags = cpu_get_flags(c);
	memcpy(p->r, c->r, sizeof p->r);
	if (why != STOP_ATTENTION) {
		p->vector = c->vector;
		p->error = c->error;
		p->cr2 = why == STOP_FAULT && c->vector == VEC_PF ? c->cr2 : 0;
	}
}

static void
show(const char *name, const struct place *p)
{
	int i;
	printf("  %-6s after %llu stop %d vector %d error %x at %llx flags %x", name, (unsigned long long)p->insns, p->why, p->vector, p->error,
		(unsigned long long)p->pc, p->flags);
	for (i = 0; i < 16; ++i)
		printf("%s%llx", i % 8 ? " " : "\n    ", (unsigned long long)p->r[i]);
	printf("\n");
}

// Runs what begins at w->start both ways. Where blocks come out is compared with
// the same number of single instructions. `often`: between any two blocks.
static int
compare(const u8 *image, int often, enum stop *why)
{
	static struct place places[2 * LONGEST + 4];
	static u8 blocks[DATA_SIZE], singles[DATA_SIZE];
	struct place p;
	u32 n = 0, i;
	struct cpu *c = w->block;
	write_data(image);
	cpu_copy(c, w->start);
	c->icount = 0;
	c->budget = often ? 0 : ~(u64)0;
	do
		note(&places[n], c, cpu_run(c));
	while (places[n++].why == STOP_ATTENTION && n < COUNTOF(places));
	*why = places[n - 1].why;
	read_data(blocks);
	write_data(image);
	c = w->single;
	cpu_copy(c, w->start);
	c->icount = 0;
	for (i = 0; i < n; ++i) {
		do
			*why = cpu_step(c);
		while (*why == STOP_ATTENTION && (places[i].why != STOP_ATTENTION || c->icount < places[i].insns));
		note(&p, c, *why);
		if (memcmp(&p, &places[i], sizeof p)) {
			show("blocks", &places[i]);
			show("single", &p);
			return 1;
		}
	}
	read_data(singles);
	if (memcmp(blocks, singles, DATA_SIZE)) {
		printf("  memory differs\n");
		return 1;
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	int o, failures = 0;
	u64 count = 100000, k, x;
	enum stop why;
	static u8 image[DATA_SIZE], bytes[ROOM];
	u32 i;
	while ((o = getopt(argc, argv, "n:s:")) != -1) {
		switch (o) {
		case 'n': count = strtoull(optarg, 0, 0); break;
		case 's': g_seed = strtoull(optarg, 0, 0); break;
		default:
			fprintf(stderr, "usage: sequence_test [-n SEQUENCES] [-s SEED]\n");
			return 2;
		}
	}
	host_install_fault_handlers(0);
	host_thread_init();
	for (i = 0; i < COUNTOF(worlds); ++i)
		if (start_world(&worlds[i]))
			return 1;
	for (k = 0; k < count && failures < 3; ++k) {
		u64 before = g_seed;
		struct world *world = &worlds[below(COUNTOF(worlds))];
		struct cpu *c = world->start;
		w = world;
		at = bytes;
		put_sequence();
		memset(at, 0xcc, (size_t)(bytes + ROOM - at));
		for (i = 0; i < DATA_SIZE; i += 4)
			st32(image + i, below(0xffffffff));
		for (i = 0; i < 16; ++i) {
			x = below(0x7fffffff);
			x *= below(0x7fffffff);
			c->r[i] = below(4) ? x + below(2) : below(3) - 1u;
		}
		c->r[GPR_BX] = w->segmented ? 0 : DATA;
		c->r[GPR_SP] = (w->pc ? 0 : DATA) + DATA_SIZE;
		c->pc = write_code((u32)(k % (CODE_SIZE / ROOM)) * ROOM, bytes);
		cpu_set_flags(c, 0x202 | (below(0x1000) & FLAGS_ARITH));
		if (compare(image, (int)below(2), &why)) {
			++failures;
			printf("sequence %llu (-n 1 -s %llu) in %s code:", (unsigned long long)k, (unsigned long long)before, w->name);
			for (i = 0; i < (u32)(at - bytes); ++i)
				printf(" %02x", bytes[i]);
			printf("\n");
		}
		world->faults += why == STOP_FAULT;
	}
	printf("sequences: %llu; ended in a fault:", (unsigned long long)k);
	for (i = 0; i < COUNTOF(worlds); ++i) {
		printf("%s %llu in %s code", i ? "," : "", (unsigned long long)worlds[i].faults, worlds[i].name);
		if (!failures && worlds[i].faults < count / COUNTOF(worlds) / 20) {
			printf(": too few\n");
			return 1;
		}
	}
	printf("\n");
	return failures != 0;
}
