// sequence_test.c: random sequences of integer instructions end the same as
// blocks, which leave out flags that nobody reads, and one at a time: registers,
// flags, memory, and what is seen where one of them faults.
//
//   sequence_test [-n SEQUENCES] [-s SEED]
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "cpu/cpu.h"
#include "host/host.h"
#include "mem/mem.h"

enum { CODE = 0x11000000, CODE_SIZE = 1 << 20, DATA = 0x21000000, DATA_SIZE = 4096, LONGEST = 16, ROOM = 8 * LONGEST + 8 };

static u64 rng = 1;

static u32
rnd(u32 n)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (u32)((rng >> 33) % n);
}

static u8 *at, *skip;  // where the next byte goes; what a branch just put skips begins here

static void
put(u32 b)
{
	*at++ = (u8)b;
}

static void
put_immediate(int n)
{
	static const u8 bytes[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0xfe, 31};
	while (n--)
		put(rnd(3) ? bytes[rnd(COUNTOF(bytes))] : rnd(256));
}

// A register that is no pointer
static u32
reg(void)
{
	static const u8 regs[] = {GPR_AX, GPR_CX, GPR_DX, GPR_BP, GPR_SI, GPR_DI};
	return regs[rnd(COUNTOF(regs))];
}

static void
put_registers(u32 r, u32 rm)
{
	put(0xc0 | r << 3 | rm);
}

// Operand size: a prefix, or none
static u32
put_size(void)
{
	u32 size = rnd(3);
	if (size != 1)
		put(size ? 0x48 : 0x66);
	return 2u << size;
}

// [rbx + displacement]: in the data, at its end, or behind it
static void
put_memory(u32 r)
{
	put(0x83 | r << 3);
	st32(at, rnd(8) ? rnd(256) : DATA_SIZE - 8 + rnd(16));
	at += 4;
}

static void
put_instruction(void)
{
	static const u8 shifts[] = {0, 1, 2, 3, 4, 5, 7, 4, 5, 0, 1};
	static const u8 others[] = {0xf5, 0xf8, 0xf9, 0x9e, 0x9f, 0x90, 0x98, 0x99};
	u32 size;
	switch (rnd(14)) {
	case 0: case 1: case 2:  // two registers
		put_size();
		put(rnd(8) << 3 | 1);
		put_registers(reg(), reg());
		break;
	case 3: case 4:
		size = put_size();
		if (rnd(2)) {
			put(0x83);
			put_registers(rnd(8), reg());
			put_immediate(1);
		} else {
			put(0x81);
			put_registers(rnd(8), reg());
			put_immediate(size == 2 ? 2 : 4);
		}
		break;
	case 5:  // NOT, NEG, INC, DEC
		put_size();
		size = rnd(4);
		put(size < 2 ? 0xf7 : 0xff);
		put_registers(size < 2 ? size + 2 : size - 2, reg());
		break;
	case 6: case 7:  // shifts by a constant, by 1, by CL
		put_size();
		size = rnd(6);
		put(size > 1 ? 0xc1 : size ? 0xd1 : 0xd3);
		put_registers(shifts[rnd(COUNTOF(shifts))], reg());
		if (size > 1)
			put_immediate(1);
		break;
	case 8:  // IMUL, in three forms, one of them from memory
		put_size();
		if (rnd(2)) {
			put(0x6b);
			put_registers(reg(), reg());
			put_immediate(1);
		} else {
			put(0x0f);
			put(0xaf);
			if (rnd(2))
				put_registers(reg(), reg());
			else
				put_memory(reg());
		}
		break;
	case 9:  // MOV, MOVZX, MOVSX, LEA
		put_size();
		switch (rnd(4)) {
		case 0:
			put(0x89);
			put_registers(reg(), reg());
			break;
		case 1:
			put(0x8d);
			put_memory(reg());
			break;
		default:
			put(0x0f);
			put(0xb6 | rnd(2) | rnd(2) << 3);
			put_registers(reg(), rnd(4));
		}
		break;
	case 10:  // who reads flags: SETcc, CMOVcc, a branch over the next instruction, PUSHF
		switch (rnd(4)) {
		case 0:
			put(0x0f);
			put(0x90 | rnd(16));
			put_registers(0, rnd(3));
			break;
		case 1:
			put_size();
			put(0x0f);
			put(0x40 | rnd(16));
			put_registers(reg(), reg());
			break;
		case 2:
			put(0x70 | rnd(16));
			put(0);
			skip = at;
			break;
		default:
			put(0x9c);
		}
		break;
	case 11:  // memory to register, register to memory
		put_size();
		put(rnd(8) << 3 | 1 | rnd(2) << 1);
		put_memory(reg());
		break;
	case 12:  // bytes
		put(rnd(8) << 3);
		put_registers(rnd(8) & ~3u, rnd(3));
		break;
	default:
		put(others[rnd(COUNTOF(others))]);
	}
}

