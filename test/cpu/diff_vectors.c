// diff_vectors.c: cases and what silicon made of them, as a file, so that hosts
// of other kinds are tested too. vectors_test.c replays test/cpu/silicon.vec;
// `make record-isa` writes it on an x86-64 host.
//
// The file is a few lines of text that name the processor, an empty line, and
// the cases. State is stored as what differs from a state that random numbers
// give again (state_random: whoever changes it records anew). Numbers are
// LEB128.
#include "diff.h"

enum { WORDS = 22 + FX_SIZE / 8 + 32 };

struct stream { FILE *f; int bad; };

static void
put(struct stream *s, u64 x)
{
	for (; x > 127; x >>= 7)
		putc((int)(x & 127) | 128, s->f);
	putc((int)x, s->f);
}

static u64
get(struct stream *s)
{
	u64 x = 0;
	int c, shift = 0;
	do {
		c = getc(s->f);
		if (c == EOF || shift > 63) {
			s->bad = 1;
			return 0;
		}
		x |= (u64)(c & 127) << shift;
		shift += 7;
	} while (c & 128);
	return x;
}

static void
put_bytes(struct stream *s, const u8 *b, int n)
{
	fwrite(b, 1, (size_t)n, s->f);
}

static void
get_bytes(struct stream *s, u8 *b, u64 n, u64 max)
{
	if (n > max || fread(b, 1, (size_t)n, s->f) != n)
		s->bad = 1;
}

// The state as an array of words
static u64
word(const struct state *s, int i)
{
	if (i < 16)
		return s->r[i];
	if (i < 18)
		return s->base[i - 16];
	if (i == 18)
		return s->flags;
	if (i == 19)
		return s->pc;
	if (i == 20)
		return s->sel[0] | (u64)s->sel[1] << 16 | (u64)s->sel[2] << 32 | (u64)s->sel[3] << 48;
	if (i == 21)
		return s->sel[4] | (u64)s->sel[5] << 16;
	i -= 22;
	if (i < FX_SIZE / 8)
		return ld64(s->fx + 8 * i);
	i -= FX_SIZE / 8;
	return ld64(s->high[i / 2] + 8 * (i & 1));
}

static void
set_word(struct state *s, int i, u64 x)
{
	int j;
	if (i < 16) {
		s->r[i] = x;
	} else if (i < 18) {
		s->base[i - 16] = x;
	} else if (i == 18) {
		s->flags = (u32)x;
	} else if (i == 19) {
		s->pc = x;
	} else if (i < 22) {
		for (j = 4 * (i - 20); j < 6 && j < 4 * (i - 19); ++j)
			s->sel[j] = (u16)(x >> 16 * (j & 3));
	} else if (i < 22 + FX_SIZE / 8) {
		st64(s->fx + 8 * (i - 22), x);
	} else {
		i -= 22 + FX_SIZE / 8;
		st64(s->high[i / 2] + 8 * (i & 1), x);
	}
}

static void
put_difference(struct stream *out, const struct state *from, const struct state *to)
{
	int i, n = 0;
	for (i = 0; i < WORDS; ++i)
		n += word(from, i) != word(to, i);
	put(out, (u64)n);
	for (i = 0; i < WORDS; ++i)
		if (word(from, i) != word(to, i)) {
			put(out, (u64)i);
			put(out, word(from, i) ^ word(to, i));
		}
}

static void
get_difference(struct stream *in, struct state *s)
{
	u64 n = get(in);
	while (n-- && !in->bad) {
		u64 i = get(in), x = get(in);
		if (i < WORDS)
			set_word(s, (int)i, word(s, (int)i) ^ x);
		else
			in->bad = 1;
	}
}

// What the state of a case is told from
static void
base_state(struct state *s, u64 number, enum isa_mode mode)
{
	int i;
	rng = case_seed(number);
	state_random(s);
	if (mode != MODE_64) {
		s->base[0] = FS_BASE;
		s->base[1] = GS_BASE;
		for (i = 0; i < 16; ++i)
			s->r[i] = (u32)s->r[i];
	}
}

// The state that an instruction leaves that does nothing
static void
idle_state(struct state *s, const struct test_case *t)
{
	*s = t->s;
	s->pc += (u64)t->len;
	s->sel[SEG_CS] = code_selector(t->mode);
	s->sel[SEG_SS] = 0x2b;
	if (t->mode != MODE_64) {
		s->sel[SEG_DS] = s->sel[SEG_ES] = 0x2b;
		s->sel[SEG_FS] = LDT_FS;
		s->sel[SEG_GS] = LDT_GS;
	}
}

static void
memory_before(u8 *mem, const struct test_case *t)
{
	memcpy(mem, image, RW_SIZE);
	patch_image(mem, mem + DATA_SIZE, t);
}

