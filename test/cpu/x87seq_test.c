// x87seq_test.c: random sequences of x87 and MMX instructions, with FXSAVE,
// FXRSTOR and FWAIT among them, from random states (all tags, all control
// words, garbage in registers), executed by the processor and by the engine:
// the same bytes at the same address on the same operands. What FXSAVE and
// FNSAVE say afterwards, memory, AX, EFLAGS and the fault, if there was one,
// with its address, must be equal. Every second batch runs as 32-bit code, and
// every second pair of those in the paged memory model.
//
// usage: x87seq_test [-n THOUSANDS_OF_CASES] [-s SEED] [-v]
#include <stdio.h>
#include "base/base.h"
#if !HOST_X86_64 || !defined(__linux__)
int
main(void)
{
	printf("skipped: needs an x86-64 Linux host\n");
	return 0;
}
#else
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/x87.h"
#include "host/host.h"
#include "fpgen.h"

enum {
	SEQS = 2048, SLOT = 128, STATES = 24, MAXLEN = 8,
	// the data page
	AREA = 0, AREA_LEN = 1024,  // operands; FXSAVE images from 512 on
	STATE = 1024, FX = 1280, SAVE = 1792, CELL = 2048, PAGE = 4096
};

struct result {
	u64 ax, flags, pc, cr2;
	int vector;          // -1: none
	u8 fx[416], save[108], mem[AREA_LEN];
};

