// each.c: `each [FROM-NS]`: how long each kind of vector instruction takes, in
// nanoseconds, the best of several runs of many copies: once with results that
// nothing waits for, once in a chain where each needs the one before it. Lists
// those that take FROM-NS or longer (all by default), then for each class the
// longest and the mean. Time is the process's, so the same program measures
// a processor and an emulator.
#include "guest.h"

enum { COPIES = 32, LOOPS = 4000, ROUNDS = 5 };

struct row {
	void (*free)(void), (*chain)(void);
	const char *group, *text;
};
extern const struct row __start_rows[], __stop_rows[];

// In a text \s is a source register's number and \d the destination's; 1 holds
// numbers, 13 positions, 14 small indexes, 15 a mask.
#define ROW(group, text) \
	__asm__(".macro one s d\n" text "\n.endm\n" \
	        "1: .rept 8\none 2 3\none 2 4\none 2 5\none 2 6\n.endr\ndec %rsi\njnz 1b\nret\n" \
	        "2: .rept 32\none 3 3\n.endr\ndec %rsi\njnz 2b\nret\n" \
	        ".purgem one\n.pushsection .rodata\n3: .asciz \"" group "\"\n4: .asciz \"" text "\"\n.popsection\n" \
	        ".pushsection rows,\"a\"\n.quad 1b, 2b, 3b, 4b\n.popsection\n");
#define SSE2(g, name) ROW(g, name " %xmm1,%xmm\\d") ROW(g, name " (%rdi),%xmm\\d")
#define VEX3(g, name, imm, v) ROW(g, name " " imm "%" v "1,%" v "\\s,%" v "\\d") ROW(g, name " " imm "(%rdi),%" v "\\s,%" v "\\d")
#define VEX2(g, name, imm, v) ROW(g, name " " imm "%" v "\\s,%" v "\\d") ROW(g, name " " imm "(%rdi),%" v "\\d")
#define THREE(g, name) SSE2(g, name) VEX3(g, "v" name, "", "xmm") VEX3(g, "v" name, "", "ymm")
#define THREE_IMM(g, name, imm) SSE2(g, name " " imm) VEX3(g, "v" name, imm, "xmm") VEX3(g, "v" name, imm, "ymm")
#define TWO(g, name) SSE2(g, name) VEX2(g, "v" name, "", "xmm") VEX2(g, "v" name, "", "ymm")
#define TWO_IMM(g, name, imm) SSE2(g, name " " imm) VEX2(g, "v" name, imm, "xmm") VEX2(g, "v" name, imm, "ymm")
#define SCALAR(g, name) SSE2(g, name) VEX3(g, "v" name, "", "xmm")
#define SCALAR_IMM(g, name, imm) SSE2(g, name " " imm) VEX3(g, "v" name, imm, "xmm")
#define LOADS(g, name) ROW(g, name " %xmm\\s,%xmm\\d") ROW(g, name " (%rdi),%xmm\\d") ROW(g, name " %xmm\\d,(%rdi)") \
	ROW(g, "v" name " %xmm\\s,%xmm\\d") ROW(g, "v" name " (%rdi),%xmm\\d") ROW(g, "v" name " %xmm\\d,(%rdi)") \
	ROW(g, "v" name " %ymm\\s,%ymm\\d") ROW(g, "v" name " (%rdi),%ymm\\d") ROW(g, "v" name " %ymm\\d,(%rdi)")
#define SHIFT(g, name) ROW(g, name " $3,%xmm\\d") ROW(g, name " %xmm14,%xmm\\d") \
	ROW(g, "v" name " $3,%xmm\\s,%xmm\\d") ROW(g, "v" name " $3,%ymm\\s,%ymm\\d") ROW(g, "v" name " %xmm14,%ymm\\s,%ymm\\d")
#define MMX(name) ROW("mmx", name " %mm1,%mm\\d") ROW("mmx", name " (%rdi),%mm\\d")
#define WIDEN(name) ROW("widen", name " %xmm\\s,%xmm\\d") ROW("widen", name " (%rdi),%xmm\\d") \
	ROW("widen", "v" name " %xmm\\s,%xmm\\d") ROW("widen", "v" name " (%rdi),%xmm\\d") \
	ROW("widen", "v" name " %xmm\\s,%ymm\\d") ROW("widen", "v" name " (%rdi),%ymm\\d")