void
outcome_idle(struct outcome *o, const struct test_case *t)
{
	memset(o, 0, offsetof(struct outcome, mem));
	o->trap = -1;
	idle_state(&o->s, t);
	memory_before(o->mem, t);
}

// Tells operations apart
static u64
name_hash(const char *name)
{
	u32 h = 0;
	while (*name)
		h = h * 31 + (u8)*name++;
	return h & 0x3fff;
}

void
vector_write(FILE *f, const struct test_case *t, const struct outcome *o)
{
	static u8 before[RW_SIZE];
	struct stream out;
	struct state s;
	int i, j, n = 0;
	out.f = f;
	put(&out, t->number);
	put(&out, name_hash(rows[t->row].name));
	put(&out, (u64)(t->mode | t->traced << 2 | (t->mxcsr_mask != 0) << 3 | (o->trap >= 0) << 4 | (t->loose_regs != 0) << 5));
	if (t->mxcsr_mask)
		put(&out, t->mxcsr_mask);
	if (t->loose_regs) {
		put(&out, t->loose_regs);
		put(&out, t->loose);
	}
	put(&out, (u64)t->len);
	put_bytes(&out, t->code, t->len);
	put(&out, (u64)t->pre);
	put_bytes(&out, t->setter, t->pre);
	base_state(&s, t->number, t->mode);
	put_difference(&out, &s, &t->s);
	for (i = 0; i < PATCHES; ++i)
		n += t->patch[i].n != 0;
	put(&out, (u64)n);
	for (i = 0; i < PATCHES; ++i)
		if (t->patch[i].n) {
			put(&out, t->patch[i].at);
			put(&out, (u64)t->patch[i].n);
			put_bytes(&out, t->patch[i].b, t->patch[i].n);
		}
	// The outcome
	if (o->trap >= 0) {
		put(&out, (u64)o->trap);
		put(&out, o->error);
		put(&out, (u64)o->sig);
		put(&out, (u64)o->code);
		put(&out, o->addr);
	}
	idle_state(&s, t);
	put_difference(&out, &s, &o->s);
	memory_before(before, t);
	for (i = 0; i < RW_SIZE; i = j) {
		for (j = i; j < RW_SIZE && before[j] != o->mem[j]; ++j)
			;
		if (j > i) {
			put(&out, (u64)(j - i));
			put(&out, (u64)i);
			put_bytes(&out, o->mem + i, j - i);
		} else {
			++j;
		}
	}
	put(&out, 0);
}

// The row that the code of t belongs to, or -1
static int
row_of(struct test_case *t)
{
	int n = isa_decode(&t->in, t->code, 15, t->mode);
	if (n != t->len)
		t->in.op = OP_NONE;
	return t->in.op == OP_NONE ? -1 : t->in.row;
}

int
vector_read(FILE *f, struct test_case *t, struct outcome *o)
{
	struct stream in;
	u64 what, n, at, name;
	int i, c = getc(f);
	if (c == EOF)
		return 0;
	ungetc(c, f);
	in.f = f;
	in.bad = 0;
	memset(t, 0, sizeof *t);
	t->number = get(&in);
	name = get(&in);
	what = get(&in);
	t->mode = (enum isa_mode)(what & 3);
	t->traced = what >> 2 & 1;
	if (what >> 3 & 1)
		t->mxcsr_mask = get(&in);
	if (what >> 5 & 1) {
		t->loose_regs = (u16)get(&in);
		t->loose = get(&in);
	}
	memset(t->code, 0xcc, sizeof t->code);
	t->len = (int)get(&in);
	get_bytes(&in, t->code, (u64)t->len, 15);
	t->pre = (int)get(&in);
	get_bytes(&in, t->setter, (u64)t->pre, sizeof t->setter);
	base_state(&t->s, t->number, t->mode);
	get_difference(&in, &t->s);
	n = get(&in);
	if (n > PATCHES)
		return -1;
	for (i = 0; i < (int)n; ++i) {
		t->patch[i].at = get(&in);
		t->patch[i].n = (int)get(&in);
		get_bytes(&in, t->patch[i].b, (u64)t->patch[i].n, PATCH);
	}
	outcome_idle(o, t);
	if (what >> 4 & 1) {
		o->trap = (int)get(&in);
		o->error = (u32)get(&in);
		o->sig = (int)get(&in);
		o->code = (int)get(&in);
		o->addr = get(&in);
	}
	get_difference(&in, &o->s);
	while (!in.bad && (n = get(&in))) {
		at = get(&in);
		if (at > RW_SIZE)
			return -1;
		get_bytes(&in, o->mem + at, n, RW_SIZE - at);
	}
	t->row = row_of(t);
	if (t->row >= 0 && name_hash(rows[t->row].name) != name)
		t->row = -1;  // without its own row the bytes are something else
	return in.bad ? -1 : 1;
}
