// system.c: control, debug and model-specific registers, descriptor table
// registers, privileged instructions, ports. See system.h. Above ring 0, and
// in a Linux program, they fault. A tiny build has system_tiny.c instead.
#include <stdlib.h>
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/system.h"
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
	s->apic_base = 0xfee00900;
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
	p[0] = mem_slow(c->mem, 0, at, access, &why);
	if (!p[0])
		return refused(c, at, why);
	p[1] = 0;
	if (*k < n) {
		at += (u64)*k;
		if (!long_mode(c))
			at = (u32)at;
		p[1] = mem_slow(c->mem, 0, at, access, &why);
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
	if (changed & c->sysflags & FLAG_IF && c->sys->intr)
		cpu_attention(c);
	if (changed & FLAG_AC && c->sys->cr4 & CR4_SMAP)
		system_settle(c);
}

// --- x87, MMX, SSE and AVX: on or off --------------------------------------------------------

enum { UNIT_X87 = 1, UNIT_WAIT, UNIT_MMX, UNIT_SSE, UNIT_AVX, UNIT_XSAVE, UNIT_XCR };

int
system_unit(const struct insn *in)
{
	int i;
	switch (in->op) {
	case OP_FWAIT:
		return UNIT_WAIT;
	case OP_FXSAVE: case OP_FXRSTOR:
		return UNIT_X87;
	case OP_XSAVE: case OP_XRSTOR: case OP_XSAVEOPT: case OP_XSAVEC:
		return UNIT_XSAVE;
	case OP_XGETBV:
		return UNIT_XCR;
	}
	if (in->op < OP_FLD)
		return 0;
	if (in->op < OP_MOVD)
		return UNIT_X87;
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
	case UNIT_XCR:
		absent = 0;
		undefined = !(cr4 & CR4_OSXSAVE);
		break;
	case UNIT_XSAVE:
		undefined = !(cr4 & CR4_OSXSAVE);
		break;
	default:
		undefined = !(cr4 & CR4_OSXSAVE) || c->real;
	}
	if (undefined || absent)
		cpu_raise(c, op, undefined ? VEC_UD : VEC_NM, 0);
	NEXT();
}

// --- refused above ring 0 -----------------------------------------------------------------

// `user` is what a Linux program gets.
static void
ring0(struct cpu *c, const struct op *op, enum vector user)
{
	if (!c->sys)
		cpu_raise(c, op, user, 0);
	if (c->cpl)
		cpu_raise(c, op, VEC_GP, 0);
}

#define RING0(name, user) \
static NOINLINE void \
name##_(struct cpu *c, const struct op *op); \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	ring0(c, op, user); \
	RUN_NEXT(name##_); \
} \
static NOINLINE void \
name##_(struct cpu *c, const struct op *op)

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

RING0(invpcid, VEC_GP)
{
	u64 type = reg_get(c, op->a, CPU_MODE(c) == MODE_64 ? 8 : 4);
	u64 at = ea(c, op), lo = rd64(c, op, at), hi = rd64(c, op, at + 8);
	if (type > 3 || lo >> 12 || (!type && (u64)((i64)hi >> 47) + 1 > 1))
		cpu_raise(c, op, VEC_GP, 0);
	system_settle(c);
}

// --- interrupt flag ------------------------------------------------------------------------

static int
iopl(const struct cpu *c)
{
	return (int)(c->sysflags >> 12 & 3);
}

const struct op *
op_cli(struct cpu *c, const struct op *op)
{
	if (!c->sys || (c->sys->cr0 & CR0_PE && c->cpl > iopl(c)))
		cpu_raise(c, op, VEC_GP, 0);
	c->sysflags &= ~(u32)FLAG_IF;
	NEXT();
}

const struct op *
op_sti(struct cpu *c, const struct op *op)
{
	if (!c->sys || (c->sys->cr0 & CR0_PE && c->cpl > iopl(c)))
		cpu_raise(c, op, VEC_GP, 0);
	if (!(c->sysflags & FLAG_IF)) {
		c->sysflags |= FLAG_IF;
		c->sys->shadow = op_next_pc(op);
		if (c->sys->intr)
			cpu_attention(c);
	}
	NEXT();
}

