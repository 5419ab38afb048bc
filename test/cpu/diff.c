// diff.c: every instruction of the table, on this processor and on the
// interpreter, from the same state: registers, flags, memory, x87 and vector
// state and faults must come out the same.
//
//   diff [-n CASES per row] [-s SEED] [-r ROW or ENCODING] [-t SECONDS]
//        [-k CASE] [-f FAILURES shown per row] [-j PROCESSES] [-p] [-v]
//        [-c FILE] [-w FILE]
//
// -r takes an operation (`shl`) or an encoding (`0F A4 /r`); -k repeats one
// case by the number that a failure printed; -v lists the cases per row;
// -p makes cases of random prefixes and bytes only; -c writes a line for each
// row: cases with registers, with memory and in 32-bit code; -w records cases of
// every row and form for vectors_test.
#include "diff.h"
#if !DIFF_NATIVE
int
main(void)
{
#ifdef DIFF_SANITIZER
	puts("skipped: needs addresses and signals that sanitizers leave alone");
#else
	puts("skipped: needs an x86-64 host");
#endif
	return 0;
}
#else
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct options {
	u64 cases, seed, one;
	double limit;
	const char *only, *counts, *record;
	int have_one, fail_limit, verbose, workers, soup_only;
};
static struct options opt;
static u64 total, failed;

// What a worker reports: counts of each row
struct count { u64 cases[FORMS], failures, astray; };
static struct count *counts;  // workers x (rows and the soup)

static double
seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
wanted(const struct row *r)
{
	return !opt.only || !strcmp(opt.only, r->name) || !strcmp(opt.only, r->enc);
}

// Random prefixes and bytes: after each case of every row, SOUP of these.
enum { SOUP = 400 };
// Cases that are run unless -n says otherwise; fewer in builds that are slow
#if !defined(__OPTIMIZE__) || defined(UBSAN) || defined(MEAN)
enum { TOTAL = 500000 };
#else
enum { TOTAL = 2000000 };
#endif
struct soup { u64 cases, failures, by_op[OP_COUNT]; };
static struct soup soup;
static u64 astray;  // cases that reached memory of a process itself

// What is recorded of a row: RECORD_RUNS cases of each form that go on and one
// for each fault; beyond that one case of every variety.
enum { RECORD_RUNS = 2, VARIETIES = 3 * 2 * 4 * 3 * 2 * 2 };
struct recorded { u32 faults[FORMS]; u8 runs[FORMS], variety[VARIETIES]; };
static FILE *recording;
static struct recorded *recorded;

// Mode, register or memory, LOCK and REP, operand size, address size, vector length
static int
variety(const struct test_case *t)
{
	const struct insn *in = &t->in;
	int mem = 0, i, n = t->mode;
	for (i = 0; i < in->nopr; ++i)
		mem |= in->opr[i].kind == OPR_MEM;
	n = n * 2 + mem;
	n = n * 4 + (in->lock ? 1 : in->rep == 0xf3 ? 2 : in->rep == 0xf2 ? 3 : 0);
	n = n * 3 + (in->osize == 2 ? 0 : in->osize == 4 ? 1 : 2);
	n = n * 2 + ((mem || isa_attrs[in->op] & ISA_STRING) && in->asize != 2 << t->mode);
	return n * 2 + (in->vl > 16);
}

static void
record(const struct test_case *t, const struct outcome *o)
{
	struct recorded *r;
	enum form form = form_of(t);
	if (t->row < 0)
		return;
	r = &recorded[t->row];
	if (o->trap >= 0 ? !(r->faults[form] >> (o->trap & 31) & 1) : r->runs[form] < RECORD_RUNS || !r->variety[variety(t)]) {
		if (o->trap >= 0) {
			r->faults[form] |= (u32)1 << (o->trap & 31);
		} else {
			++r->runs[form];
			r->variety[variety(t)] = 1;
		}
		vector_write(recording, t, o);
	}
}

