// vga.c: text modes of a VGA, and what MDA and CGA programs touch.
//
// Source: IBM VGA technical reference. Registers hold what is written; what
// text modes are made of (geometry, start address, cursor, colours, blink) is
// read back from them. Retrace bits follow the clock at 70 frames a second.
#include "pc/device.h"

enum { LINE_NS = 31778, LINES = 449, SHOWN_LINES = 400, RETRACE_LINE = 412 };

const u16 vga_cp437[256] = {
	' ', 0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022, 0x25d8, 0x25cb, 0x25d9, 0x2642, 0x2640, 0x266a, 0x266b, 0x263c,
	0x25ba, 0x25c4, 0x2195, 0x203c, 0x00b6, 0x00a7, 0x25ac, 0x21a8, 0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc,
	' ', '!', '"', '#', '$', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
	'@', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
	'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', '[', '\\', ']', '^', '_',
	'`', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '{', '|', '}', '~', 0x2302,
	0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb, 0xe8, 0xef, 0xee, 0xec, 0xc4, 0xc5,
	0xc9, 0xe6, 0xc6, 0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff, 0xd6, 0xdc, 0xa2, 0xa3, 0xa5, 0x20a7, 0x192,
	0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1, 0xaa, 0xba, 0xbf, 0x2310, 0xac, 0xbd, 0xbc, 0xa1, 0xab, 0xbb,
	0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
	0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
	0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
	0x3b1, 0xdf, 0x393, 0x3c0, 0x3a3, 0x3c3, 0xb5, 0x3c4, 0x3a6, 0x398, 0x3a9, 0x3b4, 0x221e, 0x3c6, 0x3b5, 0x2229,
	0x2261, 0xb1, 0x2265, 0x2264, 0x2320, 0x2321, 0xf7, 0x2248, 0xb0, 0x2219, 0xb7, 0x221a, 0x207f, 0xb2, 0x25a0, 0xa0,
};

// Bits that registers have; the others read as zeros.
static const u8 seq_bits[5] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e };
static const u8 gc_bits[9] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };
static const u8 attr_bits[5] = { 0xef, 0xff, 0x3f, 0x0f, 0x0f };
// Registers of the 400-line text modes
static const u8 crtc_80[25] = { 0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0, 0x4f, 0x0d, 0x0e, 0, 0, 0, 0, 0x9c, 0x8e, 0x8f, 0x28, 0x1f,
	0x96, 0xb9, 0xa3, 0xff };
static const u8 crtc_40[8] = { 0x2d, 0x27, 0x28, 0x90, 0x2b, 0xa0, 0xbf, 0x1f };
// What differs with 350: vertical retrace and where display ends, blank
static const u8 end_350[5] = { 0x83, 0x85, 0x5d, 0x63, 0xba };
static const u8 attr_colour[21] = { 0, 1, 2, 3, 4, 5, 0x14, 7, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0, 0x0f, 8, 0 };
static const u8 attr_mono[21] = { 0, 8, 8, 8, 8, 8, 8, 8, 0x10, 0x18, 0x18, 0x18, 0x18, 0x18, 0x18, 0x18, 0x0e, 0, 0x0f, 8, 0 };

static int
is_mono(const struct vga *v)
{
	return !(v->misc & 1);
}

// The first 64 entries are the colours of an EGA: two bits for each primary.
static void
default_dac(struct vga *v)
{
	unsigned i, k;
	memset(v->dac, 0, sizeof v->dac);
	for (i = 0; i < 64; i++)
		for (k = 0; k < 3; k++)
			v->dac[i][k] = (u8)((i >> (2 - k) & 1 ? 0x2a : 0) + (i >> (5 - k) & 1 ? 0x15 : 0));
	// Monochrome shades: off, normal, bright
	if (is_mono(v))
		for (i = 0; i < 64; i++)
			memset(v->dac[i], i & 0x10 ? i & 8 ? 0x3f : 0x15 : i & 8 ? 0x2a : 0, 3);
}

