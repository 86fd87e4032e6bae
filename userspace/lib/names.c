// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The netlink specification as tables: names and shapes of the attributes, by
 * the set they belong to, and the names of enum values. The one place to amend
 * when the specification grows.
 */
#include <string.h>

#include "internal.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct vmig_member status_members[] = {
	[VFIO_MIG_A_STATUS_INSTANCE] = { "instance", VMIG_U64 },
	[VFIO_MIG_A_STATUS_SEQ] = { "seq", VMIG_U64 },
	[VFIO_MIG_A_STATUS_DEVICES] = { "devices", VMIG_U32 },
	[VFIO_MIG_A_STATUS_TYPES] = { "types", VMIG_U32 },
	[VFIO_MIG_A_STATUS_UNDESCRIBED] = { "undescribed", VMIG_U32 },
	[VFIO_MIG_A_STATUS_ATTRS_MAX] = { "attrs-max", VMIG_U32 },
	[VFIO_MIG_A_STATUS_PROFILE_MAX] = { "profile-max", VMIG_U32 },
};

static const struct vmig_member version_members[] = {
	[VFIO_MIG_A_VERSION_MAJOR] = { "major", VMIG_U32 },
	[VFIO_MIG_A_VERSION_MINOR] = { "minor", VMIG_U32 },
	[VFIO_MIG_A_VERSION_PATCH] = { "patch", VMIG_U32 },
};

static const struct vmig_member label_members[] = {
	[VFIO_MIG_A_LABEL_BIT] = { "bit", VMIG_U32 },
	[VFIO_MIG_A_LABEL_NAME] = { "name", VMIG_STRING },
};

static const struct vmig_member value_members[] = {
	[VFIO_MIG_A_ATTR_BOOL] = { "bool", VMIG_U8 },
	[VFIO_MIG_A_ATTR_U64] = { "u64", VMIG_U64 },
	[VFIO_MIG_A_ATTR_STRING] = { "string", VMIG_STRING },
	[VFIO_MIG_A_ATTR_VERSION] = {
		"version", VMIG_NEST, &vmig_version_space
	},
	[VFIO_MIG_A_ATTR_BITS] = { "bits", VMIG_BINARY },
};

static const struct vmig_member range_members[] = {
	[VFIO_MIG_A_RANGE_VALUE] = { "value", VMIG_NEST, &vmig_value_space },
	[VFIO_MIG_A_RANGE_MIN] = { "min", VMIG_NEST, &vmig_value_space },
	[VFIO_MIG_A_RANGE_MAX] = { "max", VMIG_NEST, &vmig_value_space },
};

static const struct vmig_member attr_members[] = {
	[VFIO_MIG_A_ATTR_BOOL] = { "bool", VMIG_U8 },
	[VFIO_MIG_A_ATTR_U64] = { "u64", VMIG_U64 },
	[VFIO_MIG_A_ATTR_STRING] = { "string", VMIG_STRING },
	[VFIO_MIG_A_ATTR_VERSION] = {
		"version", VMIG_NEST, &vmig_version_space
	},
	[VFIO_MIG_A_ATTR_BITS] = { "bits", VMIG_BINARY },
	[VFIO_MIG_A_ATTR_NAME] = { "name", VMIG_STRING },
	[VFIO_MIG_A_ATTR_RULE] = { "rule", VMIG_U32 },
	[VFIO_MIG_A_ATTR_SEVERITY] = { "severity", VMIG_U32 },
	[VFIO_MIG_A_ATTR_MISSING] = { "missing", VMIG_U32 },
	[VFIO_MIG_A_ATTR_ORIGIN] = { "origin", VMIG_U32 },
	[VFIO_MIG_A_ATTR_LABEL] = {
		"label", VMIG_NEST, &vmig_label_space, true
	},
	[VFIO_MIG_A_ATTR_ACCEPT] = {
		"accept", VMIG_NEST, &vmig_range_space, true
	},
	[VFIO_MIG_A_ATTR_SETTABLE] = {
		"settable", VMIG_NEST, &vmig_range_space, true
	},
	[VFIO_MIG_A_ATTR_SCOPE] = { "scope", VMIG_U32 },
};

static const struct vmig_member left_out_members[] = {
	[VFIO_MIG_A_LEFT_OUT_NAME] = { "name", VMIG_STRING },
	[VFIO_MIG_A_LEFT_OUT_SCOPE] = { "scope", VMIG_U32 },
	[VFIO_MIG_A_LEFT_OUT_REASON] = { "reason", VMIG_U32 },
};

