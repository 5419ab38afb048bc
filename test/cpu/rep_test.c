// rep_test.c: a repeated string instruction that attention interrupts stops at
// an iteration, with exact registers, and goes on from there to the end. CMPS and
// SCAS end at the right element, wherever it is.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/atomic.h"
#include "cpu/cpu.h"
#include "host/host.h"
#include "mem/mem.h"
#include "../random.h"

enum { CODE = 0x11000000, SRC = 0x21000000, DST = 0x23000000, LEN = 4 << 20 };

static int failures;
static int finished;

#define CHECK(x) do { if (!(x)) { printf("%s:%d: %s\n", __FILE__, __LINE__, #x); ++failures; } } while (0)

static void *
pester(void *arg)
{
	struct cpu *c = (struct cpu *)arg;
	struct timespec t = {0, 20000};
	while (!LOAD_ACQUIRE(&finished)) {
		cpu_attention(c);
		nanosleep(&t, 0);
	}
	return 0;
}

struct kind { const char *name; u8 code[4]; int len, size; };
static const struct kind kinds[] = {
	{"rep movsb", {0xf3, 0xa4, 0xcc, 0}, 2, 1},
	{"rep movsq", {0xf3, 0x48, 0xa5, 0xcc}, 3, 8},
	{"rep stosb", {0xf3, 0xaa, 0xcc, 0}, 2, 1},
	{"rep stosd", {0xf3, 0xab, 0xcc, 0}, 2, 4},
	{"repe cmpsb", {0xf3, 0xa6, 0xcc, 0}, 2, 1},
	{"repne scasw", {0xf2, 0x66, 0xaf, 0xcc}, 3, 2},
	{"rep lodsd", {0xf3, 0xad, 0xcc, 0}, 2, 4}
};

static void
run_kind(const struct kind *k, int paged, int down)
{
	struct mem *m = mem_new(paged);
	struct codecache *code = codecache_new(m);
	struct cpu *c = cpu_new(m, code);
	u8 *data = (u8 *)malloc(LEN);
	u8 b[16];
	pthread_t t;
	u64 n = LEN / (unsigned)k->size / (down || k->code[1] == 0xad ? 8 : 1), start = down ? (n - 1) * (u64)k->size : 0, left, stops = 0;
	int anon = VMA_ANON | VMA_FIXED, moves = k->code[k->len - 1] == 0xa4 || k->code[k->len - 1] == 0xa5;
	i64 step = down ? -k->size : k->size;
	size_t i;
	for (i = 0; i < LEN; ++i)
		data[i] = (u8)(i * 7 + i / 255 + 1);
	if (mem_map(m, CODE, 4096, MEM_R | MEM_X, anon, -1, 0, 0) < 0 || mem_map(m, SRC, LEN, MEM_R | MEM_W, anon, -1, 0, 0) < 0 ||
	    mem_map(m, DST, LEN, MEM_R | MEM_W, anon, -1, 0, 0) < 0 || mem_poke(m, CODE, k->code, 4)) {
		printf("cannot map guest memory\n");
		exit(1);
	}
	mem_write(m, SRC, data, LEN);
	if (k->code[k->len - 1] == 0xa6)
		mem_write(m, DST, data, LEN);
	c->pc = CODE;
	c->r[GPR_SI] = SRC + start;
	c->r[GPR_DI] = DST + start;
	c->r[GPR_CX] = n;
	c->r[GPR_AX] = 0x4142434445464748;
	cpu_set_flags(c, 0x202 | (down ? (u32)FLAG_DF : 0u));
	STORE_RELEASE(&finished, 0);
	pthread_create(&t, 0, pester, c);
	for (;;) {
		enum stop why = cpu_run(c);
		left = c->r[GPR_CX];
		CHECK(k->code[1] == 0xaa || k->code[1] == 0xab || k->code[k->len - 1] == 0xaf || c->r[GPR_SI] == SRC + start + (n - left) * (u64)step);
		CHECK(k->code[1] == 0xad || c->r[GPR_DI] == DST + start + (n - left) * (u64)step);
		if (moves && left && left < n) {
			// the last one is there, the next one is not
			u64 last = (n - left - 1) * (u64)step;
			mem_read(m, b, DST + start + last, (size_t)k->size);
			CHECK(!memcmp(b, data + start + last, (size_t)k->size));
			mem_read(m, b, DST + start + last + (u64)step, (size_t)k->size);
			CHECK(ld16(b) == 0 || k->size == 1);
			CHECK(k->size > 1 || b[0] == 0);
		}
		if (why == STOP_INT)
			break;
		CHECK(why == STOP_ATTENTION);
		CHECK(c->pc == (left ? (u64)CODE : (u64)CODE + (u64)k->len) || (left == n && c->pc == CODE));
		if (why != STOP_ATTENTION || ++stops > 10000000)
			break;
	}
	STORE_RELEASE(&finished, 1);
	pthread_join(t, 0);
	CHECK(left == 0);
	CHECK(c->pc == CODE + (u64)k->len + 1);
	if (moves) {
		u8 *copy = (u8 *)malloc(LEN);
		mem_read(m, copy, DST, LEN);
		CHECK(!memcmp(copy, data, (size_t)(n * (u64)k->size)));
		free(copy);
	}
	if (k->code[1] == 0xa6)
		CHECK(cpu_get_flags(c) & FLAG_ZF);
	if (failures)
		printf("%s, %s%s, %llu stops\n", k->name, paged ? "paged" : "linear", down ? ", downwards" : "", (unsigned long long)stops);
	cpu_free(c);
	mem_free(m);
	codecache_free(code);
	free(data);
}

