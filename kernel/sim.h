/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of vfio_mig_sim.ko share.
 *
 * Locks, the outer ones first: a device's state_lock, a file's lock, the
 * device's mem_lock. A parent's lock is the innermost; nothing is called from
 * under it that takes another one but to queue work.
 */
#ifndef VFIO_MIG_SIM_H
#define VFIO_MIG_SIM_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vfio.h>

#define SIM_NAME	"vfio_mig_sim"

/* What a parent's devices share. */
#define SIM_UNITS	8

#define SIM_TYPES_MAX	8
#define SIM_RANGES_MAX	8
#define SIM_LIST_MAX	8

/**
 * enum sim_kind - what a device is; the numbers stand in migration streams
 * @SIM_GPU: a share of a GPU
 * @SIM_NET: a network device, the features of which a guest negotiates
 * @SIM_GEN1: the old generation
 * @SIM_GEN2: the new generation, which takes over from the old one
 * @SIM_CCW: a channel device
 */
enum sim_kind {
	SIM_GPU = 1,
	SIM_NET,
	SIM_GEN1,
	SIM_GEN2,
	SIM_CCW,
};

/**
 * struct sim_version - a version
 * @n: major, minor, patch
 */
struct sim_version {
	u32 n[3];
};

/**
 * struct sim_range - an entry of a list of versions
 * @min: the least
 * @max: the greatest
 * @open: there is no greatest but the end of @min's major
 */
struct sim_range {
	struct sim_version min;
	struct sim_version max;
	bool open;
};

/**
 * struct sim_list - what a device is, and what it takes over from
 * @n: how many there are, at least 1
 * @value: the first is what it is
 */
struct sim_list {
	unsigned int n;
	u64 value[SIM_LIST_MAX];
};

/**
 * struct sim_config - what can be set of a parent
 * @version: of the software that drives it
 * @interface: between a guest and devices that have generations
 * @accept: interfaces that the new generation takes over from
 * @n_accept: how many entries @accept has
 * @features: that a network device offers
 * @memory: bytes of memory for each unit of a device
 * @chpid_type: of channel devices
 * @subchannel_type: of channel devices
 * @firmware: stands in the migration stream, and no attribute tells it
 * @provider: do its devices describe themselves?
 */
struct sim_config {
	struct sim_version version;
	struct sim_version interface;
	struct sim_range accept[SIM_RANGES_MAX];
	unsigned int n_accept;
	u64 features;
	u64 memory;
	struct sim_list chpid_type;
	struct sim_list subchannel_type;
	u32 firmware;
	bool provider;
};

/**
 * struct sim_type_info - what a type is
 * @name: the second half of its name
 * @pretty: for people
 * @kind: what its devices are
 * @units: how much of the parent a device takes, to begin with
 * @settable: can it be given more, in multiples of @units?
 */
struct sim_type_info {
	const char *name;
	const char *pretty;
	enum sim_kind kind;
	unsigned int units;
	bool settable;
};

/**
 * struct sim_type - a type of a parent
 * @mdev: the mdev core's part of it
 * @info: what it is
 * @parent: whose it is
 */
struct sim_type {
	struct mdev_type mdev;
	const struct sim_type_info *info;
	struct sim_parent *parent;
};

/**
 * struct sim_parent - a parent of mediated devices
 * @mdev: the mdev core's part of it
 * @lock: guards what follows
 * @config: what can be set of it
 * @vdevs: its devices
 * @free: units that none of them has
 * @opened: how many of them are open
 * @going: it is about to be removed, and none of them can be opened
 * @types: its types
 * @mdev_types: the same, as the mdev core wants them
 */
struct sim_parent {
	struct mdev_parent mdev;
	struct mutex lock; /* guards what follows */
	struct sim_config config;
	struct list_head vdevs;
	unsigned int free;
	unsigned int opened;
	bool going;
	struct sim_type types[SIM_TYPES_MAX];
	struct mdev_type *mdev_types[SIM_TYPES_MAX];
};

