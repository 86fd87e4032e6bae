/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites share: profiles, made of what a line of a table says.
 */
#ifndef VFIO_MIG_KUNIT_H
#define VFIO_MIG_KUNIT_H

#include <kunit/test.h>

#include "draft.h"
#include "profile.h"
#include "words.h"

/**
 * struct said - an attribute, in which 0 is what is not said
 * @type: type of its value, 0 if there is no such attribute
 * @num: value, if that is a number, a truth value or a set of bits
 * @version: value, if that is a version
 * @string: value, if that is a string
 * @rule: one of enum vfio_mig_rule
 * @severity: one of enum vfio_mig_severity, for missing as well
 * @origin: one of enum vfio_mig_origin, VFIO_MIG_ORIGIN_DRIVER if it is 0
 * @accept: what else it accepts, from the one number to the other
 * @settable: what it can be set to, likewise
 */
struct said {
	u16 type;
	u64 num;
	u32 version[3];
	const char *string;
	u32 rule;
	u32 severity;
	u32 origin;
	u64 accept[2];
	u64 settable[2];
};

static inline void say(struct vfio_mig_draft *draft, const char *name,
		       const struct said *said)
{
	vfio_mig_draft_origin(draft, said->origin ?: VFIO_MIG_ORIGIN_DRIVER);
	switch (said->type) {
	case VFIO_MIG_A_ATTR_BOOL:
		vfio_mig_draft_bool(draft, name, said->num);
		break;
	case VFIO_MIG_A_ATTR_U64:
		vfio_mig_draft_u64(draft, name, said->num);
		break;
	case VFIO_MIG_A_ATTR_STRING:
		vfio_mig_draft_string(draft, name, said->string);
		break;
	case VFIO_MIG_A_ATTR_VERSION:
		vfio_mig_draft_version(draft, name, said->version[0],
				       said->version[1], said->version[2]);
		break;
	case VFIO_MIG_A_ATTR_BITS:
		vfio_mig_draft_bits(draft, name, &said->num, 1);
		break;
	default:
		return;
	}
	if (said->rule)
		vfio_mig_draft_rule(draft, said->rule);
	if (said->severity)
		vfio_mig_draft_severity(draft, said->severity, said->severity);
	if (said->accept[1])
		vfio_mig_draft_accept_u64(draft, said->accept[0],
					  said->accept[1]);
	if (said->settable[1])
		vfio_mig_draft_settable_u64(draft, said->settable[0],
					    said->settable[1]);
}

static inline struct vfio_mig_draft *begin_draft(struct kunit *test)
{
	struct vfio_mig_draft *draft = vfio_mig_draft_alloc();

	KUNIT_ASSERT_NOT_NULL(test, draft);
	vfio_mig_draft_origin(draft, VFIO_MIG_ORIGIN_DRIVER);
	return draft;
}

/* The draft is given back in any case. */
static inline struct vfio_mig_profile *seal(struct kunit *test,
					    struct vfio_mig_draft *draft)
{
	static const struct vfio_mig_handle handle = {
		.bus = "none",
		.name = "vfio_mig_kunit",
	};
	struct vfio_mig_profile *profile;

	profile = vfio_mig_draft_seal(draft, 1, &handle);
	if (IS_ERR(profile))
		kunit_info(test, "%s: %s\n", draft->name,
			   draft->reason ?: "no memory");
	vfio_mig_draft_free(draft);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, profile);
	return profile;
}

/**
 * struct flat - attributes in one piece
 * @len: bytes at @wire
 * @wire: the attributes, as they go into a message
 */
struct flat {
	size_t len;
	u8 wire[];
};

/* It lasts as long as the test. */
static inline const struct flat *flatten(struct kunit *test,
					 const struct vfio_mig_profile *profile)
{
	const struct vfio_mig_words *words = profile->words;
	struct flat *flat;

	flat = kunit_kzalloc(test, sizeof(*flat) + words->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, flat);
	flat->len = words->len;
	vfio_mig_words_write(words, flat->wire);
	return flat;
}

#endif
