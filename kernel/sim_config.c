// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be set of a parent, so that two of them are an old host and a new
 * one. Each is a file in /sys/devices/platform/vfio_mig_sim.N:
 *
 *	version		of the software: "1.2.0"
 *	interface	of gen1 and gen2: "2.1.3"
 *	accept		interfaces from which gen2 takes over, at most 8
 *			ranges: "2.0.2-2.0.4,2.1.0-", or nothing
 *	features	that net offers, a set of bits: "0x430021"
 *	memory		bytes for each unit of a device that is created from now
 *			on, 4096 to 1048576, a multiple of 4096
 *	chpid_type	of ccw, and at most 7 others from which it takes over:
 *			"0x1a,0x1b"
 *	subchannel_type	of ccw, likewise: "0x0"
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
		.chpid_type = { 1, { 0x1a } },
		.subchannel_type = { 1, { 0 } },
		.firmware = 1,
		.provider = true,
	};
}

enum setting {
	VERSION,
	INTERFACE,
	ACCEPT,
	FEATURES,
	MEMORY,
	CHPID_TYPE,
	SUBCHANNEL_TYPE,
	FIRMWARE,
	PROVIDER,
	SETTINGS,
};

/**
 * struct setting_file - the file of a setting
 * @attr: what sysfs has of it
 * @setting: which it is
 */
struct setting_file {
	struct device_attribute attr;
	enum setting setting;
};

static enum setting to_setting(struct device_attribute *attr)
{
	return container_of(attr, struct setting_file, attr)->setting;
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

static int parse_list(char *text, struct sim_list *list)
{
	unsigned int n = 0;
	char *part;
	int err;

	while ((part = strsep(&text, ","))) {
		if (n == SIM_LIST_MAX)
			return -E2BIG;
		err = kstrtou64(part, 0, &list->value[n++]);
		if (err)
			return err;
	}
	list->n = n;
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

static int parse(enum setting setting, char *text, struct sim_config *config)
{
	switch (setting) {
	case VERSION:
		return parse_version(text, &config->version);
	case INTERFACE:
		return parse_version(text, &config->interface);
	case ACCEPT:
		return parse_ranges(text, config);
	case FEATURES:
		return kstrtou64(text, 0, &config->features);
	case MEMORY:
		return parse_memory(text, &config->memory);
	case CHPID_TYPE:
		return parse_list(text, &config->chpid_type);
	case SUBCHANNEL_TYPE:
		return parse_list(text, &config->subchannel_type);
	case FIRMWARE:
		return kstrtou32(text, 0, &config->firmware);
	case PROVIDER:
		return kstrtobool(text, &config->provider);
	default:
		return -EINVAL;
	}
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
	err = parse(to_setting(attr), strim(text), &config);
	if (!err) {
		parent->config = config;
		sim_changed(parent);
	}
	mutex_unlock(&parent->lock);
	return err ?: count;
}

static int emit_version(char *buf, int at, const struct sim_version *version,
			const char *after)
{
	return sysfs_emit_at(buf, at, "%u.%u.%u%s", version->n[0],
			     version->n[1], version->n[2], after);
}

static int emit_ranges(char *buf, const struct sim_config *config)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < config->n_accept; i++) {
		const struct sim_range *range = &config->accept[i];

		if (i)
			len += sysfs_emit_at(buf, len, ",");
		len += emit_version(buf, len, &range->min, "");
		if (!range->open && !compare(&range->min, &range->max))
			continue;
		len += sysfs_emit_at(buf, len, "-");
		if (!range->open)
			len += emit_version(buf, len, &range->max, "");
	}
	return len + sysfs_emit_at(buf, len, "\n");
}

static int emit_list(char *buf, const struct sim_list *list)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < list->n; i++)
		len += sysfs_emit_at(buf, len, "%s0x%llx", i ? "," : "",
				     list->value[i]);
	return len + sysfs_emit_at(buf, len, "\n");
}

static int emit(enum setting setting, char *buf,
		const struct sim_config *config)
{
	switch (setting) {
	case VERSION:
		return emit_version(buf, 0, &config->version, "\n");
	case INTERFACE:
		return emit_version(buf, 0, &config->interface, "\n");
	case ACCEPT:
		return emit_ranges(buf, config);
	case FEATURES:
		return sysfs_emit(buf, "0x%llx\n", config->features);
	case MEMORY:
		return sysfs_emit(buf, "%llu\n", config->memory);
	case CHPID_TYPE:
		return emit_list(buf, &config->chpid_type);
	case SUBCHANNEL_TYPE:
		return emit_list(buf, &config->subchannel_type);
	case FIRMWARE:
		return sysfs_emit(buf, "%u\n", config->firmware);
	case PROVIDER:
		return sysfs_emit(buf, "%d\n", config->provider);
	default:
		return 0;
	}
}

static ssize_t config_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct sim_parent *parent = to_parent(dev);
	struct sim_config config;

	mutex_lock(&parent->lock);
	config = parent->config;
	mutex_unlock(&parent->lock);

	return emit(to_setting(attr), buf, &config);
}

#define SETTING(name, which)	\
	{ __ATTR(name, 0644, config_show, config_store), which }

static struct setting_file files[SETTINGS] = {
	SETTING(version, VERSION),
	SETTING(interface, INTERFACE),
	SETTING(accept, ACCEPT),
	SETTING(features, FEATURES),
	SETTING(memory, MEMORY),
	SETTING(chpid_type, CHPID_TYPE),
	SETTING(subchannel_type, SUBCHANNEL_TYPE),
	SETTING(firmware, FIRMWARE),
	SETTING(provider, PROVIDER),
};

static struct attribute *sim_config_attrs[] = {
	&files[VERSION].attr.attr,
	&files[INTERFACE].attr.attr,
	&files[ACCEPT].attr.attr,
	&files[FEATURES].attr.attr,
	&files[MEMORY].attr.attr,
	&files[CHPID_TYPE].attr.attr,
	&files[SUBCHANNEL_TYPE].attr.attr,
	&files[FIRMWARE].attr.attr,
	&files[PROVIDER].attr.attr,
	NULL,
};

static const struct attribute_group sim_config_group = {
	.attrs = sim_config_attrs,
};

const struct attribute_group *sim_config_groups[] = {
	&sim_config_group,
	NULL,
};
