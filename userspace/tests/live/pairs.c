// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random pairs: kernel and library come to the same, to the byte of all that
 * is told of a result but who has judged.
 *
 * Targets are what an administrator may set of bare devices, and what the
 * kernel then says of them must be just that. Sources have any origin, and in
 * them what no engine here knows. All of a round are near misses of one
 * profile, and each source is held against all targets by one request.
 *
 * VFIO_MIG_SEED and VFIO_MIG_PAIRS choose others, and more of them. Where
 * several machines, VFIO_MIG_SHARES, each have a seed of their own, each draws
 * its share of them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "device.h"
#include "judge.h"

#define PAIRS 20000
#define SOURCES 20
#define TARGETS 50

/* How often each verdict and each kind of finding came. */
static unsigned long verdicts[VFIO_MIG_VERDICT_INCOMPATIBLE + 1];
static unsigned long kinds[VFIO_MIG_FINDING_KIND_UNKNOWN + 1];

static struct vfiomig_object *to_object(struct vfiomig *ctx, uint64_t *seed,
					const struct draw_profile *profile)
{
	char *attrs = draw_text(seed, profile);
	char *document = document_of("drawn", attrs);
	struct vfiomig_object *object = read_text(ctx, document);

	if (!object)
		fail_msg("%s: %s", vfiomig_last_error(ctx)->message, document);
	free(document);
	free(attrs);
	return object;
}

/* It says what it was told, and nothing else but its number. */
static void expect_said(struct vfiomig *ctx, unsigned int n,
			const struct vfiomig_object *profile)
{
	struct vfiomig_object *device = devices_get(ctx, n);
	size_t attrs = vfiomig_object_attrs(profile);

	assert_non_null(device);
	assert_int_equal(vfiomig_object_attrs(device), attrs + 1);
	assert_non_null(vfiomig_object_find(device, "sim.index"));
	for (size_t i = 0; i < attrs; i++) {
		struct vfiomig_attr a = *vfiomig_object_attr(profile, i);
		const struct vfiomig_attr *b;

		/* the kernel adds of what it was said */
		a.scope = VFIO_MIG_SCOPE_DEVICE;
		b = vfiomig_object_find(device, a.name);
		if (!b || !vfiomig_attr_equal(&a, b))
			fail_msg("sim%u says otherwise of %s", n, a.name);
	}
	vfiomig_object_unref(device);
}

/* Many large attributes may be more than a profile may take. */
static void tell(struct vfiomig *ctx, uint64_t *seed, unsigned int n,
		 struct draw_profile *profile)
{
	struct vfiomig_object *object;
	int err;

	for (;;) {
		object = to_object(ctx, seed, profile);
		err = devices_set(ctx, n, object);
		if (err != -E2BIG)
			break;
		assert_true(object->wire_len > VFIO_MIG_PROFILE_MAX / 2);
		vfiomig_object_unref(object);
		profile->n--;
	}
	if (err)
		fail_msg("attr-set: %s", strerror(-err));
	expect_said(ctx, n, object);
	vfiomig_object_unref(object);
}

static void expect_same(const struct vfiomig_result *kernel,
			const struct vfiomig_result *library)
{
	char *texts[2] = { result_text(kernel), result_text(library) };

	assert_true(kernel->by_kernel && !library->by_kernel);
	/* cmocka's messages are cut off */
	if (strcmp(texts[0], texts[1])) {
		printf("# kernel: %s\n# library: %s\n", texts[0], texts[1]);
		fail_msg("kernel and library differ");
	}
	free(texts[0]);
	free(texts[1]);

	verdicts[kernel->verdict]++;
	for (size_t i = 0; i < kernel->n_findings; i++)
		kinds[kernel->findings[i].kind]++;
}

