// system.c: what follows from the state of a PC's processor for the rest of
// cpu/, its reset, and the smaller privileged instructions. See system.h; the
// others are in system_*.c. Above ring 0, and in a Linux program, they fault. A
// tiny build has system_tiny.c instead of all of them.
#include <stdlib.h>
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/ring0.h"
#include "cpu/x87.h"
#include "mem/machine.h"

// --- state that others derive from ------------------------------------------------

void
system_settle(struct cpu *c)
{
	struct system *s = c->sys;
	struct mem_paging pg;
	memset(&pg, 0, sizeof pg);
	pg.mode = !(s->cr0 & CR0_PG) ? PAGING_OFF : !(s->cr4 & CR4_PAE) ? PAGING_32 : s->efer & EFER_LMA ? PAGING_LONG : PAGING_PAE;
	pg.user = c->cpl == 3;
	pg.wp = (s->cr0 & CR0_WP) != 0;
	pg.pse = (s->cr4 & CR4_PSE) != 0;
	pg.nxe = (s->efer & EFER_NXE) != 0;
	pg.smep = (s->cr4 & CR4_SMEP) != 0;
	pg.smap = s->cr4 & CR4_SMAP && !(c->sysflags & FLAG_AC);
	pg.root = s->cr3;
	memcpy(pg.pdpte, s->pdpte, sizeof pg.pdpte);
	mem_set_paging(c->mem, &pg);
	tlb_flush(&c->tlb);
	cpu_forget_jumps(c);
	c->code_paged = pg.mode != PAGING_OFF;
	cpu_limit_zero(c);  // what follows is looked up anew
}

void
system_set_cpl(struct cpu *c, int cpl)
{
	int crossed = (c->cpl == 3) != (cpl == 3);
	c->cpl = (u8)cpl;
	if (system_pends(c))
		cpu_limit_zero(c);
	if (crossed && c->sys->cr0 & CR0_PG)
		system_settle(c);
}

int
cpu_make_system(struct cpu *c, const struct cpu_io *io)
{
	c->sys = (struct system *)calloc(1, sizeof *c->sys);
	if (!c->sys)
		return -1;
	c->sys->io = *io;
	cpu_reset(c);
	return 0;
}

void
cpu_reset(struct cpu *c)
{
	struct system *s = c->sys;
	struct cpu_io io = s->io;
	int i;
	memset(s, 0, sizeof *s);
	s->io = io;
	s->cr0 = CR0_ET | CR0_NW | CR0_CD;
	s->dr6 = 0xffff0ff0;
	s->dr7 = 0x400;
	s->gdt.limit = s->idt.limit = 0xffff;
	s->ldt.limit = s->tr.limit = 0xffff;
	s->ldt.rights = R_PRESENT | 0x200;
	s->tr.rights = R_PRESENT | 0xb00;
	s->pat = 0x0007040600070406;
	s->shadow = ~(u64)0;
	memset(c->r, 0, sizeof c->r);
	c->r[GPR_DX] = isa_cpuid(1, 0).eax;
	cpu_set_flags(c, 2);
	c->cpl = 0;
	c->real = 1;
	for (i = SEG_ES; i <= SEG_GS; ++i) {
		c->sel[i] = 0;
		c->seg[i].base = 0;
		c->seg[i].limit = 0xffff;
		c->seg[i].rights = R_PRESENT | R_SYSTEM | R_WRITE | R_ACCESSED;
		c->segbase[i] = 0;
	}
	c->sel[SEG_CS] = 0xf000;
	c->seg[SEG_CS].base = 0xffff0000;
	c->seg[SEG_CS].rights |= R_CODE;
	c->pc = 0xfff0;
	c->fcw = 0x40;
	c->fsw = 0;
	c->ignne = 0;
	c->ftags = 0xff;
	c->mxcsr = 0x1f80;
	system_set_code(c, 0xf000, &c->seg[SEG_CS], 0);
	system_settle(c);
}

// --- memory as the processor uses it ---------------------------------------------------

void
cpu_raise_fault(struct cpu *c, const struct op *op, u32 fault)
{
	cpu_raise(c, op, (enum vector)(fault >> 16), fault & 0xffff);
}

