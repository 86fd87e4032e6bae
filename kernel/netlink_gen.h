/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vfio_mig.yaml */
/* YNL-GEN kernel header */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#ifndef _LINUX_VFIO_MIG_GEN_H
#define _LINUX_VFIO_MIG_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/vfio_mig.h>

/* Common nested types */
extern const struct nla_policy vfio_mig_attr_nl_policy[VFIO_MIG_A_ATTR_SCOPE + 1];
extern const struct nla_policy vfio_mig_handle_nl_policy[VFIO_MIG_A_OBJECT_NAME + 1];
extern const struct nla_policy vfio_mig_label_nl_policy[VFIO_MIG_A_LABEL_NAME + 1];
extern const struct nla_policy vfio_mig_range_nl_policy[VFIO_MIG_A_RANGE_MAX + 1];
extern const struct nla_policy vfio_mig_value_nl_policy[VFIO_MIG_A_ATTR_BITS + 1];
extern const struct nla_policy vfio_mig_version_nl_policy[VFIO_MIG_A_VERSION_PATCH + 1];

/* Ops table for vfio_mig */
extern const struct genl_split_ops vfio_mig_nl_ops[11];

int vfio_mig_nl_dev_dump_start(struct netlink_callback *cb);
int vfio_mig_nl_type_dump_start(struct netlink_callback *cb);
int vfio_mig_nl_check_dump_start(struct netlink_callback *cb);
int vfio_mig_nl_policy_dump_start(struct netlink_callback *cb);
int vfio_mig_nl_check_dump_done(struct netlink_callback *cb);

int vfio_mig_nl_status_get_doit(struct sk_buff *skb, struct genl_info *info);
int vfio_mig_nl_dev_get_doit(struct sk_buff *skb, struct genl_info *info);
int vfio_mig_nl_dev_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int vfio_mig_nl_type_get_doit(struct sk_buff *skb, struct genl_info *info);
int vfio_mig_nl_type_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int vfio_mig_nl_check_doit(struct sk_buff *skb, struct genl_info *info);
int vfio_mig_nl_check_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vfio_mig_nl_attr_set_doit(struct sk_buff *skb, struct genl_info *info);
int vfio_mig_nl_attr_del_doit(struct sk_buff *skb, struct genl_info *info);
int vfio_mig_nl_dev_set_doit(struct sk_buff *skb, struct genl_info *info);
int vfio_mig_nl_policy_get_dumpit(struct sk_buff *skb,
				  struct netlink_callback *cb);

enum {
	VFIO_MIG_NLGRP_MONITOR,
};

#endif /* _LINUX_VFIO_MIG_GEN_H */
