// sock.h: what socket.c, sockmsg.c and sockopt.c share.
#ifndef LINUX_SOCK_H_
#define LINUX_SOCK_H_
#include "linux/linux.h"
#include <sys/socket.h>

// A socket address in the host's form.
struct haddr {
	union {
		struct sockaddr sa;
		struct sockaddr_storage aligned;
		u8 b[128];
	} u;
	u32 len;
};
// From the guest: 0, -L_EINVAL, -L_EFAULT.
i64 addr_in(struct thread *t, struct haddr *, u64 gva, u64 len);
// To the guest, whose room is at len_gva and becomes the true length. Uses *h up.
i64 addr_out(struct thread *t, struct haddr *h, u64 gva, u64 len_gva);
// A descriptor that is no socket is the first thing to be wrong: 0 or an error.
i64 sock_check(int fd);

#endif
