// Vector state of 32 bytes in signal frames: what the kernel says about it
// there, what is in it, and what becomes of changes that the handler makes.
// Says nothing but what is wrong; on processors without AVX all is well.
#include "sig.h"

enum { MAGIC1 = 0x46505853, MAGIC2 = 0x46505845 };
enum { AT_SW = 464, AT_HEADER = 512, AT_YMM = 576 };
static u8 in_handler[16][32], want[16][32], got[16][32];
static int change;  // what the handler does to the frame
static u64 features, area;

static void
expect(const char *text, u64 is, u64 should)
{
	if (is == should)
		return;
	put(text);
	put(": ");
	put_hex(is);
	put(" not ");
	put_hex(should);
	put(" in case ");
	put_hex((u64)change);
	put("\n");
}

static u32
get32(const u8 *p)
{
	u32 x;
	memcpy(&x, p, 4);
	return x;
}

static u64
get64(const u8 *p)
{
	u64 x;
	memcpy(&x, p, 8);
	return x;
}

#define ALL(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define STORE(n) "vmovdqu %%ymm" #n ", 32*" #n "(%0)\n"
#define LOAD(n) "vmovdqu 32*" #n "(%0), %%ymm" #n "\n"

static void
handler(int sig, struct siginfo *si, void *p)
{
	struct ucontext *uc = (struct ucontext *)p;
	u8 *fp = (u8 *)uc->fp;
	u64 bit;
	u32 size = get32(fp + AT_SW + 16);
	__asm__ volatile(ALL(STORE) : : "r"(in_handler) : "memory");
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 32; j += 8)
			expect("vectors in the handler", get64(in_handler[i] + j), 0);
	expect("uc_flags", uc->flags & 1, 1);
	expect("alignment", (u64)fp & 63, 0);
	expect("magic 1", get32(fp + AT_SW), MAGIC1);
	expect("extended size", get32(fp + AT_SW + 4), area + 4);
	expect("features", get64(fp + AT_SW + 8) & features, get64(fp + AT_SW + 8));
	expect("features with AVX", get64(fp + AT_SW + 8) & 7, 7);
	expect("size", size, area);
	expect("magic 2", get32(fp + size), MAGIC2);
	expect("header", get64(fp + AT_HEADER) & 7, 7);
	expect("header, second half", get64(fp + AT_HEADER + 8), 0);
	for (int i = 0; i < 16; i++) {
		expect("xmm in the frame", get64(fp + 160 + 16 * i), get64(want[i]));
		expect("ymm in the frame", get64(fp + AT_YMM + 16 * i + 8), get64(want[i] + 24));
	}
	expect("room", uc->r[R_SP] - 128 >= (u64)fp + area + 4, 1);
	switch (change) {
	case 1:  // new values
		fp[160] ^= 0xff;
		fp[AT_YMM + 16 * 5 + 3] ^= 0xff;
		want[0][0] ^= 0xff;
		want[5][19] ^= 0xff;
		break;
	case 2:  // initial state
		bit = get64(fp + AT_HEADER) & ~4ul;
		memcpy(fp + AT_HEADER, &bit, 8);
		for (int i = 0; i < 16; i++)
			memset(want[i] + 16, 0, 16);
		break;
	case 3:  // no longer an XSAVE image
		fp[size] ^= 1;
		for (int i = 0; i < 16; i++)
			memset(want[i] + 16, 0, 16);
		break;
	case 4:
		fp[AT_SW] ^= 1;
		for (int i = 0; i < 16; i++)
			memset(want[i] + 16, 0, 16);
		break;
	case 5:  // without AVX
		fp[AT_SW + 8] &= ~4;
		for (int i = 0; i < 16; i++)
			memset(want[i] + 16, 0, 16);
		break;
	case 6:  // without SSE's part
		bit = get64(fp + AT_HEADER) & ~2ul;
		memcpy(fp + AT_HEADER, &bit, 8);
		for (int i = 0; i < 16; i++)
			memset(want[i], 0, 16);
		break;
	case 7:  // too small to be one
		size = 512;
		memcpy(fp + AT_SW + 16, &size, 4);
		for (int i = 0; i < 16; i++)
			memset(want[i] + 16, 0, 16);
		break;
	case 8:  // no state at all
		uc->fp = 0;
		memset(want, 0, sizeof want);
		break;
	default:
		break;
	}
}

static void
fill(void)
{
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 32; j++)
			want[i][j] = (u8)(i * 37 + j * 11 + change + 1);
}

static int
test_main(int argc, char **argv, char **envp)
{
	u32 a, b, c, d, pid = (u32)sys(SYS_getpid), tid = (u32)sys(SYS_gettid);
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(1), "2"(0));
	if (!(c >> 27 & 1) || !(c >> 28 & 1)) {
		put("done\n");
		return 0;
	}
	__asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	features = a | (u64)d << 32;
	expect("XCR0", features & 7, 7);
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(13), "2"(0));
	area = b;
	expect("CPUID 13", a & features, features);
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "0"(13), "2"(2));
	expect("CPUID 13.2 size", a, 256);
	expect("CPUID 13.2 offset", b, 576);
	on_signal(SIGUSR1, handler, 0, 0);
	for (change = 0; change < 9; change++) {
		fill();
		{
			register i64 rax __asm__("rax") = SYS_tgkill;
			register i64 rdi __asm__("rdi") = pid;
			register i64 rsi __asm__("rsi") = tid;
			register i64 rdx __asm__("rdx") = SIGUSR1;
			__asm__ volatile(ALL(LOAD) "syscall\n" : : "r"(want), "r"(rax), "r"(rdi), "r"(rsi), "r"(rdx) : "rcx", "r11", "memory");
			__asm__ volatile(ALL(STORE) : : "r"(got) : "memory");
			__asm__ volatile("vzeroall");
		}
		for (int i = 0; i < 16; i++)
			for (int j = 0; j < 32; j += 8)
				expect("vectors afterwards", get64(got[i] + j), get64(want[i] + j));
	}
	put("done\n");
	return 0;
}
