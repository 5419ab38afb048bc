// text_test.c: what a debugger sees of the screen while a guest runs: size,
// cursor, characters and attributes of example/boot/screens.img, three times.
#include "runs.h"

// Rows that are not blank, as `number |text| attribute*count...`; then the cursor.
static void
shows(const char *want, unsigned columns, unsigned rows)
{
	static char got[8192];
	char row[512];
	struct pc_text t;
	struct pc before;
	unsigned x, y;
	size_t n = 0;
	memcpy(&before, pc, sizeof before);
	pc_text(pc, &t);
	EQ(t.columns, columns);
	EQ(t.rows, rows);
	for (y = 0; y < t.rows; y++) {
		if (!pc_text_row(pc, y, row, sizeof row))
			continue;
		n += (size_t)snprintf(got + n, sizeof got - n, "%u |%s|", y, row);
		for (x = 0; x < t.columns;) {
			unsigned from = x, a = pc_text_cell(pc, x, y) >> 8;
			while (x < t.columns && pc_text_cell(pc, x, y) >> 8 == a)
				x++;
			n += (size_t)snprintf(got + n, sizeof got - n, " %02x*%u", a, x - from);
		}
		n += (size_t)snprintf(got + n, sizeof got - n, "\n");
	}
	if (t.cursor_y < t.rows)
		n += (size_t)snprintf(got + n, sizeof got - n, "cursor %u %u\n", t.cursor_x, t.cursor_y);
	if (!CHECK(!strcmp(got, want)))
		printf("%s", got);
	CHECK(!memcmp(&before, pc, sizeof before));
}

int
main(void)
{
	static const char box[] =
		"2 |     ╔═════════╗| 07*5 1f*11 07*64\n"
		"3 |     ║ Σ = ±√x ║| 07*5 1f*2 9e*1 1f*8 07*64\n"
		"4 |     ╚═════════╝| 07*5 1f*11 07*64\n"
		"6 |black on white  blinks| 70*14 07*2 8c*6 07*58\n"
		"24 |                                                                the last cells:| 07*64 4b*15 07*1\n"
		"cursor 9 3\n";
	static const char page[] = "1 |                                1111111111| 07*32 c3*10 07*38\ncursor 32 1\n";
	static const char mono[] =
		"1 |  plain| 07*80\n"
		"2 |  underlined| 07*2 01*10 07*68\n"
		"3 |  bright| 07*2 0f*6 07*72\n"
		"4 |  reverse| 07*2 70*7 07*71\n"
		"5 |  nothing| 07*2 00*7 07*71\n";
	if (!freopen("/dev/null", "w", stderr))
		return 1;
	boot("example/boot/screens.img");
	ram[0x601] = 1;
	run(100 * MS);
	shows(box, 80, 25);
	ram[0x600]++;
	run(100 * MS);
	shows(page, 80, 50);
	EQ(vga_colour(pc, 3), 0xc38241);
	EQ(vga_page_base(pc), 0xb8000);
	ram[0x600]++;
	run(100 * MS);
	shows(mono, 80, 25);
	EQ(vga_page_base(pc), 0xb0000);
	ram[0x600]++;
	run(100 * MS);
	EQ(pc_exit_status(pc), 27);
	return finish_test(0);
}