struct regs {
	u64 ax, flags, bx, si, di, sp;
	u32 pc;
	u32 cs;     // behind pc: the far pointer
	u64 stack;  // below 4 GiB: 32-bit code loses what is above
};
struct regs seq_regs __attribute__((visibility("hidden")));
void seq_native(void);
void seq_back(void);
__asm__(
	".text\n"
	".globl seq_native, seq_back\n"
	"seq_native:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, 40+seq_regs(%rip)\n"
	"	mov $0x2b, %eax; mov %eax, %ds; mov %eax, %es\n"
	"	mov 16+seq_regs(%rip), %rbx\n"
	"	mov 24+seq_regs(%rip), %rsi\n"
	"	mov 32+seq_regs(%rip), %rdi\n"
	"	mov 0+seq_regs(%rip), %rax\n"
	"	xor %ecx, %ecx; xor %edx, %edx; xor %ebp, %ebp; xor %r8, %r8; xor %r9, %r9\n"
	"	xor %r10, %r10; xor %r11, %r11; xor %r12, %r12; xor %r13, %r13; xor %r14, %r14; xor %r15, %r15\n"
	"	push 8+seq_regs(%rip)\n"
	"	popf\n"
	"	mov 56+seq_regs(%rip), %rsp\n"
	"	ljmp *48+seq_regs(%rip)\n"
	"seq_back:\n"
	"	pushf\n"
	"	pop 8+seq_regs(%rip)\n"
	"	mov %rax, 0+seq_regs(%rip)\n"
	"	cld\n"
	"	fninit\n"
	"	push $0x1f80\n"
	"	ldmxcsr (%rsp)\n"
	"	pop %rax\n"
	"	mov 40+seq_regs(%rip), %rsp\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

static u8 *code, *data, *stack;
static u64 spots[SEQS][MAXLEN + 1];
static int lens[SEQS];
static struct mem *mems[2];
static struct cpu *cpu, *cpus[2];  // with linear and with paged memory
static int paged, bits32;
static sigjmp_buf escape;
static volatile int armed;
static struct result native, ours;
static long thousands = 250;
static int verbose;
static u64 cases, faults, instructions, failed;

static void
on_signal(int sig, siginfo_t *si, void *ucp)
{
	ucontext_t *uc = (ucontext_t *)ucp;
	(void)si;
	if (!armed) {
		if (sig != SIGSEGV && sig != SIGBUS) signal(sig, SIG_DFL);
		return;
	}
	armed = 0;
	native.vector = (int)uc->uc_mcontext.gregs[20];  // TRAPNO
	native.cr2 = native.vector == VEC_PF ? (u64)uc->uc_mcontext.gregs[22] : 0;
	native.pc = (u64)uc->uc_mcontext.gregs[16];
	native.ax = (u64)uc->uc_mcontext.gregs[13];
	native.flags = (u64)uc->uc_mcontext.gregs[17];
	memcpy(native.fx, uc->uc_mcontext.fpregs, sizeof native.fx);
	siglongjmp(escape, 1);
}

static void
on_bug(int sig, siginfo_t *si, void *ucp)
{
	ucontext_t *uc = (ucontext_t *)ucp;
	printf("signal %d at pc %llx, address %p\n", sig, (unsigned long long)uc->uc_mcontext.gregs[16], si->si_addr);
	_exit(1);
}

static void
finish(struct result *r)
{
	if (bits32) r->ax = (u32)r->ax;
	r->flags &= FLAGS_ARITH;
	memset(r->save, 0, sizeof r->save);
	if (r->vector < 0) {
		memcpy(r->fx, data + FX, sizeof r->fx);
		memcpy(r->save, data + SAVE, sizeof r->save);
	}
	memset(r->fx + 24, 0, 8);  // MXCSR
	memset(r->fx + 160, 0, 256);
	memcpy(r->mem, data + AREA, AREA_LEN);
	memset(r->mem + 512 + 24, 0, 8);
	memset(r->mem + 512 + 160, 0, 256);
}

static void
run_native(const struct regs *in, const u8 *image)
{
	memset(&native, 0, sizeof native);
	memcpy(data, image, PAGE);
	seq_regs = *in;
	st64(data + CELL, (u64)(uintptr_t)code + 16);  // the way out
	native.vector = -1;
	if (!sigsetjmp(escape, 1)) {
		armed = 1;
		seq_native();
		armed = 0;
		native.ax = seq_regs.ax;
		native.flags = seq_regs.flags;
	} else {
		static const u32 dflt = 0x1f80;
		__asm__ volatile("fninit; ldmxcsr %0" : : "m"(dflt));
	}
	finish(&native);
}

static void
run_ours(const struct regs *in, const u8 *image)
{
	enum stop stop;
	memset(&ours, 0, sizeof ours);
	memcpy(data, image, PAGE);
	st64(data + CELL, (u64)(uintptr_t)code);  // an INT3
	if (paged && mem_poke(mems[1], (u64)(uintptr_t)data, data, PAGE)) abort();
	memset(cpu->r, 0, 16 * 8);
	cpu->r[GPR_AX] = in->ax;
	cpu->r[GPR_BX] = in->bx;
	cpu->r[GPR_SI] = in->si;
	cpu->r[GPR_DI] = in->di;
	cpu->mxcsr = 0x1f80;
	cpu_set_flags(cpu, (u32)in->flags);
	cpu->fsw = 0;
#ifndef TINY
	if (cpu->sel[SEG_CS] != in->cs && cpu_return(cpu, in->cs, 0x2b)) abort();
#endif
	cpu->pc = in->pc;
	ours.vector = -1;
	do stop = cpu_run(cpu);
	while (stop == STOP_ATTENTION);
	ours.ax = cpu->r[GPR_AX];
	ours.flags = cpu_get_flags(cpu);
	if (stop == STOP_FAULT) {
		u8 fx[512];
		ours.vector = cpu->vector;
		ours.cr2 = cpu->vector == VEC_PF ? cpu->cr2 : 0;
		ours.pc = cpu->pc;
		cpu_to_fxsave(cpu, fx);
		memcpy(ours.fx, fx, sizeof ours.fx);
	}
	if (paged && mem_read(mems[1], data, (u64)(uintptr_t)data, PAGE)) abort();
	finish(&ours);
}

// One instruction at p; returns its length. Those that the decoder does not
// know, or that change more than is compared, are not taken.
static int
make_insn(u8 *p)
{
	static const u8 mmx[] = {
		0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6e, 0x6f, 0x74, 0x75, 0x76, 0x77, 0x77,
		0x7e, 0x7f, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd8, 0xdb, 0xdf, 0xe2, 0xe4, 0xe7, 0xeb, 0xef, 0xf2, 0xf4, 0xf5, 0xfb, 0xfe
	};
	struct insn in;
	for (;;) {
		u64 r = rnd();
		int n = 0, modrm = (int)(r >> 8) & 255, len;
		if (!(r >> 16 & 7)) p[n++] = 0x66;
		if (!(r >> 19 & 31)) p[n++] = r >> 24 & 1 ? 0xf2 : 0xf3;
		if (!(r >> 25 & 31)) p[n++] = r >> 47 & 1 ? 0x36 : 0x2e;
		if (bits32 && !(r >> 30 & 127)) p[n++] = 0x67;
		if (!bits32 && !(r >> 30 & 15)) p[n++] = (u8)(0x40 | (r >> 34 & 1) << 3 | (r >> 35 & 1) << 2);
		if (modrm < 0xc0) {
			static const u8 base[] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 6, 7};
			modrm = (modrm & 0x38) | 0x40 | base[r >> 36 & 15];
		}
		switch (r >> 40 & 31) {
		case 0:
			p[n++] = 0x9b;
			break;
		case 1: case 2: case 3: case 4:
			p[n++] = 0x0f;
			p[n++] = mmx[r % sizeof mmx];
			if (p[n - 1] != 0x77) {
				if (modrm >= 0xc0 && (p[n - 1] & 0xef) == 0x6e) modrm &= 0xf8;  // AX
				p[n++] = (u8)modrm;
				if (modrm < 0xc0) p[n++] = (u8)(r >> 48 & 0x38);
			}
			break;
		case 5:
			if (r >> 48 & 1) {
				// FXSAVE, FXRSTOR [rbx + 512], an image of its own
				p[n++] = 0x0f;
				p[n++] = 0xae;
				p[n++] = 0x83 | (r >> 49 & 1) << 3;
				st32(p + n, 512);
				n += 4;
				break;
			}
			// fall through
		default:
			p[n++] = (u8)(0xd8 | (r & 7));
			p[n++] = (u8)modrm;
			if (modrm < 0xc0) p[n++] = r >> 45 & 1 ? (u8)(r >> 48 & 0x7f) : (u8)(r >> 48 & 0x70);
		}
		len = isa_decode(&in, p, (size_t)n, bits32 ? MODE_32 : MODE_64);
		if (len == n && !(isa_attrs[in.op] & ISA_UNDONE) && in.opr[0].kind != OPR_XMM && in.opr[1].kind != OPR_XMM) return n;
	}
}

