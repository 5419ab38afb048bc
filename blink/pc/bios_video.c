// bios_video.c: 10h in text modes.
//
// Characters go to display memory; the cursor, the page shown and the mode are
// what the display's registers say, with copies in the BDA as programs expect
// them. Graphics modes are refused: the mode stays what it is. Without a
// screen, teletype output and strings also go to standard output.
#include "pc/bios.h"

enum { MODE_SUPPORTED = 0x30, PAGES = 8 };
// 40:89: no bit of lines is 350.
enum { VGA_ACTIVE = 1, VGA_GREYS = 2, VGA_KEEP_PALETTE = 8, VGA_400 = 16, VGA_200 = 128 };

static unsigned
columns(struct pc *pc)
{
	unsigned n = bda16(pc, BDA_COLUMNS);
	return n && n <= 132 ? n : 80;
}

static unsigned
rows(struct pc *pc)
{
	unsigned n = bda8(pc, BDA_ROWS) + 1u;
	return n <= 60 ? n : 25;
}

static u32
cell(struct pc *pc, unsigned page, unsigned x, unsigned y)
{
	unsigned offset = page * bda16(pc, BDA_PAGE_SIZE) + (y * columns(pc) + x) * 2;
	return vga_page_base(pc) + (offset & 0x7ffe);
}

static void
crtc(struct pc *pc, u8 index, u16 value, int both)
{
	struct vga *v = &pc->vga;
	if (both)
		v->crtc[index++] = (u8)(value >> 8);
	v->crtc[index] = (u8)value;
}

static void
show_cursor(struct pc *pc, unsigned page)
{
	u16 where = bda16(pc, BDA_CURSOR + 2 * page);
	if (page == bda8(pc, BDA_PAGE))
		crtc(pc, 0x0e, (u16)((page * bda16(pc, BDA_PAGE_SIZE) >> 1) + (where >> 8) * columns(pc) + (where & 255)), 1);
}

static void
move_cursor(struct pc *pc, unsigned page, unsigned x, unsigned y)
{
	set_bda16(pc, BDA_CURSOR + 2 * page, (u16)(y << 8 | x));
	show_cursor(pc, page);
}

// --- modes and fonts ---------------------------------------------------------------------

static void
fill(struct pc *pc, u32 from, unsigned cells, u16 what)
{
	u8 row[160];
	unsigned i, n;
	for (i = 0; i < sizeof row; i += 2)
		st16(row + i, what);
	for (; cells; cells -= n) {
		n = cells < sizeof row / 2 ? cells : (unsigned)sizeof row / 2;
		ram_write(pc, from, row, 2 * n);
		from += 2 * n;
	}
}

static unsigned
lines(struct pc *pc)
{
	u8 b = bda8(pc, BDA_VGA);
	return b & VGA_200 ? 200 : b & VGA_400 ? 400 : 350;
}

// What follows from the height of characters
static void
set_height(struct pc *pc, unsigned height)
{
	unsigned n = lines(pc) / height, bytes = n * columns(pc) * 2;
	crtc(pc, 9, (u16)((pc->vga.crtc[9] & 0xe0) | (height - 1)), 0);
	set_bda8(pc, BDA_ROWS, (u8)(n - 1));
	set_bda16(pc, BDA_HEIGHT, (u16)height);
	// Pages start at multiples of 2 KiB in 25 lines of 40, 4 KiB in 80.
	set_bda16(pc, BDA_PAGE_SIZE, (u16)(bytes <= 0x800 ? 0x800 : bytes <= 0x1000 ? 0x1000 : bytes + 0x100));
	crtc(pc, 0x0a, (u16)(height < 14 ? height - 2 : height - 3), 0);
	crtc(pc, 0x0b, (u16)(height < 14 ? height - 1 : height - 2), 0);
	set_bda16(pc, BDA_SHAPE, 0x0607);
}

static void
set_vector(struct pc *pc, unsigned n, u16 offset)
{
	set_bda32(pc, 4 * n, 0xf0000000u | offset);
}

