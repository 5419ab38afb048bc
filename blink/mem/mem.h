// mem.h: where guest bytes live. One interface, two models.
//
// Linear: guest address = host address + LINEAR_BASE; guest mappings are host
// mappings, minus PROT_EXEC, minus write permission on watched pages.
// Paged: a page table of 4 KiB pages filled on first touch, reached through a
// per-thread TLB; works on any host, and no guest access can leave it.
//
// In both, the VMA map is the truth about what is mapped with which
// permission. Errors are negative host errno values. Addresses are guest
// virtual addresses (gva) below MEM_TOP; lengths are bytes.
//
// Threads: every function may be called from any thread; struct mem has its
// own lock. None may be called from a signal handler. Functions that take
// permission or bytes away call the hooks with the lock released, before they
// return; mem_watch_code may call tlb_stale.
#ifndef MEM_MEM_H_
#define MEM_MEM_H_
#include "base/base.h"

enum { PAGE_SIZE_GUEST = 4096, PAGE_BITS = 12 };
#define MEM_TOP 0x7ffffffff000ull  // TASK_SIZE of x86-64 Linux
#ifndef LINEAR_BASE
#define LINEAR_BASE 0ull  // guest + LINEAR_BASE = host
#endif
#define LINEAR_POSSIBLE HOST_64BIT

enum mem_prot { MEM_R = 1, MEM_W = 2, MEM_X = 4 };  // PROT_* of Linux
enum vma_flag {
	VMA_SHARED = 1,
	VMA_ANON = 2,
	VMA_GROWSDOWN = 4,
	VMA_NORESERVE = 8,
	VMA_HEAP = 16,    // named [heap] in maps
	VMA_STACK = 32,   // [stack]
	VMA_DONTFORK = 64,
	VMA_WIPEONFORK = 128,
	VMA_FIXED = 0x100,           // mem_map: exactly there, replacing what is there
	VMA_FIXED_NOREPLACE = 0x200, // mem_map: exactly there or -EEXIST
	VMA_POPULATE = 0x400,
	VMA_LOCKED = 0x800,
	VMA_32BIT = 0x1000,          // mem_map: choose below 2 GiB (MAP_32BIT)
	VMA_ACCOUNT = 0x2000         // mem's own: was private and writable once
};

struct vma {
	u64 start, end;  // page aligned, end exclusive
	u64 offset;      // file offset of start
	u64 dev, ino;    // of the mapped file; shared anonymous memory is a file
	                 // (dev 1, "/dev/zero (deleted)"); 0 if private VMA_ANON
	u16 flags;
	u8 prot;         // enum mem_prot
	u8 maxprot;      // what mprotect may grant (a shared file opened read-only lacks MEM_W)
	struct mfile *file;  // mem's own: what is mapped, shared by split pieces
	const char *path;    // as /proc/self/maps shows it; 0 if none
};

struct mem;
struct tlb;

struct mem_hooks {
	void *arg;
	// Guest bytes in [lo, hi) that may hold decoded code changed, or lost
	// their mapping or permission: drop blocks that come from them.
	void (*code_changed)(void *arg, u64 lo, u64 hi);
	// Paged only: translations of [lo, hi) became invalid. Must flush every
	// thread's TLB before it returns: the memory is used again afterwards.
	void (*tlb_stale)(void *arg, u64 lo, u64 hi);
	// Something was mapped that other processes may see.
	void (*shared)(void *arg);
};

// Where things go in a guest's address space: the one table of it.
struct mem_layout {
	u64 pie;        // position-independent main images; brk has room behind them
	u64 mmap_base;  // mappings are chosen downwards from here
	u64 stack_top;  // the main stack ends here and grows down towards mmap_base
};

// Registers mem's claim on host faults. 0 without memory.
struct mem *mem_new(int paged);
const struct mem_layout *mem_layout(const struct mem *);
void mem_free(struct mem *);
int mem_is_paged(const struct mem *);
void mem_set_hooks(struct mem *, const struct mem_hooks *);
// Forgets all mappings of the guest (execve). After fork the child keeps its
// copy; mem_after_fork_child makes the locks usable and applies DONTFORK/WIPEONFORK.
void mem_clear(struct mem *);
void mem_before_fork(struct mem *);
void mem_after_fork(struct mem *, int is_child);

// mmap(2) with guest semantics. addr is a hint or, with VMA_FIXED*, a demand;
// 0 lets mem choose top-down below the mmap base. fd >= 0 is a host
// descriptor, needed no longer on return. path names it for maps; with 0 the
// host is asked for the descriptor's path.
// Returns the guest address or -errno.
i64 mem_map(struct mem *, u64 addr, u64 len, int prot, int flags, int fd, u64 offset, const char *path);
// The same for a file that the caller has asked fstat about.
struct stat;
i64 mem_map_file(struct mem *, u64 addr, u64 len, int prot, int flags, int fd, const struct stat *, u64 offset, const char *path);
int mem_unmap(struct mem *, u64 addr, u64 len);
int mem_protect(struct mem *, u64 addr, u64 len, int prot);
// mremap(2); flags are 1 MAYMOVE, 2 FIXED, 4 DONTUNMAP.
i64 mem_remap(struct mem *, u64 addr, u64 oldlen, u64 newlen, int flags, u64 newaddr);
int mem_advise(struct mem *, u64 addr, u64 len, int linux_advice);
int mem_sync(struct mem *, u64 addr, u64 len, int linux_flags);
int mem_lock(struct mem *, u64 addr, u64 len, int on);
int mem_incore(struct mem *, u64 addr, u64 len, u8 *vec);
// Adds flags (VMA_HEAP, VMA_STACK) to the VMA that holds addr, and names it if path is not 0.
void mem_set_name(struct mem *, u64 addr, int flags_to_set, const char *path);

