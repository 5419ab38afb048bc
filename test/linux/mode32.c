// 32-bit and 16-bit code in a 64-bit process, reached by far transfers: what
// each snippet leaves in registers, flags and segments, or how it faults.
#include "sig.h"

struct state { u64 r[8], flags; u32 ds, es, fs, gs, ss, cs, out_cs; u64 sp; };
struct state in, out;
volatile u64 recover_at, recover_sp;
static int faulted;
u8 stack32[8192] __attribute__((aligned(4096)));
static u8 *low;  // two pages at a low address; the third is unmapped
struct { u32 ip; u16 cs; } __attribute__((packed)) target;

void run_code(void);
void snippet_end(void);
__asm__(
	"run_code:\n"
	"	push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	"	mov %rsp, recover_sp(%rip)\n"
	"	lea 2f(%rip), %rax\n mov %rax, recover_at(%rip)\n"
	"	mov in+72(%rip), %eax\n mov %eax, %ds\n"
	"	mov in+76(%rip), %eax\n mov %eax, %es\n"
	"	mov in+80(%rip), %eax\n mov %eax, %fs\n"
	"	mov in+84(%rip), %eax\n mov %eax, %gs\n"
	"	mov in+104(%rip), %rsp\n"
	"	pushq in+64(%rip)\n popfq\n"
	"	mov in(%rip), %rax\n mov in+8(%rip), %rcx\n mov in+16(%rip), %rdx\n mov in+24(%rip), %rbx\n"
	"	mov in+40(%rip), %rbp\n mov in+48(%rip), %rsi\n mov in+56(%rip), %rdi\n"
	"	lcall *target(%rip)\n"
	"	mov %rax, out(%rip)\n mov %rcx, out+8(%rip)\n mov %rdx, out+16(%rip)\n mov %rbx, out+24(%rip)\n"
	"	mov %rsp, out+104(%rip)\n"
	"	mov %rbp, out+40(%rip)\n mov %rsi, out+48(%rip)\n mov %rdi, out+56(%rip)\n"
	"	lea stack32+8000(%rip), %rsp\n"
	"	pushfq\n popq out+64(%rip)\n"
	"	mov %ds, %eax\n mov %eax, out+72(%rip)\n"
	"	mov %es, %eax\n mov %eax, out+76(%rip)\n"
	"	mov %fs, %eax\n mov %eax, out+80(%rip)\n"
	"	mov %gs, %eax\n mov %eax, out+84(%rip)\n"
	"	mov %ss, %eax\n mov %eax, out+88(%rip)\n"
	"2:	mov recover_sp(%rip), %rsp\n"
	"	cld\n"
	"	xor %eax, %eax\n mov %eax, %ds\n mov %eax, %es\n mov %eax, %fs\n mov %eax, %gs\n"
	"	mov $0x2b, %eax\n mov %eax, %ss\n"
	"	pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
	"	ret\n");

static u64 code_base;
// What the handler does with the segments of the frame: 0 goes to recovery
enum { TO_RECOVERY, RESUME, SET_CS, SET_SS };
static int alter;
static u32 alter_to;

static void
handler(int sig, struct siginfo *si, void *p)
{
	struct ucontext *uc = (struct ucontext *)p;
	field("sig", (u64)sig);
	field("code", (u64)si->code);
	if (si->addr && si->addr == uc->r[R_IP])
		put(" addr ip");
	else
		field("addr", si->addr);
	field("trapno", uc->r[R_TRAPNO]);
	field("err", uc->r[R_ERR]);
	field("at", uc->r[R_IP] - code_base);
	field("segs", uc->r[R_SEGS]);
	field("sp", uc->r[R_SP] - in.sp);
	field("fl", uc->r[R_FL] & ~0x8d5ul);
	field("uc", uc->flags & ~1ul);
	put("\n  ");
	for (int i = R_DI; i <= R_CX; i++)
		field("", uc->r[i]);
	put("\n");
	if (alter == RESUME && sig == SIGTRAP)
		return;
	if (alter) {
		uc->r[R_SEGS] = alter == SET_CS ? (uc->r[R_SEGS] & ~0xfffful) | alter_to : (uc->r[R_SEGS] & 0xfffffffffffful) | (u64)alter_to << 48;
		alter = TO_RECOVERY;
		return;
	}
	faulted = 1;
	uc->r[R_IP] = recover_at;
	uc->r[R_SP] = recover_sp;
	uc->r[R_SEGS] = 0x33ul | 0x2bul << 48;
	uc->r[R_FL] &= ~0x4c500ul;
}