static void
start_recording(void)
{
	u32 r[12], eax, ebx, ecx, edx, i;
	for (i = 0; i < 3; ++i)
		__asm__("cpuid" : "=a"(r[4 * i]), "=b"(r[4 * i + 1]), "=c"(r[4 * i + 2]), "=d"(r[4 * i + 3]) : "0"(0x80000002 + i));
	__asm__("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "0"(1));
	recording = fopen(opt.record, "wb");
	recorded = (struct recorded *)calloc((size_t)row_count, sizeof *recorded);
	if (!recording || !recorded) {
		perror(opt.record);
		exit(1);
	}
	fprintf(recording, "What a processor makes of instructions: see diff_vectors.c. Recorded by `make record-isa`.\n"
	        "processor: %.48s, CPUID 1 EAX %08x\n\n", (const char *)r, eax);
}

static u64 *
failures_of(const struct test_case *t)
{
	return t->row >= 0 ? &rows[t->row].failures : &soup.by_op[t->in.op];
}

static void
count_failure(const struct test_case *t)
{
	++*failures_of(t);
	soup.failures += t->row < 0;
}

// Whether the case, just run by the interpreter, reached memory that one of the
// processes has for itself (stack, libraries): it says nothing then.
static int
went_astray(const struct outcome *native)
{
	u64 at = run_fault();
	if (!(at && native_has(at)) && !(native->trap == VEC_PF && native_has(native->addr)))
		return 0;
	++astray;
	return 1;
}

// Compares case i with what the processor did. Whether it went astray.
static int
compare(int i)
{
	const struct test_case *t = native_cases() + i;
	const struct outcome *o = native_outcomes() + i;
	int engine;
	for (engine = 0; engine < ENGINES; ++engine) {
		if (!run_compare(o, t, engine, 0)) {
			if (recording && engine == ENGINES - 1)
				record(t, o);
			continue;
		}
		if (went_astray(o))
			return 1;
		if (*failures_of(t) < (u64)opt.fail_limit) {
			print_case(t, engine_names[engine]);
			print_vectors(t);
			run_compare(o, t, engine, 1);
			fflush(stdout);
		}
		count_failure(t);
		break;
	}
	++*(t->row >= 0 ? &rows[t->row].cases[form_of(t)] : &soup.cases);
	return 0;
}

static void
run_batch(int n)
{
	int i = 0, ran;
	do {
		ran = native_run(i, n);
		for (; i < ran; ++i)
			if (compare(i)) {
				native_again();
				break;
			}
		if (i == ran && ran < n) {
			const struct test_case *t = native_cases() + ran;
			struct outcome *o = native_outcomes() + ran;
			o->trap = -1;
			run_compare(o, t, 0, 0);
			if (!went_astray(o)) {
				print_case(t, "native");
				count_failure(t);
			}
		}
	} while (++i < n);
}

static void
work(int worker)
{
	double start = seconds();
	int fd = memfd_create("diff code", 0), i, n = 0;
	u8 *view;
	u64 k;
	if (fd < 0 || ftruncate(fd, CODE_SIZE) ||
	    (view = (u8 *)mmap(0, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED || native_init(fd, view)) {
		perror("diff");
		exit(1);
	}
	run_init(fd, view);
	if (opt.record)
		start_recording();
	for (k = (u64)worker; k < opt.cases && seconds() - start < opt.limit; k += (u64)opt.workers) {
		for (i = 0; i < row_count + SOUP; ++i) {
			struct test_case *t = native_cases() + n;
			u64 number = opt.have_one ? opt.one : (opt.seed << 40) + ((u64)i << 24) + k;
			if (i < row_count ? opt.soup_only || !wanted(&rows[i]) || why_untested(&rows[i]) || make_case(t, i, number)
			                  : opt.only || (opt.have_one && i > row_count) || make_soup(t, number))
				continue;
			if (++n == BATCH) {
				run_batch(n);
				n = 0;
			}
		}
		if (opt.have_one)
			break;
	}
	if (n)
		run_batch(n);
	if (recording && fclose(recording))
		perror(opt.record);
	native_stop();
	for (i = 0; i < row_count; ++i) {
		memcpy(counts[worker * (row_count + 1) + i].cases, rows[i].cases, sizeof rows[i].cases);
		counts[worker * (row_count + 1) + i].failures = rows[i].failures;
	}
	counts[worker * (row_count + 1) + i].cases[0] = soup.cases;
	counts[worker * (row_count + 1) + i].astray = astray;
	counts[worker * (row_count + 1) + i].failures = soup.failures;
}

static void
report(double took)
{
	int i, with = 0, without = 0;
	for (i = 0; i < row_count; ++i) {
		const struct row *r = &rows[i];
		const char *why = why_untested(r);
		if (!wanted(r))
			continue;
		u64 cases = row_cases(r);
		total += cases;
		failed += r->failures;
		with += cases != 0;
		without += cases == 0;
		if (opt.verbose && why)
			printf("%-12s %-24s no cases: %s\n", r->name, r->enc, why);
		else if (!why && !cases && !opt.soup_only)
			printf("%-12s %-24s no cases\n", r->name, r->enc);
		else if (opt.verbose || r->failures)
			printf("%-12s %-24s %llu cases, %llu failed\n", r->name, r->enc, (unsigned long long)cases, (unsigned long long)r->failures);
	}
	for (i = 0; opt.verbose && exceptions[i]; ++i)
		printf("%s%s\n", i ? "- " : "not compared:\n- ", exceptions[i]);
	total += soup.cases;
	failed += soup.failures;
	if (astray) {
		int many = astray > total / 100000 + 2;
		printf("diff: %llu cases reached memory of the test's own%s\n", (unsigned long long)astray, many ? ": too many" : "");
		failed += many;
	}
	printf("diff: %llu cases of %d rows, %llu of random bytes and prefixes, in %.1f s; %d rows without; %llu failed\n",
	       (unsigned long long)(total - soup.cases), with, (unsigned long long)soup.cases, took, without, (unsigned long long)failed);
}

static int
write_counts(const char *path)
{
	FILE *f = fopen(path, "w");
	int i;
	for (i = 0; f && i < row_count; ++i)
		fprintf(f, "%llu %llu %llu\n", (unsigned long long)rows[i].cases[FORM_REG], (unsigned long long)rows[i].cases[FORM_MEM],
		        (unsigned long long)rows[i].cases[FORM_32]);
	if (f && !fclose(f))
		return 0;
	perror(path);
	return 1;
}

int
main(int argc, char *argv[])
{
	int o, i, w, status, dead = 0;
	double start = seconds();
	opt.seed = 1;
	opt.limit = 1e9;
	opt.fail_limit = 2;
	opt.workers = (int)sysconf(_SC_NPROCESSORS_ONLN);
	while ((o = getopt(argc, argv, "c:w:n:s:r:t:k:f:j:pv")) != -1) {
		switch (o) {
		case 'n': opt.cases = strtoull(optarg, 0, 0); break;
		case 's': opt.seed = strtoull(optarg, 0, 0); break;
		case 'r': opt.only = optarg; break;
		case 't': opt.limit = atof(optarg); break;
		case 'k': opt.one = strtoull(optarg, 0, 0); opt.have_one = 1; break;
		case 'f': opt.fail_limit = atoi(optarg); break;
		case 'j': opt.workers = atoi(optarg); break;
		case 'c': opt.counts = optarg; break;
		case 'w': opt.record = optarg; break;
		case 'p': opt.soup_only = 1; break;
		case 'v': opt.verbose = 1; break;
		default:
			fprintf(stderr, "usage: diff [-n CASES] [-s SEED] [-r ROW] [-t SECONDS] [-k CASE] [-f FAILURES] [-j PROCESSES] [-p] [-v] [-c FILE] [-w FILE]\n");
			return 2;
		}
	}
	if (opt.have_one || opt.record || opt.workers < 1)
		opt.workers = 1;
	rows_init();
	make_image();
	for (i = o = 0; i < row_count; ++i)
		o += !why_untested(&rows[i]);
	if (!opt.cases)
		opt.cases = TOTAL / (u64)(o + SOUP / 2) + 1;
	counts = (struct count *)mmap(0, sizeof *counts * (size_t)(opt.workers * (row_count + 1)), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED) {
		perror("diff");
		return 1;
	}
	for (w = 0; w < opt.workers; ++w) {
		pid_t pid;
		fflush(stdout);
		pid = fork();
		if (!pid) {
			work(w);
			fflush(stdout);
			_exit(0);
		}
		if (pid < 0) {
			perror("diff: fork");
			return 1;
		}
	}
	while (wait(&status) > 0)
		if (status) {
			printf("diff: a worker died (status %x)\n", status);
			dead = 1;
		}
	for (w = 0; w < opt.workers; ++w) {
		for (i = 0; i < row_count; ++i) {
			for (o = 0; o < FORMS; ++o)
				rows[i].cases[o] += counts[w * (row_count + 1) + i].cases[o];
			rows[i].failures += counts[w * (row_count + 1) + i].failures;
		}
		soup.cases += counts[w * (row_count + 1) + i].cases[0];
		astray += counts[w * (row_count + 1) + i].astray;
		soup.failures += counts[w * (row_count + 1) + i].failures;
	}
	report(seconds() - start);
	if (opt.counts && write_counts(opt.counts))
		return 1;
	return failed != 0 || dead;
}
#endif
