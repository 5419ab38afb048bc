#!/bin/sh
# layers.sh: fails when a file includes a header of a higher floor or of a
# sibling on its own floor.
floor() {
	case $1 in
	base) echo 0 ;;
	host) echo 1 ;;
	isa | mem) echo 2 ;;
	cpu) echo 3 ;;
	jit | linux | pc) echo 4 ;;
	vm) echo 5 ;;
	debug) echo 6 ;;
	tui | web) echo 7 ;;
	*) echo 8 ;;
	esac
}
bad=0 files=0
for f in blink/*/*.c blink/*/*.h blink/*.c; do
	room=${f#blink/}
	case $room in
	*/*) room=${room%%/*} ;;
	*) room=main ;;
	esac
	files=$((files + 1))
	for inc in $(sed -n 's/^#include "\([a-z0-9]*\)\/.*/\1/p' "$f" | sort -u); do
		[ "$inc" = "$room" ] && continue
		if [ "$(floor "$inc")" -ge "$(floor "$room")" ]; then
			echo "$f: floor $(floor "$room") includes $inc/ on floor $(floor "$inc")"
			bad=1
		fi
	done
done
[ $bad = 0 ] && echo "layers: $files files, all point down"
exit $bad
