// System and privileged instructions as user code meets them, in 64, 32 and
// 16-bit code: the fault with its error code, or what they leave behind.
// Every INT, every selector.
#include "sig.h"

enum { CODE = 0x10000000, DATA = 0x10001000, STACK = 0x10003000 };
static u8 *const code = (u8 *)CODE;
static u8 *const data = (u8 *)DATA;
u64 back_sp, back_ip;
static struct { int sig, code; u64 addr; u64 r[23]; } got;
struct { u32 ip; u16 cs; } __attribute__((packed)) target;
u64 in[8];       // rax rcx rdx rbx rsi rdi rbp, flags
u32 data_seg;
static int size;  // of the code: 64, 32, 16
enum { CODE16 = 0x7, DATA16 = 0xf, ABSENT = 0x17, CODE32 = 0x1f };

void enter(void);
__asm__(
	"enter:\n"
	"	push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	"	mov %rsp, back_sp(%rip)\n"
	"	lea 2f(%rip), %rax\n mov %rax, back_ip(%rip)\n"
	"	mov data_seg(%rip), %eax\n mov %eax, %ds\n mov %eax, %es\n"
	"	mov $0x10003000, %esp\n"
	"	pushq in+56(%rip)\n popfq\n"
	"	mov in(%rip), %rax\n mov in+8(%rip), %rcx\n mov in+16(%rip), %rdx\n mov in+24(%rip), %rbx\n"
	"	mov in+32(%rip), %rsi\n mov in+40(%rip), %rdi\n mov in+48(%rip), %rbp\n"
	"	ljmp *target(%rip)\n"
	"2:	mov back_sp(%rip), %rsp\n"
	"	cld\n"
	"	xor %eax, %eax\n mov %eax, %ds\n mov %eax, %es\n mov %eax, %fs\n mov %eax, %gs\n mov $0x2b, %eax\n mov %eax, %ss\n"
	"	pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");

static void
handler(int sig, struct siginfo *si, void *p)
{
	struct ucontext *uc = (struct ucontext *)p;
	got.sig = sig;
	got.code = si->code;
	got.addr = si->addr;
	memcpy(got.r, uc->r, sizeof got.r);
	uc->r[R_IP] = back_ip;
	uc->r[R_SP] = back_sp;
	uc->r[R_SEGS] = 0x33ul | 0x2bul << 48;
	uc->r[R_FL] &= ~0x4c500ul;
}

static u64 base;  // of ip in this code

static void
run(void)
{
	base = size == 16 ? 0 : CODE;
	target.ip = (u32)base;
	target.cs = size == 64 ? 0x33 : size == 32 ? 0x23 : CODE16;
	data_seg = size == 16 ? DATA16 : 0x2b;
	u64 at = size == 16 ? 0 : DATA;
	in[0] = 0x1111111100000000;
	in[1] = 0x2222222200000000;
	in[2] = 0x3333333300000000;
	in[3] = at;
	in[4] = at + 0x100;
	in[5] = at + 0x200;
	in[6] = at + 0x300;
	in[7] = 0x202;
	for (int i = 0; i < 1024; i++)
		data[i] = (u8)(i < 64 ? 0 : 0x5a);
	enter();
}

// n bytes at code, then INT3; says what came of it.
static int
fault(int n)
{
	if (got.sig == SIGTRAP && got.r[R_TRAPNO] == 3 && got.r[R_IP] == base + (u64)n + 1) {
		u64 sum = 0;
		put(" ok");
		static const struct { const char *name; int r, i; } regs[] = { { "ax=", R_AX, 0 }, { "cx=", R_CX, 1 }, { "dx=", R_DX, 2 }, { "bx=", R_BX, 3 }, { "si=", R_SI, 4 }, { "di=", R_DI, 5 }, { "bp=", R_BP, 6 } };
		for (int i = 0; i < 7; i++)
			if (got.r[regs[i].r] != in[regs[i].i])
				field(regs[i].name, got.r[regs[i].r]);
		if (got.r[R_SP] != STACK)
			field("sp=", got.r[R_SP] - STACK);
		field("fl=", got.r[R_FL]);
		for (int i = 0; i < 1024; i++)
			sum = sum * 31 + data[i];
		field("mem=", sum);
		return 1;
	}
	field("sig=", (u64)got.sig);
	field("code=", (u64)got.code);
	if (got.addr && got.addr == got.r[R_IP])
		put(" addr=ip");
	else
		field("addr=", got.addr);
	field("trapno=", got.r[R_TRAPNO]);
	field("err=", got.r[R_ERR]);
	field("ip=", got.r[R_IP] - base);
	field("fl=", got.r[R_FL]);
	return 0;
}

