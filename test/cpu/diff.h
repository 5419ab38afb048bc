// diff.h: what the files of the differential instruction test share. See diff.c.
//
//   diff_rows.c    the rows of the table, what is not compared and why, counts
//   diff_state.c   random numbers, the state that a case starts from, memory
//   diff_gen.c     cases of a row
//   diff_soup.c    cases of random prefixes and bytes
//   diff_native.c  runs cases on this processor
//   diff_run.c     runs them on the interpreter and compares
//   diff_print.c   a case for people
//   diff_vectors.c cases and their outcomes as a file
//   diff.c         the whole
#ifndef TEST_CPU_DIFF_H_
#define TEST_CPU_DIFF_H_
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include "cpu/cpu.h"
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DIFF_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define DIFF_SANITIZER 1
#endif
#if HOST_X86_64 && defined(__linux__) && !defined(DIFF_SANITIZER)
#define DIFF_NATIVE 1
#else
#define DIFF_NATIVE 0
#endif

// The memory of a case, the same natively and in both models of the interpreter
enum place {
	CODE = 0x10000000, CODE_SIZE = 0x2000,  // filled with INT3; targets are on the second page
	DATA = 0x20000000, DATA_SIZE = 0x2000,  // a hole in front of it,
	RO = DATA + DATA_SIZE, RO_SIZE = 0x1000,  // a page that may only be read, then a hole
	STACK = 0x30000000, STACK_SIZE = 0x1000,
	RW_SIZE = DATA_SIZE + STACK_SIZE
};

// Segments of 16 and 32-bit cases: FS is a window whose addresses of 16 bits
// end in the middle of DATA, GS ends there itself, and 16-bit code has one of its own.
enum {
	LDT_FS = 0x07, LDT_GS = 0x0f, LDT_CODE16 = 0x17, LDT_ENTRIES = 3,
	FS_BASE = DATA + 0x1000 - 0x10000, GS_BASE = DATA, GS_LIMIT = DATA_SIZE - 1
};

enum { BATCH = 32, PATCHES = 3, PATCH = 64 };
enum { FX_SIZE = 416 };  // of an FXSAVE image, what the processor uses

struct state {
	u64 pc, r[16], base[2];  // bases of FS and GS
	u32 flags;
	u16 sel[6];
	u8 fx[FX_SIZE];    // x87, MMX, MXCSR, XMM: as FXSAVE64 stores them
	u8 high[16][16];   // upper halves of the YMM registers
};

struct patch { u64 at; int n; u8 b[PATCH]; };

struct test_case {
	u64 number;
	int row;
	u8 code[16];
	int len;
	u8 setter[16];  // an instruction in front of it that sets flags, so that
	int pre;       // they are there in every lazy form; its length or 0
	enum isa_mode mode;
	int traced;    // single-step it natively
	u64 loose;     // bits of registers that each processor has its own values for,
	u16 loose_regs;  // and those registers
	int soup;      // made by make_soup; the row is -1
	u64 mxcsr_mask;  // where FXSAVE stores the third byte of MXCSR_MASK
	struct state s;  // pc is that of the instruction, behind the setter
	struct patch patch[PATCHES];
	struct insn in;
};

struct outcome {
	int trap;  // exception vector, -1: went on to pc
	u32 error;
	int sig, code;  // the signal that Linux makes of it
	u64 addr;       // its si_addr; of a page fault CR2 as well
	struct state s;
	u8 mem[RW_SIZE];  // DATA, STACK
};

// --- diff_rows.c

// Of a row's cases: with registers only, with memory, in 32-bit code
enum form { FORM_REG, FORM_MEM, FORM_32, FORMS };
struct row {
	const char *name, *enc, *oprs, *flags, *feature;  // feature: of this encoding, or 0
	const char *why;  // no case is made, because
	int op, done;
	u64 cases[FORMS], failures;
};
extern struct row rows[];
extern const int row_count;
void rows_init(void);
u64 row_cases(const struct row *);
enum form form_of(const struct test_case *);
// Whether the row's name is among the words of `names`.
int named(const struct row *r, const char *names);
extern const char *const exceptions[];  // what is not compared and why; 0 ends it
// Why a row has no cases at all; 0 if it should have some.
const char *why_untested(const struct row *r);
// Whether results of this very instruction are known to differ.
int accepted(const struct insn *in);

// --- diff_state.c

extern u64 rng;
u64 case_seed(u64 number);  // what rng starts from
u64 rnd(void);
int one_in(unsigned n);
u64 edge(void);         // an integer
u64 vector_edge(void);  // eight bytes that may be two floats, a double or part of a long double
void state_random(struct state *);

extern u8 case_ldt[8 * LDT_ENTRIES];
u16 code_selector(enum isa_mode mode);
extern int have_ldt;  // or there are cases of 64-bit code only
extern u8 *image;  // what DATA and STACK hold at the start of every case, and RO
extern u8 *image_ro;
void make_image(void);
// Puts the case's patches into a copy of the image whose parts are at data and stack.
void patch_image(u8 *data, u8 *stack, const struct test_case *t);

// --- diff_gen.c

// Bytes of the instruction that lie on the code pages; the rest is a hole.
int code_there(const struct test_case *t);
// Makes case `number` of a row; the same number gives the same case. -1: there is none.
int make_case(struct test_case *t, int rowno, u64 number);

// --- diff_soup.c

// The same for prefixes and bytes at random.
int make_soup(struct test_case *t, u64 number);

// --- diff_native.c

// Starts the child. `view` is a writable view of the file of code pages.
int native_init(int code_fd, u8 *view);
void native_stop(void);
// BATCH of each, in memory shared with the child
struct test_case *native_cases(void);
struct outcome *native_outcomes(void);
// Runs cases from `first` up to n. Returns where it ended: less than n if the
// child died of that case (it is started again).
int native_run(int first, int n);
// Whether the child or this process has memory of its own at `at`, of which no
// case can know
int native_has(u64 at);
// A new child, in place of one whose memory a case may have changed
void native_again(void);

// --- diff_run.c

enum { ENGINES = 3 };
extern const char *const engine_names[];
void run_init(int code_fd, u8 *view);
// The same, with code pages of its own, for tests without silicon. 0, or -1 if
// it said why not.
int run_alone(void);
// Runs the case and compares with what the processor did: 0 if equal. With
// `say` prints the differences.
int run_compare(const struct outcome *native, const struct test_case *t, int engine, int say);
// Where the interpreter's last case had its page fault; 0 if it had none
u64 run_fault(void);

// Results of x87's transcendental functions that differ from the recording in
// the last bit, on hosts that compute them
extern u64 last_bits;

// --- diff_vectors.c

// What an instruction does that does nothing
void outcome_idle(struct outcome *o, const struct test_case *t);
// One case and what it did
void vector_write(FILE *f, const struct test_case *t, const struct outcome *o);
// 1; 0 at the end of the file; -1 if it is none
int vector_read(FILE *f, struct test_case *t, struct outcome *o);

// --- diff_print.c

extern const char *const reg_names[];
void flag_text(char *s, u32 flags);
void print_case(const struct test_case *t, const char *engine);
void print_vectors(const struct test_case *t);

#endif
