// probe.h: what the processor itself says about a byte string: its length and
// whether it raises #UD. The bytes are put against the end of a page and one
// is added as long as the fetch of the next page faults; then one instruction
// is run by single step in a child process.
//
// For x86-64 Linux hosts that permit ptrace; elsewhere there is no verdict.
#ifndef TEST_ISA_PROBE_H_
#define TEST_ISA_PROBE_H_
#include "isa/insn.h"
#include <stdio.h>

enum { PROBE_NONE, PROBE_UD, PROBE_RUNS, PROBE_FAULTS };
struct probe {
	int what;     // PROBE_*
	int len;      // bytes that were fetched
	int signal;
	u64 moved;    // how far RIP went
};

#if defined(__x86_64__) && defined(__linux__)
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static u8 *probe_page;
static pid_t probe_pid;

static int
probe_child(void)
{
	int status;
	probe_pid = fork();
	if (probe_pid < 0) return -1;
	if (probe_pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (;;) pause();
	}
	return waitpid(probe_pid, &status, 0) == probe_pid && WIFSTOPPED(status) ? 0 : -1;
}

static int
probe_open(void)
{
	// below 4 GiB, for 32-bit code as well
	probe_page = (u8 *)mmap((void *)0x10000000, 0x8000, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (probe_page != (u8 *)0x10000000) return -1;
	if (mprotect(probe_page + 4096, 4096, PROT_NONE)) return -1;
	return probe_child();
}

static void
probe_close(void)
{
	int status;
	if (probe_pid > 0) {
		kill(probe_pid, SIGKILL);
		waitpid(probe_pid, &status, 0);
	}
}

// Instructions that a test must not run: system calls.
static inline bool
probe_unsafe(const struct insn *in)
{
	return in->op == OP_SYSCALL || in->op == OP_SYSENTER || in->op == OP_INT;
}

static struct probe
probe_run(const u8 *code, enum isa_mode mode)
{
	struct probe p;
	struct user_regs_struct r;
	siginfo_t si;
	int k, status;
	u64 data = (u64)(uintptr_t)probe_page + 0x5000, end = (u64)(uintptr_t)probe_page + 4096;
	memset(&p, 0, sizeof(p));
	if (!probe_pid || mode == MODE_16) return p;
	for (k = 1; k <= 15; ++k) {
		memcpy(probe_page + 4096 - k, code, k);
		if (ptrace(PTRACE_GETREGS, probe_pid, 0, &r)) goto Lost;
		r.rax = r.rbx = r.rcx = r.rdx = r.rsi = r.rdi = r.rbp = r.rsp = data;
		r.r8 = r.r9 = r.r10 = r.r11 = r.r12 = r.r13 = r.r14 = r.r15 = data;
		r.rip = end - k;
		r.eflags = 0x202;
		r.orig_rax = -1ull;
		r.cs = mode == MODE_64 ? 0x33 : 0x23;
		r.ss = 0x2b;
		r.ds = r.es = mode == MODE_64 ? 0 : 0x2b;
		if (ptrace(PTRACE_SETREGS, probe_pid, 0, &r) || ptrace(PTRACE_SINGLESTEP, probe_pid, 0, 0)) goto Lost;
		if (waitpid(probe_pid, &status, 0) != probe_pid || !WIFSTOPPED(status)) goto Lost;
		ptrace(PTRACE_GETSIGINFO, probe_pid, 0, &si);
		ptrace(PTRACE_GETREGS, probe_pid, 0, &r);
		p.signal = WSTOPSIG(status);
		if (p.signal == SIGSEGV && (u64)(uintptr_t)si.si_addr == end && r.rip == end - k) continue;
		break;
	}
	p.len = k;
	p.moved = r.rip - (end - k);
	p.what = p.signal == SIGILL ? PROBE_UD : p.signal == SIGTRAP ? PROBE_RUNS : PROBE_FAULTS;
	return p;
Lost: // the bytes ended the child: no verdict, and a new one
	probe_close();
	probe_child();
	return p;
}
#else
static inline int
probe_open(void)
{
	return -1;
}
static inline void
probe_close(void)
{
}
static inline bool
probe_unsafe(const struct insn *in)
{
	return true;
}
static inline struct probe
probe_run(const u8 *code, enum isa_mode mode)
{
	struct probe p;
	memset(&p, 0, sizeof(p));
	return p;
}
#endif

static inline const char *
probe_text(const struct probe *p)
{
	static char text[64];
	if (p->what == PROBE_NONE) return "no verdict";
	if (p->what == PROBE_UD) return "#UD";
	snprintf(text, sizeof(text), "%s, %d bytes", p->what == PROBE_RUNS ? "runs" : "faults", p->len);
	return text;
}

#endif