void
vga_set_mode(struct pc *pc, unsigned mode, unsigned lines)
{
	struct vga *v = &pc->vga;
	static const u8 seq[5] = { 3, 0, 3, 0, 2 }, gc[9] = { 0, 0, 0, 0, 0, 0x10, 0x0e, 0, 0xff };
	int mono = mode == 7;
	unsigned height = lines == 400 ? 16 : lines == 350 ? 14 : 8;
	memset(v, 0, sizeof *v);
	v->misc = mono ? 0x66 : 0x67;
	memcpy(v->crtc, crtc_80, sizeof v->crtc);
	memcpy(v->seq, seq, sizeof v->seq);
	memcpy(v->gc, gc, sizeof v->gc);
	memcpy(v->attr, mono ? attr_mono : attr_colour, sizeof v->attr);
	if (mode < 2) {
		memcpy(v->crtc, crtc_40, sizeof crtc_40);
		v->crtc[0x13] = 0x14;
		v->seq[1] = 8;
	}
	if (mono) {
		v->gc[6] = 0x0a;
		v->crtc[0x14] = 0x0d;
	}
	if (lines == 350) {
		memcpy(v->crtc + 0x10, end_350, 3);
		memcpy(v->crtc + 0x15, end_350 + 3, 2);
		v->misc = mono ? 0xa6 : 0xa3;
	}
	// 200 lines are shown twice.
	v->crtc[9] = (u8)(0x40 | (lines == 200) << 7 | (height - 1));
	v->crtc[0x0a] = (u8)(height < 14 ? height - 2 : height - 3);
	v->crtc[0x0b] = (u8)(height < 14 ? height - 1 : height - 2);
	v->attr_index = 0x20;
	v->dac_mask = 0xff;
	v->cga_mode = mono ? 0x29 : mode < 2 ? 0x28 : 0x29;
	v->cga_colour = 0x30;
	default_dac(v);
}

static void
vga_reset(struct pc *pc)
{
	vga_set_mode(pc, 3, 400);
}

unsigned
vga_page_base(const struct pc *pc)
{
	static const u32 base[] = { 0xa0000, 0xa0000, 0xb0000, 0xb8000 };
	return base[pc->vga.gc[6] >> 2 & 3];
}

unsigned
vga_page_size(const struct pc *pc)
{
	static const u32 size[] = { 0x20000, 0x10000, 0x8000, 0x8000 };
	return size[pc->vga.gc[6] >> 2 & 3];
}

u32
vga_colour(const struct pc *pc, unsigned n)
{
	const struct vga *v = &pc->vga;
	const u8 *d;
	unsigned i = v->attr[n & 15] & 0x3f;
	if (v->attr[0x10] & 0x80)
		i = (i & 15) | (v->attr[0x14] & 3) << 4;
	i |= (v->attr[0x14] & 0xc) << 4;
	d = v->dac[i & v->dac_mask];
	return (u32)(d[0] << 2 | d[0] >> 4) << 16 | (u32)(d[1] << 2 | d[1] >> 4) << 8 | (u32)(d[2] << 2 | d[2] >> 4);
}

// --- the text page -----------------------------------------------------------------

static unsigned
cell_offset(const struct pc *pc, unsigned x, unsigned y)
{
	const struct vga *v = &pc->vga;
	unsigned start = v->crtc[0x0c] << 8 | v->crtc[0x0d];
	return (start + y * v->crtc[0x13] * 2 + x) * 2 % vga_page_size(pc);
}

