// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a request changes of a device: the administrator's attributes and
 * rules, which are ours to keep, and values that the driver is to set. All or
 * nothing: what is ours is found to be right before the driver is asked, and
 * published after it has agreed, together with what has become of its values.
 */

#include <linux/err.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "describe.h"
#include "discover.h"
#include "edit.h"
#include "match.h"
#include "provider.h"
#include "text.h"
#include "words.h"

/**
 * struct settings - what the driver is to set
 * @index: for the attribute that is read
 * @n: how many settings there are
 * @list: the settings
 * @at: where the request says so
 */
struct settings {
	struct vfio_mig_index index;
	unsigned int n;
	struct vfio_mig_setting list[VFIO_MIG_ATTRS_MAX];
	const struct nlattr *at[VFIO_MIG_ATTRS_MAX];
};

static int refuse(struct vfio_mig_refusal *refusal, int err,
		  const char *reason, const struct nlattr *at)
{
	refusal->reason = reason;
	refusal->at = at;
	return err;
}

/* The attribute that the driver can set, if the edit names one. */
static const struct vfio_mig_view *
find_settable(const struct vfio_mig_words *base,
	      const struct vfio_mig_edit *edit)
{
	const struct vfio_mig_view *view;

	view = vfio_mig_words_find(base, edit->name, edit->name_len);
	return view && view->origin == VFIO_MIG_ORIGIN_DRIVER &&
	       view->settable.n ? view : NULL;
}

/* What is not the value is the driver's to say. */
static const struct nlattr *beside_value(const struct nlattr *at)
{
	const struct nlattr *nla;
	int left;

	nla_for_each_nested(nla, at, left) {
		switch (nla_type(nla)) {
		case VFIO_MIG_A_ATTR_NAME:
		case VFIO_MIG_A_ATTR_BOOL:
		case VFIO_MIG_A_ATTR_U64:
		case VFIO_MIG_A_ATTR_STRING:
		case VFIO_MIG_A_ATTR_VERSION:
		case VFIO_MIG_A_ATTR_BITS:
			continue;
		}
		return nla;
	}
	return NULL;
}

static void put_setting(struct vfio_mig_setting *setting,
			const struct vfio_mig_view *view,
			const struct vfio_mig_value *value)
{
	/* the name and a string are followed by a NUL where they were read */
	setting->name = view->name;
	setting->type = value->type;
	switch (value->type) {
	case VFIO_MIG_A_ATTR_U64:
		setting->num = value->num;
		break;
	case VFIO_MIG_A_ATTR_STRING:
		setting->string = (const char *)value->data;
		break;
	case VFIO_MIG_A_ATTR_VERSION:
		setting->version.major = value->version[0];
		setting->version.minor = value->version[1];
		setting->version.patch = value->version[2];
		break;
	}
}

static int add_setting(struct settings *settings, struct vfio_mig_edit *edit,
		       const struct vfio_mig_view *view,
		       struct vfio_mig_refusal *refusal)
{
	const struct vfio_mig_value *value;
	const struct nlattr *beside;
	struct vfio_mig_fault fault;
	int err;

	beside = beside_value(edit->at);
	if (beside)
		return refuse(refusal, -EINVAL,
			      "of the driver's attributes, only the value can be set",
			      beside);

	err = vfio_mig_index_read(&settings->index, edit->wire,
				  edit->wire->nla_len, false, &fault);
	if (err)
		return refuse(refusal, err, fault.reason, edit->at);

	value = &settings->index.views[0].value;
	if (value->type != view->value.type)
		return refuse(refusal, -EINVAL,
			      "the driver's attribute has a value of another type",
			      edit->at);
	if (!vfio_mig_can_set(view, value))
		return refuse(refusal, -EINVAL,
			      "the driver's attribute cannot be set to this value",
			      edit->at);

	edit->kind = VFIO_MIG_EDIT_SETTING;
	settings->at[settings->n] = edit->at;
	put_setting(&settings->list[settings->n++], view, value);
	return 0;
}

static int find_settings(struct settings *settings,
			 const struct vfio_mig_words *base,
			 struct vfio_mig_edits *edits,
			 struct vfio_mig_refusal *refusal)
{
	const struct vfio_mig_view *view;
	unsigned int i;
	int err;

	for (i = 0; i < edits->n; i++) {
		if (edits->edits[i].kind != VFIO_MIG_EDIT_SET)
			continue;
		view = find_settable(base, &edits->edits[i]);
		if (!view)
			continue;
		/* it reaches hardware that no namespace has to itself */
		if (!netlink_capable(edits->skb, CAP_NET_ADMIN))
			return refuse(refusal, -EPERM,
				      "the driver sets it: CAP_NET_ADMIN in the initial user namespace needed",
				      edits->edits[i].at);
		err = add_setting(settings, &edits->edits[i], view, refusal);
		if (err)
			return err;
	}
	return 0;
}