/* Returns how many pairs it was; @n is the place of one target to ask for. */
static size_t try_source(struct vfiomig *ctx, struct vfiomig_object *source,
			 const struct vfiomig_list *devices, unsigned int n)
{
	struct vfiomig_result **all, *here, *one;
	struct vfiomig_check *check;
	size_t len, i;

	assert_int_equal(vfiomig_check_new(ctx, source, &check), 0);
	assert_int_equal(vfiomig_check_ask_all(check, &all, &len), 0);
	assert_int_equal(len, vfiomig_list_len(devices));
	one = devices_ask(ctx, check, n);
	assert_non_null(one);
	for (i = 0; i < len; i++) {
		const struct vfiomig_object *device;

		device = vfiomig_list_find(devices, all[i]->handle);
		assert_non_null(device);
		assert_int_equal(vfiomig_check_target(check, device, &here),
				 0);
		expect_same(all[i], here);
		if (!strcmp(one->handle, here->handle))
			expect_same(one, here);
		vfiomig_result_free(here);
	}
	vfiomig_result_free(one);
	vfiomig_results_free(all, len);
	vfiomig_check_free(check);
	return len;
}

/* All that there is, in the order in which a check tells of it. */
static struct vfiomig_list *everything(struct vfiomig *ctx)
{
	struct vfiomig_list *devices, *types;
	struct vfiomig_object *type;

	assert_int_equal(vfiomig_dump(ctx, VFIOMIG_DEVICE, &devices), 0);
	assert_int_equal(vfiomig_dump(ctx, VFIOMIG_TYPE, &types), 0);
	for (size_t i = 0; (type = vfiomig_list_get(types, i)); i++)
		if (!vfiomig_object_from_sysfs(type))
			assert_int_equal(vfiomig_list_add(devices, type), 0);
	vfiomig_list_free(types);
	return devices;
}

static size_t try_round(struct vfiomig *ctx, uint64_t *seed)
{
	static struct draw_profile first, other;
	struct vfiomig_object *source;
	struct vfiomig_list *devices;
	size_t pairs = 0;

	draw_pair(seed, &first, &other);
	for (unsigned int i = 0; i < TARGETS; i++) {
		if (i)
			draw_near(seed, &first, &other);
		draw_settable(&other);
		tell(ctx, seed, i, &other);
	}

	devices = everything(ctx);
	for (unsigned int i = 0; i < SOURCES; i++) {
		other = first;
		if (i)
			draw_near(seed, &first, &other);
		/* otherwise most of the target would count for nothing */
		for (size_t j = 0; j < other.n; j++)
			if (draw(seed, 8))
				other.attrs[j].origin = VFIO_MIG_ORIGIN_ADMIN;
		source = to_object(ctx, seed, &other);
		pairs += try_source(ctx, source, devices, draw(seed, TARGETS));
		vfiomig_object_unref(source);
	}
	vfiomig_list_free(devices);
	return pairs;
}

static void test_pairs(void **state)
{
	uint64_t seed = number_of("VFIO_MIG_SEED", 1);
	uint64_t share = PAIRS / number_of("VFIO_MIG_SHARES", 1) + 1;
	uint64_t wanted = number_of("VFIO_MIG_PAIRS", share), pairs = 0;
	struct vfiomig *ctx = vfiomig_new();

	(void)state;
	assert_int_equal(devices_make(TARGETS), 0);
	while (pairs < wanted) {
		/* of the last one that is told, if it fails */
		print_message("# VFIO_MIG_SEED=%" PRIu64 " VFIO_MIG_PAIRS=1\n",
			      seed);
		pairs += try_round(ctx, &seed);
	}
	vfiomig_free(ctx);

	/* a test that draws nothing but one of them would prove little */
	print_message("# %" PRIu64 " pairs\n", pairs);
	for (uint32_t v = 1; v <= VFIO_MIG_VERDICT_INCOMPATIBLE; v++)
		print_message("# %s: %lu\n", vfiomig_verdict_name(v),
			      verdicts[v]);
	for (uint32_t k = 1; k <= VFIO_MIG_FINDING_KIND_UNKNOWN; k++)
		print_message("# %s: %lu\n", vfiomig_finding_kind_name(k),
			      kinds[k]);
	if (wanted < share)
		return;
	/* that nothing else is amiss than what can be set is rare */
	for (uint32_t v = 1; v <= VFIO_MIG_VERDICT_INCOMPATIBLE; v++)
		assert_true(v == VFIO_MIG_VERDICT_ADJUSTABLE ||
			    verdicts[v] > share / 100);
	for (uint32_t k = 1; k <= VFIO_MIG_FINDING_KIND_UNKNOWN; k++)
		assert_true(kinds[k] > share / 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
	};

	return LIVE_MAIN(tests);
}
