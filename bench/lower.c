// lower.c: lower ELF-FILE: how long decoding and lowering take, per
// instruction, over the executable segment of a program: the decoder alone,
// and the making of blocks as the interpreter does it.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "cpu/cpu_internal.h"
#include "host/host.h"

static double
now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int
main(int argc, char **argv)
{
	static u8 head[4096];
	struct insn in;
	u64 text = 0, size = 0, at, end, n = 0, fault, blocks = 0;
	double start;
	u8 *bytes;
	int fd = open(argc > 1 ? argv[1] : "", O_RDONLY);
	if (fd < 0 || pread(fd, head, sizeof head, 0) < 64) {
		fprintf(stderr, "usage: lower ELF-FILE\n");
		return 2;
	}
	struct mem *mem = mem_new(0);
	struct codecache *code = codecache_new(mem);
	struct cpu *c = cpu_new(mem, code);
	host_install_fault_handlers(0);
	for (int i = 0; i < ld16(head + 56); ++i) {
		const u8 *ph = head + ld64(head + 32) + 56 * i;
		if (ld32(ph) == 1 && (ld32(ph + 4) & 1)) {
			u64 offset = round_down(ld64(ph + 8), 4096);
			size = ld64(ph + 8) + ld64(ph + 32) - offset;
			text = (u64)mem_map(mem, 0, size, MEM_R | MEM_X, 0, fd, offset, 0);
		}
	}
	bytes = (u8 *)malloc(size);
	mem_read(mem, bytes, text, size);
	for (int pass = 0; pass < 2; ++pass) {
		n = 0;
		start = now();
		for (at = 0; at < size; ++n) {
			int len = isa_decode(&in, bytes + at, size - at, MODE_64);
			at += len > 0 ? (u64)len : 1;
		}
	}
	printf("decode:       %5.1f ns per instruction (%llu)\n", (now() - start) / n, (unsigned long long)n);
	for (int pass = 0; pass < 2; ++pass) {
		n = blocks = 0;
		start = now();
		for (at = text, end = text + size; at < end; ++blocks) {
			if (lower_block(c, c->stepbuf, at, MAX_BLOCK_INSNS, &fault))
				break;
			n += c->stepbuf->ninsns;
			at = c->stepbuf->end;
		}
	}
	printf("decode+lower: %5.1f ns per instruction (%llu in %llu blocks)\n", (now() - start) / n, (unsigned long long)n, (unsigned long long)blocks);
	n = c->nlowered;
	start = now();
	for (at = text; at < end;) {
		const struct block *b = block_at(c, at, &fault);
		if (!b)
			break;
		at = b->end;
	}
	printf("cached:       %5.1f ns per instruction (%llu)\n", (now() - start) / (c->nlowered - n), (unsigned long long)(c->nlowered - n));
	return 0;
}
