// int80.h: `int $0x80` from 64-bit and from 32-bit code.
#ifndef INT80_H_
#define INT80_H_
#include "t.h"

// Pages below 4 GiB, at 0x10000000: code and stack of call32 in the first three.
static u8 *low;

static i64
call64(u32 nr, u32 a, u32 b, u32 c, u32 d, u32 e, u32 f)
{
	i64 r;
	__asm__ volatile("push %%rbp\n mov %7, %%ebp\n int $0x80\n pop %%rbp"
	                 : "=a"(r)
	                 : "a"((u64)nr | 0x100000000), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), "r"(f)
	                 : "memory");
	return r;
}

u64 saved_sp;

// The same from 32-bit code: it loads its registers from low + 0x1000.
static i64
call32(u32 nr, u32 a, u32 b, u32 c, u32 d, u32 e, u32 f)
{
	static const u8 code[] = {
		0x60,                          // pusha
		0xbe, 0, 0x10, 0, 0x10,        // mov $low + 0x1000, %esi
		0x8b, 0x06, 0x8b, 0x5e, 4, 0x8b, 0x4e, 8, 0x8b, 0x56, 12, 0x8b, 0x7e, 20, 0x8b, 0x6e, 24, 0x8b, 0x76, 16,
		0xcd, 0x80,                    // int $0x80
		0xa3, 0, 0x10, 0, 0x10,        // mov %eax, low + 0x1000
		0x61, 0xcb                     // popa; lret
	};
	static struct { u32 ip; u16 cs; } __attribute__((packed)) to;
	u32 *w = (u32 *)(void *)(low + 0x1000);
	memcpy(low, code, sizeof code);
	w[0] = nr, w[1] = a, w[2] = b, w[3] = c, w[4] = d, w[5] = e, w[6] = f;
	to.ip = 0x10000000;
	to.cs = 0x23;
	__asm__ volatile("push %%rbp\n mov %%rsp, saved_sp(%%rip)\n mov %1, %%rsp\n push $0x2b\n mov (%%rsp), %%ds\n lcall *%0\n"
	                 "mov saved_sp(%%rip), %%rsp\n pop %%rbp\n xor %%eax, %%eax\n mov %%eax, %%ds"
	                 :
	                 : "m"(to), "r"(low + 0x2ff0)
	                 : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
	return (i64)(i32)w[0];
}

typedef i64 call_fn(u32, u32, u32, u32, u32, u32, u32);

// C(number, argument...): by whichever of the two `call` is
static UNUSED call_fn *call;
#define C(...) CALL7(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define CALL7(nr, a, b, c, d, e, f, ...) call(nr, (u32)(a), (u32)(b), (u32)(c), (u32)(d), (u32)(e), (u32)(f))

// Room for what the calls read and write
enum { DATA = 0x10004000 };
#define P(offset) (DATA + (offset))
static UNUSED u8 *const data = (u8 *)DATA;
static UNUSED u32 *const w = (u32 *)(void *)data;

static UNUSED void
words(const char *name, const u32 *p, int n)
{
	put(name);
	put(":");
	for (; n--; p++) {
		put(" ");
		put_hex(*p);
	}
	put("\n");
}

#endif
