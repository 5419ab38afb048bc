// copy.c: bytes between guest and blink, and the slow path of the accessors.
//
// Host faults (a file that became shorter; a page closed again by a watch)
// end in the innermost mem_guarded_copy, never in the middle of anything else.
#include "mem/map.h"
#include "mem/machine.h"
#include "base/atomic.h"
#include <errno.h>
#include <setjmp.h>

static THREAD_LOCAL sigjmp_buf *t_guard;

void
mem_on_host_fault(void *host_addr)
{
	if (t_guard)
		siglongjmp(*t_guard, 1);
}

int
mem_guarded_copy(void *dst, const void *src, size_t n)
{
	sigjmp_buf env;
	int r = sigsetjmp(env, 0) ? -EFAULT : 0;
	if (!r) {
		t_guard = &env;
		COMPILER_FENCE();
		guest_copy(dst, src, n);
		COMPILER_FENCE();
	}
	t_guard = 0;
	return r;
}

#ifndef TINY
THREAD_LOCAL struct mem_window *mem_windows;

static void *
window(u64 gva, size_t *len, int access)
{
	struct mem_window *w = mem_windows + (gva - MEM_WINDOW) / MEM_WINDOW_SIZE;
	size_t at = (size_t)(gva & (MEM_WINDOW_SIZE - 1));
	if (at >= w->n)
		return 0;
	*len = (size_t)min_u64(*len, w->n - at);
	if (access & MEM_W)
		w->written = 1;
	return w->at + at;
}
#else
#define window(gva, len, access) 0
#endif

void *
mem_host(struct mem *m, u64 gva, size_t *len, int access)
{
	struct changes ch;
	enum mem_fault why;
	struct vma *v;
	u64 page = round_down(gva, PAGE_SIZE_GUEST), at, end = gva + *len;
	u8 *first = 0, *p;
	int dropped;
	if (!*len || end < gva)
		return 0;
	if (mem_in_window(gva))
		return window(gva, len, access);
	if (MACHINE(m)) {
		*len = (size_t)min_u64(*len, page + PAGE_SIZE_GUEST - gva);
		return machine_slow(m, 0, gva, access | MEM_BYTES(*len), &why);
	}
	memset(&ch, 0, sizeof ch);
again:
	dropped = 0;
	pthread_mutex_lock(&m->lock);
	for (at = page; at < end;) {
		u64 hi;
		v = vma_access(m, max_u64(at, gva), access, &why);
		if (!v)
			break;
		hi = mem_is_paged(m) ? at + PAGE_SIZE_GUEST : min_u64(v->end, end);
		if (access & MEM_W)
			dropped |= watch_open(m, v, at, hi, &ch);
		if (mem_is_paged(m)) {
			p = m->model->page(m, v, at);
			if (!p || (at > page && p != first + (at - page)))
				break;
			if (at == page)
				first = p;
		} else {
			first = (u8 *)(uintptr_t)(page + LINEAR_BASE);
		}
		at = hi;
	}
	if (dropped) {
		mem_publish(m, &ch);
		goto again;
	}
	pthread_mutex_unlock(&m->lock);
	if (at == page)
		return 0;
	*len = (size_t)(min_u64(at, end) - gva);
	return first + (gva - page);
}

// Copies n bytes to or from buf.
static int
copy(struct mem *m, u8 *buf, u64 gva, size_t n, int access)
{
	int tries = 0;
	while (n) {
		size_t k = n;
		u8 *p = (u8 *)mem_host(m, gva, &k, access);
		if (!p)
			return -EFAULT;
		if (access == MEM_W ? mem_guarded_copy(p, buf, k) : mem_guarded_copy(buf, p, k)) {
			// Another thread may have watched the page again.
			if (access == MEM_W && tries++ < 8)
				continue;
			return -EFAULT;
		}
		// In linear memory a watch set since would have stopped the copy.
		if (access == MEM_W && mem_is_paged(m)) {
			size_t again = k;
			mem_host(m, gva, &again, MEM_W);
		}
		buf += k;
		gva += k;
		n -= k;
	}
	return 0;
}

int
mem_read(struct mem *m, void *dst, u64 gva, size_t n)
{
	return copy(m, (u8 *)dst, gva, n, MEM_R);
}

int
mem_write(struct mem *m, u64 gva, const void *src, size_t n)
{
	return copy(m, (u8 *)src, gva, n, MEM_W);
}