static int refuse_set(const struct settings *settings, int err,
		      const struct vfio_mig_set_fault *fault,
		      struct vfio_mig_refusal *refusal)
{
	const struct nlattr *at = settings->at[0];
	unsigned int i;

	if (err > 0 || err < -MAX_ERRNO)
		err = -EIO;
	for (i = 0; i < settings->n; i++)
		if (fault->setting == &settings->list[i])
			at = settings->at[i];
	if (!fault->reason || !*fault->reason)
		return refuse(refusal, err,
			      "the driver refuses, without a reason", at);
	vfio_mig_text_clean(refusal->text, sizeof(refusal->text),
			    fault->reason);
	return refuse(refusal, err, refusal->text, at);
}

static int ask(struct vfio_device *vdev, const struct settings *settings,
	       struct vfio_mig_refusal *refusal)
{
	const struct vfio_mig_provider *provider;
	struct vfio_mig_set_fault fault = { NULL };
	int err;

	if (!vdev)
		return refuse(refusal, -ENODEV, "the device is about to go",
			      NULL);

	provider = vfio_mig_provider_get(vfio_mig_driver(vdev));
	if (!provider || !provider->set) {
		err = refuse(refusal, -EOPNOTSUPP,
			     "the driver's provider cannot set anything",
			     settings->at[0]);
	} else {
		err = provider->set(vdev, settings->list, settings->n, &fault);
		/* the reason may go with the provider */
		if (err)
			err = refuse_set(settings, err, &fault, refusal);
	}
	vfio_mig_provider_put(provider);
	return err;
}

/*
 * The driver has set it. Whatever happens here happens to who describes it:
 * the request has succeeded.
 */
static void publish_set(struct vfio_mig_object *obj, struct vfio_device *vdev,
			struct vfio_mig_words *overlay)
{
	struct vfio_mig_profile *base;

	base = vfio_mig_describe_device(vdev, obj);
	if (IS_ERR(base) || vfio_mig_object_update(obj, base, overlay)) {
		WRITE_ONCE(obj->again, true);
		vfio_mig_object_keep(obj, overlay);
	}
	if (READ_ONCE(obj->again))
		vfio_mig_describe_soon();
}

static int edit(struct vfio_mig_object *obj, struct vfio_mig_edits *edits,
		struct settings *settings, struct vfio_mig_refusal *refusal)
{
	/* if it is there, it stays until the guard is given back */
	struct vfio_device *vdev = vfio_mig_owner(obj);
	struct vfio_mig_words *overlay;
	int err;

	lockdep_assert_held(&obj->guard);

	err = find_settings(settings, obj->base->words, edits, refusal);
	if (err)
		return err;

	overlay = vfio_mig_overlay_edit(obj->base, obj->overlay, edits,
					obj->admin_max, refusal);
	if (IS_ERR(overlay))
		return PTR_ERR(overlay);
	err = vfio_mig_object_say(obj, overlay, edits, settings->n, refusal);
	if (!err && settings->n)
		err = ask(vdev, settings, refusal);
	if (!err && settings->n)
		publish_set(obj, vdev, overlay);
	vfio_mig_words_put(overlay);
	return err;
}

/**
 * vfio_mig_edit - change what is said of a device
 * @ns: the namespace
 * @id: the device's id
 * @edits: what to change
 * @refusal: why it is refused
 *
 * All or nothing happens. If it makes no difference, there is no event.
 *
 * Context: may sleep, takes the device's guard, and calls the provider if one
 * of its values is to be set.
 * Return: 0, -ENODEV if the device is gone, -EPERM if the sender may not set
 * the driver's values, an error as of vfio_mig_overlay_edit(), of
 * vfio_mig_object_say() or of the provider.
 */
int vfio_mig_edit(struct vfio_mig_net *ns, u32 id,
		  struct vfio_mig_edits *edits,
		  struct vfio_mig_refusal *refusal)
{
	struct settings *settings = kvzalloc(sizeof(*settings),
					     GFP_KERNEL | __GFP_NOWARN);
	struct vfio_mig_object *obj;
	int err;

	if (!settings)
		return -ENOMEM;

	obj = vfio_mig_object_get(ns, VFIO_MIG_KIND_DEVICE, id);
	if (!obj) {
		err = refuse(refusal, -ENODEV, "the device is gone", NULL);
		goto out_free;
	}
	mutex_lock(&obj->guard);
	if (vfio_mig_object_gone(obj) || obj->ns != ns)
		err = refuse(refusal, -ENODEV, "the device is gone", NULL);
	else
		err = edit(obj, edits, settings, refusal);
	mutex_unlock(&obj->guard);
	vfio_mig_object_put(obj);
out_free:
	kvfree(settings);
	return err;
}
