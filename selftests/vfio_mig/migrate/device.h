/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VFIO devices, opened.
 */
#ifndef SELFTESTS_VFIO_MIG_DEVICE_H
#define SELFTESTS_VFIO_MIG_DEVICE_H

#include <limits.h>
#include <stdbool.h>
#include <linux/types.h>

#include "fault.h"

/** enum via - how a device is opened */
enum via {
	VIA_ANY,
	VIA_GROUP,
	VIA_CDEV,
};

/**
 * struct device - an open device
 * @name:	as the user calls it
 * @path:	its folder in sysfs
 * @via:	how it was opened
 * @fd:		the device
 * @group:	its group, or -1
 * @iommu:	the group's container, or the iommufd
 * @flags:	VFIO_DEVICE_FLAGS_*
 * @regions:	how many it has
 * @mig:	VFIO_MIGRATION_*; 0 if it does not migrate
 * @next:	of those that are kept open
 */
struct device {
	char name[128];
	char path[PATH_MAX];
	enum via via;
	int fd;
	int group;
	int iommu;
	__u32 flags;
	__u32 regions;
	__u64 mig;
	struct device *next;
};

int device_open(struct device *dev, const char *name, enum via via,
		struct fault *fault);
void device_close(struct device *dev);
void device_close_now(struct device *dev);
int device_reset(struct device *dev, struct fault *fault);

struct device *device_get(const char *name, enum via via, struct fault *fault);
void device_put_all(void);

#endif
