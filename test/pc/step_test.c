// step_test.c: random boot sectors (boot_image.h) come to the same in blocks and
// one instruction at a time: every exception, interrupt of the program's own and
// HLT finds the same registers after the same count of instructions, and from
// time to time the same RAM, with interrupts of devices in between.
//
//   step_test                some seconds of sectors, each for a few thousand instructions
//   step_test -n COUNT SEED [INSTRUCTIONS]
//   step_test SEED [INSTRUCTIONS]
#include "vm/machine.h"
#include "boot_image.h"
#include "cpu/system.h"

static enum stop engine_run(struct cpu *c);
static enum stop engine_step(struct cpu *c);
#define cpu_run engine_run
#define cpu_step engine_step
#include "vm/machine.c"
#undef cpu_run
#undef cpu_step

enum { TABLE_BYTES = GDT - TABLES, ACCESSED_DIRTY = 0x60 };
enum { MAX_EVENTS = 2000, INSNS = 8000, SECONDS = 3 };

// Where the processor stopped
struct event {
	u64 insns, pc, state, ram;  // hashes
	u64 r[16];
	u32 flags;
	u8 why, vector, mode;
};
static struct event g_events[2][MAX_EVENTS];
static unsigned g_count[2];
static int g_single;  // the engine that runs

static u64
hash(u64 h, const void *p, size_t n)
{
	const u8 *b = (const u8 *)p;
	for (; n >= 8; n -= 8, b += 8)
		h = (h ^ ld64(b)) * 0x9e3779b97f4a7c15ull, h ^= h >> 29;
	while (n--)
		h = (h ^ *b++) * 0x100000001b3ull;
	return h;
}
#define HASH(x) (h = hash(h, &(x), sizeof(x)))

static void
note(struct cpu *c, enum stop why)
{
	struct system *s = c->sys;
	struct event *e = &g_events[g_single][g_count[g_single]];
	unsigned n = ++g_count[g_single], i;
	u64 h = 0;
	memset(e, 0, sizeof *e);
	e->insns = c->icount;
	e->pc = c->pc;
	e->flags = cpu_get_flags(c);
	e->why = (u8)why;
	e->vector = why == STOP_HALT ? 0 : (u8)c->vector;
	e->mode = c->mode;
	memcpy(e->r, c->r, sizeof e->r);
	HASH(c->segbase);
	HASH(c->sel);
	for (i = 0; i < COUNTOF(c->seg); i++) {
		HASH(c->seg[i].base);
		HASH(c->seg[i].limit);
	}
	HASH(c->v);
	for (i = 0; i < 8; i++) {
		HASH(c->st[i].m);
		HASH(c->st[i].se);
	}
	HASH(c->top);
	HASH(c->ftags);
	HASH(c->fcw);
	HASH(c->fsw);
	HASH(c->mxcsr);
	HASH(c->cpl);
	HASH(c->cr2);
	HASH(s->cr0);
	HASH(s->cr3);
	HASH(s->cr4);
	HASH(s->efer);
	HASH(s->dr6);
	HASH(s->dr7);
	if (why == STOP_FAULT)
		HASH(c->error);
	e->state = h;
	if (!(n & (n - 1)))
		e->ram = hash(1, mem_ram(c->mem, 0, RAM), RAM);
}

// Page tables that change under paging: what of them is still in use, as long as
// nothing flushes it, may be different things in blocks and out of them.
static int
tables_changed(struct cpu *c)
{
	static u8 before[TABLE_BYTES];
	const u8 *now = (const u8 *)mem_ram(c->mem, LOAD + TABLES, TABLE_BYTES);
	int i;
	if (!c->icount)
		memcpy(before, now, sizeof before);
	if (!(c->sys->cr0 & CR0_PG))
		return 0;
	if (c->sys->cr3 != LOAD + TABLES)
		return 1;
	for (i = 0; i < TABLE_BYTES; i += 4)
		if ((ld32(before + i) ^ ld32(now + i)) & ~(u32)ACCESSED_DIRTY)
			return 1;
	return 0;
}

static enum stop
run_noted(struct cpu *c, enum stop (*engine)(struct cpu *))
{
	enum stop why;
	if (!c->icount)
		tables_changed(c);
	why = g_count[g_single] < MAX_EVENTS ? engine(c) : STOP_FAULT;
	if (why == STOP_ATTENTION)
		return why;
	if (g_count[g_single] == MAX_EVENTS || tables_changed(c)) {
		c->icount += 1ull << 40;  // it ends here
		return STOP_ATTENTION;
	}
	note(c, why);
	return why;
}

static enum stop
engine_run(struct cpu *c)
{
	return run_noted(c, g_single ? cpu_step : cpu_run);
}

static enum stop
engine_step(struct cpu *c)
{
	return run_noted(c, cpu_step);
}

static char g_image[64];

static void
run(u64 seed, u64 insns, int single)
{
	struct pc_options o;
	boot_file(&o, g_image, seed, insns);
	o.snapshot = 1;
	g_single = single;
	g_count[single] = 0;
	machine_run(&o, 0);
}

static void
print_event(FILE *f, const char *how, const struct event *e)
{
	int i;
	fprintf(f, "%s: after %llu: stop %d vector %d mode %d pc %llx flags %x state %llx ram %llx\n\t", how, (unsigned long long)e->insns, e->why, e->vector,
		e->mode, (unsigned long long)e->pc, e->flags, (unsigned long long)e->state, (unsigned long long)e->ram);
	for (i = 0; i < 16; i++)
		fprintf(f, " %llx", (unsigned long long)e->r[i]);
	fprintf(f, "\n");
}

static int
compare(FILE *f, u64 seed, u64 insns)
{
	unsigned i, n;
	run(seed, insns, 0);
	run(seed, insns, 1);
	n = g_count[0] < g_count[1] ? g_count[0] : g_count[1];
	for (i = 0; i < n; i++)
		if (memcmp(&g_events[0][i], &g_events[1][i], sizeof g_events[0][i])) {
			fprintf(f, "seed %llu: stop %u differs\n", (unsigned long long)seed, i);
			if (i)
				print_event(f, "before", &g_events[0][i - 1]);
			print_event(f, "blocks", &g_events[0][i]);
			print_event(f, "steps ", &g_events[1][i]);
			return 1;
		}
	return 0;
}

int
main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	u64 seed = 1, count = ~(u64)0, insns = INSNS, done = 0, stops = 0;
	int null = open("/dev/null", O_RDWR), bad = 0, bounded = 0;
	FILE *f = fdopen(dup(1), "w");
	time_t end = time(0) + SECONDS;
	snprintf(g_image, sizeof g_image, "%s/blink-step-%d.img", dir && strlen(dir) < 30 ? dir : "/tmp", (int)getpid());
	if (argc > 3 && !strcmp(argv[1], "-n")) {
		count = strtoull(argv[2], 0, 0);
		seed = strtoull(argv[3], 0, 0);
		insns = argc > 4 ? strtoull(argv[4], 0, 0) : INSNS;
		bounded = 1;
	} else if (argc > 1) {
		seed = strtoull(argv[1], 0, 0);
		insns = argc > 2 ? strtoull(argv[2], 0, 0) : INSNS;
		count = bounded = 1;
	}
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	for (; done < count && bad < 20 && (bounded || time(0) < end); done++) {
		bad += compare(f, seed + done, insns);
		stops += g_count[1];
	}
	unlink(g_image);
	fprintf(f, "%llu boot sectors, %llu stops, %d differ\n", (unsigned long long)done, (unsigned long long)stops, bad);
	fclose(f);
	return bad || !stops;
}
