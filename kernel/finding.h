/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_FINDING_H
#define VFIO_MIG_FINDING_H

#include <linux/types.h>

struct sk_buff;
struct vfio_mig_finding;

size_t vfio_mig_finding_size(const struct vfio_mig_finding *finding);
int vfio_mig_put_finding(struct sk_buff *skb, int type,
			 const struct vfio_mig_finding *finding);

#endif