// What an inaccessible byte means
static u32
refused(struct cpu *c, u64 at, enum mem_fault why)
{
	if (why == MEM_NONCANONICAL)
		return FAULT(VEC_GP, 0);
	c->cr2 = at;
	return FAULT(VEC_PF, mem_fault_error(c->mem));
}

void
system_refuse(struct cpu *c, const struct op *op, u64 at, enum mem_fault why)
{
	if (why == MEM_NONCANONICAL)
		cpu_raise(c, op, cpu_uses_stack_segment(c, op, at) ? VEC_SS : VEC_GP, 0);
	cpu_raise_fault(c, op, refused(c, at, why));
}

void
system_fetch_fault(struct cpu *c, u64 va)
{
	enum mem_fault why = MEM_UNMAPPED;
	u64 phys;
	if (va == BEYOND_LIMIT || !mem_translate(c->mem, va, MEM_R | MEM_X, &phys, &why))
		cpu_raise(c, 0, VEC_GP, 0);
	cpu_raise_fault(c, 0, refused(c, va, why));
}

int
system_code_at(struct cpu *c, u64 pc, u64 *at, u64 *fault_va)
{
	u64 linear = CPU_MODE(c) == MODE_64 ? pc : (u32)(pc + c->code_base);
	enum mem_fault why;
	*fault_va = linear;
	if (CPU_MODE(c) != MODE_64 && pc > c->code_limit) {
		*fault_va = BEYOND_LIMIT;
		return -1;
	}
	return mem_translate(c->mem, linear, MEM_R | MEM_X, at, &why);
}

// Host addresses of [at, at+n), which may be on two pages: k bytes on the first.
static u32
place(struct cpu *c, u64 at, int n, int access, u8 *p[2], int *k)
{
	enum mem_fault why = MEM_UNMAPPED;
	int room = PAGE_SIZE_GUEST - (int)(at & (PAGE_SIZE_GUEST - 1));
	if (!long_mode(c))
		at = (u32)at;
	*k = n < room ? n : room;
	p[0] = mem_slow(c->mem, 0, at, access | MEM_BYTES(*k), &why);
	if (!p[0])
		return refused(c, at, why);
	p[1] = 0;
	if (*k < n) {
		at += (u64)*k;
		if (!long_mode(c))
			at = (u32)at;
		p[1] = mem_slow(c->mem, 0, at, access | MEM_BYTES(n - *k), &why);
		if (!p[1])
			return refused(c, at, why);
	}
	return 0;
}

u32
system_read(struct cpu *c, u64 at, int n, int super, u64 *x)
{
	u8 *p[2], b[8];
	int k;
	u32 bad = place(c, at, n, MEM_R | (super ? MEM_SUPER : 0), p, &k);
	if (bad)
		return bad;
	if (!super && system_watching(c))
		system_watch(c, at, n, MEM_R);
	memset(b, 0, sizeof b);
	memcpy(b, p[0], (size_t)k);
	if (k < n)
		memcpy(b + k, p[1], (size_t)(n - k));
	*x = ld64(b);
	return 0;
}

u32
system_probe(struct cpu *c, u64 at, int n, int super)
{
	u8 *p[2];
	int k;
	return place(c, at, n, MEM_W | (super ? MEM_SUPER : 0), p, &k);
}

u32
system_write(struct cpu *c, u64 at, int n, int super, u64 x)
{
	u8 *p[2], b[8];
	int k;
	u32 bad = place(c, at, n, MEM_W | (super ? MEM_SUPER : 0), p, &k);
	if (bad)
		return bad;
	if (!super && system_watching(c))
		system_watch(c, at, n, MEM_W);
	st64(b, x);
	memcpy(p[0], b, (size_t)k);
	if (k < n)
		memcpy(p[1], b + k, (size_t)(n - k));
	return 0;
}

// --- interrupts as instructions see them --------------------------------------------------

void
cpu_set_intr(struct cpu *c, int level)
{
	c->sys->intr = (u8)level;
	if (level && c->sysflags & FLAG_IF)
		cpu_attention(c);
}

