// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine in the kernel: every rule on every type, and bytes that anybody
 * may have sent.
 */

#include <linux/slab.h>
#include <net/netlink.h>

#include "kunit.h"
#include "match.h"
#include "profile.h"

/**
 * struct rule_case - one attribute of a source, and of a target
 * @name: what it is about
 * @source: what the source says
 * @target: what the target says
 * @verdict: what that comes to
 * @kind: kind of the finding, 0 if there is none
 * @set: if it is settable, the value
 */
struct rule_case {
	const char *name;
	struct said source;
	struct said target;
	int verdict;
	u8 kind;
	u64 set;
};

#define COMPATIBLE	VFIO_MIG_VERDICT_COMPATIBLE
#define ADJUSTABLE	VFIO_MIG_VERDICT_ADJUSTABLE
#define UNDECIDED	VFIO_MIG_VERDICT_UNDECIDED
#define INCOMPATIBLE	VFIO_MIG_VERDICT_INCOMPATIBLE
#define MISMATCH	VFIO_MIG_FINDING_KIND_MISMATCH
#define SETTABLE	VFIO_MIG_FINDING_KIND_SETTABLE

#define U64(n, ...) \
	{ .type = VFIO_MIG_A_ATTR_U64, .num = (n), __VA_ARGS__ }
#define BOOL(n, ...) \
	{ .type = VFIO_MIG_A_ATTR_BOOL, .num = (n), __VA_ARGS__ }
#define BITS(n, ...) \
	{ .type = VFIO_MIG_A_ATTR_BITS, .num = (n), __VA_ARGS__ }
#define STRING(s, ...) \
	{ .type = VFIO_MIG_A_ATTR_STRING, .string = (s), __VA_ARGS__ }
#define VERSION(a, b, c, ...) \
	{ .type = VFIO_MIG_A_ATTR_VERSION, .version = { a, b, c }, \
	  __VA_ARGS__ }
#define RULE(r)		.rule = VFIO_MIG_RULE_##r
#define SEVERITY(s)	.severity = VFIO_MIG_SEVERITY_##s
#define NOTHING		{ 0 }

static const struct rule_case rule_cases[] = {
	{ "equal numbers", U64(7), U64(7), COMPATIBLE },
	{ "other numbers", U64(7), U64(8), INCOMPATIBLE, MISMATCH },
	{ "numbers at the end", U64(U64_MAX), U64(U64_MAX), COMPATIBLE },
	{ "numbers at the end differ", U64(U64_MAX), U64(U64_MAX - 1),
	  INCOMPATIBLE, MISMATCH },
	{ "equal truths", BOOL(1), BOOL(1), COMPATIBLE },
	{ "other truths", BOOL(1), BOOL(0), INCOMPATIBLE, MISMATCH },
	{ "equal strings", STRING("a"), STRING("a"), COMPATIBLE },
	{ "a string longer", STRING("a"), STRING("ab"), INCOMPATIBLE,
	  MISMATCH },
	{ "equal sets", BITS(0x11), BITS(0x11), COMPATIBLE },
	{ "equal empty sets", BITS(0), BITS(0), COMPATIBLE },
	{ "equal versions", VERSION(1, 2, 3), VERSION(1, 2, 3), COMPATIBLE },
	{ "another patch", VERSION(1, 2, 3), VERSION(1, 2, 4), INCOMPATIBLE,
	  MISMATCH },
	{ "another severity", U64(7), U64(8, SEVERITY(UNDECIDED)), UNDECIDED,
	  MISMATCH },
	{ "it only informs", U64(7), U64(8, SEVERITY(INFO)), COMPATIBLE,
	  MISMATCH },
	{ "any", U64(7), U64(8, RULE(ANY)), COMPATIBLE },
	{ "none", U64(7), U64(7, RULE(NONE)), INCOMPATIBLE, MISMATCH },
	{ "another type", U64(7), STRING("7"), INCOMPATIBLE,
	  VFIO_MIG_FINDING_KIND_TYPE },
	{ "missing on target", U64(7), NOTHING, INCOMPATIBLE,
	  VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET },
	{ "missing on target, of rule any", U64(7, RULE(ANY)), NOTHING,
	  COMPATIBLE },
	{ "missing on source", NOTHING, U64(7, SEVERITY(UNDECIDED)), UNDECIDED,
	  VFIO_MIG_FINDING_KIND_MISSING_ON_SOURCE },
	{ "an administrator for a driver", U64(7),
	  U64(7, .origin = VFIO_MIG_ORIGIN_ADMIN), INCOMPATIBLE,
	  VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET },
	{ "a driver for an administrator",
	  U64(7, .origin = VFIO_MIG_ORIGIN_ADMIN), U64(7), COMPATIBLE },
	{ "one of", U64(5), U64(7, RULE(ONE_OF), .accept = { 4, 6 }),
	  COMPATIBLE },
	{ "one of, itself", U64(7), U64(7, RULE(ONE_OF), .accept = { 4, 6 }),
	  COMPATIBLE },
	{ "one of, below", U64(3), U64(7, RULE(ONE_OF), .accept = { 4, 6 }),
	  INCOMPATIBLE, MISMATCH },
	{ "one of, open", U64(U64_MAX),
	  U64(7, RULE(ONE_OF), .accept = { 4, U64_MAX }), COMPATIBLE },
	{ "semver, older", VERSION(1, 2, 9), VERSION(1, 3, 0, RULE(SEMVER)),
	  COMPATIBLE },
	{ "semver, newer", VERSION(1, 4, 0), VERSION(1, 3, 0, RULE(SEMVER)),
	  INCOMPATIBLE, MISMATCH },
	{ "semver, another major", VERSION(0, 3, 0),
	  VERSION(1, 3, 0, RULE(SEMVER)), INCOMPATIBLE, MISMATCH },
	{ "superset", BITS(0x10), BITS(0x30, RULE(SUPERSET)), COMPATIBLE },
	{ "superset, longer", BITS(0x100), BITS(0x30, RULE(SUPERSET)),
	  INCOMPATIBLE, MISMATCH },
	{ "superset of nothing", BITS(0), BITS(0, RULE(SUPERSET)),
	  COMPATIBLE },
	{ "at least", U64(7), U64(8, RULE(AT_LEAST)), COMPATIBLE },
	{ "at least, less", U64(9), U64(8, RULE(AT_LEAST)), INCOMPATIBLE,
	  MISMATCH },
	{ "at least, a version's patch", VERSION(1, 1, 2),
	  VERSION(1, 1, 1, RULE(AT_LEAST)), INCOMPATIBLE, MISMATCH },
	{ "settable", U64(3), U64(1, .settable = { 1, 4 }), ADJUSTABLE,
	  SETTABLE, 3 },
	{ "not settable to that", U64(5), U64(1, .settable = { 1, 4 }),
	  INCOMPATIBLE, MISMATCH },
	{ "settable to what is enough", U64(3),
	  U64(1, RULE(AT_LEAST), .settable = { 4, 8 }), ADJUSTABLE, SETTABLE,
	  4 },
	{ "settable, but it only informs", U64(3),
	  U64(1, SEVERITY(INFO), .settable = { 1, 4 }), COMPATIBLE,
	  MISMATCH },
};

