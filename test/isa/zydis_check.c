// zydis_check.c: the decoder and the disassembler against Zydis, and where
// the two differ, against the processor.
//
//   zydis_check [-n RANDOM] [-p PROBES]
//
// First every opcode of every map with prefix sets x ModRM forms x modes,
// then RANDOM (default 2000000) byte strings; length, text (mnemonic and
// operands), address size and rejection must agree. A difference is accepted
// only if it falls into a class that differ(), liberties() or check_att()
// names; each class is listed with an example, a count and, where bytes are in
// question, the processor's verdict. Then PROBES (default
// 3000) strings are put to the processor alone. The report gives the cases
// per row of the table; a row without a case fails.
#include "isa/insn.h"
#include <stdio.h>
#include <stdlib.h>
#if !__has_include(<Zydis/Zydis.h>)
int
main(void)
{
	printf("skipped: needs libzydis-dev\n");
	return 0;
}
#else
#include "cases.h"
#include "probe.h"
#include <Zydis/Zydis.h>

static const struct {
	const char *op, *enc;
} row_names[] = {
#define INSN(op, text, feature, r, w, u, attrs, done)
#define ENC(op, enc, oprs, flags) {#op, enc},
#define ENCF(op, feature, enc, oprs, flags) {#op, enc},
#include "isa_table.inc"
#undef INSN
#undef ENC
#undef ENCF
};

struct class_ {
	char name[100], example[200], verdict[3][64];
	long count;
	int probes;
};

static unsigned row_cases[COUNTOF(row_names)];
static struct class_ classes[400];
static unsigned nclasses;
static long ncases, nfailed, nrejected, limit = 50;
static ZydisDecoder decoders[3];
static ZydisFormatter formatter, att_formatter;
static bool
starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

// Numbers without leading zeros: Zydis pads far pointers.
static void
unpad(char *s)
{
	char *d = s, *start = s;
	bool x = false; // just behind 0x
	for (; *s; ++s) {
		if (x && s[0] == '0' && ((s[1] >= '0' && s[1] <= '9') || (s[1] >= 'a' && s[1] <= 'f'))) continue;
		x = d != start && s[0] == 'x' && d[-1] == '0';
		*d++ = *s;
	}
	*d = 0;
}

// The name column of the table, by operation.
static const char *const texts[] = {
	"",
#define INSN(op, text, feature, r, w, u, attrs, done) text,
#define ENC(op, enc, oprs, flags)
#define ENCF(op, feature, enc, oprs, flags)
#include "isa_table.inc"
#undef INSN
#undef ENC
#undef ENCF
};

static struct class_ *
class_of(const char *name, const char *example)
{
	struct class_ *c;
	unsigned i;
	for (i = 0; i < nclasses && strcmp(classes[i].name, name); ++i)
		;
	if (i == COUNTOF(classes)) abort();
	c = &classes[i];
	if (i == nclasses) {
		++nclasses;
		snprintf(c->name, sizeof(c->name), "%s", name);
		snprintf(c->example, sizeof(c->example), "%.199s", example);
	}
	++c->count;
	return c;
}

static void
liberty(const struct insn *in, bool att, const char *name)
{
	char text[200];
	if (att) isa_format_att(text, sizeof(text), in, 0x400000);
	else isa_format(text, sizeof(text), in, 0x400000);
	class_of(name, text);
}

// Drops what stands from `from` to `to` where `from` first stands in s.
static bool
cut(char *s, const char *from, const char *to)
{
	char *p = strstr(s, from), *end = p ? strstr(p + strlen(from), to) : 0;
	if (!end) return false;
	memmove(p, end + strlen(to), strlen(end + strlen(to)) + 1);
	return true;
}