int
cpu_accepts(const struct cpu *c)
{
	return c->sysflags & FLAG_IF && c->sys->shadow != c->pc;
}

void
system_flags(struct cpu *c, u32 old)
{
	u32 changed = old ^ c->sysflags;
	if (changed & c->sysflags & FLAG_IF) {
		c->sys->shadow = ~(u64)0;  // of an STI long ago
		if (c->sys->intr)
			cpu_attention(c);
	}
	if (system_pends(c) || changed & FLAG_RF)
		cpu_limit_zero(c);
	if (changed & FLAG_AC && c->sys->cr4 & CR4_SMAP)
		system_settle(c);
}

u32
system_virtual_flags(struct cpu *c)
{
	u32 flags = cpu_get_flags(c) & 0xffff & ~(u32)FLAG_IF;
	return flags | FLAG_IOPL | (c->sysflags & FLAG_VIF ? (u32)FLAG_IF : 0u);
}

int
system_set_vif(struct cpu *c, u32 flags)
{
	if (flags & FLAG_TF || (flags & FLAG_IF && c->sysflags & FLAG_VIP))
		return -1;
	c->sysflags = (c->sysflags & ~(u32)FLAG_VIF) | (flags & FLAG_IF ? (u32)FLAG_VIF : 0u);
	return 0;
}

void
cpu_ignore_x87(struct cpu *c)
{
	c->ignne = (c->fsw & FSW_ES) != 0;
}

int
system_ignores_x87(const struct cpu *c)
{
	return c->ignne && !(c->sys->cr0 & CR0_NE);
}

// --- CPUID -----------------------------------------------------------------------

enum {
	CPUID_1_ECX_WITHHELD = 1 << 12 | 1 << 26 | 1 << 28 | 1 << 29,  // FMA XSAVE AVX F16C
	CPUID_1_EDX_WITHHELD = 1 << 7 | 1 << 9 | 1 << 14 | 1 << 28,    // MCE APIC MCA HTT
	CPUID_7_EBX_WITHHELD = 1 << 5,                                 // AVX2
	CPUID_7_ECX_WITHHELD = 1 << 9 | 1 << 10,                       // VAES VPCLMULQDQ
	CPUID_80000001_EDX_SYSCALL = 1 << 11,
	CPUID_80000001_EDX_PDPE1GB = 1 << 26
};

struct isa_cpuid
system_cpuid(const struct cpu *c, u32 leaf, u32 subleaf)
{
	struct isa_cpuid id = isa_cpuid(leaf, subleaf);
	switch (leaf) {
	case 1:
		id.ecx &= ~(u32)CPUID_1_ECX_WITHHELD;
		id.edx &= ~(u32)CPUID_1_EDX_WITHHELD;
		break;
	case 7:
		id.ebx &= ~(u32)CPUID_7_EBX_WITHHELD;
		id.ecx &= ~(u32)CPUID_7_ECX_WITHHELD;
		if (id.ebx & CPUID_7_EBX_FSGSBASE) {  // not before that generation
			id.ebx |= CPUID_7_EBX_SMEP | CPUID_7_EBX_SMAP;
			id.ecx |= CPUID_7_ECX_UMIP;
		}
		break;
	case 0xd:
		memset(&id, 0, sizeof id);
		break;
	case 0x80000001:
		id.edx |= CPUID_80000001_EDX_PDPE1GB;
		if (CPU_MODE(c) != MODE_64)  // so Intel's, whose SYSCALL is #UD there
			id.edx &= ~(u32)CPUID_80000001_EDX_SYSCALL;
		break;
	case 0x80000008:
		id.eax = (id.eax & ~255u) | MACHINE_PHYS_BITS;
		break;
	}
	return id;
}

// --- x87, MMX, SSE and AVX: on or off --------------------------------------------------------

enum { UNIT_X87 = 1, UNIT_WAIT, UNIT_MMX, UNIT_SSE, UNIT_AVX };