static const struct vmig_member policy_members[] = {
	[VFIO_MIG_A_POLICY_SCOPE] = { "scope", VMIG_U32 },
	[VFIO_MIG_A_POLICY_DRIVER] = { "driver", VMIG_STRING },
	[VFIO_MIG_A_POLICY_SEQ] = { "seq", VMIG_U64 },
	[VFIO_MIG_A_POLICY_ATTR] = {
		"attr", VMIG_NEST, &vmig_attr_space, true
	},
};

static const struct vmig_member object_members[] = {
	[VFIO_MIG_A_OBJECT_ID] = { "id", VMIG_U32 },
	[VFIO_MIG_A_OBJECT_BUS] = { "bus", VMIG_STRING },
	[VFIO_MIG_A_OBJECT_PARENT] = { "parent", VMIG_STRING },
	[VFIO_MIG_A_OBJECT_NAME] = { "name", VMIG_STRING },
	[VFIO_MIG_A_OBJECT_SEQ] = { "seq", VMIG_U64 },
	[VFIO_MIG_A_OBJECT_AVAILABLE] = { "available", VMIG_U32 },
	[VFIO_MIG_A_OBJECT_ATTR] = {
		"attr", VMIG_NEST, &vmig_attr_space, true
	},
	[VFIO_MIG_A_OBJECT_REFUSED] = {
		"refused", VMIG_NEST, &vmig_refused_space
	},
	[VFIO_MIG_A_OBJECT_LEFT_OUT] = {
		"left-out", VMIG_NEST, &vmig_left_out_space, true
	},
	[VFIO_MIG_A_OBJECT_LEFT_OUT_MORE] = { "left-out-more", VMIG_U32 },
};

static const struct vmig_member finding_members[] = {
	[VFIO_MIG_A_FINDING_NAME] = { "name", VMIG_STRING },
	[VFIO_MIG_A_FINDING_KIND] = { "kind", VMIG_U32 },
	[VFIO_MIG_A_FINDING_RULE] = { "rule", VMIG_U32 },
	[VFIO_MIG_A_FINDING_SEVERITY] = { "severity", VMIG_U32 },
	[VFIO_MIG_A_FINDING_SOURCE] = {
		"source", VMIG_NEST, &vmig_value_space
	},
	[VFIO_MIG_A_FINDING_TARGET] = {
		"target", VMIG_NEST, &vmig_value_space
	},
	[VFIO_MIG_A_FINDING_SET] = { "set", VMIG_NEST, &vmig_value_space },
};

static const struct vmig_member refused_members[] = {
	[VFIO_MIG_A_REFUSED_COUNT] = { "count", VMIG_U64 },
	[VFIO_MIG_A_REFUSED_TIME] = { "time", VMIG_U64 },
	[VFIO_MIG_A_REFUSED_REASON] = { "reason", VMIG_STRING },
	[VFIO_MIG_A_REFUSED_OMITTED] = { "omitted", VMIG_U32 },
	[VFIO_MIG_A_REFUSED_FINDING] = {
		"finding", VMIG_NEST, &vmig_finding_space, true
	},
};

static const struct vmig_member check_members[] = {
	[VFIO_MIG_A_CHECK_SOURCE] = {
		"source", VMIG_NEST, &vmig_object_space
	},
	[VFIO_MIG_A_CHECK_PROFILE] = { "profile", VMIG_BINARY },
	[VFIO_MIG_A_CHECK_TARGET] = {
		"target", VMIG_NEST, &vmig_object_space
	},
	[VFIO_MIG_A_CHECK_SEQ] = { "seq", VMIG_U64 },
	[VFIO_MIG_A_CHECK_AVAILABLE] = { "available", VMIG_U32 },
	[VFIO_MIG_A_CHECK_IN_USE] = { "in-use", VMIG_U8 },
	[VFIO_MIG_A_CHECK_VERDICT] = { "verdict", VMIG_U32 },
	[VFIO_MIG_A_CHECK_FINDING] = {
		"finding", VMIG_NEST, &vmig_finding_space, true
	},
};

static const struct vmig_member change_members[] = {
	[VFIO_MIG_A_CHANGE_TARGET] = {
		"target", VMIG_NEST, &vmig_object_space
	},
	[VFIO_MIG_A_CHANGE_ATTR] = {
		"attr", VMIG_NEST, &vmig_attr_space, true
	},
	[VFIO_MIG_A_CHANGE_REPLACE] = { "replace", VMIG_BINARY },
	[VFIO_MIG_A_CHANGE_NAME] = { "name", VMIG_STRING, NULL, true },
	[VFIO_MIG_A_CHANGE_DRIVER] = { "driver", VMIG_STRING },
	[VFIO_MIG_A_CHANGE_ALL] = { "all", VMIG_BINARY },
};

