// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attributes of all profiles, each of which is kept once, read, however
 * many profiles say the same. That two profiles agree in an attribute is then
 * seen without looking into it: devices of a fleet agree in most.
 *
 * Who holds a word finds it where it is. Others find it under RCU, in a profile
 * that they found there.
 */

#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <net/netlink.h>

#include "match.h"
#include "words.h"

/**
 * struct word - an attribute
 * @node: in the table
 * @rcu: readers may still look at a word that nobody holds any more
 * @ref: how many hold it, under words_lock; never 0 in the table
 * @view: it, read, which points into @wire
 * @wire: it, as it stands in a message
 */
struct word {
	struct rhash_head node;
	struct rcu_head rcu;
	unsigned long ref;
	struct vfio_mig_view view;
	u8 wire[] __aligned(4);
};

/**
 * struct word_key - what is looked for
 * @wire: an attribute as it stands in a message
 * @len: bytes at @wire
 */
struct word_key {
	const void *wire;
	size_t len;
};

static DEFINE_SPINLOCK(words_lock);
static struct rhashtable words;

static u32 key_hashfn(const void *data, u32 len, u32 seed)
{
	const struct word_key *key = data;

	return jhash(key->wire, key->len, seed);
}

static u32 word_hashfn(const void *data, u32 len, u32 seed)
{
	const struct word *word = data;

	return jhash(word->wire, word->view.len, seed);
}

static int word_cmpfn(struct rhashtable_compare_arg *arg, const void *data)
{
	const struct word *word = data;
	const struct word_key *key = arg->key;

	return word->view.len != key->len ||
	       memcmp(word->wire, key->wire, key->len);
}

static const struct rhashtable_params words_params = {
	.head_offset = offsetof(struct word, node),
	.hashfn = key_hashfn,
	.obj_hashfn = word_hashfn,
	.obj_cmpfn = word_cmpfn,
	.automatic_shrinking = true,
};

static struct word *word_of(const struct vfio_mig_view *view)
{
	return container_of(view, struct word, view);
}

/**
 * vfio_mig_word_find - find a word that somebody holds
 * @wire: the attribute, as it stands in a message, without what pads it
 * @len: bytes at @wire
 *
 * Context: any but hard interrupts.
 * Return: it, held for the caller, or NULL if there is none.
 */
const struct vfio_mig_view *vfio_mig_word_find(const void *wire, size_t len)
{
	const struct word_key key = { wire, len };
	struct word *word;

	spin_lock_bh(&words_lock);
	word = rhashtable_lookup_fast(&words, &key, words_params);
	if (word)
		word->ref++;
	spin_unlock_bh(&words_lock);
	return word ? &word->view : NULL;
}

static struct word *word_new(const struct word_key *key)
{
	struct word *word, *old;

	word = kmalloc(struct_size(word, wire, key->len), GFP_KERNEL);
	if (!word)
		return NULL;
	memcpy(word->wire, key->wire, key->len);
	word->ref = 1;
	if (WARN_ON_ONCE(vfio_mig_view_read(&word->view, word->wire,
					    key->len)))
		goto err_free;

	spin_lock_bh(&words_lock);
	old = rhashtable_lookup_get_insert_key(&words, key, &word->node,
					       words_params);
	if (!IS_ERR_OR_NULL(old))
		old->ref++;
	spin_unlock_bh(&words_lock);
	if (!old)
		return word;

	/* somebody was faster, or the table could not grow */
	kfree(word);
	return IS_ERR(old) ? NULL : old;

err_free:
	kfree(word);
	return NULL;
}

/**
 * vfio_mig_word_put - let go of a word
 * @view: the word
 *
 * Context: any but hard interrupts.
 */
void vfio_mig_word_put(const struct vfio_mig_view *view)
{
	struct word *word = word_of(view);
	bool last;

	spin_lock_bh(&words_lock);
	last = !--word->ref;
	if (last)
		rhashtable_remove_fast(&words, &word->node, words_params);
	spin_unlock_bh(&words_lock);
	if (last)
		kfree_rcu(word, rcu);
}

/**
 * vfio_mig_words_count - how many attributes has a profile?
 * @wire: attributes of the set "object"
 * @len: bytes at @wire
 *
 * Return: how many of them are of the profile.
 */
unsigned int vfio_mig_words_count(const void *wire, size_t len)
{
	const struct nlattr *nla;
	unsigned int n = 0;
	int left;

	nla_for_each_attr(nla, wire, len, left)
		n += nla_type(nla) == VFIO_MIG_A_OBJECT_ATTR;
	return n;
}

/**
 * vfio_mig_words_get - find all words of a profile, or make them
 * @views: where to, as many as vfio_mig_words_count() has counted
 * @wire: attributes of the set "object", which the engine has found in order
 * @len: bytes at @wire
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfio_mig_words_get(const struct vfio_mig_view **views, const void *wire,
		       size_t len)
{
	const struct nlattr *nla;
	unsigned int n = 0;
	int left;

	nla_for_each_attr(nla, wire, len, left) {
		const struct word_key key = { nla, nla->nla_len };
		struct word *word;

		if (nla_type(nla) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		views[n] = vfio_mig_word_find(key.wire, key.len);
		if (!views[n]) {
			word = word_new(&key);
			if (!word)
				goto err_put;
			views[n] = &word->view;
		}
		n++;
	}
	return 0;

err_put:
	vfio_mig_words_put(views, n);
	return -ENOMEM;
}

/**
 * vfio_mig_words_hold - hold words that somebody else holds
 * @views: where to
 * @like: the words
 * @n: how many
 *
 * Context: any but hard interrupts.
 */
void vfio_mig_words_hold(const struct vfio_mig_view **views,
			 const struct vfio_mig_view *const *like,
			 unsigned int n)
{
	unsigned int i;

	spin_lock_bh(&words_lock);
	for (i = 0; i < n; i++) {
		views[i] = like[i];
		word_of(like[i])->ref++;
	}
	spin_unlock_bh(&words_lock);
}

/**
 * vfio_mig_words_put - let go of words
 * @views: the words
 * @n: how many
 *
 * Context: any but hard interrupts.
 */
void vfio_mig_words_put(const struct vfio_mig_view *const *views,
			unsigned int n)
{
	while (n--)
		vfio_mig_word_put(views[n]);
}

/**
 * vfio_mig_words_init - make the table ready
 *
 * Return: 0 or a negative error.
 */
int __init vfio_mig_words_init(void)
{
	return rhashtable_init(&words, &words_params);
}

/**
 * vfio_mig_words_exit - undo vfio_mig_words_init()
 *
 * All words must have been let go of.
 */
void vfio_mig_words_exit(void)
{
	WARN_ON(atomic_read(&words.nelems));
	rhashtable_destroy(&words);
}
