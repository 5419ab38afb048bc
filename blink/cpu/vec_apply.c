// vec_apply.c: gives a vector kernel its operands, of whatever form, and takes the
// result: what handlers do that have no way of their own. Also what the host's
// vector unit can do.
#include "cpu/sse_impl.h"

#if SSE_HOST
#include <cpuid.h>
int sse_host_features;

COLD int
sse_ask_host(void)
{
	enum { V2 = 1u << 0 | 1u << 9 | 1u << 19 | 1u << 20 };  // SSE3 SSSE3 SSE4.1 SSE4.2
	unsigned a, b, c, d;
	int x = HOST_KNOWN;
	if (__get_cpuid(1, &a, &b, &c, &d)) {
		x |= ((c & V2) == V2 ? HOST_V2 : 0) | (c >> 25 & 1 ? HOST_AES : 0) | (c >> 1 & 1 ? HOST_CLMUL : 0);
		// VEX encodings need the kernel's consent to YMM registers.
		if (c >> 27 & 1 && c >> 28 & 1) {
			unsigned lo, hi;
			__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
			if ((lo & 6) == 6)
				x |= HOST_AVX | (c >> 12 & 1 ? HOST_FMA : 0) | (c >> 29 & 1 ? HOST_F16C : 0);
		}
	}
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
		x |= (b >> 29 & 1 ? HOST_SHA : 0) | (c >> 8 & 1 ? HOST_GFNI : 0) | (x & HOST_AVX && b >> 5 & 1 ? HOST_AVX2 : 0);
	__atomic_store_n(&sse_host_features, x, __ATOMIC_RELAXED);
	return x;
}
#endif

const u8 *
vec_source(struct cpu *c, const struct op *op, int how, u8 *s)
{
	int n = how & HOW_BYTES, mm = op_kind(op, 0) == K_MM;
	u64 gva;
	switch (op_kind(op, 1)) {
	case K_XMM:
		return xmm(c, op->b);
	case K_MEM:
		if (mm && n == 16 && !(how & HOW_MM16))
			n = how & HOW_MM4 ? 4 : 8;
		gva = ea(c, op);
		if (n == 16 && !(how & HOW_UNALIGNED))
			vec_align(c, op, gva);
		memset(s, 0, 16);
		rdv(c, op, gva, s, n);
		return s;
	case K_MM:
		st64(s, mm_get(c, op->b));
		break;
	case K_IMM:
		st64(s, (u8)op->imm);
		break;
	default:
		st64(s, c->r[op->b]);
	}
	st64(s + 8, 0);
	return s;
}

#ifdef TINY
static void
mmx_apply(struct cpu *c, const struct op *op, vec_kernel *k, int how)
{
	union lanes sbuf, dbuf;
	const u8 *s;
	x87_wait(c, op);
	s = vec_source(c, op, how, sbuf.b);
	x87_enter_mmx(c);
	st64(dbuf.b, mm_get(c, op->a));
	st64(dbuf.b + 8, 0);
	k(dbuf.b, s, 8, op->imm);
	x87_write_mmx(c, op->a, ld64(dbuf.b));
}
#else
// MMX registers, whole values each time: a wide load behind narrow stores is slow.
static NOINLINE void
mmx_apply(struct cpu *c, const struct op *op, vec_kernel *k, int how)
{
	int n = how & HOW_BYTES;
	v128 d, s;
	x87_wait(c, op);
	switch (op_kind(op, 1)) {
	case K_MM:
		s = v128_make(mm_get(c, op->b), 0);
		break;
	case K_MEM:
		if (how & HOW_MM16) {
			vec_align(c, op, ea(c, op));
			rdv(c, op, ea(c, op), &s, 16);
		} else {
			s = v128_make(n < 16 ? rdn(c, op, ea(c, op), n) : how & HOW_MM4 ? rd32(c, op, ea(c, op)) : rd64(c, op, ea(c, op)), 0);
		}
		break;
	case K_IMM:
		s = v128_make((u8)op->imm, 0);
		break;
	case K_XMM:
		s = v128_ld(xmm(c, op->b));
		break;
	default:
		s = v128_make(c->r[op->b], 0);
	}
	x87_enter_mmx(c);
	d = v128_make(mm_get(c, op->a), 0);
	k((u8 *)&d, (const u8 *)&s, 8, op->imm);
	x87_write_mmx(c, op->a, ld64((u8 *)&d));
}
#endif

NOINLINE void
vec_apply(struct cpu *c, const struct op *op, vec_kernel *k, int how)
{
	union lanes sbuf;
	const u8 *s;
	if (op_kind(op, 0) != K_MM) {
		int mm = op_kind(op, 1) == K_MM;
		if (mm)
			x87_wait(c, op);
		s = vec_source(c, op, how, sbuf.b);
		if (mm)
			x87_enter_mmx(c);
		k(xmm(c, op->a), s, 16, op->imm);
	} else {
		mmx_apply(c, op, k, how);
	}
}

#ifndef TINY
const u8 *
vex_source(struct cpu *c, const struct op *op, int how)
{
	int i = vex_has_two(op) ? 2 : 1, r = i == 2 ? op->d : op->b;
	u8 *s = c->v[VMEM].b;
	if (vex_is_reg(op, i))
		return c->v[r].b;
	memset(s, 0, 32);
	if (op_kind(op, i) == K_MEM)
		rdv(c, op, ea(c, op), s, (int)vex_bytes(op, how));
	else
		st64(s, c->r[r]);
	return s;
}

NOINLINE void
vex_apply(struct cpu *c, const struct op *op, vec_kernel *k, int how)
{
	u8 *t = c->vtmp.b;
	const u8 *s;
	if (how & HOW_COUNT && op_kind(op, 2) == K_IMM) {
		memset(c->v[VMEM].b, 0, 32);
		c->v[VMEM].b[0] = (u8)op->imm;
		s = c->v[VMEM].b;
	} else {
		s = vex_source(c, op, how);
	}
	memcpy(t, c->v[op->b].b, 32);
	k(t, s, 16, op->imm);
	if (op->size == 32)
		k(t + 16, s + (how & HOW_COUNT ? 0 : how & HOW_UNARY ? how & HOW_BYTES : 16), 16, op->imm >> HOW_IMM_SHIFT(how));
	else
		memset(t + 16, 0, 16);
	memcpy(c->v[op->a].b, t, 32);
}
#endif

#if SHARED_NEXT
const struct op *
vec_next(struct cpu *c, const struct op *op, vec_kernel *k, int how)
{
	vec_apply(c, op, k, how);
	NEXT();
}
#endif
