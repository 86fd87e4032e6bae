/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_DESCRIBE_H
#define VFIO_MIG_DESCRIBE_H

#include <linux/mdev.h>
#include <linux/vfio.h>

#include "registry.h"

struct vfio_mig_profile *
vfio_mig_describe_device(struct vfio_device *vdev,
			 struct vfio_mig_object *obj);
struct vfio_mig_profile *
vfio_mig_describe_type(struct mdev_type *type, const bool *migratable,
		       struct vfio_mig_object *obj);
struct vfio_mig_profile *
vfio_mig_describe_bare(const char *attr, u64 value,
		       const struct vfio_mig_object *obj);
bool vfio_mig_described(const struct vfio_mig_object *obj,
			const char *driver);
bool vfio_mig_can_migrate(const struct vfio_device *vdev);
const char *vfio_mig_driver(const struct vfio_device *vdev);
struct mdev_device *vfio_mig_to_mdev(struct device *dev);

#endif
