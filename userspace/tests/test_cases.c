// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cases of the thread: what was wanted of such an interface when it was
 * discussed, with the answers that the design gives.
 */
#include "cases.h"
#include "judge.h"
#include "kernel.h"

/* Whether the answer is the one that is wanted; tells it if not. */
static bool fits(struct vfiomig *ctx, struct json_object *c)
{
	const char *name = case_name(c);
	struct vfiomig_result *result;
	struct json_object *got;
	bool ok;

	result = judge_text(ctx, case_attrs(c, "source"),
			    case_attrs(c, "target"));
	if (!result) {
		print_message("%s: %s\n", name,
			      vfiomig_last_error(ctx)->message);
		return false;
	}
	ok = case_fits(c, result);
	if (!ok) {
		got = essence(result);
		print_message("%s: %s\n", name,
			      json_object_to_json_string(got));
		json_object_put(got);
	}
	vfiomig_result_free(result);
	return ok;
}

static void test_cases(void **state)
{
	struct json_object *cases = read_cases();
	struct vfiomig *ctx;
	int wrong = 0;

	(void)state;
	if (!cases) {
		print_message("there is no " CASES_BESIDE "\n");
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
