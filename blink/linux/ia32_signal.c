// ia32_signal.c: signals as 32-bit system calls know them. A handler installed
// by one is 32-bit code with a 32-bit frame, whatever it interrupts.
//
// Layout, top down: the state of x87 and vectors as the 64-bit frame has it
// (64-byte aligned), before it the x87 state as FNSAVE has it (112 bytes), then
// struct l_sigframe32 or l_rt_sigframe32 (so that esp + 4 is 16-byte aligned).
// There is no red zone. Source: Linux arch/x86/kernel/signal_32.c, signal.c,
// fpu/signal.c, fpu/regset.c, kernel/signal.c.
#include "linux/ia32.h"
#include "linux/signal.h"

enum { USER32_CS = 0x23, USER_DS = 0x2b, FSAVE_SIZE = 112, FXSAVE_SIZE = 512 };
enum { RESTORED_FLAGS = FLAGS_ARITH | FLAG_TF | FLAG_DF | FLAG_AC };

struct l_sigcontext32 {
	u8 gs[4], fs[4], es[4], ds[4], di[4], si[4], bp[4], sp[4], bx[4], dx[4], cx[4], ax[4], trapno[4], err[4], ip[4], cs[4],
		flags[4], sp_at_signal[4], ss[4], fpstate[4], oldmask[4], cr2[4];
};
L_SIZE(l_sigcontext32, 88);
struct l_stack32 { u8 sp[4], flags[4], size[4]; };
struct l_ucontext32 {
	u8 flags[4], link[4];
	struct l_stack32 stack;
	struct l_sigcontext32 mc;
	u8 sigmask[8];
};
struct l_sigframe32 {
	u8 pretcode[4], sig[4];
	struct l_sigcontext32 sc;
	u8 unused[624], extramask[4], retcode[8];
};
struct l_rt_sigframe32 {
	u8 pretcode[4], sig[4], pinfo[4], puc[4], info[IA32_SIGINFO];
	struct l_ucontext32 uc;
	u8 retcode[8];
};
L_SIZE(l_sigframe32, 732);
L_SIZE(l_rt_sigframe32, 268);

// --- siginfo --------------------------------------------------------------------------

// Which words of the union follow the first three, by the kernel's rule; in
// both layouts they are in the same order: '4' a word, 'l' a long, 'p' padding
// of the 64-bit one.
static const char *
siginfo_fields(i32 code, int sig)
{
	if (code > L_SI_USER && code < L_SI_KERNEL) {
		if (sig == L_SIGSEGV || sig == L_SIGBUS || sig == L_SIGFPE || sig == L_SIGILL || sig == L_SIGTRAP)
			return "l";
		if (sig == L_SIGCHLD)
			return "444pll";
		if (sig == L_SIGSYS)
			return "l44";
		if (code <= L_POLL_HUP)
			return "l4";
	}
	return code == L_SI_SIGIO ? "l4" : code == L_SI_USER || code == L_SI_KERNEL || code == L_SI_TKILL ? "44" : "44l";
}

static int
wide_word(char f)
{
	return f == 'l' ? 8 : 4;
}

void
ia32_siginfo_out(u8 *b, const struct l_siginfo *info)
{
	const char *f = siginfo_fields((i32)L_GET(info->code), (int)L_GET(info->signo));
	const u8 *from = info->u.bytes;
	memset(b, 0, IA32_SIGINFO);
	memcpy(b, info, 12);
	for (b += 12; *f; from += wide_word(*f++)) {
		if (*f == 'p')
			continue;
		st32(b, (u32)ld32(from));
		b += 4;
	}
}

void
ia32_siginfo_in(struct l_siginfo *info, const u8 *b)
{
	const char *f = siginfo_fields((i32)ld32(b + 8), (int)ld32(b));
	u8 *to = info->u.bytes;
	memset(info, 0, sizeof *info);
	memcpy(info, b, 12);
	for (b += 12; *f; to += wide_word(*f++)) {
		if (*f == 'p')
			continue;
		st32(to, ld32(b));
		b += 4;
	}
}

// --- calls with old masks and actions --------------------------------------------------

// The call rt_sigaction with what the windows hold; act and old may be 0.
static i64
sigaction_call(struct thread *t, u64 sig, const struct l_sigaction *act, struct l_sigaction *old)
{
	struct ia32_call x;
	u64 b[6] = { sig, 0, 0, 8, 0, 0 };
	u8 *at;
	i64 r;
	ia32_begin(&x, t);
	if (act) {
		b[1] = ia32_window(&x, sizeof *act, &at);
		memcpy(at, act, sizeof *act);
	}
	b[2] = ia32_window(&x, sizeof *old, &at);
	r = sys_rt_sigaction(t, b);
	memcpy(old, at, sizeof *old);
	return ia32_end(&x, r);
}

