// ia32_calls.c: 32-bit system calls that differ from their 64-bit kin by more
// than the layout of a structure. Source: Linux net/compat.c, fs/compat.c,
// arch/x86/kernel/sys_ia32.c and the files that hold the 64-bit calls.
#include "linux/ia32.h"
#include "linux/ldt.h"
#include <sys/resource.h>
#include <time.h>

extern sys_fn sys_accept4, sys_bind, sys_clone, sys_clone3, sys_close, sys_connect, sys_fcntl, sys_fstatfs, sys_futex,
	sys_getdents64, sys_getgroups, sys_getpeername, sys_getpriority, sys_getsockname, sys_getsockopt, sys_ioctl, sys_listen,
	sys_lseek, sys_mmap, sys_mremap, sys_munmap, sys_recvfrom, sys_recvmsg, sys_select, sys_sendmsg, sys_sendto,
	sys_setgroups, sys_setpriority, sys_setsockopt, sys_shutdown, sys_socket, sys_socketpair, sys_statfs, sys_waitid;

// --- memory ---------------------------------------------------------------------------

// Addresses are chosen where 32-bit code reaches them.
static i64
map32(struct thread *t, u64 addr, u64 len, u64 prot, u64 flags, u64 fd, u64 offset)
{
	u64 b[6] = { addr, len, prot, flags, fd, offset };
	if (!(flags & (L_MAP_FIXED | L_MAP_FIXED_NOREPLACE)))
		b[3] |= L_MAP_32BIT;
	return sys_mmap(t, b);
}

i64
ia32_mmap(struct thread *t, const u64 *a)
{
	u8 m[24];
	if (copy_in(t, m, a[0], sizeof m))
		return -L_EFAULT;
	return map32(t, ld32(m), ld32(m + 4), ld32(m + 8), ld32(m + 12), ld32(m + 16), ld32(m + 20));
}

i64
ia32_mmap2(struct thread *t, const u64 *a)
{
	return map32(t, a[0], a[1], a[2], a[3], a[4], a[5] << PAGE_BITS);
}

// In place if that is possible, else to a low address.
i64
ia32_mremap(struct thread *t, const u64 *a)
{
	enum { MOVES = L_MREMAP_MAYMOVE | L_MREMAP_FIXED | L_MREMAP_DONTUNMAP };
	u64 b[6] = { a[0], a[1], a[2], a[3] & ~(u64)MOVES, a[4], 0 };
	i64 r = -L_ENOMEM, at;
	if ((a[3] & MOVES) == 0 || a[3] & L_MREMAP_FIXED || a[3] & ~(u64)MOVES)
		return sys_mremap(t, a);
	if (!(a[3] & L_MREMAP_DONTUNMAP))
		r = sys_mremap(t, b);
	if (r != -L_ENOMEM)
		return r;
	at = map32(t, 0, a[2], 0, L_MAP_PRIVATE | L_MAP_ANONYMOUS, ~(u64)0, 0);
	if (at < 0)
		return at;
	b[3] = a[3] | L_MREMAP_FIXED;
	b[4] = (u64)at;
	r = sys_mremap(t, b);
	if (r < 0) {
		u64 u[6] = { (u64)at, a[2], 0, 0, 0, 0 };
		sys_munmap(t, u);
	}
	return r;
}

i64
ia32_set_thread_area(struct thread *t, const u64 *a)
{
	return thread_area_set(t, a[0]);
}

i64
ia32_get_thread_area(struct thread *t, const u64 *a)
{
	return thread_area_get(t, a[0]);
}

// --- processes ------------------------------------------------------------------------

// With CLONE_SETTLS tls is a descriptor for the child. It is put in force for
// the time of the call; the child keeps it.
static i64
with_area(struct thread *t, sys_fn *call, const u64 *a, int has, u64 tls)
{
	u64 was[3];
	u8 entry[4];
	int seg;
	i64 r;
	memcpy(was, t->cpu->tls, sizeof was);
	if (has) {
		if (copy_in(t, entry, tls, 4))
			return -L_EFAULT;
		r = ld32(entry) == 0xffffffff ? -L_EINVAL : thread_area_set(t, tls);
		if (r)
			return r;
	}
	r = call(t, a);
	if (has && r) {
		memcpy(t->cpu->tls, was, sizeof was);
		for (seg = SEG_ES; seg <= SEG_GS; seg++)
			if (seg != SEG_CS && seg != SEG_SS && (t->cpu->sel[seg] & 0xfffc) >= 0x60 && (t->cpu->sel[seg] & 0xfffc) <= 0x70)
				cpu_reload_segment(t->cpu, seg);
	}
	return r;
}

