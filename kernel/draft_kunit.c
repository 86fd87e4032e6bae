// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is written is what is read: each type of value in each form, the wrong
 * ones refused with a reason, and what an administrator says laid over it.
 */

#include <linux/slab.h>
#include <net/netlink.h>

#include "compose.h"
#include "kunit.h"
#include "overlay.h"
#include "value.h"

static struct vfio_mig_index *read_profile(struct kunit *test,
					   const struct vfio_mig_profile *p)
{
	const struct flat *flat = flatten(test, p);
	struct vfio_mig_index *index;
	struct vfio_mig_fault fault;

	index = kunit_kzalloc(test, sizeof(*index), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, index);
	KUNIT_ASSERT_EQ(test, 0, vfio_mig_index_read(index, flat->wire,
						     flat->len, false,
						     &fault));
	return index;
}

static const struct vfio_mig_view *
find(const struct vfio_mig_index *index, const char *name)
{
	unsigned int i;

	for (i = 0; i < index->n; i++)
		if (index->views[i].name_len == strlen(name) &&
		    !memcmp(index->views[i].name, name, strlen(name)))
			return &index->views[i];
	return NULL;
}

static const struct vfio_mig_view *want(struct kunit *test,
					const struct vfio_mig_index *index,
					const char *name, u16 type)
{
	const struct vfio_mig_view *view = find(index, name);

	KUNIT_ASSERT_NOT_NULL_MSG(test, view, "%s", name);
	KUNIT_EXPECT_EQ(test, type, view->value.type);
	return view;
}

/* Every type, the least and the greatest that it can hold. */
static void values(struct kunit *test)
{
	static const u64 all[4] = { U64_MAX, U64_MAX, U64_MAX, U64_MAX };
	static const u64 none[4];
	struct vfio_mig_draft *draft = begin_draft(test);
	char longest[VFIO_MIG_STRING_MAX + 1];
	const struct vfio_mig_view *view;
	struct vfio_mig_profile *profile;
	struct vfio_mig_index *index;

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	vfio_mig_draft_bits(draft, "bits.none", none, 4);
	vfio_mig_draft_bits(draft, "bits.all", all, 4);
	vfio_mig_draft_u64(draft, "u64.least", 0);
	vfio_mig_draft_u64(draft, "u64.most", U64_MAX);
	vfio_mig_draft_bool(draft, "bool", true);
	vfio_mig_draft_string(draft, "string.short", "s");
	vfio_mig_draft_string(draft, "string.long", longest);
	vfio_mig_draft_version(draft, "version", 0, U32_MAX, 7);
	profile = seal(test, draft);
	index = read_profile(test, profile);
	KUNIT_EXPECT_EQ(test, 8, index->n);

	view = want(test, index, "bits.none", VFIO_MIG_A_ATTR_BITS);
	KUNIT_EXPECT_EQ(test, 0, view->value.len);
	view = want(test, index, "bits.all", VFIO_MIG_A_ATTR_BITS);
	KUNIT_EXPECT_EQ(test, 32, view->value.len);
	KUNIT_EXPECT_EQ(test, 0, memcmp(view->value.data, all, 32));
	view = want(test, index, "u64.least", VFIO_MIG_A_ATTR_U64);
	KUNIT_EXPECT_EQ(test, 0ULL, view->value.num);
	view = want(test, index, "u64.most", VFIO_MIG_A_ATTR_U64);
	KUNIT_EXPECT_EQ(test, U64_MAX, view->value.num);
	view = want(test, index, "bool", VFIO_MIG_A_ATTR_BOOL);
	KUNIT_EXPECT_EQ(test, 1ULL, view->value.num);
	view = want(test, index, "string.short", VFIO_MIG_A_ATTR_STRING);
	KUNIT_EXPECT_EQ(test, 1, view->value.len);
	view = want(test, index, "string.long", VFIO_MIG_A_ATTR_STRING);
	KUNIT_EXPECT_EQ(test, VFIO_MIG_STRING_MAX, view->value.len);
	KUNIT_EXPECT_EQ(test, 0, memcmp(view->value.data, longest,
					VFIO_MIG_STRING_MAX));
	view = want(test, index, "version", VFIO_MIG_A_ATTR_VERSION);
	KUNIT_EXPECT_EQ(test, 0, view->value.version[0]);
	KUNIT_EXPECT_EQ(test, U32_MAX, view->value.version[1]);
	KUNIT_EXPECT_EQ(test, 7, view->value.version[2]);
	KUNIT_EXPECT_EQ(test, VFIO_MIG_RULE_EQUAL, view->rule);
	KUNIT_EXPECT_EQ(test, VFIO_MIG_SEVERITY_FAIL, view->severity);
	KUNIT_EXPECT_EQ(test, VFIO_MIG_SEVERITY_FAIL, view->missing);
	KUNIT_EXPECT_EQ(test, VFIO_MIG_ORIGIN_DRIVER, view->origin);
	vfio_mig_profile_put(profile);
}

