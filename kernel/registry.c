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

#include "netlink.h"
#include "refused.h"
#include "registry.h"

/* Tells this loading of the module from others. */
u64 vfio_mig_instance __ro_after_init;

static DEFINE_MUTEX(registry_lock);
static atomic_t last_id = ATOMIC_INIT(0);
static struct rhashtable handles;
static unsigned int net_id __ro_after_init;

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
	if (kind == VFIO_MIG_KIND_DEVICE)
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

/**
 * vfio_mig_object_publish - publish an object in the initial namespace
 * @obj: the object, which is the registry's if this succeeds
 * @profile: its profile, the reference to which goes to the object
 *
 * Context: may sleep, takes registry_lock.
 * Return: 0 or a negative error, and then @obj and @profile are still the
 * caller's: -EEXIST if there is an object of this handle, -ENOMEM.
 */
int vfio_mig_object_publish(struct vfio_mig_object *obj,
			    struct vfio_mig_profile *profile)
{
	struct vfio_mig_net *ns = vfio_mig_net(&init_net);
	struct vfio_mig_set *set = &ns->sets[obj->kind];
	int err;

	mutex_lock(&registry_lock);

	/* nobody reads a slot that is only reserved */
	err = xa_reserve(&set->objects, obj->id, GFP_KERNEL);
	if (err)
		goto out_unlock;

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
		goto out_unlock;
	}

	refcount_inc(&profile->ref);
	obj->base = profile;
	ns->seq++;
	xa_store(&set->objects, obj->id, obj, GFP_KERNEL);
	set->count++;
	next_gen(set);
	vfio_mig_nl_notify(ns->net, obj->kind, VFIO_MIG_EVENT_ADD, profile,
			   ns->seq);

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

/**
 * vfio_mig_object_change - publish what is said of an object from now on
 * @obj: the object
 * @base: what VFIO and the driver say
 * @overlay: what the administrator says, or NULL
 * @profile: both together
 *
 * One reference to each is the object's from here on; @base and @overlay may
 * be those that the object has already, which are left alone. If @profile says
 * what the published one says, there is no event.
 *
 * Context: may sleep, takes registry_lock. Of a device, the guard is held; of a
 * type, the caller sees to it that it is neither changed nor removed
 * meanwhile.
 */
void vfio_mig_object_change(struct vfio_mig_object *obj,
			    struct vfio_mig_profile *base,
			    struct vfio_mig_overlay *overlay,
			    struct vfio_mig_profile *profile)
{
	if (obj->kind == VFIO_MIG_KIND_DEVICE)
		lockdep_assert_held(&obj->guard);

	if (base != obj->base) {
		vfio_mig_profile_put(obj->base);
		obj->base = base;
	}
	if (overlay != obj->overlay) {
		kfree(obj->overlay);
		obj->overlay = overlay;
	}

	mutex_lock(&registry_lock);
	profile = change(obj, profile);
	mutex_unlock(&registry_lock);
	vfio_mig_profile_put(profile);
}

/**
 * struct home - what is published of a device when it is back home
 * @profile: that, or NULL if the device is at home
 * @overlay: what the administrator says of it there, or NULL
 */
struct home {
	struct vfio_mig_profile *profile;
	struct vfio_mig_overlay *overlay;
};

/* What that is to be when VFIO and the driver say something else. */
static int rebase_home(const struct vfio_mig_object *obj,
		       const struct vfio_mig_profile *base, struct home *home)
{
	home->profile = NULL;
	home->overlay = obj->home_overlay;
	if (!obj->home)
		return 0;

	if (home->overlay)
		home->profile = vfio_mig_overlay_rebase(base, &home->overlay,
							&obj->handle);
	else
		home->profile = vfio_mig_profile_like(base, base->wire,
						      base->len);
	return PTR_ERR_OR_ZERO(home->profile);
}

static void set_home(struct vfio_mig_object *obj, const struct home *home)
{
	if (!home->profile)
		return;
	vfio_mig_profile_put(obj->home);
	obj->home = home->profile;
	if (home->overlay != obj->home_overlay) {
		kfree(obj->home_overlay);
		obj->home_overlay = home->overlay;
	}
}

static void drop_home(const struct vfio_mig_object *obj,
		      const struct home *home)
{
	if (!home->profile)
		return;
	vfio_mig_profile_put(home->profile);
	if (home->overlay != obj->home_overlay)
		kfree(home->overlay);
}

/**
 * vfio_mig_object_update - publish what VFIO and the driver say from now on
 * @obj: the object
 * @base: what they say, the reference to which is taken over in any case
 * @overlay: what the administrator says, or NULL: what the object has, which
 *	is left alone, or another, which is taken over if this succeeds
 *
 * Attributes of the administrator's that have a name which @base claims are
 * dropped, as are those for which there is no room any more. All that is one
 * event, and none if nothing has changed.
 *
 * Context: as of vfio_mig_object_change().
 * Return: 0, or -ENOMEM, and then nothing has happened; at home, and without
 * anything of the administrator's, it cannot fail.
 */
int vfio_mig_object_update(struct vfio_mig_object *obj,
			   struct vfio_mig_profile *base,
			   struct vfio_mig_overlay *overlay)
{
	struct vfio_mig_overlay *kept = overlay;
	struct vfio_mig_profile *profile;
	struct home home;
	int err;

	err = rebase_home(obj, base, &home);
	if (err)
		goto err_put;

