/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_PROVIDER_H
#define VFIO_MIG_PROVIDER_H

#include <linux/vfio_mig.h>

const struct vfio_mig_provider *vfio_mig_provider_get(const char *driver);
void vfio_mig_provider_put(const struct vfio_mig_provider *provider);
u64 vfio_mig_provider_cookie(const char *driver);

#endif
