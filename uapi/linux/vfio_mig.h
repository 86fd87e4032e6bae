/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vfio_mig.yaml */
/* YNL-GEN uapi header */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#ifndef _UAPI_LINUX_VFIO_MIG_H
#define _UAPI_LINUX_VFIO_MIG_H

#define VFIO_MIG_FAMILY_NAME	"vfio_mig"
#define VFIO_MIG_FAMILY_VERSION	1

#define VFIO_MIG_NAME_MAX		63
#define VFIO_MIG_STRING_MAX		255
#define VFIO_MIG_BITS_MAX		256
#define VFIO_MIG_LABEL_MAX		31
#define VFIO_MIG_ATTRS_MAX		64
#define VFIO_MIG_PROFILE_MAX		6144
#define VFIO_MIG_BUS_MAX		63
#define VFIO_MIG_HANDLE_PART_MAX	255
#define VFIO_MIG_LIST_MAX		32
#define VFIO_MIG_ADMIN_ATTRS_MAX	16
#define VFIO_MIG_POLICY_DRIVERS_MAX	32
#define VFIO_MIG_POLICY_MAX		65536
#define VFIO_MIG_LEFT_OUT_MAX		32

/**
 * enum vfio_mig_rule - Which values of a source the target's attribute
 *   accepts.
 * @VFIO_MIG_RULE_EQUAL: The target's own value.
 * @VFIO_MIG_RULE_ANY: Every value, the attribute only informs.
 * @VFIO_MIG_RULE_NONE: No value.
 * @VFIO_MIG_RULE_ONE_OF: The target's own value, a listed value, or a value in
 *   a listed range.
 * @VFIO_MIG_RULE_SEMVER: A version with the same major and a minor that is not
 *   above the target's.
 * @VFIO_MIG_RULE_SUPERSET: Bits all of which the target has.
 * @VFIO_MIG_RULE_AT_LEAST: A number or version that is not above the target's.
 */
enum vfio_mig_rule {
	VFIO_MIG_RULE_EQUAL = 1,
	VFIO_MIG_RULE_ANY,
	VFIO_MIG_RULE_NONE,
	VFIO_MIG_RULE_ONE_OF,
	VFIO_MIG_RULE_SEMVER,
	VFIO_MIG_RULE_SUPERSET,
	VFIO_MIG_RULE_AT_LEAST,
};

/**
 * enum vfio_mig_severity - What it means that an attribute does not fit, or is
 *   missing.
 * @VFIO_MIG_SEVERITY_INFO: Nothing.
 * @VFIO_MIG_SEVERITY_UNDECIDED: Nobody knows, only the migration itself will
 *   tell.
 * @VFIO_MIG_SEVERITY_FAIL: The migration would fail.
 */
enum vfio_mig_severity {
	VFIO_MIG_SEVERITY_INFO = 1,
	VFIO_MIG_SEVERITY_UNDECIDED,
	VFIO_MIG_SEVERITY_FAIL,
};

/**
 * enum vfio_mig_origin - Who says so.
 * @VFIO_MIG_ORIGIN_VFIO: Read from the VFIO core, the bus or the mdev core.
 * @VFIO_MIG_ORIGIN_DRIVER: A provider for the device's driver.
 * @VFIO_MIG_ORIGIN_ADMIN: The administrator.
 */
enum vfio_mig_origin {
	VFIO_MIG_ORIGIN_VFIO = 1,
	VFIO_MIG_ORIGIN_DRIVER,
	VFIO_MIG_ORIGIN_ADMIN,
};

/**
 * enum vfio_mig_scope - Of what the administrator has said it. The nearer one
 *   wins: what is said of a device over what is said of its driver, and that
 *   over what is said of all.
 * @VFIO_MIG_SCOPE_DEVICE: This device.
 * @VFIO_MIG_SCOPE_DRIVER: All devices and types of its driver.
 * @VFIO_MIG_SCOPE_ALL: All devices and types.
 */
enum vfio_mig_scope {
	VFIO_MIG_SCOPE_DEVICE = 1,
	VFIO_MIG_SCOPE_DRIVER,
	VFIO_MIG_SCOPE_ALL,
};

