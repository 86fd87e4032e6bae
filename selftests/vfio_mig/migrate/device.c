// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include "device.h"
#include "state.h"
#include "uapi.h"

#define CONTAINER	"/dev/vfio/vfio"
#define IOMMUFD		"/dev/iommu"

static struct device *kept;

/* BUS/NAME as vfio_mig has it, a folder, or a name on one of these buses. */
static int find(struct device *dev, struct fault *fault)
{
	static const char *const buses[] = { "mdev", "pci", "platform" };
	const char *slash = strchr(dev->name, '/');
	unsigned int i;

	if (slash == dev->name) {
		snprintf(dev->path, sizeof(dev->path), "%s", dev->name);
		if (!access(dev->path, F_OK))
			return 0;
	} else if (slash) {
		snprintf(dev->path, sizeof(dev->path),
			 "/sys/bus/%.*s/devices/%s",
			 (int)(slash - dev->name), dev->name, slash + 1);
		if (!access(dev->path, F_OK))
			return 0;
	}
	for (i = 0; !slash && i < ARRAY_SIZE(buses); i++) {
		snprintf(dev->path, sizeof(dev->path),
			 "/sys/bus/%s/devices/%s", buses[i], dev->name);
		if (!access(dev->path, F_OK))
			return 0;
	}
	return fault_set(fault, "find", ENODEV,
			 "no device %s: a handle such as mdev/UUID is wanted",
			 dev->name);
}

static int open_node(const char *node, const char *step, struct fault *fault)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	return fd < 0 ? fault_set(fault, step, errno, "open %s", node) : fd;
}

/* The name of the character device, if the kernel makes them. */
static bool cdev_node(const struct device *dev, char *node, size_t size)
{
	char dir[PATH_MAX + 16];
	struct dirent *entry;
	bool found = false;
	DIR *stream;

	snprintf(dir, sizeof(dir), "%s/vfio-dev", dev->path);
	stream = opendir(dir);
	if (!stream)
		return false;
	while (!found && (entry = readdir(stream))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		snprintf(node, size, "/dev/vfio/devices/%s", entry->d_name);
		found = !access(node, F_OK);
	}
	closedir(stream);
	return found && !access(IOMMUFD, F_OK);
}

static int open_cdev(struct device *dev, const char *node, struct fault *fault)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt pt = { .argsz = sizeof(pt) };
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };

	dev->fd = open_node(node, "open", fault);
	if (dev->fd < 0)
		return -1;
	dev->iommu = open_node(IOMMUFD, "iommu", fault);
	if (dev->iommu < 0)
		return -1;
	bind.iommufd = dev->iommu;
	if (ioctl(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		return fault_set(fault, "open", errno, "bind %s to an iommufd",
				 node);
	if (ioctl(dev->iommu, IOMMU_IOAS_ALLOC, &ioas))
		return fault_set(fault, "iommu", errno, "get an address space");
	pt.pt_id = ioas.out_ioas_id;
	if (ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &pt))
		return fault_set(fault, "iommu", errno,
				 "attach %s to an address space", node);
	return 0;
}

static int open_group(struct device *dev, struct fault *fault)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char link[PATH_MAX + 16], to[PATH_MAX], node[64];
	const char *number;
	ssize_t len;

	snprintf(link, sizeof(link), "%s/iommu_group", dev->path);
	len = readlink(link, to, sizeof(to) - 1);
	if (len < 0)
		return fault_set(fault, "group", errno, "read %.100s", link);
	to[len] = '\0';
	number = strrchr(to, '/');
	snprintf(node, sizeof(node), "/dev/vfio/%.32s",
		 number ? number + 1 : to);
	dev->group = open_node(node, "group", fault);
	if (dev->group < 0)
		return -1;
	if (ioctl(dev->group, VFIO_GROUP_GET_STATUS, &status))
		return fault_set(fault, "group", errno, "status of %s", node);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return fault_set(fault, "group", EPERM,
				 "%s has devices of other drivers", node);
	dev->iommu = open_node(CONTAINER, "iommu", fault);
	if (dev->iommu < 0)
		return -1;
	if (ioctl(dev->group, VFIO_GROUP_SET_CONTAINER, &dev->iommu))
		return fault_set(fault, "iommu", errno, "%s into a container",
				 node);
	if (ioctl(dev->iommu, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return fault_set(fault, "iommu", errno,
				 "a type1 IOMMU: is vfio_iommu_type1 loaded?");
	number = strrchr(dev->path, '/');
	dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, number + 1);
	if (dev->fd < 0)
		return fault_set(fault, "open", errno, "open %s", number + 1);
	return 0;
}

