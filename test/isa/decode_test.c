// decode_test.c: the decoder and disassembler on their own: known encodings,
// truncated ones, the 15-byte limit, no read behind the end of the buffer
// (which ASan sees), prefixes and their legality, flag effects, CPUID.
#include "isa/insn.h"
#include <stdio.h>
#include <stdlib.h>

static int failures;

static void
fail(const char *what, const char *got, const char *wanted)
{
	printf("FAIL %s: got %s, wanted %s\n", what, got, wanted);
	++failures;
}

// Reads hex digits; returns the number of bytes.
static int
bytes_of(const char *hex, u8 *code)
{
	int n = 0;
	char *end;
	for (;;) {
		unsigned long v = strtoul(hex, &end, 16);
		if (end == hex) return n;
		code[n++] = (u8)v;
		hex = end;
	}
}

// mode, bytes, and the text or what isa_decode returns instead
static const struct {
	int mode;
	const char *hex, *text;
} known[] = {
	{MODE_64, "48 89 54 c8 10", "mov qword ptr [rax+rcx*8+0x10], rdx"},
	{MODE_64, "48 8d 05 10 00 00 00", "lea rax, [0x400017]"},
	{MODE_64, "67 8b 04 25 00 10 00 80", "mov eax, dword ptr [0x80001000]"},
	{MODE_64, "65 48 8b 04 25 28 00 00 00", "mov rax, qword ptr gs:[0x28]"},
	{MODE_64, "64 2e 8b 00", "mov eax, dword ptr fs:[rax]"},
	{MODE_64, "48 a1 00 11 22 33 44 55 66 77", "mov rax, qword ptr [0x7766554433221100]"},
	{MODE_64, "42 8b 04 20", "mov eax, dword ptr [rax+r12*1]"},
	{MODE_64, "8b 04 20", "mov eax, dword ptr [rax]"},
	{MODE_64, "41 8b 45 00", "mov eax, dword ptr [r13]"},
	{MODE_64, "41 8b 04 24", "mov eax, dword ptr [r12]"},
	{MODE_64, "88 e0", "mov al, ah"},
	{MODE_64, "40 88 e0", "mov al, spl"},
	{MODE_64, "40 66 b8 11 22", "mov ax, 0x2211"},
	{MODE_64, "66 48 b8 11 22 33 44 55 66 77 88", "mov rax, 0x8877665544332211"},
	{MODE_64, "6a ff", "push 0xffffffffffffffff"},
	{MODE_64, "83 e0 f0", "and eax, 0xfffffff0"},
	{MODE_64, "90", "nop"},
	{MODE_64, "41 90", "xchg r8d, eax"},
	{MODE_64, "f3 90", "pause"},
	{MODE_64, "f3 48 a5", "rep movsq"},
	{MODE_64, "f2 ae", "repne scasb"},
	{MODE_64, "e3 10", "jrcxz 0x400012"},
	{MODE_64, "67 e3 10", "jecxz 0x400013"},
	{MODE_64, "66 e9 00 00 00 00", "jmp 0x400006"},
	{MODE_64, "f0 01 00", "lock add dword ptr [rax], eax"},
	{MODE_64, "f0 01 c0", "ud"},
	{MODE_64, "f0 03 00", "ud"},
	{MODE_64, "f0 38 00", "ud"},
	{MODE_64, "06", "ud"},
	{MODE_64, "82 c0 01", "ud"},
	{MODE_64, "d6", "ud"},
	{MODE_64, "0f 04", "ud"},
	{MODE_64, "8e c8", "ud"},
	{MODE_64, "8e f0", "ud"},
	{MODE_64, "8d c0", "ud"},
	{MODE_64, "0f c7 c8", "ud"},
	{MODE_64, "0f 20 c8", "ud"},
	{MODE_64, "66 0f 12 c1", "ud"},
	{MODE_64, "0f 12 c1", "movhlps xmm0, xmm1"},
	{MODE_64, "f3 f2 0f 10 c1", "movsd xmm0, xmm1"},
	{MODE_64, "f2 f3 0f 10 c1", "movss xmm0, xmm1"},
	{MODE_64, "66 f2 0f 10 c1", "movsd xmm0, xmm1"},
	{MODE_64, "66 48 0f 6e c0", "movq xmm0, rax"},
	{MODE_64, "66 0f fc c1", "paddb xmm0, xmm1"},
	{MODE_64, "0f fc c1", "paddb mm0, mm1"},
	{MODE_64, "f3 66 0f bd c1", "lzcnt ax, cx"},
	{MODE_64, "0f bd c1", "bsr eax, ecx"},
	{MODE_64, "66 f2 0f 38 f1 c1", "crc32 eax, cx"},
	{MODE_64, "48 0f c7 08", "cmpxchg16b xmmword ptr [rax]"},
	{MODE_64, "c4 e2 78 f2 c1", "andn eax, eax, ecx"},
	{MODE_64, "c4 e2 f8 f2 c1", "andn rax, rax, rcx"},
	{MODE_64, "c4 e2 7c f2 c1", "ud"},
	{MODE_64, "66 c4 e2 78 f2 c1", "ud"},
	{MODE_64, "f3 0f 1e fa", "endbr64"},
	{MODE_64, "0f ae e8", "lfence"},
	{MODE_64, "0f ae e9", "lfence"},
	{MODE_64, "66 0f ae e8", "ud"},
	{MODE_64, "de d9", "fcompp"},
	{MODE_64, "dc e1", "fsubr st1, st0"},
	{MODE_64, "d9 d0", "fnop"},
	{MODE_64, "d9 d1", "ud"},
	{MODE_64, "db e5", "ud"},
	{MODE_64, "62 f1 7c 48 58 c1", "ud"},
	{MODE_64, "48 0f ae 00", "fxsave64 [rax]"},
	{MODE_32, "62 00", "bound eax, qword ptr [eax]"},
	{MODE_32, "c4 00", "les eax, fword ptr [eax]"},
	{MODE_32, "40", "inc eax"},
	{MODE_32, "48", "dec eax"},
	{MODE_32, "63 c8", "arpl ax, cx"},
	{MODE_32, "8b 05 fe ff ff ff", "mov eax, dword ptr [0xfffffffe]"},
	{MODE_32, "36 8b 45 00", "mov eax, dword ptr ss:[ebp]"},
	{MODE_32, "c4 e2 f8 f2 c1", "andn eax, eax, ecx"},
	{MODE_32, "9a 11 22 33 44 55 66", "call far 0x6655:0x44332211"},
	{MODE_16, "8b 00", "mov ax, word ptr [bx+si]"},
	{MODE_16, "8b 0e 34 12", "mov cx, word ptr [0x1234]"},
	{MODE_16, "67 66 8b 44 24 08", "mov eax, dword ptr [esp+0x8]"},
	{MODE_16, "e8 00 ff", "call 0xff03"},
	{MODE_16, "cf", "iret"},
	{MODE_16, "66 cf", "iretd"},
	{MODE_16, "ea 11 22 33 44", "jmp far 0x4433:0x2211"},
	{MODE_64, "66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", "nop"},
	{MODE_64, "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", "toolong"},
	{MODE_64, "2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e b8 00 00 00 00", "toolong"}
};

