// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands attr-set and attr-del: what an administrator has to say of a
 * device, of a driver's or of all, or wants a device's driver to set.
 *
 * The core holds requests against the policy, and the administrator's rights
 * against the network namespace. What makes sense is for the engine to tell:
 * nothing gets into a profile that vfio_mig_index_read() would refuse.
 */

#include <linux/slab.h>
#include <net/genetlink.h>

#include "edit.h"
#include "match.h"
#include "netlink.h"
#include "netlink_gen.h"

/**
 * struct change - a request being read
 * @ask: where it was made, and where to refuse it
 * @edits: what it does
 * @scope: of what
 * @index: for the engine
 * @rules: bytes that rules without a value take
 * @len: bytes at @wire
 * @wire: the attributes that are set, one after another
 */
struct change {
	struct vfio_mig_nl_ask ask;
	struct vfio_mig_edits edits;
	u32 scope;
	struct vfio_mig_index index;
	size_t rules;
	size_t len;
	u8 wire[] __aligned(4);
};

static struct change *change_alloc(struct sk_buff *skb,
				   struct genl_info *info)
{
	struct change *change;

	/* what is copied is a part of the request; who asks is told */
	change = kvzalloc(struct_size(change, wire, nlmsg_len(info->nlhdr)),
			  GFP_KERNEL | __GFP_NOWARN);
	if (!change)
		return NULL;
	change->ask.ns = vfio_mig_net(genl_info_net(info));
	change->ask.extack = info->extack;
	change->edits.skb = skb;
	return change;
}

static int refuse(const struct change *change, int err, const char *text,
		  const struct nlattr *at)
{
	return vfio_mig_nl_refuse(&change->ask, err, text, at, 0);
}

static int refuse_missing(const struct change *change, const char *text,
			  const struct nlattr *nest, u16 missing)
{
	const struct vfio_mig_nl_ask ask = {
		.nest = nest,
		.extack = change->ask.extack,
	};

	return vfio_mig_nl_refuse(&ask, -EINVAL, text, NULL, missing);
}

/* Begins what is done to one attribute. */
static int add_edit(struct change *change, enum vfio_mig_edit_kind kind,
		    const struct nlattr *at, const struct nlattr *name)
{
	struct vfio_mig_edits *edits = &change->edits;
	struct vfio_mig_edit *edit = &edits->edits[edits->n];
	size_t len = strnlen(nla_data(name), nla_len(name));
	unsigned int i;

	if (edits->n == ARRAY_SIZE(edits->edits))
		return refuse(change, -E2BIG, "more than 64 attributes", at);

	for (i = 0; i < edits->n; i++)
		if (edits->edits[i].name_len == len &&
		    !memcmp(edits->edits[i].name, nla_data(name), len))
			return refuse(change, -EINVAL,
				      "another attribute has the same name",
				      at);

	edit->kind = kind;
	edit->at = at;
	edit->name = nla_data(name);
	edit->name_len = len;
	edits->n++;
	return 0;
}

/* Only a rule, and what belongs to it. */
static int read_rule(struct change *change, const struct nlattr *at,
		     struct nlattr *const *attrs)
{
	static const u16 others[] = {
		VFIO_MIG_A_ATTR_SEVERITY, VFIO_MIG_A_ATTR_MISSING,
		VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_A_ATTR_LABEL,
		VFIO_MIG_A_ATTR_SETTABLE,
	};
	unsigned int i;

	if (!attrs[VFIO_MIG_A_ATTR_RULE])
		return refuse_missing(change, "neither a value nor a rule", at,
				      VFIO_MIG_A_ATTR_RULE);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (attrs[others[i]])
			return refuse(change, -EINVAL,
				      "without a value, only a rule can be given",
				      attrs[others[i]]);

	/* those with a value the engine counts */
	change->rules += nla_total_size(nla_len(at));
	if (change->rules > VFIO_MIG_PROFILE_MAX)
		return refuse(change, -E2BIG,
			      "attributes take more than 6144 bytes", at);

	return add_edit(change, VFIO_MIG_EDIT_RULE, at,
			attrs[VFIO_MIG_A_ATTR_NAME]);
}

