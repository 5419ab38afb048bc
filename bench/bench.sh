#!/bin/sh
# bench.sh OUTDIR [ROUNDS]: medians of the compute kernels and of start-up, in
# one run: native, blink, qemu-x86_64 (Debian package qemu-user) where they
# are there and have the instructions (qemu 7.2 has no SHA's). Ratios are to
# native; ns is blink's time per guest instruction.
out=$1
rounds=${2:-5}
blink=$out/blink/blink
timeit=$out/bench/timeit
native=
[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] || native=false
qemu=$(command -v qemu-x86_64 || echo false)

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { if (a == "-" || b == "-" || b + 0 == 0) print "-"; else printf "%.2f", a / b }'
}

heading='%-11s %10s %10s %10s %8s %8s %9s %7s\n'
printf "$heading" kernel native/ms blink/ms qemu/ms blink/n qemu/n blink/q ns/insn
# kernels PROGRAM NAME=REPEAT...: with repeats that take blink a few tenths of a second
kernels() {
	program=$1
	shift
	for k; do
		n=${k#*=}
		k=${k%=*}
		set -- $($timeit -c "$rounds" $native $program $k $n , $blink $program $k $n , $qemu -cpu max $program $k $n)
		insns=$($blink -Z $program $k $n 2>&1 >/dev/null | sed -n 's|^blink: \([0-9]*\) instructions in.*|\1|p')
		ns=$(awk -v ms="$2" -v i="$insns" 'BEGIN { if (i + 0) printf "%.2f", ms * 1e6 / i; else print "-" }')
		printf "$heading" $k "$1" "$2" "$3" "$(ratio $2 $1)" "$(ratio $3 $1)" "$(ratio $2 $3)" "$ns"
	done
}
kernels example/kernels.elf fib=20 sieve=60 hash=200 sort=60 switch=300 pointers=40 chase=30 string=120 nbody=30 matmul=30 sha256=40
kernels example/vectors.elf matmul-avx2=300 nbody-sse2=100 nbody-avx=150 mandelbrot=200 x87=100 sha256-ni=500 aes-cbc=5000 \
	aes-ctr=8000 ghash=400

startup() {
	label=$1
	shift
	set -- $($timeit $((rounds * 10 + 1)) "$@" , $blink "$@" , $qemu "$@")
	printf '%-11s %10s %10s %10s   blink starts %s ms later than native\n' "$label" "$1" "$2" "$3" \
		"$(awk -v a="$2" -v b="$1" 'BEGIN { printf "%.2f", a - b }')"
}
startup hello ./example/hello.elf
[ "$native" = false ] || startup dynamic /bin/true
