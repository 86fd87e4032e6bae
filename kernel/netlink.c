// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family.
 *
 * Operations run in parallel and take no lock but for status-get. What is
 * copied into a message is immutable; see registry.c. A dump keeps nothing
 * between two calls but the id to go on from.
 */

#include <net/genetlink.h>
#include <net/sock.h>

#include "netlink.h"
#include "netlink_gen.h"
#include "refused.h"
#include "words.h"

/**
 * struct dump_ctx - what a dump keeps from one call to the next
 * @next: id to go on from
 */
struct dump_ctx {
	unsigned long next;
};

/* In what the two kinds of objects differ here. */
static const struct {
	u8 get;
	u8 event[VFIO_MIG_EVENTS];
	const char *nameless;
	const char *half_named;
	const char *unknown_id;
	const char *unknown_handle;
} kinds[VFIO_MIG_KINDS] = {
	[VFIO_MIG_KIND_DEVICE] = {
		.get = VFIO_MIG_CMD_DEV_GET,
		.event = {
			[VFIO_MIG_EVENT_ADD] = VFIO_MIG_CMD_DEV_ADD_NTF,
			[VFIO_MIG_EVENT_DEL] = VFIO_MIG_CMD_DEV_DEL_NTF,
			[VFIO_MIG_EVENT_CHANGE] = VFIO_MIG_CMD_DEV_CHANGE_NTF,
		},
		.nameless = "name a device by its id, or by bus and name",
		.half_named = "a device is named by bus and name together",
		.unknown_id = "no device of this id in this network namespace",
		.unknown_handle =
			"no device of this handle in this network namespace",
	},
	[VFIO_MIG_KIND_TYPE] = {
		.get = VFIO_MIG_CMD_TYPE_GET,
		.event = {
			[VFIO_MIG_EVENT_ADD] = VFIO_MIG_CMD_TYPE_ADD_NTF,
			[VFIO_MIG_EVENT_DEL] = VFIO_MIG_CMD_TYPE_DEL_NTF,
			[VFIO_MIG_EVENT_CHANGE] = VFIO_MIG_CMD_TYPE_CHANGE_NTF,
		},
		.nameless = "name a type by its id, or by bus, parent and name",
		.half_named =
			"a type is named by bus, parent and name together",
		.unknown_id = "no type of this id in this network namespace",
		.unknown_handle =
			"no type of this handle in this network namespace",
	},
};

/* Bytes in a message about an object, behind the netlink header. */
static u32 payload(const struct vfio_mig_profile *profile)
{
	return GENL_HDRLEN + vfio_mig_profile_len(profile) +
	       nla_total_size(sizeof(u64)) +
	       (profile->is_type ? nla_total_size(sizeof(u32)) : 0) +
	       vfio_mig_refused_size(profile->refused);
}

/**
 * vfio_mig_nl_msg_size - size of a message about an object
 * @profile: the object's profile
 *
 * Return: bytes that the message takes, headers and padding included.
 */
u32 vfio_mig_nl_msg_size(const struct vfio_mig_profile *profile)
{
	return nlmsg_total_size(payload(profile));
}

/* Id and handle, attributes, what is left out. */
static int put_profile(struct sk_buff *skb,
		       const struct vfio_mig_profile *profile)
{
	u32 len = vfio_mig_profile_len(profile);
	void *to;

	if (skb_tailroom(skb) < (int)len)
		return -EMSGSIZE;
	to = skb_put(skb, len);
	memcpy(to, profile->wire, profile->head);
	to += profile->head;
	vfio_mig_words_write(profile->words, to);
	to += profile->words->len;
	memcpy(to, profile->wire + profile->head, profile->left);
	return 0;
}

