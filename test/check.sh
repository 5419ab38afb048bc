#!/bin/sh
# check.sh OUTDIR UNIT...: runs the unit tests and all guest programs, says
# what failed and why, and closes with `N passed, N failed, N skipped`.
#
# A guest program example/NAME.{elf,com,bin} passes when its standard output
# and exit status are those of example/NAME.out (first line: exit status),
# which `make record` takes from a native run. Where the host itself is
# x86-64 Linux it is also run natively, so that a stale record is noticed.
# example/NAME.img is booted, with -N or the flags in NAME.flags, and standard
# error counts too: port 0xe9 is there. A second line IMAGE SIZE in NAME.flags
# boots a copy of that image made as long as this.
# example/NAME.noemu says why a program is skipped under an emulator,
# example/NAME.notsan why in a build with ThreadSanitizer.
# example/NAME.notiny why by a tiny build.
out=$1
shift
run=
case $out in
*/s390x) run=qemu-s390x ;;
*/arm) run=qemu-arm ;;
*/aarch64) run=qemu-aarch64 ;;
*/riscv64) run=qemu-riscv64 ;;
*/ppc64le) run=qemu-ppc64le ;;
*/ppc64) run=qemu-ppc64 ;;
*/ppc) run=qemu-ppc ;;
*/i386) run=qemu-i386 ;;
*/mips64el) run=qemu-mips64el ;;
*/m68k) run=qemu-m68k ;;
*/sparc64) run=qemu-sparc64 ;;
*/alpha) run="qemu-alpha -L /usr/alpha-linux-gnu" ;;
esac
if [ -n "$run" ] && ! command -v ${run%% *} >/dev/null 2>&1; then
	echo "skipped: needs $run (Debian package qemu-user)"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
export EMULATOR="$run"  # for tests that run blink
passed=0 failed=0 skipped=0
. "${0%/*}/scratch.sh"

fail() {
	failed=$((failed + 1))
	echo "FAILED $*"
}

for unit; do
	if $limit $run "$unit" >"$tmp/log" 2>&1 </dev/null; then
		last=$(tail -n 1 "$tmp/log")
		case $last in
		skipped:*)
			skipped=$((skipped + 1))
			echo "${unit#"$out"/}: $last"
			;;
		*) passed=$((passed + 1)) ;;
		esac
	else
		status=$?
		fail "${unit#"$out"/} (status $status)"
		tail -n 20 "$tmp/log" | sed 's/^/    /'
	fi
done

if [ -z "$run" ]; then
	if sh "${0%/*}/docs.sh" >"$tmp/log"; then
		passed=$((passed + 1))
	else
		fail "test/docs.sh"
		sed 's/^/    /' "$tmp/log"
	fi
fi

native=
[ "$(uname -s) $(uname -m)" = "Linux x86_64" ] && native=1
blink="$run $out/blink/blink"

# status_and_output INPUT COMMAND...: as the records hold them
status_and_output() {
	input=$1
	shift
	$limit "$@" >"$tmp/out" 2>"$tmp/err" <"$input"
	echo "exit $?"
	cat "$tmp/out"
}

# one LABEL WANT INPUT COMMAND...: compares with the file WANT
one() {
	label=$1
	want=$2
	shift 2
	status_and_output "$@" >"$tmp/got"
	if cmp -s "$tmp/got" "$want"; then
		passed=$((passed + 1))
	else
		fail "$label"
		diff "$want" "$tmp/got" | head -n 10 | sed 's/^/    /'
		head -n 5 "$tmp/err" | sed 's/^/    stderr: /'
	fi
}

# Where paged memory is the only model, -m changes nothing.
other=-m
case $out in */arm | */m68k | */ppc | */i386 | */sparc64 | */alpha) other= ;; esac

for record in example/*.out example/*/*.out; do
	[ -f "$record" ] || continue
	not=
	[ -n "$run" ] && not=${record%.out}.noemu
	[ "${out%/}" = o/tsan ] && not=${record%.out}.notsan
	[ "${out%/}" = o/tiny ] && not=${record%.out}.notiny
	if [ -f "$not" ]; then
		skipped=$((skipped + 1))
		echo "${record#example/}: skipped: $(cat "$not")"
		continue
	fi
	in=${record%.out}.in
	[ -f "$in" ] || in=/dev/null
	for program in "${record%.out}.elf" "${record%.out}.com" "${record%.out}.bin"; do
		[ -f "$program" ] || continue
		name=${program#example/}
		[ -n "$native" ] && [ -z "$run" ] && [ "${program%.elf}" != "$program" ] && one "$name native" "$record" "$in" "./$program"
		for flag in "" $other; do
			one "$name${flag:+ -m}" "$record" "$in" $blink $flag "$program"
		done
	done
	program=${record%.out}.img
	flags=-N size=
	[ -f "${record%.out}.flags" ] && { read -r flags; read -r base size; } <"${record%.out}.flags"
	if [ -n "$size" ]; then
		program=$tmp/disk.img
		cp "${record%/*}/$base" "$program"
		truncate -s "$size" "$program"
	fi
	[ ! -f "$program" ] || one "${record#example/}" "$record" "$in" sh -c "$blink -r $flags -i $program 2>&1"
done

# The programs that try every system call: against a native run made now,
# because kernels and file systems differ. Emulated, those for
# which qemu passes on all that the kernel can do.
if [ -n "$native" ]; then
	for program in example/calls/*.elf; do
		case "$run $program" in
		" "*) ;;
		*sparc64*/stat.elf) continue ;;  # there qemu gives a wrong st_rdev
		*/clock.elf | */sched.elf | */stat.elf | */xattr.elf) ;;
		*) continue ;;
		esac
		name=${program#example/}
		status_and_output /dev/null "$program" >"$tmp/want"
		for flag in "" $other; do
			one "$name${flag:+ -m}" "$tmp/want" /dev/null $blink $flag "$program"
		done
	done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
