# blink: GNU make, no configure step. `make` builds, `make run` shows it,
# `make check` tests it. See README.md.
#
#   MODE=  (empty: assertions and logging) rel opt tiny dbg asan ubsan tsan mean
#   ARCH=  cross-build with Debian's <triplet>-gcc: aarch64 arm s390x ...

CC ?= cc
CXX ?= c++
BUILD_CC ?= cc
MODE ?=
comma = ,
ifeq ($(MODE),release)
override MODE := rel
endif
ARCH ?=
PREFIX ?= /usr/local
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

TRIPLET_aarch64 = aarch64-linux-gnu
TRIPLET_arm = arm-linux-gnueabihf
TRIPLET_s390x = s390x-linux-gnu
TRIPLET_riscv64 = riscv64-linux-gnu
TRIPLET_ppc64le = powerpc64le-linux-gnu
TRIPLET_ppc64 = powerpc64-linux-gnu
TRIPLET_ppc = powerpc-linux-gnu
TRIPLET_i386 = i686-linux-gnu
TRIPLET_mips64el = mips64el-linux-gnuabi64
TRIPLET_m68k = m68k-linux-gnu
TRIPLET_sparc64 = sparc64-linux-gnu
TRIPLET_alpha = alpha-linux-gnu
ifneq ($(ARCH),)
override CC := $(TRIPLET_$(ARCH))-gcc
STRIP ?= $(TRIPLET_$(ARCH))-strip
# The emulator must not sit where guests go, at 0x400000: where libc has no
# start file for static-PIE it goes to 3 GiB (riscv64: below 2). 32-bit hosts have paged
# memory only.
LDFLAGS_aarch64 = -static-pie
LDFLAGS_i386 = -static-pie
LDFLAGS_arm = -static -no-pie
LDFLAGS_m68k = -static -no-pie
LDFLAGS_ppc = -static -no-pie
# Pages of 8 KiB: paged memory too.
LDFLAGS_sparc64 = -static -no-pie
# Debian's static start files for alpha crash under qemu.
LDFLAGS_alpha = -no-pie
LDFLAGS_riscv64 = -static -no-pie -Wl,-Ttext-segment=0x70000000
LDFLAGS_HIGH = -static -no-pie -Wl,-Ttext-segment=0xc0000000
LDFLAGS_ARCH = $(or $(LDFLAGS_$(ARCH)),$(LDFLAGS_HIGH))
O ?= o/$(MODE)/$(ARCH)
else
STRIP ?= strip
O ?= o/$(MODE)
endif

WARN = -Wall -Wextra -Wno-unused-parameter
BASEFLAGS = -std=c11 $(WARN) -ffp-contract=off -fno-strict-aliasing -fno-tree-slp-vectorize -fPIE \
	-fno-asynchronous-unwind-tables -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -Iblink -I$O/gen
LDLIBS = -lpthread
# Start-up: one system call less, and what it would write-protect is in reach of
# linear guests anyway.
LDFLAGS_MODE = $(if $(filter Darwin,$(shell uname -s)),,-Wl,-z,norelro)
ifeq ($(MODE),)
OPT = -O2 -g
else ifeq ($(MODE),rel)
OPT = -O2 -DNDEBUG
else ifeq ($(MODE),opt)
OPT = -O3 -DNDEBUG
else ifeq ($(MODE),tiny)
# -Oz, link-time optimisation and the rest only where the compiler has them.
# Objects hold code as well, so that any ar and a link without LTO do.
accepts = $(if $(shell printf 'int main(void) { return 0; }' | $(CC) -Werror $1 -fPIE -x c - -o /dev/null 2>/dev/null && echo y),$1)
OPT := $(or $(call accepts,-Oz),-Os) $(call accepts,-fcf-protection=none) $(call accepts,-fno-jump-tables) \
	$(call accepts,-fno-caller-saves) $(call accepts,-fno-inline-small-functions) $(call accepts,-fno-plt) \
	$(call accepts,-fira-region=one) -DNDEBUG -DTINY -fno-align-functions $(call accepts,-fno-align-jumps -fno-align-loops) -fno-stack-protector -fno-unwind-tables -fno-ident \
	-fmerge-all-constants -fomit-frame-pointer -ffunction-sections -fdata-sections -fvisibility=hidden