static int
digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

// Hex bytes; mN is a ModRM byte with a memory operand at bx.
static void
t(const char *text)
{
	int n = 0;
	for (const char *s = text; *s; s += s[2] ? 3 : 2)
		code[n++] = (u8)(s[0] == 'm' ? digit(s[1]) << 3 | (size == 16 ? 7 : 3) : digit(s[0]) << 4 | digit(s[1]));
	for (int i = n; i < n + 16; i++)
		code[i] = 0xcc;
	run();
	put(text);
	put(":");
	fault(n);
	put("\n");
}

static const char *const texts[] = {
	"0f 01 m0", "0f 01 m1", "0f 01 m2", "0f 01 m3", "0f 01 m4", "0f 01 m5", "0f 01 m6", "0f 01 m7", "66 0f 01 m0", "66 0f 01 m1", "48 0f 01 m0",
	"0f 01 e0", "66 0f 01 e0", "48 0f 01 e0", "0f 01 f0", "66 0f 01 f0",
	"0f 00 m0", "0f 00 m1", "0f 00 m2", "0f 00 m3", "0f 00 m4", "0f 00 m5", "0f 00 m6", "0f 00 m7",
	"0f 00 c0", "0f 00 c8", "0f 00 d0", "0f 00 d8", "0f 00 e0", "0f 00 e8", "0f 00 f0", "0f 00 f8", "66 0f 00 c0", "66 0f 00 c8", "48 0f 00 c0", "48 0f 00 c8",
	"0f 20 c0", "0f 20 c8", "0f 20 d0", "0f 20 d8", "0f 20 e0", "0f 20 e8", "0f 20 f0", "0f 20 f8", "44 0f 20 c0", "44 0f 20 c8", "0f 20 00",
	"0f 22 c0", "0f 22 c8", "0f 22 d0", "0f 22 d8", "0f 22 e0", "0f 22 e8", "44 0f 22 c0",
	"0f 21 c0", "0f 21 e0", "0f 21 e8", "0f 21 f0", "0f 21 f8", "44 0f 21 c0", "0f 23 c0", "0f 23 e0", "0f 23 f8", "44 0f 23 f8",
	"0f 24 c0", "0f 26 c0", "0f 06", "0f 08", "0f 09", "f3 0f 09", "66 0f 09", "0f 30", "0f 32", "0f 33", "0f 37", "0f 35", "48 0f 35", "0f 07", "48 0f 07", "0f aa", "f3 0f aa",
	"fa", "fb", "f4", "66 f4", "e4 00", "e5 00", "66 e5 00", "e6 00", "e7 00", "ec", "ed", "66 ed", "ee", "ef", "6c", "6d", "66 6d", "6e", "6f", "f3 6c", "f3 6e", "f3 6d", "67 6c",
	"0f 78 c1", "0f 79 c1", "0f 78 m0", "0f 79 m0", "0f c7 m6", "66 0f c7 m6", "f3 0f c7 m6", "0f c7 m7", "66 0f c7 m7", "f3 0f c7 m7", "f2 0f c7 m6",
	"0f c7 m0", "0f c7 m2", "0f c7 m3", "0f c7 m5", "48 0f c7 m3", "48 0f c7 m5", "66 0f c7 m3", "0f c7 c0", "0f c7 c8", "0f c7 e8",
	"66 0f 38 80 m0", "66 0f 38 81 m0", "66 0f 38 82 m0", "0f 38 82 m0", "66 0f 38 80 c0", "66 0f 38 82 c0",
	"f3 0f ae m6", "f3 0f 1e c8", "f3 48 0f 1e c8", "f3 0f 1e fa", "f3 0f 1e fb", "f3 0f ae e8", "f3 48 0f ae e8", "66 0f ae m6", "66 0f ae m7",
	"0f 38 f6 m0", "66 0f 38 f5 m0", "f3 0f ae f0", "66 0f ae f0", "f2 0f ae f0", "66 0f ae f8", "f3 0f ae f8",
	"cc", "cd 03", "cd 04", "ce", "0f 0b", "0f b9 c0", "0f ff c0", "0f b9 m0", "0f ff m0", "0f b9", "d4 00", "d6", "27", "37", "60", "61", "06", "1e", "0e", "82 c0 01",
	"63 c8", "63 m1", "62 m0", "c4 m0", "c5 m0", "0f b2 m0", "0f b4 m0", "0f b5 m0", "48 0f b2 m0",
	"9a 00 00 00 00 00 00", "9a 00 00 00 00 10 00", "ea 00 00 00 00 08 00", "66 ea 00 00 28 00", "ff m3", "ff m5", "66 ff m3", "66 ff m5", "48 ff m3", "48 ff m5", "ff d8", "ff e8", "ff f8", "fe d0",
	"8e c8", "8e f0", "8e f8", "8c f0", "8c f8", "8e m1", "8c c8", "66 8c c8", "48 8c c8", "8c d0",
	"0f 04", "0f 0a", "0f 0c", "0f 0e", "0f 0f", "0f 24", "0f 25", "0f 36", "0f 39", "0f 7a c0", "0f 7b c0", "0f a6 c0", "0f a7 c0", "0f 3f", "0f 38 c9",
	"f0 90", "f0 00 c0", "f0 01 m0", "f0 03 m0", "f0 0f a3 m0", "f0 38 m0", "f0 f6 m0", "f0 f6 m2", "f0 87 c0", "f0 87 m0", "f0 c6 m0", "f0 8f m0", "f0 ff m6", "f0 fb",
	"26 f4", "64 f4", "2e 0f 01 m2", "f2 f4", "f3 fa", "66 fb", "67 0f 32", "40 f4", "48 fa", "4f 0f 30", "66 40 f4", "40 66 f4", "48 66 0f 32",
	"f3 f3 f4", "66 66 66 66 66 66 66 66 66 66 66 66 66 66 f4", "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 f4", "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66",
};