/**
 * struct sim_vdev - a mediated device
 * @vdev: the VFIO core's part of it; must be first
 * @type: its type
 * @parent: its parent
 * @node: in the list of the parent's devices; this and what follows, down to
 *	@negotiated, is guarded by the parent's lock
 * @units: how much of the parent it has
 * @open: has somebody opened it?
 * @negotiated: features that the guest has chosen, 0 before it has
 * @mem_lock: guards what is in @mem; where @mem is and how large changes only
 *	while nobody has opened the device
 * @mem: its memory
 * @mem_size: bytes in @mem
 * @state_lock: guards what follows
 * @state: where in its migration it is
 * @saving: through which its state is read, or NULL
 * @resuming: through which its state is written, or NULL
 */
struct sim_vdev {
	struct vfio_device vdev;
	const struct sim_type *type;
	struct sim_parent *parent;
	struct list_head node;
	unsigned int units;
	bool open;
	u64 negotiated;

	struct mutex mem_lock; /* guards what is in @mem */
	u8 *mem;
	size_t mem_size;

	struct mutex state_lock; /* guards what follows */
	enum vfio_device_mig_state state;
	struct sim_saving *saving;
	struct sim_resuming *resuming;
};

struct sim_saving;
struct sim_resuming;

#define SIM_RECORD_MAGIC	0x314345524d495356ULL	/* "VSIMREC1" */

/* The record is the stream's last. */
#define SIM_RECORD_LAST		BIT(0)

/**
 * struct sim_record - a device's state in the stream, in front of its memory
 * @magic: SIM_RECORD_MAGIC
 * @flags: SIM_RECORD_LAST or none
 * @firmware: of the device's parent
 * @kind: one of enum sim_kind
 * @units: how much of the parent the device has
 * @features: what the guest has chosen
 * @memory: bytes of memory that follow
 * @crc: CRC32 of the record, with 0 here, and of the memory
 * @zero: 0
 *
 * A stream is a header, and one or more of these. Each replaces those before.
 */
struct sim_record {
	__le64 magic;
	__le32 flags;
	__le32 firmware;
	__le32 kind;
	__le32 units;
	__le64 features;
	__le64 memory;
	__le32 crc;
	__le32 zero;
};

static inline struct sim_vdev *to_sim_vdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct sim_vdev, vdev);
}

static inline struct sim_type *to_sim_type(struct mdev_type *type)
{
	return container_of(type, struct sim_type, mdev);
}

int sim_bare_init(void);
void sim_bare_exit(void);

int sim_parent_init(void);
void sim_parent_exit(void);

extern const struct attribute_group *sim_config_groups[];
void sim_config_default(struct sim_config *config);

int sim_vdev_probe(struct mdev_device *mdev);
void sim_vdev_remove(struct mdev_device *mdev);
u64 sim_vdev_features(const struct sim_vdev *sv);
int sim_vdev_set_units(struct sim_vdev *sv, u64 units);
bool sim_vdev_units_fit(const struct sim_type_info *info, unsigned int left,
			u64 units);
int sim_vdev_negotiate(struct sim_vdev *sv, u64 features);

extern const struct vfio_migration_ops sim_mig_ops;
void sim_mig_reset(struct sim_vdev *sv);

struct file *sim_save_start(struct sim_vdev *sv, bool precopy);
void sim_save_finish(struct sim_vdev *sv);
void sim_save_end(struct sim_vdev *sv);
size_t sim_save_size(const struct sim_vdev *sv);

struct file *sim_resume_start(struct sim_vdev *sv);
int sim_resume_load(struct sim_vdev *sv);
bool sim_resume_failed(const struct sim_vdev *sv);
void sim_resume_end(struct sim_vdev *sv);

int sim_profile_init(void);
void sim_profile_exit(void);
void sim_changed(struct sim_parent *parent);

#endif
