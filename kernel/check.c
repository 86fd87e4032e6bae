// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command check: holds a source against a target, or against everything
 * in a namespace, and tells verdict and findings.
 *
 * The source is read once. A dump keeps it from one call to the next, and
 * nothing else but the id to go on from.
 */

#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "discover.h"
#include "finding.h"
#include "match.h"
#include "netlink.h"
#include "netlink_gen.h"

/*
 * No answer is larger: 128 findings, of which 64 tell a value of the source
 * and 64 one of the target, where all that a side says is 6 KiB.
 */
#define ANSWER_MAX	16384

/**
 * struct vfio_mig_source - what is held against targets
 * @profile: the profile of a device or type here, or NULL
 * @id: its id, or 0
 * @index: what was read, pointing into @profile or @wire
 * @wire: a profile that came with the request
 */
struct vfio_mig_source {
	struct vfio_mig_profile *profile;
	u32 id;
	struct vfio_mig_index index;
	u8 wire[] __aligned(4);
};

/**
 * struct check_ctx - what a dump keeps from one call to the next
 * @source: the source, NULL before the first call
 * @next: id to go on from
 * @kind: kind of objects to go on with
 */
struct check_ctx {
	struct vfio_mig_source *source;
	unsigned long next;
	u32 kind;
};

/* Whoever does not read his dumps keeps as many of them as he has sockets. */
static struct vfio_mig_source *alloc_source(size_t len)
{
	struct vfio_mig_source *source;

	return kzalloc(struct_size(source, wire, len), GFP_KERNEL_ACCOUNT);
}

static void free_source(struct vfio_mig_source *source)
{
	if (!source)
		return;
	if (source->profile)
		vfio_mig_profile_put(source->profile);
	kfree(source);
}

static struct vfio_mig_source *source_here(struct vfio_mig_net *ns,
					   const struct nlattr *nest,
					   struct netlink_ext_ack *extack)
{
	struct vfio_mig_source *source;
	struct vfio_mig_profile *profile;
	struct vfio_mig_fault fault;
	int err;

	profile = vfio_mig_nl_find_nested(ns, nest, extack);
	if (IS_ERR(profile))
		return ERR_CAST(profile);

	source = alloc_source(0);
	if (!source) {
		vfio_mig_profile_put(profile);
		return ERR_PTR(vfio_mig_nl_no_memory(extack));
	}
	source->profile = profile;
	source->id = profile->id;

	err = vfio_mig_index_read(&source->index, profile->wire, profile->len,
				  false, &fault);
	if (WARN_ON_ONCE(err)) {
		free_source(source);
		return ERR_PTR(err);
	}
	return source;
}

static struct vfio_mig_source *source_brought(struct vfio_mig_net *ns,
					      const struct nlattr *attr,
					      struct netlink_ext_ack *extack)
{
	const struct vfio_mig_nl_ask ask = { .ns = ns, .extack = extack };
	struct vfio_mig_source *source;
	struct vfio_mig_fault fault;
	size_t len = nla_len(attr);
	int err;

	source = alloc_source(len);
	if (!source)
		return ERR_PTR(vfio_mig_nl_no_memory(extack));
	memcpy(source->wire, nla_data(attr), len);

	err = vfio_mig_index_read(&source->index, source->wire, len, true,
				  &fault);
	if (!err)
		return source;

	kfree(source);
	/* where a source of nothing begins, the request may end */
	vfio_mig_nl_refuse(&ask, err, fault.reason,
			   len ? nla_data(attr) + fault.offset : attr, 0);
	return ERR_PTR(err);
}

static struct vfio_mig_source *get_source(struct vfio_mig_net *ns,
					  struct nlattr *const *attrs,
					  struct netlink_ext_ack *extack)
{
	const struct nlattr *here = attrs[VFIO_MIG_A_CHECK_SOURCE];
	const struct nlattr *brought = attrs[VFIO_MIG_A_CHECK_PROFILE];

	if (here && brought) {
		NL_SET_ERR_MSG_ATTR(extack, brought,
				    "a source is one here or a profile, not both");
		return ERR_PTR(-EINVAL);
	}
	if (here)
		return source_here(ns, here, extack);
	if (brought)
		return source_brought(ns, brought, extack);

