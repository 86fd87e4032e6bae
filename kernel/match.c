// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
/*
 * Reading profiles, and holding a source against a target.
 *
 * A profile is what stands on the wire: one VFIO_MIG_A_OBJECT_ATTR nest for
 * each attribute, one after another. Whatever else stands between them is
 * somebody else's business, and passed over. Nothing here allocates, recurses
 * or sleeps, and nothing reads beyond the bytes it was given, whatever they
 * are: they may come from another host.
 *
 * Compiled into the kernel module and into the library.
 */

#include "match.h"

#include <linux/errno.h>
#include <linux/netlink.h>
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

/**
 * struct walk - attributes that are walked through
 * @pos: the next one
 * @end: where they end
 */
struct walk {
	const __u8 *pos;
	const __u8 *end;
};

/**
 * struct tlv - an attribute of netlink
 * @start: where it begins
 * @data: its payload
 * @len: bytes at @data
 * @type: its number, without the flags
 */
struct tlv {
	const __u8 *start;
	const __u8 *data;
	__u16 len;
	__u16 type;
};

/**
 * struct reader - something that is being read
 * @liberal: what is not known makes an attribute unknown, instead of wrong
 * @at: the member that is at fault
 * @reason: why it is
 */
struct reader {
	bool liberal;
	const __u8 *at;
	const char *reason;
};

static int refuse(struct reader *r, const __u8 *at, const char *reason)
{
	r->at = at;
	r->reason = reason;
	return -EINVAL;
}

static struct walk walk_in(const struct tlv *nest)
{
	return (struct walk){ nest->data, nest->data + nest->len };
}

/* Returns 1, 0 at the end, -EINVAL if what stands there is no attribute. */
static int walk_next(struct reader *r, struct walk *w, struct tlv *t)
{
	size_t left = w->end - w->pos, size;
	__u16 head[2];

	if (!left)
		return 0;
	if (left < NLA_HDRLEN)
		return refuse(r, w->pos, "cut off");

	/* the length, then the type */
	memcpy(head, w->pos, sizeof(head));
	if (head[0] < NLA_HDRLEN || head[0] > left)
		return refuse(r, w->pos, "cut off");

	t->start = w->pos;
	t->data = w->pos + NLA_HDRLEN;
	t->len = head[0] - NLA_HDRLEN;
	t->type = head[1] & NLA_TYPE_MASK;
	/* nothing need pad the last one */
	size = NLA_ALIGN(head[0]);
	w->pos += size < left ? size : left;
	return 1;
}

/* The next attribute of a profile. */
static int walk_profile(struct reader *r, struct walk *w, struct tlv *t)
{
	int got;

	do {
		got = walk_next(r, w, t);
	} while (got > 0 && t->type != VFIO_MIG_A_OBJECT_ATTR);

	return got;
}

/* Whatever stands in front of it need not be right. */
static bool find_member(const struct tlv *nest, __u16 type, struct tlv *t)
{
	struct reader r = { .liberal = true };
	struct walk w = walk_in(nest);

	while (walk_next(&r, &w, t) > 0)
		if (t->type == type)
			return true;

	return false;
}

/*
 * From here to read_attr() the shape of things is read, and what in it is not
 * known. Whether the content makes sense is looked at further down, once for
 * each profile; this here is done again by each comparison.
 */

static int met_unknown(struct reader *r, const struct tlv *t, bool *unknown)
{
	if (!r->liberal)
		return refuse(r, t->start, "unknown member");
	*unknown = true;
	return 0;
}

/* A member that may come once has come. */
static int met(struct reader *r, const struct tlv *t, __u32 *seen)
{
	if (*seen & 1u << t->type)
		return refuse(r, t->start, "member comes twice");
	*seen |= 1u << t->type;
	return 0;
}

static int read_u32(struct reader *r, const struct tlv *t, __u32 *number)
{
	if (t->len != sizeof(*number))
		return refuse(r, t->start, "number is not of 4 bytes");
	memcpy(number, t->data, sizeof(*number));
	return 0;
}

/* One of enums that begin with 1. What is none of them is 0. */
static int read_enum(struct reader *r, const struct tlv *t, __u32 max,
		     __u8 *number, bool *unknown)
{
	__u32 n;
	int err;

	err = read_u32(r, t, &n);
	if (err)
		return err;
	if (n && n <= max) {
		*number = n;
		return 0;
	}
	*number = 0;
	if (!r->liberal)
		return refuse(r, t->start,
			      "unknown rule, severity, origin or scope");
	*unknown = true;
	return 0;
}

static int read_text(struct reader *r, const struct tlv *t, __u16 *len)
{
	if (!t->len || t->data[t->len - 1])
		return refuse(r, t->start, "text does not end with a NUL");
	*len = t->len - 1;
	return 0;
}

static int read_version(struct reader *r, const struct tlv *nest,
			__u32 version[3], bool *unknown)
{
	struct walk w = walk_in(nest);
	__u32 seen = 0;
	struct tlv t;
	int err, got;

	while ((got = walk_next(r, &w, &t)) > 0) {
		if (!t.type || t.type > VFIO_MIG_A_VERSION_PATCH) {
			err = met_unknown(r, &t, unknown);
		} else {
			err = met(r, &t, &seen);
			if (!err)
				err = read_u32(r, &t, &version[t.type - 1]);
		}
		if (err)
			return err;
	}
	if (got < 0)
		return got;
	if (seen != (1u << VFIO_MIG_A_VERSION_MAJOR |
		     1u << VFIO_MIG_A_VERSION_MINOR |
		     1u << VFIO_MIG_A_VERSION_PATCH))
		return refuse(r, nest->start,
			      "version is not major, minor and patch");
	return 0;
}

static bool is_value(__u16 type)
{
	return type >= VFIO_MIG_A_ATTR_BOOL && type <= VFIO_MIG_A_ATTR_BITS;
}

static int read_bits(struct reader *r, const struct tlv *t)
{
	if (t->len > VFIO_MIG_BITS_MAX / 8)
		return refuse(r, t->start, "more than 256 bits");
	/* or there would be two ways to say the same */
	if (t->len && !t->data[t->len - 1])
		return refuse(r, t->start, "zeroes stand behind the last bit");
	return 0;
}

/* A member for which is_value() holds. */
static int read_value(struct reader *r, const struct tlv *t,
		      struct vfio_mig_value *value, bool *unknown)
{
	if (value->type)
		return refuse(r, t->start, "more than one value");
	value->type = t->type;
	value->len = t->len;

