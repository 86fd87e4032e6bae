// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command check: holds a source against a target, or against everything
 * in a namespace, and tells verdict and findings.
 *
 * For one target the source is read as far as it differs, where it stands. For
 * a dump it is read once, and kept from one call to the next, and nothing else
 * is but the id to go on from.
 */

#include <linux/hash.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "discover.h"
#include "finding.h"
#include "match.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "words.h"

/*
 * No answer is larger: 128 findings, of which 64 tell a value of the source
 * and 64 one of the target, where all that a side says is 6 KiB.
 */
#define ANSWER_MAX	16384

/* What an answer is given for its findings before they are measured. */
#define FINDINGS_ROOM	384

/* 1 << this many sorts of targets are remembered. */
#define SORT_BITS	3

/**
 * struct source - what is held against targets
 * @profile: the profile of a device or type here, or NULL
 * @brought: where a profile came with the request, or NULL
 */
struct source {
	struct vfio_mig_profile *profile;
	const struct nlattr *brought;
};

/**
 * struct vfio_mig_source - a source that was read
 * @profile: as in struct source
 * @id: its id, or 0
 * @n: how many @views there are
 * @views: the attributes in bytewise order of their names: words that are held
 *	here, or what only the request says
 * @index: what came with the request, pointing into @wire
 * @wire: a copy of that
 *
 * There is nothing from @n on if there is a @profile.
 */
struct vfio_mig_source {
	struct vfio_mig_profile *profile;
	u32 id;
	unsigned int n;
	const struct vfio_mig_view *views[VFIO_MIG_ATTRS_MAX];
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

static int get_source(struct source *source, struct vfio_mig_net *ns,
		      struct nlattr *const *attrs,
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *here = attrs[VFIO_MIG_A_CHECK_SOURCE];
	const struct nlattr *brought = attrs[VFIO_MIG_A_CHECK_PROFILE];

	memset(source, 0, sizeof(*source));
	if (here && brought) {
		NL_SET_ERR_MSG_ATTR(extack, brought,
				    "a source is one here or a profile, not both");
		return -EINVAL;
	}
	if (!here && !brought) {
		NL_SET_ERR_MSG(extack,
			       "there is no source, give one or a profile");
		NL_SET_ERR_ATTR_MISS(extack, NULL, VFIO_MIG_A_CHECK_SOURCE);
		return -EINVAL;
	}
	if (brought) {
		source->brought = brought;
		return 0;
	}
	source->profile = vfio_mig_nl_find_nested(ns, here, extack);
	return PTR_ERR_OR_ZERO(source->profile);
}

static void put_source(struct source *source)
{
	if (source->profile)
		vfio_mig_profile_put(source->profile);
}

static bool is_own(const struct vfio_mig_source *source,
		   const struct vfio_mig_view *view)
{
	return view >= source->index.views &&
	       view < source->index.views + ARRAY_SIZE(source->index.views);
}

static void free_source(struct vfio_mig_source *source)
{
	unsigned int i;

	if (!source)
		return;
	if (source->profile) {
		vfio_mig_profile_put(source->profile);
	} else {
		for (i = 0; i < source->n; i++)
			if (!is_own(source, source->views[i]))
				vfio_mig_word_put(source->views[i]);
	}
	kfree(source);
}

/*
 * Who does not read his dumps keeps as many sources as he has sockets: they are
 * charged to him.
 */
static struct vfio_mig_source *alloc_source(size_t size,
					    struct netlink_ext_ack *extack)
{
	struct vfio_mig_source *source = kmalloc(size, GFP_KERNEL_ACCOUNT);

	return source ?: ERR_PTR(vfio_mig_nl_no_memory(extack));
}

/* The reference to the profile goes over. */
static struct vfio_mig_source *take_source(struct source *from,
					   struct netlink_ext_ack *extack)
{
	struct vfio_mig_source *source;