ROW("nothing", "nop")
LOADS("move", "movdqa") LOADS("move", "movaps") LOADS("move", "movdqu") LOADS("move", "movups")
ROW("move unaligned", "movdqu 5(%rdi),%xmm\\d") ROW("move unaligned", "movdqu %xmm\\d,5(%rdi)")
ROW("move unaligned", "vmovdqu 5(%rdi),%ymm\\d") ROW("move unaligned", "vmovdqu %ymm\\d,5(%rdi)")
ROW("move", "movntdq %xmm\\d,(%rdi)") ROW("move", "vmovntdq %ymm\\d,(%rdi)") ROW("move", "lddqu (%rdi),%xmm\\d")
ROW("move part", "movss %xmm\\s,%xmm\\d") ROW("move part", "movss (%rdi),%xmm\\d") ROW("move part", "movss %xmm\\d,(%rdi)")
ROW("move part", "movsd %xmm\\s,%xmm\\d") ROW("move part", "movsd (%rdi),%xmm\\d") ROW("move part", "movsd %xmm\\d,(%rdi)")
ROW("move part", "vmovss %xmm1,%xmm\\s,%xmm\\d") ROW("move part", "vmovss (%rdi),%xmm\\d") ROW("move part", "vmovss %xmm\\d,(%rdi)")
ROW("move part", "vmovsd %xmm1,%xmm\\s,%xmm\\d") ROW("move part", "vmovsd (%rdi),%xmm\\d") ROW("move part", "vmovsd %xmm\\d,(%rdi)")
ROW("move part", "movq %xmm\\s,%xmm\\d") ROW("move part", "movq (%rdi),%xmm\\d") ROW("move part", "movq %xmm\\d,(%rdi)")
ROW("move part", "vmovq %xmm\\s,%xmm\\d") ROW("move part", "vmovq (%rdi),%xmm\\d") ROW("move part", "vmovq %xmm\\d,(%rdi)")
ROW("move part", "movd %eax,%xmm\\d") ROW("move part", "movd (%rdi),%xmm\\d") ROW("move part", "movd %xmm\\d,(%rdi)")
ROW("move part", "vmovd %eax,%xmm\\d") ROW("move part", "vmovd (%rdi),%xmm\\d") ROW("move part", "vmovd %xmm\\d,(%rdi)")
ROW("move part", "movd %xmm\\d,%eax") ROW("move part", "vmovq %xmm\\d,%rax") ROW("move part", "movq %rax,%xmm\\d")
ROW("move part", "movhps (%rdi),%xmm\\d") ROW("move part", "movhps %xmm\\d,(%rdi)") ROW("move part", "movlps (%rdi),%xmm\\d")
ROW("move part", "vmovhps (%rdi),%xmm\\s,%xmm\\d") ROW("move part", "vmovlhps %xmm1,%xmm\\s,%xmm\\d") ROW("move part", "movhlps %xmm1,%xmm\\d")
TWO("duplicate", "movddup") TWO("duplicate", "movshdup") TWO("duplicate", "movsldup")
ROW("masks", "pmovmskb %xmm\\d,%eax") ROW("masks", "vpmovmskb %ymm\\d,%eax") ROW("masks", "movmskps %xmm\\d,%eax")
ROW("masks", "vmovmskpd %ymm\\d,%eax") ROW("masks", "movmskpd %xmm\\d,%eax") ROW("masks", "vmovmskps %ymm\\d,%eax")

