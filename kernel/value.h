/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_VALUE_H
#define VFIO_MIG_VALUE_H

#include <linux/skbuff.h>

#include "match.h"

size_t vfio_mig_value_size(const struct vfio_mig_value *value);
int vfio_mig_put_text(struct sk_buff *skb, int type, const void *text,
		      size_t len);
int vfio_mig_put_typed(struct sk_buff *skb,
		       const struct vfio_mig_value *value);
int vfio_mig_put_value(struct sk_buff *skb, int type,
		       const struct vfio_mig_value *value);
int vfio_mig_put_range(struct sk_buff *skb, int type,
		       const struct vfio_mig_range *range);
int vfio_mig_put_label(struct sk_buff *skb, const struct vfio_mig_bit *bit);
int vfio_mig_put_view(struct sk_buff *skb, const struct vfio_mig_view *view);

#endif