LTO := $(call accepts,-flto=auto -flto-partition=none -ffat-lto-objects)
LINK_LTO = $(if $(LTO),-fno-lto)
# What programs for x86-64-v2 do not need, by features.tbl; CPUID agrees.
ISA_WITHOUT = V2
# On such hosts blink/cpu/native.c takes the place of most x87 and all vector
# handlers, which the linker then drops.
NATIVE := $(shell printf '\043if !__x86_64__ || !__linux__ || __ILP32__\n\043error\n\043endif\n' | $(CC) -E - >/dev/null 2>&1 && echo NATIVE)
ISA_WITHOUT := $(NATIVE) $(ISA_WITHOUT)
OPT += $(NATIVE:%=-DRUN_%)
LDFLAGS_MODE := -Wl,--gc-sections -Wl,-O1 -Wl,--as-needed -Wl,-z,norelro -Wl,-z,noseparate-code -Wl,-z,common-page-size=64 \
	-Wl,-z,pack-relative-relocs -Wl,-z,now -Wl,--hash-style=gnu -Wl,--build-id=none -Wl,--no-eh-frame-hdr
ifeq ($(ARCH),)
# No constructors: the file that calls main() is enough of libc's start files.
LDFLAGS_MODE += $(call accepts,-Wl$(comma)-T$(comma)tool/tiny.ld) \
	$(call accepts,-pie -nostartfiles $(shell $(CC) -print-file-name=Scrt1.o))
endif
else ifeq ($(MODE),dbg)
OPT = -O0 -g
else ifeq ($(MODE),asan)
OPT = -O1 -g -fsanitize=address -fno-omit-frame-pointer -DMEM_DEFAULT_PAGED
else ifeq ($(MODE),ubsan)
OPT = -O1 -g -DUBSAN -fsanitize=undefined -fno-sanitize=null,nonnull-attribute -fno-sanitize-recover=undefined -DNO_TAIL_CALLS
else ifeq ($(MODE),tsan)
OPT = -O1 -g -fsanitize=thread -DMEM_DEFAULT_PAGED
else ifeq ($(MODE),mean)
OPT = -O2 -g -DMEAN
else
$(error MODE=$(MODE) is unknown; use rel opt tiny dbg asan ubsan tsan mean or none)
endif
CFLAGS ?=
ALLFLAGS = $(BASEFLAGS) $(OPT) $(CFLAGS)
LINK = $(CC) $(ALLFLAGS) $(if $(LDFLAGS_ARCH),$(LDFLAGS_ARCH),-pie) $(LDFLAGS_MODE) $(LINK_LTO) $(LDFLAGS)

