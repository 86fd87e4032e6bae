// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When there is no memory: it is told, and what there was is given back, which
 * the sanitizer, or valgrind, sees at the end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

/* What fails. */
static bool no_array, no_text;

/* These stand for those of the C library. */
void *reallocarray(void *array, size_t n, size_t size)
{
	if (!no_array)
		return realloc(array, n * size);

	errno = ENOMEM;
	return NULL;
}

/* A text that is written to memory may find no room at the end. */
int fclose(FILE *file)
{
	int (*real)(FILE *file) = dlsym(RTLD_NEXT, "fclose");
	int err = real(file);

	return no_text ? EOF : err;
}

static struct vfiomig *ctx;

static int setup(void **state)
{
	ctx = vfiomig_new();
	return kernel_reset(state) || !ctx;
}

static int teardown(void **state)
{
	no_array = false;
	no_text = false;
	vfiomig_free(ctx);
	return kernel_clean(state);
}

static void test_net(void **state)
{
	const struct vfiomig_event *event;
	struct vfiomig_watch *watch;

	(void)state;
	kernel_add_netns(5, "vm5");
	assert_int_equal(vfiomig_watch_new(ctx, false, &watch), 0);
	assert_int_equal(vfiomig_watch_all_netns(watch), 0);
	no_array = true;
	assert_int_equal(vfiomig_watch_next(watch, &event), -ENOMEM);
	vfiomig_watch_free(watch);
}

static int take(struct vfiomig_object *object, void *arg)
{
	(void)object;
	(void)arg;
	return 0;
}

static void test_path(void **state)
{
	char text[] = "[]";
	FILE *in = fmemopen(text, strlen(text), "r");

	(void)state;
	assert_non_null(in);
	no_text = true;
	assert_int_equal(vfiomig_profile_read(ctx, in, "f", take, NULL),
			 -ENOMEM);
	no_text = false;
	assert_int_equal(fclose(in), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_net),
		TEST(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