/* The engine wants it to be an attribute of an object. */
static int read_whole(struct change *change, const struct nlattr *at,
		      struct nlattr *const *attrs)
{
	struct nlattr *origin = attrs[VFIO_MIG_A_ATTR_ORIGIN];
	struct nlattr *to = (void *)change->wire + change->len;
	int err;

	if (origin && nla_get_u32(origin) != VFIO_MIG_ORIGIN_ADMIN)
		return refuse(change, -EINVAL,
			      "what an administrator sets is of origin admin",
			      origin);

	err = add_edit(change, VFIO_MIG_EDIT_SET, at,
		       attrs[VFIO_MIG_A_ATTR_NAME]);
	if (err)
		return err;

	memcpy(to, at, at->nla_len);
	to->nla_type = VFIO_MIG_A_OBJECT_ATTR | NLA_F_NESTED;
	change->len += NLA_ALIGN(at->nla_len);
	change->edits.edits[change->edits.n - 1].wire = to;
	return 0;
}

static int read_attr(struct change *change, const struct nlattr *at)
{
	struct nlattr *attrs[VFIO_MIG_A_ATTR_MAX + 1], *scope;
	int err;

	err = nla_parse_nested(attrs, VFIO_MIG_A_ATTR_MAX, at,
			       vfio_mig_attr_nl_policy, change->ask.extack);
	if (err)
		return err;
	scope = attrs[VFIO_MIG_A_ATTR_SCOPE];
	if (scope && nla_get_u32(scope) != change->scope)
		return refuse(change, -EINVAL,
			      "this is not the scope of what it is said of",
			      scope);

	if (!attrs[VFIO_MIG_A_ATTR_NAME])
		return refuse_missing(change, "an attribute has no name", at,
				      VFIO_MIG_A_ATTR_NAME);

	if (attrs[VFIO_MIG_A_ATTR_BOOL] || attrs[VFIO_MIG_A_ATTR_U64] ||
	    attrs[VFIO_MIG_A_ATTR_STRING] || attrs[VFIO_MIG_A_ATTR_VERSION] ||
	    attrs[VFIO_MIG_A_ATTR_BITS])
		return read_whole(change, at, attrs);
	return read_rule(change, at, attrs);
}

/* Where in the request stands what the engine found in the copy? */
static const struct nlattr *origin_of(const struct change *change, u32 offset)
{
	const void *fault = change->wire + offset;
	unsigned int i;

	for (i = 0; i < change->edits.n; i++) {
		const struct vfio_mig_edit *edit = &change->edits.edits[i];
		const void *from = edit->wire;

		if (from && fault >= from && fault < from + edit->wire->nla_len)
			return (void *)edit->at + (fault - from);
	}
	return NULL;
}

static int check_whole(struct change *change)
{
	struct vfio_mig_fault fault;
	int err;

	if (!change->len)
		return 0;
	err = vfio_mig_index_read(&change->index, change->wire, change->len,
				  false, &fault);
	if (err)
		return refuse(change, err, fault.reason,
			      origin_of(change, fault.offset));
	return 0;
}

static int refused(const struct change *change, int err,
		   struct vfio_mig_refusal *refusal,
		   const struct nlattr *target)
{
	if (err == -ENOMEM && !refusal->reason)
		return vfio_mig_nl_no_memory(change->ask.extack);
	if (!err || !refusal->reason)
		return err;
	if (refusal->reason == refusal->text)
		refusal->reason = compat_keep_text(change->ask.extack,
						   refusal->text);
	return refuse(change, err, refusal->reason, refusal->at ?: target);
}

static int apply_policy(struct change *change, const struct genl_info *info)
{
	const struct nlattr *driver = info->attrs[VFIO_MIG_A_CHANGE_DRIVER];
	const struct nlattr *all = info->attrs[VFIO_MIG_A_CHANGE_ALL];
	struct vfio_mig_refusal refusal = { NULL };
	int err;

	err = vfio_mig_policy_edit(change->ask.ns,
				   driver ? nla_data(driver) : NULL,
				   &change->edits, &refusal);
	return refused(change, err, &refusal, driver ?: all);
}

