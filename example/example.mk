# Guest programs. The binaries and the records of their native output are
# committed, so that `make check` needs no x86 compiler; `make examples`
# rebuilds them and `make record` runs them natively for the records.

GUEST_CC ?= gcc
GUEST_FLAGS = -O2 -static -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie \
	-fno-asynchronous-unwind-tables -fcf-protection=none -march=x86-64 -fno-builtin \
	-Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro -s

example/hello.elf: example/hello.S
	$(GUEST_CC) -c -o $O/hello.o $<
	objcopy -O binary $O/hello.o $@
	chmod +x $@
example/flat.bin: example/flat.S
	$(GUEST_CC) -c -o $O/flat.o $<
	objcopy -O binary $O/flat.o $@
	chmod +x $@
example/hellope.com: example/hellope.S
	$(GUEST_CC) -c -o $O/hellope.o $<
	objcopy -O binary $O/hellope.o $@
	chmod +x $@
example/kernels.elf example/vectors.elf: example/%.elf: bench/%.c bench/guest.h
	$(GUEST_CC) $(GUEST_FLAGS) -o $@ $<

GUESTS_C = $(wildcard test/linux/*.c test/guest/*.c)
GUESTS = $(patsubst test/%.c,example/%.elf,$(GUESTS_C))
example/linux/%.elf: test/linux/%.c $(wildcard test/linux/*.h)
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_FLAGS) -o $@ $< $(GUEST_LIBS_$*)
example/guest/%.elf: test/guest/%.c $(wildcard test/linux/*.h)
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_FLAGS) -o $@ $<

GUESTS += $(patsubst test/%.c,example/%.elf,$(wildcard test/calls/*.c))
example/calls/%.elf: test/calls/%.c test/calls/calls.h
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_FLAGS) -Os -w -o $@ $<

# Boot sectors with what they load; their records are of blink, compared with
# what Bochs prints.
BOOTS = $(patsubst test/boot/%.S,example/boot/%.img,$(wildcard test/boot/*.S))
example/boot/%.img: test/boot/%.S $(wildcard test/boot/*.inc)
	@mkdir -p $(@D)
	$(GUEST_CC) -c -Wa,-Itest/boot -o $O/boot.o $<
	ld -Ttext 0x7c00 --oformat binary -o $@ $O/boot.o
	truncate -s 20480 $@
	chmod -x $@

# Boot programs of many cases: NAME_long.img is the same in long mode.
RING0 = $(patsubst test/ring0/%.c,example/ring0/%.img,$(wildcard test/ring0/*.c)) \
	$(addprefix example/ring0/,selectors_long.img far_long.img events_long.img paging_long.img global_long.img limits_long.img control_long.img debug_long.img traps_long.img)
RING0_NEEDS = test/ring0/build.sh test/ring0/cases.h test/ring0/tables.h test/ring0/head.S test/ring0/cases.ld
example/ring0/%_long.img: test/ring0/%.c $(RING0_NEEDS)
	@mkdir -p $(@D)
	sh test/ring0/build.sh $< $@ -DLONG
example/ring0/%.img: test/ring0/%.c $(RING0_NEEDS)
	@mkdir -p $(@D)
	sh test/ring0/build.sh $< $@

# A C program as one segment at 0x401000, its entry first, behind a header.
$O/zip.bin: test/ape/zip.c test/linux/t.h
	@mkdir -p $(@D)
	$(GUEST_CC) $(GUEST_FLAGS) -Wl,-Ttext=0x401000 -Wl,-N -o $O/zip.elf $<
	objcopy -O binary $O/zip.elf $@
example/ape/zip.com: example/ape/zip.S $O/zip.bin
	$(GUEST_CC) -c -Wa,-I$O -o $O/zip.o $<
	objcopy -O binary $O/zip.o $@
	chmod +x $@

examples: example/ape/zip.com example/hello.elf example/flat.bin example/hellope.com example/kernels.elf example/vectors.elf $(GUESTS) $(BOOTS) $(RING0)
record: examples
	sh example/record.sh
.PHONY: examples record

# Shows what blink does, in a few seconds.
run: $O/blink/blink
	@sh example/run.sh $O/blink/blink
.PHONY: run
