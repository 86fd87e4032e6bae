// SPDX-License-Identifier: GPL-2.0-or-later
/* What the tests' kernel makes of attr-set and attr-del. */
#include <errno.h>
#include <string.h>

#include "../../kernel/match.h"
#include "kernel.h"
#include "kernel_change.h"

/**
 * struct change - a request that is being carried out
 * @req: the request
 * @now: the device's attributes
 * @base: those of them that are not the administrator's, as they were at first
 * @to: the attributes that it will have
 * @r: why it is refused
 */
struct change {
	const struct nlmsghdr *req;
	struct nl_msg *now;
	struct nl_msg *base;
	struct nl_msg *to;
	struct refusal *r;
};

static bool refuse(struct change *c, int err, const char *text,
		   const struct nlattr *at, int miss_type)
{
	c->r->err = err;
	c->r->text = text;
	c->r->miss_type = miss_type;
	if (at && miss_type)
		c->r->miss_nest = (char *)at - (char *)c->req;
	else if (at)
		c->r->offset = (char *)at - (char *)c->req;
	return false;
}

static struct nlattr *member(const struct nlattr *nest, int type)
{
	return nla_find(nla_data(nest), nla_len(nest), type);
}

static uint32_t number(const struct nlattr *nest, int type, uint32_t otherwise)
{
	struct nlattr *nla = member(nest, type);

	return nla ? nla_get_u32(nla) : otherwise;
}

static bool is_value(const struct nlattr *nla)
{
	return nla_type(nla) >= VFIO_MIG_A_ATTR_BOOL &&
	       nla_type(nla) <= VFIO_MIG_A_ATTR_BITS;
}

static bool has_value(const struct nlattr *nest)
{
	struct nlattr *pos;
	int rem;

	nla_for_each_nested(pos, nest, rem)
		if (is_value(pos))
			return true;
	return false;
}

static struct nlattr *find_attr(struct nl_msg *msg, const char *name)
{
	struct nlattr *pos;
	int rem;

	nlmsg_for_each_attr(pos, nlmsg_hdr(msg), 0, rem)
		if (nla_type(pos) == VFIO_MIG_A_OBJECT_ATTR &&
		    !nla_strcmp(member(pos, VFIO_MIG_A_ATTR_NAME), name))
			return pos;
	return NULL;
}

static void copy(struct nl_msg *to, const struct nlattr *nla)
{
	assert_int_equal(nla_put(to, nla->nla_type, nla_len(nla),
				 nla_data(nla)), 0);
}

static bool is_admins(const struct nlattr *nest)
{
	return number(nest, VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_ORIGIN_ADMIN) ==
	       VFIO_MIG_ORIGIN_ADMIN;
}

/* What was left out is told. */
static void put_whole(struct change *c, const struct nlattr *at)
{
	uint32_t severity = number(at, VFIO_MIG_A_ATTR_SEVERITY,
				   VFIO_MIG_SEVERITY_FAIL);
	const struct {
		int type;
		uint32_t otherwise;
	} numbers[] = {
		{ VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_EQUAL },
		{ VFIO_MIG_A_ATTR_SEVERITY, VFIO_MIG_SEVERITY_FAIL },
		{ VFIO_MIG_A_ATTR_MISSING, severity },
		{ VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_ORIGIN_ADMIN },
	};
	struct nlattr *nest, *pos;
	int rem;

	nest = nla_nest_start(c->to, VFIO_MIG_A_OBJECT_ATTR);
	nla_for_each_nested(pos, at, rem)
		copy(c->to, pos);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!member(at, numbers[i].type))
			nla_put_u32(c->to, numbers[i].type,
				    numbers[i].otherwise);
	nla_nest_end(c->to, nest);
}

