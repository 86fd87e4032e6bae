// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the administrator says of a device, laid over what VFIO and the driver
 * say of it: attributes of his own, and other rules for attributes of origin
 * vfio that nobody has decided on.
 *
 * Both were found to be right, and stand in bytewise order of the names.
 */

#include <linux/err.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "overlay.h"
#include "profile.h"
#include "value.h"

/**
 * struct work - what is too large for a stack
 * @base: what VFIO and the driver say
 * @said: what the administrator says
 */
struct work {
	struct vfio_mig_index base;
	struct vfio_mig_index said;
};

static int refuse(struct vfio_mig_refusal *refusal, int err,
		  const char *reason, const struct nlattr *at)
{
	refusal->reason = reason;
	refusal->at = at;
	return err;
}

/**
 * vfio_mig_edits_last - what made it too much: the last thing that was added
 * @edits: what is to be done
 *
 * Return: where the request says so, or NULL if nothing is added.
 */
const struct nlattr *vfio_mig_edits_last(const struct vfio_mig_edits *edits)
{
	unsigned int i = edits->n;

	while (i-- > 0)
		if (edits->edits[i].kind != VFIO_MIG_EDIT_DEL)
			return edits->edits[i].at;
	return NULL;
}

static int refuse_last(struct vfio_mig_refusal *refusal, int err,
		       const char *reason, const struct vfio_mig_edits *edits)
{
	return refuse(refusal, err, reason, vfio_mig_edits_last(edits));
}

/* The attribute of that name in what was read, or NULL. */
const struct vfio_mig_view *
vfio_mig_find_view(const struct vfio_mig_index *index, const void *name,
		   size_t len)
{
	unsigned int i;

	for (i = 0; i < index->n; i++)
		if (index->views[i].name_len == len &&
		    !memcmp(index->views[i].name, name, len))
			return &index->views[i];
	return NULL;
}

static const struct vfio_mig_edit *find_edit(const struct vfio_mig_edits *edits,
					     const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; name && i < edits->n; i++)
		if (edits->edits[i].name_len == len &&
		    !memcmp(edits->edits[i].name, name, len))
			return &edits->edits[i];
	return NULL;
}

/* What was read before can be read again, unless there is nothing in it. */
int vfio_mig_read_again(struct vfio_mig_index *index, const void *wire,
			size_t len)
{
	struct vfio_mig_fault fault;

	index->n = 0;
	if (!len)
		return 0;
	return vfio_mig_index_read(index, wire, len, false, &fault);
}

static struct work *begin(const struct vfio_mig_profile *base,
			  const struct vfio_mig_overlay *overlay)
{
	struct work *work = kmalloc(sizeof(*work), GFP_KERNEL);
	int err;

	if (!work)
		return ERR_PTR(-ENOMEM);

	err = vfio_mig_read_again(&work->base, base->wire, base->len);
	if (!err)
		err = vfio_mig_read_again(&work->said,
					  overlay ? overlay->wire : NULL,
					  overlay ? overlay->len : 0);
	if (WARN_ON_ONCE(err)) {
		kfree(work);
		return ERR_PTR(err);
	}
	return work;
}

static int put_raw(struct sk_buff *skb, const void *wire, size_t len)
{
	return nla_append(skb, NLA_ALIGN(len), wire);
}

/**
 * vfio_mig_put_ruled - write an attribute with another rule
 * @skb: where to
 * @view: the attribute
 * @at: brings the rule and the list that goes with it
 *
 * Return: 0 or -EMSGSIZE.
 */
