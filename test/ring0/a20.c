// a20.c: address line 20 off: accesses, stacks, fetches and page tables that reach
// odd megabytes, without paging and with; what the line has just been, at once.
//
// As Bochs 2.7 has them.
#include "cases.h"

#define EVEN 0x200000  // what 0x300000 is while the line is off
#define ODD 0x300000
#define ALIASES 0x10000  // of GDT, IDT and TSS
#define DIRECTORY 0x20000

static void
line(int on)
{
	out8(0x92, on ? 2 : 0);
}

// The ends of both megabytes, and which byte is which
static void
fill(void)
{
	u32 i;
	line(1);
	for (i = 0; i < 0x40; ++i) {
		MEM8(EVEN + i) = (u8)(0x10 + i);
		MEM8(ODD - 0x40 + i) = (u8)(0x60 + i);
		MEM8(ODD + i) = (u8)(0xa0 + i);
		MEM8(ODD + 0xfffc0 + i) = (u8)(0xc0 + i);
	}
}

static void
memory(void)
{
	u32 i;
	line(1);
	for (i = 0; i < 0x10; i += 4) {
		word32(MEM32(EVEN + i));
		word32(MEM32(ODD - 0x10 + i));
		word32(MEM32(ODD + i));
		word32(MEM32(ODD + 0xffff0 + i));
	}
}

static void
run(u32 on)
{
	line((int)on);
	enter(&in);
	line(1);
	what_happened();
	word32((u32)got.ax);
	word32((u32)got.sp);
	word32((u32)got.cr2);
	memory();
	case_done();
}

static void
accesses(const char *name)
{
	static const u32 insns[] = {
		0x8a07, 0x668b07, 0x8b07, 0x8807, 0x668907, 0x8907, 0x0107, 0xf00107, 0x0fc70f, 0xdd1f, 0xdb3f, 0xff37, 0x8f07, 0x0fc107, 0xa5, 0xf366a5, 0xf3aa, 0x0f7f07
	};
	u32 i, on, off, base;
	group(name, "accesses");
	for (i = 0; i < sizeof insns / 4; ++i)
		for (on = 0; on < 2; ++on)
			for (base = EVEN; base <= 0x400000; base += 0x100000)
				for (off = base == EVEN ? 8 : 0; off < 12; ++off) {  // not in the ROM
					prepare(MODE_32, off & 1 ? 3 : 0);
					fill();
					in.ax = 0x11223344;
					in.di = base - 8 + off;
					in.si = ODD - 0x20;
					in.cx = 7;
					code();
					bytes(insns[i]);
					byte(0xf1);
					__asm__ volatile("fninit; fld1");
					label(i, on, base >> 20, off);
					run(on);
				}
	group_done();
}

// The end of one megabyte and the start of the next as a stack
static void
stacks(const char *name)
{
	static const u32 insns[] = { 0x50, 0x58, 0x60, 0x61, 0xe8000000, 0xc8080002, 0x9c, 0x6650, 0x6658 };
	u32 i, on, off, base;
	group(name, "stacks");
	for (i = 0; i < sizeof insns / 4; ++i)
		for (on = 0; on < 2; ++on)
			for (base = ODD; base <= 0x400000; base += 0x100000)
				for (off = 0; off < 20; ++off) {
					prepare(MODE_32, 3);
					fill();
					in.sp = in.bp = base - 8 + off;
					in.ax = 0x11223344;
					code();
					bytes(insns[i]);
					if (insns[i] == 0xe8000000)
						byte(0);
					byte(0xf1);
					label(i, on, base >> 20, off);
					run(on);
				}
	group_done();
}

// Code that goes on across the line, or changes what it is the other name of
static void
fetches(const char *name)
{
	static const u8 insn[] = { 0xb8, 0x78, 0x56, 0x34, 0x12, 0x40, 0xf1 };
	u32 on, off, i;
	group(name, "fetches");
	for (on = 0; on < 2; ++on)
		for (off = 0; off < 12; ++off) {
			prepare(MODE_32, 3);
			fill();
			for (i = 0; i < 0x20; ++i)
				MEM8(EVEN + i) = MEM8(ODD + i) = 0xf1;
			for (i = 0; i < sizeof insn; ++i)
				MEM8(ODD - 8 + off + i) = insn[i];
			for (i = 0; i < sizeof insn; ++i)
				if (off + i >= 8)
					MEM8(EVEN + off + i - 8) = (u8)(insn[i] ^ (insn[i] < 0x80));
			in.ip = ODD - 8 + off;
			label(on, off, 0, 0);
			run(on);
		}
	for (on = 0; on < 2; ++on)
		for (i = 0; i < 4; ++i) {
			// mov byte [ebx], 2; mov al, 1 by one name, changed by the other
			u32 at = i & 1 ? ODD : EVEN;
			prepare(MODE_32, 3);
			fill();
			code_at = (u8 *)(EVEN + 0x100);
			bytes(0xc60302);
			bytes(0xb001);
			byte(0xf1);
			code_at = (u8 *)(ODD + 0x100);
			bytes(0xc60302);
			bytes(0xb003);
			byte(0xf1);
			in.ip = at + 0x100;
			in.bx = (i & 2 ? ODD : EVEN) + 0x104;
			label(on, 0x20, i, 0);
			run(on);
			line(1);
			word32(MEM8(EVEN + 0x104));
			word32(MEM8(ODD + 0x104));
			// and once more, from what was decoded
			label(on, 0x21, i, 0);
			run(on);
		}
	group_done();
}