	switch (t->type) {
	case VFIO_MIG_A_ATTR_BOOL:
		if (t->len != 1 || t->data[0] > 1)
			return refuse(r, t->start, "bool is neither 0 nor 1");
		value->num = t->data[0];
		return 0;
	case VFIO_MIG_A_ATTR_U64:
		if (t->len != sizeof(value->num))
			return refuse(r, t->start, "number is not of 8 bytes");
		memcpy(&value->num, t->data, sizeof(value->num));
		return 0;
	case VFIO_MIG_A_ATTR_VERSION:
		return read_version(r, t, value->version, unknown);
	case VFIO_MIG_A_ATTR_STRING:
		value->data = t->data;
		return read_text(r, t, &value->len);
	default:
		value->data = t->data;
		return read_bits(r, t);
	}
}

/* The value in a nest of its own: an end of a range. */
static int read_end(struct reader *r, const struct tlv *nest,
		    struct vfio_mig_value *value, bool *unknown)
{
	struct walk w = walk_in(nest);
	bool strange = false;
	struct tlv t;
	int err, got;

	while ((got = walk_next(r, &w, &t)) > 0) {
		if (is_value(t.type))
			err = read_value(r, &t, value, &strange);
		else
			err = met_unknown(r, &t, &strange);
		if (err)
			return err;
	}
	if (got < 0)
		return got;
	if (!value->type && !strange)
		return refuse(r, nest->start, "no value");
	if (strange)
		*unknown = true;
	return 0;
}

static int read_range(struct reader *r, const struct tlv *nest,
		      struct vfio_mig_range *range, bool *unknown)
{
	struct walk w = walk_in(nest);
	struct vfio_mig_value *end;
	__u32 seen = 0;
	struct tlv t;
	int err, got;

	memset(range, 0, sizeof(*range));
	while ((got = walk_next(r, &w, &t)) > 0) {
		switch (t.type) {
		case VFIO_MIG_A_RANGE_VALUE:
			end = &range->value;
			break;
		case VFIO_MIG_A_RANGE_MIN:
			end = &range->min;
			break;
		case VFIO_MIG_A_RANGE_MAX:
			end = &range->max;
			break;
		default:
			err = met_unknown(r, &t, unknown);
			if (err)
				return err;
			continue;
		}
		err = met(r, &t, &seen);
		if (!err)
			err = read_end(r, &t, end, unknown);
		if (err)
			return err;
	}
	if (got < 0)
		return got;
	if (seen & 1u << VFIO_MIG_A_RANGE_VALUE &&
	    seen != 1u << VFIO_MIG_A_RANGE_VALUE)
		return refuse(r, nest->start, "value beside min or max");
	return 0;
}

static int read_bit(struct reader *r, const struct tlv *nest,
		    struct vfio_mig_bit *bit, bool *unknown)
{
	struct walk w = walk_in(nest);
	__u32 seen = 0;
	struct tlv t;
	int err, got;

	while ((got = walk_next(r, &w, &t)) > 0) {
		if (!t.type || t.type > VFIO_MIG_A_LABEL_NAME) {
			err = met_unknown(r, &t, unknown);
			if (err)
				return err;
			continue;
		}
		err = met(r, &t, &seen);
		if (err)
			return err;
		if (t.type == VFIO_MIG_A_LABEL_BIT) {
			err = read_u32(r, &t, &bit->number);
		} else {
			bit->name = (const char *)t.data;
			err = read_text(r, &t, &bit->len);
		}
		if (err)
			return err;
	}
	if (got < 0)
		return got;
	if (seen != (1u << VFIO_MIG_A_LABEL_BIT | 1u << VFIO_MIG_A_LABEL_NAME))
		return refuse(r, nest->start, "label is not a bit and a name");
	return 0;
}

static int read_item(struct reader *r, const struct tlv *t,
		     struct vfio_mig_view *view, struct vfio_mig_items *items)
{
	struct vfio_mig_range range;
	struct vfio_mig_bit bit;

	if (!items->n++)
		items->first = t->start - view->wire;

	if (t->type == VFIO_MIG_A_ATTR_LABEL)
		return read_bit(r, t, &bit, &view->unknown);

	return read_range(r, t, &range, &view->unknown);
}

static int read_name(struct reader *r, const struct tlv *t,
		     struct vfio_mig_view *view)
{
	__u16 len;
	int err;

	err = read_text(r, t, &len);
	if (err)
		return err;
	if (!len || len > VFIO_MIG_NAME_MAX)
		return refuse(r, t->start, "name is not of 1 to 63 bytes");
	view->name = (const char *)t->data;
	view->name_len = len;
	return 0;
}

static int read_member(struct reader *r, const struct tlv *t,
		       struct vfio_mig_view *view, __u32 *seen)
{
	int err;

	switch (t->type) {
	case VFIO_MIG_A_ATTR_LABEL:
		return read_item(r, t, view, &view->labels);
	case VFIO_MIG_A_ATTR_ACCEPT:
		return read_item(r, t, view, &view->accept);
	case VFIO_MIG_A_ATTR_SETTABLE:
		return read_item(r, t, view, &view->settable);
	}
	if (is_value(t->type))
		return read_value(r, t, &view->value, &view->unknown);
	if (!t->type || t->type > VFIO_MIG_A_ATTR_MAX) {
		view->more = true;
		return met_unknown(r, t, &view->unknown);
	}

	err = met(r, t, seen);
	if (err)
		return err;
	switch (t->type) {
	case VFIO_MIG_A_ATTR_NAME:
		return read_name(r, t, view);
	case VFIO_MIG_A_ATTR_RULE:
		return read_enum(r, t, VFIO_MIG_RULE_AT_LEAST, &view->rule,
				 &view->unknown);
	case VFIO_MIG_A_ATTR_SEVERITY:
		return read_enum(r, t, VFIO_MIG_SEVERITY_FAIL,
				 &view->severity, &view->unknown);
	case VFIO_MIG_A_ATTR_MISSING:
		return read_enum(r, t, VFIO_MIG_SEVERITY_FAIL, &view->missing,
				 &view->unknown);
	case VFIO_MIG_A_ATTR_SCOPE:
		return read_enum(r, t, VFIO_MIG_SCOPE_ALL, &view->scope,
				 &view->unknown);
	default:
		return read_enum(r, t, VFIO_MIG_ORIGIN_ADMIN, &view->origin,
				 &view->unknown);
	}
}