static const struct vmig_member move_members[] = {
	[VFIO_MIG_A_MOVE_TARGET] = { "target", VMIG_NEST, &vmig_object_space },
	[VFIO_MIG_A_MOVE_NETNS_FD] = { "netns-fd", VMIG_U32 },
	[VFIO_MIG_A_MOVE_NETNS_PID] = { "netns-pid", VMIG_U32 },
	[VFIO_MIG_A_MOVE_NETNS_NSID] = { "netns-nsid", VMIG_U32 },
};

const struct vmig_space vmig_status_space = {
	"status", ARRAY_SIZE(status_members) - 1, status_members
};

const struct vmig_space vmig_version_space = {
	"version", ARRAY_SIZE(version_members) - 1, version_members
};

const struct vmig_space vmig_label_space = {
	"label", ARRAY_SIZE(label_members) - 1, label_members
};

const struct vmig_space vmig_value_space = {
	"value", ARRAY_SIZE(value_members) - 1, value_members
};

const struct vmig_space vmig_range_space = {
	"range", ARRAY_SIZE(range_members) - 1, range_members
};

const struct vmig_space vmig_attr_space = {
	"attr", ARRAY_SIZE(attr_members) - 1, attr_members
};

const struct vmig_space vmig_object_space = {
	"object", ARRAY_SIZE(object_members) - 1, object_members
};

const struct vmig_space vmig_finding_space = {
	"finding", ARRAY_SIZE(finding_members) - 1, finding_members
};

const struct vmig_space vmig_refused_space = {
	"refused", ARRAY_SIZE(refused_members) - 1, refused_members
};

const struct vmig_space vmig_move_space = {
	"move", ARRAY_SIZE(move_members) - 1, move_members
};

const struct vmig_space vmig_check_space = {
	"check", ARRAY_SIZE(check_members) - 1, check_members
};

const struct vmig_space vmig_change_space = {
	"change", ARRAY_SIZE(change_members) - 1, change_members
};

const struct vmig_space vmig_left_out_space = {
	"left-out", ARRAY_SIZE(left_out_members) - 1, left_out_members
};

const struct vmig_space vmig_policy_space = {
	"policy", ARRAY_SIZE(policy_members) - 1, policy_members
};

/* The member of that number, or NULL if the specification has none. */
const struct vmig_member *vmig_member(const struct vmig_space *space,
				      unsigned int number)
{
	if (number > space->max || space->members[number].wire == VMIG_NONE)
		return NULL;

	return &space->members[number];
}

static const char * const value_type_names[] = {
	[VFIOMIG_VALUE_UNKNOWN] = "unknown",
	[VFIOMIG_VALUE_BOOL] = "bool",
	[VFIOMIG_VALUE_U64] = "u64",
	[VFIOMIG_VALUE_STRING] = "string",
	[VFIOMIG_VALUE_VERSION] = "version",
	[VFIOMIG_VALUE_BITS] = "bits",
};

static const char * const rule_names[] = {
	[VFIO_MIG_RULE_EQUAL] = "equal",
	[VFIO_MIG_RULE_ANY] = "any",
	[VFIO_MIG_RULE_NONE] = "none",
	[VFIO_MIG_RULE_ONE_OF] = "one-of",
	[VFIO_MIG_RULE_SEMVER] = "semver",
	[VFIO_MIG_RULE_SUPERSET] = "superset",
	[VFIO_MIG_RULE_AT_LEAST] = "at-least",
};

static const char * const severity_names[] = {
	[VFIO_MIG_SEVERITY_INFO] = "info",
	[VFIO_MIG_SEVERITY_UNDECIDED] = "undecided",
	[VFIO_MIG_SEVERITY_FAIL] = "fail",
};

static const char * const origin_names[] = {
	[VFIO_MIG_ORIGIN_VFIO] = "vfio",
	[VFIO_MIG_ORIGIN_DRIVER] = "driver",
	[VFIO_MIG_ORIGIN_ADMIN] = "admin",
};

static const char * const scope_names[] = {
	[VFIO_MIG_SCOPE_DEVICE] = "device",
	[VFIO_MIG_SCOPE_DRIVER] = "driver",
	[VFIO_MIG_SCOPE_ALL] = "all",
};