// Whether this build has no rows for the operation that the text names.
static int
left_out(const char *text, const char *name, int op)
{
	return op >= OP_COUNT && !strncmp(text, name, strlen(name));
}

static void
test_known(void)
{
	u8 code[32];
	char text[128];
	struct insn in;
	size_t i;
	for (i = 0; i < COUNTOF(known); ++i) {
		int n = bytes_of(known[i].hex, code);
		int r;
		if (left_out(known[i].text, "andn", OP_ANDN) || left_out(known[i].text, "lzcnt", OP_LZCNT)) continue;
		r = isa_decode(&in, code, n, (enum isa_mode)known[i].mode);
		if (r == ISA_UD) snprintf(text, sizeof(text), "ud");
		else if (r == ISA_TOOLONG) snprintf(text, sizeof(text), "toolong");
		else if (r == ISA_SHORT) snprintf(text, sizeof(text), "short");
		else if (r != n) snprintf(text, sizeof(text), "length %d", r);
		else isa_format(text, sizeof(text), &in, 0x400000);
		if (strcmp(text, known[i].text)) fail(known[i].hex, text, known[i].text);
	}
}

// The same in AT&T syntax: what differs from Intel's in more than order
static const struct {
	int mode;
	const char *hex, *text;
} known_att[] = {
	{MODE_64, "48 89 54 c8 10", "mov %rdx, 0x10(%rax,%rcx,8)"},
	{MODE_64, "48 8d 05 10 00 00 00", "lea 0x10(%rip), %rax"},
	{MODE_64, "67 8b 04 25 00 10 00 80", "addr32 mov 0x80001000, %eax"},
	{MODE_64, "65 48 8b 04 25 28 00 00 00", "mov %gs:0x28, %rax"},
	{MODE_64, "c6 00 01", "movb $0x1, (%rax)"},
	{MODE_64, "48 c7 40 f8 ff ff ff ff", "movq $0xffffffffffffffff, -0x8(%rax)"},
	{MODE_64, "0f b6 00", "movzbl (%rax), %eax"},
	{MODE_64, "48 0f be c1", "movsbq %cl, %rax"},
	{MODE_64, "48 63 c1", "movslq %ecx, %rax"},
	{MODE_64, "d3 20", "shll %cl, (%rax)"},
	{MODE_64, "0f a5 18", "shld %cl, %ebx, (%rax)"},
	{MODE_64, "ff d0", "call *%rax"},
	{MODE_64, "ff 24 c5 00 10 00 00", "jmp *0x1000(,%rax,8)"},
	{MODE_64, "e8 00 00 00 00", "call 0x400005"},
	{MODE_64, "48 cb", "lretq"},
	{MODE_64, "66 6a 01", "pushw $0x1"},
	{MODE_64, "ff 30", "pushq (%rax)"},
	{MODE_64, "c8 10 00 01", "enter $0x10, $0x1"},
	{MODE_64, "48 98", "cltq"},
	{MODE_64, "48 99", "cqto"},
	{MODE_64, "f3 48 a5", "rep movsq"},
	{MODE_64, "64 a5", "movsl %fs:(%rsi), %es:(%rdi)"},
	{MODE_64, "ee", "out %al, (%dx)"},
	{MODE_64, "d9 00", "flds (%rax)"},
	{MODE_64, "db 28", "fldt (%rax)"},
	{MODE_64, "df 28", "fildll (%rax)"},
	{MODE_64, "d8 e1", "fsub %st(1), %st"},
	{MODE_64, "dc e9", "fsubr %st, %st(1)"},
	{MODE_64, "de e9", "fsubrp %st, %st(1)"},
	{MODE_64, "f2 0f 2a 00", "cvtsi2sdl (%rax), %xmm0"},
	{MODE_64, "f2 48 0f 2a c0", "cvtsi2sd %rax, %xmm0"},
	{MODE_64, "f0 48 0f c7 08", "lock cmpxchg16b (%rax)"},
	{MODE_64, "0f 1f 44 00 00", "nopl (%rax,%rax,1)"},
	{MODE_64, "f2 0f 38 f0 c1", "crc32b %cl, %eax"},
	{MODE_32, "ea 11 22 33 44 55 66", "ljmp $0x6655, $0x44332211"},
	{MODE_32, "62 00", "bound %eax, (%eax)"},
	{MODE_32, "66 e8 00 00 00 00", "data16 call 0x4"},
	{MODE_16, "8b 00", "mov (%bx,%si), %ax"},
	{MODE_16, "66 c3", "retl"}
};

