// load.c: a fresh process as execve(2) leaves it: segments, program break,
// stack with arguments, environment and auxiliary vector, registers.
#include "linux/image.h"
#include "host/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

// Where things go is mem_layout's business, but for flat images.
enum { FLAT_BASE = 0x400000 };
#define STACK_ROOM (128ull << 10)  // Linux fs/exec.c setup_arg_pages()

enum { HWCAP2_FSGSBASE = 2, TOP_EXTRA = 1024 };

static int
load_interp(struct process *p, const char *name, u64 *entry, struct why *why)
{
	struct image *im = (struct image *)calloc(1, sizeof *im);
	struct why inner = { "" };
	char path[L_PATH_MAX];
	u64 bias;
	int err;
	if (!im)
		return -L_ENOMEM;
	im->fd = -1;
	err = image_open(im, AT_FDCWD, name, &inner);
	if (!err)
		err = image_read(im, im->fd, 0, &inner);
	if (!err && im->kind != IMAGE_ELF)
		err = why_set(&inner, -L_ELIBBAD, "is not an ELF file");
	if (!err) {
		if (host_fd_path(im->fd, path, sizeof path) <= 0)
			path[0] = 0;
		err = elf_map(p->mem, im, path[0] ? path : name, 0, &bias, &inner);
	}
	if (!err) {
		p->base = im->dynamic ? bias : 0;
		*entry = bias + im->entry;
	} else {
		why_set(why, err, "PT_INTERP %.60s: %s", name, inner.text);
	}
	image_close(im);
	free(im);
	return err;
}

static int
load_image(struct process *p, struct program *pg, u64 *pc, struct why *why)
{
	struct image *im = &pg->im;
	u64 bias;
	int err;
	p->base = 0;
	if (im->kind == IMAGE_FLAT) {
		i64 r = mem_map(p->mem, FLAT_BASE, im->size, MEM_R | MEM_W | MEM_X, VMA_FIXED, im->fd, 0, pg->path);
		if (r < 0)
			return why_set(why, (int)l_err((int)-r), "cannot be mapped at 0x400000");
		p->entry = *pc = FLAT_BASE;
		p->phdr = 0;
		im->phnum = 0;
		p->brk_start = FLAT_BASE + round_up(im->size, PAGE_SIZE_GUEST);
		return 0;
	}
	if ((err = elf_map(p->mem, im, pg->path, mem_layout(p->mem)->pie, &bias, why)))
		return err;
	p->entry = *pc = bias + im->entry;
	p->phdr = im->phdr ? bias + im->phdr : 0;
	p->brk_start = round_up(bias + im->hi, PAGE_SIZE_GUEST);
	return im->interp ? load_interp(p, im->interp, pc, why) : 0;
}

// The top of the stack, made here and written to the guest in one piece:
// top - size .. top is what buf holds.
struct stack {
	u8 *buf;
	u64 sp, top, size;
};

static u8 *
at_stack(struct stack *s, u64 gva)
{
	return s->buf + (gva - (s->top - s->size));
}

static void
push(struct stack *s, const void *src, size_t n)
{
	s->sp -= n;
	memcpy(at_stack(s, s->sp), src, n);
}

static void
put64(struct stack *s, u64 *at, u64 x)
{
	st64(at_stack(s, *at), x);
	*at += 8;
}

// Pushes strings so that the first ends up lowest; their sizes are found again
// by walking them.
static void
push_strings(struct stack *s, char **v, int n)
{
	while (n-- > 0)
		push(s, v[n], strlen(v[n]) + 1);
}

static void
put_pointers(struct stack *s, u64 *at, char **v, int n, u64 first)
{
	int i;
	for (i = 0; i < n; i++) {
		put64(s, at, first);
		first += strlen(v[i]) + 1;
	}
	put64(s, at, 0);
}