static void
greys(struct pc *pc, unsigned first, unsigned n)
{
	unsigned i;
	for (i = 0; i < n && i < 256; i++) {
		u8 *d = pc->vga.dac[(first + i) & 255];
		memset(d, (d[0] * 30 + d[1] * 59 + d[2] * 11 + 50) / 100, 3);
	}
}

static void
set_mode(struct pc *pc, u8 al)
{
	unsigned mode = al & 0x7f;
	int mono = mode == 7;
	static const u8 cga_modes[] = { 0x2c, 0x28, 0x2d, 0x29 };
	struct vga was = pc->vga;
	if (mode > 3 && !mono)
		return;
	vga_set_mode(pc, mode, lines(pc));
	if (bda8(pc, BDA_VGA) & VGA_KEEP_PALETTE) {
		memcpy(pc->vga.dac, was.dac, sizeof was.dac);
		memcpy(pc->vga.attr, was.attr, 16);
		pc->vga.attr[0x11] = was.attr[0x11];
	}
	if (bda8(pc, BDA_VGA) & VGA_GREYS)
		greys(pc, 0, 256);
	set_bda8(pc, BDA_MODE, (u8)mode);
	set_bda16(pc, BDA_COLUMNS, mode < 2 ? 40 : 80);
	set_bda16(pc, BDA_PAGE_START, 0);
	set_bda8(pc, BDA_PAGE, 0);
	set_bda16(pc, BDA_CRTC, mono ? 0x3b4 : 0x3d4);
	set_bda8(pc, BDA_CGA_MODE, mono ? 0x29 : cga_modes[mode]);
	set_bda8(pc, BDA_CGA_COLOUR, 0x30);
	// Bit 7 of the mode: memory stays. 256 KiB, emulated cursors
	set_bda8(pc, BDA_VIDEO, 0x60 | (al & 0x80));
	set_bda8(pc, BDA_SWITCHES, 0xf9);
	bda_bits(pc, BDA_EQUIPMENT, 0x30, mono ? 0x30 : mode < 2 ? 0x10 : 0x20);
	set_height(pc, lines(pc) == 400 ? 16 : lines(pc) == 350 ? 14 : 8);
	set_vector(pc, 0x43, lines(pc) == 400 ? ROM_8X16 : lines(pc) == 350 ? ROM_8X14 : ROM_8X8);
	for (unsigned page = 0; page < PAGES; page++)
		set_bda16(pc, BDA_CURSOR + 2 * page, 0);
	show_cursor(pc, 0);
	if (!(al & 0x80))
		fill(pc, vga_page_base(pc), 0x4000, 0x0720);
	set_low(pc, GPR_AX, MODE_SUPPORTED);
}

static void
font(struct pc *pc)
{
	u8 al = low(pc, GPR_AX), bh = high(pc, GPR_BX);
	static const u8 heights[] = { 0, 14, 8, 0, 16 };
	static const u16 fonts[] = { 0, ROM_8X14, ROM_8X8, 0, ROM_8X16 };
	static const u16 infos[] = { ROM_8X14, ROM_8X8, ROM_8X8 + 128 * 8, ROM_NO_GLYPHS, ROM_8X16, ROM_NO_GLYPHS };
	unsigned height = (al & 15) <= 4 ? heights[al & 15] : 0;
	if ((al & 15) == 0 && bh >= 2 && bh <= 32)
		height = bh;
	// What display memory's font holds, the terminal does not care about; 1xh
	// also changes the number of rows.
	if (al >= 0x10 && al <= 0x14 && height >= 7) {
		set_height(pc, height);
	} else if (al == 0x03) {
		pc->vga.seq[3] = low(pc, GPR_BX);
	} else if (al == 0x20 || al == 0x21) {
		set_bda32(pc, al == 0x20 ? 4 * 0x1f : 4 * 0x43, (u32)pc->cpu->sel[SEG_ES] << 16 | reg16(pc, GPR_BP));
	} else if (al >= 0x22 && al <= 0x24) {
		set_vector(pc, 0x43, fonts[al == 0x22 ? 1 : al == 0x23 ? 2 : 4]);
	} else if (al == 0x30 && bh <= 7) {
		u32 where = bh < 2 ? bda32(pc, bh ? 4 * 0x43 : 4 * 0x1f) : 0xf0000000u | infos[bh - 2];
		bios_segment(pc, SEG_ES, (u16)(where >> 16));
		set16(pc, GPR_BP, (u16)where);
		set16(pc, GPR_CX, bda16(pc, BDA_HEIGHT));
		set_low(pc, GPR_DX, bda8(pc, BDA_ROWS));
	}
}

