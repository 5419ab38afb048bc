// elf.c: checks ELF images and maps their segments as Linux fs/binfmt_elf.c.
#include "linux/image.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ET_EXEC = 2, ET_DYN = 3, EM_X86_64 = 62 };

int
why_set(struct why *why, int err, const char *fmt, ...)
{
	va_list va;
	va_start(va, fmt);
	if (!why->text[0])
		vsnprintf(why->text, sizeof why->text, fmt, va);
	va_end(va);
	return err;
}

static const char *
machine_name(unsigned m)
{
	static const struct { u16 m; char name[12]; } names[] = {
		{ 2, "sparc" }, { 3, "i386" }, { 4, "m68k" }, { 8, "mips" }, { 15, "parisc" }, { 20, "powerpc" },
		{ 21, "powerpc64" }, { 22, "s390x" }, { 40, "arm" }, { 42, "sh" }, { 43, "sparc64" },
		{ 50, "ia64" }, { 183, "aarch64" }, { 243, "riscv" }, { 258, "loongarch" }, { 0x9026, "alpha" }
	};
	size_t i;
	for (i = 0; i < COUNTOF(names); i++)
		if (names[i].m == m)
			return names[i].name;
	return 0;
}

static int
check_ehdr(const u8 *h, struct why *why)
{
	int big = h[5] == 2;
	unsigned machine = big ? (unsigned)h[18] << 8 | h[19] : ld16(h + 18);
	const char *name = machine_name(machine);
	if ((h[4] != 1 && h[4] != 2) || (h[5] != 1 && h[5] != 2))
		return why_set(why, -L_ENOEXEC, "broken ELF header: EI_CLASS %u, EI_DATA %u", h[4], h[5]);
	if (machine != EM_X86_64 && name)
		return why_set(why, -L_ENOEXEC, "is a program for %s%s; blink runs x86-64 programs%s", name,
			machine == 21 && !big ? "le" : machine == 8 && !big ? "el" : machine == 243 ? h[4] == 2 ? "64" : "32" : "",
			machine == 3 ? ": build it with -m64" : "");
	if (machine != EM_X86_64)
		return why_set(why, -L_ENOEXEC, "is a program for an unknown processor (e_machine %u); blink runs x86-64 programs", machine);
	if (h[4] != 2)
		return why_set(why, -L_ENOEXEC, "is a program for x32 (EI_CLASS 1); blink runs x86-64 programs");
	if (big)
		return why_set(why, -L_ENOEXEC, "broken ELF header: EI_DATA is big-endian");
	if (ld16(h + 16) != ET_EXEC && ld16(h + 16) != ET_DYN)
		return why_set(why, -L_ENOEXEC, "is not a program: e_type %u%s", ld16(h + 16), ld16(h + 16) == 1 ? " (object file)" : "");
	if (ld16(h + 54) != ELF_PHDR_SIZE)
		return why_set(why, -L_ENOEXEC, "broken ELF header: e_phentsize %u is not 56", ld16(h + 54));
	if (!ld16(h + 56) || ld16(h + 56) > ELF_MAX_PHDRS)
		return why_set(why, -L_ENOEXEC, "broken ELF header: e_phnum %u", ld16(h + 56));
	return 0;
}

