// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles: id and handle in the form in which messages carry them, and a list
 * of words.
 */

#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "alike.h"
#include "match.h"
#include "profile.h"
#include "refused.h"
#include "words.h"

/**
 * struct parts - what a profile is made of
 * @head: id and handle
 * @head_len: bytes at @head
 * @left: what is left out
 * @left_len: bytes at @left
 * @words: the attributes
 */
struct parts {
	const void *head;
	size_t head_len;
	const void *left;
	size_t left_len;
	struct vfio_mig_words *words;
};

/* The reference to the words goes over, also if there is no memory. */
static struct vfio_mig_profile *new_profile(const struct parts *parts)
{
	struct vfio_mig_profile *profile;

	profile = kzalloc(struct_size(profile, wire,
				      parts->head_len + parts->left_len),
			  GFP_KERNEL_ACCOUNT);
	if (!profile) {
		vfio_mig_words_put(parts->words);
		return NULL;
	}
	refcount_set(&profile->ref, 1);
	profile->words = parts->words;
	profile->head = parts->head_len;
	profile->left = parts->left_len;
	memcpy(profile->wire, parts->head, parts->head_len);
	memcpy(profile->wire + profile->head, parts->left, parts->left_len);
	return profile;
}

/**
 * vfio_mig_profile_alloc - make a profile
 * @wire: what it says, which is copied: id and handle, then the attributes
 * @head: bytes at @wire that are id and handle
 * @len: bytes at @wire
 *
 * Context: may sleep.
 * Return: a profile of one reference, the caller's, in which all else is
 * zero, or NULL for want of memory.
 */
struct vfio_mig_profile *vfio_mig_profile_alloc(const void *wire, size_t head,
						size_t len)
{
	struct parts parts = {
		.head = wire,
		.head_len = head,
		.words = vfio_mig_words_get(wire + head, len - head),
	};

	if (!parts.words)
		return NULL;
	vfio_mig_alike_join(parts.words);
	return new_profile(&parts);
}

/* Another profile of the same object. */
static struct vfio_mig_profile *like(const struct vfio_mig_profile *profile,
				     struct vfio_mig_words *words,
				     const void *left, size_t left_len)
{
	const struct parts parts = {
		.head = profile->wire,
		.head_len = profile->head,
		.left = left,
		.left_len = left_len,
		.words = words,
	};
	struct vfio_mig_profile *other = new_profile(&parts);

	if (!other)
		return ERR_PTR(-ENOMEM);
	other->id = profile->id;
	other->available = profile->available;
	other->is_type = profile->is_type;
	return other;
}

/**
 * vfio_mig_profile_like - make another profile of the same object
 * @profile: a profile of it
 * @words: what the other one says, of which nobody else knows yet; the
 *	reference goes over, also if this fails
 * @left: what is left out of it, as it goes into a message
 * @left_len: bytes at @left
 *
 * Context: may sleep.
 * Return: a profile of one reference, the caller's, or ERR_PTR(-ENOMEM).
 */
struct vfio_mig_profile *
vfio_mig_profile_like(const struct vfio_mig_profile *profile,
		      struct vfio_mig_words *words, const void *left,
		      size_t left_len)
{
	vfio_mig_alike_join(words);
	return like(profile, words, left, left_len);
}

/**
 * vfio_mig_profile_copy - make a profile that says the same
 * @profile: a profile
 *
 * Context: may sleep.
 * Return: a profile of one reference, the caller's, or ERR_PTR(-ENOMEM).
 */
struct vfio_mig_profile *
vfio_mig_profile_copy(const struct vfio_mig_profile *profile)
{
	struct vfio_mig_profile *copy;

	copy = like(profile, vfio_mig_words_hold(profile->words),
		    profile->wire + profile->head, profile->left);
	if (!IS_ERR(copy))
		copy->no_room = profile->no_room;
	return copy;
}

/**
 * vfio_mig_profile_len - how much does a profile say?
 * @profile: the profile
 *
 * Return: bytes that it takes in a message.
 */
u32 vfio_mig_profile_len(const struct vfio_mig_profile *profile)
{
	return profile->head + profile->words->len + profile->left;
}

/**
 * vfio_mig_profile_driver - which driver's is it?
 * @profile: what VFIO and the driver say
 *
 * Return: the value of the attribute "driver", which lives as long as
 * @profile, or NULL if it has none.
 */
const char *vfio_mig_profile_driver(const struct vfio_mig_profile *profile)
{
	static const char name[] = "driver";
	const struct vfio_mig_view *view;

	view = vfio_mig_words_find(profile->words, name, strlen(name));
	if (!view || view->value.type != VFIO_MIG_A_ATTR_STRING)
		return NULL;
	/* where it was read, it ends with a NUL */
	return (const char *)view->value.data;
}

/**
 * vfio_mig_profile_same - would a reader see a difference?
 * @a: a profile
 * @b: another profile of the same object
 *
 * Return: true if they say the same, but for the event that said it.
 */
bool vfio_mig_profile_same(const struct vfio_mig_profile *a,
			   const struct vfio_mig_profile *b)
{
	return a->available == b->available && a->refused == b->refused &&
	       vfio_mig_words_same(a->words, b->words) &&
	       a->left == b->left &&
	       !memcmp(a->wire + a->head, b->wire + b->head, a->left);
}

/**
 * vfio_mig_profile_put - drop a reference
 * @profile: the profile
 *
 * Context: any but interrupts. The profile is freed after a grace period.
 */
void vfio_mig_profile_put(struct vfio_mig_profile *profile)
{
	if (!refcount_dec_and_test(&profile->ref))
		return;
	vfio_mig_refused_put(profile->refused);
	vfio_mig_words_put(profile->words);
	kfree_rcu(profile, rcu);
}
