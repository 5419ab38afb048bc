// Handlers that 32-bit calls install: 32-bit code with 32-bit frames, old and
// new, whatever they interrupt; sigreturn; the calls that deal in signals.
#include "int80.h"
#include "sig.h"

enum { HANDLER = 0x10003000, STACK = 0x10008000, ALT = 0x1000a000, PAGES = 16 };
static u32 *const seen = (u32 *)(DATA + 0x1000);  // registers, then the frame

// The handler stores what it got and returns. 16 registers at seen, 1 KiB of
// the frame at seen + 64.
static const u8 handler_code[] = {
	0xa3, 0, 0x50, 0, 0x10,                    // mov %eax, seen
	0x89, 0x0d, 4, 0x50, 0, 0x10,              // mov %ecx, seen + 4
	0x89, 0x15, 8, 0x50, 0, 0x10,              // mov %edx, seen + 8
	0x89, 0x25, 12, 0x50, 0, 0x10,             // mov %esp, seen + 12
	0x8c, 0x0d, 16, 0x50, 0, 0x10,             // mov %cs, seen + 16
	0x8c, 0x15, 20, 0x50, 0, 0x10,             // mov %ss, seen + 20
	0x8c, 0x1d, 24, 0x50, 0, 0x10,             // mov %ds, seen + 24
	0x8c, 0x05, 28, 0x50, 0, 0x10,             // mov %es, seen + 28
	0x9c, 0x58, 0xa3, 32, 0x50, 0, 0x10,       // pushf; pop %eax; mov %eax, seen + 32
	0xd9, 0x3d, 36, 0x50, 0, 0x10,             // fnstcw seen + 36
	0x0f, 0xae, 0x1d, 40, 0x50, 0, 0x10,       // stmxcsr seen + 40
	0x8c, 0x25, 44, 0x50, 0, 0x10,             // mov %fs, seen + 44
	0x8c, 0x2d, 48, 0x50, 0, 0x10,             // mov %gs, seen + 48
	0x56, 0x57,                                // push %esi; push %edi
	0x8d, 0x74, 0x24, 8,                       // lea 8(%esp), %esi
	0xbf, 64, 0x50, 0, 0x10,                   // mov $seen + 64, %edi
	0xb9, 0, 1, 0, 0,                          // mov $256, %ecx
	0xf3, 0xa5,                                // rep movsl
	0x5f, 0x5e,                                // pop %edi; pop %esi
	0xff, 0x05, 0, 0x58, 0, 0x10,              // incl count
	0xa1, 4, 0x58, 0, 0x10,                    // mov where, %eax
	0x85, 0xc0, 0x74, 9,                       // test %eax, %eax; jz 1f
	0x8b, 0x1d, 8, 0x58, 0, 0x10,              // mov what, %ebx
	0x89, 0x1c, 0x04,                          // mov %ebx, (%esp,%eax)
	0xc3                                       // ret
};
static u32 *const count = (u32 *)0x10005800;
enum { RESTORER = HANDLER + 0x800, RT_RESTORER = HANDLER + 0x810, CODE = HANDLER + 0x900 };

static i64
action(int sig, u32 handler, u32 flags, u32 restorer)
{
	w[0] = handler, w[1] = flags, w[2] = restorer, w[3] = 0x800, w[4] = 0x100;
	return C(174, sig, P(0), P(0x20), 8);
}

static i64
old_action(int sig, u32 handler, u32 flags, u32 restorer)
{
	w[0] = handler, w[1] = 0x800, w[2] = flags, w[3] = restorer;
	return C(67, sig, P(0), P(0x20));
}

// The x87 state of a frame, at its address; tags and stack as they were.
static void
fpstate(u32 at)
{
	u32 *f = (u32 *)(u64)at;
	words("fsave", f, 3);
	words("selectors", f + 4, 1);
	words("selectors", f + 6, 1);
	words("st", f + 7, 20);
	words("status", f + 27, 1);
	u32 *x = f + 28;
	words("fxsave", x, 2);
	words("mxcsr", x + 6, 1);
	words("xmm3", x + 40 + 12, 4);
	show("magic", x[116] == 0x46505853);
	show("sizes", x[117] == x[120] + 4 + 112);
	show("end", *(u32 *)(void *)((u8 *)x + x[120]) == 0x46505845);
	show("aligned", !((u64)x & 63));
}

