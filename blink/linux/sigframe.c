// sigframe.c: the stack frame that a signal handler finds, its way back, the
// alternate stack, and which signal each exception becomes.
//
// Layout, top down: the interrupted code's red zone (128 bytes), the state of
// x87 and vectors (64-byte aligned), struct l_rt_sigframe (so that rsp + 8 is
// 16-byte aligned). If CPUID has XSAVE, the state is an XSAVE image in standard
// form with a magic number behind it; the software bytes of its FXSAVE part
// tell how large it is. Without, it is the FXSAVE image, UC_FP_XSTATE is clear
// and the software bytes are untouched. Source: Linux
// arch/x86/kernel/signal.c, fpu/signal.c, traps.c as documented by their
// headers and by experiment.
#include "linux/signal.h"

enum { USER_CS = 0x33, USER_DS = 0x2b, FXSAVE_SIZE = 512, XSAVE_MIN = 576 };
// The flags that a program may change through sigreturn
enum { RESTORED_FLAGS = FLAGS_ARITH | FLAG_TF | FLAG_DF | FLAG_RF | FLAG_AC };

// --- alternate stack ----------------------------------------------------------

void
altstack_reset(struct thread *t)
{
	t->altstack_sp = t->altstack_size = 0;
	t->altstack_flags = L_SS_DISABLE;
}

int
sigframe_on_altstack(const struct thread *t, u64 sp)
{
	return !(t->altstack_flags & L_SS_AUTODISARM) && sp > t->altstack_sp && sp - t->altstack_sp <= t->altstack_size;
}

i64
altstack_set(struct thread *t, const struct l_stack *ss, u64 sp, u64 min)
{
	u64 base = L_GET(ss->sp), size = L_GET(ss->size);
	u32 flags = (u32)L_GET(ss->flags), mode = flags & ~L_SS_AUTODISARM;
	if (sigframe_on_altstack(t, sp))
		return -L_EPERM;
	if (mode != L_SS_DISABLE && mode != L_SS_ONSTACK && mode != 0)
		return -L_EINVAL;
	if (mode == L_SS_DISABLE)
		base = size = 0;
	else if (size < min)
		return -L_ENOMEM;
	t->altstack_sp = base;
	t->altstack_size = size;
	t->altstack_flags = flags;
	return 0;
}

i64
sys_sigaltstack(struct thread *t, const u64 *a)
{
	u64 sp = t->cpu->r[GPR_SP];
	struct l_stack ss, old;
	memset(&old, 0, sizeof old);
	L_PUT(old.sp, t->altstack_sp);
	L_PUT(old.size, t->altstack_size);
	L_PUT(old.flags, (!t->altstack_size ? L_SS_DISABLE : sigframe_on_altstack(t, sp) ? L_SS_ONSTACK : 0) | (t->altstack_flags & L_SS_AUTODISARM));
	if (a[0]) {
		if (copy_in(t, &ss, a[0], sizeof ss))
			return -L_EFAULT;
		i64 r = altstack_set(t, &ss, sp, L_MINSIGSTKSZ);
		if (r)
			return r;
	}
	return a[1] ? copy_out(t, a[1], &old, sizeof old) : 0;
}

// --- frames -----------------------------------------------------------------------

// The processor's state after FNINIT and LDMXCSR of the defaults, vectors zero.
void
sigframe_fpu_reset(struct cpu *c)
{
	memset(c->v, 0, sizeof c->v);
	memset(c->st, 0, sizeof c->st);
	c->top = c->ftags = 0;
	c->fcw = 0x37f;
	c->fsw = c->fop = c->fcs = c->fds = 0;
	c->fip = c->fdp = 0;
	c->mxcsr = 0x1f80;
}

void
sigframe_handler_state(struct cpu *c)
{
	cpu_set_flags(c, cpu_get_flags(c) & ~(u32)(FLAG_DF | FLAG_RF | FLAG_TF));
	sigframe_fpu_reset(c);
}

// Registers in the order in which struct l_sigcontext begins
static const u8 frame_regs[16] = {
	GPR_R8, GPR_R9, GPR_R10, GPR_R11, GPR_R12, GPR_R13, GPR_R14, GPR_R15, GPR_DI, GPR_SI, GPR_BP,
	GPR_BX, GPR_DX, GPR_AX, GPR_CX, GPR_SP
};

// Bytes of an XSAVE image with the components of xcr0
static u32
xstate_size(u32 xcr0)
{
	if (xcr0 & 4) return CPU_XSTATE_SIZE;
	return XSAVE_MIN;
}

