// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said of a device or type, by VFIO, the driver and the administrator,
 * laid over one another to one profile.
 *
 * What is nearer is taken first: it has the name, and the room. Whatever does
 * not hold is left out, and listed behind the attributes.
 */

#include <linux/err.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "compose.h"
#include "match.h"
#include "value.h"
#include "words.h"

/* The device's own scope, and two of a policy, here and at home. */
#define LEVELS		5

/**
 * struct pick - an attribute that holds
 * @name: its name, not terminated
 * @wire: the attribute
 * @word: the same, where somebody has it who stays, or NULL
 * @view: where VFIO or the driver says it, or NULL
 * @name_len: bytes at @name
 * @policy: the administrator says it, or has replaced the rule
 * @host: he says it in the policy of the initial namespace, to another
 */
struct pick {
	const char *name;
	const struct nlattr *wire;
	const struct vfio_mig_view *word;
	const struct vfio_mig_view *view;
	u8 name_len;
	bool policy;
	bool host;
};

/**
 * struct left - something that does not hold
 * @name: name of the attribute, not terminated
 * @name_len: bytes at @name
 * @scope: of what it is said
 * @reason: why it does not hold
 */
struct left {
	const char *name;
	u8 name_len;
	u8 scope;
	u8 reason;
};

/**
 * struct work - a profile in the making
 * @says: what is said
 * @asked: what is asked for
 * @rules: attributes of which a policy replaces the rule
 * @n: how many @picks there are
 * @picks: what holds so far, in bytewise order of the names
 * @bytes: bytes that it takes on the wire
 * @own: how much of it is of origin admin
 * @n_left: how many @left there are
 * @left: what does not hold
 * @one: for an attribute of which the rule is replaced
 */
struct work {
	const struct vfio_mig_says *says;
	struct vfio_mig_asked *asked;
	struct sk_buff *rules;
	unsigned int n;
	struct pick picks[VFIO_MIG_ATTRS_MAX];
	size_t bytes;
	unsigned int own;
	unsigned int n_left;
	struct left left[LEVELS * VFIO_MIG_ATTRS_MAX];
	struct vfio_mig_index one;
};

static int compare_names(const char *a, size_t a_len, const char *b,
			 size_t b_len)
{
	int order = memcmp(a, b, min(a_len, b_len));

	return order ?: (int)a_len - (int)b_len;
}

