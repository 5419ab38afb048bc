// events.c: interrupts and exceptions through the IDT: every gate x CPL x target,
// software, hardware, from virtual-8086 mode; stacks, IST; what follows if an
// exception is met on the way to another.
//
// As Bochs 2.7 has them (model corei7_icelake_u), except:
// - IRET to virtual-8086 mode with EIP above FFFFh is #GP (SDM vol 2 IRET).
// - A stack pointer in a 64-bit TSS that is not canonical is #SS with no selector
//   (SDM vol 2 INT n, APM vol 2 #SS); Bochs has that of the old SS.
// qemu 7.2 leaves EXT and RF out, and counts 16 for a vector in error codes.
#include "cases.h"

static const char *const modes[] = MODE_NAMES;

enum { VECTOR = 0x40 };
#define TARGET_SEL (SEL_TEST + 32)
#define CODE_FLAGS (sizeof(word) == 8 ? 10 : 12)

enum { SOFT, FAULT_UD, HARD, FAULT_GP, KINDS };
static const char *const kinds[KINDS] = { "int n", "#UD", "interrupt", "#GP" };
static const u8 vectors[KINDS] = { VECTOR, 6, VECTOR, 13 };

static void
emit(int kind)
{
	code();
	switch (kind) {
	case SOFT:
		byte(0xcd);
		byte(VECTOR);
		break;
	case FAULT_UD: bytes(0x0f0b); break;
	case HARD: byte(0x90); break;
	case FAULT_GP: bytes(0x8ec1); break;  // mov es, cx
	}
	byte(0xcc);
}

static void
set_target(u32 access, u32 flags)
{
	set_gdt(TARGET_SEL, segment(0, 0xfffff, access, flags));
}

static void
one(int kind, int mode, u32 ring)
{
	prepare(mode, ring);
	in.cx = 0xff8;
	if (kind == HARD) {
		ask_irq0();
		in.flags |= 0x200;
	}
	enter(&in);
	where();
	case_done();
	if (kind == HARD)
		set_pic(VECTOR);
}

static void
gates(int kind, int mode)
{
	u32 ring, access, target, n;
	group(modes[mode], kinds[kind]);
	emit(kind);
	for (ring = 0; ring < 4; ++ring) {
		// every gate, to code of every privilege level, conforming or not
		for (access = EVERY(2) - 1; access < 256; access += kind == HARD ? EVERY(6) : EVERY(2))
			for (target = 0; target < 8; target += EVERY(2)) {
				set_target(0x9a | (target & 3) << 5 | target >> 2 << 2, CODE_FLAGS);
				// A task gate has no TSS
				set_idt(vectors[kind], gate((access & 31) == 5 ? 3 : TARGET_SEL | 3, TARGET, access, 0));
				label(ring, target, 0, access);
				one(kind, mode, ring);
			}
		// every target; flags
		for (access = ring; access < 256; access += EVERY(5)) {
			for (n = 0; n < 2; ++n) {
				set_target(access, n ? 10 : 12);
				set_idt(vectors[kind], gate(TARGET_SEL, TARGET, n ? 0xee : 0xe7 | (u32)sizeof(word), 0));
				label(ring, n, 1, access);
				one(kind, mode, ring);
			}
		}
		set_idt(vectors[kind], gate(0, TARGET, 0xee, 0));
		label(ring, 0, 2, 0);
		one(kind, mode, ring);
		set_idt(vectors[kind], gate(0x203, TARGET, 0xee, 0));
		label(ring, 0, 2, 0x200);
		one(kind, mode, ring);
		set_idt(vectors[kind], gate(0x207, TARGET, 0xee, 0));
		label(ring, 0, 2, 0x204);
		one(kind, mode, ring);
		// beyond the target's limit
		set_idt(vectors[kind], gate(TARGET_SEL, TARGET, 0xee, 0));
		set_gdt(TARGET_SEL, segment(0, TARGET - 1, 0x9b, CODE_FLAGS & 7));
		label(ring, 0, 3, 0);
		one(kind, mode, ring);
		// the IDT's limit
		if (vectors[kind] == VECTOR)
			for (n = 0; n < 18; ++n) {
				set_target(0x9b, CODE_FLAGS);
				load_idt((VECTOR + 1) * 2 * sizeof(word) - n);
				label(ring, 0, 4, n);
				one(kind, mode, ring);
			}
		load_idt(256 * 2 * sizeof(word) - 1);
	}
	set_handler(vectors[kind]);
	group_done();
}

