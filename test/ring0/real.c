// real.c: real mode at the ends of 64 KiB: accesses of each size, strings, stacks,
// fetches; which offsets wrap and which are #GP or #SS. Vectors beyond the table.
//
// As Bochs 2.7 has them (model corei7_icelake_u), except in the group "parts" (what
// SGDT, FNSAVE and others wrote in front of a fault: here nothing, there some of it)
// and in "Zen 4" (registers that POPA loaded in front of a fault; segment registers
// pushed and popped as 32 bits: all of them, not 16), which limits.c explains.
// qemu checks no limits.
#include "cases.h"

#define CODE_SEG 0x2000
#define DATA_SEG 0x3000
#define STACK_SEG 0x4000
#define SEL_REAL_CODE SEL_TEST  // 64 KiB, for the way there
#define SEL_REAL_DATA (SEL_TEST + 8)

// As the assembly below has it
struct real {
	u32 ax, cx, dx, bx, sp, bp, si, di, flags;
	u16 ip, cs, ss, ds, es, vector;
};
extern struct real real_in, real_got;
extern u16 real_idt[3];
extern u8 real_stubs[];
void enter_real(void);

__asm__(".text\n"
	".globl enter_real\n"
	"enter_real: pushal\n"
	"	mov %esp,real_esp\n"
	"	lidt real_idt\n"
	"	ljmp $0x100,$1f\n"
	".code16\n"
	"1:	mov $0x108,%ax\n"
	"	mov %ax,%ds\n"
	"	mov %ax,%es\n"
	"	mov %ax,%ss\n"
	"	mov %cr0,%eax\n"
	"	and $0xfe,%al\n"
	"	mov %eax,%cr0\n"
	"	ljmp $0,$2f\n"
	"2:	xor %ax,%ax\n"
	"	mov %ax,%ds\n"
	"	mov %ax,%ss\n"
	"	mov $0x6000,%sp\n"
	"	pushl real_in+32\n"
	"	popfl\n"
	"	mov real_in+40,%ss\n"
	"	mov real_in+16,%esp\n"
	"	mov real_in,%eax\n"
	"	mov real_in+4,%ecx\n"
	"	mov real_in+8,%edx\n"
	"	mov real_in+12,%ebx\n"
	"	mov real_in+20,%ebp\n"
	"	mov real_in+24,%esi\n"
	"	mov real_in+28,%edi\n"
	"	mov real_in+44,%es\n"
	"	mov real_in+42,%ds\n"
	"	ljmp *%cs:real_in+36\n"
	".set i,0\n"
	"	.balign 16\n"
	".globl real_stubs\n"
	"real_stubs:\n"
	".rept 256\n"
	"	.balign 16\n"
	"	mov %eax,%cs:real_got\n"
	"	mov $i,%al\n"
	"	jmp real_stop\n"
	".set i,i+1\n"
	".endr\n"
	"real_stop: mov %ecx,%cs:real_got+4\n"
	"	mov %edx,%cs:real_got+8\n"
	"	mov %ebx,%cs:real_got+12\n"
	"	mov %esp,%cs:real_got+16\n"
	"	mov %ebp,%cs:real_got+20\n"
	"	mov %esi,%cs:real_got+24\n"
	"	mov %edi,%cs:real_got+28\n"
	"	mov %ss,%cs:real_got+40\n"
	"	mov %ds,%cs:real_got+42\n"
	"	mov %es,%cs:real_got+44\n"
	"	mov %al,%cs:real_got+46\n"
	"	mov %cr0,%eax\n"
	"	or $1,%al\n"
	"	mov %eax,%cr0\n"
	"	ljmpl $0x08,$3f\n"
	".code32\n"
	"3:	mov $0x10,%eax\n"
	"	mov %eax,%ds\n"
	"	mov %eax,%es\n"
	"	mov %eax,%ss\n"
	"	mov %eax,%fs\n"
	"	mov %eax,%gs\n"
	"	mov real_esp,%esp\n"
	"	cld\n"
	"	popal\n"
	"	ret\n"
	".bss\n"
	"real_esp: .skip 4\n"
	".balign 4\n"
	".globl real_in, real_got, real_idt\n"
	"real_in: .skip 48\n"
	"real_got: .skip 48\n"
	"real_idt: .skip 8\n"
	".text\n");

static volatile u32 ivt;  // 0, which is no null pointer

static void
set_limit(u32 limit)
{
	real_idt[0] = (u16)limit;
	real_idt[1] = real_idt[2] = 0;
}

// A state in which code runs at the start of its segment
static void
prepare_real(void)
{
	u32 i;
	static u8 zero[sizeof real_in];
	for (i = 0; i < sizeof real_in; ++i)
		((u8 *)&real_in)[i] = zero[i];
	real_in.flags = 2;
	real_in.cs = CODE_SEG;
	real_in.ss = STACK_SEG;
	real_in.ds = real_in.es = DATA_SEG;
	real_in.sp = 0x8000;
}