// Both texts without what one of them prints on purpose and the other does
// not; counts each such liberty.
static void
liberties(const struct insn *in, char *our, char *their, bool att)
{
	static const char *const words[] = {"data16 ", "data32 ", "rex.w ", "addr16 ", "addr32 "};
	static const char *const segments[] = {"es ", "cs ", "ss ", "ds ", "fs ", "gs "};
	unsigned i;
	char *p;
	for (i = 0; i < COUNTOF(words); ++i)
		if (cut(our, words[i], "")) liberty(in, att, "we show a size that matters and that no operand tells");
	for (i = 0; i < COUNTOF(segments); ++i)
		if (starts(our, segments[i]) && cut(our, segments[i], "")) liberty(in, att, "we show the segment of memory that is no operand");
	if (((isa_attrs[in->op] & ISA_STRING) || in->op == OP_XLAT) && strchr(our, att ? '(' : '[')) {
		p = starts(our, "rep") ? strchr(our, ' ') + 1 : our;
		p[strcspn(p, " ")] = 0;
		liberty(in, att, "we show the operands of string instructions with another segment or address size");
	}
	if (in->asize == 2 && cut(their, att ? ",1" : "*1", "")) liberty(in, att, "Zydis prints a scale in 16-bit addresses");
	p = strrchr(their, ',');
	if (in->op == OP_NOP && in->nopr == 2 && starts(their, "nop ") && p) {
		if (att) cut(their + 3, " ", ",");
		else *p = 0;
		liberty(in, att, "Zydis prints a second operand of nop");
	}
}

// Where the operands begin, behind the mnemonic in AT&T syntax.
static char *
operands_of(char *s)
{
	for (; *s && !(*s == ' ' && s[1] && strchr("%$(*-0", s[1])); ++s)
		;
	return s;
}

// Operands as both could write them.
static void
plain_operands(const struct insn *in, char *s)
{
	char *p;
	while (cut(s, "*", "")) continue;
	for (p = s; (p = strstr(p, "%st")); p += 3) {
		if (p[3] == '(') {
			p[3] = p[4];
			memmove(p + 4, p + 6, strlen(p + 6) + 1);
		} else if (!p[3] || p[3] == ',') {
			memmove(p + 4, p + 3, strlen(p + 3) + 1);
			p[3] = '0';
		}
	}
	if ((in->op == OP_IN || in->op == OP_OUT) && cut(s, "(", "") && !cut(s, ")", "")) abort();
}

// AT&T syntax, of an instruction whose Intel text agrees. Zydis takes the
// Intel mnemonic and puts a letter behind it by a rule of its own; that GNU as
// reads ours is as_test's business, so the mnemonics may differ in that here.
// The operands may not.
static bool
check_att(const struct insn *in, const char *intel, const ZydisDecodedInstruction *z, const ZydisDecodedOperand *o, char *our, char *their)
{
	char ours[200], theirs[200], *a, *b;
	size_t n, m;
	isa_format_att(our, 200, in, 0x400000);
	ZydisFormatterFormatInstruction(&att_formatter, z, o, z->operand_count_visible, their, 200, 0x400000, 0);
	unpad(their);
	if (!strcmp(our, their)) return true;
	strcpy(ours, our);
	strcpy(theirs, their);
	liberties(in, ours, theirs, true);
	plain_operands(in, ours);
	plain_operands(in, theirs);
	if (in->op == OP_RETF || in->op == OP_JMPF || in->op == OP_CALLF) cut(theirs, " far", "");
	a = operands_of(ours);
	b = operands_of(theirs);
	if (in->op == OP_ENTER || in->op == OP_BOUND) {
		// the last one first
		char all[200], *last = strrchr(b, ',');
		if (!last) return false;
		snprintf(all, sizeof(all), "%s,%.*s", last + 1, (int)(last - b), b);
		strcpy(b, all);
		liberty(in, true, "Zydis reverses the operands of enter and bound, AT&T syntax does not");
	} else if (in->opr[0].kind == OPR_FAR) {
		while (cut(a, "$", "")) continue;
		if (cut(a, ",", "")) *strrchr(a, ' ') = ':';
		liberty(in, true, "Zydis prints far pointers in AT&T syntax as in Intel syntax");
	}
	if (strcmp(a, b)) return false;
	n = (size_t)(a - ours);
	m = (size_t)(b - theirs);
	if (n == m && !memcmp(ours, theirs, n)) return true;
	if (n > m && !memcmp(ours, theirs, m)) liberty(in, true, "Zydis leaves the size out of an AT&T mnemonic");
	else if (m == n + 1 && !memcmp(ours, theirs, n)) liberty(in, true, "Zydis puts a size behind an AT&T mnemonic that has none");
	else if (strpbrk(texts[in->op], ";#[]|") && !strncmp(theirs, intel, strlen(intel) < m ? strlen(intel) : m - 1))
		liberty(in, true, "Zydis keeps the Intel name in AT&T syntax");
	else return false;
	return true;
}

