// SPDX-License-Identifier: GPL-2.0-or-later
/* What the header promises, the library exports. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/* The function that a line of the header declares; NULL if it does not. */
static char *declared(char *line)
{
	char *name = strstr(line, "vfiomig_");
	size_t len;

	/* what is indented or starred is a continuation or a comment */
	if (!name || !strchr("abcdefghijklmnopqrstuvwxyz", line[0]))
		return NULL;
	/* the type that it returns may begin in the same way */
	for (;;) {
		len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
		if (name[len] == '(')
			break;
		name = strstr(name + len, "vfiomig_");
		if (!name)
			return NULL;
	}
	name[len] = '\0';
	return name;
}

static void test_exports(void **state)
{
	const char *header = getenv("VFIOMIG_HEADER");
	const char *library = getenv("VFIOMIG_LIBRARY");
	char line[256];
	void *handle;
	FILE *file;
	int n = 0;

	(void)state;
	if (!header || !library)
		skip();
	handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		fail_msg("%s", dlerror());
	file = fopen(header, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		const char *name = declared(line);

		if (!name)
			continue;
		n++;
		if (!dlsym(handle, name))
			fail_msg("%s is not exported", name);
	}
	assert_true(n > 40);
	fclose(file);

	/* and nothing else */
	assert_null(dlsym(handle, "vmig_fail"));
	dlclose(handle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
