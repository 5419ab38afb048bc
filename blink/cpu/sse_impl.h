// sse_impl.h: what the files sse*.c, mmx.c and vec_apply.c share: kernels and how they
// meet their operands.
//
// A kernel computes d = f(d, s) on bytes in guest order and knows neither
// registers nor memory. vec_apply() fetches s from wherever the instruction
// has it (XMM, MMX or general register, memory, immediate), checks alignment,
// runs the kernel and writes d back. On top of that the common form, registers
// only, has a path of its own that inlines the kernel, and memory operands are
// fetched by another op (cpu/vec_fetch.c); TINY builds have neither.
//
// Where the host is an x86-64, kernels of baseline instructions are the
// instruction itself; the portable body beside each is for all other hosts.
#ifndef CPU_SSE_IMPL_H_
#define CPU_SSE_IMPL_H_
#include "cpu/op.h"
#include "cpu/softfloat.h"
#include "cpu/sse.h"
#include "cpu/x87.h"

// MXCSR's controls; and its sticky bits, with #XM for those that are unmasked
void sse_env(const struct cpu *c, struct fpenv *e);
void sse_settle(struct cpu *c, const struct op *op, unsigned flags);

// n: 8 for MMX registers, 16 for XMM. d and s may be the same bytes; s has
// 16 readable bytes, zero above what memory, MMX or an integer gave.
typedef void vec_kernel(u8 *d, const u8 *s, int n, int imm);

// How an instruction reads memory: bytes of its XMM form, and
enum {
	HOW_BYTES = 31,
	HOW_UNALIGNED = 32,  // 16 bytes, but at any address
	HOW_MM4 = 64,        // the MMX form reads 4 bytes, not 8
	HOW_MM16 = 128,      // the MMX form reads 16 bytes
	// and what is special about its VEX form:
	HOW_UNARY = 256,     // there is one source; lane 1 gets it from HOW_BYTES on
	HOW_COUNT = 512,     // both lanes get the same 16 bytes
	HOW_IMM = 1024       // times n: lane 1 has the immediate's bits from n on
};
#define HOW_IMM_SHIFT(how) ((how) / HOW_IMM)

union lanes {
	u8 b[16];
	i8 sb[16];
	u16 w[8];
	i16 sw[8];
	u32 d[4];
	i32 sd[4];
	u64 q[2];
	i64 sq[2];
} __attribute__((aligned(16)));

// Guest bytes to host-order lanes of w bytes, and back
static inline void
lanes_swap(union lanes *x, int w)
{
	int i;
	if (!HOST_LITTLE && w > 1)
		for (i = 0; i < 16 / w; i++) {
			if (w == 2)
				x->w[i] = __builtin_bswap16(x->w[i]);
			else if (w == 4)
				x->d[i] = __builtin_bswap32(x->d[i]);
			else
				x->q[i] = __builtin_bswap64(x->q[i]);
		}
}

static inline void
lanes_ld(union lanes *x, const u8 *p, int w)
{
	memcpy(x->b, p, 16);
	lanes_swap(x, w);
}

static inline void
lanes_st(u8 *p, union lanes *x, int w)
{
	lanes_swap(x, w);
	memcpy(p, x->b, 16);
}

static inline u64
lane_get(const u8 *p, int i, int w)
{
	switch (w) {
	case 1: return p[i];
	case 2: return ld16(p + 2 * i);
	case 4: return ld32(p + 4 * i);
	default: return ld64(p + 8 * i);
	}
}

static inline void
lane_set(u8 *p, int i, int w, u64 x)
{
	switch (w) {
	case 1: p[i] = (u8)x; break;
	case 2: st16(p + 2 * i, (u16)x); break;
	case 4: st32(p + 4 * i, (u32)x); break;
	default: st64(p + 8 * i, x);
	}
}