// --- ports ------------------------------------------------------------------------------------

static void
may_use_port(struct cpu *c, const struct op *op, unsigned port, int size)
{
	int allowed = 1;
	u32 bad = 0;
	if (!c->sys)
		cpu_raise(c, op, VEC_GP, 0);
	if (c->sys->cr0 & CR0_PE && (c->sysflags & FLAG_VM || c->cpl > iopl(c)))
		bad = task_port(c, port, size, &allowed);
	if (!bad && !allowed)
		bad = FAULT(VEC_GP, 0);
	if (bad)
		cpu_raise_fault(c, op, bad);
}

// AL, AX or EAX with the port in imm8 or DX: i is the port's operand.
static NOINLINE void
port_in(struct cpu *c, const struct op *op)
{
	unsigned port = op_kind(op, 1) == K_IMM ? (unsigned)op->imm & 0xff : (u16)c->r[GPR_DX];
	may_use_port(c, op, port, op->size);
	reg_set(c, GPR_AX, op->size, c->sys->io.in(c->sys->io.arg, port, op->size));
}

static NOINLINE void
port_out(struct cpu *c, const struct op *op)
{
	unsigned port = op_kind(op, 0) == K_IMM ? (unsigned)op->imm & 0xff : (u16)c->r[GPR_DX];
	int size = op->d;
	may_use_port(c, op, port, size);
	c->sys->io.out(c->sys->io.arg, port, size, (u32)reg_get(c, GPR_AX, size));
}

const struct op *
op_in(struct cpu *c, const struct op *op)
{
	RUN_NEXT(port_in);
}

const struct op *
op_out(struct cpu *c, const struct op *op)
{
	RUN_NEXT(port_out);
}

static int
string_size(const struct op *op)
{
	return op->flags & OPF_A32 ? 4 : op->flags & OPF_A16 ? 2 : 8;
}

static u64
string_at(struct cpu *c, const struct op *op, int reg, int seg)
{
	u64 a = reg_get(c, reg, string_size(op));
	return CPU_MODE(c) == MODE_64 ? a + c->segbase[seg] : segment_at(c, op, seg, a);
}

// One element of INS or OUTS.
static void
port_string(struct cpu *c, const struct op *op, int out)
{
	int n = string_size(op), reg = out ? GPR_SI : GPR_DI, size = op->size;
	unsigned port = (u16)c->r[GPR_DX];
	u64 at = string_at(c, op, reg, out ? op->base : (int)SEG_ES);
	if (out) {
		c->sys->io.out(c->sys->io.arg, port, size, (u32)rdn(c, op, at, size));
	} else {
		access_probe(c, op, at, size, MEM_W);
		wrn(c, op, at, size, c->sys->io.in(c->sys->io.arg, port, size));
	}
	reg_set(c, reg, n, c->r[reg] + (u64)(c->df * size));
}

// Returns whether it was interrupted before the end.
static NOINLINE int
port_strings(struct cpu *c, const struct op *op, int out)
{
	may_use_port(c, op, (u16)c->r[GPR_DX], op->size);
	if (!(op->flags & (OPF_REP | OPF_REPNE))) {
		port_string(c, op, out);
		return 0;
	}
	while (reg_get(c, GPR_CX, string_size(op))) {
		port_string(c, op, out);
		reg_set(c, GPR_CX, string_size(op), c->r[GPR_CX] - 1);
		if (c->icount >= LOAD_HOT((const volatile u64 *)&c->limit))
			return reg_get(c, GPR_CX, string_size(op)) != 0;
	}
	return 0;
}

const struct op *
op_ins(struct cpu *c, const struct op *op)
{
	if (port_strings(c, op, 0))
		return op_leave_at(c, op);
	NEXT();
}

