// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles: written once, in the form in which messages carry them, then
 * copied. Whoever describes an object adds attributes to a draft, without
 * looking at errors, and seals it.
 */

#include <linux/slab.h>
#include <linux/sort.h>
#include <net/netlink.h>

#include "profile.h"
#include "text.h"

/**
 * vfio_mig_draft_alloc - begin a profile
 *
 * Context: may sleep.
 * Return: an empty draft, or NULL for want of memory.
 */
struct vfio_mig_draft *vfio_mig_draft_alloc(void)
{
	return kzalloc(sizeof(struct vfio_mig_draft), GFP_KERNEL);
}

/**
 * vfio_mig_draft_free - give a draft back
 * @draft: the draft, sealed or not, or NULL
 */
void vfio_mig_draft_free(struct vfio_mig_draft *draft)
{
	kfree(draft);
}

static struct vfio_mig_attr *draft_add(struct vfio_mig_draft *draft,
				       const char *name, u16 type)
{
	struct vfio_mig_attr *attr = &draft->attrs[draft->n];

	if (draft->n < VFIO_MIG_ATTRS_MAX)
		draft->n++;
	else if (!draft->err)
		draft->err = -E2BIG;

	memset(attr, 0, sizeof(*attr));
	attr->name = name;
	attr->type = type;
	attr->rule = VFIO_MIG_RULE_EQUAL;
	attr->severity = VFIO_MIG_SEVERITY_FAIL;
	attr->missing = VFIO_MIG_SEVERITY_FAIL;
	attr->origin = VFIO_MIG_ORIGIN_VFIO;
	return attr;
}

/**
 * vfio_mig_draft_bool - add a truth value to a draft
 * @draft: the draft
 * @name: the attribute's name, which must live as long as the draft
 * @value: the attribute's value
 *
 * Return: the attribute, never NULL, for the caller to set what is not as
 * most have it: rule equal, severity and missing fail, origin vfio. The same
 * holds for the functions that follow.
 */
struct vfio_mig_attr *vfio_mig_draft_bool(struct vfio_mig_draft *draft,
					  const char *name, bool value)
{
	struct vfio_mig_attr *attr;

	attr = draft_add(draft, name, VFIO_MIG_A_ATTR_BOOL);
	attr->flag = value;
	return attr;
}

/**
 * vfio_mig_draft_u64 - add a number to a draft
 * @draft: the draft
 * @name: the attribute's name, which must live as long as the draft
 * @value: the attribute's value
 *
 * Return: the attribute.
 */
struct vfio_mig_attr *vfio_mig_draft_u64(struct vfio_mig_draft *draft,
					 const char *name, u64 value)
{
	struct vfio_mig_attr *attr;

	attr = draft_add(draft, name, VFIO_MIG_A_ATTR_U64);
	attr->num = value;
	return attr;
}

/**
 * vfio_mig_draft_string - add a string to a draft
 * @draft: the draft
 * @name: the attribute's name, which must live as long as the draft
 * @value: the attribute's value, which is copied, and cleaned
 *
 * Return: the attribute.
 */
struct vfio_mig_attr *vfio_mig_draft_string(struct vfio_mig_draft *draft,
					    const char *name,
					    const char *value)
{
	struct vfio_mig_attr *attr;
	size_t room = sizeof(draft->text) - draft->used;
	char *str = draft->text + draft->used;

	attr = draft_add(draft, name, VFIO_MIG_A_ATTR_STRING);
	attr->str = "";
	if (room <= VFIO_MIG_STRING_MAX) {
		if (!draft->err)
			draft->err = -E2BIG;
		return attr;
	}
	vfio_mig_text_clean(str, VFIO_MIG_STRING_MAX + 1, value);
	draft->used += strlen(str) + 1;
	attr->str = str;
	return attr;
}

/**
 * vfio_mig_draft_bits - add a set of bits to a draft
 * @draft: the draft
 * @name: the attribute's name, which must live as long as the draft
 *
 * Return: the attribute, with no bit set, for the caller to set some.
 */
struct vfio_mig_attr *vfio_mig_draft_bits(struct vfio_mig_draft *draft,
					  const char *name)
{
	return draft_add(draft, name, VFIO_MIG_A_ATTR_BITS);
}

static int put_bits(struct sk_buff *skb, const u8 *bits)
{
	unsigned int len = VFIO_MIG_BITS_MAX / 8;

	while (len && !bits[len - 1])
		len--;
	return nla_put(skb, VFIO_MIG_A_ATTR_BITS, len, bits);
}

static int put_value(struct sk_buff *skb, const struct vfio_mig_attr *attr)
{
	switch (attr->type) {
	case VFIO_MIG_A_ATTR_BOOL:
		return nla_put_u8(skb, VFIO_MIG_A_ATTR_BOOL, attr->flag);
	case VFIO_MIG_A_ATTR_U64:
		/* not padded: where it will stand in a message is unknown */
		return nla_put(skb, VFIO_MIG_A_ATTR_U64, sizeof(attr->num),
			       &attr->num);
	case VFIO_MIG_A_ATTR_STRING:
		return nla_put_string(skb, VFIO_MIG_A_ATTR_STRING, attr->str);
	case VFIO_MIG_A_ATTR_BITS:
		return put_bits(skb, attr->bits);
	}
	return -EINVAL;
}

