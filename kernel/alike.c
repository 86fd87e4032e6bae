// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets that are alike: there is no source that fits one of them and not the
 * other, or not for the same reasons. The devices of a fleet differ in what
 * they are called, and hardly in anything that decides. One list of words
 * stands for all that are alike, so that who compares many targets compares
 * each sort of them once.
 */

#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/spinlock.h>

#include "alike.h"
#include "match.h"
#include "words.h"

/* Held where a list comes into the table, or goes. */
static DEFINE_SPINLOCK(alike_lock);
static struct rhashtable alikes;

static u32 list_hashfn(const void *data, u32 len, u32 seed)
{
	const struct vfio_mig_words *list = data;
	u32 hash = seed + list->n;
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		const struct vfio_mig_view *view = list->list[i];

		if (view->informs)
			hash = jhash(view->name, view->name_len,
				     hash + view->origin);
		else
			hash = jhash(&view, sizeof(view), hash);
	}
	return hash;
}

static int list_cmpfn(struct rhashtable_compare_arg *arg, const void *data)
{
	const struct vfio_mig_words *a = arg->key, *b = data;

	return vfio_mig_views_order(a->list, a->n, b->list, b->n);
}

static const struct rhashtable_params alike_params = {
	.head_offset = offsetof(struct vfio_mig_words, node),
	.hashfn = list_hashfn,
	.obj_hashfn = list_hashfn,
	.obj_cmpfn = list_cmpfn,
	.automatic_shrinking = true,
};

/* Holds it for the caller. */
static struct vfio_mig_words *find(const struct vfio_mig_words *list)
{
	struct vfio_mig_words *other;

	rcu_read_lock();
	other = rhashtable_lookup(&alikes, list, alike_params);
	/* one that is about to go is as good as none */
	if (other && !refcount_inc_not_zero(&other->ref))
		other = NULL;
	rcu_read_unlock();
	return other;
}

/* Returns what is in the table then, or NULL if that could not grow. */
static struct vfio_mig_words *share(struct vfio_mig_words *list)
{
	struct vfio_mig_words *other;

	/* whoever finds it finds it complete */
	list->alike = list;
	spin_lock_bh(&alike_lock);
	other = rhashtable_lookup_get_insert_key(&alikes, list, &list->node,
						 alike_params);
	if (!IS_ERR_OR_NULL(other))
		refcount_inc(&other->ref);
	spin_unlock_bh(&alike_lock);
	if (IS_ERR(other))
		return NULL;
	return other ?: list;
}

/**
 * vfio_mig_alike_join - find out which targets are alike
 * @list: what a target says, complete, of which nobody else knows yet
 *
 * Afterwards @list->alike is the same list for all that are alike, or NULL for
 * want of memory, without which it works as well. The list that stands for
 * others lasts as long as any of them.
 *
 * Context: any but interrupts.
 */
void vfio_mig_alike_join(struct vfio_mig_words *list)
{
	list->alike = find(list) ?: share(list);
}

/**
 * vfio_mig_alike_drop - give a reference to a list back
 * @list: the list
 *
 * Context: any but interrupts.
 * Return: whether it was the last; then nobody finds the list any more.
 */
bool vfio_mig_alike_drop(struct vfio_mig_words *list)
{
	bool last;

	if (refcount_dec_not_one(&list->ref))
		return false;

	spin_lock_bh(&alike_lock);
	last = refcount_dec_and_test(&list->ref);
	if (last && list->alike == list)
		rhashtable_remove_fast(&alikes, &list->node, alike_params);
	spin_unlock_bh(&alike_lock);
	return last;
}

/**
 * vfio_mig_alike_init - make the table ready
 *
 * Return: 0 or a negative error.
 */
int __init vfio_mig_alike_init(void)
{
	return rhashtable_init(&alikes, &alike_params);
}

/**
 * vfio_mig_alike_exit - undo vfio_mig_alike_init()
 *
 * All lists must have been let go of.
 */
void vfio_mig_alike_exit(void)
{
	WARN_ON(atomic_read(&alikes.nelems));
	rhashtable_destroy(&alikes);
}
