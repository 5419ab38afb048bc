// The signal frame of every exception that a program can raise, field by
// field, and what the handler changes in it taking effect.
#include "sig.h"

static volatile u64 resume_at;
static const char *what;
static u8 *page;

static void
handler(int sig, struct siginfo *si, void *p)
{
	struct ucontext *uc = (struct ucontext *)p;
	struct fpstate *fp = uc->fp;
	u64 frame = (u64)uc - 8;
	u32 mxcsr = 0;
	u16 fcw = 0;
	put(what);
	put("\n ");
	field("sig", (u64)sig);
	field("signo", (u64)si->signo);
	field("errno", (u64)si->err);
	field("code", (u64)si->code);
	if (si->addr == uc->r[R_IP])
		put(" addr rip");
	else
		field("addr", si->addr);
	field("trapno", uc->r[R_TRAPNO]);
	field("err", uc->r[R_ERR]);
	field("cr2", uc->r[R_CR2] == uc->r[R_IP] ? 0x11111 : uc->r[R_CR2]);
	put("\n ");
	field("oldmask", uc->r[R_OLDMASK]);
	field("mask", uc->mask);
	field("eflags", uc->r[R_FL] & ~0x8d5ul);
	field("segs", uc->r[R_SEGS]);
	// Bit 0 says that the processor has XSAVE
	field("uc_flags", uc->flags & ~1ul);
	field("link", uc->link);
	field("stack", uc->stack.sp);
	field("", (u64)uc->stack.flags);
	field("", uc->stack.size);
	put("\n ");
	field("info", (u64)si - (u64)uc);
	field("frame", frame & 15);
	field("fp", (u64)fp & 63);
	field("above", (u64)fp > frame + 440);
	field("redzone", (u64)fp + 512 <= uc->r[R_SP] - 128);
	put("\n ");
	for (int i = 0; i < 15; i++)
		if (i != R_SP && i != R_BP)
			field("", uc->r[i]);
	put("\n ");
	field("fcw", fp->fcw);
	field("fsw", fp->fsw);
	field("ftw", fp->ftw);
	field("mxcsr", fp->mxcsr);
	field("xmm0", fp->xmm[0][0]);
	field("", fp->xmm[0][3]);
	field("xmm15", fp->xmm[15][1]);
	__asm__ volatile("stmxcsr %0\n fnstcw %1" : "=m"(mxcsr), "=m"(fcw));
	field("in handler", mxcsr);
	field("", fcw);
	put("\n");
	fp->fcw = 0x37f;
	fp->fsw = 0;
	fp->ftw = 0;
	fp->mxcsr = 0x1f80;
	uc->r[R_IP] = resume_at;
	uc->r[R_FL] &= ~0x100ul;
	uc->r[R_BX] = 0x5555;
}

