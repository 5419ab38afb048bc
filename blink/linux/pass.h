// pass.h: system calls that the host's kernel makes for the guest as they
// stand, once their arguments are the host's.
//
// `return PASS(mkdirat, "cpi");` in sys_mkdir() says which call of the host and
// what its arguments are made of; SYS_PASS(sys_mkdir, mkdirat, "cpi") is such a
// function and nothing else. Each letter takes the guest's next argument,
// or stands for a constant:
//
//   i  an integer, as it is            c  AT_FDCWD
//   f  a descriptor                    0  zero
//   d  a directory's descriptor        N  AT_SYMLINK_NOFOLLOW
//   p  a path; the call follows links  R  AT_REMOVEDIR
//   l  a path that names a link itself, or any other string
//   o  flags of open(2)
//   <  bytes that the call reads; the next argument is their number
//   >  bytes that the call writes, their number next; the result says how many
//   (448)  a structure to read, by the widths of its fields
//   [448]  one to write    {448}  one to read and write
//   !  first of all: the call may block
//
// An address that the guest cannot access becomes one that the host's kernel
// cannot access, so that errors come in the kernel's own order. Address 0
// stays 0. Only for structures that are alike on every Linux but for the order
// of bytes.
#ifndef LINUX_PASS_H_
#define LINUX_PASS_H_
#include "linux/file.h"
#include "linux/syscall.h"

i64 pass(struct thread *t, const u64 *a, long nr, const char *kinds);
#define PASS(name, kinds) pass(t, a, HOST_NR(name), kinds)

// Where tables hold offsets, such a function is data, which sys_invoke knows.
#if FN_OFFSETS && HOST_LINUX
#define PASS_SECTION "sys_pass"
#define SYS_PASS(fn, name, kinds) \
	extern const struct pass_##fn { u16 nr; char kinds_[sizeof kinds]; } fn; \
	const struct pass_##fn fn __attribute__((section(PASS_SECTION), used)) = { HOST_NR(name), kinds };
extern const u8 pass_begin[] __asm__("__start_sys_pass") __attribute__((visibility("hidden")));
extern const u8 pass_end[] __asm__("__stop_sys_pass") __attribute__((visibility("hidden")));
static inline i64
sys_invoke(sys_fn *fn, struct thread *t, const u64 *a)
{
	const u8 *p = (const u8 *)fn;
	return p >= pass_begin && p < pass_end ? pass(t, a, ld16(p), (const char *)p + 2) : fn(t, a);
}
#else
#define SYS_PASS(fn, name, kinds) \
	i64 fn(struct thread *t, const u64 *a) \
	{ \
		return PASS(name, kinds); \
	}
static inline i64
sys_invoke(sys_fn *fn, struct thread *t, const u64 *a)
{
	return fn(t, a);
}
#endif

// A path argument for a host call; buf has L_PATH_MAX + 1 bytes.
const char *path_arg(struct thread *t, u64 gva, char *buf, int follow);

#endif
