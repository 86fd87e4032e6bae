// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the engine found, in words for a log. Programs read findings over
 * netlink instead.
 */

#include <linux/kernel.h>

#include "match.h"
#include "phrase.h"

static const char *const rules[] = {
	[0] = "unknown",
	[VFIO_MIG_RULE_EQUAL] = "equal",
	[VFIO_MIG_RULE_ANY] = "any",
	[VFIO_MIG_RULE_NONE] = "none",
	[VFIO_MIG_RULE_ONE_OF] = "one-of",
	[VFIO_MIG_RULE_SEMVER] = "semver",
	[VFIO_MIG_RULE_SUPERSET] = "superset",
	[VFIO_MIG_RULE_AT_LEAST] = "at-least",
};

static size_t put_bits(char *buf, size_t size, const u8 *bits, size_t len)
{
	const char *comma = "";
	unsigned int bit;
	size_t n;

	n = scnprintf(buf, size, "bits {");
	for (bit = 0; bit < 8 * len; bit++) {
		if (!(bits[bit / 8] & BIT(bit % 8)))
			continue;
		n += scnprintf(buf + n, size - n, "%s%u", comma, bit);
		comma = ",";
	}
	return n + scnprintf(buf + n, size - n, "}");
}

static size_t put_value(char *buf, size_t size,
			const struct vfio_mig_value *value)
{
	switch (value->type) {
	case VFIO_MIG_A_ATTR_BOOL:
		return scnprintf(buf, size, value->num ? "true" : "false");
	case VFIO_MIG_A_ATTR_U64:
		return scnprintf(buf, size, "%llu", value->num);
	case VFIO_MIG_A_ATTR_STRING:
		return scnprintf(buf, size, "\"%.*s\"", value->len,
				 (const char *)value->data);
	case VFIO_MIG_A_ATTR_VERSION:
		return scnprintf(buf, size, "%u.%u.%u", value->version[0],
				 value->version[1], value->version[2]);
	case VFIO_MIG_A_ATTR_BITS:
		return put_bits(buf, size, value->data, value->len);
	}
	return scnprintf(buf, size, "something unknown");
}

static size_t put_both(char *buf, size_t size,
		       const struct vfio_mig_finding *finding)
{
	size_t n;

	n = scnprintf(buf, size, "the source has ");
	n += put_value(buf + n, size - n, &finding->source->value);
	n += scnprintf(buf + n, size - n, ", this device ");
	n += put_value(buf + n, size - n, &finding->target->value);
	return n + scnprintf(buf + n, size - n, " (%s)", rules[finding->rule]);
}

/**
 * vfio_mig_phrase_finding - say what was found
 * @buf: where to
 * @size: bytes at @buf, with the NUL
 * @finding: what was found
 *
 * Return: bytes written, without the NUL. What does not fit is cut off.
 */
size_t vfio_mig_phrase_finding(char *buf, size_t size,
			       const struct vfio_mig_finding *finding)
{
	const struct vfio_mig_view *who = finding->source ?: finding->target;
	size_t n, len;

	n = scnprintf(buf, size, "%.*s: ", who->name_len, who->name);
	buf += n;
	size -= n;

	switch (finding->kind) {
	case VFIO_MIG_FINDING_KIND_MISMATCH:
	case VFIO_MIG_FINDING_KIND_TYPE:
		return n + put_both(buf, size, finding);
	case VFIO_MIG_FINDING_KIND_MISSING_ON_TARGET:
		return n + scnprintf(buf, size, "this device does not have it");
	case VFIO_MIG_FINDING_KIND_MISSING_ON_SOURCE:
		return n + scnprintf(buf, size, "the source does not have it");
	case VFIO_MIG_FINDING_KIND_SETTABLE:
		len = scnprintf(buf, size, "to be set beforehand, to ");
		len += put_value(buf + len, size - len, &finding->set);
		return n + len;
	}
	return n + scnprintf(buf, size, "not known to this kernel");
}