int vfio_mig_put_ruled(struct sk_buff *skb, const struct vfio_mig_view *view,
		       const struct nlattr *at)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_OBJECT_ATTR);
	const struct nlattr *nla;
	int left;

	if (!nest)
		return -EMSGSIZE;

	nla_for_each_nested(nla, (const struct nlattr *)view->wire, left) {
		switch (nla_type(nla)) {
		case VFIO_MIG_A_ATTR_RULE:
		case VFIO_MIG_A_ATTR_ACCEPT:
		case VFIO_MIG_A_ATTR_SETTABLE:
			continue;
		}
		if (nla_put(skb, nla->nla_type, nla_len(nla), nla_data(nla)))
			return -EMSGSIZE;
	}
	nla_for_each_nested(nla, at, left) {
		if (nla_type(nla) == VFIO_MIG_A_ATTR_NAME)
			continue;
		if (nla_put(skb, nla->nla_type, nla_len(nla), nla_data(nla)))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_edit(struct sk_buff *skb, const struct work *work,
		    const struct vfio_mig_edit *edit,
		    struct vfio_mig_refusal *refusal)
{
	const struct vfio_mig_view *base, *said;
	const char *reason;

	base = vfio_mig_find_view(&work->base, edit->name, edit->name_len);
	said = vfio_mig_find_view(&work->said, edit->name, edit->name_len);

	switch (edit->kind) {
	case VFIO_MIG_EDIT_SET:
		if (!base)
			return put_raw(skb, edit->wire, edit->wire->nla_len);
		reason = "VFIO says it: only a rule can be replaced";
		if (base->origin == VFIO_MIG_ORIGIN_DRIVER)
			reason = "the driver has it, and it cannot be set";
		return refuse(refusal, -EEXIST, reason, edit->at);
	case VFIO_MIG_EDIT_RULE:
		if (!base)
			return refuse(refusal, said ? -EINVAL : -ENOENT,
				      "no value, and nothing whose rule to replace",
				      edit->at);
		if (base->origin != VFIO_MIG_ORIGIN_VFIO ||
		    base->severity != VFIO_MIG_SEVERITY_UNDECIDED)
			return refuse(refusal, -EINVAL,
				      "the rule of this attribute is decided",
				      edit->at);
		return vfio_mig_put_ruled(skb, base, edit->at);
	case VFIO_MIG_EDIT_DEL:
		if (!said)
			return refuse(refusal, -ENOENT, base ?
				      "the administrator has not set this" :
				      "there is no attribute of this name",
				      edit->at);
		return 0;
	case VFIO_MIG_EDIT_SETTING:
		/* the driver's to say */
		return 0;
	}
	return -EINVAL;
}

/* All that is said from now on, in any order and form. */
static int collect(struct sk_buff *skb, const struct work *work,
		   const struct vfio_mig_edits *edits,
		   struct vfio_mig_refusal *refusal)
{
	const struct vfio_mig_view *view;
	unsigned int i;
	int err;

	for (i = 0; i < work->said.n; i++) {
		view = &work->said.views[i];
		if ((edits->replace && view->origin == VFIO_MIG_ORIGIN_ADMIN) ||
		    find_edit(edits, view->name, view->name_len))
			continue;
		err = put_raw(skb, view->wire, view->len);
		if (err)
			return err;
	}
	for (i = 0; i < edits->n; i++) {
		err = put_edit(skb, work, &edits->edits[i], refusal);
		if (err)
			return err;
	}
	return 0;
}

static int check_said(struct vfio_mig_index *said, const struct sk_buff *skb,
		      const struct vfio_mig_edits *edits,
		      unsigned int admin_max, struct vfio_mig_refusal *refusal)
{
	const struct vfio_mig_edit *edit;
	struct vfio_mig_fault fault;
	unsigned int i, own = 0;
	int err;

	said->n = 0;
	if (!skb->len)
		return 0;

	err = vfio_mig_index_read(said, skb->data, skb->len, false, &fault);
	if (err) {
		edit = find_edit(edits, fault.name, fault.name_len);
		if (edit)
			return refuse(refusal, err, fault.reason, edit->at);
		return refuse_last(refusal, err, fault.reason, edits);
	}
	for (i = 0; i < said->n; i++)
		own += said->views[i].origin == VFIO_MIG_ORIGIN_ADMIN;
	if (own > admin_max)
		return refuse_last(refusal, -EDQUOT,
				   "more attributes than an administrator may set",
				   edits);
	return 0;
}

/* What was left out in the request is written, and makes it larger. */
static struct vfio_mig_overlay *write_said(const struct vfio_mig_index *said,
					   struct sk_buff *skb,
					   const struct vfio_mig_edits *edits,
					   struct vfio_mig_refusal *refusal)
{
	struct vfio_mig_count count = { 0 };
	struct vfio_mig_overlay *overlay;
	struct vfio_mig_view view;
	const char *reason;
	unsigned int i;
	int err;

	for (i = 0; i < said->n; i++) {
		u32 from = skb->len;

		view = said->views[said->order[i]];
		view.scope = VFIO_MIG_SCOPE_DEVICE;
		err = vfio_mig_put_view(skb, &view);
		if (WARN_ON_ONCE(err))
			return ERR_PTR(err);
		reason = vfio_mig_count_attr(&count, skb->len - from);
		if (reason)
			return ERR_PTR(refuse_last(refusal, -E2BIG, reason,
						   edits));
	}

	overlay = kmalloc(struct_size(overlay, wire, skb->len), GFP_KERNEL);
	if (!overlay)
		return ERR_PTR(-ENOMEM);
	overlay->len = skb->len;
	memcpy(overlay->wire, skb->data, skb->len);
	return overlay;
}

/* Bytes that are enough for what collect() puts. */
static size_t collect_size(const struct vfio_mig_profile *base,
			   const struct vfio_mig_overlay *old,
			   const struct vfio_mig_edits *edits)
{
	size_t size = base->len + (old ? old->len : 0);
	unsigned int i;

	for (i = 0; i < edits->n; i++) {
		if (edits->edits[i].kind != VFIO_MIG_EDIT_DEL)
			size += nla_total_size(nla_len(edits->edits[i].at));
	}
	return size;
}

/* An attribute may have left out five numbers, which are written. */
#define NUMBERS		(5 * nla_total_size(sizeof(u32)))

/**
 * vfio_mig_overlay_edit - change what the administrator says
 * @base: what VFIO and the driver say
 * @old: what the administrator has said so far, or NULL
 * @edits: what to change
 * @admin_max: how many attributes of his own the administrator may have
 * @refusal: why it is refused
 *
 * Context: may sleep.
 * Return: what the administrator says then, or an ERR_PTR: -ENOMEM, or what
 * @refusal tells, -EDQUOT if there are more than @admin_max.
 */
struct vfio_mig_overlay *
vfio_mig_overlay_edit(const struct vfio_mig_profile *base,
		      const struct vfio_mig_overlay *old,
		      const struct vfio_mig_edits *edits,
		      unsigned int admin_max,
		      struct vfio_mig_refusal *refusal)
{
	size_t size = collect_size(base, old, edits);
	struct vfio_mig_overlay *overlay;
	struct sk_buff *raw, *out;
	struct work *work;
	int err = -ENOMEM;

	work = begin(base, old);
	if (IS_ERR(work))
		return ERR_CAST(work);

	raw = alloc_skb(size, GFP_KERNEL);
	out = alloc_skb(size + VFIO_MIG_ATTRS_MAX * NUMBERS, GFP_KERNEL);
	if (raw && out)
		err = collect(raw, work, edits, refusal);
	/* it points into @raw from here on, no longer into @old */
	if (!err)
		err = check_said(&work->said, raw, edits, admin_max, refusal);
	overlay = err ? ERR_PTR(err) :
			write_said(&work->said, out, edits, refusal);

	kfree_skb(out);
	kfree_skb(raw);
	kfree(work);
	return overlay;
}

/**
 * vfio_mig_view_holds - does what was said of a device's attribute still hold?
 * @base: what VFIO or the driver says, or NULL
 * @said: what the administrator has said
 *
 * Return: whether it does.
 */
bool vfio_mig_view_holds(const struct vfio_mig_view *base,
			 const struct vfio_mig_view *said)
{
	if (said->origin == VFIO_MIG_ORIGIN_ADMIN)
		return !base;

	/* what was vouched for was this value, and nobody has decided since */
	return base && base->origin == VFIO_MIG_ORIGIN_VFIO &&
	       base->severity == VFIO_MIG_SEVERITY_UNDECIDED &&
	       vfio_mig_same_value(&base->value, &said->value);
}

/* Is this name the driver's from now on? */
static bool displaced(const struct work *work, const struct vfio_mig_view *said)
{
	return said->origin == VFIO_MIG_ORIGIN_ADMIN &&
	       vfio_mig_find_view(&work->base, said->name, said->name_len);
}

static void tell_dropped(const struct vfio_mig_view *view,
			 const struct vfio_mig_handle *handle)
{
	pr_warn_ratelimited("vfio_mig: %s/%s: no room for the administrator's %.*s beside what the driver says\n",
			    handle->bus, handle->name, view->name_len,
			    view->name);
}

/* How large is the profile with it? Returns what limit that is beyond. */
static const char *count_said(struct vfio_mig_count *count,
			      const struct work *work,
			      const struct vfio_mig_view *said)
{
	const struct vfio_mig_view *base;

	base = vfio_mig_find_view(&work->base, said->name, said->name_len);
	if (!vfio_mig_view_holds(base, said))
		return NULL;
	if (base) {
		count->attrs--;
		count->bytes -= NLA_ALIGN(base->len);
	}
	return vfio_mig_count_attr(count, said->len);
}

static void keep(struct vfio_mig_overlay *kept, const struct work *work,
		 const struct vfio_mig_handle *handle)
{
	struct vfio_mig_count count = { .attrs = work->base.n };
	const struct vfio_mig_view *view;
	bool room = true;
	unsigned int i;

	for (i = 0; i < work->base.n; i++)
		count.bytes += NLA_ALIGN(work->base.views[i].len);

	for (i = 0; i < work->said.n; i++) {
		view = &work->said.views[work->said.order[i]];
		if (displaced(work, view))
			continue;
		if (room && count_said(&count, work, view))
			room = false;
		if (!room) {
			tell_dropped(view, handle);
			continue;
		}
		memcpy(kept->wire + kept->len, view->wire, view->len);
		kept->len += NLA_ALIGN(view->len);
	}
}

/**
 * vfio_mig_overlay_rebase - drop what cannot be laid over something else
 * @base: what VFIO and the driver say now
 * @overlay: what the administrator has said, or NULL; replaced by what is left
 *	of it, if that is less, and then the other one is still there
 * @handle: handle of the object
 *
 * An attribute of the administrator's is dropped for good if @base claims its
 * name. So is, from the first one on, what there is no room for. A rule that
 * was replaced stays, even while it does not hold.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfio_mig_overlay_rebase(const struct vfio_mig_profile *base,
			    struct vfio_mig_overlay **overlay,
			    const struct vfio_mig_handle *handle)
{
	struct vfio_mig_overlay *kept;
	struct work *work;

	if (!*overlay)
		return 0;
	work = begin(base, *overlay);
	if (IS_ERR(work))
		return PTR_ERR(work);
	kept = kzalloc(struct_size(kept, wire, (*overlay)->len), GFP_KERNEL);
	if (!kept) {
		kfree(work);
		return -ENOMEM;
	}

	keep(kept, work, handle);
	if (kept->len == (*overlay)->len)
		kfree(kept);
	else
		*overlay = kept;
	kfree(work);
	return 0;
}
