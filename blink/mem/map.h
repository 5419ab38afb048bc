// map.h: what the files of mem/ share. Everything here runs under mem->lock.
//
// The VMA map is a sorted array: lookups are binary searches with a memory of
// the last hit, changes move its tail. The page table holds one word for each
// page that anything is known about: the flags below and, in the paged model,
// the host address of its bytes.
#ifndef MEM_MAP_H_
#define MEM_MAP_H_
#include "mem/mem.h"
#include <pthread.h>

enum {
	PT_WATCH = 1,   // decoded code may come from here
	PT_CLOSED = 2,  // linear: the guest may write but the host mapping may not
	PT_FRAME = 4,   // paged: the bytes are a frame of ours
	PT_FLAGS = 0xfff
};
enum { MEM_LOWEST = 65536 };  // sysctl vm.mmap_min_addr

// madvise(2) of Linux, the ones that are told apart here
enum {
	L_MADV_DONTNEED = 4, L_MADV_FREE = 8, L_MADV_REMOVE, L_MADV_DONTFORK, L_MADV_DOFORK,
	L_MADV_WIPEONFORK = 18, L_MADV_KEEPONFORK, L_MADV_DONTNEED_LOCKED = 24
};

// What mappings are made of if not of private anonymous memory; split pieces share it.
struct mfile {
	u64 dev, ino;
	u8 *host;        // paged: bytes [offset, offset + len) of it are here, in whole pages of the host
	u64 offset;
	size_t len;
	u64 size;        // of the file, while nameless
	int nameless;    // nobody finds the file by its path
	struct mfile *next;  // in changes.dead
	int refs;
	char path[1];
};

// What an operation still has to tell and to free once the lock is released.
struct changes {
	struct { u64 lo, hi; } code[4];
	int ncode;
	u32 told;  // mem->drops when mem_publish last told
	u64 tlb_lo, tlb_hi;
	u8 *frames;
	struct mfile *dead;
};

struct mem_model {
	// Backs nv->start..end, freshly or in place of what the guest has there.
	// -EEXIST: blink itself has something there.
	int (*map)(struct mem *, struct vma *nv, int fd, struct changes *);
	// Called while the VMAs are still there.
	void (*unmap)(struct mem *, u64 lo, u64 hi, struct changes *);
	int (*protect)(struct mem *, u64 lo, u64 hi, int prot, struct changes *);
	// Makes [lo, v->end) reach to newend.
	int (*extend)(struct mem *, struct vma *v, u64 lo, u64 newend, struct changes *);
	// Moves pages to nv, a changed copy of the VMA that holds old, in place of
	// what is there. oldlen 0 maps the same pages twice.
	int (*move)(struct mem *, struct vma *nv, u64 old, u64 oldlen, int dontunmap, struct changes *);
	// DONTNEED, FREE and other advice that passed all checks.
	int (*advise)(struct mem *, const struct vma *, u64 lo, u64 hi, int advice, struct changes *);
	// Host address of a page that the VMA permits access to; 0: SIGBUS.
	u8 *(*page)(struct mem *, const struct vma *, u64 page);
};
extern const struct mem_model linear_model, paged_model;

struct machine;

struct mem {
	pthread_mutex_t lock;
	const struct mem_model *model;
	struct machine *machine;  // a PC's memory: see machine.c
	const struct mem_layout *layout;
	struct mem_hooks hooks;
	struct vma *v;
	size_t n, cap, last;
	void *root;       // page table
	u8 *free_frames;
	u8 *chunks;
	u8 *fresh, *fresh_end;  // never used part of the newest chunk
	u64 next_ino;     // for shared anonymous memory
	int telling;      // threads that are calling hooks.code_changed
	u32 drops;        // how often one began to
	int shared_code;  // code was watched in a shared file mapping
	int sizes;        // hosts with large pages: mfile.size is kept
};