static void
context(const u32 *m, int regs)
{
	words("gs fs es ds", m, 4);
	if (regs)
		words("di si bp", m + 4, 3);
	words("trapno err", m + 12, 2);
	words("cs", m + 15, 1);
	show_hex("flags", m[16] & ~0x40u);
	show("sp", m[7] == m[17]);
	words("ss", m + 18, 1);
	words("mask cr2", m + 20, 2);
	fpstate(m[19]);
}

static void
old_frame(int regs)
{
	put("old frame\n");
	show("handler ran", *count);
	words("eax ecx edx", seen, 3);
	words("segments", seen + 4, 4);
	words("fs gs", seen + 11, 2);
	words("flags fcw mxcsr", seen + 8, 3);
	u32 *f = seen + 16;
	show("aligned", (seen[3] + 4) % 16 == 0);
	words("sig", f + 1, 1);
	context(f + 2, regs);
	words("mask retcode", f + 180, 3);
	*count = 0;
}

static void
rt_frame(int regs)
{
	put("new frame\n");
	show("handler ran", *count);
	u32 *f = seen + 16;
	show("eax", seen[0]);
	show("edx", seen[2] == f[2]);
	show("ecx", seen[1] == f[3]);
	words("segments", seen + 4, 4);
	words("flags fcw mxcsr", seen + 8, 3);
	show("aligned", (seen[3] + 4) % 16 == 0);
	words("sig", f + 1, 1);
	show("info", f[2] - seen[3]);
	show("context", f[3] - seen[3]);
	words("siginfo", f + 4, 3);
	if ((i32)f[6] <= 0 && f[6] != 0x80) {
		show("pid", f[7] == (u32)sys(SYS_getpid));
		words("value", f + 9, 2);
	} else {
		words("address", f + 7, 4);
	}
	u32 *uc = f + 4 + 32;
	words("context", uc, 5);
	context(uc + 5, regs);
	words("mask", uc + 5 + 22, 2);
	words("retcode", uc + 5 + 24, 2);
	*count = 0;
}

