// Where single-stepping stops, instruction by instruction; and which accesses
// EFLAGS.AC refuses.
#include "sig.h"

u64 first, last_ip;
static volatile int steps;
volatile u64 recover_ip;
u8 data[16384] __attribute__((aligned(4096)));

void traced_begin(void);

static void
on_trap(int sig, struct siginfo *si, void *p)
{
	struct ucontext *uc = (struct ucontext *)p;
	if (sig != SIGTRAP || uc->r[R_TRAPNO] != 1) {
		put(" [sig ");
		put_dec(sig);
		put(" code ");
		put_dec(si->code);
		put(" trapno ");
		put_dec((i64)uc->r[R_TRAPNO]);
		put(" err ");
		put_hex(uc->r[R_ERR]);
		put(" at ");
		put_hex(uc->r[R_IP] - first);
		put(" fl ");
		put_hex(uc->r[R_FL] & 0x50700);
		put("]");
		if (sig != SIGTRAP)
			uc->r[R_IP] = recover_ip;
		return;
	}
	if (++steps > 40) {
		uc->r[R_FL] &= ~0x100ul;
		return;
	}
	put(" ");
	if (si->addr != uc->r[R_IP])
		put("!");
	if (si->code != 2) {
		put("code ");
		put_dec(si->code);
		put(" ");
	}
	put_hex(uc->r[R_IP] - first < 4096 ? uc->r[R_IP] - first : 0xfff);
	if (uc->r[R_CX] && uc->r[R_CX] < 64) {
		put(":");
		put_dec((i64)uc->r[R_CX]);
	}
	if ((uc->r[R_FL] & 0x10500) != 0x100) {
		put("=");
		put_hex(uc->r[R_FL] & 0x10500);
	}
	last_ip = uc->r[R_IP];
}