/* In whatever order it is said, it is written in that of the names. */
static void order(struct kunit *test)
{
	static const char * const names[] = {
		"b", "a.b", "a", "a-b", "0", "ab",
	};
	struct vfio_mig_draft *draft = begin_draft(test);
	struct vfio_mig_profile *profile;
	struct vfio_mig_index *index;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		vfio_mig_draft_u64(draft, names[i], i);
	profile = seal(test, draft);
	index = read_profile(test, profile);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(names), index->n);
	for (i = 0; i < index->n; i++)
		KUNIT_EXPECT_EQ(test, i, index->order[i]);
	vfio_mig_profile_put(profile);
}

static void lists(struct kunit *test)
{
	const struct vfio_mig_version min = { 2, 0, 2 }, max = { 2, 0, 4 };
	struct vfio_mig_draft *draft = begin_draft(test);
	const struct vfio_mig_view *view;
	struct vfio_mig_profile *profile;
	struct vfio_mig_index *index;
	struct vfio_mig_range range;
	struct vfio_mig_bit bit;
	const u64 set = BIT_ULL(22);
	u16 cursor;

	vfio_mig_draft_version(draft, "v", 2, 1, 3);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_ONE_OF);
	vfio_mig_draft_accept_version(draft, &min, &max);
	vfio_mig_draft_accept_version(draft, &max, NULL);
	vfio_mig_draft_u64(draft, "n", 2);
	vfio_mig_draft_settable_u64(draft, 0, U64_MAX);
	vfio_mig_draft_settable_u64(draft, 3, 3);
	vfio_mig_draft_bits(draft, "f", &set, 1);
	vfio_mig_draft_label(draft, 17, "ctrl-vq");
	vfio_mig_draft_label(draft, 22, "mq");
	profile = seal(test, draft);
	index = read_profile(test, profile);

	cursor = 0;
	view = want(test, index, "v", VFIO_MIG_A_ATTR_VERSION);
	KUNIT_ASSERT_TRUE(test, vfio_mig_next_accept(view, &cursor, &range));
	KUNIT_EXPECT_EQ(test, 2, range.min.version[2]);
	KUNIT_EXPECT_EQ(test, 4, range.max.version[2]);
	KUNIT_ASSERT_TRUE(test, vfio_mig_next_accept(view, &cursor, &range));
	KUNIT_EXPECT_EQ(test, 4, range.min.version[2]);
	KUNIT_EXPECT_EQ(test, 0, range.max.type);
	KUNIT_EXPECT_FALSE(test, vfio_mig_next_accept(view, &cursor, &range));

	cursor = 0;
	view = want(test, index, "n", VFIO_MIG_A_ATTR_U64);
	KUNIT_ASSERT_TRUE(test, vfio_mig_next_settable(view, &cursor, &range));
	KUNIT_EXPECT_EQ(test, 0, range.value.type);
	KUNIT_EXPECT_EQ(test, 0, range.min.type);
	KUNIT_EXPECT_EQ(test, 0, range.max.type);
	KUNIT_ASSERT_TRUE(test, vfio_mig_next_settable(view, &cursor, &range));
	KUNIT_EXPECT_EQ(test, 3ULL, range.value.num);
	KUNIT_EXPECT_FALSE(test,
			   vfio_mig_next_settable(view, &cursor, &range));

	cursor = 0;
	view = want(test, index, "f", VFIO_MIG_A_ATTR_BITS);
	KUNIT_ASSERT_TRUE(test, vfio_mig_next_bit(view, &cursor, &bit));
	KUNIT_EXPECT_EQ(test, 17, bit.number);
	KUNIT_EXPECT_EQ(test, strlen("ctrl-vq"), bit.len);
	KUNIT_ASSERT_TRUE(test, vfio_mig_next_bit(view, &cursor, &bit));
	KUNIT_EXPECT_EQ(test, 22, bit.number);
	KUNIT_EXPECT_FALSE(test, vfio_mig_next_bit(view, &cursor, &bit));
	vfio_mig_profile_put(profile);
}

