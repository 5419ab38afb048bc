// pass.c: see pass.h.
#include "linux/pass.h"
#include <fcntl.h>
#include <stdlib.h>

enum { MAX_PATHS = 2, MAX_BUFFERS = 3, MAX_BOUNCE = 1 << 20 };

// What stands in for guest bytes that the host cannot use in place.
struct bounce {
	u64 gva;
	size_t n;
	u8 *p;               // allocated if not small
	const char *layout;  // 0: bytes; the result counts them
	int access;
	u8 small[64];
};

const char *
path_arg(struct thread *t, u64 gva, char *buf, int follow)
{
	i64 r;
	if (!gva)
		return 0;
	r = copy_in_path(t, buf, gva);
	if (r == -L_ENAMETOOLONG) {
		memset(buf, 'x', L_PATH_MAX);
		buf[L_PATH_MAX] = 0;
	} else if (r) {
		return (const char *)fault_address();
	} else if (follow) {
		path_follow(t, buf);
	}
	return buf;
}

// The host's address for n guest bytes, in place if they are together and in
// the host's order.
static void *
buffer_arg(struct thread *t, u64 gva, u64 len, int access, const char *layout, struct bounce *b)
{
	size_t k = (size_t)min_u64(len, L_MAX_RW);
	void *p;
	b->n = 0;
	if (!gva)
		return 0;
	if ((gva > MEM_TOP || len > MEM_TOP - gva) && !mem_in_window(gva))
		return bad_address();
	if (!len || !(p = mem_host(t->p->mem, gva, &k, access)))
		return fault_address();
	if (k >= len && (HOST_LITTLE || !layout))
		return p;
	if (len > MAX_BOUNCE)
		len = MAX_BOUNCE;
	b->p = b->small;
	if (len > sizeof b->small && !(b->p = (u8 *)malloc((size_t)len)))
		return fault_address();
	b->n = (size_t)len;
	b->gva = gva;
	b->layout = layout;
	b->access = access;
	memset(b->p, 0, b->n);
	if ((access & MEM_R) && copy_in(t, b->p, gva, b->n)) {
		b->access = 0;
		return fault_address();
	}
	if (layout)
		le_fields(b->p, layout);
	return b->p;
}

static i64
bounce_out(struct thread *t, struct bounce *b, i64 r)
{
	size_t n = b->layout ? b->n : r > 0 ? (size_t)min_u64((u64)r, b->n) : 0;
	// What a call reads and writes may have changed even if it failed.
	if (b->n && (b->access & MEM_W) && (r >= 0 || (b->access & MEM_R))) {
		if (b->layout)
			le_fields(b->p, b->layout);
		if (n && copy_out(t, b->gva, b->p, n))
			r = -L_EFAULT;
	}
	if (b->n && b->p != b->small)
		free(b->p);
	return r;
}

i64
pass(struct thread *t, const u64 *a, long nr, const char *k)
{
	char path[MAX_PATHS][L_PATH_MAX + 1];
	struct bounce bounce[MAX_BUFFERS];
	long h[6] = { 0, 0, 0, 0, 0, 0 };
	int n = 0, paths = 0, bounces = 0, block = *k == '!';
	i64 r;
	for (k += block; *k; k++) {
		const char *layout = k + 1;
		size_t size = 0;
		void *p;
		switch (*k) {
		case 'c':
			h[n++] = AT_FDCWD;
			continue;
		case '0':
			h[n++] = 0;
			continue;
		case 'N':
			h[n++] = L_AT_SYMLINK_NOFOLLOW;
			continue;
		case 'R':
			h[n++] = L_AT_REMOVEDIR;
			continue;
		case 'f':
			h[n++] = guest_fd(*a++);
			continue;
		case 'd':
			h[n++] = guest_dirfd(*a++);
			continue;
		case 'o':
			h[n++] = (long)oflags_to_host(*a++);
			continue;
		case 'p':
		case 'l':
			h[n++] = (long)(intptr_t)path_arg(t, *a++, path[paths++], *k == 'p');
			continue;
		case '<':
		case '>':
			p = buffer_arg(t, a[0], a[1], *k == '<' ? MEM_R : MEM_W, 0, bounce + bounces++);
			h[n++] = (long)(intptr_t)p;
			h[n++] = (long)a[1];
			a += 2;
			continue;
		case '(':
		case '[':
		case '{':
			for (; k[1] >= '0' && k[1] <= '9'; k++)
				size += (size_t)(k[1] - '0');
			p = buffer_arg(t, *a++, size, layout[-1] == '(' ? MEM_R : layout[-1] == '[' ? MEM_W : MEM_R | MEM_W, layout, bounce + bounces++);
			h[n++] = (long)(intptr_t)p;
			k++;
			continue;
		default:
			h[n++] = (long)*a++;
			continue;
		}
	}
	if (block)
		r = l_block(t, nr, h[0], h[1], h[2], h[3], h[4], h[5]);
	else
		r = l_res(host_call(nr, h[0], h[1], h[2], h[3], h[4], h[5]));
	while (bounces)
		r = bounce_out(t, bounce + --bounces, r);
	return r;
}