const struct op *
op_outs(struct cpu *c, const struct op *op)
{
	if (port_strings(c, op, 1))
		return op_leave_at(c, op);
	NEXT();
}

// --- control registers ---------------------------------------------------------------------------

static u32
load_pdptes(struct cpu *c, u64 cr3)
{
	struct system *s = c->sys;
	u64 e[4];
	int i;
	for (i = 0; i < 4; ++i) {
		u8 *p = mem_ram(c->mem, (cr3 & 0xffffffe0) + 8u * (unsigned)i, 8);
		e[i] = p ? ld64(p) : 0;
		if (e[i] & 1 && e[i] & (0x1e6 | ~((1ull << MACHINE_PHYS_BITS) - 1)))
			return FAULT(VEC_GP, 0);
	}
	memcpy(s->pdpte, e, sizeof e);
	return 0;
}

// Code is decoded for addresses as they are translated now: all goes.
static void
translation_changed(struct cpu *c)
{
	system_settle(c);
	cpu_invalidate(c->code, 0, ~(u64)0);
}

static u32
write_cr0(struct cpu *c, u64 x)
{
	struct system *s = c->sys;
	u64 old = s->cr0, efer = s->efer;
	u32 bad = 0;
	x = (x & 0xe005003f) | CR0_ET;
	if ((x & CR0_PG && !(x & CR0_PE)) || (x & CR0_NW && !(x & CR0_CD)))
		return FAULT(VEC_GP, 0);
	if (x & CR0_PG && !(old & CR0_PG)) {
		if (efer & EFER_LME) {
			if (!(s->cr4 & CR4_PAE) || c->seg[SEG_CS].rights & R_LONG)
				return FAULT(VEC_GP, 0);
			efer |= EFER_LMA;
		} else if (s->cr4 & CR4_PAE) {
			bad = load_pdptes(c, s->cr3);
		}
	} else if (!(x & CR0_PG) && old & CR0_PG) {
		if (CPU_MODE(c) == MODE_64)
			return FAULT(VEC_GP, 0);
		efer &= ~(u64)EFER_LMA;
	}
	if (bad)
		return bad;
	s->cr0 = x;
	s->efer = efer;
	if ((x ^ old) & CR0_PE) {
		c->real = !(x & CR0_PE);
		system_set_code(c, c->sel[SEG_CS], &c->seg[SEG_CS], c->real ? 0 : c->cpl);
	}
	if ((x ^ old) & CR0_PG)
		translation_changed(c);
	else if ((x ^ old) & CR0_WP)
		system_settle(c);
	return 0;
}

static u32
write_cr3(struct cpu *c, u64 x)
{
	struct system *s = c->sys;
	if (s->cr0 & CR0_PG && s->cr4 & CR4_PAE && !long_mode(c)) {
		u32 bad = load_pdptes(c, x);
		if (bad)
			return bad;
	}
	if (long_mode(c) && x >> MACHINE_PHYS_BITS)
		return FAULT(VEC_GP, 0);
	s->cr3 = x;
	system_settle(c);
	return 0;
}

enum {
	CR4_KNOWN = CR4_VME | CR4_PVI | CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_PCE | CR4_OSFXSR |
	            CR4_OSXMMEXCPT | CR4_UMIP | CR4_FSGSBASE | CR4_OSXSAVE | CR4_SMEP | CR4_SMAP
};

static u32
write_cr4(struct cpu *c, u64 x)
{
	struct system *s = c->sys;
	u64 changed = x ^ s->cr4;
	if (x & ~(u64)CR4_KNOWN || (long_mode(c) && !(x & CR4_PAE)))
		return FAULT(VEC_GP, 0);
	if (changed & CR4_PAE && s->cr0 & CR0_PG && x & CR4_PAE) {
		u32 bad = load_pdptes(c, s->cr3);
		if (bad)
			return bad;
	}
	s->cr4 = x;
	if (changed & (CR4_PAE | CR4_PSE | CR4_PGE | CR4_SMEP | CR4_SMAP))
		translation_changed(c);
	return 0;
}

