// SPDX-License-Identifier: GPL-2.0-only
/*
 * All devices and types that are published, and the events that say so.
 *
 * Locking: registry_lock is held by everybody who publishes, changes or
 * removes an object. The number of the event, the new state and the message
 * are one step under it, so that messages leave in the order of their
 * numbers. No driver is called under it. It nests inside an object's guard,
 * and inside the mutex of the vfio-dev class and mdev.c's.
 *
 * A device's guard is held from where it is decided what a device is to say
 * until that is published, and it is asked of the driver in between. So what
 * is decided last is published last, and a driver is not asked any more when
 * the device has been removed. It nests inside the mutex of the vfio-dev
 * class. Types need no guard: mdev.c's mutex is theirs.
 *
 * What is published of an object is made under registry_lock, of what it is
 * made of: what VFIO and the driver say, what the administrator says of it, and
 * the policies. So at every number of an event all profiles of a namespace are
 * as its policy, and the initial one's, want them to be: there is no object to
 * which a change of a policy comes a moment late.
 *
 * Readers take no lock. They find an object under RCU, and with it its newest
 * profile, which holds all that a message says of it: what they copy belongs
 * together. An object that was removed and a profile that was replaced are
 * freed after a grace period.
 *
 * An id is used once. A reader that goes on from the last id it has seen
 * therefore neither skips nor repeats an object that stays.
 */

#include <linux/atomic.h>
#include <linux/jhash.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/netns/generic.h>

#include "compose.h"
#include "netlink.h"
#include "refused.h"
#include "registry.h"
#include "words.h"

/* Tells this loading of the module from others. */
u64 vfio_mig_instance __ro_after_init;

static DEFINE_MUTEX(registry_lock);
static atomic_t last_id = ATOMIC_INIT(0);

/* VFIO devices that are not published. */
static u32 undescribed;

static struct rhashtable handles;
static unsigned int net_id __ro_after_init;

/* All objects that are published, in the order in which they were. */
static LIST_HEAD(objects);

static u32 handle_hash(const struct vfio_mig_handle *handle, u32 seed)
{
	u32 hash = jhash(handle->bus, strlen(handle->bus), seed);

	if (handle->parent)
		hash = jhash(handle->parent, strlen(handle->parent), hash);
	return jhash(handle->name, strlen(handle->name), hash);
}

static u32 key_hashfn(const void *data, u32 len, u32 seed)
{
	return handle_hash(data, seed);
}

static u32 object_hashfn(const void *data, u32 len, u32 seed)
{
	const struct vfio_mig_object *obj = data;

	return handle_hash(&obj->handle, seed);
}

static int object_cmpfn(struct rhashtable_compare_arg *arg, const void *data)
{
	const struct vfio_mig_object *obj = data;
	const struct vfio_mig_handle *key = arg->key;

	if (!key->parent != !obj->handle.parent)
		return 1;
	return strcmp(key->name, obj->handle.name) ||
	       strcmp(key->bus, obj->handle.bus) ||
	       (key->parent && strcmp(key->parent, obj->handle.parent));
}

static const struct rhashtable_params handles_params = {
	.head_offset = offsetof(struct vfio_mig_object, node),
	.hashfn = key_hashfn,
	.obj_hashfn = object_hashfn,
	.obj_cmpfn = object_cmpfn,
	.automatic_shrinking = true,
};

/**
 * vfio_mig_net - what we keep for a network namespace
 * @net: the namespace
 *
 * Return: it, which lives as long as @net.
 */
struct vfio_mig_net *vfio_mig_net(const struct net *net)
{
	return net_generic(net, net_id);
}

/**
 * vfio_mig_net_counts - read the state of a namespace
 * @ns: the namespace
 * @counts: where to
 *
 * Context: may sleep, takes registry_lock, so that the number of the last
 * event and the counts belong together.
 */
void vfio_mig_net_counts(struct vfio_mig_net *ns,
			 struct vfio_mig_counts *counts)
{
	int kind;

	mutex_lock(&registry_lock);
	counts->seq = ns->seq;
	for (kind = 0; kind < VFIO_MIG_KINDS; kind++)
		counts->objects[kind] = ns->sets[kind].count;
	counts->undescribed = undescribed;
	mutex_unlock(&registry_lock);
}

/**
 * vfio_mig_count_undescribed - a device could not be published, or has gone
 * @n: how many more there are of which nothing is known
 *
 * One that is published after all is taken off where that is done.
 *
 * Context: may sleep, takes registry_lock.
 */
void vfio_mig_count_undescribed(int n)
{
	mutex_lock(&registry_lock);
	undescribed += n;
	mutex_unlock(&registry_lock);
}

static char *copy_part(char *text, const char *from, const char **to)
{
	size_t size;

	if (!from)
		return text;
	size = strlen(from) + 1;
	memcpy(text, from, size);
	*to = text;
	return text + size;
}

/**
 * vfio_mig_object_alloc - begin an object
 * @kind: what it is
 * @handle: its handle, which is copied
 *
 * Context: may sleep.
 * Return: an object with an id of its own that is not published yet, or an
 * ERR_PTR: -ENAMETOOLONG if a part of the handle is over its limit, -ENOSPC
 * if there is no id left, -ENOMEM.
 */