// The state as the frame has it; returns its size.
size_t
sigframe_state_store(struct cpu *c, u8 *image, u32 xcr0)
{
	struct l_fpstate *s = (struct l_fpstate *)image;
	u32 size = xstate_size(xcr0);
	if (!xcr0) {
		cpu_to_fxsave(c, image);
		return offsetof(struct l_fpstate, sw);
	}
	cpu_to_xstate(c, image);
	L_PUT(s->sw.magic1, L_FP_XSTATE_MAGIC1);
	L_PUT(s->sw.extended_size, size + 4);
	L_PUT(s->sw.xfeatures, xcr0);
	L_PUT(s->sw.xstate_size, size);
	st32(image + size, L_FP_XSTATE_MAGIC2);
	return size + 4;
}

// From the frame: by XRSTOR if the magic numbers are there, by FXRSTOR else.
// edit, if not 0, has changed the FXSAVE part before.
int
sigframe_state_load(struct thread *t, u64 from, u32 xcr0, const u8 *b, sigframe_edit *edit)
{
	u8 image[CPU_XSTATE_SIZE], magic[4];
	struct l_fpstate *s = (struct l_fpstate *)image;
	u32 size;
	memset(image, 0, sizeof image);
	if (mem_read(t->p->mem, image, from, FXSAVE_SIZE))
		return -1;
	size = (u32)L_GET(s->sw.xstate_size);
	if (xcr0 && L_GET(s->sw.magic1) == L_FP_XSTATE_MAGIC1 && size >= XSAVE_MIN && size <= xstate_size(xcr0) &&
	    size <= L_GET(s->sw.extended_size)) {
		if (mem_read(t->p->mem, magic, from + size, 4))
			return -1;
		if (ld32(magic) == L_FP_XSTATE_MAGIC2) {
			if (mem_read(t->p->mem, image + FXSAVE_SIZE, from + FXSAVE_SIZE, size - FXSAVE_SIZE))
				return -1;
			if (edit)
				edit(image, b);
			return cpu_from_xstate(t->cpu, image, L_GET(s->sw.xfeatures));
		}
	}
	// The mask of valid bits that CPUs with DAZ report
	if (L_GET(s->mxcsr) & ~0xffffull)
		return -1;
	if (edit)
		edit(image, b);
	cpu_from_fxsave(t->cpu, image);
	for (int i = 0; i < 16 && xcr0; i++)
		memset(t->cpu->v[i].b + 16, 0, 16);
	return 0;
}

int
sigframe_push(struct thread *t, int sig, const struct sigact *act, const struct l_siginfo *info)
{
	struct cpu *c = t->cpu;
	struct l_rt_sigframe f;
	u8 fx[CPU_XSTATE_SIZE + 4];
	u32 xcr0 = isa_xcr0();
	u64 sp = c->r[GPR_SP] - 128;
	int was_on = sigframe_on_altstack(t, c->r[GPR_SP]), entering = 0;
	if (act->flags & SA_IA32)
		return sigframe32_push(t, sig, act, info);
	if (!(act->flags & L_SA_RESTORER))
		return -1;
	if (act->flags & L_SA_ONSTACK && t->altstack_size && !was_on) {
		sp = t->altstack_sp + t->altstack_size;
		entering = 1;
	}
	u64 fp = round_down(sp - (xcr0 ? xstate_size(xcr0) + 4 : (u32)FXSAVE_SIZE), 64);
	sp = round_down(fp - sizeof f, 16) - 8;
	if ((was_on || entering) && !(sp > t->altstack_sp && sp - t->altstack_sp <= t->altstack_size))
		return -1;
	memset(&f, 0, sizeof f);
	memset(fx, 0, sizeof fx);
	L_PUT(f.pretcode, act->restorer);
	L_PUT(f.uc.flags, L_UC_SIGCONTEXT_SS | (c->sel[SEG_CS] == USER_CS ? L_UC_STRICT_RESTORE_SS : 0) |
	                      (xcr0 ? L_UC_FP_XSTATE : 0));
	L_PUT(f.uc.stack.sp, t->altstack_sp);
	L_PUT(f.uc.stack.flags, t->altstack_flags);
	L_PUT(f.uc.stack.size, t->altstack_size);
	for (int i = 0; i < 16; i++)
		st64((u8 *)&f.uc.mc + 8 * i, c->r[frame_regs[i]]);
	L_PUT(f.uc.mc.rip, c->pc);
	L_PUT(f.uc.mc.eflags, cpu_get_flags(c) | t->trap_flags);
	L_PUT(f.uc.mc.cs, c->sel[SEG_CS]);
	L_PUT(f.uc.mc.ss, c->sel[SEG_SS]);
	L_PUT(f.uc.mc.gs, 0);
	L_PUT(f.uc.mc.fs, 0);
	L_PUT(f.uc.mc.err, t->trap_err);
	L_PUT(f.uc.mc.trapno, t->trap_no);
	u64 mask = t->restore_sigmask ? t->saved_sigmask : sigmask_of(t);
	L_PUT(f.uc.mc.oldmask, mask);
	L_PUT(f.uc.mc.cr2, t->trap_cr2);
	L_PUT(f.uc.mc.fpstate, fp);
	L_PUT(f.uc.sigmask, mask);
	size_t n = offsetof(struct l_rt_sigframe, info);
	if (act->flags & L_SA_SIGINFO) {
		f.info = *info;
		n = sizeof f;
	}
	size_t nfx = sigframe_state_store(c, fx, xcr0);
	if (mem_write(t->p->mem, fp, fx, nfx) || mem_write(t->p->mem, sp, &f, n))
		return -1;
	if (t->altstack_flags & L_SS_AUTODISARM)
		altstack_reset(t);
	t->trap_flags = 0;
	cpu_enter_64(c);  // handlers are 64-bit code, whatever they interrupt
	c->r[GPR_SP] = sp;
	c->r[GPR_AX] = 0;
	c->r[GPR_DI] = (u64)sig;
	c->r[GPR_SI] = sp + offsetof(struct l_rt_sigframe, info);
	c->r[GPR_DX] = sp + offsetof(struct l_rt_sigframe, uc);
	c->pc = act->handler;
	sigframe_handler_state(c);
	return 0;
}