// The register of a moved-to or moved-from general register; others are #UD.
RING0(mov_cr_in_ring0, VEC_GP)
{
	struct system *s = c->sys;
	int size = CPU_MODE(c) == MODE_64 ? 8 : 4, to = op_kind(op, 0) != K_REG;
	int cr = to ? op->a : op->b;
	u64 x = to ? reg_get(c, op->b, size) : 0;
	u32 bad = 0;
	if (to) {
		switch (cr) {
		case 0: bad = x >> 32 ? FAULT(VEC_GP, 0) : write_cr0(c, x); break;
		case 2: c->cr2 = x; break;
		case 3: bad = write_cr3(c, x); break;
		case 4: bad = write_cr4(c, x); break;
		default: bad = x > 15 ? FAULT(VEC_GP, 0) : 0; s->cr8 = bad ? s->cr8 : x;
		}
		if (bad)
			cpu_raise_fault(c, op, bad);
	} else {
		reg_set(c, op->a, size, cr == 0 ? s->cr0 : cr == 2 ? c->cr2 : cr == 3 ? s->cr3 : cr == 4 ? s->cr4 : s->cr8);
	}
}

const struct op *
op_mov_cr(struct cpu *c, const struct op *op)
{
	int cr = op_kind(op, 0) == K_REG ? op->b : op->a;
	if (cr > 8 || !(0x11d >> cr & 1))
		cpu_raise(c, op, VEC_UD, 0);
	TAIL op_mov_cr_in_ring0(c, op);
}

RING0(mov_dr, VEC_GP)
{
	struct system *s = c->sys;
	int size = CPU_MODE(c) == MODE_64 ? 8 : 4, to = op_kind(op, 0) != K_REG;
	int dr = to ? op->a : op->b;
	u64 x = to ? reg_get(c, op->b, size) : 0;
	if (dr == 4 || dr == 5) {
		if (s->cr4 & CR4_DE)
			cpu_raise(c, op, VEC_UD, 0);
		dr += 2;
	}
	if (s->dr7 & DR7_GD) {
		s->dr7 &= ~(u32)DR7_GD;
		s->dr6 |= DR6_BD;
		cpu_raise(c, op, VEC_DB, 0);
	}
	if (!to) {
		reg_set(c, op->a, size, dr == 6 ? s->dr6 : dr == 7 ? s->dr7 : s->dr[dr & 3]);
		return;
	}
	if (dr >= 6 && x >> 32)
		cpu_raise(c, op, VEC_GP, 0);
	if (dr == 6) {
		s->dr6 = (u32)(x & 0xe00f) | 0xffff0ff0;
	} else if (dr == 7) {
		s->dr7 = (u32)(x & 0xffff2bff) | 0x400;
		cpu_limit_zero(c);  // the run loop looks whether instructions run singly
	} else {
		s->dr[dr & 3] = x;
	}
}

RING0(lmsw, VEC_GP)
{
	u64 x = opr_get(c, op, 0, 2);
	u64 keep = c->sys->cr0 & ~(u64)0xe;
	u32 bad = write_cr0(c, keep | (x & 0xf));
	if (bad)
		cpu_raise_fault(c, op, bad);
}

// --- breakpoints -------------------------------------------------------------------------------

// What DR7 says of breakpoint i: its type (0 execute, 1 write, 2 I/O, 3 both)
static int
breakpoint_on(const struct system *s, int i)
{
	return s->dr7 >> 2 * i & 3 ? (int)(s->dr7 >> (16 + 4 * i) & 3) : -1;
}

void
system_watch(struct cpu *c, u64 gva, int n, int access)
{
	struct system *s = c->sys;
	int i;
	for (i = 0; i < 4; ++i) {
		static const u8 lengths[4] = { 1, 2, 8, 4 };
		int type = breakpoint_on(s, i);
		u64 len = lengths[s->dr7 >> (18 + 4 * i) & 3], at = s->dr[i] & ~(len - 1);
		if ((type == 3 || (type == 1 && access & MEM_W)) && gva < at + len && at < gva + (u64)n)
			s->hits |= (u8)(1 << i);
	}
}

