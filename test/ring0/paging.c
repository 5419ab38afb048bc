// paging.c: what page tables allow: U/S, R/W, P, NX at every level x WP, SMEP,
// SMAP, AC x CPL x reads, writes, fetches, accesses that the processor makes
// itself, page crossings; error codes, CR2, accessed and dirty bits, reserved bits.
//
// As Bochs 2.7 has them (model corei7_icelake_u), without exception. qemu 7.2 has
// P clear in the error code for reserved bits (SDM vol 3, page-fault exceptions:
// set), takes a CMPXCHG that fails for a read, and sets accessed bits on the way
// to an entry that refuses, which is left to the processor.
#include "tables.h"

// --- accesses --------------------------------------------------------------------

enum {
	READ, WRITE, EXECUTE, MODIFY, COMPARE, READ_2, WRITE_2, EXECUTE_2, LDT_READ, LDT_WRITE, STACK, STACK_2, PUSH, MOVS, ACCESSES
};

static void
emit(u32 access)
{
	code();
	switch (access) {
	case READ: bytes(0x8a07); break;
	case WRITE: bytes(0x8807); break;
	case EXECUTE: case EXECUTE_2: bytes(0xffe7); break;
	case MODIFY: bytes(0x0007); break;
	case COMPARE: bytes(0xf00fb00f); break;
	case READ_2: bytes(0x8b07); break;
	case WRITE_2: bytes(0x8907); break;
	case LDT_READ: case LDT_WRITE: bytes(0x8ec1); break;
	case STACK: case STACK_2:
		byte(0xcd);
		byte(0x40);
		break;
	case PUSH: byte(0x50); break;
	case MOVS:
		bytes(0xf3a5);
		break;
	}
	byte(0xcc);
}

// Where in T the access is
static u32
offset_of(u32 access)
{
	switch (access) {
	case READ_2: case WRITE_2: case EXECUTE_2: return 0xffe;
	case MOVS: return 0xffc;
	}
	return 0x800;
}

static void
one(u32 access, u32 ring, u32 ac)
{
	u32 i, base = ring == 3 ? VIEW : 0;
	prepare(MODE, ring);
	in.ip += base;
	in.sp += base;
	in.di = t + offset_of(access);
	in.si = BUFFER + base;
	if (access == MOVS)
		in.cx = 2;
	in.flags |= ac ? 0x40000 : 0;
	if (access == LDT_READ || access == LDT_WRITE)
		in.cx = 0x800 | 4 | 3 | (access == LDT_READ) << 3;
	if (access == PUSH) {
		in.sp = t + 0x802;
		in.ss = SEL_DATA + 9 * ring;
	}
	set_cr3(ROOT);
	enter(&in);
	word32((u32)(got.vector << 16 | got.error));
	word64(got.ip - (got.ip - base < 0x10000 ? base : got.ip >= T ? T : 0));
	if (got.vector == 14)
		word64(got.cr2);
	for (i = 0; i < now->levels; ++i)
		word32((u32)get(places[i]) & 0xff);
	if (leaf2)
		word32((u32)get(leaf2) & 0xff);
	case_done();
}