/* What was read and is written again is the same, byte by byte. */
static void again(struct kunit *test)
{
	struct vfio_mig_draft *draft = begin_draft(test);
	struct vfio_mig_profile *profile;
	struct vfio_mig_index *index;
	const struct flat *flat;
	struct sk_buff *skb;
	const u64 set = 5;
	unsigned int i;

	vfio_mig_draft_u64(draft, "n", 2);
	vfio_mig_draft_settable_u64(draft, 1, 4);
	vfio_mig_draft_string(draft, "s", "gr\xc3\xb6\xc3\x9f");
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_ONE_OF);
	vfio_mig_draft_accept_string(draft, "other");
	vfio_mig_draft_accept_string(draft, NULL);
	vfio_mig_draft_bits(draft, "f", &set, 1);
	vfio_mig_draft_label(draft, 255, "last");
	vfio_mig_draft_bool(draft, "b", false);
	profile = seal(test, draft);
	index = read_profile(test, profile);
	flat = flatten(test, profile);
	skb = alloc_skb(flat->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	for (i = 0; i < index->n; i++)
		KUNIT_EXPECT_EQ(test, 0,
				vfio_mig_put_view(skb, &index->views[i]));
	KUNIT_EXPECT_EQ(test, flat->len, skb->len);
	KUNIT_EXPECT_EQ(test, 0, memcmp(flat->wire, skb->data, skb->len));
	kfree_skb(skb);
	vfio_mig_profile_put(profile);
}

/* ------------------------------------------------------------ what is wrong */

static void no_attribute(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_ANY);
}

static void bad_name(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_u64(draft, "Wrong", 1);
}

static void long_name(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_u64(draft,
			   "a123456789b123456789c123456789d123456789e123456789f123456789g123",
			   1);
}

static void same_name(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_u64(draft, "x", 1);
	vfio_mig_draft_bool(draft, "x", true);
}

static void no_string(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_string(draft, "x", "");
}

static void bad_string(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_string(draft, "x", "a\nb");
}

static void bad_utf8(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_string(draft, "x", "a\xc0\x80");
}

static void many_words(struct vfio_mig_draft *draft)
{
	static const u64 words[5];

	vfio_mig_draft_bits(draft, "x", words, 5);
}

static void wrong_rule(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_u64(draft, "x", 1);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_SEMVER);
}

static void no_list(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_u64(draft, "x", 1);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_ONE_OF);
}

static void no_one_of(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_u64(draft, "x", 1);
	vfio_mig_draft_accept_u64(draft, 1, 2);
}

static void upside_down(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_u64(draft, "x", 1);
	vfio_mig_draft_settable_u64(draft, 4, 2);
}

static void long_list(struct vfio_mig_draft *draft)
{
	u64 i;

	vfio_mig_draft_u64(draft, "x", 1);
	for (i = 0; i <= VFIO_MIG_LIST_MAX; i++)
		vfio_mig_draft_settable_u64(draft, i, i);
}

static void bad_label(struct vfio_mig_draft *draft)
{
	const u64 bits = 1;

	vfio_mig_draft_bits(draft, "x", &bits, 1);
	vfio_mig_draft_label(draft, 256, "far");
}

