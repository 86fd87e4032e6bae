// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cases of the thread: what was wanted of such an interface when it was
 * discussed, with the answers that the design gives.
 */
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "kernel.h"

/* Where the cases stand, relative to the folder that holds the tree. */
#define BESIDE "../shared/cases/thread.json"

static struct json_object *cases;

static struct json_object *read_cases(void)
{
	const char *folder = getenv("VFIO_MIG_CASES");
	const char *top = getenv("VFIOMIG_TOP");
	struct json_object *json;
	char *path;

	if (folder ? asprintf(&path, "%s/thread.json", folder) < 0 :
	    asprintf(&path, "%s/" BESIDE, top ? top : ".") < 0)
		return NULL;
	json = json_object_from_file(path);
	/* the variable may name the file as well */
	if (!json && folder)
		json = json_object_from_file(folder);
	free(path);
	return json;
}

static const char *attrs_of(struct json_object *c, const char *side)
{
	struct json_object *profile = json_object_object_get(c, side);

	return json_object_to_json_string(json_object_object_get(profile,
								 "attrs"));
}

static bool has(struct json_object *c, struct json_object *essence,
		const char *key)
{
	return json_object_equal(json_object_object_get(c, key),
				 json_object_object_get(essence, key));
}

/* Whether the answer is the one that is wanted; tells it if not. */
static bool fits(struct vfiomig *ctx, struct json_object *c)
{
	const char *name =
		json_object_get_string(json_object_object_get(c, "name"));
	struct vfiomig_result *result;
	struct json_object *got;
	bool ok;

	result = judge_text(ctx, attrs_of(c, "source"), attrs_of(c, "target"));
	if (!result) {
		print_message("%s: %s\n", name,
			      vfiomig_last_error(ctx)->message);
		return false;
	}
	got = essence(result);
	ok = has(c, got, "verdict") && has(c, got, "findings") &&
	     has(c, got, "set");
	if (!ok)
		print_message("%s: %s\n", name,
			      json_object_to_json_string(got));
	json_object_put(got);
	vfiomig_result_free(result);
	return ok;
}

static void test_cases(void **state)
{
	struct vfiomig *ctx;
	int wrong = 0;

	(void)state;
	cases = read_cases();
	if (!cases) {
		print_message("there is no " BESIDE "\n");
		skip();
	}
	ctx = vfiomig_new();
	assert_true(json_object_array_length(cases) > 0);
	for (size_t i = 0; i < json_object_array_length(cases); i++)
		wrong += !fits(ctx, json_object_array_get_idx(cases, i));
	print_message("%zu cases\n", json_object_array_length(cases));
	vfiomig_free(ctx);
	json_object_put(cases);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
