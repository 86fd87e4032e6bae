/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices that are no VFIO devices: for scale, and for tests. What is exported
 * for them is in the namespace of this module, and for nobody else.
 */
#ifndef VFIO_MIG_BARE_H
#define VFIO_MIG_BARE_H

#include "registry.h"

/*
 * Besides the attribute of its own, the administrator may set all that a
 * profile has room for.
 */
#define VFIO_MIG_BARE_ADMIN_MAX	(VFIO_MIG_ATTRS_MAX - 1)

struct vfio_mig_object *vfio_mig_bare_add(const char *bus, const char *name,
					  const char *attr, u64 value);
void vfio_mig_bare_remove(struct vfio_mig_object *obj);

#endif