// opcode /digit on the data page at offset
static u8 *
at_data(u8 *p, int escape, int opcode, int digit, int offset)
{
	if (escape) *p++ = (u8)escape;
	*p++ = (u8)opcode;
	*p++ = (u8)(digit << 3 | (bits32 ? 5 : 4));
	if (!bits32) *p++ = 0x25;
	st32(p, (u32)(uintptr_t)data + (u32)offset);
	return p + 4;
}

static void
make_code(void)
{
	u8 *p;
	int i, k;
	if (mprotect(code, SEQS * SLOT + PAGE, PROT_READ | PROT_WRITE)) abort();
	code[0] = 0xcc;
	p = code + 16;
	if (bits32) {
		*p++ = 0xea;  // ljmp 0x33:.+7
		st32(p, (u32)(uintptr_t)(p + 6));
		st16(p + 4, 0x33);
		p += 6;
	}
	st16(p, 0x25ff);  // jmp [rip]
	st32(p + 2, 0);
	st64(p + 6, (u64)(uintptr_t)seq_back);
	for (i = 0; i < SEQS; i++) {
		p = at_data(code + PAGE + i * SLOT, 0, 0xdd, 4, STATE);  // frstor
		lens[i] = 1 + (int)(rnd() % MAXLEN);
		for (k = 0; k < lens[i]; k++) {
			spots[i][k] = (u64)(uintptr_t)p;
			p += make_insn(p);
		}
		spots[i][k] = (u64)(uintptr_t)p;
		if (!bits32) *p++ = 0x48;
		p = at_data(p, 0x0f, 0xae, 0, FX);  // fxsave
		p = at_data(p, 0, 0xdd, 6, SAVE);   // fnsave
		at_data(p, 0, 0xff, 4, CELL);       // jmp
	}
	if (mprotect(code, SEQS * SLOT + PAGE, PROT_READ | PROT_EXEC)) abort();
	if (paged && mem_poke(mems[1], (u64)(uintptr_t)code, code, SEQS * SLOT + PAGE)) abort();
	cpu_invalidate(cpu->code, (u64)(uintptr_t)code, (u64)(uintptr_t)code + SEQS * SLOT + PAGE);
}

