# make bench [ROUNDS=n]: speed, as ratios taken in one run.
ROUNDS ?= 5
$O/bench/timeit: bench/timeit.c
	@mkdir -p $(@D)
	$(BUILD_CC) -O1 -o $@ $<
bench: $O/blink/blink $O/bench/timeit example/kernels.elf example/vectors.elf
	@sh bench/bench.sh $O $(ROUNDS)
	@sh bench/pc.sh $O "$(GUEST_CC)" $(ROUNDS)
# Those of the PC alone
bench-pc: $O/blink/blink $O/bench/timeit
	@sh bench/pc.sh $O "$(GUEST_CC)" $(ROUNDS)
.PHONY: bench bench-pc

# Decoding and lowering, per instruction of a program's text.
$O/bench/lower: $O/bench/lower.o $(LIB)
	$(LINK) -o $@ $< $(LIB) $(LDLIBS)
LOWER ?= example/kernels.elf
bench-lower: $O/bench/lower
	$O/bench/lower $(LOWER)
.PHONY: bench-lower

# Each kind of vector instruction: ns, of those above FROM all rows.
$O/bench/each.elf: bench/each.c bench/guest.h
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_FLAGS) -o $@ $<
FROM ?= 0
bench-vector: $O/blink/blink $O/bench/each.elf
	$O/blink/blink $O/bench/each.elf $(FROM)
.PHONY: bench-vector