#ifdef LONG
static void
stack_table(int mode)
{
	u32 ring, ist, target, n;
	group(modes[mode], "ist");
	emit(SOFT);
	for (ring = 0; ring < 4; ++ring)
		for (ist = 0; ist < 8; ++ist)
			for (target = 0; target <= ring; ++target) {
				set_target(0x9b | target << 5, CODE_FLAGS);
				set_idt(VECTOR, gate(TARGET_SEL, TARGET, 0xee, ist));
				for (n = 0; n < 16; n += 5) {
					if (ist > 1)
						MEM64(TSS + 28 + 8 * ist) = INNER - 0x300 - n;
					else if (target)
						MEM64(TSS + 4 + 8 * target) = INNER - 0x200 * target - n;
					label(ring, ist, target, n);
					one(SOFT, mode, ring);
				}
				if (ist > 1 || target) {
					MEM64(TSS + (ist > 1 ? 28 + 8 * ist : 4 + 8 * target)) = 0x800000000000;
					label(ring, ist, target, 0xff);
					one(SOFT, mode, ring);
				}
				if (target)
					MEM64(TSS + 4 + 8 * target) = INNER - 0x200 * target;
			}
	// the TSS's limit
	for (n = 0x2b; n < 0x66; n += 4)
		for (ist = 2; ist < 8; ++ist) {
			set_gdt(SEL_TSS, segment(TSS, n, 0x89, 0));
			__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
			MEM64(TSS + 28 + 8 * ist) = INNER - 0x300;
			set_idt(VECTOR, gate(TARGET_SEL, TARGET, 0xee, ist));
			set_target(0x9b, CODE_FLAGS);
			label(3, ist, 0xfe, n);
			one(SOFT, mode, 3);
		}
	set_gdt(SEL_TSS, segment(TSS, 0x67, 0x89, 0));
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	// where the handler is
	for (n = 0; n < 4; ++n) {
		static const u32 tops[4] = { 0x7fff, 0x8000, 0xffff7fff, 0xffff8000 };
		set_idt(VECTOR, gate(TARGET_SEL, TARGET, 0xee, 0));
		MEM64(IDT + VECTOR * 16 + 8) = tops[n];
		label(3, 0, 0xfd, n);
		one(SOFT, mode, 3);
	}
	set_handler(VECTOR);
	group_done();
}
#else
// From virtual-8086 mode and back
static void
v86(void)
{
	u32 iopl, access, target, kind, n;
	group("v86", "int n");
	for (kind = 0; kind < KINDS; ++kind) {
		emit((int)kind);
		if (kind == FAULT_GP) {
			code();
			byte(0xf4);  // hlt
		}
		for (iopl = 0; iopl < 4; ++iopl)
			for (access = 0; access < 256; access += EVERY(3))
				for (target = 0; target < 8; ++target) {
					if (kind == HARD && (access & 0xff) != 0xee && (access & 0xff) != 0x87)
						continue;
					set_target(0x9a | (target & 3) << 5 | target >> 2 << 2, CODE_FLAGS);
					set_idt(vectors[kind], gate((access & 31) == 5 ? 3 : TARGET_SEL | 3, TARGET, access, 0));
					label(kind, iopl, target, access);
					prepare(MODE_16, 3);
					in.flags = 0x20002 | iopl << 12;
					in.cs = 0;
					in.ss = 0x11;
					in.ds = 0x22;
					in.es = 0x33;
					in.fs = 0x44;
					in.gs = 0x55;
					if (kind == HARD) {
						ask_irq0();
						in.flags |= 0x200;
					}
					enter(&in);
					where();
					word32((u32)(got.ds << 16 | got.es));
					case_done();
					if (kind == HARD)
						set_pic(VECTOR);
				}
		set_handler(vectors[kind]);
	}
	// instructions that look at IOPL
	for (n = 0; n < 16; ++n)
		for (iopl = 0; iopl < 4; ++iopl) {
			static const u32 insns[16] = { 0xfa, 0xfb, 0x9c, 0x9d, 0x669c, 0x669d, 0xcf, 0x66cf, 0xcd40, 0xcc, 0xce, 0xe440, 0x0f00c0, 0x0f0100 + 0x20, 0xf1, 0x0f22c0 };
			prepare(MODE_16, 3);
			in.flags = 0x20ed7 | iopl << 12;
			in.cs = in.ss = in.ds = in.es = in.fs = in.gs = 0;
			MEM32(in.sp) = TARGET;
			if (n == 3 || n == 5)
				MEM32(in.sp) = 0x7ed7;
			if (n == 6)
				MEM16(in.sp + 4) = 0xfed5;
			if (n == 7)
				MEM32(in.sp + 8) = 0x3ffed5 & ~0x20000u;
			code();
			bytes(insns[n]);
			bytes(0x8cd0);  // mov ax, ss
			byte(0xcc);
			label(0x10, n, iopl, 0);
			enter(&in);
			where();
			case_done();
		}
	// IRET to it: from ring 0 with VM set, from others not
	for (n = 0; n < 4; ++n)
		for (iopl = 0; iopl < 8; ++iopl) {
			u32 i;
			prepare(iopl & 1 ? MODE_16 : MODE_32, n);
			in.sp -= 0x40;
			code();
			if (iopl & 1)
				byte(0x66);
			byte(0xcf);
			MEM32(in.sp) = TARGET + (iopl & 2 && !n ? 0x10000 : 0);
			MEM32(in.sp + 4) = SEL_CODE32 + 27;
			MEM32(in.sp + 8) = iopl & 4 ? 0x3ffed7 : 0x20002;
			MEM32(in.sp + 12) = 0x12345678;
			for (i = 0; i < 5; ++i)
				MEM32(in.sp + 16 + 4 * i) = 0x11111111 * (i + 1);
			if (iopl & 4)
				MEM32(in.sp + 8) &= ~0x4100u;
			MEM32(in.sp + 4) = n ? (u32)(SEL_CODE32 + 27) : 0;
			label(0x11, n, iopl, 0);
			enter(&in);
			what_happened();
			word32((u32)(got.cs << 16 | got.ss));
			word32((u32)(got.ds << 16 | got.es));
			word32((u32)(got.fs << 16 | got.gs));
			word32((u32)got.sp);
			word32((u32)got.flags);
			case_done();
		}
	group_done();
}
#endif