// 128 bits as one value. Handlers write vector registers whole where they can:
// a wide load behind narrow stores stalls most processors.
#if (defined(__SSE2__) || defined(__aarch64__)) && HOST_LITTLE
#define V128_IS_VECTOR 1
typedef long long v128 __attribute__((vector_size(16)));
struct una128 { v128 x; } __attribute__((packed, may_alias));
typedef u32 v128d __attribute__((vector_size(16)));
static inline v128
v128_make(u64 lo, u64 hi)
{
	v128 x = {(long long)lo, (long long)hi};
	return x;
}
static inline v128
v128_make4(u32 a, u32 b, u32 c, u32 d)
{
	v128d x = {a, b, c, d};
	return (v128)x;
}
static inline v128
v128_ld(const void *p)
{
	return ((const struct una128 *)p)->x;
}
static inline void
v128_st(void *p, v128 x)
{
	((struct una128 *)p)->x = x;
}
#else
typedef struct { u64 lo, hi; } v128;
static inline v128
v128_make(u64 lo, u64 hi)
{
	v128 x;
	st64(&x.lo, lo);
	st64(&x.hi, hi);
	return x;
}
static inline v128
v128_make4(u32 a, u32 b, u32 c, u32 d)
{
	return v128_make(a | (u64)b << 32, c | (u64)d << 32);
}
static inline v128
v128_ld(const void *p)
{
	v128 x;
	memcpy(&x, p, 16);
	return x;
}
static inline void
v128_st(void *p, v128 x)
{
	memcpy(p, &x, 16);
}
#endif

// The lowest bits, one for each lane of w bytes in 8, as masks of such lanes
static ALWAYS_INLINE u64
lane_masks(unsigned bits, int w)
{
	return w == 8 ? 0 - (u64)(bits & 1) : w == 4 ? ((bits & 3) * (u64)0x80000001 & 0x0000000100000001) * 0xffffffff
		: ((bits & 15) * (u64)0x0000200040008001 & 0x0001000100010001) * 0xffff;
}

// The same for 16 bytes: by the lowest four bits from a table
extern const u8 vec_lanes4[16][16];
static ALWAYS_INLINE v128
lanes_mask(unsigned bits, int w)
{
	if (w == 4)
		return v128_ld(vec_lanes4[bits & 15]);
	return v128_make(lane_masks(bits, w), lane_masks(bits >> 8 / w, w));
}

// Lanes of w bytes: all ones where the top bit is
static ALWAYS_INLINE u64
sign_masks(u64 x, int w)
{
	return w == 8 ? 0 - (x >> 63) : w == 4 ? (x >> 31 & 0x0000000100000001) * 0xffffffff : (x >> 7 & 0x0101010101010101) * 0xff;
}

// Bits of a where m has ones, of b elsewhere
#ifdef V128_IS_VECTOR
static ALWAYS_INLINE v128
v128_choose(v128 m, v128 a, v128 b)
{
	return (a & m) | (b & ~m);
}
static ALWAYS_INLINE v128
v128_signs(v128 x, int w)
{
	typedef signed char v16 __attribute__((vector_size(16)));
	typedef int v4 __attribute__((vector_size(16)));
	return w == 8 ? (v128)v128_make(sign_masks((u64)x[0], 8), sign_masks((u64)x[1], 8)) : w == 4 ? (v128)((v4)x >> 31) : (v128)((v16)x < 0);
}
#else
static ALWAYS_INLINE v128
v128_choose(v128 m, v128 a, v128 b)
{
	v128 x;
	x.lo = (a.lo & m.lo) | (b.lo & ~m.lo);
	x.hi = (a.hi & m.hi) | (b.hi & ~m.hi);
	return x;
}
static ALWAYS_INLINE v128
v128_signs(v128 x, int w)
{
	return v128_make(sign_masks(ld64(&x.lo), w), sign_masks(ld64(&x.hi), w));
}
#endif

// 16 bytes of guest memory, fast path only
static inline v128
hrd128(struct cpu *c, const struct op *op, uintptr_t host)
{
	v128 x;
	c->note = op;
	COMPILER_FENCE();
	x = v128_ld((const void *)host);
	ORDER_AFTER_LOAD(c);
	return x;
}

static inline void
hwr128(struct cpu *c, const struct op *op, uintptr_t host, v128 x)
{
	c->note = op;
	ORDER_BEFORE_STORE(c);
	v128_st((void *)host, x);
	COMPILER_FENCE();
}

