// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attributes of origin vfio: what the VFIO core, the bus and the mdev
 * core say of a device, and what can be said of a type.
 *
 * Everything here is called while the VFIO device, and with it its parent, is
 * sure to be registered.
 */

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include "describe.h"

/* Most often nobody knows what another value, or none, would mean. */
static void set_undecided(struct vfio_mig_attr *attr)
{
	attr->severity = VFIO_MIG_SEVERITY_UNDECIDED;
	attr->missing = VFIO_MIG_SEVERITY_UNDECIDED;
}

static void set_informs(struct vfio_mig_attr *attr)
{
	attr->rule = VFIO_MIG_RULE_ANY;
	attr->severity = VFIO_MIG_SEVERITY_INFO;
	attr->missing = VFIO_MIG_SEVERITY_INFO;
}

static void add_driver(struct vfio_mig_draft *draft, const char *name,
		       struct module *owner)
{
	const struct new_utsname *uts = init_utsname();
	const char *version = NULL;
	char build[VFIO_MIG_STRING_MAX + 1];

#ifdef CONFIG_MODULES
	if (owner)
		version = owner->version;
#endif
	scnprintf(build, sizeof(build), "%s %s%s%s%s%s", uts->release,
		  uts->version, owner ? " " : "",
		  owner ? module_name(owner) : "",
		  version ? " " : "", version ?: "");

	vfio_mig_draft_string(draft, "driver", name);
	set_undecided(vfio_mig_draft_string(draft, "driver.build", build));
}

static void add_declared(struct vfio_mig_draft *draft)
{
	struct vfio_mig_attr *attr;

	attr = vfio_mig_draft_bool(draft, "declared", false);
	attr->rule = VFIO_MIG_RULE_NONE;
	set_undecided(attr);
}

static void add_migratable(struct vfio_mig_draft *draft, bool migratable)
{
	struct vfio_mig_attr *attr;

	attr = vfio_mig_draft_bool(draft, "migratable", migratable);
	if (!migratable)
		attr->rule = VFIO_MIG_RULE_NONE;
	attr->missing = VFIO_MIG_SEVERITY_UNDECIDED;
}

static void add_migration(struct vfio_mig_draft *draft,
			  const struct vfio_device *vdev)
{
	static const struct vfio_mig_label labels[] = {
		{ VFIO_MIG_MIGRATION_BIT_STOP_COPY, "stop-copy" },
		{ VFIO_MIG_MIGRATION_BIT_P2P, "p2p" },
		{ VFIO_MIG_MIGRATION_BIT_PRE_COPY, "pre-copy" },
		{ VFIO_MIG_MIGRATION_BIT_DIRTY_LOG, "dirty-log" },
	};
	__le32 flags = cpu_to_le32(vdev->migration_flags);
	struct vfio_mig_attr *attr;

	attr = vfio_mig_draft_bits(draft, "migration");
	attr->labels = labels;
	attr->n_labels = ARRAY_SIZE(labels);
	set_informs(attr);

	if (vdev->mig_ops)
		memcpy(attr->bits, &flags, sizeof(flags));
	if (vdev->log_ops)
		attr->bits[VFIO_MIG_MIGRATION_BIT_DIRTY_LOG / 8] |=
			BIT(VFIO_MIG_MIGRATION_BIT_DIRTY_LOG % 8);
}

static void add_pci(struct vfio_mig_draft *draft, const struct pci_dev *pdev)
{
	struct vfio_mig_attr *attr;

	attr = vfio_mig_draft_u64(draft, "pci.vendor", pdev->vendor);
	attr->missing = VFIO_MIG_SEVERITY_UNDECIDED;
	attr = vfio_mig_draft_u64(draft, "pci.device", pdev->device);
	attr->missing = VFIO_MIG_SEVERITY_UNDECIDED;
	attr = vfio_mig_draft_u64(draft, "pci.class", pdev->class);
	attr->missing = VFIO_MIG_SEVERITY_UNDECIDED;
	set_undecided(vfio_mig_draft_u64(draft, "pci.subsystem-vendor",
					 pdev->subsystem_vendor));
	set_undecided(vfio_mig_draft_u64(draft, "pci.subsystem-device",
					 pdev->subsystem_device));
	set_undecided(vfio_mig_draft_u64(draft, "pci.revision",
					 pdev->revision));
}

static void add_mdev_type(struct vfio_mig_draft *draft,
			  const struct mdev_type *type)
{
	struct vfio_mig_attr *attr;

	attr = vfio_mig_draft_string(draft, "mdev.type",
				     kobject_name(&type->kobj));
	attr->missing = VFIO_MIG_SEVERITY_UNDECIDED;
	set_informs(vfio_mig_draft_string(draft, "mdev.name",
					  type->pretty_name ?:
					  type->sysfs_name));
}