#define TRY(name, insns) \
	do { \
		u64 rbx_; \
		what = name; \
		__asm__ volatile("push %%rbp\n lea 9f(%%rip), %%rax\n mov %%rax, %[at]\n mov %%rsp, %%rbp\n sub $256, %%rsp\n" \
		                 "mov $0x11, %%ebx\n mov $0x22, %%ecx\n mov $0x33, %%edx\n mov $0x44, %%esi\n mov $0x55, %%edi\n" \
		                 "mov $0x88, %%r8d\n mov $0x99, %%r9d\n mov $0xaa, %%r10d\n mov $0xbb, %%r11d\n mov $0xcc, %%r12d\n" \
		                 "mov $0xdd, %%r13d\n mov $0xee, %%r14d\n mov $0xff, %%r15d\n mov $0x1234, %%eax\n movd %%eax, %%xmm0\n" \
		                 "pshufd $0, %%xmm0, %%xmm0\n movdqa %%xmm0, %%xmm15\n mov $0, %%eax\n cmp %%eax, %%eax\n" insns "\n" \
		                 "9: mov %%rbp, %%rsp\n pop %%rbp\n fninit\n mov %%rbx, %[bx]\n" \
		                 : [at] "=m"(resume_at), [bx] "=m"(rbx_) \
		                 : \
		                 : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", \
		                   "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm15"); \
		if (rbx_ != 0x5555) \
			show_hex("  rbx not restored", rbx_); \
	} while (0)

static int
test_main(int argc, char **argv, char **envp)
{
	static const int sigs[] = { SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS };
	for (int i = 0; i < 5; i++)
		on_signal(sigs[i], handler, SA_NODEFER, 0);
	page = (u8 *)sys(SYS_mmap, 0x10000000L, 3 * 4096L, 3L, 0x32L, -1L, 0L);
	page[0x10] = page[4096] = 1;
	sys(SYS_mprotect, page, 4096L, 1L);
	sys(SYS_munmap, page + 8192, 4096L);
	i64 fd = sys(SYS_memfd_create, "x", 0L);
	sys(SYS_ftruncate, fd, 100L);
	sys(SYS_mmap, 0x10010000L, 8192L, 3L, 0x11L, fd, 0L);
	TRY("read unmapped", "mov 0x10002008, %%eax");
	TRY("read null", "xor %%eax, %%eax\n mov (%%rax), %%eax");
	TRY("write read-only", "movl $1, 0x10000010");
	TRY("write unmapped", "movl $1, 0x10002010");
	TRY("change read-only", "addl $1, 0x10000010");
	TRY("locked change of read-only", "lock incl 0x10000010");
	TRY("read across the end", "movq 0x10001ffc, %%rax");
	TRY("write across the end", "movq %%rax, 0x10001ffc");
	TRY("rep movsb into the end", "mov $0x10000000, %%esi\n mov $0x10001ff0, %%edi\n rep movsb");
	TRY("execute data", "mov $0x10001000, %%eax\n jmp *%%rax");
	TRY("execute unmapped", "mov $0x10002000, %%eax\n jmp *%%rax");
	TRY("call unmapped", "mov $0x10002000, %%eax\n call *%%rax");
	TRY("not canonical", "mov $1, %%eax\n shl $60, %%rax\n mov (%%rax), %%eax");
	TRY("kernel address", "mov $-4096, %%rax\n mov (%%rax), %%eax");
	TRY("kernel address, write", "mov $-4096, %%rax\n mov %%eax, (%%rax)");
	TRY("jump not canonical", "mov $1, %%eax\n shl $60, %%rax\n jmp *%%rax");
	TRY("stack not canonical", "mov $1, %%eax\n shl $60, %%rax\n mov (%%rsp,%%rax), %%eax");
	TRY("beyond the file", "mov 0x10011000, %%eax");
	TRY("write beyond the file", "mov %%eax, 0x10011008");
	TRY("divide by zero", "xor %%ecx, %%ecx\n div %%ecx");
	TRY("quotient too large", "mov $0x80000000, %%eax\n cltd\n mov $-1, %%ecx\n idiv %%ecx");
	TRY("ud2", "ud2");
	TRY("int3", "int3");
	TRY("int 3 in two bytes", ".byte 0xcd, 3");
	TRY("int1", ".byte 0xf1");
	TRY("int 4", "int $4");
	TRY("int 5", "int $5");
	TRY("int 13", "int $13");
	TRY("int 14", "int $14");
	TRY("int 0x81", "int $0x81");
	TRY("trap flag", "pushf\n orl $0x100, (%%rsp)\n popf\n nop\n nop\n nop");
	TRY("hlt", "hlt");
	TRY("cli", "cli");
	TRY("in", "in $0x80, %%al");
	TRY("mov from cr0", "mov %%cr0, %%rax");
	TRY("movaps misaligned", "movaps 0x10001001, %%xmm1");
	TRY("bad segment", "mov $0x1000, %%eax\n mov %%ax, %%ds");
	TRY("base register rbp and more", "mov $1, %%eax\n shl $60, %%rax\n mov (%%rbp,%%rax), %%eax");
	TRY("base register rbp", "mov $1, %%eax\n shl $60, %%rax\n mov %%rbp, %%r8\n mov %%rax, %%rbp\n xchg %%r8, %%rbp\n mov (%%r8), %%eax");
	TRY("locked, not canonical", "mov $1, %%eax\n shl $60, %%rax\n lock incl (%%rax)");
	TRY("across the canonical end", "mov $0x7ffffffffffd, %%rax\n mov (%%rax), %%eax");
	TRY("far return to nothing", "push $0\n push $0\n lretq");
	TRY("far return to data", "push $0x2b\n push $0\n lretq");
	TRY("far return to ring 0", "push $0x10\n push $0\n lretq");
	TRY("far return, not canonical", "push $0x33\n mov $1, %%eax\n shl $60, %%rax\n push %%rax\n lretq");
	TRY("far return beyond the table", "push $0x1003\n push $0\n lretq");
	TRY("iretq to a bad stack", "push $0x33\n push $0\n pushfq\n push $0x33\n push $0\n iretq");
	TRY("iretq to a null stack", "push $3\n push $0\n pushfq\n push $0x33\n push $0\n iretq");
	TRY("iretq to bad code", "push $0x2b\n push $0\n pushfq\n push $0x2b\n push $0\n iretq");
	TRY("iretq, not canonical", "mov $1, %%eax\n shl $60, %%rax\n push $0x2b\n push $0\n pushfq\n push $0x33\n push %%rax\n iretq");
	TRY("stack segment null", "xor %%eax, %%eax\n mov %%eax, %%ss");
	TRY("stack segment of code", "mov $0x33, %%eax\n mov %%eax, %%ss");
	TRY("stack segment of ring 0", "mov $0x18, %%eax\n mov %%eax, %%ss");
	TRY("segment of the table", "mov $7, %%eax\n mov %%eax, %%fs");
	TRY("far jump through a null pointer", "xor %%eax, %%eax\n ljmp *(%%rax)");
	TRY("ud1", "ud1 %%eax, %%eax");
	TRY("ud0 with memory", ".byte 0x0f, 0xff, 0x00");
	TRY("ud1 with memory", ".byte 0x0f, 0xb9, 0x00");
	TRY("rdmsr", "rdmsr");
	TRY("rdpmc", "rdpmc");
	TRY("swapgs", "swapgs");
	TRY("sysret", "sysretl");
	TRY("sysexit", ".byte 0x0f, 0x35");
	TRY("lgdt", "lgdt (%%rsp)");
	TRY("lldt", "lldt %%ax");
	TRY("ltr", "ltr %%ax");
	TRY("lmsw", "lmsw %%ax");
	TRY("clts", "clts");
	TRY("invd", "invd");
	TRY("wbinvd", "wbinvd");
	TRY("invlpg", "invlpg (%%rsp)");
	TRY("mov to cr3", "mov %%rax, %%cr3");
	TRY("mov from cr1", ".byte 0x0f, 0x20, 0xc8");
	TRY("mov from cr8", ".byte 0x44, 0x0f, 0x20, 0xc0");
	TRY("mov from dr7", "mov %%dr7, %%rax");
	TRY("mov from dr8", ".byte 0x44, 0x0f, 0x21, 0xc0");
	TRY("monitor", ".byte 0x0f, 0x01, 0xc8");
	TRY("mwait", ".byte 0x0f, 0x01, 0xc9");
	TRY("clac", ".byte 0x0f, 0x01, 0xca");
	TRY("stac", ".byte 0x0f, 0x01, 0xcb");
	TRY("vmlaunch", ".byte 0x0f, 0x01, 0xc2");
	TRY("encls", ".byte 0x0f, 0x01, 0xcf");
	TRY("rsm", ".byte 0x0f, 0xaa");
	TRY("getsec", ".byte 0x0f, 0x37");
	TRY("outs", "outsb");
	TRY("rep ins", "rep insb");
	TRY("incssp", ".byte 0xf3, 0x0f, 0xae, 0xe8");
	TRY("rstorssp", ".byte 0xf3, 0x0f, 0x01, 0x2c, 0x24");
	TRY("saveprevssp", ".byte 0xf3, 0x0f, 0x01, 0xea");
	TRY("setssbsy", ".byte 0xf3, 0x0f, 0x01, 0xe8");
	TRY("clrssbsy", ".byte 0xf3, 0x0f, 0xae, 0x34, 0x24");
	TRY("wrss", ".byte 0x0f, 0x38, 0xf6, 0x04, 0x24");
	TRY("salc in 64-bit code", ".byte 0xd6");
	TRY("into in 64-bit code", ".byte 0xce");
	TRY("aaa in 64-bit code", ".byte 0x37");
	TRY("push es in 64-bit code", ".byte 0x06");
	TRY("far jump in 64-bit code", ".byte 0xea, 0, 0, 0, 0, 0, 0");
	TRY("pusha in 64-bit code", ".byte 0x60");
	TRY("82 in 64-bit code", ".byte 0x82, 0xc0, 0");
	TRY("too long", ".byte 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90");
	TRY("lock nop", ".byte 0xf0, 0x90");
	TRY("sse division by zero", "push $0x1d80\n ldmxcsr (%%rsp)\n xorps %%xmm1, %%xmm1\n mov $0x3f800000, %%eax\n movd %%eax, %%xmm2\n divss %%xmm1, %%xmm2");
	TRY("sse invalid", "push $0x1f00\n ldmxcsr (%%rsp)\n xorps %%xmm1, %%xmm1\n xorps %%xmm2, %%xmm2\n divss %%xmm1, %%xmm2");
	TRY("sse inexact", "push $0x0f80\n ldmxcsr (%%rsp)\n mov $0x3f800000, %%eax\n movd %%eax, %%xmm2\n mov $0x40400000, %%eax\n movd %%eax, %%xmm1\n divss %%xmm1, %%xmm2");
	TRY("sse overflow", "push $0x1b80\n ldmxcsr (%%rsp)\n mov $0x7f7fffff, %%eax\n movd %%eax, %%xmm2\n mulss %%xmm2, %%xmm2");
	TRY("x87 division by zero", "push $0x37b\n fldcw (%%rsp)\n fld1\n fldz\n fdivrp\n fwait");
	TRY("x87 invalid", "push $0x37e\n fldcw (%%rsp)\n fldz\n fldz\n fdivrp\n fwait");
	TRY("x87 stack underflow", "push $0x37e\n fldcw (%%rsp)\n fstp %%st(0)\n fwait");
	return 0;
}
