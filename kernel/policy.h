/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_POLICY_H
#define VFIO_MIG_POLICY_H

#include <linux/list.h>
#include <linux/rcupdate.h>

#include "overlay.h"

/**
 * struct vfio_mig_entry - an attribute, or a rule, that somebody speaks of
 * @name: its name, not terminated
 * @nest: all of it, an attribute of the set "object"
 * @view: it, read, if it is said of a device alone
 * @name_len: bytes at @name
 * @is_rule: only the rule is meant
 */
struct vfio_mig_entry {
	const char *name;
	const struct nlattr *nest;
	const struct vfio_mig_view *view;
	u8 name_len;
	bool is_rule;
};

/**
 * struct vfio_mig_part - what a policy says of a driver, or of all
 * @node: in the list of the namespace, in ascending order of the ids
 * @rcu: readers may still look at a part that was replaced
 * @id: tells it from others of the namespace, and is the same for the part
 *	that takes its place
 * @scope: VFIO_MIG_SCOPE_DRIVER or VFIO_MIG_SCOPE_ALL
 * @seq: number of the event that told of it
 * @driver: the driver, NULL for all
 * @len: bytes that the entries take on the wire
 * @n: how many @entries there are
 * @entries: what it says, in bytewise order of the names
 *
 * Nothing in it but the list changes once it is published.
 */
struct vfio_mig_part {
	struct list_head node;
	struct rcu_head rcu;
	u32 id;
	u32 scope;
	u64 seq;
	const char *driver;
	u32 len;
	unsigned int n;
	struct vfio_mig_entry entries[];
};

struct vfio_mig_part *
vfio_mig_part_edit(const struct vfio_mig_part *old, const char *driver,
		   const struct vfio_mig_edits *edits,
		   struct vfio_mig_refusal *refusal);
bool vfio_mig_part_same(const struct vfio_mig_part *a,
			const struct vfio_mig_part *b);

#endif
