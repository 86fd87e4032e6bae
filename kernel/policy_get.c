// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command policy-get, and the events that tell of policies.
 *
 * A dump keeps nothing between two calls but the id of a part to go on from.
 */

#include <net/genetlink.h>
#include <net/sock.h>

#include "netlink.h"
#include "netlink_gen.h"
#include "policy.h"

/**
 * struct policy_ctx - what a dump keeps from one call to the next
 * @last: id of the part that was told last
 */
struct policy_ctx {
	u32 last;
};

/* Bytes in a message about a part, behind the netlink header. */
static u32 payload(const struct vfio_mig_part *part)
{
	return GENL_HDRLEN + nla_total_size(sizeof(u32)) +
	       nla_total_size(sizeof(u64)) + part->len +
	       (part->driver ? nla_total_size(strlen(part->driver) + 1) : 0);
}

/* The one place that writes a part into a message. */
static int fill_part(struct sk_buff *skb, const struct vfio_mig_part *part,
		     bool gone, u64 seq, void *hdr)
{
	unsigned int i;

	if (!hdr)
		return -EMSGSIZE;

	if (nla_put_u32(skb, VFIO_MIG_A_POLICY_SCOPE, part->scope) ||
	    (part->driver &&
	     nla_put_string(skb, VFIO_MIG_A_POLICY_DRIVER, part->driver)) ||
	    nla_put(skb, VFIO_MIG_A_POLICY_SEQ, sizeof(seq), &seq))
		goto err_cancel;
	for (i = 0; !gone && i < part->n; i++) {
		const struct nlattr *nest = part->entries[i].nest;

		if (nla_put(skb, VFIO_MIG_A_POLICY_ATTR | NLA_F_NESTED,
			    nla_len(nest), nla_data(nest)))
			goto err_cancel;
	}
	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/**
 * vfio_mig_nl_policy_notify - tell a namespace that its policy has changed
 * @net: the namespace
 * @part: what it says of a driver or of all, or has said
 * @gone: it does not say it any more
 * @seq: number of the event
 *
 * Context: as of vfio_mig_nl_notify().
 */
void vfio_mig_nl_policy_notify(struct net *net,
			       const struct vfio_mig_part *part, bool gone,
			       u64 seq)
{
	struct sk_buff *skb;
	void *hdr;

	/* as in vfio_mig_nl_notify() */
	smp_mb();
	if (!genl_has_listeners(&vfio_mig_family, net, VFIO_MIG_NLGRP_MONITOR))
		return;

	skb = nlmsg_new(payload(part), GFP_KERNEL);
	if (!skb)
		goto err_lost;

	hdr = genlmsg_put(skb, 0, 0, &vfio_mig_family, 0,
			  VFIO_MIG_CMD_POLICY_NTF);
	if (WARN_ON_ONCE(fill_part(skb, part, gone, seq, hdr))) {
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
 * vfio_mig_nl_policy_dump_start - begin a dump of a policy
 * @cb: the dump
 *
 * Return: 0.
 */
int vfio_mig_nl_policy_dump_start(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct policy_ctx) > sizeof(cb->ctx));

	/* the largest part fits it, whatever is said meanwhile */
	cb->min_dump_alloc = VFIO_MIG_PROFILE_MAX + 1024;
	return 0;
}

/**
 * vfio_mig_nl_policy_get_dumpit - fill one message of a dump of a policy
 * @skb: the message
 * @cb: the dump
 *
 * Return: 0 when the dump is done, a positive number when there is more to
 * come, or a negative error.
 */
int vfio_mig_nl_policy_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb)
{
	struct policy_ctx *ctx = (struct policy_ctx *)cb->ctx;
	struct vfio_mig_net *ns = vfio_mig_net(sock_net(cb->skb->sk));
	const struct vfio_mig_part *part;
	int err;

	err = vfio_mig_nl_refuse_attrs(cb->nlh, cb->extack);
	if (err)
		return err;

	smp_mb(); /* as in dumpit() of netlink.c */

	/* pairs with the release in replace_part() */
	cb->seq = smp_load_acquire(&ns->policy_gen);

	rcu_read_lock();
	list_for_each_entry_rcu(part, &ns->policy, node) {
		void *hdr;

		if (part->id <= ctx->last)
			continue;
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &vfio_mig_family,
				  NLM_F_MULTI, VFIO_MIG_CMD_POLICY_GET);
		if (hdr)
			genl_dump_check_consistent(cb, hdr);
		err = fill_part(skb, part, false, part->seq, hdr);
		if (err)
			break;
		ctx->last = part->id;
	}
	rcu_read_unlock();

	smp_rmb(); /* as in dumpit() of netlink.c */
	cb->seq = READ_ONCE(ns->policy_gen);

	return err && skb->len ? skb->len : err;
}
