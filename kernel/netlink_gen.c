// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vfio_mig.yaml */
/* YNL-GEN kernel source */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/vfio_mig.h>

/* Common nested types */
const struct nla_policy vfio_mig_attr_nl_policy[VFIO_MIG_A_ATTR_SCOPE + 1] = {
	[VFIO_MIG_A_ATTR_BOOL] = { .type = NLA_U8, },
	[VFIO_MIG_A_ATTR_U64] = { .type = NLA_U64, },
	[VFIO_MIG_A_ATTR_STRING] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_STRING_MAX, },
	[VFIO_MIG_A_ATTR_VERSION] = NLA_POLICY_NESTED(vfio_mig_version_nl_policy),
	[VFIO_MIG_A_ATTR_BITS] = NLA_POLICY_MAX_LEN(32),
	[VFIO_MIG_A_ATTR_NAME] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_NAME_MAX, },
	[VFIO_MIG_A_ATTR_RULE] = NLA_POLICY_RANGE(NLA_U32, 1, 7),
	[VFIO_MIG_A_ATTR_SEVERITY] = NLA_POLICY_RANGE(NLA_U32, 1, 3),
	[VFIO_MIG_A_ATTR_MISSING] = NLA_POLICY_RANGE(NLA_U32, 1, 3),
	[VFIO_MIG_A_ATTR_ORIGIN] = NLA_POLICY_RANGE(NLA_U32, 1, 3),
	[VFIO_MIG_A_ATTR_LABEL] = NLA_POLICY_NESTED(vfio_mig_label_nl_policy),
	[VFIO_MIG_A_ATTR_ACCEPT] = NLA_POLICY_NESTED(vfio_mig_range_nl_policy),
	[VFIO_MIG_A_ATTR_SETTABLE] = NLA_POLICY_NESTED(vfio_mig_range_nl_policy),
	[VFIO_MIG_A_ATTR_SCOPE] = NLA_POLICY_RANGE(NLA_U32, 1, 3),
};

const struct nla_policy vfio_mig_handle_nl_policy[VFIO_MIG_A_OBJECT_NAME + 1] = {
	[VFIO_MIG_A_OBJECT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_A_OBJECT_BUS] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_BUS_MAX, },
	[VFIO_MIG_A_OBJECT_PARENT] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_HANDLE_PART_MAX, },
	[VFIO_MIG_A_OBJECT_NAME] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_HANDLE_PART_MAX, },
};

const struct nla_policy vfio_mig_label_nl_policy[VFIO_MIG_A_LABEL_NAME + 1] = {
	[VFIO_MIG_A_LABEL_BIT] = { .type = NLA_U32, },
	[VFIO_MIG_A_LABEL_NAME] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_LABEL_MAX, },
};

const struct nla_policy vfio_mig_range_nl_policy[VFIO_MIG_A_RANGE_MAX + 1] = {
	[VFIO_MIG_A_RANGE_VALUE] = NLA_POLICY_NESTED(vfio_mig_value_nl_policy),
	[VFIO_MIG_A_RANGE_MIN] = NLA_POLICY_NESTED(vfio_mig_value_nl_policy),
	[VFIO_MIG_A_RANGE_MAX] = NLA_POLICY_NESTED(vfio_mig_value_nl_policy),
};

const struct nla_policy vfio_mig_value_nl_policy[VFIO_MIG_A_ATTR_BITS + 1] = {
	[VFIO_MIG_A_ATTR_BOOL] = { .type = NLA_U8, },
	[VFIO_MIG_A_ATTR_U64] = { .type = NLA_U64, },
	[VFIO_MIG_A_ATTR_STRING] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_STRING_MAX, },
	[VFIO_MIG_A_ATTR_VERSION] = NLA_POLICY_NESTED(vfio_mig_version_nl_policy),
	[VFIO_MIG_A_ATTR_BITS] = NLA_POLICY_MAX_LEN(32),
};

const struct nla_policy vfio_mig_version_nl_policy[VFIO_MIG_A_VERSION_PATCH + 1] = {
	[VFIO_MIG_A_VERSION_MAJOR] = { .type = NLA_U32, },
	[VFIO_MIG_A_VERSION_MINOR] = { .type = NLA_U32, },
	[VFIO_MIG_A_VERSION_PATCH] = { .type = NLA_U32, },
};

/* VFIO_MIG_CMD_DEV_GET - do */
static const struct nla_policy vfio_mig_dev_get_nl_policy[VFIO_MIG_A_OBJECT_NAME + 1] = {
	[VFIO_MIG_A_OBJECT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_A_OBJECT_BUS] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_BUS_MAX, },
	[VFIO_MIG_A_OBJECT_NAME] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_HANDLE_PART_MAX, },
};

/* VFIO_MIG_CMD_TYPE_GET - do */
static const struct nla_policy vfio_mig_type_get_nl_policy[VFIO_MIG_A_OBJECT_NAME + 1] = {
	[VFIO_MIG_A_OBJECT_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_A_OBJECT_BUS] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_BUS_MAX, },
	[VFIO_MIG_A_OBJECT_PARENT] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_HANDLE_PART_MAX, },
	[VFIO_MIG_A_OBJECT_NAME] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_HANDLE_PART_MAX, },
};

/* VFIO_MIG_CMD_CHECK - do */
static const struct nla_policy vfio_mig_check_do_nl_policy[VFIO_MIG_A_CHECK_TARGET + 1] = {
	[VFIO_MIG_A_CHECK_SOURCE] = NLA_POLICY_NESTED(vfio_mig_handle_nl_policy),
	[VFIO_MIG_A_CHECK_PROFILE] = NLA_POLICY_MAX_LEN(VFIO_MIG_PROFILE_MAX),
	[VFIO_MIG_A_CHECK_TARGET] = NLA_POLICY_NESTED(vfio_mig_handle_nl_policy),
};

