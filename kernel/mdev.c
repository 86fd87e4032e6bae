// SPDX-License-Identifier: GPL-2.0-only
/*
 * The types of mediated devices.
 *
 * The mdev core keeps no list of parents that others could walk, but a
 * mediated device leads to its parent, and the parent to its types. So the
 * types of a parent are published with its first device and taken back with
 * its last: only in between is it sure that the parent is there. Of a parent
 * that its driver announces they are there as long as the parent is.
 *
 * How many more devices can be created is the driver's to say. A driver gives
 * back what a device used when it is released, which may be long after it was
 * unregistered, and nothing tells us when. It is therefore read again and
 * again after a device has come or gone, ever more rarely, but for as long as
 * there is a device.
 *
 * Locking: parents_lock is held by everybody who looks at a parent. It nests
 * inside the mutex of the vfio-dev class, under which devices come and go,
 * and outside the registry's lock. The driver's get_available() and the
 * provider's describe_type() are called under it. A driver that holds a lock of
 * its own while it registers or unregisters a VFIO device or announces a
 * parent must not take that lock there.
 *
 * list_lock, inside it, is held where the list is changed, and where somebody
 * who must not sleep asks for a reading.
 */

#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vfio_mig.h>
#include <linux/workqueue.h>

#include "describe.h"
#include "mdev.h"
#include "registry.h"

/* Distance of the first reading; it is doubled each time, up to the last. */
#define REFRESH_FIRST	msecs_to_jiffies(10)
#define REFRESH_LAST	(300 * HZ)

/**
 * struct type_entry - a type of a parent
 * @type: the mdev core's type
 * @obj: what is published of it, or NULL
 * @tells: is it known whether its devices migrate?
 * @migratable: whether they do
 * @learnt: one of these two has changed since @obj was published
 * @available: the number that was published
 */
struct type_entry {
	struct mdev_type *type;
	struct vfio_mig_object *obj;
	bool tells;
	bool migratable;
	bool learnt;
	u32 available;
};

/**
 * struct parent_entry - a parent that is announced, or has a device registered
 * @node: in the list of parents
 * @parent: the mdev core's parent
 * @devices: how many of its devices are registered
 * @announced: its driver says that it is there
 * @changed: its types are to be described again
 * @refresh: reads again how many more can be created
 * @delay: distance to the next reading
 * @n: number of its types
 * @types: its types
 */
struct parent_entry {
	struct list_head node;
	struct mdev_parent *parent;
	unsigned int devices;
	bool announced;
	/* not each architecture has xchg() for a bool */
	int changed;
	struct delayed_work refresh;
	unsigned long delay;
	unsigned int n;
	struct type_entry types[];
};

static DEFINE_MUTEX(parents_lock);
static DEFINE_SPINLOCK(list_lock);
static LIST_HEAD(parents);

static u32 available(struct mdev_type *type)
{
	struct mdev_parent *parent = type->parent;

	lockdep_assert_held(&parents_lock);

	if (parent->mdev_driver->get_available)
		return parent->mdev_driver->get_available(type);
	return atomic_read(&parent->available_instances);
}

static struct vfio_mig_profile *describe(struct type_entry *entry,
					 struct vfio_mig_object *obj)
{
	struct vfio_mig_profile *profile;

	profile = vfio_mig_describe_type(entry->type,
					 entry->tells ? &entry->migratable :
					 NULL, obj);
	if (!IS_ERR(profile))
		profile->available = entry->available;
	return profile;
}

static int publish_type(struct type_entry *entry)
{
	const struct vfio_mig_handle handle = {
		.bus = "mdev",
		.parent = dev_name(entry->type->parent->dev),
		.name = kobject_name(&entry->type->kobj),
	};
	struct vfio_mig_profile *profile;
	struct vfio_mig_object *obj;
	int err;

	lockdep_assert_held(&parents_lock);

	obj = vfio_mig_object_alloc(VFIO_MIG_KIND_TYPE, &handle);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	entry->available = available(entry->type);
	profile = describe(entry, obj);
	if (IS_ERR(profile)) {
		err = PTR_ERR(profile);
		goto err_free;
	}

	err = vfio_mig_object_publish(obj, profile);
	if (err)
		goto err_put;

	entry->obj = obj;
	entry->learnt = false;
	return 0;

err_put:
	vfio_mig_profile_put(profile);
err_free:
	vfio_mig_object_free(obj);
	return err;
}

/*
 * Whatever has changed about a type is published. Returns an error if it is to
 * be tried again.
 */
static int update_type(struct type_entry *entry)
{
	const char *driver = entry->type->parent->mdev_driver->driver.name;
	u32 published = entry->available;
	struct vfio_mig_profile *profile;
	int err;

	entry->available = available(entry->type);
	if (entry->available == published && !entry->learnt &&
	    vfio_mig_described(entry->obj, driver))
		return 0;

	profile = describe(entry, entry->obj);
	if (IS_ERR(profile)) {
		entry->available = published;
		return PTR_ERR(profile);
	}

	err = vfio_mig_object_update(entry->obj, profile, NULL);
	if (err) {
		/* the policy takes memory */
		entry->available = published;
		WRITE_ONCE(entry->obj->again, true);
		return err;
	}
	entry->learnt = false;
	return READ_ONCE(entry->obj->again) ? -ENOMEM : 0;
}