static void
code_real(u32 ip)
{
	code_at = (u8 *)(CODE_SEG * 16) + ip;
}

// What follows a case: SP to DX, a stack for INT1
static void
stop(void)
{
	bytes(0x89e2);    // mov dx, sp
	bytes(0xbc0080);  // mov sp, 8000h
	byte(0xf1);
}

static u16
stack16(u32 i)
{
	return MEM16(real_got.ss * 16u + ((real_got.sp + 2 * i) & 0xffff));
}

// The vector, CS:IP, flags
static void
run(void)
{
	__asm__ volatile("fninit");
	enter_real();
	word32(real_got.vector);
	word32(stack16(0));
	word32(stack16(1));
	word32(stack16(2));
	word32(real_got.sp);
}

static void
fill(u32 seg)
{
	u32 i;
	for (i = 0; i < 0x80; ++i) {
		MEM8(seg * 16 + i) = (u8)(0x40 + i);
		MEM8(seg * 16 + 0xff80 + i) = (u8)(0xc0 + i);
	}
}

static void
memory(u32 seg)
{
	u32 i;
	for (i = 0; i < 0x20; i += 4) {
		word32(MEM32(seg * 16 + i));
		word32(MEM32(seg * 16 + 0xffe0 + i));
	}
}

// At [bx]: opcode with its prefixes, then ModRM 07 and others
static const u32 accesses[] = { 0x8a07, 0x8b07, 0x668b07, 0x8807, 0x8907, 0x668907, 0x2807, 0x0107, 0x660107, 0x8607, 0x8707, 0x668707, 0xfe07,
	0xff07, 0x66ff07, 0xf617, 0xf717, 0x66f717, 0xff37, 0x66ff37, 0x8f07, 0x668f07, 0xc407, 0x66c407, 0x0fb407, 0x6207, 0x666207, 0xc64712,
	0x0fb607, 0x0fb707, 0x66a3, 0x0fa307, 0x0fab07, 0x0fb107, 0x660fb107, 0x0fc107, 0x0fc70f, 0x0f0107, 0x0f010f, 0x0f0127, 0x0f0037, 0x8c1f,
	0x8e07, 0xd907, 0xd91f, 0xdd07, 0xdd1f, 0xdb2f, 0xdb3f, 0xdf27, 0xdf37, 0xdf2f, 0xd92f, 0xd927, 0xd937, 0x66d927, 0x66d937, 0xdd27, 0xdd37,
	0xdf3f, 0xdd3f, 0x0f6e07, 0x0f6f07, 0x0f7f07, 0x0f1007, 0x0f1107, 0x0f1207, 0x0f1307, 0x660f6e07, 0x0fae17, 0x0fae1f, 0x0f0d07, 0xd7,
	0x0fbc07, 0x0fbe07, 0x0fae07 };

// Those that write more than one value, of which the first may be there before
// a fault: SGDT, SIDT, FSTP and FBSTP of 80 bits, FNSTENV, FNSAVE, FXSAVE
static int
in_parts(u32 op)
{
	return op == 0x0f0107 || op == 0x0f010f || op == 0xdb3f || op == 0xdf37 || op == 0x0fae07 || (op & 0xffff) == 0xd937 || op == 0xdd37;
}

static void
data(int parts)
{
	u32 i, how, off;
	group("real", parts ? "parts" : "data");
	for (i = 0; i < sizeof accesses / 4; ++i)
		for (how = 0; how < 3; ++how)  // DS, SS, an address of 32 bits
			for (off = 0; off < 0x70; ++off) {
				u32 op = accesses[i];
				if (in_parts(op) != parts || (op == 0x0fae07 && off & 15))
					continue;
				if (off > 0x12 && off != 0x5e && off != 0x6d && off != 0x6e)
					continue;
				prepare_real();
				fill(DATA_SEG);
				MEM32(DATA_SEG * 16 + 0x8000) = MEM32(STACK_SEG * 16 + 0x8000) = 0x76543210;
				real_in.bx = 0x10000 - off;
				real_in.cx = 0x21;  // bits behind the word, for BT
				if (how < 2)
					real_in.bx = (real_in.bx & 0xffff) | 0x55550000;
				if (op == 0xd7)
					real_in.ax = 5;
				code_real(0);
				if (how == 1) {
					byte(0x36);
					real_in.ss = DATA_SEG;
				}
				if (how == 2) {
					byte(0x67);
					if ((op & 0xff) == 7 || op == 0xd7 || (op & 0xc7) == 7)
						op = op == 0xd7 ? op : (op & ~7u) | 3;  // [ebx]
				}
				bytes(op);
				if (op >> 8 == 0xc647)
					byte(0x34);
				stop();
				label(i, how, off, 0);
				run();
				word32(real_got.ax);
				word32(real_got.dx);
				word32(real_got.si);
				word32(real_got.es << 16 | real_got.ds);
				memory(DATA_SEG);
				case_done();
			}
	group_done();
}