/*
 * Reads an attribute. A member that is not known may be what holds its value,
 * or anything else that is not there.
 */
static int read_attr(struct reader *r, const struct tlv *nest,
		     struct vfio_mig_view *view)
{
	struct walk w = walk_in(nest);
	__u32 seen = 0;
	struct tlv t;
	int err, got;

	memset(view, 0, sizeof(*view));
	view->wire = nest->start;
	view->len = NLA_HDRLEN + nest->len;
	view->rule = VFIO_MIG_RULE_EQUAL;
	view->severity = VFIO_MIG_SEVERITY_FAIL;
	view->origin = VFIO_MIG_ORIGIN_ADMIN;

	while ((got = walk_next(r, &w, &t)) > 0) {
		err = read_member(r, &t, view, &seen);
		if (err)
			return err;
	}
	if (got < 0)
		return got;

	if (!view->name)
		return refuse(r, nest->start, "no name");
	if (!view->value.type && !view->more)
		return refuse(r, nest->start, "no value");
	if (!(seen & 1u << VFIO_MIG_A_ATTR_MISSING))
		view->missing = view->severity;
	view->takes_itself = !view->unknown &&
			     view->rule != VFIO_MIG_RULE_NONE;
	view->informs = !view->unknown && view->rule == VFIO_MIG_RULE_ANY;
	return 0;
}

static bool next_item(const struct vfio_mig_view *view,
		      const struct vfio_mig_items *items, __u16 type,
		      __u16 *cursor, struct tlv *t)
{
	struct reader r = { .liberal = true };
	struct walk w;
	int got;

	if (!items->n)
		return false;
	if (!*cursor)
		*cursor = items->first;
	w.pos = view->wire + *cursor;
	w.end = view->wire + view->len;
	do {
		got = walk_next(&r, &w, t);
	} while (got > 0 && t->type != type);

	*cursor = w.pos - view->wire;
	return got > 0;
}

static bool next_range(const struct vfio_mig_view *view,
		       const struct vfio_mig_items *items, __u16 type,
		       __u16 *cursor, struct vfio_mig_range *range)
{
	struct reader r = { .liberal = true };
	bool unknown;
	struct tlv t;

	return next_item(view, items, type, cursor, &t) &&
	       !read_range(&r, &t, range, &unknown);
}

/**
 * vfio_mig_next_accept - the next of the values that an attribute accepts
 * @view: the attribute
 * @cursor: zero at first
 * @range: the entry
 *
 * Return: false if there are no more.
 */
bool vfio_mig_next_accept(const struct vfio_mig_view *view, __u16 *cursor,
			  struct vfio_mig_range *range)
{
	return next_range(view, &view->accept, VFIO_MIG_A_ATTR_ACCEPT, cursor,
			  range);
}

/**
 * vfio_mig_next_settable - the next of the values an attribute can be set to
 * @view: the attribute
 * @cursor: zero at first
 * @range: the entry
 *
 * Return: false if there are no more.
 */
bool vfio_mig_next_settable(const struct vfio_mig_view *view, __u16 *cursor,
			    struct vfio_mig_range *range)
{
	return next_range(view, &view->settable, VFIO_MIG_A_ATTR_SETTABLE,
			  cursor, range);
}

/**
 * vfio_mig_next_bit - the next of an attribute's bits that have a name
 * @view: the attribute
 * @cursor: zero at first
 * @bit: the bit
 *
 * Return: false if there are no more.
 */
bool vfio_mig_next_bit(const struct vfio_mig_view *view, __u16 *cursor,
		       struct vfio_mig_bit *bit)
{
	struct reader r = { .liberal = true };
	bool unknown;
	struct tlv t;

	return next_item(view, &view->labels, VFIO_MIG_A_ATTR_LABEL, cursor,
			 &t) &&
	       !read_bit(&r, &t, bit, &unknown);
}

static bool same_bytes(const void *a, size_t len_a, const void *b,
		       size_t len_b)
{
	return len_a == len_b && !memcmp(a, b, len_a);
}

/**
 * vfio_mig_same_value - are two values the same?
 * @a: a value
 * @b: a value
 *
 * Return: whether they are of one type, and the same.
 */
bool vfio_mig_same_value(const struct vfio_mig_value *a,
			 const struct vfio_mig_value *b)
{
	if (a->type != b->type)
		return false;

	switch (a->type) {
	case VFIO_MIG_A_ATTR_BOOL:
	case VFIO_MIG_A_ATTR_U64:
		return a->num == b->num;
	case VFIO_MIG_A_ATTR_VERSION:
		return !memcmp(a->version, b->version, sizeof(a->version));
	default:
		return same_bytes(a->data, a->len, b->data, b->len);
	}
}

/* Types whose values have an order. */
static bool is_ordered(__u16 type)
{
	return type == VFIO_MIG_A_ATTR_U64 || type == VFIO_MIG_A_ATTR_VERSION;
}

/* Types of which lists can be made. */
static bool is_listed(__u16 type)
{
	return is_ordered(type) || type == VFIO_MIG_A_ATTR_STRING;
}

/* Both are of one type, which has an order. */
static int compare(const struct vfio_mig_value *a,
		   const struct vfio_mig_value *b)
{
	unsigned int i;

	if (a->type == VFIO_MIG_A_ATTR_U64)
		return (a->num > b->num) - (a->num < b->num);

	for (i = 0; i < 2; i++)
		if (a->version[i] != b->version[i])
			break;

	return (a->version[i] > b->version[i]) -
	       (a->version[i] < b->version[i]);
}

static int compare_names(const char *a, size_t len_a, const char *b,
			 size_t len_b)
{
	int order = memcmp(a, b, len_a < len_b ? len_a : len_b);

	return order ? order : (len_a > len_b) - (len_a < len_b);
}

/*
 * The edges of a range of values that have an order. Where an end is open, a
 * number runs to its limit, a version to the edge of the other end's major.
 */
static void edges(const struct vfio_mig_range *range, __u16 type,
		  struct vfio_mig_value *min, struct vfio_mig_value *max)
{
	*min = (struct vfio_mig_value){ .type = type };
	*max = (struct vfio_mig_value){ .type = type };

	if (type == VFIO_MIG_A_ATTR_U64) {
		max->num = ~0ULL;
	} else {
		max->version[0] = ~0U;
		max->version[1] = ~0U;
		max->version[2] = ~0U;
		if (range->max.type)
			min->version[0] = range->max.version[0];
		if (range->min.type)
			max->version[0] = range->min.version[0];
	}
	if (range->min.type)
		*min = range->min;
	if (range->max.type)
		*max = range->max;
}