i64
ia32_clone(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0] & ~(u64)L_CLONE_SETTLS, a[1], a[2], a[4], 0, 0 };
	return with_area(t, sys_clone, b, (a[0] & L_CLONE_SETTLS) != 0, a[3]);
}

i64
ia32_clone3(struct thread *t, const u64 *a)
{
	struct ia32_call x;
	struct l_clone_args *l;
	u64 b[6] = { 0, a[1], 0, 0, 0, 0 }, flags;
	u8 *at;
	i64 r;
	if (a[1] < offsetof(struct l_clone_args, tls) + sizeof l->tls || a[1] > PAGE_SIZE_GUEST)
		return sys_clone3(t, a);  // is an error
	ia32_begin(&x, t);
	b[0] = ia32_window(&x, a[1], &at);
	l = (struct l_clone_args *)at;
	if (copy_in(t, l, a[0], a[1]))
		return ia32_end(&x, -L_EFAULT);
	flags = L_GET(l->flags);
	L_PUT(l->flags, flags & ~(u64)L_CLONE_SETTLS);
	r = with_area(t, sys_clone3, b, (flags & L_CLONE_SETTLS) != 0, L_GET(l->tls));
	return ia32_end(&x, r);
}

// Of siginfo the kernel writes six words, the same in both but for their place.
i64
ia32_waitid(struct thread *t, const u64 *a)
{
	struct ia32_call x;
	u64 b[6] = { a[0], a[1], 0, a[3], 0, 0 };
	u8 *info = 0, w[24];
	i64 r;
	ia32_begin(&x, t);
	if (a[2])
		b[2] = ia32_window(&x, sizeof(struct l_siginfo), &info);
	r = ia32_struct(&x, '>', 'r', a[4], b + 4);
	if (!r)
		r = ia32_end(&x, sys_waitid(t, b));
	if (!info || r == -L_EFAULT)
		return r;
	memcpy(w, info, 12);
	memcpy(w + 12, info + 16, 12);
	return copy_out(t, a[2], w, sizeof w) ? -L_EFAULT : r;
}

i64
ia32_nice(struct thread *t, const u64 *a)
{
	u64 b[6] = { PRIO_PROCESS, 0, 0, 0, 0, 0 };
	i64 n = (i32)a[0], now = 20 - sys_getpriority(t, b), r;
	n = now + (n < -40 ? -40 : n > 40 ? 40 : n);
	b[2] = (u64)(n < -20 ? -20 : n > 19 ? 19 : n);
	r = sys_setpriority(t, b);
	return r == -L_EACCES ? -L_EPERM : r;
}

// The fourth word is a time for some operations and a number for others.
static i64
futex(struct thread *t, const u64 *a, const char *timed)
{
	int op = (int)a[1] & L_FUTEX_CMD_MASK;
	int wait = op == L_FUTEX_WAIT || op == L_FUTEX_LOCK_PI || op == L_FUTEX_WAIT_BITSET || op == L_FUTEX_WAIT_REQUEUE_PI || op == L_FUTEX_LOCK_PI2;
	return wait ? ia32_convert(t, sys_futex, timed, a) : sys_futex(t, a);
}

i64
ia32_futex(struct thread *t, const u64 *a)
{
	return futex(t, a, "...<t..");
}

i64
ia32_futex_time64(struct thread *t, const u64 *a)
{
	return futex(t, a, "...<n..");
}

enum { ROBUST_HEAD = 12 };

i64
ia32_set_robust_list(struct thread *t, const u64 *a)
{
	if (a[1] != ROBUST_HEAD)
		return -L_EINVAL;
	t->robust_list32 = (u32)a[0];
	return 0;
}

i64
ia32_get_robust_list(struct thread *t, const u64 *a)
{
	u8 b[4];
	if ((i32)a[0] && (i32)a[0] != thread_tid(t))
		return -L_EPERM;
	st32(b, ROBUST_HEAD);
	if (copy_out(t, a[2], b, 4))
		return -L_EFAULT;
	st32(b, t->robust_list32);
	return copy_out(t, a[1], b, 4);
}

