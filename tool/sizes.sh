#!/bin/sh
# sizes.sh LIMIT: stripped sizes of o/rel and o/tiny, by section, by folder
# and the largest symbols; exit status 1 when tiny passes LIMIT bytes.
limit=$1
for mode in rel tiny; do
	bin=o/$mode/blink/blink
	[ -f $bin ] || continue
	cp $bin o/$mode/stripped
	strip o/$mode/stripped
	total=$(wc -c <o/$mode/stripped)
	echo "$mode: $total bytes stripped"
	size -A o/$mode/stripped | awk '$2 + 0 >= 512 { printf "    %-20s %8d\n", $1, $2 }'
	echo "  by folder (code and data before linking):"
	for room in base host isa mem cpu linux vm; do
		objects=$(find o/$mode/blink/$room -name '*.o' 2>/dev/null)
		[ "$room" = isa ] && objects="$objects $(find o/$mode/gen -name '*.o')"
		[ -n "$objects" ] || continue
		size $objects | awk -v room=$room 'NR > 1 { n += $1 + $2 } END { printf "    %-20s %8d\n", room, n }'
	done
	echo "  largest symbols:"
	nm -S --size-sort $bin | tail -n 12 | awk '{ printf "    %-32s %8d\n", $4, ("0x" $2) + 0 }' |
		while read -r name rest; do
			printf '    %-32s %8d\n' "$name" "$((0x$(nm -S --size-sort $bin | awk -v n="$name" '$4 == n { print $2; exit }')))"
		done
	if [ $mode = tiny ] && [ "$total" -gt "$limit" ]; then
		echo "tiny is $total bytes, over the limit of $limit"
		exit 1
	fi
done