static bool is_within(const struct vfio_mig_range *range,
		      const struct vfio_mig_value *value)
{
	struct vfio_mig_value min, max;

	if (range->value.type)
		return vfio_mig_same_value(&range->value, value);
	if (!range->min.type && !range->max.type)
		return true;

	edges(range, value->type, &min, &max);
	return compare(&min, value) <= 0 && compare(value, &max) <= 0;
}

static bool is_accepted(const struct vfio_mig_view *view,
			const struct vfio_mig_value *value)
{
	struct vfio_mig_range range;
	__u16 cursor = 0;

	while (vfio_mig_next_accept(view, &cursor, &range))
		if (is_within(&range, value))
			return true;

	return false;
}

/**
 * vfio_mig_can_set - can an attribute be set to that value?
 * @view: the attribute
 * @value: the value, of the attribute's type
 *
 * Return: whether it is one of those in the attribute's list.
 */
bool vfio_mig_can_set(const struct vfio_mig_view *view,
		      const struct vfio_mig_value *value)
{
	struct vfio_mig_range range;
	__u16 cursor = 0;

	while (vfio_mig_next_settable(view, &cursor, &range))
		if (is_within(&range, value))
			return true;

	return false;
}

/* The type of the values in the list of a rule; 0 without. */
static __u16 type_of_list(const struct tlv *rule)
{
	struct reader r = { .liberal = true };
	struct walk ranges = walk_in(rule), ends, values;
	struct tlv range, end, value;

	while (walk_next(&r, &ranges, &range) > 0) {
		if (range.type != VFIO_MIG_A_ATTR_ACCEPT)
			continue;
		ends = walk_in(&range);
		while (walk_next(&r, &ends, &end) > 0) {
			values = walk_in(&end);
			while (walk_next(&r, &values, &value) > 0)
				if (is_value(value.type))
					return value.type;
		}
	}
	return 0;
}

/**
 * vfio_mig_rule_type - of what type are the values that a rule is for?
 * @attr: members of an attribute that has a rule, and no value
 * @len: bytes at @attr
 *
 * A rule that is to hold wherever an attribute has it can be read, and judged,
 * beside a value of that type.
 *
 * Return: the number of the member that is such a value; that of a bool where
 * values of each type will do.
 */
__u16 vfio_mig_rule_type(const void *attr, size_t len)
{
	const struct tlv nest = { .data = attr, .len = len };
	struct walk w = walk_in(&nest);
	struct reader r = { .liberal = true };
	__u16 type = type_of_list(&nest);
	__u32 rule = 0;
	struct tlv t;

	if (type)
		return type;
	while (walk_next(&r, &w, &t) > 0)
		if (t.type == VFIO_MIG_A_ATTR_RULE && read_u32(&r, &t, &rule))
			break;
	switch (rule) {
	case VFIO_MIG_RULE_ONE_OF:
		return VFIO_MIG_A_ATTR_STRING;
	case VFIO_MIG_RULE_SEMVER:
		return VFIO_MIG_A_ATTR_VERSION;
	case VFIO_MIG_RULE_SUPERSET:
		return VFIO_MIG_A_ATTR_BITS;
	case VFIO_MIG_RULE_AT_LEAST:
		return VFIO_MIG_A_ATTR_U64;
	default:
		return VFIO_MIG_A_ATTR_BOOL;
	}
}

static bool is_subset(const struct vfio_mig_value *bits,
		      const struct vfio_mig_value *of)
{
	unsigned int i;

	/* no zeroes stand at the end */
	if (of->type != VFIO_MIG_A_ATTR_BITS || bits->len > of->len)
		return false;
	for (i = 0; i < bits->len; i++)
		if (bits->data[i] & ~of->data[i])
			return false;

	return true;
}

/* Does the target's rule accept the source's value? They are of one type. */
static bool accepts(const struct vfio_mig_view *target,
		    const struct vfio_mig_value *value)
{
	const struct vfio_mig_value *own = &target->value;

	switch (target->rule) {
	case VFIO_MIG_RULE_ANY:
		return true;
	case VFIO_MIG_RULE_EQUAL:
		return vfio_mig_same_value(own, value);
	case VFIO_MIG_RULE_ONE_OF:
		return vfio_mig_same_value(own, value) ||
		       is_accepted(target, value);
	case VFIO_MIG_RULE_SEMVER:
		return own->version[0] == value->version[0] &&
		       own->version[1] >= value->version[1];
	case VFIO_MIG_RULE_SUPERSET:
		return is_subset(value, own);
	case VFIO_MIG_RULE_AT_LEAST:
		return compare(own, value) >= 0;
	default:
		return false;
	}
}

/* The smallest in the list that is enough for @value, of type 0 if none. */
static void least_enough(const struct vfio_mig_view *target,
			 const struct vfio_mig_value *value,
			 struct vfio_mig_value *set)
{
	struct vfio_mig_value min, max;
	struct vfio_mig_range range;
	__u16 cursor = 0;

	while (vfio_mig_next_settable(target, &cursor, &range)) {
		if (range.value.type) {
			min = range.value;
			max = range.value;
		} else {
			edges(&range, value->type, &min, &max);
		}
		if (compare(&max, value) < 0)
			continue;
		if (compare(&min, value) < 0)
			min = *value;
		if (!set->type || compare(&min, set) < 0)
			*set = min;
	}
}

/* What the target must be set to so that it accepts, of type 0 if it cannot. */
static void find_set(const struct vfio_mig_view *target,
		     const struct vfio_mig_value *value,
		     struct vfio_mig_value *set)
{
	if (target->rule == VFIO_MIG_RULE_AT_LEAST)
		least_enough(target, value, set);
	else if (target->rule == VFIO_MIG_RULE_EQUAL &&
		 vfio_mig_can_set(target, value))
		*set = *value;
}

/**
 * vfio_mig_char_len - size of a character that may stand in a string
 * @s: where it begins
 * @left: bytes from there to the string's end, at least one
 *
 * Return: how many bytes of UTF-8 it takes; 0 if what stands there is not
 * UTF-8, or is a control character.
 */