// What the line becomes is so for the next instruction.
static void
at_once(const char *name)
{
	u32 way, on, i;
	group(name, "at once");
	for (way = 0; way < 3; ++way)
		for (on = 0; on < 2; ++on)
			for (i = 0; i < 2; ++i) {
				prepare(MODE_32, 0);
				fill();
				in.di = ODD;
				in.cx = EVEN;
				code();
				if (way == 0) {
					bytes(on ? 0xb002 : 0xb000);
					bytes(0xe692);
				} else if (way == 1) {
					bytes(on ? 0xb0df : 0xb0dd);
					bytes(0xe664);
				} else {
					bytes(0xb0d1);
					bytes(0xe664);
					bytes(on ? 0xb0df : 0xb0dd);
					bytes(0xe660);
				}
				if (i)
					bytes(0xff07);  // inc dword [edi]
				bytes(0x8b07);
				bytes(0x3b01);      // cmp eax, [ecx]
				byte(0xf1);
				label(way, on, i, 0);
				run(!on);
				word32((u32)got.flags);
			}
	group_done();
}

// Page tables in an odd megabyte, pages of it
static void
tables(int pae)
{
	u32 i, on, n, cr3;
	word old;
	group(pae ? "PAE" : "32-bit", "tables");
	__asm__ volatile("mov %%cr4,%0" : "=r"(old));
	for (on = 0; on < 2; ++on)
		for (n = 0; n < 16; ++n) {
			// bit 0: the directory, 1: the table, 2: the page, 3: a large page
			u32 top = n & 1 ? ODD : EVEN, table = (n & 2 ? ODD : EVEN) + 0x2000, page = (n & 4 ? ODD : EVEN) + 0x4000;
			line(1);
			for (i = 0; i < 0x6000; i += 4)
				MEM32(EVEN + i) = MEM32(ODD + i) = 0;
			if (!on)
				top &= ~0x100000u, table &= ~0x100000u;
			MEM32(EVEN + 0x4000) = 0x5a5a0000 | n;
			MEM32(ODD + 0x4000) = 0xa5a50000 | n;
			if (pae) {
				MEM64(top) = (top + 0x1000) | 1;
				for (i = 0; i < 8; ++i)
					MEM64(top + 0x1000 + 8 * i) = i << 21 | 0xe7;
				MEM64(top + 0x1000 + 8 * 16) = n & 8 ? (page & ~0x1fffffu) | 0xe7 : (table | 7);
				MEM64(table + 8 * 4) = page | 0x67;
				MEM64(table + 8 * 0x104) = page | 0x67;
			} else {
				for (i = 0; i < 4; ++i)
					MEM32(top + 4 * i) = i << 22 | 0xe7;
				MEM32(top + 4 * 8) = n & 8 ? (page & ~0x3fffffu) | 0xe7 : (table | 7);
				MEM32(table + 4 * 4) = page | 0x67;
				MEM32(table + 4 * 0x204) = page | 0x67;
			}
			cr3 = n & 1 ? ODD : EVEN;
			prepare(MODE_32, 0);
			in.cx = cr3;
			in.di = 0x2000000 + (pae ? (n & 8 ? page & 0x1fffff : 0x4000) : (n & 8 ? page & 0x3fffff : 0x4000));
			in.dx = (word)old | (pae ? 0x20 : 0x10);
			in.si = (word)old;
			code();
			bytes(0x0f22d9);    // mov cr3, ecx
			bytes(0x0f22e2);    // mov cr4, edx
			bytes(0x0f20c0);    // mov eax, cr0
			bytes(0x0d000000);  // or eax, 80000000h
			byte(0x80);
			bytes(0x0f22c0);
			bytes(0x8b17);      // mov edx, [edi]
			byte(0xff);
			byte(0x07);         // inc dword [edi]
			byte(0x25);         // and eax, 7fffffff
			byte(0xff);
			byte(0xff);
			byte(0xff);
			byte(0x7f);
			bytes(0x0f22c0);
			bytes(0x0f22e6);    // mov cr4, esi
			byte(0xf1);
			label((u32)pae, on, n, 0);
			line((int)on);
			enter(&in);
			line(1);
			what_happened();
			word32((u32)got.dx);
			word32(MEM32(EVEN + 0x4000));
			word32(MEM32(ODD + 0x4000));
			case_done();
			or_cr0(0, 0x80000000);
			__asm__ volatile("mov %0,%%cr4" : : "r"(old));
		}
	group_done();
}

static void
all(const char *name)
{
	accesses(name);
	stacks(name);
	fetches(name);
	at_once(name);
}

void
main(void)
{
	u32 i;
	set_up();
	__asm__ volatile("mov %%cr4,%%eax; or $0x600,%%eax; mov %%eax,%%cr4" : : : "eax");
	line(1);
	// What the processor's own tables become
	for (i = 0; i < 0x5000; i += 4)
		MEM32(ALIASES + i) = MEM32(GDT + i);
	all("unpaged");
	tables(0);
	tables(1);
	paging_on();
	for (i = 0; i < 15; ++i)
		MEM32(DIRECTORY + 4 * i) = MEM32(PAGES + 4 * i);
	__asm__ volatile("mov %0,%%cr3" : : "r"(DIRECTORY) : "memory");
	all("paged");
	finish(26);
}
