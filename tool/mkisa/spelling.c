// spelling.c: what the words of a row say: its operands, and its encoding in the
// manual's own spelling.
#include "mkisa.h"

struct isa_spec specs[256];
int nspecs;

// ---- operands ------------------------------------------------------------

static const struct word {
	const char *text;
	int where, msize;
} words[] = {
	{"al", AT_AX, SZ_B}, {"ax", AT_AX, SZ_W}, {"av", AT_AX, SZ_V}, {"az", AT_AX, SZ_Z},
	{"cl", AT_CL, SZ_B}, {"dx", AT_DX, SZ_W}, {"1", AT_ONE, SZ_B},
	{"es", AT_ES, SZ_W}, {"cs", AT_CS, SZ_W}, {"ss", AT_SS, SZ_W},
	{"ds", AT_DS, SZ_W}, {"fs", AT_FS, SZ_W}, {"gs", AT_GS, SZ_W},
	{"sreg", AT_SREG, SZ_W}, {"sregd", AT_SREGDST, SZ_W}, {"cr", AT_CR, SZ_N}, {"dr", AT_DR, SZ_N},
	{"st", AT_ST0, SZ_T}, {"sti", AT_STI, SZ_T}, {"xmm0", AT_XMM0, SZ_X},
	{"ib", AT_IMM, SZ_B}, {"iw", AT_IMM, SZ_W}, {"iv", AT_IMM, SZ_V},
	{"ibs", AT_IMMS, SZ_B}, {"iz", AT_IMMS, SZ_Z}, {"ib2", AT_IMM2, SZ_B},
	{"jb", AT_REL, SZ_B}, {"jz", AT_REL, SZ_Z}, {"far", AT_FAR, SZ_FARP},
	{"offb", AT_MOFFS, SZ_B}, {"offv", AT_MOFFS, SZ_V},
	{"x", AT_XREG, SZ_X}, {"ux", AT_XRMREG, SZ_X}, {"vx", AT_XVVVV, SZ_X},
	{"y", AT_XREG, SZ_Y}, {"vy", AT_XVVVV, SZ_Y},
	{"X", AT_XREG, SZ_L}, {"UX", AT_XRMREG, SZ_L}, {"VX", AT_XVVVV, SZ_L}, {"X4", AT_XIS4, SZ_L},
	{"mm", AT_MREG, SZ_Q}, {"umm", AT_MRMREG, SZ_Q}
};
static const struct word prefixes[] = {
	{"rm", AT_RM, 0}, {"r", AT_REG, 0}, {"u", AT_RMREG, 0}, {"o", AT_OPC, 0}, {"v", AT_VVVV, 0},
	{"m", AT_MEM, 0}, {"si:", AT_SI, 0}, {"di:", AT_DI, 0}, {"xl:", AT_XLAT, 0}
};
static const struct word sizes[] = {
	{"", 0, SZ_0}, {"0", 0, SZ_0}, {"b", 0, SZ_B}, {"w", 0, SZ_W}, {"d", 0, SZ_D}, {"q", 0, SZ_Q},
	{"x", 0, SZ_X}, {"y", 0, SZ_Y}, {"t", 0, SZ_T}, {"64", 0, SZ_64}, {"512", 0, SZ_512},
	{"v", 0, SZ_V}, {"z", 0, SZ_Z}, {"r", 0, SZ_R}, {"n", 0, SZ_N}, {"a", 0, SZ_A}, {"f", 0, SZ_FARP},
	{"pair", 0, SZ_PAIR}, {"desc", 0, SZ_DESC}, {"env", 0, SZ_ENV}, {"state", 0, SZ_STATE},
	{"l", 0, SZ_L}, {"l2", 0, SZ_L2}, {"l4", 0, SZ_L4}, {"l8", 0, SZ_L8}
};

static int
size_parse(const struct row *r, const char *s)
{
	size_t i;
	for (i = 0; i < COUNTOF(sizes); ++i)
		if (!strcmp(sizes[i].text, s)) return sizes[i].msize;
	die(r, "unknown operand size");
	return 0;
}

