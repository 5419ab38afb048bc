// system_msr.c: model-specific registers, and the fast system calls that they
// set up. See system.h.
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/ring0.h"

enum {
	MSR_TSC = 0x10, MSR_MTRRCAP = 0xfe, MSR_SYSENTER_CS = 0x174, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
	MSR_MISC_ENABLE = 0x1a0, MSR_MTRR_VAR = 0x200, MSR_MTRR_FIXED_64K = 0x250,
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

// At op: what is done of its block may be what the clock counts.
static NOINLINE u64
clock_now(struct cpu *c, const struct op *op)
{
	u32 done = system_uncounted(c, op);
	u64 t;
	if (!system_counted(c))
		return cpu_time_stamp();
	c->icount += done;
	t = c->sys->io.clock(c->sys->io.arg);
	c->icount -= done;
	return t;
}

u64
system_time_stamp(struct cpu *c, const struct op *op)
{
	return clock_now(c, op) + c->sys->tsc_offset;
}

u64
system_random(struct cpu *c)
{
	u64 x = c->sys->random += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 31) * 0xd1342543de82ef95u;
	x = (x ^ x >> 29) * 0xaf251af3b0f025b5u;
	return x ^ x >> 32;
}

// Where a register that is plain storage lives; 0: none of those.
static u64 *
msr_place(struct cpu *c, u32 n)
{
	struct system *s = c->sys;
	switch (n) {
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
		case MSR_TSC: x = system_time_stamp(c, op); break;
		case MSR_EFER: x = c->sys->efer; break;
		case MSR_TSC_AUX: x = c->tid; break;
		case MSR_MTRRCAP: x = 0x508; break;
		default: cpu_raise(c, op, VEC_GP, 0);
		}
	}
	c->r[GPR_AX] = (u32)x;
	c->r[GPR_DX] = x >> 32;
}

RING0(wrmsr, VEC_GP)
{
	struct system *s = c->sys;
	u32 n = (u32)c->r[GPR_CX];
	u64 x = (u32)c->r[GPR_AX] | c->r[GPR_DX] << 32, *p = msr_place(c, n);
	int ok = 1, i;
	switch (n) {
	case MSR_TSC:
		s->tsc_offset = x - clock_now(c, op);
		break;
	case MSR_EFER:
		if (x & ~(u64)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE) || ((x ^ s->efer) & EFER_LME && s->cr0 & CR0_PG)) {
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

// There is no XCR0 to set: CPUID has no XSAVE.
const struct op *
op_xsetbv(struct cpu *c, const struct op *op)
{
	cpu_raise(c, op, c->sys ? VEC_UD : VEC_GP, 0);
}

// SMAP's switch. The arithmetic flags stay as they are kept: lowering knows how.
static NOINLINE void
set_ac(struct cpu *c, const struct op *op, int on)
{
	struct lazy_flags f = flags_save(c);
	if (!c->sys || !(system_cpuid(c, 7, 0).ebx & CPUID_7_EBX_SMAP) || c->cpl)
		cpu_raise(c, op, VEC_UD, 0);
	cpu_set_flags(c, (cpu_get_flags(c) & ~(u32)FLAG_AC) | (on ? (u32)FLAG_AC : 0u));
	flags_restore(c, f);
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
	if (CPU_MODE(c) != MODE_64 || !(s->efer & EFER_SCE))
		cpu_raise(c, op, VEC_UD, 0);
	c->r[GPR_CX] = op_next_pc(op);
	c->r[GPR_R11] = flags & ~(u32)FLAG_RF;
	c->pc = s->lstar;
	cpu_set_flags(c, (flags & ~(u32)(s->fmask | FLAG_RF)) | 2);
	enter_flat(c, cs, cs + 8, 0, R_LONG);
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
	if (CPU_MODE(c) != MODE_64 || !(s->efer & EFER_SCE))
		cpu_raise(c, op, VEC_UD, 0);
	if (c->cpl || (wide && !canonical(c->r[GPR_CX])))
		cpu_raise(c, op, VEC_GP, 0);
	cpu_set_flags(c, ((u32)c->r[GPR_R11] & 0x3f7fd7 & ~(u32)(FLAG_RF | FLAG_VM)) | 2);
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

const struct op *
op_sysenter(struct cpu *c, const struct op *op)
{
	struct system *s = c->sys;
	int wide = s && long_mode(c);
	if (!s)
		cpu_raise(c, op, VEC_UD, 0);
	if (!(s->cr0 & CR0_PE) || !(s->sysenter_cs & 0xfffc))
		cpu_raise(c, op, VEC_GP, 0);
	cpu_set_flags(c, cpu_get_flags(c) & ~(u32)(FLAG_VM | FLAG_IF | FLAG_RF));
	c->real = 0;
	c->pc = wide ? s->sysenter_ip : (u32)s->sysenter_ip;
	c->r[GPR_SP] = wide ? s->sysenter_sp : (u32)s->sysenter_sp;
	enter_flat(c, (u32)s->sysenter_cs, (u32)s->sysenter_cs + 8, 0, wide ? (u32)R_LONG : (u32)R_BIG);
	LEAVE(STOP_ATTENTION);
}

// With REX.W to 64-bit code.
const struct op *
op_sysexit(struct cpu *c, const struct op *op)
{
	struct system *s = c->sys;
	int wide = s && CPU_MODE(c) == MODE_64 && op->size == 8;
	u32 cs;
	if (!s || !protected_mode(c) || c->cpl || !(s->sysenter_cs & 0xfffc) ||
	    (wide && !(canonical(c->r[GPR_DX]) && canonical(c->r[GPR_CX]))))
		cpu_raise(c, op, VEC_GP, 0);
	cs = (u32)s->sysenter_cs + (wide ? 32 : 16);
	c->pc = wide ? c->r[GPR_DX] : (u32)c->r[GPR_DX];
	c->r[GPR_SP] = wide ? c->r[GPR_CX] : (u32)c->r[GPR_CX];
	enter_flat(c, cs, cs + 8, 3, wide ? (u32)R_LONG : (u32)R_BIG);
	LEAVE(STOP_ATTENTION);
}
