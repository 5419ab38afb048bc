#!/bin/bash
# programs.sh [-a] [-j JOBS] BLINK [NAME-PATTERN]: real programs from Debian's
# packages: standard output and exit status under blink, with linear and with
# paged memory, must be those of a native run. -a: the long ones too. A pattern
# may be 'node*' or '@(gdb|perl)'. Needs an x86-64 Linux host.
usage() {
	echo "usage: programs.sh [-a] [-j JOBS] BLINK [NAME-PATTERN]" >&2
	exit 2
}
all= jobs=$(nproc)
while getopts aj: o; do
	case $o in
	a) all=1 ;;
	j) jobs=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || usage
blink=$(realpath "$1")
only=${2:-*}
if [ "$(uname -s) $(uname -m)" != "Linux x86_64" ]; then
	echo "skipped: needs an x86-64 Linux host"
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
shopt -s extglob
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/w" "$root/results"
export LC_ALL=C TZ=UTC HOME=$root GIT_CONFIG_NOSYSTEM=1
unset PYTHONPATH PERL5LIB BLINK_CPU
here=$(cd "$(dirname "$0")/.." && pwd)
python=$(command -v /usr/bin/python3)
bare= # checks this script itself: programs.sh "$(command -v env)"
[ "$(basename "$blink")" = env ] && bare=1

# The files that every case starts from, the same each time.
fixture() {
	rm -rf "$1"
	mkdir -p "$1/dir/sub" && cd "$1" || exit 1
	for i in 1 2 3 4 5 6 7 8 9; do
		echo "line $i of a text, some words: alpha beta gamma $((i * 7919 % 100))"
	done >text
	for i in $(seq 1 400); do echo "$((i * 7919 % 1000)) item$i"; done >numbers
	seq 1 20000 >large
	printf 'a,b,c\n1,2,3\n4,5,6\n' >dir/table.csv
	echo nested >dir/sub/file
	ln -s ../text dir/link
	touch -h -d 2024-01-02T03:04:05Z text numbers large dir/table.csv dir/link dir/sub/file dir/sub dir .
}

# wanted NAME...: whether one of them is asked for
wanted() {
	local n
	for n; do
		# shellcheck disable=SC2254
		case $n in
		$only) return 0 ;;
		esac
	done
	return 1
}

# skip NAME WHAT: a case that needs what is not there
skip() {
	wanted "$1" || return
	echo "$1 skipped: needs $2"
	echo "0 0 1 0" >"$root/results/$1"
}

# one NAME PROGRAM ARG...: runs a case natively and under blink. Its result
# is a file: passed, failed, skipped, processor seconds under blink.
one() {
	local name=$1 want=$root/w/$1.native got=$root/w/$1.got mode used t=0 passed=0 failed=0 TIMEFORMAT='%U %S'
	shift
	fixture "$root/w/$name"
	# shellcheck disable=SC2086
	$native timeout -k 1 "$limit" "$@" >"$want" 2>"$want.err" </dev/null
	echo "exit $?" >>"$want"
	for mode in ${bare:-$modes}; do
		fixture "$root/w/$name"
		{ time run "$mode" "$@" >"$got" 2>"$got.err" </dev/null; } 2>"$got.time"
		used=$(tr -d . <"$got.time" | awk 'END {print int(($1 + $2) / 100)}')
		t=$((t + used))
		if cmp -s "$want" "$got"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			{
				echo "FAILED $name $mode"
				diff "$want" "$got" 2>&1 | head -n 6 | cut -c1-200 | sed 's/^/    /'
				head -n 4 "$got.err" | cut -c1-300 | sed 's/^/    stderr: /'
			} >"$got.report"
			cat "$got.report"
		fi
	done
	echo "$passed $failed 0 $t" >"$root/results/$name"
	rm -rf "$root/w/$name" "$want"* "$got"*
}

# run MODE PROGRAM ARG...: linear or paged memory, or a level of CPUID
run() {
	local mode=$1
	shift
	case $mode in
	linear | 1) timeout -k 1 "$limit" "$blink" "$@" ;;
	paged) timeout -k 1 "$limit" "$blink" -m "$@" ;;
	*) BLINK_CPU=$mode timeout -k 1 "$limit" "$blink" "$@" ;;
	esac
	echo "exit $?"
}

# try NAME PROGRAM ARG...: one case in each of $modes, beside others. $native
# is put before the native run, which takes $limit seconds at most, as each
# other; $needs names more commands that it must find.
modes="linear paged" native= limit=600 needs=
try() {
	wanted "$1" || return
	local c
	for c in "$2" $needs; do
		if ! command -v "$c" >/dev/null 2>&1; then
			skip "$1" "${c##*/}"
			return
		fi
	done
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
	one "$@" &
}

# long NAME PROGRAM ARG...: one that runs with -a only
long() {
	[ -n "$all" ] && try "$@"
}

