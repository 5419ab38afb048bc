// ldt.c: modify_ldt(2) and the thread areas. The table is as the processor has
// it: eight bytes an entry, little-endian; it never moves and never shrinks.
#include "linux/ldt.h"
#include <stdlib.h>

enum { LDT_ENTRIES = 8192, TLS_FIRST = 12, TLS_LAST = 14 };
// Bits of user_desc
enum { D_32BIT = 1, D_CONTENTS = 6, D_READ_EXEC_ONLY = 8, D_PAGES = 16, D_NOT_PRESENT = 32, D_USEABLE = 64, D_LM = 128 };

struct l_user_desc { u8 entry[4], base[4], limit[4], flags[4]; };

static u8 *g_ldt;        // LDT_ENTRIES entries once there is one
static u32 g_ldt_used;   // under p->lock

static int
desc_empty(const struct l_user_desc *d)
{
	return !ld32(d->base) && !ld32(d->limit) && (ld32(d->flags) & 0xff & ~(u32)D_LM) == (D_READ_EXEC_ONLY | D_NOT_PRESENT);
}

static u64
desc_make(const struct l_user_desc *d)
{
	u32 base = ld32(d->base), limit = ld32(d->limit), f = ld32(d->flags);
	u32 type = (f & D_READ_EXEC_ONLY ? 0 : 2) | (f & D_CONTENTS) << 1 | 1;
	u32 hi = (base & 0xff000000) | (base >> 16 & 0xff) | (limit & 0xf0000) | type << 8 | 0x7000 |
	         (f & D_NOT_PRESENT ? 0 : 0x8000) | (f & D_USEABLE ? 0x100000 : 0) |
	         (f & D_32BIT ? 0x400000 : 0) | (f & D_PAGES ? 0x800000 : 0);
	return (u64)hi << 32 | base << 16 | (limit & 0xffff);
}

static i64
ldt_read(struct thread *t, u64 to, u64 size)
{
	static const u8 zero[64] = {0};
	u64 have = (u64)g_ldt_used * 8, n;
	if (!g_ldt)
		return 0;
	size = min_u64(size, LDT_ENTRIES * 8);
	n = min_u64(size, have);
	if (copy_out(t, to, g_ldt, (size_t)n))
		return -L_EFAULT;
	for (; n < size; n += sizeof zero)
		if (copy_out(t, to + n, zero, (size_t)min_u64(sizeof zero, size - n)))
			return -L_EFAULT;
	return (i64)size;
}

// Every thread's processor sees the table, and what its DS and ES hold anew.
static void
ldt_publish(struct thread *t)
{
	struct thread *o;
	pthread_mutex_lock(&t->p->lock);
	cpu_exclusive_begin(t->cpu);
	for (o = t->p->threads; o; o = o->next) {
		o->cpu->ldt = g_ldt;
		o->cpu->ldt_entries = g_ldt_used;
		if (o->cpu->sel[SEG_ES] & 4)
			cpu_reload_segment(o->cpu, SEG_ES);
		if (o->cpu->sel[SEG_DS] & 4)
			cpu_reload_segment(o->cpu, SEG_DS);
	}
	cpu_exclusive_end(t->cpu);
	pthread_mutex_unlock(&t->p->lock);
}

static i64
ldt_write(struct thread *t, u64 from, u64 size, int old)
{
	struct l_user_desc d;
	u64 entry = 0;
	u32 i, f;
	if (size != sizeof d)
		return -L_EINVAL;
	if (copy_in(t, &d, from, sizeof d))
		return -L_EFAULT;
	i = ld32(d.entry);
	f = ld32(d.flags);
	if (i >= LDT_ENTRIES || ((f & D_CONTENTS) == D_CONTENTS && (old || !(f & D_NOT_PRESENT))))
		return -L_EINVAL;
	if (!(old && !ld32(d.base) && !ld32(d.limit)) && !desc_empty(&d)) {
		entry = desc_make(&d);
		if (old)
			entry &= ~((u64)0x100000 << 32);
	}
	if (!g_ldt && !(g_ldt = (u8 *)calloc(LDT_ENTRIES, 8)))
		return -L_ENOMEM;
	st64(g_ldt + 8 * i, entry);
	if (i >= g_ldt_used)
		g_ldt_used = i + 1;
	ldt_publish(t);
	return 0;
}

