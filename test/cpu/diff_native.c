// diff_native.c: runs cases on this processor.
//
// A forked child sits in a signal handler, loads the case's state into the
// signal frame and returns into the instruction; what comes next is INT3 or,
// for branches, the single-step trap. Nothing that a case does to the child's
// registers, stack pointer, segments or vector state outlives its signal.
#include "diff.h"
#if DIFF_NATIVE
#include <poll.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
enum { UC_RIP = 16, UC_EFL = 17, UC_CSGSFS = 18, UC_ERR = 19, UC_TRAPNO = 20, UC_CR2 = 22 };
enum { XF_YMM = 4, FX_FRAME_MAGIC = 464, FX_XSTATE_BV = 512 };
#define FRAME_MAGIC 0x46505853u

struct shared {
	volatile int count, now;
	struct test_case cases[BATCH];
	struct outcome outcomes[BATCH];
};
static struct shared *shared;
static int to_child[2], to_parent[2];
static pid_t child;

#if defined(__has_attribute)
#if __has_attribute(no_stack_protector)
#define NATIVE __attribute__((noinline, no_stack_protector))
#endif
#endif
#ifndef NATIVE
#define NATIVE __attribute__((noinline))
#endif
static u64 own_fs;
static volatile int busy, passed;
static gregset_t idle_regs;
static u8 idle_fx[FX_SIZE], idle_high[16][16];
static u64 idle_bv;
static u8 *code_view;     // the code pages, to write
static int code_fd;
static int have_fsgsbase;
static u32 high_at;       // where an XSAVE image has the upper halves of YMM; 0 without AVX

static inline long
raw_prctl(long code, unsigned long x)
{
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "0"((long)SYS_arch_prctl), "D"(code), "S"(x) : "rcx", "r11", "memory");
	return r;
}
enum { SET_GS = 0x1001, SET_FS = 0x1002, GET_FS = 0x1003, GET_GS = 0x1004 };

static inline void
set_bases(u64 fs, u64 gs)
{
	if (have_fsgsbase) {
		__asm__ volatile("wrfsbase %0\n\twrgsbase %1" : : "r"(fs), "r"(gs));
	} else {
		raw_prctl(SET_GS, gs);
		raw_prctl(SET_FS, fs);
	}
}

static inline void
get_bases(u64 *fs, u64 *gs)
{
	u64 f, g;
	if (have_fsgsbase) {
		__asm__ volatile("rdfsbase %0\n\trdgsbase %1" : "=r"(f), "=r"(g));
		*fs = f;
		*gs = g;
	} else {
		raw_prctl(GET_FS, (unsigned long)fs);
		raw_prctl(GET_GS, (unsigned long)gs);
	}
}

static int
frame_has_high(const u8 *fp)
{
	return high_at && ld32(fp + FX_FRAME_MAGIC) == FRAME_MAGIC && ld64(fp + FX_FRAME_MAGIC + 8) & XF_YMM;
}

// Greater part of gregs, in the order of enum isa_reg
static const u8 greg_order[16] = {13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7};

static void
native_load(ucontext_t *u, const struct test_case *t)
{
	const struct state *s = &t->s;
	greg_t *g = u->uc_mcontext.gregs;
	int i;
	u8 *fp = (u8 *)u->uc_mcontext.fpregs;
	memcpy(code_view + (s->pc - CODE), t->code, (size_t)code_there(t));
	memcpy(code_view + (s->pc - CODE) - t->pre, t->setter, (size_t)t->pre);
	memcpy((void *)(uintptr_t)DATA, image, DATA_SIZE);
	memcpy((void *)(uintptr_t)STACK, image + DATA_SIZE, STACK_SIZE);
	patch_image((u8 *)(uintptr_t)DATA, (u8 *)(uintptr_t)STACK, t);
	for (i = 0; i < 16; ++i)
		g[greg_order[i]] = (greg_t)s->r[i];
	g[UC_RIP] = (greg_t)(s->pc - (u64)t->pre);
	g[UC_EFL] = (greg_t)(s->flags | (t->traced ? (u32)FLAG_TF : 0u));
	g[UC_CSGSFS] = code_selector(t->mode) | (greg_t)0x2b << 48;
	memcpy(fp, s->fx, 28);  // all but MXCSR_MASK
	memcpy(fp + 32, s->fx + 32, FX_SIZE - 32);
	fp[FX_XSTATE_BV] |= 3;
	if (frame_has_high(fp)) {
		fp[FX_XSTATE_BV] |= XF_YMM;
		memcpy(fp + high_at, s->high, sizeof s->high);
	}
	__asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %1, %%fs\n\tmov %2, %%gs"
	                 : : "r"(t->mode == MODE_64 ? 0 : 0x2b), "r"(t->mode == MODE_64 ? 0 : LDT_FS), "r"(t->mode == MODE_64 ? 0 : LDT_GS));
	set_bases(s->base[0], s->base[1]);
}