// One PT_LOAD segment
static int
check_load(struct image *im, int i, struct why *why)
{
	struct elf_seg *s = im->seg + i;
	if (s->filesz > s->memsz)
		return why_set(why, -L_EINVAL, "program header %d: p_filesz 0x%llx exceeds p_memsz 0x%llx", i,
			(unsigned long long)s->filesz, (unsigned long long)s->memsz);
	if (s->vaddr > MEM_TOP || s->memsz > MEM_TOP - s->vaddr)
		return why_set(why, -L_ENOMEM, "program header %d: p_vaddr 0x%llx with p_memsz 0x%llx is outside user memory", i,
			(unsigned long long)s->vaddr, (unsigned long long)s->memsz);
	if (s->filesz && ((s->vaddr ^ s->offset) & (PAGE_SIZE_GUEST - 1)))
		return why_set(why, -L_EINVAL, "program header %d: p_offset 0x%llx and p_vaddr 0x%llx differ within the page", i,
			(unsigned long long)s->offset, (unsigned long long)s->vaddr);
	if (s->filesz && (s->offset > im->size || s->filesz > im->size - s->offset))
		return why_set(why, -L_ENOEXEC, "truncated: program header %d: p_offset 0x%llx with p_filesz 0x%llx is behind the end of the file", i,
			(unsigned long long)s->offset, (unsigned long long)s->filesz);
	if (s->align > 1 && !(s->align & (s->align - 1)))
		im->align = max_u64(im->align, s->align);
	if (im->phoff >= s->offset && im->phoff - s->offset < s->filesz)
		im->phdr = im->phoff - s->offset + s->vaddr;
	im->lo = min_u64(im->lo, round_down(s->vaddr, PAGE_SIZE_GUEST));
	im->hi = max_u64(im->hi, s->vaddr + s->memsz);
	return 0;
}

static int
read_interp(struct image *im, const struct elf_seg *s, struct why *why)
{
	if (im->interp)
		return 0;
	if (s->filesz < 2 || s->filesz > L_PATH_MAX)
		return why_set(why, -L_ENOEXEC, "PT_INTERP: p_filesz %llu", (unsigned long long)s->filesz);
	im->interp = (char *)malloc((size_t)s->filesz);
	if (!im->interp)
		return -L_ENOMEM;
	if (s->offset > (u64)INT64_MAX || pread(im->fd, im->interp, (size_t)s->filesz, (off_t)s->offset) != (ssize_t)s->filesz)
		return why_set(why, -L_EIO, "truncated: PT_INTERP: p_offset 0x%llx is behind the end of the file", (unsigned long long)s->offset);
	if (im->interp[s->filesz - 1])
		return why_set(why, -L_ENOEXEC, "PT_INTERP does not end in a zero byte");
	return 0;
}

int
elf_parse(struct image *im, const u8 *h, struct why *why)
{
	u8 *raw;
	size_t size;
	int i, err = check_ehdr(h, why), loads = 0;
	if (err)
		return err;
	im->dynamic = ld16(h + 16) == ET_DYN;
	im->entry = ld64(h + 24);
	im->phoff = ld64(h + 32);
	im->phnum = ld16(h + 56);
	im->lo = ~0ull;
	im->hi = 0;
	im->align = PAGE_SIZE_GUEST;
	im->phdr = 0;
	size = (size_t)im->phnum * ELF_PHDR_SIZE;
	if (im->phoff > im->size || size > im->size - im->phoff)
		return why_set(why, -L_ENOEXEC, "truncated: e_phoff 0x%llx with e_phnum %d is behind the end of the file",
			(unsigned long long)im->phoff, im->phnum);
	im->seg = (struct elf_seg *)calloc((size_t)im->phnum, sizeof *im->seg);
	raw = (u8 *)malloc(size);
	if (!raw || !im->seg)
		err = -L_ENOMEM;
	else if (im->phoff + size <= im->nhead)
		memcpy(raw, im->head + im->phoff, size);
	else if (pread(im->fd, raw, size, (off_t)im->phoff) != (ssize_t)size)
		err = why_set(why, -L_ENOEXEC, "truncated: the program headers at e_phoff cannot be read");
	for (i = 0; i < im->phnum && !err; i++) {
		const u8 *p = raw + (size_t)i * ELF_PHDR_SIZE;
		struct elf_seg *s = im->seg + i;
		s->type = ld32(p);
		s->flags = ld32(p + 4);
		s->offset = ld64(p + 8);
		s->vaddr = ld64(p + 16);
		s->filesz = ld64(p + 32);
		s->memsz = ld64(p + 40);
		s->align = ld64(p + 48);
		if (s->type == PT_LOAD_ && s->memsz) {
			err = check_load(im, i, why);
			loads++;
		} else if (s->type == PT_INTERP_) {
			err = read_interp(im, s, why);
		} else if (s->type == PT_GNU_STACK_) {
			im->exec_stack = s->flags & PF_X_;
		}
	}
	free(raw);
	if (!err && !loads)
		err = why_set(why, -L_EINVAL, "has no PT_LOAD segment");
	return err;
}

