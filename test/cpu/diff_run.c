// diff_run.c: runs cases on the interpreter, by cpu_step and cpu_run in linear
// memory and by cpu_run in paged memory, and compares.
#include "diff.h"
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include "host/host.h"
#include "linux/linux.h"
#include "mem/mem.h"

const char *const engine_names[] = {"step, linear", "run, linear", "run, paged"};
enum { PAGES = RW_SIZE / PAGE_SIZE_GUEST };
struct machine {
	struct mem *mem;
	struct codecache *code;
	struct cpu *cpu;
	u8 *page[PAGES];  // host addresses of DATA and STACK, page by page
};
static struct machine machines[2];
static u8 *code_view;

static u64
page_gva(int i)
{
	u64 offset = (u64)i * PAGE_SIZE_GUEST;
	return offset < DATA_SIZE ? DATA + offset : STACK + offset - DATA_SIZE;
}

static const struct test_case *running;
static int running_on;

static void
unclaimed_fault(int sig, siginfo_t *info, void *ctx)
{
	signal(sig, SIG_DFL);
	printf("host fault at %p outside the guest, in:\n", info->si_addr);
	print_case(running, engine_names[running_on]);
	fflush(stdout);
}

// Once more after a case that went to run there: code is watched for changes.
static void
open_pages(struct machine *m)
{
	int i;
	for (i = 0; i < PAGES; ++i) {
		size_t n = PAGE_SIZE_GUEST;
		m->page[i] = (u8 *)mem_host(m->mem, page_gva(i), &n, MEM_W);
	}
}

static void
start_machine(struct machine *m, int paged, int code_fd)
{
	int anon = VMA_ANON | VMA_FIXED, i;
	m->mem = mem_new(paged);
	m->code = codecache_new(m->mem);
	m->cpu = cpu_new(m->mem, m->code);
	m->cpu->ldt = have_ldt ? case_ldt : 0;
	m->cpu->ldt_entries = have_ldt ? LDT_ENTRIES : 0;
	if (mem_map(m->mem, CODE, CODE_SIZE, MEM_R | MEM_X, VMA_SHARED | VMA_FIXED, code_fd, 0, 0) < 0 ||
	    mem_map(m->mem, DATA, DATA_SIZE, MEM_R | MEM_W, anon, -1, 0, 0) < 0 ||
	    mem_map(m->mem, RO, RO_SIZE, MEM_R, anon, -1, 0, 0) < 0 ||
	    mem_map(m->mem, STACK, STACK_SIZE, MEM_R | MEM_W, anon, -1, 0, 0) < 0 ||
	    mem_poke(m->mem, RO, image_ro, RO_SIZE)) {
		fprintf(stderr, "diff: cannot map guest memory\n");
		exit(1);
	}
	open_pages(m);
	for (i = 0; i < PAGES; ++i)
		memcpy(m->page[i], image + i * PAGE_SIZE_GUEST, PAGE_SIZE_GUEST);
}

void
run_init(int code_fd, u8 *view)
{
	code_view = view;
	host_install_fault_handlers(unclaimed_fault);
	host_thread_init();
	start_machine(&machines[0], !LINEAR_POSSIBLE, code_fd);
	start_machine(&machines[1], 1, code_fd);
}

int
run_alone(void)
{
	FILE *code = tmpfile();
	u8 *view;
	if (sysconf(_SC_PAGESIZE) > CODE_SIZE) {
		puts("skipped: needs pages of at most 8 KiB");
		return -1;
	}
	if (!code || ftruncate(fileno(code), CODE_SIZE) ||
	    (view = (u8 *)mmap(0, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(code), 0)) == MAP_FAILED) {
		perror("code pages");
		exit(1);
	}
	memset(view, 0xcc, CODE_SIZE);
	rows_init();
	make_image();
	run_init(fileno(code), view);
	return 0;
}

