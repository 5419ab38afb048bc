// proc.c: the files below /proc that would show blink instead of the guest.
//
// Known are /proc/cpuinfo and some names below /proc/self, /proc/thread-self,
// /proc/<own pid> and their task/<tid>; all else is the host's own. A file is
// a sealed copy of what it would have said when it was opened.
#include "linux/proc.h"
#include "host/sig.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// --- text that grows ---------------------------------------------------------------

struct text {
	char *s;
	size_t n, max;
	int failed;
};

static char *
text_room(struct text *x, size_t n)
{
	if (x->n + n > x->max && !x->failed) {
		size_t max = (x->n + n) * 2 + 1024;
		char *s = (char *)realloc(x->s, max);
		if (s) {
			x->s = s;
			x->max = max;
		} else {
			x->failed = 1;
		}
	}
	return x->failed ? 0 : x->s + x->n;
}

static void PRINTF_LIKE(2, 3)
text_add(struct text *x, const char *fmt, ...)
{
	enum { LINE = 8192 };
	char *s = text_room(x, LINE);
	va_list va;
	int n;
	if (!s)
		return;
	va_start(va, fmt);
	n = vsnprintf(s, LINE, fmt, va);
	va_end(va);
	x->n += n < 0 ? 0 : min_u64((u64)n, LINE - 1);
}

// Guest bytes [lo, hi), as far as they can be read.
static void
text_guest(struct text *x, struct thread *t, u64 lo, u64 hi)
{
	u64 at, k;
	for (at = lo; at < hi; at += k) {
		char *s = text_room(x, PAGE_SIZE_GUEST);
		k = min_u64(hi - at, PAGE_SIZE_GUEST - at % PAGE_SIZE_GUEST);
		if (!s || mem_read(t->p->mem, s, at, (size_t)k))
			return;
		x->n += (size_t)k;
	}
}

static void
text_file(struct text *x, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *s;
	ssize_t n;
	while (fd >= 0 && (s = text_room(x, 4096)) && (n = read(fd, s, 4096)) > 0)
		x->n += (size_t)n;
	if (fd >= 0)
		close(fd);
}

// A descriptor from which x's bytes can be read, or -L_Exxx. Frees x.
static i64
text_open(struct text *x, u32 l_flags)
{
	enum { SEALS = 1 | 2 | 4 | 8, ADD_SEALS = 1033 };
	i64 fd;
	if (x->failed) {
		free(x->s);
		return -L_ENOMEM;
	}
#if HOST_LINUX
	fd = HOST_CALL2(memfd_create, "proc", 2 | (l_flags & L_O_CLOEXEC ? 1 : 0));
#else
	const char *dir = getenv("TMPDIR");
	char name[L_PATH_MAX];
	if (!dir || snprintf(name, sizeof name, "%s/blinkXXXXXX", dir) >= (int)sizeof name)
		strcpy(name, P_tmpdir "/blinkXXXXXX");
	fd = mkstemp(name);
	if (fd >= 0)
		unlink(name);
	else
		fd = -errno;
	if (fd >= 0 && (l_flags & L_O_CLOEXEC))
		fcntl((int)fd, F_SETFD, FD_CLOEXEC);
#endif
	if (fd >= 0 && (write((int)fd, x->s, x->n) != (ssize_t)x->n || lseek((int)fd, 0, SEEK_SET))) {
		close((int)fd);
		fd = -EIO;
	}
	if (fd >= 0 && HOST_LINUX)
		fcntl((int)fd, ADD_SEALS, SEALS);
	free(x->s);
	return fd < 0 ? l_err((int)-fd) : fd;
}

// --- contents ----------------------------------------------------------------------

static void
show_map(struct text *x, const struct vma *v, const char *path)
{
	enum { NAME_COLUMN = 73 };
	size_t start = x->n;
	const char *name = path[0] ? path : v->flags & VMA_HEAP ? "[heap]" : v->flags & VMA_STACK ? "[stack]" : "";
	unsigned major = (unsigned)(v->dev >> 8 & 0xfff), minor = (unsigned)((v->dev & 0xff) | (v->dev >> 12 & ~0xffu));
	text_add(x, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu ", (unsigned long long)v->start,
		(unsigned long long)v->end, v->prot & MEM_R ? 'r' : '-', v->prot & MEM_W ? 'w' : '-',
		v->prot & MEM_X ? 'x' : '-', v->flags & VMA_SHARED ? 's' : 'p',
		(unsigned long long)(v->flags & VMA_ANON ? 0 : v->offset), major, minor, (unsigned long long)v->ino);
	if (*name) {
		while (x->n - start < NAME_COLUMN && !x->failed)
			text_add(x, " ");
		text_add(x, "%s", name);
	}
	text_add(x, "\n");
}