/**
 * enum vfio_mig_left_out_reason - Why something that the administrator says
 *   does not hold.
 * @VFIO_MIG_LEFT_OUT_REASON_CLAIMED: An attribute of this name is there, of
 *   VFIO or of the driver; or, in a namespace other than the initial one, the
 *   initial one's policy says it.
 * @VFIO_MIG_LEFT_OUT_REASON_DECIDED: The attribute is not one of origin vfio
 *   and severity undecided, so that its rule cannot be replaced.
 * @VFIO_MIG_LEFT_OUT_REASON_UNFIT: The rule, or its list, does not fit the
 *   type of the value.
 * @VFIO_MIG_LEFT_OUT_REASON_ROOM: It would go beyond a limit of the profile.
 */
enum vfio_mig_left_out_reason {
	VFIO_MIG_LEFT_OUT_REASON_CLAIMED = 1,
	VFIO_MIG_LEFT_OUT_REASON_DECIDED,
	VFIO_MIG_LEFT_OUT_REASON_UNFIT,
	VFIO_MIG_LEFT_OUT_REASON_ROOM,
};

/**
 * enum vfio_mig_migration_bit - The bits of the attribute "migration". The
 *   first 64 are the VFIO_MIGRATION_* flags of linux/vfio.h.
 * @VFIO_MIG_MIGRATION_BIT_STOP_COPY: The device's state can be saved while it
 *   is stopped.
 * @VFIO_MIG_MIGRATION_BIT_P2P: It can be kept from starting peer-to-peer
 *   transactions.
 * @VFIO_MIG_MIGRATION_BIT_PRE_COPY: Part of its state can be saved while it
 *   runs.
 * @VFIO_MIG_MIGRATION_BIT_DIRTY_LOG: It can tell which memory it has written
 *   to.
 */
enum vfio_mig_migration_bit {
	VFIO_MIG_MIGRATION_BIT_STOP_COPY,
	VFIO_MIG_MIGRATION_BIT_P2P,
	VFIO_MIG_MIGRATION_BIT_PRE_COPY,
	VFIO_MIG_MIGRATION_BIT_DIRTY_LOG = 64,
};

/**
 * enum vfio_mig_finding_kind - In what a source and a target do not fit.
 * @VFIO_MIG_FINDING_KIND_MISMATCH: The target does not accept the source's
 *   value.
 * @VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET: The target does not have the
 *   attribute.
 * @VFIO_MIG_FINDING_KIND_MISSING_ON_SOURCE: The source does not have the
 *   attribute.
 * @VFIO_MIG_FINDING_KIND_TYPE: The values are of different types.
 * @VFIO_MIG_FINDING_KIND_SETTABLE: The target does not accept the source's
 *   value as it is, but can be set so that it does.
 * @VFIO_MIG_FINDING_KIND_UNKNOWN: One of them says what the engine that
 *   compares does not know.
 */
enum vfio_mig_finding_kind {
	VFIO_MIG_FINDING_KIND_MISMATCH = 1,
	VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET,
	VFIO_MIG_FINDING_KIND_MISSING_ON_SOURCE,
	VFIO_MIG_FINDING_KIND_TYPE,
	VFIO_MIG_FINDING_KIND_SETTABLE,
	VFIO_MIG_FINDING_KIND_UNKNOWN,
};

/**
 * enum vfio_mig_verdict - Does a source fit a target?
 * @VFIO_MIG_VERDICT_COMPATIBLE: Yes.
 * @VFIO_MIG_VERDICT_ADJUSTABLE: Yes, once the values that were found settable
 *   are set.
 * @VFIO_MIG_VERDICT_UNDECIDED: Nobody knows, only the migration itself will
 *   tell.
 * @VFIO_MIG_VERDICT_INCOMPATIBLE: No.
 */
enum vfio_mig_verdict {
	VFIO_MIG_VERDICT_COMPATIBLE = 1,
	VFIO_MIG_VERDICT_ADJUSTABLE,
	VFIO_MIG_VERDICT_UNDECIDED,
	VFIO_MIG_VERDICT_INCOMPATIBLE,
};