void
system_break(struct cpu *c)
{
	struct system *s = c->sys;
	u64 at = CPU_MODE(c) == MODE_64 ? c->pc : (u32)(c->pc + c->code_base);
	u32 hits = 0;
	int i;
	s->hits = 0;
	if (c->sysflags & FLAG_RF)
		return;
	for (i = 0; i < 4; ++i)
		if (breakpoint_on(s, i) == 0 && s->dr[i] == at)
			hits |= 1u << i;
	if (hits) {
		s->dr6 |= hits;
		cpu_raise(c, 0, VEC_DB, 0);
	}
}

int
system_traps(struct cpu *c, int stepped)
{
	struct system *s = c->sys;
	u32 why = s->hits | (stepped ? (u32)DR6_BS : 0u);
	s->hits = 0;
	s->dr6 |= why;
	return why != 0;
}

// --- descriptor table registers ------------------------------------------------------------------

static void
load_table(struct cpu *c, const struct op *op, struct table_register *t)
{
	u64 at = ea(c, op);
	u32 limit = rd16(c, op, at);
	if (CPU_MODE(c) == MODE_64) {
		u64 base = rd64(c, op, at + 2);
		if ((u64)((i64)base >> 47) + 1 > 1)
			cpu_raise(c, op, VEC_GP, 0);
		t->base = base;
	} else {
		t->base = rd32(c, op, at + 2) & (op->flags & OPF_O16 ? 0xffffff : 0xffffffff);
	}
	t->limit = limit;
}

RING0(lgdt, VEC_GP)
{
	load_table(c, op, &c->sys->gdt);
}

RING0(lidt, VEC_GP)
{
	load_table(c, op, &c->sys->idt);
}

static void
umip(struct cpu *c, const struct op *op)
{
	if (c->cpl && c->sys->cr4 & CR4_UMIP)
		cpu_raise(c, op, VEC_GP, 0);
}

void
system_store(struct cpu *c, const struct op *op, u64 x, int protected_only)
{
	if (protected_only && !protected_mode(c))
		cpu_raise(c, op, VEC_UD, 0);
	umip(c, op);
	opr_set(c, op, 0, op_kind(op, 0) == K_MEM ? 2 : op->size, x);
}

void
system_store_table(struct cpu *c, const struct op *op, const struct table_register *t)
{
	int wide = CPU_MODE(c) == MODE_64;
	u64 at = ea(c, op);
	u8 b[10];
	umip(c, op);
	st16(b, (u16)t->limit);
	st64(b + 2, t->base);
	wrv(c, op, at, b, wide ? 10 : 6);
}

static void
load_system_segment(struct cpu *c, const struct op *op, u32 (*load)(struct cpu *, u32))
{
	u32 bad;
	if (!protected_mode(c))
		cpu_raise(c, op, VEC_UD, 0);
	bad = load(c, (u32)opr_get(c, op, 0, 2));
	if (bad)
		cpu_raise_fault(c, op, bad);
}

// Not in real mode, where they are #UD above all.
static void
protected_only(struct cpu *c, const struct op *op)
{
	if (c->sys && !protected_mode(c))
		cpu_raise(c, op, VEC_UD, 0);
}

static NOINLINE void
lldt(struct cpu *c, const struct op *op)
{
	protected_only(c, op);
	ring0(c, op, VEC_GP);
	load_system_segment(c, op, system_lldt);
}

static NOINLINE void
ltr(struct cpu *c, const struct op *op)
{
	protected_only(c, op);
	ring0(c, op, VEC_GP);
	load_system_segment(c, op, system_ltr);
}

const struct op *
op_lldt(struct cpu *c, const struct op *op)
{
	RUN_NEXT(lldt);
}

const struct op *
op_ltr(struct cpu *c, const struct op *op)
{
	RUN_NEXT(ltr);
}

// --- model-specific registers -------------------------------------------------------------------------