static void
show_maps(struct text *x, struct thread *t, int details)
{
	char path[L_PATH_MAX];
	struct vma v;
	u64 at;
	for (at = 0; mem_find(t->p->mem, at, &v, path); at = v.end) {
		show_map(x, &v, path);
		if (details)
			text_add(x, "Size:           %8llu kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n"
				"Rss:                   0 kB\nPss:                   0 kB\nVmFlags:%s%s%s%s\n",
				(unsigned long long)(v.end - v.start) / 1024, v.prot & MEM_R ? " rd" : "",
				v.prot & MEM_W ? " wr" : "", v.prot & MEM_X ? " ex" : "", v.flags & VMA_SHARED ? " sh" : "");
	}
	text_add(x, "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n");
}

// The host's line with the fields that speak of the address space replaced,
// and those that it does not have.
enum { STAT_FIELDS = 52 };
static void
show_stat(struct text *x, struct thread *t, const char *host_path)
{
	struct process *p = t->p;
	struct text host = { 0, 0, 0, 0 };
	char *s, *end;
	int field = 3;
	text_file(&host, host_path);
	text_add(&host, "%c", 0);
	s = host.failed ? 0 : strrchr(host.s, ')');
	if (!s) {
		text_add(x, "%d (%s) R", (int)getpid(), p->comm);
		s = end = (char *)"";
		field = 4;
	} else {
		text_add(x, "%d (%s)", (int)strtol(host.s, 0, 10), p->comm);
		s += 2;
	}
	for (; field <= STAT_FIELDS || (*s && *s != '\n'); s = end + (*end == ' '), field++) {
		u64 mine = 0;
		int replaced = 1;
		for (end = s; *end && *end != ' ' && *end != '\n'; end++)
			;
		switch (field) {
		case 26: case 27: mine = p->entry; break;   // startcode endcode
		case 28: mine = p->auxv_start; break;       // startstack
		case 29: case 30: mine = 0; break;          // kstkesp kstkeip
		case 45: case 46: mine = p->brk_start; break;
		case 47: mine = p->brk_start; break;
		case 48: mine = p->arg_start; break;
		case 49: mine = p->arg_end; break;
		case 50: mine = p->env_start; break;
		case 51: mine = p->env_end; break;
		default: replaced = 0;
		}
		if (replaced || end == s)
			text_add(x, " %llu", (unsigned long long)mine);
		else
			text_add(x, " %.*s", (int)(end - s), s);
	}
	text_add(x, "\n");
	free(host.s);
}

// Features as Linux spells them, in its order: which register of CPUID, which bit.
enum { P1D, P1C, PXD, PXC, P7B, P7C, P7D, PSA };
static const struct { u32 leaf; u8 subleaf, reg; } g_places[] = {
	{ 1, 0, 3 }, { 1, 0, 2 }, { 0x80000001, 0, 3 }, { 0x80000001, 0, 2 }, { 7, 0, 1 }, { 7, 0, 2 }, { 7, 0, 3 }, { 13, 1, 0 }
};
#define FEATURES(F) \
	F(P1D, 0, "fpu") F(P1D, 1, "vme") F(P1D, 2, "de") F(P1D, 3, "pse") F(P1D, 4, "tsc") F(P1D, 5, "msr") \
	F(P1D, 6, "pae") F(P1D, 7, "mce") F(P1D, 8, "cx8") F(P1D, 9, "apic") F(P1D, 11, "sep") F(P1D, 12, "mtrr") \
	F(P1D, 13, "pge") F(P1D, 14, "mca") F(P1D, 15, "cmov") F(P1D, 16, "pat") F(P1D, 17, "pse36") \
	F(P1D, 19, "clflush") F(P1D, 23, "mmx") F(P1D, 24, "fxsr") F(P1D, 25, "sse") F(P1D, 26, "sse2") \
	F(P1D, 27, "ss") F(P1D, 28, "ht") F(PXD, 11, "syscall") F(PXD, 20, "nx") F(PXD, 27, "rdtscp") \
	F(PXD, 29, "lm") F(P1C, 0, "pni") F(P1C, 1, "pclmulqdq") F(P1C, 9, "ssse3") F(P1C, 12, "fma") \
	F(P1C, 13, "cx16") F(P1C, 19, "sse4_1") F(P1C, 20, "sse4_2") F(P1C, 22, "movbe") F(P1C, 23, "popcnt") \
	F(P1C, 25, "aes") F(P1C, 26, "xsave") F(P1C, 28, "avx") F(P1C, 29, "f16c") F(P1C, 30, "rdrand") \
	F(P1C, 31, "hypervisor") F(PXC, 0, "lahf_lm") F(PXC, 5, "abm") F(PXC, 8, "3dnowprefetch") \
	F(P7B, 0, "fsgsbase") F(P7B, 3, "bmi1") F(P7B, 5, "avx2") F(P7B, 8, "bmi2") F(P7B, 9, "erms") \
	F(P7B, 18, "rdseed") F(P7B, 19, "adx") F(P7B, 23, "clflushopt") F(P7B, 24, "clwb") F(P7B, 29, "sha_ni") \
	F(PSA, 0, "xsaveopt") F(PSA, 1, "xsavec") F(PSA, 2, "xgetbv1") F(P7C, 8, "gfni") F(P7C, 9, "vaes") \
	F(P7C, 10, "vpclmulqdq") F(P7C, 22, "rdpid") F(P7C, 25, "cldemote") F(P7C, 27, "movdiri") \
	F(P7C, 28, "movdir64b") F(P7D, 4, "fsrm") F(P7D, 14, "serialize")
