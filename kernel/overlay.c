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
#include "words.h"

/**
 * struct work - what is changed
 * @base: what VFIO and the driver say
 * @said: what the administrator has said so far, or NULL
 * @edits: what is changed of it
 * @refusal: why it is refused
 * @index: what the administrator says then
 */
struct work {
	const struct vfio_mig_words *base;
	const struct vfio_mig_words *said;
	const struct vfio_mig_edits *edits;
	struct vfio_mig_refusal *refusal;
	struct vfio_mig_index index;
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
		    const struct vfio_mig_edit *edit)
{
	struct vfio_mig_refusal *refusal = work->refusal;
	const struct vfio_mig_view *base, *said;
	const char *reason;

	base = vfio_mig_words_find(work->base, edit->name, edit->name_len);
	said = vfio_mig_words_find(work->said, edit->name, edit->name_len);

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
static int collect(struct sk_buff *skb, const struct work *work)
{
	const struct vfio_mig_words *said = work->said;
	const struct vfio_mig_edits *edits = work->edits;
	const struct vfio_mig_view *view;
	unsigned int i;
	int err;

	for (i = 0; said && i < said->n; i++) {
		view = said->list[i];
		if ((edits->replace && view->origin == VFIO_MIG_ORIGIN_ADMIN) ||
		    find_edit(edits, view->name, view->name_len))
			continue;
		err = put_raw(skb, view->wire, view->len);
		if (err)
			return err;
	}
	for (i = 0; i < edits->n; i++) {
		err = put_edit(skb, work, &edits->edits[i]);
		if (err)
			return err;
	}
	return 0;
}

static int check_said(struct work *work, const struct sk_buff *skb,
		      unsigned int admin_max)
{
	struct vfio_mig_index *said = &work->index;
	const struct vfio_mig_edit *edit;
	struct vfio_mig_fault fault;
	unsigned int i, own = 0;
	int err;

	said->n = 0;
	if (!skb->len)
		return 0;

	err = vfio_mig_index_read(said, skb->data, skb->len, false, &fault);
	if (err) {
		edit = find_edit(work->edits, fault.name, fault.name_len);
		if (edit)
			return refuse(work->refusal, err, fault.reason,
				      edit->at);
		return refuse_last(work->refusal, err, fault.reason,
				   work->edits);
	}
	for (i = 0; i < said->n; i++)
		own += said->views[i].origin == VFIO_MIG_ORIGIN_ADMIN;
	if (own > admin_max)
		return refuse_last(work->refusal, -EDQUOT,
				   "more attributes than an administrator may set",
				   work->edits);
	return 0;
}

/* What was left out in the request is written, and makes it larger. */
static struct vfio_mig_words *write_said(const struct work *work,
					 struct sk_buff *skb)
{
	const struct vfio_mig_index *said = &work->index;
	struct vfio_mig_count count = { 0 };
	struct vfio_mig_words *overlay;
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
			return ERR_PTR(refuse_last(work->refusal, -E2BIG,
						   reason, work->edits));
	}

	overlay = vfio_mig_words_get(skb->data, skb->len);
	return overlay ?: ERR_PTR(-ENOMEM);
}

/* Bytes that are enough for what collect() puts. */
static size_t collect_size(const struct vfio_mig_profile *base,
			   const struct vfio_mig_words *old,
			   const struct vfio_mig_edits *edits)
{
	size_t size = base->words->len + (old ? old->len : 0);
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
struct vfio_mig_words *
vfio_mig_overlay_edit(const struct vfio_mig_profile *base,
		      const struct vfio_mig_words *old,
		      const struct vfio_mig_edits *edits,
		      unsigned int admin_max,
		      struct vfio_mig_refusal *refusal)
{
	size_t size = collect_size(base, old, edits);
	struct work *work = kmalloc(sizeof(*work), GFP_KERNEL);
	struct vfio_mig_words *overlay;
	struct sk_buff *raw, *out;
	int err = -ENOMEM;

	if (!work)
		return ERR_PTR(-ENOMEM);
	work->base = base->words;
	work->said = old;
	work->edits = edits;
	work->refusal = refusal;

	raw = alloc_skb(size, GFP_KERNEL);
	out = alloc_skb(size + VFIO_MIG_ATTRS_MAX * NUMBERS, GFP_KERNEL);
	if (raw && out)
		err = collect(raw, work);
	if (!err)
		err = check_said(work, raw, admin_max);
	overlay = err ? ERR_PTR(err) : write_said(work, out);

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
static bool displaced(const struct vfio_mig_words *base,
		      const struct vfio_mig_view *said)
{
	return said->origin == VFIO_MIG_ORIGIN_ADMIN &&
	       vfio_mig_words_find(base, said->name, said->name_len);
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
			      const struct vfio_mig_words *words,
			      const struct vfio_mig_view *said)
{
	const struct vfio_mig_view *base;

	base = vfio_mig_words_find(words, said->name, said->name_len);
	if (!vfio_mig_view_holds(base, said))
		return NULL;
	if (base) {
		count->attrs--;
		count->bytes -= NLA_ALIGN(base->len);
	}
	return vfio_mig_count_attr(count, said->len);
}

static void keep(struct vfio_mig_words *kept, const struct vfio_mig_words *base,
		 const struct vfio_mig_words *said,
		 const struct vfio_mig_handle *handle)
{
	struct vfio_mig_count count = { .attrs = base->n, .bytes = base->len };
	const struct vfio_mig_view *view;
	bool room = true;
	unsigned int i;

	for (i = 0; i < said->n; i++) {
		view = said->list[i];
		if (displaced(base, view))
			continue;
		if (room && count_said(&count, base, view))
			room = false;
		if (room)
			vfio_mig_words_add(kept, vfio_mig_word_hold(view));
		else
			tell_dropped(view, handle);
	}
}

/**
 * vfio_mig_overlay_rebase - drop what cannot be laid over something else
 * @base: what VFIO and the driver say now
 * @overlay: what the administrator has said, or NULL; replaced by what is left
 *	of it, with a reference for the caller, if this succeeds
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
			    struct vfio_mig_words **overlay,
			    const struct vfio_mig_handle *handle)
{
	struct vfio_mig_words *kept;

	if (!*overlay)
		return 0;
	kept = vfio_mig_words_alloc((*overlay)->n);
	if (!kept)
		return -ENOMEM;
	keep(kept, base->words, *overlay, handle);
	*overlay = kept;
	return 0;
}
