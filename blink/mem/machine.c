// machine.c: see machine.h.
#include "mem/machine.h"
#include "mem/map.h"
#include <stdlib.h>
#include <sys/mman.h>

struct machine {
	u8 *ram;
	u64 size;
	u64 a20;         // what an address is masked with
	u16 *watched;    // by page of RAM: decoded code comes from it; see changes()
	u8 *code;        // a bit for each byte of RAM: set for those it comes from, and some more
	u8 *nothing;     // a page of ones
	u8 *sink;        // a page for writes that go nowhere
	u32 error;       // of the last page fault
	struct mem_paging pg;
};

// Bits of entries, at all levels
enum {
	E_PRESENT = 1, E_WRITE = 2, E_USER = 4, E_ACCESSED = 32, E_DIRTY = 64, E_LARGE = 128
};
#define E_NX (1ull << 63)
#define E_ADDRESS (((1ull << MACHINE_PHYS_BITS) - 1) & ~0xfffull)
#define E_BEYOND ((1ull << 52) - (1ull << MACHINE_PHYS_BITS))  // reserved address bits
#define E_IGNORED (0x7ffull << 52)  // by 4-level paging; PAE reserves them
enum { ERROR_PRESENT = 1, ERROR_WRITE = 2, ERROR_USER = 4, ERROR_RESERVED = 8, ERROR_FETCH = 16 };
#define HIGH_ROM 0xffff0000u  // the last 64 KiB below 4 GiB are those of the ROM

// --- physical memory -------------------------------------------------------------

static u8 *
ram_at(const struct machine *k, u64 phys)
{
	phys &= k->a20;
	if (phys - HIGH_ROM < 0x10000)
		phys = ROM_END - 0x10000 + (phys - HIGH_ROM);
	return phys < k->size ? k->ram + phys : 0;
}

static int
is_rom(const struct machine *k, const u8 *p)
{
	return (u64)(p - k->ram) - ROM_BASE < ROM_END - ROM_BASE;
}

u64
mem_ram_size(const struct mem *m)
{
	return m->machine->size;
}

u8 *
mem_ram(struct mem *m, u64 phys, u64 len)
{
	const struct machine *k = m->machine;
	return phys <= k->size && len <= k->size - phys ? k->ram + phys : 0;
}

static int
any_code(const struct machine *k, u64 at, u64 n)
{
	for (; n; ++at, --n)
		if (k->code[at >> 3] >> (at & 7) & 1)
			return 1;
	return 0;
}

// n bytes within a page change; 0: any up to its end. Tells if code comes from
// them. Data beside code keeps the page from being written without notice: after
// so many writes, those to code counting more, the whole page is dropped, to see
// whether it is code still.
enum { PATIENCE = 4000, CODE_WRITE = 60 };
static void
changes(struct mem *m, const u8 *p, u64 n)
{
	struct machine *k = m->machine;
	u64 at = (u64)(p - k->ram), page = at >> PAGE_BITS, end = at + n, i;
	unsigned cost = n ? 1 : PATIENCE;
	if (!k->watched[page])
		return;
	if (n && any_code(k, at, n))
		cost = CODE_WRITE;
	if (k->watched[page] <= cost) {
		k->watched[page] = 0;
		at = page << PAGE_BITS;
		end = at + PAGE_SIZE_GUEST;
		memset(k->code + (at >> 3), 0, PAGE_SIZE_GUEST / 8);
	} else {
		k->watched[page] = (u16)(k->watched[page] - cost);
		if (cost == 1)
			return;
		for (i = at; i < end; ++i)
			k->code[i >> 3] &= (u8) ~(1 << (i & 7));
	}
	if (m->hooks.code_changed)
		m->hooks.code_changed(m->hooks.arg, at, end);
}

u8 *
mem_seen(struct mem *m, u64 phys)
{
	return ram_at(m->machine, phys);
}