#define BIT(place, bit, name) place << 5 | bit,
#define NAME(place, bit, name) name "\0"
static const u8 g_bits[] = { FEATURES(BIT) };
static const char g_names[] = FEATURES(NAME);

static u32
cpuid_sub(u32 leaf, u32 subleaf, int reg)
{
	struct isa_cpuid r = isa_cpuid(leaf, subleaf);
	return reg == 0 ? r.eax : reg == 1 ? r.ebx : reg == 2 ? r.ecx : r.edx;
}

static u32
cpuid_reg(u32 leaf, int reg)
{
	return cpuid_sub(leaf, 0, reg);
}

// KiB of the largest cache, from leaf 4
static u32
cache_size(void)
{
	u32 i, size = 0;
	for (i = 0; cpuid_sub(4, i, 0) & 31; i++)
		size = ((cpuid_sub(4, i, 1) >> 22) + 1) * (cpuid_sub(4, i, 2) + 1) / 1024 * 64;
	return size;
}

static void
show_cpuinfo(struct text *x)
{
	u8 vendor[13], brand[49];
	u32 eax = cpuid_reg(1, 0), i, family = eax >> 8 & 15, model = eax >> 4 & 15;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN), n;
	size_t k;
	const char *feature;
	char *name = (char *)brand;
	if (family == 6 || family == 15)
		model |= eax >> 12 & 0xf0;
	if (family == 15)
		family += eax >> 20 & 255;
	st32(vendor, cpuid_reg(0, 1));
	st32(vendor + 4, cpuid_reg(0, 3));
	st32(vendor + 8, cpuid_reg(0, 2));
	vendor[12] = 0;
	for (i = 0; i < 12; i++)
		st32(brand + 4 * i, cpuid_reg(0x80000002 + i / 4, (int)i % 4));
	brand[48] = 0;
	while (*name == ' ')
		name++;
	for (n = 0; n < (cpus < 1 ? 1 : cpus); n++) {
		text_add(x, "processor\t: %ld\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n"
			"cpu MHz\t\t: 1000.000\ncache size\t: %u KB\nphysical id\t: 0\nsiblings\t: %ld\ncore id\t\t: %ld\n"
			"cpu cores\t: %ld\napicid\t\t: %ld\ninitial apicid\t: %ld\nfpu\t\t: yes\nfpu_exception\t: yes\n"
			"cpuid level\t: %u\nwp\t\t: yes\nflags\t\t:", n, (char *)vendor, family, model, name, eax & 15, cache_size(), cpus, n, cpus, n, n,
			cpuid_reg(0, 0));
		for (k = 0, feature = g_names; k < COUNTOF(g_bits); k++, feature += strlen(feature) + 1) {
			int place = g_bits[k] >> 5;
			if (cpuid_sub(g_places[place].leaf, g_places[place].subleaf, g_places[place].reg) >> (g_bits[k] & 31) & 1)
				text_add(x, " %s", feature);
		}
		text_add(x, "\nbugs\t\t:\nbogomips\t: 2000.00\nclflush size\t: 64\ncache_alignment\t: 64\n"
			"address sizes\t: 48 bits physical, 48 bits virtual\npower management:\n\n");
	}
}