static void
groups(void)
{
	static const char hex[] = "0123456789abcdef";
	static const char *const prefixes[] = { "", "66 ", "f3 ", "f2 " };
	char text[16];
	for (int p = 0; p < 4; p++)
		for (int b = 0xc0; b < 0x100; b++) {
			// Not the time, nor what one vendor's processors or the hypervisor below make of VMCALL, SVM's
			// instructions, SERIALIZE, MONITORX and beyond, nor XGETBV
			if (b == 0xc1 || b == 0xd0 || (b >= 0xd8 && b <= 0xdf) || b == 0xe8 || b >= 0xf9)
				continue;
			int n = 0;
			for (const char *s = prefixes[p]; *s; s++)
				text[n++] = *s;
			memcpy(text + n, "0f 01 ", 6);
			n += 6;
			text[n++] = hex[b >> 4];
			text[n++] = hex[b & 15];
			text[n] = 0;
			t(text);
		}
}

static void
interrupts(void)
{
	put("int n:");
	for (int i = 0; i < 256; i++) {
		if (i == 0x80)
			continue;
		code[0] = 0xcd;
		code[1] = (u8)i;
		for (int k = 2; k < 16; k++)
			code[k] = 0xcc;
		run();
		if (got.sig == SIGSEGV && got.code == 0x80 && !got.addr && got.r[R_TRAPNO] == 13 && got.r[R_ERR] == (u32)i * 8 + 2 && got.r[R_IP] == base && (got.r[R_FL] & 0x10000))
			continue;
		put("\n");
		put_hex((u64)i);
		fault(2);
	}
	put("\n");
}

// Selectors up to 0x3ff, and some of the rest
static u32
next_selector(u32 s)
{
	return s < 0x3ff ? s + 1 : s + 257;
}

static void
selectors(void)
{
	put("lar lsl verr verw\n");
	for (u32 s = 0; s < 0x10000; s = next_selector(s)) {
		u64 lar = 0x7777777777777777, lsl = lar;
		u8 z1, z2, z3, z4;
		__asm__ volatile("lar %k4, %k0\n setz %1\n lsl %k4, %k2\n setz %3" : "+r"(lar), "=&r"(z1), "+r"(lsl), "=&r"(z2) : "r"(s) : "cc");
		__asm__ volatile("verr %w2\n setz %0\n verw %w2\n setz %1" : "=&r"(z3), "=&r"(z4) : "r"(s) : "cc");
		if (!(z1 | z2 | z3 | z4))
			continue;
		put_hex(s);
		field("", z1);
		field("", lar);
		field("", z2);
		field("", (s & ~3u) == 0x78 ? lsl & ~0xfffull : lsl);  // the processor's number
		field("", z3);
		field("", z4);
		put("\n");
	}
	// Loads of each register with each selector: runs of the same outcome
	static const struct { const char *name; u8 modrm; } regs[] = { { "es", 0xc0 }, { "ss", 0xd0 }, { "ds", 0xd8 }, { "fs", 0xe0 }, { "gs", 0xe8 } };
	for (size = 64; size >= 16; size /= 2)
		for (int i = 0; i < 5; i++) {
			u64 last = ~0ul;
			put(regs[i].name);
			put(" in ");
			put_dec(size);
			put(":");
			for (u32 s = 0; s < 0x10000; s = next_selector(s)) {
				// mov $s, %eax; mov %eax, %sreg; mov %sreg, %eax; int3
				u8 c[] = { 0x66, 0xb8, (u8)s, (u8)(s >> 8), 0x8e, regs[i].modrm, 0x8c, regs[i].modrm, 0xcc, 0xcc };
				if (size == 16)
					c[0] = 0x90;
				memcpy(code, c, sizeof c);
				run();
				u64 now;
				if (got.sig == SIGTRAP)
					now = 1ul << 32 | (u32)((got.r[R_AX] & 0xffff) - s);
				else
					now = (u64)got.sig << 40 | got.r[R_TRAPNO] << 20 | ((got.r[R_ERR] - (s & ~3u)) & 0xfffff);
				if (now != last) {
					put("\n ");
					put_hex(s);
					field("", now);
				}
				last = now;
			}
			put("\n");
		}
	size = 64;
}