struct vfio_mig_object *
vfio_mig_object_alloc(enum vfio_mig_kind kind,
		      const struct vfio_mig_handle *handle)
{
	size_t bus = strlen(handle->bus);
	size_t parent = handle->parent ? strlen(handle->parent) : 0;
	size_t name = strlen(handle->name);
	struct vfio_mig_object *obj;
	char *text;
	u32 id;

	if (bus > VFIO_MIG_BUS_MAX || parent > VFIO_MIG_HANDLE_PART_MAX ||
	    name > VFIO_MIG_HANDLE_PART_MAX)
		return ERR_PTR(-ENAMETOOLONG);

	obj = kzalloc(struct_size(obj, text, bus + parent + name + 3),
		      GFP_KERNEL);
	if (!obj)
		return ERR_PTR(-ENOMEM);

	id = atomic_inc_return(&last_id);
	if (!id) {
		/* all were used: stay at the last one, and do so again */
		atomic_dec(&last_id);
		kfree(obj);
		return ERR_PTR(-ENOSPC);
	}

	refcount_set(&obj->ref, 1);
	mutex_init(&obj->guard);
	obj->id = id;
	obj->kind = kind;
	INIT_LIST_HEAD(&obj->all);
	obj->admin_max = VFIO_MIG_ADMIN_ATTRS_MAX;
	vfio_mig_report_init(obj);
	text = copy_part(obj->text, handle->bus, &obj->handle.bus);
	text = copy_part(text, handle->parent, &obj->handle.parent);
	copy_part(text, handle->name, &obj->handle.name);
	return obj;
}

/**
 * vfio_mig_object_free - give back an object that was never published
 * @obj: the object
 */
void vfio_mig_object_free(struct vfio_mig_object *obj)
{
	kfree(obj);
}

static u32 *count_of_size(struct vfio_mig_set *set,
			  const struct vfio_mig_profile *profile)
{
	u32 step = vfio_mig_nl_msg_size(profile) / VFIO_MIG_SIZE_STEP;

	lockdep_assert_held(&registry_lock);

	return &set->sizes[min(step, VFIO_MIG_SIZES - 1U)];
}

/* To be called before a dump can come upon the profile. */
static void note_size(struct vfio_mig_set *set,
		      const struct vfio_mig_profile *profile)
{
	u32 *count = count_of_size(set, profile);

	WRITE_ONCE(*count, *count + 1);
}

/* To be called when no dump begins any more that can come upon it. */
static void forget_size(struct vfio_mig_set *set,
			const struct vfio_mig_profile *profile)
{
	u32 *count = count_of_size(set, profile);

	WRITE_ONCE(*count, *count - 1);
}

/**
 * vfio_mig_set_msg_max - how large is a message about an object?
 * @set: the objects
 *
 * Context: any. An object may grow meanwhile.
 * Return: bytes that are enough for each of them.
 */
u32 vfio_mig_set_msg_max(const struct vfio_mig_set *set)
{
	u32 step = VFIO_MIG_SIZES;

	while (step && !READ_ONCE(set->sizes[step - 1]))
		step--;
	return step * VFIO_MIG_SIZE_STEP;
}

/* To be called after the objects: who reads the number sees what it counts. */
static void next_gen(struct vfio_mig_set *set)
{
	lockdep_assert_held(&registry_lock);

	/* pairs with the acquire in dumpit() */
	smp_store_release(&set->gen, set->gen + 1 ?: 1);
}

static bool is_init(const struct vfio_mig_net *ns)
{
	return net_eq(ns->net, &init_net);
}

/**
 * struct swap - a part of a policy that is about to be replaced
 * @ns: the namespace
 * @driver: the driver that it is of, NULL for all
 * @old: what is replaced, or NULL
 * @new: what comes in its place, or NULL
 */
struct swap {
	struct vfio_mig_net *ns;
	const char *driver;
	struct vfio_mig_part *old;
	struct vfio_mig_part *new;
};

static bool same_driver(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static struct vfio_mig_part *find_part(struct vfio_mig_net *ns,
				       const char *driver)
{
	struct vfio_mig_part *part;

	lockdep_assert_held(&registry_lock);

	list_for_each_entry(part, &ns->policy, node)
		if (same_driver(part->driver, driver))
			return part;
	return NULL;
}

/* What the policy says of the driver, and of all, with @swap done. */
static void find_parts(struct vfio_mig_net *ns, const char *driver,
		       const struct swap *swap,
		       const struct vfio_mig_part *parts[2])
{
	const char *const drivers[2] = { driver, NULL };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		parts[i] = NULL;
		/* there may be no driver, but there is always all */
		if (i == 0 && !driver)
			continue;
		if (swap && swap->ns == ns &&
		    same_driver(swap->driver, drivers[i]))
			parts[i] = swap->new;
		else
			parts[i] = find_part(ns, drivers[i]);
	}
}

/**
 * struct place - where an object is published, and what is said of it alone
 * @ns: the namespace
 * @overlay: what the administrator says of it there, or NULL
 * @home_overlay: what he says of it at home, if it is not there, or NULL
 */
struct place {
	struct vfio_mig_net *ns;
	const struct vfio_mig_words *overlay;
	const struct vfio_mig_words *home_overlay;
};

/* Where an object is. */
static struct place place_of(const struct vfio_mig_object *obj,
			     const struct vfio_mig_words *overlay)
{
	return (struct place){
		.ns = obj->ns,
		.overlay = overlay,
		.home_overlay = obj->home_overlay,
	};
}

/* What is published of an object there, from all that is said of it. */
static struct vfio_mig_profile *
compose(const struct vfio_mig_object *obj, const struct vfio_mig_profile *base,
	const struct place *place, const struct swap *swap,
	struct vfio_mig_asked *asked)
{
	const char *driver = vfio_mig_profile_driver(base);
	struct vfio_mig_says says = {
		.base = base,
		.overlay = place->overlay,
		.admin_max = obj->admin_max,
	};

	lockdep_assert_held(&registry_lock);

