#!/bin/sh
# record.sh: runs every ELF example natively (an x86-64 Linux host) and keeps
# exit status and output beside it as NAME.out. NAME.in, if there, is its input.
tmp=$(mktemp) || exit 1
trap 'rm -f "$tmp"' EXIT
for program in example/*.elf example/*/*.elf; do
	[ -f "$program" ] || continue
	case $program in example/calls/*) continue ;; esac  # never the same on two machines
	in=${program%.elf}.in
	[ -f "$in" ] || in=/dev/null
	"./$program" <"$in" >"$tmp" 2>/dev/null
	status=$?
	{
		echo "exit $status"
		cat "$tmp"
	} >"${program%.elf}.out"
done
