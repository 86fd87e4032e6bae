/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_REPORT_H
#define VFIO_MIG_REPORT_H

#include <linux/list.h>
#include <linux/types.h>

struct vfio_device;
struct vfio_mig_index;
struct vfio_mig_object;
struct vfio_mig_profile;
struct vfio_mig_refused;

/**
 * struct vfio_mig_reports - what a device has reported
 * @node: among the devices with a report that was not published
 * @last: the last report, if it was not published
 * @count: streams it has refused
 * @next: when the next report may be published, in jiffies
 * @closed: the device is gone
 */
struct vfio_mig_reports {
	struct list_head node;
	struct vfio_mig_refused *last;
	u64 count;
	unsigned long next;
	bool closed;
};

void vfio_mig_report_init(struct vfio_mig_object *obj);
void vfio_mig_report_close(struct vfio_mig_object *obj);
void vfio_mig_report_refused(struct vfio_device *vdev, const char *reason,
			     const struct vfio_mig_index *source,
			     const struct vfio_mig_profile *target);
void vfio_mig_report_exit(void);

#endif
