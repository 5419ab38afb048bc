# make bench [ROUNDS=n]: speed, as ratios taken in one run.
ROUNDS ?= 5
$O/bench/timeit: bench/timeit.c
	@mkdir -p $(@D)
	$(BUILD_CC) -O1 -o $@ $<
bench: $O/blink/blink $O/bench/timeit example/kernels.elf example/vectors.elf
	@sh bench/bench.sh $O $(ROUNDS)
.PHONY: bench

# Decoding and lowering, per instruction of a program's text.
$O/bench/lower: $O/bench/lower.o $(LIB)
	$(LINK) -o $@ $< $(LIB) $(LDLIBS)
LOWER ?= example/kernels.elf
bench-lower: $O/bench/lower
	$O/bench/lower $(LOWER)
.PHONY: bench-lower
