// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attributes of origin vfio: what the VFIO core, the bus and the mdev
 * core say of a device, and what can be said of a type. Whatever the driver's
 * provider says besides is added to them.
 *
 * Everything here is called while the VFIO device, and with it its parent, is
 * sure to be registered.
 */

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/utsname.h>

#include "describe.h"
#include "draft.h"
#include "provider.h"
#include "text.h"

/* Most often nobody knows what another value, or none, would mean. */
static void set_undecided(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_severity(draft, VFIO_MIG_SEVERITY_UNDECIDED,
				VFIO_MIG_SEVERITY_UNDECIDED);
}

static void set_informs(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_rule(draft, VFIO_MIG_RULE_ANY);
	vfio_mig_draft_severity(draft, VFIO_MIG_SEVERITY_INFO,
				VFIO_MIG_SEVERITY_INFO);
}

static void missing_undecided(struct vfio_mig_draft *draft)
{
	vfio_mig_draft_severity(draft, VFIO_MIG_SEVERITY_FAIL,
				VFIO_MIG_SEVERITY_UNDECIDED);
}

/* Nobody else has seen to it that it can stand in a profile. */
static void add_string(struct vfio_mig_draft *draft, const char *name,
		       const char *value)
{
	char clean[VFIO_MIG_STRING_MAX + 1];

	vfio_mig_text_clean(clean, sizeof(clean), value);
	vfio_mig_draft_string(draft, name, clean);
}

static void add_driver(struct vfio_mig_draft *draft, const char *name,
		       struct module *owner, bool declared)
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

	add_string(draft, "driver", name);
	add_string(draft, "driver.build", build);
	set_undecided(draft);
	/* the provider tells what counts in it */
	if (declared)
		vfio_mig_draft_rule(draft, VFIO_MIG_RULE_ANY);
}

static void add_declared(struct vfio_mig_draft *draft, bool declared)
{
	vfio_mig_draft_bool(draft, "declared", declared);
	vfio_mig_draft_rule(draft, declared ? VFIO_MIG_RULE_ANY :
					      VFIO_MIG_RULE_NONE);
	set_undecided(draft);
}

static void add_migration(struct vfio_mig_draft *draft,
			  const struct vfio_device *vdev)
{
	u64 words[VFIO_MIG_MIGRATION_BIT_DIRTY_LOG / 64 + 1] = { 0 };

	if (vdev->mig_ops)
		words[0] = vdev->migration_flags;
	if (vdev->log_ops)
		words[VFIO_MIG_MIGRATION_BIT_DIRTY_LOG / 64] |=
			BIT_ULL(VFIO_MIG_MIGRATION_BIT_DIRTY_LOG % 64);

	vfio_mig_draft_bits(draft, "migration", words, ARRAY_SIZE(words));
	set_informs(draft);
	vfio_mig_draft_label(draft, VFIO_MIG_MIGRATION_BIT_STOP_COPY,
			     "stop-copy");
	vfio_mig_draft_label(draft, VFIO_MIG_MIGRATION_BIT_P2P, "p2p");
	vfio_mig_draft_label(draft, VFIO_MIG_MIGRATION_BIT_PRE_COPY,
			     "pre-copy");
	vfio_mig_draft_label(draft, VFIO_MIG_MIGRATION_BIT_DIRTY_LOG,
			     "dirty-log");
}

static void add_pci(struct vfio_mig_draft *draft, const struct pci_dev *pdev)
{
	vfio_mig_draft_u64(draft, "pci.vendor", pdev->vendor);
	missing_undecided(draft);
	vfio_mig_draft_u64(draft, "pci.device", pdev->device);
	missing_undecided(draft);
	vfio_mig_draft_u64(draft, "pci.class", pdev->class);
	missing_undecided(draft);
	vfio_mig_draft_u64(draft, "pci.subsystem-vendor",
			   pdev->subsystem_vendor);
	set_undecided(draft);
	vfio_mig_draft_u64(draft, "pci.subsystem-device",
			   pdev->subsystem_device);
	set_undecided(draft);
	vfio_mig_draft_u64(draft, "pci.revision", pdev->revision);
	set_undecided(draft);
}

