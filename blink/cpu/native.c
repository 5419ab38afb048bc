// native.c: MMX, SSE and x87 instructions on the host's own unit, by one
// executor. For TINY builds on x86-64 Linux (RUN_NATIVE in the Makefile); every
// other build has a handler for each instruction instead.
//
// Lowering encodes the instruction again, with fixed operands: ModRM.reg is
// xmm1, mm1 or rcx, ModRM.rm is xmm2, mm2, rdx or the memory at rdi; what is
// implied (xmm0, rax, flags, the x87 stack) stays what it is. Such a stub has
// at most eight bytes with its RET, so one word of the table below is both the
// key and the code: entries are added without a lock, never change, and may be
// shared between processes. There are fewer kinds of stub than words (rows of
// the table, 256 immediates at most, REX.W), so it cannot overflow.
//
// At run time operands are copied into a frame, the stub runs on them with the
// guest's MXCSR and, where it is concerned, the guest's x87 state, and then all
// of it is copied back: memory, which may fault, first.
#include <cpuid.h>
#include <stdio.h>
#include <stdlib.h>
#include "cpu/cpu_internal.h"
#include "cpu/flags.h"
#include "cpu/sse.h"
#include "cpu/x87.h"
#include "host/host.h"

enum { TABLE_BITS = 17, START_BITS = 11 };

// op.kinds of these ops; a and b are the registers in ModRM.reg and ModRM.rm,
// d is which of them (1, 2) is written, imm the stub's number.
enum {
	N_X87 = 1,     // works on the x87 state; as asm below tests it
	N_MM = 2,      // has an MMX operand; likewise
	N_MMDEST = 4,  // writes one
	N_MEM = 8,
	N_STORE = 16,
	N_ALIGNED = 32,
	N_READS = 64,  // flags
	N_WRITES = 128,
	N_STRINGS = 256  // PCMPxSTRx: rdx is a length, rcx or xmm0 the result
};

// What the asm below works on; 0 is implied, 1 is ModRM.reg, 2 is ModRM.rm.
struct frame {
	u8 mem[16];
	u8 x[3][16];
	u64 r[3];  // rax, rcx, rdx
	u64 m[3];
	u64 flags;
	u32 mxcsr, host_mxcsr;
	u8 fx[512];
} __attribute__((aligned(16)));
STATIC_ASSERT(offsetof(struct frame, x) == 16 && offsetof(struct frame, r) == 64 && offsetof(struct frame, m) == 88 &&
	offsetof(struct frame, flags) == 112 && offsetof(struct frame, mxcsr) == 120 && offsetof(struct frame, fx) == 128, "as the asm has it");

static u64 *stubs;        // where they are written
static const u8 *code;    // where they run

// An unmasked SSE exception in a stub. Asked before the claimant of run.c.
static void
claim_exception(int sig, siginfo_t *info, void *uc)
{
	struct cpu *c = cpu_self();
	if (sig != SIGFPE || !c || !c->unwind || !c->note)
		return;
	c->mxcsr |= host_fault_mxcsr(uc) & MXCSR_FLAGS;
	if (c->note->kinds & N_MM)
		x87_enter_mmx(c);
	cpu_raise(c, c->note, VEC_XM, 0);
}

void
cpu_init_native(void)
{
	void *w, *x;
	if (host_code_new((size_t)8 << TABLE_BITS, &w, &x)) {
		fputs("blink: the system gives no executable memory; allow it, or use a build other than MODE=tiny\n", stderr);
		exit(127);
	}
	stubs = (u64 *)w;
	code = (const u8 *)x;
	host_claim_faults(claim_exception);
}

u32
native_features(void)
{
	enum { VECTORS = 1 << 0 | 1 << 9 | 1 << 19 | 1 << 20 };  // SSE3 SSSE3 SSE4.1 SSE4.2
	unsigned a, b, c = 0, d;
	__get_cpuid(1, &a, &b, &c, &d);
	return c | ~(u32)VECTORS;
}

static u32
stub_find(u64 bytes)
{
	u32 i = (u32)(bytes * 0x9e3779b97f4a7c15u >> (64 - START_BITS));
	for (;; ++i) {
		u64 there = 0;
		if (__atomic_compare_exchange_n(&stubs[i], &there, bytes, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) || there == bytes)
			return i;
	}
}

