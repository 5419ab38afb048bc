#!/bin/sh
# usage: run.sh BLINK [FLAG...] [-- PROGRAM...]
# Runs the system call tests natively and under blink, each in a directory of
# its own, and compares outputs and exit statuses. Without an x86-64 Linux
# host or a compiler it says so and skips.
here=$(cd "$(dirname "$0")" && pwd)
blink=$1
shift
flags=
while [ $# -gt 0 ] && [ "$1" != -- ]; do flags="$flags $1"; shift; done
[ $# -gt 0 ] && shift
case $blink in /*) ;; *) blink=$PWD/$blink ;; esac
out=${OUT:-${TMPDIR:-/tmp}/blink-linux-test.$$}
mkdir -p "$out"
[ "$OUT" ] || trap 'rm -rf "$out"' EXIT
if [ "$(uname -s) $(uname -m)" != "Linux x86_64" ]; then echo "0 passed, 0 failed, 1 skipped"; exit 0; fi
[ $# -gt 0 ] || set -- $(cd "$here" && ls *.c | sed 's/\.c$//')
passed=0 failed=0
for t; do
	${CC:-cc} -Os -w -static -nostdlib -nostartfiles -ffreestanding -fno-stack-protector -fno-pic -fno-pie -no-pie \
		-fno-asynchronous-unwind-tables -fno-builtin -Wl,--build-id=none -Wl,-z,noseparate-code -s \
		-o "$out/$t.elf" "$here/$t.c" || { failed=$((failed + 1)); continue; }
	for how in native blink; do
		rm -rf "$out/w"
		mkdir -p "$out/w"
		if [ $how = native ]; then cmd="$out/$t.elf"; else cmd="$blink $flags $out/$t.elf"; fi
		(cd "$out/w" && timeout 30 $cmd >"$out/$t.$how" 2>"$out/$t.$how.err" </dev/null; echo "status $?" >>"$out/$t.$how")
	done
	if cmp -s "$out/$t.native" "$out/$t.blink"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED $t (< native, > blink)"
		diff "$out/$t.native" "$out/$t.blink" | head -${LINES_SHOWN:-20}
		head -3 "$out/$t.blink.err"
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
