/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_WORDS_H
#define VFIO_MIG_WORDS_H

#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

struct nlattr;
struct vfio_mig_view;

/**
 * struct vfio_mig_words - attributes that are said of something
 * @ref: references
 * @rcu: readers may still look at it when the last reference is gone
 * @n: how many there are
 * @len: bytes that they take in a message
 * @node: in the table of alike.c, if @alike is this very list
 * @alike: what stands for all targets that are alike, held unless it is this
 *	very list; NULL if that was not asked for, or for want of memory
 * @list: the attributes, in bytewise order of their names
 *
 * What it says does not change once others know of it. Whoever says the same
 * attribute refers to the same place.
 */
struct vfio_mig_words {
	refcount_t ref;
	u16 n;
	u16 len;
	struct rcu_head rcu;
	struct rhash_head node;
	struct vfio_mig_words *alike;
	const struct vfio_mig_view *list[];
};

const struct vfio_mig_view *vfio_mig_word_get(const struct nlattr *nla);
const struct vfio_mig_view *vfio_mig_word_find(const struct nlattr *nla);
const struct vfio_mig_view *
vfio_mig_word_hold(const struct vfio_mig_view *view);
void vfio_mig_word_put(const struct vfio_mig_view *view);

struct vfio_mig_words *vfio_mig_words_alloc(unsigned int n);
void vfio_mig_words_add(struct vfio_mig_words *list,
			const struct vfio_mig_view *view);
struct vfio_mig_words *vfio_mig_words_get(const void *wire, size_t len);
struct vfio_mig_words *vfio_mig_words_hold(struct vfio_mig_words *list);
void vfio_mig_words_put(struct vfio_mig_words *list);
bool vfio_mig_words_same(const struct vfio_mig_words *a,
			 const struct vfio_mig_words *b);
const struct vfio_mig_view *
vfio_mig_words_find(const struct vfio_mig_words *list, const void *name,
		    size_t len);
void vfio_mig_words_write(const struct vfio_mig_words *list, void *to);

int vfio_mig_words_init(void);
void vfio_mig_words_exit(void);

#endif