static void
strings(void)
{
	static const u32 insns[] = { 0xa4, 0xa5, 0x66a5, 0xaa, 0xab, 0x66ab, 0xac, 0xad, 0x66ad, 0xa6, 0xa7, 0x66a7, 0xae, 0xaf, 0x66af, 0x6c, 0x6d,
		0x6e, 0x6f };
	u32 i, rep, down, wide, off;
	group("real", "strings");
	for (i = 0; i < sizeof insns / 4; ++i)
		for (rep = 0; rep < 2; ++rep)
			for (down = 0; down < 2; ++down)
				for (wide = 0; wide < 2; ++wide)
					for (off = 0; off < 24; ++off) {
						prepare_real();
						fill(DATA_SEG);
						real_in.flags |= down << 10;
						real_in.cx = 5;
						real_in.dx = 0x300;
						real_in.ax = 0x33221100;
						real_in.si = off & 1 ? 0x40 : 0x10000 - off / 2;
						real_in.di = off & 1 ? 0x10000 - off / 2 : 0x40;
						if (off >= 20)
							real_in.si = real_in.di = off & 1 ? off - 20 : 0xffff;
						if (!wide)
							real_in.si &= 0xffff, real_in.di &= 0xffff;
						code_real(0);
						if (wide)
							byte(0x67);
						if (rep)
							byte(0xf3);
						bytes(insns[i]);
						stop();
						label(i, rep << 4 | down, wide, off);
						run();
						word32(real_got.cx);
						word32(real_got.si);
						word32(real_got.di);
						word32(real_got.ax);
						memory(DATA_SEG);
						case_done();
					}
	group_done();
}

static void
stacks(int zen)
{
	// push, pop, pusha, popa, call, ret, ret 6, lcall, lret, lret 6, int 40h, iret,
	// pushf, popf, enter of 0 to 3 levels, leave, push imm, push es, pop es, call [bx]
	static const u32 insns[] = { 0x50, 0x58, 0x60, 0x61, 0xe8fd00, 0xc3, 0xc20600, 0x9a0001, 0xcb, 0xca0600, 0xcd40, 0xcf, 0x9c, 0x9d, 0xc8060000,
		0xc8060001, 0xc8060002, 0xc8060003, 0xc9, 0x6a12, 0x06, 0x07, 0xff17, 0xff37, 0x8f07, 0xcc, 0x0f0b };
	u32 i, wide, off, n;
	group("real", zen ? "Zen 4" : "stacks");
	for (i = 0; i < sizeof insns / 4; ++i)
		for (wide = 0; wide < 2; ++wide)
			for (off = 0; off < 80; ++off) {
				u32 sp = off < 40 ? off : 0xffff - (off - 40);
				// What faults there cannot push either, and ends in a shutdown.
				if ((insns[i] == 0x61 || ((insns[i] | 1) == 7 && wide)) != zen || (sp & 1 && sp < 6))
					continue;
				if (sp & 1 && (insns[i] == 0xcd40 || insns[i] == 0xcc || insns[i] == 0x0f0b) && sp < 12)
					continue;
				prepare_real();
				fill(STACK_SEG);
				real_in.sp = real_in.bp = sp;
				real_in.bx = 0x1000;
				real_in.ax = 0x12345678;
				MEM32(DATA_SEG * 16 + 0x1000) = 0x100;
				// What is popped as IP leads to the end, whatever comes as CS.
				for (n = 0; n < 16; ++n) {
					static const u16 words[] = { 0x100, CODE_SEG, 2, 0x33 };
					u16 x = !wide ? words[n / 2 & 3] : n & 2 ? 0 : words[n / 4 & 3];
					MEM8(STACK_SEG * 16 + ((sp + n) & 0xffff)) = (u8)(n & 1 ? x >> 8 : x);
				}
				code_real(0x100);
				stop();
				code_real(0);
				if (wide)
					byte(0x66);
				bytes(wide && insns[i] == 0xe8fd00 ? 0xe8fa0000 : insns[i]);
				if (wide && insns[i] == 0xe8fd00)
					byte(0);
				if (insns[i] == 0x9a0001) {
					if (wide)
						byte(0), byte(0);
					byte(0);
					byte(CODE_SEG >> 8);
				}
				stop();
				label(i, wide, off, 0);
				run();
				word32(real_got.dx);
				word32(real_got.bp);
				memory(STACK_SEG);
				case_done();
			}
	group_done();
}