static void
put_patch(struct machine *m, const struct patch *p)
{
	int i, page;
	for (i = 0; i < p->n; ++i)
		for (page = 0; page < PAGES; ++page)
			if (p->at + (u64)i - page_gva(page) < PAGE_SIZE_GUEST)
				m->page[page][p->at + (u64)i - page_gva(page)] = p->b[i];
}

static void
put_code(struct machine *m, const struct test_case *t, int there)
{
	u64 lo = t->s.pc - (u64)t->pre, hi = t->s.pc + (u64)code_there(t);
	if (there) {
		memcpy(code_view + (lo - CODE), t->setter, (size_t)t->pre);
		memcpy(code_view + (t->s.pc - CODE), t->code, (size_t)code_there(t));
		// all of it: chains of blocks that land on the filling would grow
		cpu_invalidate(m->code, CODE, CODE + CODE_SIZE);
	} else {
		memset(code_view + (lo - CODE), 0xcc, (size_t)(hi - lo));
	}
}

// Runs the case; what it did to memory is left there.
static void
emulate(struct outcome *o, const struct test_case *t, int engine)
{
	struct machine *m = &machines[engine == 2];
	struct cpu *c = m->cpu;
	enum stop stop;
	int i, limit = 0;
	for (i = 0; i < PATCHES; ++i)
		put_patch(m, &t->patch[i]);
	put_code(m, t, 1);
	for (i = 0; i < 16; ++i)
		c->r[i] = t->s.r[i];
	c->r[GPR_EA] = 0xdead;
	c->pc = t->s.pc - (u64)t->pre;
	cpu_set_flags(c, t->s.flags);
	cpu_return(c, 0x33, 0x2b);
	cpu_from_fxsave(c, t->s.fx);
	for (i = 0; i < 16; ++i)
		memcpy(c->v[i].b + 16, t->s.high[i], 16);
	cpu_return(c, code_selector(t->mode), 0x2b);
	for (i = SEG_ES; i <= SEG_GS; ++i)
		if (i != SEG_CS && i != SEG_SS)
			cpu_load_segment(c, i, t->mode == MODE_64 ? 0 : i < SEG_FS ? 0x2b : i == SEG_FS ? LDT_FS : LDT_GS);
	c->segbase[SEG_FS] = t->s.base[0];
	c->segbase[SEG_GS] = t->s.base[1];
	c->cr2 = 0;
	c->error = 0;
	if (!engine && t->pre)
		cpu_step(c);
	do {
		stop = engine ? cpu_run(c) : cpu_step(c);
	} while (stop == STOP_ATTENTION && ++limit < 100000 && (engine || ((isa_attrs[t->in.op] & ISA_STRING) && c->pc == t->s.pc)));
	memset(o, 0, offsetof(struct outcome, mem));
	o->s.flags = cpu_get_flags(c) & ~(t->traced ? (u32)FLAG_TF : 0u);
	o->s.pc = c->pc;
	o->trap = -1;
	if (stop == STOP_INT && c->vector == VEC_BP && engine && t->in.op != OP_INT3 && t->in.op != OP_INT) {
		o->s.pc--;
	} else if (stop == STOP_FAULT && t->traced && c->vector == VEC_PF && c->error & PF_FETCH && c->pc != t->s.pc) {
		// natively the trap comes before the fetch
	} else if (stop == STOP_INT || stop == STOP_FAULT) {
		struct linux_trap trap;
		linux_trap(&trap, c, stop);
		o->trap = trap.no;
		o->error = trap.err;
		o->sig = trap.sig;
		o->code = trap.code;
		o->addr = trap.addr;
		o->s.pc = trap.pc;
		o->s.flags |= trap.flags;
	} else if (stop == STOP_SYSCALL && t->in.op == OP_SYSCALL) {
		c->r[GPR_AX] = (u64)-38;  // ENOSYS
	} else if (stop != STOP_ATTENTION) {
		o->trap = 1000 + stop;
	}
	for (i = 0; i < 16; ++i)
		o->s.r[i] = c->r[i];
	o->s.base[0] = c->segbase[SEG_FS];
	o->s.base[1] = c->segbase[SEG_GS];
	memcpy(o->s.sel, c->sel, sizeof o->s.sel);
	{
		u8 fx[512];
		cpu_to_fxsave(c, fx);
		memcpy(o->s.fx, fx, FX_SIZE);
	}
	for (i = 0; i < 16; ++i)
		memcpy(o->s.high[i], c->v[i].b + 16, 16);
	if (c->pc - CODE >= CODE_SIZE)
		open_pages(m);
	put_code(m, t, 0);
}