	NL_SET_ERR_MSG(extack, "there is no source, give one or a profile");
	NL_SET_ERR_ATTR_MISS(extack, NULL, VFIO_MIG_A_CHECK_SOURCE);
	return ERR_PTR(-EINVAL);
}

static int measure(const struct vfio_mig_finding *finding, void *arg)
{
	size_t *size = arg;

	*size += vfio_mig_finding_size(finding);
	return 0;
}

static int put(const struct vfio_mig_finding *finding, void *arg)
{
	return vfio_mig_put_finding(arg, VFIO_MIG_A_CHECK_FINDING, finding);
}

static size_t answer_size(const struct vfio_mig_profile *target,
			  size_t findings)
{
	return nlmsg_total_size(GENL_HDRLEN + nla_total_size(target->head) +
				nla_total_size(sizeof(u64)) +
				(target->is_type ?
				 nla_total_size(sizeof(u32)) :
				 nla_total_size(sizeof(u8))) +
				nla_total_size(sizeof(u32)) + findings);
}

static int match(const struct vfio_mig_source *source,
		 const struct vfio_mig_profile *target,
		 int (*emit)(const struct vfio_mig_finding *finding, void *arg),
		 void *arg)
{
	return vfio_mig_match(&source->index, target->wire, target->len, emit,
			      arg);
}

/* The one place that writes an answer, under RCU if @obj may go. */
static int fill_answer(struct sk_buff *skb, void *hdr,
		       const struct vfio_mig_source *source,
		       const struct vfio_mig_object *obj,
		       const struct vfio_mig_profile *target)
{
	int verdict;

	if (!hdr)
		return -EMSGSIZE;

	if (nla_put(skb, VFIO_MIG_A_CHECK_TARGET | NLA_F_NESTED, target->head,
		    target->wire) ||
	    nla_put(skb, VFIO_MIG_A_CHECK_SEQ, sizeof(u64), &target->seq))
		goto err_cancel;

	if (target->is_type ?
	    nla_put_u32(skb, VFIO_MIG_A_CHECK_AVAILABLE, target->available) :
	    nla_put_u8(skb, VFIO_MIG_A_CHECK_IN_USE,
		       obj && vfio_mig_in_use(obj)))
		goto err_cancel;

	verdict = match(source, target, put, skb);
	if (verdict < 0 ||
	    nla_put_u32(skb, VFIO_MIG_A_CHECK_VERDICT, verdict))
		goto err_cancel;

	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

static int answer(struct genl_info *info, struct vfio_mig_net *ns,
		  const struct vfio_mig_source *source,
		  const struct vfio_mig_profile *target)
{
	struct vfio_mig_object *obj;
	size_t findings = 0;
	struct sk_buff *msg;
	int err;

	err = match(source, target, measure, &findings);
	if (err < 0)
		return err;

	msg = alloc_skb(answer_size(target, findings), GFP_KERNEL);
	if (!msg)
		return vfio_mig_nl_no_memory(info->extack);

	rcu_read_lock();
	obj = vfio_mig_find_id(ns, target->is_type ? VFIO_MIG_KIND_TYPE :
			       VFIO_MIG_KIND_DEVICE, target->id);
	err = fill_answer(msg, genlmsg_put_reply(msg, info, &vfio_mig_family, 0,
						 VFIO_MIG_CMD_CHECK),
			  source, obj, target);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

/**
 * vfio_mig_nl_check_doit - answer check for one target
 * @skb: the request
 * @info: what the core knows of it
 *
 * Return: 0 or a negative error.
 */
int vfio_mig_nl_check_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vfio_mig_net *ns = vfio_mig_net(genl_info_net(info));
	struct vfio_mig_profile *target;
	struct vfio_mig_source *source;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VFIO_MIG_A_CHECK_TARGET)) {
		NL_SET_ERR_MSG(info->extack,
			       "there is no target; a dump takes all there are");
		return -EINVAL;
	}

	source = get_source(ns, info->attrs, info->extack);
	if (IS_ERR(source))
		return PTR_ERR(source);

	target = vfio_mig_nl_find_nested(ns,
					 info->attrs[VFIO_MIG_A_CHECK_TARGET],
					 info->extack);
	if (IS_ERR(target)) {
		err = PTR_ERR(target);
		goto out_free;
	}

	err = answer(info, ns, source, target);
	vfio_mig_profile_put(target);
