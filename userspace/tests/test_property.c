// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random pairs of profiles: from their text to the findings, the library says
 * what the reference in draw.c says.
 *
 * VFIO_MIG_SEED and VFIO_MIG_PAIRS choose others, and more of them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "judge.h"
#include "kernel.h"

#define PAIRS 20000

static uint64_t number(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static bool same_value(const struct draw_attr *attr,
		       const struct draw_value *want,
		       const struct vfiomig_value *got)
{
	switch (got->type) {
	case VFIOMIG_VALUE_BOOL:
		return attr->type == DRAW_BOOL && want->n == got->boolean;
	case VFIOMIG_VALUE_U64:
		return attr->type == DRAW_U64 && want->n == got->u64;
	case VFIOMIG_VALUE_STRING:
		return attr->type == DRAW_STRING &&
		       !strcmp(want->s, got->string);
	case VFIOMIG_VALUE_VERSION:
		return attr->type == DRAW_VERSION &&
		       (uint32_t)(want->n >> 64) == got->version.major &&
		       (uint32_t)(want->n >> 32) == got->version.minor &&
		       (uint32_t)want->n == got->version.patch;
	case VFIOMIG_VALUE_BITS:
		for (int bit = 0; bit < VFIOMIG_BITS; bit++)
			if (want->bits[bit] !=
			    !!(got->bits[bit / 8] & 1u << bit % 8))
				return false;
		return attr->type == DRAW_BITS;
	default:
		return attr->type == DRAW_ALIEN;
	}
}

static bool same_side(const struct draw_attr *want,
		      const struct vfiomig_value *got)
{
	if (!want)
		return got->type == VFIOMIG_VALUE_UNKNOWN;

	return same_value(want, &want->value, got);
}

static bool same_finding(const struct draw_finding *want,
			 const struct vfiomig_finding *got)
{
	const struct draw_attr *t = want->target ? want->target : want->source;

	if (strcmp(t->name, got->attr) || want->kind != got->kind ||
	    want->severity != got->severity || t->rule != got->rule)
		return false;
	if (!same_side(want->source, &got->source) ||
	    !same_side(want->target, &got->target))
		return false;
	if (want->kind == VFIO_MIG_FINDING_KIND_SETTABLE)
		return same_value(t, &want->set, &got->set);
	return got->set.type == VFIOMIG_VALUE_UNKNOWN;
}

static bool same(const struct draw_answer *want,
		 const struct vfiomig_result *got)
{
	if (want->verdict != got->verdict || want->n != got->n_findings)
		return false;
	for (size_t i = 0; i < want->n; i++)
		if (!same_finding(&want->findings[i], &got->findings[i]))
			return false;

	return true;
}

static void tell(const struct draw_answer *want,
		 const struct vfiomig_result *got)
{
	struct json_object *json = vfiomig_result_json(got);

	print_message("library: %s\n", json_object_to_json_string(json));
	json_object_put(json);
	print_message("reference: %s\n", vfiomig_verdict_name(want->verdict));
	for (size_t i = 0; i < want->n; i++) {
		const struct draw_finding *f = &want->findings[i];

		print_message("  %s %s %" PRIu32 "\n",
			      (f->source ? f->source : f->target)->name,
			      vfiomig_finding_kind_name(f->kind), f->severity);
	}
}

/* How often each verdict and each kind of finding came. */
static unsigned long verdicts[VFIO_MIG_VERDICT_INCOMPATIBLE + 1];
static unsigned long kinds[VFIO_MIG_FINDING_KIND_UNKNOWN + 1];

static bool try_pair(struct vfiomig *ctx, uint64_t *seed)
{
	static struct draw_profile source, target;
	static struct draw_answer answer;
	struct vfiomig_result *result;
	char *texts[2];
	bool ok;

	draw_pair(seed, &source, &target);
	draw_judge(&source, &target, &answer);
	texts[0] = draw_text(seed, &source);
	texts[1] = draw_text(seed, &target);

	result = judge_text(ctx, texts[0], texts[1]);
	ok = result && same(&answer, result);
	if (!ok)
		print_message("source: %s\ntarget: %s\n", texts[0], texts[1]);
	if (!result)
		print_message("%s\n", vfiomig_last_error(ctx)->message);
	else if (!ok)
		tell(&answer, result);

	verdicts[answer.verdict]++;
	for (size_t i = 0; i < answer.n; i++)
		kinds[answer.findings[i].kind]++;
	vfiomig_result_free(result);
	free(texts[0]);
	free(texts[1]);
	return ok;
}

static void test_pairs(void **state)
{
	uint64_t seed = number("VFIO_MIG_SEED", 1);
	uint64_t pairs = number("VFIO_MIG_PAIRS", PAIRS);
	struct vfiomig *ctx = vfiomig_new();
	uint64_t before = seed;

	(void)state;
	for (uint64_t i = 0; i < pairs; i++) {
		before = seed;
		if (!try_pair(ctx, &seed))
			fail_msg("VFIO_MIG_SEED=%" PRIu64 " VFIO_MIG_PAIRS=1",
				 before);
	}
	vfiomig_free(ctx);

	/* a test that draws nothing but one of them would prove little */
	for (uint32_t v = 1; v <= VFIO_MIG_VERDICT_INCOMPATIBLE; v++)
		print_message("%s: %lu\n", vfiomig_verdict_name(v),
			      verdicts[v]);
	for (uint32_t k = 1; k <= VFIO_MIG_FINDING_KIND_UNKNOWN; k++)
		print_message("%s: %lu\n", vfiomig_finding_kind_name(k),
			      kinds[k]);
	if (pairs < PAIRS)
		return;
	for (uint32_t v = 1; v <= VFIO_MIG_VERDICT_INCOMPATIBLE; v++)
		assert_true(verdicts[v] > PAIRS / 100);
	for (uint32_t k = 1; k <= VFIO_MIG_FINDING_KIND_UNKNOWN; k++)
		assert_true(kinds[k] > PAIRS / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