// Shapes meant for eight lines, on taller characters
static void
cursor_shape(struct pc *pc)
{
	unsigned start = high(pc, GPR_CX) & 31, end = low(pc, GPR_CX) & 31, height = bda8(pc, BDA_HEIGHT);
	set_bda16(pc, BDA_SHAPE, reg16(pc, GPR_CX));
	if (!(bda8(pc, BDA_VIDEO) & 1) && height > 8 && end > 3 && end < 8 && start <= end) {
		// A block, its lower half, or an underline, which leaves tall characters their last line
		if (start + 2 >= end) {
			start = height - 1 - (end - start) - (height > 12);
			end = height - 1 - (height > 12);
		} else {
			start = start > 2 ? (height + 1) / 2 : start;
			end = height - 1;
		}
	}
	crtc(pc, 0x0a, (u16)(start | (high(pc, GPR_CX) & 0x20)), 0);
	crtc(pc, 0x0b, (u16)end, 0);
}

static void
select_page(struct pc *pc, u8 page)
{
	unsigned start = page * bda16(pc, BDA_PAGE_SIZE);
	if (page >= PAGES)
		return;
	set_bda8(pc, BDA_PAGE, page);
	set_bda16(pc, BDA_PAGE_START, (u16)start);
	crtc(pc, 0x0c, (u16)(start >> 1), 1);
	show_cursor(pc, page);
}

// --- characters ------------------------------------------------------------------------------

// Moves a window up (or down) n lines; 0 or too many: clears it.
static void
scroll(struct pc *pc, unsigned page, int down, unsigned n, u8 attribute, u16 corner, u16 opposite)
{
	unsigned x0 = corner & 255, y0 = corner >> 8, x1 = opposite & 255, y1 = opposite >> 8, y, lines;
	u8 row[132 * 2];
	if (x1 >= columns(pc))
		x1 = columns(pc) - 1;
	if (y1 >= rows(pc))
		y1 = rows(pc) - 1;
	if (x0 > x1 || y0 > y1)
		return;
	lines = y1 - y0 + 1;
	if (!n || n > lines)
		n = lines;
	for (y = 0; y < lines; y++) {
		unsigned to = down ? y1 - y : y0 + y, from = down ? to - n : to + n;
		if (y + n < lines) {
			ram_read(pc, cell(pc, page, x0, from), row, (x1 - x0 + 1) * 2);
			ram_write(pc, cell(pc, page, x0, to), row, (x1 - x0 + 1) * 2);
		} else {
			fill(pc, cell(pc, page, x0, to), x1 - x0 + 1, (u16)(attribute << 8 | ' '));
		}
	}
}

// attribute < 0: as it was
static void
teletype(struct pc *pc, unsigned page, u8 c, int attribute)
{
	u16 where = bda16(pc, BDA_CURSOR + 2 * page);
	unsigned x = where & 255, y = where >> 8;
	u8 b[2];
	if (!pc->screen.on)
		screen_teletype(pc, c);
	if (c == '\a')
		return;
	if (c == '\b') {
		x -= x > 0;
	} else if (c == '\r') {
		x = 0;
	} else if (c == '\n') {
		y++;
	} else {
		b[0] = c;
		b[1] = (u8)attribute;
		ram_write(pc, cell(pc, page, x, y), b, attribute < 0 ? 1 : 2);
		if (++x >= columns(pc)) {
			x = 0;
			y++;
		}
	}
	if (y >= rows(pc)) {
		ram_read(pc, cell(pc, page, x, rows(pc) - 1), b, 2);
		y = rows(pc) - 1;
		scroll(pc, page, 0, 1, b[1], 0, (u16)(y << 8 | (columns(pc) - 1)));
	}
	move_cursor(pc, page, x, y);
}

