// ape.c: Actually Portable Executables.
//
// The file is at once a shell script, a DOS program and, after a printf
// statement of that script was obeyed, an ELF file: the statement's argument is
// the ELF header. There may be one for each architecture.
#include "linux/image.h"

enum { ELF_MAGIC = 0x464c457f, EM_X86_64 = 62 };

int
is_ape(const u8 *head, size_t n)
{
	return n > 64 && (!memcmp(head, "MZqFpD='", 8) || !memcmp(head, "jartsr='", 8));
}

// Decodes the text behind `printf '` up to the closing quote; its length.
static size_t
unescape(const u8 *s, const u8 *end, u8 *out, size_t max)
{
	static const char letters[] = "a\ab\bf\fn\nr\rt\tv\v\\\\";
	size_t n = 0;
	while (s < end && *s != '\'' && n < max) {
		int c = *s++;
		if (c == '\\' && s < end) {
			int digits = 0, x = 0;
			while (digits < 3 && s < end && *s >= '0' && *s <= '7') {
				x = x * 8 + *s++ - '0';
				digits++;
			}
			if (digits) {
				c = x & 255;
			} else {
				const char *p = letters;
				while (*p && *p != *s)
					p += 2;
				if (*p) {
					c = p[1];
					s++;
				}
			}
		}
		out[n++] = (u8)c;
	}
	return n;
}

int
ape_find_elf(const u8 *head, size_t n, u8 ehdr[ELF_EHDR_SIZE])
{
	static const char printf_[] = "printf '";
	const u8 *end = head + n, *s;
	for (s = head; s + sizeof printf_ - 1 < end; s++) {
		if (*s != 'p' || memcmp(s, printf_, sizeof printf_ - 1))
			continue;
		if (unescape(s + sizeof printf_ - 1, end, ehdr, ELF_EHDR_SIZE) == ELF_EHDR_SIZE
		    && ld32(ehdr) == ELF_MAGIC && ld16(ehdr + 18) == EM_X86_64)
			return 1;
	}
	return 0;
}