static int put_label(struct sk_buff *skb, const struct vfio_mig_label *label)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_ATTR_LABEL);

	if (!nest ||
	    nla_put_u32(skb, VFIO_MIG_A_LABEL_BIT, label->bit) ||
	    nla_put_string(skb, VFIO_MIG_A_LABEL_NAME, label->name))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_attr(struct sk_buff *skb, const struct vfio_mig_attr *attr)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_OBJECT_ATTR);
	unsigned int i;
	int err;

	if (!nest || nla_put_string(skb, VFIO_MIG_A_ATTR_NAME, attr->name))
		return -EMSGSIZE;

	err = put_value(skb, attr);
	if (err)
		return err;

	if (nla_put_u32(skb, VFIO_MIG_A_ATTR_RULE, attr->rule) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_SEVERITY, attr->severity) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_MISSING, attr->missing) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_ORIGIN, attr->origin))
		return -EMSGSIZE;

	for (i = 0; i < attr->n_labels; i++) {
		err = put_label(skb, &attr->labels[i]);
		if (err)
			return err;
	}

	nla_nest_end(skb, nest);
	return 0;
}

static int put_handle(struct sk_buff *skb, u32 id,
		      const struct vfio_mig_handle *handle)
{
	if (nla_put_u32(skb, VFIO_MIG_A_OBJECT_ID, id) ||
	    nla_put_string(skb, VFIO_MIG_A_OBJECT_BUS, handle->bus) ||
	    (handle->parent &&
	     nla_put_string(skb, VFIO_MIG_A_OBJECT_PARENT, handle->parent)) ||
	    nla_put_string(skb, VFIO_MIG_A_OBJECT_NAME, handle->name))
		return -EMSGSIZE;
	return 0;
}

static int attr_cmp(const void *a, const void *b)
{
	const struct vfio_mig_attr *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static size_t handle_size(const struct vfio_mig_handle *handle)
{
	return nla_total_size(sizeof(u32)) +
	       nla_total_size(strlen(handle->bus) + 1) +
	       (handle->parent ?
		nla_total_size(strlen(handle->parent) + 1) : 0) +
	       nla_total_size(strlen(handle->name) + 1);
}

static struct vfio_mig_profile *profile_alloc(const void *wire, size_t len)
{
	struct vfio_mig_profile *profile;

	profile = kzalloc(struct_size(profile, wire, len), GFP_KERNEL);
	if (!profile)
		return NULL;
	refcount_set(&profile->ref, 1);
	profile->len = len;
	memcpy(profile->wire, wire, len);
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
	struct vfio_mig_profile *other = profile_alloc(wire, len);

	if (!other)
		return ERR_PTR(-ENOMEM);
	other->id = profile->id;
	other->head = profile->head;
	other->available = profile->available;
	other->is_type = profile->is_type;
	return other;
}

/**
 * vfio_mig_draft_seal - make a profile of a draft
 * @draft: the draft, which stays the caller's
 * @id: id of the object
 * @handle: handle of the object
 *
 * Context: may sleep.
 * Return: a profile of one reference, the caller's, or an ERR_PTR: -E2BIG if
 * it is over a limit, -EEXIST if a name stands in it twice, -ENOMEM.
 */
struct vfio_mig_profile *
vfio_mig_draft_seal(struct vfio_mig_draft *draft, u32 id,
		    const struct vfio_mig_handle *handle)
{
	size_t head = handle_size(handle);
	struct vfio_mig_profile *profile;
	struct sk_buff *skb;
	unsigned int i;
	int err;

	if (draft->err)
		return ERR_PTR(draft->err);

	sort(draft->attrs, draft->n, sizeof(draft->attrs[0]), attr_cmp, NULL);
	for (i = 1; i < draft->n; i++)
		if (!attr_cmp(&draft->attrs[i - 1], &draft->attrs[i]))
			return ERR_PTR(-EEXIST);

	skb = nlmsg_new(head + VFIO_MIG_PROFILE_MAX, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOMEM);

	err = put_handle(skb, id, handle);
	for (i = 0; !err && i < draft->n; i++)
		err = put_attr(skb, &draft->attrs[i]);

	if (err == -EMSGSIZE || skb->len > head + VFIO_MIG_PROFILE_MAX) {
		profile = ERR_PTR(-E2BIG);
	} else if (err) {
		profile = ERR_PTR(err);
	} else {
		profile = profile_alloc(skb->data, skb->len);
		if (profile) {
			profile->id = id;
			profile->head = head;
		} else {
			profile = ERR_PTR(-ENOMEM);
		}
	}

	nlmsg_free(skb);
	return profile;
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
	return a->available == b->available && a->len == b->len &&
	       !memcmp(a->wire, b->wire, a->len);
}

/**
 * vfio_mig_profile_put - drop a reference
 * @profile: the profile
 *
 * Context: any. The profile is freed after a grace period.
 */
void vfio_mig_profile_put(struct vfio_mig_profile *profile)
{
	if (refcount_dec_and_test(&profile->ref))
		kfree_rcu(profile, rcu);
}