/* The one place that writes an object into a message. */
static int fill_object(struct sk_buff *skb,
		       const struct vfio_mig_profile *profile, u64 seq,
		       void *hdr)
{
	if (!hdr)
		return -EMSGSIZE;

	if (put_profile(skb, profile) ||
	    nla_put(skb, VFIO_MIG_A_OBJECT_SEQ, sizeof(seq), &seq) ||
	    (profile->is_type &&
	     nla_put_u32(skb, VFIO_MIG_A_OBJECT_AVAILABLE,
			 profile->available)) ||
	    vfio_mig_put_refused(skb, profile->refused)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}

	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * vfio_mig_nl_lost - tell listeners that an event was lost
 * @net: the namespace that it was of
 *
 * Context: as of vfio_mig_nl_notify().
 */
void vfio_mig_nl_lost(struct net *net)
{
	genl_set_err(&vfio_mig_family, net, 0, VFIO_MIG_NLGRP_MONITOR,
		     -ENOBUFS);
	/* the core does not tell those who listen to it from another one */
	if (!net_eq(net, &init_net))
		genl_set_err(&vfio_mig_family, &init_net, 0,
			     VFIO_MIG_NLGRP_MONITOR, -ENOBUFS);
}

/**
 * vfio_mig_nl_notify - tell a namespace of an event
 * @net: the namespace
 * @kind: what the object is
 * @event: what happened to it
 * @profile: the object as it is now, or as it last was
 * @seq: number of the event
 *
 * Context: may sleep. Called under the registry's lock, so that messages
 * leave in the order of their numbers. Cannot fail: listeners for whom there
 * is no memory are told so, and have to look for themselves. Costs next to
 * nothing if nobody listens in any namespace: of listeners in another one only
 * the core knows whether they listen to this one as well.
 */
void vfio_mig_nl_notify(struct net *net, enum vfio_mig_kind kind,
			enum vfio_mig_event event,
			const struct vfio_mig_profile *profile, u64 seq)
{
	struct sk_buff *skb;
	void *hdr;

	/*
	 * Pairs with the one of the readers: who joined and then reads finds
	 * the new state, or is found here.
	 */
	smp_mb();
	if (!genl_has_listeners(&vfio_mig_family, net, VFIO_MIG_NLGRP_MONITOR))
		return;

	skb = nlmsg_new(payload(profile), GFP_KERNEL);
	if (!skb)
		goto err_lost;

	hdr = genlmsg_put(skb, 0, 0, &vfio_mig_family, 0,
			  kinds[kind].event[event]);
	if (WARN_ON_ONCE(fill_object(skb, profile, seq, hdr))) {
		nlmsg_free(skb);
		goto err_lost;
	}

	genlmsg_multicast_netns(&vfio_mig_family, net, skb, 0,
				VFIO_MIG_NLGRP_MONITOR, GFP_KERNEL);
	return;

err_lost:
	vfio_mig_nl_lost(net);
}

/**
 * vfio_mig_nl_refuse_attrs - refuse a request that has attributes
 * @nlh: the request
 * @extack: where to tell what is wrong
 *
 * Not on every kernel does the core look at the attributes of a request that
 * has no policy, and on some it holds a dump against the policy of the do.
 *
 * Return: 0 if it has none, or -EINVAL.
 */
int vfio_mig_nl_refuse_attrs(const struct nlmsghdr *nlh,
			     struct netlink_ext_ack *extack)
{
	if (!nlmsg_attrlen(nlh, GENL_HDRLEN))
		return 0;

	NL_SET_ERR_MSG_ATTR(extack, nlmsg_attrdata(nlh, GENL_HDRLEN),
			    "this request takes no attributes");
	return -EINVAL;
}

/**
 * vfio_mig_nl_status_get_doit - answer status-get
 * @skb: the request
 * @info: what the core knows of it
 *
 * Return: 0 or a negative error.
 */
int vfio_mig_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vfio_mig_net *ns = vfio_mig_net(genl_info_net(info));
	struct vfio_mig_counts counts;
	struct sk_buff *msg;
	void *hdr;
	int err;

	err = vfio_mig_nl_refuse_attrs(info->nlhdr, info->extack);
	if (err)
		return err;

	msg = genlmsg_new(2 * nla_total_size(sizeof(u64)) +
			  5 * nla_total_size(sizeof(u32)), GFP_KERNEL);
	if (!msg)
		return vfio_mig_nl_no_memory(info->extack);

	vfio_mig_net_counts(ns, &counts);

	hdr = genlmsg_put_reply(msg, info, &vfio_mig_family, 0,
				VFIO_MIG_CMD_STATUS_GET);
	if (!hdr ||
	    nla_put(msg, VFIO_MIG_A_STATUS_INSTANCE, sizeof(u64),
		    &vfio_mig_instance) ||
	    nla_put(msg, VFIO_MIG_A_STATUS_SEQ, sizeof(u64), &counts.seq) ||
	    nla_put_u32(msg, VFIO_MIG_A_STATUS_DEVICES,
			counts.objects[VFIO_MIG_KIND_DEVICE]) ||
	    nla_put_u32(msg, VFIO_MIG_A_STATUS_TYPES,
			counts.objects[VFIO_MIG_KIND_TYPE]) ||
	    (net_eq(ns->net, &init_net) &&
	     nla_put_u32(msg, VFIO_MIG_A_STATUS_UNDESCRIBED,
			 counts.undescribed)) ||
	    nla_put_u32(msg, VFIO_MIG_A_STATUS_ATTRS_MAX,
			VFIO_MIG_ATTRS_MAX) ||
	    nla_put_u32(msg, VFIO_MIG_A_STATUS_PROFILE_MAX,
			VFIO_MIG_PROFILE_MAX)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}

	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/**
 * vfio_mig_nl_refuse - refuse a request with a text that is no literal
 * @ask: the request, or the part of it that names an object
 * @err: the error
 * @text: what is wrong, static
 * @attr: the attribute that is wrong, or NULL
 * @missing: the attribute that is not there, or 0
 *
 * The macros of netlink.h take only literals.
 *
 * Return: @err.
 */
int vfio_mig_nl_refuse(const struct vfio_mig_nl_ask *ask, int err,
		       const char *text, const struct nlattr *attr,
		       u16 missing)
{
	do_trace_netlink_extack(text);
	if (ask->extack)
		ask->extack->_msg = text;
	if (attr)
		NL_SET_BAD_ATTR(ask->extack, attr);
	if (missing)
		NL_SET_ERR_ATTR_MISS(ask->extack, ask->nest, missing);
	return err;
}

/**
 * vfio_mig_nl_no_memory - refuse a request for want of memory
 * @extack: where to tell
 *
 * Whoever is told "Cannot allocate memory" looks for it at his own end.
 *
 * Return: -ENOMEM.
 */
int vfio_mig_nl_no_memory(struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack,
		       "the kernel has no memory for it, nothing was changed");
	return -ENOMEM;
}

