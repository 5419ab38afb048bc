// run.h: runs a case on the PC: its tables, the way in and what was left. Part of
// cases.c, where there is a PC.
#ifndef TEST_BOOT_CASES_RUN_H_
#define TEST_BOOT_CASES_RUN_H_

static void
copy(void *to, const void *from, u32 n)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

static void
descriptor(u8 *table, u32 at, u32 base, u32 limit, u32 type, u32 flags)
{
	u32 *d = (u32 *)(table + at);
	d[0] = base << 16 | (limit & 0xffff);
	d[1] = (base & 0xff000000) | flags << 20 | (limit & 0xf0000) | type << 8 | (base >> 16 & 0xff);
}

static u8 first_gdt[GDT_SIZE];

static void
make_tables(void)
{
	int i, ring;
	for (ring = 0; ring < 2; ++ring) {
		u32 at = ring ? CASE_RING3 : 0, dpl = ring ? 0x60 : 0;
		descriptor(gdt, CASE_CODE16 + at, bases[SEG_CS], 0xffff, 0x9b | dpl, 0);
		descriptor(gdt, CASE_CODE32 + at, bases[SEG_CS], 0xffff, 0x9b | dpl, 4);
	}
	descriptor(gdt, TSS_MAIN, (u32)tss, 207, 0x89, 0);
	descriptor(gdt, TSS_DOUBLE, (u32)tss_double, 103, 0x89, 0);
	descriptor(gdt, ODD_SELECTORS, bases[SEG_DS], 0xffff, 0xf1, 0);             // read only
	descriptor(gdt, ODD_SELECTORS + 0x08, bases[SEG_DS], 0xffff, 0x73, 0);      // not present
	descriptor(gdt, ODD_SELECTORS + 0x10, bases[SEG_CS], 0xffff, 0xf9, 0);      // execute only
	descriptor(gdt, ODD_SELECTORS + 0x18, bases[SEG_CS], 0xffff, 0x9f, 4);      // conforming
	descriptor(gdt, ODD_SELECTORS + 0x20, (u32)gdt, 0xff, 0x82, 0);             // LDT
	descriptor(gdt, ODD_SELECTORS + 0x28, bases[SEG_DS], 0x3fff, 0xf7, 4);      // expands down
	descriptor(gdt, ODD_SELECTORS + 0x30, bases[SEG_ES], 0xfff, 0xf3, 0xc);     // pages
	descriptor(gdt, ODD_SELECTORS + 0x38, bases[SEG_CS], 0xffff, 0x1b, 4);      // code, not present
	descriptor(gdt, ODD_SELECTORS + 0x40, 0, 0, 0x80, 0);                       // no type
	descriptor(gdt, ODD_SELECTORS + 0x48, bases[SEG_CS], 0x3fff, 0x9b, 0);      // short code
	for (i = 0; i < 256; ++i) {
		u32 to = (u32)pm_stubs + 9 * (u32)i, *g = (u32 *)(idt + 8 * i);
		g[0] = CODE32 << 16 | (to & 0xffff);
		g[1] = (to & 0xffff0000) | (i == 3 || i == 4 || (i >= 0x20 && i & 1) ? 0xee00 : 0x8e00);
		((u16 *)0)[2 * i] = (u16)((u32)rm_stubs + 9 * (u32)i);
		((u16 *)0)[2 * i + 1] = 0;
	}
	((u32 *)(idt + 64))[0] = TSS_DOUBLE << 16;
	((u32 *)(idt + 64))[1] = 0x8500;
	*(u32 *)(tss + 4) = 0x2e0000;
	*(u32 *)(tss + 8) = DATA32;
	*(u16 *)(tss + 102) = 104;
	for (i = 104; i < 208; ++i)
		tss[i] = 0xff;
	tss[104 + 0x2f0 / 8] = 0xf0;
	tss[104 + 0xe0 / 8] = 0xfe;
	*(u32 *)(tss_double + 32) = (u32)double_fault;
	*(u32 *)(tss_double + 36) = 2;
	*(u32 *)(tss_double + 56) = 0x2f4000;
	*(u32 *)(tss_double + 76) = CODE32;
	for (i = 72; i <= 92; i += 4)
		if (i != 76)
			*(u32 *)(tss_double + i) = DATA32;
	copy(first_gdt, gdt, GDT_SIZE);
}