static const char * const left_out_reason_names[] = {
	[VFIO_MIG_LEFT_OUT_REASON_CLAIMED] = "claimed",
	[VFIO_MIG_LEFT_OUT_REASON_DECIDED] = "decided",
	[VFIO_MIG_LEFT_OUT_REASON_UNFIT] = "unfit",
	[VFIO_MIG_LEFT_OUT_REASON_ROOM] = "room",
};

static const char * const verdict_names[] = {
	[VFIO_MIG_VERDICT_COMPATIBLE] = "compatible",
	[VFIO_MIG_VERDICT_ADJUSTABLE] = "adjustable",
	[VFIO_MIG_VERDICT_UNDECIDED] = "undecided",
	[VFIO_MIG_VERDICT_INCOMPATIBLE] = "incompatible",
};

static const char * const finding_kind_names[] = {
	[VFIO_MIG_FINDING_KIND_MISMATCH] = "mismatch",
	[VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET] = "missing-on-target",
	[VFIO_MIG_FINDING_KIND_MISSING_ON_SOURCE] = "missing-on-source",
	[VFIO_MIG_FINDING_KIND_TYPE] = "type",
	[VFIO_MIG_FINDING_KIND_SETTABLE] = "settable",
	[VFIO_MIG_FINDING_KIND_UNKNOWN] = "unknown",
};

static const char * const event_names[] = {
	[VFIOMIG_EVENT_ADD] = "add",
	[VFIOMIG_EVENT_DEL] = "del",
	[VFIOMIG_EVENT_CHANGE] = "change",
	[VFIOMIG_EVENT_OVERRUN] = "overrun",
	[VFIOMIG_EVENT_SYNCED] = "synced",
	[VFIOMIG_EVENT_FAMILY_GONE] = "family-gone",
	[VFIOMIG_EVENT_FAMILY_BACK] = "family-back",
};

static const char *name_of(const char * const *names, size_t count, uint32_t n)
{
	return n < count ? names[n] : NULL;
}

const char *vfiomig_value_type_name(enum vfiomig_value_type type)
{
	const char *name = name_of(value_type_names,
				   ARRAY_SIZE(value_type_names), type);

	return name ? name : "unknown";
}

const char *vfiomig_rule_name(uint32_t rule)
{
	return name_of(rule_names, ARRAY_SIZE(rule_names), rule);
}

const char *vfiomig_severity_name(uint32_t severity)
{
	return name_of(severity_names, ARRAY_SIZE(severity_names), severity);
}

const char *vfiomig_origin_name(uint32_t origin)
{
	return name_of(origin_names, ARRAY_SIZE(origin_names), origin);
}

const char *vfiomig_scope_name(uint32_t scope)
{
	return name_of(scope_names, ARRAY_SIZE(scope_names), scope);
}

const char *vfiomig_left_out_reason_name(uint32_t reason)
{
	return name_of(left_out_reason_names,
		       ARRAY_SIZE(left_out_reason_names), reason);
}

const char *vfiomig_verdict_name(uint32_t verdict)
{
	return name_of(verdict_names, ARRAY_SIZE(verdict_names), verdict);
}

const char *vfiomig_finding_kind_name(uint32_t kind)
{
	return name_of(finding_kind_names, ARRAY_SIZE(finding_kind_names),
		       kind);
}

const char *vfiomig_event_name(enum vfiomig_event_kind kind)
{
	return name_of(event_names, ARRAY_SIZE(event_names), kind);
}

/* The number of a name among those, 0 if it is none of them. */
static uint32_t number_of(const char * const *names, size_t count,
			  const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] && !strcmp(names[i], name))
			return i;

	return 0;
}

enum vfiomig_value_type vmig_value_type(const char *name)
{
	/* "unknown" is the name of what has none */
	return number_of(value_type_names, ARRAY_SIZE(value_type_names), name);
}

uint32_t vmig_rule(const char *name)
{
	return number_of(rule_names, ARRAY_SIZE(rule_names), name);
}

uint32_t vmig_severity(const char *name)
{
	return number_of(severity_names, ARRAY_SIZE(severity_names), name);
}

uint32_t vmig_origin(const char *name)
{
	return number_of(origin_names, ARRAY_SIZE(origin_names), name);
}

uint32_t vmig_scope(const char *name)
{
	return number_of(scope_names, ARRAY_SIZE(scope_names), name);
}
