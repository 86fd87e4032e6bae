/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_COMPOSE_H
#define VFIO_MIG_COMPOSE_H

#include "overlay.h"
#include "policy.h"
#include "profile.h"

/**
 * struct vfio_mig_says - what is said of a device or type, by whom
 * @base: what VFIO and the driver say
 * @host: of a device that lives in another than the initial namespace, what
 *	the initial one's policy says of its driver, and of all
 * @home: likewise, what the administrator says of it there; @host holds where
 *	this does not
 * @overlay: what the administrator says of the device where it lives
 * @parts: what the policy there says of its driver, and of all
 * @admin_max: how many attributes of his own the administrator may have
 *
 * All but @base may be NULL.
 */
struct vfio_mig_says {
	const struct vfio_mig_profile *base;
	const struct vfio_mig_part *host[2];
	const struct vfio_mig_words *home;
	const struct vfio_mig_words *overlay;
	const struct vfio_mig_part *parts[2];
	unsigned int admin_max;
};

/**
 * struct vfio_mig_asked - what is asked for, and what comes of it
 * @edits: what is asked for, or NULL
 * @scope: of what it is said
 * @reason: what it may be left out for
 * @left_out: the first of @edits that is left out for that, or NULL
 * @err: -EDQUOT or -E2BIG if there was no room for something, or 0
 * @shortage: what there was no room for last, a phrase for people
 *
 * The last three are filled in where there is something to tell.
 */
struct vfio_mig_asked {
	const struct vfio_mig_edits *edits;
	u32 scope;
	u32 reason;
	const struct vfio_mig_edit *left_out;
	int err;
	const char *shortage;
};

struct vfio_mig_profile *
vfio_mig_compose(const struct vfio_mig_says *says,
		 struct vfio_mig_asked *asked);

#endif