// Runs insns with TF set in front and cleared behind; offsets count from there.
#define STEP(name, insns) \
	do { \
		put(name ":"); \
		steps = 0; \
		__asm__ volatile("push %%rbp\n mov %%rsp, %%rbp\n sub $512, %%rsp\n and $-64, %%rsp\n" \
		                 "movq $1f, first(%%rip)\n movq $2f, recover_ip(%%rip)\n" \
		                 "lea data+64(%%rip), %%rsi\n lea 256(%%rsi), %%rdi\n xor %%eax, %%eax\n xor %%ebx, %%ebx\n xor %%edx, %%edx\n mov $0, %%ecx\n" \
		                 "pushfq\n orl $0x100, (%%rsp)\n popfq\n" \
		                 "1: " insns "\n" \
		                 "2: mov %%rbp, %%rsp\n sub $512, %%rsp\n pushfq\n andl $~0x40500, (%%rsp)\n popfq\n fninit\n" \
		                 "mov %%rbp, %%rsp\n pop %%rbp\n" \
		                 : : : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", \
		                   "memory", "cc", "xmm0", "xmm1"); \
		put("\n"); \
	} while (0)

static char *seen;
static char result[20];
static void
on_align(int sig, struct siginfo *si, void *p)
{
	struct ucontext *uc = (struct ucontext *)p;
	// Handlers inherit AC, and compilers read two words at once.
	__asm__ volatile("pushfq\n andl $~0x40000, (%%rsp)\n popfq" : : : "memory", "cc");
	*seen = sig == SIGBUS && si->code == 1 && uc->r[R_TRAPNO] == 17 && !uc->r[R_ERR] && !si->addr ? 'A' :
	        sig == SIGSEGV && uc->r[R_TRAPNO] == 13 ? 'G' : sig == SIGSEGV && uc->r[R_TRAPNO] == 14 ? 'P' : '?';
	uc->r[R_IP] = recover_ip;
	uc->r[R_FL] &= ~0x40000ul;
}

#define ALIGN(name, insns) \
	do { \
		for (int o = 0; o <= 17; o++) { \
			seen = result + o; \
			*seen = '.'; \
			__asm__ volatile("push %%rbp\n mov %%rsp, %%rbp\n sub $512, %%rsp\n and $-64, %%rsp\n" \
			                 "movq $2f, recover_ip(%%rip)\n xor %%eax, %%eax\n xor %%edx, %%edx\n xor %%ebx, %%ebx\n mov $1, %%ecx\n" \
			                 "fninit\n pxor %%xmm0, %%xmm0\n" \
			                 "pushfq\n orl $0x40000, (%%rsp)\n popfq\n" insns "\n" \
			                 "2: mov %%rbp, %%rsp\n sub $512, %%rsp\n and $-64, %%rsp\n pushfq\n andl $~0x40000, (%%rsp)\n popfq\n fninit\n" \
			                 "mov %%rbp, %%rsp\n pop %%rbp\n" \
			                 : : "D"(data + 8192 + o), "S"(data + 12288 + o) \
			                 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", \
			                   "memory", "cc", "xmm0", "xmm1"); \
		} \
		put(name ": "); \
		put(result); \
		put("\n"); \
	} while (0)

static int
test_main(int argc, char **argv, char **envp)
{
	static const int sigs[] = { SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGBUS };
	for (int i = 0; i < 5; i++)
		on_signal(sigs[i], on_trap, SA_NODEFER, 0);
	for (size_t i = 0; i < sizeof data; i++)
		((volatile u8 *)data)[i] = 0;
	STEP("plain", "nop\n inc %%eax\n nop");
	STEP("branches", "jmp 3f\n nop\n 3: jz 4f\n nop\n 4: call 5f\n jmp 6f\n 5: ret\n 6: nop");
	STEP("indirect", "lea 3f(%%rip), %%rax\n jmp *%%rax\n nop\n 3: nop");
	STEP("fused", "cmp %%eax, %%eax\n je 3f\n nop\n 3: test %%eax, %%eax\n jne 2f\n nop");
	STEP("loop", "mov $3, %%ecx\n 3: loop 3b\n jrcxz 4f\n nop\n 4: nop");
	STEP("rep movsb", "mov $5, %%ecx\n rep movsb\n nop");
	STEP("rep stosb", "mov $4, %%ecx\n rep stosb\n nop");
	STEP("rep movsq", "mov $3, %%ecx\n rep movsq\n nop");
	STEP("rep movsb down", "std\n mov $3, %%ecx\n rep movsb\n cld\n nop");
	STEP("rep stosq none", "xor %%ecx, %%ecx\n rep stosq\n nop");
	STEP("repne scasb", "movb $7, 2(%%rdi)\n mov $7, %%al\n mov $9, %%ecx\n repne scasb\n mov $0, %%ecx\n nop");
	STEP("repe cmpsw", "mov $4, %%ecx\n repe cmpsw\n nop");
	STEP("rep lodsb", "mov $3, %%ecx\n rep lodsb\n nop");
	STEP("mov ss", "mov %%ss, %%eax\n mov %%eax, %%ss\n nop\n nop");
	STEP("mov ss twice", "mov %%ss, %%eax\n mov %%eax, %%ss\n mov %%eax, %%ss\n nop\n nop");
	STEP("mov ss and ud2", "mov %%ss, %%eax\n mov %%eax, %%ss\n ud2\n nop");
	STEP("mov ss and popf", "pushfq\n mov %%ss, %%eax\n mov %%eax, %%ss\n popfq\n nop\n nop");
	STEP("mov ds", "mov %%ds, %%eax\n mov %%eax, %%ds\n nop\n nop");
	STEP("mov ss memory", "mov %%ss, (%%rsi)\n mov (%%rsi), %%ss\n nop\n nop");
	STEP("pushf", "pushfq\n pop %%rax\n and $0x100, %%eax\n nop");
	STEP("popf clears", "pushfq\n andl $~0x100, (%%rsp)\n popfq\n nop\n nop");
	STEP("popf clears and sets", "pushfq\n pop %%rax\n mov %%rax, %%rbx\n and $~0x100, %%eax\n push %%rax\n popfq\n nop\n push %%rbx\n popfq\n nop\n nop");
	STEP("popfw", "pushfw\n popfw\n nop");
	STEP("iretq", "mov %%ss, %%eax\n mov %%rsp, %%rbx\n push %%rax\n push %%rbx\n pushfq\n mov %%cs, %%eax\n push %%rax\n lea 3f(%%rip), %%rax\n push %%rax\n iretq\n 3: nop");
	STEP("iretq clears", "mov %%ss, %%eax\n mov %%rsp, %%rbx\n push %%rax\n push %%rbx\n pushfq\n andl $~0x100, (%%rsp)\n mov %%cs, %%eax\n push %%rax\n lea 3f(%%rip), %%rax\n push %%rax\n iretq\n 3: nop\n nop");
	STEP("std", "std\n nop\n cld\n nop");
	STEP("syscall", "mov $39, %%eax\n syscall\n mov $0, %%ecx\n nop");
	STEP("syscall and flags", "mov $39, %%eax\n syscall\n mov $0, %%ecx\n and $0x100, %%r11d\n mov %%r11d, %%ebx\n cmp $0x100, %%ebx\n je 3f\n nop\n nop\n 3: nop");
	STEP("cpuid", "xor %%eax, %%eax\n cpuid\n mov $0, %%ecx\n nop");
	STEP("divide error", "nop\n div %%ecx\n nop");
	STEP("ud2", "nop\n ud2\n nop");
	STEP("int3", "nop\n int3\n nop\n nop");
	STEP("int 3", "nop\n .byte 0xcd, 3\n nop\n nop");
	STEP("page fault", "nop\n mov 8, %%eax\n nop");
	STEP("hlt", "nop\n hlt\n nop");
	STEP("rep fault", "mov $4, %%ecx\n lea data+4094(%%rip), %%rdi\n mov $8, %%edi\n rep stosb\n nop");
	STEP("sse", "movups (%%rsi), %%xmm0\n addps %%xmm0, %%xmm0\n nop");
	STEP("x87", "fldz\n fstp %%st(0)\n fwait\n nop");
	STEP("cmpxchg16b", "lock cmpxchg16b (%%rsi)\n nop");
	STEP("far", "push $0x33\n lea 3f(%%rip), %%rax\n push %%rax\n lretq\n 3: nop");
	STEP("pause fences", "pause\n lfence\n mfence\n sfence\n nop");
	STEP("enter leave", "enter $32, $2\n leave\n nop");
	STEP("push pop", "push %%rax\n pushq $5\n pop %%rbx\n pop (%%rsi)\n nop");

	for (int i = 0; i < 5; i++)
		on_signal(sigs[i], on_align, SA_NODEFER, 0);
	ALIGN("mov 1", "mov (%%rdi), %%al");
	ALIGN("mov 2", "mov (%%rdi), %%ax");
	ALIGN("mov 4", "mov (%%rdi), %%eax");
	ALIGN("mov 8", "mov (%%rdi), %%rax");
	ALIGN("store 4", "mov %%eax, (%%rdi)");
	ALIGN("add 4", "add %%eax, (%%rdi)");
	ALIGN("lock add", "lock add %%eax, (%%rdi)");
	ALIGN("xchg 8", "xchg %%rax, (%%rdi)");
	ALIGN("cmpxchg8b", "cmpxchg8b (%%rdi)");
	ALIGN("cmpxchg16b", "cmpxchg16b (%%rdi)");
	ALIGN("movups", "movups (%%rdi), %%xmm0");
	ALIGN("movdqu store", "movdqu %%xmm0, (%%rdi)");
	ALIGN("lddqu", "lddqu (%%rdi), %%xmm0");
	ALIGN("movaps", "movaps (%%rdi), %%xmm0");
	ALIGN("addps", "addps (%%rdi), %%xmm0");
	ALIGN("movss", "movss (%%rdi), %%xmm0");
	ALIGN("movlps", "movlps (%%rdi), %%xmm0");
	ALIGN("cvtss2sd", "cvtss2sd (%%rdi), %%xmm0");
	ALIGN("addsd", "addsd (%%rdi), %%xmm0");
	ALIGN("pinsrw", "pinsrw $1, (%%rdi), %%xmm0");
	ALIGN("maskmovdqu", "pcmpeqb %%xmm1, %%xmm1\n maskmovdqu %%xmm1, %%xmm0");
	ALIGN("maskmovdqu some", "mov $0x00ffff00ff00ff00, %%rax\n movq %%rax, %%xmm1\n maskmovdqu %%xmm1, %%xmm0");
	ALIGN("fld m32", "flds (%%rdi)");
	ALIGN("fld m64", "fldl (%%rdi)");
	ALIGN("fld m80", "fldt (%%rdi)");
	ALIGN("fstp m80", "fldz\n fstpt (%%rdi)");
	ALIGN("fbld", "fbld (%%rdi)");
	ALIGN("fbstp", "fldz\n fbstp (%%rdi)");
	ALIGN("fild m16", "filds (%%rdi)");
	ALIGN("fnstcw", "fnstcw (%%rdi)");
	ALIGN("fnstenv", "fnstenv (%%rdi)");
	ALIGN("fnstenv 16", "data16 fnstenv (%%rdi)");
	ALIGN("fnsave", "fnsave (%%rdi)");
	ALIGN("fnsave 16", "data16 fnsave (%%rdi)");
	ALIGN("frstor", "movq $0x37f, (%%rsi)\n frstor (%%rdi)");
	ALIGN("fxsave", "fxsave64 (%%rdi)");
	ALIGN("stmxcsr", "stmxcsr (%%rdi)");
	ALIGN("movq mm", "movq (%%rdi), %%mm0");
	ALIGN("rep movsb", "rep movsb");
	ALIGN("movsw", "movsw");
	ALIGN("rep movsd", "rep movsl");
	ALIGN("rep stosq", "mov $40, %%ecx\n rep stosq");
	ALIGN("repe cmpsw", "mov $40, %%ecx\n repe cmpsw");
	ALIGN("bt register", "bt %%eax, (%%rdi)");
	ALIGN("bt 16", "btw $1, (%%rdi)");
	ALIGN("push memory", "push (%%rdi)");
	ALIGN("pop memory", "push %%rax\n pop (%%rdi)");
	ALIGN("push", "lea 512(%%rdi), %%rsp\n push %%rax");
	ALIGN("call", "lea 512(%%rdi), %%rsp\n call 3f\n 3:");
	ALIGN("enter", "mov %%rbp, %%r8\n lea 512(%%rdi), %%rsp\n enter $0, $0\n mov %%r8, %%rbp");
	ALIGN("pushf", "lea 512(%%rdi), %%rsp\n pushfq");
	ALIGN("prefetch", "prefetcht0 (%%rdi)");
	ALIGN("clflush", "clflush (%%rdi)");
	ALIGN("sgdt", "sgdt (%%rdi)");
	ALIGN("sldt", "sldt (%%rdi)");
	ALIGN("verr", "verr (%%rdi)");
	ALIGN("lar", "lar (%%rdi), %%eax");
	ALIGN("movnti", "movnti %%eax, (%%rdi)");
	ALIGN("mov sreg", "mov %%ds, (%%rdi)");
	ALIGN("unmapped", "mov %%rdi, %%rax\n and $31, %%eax\n mov (%%rax), %%eax");
	ALIGN("not canonical", "mov $1, %%eax\n shl $60, %%rax\n add %%rdi, %%rax\n mov (%%rax), %%eax");
	ALIGN("across pages", "and $-4096, %%rdi\n mov 4094(%%rdi), %%eax");
	return 0;
}