enum {
	MSR_TSC = 0x10, MSR_APIC_BASE = 0x1b, MSR_MTRRCAP = 0xfe, MSR_SYSENTER_CS = 0x174, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
	MSR_MCG_CAP = 0x179, MSR_MCG_STATUS = 0x17a, MSR_MISC_ENABLE = 0x1a0, MSR_MTRR_VAR = 0x200, MSR_MTRR_FIXED_64K = 0x250,
	MSR_MTRR_FIXED_16K = 0x258, MSR_MTRR_FIXED_4K = 0x268, MSR_PAT = 0x277, MSR_MTRR_TYPE = 0x2ff
};
#define MSR_EFER 0xc0000080u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_CSTAR 0xc0000083u
#define MSR_FMASK 0xc0000084u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_KERNEL_GS 0xc0000102u
#define MSR_TSC_AUX 0xc0000103u

static u64
clock_now(struct cpu *c)
{
	return c->sys->io.clock ? c->sys->io.clock(c->sys->io.arg) : cpu_time_stamp();
}

u64
system_time_stamp(struct cpu *c)
{
	return clock_now(c) + c->sys->tsc_offset;
}

// Where a register that is plain storage lives; 0: none of those.
static u64 *
msr_place(struct cpu *c, u32 n)
{
	struct system *s = c->sys;
	switch (n) {
	case MSR_APIC_BASE: return &s->apic_base;
	case MSR_SYSENTER_CS: return &s->sysenter_cs;
	case MSR_SYSENTER_ESP: return &s->sysenter_sp;
	case MSR_SYSENTER_EIP: return &s->sysenter_ip;
	case MSR_MISC_ENABLE: return &s->misc;
	case MSR_PAT: return &s->pat;
	case MSR_MTRR_TYPE: return &s->mtrr_type;
	case MSR_MTRR_FIXED_64K: return &s->mtrr_fixed[0];
	case MSR_MTRR_FIXED_16K: case MSR_MTRR_FIXED_16K + 1: return &s->mtrr_fixed[1 + (n & 1)];
	case MSR_STAR: return &s->star;
	case MSR_LSTAR: return &s->lstar;
	case MSR_CSTAR: return &s->cstar;
	case MSR_FMASK: return &s->fmask;
	case MSR_FS_BASE: return &c->segbase[SEG_FS];
	case MSR_GS_BASE: return &c->segbase[SEG_GS];
	case MSR_KERNEL_GS: return &s->kernel_gs;
	}
	if (n - MSR_MTRR_VAR < 16)
		return &s->mtrr_var[n - MSR_MTRR_VAR];
	if (n - MSR_MTRR_FIXED_4K < 8)
		return &s->mtrr_fixed[3 + (n - MSR_MTRR_FIXED_4K)];
	return 0;
}

RING0(rdmsr, VEC_GP)
{
	u32 n = (u32)c->r[GPR_CX];
	u64 *p = msr_place(c, n), x = 0;
	if (p) {
		x = *p;
	} else {
		switch (n) {
		case MSR_TSC: x = system_time_stamp(c); break;
		case MSR_EFER: x = c->sys->efer; break;
		case MSR_TSC_AUX: x = c->tid; break;
		case MSR_MTRRCAP: x = 0x508; break;
		case MSR_MCG_CAP: case MSR_MCG_STATUS: x = 0; break;
		default: cpu_raise(c, op, VEC_GP, 0);
		}
	}
	c->r[GPR_AX] = (u32)x;
	c->r[GPR_DX] = x >> 32;
}

static int
canonical(u64 x)
{
	return (u64)((i64)x >> 47) + 1 <= 1;
}