void
lower_native(struct op *op, const struct insn *in, const u8 *bytes)
{
	struct insn as;
	struct isa_effect fx;
	u8 enc[8];
	int mem = in->modrm < 0xc0, digit = in->modrm >> 3 & 7, i, n = 0, prefix = 0;
	int at = in->len - in->immlen - in->displen - 1;  // of ModRM
	int kinds = mem ? N_MEM : 0, x87, opcode, map;
	if (op->fn != op_native)
		return;
	at -= mem && in->asize != 2 && (in->modrm & 7) == 4;
	opcode = bytes[at - 1];
	map = at > 1 ? bytes[at - 2] : 0;
	x87 = map != 0x0f && map != 0x38 && map != 0x3a;
	memset(enc, 0, sizeof enc);
	if (x87) {
		kinds |= N_X87;
		if (mem && opcode & 1 && 0xce >> digit & 1)
			kinds |= N_STORE;
	} else {
		for (i = 0; i < at - 2; ++i)
			if ((bytes[i] & 0xfe) == 0xf2 || (bytes[i] == 0x66 && !prefix))
				prefix = bytes[i];
		if (prefix)
			enc[n++] = (u8)prefix;
		if (in->rex & 8)
			enc[n++] = 0x48;
		enc[n++] = 0x0f;
		if (map != 0x0f)
			enc[n++] = (u8)map;
	}
	enc[n++] = (u8)opcode;
	op->a = (u8)(digit | (in->rex & 4) << 1);
	op->b = (u8)((in->modrm & 7) | (in->rex & 1) << 3);
	i = map == 0x0f && opcode >= 0x71 && opcode <= 0x73 ? digit : 1;
	enc[n++] = (u8)(x87 ? mem ? digit << 3 | 7 : in->modrm : mem ? i << 3 | 7 : 0xc0 | i << 3 | 2);
	if (in->immlen)
		enc[n++] = (u8)in->imm;
	op->d = 1;
	if (!x87) {
		isa_decode(&as, enc, sizeof enc, MODE_64);
		if (as.opr[0].kind == OPR_MEM)
			kinds |= N_STORE;
		else
			op->d = as.opr[0].reg;
		if (as.opr[0].kind == OPR_MM)
			kinds |= N_MM | N_MMDEST;
		if (as.opr[1].kind == OPR_MM)
			kinds |= N_MM;
	}
	enc[n] = 0xc3;
	for (i = 0; i < in->nopr; ++i)
		if (in->opr[i].kind == OPR_MEM)
			op->size = (u8)in->opr[i].size;
	if (map == 0x3a && (opcode & 0xfc) == 0x60)
		kinds |= N_STRINGS;
	else if (op->size == 16 && !(map == 0x0f && ((opcode & 0xfe) == 0x10 || (prefix >= 0xf2 && ((opcode & 0xef) == 0x6f || opcode == 0xf0)))))
		kinds |= N_ALIGNED;
	fx = isa_flag_effect(in);
	op->kinds = (u16)(kinds | (fx.reads ? N_READS : 0) | (fx.writes ? N_WRITES : 0));
	op->imm = (i32)stub_find(ld64(enc));
}