	source = alloc_source(offsetof(struct vfio_mig_source, n), extack);
	if (IS_ERR(source))
		return source;
	source->profile = from->profile;
	source->id = from->profile->id;
	from->profile = NULL;
	return source;
}

/*
 * Returns what lasts as long as it has to, or an ERR_PTR, and then the request
 * was refused.
 */
static struct vfio_mig_source *read_source(const struct nlattr *brought,
					   struct netlink_ext_ack *extack)
{
	const struct vfio_mig_nl_ask ask = { .extack = extack };
	size_t len = nla_len(brought);
	struct vfio_mig_source *source;
	struct vfio_mig_fault fault;
	unsigned int i;
	int err;

	source = alloc_source(struct_size(source, wire, len), extack);
	if (IS_ERR(source))
		return source;
	memcpy(source->wire, nla_data(brought), len);
	err = vfio_mig_index_read(&source->index, source->wire, len, true,
				  &fault);
	if (err) {
		kfree(source);
		/* where a source of nothing begins, the request may end */
		vfio_mig_nl_refuse(&ask, err, fault.reason,
				   len ? nla_data(brought) + fault.offset :
					 (const void *)brought, 0);
		return ERR_PTR(err);
	}

	source->profile = NULL;
	source->id = 0;
	source->n = source->index.n;
	for (i = 0; i < source->n; i++) {
		const struct vfio_mig_view *view, *word;

		view = &source->index.views[source->index.order[i]];
		word = vfio_mig_word_find((const struct nlattr *)view->wire);
		source->views[i] = word ?: view;
	}
	return source;
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

/**
 * struct fixed - what stands in each answer between target and findings
 * @seq_attr: VFIO_MIG_A_CHECK_SEQ
 * @seq: of the target's profile
 * @use_attr: VFIO_MIG_A_CHECK_AVAILABLE of a type, VFIO_MIG_A_CHECK_IN_USE of
 *	a device
 * @available: of a type
 * @in_use: of a device
 * @verdict_attr: VFIO_MIG_A_CHECK_VERDICT
 * @verdict: what it is
 *
 * There are as many answers as there are targets, and there is not much more
 * in most: all of it is written at once.
 */
struct fixed {
	struct nlattr seq_attr;
	u64 seq;
	struct nlattr use_attr;
	union {
		u32 available;
		u8 in_use;
	};
	struct nlattr verdict_attr;
	u32 verdict;
} __packed __aligned(NLA_ALIGNTO);

static_assert(sizeof(struct fixed) == 28);

static size_t answer_size(const struct vfio_mig_profile *target,
			  size_t findings)
{
	return nlmsg_total_size(GENL_HDRLEN + nla_total_size(target->head) +
				sizeof(struct fixed) + findings);
}

/**
 * struct match - a comparison
 * @source: the source, if it was read
 * @from: else it
 * @target: the target
 */
struct match {
	const struct vfio_mig_source *source;
	const struct source *from;
	const struct vfio_mig_profile *target;
};

static int run(const struct match *m,
	       int (*emit)(const struct vfio_mig_finding *finding, void *arg),
	       void *arg)
{
	const struct vfio_mig_words *t = m->target->words, *s;
	const struct vfio_mig_profile *profile;
	const struct nlattr *brought;

	profile = m->source ? m->source->profile : m->from->profile;
	if (profile) {
		s = profile->words;
		return vfio_mig_match_views(s->list, s->n, t->list, t->n, emit,
					    arg);
	}
	if (m->source)
		return vfio_mig_match_views(m->source->views, m->source->n,
					    t->list, t->n, emit, arg);
	brought = m->from->brought;
	return vfio_mig_match_brought(nla_data(brought), nla_len(brought),
				      t->list, t->n, emit, arg);
}

/**
 * struct sort - what a message tells of a target already
 * @alike: what stands for the target, and all that are alike, or NULL; it is
 *	compared, and nothing else
 * @at: bytes from the message's beginning to the findings
 * @len: bytes of findings
 * @verdict: the verdict
 */
struct sort {
	const struct vfio_mig_words *alike;
	u32 at;
	u32 len;
	u32 verdict;
};

/**
 * struct writer - where answers are written
 * @skb: the message
 * @sorts: what it tells already, in 1 << SORT_BITS places, all under one RCU
 *	read lock; NULL if there is but one answer
 */
struct writer {
	struct sk_buff *skb;
	struct sort *sorts;
};

/* Returns the verdict or a negative error. */
static int put_findings(const struct writer *w, const struct match *m)
{
	const struct vfio_mig_words *alike = m->target->words->alike;
	struct sort *sort = NULL;
	u32 at = w->skb->len;
	int verdict;

	if (w->sorts && alike)
		sort = &w->sorts[hash_ptr(alike, SORT_BITS)];
	if (sort && sort->alike == alike) {
		if (skb_tailroom(w->skb) < (int)sort->len)
			return -EMSGSIZE;
		skb_put_data(w->skb, w->skb->data + sort->at, sort->len);
		return sort->verdict;
	}

	verdict = run(m, put, w->skb);
	if (sort && verdict >= 0)
		*sort = (struct sort){
			.alike = alike,
			.at = at,
			.len = w->skb->len - at,
			.verdict = verdict,
		};
	return verdict;
}

#define FIXED(use, type) {						\
	.seq_attr = {							\
		.nla_type = VFIO_MIG_A_CHECK_SEQ,			\
		.nla_len = NLA_HDRLEN + sizeof(u64),			\
	},								\
	.use_attr = {							\
		.nla_type = (use),					\
		.nla_len = NLA_HDRLEN + sizeof(type),			\
	},								\
	.verdict_attr = {						\
		.nla_type = VFIO_MIG_A_CHECK_VERDICT,			\
		.nla_len = NLA_HDRLEN + sizeof(u32),			\
	},								\
}

static const struct fixed of_device = FIXED(VFIO_MIG_A_CHECK_IN_USE, u8);
static const struct fixed of_type = FIXED(VFIO_MIG_A_CHECK_AVAILABLE, u32);

static void fill_fixed(struct fixed *fixed,
		       const struct vfio_mig_profile *target,
		       const struct vfio_mig_object *obj)
{
	if (target->is_type) {
		*fixed = of_type;
		fixed->available = target->available;
	} else {
		*fixed = of_device;
		fixed->in_use = obj && vfio_mig_in_use(obj);
	}
	fixed->seq = target->seq;
}

/*
 * The one place that writes an answer, under RCU if @obj may go. Returns 0,
 * -EMSGSIZE if there is too little room, or what is wrong with the source.
 */
static int fill_answer(const struct writer *w, void *hdr,
		       const struct match *m,
		       const struct vfio_mig_object *obj)
{
	const struct vfio_mig_profile *target = m->target;
	struct sk_buff *skb = w->skb;
	struct nlattr *nest;
	struct fixed *fixed;
	int verdict;

	if (!hdr)
		return -EMSGSIZE;

	verdict = -EMSGSIZE;
	if (skb_tailroom(skb) <
	    (int)(nla_total_size(target->head) + sizeof(*fixed)))
		goto err_cancel;

	nest = skb_put(skb, nla_total_size(target->head) + sizeof(*fixed));
	nest->nla_type = VFIO_MIG_A_CHECK_TARGET | NLA_F_NESTED;
	nest->nla_len = nla_attr_size(target->head);
	memcpy(nla_data(nest), target->wire, target->head);
	fixed = nla_data(nest) + target->head;
	fill_fixed(fixed, target, obj);

	verdict = put_findings(w, m);
	if (verdict < 0)
		goto err_cancel;
	fixed->verdict = verdict;

	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return verdict;
}

/* Returns an answer with room for so many bytes of findings, or an ERR_PTR. */
static struct sk_buff *write_answer(struct genl_info *info,
				    struct vfio_mig_net *ns,
				    const struct match *m, size_t findings)
{
	const struct vfio_mig_profile *target = m->target;
	struct vfio_mig_object *obj;
	struct writer w = {};
	struct sk_buff *msg;
	int err;

	msg = alloc_skb(answer_size(target, findings), GFP_KERNEL);
	if (!msg)
		return ERR_PTR(vfio_mig_nl_no_memory(info->extack));

	rcu_read_lock();
	obj = vfio_mig_find_id(ns, target->is_type ? VFIO_MIG_KIND_TYPE :
			       VFIO_MIG_KIND_DEVICE, target->id);
	w.skb = msg;
	err = fill_answer(&w, genlmsg_put_reply(msg, info, &vfio_mig_family, 0,
						VFIO_MIG_CMD_CHECK), m, obj);
	rcu_read_unlock();
	if (!err)
		return msg;
	nlmsg_free(msg);
	return ERR_PTR(err);
}

/* Most answers have few findings: only others are measured first. */
static struct sk_buff *get_answer(struct genl_info *info,
				  struct vfio_mig_net *ns,
				  const struct match *m)
{
	struct sk_buff *msg = write_answer(info, ns, m, FINDINGS_ROOM);
	size_t findings = 0;
	int err;

	if (msg != ERR_PTR(-EMSGSIZE))
		return msg;
	err = run(m, measure, &findings);
	return err < 0 ? ERR_PTR(err) : write_answer(info, ns, m, findings);
}

static int check_one(struct genl_info *info, struct vfio_mig_net *ns,
		     struct source *from, struct vfio_mig_profile *target)
{
	struct match m = { .from = from, .target = target };
	struct vfio_mig_source *source = NULL;
	struct sk_buff *msg;
	int err;