int
system_unit(const struct insn *in)
{
	int i;
	switch (in->op) {
	case OP_FWAIT:
		return UNIT_WAIT;
	case OP_FXSAVE: case OP_FXRSTOR:
		return UNIT_X87;
	case OP_XSAVE: case OP_XRSTOR: case OP_XSAVEOPT: case OP_XSAVEC: case OP_XSAVES: case OP_XRSTORS: case OP_XGETBV:
		return UNIT_AVX;
	}
	if (in->op < OP_FLD)
		return 0;
	if (in->op < OP_MOVD)
		return UNIT_X87;
	switch (in->op) {  // with memory, none of the operands shows it
	case OP_CVTTPS2PI: case OP_CVTPS2PI: case OP_CVTTPD2PI: case OP_CVTPD2PI:
	case OP_CVTTSS2SI: case OP_CVTSS2SI: case OP_CVTTSD2SI: case OP_CVTSD2SI:
		return UNIT_SSE;
	}
	for (i = 0; i < in->nopr; ++i) {
		if (in->opr[i].kind == OPR_MM)
			return UNIT_MMX;
		if (in->opr[i].kind == OPR_XMM || in->opr[i].kind == OPR_YMM)
			return in->vex ? UNIT_AVX : UNIT_SSE;
	}
	switch (in->op) {
	case OP_EMMS:
		return UNIT_MMX;
	case OP_LDMXCSR: case OP_STMXCSR:
		return UNIT_SSE;
	}
	return in->vex ? (int)UNIT_AVX : 0;
}

const struct op *
op_unit(struct cpu *c, const struct op *op)
{
	u64 cr0 = c->sys->cr0, cr4 = c->sys->cr4;
	int undefined = 0, absent = (cr0 & CR0_TS) != 0;
	switch (op->imm) {
	case UNIT_WAIT:
		absent = (cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS);
		break;
	case UNIT_X87:
		absent = (cr0 & (CR0_EM | CR0_TS)) != 0;
		break;
	case UNIT_MMX:
		undefined = (cr0 & CR0_EM) != 0;
		break;
	case UNIT_SSE:
		undefined = (cr0 & CR0_EM) != 0 || !(cr4 & CR4_OSFXSR);
		break;
	default:
		undefined = 1;  // CR4.OSXSAVE cannot be set
	}
	if (undefined || absent)
		cpu_raise(c, op, undefined ? VEC_UD : VEC_NM, 0);
	NEXT();
}

// --- small ones ------------------------------------------------------------------

RING0(clts, VEC_GP)
{
	c->sys->cr0 &= ~(u64)CR0_TS;
	(void)op;
}
// Caches hold nothing that memory does not.
RING0(invd, VEC_GP) { (void)c, (void)op; }
RING0(wbinvd, VEC_GP) { (void)c, (void)op; }
RING0(wbnoinvd, VEC_GP) { (void)c, (void)op; }

RING0(invlpg, VEC_GP)
{
	(void)op;
	system_settle(c);
}

// CPUID does not name it.
const struct op *
op_invpcid(struct cpu *c, const struct op *op)
{
	cpu_raise(c, op, c->sys ? VEC_UD : VEC_GP, 0);
}

// --- interrupt flag ------------------------------------------------------------------------

// Whether it is VIF that CLI and STI change.
static int
changes_vif(struct cpu *c, const struct op *op)
{
	if (c->sys && (!(c->sys->cr0 & CR0_PE) || c->cpl <= iopl(c)))
		return 0;
	if (!c->sys || !system_has_vif(c))
		cpu_raise(c, op, VEC_GP, 0);
	return 1;
}

const struct op *
op_cli(struct cpu *c, const struct op *op)
{
	c->sysflags &= ~(u32)(changes_vif(c, op) ? FLAG_VIF : FLAG_IF);
	NEXT();
}

const struct op *
op_sti(struct cpu *c, const struct op *op)
{
	if (changes_vif(c, op)) {
		if (system_set_vif(c, FLAG_IF))
			cpu_raise(c, op, VEC_GP, 0);
	} else if (!(c->sysflags & FLAG_IF)) {
		c->sysflags |= FLAG_IF;
		c->sys->shadow = op_next_pc(op);
		if (c->sys->intr)
			cpu_attention(c);
	}
	NEXT();
}