# --- static programs -------------------------------------------------------------
try busybox-ls busybox ls -l text numbers dir/table.csv
try busybox-sha256sum busybox sha256sum text large
try busybox-md5sum busybox md5sum text large
try busybox-gzip busybox ash -c 'busybox gzip -c large | busybox gunzip | busybox md5sum'
try busybox-sort busybox sort -n -r numbers
try busybox-awk busybox awk '{ s += $1; n[$1 % 7]++ } END { print s; for (i = 0; i < 7; i++) print i, n[i]; printf "%.3f %e\n", s / 7, s }' numbers
try busybox-sed busybox sed -n 's/\([a-z]*\) \([0-9]\)/\2-\1/p' text
try busybox-grep busybox grep -E '(alpha|7[0-9])+' text
try busybox-find busybox find . -name '*e*' -type f
try busybox-tar busybox ash -c 'busybox tar cf - text dir | busybox tar tvf - | busybox cut -c1-10,40-; busybox tar cf x.tar dir; mkdir y; busybox tar xf x.tar -C y; busybox find y | busybox sort'
try busybox-vi busybox vi -c q text
try busybox-ash busybox ash -c 'f() { local x=$1; echo $((x * x)); }; for i in 1 2 3; do f $i; done | (read a; read b; echo $a:$b); (exit 3); echo $?; trap "echo bye" EXIT; kill -0 $$ && echo alive; echo $(busybox seq 1 5 | busybox tr "\n" +)0'
script='fib() { if (( $1 < 2 )); then echo $1; else echo $(( $(fib $(( $1 - 1 ))) + $(fib $(( $1 - 2 ))) )); fi; }
fib 8; a=(x y z); echo ${#a[@]} ${a[1]}; trap "echo trapped" USR1; kill -USR1 $$; for f in *; do echo "$f"; done | sort -r
( trap "echo exit trap" EXIT; exit 4 ); echo $?; echo one two | while read a b; do echo "$b $a"; done; printf "%05d %x %s\n" 42 255 str
s=0; for i in {1..200}; do (( s += i * i )); done; echo $s; cat <<X
here $s
X'
try bash-static bash-static -c "$script"
try zsh-static zsh-static -f -c "$script"

# --- dynamic programs -------------------------------------------------------------
try ls ls -la text numbers dir
try coreutils-wc wc large text
try coreutils-sort sort -n -k1,1 -k2r numbers
try coreutils-misc sh -c 'head -n 3 text | tac; cut -d" " -f2 numbers | sort | uniq -c | sort -rn | head -n 2; od -c text | head -n 3; seq 1 2 9 | paste -sd+; factor 360360 1000003; date -u -d @1000000000; stat -c "%n %s %a %Y" text; basename /a/b.c .c; expr 6 \* 7; base64 text | md5sum; numfmt --to=iec 123456789; nl text | tail -n 1; comm dir/table.csv dir/table.csv; split -n 3 large p; cat p?? | cmp - large && echo same; readlink -f dir/link | sed s,.*/,,; cp -a dir d2; mv d2/sub d3; rm -r d2; ls; printf "%s\n" $((1 << 40)); touch -d 2020-01-01 z; stat -c %Y z; mkdir -p q/r/s; rmdir q/r/s; df . >/dev/null && echo df; id -u; uname -s; sleep 0.01; tee t1 <text | md5sum; truncate -s 100 t1; wc -c t1; dd if=large of=dd bs=512 count=3 2>/dev/null; cksum dd; env -i A=b env; timeout 1 sleep 5; echo $?; nice true; echo $?; sha512sum text; b2sum text; tr a-z A-Z <text | head -n 1; fold -w 20 text | head -n 2; join numbers numbers | wc -l; shuf --random-source=large -n 3 text; test -d dir && echo dir; true && ! false && echo logic'
try dash dash -c 'x=1; while [ $x -lt 200 ]; do x=$((x + 1)); y=$(echo $x | cat); done; echo $y; ls | wc -l'
try bash bash -c "$script"
try grep-P grep -P '(?<=of )a\s(t\w+)(?=,).*\d{2}$' text
try sed sed -E ':a;s/([0-9])([0-9]{3})($|[^0-9])/\1,\2\3/;ta' large
try gawk gawk 'BEGIN { printf "%.10g %d %s\n", exp(1) * sin(2) / log(3), 2^53, substr("hello", 2, 3) } { n[length($0)]++ } END { for (k in n) t += k * n[k]; print t }' text
try mawk mawk '{ s += $1 } END { print s, s / NR, sqrt(s) }' numbers
try perl perl -e 'my %h; while (<>) { for (/\w+/g) { $h{$_}++ } } print "$_ $h{$_}\n" for sort { $h{$b} <=> $h{$a} || $a cmp $b } keys %h; printf "%.15g %s %e %x\n", atan2(1,1)*4, 1e21, 1/3, 48879; my $p = fork; if (!$p) { print "child\n"; exit 3 } waitpid $p, 0; print $? >> 8, "\n"; print join(",", map { $_ ** 2 } grep { $_ % 2 } 1..15), "\n"; (my $t = "aaa bbb") =~ s/(\w+) (\w+)/$2 $1/; print "$t\n"; print sprintf("%b", 37), " ", ucfirst(lc "HELLO"), "\n"; my @s = sort { $a <=> $b } map { ($_ * 7919) % 1009 } 1..500; print "@s[0..5] @s[-3..-1]\n"' text
cat >"$root/t.py" <<'X'
import json, re, decimal, hashlib, subprocess, threading, struct, math, os, collections, zlib, random
print(json.dumps({"a": [1, 2.5, None, True], "b": {"c": "d\u00e9"}}, sort_keys=True), json.loads('{"x": [1e3, -0.1]}'))
print(re.findall(r"(\w+)@(\w+)\.com", "joe@example.com, ann@test.com"))
decimal.getcontext().prec = 50
print(decimal.Decimal(2).sqrt(), decimal.Decimal(1) / 7)
for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
    print(name, hashlib.new(name, b"abc" * 10000).hexdigest())
print(subprocess.run(["sh", "-c", "echo sub; exit 7"], capture_output=True))
total = [0]
lock = threading.Lock()
def work(n):
    for i in range(2000):
        with lock:
            total[0] += n
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
print(total, struct.pack("<dfq", 1.1, 2.2, -3).hex(), math.gamma(5.5), math.erf(0.3), 2 ** 200, divmod(-7, 3))
print(sorted(collections.Counter(open("text").read()).items())[:10], zlib.crc32(b"hello"), len(zlib.compress(b"x" * 100000)))
random.seed(42); print(random.random(), random.sample(range(1000), 5), [round(x ** 0.5, 12) for x in range(5)])
def gen(n):
    a, b = 0, 1
    for _ in range(n):
        yield a
        a, b = b, a + b
print(sum(gen(300)) % 10**18, "%.17g %r" % (0.1 + 0.2, 1e22), float("1e-310"), complex(1, 2) ** 2)
pid = os.fork()
if pid == 0:
    os._exit(5)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
try:
    1 / 0
except ZeroDivisionError as e:
    print(e)
X
try python3 "${python:-python3}" -I "$root/t.py"
# python's own tests of its numbers and digests
for t in test_math test_cmath test_float test_struct test_decimal test_hashlib; do
	if [ -n "$python" ] && $python -c "import test.$t" 2>/dev/null; then
		modes="linear ${all:+paged}" try python-$t sh -c "$python -m test $t 2>&1 | grep -E '^Tests? result|^All|fail|error'"
	else
		skip python-$t libpython3-testsuite
	fi
done
try lua lua5.4 -e 'local t = {} for i = 1, 1000 do t[i] = (i * 7919) % 1009 end table.sort(t) print(t[1], t[500], t[1000], #t, math.pi, 10 // 3, 2^0.5, string.format("%5.2f %q", 3.14159, "hi")) print(("x"):rep(5), ("hello world"):gsub("o", "0"), select("#", 1, 2, 3)) local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) print(co(), co(), co()) print(pcall(error, "e"))'
try sqlite3 sqlite3 :memory: "create table t(a integer, b text, c real); with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) insert into t select i * 7919 % 1000, 'k' || (i % 17), i / 7.0 from n; select b, count(*), sum(a), round(avg(c), 6) from t group by b order by b; select a, rank() over (partition by b order by c desc) r, sum(a) over (order by rowid rows between 2 preceding and current row) s from t order by rowid limit 10; create index i on t(a); select count(*) from t where a between 100 and 200; select printf('%.10f', 2.0/3), upper('abc'), hex(zeroblob(3)), json_extract('{\"a\":[1,2]}', '\$.a[1]'); explain query plan select * from t where a = 5;"
wanted openssl-dgst openssl-md5 openssl-enc && head -c 16777216 /dev/zero | openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 0 -nosalt >"$root/big" 2>/dev/null
try openssl-dgst openssl dgst -sha256 -sha512 "$root/big"
try openssl-md5 openssl dgst -md5 "$root/big"
try openssl-enc sh -c "openssl enc -aes-256-cbc -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 00112233445566778899aabbccddeeff -in $root/big | openssl dgst -sha1"
# every digest and every cipher that the program has; crypto, below, asks the library
long openssl-digests sh -c 'for d in $(openssl list -digest-commands); do echo $d; openssl dgst -$d large text; openssl dgst -$d -hmac key large; done 2>&1'
long openssl-ciphers sh -c 'k="-K 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -iv 0f0e0d0c0b0a09080706050403020100"; for c in $(openssl enc -list | tail -n +2); do case $c in *des3-wrap | *3DESwrap) continue ;; esac; echo "$c"; openssl enc "$c" $k -in large 2>/dev/null | md5sum; done'
try openssl-pkey sh -c 'printf "%0128d" 7 >seed; openssl genpkey -algorithm ED25519 -out k 2>/dev/null; openssl prime 1000003 65537; openssl asn1parse -genstr UTF8:hi; openssl rand 8 | wc -c; echo | openssl dgst -sha256 -mac HMAC -macopt hexkey:00 2>/dev/null; openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:p -kdfopt salt:s -kdfopt iter:1000 PBKDF2; openssl kdf -keylen 32 -kdfopt pass:p -kdfopt salt:s -kdfopt n:1024 -kdfopt r:8 -kdfopt p:1 SCRYPT; openssl mac -macopt cipher:AES-128-CBC -macopt hexkey:00112233445566778899aabbccddeeff -in large CMAC; openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -in large Poly1305'
try xz sh -c 'xz -k -9 large && xz -dc large.xz | cmp - large && wc -c <large.xz'
try gzip sh -c 'gzip -k -9 large && gzip -dc large.gz | cmp - large && wc -c <large.gz'
try bzip2 sh -c 'bzip2 -k large && bzip2 -dc large.bz2 | cmp - large && wc -c <large.bz2'
try zstd sh -c 'zstd -q -k -19 large && zstd -q -dc large.zst | cmp - large && wc -c <large.zst'
try git sh -c 'export GIT_AUTHOR_DATE="1700000000 +0000" GIT_COMMITTER_DATE="1700000000 +0000" GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; git init -q -b main r && cd r && cp ../text ../numbers . && git add . && git commit -q -m first && echo more >>text && git commit -q -a -m second && git log --format="%H %s" && git diff HEAD~1 --stat && git show HEAD --format=%T && git branch x && git checkout -q x && git status --short && git gc -q && git fsck && git cat-file -p HEAD'

# --- vector code ---------------------------------------------------------------------
# x264 takes the best that CPUID offers; the stream must not depend on it.
# x264 takes what CPUID offers: blink's default and v3 to AVX2, as the native run
# is told to. What it encodes with --cpu-independent does not depend on that.
if [ -n "$python" ] && { [ -n "$all" ] || wanted x264-medium x264-veryslow x264-10bit x264-levels; }; then
	$python -c '
import math, sys
w, h, out = 176, 144, sys.stdout.buffer
out.write(b"YUV4MPEG2 W%d H%d F25:1 Ip C420jpeg\n" % (w, h))
for t in range(12):
    out.write(b"FRAME\n")
    out.write(bytes((int(128 + 60 * math.sin((x + 3 * t) / 17) + 50 * math.cos((y - 2 * t) / 11) + (x * y * 7919 + t) % 13)) & 255 for y in range(h) for x in range(w)))
    out.write(bytes((128 + (x + t) % 40) & 255 for y in range(h // 2) for x in range(w // 2)))
    out.write(bytes((90 + (y * 2 + t) % 60) & 255 for y in range(h // 2) for x in range(w // 2)))' >"$root/m.y4m"
fi
encode() {
	local name=$1
	shift
	needs="x264 $python" try "$name" sh -c "x264 \$ASM $* $root/m.y4m -o o.264 2>log; grep 'using cpu' log; md5sum <o.264"
}
if grep -qw avx2 /proc/cpuinfo && [ -n "$python" ]; then
	native="env ASM=--asm=MMX2,SSE2Fast,SSSE3,SSE4.2,AVX,FMA3,BMI2,AVX2"
	encode x264-medium --preset medium --threads 1
	modes="linear v3" encode x264-veryslow --preset veryslow --threads 3
	modes="linear v3" encode x264-10bit --preset slow --threads 2 --output-depth 10
	native=
fi
modes="linear v1 v2 v3" needs="x264 $python" \
	try x264-levels sh -c "x264 --cpu-independent --preset medium --threads 2 $root/m.y4m -o o.264 2>/dev/null; md5sum <o.264"

# numpy has its loops for each level too, but for AVX-512 natively
if [ -n "$python" ] && $python -c 'import numpy' 2>/dev/null; then
	native="env NPY_DISABLE_CPU_FEATURES=AVX512F,AVX512CD,AVX512_SKX,AVX512_CLX,AVX512_CNL,AVX512_ICL"
	modes="linear ${all:+paged v3}" try numpy $python -I "$here/test/programs/arrays.py"
	native=
else
	skip numpy python3-numpy
fi

# --- run-time compilers and virtual machines ---------------------------------------
cat >"$root/t.js" <<'X'
const crypto = require('crypto'), { Worker, isMainThread, parentPort } = require('worker_threads');
if (isMainThread) {
	let s = 0;
	for (let i = 0; i < 2e6; i++) s = (s * 31 + i) | 0;
	console.log(s, crypto.createHash('sha256').update('abc').digest('hex'), [3, 1, 2].sort(), 0.1 + 0.2, 10n ** 30n, JSON.stringify({ a: [1, { b: null }] }));
	new Worker(__filename).on('message', m => {
		console.log('worker', m);
		require('child_process').exec('echo sub', (e, o) => console.log(e, o));
	});
} else parentPort.postMessage([1, 2].map(x => x * 2));
X
try node node "$root/t.js"
try node-jit node "$here/test/programs/jit.js"
modes="v1 v2 v3" long node-jit-levels node "$here/test/programs/jit.js"
needs=node long npm sh -c 'mkdir p c; cd p; echo "{\"name\":\"p\",\"version\":\"1.0.0\",\"main\":\"i.js\"}" >package.json; echo "module.exports=7" >i.js; npm pack --silent; cd ../c; echo "{\"name\":\"c\",\"version\":\"1.0.0\"}" >package.json; npm install --offline --no-audit --no-fund --silent ../p/p-1.0.0.tgz; node -e "console.log(require(\"p\"))"; ls node_modules'
try ruby ruby -e 'puts (1..20).map { |i| i ** i % 97 }.sort.inspect; h = Hash.new(0); "hello world".each_char { |c| h[c] += 1 }; puts h; puts 2 ** 100, "%.10f" % Math.sqrt(2); t = 4.times.map { |i| Thread.new { i * i } }; p t.map(&:value); p "a-b_c".tr("-_", "  ").split.map(&:upcase)'
try php php -r 'echo json_encode(["a" => [1, 2.5, null]]), "\n", md5("abc"), "\n", array_sum(range(1, 1000)), "\n", preg_replace("/(\w+) (\w+)/", "$2 $1", "one two"), "\n"; function f($n) { return $n < 2 ? $n : f($n - 1) + f($n - 2); } echo f(18), "\n";'

# --- what people run -----------------------------------------------------------------
mkdir -p "$root/java" "$root/go"
cat >"$root/java/T.java" <<'X'
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
public class T {
	interface Shape { double area(); }
	record Circle(double r) implements Shape { public double area() { return Math.PI * r * r; } }
	record Square(double a) implements Shape { public double area() { return a * a; } }
	public static void main(String[] args) throws Exception {
		List<Shape> shapes = List.of(new Circle(1.5), new Square(2));
		System.out.printf("%.6f%n", shapes.stream().mapToDouble(Shape::area).sum());
		ExecutorService pool = Executors.newFixedThreadPool(4);
		List<Future<Long>> parts = new ArrayList<>();
		for (int k = 0; k < 8; k++) {
			final int from = k;
			parts.add(pool.submit(() -> {
				long s = 0;
				List<byte[]> keep = new ArrayList<>();
				for (int i = 0; i < 20000; i++) {
					byte[] b = new byte[1000];
					b[i % 1000] = (byte)(i + from);
					if (i % 1000 == 0) keep.add(b);
					s = s * 31 + b[i % 1000];
				}
				return s + keep.size();
			}));
		}
		for (Future<Long> f : parts) System.out.println(f.get());
		pool.shutdown();
		Map<Integer, Long> m = IntStream.range(0, 1000).boxed().collect(Collectors.groupingBy(i -> i % 7, TreeMap::new, Collectors.counting()));
		System.out.println(m);
		try {
			Object o = null;
			o.hashCode();
		} catch (NullPointerException e) {
			System.out.println("NPE");
		}
		try {
			System.out.println(deep(0));
		} catch (StackOverflowError e) {
			System.out.println("overflow");
		}
		System.out.println(new java.math.BigInteger("3").pow(500).mod(java.math.BigInteger.valueOf(1000007)));
	}
	static int deep(int n) { return deep(n + 1) + 1; }
}
X
wanted java-serial java-g1 && command -v javac >/dev/null && javac -d "$root/java" "$root/java/T.java"
try java-serial java -XX:+UseSerialGC -Xmx64m -Xshare:auto -cp "$root/java" T
try java-g1 java -XX:+UseG1GC -Xmx64m -cp "$root/java" T
wanted java-vectors java-avx0 java-avx1 java-c1 java-levels && command -v javac >/dev/null && javac -d "$root/java" "$here/test/programs/Vectors.java"
modes=linear try java-vectors java -XX:UseAVX=2 -XX:+UseSerialGC -Xmx128m -cp "$root/java" Vectors 600
modes=linear long java-avx1 java -XX:UseAVX=1 -XX:+UseSerialGC -Xmx128m -cp "$root/java" Vectors 1000
modes=linear long java-avx0 java -XX:UseAVX=0 -XX:+UseSerialGC -Xmx128m -cp "$root/java" Vectors 1000
modes="linear paged v1 v2 v3" long java-c1 java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m -cp "$root/java" Vectors 500
modes="v1 v2 v3" long java-levels java -XX:+UseSerialGC -Xmx128m -cp "$root/java" Vectors 500
long jshell sh -c 'printf "%s\n" "int x = 6 * 7" "System.out.println(x)" "java.util.stream.IntStream.range(0,5).sum()" /exit | jshell --execution local -s -'
try javac sh -c "javac -J-Xmx128m -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1 -d . $root/java/T.java && ls"
cat >"$root/go/t.go" <<'X'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

type node struct{ l, r *node }

func tree(n int) *node {
	if n == 0 {
		return &node{}
	}
	return &node{tree(n - 1), tree(n - 1)}
}
func (n *node) count() int {
	if n.l == nil {
		return 1
	}
	return 1 + n.l.count() + n.r.count()
}
func main() {
	var wg sync.WaitGroup
	ch := make(chan int, 16)
	for i := 0; i < 20; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			s := 0
			for k := 0; k < 20000; k++ {
				s += k * i % 7
				if k%5000 == 0 {
					runtime.Gosched()
				}
			}
			ch <- s
		}(i)
	}
	go func() { wg.Wait(); close(ch) }()
	var all []int
	for s := range ch {
		all = append(all, s)
	}
	sort.Ints(all)
	fmt.Println(all)
	m := map[string]int{}
	for i := 0; i < 50000; i++ {
		m[fmt.Sprint("key", i%1000)] += i
	}
	fmt.Println(len(m), m["key7"])
	for i := 0; i < 5; i++ {
		fmt.Println(tree(14).count())
	}
	runtime.GC()
	select {
	case <-time.After(10 * time.Millisecond):
		fmt.Println("timeout")
	}
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var p *node
		fmt.Println(p.l)
	}()
	out, err := exec.Command("echo", "sub").Output()
	fmt.Print(string(out), err, "\n")
	go func() {
		for {
		} // only a signal stops it
	}()
	runtime.GC()
	fmt.Println(strings.Repeat("x", 10), len(os.Args))
}
X
wanted go-program && command -v go >/dev/null && (cd "$root/go" && GO111MODULE=off GOCACHE="$root/go/cache" go build -o "$root/go/t" t.go)
try go-program "$root/go/t" a b
try go-build sh -c "export GO111MODULE=off GOCACHE=$root/go/cache && go version && go vet $root/go/t.go && go build -o t $root/go/t.go && ./t"
cat >"$root/redis.sh" <<'X'
redis-server --port 0 --unixsocket r.sock --save '' --appendonly no --daemonize no --dir . >log 2>&1 &
server=$!
for i in $(seq 200); do redis-cli -s r.sock ping >/dev/null 2>&1 && break; sleep 0.1; done
r() { redis-cli -s r.sock "$@"; }
r set a 1; r incr a; r lpush l x y z; r lrange l 0 -1; r hset h f 1 g 2; r hgetall h; r zadd z 1 one 2 two; r zrange z 0 -1 withscores
r eval 'return {KEYS[1], redis.call("get", KEYS[1]), 3 * 4}' 1 a
seq 1 500 | sed 's/.*/set k& v&/' | r --pipe | tail -n 1
r dbsize
redis-benchmark -s r.sock -n 2000 -c 5 -q -t set,get >bench 2>&1 && tr '\r' '\n' <bench | grep -c 'requests per second'
r save; ls dump.rdb; r debug reload; r get k77
r shutdown nosave; wait $server; echo "server $?"
X
try redis sh -c "command -v redis-server >/dev/null && bash $root/redis.sh"
cat >"$root/http.sh" <<'X'
$python -u -m http.server 0 --bind 127.0.0.1 >log 2>&1 &
server=$!
for i in $(seq 200); do grep -q 'port [0-9]' log && break; sleep 0.1; done
port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' log | head -n 1)
curl -s "http://127.0.0.1:$port/text"; curl -s "http://127.0.0.1:$port/large" | md5sum
curl -s -o /dev/null -w '%{http_code} %{size_download}\n' "http://127.0.0.1:$port/none" "http://127.0.0.1:$port/numbers"
curl -s -I "http://127.0.0.1:$port/text" | grep -i length
kill $server; wait $server; echo "server $?"
X
try curl-http bash -c "curl --version | head -n 1 && bash $root/http.sh"
try vim vim -u NONE -es -c 'set nomore' -c '%s/\(alpha\) \(beta\)/\2 \1/' -c 'g/line 3/normal ddp' -c 'sort n' -c 'w out' -c '%print' -c 'qa!' text
try tmux bash -c 'tmux -f /dev/null -S ./s new-session -d -x 80 -y 24 "cat text; sleep 60" && sleep 2 && tmux -S ./s capture-pane -p | head -n 10; tmux -S ./s list-windows -F "#{window_width}x#{window_height}"; tmux -S ./s kill-server; echo $?'
cat >"$root/CMakeLists.txt" <<'X'
cmake_minimum_required(VERSION 3.10)
project(t C)
add_library(l STATIC l.c)
add_executable(p p.c)
target_link_libraries(p l)
enable_testing()
add_test(NAME p COMMAND p)
X
try cmake bash -c "cp $root/CMakeLists.txt . && echo 'int f(int x) { return x * 3; }' >l.c && echo 'int f(int); int main(void) { return f(2) != 6; }' >p.c && cmake -S . -B b >log 2>&1 && make -C b -j2 2>&1 | grep -c Built && ./b/p && (cd b && ctest 2>&1 | grep -o '100% tests passed')"
cat >"$root/t.tcl" <<'X'
proc f n {expr {$n < 2 ? $n : [f [expr {$n-1}]] + [f [expr {$n-2}]]}}
puts [f 15]
puts [lsort -integer {3 1 2}]
puts [format %.10f [expr {sqrt(2)}]]
puts [regsub -all {a(.)} "abacad" {<\1>}]
puts [exec echo sub]
after 10 {set x 1}
vwait x
puts [expr {2**100}]
X
try tcl tclsh "$root/t.tcl"
try guile guile --no-auto-compile -c '(define (f n) (if (< n 2) n (+ (f (- n 1)) (f (- n 2))))) (display (f 18)) (newline) (display (sort (list 3 1 2) <)) (newline) (display (expt 3 200)) (newline) (display (call-with-current-continuation (lambda (k) (for-each (lambda (x) (if (> x 2) (k x))) (list 1 2 3 4)) 0))) (newline) (use-modules (ice-9 threads)) (display (par-map (lambda (x) (* x x)) (list 1 2 3))) (newline)'

# --- a compiler ------------------------------------------------------------------
cat >"$root/t.c" <<'X'
#include <stdio.h>
#include <math.h>
#include <string.h>
#include <stdlib.h>
static int cmp(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv)
{
	int v[100];
	for (int i = 0; i < 100; ++i) v[i] = i * 7919 % 101;
	qsort(v, 100, sizeof *v, cmp);
	printf("%d %d %d %.15f %Lg %s\n", v[0], v[50], v[99], sqrt(2.0) * argc, 1.0L / 3, strerror(2));
	return 3;
}
X
try gcc sh -c "gcc -O2 -o p $root/t.c -lm && ./p && gcc -O2 -S -o - $root/t.c | md5sum"

# --- builds of our own ------------------------------------------------------------
# build OUT COMPILER ARG...
build() {
	local out=$1
	shift
	wanted "$out" "$out-v1" "$out-v2" "$out-tunables" "$out-levels" || return
	if command -v "$1" >/dev/null && ! "$@" -o "$root/$out" >"$root/build.err" 2>&1; then
		echo "FAILED $out: does not build"
		head -n 5 "$root/build.err"
		echo "0 1 0 0" >"$root/results/build-$out"
	fi
}
for kind in c.c cxx.cc; do
	src=$here/test/programs/$kind
	[ -f "$src" ] || continue
	case $kind in
	c.c)
		build c-static gcc -O2 -static "$src" -lm -lpthread
		build c-static-pie gcc -O2 -static-pie "$src" -lm -lpthread
		build c-dynamic gcc -O2 "$src" -lm -lpthread
		build c-musl musl-gcc -O2 -static "$src" -lm -lpthread
		;;
	*)
		build cxx-static g++ -O2 -static "$src" -lpthread
		build cxx-dynamic g++ -O2 "$src" -lpthread
		;;
	esac
done
# The library has versions with and without FMA, which round differently: what
# the guest takes at a level, the native run must take too.
build libm-static gcc -O1 -frounding-math -fno-builtin -D_GNU_SOURCE -static "$here/test/programs/libm.c" -lm
build libm-dynamic gcc -O1 -frounding-math -fno-builtin -D_GNU_SOURCE "$here/test/programs/libm.c" -lm
build libmvec-dynamic gcc -O1 -D_GNU_SOURCE "$here/test/programs/libmvec.c" -lmvec -lm
v1=env\ GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-SSE4_1
v2=env\ GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4
for p in libm-static libm-dynamic libmvec-dynamic; do
	if grep -qw fma /proc/cpuinfo; then
		modes="linear paged v3" try $p "$root/$p"
	else
		skip $p "a host with FMA"
	fi
	modes=v1 native=$v1 try $p-v1 "$root/$p"
	modes=v2 native=$v2 try $p-v2 "$root/$p"
	# shellcheck disable=SC2086
	modes=linear try $p-tunables $v2 "$root/$p"
done
if [ -f /usr/include/openssl/provider.h ]; then
	# sorted, as the library's order is not fixed; records are for processors with AES only
	build crypto gcc -O2 "$here/test/programs/crypto.c" -lcrypto
	wanted crypto crypto-levels && for b in 1024 2048 3072; do openssl genrsa $b 2>/dev/null; done >"$root/keys.pem"
	try crypto sh -c "$root/crypto $root/keys.pem | sort"
	modes="v1 v2 v3" try crypto-levels sh -c "$root/crypto $root/keys.pem | grep -v ^record | sort"
else
	skip crypto libssl-dev
fi
for p in c-static c-static-pie c-dynamic c-musl cxx-static cxx-dynamic; do
	try $p "$root/$p" arg1 arg2
done

# --- the long tail: -a only --------------------------------------------------------
# ffmpeg's filters and codecs, with what CPUID offers but for AVX-512
flags="-cpuflags mmx+mmxext+sse+sse2+sse3+ssse3+sse4.1+sse4.2+avx+avx2+fma3+bmi1+bmi2+aesni -v error"
pictures="-i $root/m.y4m -frames:v 5"
sound="-f lavfi -i sine=440:duration=1,aformat=channel_layouts=stereo:sample_rates=48000"
modes=linear
long ffmpeg-scale sh -c "ffmpeg $flags $pictures -vf scale=333x211:flags=lanczos,yadif,hqdn3d,unsharp,format=rgb24 -f framemd5 - | grep -v '^#'"
for c in mpeg4 mpeg2video mjpeg ffv1 huffyuv prores libvpx-vp9 snow "libx264 -x264-params cpu-independent=1" "libx265 -x265-params frame-threads=1:pools=1"; do
	needs=ffmpeg long ffmpeg-${c%% *} sh -c "ffmpeg $flags $pictures -c:v $c -strict -2 -threads 1 -y x.mkv 2>/dev/null; ffmpeg $flags -bitexact -i x.mkv -f framemd5 - | grep -v '^#'"
done
for c in aac ac3 flac libopus libvorbis libmp3lame mp2 wavpack; do
	needs=ffmpeg long ffmpeg-$c sh -c "ffmpeg $flags $sound -c:a $c -strict -2 -flags +bitexact -y x.mka; ffmpeg $flags -bitexact -i x.mka -f framemd5 - | grep -v '^#'"
done
modes="linear paged"
# go's own tests of its packages, built natively
needs=go
for p in bytes compress/flate context crypto/aes crypto/cipher crypto/ed25519 crypto/elliptic crypto/internal/edwards25519 crypto/internal/nistec crypto/md5 crypto/sha1 crypto/sha256 crypto/sha512 hash/crc32 hash/crc64 math math/big math/bits math/cmplx reflect regexp runtime/internal/atomic sort strconv strings sync sync/atomic; do
	n=go-test-${p//\//-} d=$(go env GOROOT 2>/dev/null)/src/$p
	[ -n "$all" ] && wanted "$n" && (cd "$d" 2>/dev/null && go test -vet=off -c -o "$root/go/$n" . >/dev/null 2>&1)
	modes=linear limit=1200 needs="go $root/go/$n" long "$n" sh -c "cd $d && $root/go/$n -test.short"
done
needs=
long luajit luajit -e 'local ffi = require "ffi" ffi.cdef "int abs(int);" local s = 0 for i = 1, 5e6 do s = (s * 31 + i) % 1000003 end print(s, ffi.C.abs(-5)) local t = {} for i = 1, 1e5 do t[i] = math.sin(i) * i end table.sort(t) print(t[1], t[#t], bit.bxor(0xff, 0x1234)) local x = 0.5 for i = 1, 1e6 do x = x * 1.0000001 + math.sqrt(i) * 1e-9 end print(string.format("%.17g", x))'
long php-jit php -d opcache.enable_cli=1 -d opcache.jit_buffer_size=32M -d opcache.jit=1255 -r 'function f($n) { return $n < 2 ? $n : f($n - 1) + f($n - 2); } echo f(22), "\n"; $s = 0; for ($i = 0; $i < 1000000; $i++) $s = ($s * 31 + $i) % 1000003; echo $s, "\n", array_sum(array_map(fn($x) => sqrt($x), range(1, 1000))), "\n", hash("sha256", "x"), crc32("abc"), "\n";'
long clang sh -c "clang -O2 -march=x86-64-v3 -o p $root/t.c -lm && ./p; clang -O3 -march=x86-64-v3 -S -o - $root/t.c | md5sum"
modes=linear long g++ sh -c "g++ -O2 -march=x86-64-v3 -o p $here/test/programs/cxx.cc -lpthread && ./p a b; g++ -O2 -S -o - $here/test/programs/cxx.cc | md5sum"
long gdb gdb -batch -nx -ex 'p 6*7' -ex 'p sizeof(long)' -ex 'info functions ^main$' "$root/c-dynamic"
long qemu-img sh -c 'qemu-img create -f qcow2 a.qcow2 10M >/dev/null && qemu-img info --output=json a.qcow2 | grep virtual-size; qemu-img convert -O raw a.qcow2 a.raw && md5sum <a.raw; qemu-img check a.qcow2'
needs=convert-im6.q16 long imagemagick sh -c 'convert-im6.q16 -size 200x150 gradient:red-blue -resize 77x91 -blur 0x3 -rotate 17 -sharpen 0x1 rgb:- | md5sum; convert-im6.q16 -size 100x100 radial-gradient: -colorspace Lab -quality 85 jpg:- | md5sum; convert-im6.q16 rose: -resize 300% -dither FloydSteinberg -colors 16 rgb:- | md5sum'
needs=nginx long nginx sh -c 'mkdir html; echo hi >html/i.txt; cp large html/big; printf "daemon on; pid n.pid; error_log e; events {} worker_processes 2; http { access_log off; gzip on; gzip_types *; client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5; server { listen unix:s.sock; root html; } }" >n.conf; nginx -p $PWD -c n.conf && for i in $(seq 100); do [ -S s.sock ] && [ -s n.pid ] && break; sleep 0.1; done; get() { curl -s --unix-socket s.sock "$@"; }; get http://x/i.txt; get --compressed http://x/big | md5sum; for i in 1 2 3 4 5 6 7 8; do get -o /dev/null -w "%{http_code}\n" http://x/none; done; kill $(cat n.pid); for i in $(seq 100); do [ -e n.pid ] || break; sleep 0.1; done; ls n.pid 2>&1'
cat >"$root/T.cs" <<'X'
using System;
using System.Linq;
using System.Threading.Tasks;
class T {
	static int F(int n) { return n < 2 ? n : F(n - 1) + F(n - 2); }
	static void Main() {
		double s = 0;
		for (int i = 1; i < 1000000; i++) s += Math.Sqrt(i) / (i + 1);
		Console.WriteLine(F(22) + " " + s.ToString("R") + " " + string.Join(",", Enumerable.Range(1, 20).Where(x => x % 3 == 0)));
		try { object o = null; o.ToString(); } catch (NullReferenceException) { Console.WriteLine("null"); }
		try { int z = 0; Console.WriteLine(1 / z); } catch (DivideByZeroException) { Console.WriteLine("zero"); }
		var t = Enumerable.Range(0, 4).Select(i => Task.Run(() => i * i)).ToArray();
		Task.WaitAll(t);
		Console.WriteLine(t.Sum(x => x.Result));
	}
}
X
needs="mcs mono" long mono sh -c "mcs -out:T.exe $root/T.cs && mono T.exe"
needs=rustc long rustc sh -c 'echo "fn main() { let v: Vec<u64> = (0..100).map(|x| x * x).collect(); println!(\"{}\", v.iter().sum::<u64>()); }" >t.rs; rustc -O t.rs && ./t'
long perl-modules perl -MMath::BigFloat -MDigest::SHA=sha512_hex -MList::Util=sum -MPOSIX -e 'print Math::BigFloat->bpi(80), "\n", sha512_hex("x" x 9999), "\n", sum(map { POSIX::fmod($_, 7) } 1 .. 1000), "\n", join(",", map { sprintf "%.15g", exp($_) } -5 .. 5), pack("d>f<q", 1.5, 2.5, -1), "\n"'
wait
[ -n "$(ls "$root/results")" ] || { echo "no case is named $only"; exit 1; }
echo "slowest, in seconds of processor time:"
for f in "$root/results"/*; do
	read -r _ _ _ t <"$f"
	printf '%8d.%d %s\n' $((t / 10)) $((t % 10)) "${f##*/}"
done | sort -rn | head -n 15
cat "$root/results"/* | awk '{ p += $1; f += $2; s += $3 } END { print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped"; exit f > 0 }'