static i64
groups(struct thread *t, const u64 *a, int set)
{
	enum { MOST = 8192 };
	struct ia32_call x;
	u64 b[6] = { a[0], 0, 0, 0, 0, 0 };
	u8 *at, id[2];
	i64 r = 0, i, n = (i32)a[0];
	if (n < 0 || n > 65536)
		return set ? sys_setgroups(t, a) : -L_EINVAL;
	n = n > (i64)MOST ? (i64)MOST : n;
	ia32_begin(&x, t);
	b[1] = ia32_window(&x, (size_t)n * 4, &at);
	for (i = 0; i < n && set && !r; i++) {
		r = copy_in(t, id, a[1] + (u64)i * 2, 2);
		st32(at + 4 * i, ld16(id));
	}
	if (!r)
		r = (set ? sys_setgroups : sys_getgroups)(t, b);
	for (i = 0; i < r && i < n && !set; i++) {
		st16(id, ld32(at + 4 * i) > 0xffff ? 65534 : (u16)ld32(at + 4 * i));
		if (copy_out(t, a[1] + (u64)i * 2, id, 2))
			r = -L_EFAULT;
	}
	return ia32_end(&x, r);
}

i64
ia32_getgroups(struct thread *t, const u64 *a)
{
	return groups(t, a, 0);
}

i64
ia32_setgroups(struct thread *t, const u64 *a)
{
	return groups(t, a, 1);
}

// --- files ------------------------------------------------------------------------------

i64
ia32__llseek(struct thread *t, const u64 *a)
{
	u64 b[6] = { a[0], a[1] << 32 | a[2], a[4], 0, 0, 0 };
	u8 pos[8];
	i64 r = sys_lseek(t, b);
	if (r < 0)
		return r;
	st64(pos, (u64)r);
	return copy_out(t, a[3], pos, sizeof pos);
}

i64
ia32_select(struct thread *t, const u64 *a)
{
	u8 m[20];
	u64 b[6] = { 0, 0, 0, 0, 0, 0 };
	int i;
	if (copy_in(t, m, a[0], sizeof m))
		return -L_EFAULT;
	for (i = 0; i < 5; i++)
		b[i] = ld32(m + 4 * i);
	return ia32_convert(t, sys_select, ".fff=t", b);
}

static i64
statfs64(struct thread *t, sys_fn *call, const u64 *a)
{
	enum { STATFS64 = 84 };
	u64 b[6] = { a[0], a[2], 0, 0, 0, 0 };
	return a[1] == STATFS64 ? ia32_convert(t, call, ".>F", b) : -L_EINVAL;
}

i64
ia32_statfs64(struct thread *t, const u64 *a)
{
	return statfs64(t, sys_statfs, a);
}

i64
ia32_fstatfs64(struct thread *t, const u64 *a)
{
	return statfs64(t, sys_fstatfs, a);
}

enum { GETLK64 = 12, SETLKW64 = 14 };

// Locks beyond 2 GiB cannot be told in the old structure.
static i64
getlk(struct thread *t, const u64 *b, u64 gva)
{
	struct ia32_call x;
	u64 c[6] = { b[0], b[1], 0, 0, 0, 0 };
	struct l_flock *l = 0;
	i64 r;
	ia32_begin(&x, t);
	r = ia32_struct(&x, '=', 'c', gva, c + 2);
	l = (struct l_flock *)x.w[0].at;
	if (!r && c[2])
		r = sys_fcntl(t, c);
	else if (!r)
		r = -L_EFAULT;
	if (!r && L_GET(l->start) > 0x7fffffff) {
		r = -L_EOVERFLOW;
		x.w[0].written = 0;
	}
	if (!r && L_GET(l->len) > 0x7fffffff)
		L_PUT(l->len, 0x7fffffff);
	return ia32_end(&x, r);
}

i64
ia32_fcntl64(struct thread *t, const u64 *a)
{
	u32 cmd = (u32)a[1];
	u64 b[6] = { a[0], a[1], a[2], 0, 0, 0 };
	if (cmd == L_F_GETLK)
		return getlk(t, b, a[2]);
	if (cmd == L_F_SETLK || cmd == L_F_SETLKW)
		return ia32_convert(t, sys_fcntl, "..<c", b);
	if (cmd >= GETLK64 && cmd <= SETLKW64)
		b[1] = cmd = cmd - GETLK64 + L_F_GETLK;
	else if (cmd < L_F_OFD_GETLK || cmd > L_F_OFD_SETLKW)
		return sys_fcntl(t, b);
	return ia32_convert(t, sys_fcntl, cmd == L_F_GETLK || cmd == L_F_OFD_GETLK ? "..=C" : "..<C", b);
}

