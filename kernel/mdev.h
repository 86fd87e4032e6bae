/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_MDEV_H
#define VFIO_MIG_MDEV_H

#include <linux/mdev.h>

int vfio_mig_mdev_add(struct mdev_device *mdev, bool migratable);
void vfio_mig_mdev_remove(struct mdev_device *mdev);
void vfio_mig_mdev_again(void);

#endif
