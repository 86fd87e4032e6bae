/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_PROFILE_H
#define VFIO_MIG_PROFILE_H

#include <linux/refcount.h>
#include <linux/types.h>
#include <uapi/linux/vfio_mig.h>

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
 * struct vfio_mig_label - what a bit is called
 * @bit: its number
 * @name: its name
 */
struct vfio_mig_label {
	u32 bit;
	const char *name;
};

/**
 * struct vfio_mig_attr - one attribute of a draft
 * @name: its name
 * @type: which member holds the value: the VFIO_MIG_A_ATTR_* of its type
 * @rule: which values of a source it accepts
 * @severity: what a value that it does not accept means
 * @missing: what it means that the other side does not have it
 * @origin: who says so
 * @flag: value of VFIO_MIG_A_ATTR_BOOL
 * @num: value of VFIO_MIG_A_ATTR_U64
 * @str: value of VFIO_MIG_A_ATTR_STRING
 * @bits: value of VFIO_MIG_A_ATTR_BITS, bit n in byte n / 8
 * @labels: what the bits are called, ascending
 * @n_labels: how many @labels there are
 */
struct vfio_mig_attr {
	const char *name;
	u16 type;
	enum vfio_mig_rule rule;
	enum vfio_mig_severity severity;
	enum vfio_mig_severity missing;
	enum vfio_mig_origin origin;
	union {
		bool flag;
		u64 num;
		const char *str;
		u8 bits[VFIO_MIG_BITS_MAX / 8];
	};
	const struct vfio_mig_label *labels;
	unsigned int n_labels;
};

/**
 * struct vfio_mig_draft - a profile being written
 * @err: the first error, after which nothing more is added
 * @n: how many attributes it has
 * @attrs: the attributes, in the order in which they were added, and one that
 *	takes what does not fit
 * @used: bytes taken from @text
 * @text: holds the strings
 */
struct vfio_mig_draft {
	int err;
	unsigned int n;
	struct vfio_mig_attr attrs[VFIO_MIG_ATTRS_MAX + 1];
	size_t used;
	char text[VFIO_MIG_PROFILE_MAX];
};

/**
 * struct vfio_mig_profile - what is published of an object at one moment
 * @ref: references; the object holds one as long as the profile is its newest
 * @rcu: readers may still look at a profile whose last reference is gone
 * @id: the object's id
 * @seq: number of the event that published it
 * @available: how many devices can still be created from a type
 * @is_type: it is of a type, and so @available means something
 * @head: bytes in @wire that are id and handle, in front of the attributes
 * @len: bytes in @wire
 * @wire: id, handle and attributes as they go into a message
 *
 * Nothing in it changes once it is published. A reader finds it under RCU and
 * takes a reference if it needs it for longer.
 */
struct vfio_mig_profile {
	refcount_t ref;
	struct rcu_head rcu;
	u64 seq;
	u32 id;
	u32 available;
	bool is_type;
	u16 head;
	u16 len;
	u8 wire[] __aligned(4);
};

struct vfio_mig_draft *vfio_mig_draft_alloc(void);
void vfio_mig_draft_free(struct vfio_mig_draft *draft);

struct vfio_mig_attr *vfio_mig_draft_bool(struct vfio_mig_draft *draft,
					  const char *name, bool value);
struct vfio_mig_attr *vfio_mig_draft_u64(struct vfio_mig_draft *draft,
					 const char *name, u64 value);
struct vfio_mig_attr *vfio_mig_draft_string(struct vfio_mig_draft *draft,
					    const char *name,
					    const char *value);
struct vfio_mig_attr *vfio_mig_draft_bits(struct vfio_mig_draft *draft,
					  const char *name);

struct vfio_mig_profile *
vfio_mig_draft_seal(struct vfio_mig_draft *draft, u32 id,
		    const struct vfio_mig_handle *handle);

struct vfio_mig_profile *
vfio_mig_profile_like(const struct vfio_mig_profile *profile,
		      const void *wire, size_t len);
bool vfio_mig_profile_same(const struct vfio_mig_profile *a,
			   const struct vfio_mig_profile *b);
void vfio_mig_profile_put(struct vfio_mig_profile *profile);

#endif