static int
seg_prot(const struct elf_seg *s)
{
	return (s->flags & PF_R_ ? MEM_R : 0) | (s->flags & PF_W_ ? MEM_W : 0) | (s->flags & PF_X_ ? MEM_X : 0);
}

static int
map_failed(struct why *why, i64 err, int i, u64 at)
{
	if (err == -EEXIST || err == -EPERM)
		return why_set(why, -L_ENOMEM, "program header %d: p_vaddr 0x%llx is taken on this host; try -m", i, (unsigned long long)at);
	return why_set(why, (int)l_err((int)-err), "program header %d: cannot map p_memsz bytes at 0x%llx: %s", i, (unsigned long long)at, strerror((int)-err));
}

static int
map_segment(struct mem *mem, struct image *im, int i, u64 bias, const char *path, struct why *why)
{
	static u8 zeros[PAGE_SIZE_GUEST];  // stays so; costs nothing in the file
	const struct elf_seg *s = im->seg + i;
	u64 at = round_down(s->vaddr, PAGE_SIZE_GUEST), in_page = s->vaddr - at;
	u64 file_end = s->vaddr + s->filesz, zero_end = round_up(file_end, PAGE_SIZE_GUEST);
	u64 end = round_up(s->vaddr + s->memsz, PAGE_SIZE_GUEST);
	int prot = seg_prot(s);
	i64 r;
	if (s->filesz) {
		r = mem_map_file(mem, bias + at, zero_end - at, prot, VMA_FIXED, im->fd, &im->st, s->offset - in_page, path);
		if (r < 0)
			return map_failed(why, r, i, bias + at);
		if (s->memsz > s->filesz && zero_end > file_end && (s->flags & PF_W_)
		    && mem_write(mem, bias + file_end, zeros, (size_t)(zero_end - file_end)))
			return why_set(why, -L_EFAULT, "program header %d: the bytes behind p_filesz cannot be cleared", i);
	} else {
		zero_end = at;
	}
	if (end > zero_end && s->memsz > s->filesz) {
		r = mem_map(mem, bias + zero_end, end - zero_end, MEM_R | MEM_W | (prot & MEM_X), VMA_FIXED | VMA_ANON, -1, 0, 0);
		if (r < 0)
			return map_failed(why, r, i, bias + zero_end);
	}
	return 0;
}

int
elf_map(struct mem *mem, struct image *im, const char *path, u64 hint, u64 *bias, struct why *why)
{
	u64 span = round_up(im->hi, PAGE_SIZE_GUEST) - im->lo;
	int i, err;
	i64 r;
	*bias = 0;
	if (im->dynamic) {
		// Find room for the whole, aligned; then give it back to the segments.
		u64 slack = im->align - PAGE_SIZE_GUEST, at;
		if (slack > MEM_TOP || span + slack > MEM_TOP)
			return why_set(why, -L_ENOMEM, "p_align 0x%llx is too large", (unsigned long long)im->align);
		r = mem_map(mem, hint, span + slack, 0, VMA_ANON | VMA_NORESERVE, -1, 0, 0);
		if (r < 0)
			return why_set(why, -L_ENOMEM, "no room for 0x%llx bytes of segments", (unsigned long long)span);
		mem_unmap(mem, (u64)r, span + slack);
		at = round_up((u64)r - im->lo, im->align);
		*bias = at;
	}
	for (i = 0; i < im->phnum; i++)
		if (im->seg[i].type == PT_LOAD_ && im->seg[i].memsz && (err = map_segment(mem, im, i, *bias, path, why)))
			return err;
	return 0;
}