static void
print_bytes(const char *name, const u8 *native, const u8 *blink, int n)
{
	int i;
	printf("    %s native", name);
	for (i = n; i--;)
		printf("%s%02x", i % 8 == 7 ? " " : "", native[i]);
	printf(" blink");
	for (i = n; i--;)
		printf("%s%02x", i % 8 == 7 ? " " : "", blink[i]);
	printf("\n");
}

u64 last_bits;

// Whether t is one of the functions that hosts without an x87 compute to within
// the last bit
static int
inexact(const struct test_case *t)
{
#if HOST_X86_64 || defined(__i386__)
	return 0;
#else
	switch (t->in.op) {
	case OP_FSIN: case OP_FCOS: case OP_FSINCOS: case OP_FPTAN: case OP_FPATAN:
	case OP_F2XM1: case OP_FYL2X: case OP_FYL2XP1:
		return 1;
	default:
		return 0;
	}
#endif
}

// The parts of an FXSAVE image. `loose`: ST registers may differ in the last
// bit, and C1 with them.
static int
fx_differ(const u8 *n, const u8 *e, int loose, int say)
{
	static const struct { const char *name; u8 at, size; } part[] = {
		{"fcw", 0, 2}, {"fsw", 2, 2}, {"ftw", 4, 1}, {"fop", 6, 2}, {"fip", 8, 8}, {"fdp", 16, 8}, {"mxcsr", 24, 4}
	};
	char name[16];
	int i, bad = 0;
	if (!memcmp(n, e, 28) && !memcmp(n + 32, e + 32, FX_SIZE - 32))
		return 0;
	for (i = 0; i < (int)COUNTOF(part) + 24; ++i) {
		int k = i - (int)COUNTOF(part), at = k < 0 ? part[i].at : 32 + 16 * k, size = k < 0 ? part[i].size : k < 8 ? 10 : 16;
		if (!memcmp(n + at, e + at, (size_t)size))
			continue;
		if (loose && k >= 0 && k < 8 && ld16(n + at + 8) == ld16(e + at + 8) && ld64(n + at) - ld64(e + at) + 1 <= 2) {
			++last_bits;
			continue;
		}
		if (loose && at == 2 && !((ld16(n + 2) ^ ld16(e + 2)) & ~0x200))
			continue;
		bad = 1;
		if (k < 0)
			snprintf(name, sizeof name, "%s", part[i].name);
		else
			snprintf(name, sizeof name, "%s%d", k < 8 ? "st" : "xmm", k < 8 ? k : k - 8);
		if (say)
			print_bytes(name, n + at, e + at, size);
	}
	return bad;
}

