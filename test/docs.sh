#!/bin/sh
# docs.sh: fails when the documentation names a file, make target or option that
# there is not, or does not name what it should: in the man page the variables of
# the environment, in docs/pc.md the boot programs.

# What stands between backticks in a file, each on a line of its own
quoted() {
	tr '\n`' ' \n' <"$1" | sed -n 'n;p'
}

# Whether there is such a path, from the top or from blink/, or a file of that
# name, or a program whose source it is
is_there() {
	for f in $1 blink/$1 blink/*/$1 test/*/$1; do
		[ -e "$f" ] || [ -e "$f.c" ] && return
	done
	false
}

# The paths, targets and options that a piece of a document names
check_piece() {
	doc=$1 piece=$2
	target=$(printf '%s\n' "$piece" | sed -n 's/^\(time \)*\([A-Z_]*=[^ ]* \)*make \([A-Z]*=[^ ]* \)*\([a-z-]*\).*/\4/p')
	[ -z "$target" ] || grep -q "^$target:" Makefile */*.mk || echo "$doc: no target of make: $target"
	case $piece in
	o/*) return ;;
	-[A-Za-z0-9]) grep -q "^\.B[IR]* .*\\\\$piece" blink/blink.1 || echo "$doc: no option of blink: $piece" ;;
	esac
	for word in $piece; do
		case $word in
		/* | o/* | x.c | x_tiny.c | *[\$\(\<\'=]*) ;;
		*/* | *.[chS1] | *.sh | *.md | *.tbl | *.inc) is_there "$(printf '%s\n' "$word" | sed 's/NAME/*/')" || echo "$doc: no such file: $word" ;;
		esac
	done
}

check() {
	for doc in README.md docs/*.md; do
		quoted "$doc" | while read -r piece; do
			check_piece "$doc" "$piece"
		done
	done
	for name in $(sed -n 's/.*\(getenv\|env_number\)("\([A-Z_]*\)").*/\2/p' blink/*.c blink/*/*.c | sort -u); do
		grep '^\.B' blink/blink.1 | grep -qw "$name" || echo "blink/blink.1: does not name the variable $name"
	done
	for name in $(grep -ho '\<BLINK_[A-Z]*' README.md docs/*.md blink/blink.1 | sort -u); do
		grep -qw "$name" blink/*.c blink/*/*.c || echo "README.md, docs or blink/blink.1: nothing reads the variable $name"
	done
	for source in test/boot/*.S test/ring0/*.c; do
		name=${source##*/}
		quoted docs/pc.md | grep -qx "\(test/boot/\)*${name%.*}\(\.S\)*" || echo "docs/pc.md: does not name $source"
	done
}

wrong=$(check)
[ -z "$wrong" ] && echo "docs: what they name is there" && exit
echo "$wrong"
exit 1
