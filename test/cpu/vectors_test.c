// vectors_test.c: the interpreter does what silicon did when test/cpu/silicon.vec
// was recorded (make record-isa): on hosts without that silicon the only proof
// to the bit.
//
//   vectors_test [FILE]
#include "diff.h"

#ifdef TINY
enum { IS_TINY = 1 };  // knows 64-bit code only
#else
enum { IS_TINY = 0 };
#endif

int
main(int argc, char *argv[])
{
	static struct test_case t;
	static struct outcome o;
	const char *path = argc > 1 ? argv[1] : "test/cpu/silicon.vec";
	FILE *f = fopen(path, "rb");
	char line[256], processor[256] = "?";
	int got, engine, without = 0, foreign = 0, i;
	u64 cases = 0, failures = 0;
	if (!f) {
		perror(path);
		return 1;
	}
	if (run_alone())
		return 0;
	while (fgets(line, sizeof line, f) && line[0] != '\n')
		if (!strncmp(line, "processor: ", 11))
			snprintf(processor, sizeof processor, "%.*s", (int)strcspn(line, "\n") - 11, line + 11);
	while ((got = vector_read(f, &t, &o)) == 1) {
		// What this build leaves out is #UD.
		if (t.row < 0 || !rows[t.row].done || (IS_TINY && t.mode != MODE_64)) {
			++foreign;
			continue;
		}
#ifdef TINY  // knows 64-bit code only
		if (t.mode != MODE_64) {
			++foreign;
			continue;
		}
#endif
		++cases;
		++rows[t.row].cases[form_of(&t)];
		for (engine = 0; engine < ENGINES; ++engine) {
			if (!run_compare(&o, &t, engine, 0))
				continue;
			if (rows[t.row].failures++ < 2) {
				print_case(&t, engine_names[engine]);
				print_vectors(&t);
				run_compare(&o, &t, engine, 1);
			}
			++failures;
			break;
		}
	}
	if (got) {
		printf("%s: damaged, or made with another state_random: record again\n", path);
		++failures;
	}
	if (!IS_TINY)
		failures += (u64)foreign;
	for (i = 0; i < row_count; ++i) {
		if (rows[i].done && !row_cases(&rows[i])) {
			++without;
			printf("not recorded: %s \"%s\"\n", rows[i].name, rows[i].enc);
		}
	}
	printf("vectors: %llu cases recorded on %s, %d left out of this build, %d rows without, %llu in the last bit, %llu failed\n",
	       (unsigned long long)cases, processor, foreign, without, (unsigned long long)last_bits, (unsigned long long)failures);
	return failures != 0;
}
