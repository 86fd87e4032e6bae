// SPDX-License-Identifier: GPL-2.0-only
/*
 * All attributes that are said of anything, each of which is kept once, read,
 * however many say the same. That two profiles agree in an attribute is then
 * seen without looking into it: the devices of a fleet agree in most.
 *
 * Who holds a word finds it where it is. Others find it under RCU, in a list
 * that they found there.
 */

#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <net/netlink.h>

#include "alike.h"
#include "match.h"
#include "words.h"

/**
 * struct word - an attribute
 * @node: in the table
 * @rcu: readers may still look at a word that nobody holds any more
 * @ref: how many hold it; it is 0 only while it is taken out of the table
 * @view: it, read, which points into @wire
 * @wire: it, as it stands in a message, with what pads it
 */
struct word {
	struct rhash_head node;
	struct rcu_head rcu;
	refcount_t ref;
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

/* Held where a word comes into the table, or goes. */
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

/* Holds it for the caller. */
static struct word *find(const struct word_key *key)
{
	struct word *word;

	rcu_read_lock();
	word = rhashtable_lookup(&words, key, words_params);
	/* one that is about to go is as good as none */
	if (word && !refcount_inc_not_zero(&word->ref))
		word = NULL;
	rcu_read_unlock();
	return word;
}

/**
 * vfio_mig_word_find - find a word that somebody holds
 * @nla: the attribute, as it stands in a message
 *
 * Context: any but interrupts.
 * Return: it, held for the caller, or NULL if there is none.
 */
const struct vfio_mig_view *vfio_mig_word_find(const struct nlattr *nla)
{
	const struct word_key key = { nla, nla->nla_len };
	struct word *word = find(&key);

	return word ? &word->view : NULL;
}

/* Returns what is in the table then, or an ERR_PTR if that could not grow. */
static struct word *share(struct word *word, const struct word_key *key)
{
	struct word *old;

	spin_lock_bh(&words_lock);
	old = rhashtable_lookup_get_insert_key(&words, key, &word->node,
					       words_params);
	if (!IS_ERR_OR_NULL(old))
		refcount_inc(&old->ref);
	spin_unlock_bh(&words_lock);
	return old ?: word;
}

/**
 * vfio_mig_word_get - get the word that says something
 * @nla: the attribute, which the engine has found in order
 *
 * Context: may sleep.
 * Return: it, held for the caller, or NULL for want of memory.
 */
const struct vfio_mig_view *vfio_mig_word_get(const struct nlattr *nla)
{
	const struct word_key key = { nla, nla->nla_len };
	size_t size = NLA_ALIGN(key.len);
	struct word *word, *other;

	word = find(&key);
	if (word)
		return &word->view;

	word = kmalloc(struct_size(word, wire, size), GFP_KERNEL_ACCOUNT);
	if (!word)
		return NULL;
	refcount_set(&word->ref, 1);
	memcpy(word->wire, nla, key.len);
	memset(word->wire + key.len, 0, size - key.len);
	if (WARN_ON_ONCE(vfio_mig_view_read(&word->view, word->wire,
					    key.len))) {
		kfree(word);
		return NULL;
	}

	/* somebody may have been faster */
	other = share(word, &key);
	if (other != word)
		kfree(word);
	return IS_ERR(other) ? NULL : &other->view;
}

/**
 * vfio_mig_word_hold - hold a word that stays meanwhile
 * @view: the word
 *
 * Context: any.
 * Return: @view.
 */
const struct vfio_mig_view *vfio_mig_word_hold(const struct vfio_mig_view *view)
{
	refcount_inc(&word_of(view)->ref);
	return view;
}

/**
 * vfio_mig_word_put - let go of a word
 * @view: the word
 *
 * Context: any but interrupts. The word is freed after a grace period.
 */
void vfio_mig_word_put(const struct vfio_mig_view *view)
{
	struct word *word = word_of(view);
	bool last;

	if (refcount_dec_not_one(&word->ref))
		return;

	spin_lock_bh(&words_lock);
	last = refcount_dec_and_test(&word->ref);
	if (last)
		rhashtable_remove_fast(&words, &word->node, words_params);
	spin_unlock_bh(&words_lock);
	if (last)
		kfree_rcu(word, rcu);
}

/**
 * vfio_mig_words_alloc - begin a list
 * @n: how many words there will be at most
 *
 * Context: may sleep.
 * Return: a list of one reference, the caller's, with no word in it, or NULL
 * for want of memory.
 */
struct vfio_mig_words *vfio_mig_words_alloc(unsigned int n)
{
	struct vfio_mig_words *list;

