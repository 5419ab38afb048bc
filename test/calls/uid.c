// Identities, groups, capabilities. Run as root or not: outputs agree with
// the kernel's either way.
#include "calls.h"

static void
test(void)
{
	u32 id[3], groups[100], hdr[2], data[6];
	long n;
	R("getuid", S0(getuid));
	R("geteuid", S0(geteuid));
	R("getgid", S0(getgid));
	R("getegid", S0(getegid));
	R("getresuid", S3(getresuid, id, id + 1, id + 2));
	BYTES(" ids", id, 12);
	R("getresuid bad", S3(getresuid, id, BAD, id + 2));
	R("getresgid", S3(getresgid, id, id + 1, id + 2));
	BYTES(" ids", id, 12);
	R("getresgid bad", S3(getresgid, BAD, id, id + 2));
	R("getgroups count", n = S2(getgroups, 0, 0));
	R("getgroups", S2(getgroups, 100, groups));
	R("getgroups neg", S2(getgroups, -1, groups));
	if (n > 0) {
		BYTES(" groups", groups, n * 4);
		R("getgroups bad", S2(getgroups, 100, BAD));
	}
	R("setgroups", S2(setgroups, n, groups));
	R("setgroups many", S2(setgroups, 70000, groups));
	R("setgroups bad", S2(setgroups, 3, BAD));
	R("setreuid", S2(setreuid, -1, -1));
	R("setregid", S2(setregid, -1, -1));
	R("setresuid", S3(setresuid, -1, -1, -1));
	R("setresgid", S3(setresgid, -1, -1, -1));
	R("setfsuid", S1(setfsuid, -1));
	R("setfsgid", S1(setfsgid, -1));
	R("setuid invalid", S1(setuid, -1));
	R("setgid invalid", S1(setgid, -1));
	// capabilities
	hdr[0] = 0x20080522;
	hdr[1] = 0;
	R("capget", S2(capget, hdr, data));
	R("capget null", S2(capget, hdr, 0));
	R("capget bad", S2(capget, hdr, BAD));
	R("capget bad header", S2(capget, BAD, data));
	R("capset", S2(capset, hdr, data));
	R("capset bad", S2(capset, hdr, BAD));
	hdr[0] = 1;
	R("capget version", S2(capget, hdr, data));
	HEX(" preferred", hdr[0]);
	hdr[0] = 1;
	R("capget version null", S2(capget, hdr, 0));
	hdr[0] = 1;
	R("capset version", S2(capset, hdr, data));
	hdr[0] = 0x19980330;
	R("capget v1", S2(capget, hdr, data));
	hdr[0] = 0x20080522;
	hdr[1] = 0x7fffffff;
	R("capget pid", S2(capget, hdr, data));
	R("capset pid", S2(capset, hdr, data));
	hdr[1] = -5;
	R("capget neg", S2(capget, hdr, data));
	// dropping privileges, in a child
	if (S0(fork)) {
		S4(wait4, -1, 0, 0, 0);
		return;
	}
	R("setgroups none", S2(setgroups, 0, 0));
	R("setresgid 65534", S3(setresgid, 65534, 65534, 65534));
	R("setuid 65534", S1(setuid, 65534));
	R("getuid", S0(getuid));
	R("getegid", S0(getegid));
	R("setuid 0", S1(setuid, 0));
	R("setgid 0", S1(setgid, 0));
	R("setreuid 0", S2(setreuid, 0, 0));
	R("setresuid 0", S3(setresuid, 0, 0, 0));
	R("setgroups denied", S2(setgroups, 0, 0));
	R("setgroups denied many", S2(setgroups, 70000, 0));
	R("setfsuid 0", S1(setfsuid, 0));
	R("setfsuid", S1(setfsuid, -1));
	S1(exit_group, 0);
}