FLOORS = base host isa mem cpu linux pc vm
HDRS := $(wildcard $(FLOORS:%=blink/%/*.h)) $(wildcard blink/isa/*.tbl blink/linux/*.tbl)
SRCS := $(wildcard $(FLOORS:%=blink/%/*.c))
# In a tiny build x_tiny.c takes the place of x.c.
SMALLER := $(filter %_tiny.c,$(SRCS))
SRCS := $(filter-out $(if $(filter tiny,$(MODE)),$(SMALLER:_tiny.c=.c),$(SMALLER)),$(SRCS))
# PC mode is not in tiny builds.
SRCS := $(filter-out $(if $(filter tiny,$(MODE)),blink/pc/%.c $(patsubst %,blink/cpu/%.c,segmented system_port system_cr system_msr descriptor far task interrupt)),$(SRCS))
# AVX is not among what a tiny build has: see ISA_WITHOUT.
SRCS := $(filter-out $(if $(filter tiny,$(MODE)),blink/cpu/avx%.c blink/cpu/vec_fetch.c blink/cpu/dead.c),$(SRCS))
# Nor are 32-bit system calls, strace's spelling and levels of CPUID.
SRCS := $(filter-out $(if $(filter tiny,$(MODE)),blink/linux/ia32_calls.c blink/linux/ia32_signal.c blink/linux/strace_args.c blink/isa/level.c),$(SRCS))
SRCS := $(filter-out $(if $(NATIVE),,blink/cpu/native.c),$(SRCS))
OBJS = $(SRCS:%.c=$O/%.o) $(GENSRCS:$O/gen/%.c=$O/gen/%.o)
LIB = $O/blink.a

all: $O/blink/blink
.PHONY: all

# The instruction table becomes C on the build machine, once per build.
GENHDRS = $O/gen/isa_ops.h $O/gen/isa_handlers.inc $O/gen/isa_table.inc
GENSRCS = $O/gen/isa_gen.c
MKISA = $(wildcard tool/mkisa/*.c)
$O/gen/mkisa: $(MKISA) tool/mkisa/mkisa.h blink/isa/table.h $(wildcard blink/isa/*.tbl blink/isa/*.inc) Makefile
	@mkdir -p $(@D)
	$(BUILD_CC) -O1 -Iblink -o $@ $(MKISA)
$O/gen/isa_ops.h: $O/gen/mkisa
	$O/gen/mkisa ops $(ISA_WITHOUT) >$@
$O/gen/isa_handlers.inc: $O/gen/mkisa
	$O/gen/mkisa handlers $(ISA_WITHOUT) >$@
$O/gen/isa_table.inc: $O/gen/mkisa
	$O/gen/mkisa table $(ISA_WITHOUT) >$@
$O/gen/isa_gen.c: $O/gen/mkisa
	$O/gen/mkisa decode $(ISA_WITHOUT) >$@

# Tests link these in front of $(LIB), where they take the place of isa_gen.
FULLISA = $(NATIVE:%=$O/gen/isa_full.o)
$O/gen/isa_full.c: $O/gen/mkisa
	$O/gen/mkisa full $(ISA_WITHOUT) >$@

$O/%.o: %.c $(GENHDRS)
	@mkdir -p $(@D)
	$(CC) $(ALLFLAGS) $(ALIGN) $(LTO) -MMD -MP -c -o $@ $<
$O/gen/%.o: $O/gen/%.c $(GENHDRS)
	$(CC) $(ALLFLAGS) $(LTO) -MMD -MP -c -o $@ $<
# Handlers jump to handlers: where the common ones each begin a cache line, code
# runs up to a fifth faster. (Of all of them it would be 70 KB, not 29.)
ALIGNED = alu bits branch control mov muldiv shift
ifneq ($(MODE),tiny)
$(patsubst %,$O/blink/cpu/%.o,$(ALIGNED)): ALIGN = -falign-functions=64
endif
# The linker has to see what its assembly defines.
$O/blink/host/libc_tiny.o $O/blink/cpu/handlers.o $O/blink/linux/sysfns.o: LTO =
-include $(OBJS:.o=.d) $O/blink/blink.d

$(LIB): $(OBJS)
	rm -f $@
	$(AR) rcs $@ $(OBJS)
$O/blink/blink: LINK_LTO = $(if $(LTO),$(LTO) -Wno-maybe-uninitialized)
$O/blink/blink: $O/blink/blink.o $(LIB)
	$(LINK) -o $@ $O/blink/blink.o $(LIB) $(LDLIBS)

# Coverage pages, from the tables.
DOCS += $O/docs/ISA.md
COUNTS = $(if $(ARCH),,$O/test/cpu/diff.counts)
$O/docs/ISA.md: $O/gen/mkisa $(COUNTS)
	@mkdir -p $(@D)
	$O/gen/mkisa docs $(ISA_WITHOUT) <$(or $(COUNTS),/dev/null) >$@
DOCS += $O/docs/SYSCALLS.md
$O/gen/mksys: tool/mksys.c blink/linux/syscalls.tbl
	@mkdir -p $(@D)
	$(BUILD_CC) -O1 -Iblink -o $@ $<
$O/docs/SYSCALLS.md: $O/gen/mksys
	@mkdir -p $(@D)
	$O/gen/mksys >$@
docs: $(DOCS)
	@echo "coverage pages: $(DOCS)"
.PHONY: docs

clean:
	rm -rf o
.PHONY: clean

-include test/test.mk example/example.mk bench/bench.mk tool/tool.mk
