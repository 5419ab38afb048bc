// string.c: MOVS, CMPS, STOS, LODS, SCAS and their repeated forms.
//
// A repeated instruction works in chunks that end at page boundaries: a chunk
// can fault at its first byte only, and registers are written between chunks,
// so every fault and every interruption finds them exact at an iteration.
#include "cpu/flags.h"
#include "cpu/int.h"
#include "cpu/op.h"
#include "cpu/system.h"

enum { PIECE = 64 };  // bytes at a time where access goes through the slow path

static ALWAYS_INLINE int
address_size(const struct cpu *c, const struct op *op)
{
	return op->flags & OPF_A32 ? 4 : op->flags & OPF_A16 ? 2 : 8;
}

// Linear addresses of the source and of the destination
static HOT u64
string_at(struct cpu *c, const struct op *op, int reg, int seg)
{
	u64 a = reg_get(c, reg, address_size(c, op));
	return CPU_MODE(c) == MODE_64 ? a + c->segbase[seg] : segment_at(c, op, seg, a);
}

static HOT u64
source_at(struct cpu *c, const struct op *op)
{
	return string_at(c, op, GPR_SI, op->base);
}

static HOT u64
dest_at(struct cpu *c, const struct op *op)
{
	return string_at(c, op, GPR_DI, SEG_ES);
}

static HOT void
advance(struct cpu *c, const struct op *op, int reg, i64 elements)
{
	reg_set(c, reg, address_size(c, op), c->r[reg] + (u64)(elements * c->df * op->size));
}

static ALWAYS_INLINE int
repeats(const struct op *op)
{
	return op->flags & (OPF_REP | OPF_REPNE);
}

static HOT u64
rep_count(const struct cpu *c, const struct op *op)
{
	return reg_get(c, GPR_CX, address_size(c, op));
}

static HOT void
rep_done(struct cpu *c, const struct op *op, u64 n)
{
	reg_set(c, GPR_CX, address_size(c, op), c->r[GPR_CX] - n);
}

// Elements from gva upwards, of the segment's offsets in reg, that lie within
// gva's page, before the end of the address size, and well inside the segment
static ALWAYS_INLINE u64
room(const struct cpu *c, const struct op *op, u64 gva, int reg, int seg)
{
	u64 n = PAGE_SIZE_GUEST - (gva & (PAGE_SIZE_GUEST - 1));
#ifndef TINY
	int bytes = address_size(c, op);
	if (bytes != 8) {
		u64 at = reg_get(c, reg, bytes);
		n = min_u64(n, ((u64)1 << 8 * bytes) - at);
		if (CPU_MODE(c) != MODE_64)
			n = min_u64(n, at < c->segfast[seg] ? c->segfast[seg] - at : 0);
	}
#else
	(void)c, (void)reg, (void)seg;
#endif
	return n / op->size;
}

static HOT u64
source_room(const struct cpu *c, const struct op *op, u64 gva)
{
	return room(c, op, gva, GPR_SI, op->base);
}

static HOT u64
dest_room(const struct cpu *c, const struct op *op, u64 gva)
{
	return room(c, op, gva, GPR_DI, SEG_ES);
}

// Whether chunks may be used: upwards, and nobody looks at single elements
static ALWAYS_INLINE int
chunks(const struct cpu *c, const struct op *op)
{
	return c->df > 0 && (!CPU_ALL_64 || address_size(c, op) == 8) && !(c->sysflags & (FLAG_AC | FLAG_TF)) && !(CPU_SYS(c) && c->stepping);
}

// As many iterations at a time as there may be until something is due
static ALWAYS_INLINE u64
patience(const struct cpu *c)
{
	u64 limit;
	if (!system_counted(c))
		return ~(u64)0;
	limit = LOAD_HOT((const volatile u64 *)&c->limit);
	return limit > c->icount ? limit - c->icount : 1;
}

// n iterations are done. On a PC a chunk of them counts as an instruction, so that
// interrupts come to long ones too; or, where instructions are the clock, each.
static ALWAYS_INLINE int
interrupted(struct cpu *c, u64 n)
{
	if (CPU_SYS(c))
		c->icount += system_counted(c) ? n : 1;
	return UNLIKELY(c->icount >= LOAD_HOT((const volatile u64 *)&c->limit));
}

// --- MOVS ------------------------------------------------------------------------

// Returns how many bytes: all, or a piece of them.
static u64
copy(struct cpu *c, const struct op *op, u64 dst, u64 src, u64 bytes)
{
	uintptr_t to, from;
	if (access_try(c, dst, (unsigned)bytes, 1, &to) && access_try(c, src, (unsigned)bytes, 0, &from)) {
		c->note = op;
		ORDER_BEFORE_STORE(c);
		guest_move((void *)to, (const void *)from, (size_t)bytes);
		ORDER_AFTER_LOAD(c);
	} else {
		u8 b[PIECE];
		bytes = min_u64(bytes, PIECE);
		access_rdv(c, op, src, b, (int)bytes);
		access_wrv(c, op, dst, b, (int)bytes);
	}
	return bytes;
}