/* The handle in a request. Returns 1, or 0 if there is none. */
static int get_handle(const struct vfio_mig_nl_ask *ask,
		      enum vfio_mig_kind kind, struct vfio_mig_handle *handle)
{
	struct nlattr *bus = ask->attrs[VFIO_MIG_A_OBJECT_BUS];
	struct nlattr *parent = ask->attrs[VFIO_MIG_A_OBJECT_PARENT];
	struct nlattr *name = ask->attrs[VFIO_MIG_A_OBJECT_NAME];
	u16 missing = 0;

	if (!bus && !parent && !name)
		return 0;

	if (!bus)
		missing = VFIO_MIG_A_OBJECT_BUS;
	else if (!parent && kind == VFIO_MIG_KIND_TYPE)
		missing = VFIO_MIG_A_OBJECT_PARENT;
	else if (!name)
		missing = VFIO_MIG_A_OBJECT_NAME;
	if (missing)
		return vfio_mig_nl_refuse(ask, -EINVAL, kinds[kind].half_named,
					  NULL, missing);

	handle->bus = nla_data(bus);
	handle->parent = parent ? nla_data(parent) : NULL;
	handle->name = nla_data(name);
	return 1;
}

/**
 * vfio_mig_nl_find - the object that a request names, as it is now
 * @ask: the request, which names it by id, by handle or by both
 * @kind: what it must be
 *
 * Context: may sleep.
 * Return: its profile, a reference to which is the caller's, or an ERR_PTR,
 * and then the request was refused.
 */
struct vfio_mig_profile *vfio_mig_nl_find(const struct vfio_mig_nl_ask *ask,
					  enum vfio_mig_kind kind)
{
	struct nlattr *id = ask->attrs[VFIO_MIG_A_OBJECT_ID];
	struct nlattr *name = ask->attrs[VFIO_MIG_A_OBJECT_NAME];
	struct vfio_mig_object *by_id = NULL, *by_name = NULL;
	struct vfio_mig_profile *profile = NULL;
	struct vfio_mig_handle handle;
	int named, err = 0;

	named = get_handle(ask, kind, &handle);
	if (named < 0)
		return ERR_PTR(named);
	if (!named && !id) {
		err = vfio_mig_nl_refuse(ask, -EINVAL, kinds[kind].nameless,
					 NULL, VFIO_MIG_A_OBJECT_ID);
		return ERR_PTR(err);
	}

	smp_mb(); /* pairs with vfio_mig_nl_notify() */
	rcu_read_lock();
	if (id)
		by_id = vfio_mig_find_id(ask->ns, kind, nla_get_u32(id));
	if (named)
		by_name = vfio_mig_find_handle(ask->ns, kind, &handle);

	if (by_id && by_name && by_id != by_name)
		err = vfio_mig_nl_refuse(ask, -EINVAL,
					 "id and handle name different objects",
					 name, 0);
	else if (by_id && (by_name || !named))
		profile = vfio_mig_object_profile(by_id, ask->ns);
	else if (by_name && !id)
		profile = vfio_mig_object_profile(by_name, ask->ns);
	rcu_read_unlock();