	find_parts(place->ns, driver, swap, says.parts);
	if (!is_init(place->ns)) {
		says.home = place->home_overlay;
		find_parts(vfio_mig_net(&init_net), driver, swap, says.host);
	}
	if (says.overlay || says.parts[0] || says.parts[1] || says.host[0] ||
	    says.host[1])
		return vfio_mig_compose(&says, asked);
	return vfio_mig_profile_copy(base);
}

/* The same of a @base that was never published, and may be it itself. */
static struct vfio_mig_profile *
compose_new(const struct vfio_mig_object *obj, struct vfio_mig_profile *base,
	    const struct place *place)
{
	struct vfio_mig_net *init = vfio_mig_net(&init_net);

	if (place->overlay || !list_empty(&place->ns->policy) ||
	    !list_empty(&init->policy))
		return compose(obj, base, place, NULL, NULL);

	refcount_inc(&base->ref);
	return base;
}

/**
 * vfio_mig_object_publish - publish an object in the initial namespace
 * @obj: the object, which is the registry's if this succeeds
 * @base: what VFIO and the driver say of it, the reference to which goes to
 *	the object
 *
 * What the namespace's policy says is part of its first event.
 *
 * Context: may sleep, takes registry_lock.
 * Return: 0 or a negative error, and then @obj and @base are still the
 * caller's: -EEXIST if there is an object of this handle, -ENOMEM.
 */
int vfio_mig_object_publish(struct vfio_mig_object *obj,
			    struct vfio_mig_profile *base)
{
	struct vfio_mig_net *ns = vfio_mig_net(&init_net);
	struct vfio_mig_set *set = &ns->sets[obj->kind];
	const struct place place = { .ns = ns };
	struct vfio_mig_profile *profile;
	int err;

	mutex_lock(&registry_lock);

	profile = compose_new(obj, base, &place);
	if (IS_ERR(profile)) {
		err = PTR_ERR(profile);
		goto out_unlock;
	}
	/* nobody reads a slot that is only reserved */
	err = xa_reserve(&set->objects, obj->id, GFP_KERNEL);
	if (err)
		goto err_put;

	obj->ns = ns;
	profile->ns = ns;
	profile->seq = ns->seq + 1;
	note_size(set, profile);
	RCU_INIT_POINTER(obj->profile, profile);
	err = rhashtable_lookup_insert_key(&handles, &obj->handle, &obj->node,
					   handles_params);
	if (err) {
		xa_release(&set->objects, obj->id);
		forget_size(set, profile);
		goto err_put;
	}

	obj->base = base;
	list_add_tail(&obj->all, &objects);
	ns->seq++;
	undescribed -= obj->late;
	xa_store(&set->objects, obj->id, obj, GFP_KERNEL);
	set->count++;
	next_gen(set);
	vfio_mig_nl_notify(ns->net, obj->kind, VFIO_MIG_EVENT_ADD, profile,
			   ns->seq);
	mutex_unlock(&registry_lock);
	return 0;

err_put:
	vfio_mig_profile_put(profile);
out_unlock:
	mutex_unlock(&registry_lock);
	/* a table that is growing is a passing want of memory, too */
	return err == -EBUSY || err == -E2BIG ? -ENOMEM : err;
}

/*
 * Publishes a profile unless it says what the old one says. Returns the one
 * that is to be put.
 */
static struct vfio_mig_profile *change(struct vfio_mig_object *obj,
				       struct vfio_mig_profile *profile)
{
	struct vfio_mig_net *ns = obj->ns;
	struct vfio_mig_profile *old;

	old = rcu_dereference_protected(obj->profile,
					lockdep_is_held(&registry_lock));
	if (!profile->refused)
		profile->refused = vfio_mig_refused_get(old->refused);
	if (vfio_mig_profile_same(old, profile))
		return profile;

	profile->ns = ns;
	profile->seq = ++ns->seq;
	note_size(&ns->sets[obj->kind], profile);
	rcu_assign_pointer(obj->profile, profile);
	forget_size(&ns->sets[obj->kind], old);
	vfio_mig_nl_notify(ns->net, obj->kind, VFIO_MIG_EVENT_CHANGE, profile,
			   ns->seq);
	return old;
}

static const struct vfio_mig_profile *
published(const struct vfio_mig_object *obj)
{
	return rcu_dereference_protected(obj->profile,
					 lockdep_is_held(&registry_lock));
}

static int refuse(struct vfio_mig_refusal *refusal, int err,
		  const char *reason, const struct nlattr *at)
{
	refusal->reason = reason;
	refusal->at = at;
	return err;
}

static void set_overlay(struct vfio_mig_object *obj,
			struct vfio_mig_words *overlay)
{
	lockdep_assert_held(&obj->guard);
	lockdep_assert_held(&registry_lock);

	/* it may be the same one */
	vfio_mig_words_hold(overlay);
	vfio_mig_words_put(obj->overlay);
	obj->overlay = overlay;
}

/* Is what was asked for what has come of it? */
static int judge_edits(const struct vfio_mig_profile *old,
		       const struct vfio_mig_profile *profile,
		       const struct vfio_mig_asked *asked,
		       struct vfio_mig_refusal *refusal)
{
	const struct nlattr *last = vfio_mig_edits_last(asked->edits);

	if (asked->left_out)
		return refuse(refusal, -EEXIST,
			      "the initial network namespace's policy says this, it stays",
			      asked->left_out->at);
	/* nor may it take the room of what holds */
	if (last && profile->no_room > old->no_room)
		return refuse(refusal, asked->err, asked->shortage, last);
	return 0;
}