// The first two operands' kinds
enum {
	FORM_XX = K_XMM | K_XMM << 4,
	FORM_XM = K_XMM | K_MEM << 4,
	FORM_MX = K_MEM | K_XMM << 4,
	FORM_XI = K_XMM | K_IMM << 4
};
#define FORM(op) ((u8)(op)->kinds)

static inline u8 *
xmm(struct cpu *c, int r)
{
	return c->v[r].b;
}

static inline u64
mm_get(const struct cpu *c, int r)
{
	return c->st[r & 7].m;
}

// The source of an MMX instruction, n bytes of it if it is memory; 0 if there
// is something in the way
static ALWAYS_INLINE int
mm_source(struct cpu *c, const struct op *op, int n, u64 *x)
{
	uintptr_t h;
	if (UNLIKELY(c->fsw & FSW_ES))
		return 0;
	switch (op_kind(op, 1)) {
	case K_MM:
		*x = mm_get(c, op->b);
		return 1;
	case K_IMM:
		*x = (u8)op->imm;
		return 1;
	case K_MEM:
		if (!access_try(c, ea(c, op), (unsigned)n, 0, &h))
			return 0;
		*x = n == 4 ? hrd32(c, op, h) : hrd64(c, op, h);
		return 1;
	}
	return 0;
}

// Reads source operand 1 into s (16 bytes, zero-extended) by `how`, after the
// checks that come first. Returns s, or the XMM register itself.
const u8 *vec_source(struct cpu *c, const struct op *op, int how, u8 *s);
void vec_apply(struct cpu *c, const struct op *op, vec_kernel *k, int how);

// #GP(0) unless gva is a multiple of 16
static inline void
vec_align(struct cpu *c, const struct op *op, u64 gva)
{
	if (UNLIKELY(gva & 15))
		cpu_raise(c, op, VEC_GP, 0);
}

// A handler of this operation with memory as its last source, or 0
op_fn *vec_fused(int op);

// Ends a handler by running kernel k.
#if SHARED_NEXT
const struct op *vec_next(struct cpu *c, const struct op *op, vec_kernel *k, int how);
#define VEC_APPLY_NEXT(k, how) return vec_next(c, op, k, how)
#else
#define VEC_APPLY_NEXT(k, how) do { vec_apply(c, op, k, how); NEXT(); } while (0)
#endif

// VEX forms: a first source of their own, lanes of 16 bytes that share nothing,
// zeros above, memory at any address. VEX_TWIN is handler op_vname around kernel
// k_name; VEX_TWIN_ASM inlines a kernel that is ALWAYS_INLINE. A build without
// those instructions has no such handlers.
void vex_apply(struct cpu *c, const struct op *op, vec_kernel *k, int how);
// The last source, up to 32 bytes; zeros above what memory or a register has
const u8 *vex_source(struct cpu *c, const struct op *op, int how);

// Operand 2 is a register or memory, not an immediate and not absent.
static inline int
vex_has_two(const struct op *op)
{
	int k = op_kind(op, 2);
	return k != K_NONE && k != K_IMM;
}

// Bytes of a memory operand that is the last source. Where it is operand 1,
// op.d has them.
static inline unsigned
vex_bytes(const struct op *op, int how)
{
	return how & HOW_UNARY || !vex_has_two(op) ? op->d : (how & (HOW_BYTES | HOW_COUNT)) == 16 ? op->size : how & HOW_BYTES;
}

// Is operand i a vector register?
static inline int
vex_is_reg(const struct op *op, int i)
{
	return (unsigned)op_kind(op, i) - K_XMM <= K_YMM - K_XMM;
}

static inline const u8 *
vex_last(struct cpu *c, const struct op *op, int how)
{
	return c->v[how & HOW_UNARY || !vex_has_two(op) ? op->b : op->d].b;
}

static inline void
vex_set(struct cpu *c, int r, v128 lo, v128 hi)
{
	v128_st(c->v[r].b, lo);
	v128_st(c->v[r].b + 16, hi);
}