static NOINLINE void
native(struct cpu *c, const struct op *op)
{
	struct frame f;
	int k = op->kinds, i, n, ga = op->a, gb = op->b;
	u64 addr = 0;
	if (k & (N_X87 | N_MM))
		x87_wait(c, op);
	if (k & N_MEM) {
		addr = ea(c, op);
		if (k & N_ALIGNED && addr & 15)
			cpu_raise(c, op, VEC_GP, 0);
		if (!(k & N_STORE)) {
			if (op->size <= 8)
				st64(f.mem, rdn(c, op, addr, op->size));
			else
				rdv(c, op, addr, f.mem, op->size);
		}
	}
	if (k & N_STRINGS) {
		ga = GPR_CX;
		gb = GPR_DX;
	}
	memcpy(f.x[0], c->v[0].b, 16);
	memcpy(f.x[1], c->v[op->a].b, 16);
	memcpy(f.x[2], c->v[op->b].b, 16);
	f.r[0] = c->r[GPR_AX];
	f.r[1] = c->r[ga];
	f.r[2] = c->r[gb];
	f.m[1] = c->st[op->a & 7].m;
	f.m[2] = c->st[op->b & 7].m;
	if (k & N_READS)
		f.flags = flags_arith(c);
	f.mxcsr = c->mxcsr;
	f.host_mxcsr = MXCSR_DEFAULT;
	if (k & N_X87) {
		x87_to_fxsave(c, f.fx, 1);
		st32(f.fx + 24, MXCSR_DEFAULT);
	}
	c->note = op;
	__asm__ volatile(
		"add $-128,%%rsp\n\t"  // the red zone
		"testb $1,%b0\n\t"
		"jz 1f\n\t"
		"fxrstor 128(%%rdi)\n"
		"1:\ttestb $2,%b0\n\t"
		"jz 1f\n\t"
		"movq 96(%%rdi),%%mm1\n\t"
		"movq 104(%%rdi),%%mm2\n"
		"1:\tldmxcsr 120(%%rdi)\n\t"
		"movaps 16(%%rdi),%%xmm0\n\t"
		"movaps 32(%%rdi),%%xmm1\n\t"
		"movaps 48(%%rdi),%%xmm2\n\t"
		"movb 112(%%rdi),%%ah\n\t"
		"sahf\n\t"
		"movq 64(%%rdi),%%rax\n\t"
		"movq 72(%%rdi),%%rcx\n\t"
		"movq 80(%%rdi),%%rdx\n\t"
		"call *%1\n\t"
		"pushf\n\t"
		"popq 112(%%rdi)\n\t"
		"movq %%rcx,72(%%rdi)\n\t"
		"movq %%rdx,80(%%rdi)\n\t"
		"movaps %%xmm0,16(%%rdi)\n\t"
		"movaps %%xmm1,32(%%rdi)\n\t"
		"movaps %%xmm2,48(%%rdi)\n\t"
		"stmxcsr 120(%%rdi)\n\t"
		"ldmxcsr 124(%%rdi)\n\t"
		"testb $1,%b0\n\t"
		"jz 1f\n\t"
		"fxsave 128(%%rdi)\n\t"
		"fninit\n"
		"1:\ttestb $2,%b0\n\t"
		"jz 1f\n\t"
		"movq %%mm1,96(%%rdi)\n\t"
		"movq %%mm2,104(%%rdi)\n\t"
		"emms\n"
		"1:\tsub $-128,%%rsp"
		:
		: "S"(k), "b"(code + 8 * (size_t)(u32)op->imm), "D"(&f)
		: "rax", "rcx", "rdx", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
		  "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	if (k & N_STORE) {
		if (k & N_X87 && ld16(f.fx + 2) & ~ld16(f.fx) & (FPX_I | FPX_O | FPX_U))
			access_probe(c, op, addr, op->size, MEM_W);
		else if (op->size <= 8)
			wrn(c, op, addr, op->size, ld64(f.mem));
		else
			wrv(c, op, addr, f.mem, op->size);
	}
	if (k & N_X87) {
		u64 fdp = c->fdp;
		u16 fds = c->fds;
		x87_from_fxsave(c, f.fx, 1);
		c->fip = op_pc(op);
		c->fdp = fdp;
		c->fds = fds;
		if (k & N_MEM)
			x87_begin_mem(c, op, addr);
	}
	c->mxcsr = f.mxcsr;
	// What is written comes last: both may be the same register.
	for (i = 0, n = 3 - op->d; i < 2; ++i, n = op->d) {
		memcpy(c->v[n == 1 ? op->a : op->b].b, f.x[n], 16);
		c->r[n == 1 ? ga : gb] = f.r[n];
	}
	if (k & N_STRINGS)
		memcpy(c->v[0].b, f.x[0], 16);
	if (k & N_MM)
		x87_enter_mmx(c);
	if (k & N_MMDEST)
		x87_write_mmx(c, (op->d == 1 ? op->a : op->b) & 7, f.m[op->d]);
	if (k & N_WRITES)
		flags_set(c, f.flags & FLAGS_ARITH);
}

const struct op *
op_native(struct cpu *c, const struct op *op)
{
	RUN_NEXT(native);
}
