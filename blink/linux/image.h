// image.h: program files: what they are, what is wrong with them, where their
// bytes go.
//
// Nothing in a file is believed before it was checked. A refusal is a Linux
// errno and one sentence that names the field (struct why).
#ifndef LINUX_IMAGE_H_
#define LINUX_IMAGE_H_
#include <sys/stat.h>
#include "linux/linux.h"

struct why { char text[240]; };
// Stores the sentence (if none is there yet) and returns err.
int why_set(struct why *, int err, const char *fmt, ...) PRINTF_LIKE(3, 4);

enum { HEAD_SIZE = 8192, ELF_EHDR_SIZE = 64, ELF_PHDR_SIZE = 56, ELF_MAX_PHDRS = 65536 / ELF_PHDR_SIZE };

struct elf_seg {
	u32 type, flags;
	u64 offset, vaddr, filesz, memsz, align;
};
enum { PT_LOAD_ = 1, PT_INTERP_ = 3, PT_GNU_STACK_ = 0x6474e551 };
enum { PF_X_ = 1, PF_W_ = 2, PF_R_ = 4 };

enum image_kind { IMAGE_ELF, IMAGE_APE, IMAGE_FLAT, IMAGE_SCRIPT };

// An open program file. Owns fd, seg and interp.
struct image {
	int fd;
	u8 kind;
	u8 exec_stack;
	u8 dynamic;      // ET_DYN: may be placed anywhere
	u64 size;        // of the file
	struct stat st;
	u64 entry, phoff;
	int phnum;
	struct elf_seg *seg;
	u64 lo, hi;      // span of the PT_LOAD segments
	u64 align;       // the greatest p_align
	u64 phdr;        // where the program headers end up, before the bias; 0 if nowhere
	char *interp;    // PT_INTERP or 0
	size_t nhead;
	u8 head[HEAD_SIZE];
};

// Opens path for execution as execve(2) does: regular, executable, readable.
// 0 and im->fd, or -L_Exxx. im needs image_close in any case.
int image_open(struct image *im, int dirfd, const char *path, struct why *why);
// Takes an open descriptor (owned from now on) and classifies the file:
// 0 and all fields, or -L_ENOEXEC and so on. flat: take an unknown one as IMAGE_FLAT.
int image_read(struct image *im, int fd, int flat, struct why *why);
void image_close(struct image *im);
// The ELF header of an APE's first bytes: 1 if found, 0 if none is for x86-64.
int ape_find_elf(const u8 *head, size_t n, u8 ehdr[ELF_EHDR_SIZE]);
int is_ape(const u8 *head, size_t n);
// Checks an ELF header and reads the program headers behind it.
int elf_parse(struct image *im, const u8 *ehdr, struct why *why);
// Maps the segments. A dynamic image goes to `hint` or near it, or where mem
// likes if hint is 0. *bias is what to add to the file's addresses.
int elf_map(struct mem *mem, struct image *im, const char *path, u64 hint, u64 *bias, struct why *why);

// The function that holds file offset `offset` of ELF file path, as
// "name+0x12"; 0 if no symbol tells.
int elf_symbol(const char *path, u64 offset, char *out, size_t size);

// A program ready to be loaded: what is behind scripts and symbolic links.
struct program {
	struct image im;
	char *execfn;    // the name given to execve
	char *path;      // absolute, of the file that im is
	char **argv;     // own array, own strings
	int argc;
};
// Follows `#!` lines from path, which the guest calls `given`. 0, or -L_Exxx.
// program_free in any case.
int program_find(struct program *pg, int dirfd, const char *path, const char *given, char **argv, int flat, struct why *why);
void program_free(struct program *pg);

#endif