// The old records are shorter than those of getdents64, so what that gives
// for as many bytes fits; for less than the largest record it is given more,
// and the directory is wound back.
i64
ia32_getdents(struct thread *t, const u64 *a)
{
	enum { LARGEST = 280, MOST = 32768 };
	struct ia32_call x;
	u64 room = (u32)a[2], take = room > (u64)MOST ? (u64)MOST : room < (u64)LARGEST ? (u64)LARGEST : room;
	u64 b[6] = { a[0], 0, take, 0, 0, 0 }, back[6] = { a[0], 0, L_SEEK_CUR, 0, 0, 0 };
	u8 *at, rec[LARGEST];
	i64 r, done = 0, i;
	ia32_begin(&x, t);
	b[1] = ia32_window(&x, (size_t)take, &at);
	back[1] = 0;
	back[1] = room < LARGEST ? (u64)sys_lseek(t, back) : 0;
	back[2] = L_SEEK_SET;
	r = sys_getdents64(t, b);
	for (i = 0; i < r;) {
		u8 *d = at + i;
		size_t len = ld16(d + 16), name = strlen((char *)d + 19), n = round_up(10 + name + 2, 4);
		if (ld64(d) >> 32) {
			r = done ? done : -L_EOVERFLOW;
			break;
		}
		if ((u64)done + n > room) {
			sys_lseek(t, back);
			r = done ? done : -L_EINVAL;
			break;
		}
		memset(rec, 0, sizeof rec);
		st32(rec, (u32)ld64(d));
		st32(rec + 4, (u32)ld64(d + 8));
		st16(rec + 8, (u16)n);
		memcpy(rec + 10, d + 19, name);
		rec[n - 1] = d[18];
		if (copy_out(t, a[1] + (u64)done, rec, n)) {
			r = -L_EFAULT;
			break;
		}
		back[1] = ld64(d + 8);
		done += (i64)n;
		i += (i64)len;
	}
	return ia32_end(&x, r > 0 ? done : r);
}

// struct ifreq is 32 bytes, not 40.
static i64
ifreq(struct thread *t, const u64 *a)
{
	enum { IFREQ = 32 };
	struct ia32_call x;
	u64 b[6] = { a[0], a[1], 0, 0, 0, 0 };
	u8 *at;
	i64 r;
	ia32_begin(&x, t);
	b[2] = ia32_window(&x, sizeof(struct l_ifreq), &at);
	r = copy_in(t, at, a[2], IFREQ);
	if (!r)
		r = sys_ioctl(t, b);
	if (r >= 0 && copy_out(t, a[2], at, IFREQ))
		r = -L_EFAULT;
	return ia32_end(&x, r);
}

static i64
ifconf(struct thread *t, const u64 *a)
{
	enum { IFREQ = 32, MOST = 256 };
	struct ia32_call x;
	struct l_ifconf *l;
	u64 b[6] = { a[0], a[1], 0, 0, 0, 0 }, buf;
	u8 *at, *list, c[8];
	u32 n, i;
	i64 r;
	if (copy_in(t, c, a[2], sizeof c))
		return -L_EFAULT;
	n = ld32(c) / IFREQ;
	n = ld32(c) >> 31 ? 0 : n > MOST ? (u32)MOST : n;
	buf = ld32(c + 4);
	ia32_begin(&x, t);
	b[2] = ia32_window(&x, sizeof *l, &at);
	l = (struct l_ifconf *)at;
	L_PUT(l->buf, buf ? ia32_window(&x, n * sizeof(struct l_ifreq), &list) : 0);
	L_PUT(l->len, ld32(c) >> 31 ? ld32(c) : n * sizeof(struct l_ifreq));
	r = sys_ioctl(t, b);
	n = (u32)L_GET(l->len) / (u32)sizeof(struct l_ifreq);
	for (i = 0; i < n && buf && !r; i++)
		r = copy_out(t, buf + i * IFREQ, list + i * sizeof(struct l_ifreq), IFREQ);
	st32(c, n * IFREQ);
	if (!r)
		r = copy_out(t, a[2], c, 4);
	return ia32_end(&x, r);
}

