// manual_test.c: rows of the table that the processors at hand do not have, or
// see otherwise, so that no case of test/cpu/diff and no recorded vector can
// prove them: as the manual says, in every mode and on all engines.
//
// Source: SDM vol 2 MOVDIRI, MOVDIR64B, SERIALIZE; NOP of 0F 0D with a register
// as the opcode map's reserved NOPs.
#include "diff.h"

enum {
	SOURCE = DATA + 0x803,    // 64 bytes from here on are known
	LINE = DATA + 0xc40,      // aligned by 64
	HOLE = RO + RO_SIZE + 0x40,
	ALL = 7                   // modes, by bits of enum isa_mode
};
#define ODD_LINE (LINE + 1)
#define BAD 0x800000000000u  // not canonical

enum effect { NOTHING, STORE, COPY, FAULT };
struct manual {
	const char *shows;
	int modes;          // in which these bytes are run
	u8 code[12];
	int len;
	u64 ax, dx;         // addresses in RAX and RDX
	enum effect effect;
	u64 at;             // what is written, or the fault's address
	int n, trap;        // how many bytes; the vector of FAULT
	u32 error;
};
enum { M16 = 1 << MODE_16, M32 = 1 << MODE_32, M64 = 1 << MODE_64 };

// In all of them [rAX] or [rBX+rSI] (16-bit addresses; both halves of RAX) is
// memory, and rDX is the register.
static const struct manual table[] = {
	{"MOVDIRI stores 32 bits", M32 | M64, {0x0f, 0x38, 0xf9, 0x10}, 4, LINE, 0, STORE, LINE, 4, 0, 0},
	{"MOVDIRI stores 64 bits with REX.W", M64, {0x48, 0x0f, 0x38, 0xf9, 0x10}, 5, LINE, 0, STORE, LINE, 8, 0, 0},
	{"MOVDIRI is not aligned by itself", M64, {0x48, 0x0f, 0x38, 0xf9, 0x10}, 5, DATA + 0xffd, 0, STORE, DATA + 0xffd, 8, 0, 0},
	{"MOVDIRI with addresses of 32 bits", M64, {0x67, 0x0f, 0x38, 0xf9, 0x10}, 5, 0x12345678ull << 32 | LINE, 0, STORE, LINE, 4, 0, 0},
	{"MOVDIRI in 16-bit code stores 32 bits", M16, {0x67, 0x0f, 0x38, 0xf9, 0x10}, 5, LINE, 0, STORE, LINE, 4, 0, 0},
	{"MOVDIRI with addresses of 16 bits", M16, {0x64, 0x0f, 0x38, 0xf9, 0x10}, 5, LINE, 0, STORE, DATA + 0xfc0, 4, 0, 0},
	{"MOVDIRI through FS", M64, {0x64, 0x0f, 0x38, 0xf9, 0x10}, 5, LINE - 0x3000, 0, STORE, LINE, 4, 0, 0},
	{"MOVDIRI through FS of 32-bit code", M32, {0x64, 0x0f, 0x38, 0xf9, 0x10}, 5, LINE - FS_BASE, 0, STORE, LINE, 4, 0, 0},
	{"MOVDIRI beyond a segment's limit", M32, {0x65, 0x0f, 0x38, 0xf9, 0x10}, 5, GS_LIMIT - 2, 0, FAULT, 0, 0, VEC_GP, 0},
	{"MOVDIRI to a page that is read-only", M32 | M64, {0x0f, 0x38, 0xf9, 0x10}, 4, RO, 0, FAULT, RO, 0, VEC_PF, 7},
	{"MOVDIRI across into it", M64, {0x48, 0x0f, 0x38, 0xf9, 0x10}, 5, RO - 4, 0, FAULT, RO, 0, VEC_PF, 7},
	{"MOVDIRI to no page", M32 | M64, {0x0f, 0x38, 0xf9, 0x10}, 4, HOLE, 0, FAULT, HOLE, 0, VEC_PF, 6},
	{"MOVDIRI to no address", M64, {0x0f, 0x38, 0xf9, 0x10}, 4, BAD, 0, FAULT, 0, 0, VEC_GP, 0},
	{"MOVDIRI with a register", ALL, {0x0f, 0x38, 0xf9, 0xd0}, 4, LINE, 0, FAULT, 0, 0, VEC_UD, 0},
	{"MOVDIRI with LOCK", ALL, {0xf0, 0x0f, 0x38, 0xf9, 0x10}, 5, LINE, 0, FAULT, 0, 0, VEC_UD, 0},
	{"MOVDIRI with 66", ALL, {0x66, 0x0f, 0x38, 0xf9, 0x10}, 5, LINE, 0, FAULT, 0, 0, VEC_UD, 0},
	{"MOVDIRI with F3", ALL, {0xf3, 0x0f, 0x38, 0xf9, 0x10}, 5, LINE, 0, FAULT, 0, 0, VEC_UD, 0},
	{"MOVDIRI with F2", ALL, {0xf2, 0x0f, 0x38, 0xf9, 0x10}, 5, LINE, 0, FAULT, 0, 0, VEC_UD, 0},

	{"MOVDIR64B copies 64 bytes", M32 | M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, SOURCE, LINE, COPY, LINE, 64, 0, 0},
	{"MOVDIR64B copies onto its source", M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, SOURCE, DATA + 0x800, COPY, DATA + 0x800, 64, 0, 0},
	{"MOVDIR64B reads across pages", M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, DATA + 0xfdf, LINE, COPY, LINE, 64, 0, 0},
	{"MOVDIR64B reads a page that is read-only", M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, RO - 13, LINE, COPY, LINE, 64, 0, 0},
	{"MOVDIR64B with REX.W", M64, {0x66, 0x48, 0x0f, 0x38, 0xf8, 0x10}, 6, SOURCE, LINE, COPY, LINE, 64, 0, 0},
	{"MOVDIR64B with addresses of 32 bits, both", M64, {0x66, 0x67, 0x0f, 0x38, 0xf8, 0x10}, 6, 5ull << 32 | SOURCE, 9ull << 32 | LINE, COPY, LINE, 64, 0, 0},
	{"MOVDIR64B in 16-bit code", M16, {0x66, 0x67, 0x0f, 0x38, 0xf8, 0x10}, 6, SOURCE, LINE, COPY, LINE, 64, 0, 0},
	{"MOVDIR64B with addresses of 16 bits", M16, {0x66, 0x64, 0x0f, 0x38, 0xf8, 0x10}, 6, 0, LINE, FAULT, LINE & 0xffff, 0, VEC_PF, 6},
	{"MOVDIR64B reads through FS, writes without", M64, {0x66, 0x64, 0x0f, 0x38, 0xf8, 0x10}, 6, SOURCE - 0x3000, LINE, COPY, LINE, 64, 0, 0},
	{"MOVDIR64B of 32-bit code, through FS", M32, {0x66, 0x64, 0x0f, 0x38, 0xf8, 0x10}, 6, SOURCE - FS_BASE, LINE, COPY, LINE, 64, 0, 0},
	{"MOVDIR64B reads beyond a segment's limit", M32, {0x66, 0x65, 0x0f, 0x38, 0xf8, 0x10}, 6, GS_LIMIT - 62, LINE, FAULT, 0, 0, VEC_GP, 0},
	{"MOVDIR64B reads up to a segment's limit", M32, {0x66, 0x65, 0x0f, 0x38, 0xf8, 0x10}, 6, GS_LIMIT - 63, LINE, COPY, LINE, 64, 0, 0},
	{"MOVDIR64B to an address that is not aligned", M32 | M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, SOURCE, ODD_LINE, FAULT, 0, 0, VEC_GP, 0},
	{"MOVDIR64B to 32 bytes, not 64", M32 | M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, SOURCE, LINE + 32, FAULT, 0, 0, VEC_GP, 0},
	{"MOVDIR64B to a page that is read-only", M32 | M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, SOURCE, RO + 64, FAULT, RO + 64, 0, VEC_PF, 7},
	{"MOVDIR64B to no page", M32 | M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, SOURCE, HOLE, FAULT, HOLE, 0, VEC_PF, 6},
	{"MOVDIR64B to no address", M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, SOURCE, BAD, FAULT, 0, 0, VEC_GP, 0},
	{"MOVDIR64B from no page", M32 | M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, HOLE + 1, LINE, FAULT, HOLE + 1, 0, VEC_PF, 4},
	{"MOVDIR64B across into no page", M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, RO + RO_SIZE - 9, LINE, FAULT, RO + RO_SIZE, 0, VEC_PF, 4},
	{"MOVDIR64B from no address", M64, {0x66, 0x0f, 0x38, 0xf8, 0x10}, 5, BAD, LINE, FAULT, 0, 0, VEC_GP, 0},
	{"MOVDIR64B with a register", ALL, {0x66, 0x0f, 0x38, 0xf8, 0xd0}, 5, SOURCE, LINE, FAULT, 0, 0, VEC_UD, 0},
	{"MOVDIR64B with LOCK", ALL, {0xf0, 0x66, 0x0f, 0x38, 0xf8, 0x10}, 6, SOURCE, LINE, FAULT, 0, 0, VEC_UD, 0},
	{"MOVDIR64B with F3 (ENQCMDS)", ALL, {0xf3, 0x0f, 0x38, 0xf8, 0x10}, 5, SOURCE, LINE, FAULT, 0, 0, VEC_UD, 0},
	{"MOVDIR64B with F2 (ENQCMD)", ALL, {0xf2, 0x0f, 0x38, 0xf8, 0x10}, 5, SOURCE, LINE, FAULT, 0, 0, VEC_UD, 0},
	{"0F 38 F8 without 66", ALL, {0x0f, 0x38, 0xf8, 0x10}, 4, SOURCE, LINE, FAULT, 0, 0, VEC_UD, 0},

	{"SERIALIZE changes nothing", ALL, {0x0f, 0x01, 0xe8}, 3, 1, 2, NOTHING, 0, 0, 0, 0},
	{"SERIALIZE with REX", M64, {0x4f, 0x0f, 0x01, 0xe8}, 4, 1, 2, NOTHING, 0, 0, 0, 0},
	{"SERIALIZE with segment and address size", ALL, {0x64, 0x67, 0x0f, 0x01, 0xe8}, 5, 1, 2, NOTHING, 0, 0, 0, 0},
	{"SERIALIZE with LOCK", ALL, {0xf0, 0x0f, 0x01, 0xe8}, 4, 1, 2, FAULT, 0, 0, VEC_UD, 0},
	{"SERIALIZE with 66", ALL, {0x66, 0x0f, 0x01, 0xe8}, 4, 1, 2, FAULT, 0, 0, VEC_UD, 0},
	{"SERIALIZE with F3", ALL, {0xf3, 0x0f, 0x01, 0xe8}, 4, 1, 2, FAULT, 0, 0, VEC_UD, 0},
	{"SERIALIZE with F2", ALL, {0xf2, 0x0f, 0x01, 0xe8}, 4, 1, 2, FAULT, 0, 0, VEC_UD, 0},

	{"NOP 0F 0D of a register", ALL, {0x0f, 0x0d, 0xc2}, 3, 1, 2, NOTHING, 0, 0, 0, 0},
	{"NOP 0F 0D /7 of 16 bits", ALL, {0x66, 0x0f, 0x0d, 0xfa}, 4, 1, 2, NOTHING, 0, 0, 0, 0},
	{"NOP 0F 0D of R15", M64, {0x4f, 0x0f, 0x0d, 0xff}, 4, 1, 2, NOTHING, 0, 0, 0, 0},
	{"NOP 0F 0D with LOCK", ALL, {0xf0, 0x0f, 0x0d, 0xc2}, 4, 1, 2, FAULT, 0, 0, VEC_UD, 0}
};