static void
fresh(void)
{
	for (int i = 0; i < 8; i++)
		in.r[i] = 0x1111111100000000ul * (u64)(i + 1) + 0x01020304u * (u32)(i + 1);
	in.flags = 0x202;
	in.ds = in.es = in.ss = 0x2b;
	in.fs = in.gs = 0;
	in.sp = (u64)stack32 + 4096;
	in.r[5] = in.sp + 64;
	in.r[6] = (u64)low + 0x100;
	in.r[7] = (u64)low + 0x200;
	for (int i = 0; i < 8192; i++)
		low[i] = (u8)(i * 7 + i / 256);
	for (int i = 0; i < 8192; i++)
		stack32[i] = (u8)(i * 3);
}

static void
go(const char *name, void *code, u32 cs, u32 base)
{
	static const char *const names[8] = { "ax", "cx", "dx", "bx", "", "bp", "si", "di" };
	u64 sum = 0;
	put(name);
	put(":");
	target.ip = (u32)(u64)code - base;
	target.cs = (u16)cs;
	code_base = target.ip;
	faulted = 0;
	memset(&out, 0, sizeof out);
	run_code();
	if (!faulted) {
		for (int i = 0; i < 8; i++)
			if (i != 4 && out.r[i] != in.r[i])
				field(names[i], out.r[i] - (i == 5 ? in.r[5] & ~0xfful : i > 5 ? (u64)low : 0));
		field("sp", out.sp - in.sp);
		field("fl", out.flags);
		if (out.ds != in.ds || out.es != in.es || out.fs != in.fs || out.gs != in.gs || out.ss != in.ss) {
			field("ds", out.ds);
			field("es", out.es);
			field("fs", out.fs);
			field("gs", out.gs);
			field("ss", out.ss);
		}
		put("\n");
	}
	for (int i = 0; i < 8192; i++)
		sum = sum * 31 + low[i];
	for (int i = 0; i < 4000; i++)
		sum = sum * 31 + stack32[i];
	field(" mem", sum);
	put("\n");
}

// A snippet of 32-bit code that the harness far-calls
void *volatile snippet;
#define S32(name, insns) \
	do { \
		__asm__ volatile(".pushsection .text.snippets, \"ax\"\n .balign 16\n 77: .code32\n" insns "\n lret\n .code64\n .popsection\n" \
		                 "movq $77b, snippet(%rip)"); \
		go(name, snippet, 0x23, 0); \
	} while (0)
#define T32(name, insns) do { fresh(); S32(name, insns); } while (0)

struct user_desc { u32 entry, base, limit, flags; };
enum { D_32 = 1, D_DATA = 0, D_DOWN = 2, D_CODE = 4, D_CONFORM = 6, D_RO = 8, D_PAGES = 16, D_ABSENT = 32, D_USEABLE = 64 };

static void
ldt(u32 entry, u32 base, u32 limit, u32 flags)
{
	struct user_desc d;
	d.entry = entry;
	d.base = base;
	d.limit = limit;
	d.flags = flags;
	i64 r = sys(154, 0x11L, &d, 16L);
	if (r)
		show("modify_ldt", r);
}
#define LDT(n) ((n) * 8 + 7)