THREE("integer", "paddb") THREE("integer", "paddw") THREE("integer", "paddd") THREE("integer", "paddq")
THREE("integer", "psubd") THREE("integer", "paddusb") THREE("integer", "psubsw") THREE("integer", "pmullw")
THREE("integer", "pmulhw") THREE("integer", "pmulhrsw") THREE("integer", "pmulld") THREE("integer", "pmuludq")
THREE("integer", "pmuldq") THREE("integer", "pmaddwd") THREE("integer", "pmaddubsw") THREE("integer", "psadbw")
THREE("integer", "pavgb") THREE("integer", "pminub") THREE("integer", "pmaxsd") THREE("integer", "pminuw")
THREE("integer", "phaddw") THREE("integer", "phaddd") THREE("integer", "psignd") TWO("integer", "pabsd")
THREE_IMM("integer", "mpsadbw", "$1,") ROW("integer", "phminposuw %xmm\\s,%xmm\\d") ROW("integer", "vphminposuw %xmm\\s,%xmm\\d")
THREE("logic", "pand") THREE("logic", "pandn") THREE("logic", "por") THREE("logic", "pxor")
THREE("logic", "andps") THREE("logic", "xorpd")
THREE("compare", "pcmpeqb") THREE("compare", "pcmpeqd") THREE("compare", "pcmpeqq") THREE("compare", "pcmpgtw") THREE("compare", "pcmpgtq")
SHIFT("shift", "psllw") SHIFT("shift", "pslld") SHIFT("shift", "psrlq") SHIFT("shift", "psraw") SHIFT("shift", "psrad")
ROW("shift", "pslldq $3,%xmm\\d") ROW("shift", "vpslldq $3,%xmm\\s,%xmm\\d") ROW("shift", "vpsrldq $3,%ymm\\s,%ymm\\d") ROW("shift", "psrldq $3,%xmm\\d")
VEX3("shift", "vpsllvd", "", "xmm") VEX3("shift", "vpsllvd", "", "ymm") VEX3("shift", "vpsrlvq", "", "ymm") VEX3("shift", "vpsravd", "", "ymm")
THREE("pack", "packsswb") THREE("pack", "packuswb") THREE("pack", "packusdw") THREE("pack", "packssdw")
THREE("unpack", "punpcklbw") THREE("unpack", "punpckhwd") THREE("unpack", "punpckldq") THREE("unpack", "punpckhqdq") THREE("unpack", "unpcklps")
THREE("shuffle", "pshufb") TWO_IMM("shuffle", "pshufd", "$0x1b,") TWO_IMM("shuffle", "pshuflw", "$0x1b,") TWO_IMM("shuffle", "pshufhw", "$0x1b,")
THREE_IMM("shuffle", "shufps", "$0x1b,") THREE_IMM("shuffle", "shufpd", "$1,") THREE_IMM("shuffle", "palignr", "$5,")
VEX2("permute", "vpermilps", "$0x1b,", "xmm") VEX2("permute", "vpermilps", "$0x1b,", "ymm") VEX2("permute", "vpermilpd", "$5,", "ymm")
VEX3("permute", "vpermilps", "", "xmm") VEX3("permute", "vpermilps", "", "ymm") VEX3("permute", "vpermilpd", "", "ymm")
VEX3("permute", "vperm2f128", "$0x21,", "ymm") VEX3("permute", "vperm2i128", "$0x21,", "ymm") VEX3("permute", "vpermd", "", "ymm")
VEX3("permute", "vpermps", "", "ymm") VEX2("permute", "vpermq", "$0x1b,", "ymm") VEX2("permute", "vpermpd", "$0x1b,", "ymm")
THREE_IMM("blend", "pblendw", "$0x5a,") THREE_IMM("blend", "blendps", "$5,") THREE_IMM("blend", "blendpd", "$1,")
VEX3("blend", "vpblendd", "$5,", "xmm") VEX3("blend", "vpblendd", "$5,", "ymm")
SSE2("blend", "pblendvb %xmm0,") SSE2("blend", "blendvps %xmm0,") SSE2("blend", "blendvpd %xmm0,")
VEX3("blend", "vpblendvb", "%xmm15,", "xmm") VEX3("blend", "vpblendvb", "%ymm15,", "ymm") VEX3("blend", "vblendvps", "%ymm15,", "ymm") VEX3("blend", "vblendvpd", "%ymm15,", "ymm")
ROW("test", "ptest %xmm1,%xmm\\d") ROW("test", "ptest (%rdi),%xmm\\d") ROW("test", "vptest %xmm1,%xmm\\d") ROW("test", "vptest %ymm1,%ymm\\d")
ROW("test", "vptest (%rdi),%ymm\\d") ROW("test", "vtestps %xmm1,%xmm\\d") ROW("test", "vtestps %ymm1,%ymm\\d") ROW("test", "vtestpd %ymm1,%ymm\\d")
WIDEN("pmovzxbw") WIDEN("pmovzxbd") WIDEN("pmovzxbq") WIDEN("pmovzxwd") WIDEN("pmovsxbw") WIDEN("pmovsxwd") WIDEN("pmovsxdq")
ROW("insert", "pinsrb $3,%eax,%xmm\\d") ROW("insert", "pinsrw $3,%eax,%xmm\\d") ROW("insert", "pinsrd $3,%eax,%xmm\\d") ROW("insert", "pinsrq $1,%rax,%xmm\\d")
ROW("insert", "pinsrb $3,(%rdi),%xmm\\d") ROW("insert", "pinsrw $3,(%rdi),%xmm\\d") ROW("insert", "pinsrd $3,(%rdi),%xmm\\d") ROW("insert", "pinsrq $1,(%rdi),%xmm\\d")
ROW("insert", "vpinsrb $3,%eax,%xmm\\s,%xmm\\d") ROW("insert", "vpinsrw $3,%eax,%xmm\\s,%xmm\\d") ROW("insert", "vpinsrd $3,%eax,%xmm\\s,%xmm\\d") ROW("insert", "vpinsrq $1,%rax,%xmm\\s,%xmm\\d")
ROW("insert", "vpinsrb $3,(%rdi),%xmm\\s,%xmm\\d") ROW("insert", "vpinsrw $3,(%rdi),%xmm\\s,%xmm\\d")
ROW("insert", "insertps $0x5a,%xmm1,%xmm\\d") ROW("insert", "insertps $0x5a,(%rdi),%xmm\\d") ROW("insert", "vinsertps $0x5a,%xmm1,%xmm\\s,%xmm\\d")
ROW("insert", "vinserti128 $1,%xmm1,%ymm\\s,%ymm\\d") ROW("insert", "vinsertf128 $1,(%rdi),%ymm\\s,%ymm\\d")
ROW("extract", "pextrb $3,%xmm\\d,%eax") ROW("extract", "pextrw $3,%xmm\\d,%eax") ROW("extract", "pextrd $3,%xmm\\d,%eax") ROW("extract", "pextrq $1,%xmm\\d,%rax")
ROW("extract", "pextrb $3,%xmm\\d,(%rdi)") ROW("extract", "pextrw $3,%xmm\\d,(%rdi)") ROW("extract", "pextrd $3,%xmm\\d,(%rdi)") ROW("extract", "pextrq $1,%xmm\\d,(%rdi)")
ROW("extract", "extractps $1,%xmm\\d,%eax") ROW("extract", "vpextrb $3,%xmm\\d,%eax") ROW("extract", "vpextrd $1,%xmm\\d,%eax")
ROW("extract", "vextracti128 $1,%ymm\\s,%xmm\\d") ROW("extract", "vextractf128 $1,%ymm\\d,(%rdi)")
ROW("broadcast", "vbroadcastss %xmm\\s,%ymm\\d") ROW("broadcast", "vbroadcastss (%rdi),%ymm\\d") ROW("broadcast", "vbroadcastss (%rdi),%xmm\\d") ROW("broadcast", "vbroadcastsd %xmm\\s,%ymm\\d")
ROW("broadcast", "vbroadcastsd (%rdi),%ymm\\d") ROW("broadcast", "vbroadcastf128 (%rdi),%ymm\\d") ROW("broadcast", "vpbroadcastb %xmm\\s,%ymm\\d") ROW("broadcast", "vpbroadcastb (%rdi),%ymm\\d")
ROW("broadcast", "vpbroadcastw %xmm\\s,%ymm\\d") ROW("broadcast", "vpbroadcastw (%rdi),%xmm\\d") ROW("broadcast", "vpbroadcastd %xmm\\s,%xmm\\d") ROW("broadcast", "vpbroadcastq (%rdi),%ymm\\d")
THREE("float", "addps") THREE("float", "addpd") THREE("float", "subps") THREE("float", "mulps") THREE("float", "mulpd") THREE("float", "minps") THREE("float", "maxpd")
THREE("float", "haddps") THREE("float", "haddpd") THREE("float", "addsubps") THREE_IMM("float", "cmpps", "$1,") THREE_IMM("float", "cmppd", "$2,")
THREE_IMM("float", "dpps", "$0xf1,") SCALAR_IMM("float", "dppd", "$0x31,") TWO_IMM("float", "roundps", "$1,") TWO_IMM("float", "roundpd", "$1,") TWO("float", "rcpps") TWO("float", "rsqrtps")
SCALAR("scalar", "addss") SCALAR("scalar", "addsd") SCALAR("scalar", "subsd") SCALAR("scalar", "mulss") SCALAR("scalar", "mulsd") SCALAR("scalar", "minsd") SCALAR("scalar", "maxss")
SCALAR_IMM("scalar", "cmpss", "$1,") SCALAR_IMM("scalar", "cmpsd", "$1,") SCALAR_IMM("scalar", "roundsd", "$1,") SCALAR("scalar", "rcpss") SCALAR("scalar", "rsqrtss")
ROW("scalar", "ucomisd %xmm1,%xmm\\d") ROW("scalar", "ucomisd (%rdi),%xmm\\d") ROW("scalar", "vucomiss %xmm1,%xmm\\d") ROW("scalar", "comiss (%rdi),%xmm\\d")
THREE("divide", "divps") THREE("divide", "divpd") SCALAR("divide", "divss") SCALAR("divide", "divsd") TWO("divide", "sqrtps") TWO("divide", "sqrtpd") SCALAR("divide", "sqrtss") SCALAR("divide", "sqrtsd")
VEX3("fma", "vfmadd132ps", "", "xmm") VEX3("fma", "vfmadd213ps", "", "ymm") VEX3("fma", "vfmadd231pd", "", "ymm") VEX3("fma", "vfnmadd231pd", "", "xmm")
VEX3("fma", "vfmsub213ps", "", "ymm") VEX3("fma", "vfmaddsub213pd", "", "ymm") VEX3("fma", "vfmadd231sd", "", "xmm") VEX3("fma", "vfnmsub132ss", "", "xmm")
TWO("convert", "cvtdq2ps") TWO("convert", "cvtps2dq") TWO("convert", "cvttps2dq") ROW("convert", "cvtdq2pd %xmm\\s,%xmm\\d") ROW("convert", "cvtdq2pd (%rdi),%xmm\\d")
ROW("convert", "vcvtdq2pd %xmm\\s,%ymm\\d") ROW("convert", "vcvtdq2pd (%rdi),%ymm\\d") ROW("convert", "vcvtps2pd %xmm\\s,%ymm\\d") ROW("convert", "cvtps2pd (%rdi),%xmm\\d")
ROW("convert", "vcvtpd2ps %ymm\\s,%xmm\\d") ROW("convert", "cvtpd2ps %xmm\\s,%xmm\\d") ROW("convert", "vcvttpd2dq %ymm\\s,%xmm\\d") ROW("convert", "cvttpd2dq (%rdi),%xmm\\d")
SCALAR("convert", "cvtss2sd") SCALAR("convert", "cvtsd2ss") ROW("convert", "cvtsi2sd %eax,%xmm\\d") ROW("convert", "cvtsi2sdq %rax,%xmm\\d") ROW("convert", "cvtsi2ssl (%rdi),%xmm\\d")
ROW("convert", "vcvtsi2sd %eax,%xmm\\s,%xmm\\d") ROW("convert", "vcvtsi2ssl (%rdi),%xmm\\s,%xmm\\d") ROW("convert", "cvttsd2si %xmm\\d,%eax") ROW("convert", "cvttsd2si %xmm\\d,%rax") ROW("convert", "vcvtss2si (%rdi),%eax")
ROW("convert", "vcvtph2ps %xmm\\s,%xmm\\d") ROW("convert", "vcvtph2ps %xmm\\s,%ymm\\d") ROW("convert", "vcvtph2ps (%rdi),%ymm\\d") ROW("convert", "vcvtps2ph $0,%ymm\\s,%xmm\\d") ROW("convert", "vcvtps2ph $0,%xmm\\d,(%rdi)")
ROW("mask move", "vmaskmovps (%rdi),%xmm15,%xmm\\d") ROW("mask move", "vmaskmovps (%rdi),%ymm15,%ymm\\d") ROW("mask move", "vpmaskmovq (%rdi),%ymm15,%ymm\\d") ROW("mask move", "vmaskmovpd (%rdi),%xmm15,%xmm\\d")
ROW("mask move", "vmaskmovps %xmm\\d,%xmm15,(%rdi)") ROW("mask move", "vpmaskmovd %ymm\\d,%ymm15,(%rdi)") ROW("mask move", "vmaskmovpd %ymm\\d,%ymm15,(%rdi)")
ROW("gather", "vpcmpeqd %xmm12,%xmm12,%xmm12; vpgatherdd %xmm12,(%rdi,%xmm14,4),%xmm\\d") ROW("gather", "vpcmpeqd %ymm12,%ymm12,%ymm12; vgatherdps %ymm12,(%rdi,%ymm14,4),%ymm\\d")
ROW("gather", "vpcmpeqd %ymm12,%ymm12,%ymm12; vgatherdpd %ymm12,(%rdi,%xmm14,8),%ymm\\d") ROW("gather", "vpcmpeqd %ymm12,%ymm12,%ymm12; vpgatherqq %ymm12,(%rdi,%ymm13,1),%ymm\\d")
ROW("gather", "vpcmpeqd %xmm12,%xmm12,%xmm12; vpgatherqd %xmm12,(%rdi,%ymm13,1),%xmm\\d")
SCALAR("aes", "aesenc") SCALAR("aes", "aesdec") SCALAR("aes", "aesenclast") VEX3("aes", "vaesenc", "", "ymm") ROW("aes", "aesimc %xmm\\s,%xmm\\d") ROW("aes", "aeskeygenassist $1,%xmm\\s,%xmm\\d")
SCALAR_IMM("clmul", "pclmulqdq", "$0,") SCALAR_IMM("clmul", "pclmulqdq", "$0x11,") VEX3("clmul", "vpclmulqdq", "$0x10,", "ymm")
ROW("sha", "sha256rnds2 %xmm1,%xmm\\d") ROW("sha", "sha256msg1 %xmm1,%xmm\\d") ROW("sha", "sha256msg2 %xmm1,%xmm\\d") ROW("sha", "sha1rnds4 $1,%xmm1,%xmm\\d") ROW("sha", "sha1nexte %xmm1,%xmm\\d") ROW("sha", "sha1msg1 %xmm1,%xmm\\d") ROW("sha", "sha1msg2 %xmm1,%xmm\\d") ROW("sha", "sha256msg1 (%rdi),%xmm\\d")
SCALAR("gfni", "gf2p8mulb") VEX3("gfni", "vgf2p8affineqb", "$1,", "ymm")
ROW("state", "vzeroupper") ROW("state", "stmxcsr (%rdi)") ROW("state", "ldmxcsr 64(%rdi)")
MMX("paddd") MMX("pmullw") MMX("pand") MMX("pxor") MMX("packuswb") MMX("punpcklbw") MMX("pshufb") MMX("pcmpeqb") MMX("pmaddwd") MMX("psadbw") MMX("paddq") MMX("pmulhuw")
ROW("mmx", "movq %mm1,%mm\\d") ROW("mmx", "movq (%rdi),%mm\\d") ROW("mmx", "movq %mm\\d,(%rdi)") ROW("mmx", "movd %eax,%mm\\d") ROW("mmx", "movd %mm\\d,%eax") ROW("mmx", "psrlw $3,%mm\\d") ROW("mmx", "pshufw $0x1b,%mm1,%mm\\d") ROW("mmx", "pmovmskb %mm\\d,%eax") ROW("mmx", "pinsrw $1,%eax,%mm\\d") ROW("mmx", "emms") ROW("mmx", "cvtpi2ps %mm1,%xmm\\d") ROW("mmx", "cvttps2pi %xmm1,%mm\\d")
ROW("strings", "pcmpistri $0x1a,%xmm1,%xmm\\d") ROW("strings", "pcmpestri $0,%xmm1,%xmm\\d") ROW("strings", "pcmpistrm $0x40,%xmm1,%xmm\\d")