void
bios_print(struct pc *pc, const char *s)
{
	while (*s)
		teletype(pc, bda8(pc, BDA_PAGE) % PAGES, (u8)*s++, -1);
}

// The same character CX times from the cursor on, which stays
static void
repeat(struct pc *pc, unsigned page, int with_attribute)
{
	u16 where = bda16(pc, BDA_CURSOR + 2 * page);
	unsigned n = reg16(pc, GPR_CX);
	u8 b[2];
	u32 base = cell(pc, page, 0, 0) & ~0x7fffu, offset = cell(pc, page, where & 255, where >> 8) & 0x7fff;
	b[0] = low(pc, GPR_AX);
	b[1] = low(pc, GPR_BX);
	if (!pc->screen.on && n == 1)
		screen_char(pc, b[0], where);
	// Behind the display's memory there is none.
	for (; n && offset < 0x8000; n--, offset += 2)
		ram_write(pc, base + offset, b, with_attribute ? 2 : 1);
}

static void
write_string(struct pc *pc, unsigned page)
{
	u8 al = low(pc, GPR_AX), c, attribute = low(pc, GPR_BX);
	u16 where = bda16(pc, BDA_CURSOR + 2 * page), n = reg16(pc, GPR_CX);
	u64 from = at(pc, SEG_ES, GPR_BP);
	if (al > 3)
		return;
	move_cursor(pc, page, low(pc, GPR_DX), high(pc, GPR_DX));
	while (n--) {
		c = get8(pc, from++);
		if (al & 2)
			attribute = get8(pc, from++);
		teletype(pc, page, c, c == '\a' || c == '\b' || c == '\r' || c == '\n' ? -1 : attribute);
	}
	if (!(al & 1))
		move_cursor(pc, page, where & 255, where >> 8);
}

static void
read_cell(struct pc *pc, unsigned page)
{
	u16 where = bda16(pc, BDA_CURSOR + 2 * page);
	set16(pc, GPR_AX, bda16(pc, cell(pc, page, where & 255, where >> 8)));
}

// --- colours -----------------------------------------------------------------------------------

static void
dac_block(struct pc *pc, int set)
{
	struct vga *v = &pc->vga;
	unsigned n = reg16(pc, GPR_CX), i;
	u64 to = at(pc, SEG_ES, GPR_DX);
	for (i = 0; i < n && i < 256; i++) {
		u8 *d = v->dac[(reg16(pc, GPR_BX) + i) & 255];
		if (set)
			guest_read(pc, to + 3 * i, d, 3);
		else
			guest_write(pc, to + 3 * i, d, 3);
		d[0] &= 63;
		d[1] &= 63;
		d[2] &= 63;
	}
}

