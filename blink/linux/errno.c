// errno.c: host errno values to the guest's.
#include "linux/linux.h"
#include <errno.h>

// Linux numbers, as most of its ports have them: nothing to convert.
#if defined(__linux__) && EDEADLK == 35 && ENOSYS == 38 && ELOOP == 40 && ENOTSOCK == 88 && EHWPOISON == 133
#define SAME_NUMBERS 1
#else
#define SAME_NUMBERS 0
#endif

i64
l_err(int e)
{
#if SAME_NUMBERS
	return e > 0 && e < 512 ? -e : -L_EIO;
#else
	static const struct { int host, guest; } pairs[] = {
#define E(name) { name, L_##name },
		E(EPERM) E(ENOENT) E(ESRCH) E(EINTR) E(EIO) E(ENXIO) E(E2BIG) E(ENOEXEC) E(EBADF) E(ECHILD)
		E(EAGAIN) E(ENOMEM) E(EACCES) E(EFAULT) E(EBUSY) E(EEXIST) E(EXDEV) E(ENODEV) E(ENOTDIR)
		E(EISDIR) E(EINVAL) E(ENFILE) E(EMFILE) E(ENOTTY) E(ETXTBSY) E(EFBIG) E(ENOSPC) E(ESPIPE)
		E(EROFS) E(EMLINK) E(EPIPE) E(EDOM) E(ERANGE) E(EDEADLK) E(ENAMETOOLONG) E(ENOLCK) E(ENOSYS)
		E(ENOTEMPTY) E(ELOOP) E(ENOMSG) E(EIDRM) E(EPROTO) E(EBADMSG) E(EOVERFLOW) E(EILSEQ)
		E(ENOTSOCK) E(EDESTADDRREQ) E(EMSGSIZE) E(EPROTOTYPE) E(ENOPROTOOPT) E(EPROTONOSUPPORT)
		E(EAFNOSUPPORT) E(EADDRINUSE) E(EADDRNOTAVAIL) E(ENETDOWN) E(ENETUNREACH) E(ENETRESET)
		E(ECONNABORTED) E(ECONNRESET) E(ENOBUFS) E(EISCONN) E(ENOTCONN) E(ETIMEDOUT) E(ECONNREFUSED)
		E(EHOSTUNREACH) E(EALREADY) E(EINPROGRESS) E(ESTALE) E(EDQUOT) E(ECANCELED) E(EOWNERDEAD)
		E(ENOTRECOVERABLE) E(EOPNOTSUPP)
#ifdef ENOTBLK
		E(ENOTBLK)
#endif
#ifdef ESOCKTNOSUPPORT
		E(ESOCKTNOSUPPORT)
#endif
#ifdef EPFNOSUPPORT
		E(EPFNOSUPPORT)
#endif
#ifdef ESHUTDOWN
		E(ESHUTDOWN)
#endif
#ifdef ETOOMANYREFS
		E(ETOOMANYREFS)
#endif
#ifdef EHOSTDOWN
		E(EHOSTDOWN)
#endif
#ifdef EUSERS
		E(EUSERS)
#endif
#ifdef EREMOTE
		E(EREMOTE)
#endif
#ifdef ENODATA
		E(ENODATA)
#endif
#ifdef ENOATTR
		{ ENOATTR, L_ENODATA },
#endif
#ifdef ETIME
		E(ETIME)
#endif
#ifdef ENOSR
		E(ENOSR)
#endif
#ifdef ENOSTR
		E(ENOSTR)
#endif
#ifdef ENOLINK
		E(ENOLINK)
#endif
#ifdef EMULTIHOP
		E(EMULTIHOP)
#endif
#ifdef ENOTSUP
		{ ENOTSUP, L_EOPNOTSUPP },
#endif
#ifdef ECHRNG
		E(ECHRNG) E(EL2NSYNC) E(ENONET) E(ENOKEY) E(EKEYEXPIRED) E(EKEYREVOKED) E(EKEYREJECTED)
		E(ERFKILL) E(EHWPOISON) E(ENOMEDIUM) E(EMEDIUMTYPE) E(EREMOTEIO) E(EUCLEAN) E(EISNAM)
		E(ENOTUNIQ) E(EBADFD) E(EREMCHG) E(ELIBACC) E(ELIBBAD) E(ERESTART) E(ESTRPIPE) E(ECOMM)
#endif
#undef E
	};
	size_t i;
	for (i = 0; i < COUNTOF(pairs); i++)
		if (pairs[i].host == e)
			return -pairs[i].guest;
	return -L_EIO;
#endif
}

i64
l_ret(i64 host_result)
{
	return host_result == -1 ? l_err(errno) : host_result;
}
