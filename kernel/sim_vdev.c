// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mediated devices. Each has memory, region 0, which is all of its state
 * but for what net's guest has negotiated. net has two registers besides, in
 * region 1, of eight bytes each, to be read and written as a whole and in
 * little endian:
 *
 *	0	features that the device offers; read only
 *	8	features that the guest has chosen of them, 0 if it has not yet
 *
 * Nobody finds what another one has left: memory and registers are cleared
 * when the last user closes a device, and when it is reset.
 */

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "sim.h"

#define REGION_MEMORY		0
#define REGION_REGISTERS	1

#define REG_OFFERED		0
#define REG_NEGOTIATED		8
#define REGISTERS_SIZE		16

/* Where a region begins in the device's file. */
#define REGION_SHIFT		40
#define region_offset(index)	((u64)(index) << REGION_SHIFT)

static unsigned int n_regions(const struct sim_vdev *sv)
{
	return sv->type->info->kind == SIM_NET ? 2 : 1;
}

static size_t region_size(const struct sim_vdev *sv, unsigned int index)
{
	return index == REGION_MEMORY ? sv->mem_size : REGISTERS_SIZE;
}

/**
 * sim_vdev_features - what a network device's features are
 * @sv: the device, the parent of which is locked
 *
 * Return: what the guest has chosen, and until then what is offered.
 */
u64 sim_vdev_features(const struct sim_vdev *sv)
{
	lockdep_assert_held(&sv->parent->lock);

	return sv->negotiated ?: sv->parent->config.features;
}

/**
 * sim_vdev_negotiate - a guest chooses features
 * @sv: the device
 * @features: what it wants, 0 to begin anew
 *
 * Return: 0, or -EOPNOTSUPP if the device does not offer all of them.
 */
int sim_vdev_negotiate(struct sim_vdev *sv, u64 features)
{
	int err = 0;

	mutex_lock(&sv->parent->lock);
	if (features & ~sv->parent->config.features) {
		err = -EOPNOTSUPP;
	} else if (sv->negotiated != features) {
		sv->negotiated = features;
		sim_changed(sv->parent);
	}
	mutex_unlock(&sv->parent->lock);
	return err;
}

/**
 * sim_vdev_units_fit - can a device have this many units?
 * @info: its type
 * @left: how many there are for it, those that it has among them
 * @units: how many it is to have
 *
 * Return: true if it can.
 */
bool sim_vdev_units_fit(const struct sim_type_info *info, unsigned int left,
			u64 units)
{
	if (!info->settable)
		return units == info->units;
	return units && units <= left && units % info->units == 0;
}

/**
 * sim_vdev_set_units - give a device more or less of its parent
 * @sv: the device
 * @units: how many units it is to have
 *
 * Its memory is another one afterwards, and cleared.
 *
 * Return: 0, -EBUSY if it is open, -ERANGE if it cannot have so many, -ENOMEM.
 */
int sim_vdev_set_units(struct sim_vdev *sv, u64 units)
{
	struct sim_parent *parent = sv->parent;
	size_t size;
	u8 *mem;
	int err = 0;

	mutex_lock(&parent->lock);
	if (sv->open) {
		err = -EBUSY;
		goto out_unlock;
	}
	if (!sim_vdev_units_fit(sv->type->info, parent->free + sv->units,
				units)) {
		err = -ERANGE;
		goto out_unlock;
	}
	if (units == sv->units)
		goto out_unlock;

	size = sv->mem_size / sv->units * units;
	mem = kvzalloc(size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!mem) {
		err = -ENOMEM;
		goto out_unlock;
	}
	kvfree(sv->mem);
	sv->mem = mem;
	sv->mem_size = size;
	parent->free = parent->free + sv->units - units;
	sv->units = units;
	sim_changed(parent);

out_unlock:
	mutex_unlock(&parent->lock);
	return err;
}

static void reset(struct sim_vdev *sv)
{
	sim_mig_reset(sv);

	mutex_lock(&sv->mem_lock);
	memset(sv->mem, 0, sv->mem_size);
	mutex_unlock(&sv->mem_lock);

	sim_vdev_negotiate(sv, 0);
}