// 64-bit code with known registers makes the signal; what comes back is shown.
static void
interrupted(u32 nr, u32 a, u32 b, u32 c)
{
	static u32 mxcsr = 0x3fa0, out;
	static u16 fcw = 0x27f, back;
	static u32 x[4] = { 0x11111111, 0x22222222, 0x33333333, 0x44444444 };
	u64 di, si, r8, r15, sp, sp2, r;
	// The stack must be below 4 GiB
	__asm__ volatile("push %%rbp\n mov %%rsp, %%r14\n mov %[stack], %%rsp\n ldmxcsr %[mxcsr]\n fninit\n fldcw %[fcw]\n fldz\n fldpi\n fld1\n fchs\n"
	                 "movups %[x], %%xmm3\n mov %%rsp, %%r13\n mov $0x1234567890, %%r8\n mov $0x777777777777, %%r15\n mov $0x55550000aaaa, %%rdi\n mov $0x66660000bbbb, %%rsi\n"
	                 "mov $0x12341234, %%ebp\n xor %%r9d, %%r9d\n int $0x80\n mov %%rsp, %%r12\n mov %%r14, %%rsp\n pop %%rbp\n"
	                 : "=a"(r), "=D"(di), "=S"(si)
	                 : "0"((u64)nr), "b"((u64)a), "c"((u64)b), "d"((u64)c), [stack] "r"((u64)STACK + 0x1000), [mxcsr] "m"(mxcsr), [fcw] "m"(fcw), [x] "m"(x)
	                 : "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "xmm3");
	__asm__ volatile("mov %%r8, %0\n mov %%r15, %1\n mov %%r13, %2\n mov %%r12, %3\n stmxcsr %4\n fnstcw %5\n fninit" : "=m"(r8), "=m"(r15), "=m"(sp), "=m"(sp2), "=m"(out), "=m"(back));
	show_hex("result", r);
	show_hex("rdi", di);
	show_hex("rsi", si);
	show("same stack", sp == sp2);
	show_hex("mxcsr", out);
	show_hex("fcw", back);
	mxcsr = 0x3fa0;
	u32 plain = 0x1f80;
	__asm__ volatile("ldmxcsr %0" : : "m"(plain));
}

static void
frames(void)
{
	u32 pid = (u32)sys(SYS_getpid);
	show("sigaction", old_action(10, HANDLER, 0x4000000, RESTORER));
	words("was", w + 8, 4);
	interrupted(37, pid, 10, 0);
	old_frame(1);
	show("sigaction", old_action(10, HANDLER, 0x40000000, 0));
	words("was", w + 8, 4);
	show("rt_sigaction", action(12, HANDLER, 0x4000004, RT_RESTORER));
	words("was", w + 8, 5);
	interrupted(37, pid, 12, 0);
	rt_frame(1);
	show("rt_sigaction", action(12, HANDLER, 0x4000000, RESTORER));
	words("was", w + 8, 5);
	interrupted(37, pid, 12, 0);
	old_frame(1);
	// An alternate stack
	w[0] = ALT, w[1] = 0, w[2] = 0x4000;
	show("sigaltstack", C(186, P(0), P(0x20)));
	words("was", w + 8, 3);
	show("rt_sigaction", action(12, HANDLER, 0xc000004, RT_RESTORER));
	interrupted(37, pid, 12, 0);
	show("on it", seen[3] > ALT && seen[3] < ALT + 0x4000);
	rt_frame(1);
	w[0] = ALT, w[1] = 0, w[2] = 100;
	show("small", C(186, P(0), 0));
	w[1] = 2;
	show("off", C(186, P(0), P(0x20)));
	words("was", w + 8, 3);
	// Queued values
	show("rt_sigaction", action(34, HANDLER, 0x4000004, RT_RESTORER));
	w[0x40] = 34, w[0x41] = 0, w[0x42] = (u32)-1, w[0x43] = pid, w[0x44] = 5, w[0x45] = 0xdeadbeef;
	interrupted(178, pid, 34, P(0x100));
	rt_frame(1);
	// Faults: of 32-bit code
	static const struct { int sig; u8 code[12]; } faults[] = {
		{ 11, { 0xa1, 0x10, 0, 0, 0 } },  // mov 0x10, %eax
		{ 4, { 0x0f, 0x0b, 0x90, 0x90, 0x90 } },
		{ 8, { 0x31, 0xc9, 0xf7, 0xf1, 0x90 } },  // xor %ecx, %ecx; div %ecx
		{ 5, { 0xcc, 0x90, 0x90, 0x90, 0x90 } },
		{ 11, { 0xf4, 0x90, 0x90, 0x90, 0x90 } },
		{ 11, { 0xcd, 0x77, 0x90, 0x90, 0x90 } },
		{ 11, { 0xce } },
	};
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		u8 *code = (u8 *)CODE;
		static const struct { u32 ip; u16 cs; } __attribute__((packed)) to = { CODE, 0x23 };
		memset(code, 0x90, 16);
		memcpy(code, faults[i].code, 5);
		memcpy(code + 5, "\x90\x90\xcb", 3);
		show("rt_sigaction", action(faults[i].sig, HANDLER, 0x4000004, RT_RESTORER));
		// The handler sets eip in its frame to the return: pretcode + 4, info, context
		count[1] = 16 + 128 + 20 + 14 * 4;
		count[2] = CODE + 7;
		__asm__ volatile("push %%rbp\n mov %%rsp, %%r14\n mov %1, %%rsp\n fninit\n mov $0x10, %%eax\n mov $1, %%edx\n mov $0x2b, %%ecx\n mov %%ecx, %%ds\n add $0, %%ecx\n lcall *%0\n mov %%r14, %%rsp\n pop %%rbp"
		                 : : "m"(to), "r"((u64)STACK + 0x1000) : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
		show_hex("ip", seen[16 + 4 + 32 + 5 + 14]);
		rt_frame(0);
		count[1] = 0;
		if (faults[i].sig != 11)
			action(faults[i].sig, 0, 0, 0);
	}
	// A frame whose segments the program changed: 32-bit code in 64-bit mode's place
	action(11, HANDLER, 0x4000004, RT_RESTORER);
	interrupted(37, pid, 11, 0);
	rt_frame(0);
	action(11, 0, 0, 0);
	// signal(): once
	show("signal", C(48, 10, HANDLER));
	show("signal", C(48, 10, HANDLER));
	C(67, 10, 0, P(0x20));
	words("is", w + 8, 3);
	C(48, 10, 0);
	// By the 64-bit call the frame is a 64-bit one again; what it says of 32-bit ones
	action(12, HANDLER, 0x4000004, RT_RESTORER);
	struct ksigaction k;
	sys(SYS_rt_sigaction, 12L, 0L, &k, 8L);
	show_hex("flags", k.flags);
	show_hex("handler", (u64)k.handler);
	action(12, 0, 0, 0);
}

// Without SA_RESTORER: where the kernel has the handler return to is its own
// affair (a vDSO if there is one), but the frame holds code to return by.
static void
no_restorer(void)
{
	static const struct { u32 flags; u8 code[16]; } kinds[] = {
		{ 0, { 0x8d, 0x84, 0x24, 0xd4, 2, 0, 0, 0x89, 4, 0x24, 0xff, 5, 0, 0x58, 0, 0x10 } },  // lea 724(%esp), %eax; mov %eax, (%esp); incl count
		{ 4, { 0x8d, 0x84, 0x24, 4, 1, 0, 0, 0x89, 4, 0x24, 0xff, 5, 0, 0x58, 0, 0x10 } },     // 260
	};
	for (int i = 0; i < 2; i++) {
		memcpy((u8 *)CODE, kinds[i].code, 16);
		*(u8 *)(CODE + 16) = 0xc3;
		show("rt_sigaction", action(10, CODE, kinds[i].flags, 0));
		interrupted(37, (u32)sys(SYS_getpid), 10, 0);
		show("handler ran", *count);
		*count = 0;
	}
	action(10, 0, 0, 0);
}

static void
masks(void)
{
	set_mask(BIT(40));
	w[0] = 0x800;
	show("sigprocmask", C(126, 2, P(0), P(4)));
	words("was", w + 1, 1);
	show_hex("mask", get_mask());
	w[0] = 0x200;
	show("sigprocmask", C(126, 0, P(0), P(4)));
	words("was", w + 1, 1);
	show("sigprocmask", C(126, 1, P(0), P(4)));
	show_hex("mask", get_mask());
	show("sigprocmask bad", C(126, 7, P(0), P(4)));
	show("sigprocmask none", C(126, 7, 0, P(4)));
	words("mask", w + 1, 1);
	show("sgetmask", C(68));
	show("ssetmask", C(69, 0x200));
	show_hex("mask", get_mask());
	action(10, HANDLER, 0x4000004, RT_RESTORER);
	self_kill(10);
	show("sigpending", C(73, P(0)));
	words("pending", w, 1);
	show("rt_sigpending", C(176, P(0), 8));
	words("pending", w, 2);
	// rt_sigtimedwait with siginfo, 32-bit and 64-bit time
	w[0] = 0x200, w[1] = 0, w[8] = 0, w[9] = 1000;
	show("rt_sigtimedwait", C(177, P(0), P(0x40), P(0x20), 8));
	words("info", w + 16, 3);
	show("pid", w[19] == (u32)sys(SYS_getpid));
	show("rt_sigtimedwait", C(177, P(0), P(0x40), P(0x20), 8));
	w[10] = 1000, w[9] = 0;
	show("rt_sigtimedwait_time64", C(421, P(0), P(0x40), P(0x20), 8));
	self_kill(10);
	*count = 0;
	if (call == call64)
		interrupted(72, 0, 0, 0);
	else
		show("sigsuspend", C(72, 0, 0, 0));
	show("handler ran", *count);
	show_hex("mask", get_mask());
	set_mask(0);
	action(10, 0, 0, 0);
	show("bad signal", C(174, 65, P(0), 0, 8));
	show("bad size", C(174, 10, P(0), 0, 4));
	show("kill signal", C(67, 9, P(0), 0));
	show("rt_sigprocmask", C(175, 2, P(0x20), P(0x28), 8));
	set_mask(0);
}

static int
test_main(int argc, char **argv, char **envp)
{
	low = (u8 *)sys(SYS_mmap, 0x10000000L, PAGES * 4096L, 7L, 0x32L, -1L, 0L);
	memcpy((u8 *)HANDLER, handler_code, sizeof handler_code);
	memcpy((u8 *)RESTORER, "\x58\xb8\x77\0\0\0\xcd\x80", 8);
	memcpy((u8 *)RT_RESTORER, "\xb8\xad\0\0\0\xcd\x80", 7);
	call = call64;
	put("64-bit code\n");
	frames();
	no_restorer();
	masks();
	call = call32;
	put("32-bit code\n");
	masks();
	return 0;
}
