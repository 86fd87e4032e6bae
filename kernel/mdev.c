// SPDX-License-Identifier: GPL-2.0-only
/*
 * The types of mediated devices.
 *
 * The mdev core keeps no list of parents that others could walk, but a
 * mediated device leads to its parent, and the parent to its types. So the
 * types of a parent are published with its first device and taken back with
 * its last: only in between is it sure that the parent is there.
 *
 * How many more devices can be created is the driver's to say. A driver gives
 * back what a device used when it is released, which may be long after it was
 * unregistered, and nothing tells us when. It is therefore read again and
 * again after a device has come or gone, ever more rarely, but for as long as
 * there is a device.
 *
 * Locking: parents_lock is held by everybody who looks at a parent. It nests
 * inside the mutex of the vfio-dev class, under which devices come and go,
 * and outside the registry's lock. The driver's get_available() is called
 * under it. A driver that holds a lock of its own while it registers or
 * unregisters a VFIO device must not take that lock in get_available().
 */

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
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
 * struct parent_entry - a parent of which a device is registered
 * @node: in the list of parents
 * @parent: the mdev core's parent
 * @devices: how many of its devices are registered
 * @refresh: reads again how many more can be created
 * @delay: distance to the next reading
 * @n: number of its types
 * @types: its types
 */
struct parent_entry {
	struct list_head node;
	struct mdev_parent *parent;
	unsigned int devices;
	struct delayed_work refresh;
	unsigned long delay;
	unsigned int n;
	struct type_entry types[];
};

static DEFINE_MUTEX(parents_lock);
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
					 NULL, obj->id, &obj->handle);
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

/* Whatever has changed about a type is published. */
static int update_type(struct type_entry *entry)
{
	u32 published = entry->available;
	struct vfio_mig_profile *profile;

	entry->available = available(entry->type);
	if (entry->available == published && !entry->learnt)
		return 0;

	profile = describe(entry, entry->obj);
	if (IS_ERR(profile)) {
		entry->available = published;
		return PTR_ERR(profile);
	}

	vfio_mig_object_update(entry->obj, profile);
	entry->learnt = false;
	return 0;
}

static int update_types(struct parent_entry *entry)
{
	unsigned int i;
	int err = 0;

	lockdep_assert_held(&parents_lock);

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
	/* with its last device the parent may be gone */
	if (entry->devices) {
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

static int add_first(struct mdev_device *mdev, bool migratable)
{
	struct parent_entry *entry = alloc_parent(mdev->type->parent);
	unsigned int i;
	int err;

	if (!entry)
		return -ENOMEM;

	learn(entry, mdev->type, migratable);
	for (i = 0; i < entry->n; i++) {
		err = publish_type(&entry->types[i]);
		if (err)
			goto err_unpublish;
	}
	entry->devices = 1;
	list_add(&entry->node, &parents);
	start_refresh(entry);
	return 0;

err_unpublish:
	unpublish_types(entry);
	kfree(entry);
	return err;
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
	int err = 0;

	mutex_lock(&parents_lock);
	entry = find_parent(mdev->type->parent);
	if (entry) {
		entry->devices++;
		learn(entry, mdev->type, migratable);
		/* what failed here is tried again there */
		update_types(entry);
		start_refresh(entry);
	} else {
		err = add_first(mdev, migratable);
	}
	mutex_unlock(&parents_lock);
	return err;
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

	mutex_lock(&parents_lock);
	entry = find_parent(mdev->type->parent);
	if (WARN_ON_ONCE(!entry))
		goto out_unlock;

	if (--entry->devices) {
		start_refresh(entry);
		goto out_unlock;
	}

	list_del(&entry->node);
	unpublish_types(entry);
	mutex_unlock(&parents_lock);

	cancel_delayed_work_sync(&entry->refresh);
	kfree(entry);
	return;

out_unlock:
	mutex_unlock(&parents_lock);
}