/**
 * vfio_mig_object_say - publish what the administrator says of a device
 * @obj: the device
 * @overlay: what he says from now on
 * @edits: by what that came to be
 * @only_try: would it succeed? Nothing is published.
 * @refusal: why it is refused
 *
 * If it makes no difference, there is no event.
 *
 * Context: may sleep, takes registry_lock, the device's guard is held.
 * Return: 0, -ENOMEM, or what @refusal tells: -E2BIG or -EDQUOT if there is no
 * room for it, or for what a policy says, -EEXIST if the initial namespace's
 * policy says it already.
 */
int vfio_mig_object_say(struct vfio_mig_object *obj,
			struct vfio_mig_words *overlay,
			const struct vfio_mig_edits *edits, bool only_try,
			struct vfio_mig_refusal *refusal)
{
	struct vfio_mig_asked asked = {
		.edits = edits,
		.scope = VFIO_MIG_SCOPE_DEVICE,
		.reason = VFIO_MIG_LEFT_OUT_REASON_CLAIMED,
	};
	struct vfio_mig_profile *profile;
	struct place place;
	int err;

	lockdep_assert_held(&obj->guard);

	mutex_lock(&registry_lock);
	place = place_of(obj, overlay);
	profile = compose(obj, obj->base, &place, NULL, &asked);
	if (IS_ERR(profile)) {
		err = PTR_ERR(profile);
		goto out_unlock;
	}
	err = judge_edits(published(obj), profile, &asked, refusal);
	if (!err && !only_try) {
		set_overlay(obj, overlay);
		profile = change(obj, profile);
	}
	vfio_mig_profile_put(profile);
out_unlock:
	mutex_unlock(&registry_lock);
	return err;
}

/**
 * vfio_mig_object_keep - take over what the administrator says of a device
 * @obj: the device
 * @overlay: what he says from now on
 *
 * Cannot fail: if there is no memory to publish it now, that is done when the
 * device is described the next time.
 *
 * Context: as of vfio_mig_object_say().
 */
void vfio_mig_object_keep(struct vfio_mig_object *obj,
			  struct vfio_mig_words *overlay)
{
	const struct place place = place_of(obj, overlay);
	struct vfio_mig_profile *profile;

	lockdep_assert_held(&obj->guard);

	mutex_lock(&registry_lock);
	profile = compose(obj, obj->base, &place, NULL, NULL);
	set_overlay(obj, overlay);
	if (!IS_ERR(profile))
		vfio_mig_profile_put(change(obj, profile));
	mutex_unlock(&registry_lock);
}

/**
 * struct update - what an object is to be from now on
 * @base: what VFIO and the driver say
 * @overlay: what is left of what the administrator says where it is
 * @profile: all of it together
 * @home_overlay: what is left of what he says of it at home
 * @home: likewise, NULL if it is at home
 */
struct update {
	struct vfio_mig_profile *base;
	struct vfio_mig_words *overlay;
	struct vfio_mig_profile *profile;
	struct vfio_mig_words *home_overlay;
	struct vfio_mig_profile *home;
};

static int compose_update(const struct vfio_mig_object *obj,
			  struct update *update)
{
	struct place place = place_of(obj, NULL);
	struct place home = { .ns = vfio_mig_net(&init_net) };

	place.overlay = update->overlay;
	place.home_overlay = update->home_overlay;
	update->profile = compose_new(obj, update->base, &place);
	if (IS_ERR(update->profile))
		return PTR_ERR(update->profile);
	if (!obj->home)
		return 0;

	/* the one for here may be the base itself, this is to be another */
	home.overlay = update->home_overlay;
	update->home = compose(obj, update->base, &home, NULL, NULL);
	if (!IS_ERR(update->home))
		return 0;
	vfio_mig_profile_put(update->profile);
	return PTR_ERR(update->home);
}

static void put_overlays(struct update *update)
{
	vfio_mig_words_put(update->overlay);
	vfio_mig_words_put(update->home_overlay);
}

/* What is left of what the administrator has said, and all together. */
static int make_update(struct vfio_mig_object *obj, struct update *update)
{
	int err;

	err = vfio_mig_overlay_rebase(update->base, &update->overlay,
				      &obj->handle);
	if (err)
		return err;
	update->home_overlay = obj->home_overlay;
	err = vfio_mig_overlay_rebase(update->base, &update->home_overlay,
				      &obj->handle);
	if (err) {
		vfio_mig_words_put(update->overlay);
		return err;
	}
	err = compose_update(obj, update);
	if (err)
		put_overlays(update);
	return err;
}

/**
 * vfio_mig_object_update - publish what VFIO and the driver say from now on
 * @obj: the object
 * @base: what they say, never published, the reference to which is taken over
 *	in any case
 * @overlay: what the administrator says, or NULL
 *
 * Attributes of the administrator's that have a name which @base claims are
 * dropped, as are those for which there is no room any more. All that is one
 * event, and none if nothing has changed.
 *
 * Context: may sleep, takes registry_lock. Of a device, the guard is held; of a
 * type, the caller sees to it that it is neither changed nor removed
 * meanwhile.
 * Return: 0, or -ENOMEM, and then nothing has happened; at home, and without
 * anything of the administrator's, it cannot fail.
 */
int vfio_mig_object_update(struct vfio_mig_object *obj,
			   struct vfio_mig_profile *base,
			   struct vfio_mig_words *overlay)
{
	struct update update = {
		.base = base,
		.overlay = overlay,
	};
	int err;

	if (obj->kind == VFIO_MIG_KIND_DEVICE)
		lockdep_assert_held(&obj->guard);

