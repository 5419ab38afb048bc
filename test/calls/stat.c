// stat, lstat, fstat, newfstatat, statx, statfs, and the calls that set times.
#include "calls.h"
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/stat.h>
#include <linux/time_types.h>

struct utimbuf64 { i64 actime, modtime; };
struct tv { i64 sec, usec; };

static void
show(const char *name, const struct stat *s)
{
	STR("stat of", name);
	HEX(" mode", s->st_mode);
	R(" nlink", s->st_nlink);
	R(" size", s->st_size);
	R(" blksize", s->st_blksize);
	R(" ino", s->st_ino != 0);
	R(" uid", s->st_uid);
	R(" gid", s->st_gid);
	R(" atime", s->st_atime == 1000000);
	R(" atime_nsec", s->st_atime_nsec == 5);
	R(" mtime", s->st_mtime);
	R(" mtime_nsec", s->st_mtime_nsec);
	HEX(" rdev", s->st_rdev);
	R(" pads", (i64)s->__pad0 | s->__unused[0] | s->__unused[1] | s->__unused[2]);
}

static void
test(void)
{
	struct stat s, q;
	struct statx x;
	struct statfs f;
	struct __kernel_timespec ts[2] = { { 1000000, 5 }, { 2000000, 999999999 } };
	struct tv tv[2] = { { 1000000, 5 }, { 3000000, 999999 } };
	struct utimbuf64 ut = { 1000000, 4000000 };
	long fd, d, root;
	S1(umask, 022);
	make_file("f", "12345");
	S2(mkdir, "d", 0751);
	S2(symlink, "f", "s");
	S2(symlink, "nowhere", "dangling");
	fd = S3(open, "f", O_RDWR, 0);
	d = S3(open, "d", O_DIRECTORY, 0);
	root = S3(open, "/", O_DIRECTORY, 0);
	R("utimensat", S4(utimensat, AT_FDCWD, "f", ts, 0));
	R("stat", S2(stat, "f", &s));
	show("f", &s);
	R("fstat", S2(fstat, fd, &q));
	R("same ino", q.st_ino == s.st_ino && q.st_dev == s.st_dev && q.st_ctime == s.st_ctime && q.st_ctime_nsec == s.st_ctime_nsec);
	R("stat link", S2(stat, "s", &q));
	R("same ino", q.st_ino == s.st_ino);
	R("lstat link", S2(lstat, "s", &q));
	HEX("lstat mode", q.st_mode);
	R("lstat size", q.st_size);
	R("stat dangling", S2(stat, "dangling", &q));
	R("lstat dangling", S2(lstat, "dangling", &q));
	R("stat missing", S2(stat, "missing", &q));
	R("stat missing bad", S2(stat, "missing", BAD));
	R("stat bad", S2(stat, "f", BAD));
	R("stat bad path", S2(stat, BAD, &q));
	R("stat empty", S2(stat, "", &q));
	R("stat not dir", S2(stat, "f/x", &q));
	R("fstat fd", S2(fstat, 99, &q));
	R("fstat bad", S2(fstat, fd, BAD));
	R("stat null device", S2(stat, "/dev/null", &q));
	HEX("null mode", q.st_mode & 0170000);
	HEX("null rdev", q.st_rdev);
	R("newfstatat", S4(newfstatat, d, "../f", &q, 0));
	R("newfstatat nofollow", S4(newfstatat, AT_FDCWD, "s", &q, 0x100));
	HEX("mode", q.st_mode);
	R("newfstatat empty", S4(newfstatat, fd, "", &q, 0x1000));
	R("newfstatat empty cwd", S4(newfstatat, AT_FDCWD, "", &q, 0x1000));
	HEX("mode", q.st_mode & 0170000);
	R("newfstatat empty no flag", S4(newfstatat, fd, "", &q, 0));
	R("newfstatat flags", S4(newfstatat, fd, "", &q, 1));
	R("newfstatat fd", S4(newfstatat, 99, "f", &q, 0));
	R("newfstatat file", S4(newfstatat, fd, "f", &q, 0));
	OK("newfstatat absolute", S4(newfstatat, 99, "/", &q, 0));
	// statx
	memset(&x, 0xee, sizeof x);
	R("statx", S5(statx, AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x));
	HEX("statx mask", x.stx_mask & STATX_BASIC_STATS);
	R("statx size", x.stx_size);
	HEX("statx mode", x.stx_mode);
	R("statx nlink", x.stx_nlink);
	R("statx mtime", x.stx_mtime.tv_sec);
	R("statx mtime nsec", x.stx_mtime.tv_nsec);
	R("statx ino", x.stx_ino == s.st_ino);
	R("statx dev", (x.stx_dev_major << 8 | x.stx_dev_minor) == s.st_dev);
	R("statx empty", S5(statx, fd, "", 0x1000, STATX_SIZE, &x));
	R("statx nofollow", S5(statx, AT_FDCWD, "s", 0x100, STATX_MODE, &x));
	HEX("statx mode", x.stx_mode);
	R("statx reserved", S5(statx, AT_FDCWD, "f", 0, 0x80000000u, &x));
	R("statx flags", S5(statx, AT_FDCWD, "f", 1, STATX_MODE, &x));
	R("statx sync", S5(statx, AT_FDCWD, "f", 0x6000, STATX_MODE, &x));
	R("statx missing", S5(statx, AT_FDCWD, "missing", 0, STATX_MODE, &x));
	R("statx bad", S5(statx, AT_FDCWD, "f", 0, STATX_MODE, BAD));
	R("statx fd", S5(statx, 99, "f", 0, STATX_MODE, &x));
	// times
	R("utimensat fd", S4(utimensat, fd, 0, ts, 0));
	R("utimensat fd flags", S4(utimensat, fd, 0, ts, 0x100));
	R("utimensat cwd null", S4(utimensat, AT_FDCWD, 0, ts, 0));
	R("utimensat null", S4(utimensat, AT_FDCWD, "f", 0, 0));
	R("utimensat flags", S4(utimensat, AT_FDCWD, "f", ts, 2));
	R("utimensat bad", S4(utimensat, AT_FDCWD, "f", BAD, 0));
	R("utimensat missing", S4(utimensat, AT_FDCWD, "missing", ts, 0));
	R("utimensat link", S4(utimensat, AT_FDCWD, "dangling", ts, 0x100));
	ts[0].tv_nsec = 1000000000;
	R("utimensat nsec", S4(utimensat, AT_FDCWD, "f", ts, 0));
	ts[0].tv_nsec = ts[1].tv_nsec = 0x3ffffffe;
	R("utimensat omit both", S4(utimensat, AT_FDCWD, "missing", ts, 0));
	ts[0].tv_nsec = 0x3fffffff;
	R("utimensat now", S4(utimensat, AT_FDCWD, "f", ts, 0));
	S2(stat, "f", &q);
	R("atime is now", q.st_atime > 1600000000);
	R("utimes", S2(utimes, "f", tv));
	S2(stat, "f", &q);
	R("mtime", q.st_mtime);
	R("mtime nsec", q.st_mtime_nsec);
	tv[1].usec = 1000000;
	R("utimes usec", S2(utimes, "f", tv));
	R("utimes bad", S2(utimes, "f", BAD));
	R("utimes null", S2(utimes, "f", 0));
	tv[1].usec = 1;
	R("futimesat", S3(futimesat, d, "../f", tv));
	R("futimesat fd", S3(futimesat, 99, "../f", tv));
	R("utime", S2(utime, "f", &ut));
	S2(stat, "f", &q);
	R("mtime", q.st_mtime);
	R("utime missing", S2(utime, "missing", &ut));
	R("utime bad", S2(utime, "f", BAD));
	R("utime null", S2(utime, "f", 0));
	// file systems
	R("statfs", S2(statfs, ".", &f));
	R("statfs bsize", f.f_bsize > 0);
	R("statfs namelen", f.f_namelen);
	R("fstatfs", S2(fstatfs, fd, &f));
	HEX("fstatfs proc", S2(statfs, "/proc", &f) ? 0 : f.f_type);
	R("statfs missing", S2(statfs, "missing", &f));
	R("statfs bad", S2(statfs, ".", BAD));
	R("fstatfs fd", S2(fstatfs, 99, &f));
	(void)root;
}