static void
palette(struct pc *pc)
{
	struct vga *v = &pc->vga;
	u8 bl = low(pc, GPR_BX), bh = high(pc, GPR_BX);
	u64 table = at(pc, SEG_ES, GPR_DX);
	u8 *d = v->dac[bl];
	switch (low(pc, GPR_AX)) {
	case 0x00:
		if (bl < 0x15)
			v->attr[bl] = bl < 16 ? bh & 63 : bh;
		break;
	case 0x01:
		v->attr[0x11] = bh;
		break;
	case 0x02:
		guest_read(pc, table, v->attr, 16);
		for (bl = 0; bl < 16; bl++)
			v->attr[bl] &= 63;
		v->attr[0x11] = get8(pc, table + 16);
		break;
	case 0x03:
		v->attr[0x10] = (u8)((v->attr[0x10] & ~8) | (bl & 1) << 3);
		bda_bits(pc, BDA_CGA_MODE, 0x20, bl & 1 ? 0x20 : 0);
		break;
	case 0x07:
		set_high(pc, GPR_BX, bl < 0x15 ? v->attr[bl] : 0);
		break;
	case 0x08:
		set_high(pc, GPR_BX, v->attr[0x11]);
		break;
	case 0x09:
		guest_write(pc, table, v->attr, 16);
		put8(pc, table + 16, v->attr[0x11]);
		break;
	case 0x10:
		d[0] = high(pc, GPR_DX) & 63;
		d[1] = high(pc, GPR_CX) & 63;
		d[2] = low(pc, GPR_CX) & 63;
		if (bda8(pc, BDA_VGA) & VGA_GREYS)
			greys(pc, bl, 1);
		break;
	case 0x12:
		dac_block(pc, 1);
		if (bda8(pc, BDA_VGA) & VGA_GREYS)
			greys(pc, reg16(pc, GPR_BX), reg16(pc, GPR_CX));
		break;
	case 0x13:
		if (!bl)
			v->attr[0x10] = (u8)((v->attr[0x10] & 0x7f) | bh << 7);
		else
			v->attr[0x14] = v->attr[0x10] & 0x80 ? bh & 15 : (u8)(bh << 2 & 12);
		break;
	case 0x15:
		set_high(pc, GPR_DX, d[0]);
		set_high(pc, GPR_CX, d[1]);
		set_low(pc, GPR_CX, d[2]);
		break;
	case 0x17:
		dac_block(pc, 0);
		break;
	case 0x18:
		v->dac_mask = bl;
		break;
	case 0x19:
		set_low(pc, GPR_BX, v->dac_mask);
		break;
	case 0x1a:
		set_low(pc, GPR_BX, v->attr[0x10] >> 7);
		set_high(pc, GPR_BX, v->attr[0x10] & 0x80 ? v->attr[0x14] & 15 : v->attr[0x14] >> 2 & 3);
		break;
	case 0x1b: greys(pc, reg16(pc, GPR_BX), reg16(pc, GPR_CX)); break;
	}
}

// --- what there is -----------------------------------------------------------------------------

static void
alternate_select(struct pc *pc)
{
	u8 bl = low(pc, GPR_BX), al = low(pc, GPR_AX);
	int mono = !(pc->vga.misc & 1);
	if (bl == 0x10) {
		set16(pc, GPR_BX, (u16)(mono << 8 | 3));
		set16(pc, GPR_CX, bda8(pc, BDA_SWITCHES) & 15);
		return;
	}
	switch (bl) {
	case 0x30:
		// Scan lines of the next mode
		if (al > 2)
			return;
		bda_bits(pc, BDA_VGA, VGA_200 | VGA_400, al == 0 ? VGA_200 : al == 2 ? VGA_400 : 0);
		// The EGA's: a CGA's monitor, or its own
		bda_bits(pc, BDA_SWITCHES, 15, al ? 9 : 8);
		break;
	case 0x31: bda_bits(pc, BDA_VGA, VGA_KEEP_PALETTE, al & 1 ? VGA_KEEP_PALETTE : 0); break;
	case 0x32: pc->vga.misc = (u8)((pc->vga.misc & ~2) | (al & 1 ? 0 : 2)); break;
	case 0x33: bda_bits(pc, BDA_VGA, VGA_GREYS, al & 1 ? 0 : VGA_GREYS); break;
	case 0x34: bda_bits(pc, BDA_VIDEO, 1, al & 1); break;
	case 0x36: pc->vga.seq[1] = (u8)((pc->vga.seq[1] & ~0x20) | (al & 1) << 5); break;
	default: return;
	}
	set_low(pc, GPR_AX, 0x12);
}

static void
state(struct pc *pc)
{
	u8 b[64] = { 0 };
	if (reg16(pc, GPR_BX))
		return;
	st32(b, 0xf0000000u | ROM_STATE);
	// Mode to regen start, cursors, and the rest up to the mode registers
	ram_read(pc, BDA_MODE, b + 4, 30);
	b[0x22] = (u8)rows(pc);
	b[0x23] = bda8(pc, BDA_HEIGHT);
	b[0x25] = bda8(pc, BDA_DISPLAY);
	b[0x27] = 16;
	b[0x29] = PAGES;
	b[0x2a] = lines(pc) == 400 ? 2 : lines(pc) == 350;
	b[0x2d] = (u8)(1 | (bda8(pc, BDA_VGA) & (VGA_GREYS | VGA_KEEP_PALETTE)) | (~bda8(pc, BDA_VIDEO) & 1) << 4 | (pc->vga.attr[0x10] & 8) << 2);
	// 256 KiB
	b[0x31] = 3;
	guest_write(pc, at(pc, SEG_ES, GPR_DI), b, sizeof b);
	set_low(pc, GPR_AX, 0x1b);
}

