#!/bin/sh
# bench.sh OUTDIR [ROUNDS]: medians of the compute kernels and of start-up, in
# one run: native, blink, qemu-x86_64 (Debian package qemu-user) where they
# are there. Ratios are to native; ns is blink's time per guest instruction.
out=$1
rounds=${2:-5}
blink=$out/blink/blink
timeit=$out/bench/timeit
kernels=example/kernels.elf
native=$kernels
[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || native=false
qemu=$(command -v qemu-x86_64 || echo false)

# Repeats that take blink a few tenths of a second
repeats() {
	case $1 in
	fib) echo 20 ;;
	sieve) echo 60 ;;
	hash) echo 200 ;;
	sort) echo 60 ;;
	switch) echo 300 ;;
	pointers) echo 40 ;;
	chase) echo 30 ;;
	string) echo 120 ;;
	nbody) echo 30 ;;
	matmul) echo 30 ;;
	sha256) echo 40 ;;
	esac
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { if (a == "-" || b == "-" || b + 0 == 0) print "-"; else printf "%.2f", a / b }'
}

printf '%-10s %10s %10s %10s %8s %8s %9s %7s\n' kernel native/ms blink/ms qemu/ms blink/n qemu/n blink/q ns/insn
for k in fib sieve hash sort switch pointers chase string nbody matmul sha256; do
	n=$(repeats $k)
	set -- $($timeit -c "$rounds" $native $k $n , $blink $kernels $k $n , $qemu $kernels $k $n)
	insns=$($blink -Z $kernels $k $n 2>&1 >/dev/null | sed -n 's|^blink: \([0-9]*\) instructions in.*|\1|p')
	ns=$(awk -v ms="$2" -v i="$insns" 'BEGIN { if (i + 0) printf "%.2f", ms * 1e6 / i; else print "-" }')
	printf '%-10s %10s %10s %10s %8s %8s %9s %7s\n' $k "$1" "$2" "$3" "$(ratio $2 $1)" "$(ratio $3 $1)" "$(ratio $2 $3)" "$ns"
done

startup() {
	label=$1
	shift
	set -- $($timeit $((rounds * 10 + 1)) "$@" , $blink "$@" , $qemu "$@")
	printf '%-10s %10s %10s %10s   blink starts %s ms later than native\n' "$label" "$1" "$2" "$3" \
		"$(awk -v a="$2" -v b="$1" 'BEGIN { printf "%.2f", a - b }')"
}
startup hello ./example/hello.elf
[ "$native" = false ] || startup dynamic /bin/true