	if (!overlay) {
		set_home(obj, &home);
		refcount_inc(&base->ref);
		vfio_mig_object_change(obj, base, NULL, base);
		return 0;
	}

	profile = vfio_mig_overlay_rebase(base, &kept, &obj->handle);
	if (IS_ERR(profile)) {
		err = PTR_ERR(profile);
		goto err_home;
	}
	set_home(obj, &home);
	if (overlay != kept && overlay != obj->overlay)
		kfree(overlay);
	vfio_mig_object_change(obj, base, kept, profile);
	return 0;

err_home:
	drop_home(obj, &home);
err_put:
	vfio_mig_profile_put(base);
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

	profile = vfio_mig_profile_like(old, old->wire, old->len);
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
	if (obj->home && net_eq(ns->net, &init_net))
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

static int copy_overlay(const struct vfio_mig_overlay *overlay,
			struct vfio_mig_overlay **copy)
{
	*copy = NULL;
	if (!overlay)
		return 0;
	*copy = kmemdup(overlay, struct_size(overlay, wire, overlay->len),
			GFP_KERNEL);
	return *copy ? 0 : -ENOMEM;
}

/* What is to be published at home: what is, if the device is there. */
static struct vfio_mig_profile *copy_home(const struct vfio_mig_object *obj)
{
	struct vfio_mig_profile *like, *copy;

	lockdep_assert_held(&obj->guard);

	if (obj->home)
		return vfio_mig_profile_like(obj->home, obj->home->wire,
					     obj->home->len);
	rcu_read_lock();
	like = vfio_mig_object_profile(obj, NULL);
	rcu_read_unlock();
	/* it is not gone, that would take the guard */
	copy = vfio_mig_profile_like(like, like->wire, like->len);
	vfio_mig_profile_put(like);
	return copy;
}

/*
 * Whatever it takes to bring the device back is there before it goes. What the
 * administrator has said at home goes with it; what is said elsewhere does not
 * come back, nor does it go on to a third namespace.
 */
static int move_away(struct vfio_mig_object *obj, struct vfio_mig_net *to)
{
	struct vfio_mig_set *set = &to->sets[obj->kind];
	struct vfio_mig_profile *profile, *old, *home;
	struct vfio_mig_overlay *overlay;
	int err;

	home = copy_home(obj);
	if (IS_ERR(home))
		return PTR_ERR(home);
	profile = vfio_mig_profile_like(home, home->wire, home->len);
	if (IS_ERR(profile)) {
		err = PTR_ERR(profile);
		goto err_home;
	}
	err = copy_overlay(obj->home ? obj->home_overlay : obj->overlay,
			   &overlay);
	if (err)
		goto err_profile;
	err = xa_reserve(&set->objects, obj->id, GFP_KERNEL);
	if (err)
		goto err_overlay;

	if (obj->home) {
		vfio_mig_profile_put(obj->home);
		kfree(obj->overlay);
	} else {
		obj->home_overlay = obj->overlay;
	}
	obj->home = home;
	obj->overlay = overlay;

	mutex_lock(&registry_lock);
	old = leave(obj);
	profile->refused = vfio_mig_refused_get(old->refused);
	enter(obj, to, profile);
	mutex_unlock(&registry_lock);

	vfio_mig_profile_put(old);
	return 0;

err_overlay:
	kfree(overlay);
err_profile:
	vfio_mig_profile_put(profile);
err_home:
	vfio_mig_profile_put(home);
	return err;
}

/* Allocates nothing, and cannot fail. */
static void bring_home(struct vfio_mig_object *obj)
{
	struct vfio_mig_profile *old, *home = obj->home;

	lockdep_assert_held(&obj->guard);

	kfree(obj->overlay);
	obj->overlay = obj->home_overlay;
	obj->home_overlay = NULL;
	obj->home = NULL;

	mutex_lock(&registry_lock);
	old = leave(obj);
	home->refused = vfio_mig_refused_get(old->refused);
	enter(obj, vfio_mig_net(&init_net), home);
	mutex_unlock(&registry_lock);

	vfio_mig_profile_put(old);
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
	if (vfio_mig_object_gone(obj) || obj->ns != from)
		err = -ENODEV;
	else if (from == to)
		err = 0;
	else if (net_eq(to->net, &init_net))
		bring_home(obj);
	else
		err = move_away(obj, to);
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
	/* its place at home as well, if it is not there */
	xa_erase(&init->sets[obj->kind].objects, obj->id);
	rhashtable_remove_fast(&handles, &obj->node, handles_params);
	mutex_unlock(&registry_lock);

	vfio_mig_profile_put(profile);
	vfio_mig_profile_put(obj->base);
	if (obj->home)
		vfio_mig_profile_put(obj->home);
	/* who waits for the guard finds the object gone */
	kfree(obj->home_overlay);
	kfree(obj->overlay);
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

static int __net_init vfio_mig_net_init(struct net *net)
{
	struct vfio_mig_net *ns = vfio_mig_net(net);
	int kind;

	ns->net = net;
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

static void __net_exit vfio_mig_net_exit(struct net *net)
{
	struct vfio_mig_net *ns = vfio_mig_net(net);
	int kind;

	if (!net_eq(net, &init_net))
		bring_all_home(ns);
	for (kind = 0; kind < VFIO_MIG_KINDS; kind++) {
		WARN_ON(ns->sets[kind].count);
		xa_destroy(&ns->sets[kind].objects);
	}
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
