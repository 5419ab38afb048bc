// bios_system.c: 15h: memory map and size, waiting, A20, moves above 1 MiB.
#include "pc/bios.h"

enum { AH_UNSUPPORTED = 0x86, SMAP = 0x534d4150, EXTENDED = 0x100000 };

static enum bios_result
unsupported(struct pc *pc)
{
	set_high(pc, GPR_AX, AH_UNSUPPORTED);
	carry(pc, 1);
	return BIOS_DONE;
}

static enum bios_result
fine(struct pc *pc)
{
	set_high(pc, GPR_AX, 0);
	carry(pc, 0);
	return BIOS_DONE;
}

// --- memory ----------------------------------------------------------------------------

static enum bios_result
memory_map(struct pc *pc)
{
	const struct { u64 start, end; u32 type; } map[] = {
		{ 0, EBDA, 1 },
		{ EBDA, 0xa0000, 2 },
		{ 0xf0000, EXTENDED, 2 },
		{ EXTENDED, pc->ram, 1 },
	};
	unsigned i = reg32(pc, GPR_BX), n = pc->ram > EXTENDED ? COUNTOF(map) : COUNTOF(map) - 1;
	u32 size = reg32(pc, GPR_CX);
	u8 b[24] = { 0 };
	if (reg32(pc, GPR_DX) != SMAP || size < 20 || i >= n)
		return unsupported(pc);
	st64(b, map[i].start);
	st64(b + 8, map[i].end - map[i].start);
	st32(b + 16, map[i].type);
	// Whoever has room for attributes gets them: a valid entry.
	b[20] = 1;
	size = size < 24 ? 20 : 24;
	guest_write(pc, at(pc, SEG_ES, GPR_DI), b, size);
	set32(pc, GPR_AX, SMAP);
	set32(pc, GPR_CX, size);
	set32(pc, GPR_BX, i + 1 < n ? i + 1 : 0);
	carry(pc, 0);
	return BIOS_DONE;
}

static enum bios_result
memory_size(struct pc *pc)
{
	u64 kib = pc->ram / 1024 - 1024;
	u16 below16 = (u16)min_u64(kib, 15 * 1024), blocks = (u16)(kib > 15 * 1024 ? (kib - 15 * 1024) / 64 : 0);
	set16(pc, GPR_AX, below16);
	set16(pc, GPR_CX, below16);
	set16(pc, GPR_BX, blocks);
	set16(pc, GPR_DX, blocks);
	carry(pc, 0);
	return BIOS_DONE;
}

static u32
descriptor_base(const u8 *d)
{
	return ld16(d + 2) | (u32)d[4] << 16 | (u32)d[7] << 24;
}

// Moves CX words between physical addresses, as the descriptors at ES:SI say.
static enum bios_result
move(struct pc *pc)
{
	u8 table[32], chunk[1024];
	u32 n = reg16(pc, GPR_CX) * 2u, from, to, k;
	guest_read(pc, at(pc, SEG_ES, GPR_SI), table, sizeof table);
	from = descriptor_base(table + 16);
	to = descriptor_base(table + 24);
	if (n > 0x10000 || n > ld16(table + 16) + 1u || n > ld16(table + 24) + 1u) {
		set_high(pc, GPR_AX, 2);
		carry(pc, 1);
		return BIOS_DONE;
	}
	for (; n; n -= k, from += k, to += k) {
		k = n < sizeof chunk ? n : (u32)sizeof chunk;
		ram_read(pc, from, chunk, k);
		ram_write(pc, to, chunk, k);
	}
	return fine(pc);
}

// --- A20 -------------------------------------------------------------------------------

static enum bios_result
a20(struct pc *pc)
{
	u8 al = low(pc, GPR_AX);
	if (al > 3)
		return unsupported(pc);
	if (al < 2)
		pc_set_a20(pc, al);
	if (al == 2)
		set_low(pc, GPR_AX, pc->a20);
	if (al == 3)
		// By the keyboard controller and by port 92h
		set16(pc, GPR_BX, 3);
	return fine(pc);
}

// --- waiting ---------------------------------------------------------------------------

static u64
microseconds(const struct pc *pc)
{
	return ((u64)reg16(pc, GPR_CX) << 16 | reg16(pc, GPR_DX)) * NS_PER_US;
}

static enum bios_result
wait_for(struct pc *pc)
{
	struct bios *b = &pc->bios;
	if ((b->wait.until > pc->now && b->wait.stack != (u32)at(pc, SEG_SS, GPR_SP)) || b->post_until) {
		// The one timer is in use.
		set_high(pc, GPR_AX, 0);
		carry(pc, 1);
		return BIOS_DONE;
	}
	return bios_wait(pc, &b->wait, microseconds(pc)) ? BIOS_WAIT : fine(pc);
}

static enum bios_result
post_later(struct pc *pc)
{
	struct bios *b = &pc->bios;
	if (low(pc, GPR_AX) == 1) {
		b->post_until = 0;
		return fine(pc);
	}
	if (low(pc, GPR_AX) || b->post_until) {
		set_high(pc, GPR_AX, 0);
		carry(pc, 1);
		return BIOS_DONE;
	}
	b->post_at = (u32)at(pc, SEG_ES, GPR_BX);
	b->post_until = pc->now + microseconds(pc) + 1;
	return fine(pc);
}

void
bios_advance(struct pc *pc)
{
	struct bios *b = &pc->bios;
	if (!b->post_until || b->post_until > pc->now)
		return;
	b->post_until = 0;
	bda_bits(pc, b->post_at, 0, 0x80);
}

u64
bios_next(const struct pc *pc)
{
	const struct bios *b = &pc->bios;
	u64 next = b->post_until ? b->post_until : NEVER;
	if (b->wait.until > pc->now)
		next = min_u64(next, b->wait.until);
	if (b->serial.until > pc->now)
		next = min_u64(next, b->serial.until);
	return next;
}

// --- 15h --------------------------------------------------------------------------------

enum bios_result
bios_int15(struct pc *pc)
{
	u16 ax = reg16(pc, GPR_AX);
	switch (ax >> 8) {
	case 0x24:
		return a20(pc);
	case 0x4f:
		// The keyboard's intercept: nothing is changed, the key is used.
		carry(pc, 1);
		return BIOS_DONE;
	case 0x80: case 0x81: case 0x82: case 0x85: case 0x90: case 0x91:
		return fine(pc);
	case 0x83:
		return post_later(pc);
	case 0x86:
		return wait_for(pc);
	case 0x87:
		return move(pc);
	case 0x88:
		set16(pc, GPR_AX, (u16)min_u64(pc->ram / 1024 - 1024, 0xffff));
		carry(pc, 0);
		return BIOS_DONE;
	case 0xc0:
		bios_segment(pc, SEG_ES, 0xf000);
		set16(pc, GPR_BX, ROM_CONFIG);
		return fine(pc);
	case 0xc1:
		bios_segment(pc, SEG_ES, bda16(pc, BDA_EBDA));
		carry(pc, 0);
		return BIOS_DONE;
	case 0xe8:
		if (ax == 0xe801)
			return memory_size(pc);
		if (ax == 0xe820)
			return memory_map(pc);
		break;
	}
	return unsupported(pc);
}
