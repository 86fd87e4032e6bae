// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is told of streams that a device has refused.
 */

#include <linux/ktime.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "finding.h"
#include "match.h"
#include "profile.h"
#include "refused.h"
#include "words.h"

/**
 * struct room - how much room findings take
 * @skb: where they are written to
 * @size: bytes they take
 * @omitted: those for which there is no room
 */
struct room {
	struct sk_buff *skb;
	size_t size;
	u32 omitted;
};

static int add_finding(const struct vfio_mig_finding *finding, void *arg)
{
	size_t size = vfio_mig_finding_size(finding);
	struct room *room = arg;

	/* what follows is omitted too, or one would seem to be the last */
	if (room->omitted || room->size + size > VFIO_MIG_REFUSED_MAX) {
		room->omitted++;
		return 0;
	}
	room->size += size;
	return vfio_mig_put_finding(room->skb, VFIO_MIG_A_REFUSED_FINDING,
				    finding);
}

/**
 * vfio_mig_refused_alloc - say why a stream was refused
 * @reason: in words, at most 255 bytes that are fit for a profile
 * @source: what the stream was held by, or NULL if it did not come to that
 * @target: what it was held against, likewise
 *
 * Context: may sleep.
 * Return: it, of one reference, the caller's, and of a count of 0; NULL for
 * want of memory.
 */
struct vfio_mig_refused *
vfio_mig_refused_alloc(const char *reason, const struct vfio_mig_index *source,
		       const struct vfio_mig_profile *target)
{
	size_t text = nla_total_size(strlen(reason) + 1);
	struct vfio_mig_refused *refused = NULL;
	struct room room = { NULL };

	room.skb = alloc_skb(text + VFIO_MIG_REFUSED_MAX, GFP_KERNEL);
	if (!room.skb)
		return NULL;

	if (nla_put_string(room.skb, VFIO_MIG_A_REFUSED_REASON, reason))
		goto out_free;
	if (source && vfio_mig_match_index(source, target->words->list,
					   target->words->n, add_finding,
					   &room) < 0)
		goto out_free;

	refused = kmalloc(struct_size(refused, wire, room.skb->len),
			  GFP_KERNEL);
	if (!refused)
		goto out_free;
	refcount_set(&refused->ref, 1);
	refused->count = 0;
	refused->time = ktime_get_real_ns();
	refused->omitted = room.omitted;
	refused->len = room.skb->len;
	memcpy(refused->wire, room.skb->data, room.skb->len);

out_free:
	kfree_skb(room.skb);
	return refused;
}

/**
 * vfio_mig_refused_get - take a reference
 * @refused: what to take it on, or NULL
 *
 * Return: @refused.
 */
struct vfio_mig_refused *
vfio_mig_refused_get(struct vfio_mig_refused *refused)
{
	if (refused)
		refcount_inc(&refused->ref);
	return refused;
}

/**
 * vfio_mig_refused_put - give a reference back
 * @refused: what to give back, or NULL
 *
 * Context: any. It is freed after a grace period.
 */
void vfio_mig_refused_put(struct vfio_mig_refused *refused)
{
	if (refused && refcount_dec_and_test(&refused->ref))
		kfree_rcu(refused, rcu);
}

static size_t payload(const struct vfio_mig_refused *refused)
{
	return 2 * nla_total_size(sizeof(u64)) +
	       (refused->omitted ? nla_total_size(sizeof(u32)) : 0) +
	       refused->len;
}

/**
 * vfio_mig_refused_size - size of the nest that tells of refusals
 * @refused: what is told, or NULL
 *
 * Return: bytes that vfio_mig_put_refused() takes.
 */
size_t vfio_mig_refused_size(const struct vfio_mig_refused *refused)
{
	return refused ? nla_total_size(payload(refused)) : 0;
}

/**
 * vfio_mig_put_refused - write the nest that tells of refusals
 * @skb: where to
 * @refused: what to tell, or NULL
 *
 * Return: 0 or -EMSGSIZE.
 */
int vfio_mig_put_refused(struct sk_buff *skb,
			 const struct vfio_mig_refused *refused)
{
	struct nlattr *nest;

	if (!refused)
		return 0;

	nest = nla_nest_start(skb, VFIO_MIG_A_OBJECT_REFUSED);
	if (!nest ||
	    nla_put(skb, VFIO_MIG_A_REFUSED_COUNT, sizeof(u64),
		    &refused->count) ||
	    nla_put(skb, VFIO_MIG_A_REFUSED_TIME, sizeof(u64),
		    &refused->time) ||
	    (refused->omitted &&
	     nla_put_u32(skb, VFIO_MIG_A_REFUSED_OMITTED, refused->omitted)) ||
	    nla_append(skb, refused->len, refused->wire))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