// Is this extension of no concern to the table? Those are the ones that it
// has no row for.
static bool
is_absent(const ZydisDecodedInstruction *z)
{
	static const char *const absent[] = {
		"VTX", "SMX", "AMD3DNOW", "SSE4A", "SVM", "CET", "KEYLOCKER", "WAITPKG", "PCONFIG", "SGX", "RTM", "RDPRU",
		"PT", "AMD_INVLPGB", "MONITORX", "TSX_LDTRK", "VMFUNC", "TDX", "MCOMMIT", "CLZERO", "HRESET", "UINTR",
		"PADLOCK", "ENQCMD", "AVX512", "AVX_", "AVXNECONVERT", "AVXIFMA", "AVXVNNI", "FMA4", "XOP", "TBM", "AMX", "KNC", "SNP", "LWP", "PREFETCHWT1"
	};
	const char *name = ZydisISAExtGetString(z->meta.isa_ext);
	unsigned i;
	for (i = 0; i < COUNTOF(absent); ++i)
		if (starts(name, absent[i])) return true;
	return false;
}

// Names the accepted class of a difference; 0: there is none. ours and theirs
// are lengths, 0 for a rejection.
static const char *
differ(const struct insn *in, int ours, const char *our, int theirs, const char *their, const ZydisDecodedInstruction *z,
		char *buf)
{
	char a[200], *p;
	if (!ours && theirs && is_absent(z)) {
		sprintf(buf, "no rows for %s", ZydisISAExtGetString(z->meta.isa_ext));
		return buf;
	}
	if (ours && in->op == OP_NOP && (row_names[in->row].enc[3] == '1' && row_names[in->row].enc[4] >= 'A')
			&& row_names[in->row].enc[4] <= 'B')
		return "0F 1A and 0F 1B are MPX for Zydis";
	if (ours != theirs) return 0;
	if (in->op == OP_NOP && strstr(row_names[in->row].enc, "1E /r"))
		return "0F 1E keeps its operand size under 66 for Zydis";
	if (in->op == OP_JMP || in->op == OP_CALL) {
		p = strstr(their, "notrack ");
		if (p && !strcmp(our + (p - their), p + 8)) return "Zydis prints notrack though 3E is not the last of its group";
	}
	if (in->op == OP_FUCOMP) return "Zydis prints both operands of fucomp alone";
	if (in->op == OP_FSTP && starts(their, "fstpnce")) return "D9 D8+i is fstp, Zydis says fstpnce";
	if (in->op == OP_WBNOINVD) return "F3 0F 09 is wbnoinvd, Zydis says wbinvd";
	if ((in->op == OP_CALLF || in->op == OP_JMPF) && starts(their, "notrack ") && !strcmp(our, their + 8))
		return "Zydis prints notrack on direct far branches";
	snprintf(a, sizeof(a), "%s", their);
	if (in->mode != MODE_64 && (p = strstr(a, "0xffffffff")) && strlen(p) > 10) {
		memmove(p + 2, p + 10, strlen(p + 10) + 1);
		unpad(a);
		if (!strcmp(our, a)) return "Zydis prints 64-bit targets in 32-bit code";
	}
	if (in->op == OP_XCHG && !strcmp(their, "pause")) return "F3 REX.B 90 is xchg, Zydis says pause";
	if (in->base == GPR_NONE && strstr(their, "[r13d"))
		return "Zydis prints r13d where SIB has no base, with 67 and REX.B";
	return 0;
}

static void
note(const char *name, const char *example, const u8 *code, enum isa_mode mode, bool unsafe)
{
	struct class_ *c = class_of(name, example);
	if (c->probes < 3 && mode != MODE_16 && !unsafe) {
		struct probe p = probe_run(code, mode);
		if (p.what) {
			snprintf(c->verdict[c->probes++], 64, "%s", probe_text(&p));
			if (c->probes == 1) snprintf(c->example, sizeof(c->example), "%s", example);
		}
	}
}