/* @base with what @at has, but for what a rule is replaced with. */
static void put_mixed(struct change *c, const struct nlattr *base,
		      const struct nlattr *at, bool rule)
{
	struct nlattr *nest, *pos;
	int rem;

	nest = nla_nest_start(c->to, VFIO_MIG_A_OBJECT_ATTR);
	nla_for_each_nested(pos, base, rem) {
		bool of_rule = nla_type(pos) == VFIO_MIG_A_ATTR_RULE ||
			       nla_type(pos) == VFIO_MIG_A_ATTR_ACCEPT;

		if (rule ? !of_rule : !is_value(pos))
			copy(c->to, pos);
	}
	nla_for_each_nested(pos, at, rem)
		if (nla_type(pos) != VFIO_MIG_A_ATTR_NAME)
			copy(c->to, pos);
	nla_nest_end(c->to, nest);
}

/* The value of a driver's attribute, and nothing else. */
static bool set_driver(struct change *c, const struct nlattr *base,
		       const struct nlattr *at)
{
	struct nlattr *pos;
	int rem;

	if (!member(base, VFIO_MIG_A_ATTR_SETTABLE))
		return refuse(c, EEXIST,
			      "the driver has an attribute of this name", at,
			      0);
	nla_for_each_nested(pos, at, rem)
		if (!is_value(pos) && nla_type(pos) != VFIO_MIG_A_ATTR_NAME)
			return refuse(c, EINVAL,
				      "only the value can be set", pos, 0);
	put_mixed(c, base, at, false);
	return true;
}

static bool set_rule(struct change *c, const struct nlattr *base,
		     const struct nlattr *at)
{
	if (!member(at, VFIO_MIG_A_ATTR_RULE))
		return refuse(c, EINVAL, "neither a value nor a rule", at,
			      VFIO_MIG_A_ATTR_RULE);
	if (!base)
		return refuse(c, ENOENT,
			      "no value, and nothing whose rule to replace",
			      at, 0);
	if (number(base, VFIO_MIG_A_ATTR_ORIGIN, 0) != VFIO_MIG_ORIGIN_VFIO ||
	    number(base, VFIO_MIG_A_ATTR_SEVERITY, 0) !=
	    VFIO_MIG_SEVERITY_UNDECIDED)
		return refuse(c, EINVAL,
			      "the rule of this attribute is decided", at, 0);
	put_mixed(c, base, at, true);
	return true;
}

static bool set_one(struct change *c, const struct nlattr *at)
{
	const char *name = nla_get_string(member(at, VFIO_MIG_A_ATTR_NAME));
	struct nlattr *base = find_attr(c->base, name);

	if (!has_value(at))
		return set_rule(c, base, at);
	if (!base) {
		put_whole(c, at);
		return true;
	}
	if (number(base, VFIO_MIG_A_ATTR_ORIGIN, 0) == VFIO_MIG_ORIGIN_DRIVER)
		return set_driver(c, base, at);
	return refuse(c, EEXIST, "VFIO says it: only a rule can be replaced",
		      at, 0);
}

static bool delete_one(struct change *c, const struct nlattr *at)
{
	const char *name = nla_get_string(at);
	struct nlattr *now = find_attr(c->now, name);
	struct nlattr *base = find_attr(c->base, name);

	if (!now)
		return refuse(c, ENOENT, "there is no attribute of this name",
			      at, 0);
	if (base && (number(base, VFIO_MIG_A_ATTR_ORIGIN, 0) ==
		     VFIO_MIG_ORIGIN_DRIVER ||
		     (nla_len(base) == nla_len(now) &&
		      !memcmp(nla_data(base), nla_data(now), nla_len(now)))))
		return refuse(c, ENOENT, "the administrator has not set this",
			      at, 0);
	if (base)
		copy(c->to, base);
	return true;
}

