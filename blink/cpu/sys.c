// sys.c: what user code can ask of the processor itself: identity, time,
// random numbers, segment registers and bases, caches. What it may not is in
// system.c. Where Linux emulates an instruction that UMIP forbids, the result
// is the kernel's.
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif
#include "cpu/flags.h"
#include "cpu/cpu_internal.h"
#include "cpu/int.h"
#include "cpu/op.h"
#include "cpu/system.h"
#include "host/host.h"

// --- what no build has -----------------------------------------------------------

#define REFUSED(name, vec) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	cpu_raise(c, op, vec, 0); \
}
REFUSED(xsaves, VEC_GP)
REFUSED(xrstors, VEC_GP)
REFUSED(monitor, VEC_UD)
REFUSED(mwait, VEC_UD)
REFUSED(rsm, VEC_UD)
REFUSED(rdpkru, VEC_UD)    // CR4.PKE is off
REFUSED(wrpkru, VEC_UD)

// --- identity, time, chance --------------------------------------------------------

enum { CPUID_1_ECX_XSAVE = 1 << 26, CPUID_1_ECX_OSXSAVE = 1 << 27 };

#ifndef TINY
u32
cpu_number(const struct cpu *c)
{
	return CPU_SYS(c) ? c->tid : host_cpu();
}

// How many processors there are and which this is. All are cores of one package
// without siblings, as /proc/cpuinfo says.
static void
topology(const struct cpu *c, struct isa_cpuid *id)
{
	u32 n = CPU_SYS(c) ? 1 : host_processors(), shift = 0;
	while ((u32)1 << shift < n)
		shift++;
	switch ((u32)c->r[GPR_AX]) {
	case 1:
		id->ebx = (id->ebx & 0xff00ffff) | (u32)min_u64((u32)1 << shift, 255) << 16;
		break;
	case 4:
		if (!(id->eax & 31))
			break;
		id->eax |= ((u32)min_u64((u32)1 << shift, 64) - 1) << 26;
		if ((id->eax >> 5 & 7) == 3)  // all share the last cache
			id->eax |= (((u32)1 << shift) - 1) << 14;
		break;
	case 0xb:
		id->edx = cpu_number(c) & 0xfff;
		if (id->ecx >> 8 == 2) {
			id->eax = shift;
			id->ebx = n;
		}
		break;
	}
}
#else
#define topology(c, id)
#endif

static NOINLINE void
identify(struct cpu *c)
{
	struct isa_cpuid id;
	if (CPU_SYS(c)) {
		id = system_cpuid(c, (u32)c->r[GPR_AX], (u32)c->r[GPR_CX]);
	} else {
		id = isa_cpuid((u32)c->r[GPR_AX], (u32)c->r[GPR_CX]);
		topology(c, &id);
		if ((u32)c->r[GPR_AX] == 1) {
			id.ebx = (id.ebx & 0xffffff) | (u32)(cpu_number(c) & 0xff) << 24;
			id.ecx &= native_features();
			if (id.ecx & CPUID_1_ECX_XSAVE)
				id.ecx |= CPUID_1_ECX_OSXSAVE;
		}
	}
	c->r[GPR_AX] = id.eax;
	c->r[GPR_BX] = id.ebx;
	c->r[GPR_CX] = id.ecx;
	c->r[GPR_DX] = id.edx;
}

const struct op *
op_cpuid(struct cpu *c, const struct op *op)
{
	identify(c);
	NEXT();
}

// The host's counter, or nanoseconds.
u64
cpu_time_stamp(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#else
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
#endif
}

static NOINLINE void
read_time(struct cpu *c, const struct op *op)
{
	u64 t;
	if (CPU_SYS(c) && c->cpl && c->sys->cr4 & CR4_TSD)
		cpu_raise(c, op, VEC_GP, 0);
	t = CPU_SYS(c) ? system_time_stamp(c, op) : cpu_time_stamp();
	c->r[GPR_AX] = (u32)t;
	c->r[GPR_DX] = t >> 32;
}

const struct op *
op_rdtsc(struct cpu *c, const struct op *op)
{
	read_time(c, op);
	NEXT();
}

const struct op *
op_rdtscp(struct cpu *c, const struct op *op)
{
	read_time(c, op);
	c->r[GPR_CX] = cpu_number(c);
	NEXT();
}

const struct op *
op_rdpid(struct cpu *c, const struct op *op)
{
	c->r[op->a] = cpu_number(c);
	NEXT();
}

static NOINLINE void
random_number(struct cpu *c, const struct op *op)
{
	u64 x = 0;
	int ok = 1;
	if (system_counted(c))
		x = system_random(c);
	else
		ok = !getentropy(&x, sizeof x);
	reg_set(c, op->a, op->size, ok ? x : 0);
	flags_set(c, ok ? FLAG_CF : 0);
}

const struct op *
op_rdrand(struct cpu *c, const struct op *op)
{
	RUN_NEXT(random_number);
}

const struct op *
op_rdseed(struct cpu *c, const struct op *op)
{
	RUN_NEXT(random_number);
}