/* Returns where it is, or where it would have to be. */
static unsigned int find_pick(const struct work *work,
			      const struct vfio_mig_entry *entry, bool *found)
{
	unsigned int low = 0, high = work->n, mid;
	int order;

	*found = false;
	while (low < high) {
		mid = low + (high - low) / 2;
		order = compare_names(entry->name, entry->name_len,
				      work->picks[mid].name,
				      work->picks[mid].name_len);
		if (!order) {
			*found = true;
			return mid;
		}
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void leave_out(struct work *work, const struct vfio_mig_entry *entry,
		      u32 scope, u32 reason)
{
	struct left *left = &work->left[work->n_left++];

	left->name = entry->name;
	left->name_len = entry->name_len;
	left->scope = scope;
	left->reason = reason;
}

/* Something farther does not take the place of what there was no room for. */
static bool had_no_room(const struct work *work,
			const struct vfio_mig_entry *entry)
{
	const struct left *left = work->left;
	unsigned int i;

	for (i = 0; i < work->n_left; i++, left++)
		if (left->reason == VFIO_MIG_LEFT_OUT_REASON_ROOM &&
		    !compare_names(left->name, left->name_len, entry->name,
				   entry->name_len))
			return true;
	return false;
}

/* Is there room for it, in the place of @old or besides all there is? */
static bool has_room(struct work *work, const struct nlattr *wire,
		     const struct nlattr *old)
{
	struct vfio_mig_count count = {
		.attrs = work->n - (old ? 1 : 0),
		.bytes = work->bytes - (old ? NLA_ALIGN(old->nla_len) : 0),
	};
	const char *reason = vfio_mig_count_attr(&count, wire->nla_len);

	if (reason) {
		work->asked->err = -E2BIG;
		work->asked->shortage = reason;
		return false;
	}
	if (!old && work->own >= work->says->admin_max) {
		work->asked->err = -EDQUOT;
		work->asked->shortage =
			"more attributes than an administrator may set";
		return false;
	}
	work->bytes = count.bytes;
	return true;
}

static void insert(struct work *work, unsigned int at,
		   const struct vfio_mig_entry *entry)
{
	memmove(&work->picks[at + 1], &work->picks[at],
		(work->n++ - at) * sizeof(work->picks[0]));
	work->own++;
	work->picks[at] = (struct pick){
		.name = entry->name,
		.name_len = entry->name_len,
		.wire = entry->nest,
		.word = entry->view,
		.policy = true,
	};
}

/*
 * The attribute with another rule, or NULL if that does not fit it. It is
 * written once to be read, and then as all are, so that the same looks the
 * same.
 */
static const struct nlattr *make_ruled(struct work *work,
				       const struct vfio_mig_view *view,
				       const struct vfio_mig_entry *entry)
{
	const struct nlattr *wire = (void *)skb_tail_pointer(work->rules);
	struct vfio_mig_fault fault;
	int err;

	err = vfio_mig_put_ruled(work->rules, view, entry->nest);
	if (WARN_ON_ONCE(err))
		return NULL;
	if (vfio_mig_index_read(&work->one, wire, wire->nla_len, false,
				&fault))
		return NULL;

	wire = (void *)skb_tail_pointer(work->rules);
	err = vfio_mig_put_view(work->rules, &work->one.views[0]);
	return WARN_ON_ONCE(err) ? NULL : wire;
}

/**
 * struct layer - one of those who say something
 * @scope: of what
 * @host: in the policy of the initial namespace, to another
 */
struct layer {
	u32 scope;
	bool host;
};

/* A rule is for attributes that nobody has decided on. */
static void put_rule(struct work *work, const struct layer *layer,
		     const struct vfio_mig_entry *entry, struct pick *pick)
{
	const struct nlattr *wire = entry->nest;
	u32 reason = 0;

	if (layer->scope == VFIO_MIG_SCOPE_DEVICE) {
		/* it stands there with the value that it was said of */
		if (!vfio_mig_view_holds(pick->view, entry->view))
			return;
	} else if (pick->view->origin != VFIO_MIG_ORIGIN_VFIO ||
		   pick->view->severity != VFIO_MIG_SEVERITY_UNDECIDED) {
		reason = VFIO_MIG_LEFT_OUT_REASON_DECIDED;
	} else {
		wire = make_ruled(work, pick->view, entry);
		if (!wire)
			reason = VFIO_MIG_LEFT_OUT_REASON_UNFIT;
	}
	if (!reason && !has_room(work, wire, pick->wire))
		reason = VFIO_MIG_LEFT_OUT_REASON_ROOM;
	if (reason) {
		leave_out(work, entry, layer->scope, reason);
		return;
	}
	pick->wire = wire;
	pick->word = entry->view;
	pick->policy = true;
	pick->host = layer->host;
}

static void put_value(struct work *work, const struct layer *layer,
		      const struct vfio_mig_entry *entry, unsigned int at)
{
	if (!has_room(work, entry->nest, NULL)) {
		leave_out(work, entry, layer->scope,
			  VFIO_MIG_LEFT_OUT_REASON_ROOM);
		return;
	}
	insert(work, at, entry);
	work->picks[at].host = layer->host;
}

static void put_entry(struct work *work, const struct layer *layer,
		      const struct vfio_mig_entry *entry)
{
	struct pick *pick;
	unsigned int at;
	bool found;

	at = find_pick(work, entry, &found);
	pick = &work->picks[at];
	if (found && pick->policy) {
		/* that he says so nearby is how it is meant to be */
		if (pick->host && !layer->host)
			leave_out(work, entry, layer->scope,
				  VFIO_MIG_LEFT_OUT_REASON_CLAIMED);
		return;
	}
	if (had_no_room(work, entry))
		return;
	if (found && entry->is_rule)
		put_rule(work, layer, entry, pick);
	else if (found)
		leave_out(work, entry, layer->scope,
			  VFIO_MIG_LEFT_OUT_REASON_CLAIMED);
	else if (!entry->is_rule)
		put_value(work, layer, entry, at);
}

static const struct vfio_mig_view *find_view(const struct vfio_mig_words *words,
					     const struct vfio_mig_entry *entry)
{
	return vfio_mig_words_find(words, entry->name, entry->name_len);
}

/* At home, the device's own attribute has this name. */
static bool said_at_home(const struct work *work,
			 const struct vfio_mig_entry *entry)
{
	const struct vfio_mig_says *says = work->says;
	const struct vfio_mig_view *said = find_view(says->home, entry);

	return said && vfio_mig_view_holds(find_view(says->base->words, entry),
					   said);
}

static void put_part(struct work *work, const struct vfio_mig_part *part,
		     bool host)
{
	struct layer layer = { .host = host };
	unsigned int i;

	if (!part)
		return;
	layer.scope = part->scope;
	for (i = 0; i < part->n; i++)
		if (!host || !said_at_home(work, &part->entries[i]))
			put_entry(work, &layer, &part->entries[i]);
}

static void put_said(struct work *work)
{
	static const struct layer layer = { .scope = VFIO_MIG_SCOPE_DEVICE };
	const struct vfio_mig_words *said = work->says->overlay;
	unsigned int i;

	for (i = 0; said && i < said->n; i++) {
		const struct vfio_mig_view *view = said->list[i];
		struct vfio_mig_entry entry;

		entry.name = view->name;
		entry.name_len = view->name_len;
		entry.is_rule = view->origin != VFIO_MIG_ORIGIN_ADMIN;
		entry.nest = (const struct nlattr *)view->wire;
		entry.view = view;
		put_entry(work, &layer, &entry);
	}
}

/* Bytes that make_ruled() takes for the rules of a policy. */
static size_t rules_size(const struct work *work,
			 const struct vfio_mig_part *part)
{
	const struct vfio_mig_view *view;
	size_t size = 0;
	unsigned int i;

	for (i = 0; part && i < part->n; i++) {
		if (!part->entries[i].is_rule)
			continue;
		view = find_view(work->says->base->words, &part->entries[i]);
		if (view)
			size += 2 * (NLA_ALIGN(view->len) +
				     NLA_ALIGN(part->entries[i].nest->nla_len) +
				     5 * nla_total_size(sizeof(u32)));
	}
	return size;
}

static int begin(struct work *work, const struct vfio_mig_says *says)
{
	const struct vfio_mig_words *base = says->base->words;
	size_t size = 0;
	unsigned int i;

	work->says = says;
	for (i = 0; i < base->n; i++) {
		const struct vfio_mig_view *view = base->list[i];

		work->picks[i].name = view->name;
		work->picks[i].name_len = view->name_len;
		work->picks[i].wire = (const struct nlattr *)view->wire;
		work->picks[i].word = view;
		work->picks[i].view = view;
	}
	work->n = base->n;
	work->bytes = base->len;

	for (i = 0; i < ARRAY_SIZE(says->parts); i++)
		size += rules_size(work, says->host[i]) +
			rules_size(work, says->parts[i]);
	work->rules = alloc_skb(size, GFP_KERNEL);
	return work->rules ? 0 : -ENOMEM;
}

static int put_left(struct sk_buff *skb, const struct left *left)
{
	struct nlattr *nest = nla_nest_start(skb, VFIO_MIG_A_OBJECT_LEFT_OUT);

	if (!nest ||
	    vfio_mig_put_text(skb, VFIO_MIG_A_LEFT_OUT_NAME, left->name,
			      left->name_len) ||
	    nla_put_u32(skb, VFIO_MIG_A_LEFT_OUT_SCOPE, left->scope) ||
	    nla_put_u32(skb, VFIO_MIG_A_LEFT_OUT_REASON, left->reason))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* Bytes that are enough for one of them. */
#define LEFT_SIZE \
	nla_total_size(nla_total_size(VFIO_MIG_NAME_MAX + 1) + \
		       2 * nla_total_size(sizeof(u32)))

/* How much of it is listed? */
static unsigned int listed(const struct work *work)
{
	return min_t(unsigned int, work->n_left, VFIO_MIG_LEFT_OUT_MAX);
}

static int put_lefts(struct sk_buff *skb, const struct work *work)
{
	unsigned int i, n = listed(work);

	for (i = 0; i < n; i++)
		if (put_left(skb, &work->left[i]))
			return -EMSGSIZE;
	if (n == work->n_left)
		return 0;
	return nla_put_u32(skb, VFIO_MIG_A_OBJECT_LEFT_OUT_MORE,
			   work->n_left - n);
}

static struct vfio_mig_words *list_picks(const struct work *work)
{
	struct vfio_mig_words *words = vfio_mig_words_alloc(work->n);
	const struct vfio_mig_view *word;
	unsigned int i;

	for (i = 0; words && i < work->n; i++) {
		const struct pick *pick = &work->picks[i];

		word = pick->word ? vfio_mig_word_hold(pick->word) :
				    vfio_mig_word_get(pick->wire);
		if (!word) {
			vfio_mig_words_put(words);
			return NULL;
		}
		vfio_mig_words_add(words, word);
	}
	return words;
}

static struct vfio_mig_profile *write_profile(const struct work *work)
{
	struct vfio_mig_profile *profile = ERR_PTR(-ENOMEM);
	struct vfio_mig_words *words;
	struct sk_buff *skb;
	unsigned int i;

	skb = alloc_skb(listed(work) * LEFT_SIZE + nla_total_size(sizeof(u32)),
			GFP_KERNEL);
	if (!skb)
		return profile;
	if (WARN_ON_ONCE(put_lefts(skb, work)))
		goto out_free;
	words = list_picks(work);
	if (!words)
		goto out_free;

	profile = vfio_mig_profile_like(work->says->base, words, skb->data,
					skb->len);
	for (i = 0; !IS_ERR(profile) && i < work->n_left; i++)
		profile->no_room += work->left[i].reason ==
				    VFIO_MIG_LEFT_OUT_REASON_ROOM;
out_free:
	kfree_skb(skb);
	return profile;
}

/* More may be left out than can be listed. */
static void find_asked(const struct work *work)
{
	struct vfio_mig_asked *asked = work->asked;
	const struct vfio_mig_edits *edits = asked->edits;
	const struct left *left = work->left;
	unsigned int i, j;

	if (!edits)
		return;
	for (i = 0; i < work->n_left; i++, left++) {
		if (left->scope != asked->scope ||
		    left->reason != asked->reason)
			continue;
		for (j = 0; j < edits->n; j++) {
			if (compare_names(left->name, left->name_len,
					  edits->edits[j].name,
					  edits->edits[j].name_len))
				continue;
			asked->left_out = &edits->edits[j];
			return;
		}
	}
}

/**
 * vfio_mig_compose - make the profile that is published
 * @says: all that is said
 * @asked: what is asked for, what comes of it is filled in; or NULL
 *
 * Context: may sleep.
 * Return: a profile of one reference, the caller's, that was never published,
 * or ERR_PTR(-ENOMEM).
 */
struct vfio_mig_profile *
vfio_mig_compose(const struct vfio_mig_says *says,
		 struct vfio_mig_asked *asked)
{
	struct work *work = kvzalloc(sizeof(*work),
				     GFP_KERNEL | __GFP_NOWARN);
	struct vfio_mig_asked nothing = { };
	struct vfio_mig_profile *profile;
	unsigned int i;
	int err;

	if (!work)
		return ERR_PTR(-ENOMEM);
	work->asked = asked ?: &nothing;

	err = begin(work, says);
	if (err) {
		profile = ERR_PTR(err);
		goto out_free;
	}
	for (i = 0; i < ARRAY_SIZE(says->host); i++)
		put_part(work, says->host[i], true);
	put_said(work);
	for (i = 0; i < ARRAY_SIZE(says->parts); i++)
		put_part(work, says->parts[i], false);
	find_asked(work);
	profile = write_profile(work);

out_free:
	kfree_skb(work->rules);
	kvfree(work);
	return profile;
}
