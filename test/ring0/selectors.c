// selectors.c: selector loads and LAR, LSL, VERR, VERW: every access byte x
// GDT and LDT x RPL x CPL, in each mode; null selectors and those beyond.
//
// As Bochs 2.7 has them (model corei7_icelake_u), except: in compatibility mode
// Bochs's LLDT reads eight bytes; SDM vol 3, segment descriptor tables in IA-32e
// mode, has system descriptors of 16 in all of it, and so has qemu.
// qemu 7.2 takes a null selector for LTR, null SS of any RPL in 64-bit mode below
// ring 3, and tells LAR and LSL types that long mode does not have.
#include "cases.h"

static const char *const modes[] = MODE_NAMES;

enum { QUERY, MOV_ES, MOV_SS, POP_DS, POP_SS, LES, LSS, LFS, LSS_W, MOV_GS, LLDT_CX, LTR_CX, HOWS };
static const char *const names[HOWS] = { "query", "mov es", "mov ss", "pop ds", "pop ss", "les", "lss", "lfs", "lss.w", "mov gs", "lldt", "ltr" };

static void
emit(int how)
{
	code();
	switch (how) {
	case QUERY:
		bytes(0x0f00e1);  // verr cx
		bytes(0x0f94c2);  // setz dl
		bytes(0x0f00e9);  // verw cx
		bytes(0x0f94c6);  // setz dh
		bytes(0x0f03d9);  // lsl bx, cx
		bytes(0x0f44f7);  // cmovz si, di
		bytes(0x0f02c1);  // lar ax, cx
		break;
	case MOV_ES: bytes(0x8ec1); break;
	case MOV_SS: bytes(0x8ed1); break;
	case MOV_GS: bytes(0x8ee9); break;
	case POP_DS: byte(0x1f); break;
	case POP_SS: byte(0x17); break;
	case LES: bytes(0xc407); break;
	case LSS: bytes(0x0fb207); break;
	case LSS_W: bytes(0x480fb207); break;
	case LFS: bytes(0x0fb407); break;
	case LLDT_CX: bytes(0x0f00d1); break;
	case LTR_CX: bytes(0x0f00d9); break;
	}
	byte(0xcc);
}

static void
try(int how, int mode, u32 ring, u32 sel)
{
	prepare(mode, ring);
	in.cx = 0xffff0000 | sel;
	in.dx = 0;
	in.ax = in.bx = 0x55555555;
	in.si = 0x11111111;
	in.di = 0x22222222;
	if (how == POP_DS || how == POP_SS)
		MEM32(in.sp) = sel;
	if (how == LES || how == LSS || how == LFS || how == LSS_W) {
		in.bx = in.di = BUFFER;
		MEM32(BUFFER) = sel << 16 | 0x4321;
		MEM32(BUFFER + 4) = how == LSS_W ? 0x12345678 : sel;
		MEM32(BUFFER + 8) = sel;
	}
	enter(&in);
	what_happened();
	if (how == QUERY) {
		word32((u32)got.ax);
		word32((u32)got.bx);
		word32((u32)((got.dx & 0xffff) | (got.flags & 0x40) << 16 | (got.si & 1) << 28));
	} else {
		word32((u32)(got.es << 16 | got.ss));
		word32((u32)(got.ds << 16 | got.fs));
		word32((u32)(got.gs << 16 | (got.ax & 0xffff)));
		word32((u32)(got.sp - in.sp));
	}
}

static void
restore(int how)
{
	if (how == LLDT_CX)
		__asm__ volatile("lldt %w0" : : "r"(SEL_LDT));
	if (how == LTR_CX) {
		MEM8(GDT + SEL_TSS + 5) = 0x89;
		__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
	}
}

static void
all(int how, int mode)
{
	u32 ring, rpl, ti, access, step = EVERY(how <= MOV_SS ? 3 : 5);
	group(modes[mode], names[how]);
	emit(how);
	for (ring = 0; ring < (how >= LLDT_CX ? 1u : 4u); ++ring)
		for (ti = 0; ti < 2; ++ti)
			for (rpl = 0; rpl < 4; ++rpl) {
				u32 sel = SEL_TEST | rpl | ti << 2, at = (ti ? LDT : GDT) + SEL_TEST;
				for (access = 0; access < 256; access += step) {
					int down = (access & 0x1c) == 0x14, flags = 12;
					// Code that is 32 and 64 bits has its own cases.
					MEM64(at) = how == QUERY ? segment(0x12345678, 0x0abcd, access, access & 1 ? 13 : 4) :
						how >= LLDT_CX ? segment(how == LTR_CX ? TSS : LDT, 0x1ff, access, 0) :
						segment(0, down ? 0 : 0xfffff, access, (u32)flags);
					MEM64(at + 8) = 0;
					label(ring, ti, rpl, access);
					try(how, mode, ring, sel);
					word32(MEM8(at + 5));
					case_done();
					restore(how);
				}
			}
	// null, and at and beyond the limits
	for (ring = 0; ring < (how >= LLDT_CX ? 1u : 4u); ++ring) {
		u32 i;
		static const u16 sels[] = { 0, 1, 2, 3, 4, 5, 6, 7, 0x1f8, 0x1fb, 0x200, 0x203, 0x204, 0x1ff, 0x1fc, 0xfff8, 0xffff, 0xfffc };
		MEM64(GDT + 0x1f8) = MEM64(LDT) = MEM64(LDT + 0x1f8) = segment(0, 0xffff, how >= LLDT_CX ? 0x82 : 0xf3, 12);
		for (i = 0; i < sizeof sels / 2; ++i) {
			label(ring, 2, 0, sels[i]);
			try(how, mode, ring, sels[i]);
			case_done();
			restore(how);
		}
	}
	group_done();
}

void
main(void)
{
	int mode, how;
	set_up();
	for (mode = 0; mode < MODES; ++mode)
		for (how = 0; how < LTR_CX; ++how)
			if (how != LSS_W || mode == MODE_64)
				all(how, mode);
	for (mode = 0; mode < MODES; ++mode)
		all(LTR_CX, mode);
	finish(10);
}