static int failures, runs;

// Whether this build has the row that the statement begins with
static int
has_row(const struct manual *m)
{
	int i, k;
	for (i = 0; i < row_count; ++i) {
		for (k = 0; rows[i].name[k] && (m->shows[k] | 32) == (rows[i].name[k] | 32);)
			++k;
		if (!rows[i].name[k] && m->shows[k] == ' ')
			return rows[i].done;
	}
	return m->shows[0] == '0';
}

static void
copy_guest(u8 *to, const struct outcome *o, u64 from, int n)
{
	int i;
	for (i = 0; i < n; ++i, ++from)
		to[i] = from >= RO && from < RO + RO_SIZE ? image_ro[from - RO] : o->mem[from - DATA];
}

// What the manual says becomes of t
static void
expect(struct outcome *o, const struct test_case *t, const struct manual *m, int align)
{
	u8 b[64];
	outcome_idle(o, t);
	o->s.base[0] = t->s.base[0];
	switch (align ? FAULT : m->effect) {
	case STORE:
		st64(b, t->s.r[GPR_DX]);
		memcpy(o->mem + (m->at - DATA), b, (size_t)m->n);
		break;
	case COPY:
		copy_guest(b, o, (u32)t->s.r[GPR_AX] + (t->in.seg >= SEG_FS ? t->s.base[t->in.seg - SEG_FS] : 0), 64);
		memcpy(o->mem + (m->at - DATA), b, 64);
		break;
	case FAULT:
		o->trap = align ? (int)VEC_AC : m->trap;
		o->error = m->error;
		o->s.pc = t->s.pc;
		o->s.flags |= FLAG_RF;
		o->sig = o->trap == VEC_UD ? 4 : o->trap == VEC_AC ? 7 : 11;
		o->code = o->trap == VEC_UD ? 2 : o->trap == VEC_GP ? 0x80 : o->trap == VEC_AC || !(m->error & 1) ? 1 : 2;
		o->addr = o->trap == VEC_UD ? t->s.pc : o->trap == VEC_PF ? m->at : 0;
		break;
	default:
		break;
	}
}

