// window.c: system calls that may block, which a signal cancels up to the moment
// when the kernel has them.
#include "host/sig.h"
#include <errno.h>
#include <ucontext.h>
#include <unistd.h>

#if HOST_LINUX

i64
host_call(long nr, long a, long b, long c, long d, long e, long f)
{
	long r = syscall(nr, a, b, c, d, e, f);
	return r == -1 ? -errno : r;
}

// The window: from the look at *cancel to the instruction that enters the
// kernel. A signal handler that finds the thread inside moves it to `cancel`,
// so nothing can happen between look and entry. args: nr and six arguments.
extern long host_window(volatile int *cancel, const long *args) __asm__("host_window");
extern char host_window_begin[], host_window_end[], host_window_cancel[];
#define WINDOW_HEAD ".text\n.globl host_window\n.hidden host_window\n.hidden host_window_begin\n.hidden host_window_end\n" \
	".hidden host_window_cancel\n.globl host_window_begin\n.globl host_window_end\n.globl host_window_cancel\n"

// What handlers get as their third argument, and where it has the PC
#if defined(__sparc__) && defined(__arch64__)
#define CONTEXT struct sigcontext
#else
#define CONTEXT ucontext_t
#endif
#if defined(__x86_64__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.gregs[REG_RIP])
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	mov %rdi,%r11\n"
	"	mov (%rsi),%rax\n"
	"	mov 8(%rsi),%rdi\n"
	"	mov 24(%rsi),%rdx\n"
	"	mov 32(%rsi),%r10\n"
	"	mov 40(%rsi),%r8\n"
	"	mov 48(%rsi),%r9\n"
	"	mov 16(%rsi),%rsi\n"
	"host_window_begin:\n"
	"	cmpl $0,(%r11)\n"
	"	jne host_window_cancel\n"
	"	syscall\n"
	"host_window_end:\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	mov $-4,%rax\n"
	"	ret\n");
#elif defined(__i386__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.gregs[REG_EIP])
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	push %ebp\n	push %edi\n	push %esi\n	push %ebx\n"
	"	mov 24(%esp),%eax\n"
	"	mov 4(%eax),%ebx\n"
	"	mov 8(%eax),%ecx\n"
	"	mov 12(%eax),%edx\n"
	"	mov 16(%eax),%esi\n"
	"	mov 20(%eax),%edi\n"
	"	mov 24(%eax),%ebp\n"
	"host_window_begin:\n"
	"	mov 20(%esp),%eax\n"
	"	cmpl $0,(%eax)\n"
	"	jne host_window_cancel\n"
	"	mov 24(%esp),%eax\n"
	"	mov (%eax),%eax\n"
	"	int $0x80\n"
	"host_window_end:\n"
	"	pop %ebx\n	pop %esi\n	pop %edi\n	pop %ebp\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	mov $-4,%eax\n"
	"	jmp host_window_end\n");
#elif defined(__aarch64__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.pc)
__asm__(WINDOW_HEAD
	".type host_window,%function\n"
	"host_window:\n"
	"	mov x9,x0\n"
	"	mov x10,x1\n"
	"	ldr x8,[x10]\n"
	"	ldp x0,x1,[x10,#8]\n"
	"	ldp x2,x3,[x10,#24]\n"
	"	ldp x4,x5,[x10,#40]\n"
	"host_window_begin:\n"
	"	ldr w11,[x9]\n"
	"	cbnz w11,host_window_cancel\n"
	"	svc #0\n"
	"host_window_end:\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	mov x0,#-4\n"
	"	ret\n");
#elif defined(__arm__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.arm_pc)
__asm__(WINDOW_HEAD
	".arm\n.type host_window,%function\n"
	"host_window:\n"
	"	push {r4,r5,r6,r7,r8,lr}\n"
	"	mov r8,r0\n"
	"	mov ip,r1\n"
	"	ldr r7,[ip]\n"
	"	ldr r0,[ip,#4]\n"
	"	ldr r1,[ip,#8]\n"
	"	ldr r2,[ip,#12]\n"
	"	ldr r3,[ip,#16]\n"
	"	ldr r4,[ip,#20]\n"
	"	ldr r5,[ip,#24]\n"
	"host_window_begin:\n"
	"	ldr ip,[r8]\n"
	"	cmp ip,#0\n"
	"	bne host_window_cancel\n"
	"	svc #0\n"
	"host_window_end:\n"
	"	pop {r4,r5,r6,r7,r8,pc}\n"
	"host_window_cancel:\n"
	"	mvn r0,#3\n"
	"	b host_window_end\n"
#if defined(__thumb__)
	".thumb\n"
#endif
	);
#elif defined(__s390x__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.psw.addr)
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	stmg %r6,%r9,48(%r15)\n"
	"	lgr %r8,%r2\n"
	"	lgr %r9,%r3\n"
	"	lg %r1,0(%r9)\n"
	"	lmg %r2,%r7,8(%r9)\n"
	"host_window_begin:\n"
	"	lt %r9,0(%r8)\n"
	"	jne host_window_cancel\n"
	"	svc 0\n"
	"host_window_end:\n"
	"	lmg %r6,%r9,48(%r15)\n"
	"	br %r14\n"
	"host_window_cancel:\n"
	"	lghi %r2,-4\n"
	"	j host_window_end\n");