// --- vma.c -------------------------------------------------------------------
// First VMA that ends above addr, or vma_end.
struct vma *vma_find(struct mem *, u64 addr);
static inline struct vma *
vma_end(struct mem *m)
{
	return m->v + m->n;
}
#define VMA_EACH(m, v, lo, hi) \
	for ((v) = vma_find(m, lo); (v) < vma_end(m) && (v)->start < (hi); (v)++)
// Makes room for `extra` more VMAs, so that what follows cannot fail.
int vma_reserve(struct mem *, size_t extra);
// Makes addr a boundary; the first VMA that starts at or above it.
struct vma *vma_split(struct mem *, u64 addr);
void vma_insert(struct mem *, const struct vma *);
// Forgets what is in [lo, hi); does not touch pages.
void vma_delete(struct mem *, u64 lo, u64 hi, struct changes *);
// Joins what can be joined at the boundaries in [lo, hi].
void vma_merge(struct mem *, u64 lo, u64 hi, struct changes *);
// Is [lo, hi) wholly mapped?
int vma_covered(struct mem *, u64 lo, u64 hi);
// Highest free address for len bytes with lo <= address, end <= hi; 0: none.
u64 vma_gap(struct mem *, u64 len, u64 lo, u64 hi);
int vma_free(struct mem *, u64 lo, u64 hi, int gap);
struct mfile *mfile_new(u64 dev, u64 ino, const char *path);
void mfile_drop(struct mfile *, struct changes *);
// The VMA that permits `access` (MEM_R, MEM_W, MEM_X) at gva, growing stacks; 0 and *why.
struct vma *vma_access(struct mem *, u64 gva, int access, enum mem_fault *why);

// --- page.c -------------------------------------------------------------------
uintptr_t *pt_entry(struct mem *, u64 gva, int create);
typedef void pt_fn(struct mem *, uintptr_t *e, u64 gva, void *arg);
// Calls fn for all nonzero entries of [lo, hi); frees tables that become empty.
void pt_walk(struct mem *, u64 lo, u64 hi, pt_fn *fn, void *arg);
u8 *frame_new(struct mem *);
// Puts a retired frame back; returns the next retired one.
u8 *frame_free(struct mem *, u8 *);
// Frames wait in ch until no TLB can point to them.
void frame_retire(struct changes *, u8 *);
void page_free_all(struct mem *);

// --- watch.c --------------------------------------------------------------------
// Drops the watches of [lo, hi), noting them in ch; tells if there were any.
int watch_clear(struct mem *, u64 lo, u64 hi, struct changes *);
// The same for all mappings of what v maps at [lo, hi), v included; `all`
// notes them in any case.
void watch_clear_aliases(struct mem *, const struct vma *v, u64 lo, u64 hi, int all, struct changes *);
// Before a write: 0 if [lo, hi) of v is open now; 1 if watches were dropped,
// so that the caller must, having asked for all that it writes to, unlock,
// publish and start over with the same ch.
int watch_open(struct mem *, const struct vma *v, u64 lo, u64 hi, struct changes *);
// Linear: gives the host's write permission back to closed pages.
void watch_reopen(struct mem *, u64 lo, u64 hi);

// --- machine.c ------------------------------------------------------------------
// What mem_slow, mem_fetch and mem_watch_code do for a PC. Tiny builds have none.
#ifdef TINY
#define MACHINE(m) ((struct machine *)0)
#else
#define MACHINE(m) ((m)->machine)
#endif
u8 *machine_slow(struct mem *, struct tlb *, u64 gva, int access, enum mem_fault *why);
size_t machine_fetch(struct mem *, u8 *dst, u64 gva, size_t n);
void machine_watch(struct mem *, u64 gva);
void machine_free(struct machine *);

// --- mem.c ----------------------------------------------------------------------
void changes_code(struct changes *, u64 lo, u64 hi);
void changes_tlb(struct changes *, u64 lo, u64 hi);
// Releases the lock and tells the hooks. ch is empty afterwards, but for `told`.
void mem_publish(struct mem *, struct changes *ch);
int mem_guarded_copy(void *dst, const void *src, size_t n);
static inline int
host_prot(int prot)
{
	return prot ? MEM_R | (prot & MEM_W) : 0;
}

#endif