enum {
	VFIO_MIG_A_STATUS_INSTANCE = 1,
	VFIO_MIG_A_STATUS_SEQ,
	VFIO_MIG_A_STATUS_DEVICES,
	VFIO_MIG_A_STATUS_TYPES,
	VFIO_MIG_A_STATUS_UNDESCRIBED,
	VFIO_MIG_A_STATUS_ATTRS_MAX,
	VFIO_MIG_A_STATUS_PROFILE_MAX,

	__VFIO_MIG_A_STATUS_MAX,
	VFIO_MIG_A_STATUS_MAX = (__VFIO_MIG_A_STATUS_MAX - 1)
};

enum {
	VFIO_MIG_A_OBJECT_ID = 1,
	VFIO_MIG_A_OBJECT_BUS,
	VFIO_MIG_A_OBJECT_PARENT,
	VFIO_MIG_A_OBJECT_NAME,
	VFIO_MIG_A_OBJECT_SEQ,
	VFIO_MIG_A_OBJECT_AVAILABLE,
	VFIO_MIG_A_OBJECT_ATTR,
	VFIO_MIG_A_OBJECT_REFUSED,
	VFIO_MIG_A_OBJECT_LEFT_OUT,
	VFIO_MIG_A_OBJECT_LEFT_OUT_MORE,

	__VFIO_MIG_A_OBJECT_MAX,
	VFIO_MIG_A_OBJECT_MAX = (__VFIO_MIG_A_OBJECT_MAX - 1)
};

enum {
	VFIO_MIG_A_ATTR_BOOL = 1,
	VFIO_MIG_A_ATTR_U64,
	VFIO_MIG_A_ATTR_STRING,
	VFIO_MIG_A_ATTR_VERSION,
	VFIO_MIG_A_ATTR_BITS,
	VFIO_MIG_A_ATTR_NAME,
	VFIO_MIG_A_ATTR_RULE,
	VFIO_MIG_A_ATTR_SEVERITY,
	VFIO_MIG_A_ATTR_MISSING,
	VFIO_MIG_A_ATTR_ORIGIN,
	VFIO_MIG_A_ATTR_LABEL,
	VFIO_MIG_A_ATTR_ACCEPT,
	VFIO_MIG_A_ATTR_SETTABLE,
	VFIO_MIG_A_ATTR_SCOPE,

	__VFIO_MIG_A_ATTR_MAX,
	VFIO_MIG_A_ATTR_MAX = (__VFIO_MIG_A_ATTR_MAX - 1)
};

enum {
	VFIO_MIG_A_VERSION_MAJOR = 1,
	VFIO_MIG_A_VERSION_MINOR,
	VFIO_MIG_A_VERSION_PATCH,

	__VFIO_MIG_A_VERSION_MAX,
	VFIO_MIG_A_VERSION_MAX = (__VFIO_MIG_A_VERSION_MAX - 1)
};

enum {
	VFIO_MIG_A_LABEL_BIT = 1,
	VFIO_MIG_A_LABEL_NAME,

	__VFIO_MIG_A_LABEL_MAX,
	VFIO_MIG_A_LABEL_MAX = (__VFIO_MIG_A_LABEL_MAX - 1)
};

enum {
	VFIO_MIG_A_RANGE_VALUE = 1,
	VFIO_MIG_A_RANGE_MIN,
	VFIO_MIG_A_RANGE_MAX,

	__VFIO_MIG_A_RANGE_ATTR_MAX,
	VFIO_MIG_A_RANGE_ATTR_MAX = (__VFIO_MIG_A_RANGE_ATTR_MAX - 1)
};

enum {
	VFIO_MIG_A_FINDING_NAME = 1,
	VFIO_MIG_A_FINDING_KIND,
	VFIO_MIG_A_FINDING_RULE,
	VFIO_MIG_A_FINDING_SEVERITY,
	VFIO_MIG_A_FINDING_SOURCE,
	VFIO_MIG_A_FINDING_TARGET,
	VFIO_MIG_A_FINDING_SET,

	__VFIO_MIG_A_FINDING_MAX,
	VFIO_MIG_A_FINDING_MAX = (__VFIO_MIG_A_FINDING_MAX - 1)
};