// --- segments ------------------------------------------------------------------------

// Loads a data segment register, or raises what user code gets.
static NOINLINE void
load_segment(struct cpu *c, const struct op *op, int seg, u32 sel)
{
	u32 bad = cpu_load_segment(c, seg, sel);
	if (bad)
		cpu_raise(c, op, (enum vector)(bad >> 16), bad & 0xffff);
}

// No interrupt comes between a load of SS and the next instruction.
static void
shadow_stack_load(struct cpu *c, const struct op *op)
{
	if (CPU_SYS(c) && op->a == SEG_SS)
		c->sys->shadow = op_next_pc(op);
}

const struct op *
op_mov_sreg(struct cpu *c, const struct op *op)
{
	if (op_kind(op, 0) == K_SREG) {
		load_segment(c, op, op->a, (u32)opr_get(c, op, 1, 2));
		shadow_stack_load(c, op);
	} else
		opr_set(c, op, 0, op_kind(op, 0) == K_MEM ? 2 : op->size, c->sel[op->b]);
	NEXT();
}

static int
slot_size(const struct cpu *c, const struct op *op)
{
	return op->flags & OPF_O16 ? 2 : CPU_MODE(c) == MODE_64 ? 8 : 4;
}

const struct op *
op_push_sreg(struct cpu *c, const struct op *op)
{
	stack_push(c, op, slot_size(c, op), c->sel[op->a]);
	NEXT();
}

const struct op *
op_pop_sreg(struct cpu *c, const struct op *op)
{
	int size = slot_size(c, op);
	load_segment(c, op, op->a, (u32)stack_peek(c, op, size, 0));
	stack_set(c, c->r[GPR_SP] + (u64)size);
	shadow_stack_load(c, op);
	NEXT();
}

static NOINLINE void
load_far(struct cpu *c, const struct op *op, int seg)
{
	int size = CPU_SYS(c) && op->size == 8 ? 8 : far_size(op);  // see far_jump
	u64 x = rdn(c, op, ea(c, op), size);
	load_segment(c, op, seg, rd16(c, op, ea_at(c, op, (u64)size)));
	reg_set(c, op->a, size, x);
}

#define LOAD_FAR(name, seg) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	RUN_NEXT_WITH(load_far, seg); \
}
LOAD_FAR(lds, SEG_DS)
LOAD_FAR(les, SEG_ES)
LOAD_FAR(lfs, SEG_FS)
LOAD_FAR(lgs, SEG_GS)
LOAD_FAR(lss, SEG_SS)

static void
set_zf(struct cpu *c, int zf)
{
	flags_update(c, FLAG_ZF, zf ? (u32)FLAG_ZF : 0u);
}

// What a program may know of a descriptor. A PC's system segments tell their
// rights, and those that have one their limit.
enum question { ASK_RIGHTS, ASK_LIMIT, ASK_ACCESS };
static int
ask(struct cpu *c, const struct op *op, u32 sel, enum question q, struct segment *s)
{
	u32 types;
	if (!CPU_SYS(c))
		return segment_of(c, sel, s);
	if (!protected_mode(c))
		cpu_raise(c, op, VEC_UD, 0);
	types = q == ASK_RIGHTS ? 0x1a3e : q == ASK_LIMIT ? 0x0a0e : 0;
	return system_ask(c, op, sel, long_mode(c) ? types & 0x1a04 : types, s);
}

static NOINLINE void
ask_segment(struct cpu *c, const struct op *op, int limit)
{
	struct segment s;
	int known = ask(c, op, (u32)opr_get(c, op, 1, 2), limit ? ASK_LIMIT : ASK_RIGHTS, &s);
	if (known)
		reg_set(c, op->a, op->size, limit ? s.limit : s.rights);
	set_zf(c, known);
}

const struct op *
op_lar(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(ask_segment, 0);
}

const struct op *
op_lsl(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(ask_segment, 1);
}

// Readable: data, or code that says so. Writable: data that says so.
static NOINLINE void
verify_segment(struct cpu *c, const struct op *op, int write)
{
	struct segment s;
	int ok = ask(c, op, (u32)opr_get(c, op, 0, 2), ASK_ACCESS, &s);
	set_zf(c, ok && (write ? (s.rights & 0xa00) == 0x200 : (s.rights & 0xa00) != 0x800));
}

const struct op *
op_verr(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(verify_segment, 0);
}

const struct op *
op_verw(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(verify_segment, 1);
}

const struct op *
op_arpl(struct cpu *c, const struct op *op)
{
	if (CPU_SYS(c) && !protected_mode(c))
		cpu_raise(c, op, VEC_UD, 0);
	u64 x = opr_get(c, op, 0, 2), rpl = c->r[op->b] & 3;
	int raise = (x & 3) < rpl;
	if (raise)
		opr_set(c, op, 0, 2, (x & ~(u64)3) | rpl);
	set_zf(c, raise);
	NEXT();
}

// A PC's system software has to allow these.
static inline void
need_fsgsbase(struct cpu *c, const struct op *op)
{
	if (CPU_SYS(c) && !(c->sys->cr4 & CR4_FSGSBASE))
		cpu_raise(c, op, VEC_UD, 0);
}

