/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VFIO_MIG_H
#define _LINUX_VFIO_MIG_H

#include <linux/list.h>
#include <linux/types.h>
#include <uapi/linux/vfio_mig.h>

struct mdev_parent;
struct mdev_type;
struct vfio_device;

/**
 * DOC: Providers
 *
 * Of a VFIO device, vfio_mig knows what the VFIO core, the bus and the mdev
 * core know. What its driver's version, features and capacities are, and what
 * of it another device accepts, a *provider* says: the driver itself, or a
 * module of its own, for which the driver need not be changed. There is one
 * provider for one driver::
 *
 *	static int foo_describe(struct vfio_device *vdev,
 *				struct vfio_mig_draft *draft)
 *	{
 *		struct foo *foo = container_of(vdev, struct foo, vdev);
 *
 *		vfio_mig_draft_version(draft, "version", foo->major,
 *				       foo->minor, foo->patch);
 *		vfio_mig_draft_rule(draft, VFIO_MIG_RULE_SEMVER);
 *		vfio_mig_draft_severity(draft, VFIO_MIG_SEVERITY_FAIL,
 *					VFIO_MIG_SEVERITY_UNDECIDED);
 *
 *		vfio_mig_draft_bits(draft, "features", &foo->features, 1);
 *		vfio_mig_draft_rule(draft, VFIO_MIG_RULE_SUPERSET);
 *		vfio_mig_draft_label(draft, FOO_F_MQ, "mq");
 *
 *		vfio_mig_draft_u64(draft, "units", foo->units);
 *		vfio_mig_draft_settable_u64(draft, 1, foo->max_units);
 *		return 0;
 *	}
 *
 * **Attributes.** A function that begins an attribute gives it a name and a
 * value; those that follow say more of the one begun last. What they do not
 * say is rule equal, severity fail, and missing as severity. A name is a
 * common one, which means the same everywhere, or begins with the driver's
 * name and a dot. A name that an administrator has given to an attribute of
 * his own is the driver's as soon as the driver claims it.
 *
 * **Errors.** None of these functions returns an error. The first thing that
 * is wrong, in whatever attribute, makes the whole description void: the
 * device stays published, without any of it and with "declared" false, and a
 * warning in the log names the attribute and what is wrong with it. The same
 * happens if describe() fails. A device is never half described.
 *
 * **Context.** Callbacks may sleep. They are called under the mutex of the
 * class vfio-dev, or under locks of vfio_mig that nest inside it. They must
 * not take a device_lock(), nor a lock that is held by anybody who registers
 * or unregisters a VFIO device or mdev parent, or who calls
 * vfio_mig_provider_unregister(). They must not call back, except for the
 * functions that fill a draft and vfio_mig_changed(). For one device,
 * callbacks are called one at a time.
 *
 * **Lifetime.** While a callback runs the VFIO device is registered, and so its
 * parent device is bound to its driver. No reference to it need be taken, and
 * none may be kept. After vfio_mig_provider_unregister() has returned no
 * callback runs, and none will: a module that calls it before it goes needs
 * no other protection. vfio_mig itself cannot be unloaded as long as a module
 * is loaded that uses it.
 */

/* A profile being written; see the functions that take it. */
struct vfio_mig_draft;

/**
 * struct vfio_mig_version - a version
 * @major: what must be the same under the rule semver
 * @minor: what may grow
 * @patch: what does not matter there
 */
struct vfio_mig_version {
	u32 major;
	u32 minor;
	u32 patch;
};

/**
 * struct vfio_mig_setting - a value that somebody wants to be set
 * @name: name of the attribute, which is one of the driver's
 * @type: which member holds the value, of the type that the attribute has:
 *	VFIO_MIG_A_ATTR_U64, VFIO_MIG_A_ATTR_STRING or VFIO_MIG_A_ATTR_VERSION
 * @num: value of VFIO_MIG_A_ATTR_U64
 * @string: value of VFIO_MIG_A_ATTR_STRING
 * @version: value of VFIO_MIG_A_ATTR_VERSION
 */
struct vfio_mig_setting {
	const char *name;
	u16 type;
	union {
		u64 num;
		const char *string;
		struct vfio_mig_version version;
	};
};

/**
 * struct vfio_mig_set_fault - why settings were refused
 * @reason: a phrase for people, in ASCII, at most 79 bytes; it is copied when
 *	set() has returned. NULL if there is nothing to say
 * @setting: the setting that is at fault, or NULL
 */
struct vfio_mig_set_fault {
	const char *reason;
	const struct vfio_mig_setting *setting;
};

/**
 * struct vfio_mig_provider - who describes the devices of a driver
 * @driver: name of the driver, as the attribute "driver" tells it: that of the
 *	device's struct device_driver; for a mediated device that of the
 *	struct mdev_driver
 * @describe: adds to the draft what the driver has to say of a device. Returns
 *	0; -ENODEV if it does not know this device, which is then undeclared
 *	without a word in the log; or another negative error. After -ENOMEM it
 *	is called again a little later
 * @describe_type: the same of a type of mediated devices, from which none need
 *	have been created; NULL if there is nothing to say of types
 * @set: sets all @n values, or none. Each of them is among those that the
 *	attribute was last said to be settable to. Afterwards @describe is
 *	called again. Returns 0, or a negative error and why; a device that is
 *	open may be a reason. NULL if nothing can be set
 *
 * All that is public is to be filled in before the provider is registered, and
 * to be left alone until it is unregistered.
 */
