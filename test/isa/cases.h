// cases.h: the byte strings that the decoder's tests try: all opcodes in many
// forms, and random ones. The same in every run.
#ifndef TEST_ISA_CASES_H_
#define TEST_ISA_CASES_H_
#include "isa/insn.h"

static u64 seed = 0x9e3779b97f4a7c15;

static inline u64
random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1d;
}

// Gives every opcode of every map to check(), with prefix sets x ModRM forms x
// modes, and random bytes behind.
static inline void
systematic(void (*check)(const u8 *code, enum isa_mode mode))
{
	static const char *const sets[] = {
		"", "\x66", "\xf2", "\xf3", "\xf0", "\x67", "\x66\xf2", "\x66\xf3", "\xf2\x66", "\xf3\xf2", "\xf0\x66", "\xf0\xf2",
		"\x2e", "\x64", "\x48", "\x41", "\x44", "\x4f", "\x66\x48", "\xf2\x48", "\xf3\x48", "\x66\xf3\x48", "\x67\x4f", "\x48\x66"
	};
	static const u8 opcodes[][2] = {{0, 0}, {0x0f, 0}, {0x0f, 0x38}, {0x0f, 0x3a}};
	unsigned mode, set, map, op, modrm, i, n;
	u8 code[32];
	for (mode = 0; mode < 3; ++mode)
		for (set = 0; set < COUNTOF(sets); ++set)
			for (map = 0; map < 4; ++map)
				for (op = 0; op < 256; ++op)
					for (modrm = 0; modrm < 256; ++modrm) {
						unsigned rm = modrm & 7;
						if (modrm < 0xc0 && rm != 0 && rm != 4 && rm != 5) continue;
						if (map >= 2 && modrm >= 0xc0 && rm > 1) continue;
						n = (unsigned)strlen(sets[set]);
						memcpy(code, sets[set], n);
						for (i = 0; i < 2 && opcodes[map][i]; ++i) code[n++] = opcodes[map][i];
						code[n++] = (u8)op;
						code[n++] = (u8)modrm;
						st64(code + n, random_u64());
						st64(code + n + 8, random_u64());
						check(code, (enum isa_mode)mode);
					}
	// VEX: both forms, all of pp, L, W, three maps and two that are none
	for (mode = 0; mode < 3; ++mode)
		for (map = 0; map < 5; ++map)
			for (i = 0; i < 64; ++i)
				for (op = 0; op < 256; ++op)
					for (modrm = 0; modrm < 256; modrm += 7) {
						code[0] = 0xc4;
						code[1] = (u8)((i & 1 ? 0xe0 : 0x00) | map);
						if (mode != 2) code[1] |= 0xc0;
						code[2] = (u8)((i >> 1 & 7) | (i & 32 ? 0x78 : 0x30) | (i & 16 ? 0x80 : 0));
						code[3] = (u8)op;
						code[4] = (u8)modrm;
						st64(code + 5, random_u64());
						st64(code + 13, random_u64());
						check(code, (enum isa_mode)mode);
					}
}

// A byte string that begins with a few prefixes and an opcode escape more
// often than chance would have it
static inline void
random_code(u8 *code)
{
	static const u8 prefixes[16] = {
		0x66, 0xf2, 0xf3, 0x67, 0xf0, 0x2e, 0x64, 0x48, 0x41, 0x44, 0x4f, 0x3e, 0x66, 0x26, 0xf3, 0x36
	};
	u64 r = random_u64();
	int n = 0, k;
	st64(code, random_u64());
	st64(code + 8, random_u64());
	for (k = r & 3, r >>= 2; k; --k, r >>= 4) code[n++] = prefixes[r & 15];
	if (r & 1) {
		code[n++] = 0x0f;
		if ((r & 14) == 2) code[n++] = 0x38;
		else if ((r & 14) == 4) code[n++] = 0x3a;
	}
}

#endif
