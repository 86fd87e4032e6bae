/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the doctor knows of the host and of those who are examined. */
#ifndef VFIOMIG_DOCTOR_H
#define VFIOMIG_DOCTOR_H

#include "internal.h"
#include "variant.h"

/**
 * struct vmig_host - this host
 * @ctx: the context
 * @release: release of the kernel
 * @alias_path: where the VFIO drivers are told
 * @aliases: the VFIO drivers
 * @iommu: an IOMMU is at work
 * @needs_iommu: somebody is examined who needs one
 * @initial: this is the initial network namespace
 * @family: the kernel module answers
 * @family_gone: it does not, for there is no such family
 * @family_error: what it said instead of an answer, or NULL
 */
struct vmig_host {
	struct vfiomig *ctx;
	char *release;
	char *alias_path;
	struct vmig_aliases aliases;
	bool iommu;
	bool needs_iommu;
	bool initial;
	bool family;
	bool family_gone;
	char *family_error;
};

/**
 * enum vmig_known - what is known of something
 * @VMIG_UNKNOWN: nothing
 * @VMIG_NO: it is not so
 * @VMIG_YES: it is so
 */
enum vmig_known {
	VMIG_UNKNOWN,
	VMIG_NO,
	VMIG_YES,
};

/**
 * struct vmig_patient - a device or type that is examined
 * @kind: which of the two
 * @handle: what it is called
 * @bus: first part of that
 * @parent: second part of a type's
 * @name: last part
 * @path: its folder in sysfs, or NULL
 * @driver: the driver that is bound to it, or NULL
 * @vfio: it is a VFIO device
 * @vf: it is a virtual function
 * @vendor: PCI vendor
 * @device: PCI device number
 * @best: the module of the VFIO driver that fits it best, or NULL
 * @object: what the kernel module tells of it, or NULL
 * @migrates: its driver can migrate it
 * @p2p: it can be kept from speaking to its like
 * @dirty: it tells which memory it has written to
 * @told_by: who says so, or would have to
 * @debugfs_denied: debugfs may tell, but not to this user
 */
struct vmig_patient {
	enum vfiomig_kind kind;
	char *handle;
	char *bus;
	char *parent;
	char *name;
	char *path;
	char *driver;
	bool vfio;
	bool vf;
	unsigned int vendor;
	unsigned int device;
	const char *best;
	struct vfiomig_object *object;
	enum vmig_known migrates;
	enum vmig_known p2p;
	enum vmig_known dirty;
	char *told_by;
	bool debugfs_denied;
};

/**
 * struct vmig_exam - an examination under way
 * @host: the host
 * @patient: who is examined; NULL for the host alone
 * @check: what is looked at
 * @of_host: what is found now concerns the host
 * @hopeless: the driver that it has, or would get, is known to migrate nothing
 * @n: how many @obstacles were found
 * @obstacles: what was found
 * @err: -ENOMEM, or 0
 */
struct vmig_exam {
	const struct vmig_host *host;
	const struct vmig_patient *patient;
	const char *check;
	bool of_host;
	bool hopeless;
	size_t n;
	struct vfiomig_obstacle *obstacles;
	int err;
};

void vmig_examine(struct vmig_exam *exam);
bool vmig_needs_iommu(const struct vmig_patient *patient);

#endif /* VFIOMIG_DOCTOR_H */