	list = kmalloc(struct_size(list, list, n), GFP_KERNEL_ACCOUNT);
	if (!list)
		return NULL;
	refcount_set(&list->ref, 1);
	list->n = 0;
	list->len = 0;
	list->alike = NULL;
	return list;
}

/**
 * vfio_mig_words_add - add a word to a list that nobody else knows of
 * @list: the list, which has room for it
 * @view: the word, behind all that is there by name; who held it for the caller
 *	holds it for the list from now on
 */
void vfio_mig_words_add(struct vfio_mig_words *list,
			const struct vfio_mig_view *view)
{
	list->list[list->n++] = view;
	list->len += NLA_ALIGN(view->len);
}

static unsigned int count_attrs(const void *wire, size_t len)
{
	const struct nlattr *nla;
	unsigned int n = 0;
	int left;

	nla_for_each_attr(nla, wire, len, left)
		n++;
	return n;
}

/**
 * vfio_mig_words_get - get all words of attributes
 * @wire: attributes that the engine has found in order, and of which each has
 *	its place by name
 * @len: bytes at @wire
 *
 * Context: may sleep.
 * Return: a list of one reference, the caller's, or NULL for want of memory.
 */
struct vfio_mig_words *vfio_mig_words_get(const void *wire, size_t len)
{
	struct vfio_mig_words *list;
	const struct vfio_mig_view *view;
	const struct nlattr *nla;
	int left;

	list = vfio_mig_words_alloc(count_attrs(wire, len));
	if (!list)
		return NULL;
	nla_for_each_attr(nla, wire, len, left) {
		view = vfio_mig_word_get(nla);
		if (!view) {
			vfio_mig_words_put(list);
			return NULL;
		}
		vfio_mig_words_add(list, view);
	}
	return list;
}

/**
 * vfio_mig_words_hold - take another reference
 * @list: a list that stays meanwhile, or NULL
 *
 * Context: any.
 * Return: @list.
 */
struct vfio_mig_words *vfio_mig_words_hold(struct vfio_mig_words *list)
{
	if (list)
		refcount_inc(&list->ref);
	return list;
}

/**
 * vfio_mig_words_put - give a reference back
 * @list: the list, or NULL
 *
 * Context: any but interrupts. The list is freed after a grace period.
 */
void vfio_mig_words_put(struct vfio_mig_words *list)
{
	struct vfio_mig_words *next;
	unsigned int i;

	for (; list && vfio_mig_alike_drop(list); list = next) {
		next = list->alike != list ? list->alike : NULL;
		for (i = 0; i < list->n; i++)
			vfio_mig_word_put(list->list[i]);
		kfree_rcu(list, rcu);
	}
}

/**
 * vfio_mig_words_same - do two lists say the same?
 * @a: a list
 * @b: another
 *
 * Return: whether they do.
 */
bool vfio_mig_words_same(const struct vfio_mig_words *a,
			 const struct vfio_mig_words *b)
{
	return a == b ||
	       (a->n == b->n &&
		!memcmp(a->list, b->list, a->n * sizeof(*a->list)));
}

/**
 * vfio_mig_words_find - find an attribute by its name
 * @list: where to look, or NULL
 * @name: the name, not terminated
 * @len: bytes at @name
 *
 * Return: it, or NULL if it is not there.
 */
const struct vfio_mig_view *
vfio_mig_words_find(const struct vfio_mig_words *list, const void *name,
		    size_t len)
{
	unsigned int i;

	for (i = 0; list && i < list->n; i++)
		if (list->list[i]->name_len == len &&
		    !memcmp(list->list[i]->name, name, len))
			return list->list[i];
	return NULL;
}

/**
 * vfio_mig_words_write - write all of a list
 * @list: the list
 * @to: where to, list->len bytes
 */
void vfio_mig_words_write(const struct vfio_mig_words *list, void *to)
{
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		size_t size = NLA_ALIGN(list->list[i]->len);

		memcpy(to, list->list[i]->wire, size);
		to += size;
	}
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