	mutex_lock(&registry_lock);
	err = make_update(obj, &update);
	if (err) {
		vfio_mig_profile_put(base);
		goto out_unlock;
	}

	if (obj->home) {
		vfio_mig_profile_put(obj->home);
		obj->home = update.home;
	}
	swap(obj->home_overlay, update.home_overlay);
	swap(obj->overlay, update.overlay);
	put_overlays(&update);
	vfio_mig_profile_put(obj->base);
	obj->base = base;
	vfio_mig_profile_put(change(obj, update.profile));

out_unlock:
	mutex_unlock(&registry_lock);
	return err;
}

/**
 * vfio_mig_object_gone - was an object removed?
 * @obj: the object
 *
 * Context: if the object's guard is held, it is not removed meanwhile.
 * Return: whether it was.
 */
bool vfio_mig_object_gone(const struct vfio_mig_object *obj)
{
	return !rcu_access_pointer(obj->profile);
}

/**
 * vfio_mig_object_get - find an object and hold on to it
 * @ns: the namespace
 * @kind: what it must be
 * @id: its id
 *
 * Context: any but interrupts.
 * Return: the object with a reference for the caller, or NULL. It may be
 * removed at any time.
 */
struct vfio_mig_object *vfio_mig_object_get(struct vfio_mig_net *ns,
					    enum vfio_mig_kind kind, u32 id)
{
	struct vfio_mig_object *obj;

	rcu_read_lock();
	obj = vfio_mig_find_id(ns, kind, id);
	if (obj && !refcount_inc_not_zero(&obj->ref))
		obj = NULL;
	rcu_read_unlock();
	return obj;
}

/**
 * vfio_mig_object_put - drop a reference
 * @obj: the object
 *
 * Context: any. The object is freed after a grace period.
 */
void vfio_mig_object_put(struct vfio_mig_object *obj)
{
	if (refcount_dec_and_test(&obj->ref))
		kfree_rcu(obj, rcu);
}

/**
 * vfio_mig_object_refused - publish that a device has refused streams
 * @obj: the device, which may be gone
 * @refused: what is to be told
 *
 * Context: may sleep, takes registry_lock. If there is no memory, it is told
 * with the device's next refusal.
 */
void vfio_mig_object_refused(struct vfio_mig_object *obj,
			     struct vfio_mig_refused *refused)
{
	struct vfio_mig_profile *old, *profile;

	mutex_lock(&registry_lock);
	old = rcu_dereference_protected(obj->profile,
					lockdep_is_held(&registry_lock));
	if (!old)
		goto out_unlock;

	profile = vfio_mig_profile_copy(old);
	if (IS_ERR(profile))
		goto out_unlock;
	profile->refused = vfio_mig_refused_get(refused);
	vfio_mig_profile_put(change(obj, profile));

out_unlock:
	mutex_unlock(&registry_lock);
}

/*
 * Takes an object out of its namespace, and returns what was published of it
 * there. One that lives elsewhere keeps its place in the initial namespace.
 */
static struct vfio_mig_profile *leave(struct vfio_mig_object *obj)
{
	struct vfio_mig_net *ns = obj->ns;
	struct vfio_mig_set *set = &ns->sets[obj->kind];
	struct vfio_mig_profile *profile;

	lockdep_assert_held(&registry_lock);

	profile = rcu_dereference_protected(obj->profile,
					    lockdep_is_held(&registry_lock));
	/* a reader that still sees the object sees that it is gone */
	rcu_assign_pointer(obj->profile, NULL);
	forget_size(set, profile);
	if (obj->home && is_init(ns))
		/* as xa_reserve() leaves it; there is nothing to allocate */
		xa_store(&set->objects, obj->id, XA_ZERO_ENTRY, GFP_KERNEL);
	else
		xa_erase(&set->objects, obj->id);
	set->count--;
	next_gen(set);
	ns->seq++;
	vfio_mig_nl_notify(ns->net, obj->kind, VFIO_MIG_EVENT_DEL, profile,
			   ns->seq);
	return profile;
}

/* There is room for it: its place was reserved. */
static void enter(struct vfio_mig_object *obj, struct vfio_mig_net *ns,
		  struct vfio_mig_profile *profile)
{
	struct vfio_mig_set *set = &ns->sets[obj->kind];

	lockdep_assert_held(&registry_lock);

	WRITE_ONCE(obj->ns, ns);
	profile->ns = ns;
	profile->seq = ++ns->seq;
	note_size(set, profile);
	rcu_assign_pointer(obj->profile, profile);
	xa_store(&set->objects, obj->id, obj, GFP_KERNEL);
	set->count++;
	next_gen(set);
	vfio_mig_nl_notify(ns->net, obj->kind, VFIO_MIG_EVENT_ADD, profile,
			   ns->seq);
}

/*
 * Whatever it takes to bring the device back is there before it goes. What the
 * administrator has said at home goes with it; what is said elsewhere does not
 * come back, nor does it go on to a third namespace.
 */