/**
 * vfio_mig_can_migrate - does the driver support migration at all?
 * @vdev: the device
 *
 * Return: true if the device's state can be saved and restored.
 */
bool vfio_mig_can_migrate(const struct vfio_device *vdev)
{
	return vdev->mig_ops &&
	       (vdev->migration_flags & VFIO_MIGRATION_STOP_COPY);
}

/**
 * vfio_mig_to_mdev - is this a mediated device?
 * @dev: a VFIO device's parent device
 *
 * Return: the mediated device, or NULL if @dev is none. The mdev core does
 * not export its bus, so the bus is told by its name.
 */
struct mdev_device *vfio_mig_to_mdev(struct device *dev)
{
	if (!dev->bus || strcmp(dev->bus->name, "mdev"))
		return NULL;
	return to_mdev_device(dev);
}

static struct vfio_mig_profile *seal(struct vfio_mig_draft *draft, u32 id,
				     const struct vfio_mig_handle *handle)
{
	struct vfio_mig_profile *profile;

	profile = vfio_mig_draft_seal(draft, id, handle);
	vfio_mig_draft_free(draft);
	return profile;
}

/**
 * vfio_mig_describe_device - describe a VFIO device
 * @vdev: the device
 * @id: its id
 * @handle: its handle
 *
 * Context: may sleep. The VFIO device is registered, and so its parent is
 * bound to a driver, if it is of a bus that has such.
 * Return: a profile, or an ERR_PTR as of vfio_mig_draft_seal().
 */
struct vfio_mig_profile *
vfio_mig_describe_device(struct vfio_device *vdev, u32 id,
			 const struct vfio_mig_handle *handle)
{
	struct mdev_device *mdev = vfio_mig_to_mdev(vdev->dev);
	const struct device_driver *drv = vdev->dev->driver;
	struct vfio_mig_draft *draft;
	char api[VFIO_MIG_BUS_MAX + sizeof("vfio-")];

	draft = vfio_mig_draft_alloc();
	if (!draft)
		return ERR_PTR(-ENOMEM);

	if (mdev) {
		const struct mdev_type *type = mdev->type;

		vfio_mig_draft_string(draft, "device_api",
				      type->parent->mdev_driver->device_api);
		add_mdev_type(draft, type);
	} else {
		snprintf(api, sizeof(api), "vfio-%s", handle->bus);
		vfio_mig_draft_string(draft, "device_api", api);
	}

	if (drv)
		add_driver(draft, drv->name, drv->owner);
	else
		add_driver(draft, vdev->ops->name ?: "?", NULL);
	add_declared(draft);
	add_migratable(draft, vfio_mig_can_migrate(vdev));
	add_migration(draft, vdev);
	if (dev_is_pci(vdev->dev))
		add_pci(draft, to_pci_dev(vdev->dev));

	return seal(draft, id, handle);
}

/**
 * vfio_mig_describe_type - describe a type of mediated devices
 * @type: the type
 * @migratable: whether its devices migrate, or NULL if that is not known
 * @id: its id
 * @handle: its handle
 *
 * Context: may sleep. A device of the type's parent is registered.
 * Return: a profile, or an ERR_PTR as of vfio_mig_draft_seal().
 */
struct vfio_mig_profile *
vfio_mig_describe_type(const struct mdev_type *type, const bool *migratable,
		       u32 id, const struct vfio_mig_handle *handle)
{
	const struct mdev_driver *drv = type->parent->mdev_driver;
	struct vfio_mig_profile *profile;
	struct vfio_mig_draft *draft;

	draft = vfio_mig_draft_alloc();
	if (!draft)
		return ERR_PTR(-ENOMEM);

	vfio_mig_draft_string(draft, "device_api", drv->device_api);
	add_driver(draft, drv->driver.name, drv->driver.owner);
	add_declared(draft);
	add_mdev_type(draft, type);
	if (migratable)
		add_migratable(draft, *migratable);

	profile = seal(draft, id, handle);
	if (!IS_ERR(profile))
		profile->is_type = true;
	return profile;
}

/**
 * vfio_mig_describe_bare - describe a device that is no VFIO device
 * @attr: name of its only attribute
 * @value: the attribute's value
 * @id: its id
 * @handle: its handle
 *
 * Context: may sleep.
 * Return: a profile, or an ERR_PTR as of vfio_mig_draft_seal().
 */
struct vfio_mig_profile *
vfio_mig_describe_bare(const char *attr, u64 value, u32 id,
		       const struct vfio_mig_handle *handle)
{
	struct vfio_mig_attr *own;
	struct vfio_mig_draft *draft;

	draft = vfio_mig_draft_alloc();
	if (!draft)
		return ERR_PTR(-ENOMEM);

	own = vfio_mig_draft_u64(draft, attr, value);
	own->origin = VFIO_MIG_ORIGIN_DRIVER;
	set_informs(own);
	return seal(draft, id, handle);
}
