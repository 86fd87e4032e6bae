// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles: written once, in the form in which messages carry them, then
 * copied.
 */

#include <linux/align.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netlink.h>

#include "profile.h"
#include "refused.h"
#include "words.h"

/* All but the attributes' views. */
static struct vfio_mig_profile *alloc_profile(const void *wire, size_t len,
					      unsigned int n)
{
	struct vfio_mig_profile *profile;
	size_t at = ALIGN(struct_size(profile, wire, len), sizeof(void *));

	profile = kzalloc(at + n * sizeof(*profile->views), GFP_KERNEL);
	if (!profile)
		return NULL;
	refcount_set(&profile->ref, 1);
	profile->views = (void *)profile + at;
	profile->n = n;
	profile->end = len;
	profile->len = len;
	memcpy(profile->wire, wire, len);
	return profile;
}

/**
 * vfio_mig_profile_alloc - make a profile
 * @wire: what it says, which is copied
 * @len: bytes at @wire
 *
 * Context: may sleep.
 * Return: a profile of one reference, the caller's, in which all else is
 * zero, or NULL for want of memory.
 */
struct vfio_mig_profile *vfio_mig_profile_alloc(const void *wire, size_t len)
{
	struct vfio_mig_profile *profile;

	profile = alloc_profile(wire, len, vfio_mig_words_count(wire, len));
	if (!profile)
		return NULL;
	if (vfio_mig_words_get(profile->views, profile->wire, len)) {
		kfree(profile);
		return NULL;
	}
	return profile;
}

/**
 * vfio_mig_profile_like - make another profile of the same object
 * @profile: a profile of it
 * @wire: what the other one says: what is in front of the attributes, as
 *	@profile says it, then the attributes
 * @len: bytes at @wire
 *
 * Context: may sleep.
 * Return: a profile of one reference, the caller's, or ERR_PTR(-ENOMEM).
 */
struct vfio_mig_profile *
vfio_mig_profile_like(const struct vfio_mig_profile *profile,
		      const void *wire, size_t len)
{
	struct vfio_mig_profile *other;

	if (wire == profile->wire) {
		other = alloc_profile(wire, len, profile->n);
		if (other)
			vfio_mig_words_hold(other->views, profile->views,
					    profile->n);
	} else {
		other = vfio_mig_profile_alloc(wire, len);
	}
	if (!other)
		return ERR_PTR(-ENOMEM);
	other->id = profile->id;
	other->head = profile->head;
	other->available = profile->available;
	other->is_type = profile->is_type;
	return other;
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

	copy = vfio_mig_profile_like(profile, profile->wire, profile->len);
	if (!IS_ERR(copy)) {
		copy->end = profile->end;
		copy->no_room = profile->no_room;
	}
	return copy;
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
	const struct nlattr *nla, *name, *value;
	int left;

	nla_for_each_attr(nla, (const struct nlattr *)profile->wire,
			  profile->len, left) {
		if (nla_type(nla) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		name = nla_find_nested(nla, VFIO_MIG_A_ATTR_NAME);
		value = nla_find_nested(nla, VFIO_MIG_A_ATTR_STRING);
		if (name && value && !nla_strcmp(name, "driver"))
			return nla_data(value);
	}
	return NULL;
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
	       a->len == b->len && !memcmp(a->wire, b->wire, a->len);
}

/**
 * vfio_mig_profile_put - drop a reference
 * @profile: the profile
 *
 * Context: any but hard interrupts. The profile is freed after a grace period.
 */
void vfio_mig_profile_put(struct vfio_mig_profile *profile)
{
	if (!refcount_dec_and_test(&profile->ref))
		return;
	vfio_mig_refused_put(profile->refused);
	vfio_mig_words_put(profile->views, profile->n);
	kfree_rcu(profile, rcu);
}