static u32 memory[1024] __attribute__((aligned(4096)));
static u32 values[16][8] __attribute__((aligned(32)));

static u64
now(void)
{
	i64 t[2];
	sys(228, 2, (i64)t, 0);  // CLOCK_PROCESS_CPUTIME_ID
	return (u64)t[0] * 1000000000 + (u64)t[1];
}

// Picoseconds per copy
static u64
measure(void (*loop)(void))
{
	u64 best = ~0ul;
	for (int round = 0; round < ROUNDS; ++round) {
		u64 n = round ? LOOPS : LOOPS / 10, start, ns;
		u32 *p = memory;
		p[16] = 0x1f80;
		start = now();
		__asm__ volatile(
			"mov %1,%%rcx\n.irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\nvmovdqa 32*\\r(%%rcx),%%ymm\\r\n.endr\n"
			"mov $7,%%eax\nmov $7,%%edx\ncall *%2"
			: "+S"(n) : "r"(values), "r"(loop), "D"(p) : "rax", "rcx", "rdx", "memory", "cc",
			"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
			"xmm14", "xmm15");
		ns = now() - start;
		__asm__ volatile("emms\nvzeroupper");
		if (round && ns < best)
			best = ns;
	}
	return best * 1000 / (LOOPS * COPIES);
}