i64
ia32_ioctl(struct thread *t, const u64 *a)
{
	// The size of a long is part of these numbers.
	static const struct { u32 here, there; } sized[] = {
		{ 0x80041272, L_BLKGETSIZE64 }, { 0x80046601, L_FS_IOC_GETFLAGS }, { 0x40046602, L_FS_IOC_SETFLAGS }, { 0x80047601, L_FS_IOC_GETVERSION }
	};
	u64 b[6] = { a[0], a[1], a[2], 0, 0, 0 };
	size_t i;
	for (i = 0; i < COUNTOF(sized); i++)
		if (sized[i].here == (u32)a[1])
			b[1] = sized[i].there;
	if (a[1] == L_SIOCGIFCONF)
		return ifconf(t, a);
	return a[1] >= L_SIOCGIFNAME && a[1] <= L_SIOCGIFTXQLEN ? ifreq(t, a) : sys_ioctl(t, b);
}

// --- sockets ------------------------------------------------------------------------------

enum { MSGHDR = 28, CMSGHDR = 12, MMSGHDR = 32, CONTROL_MOST = 8192 };

// struct msghdr and its vector, in windows; the control buffer is the caller's.
static i64
msghdr_in(struct ia32_call *x, u64 gva, u8 *b, u64 *to, struct l_msghdr **l)
{
	u64 iov = 0;
	u8 *at;
	i64 r;
	if (copy_in(x->t, b, gva, MSGHDR))
		return -L_EFAULT;
	*to = ia32_window(x, sizeof **l, &at);
	*l = (struct l_msghdr *)at;
	if (ld32(b + 12) > L_IOV_MAX)
		return -L_EMSGSIZE;
	r = ia32_iovec(x, ld32(b + 8), ld32(b + 12), &iov);
	L_PUT((*l)->name, ld32(b));
	L_PUT((*l)->namelen, ld32(b + 4));
	L_PUT((*l)->iov, iov);
	L_PUT((*l)->iovlen, ld32(b + 12));
	return r;
}

static i64
send_one(struct thread *t, u64 fd, u64 gva, u64 flags)
{
	struct ia32_call x;
	struct l_msghdr *l;
	struct l_cmsghdr h;
	u64 b[6] = { fd, 0, flags, 0, 0, 0 }, from, len, at, used = 0;
	u8 m[MSGHDR], c[CMSGHDR], *control;
	i64 r;
	ia32_begin(&x, t);
	r = msghdr_in(&x, gva, m, b + 1, &l);
	from = ld32(m + 16);
	len = from ? ld32(m + 20) : 0;
	if (!r && len >= CMSGHDR) {
		L_PUT(l->control, ia32_window(&x, CONTROL_MOST, &control));
		for (at = 0; at + CMSGHDR <= len && !r;) {
			u64 n, data;
			if (copy_in(t, c, from + at, sizeof c))
				r = -L_EFAULT;
			n = r ? (u32)CMSGHDR : ld32(c);
			data = n - CMSGHDR;
			if (!r && (n < CMSGHDR || n > len - at))
				r = -L_EINVAL;
			else if (!r && used + sizeof h + data > CONTROL_MOST)
				r = -L_ENOBUFS;
			if (r)
				break;
			L_PUT(h.len, sizeof h + data);
			memcpy(h.level, c + 4, 8);
			memcpy(control + used, &h, sizeof h);
			r = data ? copy_in(t, control + used + sizeof h, from + at + CMSGHDR, (size_t)data) : 0;
			used = round_up(used + sizeof h + data, 8);
			at = round_up(at + n, 4);
		}
		L_PUT(l->controllen, min_u64(used, CONTROL_MOST));
	}
	if (!r)
		r = sys_sendmsg(t, b);
	return ia32_end(&x, r);
}