int
mem_ram_write(struct mem *m, u64 phys, const void *src, u64 len)
{
	u8 *p = mem_ram(m, phys, len);
	u64 at, n;
	if (!p)
		return -1;
	for (at = phys; at < phys + len; at += n) {
		n = min_u64(phys + len, round_down(at, PAGE_SIZE_GUEST) + PAGE_SIZE_GUEST) - at;
		changes(m, m->machine->ram + at, n);
	}
	memcpy(p, src, (size_t)len);
	return 0;
}

// --- translation -------------------------------------------------------------------

struct walk {
	u8 *entries[4];  // those gone through
	u8 count, wide;  // entries are 8 bytes
	u64 rights;      // E_WRITE and E_USER of all, E_NX of any
	u64 phys;
	u64 dirty;       // the leaf's E_DIRTY
};

static u64
entry_get(const struct walk *w, const u8 *p)
{
	return w->wide ? ld64(p) : ld32(p);
}

static void
entry_put(struct mem *m, const struct walk *w, u8 *p, u64 x)
{
	if (is_rom(m->machine, p))
		return;
	changes(m, p, w->wide ? 8 : 4);
	if (w->wide)
		st64(p, x);
	else
		st32(p, (u32)x);
}

// Follows one entry. 1: go on at w->phys; 0: this is the page's; or the error.
enum { WALK_LEAF, WALK_ON, WALK_ABSENT = -1, WALK_RESERVED = -2 };
static int
follow(const struct machine *k, struct walk *w, u64 gva, int shift, int may_be_large, u64 reserved)
{
	u64 table = w->phys, index = gva >> shift & (w->wide ? 511 : 1023), e, size = (u64)1 << shift;
	u8 *p = ram_at(k, table + index * (w->wide ? 8 : 4));
	if (!p)
		return WALK_ABSENT;
	e = entry_get(w, p);
	if (!(e & E_PRESENT))
		return WALK_ABSENT;
	if (w->wide && (e & (E_BEYOND | (k->pg.nxe ? 0 : E_NX) | (k->pg.mode == PAGING_PAE ? E_IGNORED : 0))))
		return WALK_RESERVED;
	if (e & reserved)
		return WALK_RESERVED;
	w->entries[w->count++] = p;
	w->rights = (w->rights & (e | E_NX)) | (w->wide ? e & E_NX : 0);
	w->phys = e & E_ADDRESS;
	if (shift > PAGE_BITS && !(may_be_large && (e & E_LARGE)))
		return WALK_ON;
	if (shift > PAGE_BITS) {
		// The bits between the PAT bit and the page's address
		if (e & (size - 1) & ~(u64)0x1fff & (w->wide ? ~(u64)0 : (u64)0x200000))
			return WALK_RESERVED;
		w->phys &= ~(size - 1);
		if (!w->wide)
			w->phys = (e & 0xffc00000) | (e >> 13 & 0xff) << 32;
	}
	w->phys |= gva & (size - 1);
	w->dirty = e & E_DIRTY;
	return WALK_LEAF;
}

static int
walk(const struct machine *k, struct walk *w, u64 gva)
{
	const struct mem_paging *pg = &k->pg;
	int shift, top, r = WALK_ON;
	w->count = 0;
	w->rights = E_WRITE | E_USER;
	w->wide = pg->mode != PAGING_32;
	w->phys = pg->root & (w->wide ? E_ADDRESS : 0xfffff000);
	switch (pg->mode) {
	case PAGING_32:
		r = follow(k, w, gva, 22, pg->pse, 0);
		return r == WALK_ON ? follow(k, w, gva, 12, 0, 0) : r;
	case PAGING_PAE:
		if (!(pg->pdpte[gva >> 30 & 3] & E_PRESENT))
			return WALK_ABSENT;
		w->phys = pg->pdpte[gva >> 30 & 3] & E_ADDRESS;
		top = 21;
		break;
	default:
		top = 39;
	}
	for (shift = top; r == WALK_ON; shift -= 9)
		r = follow(k, w, gva, shift, shift <= 30, shift == 39 ? E_LARGE : 0);
	return r;
}