static void
native_save(struct outcome *o, const struct test_case *t, const ucontext_t *u, const siginfo_t *info, const u16 *sel)
{
	const greg_t *g = u->uc_mcontext.gregs;
	const u8 *fp = (const u8 *)u->uc_mcontext.fpregs;
	int i;
	o->trap = (int)g[UC_TRAPNO];
	o->error = (u32)g[UC_ERR];
	o->sig = info->si_signo;
	o->code = info->si_code;
	o->addr = info->si_code == SI_KERNEL ? 0 : (u64)(uintptr_t)info->si_addr;
	if (t->in.op == OP_INT1 && o->trap == VEC_DB && (u64)g[UC_RIP] == t->s.pc) {
		((ucontext_t *)u)->uc_mcontext.gregs[UC_RIP] += t->len;
		o->addr += (u64)t->len;
	}
	if (o->trap == VEC_PF && o->addr != (u64)g[UC_CR2])
		o->code = -1;  // they differ: nobody expects it
	o->s.pc = (u64)g[UC_RIP];
	o->s.flags = (u32)g[UC_EFL] & ~(t->traced ? (u32)FLAG_TF : 0u);
	if (t->traced && o->trap == VEC_DB) {
		o->trap = -1;
	} else if (o->trap == VEC_BP && t->in.op != OP_INT3 && t->in.op != OP_INT) {
		o->trap = -1;
		o->s.pc--;
	}
	if (o->trap == -1) {
		o->sig = o->code = 0;
		o->error = 0;
		o->addr = 0;
	}
	for (i = 0; i < 16; ++i)
		o->s.r[i] = (u64)g[greg_order[i]];
	o->s.sel[SEG_CS] = (u16)g[UC_CSGSFS];
	o->s.sel[SEG_SS] = (u16)((u64)g[UC_CSGSFS] >> 48);
	o->s.sel[SEG_DS] = sel[0];
	o->s.sel[SEG_ES] = sel[1];
	o->s.sel[SEG_FS] = sel[2];
	o->s.sel[SEG_GS] = sel[3];
	memcpy(o->s.fx, fp, FX_SIZE);
	if (frame_has_high(fp) && fp[FX_XSTATE_BV] & XF_YMM)
		memcpy(o->s.high, fp + high_at, sizeof o->s.high);
	else if (high_at)
		memset(o->s.high, 0, sizeof o->s.high);
	else
		memcpy(o->s.high, t->s.high, sizeof o->s.high);
	memcpy(o->mem, (void *)(uintptr_t)DATA, DATA_SIZE);
	memcpy(o->mem + DATA_SIZE, (void *)(uintptr_t)STACK, STACK_SIZE);
	memset(code_view + (t->s.pc - CODE) - t->pre, 0xcc, (size_t)(t->pre + code_there(t)));
}

static NATIVE void
native_signal(int sig, siginfo_t *info, void *ctx)
{
	ucontext_t *u = (ucontext_t *)ctx;
	u8 *fp = (u8 *)u->uc_mcontext.fpregs;
	u64 fs = 0, gs = 0;
	u16 sel[4];
	__asm__ volatile("pushfq\n\tandl $~0x244000, (%%rsp)\n\tpopfq\n\t"
	                 "mov %%ds, %0\n\tmov %%es, %1\n\tmov %%fs, %2\n\tmov %%gs, %3"
	                 : "=r"(sel[0]), "=r"(sel[1]), "=r"(sel[2]), "=r"(sel[3]) : : "memory", "cc");
	if (!busy) {
		if (sig != SIGTRAP)
			_exit(3);
		busy = 1;
		memcpy(&idle_regs, &u->uc_mcontext.gregs, sizeof idle_regs);
		memcpy(idle_fx, fp, FX_SIZE);
		idle_bv = ld64(fp + FX_XSTATE_BV);
		if (frame_has_high(fp))
			memcpy(idle_high, fp + high_at, sizeof idle_high);
	} else {
		const struct test_case *t = &shared->cases[shared->now];
		if (t->traced && t->pre && !passed && u->uc_mcontext.gregs[UC_TRAPNO] == VEC_DB &&
		    (u64)u->uc_mcontext.gregs[UC_RIP] == t->s.pc) {
			passed = 1;  // the setter is done
			return;
		}
		get_bases(&fs, &gs);
		raw_prctl(SET_FS, own_fs);
		native_save(&shared->outcomes[shared->now], t, u, info, sel);
		shared->outcomes[shared->now].s.base[0] = fs;
		shared->outcomes[shared->now].s.base[1] = gs;
		++shared->now;
	}
	passed = 0;
	if (shared->now < shared->count) {
		native_load(u, &shared->cases[shared->now]);
	} else {
		memcpy(&u->uc_mcontext.gregs, &idle_regs, sizeof idle_regs);
		memcpy(fp, idle_fx, FX_SIZE);
		if (frame_has_high(fp)) {
			st64(fp + FX_XSTATE_BV, idle_bv);
			memcpy(fp + high_at, idle_high, sizeof idle_high);
		}
		__asm__ volatile("mov %0, %%fs\n\tmov %0, %%gs" : : "r"(0));
		raw_prctl(SET_FS, own_fs);
		busy = 0;
	}
}

