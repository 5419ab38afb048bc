// memfd.c: files without a name and bytes without a pattern (Linux mm/memfd.c,
// drivers/char/random.c).
#include "linux/file.h"

i64
sys_memfd_create(struct thread *t, const u64 *a)
{
	enum { NAME_MAX_LEN = 249 };
	char name[NAME_MAX_LEN + 1];
	i64 r;
	if ((u32)a[1] & ~(u32)(L_MFD_CLOEXEC | L_MFD_ALLOW_SEALING | L_MFD_HUGETLB | L_MFD_NOEXEC_SEAL | L_MFD_EXEC) &&
	    !((u32)a[1] & L_MFD_HUGETLB))
		return -L_EINVAL;
	r = mem_read_str(t->p->mem, name, a[0], sizeof name);
	if (r < 0)
		return l_res(r) == -L_EFAULT ? -L_EFAULT : -L_EINVAL;
	return l_res(HOST_CALL2(memfd_create, name, (u32)a[1]));
}

i64
sys_getrandom(struct thread *t, const u64 *a)
{
	u32 flags = (u32)a[2];
	struct bufs b;
	i64 done = 0, r = 0;
	int i;
	if (flags & ~7u || (flags & (L_GRND_INSECURE | L_GRND_RANDOM)) == (L_GRND_INSECURE | L_GRND_RANDOM))
		return -L_EINVAL;
	bufs_one(t, &b, a[0], a[1], MEM_W);
	for (i = 0; i < b.n; i++) {
		r = L_BLOCK3(t, getrandom, b.v[i].iov_base, b.v[i].iov_len, flags);
		if (r < 0)
			break;
		done += r;
		if ((size_t)r < b.v[i].iov_len)
			break;
	}
	bufs_free(&b);
	return done ? done : r;
}
