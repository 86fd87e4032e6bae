/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_DESCRIBE_H
#define VFIO_MIG_DESCRIBE_H

#include <linux/mdev.h>
#include <linux/vfio.h>

#include "profile.h"

struct vfio_mig_profile *
vfio_mig_describe_device(struct vfio_device *vdev, u32 id,
			 const struct vfio_mig_handle *handle);
struct vfio_mig_profile *
vfio_mig_describe_type(const struct mdev_type *type, const bool *migratable,
		       u32 id, const struct vfio_mig_handle *handle);
struct vfio_mig_profile *
vfio_mig_describe_bare(const char *attr, u64 value, u32 id,
		       const struct vfio_mig_handle *handle);
bool vfio_mig_can_migrate(const struct vfio_device *vdev);
struct mdev_device *vfio_mig_to_mdev(struct device *dev);

#endif
