// diff_gen.c: makes cases of a row: its bytes, and a state in which they do
// something.
#include "diff.h"

struct plan {
	int prefix;    // mandatory: 0, 0x66, 0xf2, 0xf3
	int np, nfx, rexw, vex, vexmap, vexpp, vexl, vexw, vexused, vsib;
	int bytes[4], nbytes, plus;
	int modrm, digit;  // ModRM byte is needed; its reg field or -1
};

static int
plan_row(struct plan *p, const struct row *r)
{
	char text[64], *w, *end;
	memset(p, 0, sizeof *p);
	p->digit = -1;
	p->vexw = p->vexl = -1;
	snprintf(text, sizeof text, " %s", r->oprs);
	p->vsib = strstr(text, " vm") != 0;
	p->vexused = strstr(text, " v") || strstr(text, " V");
	snprintf(text, sizeof text, "%s", r->enc);
	for (w = strtok_r(text, " ", &end); w; w = strtok_r(0, " ", &end)) {
		if (!strncmp(w, "EVEX.", 5))
			return -1;
		if (!strncmp(w, "VEX.", 4)) {
			char *part, *e2;
			p->vex = 1;
			for (part = strtok_r(w + 4, ".", &e2); part; part = strtok_r(0, ".", &e2)) {
				if (!strcmp(part, "0F")) p->vexmap = 1;
				else if (!strcmp(part, "0F38")) p->vexmap = 2;
				else if (!strcmp(part, "0F3A")) p->vexmap = 3;
				else if (!strcmp(part, "LZ") || !strcmp(part, "128") || !strcmp(part, "L0")) p->vexl = 0;
				else if (!strcmp(part, "256") || !strcmp(part, "L1")) p->vexl = 1;
				else if (!strcmp(part, "66")) p->vexpp = 1;
				else if (!strcmp(part, "F3")) p->vexpp = 2;
				else if (!strcmp(part, "F2")) p->vexpp = 3;
				else if (!strcmp(part, "W0")) p->vexw = 0;
				else if (!strcmp(part, "W1")) p->vexw = 1;
			}
		} else if (!strcmp(w, "NP")) {
			p->np = 1;
		} else if (!strcmp(w, "NFx")) {
			p->nfx = 1;
		} else if (!strcmp(w, "REX.W")) {
			p->rexw = 1;
		} else if (!strcmp(w, "/r")) {
			p->modrm = 1;
		} else if (w[0] == '/') {
			p->modrm = 1;
			p->digit = w[1] - '0';
		} else {
			int b = (int)strtol(w, 0, 16);
			char *plus = strchr(w, '+');
			if (!p->nbytes && !p->vex && !p->prefix && !plus && (b == 0x66 || b == 0xf2 || b == 0xf3)) {
				p->prefix = b;
			} else {
				p->bytes[p->nbytes++] = b;
				if (plus)
					p->plus = !strcmp(plus, "+cc") ? 16 : 8;
			}
		}
	}
	return 0;
}

static u8
byte_edge(void)
{
	static const u8 e[] = {0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 127, 128, 254, 255};
	return one_in(2) ? (u8)rnd() : e[rnd() & 15];
}

// The bytes of an instruction of this row; *modrm and *disp tell where those are.
static int
make_bytes(u8 *b, const struct plan *p, const struct row *r, enum isa_mode mode, int *modrm_at, int *disp_at)
{
	int n = 0, i, attrs = isa_attrs[r->op], mod, rm, modrm;
	int lock = (attrs & ISA_LOCKABLE) && one_in(4);
	*modrm_at = 0;
	if (lock)
		b[n++] = 0xf0;
	if ((attrs & ISA_STRING) && !one_in(3))
		b[n++] = one_in(2) ? 0xf2 : 0xf3;
	if (!p->prefix && !p->np && !p->vex && !strstr(r->flags, "F64") && one_in(3))
		b[n++] = 0x66;
	if (one_in(12))
		b[n++] = 0x67;
	if (one_in(mode == MODE_64 ? 12 : mode == MODE_32 && (!n || b[n - 1] != 0x67) ? 4 : 2))
		b[n++] = one_in(2) ? 0x64 : 0x65;
	if (p->prefix)
		b[n++] = (u8)p->prefix;
	if (p->vex) {
		unsigned w = p->vexw >= 0 ? (unsigned)p->vexw : (unsigned)(rnd() & 1);
		unsigned l = p->vexl >= 0 ? (unsigned)p->vexl : (unsigned)(rnd() & 1);
		unsigned rxb = mode == MODE_64 ? (unsigned)rnd() & 0xe0 : 0xe0u;
		unsigned tail = (p->vexused ? (unsigned)(rnd() & 15) : 15u) << 3 | l << 2 | (unsigned)p->vexpp;
		if (mode != MODE_64 && !one_in(16))
			tail |= 0x40;
		if (p->vexmap == 1 && p->vexw != 1 && one_in(2)) {
			b[n++] = 0xc5;
			b[n++] = (u8)((rxb & 0x80) | tail);
		} else {
			b[n++] = 0xc4;
			b[n++] = (u8)(rxb | (unsigned)p->vexmap);
			b[n++] = (u8)(w << 7 | tail);
		}
	} else if (mode == MODE_64 && (p->rexw || one_in(2))) {
		b[n++] = (u8)(0x40 | (rnd() & 15) | (p->rexw ? 8u : 0u));
	}
	for (i = 0; i < p->nbytes; ++i)
		b[n++] = (u8)p->bytes[i];
	if (p->plus)
		b[n - 1] = (u8)(b[n - 1] + rnd() % (unsigned)p->plus);
	*disp_at = n;
	if (p->modrm) {
		mod = (one_in(2) && !lock) ? 3 : (int)(rnd() % 4);
		rm = (int)(rnd() & 7);
		modrm = mod << 6 | (p->digit >= 0 ? p->digit : (int)(rnd() & 7)) << 3 | rm;
		*modrm_at = n;
		b[n++] = (u8)modrm;
		if (mod != 3 && p->vsib)
			b[n - 1] = (u8)((modrm & 0xf8) | 4), rm = 4;
		if (mod != 3 && rm == 4)
			b[n++] = (u8)rnd();
		*disp_at = n;
	}
	while (n < 15)
		b[n++] = byte_edge();
	return n;
}

// An address for an operand of `size` bytes
static u64
place_operand(const struct test_case *t, int size, int align)
{
	u64 small = rnd() % 64;
	if (t->in.asize == 2 && one_in(6))
		return DATA + 0x1000 - small;
	switch (rnd() % 32) {
	case 0: case 1: return DATA + 0x1000 - small;
	case 2: return RO + (rnd() & 0xf00) + small;
	case 3: return RO - small;
	case 4: return RO + RO_SIZE - small;
	case 5: return one_in(2) ? DATA - small : RO + RO_SIZE + 0x100;
	case 6: return one_in(4) ? (t->in.asize == 8 ? 0x800000000000 : 0x100000000) - small : DATA + 0x1000 - (u64)size / 2;
	default: return DATA + 0x400 + (rnd() & 0x17c0) + (align || one_in(2) ? 0 : small);
	}
}

// Where the memory operand of t lies
static u64
operand_address(const struct test_case *t)
{
	u64 at = (u64)t->in.disp;
	if (t->in.base == GPR_RIP)
		at += t->s.pc + (u64)t->len;
	else if (t->in.base != GPR_NONE)
		at += t->s.r[t->in.base];
	if (t->in.index != GPR_NONE)
		at += t->s.r[t->in.index] << t->in.scale;
	if (t->in.asize < 8)
		at &= t->in.asize == 4 ? 0xffffffff : 0xffff;
	if (t->in.seg == SEG_FS || t->in.seg == SEG_GS)
		at += t->s.base[t->in.seg - SEG_FS];
	return t->mode == MODE_64 ? at : (u32)at;
}

static struct patch *
add_patch(struct test_case *t, u64 at)
{
	int i;
	for (i = 0; i < PATCHES - 1 && t->patch[i].n; ++i)
		;
	t->patch[i].at = at;
	t->patch[i].n = PATCH;
	return &t->patch[i];
}

static u16
selector(void)
{
	static const u16 s[] = {0, 1, 3, 0x2b, 0x2b, 0x33, 0x33, 0x2a, 0x28, 0x30, 0x10, 0x10, 0x40, 0x65, 0x80};
	return one_in(8) ? (u16)((rnd() & 0xffff) | 4) : s[rnd() % COUNTOF(s)];
}

static u64
landing(void)
{
	if (one_in(16))
		return edge();
	return CODE + 0x1040 + (rnd() & 0x7ff);  // the case itself may reach a little into this page
}

// Writes a far pointer or a stack frame of `size`-byte slots.
static void
make_frame(u8 *b, int size)
{
	st64(b, landing());
	st64(b + size, one_in(4) && have_ldt ? one_in(2) ? 0x23 : LDT_CODE16 : 0x33);
	if (one_in(6))
		st16(b + size, selector());
	st64(b + 2 * size, (rnd() & 0x244fd5) | 0x202);
	st64(b + 3 * size, (STACK + 0x100) | (one_in(4) ? rnd() << 32 : 0));
	st64(b + 4 * size, one_in(6) ? selector() : 0x2b);
}

// Flag setters: they write R8 to R15 only, never what t's address needs. Some
// of them are compares that a branch behind them is fused with.
static void
make_setter(struct test_case *t)
{
	static const u8 op[] = {0x01, 0x09, 0x11, 0x19, 0x21, 0x29, 0x31, 0x39, 0x39, 0x85, 0x85, 0xff, 0xff, 0xf7, 0xc1, 0xd1};
	unsigned k = (unsigned)(rnd() % COUNTOF(op)), dst = 8 + (unsigned)(rnd() & 7), size = (unsigned)(rnd() & 3), reg;
	u8 *b = t->setter;
	int n = 0, form = (int)(rnd() % 8), test = one_in(3);
	if (dst == t->in.base || dst == t->in.index || isa_attrs[t->in.op] & ISA_STRING)
		k = 7;
	if (size == 1)
		b[n++] = 0x66;
	b[n++] = (u8)((form < 4 ? 0x41 : 0x44) | (size == 3 ? 8 : 0));
	switch (form) {
	case 0:
	case 1:
	case 2:
		reg = k == 11 ? 0 : k == 12 ? 1 : k == 13 ? 3 : k == 14 ? 4 + (unsigned)(rnd() & 1) : k == 15 ? 4 : (unsigned)(rnd() & 7);
		b[n++] = (u8)(op[k] - (size == 0));
		b[n++] = (u8)(0xc0 | reg << 3 | (dst & 7));
		if (k == 14)
			b[n++] = (u8)(1 + rnd() % 7);
		break;
	case 3:  // CMP or TEST with an immediate
		b[n++] = (u8)((test ? 0xf7 : 0x81) - (size == 0));
		b[n++] = (u8)(0xc0 | (test ? 0 : 7) << 3 | (dst & 7));
		st32(b + n, (u32)edge());
		n += size == 0 ? 1 : size == 1 ? 2 : 4;
		break;
	default:  // with memory at an absolute address
		b[n++] = (u8)((form < 6 ? test ? 0x85 : 0x39 + 2 * (form & 1) : test ? 0xf7 : 0x83) - (size == 0 ? form < 6 ? 1 : test : 0));
		if (form >= 6 && size == 0 && !test)
			b[n - 1] = 0x80;
		b[n++] = (u8)(0x04 | (form < 6 ? (dst & 7) << 3 : test ? 0 : 7 << 3));
		b[n++] = 0x25;
		st32(b + n, DATA + (u32)(rnd() & 0x1ff0));
		n += 4;
		if (form >= 6) {
			st32(b + n, (u32)edge());
			n += !test || size == 0 ? 1 : size == 1 ? 2 : 4;
		}
	}
	t->pre = n;
}