unsigned int vfio_mig_char_len(const __u8 *s, size_t left)
{
	unsigned int i, n;
	__u32 c, min;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;

	if ((s[0] & 0xe0) == 0xc0) {
		n = 2;
		c = s[0] & 0x1f;
		min = 0xa0;
	} else if ((s[0] & 0xf0) == 0xe0) {
		n = 3;
		c = s[0] & 0x0f;
		min = 0x800;
	} else if ((s[0] & 0xf8) == 0xf0) {
		n = 4;
		c = s[0] & 0x07;
		min = 0x10000;
	} else {
		return 0;
	}
	if (left < n)
		return 0;

	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

static bool is_text(const __u8 *s, size_t len)
{
	while (len) {
		/* most is ASCII */
		unsigned int n = *s >= 0x20 && *s < 0x7f ? 1 :
				 vfio_mig_char_len(s, len);

		if (!n)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

/* What names consist of. */
#define SMALL	1
#define CAPITAL	2
#define MARK	4

static const __u8 letters[256] = {
	['a' ... 'z'] = SMALL,
	['0' ... '9'] = SMALL,
	['A' ... 'Z'] = CAPITAL,
	['.'] = MARK,
	['_'] = MARK,
	['-'] = MARK,
};

/* Of attributes, or of bits, whose names may have capitals. */
static bool is_name(const char *s, size_t len, bool capitals)
{
	__u8 may = capitals ? SMALL | CAPITAL : SMALL;
	size_t i;

	if (!(letters[(__u8)s[0]] & may))
		return false;
	may |= MARK;
	for (i = 1; i < len; i++)
		if (!(letters[(__u8)s[i]] & may))
			return false;

	return true;
}

static int check_value(struct reader *r, const __u8 *at,
		       const struct vfio_mig_value *value)
{
	if (value->type != VFIO_MIG_A_ATTR_STRING)
		return 0;
	if (!value->len || value->len > VFIO_MIG_STRING_MAX)
		return refuse(r, at, "string is not of 1 to 255 bytes");
	if (!is_text(value->data, value->len))
		return refuse(r, at,
			      "string is not UTF-8 without control characters");
	return 0;
}

/* An entry, or an end of it, against the type of the attribute's value. */
static int check_end(struct reader *r, const __u8 *at,
		     const struct vfio_mig_value *end, __u16 type)
{
	if (end->type && type && end->type != type)
		return refuse(r, at, "list has a value of another type");

	return check_value(r, at, end);
}

static int check_range(struct reader *r, const __u8 *at,
		       const struct vfio_mig_range *range, __u16 type)
{
	const struct vfio_mig_value *min = &range->min, *max = &range->max;
	int err;

	err = check_end(r, at, &range->value, type);
	if (!err)
		err = check_end(r, at, min, type);
	if (!err)
		err = check_end(r, at, max, type);
	if (err)
		return err;

	if ((min->type && !is_ordered(min->type)) ||
	    (max->type && !is_ordered(max->type)))
		return refuse(r, at, "only u64 and version have ranges");
	if (min->type && min->type == max->type && compare(min, max) > 0)
		return refuse(r, at, "min is above max");
	return 0;
}

static int check_list(struct reader *r, const struct vfio_mig_view *view,
		      const struct vfio_mig_items *items, __u16 type)
{
	struct vfio_mig_range range;
	bool unknown = false;
	__u16 cursor = 0;
	struct tlv t;
	int err;

	while (next_item(view, items, type, &cursor, &t)) {
		/* reads again what was in order once */
		read_range(r, &t, &range, &unknown);
		err = check_range(r, t.start, &range, view->value.type);
		if (err)
			return err;
	}
	if (items->n > VFIO_MIG_LIST_MAX)
		return refuse(r, view->wire + items->first,
			      "more than 32 entries in a list");
	if (items->n && view->value.type && !is_listed(view->value.type))
		return refuse(r, view->wire + items->first,
			      "only u64, string and version have lists");
	return 0;
}

static int check_lists(struct reader *r, const struct vfio_mig_view *view)
{
	int err;

	if (!view->accept.n && !view->settable.n &&
	    view->rule != VFIO_MIG_RULE_ONE_OF)
		return 0;

	err = check_list(r, view, &view->accept, VFIO_MIG_A_ATTR_ACCEPT);
	if (!err)
		err = check_list(r, view, &view->settable,
				 VFIO_MIG_A_ATTR_SETTABLE);
	if (err || !view->rule)
		return err;

	if (view->accept.n && view->rule != VFIO_MIG_RULE_ONE_OF)
		return refuse(r, view->wire + view->accept.first,
			      "accept belongs to the rule one-of");
	if (view->settable.n && view->rule != VFIO_MIG_RULE_EQUAL &&
	    view->rule != VFIO_MIG_RULE_AT_LEAST)
		return refuse(r, view->wire + view->settable.first,
			      "settable belongs to the rules equal and at-least");
	if (view->rule == VFIO_MIG_RULE_ONE_OF && !view->accept.n &&
	    !view->more)
		return refuse(r, view->wire, "one-of without a list");
	return 0;
}

/* Is another of the bits before this one called the same? */
static bool is_twin(const struct vfio_mig_view *view, __u16 before,
		    const struct vfio_mig_bit *bit)
{
	struct vfio_mig_bit other;
	__u16 cursor = 0;

	while (vfio_mig_next_bit(view, &cursor, &other) && cursor <= before)
		if (same_bytes(other.name, other.len, bit->name, bit->len))
			return true;

	return false;
}

/* A number that names which are the same have in common. */
static __u8 heap_of(const struct vfio_mig_bit *bit)
{
	unsigned int i;
	__u8 heap = 0;

	for (i = 0; i < bit->len; i++)
		heap = 31 * heap + bit->name[i];

	return heap;
}

static int check_labels(struct reader *r, const struct vfio_mig_view *view)
{
	__u8 heaps[32] = { 0 }, heap;
	struct vfio_mig_bit bit;
	bool unknown = false;
	__u32 least = 0;
	__u16 cursor = 0;
	struct tlv t;

	if (view->value.type && view->value.type != VFIO_MIG_A_ATTR_BITS)
		return refuse(r, view->wire + view->labels.first,
			      "only bits have labels");

	while (next_item(view, &view->labels, VFIO_MIG_A_ATTR_LABEL, &cursor,
			 &t)) {
		read_bit(r, &t, &bit, &unknown);
		if (bit.number >= VFIO_MIG_BITS_MAX)
			return refuse(r, t.start, "label of a bit above 255");
		if (bit.number < least)
			return refuse(r, t.start,
				      "labels are not in order of the bits");
		least = bit.number + 1;
		if (!bit.len || bit.len > VFIO_MIG_LABEL_MAX)
			return refuse(r, t.start,
				      "label is not of 1 to 31 bytes");
		if (!is_name(bit.name, bit.len, true))
			return refuse(r, t.start,
				      "label is not of letters, digits and . _ -");
		/* spares most of them the comparison with all before */
		heap = heap_of(&bit);
		if (heaps[heap / 8] & 1u << heap % 8 &&
		    is_twin(view, t.start - view->wire, &bit))
			return refuse(r, t.start, "two bits have one label");
		heaps[heap / 8] |= 1u << heap % 8;
	}
	return 0;
}

/* Where one of them is not known, nobody can tell whether they fit. */
static int check_rule(struct reader *r, const struct vfio_mig_view *view)
{
	__u16 type = view->value.type;
	bool fits = true;

	switch (view->rule) {
	case VFIO_MIG_RULE_NONE:
		if (view->severity == VFIO_MIG_SEVERITY_INFO)
			return refuse(r, view->wire,
				      "the rule none has no severity info");
		break;
	case VFIO_MIG_RULE_ONE_OF:
		fits = is_listed(type);
		break;
	case VFIO_MIG_RULE_SEMVER:
		fits = type == VFIO_MIG_A_ATTR_VERSION;
		break;
	case VFIO_MIG_RULE_SUPERSET:
		fits = type == VFIO_MIG_A_ATTR_BITS;
		break;
	case VFIO_MIG_RULE_AT_LEAST:
		fits = is_ordered(type);
		break;
	}
	if (type && !fits)
		return refuse(r, view->wire, "rule does not fit the type");
	return 0;
}

static int check_attr(struct reader *r, const struct vfio_mig_view *view)
{
	int err;

	if (!is_name(view->name, view->name_len, false))
		return refuse(r, view->wire,
			      "name is not of small letters, digits and . _ -");
	err = check_value(r, view->wire, &view->value);
	if (!err)
		err = check_rule(r, view);
	if (!err)
		err = check_lists(r, view);
	if (!err && view->labels.n)
		err = check_labels(r, view);

	return err;
}

/**
 * vfio_mig_count_attr - count one more attribute of a profile
 * @count: what was counted before, all zeroes at first
 * @len: bytes that the attribute takes, with its header
 *
 * Whoever builds or reads a profile counts with this function.
 *
 * Return: NULL, or what limit the attribute is beyond.
 */
const char *vfio_mig_count_attr(struct vfio_mig_count *count, size_t len)
{
	if (++count->attrs > VFIO_MIG_ATTRS_MAX)
		return "more than 64 attributes";

	count->bytes += NLA_ALIGN(len);
	if (count->bytes > VFIO_MIG_PROFILE_MAX)
		return "attributes take more than 6144 bytes";

	return NULL;
}

/*
 * Files an attribute, the last of @index->views, under its name. Profiles are
 * most often sorted, so that it is looked for at the end first.
 */
static int file_view(struct reader *r, struct vfio_mig_index *index)
{
	const struct vfio_mig_view *view = &index->views[index->n];
	unsigned int low = 0, high = index->n, mid, i;
	const struct vfio_mig_view *other;
	int order;

	mid = high ? high - 1 : 0;
	while (low < high) {
		other = &index->views[index->order[mid]];
		order = compare_names(view->name, view->name_len, other->name,
				      other->name_len);
		if (!order)
			return refuse(r, view->wire,
				      "another attribute has the same name");
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
		mid = low + (high - low) / 2;
	}
	for (i = index->n; i > low; i--)
		index->order[i] = index->order[i - 1];
	index->order[low] = index->n++;
	return 0;
}

static int index_attr(struct reader *r, const struct tlv *t,
		      struct vfio_mig_count *count,
		      struct vfio_mig_index *index)
{
	struct vfio_mig_view *view;
	const char *reason;
	int err;

	reason = vfio_mig_count_attr(count, NLA_HDRLEN + t->len);
	if (reason) {
		refuse(r, t->start, reason);
		return -E2BIG;
	}
	view = &index->views[index->n];
	err = read_attr(r, t, view);
	if (!err)
		err = check_attr(r, view);
	if (!err)
		err = file_view(r, index);

	return err;
}

/* The name of an attribute that may be wrong in any way. */
static void tell_name(struct vfio_mig_fault *fault, const struct tlv *nest)
{
	struct reader r = { .liberal = true };
	struct vfio_mig_view view = { .name = NULL };
	struct tlv t;

	if (!find_member(nest, VFIO_MIG_A_ATTR_NAME, &t) ||
	    read_name(&r, &t, &view) ||
	    !is_name(view.name, view.name_len, false))
		return;
	fault->name = view.name;
	fault->name_len = view.name_len;
}

/**
 * vfio_mig_index_read - read a profile, and refuse it if it is wrong
 * @index: where to; it points into @wire
 * @wire: attributes of the set "object" that hold the profile's; others are
 *	passed over
 * @len: bytes at @wire
 * @liberal: what this engine does not know is no fault, but makes an attribute
 *	unknown, as it does in the source of a check; what it knows must be
 *	right all the same
 * @fault: what is wrong
 *
 * The attributes may stand in any order.
 *
 * Return: 0, or with @fault filled in -E2BIG if it is over a limit, -EINVAL if
 * something else is wrong.
 */
int vfio_mig_index_read(struct vfio_mig_index *index, const void *wire,
			size_t len, bool liberal,
			struct vfio_mig_fault *fault)
{
	struct walk w = { wire, (const __u8 *)wire + len };
	struct reader r = { .liberal = liberal };
	struct vfio_mig_count count = { 0 };
	struct tlv t;
	int err, got;

	memset(fault, 0, sizeof(*fault));
	index->n = 0;
	while ((got = walk_profile(&r, &w, &t)) > 0) {
		err = index_attr(&r, &t, &count, index);
		if (err) {
			tell_name(fault, &t);
			goto fail;
		}
	}
	err = got;
	if (!err && !index->n)
		err = refuse(&r, wire, "no attributes");
	if (!err)
		return 0;
fail:
	fault->reason = r.reason;
	fault->offset = r.at - (const __u8 *)wire;
	return err;
}

/**
 * vfio_mig_view_read - read an attribute of a profile that is in order
 * @view: where to; it points into @wire
 * @wire: the attribute, as it stands in the profile
 * @len: bytes at @wire
 *
 * Return: 0, or -EINVAL if it cannot be read.
 */
int vfio_mig_view_read(struct vfio_mig_view *view, const void *wire,
		       size_t len)
{
	struct walk w = { wire, (const __u8 *)wire + len };
	struct reader r = { .liberal = true };
	struct tlv nest;

	if (walk_profile(&r, &w, &nest) <= 0)
		return -EINVAL;
	return read_attr(&r, &nest, view);
}

/**
 * struct matching - a comparison under way
 * @emit: is given each finding
 * @arg: for @emit
 * @verdict: what it has come to so far
 */
struct matching {
	int (*emit)(const struct vfio_mig_finding *finding, void *arg);
	void *arg;
	int verdict;
};

static bool found(struct vfio_mig_finding *f, __u8 kind, __u8 severity)
{
	f->kind = kind;
	/* what is not known might be anything */
	f->severity = severity ? severity : VFIO_MIG_SEVERITY_UNDECIDED;
	return true;
}

/*
 * The one finding about an attribute, if there is any: the first case that
 * fits. At least one of source and target has the attribute. Of a target's
 * attribute that informs nothing but that is looked at, and who says it:
 * vfio_mig_views_order() relies on it.
 */
static bool judge(const struct vfio_mig_view *s, const struct vfio_mig_view *t,
		  struct vfio_mig_finding *f)
{
	/* an administrator cannot speak for a driver */
	if (s && t && s->origin != VFIO_MIG_ORIGIN_ADMIN &&
	    t->origin == VFIO_MIG_ORIGIN_ADMIN)
		t = NULL;

	f->source = s;
	f->target = t;
	f->rule = t ? t->rule : s->rule;
	f->set.type = 0;

	if (!t) {
		if (s->rule == VFIO_MIG_RULE_ANY)
			return false;
		return found(f, VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET,
			     s->missing);
	}
	if (t->unknown)
		return found(f, VFIO_MIG_FINDING_KIND_UNKNOWN,
			     t->severity == VFIO_MIG_SEVERITY_INFO ?
			     VFIO_MIG_SEVERITY_INFO : 0);
	if (t->rule == VFIO_MIG_RULE_ANY)
		return false;
	if (!s)
		return found(f, VFIO_MIG_FINDING_KIND_MISSING_ON_SOURCE,
			     t->missing);
	if (s->unknown)
		return found(f, VFIO_MIG_FINDING_KIND_UNKNOWN,
			     t->severity == VFIO_MIG_SEVERITY_INFO ?
			     VFIO_MIG_SEVERITY_INFO : 0);
	if (s->value.type != t->value.type)
		return found(f, VFIO_MIG_FINDING_KIND_TYPE, t->severity);
	if (accepts(t, &s->value))
		return false;

	if (t->severity != VFIO_MIG_SEVERITY_INFO)
		find_set(t, &s->value, &f->set);
	if (f->set.type) {
		f->kind = VFIO_MIG_FINDING_KIND_SETTABLE;
		f->severity = 0;
		return true;
	}
	return found(f, VFIO_MIG_FINDING_KIND_MISMATCH, t->severity);
}

/* Without what decides nothing for any source. */
static int order_of(const struct vfio_mig_view *a,
		    const struct vfio_mig_view *b)
{
	int order;

	if (a == b)
		return 0;
	if (a->informs != b->informs)
		return a->informs ? -1 : 1;
	if (!a->informs)
		return a < b ? -1 : 1;
	/* who says it decides whether it counts beside a driver's */
	order = compare_names(a->name, a->name_len, b->name, b->name_len);
	return order ? order : a->origin - b->origin;
}

/**
 * vfio_mig_views_order - is all the same found of two targets?
 * @a: a target's attributes, in bytewise order of the names
 * @n_a: how many
 * @b: the other target's
 * @n_b: how many
 *
 * What says the same must be the same view, unless it informs.
 *
 * Return: 0 if whatever the source, the same is found of both; else which of
 * them is first, -1 or less if it is @a, in an order that all targets have.
 */
int vfio_mig_views_order(const struct vfio_mig_view *const *a,
			 unsigned int n_a,
			 const struct vfio_mig_view *const *b,
			 unsigned int n_b)
{
	unsigned int i;
	int order = 0;

	if (n_a != n_b)
		return n_a < n_b ? -1 : 1;
	for (i = 0; i < n_a && !order; i++)
		order = order_of(a[i], b[i]);
	return order;
}

static int verdict_of(const struct vfio_mig_finding *f)
{
	switch (f->severity) {
	case 0:
		return VFIO_MIG_VERDICT_ADJUSTABLE;
	case VFIO_MIG_SEVERITY_INFO:
		return VFIO_MIG_VERDICT_COMPATIBLE;
	case VFIO_MIG_SEVERITY_UNDECIDED:
		return VFIO_MIG_VERDICT_UNDECIDED;
	default:
		return VFIO_MIG_VERDICT_INCOMPATIBLE;
	}
}

static int match_attr(struct matching *m, const struct vfio_mig_view *s,
		      const struct vfio_mig_view *t)
{
	struct vfio_mig_finding f;
	int verdict;

	if (!judge(s, t, &f))
		return 0;

	/* the worst finding counts, and verdicts are numbered by how bad */
	verdict = verdict_of(&f);
	if (verdict > m->verdict)
		m->verdict = verdict;
	return m->emit ? m->emit(&f, m->arg) : 0;
}

/*
 * Most targets say what the source says, but for what they are called, which
 * decides nothing: of most attributes this is all that is looked at.
 */
static bool fits_plainly(const struct vfio_mig_view *s,
			 const struct vfio_mig_view *t)
{
	if (s == t)
		return s->takes_itself;
	return s->informs && t->informs &&
	       same_bytes(s->name, s->name_len, t->name, t->name_len);
}

static unsigned int count_plain(const struct vfio_mig_view *const *s,
				const struct vfio_mig_view *const *t,
				unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && fits_plainly(s[i], t[i]); i++)
		;
	return i;
}

/*
 * Of the next attribute of each side, NULL if none is left, compares the one
 * that comes first by name, or both. @order tells which, below 0 the source's.
 */
static int match_next(struct matching *m, const struct vfio_mig_view *s,
		      const struct vfio_mig_view *t, int *order)
{
	if (s && t)
		*order = compare_names(s->name, s->name_len, t->name,
				       t->name_len);
	else
		*order = s ? -1 : 1;
	return match_attr(m, *order <= 0 ? s : NULL, *order >= 0 ? t : NULL);
}

/**
 * vfio_mig_match_views - does a source fit a target, if both were read?
 * @source: the source's attributes, in bytewise order of the names
 * @n_source: how many
 * @target: the target's, likewise
 * @n_target: how many
 * @emit: if not NULL, is given each finding in bytewise order of the names; it
 *	must not keep what the finding points to; what it returns, unless it is
 *	zero, ends the comparison
 * @arg: for @emit
 *
 * Where both are the same view nothing is looked at, so it pays to have one
 * view of all that say the same.
 *
 * Return: one of enum vfio_mig_verdict, or what @emit returned, which should be
 * negative to be told from a verdict.
 */
int vfio_mig_match_views(const struct vfio_mig_view *const *source,
			 unsigned int n_source,
			 const struct vfio_mig_view *const *target,
			 unsigned int n_target,
			 int (*emit)(const struct vfio_mig_finding *finding,
				     void *arg),
			 void *arg)
{
	struct matching m = { emit, arg, VFIO_MIG_VERDICT_COMPATIBLE };
	unsigned int i = 0, j = 0, n;
	int err, order;

	for (;;) {
		n = n_source - i < n_target - j ? n_source - i : n_target - j;
		n = count_plain(source + i, target + j, n);
		i += n;
		j += n;
		if (i == n_source && j == n_target)
			break;
		err = match_next(&m, i < n_source ? source[i] : NULL,
				 j < n_target ? target[j] : NULL, &order);
		if (err)
			return err;
		i += order <= 0;
		j += order >= 0;
	}
	return m.verdict;
}

/**
 * vfio_mig_index_list - list what was read in bytewise order of the names
 * @index: what was read
 * @list: where to, @index->n places; it points into @index
 */
void vfio_mig_index_list(const struct vfio_mig_index *index,
			 const struct vfio_mig_view **list)
{
	unsigned int i;

	for (i = 0; i < index->n; i++)
		list[i] = &index->views[index->order[i]];
}

/**
 * vfio_mig_match_index - the same of a source that is not in order of names
 * @source: the source, which vfio_mig_index_read() has read
 * @target: the target's attributes, in bytewise order of the names
 * @n: how many
 * @emit: as of vfio_mig_match_views()
 * @arg: for @emit
 *
 * Return: as vfio_mig_match_views().
 */
int vfio_mig_match_index(const struct vfio_mig_index *source,
			 const struct vfio_mig_view *const *target,
			 unsigned int n,
			 int (*emit)(const struct vfio_mig_finding *finding,
				     void *arg),
			 void *arg)
{
	const struct vfio_mig_view *list[VFIO_MIG_ATTRS_MAX];

	vfio_mig_index_list(source, list);
	return vfio_mig_match_views(list, source->n, target, n, emit, arg);
}

/**
 * struct brought - a source that is read while it is compared
 * @r: for the engine
 * @w: what is still to come
 * @count: how large it was so far
 * @last: the last attribute's name, NULL if there was none
 * @last_len: bytes at @last
 * @skipped: that was skipped, and not read
 * @view: else it
 */
struct brought {
	struct reader r;
	struct walk w;
	struct vfio_mig_count count;
	const char *last;
	size_t last_len;
	bool skipped;
	struct vfio_mig_view view;
};

/* Does an attribute stand where its name belongs, behind the last one? */
static bool in_order(const struct brought *b, const struct vfio_mig_view *view)
{
	return !b->last || compare_names(b->last, b->last_len, view->name,
					 view->name_len) < 0;
}

static void pass(struct brought *b, const struct vfio_mig_view *view,
		 bool skipped)
{
	b->last = view->name;
	b->last_len = view->name_len;
	b->skipped = skipped;
}

/* Returns 1, 0 at the end, or a negative error. */
static int read_next(struct brought *b)
{
	struct tlv nest;
	int err, got;

	got = walk_profile(&b->r, &b->w, &nest);
	if (got <= 0)
		return got;

	err = read_attr(&b->r, &nest, &b->view);
	if (!err)
		err = check_attr(&b->r, &b->view);
	if (err)
		return err;
	if (!in_order(b, &b->view))
		return -EAGAIN;
	if (vfio_mig_count_attr(&b->count, NLA_HDRLEN + nest.len))
		return -E2BIG;
	pass(b, &b->view, false);
	return 1;
}

/*
 * Attributes that stand in the target in the same words are in order, and in
 * the order of their names, and fit: they need not be read. Returns how many.
 */
static unsigned int skip_same(struct brought *b,
			      const struct vfio_mig_view *const *target,
			      unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct vfio_mig_view *t = target[i];
		size_t left = b->w.end - b->w.pos, size = NLA_ALIGN(t->len);

		if (left < t->len || memcmp(b->w.pos, t->wire, t->len) ||
		    !t->takes_itself || (!b->skipped && !in_order(b, t)) ||
		    vfio_mig_count_attr(&b->count, t->len))
			break;
		pass(b, t, true);
		b->w.pos += size < left ? size : left;
	}
	return i;
}

/**
 * vfio_mig_match_brought - does a source that was not read fit a target?
 * @source: the source, which may be anything
 * @len: bytes at @source
 * @target: the target's attributes, in bytewise order of the names
 * @n: how many
 * @emit: as of vfio_mig_match_views(), but see below
 * @arg: for @emit
 *
 * For a source that is compared but once. What source and target say in the
 * same words, which is most of it if they fit, is not even read.
 *
 * Return: as vfio_mig_match_views(). If that is negative, findings may have
 * been emitted all the same, and vfio_mig_index_read() tells whether something
 * is wrong with the source, or it is -EAGAIN because the source is only not in
 * the order of the names.
 */
int vfio_mig_match_brought(const void *source, size_t len,
			   const struct vfio_mig_view *const *target,
			   unsigned int n,
			   int (*emit)(const struct vfio_mig_finding *finding,
				       void *arg),
			   void *arg)
{
	struct matching m = { emit, arg, VFIO_MIG_VERDICT_COMPATIBLE };
	struct brought b = {
		.r = { .liberal = true },
		.w = { source, (const __u8 *)source + len },
	};
	int err, order, got = 0;
	unsigned int i = 0;

	for (;;) {
		if (!got) {
			i += skip_same(&b, target + i, n - i);
			got = read_next(&b);
		}
		if (got < 0)
			return got;
		if (!got && i == n)
			break;

		err = match_next(&m, got ? &b.view : NULL,
				 i < n ? target[i] : NULL, &order);
		if (err)
			return err;
		if (order <= 0)
			got = 0;
		i += order >= 0;
	}
	return b.count.attrs ? m.verdict : -EINVAL;
}
