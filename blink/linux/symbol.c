// symbol.c: names for addresses, for messages to people. Reads the file anew;
// nothing here is fast or trusted.
#include "linux/image.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SHT_SYMTAB_ = 2, SHT_DYNSYM_ = 11, SHDR_SIZE = 64, SYM_SIZE = 24, MAX_TABLE = 64 << 20 };

static void *
read_at(int fd, u64 offset, u64 n)
{
	void *p = n && n <= MAX_TABLE && offset <= (u64)INT64_MAX ? malloc((size_t)n + 1) : 0;
	if (p && pread(fd, p, (size_t)n, (off_t)offset) != (ssize_t)n) {
		free(p);
		return 0;
	}
	if (p)
		((char *)p)[n] = 0;
	return p;
}

// Searches one symbol table; *best is the distance of what was found so far.
static void
search(int fd, const u8 *sh, const u8 *strsh, u64 vaddr, u64 *best, char *out, size_t size)
{
	u64 n = ld64(sh + 32), i, nstr = ld64(strsh + 32);
	u8 *sym = (u8 *)read_at(fd, ld64(sh + 24), n);
	char *str = (char *)read_at(fd, ld64(strsh + 24), nstr);
	for (i = 0; sym && str && i + SYM_SIZE <= n; i += SYM_SIZE) {
		u64 value = ld64(sym + i + 8), d = vaddr - value;
		if ((sym[i + 4] & 15) == 2 && value && d < *best && ld32(sym + i) < nstr && (d < ld64(sym + i + 16) || !ld64(sym + i + 16))) {
			*best = d;
			snprintf(out, size, "%s+0x%llx", str + ld32(sym + i), (unsigned long long)d);
		}
	}
	free(sym);
	free(str);
}

int
elf_symbol(const char *path, u64 offset, char *out, size_t size)
{
	struct image *im = (struct image *)calloc(1, sizeof *im);
	struct why why = { "" };
	u64 best = ~0ull, vaddr = 0;
	u8 *sh = 0;
	int fd, i, n = 0;
	if (!im)
		return 0;
	im->fd = -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && !image_read(im, fd, 0, &why) && im->kind == IMAGE_ELF) {
		for (i = 0; i < im->phnum; i++)
			if (im->seg[i].type == PT_LOAD_ && offset - im->seg[i].offset < im->seg[i].filesz)
				vaddr = offset - im->seg[i].offset + im->seg[i].vaddr;
		n = ld16(im->head + 60);
		sh = (u8 *)read_at(fd, ld64(im->head + 40), (u64)n * SHDR_SIZE);
	}
	for (i = 0; sh && i < n; i++) {
		const u8 *s = sh + (size_t)i * SHDR_SIZE;
		if ((ld32(s + 4) == SHT_SYMTAB_ || ld32(s + 4) == SHT_DYNSYM_) && ld32(s + 40) < (u32)n)
			search(fd, s, sh + (size_t)ld32(s + 40) * SHDR_SIZE, vaddr, &best, out, size);
	}
	free(sh);
	image_close(im);
	free(im);
	return best != ~0ull;
}