static void tell_case(const struct rule_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rule, rule_cases, tell_case);

struct findings {
	unsigned int n;
	struct vfio_mig_finding last;
};

static int keep(const struct vfio_mig_finding *finding, void *arg)
{
	struct findings *findings = arg;

	findings->n++;
	findings->last = *finding;
	return 0;
}

/* Beside one that both sides have, as a profile is never empty. */
static struct vfio_mig_profile *make(struct kunit *test,
				     const struct said *said)
{
	struct vfio_mig_draft *draft = begin_draft(test);

	vfio_mig_draft_u64(draft, "common", 1);
	say(draft, "it", said);
	return seal(test, draft);
}

static struct vfio_mig_index *read_index(struct kunit *test,
					 const struct flat *flat)
{
	struct vfio_mig_index *index;
	struct vfio_mig_fault fault;

	index = kunit_kzalloc(test, sizeof(*index), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, index);
	KUNIT_ASSERT_EQ(test, 0, vfio_mig_index_read(index, flat->wire,
						     flat->len, false, &fault));
	return index;
}

/* As a check does it: with lists of words, in which the same is the same. */
static void as_words(struct kunit *test, const struct vfio_mig_profile *source,
		     const struct vfio_mig_profile *target, int verdict,
		     unsigned int n)
{
	const struct vfio_mig_words *s = source->words, *t = target->words;
	struct findings found = { 0 };

	KUNIT_EXPECT_PTR_EQ(test, s->list[0], t->list[0]);
	KUNIT_EXPECT_EQ(test, verdict,
			vfio_mig_match_views(s->list, s->n, t->list, t->n, keep,
					     &found));
	KUNIT_EXPECT_EQ(test, n, found.n);
}