static int apply(struct change *change, struct genl_info *info)
{
	const struct nlattr *target = info->attrs[VFIO_MIG_A_CHANGE_TARGET];
	struct vfio_mig_refusal refusal = { NULL };
	struct vfio_mig_profile *profile;
	bool is_type;
	u32 id;
	int err;

	if (change->scope != VFIO_MIG_SCOPE_DEVICE)
		return apply_policy(change, info);
	profile = vfio_mig_nl_find_nested(change->ask.ns, target,
					  info->extack);
	if (IS_ERR(profile))
		return PTR_ERR(profile);
	id = profile->id;
	is_type = profile->is_type;
	vfio_mig_profile_put(profile);
	if (is_type)
		return refuse(change, -EINVAL,
			      "nothing can be said of a type alone",
			      target);

	err = vfio_mig_edit(change->ask.ns, id, &change->edits, &refusal);
	return refused(change, err, &refusal, target);
}

/* Of what is it said? Of one thing. */
static int read_target(const struct genl_info *info)
{
	static const struct {
		u16 attr;
		u32 scope;
	} ways[] = {
		{ VFIO_MIG_A_CHANGE_TARGET, VFIO_MIG_SCOPE_DEVICE },
		{ VFIO_MIG_A_CHANGE_DRIVER, VFIO_MIG_SCOPE_DRIVER },
		{ VFIO_MIG_A_CHANGE_ALL, VFIO_MIG_SCOPE_ALL },
	};
	const struct nlattr *driver = info->attrs[VFIO_MIG_A_CHANGE_DRIVER];
	unsigned int i;
	int scope = 0;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!info->attrs[ways[i].attr])
			continue;
		if (scope) {
			NL_SET_ERR_MSG_ATTR(info->extack,
					    info->attrs[ways[i].attr],
					    "only one of target, driver and all can be given");
			return -EINVAL;
		}
		scope = ways[i].scope;
	}
	if (!scope) {
		GENL_SET_ERR_MSG(info,
				 "there is no target: name a device, a driver, or all");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL,
				     VFIO_MIG_A_CHANGE_TARGET);
		return -EINVAL;
	}
	if (driver && !*(const char *)nla_data(driver)) {
		NL_SET_ERR_MSG_ATTR(info->extack, driver,
				    "the driver has no name");
		return -EINVAL;
	}
	return scope;
}

/**
 * vfio_mig_nl_attr_set_doit - answer attr-set
 * @skb: the request
 * @info: what the core knows of it
 *
 * Return: 0 or a negative error.
 */
int vfio_mig_nl_attr_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *at;
	struct change *change;
	int err, left, scope;

	scope = read_target(info);
	if (scope < 0)
		return scope;

	change = change_alloc(skb, info);
	if (!change)
		return vfio_mig_nl_no_memory(info->extack);
	change->scope = scope;

	nlmsg_for_each_attr(at, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(at) != VFIO_MIG_A_CHANGE_ATTR)
			continue;
		err = read_attr(change, at);
		if (err)
			goto out_free;
	}
	change->edits.replace = info->attrs[VFIO_MIG_A_CHANGE_REPLACE];
	if (!change->edits.n && !change->edits.replace) {
		err = refuse_missing(change, "there is nothing to set", NULL,
				     VFIO_MIG_A_CHANGE_ATTR);
		goto out_free;
	}

	err = check_whole(change);
	if (!err)
		err = apply(change, info);
out_free:
	kvfree(change);
	return err;
}

/**
 * vfio_mig_nl_attr_del_doit - answer attr-del
 * @skb: the request
 * @info: what the core knows of it
 *
 * Return: 0 or a negative error.
 */
int vfio_mig_nl_attr_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *at;
	struct change *change;
	int err, left, scope;

	scope = read_target(info);
	if (scope < 0)
		return scope;

	change = change_alloc(skb, info);
	if (!change)
		return vfio_mig_nl_no_memory(info->extack);
	change->scope = scope;

	nlmsg_for_each_attr(at, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(at) != VFIO_MIG_A_CHANGE_NAME)
			continue;
		err = add_edit(change, VFIO_MIG_EDIT_DEL, at, at);
		if (err)
			goto out_free;
	}
	if (!change->edits.n) {
		err = refuse_missing(change, "there is nothing to delete",
				     NULL, VFIO_MIG_A_CHANGE_NAME);
		goto out_free;
	}

	err = apply(change, info);
out_free:
	kvfree(change);
	return err;
}
