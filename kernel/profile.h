/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_PROFILE_H
#define VFIO_MIG_PROFILE_H

#include <linux/refcount.h>
#include <linux/types.h>
#include <uapi/linux/vfio_mig.h>

struct vfio_mig_net;
struct vfio_mig_refused;
struct vfio_mig_words;

/**
 * struct vfio_mig_handle - how people call an object
 * @bus: the bus, "mdev"
 * @parent: the device that a type belongs to, NULL for a device
 * @name: the name of the device or type
 */
struct vfio_mig_handle {
	const char *bus;
	const char *parent;
	const char *name;
};

/**
 * struct vfio_mig_profile - what is published of an object at one moment
 * @ref: references; the object holds one as long as the profile is its newest
 * @rcu: readers may still look at a profile whose last reference is gone
 * @id: the object's id
 * @ns: the namespace in which it is published
 * @seq: number of the event that published it
 * @available: how many devices can still be created from a type
 * @is_type: it is of a type, and so @available means something
 * @refused: streams that the device has refused, NULL if there were none
 * @words: the attributes
 * @no_room: how much of what the administrator says has no room
 * @head: bytes in @wire that are id and handle
 * @left: bytes in @wire behind them that say what is left out
 * @wire: both, as they go into a message in front of @words, and behind them
 *
 * Nothing in it changes once it is published. A reader finds it under RCU and
 * takes a reference if it needs it for longer.
 */
struct vfio_mig_profile {
	refcount_t ref;
	struct rcu_head rcu;
	const struct vfio_mig_net *ns;
	u64 seq;
	u32 id;
	u32 available;
	bool is_type;
	struct vfio_mig_refused *refused;
	struct vfio_mig_words *words;
	u16 no_room;
	u16 head;
	u16 left;
	u8 wire[] __aligned(4);
};

struct vfio_mig_profile *vfio_mig_profile_alloc(const void *wire, size_t head,
						size_t len);
u32 vfio_mig_profile_len(const struct vfio_mig_profile *profile);
struct vfio_mig_profile *
vfio_mig_profile_like(const struct vfio_mig_profile *profile,
		      struct vfio_mig_words *words, const void *left,
		      size_t left_len);
struct vfio_mig_profile *
vfio_mig_profile_copy(const struct vfio_mig_profile *profile);
const char *vfio_mig_profile_driver(const struct vfio_mig_profile *profile);
bool vfio_mig_profile_same(const struct vfio_mig_profile *a,
			   const struct vfio_mig_profile *b);
void vfio_mig_profile_put(struct vfio_mig_profile *profile);

#endif
