// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds every VFIO device, on whatever bus, whether it was there before us or
 * not, without a change to the VFIO core or to a driver.
 *
 * VFIO devices are devices of the class vfio-dev, and who registers an
 * interface of a class is told of all its devices. VFIO does not export the
 * class, but it writes it into every device that it allocates: one that is
 * never registered shows it to us. By its use of VFIO's symbols this module
 * keeps VFIO, and with it the class, in the kernel.
 *
 * Locking: the class calls us under its mutex, which therefore guards what is
 * counted here. While a driver binds or unbinds, the lock of its
 * device is held as well, outside the mutex. What is called from here may
 * take neither. From add_dev until remove_dev returns the VFIO device is
 * registered, and may be looked at; afterwards it may not, and no reference to
 * it is kept.
 *
 * The class does not care whether add_dev fails. A device for which there was
 * no memory is counted and tried again: a second interface, registered for a
 * moment, is told of all devices as well. By the same way devices are described
 * again of which the provider has come or gone or says that it would say
 * something else.
 */

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/vfio_mig.h>
#include <linux/workqueue.h>

#include "describe.h"
#include "discover.h"
#include "mdev.h"
#include "registry.h"

#define RETRY_DELAY	HZ

/* Whoever holds it may follow an object's owner, if there is one. */
static DEFINE_SPINLOCK(owner_lock);

/*
 * This module is about to go, and publishes nothing more. Set before the mutex
 * is taken to remove what was published.
 */
static bool stopped;

/* What was changed while it was described may not have been published yet. */
static atomic_t changes = ATOMIC_INIT(0);

static void vfio_mig_retry(struct work_struct *work);
static DECLARE_DELAYED_WORK(retry_work, vfio_mig_retry);

static struct vfio_device *to_vfio_device(struct device *dev)
{
	return container_of(dev, struct vfio_device, device);
}

static struct vfio_mig_handle device_handle(const struct vfio_device *vdev)
{
	const struct device *dev = vdev->dev;

	return (struct vfio_mig_handle) {
		.bus = dev->bus ? dev->bus->name : "none",
		.name = dev_name(dev),
	};
}

/**
 * vfio_mig_find_device - find what is published of a VFIO device
 * @vdev: the device, which is registered
 *
 * Context: under RCU, or where nobody else can remove the object.
 * Return: the object, or NULL.
 */
struct vfio_mig_object *vfio_mig_find_device(const struct vfio_device *vdev)
{
	const struct vfio_mig_handle handle = device_handle(vdev);
	struct vfio_mig_object *obj;

	obj = vfio_mig_find_handle(NULL, VFIO_MIG_KIND_DEVICE, &handle);
	return obj && READ_ONCE(obj->owner) == vdev ? obj : NULL;
}

/**
 * vfio_mig_describe_soon - try a little later what was not possible now
 *
 * Context: any.
 */
void vfio_mig_describe_soon(void)
{
	schedule_delayed_work(&retry_work, RETRY_DELAY);
}

/* @late: it was counted as undescribed */
static int publish_device(struct vfio_device *vdev, bool late)
{
	const struct vfio_mig_handle handle = device_handle(vdev);
	int before = atomic_read(&changes);
	struct vfio_mig_profile *profile;
	struct vfio_mig_object *obj;
	int err;

	obj = vfio_mig_object_alloc(VFIO_MIG_KIND_DEVICE, &handle);
	if (IS_ERR(obj))
		return PTR_ERR(obj);

	obj->owner = vdev;
	obj->late = late;
	profile = vfio_mig_describe_device(vdev, obj);
	if (IS_ERR(profile)) {
		err = PTR_ERR(profile);
		goto err_free;
	}

	err = vfio_mig_object_publish(obj, profile);
	if (err)
		goto err_put;

	smp_mb(); /* pairs with vfio_mig_changed() */
	if (atomic_read(&changes) != before)
		WRITE_ONCE(obj->again, true);
	if (READ_ONCE(obj->again))
		vfio_mig_describe_soon();
	return 0;

err_put:
	vfio_mig_profile_put(profile);
err_free:
	vfio_mig_object_free(obj);
	return err;
}

static int describe_again(struct vfio_device *vdev,
			  struct vfio_mig_object *obj)
{
	struct vfio_mig_profile *base;
	int err = 0;

	mutex_lock(&obj->guard);
	if (vfio_mig_described(obj, vfio_mig_driver(vdev)))
		goto out_unlock;

	base = vfio_mig_describe_device(vdev, obj);
	err = PTR_ERR_OR_ZERO(base);
	if (!err)
		err = vfio_mig_object_update(obj, base, obj->overlay);
	if (err)
		WRITE_ONCE(obj->again, true);
	if (READ_ONCE(obj->again))
		vfio_mig_describe_soon();
out_unlock:
	mutex_unlock(&obj->guard);
	return err;
}

static int add_device(struct vfio_device *vdev, bool late)
{
	struct mdev_device *mdev = vfio_mig_to_mdev(vdev->dev);
	int err;

	if (mdev) {
		err = vfio_mig_mdev_add(mdev, vfio_mig_can_migrate(vdev));
		if (err)
			return err;
	}

	err = publish_device(vdev, late);
	if (err && mdev)
		vfio_mig_mdev_remove(mdev);
	return err;
}

static int try_device(struct vfio_device *vdev, bool late)
{
	int err = add_device(vdev, late);

	if (err == -ENOMEM)
		vfio_mig_describe_soon();
	return err;
}

static int device_added(CLASS_INTERFACE_ARGS(dev))
{
	int err = try_device(to_vfio_device(dev), false);

	if (!err)
		return 0;

	vfio_mig_count_undescribed(1);
	if (err != -ENOMEM)
		dev_warn(to_vfio_device(dev)->dev,
			 "vfio_mig cannot publish this device: %pe\n",
			 ERR_PTR(err));
	return err;
}

