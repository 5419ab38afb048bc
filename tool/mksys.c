// mksys.c: prints the coverage page of the system calls from their table.
#include <stdio.h>
#include <string.h>

struct row { int number; const char *name, *status, *args; };
static const struct row rows[] = {
#define SYS(number, name, status, result, ...) { number, #name, #status, #__VA_ARGS__ },
#include "linux/syscalls.tbl"
#undef SYS
};

// "A_FD, A_INBUF" becomes "fd, inbuf"
static void
print_args(const char *s)
{
	if (!strcmp(s, "A_NONE"))
		return;
	for (; *s; s++) {
		if (s[0] == 'A' && s[1] == '_')
			s++;
		else
			putchar(*s >= 'A' && *s <= 'Z' ? *s + 'a' - 'A' : *s);
	}
}

int
main(void)
{
	static const char *const status[] = { "done", "undone", "enosys" };
	static const char *const meaning[] = {
		"served", "answered by ENOSYS and reported once by name", "ENOSYS by decision, or because Linux gives it"
	};
	size_t i;
	int k;
	printf("# System calls\n\nGenerated from blink/linux/syscalls.tbl.\n\n");
	for (k = 0; k < 3; k++) {
		int n = 0;
		for (i = 0; i < sizeof rows / sizeof *rows; i++)
			n += !strcmp(rows[i].status, status[k]);
		printf("- %s: %d, %s\n", status[k], n, meaning[k]);
	}
	printf("\n| number | name | status | arguments |\n| ---: | --- | --- | --- |\n");
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		printf("| %d | %s | %s | ", rows[i].number, rows[i].name, rows[i].status);
		print_args(rows[i].args);
		printf(" |\n");
	}
	return 0;
}