// The end of a handler where its fast path does not apply: `work` does it all.
// A function of its own, so that no call (and no saved register) is in that path.
#define SLOW_HANDLER(name, work) \
static NOINLINE const struct op * \
slow_##name(struct cpu *c, const struct op *op) \
{ \
	work; \
	NEXT(); \
}

#ifdef TINY
#define VEX_TWIN(name, how)
#define VEX_TWIN_ASM(name, how)
#else
#define VEX_LAST(op, how) ((how) & HOW_UNARY ? (op)->b : (op)->d)
// Lane 1's source: where it is a part of the low 16 bytes it is not loaded across two stores.
static ALWAYS_INLINE v128
vex_upper(const u8 *s, int how)
{
	int n = how & HOW_BYTES;
	return how & HOW_COUNT ? v128_ld(s) : how & HOW_UNARY && n < 16 ? v128_make(lane_get(s, 1, n), 0) : v128_ld(s + 16);
}
#define VEX_TWIN(name, how) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	vex_apply(c, op, k_##name, how); \
	NEXT(); \
}
// k is inlined where the condition holds, else `work` is done.
#define VEX_TWIN_ASM_OF(k, name, how, condition, work) \
SLOW_HANDLER(v##name, work) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(condition)) { \
		const u8 *d_ = c->v[op->b].b, *s_ = c->v[VEX_LAST(op, how)].b; \
		v128 lo_ = v128_ld(d_), hi_ = v128_make(0, 0), x_ = v128_ld(s_); \
		k((u8 *)&lo_, (const u8 *)&x_, 16, op->imm); \
		if (op->size == 32) { \
			hi_ = v128_ld(d_ + 16); \
			x_ = vex_upper(s_, how); \
			k((u8 *)&hi_, (const u8 *)&x_, 16, op->imm >> HOW_IMM_SHIFT(how)); \
		} \
		vex_set(c, op->a, lo_, hi_); \
		NEXT(); \
	} \
	TAIL slow_v##name(c, op); \
}
#define VEX_TWIN_ASM_IF(name, how, condition, work) VEX_TWIN_ASM_OF(k_##name, name, how, condition, work)
#define VEX_TWIN_ASM(name, how) \
const struct op * \
op_v##name(struct cpu *c, const struct op *op) \
{ \
	const u8 *d_ = c->v[op->b].b, *s_ = c->v[VEX_LAST(op, how)].b; \
	v128 lo_ = v128_ld(d_), hi_ = v128_make(0, 0), x_ = v128_ld(s_); \
	k_##name((u8 *)&lo_, (const u8 *)&x_, 16, op->imm); \
	if (op->size == 32) { \
		hi_ = v128_ld(d_ + 16); \
		x_ = vex_upper(s_, how); \
		k_##name((u8 *)&hi_, (const u8 *)&x_, 16, op->imm >> HOW_IMM_SHIFT(how)); \
	} \
	vex_set(c, op->a, lo_, hi_); \
	NEXT(); \
}
#endif

// Handler `op_name` around kernel k_name; VEC_HANDLER_OF around k where the
// condition holds, else `work` is done.
#ifdef TINY
#define VEC_HANDLER(name, how) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	VEC_APPLY_NEXT(k_##name, how); \
}
#else
#define VEC_HANDLER_OF(k, name, condition, work) \
SLOW_HANDLER(name, work) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	if (LIKELY(FORM(op) == FORM_XX && (condition))) { \
		k(xmm(c, op->a), xmm(c, op->b), 16, op->imm); \
		NEXT(); \
	} \
	TAIL slow_##name(c, op); \
}
#define VEC_HANDLER(name, how) VEC_HANDLER_OF(k_##name, name, 1, vec_apply(c, op, k_##name, how))
#endif

// Handler that is another one under a second name
#define SAME_HANDLER(name, other) \
const struct op * \
op_##name(struct cpu *c, const struct op *op) \
{ \
	return op_##other(c, op); \
}