static int update_types(struct parent_entry *entry)
{
	unsigned int i;
	int err = 0;

	lockdep_assert_held(&parents_lock);

	if (xchg(&entry->changed, false))
		for (i = 0; i < entry->n; i++)
			WRITE_ONCE(entry->types[i].obj->again, true);

	for (i = 0; i < entry->n && !err; i++)
		err = update_type(&entry->types[i]);
	return err;
}

static void unpublish_types(struct parent_entry *entry)
{
	unsigned int i;

	lockdep_assert_held(&parents_lock);

	for (i = 0; i < entry->n; i++)
		if (entry->types[i].obj)
			vfio_mig_object_remove(entry->types[i].obj);
}

static void start_refresh(struct parent_entry *entry)
{
	lockdep_assert_held(&parents_lock);

	entry->delay = REFRESH_FIRST;
	cancel_delayed_work(&entry->refresh);
	schedule_delayed_work(&entry->refresh, entry->delay);
}

static void vfio_mig_refresh(struct work_struct *work)
{
	struct parent_entry *entry = container_of(to_delayed_work(work),
						  struct parent_entry,
						  refresh);

	mutex_lock(&parents_lock);
	/* who removes it waits, and wants it to be queued no more */
	if (!list_empty(&entry->node)) {
		/* for want of memory, it is tried again just as soon */
		if (!update_types(entry))
			entry->delay = min_t(unsigned long, entry->delay * 2,
					     REFRESH_LAST);
		schedule_delayed_work(&entry->refresh, entry->delay);
	}
	mutex_unlock(&parents_lock);
}

static struct parent_entry *find_parent(const struct mdev_parent *parent)
{
	struct parent_entry *entry;

	lockdep_assert_held(&parents_lock);

	list_for_each_entry(entry, &parents, node)
		if (entry->parent == parent)
			return entry;
	return NULL;
}

static struct parent_entry *alloc_parent(struct mdev_parent *parent)
{
	struct parent_entry *entry;
	unsigned int i;

	entry = kzalloc(struct_size(entry, types, parent->nr_types),
			GFP_KERNEL);
	if (!entry)
		return NULL;

	INIT_LIST_HEAD(&entry->node);
	entry->parent = parent;
	entry->n = parent->nr_types;
	for (i = 0; i < entry->n; i++)
		entry->types[i].type = parent->types[i];
	INIT_DELAYED_WORK(&entry->refresh, vfio_mig_refresh);
	return entry;
}

/* A device of the type is there, and shows whether such devices migrate. */
static void learn(struct parent_entry *entry, const struct mdev_type *type,
		  bool migratable)
{
	unsigned int i;

	lockdep_assert_held(&parents_lock);

	for (i = 0; i < entry->n; i++) {
		struct type_entry *t = &entry->types[i];

		if (t->type != type ||
		    (t->tells && t->migratable == migratable))
			continue;
		t->tells = true;
		t->migratable = migratable;
		t->learnt = true;
	}
}

static void file_parent(struct parent_entry *entry)
{
	unsigned long flags;

	lockdep_assert_held(&parents_lock);

	spin_lock_irqsave(&list_lock, flags);
	list_add(&entry->node, &parents);
	spin_unlock_irqrestore(&list_lock, flags);
	/* what changed while it could not be found here */
	WRITE_ONCE(entry->changed, true);
	start_refresh(entry);
}

/* Publishes the types; those of @mdev are known to be as @migratable says. */
static struct parent_entry *add_parent(struct mdev_parent *parent,
				       const struct mdev_device *mdev,
				       bool migratable)
{
	struct parent_entry *entry = alloc_parent(parent);
	unsigned int i;
	int err;

	if (!entry)
		return ERR_PTR(-ENOMEM);

	if (mdev)
		learn(entry, mdev->type, migratable);
	for (i = 0; i < entry->n; i++) {
		err = publish_type(&entry->types[i]);
		if (err)
			goto err_unpublish;
	}
	file_parent(entry);
	return entry;

err_unpublish:
	unpublish_types(entry);
	kfree(entry);
	return ERR_PTR(err);
}

/* To be called when there is a device less, or no announcement any more. */
static bool remove_if_unused(struct parent_entry *entry)
{
	unsigned long flags;

	lockdep_assert_held(&parents_lock);

	if (entry->devices || entry->announced) {
		start_refresh(entry);
		return false;
	}

	spin_lock_irqsave(&list_lock, flags);
	list_del_init(&entry->node);
	spin_unlock_irqrestore(&list_lock, flags);
	unpublish_types(entry);
	return true;
}

/* Not under parents_lock, which the reading that it waits for may want. */
static void free_parent(struct parent_entry *entry)
{
	cancel_delayed_work_sync(&entry->refresh);
	kfree(entry);
}