static void
test_att(void)
{
	u8 code[32];
	char text[128];
	struct insn in;
	size_t i;
	for (i = 0; i < COUNTOF(known_att); ++i) {
		int n = bytes_of(known_att[i].hex, code), r = isa_decode(&in, code, n, (enum isa_mode)known_att[i].mode);
		if (r <= 0) snprintf(text, sizeof(text), "error %d", r);
		else isa_format_att(text, sizeof(text), &in, 0x400000);
		if (strcmp(text, known_att[i].text)) fail(known_att[i].hex, text, known_att[i].text);
	}
}

static u64 seed = 88172645463325252ull;

static u64
random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

// Random bytes in a buffer of exactly their size: what fits decodes, one byte
// less is ISA_SHORT, more bytes change nothing.
static void
test_bounds(long n)
{
	static const u8 prefixes[8] = {0x66, 0xf2, 0xf3, 0x67, 0xf0, 0x48, 0x44, 0x64};
	struct insn a, b;
	u8 code[32], *exact;
	char text[16];
	long i;
	int k, r, s, p;
	for (i = 0; i < n; ++i) {
		enum isa_mode mode = (enum isa_mode)(i % 3);
		u64 x = random_u64();
		st64(code, random_u64());
		st64(code + 8, random_u64());
		for (p = 0; p < (int)(x & 3); ++p) code[p] = prefixes[x >> (4 + 3 * p) & 7];
		if (x & 8) code[p] = 0x0f;
		if ((x & 0xf000) == 0) code[p] = 0xc4 + (x >> 16 & 1);
		r = isa_decode(&a, code, 15, mode);
		if (r == 0) fail("15 random bytes", "ISA_SHORT", "a verdict");
		for (k = r > 0 ? r : a.len; k >= 0; k -= r > 0 ? r : 1) {
			exact = (u8 *)malloc(k ? k : 1);
			memcpy(exact, code, k);
			s = isa_decode(&b, exact, k, mode);
			if (r > 0 && k == r && (s != r || memcmp(&a, &b, sizeof(a)))) fail("exact buffer", "another result", "the same");
			free(exact);
			if (r > 0) {
				// one byte less
				exact = (u8 *)malloc(r);
				memcpy(exact, code, r - 1);
				if (isa_decode(&b, exact, r - 1, mode) != ISA_SHORT) fail("cut by one byte", "a result", "ISA_SHORT");
				free(exact);
				if (isa_format(text, sizeof(text), &a, x) >= 200 || !memchr(text, 0, sizeof(text)))
					fail("isa_format", "no terminator", "one");
				isa_format(0, 0, &a, x);
			}
		}
	}
}