static int sim_open(struct vfio_device *vdev)
{
	struct sim_vdev *sv = to_sim_vdev(vdev);
	int err = 0;

	mutex_lock(&sv->parent->lock);
	if (sv->parent->going) {
		err = -ENODEV;
	} else {
		sv->open = true;
		sv->parent->opened++;
	}
	mutex_unlock(&sv->parent->lock);
	return err;
}

static void sim_close(struct vfio_device *vdev)
{
	struct sim_vdev *sv = to_sim_vdev(vdev);

	reset(sv);

	mutex_lock(&sv->parent->lock);
	sv->open = false;
	sv->parent->opened--;
	mutex_unlock(&sv->parent->lock);
}

static ssize_t read_register(struct sim_vdev *sv, char __user *buf,
			     size_t count, loff_t at)
{
	__le64 value;

	if (count < sizeof(value) || !IS_ALIGNED(at, sizeof(value)))
		return -EINVAL;

	mutex_lock(&sv->parent->lock);
	value = cpu_to_le64(at == REG_OFFERED ? sv->parent->config.features :
			    sv->negotiated);
	mutex_unlock(&sv->parent->lock);

	if (copy_to_user(buf, &value, sizeof(value)))
		return -EFAULT;
	return sizeof(value);
}

static ssize_t write_register(struct sim_vdev *sv, const char __user *buf,
			      size_t count, loff_t at)
{
	__le64 value;
	int err;

	if (at != REG_NEGOTIATED || count != sizeof(value))
		return -EINVAL;
	if (copy_from_user(&value, buf, sizeof(value)))
		return -EFAULT;

	err = sim_vdev_negotiate(sv, le64_to_cpu(value));
	return err ?: sizeof(value);
}

/* Which region, and where in it; *count becomes what there is from there. */
static int locate(const struct sim_vdev *sv, loff_t pos, size_t *count,
		  loff_t *at)
{
	u64 index = (u64)pos >> REGION_SHIFT;
	size_t size;

	if (pos < 0 || index >= n_regions(sv))
		return -EINVAL;
	size = region_size(sv, index);
	*at = pos - region_offset(index);
	if (*at >= size)
		return -EINVAL;
	*count = min_t(size_t, *count, size - *at);
	return index;
}

static ssize_t sim_read(struct vfio_device *vdev, char __user *buf,
			size_t count, loff_t *ppos)
{
	struct sim_vdev *sv = to_sim_vdev(vdev);
	ssize_t ret = 0;
	loff_t at;
	int index;

	index = locate(sv, *ppos, &count, &at);
	if (index < 0)
		return index;
	if (index == REGION_REGISTERS) {
		ret = read_register(sv, buf, count, at);
	} else {
		mutex_lock(&sv->mem_lock);
		ret = copy_to_user(buf, sv->mem + at, count) ? -EFAULT : count;
		mutex_unlock(&sv->mem_lock);
	}
	if (ret > 0)
		*ppos += ret;
	return ret;
}

static ssize_t sim_write(struct vfio_device *vdev, const char __user *buf,
			 size_t count, loff_t *ppos)
{
	struct sim_vdev *sv = to_sim_vdev(vdev);
	ssize_t ret;
	loff_t at;
	int index;

	index = locate(sv, *ppos, &count, &at);
	if (index < 0)
		return index;
	if (index == REGION_REGISTERS) {
		ret = write_register(sv, buf, count, at);
	} else {
		mutex_lock(&sv->mem_lock);
		ret = copy_from_user(sv->mem + at, buf, count) ? -EFAULT :
								 count;
		mutex_unlock(&sv->mem_lock);
	}
	if (ret > 0)
		*ppos += ret;
	return ret;
}