i64
sigframe_bad(struct thread *t)
{
	signal_force_segv(t);
	return (i64)t->cpu->r[GPR_AX];
}

i64
sigframe_return(struct thread *t, u32 cs, u32 ss, int lenient)
{
	struct cpu *c = t->cpu;
	u32 fault = cpu_return(c, cs, ss);
	if (fault && lenient) {
		ss = USER_DS;  // for programs that never saw SS in a frame
		fault = cpu_return(c, cs, ss);
	}
	if (fault) {
		// The kernel's IRET faults, as if the interrupted code had, but RF is
		// not set; for a stack of the LDT it does not know why.
		if (ss & 4)
			fault = VEC_GP << 16;
		c->sel[SEG_CS] = (u16)cs;
		c->sel[SEG_SS] = (u16)ss;
		c->vector = (u16)(fault >> 16);
		c->error = fault & 0xffff;
		linux_fault(t, STOP_ATTENTION);
	}
	return (i64)c->r[GPR_AX];
}

i64
sys_rt_sigreturn(struct thread *t, const u64 *a)
{
	struct cpu *c = t->cpu;
	struct l_ucontext uc;
	u32 cs, ss;
	u64 at = c->r[GPR_SP];  // the handler's RET popped pretcode
	t->in_syscall = -1;
	if (mem_read(t->p->mem, &uc, at, sizeof uc))
		goto bad;
	// A signal that the frame's mask blocks, but which came before this call,
	// was delivered before it.
	if (sigmask_set(t, L_GET(uc.sigmask))) {
		c->pc -= 2;
		return (i64)t->orig_rax;
	}
	cs = (u32)L_GET(uc.mc.cs) | 3;
	ss = (u32)L_GET(uc.mc.ss) | 3;
	for (int i = 0; i < 16; i++)
		c->r[frame_regs[i]] = ld64((u8 *)&uc.mc + 8 * i);
	c->pc = L_GET(uc.mc.rip);
	cpu_set_flags(c, (cpu_get_flags(c) & ~(u32)RESTORED_FLAGS) | ((u32)L_GET(uc.mc.eflags) & RESTORED_FLAGS & ~(u32)FLAG_RF));
	if (L_GET(uc.mc.fpstate)) {
		if (sigframe_state_load(t, L_GET(uc.mc.fpstate), isa_xcr0(), 0, 0))
			goto bad;
	} else {
		sigframe_fpu_reset(c);
	}
	// As in the kernel, a bad stack here is no error.
	altstack_set(t, &uc.stack, c->r[GPR_SP], L_MINSIGSTKSZ);
	return sigframe_return(t, cs, ss, cs == USER_CS && !(L_GET(uc.flags) & L_UC_STRICT_RESTORE_SS));
bad:
	return sigframe_bad(t);
}

// --- exceptions ---------------------------------------------------------------------