static void
plain(void)
{
	T32("nop", "nop");
	T32("mov", "mov $0x12345678, %eax\n mov %eax, %ecx\n mov %cl, %dh");
	T32("inc dec", "inc %eax\n dec %ecx\n incw %dx\n dec %ebx");
	T32("push pop", "push %eax\n push $0x1234\n pop %ecx\n pop %edx");
	T32("pushw", "pushw %ax\n pushw $0x1234\n popw %cx\n popw %dx");
	T32("push sp", "push %esp\n pop %eax\n sub %esp, %eax");
	T32("pusha", "pusha\n mov %esp, %ecx\n sub 12(%esp), %ecx\n popa");
	T32("pushaw", "pushaw\n movw $0x9999, 2(%esp)\n popaw");
	T32("pushf", "stc\n pushf\n pop %eax\n pushfw\n popw %cx");
	T32("popf", "push $0x247ed7\n popf\n pushf\n pop %eax\n push $2\n popf");
	T32("enter 0", "enter $16, $0\n mov %ebp, %eax\n sub %esp, %eax\n leave");
	T32("enter 3", "enter $16, $3\n mov %ebp, %eax\n sub %esp, %eax\n mov -4(%ebp), %ecx\n leave\n xor %ecx, %ecx");
	T32("enterw", "enterw $16, $1\n leavew");
	T32("call ret", "call 1f\n jmp 2f\n 1: mov $5, %eax\n ret $0\n 2:");
	T32("call indirect", "call 3f\n 3: pop %ecx\n add $(1f-3b), %ecx\n call *%ecx\n jmp 2f\n 1: mov $5, %eax\n ret\n 2: xor %ecx, %ecx");
	T32("jcc loop", "mov $5, %ecx\n xor %eax, %eax\n 1: add %ecx, %eax\n loop 1b\n jecxz 2f\n inc %eax\n 2:");
	T32("loopw", "mov $0x10003, %ecx\n xor %eax, %eax\n 1: inc %eax\n addr16 loop 1b\n jcxz 2f\n inc %eax\n 2:");
	T32("aaa", "mov $0x0f, %eax\n aaa");
	T32("aas", "mov $0x20f, %eax\n aas");
	T32("daa", "mov $0x9b, %eax\n daa");
	T32("das", "mov $0x9b, %eax\n stc\n das");
	T32("aam", "mov $0x7b, %eax\n aam");
	T32("aam 0", "aam $0");
	T32("aam 16", "mov $0x7b, %eax\n aam $16");
	T32("aad", "mov $0x0509, %eax\n aad");
	T32("aad 16", "mov $0x0509, %eax\n aad $16");
	T32("salc", "stc\n .byte 0xd6");
	T32("salc 0", "clc\n .byte 0xd6");
	T32("82", ".byte 0x82, 0xc0, 0xff");
	T32("arpl", "mov $0x10, %eax\n mov $3, %ecx\n arpl %cx, %ax");
	T32("arpl same", "mov $0x13, %eax\n mov $3, %ecx\n arpl %cx, %ax");
	T32("bound in", "movl $1, (%esi)\n movl $9, 4(%esi)\n mov $9, %eax\n bound %eax, (%esi)");
	T32("bound out", "movl $1, (%esi)\n movl $9, 4(%esi)\n mov $10, %eax\n bound %eax, (%esi)");
	T32("bound 16", "movw $-2, (%esi)\n movw $9, 2(%esi)\n mov $0xfffe, %eax\n boundw %ax, (%esi)");
	T32("into no", "xor %eax, %eax\n into");
	T32("into", "mov $0x7fffffff, %eax\n inc %eax\n into");
	T32("int3", "int3");
	T32("int 3", ".byte 0xcd, 3");
	T32("int 4", ".byte 0xcd, 4");
	T32("int 5", ".byte 0xcd, 5");
	T32("ud2", "ud2");
	T32("hlt", "hlt");
	T32("cli", "cli");
	T32("in", "in %dx, %al");
	T32("swapgs", ".byte 0x0f, 0x01, 0xf8");
	T32("rdfsbase", ".byte 0xf3, 0x0f, 0xae, 0xc0");
	T32("divide", "xor %ecx, %ecx\n div %ecx");
	T32("les", "movl $0x5678, (%esi)\n movw $0x23, 4(%esi)\n les (%esi), %eax");
	T32("lds null", "movl $0x5678, (%esi)\n movw $0, 4(%esi)\n lds (%esi), %eax");
	T32("lds bad", "movl $0x5678, (%esi)\n movw $0x1000, 4(%esi)\n lds (%esi), %eax");
	T32("lss", "mov %esp, (%esi)\n movw $0x2b, 4(%esi)\n lss (%esi), %esp");
	T32("lss code", "mov %esp, (%esi)\n movw $0x23, 4(%esi)\n lss (%esi), %esp");
	T32("lesw", "movl $0x2b5678, (%esi)\n lesw (%esi), %ax");
	T32("push sreg", "push %ds\n push %es\n push %ss\n push %cs\n push %fs\n pop %eax\n pop %ecx\n pop %edx\n pop %ebx\n pop %edi");
	T32("push sreg w", "pushw %ds\n pushw %cs\n pop %eax");
	T32("pop sreg", "push $0x23\n pop %es\n push $0\n pop %fs");
	T32("pop ss", "push $0x2b\n pop %ss");
	T32("pop ss null", "push $0\n pop %ss");
	T32("mov sreg", "mov $0x12340023, %eax\n mov %eax, %es\n mov %es, %ecx\n mov %es, %dx");
	T32("mov sreg m", "movl $-1, (%esi)\n mov %ss, (%esi)\n mov (%esi), %eax");
	T32("null ds", "push $0\n pop %ds\n mov (%esi), %eax");
	T32("null es write", "push $3\n pop %es\n stosl");
	T32("null fs", "mov %fs:(%esi), %eax");
	T32("es override", "push $0x2b\n pop %es\n mov %es:(%esi), %eax");
	T32("cs read", "call 1f\n .long 0x11223344\n 1: pop %ecx\n mov %cs:(%ecx), %eax\n xor %ecx, %ecx");
	T32("cs write", "mov %eax, %cs:(%esi)");
	T32("ds code write", "push $0x23\n pop %ds\n mov (%esi), %eax\n mov %eax, (%esi)");
	T32("addr16", "xor %esi, %esi\n addr16 lea 0x1234(%bx,%si), %eax\n addr16 lea -1(%bp), %cx");
	T32("addr16 access", "addr16 mov (%si), %eax");
	T32("lea wrap", "lea 0x7fffffff(%eax,%eax,8), %ecx");
	T32("rep movsb", "mov $17, %ecx\n rep movsb");
	T32("rep movsd down", "std\n mov $5, %ecx\n rep movsl\n cld");
	T32("rep stosd", "mov $300, %ecx\n rep stosl");
	T32("repne scasb", "mov $300, %ecx\n mov $0x33, %al\n repne scasb");
	T32("repe cmpsb", "mov $300, %ecx\n repe cmpsb");
	T32("rep fault", "lea 0x1d00(%edi), %edi\n mov $0x200, %ecx\n rep stosl");
	T32("lodsw xlat", "lodsw\n lea (%esi), %ebx\n xlat\n .byte 0x26, 0xac");
	T32("cmpxchg8b", "mov (%esi), %eax\n mov 4(%esi), %edx\n cmpxchg8b (%esi)");
	T32("bts far", "mov $-100, %eax\n bts %eax, (%esi)\n mov $1000, %eax\n btc %eax, (%esi)");
	T32("imul", "imul $7, %eax, %ecx\n imul %edx, %eax");
	T32("sse", "movups (%esi), %xmm0\n addps %xmm0, %xmm0\n movups %xmm0, (%edi)");
	T32("maskmovdqu", "movups (%esi), %xmm0\n maskmovdqu %xmm0, %xmm0");
	T32("x87", "fldl (%esi)\n fldpi\n faddp\n fstpl (%edi)\n fninit");
	T32("fnstenv", "fninit\n fldl (%esi)\n fnstenv (%edi)\n mov 12(%edi), %eax\n mov 20(%edi), %ecx\n movl $0, 12(%edi)\n movl $0, 20(%edi)\n mov 16(%edi), %edx\n mov 24(%edi), %ebx\n xor %eax, %eax\n fninit");
	T32("pop mem esp", "push $0x7777\n push $0x8888\n pop (%esp)\n pop %eax");
	T32("push mem esp", "push $0x7777\n push (%esp)\n pop %eax\n pop %ecx");
	T32("sgdt", "sgdt (%esi)");
	T32("sidt", "sidt (%esi)");
	T32("smsw", "smsw %eax\n smsw %cx\n smsw (%esi)");
	T32("sldt str", "sldt %eax\n str %ecx\n sldt (%esi)");
	T32("lar", "mov $0x2b, %edx\n lar %edx, %eax\n lsl %edx, %ecx");
	T32("lar none", "mov $0x10, %edx\n lar %edx, %eax\n lsl %edx, %ecx");
	T32("verr", "mov $0x23, %edx\n verr %dx\n sete %al\n verw %dx\n sete %cl");
	T32("ljmp", "ljmp $0x23, $1f\n ud2\n 1: mov $1, %eax");
	T32("ljmp indirect", "call 2f\n 2: pop %eax\n add $(1f-2b), %eax\n mov %eax, (%esi)\n movw $0x23, 4(%esi)\n ljmp *(%esi)\n ud2\n 1: xor %eax, %eax");
	T32("lcall", "lcall $0x23, $1f\n jmp 2f\n 1: pop %eax\n pop %ecx\n push %ecx\n push %eax\n xor %eax, %eax\n lret\n 2:");
	T32("lcall imm", "push $5\n push $6\n lcall $0x23, $1f\n jmp 2f\n 1: lret $8\n 2:");
	T32("ljmp null", "ljmp $0, $1234");
	T32("ljmp data", "ljmp $0x2b, $1234");
	T32("ljmp kernel", "ljmp $0x10, $1234");
	T32("ljmp beyond", "ljmp $0x1003, $1234");
	T32("ljmp tss", "ljmp $0x40, $1234");
	T32("lret bad rpl", "push $0x20\n push $0\n lret");
	T32("lret bad", "push $0x43\n push $0\n lret");
	T32("to 64 and back", "ljmp $0x33, $1f\n .code64\n 1: mov $0x1122334455667788, %rax\n mov %rsp, %rcx\n push $0x23\n lea 2f(%rip), %rdx\n push %rdx\n lretq\n .code32\n 2: sub %esp, %ecx\n xor %edx, %edx");
	T32("lcall 64", "lcall $0x33, $1f\n jmp 2f\n .code64\n 1: mov (%rsp), %eax\n mov 4(%rsp), %ecx\n sub $1f, %eax\n lret\n .code32\n 2: xor %eax, %eax");
	T32("iret", "pushf\n push %cs\n push $1f\n iret\n ud2\n 1:");
	T32("iret flags", "push $0x247ed7\n push %cs\n push $1f\n iret\n ud2\n 1: pushf\n pop %eax\n push $2\n popf");
	T32("iretw far", "pushfw\n pushw %cs\n pushw $0x1234\n iretw");
	T32("iret to 64", "pushf\n push $0x33\n push $1f\n iret\n .code64\n 1: mov $-1, %rax\n lret\n .code32");
	T32("iret nt", "push $0x4202\n popf\n pushf\n push %cs\n push $1f\n iret\n 1:");
	T32("iretq to 32", "ljmp $0x33, $1f\n .code64\n 1: mov %rsp, %rcx\n pushq $0x2b\n push %rcx\n pushfq\n pushq $0x23\n pushq $2f\n iretq\n .code32\n 2: sub %esp, %ecx");
	T32("jmp16", ".byte 0x66, 0xe9, 0, 0");
	T32("call16", ".byte 0x66, 0xe8, 0, 0");
	T32("ret16", "push $0x12345\n retw");
	T32("jmp16 indirect", "mov $0x12345678, %eax\n jmp *%ax");
	T32("unmapped", "mov 0x2000(%esi), %eax");
	T32("unmapped write", "mov %eax, 0x2000(%esi)");
	T32("across 4G", "mov $-2, %eax\n mov (%eax), %ecx");
	T32("top of 4G", "mov $-4, %eax\n mov (%eax), %ecx");
	T32("null", "xor %eax, %eax\n mov (%eax), %ecx");
	T32("execute unmapped", "mov $0x20000000, %eax\n jmp *%eax");
	T32("stack unmapped", "mov %esp, %ebx\n mov $0x20000000, %esp\n push %eax");
	T32("trap flag", "pushf\n orl $0x100, (%esp)\n popf\n nop\n nop");
	T32("mmx", "movq (%esi), %mm0\n paddb %mm0, %mm0\n movq %mm0, (%edi)\n emms");
	T32("lock", "lock incl (%esi)\n lock cmpxchg %ecx, (%edi)\n xchg %eax, (%esi)\n xadd %ecx, (%edi)");
	T32("lock ud", ".byte 0xf0, 0x40");
	T32("lock les", ".byte 0xf0, 0xc4, 0x06");
	T32("movsxd is arpl", ".byte 0x63, 0xc8");
	T32("cmov set", "cmp %eax, %eax\n cmove %ecx, %edx\n setne %al");
	T32("bswap cpuid", "bswap %eax\n rdtsc\n xor %eax, %eax\n xor %edx, %edx");
	T32("prefixes", ".byte 0x26, 0x36, 0x3e, 0x8b, 0x06");
	T32("moffs", ".byte 0x67, 0xa1, 0, 0");
	T32("jump into 4G top", "mov $-2, %eax\n jmp *%eax");
}