// --- an exception on the way to an exception --------------------------------------------

static const u8 firsts[] = { 0, 1, 3, 5, 6, 7, 10, 11, 12, 13, 14, 16, 17, 19, VECTOR, 0xfe };
enum { GATE_ABSENT, GATE_BAD, TARGET_ABSENT, TARGET_BAD, STACK_PAGE, SS_ABSENT, SS_BAD, SS_SMALL, TARGET_SMALL, IDT_LIMIT, FINE, WAYS };

// Makes the instructions that raise it. 0: this mode has no such.
static int
raise(u32 first, int mode)
{
	code();
	in.di = in.bx = BUFFER;
	MEM32(BUFFER) = 0x00050004;
	MEM32(BUFFER + 4) = 5;
	switch (first) {
	case 0: bytes(0xf6f2); break;  // div dl
	case 1:
		in.flags |= 0x100;
		byte(0x90);
		break;
	case 3: byte(0xcc); return 1;
	case 5:
		if (mode == MODE_64)
			return 0;
		bytes(0x6207);  // bound ax, [bx]
		break;
	case 6: bytes(0x0f0b); break;
	case 7:
		or_cr0(8, 0);
		bytes(0xdbe3);
		break;
	case 10:
		if (sizeof(word) == 8)
			return 0;
		in.flags |= 0x4000;
		byte(0xcf);
		break;
	case 11:
		set_gdt(SEL_TEST, segment(0, 0xfffff, 0x73, 12));
		in.cx = SEL_TEST | 3;
		bytes(0x8ec1);
		break;
	case 12:
		set_gdt(SEL_TEST, segment(0, 0xfffff, 0x13 | (u32)(in.cs & 3) << 5, 12));
		in.cx = SEL_TEST | (in.cs & 3);
		bytes(0x8ed1);
		break;
	case 13: byte(0xf4); break;
	case 14:
		if (mode == MODE_16)
			byte(0x67);
		bytes(0x8a07);
		in.di = NOWHERE;
		break;
	case 16:
		__asm__ volatile("fninit; fldcw %0" : : "m"(*(u16 *)(word)(BUFFER + 16)));
		bytes(0xd9ee);  // fldz
		bytes(0xd9fa);  // fsqrt
		bytes(0xd8f0);  // fdiv st0: 0/0
		byte(0x9b);
		break;
	case 17:
		in.flags |= 0x40000;
		in.di = in.bx = BUFFER + 1;
		if (mode == MODE_16)
			byte(0x66);
		bytes(0x8b07);
		break;
	case 19:
		bytes(0x0fae17);  // ldmxcsr
		MEM32(BUFFER) = 0x1f00;
		bytes(0x0f57c0);
		bytes(0xf30f53c0);  // rcpss: none
		bytes(0xf30f5ec0);  // 0/0
		break;
	case VECTOR:
		byte(0xcd);
		byte(VECTOR);
		break;
	case 0xfe:  // a hardware interrupt
		ask_irq0();
		in.flags |= 0x200;
		byte(0x90);
		break;
	}
	byte(0xf1);
	return 1;
}