// Packs the control messages at from as 32-bit programs have them. Descriptors
// that do not fit are closed again.
static i64
control_out(struct thread *t, const u8 *from, u64 have, u64 to, u64 room, u32 *flags, u64 *used)
{
	u64 at = 0;
	*used = 0;
	while (at + sizeof(struct l_cmsghdr) <= have) {
		const struct l_cmsghdr *h = (const struct l_cmsghdr *)(from + at);
		u64 len = L_GET(h->len), data = len - sizeof *h, left = room - *used, n, k;
		u8 c[CMSGHDR];
		if (len < sizeof *h || len > have - at)
			break;
		if (left < CMSGHDR) {
			*flags |= L_MSG_CTRUNC;
			left = CMSGHDR;
		}
		n = min_u64(data, left - CMSGHDR);
		if (L_GET(h->level) == L_SOL_SOCKET && L_GET(h->type) == L_SCM_RIGHTS) {
			n &= ~(u64)3;
			for (k = n; k < data; k += 4) {
				u64 fd[6] = { ld32(from + at + sizeof *h + k), 0, 0, 0, 0, 0 };
				sys_close(t, fd);
			}
		}
		if (n < data)
			*flags |= L_MSG_CTRUNC;
		at = round_up(at + len, 8);
		if (room - *used < CMSGHDR || (data && !n))
			continue;
		st32(c, (u32)(CMSGHDR + n));
		memcpy(c + 4, h->level, 8);
		if (copy_out(t, to + *used, c, sizeof c) || copy_out(t, to + *used + CMSGHDR, (const u8 *)h + sizeof *h, (size_t)n))
			return -L_EFAULT;
		*used = min_u64(round_up(*used + CMSGHDR + n, 4), room);
	}
	return 0;
}

static i64
recv_one(struct thread *t, u64 fd, u64 gva, u64 flags)
{
	struct ia32_call x;
	struct l_msghdr *l;
	u64 b[6] = { fd, 0, flags, 0, 0, 0 }, used = 0;
	u8 m[MSGHDR], *control = 0;
	u32 got;
	i64 r, e = 0;
	ia32_begin(&x, t);
	r = msghdr_in(&x, gva, m, b + 1, &l);
	if (!r && ld32(m + 16) && ld32(m + 20)) {
		L_PUT(l->control, ia32_window(&x, CONTROL_MOST, &control));
		L_PUT(l->controllen, CONTROL_MOST);
	}
	if (!r)
		r = sys_recvmsg(t, b);
	if (r >= 0) {
		got = (u32)L_GET(l->flags);
		if (control)
			e = control_out(t, control, min_u64(L_GET(l->controllen), CONTROL_MOST), ld32(m + 16), ld32(m + 20), &got, &used);
		st32(m + 4, (u32)L_GET(l->namelen));
		st32(m + 20, (u32)used);
		st32(m + 24, got);
		if (!e)
			e = copy_out(t, gva + 20, m + 20, 8);
		if (!e && ld32(m))
			e = copy_out(t, gva + 4, m + 4, 4);
		if (e)
			r = e;
	}
	return ia32_end(&x, r);
}

i64
ia32_sendmsg(struct thread *t, const u64 *a)
{
	return send_one(t, a[0], a[1], a[2]);
}

i64
ia32_recvmsg(struct thread *t, const u64 *a)
{
	return recv_one(t, a[0], a[1], a[2]);
}

static i64
put_length(struct thread *t, u64 gva, i64 n)
{
	u8 b[4];
	st32(b, (u32)n);
	return copy_out(t, gva + MSGHDR, b, 4);
}

i64
ia32_sendmmsg(struct thread *t, const u64 *a)
{
	u32 n = (u32)min_u64(a[2], L_IOV_MAX), i;
	for (i = 0; i < n; i++) {
		i64 r = send_one(t, a[0], a[1] + i * MMSGHDR, a[3]);
		if (r >= 0)
			r = put_length(t, a[1] + i * MMSGHDR, r);
		if (r < 0)
			return i ? (i64)i : r;
	}
	return i;
}

static i64
now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (i64)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

// The time limit is looked at after each message only, as in the kernel.
static i64
recvmmsg(struct thread *t, const u64 *a, char what)
{
	struct ia32_call x;
	u64 flags = a[3], gva;
	i64 r = 0, sec = 0, nsec = 0, end;
	u32 i;
	if (a[4]) {
		ia32_begin(&x, t);
		r = ia32_struct(&x, '<', what, a[4], &gva);
		if (!r) {
			sec = (i64)ld64(x.w[0].at);
			nsec = (i64)ld64(x.w[0].at + 8);
		}
		r = ia32_end(&x, r);
		if (!r && (sec < 0 || nsec < 0 || nsec >= 1000000000))
			r = -L_EINVAL;
		if (r)
			return r;
	}
	end = now_ns() + sec * 1000000000 + nsec;
	for (i = 0; i < (u32)a[2] && i < L_IOV_MAX;) {
		r = recv_one(t, a[0], a[1] + i * MMSGHDR, flags & ~(u64)L_MSG_WAITFORONE);
		if (r >= 0)
			r = put_length(t, a[1] + i * MMSGHDR, r);
		if (r < 0)
			break;
		i++;
		if (flags & L_MSG_WAITFORONE)
			flags |= L_MSG_DONTWAIT;
		if (a[4] && now_ns() >= end)
			break;
	}
	return i || r >= 0 ? (i64)i : r;
}