	msg = get_answer(info, ns, &m);
	if (IS_ERR(msg) && msg != ERR_PTR(-ENOMEM) && from->brought) {
		/* not in order, in whichever sense */
		source = read_source(from->brought, info->extack);
		if (IS_ERR(source))
			return PTR_ERR(source);
		m.source = source;
		msg = get_answer(info, ns, &m);
	}
	err = IS_ERR(msg) ? PTR_ERR(msg) : genlmsg_reply(msg, info);
	free_source(source);
	return err;
}

/* What is wrong with the source is told first, whatever else is wrong. */
static int judge_source(struct source *from, struct netlink_ext_ack *extack)
{
	struct vfio_mig_source *source;

	if (!from->brought)
		return 0;
	source = read_source(from->brought, extack);
	if (IS_ERR(source))
		return PTR_ERR(source);
	free_source(source);
	return 0;
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
	struct source source;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VFIO_MIG_A_CHECK_TARGET)) {
		NL_SET_ERR_MSG(info->extack,
			       "there is no target; a dump takes all there are");
		return -EINVAL;
	}

	err = get_source(&source, ns, info->attrs, info->extack);
	if (err)
		return err;

	target = vfio_mig_nl_find_nested(ns,
					 info->attrs[VFIO_MIG_A_CHECK_TARGET],
					 info->extack);
	if (IS_ERR(target)) {
		err = judge_source(&source, info->extack) ?: PTR_ERR(target);
		goto out_put;
	}

	err = check_one(info, ns, &source, target);
	vfio_mig_profile_put(target);