/* Does the request say something of the attribute of that name? */
static bool is_named(const struct change *c, const char *name)
{
	struct nlattr *pos, *other;
	int rem;

	nlmsg_for_each_attr(pos, (struct nlmsghdr *)c->req, GENL_HDRLEN, rem) {
		other = NULL;
		if (nla_type(pos) == VFIO_MIG_A_CHANGE_ATTR)
			other = member(pos, VFIO_MIG_A_ATTR_NAME);
		if (nla_type(pos) == VFIO_MIG_A_CHANGE_NAME)
			other = pos;
		if (other && !nla_strcmp(other, name))
			return true;
	}
	return false;
}

/* What the request does not speak of stays as it is. */
static void keep_others(struct change *c)
{
	bool replace = nlmsg_find_attr((struct nlmsghdr *)c->req, GENL_HDRLEN,
				       VFIO_MIG_A_CHANGE_REPLACE);
	struct nlattr *pos, *name;
	int rem;

	nlmsg_for_each_attr(pos, nlmsg_hdr(c->now), 0, rem) {
		if (nla_type(pos) != VFIO_MIG_A_OBJECT_ATTR) {
			copy(c->to, pos);
			continue;
		}
		name = member(pos, VFIO_MIG_A_ATTR_NAME);
		if (!(replace && is_admins(pos)) &&
		    !is_named(c, nla_get_string(name)))
			copy(c->to, pos);
	}
}

static bool edit(struct change *c)
{
	struct nlattr *pos;
	bool ok = true;
	int rem;

	nlmsg_for_each_attr(pos, (struct nlmsghdr *)c->req, GENL_HDRLEN, rem) {
		if (nla_type(pos) == VFIO_MIG_A_CHANGE_ATTR)
			ok = set_one(c, pos);
		if (nla_type(pos) == VFIO_MIG_A_CHANGE_NAME)
			ok = delete_one(c, pos);
		if (!ok)
			break;
	}
	return ok;
}

/* The profile must be one, and the administrator's part is limited. */
static bool check(struct change *c, struct vfio_mig_index *index)
{
	struct nlmsghdr *nlh = nlmsg_hdr(c->to);
	struct vfio_mig_fault fault;
	struct nlattr *last;
	unsigned int own = 0;

	last = nlmsg_find_attr((struct nlmsghdr *)c->req, GENL_HDRLEN,
			       VFIO_MIG_A_CHANGE_ATTR);
	if (vfio_mig_index_read(index, nlmsg_attrdata(nlh, 0),
				nlmsg_attrlen(nlh, 0), false, &fault))
		return refuse(c, EINVAL, fault.reason, last, 0);
	for (unsigned int i = 0; i < index->n; i++)
		own += index->views[i].origin == VFIO_MIG_ORIGIN_ADMIN;
	if (own > kernel.admin_max)
		return refuse(c, EDQUOT,
			      "more attributes than an administrator may set",
			      last, 0);
	return true;
}

static struct nl_msg *new_message(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(65536);

	assert_non_null(msg);
	return msg;
}

/* Attributes stand in order of their names. */
static struct nl_msg *sort(struct nl_msg *from,
			   const struct vfio_mig_index *index)
{
	struct nl_msg *to = new_message();
	struct nlattr *pos;
	int rem;

	nlmsg_for_each_attr(pos, nlmsg_hdr(from), 0, rem)
		if (nla_type(pos) != VFIO_MIG_A_OBJECT_ATTR)
			copy(to, pos);
	for (unsigned int i = 0; i < index->n; i++)
		copy(to, (void *)index->views[index->order[i]].wire);
	return to;
}

struct nl_msg *kernel_edit(const struct nlmsghdr *req, struct nl_msg *now,
			   struct nl_msg *base, struct refusal *r)
{
	struct change c = { .req = req, .now = now, .base = base, .r = r };
	static struct vfio_mig_index index;
	struct nl_msg *sorted = NULL;

	c.to = new_message();
	keep_others(&c);
	if (edit(&c) && check(&c, &index))
		sorted = sort(c.to, &index);
	nlmsg_free(c.to);
	return sorted;
}