i64
ia32_signal(struct thread *t, const u64 *a)
{
	struct l_sigaction act, old;
	i64 r;
	memset(&act, 0, sizeof act);
	L_PUT(act.handler, a[1]);
	L_PUT(act.flags, L_SA_RESETHAND | L_SA_NODEFER);
	r = sigaction_call(t, a[0], &act, &old);
	return r ? r : (i64)L_GET(old.handler);
}

// struct old_sigaction: handler, mask, flags, restorer
i64
ia32_sigaction(struct thread *t, const u64 *a)
{
	struct l_sigaction act, old;
	u8 m[16];
	i64 r;
	if (a[1]) {
		if (copy_in(t, m, a[1], sizeof m))
			return -L_EFAULT;
		L_PUT(act.handler, ld32(m));
		L_PUT(act.mask, ld32(m + 4));
		L_PUT(act.flags, ld32(m + 8));
		L_PUT(act.restorer, ld32(m + 12));
	}
	r = sigaction_call(t, a[0], a[1] ? &act : 0, &old);
	if (r || !a[2])
		return r;
	st32(m, (u32)L_GET(old.handler));
	st32(m + 4, (u32)L_GET(old.mask));
	st32(m + 8, (u32)L_GET(old.flags));
	st32(m + 12, (u32)L_GET(old.restorer));
	return copy_out(t, a[2], m, sizeof m);
}

i64
ia32_sigprocmask(struct thread *t, const u64 *a)
{
	struct ia32_call x;
	u64 b[6] = { a[0], 0, 0, 8, 0, 0 }, was = sigmask_of(t);
	u8 *at, m[4];
	i64 r = 0;
	if (a[1]) {
		if (copy_in(t, m, a[1], 4))
			return -L_EFAULT;
		ia32_begin(&x, t);
		b[1] = ia32_window(&x, 8, &at);
		// Only the lower half is set.
		st64(at, ld32(m) | (b[0] == L_SIG_SETMASK ? was & ~(u64)0xffffffff : 0));
		r = ia32_end(&x, sys_rt_sigprocmask(t, b));
	}
	st32(m, (u32)was);
	return r || !a[2] ? r : copy_out(t, a[2], m, 4);
}

i64
ia32_sigpending(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0], 4, 0, 0, 0, 0 };
	return sys_rt_sigpending(t, b);
}

i64
ia32_sigsuspend(struct thread *t, const u64 *a)
{
	struct ia32_call x;
	u64 b[6] = { 0, 8, 0, 0, 0, 0 };
	u8 *at;
	ia32_begin(&x, t);
	b[0] = ia32_window(&x, 8, &at);
	st64(at, a[2]);
	return ia32_end(&x, sys_rt_sigsuspend(t, b));
}

i64
ia32_sgetmask(struct thread *t, const u64 *a)
{
	return (i64)sigmask_of(t);
}

i64
ia32_ssetmask(struct thread *t, const u64 *a)
{
	u64 was = sigmask_of(t);
	i64 r = sigmask_set(t, (u32)a[0]);
	return r ? r : (i32)was;
}

// --- frames -----------------------------------------------------------------------------

// Registers in the order of struct l_sigcontext32, from di on
static const u8 frame_regs[8] = { GPR_DI, GPR_SI, GPR_BP, GPR_SP, GPR_BX, GPR_DX, GPR_CX, GPR_AX };
static const u8 frame_segs[4] = { SEG_GS, SEG_FS, SEG_ES, SEG_DS };

static void
context_put(struct thread *t, struct l_sigcontext32 *m, u64 fp, u64 mask)
{
	struct cpu *c = t->cpu;
	int i;
	memset(m, 0, sizeof *m);
	for (i = 0; i < 4; i++)
		st32((u8 *)m + 4 * i, c->sel[frame_segs[i]]);
	for (i = 0; i < 8; i++)
		st32(m->di + 4 * i, (u32)c->r[frame_regs[i]]);
	L_PUT(m->trapno, t->trap_no);
	L_PUT(m->err, t->trap_err);
	L_PUT(m->ip, c->pc);
	L_PUT(m->cs, c->sel[SEG_CS]);
	L_PUT(m->flags, cpu_get_flags(c) | t->trap_flags);
	L_PUT(m->sp_at_signal, c->r[GPR_SP]);
	L_PUT(m->ss, c->sel[SEG_SS]);
	L_PUT(m->fpstate, fp);
	L_PUT(m->oldmask, mask);
	L_PUT(m->cr2, t->trap_cr2);
}

