// mkisa.h: what the parts of mkisa share: the rows of the tables as they are
// read (mkisa.c), their spelling taken apart (spelling.c), the tries built of
// them (trie.c), and what is printed (emit.c, docs.c). One thread, no memory
// but these arrays; a mistake in a table ends the program with a message.
#ifndef MKISA_H_
#define MKISA_H_
#define MKISA
#include "isa/table.h"
#include <stdio.h>
#include <stdlib.h>

#ifndef ISA_TABLES
#define ISA_TABLES "isa/tables.inc"
#endif

enum { MAXROWS = 4096, MAXOPS = 2048, MAXTRIE = 0x8000, MAXKINDS = 1024 };

struct feature {
	const char *name;
	u32 leaf;
	int subleaf, reg, bit, kind, level;
	int rows, undone;
};
enum { EAX, EBX, ECX, EDX };
enum { HIDDEN, ROWS, FIXED };
enum { V1 = 1, V2, V3, V4 };

struct op {
	const char *name, *text, *feature, *reads, *writes, *undefs, *attrs;
	int done, flagset, rows;
};

// What a row demands, one mask per dimension of the tries.
struct row {
	const char *opname, *feature, *enc, *oprs, *flagtext;
	int op, map, opcode, nopcodes, attrs, kind, number;
	u8 spec[4];
	u8 want[BY_COUNT];
};

enum { NATIVES = 3 };

// mkisa.c
extern struct feature features[];
extern const size_t nfeatures;
extern struct op ops[];         // nops of them, then nleft that lost their rows
extern struct row rows[];       // nrows of them
extern const struct op merged[NATIVES];
extern int native, merging, first_native, nops, nleft, nrows;
NORETURN void die(const struct row *r, const char *what);
int has_word(const char *list, const char *word);

// spelling.c: from the text of a row to its numbers
extern struct isa_spec specs[256];
extern int nspecs;
int spec_index(struct isa_spec p);
void operands_parse(struct row *r);
void encoding_parse(struct row *r);

// trie.c: from the rows to tries, with rows numbered as decode.c expects them
extern struct isa_kind kinds[];
extern int nkinds;
extern u16 trie[];
extern int ntrie;
extern struct isa_root roots[MAP_COUNT];
extern const int by_size[BY_COUNT];
void rows_number(void);
void tries_build(void);
void rows_reachable(void);
void rows_sort(void);

// emit.c: C for the build
void print_ops(void);
void print_handlers(void);
void print_decode(void);
void print_table(void);

// docs.c: for people
void print_docs(void);
void print_stat(void);

#endif
