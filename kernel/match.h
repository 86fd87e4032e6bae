/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * Profiles as they stand on the wire: reading them, refusing what is wrong
 * with them, and holding a source against a target.
 *
 * This file and match.c are compiled unchanged into the kernel module and
 * into the library, so that both give the same answer.
 */
#ifndef VFIO_MIG_MATCH_H
#define VFIO_MIG_MATCH_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <uapi/linux/vfio_mig.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <linux/vfio_mig.h>
#endif

/**
 * struct vfio_mig_value - a value
 * @type: VFIO_MIG_A_ATTR_* of the member that holds it, 0 if there is none
 *	that this engine knows
 * @len: bytes at @data
 * @num: a bool, 0 or 1, or a u64
 * @version: major, minor, patch
 * @data: a string, without the NUL behind it, or bits, bit n in byte n / 8,
 *	without zeroes at the end
 */
struct vfio_mig_value {
	__u16 type;
	__u16 len;
	union {
		__u64 num;
		__u32 version[3];
		const __u8 *data;
	};
};

/**
 * struct vfio_mig_range - an entry of a list
 * @value: the one value that it stands for
 * @min: without @value, the least of those it stands for
 * @max: without @value, the greatest
 *
 * A value of type 0 is not there. Without any it stands for every value.
 */
struct vfio_mig_range {
	struct vfio_mig_value value;
	struct vfio_mig_value min;
	struct vfio_mig_value max;
};

/**
 * struct vfio_mig_bit - what a bit is called
 * @number: the bit
 * @len: bytes at @name
 * @name: its name, not terminated
 */
struct vfio_mig_bit {
	__u32 number;
	__u16 len;
	const char *name;
};

/**
 * struct vfio_mig_items - members of an attribute that may come repeatedly
 * @first: bytes from the attribute's beginning to the first of them
 * @n: how many there are
 */
struct vfio_mig_items {
	__u16 first;
	__u16 n;
};

/**
 * struct vfio_mig_view - an attribute that was read
 * @wire: where it begins
 * @name: its name, not terminated
 * @value: its value
 * @accept: what the rule one-of accepts besides the value
 * @settable: what the value can be set to
 * @labels: what bits are called
 * @len: bytes it takes, with its header, without what pads it
 * @name_len: bytes at @name
 * @rule: one of enum vfio_mig_rule, 0 if it is none of them
 * @severity: one of enum vfio_mig_severity, 0 if it is none of them
 * @missing: likewise
 * @origin: one of enum vfio_mig_origin, 0 if it is none of them
 * @scope: one of enum vfio_mig_scope, 0 if it is none of them, or not given
 * @unknown: something of it is not known to this engine
 * @more: among that is a member, which may be anything
 * @takes_itself: a target that says the same, byte by byte, accepts it
 * @informs: all of it is known, and its rule is any
 *
 * It is 64 bytes long, and points into what it was read from.
 */
struct vfio_mig_view {
	const __u8 *wire;
	const char *name;
	struct vfio_mig_value value;
	struct vfio_mig_items accept;
	struct vfio_mig_items settable;
	struct vfio_mig_items labels;
	__u16 len;
	__u8 name_len;
	__u8 rule;
	__u8 severity;
	__u8 missing;
	__u8 origin;
	__u8 scope;
	bool unknown;
	bool more;
	bool takes_itself;
	bool informs;
};

/**
 * struct vfio_mig_index - a profile that was read
 * @n: how many attributes it has
 * @order: which of @views is the first, the second, ... by name
 * @views: the attributes, in the order in which they stand on the wire
 *
 * Too large for a stack of the kernel.
 */
struct vfio_mig_index {
	unsigned int n;
	__u8 order[VFIO_MIG_ATTRS_MAX];
	struct vfio_mig_view views[VFIO_MIG_ATTRS_MAX];
};

/**
 * struct vfio_mig_fault - why a profile was refused
 * @reason: a phrase for people, at most 79 bytes
 * @name: name of the attribute at fault, not terminated, NULL if it has none
 *	or a bad one, or if it is the whole profile that is at fault
 * @name_len: bytes at @name
 * @offset: bytes from the profile's beginning to the attribute, or the member
 *	of it, that is at fault
 */
struct vfio_mig_fault {
	const char *reason;
	const char *name;
	__u8 name_len;
	__u32 offset;
};

/**
 * struct vfio_mig_count - how large a profile is so far
 * @attrs: attributes
 * @bytes: bytes that they take on the wire
 */
struct vfio_mig_count {
	unsigned int attrs;
	size_t bytes;
};

/**
 * struct vfio_mig_finding - in what source and target do not fit
 * @kind: one of enum vfio_mig_finding_kind
 * @severity: one of enum vfio_mig_severity, 0 if it is settable
 * @rule: the target's rule, or the only side's; 0 if it is not known
 * @source: the source's attribute, or NULL
 * @target: the target's attribute, or NULL, as also where the source does not
 *	take the target's administrator's word for it
 * @set: if it is settable, the value that the target must be set to
 *
 * One of @source and @target is there, and has the name of the attribute.
 */
struct vfio_mig_finding {
	__u8 kind;
	__u8 severity;
	__u8 rule;
	const struct vfio_mig_view *source;
	const struct vfio_mig_view *target;
	struct vfio_mig_value set;
};

unsigned int vfio_mig_char_len(const __u8 *s, size_t left);
const char *vfio_mig_count_attr(struct vfio_mig_count *count, size_t len);
int vfio_mig_index_read(struct vfio_mig_index *index, const void *wire,
			size_t len, bool liberal,
			struct vfio_mig_fault *fault);
int vfio_mig_view_read(struct vfio_mig_view *view, const void *wire,
		       size_t len);
void vfio_mig_index_list(const struct vfio_mig_index *index,
			 const struct vfio_mig_view **list);
int vfio_mig_match_views(const struct vfio_mig_view *const *source,
			 unsigned int n_source,
			 const struct vfio_mig_view *const *target,
			 unsigned int n_target,
			 int (*emit)(const struct vfio_mig_finding *finding,
				     void *arg),
			 void *arg);
int vfio_mig_match_index(const struct vfio_mig_index *source,
			 const struct vfio_mig_view *const *target,
			 unsigned int n,
			 int (*emit)(const struct vfio_mig_finding *finding,
				     void *arg),
			 void *arg);
int vfio_mig_match_brought(const void *source, size_t len,
			   const struct vfio_mig_view *const *target,
			   unsigned int n,
			   int (*emit)(const struct vfio_mig_finding *finding,
				       void *arg),
			   void *arg);
int vfio_mig_views_order(const struct vfio_mig_view *const *a,
			 unsigned int n_a,
			 const struct vfio_mig_view *const *b,
			 unsigned int n_b);
bool vfio_mig_same_value(const struct vfio_mig_value *a,
			 const struct vfio_mig_value *b);
bool vfio_mig_next_accept(const struct vfio_mig_view *view, __u16 *cursor,
			  struct vfio_mig_range *range);
bool vfio_mig_next_settable(const struct vfio_mig_view *view, __u16 *cursor,
			    struct vfio_mig_range *range);
bool vfio_mig_next_bit(const struct vfio_mig_view *view, __u16 *cursor,
		       struct vfio_mig_bit *bit);
bool vfio_mig_can_set(const struct vfio_mig_view *view,
		      const struct vfio_mig_value *value);
__u16 vfio_mig_rule_type(const void *attr, size_t len);

#endif
