// system_cr.c: control and debug registers and what follows from writing them,
// breakpoints, descriptor table registers. See system.h.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/ring0.h"
#include "mem/machine.h"

// --- control registers ---------------------------------------------------------------------------

u32
system_pdptes(struct cpu *c, u64 cr3, u64 *e)
{
	int i;
	for (i = 0; i < 4; ++i) {
		u8 *p = mem_seen(c->mem, (cr3 & 0xffffffe0) + 8u * (unsigned)i);
		e[i] = p ? ld64(p) : 0;
		if (e[i] & 1 && e[i] & (0x1e6 | ~((1ull << MACHINE_PHYS_BITS) - 1)))
			return FAULT(VEC_GP, 0);
	}
	return 0;
}

static u32
load_pdptes(struct cpu *c, u64 cr3)
{
	u64 e[4];
	u32 bad = system_pdptes(c, cr3, e);
	if (!bad)
		memcpy(c->sys->pdpte, e, sizeof e);
	return bad;
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
	} else if (x & old & CR0_PG && (x ^ old) & (CR0_CD | CR0_NW) && s->cr4 & CR4_PAE && !long_mode(c)) {
		bad = load_pdptes(c, s->cr3);
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

// The bits of CR4 for which CPUID has the features
static u64
cr4_known(const struct cpu *c)
{
	struct isa_cpuid id = system_cpuid(c, 7, 0);
	u64 x = CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (system_cpuid(c, 1, 0).edx & CPUID_1_EDX_VME)
		x |= CR4_VME | CR4_PVI;
	return x | (id.ebx & CPUID_7_EBX_FSGSBASE ? (u64)CR4_FSGSBASE : 0) | (id.ebx & CPUID_7_EBX_SMEP ? (u64)CR4_SMEP : 0) |
	       (id.ebx & CPUID_7_EBX_SMAP ? (u64)CR4_SMAP : 0) | (id.ecx & CPUID_7_ECX_UMIP ? (u64)CR4_UMIP : 0);
}

static u32
write_cr4(struct cpu *c, u64 x)
{
	struct system *s = c->sys;
	u64 changed = x ^ s->cr4;
	if (x & ~cr4_known(c) || (long_mode(c) && !(x & CR4_PAE)))
		return FAULT(VEC_GP, 0);
	if (changed & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP) && s->cr0 & CR0_PG && x & CR4_PAE && !long_mode(c)) {
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

// Why #DB comes. Which breakpoints it was is of the latest only.
static void
note_debug(struct system *s, u32 why)
{
	s->dr6 = (s->dr6 & ~(u32)15) | why;
}

// DR4 and DR5 are DR6 and DR7, or with CR4.DE not there.
RING0(mov_dr_in_ring0, VEC_GP)
{
	struct system *s = c->sys;
	int size = CPU_MODE(c) == MODE_64 ? 8 : 4, to = op_kind(op, 0) != K_REG;
	int dr = to ? op->a : op->b;
	u64 x = to ? reg_get(c, op->b, size) : 0;
	dr |= (dr & 4) >> 1;
	if (s->dr7 & DR7_GD) {
		note_debug(s, DR6_BD);
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
		s->held = 0;
		cpu_limit_zero(c);  // the run loop looks whether instructions run singly
	} else {
		s->dr[dr & 3] = x;
	}
}

const struct op *
op_mov_dr(struct cpu *c, const struct op *op)
{
	int dr = op_kind(op, 0) == K_REG ? op->b : op->a;
	if (c->sys && c->sys->cr4 & CR4_DE && (dr & ~1) == 4)
		cpu_raise(c, op, VEC_UD, 0);
	TAIL op_mov_dr_in_ring0(c, op);
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

// Notes the breakpoints of these types (a bit each) that n bytes at start touch.
static void
note_hits(struct system *s, u64 start, int n, unsigned types)
{
	int i;
	for (i = 0; i < 4; ++i) {
		static const u8 lengths[4] = { 1, 2, 8, 4 };
		int type = breakpoint_on(s, i);
		u64 len = lengths[s->dr7 >> (18 + 4 * i) & 3], at = s->dr[i] & ~(len - 1);
		if (type >= 0 && types >> type & 1 && start < at + len && at < start + (u64)n)
			s->hits |= (u8)(1 << i);
	}
}

void
system_watch(struct cpu *c, u64 gva, int n, int access)
{
	note_hits(c->sys, gva, n, access & MEM_W ? 1u << 1 | 1u << 3 : 1u << 3);
}

void
system_watch_port(struct cpu *c, unsigned port, int n)
{
	if (c->sys->cr4 & CR4_DE)
		note_hits(c->sys, port, n, 1u << 2);
}

void
system_break(struct cpu *c)
{
	struct system *s = c->sys;
	u64 at = CPU_MODE(c) == MODE_64 ? c->pc : (u32)(c->pc + c->code_base);
	u32 hits = 0;
	int i;
	if (s->held) {  // those of the load are still to be told
		s->held = 0;
		return;
	}
	s->hits = 0;
	if (system_pends(c) && system_has_vif(c))
		cpu_raise(c, 0, VEC_GP, 0);
	if (c->sysflags & FLAG_RF)
		return;
	for (i = 0; i < 4; ++i)
		if (breakpoint_on(s, i) == 0 && s->dr[i] == at)
			hits |= 1u << i;
	if (hits) {
		note_debug(s, hits);
		cpu_raise(c, 0, VEC_DB, 0);
	}
}

int
system_traps(struct cpu *c, int stepped)
{
	struct system *s = c->sys;
	u32 why = s->hits | (stepped ? (u32)DR6_BS : 0u);
	s->hits = 0;
	if (why)
		note_debug(s, why);
	return why != 0;
}

int
system_debug(struct cpu *c, u32 hits)
{
	note_debug(c->sys, hits);
	return cpu_deliver(c, VEC_DB, DELIVER_EXCEPTION);
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