/* VFIO_MIG_CMD_CHECK - dump */
static const struct nla_policy vfio_mig_check_dump_nl_policy[VFIO_MIG_A_CHECK_PROFILE + 1] = {
	[VFIO_MIG_A_CHECK_SOURCE] = NLA_POLICY_NESTED(vfio_mig_handle_nl_policy),
	[VFIO_MIG_A_CHECK_PROFILE] = NLA_POLICY_MAX_LEN(VFIO_MIG_PROFILE_MAX),
};

/* VFIO_MIG_CMD_ATTR_SET - do */
static const struct nla_policy vfio_mig_attr_set_nl_policy[VFIO_MIG_A_CHANGE_ALL + 1] = {
	[VFIO_MIG_A_CHANGE_TARGET] = NLA_POLICY_NESTED(vfio_mig_handle_nl_policy),
	[VFIO_MIG_A_CHANGE_ATTR] = NLA_POLICY_NESTED(vfio_mig_attr_nl_policy),
	[VFIO_MIG_A_CHANGE_REPLACE] = { .type = NLA_FLAG, },
	[VFIO_MIG_A_CHANGE_DRIVER] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_STRING_MAX, },
	[VFIO_MIG_A_CHANGE_ALL] = { .type = NLA_FLAG, },
};

/* VFIO_MIG_CMD_ATTR_DEL - do */
static const struct nla_policy vfio_mig_attr_del_nl_policy[VFIO_MIG_A_CHANGE_ALL + 1] = {
	[VFIO_MIG_A_CHANGE_TARGET] = NLA_POLICY_NESTED(vfio_mig_handle_nl_policy),
	[VFIO_MIG_A_CHANGE_NAME] = { .type = NLA_STRING, .len = VFIO_MIG_NAME_MAX, },
	[VFIO_MIG_A_CHANGE_DRIVER] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_STRING_MAX, },
	[VFIO_MIG_A_CHANGE_ALL] = { .type = NLA_FLAG, },
};

/* VFIO_MIG_CMD_DEV_SET - do */
static const struct nla_policy vfio_mig_dev_set_nl_policy[VFIO_MIG_A_MOVE_NETNS_NSID + 1] = {
	[VFIO_MIG_A_MOVE_TARGET] = NLA_POLICY_NESTED(vfio_mig_handle_nl_policy),
	[VFIO_MIG_A_MOVE_NETNS_FD] = { .type = NLA_U32, },
	[VFIO_MIG_A_MOVE_NETNS_PID] = { .type = NLA_U32, },
	[VFIO_MIG_A_MOVE_NETNS_NSID] = { .type = NLA_S32, },
};

/* Ops table for vfio_mig */
const struct genl_split_ops vfio_mig_nl_ops[11] = {
	{
		.cmd	= VFIO_MIG_CMD_STATUS_GET,
		.doit	= vfio_mig_nl_status_get_doit,
		.flags	= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_CMD_DEV_GET,
		.doit		= vfio_mig_nl_dev_get_doit,
		.policy		= vfio_mig_dev_get_nl_policy,
		.maxattr	= VFIO_MIG_A_OBJECT_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= VFIO_MIG_CMD_DEV_GET,
		.start	= vfio_mig_nl_dev_dump_start,
		.dumpit	= vfio_mig_nl_dev_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VFIO_MIG_CMD_TYPE_GET,
		.doit		= vfio_mig_nl_type_get_doit,
		.policy		= vfio_mig_type_get_nl_policy,
		.maxattr	= VFIO_MIG_A_OBJECT_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= VFIO_MIG_CMD_TYPE_GET,
		.start	= vfio_mig_nl_type_dump_start,
		.dumpit	= vfio_mig_nl_type_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VFIO_MIG_CMD_CHECK,
		.doit		= vfio_mig_nl_check_doit,
		.policy		= vfio_mig_check_do_nl_policy,
		.maxattr	= VFIO_MIG_A_CHECK_TARGET,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_CMD_CHECK,
		.start		= vfio_mig_nl_check_dump_start,
		.dumpit		= vfio_mig_nl_check_dumpit,
		.done		= vfio_mig_nl_check_dump_done,
		.policy		= vfio_mig_check_dump_nl_policy,
		.maxattr	= VFIO_MIG_A_CHECK_PROFILE,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VFIO_MIG_CMD_ATTR_SET,
		.doit		= vfio_mig_nl_attr_set_doit,
		.policy		= vfio_mig_attr_set_nl_policy,
		.maxattr	= VFIO_MIG_A_CHANGE_ALL,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_CMD_ATTR_DEL,
		.doit		= vfio_mig_nl_attr_del_doit,
		.policy		= vfio_mig_attr_del_nl_policy,
		.maxattr	= VFIO_MIG_A_CHANGE_ALL,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_CMD_DEV_SET,
		.doit		= vfio_mig_nl_dev_set_doit,
		.policy		= vfio_mig_dev_set_nl_policy,
		.maxattr	= VFIO_MIG_A_MOVE_NETNS_NSID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= VFIO_MIG_CMD_POLICY_GET,
		.start	= vfio_mig_nl_policy_dump_start,
		.dumpit	= vfio_mig_nl_policy_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
};

static const struct genl_multicast_group vfio_mig_nl_mcgrps[] = {
	[VFIO_MIG_NLGRP_MONITOR] = { "monitor", },
};
