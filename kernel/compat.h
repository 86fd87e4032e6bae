/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between the kernels we build for, and nothing else. The
 * build outside the tree includes it ahead of every file, and finds out from
 * the kernel's headers which HAVE_ macros to define. A patch for the tree
 * drops it, and writes out the names that it defines:
 * CLASS_INTERFACE_ARGS, COMPAT_VFIO_RELEASE, COMPAT_NS, COMPAT_MIG_DATA_SIZE,
 * COMPAT_IOMMUFD_EMULATED, COMPAT_REGION_INFO, compat_region_info(),
 * compat_dump_attrs(), compat_keep_text() and compat_set_ops().
 */
#ifndef VFIO_MIG_COMPAT_H
#define VFIO_MIG_COMPAT_H

#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <net/genetlink.h>

/* Once, the callbacks of a class interface were handed it. */
#ifdef HAVE_CLASS_ADD_DEV_1
#define CLASS_INTERFACE_ARGS(dev) \
	struct device *(dev)
#else
#define CLASS_INTERFACE_ARGS(dev) \
	struct device *(dev), struct class_interface *unused
#endif

/* Once, a VFIO device was freed by its driver, not by the core. */
#ifdef HAVE_VFIO_FREE_DEVICE
static inline void compat_vfio_release(struct vfio_device *vdev)
{
	vfio_free_device(vdev);
}

#define COMPAT_VFIO_RELEASE	compat_vfio_release
#else
#define COMPAT_VFIO_RELEASE	NULL
#endif

/* Once, a namespace of symbols was a word, not a string. */
#ifdef HAVE_NS_WORD
#define COMPAT_NS(ns)	ns
#else
#define COMPAT_NS(ns)	#ns
#endif

/* Once, a device could not be asked how much it has to save. */
#ifdef HAVE_MIG_DATA_SIZE
#define COMPAT_MIG_DATA_SIZE(fn)	.migration_get_data_size = (fn),
#else
#define COMPAT_MIG_DATA_SIZE(fn)
#endif

/* Once, nothing was copied while a device ran. It is never led there. */
#ifndef HAVE_PRECOPY
#define VFIO_MIGRATION_PRE_COPY		0
#define VFIO_DEVICE_STATE_PRE_COPY	6
#define VFIO_DEVICE_STATE_PRE_COPY_P2P	7
#define VFIO_MIG_GET_PRECOPY_INFO	_IO(VFIO_TYPE, VFIO_BASE + 21)

/**
 * struct vfio_precopy_info - how much there is to read while a device runs
 * @argsz: bytes that the user knows of
 * @flags: none
 * @initial_bytes: of the state as it was at first
 * @dirty_bytes: of what has changed since
 */
struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};
#endif

#ifndef HAVE_CHECK_PRECOPY
static inline int vfio_check_precopy_ioctl(struct vfio_device *vdev,
					   unsigned int cmd, unsigned long arg,
					   struct vfio_precopy_info *info)
{
	size_t minsz = offsetofend(struct vfio_precopy_info, dirty_bytes);

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(info, (void __user *)arg, minsz))
		return -EFAULT;
	return info->argsz < minsz ? -EINVAL : 0;
}
#endif

/* Once, there was no iommufd, and later none could be left. */
#ifdef HAVE_IOMMUFD_DETACH
#define COMPAT_IOMMUFD_EMULATED \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas, \
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#elif defined(HAVE_IOMMUFD)
#define COMPAT_IOMMUFD_EMULATED \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#else
#define COMPAT_IOMMUFD_EMULATED
#endif

/* Once, a driver read and wrote the user's structure itself. */
struct vfio_info_cap;