static void
check(const u8 *code, enum isa_mode mode)
{
	struct insn in;
	ZydisDecodedInstruction z;
	ZydisDecodedOperand o[ZYDIS_MAX_OPERAND_COUNT];
	char our[200] = "", their[200] = "", intel[200], plain[200], example[500], buf[80];
	const char *why;
	bool agree;
	int ours = isa_decode(&in, code, 15, mode), theirs = 0, i, n;
	memset(&z, 0, sizeof(z));
	if (ours < 0) ours = 0;
	if (ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoders[mode], code, 15, &z, o))) {
		theirs = z.length;
		ZydisFormatterFormatInstruction(&formatter, &z, o, z.operand_count_visible, their, sizeof(their), 0x400000, 0);
		unpad(their);
	}
	++ncases;
	if (ours) {
		++row_cases[in.row];
		isa_format(our, sizeof(our), &in, 0x400000);
	} else {
		++nrejected;
	}
	strcpy(intel, their);
	strcpy(plain, our);
	agree = ours == theirs && (!ours || in.asize * 8 == z.address_width);
	if (ours && theirs && strcmp(our, their)) {
		liberties(&in, plain, intel, false);
		agree = agree && !strcmp(plain, intel);
	}
	if (agree && (!ours || check_att(&in, intel, &z, o, our, their))) return;
	n = sprintf(example, "%d-bit", mode == MODE_64 ? 64 : mode == MODE_32 ? 32 : 16);
	for (i = 0; i < (ours > theirs ? ours : theirs); ++i) n += sprintf(example + n, " %02x", code[i]);
	snprintf(example + n, sizeof(example) - n, ": %s; Zydis: %s", ours ? our : "rejected", theirs ? their : "rejected");
	why = agree ? 0 : differ(&in, ours, plain, theirs, intel, &z, buf);
	if (why) {
		note(why, example, code, mode, ours && probe_unsafe(&in));
	} else if (nfailed++ < limit) {
		printf("FAIL %s (%d, %d)\n", example, ours, theirs);
	}
}

// Names what explains that the processor disagrees; 0: nothing does.
static const char *
disagree(const struct insn *in, int ours, const u8 *code, enum isa_mode mode, const struct probe *p, char *buf)
{
	ZydisDecodedInstruction z;
	struct insn unlocked;
	u8 plain[16];
	unsigned i, k;
	if (!ours) {
		if (ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoders[mode], 0, code, 15, &z)) && is_absent(&z)) {
			sprintf(buf, "processor has %s", ZydisISAExtGetString(z.meta.isa_ext));
			return buf;
		}
		// without the LOCK prefixes it must be one of these two
		for (i = k = 0; i < 15; ++i)
			if (code[i] != 0xf0) plain[k++] = code[i];
		memset(plain + k, 0, sizeof(plain) - k);
		if (k < 15 && isa_decode(&unlocked, plain, 15, mode) > 0
				&& (unlocked.op == OP_MOV_CR || unlocked.op == OP_VERR || unlocked.op == OP_VERW))
			return "AMD: LOCK MOV CR0 is CR8; VERR and VERW ignore LOCK";
		return 0;
	}
	if ((isa_attrs[in->op] & ISA_BRANCH) && p->len == in->len - 2) {
		for (i = 0; i < in->len; ++i)
			if (code[i] == 0x66) return "AMD: 66 makes near branches 16 bits wide";
	}
	if (p->what != PROBE_UD) return 0;
	switch (in->op) {
	case OP_UD0: case OP_UD1: case OP_UD2: case OP_BOUND:
		return "instructions that raise #UD";
	case OP_MOV_CR: case OP_MOV_DR: case OP_RSM: case OP_SYSEXIT: case OP_SYSRET: case OP_MONITOR: case OP_MWAIT:
	case OP_CLAC: case OP_STAC: case OP_LLDT: case OP_LTR: case OP_STR: case OP_SLDT: case OP_XSAVES: case OP_XRSTORS:
	case OP_INVPCID: case OP_SWAPGS:
		return "system instructions, #UD in user mode";
	case OP_MOVDIRI: case OP_MOVDIR64B: case OP_SERIALIZE: case OP_RDPKRU: case OP_WRPKRU: case OP_RDPID: case OP_CLDEMOTE:
	case OP_XSAVE: case OP_XRSTOR: case OP_XSAVEC: case OP_XSAVEOPT:
		return "features that this processor or kernel lacks";
	case OP_NOP: case OP_PREFETCH: case OP_PREFETCHW: case OP_PREFETCHWT1:
		return in->opr[0].kind == OPR_GPR ? "AMD: 0F 0D with a register is #UD" : 0;
	default:
		return 0;
	}
}