// FNSAVE's image from FXSAVE's, which follows it.
static void
fsave_put(const struct cpu *c, u8 *b)
{
	const struct l_fpstate *s = (const struct l_fpstate *)(b + FSAVE_SIZE);
	u32 tags = 0, top = (u32)L_GET(s->fsw) >> 11 & 7, i;
	for (i = 0; i < 8; i++) {
		const u8 *st = s->st[(i - top) & 7];
		u32 e = ld16(st + 8) & 0x7fff, tag = 3;
		u64 m = ld64(st);
		if (s->ftw[0] >> i & 1)
			tag = e == 0x7fff ? 2 : !e ? (m ? 2 : 1) : m >> 63 ? 0 : 2;
		tags |= tag << 2 * i;
	}
	st32(b, 0xffff0000u | (u32)L_GET(s->fcw));
	st32(b + 4, 0xffff0000u | (u32)L_GET(s->fsw));
	st32(b + 8, 0xffff0000u | tags);
	st32(b + 12, (u32)L_GET(s->fip));
	st32(b + 16, c->sel[SEG_CS]);
	st32(b + 20, (u32)L_GET(s->fdp));
	st32(b + 24, 0xffff0000u | c->sel[SEG_DS]);
	for (i = 0; i < 8; i++)
		memcpy(b + 28 + 10 * i, s->st[i], 10);
	st16(b + 108, (u16)L_GET(s->fsw));
	st16(b + 110, 0);
}

// What FNSAVE's image says comes before what FXSAVE's does.
static void
fsave_get(u8 *fx, const u8 *b)
{
	struct l_fpstate *s = (struct l_fpstate *)fx;
	u32 i, tags = 0;
	memcpy(s->fcw, b, 2);
	memcpy(s->fsw, b + 4, 2);
	for (i = 0; i < 8; i++) {
		tags |= (u32)((ld16(b + 8) >> 2 * i & 3) != 3) << i;
		memcpy(s->st[i], b + 28 + 10 * i, 10);
	}
	s->ftw[0] = (u8)tags;
	memcpy(s->fop, b + 18, 2);
	L_PUT(s->fip, ld32(b + 12));
	L_PUT(s->fdp, ld32(b + 20));
}

int
sigframe32_push(struct thread *t, int sig, const struct sigact *act, const struct l_siginfo *info)
{
	struct cpu *c = t->cpu;
	union { struct l_sigframe32 old; struct l_rt_sigframe32 rt; } f;
	u8 fx[FSAVE_SIZE + CPU_XSTATE_SIZE + 4];
	u32 xcr0 = isa_xcr0();
	u64 sp = c->r[GPR_SP], mask = t->restore_sigmask ? t->saved_sigmask : sigmask_of(t);
	int rt = (act->flags & L_SA_SIGINFO) != 0, on = sigframe_on_altstack(t, sp), i;
	size_t n = rt ? sizeof f.rt : sizeof f.old, nfx;
	u32 restorer = (u32)act->restorer;
	if (act->flags & L_SA_ONSTACK) {
		if (t->altstack_size && !on) {
			sp = t->altstack_sp + t->altstack_size;
			on = 1;
		}
	} else if (!on && c->sel[SEG_SS] != USER_DS && !(act->flags & L_SA_RESTORER) && act->restorer) {
		sp = act->restorer;  // as it was done before there were alternate stacks
	}
	memset(fx, 0, sizeof fx);
	nfx = sigframe_state_store(c, fx + FSAVE_SIZE, xcr0);
	fsave_put(c, fx);
	if (xcr0) {
		struct l_fpx_sw_bytes *sw = &((struct l_fpstate *)(fx + FSAVE_SIZE))->sw;
		L_PUT(sw->extended_size, L_GET(sw->extended_size) + FSAVE_SIZE);
	}
	u64 fp = round_down(sp - (xcr0 ? nfx : (u32)FXSAVE_SIZE), 64) - FSAVE_SIZE;
	sp = round_down(fp - n + 4, 16) - 4;
	if (on && !(sp > t->altstack_sp && sp - t->altstack_sp <= t->altstack_size))
		return -1;
	memset(&f, 0, sizeof f);
	if (rt) {
		u64 uc = sp + offsetof(struct l_rt_sigframe32, uc);
		L_PUT(f.rt.pinfo, sp + offsetof(struct l_rt_sigframe32, info));
		L_PUT(f.rt.puc, uc);
		ia32_siginfo_out(f.rt.info, info);
		L_PUT(f.rt.uc.flags, xcr0 ? L_UC_FP_XSTATE : 0);
		L_PUT(f.rt.uc.stack.sp, t->altstack_sp);
		L_PUT(f.rt.uc.stack.flags, t->altstack_flags);
		L_PUT(f.rt.uc.stack.size, t->altstack_size);
		L_PUT(f.rt.uc.sigmask, mask);
		context_put(t, &f.rt.uc.mc, fp, mask);
		memcpy(f.rt.retcode, "\xb8\xad\0\0\0\xcd\x80", 8);  // mov $173, %eax; int $0x80
	} else {
		context_put(t, &f.old.sc, fp, mask);
		L_PUT(f.old.extramask, mask >> 32);
		memcpy(f.old.retcode, "\x58\xb8\x77\0\0\0\xcd\x80", 8);  // pop %eax; mov $119, %eax; int $0x80
	}
	if (!(act->flags & L_SA_RESTORER))
		restorer = (u32)(sp + n - sizeof f.old.retcode);
	st32((u8 *)&f, restorer);
	st32((u8 *)&f + 4, (u32)sig);
	if (sp >> 32 || mem_write(t->p->mem, fp, fx, FSAVE_SIZE + nfx))
		return -1;
	// The unused part of an old frame is left as it is.
	i = rt ? (int)n : (int)offsetof(struct l_sigframe32, unused);
	if (mem_write(t->p->mem, sp, &f, (size_t)i) ||
	    (!rt && mem_write(t->p->mem, sp + offsetof(struct l_sigframe32, extramask), f.old.extramask, 12)))
		return -1;
	if (t->altstack_flags & L_SS_AUTODISARM)
		altstack_reset(t);
	t->trap_flags = 0;
	cpu_return(c, USER32_CS, USER_DS);
	cpu_load_segment(c, SEG_DS, USER_DS);
	cpu_load_segment(c, SEG_ES, USER_DS);
	c->r[GPR_SP] = sp;
	c->r[GPR_AX] = (u64)sig;
	c->r[GPR_DX] = rt ? sp + offsetof(struct l_rt_sigframe32, info) : 0;
	c->r[GPR_CX] = rt ? sp + offsetof(struct l_rt_sigframe32, uc) : 0;
	c->pc = act->handler;
	sigframe_handler_state(c);
	return 0;
}

