// futex.c: futex(2) and its younger siblings, membarrier.
//
// The host's futexes work on the guest's own words, at their host addresses,
// so that processes that share memory meet. On a big-endian host the words
// are swapped from the host kernel's point of view: comparing still works with
// swapped operands, and the operations that calculate (WAKE_OP, priority
// inheritance) are made here.
#include "linux/signal.h"
#include <errno.h>

#define AS_HOST(x) (HOST_LITTLE ? (u32)(x) : __builtin_bswap32((u32)(x)))

// Host address of the word at gva: 0 or -L_Exxx.
static i64
futex_word(struct thread *t, u64 gva, int access, u32 **word)
{
	size_t n = 4;
	if (gva & 3)
		return -L_EINVAL;
	*word = (u32 *)mem_host(t->p->mem, gva, &n, access);
	return *word && n >= 4 ? 0 : -L_EFAULT;
}

static i64
result(i64 r)
{
	return r < 0 ? l_err((int)-r) : r;
}

#if !HOST_LITTLE
static i32
sext12(u32 x)
{
	return (i32)(x << 20) >> 20;
}

// FUTEX_WAKE_OP: changes *w2 as val3 says, then wakes.
static i64
wake_op(u32 *w1, u32 *w2, int flags, u32 val, u32 val2, u32 val3)
{
	u32 op = val3 >> 28 & 7, cmp = val3 >> 24 & 15;
	i32 oparg = sext12(val3 >> 12 & 0xfff), cmparg = sext12(val3 & 0xfff), old;
	u32 raw = __atomic_load_n(w2, __ATOMIC_SEQ_CST), desired, x;
	int hit;
	if (val3 >> 31)
		oparg = (i32)(1u << (oparg & 31));
	do {
		old = (i32)ld32(&raw);
		switch (op) {
		case 0: x = (u32)oparg; break;
		case 1: x = (u32)old + (u32)oparg; break;
		case 2: x = (u32)old | (u32)oparg; break;
		case 3: x = (u32)old & ~(u32)oparg; break;
		case 4: x = (u32)old ^ (u32)oparg; break;
		default: return -L_ENOSYS;
		}
		st32(&desired, x);
	} while (!__atomic_compare_exchange_n(w2, &raw, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	switch (cmp) {
	case 0: hit = old == cmparg; break;
	case 1: hit = old != cmparg; break;
	case 2: hit = old < cmparg; break;
	case 3: hit = old <= cmparg; break;
	case 4: hit = old > cmparg; break;
	case 5: hit = old >= cmparg; break;
	default: return -L_ENOSYS;
	}
	i64 r = host_call(HOST_NR_futex, (long)w1, L_FUTEX_WAKE | flags, (long)val, 0, 0, 0);
	if (r >= 0 && hit)
		r += host_call(HOST_NR_futex, (long)w2, L_FUTEX_WAKE | flags, (long)val2, 0, 0, 0);
	return result(r);
}

// Priority inheritance without the inheritance: owner's tid in the word, the
// kernel's protocol for WAITERS and OWNER_DIED.
static i64
pi_lock(struct thread *t, u32 *w, int flags, int try_only, const struct host_ts *deadline, int realtime)
{
	for (;;) {
		u32 raw = __atomic_load_n(w, __ATOMIC_SEQ_CST), val = ld32(&raw), want;
		if ((val & L_FUTEX_TID_MASK) == (u32)thread_tid(t))
			return -L_EDEADLK;
		if (!(val & L_FUTEX_TID_MASK)) {
			st32(&want, (val & (L_FUTEX_WAITERS | L_FUTEX_OWNER_DIED)) | (u32)thread_tid(t));
			if (__atomic_compare_exchange_n(w, &raw, want, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
				return 0;
			continue;
		}
		if (try_only)
			return -L_EAGAIN;
		if (!(val & L_FUTEX_WAITERS)) {
			st32(&want, val | L_FUTEX_WAITERS);
			if (!__atomic_compare_exchange_n(w, &raw, want, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
				continue;
			raw = want;
		}
		i64 r = l_block(t, HOST_NR_futex, (long)w, L_FUTEX_WAIT_BITSET | flags | (realtime ? L_FUTEX_CLOCK_REALTIME : 0),
			(long)raw, (long)deadline, 0, (long)L_FUTEX_BITSET_MATCH_ANY);
		if (r == -L_ERESTARTSYS)
			return -L_ERESTARTNOINTR;
		if (r < 0 && r != -L_EAGAIN)
			return r;
	}
}

static i64
pi_unlock(struct thread *t, u32 *w, int flags)
{
	u32 raw = __atomic_load_n(w, __ATOMIC_SEQ_CST), zero = 0;
	if ((ld32(&raw) & L_FUTEX_TID_MASK) != (u32)thread_tid(t))
		return -L_EPERM;
	// Those who still wait set WAITERS again.
	__atomic_store_n(w, zero, __ATOMIC_SEQ_CST);
	host_call(HOST_NR_futex, (long)w, L_FUTEX_WAKE | flags, 0x7fffffff, 0, 0, 0);
	return 0;
}
#endif

i64
sys_futex(struct thread *t, const u64 *a)
{
	int op = (int)a[1], cmd = op & L_FUTEX_CMD_MASK, priv = op & L_FUTEX_PRIVATE_FLAG;
	u32 *w1 = 0, *w2 = 0, val = (u32)a[2], val3 = (u32)a[5];
	long arg = 0;
	struct host_ts ts;
	int access = MEM_R, timed = 0;
	i64 r;
	switch (cmd) {
	case L_FUTEX_LOCK_PI: case L_FUTEX_LOCK_PI2:
		access = MEM_R | MEM_W;
		FALLTHROUGH;
	case L_FUTEX_WAIT: case L_FUTEX_WAIT_BITSET:
		timed = 1;
		break;
	case L_FUTEX_WAIT_REQUEUE_PI:
		timed = 1;
		break;
	case L_FUTEX_TRYLOCK_PI: case L_FUTEX_UNLOCK_PI:
		access = MEM_R | MEM_W;
		break;
	case L_FUTEX_WAKE: case L_FUTEX_WAKE_BITSET:
		break;
	case L_FUTEX_REQUEUE: case L_FUTEX_CMP_REQUEUE: case L_FUTEX_WAKE_OP: case L_FUTEX_CMP_REQUEUE_PI:
		arg = (long)(u32)a[3];
		break;
	default:
		return -L_ENOSYS;
	}
	if (timed && a[3]) {
		if ((r = timespec_in(t, a[3], &ts)))
			return r;
		arg = (long)&ts;
	}
	if ((op & L_FUTEX_CLOCK_REALTIME) && cmd != L_FUTEX_WAIT_BITSET && cmd != L_FUTEX_WAIT_REQUEUE_PI && cmd != L_FUTEX_LOCK_PI2)
		return -L_ENOSYS;
	if ((cmd == L_FUTEX_WAIT_BITSET || cmd == L_FUTEX_WAKE_BITSET) && !val3)
		return -L_EINVAL;
	if ((r = futex_word(t, a[0], access, &w1))) {
		// A private wake looks at the address only.
		if (r == -L_EFAULT && priv && (cmd == L_FUTEX_WAKE || cmd == L_FUTEX_WAKE_BITSET) && a[0] < MEM_TOP)
			return 0;
		return r;
	}
	if (cmd == L_FUTEX_REQUEUE || cmd == L_FUTEX_CMP_REQUEUE || cmd == L_FUTEX_WAKE_OP || cmd == L_FUTEX_CMP_REQUEUE_PI ||
		cmd == L_FUTEX_WAIT_REQUEUE_PI)
		if ((r = futex_word(t, a[4], cmd == L_FUTEX_WAKE_OP ? MEM_R | MEM_W : MEM_R, &w2)))
			return r;
#if !HOST_LITTLE
	switch (cmd) {
	case L_FUTEX_WAKE_OP:
		return wake_op(w1, w2, priv, val, (u32)a[3], val3);
	case L_FUTEX_LOCK_PI:
		return pi_lock(t, w1, priv, 0, a[3] ? &ts : 0, 1);
	case L_FUTEX_LOCK_PI2:
		return pi_lock(t, w1, priv, 0, a[3] ? &ts : 0, op & L_FUTEX_CLOCK_REALTIME);
	case L_FUTEX_TRYLOCK_PI:
		return pi_lock(t, w1, priv, 1, 0, 0);
	case L_FUTEX_UNLOCK_PI:
		return pi_unlock(t, w1, priv);
	case L_FUTEX_WAIT_REQUEUE_PI: case L_FUTEX_CMP_REQUEUE_PI:
		return -L_ENOSYS;
	}
	if (cmd == L_FUTEX_WAIT || cmd == L_FUTEX_WAIT_BITSET)
		val = AS_HOST(val);
	if (cmd == L_FUTEX_CMP_REQUEUE)
		val3 = AS_HOST(val3);
#endif
	if (!timed)
		return result(host_call(HOST_NR_futex, (long)w1, op, (long)val, arg, (long)w2, (long)val3));
	r = l_block(t, HOST_NR_futex, (long)w1, op, (long)val, arg, (long)w2, (long)val3);
	if (r == -L_ERESTARTSYS) {
		if (cmd == L_FUTEX_LOCK_PI || cmd == L_FUTEX_LOCK_PI2 || cmd == L_FUTEX_WAIT_REQUEUE_PI)
			return -L_ERESTARTNOINTR;
		if (arg)
			return -L_ERESTART_RESTARTBLOCK;
	}
	return r;
}

i64
sys_membarrier(struct thread *t, const u64 *a)
{
	return result(HOST_CALL3(membarrier, (i32)a[0], (u32)a[1], (i32)a[2]));
}
