// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be set of a parent, so that two of them are an old host and a new
 * one. Each is a file in /sys/devices/platform/vfio_mig_sim.N:
 *
 *	version		of the software: "1.2.0"
 *	interface	of gen1 and gen2: "2.1.3"
 *	accept		interfaces from which gen2 takes over, at most 8
 *			ranges: "2.0.2-2.0.4,2.1.0-", or nothing
 *	features	that net offers, a set of bits: "0x820021"
 *	memory		bytes for each unit of a device that is created from now
 *			on, 4096 to 1048576, a multiple of 4096
 *	chpid_type	of ccw: "0x1a"
 *	subchannel_type	of ccw: "0"
 *	firmware	in every stream, refused by a target that has another,
 *			and told by no attribute, as if it had been forgotten
 *	provider	do the devices describe themselves? "1" or "0"
 *
 * Devices that are there already follow, but for their memory.
 */

#include <linux/kstrtox.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "sim.h"

#define UNIT_MEMORY_MIN	SZ_4K
#define UNIT_MEMORY_MAX	SZ_1M

/**
 * sim_config_default - what a parent is before anybody sets anything
 * @config: all of it is written
 */
void sim_config_default(struct sim_config *config)
{
	*config = (struct sim_config) {
		.version = { { 1, 2, 0 } },
		.interface = { { 2, 1, 3 } },
		.accept = {
			{ .min = { { 2, 0, 2 } }, .max = { { 2, 0, 4 } } },
			{ .min = { { 2, 1, 0 } }, .open = true },
		},
		.n_accept = 2,
		/* csum, mac, status, ctrl-vq, mq */
		.features = BIT_ULL(0) | BIT_ULL(5) | BIT_ULL(16) |
			    BIT_ULL(17) | BIT_ULL(22),
		.memory = SZ_64K,
		.chpid_type = 0x1a,
		.subchannel_type = 0,
		.firmware = 1,
		.provider = true,
	};
}

static struct sim_parent *to_parent(struct device *dev)
{
	return dev_get_platdata(dev);
}

/* No leading zeros, as everywhere: one version has one text. */
static int parse_version(char *text, struct sim_version *version)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		char *part = strsep(&text, ".");
		int err;

		if (!part || (part[0] == '0' && part[1]) || part[0] == '+')
			return -EINVAL;
		err = kstrtou32(part, 10, &version->n[i]);
		if (err)
			return err;
	}
	return text ? -EINVAL : 0;
}

static int compare(const struct sim_version *a, const struct sim_version *b)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		if (a->n[i] != b->n[i])
			return a->n[i] < b->n[i] ? -1 : 1;
	return 0;
}

static int parse_range(char *text, struct sim_range *range)
{
	char *min = strsep(&text, "-");
	int err;

	*range = (struct sim_range) {};
	err = parse_version(min, &range->min);
	if (err)
		return err;
	if (!text) {
		range->max = range->min;
		return 0;
	}
	if (!*text) {
		range->open = true;
		return 0;
	}
	err = parse_version(text, &range->max);
	if (err)
		return err;
	return compare(&range->min, &range->max) > 0 ? -EINVAL : 0;
}

static int parse_ranges(char *text, struct sim_config *config)
{
	unsigned int n = 0;
	char *part;
	int err;

	if (!*text)
		text = NULL;
	while ((part = strsep(&text, ","))) {
		if (n == SIM_RANGES_MAX)
			return -E2BIG;
		err = parse_range(part, &config->accept[n++]);
		if (err)
			return err;
	}
	config->n_accept = n;
	return 0;
}

static int parse_memory(const char *text, u64 *memory)
{
	u64 value;
	int err;

	err = kstrtou64(text, 0, &value);
	if (err)
		return err;
	if (value < UNIT_MEMORY_MIN || value > UNIT_MEMORY_MAX)
		return -ERANGE;
	if (!IS_ALIGNED(value, UNIT_MEMORY_MIN))
		return -EINVAL;
	*memory = value;
	return 0;
}