out_put:
	put_source(&source);
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
	struct source from;
	int err;

	/* not every kernel has a policy of its own for dumps */
	if (nlmsg_find_attr(cb->nlh, GENL_HDRLEN, VFIO_MIG_A_CHECK_TARGET)) {
		NL_SET_ERR_MSG_ATTR(cb->extack,
				    nlmsg_find_attr(cb->nlh, GENL_HDRLEN,
						    VFIO_MIG_A_CHECK_TARGET),
				    "a dump takes every target there is");
		return -EINVAL;
	}

	err = get_source(&from, ns, attrs, cb->extack);
	if (err)
		return err;
	source = from.profile ? take_source(&from, cb->extack) :
				read_source(from.brought, cb->extack);
	put_source(&from);
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
	struct match m = { .source = ctx->source };
	XA_STATE(xas, &set->objects, ctx->next);
	struct sort sorts[1 << SORT_BITS] = {};
	struct writer w = { .skb = skb, .sorts = sorts };
	struct vfio_mig_object *obj;
	int err = 0;

	rcu_read_lock();
	xas_for_each(&xas, obj, ULONG_MAX) {
		void *hdr;

		if (xas_retry(&xas, obj))
			continue;
		m.target = rcu_dereference(obj->profile);
		if (!m.target || m.target->ns != ns ||
		    m.target->id == ctx->source->id)
			continue;

		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &vfio_mig_family,
				  NLM_F_MULTI, VFIO_MIG_CMD_CHECK);
		if (hdr)
			genl_dump_check_consistent(cb, hdr);
		err = fill_answer(&w, hdr, &m, obj);
		if (err)
			break;
		ctx->next = xas.xa_index + 1;
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
