#!/bin/sh
# usage: run.sh [-v] BLINK [FLAG...] [-- PROGRAM...]
# Runs the programs that try every system call natively and under blink (a
# command of one word, or several in quotes) and compares outputs and exit
# statuses. Needs an x86-64 Linux machine, also when blink is emulated there.
cd "$(dirname "$0")/../.." || exit 1
shown=10
[ "$1" = -v ] && shown=1000 && shift
blink=$1
shift
flags=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	flags="$flags $1"
	shift
done
[ $# -gt 0 ] && shift
if [ "$(uname -s) $(uname -m)" != "Linux x86_64" ]; then
	echo "skipped: needs x86-64 Linux"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
[ $# -gt 0 ] || set -- $(cd example/calls && ls *.elf | sed 's/\.elf$//')
out=${TMPDIR:-/tmp}/blink-calls-run.$$
mkdir -p "$out" || exit 1
trap 'rm -rf "$out"' EXIT
passed=0 failed=0
for t; do
	timeout 30 example/calls/$t.elf >"$out/native" 2>/dev/null </dev/null
	echo "status $?" >>"$out/native"
	timeout 60 $blink $flags example/calls/$t.elf >"$out/blink" 2>"$out/err" </dev/null
	echo "status $?" >>"$out/blink"
	if cmp -s "$out/native" "$out/blink"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAILED calls/$t$flags (< native, > blink)"
		diff "$out/native" "$out/blink" | head -n $shown | sed 's/^/    /'
		head -n 3 "$out/err" | sed 's/^/    stderr: /'
	fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