// Two of the levels, or the leaf and that of the second page, have other bits.
static void
matrix(const struct kind *k)
{
	static const u8 pairs[4][6][2] = {
		{ { 0, 9 } }, { { 0, 1 }, { 1, 9 } }, { { 0, 1 }, { 0, 2 }, { 1, 2 } },
		{ { 0, 1 }, { 0, 2 }, { 0, 3 }, { 1, 3 }, { 2, 3 }, { 3, 9 } } };
	static const u8 npairs[4] = { 1, 2, 3, 6 };
	u32 bits = k->pae ? 16 : 8, n, i, last = ~0u, lastcode = ~0u;
	// digits, the fastest last: SMEP SMAP WP NXE, AC, access, ring, pair, bits, bits
	u32 size = bits * bits * npairs[k->levels - 1] * 2 * ACCESSES * 2 * 16;
	group(k->name, "rights");
	for (n = 0; n < size; n += EVERY(239)) {
		u32 x = n, b1, b2, pair, ring, access, ac, cr, one1, one2;
		b2 = x % bits, x /= bits;
		b1 = x % bits, x /= bits;
		pair = x % npairs[k->levels - 1], x /= npairs[k->levels - 1];
		ring = x % 2 * 3, x /= 2;
		access = x % ACCESSES, x /= ACCESSES;
		ac = x % 2, x /= 2;
		cr = x;
		one1 = pairs[k->levels - 1][pair][0];
		one2 = pairs[k->levels - 1][pair][1];
		if (k->large && k->levels == 1)
			one2 = 0;
		if (!k->pae && cr & 8)
			continue;
		if (access == PUSH && ring == 0)
			continue;  // its fault has no other stack
		if ((access == STACK || access == STACK_2) && ring != 3)
			continue;
		if (cr != last) {
			or_cr0(cr & 1 ? 0x10000 : 0, cr & 1 ? 0 : 0x10000);
			set_cr4(CR4 | (cr & 2 ? 1u << 20 : 0) | (cr & 4 ? 1u << 21 : 0));
			if (k->pae)
				set_nxe(cr >> 3);
			last = cr;
		}
		if (access != lastcode) {
			emit(access);
			lastcode = access;
			MEM32(TSS + 12) = (u32)t + (access == STACK_2 ? 0x1008 : 0x808);
			if (sizeof(word) == 8)
				MEM32(TSS + 16) = (u32)((u64)T >> 32);
		}
		for (i = 0; i < k->levels; ++i)
			put(places[i], below(i) | P | W | U);
		if (leaf2)
			put(leaf2, (FRAME + 0x1000) | P | W | U);
		put(places[one1], below(one1) | (b1 & 7) | (b1 & 8 ? NX : 0));
		if (one2 == 9) {
			if (leaf2)
				put(leaf2, (FRAME + 0x1000) | (b2 & 7) | (b2 & 8 ? NX : 0));
		} else if (one2 != one1) {
			put(places[one2], below(one2) | (b2 & 7) | (b2 & 8 ? NX : 0));
		}
		// Code, and descriptors that were accessed or not
		for (i = 0x800; i < 0x820; i += 4)
			MEM32(FRAME + i) = 0xcccccccc;
		MEM64(FRAME + 0x800) = segment(0, 0xfffff, 0xf2, 12);
		MEM64(FRAME + 0x808) = segment(0, 0xfffff, 0xf3, 12);
		if (access == EXECUTE)
			MEM32(FRAME + 0x800) = 0xcccccccc;
		MEM8(FRAME + 0xffe) = 0xb8;
		MEM32(FRAME + 0xfff) = 0;
		MEM32(FRAME + 0x1003) = 0xcccccccc;
		label(cr << 1 | ac, access, ring << 4 | pair, b1 << 8 | b2);
		one(access, ring, ac);
	}
	or_cr0(0x10000, 0);
	set_cr4(CR4);
	group_done();
}

// --- reserved bits -----------------------------------------------------------------

static void
reserved(const struct kind *k)
{
	static const u8 bits[] = { 6, 7, 8, 9, 11, 12, 13, 16, 20, 21, 25, 29, 45, 51, 52, 58, 62, 63 };
	u32 level, i, access, ring, nxe, present;
	group(k->name, "reserved");
	for (access = READ; access <= EXECUTE; ++access) {
		emit(access);
		for (nxe = 0; nxe <= (k->pae ? 1u : 0u); ++nxe) {
			if (k->pae)
				set_nxe((int)nxe);
			for (level = 0; level < k->levels; ++level)
				for (i = 0; i < (k->pae ? sizeof bits : 12u); ++i)
					for (ring = 0; ring < 4; ring += 3)
						for (present = 0; present < 4; ++present) {
							u32 l;
							// What is a page, or elsewhere, then
							if ((bits[i] == 7 && level + 1 < k->levels && !(sizeof(word) == 8 && level == 0)) || bits[i] == 6)
								continue;
							if (!(k->large && level + 1 == k->levels) && bits[i] >= 12 && bits[i] <= 29)
								continue;
							if (k->large && bits[i] >= (k->pae ? sizeof(word) == 8 && k->levels == 2 ? 30 : 21 : 22) && bits[i] < 45 && level + 1 == k->levels)
								continue;
							if (!k->pae && bits[i] >= 13 && bits[i] < 21)
								continue;
							if (k->large && bits[i] == 7 && level + 1 == k->levels)
								continue;
							for (l = 0; l < k->levels; ++l)
								put(places[l], below(l) | P | W | U);
							put(places[level], (below(level) | W | U | (1ull << bits[i])) ^ (present & 2 ? U : 0) ^ (present & 1));
							label(access << 4 | nxe, level, ring << 4 | present, bits[i]);
							one(access, ring, 0);
						}
		}
	}
	group_done();
}

void
main(void)
{
	u32 i;
	set_up();
	fill_target();
	set_gdt(SEL_TEST + 32, segment(0, 0xfffff, 0xbb, sizeof(word) == 8 ? 10 : 12));
	set_idt(0x40, gate(SEL_TEST + 32, TARGET, 0xee, 0));
	for (i = 0; i < KINDS; ++i) {
		make_tables(&kinds[i]);
		matrix(&kinds[i]);
		reserved(&kinds[i]);
	}
	finish(13);
}