/**
 * vfio_mig_mdev_add - a mediated device was registered
 * @mdev: the device
 * @migratable: whether it can be migrated
 *
 * Publishes the types of its parent if it is the parent's first, and what
 * they have become by it otherwise.
 *
 * Context: under the mutex of the vfio-dev class. May sleep.
 * Return: 0 or a negative error, and then nothing has happened.
 */
int vfio_mig_mdev_add(struct mdev_device *mdev, bool migratable)
{
	struct parent_entry *entry;

	mutex_lock(&parents_lock);
	entry = find_parent(mdev->type->parent);
	if (entry) {
		learn(entry, mdev->type, migratable);
		/* what failed here is tried again there */
		update_types(entry);
		start_refresh(entry);
	} else {
		entry = add_parent(mdev->type->parent, mdev, migratable);
	}
	if (!IS_ERR(entry))
		entry->devices++;
	mutex_unlock(&parents_lock);
	return PTR_ERR_OR_ZERO(entry);
}

/**
 * vfio_mig_mdev_remove - a mediated device is about to be unregistered
 * @mdev: the device, for which vfio_mig_mdev_add() has succeeded
 *
 * Context: under the mutex of the vfio-dev class. May sleep.
 */
void vfio_mig_mdev_remove(struct mdev_device *mdev)
{
	struct parent_entry *entry;
	bool unused = false;

	mutex_lock(&parents_lock);
	entry = find_parent(mdev->type->parent);
	if (!WARN_ON_ONCE(!entry)) {
		entry->devices--;
		unused = remove_if_unused(entry);
	}
	mutex_unlock(&parents_lock);
	if (unused)
		free_parent(entry);
}

/**
 * vfio_mig_mdev_again - have another look at all types
 *
 * Describes those again that are not described as they are to be. Where there
 * is no memory for it, it is tried a little later.
 *
 * Context: may sleep.
 */
void vfio_mig_mdev_again(void)
{
	struct parent_entry *entry;

	mutex_lock(&parents_lock);
	list_for_each_entry(entry, &parents, node)
		if (update_types(entry))
			start_refresh(entry);
	mutex_unlock(&parents_lock);
}

/**
 * vfio_mig_parent_add - announce a parent of mediated devices
 * @parent: the parent, which was registered with the mdev core
 *
 * Its types are published from now on, also while it has no device. A driver
 * that does not call this, or does not care whether it succeeds, has its types
 * published with the parent's first device.
 *
 * Context: may sleep. Calls the driver's get_available() and the provider's
 * describe_type(); not to be called from a provider's callback, nor under a
 * lock that one of these takes.
 * Return: 0 or a negative error: -EEXIST if it was announced before, or if
 * there are types of the same handles, -ENOMEM.
 */
int vfio_mig_parent_add(struct mdev_parent *parent)
{
	struct parent_entry *entry;
	int err = 0;

	mutex_lock(&parents_lock);
	entry = find_parent(parent);
	if (!entry)
		entry = add_parent(parent, NULL, false);
	if (IS_ERR(entry))
		err = PTR_ERR(entry);
	else if (entry->announced)
		err = -EEXIST;
	else
		entry->announced = true;
	mutex_unlock(&parents_lock);
	return err;
}
EXPORT_SYMBOL_GPL(vfio_mig_parent_add);

/**
 * vfio_mig_parent_remove - a parent of mediated devices is about to go
 * @parent: the parent, which need not have been announced with success
 *
 * To be called before the parent is unregistered with the mdev core. If it has
 * devices its types are there until the last one is gone.
 *
 * Context: as of vfio_mig_parent_add().
 */
void vfio_mig_parent_remove(struct mdev_parent *parent)
{
	struct parent_entry *entry;
	bool unused = false;

	mutex_lock(&parents_lock);
	entry = find_parent(parent);
	if (entry && entry->announced) {
		entry->announced = false;
		unused = remove_if_unused(entry);
	}
	mutex_unlock(&parents_lock);
	if (unused)
		free_parent(entry);
}
EXPORT_SYMBOL_GPL(vfio_mig_parent_remove);

/**
 * vfio_mig_types_changed - of a parent's types there is something else to say
 * @parent: the parent
 *
 * Has available instances read, and describe_type() called, soon, and once for
 * any number of these calls. Does nothing if the types are not published.
 *
 * Context: any, including interrupts. The parent may be about to go.
 */
void vfio_mig_types_changed(struct mdev_parent *parent)
{
	struct parent_entry *entry;
	unsigned long flags;

	spin_lock_irqsave(&list_lock, flags);
	list_for_each_entry(entry, &parents, node) {
		if (entry->parent != parent)
			continue;
		WRITE_ONCE(entry->changed, true);
		mod_delayed_work(system_percpu_wq, &entry->refresh, 0);
		break;
	}
	spin_unlock_irqrestore(&list_lock, flags);
}
EXPORT_SYMBOL_GPL(vfio_mig_types_changed);
