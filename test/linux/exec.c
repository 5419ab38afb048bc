// exec.c: execve and execveat: what they refuse, and what the new program
// sees: arguments, environment, descriptors, its own name.
#include "t.h"

static char g_script[] = "blink-test-exec0";
static char g_data[] = "blink-test-exec.txt";

static int
create(const char *name, const char *text, int mode)
{
	int fd;
	sys(87, name);
	fd = (int)sys(2, name, 0x241L, (i64)mode);
	sys(1, (i64)fd, text, strlen(text));
	return (int)sys(3, (i64)fd);
}

static void
print_all(int argc, char **argv, char **envp)
{
	char path[256], comm[17] = { 0 };
	int i;
	for (i = 0; i < argc; i++)
		show_str("  arg", argv[i]);
	for (i = 0; envp[i]; i++)
		show_str("  env", envp[i]);
	sys(157, 16L, comm);
	if (envp[0])
		show_str("  comm", comm);
	i = (int)sys(89, "/proc/self/exe", path, 255L);
	path[i > 0 ? i : 0] = 0;
	while (i > 0 && path[i - 1] != '/')
		i--;
	show_str("  exe", path + i);
	show("  descriptor 20", sys(72, 20L, 1L));
	show("  descriptor 21", sys(72, 21L, 1L));
}

// Runs an execve in a child and shows how it ended.
static void
run(const char *what, const char *path, char **argv, char **envp)
{
	i64 pid, r;
	int status = 0;
	show_str("run", what);
	pid = sys(57);
	if (!pid) {
		r = sys(59, path, argv, envp);
		show("  execve", r);
		sys(231, 99L);
	}
	sys(61, pid, &status, 0L, 0L);
	show_hex("  status", (u64)status);
}

static void
test_refusals(char **argv, char **envp)
{
	static char *bad_argv[] = { (char *)8, 0 };
	static char big[140000];
	char *big_argv[2];
	int i;
	show("no such file", sys(59, "/tmp/no/such", argv, envp));
	show("empty path", sys(59, "", argv, envp));
	show("bad path pointer", sys(59, 8L, argv, envp));
	show("directory", sys(59, "/tmp", argv, envp));
	show("file as directory", sys(59, "/dev/null/x", argv, envp));
	show("device", sys(59, "/dev/null", argv, envp));
	show("bad argv pointer", sys(59, "/proc/self/exe", 8L, envp));
	show("bad argv string", sys(59, "/proc/self/exe", bad_argv, envp));
	for (i = 0; i < (int)sizeof big - 1; i++)
		big[i] = 'x';
	big_argv[0] = big;
	big_argv[1] = 0;
	show("string too long", sys(59, "/proc/self/exe", big_argv, envp));
	create(g_data, "hello", 0644);
	show("not executable", sys(59, g_data, argv, envp));
	create(g_data, "hello", 0755);
	show("no format", sys(59, g_data, argv, envp));
	create(g_data, "", 0755);
	show("empty file", sys(59, g_data, argv, envp));
	create(g_data, "#!/no/such/interpreter\n", 0755);
	show("interpreter missing", sys(59, g_data, argv, envp));
	create(g_data, "#!   \n", 0755);
	show("no interpreter", sys(59, g_data, argv, envp));
	create(g_data, "#! blink-test-exec.txt\n", 0755);
	show("interprets itself", sys(59, g_data, argv, envp));
	create(g_data, "\177ELF", 0755);
	show("truncated ELF", sys(59, g_data, argv, envp));
	show("execveat flags", sys(322, -100L, "/proc/self/exe", argv, envp, 0x8L));
	show("execveat bad descriptor", sys(322, 77L, "x", argv, envp, 0L));
	show("execveat empty path", sys(322, -100L, "", argv, envp, 0L));
}

static int
test_main(int argc, char **argv, char **envp)
{
	static char *args[] = { "zero", "one", "", "three 3", 0 };
	static char *env[] = { "A=1", "B=two", 0 };
	static char *none[] = { 0 };
	char self[256], script[300];
	int i, n, fd;
	if (argc && streq(argv[0], "main")) {
		// The first one is started by a name that differs from run to run.
	} else if (argc && (streq(argv[0], "zero") || streq(argv[0], ""))) {
		print_all(argc, argv, envp);
		return 7;
	} else if (argc > 1 && streq(argv[1], "-x y")) {
		argv[0] = "(self)";
		print_all(argc, argv, envp);
		return 8;
	}
	enter_own_dir();
	n = (int)sys(89, "/proc/self/exe", self, 255L);
	self[n] = 0;
	sys(292, 1L, 20L, 0L);
	sys(292, 1L, 21L, 0x80000L);
	test_refusals(args, env);
	run("itself", "/proc/self/exe", args, env);
	run("without arguments", self, none, none);
	run("null pointers", self, 0, 0);
	memcpy(script, "#! ", 3);
	for (i = 0; i < n; i++)
		script[3 + i] = self[i];
	memcpy(script + 3 + n, " -x y  \nrest", 13);
	create(g_script, script, 0755);
	run("script", g_script, args, env);
	memcpy(script, "#!blink-test-exec0\n", 19);
	create(g_data, script, 0755);
	run("script of a script", g_data, args, env);
	// What comm becomes here depends on the kernel's version.
	show_str("run", "by descriptor");
	i = (int)sys(57);
	if (!i) {
		fd = (int)sys(2, self, 0x80000L, 0L);
		show("  execveat", sys(322, (i64)fd, "", args, none, 0x1000L));
		sys(231, 99L);
	}
	sys(61, (i64)i, &n, 0L, 0L);
	show_hex("  status", (u64)n);
	sys(87, g_script);
	sys(87, g_data);
	leave_own_dir();
	return 0;
}