static void labels_back(struct vfio_mig_draft *draft)
{
	const u64 bits = 1;

	vfio_mig_draft_bits(draft, "x", &bits, 1);
	vfio_mig_draft_label(draft, 4, "four");
	vfio_mig_draft_label(draft, 3, "three");
}

static void info_of_none(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_u64(draft, "x", 1);
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_NONE);
	vfio_mig_draft_severity(draft, VFIO_MIG_SEVERITY_INFO,
				VFIO_MIG_SEVERITY_INFO);
}

static void not_vfios(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_replace_rule(draft, "x", VFIO_MIG_RULE_ANY);
}

static void decided(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_replace_rule(draft, "migratable", VFIO_MIG_RULE_ANY);
}

static void value_too(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_replace_rule(draft, "driver", VFIO_MIG_RULE_EQUAL);
	vfio_mig_draft_severity(draft, VFIO_MIG_SEVERITY_INFO,
				VFIO_MIG_SEVERITY_INFO);
}

static void too_much(struct vfio_mig_draft *draft)
{
	char name[8], text[VFIO_MIG_STRING_MAX];
	unsigned int i;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < VFIO_MIG_ATTRS_MAX - 4; i++) {
		snprintf(name, sizeof(name), "m%02u", i);
		vfio_mig_draft_string(draft, name, text);
	}
}

/**
 * struct wrong_case - a description that is wrong
 * @describe: makes it
 * @err: what it is refused with
 * @name: the attribute that is at fault
 * @reason: why, or a part of it
 */
struct wrong_case {
	void (*describe)(struct vfio_mig_draft *draft);
	int err;
	const char *name;
	const char *reason;
};

static const struct wrong_case wrong_cases[] = {
	{ no_attribute, -EINVAL, "", "before an attribute was begun" },
	{ bad_name, -EINVAL, "Wrong", "small letters" },
	{ long_name, -EINVAL, NULL, "1 to 63 bytes" },
	{ same_name, -EINVAL, "x", "the same name" },
	{ no_string, -EINVAL, "x", "1 to 255 bytes" },
	{ bad_string, -EINVAL, "x", "control characters" },
	{ bad_utf8, -EINVAL, "x", "not UTF-8" },
	{ many_words, -EINVAL, "x", "more than 256 bits" },
	{ wrong_rule, -EINVAL, "x", "does not fit the type" },
	{ no_list, -EINVAL, "x", "one-of without a list" },
	{ no_one_of, -EINVAL, "x", "belongs to the rule one-of" },
	{ upside_down, -EINVAL, "x", "min is above max" },
	{ long_list, -EINVAL, "x", "more than 32 entries" },
	{ bad_label, -EINVAL, "x", "a bit above 255" },
	{ labels_back, -EINVAL, "x", "in order of the bits" },
	{ info_of_none, -EINVAL, "x", "severity info" },
	{ not_vfios, -ENOENT, "x", "VFIO has no attribute" },
	{ decided, -EINVAL, "migratable", "cannot be replaced" },
	{ value_too, -EINVAL, "driver", "only the rule" },
	{ too_much, -E2BIG, NULL, "6144 bytes" },
};

