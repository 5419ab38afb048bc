// kernel_test.c: random sequences of mmap, munmap, mprotect, mremap, madvise
// and accesses, through mem.h in one window of addresses and through the
// host's Linux kernel in another. Results, maps and bytes must be the same.
#include "host/host.h"
#include "mem/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGES = 40, STEPS = 300, RUNS = 40 };
#define GUEST 0x2300000000ull  // the guest's window, and the kernel's
#ifdef __SANITIZE_ADDRESS__
#define KERNEL 0x240000000000ull  // clear of its shadow memory
#else
#define KERNEL 0x2400000000ull
#endif

#if defined(__linux__) && defined(__x86_64__)
static struct mem *m;
static int g_rw, g_ro;
static u64 g_seed = 1;
static char g_what[256];

static u32
rnd(u32 n)
{
	g_seed = g_seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(g_seed >> 33) % n;
}

struct page {
	u8 prot, shared, mapped, named, edge, byte;
	u64 offset;
};

static sigjmp_buf g_env;
static volatile int g_touching;

static void
on_fault(int sig, siginfo_t *info, void *uc)
{
	if (g_touching)
		siglongjmp(g_env, 1);
}

__attribute__((no_sanitize_address, no_sanitize_thread)) static int
touch(u64 a, int write, u8 x)
{
	volatile u8 *p = (volatile u8 *)(uintptr_t)a;
	int r;
	if (!sigsetjmp(g_env, 0)) {
		g_touching = 1;
		if (write)
			*p = x;
		r = *p;
	} else {
		r = -1;
	}
	g_touching = 0;
	return r;
}

static void
kernel_map(struct page *pages)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512], r, w, x, s;
	unsigned long long lo, hi, off, ino, at;
	unsigned ma, mi;
	memset(pages, 0, PAGES * sizeof *pages);
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%llx-%llx %c%c%c%c %llx %x:%x %llu", &lo, &hi, &r, &w, &x, &s, &off, &ma, &mi, &ino) != 10)
			continue;
		if (lo < KERNEL || lo >= KERNEL + PAGES * 4096)
			continue;
		for (at = lo; at < hi && at < KERNEL + PAGES * 4096; at += 4096) {
			struct page *p = &pages[(at - KERNEL) >> 12];
			p->mapped = 1;
			p->prot = (r == 'r') | (w == 'w') << 1 | (x == 'x') << 2;
			p->shared = s == 's';
			p->named = ino != 0;
			p->edge = at == lo;
			p->offset = ino ? off + (at - lo) : 0;
		}
	}
	fclose(f);
}

static void
guest_map(struct page *pages)
{
	u64 at = GUEST;
	struct vma v;
	memset(pages, 0, PAGES * sizeof *pages);
	while (mem_find(m, at, &v, 0) && v.start < GUEST + PAGES * 4096) {
		for (at = v.start; at < v.end && at < GUEST + PAGES * 4096; at += 4096) {
			struct page *p = &pages[(at - GUEST) >> 12];
			p->mapped = 1;
			p->prot = v.prot;
			p->shared = (v.flags & VMA_SHARED) != 0;
			p->named = v.ino != 0;
			p->edge = at == v.start;
			p->offset = v.ino ? v.offset + (at - v.start) : 0;
		}
	}
}

static i64
ret(void *p)
{
	return p == MAP_FAILED ? -errno : (i64)(uintptr_t)p;
}

// A result as both windows can give it: errors, offsets in the window, or "elsewhere".
static i64
norm(i64 r, u64 base)
{
	if (r <= 0)
		return r;
	return (u64)r >= base && (u64)r < base + PAGES * 4096 ? (i64)(r - base) + 1 : 1 << 30;
}

