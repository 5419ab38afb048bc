// libc_tiny.c: in tiny builds for x86-64 Linux, what this program uses of libc
// that is one system call or a few instructions.
//
// An imported function costs some 70 bytes of symbol, name, version, slot and
// relocation; a system call here is a number and a jump. Hidden symbols, so
// that libc keeps its own. What does more in libc than the call (fork, clone,
// clock_gettime without entering the kernel) stays there.
#if defined(__x86_64__) && defined(__linux__) && !defined(__ILP32__)
#include <sys/syscall.h>

#define STRING(x) #x
#define NUMBER(x) STRING(x)
#define LABEL(name) ".globl " #name "\n.hidden " #name "\n" #name ":\n"
// The jumps are short: `call` sits in the middle.
#define CALL(name, nr) LABEL(name) "mov $" NUMBER(nr) ",%al\njmp 1" DIRECTION "\n"
#define CALL64(name, nr) LABEL(name##64) CALL(name, nr)  // the name by which glibc's headers call it

__asm__(".pushsection .text.libc,\"ax\",@progbits\n"
#define DIRECTION "f"
	CALL64(open, SYS_open)
	CALL(read, SYS_read)
	CALL(write, SYS_write)
	CALL(close, SYS_close)
	CALL64(stat, SYS_stat)
	CALL64(fstat, SYS_fstat)
	CALL64(lseek, SYS_lseek)
	CALL64(mmap, SYS_mmap)
	CALL(mprotect, SYS_mprotect)
	CALL(munmap, SYS_munmap)
	CALL(mremap, SYS_mremap)
	CALL(msync, SYS_msync)
	CALL(mincore, SYS_mincore)
	CALL(madvise, SYS_madvise)
	CALL(mlock, SYS_mlock)
	CALL(munlock, SYS_munlock)
	CALL(ioctl, SYS_ioctl)
	CALL64(pread, SYS_pread64)
	CALL64(pwrite, SYS_pwrite64)
	CALL(access, SYS_access)
	CALL64(fcntl, SYS_fcntl)
	CALL(getitimer, SYS_getitimer)
	CALL(setitimer, SYS_setitimer)
	CALL(alarm, SYS_alarm)
	CALL(getpid, SYS_getpid)
	CALL(socket, SYS_socket)
	CALL(bind, SYS_bind)
	CALL(getsockname, SYS_getsockname)
	CALL(getpeername, SYS_getpeername)

	LABEL(syscall)
	"mov %edi,%eax\n"
	"mov %rsi,%rdi\n"
	"mov %rdx,%rsi\n"
	"mov %rcx,%rdx\n"
	"mov %r8,%rcx\n"
	"mov %r9,%r8\n"
	"mov 8(%rsp),%r9\n"
	"jmp 2f\n"
	"1:\tmovzbl %al,%eax\n"
	"2:\tmov %rcx,%r10\n"
	"syscall\n"
	"cmp $-4095,%rax\n"
	"jae 3f\n"
	"ret\n"
	"3:\tneg %eax\n"
	"push %rax\n"
	"call *__errno_location@GOTPCREL(%rip)\n"
	"pop %rcx\n"
	"mov %ecx,(%rax)\n"
	"or $-1,%rax\n"
	"ret\n"

#undef DIRECTION
#define DIRECTION "b"
	CALL(getsockopt, SYS_getsockopt)
	CALL(setsockopt, SYS_setsockopt)
	CALL(kill, SYS_kill)
	CALL(unlink, SYS_unlink)
	CALL(readlink, SYS_readlink)
	CALL64(getrlimit, SYS_getrlimit)
	CALL(getrusage, SYS_getrusage)
	CALL(times, SYS_times)
	CALL(geteuid, SYS_geteuid)
	CALL(getegid, SYS_getegid)
	CALL(setpgid, SYS_setpgid)
	CALL(getppid, SYS_getppid)
	CALL(getpgrp, SYS_getpgrp)
	CALL(setsid, SYS_setsid)
	CALL(getgroups, SYS_getgroups)
	CALL(getpgid, SYS_getpgid)
	CALL(getsid, SYS_getsid)
	CALL(sigaltstack, SYS_sigaltstack)
	CALL64(statfs, SYS_statfs)
	CALL64(fstatfs, SYS_fstatfs)
	CALL(prctl, SYS_prctl)
	CALL(readahead, SYS_readahead)
	CALL(clock_getres, SYS_clock_getres)
#define CALL_HIGH(name, nr) LABEL(name) "mov $" NUMBER(nr) ",%eax\njmp 2b\n"
	CALL_HIGH(openat64, SYS_openat)
	CALL_HIGH(openat, SYS_openat)
	CALL_HIGH(fstatat64, SYS_newfstatat)
	CALL_HIGH(fstatat, SYS_newfstatat)
	CALL_HIGH(readlinkat, SYS_readlinkat)
	CALL_HIGH(sync_file_range, SYS_sync_file_range)
	CALL_HIGH(process_vm_readv, SYS_process_vm_readv)
	CALL_HIGH(process_vm_writev, SYS_process_vm_writev)

	LABEL(strlen)
	"or $-1,%rax\n"
	"1:\tinc %rax\n"
	"cmpb $0,(%rdi,%rax)\n"
	"jne 1b\n"
	"ret\n"
	LABEL(strcmp)
	"or $-1,%rdx\n"
	LABEL(strncmp)
	"1:\tsub $1,%rdx\n"
	"jb 2f\n"
	"movzbl (%rdi),%eax\n"
	"movzbl (%rsi),%ecx\n"
	"inc %rdi\n"
	"inc %rsi\n"
	"sub %ecx,%eax\n"
	"jne 3f\n"
	"test %ecx,%ecx\n"
	"jne 1b\n"
	"2:\txor %eax,%eax\n"
	"3:\tret\n"
	LABEL(strchr)
	"1:\tmov (%rdi),%al\n"
	"cmp %sil,%al\n"
	"je 4f\n"
	"inc %rdi\n"
	"test %al,%al\n"
	"jne 1b\n"
	"jmp 2b\n"
	LABEL(memchr)
	"1:\tsub $1,%rdx\n"
	"jb 2b\n"
	"cmp %sil,(%rdi)\n"
	"je 4f\n"
	"inc %rdi\n"
	"jmp 1b\n"
	"4:\tmov %rdi,%rax\n"
	"ret\n"
	LABEL(strrchr)
	"xor %eax,%eax\n"
	"1:\tmov (%rdi),%cl\n"
	"cmp %sil,%cl\n"
	"cmove %rdi,%rax\n"
	"inc %rdi\n"
	"test %cl,%cl\n"
	"jne 1b\n"
	"ret\n"
	LABEL(strcpy)
	"mov %rdi,%rax\n"
	"1:\tmov (%rsi),%cl\n"
	"mov %cl,(%rdi)\n"
	"inc %rsi\n"
	"inc %rdi\n"
	"test %cl,%cl\n"
	"jne 1b\n"
	"ret\n"
	".popsection\n");
#endif
