// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes what was read with match.c, in the one form in which everything is
 * written: two attributes that say the same are the same bytes.
 */

#include <net/netlink.h>

#include "value.h"

/**
 * vfio_mig_value_size - size of a nest that holds a value
 * @value: the value
 *
 * Return: bytes that vfio_mig_put_value() takes, 0 if there is no value that
 * is known.
 */
size_t vfio_mig_value_size(const struct vfio_mig_value *value)
{
	size_t size;

	switch (value->type) {
	case VFIO_MIG_A_ATTR_BOOL:
		size = sizeof(u8);
		break;
	case VFIO_MIG_A_ATTR_U64:
		size = sizeof(u64);
		break;
	case VFIO_MIG_A_ATTR_STRING:
		size = value->len + 1;
		break;
	case VFIO_MIG_A_ATTR_VERSION:
		size = 3 * nla_total_size(sizeof(u32));
		break;
	case VFIO_MIG_A_ATTR_BITS:
		size = value->len;
		break;
	default:
		return 0;
	}
	return nla_total_size(nla_total_size(size));
}

/**
 * vfio_mig_put_text - write a string that no NUL ends, and a NUL
 * @skb: where to
 * @type: of the attribute
 * @text: the string
 * @len: bytes at @text
 *
 * Return: 0 or -EMSGSIZE, as all functions here.
 */
int vfio_mig_put_text(struct sk_buff *skb, int type, const void *text,
		      size_t len)
{
	struct nlattr *attr = nla_reserve(skb, type, len + 1);
	char *to;

	if (!attr)
		return -EMSGSIZE;
	to = nla_data(attr);
	memcpy(to, text, len);
	to[len] = '\0';
	return 0;
}

static int put_version(struct sk_buff *skb, const u32 *version)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_ATTR_VERSION);

	if (!nest ||
	    nla_put_u32(skb, VFIO_MIG_A_VERSION_MAJOR, version[0]) ||
	    nla_put_u32(skb, VFIO_MIG_A_VERSION_MINOR, version[1]) ||
	    nla_put_u32(skb, VFIO_MIG_A_VERSION_PATCH, version[2]))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * vfio_mig_put_typed - write a value that is known, as a member
 * @skb: where to
 * @value: the value
 *
 * Return: 0 or a negative error.
 */
int vfio_mig_put_typed(struct sk_buff *skb,
		       const struct vfio_mig_value *value)
{
	switch (value->type) {
	case VFIO_MIG_A_ATTR_BOOL:
		return nla_put_u8(skb, value->type, value->num);
	case VFIO_MIG_A_ATTR_U64:
		return nla_put(skb, value->type, sizeof(u64), &value->num);
	case VFIO_MIG_A_ATTR_STRING:
		return vfio_mig_put_text(skb, value->type, value->data,
					 value->len);
	case VFIO_MIG_A_ATTR_VERSION:
		return put_version(skb, value->version);
	case VFIO_MIG_A_ATTR_BITS:
		return nla_put(skb, value->type, value->len, value->data);
	}
	return -EINVAL;
}

/**
 * vfio_mig_put_value - write a value as a nest of its own
 * @skb: where to
 * @type: of the nest
 * @value: the value; nothing is written if there is none that is known
 *
 * Return: 0 or -EMSGSIZE.
 */
int vfio_mig_put_value(struct sk_buff *skb, int type,
		       const struct vfio_mig_value *value)
{
	struct nlattr *nest;

	if (!vfio_mig_value_size(value))
		return 0;
	nest = nla_nest_start(skb, type);
	if (!nest || vfio_mig_put_typed(skb, value))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * vfio_mig_put_range - write an entry of a list
 * @skb: where to
 * @type: of the list
 * @range: the entry
 *
 * Return: 0 or -EMSGSIZE.
 */
int vfio_mig_put_range(struct sk_buff *skb, int type,
		       const struct vfio_mig_range *range)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest ||
	    vfio_mig_put_value(skb, VFIO_MIG_A_RANGE_VALUE, &range->value) ||
	    vfio_mig_put_value(skb, VFIO_MIG_A_RANGE_MIN, &range->min) ||
	    vfio_mig_put_value(skb, VFIO_MIG_A_RANGE_MAX, &range->max))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * vfio_mig_put_label - write what a bit is called
 * @skb: where to
 * @bit: the bit
 *
 * Return: 0 or -EMSGSIZE.
 */
int vfio_mig_put_label(struct sk_buff *skb, const struct vfio_mig_bit *bit)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_ATTR_LABEL);

	if (!nest || nla_put_u32(skb, VFIO_MIG_A_LABEL_BIT, bit->number) ||
	    vfio_mig_put_text(skb, VFIO_MIG_A_LABEL_NAME, bit->name, bit->len))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_lists(struct sk_buff *skb, const struct vfio_mig_view *view)
{
	struct vfio_mig_range range;
	struct vfio_mig_bit bit;
	u16 cursor = 0;

	while (vfio_mig_next_bit(view, &cursor, &bit))
		if (vfio_mig_put_label(skb, &bit))
			return -EMSGSIZE;

	cursor = 0;
	while (vfio_mig_next_accept(view, &cursor, &range))
		if (vfio_mig_put_range(skb, VFIO_MIG_A_ATTR_ACCEPT,
				       &range))
			return -EMSGSIZE;

	cursor = 0;
	while (vfio_mig_next_settable(view, &cursor, &range))
		if (vfio_mig_put_range(skb, VFIO_MIG_A_ATTR_SETTABLE,
				       &range))
			return -EMSGSIZE;
	return 0;
}

/**
 * vfio_mig_put_view - write an attribute that was read, and is known
 * @skb: where to
 * @view: the attribute
 *
 * Return: 0 or a negative error.
 */
int vfio_mig_put_view(struct sk_buff *skb, const struct vfio_mig_view *view)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_OBJECT_ATTR);

	if (!nest ||
	    vfio_mig_put_text(skb, VFIO_MIG_A_ATTR_NAME, view->name,
			      view->name_len) ||
	    vfio_mig_put_typed(skb, &view->value) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_RULE, view->rule) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_SEVERITY, view->severity) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_MISSING, view->missing) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_ORIGIN, view->origin) ||
	    (view->scope &&
	     nla_put_u32(skb, VFIO_MIG_A_ATTR_SCOPE, view->scope)) ||
	    put_lists(skb, view))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
