/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between the kernels we build for, and nothing else. The
 * build outside the tree includes it ahead of every file, and finds out from
 * the kernel's headers which HAVE_ macros to define. A patch for the tree
 * drops it, and writes out the names that it defines:
 * CLASS_INTERFACE_ARGS, COMPAT_VFIO_RELEASE, COMPAT_NS, compat_dump_attrs(),
 * compat_keep_text() and compat_set_ops().
 */
#ifndef VFIO_MIG_COMPAT_H
#define VFIO_MIG_COMPAT_H

#include <linux/device.h>
#include <linux/mutex.h>
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
static inline const char *compat_keep_text(struct netlink_ext_ack *extack,
					   const char *text)
{
	if (!extack)
		return text;
	strscpy(extack->_msg_buf, text, sizeof(extack->_msg_buf));
	return extack->_msg_buf;
}
#else
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
