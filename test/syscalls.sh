#!/bin/sh
# syscalls.sh BLINK TABLE: every system call whose row is `done` must have
# succeeded at least once and failed at least once in the guest programs whose
# results are compared with native ones (test/calls, test/linux): read from
# their -s logs. test/calls/untested names the exceptions and why.
blink=$1
table=$2
. "${0%/*}/scratch.sh"
for program in example/calls/*.elf example/linux/*.elf; do
	in=${program%.elf}.in
	[ -f "$in" ] || in=/dev/null
	$limit "$blink" -s -L "$tmp/log" "$program" >/dev/null 2>&1 <"$in"
	cat "$tmp/log" >>"$tmp/all"
	rm -f "$tmp/log"
done
awk -v table="$table" -v except=test/calls/untested '
BEGIN {
	while ((getline line <table) > 0)
		if (line ~ /^SYS\(/ && line ~ /, done,/) {
			split(line, f, /, */)
			name[n++] = f[2]
		}
	while ((getline line <except) > 0)
		if (line !~ /^#/ && split(line, f, " ") >= 3)
			why[f[1] " " f[2]] = line
}
{
	sub(/^\[pid +[0-9]+\] /, "")
	if ($0 ~ /^<\.\.\. [a-z0-9_]+ resumed/)
		call = $2
	else if (match($0, /^[a-z0-9_]+\(/))
		call = substr($0, 1, RLENGTH - 1)
	else
		next
	# the result is behind the last " = "
	while (match($0, / = /))
		$0 = substr($0, RSTART + 3)
	if ($0 ~ /^-1 E[A-Z0-9]+ / || $0 ~ /^\? ERESTART/)
		seen[call " fails"] = 1
	else if ($0 ~ /^[0-9]/)
		seen[call " succeeds"] = 1
}
END {
	for (i = 0; i < n; i++)
		for (k = 0; k < 2; k++) {
			want = name[i] (k ? " fails" : " succeeds")
			if (want in seen) {
				passed++
				if (want in why) {
					print "FAILED " want ": seen, but test/calls/untested names it"
					failed++
				}
			} else if (want in why) {
				skipped++
			} else {
				print "FAILED no test in which " want
				failed++
			}
		}
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed != 0
}' "$tmp/all"