// Whether rights allow the access. Updates nothing.
static int
allowed(const struct mem_paging *pg, u64 rights, int access)
{
	int user = pg->user && !(access & MEM_SUPER);
	if (user && !(rights & E_USER))
		return 0;
	if ((access & MEM_W) && !(rights & E_WRITE) && (user || pg->wp))
		return 0;
	if ((access & MEM_X) && (rights & E_NX))
		return 0;
	if (!user && (rights & E_USER) && (access & MEM_X ? pg->smep : pg->smap))
		return 0;
	return 1;
}

static int
translate(struct mem *m, u64 gva, int access, struct walk *w, enum mem_fault *why)
{
	struct machine *k = m->machine;
	const struct mem_paging *pg = &k->pg;
	int r, i;
	if (pg->mode == PAGING_OFF) {
		w->phys = gva;
		w->rights = E_WRITE | E_USER;
		w->dirty = E_DIRTY;
		return 0;
	}
	if (pg->mode == PAGING_LONG && (u64)((i64)gva >> 47) + 1 > 1) {
		*why = MEM_NONCANONICAL;
		return -1;
	}
	r = walk(k, w, gva);
	if (r < 0 || !allowed(pg, w->rights, access)) {
		*why = r == WALK_ABSENT ? MEM_UNMAPPED : MEM_PROT;
		k->error = (r == WALK_ABSENT ? 0u : (u32)ERROR_PRESENT) | (r == WALK_RESERVED ? (u32)ERROR_RESERVED : 0u) |
		           (access & MEM_W ? (u32)ERROR_WRITE : 0u) | (pg->user && !(access & MEM_SUPER) ? (u32)ERROR_USER : 0u) |
		           (access & MEM_X && (pg->smep || (pg->nxe && w->wide)) ? (u32)ERROR_FETCH : 0u);
		return -1;
	}
	for (i = 0; i < w->count; ++i) {
		u64 e = entry_get(w, w->entries[i]);
		u64 set = E_ACCESSED | (access & MEM_W && i == w->count - 1 ? (u64)E_DIRTY : 0);
		if ((e & set) != set)
			entry_put(m, w, w->entries[i], e | set);
	}
	if (access & MEM_W)
		w->dirty = E_DIRTY;
	return 0;
}

int
mem_translate(struct mem *m, u64 gva, int access, u64 *phys, enum mem_fault *why)
{
	struct walk w;
	if (translate(m, gva, access, &w, why))
		return -1;
	*phys = w.phys & m->machine->a20;
	return 0;
}

u32
mem_fault_error(const struct mem *m)
{
	return m->machine->error;
}

// --- the model -----------------------------------------------------------------------

u8 *
machine_slow(struct mem *m, struct tlb *tlb, u64 gva, int access, enum mem_fault *why)
{
	struct machine *k = m->machine;
	struct walk w;
	u8 *p;
	u64 page = gva >> PAGE_BITS, n = (u64)access >> MEM_BYTES_SHIFT;
	struct tlb_entry *t = tlb && !(access & MEM_SUPER) ? &tlb->e[page & (TLB_SIZE - 1)] : 0;
	if (translate(m, gva, access, &w, why))
		return 0;
	p = ram_at(k, w.phys);
	if (!p || (access & MEM_W && is_rom(k, p))) {
		// What is read back from the sink is what was there.
		u64 offset = gva & (PAGE_SIZE_GUEST - 1);
		const u8 *from = p ? p : k->nothing + offset;
		if (!(access & MEM_W)) {
			if (t) {
				t->rtag = page;
				t->wtag = ~(u64)0;
				t->delta = (uintptr_t)k->nothing - (uintptr_t)(gva - offset);
			}
			return k->nothing + offset;
		}
		memcpy(k->sink + offset, from, n ? n : PAGE_SIZE_GUEST - offset);
		return k->sink + offset;
	}
	if (access & MEM_W)
		changes(m, p, n);
	if (t) {
		t->rtag = page;
		t->wtag = w.dirty && allowed(&k->pg, w.rights, MEM_W) && !is_rom(k, p) && !k->watched[(p - k->ram) >> PAGE_BITS] ? page : ~(u64)0;
		t->delta = (uintptr_t)p - (uintptr_t)gva;
	}
	return p;
}