static void *
map_at(u64 at, size_t n, int prot)
{
	void *p = mmap((void *)(uintptr_t)at, n, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED) {
		perror("diff: mmap");
		_exit(4);
	}
	return p;
}

// Gives this process the segments of case_ldt; children inherit them.
static int
make_segments(void)
{
#ifdef TINY
	return 0;  // such builds know no LDT: there is none natively either
#else
	static const u32 entry[LDT_ENTRIES][4] = {  // struct user_desc
		{LDT_FS >> 3, FS_BASE, 0xfffff, 0x11}, {LDT_GS >> 3, GS_BASE, GS_LIMIT, 1}, {LDT_CODE16 >> 3, 0, 0xfffff, 0x14}
	};
	int i;
	for (i = 0; i < LDT_ENTRIES; ++i)
		if (syscall(SYS_modify_ldt, 0x11, entry[i], sizeof entry[i]))
			return 0;
	return 1;
#endif
}

static void
native_child(void)
{
	static const int sigs[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
	struct sigaction sa;
	stack_t ss;
	size_t i;
	u32 eax, ebx, ecx, edx;
	char c;
	munmap((void *)(uintptr_t)CODE, STACK + STACK_SIZE - CODE);  // of a child that is not the first: the interpreter's
	if (mmap((void *)(uintptr_t)CODE, CODE_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE, code_fd, 0) == MAP_FAILED)
		_exit(4);
	map_at(DATA, DATA_SIZE, PROT_READ | PROT_WRITE);
	map_at(RO, RO_SIZE, PROT_READ | PROT_WRITE);
	map_at(STACK, STACK_SIZE, PROT_READ | PROT_WRITE);
	memcpy((void *)(uintptr_t)RO, image_ro, RO_SIZE);
	mprotect((void *)(uintptr_t)RO, RO_SIZE, PROT_READ);
	have_fsgsbase = getauxval(AT_HWCAP2) >> 1 & 1;
	__asm__("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "0"(1), "2"(0));
	if (ecx >> 28 & 1) {
		__asm__("cpuid" : "=a"(eax), "=b"(high_at), "=c"(ecx), "=d"(edx) : "0"(13), "2"(2));
	}
	memset(&ss, 0, sizeof ss);
	ss.ss_size = 256 << 10;
	ss.ss_sp = malloc(ss.ss_size);
	sigaltstack(&ss, 0);
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = native_signal;
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	for (i = 0; i < COUNTOF(sigs); ++i)
		sigaction(sigs[i], &sa, 0);
	raw_prctl(GET_FS, (unsigned long)&own_fs);
	while (read(to_child[0], &c, 1) == 1) {
		__asm__ volatile("int3" : : : "memory");
		if (write(to_parent[1], &c, 1) != 1)
			break;
	}
	_exit(0);
}

static int
start_child(void)
{
	if (child) {
		close(to_child[1]);
		close(to_parent[0]);
	}
	memset(code_view, 0xcc, CODE_SIZE);
	if (pipe(to_child) || pipe(to_parent) || (child = fork()) < 0) {
		perror("diff");
		return -1;
	}
	if (!child) {
		close(to_child[1]);
		close(to_parent[0]);
		native_child();
	}
	close(to_child[0]);
	close(to_parent[1]);
	return 0;
}

int
native_init(int fd, u8 *view)
{
	struct rlimit stack = {256 << 10, 256 << 10};
	code_fd = fd;
	code_view = view;
	setrlimit(RLIMIT_STACK, &stack);  // a case that reaches below the stack makes it grow
	have_ldt = make_segments();
	shared = (struct shared *)mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED ? -1 : start_child();
}

struct test_case *
native_cases(void)
{
	return shared->cases;
}

struct outcome *
native_outcomes(void)
{
	return shared->outcomes;
}

static int
has(pid_t pid, u64 at)
{
	char path[32], line[256];
	unsigned long long lo, hi;
	int found = 0;
	FILE *f;
	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	if (!(f = fopen(path, "r")))
		return 0;
	while (!found && fgets(line, sizeof line, f))
		found = sscanf(line, "%llx-%llx", &lo, &hi) == 2 && at >= lo && at < hi;
	fclose(f);
	return found;
}

int
native_has(u64 at)
{
	return (at < CODE || at >= STACK + STACK_SIZE) && (has(child, at) || has(getpid(), at));
}

int
native_run(int first, int n)
{
	char c = 0;
	int status = 0;
	struct pollfd answer;
	shared->count = n;
	shared->now = first;
	answer.fd = to_parent[0];
	answer.events = POLLIN;
	if (write(to_child[1], &c, 1) == 1) {
		if (poll(&answer, 1, 5000) == 0)
			kill(child, SIGKILL);  // a case runs for ever
		if (read(to_parent[0], &c, 1) == 1)
			return n;
	}
	waitpid(child, &status, 0);
	printf("the native process died (status %x)\n", status);
	if (start_child())
		exit(1);
	return shared->now;
}

void
native_stop(void)
{
	close(to_child[1]);
	waitpid(child, 0, 0);
}

void
native_again(void)
{
	kill(child, SIGKILL);
	waitpid(child, 0, 0);
	if (start_child())
		exit(1);
}
#endif