// One random operation in both worlds: 1 if they agree, 0 if not, -1 if they
// may not be compared any more. Results that lie
// elsewhere are unmapped again.
static int
step(int writes)
{
	u64 off = rnd(PAGES - 8) * 4096, len = (1 + rnd(8)) * 4096, len2 = rnd(9) * 4096, off2 = rnd(PAGES - 8) * 4096;
	int prot = (int)rnd(8), kind = (int)rnd(writes ? 12 : 9);
	i64 g, k;
	if (!rnd(20))
		off += 123;
	if (!rnd(20))
		len -= rnd(4096);
	if (!rnd(40))
		len = 0;
	switch (kind) {
	case 0:
	case 1:
	case 2: {
		static const int mf[] = {VMA_FIXED, VMA_FIXED, VMA_FIXED_NOREPLACE, 0}, kf[] = {MAP_FIXED, MAP_FIXED, MAP_FIXED_NOREPLACE, 0};
		int file = (int)rnd(4), shared = !rnd(3), how = (int)rnd(4), fd = file == 0 ? g_rw : file == 1 ? g_ro : -1;
		u64 at = rnd(4) * 4096;
		if (fd >= 0 && !shared)
			fd = g_ro;  // the kernel joins mappings of one open file only
		u64 pos = fd < 0 ? 0 : at;
		snprintf(g_what, sizeof g_what, "mmap %#llx+%#llx prot %d %s how %d fd %d pos %#llx", (unsigned long long)off, (unsigned long long)len, prot, shared ? "shared" : "private", how, file, (unsigned long long)pos);
		g = mem_map(m, GUEST + off, len, prot, mf[how] | (shared ? VMA_SHARED : 0), fd, pos, 0);
		k = ret(mmap((void *)(uintptr_t)(KERNEL + off), len, prot, kf[how] | (shared ? MAP_SHARED : MAP_PRIVATE) | (fd < 0 ? MAP_ANONYMOUS : 0), fd, (off_t)pos));
		break;
	}
	case 3:
		snprintf(g_what, sizeof g_what, "munmap %#llx+%#llx", (unsigned long long)off, (unsigned long long)len);
		g = mem_unmap(m, GUEST + off, len);
		k = munmap((void *)(uintptr_t)(KERNEL + off), len) ? -errno : 0;
		break;
	case 4:
	case 5:
		if (!rnd(10))
			prot |= 0x01000000;
		snprintf(g_what, sizeof g_what, "mprotect %#llx+%#llx prot %#x", (unsigned long long)off, (unsigned long long)len, prot);
		g = mem_protect(m, GUEST + off, len, prot);
		k = mprotect((void *)(uintptr_t)(KERNEL + off), len, prot) ? -errno : 0;
		break;
	case 6:
	case 7: {
		int flags = (int)rnd(rnd(4) ? 4 : 9);
		// Newer kernels move several mappings at once; blink gives EFAULT.
		if ((flags & 2) && ((len + 4095) & ~4095ull) == len2)
			len2 += 4096;
		snprintf(g_what, sizeof g_what, "mremap %#llx+%#llx to %#llx flags %d at %#llx", (unsigned long long)off, (unsigned long long)len, (unsigned long long)len2, flags, (unsigned long long)off2);
		g = mem_remap(m, GUEST + off, len, len2, flags, GUEST + off2);
		k = ret(mremap((void *)(uintptr_t)(KERNEL + off), len, len2, flags, (void *)(uintptr_t)(KERNEL + off2)));
		len = len2;
		break;
	}
	case 8: {
		static const int advice[] = {0, 1, 2, 3, 4, 4, 4, 8, 9, 10, 11, 12, 14, 18, 19, 20, 7, 24, 1000};
		int a = advice[rnd(COUNTOF(advice))];
		if (a == 9 || a == 8)
			a = 4;
		// Hints that split mappings in the kernel do not in blink.
		if (!writes && (a == 1 || a == 2 || a == 12 || a == 14))
			a = 3;
		snprintf(g_what, sizeof g_what, "madvise %#llx+%#llx advice %d", (unsigned long long)off, (unsigned long long)len, a);
		g = mem_advise(m, GUEST + off, len, a);
		k = madvise((void *)(uintptr_t)(KERNEL + off), len, a) ? -errno : 0;
		break;
	}
	default: {
		u8 x = (u8)(1 + rnd(255)), y;
		snprintf(g_what, sizeof g_what, "store %#llx", (unsigned long long)off);
		if (rnd(2))
			mem_watch_code(m, GUEST + off, 4096);
		g = mem_write(m, GUEST + off, &x, 1) || mem_read(m, &y, GUEST + off, 1) ? -1 : y;
		k = touch(KERNEL + off, 1, x);
		break;
	}
	}
	if (g > 0 && norm(g, GUEST) == 1 << 30)
		mem_unmap(m, (u64)g, len);
	if (k > 0 && norm(k, KERNEL) == 1 << 30)
		munmap((void *)(uintptr_t)k, len);
	if (norm(g, GUEST) == norm(k, KERNEL))
		return 1;
	// Neighbours that were both written to stay apart in the kernel: mremap
	// of both fails there. From here on the two worlds differ.
	if (writes && kind >= 6 && kind <= 7 && k == -EFAULT)
		return -1;
	printf("%s: %lld, but the kernel gives %lld\n", g_what, (long long)g, (long long)k);
	return 0;
}