static void rules(struct kunit *test)
{
	const struct rule_case *c = test->param_value;
	struct vfio_mig_profile *source = make(test, &c->source);
	struct vfio_mig_profile *target = make(test, &c->target);
	const struct vfio_mig_words *words = target->words;
	struct vfio_mig_index *index;
	struct findings found = { 0 };

	index = read_index(test, flatten(test, source));
	KUNIT_EXPECT_EQ(test, c->verdict,
			vfio_mig_match_index(index, words->list, words->n, keep,
					     &found));
	KUNIT_EXPECT_EQ(test, c->kind ? 1 : 0, found.n);
	KUNIT_EXPECT_EQ(test, c->kind, found.last.kind);
	if (c->kind == SETTABLE) {
		KUNIT_EXPECT_EQ(test, VFIO_MIG_A_ATTR_U64, found.last.set.type);
		KUNIT_EXPECT_EQ(test, c->set, found.last.set.num);
	}
	as_words(test, source, target, c->verdict, c->kind ? 1 : 0);
	/* whatever it is, it fits itself, unless it fits nothing */
	if (c->target.rule == VFIO_MIG_RULE_NONE) {
		as_words(test, target, target, INCOMPATIBLE, 1);
	} else {
		as_words(test, target, target, COMPATIBLE, 0);
		index = read_index(test, flatten(test, target));
		KUNIT_EXPECT_EQ(test, COMPATIBLE,
				vfio_mig_match_index(index, words->list,
						     words->n, NULL, NULL));
	}
	vfio_mig_profile_put(source);
	vfio_mig_profile_put(target);
}

/* A profile of which all but "it" is what the others' is. */
static struct vfio_mig_words *alike_of(struct kunit *test,
				       struct vfio_mig_profile **profile,
				       const struct said *said)
{
	*profile = make(test, said);
	KUNIT_ASSERT_NOT_NULL(test, (*profile)->words->alike);
	return (*profile)->words->alike;
}

/* One list stands for all that no source tells apart, as long as it must. */
static void alike(struct kunit *test)
{
	static const struct said one = U64(1, RULE(ANY));
	static const struct said other = U64(2, RULE(ANY));
	static const struct said admin = U64(2, RULE(ANY),
					     .origin = VFIO_MIG_ORIGIN_ADMIN);
	static const struct said equal = U64(2);
	struct vfio_mig_profile *profile[5];
	struct vfio_mig_words *first;

	first = alike_of(test, &profile[0], &one);
	KUNIT_EXPECT_PTR_EQ(test, first, profile[0]->words);
	KUNIT_EXPECT_PTR_EQ(test, first, alike_of(test, &profile[1], &other));
	KUNIT_EXPECT_PTR_NE(test, first, alike_of(test, &profile[2], &admin));
	KUNIT_EXPECT_PTR_NE(test, first, alike_of(test, &profile[3], &equal));

	vfio_mig_profile_put(profile[0]);
	KUNIT_EXPECT_PTR_EQ(test, first, alike_of(test, &profile[4], &one));
	vfio_mig_profile_put(profile[1]);
	vfio_mig_profile_put(profile[2]);
	vfio_mig_profile_put(profile[3]);
	vfio_mig_profile_put(profile[4]);
}

/* One of everything. */
static struct vfio_mig_profile *make_full(struct kunit *test)
{
	static const struct said saids[] = {
		U64(7, RULE(ONE_OF), .accept = { 4, 6 }),
		U64(3, .settable = { 1, U64_MAX }),
		BOOL(1),
		BITS(0x8000000000000001ULL, RULE(SUPERSET)),
		STRING("gr\xc3\xb6\xc3\x9f", SEVERITY(INFO)),
		VERSION(1, 2, 3, RULE(SEMVER)),
	};
	static const char * const names[] = { "a", "b", "c", "d", "e", "f" };
	struct vfio_mig_draft *draft = begin_draft(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(saids); i++)
		say(draft, names[i], &saids[i]);
	return seal(test, draft);
}

/*
 * Reads what may be wrong, from memory that ends where it does, and holds it
 * against what is right, when it was read and without.
 */
static int try_wire(struct vfio_mig_index *index,
		    const struct vfio_mig_words *right, const void *wire,
		    size_t len, bool liberal)
{
	struct vfio_mig_fault fault;
	void *copy = kmemdup(wire, len, GFP_KERNEL);
	int err;

	if (!copy)
		return -ENOMEM;
	err = vfio_mig_index_read(index, copy, len, liberal, &fault);
	if (err && (!fault.reason || strlen(fault.reason) > 79 ||
		    fault.offset > len))
		err = -EPROTO;
	if (!err && vfio_mig_match_index(index, right->list, right->n, NULL,
					 NULL) <= 0)
		err = -EPROTO;
	vfio_mig_match_brought(copy, len, right->list, right->n, NULL, NULL);
	kfree(copy);
	return err;
}