// What the host has beyond the baseline. HOST_V2: SSE3 to SSE4.2. A kernel
// that begins with TRY_HOST is that instruction where there is one.
#if SSE_HOST
enum { HOST_KNOWN = 1, HOST_V2 = 2, HOST_AES = 4, HOST_CLMUL = 8, HOST_SHA = 16, HOST_GFNI = 32, HOST_AVX = 64, HOST_FMA = 128, HOST_F16C = 256, HOST_AVX2 = 512 };
extern int sse_host_features;  // 0: not asked yet
static inline int
host_has(int what)
{
	int x = __atomic_load_n(&sse_host_features, __ATOMIC_RELAXED);
	return (LIKELY(x) ? x : sse_ask_host()) & what;
}
// The same, but "no" until somebody asked: for paths that have another one
static inline int
host_can(int what)
{
	return __atomic_load_n(&sse_host_features, __ATOMIC_RELAXED) & what;
}
#define TRY_HOST(what, text) do { \
	if (host_has(what)) { \
		v128 x_ = v128_ld(d), y_ = v128_ld(s); \
		__asm__ volatile(text : "+x"(x_) : "x"(y_)); \
		v128_st(d, x_); \
		return; \
	} } while (0)
#else
#define TRY_HOST(what, text) do { } while (0)
#endif

// Handlers of what came after the baseline: around the host's instruction where
// it has it, else around k_name.
#if SSE_HOST
#define X86_NAMED(kernel, text) \
static ALWAYS_INLINE void \
kernel(u8 *d, const u8 *s, int n, int imm) \
{ \
	v128 x = v128_ld(d), y = v128_ld(s); \
	__asm__ volatile(text : "+x"(x) : "x"(y)); \
	v128_st(d, x); \
	(void)n; \
	(void)imm; \
}
#define X86_KERNEL(name) X86_NAMED(k_##name, #name " %1,%0")
#define LATER_HANDLERS(name, feature, how, vex) \
X86_NAMED(h_##name, #name " %1,%0") \
VEC_HANDLER_OF(h_##name, name, host_can(feature), vec_apply(c, op, k_##name, how)) \
VEX_TWIN_ASM_OF(h_##name, name, vex, host_can(feature), vex_apply(c, op, k_##name, vex))
#else
#define LATER_HANDLERS(name, feature, how, vex) \
VEC_HANDLER(name, how) \
VEX_TWIN(name, vex)
#endif

#if SSE_HOST
// For the host's VPERMILPS: which lane each of four gets by immediate imm
static ALWAYS_INLINE v128
selectors(int imm)
{
	static const u32 counts[4] __attribute__((aligned(16))) = {0, 2, 4, 6};
	u64 both = (u32)imm | (u64)(u32)imm << 32;
	v128 x = v128_make(both, both);
	__asm__("vpsrlvd %1,%0,%0" : "+x"(x) : "m"(counts));
	return x;
}

static ALWAYS_INLINE v128
permute4(v128 x, v128 which)
{
	__asm__("vpermilps %1,%0,%0" : "+x"(x) : "x"(which));
	return x;
}
#endif

// A kernel that treats lanes alike: f of 16-byte unions member `m`, lanes a
// and b of type T and width w
#define LANE_KERNEL(name, T, m, w, expr) \
static void \
k_##name(u8 *d, const u8 *s, int n, int imm) \
{ \
	union lanes x, y; \
	int i; \
	TRY_HOST(HOST_V2, #name " %1,%0"); \
	lanes_ld(&x, d, w); \
	lanes_ld(&y, s, w); \
	for (i = 0; i < 16 / w; i++) { \
		T a = x.m[i], b = y.m[i]; \
		x.m[i] = (T)(expr); \
		(void)a; \
	} \
	lanes_st(d, &x, w); \
	(void)n; \
	(void)imm; \
}

static inline i32
clamp_i32(i32 x, i32 lo, i32 hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}
#define SAT_I8(x) clamp_i32((x), -128, 127)
#define SAT_U8(x) clamp_i32((x), 0, 255)
#define SAT_I16(x) clamp_i32((x), -32768, 32767)
#define SAT_U16(x) clamp_i32((x), 0, 65535)

#endif