// A 108-byte state: FCW, FSW, tags, pointers, registers
static void
make_state(u8 *b)
{
	u64 r = rnd(), q = rnd();
	unsigned fcw = 0x40 | (r & 0xf00) | (r >> 12 & 3 ? 0x3f : r >> 16 & 0x3f);
	unsigned fsw = (r >> 24 & 0x3800) | (r >> 30 & 0x4700) | (q & 3 ? q >> 8 & 0x7f & (fcw | 0x40) : q & 4 ? 0 : q >> 8 & 0x7f);
	unsigned tags = q >> 16 & 3 ? q >> 18 & 3 ? 0 : (unsigned)(q >> 20 & q >> 36) & 0xffff : 0xffff;
	int i;
	for (i = 0; i < 28; i++) b[i] = (u8)rnd();
	if (q >> 60 & 1) tags |= 0xffff << (q >> 52 & 15);
	st16(b, (u16)fcw);
	st16(b + 4, (u16)fsw);
	st16(b + 8, (u16)tags);
	for (i = 0; i < 8; i++) {
		struct f80 v = rnd_operand("xxxxxsdi"[rnd() & 7]);
		x87_st80(b + 28 + 10 * i, v);
	}
}

static void
make_image(u8 *image)
{
	int i;
	memset(image, 0, PAGE);
	for (i = 0; i < 240; i += 16) {
		struct f80 v = rnd_operand("xxssddii"[rnd() & 7]);
		x87_st80(image + i, v);
	}
	if (rnd() & 1) {
		i = (int)(rnd() & 7) * 16;
		make_state(image + i);
	}
	make_state(image + STATE);
	// an FXSAVE image
	memcpy(image + 512, image + STATE, 2);
	st64(image + 514, rnd());
	if (rnd() & 1) st16(image + 514, (u16)rnd() & 0x7f7f);
	for (i = 8; i < 24; i++) image[512 + i] = (u8)rnd();
	st32(image + 512 + 24, 0x1f80);
	for (i = 0; i < 8; i++) x87_st80(image + 512 + 32 + 16 * i, rnd_operand('x'));
}

static void
show(const char *what, const u8 *a, const u8 *b, int n)
{
	int i;
	if (!memcmp(a, b, (size_t)n)) return;
	for (i = 0; i < n; i++)
		if (a[i] != b[i]) printf("    %s[%d] native %02x ours %02x\n", what, i, a[i], b[i]);
}

static bool
same(void)
{
	return native.ax == ours.ax && native.flags == ours.flags && native.vector == ours.vector && native.pc == ours.pc && native.cr2 == ours.cr2 &&
	       !memcmp(native.fx, ours.fx, sizeof ours.fx) && !memcmp(native.save, ours.save, sizeof ours.save) && !memcmp(native.mem, ours.mem, sizeof ours.mem);
}

static void
show_state(const u8 *b)
{
	int i;
	printf("    fcw %04x fsw %04x tags %04x", ld16(b), ld16(b + 4), ld16(b + 8));
	for (i = 0; i < 8; i++) printf("%s%04x:%016llx", i & 3 ? " " : "\n    ", ld16(b + 36 + 10 * i), (unsigned long long)ld64(b + 28 + 10 * i));
	printf("\n");
}

static void
report(int i, const u8 *image)
{
	struct insn in;
	char text[96];
	int k, j;
	if (failed > 10 && !verbose) return;
	printf("x87seq: sequence of %d, %d-bit, %s memory:\n", lens[i], bits32 ? 32 : 64, paged ? "paged" : "linear");
	for (k = 0; k < lens[i]; k++) {
		int n = (int)(spots[i][k + 1] - spots[i][k]);
		const u8 *p = (const u8 *)(uintptr_t)spots[i][k];
		isa_decode(&in, p, (size_t)n, bits32 ? MODE_32 : MODE_64);
		isa_format(text, sizeof text, &in, spots[i][k]);
		printf("  %llx %-32s", (unsigned long long)spots[i][k], text);
		for (j = 0; j < n; j++) printf(" %02x", p[j]);
		printf("\n");
	}
	show_state(image + STATE);
	printf("    native: vector %d pc %llx cr2 %llx ax %llx flags %llx; ours: %d %llx %llx %llx %llx\n", native.vector, (unsigned long long)native.pc,
	       (unsigned long long)native.cr2, (unsigned long long)native.ax, (unsigned long long)native.flags, ours.vector, (unsigned long long)ours.pc,
	       (unsigned long long)ours.cr2, (unsigned long long)ours.ax, (unsigned long long)ours.flags);
	show("fxsave", native.fx, ours.fx, sizeof ours.fx);
	show("fnsave", native.save, ours.save, sizeof ours.save);
	show("memory", native.mem, ours.mem, sizeof ours.mem);
}

