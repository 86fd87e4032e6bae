// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fleets of random targets: of each, whatever the source, a fleet says what a
 * check of that target alone says.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "judge.h"
#include "kernel.h"

#define FLEETS	30
#define TARGETS	120
#define SOURCES	4

static struct draw_profile source, target;

static struct vfiomig_object *object_of(struct vfiomig *ctx, uint64_t *seed,
					const struct draw_profile *profile,
					const char *name)
{
	char *attrs = draw_text(seed, profile);
	char *document = document_of(name, attrs);
	struct vfiomig_object *object = read_text(ctx, document);

	assert_non_null(object);
	free(document);
	free(attrs);
	return object;
}

/* What a target is called decides nothing. */
static void rename_informing(struct draw_profile *profile, unsigned int i)
{
	for (size_t n = 0; n < profile->n; n++) {
		struct draw_attr *a = &profile->attrs[n];

		if (a->rule == VFIO_MIG_RULE_ANY && a->type == DRAW_U64)
			a->value.n = i;
	}
}

/* A third of them is as the one before, but for what informs. */
static void draw_targets(struct vfiomig *ctx, uint64_t *seed,
			 struct vfiomig_object **targets,
			 struct vfiomig_fleet *fleet)
{
	char name[32];

	draw_pair(seed, &source, &target);
	for (unsigned int i = 0; i < TARGETS; i++) {
		if (i % 3)
			draw_near(seed, &source, &target);
		rename_informing(&target, i);
		snprintf(name, sizeof(name), "d%u", i);
		targets[i] = object_of(ctx, seed, &target, name);
		assert_int_equal(vfiomig_fleet_add(fleet, targets[i]), 0);
	}
	assert_int_equal(vfiomig_fleet_len(fleet), TARGETS);
}

static void same_result(struct vfiomig_check *check,
			const struct vfiomig_fleet *fleet, size_t at,
			const struct vfiomig_object *object, uint8_t verdict)
{
	struct vfiomig_result *alone, *among;
	struct json_object *one, *other;

	assert_int_equal(vfiomig_check_target(check, object, &alone), 0);
	assert_int_equal(vfiomig_fleet_result(fleet, check, at, &among), 0);
	assert_int_equal(verdict, alone->verdict);
	assert_string_equal(vfiomig_fleet_handle(fleet, at), alone->handle);
	assert_string_equal(vfiomig_result_file(among),
			    vfiomig_result_file(alone));
	one = vfiomig_result_json(alone);
	other = vfiomig_result_json(among);
	assert_string_equal(json_object_to_json_string(one),
			    json_object_to_json_string(other));
	json_object_put(one);
	json_object_put(other);
	vfiomig_result_free(alone);
	vfiomig_result_free(among);
}

/* How often each verdict came. */
static unsigned long verdicts[VFIO_MIG_VERDICT_INCOMPATIBLE + 1];

static void judge_all(struct vfiomig *ctx, struct vfiomig_object *from,
		      struct vfiomig_object **targets,
		      const struct vfiomig_fleet *fleet)
{
	struct vfiomig_check *check;
	uint8_t told[TARGETS];

	assert_int_equal(vfiomig_check_new(ctx, from, &check), 0);
	memset(told, 0, sizeof(told));
	assert_int_equal(vfiomig_fleet_judge(fleet, check, told), 0);
	for (size_t i = 0; i < TARGETS; i++) {
		same_result(check, fleet, i, targets[i], told[i]);
		verdicts[told[i]]++;
	}
	vfiomig_check_free(check);
}

static void test_fleets(void **state)
{
	struct vfiomig_object *targets[TARGETS], *from;
	struct vfiomig *ctx = vfiomig_new();
	struct vfiomig_fleet *fleet;
	uint64_t seed = 1;

	(void)state;
	for (unsigned int i = 0; i < FLEETS; i++) {
		assert_int_equal(vfiomig_fleet_new(ctx, &fleet), 0);
		draw_targets(ctx, &seed, targets, fleet);
		from = object_of(ctx, &seed, &source, "source");
		judge_all(ctx, from, targets, fleet);
		vfiomig_object_unref(from);
		for (unsigned int n = 1; n < SOURCES; n++)
			judge_all(ctx, targets[n * 7], targets, fleet);
		for (unsigned int n = 0; n < TARGETS; n++)
			vfiomig_object_unref(targets[n]);
		vfiomig_fleet_free(fleet);
	}
	vfiomig_free(ctx);
	/* a test that draws nothing but one of them would prove little */
	for (uint32_t v = 1; v <= VFIO_MIG_VERDICT_INCOMPATIBLE; v++)
		assert_true(verdicts[v] > FLEETS);
}

/* What was added stays when who has added it has given it back. */
static void test_alone(void **state)
{
	struct vfiomig *ctx = vfiomig_new();
	struct vfiomig_object *object;
	struct vfiomig_result *result;
	struct vfiomig_fleet *fleet;
	struct vfiomig_check *check;
	uint8_t verdict = 0;
	char *document;

	(void)state;
	document = json_of("{$S, 'host': 'h', 'devices': [$D]}");
	object = read_text(ctx, document);
	free(document);
	assert_non_null(object);
	assert_int_equal(vfiomig_check_new(ctx, object, &check), 0);
	assert_int_equal(vfiomig_fleet_new(ctx, &fleet), 0);
	assert_int_equal(vfiomig_fleet_judge(fleet, check, NULL), 0);
	assert_int_equal(vfiomig_fleet_add(fleet, object), 0);
	vfiomig_object_unref(object);

	assert_int_equal(vfiomig_fleet_judge(fleet, check, &verdict), 0);
	assert_int_equal(verdict, VFIO_MIG_VERDICT_COMPATIBLE);
	assert_int_equal(vfiomig_fleet_result(fleet, check, 0, &result), 0);
	assert_int_equal(vfiomig_fleet_result(fleet, check, 1, &result),
			 -EINVAL);
	assert_string_equal(vfiomig_last_error(ctx)->message,
			    "of 1 targets, none has the number 1");
	assert_null(vfiomig_fleet_handle(fleet, 1));
	vfiomig_fleet_free(fleet);
	vfiomig_fleet_free(NULL);
	vfiomig_check_free(check);

	assert_string_equal(result->handle, "pci/d");
	assert_string_equal(vfiomig_result_host(result), "h");
	vfiomig_result_free(result);
	vfiomig_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fleets),
		cmocka_unit_test(test_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