enum {
	VFIO_MIG_A_REFUSED_COUNT = 1,
	VFIO_MIG_A_REFUSED_TIME,
	VFIO_MIG_A_REFUSED_REASON,
	VFIO_MIG_A_REFUSED_OMITTED,
	VFIO_MIG_A_REFUSED_FINDING,

	__VFIO_MIG_A_REFUSED_MAX,
	VFIO_MIG_A_REFUSED_MAX = (__VFIO_MIG_A_REFUSED_MAX - 1)
};

enum {
	VFIO_MIG_A_LEFT_OUT_NAME = 1,
	VFIO_MIG_A_LEFT_OUT_SCOPE,
	VFIO_MIG_A_LEFT_OUT_REASON,

	__VFIO_MIG_A_LEFT_OUT_MAX,
	VFIO_MIG_A_LEFT_OUT_MAX = (__VFIO_MIG_A_LEFT_OUT_MAX - 1)
};

enum {
	VFIO_MIG_A_POLICY_SCOPE = 1,
	VFIO_MIG_A_POLICY_DRIVER,
	VFIO_MIG_A_POLICY_SEQ,
	VFIO_MIG_A_POLICY_ATTR,

	__VFIO_MIG_A_POLICY_MAX,
	VFIO_MIG_A_POLICY_MAX = (__VFIO_MIG_A_POLICY_MAX - 1)
};

enum {
	VFIO_MIG_A_CHECK_SOURCE = 1,
	VFIO_MIG_A_CHECK_PROFILE,
	VFIO_MIG_A_CHECK_TARGET,
	VFIO_MIG_A_CHECK_SEQ,
	VFIO_MIG_A_CHECK_AVAILABLE,
	VFIO_MIG_A_CHECK_IN_USE,
	VFIO_MIG_A_CHECK_VERDICT,
	VFIO_MIG_A_CHECK_FINDING,

	__VFIO_MIG_A_CHECK_MAX,
	VFIO_MIG_A_CHECK_MAX = (__VFIO_MIG_A_CHECK_MAX - 1)
};

enum {
	VFIO_MIG_A_CHANGE_TARGET = 1,
	VFIO_MIG_A_CHANGE_ATTR,
	VFIO_MIG_A_CHANGE_REPLACE,
	VFIO_MIG_A_CHANGE_NAME,
	VFIO_MIG_A_CHANGE_DRIVER,
	VFIO_MIG_A_CHANGE_ALL,

	__VFIO_MIG_A_CHANGE_MAX,
	VFIO_MIG_A_CHANGE_MAX = (__VFIO_MIG_A_CHANGE_MAX - 1)
};

enum {
	VFIO_MIG_A_MOVE_TARGET = 1,
	VFIO_MIG_A_MOVE_NETNS_FD,
	VFIO_MIG_A_MOVE_NETNS_PID,
	VFIO_MIG_A_MOVE_NETNS_NSID,

	__VFIO_MIG_A_MOVE_MAX,
	VFIO_MIG_A_MOVE_MAX = (__VFIO_MIG_A_MOVE_MAX - 1)
};

enum {
	VFIO_MIG_CMD_STATUS_GET = 1,
	VFIO_MIG_CMD_DEV_GET,
	VFIO_MIG_CMD_DEV_ADD_NTF,
	VFIO_MIG_CMD_DEV_DEL_NTF,
	VFIO_MIG_CMD_DEV_CHANGE_NTF,
	VFIO_MIG_CMD_TYPE_GET,
	VFIO_MIG_CMD_TYPE_ADD_NTF,
	VFIO_MIG_CMD_TYPE_DEL_NTF,
	VFIO_MIG_CMD_TYPE_CHANGE_NTF,
	VFIO_MIG_CMD_CHECK,
	VFIO_MIG_CMD_ATTR_SET,
	VFIO_MIG_CMD_ATTR_DEL,
	VFIO_MIG_CMD_DEV_SET,
	VFIO_MIG_CMD_POLICY_GET,
	VFIO_MIG_CMD_POLICY_NTF,

	__VFIO_MIG_CMD_MAX,
	VFIO_MIG_CMD_MAX = (__VFIO_MIG_CMD_MAX - 1)
};

#define VFIO_MIG_MCGRP_MONITOR	"monitor"

#endif /* _UAPI_LINUX_VFIO_MIG_H */
