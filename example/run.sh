#!/bin/sh
# run.sh BLINK: what `make run` shows.
blink=$1
show() {
	echo "\$ $*"
	"$@" || echo "(exit status $?)"
}
echo "A static ELF program of $(wc -c <example/hello.elf) bytes, an Actually Portable Executable, a flat binary:"
show $blink example/hello.elf
show $blink example/hellope.com
show $blink example/flat.bin
echo
echo "Compute kernels (name and checksum), then what blink says about the run (-Z):"
show $blink -Z example/kernels.elf
echo
echo "The system calls of a program, as strace spells them (-s):"
show $blink -s example/hello.elf
echo
echo "Try next: $blink -h, or any x86-64-linux program: $blink /bin/ls -la"
