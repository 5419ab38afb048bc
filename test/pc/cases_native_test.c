// cases_native_test.c: cases of test/boot/cases in 16 and 32-bit code of ring 3,
// with stacks of 32 bits, on this processor, through segments made with
// modify_ldt. The same cases run on blink's machine, from example/boot/cases.img
// with the option for it set, and all they left must be the same: registers, all
// flags, vector, memory, x87, SSE. What a program of Linux cannot have as the
// image has it is left out there (K_SYSTEM).
//
// usage: cases_native_test [ROW [MODE [CASES]]]  (see cases.c; 65535 is all rows)
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__) && defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <asm/ldt.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define CASES_NATIVE 1
struct row;
struct mode;
static unsigned char ivt_ptr[6], idt_ptr[6], gdt_ptr[6];
static unsigned int exit_cr0;
static FILE *told;
static void
put(char c)
{
	fputc(c, told);
}
static void run(const struct row *r, const struct mode *m);
static void cases_main(void);
#include "../boot/cases/cases.c"

static sigjmp_buf back;
static unsigned long fs_base;

enum { LDT_CODE16 = 0x07, LDT_CODE32 = 0x0f, LDT_FIRST = 0x0f };  // then SS, DS, ES, FS, GS

static int
segment(unsigned n, unsigned base, unsigned limit, int code, int wide)
{
	struct user_desc d;
	memset(&d, 0, sizeof d);
	d.entry_number = n;
	d.base_addr = base;
	d.limit = limit;
	d.seg_32bit = wide & 1;
	d.contents = code ? 2 : 0;
	d.useable = 1;
	return (int)syscall(SYS_modify_ldt, 0x11, &d, sizeof d);
}

// The case has left FS something else; nothing may ask for it before that.
static void __attribute__((noinline))
caught(int sig, siginfo_t *info, void *context)
{
	const greg_t *g;
	long unused;
	__asm__ volatile("pushq $2; popfq" : : : "cc");  // the case's AC and NT are still there
	__asm__ volatile("syscall" : "=a"(unused) : "0"((long)SYS_arch_prctl), "D"(0x1002l), "S"(fs_base) : "rcx", "r11", "memory");
	g = ((ucontext_t *)context)->uc_mcontext.gregs;
	regs.r[EAX] = (u32)g[REG_RAX];
	regs.r[EBX] = (u32)g[REG_RBX];
	regs.r[ECX] = (u32)g[REG_RCX];
	regs.r[EDX] = (u32)g[REG_RDX];
	regs.r[ESI] = (u32)g[REG_RSI];
	regs.r[EDI] = (u32)g[REG_RDI];
	regs.r[EBP] = (u32)g[REG_RBP];
	regs.r[ESP] = (u32)g[REG_RSP];
	regs.eip = (u32)g[REG_RIP];
	regs.eflags = (u32)g[REG_EFL];
	regs.vector = (u32)g[REG_TRAPNO];
	regs.error = (u32)g[REG_ERR];
	memcpy(fx_out, ((ucontext_t *)context)->uc_mcontext.fpregs, sizeof fx_out);
	(void)sig, (void)info;
	siglongjmp(back, 1);
}

static struct {
	unsigned long eip, cs, eflags, esp, ss;
	u32 r[8];
	u16 ds, es, fs, gs;
} way;

static void
run(const struct row *r, const struct mode *m)
{
	u32 mxcsr = 0x1f80;
	regs = in;
	regs.vector = regs.error = 0;
	way.eip = in.eip;
	way.cs = m->wide ? LDT_CODE32 : LDT_CODE16;
	way.eflags = in.eflags;
	way.esp = in.r[ESP];
	way.ss = LDT_FIRST + 8;
	way.ds = LDT_FIRST + 16;
	way.es = LDT_FIRST + 24;
	way.fs = LDT_FIRST + 32;
	way.gs = LDT_FIRST + 40;
	memcpy(way.r, in.r, sizeof way.r);
	if (!sigsetjmp(back, 0)) {
		if (r->attrs & (R_X87 | R_VECTOR))
			__asm__ volatile("fxrstor %0" : : "m"(fx_in));
		__asm__ volatile(
			"mov %0, %%rbp\n"
			"pushq 32(%%rbp)\n pushq 24(%%rbp)\n pushq 16(%%rbp)\n pushq 8(%%rbp)\n pushq (%%rbp)\n"
			"movw 72(%%rbp), %%ds\n movw 74(%%rbp), %%es\n movw 76(%%rbp), %%fs\n movw 78(%%rbp), %%gs\n"
			"movl 40(%%rbp), %%eax\n movl 44(%%rbp), %%ebx\n movl 48(%%rbp), %%ecx\n movl 52(%%rbp), %%edx\n"
			"movl 56(%%rbp), %%esi\n movl 60(%%rbp), %%edi\n movl 64(%%rbp), %%ebp\n iretq\n"
			: : "r"(&way) : "memory");
	}
	__asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}

// The image with that option, on the machine of the blink beside this program
static FILE *
start_blink(const char *self, const char *image, pid_t *child)
{
	char path[4096], *end;
	int p[2];
	snprintf(path, sizeof path, "%s", self);
	end = strstr(path, "test/pc/");
	if (!end || pipe(p))
		return 0;
	strcpy(end, "blink/blink");
	*child = fork();
	if (!*child) {
		dup2(p[1], 1);
		dup2(p[1], 2);
		close(p[0]);
		execl(path, path, "-r", "-N", "-i", image, (char *)0);
		_exit(127);
	}
	close(p[1]);
	return fdopen(p[0], "r");
}

int
main(int argc, char **argv)
{
	static char alternate[65536], bytes[65536], native[160], ours[160];
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
	char image[] = "/tmp/blink-cases.XXXXXX";
	struct sigaction a;
	stack_t s;
	FILE *f, *theirs;
	pid_t child = 0;
	size_t i, n;
	int fd, failures = 0, lines = 0;
	long unused;
	u32 maker, leaf = 0, ecx, edx;
	__asm__ volatile("cpuid" : "+a"(leaf), "=b"(maker), "=c"(ecx), "=d"(edx));
	if (maker != 0x68747541)  // whose undefined flags are blink's
		return puts("skipped: needs an AMD processor"), 0;
	f = fopen("example/boot/cases.img", "r");
	if (!f)
		return perror("example/boot/cases.img"), 1;
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	if (argc > 1)
		options.row = (u16)atoi(argv[1]);
	else
		options.row = 65535;
	if (options.row != 65535)
		options.what = QUIET;
	options.cases = argc > 3 ? (u16)atoi(argv[3]) : 0;
	options.mode = argc > 2 ? (u8)atoi(argv[2]) : 255;
	options.what |= USER;
	memcpy(bytes + 0x1d0, &options, sizeof options);
	fd = mkstemp(image);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		return perror(image), 1;
	close(fd);

	for (i = 0; i < 2; ++i)
		if (segment((unsigned)i, bases[SEG_CS], 0xffff, 1, (int)i))
			return puts("skipped: needs modify_ldt"), unlink(image), 0;
	for (i = SEG_SS; i <= SEG_GS; ++i)
		segment((unsigned)i + 1, bases[i], BIG_LIMIT, 0, i == SEG_SS);
	if (mmap((void *)(unsigned long)ARENA, ARENA_END - ARENA, PROT_READ | PROT_WRITE | PROT_EXEC,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED ||
	    mmap((void *)(unsigned long)COPY, ARENA_END - ARENA, PROT_READ | PROT_WRITE,
	         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		return puts("skipped: needs low memory"), unlink(image), 0;
	__asm__ volatile("syscall" : "=a"(unused) : "0"((long)SYS_arch_prctl), "D"(0x1003l), "S"(&fs_base) : "rcx", "r11", "memory");
	memset(&s, 0, sizeof s);
	s.ss_sp = alternate;
	s.ss_size = sizeof alternate;
	sigaltstack(&s, 0);
	memset(&a, 0, sizeof a);
	a.sa_sigaction = caught;
	a.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;

	theirs = start_blink(argv[0], image, &child);
	told = tmpfile();
	if (!theirs || !told)
		return puts("no blink to compare with"), unlink(image), 1;
	for (i = 0; i < sizeof signals / sizeof *signals; ++i)
		sigaction(signals[i], &a, 0);
	cases_main();
	a.sa_handler = SIG_DFL;
	a.sa_flags = 0;
	for (i = 0; i < sizeof signals / sizeof *signals; ++i)
		sigaction(signals[i], &a, 0);
	rewind(told);
	while (fgets(native, sizeof native, told)) {
		++lines;
		if (!fgets(ours, sizeof ours, theirs))
			ours[0] = 0;
		if (strcmp(native, ours) && ++failures <= 20)
			printf("%-10s%s%-10s%s", "silicon", native, "blink", ours);
	}
	while (fgets(ours, sizeof ours, theirs))
		;
	waitpid(child, 0, 0);
	unlink(image);
	printf("%d rows, %d differ\n", lines, failures);
	return failures != 0;
}
#else
int
main(void)
{
	puts("skipped: needs Linux on x86-64");
	return 0;
}
#endif
