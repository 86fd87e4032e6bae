/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_DISCOVER_H
#define VFIO_MIG_DISCOVER_H

#include <linux/types.h>

struct vfio_device;
struct vfio_mig_object;
struct vfio_mig_profile;

void vfio_mig_describe_soon(void);
void vfio_mig_discover_again(void);
struct vfio_device *vfio_mig_owner(const struct vfio_mig_object *obj);

struct vfio_mig_object *vfio_mig_find_device(const struct vfio_device *vdev);
struct vfio_mig_profile *
vfio_mig_device_profile(const struct vfio_device *vdev);
bool vfio_mig_in_use(const struct vfio_mig_object *obj);

int vfio_mig_discover_init(void);
void vfio_mig_discover_exit(void);

#endif
