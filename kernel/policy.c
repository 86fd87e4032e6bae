// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a policy says of a driver's devices and types, or of all: attributes of
 * origin admin, and rules for attributes of origin vfio, whatever their values
 * are. A rule is found to be right without the attribute that it is for.
 */

#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netlink.h>

#include "policy.h"
#include "value.h"

/**
 * struct work - a part in the making
 * @skb: its entries
 * @n: how many there are
 * @values: how many of them have a value
 * @len: bytes that they take
 * @entries: the entries, whose nests are offsets from the beginning of @skb
 * @index: for the engine
 */
struct work {
	struct sk_buff *skb;
	unsigned int n;
	unsigned int values;
	size_t len;
	struct vfio_mig_entry entries[VFIO_MIG_ATTRS_MAX];
	struct vfio_mig_index index;
};

static int refuse(struct vfio_mig_refusal *refusal, int err,
		  const char *reason, const struct nlattr *at)
{
	refusal->reason = reason;
	refusal->at = at;
	return err;
}

static bool same_name(const struct vfio_mig_entry *entry,
		      const struct vfio_mig_edit *edit)
{
	return entry->name_len == edit->name_len &&
	       !memcmp(entry->name, edit->name, edit->name_len);
}

static bool is_edited(const struct vfio_mig_edits *edits,
		      const struct vfio_mig_entry *entry)
{
	unsigned int i;

	for (i = 0; i < edits->n; i++)
		if (same_name(entry, &edits->edits[i]))
			return true;
	return false;
}

static bool has_entry(const struct vfio_mig_part *part,
		      const struct vfio_mig_edit *edit)
{
	unsigned int i;

	for (i = 0; part && i < part->n; i++)
		if (same_name(&part->entries[i], edit))
			return true;
	return false;
}

static const struct nlattr *nest_at(const struct work *work, unsigned int i)
{
	return (void *)work->skb->data + (size_t)work->entries[i].nest;
}

/* Files what was written from @from on, under its name. */
static void file_entry(struct work *work, size_t from, bool is_rule)
{
	const struct nlattr *nest = (void *)work->skb->data + from;
	const struct nlattr *name = nla_find_nested(nest,
						    VFIO_MIG_A_ATTR_NAME);
	struct vfio_mig_entry *entry = work->entries;
	unsigned int at = 0;

	/* the names that are there have a NUL behind them, too */
	while (at < work->n &&
	       strcmp(nla_data(nla_find_nested(nest_at(work, at),
					       VFIO_MIG_A_ATTR_NAME)),
		      nla_data(name)) < 0)
		at++;
	memmove(&entry[at + 1], &entry[at],
		(work->n++ - at) * sizeof(*entry));
	entry[at] = (struct vfio_mig_entry){
		.name_len = nla_len(name) - 1,
		.is_rule = is_rule,
		.nest = (const struct nlattr *)from,
	};
	work->values += !is_rule;
	work->len += NLA_ALIGN(nest->nla_len);
}

static int count_entry(const struct work *work, const struct nlattr *at,
		       const struct nlattr *nest, bool is_rule,
		       struct vfio_mig_refusal *refusal)
{
	struct vfio_mig_count count = {
		.attrs = work->n,
		.bytes = work->len,
	};
	const char *reason = vfio_mig_count_attr(&count, nest->nla_len);

	if (reason)
		return refuse(refusal, -E2BIG, reason, at);
	if (!is_rule && work->values == VFIO_MIG_ADMIN_ATTRS_MAX)
		return refuse(refusal, -EDQUOT,
			      "more than 16 attributes of one driver, or of all",
			      at);
	return 0;
}

static int keep_entry(struct work *work, const struct vfio_mig_entry *entry)
{
	size_t from = work->skb->len;

	if (nla_put(work->skb, entry->nest->nla_type, nla_len(entry->nest),
		    nla_data(entry->nest)))
		return -EMSGSIZE;
	file_entry(work, from, entry->is_rule);
	return 0;
}

static int put_value(struct work *work, u32 scope,
		     const struct vfio_mig_edit *edit,
		     struct vfio_mig_refusal *refusal)
{
	struct vfio_mig_view *view = &work->index.views[0];
	size_t from = work->skb->len;
	struct vfio_mig_fault fault;
	int err;

