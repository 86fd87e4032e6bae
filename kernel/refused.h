/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_REFUSED_H
#define VFIO_MIG_REFUSED_H

#include <linux/refcount.h>
#include <linux/types.h>

struct sk_buff;
struct vfio_mig_index;
struct vfio_mig_profile;

/* Bytes for the findings of a refusal; the others are only counted. */
#define VFIO_MIG_REFUSED_MAX	4096

/**
 * struct vfio_mig_refused - streams that a device has refused
 * @ref: references
 * @rcu: readers may still look at it through a profile that is gone
 * @count: how many there were
 * @time: when the last one was, in nanoseconds since the Epoch
 * @omitted: findings of the last one that do not stand in @wire
 * @len: bytes at @wire
 * @wire: reason and findings of the last one, as they go into a message
 *
 * Nothing in it changes once it is published.
 */
struct vfio_mig_refused {
	refcount_t ref;
	struct rcu_head rcu;
	u64 count;
	u64 time;
	u32 omitted;
	size_t len;
	u8 wire[] __aligned(4);
};

struct vfio_mig_refused *
vfio_mig_refused_alloc(const char *reason, const struct vfio_mig_index *source,
		       const struct vfio_mig_profile *target);
struct vfio_mig_refused *
vfio_mig_refused_get(struct vfio_mig_refused *refused);
void vfio_mig_refused_put(struct vfio_mig_refused *refused);
size_t vfio_mig_refused_size(const struct vfio_mig_refused *refused);
int vfio_mig_put_refused(struct sk_buff *skb,
			 const struct vfio_mig_refused *refused);

#endif
