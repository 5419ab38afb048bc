// ram.c: guest memory as devices and services see it.
//
// With a struct mem it is mem's; unit tests give the bytes themselves, and
// then linear is physical.
#include "pc/device.h"
#include "mem/machine.h"

const u8 *
ram_at(struct pc *pc, u64 physical, u64 n)
{
	if (!pc->bytes)
		return 0;
	return physical < pc->ram && n <= pc->ram - physical ? pc->bytes + physical : 0;
}

void
ram_read(struct pc *pc, u64 physical, void *dst, size_t n)
{
	const u8 *p = ram_at(pc, physical, n);
	if (p)
		memcpy(dst, p, n);
	else
		memset(dst, 0xff, n);
}

void
ram_write(struct pc *pc, u64 physical, const void *src, size_t n)
{
	if (!ram_at(pc, physical, n) || (physical + n > 0xf0000 && physical < 0x100000))
		return;
	if (pc->mem)
		mem_ram_write(pc->mem, physical, src, n);
	else
		memcpy(pc->bytes + physical, src, n);
}

void
ram_rom(struct pc *pc, u64 physical, const void *src, size_t n)
{
	if (ram_at(pc, physical, n))
		memcpy(pc->bytes + physical, src, n);
}

// Guest bytes that are contiguous with address line 20 as it is, and all ROM or none.
static size_t
run_of(struct pc *pc, u64 *linear, size_t n)
{
	size_t most = (size_t)(0x10000 - (*linear & 0xffff));
	if (!pc->a20)
		*linear &= ~0x100000ull;
	return n < most ? n : most;
}

void
guest_read(struct pc *pc, u64 linear, void *dst, size_t n)
{
	u8 *out = (u8 *)dst;
	while (n) {
		u64 at = linear;
		size_t k = run_of(pc, &at, n);
		ram_read(pc, at, out, k);
		linear += k;
		out += k;
		n -= k;
	}
}

void
guest_write(struct pc *pc, u64 linear, const void *src, size_t n)
{
	const u8 *in = (const u8 *)src;
	while (n) {
		u64 at = linear;
		size_t k = run_of(pc, &at, n);
		ram_write(pc, at, in, k);
		linear += k;
		in += k;
		n -= k;
	}
}