struct end { enum stop why; u64 steps; struct cpu *c; u8 data[DATA_SIZE]; };

static int
differs(struct end *a, struct end *b)
{
	struct cpu *x = a->c, *y = b->c;
	int i, bad = a->why != b->why || x->pc != y->pc || cpu_get_flags(x) != cpu_get_flags(y) || x->vector != y->vector ||
	             x->error != y->error || (a->why == STOP_FAULT && x->cr2 != y->cr2) || memcmp(a->data, b->data, DATA_SIZE);
	for (i = 0; i < 16; ++i)
		bad |= x->r[i] != y->r[i];
	return bad;
}

static void
show(const char *name, struct end *e)
{
	int i;
	printf("  %-6s stop %d vector %d error %x at %llx flags %x", name, e->why, e->c->vector, e->c->error, (unsigned long long)e->c->pc, cpu_get_flags(e->c));
	for (i = 0; i < 16; ++i)
		printf("%s%llx", i % 8 ? " " : "\n    ", (unsigned long long)e->c->r[i]);
	printf("\n");
}

int
main(int argc, char *argv[])
{
	int o, anon = VMA_ANON | VMA_FIXED, failures = 0;
	u64 count = 60000, k, faults = 0;
	struct mem *m;
	struct codecache *code;
	struct cpu *start;
	static struct end block, single;
	static u8 image[DATA_SIZE], bytes[ROOM];
	u32 i;
	while ((o = getopt(argc, argv, "n:s:")) != -1) {
		switch (o) {
		case 'n': count = strtoull(optarg, 0, 0); break;
		case 's': rng = strtoull(optarg, 0, 0); break;
		default:
			fprintf(stderr, "usage: sequence_test [-n SEQUENCES] [-s SEED]\n");
			return 2;
		}
	}
	host_install_fault_handlers(0);
	host_thread_init();
	m = mem_new(1);
	code = codecache_new(m);
	start = cpu_new(m, code);
	block.c = cpu_new(m, code);
	single.c = cpu_new(m, code);
	if (mem_map(m, CODE, CODE_SIZE, MEM_R | MEM_X, anon, -1, 0, 0) < 0 || mem_map(m, DATA, DATA_SIZE, MEM_R | MEM_W, anon, -1, 0, 0) < 0) {
		printf("cannot map guest memory\n");
		return 1;
	}
	for (k = 0; k < count && failures < 3; ++k) {
		u64 pc = CODE + k % (CODE_SIZE / ROOM) * ROOM, before = rng;
		u32 n = 2 + rnd(LONGEST - 1);
		struct end *e;
		at = bytes;
		skip = 0;
		for (i = 0; i < n; ++i) {
			u8 *over = skip;
			skip = 0;
			put_instruction();
			if (over)
				over[-1] = (u8)(at - over);
		}
		memset(at, 0xcc, (size_t)(bytes + ROOM - at));
		mem_poke(m, pc, bytes, ROOM);
		for (i = 0; i < DATA_SIZE; ++i)
			image[i] = (u8)rnd(256);
		for (i = 0; i < 16; ++i)
			start->r[i] = rnd(4) ? (u64)rnd(0x7fffffff) * rnd(0x7fffffff) + rnd(2) : rnd(3) - 1u;
		start->r[GPR_BX] = DATA;
		start->r[GPR_SP] = DATA + DATA_SIZE;
		start->pc = pc;
		cpu_set_flags(start, 0x202 | (rnd(0x1000) & FLAGS_ARITH));
		for (e = &block;; e = &single) {
			mem_write(m, DATA, image, DATA_SIZE);
			cpu_copy(e->c, start);
			do
				e->why = e == &block ? cpu_run(e->c) : cpu_step(e->c);
			while (e->why == STOP_ATTENTION);
			mem_read(m, e->data, DATA, DATA_SIZE);
			if (e == &single)
				break;
		}
		faults += block.why == STOP_FAULT;
		if (!differs(&block, &single))
			continue;
		++failures;
		printf("sequence %llu (-n 1 -s %llu):", (unsigned long long)k, (unsigned long long)before);
		for (i = 0; i < (u32)(at - bytes); ++i)
			printf(" %02x", bytes[i]);
		printf("\n");
		show("block", &block);
		show("single", &single);
	}
	printf("sequences: %llu, %llu of them end in a fault\n", (unsigned long long)k, (unsigned long long)faults);
	if (!failures && faults < count / 100) {
		printf("too few faults\n");
		++failures;
	}
	return failures != 0;
}