struct vfio_mig_provider {
	const char *driver;
	int (*describe)(struct vfio_device *vdev,
			struct vfio_mig_draft *draft);
	int (*describe_type)(struct mdev_type *type,
			     struct vfio_mig_draft *draft);
	int (*set)(struct vfio_device *vdev,
		   const struct vfio_mig_setting *settings, unsigned int n,
		   struct vfio_mig_set_fault *fault);
	/* private: the list of providers, and what tells one from another */
	struct list_head node;
	u64 cookie;
};

int vfio_mig_provider_register(struct vfio_mig_provider *provider);
void vfio_mig_provider_unregister(struct vfio_mig_provider *provider);
void vfio_mig_changed(struct vfio_device *vdev);

int vfio_mig_parent_add(struct mdev_parent *parent);
void vfio_mig_parent_remove(struct mdev_parent *parent);
void vfio_mig_types_changed(struct mdev_parent *parent);

void vfio_mig_draft_bool(struct vfio_mig_draft *draft, const char *name,
			 bool value);
void vfio_mig_draft_u64(struct vfio_mig_draft *draft, const char *name,
			u64 value);
void vfio_mig_draft_string(struct vfio_mig_draft *draft, const char *name,
			   const char *value);
void vfio_mig_draft_version(struct vfio_mig_draft *draft, const char *name,
			    u32 major, u32 minor, u32 patch);
void vfio_mig_draft_bits(struct vfio_mig_draft *draft, const char *name,
			 const u64 *words, unsigned int n);

void vfio_mig_draft_rule(struct vfio_mig_draft *draft,
			 enum vfio_mig_rule rule);
void vfio_mig_draft_severity(struct vfio_mig_draft *draft,
			     enum vfio_mig_severity severity,
			     enum vfio_mig_severity missing);
void vfio_mig_draft_label(struct vfio_mig_draft *draft, u32 bit,
			  const char *name);
void vfio_mig_draft_accept_u64(struct vfio_mig_draft *draft, u64 min,
			       u64 max);
void vfio_mig_draft_accept_string(struct vfio_mig_draft *draft,
				  const char *value);
void vfio_mig_draft_accept_version(struct vfio_mig_draft *draft,
				   const struct vfio_mig_version *min,
				   const struct vfio_mig_version *max);
void vfio_mig_draft_settable_u64(struct vfio_mig_draft *draft, u64 min,
				 u64 max);
void vfio_mig_draft_settable_string(struct vfio_mig_draft *draft,
				    const char *value);
void vfio_mig_draft_settable_version(struct vfio_mig_draft *draft,
				     const struct vfio_mig_version *min,
				     const struct vfio_mig_version *max);

void vfio_mig_draft_replace_rule(struct vfio_mig_draft *draft,
				 const char *name, enum vfio_mig_rule rule);
void vfio_mig_draft_migratable(struct vfio_mig_draft *draft, bool migratable);

/* ---------------------------------------------------------------- streams */

struct vfio_mig_stream;

/**
 * DOC: Streams that check themselves
 *
 * A check before a migration is advice: what arrives may be something else. So
 * a driver writes the profile of the device in front of the stream, when it
 * begins to save::
 *
 *	header = vfio_mig_stream_header(vdev, &len);
 *
 * and hands every part of a stream that arrives to vfio_mig_stream_feed(),
 * until it leaves some of it, which is the driver's::
 *
 *	stream = vfio_mig_stream_begin(vdev);	// on the way to RESUMING
 *
 *	used = vfio_mig_stream_feed(stream, data, len);	// in write()
 *	if (used < 0)
 *		dev_warn(dev, "%s\n", vfio_mig_stream_reason(stream));
 *
 *	err = vfio_mig_stream_end(stream);	// on the way from RESUMING
 *	vfio_mig_stream_free(stream);
 *
 * The header is refused if the engine finds that the device it comes from does
 * not fit. What it cannot decide is the driver's to decide. Each refusal is
 * told to the administrator as well, with what did not fit.
 *
 * The header, all numbers little endian:
 *
 * ====== ==== ============================================================
 * offset size
 * ====== ==== ============================================================
 *      0    8 "VFIO_MIG"
 *      8    4 version, 1
 *     12    4 n, bytes of the profile, 1 to 6144
 *     16    4 reserved, 0
 *     20    4 CRC-32 of the bytes 0 to 19, then the profile: the one of
 *             IEEE 802.3, as crc32(1) and zlib have it
 *     24    n the profile: attributes "attr" of the set "object" of the
 *             generic netlink family, one after another
 * ====== ==== ============================================================
 *
 * It is not padded: the driver's own begins at 24 + n.
 */

void *vfio_mig_stream_header(struct vfio_device *vdev, size_t *len);

struct vfio_mig_stream *vfio_mig_stream_begin(struct vfio_device *vdev);
ssize_t vfio_mig_stream_feed(struct vfio_mig_stream *stream, const void *data,
			     size_t len);
int vfio_mig_stream_end(struct vfio_mig_stream *stream);
int vfio_mig_stream_refuse(struct vfio_mig_stream *stream, int err,
			   const char *reason);
enum vfio_mig_verdict
vfio_mig_stream_verdict(const struct vfio_mig_stream *stream);
const char *vfio_mig_stream_reason(const struct vfio_mig_stream *stream);
void vfio_mig_stream_free(struct vfio_mig_stream *stream);

#endif