i64
ia32_recvmmsg(struct thread *t, const u64 *a)
{
	return recvmmsg(t, a, 't');
}

i64
ia32_recvmmsg_time64(struct thread *t, const u64 *a)
{
	return recvmmsg(t, a, 'n');
}

static int
is_timeout(const u64 *a)
{
	return a[1] == L_SOL_SOCKET && (a[2] == L_SO_RCVTIMEO || a[2] == L_SO_SNDTIMEO);
}

i64
ia32_setsockopt(struct thread *t, const u64 *a)
{
	struct ia32_call x;
	u64 b[6] = { a[0], a[1], a[2], a[3], a[4], 0 };
	i64 r = 0;
	ia32_begin(&x, t);
	if (is_timeout(a)) {
		r = a[4] < 8 ? -L_EINVAL : ia32_struct(&x, '<', 't', a[3], b + 3);
		b[4] = sizeof(struct l_timeval);
	} else if (a[1] == L_SOL_SOCKET && a[2] == L_SO_ATTACH_FILTER) {
		// struct sock_fprog: a count and a pointer
		u8 p[8], *at;
		b[3] = ia32_window(&x, 16, &at);
		b[4] = 16;
		r = a[4] < sizeof p ? -L_EINVAL : copy_in(t, p, a[3], sizeof p);
		memcpy(at, p, 2);
		st64(at + 8, ld32(p + 4));
	}
	if (!r)
		r = sys_setsockopt(t, b);
	return ia32_end(&x, r);
}

i64
ia32_getsockopt(struct thread *t, const u64 *a)
{
	struct ia32_call x;
	u64 b[6] = { a[0], a[1], a[2], 0, 0, 0 };
	u8 *value, *size, out[8], len[4];
	i64 r;
	if (!is_timeout(a))
		return sys_getsockopt(t, a);
	if (copy_in(t, len, a[4], 4))
		return -L_EFAULT;
	ia32_begin(&x, t);
	b[3] = ia32_window(&x, sizeof(struct l_timeval), &value);
	b[4] = ia32_window(&x, 4, &size);
	st32(size, (i32)ld32(len) < 0 ? ld32(len) : (u32)sizeof(struct l_timeval));
	r = ia32_end(&x, sys_getsockopt(t, b));
	if (r)
		return r;
	st32(out, (u32)ld64(value));
	st32(out + 4, (u32)ld64(value + 8));
	st32(len, (u32)min_u64(ld32(len), sizeof out));
	return copy_out(t, a[3], out, ld32(len)) || copy_out(t, a[4], len, 4) ? -L_EFAULT : 0;
}

i64
ia32_socketcall(struct thread *t, const u64 *a)
{
	static const struct { sys_fn *fn; u8 n; } calls[] = {
		{ 0, 0 }, { sys_socket, 3 }, { sys_bind, 3 }, { sys_connect, 3 }, { sys_listen, 2 }, { sys_accept4, 3 },
		{ sys_getsockname, 3 }, { sys_getpeername, 3 }, { sys_socketpair, 4 }, { sys_sendto, 4 }, { sys_recvfrom, 4 },
		{ sys_sendto, 6 }, { sys_recvfrom, 6 }, { sys_shutdown, 2 }, { ia32_setsockopt, 5 }, { ia32_getsockopt, 5 },
		{ ia32_sendmsg, 3 }, { ia32_recvmsg, 3 }, { sys_accept4, 4 }, { ia32_recvmmsg, 5 }, { ia32_sendmmsg, 4 }
	};
	u8 m[24];
	u64 b[6];
	int i;
	if (a[0] < 1 || a[0] >= COUNTOF(calls))
		return -L_EINVAL;
	memset(b, 0, sizeof b);
	if (copy_in(t, m, a[1], calls[a[0]].n * 4u))
		return -L_EFAULT;
	for (i = 0; i < calls[a[0]].n; i++)
		b[i] = ld32(m + 4 * i);
	return calls[a[0]].fn(t, b);
}