/* Sets one thing, by the name of its file. */
static int parse(const char *name, char *text, struct sim_config *config)
{
	if (!strcmp(name, "version"))
		return parse_version(text, &config->version);
	if (!strcmp(name, "interface"))
		return parse_version(text, &config->interface);
	if (!strcmp(name, "accept"))
		return parse_ranges(text, config);
	if (!strcmp(name, "features"))
		return kstrtou64(text, 0, &config->features);
	if (!strcmp(name, "memory"))
		return parse_memory(text, &config->memory);
	if (!strcmp(name, "chpid_type"))
		return kstrtou64(text, 0, &config->chpid_type);
	if (!strcmp(name, "subchannel_type"))
		return kstrtou64(text, 0, &config->subchannel_type);
	if (!strcmp(name, "firmware"))
		return kstrtou32(text, 0, &config->firmware);
	return kstrtobool(text, &config->provider);
}

static ssize_t config_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct sim_parent *parent = to_parent(dev);
	struct sim_config config;
	char text[256];
	int err;

	if (count >= sizeof(text))
		return -E2BIG;
	memcpy(text, buf, count);
	text[count] = '\0';

	mutex_lock(&parent->lock);
	config = parent->config;
	err = parse(attr->attr.name, strim(text), &config);
	if (!err) {
		parent->config = config;
		sim_changed(parent);
	}
	mutex_unlock(&parent->lock);
	return err ?: count;
}

static int emit_version(char *buf, int at, const char *before,
			const struct sim_version *version)
{
	return sysfs_emit_at(buf, at, "%s%u.%u.%u", before, version->n[0],
			     version->n[1], version->n[2]);
}

static int emit_ranges(char *buf, const struct sim_config *config)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < config->n_accept; i++) {
		const struct sim_range *range = &config->accept[i];

		len += emit_version(buf, len, i ? "," : "", &range->min);
		if (range->open)
			len += sysfs_emit_at(buf, len, "-");
		else if (compare(&range->min, &range->max))
			len += emit_version(buf, len, "-", &range->max);
	}
	return len;
}

static int emit(const char *name, char *buf, const struct sim_config *config)
{
	if (!strcmp(name, "version"))
		return emit_version(buf, 0, "", &config->version);
	if (!strcmp(name, "interface"))
		return emit_version(buf, 0, "", &config->interface);
	if (!strcmp(name, "accept"))
		return emit_ranges(buf, config);
	if (!strcmp(name, "features"))
		return sysfs_emit(buf, "0x%llx", config->features);
	if (!strcmp(name, "memory"))
		return sysfs_emit(buf, "%llu", config->memory);
	if (!strcmp(name, "chpid_type"))
		return sysfs_emit(buf, "0x%llx", config->chpid_type);
	if (!strcmp(name, "subchannel_type"))
		return sysfs_emit(buf, "%llu", config->subchannel_type);
	if (!strcmp(name, "firmware"))
		return sysfs_emit(buf, "%u", config->firmware);
	return sysfs_emit(buf, "%d", config->provider);
}

static ssize_t config_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct sim_parent *parent = to_parent(dev);
	struct sim_config config;
	int len;

	mutex_lock(&parent->lock);
	config = parent->config;
	mutex_unlock(&parent->lock);

	len = emit(attr->attr.name, buf, &config);
	return len + sysfs_emit_at(buf, len, "\n");
}

static DEVICE_ATTR(version, 0644, config_show, config_store);
static DEVICE_ATTR(interface, 0644, config_show, config_store);
static DEVICE_ATTR(accept, 0644, config_show, config_store);
static DEVICE_ATTR(features, 0644, config_show, config_store);
static DEVICE_ATTR(memory, 0644, config_show, config_store);
static DEVICE_ATTR(chpid_type, 0644, config_show, config_store);
static DEVICE_ATTR(subchannel_type, 0644, config_show, config_store);
static DEVICE_ATTR(firmware, 0644, config_show, config_store);
static DEVICE_ATTR(provider, 0644, config_show, config_store);

static struct attribute *sim_config_attrs[] = {
	&dev_attr_version.attr,
	&dev_attr_interface.attr,
	&dev_attr_accept.attr,
	&dev_attr_features.attr,
	&dev_attr_memory.attr,
	&dev_attr_chpid_type.attr,
	&dev_attr_subchannel_type.attr,
	&dev_attr_firmware.attr,
	&dev_attr_provider.attr,
	NULL,
};

static const struct attribute_group sim_config_group = {
	.attrs = sim_config_attrs,
};

const struct attribute_group *sim_config_groups[] = {
	&sim_config_group,
	NULL,
};