RING0(wrmsr, VEC_GP)
{
	struct system *s = c->sys;
	u32 n = (u32)c->r[GPR_CX];
	u64 x = (u32)c->r[GPR_AX] | c->r[GPR_DX] << 32, *p = msr_place(c, n);
	int ok = 1, i;
	switch (n) {
	case MSR_TSC:
		s->tsc_offset = x - clock_now(c);
		break;
	case MSR_EFER:
		if (x & ~(u64)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE | EFER_FFXSR) || ((x ^ s->efer) & EFER_LME && s->cr0 & CR0_PG)) {
			ok = 0;
			break;
		}
		s->efer = (x & ~(u64)EFER_LMA) | (s->efer & EFER_LMA);
		system_settle(c);
		break;
	case MSR_TSC_AUX:
		ok = !(x >> 32);
		if (ok)
			c->tid = (u32)x;
		break;
	case MSR_PAT:
		for (i = 0; i < 8; ++i)
			ok &= (x >> 8 * i & 0xff) < 8 && (x >> 8 * i & 0xff) != 2 && (x >> 8 * i & 0xff) != 3;
		break;
	case MSR_LSTAR: case MSR_CSTAR: case MSR_FS_BASE: case MSR_GS_BASE: case MSR_KERNEL_GS:
	case MSR_SYSENTER_ESP: case MSR_SYSENTER_EIP:
		ok = canonical(x);
		break;
	case MSR_MCG_STATUS:
		break;
	default:
		ok = p != 0;
	}
	if (!ok)
		cpu_raise(c, op, VEC_GP, 0);
	if (p)
		*p = x;
}

RING0(swapgs, VEC_GP)
{
	u64 x = c->segbase[SEG_GS];
	(void)op;
	c->segbase[SEG_GS] = c->sys->kernel_gs;
	c->sys->kernel_gs = x;
}

const struct op *
op_hlt(struct cpu *c, const struct op *op)
{
	ring0(c, op, VEC_GP);
	c->pc = op_next_pc(op);
	LEAVE(STOP_HALT);
}

const struct op *
op_rdpmc(struct cpu *c, const struct op *op)
{
	// No counter exists.
	cpu_raise(c, op, VEC_GP, 0);
}

RING0(xsetbv, VEC_GP)
{
	// Linux programs run with all of it on; a PC's XCR0 is not changed yet.
	u64 x = (u32)c->r[GPR_AX] | c->r[GPR_DX] << 32;
	if (!(c->sys->cr4 & CR4_OSXSAVE))
		cpu_raise(c, op, VEC_UD, 0);
	if ((u32)c->r[GPR_CX] || x != isa_xcr0())
		cpu_raise(c, op, VEC_GP, 0);
}

// SMAP's switch
static NOINLINE void
set_ac(struct cpu *c, const struct op *op, int on)
{
	if (!c->sys || !(c->sys->cr4 & CR4_SMAP) || c->cpl)
		cpu_raise(c, op, VEC_UD, 0);
	cpu_set_flags(c, (cpu_get_flags(c) & ~(u32)FLAG_AC) | (on ? (u32)FLAG_AC : 0u));
	system_settle(c);
}

const struct op *
op_clac(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(set_ac, 0);
}

const struct op *
op_stac(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(set_ac, 1);
}

// --- fast system calls ------------------------------------------------------------------------------------

static struct segment
flat_segment(u32 rights)
{
	struct segment s;
	s.base = 0;
	s.limit = 0xffffffff;
	s.rights = R_PRESENT | R_PAGES | R_SYSTEM | R_ACCESSED | R_WRITE | rights;
	return s;
}

static void
enter_flat(struct cpu *c, u32 cs, u32 ss, int cpl, u32 code_rights)
{
	struct segment code = flat_segment(R_CODE | code_rights | (u32)cpl << 13), data = flat_segment(R_BIG | (u32)cpl << 13);
	system_set_code(c, (cs & 0xfffc) | (u32)cpl, &code, cpl);
	system_set_segment(c, SEG_SS, (ss & 0xfffc) | (u32)cpl, &data);
}