// Returns to each code selector, with the stack segment given
static void
returns(void)
{
	static const u8 lretq[] = { 0x48, 0xcb, 0xcc }, iretq[] = { 0x48, 0xcf, 0xcc }, lretl[] = { 0xcb, 0xcc }, iretl[] = { 0xcf, 0xcc };
	for (int way = 0; way < 5; way++) {
		static const char *const names[] = { "lretq to", "iretq to", "iretq with ss", "lret in 32-bit code to", "iret in 32-bit code to" };
		put(names[way]);
		put("\n");
		for (u32 s = 0; s < 0x90; s++) {
			u64 *q = (u64 *)(STACK + 0x100);
			u32 *d = (u32 *)(STACK + 0x100);
			size = way > 2 ? 32 : 64;
			memset(code, 0xcc, 64);
			// mov $STACK + 0x100, %esp
			memcpy(code, "\xbc\0\x31\0\x10", 5);
			memcpy(code + 5, way == 0 ? lretq : way < 3 ? iretq : way == 3 ? lretl : iretl, 3);
			code[40] = 0xcc;
			u32 to = (s & 4) && (s >> 3) == 0 ? 40 : CODE + 40;
			if (size == 64) {
				q[0] = to, q[1] = way == 2 ? 0x33 : s;
				if (way == 0) {
					q[2] = STACK + 0x200, q[3] = 0x2b;
				} else {
					q[2] = 0x202, q[3] = STACK + 0x200, q[4] = way == 2 ? s : 0x2b;
				}
				if (way == 2)
					q[0] = CODE + 40;
			} else {
				d[0] = to, d[1] = s, d[2] = way == 3 ? STACK + 0x200 : 0x202, d[3] = way == 3 ? 0x2b : STACK + 0x200, d[4] = 0x2b;
			}
			run();
			if (got.sig == SIGSEGV && got.r[R_TRAPNO] == 13 && got.r[R_ERR] == (s & ~3u) && got.r[R_IP] == CODE + 5)
				continue;
			put_hex(s);
			field("sig=", (u64)got.sig);
			field("trapno=", got.r[R_TRAPNO]);
			field("err=", got.r[R_ERR]);
			field("ip=", got.r[R_IP] & 0xffff);
			field("sp=", got.r[R_SP] - STACK);
			field("segs=", got.r[R_SEGS]);
			put("\n");
		}
	}
	size = 64;
}

struct user_desc { u32 entry, base, limit, flags; };
static void
ldt(u32 entry, u32 at, u32 limit, u32 flags)
{
	struct user_desc d;
	d.entry = entry;
	d.base = at;
	d.limit = limit;
	d.flags = flags;
	sys(154, 0x11L, &d, 16L);
}

static int
test_main(int argc, char **argv, char **envp)
{
	on_faults(handler);
	sys(SYS_mmap, (i64)CODE, 4 * 4096L, 7L, 0x32L, -1L, 0L);
	ldt(0, CODE, 0xffff, 4);        // 16-bit code
	ldt(1, DATA, 0xffff, 0);        // its data
	ldt(2, 0, 0xffff, 32 | 1);      // absent
	ldt(3, 0, 0xfffff, 16 | 4 | 1); // 32-bit code
	for (size = 64; size >= 16; size /= 2) {
		put_dec(size);
		put("-bit code\n");
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
			t(texts[i]);
		groups();
		interrupts();
	}
	size = 64;
	selectors();
	returns();
	return 0;
}