// Picoseconds as nanoseconds with a digit behind the point, 7 columns
static void
print_ns(u64 ps)
{
	char b[8];
	u64 x = (ps + 50) / 100;
	int i = 6;
	b[7] = 0;
	b[i--] = (char)('0' + x % 10);
	b[i--] = '.';
	for (x /= 10; i >= 0; x /= 10)
		b[i--] = x || i == 4 ? (char)('0' + x % 10) : ' ';
	print(b);
}

static void
print_text(const char *s)
{
	char one[2] = { 0, 0 };
	int reg = 0;
	for (; *s; ++s) {
		one[0] = *s;
		reg = *s == '%' ? 1 : reg == 1 && *s == 'm' ? 2 : reg == 2 && (*s == 'm' || *s == 's' || *s == 'd') ? 2 : reg == 1 && (*s == 'x' || *s == 'y');
		if (reg == 2 && *s != 'm')
			one[0] = *s == 's' ? '2' : '3';
		print(one);
	}
}

__attribute__((used)) static void
start_c(i64 *sp)
{
	const struct row *r = __start_rows;
	static u64 times[1024][2];
	u64 from = 0, slow[2] = { 0, 0 };
	int n = (int)(__stop_rows - r);
	if (*sp > 1)
		for (const char *p = (const char *)sp[2]; *p; ++p)
			from = from * 10 + (u64)(*p - '0') * 1000;
	for (int i = 0; i < 16; ++i)
		for (u32 j = 0; j < 8; ++j)
			values[i][j] = i == 13 ? (j & 1 ? 0 : 4 * j) : i == 14 ? j : i == 15 ? 0u - (j >> 1 & 1) : 0x3ff00000;
	print("   free   chain  (ns)\n");
	for (int i = 0; i < n; ++i) {
		times[i][0] = measure(r[i].free);
		times[i][1] = measure(r[i].chain);
		if (times[i][0] < from && times[i][1] < from)
			continue;
		print_ns(times[i][0]);
		print(" ");
		print_ns(times[i][1]);
		print("  ");
		print_text(r[i].text);
		print("\n");
	}
	print("\n    max    mean     max    mean  (free, chain)\n");
	for (int i = 0; i < n; ++i) {
		u64 max[2] = { 0, 0 }, sum[2] = { 0, 0 }, count = 0;
		int seen = 0;
		for (int j = 0; j < i; ++j)
			seen |= same(r[j].group, r[i].group);
		for (int j = i; j < n && !seen; ++j)
			if (same(r[j].group, r[i].group)) {
				++count;
				for (int k = 0; k < 2; ++k) {
					sum[k] += times[j][k];
					max[k] = times[j][k] > max[k] ? times[j][k] : max[k];
					slow[k] += times[j][k] > 5000;
				}
			}
		if (!count)
			continue;
		for (int k = 0; k < 2; ++k) {
			print_ns(max[k]);
			print(" ");
			print_ns(sum[k] / count);
			print(" ");
		}
		print(" ");
		print(r[i].group);
		print("\n");
	}
	print_ns((u64)n * 1000);
	print(" rows, slower than 5 ns:");
	print_ns(slow[0] * 1000);
	print(" free,");
	print_ns(slow[1] * 1000);
	print(" in a chain\n");
	sys(231, 0, 0, 0);
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call start_c\n");
