# hellope.S: an Actually Portable Executable: begins like a DOS program, is a
# shell script, and holds ELF headers in printf statements, the first of them
# for arm64. Under a shell it writes the x86-64 header over a copy and runs it.
	.code64
	.globl _start
top:
	.ascii "MZqFpD='\n"
	.skip 23
	.ascii "'\n"
	.ascii "# printf '\\177ELF' in a comment is no header\n"
	.ascii "m=$(uname -m 2>/dev/null) || m=x86_64\n"
	.ascii "o=${TMPDIR:-/tmp}/hellope.$$\n"
	.ascii "cp \"$0\" \"$o\" || exit 1\n"
	.ascii "if [ \"$m\" = aarch64 ]; then\n"
	.ascii "printf '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\267\\0\\1\\0\\0\\0"
	.ascii "\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
	.ascii "@\\0008\\0\\0\\0\\0\\0\\0\\0\\0\\0' >/dev/null\n"
	.ascii "echo 'hello world'; exit 0\n"
	.ascii "fi\n"
	.ascii "printf '\\177ELF\\2\\1\\1\\011\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0>\\0\\1\\0\\0\\0"
	.ascii "\\0\\020@\\0\\0\\0\\0\\0\\0\\010\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0"
	.ascii "@\\0008\\0\\2\\0\\0\\0\\0\\0\\0\\0' | dd of=\"$o\" conv=notrunc 2>/dev/null\n"
	.ascii "chmod 700 \"$o\"\n"
	.ascii "\"$o\" \"$@\"\n"
	.ascii "s=$?\n"
	.ascii "rm -f \"$o\"\n"
	.ascii "exit $s\n"
	.org 0x800
	.long 1, 5                     # program headers: text
	.quad 0x1000, 0x401000, 0x401000, etext - _start, etext - _start, 0x1000
	.long 0x6474e551, 6            # PT_GNU_STACK
	.quad 0, 0, 0, 0, 0, 16
	.org 0x1000
_start:	mov $1, %eax
	mov $1, %edi
	lea text(%rip), %rsi
	mov $12, %edx
	syscall
	mov $60, %eax
	xor %edi, %edi
	syscall
text:	.ascii "hello world\n"
etext:
