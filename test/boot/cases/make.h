// make.h: a case: bytes of an instruction, registers, segments, memory, x87 and
// vectors, from the row, the mode and the seed alone. Part of cases.c.
#ifndef TEST_BOOT_CASES_MAKE_H_
#define TEST_BOOT_CASES_MAKE_H_

static u32 seed;
static u32
rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}
static int
one_in(u32 n)
{
	return (rnd() >> 8) % n == 0;
}
static u32
edge(void)
{
	static const u32 e[] = { 0, 1, 2, 0xff, 0x100, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
		0x99, 0x9a, 0x55, 0xaaaa, 0xfffffffe, 0xff80, 0xffffff80, 0xffff8000, 0x10, 0x1f };
	switch (rnd() >> 8 & 3) {
	case 0: return rnd();
	case 1: return rnd() & 0xff;
	default: return e[(rnd() >> 8) % (sizeof e / sizeof *e)];
	}
}

static struct regs in;
static u8 code[24];
static int length, prefixed, asize, osize, seg, segover, has_target;
static u32 target, control0, control4;
static u8 fx_in[512] __attribute__((aligned(16))), fx_out[512] __attribute__((aligned(16)));

// An offset in a segment, near what matters
static u32
place(const struct mode *m)
{
	u32 x = rnd() >> 8;
	switch (rnd() >> 8 & 15) {
	default: return 0x4000 + (x & 0x3f);
	case 6: case 7: case 8: return 0x4000 + (x & 0x30);
	case 9: case 10: return 0xffc0 + (x & 0x30);
	case 11: return 0xffc0 + (x & 0x3f);
	case 12: return 0xfff8 + (x & 7);
	case 13: return x & 0x3f;
	case 14:
		if (asize == 4)
			return m->big ? (x & 1 ? 0x2fff0 + (x >> 1 & 31) : 0xfff8 + (x >> 1 & 31)) : 0xfff8 + (x & 15);
		return 0xfff0 + (x & 15);
	case 15: return asize == 4 && (x & 7) == 0 ? edge() : 0x4000 + (x & 0x3f);
	}
}

static u32
selector(const struct mode *m)
{
	u32 x = rnd() >> 8;
	if (m->kind != PROT) {
		static const u16 s[] = { 0x2000, 0x2001, 0x3000, 0x3001, 0x3400, 0x4800, 0x4801, 0x4f00, 0x3900, 0x3907 };
		return s[x % (sizeof s / sizeof *s)];
	}
	switch (x & 7) {
	case 0: return (x >> 3) & 3;  // null
	case 1: case 2: return (CASE_CODE16 + (x >> 3) % 7 * 8) | (x >> 8 & 3);
	case 3: case 4: return (CASE_CODE16 + CASE_RING3 + (x >> 3) % 7 * 8) | (one_in(4) ? x >> 8 & 3 : 3);
	case 5: return (ODD_SELECTORS + (x >> 3) % 10 * 8) | (x >> 8 & 3);
	case 6: return (CASE_CODE16 + (m->ring ? CASE_RING3 : 0) + (x >> 3) % 7 * 8) | m->ring;
	default: return one_in(3) ? x & 0xffff : 0xf8 + (x >> 3 & 7);
	}
}

static void
poke(u32 at, u32 value, int size)
{
	u8 *p = (u8 *)(unsigned long)at;
	if (at < ARENA || at >= ARENA_END)
		return;
	for (; size--; value >>= 8)
		*p++ = (u8)value;
}

// The linear address of an offset in the case's segment
static u32
linear(u32 offset, int s)
{
	return bases[s] + offset;
}

// ModRM, SIB and displacement, and registers so that they lead to a place
static int
make_modrm(u8 *b, const struct row *r, const struct mode *m, int sure)
{
	int n = 0, mod, rm, reg, base = -1, index = -1, scale = 0, dsize = 0;
	u32 disp, others = 0, mask = asize == 4 ? 0xffffffff : 0xffff;
	for (;;) {
		u32 x = rnd() >> 8;
		mod = r->attrs & R_LOCKABLE && prefixed ? (int)(x & 3) % 3 : x & 4 ? 3 : (int)(x & 3);
		rm = (int)(x >> 3 & 7);
		reg = r->digit < 8 ? r->digit : (int)(x >> 6 & 7);
		// What makes SP odd and low leaves no stack to real mode.
		if ((m->kind == REAL || r->kind & K_OWN) && !(r->attrs & R_BYTE) &&
		    ((mod == 3 && rm == 4) || (r->digit == 8 && reg == 4 && !(r->kind & (K_CONTROL | K_DEBUG | K_SELECT)))))
			continue;
		break;
	}
	if (sure && mod == 3)
		mod = 0;
	if (sure && rm == 4 && asize == 4)
		rm = 5;
	b[n++] = (u8)(mod << 6 | reg << 3 | rm);
	if (mod == 3 || r->attrs & R_NOMEM) {
		if (r->kind & K_SELECT)
			in.r[by_number[rm]] = (in.r[by_number[rm]] & 0xffff0000) | selector(m);
		return n;
	}
	disp = rnd() >> 8;
	seg = SEG_DS;
	if (asize == 2) {
		static const u8 b16[8] = { EBX, EBX, EBP, EBP, ESI, EDI, EBP, EBX };
		base = mod == 0 && rm == 6 ? -1 : b16[rm];
		index = rm < 4 ? (rm & 1 ? EDI : ESI) : -1;
		dsize = mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 6) ? 2 : 0;
		if (base == EBP)
			seg = SEG_SS;
	} else {
		int sib;
		base = by_number[rm];
		if (rm == 4) {
			sib = (int)(rnd() >> 8 & 0xff);
			b[n++] = (u8)sib;
			rm = sib & 7;
			base = by_number[rm];
			index = (sib >> 3 & 7) == 4 ? -1 : by_number[sib >> 3 & 7];
			scale = sib >> 6;
		}
		dsize = mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0;
		if (mod == 0 && rm == 5)
			base = -1;
		if (base == ESP || base == EBP)
			seg = SEG_SS;
	}
	if (segover >= 0)
		seg = segover;
	target = place(m);
	if (index >= 0 && one_in(2))
		in.r[index] &= 0xf;
	if (index >= 0)
		others += in.r[index] << scale;
	if (dsize == 1)
		others += (u32)(signed char)disp;
	if (dsize > 1) {
		if (base >= 0)
			others += in.r[base];
		disp = target - others;
		has_target = 1;
	} else if (base >= 0 && base != ESP && base != index) {
		in.r[base] = (in.r[base] & ~mask) | ((target - others) & mask);
		has_target = 1;
	}
	if (dsize >= 1)
		b[n++] = (u8)disp;
	if (dsize >= 2)
		b[n++] = (u8)(disp >> 8);
	if (dsize == 4) {
		b[n++] = (u8)(disp >> 16);
		b[n++] = (u8)(disp >> 24);
	}
	if (has_target && r->kind & K_SELECT)
		poke(linear(target, seg), selector(m), 2);
	return n;
}

static u32
stack_place(const struct mode *m)
{
	u32 x = rnd() >> 8;
	switch (rnd() >> 8 & 7) {
	default: return 0x4000 + (x & 0x3e);
	case 4: return 0x4000 + (x & 0x3f);
	case 5: return 0x50 + (x & 0xe);
	case 6: return 0xfff0 + (x & (m->kind == REAL ? 14 : 15));
	case 7: return m->kind == REAL ? 0 : m->ring ? x & 7 : 0x40;
	}
}

static u32
control_value(const struct mode *m, int reg)
{
	static const u32 zero[] = { 0x10, 0x12, 0x18, 0x30, 0x10010, 0x40010, 0x20000010, 0x60000010, 0x3a, 0x1e };
	static const u32 four[] = { 0, 4, 8, 0x200, 0x600, 0x80, 0x10, 0x1000, 0x80000000, 0x800000, 0x60c };
	u32 x = rnd() >> 8;
	if (reg == 4)
		return four[x % (sizeof four / sizeof *four)];
	if (reg == 0)
		return zero[x % (sizeof zero / sizeof *zero)] | (m->kind != REAL);
	return edge();
}

static void
make_state(const struct row *r, const struct mode *m)
{
	int i;
	for (i = 0; i < 8; ++i)
		in.r[i] = edge();
	in.r[ESP] = stack_place(m);
	in.eflags = 2 | (rnd() >> 8 & 0x8d5) | (one_in(3) ? 0x400 : 0) | (one_in(16) ? 0x4000 : 0);
	if (r->attrs & R_BRANCH || one_in(2))
		in.eflags |= 0x100;
	if (m->kind == V86)
		in.eflags |= 0x20000 | (one_in(4) ? 0 : 0x3000);
	else if (m->ring == 3)
		in.eflags |= one_in(4) ? 0x3000 : 0;
	else
		in.eflags |= rnd() >> 8 & 0x3000;
	if (m->kind == PROT && one_in(8))
		in.eflags |= rnd() >> 8 & 0x240000;
	for (i = 0; i < 6; ++i)
		(&in.cs)[i] = m->kind == PROT ? case_selector[i] + (m->ring ? CASE_RING3 + 3u : 0) : bases[i] >> 4;
	if (m->wide)
		in.cs += CASE_CODE32 - CASE_CODE16;
	control0 = r->attrs & (R_X87 | R_VECTOR) ? 0x30 : 0x10;
	control4 = 0x600;
	if (r->attrs & (R_X87 | R_VECTOR) && one_in(4)) {
		control0 |= rnd() >> 8 & 0xe;
		if (one_in(3))
			control4 &= rnd() >> 8;
	}
	if (options.what & USER) {
		in.eflags = (in.eflags & ~0x47000u) | 0x200;
		control0 = 0x30;
		control4 = 0x600;
		return;
	}
	// TSD, DE; which fault comes first where DR4 and DR5 are neither there nor
	// allowed is nowhere said
	if (one_in(8))
		control4 |= rnd() >> 8 & (r->kind & K_DEBUG && m->ring ? 4 : 12);
}

static void
random_fx(void)
{
	static const u32 parts[] = { 0, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0x80000000, 1, 0x3ff00000, 0x40490fdb };
	static const u16 exponents[] = { 0, 0x3fff, 0xbfff, 0x4000, 0x7fff, 0xffff, 1, 0x3ffe, 0x4003, 0x401e };
	int i, j;
	for (i = 0; i < 512; ++i)
		fx_in[i] = 0;
	*(u16 *)fx_in = (u16)(one_in(3) ? 0x340 | (rnd() >> 8 & 0xc3f) : 0x37f);
	*(u16 *)(fx_in + 2) = (u16)(rnd() >> 8 & 0x7f00 & ~0x4000u);
	if (one_in(8)) {  // an exception waits; with CR0.NE, or the processor would too
		fx_in[2] |= (u8)(rnd() >> 8 & 0x3f);
		*(u16 *)fx_in &= (u16)~(rnd() >> 8 & 0x3f);
		if (fx_in[2] & ~fx_in[0] & 0x3f)
			fx_in[2] |= 0x80, fx_in[3] |= 0x80;
	}
	fx_in[4] = (u8)(one_in(2) ? 0xff : rnd() >> 8);
	*(u32 *)(fx_in + 24) = one_in(3) ? 0x1f80 | (rnd() >> 8 & 0xe040) : 0x1f80;
	for (i = 0; i < 8; ++i) {
		u32 *p = (u32 *)(fx_in + 32 + 16 * i);
		u32 e = one_in(4) ? rnd() >> 8 & 0xffff : exponents[(rnd() >> 8) % 10];
		p[0] = one_in(2) ? 0 : rnd();
		p[1] = one_in(2) ? 0x80000000 : rnd() | 0x80000000;
		if (!(e & 0x7fff))
			p[1] &= 0x7fffffff;
		p[2] = e;
	}
	for (i = 0; i < 8; ++i)
		for (j = 0; j < 4; ++j)
			((u32 *)(fx_in + 160 + 16 * i))[j] = one_in(2) ? rnd() : parts[(rnd() >> 8) % 11];
}

// Bytes and state of one case; 0 if there is none
static int
make_case(const struct row *r, const struct mode *m)
{
	static const u8 overrides[6] = { 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65 };
	static const u8 override_seg[6] = { SEG_CS, SEG_SS, SEG_DS, SEG_ES, SEG_FS, SEG_GS };
	int n = 0, i, sure, p66 = 0, p67 = 0, imm, opcode;
	u32 x;
	if ((r->kind & K_SKIP && !m->ring) || (options.what & USER && (r->kind & K_SYSTEM || !m->ring || !m->stack)))
		return 0;
	make_state(r, m);
	has_target = 0;
	segover = -1;
	prefixed = 0;
	if (r->kind & K_ENV && !one_in(4)) {  // FADD of a word: the addresses to be stored
		code[n++] = 0xd8;
		code[n++] = m->wide ? 5 : 6;
		code[n++] = 0x10;
		code[n++] = 0x40;
		if (m->wide)
			code[n++] = 0, code[n++] = 0;
		in.eflags &= ~0x100u;
	}
	if (one_in(r->attrs & R_LOCKABLE ? 5 : 24) && !(r->kind & K_CONTROL)) {
		code[n++] = 0xf0;
		prefixed = 1;
	}
	if (r->attrs & R_STRING ? !one_in(3) : !r->prefix && !(r->attrs & (R_NOPREFIX | R_VEX)) && r->code[0] != 0x0f && one_in(24))
		code[n++] = one_in(2) ? 0xf2 : 0xf3;
	if (!r->prefix && !(r->attrs & (R_NOPREFIX | R_VEX)) && one_in(3))
		code[n++] = 0x66, p66 = 1;
	if (one_in(4))
		code[n++] = 0x67, p67 = 1;
	if (one_in(4)) {
		i = (int)((rnd() >> 8) % 6);
		code[n++] = overrides[i];
		segover = override_seg[i];
	}
	if (one_in(64) && !(r->kind & K_SHORT))
		for (i = (int)(rnd() >> 8) & 15; i >= 0 && n < 13; --i)
			code[n++] = segover >= 0 ? overrides[(rnd() >> 8 & 1)] : 0x3e, segover = code[n - 1] == 0x2e ? SEG_CS : code[n - 1] == 0x36 ? SEG_SS : SEG_DS;
	if (r->prefix) {
		code[n++] = r->prefix;
		if (r->prefix == 0x66)
			p66 = 1;
	}
	asize = m->wide ^ p67 ? 4 : 2;
	osize = m->wide ^ p66 ? 4 : 2;
	if (r->attrs & R_VEX) {
		code[n++] = 0xc4;
		code[n++] = (u8)(0xe0 | (r->vex & 3));
		code[n++] = (u8)((r->vex & 32) << 2 | (one_in(2) ? 0x78 : 0x40 | (rnd() >> 8 & 0x38)) | (r->vex & 16) >> 2 | (r->vex >> 2 & 3));
	}
	for (i = 0; i < r->ncode; ++i)
		code[n++] = r->code[i];
	opcode = code[n - 1];
	if (r->attrs & (R_PLUS8 | R_PLUS16)) {
		x = rnd() >> 8 & (r->attrs & R_PLUS8 ? 7 : 15);
		// POP SP, MOV SP, DEC SP...: see make_modrm
		if (m->kind == REAL && (x & 7) == 4 && !(r->attrs & (R_BYTE | R_PLUS16 | R_X87)) && opcode != 0x50)
			x ^= 1;
		code[n - 1] = (u8)(opcode + (int)x);
	}
	if (r->kind & (K_TABLE | K_FARPTR | K_IMAGE))
		sure = !one_in(8) || r->kind & K_TABLE;
	else
		sure = 0;
	if (r->kind & K_CONTROL && r->digit < 8)  // LMSW
		for (i = 0; i < 7; ++i)
			in.r[i] = (in.r[i] & ~15u) | (control_value(m, 0) & 15);
	if (r->attrs & R_MODRM) {
		int at = n;
		if (r->kind & K_BITS && !one_in(8))
			for (i = 0; i < 7; ++i)
				in.r[i] = (u32)((int)(rnd() >> 8 & 0xff) - 128);
		n += make_modrm(code + n, r, m, sure);
		if (r->kind & K_CONTROL) {
			if (r->code[1] == 0x22)
				in.r[by_number[code[at] & 7]] = control_value(m, code[at] >> 3 & 7);
			else if (has_target)
				poke(linear(target, seg), control_value(m, 0), 2);
			else if (r->digit < 8 && code[at] < 0xc0)
				return 0;
		}
		// No breakpoints; and some processors clear what hit with the next #DB.
		if (r->kind & K_DEBUG && r->code[1] == 0x23 && (code[at] >> 3 & 7) > 3)
			in.r[by_number[code[at] & 7]] &= code[at] >> 3 & 1 ? 0xffff0400 : 0xfffffff0;
		if (r->kind & K_TABLE) {
			// With a register in the place of memory these opcodes are others.
			const u8 *p = code[at] >> 3 & 1 ? m->kind == REAL ? ivt_ptr : idt_ptr : gdt_ptr;
			// A table's address that goes on behind the last 16-bit address may wrap.
			if (asize == 2 && target > 0xfffa)
				return 0;
			// On the stack is what starts the case, and behind CS the case itself.
			if (code[at] >= 0xc0 || !has_target || seg == SEG_SS || seg == SEG_CS)
				return 0;
			for (i = 0; i < 6 && (r->digit & 6) == 2; ++i)
				poke(linear(target, seg) + (u32)i, p[i], 1);
		}
		if (r->kind & K_FARPTR && has_target) {
			poke(linear(target, seg), place(m), osize);
			poke(linear(target, seg) + (u32)osize, selector(m), 2);
		}
		if (r->kind & K_IMAGE && has_target)
			for (i = 0; i < 512; i += 4)
				poke(linear(target, seg) + (u32)i, *(u32 *)(fx_in + i), 4);
	}
	imm = n;
	if (r->imm & I_ADDRESS) {
		x = place(m);
		for (i = 0; i < asize; ++i, x >>= 8)
			code[n++] = (u8)x;
	}
	if (r->imm & (I_OSIZE | I_FAR)) {
		x = r->imm & I_BRANCH ? (u32)((int)(rnd() >> 8 & 0x1ff) - 256) : r->imm & I_FAR ? place(m) : edge();
		if (r->imm & I_BRANCH && one_in(8))
			x = edge();
		if (opcode == 0xb8 && m->kind == REAL)
			x = (x & ~1u) | 0x10;
		for (i = 0; i < osize; ++i, x >>= 8)
			code[n++] = (u8)x;
	}
	if (r->imm & I_FAR) {
		x = selector(m);
		code[n++] = (u8)x;
		code[n++] = (u8)(x >> 8);
	}
	if (r->imm & I_WORD) {
		x = one_in(2) ? edge() : rnd() >> 8 & 0x1e;
		if (m->kind == REAL)
			x &= 0xfffe;
		code[n++] = (u8)x;
		code[n++] = (u8)(x >> 8);
	}
	if (r->imm & I_BYTE) {
		code[n++] = r->kind & K_IO ? 0xe0 : (u8)edge();
		if (!(opcode ^ 0xc8) && one_in(2))
			code[n - 1] &= 3;
	}
	(void)imm;
	length = n;
	while (n < 24)
		code[n++] = 0xcc;
	// implied operands
	if (r->attrs & R_STRING) {
		u32 mask = asize == 4 ? 0xffffffff : 0xffff;
		in.r[ESI] = (in.r[ESI] & ~mask) | (place(m) & mask);
		in.r[EDI] = (in.r[EDI] & ~mask) | (place(m) & mask);
		in.r[ECX] = (asize == 4 || one_in(2) ? 0 : in.r[ECX] & ~mask) | (rnd() >> 8 & 15);
		if (one_in(8))
			in.r[ECX] &= ~mask;
	}
	if (r->attrs & R_XLAT) {
		in.r[EBX] = place(m) - (in.r[EAX] & 0xff);
		if (asize == 2)
			in.r[EBX] &= 0xffff;
	}
	if (r->kind & K_COUNT && one_in(2))
		in.r[ECX] = (rnd() >> 8 & 3) | (one_in(2) ? 0x10000 : 0);
	if (r->attrs & R_COUNTED && one_in(2))
		in.r[ECX] = rnd() >> 8 & 0x3f;
	if (r->kind & K_IO)
		in.r[EDX] = (in.r[EDX] & 0xffff0000) | (m->ring && one_in(6) ? 0xffff : 0x2f0 + (rnd() >> 8 & 4));
	if (r->kind & K_OWN && !m->ring)
		in.r[ECX] = one_in(2) ? 0x175 : 0x176;
	if (r->kind & K_SP && m->kind == REAL)
		in.r[EBP] = (in.r[EBP] & 0xffff0000) | (stack_place(m) & 0xfffe);
	if (r->kind & (K_FARSTACK | K_FLAGS)) {
		u32 at = linear(in.r[ESP], SEG_SS);
		if (r->kind & K_FLAGS) {
			poke(at, rnd() >> 8, 4);
		} else if (opcode == 0xca || opcode == 0xcb || opcode == 0xcf) {
			poke(at, place(m), osize);
			poke(at + (u32)osize, selector(m), 2);
			poke(at + 2 * (u32)osize, rnd() >> 8 & (one_in(4) ? 0x27fff : 0x7fff), osize);
			x = code[length - 2];
			i = opcode == 0xcf ? 3 * osize : 2 * osize + (opcode == 0xca ? code[length - 1] << 8 | (int)x : 0);
			if (m->kind == PROT && i < 64) {
				poke(at + (u32)i, place(m), osize);
				poke(at + (u32)(i + osize), selector(m), 2);
			}
		} else {
			poke(at, selector(m), 2);
		}
	}
	in.eip = one_in(16) && !(r->attrs & (R_BRANCH | R_VECTOR) || r->kind & K_SHORT) ? 0xffffu - (u32)length + (rnd() >> 8) % ((u32)length + 1) : 0x4000 + (rnd() >> 8 & 0x1f);
	for (i = 0; i < 24; ++i)
		poke(linear((in.eip + (u32)i) & (m->wide ? 0x1ffff : 0xffff), SEG_CS), code[i], 1);
	return 1;
}

#endif