// Copies the VMA that holds addr, or else the next one above it. 0 if none.
// The path stays valid until the map changes; pathbuf (4096 bytes) if not 0 gets a copy.
int mem_find(struct mem *, u64 addr, struct vma *out, char *pathbuf);
u64 mem_total(struct mem *);  // bytes mapped

// Gives the host address of guest bytes [gva, gva+*len) for a host system
// call, shortening *len to what is contiguous on the host (linear: never
// shortened). access is MEM_R and/or MEM_W; MEM_W drops code watches first.
// 0 with nothing mapped there (the guest gets EFAULT).
void *mem_host(struct mem *, u64 gva, size_t *len, int access);

// Bytes of blink's own that the calling thread's system call takes for the
// guest's: window i begins at MEM_WINDOW + i * MEM_WINDOW_SIZE. For arguments
// that are made from others.
#define MEM_WINDOW 0xffff900000000000ull
enum { MEM_WINDOWS = 8, MEM_WINDOW_SIZE = 1 << 20 };
struct mem_window { u8 *at; size_t n; int written; };
#ifdef TINY
#define mem_in_window(gva) 0
#else
extern THREAD_LOCAL struct mem_window *mem_windows;  // MEM_WINDOWS of them, or 0
static inline int
mem_in_window(u64 gva)
{
	return gva >= MEM_WINDOW && gva < MEM_WINDOW + MEM_WINDOWS * MEM_WINDOW_SIZE && mem_windows;
}
#endif

// Copies between guest and blink. All or nothing is not promised; -EFAULT if
// any byte is inaccessible, also when the host faults (file truncated).
int mem_read(struct mem *, void *dst, u64 gva, size_t n);
int mem_write(struct mem *, u64 gva, const void *src, size_t n);
// Copies without regard to permission, as ptrace and loaders do.
int mem_poke(struct mem *, u64 gva, const void *src, size_t n);
// Reads a NUL-terminated string; its length without NUL, -EFAULT or
// -ENAMETOOLONG when there is no NUL within size.
i64 mem_read_str(struct mem *, char *dst, u64 gva, size_t size);
// Fetches code bytes for decoding: bytes readable with MEM_X at gva, at most
// n; stops at the first byte that is not executable. 0 if not even the first.
size_t mem_fetch(struct mem *, u8 *dst, u64 gva, size_t n);

// Watches the pages of [gva, gva+len) for changes: the next write by anybody
// in this process through any alias calls hooks.code_changed first.
void mem_watch_code(struct mem *, u64 gva, size_t len);
// mem_watch_code, then mem_fetch, of bytes of one page.
#ifndef TINY
size_t mem_fetch_code(struct mem *, u8 *dst, u64 gva, size_t n);
#else
static inline size_t
mem_fetch_code(struct mem *m, u8 *dst, u64 gva, size_t n)
{
	mem_watch_code(m, gva, 1);
	return mem_fetch(m, dst, gva, n);
}
#endif

// The bytes of the file behind fd were changed by a system call: code that
// shared mappings of it hold is dropped. Costs nothing while there is none.
void mem_file_changed(struct mem *, int fd);
// The same after a change of its size.
void mem_file_resized(struct mem *, int fd);

enum mem_fault { MEM_OK, MEM_UNMAPPED, MEM_PROT, MEM_NONCANONICAL, MEM_BUS };
// The slow path of the accessors: host address of gva for an access of 1..64
// bytes that stays within one guest page; drops code watches for MEM_W,
// materialises lazy pages, fills *tlb (paged; may be 0). Returns 0 and sets
// *why when the guest must fault.
u8 *mem_slow(struct mem *, struct tlb *, u64 gva, int access, enum mem_fault *why);

// Claims host SIGSEGV/SIGBUS hits inside mem_read/mem_write and friends.
// Does not return if it was one. mem_new registers it with host/.
void mem_on_host_fault(void *host_addr);

// Per-thread translation cache of the paged model.
#ifdef MEAN
enum { TLB_BITS = 2 };
#else
enum { TLB_BITS = 8 };
#endif
enum { TLB_SIZE = 1 << TLB_BITS };
struct tlb_entry {
	u64 rtag, wtag;   // page number when readable / writable without notice, else ~0
	uintptr_t delta;  // host address = (uintptr_t)gva + delta
};
struct tlb { struct tlb_entry e[TLB_SIZE]; };
void tlb_flush(struct tlb *);

#endif
