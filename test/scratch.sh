# scratch.sh, for scripts that source it: $tmp is a directory that goes when they
# do, $limit what bounds a program's time, where the host has that.
tmp=$(mktemp -d "${TMPDIR:-/tmp}/blink-test.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
limit="timeout 120"
command -v timeout >/dev/null 2>&1 || limit=