static void
segments(void)
{
	u8 buf[64];
	show("read empty ldt", sys(154, 0L, buf, 64L));
	ldt(0, (u32)(u64)low, 0xfff, D_32 | D_USEABLE);            // 07: small data
	ldt(1, (u32)(u64)low, 0xfff, D_32 | D_RO);                 // 0f: read only
	ldt(2, (u32)(u64)low, 0x7ff, D_32 | D_DOWN);               // 17: expand down, 32-bit
	ldt(3, (u32)(u64)low, 0x7ff, D_DOWN);                      // 1f: expand down, 16-bit
	ldt(4, (u32)(u64)low, 0xfff, D_32 | D_CODE | D_RO);        // 27: execute only
	ldt(5, (u32)(u64)low, 0xfff, D_32 | D_CODE);               // 2f: code, readable
	ldt(6, (u32)(u64)low, 0xfff, D_32 | D_ABSENT);             // 37: absent
	ldt(7, (u32)(u64)stack32, 0x1fff, D_DATA);                 // 3f: 16-bit stack
	ldt(8, (u32)(u64)low, 0xfff, D_CODE);                      // 47: 16-bit code
	ldt(9, (u32)(u64)low, 0, D_32 | D_PAGES);                  // 4f: one page by pages
	ldt(10, 0, 0xfffff, D_32 | D_PAGES | D_CODE | D_CONFORM);  // 57: conforming code
	ldt(11, (u32)(u64)low - 0x10, 0xfffff, D_32 | D_PAGES);    // 5f: data with a base, 4 GiB
	ldt(12, (u32)(u64)low, 0xfff, D_32 | D_CODE | D_ABSENT);   // 67: absent code
	i64 n = sys(154, 0L, buf, 64L);
	show("read ldt", n);
	for (int i = 0; i < 8; i++)
		show_hex(" ", ((u64 *)(void *)buf)[i] & 0xff00ffffffffffff);
	show("bad entry", sys(154, 0x11L, buf, 8L));
	show("bad function", sys(154, 7L, buf, 8L));
	T32("lar ldt", "mov $7, %edx\n lar %edx, %eax\n lsl %edx, %ecx\n verw %dx\n sete %bl");
	T32("lar ro", "mov $0xf, %edx\n lar %edx, %eax\n lsl %edx, %ecx\n verw %dx\n sete %bl\n verr %dx\n sete %bh");
	T32("lar down", "mov $0x17, %edx\n lar %edx, %eax\n lsl %edx, %ecx\n verw %dx\n sete %bl");
	T32("lar xo", "mov $0x27, %edx\n lar %edx, %eax\n lsl %edx, %ecx\n verr %dx\n sete %bl");
	T32("lar absent", "mov $0x37, %edx\n lar %edx, %eax\n lsl %edx, %ecx\n verr %dx\n sete %bl");
	T32("lar pages", "mov $0x4f, %edx\n lar %edx, %eax\n lsl %edx, %ecx");
	T32("lar conform", "mov $0x54, %edx\n lar %edx, %eax\n lsl %edx, %ecx\n verr %dx\n sete %bl");
	T32("lar beyond", "mov $0x107, %edx\n lar %edx, %eax\n lsl %edx, %ecx");
#define DS(n) "push $" #n "\n pop %ds\n"
	T32("limit ok", DS(7) "mov 0xffc, %eax");
	T32("limit cross", DS(7) "mov 0xffd, %eax");
	T32("limit write", DS(7) "mov %eax, 0x1000");
	T32("limit byte", DS(7) "mov 0xfff, %al\n mov %al, 0xffe");
	T32("limit wrap", DS(7) "mov -1, %eax");
	T32("limit sse", DS(7) "movups 0xff0, %xmm0\n movups %xmm0, 0xff1");
	T32("limit x87", DS(7) "fldz\n fstpt 0xff6\n fldz\n fstpt 0xff7");
	T32("limit fnsave", DS(7) "fnsave 0xf94\n fnsave 0xf95");
	T32("limit bts", DS(7) "xor %eax, %eax\n bts %eax, 0xffc\n mov $0x8000, %eax\n bts %eax, 0");
	T32("limit bts before", DS(7) "mov $-1, %eax\n bts %eax, 0");
	T32("limit lock", DS(7) "lock incl 0xffc\n lock incl 0xffd");
	T32("limit movs", DS(7) "mov $0xff0, %esi\n mov $10, %ecx\n rep movsl");
	T32("limit push m", DS(7) "push 0xffc\n pop %eax\n push 0xffd");
	T32("limit pop m", DS(7) "push $1\n pop 0xffc\n push $2\n pop 0xffd");
	T32("limit call m", DS(7) "call *0xffd");
	T32("limit lea", DS(7) "lea 0x5000, %eax\n nopl 0x5000\n prefetcht0 0x5000");
	T32("limit clflush", DS(7) "clflush 0x5000");
	T32("limit cmpxchg8b", DS(7) "cmpxchg8b 0xff9");
	T32("limit xlat", DS(7) "mov $0xff0, %ebx\n mov $0xf, %al\n xlat\n mov $0x10, %al\n xlat");
	T32("limit maskmov", DS(7) "mov $0xff1, %edi\n pcmpeqb %xmm0, %xmm0\n maskmovdqu %xmm0, %xmm0");
	T32("read only", DS(0xf) "mov 0, %eax\n mov %eax, 0");
	T32("read only add", DS(0xf) "addl $1, 0");
	T32("read only unmapped", DS(0xf) "addl $1, 0");
	T32("expand down", DS(0x17) "mov 0x800, %eax\n mov 0x7ff, %eax");
	T32("expand down all", DS(0x17) "mov %eax, 0x1000\n mov %eax, 0x2100");
	T32("expand down 16", DS(0x1f) "mov 0x800, %eax\n mov 0xfffd, %eax");
	T32("execute only", DS(0x27) "nop");
	T32("readable code", DS(0x2f) "mov 0, %eax\n mov %eax, 0");
	T32("absent", DS(0x37) "nop");
	T32("ss absent", "mov $0x37, %eax\n mov %eax, %ss");
	T32("ss read only", "mov $0xf, %eax\n mov %eax, %ss");
	T32("ss rpl", "mov $0x2a, %eax\n mov %eax, %ss");
	T32("pages", DS(0x4f) "mov 0xffc, %eax\n mov 0xffd, %eax");
	T32("based", DS(0x5f) "mov 0x10, %eax\n mov %eax, 0x14\n lea 0x10, %esi\n lodsl");
	T32("based negative", DS(0x5f) "mov $-0x10, %eax\n mov 0x20(%eax), %eax");
	T32("fs based", "push $0x5f\n pop %fs\n mov %fs:0x10, %eax");
	T32("gs limit", "push $7\n pop %gs\n mov %gs:0xffd, %eax");
	T32("fs null again", "push $0x5f\n pop %fs\n push $0\n pop %fs\n mov %fs:0x10, %eax");
	T32("jump absent", "ljmp $0x67, $0");
	T32("jump data", "ljmp $7, $0");
	T32("jump beyond limit", "ljmp $0x2f, $0x1000");
	T32("conforming", "lcall $0x57, $1f\n jmp 2f\n 1: mov %cs, %eax\n lret\n 2:");
	T32("stack 16", "mov %esp, %ebx\n mov $0x3f, %eax\n mov $0x12341000, %ecx\n mov %eax, %ss\n mov %ecx, %esp\n push %eax\n mov %esp, %edx\n pop %ecx\n mov %esp, %edi\n mov $0x2b, %eax\n mov %eax, %ss\n mov %ebx, %esp\n xor %ebx, %ebx");
	T32("stack 16 wraps", "mov %esp, %ebx\n mov $0x3f, %eax\n mov $2, %ecx\n mov %eax, %ss\n mov %ecx, %esp\n push %eax");
	T32("stack 16 enter", "mov %esp, %ebx\n mov $0x3f, %eax\n mov $0x12341000, %ecx\n mov %ecx, %ebp\n mov %eax, %ss\n mov %ecx, %esp\n enter $16, $2\n mov %esp, %edx\n mov %ebp, %edi\n leave\n mov %esp, %ecx\n mov $0x2b, %eax\n mov %eax, %ss\n mov %ebx, %esp\n xor %ebx, %ebx\n xor %ebp, %ebp");
	T32("stack 16 limit", "mov %esp, %ebx\n mov $0x3f, %eax\n mov $0x2001, %ecx\n mov %eax, %ss\n mov %ecx, %esp\n push %eax");
	T32("ss override limit", "mov %esp, %ebx\n mov $0x3f, %eax\n mov %eax, %ss\n mov %ss:0x2000, %eax");
	// 16-bit code at the start of low
	static const struct { const char *name; u8 len, code[40]; } c16[] = {
		{ "16 mov", 6, { 0xb8, 0x34, 0x12, 0x66, 0xcb } },                         // mov ax, 1234; lret (32)
		{ "16 address", 8, { 0xbb, 0, 1, 0x8b, 0x47, 0x10, 0x66, 0xcb } },         // mov bx, 100; mov ax, [bx+10]
		{ "16 push", 12, { 0x50, 0x68, 0x34, 0x12, 0x59, 0x5a, 0x66, 0x50, 0x66, 0x5b, 0x66, 0xcb } },
		{ "16 call", 10, { 0xe8, 2, 0, 0x66, 0xcb, 0xb8, 7, 0, 0xc3 } },
		{ "16 lea 32", 8, { 0x67, 0x66, 0x8d, 0x44, 0x08, 5, 0x66, 0xcb } },
		{ "16 jmp out", 4, { 0xe9, 0xfd, 0x0f, 0x90 } },                           // to 1000: beyond the limit
		{ "16 jmp wrap", 4, { 0xe9, 0x00, 0xf0, 0x90 } },
		{ "16 jcc out", 8, { 0x0f, 0x82, 0xfc, 0x0f, 0x66, 0xcb, 0, 0 } },
		{ "16 loop", 10, { 0xb9, 3, 0, 0x31, 0xc0, 0x40, 0xe2, 0xfd, 0x66, 0xcb } },
		{ "16 enter", 8, { 0xc8, 8, 0, 0, 0xc9, 0x66, 0xcb } },
		{ "16 pusha", 4, { 0x60, 0x61, 0x66, 0xcb } },
		{ "16 int3", 4, { 0xcc, 0x66, 0xcb } },
		{ "16 movs", 6, { 0xb9, 4, 0, 0xf3, 0xa5, 0x66 } },
		{ "16 far call", 12, { 0x9a, 7, 0, 0x47, 0, 0x66, 0xcb, 0x58, 0x5a, 0x52, 0x50, 0xcb } },
		{ "16 segs", 8, { 0x8c, 0xd8, 0x8c, 0xc9, 0x06, 0x5b, 0x66, 0xcb } },
		{ "16 into limit", 4, { 0x66, 0xe9, 0xf9, 0x0f } },
	};
	for (size_t i = 0; i < sizeof c16 / sizeof *c16; i++) {
		fresh();
		memcpy(low, c16[i].code, c16[i].len);
		go(c16[i].name, low, 0x47, (u32)(u64)low);
	}
	// Falling off the end of a segment
	fresh();
	memset(low + 0xff0, 0x90, 32);
	go("off the end", low + 0xff0, 0x2f, (u32)(u64)low);
	fresh();
	memset(low + 0xff0, 0x90, 32);
	low[0xffe] = 0xb8;
	go("across the end", low + 0xff0, 0x2f, (u32)(u64)low);
	fresh();
	memcpy(low, "\xb8\x05\0\0\0\xcb", 6);
	go("based code", low, 0x2f, (u32)(u64)low);
	memcpy(low, "\xb8\x06\0\0\0\xcb", 6);
	go("changed", low, 0x2f, (u32)(u64)low);
	fresh();
	memcpy(low, "\xe8\0\0\0\0\x58\xcb", 7);
	go("based call", low, 0x2f, (u32)(u64)low);
	fresh();
	memcpy(low, "\x2e\xa1\0\0\0\0\xcb", 7);
	go("code read by cs", low, 0x2f, (u32)(u64)low);
	fresh();
	memcpy(low, "\x2e\xa1\0\0\0\0\xcb", 7);
	go("execute-only read by cs", low, 0x27, (u32)(u64)low);
	// Back from a handler to 32-bit code, and to segments that are none
	alter = RESUME;
	T32("resume", "mov $1, %eax\n int3\n mov %ss, %ecx\n mov %cs, %edx\n inc %eax");
	T32("resume 16-bit stack", "mov %esp, %ebx\n mov $0x3f, %eax\n mov $0x800, %ecx\n mov %eax, %ss\n mov %ecx, %esp\n int3\n push %eax\n mov %ss, %edx\n mov %esp, %ecx\n mov $0x2b, %eax\n mov %eax, %ss\n mov %ebx, %esp\n xor %ebx, %ebx");
	fresh();
	memcpy(low, "\xcc\xb8\x05\0\x66\xcb", 6);
	go("resume 16-bit code", low, 0x47, (u32)(u64)low);
	static const u32 bad[] = { 0x2b, 0, 0x10, 0x67, 0x1003, 7 };
	for (size_t i = 0; i < 6; i++) {
		alter = SET_CS;
		alter_to = bad[i];
		T32("return to bad code", "int3");
		alter = SET_SS;
		T32("return to a bad stack", "int3");
		alter = SET_SS;
		fresh();
		memcpy(low + 0x10, "\xcc\xcb", 2);
		go("in 64-bit code", (void *)(u64)(low + 0x10), 0x33, 0);
	}
	alter = SET_SS;
	alter_to = 0x37;
	T32("return to an absent stack", "int3");
	alter = TO_RECOVERY;
	// Loaded segments when their descriptor changes
	__asm__ volatile("mov %0, %%es\n mov %0, %%gs" : : "r"(7));
	ldt(0, 0, 0, 0x28);
	u32 es, gs;
	__asm__ volatile("mov %%es, %0\n mov %%gs, %1\n mov %2, %%es\n mov %2, %%gs" : "=&r"(es), "=&r"(gs) : "r"(0));
	show_hex("es after its entry went", es);
	T32("use of what went", DS(7) "nop");
}

static int
test_main(int argc, char **argv, char **envp)
{
	on_faults(handler);
	low = (u8 *)sys(SYS_mmap, 0x10000000L, 3 * 4096L, 7L, 0x32L, -1L, 0L);
	sys(SYS_munmap, low + 8192, 4096L);
	plain();
	segments();
	return 0;
}
