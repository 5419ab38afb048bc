// diff_soup.c: cases that no row foresees: more prefixes than an instruction
// needs, in any order, and bytes at random. The decoder has to refuse what the
// processor refuses, and to take for the same instruction what it takes.
#include "diff.h"
#include <assert.h>

// Whether the bytes are an instruction of this processor that ours does not
// have and does not claim to: AVX-512 with its mask registers, SSE4A and what
// AMD put behind 0F 01.
static int
beyond(const u8 *code, int n, enum isa_mode mode)
{
	int i, op, rep = 0, op66 = 0, lock = 0;
	u8 b[20];
	memset(b, 0, sizeof b);
	memcpy(b, code, (size_t)n);
	for (i = 0; i < n; ++i) {
		op = b[i];
		lock |= op == 0xf0;
		op66 |= op == 0x66;
		if (op == 0xf2 || op == 0xf3)
			rep = op;
		else if (op == 0x66 && !rep)
			rep = op;
		else if (op != 0x67 && op != 0x66 && op != 0xf0 && op != 0x64 && op != 0x65 && (op & 0xe7) != 0x26 &&
		         !(mode == MODE_64 && (op & 0xf0) == 0x40))
			break;
	}
	op = b[i];
	if (op == 0x62)
		return mode == MODE_64 || b[i + 1] >= 0xc0;
	if (op == 0xc5 && (mode == MODE_64 || b[i + 1] >= 0xc0)) {
		op = b[i + 2];
		return (op >= 0x41 && op <= 0x4b) || (op >= 0x90 && op <= 0x93) || op == 0x98 || op == 0x99;
	}
	if (op == 0xc4 && (mode == MODE_64 || b[i + 1] >= 0xc0)) {
		op = b[i + 3];
		if ((b[i + 1] & 31) == 1)
			return (op >= 0x41 && op <= 0x4b) || (op >= 0x90 && op <= 0x93) || op == 0x98 || op == 0x99;
		// VPERMQ and VPERMPD do without W there
		return (b[i + 1] & 31) == 3 && ((op >= 0x30 && op <= 0x33) || (op <= 1 && !(b[i + 2] & 0x80)));
	}
	if (op == 0x8f && ((b[i + 1] & 31) >= 8 || (i > 3 && b[i + 1] & 0x38)))
		return 1;  // XOP, gone from newer processors but for its length, which may be beyond 15
	// near branches with 66: see accepted()
	if (op66 && mode == MODE_64 && (op == 0xe8 || op == 0xe9))
		return 1;
	if (op != 0x0f)
		return 0;
	op = b[i + 1];
	if (op66 && mode == MODE_64 && (op & 0xf0) == 0x80)
		return 1;
	if (op == 0x01)
		return b[i + 2] >= 0xc0 && (b[i + 2] < 0xe0 || b[i + 2] > 0xf7);
	// LOCK MOV of CR0 is CR8; LOCK VERW is legal
	if (lock && (op == 0x20 || op == 0x22 || (op == 0x00 && (b[i + 2] & 0x38) == 0x28)))
		return 1;
	// UD0 and UD1 have no ModRM there
	return op == 0xff || op == 0xb9 || op == 0x78 || op == 0x79 || (op == 0x2b && rep >= 0xf2);
}

