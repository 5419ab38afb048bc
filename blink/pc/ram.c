// ram.c: guest memory as devices and services see it.
#include "pc/device.h"
#include "mem/machine.h"

const u8 *
ram_at(struct pc *pc, u64 physical, u64 n)
{
	return mem_ram(pc->mem, physical, n);
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
	if (physical + n <= ROM_BASE || physical >= ROM_END)
		mem_ram_write(pc->mem, physical, src, n);
}

void
ram_rom(struct pc *pc, u64 physical, const void *src, size_t n)
{
	mem_ram_write(pc->mem, physical, src, n);
}

void
guest_read(struct pc *pc, u64 linear, void *dst, size_t n)
{
	if (mem_read(pc->mem, dst, linear, n))
		memset(dst, 0xff, n);
}

void
guest_write(struct pc *pc, u64 linear, const void *src, size_t n)
{
	mem_write(pc->mem, linear, src, n);
}