static i64
restore(struct thread *t, const struct l_sigcontext32 *m, u64 mask, const struct l_stack32 *stack)
{
	struct cpu *c = t->cpu;
	u8 b[FSAVE_SIZE];
	u64 fp = L_GET(m->fpstate);
	int i;
	if (sigmask_set(t, mask)) {
		c->pc -= 2;
		return (i64)t->orig_rax;
	}
	for (i = 0; i < 4; i++) {
		u32 sel = ld32((const u8 *)m + 4 * i) & 0xffff;
		sel = sel < 4 ? 0 : sel | 3;
		if (sel != c->sel[frame_segs[i]] && cpu_load_segment(c, frame_segs[i], sel))
			cpu_load_segment(c, frame_segs[i], 0);
	}
	for (i = 0; i < 8; i++)
		c->r[frame_regs[i]] = ld32(m->di + 4 * i);
	c->pc = L_GET(m->ip);
	cpu_set_flags(c, (cpu_get_flags(c) & ~(u32)RESTORED_FLAGS) | ((u32)L_GET(m->flags) & RESTORED_FLAGS));
	if (!fp)
		sigframe_fpu_reset(c);
	else if (mem_read(t->p->mem, b, fp, sizeof b) || sigframe_state_load(t, fp + FSAVE_SIZE, isa_xcr0(), b, fsave_get))
		return sigframe_bad(t);
	if (stack) {
		struct l_stack ss;
		L_PUT(ss.sp, L_GET(stack->sp));
		L_PUT(ss.flags, L_GET(stack->flags));
		L_PUT(ss.size, L_GET(stack->size));
		altstack_set(t, &ss, c->r[GPR_SP], L_MINSIGSTKSZ);
	}
	return sigframe_return(t, (u32)(L_GET(m->cs) & 0xffff) | 3, (u32)(L_GET(m->ss) & 0xffff) | 3, 0);
}

// The handler's RET popped pretcode, the restorer's POP the signal's number.
i64
ia32_sigreturn(struct thread *t, const u64 *a)
{
	struct l_sigframe32 f;
	u64 at = (u32)t->cpu->r[GPR_SP] - 8u;
	t->in_syscall = -1;
	if (mem_read(t->p->mem, &f.sc, at + offsetof(struct l_sigframe32, sc), sizeof f.sc) ||
	    mem_read(t->p->mem, f.extramask, at + offsetof(struct l_sigframe32, extramask), sizeof f.extramask))
		return sigframe_bad(t);
	return restore(t, &f.sc, L_GET(f.sc.oldmask) | L_GET(f.extramask) << 32, 0);
}

i64
ia32_rt_sigreturn(struct thread *t, const u64 *a)
{
	struct l_ucontext32 uc;
	u64 at = (u32)t->cpu->r[GPR_SP] - 4u;
	t->in_syscall = -1;
	if (mem_read(t->p->mem, &uc, at + offsetof(struct l_rt_sigframe32, uc), sizeof uc))
		return sigframe_bad(t);
	return restore(t, &uc.mc, L_GET(uc.sigmask), &uc.stack);
}