size_t
machine_fetch(struct mem *m, u8 *dst, u64 gva, size_t n)
{
	size_t done = 0;
	while (done < n) {
		enum mem_fault why;
		struct walk w;
		size_t k = min_u64(n - done, PAGE_SIZE_GUEST - (gva & (PAGE_SIZE_GUEST - 1)));
		const u8 *p;
		if (translate(m, gva, MEM_R | MEM_X, &w, &why))
			break;
		p = ram_at(m->machine, w.phys);
		if (p)
			memcpy(dst + done, p, k);
		else
			memset(dst + done, 0xff, k);
		done += k;
		gva += k;
	}
	return done;
}

void
machine_watch(struct mem *m, u64 gva)
{
	struct machine *k = m->machine;
	enum mem_fault why;
	struct walk w;
	u8 *p;
	if (translate(m, gva, MEM_R | MEM_X, &w, &why) || !(p = ram_at(k, w.phys)))
		return;
	if (!k->watched[(p - k->ram) >> PAGE_BITS]) {
		k->watched[(p - k->ram) >> PAGE_BITS] = PATIENCE;
		if (m->hooks.tlb_stale)
			m->hooks.tlb_stale(m->hooks.arg, gva, gva + 1);
	}
}

void
mem_ram_code(struct mem *m, u64 phys, u64 len)
{
	const struct machine *k = m->machine;
	for (; len; ++phys, --len) {
		const u8 *p = ram_at(k, phys);
		u64 at = p ? (u64)(p - k->ram) : 0;
		if (p)
			k->code[at >> 3] |= (u8)(1 << (at & 7));
	}
}

void
mem_set_paging(struct mem *m, const struct mem_paging *pg)
{
	m->machine->pg = *pg;
}

void
mem_set_a20(struct mem *m, int on)
{
	m->machine->a20 = on ? ~(u64)0 : ~(u64)0x100000;
}

// RAM is followed by the pages of ones and for lost writes, a unit each, with
// nothing in front and behind: what strays from it stops at once. A unit is
// pages of any host.
enum { UNIT = 64 << 10 };

static u64
mapped(u64 size)
{
	return size + 4 * UNIT;
}

struct mem *
mem_machine_new(u64 size)
{
	struct mem *m = mem_new(1);
	struct machine *k = (struct machine *)calloc(1, sizeof *k);
	u8 *p = (u8 *)MAP_FAILED;
	if (m && k && size <= SIZE_MAX - 4 * UNIT)
		p = (u8 *)mmap(0, (size_t)mapped(size), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p != (u8 *)MAP_FAILED)
		k->watched = (u16 *)calloc(sizeof *k->watched, (size_t)(size >> PAGE_BITS));
	if (k && k->watched)
		k->code = (u8 *)calloc(1, (size_t)(size / 8));
	if (p == (u8 *)MAP_FAILED || !k->watched || !k->code || mprotect(p + UNIT, (size_t)size + 2 * UNIT, PROT_READ | PROT_WRITE)) {
		if (p != (u8 *)MAP_FAILED) {
			munmap(p, (size_t)mapped(size));
			free(k->watched);
			free(k->code);
		}
		free(k);
		if (m)
			mem_free(m);
		return 0;
	}
	k->ram = p + UNIT;
	k->size = size;
	k->a20 = ~(u64)0;
	k->nothing = k->ram + size;
	k->sink = k->nothing + UNIT;
	memset(k->nothing, 0xff, UNIT);
	mprotect(k->nothing, UNIT, PROT_READ);
	m->machine = k;
	return m;
}

void
machine_free(struct machine *k)
{
	munmap(k->ram - UNIT, (size_t)mapped(k->size));
	free(k->watched);
	free(k->code);
	free(k);
}