static int
some_prefix(enum isa_mode mode)
{
	static const u8 p[] = {0x66, 0x66, 0x67, 0xf2, 0xf2, 0xf3, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
	return mode == MODE_64 && one_in(3) ? 0x40 | (int)(rnd() & 15) : p[rnd() % COUNTOF(p)];
}

// A case of some row with more prefixes in front of it or behind its own
static int
more_prefixes(struct test_case *t)
{
	int rowno = (int)(rnd() % (unsigned)row_count), add = one_in(12) ? (int)(rnd() % 13) : 1 + (int)(rnd() % 3), i, at;
	u8 b[40];
	u64 number = t->number, state;
	if (why_untested(&rows[rowno]))
		return -1;
	state = rnd();
	if (make_case(t, rowno, number))
		return -1;
	t->number = number;
	rng = state;
	memcpy(b, t->code, 16);
	for (i = 0; b[i] == 0x67 || b[i] == 0x64 || b[i] == 0x65; ++i)
		;
	if (t->in.vex && one_in(4)) {
		// VEX bits that the row does not have
		b[i + 1 + (t->in.vex == 3 && !one_in(4))] ^= (u8)(1 << rnd() % 8);
		if (one_in(2)) {
			memcpy(t->code, b, 15);
			return 0;
		}
	}
	for (i = 0; i < add; ++i) {
		at = one_in(3) ? (int)(rnd() % 3) : 0;
		memmove(b + at + 1, b + at, 16);
		b[at] = (u8)some_prefix(t->mode);
		if (t->len + i >= 15)
			break;
	}
	memcpy(t->code, b, 15);
	return 0;
}

static void
random_bytes(struct test_case *t)
{
	int n = 0, i;
	state_random(&t->s);
	t->mode = MODE_64;
	if (have_ldt && one_in(4)) {
		t->mode = one_in(3) ? MODE_16 : MODE_32;
		t->s.base[0] = FS_BASE;
		t->s.base[1] = GS_BASE;
	}
	for (i = (int)(rnd() % 4); i > 0; --i)
		t->code[n++] = (u8)some_prefix(t->mode);
	switch (rnd() % 6) {
	case 0: t->code[n++] = 0x0f; break;
	case 1: t->code[n++] = 0x0f; t->code[n++] = one_in(2) ? 0x38 : 0x3a; break;
	case 2: t->code[n++] = 0xc5; break;
	case 3: t->code[n++] = 0xc4; t->code[n++] = (u8)((rnd() & 0xe0) | (one_in(8) ? rnd() & 31 : 1 + rnd() % 3)); break;
	case 4: t->code[n++] = (u8)(0xd8 | (rnd() & 7)); break;
	default: break;
	}
	while (n < 15)
		t->code[n++] = (u8)rnd();
	for (i = 0; i < 16; ++i)
		if (one_in(2))
			t->s.r[i] = DATA + 0x800 + (rnd() & 0xff8);
	t->s.r[GPR_SP] = STACK + 0x600 + (rnd() & 0x1f8);
	t->s.pc = CODE + 0x800 + (rnd() & 0xff);
}

// Whether the two processors may be asked.
static int
safe(struct test_case *t)
{
	const struct insn *in = &t->in;
	if (beyond(t->code, 15, t->mode))
		return 0;
	if (!t->len)
		return 1;
	assert(rows[in->row].op == in->op);
	if (why_untested(&rows[in->row]) || accepted(in))
		return 0;
	switch (in->op) {
	case OP_INT:
		return (u8)in->imm != 0x80;
	case OP_IRET: case OP_RETF: case OP_CALLF: case OP_JMPF:
	case OP_SYSCALL: case OP_SYSENTER: case OP_CPUID: case OP_RDTSC: case OP_RDTSCP:
	case OP_RDPID: case OP_RDRAND: case OP_RDSEED: case OP_INT1: case OP_XGETBV:
		return 0;  // as the row's cases have it
	case OP_LSL:
	case OP_SLDT: case OP_STR: case OP_SMSW: case OP_SGDT: case OP_SIDT:
		return 0;  // the kernel emulates these, and does not expect odd prefixes
	case OP_FXSAVE: case OP_XSAVE: case OP_XSAVEOPT: case OP_XSAVEC: case OP_XRSTOR:
	case OP_FXRSTOR: case OP_LDMXCSR:
		return 0;  // bits that only AMD has
	default:
		break;
	}
	if ((isa_attrs[in->op] & ISA_BRANCH) && t->mode == MODE_64)
		for (int i = 0; i < 14 && (t->code[i] != 0x0f); ++i)
			if (t->code[i] == 0x66)
				return 0;
	if (in->nopr && in->opr[0].kind == OPR_REL && in->imm + 16 <= 32)
		return 0;  // into itself
	return 1;
}

int
make_soup(struct test_case *t, u64 number)
{
	int n;
#ifdef TINY
	return -1;  // without the rows that it leaves out, bytes are another instruction
#endif
	rng = case_seed(number) ^ 54321;
	memset(t, 0, sizeof *t);
	t->number = number;
	if (one_in(3)) {
		random_bytes(t);
	} else if (more_prefixes(t)) {
		return -1;
	}
	t->row = -1;
	t->soup = 1;
	t->pre = 0;
	n = isa_decode(&t->in, t->code, 15, t->mode);
	t->len = n > 0 ? n : 0;
	if (!safe(t))
		return -1;
	// Nobody knows where what the decoder refuses would end: step it.
	t->traced = !t->len || isa_attrs[t->in.op] & ISA_BRANCH;
	if (!t->len) {
		t->in.op = OP_NONE;
		t->len = 15;
	}
	if (t->s.pc + 16 > CODE + CODE_SIZE || (t->s.pc + 16 > CODE + 0x1000 && t->s.pc < CODE + 0x1000))
		t->s.pc = CODE + 0x800;
	if (t->mode != MODE_64)
		for (int i = 0; i < 16; ++i)
			t->s.r[i] = (u32)t->s.r[i];
	memset(t->code + t->len, 0xcc, (size_t)(16 - t->len));
	return 0;
}