	err = vfio_mig_index_read(&work->index, edit->wire,
				  edit->wire->nla_len, false, &fault);
	if (err)
		return refuse(refusal, err, fault.reason, edit->at);
	view->scope = scope;
	err = vfio_mig_put_view(work->skb, view);
	if (!err)
		err = count_entry(work, edit->at,
				  (void *)work->skb->data + from, false,
				  refusal);
	if (!err)
		file_entry(work, from, false);
	return err;
}

/* A value of a type that the rule is for, so that the engine can read it. */
static int put_any_value(struct sk_buff *skb, const struct nlattr *rule)
{
	struct vfio_mig_value value = {
		.type = vfio_mig_rule_type(nla_data(rule), nla_len(rule)),
	};

	if (value.type == VFIO_MIG_A_ATTR_STRING) {
		value.data = (const u8 *)"-";
		value.len = 1;
	}
	return vfio_mig_put_typed(skb, &value);
}

static int put_sample(struct sk_buff *skb, const struct nlattr *rule)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_OBJECT_ATTR);
	const struct nlattr *nla;
	int left;

	if (!nest || put_any_value(skb, rule) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_SEVERITY,
			VFIO_MIG_SEVERITY_UNDECIDED))
		return -EMSGSIZE;
	nla_for_each_nested(nla, rule, left)
		if (nla_put(skb, nla->nla_type, nla_len(nla), nla_data(nla)))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_rule_view(struct sk_buff *skb, u32 scope,
			 const struct vfio_mig_view *view)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_OBJECT_ATTR);
	struct vfio_mig_range range;
	u16 cursor = 0;

	if (!nest ||
	    vfio_mig_put_text(skb, VFIO_MIG_A_ATTR_NAME, view->name,
			      view->name_len) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_RULE, view->rule) ||
	    nla_put_u32(skb, VFIO_MIG_A_ATTR_SCOPE, scope))
		return -EMSGSIZE;
	while (vfio_mig_next_accept(view, &cursor, &range))
		if (vfio_mig_put_range(skb, VFIO_MIG_A_ATTR_ACCEPT, &range))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_rule(struct work *work, u32 scope,
		    const struct vfio_mig_edit *edit,
		    struct vfio_mig_refusal *refusal)
{
	size_t from = work->skb->len;
	struct vfio_mig_fault fault;
	struct sk_buff *sample;
	int err;

	sample = alloc_skb(nla_total_size(nla_len(edit->at)) + 64, GFP_KERNEL);
	if (!sample)
		return -ENOMEM;
	err = put_sample(sample, edit->at);
	if (WARN_ON_ONCE(err))
		goto out_free;
	err = vfio_mig_index_read(&work->index, sample->data, sample->len,
				  false, &fault);
	if (err) {
		err = refuse(refusal, err, fault.reason, edit->at);
		goto out_free;
	}
	err = put_rule_view(work->skb, scope, &work->index.views[0]);
	if (!err)
		err = count_entry(work, edit->at,
				  (void *)work->skb->data + from, true,
				  refusal);
	if (!err)
		file_entry(work, from, true);
out_free:
	kfree_skb(sample);
	return err;
}

static int put_edit(struct work *work, const struct vfio_mig_part *old,
		    u32 scope, const struct vfio_mig_edit *edit,
		    struct vfio_mig_refusal *refusal)
{
	switch (edit->kind) {
	case VFIO_MIG_EDIT_SET:
		return put_value(work, scope, edit, refusal);
	case VFIO_MIG_EDIT_RULE:
		return put_rule(work, scope, edit, refusal);
	case VFIO_MIG_EDIT_DEL:
		if (has_entry(old, edit))
			return 0;
		return refuse(refusal, -ENOENT,
			      "the policy has no attribute of this name",
			      edit->at);
	default:
		return -EINVAL;
	}
}

static int collect(struct work *work, const struct vfio_mig_part *old,
		   u32 scope, const struct vfio_mig_edits *edits,
		   struct vfio_mig_refusal *refusal)
{
	unsigned int i;
	int err = 0;