static void tell_reason(const struct wrong_case *c, char *desc)
{
	strscpy(desc, c->reason, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wrong, wrong_cases, tell_reason);

/* What VFIO says of a device, in part. */
static void say_vfio(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_origin(draft, VFIO_MIG_ORIGIN_VFIO);
	vfio_mig_draft_string(draft, "driver", "kunit");
	vfio_mig_draft_u64(draft, "revision", 2);
	vfio_mig_draft_severity(draft, VFIO_MIG_SEVERITY_UNDECIDED,
				VFIO_MIG_SEVERITY_UNDECIDED);
	vfio_mig_draft_tell(draft, true);
	vfio_mig_draft_origin(draft, VFIO_MIG_ORIGIN_DRIVER);
}

static void refused(struct kunit *test)
{
	const struct vfio_mig_handle handle = { .bus = "b", .name = "n" };
	const struct wrong_case *c = test->param_value;
	struct vfio_mig_draft *draft = begin_draft(test);
	struct vfio_mig_profile *profile;

	say_vfio(draft);
	c->describe(draft);
	/* the first thing that is wrong counts */
	vfio_mig_draft_u64(draft, "wrong, too", 1);
	profile = vfio_mig_draft_seal(draft, 1, &handle);
	KUNIT_EXPECT_EQ(test, c->err, PTR_ERR_OR_ZERO(profile));
	KUNIT_EXPECT_EQ(test, c->err, draft->err);
	KUNIT_ASSERT_NOT_NULL(test, draft->reason);
	KUNIT_EXPECT_NOT_NULL(test, strstr(draft->reason, c->reason));
	if (c->name)
		KUNIT_EXPECT_STREQ(test, c->name, draft->name);
	if (!IS_ERR(profile))
		vfio_mig_profile_put(profile);

	/* begun once more, nothing of it is left */
	vfio_mig_draft_begin(draft);
	vfio_mig_draft_u64(draft, "x", 1);
	profile = seal(test, draft);
	KUNIT_EXPECT_EQ(test, 1, read_profile(test, profile)->n);
	vfio_mig_profile_put(profile);
}

/* A rule of VFIO's that a provider replaces: the value stays. */
static void replaced(struct kunit *test)
{
	struct vfio_mig_draft *draft = begin_draft(test);
	const struct vfio_mig_view *view;
	struct vfio_mig_profile *profile;
	struct vfio_mig_index *index;

	say_vfio(draft);
	vfio_mig_draft_replace_rule(draft, "driver", VFIO_MIG_RULE_ONE_OF);
	vfio_mig_draft_accept_string(draft, "older");
	profile = seal(test, draft);
	index = read_profile(test, profile);
	KUNIT_EXPECT_EQ(test, 3, index->n);
	view = want(test, index, "driver", VFIO_MIG_A_ATTR_STRING);
	KUNIT_EXPECT_EQ(test, VFIO_MIG_RULE_ONE_OF, view->rule);
	KUNIT_EXPECT_EQ(test, VFIO_MIG_ORIGIN_VFIO, view->origin);
	KUNIT_EXPECT_EQ(test, 1, view->accept.n);
	KUNIT_EXPECT_EQ(test, 0, memcmp(view->value.data, "kunit", 5));
	vfio_mig_profile_put(profile);
}

/* --------------------------------------------------- what is laid over it */

static struct vfio_mig_profile *make_base(struct kunit *test, const char *own)
{
	struct vfio_mig_draft *draft = begin_draft(test);

	say_vfio(draft);
	vfio_mig_draft_u64(draft, own, 1);
	return seal(test, draft);
}

/* A request: an attribute of the administrator's, as the engine has it. */
static struct sk_buff *ask_for(struct kunit *test, const char *name, u64 value,
			       struct vfio_mig_edits *edits)
{
	struct sk_buff *skb = alloc_skb(512, GFP_KERNEL);
	struct nlattr *nest;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	nest = nla_nest_start(skb, VFIO_MIG_A_OBJECT_ATTR);
	nla_put_string(skb, VFIO_MIG_A_ATTR_NAME, name);
	nla_put(skb, VFIO_MIG_A_ATTR_U64, sizeof(value), &value);
	nla_put_u32(skb, VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_ORIGIN_ADMIN);
	nla_nest_end(skb, nest);

	memset(edits, 0, sizeof(*edits));
	edits->n = 1;
	edits->edits[0] = (struct vfio_mig_edit) {
		.kind = VFIO_MIG_EDIT_SET,
		.at = nest,
		.name = name,
		.name_len = strlen(name),
		.wire = nest,
	};
	return skb;
}

/* What is published if nothing but these two say something. */
static struct vfio_mig_profile *
compose(struct kunit *test, const struct vfio_mig_profile *base,
	const struct vfio_mig_words *said)
{
	const struct vfio_mig_says says = {
		.base = base,
		.overlay = said,
		.admin_max = VFIO_MIG_ADMIN_ATTRS_MAX,
	};
	struct vfio_mig_asked asked = { };
	struct vfio_mig_profile *both;

	both = vfio_mig_compose(&says, &asked);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, both);
	KUNIT_EXPECT_EQ(test, 0, asked.err);
	return both;
}