static HOT void
movs(struct cpu *c, const struct op *op)
{
	wrn(c, op, dest_at(c, op), op->size, rdn(c, op, source_at(c, op), op->size));
	advance(c, op, GPR_SI, 1);
	advance(c, op, GPR_DI, 1);
}

// Each rep_ function returns whether it was interrupted before the end.
static NOINLINE int
rep_movs(struct cpu *c, const struct op *op)
{
	int size = op->size;
	for (;;) {
		u64 n = rep_count(c, op), k = 0;
		if (!n)
			return 0;
		if (chunks(c, op)) {
			u64 src = source_at(c, op), dst = dest_at(c, op), gap = dst - src;
			k = min_u64(min_u64(n, patience(c)), min_u64(source_room(c, op, src), dest_room(c, op, dst)));
			// The copy of bytes that this same copy wrote is a pattern; and
			// memmove does not write what is in place already.
			if (gap < k * (u64)size)
				k = gap / (u64)size;
			if (k)
				k = copy(c, op, dst, src, k * (u64)size) / (u64)size;
		}
		if (k) {
			advance(c, op, GPR_SI, (i64)k);
			advance(c, op, GPR_DI, (i64)k);
		} else {
			k = 1;
			movs(c, op);
		}
		rep_done(c, op, k);
		if (interrupted(c, k))
			return n != k;
	}
}

const struct op *
op_movs(struct cpu *c, const struct op *op)
{
	if (!repeats(op))
		movs(c, op);
	else if (rep_movs(c, op))
		return op_leave_at(c, op);
	NEXT();
}

// --- STOS ------------------------------------------------------------------------

static u64
fill(struct cpu *c, const struct op *op, u64 dst, int size, u64 bytes)
{
	u8 b[PIECE];
	uintptr_t to;
	u64 i;
	st64(b, c->r[GPR_AX]);
	if (access_try(c, dst, (unsigned)bytes, 1, &to)) {
		u8 *p = (u8 *)to;
		c->note = op;
		ORDER_BEFORE_STORE(c);
		if (!memcmp(b, b + 1, (size_t)size - 1)) {
			guest_fill(p, b[0], (size_t)bytes);
		} else {
			for (i = 0; i < bytes; i += (u64)size)
				guest_copy(p + i, b, (size_t)size);
		}
		COMPILER_FENCE();
	} else {
		bytes = min_u64(bytes, PIECE);
		for (i = (u64)size; i < bytes; ++i)
			b[i] = b[i - (u64)size];
		access_wrv(c, op, dst, b, (int)bytes);
	}
	return bytes;
}

static HOT void
stos(struct cpu *c, const struct op *op)
{
	wrn(c, op, dest_at(c, op), op->size, c->r[GPR_AX]);
	advance(c, op, GPR_DI, 1);
}

static NOINLINE int
rep_stos(struct cpu *c, const struct op *op)
{
	int size = op->size;
	for (;;) {
		u64 n = rep_count(c, op), k = 0;
		if (!n)
			return 0;
		if (chunks(c, op)) {
			u64 dst = dest_at(c, op);
			k = min_u64(min_u64(n, patience(c)), dest_room(c, op, dst));
			if (k)
				k = fill(c, op, dst, size, k * (u64)size) / (u64)size;
		}
		if (k) {
			advance(c, op, GPR_DI, (i64)k);
		} else {
			k = 1;
			stos(c, op);
		}
		rep_done(c, op, k);
		if (interrupted(c, k))
			return n != k;
	}
}

const struct op *
op_stos(struct cpu *c, const struct op *op)
{
	if (!repeats(op))
		stos(c, op);
	else if (rep_stos(c, op))
		return op_leave_at(c, op);
	NEXT();
}

// --- LODS ------------------------------------------------------------------------

static HOT void
lods(struct cpu *c, const struct op *op)
{
	reg_set(c, GPR_AX, op->size, rdn(c, op, source_at(c, op), op->size));
	advance(c, op, GPR_SI, 1);
}

static NOINLINE int
rep_lods(struct cpu *c, const struct op *op)
{
	u64 n;
	while ((n = rep_count(c, op))) {
		lods(c, op);
		rep_done(c, op, 1);
		if (interrupted(c, 1))
			return n != 1;
	}
	return 0;
}

const struct op *
op_lods(struct cpu *c, const struct op *op)
{
	if (!repeats(op))
		lods(c, op);
	else if (rep_lods(c, op))
		return op_leave_at(c, op);
	NEXT();
}

// --- CMPS and SCAS -----------------------------------------------------------------

#ifndef TINY
// How many elements, eight bytes at a time, surely do not end compare_host; less
// than k. x: what SCAS looks for.
static ALWAYS_INLINE GUEST_RACES u64
alike(const u8 *d, const u8 *s, int size, int equal, u64 k, u64 x)
{
	const u64 ones = ~(u64)0 / (~(u64)0 >> (64 - 8 * size)), tops = ones << (8 * size - 1);
	u64 each = 8u / (unsigned)size, i = 0;
	for (; i + each < k; i += each) {
		u64 v = ld64(d + i * (unsigned)size) ^ (s ? ld64(s + i * (unsigned)size) : x * ones);
		if (equal ? v : (v - ones) & ~v & tops)
			break;
	}
	return i;
}