static int get_info(struct device *dev, struct fault *fault)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info))
		return fault_set(fault, "info", errno, "ask %s what it is",
				 dev->name);
	dev->flags = info.flags;
	dev->regions = info.num_regions;
	return mig_flags(dev, fault);
}

/**
 * device_open() - open a device, and ask it what it is
 * @dev:	what becomes of it; nothing is left open on failure
 * @name:	BUS/NAME, a folder in sysfs, or just a name
 * @via:	how; VIA_ANY is by character device where there is one
 * @fault:	what went wrong
 *
 * It is as the last user left it: see device_reset().
 *
 * Return: 0 or -1.
 */
int device_open(struct device *dev, const char *name, enum via via,
		struct fault *fault)
{
	char node[PATH_MAX];
	bool cdev;

	memset(dev, 0, sizeof(*dev));
	dev->fd = -1;
	dev->group = -1;
	dev->iommu = -1;
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	if (find(dev, fault))
		return -1;
	cdev = via != VIA_GROUP && cdev_node(dev, node, sizeof(node));
	if (via == VIA_CDEV && !cdev)
		return fault_set(fault, "open", ENOENT,
				 "%s has no character device here", name);
	dev->via = cdev ? VIA_CDEV : VIA_GROUP;
	if (cdev ? open_cdev(dev, node, fault) : open_group(dev, fault))
		goto err_close;
	if (get_info(dev, fault))
		goto err_close;
	return 0;

err_close:
	device_close_now(dev);
	return -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/**
 * device_close_now() - close a device, in whatever state it is
 * @dev:	the device
 */
void device_close_now(struct device *dev)
{
	close_fd(&dev->fd);
	close_fd(&dev->group);
	close_fd(&dev->iommu);
}

/**
 * device_close() - close a device, which is not to remember anything
 * @dev:	the device
 *
 * There are drivers that keep the state of a migration over a close.
 */
void device_close(struct device *dev)
{
	if (dev->fd >= 0)
		ioctl(dev->fd, VFIO_DEVICE_RESET);
	device_close_now(dev);
}

/**
 * device_reset() - reset a device, from whatever state
 * @dev:	the device
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int device_reset(struct device *dev, struct fault *fault)
{
	if (ioctl(dev->fd, VFIO_DEVICE_RESET))
		return fault_set(fault, "reset", errno, "reset %s", dev->name);
	return 0;
}

/**
 * device_get() - a device that stays open until device_put_all()
 * @name:	as for device_open()
 * @via:	as for device_open()
 * @fault:	what went wrong
 *
 * Return: the device, or NULL.
 */
struct device *device_get(const char *name, enum via via, struct fault *fault)
{
	struct device *dev;

	for (dev = kept; dev; dev = dev->next)
		if (!strcmp(dev->name, name))
			return dev;
	dev = calloc(1, sizeof(*dev));
	if (!dev) {
		fault_set(fault, "open", ENOMEM, "open %s", name);
		return NULL;
	}
	if (device_open(dev, name, via, fault)) {
		free(dev);
		return NULL;
	}
	dev->next = kept;
	kept = dev;
	return dev;
}

/**
 * device_put_all() - close all that device_get() opened
 */
void device_put_all(void)
{
	struct device *dev;

	while ((dev = kept)) {
		kept = dev->next;
		device_close(dev);
		free(dev);
	}
}