#ifdef HAVE_REGION_INFO_CAPS
#define COMPAT_REGION_INFO(fn)	.get_region_info_caps = (fn),
static inline long
compat_region_info(struct vfio_device *vdev, void __user *arg,
		   int (*fn)(struct vfio_device *vdev,
			     struct vfio_region_info *info,
			     struct vfio_info_cap *caps))
{
	return -ENOTTY;
}
#else
#define COMPAT_REGION_INFO(fn)
static inline long
compat_region_info(struct vfio_device *vdev, void __user *arg,
		   int (*fn)(struct vfio_device *vdev,
			     struct vfio_region_info *info,
			     struct vfio_info_cap *caps))
{
	size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = {};
	int err;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	err = fn(vdev, &info, NULL);
	if (err)
		return err;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
#endif

/* Once, it had no name that tells it from others. */
#ifndef HAVE_PERCPU_WQ
#define system_percpu_wq	system_wq
#endif

/* Generated policies use it. */
#ifndef NLA_POLICY_MAX_LEN
#define NLA_POLICY_MAX_LEN(len)	NLA_POLICY_MAX(NLA_BINARY, len)
#endif

/* The attributes of a dump's request. */
#ifdef HAVE_GENL_INFO_DUMP
#define compat_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#else
#define compat_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#endif

/*
 * A text that is to live until the answer has been sent. Once, there was no
 * room for one that is not static: of those kept here there are never many,
 * for they are phrases of drivers.
 */
#ifdef NETLINK_MAX_FMTMSG_LEN
#define COMPAT_TEXT_IS_COPIED	true
static inline const char *compat_keep_text(struct netlink_ext_ack *extack,
					   const char *text)
{
	if (!extack)
		return text;
	strscpy(extack->_msg_buf, text, sizeof(extack->_msg_buf));
	return extack->_msg_buf;
}
#else
#define COMPAT_TEXT_IS_COPIED	false
static inline const char *compat_keep_text(struct netlink_ext_ack *extack,
					   const char *text)
{
	static char texts[64][80];
	static DEFINE_MUTEX(lock);
	const char *kept = "the driver refuses, its reason is one too many";
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!texts[i][0])
			strscpy(texts[i], text, sizeof(texts[i]));
		if (!strcmp(texts[i], text)) {
			kept = texts[i];
			break;
		}
	}
	mutex_unlock(&lock);
	return kept;
}
#endif

#ifdef HAVE_GENL_SPLIT_OPS

static inline void compat_set_ops(struct genl_family *family,
				  const struct genl_split_ops *ops, size_t n)
{
	family->split_ops = ops;
	family->n_split_ops = n;
}

#else /* !HAVE_GENL_SPLIT_OPS */

/**
 * struct genl_split_ops - one way, do or dump, to call a command
 * @doit: answers a do
 * @start: prepares a dump
 * @dumpit: fills one message of a dump
 * @done: cleans up after a dump
 * @policy: what the request may hold
 * @maxattr: last attribute of @policy
 * @cmd: the command
 * @internal_flags: for the family's own use
 * @flags: GENL_CMD_CAP_DO or GENL_CMD_CAP_DUMP, and the rights needed
 * @validate: how loosely to parse
 */
struct genl_split_ops {
	int (*doit)(struct sk_buff *skb, struct genl_info *info);
	int (*start)(struct netlink_callback *cb);
	int (*dumpit)(struct sk_buff *skb, struct netlink_callback *cb);
	int (*done)(struct netlink_callback *cb);
	const struct nla_policy *policy;
	unsigned int maxattr;
	u8 cmd;
	u8 internal_flags;
	u8 flags;
	u8 validate;
};

/*
 * One entry answers both do and dump here, and the policy of the do is held
 * against a dump's request too. Our dumps look for themselves that there is
 * no attribute in it.
 */
static inline void compat_set_ops(struct genl_family *family,
				  const struct genl_split_ops *split, size_t n)
{
	static struct genl_ops ops[16];
	struct genl_ops *op = ops;
	size_t i;

	for (i = 0; i < n; i++, split++) {
		if (WARN_ON(op == ops + ARRAY_SIZE(ops)))
			break;
		if (op == ops || op[-1].cmd != split->cmd) {
			op->cmd = split->cmd;
			op->flags = split->flags & ~(GENL_CMD_CAP_DO |
						     GENL_CMD_CAP_DUMP);
			op++;
		}
		if (split->flags & GENL_CMD_CAP_DO) {
			op[-1].doit = split->doit;
			op[-1].policy = split->policy;
			op[-1].maxattr = split->maxattr;
		} else {
			op[-1].start = split->start;
			op[-1].dumpit = split->dumpit;
			op[-1].done = split->done;
		}
	}
	family->ops = ops;
	family->n_ops = op - ops;
}

#endif /* HAVE_GENL_SPLIT_OPS */

#endif /* VFIO_MIG_COMPAT_H */