#define BASE(seg, name) \
const struct op * \
op_rd##name(struct cpu *c, const struct op *op) \
{ \
	need_fsgsbase(c, op); \
	reg_set(c, op->a, op->size, c->segbase[seg]); \
	NEXT(); \
} \
const struct op * \
op_wr##name(struct cpu *c, const struct op *op) \
{ \
	u64 x = reg_get(c, op->a, op->size); \
	need_fsgsbase(c, op); \
	if ((u64)((i64)x >> 47) + 1 > 1) \
		cpu_raise(c, op, VEC_GP, 0); \
	c->segbase[seg] = x; \
	NEXT(); \
}
BASE(SEG_FS, fsbase)
BASE(SEG_GS, gsbase)

// --- UMIP: the values that Linux makes up -----------------------------------------------

// Faults are those of a kernel that tried to write for the user.
static void
kernel_store(struct cpu *c, const struct op *op, const void *src, size_t n)
{
	u64 at = ea(c, op);
	if (CPU_MODE(c) != MODE_64)
		at = segment_check(c, op, at, 1, MEM_R);
	if (at == ~(u64)0)  // to the kernel this is no address
		cpu_raise(c, op, VEC_GP, 0);
	if (mem_write(c->mem, at, src, n))
		cpu_raise_pf(c, op, at, PF_USER | PF_WRITE | PF_EMULATED);
}

// A register gets as many bytes as the operand has; its other bytes stay, also
// the upper half.
static NOINLINE void
store_dummy(struct cpu *c, const struct op *op, int low)
{
	u64 x = (u32)low;
	u64 mask = trunc_to(~(u64)0, op->size);
	u8 b[2];
	if (CPU_SYS(c)) {
		system_store(c, op, low == 0x40 ? c->sys->tr.sel : low ? c->sys->cr0 : c->sys->ldt.sel, low == 0 || low == 0x40);
		return;
	}
	st16(b, (u16)x);
	if (op_kind(op, 0) == K_MEM)
		kernel_store(c, op, b, 2);
	else
		c->r[op->a] = (c->r[op->a] & ~mask) | (x & mask);
}

const struct op *
op_smsw(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(store_dummy, (int)0x80050033);
}

const struct op *
op_sldt(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(store_dummy, c->ldt ? 0x50 : 0);
}

const struct op *
op_str(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(store_dummy, 0x40);
}

static NOINLINE void
store_table(struct cpu *c, const struct op *op, int base)
{
	u8 b[10];
	if (CPU_SYS(c)) {
		system_store_table(c, op, base == -0x20000 ? &c->sys->gdt : &c->sys->idt);
		return;
	}
	st16(b, 0);
	st64(b + 2, base);
	kernel_store(c, op, b, CPU_MODE(c) == MODE_64 ? 10 : 6);
}

const struct op *
op_sgdt(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(store_table, -0x20000);
}

const struct op *
op_sidt(struct cpu *c, const struct op *op)
{
	RUN_NEXT_WITH(store_table, -0x10000);
}

// --- caches, order, hints ------------------------------------------------------------------

#define NOTHING(name) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	NEXT(); \
}
NOTHING(pause)
NOTHING(endbr64)
NOTHING(endbr32)
NOTHING(rdssp)
NOTHING(cldemote)
NOTHING(prefetch)
NOTHING(prefetchw)
NOTHING(prefetchwt1)
NOTHING(prefetchnta)
NOTHING(prefetcht0)
NOTHING(prefetcht1)
NOTHING(prefetcht2)

#define FENCE(name) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	__sync_synchronize(); \
	NEXT(); \
}
FENCE(lfence)
FENCE(sfence)
FENCE(mfence)
FENCE(serialize)

// A line flush needs the line to be readable.
#define FLUSH(name) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	(void)rd8(c, op, ea(c, op)); \
	NEXT(); \
}
FLUSH(clflush)
FLUSH(clflushopt)
FLUSH(clwb)

const struct op *
op_movnti(struct cpu *c, const struct op *op)
{
	wrn(c, op, ea(c, op), op->size, c->r[op->b]);
	NEXT();
}

const struct op *
op_movdiri(struct cpu *c, const struct op *op)
{
	wrn(c, op, ea(c, op), op->size, c->r[op->b]);
	NEXT();
}

static NOINLINE void
move_line(struct cpu *c, const struct op *op)
{
	u8 b[64];
	u64 dst = reg_get(c, op->a, op->flags & OPF_A32 ? 4 : op->flags & OPF_A16 ? 2 : 8);
	if (CPU_MODE(c) != MODE_64)
		dst = segment_at(c, op, SEG_ES, dst);
	if (dst & 63)
		cpu_raise(c, op, VEC_GP, 0);
	rdv(c, op, ea(c, op), b, 64);
	wrv(c, op, dst, b, 64);
}

const struct op *
op_movdir64b(struct cpu *c, const struct op *op)
{
	RUN_NEXT(move_line);
}
