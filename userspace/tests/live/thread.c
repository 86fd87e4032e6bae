// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cases of the thread, judged by the kernel: it must come to the verdict,
 * the findings and the values to set that each case names; and, in all that is
 * told of them, to what the library says of the same pair, as do and as dump.
 *
 * The source goes over the wire as a profile. The target is a bare device of
 * which the administrator says all that the case's target has; what the device
 * says itself, its number, informs, and is never found fault with. There are
 * two things that this cannot do:
 *
 * - The administrator is the origin of whatever he says. Origins count for one
 *   thing: a target's attribute of his is passed over if the source's is not.
 *   So where the case's target has another origin, that of both sides becomes
 *   his, which comes to the same.
 *
 * - What this kernel does not know it must refuse to be told of a device here.
 *   These cases are named, by what is in them; each of them must be refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "device.h"
#include "judge.h"

/* How many cases there are that no administrator can make. */
#define REFUSED_MAX 3

static struct json_object *member(struct json_object *json, const char *key)
{
	return json_object_object_get(json, key);
}

static const char *text(struct json_object *json, const char *key)
{
	const char *value = json_object_get_string(member(json, key));

	return value ? value : "";
}

static struct json_object *attr_of(struct json_object *c, const char *side,
				   const char *name)
{
	struct json_object *attrs = member(member(c, side), "attrs");

	for (size_t i = 0; i < json_object_array_length(attrs); i++) {
		struct json_object *a = json_object_array_get_idx(attrs, i);

		if (!strcmp(text(a, "name"), name))
			return a;
	}
	return NULL;
}

static void say_admin(struct json_object *attr)
{
	if (attr)
		json_object_object_add(attr, "origin",
				       json_object_new_string("admin"));
}

/* What the target says is said by the administrator, or by nobody at all. */
static void turn_origins(struct json_object *c)
{
	struct json_object *attrs = member(member(c, "target"), "attrs");

	for (size_t i = 0; i < json_object_array_length(attrs); i++) {
		struct json_object *t = json_object_array_get_idx(attrs, i);
		const char *origin = text(t, "origin");

		if (strcmp(origin, "vfio") && strcmp(origin, "driver"))
			continue;
		say_admin(attr_of(c, "source", text(t, "name")));
		say_admin(t);
	}
}

/* Why nobody can say this of a device here; NULL if the administrator can. */
static const char *foreign(const struct vfiomig_attr *attr)
{
	if (attr->type == VFIOMIG_VALUE_UNKNOWN)
		return "a type that the kernel does not know";
	if (!vfiomig_rule_name(attr->rule))
		return "a rule that the kernel does not know";
	if (!vfiomig_severity_name(attr->severity) ||
	    !vfiomig_severity_name(attr->missing))
		return "a severity that the kernel does not know";
	if (attr->origin != VFIO_MIG_ORIGIN_ADMIN)
		return "an origin that the kernel does not know";
	if (attr->n_unknown)
		return "a member that the kernel does not know";
	return NULL;
}

static const char *unspeakable(const struct vfiomig_object *target)
{
	const char *why = NULL;

	for (size_t i = 0; !why && i < vfiomig_object_attrs(target); i++)
		why = foreign(vfiomig_object_attr(target, i));
	return why;
}

static struct vfiomig_object *profile_of(struct vfiomig *ctx,
					 struct json_object *c,
					 const char *side)
{
	char *document = document_of(side, case_attrs(c, side));
	struct vfiomig_object *object = read_text(ctx, document);

	free(document);
	assert_non_null(object);
	return object;
}

static struct vfiomig_result *find(struct vfiomig_result **all, size_t n,
				   const char *handle)
{
	struct vfiomig_result *found = NULL;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(all[i]->handle, handle)) {
			assert_null(found);
			found = all[i];
		}
	return found;
}

/* Is it the same text? Tells it if not. */
static bool same(struct json_object *c, const char *who,
		 const struct vfiomig_result *got,
		 const struct vfiomig_result *want)
{
	char *texts[2] = { result_text(got), result_text(want) };
	bool ok = !strcmp(texts[0], texts[1]);

	if (!ok)
		printf("# %s: %s: %s\n# library: %s\n", case_name(c), who,
		       texts[0], texts[1]);
	free(texts[0]);
	free(texts[1]);
	return ok;
}

/* Three times the same pair: by do, by dump, and by the library. */
static bool judged(struct vfiomig *ctx, struct json_object *c,
		   struct vfiomig_object *source)
{
	struct vfiomig_object *device = devices_get(ctx, 0);
	struct vfiomig_result *one, *here, **all;
	struct vfiomig_check *check;
	size_t n;
	bool ok;

	assert_non_null(device);
	assert_int_equal(vfiomig_check_new(ctx, source, &check), 0);
	one = devices_ask(ctx, check, 0);
	assert_non_null(one);
	assert_int_equal(vfiomig_check_ask_all(check, &all, &n), 0);
	assert_non_null(find(all, n, "sim/sim0"));
	assert_int_equal(vfiomig_check_target(check, device, &here), 0);
	assert_true(one->by_kernel && !here->by_kernel);

	ok = same(c, "do", one, here);
	ok &= same(c, "dump", find(all, n, "sim/sim0"), here);
	if (!case_fits(c, one)) {
		char *got = result_text(one);

		printf("# %s: kernel: %s\n", case_name(c), got);
		free(got);
		ok = false;
	}
	vfiomig_result_free(one);
	vfiomig_result_free(here);
	vfiomig_results_free(all, n);
	vfiomig_check_free(check);
	vfiomig_object_unref(device);
	return ok;
}

/* Returns 1 if it is wrong. Counts in @refused what the kernel cannot have. */
static int try_case(struct vfiomig *ctx, struct json_object *c, int *refused)
{
	struct vfiomig_object *source, *target;
	bool ok = false;
	const char *why;
	int err;

	turn_origins(c);
	source = profile_of(ctx, c, "source");
	target = profile_of(ctx, c, "target");
	why = unspeakable(target);
	err = devices_set(ctx, 0, target);
	if (why) {
		print_message("# not for the kernel: %s: the target has %s\n",
			      case_name(c), why);
		++*refused;
		ok = err < 0;
		if (!ok)
			print_message("# and yet it takes it\n");
	} else if (err) {
		print_message("# %s: attr-set: %s\n", case_name(c),
			      strerror(-err));
	} else {
		ok = judged(ctx, c, source);
	}
	vfiomig_object_unref(source);
	vfiomig_object_unref(target);
	return !ok;
}

static void test_thread(void **state)
{
	struct json_object *cases = read_cases();
	int wrong = 0, refused = 0;
	struct vfiomig *ctx;
	size_t n;

	(void)state;
	if (!cases) {
		print_message("# there is no " CASES_BESIDE "\n");
		skip();
	}
	ctx = vfiomig_new();
	assert_int_equal(devices_make(1), 0);
	n = json_object_array_length(cases);
	assert_true(n > REFUSED_MAX);
	for (size_t i = 0; i < n; i++)
		wrong += try_case(ctx, json_object_array_get_idx(cases, i),
				  &refused);
	print_message("# %zu cases, %d of them not for the kernel\n", n,
		      refused);
	vfiomig_free(ctx);
	json_object_put(cases);
	assert_int_equal(wrong, 0);
	assert_in_range(refused, 0, REFUSED_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thread),
	};

	return LIVE_MAIN(tests);
}
