// smc.c: a store into code takes effect at the next instruction: in the
// running block, through an alias, after remap and mprotect, into an
// instruction that crosses a page, by a system call, and in a tight loop.
#include "../linux/t.h"

enum { R = 1, W = 2, X = 4, SHARED = 1, PRIVATE = 2, FIXED = 16, ANON = 32 };

static u8 *
map(u64 addr, u64 len, int prot, int flags, i64 fd)
{
	return (u8 *)sys(9, addr, len, (i64)prot, (i64)flags, fd, 0L);
}

// mov $n, %eax; ret
static void
emit_return(u8 *p, u32 n)
{
	p[0] = 0xb8;
	memcpy(p + 1, &n, 4);
	p[5] = 0xc3;
}

static u32
call(const u8 *p)
{
	return ((u32(*)(void))p)();
}

static int
test_main(int argc, char **argv, char **envp)
{
	u8 *a = map(0, 0x4000, R | W | X, PRIVATE | ANON, -1);
	u8 *b;
	u32 sum = 0;

	emit_return(a, 1);
	show("first", call(a));
	emit_return(a, 2);
	show("rewritten", call(a));

	// The block that runs stores into an instruction that follows at once:
	// movb $7, 1(%rip) ... the byte is the immediate of the next mov.
	static const u8 self[] = {
		0xc6, 0x05, 0x01, 0x00, 0x00, 0x00, 7,  // movb $7, 1(%rip)
		0xb8, 1, 0, 0, 0,                       // mov $1, %eax  <- becomes 7
		0xc3
	};
	memcpy(a + 64, self, sizeof self);
	show("running block", call(a + 64));
	show("running block again", call(a + 64));

	// A counted loop that increments its own immediate:
	// mov $100,%ecx; xor %eax,%eax; 1: add $imm8,%eax; incb imm; dec %ecx; jnz 1b; ret
	static const u8 loop[] = {
		0xb9, 100, 0, 0, 0, 0x31, 0xc0,
		0x83, 0xc0, 0x00,
		0xfe, 0x05, 0xf9, 0xff, 0xff, 0xff,     // incb -7(%rip): the immediate above
		0xff, 0xc9, 0x75, 0xf3, 0xc3
	};
	memcpy(a + 128, loop, sizeof loop);
	show("self counting loop", call(a + 128));

	// An instruction across two pages: both halves
	u8 *cross = a + 0x1000 - 3;
	emit_return(cross, 0x11223344);
	show_hex("crossing", call(cross));
	cross[1] = 0x55;
	show_hex("crossing, first page changed", call(cross));
	cross[4] = 0x66;
	show_hex("crossing, second page changed", call(cross));

	// Two mappings of one memory: written through one, run through the other
	i64 fd = sys(319, "smc", 0L);
	sys(77, fd, 0x1000L);
	u8 *w = map(0, 0x1000, R | W, SHARED, fd);
	u8 *x = map(0, 0x1000, R | X, SHARED, fd);
	for (u32 i = 0; i < 5; ++i) {
		emit_return(w, i * 3);
		sum = sum * 10 + call(x);
	}
	show("alias", sum);
	// an alias made after the code was run
	u8 *w2 = map(0, 0x1000, R | W, SHARED, fd);
	emit_return(w2, 99);
	show("later alias", call(x));
	// through the file
	u8 code[6];
	emit_return(code, 123);
	sys(18, fd, code, 6L, 0L);
	show("pwrite to the file", call(x));

	// protections and moves
	b = map(0, 0x2000, R | W, PRIVATE | ANON, -1);
	emit_return(b, 41);
	sys(10, b, 0x1000L, (i64)(R | X));
	show("mprotect rx", call(b));
	sys(10, b, 0x1000L, (i64)(R | W));
	emit_return(b, 42);
	sys(10, b, 0x1000L, (i64)(R | X));
	show("mprotect rw, rx", call(b));
	u8 *m = (u8 *)sys(25, b, 0x1000L, 0x1000L, 3L, a + 0x3000);
	show("mremap moved to", m - a);
	show("moved code", call(m));
	b = map((u64)b, 0x1000, R | W | X, PRIVATE | ANON | FIXED, -1);
	emit_return(b, 43);
	show("mapped anew", call(b));
	sys(11, b, 0x1000L);
	b = map((u64)b, 0x1000, R | W | X, PRIVATE | ANON | FIXED, -1);
	emit_return(b, 44);
	show("unmapped, mapped", call(b));
	sys(28, b, 0x1000L, 4L);
	show("madvise dontneed", b[0]);
	emit_return(b, 45);
	show("after dontneed", call(b));

	// a system call writes code
	int fds[2];
	sys(22, fds);
	emit_return(code, 77);
	sys(1, (i64)fds[1], code, 6L);
	show("read into code", sys(0, (i64)fds[0], b, 6L));
	show("read code", call(b));
	show("clock_gettime into code page", sys(228, 1L, b + 64));
	show("code beside it", call(b));

	// data beside running code, many times
	for (u32 i = 0; i < 2000; ++i) {
		*(volatile u32 *)(b + 512) += i;
		sum += call(b);
	}
	show("data on a code page", *(u32 *)(b + 512));
	// push onto the page that runs
	static const u8 stack_code[] = {
		0x48, 0x89, 0xe1,             // mov %rsp, %rcx
		0x48, 0x8d, 0x25, 0x80, 0, 0, 0,  // lea 128(%rip), %rsp
		0x6a, 0x05, 0x6a, 0x06,       // push $5; push $6
		0x58, 0x5a,                   // pop %rax; pop %rdx
		0x01, 0xd0,                   // add %edx, %eax
		0x48, 0x89, 0xcc, 0xc3        // mov %rcx, %rsp; ret
	};
	memcpy(b, stack_code, sizeof stack_code);
	show("stack on a code page", call(b));
	// rep movsb over the next instruction
	static const u8 copy_code[] = {
		0x48, 0x8d, 0x35, 0x1a, 0, 0, 0,  // lea src(%rip), %rsi
		0x48, 0x8d, 0x3d, 0x07, 0, 0, 0,  // lea dst(%rip), %rdi
		0xb9, 0x06, 0, 0, 0,              // mov $6, %ecx
		0xf3, 0xa4,                       // rep movsb
		0xb8, 1, 0, 0, 0, 0xc3,           // dst: mov $1, %eax; ret
		0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
		0xb8, 9, 0, 0, 0, 0xc3            // src: mov $9, %eax; ret
	};
	memcpy(b, copy_code, sizeof copy_code);
	show("rep movsb over what follows", call(b));
	return 0;
}