static void overlay(struct kunit *test)
{
	const struct vfio_mig_handle handle = { .bus = "b", .name = "n" };
	struct vfio_mig_profile *base = make_base(test, "mine");
	struct vfio_mig_words *said, *kept;
	struct vfio_mig_refusal refusal = { NULL };
	const struct vfio_mig_view *view;
	struct vfio_mig_profile *both;
	struct vfio_mig_edits *edits;
	struct sk_buff *skb;

	edits = kunit_kzalloc(test, sizeof(*edits), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, edits);

	/* what the driver has cannot be set */
	skb = ask_for(test, "mine", 5, edits);
	said = vfio_mig_overlay_edit(base, NULL, edits, 16, &refusal);
	KUNIT_EXPECT_EQ(test, -EEXIST, PTR_ERR_OR_ZERO(said));
	KUNIT_EXPECT_PTR_EQ(test, edits->edits[0].at, refusal.at);
	kfree_skb(skb);

	/* nor one more than there may be */
	skb = ask_for(test, "yours", 5, edits);
	said = vfio_mig_overlay_edit(base, NULL, edits, 0, &refusal);
	KUNIT_EXPECT_EQ(test, -EDQUOT, PTR_ERR_OR_ZERO(said));
	said = vfio_mig_overlay_edit(base, NULL, edits, 1, &refusal);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, said);
	both = compose(test, base, said);
	view = want(test, read_profile(test, both), "yours",
		    VFIO_MIG_A_ATTR_U64);
	KUNIT_EXPECT_EQ(test, 5ULL, view->value.num);
	KUNIT_EXPECT_EQ(test, VFIO_MIG_ORIGIN_ADMIN, view->origin);
	KUNIT_EXPECT_EQ(test, 5, read_profile(test, both)->n);
	vfio_mig_profile_put(both);
	kfree_skb(skb);

	/* the driver says something else, and then claims the name */
	vfio_mig_profile_put(base);
	base = make_base(test, "other");
	kept = said;
	KUNIT_ASSERT_EQ(test, 0,
			vfio_mig_overlay_rebase(base, &kept, &handle));
	both = compose(test, base, kept);
	KUNIT_EXPECT_TRUE(test, vfio_mig_words_same(said, kept));
	KUNIT_EXPECT_EQ(test, 5, read_profile(test, both)->n);
	vfio_mig_profile_put(both);
	vfio_mig_words_put(kept);
	kept = said;

	vfio_mig_profile_put(base);
	base = make_base(test, "yours");
	KUNIT_ASSERT_EQ(test, 0,
			vfio_mig_overlay_rebase(base, &kept, &handle));
	both = compose(test, base, kept);
	KUNIT_EXPECT_PTR_NE(test, said, kept);
	KUNIT_EXPECT_EQ(test, 0, kept->len);
	view = want(test, read_profile(test, both), "yours",
		    VFIO_MIG_A_ATTR_U64);
	KUNIT_EXPECT_EQ(test, VFIO_MIG_ORIGIN_DRIVER, view->origin);
	vfio_mig_profile_put(both);
	vfio_mig_profile_put(base);
	vfio_mig_words_put(kept);
	vfio_mig_words_put(said);
}

static struct kunit_case draft_cases[] = {
	KUNIT_CASE(values),
	KUNIT_CASE(order),
	KUNIT_CASE(lists),
	KUNIT_CASE(again),
	KUNIT_CASE_PARAM(refused, wrong_gen_params),
	KUNIT_CASE(replaced),
	KUNIT_CASE(overlay),
	{}
};

static struct kunit_suite draft_suite = {
	.name = "vfio_mig_draft",
	.test_cases = draft_cases,
};

kunit_test_suite(draft_suite);