/* Cut off anywhere, it is wrong, or is what stands before. */
static void cut_off(struct kunit *test)
{
	struct vfio_mig_profile *profile = make_full(test);
	const struct flat *flat = flatten(test, profile);
	struct vfio_mig_index *index;
	unsigned int whole = 0;
	size_t len;
	int err;

	index = kunit_kzalloc(test, sizeof(*index), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, index);
	for (len = 1; len <= flat->len; len++) {
		err = try_wire(index, profile->words, flat->wire, len, true);
		KUNIT_EXPECT_TRUE(test, !err || err == -EINVAL);
		whole += !err;
	}
	/* behind each attribute, without and with what pads it */
	KUNIT_EXPECT_GE(test, whole, 6);
	KUNIT_EXPECT_LE(test, whole, 6 * 4);
	vfio_mig_profile_put(profile);
}

/* Each bit the other way. */
static void flipped(struct kunit *test)
{
	struct vfio_mig_profile *profile = make_full(test);
	const struct flat *flat = flatten(test, profile);
	struct vfio_mig_index *index;
	unsigned int bit, good = 0, bad = 0;
	u8 *wire;
	int err;

	index = kunit_kzalloc(test, sizeof(*index), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, index);
	wire = kunit_kzalloc(test, flat->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, wire);
	for (bit = 0; bit < 8U * flat->len; bit++) {
		memcpy(wire, flat->wire, flat->len);
		wire[bit / 8] ^= 1 << bit % 8;
		err = try_wire(index, profile->words, wire, flat->len,
			       bit % 2);
		KUNIT_EXPECT_TRUE(test,
				  !err || err == -EINVAL || err == -E2BIG);
		if (err)
			bad++;
		else
			good++;
	}
	KUNIT_EXPECT_GE(test, good, 100);
	KUNIT_EXPECT_GE(test, bad, 100);
	vfio_mig_profile_put(profile);
}

static void put_nest(struct sk_buff *skb, const char *name, u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_OBJECT_ATTR);

	nla_put_string(skb, VFIO_MIG_A_ATTR_NAME, name);
	nla_put(skb, VFIO_MIG_A_ATTR_U64, sizeof(value), &value);
	nla_nest_end(skb, nest);
}

/* As many attributes as there may be, and one more. */
static void too_many(struct kunit *test)
{
	struct sk_buff *skb = alloc_skb(VFIO_MIG_PROFILE_MAX, GFP_KERNEL);
	struct vfio_mig_index *index;
	struct vfio_mig_fault fault;
	unsigned int i, before = 0;
	char name[8];

	KUNIT_ASSERT_NOT_NULL(test, skb);
	index = kunit_kzalloc(test, sizeof(*index), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, index);
	for (i = 0; i < VFIO_MIG_ATTRS_MAX; i++) {
		snprintf(name, sizeof(name), "a%02u", i);
		put_nest(skb, name, i);
	}
	KUNIT_EXPECT_EQ(test, 0, vfio_mig_index_read(index, skb->data, skb->len,
						     false, &fault));
	KUNIT_EXPECT_EQ(test, VFIO_MIG_ATTRS_MAX, index->n);
	before = skb->len;
	put_nest(skb, "b", 1);
	KUNIT_EXPECT_EQ(test, -E2BIG,
			vfio_mig_index_read(index, skb->data, skb->len, false,
					    &fault));
	KUNIT_EXPECT_EQ(test, before, fault.offset);
	KUNIT_EXPECT_STREQ(test, "more than 64 attributes", fault.reason);

	skb_trim(skb, before - nla_total_size(sizeof(u64)));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			vfio_mig_index_read(index, skb->data, skb->len, true,
					    &fault));
	kfree_skb(skb);
}

static void twice(struct kunit *test)
{
	struct sk_buff *skb = alloc_skb(512, GFP_KERNEL);
	struct vfio_mig_index *index;
	struct vfio_mig_fault fault;
	unsigned int before;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	index = kunit_kzalloc(test, sizeof(*index), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, index);
	put_nest(skb, "x", 1);
	put_nest(skb, "y", 1);
	before = skb->len;
	put_nest(skb, "x", 2);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			vfio_mig_index_read(index, skb->data, skb->len, true,
					    &fault));
	KUNIT_EXPECT_GE(test, fault.offset, before);
	KUNIT_EXPECT_EQ(test, 1, fault.name_len);
	KUNIT_EXPECT_STREQ(test, "another attribute has the same name",
			   fault.reason);
	kfree_skb(skb);
}

static struct kunit_case match_cases[] = {
	KUNIT_CASE_PARAM(rules, rule_gen_params),
	KUNIT_CASE(alike),
	KUNIT_CASE(cut_off),
	KUNIT_CASE(flipped),
	KUNIT_CASE(too_many),
	KUNIT_CASE(twice),
	{}
};

static struct kunit_suite match_suite = {
	.name = "vfio_mig_match",
	.test_cases = match_cases,
};

kunit_test_suite(match_suite);