	/* they were not too much before, what comes in addition may be */
	for (i = 0; old && !edits->replace && !err && i < old->n; i++)
		if (!is_edited(edits, &old->entries[i]))
			err = keep_entry(work, &old->entries[i]);
	for (i = 0; !err && i < edits->n; i++)
		err = put_edit(work, old, scope, &edits->edits[i], refusal);
	return err;
}

static struct vfio_mig_part *write_part(const struct work *work,
					const char *driver)
{
	size_t driver_len = driver ? strlen(driver) + 1 : 0;
	size_t head, size;
	struct vfio_mig_part *part;
	unsigned int i;
	void *wire;

	head = ALIGN(struct_size(part, entries, work->n), NLA_ALIGNTO);
	size = head + work->skb->len + driver_len;
	/* a namespace's owner need have no rights elsewhere */
	part = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!part)
		return ERR_PTR(-ENOMEM);

	INIT_LIST_HEAD(&part->node);
	part->scope = driver ? VFIO_MIG_SCOPE_DRIVER : VFIO_MIG_SCOPE_ALL;
	part->len = work->len;
	part->n = work->n;
	wire = (void *)part + head;
	memcpy(wire, work->skb->data, work->skb->len);
	if (driver)
		part->driver = memcpy(wire + work->skb->len, driver,
				      driver_len);
	for (i = 0; i < work->n; i++) {
		struct vfio_mig_entry *entry = &part->entries[i];

		*entry = work->entries[i];
		entry->nest = wire + (size_t)entry->nest;
		entry->name = nla_data(nla_find_nested(entry->nest,
						       VFIO_MIG_A_ATTR_NAME));
	}
	return part;
}

/* Bytes that are enough for what collect() puts; numbers may be added. */
static size_t collect_size(const struct vfio_mig_part *old,
			   const struct vfio_mig_edits *edits)
{
	size_t size = old ? old->len : 0;
	unsigned int i;

	for (i = 0; i < edits->n; i++)
		if (edits->edits[i].kind != VFIO_MIG_EDIT_DEL)
			size += nla_total_size(nla_len(edits->edits[i].at)) +
				5 * nla_total_size(sizeof(u32));
	return size;
}

/**
 * vfio_mig_part_edit - change what a policy says of a driver, or of all
 * @old: what it has said so far, or NULL
 * @driver: the driver, NULL for all
 * @edits: what to change; what is replaced are rules, too
 * @refusal: why it is refused
 *
 * Context: may sleep.
 * Return: what it says then, NULL if that is nothing, or an ERR_PTR: -ENOMEM,
 * or what @refusal tells, -EDQUOT or -E2BIG if it is too much.
 */
struct vfio_mig_part *
vfio_mig_part_edit(const struct vfio_mig_part *old, const char *driver,
		   const struct vfio_mig_edits *edits,
		   struct vfio_mig_refusal *refusal)
{
	u32 scope = driver ? VFIO_MIG_SCOPE_DRIVER : VFIO_MIG_SCOPE_ALL;
	struct work *work = kvzalloc(sizeof(*work),
				     GFP_KERNEL | __GFP_NOWARN);
	struct vfio_mig_part *part = NULL;
	int err;

	if (!work)
		return ERR_PTR(-ENOMEM);
	work->skb = alloc_skb(collect_size(old, edits), GFP_KERNEL);
	err = work->skb ? collect(work, old, scope, edits, refusal) : -ENOMEM;
	if (err)
		part = ERR_PTR(err);
	else if (work->n)
		part = write_part(work, driver);
	kfree_skb(work->skb);
	kvfree(work);
	return part;
}

/**
 * vfio_mig_part_same - would a reader see a difference?
 * @a: what a policy says of a driver or of all, or NULL
 * @b: what else it may say of the same
 *
 * Return: true if they say the same.
 */
bool vfio_mig_part_same(const struct vfio_mig_part *a,
			const struct vfio_mig_part *b)
{
	unsigned int i;

	if (!a || !b)
		return a == b;
	if (a->n != b->n || a->len != b->len)
		return false;
	for (i = 0; i < a->n; i++)
		if (a->entries[i].nest->nla_len !=
		    b->entries[i].nest->nla_len ||
		    memcmp(a->entries[i].nest, b->entries[i].nest,
			   a->entries[i].nest->nla_len))
			return false;
	return true;
}
