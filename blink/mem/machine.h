// machine.h: the memory of a PC: a third model behind mem.h's accessors.
//
// Guest addresses are linear addresses of the processor; the guest's own page
// tables make physical ones of them. RAM is one array of the host's, from
// physical address 0; [A0000h, C0000h) is display memory, kept in it; [C0000h,
// 100000h) is ROM to the guest and shows again below 4 GiB. Where nothing
// answers, reads give ones and writes go nowhere.
//
// There is no VMA map: mem_map and its kin are not for such a memory, but
// mem_read, mem_write, mem_fetch, mem_slow and mem_watch_code are. Decoded
// code is watched, and reported to hooks.code_changed, by physical address: by
// the byte, as a boot sector has its variables among its code.
//
// One thread. Source: SDM vol 3 chapter 4.
#ifndef MEM_MACHINE_H_
#define MEM_MACHINE_H_
#include "mem/mem.h"

enum { ROM_BASE = 0xc0000, ROM_END = 0x100000 };
enum { MACHINE_PHYS_BITS = 40 };  // of a physical address, as CPUID says

// How linear addresses are translated; whoever changes it flushes the TLBs.
enum mem_paging_mode { PAGING_OFF, PAGING_32, PAGING_PAE, PAGING_LONG };
struct mem_paging {
	u8 mode;
	u8 user;       // accesses are user code's
	u8 wp;         // CR0.WP: the supervisor heeds read-only pages
	u8 pse;        // CR4.PSE: 4 MiB pages in 32-bit paging
	u8 nxe;        // EFER.NXE
	u8 smep, smap; // CR4; smap only while EFLAGS.AC is clear
	u64 root;      // CR3
	u64 pdpte[4];  // PAE: as loaded with CR3
};

enum { MEM_SUPER = 8 };  // with MEM_R and MEM_W: the processor's own, whatever the privilege
// With MEM_W: how many bytes; else all to the end of the page may be written.
enum { MEM_BYTES_SHIFT = 8 };
#define MEM_BYTES(n) ((int)(n) << MEM_BYTES_SHIFT)

// RAM of `size` bytes, a multiple of 64 KiB, zeroed. 0 without memory.
struct mem *mem_machine_new(u64 size);
void mem_set_paging(struct mem *, const struct mem_paging *);
void mem_set_a20(struct mem *, int on);

// The physical address behind gva: 0, or -1 with *why, and the page fault's
// error code in mem_fault_error.
int mem_translate(struct mem *, u64 gva, int access, u64 *phys, enum mem_fault *why);
u32 mem_fault_error(const struct mem *);

u64 mem_ram_size(const struct mem *);
// Host address of RAM, display memory or ROM at [phys, phys + len); 0 if it is
// not all there. Who writes through it to what may be code uses mem_ram_write.
u8 *mem_ram(struct mem *, u64 phys, u64 len);
// The same for a byte as the processor addresses it, by A20.
u8 *mem_seen(struct mem *, u64 phys);
int mem_ram_write(struct mem *, u64 phys, const void *src, u64 len);
// These bytes of a watched page were decoded: a change of them is told.
void mem_ram_code(struct mem *, u64 phys, u64 len);

#endif
