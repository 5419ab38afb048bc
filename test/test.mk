# Tests. A unit test is test/<room>/<name>_test.c: a program that prints a line
# for each failure, exits 0 if there was none, and says `skipped: needs X` as
# its last line when it could not run. Guest programs come from example/.

UNIT_SRCS = $(filter-out $(if $(filter tiny,$(MODE)),test/pc/%.c test/vm/terminal_test.c),$(wildcard test/*/*_test.c)) test/cpu/diff.c
UNITS = $(UNIT_SRCS:%.c=$O/%)

$O/test/%: $O/test/%.o $(FULLISA) $(LIB)
	$(LINK) -o $@ $< $(PARTS) $(FULLISA) $(LIB) $(LDLIBS)
-include $(UNITS:=.d)

# The differential instruction test is several files.
DIFF_OBJS = $(patsubst %.c,$O/%.o,$(wildcard test/cpu/diff_*.c))
DIFF_USERS = $(patsubst %,$O/test/cpu/%,diff vectors_test manual_test)
$(DIFF_USERS): $(DIFF_OBJS)
$(DIFF_USERS): PARTS = $(DIFF_OBJS)
-include $(DIFF_OBJS:.o=.d)
$O/test/cpu/diff.counts: $O/test/cpu/diff
	$O/test/cpu/diff -c $@

# What vectors_test replays, from this machine's processor.
record-isa: $O/test/cpu/diff
	$O/test/cpu/diff -n 400 -t 600 -w test/cpu/silicon.vec
.PHONY: record-isa

# The same with new cases for as long as told, on silicon and interpreter.
SECONDS = 60
fuzz-isa: $O/test/cpu/diff
	$O/test/cpu/diff -n 16777215 -t $(SECONDS) -s $$(($$(date +%s) % 8388608))
.PHONY: fuzz-isa

# Random boot sectors for as long as told, a million instructions each.
fuzz-boot: $O/test/pc/boot_fuzz_test
	$O/test/pc/boot_fuzz_test -s $(SECONDS)
.PHONY: fuzz-boot

# Cases of each row, rows without any, and all that is not compared.
report-isa: $O/test/cpu/diff
	$O/test/cpu/diff -v
.PHONY: report-isa

units: $(UNITS)
.PHONY: units

# The README's test command: unit tests, then every guest program natively
# where the host can, on the interpreter in both memory models.
check: $O/blink/blink $(UNITS)
	@sh test/check.sh $O $(UNITS)
.PHONY: check

# Hosts of other kinds, under qemu user mode: make ARCH=s390x check, or all of
# them. .ci/run takes the first five; what the others add: pages of 8 KiB
# (sparc64, alpha), big-endian linear memory without sibling calls (ppc64), NaNs
# and signal numbers of their own (mips64el).
EMULATED = s390x arm aarch64 riscv64 m68k ppc64 mips64el sparc64 alpha
emulates:
	@for a in $(EMULATED); do $(MAKE) --no-print-directory ARCH=$$a check || exit 1; done
.PHONY: emulates

# As on a host with pages of 64 KiB.
check-pages:
	@$(MAKE) --no-print-directory O=o/pages CFLAGS=-DHOST_PAGE=65536 check
.PHONY: check-pages

# Dependencies point down: a folder includes its own headers and those of
# lower floors only.
layers:
	@sh test/layers.sh
.PHONY: layers

# Files, make targets, options and variables are where the documentation says,
# and it names those that it should. Part of `make check`.
check-docs:
	@sh test/docs.sh
.PHONY: check-docs

# Handlers end in jumps: the only indirect calls in cpu/ are the run loop's and
# those of helpers that take a function. For x86-64 builds that optimise.
tails: $(OBJS)
	@for f in $(filter $O/blink/cpu/%,$(OBJS)); do \
		objdump -d $$f | awk -v f=$$f '/^[0-9a-f]+ <.*>:$$/ {name = $$2} /call +\*/ {print f, name}'; done | \
		grep -vE '<(run|run_ops|step|native|vec_apply|vex_apply|mmx_apply|op_run|op_run_with|aes_round|load_system_segment|clock_now|read_port|write_port)>' && \
		exit 1 || echo "tails: no calls"
.PHONY: tails

# Every source through a C++ compiler.
check-cxx: $(GENHDRS) $(GENSRCS)
	@n=0; for f in $(SRCS) $(GENSRCS) blink/blink.c; do \
		$(CXX) -x c++ -std=gnu++17 -fsyntax-only -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers \
			$(filter -D% -I%,$(ALLFLAGS)) $$f || exit 1; n=$$((n+1)); done; echo "check-cxx: $$n sources"
.PHONY: check-cxx

format:
	git clang-format --force --style=file --extensions c,h HEAD
.PHONY: format

# The decoder against libzydis and the processor; `skipped` without libzydis.
ZYDIS_LIB = $(shell echo '\#include <Zydis/Zydis.h>' | $(CC) -E - >/dev/null 2>&1 && echo -lZydis)
check-isa: $(FULLISA) $(LIB)
	@mkdir -p $O/test/isa
	@$(LINK) -O2 -o $O/test/isa/zydis_check test/isa/zydis_check.c $(FULLISA) $(LIB) $(LDLIBS) $(ZYDIS_LIB)
	@$O/test/isa/zydis_check >$O/test/isa/zydis_check.txt; s=$$?; grep FAIL $O/test/isa/zydis_check.txt; \
		tail -1 $O/test/isa/zydis_check.txt; echo "report: $O/test/isa/zydis_check.txt"; exit $$s
.PHONY: check-isa

# Real programs of the distribution, against native runs.
check-programs: $O/blink/blink
	@bash test/programs.sh $O/blink/blink
# The long ones too.
check-programs-all: $O/blink/blink
	@bash test/programs.sh -a $O/blink/blink
.PHONY: check-programs check-programs-all

# Every system call that is done has succeeded and failed in a test.
check-syscalls: $O/blink/blink
	@sh test/syscalls.sh $O/blink/blink blink/linux/syscalls.tbl
.PHONY: check-syscalls

# Bootloaders of the distribution, on images made here.
check-boots: $O/blink/blink
	@sh test/boots.sh $O/blink/blink
.PHONY: check-boots

# example/boot/cases.img: each row of the instruction table in each mode, and
# cases_few.img, the same with two cases of each. The guest part needs a compiler for i386, which x86-64's gcc is.
GUEST32 = $(BUILD_CC) -m32 -march=i686 -Os -ffreestanding -fno-pic -fno-pie -mgeneral-regs-only -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing -Wall -Wextra -Wno-array-bounds -I$O/gen
$O/gen/cases_rows.inc: test/boot/cases/rows.c test/boot/cases/cases.h $O/gen/isa_table.inc
	$(BUILD_CC) -I$O/gen -o $O/gen/cases_rows test/boot/cases/rows.c
	$O/gen/cases_rows >$@
$O/test/pc/cases_native_test.o: $O/gen/cases_rows.inc
cases-image: $O/gen/cases_rows.inc
	$(GUEST32) -c test/boot/cases/cases.c -o $O/gen/cases_c.o
	$(GUEST32) -c test/boot/cases/cases.S -o $O/gen/cases_s.o
	ld -m elf_i386 -T test/boot/cases/cases.ld --oformat binary $O/gen/cases_s.o $O/gen/cases_c.o -o example/boot/cases.img
	cp example/boot/cases.img example/boot/cases_few.img
	printf '\002' | dd of=example/boot/cases_few.img bs=1 seek=468 conv=notrunc status=none
	chmod 644 example/boot/cases.img example/boot/cases_few.img
.PHONY: cases-image

check-all: check check-syscalls check-cxx layers check-boots check-programs emulates
.PHONY: check-all