// One operand: a word of words[], or one of prefixes[] and one of sizes[]:
//   rv ModRM.reg, ur ModRM.rm as a register, ov opcode, vr VEX.vvvv,
//   mq memory, rmv register or memory, rd/mb either with two sizes,
//   x/mq xmm or memory, mm/mq mmx or memory, si:v [rSI], di:v es:[rDI];
//   X UX VX X/ml X4 as wide as VEX.L says; vmxq eight bytes at addresses
//   with an XMM register as index, vmlq with one as wide as VEX.L says.
static struct isa_spec
spec_parse(const struct row *r, const char *s)
{
	struct isa_spec p = {0, 0, 0};
	char left[16];
	const char *slash = strstr(s, "/m");
	size_t i;
	for (i = 0; i < COUNTOF(words); ++i)
		if (!strcmp(words[i].text, s)) {
			p.where = words[i].where;
			p.msize = p.rsize = words[i].msize;
			return p;
		}
	if (!strncmp(s, "vm", 2)) {
		snprintf(left, sizeof(left), "%.1s", s + 2);
		p.where = AT_VSIB;
		p.rsize = size_parse(r, left);
		p.msize = size_parse(r, s + 3);
		return p;
	}
	if (slash && slash > s) {
		snprintf(left, sizeof(left), "%.*s", (int)(slash - s), s);
		p.msize = size_parse(r, slash + 2);
		if (!strcmp(left, "x") || !strcmp(left, "X") || !strcmp(left, "y")) {
			p.where = AT_XRM;
			p.rsize = left[0] == 'x' ? SZ_X : left[0] == 'y' ? SZ_Y : SZ_L;
		} else if (!strcmp(left, "mm")) {
			p.where = AT_MRM;
			p.rsize = SZ_Q;
		} else if (left[0] == 'r') {
			p.where = AT_RM;
			p.rsize = size_parse(r, left + 1);
		} else {
			die(r, "unknown register in front of /m");
		}
		return p;
	}
	for (i = 0; i < COUNTOF(prefixes); ++i)
		if (!strncmp(prefixes[i].text, s, strlen(prefixes[i].text))) {
			p.where = prefixes[i].where;
			p.msize = p.rsize = size_parse(r, s + strlen(prefixes[i].text));
			return p;
		}
	die(r, "unknown operand");
	return p;
}

int
spec_index(struct isa_spec p)
{
	int i;
	for (i = 0; i < nspecs; ++i)
		if (!memcmp(&specs[i], &p, sizeof(p))) return i;
	if (nspecs == 256) abort();
	specs[nspecs] = p;
	return nspecs++;
}

void
operands_parse(struct row *r)
{
	char text[64], *word;
	int n = 0;
	snprintf(text, sizeof(text), "%s", r->oprs);
	for (word = strtok(text, " "); word; word = strtok(0, " ")) {
		struct isa_spec p = spec_parse(r, word);
		if (n == 4) die(r, "more than four operands");
		r->spec[n++] = (u8)spec_index(p);
		switch (p.where) {
		case AT_MEM: case AT_VSIB:
			r->want[BY_MOD] &= 1;
			break;
		case AT_RMREG: case AT_XRMREG: case AT_MRMREG:
			if (!(r->attrs & ROW_NOMEM)) r->want[BY_MOD] &= 2;
			break;
		case AT_VVVV: case AT_XVVVV:
			r->attrs |= ROW_VVVV;
			break;
		default:
			break;
		}
	}
}

// ---- encodings -----------------------------------------------------------

enum { PFX_NONE = 1, PFX_66 = 2, PFX_F3 = 4, PFX_F2 = 8 };

static void
vex_parse(struct row *r, char *w)
{
	static const char *const maps[] = {"", "0F", "0F38", "0F3A"};
	char *part;
	int i, base = !strncmp(w, "EVEX", 4) ? MAP_EVEX : MAP_VEX;
	char *end;
	r->want[BY_PREFIX] = PFX_NONE;
	for (part = strtok_r(w, ".", &end); part; part = strtok_r(0, ".", &end)) {
		for (i = 1; i <= 3; ++i)
			if (!strcmp(part, maps[i])) r->map = base + i - 1;
		if (!strcmp(part, "128") || !strcmp(part, "LZ") || !strcmp(part, "L0")) r->want[BY_L] = 1;
		else if (!strcmp(part, "256") || !strcmp(part, "L1")) r->want[BY_L] = 2;
		else if (!strcmp(part, "512")) r->want[BY_L] = 4;
		else if (!strcmp(part, "66")) r->want[BY_PREFIX] = PFX_66;
		else if (!strcmp(part, "F3")) r->want[BY_PREFIX] = PFX_F3;
		else if (!strcmp(part, "F2")) r->want[BY_PREFIX] = PFX_F2;
		else if (!strcmp(part, "W0")) r->want[BY_W] = 1;
		else if (!strcmp(part, "W1")) r->want[BY_W] = 2;
	}
}

