// Extended attributes, by path, by link and by descriptor.
#include "calls.h"

static char buf[70000];

static void
test(void)
{
	long fd, n;
	make_file("f", "x");
	S2(symlink, "f", "s");
	fd = S3(open, "f", O_RDWR, 0);
	R("setxattr", S5(setxattr, "f", "user.one", "value", 5, 0));
	R("setxattr create", S5(setxattr, "f", "user.one", "v", 1, 1));
	R("setxattr replace", S5(setxattr, "f", "user.two", "v", 1, 2));
	R("setxattr flags", S5(setxattr, "f", "user.one", "v", 1, 8));
	R("setxattr missing", S5(setxattr, "none", "user.one", "v", 1, 0));
	R("setxattr empty name", S5(setxattr, "f", "", "v", 1, 0));
	R("setxattr bad name", S5(setxattr, "f", BAD, "v", 1, 0));
	R("setxattr bad value", S5(setxattr, "f", "user.two", BAD, 1, 0));
	R("setxattr big", S5(setxattr, "f", "user.two", buf, 65537, 0));
	R("setxattr space", S5(setxattr, "f", "nonsense.two", "v", 1, 0));
	memset(buf, 'n', 300);
	memcpy(buf, "user.", 5);
	R("setxattr long name", S5(setxattr, "f", buf, "v", 1, 0));
	R("fsetxattr", S5(fsetxattr, fd, "user.two", "second", 6, 0));
	R("fsetxattr fd", S5(fsetxattr, 99, "user.two", "second", 6, 0));
	R("fsetxattr fd flags", S5(fsetxattr, 99, "user.two", "second", 6, 8));
	R("lsetxattr link", S5(lsetxattr, "s", "user.one", "v", 1, 0));
	R("setxattr link", S5(setxattr, "s", "user.three", "", 0, 0));
	R("getxattr", n = S4(getxattr, "f", "user.one", buf, 100));
	BYTES(" value", buf, n > 0 ? n : 0);
	R("getxattr size", S4(getxattr, "f", "user.one", 0, 0));
	R("getxattr small", S4(getxattr, "f", "user.one", buf, 2));
	R("getxattr none", S4(getxattr, "f", "user.none", buf, 100));
	R("getxattr bad", S4(getxattr, "f", "user.one", BAD, 100));
	R("getxattr missing", S4(getxattr, "none", "user.one", buf, 100));
	R("getxattr huge", S4(getxattr, "f", "user.one", buf, 1 << 20));
	R("fgetxattr", S4(fgetxattr, fd, "user.two", buf, 100));
	R("fgetxattr fd", S4(fgetxattr, 99, "user.two", buf, 100));
	R("lgetxattr", S4(lgetxattr, "s", "user.two", buf, 100));
	R("listxattr", n = S3(listxattr, "f", buf, 1000));
	R("listxattr size", S3(listxattr, "f", 0, 0));
	R("listxattr small", S3(listxattr, "f", buf, 3));
	R("listxattr bad", S3(listxattr, "f", BAD, 100));
	R("llistxattr", S3(llistxattr, "s", buf, 100));
	R("flistxattr", S3(flistxattr, fd, buf, 100));
	R("flistxattr fd", S3(flistxattr, 99, buf, 100));
	R("removexattr", S2(removexattr, "f", "user.one"));
	R("removexattr none", S2(removexattr, "f", "user.one"));
	R("lremovexattr", S2(lremovexattr, "s", "user.two"));
	R("fremovexattr", S2(fremovexattr, fd, "user.two"));
	R("fremovexattr fd", S2(fremovexattr, 99, "user.two"));
	R("removexattr bad", S2(removexattr, "f", BAD));
	R("listxattr end", S3(listxattr, "f", buf, 1000));
}