// Indices of a gather: near each other, now and then far off; and a mask.
static void
make_indices(struct test_case *t)
{
	const char *name = rows[t->row].name;
	int i, quads = !strncmp(name, "vpgatherq", 9) || !strncmp(name, "vgatherq", 8);
	for (i = 0; i < 32; i += 4) {
		u8 *part = i < 16 ? t->s.fx + 160 + 16 * t->in.index + i : t->s.high[t->in.index] + i - 16;
		u8 *mask = i < 16 ? t->s.fx + 160 + 16 * t->in.opr[2].reg + i : t->s.high[t->in.opr[2].reg] + i - 16;
		st32(part, (u32)(rnd() & 0xff) - (one_in(2) ? 128u : 0u));
		if (one_in(24))
			st32(part, (u32)edge());
		if (one_in(2))
			mask[3] ^= 0x80;
	}
	for (i = 0; i < 32; i += 8) {
		// as seen by quadword indices
		u8 *part = i < 16 ? t->s.fx + 160 + 16 * t->in.index + i : t->s.high[t->in.index] + i - 16;
		if (quads && !one_in(24))
			st64(part, sext(ld32(part), 4));
	}
}

int
make_case(struct test_case *t, int rowno, u64 number)
{
	const struct row *r = &rows[rowno];
	struct plan plan;
	int modrm_at = 0, disp_at = 0, i, n, tries, attrs = isa_attrs[r->op], memopr = -1, prefixes;
	u64 target = 0;
	rng = case_seed(number);
	memset(t, 0, sizeof *t);
	t->row = rowno;
	t->number = number;
	if (plan_row(&plan, r))
		return -1;
	state_random(&t->s);
	if (one_in(24))
		t->s.flags |= FLAG_AC;
	t->mode = MODE_64;
	if (strstr(r->flags, "I64") || one_in(6)) {
		t->mode = one_in(4) ? MODE_16 : MODE_32;
		t->s.base[0] = FS_BASE;
		t->s.base[1] = GS_BASE;
	}
#ifdef TINY  // knows 64-bit code only
	have_ldt = 0;
#endif
	if (t->mode != MODE_64 && !have_ldt)
		return -1;
	for (tries = 0;; ++tries) {
		if (tries == 200)
			return -1;
		make_bytes(t->code, &plan, r, t->mode, &modrm_at, &disp_at);
		n = isa_decode(&t->in, t->code, 15, t->mode);
		if (n > 0 && t->in.op == r->op)
			break;
	}
	t->len = n;
	t->s.pc = n > 1 && one_in(48) && !named(r, "ud0 ud1") ? CODE + CODE_SIZE - 1 - rnd() % (u64)(n - 1) : one_in(8) ? CODE + 0x1000 - rnd() % (u64)n : CODE + 0x800 + (rnd() & 0xff);
	if (t->mode == MODE_64 && t->s.pc < CODE + CODE_SIZE - 16 && one_in(2)) {
		make_setter(t);
		t->s.pc += (u64)t->pre;
	}
	if (t->pre && one_in(3)) {
		u8 m = t->setter[t->setter[0] == 0x66 ? 3 : 2];
		if (m >= 0xc0)
			t->s.r[8 + (m & 7)] = t->s.r[m >> 3 & 7];
	}
	t->s.r[GPR_SP] = STACK + 0x600 + (rnd() & 0x1f8);
	if (attrs & ISA_STACK || named(r, "leave enter retf iret")) {
		if (one_in(8))
			t->s.r[GPR_SP] = STACK + (one_in(2) ? 0 : STACK_SIZE) + (rnd() & 31) - 16;
		else if (one_in(4))
			t->s.r[GPR_SP] += rnd() & 7;
		t->s.r[GPR_BP] = one_in(6) ? t->s.r[GPR_SP] + (rnd() & 0x7f) - 0x40 : one_in(6) ? STACK + (rnd() & 31) : STACK + 0x800 + (rnd() & 0x1ff);
	}
	if (named(r, "ret retf iret popf pop_sreg pop")) {
		struct patch *p = add_patch(t, t->s.r[GPR_SP]);
		for (i = 0; i < PATCH; i += 8)
			st64(p->b + i, edge());
		if (named(r, "pop_sreg"))
			st16(p->b, selector());
		else if (one_in(8))
			;
		else if (named(r, "popf"))
			st32(p->b, (u32)rnd() & ~(u32)FLAG_TF);
		else if (!named(r, "pop"))
			make_frame(p->b, t->in.osize);
	}
	for (i = 0; i < t->in.nopr; ++i)
		if (t->in.opr[i].kind == OPR_MEM)
			memopr = i;
	if (attrs & ISA_STRING) {
		int k = one_in(6) ? 4000 : one_in(3) ? 200 : 20;
		int s = t->in.opr[0].size;
		u64 far = t->s.flags & FLAG_DF ? RO - 64 : DATA;
		t->s.r[GPR_SI] = one_in(3) ? place_operand(t, s, 0) : far + rnd() % 0xf00 * (t->s.flags & FLAG_DF ? (u64)-1 : 1);
		t->s.r[GPR_DI] = one_in(3) ? place_operand(t, s, 0) : one_in(3) ? t->s.r[GPR_SI] + rnd() % 40 - 20 : DATA + 0x1000 + rnd() % 0x800 - 0x400;
		t->s.r[GPR_CX] = rnd() % (unsigned)k;
		if (t->in.seg == SEG_FS || t->in.seg == SEG_GS)
			t->s.r[GPR_SI] -= t->s.base[t->in.seg - SEG_FS];
		if (t->in.asize == 4 && t->mode == MODE_64) {
			t->s.r[GPR_SI] = (u32)t->s.r[GPR_SI] | rnd() << 32;
			t->s.r[GPR_DI] = (u32)t->s.r[GPR_DI] | rnd() << 32;
			t->s.r[GPR_CX] |= rnd() << 32;
		}
		if (named(r, "scas cmps")) {
			// runs of equal elements
			struct patch *p = add_patch(t, t->s.r[GPR_DI] & 0xffffffff), *q = add_patch(t, t->s.r[GPR_SI] & 0xffffffff);
			memset(p->b, (int)(rnd() & 1), PATCH);
			memcpy(q->b, p->b, PATCH);
			if (one_in(2))
				p->b[rnd() % PATCH] ^= 1;
			if (named(r, "scas") && one_in(2))
				t->s.r[GPR_AX] = one_in(2) ? 0 : 0x0101010101010101;
		}
	} else if (named(r, "xlat")) {
		target = place_operand(t, 1, 0);
		t->s.r[GPR_BX] = target - (t->s.r[GPR_AX] & 0xff);
		if (t->in.seg == SEG_FS || t->in.seg == SEG_GS)
			t->s.r[GPR_BX] -= t->s.base[t->in.seg - SEG_FS];
	} else if (named(r, "maskmovdqu maskmovq")) {
		t->s.r[GPR_DI] = place_operand(t, 16, 0);
		if (t->in.seg == SEG_FS || t->in.seg == SEG_GS)
			t->s.r[GPR_DI] -= t->s.base[t->in.seg - SEG_FS];
	} else if (memopr >= 0) {
		int size = t->in.opr[memopr].size;
		u64 want, index = 0;
		struct patch *p;
		if (named(r, "fxsave fxrstor"))
			size = 512;
		if (named(r, "xsave xsaveopt xsavec xrstor")) {
			// the components that we have, of those that the processor may have
			if (t->in.base == GPR_AX || t->in.base == GPR_DX || t->in.index == GPR_AX || t->in.index == GPR_DX)
				return -1;
			t->s.r[GPR_AX] = (rnd() & 7) | (one_in(4) ? rnd() << 32 : 0);
			t->s.r[GPR_DX] = 0;
			size = 832;
		}
		do
			target = place_operand(t, size ? size : 4, size >= 16 && (!t->in.vex || one_in(2)));
		while (t->in.asize < 8 && target >> 32);
		if (size > 64 && one_in(4)) {  // an image across the end of a page
			u64 page = DATA + 0x1000 * (rnd() % 4);
			target = page - (size < 512 ? rnd() % (unsigned)size : 32 * (1 + rnd() % 25));
		}
		if (size == 832) {
			u64 used = rnd() & 7, whole = one_in(2) ? 7 : used;
			p = add_patch(t, target + 512);
			memset(p->b, 0, PATCH);
			st64(p->b, used);
			if (one_in(3))
				st64(p->b + 8, (u64)1 << 63 | whole);
			if (one_in(6))
				p->b[rnd() % (one_in(2) ? 64 : 24)] ^= (u8)(1 << rnd() % 5);
		}
		p = add_patch(t, target);
		for (i = 0; i < PATCH; i += 8)
			st64(p->b + i, size >= 4 && one_in(2) ? vector_edge() : edge());
		if (size == 10 && one_in(2)) {
			memcpy(p->b, t->s.fx + 32 + 16 * (rnd() & 7), 10);
		} else if (one_in(3)) {
			int half = size == 16 ? 8 : 4;
			st64(p->b, t->s.r[GPR_AX]);
			if (named(r, "cmpxchg8b cmpxchg16b"))
				memcpy(p->b + half, &t->s.r[GPR_DX], (size_t)half);
		}
		if (named(r, "ldmxcsr"))
			p->b[2] &= (u8)~2;
		if (named(r, "fxrstor xrstor"))
			p->b[26] &= (u8)~2;
		if (named(r, "jmp call"))
			st64(p->b, landing());
		if (named(r, "jmpf callf"))
			make_frame(p->b, t->in.osize == 2 ? 2 : t->in.osize == 8 && one_in(2) ? 8 : 4);
		if (named(r, "lss lfs lgs"))
			st16(p->b + (one_in(2) ? 4 : t->in.osize), selector());
		if (named(r, "mov_sreg lar lsl verr verw lldt ltr"))
			st16(p->b, selector());
		want = target - (u64)t->in.disp;
		if (t->in.vsib)
			make_indices(t);
		if (t->in.seg == SEG_FS || t->in.seg == SEG_GS)
			want -= t->s.base[t->in.seg - SEG_FS];
		if (t->in.base == GPR_RIP || (t->in.base == GPR_NONE && (t->in.index == GPR_NONE || t->in.vsib))) {
			u64 d = want + (u64)t->in.disp;
			if (t->in.base == GPR_RIP)
				d -= t->s.pc + (u64)t->len;
			if (t->in.displen == 2)
				st16(t->code + disp_at, (u16)d);
			else if (t->in.displen == 4)
				st32(t->code + disp_at, (u32)d);
			else if (t->in.displen == 8)
				st64(t->code + disp_at, d);
		} else {
			if (t->in.vsib) {
				if (t->in.base != GPR_NONE)
					t->s.r[t->in.base] = want;
			} else if (t->in.index != GPR_NONE && t->in.index == t->in.base) {
				t->s.r[t->in.base] = want / ((u64)1 + ((u64)1 << t->in.scale));
			} else {
				if (t->in.index != GPR_NONE)
					index = t->s.r[t->in.index];
				if (t->in.base != GPR_NONE)
					t->s.r[t->in.base] = want - (index << t->in.scale);
				else
					t->s.r[t->in.index] = (u64)((i64)want >> t->in.scale);
			}
			if (t->in.asize == 4 && t->mode == MODE_64 && t->in.base != GPR_NONE && t->in.base != t->in.index)
				t->s.r[t->in.base] = (u32)t->s.r[t->in.base] | rnd() << 32;
		}
		// Bit offsets that stay near
		if (named(r, "bt bts btr btc") && t->in.opr[1].kind == OPR_GPR && t->in.opr[1].reg != t->in.base && t->in.opr[1].reg != t->in.index)
			t->s.r[t->in.opr[1].reg] = one_in(4) ? edge() : (rnd() & 0x3fff) - 0x2000;
	} else if (named(r, "jmp call") && t->in.opr[0].kind == OPR_GPR) {
		t->s.r[t->in.opr[0].reg] = landing();
	}
	if (named(r, "mov_sreg lar lsl verr verw") && t->in.nopr) {
		const struct isa_operand *o = &t->in.opr[t->in.nopr - 1];
		if (o->kind == OPR_GPR)
			t->s.r[o->reg] = (t->s.r[o->reg] & ~(u64)0xffff) | selector();
	}
	if (named(r, "div idiv") && t->in.base != GPR_DX && t->in.index != GPR_DX && t->in.base != GPR_AX && t->in.index != GPR_AX && !one_in(4)) {
		t->s.r[GPR_DX] = one_in(2) ? (u64)((i64)t->s.r[GPR_AX] >> 63) : rnd() % 4;
		if (t->in.opr[0].size == 1)
			t->s.r[GPR_AX] = (u64)(i64)(i16)(rnd() % 0x1000 - 0x800);
	}
	if (named(r, "loop loope loopne jcxz"))
		t->s.r[GPR_CX] = (one_in(2) ? rnd() << 32 : 0) | rnd() % 3;
	if (named(r, "wrfsbase wrgsbase") && !one_in(3))
		t->s.r[t->in.opr[0].reg] &= 0x7fffffffffff;
	if (named(r, "cpuid rdtsc rdtscp"))
		t->loose_regs = 1 << GPR_AX | 1 << GPR_DX | (named(r, "rdtsc") ? 0 : 1 << GPR_CX) | (named(r, "cpuid") ? 1 << GPR_BX : 0);
	else if (named(r, "rdpid rdrand rdseed") && t->in.opr[0].kind == OPR_GPR)
		t->loose_regs = (u16)(1 << t->in.opr[0].reg);
	t->loose = named(r, "cpuid rdtsc rdtscp rdpid") ? 0xffffffff : t->in.osize == 8 ? ~(u64)0 : ((u64)1 << 8 * t->in.osize) - 1;
	if (named(r, "xgetbv")) {
		t->s.r[GPR_CX] = one_in(4) ? edge() : rnd() & 1;
		t->loose_regs = 1 << GPR_AX;
		t->loose = 0xfffffff8;  // components that are none of ours
	}
	if (named(r, "syscall")) {
		if (t->mode != MODE_64)
			return -1;
		t->s.r[GPR_AX] = 0x10000 + (rnd() & 0xffff);
		t->s.flags &= ~(u32)FLAG_DF;
	}
	if (t->in.nopr && t->in.opr[0].kind == OPR_FAR) {
		u8 *far = t->code + t->len - 2 - t->in.immlen;
		u64 to = landing();
		if (t->in.immlen == 2)
			st16(far, (u16)to);
		else
			st32(far, (u32)to);
		st16(far + t->in.immlen, one_in(4) ? selector() : one_in(3) ? LDT_CODE16 : one_in(2) ? 0x23 : 0x33);
	}
	// A relative branch must not lead into itself.
	if (t->in.nopr && t->in.opr[0].kind == OPR_REL) {
		i64 d = t->in.immlen == 1 ? (i64)(i8)(rnd() & 0x7f) : (i64)(rnd() & 0x3ff);
		if (one_in(3))
			d = -32 - (i64)(rnd() & 0x3f);
		memcpy(t->code + t->len - t->in.immlen, &d, t->in.immlen);
	}
	prefixes = isa_decode(&t->in, t->code, 15, t->mode);
	if (t->mode != MODE_64)
		for (i = 0; i < 16; ++i)
			t->s.r[i] = (u32)t->s.r[i];
	if (named(r, "fxsave xsave xsaveopt xsavec"))
		t->mxcsr_mask = operand_address(t) + 30;
	if (prefixes != t->len || t->in.op != r->op || accepted(&t->in))
		return -1;
	if (named(r, "int") && (u8)t->in.imm == 0x80)
		return -1;
	t->traced = (attrs & ISA_BRANCH) && !named(r, "int int1 int3 into");
	memset(t->code + t->len, 0xcc, (size_t)(16 - t->len));
	return 0;
}