static void
pairs(int mode)
{
	u32 i, way, ring, vector;
	group(modes[mode], "double faults");
	MEM16(BUFFER + 16) = 0x37e;
	or_cr0(0x40000, 0);
	for (ring = 2; ring < 4; ++ring)
		for (i = 0; i < sizeof firsts; ++i)
			for (way = 0; way < WAYS; ++way) {
				u32 access = 0xee, sel = TARGET_SEL;
				prepare(mode, ring);
				// INT3 is what its handler would run.
				if (!raise(firsts[i], mode) || (firsts[i] == 17 && ring != 3) || (firsts[i] == 3 && way == FINE))
					continue;
				vector = firsts[i] == 0xfe ? VECTOR : firsts[i];
				set_target(0xbb, CODE_FLAGS);
				set_gdt(SEL_TEST + 16, segment(0, 0xfffff, 0xb3, 12));
				switch (way) {
				case GATE_ABSENT: access = 0x6e; break;
				case GATE_BAD: access = 0xe8; break;
				case TARGET_ABSENT: set_target(0x3b, CODE_FLAGS); break;
				case TARGET_BAD: sel = 0; break;
				case STACK_PAGE: MEM32(TSS + 4 + 8) = NOWHERE + 0x2000; break;
				case SS_ABSENT: set_gdt(SEL_TEST + 16, segment(0, 0xfffff, 0x33, 12)); break;
				case SS_BAD: set_gdt(SEL_TEST + 16, segment(0, 0xfffff, 0xd3, 12)); break;
				case SS_SMALL: set_gdt(SEL_TEST + 16, segment(0, 0xfff, 0xb3, 4)); break;
				case TARGET_SMALL: set_gdt(TARGET_SEL, segment(0, TARGET - 1, 0xbb, CODE_FLAGS & 7)); break;
				case IDT_LIMIT:
					// Only vectors behind those of all faults
					if (vector != VECTOR)
						continue;
					load_idt(VECTOR * 2 * sizeof(word) + 2);
					break;
				}
#ifdef LONG
				if (way == SS_ABSENT || way == SS_BAD)
					MEM32(TSS + 16) = 0x8000;  // not canonical
#else
				if (way >= SS_ABSENT && way <= SS_SMALL)
					MEM32(TSS + 16) = SEL_TEST + 16 + 1;
#endif
				set_idt(vector, gate(sel, TARGET, access, 0));
				label(ring, firsts[i], way, 0);
				enter(&in);
				set_handler(vector);
				load_idt(256 * 2 * sizeof(word) - 1);
				where();
				if (got.vector == 14)
					word32((u32)got.cr2);
				case_done();
				MEM32(TSS + 12) = INNER - 0x200;
				MEM32(TSS + 16) = sizeof(word) == 8 ? 0 : SEL_DATA + 9;
				or_cr0(0, 8);
				__asm__ volatile("fninit");
				if (firsts[i] == 0xfe)
					set_pic(VECTOR);
			}
	or_cr0(0, 0x40000);
	group_done();
}

void
main(void)
{
	int mode, kind;
	set_up();
	set_pic(VECTOR);
	fill_target();
	for (mode = 0; mode < MODES; ++mode)
		for (kind = 0; kind < KINDS; ++kind)
			gates(kind, mode);
#ifdef LONG
	for (mode = 0; mode < MODES; ++mode)
		stack_table(mode);
#else
	v86();
#endif
	paging_on();
	for (mode = 0; mode < MODES; ++mode)
		pairs(mode);
	finish(12);
}