void
pc_text(struct pc *pc, struct pc_text *t)
{
	const struct vga *v = &pc->vga;
	unsigned lines = (v->crtc[0x12] | (v->crtc[7] & 2) << 7 | (v->crtc[7] & 0x40) << 3) + 1u, at, start, stride;
	unsigned height = (v->crtc[9] & 0x1f) + 1u;
	if (v->crtc[9] & 0x80)
		height *= 2;
	t->columns = v->crtc[1] + 1u;
	t->rows = lines / height ? lines / height : 1;
	if (t->columns > 132)
		t->columns = 132;
	if (t->rows > 60)
		t->rows = 60;
	at = v->crtc[0x0e] << 8 | v->crtc[0x0f];
	start = v->crtc[0x0c] << 8 | v->crtc[0x0d];
	stride = v->crtc[0x13] ? v->crtc[0x13] * 2u : 1;
	at = (at - start) & 0xffff;
	t->cursor_x = at % stride;
	t->cursor_y = at / stride;
	if (v->crtc[0x0a] & 0x20 || (v->crtc[0x0a] & 0x1f) > (v->crtc[0x0b] & 0x1f) || t->cursor_x >= t->columns)
		t->cursor_y = t->rows;
}

u16
pc_text_cell(struct pc *pc, unsigned x, unsigned y)
{
	u8 cell[2];
	ram_read(pc, vga_page_base(pc) + cell_offset(pc, x, y), cell, 2);
	return ld16(cell);
}