static u64
element(const u8 *p, int size)
{
	return size == 1 ? *p : size == 2 ? ld16(p) : size == 4 ? ld32(p) : ld64(p);
}

// REPE and REPNE CMPS and SCAS of every size over long runs, against a loop
static void
compare_runs(int paged)
{
	enum { BYTES = 600, ROUNDS = 4000 };
	struct mem *m = mem_new(paged);
	struct codecache *code = codecache_new(m);
	struct cpu *c = cpu_new(m, code);
	int anon = VMA_ANON | VMA_FIXED, round, i, form;
	u8 src[BYTES], dst[BYTES], text[16 * 8];
	memset(text, 0xcc, sizeof text);
	for (form = 0; form < 16; ++form) {  // REPE or not, SCAS or CMPS, size
		u8 *b = text + 8 * form;
		int wide = form >> 2 & 3;
		if (wide == 1)
			*b++ = 0x66;
		*b++ = form & 1 ? 0xf3 : 0xf2;
		if (wide == 3)
			*b++ = 0x48;
		*b = (u8)((form & 2 ? 0xae : 0xa6) | (wide ? 1 : 0));
	}
	if (mem_map(m, CODE, 4096, MEM_R | MEM_X, anon, -1, 0, 0) < 0 || mem_map(m, SRC, 4096, MEM_R | MEM_W, anon, -1, 0, 0) < 0 ||
	    mem_map(m, DST, 4096, MEM_R | MEM_W, anon, -1, 0, 0) < 0 || mem_poke(m, CODE, text, sizeof text)) {
		printf("cannot map guest memory\n");
		exit(1);
	}
	for (round = 0; round < ROUNDS && !failures; ++round) {
		int equal, scan, size;
		u64 n = below(64), left, x, y = 0;
		u32 from = below(9), to = below(9);
		form = (int)below(16);
		equal = form & 1;
		scan = form >> 1 & 1;
		size = 1 << (form >> 2 & 3);
		for (i = 0; i < BYTES; ++i) {
			src[i] = (u8)(equal ? 7 : below(100) ? 1 + below(2) : 0);
			dst[i] = (u8)(equal ? below(150) ? 7 : below(256) : below(100) ? 3 + below(2) : 0);
		}
		x = equal ? 0x0707070707070707 : below(2) ? 0 : element(dst + to + below(64) * (u32)size, size);
		mem_write(m, SRC, src, BYTES);
		mem_write(m, DST, dst, BYTES);
		c->pc = CODE + 8 * (u64)form;
		c->r[GPR_SI] = SRC + from;
		c->r[GPR_DI] = DST + to;
		c->r[GPR_CX] = n;
		c->r[GPR_AX] = x;
		cpu_set_flags(c, 0x202);
		CHECK(cpu_run(c) == STOP_INT);
		for (left = n; left;) {
			u32 at = (u32)(n - left--) * (u32)size;
			x = scan ? trunc_to(x, (unsigned)size) : element(src + from + at, size);
			y = element(dst + to + at, size);
			if ((x == y) != equal)
				break;
		}
		CHECK(c->r[GPR_CX] == left);
		CHECK(c->r[GPR_DI] == DST + to + (n - left) * (u64)size);
		CHECK(c->r[GPR_SI] == SRC + from + (scan ? 0 : (n - left) * (u64)size));
		CHECK(!n || !(cpu_get_flags(c) & FLAG_ZF) == (x != y));
		CHECK(!n || (cpu_get_flags(c) & FLAG_CF) == (u32)(x < y));
		if (failures)
			printf("%s%s of %d bytes, %llu, round %d, %s\n", equal ? "repe " : "repne ", scan ? "scas" : "cmps", size, (unsigned long long)n, round, paged ? "paged" : "linear");
	}
	cpu_free(c);
	mem_free(m);
	codecache_free(code);
}

int
main(void)
{
	size_t i;
	int paged;
	host_install_fault_handlers(0);
	host_thread_init();
	for (paged = 0; paged < 2; ++paged) {
		if (!paged && (!LINEAR_POSSIBLE || host_page_size() != PAGE_SIZE_GUEST))
			continue;
#ifdef MEM_DEFAULT_PAGED
		if (!paged)
			continue;
#endif
		compare_runs(paged);
		for (i = 0; i < COUNTOF(kinds) && !failures; ++i) {
			run_kind(&kinds[i], paged, 0);
			run_kind(&kinds[i], paged, 1);
		}
	}
	return failures != 0;
}