#elif defined(__riscv) && __riscv_xlen == 64
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.__gregs[0])
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	mv t0,a0\n"
	"	mv t1,a1\n"
	"	ld a7,0(t1)\n"
	"	ld a0,8(t1)\n"
	"	ld a1,16(t1)\n"
	"	ld a2,24(t1)\n"
	"	ld a3,32(t1)\n"
	"	ld a4,40(t1)\n"
	"	ld a5,48(t1)\n"
	"host_window_begin:\n"
	"	lw t2,0(t0)\n"
	"	bnez t2,host_window_cancel\n"
	"	ecall\n"
	"host_window_end:\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	li a0,-4\n"
	"	ret\n");
#elif defined(__powerpc64__) && _CALL_ELF == 2
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.gp_regs[32])
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	mr 11,3\n"
	"	mr 12,4\n"
	"	ld 0,0(12)\n"
	"	ld 3,8(12)\n"
	"	ld 4,16(12)\n"
	"	ld 5,24(12)\n"
	"	ld 6,32(12)\n"
	"	ld 7,40(12)\n"
	"	ld 8,48(12)\n"
	"host_window_begin:\n"
	"	lwz 12,0(11)\n"
	"	cmpwi 12,0\n"
	"	bne host_window_cancel\n"
	"	sc\n"
	"host_window_end:\n"
	"	bnslr\n"
	"	neg 3,3\n"
	"	blr\n"
	"host_window_cancel:\n"
	"	li 3,-4\n"
	"	blr\n");
#elif defined(__sparc__) && defined(__arch64__)
#define CONTEXT_PC(uc) ((uc)->sigc_regs.tpc)
#define CONTEXT_NEXT_PC(uc) ((uc)->sigc_regs.tnpc)
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	save %sp,-176,%sp\n"
	"	ldx [%i1],%g1\n"
	"	ldx [%i1+8],%o0\n"
	"	ldx [%i1+16],%o1\n"
	"	ldx [%i1+24],%o2\n"
	"	ldx [%i1+32],%o3\n"
	"	ldx [%i1+40],%o4\n"
	"	ldx [%i1+48],%o5\n"
	"host_window_begin:\n"
	"	ld [%i0],%i2\n"
	"	brnz,pn %i2,host_window_cancel\n"
	"	nop\n"
	"	ta 0x6d\n"
	"host_window_end:\n"
	"	bcc,a,pt %xcc,1f\n"
	"	mov %o0,%i0\n"
	"	neg %o0,%i0\n"
	"1:	ret\n"
	"	restore\n"
	"host_window_cancel:\n"
	"	mov -4,%i0\n"
	"	ret\n"
	"	restore\n");
#elif defined(__alpha__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.sc_pc)
__asm__(WINDOW_HEAD
	".type host_window,@function\n"
	"host_window:\n"
	"	mov $16,$1\n"
	"	mov $17,$2\n"
	"	ldq $0,0($2)\n"
	"	ldq $16,8($2)\n"
	"	ldq $17,16($2)\n"
	"	ldq $18,24($2)\n"
	"	ldq $19,32($2)\n"
	"	ldq $20,40($2)\n"
	"	ldq $21,48($2)\n"
	"host_window_begin:\n"
	"	ldl $3,0($1)\n"
	"	bne $3,host_window_cancel\n"
	"	callsys\n"
	"host_window_end:\n"
	"	subq $31,$0,$1\n"
	"	cmovne $19,$1,$0\n"
	"	ret\n"
	"host_window_cancel:\n"
	"	lda $0,-4($31)\n"
	"	ret\n");
#endif

i64
host_blocking(volatile int *cancel, long nr, long a, long b, long c, long d, long e, long f)
{
#ifdef CONTEXT_PC
	long args[7] = { nr, a, b, c, d, e, f };
	return host_window(cancel, args);
#else
	// No window here: a signal between look and entry waits for the call's end.
	return *cancel ? -EINTR : host_call(nr, a, b, c, d, e, f);
#endif
}

void
host_sig_cancel(void *context)
{
#ifdef CONTEXT_PC
	CONTEXT *uc = (CONTEXT *)context;
	unsigned long pc = (unsigned long)CONTEXT_PC(uc);
	if (pc < (unsigned long)host_window_begin || pc >= (unsigned long)host_window_end)
		return;
	CONTEXT_PC(uc) = (unsigned long)host_window_cancel;
#ifdef CONTEXT_NEXT_PC
	CONTEXT_NEXT_PC(uc) = (unsigned long)host_window_cancel + 4;
#endif
#endif
}

#else  // POSIX

void
host_sig_cancel(void *uc)
{
}

i64
host_call(long nr, long a, long b, long c, long d, long e, long f)
{
	return -ENOSYS;
}

i64
host_blocking(volatile int *cancel, long nr, long a, long b, long c, long d, long e, long f)
{
	return -ENOSYS;
}

#endif