	if (profile)
		return profile;
	if (!err && id && (!by_id || !named))
		err = vfio_mig_nl_refuse(ask, -ENODEV, kinds[kind].unknown_id,
					 id, 0);
	else if (!err)
		err = vfio_mig_nl_refuse(ask, -ENODEV,
					 kinds[kind].unknown_handle,
					 name ?: id, 0);
	return ERR_PTR(err);
}

/* An id alone does not tell whether it is a device's or a type's. */
static enum vfio_mig_kind kind_asked(const struct vfio_mig_nl_ask *ask)
{
	struct nlattr *id = ask->attrs[VFIO_MIG_A_OBJECT_ID];
	bool is_type;

	if (ask->attrs[VFIO_MIG_A_OBJECT_PARENT])
		return VFIO_MIG_KIND_TYPE;
	if (!id || ask->attrs[VFIO_MIG_A_OBJECT_NAME])
		return VFIO_MIG_KIND_DEVICE;

	rcu_read_lock();
	is_type = vfio_mig_find_id(ask->ns, VFIO_MIG_KIND_TYPE,
				   nla_get_u32(id));
	rcu_read_unlock();
	return is_type ? VFIO_MIG_KIND_TYPE : VFIO_MIG_KIND_DEVICE;
}

/**
 * vfio_mig_nl_find_nested - the device or type that a nest names, as it is now
 * @ns: the namespace
 * @nest: the nest, of the set "handle"
 * @extack: where to tell what is wrong
 *
 * Context: may sleep.
 * Return: as vfio_mig_nl_find().
 */
struct vfio_mig_profile *
vfio_mig_nl_find_nested(struct vfio_mig_net *ns, const struct nlattr *nest,
			struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[VFIO_MIG_A_OBJECT_NAME + 1];
	const struct vfio_mig_nl_ask ask = {
		.ns = ns,
		.attrs = attrs,
		.nest = nest,
		.extack = extack,
	};
	int err;

	err = nla_parse_nested(attrs, VFIO_MIG_A_OBJECT_NAME, nest,
			       vfio_mig_handle_nl_policy, extack);
	if (err)
		return ERR_PTR(err);
	return vfio_mig_nl_find(&ask, kind_asked(&ask));
}

static int get_doit(struct genl_info *info, enum vfio_mig_kind kind)
{
	const struct vfio_mig_nl_ask ask = {
		.ns = vfio_mig_net(genl_info_net(info)),
		.attrs = info->attrs,
		.extack = info->extack,
	};
	struct vfio_mig_profile *profile;
	struct sk_buff *msg;
	void *hdr;
	int err;

	profile = vfio_mig_nl_find(&ask, kind);
	if (IS_ERR(profile))
		return PTR_ERR(profile);

	msg = nlmsg_new(payload(profile), GFP_KERNEL);
	if (!msg) {
		err = vfio_mig_nl_no_memory(info->extack);
		goto out_put;
	}

	hdr = genlmsg_put_reply(msg, info, &vfio_mig_family, 0,
				kinds[kind].get);
	err = fill_object(msg, profile, profile->seq, hdr);
	if (err)
		nlmsg_free(msg);
	else
		err = genlmsg_reply(msg, info);

out_put:
	vfio_mig_profile_put(profile);
	return err;
}

/**
 * vfio_mig_nl_dev_get_doit - answer dev-get
 * @skb: the request
 * @info: what the core knows of it
 *
 * Return: 0 or a negative error.
 */
int vfio_mig_nl_dev_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return get_doit(info, VFIO_MIG_KIND_DEVICE);
}

/**
 * vfio_mig_nl_type_get_doit - answer type-get
 * @skb: the request
 * @info: what the core knows of it
 *
 * Return: 0 or a negative error.
 */
int vfio_mig_nl_type_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return get_doit(info, VFIO_MIG_KIND_TYPE);
}

static struct vfio_mig_net *dump_ns(const struct netlink_callback *cb)
{
	return vfio_mig_net(sock_net(cb->skb->sk));
}

/*
 * The first message of a dump is allocated before it is known how much the
 * reader takes. It must hold the largest object, or the dump ends there.
 */
static int dump_start(struct netlink_callback *cb, enum vfio_mig_kind kind)
{
	BUILD_BUG_ON(sizeof(struct dump_ctx) > sizeof(cb->ctx));

	cb->min_dump_alloc = vfio_mig_set_msg_max(&dump_ns(cb)->sets[kind]);
	return 0;
}