static long
probes(long n)
{
	u8 code[32];
	char text[200], buf[80], example[500];
	long done = 0, i;
	struct insn in;
	for (i = 0; i < n; ++i) {
		enum isa_mode mode = i & 1 ? MODE_32 : MODE_64;
		struct probe p;
		const char *why;
		int ours, k, len;
		random_code(code);
		ours = isa_decode(&in, code, 15, mode);
		if (ours == ISA_TOOLONG) continue;
		if (ours < 0) ours = 0;
		if (ours && probe_unsafe(&in)) continue;
		p = probe_run(code, mode);
		if (!p.what) continue;
		++done;
		if (ours ? p.what != PROBE_UD && p.len == ours : p.what == PROBE_UD) continue;
		why = disagree(&in, ours, code, mode, &p, buf);
		len = sprintf(example, "%d-bit", mode == MODE_64 ? 64 : 32);
		for (k = 0; k < (ours ? ours : p.len); ++k) len += sprintf(example + len, " %02x", code[k]);
		if (ours) isa_format(text, sizeof(text), &in, 0x400000);
		snprintf(example + len, sizeof(example) - len, ": %s, %d bytes", ours ? text : "rejected", ours);
		if (why) {
			note(why, example, code, mode, false);
		} else if (nfailed++ < limit) {
			printf("FAIL %s; processor: %s\n", example, probe_text(&p));
		}
	}
	return done;
}

int
main(int argc, char *argv[])
{
	static const struct {
		ZydisMachineMode machine;
		ZydisStackWidth stack;
	} modes[3] = {
		{ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16},
		{ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32},
		{ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64}
	};
	static const ZydisFormatterProperty no_padding[] = {
		ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE,
		ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_FORMATTER_PROP_DISP_PADDING
	};
	long nrandom = 2000000, nprobes = 3000, done = 0, i;
	unsigned k, empty = 0;
	u8 code[32];
	bool silicon;
	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "-n")) nrandom = atol(argv[i + 1]);
		if (!strcmp(argv[i], "-f")) limit = atol(argv[i + 1]);
		if (!strcmp(argv[i], "-p")) nprobes = atol(argv[i + 1]);
	}
	for (k = 0; k < 3; ++k) ZydisDecoderInit(&decoders[k], modes[k].machine, modes[k].stack);
	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_FORCE_SIZE, 1);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, 0);
	for (k = 0; k < COUNTOF(no_padding); ++k)
		ZydisFormatterSetProperty(&formatter, no_padding[k], (ZyanUPointer)ZYDIS_PADDING_DISABLED);
	ZydisFormatterInit(&att_formatter, ZYDIS_FORMATTER_STYLE_ATT);
	ZydisFormatterSetProperty(&att_formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, 0);
	ZydisFormatterSetProperty(&att_formatter, ZYDIS_FORMATTER_PROP_FORCE_RELATIVE_RIPREL, 1);
	ZydisFormatterSetProperty(&att_formatter, ZYDIS_FORMATTER_PROP_IMM_SIGNEDNESS, ZYDIS_SIGNEDNESS_UNSIGNED);
	for (k = 0; k < COUNTOF(no_padding); ++k)
		ZydisFormatterSetProperty(&att_formatter, no_padding[k], (ZyanUPointer)ZYDIS_PADDING_DISABLED);
	silicon = nprobes && probe_open() == 0;
	systematic(check);
	for (i = 0; i < nrandom; ++i) {
		random_code(code);
		check(code, (enum isa_mode)(i % 3));
	}
	if (silicon) done = probes(nprobes);
	probe_close();
	printf("cases per row:\n");
	for (k = 0; k < COUNTOF(row_names); ++k) {
		printf("%8u %s: %s\n", row_cases[k], row_names[k].op, row_names[k].enc);
		if (!row_cases[k]) {
			++empty;
			printf("FAIL row without a case\n");
		}
	}
	printf("accepted differences, with the processor's verdict:\n");
	for (k = 0; k < nclasses; ++k) {
		printf("%8ld %s\n         e.g. %s\n", classes[k].count, classes[k].name, classes[k].example);
		for (i = 0; i < classes[k].probes; ++i) printf("         processor: %s\n", classes[k].verdict[i]);
	}
	printf("zydis_check: %ld cases (%ld rejected by us), %u rows, %ld strings put to the processor%s, %ld unexplained\n",
		ncases, nrejected, (unsigned)COUNTOF(row_names), done, silicon ? "" : " (no ptrace here)", nfailed);
	return nfailed || empty;
}
#endif
