// memfd_create, seals, getrandom, inotify.
#include "calls.h"

static char buf[4096];

static void
test(void)
{
	long fd, wd, i;
	int zero = 0;
	R("memfd_create", fd = S2(memfd_create, "name", 3));
	R("write", S3(write, fd, "hello", 5));
	R("F_GET_SEALS", S2(fcntl, fd, 1034));
	R("F_ADD_SEALS", S3(fcntl, fd, 1033, 8));
	R("write sealed", S3(write, fd, "hello", 5));
	R("F_ADD_SEALS odd", S3(fcntl, fd, 1033, 4096));
	R("memfd_create unsealable", fd = S2(memfd_create, "name", 0));
	R("F_ADD_SEALS refused", S3(fcntl, fd, 1033, 8));
	R("memfd_create flags", S2(memfd_create, "name", 0x8000));
	R("memfd_create bad", S2(memfd_create, BAD, 0));
	R("memfd_create bad flags", S2(memfd_create, BAD, 0x8000));
	memset(buf, 'x', 300);
	R("memfd_create long", S2(memfd_create, buf, 0));
	R("getrandom", S3(getrandom, buf, 64, 0));
	for (i = 0; i < 64; i++)
		zero += !buf[i];
	R("random enough", zero < 8);
	R("getrandom nonblock", S3(getrandom, buf, 64, 1));
	R("getrandom zero", S3(getrandom, buf, 0, 0));
	R("getrandom flags", S3(getrandom, buf, 64, 8));
	R("getrandom both", S3(getrandom, buf, 64, 6));
	R("getrandom bad", S3(getrandom, BAD, 64, 0));
	R("getrandom bad flags", S3(getrandom, BAD, 64, 8));
	// inotify
	S2(mkdir, "d", 0755);
	R("inotify_init1", fd = S1(inotify_init1, 04000));
	R("inotify_init1 flags", S1(inotify_init1, 1));
	R("inotify_init", S0(inotify_init));
	R("inotify_add_watch", wd = S3(inotify_add_watch, fd, "d", 0x100 | 0x8 | 0x200));
	R("inotify_add_watch missing", S3(inotify_add_watch, fd, "none", 0x100));
	R("inotify_add_watch fd", S3(inotify_add_watch, 99, "d", 0x100));
	R("inotify_add_watch mask", S3(inotify_add_watch, fd, "d", 0));
	R("inotify_add_watch no inotify", S3(inotify_add_watch, 1, "d", 0x100));
	R("inotify_add_watch bad", S3(inotify_add_watch, fd, BAD, 0x100));
	R("read nothing", S3(read, fd, buf, sizeof buf));
	make_file("d/x", "x");
	S1(unlink, "d/x");
	R("read events", i = S3(read, fd, buf, sizeof buf));
	if (i > 0)
		BYTES(" events", buf, i);
	R("inotify_rm_watch", S2(inotify_rm_watch, fd, wd));
	R("inotify_rm_watch again", S2(inotify_rm_watch, fd, wd));
	R("inotify_rm_watch fd", S2(inotify_rm_watch, 99, wd));
}