size_t
utf8_put(char *out, unsigned code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | code >> 12);
	out[1] = (char)(0x80 | (code >> 6 & 0x3f));
	out[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

size_t
pc_text_row(struct pc *pc, unsigned y, char *out, size_t size)
{
	struct pc_text t;
	unsigned x;
	size_t n = 0, end = 0;
	pc_text(pc, &t);
	for (x = 0; x < t.columns && n + 4 <= size; x++) {
		u8 c = (u8)pc_text_cell(pc, x, y);
		n += utf8_put(out + n, vga_cp437[c]);
		if (c && c != ' ' && c != 255)
			end = n;
	}
	if (size)
		out[end] = 0;
	return end;
}

// --- ports ---------------------------------------------------------------------------

static void
crtc_out(struct vga *v, u8 value)
{
	u8 i = v->crtc_index;
	if (i >= sizeof v->crtc)
		return;
	// Bit 7 of register 17 protects the first eight but line compare's ninth bit.
	if (i < 8 && v->crtc[0x11] & 0x80) {
		if (i == 7)
			v->crtc[7] = (u8)((v->crtc[7] & ~0x10) | (value & 0x10));
		return;
	}
	v->crtc[i] = value;
}

static void
attr_out(struct vga *v, u8 value)
{
	if (!v->attr_data)
		v->attr_index = value & 0x3f;
	else if ((v->attr_index & 0x1f) < sizeof v->attr)
		// The palette cannot be written while it is in use.
		if ((v->attr_index & 0x1f) >= 16 || !(v->attr_index & 0x20))
			v->attr[v->attr_index & 0x1f] = value & ((v->attr_index & 0x1f) < 16 ? 0x3f : attr_bits[v->attr_index & 0xf]);
	v->attr_data ^= 1;
}

static u8
status(struct pc *pc)
{
	u64 t = pc->now % ((u64)LINE_NS * LINES);
	unsigned line = (unsigned)(t / LINE_NS), dot = (unsigned)(t % LINE_NS);
	pc->vga.attr_data = 0;
	if (line >= SHOWN_LINES)
		return line >= RETRACE_LINE && line < RETRACE_LINE + 2 ? 9 : 1;
	return dot >= LINE_NS * 4 / 5;
}

static void
dac_out(struct vga *v, u8 value)
{
	v->dac_new[v->dac_part] = value & 0x3f;
	// An entry changes when its last part has come.
	if (++v->dac_part == 3) {
		v->dac_part = 0;
		memcpy(v->dac[v->dac_write++], v->dac_new, 3);
	}
}

static u8
dac_in(struct vga *v)
{
	u8 x = v->dac[v->dac_read][v->dac_part];
	if (++v->dac_part == 3) {
		v->dac_part = 0;
		v->dac_read++;
	}
	return x;
}

static void
vga_out(struct pc *pc, unsigned port, u8 value)
{
	struct vga *v = &pc->vga;
	// The CRTC and its company are at 3bxh on monochrome displays.
	if ((port & ~0xfu) == (is_mono(v) ? 0x3d0u : 0x3b0u))
		return;
	switch (port) {
	case 0x3c0: case 0x3c1:
		attr_out(v, value);
		break;
	case 0x3c2:
		v->misc = value & 0xef;
		break;
	case 0x3c4:
		v->seq_index = value & 7;
		break;
	case 0x3c5:
		if (v->seq_index < sizeof v->seq)
			v->seq[v->seq_index] = value & seq_bits[v->seq_index];
		break;
	case 0x3c6:
		v->dac_mask = value;
		break;
	case 0x3c7:
		v->dac_read = value;
		v->dac_part = 0;
		v->dac_reading = 3;
		break;
	case 0x3c8:
		v->dac_write = value;
		v->dac_part = 0;
		v->dac_reading = 0;
		break;
	case 0x3c9:
		dac_out(v, value);
		break;
	case 0x3ce:
		v->gc_index = value & 15;
		break;
	case 0x3cf:
		if (v->gc_index < sizeof v->gc)
			v->gc[v->gc_index] = value & gc_bits[v->gc_index];
		break;
	case 0x3b4: case 0x3d4:
		v->crtc_index = value & 31;
		break;
	case 0x3b5: case 0x3d5:
		crtc_out(v, value);
		break;
	case 0x3b8: case 0x3d8:
		// As on CGA and MDA, bit 5 makes attributes' high bit blink.
		v->cga_mode = value;
		v->attr[0x10] = (u8)((v->attr[0x10] & ~8) | (value & 0x20) >> 2);
		break;
	case 0x3d9:
		v->cga_colour = value;
		break;
	case 0x3ba: case 0x3da:
		v->feature = value & 8;
		break;
	}
}

static u8
vga_in(struct pc *pc, unsigned port)
{
	struct vga *v = &pc->vga;
	if ((port & ~0xfu) == (is_mono(v) ? 0x3d0u : 0x3b0u))
		return 0xff;
	switch (port) {
	case 0x3c0:
		return v->attr_index;
	case 0x3c1:
		return (v->attr_index & 0x1f) < sizeof v->attr ? v->attr[v->attr_index & 0x1f] : 0;
	case 0x3c2:
		return 0x10;
	case 0x3c4:
		return v->seq_index;
	case 0x3c5:
		return v->seq_index < sizeof v->seq ? v->seq[v->seq_index] : 0;
	case 0x3c6:
		return v->dac_mask;
	case 0x3c7:
		return v->dac_reading;
	case 0x3c8:
		return v->dac_write;
	case 0x3c9:
		return dac_in(v);
	case 0x3ca:
		return v->feature;
	case 0x3cc:
		return v->misc;
	case 0x3ce:
		return v->gc_index;
	case 0x3cf:
		return v->gc_index < sizeof v->gc ? v->gc[v->gc_index] : 0;
	case 0x3b4: case 0x3d4:
		return v->crtc_index;
	case 0x3b5: case 0x3d5:
		return v->crtc_index < sizeof v->crtc ? v->crtc[v->crtc_index] : 0;
	case 0x3ba: case 0x3da:
		return status(pc);
	}
	return 0xff;
}

static const struct device_register registers[] = { REGISTER("misc", vga.misc), REGISTERS("crtc", vga.crtc, 25), REGISTERS("attr", vga.attr, 21),
	REGISTERS("seq", vga.seq, 5), REGISTERS("gc", vga.gc, 9), REGISTER("mask", vga.dac_mask), REGISTERS("dac", vga.dac, 768),
	REGISTER("mode", vga.cga_mode), REGISTER("colour", vga.cga_colour) };
const struct device vga_device = { "vga", vga_reset, vga_in, vga_out, 0, 0, { { 0x3b0, 0x3df } }, registers, COUNTOF(registers) };
