#!/bin/sh
# pc.sh OUTDIR CC [ROUNDS]: the PC's compute kernels (pc.S) in 16 and 32-bit
# code, in one run: blink, qemu-system-i386 with TCG and Bochs, where they are
# there (Debian packages qemu-system-x86, bochs, bochs-sdl). Each runs two
# counts; the difference of processor time leaves start-up out. Then what an
# idle guest costs.
out=$1
cc=$2
rounds=${3:-5}
blink=$out/blink/blink
timeit=$out/bench/timeit
dir=$out/bench/pc
mkdir -p "$dir"

image() {
	$cc -m32 -c $2 -DKERNEL=$3 -DCOUNT=$4 -o "$dir/pc.o" bench/pc.S && ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$1" "$dir/pc.o" &&
		dd if=/dev/null of="$1" bs=1474560 seek=1 2>/dev/null
}
if ! image "$dir/a.img" "" fib 1 2>/dev/null; then
	echo "pc kernels: skipped: needs an x86 assembler and linker ($cc -m32, ld)"
	exit 0
fi

cat >"$dir/blink.sh" <<END
$blink -r -N \$1
[ \$? = 3 ]
END
cat >"$dir/qemu.sh" <<END
qemu-system-i386 -accel tcg -display none -m 64 -drive file=\$1,format=raw,if=floppy -net none \\
	-device isa-debug-exit,iobase=0xf4,iosize=1 -serial none -monitor none -no-reboot
[ \$? = 3 ]
END
cat >"$dir/bochs.sh" <<END
cat >$dir/bochsrc <<RC
display_library: sdl2
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
memory: guest=64, host=64
floppya: 1_44=\$1, status=inserted
boot: floppy
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
speaker: enabled=0
log: $dir/bochs.log
panic: action=fatal
RC
echo c | SDL_VIDEODRIVER=dummy timeout 300 bochs -q -f $dir/bochsrc
grep -q 'shutdown requested' $dir/bochs.log
END
qemu=$(command -v qemu-system-i386 || echo)
bochs=$(command -v bochs || echo)

# per COUNTS MS MS: milliseconds for a count
per() {
	awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { if (a == "-" || b == "-" || b - a <= 0) print "-"; else printf "%.6f", (b - a) / n }'
}
ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { if (a == "-" || b == "-") print "-"; else printf "%.2f", a / b }'
}
run() {
	r=$1
	shift
	$timeit -c "$r" "$@"
}

row='%-9s %4s %9s %9s %9s %10s\n'
printf '\n'
printf "$row" "PC kernel" bits blink/ns qemu/ns bochs/ns "(of an instruction)"
for bits in 16 32; do
	wide=
	[ $bits = 16 ] || wide=-DWIDE
	for k in fib=2000 sieve=800 sort=800 hash=1000 table=1000 string=16000; do
		n=${k#*=}
		k=${k%=*}
		image "$dir/a.img" "$wide" $k $n
		image "$dir/b.img" "$wide" $k $((5 * n))
		insns() {
			$blink -Z -r -N "$1" 2>&1 | sed -n 's|^blink: \([0-9]*\) instructions in.*|\1|p'
		}
		each=$(awk -v a="$(insns "$dir/a.img")" -v b="$(insns "$dir/b.img")" 'BEGIN { print (b - a) / 1e6 }')
		set -- $(run "$rounds" sh "$dir/blink.sh" "$dir/a.img" , sh "$dir/blink.sh" "$dir/b.img")
		b=$(per $1 $2 $each)
		q=-
		if [ "$qemu" ]; then
			set -- $(run "$rounds" sh "$dir/qemu.sh" "$dir/a.img" , sh "$dir/qemu.sh" "$dir/b.img")
			q=$(per $1 $2 $each)
		fi
		x=-
		if [ "$bochs" ]; then
			set -- $(run 1 sh "$dir/bochs.sh" "$dir/a.img" , sh "$dir/bochs.sh" "$dir/b.img")
			x=$(per $1 $2 $each)
		fi
		printf '%-9s %4s %9.2f %9s %9s   blink/qemu %s, bochs/blink %s\n' $k $bits "$b" "$q" "$x" "$(ratio $b $q)" "$(ratio $x $b)"
	done
done

# Five seconds of a guest that waits for interrupts
image "$dir/idle.img" "" idle 91
set -- $(run 1 sh "$dir/blink.sh" "$dir/idle.img")
set -- $1 $($timeit 1 sh "$dir/blink.sh" "$dir/idle.img")
awk -v a="$1" -v b="$2" 'BEGIN { if (a == "-" || b == "-") print "idle: failed"; else printf "idle guest: %.0f ms of processor time in %.1f s: %.2f %%\n", a, b / 1e3, a / b * 100 }'
