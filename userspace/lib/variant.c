// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * VFIO drivers of PCI devices: those of this kernel, and those of Linux.
 *
 * A driver that knows a device's migration, a variant of vfio-pci, tells in
 * its module's aliases "vfio_pci:..." which devices it is for. The kernel does
 * not use them: libvirt takes the driver whose alias has the fewest wildcards,
 * and so does everybody who wants to be of one mind with it.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "variant.h"

/**
 * struct vmig_alias - a line of modules.alias
 * @pattern: which devices are meant
 * @module: the module that is for them
 * @wildcards: how many wildcards are in @pattern
 */
struct vmig_alias {
	char *pattern;
	char *module;
	unsigned int wildcards;
};

static unsigned int count_wildcards(const char *pattern)
{
	unsigned int n = 0;

	while ((pattern = strchr(pattern, '*'))) {
		pattern++;
		n++;
	}
	return n;
}

static int add_alias(struct vmig_aliases *aliases, const char *pattern,
		     const char *module)
{
	struct vmig_alias *list, *alias;

	list = reallocarray(aliases->list, aliases->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	aliases->list = list;
	alias = &list[aliases->n++];
	alias->pattern = strdup(pattern);
	alias->module = strdup(module);
	alias->wildcards = count_wildcards(pattern);
	return alias->pattern && alias->module ? 0 : -ENOMEM;
}

/* Fails for want of memory only: that there is no such file is told in it. */
int vmig_aliases_read(struct vmig_aliases *aliases, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	memset(aliases, 0, sizeof(*aliases));
	if (!file) {
		aliases->errnum = errno;
		return 0;
	}
	while (!err && getline(&line, &size, file) > 0) {
		char *pattern, *rest;

		/* of tens of thousands a few are meant */
		if (strncmp(line, "alias vfio_pci:", 15))
			continue;
		line[strcspn(line, "\n")] = '\0';
		rest = line + 6;
		pattern = strsep(&rest, " ");
		if (rest)
			err = add_alias(aliases, pattern, rest);
	}
	if (ferror(file))
		aliases->errnum = errno;
	free(line);
	fclose(file);
	return err;
}

void vmig_aliases_free(struct vmig_aliases *aliases)
{
	while (aliases->n) {
		struct vmig_alias *alias = &aliases->list[--aliases->n];

		free(alias->pattern);
		free(alias->module);
	}
	free(aliases->list);
}

/* The module whose alias fits with the fewest wildcards, or NULL. */
const char *vmig_aliases_best(const struct vmig_aliases *aliases,
			      const char *modalias)
{
	const struct vmig_alias *best = NULL;

	for (size_t i = 0; i < aliases->n; i++) {
		const struct vmig_alias *alias = &aliases->list[i];

		/* what is behind "vfio_" is the device's own alias */
		if (fnmatch(alias->pattern + 5, modalias, 0) ||
		    (best && best->wildcards <= alias->wildcards))
			continue;
		best = alias;
	}
	return best ? best->module : NULL;
}

/* By the name of the driver, or by that of its module. */
bool vmig_is_vfio_pci(const char *driver)
{
	return !strcmp(driver, VMIG_VFIO_PCI) || !strcmp(driver, "vfio_pci");
}

/*
 * What Linux 7.2 has. A device that is missing here is not told to be without
 * a driver, but to be unknown.
 */
static const struct vmig_variant variants[] = {
	{
		0x15b3, 0x101e, 0x101e, "mlx5_vfio_pci", "CONFIG_MLX5_VFIO_PCI",
		"its physical function must allow it before it is bound: devlink port function set PORT migratable enable"
	},
	{
		0x19e5, 0xa251, 0xa251, "hisi_acc_vfio_pci",
		"CONFIG_HISI_ACC_VFIO_PCI"
	},
	{
		0x19e5, 0xa256, 0xa256, "hisi_acc_vfio_pci",
		"CONFIG_HISI_ACC_VFIO_PCI"
	},
	{
		0x19e5, 0xa259, 0xa259, "hisi_acc_vfio_pci",
		"CONFIG_HISI_ACC_VFIO_PCI"
	},
	{ 0x1af4, 0x1041, 0x1042, "virtio_vfio_pci", "CONFIG_VIRTIO_VFIO_PCI" },
	{ 0x1dd8, 0x1003, 0x1003, "pds_vfio_pci", "CONFIG_PDS_VFIO_PCI" },
	{ 0x8086, 0x4941, 0x4941, "qat_vfio_pci", "CONFIG_QAT_VFIO_PCI" },
	{ 0x8086, 0x4943, 0x4943, "qat_vfio_pci", "CONFIG_QAT_VFIO_PCI" },
	{ 0x8086, 0x4945, 0x4945, "qat_vfio_pci", "CONFIG_QAT_VFIO_PCI" },
	{ 0x8086, 0x4947, 0x4947, "qat_vfio_pci", "CONFIG_QAT_VFIO_PCI" },
	{ 0x8086, 0x4949, 0x4949, "qat_vfio_pci", "CONFIG_QAT_VFIO_PCI" },
	{ 0x8086, 0xb080, 0xb087, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xb08f, 0xb090, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xb0a0, 0xb0a0, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xb0b0, 0xb0b0, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xe202, 0xe202, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xe209, 0xe209, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xe20b, 0xe20d, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xe210, 0xe212, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xe216, 0xe216, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xe220, 0xe223, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0x8086, 0xfd80, 0xfd81, "xe_vfio_pci", "CONFIG_XE_VFIO_PCI" },
	{ 0 }
};

const struct vmig_variant *vmig_variant_find(unsigned int vendor,
					     unsigned int device)
{
	for (const struct vmig_variant *v = variants; v->vendor; v++)
		if (v->vendor == vendor && v->first <= device &&
		    v->last >= device)
			return v;

	return NULL;
}

static enum vmig_option option_in(const char *line, const char *option)
{
	size_t len = strlen(option);

	if (!strncmp(line, "# ", 2) && !strncmp(line + 2, option, len) &&
	    !strncmp(line + 2 + len, " is not set", 11))
		return VMIG_OPTION_OFF;
	if (strncmp(line, option, len) || line[len] != '=')
		return VMIG_OPTION_ABSENT;

	return line[len + 1] == 'm' ? VMIG_OPTION_MODULE : VMIG_OPTION_BUILTIN;
}

/* What a kernel's configuration says of an option. */
enum vmig_option vmig_option_read(const char *path, const char *option)
{
	enum vmig_option found = VMIG_OPTION_ABSENT;
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return VMIG_OPTION_UNKNOWN;
	while (found == VMIG_OPTION_ABSENT && getline(&line, &size, file) > 0)
		found = option_in(line, option);

	free(line);
	fclose(file);
	return found;
}