// The last bytes of the code segment, and branches across its end
static void
fetches(void)
{
	static const struct {
		u8 n, b[6];
	} insns[] = { { 1, { 0x90 } }, { 2, { 0xb0, 0x12 } }, { 3, { 0xb8, 0x34, 0x12 } }, { 6, { 0x66, 0xb8, 0x34, 0x12 } }, { 2, { 0xeb, 0x10 } },
		{ 2, { 0xeb, 0xe0 } }, { 3, { 0xe9, 0x10 } }, { 3, { 0xe8, 0x10 } }, { 2, { 0x75, 0x10 } }, { 4, { 0x0f, 0x85, 0x10 } },
		{ 2, { 0xe2, 0x10 } }, { 2, { 0xff, 0xe0 } }, { 2, { 0xff, 0xd0 } }, { 1, { 0xc3 } }, { 2, { 0xcd, 0x40 } }, { 1, { 0xcc } },
		{ 6, { 0x66, 0xe9, 0x10 } }, { 6, { 0x66, 0xe8, 0x10 } }, { 3, { 0x66, 0xeb, 0x10 } }, { 1, { 0xf0 } }, { 2, { 0x0f, 0x0b } },
		{ 4, { 0x26, 0x67, 0x8b, 0x03 } }, { 5, { 0xea, 0x20, 0, 0, 0x20 } }, { 2, { 0xf3, 0xa4 } }, { 2, { 0x74, 0x10 } }, { 1, { 0xcf } },
		{ 1, { 0xcb } }, { 5, { 0x9a, 0x20, 0, 0, 0x20 } }, { 2, { 0xff, 0x27 } } };
	u32 i, off, n;
	group("real", "fetches");
	for (i = 0; i < sizeof insns / sizeof *insns; ++i)
		for (off = 0; off < 10; ++off) {
			prepare_real();
			for (n = 0; n < 0x80; ++n)
				MEM8(CODE_SEG * 16 + n) = MEM8(CODE_SEG * 16 + 0xff80 + n) = 0xf1;
			real_in.ip = (u16)(0xffff - off);
			real_in.ax = 0x20;
			real_in.cx = 2;
			MEM16(STACK_SEG * 16 + 0x8000) = 0x30;
			MEM16(STACK_SEG * 16 + 0x8002) = CODE_SEG;
			MEM16(STACK_SEG * 16 + 0x8004) = 2;
			MEM16(DATA_SEG * 16) = 0x40;
			for (n = 0; n < insns[i].n; ++n)
				MEM8(CODE_SEG * 16 + ((0xffff - off + n) & 0xffff)) = insns[i].b[n];
			label(i, off, 0, 0);
			run();
			word32(real_got.ax);
			case_done();
		}
	group_done();
}

// Vectors beyond the table's limit: #GP, then double fault
static void
vectors(void)
{
	u32 i, limit;
	group("real", "table");
	for (i = 0; i < 8; ++i)
		for (limit = 0x23; limit < 0x440; ++limit) {
			static const u32 insns[] = { 0xcd40, 0xcdff, 0xcd0e, 0xcd0d, 0xf6f1, 0x0f0b, 0xcd08, 0xcc };
			if (limit > 0x108 && limit < 0x3f0)
				continue;
			prepare_real();
			set_limit(limit);
			code_real(0);
			bytes(insns[i]);
			byte(0xcc);
			label(i, 0, 0, limit);
			run();
			case_done();
		}
	set_limit(0x3ff);
	// elsewhere
	for (i = 0; i < 256; ++i)
		MEM32(FREE + 4 * i) = (u32)real_stubs + 16 * (255 - i);
	real_idt[1] = (u16)FREE;
	real_idt[2] = FREE >> 16;
	for (i = 0; i < 256; i += 5) {
		prepare_real();
		code_real(0);
		byte(0xcd);
		byte(i);
		label(9, 0, 0, i);
		run();
		case_done();
	}
	set_limit(0x3ff);
	group_done();
}

void
main(void)
{
	u32 i;
	set_up();
	__asm__ volatile("mov %%cr4,%%eax; or $0x600,%%eax; mov %%eax,%%cr4" : : : "eax");
	set_gdt(SEL_REAL_CODE, segment(0, 0xffff, 0x9b, 0));
	set_gdt(SEL_REAL_DATA, segment(0, 0xffff, 0x93, 0));
	for (i = 0; i < 256; ++i)
		MEM32(ivt + 4 * i) = (u32)real_stubs + 16 * i;
	set_limit(0x3ff);
	data(0);
	data(1);
	strings();
	stacks(0);
	stacks(1);
	fetches();
	vectors();
	finish(25);
}