/*
 * Objects that come or go while a dump is read mark it as interrupted. This
 * is looked at on entry, for what happened between two calls, and on return,
 * for what happened during this one: the next message, if only the one that
 * says that the dump is done, bears the mark.
 */
static int dumpit(struct sk_buff *skb, struct netlink_callback *cb,
		  enum vfio_mig_kind kind)
{
	struct dump_ctx *ctx = (struct dump_ctx *)cb->ctx;
	struct vfio_mig_net *ns = dump_ns(cb);
	struct vfio_mig_set *set = &ns->sets[kind];
	XA_STATE(xas, &set->objects, ctx->next);
	struct vfio_mig_object *obj;
	int err;

	err = vfio_mig_nl_refuse_attrs(cb->nlh, cb->extack);
	if (err)
		return err;

	smp_mb(); /* pairs with vfio_mig_nl_notify() */

	/* pairs with the release in next_gen() */
	cb->seq = smp_load_acquire(&set->gen);

	rcu_read_lock();
	xas_for_each(&xas, obj, ULONG_MAX) {
		const struct vfio_mig_profile *profile;
		void *hdr;

		if (xas_retry(&xas, obj))
			continue;
		profile = rcu_dereference(obj->profile);
		if (!profile || profile->ns != ns)
			continue;

		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &vfio_mig_family,
				  NLM_F_MULTI, kinds[kind].get);
		if (hdr)
			genl_dump_check_consistent(cb, hdr);
		err = fill_object(skb, profile, profile->seq, hdr);
		if (err)
			break;
		ctx->next = xas.xa_index + 1;
	}
	rcu_read_unlock();

	/*
	 * Who sees a change sees the numbers of all changes before it, which
	 * registry_lock has ordered.
	 */
	smp_rmb();
	cb->seq = READ_ONCE(set->gen);
	cb->min_dump_alloc = vfio_mig_set_msg_max(set);

	if (!err || skb->len)
		return err ? skb->len : 0;

	/* what does not fit an empty message never will */
	NL_SET_ERR_MSG(cb->extack,
		       "an object grew while it was dumped: dump again");
	return err;
}

/**
 * vfio_mig_nl_dev_dump_start - begin a dump of devices
 * @cb: the dump
 *
 * Return: 0.
 */
int vfio_mig_nl_dev_dump_start(struct netlink_callback *cb)
{
	return dump_start(cb, VFIO_MIG_KIND_DEVICE);
}

/**
 * vfio_mig_nl_dev_get_dumpit - fill one message of a dump of devices
 * @skb: the message
 * @cb: the dump
 *
 * Return: 0 when the dump is done, a positive number when there is more to
 * come, or a negative error.
 */
int vfio_mig_nl_dev_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb)
{
	return dumpit(skb, cb, VFIO_MIG_KIND_DEVICE);
}

/**
 * vfio_mig_nl_type_dump_start - begin a dump of types
 * @cb: the dump
 *
 * Return: 0.
 */
int vfio_mig_nl_type_dump_start(struct netlink_callback *cb)
{
	return dump_start(cb, VFIO_MIG_KIND_TYPE);
}

/**
 * vfio_mig_nl_type_get_dumpit - fill one message of a dump of types
 * @skb: the message
 * @cb: the dump
 *
 * Return: 0 when the dump is done, a positive number when there is more to
 * come, or a negative error.
 */
int vfio_mig_nl_type_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	return dumpit(skb, cb, VFIO_MIG_KIND_TYPE);
}

static const struct genl_multicast_group vfio_mig_groups[] = {
	[VFIO_MIG_NLGRP_MONITOR] = { .name = VFIO_MIG_MCGRP_MONITOR },
};

struct genl_family vfio_mig_family __ro_after_init = {
	.name = VFIO_MIG_FAMILY_NAME,
	.version = VFIO_MIG_FAMILY_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.mcgrps = vfio_mig_groups,
	.n_mcgrps = ARRAY_SIZE(vfio_mig_groups),
};

/**
 * vfio_mig_nl_init - register the family
 *
 * Return: 0 or a negative error.
 */
int __init vfio_mig_nl_init(void)
{
	compat_set_ops(&vfio_mig_family, vfio_mig_nl_ops,
		       ARRAY_SIZE(vfio_mig_nl_ops));
	return genl_register_family(&vfio_mig_family);
}

/**
 * vfio_mig_nl_exit - undo vfio_mig_nl_init()
 */
void vfio_mig_nl_exit(void)
{
	genl_unregister_family(&vfio_mig_family);
}