// What a processor without #OF/#BR users raises by vector: signal, code, and
// whether si_addr is the instruction. Code 0 means SI_KERNEL and no address.
static const struct { u8 vector, sig, code, addr; } exceptions[] = {
	{ VEC_DE, L_SIGFPE, L_FPE_INTDIV, 1 },
	{ VEC_DB, L_SIGTRAP, L_TRAP_TRACE, 1 },
	{ VEC_BP, L_SIGTRAP, 0, 0 },
	{ VEC_OF, L_SIGSEGV, 0, 0 },
	{ VEC_BR, L_SIGSEGV, 0, 0 },
	{ VEC_UD, L_SIGILL, L_ILL_ILLOPN, 1 },
	{ VEC_NP, L_SIGBUS, 0, 0 },
	{ VEC_SS, L_SIGBUS, 0, 0 },
	{ VEC_MF, L_SIGFPE, 0, 1 },
	{ VEC_AC, L_SIGBUS, L_BUS_ADRALN, 0 },
	{ VEC_XM, L_SIGFPE, 0, 1 },
};

// si_code of unmasked floating-point exceptions: the first that applies.
static int
fpe_code(u32 e)
{
	return e & 1 ? L_FPE_FLTINV : e & 4 ? L_FPE_FLTDIV : e & 8 ? L_FPE_FLTOVF : e & 0x12 ? L_FPE_FLTUND : e & 0x20 ? L_FPE_FLTRES : 0;
}

void
linux_trap(struct linux_trap *trap, struct cpu *c, enum stop why)
{
	int vector = c->vector;
	u32 err = c->error;
	u8 resident = 1;
	memset(trap, 0, sizeof *trap);
	trap->pc = c->pc;
	// INT n reaches its gate only where ring 3 may: 1 (INT1), 3 and 4.
	if (why == STOP_INT && vector != VEC_DB && vector != VEC_BP && vector != VEC_OF) {
		err = (u32)vector * 8 + 2;
		vector = VEC_GP;
		trap->pc -= 2;
		why = STOP_FAULT;
	}
	trap->flags = why == STOP_FAULT && vector != VEC_DB ? FLAG_RF : 0;
	trap->sig = L_SIGSEGV;
	trap->code = L_SI_KERNEL;
	trap->no = vector;
	trap->err = err;
	switch (vector) {
	case VEC_PF:
		trap->addr = c->cr2;
		trap->code = err & PF_PRESENT ? L_SEGV_ACCERR : L_SEGV_MAPERR;
		trap->err |= PF_USER;
		// The processor saw a page only if it was touched before.
		if (trap->code == L_SEGV_ACCERR && !mem_incore(c->mem, round_down(c->cr2, PAGE_SIZE_GUEST), PAGE_SIZE_GUEST, &resident) && !(resident & 1))
			trap->err &= ~(u32)PF_PRESENT;
		// Kernel addresses look present, so that nothing is learned about them.
		if (c->cr2 >= MEM_TOP && !(err & PF_EMULATED)) {
			trap->err |= PF_PRESENT;
			trap->code = L_SEGV_MAPERR;
		}
		trap->err &= ~(u32)PF_EMULATED;
		break;
	case VEC_BUS:
		trap->no = VEC_PF;
		trap->err |= PF_USER;
		trap->addr = c->cr2;
		trap->sig = L_SIGBUS;
		trap->code = L_BUS_ADRERR;
		break;
	default:
		for (size_t i = 0; i < COUNTOF(exceptions); i++) {
			if (exceptions[i].vector != vector)
				continue;
			trap->sig = exceptions[i].sig;
			if (exceptions[i].code)
				trap->code = exceptions[i].code;
			if (exceptions[i].addr)
				trap->addr = trap->pc;
		}
		if (vector == VEC_MF)
			trap->code = fpe_code(c->fsw & ~(u32)c->fcw);
		if (vector == VEC_XM)
			trap->code = fpe_code(c->mxcsr & ~(c->mxcsr >> 7));
		if (vector == VEC_DB && why == STOP_INT)
			trap->code = L_TRAP_BRKPT;
	}
	if (trap->code == L_SI_KERNEL)
		trap->addr = 0;
}

void
linux_fault(struct thread *t, enum stop why)
{
	struct linux_trap trap;
	struct l_siginfo info;
	linux_trap(&trap, t->cpu, why);
	t->cpu->pc = trap.pc;
	t->trap_flags = trap.flags;
	t->trap_no = (u64)trap.no;
	t->trap_err = trap.err;
	if (trap.no == VEC_PF)
		t->trap_cr2 = trap.addr;
	memset(&info, 0, sizeof info);
	L_PUT(info.signo, trap.sig);
	L_PUT(info.code, trap.code);
	if (trap.code != L_SI_KERNEL)
		L_PUT(info.u.fault.addr, trap.addr);
	t->in_syscall = -1;
	signal_force(t, trap.sig, &info);
	linux_deliver_signals(t);
}
