// Every VEX instruction in register and memory form, over numbers that are the
// same everywhere: what it leaves in registers, flags, MXCSR and memory is
// hashed and must be what a processor left (avx_hash.inc; with an argument the
// program prints that file). avx_list.inc has the forms. Says nothing but the
// numbers of those that differ; without AVX all is well.
#include "../linux/t.h"

struct state {
	u8 v[6][32];
	u32 mxcsr, pad;
	u64 rax, rcx, flags;
} __attribute__((aligned(64)));
static struct state in, out;
static u8 mem[4096] __attribute__((aligned(64)));

void t_load(void);
void t_store(void);
__asm__(
	"t_load:\n"
	"	ldmxcsr 192(%rdi)\n"
	"	vmovdqu (%rdi), %ymm0\n"
	"	vmovdqu 32(%rdi), %ymm1\n"
	"	vmovdqu 64(%rdi), %ymm2\n"
	"	vmovdqu 96(%rdi), %ymm3\n"
	"	vmovdqu 128(%rdi), %ymm4\n"
	"	vpxor %ymm5, %ymm5, %ymm5\n"
	"	mov 200(%rdi), %rax\n"
	"	xor %ecx, %ecx\n"
	"	ret\n"
	"t_store:\n"
	"	mov %rax, 200(%rsi)\n"
	"	mov %rcx, 208(%rsi)\n"
	"	lahf\n"
	"	seto %al\n"
	"	movzwl %ax, %eax\n"
	"	mov %rax, 216(%rsi)\n"
	"	vmovdqu %ymm0, (%rsi)\n"
	"	vmovdqu %ymm1, 32(%rsi)\n"
	"	vmovdqu %ymm2, 64(%rsi)\n"
	"	vmovdqu %ymm3, 96(%rsi)\n"
	"	stmxcsr 192(%rsi)\n"
	"	vzeroall\n"
	"	ret\n");

#define X(n, text) \
static void \
form_##n(void) \
{ \
	__asm__ volatile("call t_load\n" text "\n call t_store" : : "D"(&in), "S"(&out), "d"(mem) : "rax", "rcx", "memory", "cc"); \
}
#include "avx_list.inc"
#undef X
#define X(n, text) form_##n,
static void (*const forms[])(void) = {
#include "avx_list.inc"
};
#undef X
enum { FORMS = sizeof forms / sizeof *forms, ROUNDS = 16 };
static const u32 expected[FORMS] = {
#include "avx_hash.inc"
};

static u64 seed;
static u64
rnd(void)
{
	u64 z = seed += 0x9e3779b97f4a7c15ul;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ul;
	z = (z ^ z >> 27) * 0x94d049bb133111ebul;
	return z ^ z >> 31;
}

// Eight bytes: floats, doubles, halves, small numbers
static u64
value(void)
{
	static const u32 f[] = {0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00001, 0x7f800001, 1, 0x807fffff,
		0x00800000, 0x7f7fffff, 0x4f000000, 0x3effffff, 0x4b000001, 0x3fc00000, 0x38800000, 0x477ff000};
	static const u64 d[] = {0, 0x8000000000000000, 0x3ff0000000000000, 0x7ff0000000000000, 0x7ff8000000000003, 0xfff0000000000001, 1,
		0x000fffffffffffff, 0x8010000000000000, 0x7fefffffffffffff, 0x41e0000000000000, 0x3fdfffffffffffff, 0x4330000000000001,
		0x47efffffe0000000, 0x380fffffffffffff, 0xbff8000000000000};
	u64 r = rnd();
	switch (r >> 61) {
	case 0: return f[r % 18] | (u64)f[r / 32 % 18] << 32;
	case 1: return d[r % 16];
	case 2: return (r & 0x800fffffffffffff) | (1020 + (r >> 52 & 7)) << 52;
	case 3: return (r & 0x807fffff807ffffful) | (124 + (r >> 23 & 7)) << 23 | (u64)(124 + (r >> 26 & 7)) << 55;
	case 4: return r % 70;
	default: return r;
	}
}

static u32
hash(u32 h, const void *p, size_t n)
{
	const u8 *b = (const u8 *)p;
	while (n--)
		h = (h ^ *b++) * 0x01000193;
	return h;
}

static u32
run(int form)
{
	u32 h = 0x811c9dc5;
	for (int round = 0; round < ROUNDS; round++) {
		u64 x;
		seed = (u64)round * 1000;
		for (int i = 0; i < 16; i++) {
			x = value();
			memcpy(in.v[0] + 8 * i, &x, 8);
		}
		for (int i = 0; i < 4; i++) {  // indexes
			x = rnd() & 0xff;
			memcpy(in.v[4] + 8 * i, &x, 8);
		}
		for (int i = 0; i < 80; i++) {
			x = value();
			memcpy(mem + 8 * i, &x, 8);
		}
		in.rax = value();
		in.mxcsr = 0x1f80u | (u32)(round & 3) << 13 | (round & 4 ? 0x40 : 0) | (round & 8 ? 0x8000 : 0) | (round % 3 ? 0 : 0x20);
		forms[form]();
		h = hash(h, out.v, 128);
		h = hash(h, &out.mxcsr, 4);
		h = hash(h, &out.rax, 8);
		h = hash(h, &out.rcx, 8);
		h = hash(h, &out.flags, 8);
		h = hash(h, mem, 64);
	}
	return h;
}

static int
all_there(void)
{
	u32 a, b, c, d;
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(1), "2"(0));
	if ((c & 0x38001002) != 0x38001002 || !(c >> 25 & 1))  // PCLMULQDQ, FMA, OSXSAVE, AVX, F16C, AES
		return 0;
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(7), "2"(0));
	return b >> 5 & 1 && (c & 0x700) == 0x700;  // AVX2; GFNI, VAES, VPCLMULQDQ
}

static int
test_main(int argc, char **argv, char **envp)
{
	for (int i = 0; i < FORMS && all_there(); i++) {
		u32 h = run(i);
		if (argc > 1) {
			put_hex(h);
			put(",\n");
		} else if (h != expected[i]) {
			show_hex("differs", (u64)i);
		}
	}
	put(argc > 1 ? "" : "done\n");
	return 0;
}