static int move_away(struct vfio_mig_object *obj, struct vfio_mig_net *to)
{
	struct vfio_mig_set *set = &to->sets[obj->kind];
	struct vfio_mig_profile *profile, *home = NULL;
	struct place place = { .ns = to };
	struct vfio_mig_words *overlay;
	int err;

	lockdep_assert_held(&registry_lock);

	overlay = vfio_mig_words_hold(obj->home ? obj->home_overlay :
						 obj->overlay);
	place.home_overlay = overlay;
	place.overlay = overlay;
	if (!obj->home) {
		home = vfio_mig_profile_copy(published(obj));
		if (IS_ERR(home)) {
			err = PTR_ERR(home);
			goto err_overlay;
		}
	}
	profile = compose(obj, obj->base, &place, NULL, NULL);
	if (IS_ERR(profile)) {
		err = PTR_ERR(profile);
		goto err_home;
	}
	err = xa_reserve(&set->objects, obj->id, GFP_KERNEL);
	if (err)
		goto err_profile;

	if (home) {
		obj->home = home;
		obj->home_overlay = obj->overlay;
	} else {
		vfio_mig_words_put(obj->overlay);
	}
	obj->overlay = overlay;
	profile->refused = vfio_mig_refused_get(published(obj)->refused);
	vfio_mig_profile_put(leave(obj));
	enter(obj, to, profile);
	return 0;

err_profile:
	vfio_mig_profile_put(profile);
err_home:
	if (home)
		vfio_mig_profile_put(home);
err_overlay:
	vfio_mig_words_put(overlay);
	return err;
}

/* Allocates nothing, and cannot fail: what it is at home was always there. */
static void bring_home(struct vfio_mig_object *obj)
{
	struct vfio_mig_profile *home;

	lockdep_assert_held(&obj->guard);

	mutex_lock(&registry_lock);
	home = obj->home;
	vfio_mig_words_put(obj->overlay);
	obj->overlay = obj->home_overlay;
	obj->home_overlay = NULL;
	obj->home = NULL;

	home->refused = vfio_mig_refused_get(published(obj)->refused);
	vfio_mig_profile_put(leave(obj));
	enter(obj, vfio_mig_net(&init_net), home);
	mutex_unlock(&registry_lock);
}

/**
 * vfio_mig_object_move - move a device to another namespace
 * @obj: the device
 * @from: where it is believed to be
 * @to: where it is to go
 *
 * It is told of as gone here, and as new there. Nothing happens if it is there
 * already.
 *
 * Context: may sleep, takes the device's guard and registry_lock. Both
 * namespaces stay.
 * Return: 0, -ENODEV if it is gone, or gone from @from, or -ENOMEM.
 */
int vfio_mig_object_move(struct vfio_mig_object *obj,
			 struct vfio_mig_net *from, struct vfio_mig_net *to)
{
	int err = 0;

	mutex_lock(&obj->guard);
	if (vfio_mig_object_gone(obj) || obj->ns != from) {
		err = -ENODEV;
	} else if (from == to) {
		err = 0;
	} else if (is_init(to)) {
		bring_home(obj);
	} else {
		mutex_lock(&registry_lock);
		err = move_away(obj, to);
		mutex_unlock(&registry_lock);
	}
	mutex_unlock(&obj->guard);
	return err;
}

/**
 * vfio_mig_object_remove - take an object back
 * @obj: the object, which the caller must not touch any more
 *
 * Context: may sleep, takes the object's guard and registry_lock, and so waits
 * until nobody asks the driver for anything. Cannot fail: listeners that could
 * not be told for want of memory are told that they lost something.
 */
void vfio_mig_object_remove(struct vfio_mig_object *obj)
{
	struct vfio_mig_net *init = vfio_mig_net(&init_net);
	struct vfio_mig_profile *profile;

	vfio_mig_report_close(obj);

	mutex_lock(&obj->guard);
	mutex_lock(&registry_lock);
	profile = leave(obj);
	list_del(&obj->all);
	/* its place at home as well, if it is not there */
	xa_erase(&init->sets[obj->kind].objects, obj->id);
	rhashtable_remove_fast(&handles, &obj->node, handles_params);
	mutex_unlock(&registry_lock);

	vfio_mig_profile_put(profile);
	vfio_mig_profile_put(obj->base);
	if (obj->home)
		vfio_mig_profile_put(obj->home);
	/* who waits for the guard finds the object gone */
	vfio_mig_words_put(obj->home_overlay);
	vfio_mig_words_put(obj->overlay);
	mutex_unlock(&obj->guard);
	vfio_mig_object_put(obj);
}

/**
 * vfio_mig_find_handle - find an object by its handle
 * @ns: the namespace
 * @kind: what it must be
 * @handle: the handle
 *
 * Context: under RCU, or where nobody else can remove the object.
 * Return: the object, or NULL.
 */
struct vfio_mig_object *
vfio_mig_find_handle(const struct vfio_mig_net *ns, enum vfio_mig_kind kind,
		     const struct vfio_mig_handle *handle)
{
	struct vfio_mig_object *obj;

	obj = rhashtable_lookup_fast(&handles, handle, handles_params);
	if (!obj || obj->kind != kind || (ns && READ_ONCE(obj->ns) != ns))
		return NULL;
	return obj;
}

/**
 * vfio_mig_find_id - find an object by its id
 * @ns: the namespace
 * @kind: what it must be
 * @id: the id
 *
 * Context: under RCU.
 * Return: the object, or NULL.
 */
struct vfio_mig_object *vfio_mig_find_id(struct vfio_mig_net *ns,
					 enum vfio_mig_kind kind, u32 id)
{
	return xa_load(&ns->sets[kind].objects, id);
}

/**
 * vfio_mig_object_profile - an object as it is now
 * @obj: the object
 * @ns: the namespace in which it was found, NULL for any
 *
 * Context: under RCU.
 * Return: its newest profile with a reference for the caller, or NULL if the
 * object is gone, or gone from @ns.
 */
struct vfio_mig_profile *
vfio_mig_object_profile(const struct vfio_mig_object *obj,
			const struct vfio_mig_net *ns)
{
	struct vfio_mig_profile *profile;

	/* one without a reference was replaced, by a newer one or by NULL */
	do {
		profile = rcu_dereference(obj->profile);
		/* it has gone to another namespace since it was found */
		if (profile && ns && profile->ns != ns)
			return NULL;
	} while (profile && !refcount_inc_not_zero(&profile->ref));
	return profile;
}

