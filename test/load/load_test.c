// Damaged program files: the loaders neither crash nor hang, and name the field
// that is wrong. LOAD_ROUNDS sets the number of mutated images (1000000 for
// the long run, under MODE=asan).
#include "linux/image.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int g_failures;
static u64 g_seed = 88172645463325252ull;

static u64
rnd(void)
{
	g_seed ^= g_seed << 13;
	g_seed ^= g_seed >> 7;
	g_seed ^= g_seed << 17;
	return g_seed;
}

static int
temp_file(void)
{
	char name[] = "/tmp/load_testXXXXXX";
	int fd = mkstemp(name);
	if (fd < 0) {
		perror("mkstemp");
		exit(1);
	}
	fchmod(fd, 0755);
	unlink(name);
	return fd;
}

static void
fill(int fd, const u8 *b, size_t n)
{
	if (ftruncate(fd, 0) || pwrite(fd, b, n, 0) != (ssize_t)n)
		perror("write");
}

// Reads the image in fd and, if it is accepted, maps it.
static int
try_image(struct mem *mem, int fd, struct why *why)
{
	static struct image im;
	u64 bias;
	int err;
	memset(&im, 0, sizeof im);
	why->text[0] = 0;
	err = image_read(&im, dup(fd), 0, why);
	if (!err && im.kind != IMAGE_SCRIPT)
		err = elf_map(mem, &im, "x", 0, &bias, why);
	image_close(&im);
	mem_clear(mem);
	return err;
}

static size_t
make_elf(u8 *b)
{
	u8 *p = b + ELF_EHDR_SIZE;
	int i;
	memset(b, 0, 12288);
	memcpy(b, "\177ELF\2\1\1", 7);
	st16(b + 16, 3);
	st16(b + 18, 62);
	st32(b + 20, 1);
	st64(b + 24, 0x1000);
	st64(b + 32, ELF_EHDR_SIZE);
	st16(b + 52, 64);
	st16(b + 54, ELF_PHDR_SIZE);
	st16(b + 56, 4);
	for (i = 0; i < 3; i++, p += ELF_PHDR_SIZE) {
		st32(p, PT_LOAD_);
		st32(p + 4, i == 1 ? 5 : 6);
		st64(p + 8, (u64)i * 4096);
		st64(p + 16, (u64)i * 4096);
		st64(p + 32, 4096 - (u64)i);
		st64(p + 40, i == 2 ? 20000 : 4096);
		st64(p + 48, 4096);
	}
	st32(p, PT_INTERP_);
	st64(p + 8, 600);
	st64(p + 32, 8);
	memcpy(b + 600, "/lib/ld", 8);
	return 12288;
}

struct patch { const char *expect; int offset, size; u64 value; };

static void
test_sentences(struct mem *mem)
{
	static const struct patch patches[] = {
		{ "aarch64", 18, 2, 183 }, { "s390x", 18, 2, 22 }, { "i386", 18, 2, 3 }, { "unknown processor", 18, 2, 777 },
		{ "EI_CLASS", 4, 1, 9 }, { "x32", 4, 1, 1 }, { "EI_DATA", 5, 1, 7 }, { "e_type", 16, 2, 1 },
		{ "e_phentsize", 54, 2, 32 }, { "e_phnum", 56, 2, 0 }, { "e_phnum", 56, 2, 0xffff },
		{ "e_phoff", 32, 8, 1 << 20 }, { "e_phoff", 32, 8, ~0ull }, { "p_filesz", 64 + 32, 8, 1 << 20 },
		{ "p_memsz", 64 + 40, 8, ~0ull }, { "p_vaddr", 64 + 16, 8, 1ull << 63 }, { "p_offset", 64 + 8, 8, 12 },
		{ "end of the file", 64 + 8, 8, 1 << 30 }, { "PT_INTERP", 64 + 3 * 56 + 32, 8, 1 },
		{ "PT_INTERP", 64 + 3 * 56 + 32, 8, 5 }, { "PT_INTERP", 64 + 3 * 56 + 8, 8, 1 << 30 }
	};
	static u8 b[12288];
	int fd = temp_file();
	struct why why;
	size_t i, n;
	for (i = 0; i < COUNTOF(patches); i++) {
		const struct patch *p = patches + i;
		u8 v[8];
		n = make_elf(b);
		st64(v, p->value);
		memcpy(b + p->offset, v, (size_t)p->size);
		fill(fd, b, n);
		if (!try_image(mem, fd, &why) || !strstr(why.text, p->expect)) {
			printf("patch at %d: expected \"%s\", got \"%s\"\n", p->offset, p->expect, why.text);
			g_failures++;
		}
	}
	n = make_elf(b);
	fill(fd, b, n);
	if (try_image(mem, fd, &why)) {
		printf("a sound image was refused: %s\n", why.text);
		g_failures++;
	}
	fill(fd, b, 40);
	if (!try_image(mem, fd, &why) || !strstr(why.text, "truncated")) {
		printf("a truncated header: %s\n", why.text);
		g_failures++;
	}
	close(fd);
}