int
main(int argc, char **argv)
{
	static u8 image[PAGE];
	struct sigaction sa;
	i64 at, at2;
	int opt, i, k, s, batch;
	while ((opt = getopt(argc, argv, "n:s:v")) != -1)
		switch (opt) {
		case 'n': thousands = atol(optarg); break;
		case 's': seed = strtoull(optarg, 0, 0); break;
		case 'v': verbose = 1; break;
		default: return 2;
		}
	for (i = 0; i < 2; i++) {
		mems[i] = mem_new(i);
		cpus[i] = mems[i] ? cpu_new(mems[i], codecache_new(mems[i])) : 0;
		if (!cpus[i]) {
			printf("skipped: needs memory\n");
			return 0;
		}
		if (cpu_load_segment(cpus[i], SEG_DS, 0x2b) || cpu_load_segment(cpus[i], SEG_ES, 0x2b)) abort();
	}
	if (LINEAR_BASE || mem_is_paged(mems[0])) {
		printf("skipped: needs linear memory\n");
		return 0;
	}
	at = mem_map(mems[0], 0, 3 * PAGE, MEM_R | MEM_W, VMA_ANON | VMA_32BIT, -1, 0, 0);
	stack = (u8 *)mmap(0, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	at2 = mem_map(mems[0], 0, SEQS * SLOT + PAGE, MEM_R | MEM_X, VMA_ANON | VMA_32BIT, -1, 0, 0);
	if (stack == MAP_FAILED || at < 0 || at2 < 0 || mem_map(mems[1], (u64)at, PAGE, MEM_R | MEM_W, VMA_ANON | VMA_FIXED, -1, 0, 0) != at ||
	    mem_map(mems[1], (u64)at2, SEQS * SLOT + PAGE, MEM_R | MEM_X, VMA_ANON | VMA_FIXED, -1, 0, 0) != at2) {
		printf("skipped: needs memory\n");
		return 0;
	}
	data = (u8 *)(uintptr_t)at;
	code = (u8 *)(uintptr_t)at2;
	// nothing behind the data page
	mem_unmap(mems[0], (u64)at + PAGE, 2 * PAGE);
	if (mprotect(code, SEQS * SLOT + PAGE, PROT_READ | PROT_EXEC)) {
		printf("skipped: needs executable memory\n");
		return 0;
	}
	host_claim_faults(on_signal);
	host_install_fault_handlers(on_bug);
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = on_signal;
	sa.sa_flags = SA_SIGINFO | SA_NODEFER;
	sigaction(SIGFPE, &sa, 0);
	sigaction(SIGILL, &sa, 0);
	for (batch = 0; (long)cases < thousands * 1000 || batch < 4; batch++) {
#ifndef TINY  // which knows 64-bit code only
		bits32 = batch & 1;
#endif
		paged = batch >> 1 & 1;
		cpu = cpus[paged];
		make_code();
		for (i = 0; i < SEQS; i++)
			for (s = 0; s < STATES; s++) {
				struct regs in;
				memset(&in, 0, sizeof in);
				make_image(image);
				in.ax = rnd();
				in.flags = (rnd() & FLAGS_ARITH) | 0x202;
				in.bx = (u64)(uintptr_t)data;
				in.si = in.bx + PAGE - (rnd() & 127);
				in.di = rnd() & 1 || bits32 ? in.bx + PAGE : 1ull << 63 | (rnd() & 0x1ff);
				in.pc = (u32)(uintptr_t)code + PAGE + (u32)(i * SLOT);
				in.stack = (u64)(uintptr_t)stack + 16 * PAGE;
				in.cs = bits32 ? 0x23 : 0x33;
				run_ours(&in, image);
				// A context switch may lose the last instruction's pointers.
				for (k = 0; k < 5 && (!k || !same()); k++) run_native(&in, image);
				cases++;
				instructions += (u64)lens[i];
				faults += native.vector >= 0;
				if (!same()) {
					failed++;
					report(i, image);
				}
			}
	}
	printf("x87seq: %llu cases of %llu instructions, %llu faulted, %llu differ\n", (unsigned long long)cases, (unsigned long long)instructions,
	       (unsigned long long)faults, (unsigned long long)failed);
	return failed != 0;
}
#endif