static void
run(const struct manual *m, enum isa_mode mode, int align)
{
	static struct test_case t;
	static struct outcome o;
	int engine, i;
	memset(&t, 0, sizeof t);
	rng = case_seed((u64)(m - table));
	state_random(&t.s);
	t.mode = mode;
	t.s.base[0] = mode == MODE_64 ? 0x3000 : FS_BASE;
	t.s.base[1] = mode == MODE_64 ? 0x5000 : GS_BASE;
	t.s.r[GPR_AX] = m->ax;
	t.s.r[GPR_DX] = m->dx ? m->dx : t.s.r[GPR_DX];
	t.s.r[GPR_BX] = 0xf000;
	t.s.r[GPR_SI] = 0xfc0;
	t.s.r[GPR_SP] = STACK + 0x700;
	t.s.pc = CODE + 0x800;
	if (align)
		t.s.flags |= FLAG_AC;
	if (mode != MODE_64)
		for (i = 0; i < 16; ++i)
			t.s.r[i] = (u32)t.s.r[i];
	memset(t.code, 0xcc, sizeof t.code);
	memcpy(t.code, m->code, (size_t)m->len);
	t.len = m->len;
	if (isa_decode(&t.in, t.code, 15, mode) <= 0)
		t.in.op = OP_NONE;
	t.row = t.in.op == OP_NONE ? -1 : (int)t.in.row;
	expect(&o, &t, m, align);
	for (engine = 0; engine < ENGINES; ++engine) {
		++runs;
		if (!run_compare(&o, &t, engine, 0))
			continue;
		++failures;
		printf("failed: %s%s\n", m->shows, align ? ", with EFLAGS.AC" : "");
		print_case(&t, engine_names[engine]);
		run_compare(&o, &t, engine, 1);
		break;
	}
}

int
main(void)
{
	int i, mode;
	if (run_alone())
		return 0;
	for (i = 0; i < (int)COUNTOF(table); ++i)
		for (mode = MODE_16; mode <= MODE_64; ++mode) {
#ifdef TINY  // knows 64-bit code only
			if (mode != MODE_64)
				continue;
#endif
			if (!(table[i].modes >> mode & 1) || !has_row(&table[i]))
				continue;
			run(&table[i], (enum isa_mode)mode, 0);
			if (table[i].effect == STORE && table[i].at & (u64)(table[i].n - 1))
				run(&table[i], (enum isa_mode)mode, 1);
		}
	printf("manual: %d runs of %d statements, %d failed\n", runs, (int)COUNTOF(table), failures);
	return failures != 0;
}
