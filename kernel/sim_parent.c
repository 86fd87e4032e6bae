// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents of mediated devices: vfio_mig_sim.0, vfio_mig_sim.1, and so on, as
 * many as the module parameter "parents" says, which may be written at any
 * time. The last ones come and go first. One of which a device is open stays,
 * and then all do (EBUSY).
 *
 * A parent has eight units, of which each of its devices takes some. Its types
 * are those that people have argued over:
 *
 *	gpu-1 ... gpu-8	the whole, a half, a quarter, an eighth of it; a device
 *			can be given several such shares
 *	net		one unit; its guest negotiates features
 *	gen1, gen2	two units; the new generation takes over from the old
 *			one, but not the other way round
 *	ccw		one unit; a channel device
 *
 * They claim to be of vfio-platform, as they have regions and nothing else,
 * no configuration space above all.
 *
 * A parent is a platform device, as a type is named by its parent's driver or
 * bus. The devices and types that are still held when a parent has gone look
 * at it all the same: its memory is the platform device's data, which goes
 * with the last reference to that.
 */

#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/vfio_mig.h>

#include "sim.h"

#define PARENTS_MAX	16

static const struct sim_type_info infos[] = {
	{ "gpu-1", "Simulated GPU, all of it", SIM_GPU, SIM_UNITS, true },
	{ "gpu-2", "Simulated GPU, a half", SIM_GPU, SIM_UNITS / 2, true },
	{ "gpu-4", "Simulated GPU, a quarter", SIM_GPU, SIM_UNITS / 4, true },
	{ "gpu-8", "Simulated GPU, an eighth", SIM_GPU, SIM_UNITS / 8, true },
	{ "net", "Simulated network device", SIM_NET, 1, false },
	{ "gen1", "Simulated device, first generation", SIM_GEN1, 2, false },
	{ "gen2", "Simulated device, second generation", SIM_GEN2, 2, false },
	{ "ccw", "Simulated channel device", SIM_CCW, 1, false },
};

static_assert(ARRAY_SIZE(infos) == SIM_TYPES_MAX);

/*
 * Guards all below. A parameter can be written before the module is ready,
 * and after it has begun to go.
 */
static DEFINE_MUTEX(parents_lock);
static struct platform_device *pdevs[PARENTS_MAX];
static unsigned int n_pdevs;
static unsigned int wanted;
static bool ready;

static unsigned int get_available(struct mdev_type *mtype)
{
	struct sim_type *type = to_sim_type(mtype);
	unsigned int n;

	mutex_lock(&type->parent->lock);
	n = type->parent->free / type->info->units;
	mutex_unlock(&type->parent->lock);
	return n;
}

static ssize_t show_description(struct mdev_type *mtype, char *buf)
{
	const struct sim_type_info *info = to_sim_type(mtype)->info;

	return sysfs_emit(buf, "%s, %u of %u units\n", info->pretty,
			  info->units, SIM_UNITS);
}

static struct mdev_driver mdev_driver = {
	.device_api = VFIO_DEVICE_API_PLATFORM_STRING,
	.probe = sim_vdev_probe,
	.remove = sim_vdev_remove,
	.get_available = get_available,
	.show_description = show_description,
	.driver = {
		.name = SIM_NAME,
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
};

static void unregister_parent(void *data)
{
	struct sim_parent *parent = data;

	vfio_mig_parent_remove(&parent->mdev);
	mdev_unregister_parent(&parent->mdev);
}

static int parent_probe(struct platform_device *pdev)
{
	struct sim_parent *parent = dev_get_platdata(&pdev->dev);
	int err;

	err = mdev_register_parent(&parent->mdev, &pdev->dev, &mdev_driver,
				   parent->mdev_types, SIM_TYPES_MAX);
	if (err)
		return err;

	/* without it, types are published with the first device */
	vfio_mig_parent_add(&parent->mdev);
	return devm_add_action_or_reset(&pdev->dev, unregister_parent, parent);
}

static struct platform_driver parent_driver = {
	.probe = parent_probe,
	.driver = {
		.name = SIM_NAME,
		.dev_groups = sim_config_groups,
		/* who adds a parent wants to see it bound when it returns */
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
		.suppress_bind_attrs = true,
	},
};

static struct sim_parent *alloc_parent(void)
{
	struct sim_parent *parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	unsigned int i;

	if (!parent)
		return NULL;

	mutex_init(&parent->lock);
	sim_config_default(&parent->config);
	INIT_LIST_HEAD(&parent->vdevs);
	parent->free = SIM_UNITS;