void
encoding_parse(struct row *r)
{
	char text[64], *w, *end, *plus;
	int i, nbytes = 0, bytes[4], vex = 0;
	for (i = 0; i < BY_COUNT; ++i) r->want[i] = (1 << by_size[i]) - 1;
	r->nopcodes = 1;
	snprintf(text, sizeof(text), "%s", r->enc);
	for (w = strtok_r(text, " ", &end); w; w = strtok_r(0, " ", &end)) {
		plus = strchr(w, '+');
		if (!strncmp(w, "VEX.", 4) || !strncmp(w, "EVEX.", 5)) {
			vex_parse(r, w);
			vex = 1;
		} else if (!strcmp(w, "NP")) {
			r->want[BY_PREFIX] = PFX_NONE;
		} else if (!strcmp(w, "NFx")) {
			r->want[BY_PREFIX] = PFX_NONE | PFX_66;
		} else if (!strcmp(w, "REX.W")) {
			r->want[BY_W] = 2;
		} else if (!strcmp(w, "/r")) {
			r->attrs |= ROW_MODRM;
		} else if (w[0] == '/') {
			r->attrs |= ROW_MODRM;
			r->want[BY_REG] = 1 << (w[1] - '0');
		} else if (!nbytes && !vex && r->want[BY_PREFIX] == 15 && !plus
				&& (!strcmp(w, "66") || !strcmp(w, "F2") || !strcmp(w, "F3"))) {
			if (w[0] == '6') {
				r->want[BY_PREFIX] = PFX_66;
				r->attrs |= ROW_66;
			} else {
				r->want[BY_PREFIX] = w[1] == '2' ? PFX_F2 : PFX_F3;
				r->attrs |= ROW_REP;
			}
		} else {
			if (nbytes == 4) die(r, "too many opcode bytes");
			bytes[nbytes++] = strtol(w, 0, 16);
			if (plus && !strcmp(plus, "+cc")) {
				r->nopcodes = 16;
				r->attrs |= ROW_CC;
			} else if (plus && !strcmp(plus, "+i")) {
				r->nopcodes = -8;
			} else if (plus) {
				r->nopcodes = 8;
			}
		}
	}
	i = 0;
	if (!vex) {
		r->map = MAP_1;
		if (nbytes > 1 && bytes[0] == 0x0f) {
			r->map = MAP_0F;
			i = 1;
			if (nbytes > 2 && bytes[1] == 0x38) {
				r->map = MAP_0F38;
				i = 2;
			} else if (nbytes > 2 && bytes[1] == 0x3a) {
				r->map = MAP_0F3A;
				i = 2;
			}
		}
	}
	if (i == nbytes) die(r, "no opcode");
	r->opcode = bytes[i++];
	if (i < nbytes) { // the rest is a ModRM byte
		r->attrs |= ROW_MODRM;
		r->want[BY_MOD] = 2;
		r->want[BY_REG] = 1 << (bytes[i] >> 3 & 7);
		if (r->nopcodes != -8) r->want[BY_RM] = 1 << (bytes[i] & 7);
		r->nopcodes = 1;
	}
	if (has_word(r->flagtext, "I64")) r->want[BY_MODE] = 1;
	if (has_word(r->flagtext, "O64")) r->want[BY_MODE] = 2;
	if (has_word(r->flagtext, "D64")) r->attrs |= ROW_D64;
	if (has_word(r->flagtext, "F64")) r->attrs |= ROW_F64;
	if (has_word(r->flagtext, "NOMEM")) r->attrs |= ROW_NOMEM;
	if (has_word(r->flagtext, "HIDE")) r->attrs |= ROW_HIDE;
	if (has_word(r->flagtext, "NOREXB")) r->want[BY_REXB] = 1;
}