/* Is anything that is published of an object changed by it? */
static bool concerns(const struct swap *swap, const struct vfio_mig_object *obj)
{
	return (is_init(swap->ns) || obj->ns == swap->ns) &&
	       (!swap->driver ||
		same_driver(swap->driver, vfio_mig_profile_driver(obj->base)));
}

static int refuse_room(const struct vfio_mig_object *obj,
		       const struct vfio_mig_asked *asked,
		       struct vfio_mig_refusal *refusal)
{
	if (COMPAT_TEXT_IS_COPIED)
		scnprintf(refusal->text, sizeof(refusal->text),
			  "no room for it at %s/%s%s%s", obj->handle.bus,
			  obj->handle.parent ?: "",
			  obj->handle.parent ? "/" : "", obj->handle.name);
	else
		strscpy(refusal->text, "a device or type has no room for it",
			sizeof(refusal->text));
	return refuse(refusal, asked->err, refusal->text,
		      asked->left_out ? asked->left_out->at :
					vfio_mig_edits_last(asked->edits));
}

/*
 * Makes what is to be published of an object in a namespace. Nothing if that
 * is what there is already.
 */
static int make_next(struct vfio_mig_object *obj, const struct place *place,
		     const struct swap *swap,
		     const struct vfio_mig_profile *old, bool judge,
		     const struct vfio_mig_edits *edits,
		     struct vfio_mig_refusal *refusal,
		     struct vfio_mig_profile **next)
{
	struct vfio_mig_asked asked = {
		.edits = edits,
		.scope = swap->driver ? VFIO_MIG_SCOPE_DRIVER :
					VFIO_MIG_SCOPE_ALL,
		.reason = VFIO_MIG_LEFT_OUT_REASON_ROOM,
	};
	struct vfio_mig_profile *profile;

	profile = compose(obj, obj->base, place, swap, &asked);
	if (IS_ERR(profile))
		return PTR_ERR(profile);

	*next = profile;
	/* taking something back may not fail for what takes its place */
	if (judge && vfio_mig_edits_last(edits) &&
	    profile->no_room > old->no_room)
		return refuse_room(obj, &asked, refusal);

	profile->refused = vfio_mig_refused_get(old->refused);
	if (vfio_mig_profile_same(old, profile)) {
		vfio_mig_profile_put(profile);
		*next = NULL;
	}
	return 0;
}

static int prepare(struct vfio_mig_object *obj, const struct swap *swap,
		   const struct vfio_mig_edits *edits,
		   struct vfio_mig_refusal *refusal)
{
	struct place place = place_of(obj, obj->overlay);
	bool at_home = is_init(swap->ns);
	int err;

	/* nobody elsewhere can take away the room that there is at home */
	err = make_next(obj, &place, swap, published(obj),
			!at_home || !obj->home, edits, refusal, &obj->next);
	if (err || !at_home || !obj->home)
		return err;

	place.ns = swap->ns;
	place.overlay = obj->home_overlay;
	return make_next(obj, &place, swap, obj->home, true, edits, refusal,
			 &obj->next_home);
}

static void drop_next(struct vfio_mig_profile **next)
{
	if (*next)
		vfio_mig_profile_put(*next);
	*next = NULL;
}

static int prepare_all(const struct swap *swap,
		       const struct vfio_mig_edits *edits,
		       struct vfio_mig_refusal *refusal)
{
	struct vfio_mig_object *obj;
	int err = 0;

	lockdep_assert_held(&registry_lock);

	list_for_each_entry(obj, &objects, all) {
		if (!concerns(swap, obj))
			continue;
		err = prepare(obj, swap, edits, refusal);
		if (err)
			break;
		cond_resched();
	}
	if (!err)
		return 0;

	list_for_each_entry(obj, &objects, all) {
		drop_next(&obj->next);
		drop_next(&obj->next_home);
	}
	return err;
}

/* Publishes all that was prepared, at one moment. Cannot fail. */
static void publish_all(void)
{
	struct vfio_mig_object *obj;

	list_for_each_entry(obj, &objects, all) {
		if (obj->next)
			vfio_mig_profile_put(change(obj, obj->next));
		obj->next = NULL;
		if (obj->next_home) {
			vfio_mig_profile_put(obj->home);
			obj->home = obj->next_home;
			obj->next_home = NULL;
		}
	}
}

static void count_part(struct vfio_mig_net *ns,
		       const struct vfio_mig_part *part, int sign)
{
	if (!part)
		return;
	ns->policy_len += sign * (int)part->len;
	if (part->driver)
		ns->drivers += sign;
}

static int check_quota(const struct swap *swap,
		       const struct vfio_mig_edits *edits,
		       struct vfio_mig_refusal *refusal)
{
	const struct vfio_mig_part *old = swap->old, *new = swap->new;
	const struct vfio_mig_net *ns = swap->ns;

	if (!new)
		return 0;
	if (new->driver && !old && ns->drivers >= VFIO_MIG_POLICY_DRIVERS_MAX)
		return refuse(refusal, -EDQUOT,
			      "the policy speaks of 32 drivers already", NULL);
	if ((!old || new->len > old->len) &&
	    ns->policy_len - (old ? old->len : 0) + new->len >
	    VFIO_MIG_POLICY_MAX)
		return refuse(refusal, -EDQUOT,
			      "the policy takes more than 65536 bytes",
			      vfio_mig_edits_last(edits));
	return 0;
}