static long get_info(struct sim_vdev *sv, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info = {};

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.flags = VFIO_DEVICE_FLAGS_PLATFORM | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = n_regions(sv);
	info.num_irqs = 0;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int region_info(struct vfio_device *vdev, struct vfio_region_info *info,
		       struct vfio_info_cap *caps)
{
	struct sim_vdev *sv = to_sim_vdev(vdev);

	if (info->index >= n_regions(sv))
		return -EINVAL;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	info->offset = region_offset(info->index);
	info->size = region_size(sv, info->index);
	return 0;
}

static long sim_ioctl(struct vfio_device *vdev, unsigned int cmd,
		      unsigned long arg)
{
	struct sim_vdev *sv = to_sim_vdev(vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(sv, (void __user *)arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return compat_region_info(vdev, (void __user *)arg,
					  region_info);
	case VFIO_DEVICE_GET_IRQ_INFO:
		/* there is none, whichever is asked for */
		return -EINVAL;
	case VFIO_DEVICE_RESET:
		reset(sv);
		return 0;
	default:
		return -ENOTTY;
	}
}

static const struct vfio_device_ops vdev_ops = {
	.name = SIM_NAME,
	.release = COMPAT_VFIO_RELEASE,
	.open_device = sim_open,
	.close_device = sim_close,
	.read = sim_read,
	.write = sim_write,
	.ioctl = sim_ioctl,
	COMPAT_REGION_INFO(region_info)
	COMPAT_IOMMUFD_EMULATED
};

static int join_parent(struct sim_vdev *sv)
{
	struct sim_parent *parent = sv->parent;
	unsigned int units = sv->type->info->units;
	int err = 0;

	mutex_lock(&parent->lock);
	if (parent->free < units) {
		err = -ENOSPC;
		goto out_unlock;
	}

	sv->mem_size = units * parent->config.memory;
	sv->mem = kvzalloc(sv->mem_size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!sv->mem) {
		err = -ENOMEM;
		goto out_unlock;
	}
	sv->units = units;
	parent->free -= units;

out_unlock:
	mutex_unlock(&parent->lock);
	return err;
}

static void leave_parent(struct sim_vdev *sv)
{
	mutex_lock(&sv->parent->lock);
	sv->parent->free += sv->units;
	sim_changed(sv->parent);
	mutex_unlock(&sv->parent->lock);
	kvfree(sv->mem);
}

/**
 * sim_vdev_probe - a mediated device was created
 * @mdev: the device
 *
 * Return: 0, -ENOSPC if its parent has not enough units left, or another
 * negative error.
 */
int sim_vdev_probe(struct mdev_device *mdev)
{
	struct sim_vdev *sv;
	int err;

	sv = vfio_alloc_device(sim_vdev, vdev, &mdev->dev, &vdev_ops);
	if (IS_ERR(sv))
		return PTR_ERR(sv);

	sv->type = to_sim_type(mdev->type);
	sv->parent = sv->type->parent;
	mutex_init(&sv->mem_lock);
	mutex_init(&sv->state_lock);
	sv->state = VFIO_DEVICE_STATE_RUNNING;
	sv->vdev.mig_ops = &sim_mig_ops;
	sv->vdev.migration_flags = VFIO_MIGRATION_STOP_COPY |
				   VFIO_MIGRATION_P2P |
				   VFIO_MIGRATION_PRE_COPY;
	err = join_parent(sv);
	if (err)
		goto err_put;

	dev_set_drvdata(&mdev->dev, sv);
	err = vfio_register_emulated_iommu_dev(&sv->vdev);
	if (err)
		goto err_leave;

	/* the others can be given fewer units now */
	mutex_lock(&sv->parent->lock);
	list_add_tail(&sv->node, &sv->parent->vdevs);
	sim_changed(sv->parent);
	mutex_unlock(&sv->parent->lock);
	return 0;

err_leave:
	leave_parent(sv);
err_put:
	vfio_put_device(&sv->vdev);
	return err;
}

/**
 * sim_vdev_remove - a mediated device is about to go
 * @mdev: the device
 */
void sim_vdev_remove(struct mdev_device *mdev)
{
	struct sim_vdev *sv = dev_get_drvdata(&mdev->dev);

	mutex_lock(&sv->parent->lock);
	list_del(&sv->node);
	mutex_unlock(&sv->parent->lock);

	/* waits until nobody has it open */
	vfio_unregister_group_dev(&sv->vdev);
	leave_parent(sv);
	vfio_put_device(&sv->vdev);
}