// Linux fs/binfmt_elf.c, create_elf_tables
static int
build_stack(struct process *p, struct program *pg, char **envp, u64 need, u64 *sp)
{
	struct stack s;
	u64 execfn, platform, random_at, at, aux[2 * 24];
	u8 random_bytes[16];
	struct host_ids ids = host_start_ids();
	int envc = 0, n = 0, i, err;
	while (envp[envc])
		envc++;
	if ((err = host_start_random(random_bytes)))
		return (int)l_err(-err);
	s.top = p->stack_top;
	s.size = need;
	s.buf = (u8 *)calloc(1, (size_t)need);
	if (!s.buf)
		return -L_ENOMEM;
	s.sp = s.top - 8;
	push(&s, pg->execfn, strlen(pg->execfn) + 1);
	execfn = p->env_end = s.sp;
	push_strings(&s, envp, envc);
	p->env_start = p->arg_end = s.sp;
	push_strings(&s, pg->argv, pg->argc);
	p->arg_start = s.sp;
	s.sp = round_down(s.sp, 16);
	push(&s, "x86_64", 7);
	platform = s.sp;
	push(&s, random_bytes, sizeof random_bytes);
	random_at = s.sp;
#define AUX(key, value) (aux[n++] = (key), aux[n++] = (value))
	// As the kernel reckons: frame, state and alignment
	AUX(L_AT_MINSIGSTKSZ, isa_xcr0() & 4 ? round_up(CPU_XSTATE_SIZE + 4 + 112 + 822, 16) : (u64)L_MINSIGSTKSZ);
	AUX(L_AT_HWCAP, isa_cpuid(1, 0).edx);
	AUX(L_AT_PAGESZ, PAGE_SIZE_GUEST);
	AUX(L_AT_CLKTCK, 100);
	AUX(L_AT_PHDR, p->phdr);
	AUX(L_AT_PHENT, ELF_PHDR_SIZE);
	AUX(L_AT_PHNUM, (u64)pg->im.phnum);
	AUX(L_AT_BASE, p->base);
	AUX(L_AT_FLAGS, 0);
	AUX(L_AT_ENTRY, p->entry);
	AUX(L_AT_UID, ids.uid);
	AUX(L_AT_EUID, ids.euid);
	AUX(L_AT_GID, ids.gid);
	AUX(L_AT_EGID, ids.egid);
	AUX(L_AT_SECURE, 0);
	AUX(L_AT_RANDOM, random_at);
	AUX(L_AT_HWCAP2, isa_cpuid(7, 0).ebx & 1 ? HWCAP2_FSGSBASE : 0);
	AUX(L_AT_EXECFN, execfn);
	AUX(L_AT_PLATFORM, platform);
	AUX(L_AT_NULL, 0);
#undef AUX
	assert(n <= (int)COUNTOF(aux));
	s.sp = round_down(s.sp, 16) - ((u64)pg->argc + (u64)envc + 3 + (u64)n) * 8;
	s.sp = round_down(s.sp, 16);
	at = *sp = s.sp;
	put64(&s, &at, (u64)pg->argc);
	put_pointers(&s, &at, pg->argv, pg->argc, p->arg_start);
	put_pointers(&s, &at, envp, envc, p->env_start);
	p->auxv_start = at;
	p->auxv_len = (u64)n * 8;
	for (i = 0; i < n; i++)
		put64(&s, &at, aux[i]);
	err = mem_write(p->mem, *sp, at_stack(&s, *sp), (size_t)(s.top - *sp)) ? -L_EFAULT : 0;
	free(s.buf);
	return err;
}

// RLIMIT_STACK, of which only what is below STACK_ROOM matters here.
static u64
stack_limit(void)
{
	struct rlimit rl;
#if defined(__GLIBC__) && !defined(TINY)
	// Its threads get stacks of that size, or of 2 MiB if there is no limit.
	pthread_attr_t attr;
	size_t size = 0;
	if (!pthread_getattr_default_np(&attr)) {
		pthread_attr_getstacksize(&attr, &size);
		pthread_attr_destroy(&attr);
		if (size >= STACK_ROOM)
			return STACK_ROOM;
	}
#endif
	return getrlimit(RLIMIT_STACK, &rl) || rl.rlim_cur > STACK_ROOM ? STACK_ROOM : (u64)rl.rlim_cur;
}

static int
map_stack(struct process *p, struct program *pg, char **envp, u64 *top_bytes, struct why *why)
{
	u64 need = TOP_EXTRA + strlen(pg->execfn), size;
	i64 at;
	int i;
	for (i = 0; i < pg->argc; i++)
		need += strlen(pg->argv[i]) + 9;
	for (i = 0; envp[i]; i++)
		need += strlen(envp[i]) + 9;
	*top_bytes = need;
	size = round_up(max_u64(stack_limit(), PAGE_SIZE_GUEST) + need, PAGE_SIZE_GUEST);
	at = mem_map(p->mem, mem_layout(p->mem)->stack_top - size, size, MEM_R | MEM_W | (pg->im.exec_stack ? MEM_X : 0),
		VMA_ANON | VMA_STACK | VMA_GROWSDOWN | VMA_FIXED_NOREPLACE, -1, 0, 0);
	if (at < 0)
		return why_set(why, -L_ENOMEM, "no memory for a stack of %llu bytes", (unsigned long long)size);
	p->stack_base = (u64)at;
	p->stack_top = (u64)at + size;
	return 0;
}

void
process_set_comm(struct process *p, const char *name)
{
	const char *s = strrchr(name, '/');
	snprintf(p->comm, sizeof p->comm, "%.15s", s ? s + 1 : name);
	p->comm_told = 0;
#ifdef TINY
	host_set_name(p->comm);
#endif
}

#ifndef TINY
void
process_show_comm(struct process *p)
{
	if (!p->comm_told)
		host_set_name(p->comm);
	p->comm_told = 1;
}
#endif

int
linux_load(struct process *p, struct thread *t, struct program *pg, char **envp, struct why *why)
{
	struct cpu *c = t->cpu;
	u64 pc = 0, sp = 0, top_bytes;
	int err;
	if ((err = map_stack(p, pg, envp, &top_bytes, why)) || (err = load_image(p, pg, &pc, why)))
		return err;
	p->brk = p->brk_start;
	if ((err = build_stack(p, pg, envp, top_bytes, &sp)))
		return why_set(why, err, "the stack cannot be filled");
	free(p->exe);
	p->exe = strdup(pg->path);
	// A program executed by its descriptor alone is named after its file.
	process_set_comm(p, !strncmp(pg->execfn, "/dev/fd/", 8) && !strchr(pg->execfn + 8, '/') ? pg->path : pg->execfn);
	// cpu_new left everything else as a new process has it
	c->r[GPR_SP] = sp;
	c->pc = pc;
	return p->exe ? 0 : -L_ENOMEM;
}
