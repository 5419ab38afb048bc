// Calls that belong nowhere else: cachestat, locking of all memory, keys.
#include "calls.h"
#define NR_cachestat 451

static void
test(void)
{
	u64 range[2] = { 0, 0 }, out[5];
	long fd;
	make_file("f", "contents");
	fd = S3(open, "f", O_RDWR, 0);
	R("cachestat", sys6(NR_cachestat, fd, (long)range, (long)out, 0, 0, 0));
	R(" cached", out[0] + out[3]);
	R("cachestat flags", sys6(NR_cachestat, fd, (long)range, (long)out, 1, 0, 0));
	R("cachestat range", sys6(NR_cachestat, fd, (long)BAD, (long)out, 0, 0, 0));
	R("cachestat out", sys6(NR_cachestat, fd, (long)range, (long)BAD, 0, 0, 0));
	R("cachestat fd", sys6(NR_cachestat, 99, (long)range, (long)out, 0, 0, 0));
	R("munlockall", S0(munlockall));
	R("mlockall flags", S1(mlockall, 64));
	R("mlockall none", S1(mlockall, 0));
	R("pkey_alloc flags", S2(pkey_alloc, 1, 0));
	R("pkey_alloc rights", S2(pkey_alloc, 0, 99));
	R("pkey_free", S1(pkey_free, 99));
	R("pkey_mprotect none", S4(pkey_mprotect, 0, 0, 1, -1));
	R("pkey_mprotect odd", S4(pkey_mprotect, 1, 0, 1, -1));
	R("pkey_mprotect key", S4(pkey_mprotect, 0, 4096, 1, 99));
	R("unshare nothing", S1(unshare, 0));
	R("unshare files", S1(unshare, 0x400));
	R("unshare fs", S1(unshare, 0x200));
	R("unshare flags", S1(unshare, 1));
	R("setns fd", S2(setns, 99, 0));
	R("setns file", S2(setns, fd, 0));
	long ns = S3(open, "/proc/self/ns/uts", 0, 0);
	R("setns kind", S2(setns, ns, 0x40000000));
	// what Linux has no longer, or never had
	R("uselib", S1(uselib, 0));
	R("nfsservctl", S0(nfsservctl));
	R("getpmsg", S0(getpmsg));
	R("vserver", S0(vserver));
	R("number 400", sys6(400, 0, 0, 0, 0, 0, 0));
	R("number 9999", sys6(9999, 0, 0, 0, 0, 0, 0));
	R("number -1", sys6(-1, 0, 0, 0, 0, 0, 0));
}