static NOINLINE void
syscall_in(struct cpu *c, const struct op *op)
{
	struct system *s = c->sys;
	u32 cs = (u32)(s->star >> 32) & 0xffff, flags = cpu_get_flags(c);
	int wide = CPU_MODE(c) == MODE_64;
	if (!(s->efer & EFER_SCE) || !protected_mode(c))
		cpu_raise(c, op, VEC_UD, 0);
	c->r[GPR_CX] = wide || long_mode(c) ? op_next_pc(op) : (u32)op_next_pc(op);
	if (long_mode(c)) {
		c->r[GPR_R11] = flags & ~(u32)FLAG_RF;
		c->pc = wide ? s->lstar : s->cstar;
		cpu_set_flags(c, (flags & ~(u32)(s->fmask | FLAG_RF)) | 2);
		enter_flat(c, cs, cs + 8, 0, R_LONG);
	} else {
		c->pc = (u32)s->star;
		cpu_set_flags(c, flags & ~(u32)(FLAG_IF | FLAG_RF | FLAG_VM));
		enter_flat(c, cs, cs + 8, 0, R_BIG);
	}
}

const struct op *
system_syscall(struct cpu *c, const struct op *op)
{
	syscall_in(c, op);
	c->icount += op_block(op)->ninsns;
	return cpu_leave(c, STOP_ATTENTION);
}

static NOINLINE void
sysret_out(struct cpu *c, const struct op *op)
{
	struct system *s = c->sys;
	u32 cs = (u32)(s->star >> 48);
	int wide = op->flags & OPF_O16 ? 0 : op->size == 8;
	if (!c->sys)
		cpu_raise(c, op, VEC_GP, 0);
	if (!(s->efer & EFER_SCE))
		cpu_raise(c, op, VEC_UD, 0);
	if (!protected_mode(c) || c->cpl || (wide && !canonical(c->r[GPR_CX])))
		cpu_raise(c, op, VEC_GP, 0);
	if (long_mode(c))
		cpu_set_flags(c, ((u32)c->r[GPR_R11] & 0x3f7fd7 & ~(u32)(FLAG_RF | FLAG_VM)) | 2);
	else
		cpu_set_flags(c, cpu_get_flags(c) | FLAG_IF);
	c->pc = wide ? c->r[GPR_CX] : (u32)c->r[GPR_CX];
	enter_flat(c, wide ? cs + 16 : cs, cs + 8, 3, wide ? (u32)R_LONG : (u32)R_BIG);
}

const struct op *
op_sysret(struct cpu *c, const struct op *op)
{
	if (!c->sys)
		cpu_raise(c, op, VEC_GP, 0);
	sysret_out(c, op);
	LEAVE(STOP_ATTENTION);
}

// In long mode they are #UD, as on AMD processors.
const struct op *
op_sysenter(struct cpu *c, const struct op *op)
{
	struct system *s = c->sys;
	if (!s || long_mode(c))
		cpu_raise(c, op, VEC_UD, 0);
	if (!(s->cr0 & CR0_PE) || !(s->sysenter_cs & 0xfffc))
		cpu_raise(c, op, VEC_GP, 0);
	cpu_set_flags(c, cpu_get_flags(c) & ~(u32)(FLAG_VM | FLAG_IF | FLAG_RF));
	c->pc = (u32)s->sysenter_ip;
	c->r[GPR_SP] = (u32)s->sysenter_sp;
	enter_flat(c, (u32)s->sysenter_cs, (u32)s->sysenter_cs + 8, 0, R_BIG);
	LEAVE(STOP_ATTENTION);
}

const struct op *
op_sysexit(struct cpu *c, const struct op *op)
{
	struct system *s = c->sys;
	if (!s)
		cpu_raise(c, op, VEC_GP, 0);
	if (long_mode(c))
		cpu_raise(c, op, VEC_UD, 0);
	if (!protected_mode(c) || c->cpl || !(s->sysenter_cs & 0xfffc))
		cpu_raise(c, op, VEC_GP, 0);
	c->pc = (u32)c->r[GPR_DX];
	c->r[GPR_SP] = (u32)c->r[GPR_CX];
	enter_flat(c, (u32)s->sysenter_cs + 16, (u32)s->sysenter_cs + 24, 3, R_BIG);
	LEAVE(STOP_ATTENTION);
}