// Whatever decodes prints, in both syntaxes, within the bound that callers
// count on, inside of the buffer, and with nothing but printable characters.
static void
check_text(size_t (*format)(char *, size_t, const struct insn *, u64), const struct insn *in, u64 pc)
{
	char text[112];
	size_t n, i, size = 1 + pc % 64;
	memset(text, 0x7f, sizeof(text));
	n = format(text, 96, in, pc);
	if (n >= 96 || text[n]) fail("text", "longer than 95", "at most that");
	for (i = 0; i < n && i < 96; ++i)
		if (text[i] < ' ' || text[i] > '~') fail("text", "a control character", "none");
	memset(text, 0x7f, sizeof(text));
	if (format(text, size, in, pc) != n || strlen(text) != (n < size ? n : size - 1)) fail("cut text", "another length", "as much as fits");
	for (i = size; i < sizeof(text); ++i)
		if (text[i] != 0x7f) fail("cut text", "bytes behind its end", "none");
}

// Random bytes and prefixes through decoder and both formatters, in all modes.
static void
test_random(long n)
{
	static const u8 first[16] = {0x66, 0xf2, 0xf3, 0x67, 0xf0, 0x48, 0x44, 0x64, 0x0f, 0x0f, 0x0f, 0xc4, 0xc5, 0x62, 0x2e, 0x4f};
	u8 code[32];
	struct insn in;
	long i;
	for (i = 0; i < n; ++i) {
		u64 x = random_u64();
		size_t size = x & 15, k;
		int r;
		st64(code, random_u64());
		st64(code + 8, x * 0x9e3779b97f4a7c15);
		for (k = 0; k < (x >> 8 & 3); ++k) code[k] = first[x >> (12 + 4 * k) & 15];
		// right at the end of the buffer, where ASan sees one byte more
		memmove(code + sizeof(code) - size, code, size);
		r = isa_decode(&in, code + sizeof(code) - size, size, (enum isa_mode)(i % 3));
		if (r > (int)size || in.len > 15 || (r > 0 && r != in.len)) fail("random bytes", "a wrong length", "one that fits");
		if (r <= 0) continue;
		check_text(isa_format, &in, x);
		check_text(isa_format_att, &in, x);
	}
}

static struct isa_effect
effect(const char *hex)
{
	u8 code[32];
	struct insn in;
	struct isa_effect e;
	memset(&e, 0, sizeof(e));
	if (isa_decode(&in, code, bytes_of(hex, code), MODE_64) <= 0) fail(hex, "no instruction", "one");
	else e = isa_flag_effect(&in);
	return e;
}

static void
expect_flags(const char *hex, unsigned reads, unsigned writes, unsigned kills)
{
	struct isa_effect e = effect(hex);
	char got[64], wanted[64];
	snprintf(got, sizeof(got), "%x %x %x", e.reads, e.writes, e.kills);
	snprintf(wanted, sizeof(wanted), "%x %x %x", reads, writes, kills);
	if (strcmp(got, wanted)) fail(hex, got, wanted);
}

static void
test_flags(void)
{
	unsigned logic = FLAGS_ARITH & ~FLAG_AF;
	expect_flags("01 c0", 0, FLAGS_ARITH, FLAGS_ARITH);
	expect_flags("11 c0", FLAG_CF, FLAGS_ARITH, FLAGS_ARITH);
	expect_flags("31 c0", 0, FLAGS_ARITH, logic);
	expect_flags("ff c0", 0, FLAGS_ARITH & ~FLAG_CF, FLAGS_ARITH & ~FLAG_CF);
	expect_flags("48 c0 e0 20", 0, 0, 0);  // SHL of a byte by 32, which is 0 also with REX.W
	expect_flags("74 00", FLAG_ZF, 0, 0);
	expect_flags("0f 9f c0", FLAG_ZF | FLAG_SF | FLAG_OF, 0, 0);
	expect_flags("d3 e0", 0, FLAGS_ARITH, 0);
	expect_flags("c1 e0 00", 0, 0, 0);
	expect_flags("c1 e0 20", 0, 0, 0);
	expect_flags("c1 e0 05", 0, FLAGS_ARITH, logic);
	expect_flags("f3 a6", FLAG_DF, FLAGS_ARITH, 0);
	expect_flags("a6", FLAG_DF, FLAGS_ARITH, FLAGS_ARITH);
	expect_flags("89 c0", 0, 0, 0);
}

