// mkdir, rmdir, mknod, link, symlink, readlink, rename, unlink and the at
// forms.
#include "calls.h"

static char buf[4096];

static void
test(void)
{
	long d, n;
	R("mkdir", S2(mkdir, "d", 0755));
	R("mkdir exists", S2(mkdir, "d", 0755));
	R("mkdir missing", S2(mkdir, "x/y", 0755));
	R("mkdir bad", S2(mkdir, BAD, 0755));
	R("mkdir empty", S2(mkdir, "", 0755));
	d = S3(open, "d", O_DIRECTORY, 0);
	R("mkdirat", S3(mkdirat, d, "e", 0700));
	R("mkdirat fd", S3(mkdirat, 99, "e", 0700));
	make_file("f", "one");
	make_file("g", "two");
	R("mkdir file", S2(mkdir, "f/x", 0755));
	R("link", S2(link, "f", "h"));
	R("link exists", S2(link, "f", "g"));
	R("link missing", S2(link, "none", "k"));
	R("link dir", S2(link, "d", "k"));
	R("link bad", S2(link, BAD, "k"));
	R("link bad 2", S2(link, "f", BAD));
	R("linkat", S5(linkat, AT_FDCWD, "f", d, "f", 0));
	R("linkat flags", S5(linkat, AT_FDCWD, "f", d, "f2", 1));
	R("linkat empty", S5(linkat, AT_FDCWD, "", d, "f2", 0));
	R("symlink", S2(symlink, "target/of/it", "s"));
	R("symlink exists", S2(symlink, "x", "f"));
	R("symlink empty", S2(symlink, "", "t"));
	R("symlink to empty", S2(symlink, "x", ""));
	R("symlink bad", S2(symlink, BAD, "t"));
	R("symlinkat", S3(symlinkat, "../f", d, "up"));
	R("symlinkat fd", S3(symlinkat, "../f", 99, "up"));
	R("readlink", n = S3(readlink, "s", buf, sizeof buf));
	BYTES("readlink bytes", buf, n > 0 ? n : 0);
	R("readlink short", S3(readlink, "s", buf, 3));
	R("readlink zero", S3(readlink, "s", buf, 0));
	R("readlink neg", S3(readlink, "s", buf, -1));
	R("readlink file", S3(readlink, "f", buf, 10));
	R("readlink missing", S3(readlink, "none", buf, 10));
	R("readlink empty", S3(readlink, "", buf, 10));
	R("readlink bad", S3(readlink, "s", BAD, 10));
	R("readlink bad path", S3(readlink, BAD, buf, 10));
	R("readlinkat", S4(readlinkat, d, "up", buf, 100));
	R("readlinkat fd", S4(readlinkat, 99, "up", buf, 100));
	long p = S3(open, "s", O_PATH | O_NOFOLLOW, 0);
	R("readlinkat empty", S4(readlinkat, p, "", buf, 100));
	S1(close, p);
	R("readlinkat empty dir", S4(readlinkat, d, "", buf, 100));
	R("mknod fifo", S3(mknod, "fifo", 0010644, 0));
	R("mknod file", S3(mknod, "reg", 0100644, 0));
	R("mknod type 0", S3(mknod, "reg0", 0644, 0));
	R("mknod exists", S3(mknod, "reg", 0100644, 0));
	R("mknod type", S3(mknod, "odd", 0050644, 0));
	R("mknod dir", S3(mknod, "odd", 0040644, 0));
	R("mknodat", S4(mknodat, d, "sock", 0140600, 0));
	R("mknodat fd", S4(mknodat, 99, "sock", 0140600, 0));
	R("rename", S2(rename, "g", "g2"));
	R("rename missing", S2(rename, "g", "g3"));
	R("rename over", S2(rename, "g2", "reg"));
	R("rename dir over file", S2(rename, "d", "reg"));
	R("rename file over dir", S2(rename, "reg", "d"));
	R("rename into itself", S2(rename, "d", "d/e/x"));
	R("rename bad", S2(rename, BAD, "x"));
	R("renameat", S4(renameat, AT_FDCWD, "reg", d, "moved"));
	R("renameat fd", S4(renameat, 99, "reg", d, "moved"));
	R("renameat2 noreplace", S5(renameat2, AT_FDCWD, "f", d, "moved", 1));
	R("renameat2 exchange", S5(renameat2, AT_FDCWD, "f", d, "moved", 2));
	R("renameat2 flags", S5(renameat2, AT_FDCWD, "f", d, "moved", 3));
	R("renameat2 flags 2", S5(renameat2, AT_FDCWD, "f", d, "moved", 64));
	R("rmdir", S1(rmdir, "d/e"));
	R("rmdir not empty", S1(rmdir, "d"));
	R("rmdir file", S1(rmdir, "f"));
	R("rmdir dot", S1(rmdir, "d/."));
	R("rmdir missing", S1(rmdir, "none"));
	R("unlink", S1(unlink, "f"));
	R("unlink missing", S1(unlink, "f"));
	R("unlink dir", S1(unlink, "d"));
	R("unlink bad", S1(unlink, BAD));
	R("unlink slash", S1(unlink, "h/"));
	R("unlinkat", S3(unlinkat, d, "moved", 0));
	R("unlinkat flags", S3(unlinkat, d, "moved", 1));
	R("unlinkat fd", S3(unlinkat, 99, "moved", 0));
	S2(mkdir, "d/e", 0755);
	R("unlinkat dir", S3(unlinkat, d, "e", 0x200));
}