// The kernel's result is an int that is not sign-extended.
i64
sys_modify_ldt(struct thread *t, const u64 *a)
{
	i64 r;
	switch ((int)a[0]) {
	case 0:
		r = ldt_read(t, a[1], a[2]);
		break;
	case 1:
	case 0x11:
		r = ldt_write(t, a[1], a[2], (int)a[0] == 1);
		break;
	case 2: {
		static const u8 zero[128] = {0};
		r = (i64)min_u64(a[2], sizeof zero);
		if (copy_out(t, a[1], zero, (size_t)r))
			r = -L_EFAULT;
		break;
	}
	default:
		r = -L_ENOSYS;
	}
	return (u32)r;
}

// --- thread areas -----------------------------------------------------------------

i64
thread_area_set(struct thread *t, u64 at)
{
	struct l_user_desc d;
	struct cpu *c = t->cpu;
	u32 i, f;
	int seg;
	if (copy_in(t, &d, at, sizeof d))
		return -L_EFAULT;
	i = ld32(d.entry);
	f = ld32(d.flags);
	// All zero and all-but empty both clear; else only 32-bit data may be made.
	if (!desc_empty(&d) && (ld32(d.base) || ld32(d.limit) || f) &&
	    (!(f & D_32BIT) || (f & D_CONTENTS) > 2 || f & D_NOT_PRESENT))
		return -L_EINVAL;
	if (i == 0xffffffff) {
		for (i = TLS_FIRST; i <= TLS_LAST && c->tls[i - TLS_FIRST]; i++)
			;
		if (i > TLS_LAST)
			return -L_ESRCH;
		st32(d.entry, i);
		if (copy_out(t, at, d.entry, 4))
			return -L_EFAULT;
	}
	if (i < TLS_FIRST || i > TLS_LAST)
		return -L_EINVAL;
	c->tls[i - TLS_FIRST] = desc_empty(&d) || !(ld32(d.base) || ld32(d.limit) || f) ? 0 : desc_make(&d);
	for (seg = SEG_ES; seg <= SEG_GS; seg++)
		if (seg != SEG_CS && seg != SEG_SS && c->sel[seg] == (i << 3 | 3))
			cpu_reload_segment(c, seg);
	return 0;
}

i64
thread_area_get(struct thread *t, u64 at)
{
	struct l_user_desc d;
	u32 i, lo, hi, type;
	if (copy_in(t, &d, at, sizeof d))
		return -L_EFAULT;
	i = ld32(d.entry);
	if (i < TLS_FIRST || i > TLS_LAST)
		return -L_EINVAL;
	lo = (u32)t->cpu->tls[i - TLS_FIRST];
	hi = (u32)(t->cpu->tls[i - TLS_FIRST] >> 32);
	type = hi >> 8 & 15;
	st32(d.base, (hi & 0xff000000) | (hi & 0xff) << 16 | lo >> 16);
	st32(d.limit, (hi & 0xf0000) | (lo & 0xffff));
	st32(d.flags, (hi & 0x400000 ? D_32BIT : 0) | (type >> 1 & D_CONTENTS) | (type & 2 ? 0 : D_READ_EXEC_ONLY) |
	              (hi & 0x800000 ? D_PAGES : 0) | (hi & 0x8000 ? 0 : D_NOT_PRESENT) | (hi & 0x100000 ? D_USEABLE : 0));
	return copy_out(t, at, &d, sizeof d);
}