int
mem_poke(struct mem *m, u64 gva, const void *src, size_t n)
{
	const u8 *s = (const u8 *)src;
	struct changes ch;
	memset(&ch, 0, sizeof ch);
	while (n) {
		u64 page = round_down(gva, PAGE_SIZE_GUEST);
		size_t k = min_u64(n, page + PAGE_SIZE_GUEST - gva);
		struct vma *v;
		u8 *p;
		int r = -EFAULT;
		pthread_mutex_lock(&m->lock);
		v = vma_find(m, gva);
		if (v < vma_end(m) && v->start <= gva && (v->maxprot & MEM_W)) {
			watch_clear_aliases(m, v, page, page + PAGE_SIZE_GUEST, 1, &ch);
			if (!m->model->protect(m, page, page + PAGE_SIZE_GUEST, MEM_R | MEM_W, &ch)) {
				p = m->model->page(m, v, page);
				if (p)
					r = mem_guarded_copy(p + (gva - page), s, k);
				m->model->protect(m, page, page + PAGE_SIZE_GUEST, v->prot, &ch);
			}
		}
		mem_publish(m, &ch);
		if (r)
			return r;
		s += k;
		gva += k;
		n -= k;
	}
	return 0;
}

i64
mem_read_str(struct mem *m, char *dst, u64 gva, size_t size)
{
	size_t done = 0;
	while (done < size) {
		size_t k = min_u64(size - done, PAGE_SIZE_GUEST - (gva & (PAGE_SIZE_GUEST - 1)));
		char *nul;
		if (mem_read(m, dst + done, gva, k))
			return -EFAULT;
		nul = (char *)memchr(dst + done, 0, k);
		if (nul)
			return nul - dst;
		done += k;
		gva += k;
	}
	return -ENAMETOOLONG;
}

// mov $nr,%rax; syscall; ret, as gettimeofday, time and getcpu (Linux
// arch/x86/entry/vsyscall/vsyscall_emu_64.S)
static size_t
fetch_vsyscall(u8 *dst, u64 gva, size_t n)
{
	static const u16 nr[4] = {96, 201, 309, 0};
	u8 code[10] = {0x48, 0xc7, 0xc0, 0, 0, 0, 0, 0x0f, 0x05, 0xc3};
	u64 off = gva - 0xffffffffff600000ull, at = off & 0x3ff;
	if (off >= 0xc00 || at >= sizeof code)
		return 0;
	st16(code + 3, nr[off >> 10]);
	n = min_u64(n, sizeof code - at);
	memcpy(dst, code + at, n);
	return n;
}

size_t
mem_fetch(struct mem *m, u8 *dst, u64 gva, size_t n)
{
	size_t done = 0;
	enum mem_fault why;
	if (MACHINE(m))
		return machine_fetch(m, dst, gva, n);
	if (gva >= MEM_TOP)
		return fetch_vsyscall(dst, gva, n);
	pthread_mutex_lock(&m->lock);
	while (done < n) {
		struct vma *v = vma_access(m, gva, MEM_X, &why);
		u64 page = round_down(gva, PAGE_SIZE_GUEST);
		size_t k = min_u64(n - done, page + PAGE_SIZE_GUEST - gva);
		u8 *p = v ? m->model->page(m, v, page) : 0;
		if (!p || mem_guarded_copy(dst + done, p + (gva - page), k))
			break;
		done += k;
		gva += k;
	}
	pthread_mutex_unlock(&m->lock);
	return done;
}

static void
tlb_fill(struct mem *m, struct tlb *tlb, const struct vma *v, u64 page, u8 *host)
{
	struct tlb_entry *t = &tlb->e[page >> PAGE_BITS & (TLB_SIZE - 1)];
	uintptr_t *e = pt_entry(m, page, 0);
	t->rtag = page >> PAGE_BITS;
	t->wtag = (v->prot & MEM_W) && !(*e & PT_WATCH) ? t->rtag : ~(u64)0;
	t->delta = (uintptr_t)host - (uintptr_t)page;
}

u8 *
mem_slow(struct mem *m, struct tlb *tlb, u64 gva, int access, enum mem_fault *why)
{
	struct changes ch;
	struct vma *v;
	u64 page = round_down(gva, PAGE_SIZE_GUEST);
	u8 *p = 0;
	if (MACHINE(m))
		return machine_slow(m, tlb, gva, access, why);
	memset(&ch, 0, sizeof ch);
	for (;;) {
		pthread_mutex_lock(&m->lock);
		v = vma_access(m, gva, access, why);
		if (!v || !(access & MEM_W) || !watch_open(m, v, page, page + PAGE_SIZE_GUEST, &ch))
			break;
		mem_publish(m, &ch);
	}
	if (v) {
		p = m->model->page(m, v, page);
		if (!p)
			*why = MEM_BUS;
		else if (tlb && mem_is_paged(m))
			tlb_fill(m, tlb, v, page, p);
	}
	pthread_mutex_unlock(&m->lock);
	return p ? p + (gva - page) : 0;
}

void
tlb_flush(struct tlb *t)
{
	memset(t, 0xff, sizeof *t);
}