static void
mode_tables(const struct mode *m)
{
	int i, ring;
	for (ring = 0; ring < 2; ++ring)
		for (i = SEG_SS; i <= SEG_GS; ++i) {
			u32 type = ring ? 0xf3 : 0x93, limit = m->big || i >= SEG_FS ? BIG_LIMIT : 0xffff;
			if (options.what & USER)
				limit = BIG_LIMIT;
			else if (m->down && i == SEG_ES)
				type |= 4, limit = 0x4008;
			if (m->down && i == SEG_DS && !(options.what & USER))
				type &= ~2u;
			descriptor(first_gdt, case_selector[i] + (ring ? CASE_RING3 : 0u), bases[i], limit, type, i == SEG_SS && m->stack ? 4 : 0);
		}
	data_selector = m->big ? DATABIG : DATA16;
}

static void
load_tr(void)
{
	gdt[TSS_MAIN + 5] = 0x89;
	__asm__ volatile("ltr %w0" : : "r"(TSS_MAIN));
}

static void
run(const struct row *r, const struct mode *m)
{
	u32 zero = 0, dr6 = 0xffff0ff0, at;
	int i;
	copy(gdt + CASE_CODE16, first_gdt + CASE_CODE16, GDT_SIZE - CASE_CODE16);
	regs = in;
	regs.vector = regs.error = 0;
	if (m->kind == REAL) {
		u16 frame[3];
		frame[0] = (u16)in.eip;
		frame[1] = (u16)in.cs;
		frame[2] = (u16)in.eflags;
		at = (in.r[ESP] - 6) & 0xffff;
		regs.r[ESP] = (in.r[ESP] & 0xffff0000) | at;
		for (i = 0; i < 3; ++i)
			poke(linear((at + 2 * (u32)i) & 0xffff, SEG_SS), frame[i], 2);
	} else if (m->kind == PROT && !m->ring) {
		at = in.r[ESP] - 12;
		if (!m->stack)
			at = (at & 0xffff) | (in.r[ESP] & 0xffff0000);
		regs.r[ESP] = at;
		for (i = 0; i < 3; ++i)
			poke(linear((at + 4 * (u32)i) & (m->stack ? 0xffffffff : 0xffff), SEG_SS), i == 0 ? in.eip : i == 1 ? in.cs : in.eflags, 4);
	}
	__asm__ volatile("mov %0, %%dr6" : : "r"(dr6));
	if (r->attrs & (R_X87 | R_VECTOR))
		__asm__ volatile("fxrstor %0" : : "m"(fx_in));
	__asm__ volatile("mov %0, %%cr4" : : "r"(control4));
	__asm__ volatile("mov %0, %%cr0" : : "r"(control0 | 1));
	if (m->kind == REAL)
		run_real();
	else
		run_protected();
	__asm__ volatile("mov %0, %%cr4" : : "r"(0x600));
	if (r->attrs & (R_X87 | R_VECTOR))
		__asm__ volatile("fxsave %0" : "=m"(fx_out));
	if (m->kind == REAL) {
		const u8 *f = (const u8 *)(regs.ss << 4);
		u32 sp = regs.r[ESP];
		regs.eip = *(u16 *)(f + (sp & 0xffff));
		regs.cs = *(u16 *)(f + ((sp + 2) & 0xffff));
		regs.eflags = *(u16 *)(f + ((sp + 4) & 0xffff));
	} else if (regs.vector == 8) {
		const u32 *t = (const u32 *)tss;
		static const u8 from[] = { 10, 13, 11, 12, 16, 17, 15, 14, 8, 9, 19, 20, 21, 18, 22, 23 };
		for (i = 0; i < 16; ++i)
			((u32 *)&regs)[i] = t[from[i]];
		__asm__ volatile("mov %%cr0, %0" : "=r"(exit_cr0));
		__asm__ volatile("mov %0, %%cr0" : : "r"(0x11));
	}
	if (m->kind == PROT && !m->ring) {
		__asm__ volatile("lldt %w0" : : "r"(zero));
		load_tr();
	}
	for (i = 10; i < 16; ++i)
		((u32 *)&regs)[i] &= 0xffff;
}

#endif
