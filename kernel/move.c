// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command dev-set: devices that go to another network namespace.
 *
 * Whoever asks needs rights over the namespace that the device is in, for
 * which the core looks, and over the one it is to go to. Both are the rights
 * of him who opened the socket as well, so that nobody can be made to ask.
 */

#include <linux/capability.h>
#include <linux/err.h>
#include <net/genetlink.h>

#include "netlink.h"
#include "netlink_gen.h"

/**
 * struct way - one of the ways to name a namespace
 * @attr: the attribute
 * @nobody: what to say if there is none of that name
 */
struct way {
	u16 attr;
	const char *nobody;
};

static const struct way ways[] = {
	{ VFIO_MIG_A_MOVE_NETNS_FD,
	  "this is no file descriptor of a network namespace" },
	{ VFIO_MIG_A_MOVE_NETNS_PID, "there is no such process" },
	{ VFIO_MIG_A_MOVE_NETNS_NSID,
	  "no network namespace has this number here" },
};

/* The one way that is used. */
static const struct way *find_way(const struct genl_info *info,
				  const struct vfio_mig_nl_ask *ask)
{
	const struct way *way = NULL;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!info->attrs[ways[i].attr])
			continue;
		if (way) {
			err = vfio_mig_nl_refuse(ask, -EINVAL,
						 "the network namespace is named twice",
						 info->attrs[ways[i].attr], 0);
			return ERR_PTR(err);
		}
		way = &ways[i];
	}
	if (way)
		return way;

	err = vfio_mig_nl_refuse(ask, -EINVAL,
				 "no network namespace: give fd, pid or nsid",
				 NULL, VFIO_MIG_A_MOVE_NETNS_FD);
	return ERR_PTR(err);
}

static struct net *get_net_of(struct genl_info *info,
			      const struct way *way)
{
	const struct nlattr *attr = info->attrs[way->attr];
	struct net *net;

	switch (way->attr) {
	case VFIO_MIG_A_MOVE_NETNS_FD:
		return get_net_ns_by_fd(nla_get_u32(attr));
	case VFIO_MIG_A_MOVE_NETNS_PID:
		return get_net_ns_by_pid(nla_get_u32(attr));
	}
	net = get_net_ns_by_id(genl_info_net(info), nla_get_s32(attr));
	return net ?: ERR_PTR(-ENOENT);
}

/* Where the device is to go; a reference is the caller's. */
static struct net *get_goal(struct sk_buff *skb, struct genl_info *info,
			    const struct vfio_mig_nl_ask *ask)
{
	const struct way *way = find_way(info, ask);
	struct net *net;
	int err;

	if (IS_ERR(way))
		return ERR_CAST(way);

	net = get_net_of(info, way);
	if (IS_ERR(net)) {
		err = vfio_mig_nl_refuse(ask, -EINVAL, way->nobody,
					 info->attrs[way->attr], 0);
		return ERR_PTR(err);
	}
	if (netlink_ns_capable(skb, net->user_ns, CAP_NET_ADMIN))
		return net;

	put_net(net);
	err = vfio_mig_nl_refuse(ask, -EPERM,
				 "CAP_NET_ADMIN over that network namespace is needed",
				 info->attrs[way->attr], 0);
	return ERR_PTR(err);
}

static int move(struct vfio_mig_net *from, const struct net *goal, u32 id)
{
	struct vfio_mig_object *obj;
	int err;

	obj = vfio_mig_object_get(from, VFIO_MIG_KIND_DEVICE, id);
	if (!obj)
		return -ENODEV;
	err = vfio_mig_object_move(obj, from, vfio_mig_net(goal));
	vfio_mig_object_put(obj);
	return err;
}

/**
 * vfio_mig_nl_dev_set_doit - answer dev-set
 * @skb: the request
 * @info: what the core knows of it
 *
 * Return: 0 or a negative error.
 */
int vfio_mig_nl_dev_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *target = info->attrs[VFIO_MIG_A_MOVE_TARGET];
	const struct vfio_mig_nl_ask ask = {
		.ns = vfio_mig_net(genl_info_net(info)),
		.extack = info->extack,
	};
	struct vfio_mig_profile *profile;
	struct net *goal;
	bool is_type;
	int err;
	u32 id;

	if (GENL_REQ_ATTR_CHECK(info, VFIO_MIG_A_MOVE_TARGET))
		return vfio_mig_nl_refuse(&ask, -EINVAL,
					  "there is no target, name a device",
					  NULL, VFIO_MIG_A_MOVE_TARGET);

	profile = vfio_mig_nl_find_nested(ask.ns, target, info->extack);
	if (IS_ERR(profile))
		return PTR_ERR(profile);
	id = profile->id;
	is_type = profile->is_type;
	vfio_mig_profile_put(profile);
	if (is_type)
		return vfio_mig_nl_refuse(&ask, -EINVAL,
					  "types stay in the initial network namespace",
					  target, 0);

	goal = get_goal(skb, info, &ask);
	if (IS_ERR(goal))
		return PTR_ERR(goal);
	err = move(ask.ns, goal, id);
	put_net(goal);
	if (err == -ENODEV)
		return vfio_mig_nl_refuse(&ask, err, "the device is gone",
					  target, 0);
	if (err == -ENOMEM)
		return vfio_mig_nl_no_memory(info->extack);
	return err;
}
