/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated mediated devices: made, opened, and led from one state of a
 * migration to another.
 */
#ifndef SELFTESTS_VFIO_MIG_SIMDEV_H
#define SELFTESTS_VFIO_MIG_SIMDEV_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "env.h"

/* The headers of Linux 6.1 do not have it. */
#ifndef VFIO_MIGRATION_PRE_COPY
#define VFIO_MIGRATION_PRE_COPY		4
#define VFIO_DEVICE_STATE_PRE_COPY	6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P	7
#define VFIO_MIG_GET_PRECOPY_INFO	_IO(VFIO_TYPE, VFIO_BASE + 21)

struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};
#endif

#define NAME		"vfio_mig_sim"
#define PARENTS		"/sys/module/vfio_mig_sim/parameters/parents"
#define PARENT_FMT	"/sys/class/mdev_bus/" NAME ".%u"
#define TYPE_FMT	PARENT_FMT "/mdev_supported_types/" NAME "-%s"
#define MDEV_FMT	"/sys/bus/mdev/devices/" UUID_FMT
#define UUID_FMT	"51130000-0000-4000-8000-%012x"

#define MDEVS		32

/* An open device. */
struct dev {
	int group;
	int container;
	int fd;
};

static inline int mdev_create(unsigned int n, unsigned int parent,
			      const char *type)
{
	char uuid[64];

	snprintf(uuid, sizeof(uuid), UUID_FMT, n);
	return file_write(uuid, TYPE_FMT "/create", parent, type);
}

static inline int mdev_destroy(unsigned int n)
{
	return file_write("1", MDEV_FMT "/remove", n);
}

static inline void destroy_all(void)
{
	unsigned int n;

	for (n = 0; n < MDEVS; n++)
		if (file_is(MDEV_FMT, n))
			mdev_destroy(n);
}

static inline void dev_close(struct dev *dev)
{
	close(dev->fd);
	close(dev->group);
	close(dev->container);
}

/* 0 or a negative error, and then nothing is open. */
static inline int dev_open(struct dev *dev, unsigned int n)
{
	char group[64], node[96], uuid[64];
	int err;

	if (!file_link(group, sizeof(group), MDEV_FMT "/iommu_group", n))
		return -ENOENT;
	snprintf(node, sizeof(node), "/dev/vfio/%s", group);
	snprintf(uuid, sizeof(uuid), UUID_FMT, n);
	dev->fd = -1;
	dev->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	dev->group = open(node, O_RDWR | O_CLOEXEC);
	if (dev->container >= 0 && dev->group >= 0 &&
	    !ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->container) &&
	    !ioctl(dev->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, uuid);
	if (dev->fd >= 0)
		return 0;
	err = -errno;
	dev_close(dev);
	return err;
}

static inline int feature(const struct dev *dev, __u32 flags, void *data,
			  size_t size)
{
	__u64 buf[8] = {};
	struct vfio_device_feature *f = (void *)buf;

	f->argsz = sizeof(*f) + size;
	f->flags = flags;
	memcpy(f->data, data, size);
	if (ioctl(dev->fd, VFIO_DEVICE_FEATURE, f))
		return -errno;
	memcpy(data, f->data, size);
	return 0;
}

static inline int mig_get(const struct dev *dev)
{
	struct vfio_device_feature_mig_state mig = {};
	int err;

	err = feature(dev, VFIO_DEVICE_FEATURE_GET |
		      VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &mig, sizeof(mig));
	return err ?: (int)mig.device_state;
}

/* @fd is the file that begins, or -1. */
static inline int mig_set(const struct dev *dev, __u32 state, int *fd)
{
	struct vfio_device_feature_mig_state mig = { .device_state = state };
	int err;

	err = feature(dev, VFIO_DEVICE_FEATURE_SET |
		      VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &mig, sizeof(mig));
	*fd = err ? -1 : mig.data_fd;
	return err;
}

#endif