enum bios_result
bios_int10(struct pc *pc)
{
	unsigned page = high(pc, GPR_BX) % PAGES;
	u8 al = low(pc, GPR_AX);
	switch (high(pc, GPR_AX)) {
	case 0x00:
		set_mode(pc, al);
		break;
	case 0x01:
		cursor_shape(pc);
		break;
	case 0x02:
		if (!pc->screen.on && page == bda8(pc, BDA_PAGE))
			screen_moved(pc, bda16(pc, BDA_CURSOR + 2 * page), reg16(pc, GPR_DX));
		move_cursor(pc, page, low(pc, GPR_DX), high(pc, GPR_DX));
		break;
	case 0x03:
		set16(pc, GPR_CX, bda16(pc, BDA_SHAPE));
		set16(pc, GPR_DX, bda16(pc, BDA_CURSOR + 2 * page));
		break;
	case 0x04:
		// No light pen
		set_high(pc, GPR_AX, 0);
		break;
	case 0x05:
		select_page(pc, al);
		break;
	case 0x06: case 0x07:
		scroll(pc, bda8(pc, BDA_PAGE) % PAGES, high(pc, GPR_AX) == 7, al, high(pc, GPR_BX), reg16(pc, GPR_CX), reg16(pc, GPR_DX));
		// As a program that does without teletype ends its lines
		if (high(pc, GPR_AX) == 6 && al == 1 && !low(pc, GPR_CX) && low(pc, GPR_DX) >= columns(pc) - 1 && high(pc, GPR_DX) + 1u >= rows(pc))
			screen_scrolled(pc);
		break;
	case 0x08:
		read_cell(pc, page);
		break;
	case 0x09: case 0x0a:
		repeat(pc, page, high(pc, GPR_AX) == 9);
		break;
	case 0x0b:
		if (!high(pc, GPR_BX))
			pc->vga.attr[0x11] = low(pc, GPR_BX) & 31;
		break;
	case 0x0e:
		teletype(pc, bda8(pc, BDA_PAGE) % PAGES, al, -1);
		break;
	case 0x0f:
		set_low(pc, GPR_AX, bda8(pc, BDA_MODE) | (bda8(pc, BDA_VIDEO) & 0x80));
		set_high(pc, GPR_AX, (u8)columns(pc));
		set_high(pc, GPR_BX, bda8(pc, BDA_PAGE));
		break;
	case 0x10:
		palette(pc);
		break;
	case 0x11:
		font(pc);
		break;
	case 0x12:
		alternate_select(pc);
		break;
	case 0x13:
		write_string(pc, page);
		break;
	case 0x1a:
		if (al > 1)
			break;
		if (al)
			set_bda8(pc, BDA_DISPLAY, low(pc, GPR_BX));
		else
			set16(pc, GPR_BX, bda8(pc, BDA_DISPLAY));
		set_low(pc, GPR_AX, 0x1a);
		break;
	case 0x1b:
		state(pc);
		break;
	case 0x4f:
		// No VESA extensions: AL is not 4fh.
		set16(pc, GPR_AX, 0x0100);
		break;
	}
	return BIOS_DONE;
}

void
bios_video_init(struct pc *pc)
{
	u64 ax = pc->cpu->r[GPR_AX];
	set_bda8(pc, BDA_VGA, VGA_ACTIVE | VGA_400);
	// VGA with a colour monitor
	set_bda8(pc, BDA_DISPLAY, 8);
	set_mode(pc, 3);
	pc->cpu->r[GPR_AX] = ax;
}