// Prints differences (if say), returns whether there are any.
static int
differ(const struct outcome *n, const struct outcome *e, u8 *const *page, const struct test_case *t, int say)
{
	int i, bad = 0;
	char a[32], b[32];
#define DIFFER(...) do { bad = 1; if (!say) return 1; printf(__VA_ARGS__); } while (0)
	if (ld32(n->s.fx + 24) & 0x20000)
		return 0;  // AMD's bit of MXCSR was loaded
	if ((t->in.op == OP_RDRAND || t->in.op == OP_RDSEED) && n->trap < 0 && !(n->s.flags & FLAG_CF))
		return 0;  // it had no number
	if (say && n->trap >= 0)
		printf("    native trap %d error %x address %llx rip %llx\n", n->trap, n->error, (unsigned long long)n->addr, (unsigned long long)n->s.pc);
#ifdef TINY
	if (n->s.sel[SEG_CS] != 0x33)
		return 0;  // knows 64-bit code only
#endif
	if (n->trap != e->trap)
		DIFFER("    trap native %d blink %d (-1: none)\n", n->trap, e->trap);
	if (n->s.pc != e->s.pc)
		DIFFER("    rip native %llx blink %llx\n", (unsigned long long)n->s.pc, (unsigned long long)e->s.pc);
	if (n->trap >= 0 && n->trap == e->trap) {
		if (n->error != e->error)
			DIFFER("    error native %x blink %x\n", n->error, e->error);
		if (n->sig != e->sig || n->code != e->code)
			DIFFER("    signal native %d code %d blink %d code %d\n", n->sig, n->code, e->sig, e->code);
		if (n->addr != e->addr)
			DIFFER("    si_addr native %llx blink %llx\n", (unsigned long long)n->addr, (unsigned long long)e->addr);
	}
	for (i = 0; i < 16; ++i)
		if ((n->s.r[i] ^ e->s.r[i]) & ~(t->loose_regs >> i & 1 ? t->loose : 0))
			DIFFER("    %s native %llx blink %llx\n", reg_names[i], (unsigned long long)n->s.r[i], (unsigned long long)e->s.r[i]);
	for (i = 0; i < 6; ++i)
		if (n->s.sel[i] != e->s.sel[i] && (i == SEG_CS || i == SEG_SS || (n->s.sel[i] | e->s.sel[i]) > 3))
			DIFFER("    segment %c native %x blink %x\n", "ecsdfg"[i], n->s.sel[i], e->s.sel[i]);
	for (i = 0; i < 2; ++i)
		if (n->s.base[i] != e->s.base[i])
			DIFFER("    %cs base native %llx blink %llx\n", "fg"[i], (unsigned long long)n->s.base[i], (unsigned long long)e->s.base[i]);
	if (n->s.flags != e->s.flags) {
		flag_text(a, n->s.flags);
		flag_text(b, e->s.flags);
		DIFFER("    flags native %s blink %s\n", a, b);
	}
	bad |= fx_differ(n->s.fx, e->s.fx, inexact(t), say);
	if (bad && !say)
		return 1;
	for (i = 0; i < 16; ++i)
		if (memcmp(n->s.high[i], e->s.high[i], 16)) {
			bad = 1;
			if (!say)
				return 1;
			snprintf(a, sizeof a, "ymm%d high", i);
			print_bytes(a, n->s.high[i], e->s.high[i], 16);
		}
	for (i = 0; i < PAGES; ++i) {
		const u8 *x = n->mem + i * PAGE_SIZE_GUEST;
		int j, shown = 0;
		if (!memcmp(x, page[i], PAGE_SIZE_GUEST))
			continue;
		for (j = 0; j < PAGE_SIZE_GUEST && shown < 12; ++j) {
			u64 at = page_gva(i) + (u64)j;
			if (x[j] == page[i][j] || (at == t->mxcsr_mask && (x[j] ^ page[i][j]) == 2))
				continue;
			bad = 1;
			if (!say)
				return 1;
			printf("    byte at %llx native %02x blink %02x\n", (unsigned long long)at, x[j], page[i][j]);
			++shown;
		}
	}
	return bad;
}

static struct outcome emulated;

u64
run_fault(void)
{
	return emulated.trap == VEC_PF ? emulated.addr : 0;
}

int
run_compare(const struct outcome *native, const struct test_case *t, int engine, int say)
{
	struct machine *m = &machines[engine == 2];
	int bad, i;
	running = t;
	running_on = engine;
	emulate(&emulated, t, engine);
	bad = differ(native, &emulated, m->page, t, say);
	for (i = 0; i < PAGES; ++i)
		memcpy(m->page[i], image + i * PAGE_SIZE_GUEST, PAGE_SIZE_GUEST);
	return bad;
}