// compare's loop where all of it is host memory; s: none for SCAS
static ALWAYS_INLINE GUEST_RACES u64
compare_host(const u8 *d, const u8 *s, int size, int equal, u64 k, u64 *a, u64 *b)
{
	u64 i = alike(d, s, size, equal, k, *a), x = *a, y;
	d += i * (unsigned)size;
	s = s ? s + i * (unsigned)size : s;
	do {
		y = size == 1 ? *d : size == 2 ? ld16(d) : size == 4 ? ld32(d) : ld64(d);
		if (s)
			x = size == 1 ? *s : size == 2 ? ld16(s) : size == 4 ? ld32(s) : ld64(s);
		d += size;
		s = s ? s + size : s;
	} while (++i < k && (x == y) == equal);
	*a = x;
	*b = y;
	return i;
}

static u64
compare_chunk(const u8 *d, const u8 *s, int size, int equal, u64 k, u64 *a, u64 *b)
{
	switch (size) {
	case 1: return s ? compare_host(d, s, 1, equal, k, a, b) : compare_host(d, 0, 1, equal, k, a, b);
	case 2: return compare_host(d, s, 2, equal, k, a, b);
	case 4: return compare_host(d, s, 4, equal, k, a, b);
	default: return compare_host(d, s, 8, equal, k, a, b);
	}
}
#endif

// Compares up to k elements; stops behind the first pair whose equality is not
// `equal`. Changes nothing but *a and *b, the last pair. SCAS has no source.
// Where both fault it is at the destination, but for REPE with bytes.
static ALWAYS_INLINE u64
compare(struct cpu *c, const struct op *op, int scan, int equal, u64 k, u64 *a, u64 *b)
{
	int size = op->size, source_first = equal && size == 1;
	u64 i = 0, x = *a, y, src = source_at(c, op), dst = dest_at(c, op);
	u64 step = (u64)(c->df * size);
#ifndef TINY
	uintptr_t to, from = 0;
	if (k > 1 && access_try(c, dst, (unsigned)(k * (u64)size), 0, &to) && (scan || access_try(c, src, (unsigned)(k * (u64)size), 0, &from))) {
		c->note = op;
		COMPILER_FENCE();
		k = compare_chunk((const u8 *)to, (const u8 *)from, size, equal, k, a, b);
		ORDER_AFTER_LOAD(c);
		return k;
	}
#endif
	do {
		if (!scan && source_first)
			x = rdn(c, op, src + i * step, size);
		y = rdn(c, op, dst + i * step, size);
		if (!scan && !source_first)
			x = rdn(c, op, src + i * step, size);
	} while (++i < k && (x == y) == equal);
	*a = x;
	*b = y;
	return i;
}

static NOINLINE int
rep_compare(struct cpu *c, const struct op *op, int scan)
{
	int size = op->size, equal = (op->flags & OPF_REP) != 0, cut = 0;
	u64 n = rep_count(c, op), a = reg_get(c, GPR_AX, size), b = 0;
	if (!n)
		return 0;
	do {
		u64 k = 1, done;
		if (chunks(c, op)) {
			k = min_u64(min_u64(n, patience(c)), dest_room(c, op, dest_at(c, op)));
			if (!scan)
				k = min_u64(k, source_room(c, op, source_at(c, op)));
			k = max_u64(k, 1);
		}
		done = compare(c, op, scan, equal, k, &a, &b);
		if (!scan)
			advance(c, op, GPR_SI, (i64)done);
		advance(c, op, GPR_DI, (i64)done);
		rep_done(c, op, done);
		n -= done;
		flags_lazy(c, LF_SUB, size, a, b);
		if (interrupted(c, done)) {
			cut = n && (a == b) == equal;
			break;
		}
	} while (n && (a == b) == equal);
	return cut;
}

static NOINLINE int
compare_strings(struct cpu *c, const struct op *op, int scan)
{
	int size = op->size;
	u64 a, b;
	if (repeats(op))
		return rep_compare(c, op, scan);
	b = rdn(c, op, dest_at(c, op), size);
	a = scan ? reg_get(c, GPR_AX, size) : rdn(c, op, source_at(c, op), size);
	if (!scan)
		advance(c, op, GPR_SI, 1);
	advance(c, op, GPR_DI, 1);
	flags_lazy(c, LF_SUB, size, a, b);
	return 0;
}

const struct op *
op_cmps(struct cpu *c, const struct op *op)
{
	if (compare_strings(c, op, 0))
		return op_leave_at(c, op);
	NEXT();
}

const struct op *
op_scas(struct cpu *c, const struct op *op)
{
	if (compare_strings(c, op, 1))
		return op_leave_at(c, op);
	NEXT();
}