static int device_retried(CLASS_INTERFACE_ARGS(dev))
{
	struct vfio_device *vdev = to_vfio_device(dev);
	struct vfio_mig_object *obj;

	if (READ_ONCE(stopped))
		return 0;
	obj = vfio_mig_find_device(vdev);
	if (obj)
		return describe_again(vdev, obj);

	return try_device(vdev, true);
}

static void device_removed(CLASS_INTERFACE_ARGS(dev))
{
	struct vfio_device *vdev = to_vfio_device(dev);
	struct mdev_device *mdev = vfio_mig_to_mdev(vdev->dev);
	struct vfio_mig_object *obj = vfio_mig_find_device(vdev);

	if (!obj) {
		vfio_mig_count_undescribed(-1);
		return;
	}

	spin_lock(&owner_lock);
	WRITE_ONCE(obj->owner, NULL);
	spin_unlock(&owner_lock);

	vfio_mig_object_remove(obj);
	if (mdev)
		vfio_mig_mdev_remove(mdev);
}

static struct class_interface vfio_mig_interface = {
	.add_dev = device_added,
	.remove_dev = device_removed,
};

static void vfio_mig_retry(struct work_struct *work)
{
	vfio_mig_discover_again();
}

/**
 * vfio_mig_discover_again - have another look at all VFIO devices
 *
 * Publishes those for which there was no memory, and describes those again that
 * are not described as they are to be. Where there is no memory for it, it
 * is tried a little later.
 *
 * Context: may sleep, takes the mutex of the class vfio-dev.
 */
void vfio_mig_discover_again(void)
{
	struct class_interface again = {
		.class = vfio_mig_interface.class,
		.add_dev = device_retried,
	};

	if (!class_interface_register(&again))
		class_interface_unregister(&again);
}

/**
 * vfio_mig_changed - a device's provider would now say something else
 * @vdev: the device
 *
 * Has describe() called soon, and once for any number of these calls, and an
 * event sent if it says something else indeed. Does nothing if the device is
 * not published.
 *
 * Context: any, including interrupts. The caller sees to it that the VFIO
 * device is not freed meanwhile; it may be about to be unregistered.
 */
void vfio_mig_changed(struct vfio_device *vdev)
{
	struct vfio_mig_object *obj;

	atomic_inc(&changes);
	smp_mb(); /* pairs with publish_device() */

	rcu_read_lock();
	obj = vfio_mig_find_device(vdev);
	if (obj)
		WRITE_ONCE(obj->again, true);
	rcu_read_unlock();
	if (obj)
		mod_delayed_work(system_percpu_wq, &retry_work, 0);
}
EXPORT_SYMBOL_GPL(vfio_mig_changed);

/**
 * vfio_mig_owner - the VFIO device that is published
 * @obj: the device
 *
 * Context: under the object's guard. The VFIO device is registered until it is
 * given back.
 * Return: the VFIO device, NULL if there is none, or if it is about to go.
 */
struct vfio_device *vfio_mig_owner(const struct vfio_mig_object *obj)
{
	lockdep_assert_held(&obj->guard);

	return READ_ONCE(obj->owner);
}

/**
 * vfio_mig_device_profile - a VFIO device as it is now
 * @vdev: the device, which is registered
 *
 * Return: its newest profile with a reference for the caller, or NULL if it is
 * not published.
 */
struct vfio_mig_profile *
vfio_mig_device_profile(const struct vfio_device *vdev)
{
	struct vfio_mig_profile *profile = NULL;
	struct vfio_mig_object *obj;

	rcu_read_lock();
	obj = vfio_mig_find_device(vdev);
	if (obj)
		profile = vfio_mig_object_profile(obj, NULL);
	rcu_read_unlock();
	return profile;
}

/**
 * vfio_mig_in_use - has somebody opened a device?
 * @obj: the device
 *
 * Context: under RCU, any context but interrupts.
 * Return: whether it is open at this moment, which says nothing of the next.
 */
bool vfio_mig_in_use(const struct vfio_mig_object *obj)
{
	const struct vfio_device *vdev;
	bool in_use = false;

	spin_lock(&owner_lock);
	vdev = obj->owner;
	if (vdev)
		in_use = READ_ONCE(vdev->open_count);
	spin_unlock(&owner_lock);
	return in_use;
}

/* Learns the class from a VFIO device that is never registered. */
static int __init find_class(void)
{
	static const struct vfio_device_ops ops = {
		.name = "vfio_mig",
		.release = COMPAT_VFIO_RELEASE,
	};
	struct vfio_device *vdev;
	struct device *root;

	root = root_device_register("vfio_mig");
	if (IS_ERR(root))
		return PTR_ERR(root);

	vdev = _vfio_alloc_device(sizeof(*vdev), root, &ops);
	if (IS_ERR(vdev)) {
		root_device_unregister(root);
		return PTR_ERR(vdev);
	}

	vfio_mig_interface.class = vdev->device.class;

	vfio_put_device(vdev);
	root_device_unregister(root);
	return 0;
}

/**
 * vfio_mig_discover_init - publish all VFIO devices, from now on
 *
 * Return: 0 or a negative error.
 */
int __init vfio_mig_discover_init(void)
{
	int err = find_class();

	return err ?: class_interface_register(&vfio_mig_interface);
}

/**
 * vfio_mig_discover_exit - take all VFIO devices back
 */
void vfio_mig_discover_exit(void)
{
	/* a device that fails now is not tried again after the others went */
	WRITE_ONCE(stopped, true);
	class_interface_unregister(&vfio_mig_interface);
	cancel_delayed_work_sync(&retry_work);
}