static void
test_cpuid(void)
{
	struct isa_cpuid r = isa_cpuid(0, 0), f = isa_cpuid(1, 0);
	unsigned i, n = 0;
	if (r.ebx != 0x756e6547 || r.edx != 0x49656e69 || r.ecx != 0x6c65746e) fail("vendor", "another", "GenuineIntel");
	if (r.eax < 0xd || isa_cpuid(0x80000000, 0).eax != 0x80000008) fail("highest leaves", "lower", "0xd and 0x80000008");
	for (i = 0; i < 8 && (isa_cpuid(4, i).eax & 31); ++i) ++n;
	if (n != 4) fail("caches", "not 4", "4");
	if (!(f.ecx >> 31)) fail("hypervisor bit", "0", "1");
	// an extension stands on the ones before it
	if ((f.edx >> 26 & 1) > (f.edx >> 25 & 1)) fail("SSE2", "1", "0, without SSE");
	if (isa_cpuid(0x80000008, 0).eax != 0x3030) fail("address sizes", "others", "48 and 48");
	if (isa_cpuid(0x12345678, 0).eax) fail("unknown leaf", "something", "zeros");
}

#ifndef TINY
// What the x86-64 ABI asks of each level is there, and nothing of the next.
static void
test_cpuid_levels(void)
{
	static const u32 leaf1[4] = {0, 0x00982201, 0x34d83201, 0};
	static const u32 leaf7[4] = {0, 0, 0x128, 0};
	static const u32 ext[4] = {0, 1, 0x21, 0};
	static const char *const names[4] = {"v1", "v2", "v3", "max"};
	u32 all = isa_cpuid(1, 0).ecx;
	int i;
	for (i = 0; i < 4; ++i) {
		struct isa_cpuid a, b, c;
		if (isa_cpuid_cap(names[i])) fail("level", "unknown", names[i]);
		a = isa_cpuid(1, 0);
		b = isa_cpuid(7, 0);
		c = isa_cpuid(0x80000001, 0);
		if (!(a.ecx >> 31)) fail(names[i], "no hypervisor", "one");
		if (i == 3) {
			if (a.ecx != all) fail(names[i], "less", "everything");
			break;
		}
		if ((a.ecx & 0x7fffffff) != (leaf1[i] & all)) fail(names[i], "leaf 1 wrong", "the level's features");
		if ((b.ebx & ~0x200u) & ~leaf7[i]) fail(names[i], "leaf 7 has more", "the level's features");
		if (i == 2 && (all >> 28 & 1) && (b.ebx & leaf7[i]) != leaf7[i]) fail(names[i], "leaf 7 has less", "the level's features");
		if (b.ecx || b.edx) fail(names[i], "leaf 7 has more", "nothing in ECX and EDX");
		if (c.ecx != ext[i]) fail(names[i], "leaf 80000001 wrong", "the level's features");
		if ((isa_cpuid(0xd, 0).eax != 0) != (a.ecx >> 26 & 1)) fail(names[i], "leaf 13", "as XSAVE says");
		if (isa_cpuid(0x80000002, 0).eax == 0) fail(names[i], "no name", "one");
	}
	if (!isa_cpuid_cap("v4") || !isa_cpuid_cap("v") || !isa_cpuid_cap("v33")) fail("unknown level", "taken", "refused");
	if (isa_cpuid_cap(0)) fail("no level", "refused", "taken");
}
#endif

// No operation without a name, and those that are done keep their promises.
static void
test_table(void)
{
	int i;
	for (i = 1; i < OP_COUNT; ++i) {
		const struct isa_flagset *f = &isa_flagsets[isa_flagset_of[i]];
		if (f->writes & f->undefs) fail("a flag", "both written and undefined", "one of them");
	}
}

int
main(int argc, char *argv[])
{
	test_known();
	test_att();
	test_bounds(200000);
	test_random(argc > 1 ? atol(argv[1]) : 1000000);
	test_flags();
	test_cpuid();
#ifndef TINY
	test_cpuid_levels();
#endif
	test_table();
	printf("decode_test: %d failures\n", failures);
	return failures != 0;
}