// Writes n bytes of b as the text of a printf statement, every third one as
// itself where the shell allows it.
static size_t
put_printf(char *out, const u8 *b, size_t n)
{
	char *s = out + sprintf(out, "printf '");
	size_t i;
	for (i = 0; i < n; i++)
		if (i % 3 == 0 && b[i] > ' ' && b[i] < 127 && b[i] != '\'' && b[i] != '\\' && b[i] != '%')
			*s++ = (char)b[i];
		else
			s += sprintf(s, i + 1 < n && b[i + 1] >= '0' && b[i + 1] <= '7' ? "\\%03o" : "\\%o", b[i]);
	return (size_t)(s + sprintf(s, "' >&7\n") - out);
}

// One script with headers for two processors: ours is found.
static void
test_ape(struct mem *mem)
{
	static u8 elf[12288];
	static char file[16384];
	u8 found[ELF_EHDR_SIZE];
	struct why why;
	int fd = temp_file(), round;
	size_t n;
	for (round = 0; round < 3; round++) {
		make_elf(elf);
		memset(file, 0, sizeof file);
		n = (size_t)sprintf(file, round == 1 ? "jartsr='\n%80s'\n" : "MZqFpD='\n%80s'\n", "");
		st16(elf + 18, 183);
		n += put_printf(file + n, elf, ELF_EHDR_SIZE);
		st16(elf + 18, round == 2 ? 22 : 62);
		st64(elf + 32, 4096);  // program headers behind the script
		st16(elf + 56, 3);
		n += put_printf(file + n, elf, ELF_EHDR_SIZE);
		memcpy(file + 4096, elf + ELF_EHDR_SIZE, 3 * ELF_PHDR_SIZE);
		fill(fd, (u8 *)file, sizeof file);
		if (round < 2 && (!ape_find_elf((u8 *)file, 8192, found) || memcmp(found, elf, sizeof found))) {
			printf("APE %d: header not found\n", round);
			g_failures++;
		}
		if (!try_image(mem, fd, &why) != (round < 2)) {
			printf("APE %d: %s\n", round, why.text);
			g_failures++;
		}
	}
	close(fd);
}

static void
mutate(u8 *b, size_t n)
{
	static const u64 values[] = { 0, 1, 2, 0xff, 0x7f, 0x1000, 0xfff, 0x7fffffff, 0x80000000, 0xffffffff,
		0x7ffffffff000, 0x7fffffffffff, 0x800000000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ull };
	int k = 1 + (int)(rnd() % 4);
	while (k-- > 0) {
		size_t reach = rnd() % 4 ? (n < 320 ? n : 320) : n;
		size_t at = rnd() % reach, w = (size_t)1 << rnd() % 4;
		u64 x = rnd() % 3 ? values[rnd() % COUNTOF(values)] : rnd() >> rnd() % 64;
		u8 v[8];
		if (rnd() % 3 == 0)
			at &= ~(w - 1);
		if (at + w > n)
			continue;
		if (rnd() % 5 == 0) {
			b[at] ^= (u8)(1 << rnd() % 8);
			continue;
		}
		st64(v, x);
		memcpy(b + at, v, w);
	}
}

static size_t
read_file(const char *path, u8 *b, size_t max)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, b, max);
	if (fd >= 0)
		close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static void
test_mutations(struct mem *mem, long rounds)
{
	static u8 original[3][65536], b[65536];
	size_t size[3];
	struct why why;
	long i, accepted = 0;
	int fd = temp_file();
	size[0] = make_elf(original[0]);
	size[1] = read_file("example/hello.elf", original[1], sizeof original[1]);
	size[2] = read_file("example/hellope.com", original[2], sizeof original[2]);
	for (i = 0; i < rounds; i++) {
		int which = (int)(i % 3);
		size_t n = size[which];
		if (!n)
			continue;
		memcpy(b, original[which], n);
		mutate(b, n);
		if (rnd() % 16 == 0)
			n = rnd() % n;
		fill(fd, b, n);
		if (try_image(mem, fd, &why) == 0)
			accepted++;
		else if (!why.text[0]) {
			printf("round %ld: refused without a sentence\n", i);
			g_failures++;
		}
	}
	close(fd);
	printf("load_test: %ld mutated images, %ld accepted\n", rounds, accepted);
}

int
main(void)
{
	const char *rounds = getenv("LOAD_ROUNDS");
	struct mem *mem = mem_new(1);
	test_sentences(mem);
	test_ape(mem);
	test_mutations(mem, rounds ? atol(rounds) : 20000);
	mem_free(mem);
	return g_failures != 0;
}