static void add_mdev_type(struct vfio_mig_draft *draft,
			  const struct mdev_type *type)
{
	add_string(draft, "mdev.type", kobject_name(&type->kobj));
	missing_undecided(draft);
	add_string(draft, "mdev.name", type->pretty_name ?: type->sysfs_name);
	set_informs(draft);
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

/**
 * vfio_mig_driver - name of a device's driver
 * @vdev: the device
 *
 * Return: the name, or NULL if the device's parent has no driver.
 */
const char *vfio_mig_driver(const struct vfio_device *vdev)
{
	return vdev->dev->driver ? vdev->dev->driver->name : NULL;
}

/**
 * vfio_mig_described - is an object described as it is to be?
 * @obj: the object
 * @driver: name of the driver, or NULL if there is none
 *
 * Context: may sleep. Nobody else describes the object meanwhile.
 * Return: true if it was described by the driver's provider, or without one if
 * there is none, and nobody has asked since that it be described again.
 */
bool vfio_mig_described(const struct vfio_mig_object *obj, const char *driver)
{
	return !READ_ONCE(obj->again) &&
	       obj->cookie == vfio_mig_provider_cookie(driver);
}

/*
 * What was wrong with the provider's description. Told once, until there is
 * nothing wrong any more.
 */
static void complain(struct vfio_mig_object *obj,
		     const struct vfio_mig_draft *draft,
		     const struct device *dev)
{
	/* there may be memory soon, and until then nobody is wrong */
	if (draft->err == -ENOMEM)
		WRITE_ONCE(obj->again, true);
	if (draft->err == -ENOMEM || draft->err == -ENODEV || obj->complained)
		return;

	obj->complained = true;
	dev_warn(dev, "vfio_mig: %s %s is undeclared, its provider is wrong: %s%s%s (%pe)\n",
		 obj->kind == VFIO_MIG_KIND_TYPE ? "type" : "device",
		 obj->handle.name, draft->name,
		 draft->name[0] ? ": " : "", draft->reason,
		 ERR_PTR(draft->err));
}

/**
 * struct subject - what is described
 * @vdev: a device, or NULL
 * @type: a type otherwise
 * @migratable: whether the type's devices migrate, or NULL if that is not known
 * @obj: what is published of it
 */
struct subject {
	struct vfio_device *vdev;
	struct mdev_type *type;
	const bool *migratable;
	struct vfio_mig_object *obj;
};

static void add_device(struct vfio_mig_draft *draft,
		       const struct subject *subject, bool declared)
{
	const struct vfio_device *vdev = subject->vdev;
	struct mdev_device *mdev = vfio_mig_to_mdev(vdev->dev);
	const struct device_driver *drv = vdev->dev->driver;
	char api[VFIO_MIG_BUS_MAX + sizeof("vfio-")];

	if (mdev) {
		const struct mdev_type *type = mdev->type;

		add_string(draft, "device_api",
			   type->parent->mdev_driver->device_api);
		add_mdev_type(draft, type);
	} else {
		snprintf(api, sizeof(api), "vfio-%s",
			 subject->obj->handle.bus);
		add_string(draft, "device_api", api);
	}

	if (drv)
		add_driver(draft, drv->name, drv->owner, declared);
	else
		add_driver(draft, vdev->ops->name ?: "?", NULL, declared);
	add_declared(draft, declared);
	vfio_mig_draft_tell(draft, vfio_mig_can_migrate(vdev));
	add_migration(draft, vdev);
	if (dev_is_pci(vdev->dev))
		add_pci(draft, to_pci_dev(vdev->dev));
}

static void add_type(struct vfio_mig_draft *draft,
		     const struct subject *subject, bool declared)
{
	const struct mdev_type *type = subject->type;
	const struct mdev_driver *drv = type->parent->mdev_driver;

	add_string(draft, "device_api", drv->device_api);
	add_driver(draft, drv->driver.name, drv->driver.owner, declared);
	add_declared(draft, declared);
	add_mdev_type(draft, type);
	if (subject->migratable)
		vfio_mig_draft_tell(draft, *subject->migratable);
	else
		draft->asks = true;
}

static void add_core(struct vfio_mig_draft *draft,
		     const struct subject *subject, bool declared)
{
	if (subject->vdev)
		add_device(draft, subject, declared);
	else
		add_type(draft, subject, declared);
}

static void ask_provider(struct vfio_mig_draft *draft,
			 const struct subject *subject,
			 const struct vfio_mig_provider *provider)
{
	int err;

	vfio_mig_draft_origin(draft, VFIO_MIG_ORIGIN_DRIVER);
	if (subject->vdev)
		err = provider->describe(subject->vdev, draft);
	else
		err = provider->describe_type(subject->type, draft);
	if (err)
		vfio_mig_draft_fail(draft, err < 0 ? err : -EINVAL,
				    "it cannot describe it");
}

/*
 * All of what the provider says, or nothing of it: then the draft is begun
 * once more.
 */
static struct vfio_mig_profile *
describe(struct vfio_mig_draft *draft, const struct subject *subject,
	 const struct vfio_mig_provider *provider, const struct device *dev)
{
	struct vfio_mig_object *obj = subject->obj;
	struct vfio_mig_profile *profile;

	if (provider && (subject->vdev || provider->describe_type)) {
		add_core(draft, subject, true);
		ask_provider(draft, subject, provider);
		profile = vfio_mig_draft_seal(draft, obj->id, &obj->handle);
		if (!draft->err) {
			obj->complained = false;
			return profile;
		}
		complain(obj, draft, dev);
		vfio_mig_draft_begin(draft);
	} else {
		obj->complained = false;
	}
	add_core(draft, subject, false);
	return vfio_mig_draft_seal(draft, obj->id, &obj->handle);
}

static struct vfio_mig_profile *describe_subject(const struct subject *subject,
						 const char *driver,
						 const struct device *dev)
{
	struct vfio_mig_object *obj = subject->obj;
	const struct vfio_mig_provider *provider;
	struct vfio_mig_profile *profile;
	struct vfio_mig_draft *draft;

	draft = vfio_mig_draft_alloc();
	if (!draft) {
		WRITE_ONCE(obj->again, true);
		return ERR_PTR(-ENOMEM);
	}

	/* what is asked for from here on is asked for anew */
	xchg(&obj->again, false);
	provider = vfio_mig_provider_get(driver);
	obj->cookie = provider ? provider->cookie : 0;
	profile = describe(draft, subject, provider, dev);
	vfio_mig_provider_put(provider);
	if (IS_ERR(profile))
		WRITE_ONCE(obj->again, true);

	vfio_mig_draft_free(draft);
	return profile;
}

/**
 * vfio_mig_describe_device - describe a VFIO device
 * @vdev: the device
 * @obj: what is, or will be, published of it
 *
 * Context: may sleep, calls the provider. The VFIO device is registered, and
 * so its parent is bound to a driver, if it is of a bus that has such. Nobody
 * else describes it meanwhile.
 * Return: a profile, or ERR_PTR(-ENOMEM). If @obj->again is true then, it is
 * to be described again a little later.
 */
struct vfio_mig_profile *
vfio_mig_describe_device(struct vfio_device *vdev, struct vfio_mig_object *obj)
{
	const struct subject subject = { .vdev = vdev, .obj = obj };

	return describe_subject(&subject, vfio_mig_driver(vdev), vdev->dev);
}

/**
 * vfio_mig_describe_type - describe a type of mediated devices
 * @type: the type
 * @migratable: whether its devices migrate, or NULL if no device has shown it
 * @obj: what is, or will be, published of it
 *
 * Context: may sleep, calls the provider. The type's parent is registered.
 * Nobody else describes it meanwhile.
 * Return: as vfio_mig_describe_device().
 */
struct vfio_mig_profile *
vfio_mig_describe_type(struct mdev_type *type, const bool *migratable,
		       struct vfio_mig_object *obj)
{
	const struct subject subject = {
		.type = type,
		.migratable = migratable,
		.obj = obj,
	};
	struct vfio_mig_profile *profile;

	profile = describe_subject(&subject,
				   type->parent->mdev_driver->driver.name,
				   type->parent->dev);
	if (!IS_ERR(profile))
		profile->is_type = true;
	return profile;
}

/**
 * vfio_mig_describe_bare - describe a device that is no VFIO device
 * @attr: name of its only attribute
 * @value: the attribute's value
 * @obj: what will be published of it
 *
 * Context: may sleep.
 * Return: a profile, or an ERR_PTR as of vfio_mig_draft_seal().
 */
struct vfio_mig_profile *
vfio_mig_describe_bare(const char *attr, u64 value,
		       const struct vfio_mig_object *obj)
{
	struct vfio_mig_profile *profile;
	struct vfio_mig_draft *draft;

	draft = vfio_mig_draft_alloc();
	if (!draft)
		return ERR_PTR(-ENOMEM);

	vfio_mig_draft_origin(draft, VFIO_MIG_ORIGIN_DRIVER);
	vfio_mig_draft_u64(draft, attr, value);
	set_informs(draft);
	profile = vfio_mig_draft_seal(draft, obj->id, &obj->handle);
	vfio_mig_draft_free(draft);
	return profile;
}
