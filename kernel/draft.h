/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_DRAFT_H
#define VFIO_MIG_DRAFT_H

#include <linux/skbuff.h>
#include <linux/vfio_mig.h>

#include "match.h"
#include "profile.h"

/**
 * struct vfio_mig_draft - a profile being written
 * @skb: the attributes as they were said, in any order and form
 * @open: the attribute that was begun last, or NULL
 * @rule_only: it is VFIO's, and only its rule can be replaced
 * @origin: who adds attributes now
 * @asks: it is open whether devices migrate, and may be told
 * @err: the first error, after which nothing more is added
 * @reason: what that is, a phrase for people
 * @name: the attribute that is at fault, fit to be printed, or ""
 * @index: for the engine
 */
struct vfio_mig_draft {
	struct sk_buff *skb;
	struct nlattr *open;
	bool rule_only;
	enum vfio_mig_origin origin;
	bool asks;
	int err;
	const char *reason;
	char name[VFIO_MIG_NAME_MAX + 1];
	struct vfio_mig_index index;
};

struct vfio_mig_draft *vfio_mig_draft_alloc(void);
void vfio_mig_draft_free(struct vfio_mig_draft *draft);
void vfio_mig_draft_begin(struct vfio_mig_draft *draft);
void vfio_mig_draft_origin(struct vfio_mig_draft *draft,
			   enum vfio_mig_origin origin);
void vfio_mig_draft_fail(struct vfio_mig_draft *draft, int err,
			 const char *reason);
void vfio_mig_draft_tell(struct vfio_mig_draft *draft, bool migratable);
struct vfio_mig_profile *
vfio_mig_draft_seal(struct vfio_mig_draft *draft, u32 id,
		    const struct vfio_mig_handle *handle);

#endif
