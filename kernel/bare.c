// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that are no VFIO devices. They have no owner: nobody can open them,
 * and nothing is ever asked of a driver. Otherwise they are as all others.
 */

#include <linux/err.h>
#include <linux/export.h>

#include "bare.h"
#include "describe.h"

/**
 * vfio_mig_bare_add - publish a bare device in the initial namespace
 * @bus: first part of its handle, which no real bus should have
 * @name: the other part of its handle
 * @attr: name of its only attribute, which informs
 * @value: the attribute's value
 *
 * The strings are copied. The caller must be a user of this module, so that it
 * stays until the device is removed.
 *
 * Context: may sleep, takes the registry's lock.
 * Return: the device, or an ERR_PTR: -EEXIST if there is another of this
 * handle, -ENAMETOOLONG, -ENOSPC if there are no more ids, -ENOMEM.
 */
struct vfio_mig_object *vfio_mig_bare_add(const char *bus, const char *name,
					  const char *attr, u64 value)
{
	const struct vfio_mig_handle handle = { .bus = bus, .name = name };
	struct vfio_mig_profile *profile;
	struct vfio_mig_object *obj;
	int err;

	obj = vfio_mig_object_alloc(VFIO_MIG_KIND_DEVICE, &handle);
	if (IS_ERR(obj))
		return obj;
	obj->admin_max = VFIO_MIG_BARE_ADMIN_MAX;

	profile = vfio_mig_describe_bare(attr, value, obj);
	if (IS_ERR(profile)) {
		err = PTR_ERR(profile);
		goto err_free;
	}

	err = vfio_mig_object_publish(obj, profile);
	if (err)
		goto err_put;
	return obj;

err_put:
	vfio_mig_profile_put(profile);
err_free:
	vfio_mig_object_free(obj);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_NS_GPL(vfio_mig_bare_add, COMPAT_NS(VFIO_MIG));

/**
 * vfio_mig_bare_remove - take a bare device back
 * @obj: the device, which must not be touched any more
 *
 * Context: may sleep, takes the registry's lock. Cannot fail.
 */
void vfio_mig_bare_remove(struct vfio_mig_object *obj)
{
	vfio_mig_object_remove(obj);
}
EXPORT_SYMBOL_NS_GPL(vfio_mig_bare_remove, COMPAT_NS(VFIO_MIG));
