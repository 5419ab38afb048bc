// far.c: far calls, returns and jumps from 64-bit code to 64-bit code keep the
// whole stack pointer.
#include "../linux/t.h"

static struct { u32 offset; u16 selector; } __attribute__((packed)) target;

static u64
far_call(void)
{
	u64 outside, inside;
	__asm__ volatile("movl $1f, %2\n mov %%cs, %3\n mov %%rsp, %0\n sub $128, %%rsp\n"
	                 "lcall *%2\n add $128, %%rsp\n jmp 2f\n"
	                 "1: mov %%rsp, %1\n lretl\n2:"
	                 : "=&r"(outside), "=&r"(inside), "+m"(target.offset), "+m"(target.selector) : : "memory");
	return outside - inside;
}

static u64
far_jump(void)
{
	u64 before, after;
	__asm__ volatile("movl $1f, %2\n mov %%cs, %3\n mov %%rsp, %0\n ljmp *%2\n ud2\n 1: mov %%rsp, %1"
	                 : "=&r"(before), "=&r"(after), "+m"(target.offset), "+m"(target.selector) : : "memory");
	return before - after;
}

static int
test_main(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	(void)envp;
	for (int i = 0; i < 2; i++) {
		show("far call", (i64)far_call());
		show("far jump", (i64)far_jump());
	}
	return 0;
}
