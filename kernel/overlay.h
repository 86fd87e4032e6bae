/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_OVERLAY_H
#define VFIO_MIG_OVERLAY_H

#include <linux/types.h>

#include "match.h"

struct nlattr;
struct sk_buff;
struct vfio_mig_words;
struct vfio_mig_handle;
struct vfio_mig_profile;

/**
 * enum vfio_mig_edit_kind - what is done to an attribute
 * @VFIO_MIG_EDIT_SET: it is set, in the place of an earlier one
 * @VFIO_MIG_EDIT_RULE: its rule is replaced
 * @VFIO_MIG_EDIT_DEL: one of these is taken back
 * @VFIO_MIG_EDIT_SETTING: the value of one of the driver's is set, by the
 *	driver
 */
enum vfio_mig_edit_kind {
	VFIO_MIG_EDIT_SET,
	VFIO_MIG_EDIT_RULE,
	VFIO_MIG_EDIT_DEL,
	VFIO_MIG_EDIT_SETTING,
};

/**
 * struct vfio_mig_edit - what a request does to one attribute
 * @kind: what it does
 * @at: where the request says so
 * @name: the attribute's name, not terminated
 * @name_len: bytes at @name
 * @wire: the whole attribute if it is set, which was found to be right
 */
struct vfio_mig_edit {
	enum vfio_mig_edit_kind kind;
	const struct nlattr *at;
	const char *name;
	size_t name_len;
	const struct nlattr *wire;
};

/**
 * struct vfio_mig_edits - what a request does to a device
 * @skb: the request
 * @replace: attributes that were set before, and are not set now, go
 * @n: how many @edits there are
 * @edits: all of different names
 */
struct vfio_mig_edits {
	struct sk_buff *skb;
	bool replace;
	unsigned int n;
	struct vfio_mig_edit edits[VFIO_MIG_ATTRS_MAX];
};

/**
 * struct vfio_mig_refusal - why edits were refused
 * @reason: a phrase for people, at most 79 bytes, static or @text, or NULL
 * @at: the part of the request that is at fault, or NULL
 * @text: for a phrase that is not static
 */
struct vfio_mig_refusal {
	const char *reason;
	const struct nlattr *at;
	char text[80];
};

struct vfio_mig_words *
vfio_mig_overlay_edit(const struct vfio_mig_profile *base,
		      const struct vfio_mig_words *old,
		      const struct vfio_mig_edits *edits,
		      unsigned int admin_max,
		      struct vfio_mig_refusal *refusal);
int vfio_mig_overlay_rebase(const struct vfio_mig_profile *base,
			    struct vfio_mig_words **overlay,
			    const struct vfio_mig_handle *handle);
bool vfio_mig_view_holds(const struct vfio_mig_view *base,
			 const struct vfio_mig_view *said);
int vfio_mig_put_ruled(struct sk_buff *skb, const struct vfio_mig_view *view,
		       const struct nlattr *at);
const struct nlattr *
vfio_mig_edits_last(const struct vfio_mig_edits *edits);

#endif
