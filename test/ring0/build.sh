#!/bin/sh
# build.sh SOURCE OUT [-DLONG] [CFLAG...]: builds a boot program of cases.h.
here=${0%/*}
source=$1
out=$2
shift 2
bits=32
case " $* " in *" -DLONG "*) bits=64 ;; esac
tmp=$(mktemp -d) || exit
trap 'rm -rf "$tmp"' EXIT
set -- -m$bits -Os -I"$here" -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables \
	-mno-red-zone -mgeneral-regs-only -fcf-protection=none -mno-sse -Wall -Wextra -Wno-unused-function "$@"
gcc "$@" -c -o "$tmp/head.o" "$here/head.S" && gcc "$@" -c -o "$tmp/body.o" "$source" &&
ld -m "$([ $bits = 64 ] && echo elf_x86_64 || echo elf_i386)" --oformat binary -T "$here/cases.ld" -o "$out" "$tmp/head.o" "$tmp/body.o" &&
truncate -s %512 "$out" && chmod -x "$out"