static void replace_part(const struct swap *swap)
{
	struct vfio_mig_part *old = swap->old, *new = swap->new;
	struct vfio_mig_net *ns = swap->ns;

	ns->seq++;
	count_part(ns, old, -1);
	count_part(ns, new, 1);
	if (new) {
		new->seq = ns->seq;
		new->id = old ? old->id : ++ns->last_part;
	}
	if (old && new)
		list_replace_rcu(&old->node, &new->node);
	else if (new)
		list_add_tail_rcu(&new->node, &ns->policy);
	else
		list_del_rcu(&old->node);
	if (!old || !new)
		/* pairs with the acquire in the dump */
		smp_store_release(&ns->policy_gen, ns->policy_gen + 1 ?: 1);
	vfio_mig_nl_policy_notify(ns->net, new ?: old, !new, ns->seq);
	if (old)
		kfree_rcu(old, rcu);
}

/**
 * vfio_mig_policy_edit - change what a namespace's policy says
 * @ns: the namespace
 * @driver: of which driver's devices and types, NULL for all
 * @edits: what to change
 * @refusal: why it is refused
 *
 * All or nothing happens, at one moment: there is an event of the policy, and
 * one of each object that is changed by it, and none if it makes no difference.
 *
 * Context: may sleep, takes registry_lock.
 * Return: 0, an error as of vfio_mig_part_edit(), -EDQUOT if the policy would
 * become too large, -E2BIG or -EDQUOT if there is no room in a profile.
 */
int vfio_mig_policy_edit(struct vfio_mig_net *ns, const char *driver,
			 const struct vfio_mig_edits *edits,
			 struct vfio_mig_refusal *refusal)
{
	struct swap swap = { .ns = ns, .driver = driver };
	int err = 0;

	mutex_lock(&registry_lock);
	swap.old = find_part(ns, driver);
	swap.new = vfio_mig_part_edit(swap.old, driver, edits, refusal);
	if (IS_ERR(swap.new)) {
		err = PTR_ERR(swap.new);
		goto out_unlock;
	}
	if (vfio_mig_part_same(swap.old, swap.new)) {
		kfree(swap.new);
		goto out_unlock;
	}

	err = check_quota(&swap, edits, refusal);
	if (!err)
		err = prepare_all(&swap, edits, refusal);
	if (err) {
		kfree(swap.new);
		goto out_unlock;
	}
	replace_part(&swap);
	publish_all();

out_unlock:
	mutex_unlock(&registry_lock);
	return err;
}

static int __net_init vfio_mig_net_init(struct net *net)
{
	struct vfio_mig_net *ns = vfio_mig_net(net);
	int kind;

	ns->net = net;
	INIT_LIST_HEAD(&ns->policy);
	ns->policy_gen = 1;
	for (kind = 0; kind < VFIO_MIG_KINDS; kind++) {
		xa_init(&ns->sets[kind].objects);
		ns->sets[kind].gen = 1;
	}
	return 0;
}

/* Any device of a namespace, with a reference for the caller, or NULL. */
static struct vfio_mig_object *any_device(struct vfio_mig_net *ns)
{
	struct xarray *objects = &ns->sets[VFIO_MIG_KIND_DEVICE].objects;
	struct vfio_mig_object *obj;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(objects, id, obj)
		if (refcount_inc_not_zero(&obj->ref))
			break;
	rcu_read_unlock();
	return obj;
}

/* Nobody is left in the namespace who could move a device into it. */
static void bring_all_home(struct vfio_mig_net *ns)
{
	struct vfio_mig_object *obj;

	while ((obj = any_device(ns))) {
		mutex_lock(&obj->guard);
		if (!vfio_mig_object_gone(obj))
			bring_home(obj);
		mutex_unlock(&obj->guard);
		vfio_mig_object_put(obj);
	}
}

/* Nobody reads it any more, and it speaks of nothing. */
static void free_policy(struct vfio_mig_net *ns)
{
	struct vfio_mig_part *part, *next;

	list_for_each_entry_safe(part, next, &ns->policy, node)
		kfree(part);
}

static void __net_exit vfio_mig_net_exit(struct net *net)
{
	struct vfio_mig_net *ns = vfio_mig_net(net);
	int kind;

	if (!is_init(ns))
		bring_all_home(ns);

	/* a device that was removed may not be told of yet as gone from here */
	mutex_lock(&registry_lock);
	for (kind = 0; kind < VFIO_MIG_KINDS; kind++)
		WARN_ON(ns->sets[kind].count);
	mutex_unlock(&registry_lock);

	free_policy(ns);
	for (kind = 0; kind < VFIO_MIG_KINDS; kind++)
		xa_destroy(&ns->sets[kind].objects);
}

static struct pernet_operations net_ops = {
	.init = vfio_mig_net_init,
	.exit = vfio_mig_net_exit,
	.id = &net_id,
	.size = sizeof(struct vfio_mig_net),
};

/**
 * vfio_mig_registry_init - make the registry ready
 *
 * Return: 0 or a negative error.
 */
int __init vfio_mig_registry_init(void)
{
	int err;

	vfio_mig_instance = get_random_u64();

	err = rhashtable_init(&handles, &handles_params);
	if (err)
		return err;

	err = register_pernet_subsys(&net_ops);
	if (err)
		rhashtable_destroy(&handles);
	return err;
}

/**
 * vfio_mig_registry_exit - undo vfio_mig_registry_init()
 *
 * All objects must have been removed.
 */
void vfio_mig_registry_exit(void)
{
	unregister_pernet_subsys(&net_ops);
	rhashtable_destroy(&handles);
}