	for (i = 0; i < SIM_TYPES_MAX; i++) {
		struct sim_type *type = &parent->types[i];

		type->info = &infos[i];
		type->parent = parent;
		type->mdev.sysfs_name = type->info->name;
		type->mdev.pretty_name = type->info->pretty;
		parent->mdev_types[i] = &type->mdev;
	}
	return parent;
}

static int add_next(void)
{
	struct platform_device *pdev;
	struct sim_parent *parent;
	int err;

	pdev = platform_device_alloc(SIM_NAME, n_pdevs);
	if (!pdev)
		return -ENOMEM;

	parent = alloc_parent();
	if (!parent) {
		err = -ENOMEM;
		goto err_put;
	}
	/* from here on the platform device's to free */
	pdev->dev.platform_data = parent;

	err = platform_device_add(pdev);
	if (err)
		goto err_put;
	/* a driver's error stays with the driver core */
	if (!pdev->dev.driver) {
		err = -ENODEV;
		goto err_del;
	}
	pdevs[n_pdevs++] = pdev;
	return 0;

err_del:
	platform_device_del(pdev);
err_put:
	platform_device_put(pdev);
	return err;
}

static struct sim_parent *parent_at(unsigned int i)
{
	return dev_get_platdata(&pdevs[i]->dev);
}

/* From now on nobody opens a device of it, unless somebody has. */
static int close_down(struct sim_parent *parent)
{
	int err = 0;

	mutex_lock(&parent->lock);
	if (parent->opened)
		err = -EBUSY;
	else
		parent->going = true;
	mutex_unlock(&parent->lock);
	return err;
}

static void open_up(struct sim_parent *parent)
{
	mutex_lock(&parent->lock);
	parent->going = false;
	mutex_unlock(&parent->lock);
}

static int remove_down_to(unsigned int n)
{
	unsigned int i;
	int err = 0;

	lockdep_assert_held(&parents_lock);

	for (i = n; !err && i < n_pdevs; i++)
		err = close_down(parent_at(i));
	if (err) {
		/* the last one that was tried refused, and is as it was */
		for (i--; i > n; i--)
			open_up(parent_at(i - 1));
		return err;
	}

	while (n_pdevs > n)
		platform_device_unregister(pdevs[--n_pdevs]);
	return 0;
}

static int resize(unsigned int n)
{
	unsigned int before = n_pdevs;
	int err = remove_down_to(n);

	while (!err && n_pdevs < n)
		err = add_next();
	if (err && n_pdevs > before)
		remove_down_to(before);
	return err;
}

static int parents_set(const char *val, const struct kernel_param *kp)
{
	unsigned int n;
	int err;

	err = kstrtouint(val, 0, &n);
	if (err)
		return err;
	if (n > PARENTS_MAX)
		return -ERANGE;

	mutex_lock(&parents_lock);
	if (ready)
		err = resize(n);
	if (!err)
		wanted = n;
	mutex_unlock(&parents_lock);
	return err;
}

static int parents_get(char *buf, const struct kernel_param *kp)
{
	int len;

	mutex_lock(&parents_lock);
	len = sysfs_emit(buf, "%u\n", wanted);
	mutex_unlock(&parents_lock);
	return len;
}

static const struct kernel_param_ops parents_ops = {
	.set = parents_set,
	.get = parents_get,
};

module_param_cb(parents, &parents_ops, NULL, 0644);
MODULE_PARM_DESC(parents, "How many parents of mediated devices there are, 0 to 16");

/**
 * sim_parent_init - make as many parents as the parameter says
 *
 * Return: 0 or a negative error, and then there is none.
 */
int __init sim_parent_init(void)
{
	int err;

	err = sim_profile_init();
	if (err)
		return err;

	err = mdev_register_driver(&mdev_driver);
	if (err)
		goto err_profile;

	err = platform_driver_register(&parent_driver);
	if (err)
		goto err_mdev;

	mutex_lock(&parents_lock);
	err = resize(wanted);
	ready = !err;
	mutex_unlock(&parents_lock);
	if (err)
		goto err_platform;
	return 0;

err_platform:
	platform_driver_unregister(&parent_driver);
err_mdev:
	mdev_unregister_driver(&mdev_driver);
err_profile:
	sim_profile_exit();
	return err;
}

/**
 * sim_parent_exit - take all parents back, with their devices
 *
 * None of them is open: that would keep this module where it is.
 */
void sim_parent_exit(void)
{
	mutex_lock(&parents_lock);
	ready = false;
	WARN_ON(remove_down_to(0));
	mutex_unlock(&parents_lock);

	platform_driver_unregister(&parent_driver);
	mdev_unregister_driver(&mdev_driver);
	sim_profile_exit();
}