static int
same(int writes)
{
	struct page a[PAGES], b[PAGES];
	int i, ok = 1;
	guest_map(a);
	kernel_map(b);
	for (i = 0; i < PAGES; i++) {
		if (writes || mem_is_paged(m))
			a[i].edge = b[i].edge = 0;
		if (writes) {
			u8 x;
			int g = mem_read(m, &x, GUEST + (u64)i * 4096, 1) ? -1 : x, k = touch(KERNEL + (u64)i * 4096, 0, 0);
			// x86 with protection keys has execute-only memory; the guest has none
			if (g != k && !(a[i].prot == MEM_X && k < 0)) {
				printf("page %d holds %d, but %d in the kernel\n", i, g, k);
				ok = 0;
			}
		}
		if (memcmp(&a[i], &b[i], sizeof a[i])) {
			printf("page %d: mapped %d prot %d shared %d named %d edge %d offset %#llx, in the kernel %d %d %d %d %d %#llx\n", i,
				a[i].mapped, a[i].prot, a[i].shared, a[i].named, a[i].edge, (unsigned long long)a[i].offset,
				b[i].mapped, b[i].prot, b[i].shared, b[i].named, b[i].edge, (unsigned long long)b[i].offset);
			ok = 0;
		}
	}
	if (!ok)
		printf("after %s\n", g_what);
	return ok;
}

static int
run(int paged, int writes, u64 seed)
{
	int i, ok = 1, r = 1;
	g_seed = seed;
	m = mem_new(paged);
	if (ftruncate(g_rw, 0) || ftruncate(g_rw, 3 * 4096 + 100))
		return 0;
	for (i = 0; ok && i < STEPS && (r = step(writes)) >= 0; i++)
		ok = r && same(writes);
	if (!ok)
		printf("%s, %s, seed %llu, step %d\n", paged ? "paged" : "linear", writes ? "with stores" : "maps only", (unsigned long long)seed, i);
	mem_free(m);
	munmap((void *)(uintptr_t)KERNEL, PAGES * 4096 * 2);
	return ok;
}

int
main(int argc, char **argv)
{
	char name[] = "/tmp/kernel_testXXXXXX";
	int i, bad = 0, runs = argc > 1 ? atoi(argv[1]) : RUNS;
	if (mremap(0, 0, 0, 0) == MAP_FAILED && errno == ENOSYS) {
		puts("skipped: needs a Linux kernel");
		return 0;
	}
	g_rw = mkstemp(name);
	g_ro = open(name, O_RDONLY);
	unlink(name);
	if (host_page_size() > PAGE_SIZE_GUEST) {
		puts("skipped: needs pages of 4 KiB: private file mappings cannot grow by mremap without");
		return 0;
	}
	host_thread_init();
	m = mem_new(1);
	mem_free(m);
	host_claim_faults(on_fault);
	host_install_fault_handlers(0);
	for (i = 0; i < runs && bad < 3; i++)
		bad += !run(i & 1, i >> 1 & 1, argc > 2 ? (u64)atoll(argv[2]) : (u64)i + 1);
	return bad != 0;
}
#else
int
main(void)
{
	puts("skipped: needs an x86-64 Linux kernel");
	return 0;
}
#endif