out_free:
	free_source(source);
	return err;
}

/**
 * vfio_mig_nl_check_dump_start - begin a check against everything
 * @cb: the dump
 *
 * Return: 0.
 */
int vfio_mig_nl_check_dump_start(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct check_ctx) > sizeof(cb->ctx));

	cb->min_dump_alloc = ANSWER_MAX;
	return 0;
}

/**
 * vfio_mig_nl_check_dump_done - end a check against everything
 * @cb: the dump
 *
 * Return: 0.
 */
int vfio_mig_nl_check_dump_done(struct netlink_callback *cb)
{
	struct check_ctx *ctx = (struct check_ctx *)cb->ctx;

	free_source(ctx->source);
	ctx->source = NULL;
	return 0;
}

static int begin_dump(struct netlink_callback *cb, struct vfio_mig_net *ns)
{
	struct check_ctx *ctx = (struct check_ctx *)cb->ctx;
	struct nlattr *const *attrs = compat_dump_attrs(cb);
	struct vfio_mig_source *source;

	/* not every kernel has a policy of its own for dumps */
	if (nlmsg_find_attr(cb->nlh, GENL_HDRLEN, VFIO_MIG_A_CHECK_TARGET)) {
		NL_SET_ERR_MSG_ATTR(cb->extack,
				    nlmsg_find_attr(cb->nlh, GENL_HDRLEN,
						    VFIO_MIG_A_CHECK_TARGET),
				    "a dump takes every target there is");
		return -EINVAL;
	}

	source = get_source(ns, attrs, cb->extack);
	if (IS_ERR(source))
		return PTR_ERR(source);
	ctx->source = source;
	return 0;
}

static int dump_kind(struct sk_buff *skb, struct netlink_callback *cb,
		     struct vfio_mig_net *ns)
{
	struct check_ctx *ctx = (struct check_ctx *)cb->ctx;
	struct vfio_mig_set *set = &ns->sets[ctx->kind];
	struct vfio_mig_object *obj;
	unsigned long id;
	int err = 0;

	rcu_read_lock();
	xa_for_each_start(&set->objects, id, obj, ctx->next) {
		const struct vfio_mig_profile *target;
		void *hdr;

		target = rcu_dereference(obj->profile);
		if (!target || target->ns != ns ||
		    target->id == ctx->source->id)
			continue;

		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &vfio_mig_family,
				  NLM_F_MULTI, VFIO_MIG_CMD_CHECK);
		if (hdr)
			genl_dump_check_consistent(cb, hdr);
		err = fill_answer(skb, hdr, ctx->source, obj, target);
		if (err)
			break;
		ctx->next = id + 1;
	}
	rcu_read_unlock();
	return err;
}

/* Changes whenever an object of either kind comes or goes, and is never 0. */
static u32 generation(const struct vfio_mig_net *ns)
{
	u32 gen = 0;
	int kind;

	for (kind = 0; kind < VFIO_MIG_KINDS; kind++)
		/* pairs with the release in next_gen() */
		gen += smp_load_acquire(&ns->sets[kind].gen);
	return gen ?: 1;
}

/**
 * vfio_mig_nl_check_dumpit - fill one message of a check against everything
 * @skb: the message
 * @cb: the dump
 *
 * Devices come first, then types.
 *
 * Return: 0 when the dump is done, a positive number when there is more to
 * come, or a negative error.
 */
int vfio_mig_nl_check_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vfio_mig_net *ns = vfio_mig_net(sock_net(cb->skb->sk));
	struct check_ctx *ctx = (struct check_ctx *)cb->ctx;
	int err;

	if (!ctx->source) {
		err = begin_dump(cb, ns);
		if (err)
			return err;
	}

	smp_mb(); /* pairs with vfio_mig_nl_notify() */
	cb->seq = generation(ns);
	for (;;) {
		err = dump_kind(skb, cb, ns);
		if (err || ctx->kind == VFIO_MIG_KINDS - 1)
			break;
		ctx->kind++;
		ctx->next = 0;
	}

	smp_rmb(); /* as in dumpit() of netlink.c */
	cb->seq = generation(ns);

	return err && skb->len ? skb->len : err;
}