// --- which file ----------------------------------------------------------------------

enum proc_file { PROC_NONE, PROC_EXE, PROC_CMDLINE, PROC_ENVIRON, PROC_AUXV, PROC_MAPS, PROC_SMAPS, PROC_STAT, PROC_MEM, PROC_CPUINFO };

static enum proc_file
file_named(const char *s)
{
	static const char names[] = "exe\0cmdline\0environ\0auxv\0maps\0smaps\0stat\0mem\0";
	const char *p;
	int i = PROC_EXE;
	for (p = names; *p; p += strlen(p) + 1, i++)
		if (!strcmp(p, s))
			return (enum proc_file)i;
	return PROC_NONE;
}

static const char *
skip_number(const char *s, long want)
{
	char *end;
	long n;
	if (*s < '1' || *s > '9')
		return 0;
	n = strtol(s, &end, 10);
	return (!want || n == want) && *end == '/' ? end + 1 : 0;
}

// Behind the leading "/proc/"
static enum proc_file
file_below_proc(const char *s)
{
	const char *rest;
	if (!strcmp(s, "cpuinfo"))
		return PROC_CPUINFO;
	if (!strncmp(s, "self/", 5))
		rest = s + 5;
	else if (!strncmp(s, "thread-self/", 12))
		rest = s + 12;
	else
		rest = skip_number(s, (long)getpid());
	if (rest && !strncmp(rest, "task/", 5))
		rest = skip_number(rest + 5, 0);
	return rest ? file_named(rest) : PROC_NONE;
}

static enum proc_file
which(const char *path)
{
	return !strncmp(path, "/proc/", 6) ? file_below_proc(path + 6) : PROC_NONE;
}

// The absolute name of a relative one that could be ours; 0 for others.
static const char *
absolute(int dirfd, const char *path, char *buf)
{
	const char *last = strrchr(path, '/');
	int n;
	last = last ? last + 1 : path;
	if (!strcmp(last, "cpuinfo") || file_named(last) != PROC_NONE) {
		n = dirfd == AT_FDCWD ? getcwd(buf, L_PATH_MAX) ? (int)strlen(buf) : 0 : host_fd_path(dirfd, buf, L_PATH_MAX);
		if (n >= 5 && !strncmp(buf, "/proc", 5) && (!buf[5] || buf[5] == '/') && (size_t)n + strlen(path) + 2 <= L_PATH_MAX) {
			buf[n] = '/';
			strcpy(buf + n + 1, path);
			return buf;
		}
	}
	return 0;
}

i64
proc_open(struct thread *t, int dirfd, const char *path, int l_flags)
{
	struct process *p = t->p;
	struct text x = { 0, 0, 0, 0 };
	char buf[L_PATH_MAX];
	enum proc_file f;
	if (path[0] != '/')
		path = absolute(dirfd, path, buf);
	f = path ? which(path) : PROC_NONE;
	if (f == PROC_NONE || f == PROC_EXE || (l_flags & L_O_PATH))
		return PROC_NOT_OURS;
	if (f == PROC_MEM)
		return mem_is_paged(p->mem) ? -L_EACCES : PROC_NOT_OURS;
	if ((l_flags & L_O_ACCMODE) == L_O_WRONLY)
		return PROC_NOT_OURS;
	if (l_flags & L_O_DIRECTORY)
		return -L_ENOTDIR;
	switch (f) {
	case PROC_CMDLINE: text_guest(&x, t, p->arg_start, p->arg_end); break;
	case PROC_ENVIRON: text_guest(&x, t, p->env_start, p->env_end); break;
	case PROC_AUXV: text_guest(&x, t, p->auxv_start, p->auxv_start + p->auxv_len); break;
	case PROC_MAPS: show_maps(&x, t, 0); break;
	case PROC_SMAPS: show_maps(&x, t, 1); break;
	case PROC_STAT: show_stat(&x, t, path); break;
	default: show_cpuinfo(&x);
	}
	return text_open(&x, (u32)l_flags);
}

i64
proc_link(struct thread *t, const char *path, char *out, size_t size)
{
	size_t n;
	if (which(path) != PROC_EXE)
		return PROC_NOT_OURS;
	n = min_u64(strlen(t->p->exe), size - 1);
	memcpy(out, t->p->exe, n);
	out[n] = 0;
	return (i64)n;
}
